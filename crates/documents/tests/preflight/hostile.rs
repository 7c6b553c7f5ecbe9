//! Each family of hostile change is refused with its number, cheaply: with little memory, and
//! without looking at more bytes than came.

use automerge::AutoCommit;
use documents::preflight::{dependencies, preflight, work};
use documents::{Refusal, Template};
use signed::Code;
use signed::code::{
    C_ACTOR, C_CANONICAL, C_CHECKSUM, C_CHUNK, C_COLUMNS, C_DEPS, C_HEADER, C_KEYS, C_OP, C_OPS, C_PREDS, C_RANGE,
    C_ROWS, C_VALUE, C_VALUES,
};

use crate::allocation::grown_while;
use crate::forge::{
    ACTION, INSERT, KEY_ACTOR, KEY_COUNTER, KEY_TEXT, OBJECT_ACTOR, OBJECT_COUNTER, PREDECESSOR_ACTOR,
    PREDECESSOR_COUNT, PREDECESSOR_COUNTER, Parts, VALUE, VALUE_KIND, delta, inside, nulls, one, run, seal, signed,
    text, unsigned,
};
use crate::stories::{Scene, begun, commit, put, scenes, type_words, written};

/// Far below what one bomb would take, and above what any refusal needs.
const GROWTH_BYTES_MAX: usize = 1 << 20;
const LONG: &str = "0123456789abcdef0123456789abcdef";

/// The change is refused with this code, and cheaply.
pub(crate) fn refused(bytes: &[u8], template: Template, code: Code) {
    let (verdict, grown) = grown_while(|| preflight(bytes, template));
    assert_eq!(verdict.map_err(|refusal| refusal.code), Err(code));
    assert!(grown < GROWTH_BYTES_MAX, "a refusal took {grown} bytes");
    let work = work(bytes, template);
    assert!(work <= bytes.len() as u64, "a refusal looked at {work} bytes of {}", bytes.len());
}

fn record(parts: &Parts, code: Code) {
    refused(&parts.bytes(), Template::Record, code);
}

fn draft(parts: &Parts, code: Code) {
    refused(&parts.bytes(), Template::Draft, code);
}

fn one_put() -> Parts {
    Parts::of_one_put()
}

#[test]
fn millions_of_operations_in_a_hundred_bytes() {
    for count in [10_001, 5_000_000, i64::from(u32::MAX), i64::MAX] {
        let bomb = Parts::of_many(count, "k");
        assert!(bomb.bytes().len() < 200, "the bomb is small");
        record(&bomb, C_OPS);
    }
}

#[test]
fn runs_whose_sum_wraps_around() {
    let wrapped = [run(i64::MAX, 1), run(i64::MAX, 1), run(3, 1)].concat();
    record(&one_put().with(ACTION, wrapped), C_OPS);
    let wrapped = [run(1, u64::MAX), run(1, 2)].concat();
    record(&Parts::of_many(2, "k").with(PREDECESSOR_COUNT, wrapped), C_PREDS);
    record(&Parts::of_many(2, "k").with(INSERT, [unsigned(u64::MAX), unsigned(3)].concat()), C_ROWS);
    record(&Parts::of_many(2, "k").with(VALUE_KIND, run(2, (1 << 63) | 7)), C_VALUES);
}

#[test]
fn one_operation_with_fifty_million_predecessors() {
    let bomb = Parts::of_predecessors(50_000_000);
    assert!(bomb.bytes().len() < 200, "the bomb is small");
    record(&bomb, C_PREDS);
    record(&Parts::of_predecessors(10_001), C_PREDS);
    record(&Parts::of_many(5_001, "k").with(PREDECESSOR_COUNT, run(5_001, 2)), C_PREDS);
}

#[test]
fn nine_thousand_operations_that_share_one_long_key() {
    record(&Parts::of_many(9_000, &LONG.repeat(1_900)), C_KEYS);
}

#[test]
fn nine_thousand_operations_that_share_one_long_value() {
    let value = 60_000 << 4 | 6;
    record(&Parts::of_many(9_000, "k").with(VALUE_KIND, run(9_000, value)).with(VALUE, vec![b'v'; 60_000]), C_VALUES);
}

#[test]
fn a_key_that_says_it_is_a_gigabyte_long() {
    let promised = [signed(-1), unsigned(900_000_000), b"k".to_vec()].concat();
    record(&one_put().with(KEY_TEXT, promised), C_ROWS);
    let promised = [signed(-1), unsigned(u64::MAX), b"k".to_vec()].concat();
    record(&one_put().with(KEY_TEXT, promised), C_ROWS);
}

