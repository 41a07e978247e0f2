-- The page shows what was written to one item: the journal's entries of its issues, newest first.
CREATE INDEX journal_by_issue ON journal (tracker, id, seq);
