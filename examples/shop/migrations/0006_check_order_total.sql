-- NOT VALID: holds for new rows at once, old rows are not read. 0007 reads them under a lock that lets writers pass.
ALTER TABLE orders ADD CONSTRAINT orders_total_not_negative CHECK (total_cents >= 0) NOT VALID;