#[test]
fn more_of_something_than_there_are_bytes() {
    let data = one_put().data();
    let promise = unsigned(u64::MAX);
    refused(&seal(1, &promise), Template::Record, C_DEPS);
    let deps = [unsigned(256), data.clone()].concat();
    refused(&seal(1, &deps), Template::Record, C_DEPS);
    let header: Vec<u8> = data.iter().copied().take(33 + 17 + 4).collect();
    for actors in [1_u64 << 20, 1 << 40, u64::MAX] {
        refused(&seal(1, &[&header[..], &unsigned(actors), &[0; 9]].concat()), Template::Record, C_ACTOR);
    }
    refused(&seal(1, &[&header[..], &[0], &promise].concat()), Template::Record, C_COLUMNS);
    let one_column = [&header[..], &[0, 1], &unsigned(ACTION), &promise].concat();
    refused(&seal(1, &one_column), Template::Record, C_CHUNK);
    let literal = [signed(i64::MIN), vec![1, 1]].concat();
    record(&one_put().with(ACTION, literal), C_ROWS);
}

#[test]
fn a_deflated_column() {
    for column in [OBJECT_ACTOR, KEY_TEXT, ACTION, VALUE] {
        let mut parts = one_put();
        for (number, _) in parts.columns.iter_mut().filter(|(number, _)| *number == column) {
            *number |= 8;
        }
        record(&parts, C_COLUMNS);
        let refusal = preflight(&parts.bytes(), Template::Record).expect_err("a deflated column");
        assert_eq!(refusal.detail, "a deflated column");
    }
}

#[test]
fn another_kind_of_chunk() {
    let mut document = begun(Template::Record, 2);
    put(&mut document, "fields", "account", LONG.repeat(40));
    commit(&mut document);
    let mut change = written(&mut document, Template::Record).pop().expect("one change");
    let compressed = change.bytes().into_owned();
    assert_ne!(compressed, change.raw_bytes());
    let hashes = [change.hash()];
    let bundle = document.bundle(hashes).expect("automerge makes a bundle");
    let bundle: &[u8] = bundle.bytes();
    let saved = document.save();
    for chunk in [&compressed, bundle, &saved, &seal(4, inside(change.raw_bytes()))] {
        refused(chunk, Template::Record, C_CHUNK);
        assert!(dependencies(chunk).is_err());
    }
}

#[test]
fn a_checksum_of_other_bytes() {
    let honest = one_put().bytes();
    for at in 4..8 {
        let mut bytes = honest.clone();
        bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1);
        refused(&bytes, Template::Record, C_CHECKSUM);
    }
    let mut bytes = honest;
    bytes.iter_mut().rev().take(1).for_each(|byte| *byte ^= 1);
    refused(&bytes, Template::Record, C_CHECKSUM);
}

#[test]
fn something_that_is_no_chunk() {
    refused(&[], Template::Record, C_CHUNK);
    refused(b"disclosure", Template::Record, C_CHUNK);
    let mut bytes = one_put().bytes();
    bytes.iter_mut().take(1).for_each(|byte| *byte ^= 1);
    refused(&bytes, Template::Record, C_CHUNK);
}

#[test]
fn bytes_after_the_change_or_a_second_change() {
    let honest = one_put().bytes();
    refused(&[&honest[..], &[0]].concat(), Template::Record, C_CHUNK);
    refused(&[&honest[..], &honest].concat(), Template::Record, C_CHUNK);
}

#[test]
fn a_change_cut_short_at_any_byte() {
    for Scene { template, change, .. } in scenes() {
        let bytes = change.raw_bytes();
        for length in 0..bytes.len() {
            let cut = bytes.split_at(length).0;
            refused(cut, template, C_CHUNK);
            assert!(dependencies(cut).is_err());
        }
        // Cut inside, and the chunk's length and checksum made right again.
        let data = inside(bytes);
        for length in 0..data.len() {
            let cut = seal(1, data.split_at(length).0);
            assert!(preflight(&cut, template).is_err());
        }
    }
}

#[test]
fn an_actor_that_is_not_in_the_table() {
    record(&one_put().with(OBJECT_ACTOR, one(2)), C_ACTOR);
    record(&one_put().with(OBJECT_ACTOR, one(u64::MAX)), C_ACTOR);
    record(&Parts::of_predecessors(2).with(PREDECESSOR_ACTOR, run(2, 2)), C_ACTOR);
    draft(&Parts::of_words().with(KEY_ACTOR, [nulls(1), one(2)].concat()), C_ACTOR);
    let mut nobody = one_put();
    nobody.others.clear();
    record(&nobody, C_ACTOR);
}

