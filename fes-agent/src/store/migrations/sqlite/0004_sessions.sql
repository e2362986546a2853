-- Sessions that this program has issued, with what was said in them.
CREATE TABLE sessions (
    id           TEXT PRIMARY KEY NOT NULL,
    principal    TEXT NOT NULL,
    deployment   TEXT NOT NULL,
    target       TEXT,
    created      INTEGER NOT NULL,
    used         INTEGER NOT NULL,
    conversation TEXT NOT NULL,
    -- Who works for it now, on what, and until when that is believed without a sign of life.
    flight       TEXT,
    flight_kind  TEXT,
    flight_until INTEGER,
    -- The flight that somebody wants to end.
    cancel       TEXT
) STRICT;

CREATE INDEX sessions_used ON sessions (used);
