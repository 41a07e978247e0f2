CREATE TABLE trackers (
    name        TEXT PRIMARY KEY,
    memory      TEXT,
    server      TEXT,
    last_whole  TEXT,
    last_census TEXT,
    containers  TEXT NOT NULL DEFAULT '[]',
    findings    TEXT NOT NULL DEFAULT '[]',
    failed_at   TEXT,
    failed      TEXT
) STRICT, WITHOUT ROWID;

-- An issue's features are one JSON text; beside it only what is looked up by.
CREATE TABLE issues (
    tracker    TEXT NOT NULL,
    id         TEXT NOT NULL,
    key        TEXT NOT NULL,
    key_folded TEXT NOT NULL,
    updated    TEXT NOT NULL,
    turn       INTEGER NOT NULL,
    item       TEXT,
    features   TEXT NOT NULL,
    PRIMARY KEY (tracker, id)
) STRICT;
CREATE INDEX issues_by_key ON issues (tracker, key_folded);

CREATE TABLE aliases (
    tracker    TEXT NOT NULL,
    key_folded TEXT NOT NULL,
    key        TEXT NOT NULL,
    id         TEXT NOT NULL,
    PRIMARY KEY (tracker, key_folded),
    FOREIGN KEY (tracker, id) REFERENCES issues (tracker, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX aliases_by_issue ON aliases (tracker, id);

-- The ledger outlives the issues: a deleted issue's rows go only by settling.
CREATE TABLE ledger (
    tracker TEXT NOT NULL,
    id      TEXT NOT NULL,
    aspect  TEXT NOT NULL,
    sink    TEXT NOT NULL,
    open    INTEGER NOT NULL,
    row     TEXT NOT NULL,
    PRIMARY KEY (tracker, id, aspect, sink)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_open ON ledger (open) WHERE open = 1;

CREATE TABLE contacted (
    tracker   TEXT NOT NULL,
    container TEXT NOT NULL,
    aspect    TEXT NOT NULL,
    sink      TEXT NOT NULL,
    PRIMARY KEY (tracker, container, aspect, sink)
) STRICT, WITHOUT ROWID;

CREATE TABLE cycles (
    n       INTEGER PRIMARY KEY,
    begun   TEXT NOT NULL,
    cause   TEXT NOT NULL,
    ended   TEXT,
    summary TEXT
) STRICT;

CREATE TABLE journal (
    seq     INTEGER PRIMARY KEY,
    cycle   INTEGER NOT NULL REFERENCES cycles (n),
    tracker TEXT NOT NULL,
    id      TEXT NOT NULL,
    change  TEXT NOT NULL,
    outcome TEXT,
    at      TEXT NOT NULL
) STRICT;
CREATE INDEX journal_by_cycle ON journal (cycle, tracker, id);

CREATE TABLE requests (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    request  TEXT NOT NULL,
    asked    TEXT NOT NULL,
    answered TEXT,
    note     TEXT
) STRICT;
CREATE INDEX requests_open ON requests (id) WHERE answered IS NULL;

CREATE TABLE hand_links (
    a      TEXT NOT NULL,
    b      TEXT NOT NULL,
    joined INTEGER NOT NULL,
    PRIMARY KEY (a, b)
) STRICT, WITHOUT ROWID;

CREATE TABLE waiting (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    plan TEXT NOT NULL
) STRICT;

CREATE TABLE scores (
    item      TEXT PRIMARY KEY,
    formula   TEXT NOT NULL,
    day       TEXT NOT NULL,
    due_again TEXT,
    score     TEXT NOT NULL
) STRICT;
CREATE INDEX scores_due ON scores (due_again) WHERE due_again IS NOT NULL;

CREATE TABLE notes (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
