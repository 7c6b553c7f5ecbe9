//! The one place where this server serves: its lock, its address, and its socket.

use std::fs::{self, File, TryLockError};
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::time::{Duration, Instant};

use signed::code;

use super::limits::SAME_PORT_TIME_MAX;
use crate::failure::Failure;

const LOCK: &str = "serve.lock";
const ADDRESS: &str = "serve.address";

/// Held while a process serves this folder; the system lets go of it however the process ends.
#[derive(Debug)]
pub struct ServeLock {
    _file: File,
}

impl ServeLock {
    /// Takes the lock, or says that another process has it (`A.in_use`).
    pub fn take(dir: &Path) -> Result<Self, Failure> {
        let file = open_lock(dir)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => {
                Err(Failure::new(code::A_IN_USE, "another process is serving this folder; nothing was changed"))
            }
            Err(TryLockError::Error(error)) => Err(Failure::io("the lock of the folder cannot be taken", &error)),
        }
    }

    /// Whether some process serves this folder now.
    pub fn is_held(dir: &Path) -> Result<bool, Failure> {
        // A shared lock, so that two commands that ask at once do not take each other for a server.
        match open_lock(dir)?.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(Failure::io("the lock of the folder cannot be read", &error)),
        }
    }
}

fn open_lock(dir: &Path) -> Result<File, Failure> {
    if !dir.is_dir() {
        return Err(Failure::new(code::A_NOT_INITIALISED, "there is no server in this folder; `init` makes one"));
    }
    File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(dir.join(LOCK))
        .map_err(|error| Failure::io("the lock of the folder cannot be opened", &error))
}

/// Binds the socket. Port 0 means the port of the last time, and any free one the first time:
/// devices keep the address they were given with their code.
pub fn bind(dir: &Path, wanted: SocketAddr) -> Result<UdpSocket, Failure> {
    let last = last_address(dir).filter(|last| wanted.port() == 0 && last.ip() == wanted.ip());
    let socket = match last {
        Some(last) => bind_patiently(last)?,
        None => UdpSocket::bind(wanted).map_err(|error| cannot_listen(&error))?,
    };
    let bound = socket.local_addr().map_err(|error| cannot_listen(&error))?;
    remember(dir, bound).map_err(|error| Failure::io("the address cannot be written down", &error))?;
    Ok(socket)
}

/// The address of the running or the last `serve`.
#[must_use]
pub fn last_address(dir: &Path) -> Option<SocketAddr> {
    fs::read_to_string(dir.join(ADDRESS)).ok()?.trim().parse().ok()
}

fn remember(dir: &Path, address: SocketAddr) -> io::Result<()> {
    let unfinished = dir.join("serve.address.new");
    fs::write(&unfinished, address.to_string())?;
    File::open(&unfinished)?.sync_all()?;
    fs::rename(unfinished, dir.join(ADDRESS))
}

/// The process before this one may still be letting go of its socket.
fn bind_patiently(address: SocketAddr) -> Result<UdpSocket, Failure> {
    let begun = Instant::now();
    loop {
        match UdpSocket::bind(address) {
            Ok(socket) => return Ok(socket),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                if begun.elapsed() > SAME_PORT_TIME_MAX {
                    return Err(Failure::new(
                        code::A_IN_USE,
                        "another program has the port of the last serve; devices know no other one, \
                         so give --listen with a port to move",
                    ));
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            Err(error) => return Err(cannot_listen(&error)),
        }
    }
}

fn cannot_listen(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::AddrInUse {
        return Failure::new(code::A_IN_USE, "another program listens at this address");
    }
    Failure::io("this address cannot be listened at", error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_process_finds_the_lock_held_and_a_later_one_finds_it_free() {
        let dir = std::env::temp_dir().join(format!("serve-lock-{}", std::process::id()));
        assert_eq!(ServeLock::take(&dir).map_err(|failure| failure.code).unwrap_err(), code::A_NOT_INITIALISED);
        fs::create_dir_all(&dir).unwrap();
        assert!(!ServeLock::is_held(&dir).unwrap());
        let lock = ServeLock::take(&dir).unwrap();
        assert!(ServeLock::is_held(&dir).unwrap());
        assert_eq!(ServeLock::take(&dir).map_err(|failure| failure.code).unwrap_err(), code::A_IN_USE);
        drop(lock);
        assert!(ServeLock::take(&dir).is_ok());
        fs::remove_dir_all(dir).unwrap();
    }
}
