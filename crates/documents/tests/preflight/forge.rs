//! Takes a change chunk apart and writes any other, with a checksum that is right.

use documents::Template;
use signed::digest::sha256;

pub(crate) const OBJECT_ACTOR: u64 = 1;
pub(crate) const OBJECT_COUNTER: u64 = 2;
pub(crate) const KEY_ACTOR: u64 = 17;
pub(crate) const KEY_COUNTER: u64 = 19;
pub(crate) const KEY_TEXT: u64 = 21;
pub(crate) const INSERT: u64 = 52;
pub(crate) const ACTION: u64 = 66;
pub(crate) const VALUE_KIND: u64 = 86;
pub(crate) const VALUE: u64 = 87;
pub(crate) const PREDECESSOR_COUNT: u64 = 112;
pub(crate) const PREDECESSOR_ACTOR: u64 = 113;
pub(crate) const PREDECESSOR_COUNTER: u64 = 115;

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const TYPE_CHANGE: u8 = 1;

/// An unsigned LEB128 number.
pub(crate) fn unsigned(value: u64) -> Vec<u8> {
    let (mut value, mut out) = (value, Vec::new());
    loop {
        let low = u8::try_from(value & 0x7f).expect("seven bits");
        value >>= 7;
        if value == 0 {
            out.push(low);
            return out;
        }
        out.push(low | 0x80);
    }
}

/// A signed LEB128 number.
pub(crate) fn signed(value: i64) -> Vec<u8> {
    let (mut value, mut out) = (value, Vec::new());
    loop {
        let low = u8::try_from(value & 0x7f).expect("seven bits");
        value >>= 7;
        if (value == 0 && low & 0x40 == 0) || (value == -1 && low & 0x40 != 0) {
            out.push(low);
            return out;
        }
        out.push(low | 0x80);
    }
}

/// A run of one unsigned number.
pub(crate) fn run(count: i64, value: u64) -> Vec<u8> {
    [signed(count), unsigned(value)].concat()
}

/// A literal run of one unsigned number.
pub(crate) fn one(value: u64) -> Vec<u8> {
    run(-1, value)
}

/// A run of one delta.
pub(crate) fn delta(count: i64, value: i64) -> Vec<u8> {
    [signed(count), signed(value)].concat()
}

/// A run of one text.
pub(crate) fn text(count: i64, value: &str) -> Vec<u8> {
    [signed(count), unsigned(value.len() as u64), value.as_bytes().to_vec()].concat()
}

/// A run of nulls.
pub(crate) fn nulls(count: u64) -> Vec<u8> {
    [signed(0), unsigned(count)].concat()
}

/// A chunk of this type around these bytes.
pub(crate) fn seal(kind: u8, data: &[u8]) -> Vec<u8> {
    let hashed = [&[kind][..], &unsigned(data.len() as u64), data].concat();
    let checksum = sha256(&hashed);
    [&MAGIC[..], checksum.split_at(4).0, &hashed].concat()
}

/// The bytes inside a change chunk.
pub(crate) fn inside(chunk: &[u8]) -> &[u8] {
    let mut reader = Reader(chunk);
    reader.take(9);
    reader.unsigned();
    reader.0
}

/// The parts of a change, each of which may be made wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) deps: Vec<Vec<u8>>,
    pub(crate) actor: Vec<u8>,
    pub(crate) seq: u64,
    pub(crate) start_op: u64,
    pub(crate) time: i64,
    pub(crate) message: Vec<u8>,
    pub(crate) others: Vec<Vec<u8>>,
    pub(crate) columns: Vec<(u64, Vec<u8>)>,
    pub(crate) extra: Vec<u8>,
}

impl Parts {
    /// The first change of a record: one field, `colour`, is set to `blue`.
    pub(crate) fn of_one_put() -> Self {
        Self {
            deps: vec![Template::Record.genesis().hash.0.to_vec()],
            actor: vec![7; 16],
            seq: 1,
            start_op: 5,
            time: 0,
            message: Vec::new(),
            others: vec![vec![0]],
            columns: vec![
                (OBJECT_ACTOR, one(1)),
                (OBJECT_COUNTER, one(4)),
                (KEY_TEXT, text(-1, "colour")),
                (INSERT, unsigned(1)),
                (ACTION, one(1)),
                (VALUE_KIND, one(4 << 4 | 6)),
                (VALUE, b"blue".to_vec()),
                (PREDECESSOR_COUNT, one(0)),
            ],
            extra: Vec::new(),
        }
    }

