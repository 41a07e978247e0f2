-- A window of ids is compared with stamps alone: without this every issue's features would be read for it.
CREATE INDEX issues_stamps ON issues (tracker, id, updated);

-- Where a listing of everything that is under way stands, by part, and what it has shown so far.
CREATE TABLE bookmarks (
    tracker TEXT NOT NULL,
    part    TEXT NOT NULL,
    at      TEXT NOT NULL,
    PRIMARY KEY (tracker, part)
) STRICT, WITHOUT ROWID;
CREATE TABLE listed (
    tracker TEXT NOT NULL,
    id      TEXT NOT NULL,
    PRIMARY KEY (tracker, id)
) STRICT, WITHOUT ROWID;
