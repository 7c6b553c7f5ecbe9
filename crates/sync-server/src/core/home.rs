//! The server's directory: keys and database.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::{Arc, RwLock};

use data_encoding::HEXLOWER;
use signed::{ActorId, Incarnation, PublicKey, RingSigner, Signer as _, Timestamp, code};
use wire::Epoch;
use wire::enrolment::pin;
use zeroize::Zeroizing;

use super::audit::{self, Note};
use super::faults::Faults;
use super::media::Uploads;
use super::types::{Clock, InitAnswer, InitOptions};
use super::work::Work;
use super::{Core, policy, receipts, vault};
use crate::error::ServerError;
use crate::objects::{Files, Memory, Objects};
use crate::store::sqlite::Sqlite;
use crate::store::{Store, StoreError};

/// The database below the directory.
const DATABASE: &str = "firsthand.db";
/// The key that signs, as PKCS #8.
const SERVER_KEY: &str = "server.key";
/// The key that will sign when the first one is lost: to be moved off this machine.
const SPARE_KEY: &str = "spare.key";
/// The key that opens the database and wraps every document's key.
const MASTER_KEY: &str = "master.key";

/// The folder of attached files, below the directory.
const MEDIA: &str = "media";

const EPOCH: &str = "epoch";
const INCARNATION: &str = "incarnation";
const SERVER_SPKI: &str = "server_spki";
const SPARE_SPKI: &str = "spare_spki";
/// The version of the rules by which projections were made.
const READ_OFF: &str = "read_off";

/// Bytes of a key file at most.
const KEY_BYTES_MAX: u64 = 1024;

/// The keys a server works with.
pub struct Secrets {
    /// Opens the database and wraps document keys.
    pub master: Zeroizing<[u8; 32]>,
    /// Signs.
    pub signer: RingSigner,
    /// The public half of the spare.
    pub spare: PublicKey,
}

/// Makes a server directory: keys, database, epoch. Refuses one that exists (`A.exists`).
///
/// `spare.key` is made for the day `server.key` is lost: move it off this machine at once.
pub fn init(dir: &Path, options: InitOptions) -> Result<InitAnswer, ServerError> {
    if dir.exists() && fs::read_dir(dir).map_err(io)?.next().is_some() {
        return Err(ServerError::new(code::A_EXISTS, "the directory holds something already"));
    }
    make_private(dir)?;
    let (server, spare) = (RingSigner::generate()?, RingSigner::generate()?);
    let master = Zeroizing::new(vault::random::<32>()?);
    write_private(&dir.join(SERVER_KEY), server.pkcs8())?;
    write_private(&dir.join(SPARE_KEY), spare.pkcs8())?;
    write_private(&dir.join(MASTER_KEY), &master[..])?;
    let store = Sqlite::create(&dir.join(DATABASE), &*vault::database_key(&master)?)?;
    let secrets = Secrets { master, signer: server, spare: spare.public_key().clone() };
    found(&store, &secrets, options.now)?;
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(io)?;
    let pins = [secrets.signer.public_key(), &secrets.spare].map(|key| HEXLOWER.encode(&pin(key.spki())));
    Ok(InitAnswer { dir: dir.to_owned(), pins })
}

/// The first rows of a new store.
fn found(store: &dyn Store, secrets: &Secrets, now: Timestamp) -> Result<(), ServerError> {
    let mut tx = store.write()?;
    let epoch = Epoch(vault::random()?);
    tx.put_meta(EPOCH, &epoch.0)?;
    tx.put_meta(INCARNATION, &vault::random::<16>()?)?;
    tx.put_meta(SERVER_SPKI, secrets.signer.public_key().spki())?;
    tx.put_meta(SPARE_SPKI, secrets.spare.spki())?;
    tx.put_meta(READ_OFF, &records::RULES_VERSION.to_be_bytes())?;
    policy::keep(tx.as_mut(), &records::Policy::DEFAULT, now)?;
    audit::append(tx.as_mut(), now, Note::admin("init"))?;
    receipts::sign_tip(epoch, &secrets.signer, tx.as_mut(), now)?;
    Ok(tx.commit()?)
}

