-- A name that wants to be more than a name where the comment is shown.
CREATE TABLE "labels <img src=x onerror=alert(1)> @everyone" (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id bigint NOT NULL
);

ALTER TABLE "labels <img src=x onerror=alert(1)> @everyone"
    ADD CONSTRAINT labels_order_fkey FOREIGN KEY (order_id) REFERENCES orders (id);
