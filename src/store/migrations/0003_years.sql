-- For years: what is wrong is told once, what is old goes, what stays is small.

-- What the owner should know: told once when it begins and once when it is over.
CREATE TABLE trouble (
  kind    TEXT NOT NULL,
  -- The feed, edition or mailbox it is about.
  subject TEXT NOT NULL,
  since   INTEGER NOT NULL,
  words   TEXT NOT NULL,
  -- When the owner was told; NULL: not yet.
  told    INTEGER,
  -- When it ended; NULL: it has not.
  over    INTEGER,
  PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;

-- When the last of these was done: one row.
CREATE TABLE upkeep (
  only   INTEGER PRIMARY KEY CHECK (only = 1),
  pruned INTEGER NOT NULL DEFAULT 0,
  -- When it was last tried in vain to tell the owner.
  mute   INTEGER NOT NULL DEFAULT 0
) STRICT;

INSERT INTO upkeep (only) VALUES (1);

-- The ledger outlives everything else, so it names a feed by a number.
CREATE TABLE feed_number (
  number INTEGER PRIMARY KEY,
  feed   TEXT NOT NULL UNIQUE
) STRICT;

INSERT INTO feed_number (feed) SELECT DISTINCT feed FROM seen;

CREATE TABLE seen_2 (
  feed       INTEGER NOT NULL REFERENCES feed_number (number),
  key        BLOB NOT NULL,
  first_seen INTEGER NOT NULL,
  PRIMARY KEY (feed, key)
) STRICT, WITHOUT ROWID;

INSERT INTO seen_2 (feed, key, first_seen)
  SELECT number, key, first_seen FROM seen JOIN feed_number USING (feed);

DROP TABLE seen;
ALTER TABLE seen_2 RENAME TO seen;

-- Which edition carried an entry matters for as long as the entry is there, which another
-- digest may keep for longer than this one keeps its edition.
CREATE TABLE carried_2 (
  digest  TEXT NOT NULL,
  feed    TEXT NOT NULL,
  key     BLOB NOT NULL,
  edition INTEGER NOT NULL,
  -- 'shown', 'merged' (a copy of what is shown or was told before), 'left out' (no room in
  -- the mail), 'passed over' (backlog, filtered, or beyond max_items)
  place   TEXT NOT NULL CHECK (place IN ('shown', 'merged', 'left out', 'passed over')),
  PRIMARY KEY (digest, feed, key)
) STRICT, WITHOUT ROWID;

INSERT INTO carried_2 SELECT digest, feed, key, edition, place FROM carried;
DROP TABLE carried;
ALTER TABLE carried_2 RENAME TO carried;

CREATE INDEX entry_age ON entry (feed, first_seen);
CREATE INDEX edition_age ON edition (published);
CREATE INDEX page_age ON page (fetched);
