-- What the rules look at and what they told.

-- A record as a rule sees it: its values and its steps. Written with its line; a store of the version
-- before is read off again when its case is next weighed.
CREATE TABLE weighed (
    id      BLOB PRIMARY KEY,
    case_id BLOB,
    body    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX weighed_case ON weighed (case_id) WHERE case_id IS NOT NULL;

-- What the server told this user: prompts, and possible matches.
CREATE TABLE prompt (
    id    BLOB PRIMARY KEY,
    due   INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    body  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE possible_match (
    id   BLOB PRIMARY KEY,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
