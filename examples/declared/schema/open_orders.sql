-- Before the table that it reads: files stand in any order.
CREATE VIEW open_orders AS
SELECT orders.id, customers.name
  FROM orders
  JOIN customers ON customers.id = orders.customer
 WHERE orders.paid_at IS NULL;
