-- What an archive of Markdown files has of an entry, and nobody else needs.

-- The part of a second that `published` has no room for, milliseconds.
ALTER TABLE entry ADD COLUMN millis INTEGER NOT NULL DEFAULT 0;
-- The text of the file that it came from, where we would write it otherwise.
ALTER TABLE entry ADD COLUMN original TEXT;
