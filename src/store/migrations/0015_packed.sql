-- What an entry says, compressed. Older rows have it in `body` as before, and are packed bit by bit.

ALTER TABLE entry ADD COLUMN packed BLOB;
-- Of what is packed: SipHash-1-3 of it, by which a change is noticed.
ALTER TABLE entry ADD COLUMN hash INTEGER;
-- Up to which row that has been seen to.
ALTER TABLE maintenance ADD COLUMN packed_to INTEGER NOT NULL DEFAULT 0;
