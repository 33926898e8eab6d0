-- Large values: documents of 10 to 400 KB, revised, joined, sorted; long JSON.
PRAGMA cache_size = -300;
PRAGMA journal_mode = OFF;
PRAGMA temp_store = FILE;
CREATE TABLE document(number INTEGER PRIMARY KEY, kind INT, body TEXT);
WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 60)
INSERT INTO document
SELECT i, i % 7, replace(hex(zeroblob(5000 + i * i * 37 % 120000)), '00',
                         char(65 + i % 26) || i)
FROM n;
SELECT kind, count(*), sum(length(body)) FROM document GROUP BY kind;
SELECT length(group_concat(substr(body, 1, 40000), '/'))
FROM document GROUP BY kind;
UPDATE document SET body = body || substr(body, 1, length(body) / 2)
WHERE kind < 3;
DELETE FROM document WHERE kind = 5;
CREATE TABLE event(number INTEGER PRIMARY KEY, document INT, at INT, note TEXT);
WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
INSERT INTO event
SELECT i, i * i % 61, i * 7919 % 10007, printf('note %d of %d', i, i * 31 % 1000)
FROM n;
SELECT length(json_group_array(json_object('at', at, 'note', note))) FROM event;
SELECT length(json_group_object(note, at)) FROM event WHERE document < 30;
SELECT length(group_concat(note, char(10)))
FROM (SELECT note FROM event ORDER BY at, note);
CREATE INDEX by_note ON event(note, at);
SELECT number, length(hex(body)), instr(body, 'Z9')
FROM document ORDER BY body DESC;
SELECT count(DISTINCT substr(body, 1, 3000)) FROM document, event
WHERE event.document = document.number AND event.number < 600;
UPDATE document SET body = replace(body, 'A', 'bcd') WHERE kind = 1;
SELECT count(*), sum(length(body)) FROM document;
