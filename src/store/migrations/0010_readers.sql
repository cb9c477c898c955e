-- Readers who joined by themselves or were taken in by commands, and what each reader wants.

-- The configuration names no more than an address; these are for whoever joined otherwise.
ALTER TABLE subscription ADD COLUMN name TEXT;
-- By which form, file or command, when that was asked for, and when its reader confirmed it; NULL where
-- the configuration names them.
ALTER TABLE subscription ADD COLUMN source TEXT;
ALTER TABLE subscription ADD COLUMN requested INTEGER;
ALTER TABLE subscription ADD COLUMN joined INTEGER;

CREATE INDEX subscription_of ON subscription (address COLLATE NOCASE, digest);

-- What the reader at an address wants of all digests, where they said so.
CREATE TABLE preference (
  address      TEXT PRIMARY KEY COLLATE NOCASE,
  -- NULL: as the configuration says.
  format       TEXT CHECK (format IN ('html', 'text')),
  paused_until INTEGER,
  -- Whether one edition a week in place of all of them.
  weekly       INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Who asked for digests and has not confirmed it.
CREATE TABLE signup (
  token     TEXT PRIMARY KEY,
  address   TEXT NOT NULL COLLATE NOCASE,
  name      TEXT,
  -- Ids, a JSON array.
  digests   TEXT NOT NULL,
  source    TEXT NOT NULL,
  -- From where it was asked for, as far as it counts; NULL where nobody knows.
  network   TEXT,
  requested INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX signup_address ON signup (address, requested);
CREATE INDEX signup_network ON signup (network, requested);

-- Mails to readers that are no editions, to be sent.
CREATE TABLE letter (
  id           INTEGER PRIMARY KEY,
  address      TEXT NOT NULL,
  name         TEXT,
  subject      TEXT NOT NULL,
  text         TEXT NOT NULL,
  next_attempt INTEGER NOT NULL,
  attempts     INTEGER NOT NULL DEFAULT 0,
  -- It is worth nothing after that.
  expires      INTEGER NOT NULL
) STRICT;

-- Who must not be written to, though nothing else is known of them: SHA-256 of the address in small letters.
CREATE TABLE forgotten (
  hash BLOB PRIMARY KEY,
  at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
