//! What a device says last.

use signed::{DeviceId, Incarnation, Timestamp};

/// A device's last word, signed before its key was destroyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erased {
    /// COSE (typ `firsthand/erased`, payload [`ErasedReport`]), at most
    /// [`crate::limits::ERASED_BYTES_MAX`] bytes.
    pub report: Vec<u8>,
}

/// What a device says of its own erasure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErasedReport {
    /// The device.
    pub device: DeviceId,
    /// The life of its store that ended.
    pub incarnation: Incarnation,
    /// When, by its clock.
    pub time: Timestamp,
    /// Records it held.
    pub records: u64,
    /// Documents of which something had no receipt: what was handed over before is in the server's quarantine.
    pub unsent: u64,
}
