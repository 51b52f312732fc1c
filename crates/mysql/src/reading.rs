//! What a statement is about to do to which objects, read from its head.

use std::fmt;

use crate::name::quote;
use crate::words::{Cursor, Word, words};

/// A statement as the probe understands it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reading {
    pub effect: Effect,
    /// The objects to look at, in order of appearance.
    pub subjects: Vec<Subject>,
    /// The catalog's definitions alone may not tell: look at InnoDB's table ids too, which change with every rebuild.
    pub wants_ids: bool,
    /// Running it a second time would do harm even though definitions stay the same.
    pub harmful_twice: bool,
}

/// What a statement does to its subjects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// They come to be.
    Create { if_not_exists: bool, or_replace: bool },
    /// They change.
    Alter,
    /// They go.
    Drop { if_exists: bool },
    /// Pairs of subjects: the first gets the name of the second.
    Rename,
    /// The table is emptied.
    Truncate,
    /// Nothing that would do harm when it is done twice.
    Harmless(&'static str),
    /// The catalog does not show it.
    Invisible(&'static str),
}

/// An object to look at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    /// A table, view or (MariaDB) sequence: they share one space of names.
    Table(Name),
    Trigger(Name),
    Procedure(Name),
    Function(Name),
    Event(Name),
    Package(Name),
    PackageBody(Name),
    /// `None` is the session's current database.
    Database(Option<String>),
    /// A user or role; `None` is the current user.
    Account(Option<Account>),
    /// A global variable.
    Variable(String),
}

/// A name with the database that it is in, if that is written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    pub database: Option<String>,
    pub name: String,
}

/// A user or role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Account {
    pub user: String,
    pub host: Option<String>,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.database {
            Some(database) => write!(f, "{}.{}", quote(database), quote(&self.name)),
            None => f.write_str(&quote(&self.name)),
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Some(host) => write!(f, "{}@{}", quote(&self.user), quote(host)),
            None => f.write_str(&quote(&self.user)),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table(name) => write!(f, "table {name}"),
            Self::Trigger(name) => write!(f, "trigger {name}"),
            Self::Procedure(name) => write!(f, "procedure {name}"),
            Self::Function(name) => write!(f, "function {name}"),
            Self::Event(name) => write!(f, "event {name}"),
            Self::Package(name) => write!(f, "package {name}"),
            Self::PackageBody(name) => write!(f, "package body {name}"),
            Self::Database(Some(name)) => write!(f, "database {}", quote(name)),
            Self::Database(None) => f.write_str("the current database"),
            Self::Account(Some(account)) => write!(f, "account {account}"),
            Self::Account(None) => f.write_str("the current user"),
            Self::Variable(name) => write!(f, "global variable {name}"),
        }
    }
}

const MAINTENANCE: &str = "it leaves nothing behind that matters, and running it again does no harm";

impl Reading {
    /// Reads a statement. What is not understood is [`Effect::Invisible`].
    pub fn of(sql: &str) -> Self {
        let words = words(sql);
        let mut cursor = Cursor::new(&words);
        // MariaDB: settings for one statement.
        if cursor.take(&["SET", "STATEMENT"]) && !cursor.find("FOR") {
            return invisible("the catalog has no view of what it does");
        }
        let verb = cursor.keyword().unwrap_or_default();
        let reading = match verb.as_str() {
            "CREATE" => create(&mut cursor),
            "ALTER" => alter(&mut cursor),
            "DROP" => drop_objects(&mut cursor),
            "RENAME" => rename(&mut cursor),
            "TRUNCATE" => truncate(&mut cursor),
            "GRANT" => privileges(&mut cursor, "TO"),
            "REVOKE" => privileges(&mut cursor, "FROM"),
            "SET" => set(&mut cursor),
            "ANALYZE" | "OPTIMIZE" | "CHECK" | "CHECKSUM" | "REPAIR" | "FLUSH" | "CACHE" | "DO" => {
                Some(harmless(MAINTENANCE))
            }
            "PURGE" => Some(harmless(MAINTENANCE)),
            "LOAD" if cursor.sees(&["INDEX"]) => Some(harmless(MAINTENANCE)),
            "LOCK" | "UNLOCK" => Some(harmless("table locks go with their session")),
            "CALL" => Some(invisible("a procedure can do anything")),
            "INSERT" | "REPLACE" | "UPDATE" | "DELETE" | "LOAD" | "WITH" | "IMPORT" => {
                Some(invisible("the catalog does not show rows"))
            }
            _ => None,
        };
        reading.unwrap_or_else(|| invisible("the catalog has no view of what it does"))
    }
}

