-- Version 3. Attached files: what statements name, and how far each has come. The ciphertext itself lies
-- in the object store.

CREATE TABLE media (
    sha256    BLOB NOT NULL PRIMARY KEY,
    size      INTEGER NOT NULL,
    complete  INTEGER NOT NULL,
    locked    INTEGER NOT NULL,
    destroyed INTEGER,
    device    BLOB,
    person    TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX media_unfinished ON media (device) WHERE complete = 0 AND device IS NOT NULL;
CREATE INDEX media_of_person ON media (person) WHERE person IS NOT NULL;

-- Who says in which document that a file belongs to it.
CREATE TABLE media_name (
    sha256    BLOB NOT NULL REFERENCES media (sha256),
    document  BLOB NOT NULL REFERENCES document (id),
    statement BLOB NOT NULL,
    author    TEXT NOT NULL,
    PRIMARY KEY (sha256, document, statement)
) STRICT, WITHOUT ROWID;

CREATE INDEX media_name_document ON media_name (document);
