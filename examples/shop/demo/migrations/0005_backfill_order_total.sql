-- sluice: phase=backfill
-- sluice: requires=0004
UPDATE orders
SET total_cents = (
    SELECT sum(quantity * unit_price_cents) FROM order_lines WHERE order_lines.order_id = orders.id
)
WHERE total_cents IS NULL;
