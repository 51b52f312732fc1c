CREATE TABLE orders (
  id integer PRIMARY KEY,
  customer integer NOT NULL REFERENCES customers (id),
  total integer NOT NULL CHECK (total >= 0), -- in cents
  paid_at text
);

CREATE INDEX orders_by_customer ON orders (customer);
