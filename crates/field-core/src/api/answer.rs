//! What an app is answered, as JSON: one struct for every answer, and nothing is answered that did
//! not stand in one. The schemas in `proto/api` are made from these structs.
//!
//! An answer may get further fields; a reader ignores those it does not know.

mod attachment;
mod device;
mod list;
mod prompts;
mod record;
mod timeline;
mod told;
mod words;
mod written;

pub use attachment::{AttachedFile, Attachment, AttachmentState, FetchedFile};
pub use device::{Counted, Enrolled, Fault, Rejected, Rekeyed, Status, Synced, SyncedWithin, Unsent, Verified};
pub use list::{Delivery, DeliveryState, Line};
pub use prompts::{PossibleMatch, Prompt};
pub use record::{
    Account, Addendum, Conflict, ConflictValue, Created, Draft, Headline, Lane, Link, Owner, Receipt, Record, Refused,
    Shown, Standing, Statement,
};
pub use timeline::{BundleFault, BundleVerified, CarriedIn, Exported, TimelineLine, UnsentExported};
pub use told::{Event, Failure, Gap, Refusal};
pub use words::{Base64, Class, CodeName, Hash, Id, Role, Time};
pub use written::{Added, BoxDone, Boxed, BoxedWords, Done, Edited, Made, Sealed};

use serde::Serialize;
use serde_json::Value as Json;

/// An answer as it leaves.
pub(crate) fn json(answer: &impl Serialize) -> Json {
    serde_json::to_value(answer).expect("an answer is made of texts, numbers and maps with texts for keys")
}
