//! A hundred thousand mutants of honest changes, each with its checksum made right again. What
//! preflight lets through, automerge must read without a panic and in bounded memory.

use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::{Automerge, Change, ReadDoc};
use documents::preflight::{Declared, preflight};
use signed::code::C_CHECKSUM;

use crate::allocation::grown_while;
use crate::forge::{self, Parts, inside, seal};
use crate::random::Random;
use crate::rules::Past;
use crate::stories::{Scene, scenes};

const MUTANTS: usize = 100_000;
/// What automerge may take to read, apply, save and load one small change.
const GROWTH_BYTES_MAX: usize = 16 << 20;

struct Base {
    scene: Scene,
    past: Past,
    document: Automerge,
}

fn bases() -> Vec<Base> {
    let base = |scene: Scene| {
        let mut document = Automerge::new();
        document.apply_changes(scene.before.iter().cloned()).expect("what came before applies");
        Base { past: Past::of(&scene), document, scene }
    };
    scenes().into_iter().map(base).collect()
}

/// How far the mutants came.
#[derive(Debug, Default)]
struct Tally {
    passed: u32,
    read: u32,
    canonical: u32,
    applied: u32,
}

#[test]
fn what_passes_is_read_by_automerge_without_a_panic() {
    let mut random = Random::seeded(20_260_301);
    let bases = bases();
    let mut tally = Tally::default();
    for number in 0..MUTANTS {
        let base = random.pick(&bases);
        let bytes = mutant(base, &bases, &mut random);
        let verdict = preflight(&bytes, base.scene.template);
        assert_ne!(verdict.as_ref().map_err(|refusal| refusal.code).err(), Some(C_CHECKSUM));
        let Ok(declared) = verdict else { continue };
        tally.passed += 1;
        let tried = AssertUnwindSafe(|| try_on(base, &bytes, &declared, &mut tally));
        let (outcome, grown) = grown_while(|| catch_unwind(tried));
        assert!(outcome.is_ok(), "mutant {number} makes automerge panic: {bytes:02x?}");
        assert!(grown < GROWTH_BYTES_MAX, "mutant {number} takes {grown} bytes: {bytes:02x?}");
    }
    eprintln!("{tally:?} of {MUTANTS}");
    assert!(tally.passed > 5_000, "too few pass for the test to say anything");
    assert!(tally.applied > 1_000, "too few are applied for the test to say anything");
}

fn try_on(base: &Base, bytes: &[u8], declared: &Declared, tally: &mut Tally) {
    let Ok(change) = Change::from_bytes(bytes.to_vec()) else { return };
    tally.read += 1;
    let expanded = change.decode();
    let named: usize = expanded.operations.iter().map(|operation| operation.pred.len()).sum();
    assert_eq!(declared.operations, expanded.operations.len() as u64);
    assert_eq!(declared.predecessors, named as u64);
    assert_eq!(declared.hash.0, change.hash().0);
    if Change::from(expanded.clone()).raw_bytes() != bytes {
        return;
    }
    tally.canonical += 1;
    if !base.past.allows(&expanded) {
        return;
    }
    tally.applied += 1;
    let mut document = base.document.clone();
    document.apply_changes([change.clone()]).expect("what the rules allow applies");
    let loaded = Automerge::load(&document.save()).expect("what was saved loads");
    assert_eq!(loaded.get_heads(), document.get_heads());
    let kept = loaded.get_change_by_hash(&change.hash()).expect("the change is kept");
    assert_eq!(kept.raw_bytes(), bytes);
}

/// One to three changes to an honest change, and a checksum that is right.
fn mutant(base: &Base, all: &[Base], random: &mut Random) -> Vec<u8> {
    let honest = base.scene.change.raw_bytes();
    let mut parts = Parts::read(honest);
    if random.below(2) == 0 {
        let mut data = inside(honest).to_vec();
        for _ in 0..=random.below(3) {
            mutate_bytes(&mut data, random);
        }
        if random.below(16) == 0 {
            let other = inside(random.pick(all).scene.change.raw_bytes()).to_vec();
            let cut = random.below(data.len().min(other.len()));
            data.truncate(cut);
            data.extend(other.iter().skip(cut));
        }
        return seal(1, &data);
    }
    for _ in 0..=random.below(3) {
        mutate_parts(&mut parts, all, random);
    }
    parts.bytes()
}

fn mutate_bytes(bytes: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(bytes.len());
    let (kind, byte, bit) = (random.below(7), random.byte(), random.below(8));
    let telling = *random.pick(&[0, 1, 2, 0x3f, 0x40, 0x7e, 0x7f, 0x80, 0x81, 0xff]);
    let extreme = *random.pick(&[i64::MIN, i64::MAX, i64::from(u32::MAX), 1 << 32, -1, 9_999, 50_000_000]);
    let Some(here) = bytes.get_mut(at) else {
        bytes.push(byte);
        return;
    };
    match kind {
        0 => *here ^= 1 << bit,
        1 => *here = telling,
        2 => *here = here.wrapping_add(telling),
        3 => bytes.insert(at, byte),
        4 => {
            bytes.remove(at);
        }
        5 if *here < 0x80 => {
            *here |= 0x80;
            bytes.insert(at + 1, telling & 0x7f);
        }
        _ => {
            bytes.splice(at..=at, forge::signed(extreme));
        }
    }
}

fn mutate_parts(parts: &mut Parts, all: &[Base], random: &mut Random) {
    let column = random.below(parts.columns.len());
    let other = Parts::read(random.pick(all).scene.change.raw_bytes());
    let number = random.next() >> random.below(64);
    match random.below(16) {
        0..=7 => {
            if let Some((_, bytes)) = parts.columns.get_mut(column) {
                mutate_bytes(bytes, random);
            }
        }
        8 => {
            let with = random.below(parts.columns.len());
            if with < parts.columns.len() {
                parts.columns.swap(column, with);
            }
        }
        9 => {
            if !parts.columns.is_empty() {
                parts.columns.remove(column);
            }
        }
        10 => {
            if let Some((number, bytes)) = other.columns.get(random.below(other.columns.len())).cloned() {
                *parts = parts.clone().with(number, bytes);
            }
        }
        11 => {
            if let Some((number, _)) = parts.columns.get_mut(column) {
                *number = u64::from(random.byte());
            }
        }
        12 => parts.start_op = parts.start_op.wrapping_add(number),
        13 => parts.seq = number,
        14 => shuffle(&mut parts.deps, other.deps, random),
        _ => shuffle(&mut parts.others, other.others, random),
    }
}

/// Drops one, repeats one, swaps two or takes another's.
fn shuffle(list: &mut Vec<Vec<u8>>, other: Vec<Vec<u8>>, random: &mut Random) {
    let (one, two) = (random.below(list.len()), random.below(list.len()));
    match (random.below(5), list.get(one).cloned()) {
        (0, Some(_)) => drop(list.remove(one)),
        (1, Some(repeated)) => list.insert(two, repeated),
        (2, Some(_)) => list.swap(one, two),
        (3, Some(_)) => list.iter_mut().skip(one).take(1).for_each(|item| mutate_bytes(item, random)),
        _ => list.extend(other),
    }
}
