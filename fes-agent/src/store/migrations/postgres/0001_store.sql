-- The tables of an SQLite store after its migration 0004: see there what they are for.
CREATE TABLE approvals (
    id              TEXT PRIMARY KEY,
    session         TEXT NOT NULL,
    principal       TEXT NOT NULL,
    deployment      TEXT NOT NULL,
    target          TEXT,
    plan            TEXT NOT NULL,
    plan_digest     TEXT NOT NULL,
    changes         TEXT NOT NULL,
    previews        TEXT NOT NULL,
    resolved        TEXT NOT NULL,
    preview_digest  TEXT NOT NULL,
    needs_same_call BOOLEAN NOT NULL,
    created         BIGINT NOT NULL,
    expires         BIGINT NOT NULL,
    state           TEXT NOT NULL,
    decided_by      TEXT,
    decided_at      BIGINT,
    used_at         BIGINT
);

CREATE INDEX approvals_same ON approvals (session, principal, deployment, plan_digest, state);
CREATE INDEX approvals_state ON approvals (state, expires);

CREATE TABLE runs (
    id          TEXT PRIMARY KEY,
    session     TEXT NOT NULL,
    principal   TEXT NOT NULL,
    deployment  TEXT NOT NULL,
    target      TEXT,
    plan        TEXT NOT NULL,
    changes     TEXT NOT NULL,
    previews    TEXT NOT NULL,
    resolved    TEXT NOT NULL,
    held_secret BOOLEAN NOT NULL,
    state       TEXT NOT NULL,
    created     BIGINT NOT NULL,
    ended       BIGINT,
    report      TEXT,
    owner       TEXT,
    lease       BIGINT
);

CREATE INDEX runs_state ON runs (state, lease);
CREATE INDEX runs_created ON runs (created);

CREATE TABLE entries (
    seq     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run     TEXT NOT NULL,
    key     TEXT NOT NULL,
    outcome TEXT NOT NULL,
    entry   TEXT NOT NULL,
    kept    BIGINT NOT NULL,
    UNIQUE (run, key)
);

CREATE INDEX entries_kept ON entries (kept);

CREATE TABLE images (
    run   TEXT NOT NULL,
    key   TEXT NOT NULL,
    image TEXT NOT NULL,
    kept  BIGINT NOT NULL,
    PRIMARY KEY (run, key)
);

CREATE TABLE log (
    run  TEXT NOT NULL,
    seq  BIGINT NOT NULL,
    at   BIGINT NOT NULL,
    line TEXT NOT NULL,
    PRIMARY KEY (run, seq)
);

CREATE TABLE sessions (
    id           TEXT PRIMARY KEY,
    principal    TEXT NOT NULL,
    deployment   TEXT NOT NULL,
    target       TEXT,
    created      BIGINT NOT NULL,
    used         BIGINT NOT NULL,
    conversation TEXT NOT NULL,
    flight       TEXT,
    flight_kind  TEXT,
    flight_until BIGINT,
    cancel       TEXT
);

CREATE INDEX sessions_used ON sessions (used);
