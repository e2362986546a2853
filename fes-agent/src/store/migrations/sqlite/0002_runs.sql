-- An approval may be for a source and a target, and keeps what each step's preview said.
ALTER TABLE approvals ADD COLUMN target TEXT;
ALTER TABLE approvals ADD COLUMN previews TEXT NOT NULL DEFAULT '[]';

-- What was approved and started, and how it ended. The id is that of its approval.
CREATE TABLE runs (
    id          TEXT PRIMARY KEY NOT NULL,
    session     TEXT NOT NULL,
    principal   TEXT NOT NULL,
    deployment  TEXT NOT NULL,
    target      TEXT,
    plan        TEXT NOT NULL,
    changes     TEXT NOT NULL,
    previews    TEXT NOT NULL,
    held_secret INTEGER NOT NULL,
    state       TEXT NOT NULL,
    created     INTEGER NOT NULL,
    ended       INTEGER,
    report      TEXT,
    -- The process that runs it, and until when it may: renewed as long as it lives.
    owner       TEXT,
    lease       INTEGER
) STRICT;

CREATE INDEX runs_state ON runs (state, lease);
CREATE INDEX runs_created ON runs (created);

-- The journal of writes, in the order in which they were first kept.
CREATE TABLE entries (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    run     TEXT NOT NULL,
    key     TEXT NOT NULL,
    outcome TEXT NOT NULL,
    entry   TEXT NOT NULL,
    kept    INTEGER NOT NULL,
    UNIQUE (run, key)
) STRICT;

CREATE INDEX entries_kept ON entries (kept);

-- What an asset was before a run replaced it: whole documents, read only to undo.
CREATE TABLE images (
    run   TEXT NOT NULL,
    key   TEXT NOT NULL,
    image TEXT NOT NULL,
    kept  INTEGER NOT NULL,
    PRIMARY KEY (run, key)
) STRICT;

-- The last lines of a run's progress.
CREATE TABLE log (
    run  TEXT NOT NULL,
    seq  INTEGER NOT NULL,
    at   INTEGER NOT NULL,
    line TEXT NOT NULL,
    PRIMARY KEY (run, seq)
) STRICT;
