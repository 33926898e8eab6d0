-- Accounts and transfers: bulk inserts, indexes, joins, updates, deletes.
PRAGMA cache_size = 400;
CREATE TABLE account (id INTEGER PRIMARY KEY, owner TEXT, balance INTEGER);
CREATE TABLE transfer (id INTEGER PRIMARY KEY, source INTEGER, target INTEGER,
                       amount INTEGER, note TEXT);
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
INSERT INTO account SELECT i, printf('owner-%d', i * 7919 % 1201), 10000 FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
INSERT INTO transfer
SELECT i, i * 31 % 1200 + 1, i * 57 % 1200 + 1, i * 13 % 500,
       printf('%.*c', i % 90, 'x') FROM n;
COMMIT;
CREATE INDEX by_source ON transfer (source);
CREATE INDEX by_owner ON account (owner);
SELECT owner, sum(amount) AS total, group_concat(note, '/')
FROM account JOIN transfer ON source = account.id
GROUP BY owner ORDER BY total DESC LIMIT 100;
UPDATE account SET balance = balance -
    (SELECT coalesce(sum(amount), 0) FROM transfer WHERE source = account.id);
SELECT count(*), avg(length(note)) FROM transfer WHERE note LIKE '%xxxxx%';
SELECT a.owner, b.owner FROM account a JOIN account b ON a.id = b.id + 1
WHERE a.balance < b.balance ORDER BY a.owner, b.owner DESC;
DELETE FROM transfer WHERE id % 3 = 0;
SELECT json_group_array(json_object('id', id, 'owner', owner)) FROM account;
VACUUM;
