-- Everything a device holds. Ids and hashes are byte strings; times are milliseconds since 1970.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- One row per document: what checking and building its next change needs.
CREATE TABLE document (
    id          BLOB PRIMARY KEY,
    record      BLOB NOT NULL,          -- the record it belongs to; a draft's is another id
    template    TEXT NOT NULL,
    kind        TEXT NOT NULL,
    compartment TEXT NOT NULL,
    state       BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Changes as received, for ever. "place" is their causal order on this device.
CREATE TABLE change (
    place    INTEGER PRIMARY KEY,
    document BLOB NOT NULL,
    hash     BLOB NOT NULL,
    actor    BLOB NOT NULL,
    seq      INTEGER NOT NULL,
    max_op   INTEGER NOT NULL,
    clock    BLOB NOT NULL,
    bytes    BLOB NOT NULL,
    own      INTEGER NOT NULL,
    saved_at INTEGER NOT NULL,
    inbox    INTEGER,                   -- the inbox row it came by (or came back by)
    received INTEGER,                   -- when the server signed for it
    UNIQUE (document, hash)
) STRICT;
CREATE INDEX change_inbox ON change (inbox) WHERE inbox IS NOT NULL;

-- Operations that a later change may name as predecessors.
CREATE TABLE operation (
    document BLOB NOT NULL,
    key      TEXT NOT NULL,
    counter  INTEGER NOT NULL,
    actor    BLOB NOT NULL,
    seq      INTEGER NOT NULL,
    PRIMARY KEY (document, key, counter, actor)
) STRICT, WITHOUT ROWID;

CREATE TABLE statement (
    id       BLOB NOT NULL,
    document BLOB NOT NULL,
    change   BLOB NOT NULL,
    position INTEGER NOT NULL,          -- within its change
    name     TEXT NOT NULL,             -- the part's or step's
    author   TEXT NOT NULL,
    at       INTEGER NOT NULL,          -- by its device's clock
    PRIMARY KEY (document, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX statement_change ON statement (change);

-- Drafts as the author sees them: autosaved here, sealed from here.
CREATE TABLE draft (
    record     BLOB PRIMARY KEY,
    kind       TEXT NOT NULL,
    body       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    unflushed  INTEGER NOT NULL         -- bytes that differ from the draft document
) STRICT, WITHOUT ROWID;

-- One line per record, as a list shows it.
CREATE TABLE record (
    number      INTEGER PRIMARY KEY,    -- also the row in search
    id          BLOB NOT NULL UNIQUE,
    source      TEXT NOT NULL,          -- draft, record, headline or withdrawn
    kind        TEXT NOT NULL,
    case_id     BLOB,
    school      TEXT,
    urgency     TEXT NOT NULL,
    status      TEXT NOT NULL,
    title       TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    sealed      INTEGER NOT NULL,
    open        INTEGER NOT NULL,
    conflicts   INTEGER NOT NULL,
    body        TEXT NOT NULL           -- effective values, for rules that look across records
) STRICT;
CREATE INDEX record_time ON record (recorded_at, number);
CREATE INDEX record_case ON record (case_id) WHERE case_id IS NOT NULL;

CREATE VIRTUAL TABLE search USING fts5(words, tokenize = 'unicode61 remove_diacritics 2');
-- What is deleted leaves the index at once, not at the next merge.
INSERT INTO search (search, rank) VALUES ('secure-delete', 1);

-- Own changes without a receipt.
CREATE TABLE outbox (
    saved    INTEGER PRIMARY KEY,
    document BLOB NOT NULL,
    change   BLOB NOT NULL,
    bytes    INTEGER NOT NULL,
    urgency  INTEGER NOT NULL,          -- 0 info, 1 standard, 2 urgent, 3 immediate
    at       INTEGER NOT NULL,
    lane     INTEGER,                   -- the newest frame that carries it
    frame    INTEGER,
    needs    INTEGER NOT NULL DEFAULT 0, -- how often the server lacked what it stands on
    code     INTEGER,                   -- why it waits no longer: the server refused it
    UNIQUE (document, change)
) STRICT;

CREATE TABLE frame (
    lane      INTEGER NOT NULL,         -- 0 urgent, 1 rest
    number    INTEGER NOT NULL,
    previous  BLOB NOT NULL,
    hash      BLOB NOT NULL,
    signature BLOB NOT NULL,
    at        INTEGER NOT NULL,
    receipt   BLOB,                     -- the message as it came: leaf's outcomes, path and signed head
    epoch     BLOB,
    received  INTEGER,
    PRIMARY KEY (lane, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX frame_waiting ON frame (lane, number) WHERE receipt IS NULL;

CREATE TABLE frame_item (
    lane     INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    item     INTEGER NOT NULL,
    position INTEGER NOT NULL,
    document BLOB NOT NULL,
    change   BLOB NOT NULL,
    sha256   BLOB NOT NULL,             -- of the change: so that the chain is checked after an erasure
    PRIMARY KEY (lane, number, item, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX frame_item_change ON frame_item (document, change);

-- Own changes the server refused, and what stood on them: kept, not merged.
CREATE TABLE refused (
    document BLOB NOT NULL,
    change   BLOB NOT NULL,
    code     INTEGER,                   -- none: what it said was said again since
    at       INTEGER NOT NULL,
    bytes    BLOB NOT NULL,
    PRIMARY KEY (document, change)
) STRICT, WITHOUT ROWID;

-- What came from the server and does not hold: kept, not applied.
CREATE TABLE distrusted (
    inbox    INTEGER PRIMARY KEY,
    document BLOB,
    code     INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    bytes    BLOB NOT NULL
) STRICT;

CREATE TABLE delivery (
    document  BLOB NOT NULL,
    statement BLOB NOT NULL,
    recipient TEXT NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (document, statement, recipient)
) STRICT, WITHOUT ROWID;

-- The server's signed statements about people, devices and schools.
CREATE TABLE directory (
    hash    BLOB PRIMARY KEY,
    step    TEXT NOT NULL,
    subject TEXT NOT NULL,              -- device id, user id or school id
    user    TEXT,
    actor   BLOB,
    spki    BLOB,
    at      INTEGER NOT NULL,
    bytes   BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX directory_subject ON directory (step, subject, at);

CREATE TABLE policy (
    version INTEGER PRIMARY KEY,
    body    BLOB NOT NULL
) STRICT;

-- Statements opened since this author's last one.
CREATE TABLE opened (
    statement   BLOB PRIMARY KEY,
    compartment TEXT NOT NULL,
    number      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who opened what, when and why (R91): each row holds the hash of the one before.
CREATE TABLE access_log (
    number   INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    mono_ms  INTEGER NOT NULL,
    boot     TEXT NOT NULL,
    user     TEXT NOT NULL,
    device   BLOB NOT NULL,
    document BLOB NOT NULL,
    purpose  TEXT,
    previous BLOB NOT NULL,
    hash     BLOB NOT NULL
) STRICT;
