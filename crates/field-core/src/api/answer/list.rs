//! A line of a list.

use serde::Serialize;

use super::{Hash, Id, Time};

/// A record as a list shows it.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Line {
    /// The record.
    pub id: Id,
    /// Its kind.
    pub kind: String,
    /// The case it belongs to.
    pub case: Option<Id>,
    /// The school it belongs to.
    pub school: Option<String>,
    /// How urgent it is, the most cautious of what was said.
    pub urgency: String,
    /// Where it stands.
    pub status: String,
    /// A line that says what it is.
    pub title: String,
    /// When it was recorded.
    pub recorded_at: Time,
    /// Whether its words are sealed.
    pub sealed: bool,
    /// How far it has come.
    pub delivery: Vec<Delivery>,
    /// In how many fields people differ.
    pub conflicts: u64,
}

/// One place a record has come to.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Delivery {
    /// Whom it reached: a user, or `server`.
    pub to: String,
    /// How far it has come to them.
    pub state: DeliveryState,
    /// Since when.
    pub at: Time,
    /// The statement that was delivered, where one record is shown in full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<Hash>,
}

/// How far a record has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// On this device's disk.
    Recorded,
    /// Its words are sealed.
    Sealed,
    /// In a frame that was sent.
    LeftDevice,
    /// On the server's disk: there is a receipt.
    AtServer,
    /// On somebody's device.
    Delivered,
    /// Somebody says that they saw it.
    Seen,
    /// Somebody says that they take note of it.
    Acknowledged,
}
