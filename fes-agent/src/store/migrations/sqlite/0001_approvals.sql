CREATE TABLE approvals (
    id              TEXT PRIMARY KEY NOT NULL,
    session         TEXT NOT NULL,
    principal       TEXT NOT NULL,
    deployment      TEXT NOT NULL,
    plan            TEXT NOT NULL,
    plan_digest     TEXT NOT NULL,
    changes         TEXT NOT NULL,
    preview_digest  TEXT NOT NULL,
    needs_same_call INTEGER NOT NULL,
    created         INTEGER NOT NULL,
    expires         INTEGER NOT NULL,
    state           TEXT NOT NULL,
    decided_by      TEXT,
    decided_at      INTEGER,
    used_at         INTEGER
) STRICT;

CREATE INDEX approvals_same ON approvals (session, principal, deployment, plan_digest, state);
CREATE INDEX approvals_state ON approvals (state, expires);
