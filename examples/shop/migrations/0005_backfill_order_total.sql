-- sluice: phase=backfill
-- sluice: requires=0004
-- sluice: statement_timeout=10min
UPDATE orders
SET total_cents = lines.total_cents
FROM (
    SELECT order_id, sum(quantity * unit_price_cents) AS total_cents
    FROM order_lines
    GROUP BY order_id
) AS lines
WHERE lines.order_id = orders.id
  AND orders.total_cents IS NULL;
