-- The outbox learns what became of mails after they left, and who is not to be written to.

ALTER TABLE edition ADD COLUMN stories INTEGER NOT NULL DEFAULT 0;

CREATE TABLE delivery_2 (
  id           INTEGER PRIMARY KEY,
  edition      INTEGER NOT NULL REFERENCES edition (id),
  address      TEXT NOT NULL,
  name         TEXT,
  format       TEXT NOT NULL CHECK (format IN ('html', 'text')),
  message_id   TEXT NOT NULL UNIQUE,
  -- Of the subscription: with it the reader leaves. NULL only in rows of older programs.
  token        TEXT,
  -- In the envelope sender: whoever knows it was told of this mail by us. NULL when
  -- no address takes bounces.
  bounce       TEXT UNIQUE,
  state        TEXT NOT NULL DEFAULT 'pending' CHECK (state IN
    ('pending', 'sending', 'deferred', 'unknown', 'delivered', 'rejected', 'given up', 'dropped', 'bounced')),
  queued       INTEGER NOT NULL,
  -- When it is tried next; of a settled delivery, when it was settled.
  next_attempt INTEGER NOT NULL,
  attempts     INTEGER NOT NULL DEFAULT 0,
  UNIQUE (edition, address)
) STRICT;

INSERT INTO delivery_2 (id, edition, address, name, format, message_id, token, state, queued, next_attempt, attempts)
  SELECT id, edition, address, name, format, message_id, token, state, queued, next_attempt, attempts FROM delivery;

CREATE TABLE attempt_2 (
  id       INTEGER PRIMARY KEY,
  delivery INTEGER NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
  at       INTEGER NOT NULL,
  outcome  TEXT NOT NULL CHECK (outcome IN ('delivered', 'deferred', 'rejected', 'unknown', 'bounced')),
  -- The enhanced status code (RFC 3463), if the server gave one: `5.1.1`.
  status   TEXT,
  -- What the server said, or what broke.
  reply    TEXT NOT NULL
) STRICT;

INSERT INTO attempt_2 (id, delivery, at, outcome, reply) SELECT id, delivery, at, outcome, reply FROM attempt;

DROP TABLE attempt;
DROP TABLE delivery;
ALTER TABLE delivery_2 RENAME TO delivery;
ALTER TABLE attempt_2 RENAME TO attempt;

CREATE INDEX attempt_of ON attempt (delivery);
-- Who was tried least comes first, so that a few who are always refused hold up nobody.
CREATE INDEX delivery_waiting ON delivery (attempts, id) WHERE state IN ('pending', 'deferred');
-- A newsletter's deliveries are millions, and few of them of interest. A query finds these
-- by the very words of the condition.
CREATE INDEX delivery_open ON delivery (state, next_attempt)
  WHERE state IN ('pending', 'sending', 'deferred', 'unknown');
CREATE INDEX delivery_lost ON delivery (state, next_attempt)
  WHERE state IN ('rejected', 'given up', 'bounced');
CREATE INDEX delivery_to ON delivery (address COLLATE NOCASE);
CREATE INDEX delivery_of ON delivery (token);

-- Mailboxes that get nothing until their owner says otherwise.
CREATE TABLE suspension (
  address TEXT NOT NULL COLLATE NOCASE PRIMARY KEY,
  since   INTEGER NOT NULL,
  why     TEXT NOT NULL
) STRICT;

-- Failures that may pass, such as a full mailbox: they count when they persist.
CREATE TABLE setback (
  address TEXT NOT NULL COLLATE NOCASE,
  at      INTEGER NOT NULL,
  reply   TEXT NOT NULL,
  PRIMARY KEY (address, at)
) STRICT, WITHOUT ROWID;

-- Since when no mail leaves at all, and why: one row, or none.
CREATE TABLE standstill (
  only     INTEGER PRIMARY KEY CHECK (only = 1),
  since    INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  why      TEXT NOT NULL
) STRICT;