/// Whether it is `LOAD DATA … LOCAL` or `LOAD XML … LOCAL`.
pub(crate) fn sends_a_local_file(sql: &str) -> bool {
    // Rows of an INSERT need no words of their own.
    if !sql
        .get(..4.min(sql.len()))
        .is_some_and(|verb| verb.eq_ignore_ascii_case("load") || verb.starts_with("/*"))
    {
        return false;
    }
    let words = words(sql);
    let mut cursor = Cursor::new(&words);
    cursor.take(&["LOAD"]) && (cursor.take(&["DATA"]) || cursor.take(&["XML"])) && {
        let _ = cursor.take(&["LOW_PRIORITY"]) || cursor.take(&["CONCURRENT"]);
        cursor.sees(&["LOCAL"])
    }
}

fn simple(effect: Effect, subjects: Vec<Subject>) -> Reading {
    Reading { effect, subjects, wants_ids: false, harmful_twice: false }
}

fn harmless(why: &'static str) -> Reading {
    simple(Effect::Harmless(why), Vec::new())
}

fn invisible(why: &'static str) -> Reading {
    simple(Effect::Invisible(why), Vec::new())
}

fn create(cursor: &mut Cursor<'_>) -> Option<Reading> {
    let or_replace = cursor.take(&["OR", "REPLACE"]);
    let kind = loop {
        match kind(cursor) {
            Some(kind) => break kind,
            None if cursor.take(&["TEMPORARY"]) => {
                return Some(harmless("a temporary table goes with its session"));
            }
            None => cursor.next()?,
        };
    };
    let if_not_exists = cursor.take(&["IF", "NOT", "EXISTS"]);
    if kind == Kind::Index {
        cursor.find("ON").then_some(())?;
        return Some(simple(Effect::Alter, vec![Subject::Table(name(cursor)?)]));
    }
    let subjects = if kind == Kind::Account { accounts(cursor) } else { vec![subject(kind, cursor)?] };
    let replaces_rows = or_replace && kind == Kind::Table;
    Some(Reading {
        effect: Effect::Create { if_not_exists, or_replace },
        subjects,
        wants_ids: replaces_rows,
        harmful_twice: replaces_rows,
    })
}

fn alter(cursor: &mut Cursor<'_>) -> Option<Reading> {
    let kind = loop {
        match kind(cursor) {
            Some(kind) => break kind,
            None => cursor.next()?,
        };
    };
    cursor.take(&["IF", "EXISTS"]);
    if kind == Kind::Account {
        return Some(simple(Effect::Alter, accounts(cursor)));
    }
    if kind == Kind::Database && (cursor.sees(&["DEFAULT"]) || names_no_database(cursor)) {
        return Some(simple(Effect::Alter, vec![Subject::Database(None)]));
    }
    let mut subjects = vec![subject(kind, cursor)?];
    let is_table = matches!(kind, Kind::Table);
    let rebuilds = ["ENGINE", "FORCE", "PARTITION", "PARTITIONING", "ORDER", "TABLESPACE", "ROW_FORMAT"];
    let wants_ids = is_table && rebuilds.iter().any(|keyword| cursor.contains(keyword));
    let harmful = ["EXCHANGE", "TRUNCATE", "IMPORT", "DISCARD", "RESTART"];
    let harmful_twice = harmful.iter().any(|keyword| cursor.contains(keyword));
    let mut rest = cursor.clone();
    while rest.find("RENAME") {
        if rest.sees(&["COLUMN"]) || rest.sees(&["INDEX"]) || rest.sees(&["KEY"]) {
            continue;
        }
        let _ = rest.take(&["TO"]) || rest.take(&["AS"]) || rest.take_sign('=');
        subjects.extend(subject(kind, &mut rest));
    }
    let mut rest = cursor.clone();
    if rest.find("EXCHANGE") && rest.find("TABLE") {
        subjects.extend(name(&mut rest).map(Subject::Table));
    }
    Some(Reading { effect: Effect::Alter, subjects, wants_ids, harmful_twice })
}

/// `ALTER DATABASE CHARACTER SET …`: the name may be left out.
fn names_no_database(cursor: &Cursor<'_>) -> bool {
    ["CHARACTER", "CHARSET", "COLLATE", "ENCRYPTION", "READ", "COMMENT"]
        .iter()
        .any(|word| cursor.sees(&[word]))
}

