-- Version 2. What the rules keep: every timer is a row, found by the time it falls due.

-- One rung of something that is owed, for one user. A rung to come has neither told nor ended.
CREATE TABLE prompt (
    id      BLOB NOT NULL PRIMARY KEY,
    case_id BLOB NOT NULL,
    record  BLOB NOT NULL,
    person  TEXT NOT NULL,
    rule    TEXT NOT NULL,
    rung    INTEGER NOT NULL,
    due     INTEGER NOT NULL,
    told    INTEGER,
    ended   INTEGER,
    line    BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX prompt_due ON prompt (due) WHERE told IS NULL AND ended IS NULL;
CREATE INDEX prompt_of_case ON prompt (case_id);
CREATE INDEX prompt_of_person ON prompt (person) WHERE ended IS NULL;

CREATE INDEX document_open_kind ON document (kind) WHERE open;

-- Identifiers a record carries, each as a keyed hash of its normal form.
CREATE TABLE match_key (
    hash     BLOB NOT NULL,
    document BLOB NOT NULL REFERENCES document (id),
    kind     INTEGER NOT NULL,
    PRIMARY KEY (hash, document)
) STRICT, WITHOUT ROWID;

CREATE INDEX match_key_document ON match_key (document);
