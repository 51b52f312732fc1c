-- @@ column rename postgres
-- rename column:public.people.email=column:public.people.mail
create table people (id int primary key, email text not null default 'x', check (email <> ''));
create index people_email on people (email);
create view mails as select email from people;
create function of(p people) returns text language sql as $$ select p.email $$;
-- =>
create table people (id int primary key, mail text not null default 'x', check (mail <> ''));
create index people_email on people (mail);
create view mails as select mail as email from people;
create function of(p people) returns text language sql as $$ select p.mail $$;

-- @@ table_with_everything rename postgres
-- rename table:public.people=table:public.users
create table people (id serial primary key, boss int references people (id), mail text unique);
create index people_lower on people (lower(mail)) where boss is null;
create view names as select p.mail from people p;
create policy own on people using (mail = current_user);
create table posts (id int primary key, author int references people (id) on delete cascade);
comment on table people is 'everybody';
-- =>
create table users (id serial primary key, boss int references users (id), mail text unique);
create index users_lower on users (lower(mail)) where boss is null;
create view names as select p.mail from users p;
create policy own on users using (mail = current_user);
create table posts (id int primary key, author int references users (id) on delete cascade);
comment on table users is 'everybody';

-- @@ schema_table_and_column rename postgres
-- rename schema:old=schema:new
-- rename table:old.a=table:new.b
-- rename column:old.a.x=column:new.b.y
create schema old;
create table old.a (x int primary key, z varchar(10));
-- =>
create schema new;
create table new.b (y int primary key, z varchar(20));

-- @@ enum_and_view rename postgres
-- rename enum:public.mood=enum:public.feeling
-- rename view:public.v=view:public.w
create type mood as enum ('a', 'b');
create table t (id int primary key, m mood default 'a');
create view v as select m from t;
-- =>
create type feeling as enum ('a', 'b');
create table t (id int primary key, m feeling default 'a');
create view w as select m from t;

-- @@ odd_names rename postgres
-- rename table:public."A.b"=table:public."C ""d"""
-- rename column:public."A.b".select=column:public."C ""d""".Größe
create table "A.b" (id int primary key, "select" int);
-- =>
create table "C ""d""" (id int primary key, "Größe" int);

-- @@ column rename mariadb
-- rename column:people.email=column:people.mail
create table people (id int primary key, email varchar(40) not null, key by_email (email));
create view mails as select email from people;
-- =>
create table people (id int primary key, mail varchar(60) not null, key by_email (mail));
create view mails as select mail as email from people;

-- @@ table rename mariadb
-- rename table:people=table:users
create table people (id int auto_increment primary key, boss int, foreign key own_boss (boss) references people (id));
create table posts (id int primary key, author int, foreign key of_author (author) references people (id));
create view v as select id from people;
-- =>
create table users (id int auto_increment primary key, boss int, foreign key own_boss (boss) references users (id));
create table posts (id int primary key, author int, foreign key of_author (author) references users (id));
create view v as select id from users;

-- @@ column rename sqlite
-- rename column:people.email=column:people.mail
create table people (id integer primary key, email text not null, check (email <> ''));
create index by_email on people (email);
create view mails as select email from people;
create trigger t after update of email on people begin select new.email; end;
-- =>
create table people (id integer primary key, mail text not null, check (mail <> ''));
create index by_email on people (mail);
create view mails as select mail from people;
create trigger t after update of mail on people begin select new.mail; end;

-- @@ table_that_is_rebuilt rename sqlite
-- rename table:people=table:users
-- rename column:people.email=column:users.mail
create table people (id integer primary key autoincrement, email text);
create table posts (id integer primary key, author integer references people (id));
create view mails as select email from people;
-- =>
create table users (id integer primary key autoincrement, mail text not null default '');
create table posts (id integer primary key, author integer references users (id));
create view mails as select mail from users;