#[test]
fn an_actor_that_no_operation_names() {
    let mut parts = one_put();
    parts.others.push(vec![9; 16]);
    record(&parts, C_ACTOR);
    let mut merge = one_put();
    merge.columns.clear();
    record(&merge, C_ACTOR);
    merge.others.clear();
    assert!(preflight(&merge.bytes(), Template::Record).is_ok());
}

#[test]
fn actors_of_another_form_or_order() {
    // Each of them is named by a predecessor.
    let with = |others: &[&[u8]]| {
        let mut parts = one_put();
        parts.others = others.iter().map(|other| other.to_vec()).collect();
        let count = i64::try_from(others.len()).expect("a few");
        let indexes = (1..=count.unsigned_abs()).flat_map(unsigned);
        parts
            .with(PREDECESSOR_COUNT, one(count.unsigned_abs()))
            .with(PREDECESSOR_ACTOR, signed(-count).into_iter().chain(indexes).collect())
            .with(PREDECESSOR_COUNTER, delta(count, 1))
    };
    assert!(preflight(&with(&[&[0], &[1; 16], &[2; 16]]).bytes(), Template::Record).is_ok());
    record(&with(&[&[0], &[2; 16], &[1; 16]]), C_ACTOR);
    record(&with(&[&[0], &[2; 16], &[2; 16]]), C_ACTOR);
    record(&with(&[&[0], &[7; 16]]), C_ACTOR);
    record(&with(&[&[0], &[0]]), C_ACTOR);
    record(&with(&[&[1; 16], &[0]]), C_ACTOR);
    record(&with(&[&[1]]), C_ACTOR);
    record(&with(&[&[]]), C_ACTOR);
    record(&with(&[&[0], &[1; 15]]), C_ACTOR);
    record(&with(&[&[0], &[1; 17]]), C_ACTOR);
    for actor in [vec![], vec![0], vec![7; 15], vec![7; 17]] {
        let mut parts = one_put();
        parts.actor = actor;
        record(&parts, C_ACTOR);
    }
}

#[test]
fn dependencies_of_another_order() {
    for deps in [[[2; 32], [1; 32]], [[1; 32], [1; 32]]] {
        let mut parts = one_put();
        parts.deps = deps.map(|dep| dep.to_vec()).to_vec();
        record(&parts, C_DEPS);
        assert_eq!(dependencies(&parts.bytes()).map_err(|refusal| refusal.code), Err(C_DEPS));
    }
}

#[test]
fn a_header_that_says_more_than_it_may() {
    for time in [1, -1, 1_760_000_000] {
        let mut parts = one_put();
        parts.time = time;
        record(&parts, C_HEADER);
    }
    let mut parts = one_put();
    parts.message = b"hello".to_vec();
    record(&parts, C_HEADER);
    let mut parts = one_put();
    parts.extra = vec![1, 2, b'm', b'e'];
    record(&parts, C_HEADER);
}

#[test]
fn counters_and_sequence_numbers_beyond_32_bits() {
    let beyond = u64::from(u32::MAX) + 1;
    for start_op in [0, beyond, u64::MAX] {
        let mut parts = one_put();
        parts.start_op = start_op;
        record(&parts, C_RANGE);
    }
    let mut last = Parts::of_many(2, "k");
    last.start_op = u64::from(u32::MAX);
    record(&last, C_RANGE);
    last.start_op -= 1;
    assert!(preflight(&last.bytes(), Template::Record).is_ok());
    for seq in [0, beyond, u64::MAX] {
        let mut parts = one_put();
        parts.seq = seq;
        record(&parts, C_RANGE);
    }
    for counter in [0, beyond, u64::MAX] {
        record(&one_put().with(OBJECT_COUNTER, one(counter)), C_RANGE);
    }
}

