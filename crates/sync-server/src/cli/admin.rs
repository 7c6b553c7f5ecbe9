//! `init`, schools, people and devices.

use std::path::Path;

use records::Role;
use serde_json::json;
use signed::{DeviceId, RecordId, SchoolId, Timestamp, UserId, code};

use super::args::{SchoolAdd, UserAdd};
use super::clock::open;
use super::print::Answer;
use crate::config;
use crate::core::{self, Agreement, Clock as _, InitOptions, RecoverDraft, SchoolNew, UserNew};
use crate::failure::Failure;
use crate::policy_file;
use crate::serve::clock::ServerClock;

/// `init`.
pub(super) fn init(dir: &Path, now: Option<Timestamp>) -> Result<Answer, Failure> {
    let clock = now.map_or_else(ServerClock::system, ServerClock::starting_at);
    let made = core::init(dir, InitOptions { now: clock.now() })?;
    std::fs::write(dir.join(config::FILE), config::TEMPLATE)
        .map_err(|error| Failure::io("config.toml cannot be written", &error))?;
    policy_file::write(dir, &policy_file::template())?;
    let [current, spare] = &made.pins;
    let lines = vec![
        format!("A server was made in {}.", made.dir.display()),
        format!("Its key:   {current}"),
        format!("The spare: {spare}"),
        "Move spare.key to a place without a network: with it this server can be made again if its key is lost.".into(),
        "master.key opens the database: keep a copy of it apart from the database's.".into(),
    ];
    Ok(Answer::new(json!({"dir": made.dir, "pins": made.pins}), lines))
}

/// `school add`.
pub(super) fn school_add(school: SchoolAdd, now: Option<Timestamp>) -> Result<Answer, Failure> {
    let id = school_id(&school.id)?;
    let agreement = school.agreement.as_deref().and_then(Agreement::by_name);
    let (core, _) = open(&school.dir, now)?;
    core.school_add(SchoolNew {
        id: id.clone(),
        name: school.name,
        // Without an agreement shares go action by action (R89), as with a named contact.
        agreement: agreement.unwrap_or(Agreement::NamedContact),
        until: school.until,
    })?;
    Ok(Answer::new(json!({"id": id}), vec![format!("School {id} was added.")]))
}

/// `user add`.
pub(super) fn user_add(user: UserAdd, now: Option<Timestamp>) -> Result<Answer, Failure> {
    let id = user_id(&user.id)?;
    let role = Role::ALL.into_iter().find(|role| role.as_str() == user.role);
    let new = UserNew {
        id: id.clone(),
        name: user.name,
        role: role.ok_or_else(|| Failure::new(code::D_ROLE, "there is no such role"))?,
        schools: user.schools.iter().map(|school| school_id(school)).collect::<Result<_, _>>()?,
        team: user.team,
        area: user.area,
        supervisor: user.supervisor.as_deref().map(user_id).transpose()?,
    };
    let (core, _) = open(&user.dir, now)?;
    core.user_add(new)?;
    Ok(Answer::new(json!({"id": id}), vec![format!("User {id} was added.")]))
}

/// `recover-draft`.
pub(super) fn recover_draft(
    dir: &Path,
    record: RecordId,
    [inspector, dpo]: [&str; 2],
    reason: String,
    now: Option<Timestamp>,
) -> Result<Answer, Failure> {
    let (inspector, dpo) = (user_id(inspector)?, user_id(dpo)?);
    let (core, _) = open(dir, now)?;
    let made = core.recover_draft(&RecoverDraft { record, inspector, dpo, reason })?;
    let lines = made.records.iter().map(|id| format!("released as {id}, in case {}", made.case));
    Ok(Answer::new(json!({"id": made.records.first(), "ids": made.records, "case": made.case}), lines.collect()))
}

/// `user deactivate`.
pub(super) fn user_deactivate(
    dir: &Path,
    id: &str,
    emergency: bool,
    now: Option<Timestamp>,
) -> Result<Answer, Failure> {
    let id = user_id(id)?;
    let (core, _) = open(dir, now)?;
    let effects = core.user_deactivate(&id, emergency)?;
    let mut lines = vec![format!("User {id} has no access any more.")];
    lines.extend(effects.moved.iter().map(|record| format!("moved to a supervisor: {record}")));
    Ok(Answer::new(json!({"id": id, "moved": effects.moved}), lines))
}

/// `device list`.
pub(super) fn device_list(dir: &Path, now: Option<Timestamp>) -> Result<Answer, Failure> {
    let (core, _) = open(dir, now)?;
    let devices = core.devices()?;
    let value = devices
        .iter()
        .map(|device| {
            json!({
                "id": device.id,
                "user": device.user,
                "enrolled_at": device.enrolled_at,
                "last_sync_at": device.last_sync_at,
                "unreceived": device.unreceived,
                "quarantined": device.quarantined,
                "revoked_at": device.revoked_at,
                "erase_ordered_at": device.erase_ordered_at,
                "erased_at": device.erased_at,
            })
        })
        .collect();
    let heading =
        ["device", "user", "enrolled", "last sync", "unreceived", "quarantined", "revoked", "told to erase", "erased"];
    let time = |time: Option<Timestamp>| time.map_or_else(|| "-".to_owned(), |time| time.to_string());
    let rows = devices.iter().map(|device| {
        vec![
            device.id.to_string(),
            device.user.to_string(),
            device.enrolled_at.to_string(),
            time(device.last_sync_at),
            device.unreceived.to_string(),
            device.quarantined.to_string(),
            time(device.revoked_at),
            time(device.erase_ordered_at),
            time(device.erased_at),
        ]
    });
    Ok(Answer::table(value, &heading, rows.collect()))
}

/// `device revoke`. A serving process notices and ends the device's sessions at once.
pub(super) fn device_revoke(dir: &Path, id: DeviceId, erase: bool, now: Option<Timestamp>) -> Result<Answer, Failure> {
    let (core, _) = open(dir, now)?;
    core.device_revoke(id, erase)?;
    let revoked_at = core.devices()?.into_iter().find(|device| device.id == id).and_then(|device| device.revoked_at);
    let mut lines = vec![format!("Device {id} is revoked.")];
    if erase {
        lines.push("It is told to erase itself when it next comes.".to_owned());
    }
    Ok(Answer::new(json!({"id": id, "revoked_at": revoked_at, "erase": erase}), lines))
}

/// A user's id, as typed.
pub(super) fn user_id(text: &str) -> Result<UserId, Failure> {
    UserId::new(text).map_err(|error| Failure::new(code::A_ID, error.to_string()))
}

fn school_id(text: &str) -> Result<SchoolId, Failure> {
    SchoolId::new(text).map_err(|error| Failure::new(code::A_ID, error.to_string()))
}
