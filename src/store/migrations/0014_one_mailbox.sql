-- Where one mailbox stood in the database under two spellings, it stands there once, and who has left under
-- either has left.

CREATE TEMP TABLE spelling AS
  SELECT rowid AS row, digest, canonical_address(address) AS meant, left_at FROM subscription
  WHERE (address GLOB '*[^ -~]*' OR address LIKE '%xn--%' OR address LIKE '"%' OR address GLOB '*@*[A-Z]*')
    AND canonical_address(address) <> address;
UPDATE subscription SET left_at =
    (SELECT max(left_at) FROM temp.spelling WHERE digest = subscription.digest AND meant = subscription.address COLLATE NOCASE)
  WHERE left_at IS NULL AND EXISTS
    (SELECT 1 FROM temp.spelling AS s
     WHERE s.digest = subscription.digest AND s.meant = subscription.address COLLATE NOCASE AND s.left_at IS NOT NULL);
-- Those whom nobody else is.
UPDATE OR IGNORE subscription SET address = canonical_address(address) WHERE rowid IN (SELECT row FROM temp.spelling);
DELETE FROM subscription WHERE rowid IN (SELECT row FROM temp.spelling) AND canonical_address(address) <> address;
DROP TABLE temp.spelling;

UPDATE OR IGNORE delivery SET address = canonical_address(address)
  WHERE (address GLOB '*[^ -~]*' OR address LIKE '%xn--%' OR address LIKE '"%' OR address GLOB '*@*[A-Z]*')
    AND canonical_address(address) <> address;
UPDATE OR IGNORE suppression SET address = canonical_address(address)
  WHERE (address GLOB '*[^ -~]*' OR address LIKE '%xn--%' OR address LIKE '"%' OR address GLOB '*@*[A-Z]*')
    AND canonical_address(address) <> address;
DELETE FROM suppression
  WHERE (address GLOB '*[^ -~]*' OR address LIKE '%xn--%' OR address LIKE '"%' OR address GLOB '*@*[A-Z]*')
    AND canonical_address(address) <> address;
UPDATE OR IGNORE soft_bounce SET address = canonical_address(address)
  WHERE (address GLOB '*[^ -~]*' OR address LIKE '%xn--%' OR address LIKE '"%' OR address GLOB '*@*[A-Z]*')
    AND canonical_address(address) <> address;
DELETE FROM soft_bounce
  WHERE (address GLOB '*[^ -~]*' OR address LIKE '%xn--%' OR address LIKE '"%' OR address GLOB '*@*[A-Z]*')
    AND canonical_address(address) <> address;
UPDATE OR IGNORE preference SET address = canonical_address(address)
  WHERE (address GLOB '*[^ -~]*' OR address LIKE '%xn--%' OR address LIKE '"%' OR address GLOB '*@*[A-Z]*')
    AND canonical_address(address) <> address;
DELETE FROM preference
  WHERE (address GLOB '*[^ -~]*' OR address LIKE '%xn--%' OR address LIKE '"%' OR address GLOB '*@*[A-Z]*')
    AND canonical_address(address) <> address;
UPDATE signup SET address = canonical_address(address)
  WHERE (address GLOB '*[^ -~]*' OR address LIKE '%xn--%' OR address LIKE '"%' OR address GLOB '*@*[A-Z]*')
    AND canonical_address(address) <> address;

-- Erased in a way that nothing can read.
UPDATE delivery SET address = address || '@erased.invalid', state = 'dropped' WHERE address GLOB 'forgotten-[0-9]*' AND address NOT LIKE '%@%';