fn drop_objects(cursor: &mut Cursor<'_>) -> Option<Reading> {
    if cursor.take(&["TEMPORARY"]) {
        return Some(harmless("a temporary table goes with its session"));
    }
    if cursor.take(&["PREPARE"]) {
        return Some(harmless("a prepared statement goes with its session"));
    }
    let kind = kind(cursor)?;
    let if_exists = cursor.take(&["IF", "EXISTS"]);
    let subjects = match kind {
        Kind::Index => {
            cursor.find("ON").then_some(())?;
            return Some(simple(Effect::Alter, vec![Subject::Table(name(cursor)?)]));
        }
        Kind::Account => accounts(cursor),
        _ => {
            let mut subjects = vec![subject(kind, cursor)?];
            while cursor.take_sign(',') {
                subjects.push(subject(kind, cursor)?);
            }
            subjects
        }
    };
    Some(simple(Effect::Drop { if_exists }, subjects))
}

fn rename(cursor: &mut Cursor<'_>) -> Option<Reading> {
    let is_table = cursor.take(&["TABLE"]) || cursor.take(&["TABLES"]);
    if !is_table && !cursor.take(&["USER"]) {
        return None;
    }
    cursor.take(&["IF", "EXISTS"]);
    let mut subjects = Vec::new();
    loop {
        for _ in 0..2 {
            subjects.push(if is_table {
                Subject::Table(name(cursor)?)
            } else {
                Subject::Account(Some(account(cursor)?))
            });
            // `WAIT n`, `NOWAIT` of MariaDB stand in front of TO.
            if is_table && !cursor.sees(&["TO"]) {
                let _ = cursor.take(&["NOWAIT"]) || (cursor.take(&["WAIT"]) && cursor.next().is_some());
            }
            cursor.take(&["TO"]);
        }
        if !cursor.take_sign(',') {
            break;
        }
    }
    Some(Reading { effect: Effect::Rename, subjects, wants_ids: is_table, harmful_twice: false })
}

fn truncate(cursor: &mut Cursor<'_>) -> Option<Reading> {
    cursor.take(&["TABLE"]);
    let subjects = vec![Subject::Table(name(cursor)?)];
    Some(Reading { effect: Effect::Truncate, subjects, wants_ids: true, harmful_twice: true })
}

fn privileges(cursor: &mut Cursor<'_>, preposition: &str) -> Option<Reading> {
    cursor.find(preposition).then_some(())?;
    let subjects = accounts(cursor);
    (!subjects.is_empty()).then(|| simple(Effect::Alter, subjects))
}

fn set(cursor: &mut Cursor<'_>) -> Option<Reading> {
    if cursor.take(&["PASSWORD"]) {
        let subject = if cursor.take(&["FOR"]) { account(cursor) } else { None };
        return Some(simple(Effect::Alter, vec![Subject::Account(subject)]));
    }
    if cursor.take(&["DEFAULT", "ROLE"]) {
        cursor.find("TO").then_some(())?;
        return Some(simple(Effect::Alter, accounts(cursor)));
    }
    let mut subjects = Vec::new();
    loop {
        let at = cursor.take_sign('@') && cursor.take_sign('@');
        let scope = ["GLOBAL", "PERSIST", "PERSIST_ONLY"].iter().any(|scope| cursor.take(&[scope]));
        let _ = at && cursor.take_sign('.');
        if scope {
            subjects.push(Subject::Variable(cursor.name()?));
        }
        let mut depth = 0_u32;
        loop {
            match cursor.next() {
                Some(Word::Sign('(')) => depth += 1,
                Some(Word::Sign(')')) => depth = depth.saturating_sub(1),
                Some(Word::Sign(',')) if depth == 0 => break,
                Some(_) => {}
                None if subjects.is_empty() => return Some(harmless("settings go with their session")),
                None => return Some(simple(Effect::Alter, subjects)),
            }
        }
    }
}

/// Kinds of objects that statements name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Table,
    /// Views and sequences: no rows of the user's.
    View,
    Index,
    Trigger,
    Procedure,
    Function,
    Event,
    Package,
    PackageBody,
    Database,
    Account,
}

/// The kind if its keyword comes next; moves past it.
fn kind(cursor: &mut Cursor<'_>) -> Option<Kind> {
    const KINDS: [(&[&str], Kind); 16] = [
        (&["TABLE"], Kind::Table),
        (&["TABLES"], Kind::Table),
        (&["VIEW"], Kind::View),
        (&["SEQUENCE"], Kind::View),
        (&["INDEX"], Kind::Index),
        (&["TRIGGER"], Kind::Trigger),
        (&["PROCEDURE"], Kind::Procedure),
        (&["FUNCTION"], Kind::Function),
        (&["EVENT"], Kind::Event),
        (&["PACKAGE", "BODY"], Kind::PackageBody),
        (&["PACKAGE"], Kind::Package),
        (&["DATABASE"], Kind::Database),
        (&["SCHEMA"], Kind::Database),
        (&["USER"], Kind::Account),
        (&["ROLE"], Kind::Account),
        (&["VIEWS"], Kind::View),
    ];
    KINDS.iter().find(|(keywords, _)| cursor.take(keywords)).map(|(_, kind)| *kind)
}

