-- Entries are known by more than one mark.

-- What an entry bears besides its key, hashed: its guid together with its link, its title, ….
CREATE TABLE mark (
  feed INTEGER NOT NULL REFERENCES feed_number (number),
  mark INTEGER NOT NULL,
  PRIMARY KEY (feed, mark)
) WITHOUT ROWID;

-- Whether the entries of the feed have left marks beside their keys: not those that an older
-- program met.
ALTER TABLE feed_number ADD COLUMN is_marked INTEGER NOT NULL DEFAULT 0;

-- So that the next document is read while it still is the one that was read last.
UPDATE feed SET etag = NULL, last_modified = NULL, body_hash = NULL;
