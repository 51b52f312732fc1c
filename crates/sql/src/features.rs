use crate::Dialect;

/// What the lexer must know of a dialect. One table instead of one lexer each.
#[derive(Debug)]
pub(crate) struct Features {
    /// `/* /* */ */` nests (PostgreSQL).
    pub(crate) nested_comments: bool,
    /// A comment may run to the end of the text without `*/` (SQLite, tokenize.c).
    pub(crate) open_comments: bool,
    /// `#` begins a comment (MySQL).
    pub(crate) hash_comments: bool,
    /// `--` begins a comment only before a blank, a control character or the end (MySQL manual, Comments).
    pub(crate) dashes_need_blank: bool,
    /// A carriage return alone ends a `--` comment (PostgreSQL, scan.l: `non_newline [^\n\r]`).
    pub(crate) return_ends_comment: bool,
    /// `/*! … */` holds SQL.
    pub(crate) conditional_comments: bool,
    /// `/*M! … */` holds SQL (MariaDB).
    pub(crate) mariadb_comments: bool,
    /// A backslash escapes the next character in `'…'` and `"…"`.
    pub(crate) backslash_escapes: bool,
    /// `E'…'` with backslash escapes (PostgreSQL).
    pub(crate) escape_strings: bool,
    /// `$tag$ … $tag$` (PostgreSQL).
    pub(crate) dollar_quotes: bool,
    /// `AS $tag$ … $tag$` (MySQL 9: JavaScript programs); anywhere else `$` belongs to a name.
    pub(crate) dollar_bodies: bool,
    /// `` `name` ``.
    pub(crate) backticks: bool,
    /// `[name]` (SQLite).
    pub(crate) brackets: bool,
    /// `"…"` is a string, not a name (MySQL without `ANSI_QUOTES`).
    pub(crate) double_quoted_strings: bool,
    /// A name may begin with a digit (MySQL).
    pub(crate) digit_names: bool,
    /// A name may begin with `$` (MySQL; SQLite has variables like that).
    pub(crate) dollar_names: bool,
    /// `;` inside parentheses does not end a statement (psql; `CREATE RULE … DO (a; b)`).
    pub(crate) parens_protect: bool,
}

const POSTGRES: Features = Features {
    nested_comments: true,
    open_comments: false,
    hash_comments: false,
    dashes_need_blank: false,
    return_ends_comment: true,
    conditional_comments: false,
    mariadb_comments: false,
    backslash_escapes: false,
    escape_strings: true,
    dollar_quotes: true,
    dollar_bodies: false,
    backticks: false,
    brackets: false,
    double_quoted_strings: false,
    digit_names: false,
    dollar_names: false,
    parens_protect: true,
};

const MYSQL: Features = Features {
    nested_comments: false,
    open_comments: false,
    hash_comments: true,
    dashes_need_blank: true,
    return_ends_comment: false,
    conditional_comments: true,
    mariadb_comments: false,
    backslash_escapes: true,
    escape_strings: false,
    dollar_quotes: false,
    dollar_bodies: true,
    backticks: true,
    brackets: false,
    double_quoted_strings: true,
    digit_names: true,
    dollar_names: true,
    parens_protect: false,
};

const MARIADB: Features = Features { mariadb_comments: true, dollar_bodies: false, ..MYSQL };

const SQLITE: Features = Features {
    nested_comments: false,
    open_comments: true,
    return_ends_comment: false,
    escape_strings: false,
    dollar_quotes: false,
    backticks: true,
    brackets: true,
    dollar_names: true,
    parens_protect: false,
    ..POSTGRES
};

impl Features {
    pub(crate) const fn of(dialect: Dialect) -> &'static Self {
        match dialect {
            Dialect::Postgres => &POSTGRES,
            Dialect::Mysql => &MYSQL,
            Dialect::Mariadb => &MARIADB,
            Dialect::Sqlite => &SQLITE,
        }
    }
}
