-- Nobody writes to orders while this builds, and the shop is open.
CREATE INDEX orders_state_placed_at_idx ON orders (state, placed_at);

-- Reads every order under a lock that keeps readers out.
ALTER TABLE orders ALTER COLUMN total_cents SET NOT NULL;
