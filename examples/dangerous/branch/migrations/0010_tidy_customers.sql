-- The application that is running still reads the column.
ALTER TABLE customers DROP COLUMN name;

-- sluice: allow(compatibility/change-type) reason="no service reads the column any more"
ALTER TABLE payments ALTER COLUMN amount_cents TYPE numeric(12, 2);
