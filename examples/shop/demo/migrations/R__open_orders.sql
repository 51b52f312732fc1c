-- Runs again whenever this file changes.
DROP VIEW IF EXISTS open_orders;

CREATE VIEW open_orders AS
SELECT orders.id,
       customers.email,
       orders.placed_at,
       orders.total_cents,
       coalesce(sum(payments.amount_cents), 0) AS paid_cents
FROM orders
JOIN customers ON customers.id = orders.customer_id
LEFT JOIN payments ON payments.order_id = orders.id
WHERE orders.state = 'open'
GROUP BY orders.id;
