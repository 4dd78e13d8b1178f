-- Real input for sqlite-cli.wasm; the expected output is in orders.sql.out.
CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT);
CREATE TABLE purchase(id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customer, item TEXT, pence INTEGER);
INSERT INTO customer(name, city) VALUES ('Ada','London'),('Blaise','Paris'),('Carl','Berlin'),('Dorothy','London'),('Emmy',NULL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
INSERT INTO purchase(customer, item, pence)
  SELECT 1 + i * 7 % 5, 'item-' || (i * i % 97), 100 + i * 31 % 4999 FROM n;
CREATE INDEX purchase_by_customer ON purchase(customer, pence);
SELECT 'customers', count(*) FROM customer;
SELECT c.name, count(*), sum(p.pence), max(p.pence) FROM customer c JOIN purchase p ON p.customer = c.id GROUP BY c.id ORDER BY 3 DESC;
SELECT coalesce(city, '(none)'), group_concat(name, '+') FROM (SELECT * FROM customer ORDER BY name) GROUP BY city ORDER BY 1;
SELECT item, count(*) AS n FROM purchase GROUP BY item HAVING n > 60 ORDER BY n DESC, item LIMIT 5;
UPDATE purchase SET pence = pence / 2 WHERE customer = (SELECT id FROM customer WHERE name = 'Emmy');
DELETE FROM purchase WHERE item LIKE 'item-9%';
SELECT count(*), sum(pence), round(avg(pence), 3) FROM purchase;
SELECT id, pence, sum(pence) OVER (ORDER BY id) FROM purchase WHERE customer = 2 ORDER BY id LIMIT 4;
SELECT upper(hex('wasm')), length('Grüße'), 7 / 2, 7 / 2.0, 1e3, NULL IS NULL;