#[test]
fn running_counters_that_leave_their_range() {
    let beyond = i64::from(u32::MAX) + 1;
    let one_predecessor =
        |counter| Parts::of_predecessors(1).with(PREDECESSOR_ACTOR, one(0)).with(PREDECESSOR_COUNTER, counter);
    for counter in [beyond, -1, i64::MAX, i64::MIN] {
        record(&one_predecessor(delta(-1, counter)), C_RANGE);
    }
    for (count, step) in [(5_000, 1 << 20), (9_999, i64::MAX), (9_999, i64::MIN), (2, -1)] {
        record(&Parts::of_predecessors(count).with(PREDECESSOR_COUNTER, delta(count, step)), C_RANGE);
    }
    let down_and_up = [signed(-3), signed(5), signed(-6), signed(8)].concat();
    record(&Parts::of_predecessors(3).with(PREDECESSOR_COUNTER, down_and_up), C_RANGE);
    for counter in [beyond, -1, i64::MAX, i64::MIN] {
        let column = [signed(-2), signed(0), signed(counter)].concat();
        draft(&Parts::of_words().with(KEY_COUNTER, column), C_RANGE);
    }
}

#[test]
fn a_null_where_automerge_expects_none() {
    for column in [OBJECT_ACTOR, OBJECT_COUNTER, KEY_TEXT, ACTION, VALUE_KIND, PREDECESSOR_COUNT] {
        record(&one_put().with(column, nulls(1)), C_ROWS);
        record(&Parts::of_many(2, "k").with(column, [nulls(1), one(1)].concat()), C_ROWS);
    }
    for column in [PREDECESSOR_ACTOR, PREDECESSOR_COUNTER] {
        record(&Parts::of_predecessors(2).with(column, nulls(2)), C_ROWS);
    }
}

#[test]
fn a_key_of_two_kinds_or_of_none() {
    let words = Parts::of_words;
    draft(&words().with(KEY_TEXT, text(2, "k")), C_ROWS);
    draft(&words().without(KEY_ACTOR), C_ROWS);
    draft(&words().without(KEY_COUNTER), C_ROWS);
    draft(&words().without(KEY_ACTOR).without(KEY_COUNTER), C_ROWS);
    draft(&words().with(KEY_ACTOR, run(2, 0)), C_RANGE);
    draft(&words().with(KEY_COUNTER, [signed(-2), signed(3), signed(3)].concat()), C_ROWS);
    draft(&words().with(KEY_COUNTER, [nulls(1), delta(-1, 6)].concat()), C_ROWS);
    // The running counter passes zero inside one run of the head's row.
    let falling = [delta(-1, 5), delta(5, -1)].concat();
    let six = Parts::of_many(6, "k").without(KEY_TEXT).with(KEY_ACTOR, [one(0), nulls(5)].concat());
    draft(&six.with(KEY_COUNTER, falling), C_ROWS);
}

#[test]
fn an_operation_in_the_root() {
    record(&one_put().without(OBJECT_ACTOR).without(OBJECT_COUNTER), C_OP);
}

#[test]
fn columns_that_are_empty_repeated_or_out_of_order() {
    for column in [OBJECT_ACTOR, KEY_TEXT, VALUE, PREDECESSOR_ACTOR] {
        record(&one_put().with(column, Vec::new()), C_COLUMNS);
    }
    for index in 0..one_put().columns.len() {
        let mut parts = one_put();
        let again = parts.columns.get(index).expect("a column").clone();
        parts.columns.insert(index, again);
        record(&parts, C_COLUMNS);
    }
    for index in 1..one_put().columns.len() {
        let mut parts = one_put();
        parts.columns.swap(index - 1, index);
        record(&parts, C_COLUMNS);
    }
}

#[test]
fn a_column_the_template_does_not_have() {
    for column in [0, 3, 5, 18, 37, 54, 149, 165, 148, 240, 1 << 31, 1 << 32, u64::MAX ^ 8] {
        record(&one_put().with(column, one(1)), C_COLUMNS);
        draft(&one_put().with(column, one(1)), C_COLUMNS);
    }
    record(&one_put().with(KEY_ACTOR, one(1)), C_COLUMNS);
    record(&one_put().with(KEY_COUNTER, delta(-1, 1)), C_COLUMNS);
    record(&Parts::of_words(), C_COLUMNS);
}

