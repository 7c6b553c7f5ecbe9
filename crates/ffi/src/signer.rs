//! A device key that lives in the app's hands: Secure Enclave, StrongBox, a smart card, a JVM keystore.
//!
//! The app's function may be slow, may say that the key is locked, may fail, may lie, may never come
//! back. It is called on a thread of its own, one call at a time, and whatever it gives is verified
//! before it is used.

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use field_core::FieldError;
use signed::keys::{self, Signature};
use signed::{PublicKey, Signer, SignerError, code};
use zeroize::Zeroizing;

use crate::boundary::Failure;
use crate::bytes::FieldBytes;
use crate::status::{FIELD_KEY_LOCKED, FIELD_NULL, FIELD_OK};

/// How long one signature may take, waiting for the one before it included.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// Room for a signature: two integers of at most 33 bytes with their heads have 72.
const DER_BYTES_MAX: usize = 80;

/// Calls that were abandoned and have not come back: past this many the signer is not called any more.
const ABANDONED_MAX: u32 = 4;

/// Signs `message` with ECDSA over SHA-256 of it. Writes the signature as DER to `signature_der`;
/// `*signature_len` is the room there (at least 72) and becomes the length used. Answers `FIELD_OK`,
/// `FIELD_KEY_LOCKED`, or any other number for a failure.
pub type FieldSign = Option<
    unsafe extern "C" fn(
        context: *mut c_void,
        message: FieldBytes,
        signature_der: *mut u8,
        signature_len: *mut usize,
    ) -> i32,
>;

/// The library will not call `sign` with this `context` any more.
pub type FieldRelease = Option<unsafe extern "C" fn(context: *mut c_void)>;

/// A device key that lives elsewhere. The struct is copied; `context` must stay good until `release`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct FieldSigner {
    /// `sizeof(field_signer)`, so that the struct can grow.
    pub struct_size: usize,
    /// Handed to both functions as it is.
    pub context: *mut c_void,
    /// The public key: a P-256 SubjectPublicKeyInfo with an uncompressed point, DER, 91 bytes.
    pub public_key: FieldBytes,
    /// Signs; called on threads of the library, one call at a time unless one was abandoned.
    pub sign: FieldSign,
    /// Called once when the store is closed and no call of `sign` is out; may be NULL.
    pub release: FieldRelease,
}

/// The app's functions with its context.
struct App {
    context: *mut c_void,
    sign: unsafe extern "C" fn(*mut c_void, FieldBytes, *mut u8, *mut usize) -> i32,
    release: FieldRelease,
    /// Whether the library answers for the context: not before the store is open.
    kept: AtomicBool,
}

// SAFETY: the app is told that its functions are called from the library's threads.
unsafe impl Send for App {}
// SAFETY: as above; calls of `sign` are made one at a time.
unsafe impl Sync for App {}

impl Drop for App {
    fn drop(&mut self) {
        if let (Some(release), true) = (self.release, self.kept.load(Ordering::Acquire)) {
            // SAFETY: nobody else holds the context any more, and the app vouched for it until now.
            unsafe { release(self.context) };
        }
    }
}

#[derive(Default)]
struct Gate {
    busy: bool,
    abandoned: u32,
}

#[derive(Default)]
struct Turns {
    gate: Mutex<Gate>,
    next: Condvar,
}

/// The app's signer as the library uses it.
pub(crate) struct AppSigner {
    app: Arc<App>,
    turns: Arc<Turns>,
    public: PublicKey,
}

impl AppSigner {
    /// Reads the app's struct.
    ///
    /// # Safety
    /// At least `struct_size` bytes can be read at the pointer, and the public key's bytes where it says.
    pub(crate) unsafe fn of(signer: *const FieldSigner) -> Result<Self, Failure> {
        // SAFETY: the size comes first, and a struct of another version may have no more than it says.
        let size = unsafe { (&raw const (*signer).struct_size).read() };
        if size < size_of::<FieldSigner>() {
            return Err(FieldError::new(code::I_VALUE, "`struct_size` is not that of a field_signer").into());
        }
        // SAFETY: it says that it is as long as this one.
        let signer = unsafe { signer.read() };
        let sign = signer.sign.ok_or(Failure::Status(FIELD_NULL))?;
        // SAFETY: the caller vouches for the bytes.
        let spki = unsafe { signer.public_key.read() }.ok_or(Failure::Status(FIELD_NULL))?;
        let public = PublicKey::from_spki(spki).map_err(FieldError::from)?;
        let app = App { context: signer.context, sign, release: signer.release, kept: AtomicBool::new(false) };
        Ok(Self { app: Arc::new(app), turns: Arc::default(), public })
    }

