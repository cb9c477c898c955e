-- A server that refuses everybody is believed of nobody, across runs too.

-- Who was refused since the last mail that was delivered to anybody.
CREATE TABLE IF NOT EXISTS doubt (
  address TEXT NOT NULL COLLATE NOCASE PRIMARY KEY,
  -- Whether it is us that the server minds.
  policy  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS subscription_to ON subscription (digest, address COLLATE NOCASE);

-- Whose time has come is read off the index as well.
DROP INDEX delivery_waiting;
CREATE INDEX delivery_waiting ON delivery (attempts, id, next_attempt) WHERE state IN ('pending', 'deferred');
