-- sluice: phase=expand
ALTER TABLE orders ADD COLUMN total_cents INTEGER CHECK (total_cents >= 0);
