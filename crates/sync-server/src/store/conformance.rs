//! One suite that every adapter passes: where adapters differ is where nobody looks. A test calls
//! [`run`] with a way to make a fresh store and, for one that lasts, to open it again.

mod keeping;
mod media;

use signed::{ChangeHash, DeviceId, Incarnation, PublicKey, RecordId, SchoolId, Timestamp, UserId};
use wire::Lane;

use super::StoreError;
use super::port::{Store, Writing};
use super::rows::{
    ActorRow, AuditEntry, ChangeRow, CodeRow, DeviceEntry, DirectoryRow, DocumentRow, FrameRow, HeadRow, HolderRow,
    InboxRow, Origin, QuarantineRow, SchoolRow, StatementRow, UserRow, WithdrawalRow,
};

/// What went wrong, in words for whoever writes an adapter.
pub type Verdict = Result<(), String>;

/// The whole suite. `again` opens what a store has kept, as after a restart; an adapter that does
/// not last gives the same store back.
pub fn run<'s>(
    store: Box<dyn Store + 's>,
    again: impl FnOnce(Box<dyn Store + 's>) -> Result<Box<dyn Store + 's>, StoreError>,
) -> Verdict {
    a_dropped_transaction_leaves_nothing(store.as_ref())?;
    everything_reads_back(store.as_ref())?;
    adding_twice_is_adding_once(store.as_ref())?;
    numbers_have_no_gaps(store.as_ref())?;
    a_reader_sees_a_steady_view(store.as_ref())?;
    let made = rows()?;
    media::files_come_are_named_and_are_locked(store.as_ref(), made.document.id, made.device.id, &made.user.id)?;
    let store = again(store).map_err(|error| format!("opening again: {error}"))?;
    everything_is_there(store.as_ref())?;
    media::files_are_there(store.as_ref())?;
    keeping::what_is_erased_stays_so(store.as_ref())?;
    keeping::what_was_erased_is_gone(store.as_ref())
}

