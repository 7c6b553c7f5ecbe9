-- Version 1. Ids and hashes are blobs, times milliseconds since 1970, lists CBOR.
-- Sealed columns (state, projection, bytes) are opaque here.

CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE school (
    id        TEXT NOT NULL PRIMARY KEY,
    name      TEXT NOT NULL,
    agreement TEXT NOT NULL,
    until_day TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE person (
    id         TEXT NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL,
    role       TEXT NOT NULL,
    schools    TEXT NOT NULL,
    team       TEXT,
    area       TEXT,
    supervisor TEXT,
    active     INTEGER NOT NULL,
    delivered  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE device (
    id           BLOB NOT NULL PRIMARY KEY,
    person       TEXT NOT NULL REFERENCES person (id),
    spki         BLOB NOT NULL,
    incarnation  BLOB NOT NULL,
    enrolled_at  INTEGER NOT NULL,
    last_sync_at INTEGER,
    seen_to      INTEGER NOT NULL,
    revoked_at   INTEGER,
    erase        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE actor (
    id          BLOB NOT NULL PRIMARY KEY,
    device      BLOB NOT NULL REFERENCES device (id),
    incarnation BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE enrolment_code (
    id          BLOB NOT NULL PRIMARY KEY,
    person      TEXT NOT NULL REFERENCES person (id),
    secret_hash BLOB NOT NULL,
    expires_at  INTEGER NOT NULL,
    tries       INTEGER NOT NULL,
    used_at     INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE document (
    id          BLOB NOT NULL PRIMARY KEY,
    template    TEXT NOT NULL,
    kind        TEXT NOT NULL,
    case_id     BLOB,
    compartment TEXT NOT NULL,
    owner       TEXT NOT NULL,
    status      TEXT NOT NULL,
    urgency     TEXT NOT NULL,
    due         INTEGER,
    open        INTEGER NOT NULL,
    gaps        INTEGER NOT NULL,
    wrapped_key BLOB NOT NULL,
    state       BLOB NOT NULL,
    projection  BLOB NOT NULL,
    changes     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX document_of_case ON document (case_id) WHERE case_id IS NOT NULL;

-- Open documents by each of their owners: kept by whatever writes a document.
CREATE TABLE open_item (
    person   TEXT NOT NULL,
    kind     TEXT NOT NULL,
    document BLOB NOT NULL REFERENCES document (id),
    PRIMARY KEY (person, kind, document)
) STRICT, WITHOUT ROWID;

CREATE INDEX open_item_document ON open_item (document);

CREATE TABLE change (
    document    BLOB NOT NULL REFERENCES document (id),
    hash        BLOB NOT NULL,
    place       INTEGER NOT NULL,
    actor       BLOB NOT NULL,
    seq         INTEGER NOT NULL,
    max_op      INTEGER NOT NULL,
    clock       BLOB NOT NULL,
    bytes       BLOB NOT NULL,
    at          INTEGER NOT NULL,
    device      BLOB,
    incarnation BLOB,
    lane        INTEGER,
    frame       INTEGER,
    item        INTEGER,
    PRIMARY KEY (document, hash)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX change_place ON change (document, place);

CREATE TABLE operation (
    document BLOB NOT NULL REFERENCES document (id),
    register BLOB NOT NULL,
    counter  INTEGER NOT NULL,
    actor    BLOB NOT NULL,
    seq      INTEGER NOT NULL,
    PRIMARY KEY (document, register, counter, actor)
) STRICT, WITHOUT ROWID;

CREATE TABLE statement (
    document BLOB NOT NULL REFERENCES document (id),
    change   BLOB NOT NULL,
    id       BLOB NOT NULL,
    kid      BLOB NOT NULL,
    author   TEXT NOT NULL,
    PRIMARY KEY (document, change, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE holder (
    document BLOB NOT NULL REFERENCES document (id),
    person   TEXT NOT NULL REFERENCES person (id),
    content  INTEGER NOT NULL,
    line     BLOB NOT NULL,
    PRIMARY KEY (document, person)
) STRICT, WITHOUT ROWID;

-- The counter of each inbox: a row's number comes from here, in the transaction that causes it.
CREATE TABLE inbox_head (
    person TEXT NOT NULL PRIMARY KEY REFERENCES person (id),
    number INTEGER NOT NULL,
    digest BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE inbox (
    person   TEXT NOT NULL REFERENCES person (id),
    number   INTEGER NOT NULL,
    kind     INTEGER NOT NULL,
    document BLOB,
    change   BLOB,
    body     BLOB NOT NULL,
    digest   BLOB NOT NULL,
    PRIMARY KEY (person, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE withdrawal (
    person    TEXT NOT NULL REFERENCES person (id),
    number    INTEGER NOT NULL,
    document  BLOB NOT NULL,
    first_row INTEGER NOT NULL,
    cursors   BLOB NOT NULL,
    PRIMARY KEY (person, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE frame (
    device      BLOB NOT NULL REFERENCES device (id),
    incarnation BLOB NOT NULL,
    lane        INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    hash        BLOB NOT NULL,
    previous    BLOB NOT NULL,
    signature   BLOB NOT NULL,
    items       BLOB NOT NULL,
    leaf        INTEGER NOT NULL,
    size        INTEGER NOT NULL,
    inbox_head  INTEGER NOT NULL,
    PRIMARY KEY (device, incarnation, lane, number)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX frame_leaf ON frame (leaf);

CREATE TABLE log_leaf (
    place INTEGER NOT NULL PRIMARY KEY,
    leaf  BLOB NOT NULL
) STRICT;

CREATE TABLE log_node (
    level INTEGER NOT NULL,
    place INTEGER NOT NULL,
    node  BLOB NOT NULL,
    PRIMARY KEY (level, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE log_head (
    size     INTEGER NOT NULL PRIMARY KEY,
    envelope BLOB NOT NULL
) STRICT;

CREATE TABLE audit (
    number INTEGER NOT NULL PRIMARY KEY,
    at     INTEGER NOT NULL,
    body   BLOB NOT NULL,
    hash   BLOB NOT NULL
) STRICT;

CREATE TABLE quarantine (
    device   BLOB NOT NULL,
    document BLOB NOT NULL,
    hash     BLOB NOT NULL,
    code     INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    length   INTEGER NOT NULL,
    bytes    BLOB NOT NULL,
    PRIMARY KEY (device, document, hash)
) STRICT, WITHOUT ROWID;

CREATE INDEX quarantine_document ON quarantine (document, hash);

CREATE TABLE directory (
    number    INTEGER NOT NULL PRIMARY KEY,
    subject   BLOB NOT NULL,
    statement BLOB NOT NULL
) STRICT;

CREATE INDEX directory_subject ON directory (subject);

CREATE TABLE directory_sent (
    person TEXT NOT NULL REFERENCES person (id),
    number INTEGER NOT NULL REFERENCES directory (number),
    PRIMARY KEY (person, number)
) STRICT, WITHOUT ROWID;
