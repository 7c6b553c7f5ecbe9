//! Opening the device's store as the command line says.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use field_core::{Clock, Field, FieldError, Options, SystemClock, TestClock};
use serde_json::Value as Json;
use signed::code;

use crate::args::Globals;
use crate::key::{self, KeyFile};
use crate::say;

/// An open store, and how it was opened.
pub(crate) struct Open {
    pub(crate) field: Field,
    pub(crate) clock: Arc<dyn Clock>,
    key: KeyFile,
    dir: PathBuf,
}

/// Opens the store; makes folder and key on first use.
pub(crate) fn open(globals: &Globals) -> Result<Open, FieldError> {
    let Some(dir) = &globals.store else {
        return Err(FieldError::new(code::I_USAGE, "which store? say --store DIR"));
    };
    let clock = clock(globals);
    make_folder(dir)?;
    let key = KeyFile::new(globals.key_file.clone().unwrap_or_else(|| dir.join("key")));
    let field = with_key(dir, &key, &clock)?;
    if let Some(address) = &globals.server {
        field.set_server_address(address)?;
    }
    if globals.reauthenticated {
        field.reauthenticated()?;
    }
    Ok(Open { field, clock, key, dir: dir.clone() })
}

/// The clock that the command line names.
pub(crate) fn clock(globals: &Globals) -> Arc<dyn Clock> {
    match globals.now {
        Some(now) => {
            say::note(&format!("a test clock runs from {now}"));
            Arc::new(TestClock::starting_at(now))
        }
        None => Arc::new(SystemClock::new()),
    }
}

impl Open {
    /// After a command: a store that erased itself takes its key along, and with it whatever was left of it on
    /// the disk.
    pub(crate) fn tidy(&self) -> Result<(), FieldError> {
        if key::is_store(&self.dir) { Ok(()) } else { self.key.destroy() }
    }

    /// Gives the store a new random key. Whatever moment this is cut off at, the key that opens
    /// the store is in one of two files, and the next `open` tries both.
    pub(crate) fn rekey(&self) -> Result<Json, FieldError> {
        let fresh = self.key.prepare()?;
        let answer = self.field.rekey(fresh)?;
        self.key.commit()?;
        Ok(answer)
    }
}

fn with_key(dir: &Path, key: &KeyFile, clock: &Arc<dyn Clock>) -> Result<Field, FieldError> {
    let options = |store_key| Options { clock: Arc::clone(clock), ..Options::new(PathBuf::from(dir), store_key) };
    let current = match key.read()? {
        Some(current) => current,
        None if key::is_store(dir) => {
            return Err(FieldError::new(code::STORE_KEY, "the store is there but its key file is not"));
        }
        None => key.make()?,
    };
    match Field::open(options(current)) {
        Err(error) if error.code == code::STORE_KEY => {
            // A change of key that was cut off after the store had taken the new one.
            let Some(prepared) = key.prepared()? else { return Err(error) };
            let field = Field::open(options(prepared)).map_err(|_| error)?;
            key.commit()?;
            Ok(field)
        }
        opened => opened,
    }
}

fn make_folder(dir: &Path) -> Result<(), FieldError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(FieldError::from)
}
