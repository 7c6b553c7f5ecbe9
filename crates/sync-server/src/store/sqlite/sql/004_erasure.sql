-- Version 4. What was erased, what may not be, what was decided about keeping (R96), and what a device that was
-- told to erase itself has said (R92). Reasons are sealed under the master key.

-- Append-only: what stands here is erased again from whatever is restored, before it serves.
CREATE TABLE erasure (
    number      INTEGER NOT NULL PRIMARY KEY,
    document    BLOB NOT NULL UNIQUE,
    record      BLOB NOT NULL,
    kind        TEXT NOT NULL,
    case_id     BLOB,
    compartment TEXT NOT NULL,
    approved_by TEXT NOT NULL,
    at          INTEGER NOT NULL,
    reason      BLOB NOT NULL
) STRICT;

CREATE TRIGGER erasure_is_not_changed BEFORE UPDATE ON erasure BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER erasure_is_not_taken_back BEFORE DELETE ON erasure BEGIN SELECT RAISE(ABORT, 'append-only'); END;

-- A legal hold on a record or a whole case stands until it is released.
CREATE TABLE legal_hold (
    number         INTEGER NOT NULL PRIMARY KEY,
    subject        BLOB NOT NULL,
    placed_by      TEXT NOT NULL,
    placed_at      INTEGER NOT NULL,
    reason         BLOB NOT NULL,
    released_by    TEXT,
    released_at    INTEGER,
    release_reason BLOB
) STRICT;

CREATE INDEX legal_hold_standing ON legal_hold (subject) WHERE released_at IS NULL;

-- Every decision about keeping a case; the newest of a case counts.
CREATE TABLE retention (
    number      INTEGER NOT NULL PRIMARY KEY,
    case_id     BLOB NOT NULL,
    review_group INTEGER NOT NULL,
    next_review INTEGER NOT NULL,
    decision    TEXT NOT NULL,
    decided_by  TEXT NOT NULL,
    decided_at  INTEGER NOT NULL,
    reason      BLOB NOT NULL
) STRICT;

CREATE INDEX retention_of_case ON retention (case_id, number);
CREATE TRIGGER retention_is_not_changed BEFORE UPDATE ON retention BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER retention_is_not_taken_back BEFORE DELETE ON retention BEGIN SELECT RAISE(ABORT, 'append-only'); END;

-- Holds that were kept as single values before.
INSERT INTO legal_hold (number, subject, placed_by, placed_at, reason)
SELECT row_number() OVER (ORDER BY name), unhex(replace(substr(name, 6), '-', '')), CAST(value AS TEXT), 0, x''
FROM meta WHERE name LIKE 'hold/%' AND length(value) > 0;
DELETE FROM meta WHERE name LIKE 'hold/%';
-- Documents that were erased before there was a list of them.
INSERT INTO erasure (number, document, record, kind, case_id, compartment, approved_by, at, reason)
SELECT row_number() OVER (ORDER BY id), id, id, kind, case_id, compartment, 'operator', 0, x''
FROM document WHERE length(wrapped_key) = 0;

ALTER TABLE device ADD COLUMN erase_ordered_at INTEGER;
ALTER TABLE device ADD COLUMN erased_at INTEGER;
-- The device's own signed word that it did, as it came.
ALTER TABLE device ADD COLUMN erased_report BLOB;
