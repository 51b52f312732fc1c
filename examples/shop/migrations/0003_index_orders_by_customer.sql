-- Readers and writers go on while the index is built. PostgreSQL does not allow this inside a transaction, so the
-- statement runs alone, and the catalog is asked afterwards whether the index is valid.
CREATE INDEX CONCURRENTLY orders_customer_id_idx ON orders (customer_id);