fn ok<T>(answer: Result<T, StoreError>) -> Result<T, String> {
    answer.map_err(|error| format!("the store failed: {error}"))
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Verdict {
    if found == expected { Ok(()) } else { Err(format!("{what}: found {found:?}, expected {expected:?}")) }
}

/// One row of each table, all about one device, one user and one document.
struct Rows {
    school: SchoolRow,
    user: UserRow,
    device: DeviceEntry,
    actor: ActorRow,
    code: CodeRow,
    document: DocumentRow,
    change: ChangeRow,
    statement: StatementRow,
    holder: HolderRow,
    inbox: InboxRow,
    withdrawal: WithdrawalRow,
    frame: FrameRow,
    quarantine: QuarantineRow,
    directory: DirectoryRow,
}

const CASE: RecordId = RecordId([3; 16]);
const AT: i64 = 1_790_000_000_000;

/// The form of a public key, always the same: rows must be equal each time they are made.
fn key() -> Result<PublicKey, String> {
    let mut spki = data_encoding::HEXLOWER
        .decode(b"3059301306072a8648ce3d020106082a8648ce3d03010703420004")
        .map_err(|error| error.to_string())?;
    spki.extend_from_slice(&[7; 64]);
    PublicKey::from_spki(&spki).map_err(|error| error.to_string())
}

fn rows() -> Result<Rows, String> {
    let key = key()?;
    let name = |text: &str| UserId::new(text).map_err(|error| error.to_string());
    let (device, document, user) = (key.id(), RecordId([1; 16]), name("reader")?);
    let (at, life) = (Timestamp::from_millis(AT), Incarnation([5; 16]));
    let school = SchoolId::new("100001").map_err(|error| error.to_string())?;
    let origin = Origin { device, incarnation: life, lane: Lane::Urgent, frame: 1, item: 2 };
    Ok(Rows {
        school: SchoolRow { id: school.clone(), name: "A school".into(), agreement: "partnership".into(), until: None },
        user: UserRow {
            id: user.clone(),
            name: "A reader".into(),
            role: "officer".into(),
            schools: vec![school],
            team: Some("north".into()),
            area: None,
            supervisor: None,
            active: true,
            delivered: 0,
        },
        device: DeviceEntry {
            id: device,
            user: user.clone(),
            key,
            incarnation: life,
            enrolled_at: at,
            last_sync_at: None,
            cursor: 0,
            revoked_at: Some(at),
            erase: true,
            erase_ordered_at: Some(at),
            erased: Some((at, vec![20])),
        },
        actor: ActorRow { actor: signed::ActorId([6; 16]), device, incarnation: life },
        code: CodeRow {
            id: [7; 16],
            user: user.clone(),
            secret_hash: [8; 32],
            expires_at: at,
            tries: 1,
            used_at: None,
        },
        document: DocumentRow {
            id: document,
            template: "record".into(),
            kind: "action".into(),
            case: Some(CASE),
            compartment: format!("POLICE({CASE})"),
            owner: "reader,other".into(),
            status: "requested".into(),
            urgency: "urgent".into(),
            due: Some(at),
            open: true,
            gaps: 2,
            key: vec![1],
            state: vec![2],
            projection: vec![3],
            changes: 1,
        },
        change: ChangeRow {
            document,
            hash: ChangeHash([9; 32]),
            place: 1,
            actor: signed::ActorId([6; 16]),
            seq: 1,
            max_op: 9,
            clock: vec![4],
            bytes: vec![5],
            at,
            origin: Some(origin),
        },
        statement: StatementRow {
            id: signed::StatementHash([10; 32]),
            document,
            change: ChangeHash([9; 32]),
            kid: device,
            author: user.clone(),
        },
        holder: HolderRow { document, user: user.clone(), content: true, line: Vec::new() },
        inbox: InboxRow {
            user: user.clone(),
            number: 1,
            kind: 1,
            document: Some(document),
            change: Some(ChangeHash([9; 32])),
            body: Vec::new(),
            digest: [11; 32],
        },
        withdrawal: WithdrawalRow { user, number: 1, document, first: 1, cursors: vec![(device, 4)] },
        frame: FrameRow {
            device,
            incarnation: life,
            lane: Lane::Urgent,
            number: 1,
            hash: signed::FrameHash([12; 32]),
            previous: signed::FrameHash([0; 32]),
            signature: [13; 64],
            items: vec![(document, vec![[14; 32], [15; 32]])],
            index: 0,
            size: 1,
            inbox_head: 1,
        },
        quarantine: QuarantineRow { device, document, hash: [16; 32], code: 1317, at, length: 100, bytes: vec![6] },
        directory: DirectoryRow { number: 1, subject: RecordId([17; 16]), statement: vec![7] },
    })
}

fn write(tx: &mut dyn Writing, rows: &Rows) -> Result<(), StoreError> {
    tx.put_meta("name", b"value")?;
    tx.put_school(&rows.school)?;
    tx.put_user(&rows.user)?;
    tx.put_device(&rows.device)?;
    tx.add_actor(&rows.actor)?;
    tx.put_code(&rows.code)?;
    tx.put_document(&rows.document)?;
    tx.add_change(&rows.change)?;
    tx.add_operation(rows.document.id, &[1; 16], 7, rows.actor.actor, 1)?;
    tx.add_statement(&rows.statement)?;
    tx.put_holder(&rows.holder)?;
    tx.add_withdrawal(&rows.withdrawal)?;
    tx.put_frame(&rows.frame)?;
    tx.add_leaf(0, b"leaf")?;
    tx.add_node(0, 0, &[18; 32])?;
    tx.add_log_head(&HeadRow { size: 1, envelope: vec![8] })?;
    tx.add_quarantine(&rows.quarantine)?;
    tx.add_directory(&rows.directory)?;
    tx.mark_directory_sent(&rows.user.id, 1)
}

fn a_dropped_transaction_leaves_nothing(store: &dyn Store) -> Verdict {
    let rows = rows()?;
    {
        let mut tx = ok(store.write())?;
        ok(write(tx.as_mut(), &rows))?;
        ok(tx.append_inbox(&rows.inbox))?;
        same("its own reads see it", ok(tx.document(rows.document.id))?, Some(rows.document.clone()))?;
    }
    let tx = ok(store.read())?;
    same("meta", ok(tx.meta("name"))?, None)?;
    same("documents", ok(tx.documents())?, Vec::new())?;
    same("inbox", ok(tx.inbox_head(&rows.user.id))?, (0, [0; 32]))?;
    same("leaves", ok(tx.leaves())?, 0)
}

fn everything_reads_back(store: &dyn Store) -> Verdict {
    let rows = rows()?;
    let mut tx = ok(store.write())?;
    ok(write(tx.as_mut(), &rows))?;
    ok(tx.append_inbox(&rows.inbox))?;
    ok(tx.append_audit(&AuditEntry { number: 1, at: rows.change.at, body: vec![9], hash: [19; 32] }))?;
    ok(tx.commit())?;
    everything_is_there(store)
}

fn everything_is_there(store: &dyn Store) -> Verdict {
    let rows = rows()?;
    let tx = ok(store.read())?;
    let (id, user, device, life) = (rows.document.id, &rows.user.id, rows.device.id, rows.device.incarnation);
    same("meta", ok(tx.meta("name"))?, Some(b"value".to_vec()))?;
    same("school", ok(tx.school(&rows.school.id))?, Some(rows.school.clone()))?;
    same("schools", ok(tx.schools())?, vec![rows.school])?;
    same("user", ok(tx.user(user))?, Some(rows.user.clone()))?;
    same("users", ok(tx.users())?, vec![rows.user.clone()])?;
    same("device", ok(tx.device(device))?, Some(rows.device.clone()))?;
    same("no such device", ok(tx.device(DeviceId([0; 16])))?, None)?;
    same("devices", ok(tx.devices())?, vec![rows.device])?;
    same("actor", ok(tx.actor(rows.actor.actor))?, Some(rows.actor.clone()))?;
    same("actors", ok(tx.actors())?, vec![rows.actor.clone()])?;
    same("code", ok(tx.code(&rows.code.id))?, Some(rows.code))?;
    same("document", ok(tx.document(id))?, Some(rows.document))?;
    same("documents", ok(tx.documents())?, vec![id])?;
    same("documents of a case", ok(tx.documents_of_case(CASE))?, vec![id])?;
    same("open of an owner", ok(tx.open_of(user))?, vec![id])?;
    same("open actions of an owner", ok(tx.open_count(user, "action"))?, 1)?;
    same("open cases of an owner", ok(tx.open_count(user, "case"))?, 0)?;
    same("change", ok(tx.change(id, rows.change.hash))?, Some(rows.change.clone()))?;
    same("changes", ok(tx.changes(id))?, vec![rows.change])?;
    same("operation", ok(tx.operation(id, &[1; 16], 7, rows.actor.actor))?, Some(1))?;
    same("no such operation", ok(tx.operation(id, &[2; 16], 7, rows.actor.actor))?, None)?;
    same("statements", ok(tx.statements(id))?, vec![rows.statement.clone()])?;
    same("statements of a change", ok(tx.statements_of(id, rows.statement.change))?, vec![rows.statement])?;
    same("holder", ok(tx.holder(id, user))?, Some(rows.holder.clone()))?;
    same("holders", ok(tx.holders(id))?, vec![rows.holder])?;
    same("inbox head", ok(tx.inbox_head(user))?.0, 1)?;
    same("inbox", ok(tx.inbox(user, 0, 10))?, vec![rows.inbox])?;
    same("withdrawals", ok(tx.withdrawals(user, 0))?, vec![rows.withdrawal])?;
    same("withdrawals after", ok(tx.withdrawals(user, 1))?, Vec::new())?;
    same("frame", ok(tx.frame(device, &life, Lane::Urgent, 1))?, Some(rows.frame.clone()))?;
    same("last frame", ok(tx.last_frame(device, &life, Lane::Urgent))?, Some(rows.frame.clone()))?;
    same("other lane", ok(tx.last_frame(device, &life, Lane::Rest))?, None)?;
    same("frames", ok(tx.frames())?, vec![rows.frame])?;
    same("leaf", ok(tx.leaf(0))?, Some(b"leaf".to_vec()))?;
    same("node", ok(tx.node(0, 0))?, Some([18; 32]))?;
    same("log head", ok(tx.log_head(1))?, Some(HeadRow { size: 1, envelope: vec![8] }))?;
    same("last log head", ok(tx.last_log_head())?.map(|head| head.size), Some(1))?;
    same("audit tip", ok(tx.audit_tip())?, (1, [19; 32]))?;
    same("audit", ok(tx.audit(0, 10))?.len(), 1)?;
    same("quarantined", ok(tx.quarantined(device))?, (100, 1))?;
    same("in quarantine", ok(tx.in_quarantine(id, &[16; 32]))?, true)?;
    same("not in quarantine", ok(tx.in_quarantine(id, &[1; 32]))?, false)?;
    same("quarantine", ok(tx.quarantine())?, vec![rows.quarantine])?;
    same("directory", ok(tx.directory())?, vec![rows.directory.clone()])?;
    same("about a subject", ok(tx.directory_of(rows.directory.subject))?, vec![rows.directory.clone()])?;
    same("sent", ok(tx.directory_sent(user, 1))?, true)?;
    same("readers", ok(tx.directory_readers(rows.directory.subject))?, vec![user.clone()])
}

fn adding_twice_is_adding_once(store: &dyn Store) -> Verdict {
    let rows = rows()?;
    let mut tx = ok(store.write())?;
    // A closed document leaves its owners' lists, and comes back to them.
    ok(tx.put_document(&DocumentRow { open: false, ..rows.document.clone() }))?;
    same("open of an owner after closing", ok(tx.open_of(&rows.user.id))?, Vec::new())?;
    ok(write(tx.as_mut(), &rows))?;
    let other = ChangeRow { bytes: vec![99], ..rows.change };
    ok(tx.add_change(&other))?;
    ok(tx.add_leaf(0, b"another leaf"))?;
    ok(tx.commit())?;
    everything_is_there(store)
}

fn numbers_have_no_gaps(store: &dyn Store) -> Verdict {
    let rows = rows()?;
    let mut tx = ok(store.write())?;
    for number in [0, 1, 3] {
        let row = InboxRow { number, ..rows.inbox.clone() };
        same("an inbox row out of turn", tx.append_inbox(&row), Err(StoreError::Damaged))?;
        let entry = AuditEntry { number, at: rows.change.at, body: Vec::new(), hash: [0; 32] };
        same("an audit entry out of turn", tx.append_audit(&entry), Err(StoreError::Damaged))?;
    }
    Ok(())
}

fn a_reader_sees_a_steady_view(store: &dyn Store) -> Verdict {
    let rows = rows()?;
    let before = ok(store.read())?;
    same("documents", ok(before.documents())?.len(), 1)?;
    let mut tx = ok(store.write())?;
    ok(tx.put_meta("later", b"1"))?;
    ok(tx.put_user(&UserRow { name: "Another name".into(), ..rows.user.clone() }))?;
    ok(tx.commit())?;
    same("a reader from before", ok(before.meta("later"))?, None)?;
    drop(before);
    let mut tx = ok(store.write())?;
    same("a writer from after", ok(tx.meta("later"))?, Some(b"1".to_vec()))?;
    ok(tx.put_user(&rows.user))?;
    ok(tx.commit())
}
