-- The trade's words for what the outbox and the alerts keep, and one thing a column.

ALTER TABLE standstill RENAME TO relay_outage;
ALTER TABLE doubt RENAME TO held_rejection;
ALTER TABLE held_rejection RENAME COLUMN policy TO is_policy;
ALTER TABLE setback RENAME TO soft_bounce;
ALTER TABLE suspension RENAME TO suppression;

ALTER TABLE trouble RENAME TO alert;
ALTER TABLE alert RENAME COLUMN told TO alerted_at;
ALTER TABLE alert RENAME COLUMN over TO ended_at;

ALTER TABLE upkeep RENAME TO maintenance;
ALTER TABLE maintenance RENAME COLUMN pruned TO pruned_at;
ALTER TABLE maintenance RENAME COLUMN mute TO last_alert_attempt;

-- What editions carried, for as long as it might come again under another key.
ALTER TABLE told RENAME TO story_memory;
ALTER TABLE story_memory RENAME COLUMN at TO carried_at;
DROP INDEX told_at;
CREATE INDEX story_memory_age ON story_memory (digest, carried_at);

-- By what it is found: articles that have much in common share some.
CREATE TABLE lookup_key (
  digest TEXT NOT NULL,
  hash   INTEGER NOT NULL,
  story  INTEGER NOT NULL REFERENCES story_memory (id) ON DELETE CASCADE,
  PRIMARY KEY (digest, hash, story)
) STRICT, WITHOUT ROWID;
INSERT INTO lookup_key SELECT digest, mark, told FROM mark;
DROP TABLE mark;
CREATE INDEX lookup_key_of ON lookup_key (story);

-- The form of a fingerprint stands in its first byte.
UPDATE story_memory SET signature = CAST(x'01' || signature AS BLOB);
ALTER TABLE story_memory RENAME COLUMN signature TO fingerprint;

CREATE TABLE delivery_3 (
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
  -- When the time began for which it is tried.
  retry_from   INTEGER NOT NULL,
  -- When it is tried next.
  next_attempt INTEGER NOT NULL,
  -- When it was settled, or held for a person; NULL while it waits.
  settled_at   INTEGER,
  attempts     INTEGER NOT NULL DEFAULT 0,
  UNIQUE (edition, address)
) STRICT;

INSERT INTO delivery_3 (id, edition, address, name, format, message_id, token, bounce, state, queued,
                        retry_from, next_attempt, settled_at, attempts)
  SELECT id, edition, address, name, format, message_id, token, bounce, state, queued, queued, next_attempt,
         iif(state IN ('pending', 'sending', 'deferred'), NULL, next_attempt), attempts
  FROM delivery;
DROP TABLE delivery;
ALTER TABLE delivery_3 RENAME TO delivery;

-- Who was tried least comes first, so that a few who are always refused hold up nobody; and
-- whose time has come is read off the index.
CREATE INDEX delivery_waiting ON delivery (attempts, id, next_attempt) WHERE state IN ('pending', 'deferred');
-- A newsletter's deliveries are millions, and few of them of interest. A query finds these
-- by the very words of the condition.
CREATE INDEX delivery_open ON delivery (state, next_attempt)
  WHERE state IN ('pending', 'sending', 'deferred', 'unknown');
CREATE INDEX delivery_lost ON delivery (state, settled_at)
  WHERE state IN ('rejected', 'given up', 'bounced');
CREATE INDEX delivery_to ON delivery (address COLLATE NOCASE);
CREATE INDEX delivery_of ON delivery (token);

-- The code of the reply, if there was one.
ALTER TABLE attempt ADD COLUMN code INTEGER;
