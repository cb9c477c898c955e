-- What faults have taught.

-- Whether nobody answered at its last poll: the machine, or the way to it, was not there.
ALTER TABLE feed ADD COLUMN is_unreachable INTEGER NOT NULL DEFAULT 0;