    /// From now on `release` is owed.
    pub(crate) fn keep(&self) {
        self.app.kept.store(true, Ordering::Release);
    }

    /// Waits for the turn to call; fails at once where the signer does not come back.
    fn turn(&self, end: Instant) -> Result<(), SignerError> {
        let mut gate = self.turns.lock();
        loop {
            if gate.abandoned >= ABANDONED_MAX {
                return Err(SignerError::Timeout);
            }
            if !gate.busy {
                gate.busy = true;
                return Ok(());
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(SignerError::Timeout);
            }
            gate = self.turns.next.wait_timeout(gate, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// One call of the app's function, left behind when it does not answer in time.
    fn ask(&self, message: &[u8], end: Instant) -> Result<Der, SignerError> {
        let pending = Arc::new(Pending { state: Mutex::new(Asked::Waiting), done: Condvar::new() });
        let (app, turns, asked) = (Arc::clone(&self.app), Arc::clone(&self.turns), Arc::clone(&pending));
        let message = message.to_vec();
        let work = move || {
            let signed = call(&app, &message);
            drop(app);
            asked.answer(signed, &turns);
        };
        let started = std::thread::Builder::new().name("field-signer".into()).spawn(work);
        let answer = match started {
            Ok(_) => pending.wait(end, &self.turns),
            Err(_) => Err(SignerError::Failed),
        };
        self.turns.lock().busy = false;
        self.turns.next.notify_one();
        answer
    }
}

type Der = Zeroizing<Vec<u8>>;

/// One call that somebody waits for.
struct Pending {
    state: Mutex<Asked>,
    done: Condvar,
}

enum Asked {
    Waiting,
    Answered(Result<Der, SignerError>),
    Abandoned,
}

impl Pending {
    fn answer(&self, signed: Result<Der, SignerError>, turns: &Turns) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, Asked::Abandoned) {
            turns.lock().abandoned -= 1;
        } else {
            *state = Asked::Answered(signed);
            self.done.notify_one();
        }
    }

    fn wait(&self, end: Instant, turns: &Turns) -> Result<Der, SignerError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Asked::Answered(signed) = std::mem::replace(&mut *state, Asked::Waiting) {
                return signed;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                *state = Asked::Abandoned;
                turns.lock().abandoned += 1;
                return Err(SignerError::Timeout);
            }
            state = self.done.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Turns {
    fn lock(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn call(app: &App, message: &[u8]) -> Result<Der, SignerError> {
    let mut der = Zeroizing::new(vec![0_u8; DER_BYTES_MAX]);
    let mut used = der.len();
    let message = FieldBytes { data: message.as_ptr(), len: message.len() };
    // SAFETY: the app vouches for its function; the bytes outlive the call.
    let answer = unsafe { (app.sign)(app.context, message, der.as_mut_ptr(), &raw mut used) };
    match answer {
        FIELD_OK if used <= der.len() => {
            der.truncate(used);
            Ok(der)
        }
        FIELD_KEY_LOCKED => Err(SignerError::Locked),
        _ => Err(SignerError::Failed),
    }
}

impl Signer for AppSigner {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError> {
        let end = Instant::now() + ANSWER_MAX;
        self.turn(end)?;
        let der = self.ask(message, end)?;
        let signature = keys::from_der(&der).ok_or(SignerError::Failed)?;
        // A signer that lies is found here, not by the server.
        if self.public.verify(message, &signature) { Ok(signature) } else { Err(SignerError::Failed) }
    }
}
