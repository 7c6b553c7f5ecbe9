//! Bytes that cross the boundary: borrowed from the app, or the library's to be given back.

use zeroize::Zeroize;

/// Bytes of the app's, read during the call alone; UTF-8 where they are text. `data` may be NULL
/// where `len` is 0.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct FieldBytes {
    /// Where they begin.
    pub data: *const u8,
    /// How many there are.
    pub len: usize,
}

/// Bytes of the library's, to be given back with `field_buffer_free`. What was in it before a call
/// is overwritten, not freed.
#[repr(C)]
#[derive(Debug)]
pub struct FieldBuffer {
    /// Where they begin; NULL when there are none.
    pub data: *mut u8,
    /// How many there are.
    pub len: usize,
}

impl FieldBytes {
    /// The bytes for the time of a call; `None` for NULL with a length.
    ///
    /// # Safety
    /// Where `data` is not NULL, `len` bytes can be read there until the slice is dropped.
    pub(crate) unsafe fn read<'a>(self) -> Option<&'a [u8]> {
        if self.data.is_null() {
            return (self.len == 0).then_some(&[]);
        }
        // A longer object than this does not exist; a made-up length must not become one.
        let fits = isize::try_from(self.len).is_ok();
        // SAFETY: the caller vouches for the memory; the length was looked at above.
        fits.then(|| unsafe { std::slice::from_raw_parts(self.data, self.len) })
    }
}

impl FieldBuffer {
    pub(crate) const EMPTY: Self = Self { data: std::ptr::null_mut(), len: 0 };

    pub(crate) fn of(bytes: Vec<u8>) -> Self {
        if bytes.is_empty() {
            return Self::EMPTY;
        }
        let bytes = Box::into_raw(bytes.into_boxed_slice());
        Self { data: bytes.cast(), len: bytes.len() }
    }
}

/// Gives a buffer's bytes back and wipes them: they may hold words of a record. NULL, an empty
/// buffer and one that was given back already are harmless.
///
/// # Safety
/// `buffer` is NULL or points to a `field_buffer` that the library filled, or that is all zero.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_buffer_free(buffer: *mut FieldBuffer) {
    // SAFETY: the caller vouches for the pointer.
    let Some(buffer) = (unsafe { buffer.as_mut() }) else { return };
    let FieldBuffer { data, len } = std::mem::replace(buffer, FieldBuffer::EMPTY);
    if data.is_null() || len == 0 {
        return;
    }
    // SAFETY: these came from `of`, and are given back once: the buffer was emptied above.
    let mut bytes = unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(data, len)) };
    bytes.zeroize();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_given_back_once_and_twice_is_harmless() {
        let mut buffer = FieldBuffer::of(b"a word of a record".to_vec());
        assert_eq!(buffer.len, 18);
        unsafe {
            field_buffer_free(&raw mut buffer);
            assert!(buffer.data.is_null() && buffer.len == 0);
            field_buffer_free(&raw mut buffer);
            field_buffer_free(std::ptr::null_mut());
        }
    }

    #[test]
    fn null_is_nothing_and_a_length_without_bytes_is_refused() {
        let null = |len| unsafe { FieldBytes { data: std::ptr::null(), len }.read() };
        assert_eq!(null(0), Some(&[][..]));
        assert_eq!(null(1), None);
        let byte = [7];
        assert_eq!(unsafe { FieldBytes { data: byte.as_ptr(), len: usize::MAX }.read() }, None);
    }
}
