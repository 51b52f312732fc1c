//! The plainest queries: columns of one table, by simple conditions. They need no tree.

use super::grammar::Grammar;
use crate::lexer::TokenKind;
use crate::model::{Condition, Ident, Limit, Literal, ObjectName, Order, Query, QueryFacts, TableRef};

/// Queries of more tokens are not tried without the parser.
const LONGEST: usize = 64;

impl Grammar<'_> {
    /// `SELECT columns FROM table WHERE … ORDER BY … LIMIT …` at the tokens `start..end`, as the parser would say it; none where
    /// it is anything else.
    pub(super) fn plain_query(&mut self, start: usize, end: usize) -> Option<Query> {
        if end > start + LONGEST || !self.token_is(start, "select") {
            return None;
        }
        let at = std::mem::replace(&mut self.at, start + 1);
        let outer = std::mem::take(&mut self.facts);
        let found = self.plain_here(start, end);
        let facts = std::mem::replace(&mut self.facts, outer);
        self.at = at;
        found.map(|query| Query { facts, ..query })
    }

    fn plain_here(&mut self, start: usize, end: usize) -> Option<Query> {
        let mut query = Query::new(self.span_of(start, end), QueryFacts::default());
        query.outputs = self.commas(|it| it.plain_output(end))?;
        query.filter_at = self.source.offset(self.before());
        if self.at < end {
            self.want("from")?;
            let table = self.plain_table(end)?;
            self.facts.reads.push(table);
            query.has_from = true;
            query.filter_at = self.source.offset(self.before());
        }
        if self.at < end && self.is("where") {
            let from = self.at;
            query.filter_at = self.source.offset(self.peek().start);
            let to = self.clause_end(end);
            let expr = self.simple(from + 1, to)?;
            let (ands, ors) = self.junctions(from + 1, to);
            self.at = to;
            query.filter = Some(Condition { expr, span: self.since(from), ors, ands, current_of: false });
        }
        if self.at < end && self.skip(&["order", "by"]) {
            query.order_by = self.commas(|it| {
                let (from, _) = (it.at, it.plain_name(end)?);
                let expr = it.simple(from, it.at)?;
                let order = if it.eat("desc") {
                    Some(Order::Descending)
                } else {
                    it.eat("asc").then_some(Order::Ascending)
                };
                Some((expr, order))
            })?;
        }
        if self.at < end && self.is("limit") {
            let from = self.at;
            self.at += 1;
            let Some(Literal::Number(number)) = self.literal() else { return None };
            query.limit = Some(Limit { count: number.parse().ok(), offset: None, span: self.since(from) });
        }
        (self.at == end).then_some(query)
    }

    /// Where the condition ends that begins here.
    fn clause_end(&self, end: usize) -> usize {
        let stops = ["order", "limit"];
        (self.at..end).find(|index| stops.iter().any(|stop| self.token_is(*index, stop))).unwrap_or(end)
    }

    /// `*`, `t.*`, `a`, `t.a AS b`. What it is called, unless it is a star.
    fn plain_output(&mut self, end: usize) -> Option<Option<Ident>> {
        let start = self.at;
        if self.symbol(b'*') {
            self.facts.stars.push(self.since(start));
            return Some(None);
        }
        let name = self.plain_name(end)?;
        if self.at + 1 < end && self.is_symbol(b'.') && self.nth(1).kind == TokenKind::Symbol(b'*') {
            self.at += 2;
            self.facts.stars.push(self.since(start));
            return Some(None);
        }
        self.simple(start, self.at)?;
        if self.at < end && self.eat("as") {
            return self.ident().map(Some);
        }
        Some(Some(name.name))
    }

    fn plain_table(&mut self, end: usize) -> Option<TableRef> {
        let name = self.plain_name(end)?;
        let mut alias = None;
        if self.at < end {
            let named = self.eat("as");
            let is_name = matches!(self.peek().kind, TokenKind::Word | TokenKind::QuotedName);
            if named || (is_name && !self.is_reserved_here()) {
                alias = Some(self.plain_ident()?);
            }
        }
        Some(TableRef { name, alias, only: false, partitions: Vec::new() })
    }

    /// A name with its qualifiers, and no keyword that means something else here.
    fn plain_name(&mut self, end: usize) -> Option<ObjectName> {
        let mut parts = vec![self.plain_ident()?];
        while self.at + 1 < end && self.is_symbol(b'.') && self.nth(1).kind != TokenKind::Symbol(b'*') {
            self.at += 1;
            parts.push(self.plain_ident()?);
        }
        ObjectName::from_parts(parts)
    }

    fn plain_ident(&mut self) -> Option<Ident> {
        (!self.is_reserved_here()).then(|| self.ident()).flatten()
    }

    fn is_reserved_here(&self) -> bool {
        let token = self.peek();
        let text = self.text(token);
        token.kind == TokenKind::Word
            && (text.len() == 1 && matches!(text, "U" | "u")
                || RESERVED.iter().any(|word| text.eq_ignore_ascii_case(word)))
    }
}

