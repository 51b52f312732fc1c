-- sluice: requires=0006
-- sluice: statement_timeout=30min
ALTER TABLE orders VALIDATE CONSTRAINT orders_total_not_negative;
