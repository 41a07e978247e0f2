ALTER TABLE waiting RENAME TO waited;

-- Plans that waited for a person, the last ones: a yes may come after the next one was made.
CREATE TABLE waiting (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    fingerprint TEXT NOT NULL UNIQUE,
    waits       INTEGER NOT NULL,
    plan        TEXT NOT NULL
) STRICT;

INSERT INTO waiting (fingerprint, waits, plan) SELECT plan ->> '$.reviewed.fingerprint', 1, plan FROM waited;
DROP TABLE waited;

ALTER TABLE trackers ADD COLUMN allowed TEXT NOT NULL DEFAULT '[]';
