-- Issues that no cycle has thought about yet: few, and looked for in every cycle.
CREATE INDEX issues_new ON issues (tracker) WHERE item IS NULL;
