CREATE TABLE customers (
  id integer PRIMARY KEY,
  name text NOT NULL,
  mail text NOT NULL UNIQUE
);
