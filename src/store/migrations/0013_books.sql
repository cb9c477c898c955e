-- Editions as books for e-readers, for as long as a mail with one may have to be sent.

CREATE TABLE book (
  edition INTEGER PRIMARY KEY REFERENCES edition (id) ON DELETE CASCADE,
  name    TEXT NOT NULL,
  -- Of the mail that carries it.
  text    TEXT NOT NULL,
  bytes   BLOB NOT NULL
) STRICT;

-- A format more. What is written does not change, so the tables need not be made anew
-- (https://www.sqlite.org/lang_altertable.html, 7).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'format IN (''html'', ''text'')', 'format IN (''html'', ''text'', ''epub'')')
  WHERE type = 'table' AND name IN ('delivery', 'preference');
PRAGMA writable_schema = RESET;
