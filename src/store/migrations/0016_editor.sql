-- What a language model answered, or a feed's filter printed, by a hash of all that it depends on: a text that
-- can be used, or why it cannot be.
CREATE TABLE editor_answer (
    key BLOB PRIMARY KEY NOT NULL,
    text TEXT,
    why TEXT,
    -- When it was given, seconds since 1970.
    at INTEGER NOT NULL,
    CHECK ((text IS NULL) <> (why IS NULL))
) STRICT, WITHOUT ROWID;

-- The briefing of an edition, a row for each sentence, before and after it is published. `key` is of what
-- it was made of, `feed` and `entry` name the story that the sentence is about.
CREATE TABLE briefing (
    digest TEXT NOT NULL,
    number INTEGER NOT NULL,
    place INTEGER NOT NULL,
    key BLOB NOT NULL,
    feed TEXT NOT NULL,
    entry BLOB NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (digest, number, place)
) STRICT, WITHOUT ROWID;

-- What the model was asked for an edition.
CREATE TABLE editor_use (
    digest TEXT NOT NULL,
    number INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    -- Answers that could not be used.
    unusable INTEGER NOT NULL,
    -- Since when no more is asked, as its budget is spent.
    spent_at INTEGER,
    PRIMARY KEY (digest, number)
) STRICT, WITHOUT ROWID;

-- Since when the model does not answer.
CREATE TABLE editor_outage (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    since INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    why TEXT NOT NULL,
    retry_at INTEGER NOT NULL
) STRICT;
