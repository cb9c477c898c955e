-- What a mail has no room for waits for the next edition, or is read in the web.

-- Entries that were chosen for an edition whose mail had no room for them.
CREATE TABLE waiting (
  digest TEXT NOT NULL,
  feed   TEXT NOT NULL,
  key    BLOB NOT NULL,
  -- When that edition was due, and how many there were of the kind.
  since    INTEGER NOT NULL,
  editions INTEGER NOT NULL,
  PRIMARY KEY (digest, feed, key)
) STRICT, WITHOUT ROWID;

-- Entries that it passed over for good, after they had waited for a week.
ALTER TABLE edition ADD COLUMN left_out INTEGER NOT NULL DEFAULT 0;

-- The pages of an edition that has more than its mail: the first lists all its stories. Of the
-- others, the mail itself is the page.
CREATE TABLE edition_page (
  edition INTEGER NOT NULL REFERENCES edition (id) ON DELETE CASCADE,
  number  INTEGER NOT NULL,
  -- HTML, compressed by Zstandard (RFC 8878).
  html    BLOB NOT NULL,
  PRIMARY KEY (edition, number)
) STRICT, WITHOUT ROWID;
