//! Handles: numbers that stand for something, checked by generation.
//!
//! Free of C and of this process's stores, so that it can be held against every order of its
//! threads' steps (`tests/loom.rs` puts loom's locks in the place of `thread`'s).

use super::thread::{Arc, Mutex, MutexGuard};

/// Things that can be open at once; more is refused by the caller's error.
pub const OPEN_MAX: usize = 1024;

/// What a number stands for.
#[derive(Debug)]
pub enum Found<T> {
    /// This.
    Here(Arc<T>),
    /// Something that was closed.
    Closed,
    /// Nothing that was ever given out.
    Never,
}

/// The open things by number. A number is a place and the generation of what stands there: a place
/// is used again, a number never, until four billion things have stood in one place.
#[derive(Debug)]
pub struct Handles<T> {
    slots: Mutex<Vec<Slot<T>>>,
}

#[derive(Debug)]
struct Slot<T> {
    // Counts from 1; 0 stands in no number that was given out.
    generation: u32,
    open: Option<Arc<T>>,
}

impl<T> Default for Handles<T> {
    fn default() -> Self {
        Self { slots: Mutex::new(Vec::new()) }
    }
}

impl<T> Handles<T> {
    /// Gives a thing its number; the thing back when too many are open.
    pub fn insert(&self, thing: Arc<T>) -> Result<u64, Arc<T>> {
        let mut slots = lock(&self.slots);
        let free = slots.iter().position(|slot| slot.open.is_none() && slot.generation < u32::MAX);
        let place = match free {
            Some(place) => place,
            None if slots.len() < OPEN_MAX => {
                slots.push(Slot { generation: 0, open: None });
                slots.len() - 1
            }
            None => return Err(thing),
        };
        match (slots.get_mut(place), u32::try_from(place)) {
            (Some(slot), Ok(number)) => {
                slot.generation += 1;
                slot.open = Some(thing);
                Ok(u64::from(slot.generation) << 32 | u64::from(number))
            }
            _ => Err(thing),
        }
    }

    /// What a number stands for now.
    pub fn find(&self, number: u64) -> Found<T> {
        let slots = lock(&self.slots);
        let Some((slot, generation)) = slot(&slots, number) else { return Found::Never };
        match &slot.open {
            Some(thing) if slot.generation == generation => Found::Here(Arc::clone(thing)),
            _ => past(slot, generation),
        }
    }

    /// Takes a thing out: only one caller gets it.
    pub fn remove(&self, number: u64) -> Found<T> {
        let mut slots = lock(&self.slots);
        let Some((known, generation)) = slot(&slots, number) else { return Found::Never };
        if known.generation != generation {
            return past(known, generation);
        }
        let place = usize::try_from(number & u64::from(u32::MAX)).unwrap_or(usize::MAX);
        match slots.get_mut(place).and_then(|slot| slot.open.take()) {
            Some(thing) => Found::Here(thing),
            None => Found::Closed,
        }
    }
}

fn slot<T>(slots: &[Slot<T>], number: u64) -> Option<(&Slot<T>, u32)> {
    let place = usize::try_from(number & u64::from(u32::MAX)).ok()?;
    let generation = u32::try_from(number >> 32).ok()?;
    slots.get(place).map(|slot| (slot, generation))
}

/// A number that stands for nothing now: it did once, or it never did.
fn past<T>(slot: &Slot<T>, generation: u32) -> Found<T> {
    if (1..=slot.generation).contains(&generation) { Found::Closed } else { Found::Never }
}

/// A panic elsewhere leaves nothing half done here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
