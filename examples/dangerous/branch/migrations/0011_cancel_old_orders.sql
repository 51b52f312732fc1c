-- The condition got lost.
UPDATE orders SET state = 'cancelled';

CREATE FUNCTION purge_orders() RETURNS void LANGUAGE sql SECURITY DEFINER
AS $$ DELETE FROM orders WHERE state = 'cancelled' $$;

GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC;
