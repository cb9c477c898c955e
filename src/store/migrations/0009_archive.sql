-- The archive in the web: what editions carried, to be listed and searched.

-- The language of its frame; NULL before this was kept.
ALTER TABLE edition ADD COLUMN language TEXT;

CREATE INDEX edition_published ON edition (digest, published);

-- The articles that an edition shows, in their order. Later ones have greater numbers.
CREATE TABLE article (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  edition   INTEGER NOT NULL REFERENCES edition (id) ON DELETE CASCADE,
  -- The page of the edition that shows its story, and which of all stories that is, from 1; NULL
  -- where only the edition is known.
  page      INTEGER,
  story     INTEGER,
  outlet    TEXT NOT NULL,
  title     TEXT NOT NULL,
  link      TEXT,
  language  TEXT,
  published INTEGER NOT NULL,
  -- Compressed by Zstandard (RFC 8878).
  text      BLOB NOT NULL
) STRICT;

CREATE INDEX article_of ON article (edition);

-- Its terms by the number of the article: bigrams of scripts without spaces, words of the others,
-- and the name of the digest, in hexadecimal.
CREATE VIRTUAL TABLE article_terms USING fts5
  (title, text, digest, content = '', contentless_delete = 1, tokenize = 'ascii');

CREATE TRIGGER article_gone AFTER DELETE ON article BEGIN
  DELETE FROM article_terms WHERE rowid = old.id;
END;
