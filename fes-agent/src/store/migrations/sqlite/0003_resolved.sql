-- What the expressions of a plan came out as when it was previewed.
ALTER TABLE approvals ADD COLUMN resolved TEXT NOT NULL DEFAULT '{}';
ALTER TABLE runs ADD COLUMN resolved TEXT NOT NULL DEFAULT '{}';
