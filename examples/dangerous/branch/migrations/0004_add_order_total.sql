-- sluice: phase=expand
-- sluice: lock_timeout=2s
-- Edited after the fact: every database has this change already.
ALTER TABLE orders ADD COLUMN total_cents bigint NOT NULL DEFAULT 0;
