-- Issues whose writes the tracker keeps refusing.
CREATE TABLE refusals (
    tracker TEXT NOT NULL,
    id      TEXT NOT NULL,
    row     TEXT NOT NULL,
    PRIMARY KEY (tracker, id)
) STRICT, WITHOUT ROWID;
