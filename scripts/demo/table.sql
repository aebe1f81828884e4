-- SPDX-License-Identifier: MIT
-- What the demo records: a small shop in memory. Orders come in, an index is
-- built over them, prices change, old orders go, and questions are asked.
create table customer(id integer primary key, name text, town text);
create table orders(id integer primary key, customer integer, item text,
	note text, price real);

with recursive seq(n) as (select 1 union all select n + 1 from seq where n < 5000)
insert into customer
select n, 'customer ' || n, 'town ' || (n * 31 % 97) from seq;

with recursive seq(n) as (select 1 union all select n + 1 from seq where n < 120000)
insert into orders
select n, n * 7919 % 5000 + 1, 'item ' || (n * 17 % 1000),
	hex(randomblob(20 + n * 13 % 180)), n % 991 * 0.25
from seq;

create index orders_item on orders(item, price);
create index orders_note on orders(note);

update orders set price = price * 1.1, note = note || ' changed'
where id % 5 = 0;

delete from orders where id % 3 = 0;

select town, count(*), round(sum(price)) from orders
join customer on customer.id = orders.customer
group by town order by 3 desc limit 3;

select count(*) from (
	select substr(note, 1, 3), group_concat(item) from orders
	group by substr(note, 1, 3)
);

with recursive seq(n) as (select 1 union all select n + 1 from seq where n < 40000)
insert into orders
select 200000 + n, n % 5000 + 1, 'late item ' || (n % 50),
	hex(randomblob(300)), n * 0.5
from seq;

select item, count(*), avg(length(note)) from orders
where item like 'late%' group by item order by item limit 2;

drop index orders_note;
delete from orders where id > 200000;
select count(*), round(sum(price)) from orders;