impl Core {
    /// Opens a server directory. A wrong or missing key, damage and a newer schema are clear
    /// errors and change nothing.
    pub fn open(dir: &Path, clock: Arc<dyn Clock>) -> Result<Self, ServerError> {
        if !dir.join(DATABASE).exists() {
            return Err(ServerError::new(code::A_NOT_INITIALISED, "no server was made here: use init"));
        }
        let master = read_private(&dir.join(MASTER_KEY))?;
        let master: [u8; 32] = master
            .as_slice()
            .try_into()
            .map_err(|_| ServerError::new(code::STORE_KEY, "master.key is not 32 bytes"))?;
        let master = Zeroizing::new(master);
        let signer = RingSigner::from_pkcs8(&read_private(&dir.join(SERVER_KEY))?)
            .map_err(|_| ServerError::new(code::STORE_KEY, "server.key is not a key"))?;
        let store = Sqlite::open(&dir.join(DATABASE), &*vault::database_key(&master)?)?;
        let spare = store.read()?.meta(SPARE_SPKI)?.ok_or(StoreError::Damaged)?;
        let spare = PublicKey::from_spki(&spare).map_err(|_| StoreError::Damaged)?;
        let objects = Files::below(dir.join(MEDIA));
        Self::of(Box::new(store), Box::new(objects), Secrets { master, signer, spare }, clock)
    }

    /// A server over an empty store of the caller's (a simulation's, a test's).
    pub fn found(store: Box<dyn Store>, secrets: Secrets, clock: Arc<dyn Clock>) -> Result<Self, ServerError> {
        found(store.as_ref(), &secrets, clock.now())?;
        Self::over(store, secrets, clock)
    }

    /// A server over a store that [`Core::found`] made; attached files last as long as it does.
    pub fn over(store: Box<dyn Store>, secrets: Secrets, clock: Arc<dyn Clock>) -> Result<Self, ServerError> {
        Self::of(store, Box::<Memory>::default(), secrets, clock)
    }

    fn of(
        store: Box<dyn Store>,
        objects: Box<dyn Objects>,
        secrets: Secrets,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ServerError> {
        let tx = store.read()?;
        let fixed = |name: &str| -> Result<[u8; 16], ServerError> {
            let bytes = tx.meta(name)?.ok_or(StoreError::Damaged)?;
            Ok(bytes.try_into().map_err(|_| StoreError::Damaged)?)
        };
        if tx.meta(SERVER_SPKI)?.as_deref() != Some(secrets.signer.public_key().spki()) {
            return Err(ServerError::new(code::STORE_KEY, "server.key is not the key of this database"));
        }
        let (epoch, incarnation) = (Epoch(fixed(EPOCH)?), Incarnation(fixed(INCARNATION)?));
        let policy = policy::in_force(tx.as_ref())?.policy;
        let read_off = tx.meta(READ_OFF)?.as_deref() == Some(&records::RULES_VERSION.to_be_bytes());
        drop(tx);
        let core = Self {
            vault: vault::Vault::new(&secrets.master)?,
            actor: ActorId::of_store(secrets.signer.public_key().spki(), &incarnation),
            signer: Arc::new(secrets.signer),
            spare: secrets.spare,
            epoch,
            clock,
            keys: RwLock::new(BTreeMap::new()),
            policy: RwLock::new(Arc::new(policy)),
            calendar_armed: false.into(),
            trainings: RwLock::new(None),
            faults: Faults::from_environment(),
            store,
            objects,
            uploads: Uploads::default(),
        };
        if !read_off {
            core.read_off_again()?;
        }
        core.announce_relay_key()?;
        Ok(core)
    }

    /// Reads every document off once more: another version of the rules wrote what is stored.
    fn read_off_again(&self) -> Result<(), ServerError> {
        let mut work = Work::begin(self)?;
        for id in work.tx.documents()? {
            work.read_off_again(id)?;
        }
        work.tx.put_meta(READ_OFF, &records::RULES_VERSION.to_be_bytes())?;
        audit::append(work.tx.as_mut(), work.now, Note::admin("rules_version"))?;
        work.finish().map(drop)
    }
}

fn io(error: std::io::Error) -> ServerError {
    let kind = error.kind();
    if kind == std::io::ErrorKind::StorageFull {
        return StoreError::Full.into();
    }
    if kind == std::io::ErrorKind::PermissionDenied {
        return ServerError::new(code::A_IO, "the directory may not be read or written");
    }
    ServerError::new(code::A_IO, "the directory cannot be read or written")
}

fn make_private(dir: &Path) -> Result<(), ServerError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(dir).map_err(io)
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600);
}

/// Elsewhere the directory's own rights protect what is in it.
#[cfg(not(unix))]
fn private(_options: &mut OpenOptions) {}

fn write_private(path: &Path, bytes: &[u8]) -> Result<(), ServerError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    private(&mut options);
    let mut file = options.open(path).map_err(io)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io)
}

fn read_private(path: &Path) -> Result<Zeroizing<Vec<u8>>, ServerError> {
    let missing = |_| ServerError::new(code::STORE_KEY, "a key file is missing or cannot be read");
    let file = File::open(path).map_err(missing)?;
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(KEY_BYTES_MAX).read_to_end(&mut bytes).map_err(missing)?;
    Ok(bytes)
}