#[test]
fn columns_with_more_or_fewer_rows_than_operations() {
    let many = |rows: i64| Parts::of_many(rows, "k").columns;
    for (row, column) in [1, 3].into_iter().flat_map(|rows| many(rows).into_iter().map(move |column| (rows, column))) {
        let (number, bytes) = column;
        if number != ACTION {
            record(&Parts::of_many(2, "k").with(number, bytes), C_ROWS);
        } else {
            assert!(preflight(&Parts::of_many(row, "k").bytes(), Template::Record).is_ok());
        }
    }
    for number in [INSERT, VALUE_KIND, PREDECESSOR_COUNT, KEY_TEXT, OBJECT_ACTOR, OBJECT_COUNTER] {
        record(&one_put().without(number), C_ROWS);
    }
    for count in [1, 3] {
        record(&Parts::of_predecessors(2).with(PREDECESSOR_ACTOR, run(count, 0)), C_ROWS);
        record(&Parts::of_predecessors(2).with(PREDECESSOR_COUNTER, delta(count, 1)), C_ROWS);
    }
    record(&Parts::of_predecessors(2).without(PREDECESSOR_ACTOR), C_ROWS);
    record(&Parts::of_predecessors(2).without(PREDECESSOR_COUNTER), C_ROWS);
    record(&one_put().with(PREDECESSOR_ACTOR, one(0)), C_ROWS);
    // A text and two elements, where all three columns of the key go on together for too long.
    let longer = Parts::of_words()
        .with(KEY_ACTOR, [nulls(1), run(2, 0)].concat())
        .with(KEY_COUNTER, [nulls(1), delta(2, 6)].concat())
        .with(KEY_TEXT, [text(-1, "k"), nulls(2)].concat());
    draft(&longer, C_ROWS);
    record(&one_put().with(VALUE, b"blu".to_vec()), C_ROWS);
    record(&one_put().with(VALUE, b"blues".to_vec()), C_ROWS);
    record(&one_put().without(VALUE), C_ROWS);
    record(&one_put().without(ACTION), C_ROWS);
}

#[test]
fn values_of_an_unknown_type_or_an_impossible_length() {
    for kind in 10..16 {
        record(&one_put().with(VALUE_KIND, one(4 << 4 | kind)), C_VALUE);
    }
    for (kind, length) in [(0, 4), (1, 4), (2, 4), (3, 0), (4, 0), (8, 0), (9, 0), (3, 11), (5, 4), (5, 9)] {
        let parts = one_put().with(VALUE_KIND, one(length << 4 | kind));
        record(&parts.with(VALUE, vec![0; usize::try_from(length).expect("short").max(1)]), C_RANGE);
    }
}

#[test]
fn an_action_automerge_does_not_know() {
    for action in [8, 200, u64::MAX] {
        record(&one_put().with(ACTION, one(action)), C_OP);
    }
}

#[test]
fn numbers_written_longer_than_they_need_be() {
    for (number, _) in one_put().columns {
        if number != VALUE {
            let mut parts = one_put();
            for (_, bytes) in parts.columns.iter_mut().filter(|(column, _)| *column == number) {
                let first = bytes.remove(0);
                // The sign of a count has to be kept.
                let longer = if first & 0x40 == 0 { 0 } else { 0x7f };
                bytes.splice(0..0, [first | 0x80, longer]);
            }
            record(&parts, C_CANONICAL);
        }
    }
    let mut data = one_put().data();
    data.splice(0..1, [0x81, 0]);
    refused(&seal(1, &data), Template::Record, C_CANONICAL);
}

#[test]
fn runs_of_no_rows() {
    record(&one_put().with(ACTION, [nulls(0), one(1)].concat()), C_CANONICAL);
    record(&one_put().with(INSERT, [unsigned(1), unsigned(0)].concat()), C_CANONICAL);
}

#[test]
fn three_hundred_kilobytes_of_the_smallest_runs_are_refused_early() {
    // Each run is two bytes; what is beyond the limit is not even looked at.
    let long = one(1).repeat(160_000);
    let parts = one_put().with(ACTION, long);
    record(&parts, C_OPS);
    assert!(work(&parts.bytes(), Template::Record) < 30_000);
}

#[test]
fn a_refusal_never_shows_what_the_change_says() {
    let planted = one_put().with(KEY_TEXT, text(-1, "Ophelia")).without(INSERT);
    let refusal: Refusal = preflight(&planted.bytes(), Template::Record).expect_err("a column is missing");
    assert!(!format!("{refusal} {refusal:?}").contains("Ophelia"));
}

#[test]
fn a_document_made_elsewhere_is_judged_by_the_template() {
    let mut elsewhere = AutoCommit::new();
    use automerge::transaction::Transactable;
    elsewhere.put(automerge::ROOT, "k", 1).expect("a key can be set");
    commit(&mut elsewhere);
    let change = elsewhere.get_changes(&[]).pop().expect("one change");
    refused(change.raw_bytes(), Template::Record, C_OP);
    let mut draft = begun(Template::Draft, 3);
    type_words(&mut draft, 0, 0, "words");
    commit(&mut draft);
    let change = written(&mut draft, Template::Draft).pop().expect("one change");
    refused(change.raw_bytes(), Template::Record, C_COLUMNS);
}