/// Key words that are not names of columns or tables without quotes, and some that mean more than a name where they stand first
/// (PostgreSQL manual, appendix C: reserved, "can be function or type", and "cannot be function or type").
const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "date",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "json",
    "json_array",
    "json_arrayagg",
    "json_exists",
    "json_object",
    "json_objectagg",
    "json_query",
    "json_scalar",
    "json_serialize",
    "json_table",
    "json_value",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "merge_action",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
];

#[cfg(test)]
mod tests {
    use super::super::source::{Place, Source};
    use super::*;

    /// The fast way is an optimisation: nobody may see a difference.
    #[test]
    fn plain_queries_say_what_the_parser_says() {
        let plain = [
            "SELECT * FROM t",
            "select a from t",
            "SELECT a, b FROM s.t WHERE a <> ''",
            "SELECT id, name FROM t -- which\n WHERE name = 'x' AND t.id > 5 /* all */",
            "SELECT t.* FROM t AS x",
            "SELECT x.a AS b, \"C d\" FROM db.s.t x WHERE x.a = now()",
            "SELECT name, type, key FROM settings ORDER BY name DESC, key LIMIT 10",
            "SELECT a FROM t LIMIT 1",
            "SELECT a FROM t ORDER BY t.a ASC",
            "SELECT a.b.c FROM a.b",
            "SELECT a",
            "SELECT a AS order",
        ];
        let left_alone = [
            "SELECT 1",
            "SELECT DISTINCT a FROM t",
            "SELECT a b FROM t",
            "SELECT a FROM t, u",
            "SELECT a FROM t JOIN u ON t.a = u.a",
            "SELECT a FROM t LEFT JOIN u USING (a)",
            "SELECT a FROM t WHERE a = 1 OR b = 2",
            "SELECT count(*) FROM t",
            "SELECT a FROM t GROUP BY a",
            "SELECT a FROM t FOR UPDATE",
            "SELECT a FROM t ORDER BY a NULLS FIRST",
            "SELECT a FROM t LIMIT 1 OFFSET 2",
            "SELECT a FROM t UNION SELECT b FROM u",
            "SELECT a FROM t WHERE a IN (SELECT b FROM u)",
            "SELECT a FROM t WHERE a = (1)",
            "SELECT user FROM t",
            "SELECT date '2020-01-01'",
            "SELECT a INTO b FROM t",
            "SELECT a[1] FROM t",
            "SELECT a FROM ONLY t",
            "SELECT a FROM f() AS x",
            "SELECT FROM t",
            "SELECT a FROM t AS x (b)",
            "SELECT a FROM t TABLESAMPLE system (1)",
            "SELECT (a) FROM t",
            "SELECT a FROM t WHERE",
            "SELECT a,",
        ];
        for (texts, is_plain) in [(&plain[..], true), (&left_alone, false)] {
            for text in texts {
                let source = Source { text, place: Place::At(0), depth: 0 };
                let grammar = || Grammar::new(source, 0, text.len());
                let (mut fast, mut slow) = (grammar(), grammar());
                let end = fast.tokens.len();
                let found = fast.plain_query(0, end);
                assert_eq!(found.is_some(), is_plain, "{text}");
                assert_eq!(fast.at, 0, "{text}");
                let Some(found) = found else { continue };
                assert_eq!(format!("{found:?}"), format!("{:?}", slow.parsed_query(0, end)), "{text}");
                assert_eq!(fast.not_analysed, slow.not_analysed, "{text}");
            }
        }
    }
}
