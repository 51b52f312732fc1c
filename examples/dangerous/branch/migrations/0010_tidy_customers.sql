-- The application that is running still reads the column.
ALTER TABLE customers DROP COLUMN name;

-- sluice: allow(locks/column-type-rewrite) reason="a few hundred payments so far"
ALTER TABLE payments ALTER COLUMN amount_cents TYPE numeric(12, 2);
