-- SPDX-License-Identifier: MIT
-- A table in memory: rows with texts of many lengths, an index over them, a
-- scan, deletes, groups. The number of rows is replaced by bench for short runs.
create table entry(id integer primary key, body text, weight real);
with recursive seq(n) as (select 1 union all select n + 1 from seq where n < 400000)
insert into entry select n, hex(randomblob(40 + n % 200)), n * 1.5 from seq;
create index entry_body on entry(body);
select count(*), sum(length(body)) from entry where body like '%CD%';
delete from entry where id % 3 = 0;
select count(*) from (select body, count(*) from entry group by substr(body, 1, 4));
