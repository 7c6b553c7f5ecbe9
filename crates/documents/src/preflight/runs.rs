//! Reads automerge's run-length encoding without expanding a run.
//!
//! A column is a sequence of: a positive count and one value (a run), a negative count and that
//! many values (a literal run), or zero and a count of nulls.

use signed::code::{C_CANONICAL, C_ROWS};

use super::cursor::Cursor;
use crate::refusal::{Refusal, refuse, require};

/// How one value of a column is read.
pub(super) type Read<'a, T> = fn(&mut Cursor<'a>) -> Result<T, Refusal>;

/// Some equal rows.
#[derive(Clone, Copy)]
pub(super) struct Run<T> {
    /// How many; never zero.
    pub(super) rows: u64,
    /// What each of them holds; `None` is a null.
    pub(super) item: Option<T>,
}

/// The runs of one column, in order. A literal run comes as runs of one row.
pub(super) struct Runs<'a, T> {
    cursor: Cursor<'a>,
    read: Read<'a, T>,
    literal: u64,
}

impl<'a, T: Copy> Runs<'a, T> {
    pub(super) fn new(column: Cursor<'a>, read: Read<'a, T>) -> Self {
        Self { cursor: column, read, literal: 0 }
    }

    /// The next run, or `None` at the end of the column.
    pub(super) fn next_run(&mut self) -> Result<Option<Run<T>>, Refusal> {
        if self.literal == 0 {
            if self.cursor.rest().is_empty() {
                return Ok(None);
            }
            let count = self.cursor.signed()?;
            if count > 0 {
                return Ok(Some(Run { rows: count.unsigned_abs(), item: Some((self.read)(&mut self.cursor)?) }));
            }
            if count == 0 {
                let rows = self.cursor.unsigned()?;
                require(rows > 0, C_CANONICAL, "a run of no rows")?;
                return Ok(Some(Run { rows, item: None }));
            }
            // Every value takes a byte at least, so the column's end is the bound.
            self.literal = count.unsigned_abs();
        }
        self.literal -= 1;
        Ok(Some(Run { rows: 1, item: Some((self.read)(&mut self.cursor)?) }))
    }
}

/// Walks a column that holds no null and exactly `rows` rows.
pub(super) fn each_run<'a, T: Copy>(
    column: Cursor<'a>,
    read: Read<'a, T>,
    rows: u64,
    mut see: impl FnMut(u64, T) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let mut runs = Runs::new(column, read);
    let mut seen = 0_u64;
    while let Some(run) = runs.next_run()? {
        let Some(item) = run.item else { return refuse(C_ROWS, "a null where none is expected") };
        seen = seen.saturating_add(run.rows);
        require(seen <= rows, C_ROWS, "a column has more rows than the change has operations")?;
        see(run.rows, item)?;
    }
    require(seen == rows, C_ROWS, "a column has fewer rows than the change has operations")
}

/// A column read in step with others: how many equal rows are left, and what they hold.
pub(super) struct Steps<'a, T> {
    runs: Runs<'a, T>,
    now: Run<T>,
}

impl<'a, T: Copy> Steps<'a, T> {
    /// A column of `rows` rows; one without bytes holds nothing but nulls.
    pub(super) fn new(column: Cursor<'a>, read: Read<'a, T>, rows: u64) -> Self {
        let nulls = if column.rest().is_empty() { rows } else { 0 };
        Self { runs: Runs::new(column, read), now: Run { rows: nulls, item: None } }
    }

    /// The equal rows at hand.
    pub(super) fn peek(&mut self) -> Result<Run<T>, Refusal> {
        if self.now.rows == 0 {
            let next = self.runs.next_run()?;
            self.now = next.ok_or(Refusal::new(C_ROWS, "a column has fewer rows than the change has operations"))?;
        }
        Ok(self.now)
    }

    /// Goes past some of them.
    pub(super) fn pass(&mut self, rows: u64) {
        self.now.rows = self.now.rows.saturating_sub(rows);
    }

    /// Refuses unless every row has been passed.
    pub(super) fn finish(mut self) -> Result<(), Refusal> {
        let ended = self.now.rows == 0 && self.runs.next_run()?.is_none();
        require(ended, C_ROWS, "a column has more rows than the change has operations")
    }
}
