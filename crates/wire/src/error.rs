//! Why bytes are refused.

use signed::cbor::CborError;
use signed::code::{self, Code};

/// Why bytes from the other side are refused. It never holds any of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Not deterministic CBOR, or not the fields of this message.
    #[error("not in the protocol's form: {0}")]
    Form(#[from] CborError),
    /// More of something than its limit.
    #[error("more than {max} {what}")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// Its limit.
        max: usize,
    },
    /// A message number this version does not know.
    #[error("unknown message {0}")]
    UnknownMessage(u64),
    /// The stream ended inside a message.
    #[error("the stream ended inside a message")]
    Truncated,
    /// A packed body is not what it declares.
    #[error("a packed body is not what it declares")]
    Packing,
    /// What a frame holds is not a frame's body.
    #[error("not the body of a frame")]
    FrameContent,
    /// The device's signature does not cover what came.
    #[error("the frame's signature does not cover what came")]
    FrameSignature,
    /// The server's signature does not cover the rows that came.
    #[error("the page's signature does not cover what came")]
    PageSignature,
    /// The receipt does not prove that the frame is in the server's log.
    #[error("the receipt does not prove the frame")]
    Receipt,
    /// The receipt is of another life of the server's data.
    #[error("a receipt of another server epoch")]
    Epoch,
    /// A device's last word that its key did not sign, or that speaks of another.
    #[error("a last word that the device's key did not sign")]
    Erased,
    /// A carried part that does not open for this server.
    #[error("not sealed for this server, or changed since")]
    Sealed,
    /// Not an enrolment code.
    #[error("not an enrolment code")]
    EnrolmentCode,
}

impl WireError {
    /// The permanent code.
    #[must_use]
    pub fn code(self) -> Code {
        match self {
            Self::Form(_) | Self::Truncated | Self::Packing => code::W_MALFORMED,
            Self::TooLarge { .. } => code::W_TOO_LARGE,
            Self::UnknownMessage(_) => code::W_UNEXPECTED,
            Self::FrameContent => code::W_FRAME_CONTENT,
            Self::FrameSignature => code::W_FRAME_SIGNATURE,
            Self::PageSignature => code::W_PAGE_SIGNATURE,
            Self::Receipt => code::W_RECEIPT,
            Self::Epoch => code::W_EPOCH,
            Self::Erased => code::W_ERASED,
            Self::Sealed => code::W_RELAY_SEALED,
            Self::EnrolmentCode => code::D_CODE_FORM,
        }
    }
}

impl From<WireError> for Code {
    fn from(error: WireError) -> Self {
        error.code()
    }
}
