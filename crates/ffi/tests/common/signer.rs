//! A device key in the app's hands, with every manner that one may have.

use std::ffi::c_void;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex};

use field::{FIELD_KEY_LOCKED, FIELD_OK, FieldBytes, FieldSigner};
use signed::{RingSigner, Signer};

use super::bytes;

/// How the key behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    Good,
    Locked,
    Failing,
    /// Signs something else.
    Lying,
    /// Gives bytes that are no signature.
    Garbage,
    /// Says it wrote more than there is room for.
    Overlong,
    /// Does not come back until it is let go.
    Hanging,
}

pub struct AppKey {
    key: RingSigner,
    manner: Mutex<Manner>,
    changed: Condvar,
    pub calls: AtomicU32,
    pub released: AtomicU32,
}

impl AppKey {
    /// One that lives as long as the test program: the library may call it late.
    pub fn new() -> &'static Self {
        static ALL: Mutex<Vec<&AppKey>> = Mutex::new(Vec::new());
        let made: &'static Self = Box::leak(Box::new(Self {
            key: RingSigner::generate().unwrap(),
            manner: Mutex::new(Manner::Good),
            changed: Condvar::new(),
            calls: AtomicU32::new(0),
            released: AtomicU32::new(0),
        }));
        // Whoever looks for leaks sees that it is still known.
        ALL.lock().unwrap().push(made);
        made
    }

    pub fn behave(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
        self.changed.notify_all();
    }

    pub fn public_key(&self) -> Vec<u8> {
        self.key.public_key().spki().to_vec()
    }

    pub fn signer(&'static self) -> FieldSigner {
        FieldSigner {
            struct_size: size_of::<FieldSigner>(),
            context: std::ptr::from_ref(self).cast_mut().cast(),
            public_key: bytes(self.key.public_key().spki()),
            sign: Some(sign),
            release: Some(release),
        }
    }

    fn answer(&self, message: &[u8]) -> Result<Vec<u8>, i32> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let mut manner = self.manner.lock().unwrap();
        while *manner == Manner::Hanging {
            manner = self.changed.wait(manner).unwrap();
        }
        match *manner {
            Manner::Good | Manner::Hanging | Manner::Overlong => Ok(der(&self.key.sign(message).unwrap())),
            Manner::Locked => Err(FIELD_KEY_LOCKED),
            Manner::Failing => Err(-5),
            Manner::Lying => Ok(der(&self.key.sign(b"something else").unwrap())),
            Manner::Garbage => Ok(vec![0x30; 70]),
        }
    }
}

unsafe extern "C" fn sign(context: *mut c_void, message: FieldBytes, out: *mut u8, len: *mut usize) -> i32 {
    let key = unsafe { &*context.cast::<AppKey>() };
    let message = unsafe { std::slice::from_raw_parts(message.data, message.len) };
    match key.answer(message) {
        Ok(der) => {
            unsafe {
                assert!(*len >= 72);
                std::ptr::copy_nonoverlapping(der.as_ptr(), out, der.len());
                *len = if *key.manner.lock().unwrap() == Manner::Overlong { 5_000 } else { der.len() };
            }
            FIELD_OK
        }
        Err(status) => status,
    }
}

unsafe extern "C" fn release(context: *mut c_void) {
    let key = unsafe { &*context.cast::<AppKey>() };
    key.released.fetch_add(1, Ordering::SeqCst);
    key.changed.notify_all();
}

/// ASN.1 of a raw signature.
fn der(raw: &[u8; 64]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let digits: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
        let sign = digits.first().is_none_or(|byte| *byte >= 0x80);
        let digits = if sign { [vec![0], digits].concat() } else { digits };
        [vec![2, u8::try_from(digits.len()).unwrap()], digits].concat()
    };
    let body = [integer(&raw[..32]), integer(&raw[32..])].concat();
    [vec![0x30, u8::try_from(body.len()).unwrap()], body].concat()
}
