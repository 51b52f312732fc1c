-- sluice: phase=expand
-- sluice: lock_timeout=2s
-- Edited after the fact: every database has this change already, without the note.
ALTER TABLE orders ADD COLUMN total_cents bigint, ADD COLUMN note text;
