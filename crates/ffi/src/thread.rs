//! The locks that [`crate::handle`] is built on.

pub(crate) use std::sync::{Arc, Mutex, MutexGuard};