fn subject(kind: Kind, cursor: &mut Cursor<'_>) -> Option<Subject> {
    if kind == Kind::Database {
        return Some(Subject::Database(Some(cursor.name()?)));
    }
    let name = name(cursor)?;
    Some(match kind {
        Kind::Table | Kind::View | Kind::Index => Subject::Table(name),
        Kind::Trigger => Subject::Trigger(name),
        Kind::Procedure => Subject::Procedure(name),
        Kind::Function => Subject::Function(name),
        Kind::Event => Subject::Event(name),
        Kind::Package => Subject::Package(name),
        Kind::PackageBody => Subject::PackageBody(name),
        Kind::Database | Kind::Account => return None,
    })
}

fn name(cursor: &mut Cursor<'_>) -> Option<Name> {
    let first = cursor.name()?;
    if cursor.take_sign('.') {
        return Some(Name { database: Some(first), name: cursor.name()? });
    }
    Some(Name { database: None, name: first })
}

fn account(cursor: &mut Cursor<'_>) -> Option<Account> {
    let user = cursor.name()?;
    let host = if cursor.take_sign('@') { Some(cursor.name()?) } else { None };
    Some(Account { user, host })
}

/// A list of accounts, each perhaps with options behind it that hold further words and commas.
fn accounts(cursor: &mut Cursor<'_>) -> Vec<Subject> {
    let mut subjects = Vec::new();
    loop {
        if cursor.take(&["CURRENT_USER"]) {
            let _ = cursor.take_sign('(') && cursor.take_sign(')');
            subjects.push(Subject::Account(None));
        } else if let Some(account) = account(cursor) {
            subjects.push(Subject::Account(Some(account)));
        }
        // `IDENTIFIED BY 'x', 'next'@'host'`: the list goes on behind a comma, the options of all end it.
        loop {
            let ends = ["REQUIRE", "WITH", "PASSWORD", "ACCOUNT", "COMMENT", "ATTRIBUTE", "AS"];
            if cursor.is_at_end() || ends.iter().any(|word| cursor.sees(&[word])) {
                return subjects;
            }
            if cursor.take_sign(',') {
                break;
            }
            cursor.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(sql: &str) -> String {
        let reading = Reading::of(sql);
        let subjects: Vec<String> = reading.subjects.iter().map(ToString::to_string).collect();
        let effect = match reading.effect {
            Effect::Create { if_not_exists, or_replace } => {
                let extra = if if_not_exists { " if absent" } else { "" };
                format!("create{extra}{}", if or_replace { " or replace" } else { "" })
            }
            Effect::Alter => "alter".to_owned(),
            Effect::Drop { if_exists } => format!("drop{}", if if_exists { " if there" } else { "" }),
            Effect::Rename => "rename".to_owned(),
            Effect::Truncate => "truncate".to_owned(),
            Effect::Harmless(_) => "harmless".to_owned(),
            Effect::Invisible(_) => "invisible".to_owned(),
        };
        format!(
            "{effect}: {}{}{}",
            subjects.join(", "),
            if reading.wants_ids { " +ids" } else { "" },
            if reading.harmful_twice { " !twice" } else { "" }
        )
    }

    #[test]
    fn local_files_are_recognised() {
        for (sql, expected) in [
            ("load data local infile 'x' into table t", true),
            ("LOAD XML CONCURRENT LOCAL INFILE 'x' INTO TABLE t", true),
            ("/* c */ load data local infile 'x' into table t", true),
            ("load data infile 'local' into table t", false),
            ("insert into t values ('load data local')", false),
            ("é", false),
            ("", false),
        ] {
            assert_eq!(sends_a_local_file(sql), expected, "{sql}");
        }
    }

    #[test]
    fn statements_are_read() {
        let cases = [
            ("create table t (a int)", "create: table `t`"),
            ("CREATE TABLE IF NOT EXISTS `d`.`a``b` LIKE x", "create if absent: table `d`.`a``b`"),
            ("create or replace table t (a int)", "create or replace: table `t` +ids !twice"),
            ("create temporary table t (a int)", "harmless: "),
            ("create unique index i using btree on d.t (a)", "alter: table `d`.`t`"),
            ("create fulltext index if not exists i on t (a)", "alter: table `t`"),
            (
                "CREATE ALGORITHM=MERGE DEFINER=`x`@`h` SQL SECURITY INVOKER VIEW v AS SELECT 1",
                "create: table `v`",
            ),
            ("create or replace view v as select 1", "create or replace: table `v`"),
            (
                "/*!50003 create definer='a'@'b' trigger tr before insert on t for each row begin end */",
                "create: trigger `tr`",
            ),
            (
                "create definer=current_user procedure if not exists p(in a int) begin drop table x; end",
                "create if absent: procedure `p`",
            ),
            (
                "create aggregate function if not exists f returns int soname 'x'",
                "create if absent: function `f`",
            ),
            ("create function f() returns int return 1", "create: function `f`"),
            ("create event e on schedule every 1 day do drop table t", "create: event `e`"),
            ("create sequence s start with 3", "create: table `s`"),
            ("create package body p as begin end", "create: package body `p`"),
            ("create database if not exists d character set utf8mb4", "create if absent: database `d`"),
            ("create schema d", "create: database `d`"),
            (
                "create user 'a'@'%' identified by 'x, y', b, c@localhost require ssl",
                "create: account `a`@`%`, account `b`, account `c`@`localhost`",
            ),
            ("create role r1, r2", "create: account `r1`, account `r2`"),
            ("create server s foreign data wrapper mysql options (host 'h')", "invisible: "),
            ("alter table t add column a int, rename column b to c", "alter: table `t`"),
            ("alter online ignore table d.t engine=innodb", "alter: table `d`.`t` +ids"),
            ("alter table t rename to u", "alter: table `t`, table `u`"),
            ("alter table t add b int, rename as d.u", "alter: table `t`, table `d`.`u`"),
            ("alter table t exchange partition p with table x", "alter: table `t`, table `x` +ids !twice"),
            ("alter table t truncate partition p", "alter: table `t` +ids !twice"),
            ("alter database character set utf8mb4", "alter: the current database"),
            ("alter database d collate utf8mb4_bin", "alter: database `d`"),
            ("alter definer=x@y view v as select 1", "alter: table `v`"),
            ("alter event e rename to f", "alter: event `e`, event `f`"),
            ("alter user a@b identified by 'x'", "alter: account `a`@`b`"),
            ("alter sequence s restart 5", "alter: table `s` !twice"),
            ("drop table if exists a, d.b cascade", "drop if there: table `a`, table `d`.`b`"),
            ("drop view v", "drop: table `v`"),
            ("drop index i on t", "alter: table `t`"),
            ("drop temporary table t", "harmless: "),
            ("drop trigger if exists d.tr", "drop if there: trigger `d`.`tr`"),
            ("drop user a, b@c", "drop: account `a`, account `b`@`c`"),
            ("drop database d", "drop: database `d`"),
            ("rename table a to b, d.c to e", "rename: table `a`, table `b`, table `d`.`c`, table `e` +ids"),
            ("rename table a nowait to b", "rename: table `a`, table `b` +ids"),
            ("rename user a to b@c", "rename: account `a`, account `b`@`c`"),
            ("truncate t", "truncate: table `t` +ids !twice"),
            ("truncate table d.t", "truncate: table `d`.`t` +ids !twice"),
            (
                "grant select (a), insert on d.* to a@b, 'c' with grant option",
                "alter: account `a`@`b`, account `c`",
            ),
            ("grant r to u", "alter: account `u`"),
            ("revoke all privileges, grant option from a@b", "alter: account `a`@`b`"),
            (
                "set global max_connections = 5, session x = 3, @@global.y = (1, 2)",
                "alter: global variable max_connections, global variable y",
            ),
            ("set persist a = 1", "alter: global variable a"),
            ("set password for a@b = 'x'", "alter: account `a`@`b`"),
            ("set sql_mode = ''", "harmless: "),
            (
                "set statement lock_wait_timeout = 1, x = 'for' for alter table t add a int",
                "alter: table `t`",
            ),
            ("lock tables t write", "harmless: "),
            ("optimize table t", "harmless: "),
            ("flush privileges", "harmless: "),
            ("call p()", "invisible: "),
            ("load data infile 'x' into table t", "invisible: "),
            ("insert into t values (1)", "invisible: "),
            ("", "invisible: "),
            ("create", "invisible: "),
            ("drop table", "invisible: "),
        ];
        for (sql, expected) in cases {
            assert_eq!(shown(sql), expected, "{sql}");
        }
    }
}
