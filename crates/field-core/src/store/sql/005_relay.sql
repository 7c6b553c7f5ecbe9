-- What another device gave to this one for the server: sealed, and nobody's here. Numbers are not used twice, so
-- that a session passes over none.
CREATE TABLE carried (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256   BLOB NOT NULL UNIQUE,
    sealed   BLOB NOT NULL,
    at       INTEGER NOT NULL,
    tries    INTEGER NOT NULL DEFAULT 0,
    again_at INTEGER
) STRICT;
