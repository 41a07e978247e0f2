-- Levels that a cycle found to be others than before, so that a week can be told.
CREATE TABLE moves (
    cycle INTEGER NOT NULL,
    item TEXT NOT NULL,
    aspect TEXT NOT NULL,
    was TEXT,
    now TEXT NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (cycle, item, aspect)
) STRICT, WITHOUT ROWID;
CREATE INDEX moves_of_item ON moves (item, cycle);
