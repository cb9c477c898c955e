-- A mailbox is one however its address is written; and a link to confirm by stays known when it has done
-- its work, so that it counts, and can be opened again.

UPDATE OR IGNORE subscription SET address = canonical_address(address)
  WHERE address GLOB '*[^ -~]*' OR address LIKE '%xn--%' OR address LIKE '"%' OR address GLOB '*@*[A-Z]*';
UPDATE OR IGNORE delivery SET address = canonical_address(address)
  WHERE address GLOB '*[^ -~]*' OR address LIKE '%xn--%' OR address LIKE '"%' OR address GLOB '*@*[A-Z]*';
UPDATE OR IGNORE suppression SET address = canonical_address(address)
  WHERE address GLOB '*[^ -~]*' OR address LIKE '%xn--%' OR address LIKE '"%' OR address GLOB '*@*[A-Z]*';
UPDATE OR IGNORE soft_bounce SET address = canonical_address(address)
  WHERE address GLOB '*[^ -~]*' OR address LIKE '%xn--%' OR address LIKE '"%' OR address GLOB '*@*[A-Z]*';
UPDATE OR IGNORE preference SET address = canonical_address(address)
  WHERE address GLOB '*[^ -~]*' OR address LIKE '%xn--%' OR address LIKE '"%' OR address GLOB '*@*[A-Z]*';
UPDATE signup SET address = canonical_address(address)
  WHERE address GLOB '*[^ -~]*' OR address LIKE '%xn--%' OR address LIKE '"%' OR address GLOB '*@*[A-Z]*';

ALTER TABLE signup ADD COLUMN confirmed INTEGER;
