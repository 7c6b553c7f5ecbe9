//! JSON schemas of what an app asks and is answered, made from the structs that read and write it.
//! They stand in `proto/api`; a test compares.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value as Json, json};

use super::{answer, request};

/// The schema of every request, answer and event, by the name of its file in `proto/api`.
#[must_use]
pub fn all() -> Vec<(String, Json)> {
    let mut all = requests();
    all.extend(answers());
    all
}

fn requests() -> Vec<(String, Json)> {
    vec![
        asked::<request::Open>("open"),
        asked::<request::Enrol>("enrol"),
        asked::<request::New>("new"),
        asked::<request::Edit>("edit"),
        asked::<request::Seal>("seal"),
        asked::<request::Addendum>("addendum"),
        asked::<request::Do>("do"),
        asked::<request::AttachmentAdd>("attachment_add"),
        asked::<request::AttachmentFetch>("attachment_fetch"),
        asked::<request::Show>("show"),
        asked::<request::List>("list"),
        asked::<request::Search>("search"),
        asked::<request::Verify>("verify"),
        asked::<request::Status>("status"),
        asked::<request::Prompts>("prompts"),
        asked::<request::Matches>("matches"),
        asked::<request::BoxList>("box_list"),
        asked::<request::BoxDone>("box_done"),
        asked::<request::Timeline>("timeline"),
        asked::<request::Export>("export"),
        asked::<request::VerifyBundle>("verify_bundle"),
        asked::<request::Import>("import"),
        asked::<request::NetworkState>("network_state"),
    ]
}

fn answers() -> Vec<(String, Json)> {
    vec![
        answered::<answer::Enrolled>("enrol.response"),
        answered::<answer::Made>("new.response"),
        answered::<answer::Edited>("edit.response"),
        answered::<answer::Sealed>("seal.response"),
        answered::<answer::Added>("addendum.response"),
        answered::<answer::Done>("do.response"),
        answered::<answer::AttachedFile>("attachment_add.response"),
        answered::<answer::FetchedFile>("attachment_fetch.response"),
        answered::<answer::Shown>("show.response"),
        answered::<Vec<answer::Line>>("list.response"),
        answered::<Vec<answer::Line>>("search.response"),
        answered::<answer::Status>("status.response"),
        answered::<Vec<answer::Prompt>>("prompts.response"),
        answered::<Vec<answer::PossibleMatch>>("matches.response"),
        answered::<Vec<answer::Boxed>>("box_list.response"),
        answered::<answer::BoxDone>("box_done.response"),
        answered::<answer::Synced>("sync.response"),
        answered::<answer::SyncedWithin>("sync_once.response"),
        answered::<answer::Rekeyed>("rekey.response"),
        answered::<answer::Verified>("verify.response"),
        answered::<Vec<answer::TimelineLine>>("timeline.response"),
        answered::<answer::Exported>("export.response"),
        answered::<answer::UnsentExported>("export_unsent.response"),
        answered::<answer::CarriedIn>("import.response"),
        answered::<answer::BundleVerified>("verify_bundle.response"),
        answered::<answer::Event>("event"),
        answered::<answer::Refusal>("error"),
    ]
}

fn asked<T: JsonSchema>(name: &str) -> (String, Json) {
    of::<T>(&format!("{name}.request"), SchemaSettings::draft2020_12().for_deserialize())
}

fn answered<T: JsonSchema>(name: &str) -> (String, Json) {
    of::<T>(name, SchemaSettings::draft2020_12().for_serialize())
}

fn of<T: JsonSchema>(name: &str, settings: SchemaSettings) -> (String, Json) {
    let file = format!("{name}.schema.json");
    let mut schema = SchemaGenerator::new(settings).into_root_schema_for::<T>();
    schema.insert(String::from("$id"), json!(file));
    schema.insert(String::from("title"), json!(name));
    (file, schema.to_value())
}