    /// The same key set to null `count` times: all columns are runs.
    pub(crate) fn of_many(count: i64, key: &str) -> Self {
        let mut parts = Self::of_one_put();
        parts.columns = vec![
            (OBJECT_ACTOR, run(count, 1)),
            (OBJECT_COUNTER, run(count, 4)),
            (KEY_TEXT, text(count, key)),
            (INSERT, unsigned(count.unsigned_abs())),
            (ACTION, run(count, 1)),
            (VALUE_KIND, run(count, 0)),
            (PREDECESSOR_COUNT, run(count, 0)),
        ];
        parts
    }

    /// One operation with `count` predecessors.
    pub(crate) fn of_predecessors(count: i64) -> Self {
        Self::of_one_put()
            .with(PREDECESSOR_COUNT, one(count.unsigned_abs()))
            .with(PREDECESSOR_ACTOR, run(count, 0))
            .with(PREDECESSOR_COUNTER, delta(count, 1))
    }

    /// A draft's words: an `a` after the head and a `b` after the `a`.
    pub(crate) fn of_words() -> Self {
        let mut parts = Self::of_one_put();
        parts.deps = vec![Template::Draft.genesis().hash.0.to_vec()];
        parts.start_op = 6;
        parts.columns = vec![
            (OBJECT_ACTOR, run(2, 1)),
            (OBJECT_COUNTER, run(2, 5)),
            (KEY_ACTOR, [nulls(1), one(0)].concat()),
            (KEY_COUNTER, [signed(-2), signed(0), signed(6)].concat()),
            (INSERT, [unsigned(0), unsigned(2)].concat()),
            (ACTION, run(2, 1)),
            (VALUE_KIND, run(2, 1 << 4 | 6)),
            (VALUE, b"ab".to_vec()),
            (PREDECESSOR_COUNT, run(2, 0)),
        ];
        parts
    }

    /// With another column, in its place.
    pub(crate) fn with(mut self, column: u64, bytes: Vec<u8>) -> Self {
        self.columns.retain(|(number, _)| *number != column);
        let place = self.columns.partition_point(|(number, _)| *number < column);
        self.columns.insert(place, (column, bytes));
        self
    }

    /// Without a column.
    pub(crate) fn without(mut self, column: u64) -> Self {
        self.columns.retain(|(number, _)| *number != column);
        self
    }

    /// The bytes inside the chunk.
    pub(crate) fn data(&self) -> Vec<u8> {
        let mut data = unsigned(self.deps.len() as u64);
        self.deps.iter().for_each(|dep| data.extend(dep));
        data.extend(unsigned(self.actor.len() as u64));
        data.extend(&self.actor);
        data.extend(unsigned(self.seq));
        data.extend(unsigned(self.start_op));
        data.extend(crate::forge::signed(self.time));
        data.extend(unsigned(self.message.len() as u64));
        data.extend(&self.message);
        data.extend(unsigned(self.others.len() as u64));
        for other in &self.others {
            data.extend(unsigned(other.len() as u64));
            data.extend(other);
        }
        data.extend(unsigned(self.columns.len() as u64));
        for (number, bytes) in &self.columns {
            data.extend(unsigned(*number));
            data.extend(unsigned(bytes.len() as u64));
        }
        self.columns.iter().for_each(|(_, bytes)| data.extend(bytes));
        data.extend(&self.extra);
        data
    }

    /// The whole chunk, with the right checksum.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        seal(TYPE_CHANGE, &self.data())
    }

    /// The parts of a well-formed change.
    pub(crate) fn read(chunk: &[u8]) -> Self {
        let mut reader = Reader(inside(chunk));
        let deps = (0..reader.unsigned()).map(|_| reader.take(32)).collect();
        let actor = reader.prefixed();
        let (seq, start_op) = (reader.unsigned(), reader.unsigned());
        assert_eq!(reader.take(1), [0], "an honest change has no time");
        let message = reader.prefixed();
        let others = (0..reader.unsigned()).map(|_| reader.prefixed()).collect();
        let lengths: Vec<_> = (0..reader.unsigned()).map(|_| (reader.unsigned(), reader.unsigned())).collect();
        let columns = lengths.into_iter().map(|(number, length)| (number, reader.take(length))).collect();
        Self { deps, actor, seq, start_op, time: 0, message, others, columns, extra: reader.0.to_vec() }
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take(&mut self, count: u64) -> Vec<u8> {
        let (taken, rest) = self.0.split_at(usize::try_from(count).expect("a small count"));
        self.0 = rest;
        taken.to_vec()
    }

    fn unsigned(&mut self) -> u64 {
        let (mut value, mut shift) = (0, 0);
        loop {
            let (byte, rest) = self.0.split_first().expect("a number ends");
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return value;
            }
            shift += 7;
        }
    }

    fn prefixed(&mut self) -> Vec<u8> {
        let length = self.unsigned();
        self.take(length)
    }
}
