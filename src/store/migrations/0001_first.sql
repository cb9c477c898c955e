-- Times are seconds since 1970, UTC.

CREATE TABLE feed (
  id            TEXT PRIMARY KEY,
  -- What the document said of itself.
  title         TEXT,
  language      TEXT,
  -- To ask "anything new since?". Written only together with the entries they stand for.
  source        TEXT NOT NULL,
  etag          TEXT,
  last_modified TEXT,
  body_hash     BLOB,
  polled        INTEGER NOT NULL,
  -- Not polled before, unless a person wants it.
  next_poll     INTEGER NOT NULL,
  -- Not polled before, whoever wants it: the server said so.
  hold_until    INTEGER,
  -- Where permanent redirects lead, and how many polls in a row have found that.
  moved_to      TEXT,
  moved_polls   INTEGER NOT NULL DEFAULT 0,
  -- How often the document wants to be asked: minutes, and a bit for each hour to spare.
  ttl           INTEGER,
  skip_hours    INTEGER NOT NULL DEFAULT 0,
  succeeded     INTEGER,
  failing_since INTEGER,
  failures      INTEGER NOT NULL DEFAULT 0,
  error         TEXT
) STRICT;

-- Every entry key ever met. It outlives the entries, so that an old entry that
-- comes back is not new.
CREATE TABLE seen (
  feed       TEXT NOT NULL,
  key        BLOB NOT NULL,
  first_seen INTEGER NOT NULL,
  PRIMARY KEY (feed, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE entry (
  feed       TEXT NOT NULL,
  key        BLOB NOT NULL,
  first_seen INTEGER NOT NULL,
  -- Whether it came with the first poll of its feed that brought anything.
  first_poll INTEGER NOT NULL,
  published  INTEGER,
  title      TEXT,
  link       TEXT,
  -- The rest of the entry as parsed, JSON.
  body       TEXT NOT NULL,
  -- When it last came back changed.
  revised    INTEGER,
  PRIMARY KEY (feed, key)
) STRICT;

-- The articles of web pages, so that no page is fetched twice.
CREATE TABLE page (
  -- Without what differs from feed to feed.
  link    TEXT PRIMARY KEY,
  fetched INTEGER NOT NULL,
  -- NULL when no article was found on it.
  html    TEXT,
  image   TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE digest (
  id      TEXT PRIMARY KEY,
  -- Due times up to here have been seen to.
  settled INTEGER NOT NULL
) STRICT;

-- Since when a digest knows a feed: what was there before is backlog.
CREATE TABLE joined (
  digest TEXT NOT NULL,
  feed   TEXT NOT NULL,
  since  INTEGER NOT NULL,
  PRIMARY KEY (digest, feed)
) STRICT, WITHOUT ROWID;

CREATE TABLE edition (
  id        INTEGER PRIMARY KEY,
  digest    TEXT NOT NULL,
  number    INTEGER NOT NULL,
  -- NULL when a person asked for it.
  due       INTEGER,
  published INTEGER NOT NULL,
  title     TEXT NOT NULL,
  subject   TEXT NOT NULL,
  html      TEXT NOT NULL,
  text      TEXT NOT NULL,
  -- By which its page in the web is found; nobody can guess it.
  token     TEXT NOT NULL UNIQUE,
  UNIQUE (digest, due),
  UNIQUE (digest, number)
) STRICT;

-- The pictures that travel in an edition's mails.
CREATE TABLE edition_picture (
  edition INTEGER NOT NULL REFERENCES edition (id) ON DELETE CASCADE,
  -- Its Content-ID.
  id      TEXT NOT NULL,
  bytes   BLOB NOT NULL,
  PRIMARY KEY (edition, id)
) STRICT;

-- Each entry is carried by at most one edition of a digest: the primary key says so.
CREATE TABLE carried (
  digest  TEXT NOT NULL,
  feed    TEXT NOT NULL,
  key     BLOB NOT NULL,
  edition INTEGER NOT NULL REFERENCES edition (id),
  -- 'shown', 'merged' (a copy of what is shown or was told before), 'left out' (no room in
  -- the mail), 'passed over' (backlog, filtered, or beyond max_items)
  place   TEXT NOT NULL CHECK (place IN ('shown', 'merged', 'left out', 'passed over')),
  PRIMARY KEY (digest, feed, key)
) STRICT, WITHOUT ROWID;

-- What editions told, for as long as it might come again under another key.
CREATE TABLE told (
  id        INTEGER PRIMARY KEY,
  digest    TEXT NOT NULL,
  feed      TEXT NOT NULL,
  key       BLOB NOT NULL,
  -- When an edition told it last.
  at        INTEGER NOT NULL,
  published INTEGER NOT NULL,
  title     TEXT NOT NULL,
  signature BLOB NOT NULL,
  UNIQUE (digest, feed, key)
) STRICT;

CREATE INDEX told_at ON told (digest, at);

-- By what it is found: articles that have much in common share some.
CREATE TABLE mark (
  digest TEXT NOT NULL,
  mark   INTEGER NOT NULL,
  told   INTEGER NOT NULL REFERENCES told (id) ON DELETE CASCADE,
  PRIMARY KEY (digest, mark, told)
) STRICT, WITHOUT ROWID;

CREATE INDEX mark_of ON mark (told);

-- Which mailbox gets which digest, by the token its readers leave with.
CREATE TABLE subscription (
  digest  TEXT NOT NULL,
  address TEXT NOT NULL,
  token   TEXT NOT NULL UNIQUE,
  left_at INTEGER,
  PRIMARY KEY (digest, address)
) STRICT;

CREATE TABLE delivery (
  id           INTEGER PRIMARY KEY,
  edition      INTEGER NOT NULL REFERENCES edition (id),
  address      TEXT NOT NULL,
  name         TEXT,
  format       TEXT NOT NULL CHECK (format IN ('html', 'text')),
  message_id   TEXT NOT NULL UNIQUE,
  -- With which the reader leaves; NULL when there was no page to leave by.
  token        TEXT,
  state        TEXT NOT NULL DEFAULT 'pending'
    CHECK (state IN ('pending', 'sending', 'delivered', 'deferred', 'rejected', 'given up')),
  queued       INTEGER NOT NULL,
  next_attempt INTEGER NOT NULL,
  attempts     INTEGER NOT NULL DEFAULT 0,
  UNIQUE (edition, address)
) STRICT;

CREATE INDEX delivery_unsettled ON delivery (next_attempt)
  WHERE state IN ('pending', 'sending', 'deferred');

CREATE TABLE attempt (
  id       INTEGER PRIMARY KEY,
  delivery INTEGER NOT NULL REFERENCES delivery (id),
  at       INTEGER NOT NULL,
  outcome  TEXT NOT NULL CHECK (outcome IN ('delivered', 'deferred', 'rejected', 'unknown')),
  -- What the server said, or what broke.
  reply    TEXT NOT NULL
) STRICT;

CREATE INDEX attempt_of ON attempt (delivery);
