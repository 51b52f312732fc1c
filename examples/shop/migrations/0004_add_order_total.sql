-- sluice: phase=expand
-- sluice: lock_timeout=2s
-- A nullable column without a default: the table is locked for a moment only, and no row is written.
ALTER TABLE orders ADD COLUMN total_cents bigint;
