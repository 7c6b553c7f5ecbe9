-- Attached files. The ciphertext lies in media/ beside the database, under its hash.

-- One file, whoever attached it.
CREATE TABLE media (
    number INTEGER PRIMARY KEY,
    sha256 BLOB NOT NULL UNIQUE,        -- of the whole ciphertext
    size   INTEGER NOT NULL,            -- bytes of the ciphertext
    own    INTEGER NOT NULL,            -- encrypted here
    here   INTEGER NOT NULL,            -- the ciphertext is here
    told   INTEGER NOT NULL DEFAULT 0,  -- own: the server holds the statement that names it
    sent   INTEGER NOT NULL DEFAULT 0,  -- own: the server holds the file
    locked INTEGER NOT NULL DEFAULT 0,  -- flagged (R110)
    code   INTEGER                      -- own: why the server did not take it
) STRICT;

-- A record names a file, with the key that opens it.
CREATE TABLE attached (
    record    BLOB NOT NULL,
    sha256    BLOB NOT NULL,
    bytes     INTEGER NOT NULL,         -- of the file as it was given
    type      TEXT NOT NULL,
    key       BLOB NOT NULL,
    author    TEXT NOT NULL,
    at        INTEGER NOT NULL,
    statement BLOB,                     -- none: of a draft, and said when it is sealed
    PRIMARY KEY (record, sha256)
) STRICT, WITHOUT ROWID;
CREATE INDEX attached_file ON attached (sha256);
