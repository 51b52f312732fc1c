CREATE TABLE payments (
    id INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
    provider TEXT NOT NULL,
    reference TEXT NOT NULL,
    received_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    UNIQUE (provider, reference)
) STRICT;

CREATE INDEX payments_order_id_idx ON payments (order_id);

-- An order is paid as soon as its payments reach its total.
CREATE TRIGGER payments_settle_order AFTER INSERT ON payments
BEGIN
    UPDATE orders
    SET state = 'paid'
    WHERE id = NEW.order_id
      AND state = 'open'
      AND total_cents <= (SELECT sum(amount_cents) FROM payments WHERE order_id = NEW.order_id);
END;
