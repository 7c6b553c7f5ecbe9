-- What the server's data protection officer had erased: that it was, and nothing of it.
CREATE TABLE erased (
    document BLOB PRIMARY KEY,
    record   BLOB NOT NULL
) STRICT, WITHOUT ROWID;
