use sluice_text::Span;
use squawk_syntax::{SyntaxKind as S, SyntaxNode, SyntaxToken};

use super::grammar::Grammar;
use super::name::literal_value;
use super::source::Source;
use crate::model::{Call, ColumnRef, Cte, Ident, InList, Join, ObjectName, Pattern, QueryFacts, TableRef};

/// What is found in a tree.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) facts: QueryFacts,
    pub(super) subqueries: Vec<Span>,
    pub(super) computes: bool,
    pub(super) ands: usize,
    pub(super) ors: usize,
}

/// A tree's place in the text: byte 0 of the tree is `from - lead`.
#[derive(Clone, Copy)]
pub(super) struct Walk<'a> {
    pub(super) source: Source<'a>,
    /// Bytes of the fragment that were put before the text.
    pub(super) lead: usize,
    /// Where the text begins that was handed over.
    pub(super) from: usize,
}

impl Walk<'_> {
    /// Start and end in the text.
    pub(super) fn range(&self, node: &SyntaxNode) -> (usize, usize) {
        // Blanks and comments may hang at either end of a node.
        let first = significant(node, true);
        let last = significant(node, false);
        match (first, last) {
            (Some(first), Some(last)) => {
                (self.place(first.text_range().start().into()), self.place(last.text_range().end().into()))
            }
            _ => {
                let at = self.place(node.text_range().start().into());
                (at, at)
            }
        }
    }

    pub(super) fn place(&self, at: usize) -> usize {
        (at + self.from).saturating_sub(self.lead)
    }

    pub(super) fn span(&self, node: &SyntaxNode) -> Span {
        let (start, end) = self.range(node);
        self.source.span(start, end)
    }

    fn token_span(&self, token: &SyntaxToken) -> Span {
        let range = token.text_range();
        self.source.span(self.place(range.start().into()), self.place(range.end().into()))
    }

    /// Reads what is in the range of a node with our own tokens.
    pub(super) fn grammar(&self, node: &SyntaxNode) -> Grammar<'_> {
        let (start, end) = self.range(node);
        Grammar::new(self.source, start, end)
    }

    fn name(&self, node: &SyntaxNode) -> Option<ObjectName> {
        self.grammar(node).name()
    }

    fn ident(&self, node: &SyntaxNode) -> Option<Ident> {
        self.grammar(node).ident()
    }

    /// Everything in `root`.
    pub(super) fn find(&self, root: &SyntaxNode) -> Found {
        let mut found = Found::default();
        let mut names: Vec<String> = Vec::new();
        for node in root.descendants() {
            if node.kind() == S::CTE_NAME
                && let Some(name) = self.ident(&node)
            {
                names.push(name.folded(crate::Dialect::Postgres).into_owned());
            }
        }
        // No recursion: a chain of operators is a deep tree.
        let mut open = vec![root.clone()];
        while let Some(node) = open.pop() {
            if !self.visit(&node, node == *root, &names, &mut found) {
                let from = open.len();
                open.extend(node.children());
                if let Some(children) = open.get_mut(from..) {
                    children.reverse();
                }
            }
        }
        found
    }

    /// Takes a node; says whether what is inside of it was taken too.
    fn visit(&self, node: &SyntaxNode, is_root: bool, names: &[String], found: &mut Found) -> bool {
        match node.kind() {
            S::RELATION_FROM_ITEM => self.table(node, names, found),
            S::RELATION_NAME if child(node, S::RELATION_NAME_REF).is_some() => self.table(node, names, found),
            S::CALL_EXPR => self.call(node, found),
            S::JSON_TABLE | S::XML_TABLE => {}
            S::NAME_REF => self.name_ref(node, found),
            S::FIELD_EXPR => return self.field(node, found),
            S::TARGET => self.target(node, found),
            S::JOIN => self.join(node, found),
            S::FROM_CLAUSE | S::USING_CLAUSE => {
                for comma in tokens(node).filter(|token| token.kind() == S::COMMA) {
                    found.facts.joins.push(Join { conditional: false, span: self.token_span(&comma) });
                }
            }
            S::BIN_EXPR => self.binary(node, found),
            S::PREFIX_EXPR => {}
            S::CAST_EXPR => self.cast(node, found),
            S::LITERAL if token(node, S::POSITIONAL_PARAM).is_some() => {
                found.facts.parameters.push(self.span(node));
            }
            S::NON_STANDARD_PARAM => {
                found.facts.parameters.push(self.span(node));
                return true;
            }
            S::COMPOUND_SELECT => {
                let operations =
                    node.children().filter(|it| matches!(it.kind(), S::UNION | S::INTERSECT | S::EXCEPT));
                found.facts.set_operations += operations.count();
            }
            S::WITH_TABLE => return self.with_table(node, found),
            S::INSERT | S::UPDATE | S::DELETE | S::MERGE if !is_root => return true,
            S::LOCKING_OF | S::JOIN_USING_CLAUSE => return true,
            S::WHERE_CLAUSE | S::ON_CLAUSE => self.condition(node, found),
            _ => {}
        }
        if is_query(node.kind()) && !is_root && self.is_subquery(node) {
            found.subqueries.push(self.span(node));
        }
        false
    }

    fn is_subquery(&self, node: &SyntaxNode) -> bool {
        node.parent().is_some_and(|parent| {
            let kind = parent.kind();
            kind != S::WITH_TABLE
                && kind != S::COMPOUND_SELECT
                && kind != S::SOURCE_FILE
                && kind != S::PAREN_SELECT
        })
    }

    fn table(&self, node: &SyntaxNode, names: &[String], found: &mut Found) {
        let Some(name) = child(node, S::RELATION_NAME_REF).and_then(|name| self.name(&name)) else { return };
        if name.qualifiers.is_empty() {
            let folded = name.name.folded(crate::Dialect::Postgres);
            if names.iter().any(|cte| *cte == folded) {
                return;
            }
        }
        let alias = child(node, S::FROM_ALIAS)
            .and_then(|alias| alias.descendants().find(|it| it.kind() == S::TABLE_ALIAS))
            .and_then(|alias| self.ident(&alias));
        let only = token(node, S::ONLY_KW).is_some();
        found.facts.reads.push(TableRef { name, alias, only, partitions: Vec::new() });
    }

    fn call(&self, node: &SyntaxNode, found: &mut Found) {
        let Some(head) = node.children().next() else { return };
        let name = match head.kind() {
            S::NAME_REF | S::FIELD_EXPR => self.name(&head),
            S::ANY_FN | S::SOME_FN | S::ALL_FN | S::EXISTS_FN => return,
            _ => significant(&head, true).map(|token| {
                ObjectName::bare(Ident::bare(token.text().to_ascii_lowercase(), self.token_span(&token)))
            }),
        };
        let Some(name) = name else { return };
        let arguments: Vec<SyntaxNode> = child(node, S::ARG_LIST)
            .map(|list| list.children().filter(|it| it.kind() == S::ARG).collect())
            .unwrap_or_default();
        let first_text = arguments.first().and_then(text_of);
        found.facts.calls.push(Call { name, arguments: arguments.len(), first_text, span: self.span(node) });
    }

    fn name_ref(&self, node: &SyntaxNode, found: &mut Found) {
        let Some(parent) = node.parent() else { return };
        if parent.kind() == S::CALL_EXPR && node.prev_sibling().is_none() {
            return;
        }
        let Some(name) = self.ident(node) else { return };
        let span = name.span;
        if !name.quoted && is_call_word(&name.text) {
            let arguments = 0;
            found.facts.calls.push(Call { name: ObjectName::bare(name), arguments, first_text: None, span });
        } else {
            found.facts.columns.push(ColumnRef { table: None, name, span });
        }
    }

    /// `t.c`, `s.t.c`, `t.*`; says whether it was one of them.
    fn field(&self, node: &SyntaxNode, found: &mut Found) -> bool {
        if node.parent().is_some_and(|parent| parent.kind() == S::CALL_EXPR) && node.prev_sibling().is_none()
        {
            return true;
        }
        let plain = node.descendants().skip(1).all(|it| matches!(it.kind(), S::NAME_REF | S::FIELD_EXPR));
        if !plain {
            return false;
        }
        if token(node, S::STAR).is_some() {
            return true;
        }
        let Some(name) = self.name(node) else { return true };
        let table = ObjectName::from_parts(name.qualifiers);
        found.facts.columns.push(ColumnRef { table, name: name.name, span: name.span });
        true
    }

    fn target(&self, node: &SyntaxNode, found: &mut Found) {
        let clause = node.parent().and_then(|list| list.parent());
        let Some(clause) = clause.filter(|clause| clause.kind() == S::SELECT_CLAUSE) else { return };
        let in_exists = clause
            .parent()
            .and_then(|select| select.parent())
            .is_some_and(|around| around.kind() == S::EXISTS_FN);
        if is_star(node) && !in_exists {
            found.facts.stars.push(self.span(node));
        }
    }

    fn join(&self, node: &SyntaxNode, found: &mut Found) {
        let kinds = || node.children().map(|it| it.kind());
        let natural = node.descendants_with_tokens().take(12).any(|it| it.kind() == S::NATURAL_KW);
        let conditional =
            natural || kinds().any(|it| matches!(it, S::ON_CLAUSE | S::JOIN_USING_CLAUSE | S::JOIN_CROSS));
        let keyword = node
            .descendants_with_tokens()
            .filter_map(|it| it.into_token())
            .find(|token| token.kind() == S::JOIN_KW);
        if let Some(keyword) = keyword {
            found.facts.joins.push(Join { conditional, span: self.token_span(&keyword) });
        }
    }

    fn binary(&self, node: &SyntaxNode, found: &mut Found) {
        let mut operands = node.children().filter(|it| !is_operator(it.kind()));
        let (left, right) = (operands.next(), operands.next());
        let Some(operator) = operator(node) else { return };
        let words = operator.to_ascii_lowercase();
        match words.as_str() {
            "and" => found.ands += 1,
            "or" => found.ors += 1,
            "in" | "not in" => {
                let list = right.filter(|it| {
                    it.kind() == S::TUPLE_EXPR
                        || (it.kind() == S::PAREN_EXPR && !it.children().any(|inner| is_query(inner.kind())))
                });
                if let Some(list) = list {
                    found.facts.in_lists.push(InList {
                        values: list.children().count(),
                        negated: words == "not in",
                        has_null: list.children().any(|value| is_null(&value)),
                        span: self.span(&list),
                    });
                }
            }
            "like" | "not like" | "ilike" | "not ilike" | "similar to" | "not similar to" | "~~" | "!~~"
            | "~~*" | "!~~*" => {
                if let Some(pattern) = right
                    && let Some(text) = literal_text(&pattern)
                {
                    found.facts.patterns.push(Pattern {
                        leading_wildcard: text.starts_with(['%', '_']),
                        literal: !text.contains(['%', '_']),
                        span: self.span(&pattern),
                    });
                }
            }
            "=" | "<>" | "!=" if [&left, &right].into_iter().flatten().any(is_null) => {
                found.facts.null_comparisons.push(self.span(node));
            }
            _ => {}
        }
        let compares = matches!(words.as_str(), "<" | ">" | "<=" | ">=" | "=" | "<>" | "!=" | "and" | "or");
        if !found.computes && !compares && !words.starts_with(|first: char| first.is_ascii_alphabetic()) {
            found.computes = node.descendants().any(|it| matches!(it.kind(), S::NAME_REF));
        }
    }

    fn cast(&self, node: &SyntaxNode, found: &mut Found) {
        if let Some(data_type) = cast_type(node).and_then(|data_type| self.grammar(&data_type).data_type()) {
            found.facts.casts.push(data_type);
        }
    }

    fn with_table(&self, node: &SyntaxNode, found: &mut Found) -> bool {
        let Some(name) = child(node, S::CTE_NAME).and_then(|name| self.ident(&name)) else { return false };
        let dml =
            node.children().find(|it| matches!(it.kind(), S::INSERT | S::UPDATE | S::DELETE | S::MERGE));
        let writes = dml.map(|dml| {
            let (start, end) = self.range(&dml);
            Box::new(super::statement(self.source.deeper(), start, end))
        });
        let taken = writes.is_some();
        found.facts.ctes.push(Cte { name, writes, span: self.span(node) });
        taken
    }

    /// Sides of comparisons in a condition that compute something from a column.
    fn condition(&self, node: &SyntaxNode, found: &mut Found) {
        let comparisons = node.descendants().filter(|it| it.kind() == S::BIN_EXPR).filter(|it| {
            operator(it).is_some_and(|operator| {
                matches!(
                    operator.to_ascii_lowercase().as_str(),
                    "=" | "<" | ">" | "<=" | ">=" | "<>" | "!=" | "like" | "ilike" | "in"
                )
            })
        });
        for comparison in comparisons {
            // Of a subquery's own conditions its own clause tells.
            let nearest = comparison
                .ancestors()
                .find(|it| matches!(it.kind(), S::WHERE_CLAUSE | S::ON_CLAUSE | S::SELECT_CLAUSE));
            if nearest.as_ref() != Some(node) {
                continue;
            }
            for side in comparison.children().filter(|it| !is_operator(it.kind())) {
                let computed = match side.kind() {
                    S::CALL_EXPR => child(&side, S::ARG_LIST).is_some_and(|list| names_column(&list)),
                    S::BIN_EXPR => names_column(&side),
                    S::CAST_EXPR => names_column(&side),
                    _ => false,
                };
                let subquery = side.descendants().any(|it| is_query(it.kind()));
                if computed && !subquery {
                    found.facts.computed_filters.push(self.span(&side));
                }
            }
        }
    }
}

fn names_column(node: &SyntaxNode) -> bool {
    node.descendants().any(|it| it.kind() == S::NAME_REF && !is_head(&it))
}

fn is_head(node: &SyntaxNode) -> bool {
    node.parent().is_some_and(|it| it.kind() == S::CALL_EXPR) && node.prev_sibling().is_none()
}

pub(super) fn child(node: &SyntaxNode, kind: S) -> Option<SyntaxNode> {
    node.children().find(|it| it.kind() == kind)
}

fn tokens(node: &SyntaxNode) -> impl Iterator<Item = SyntaxToken> {
    node.children_with_tokens().filter_map(|it| it.into_token())
}

pub(super) fn token(node: &SyntaxNode, kind: S) -> Option<SyntaxToken> {
    tokens(node).find(|it| it.kind() == kind)
}

fn significant(node: &SyntaxNode, first: bool) -> Option<SyntaxToken> {
    let mut token = if first { node.first_token() } else { node.last_token() }?;
    let range = node.text_range();
    while matches!(token.kind(), S::WHITESPACE | S::COMMENT) {
        token = if first { token.next_token() } else { token.prev_token() }?;
        if !range.contains_range(token.text_range()) {
            return None;
        }
    }
    Some(token)
}

pub(super) fn is_query(kind: S) -> bool {
    matches!(kind, S::SELECT | S::SELECT_INTO | S::COMPOUND_SELECT | S::VALUES | S::TABLE | S::PAREN_SELECT)
}

pub(super) fn is_star(target: &SyntaxNode) -> bool {
    token(target, S::STAR).is_some()
        || child(target, S::FIELD_EXPR).is_some_and(|field| token(&field, S::STAR).is_some())
}

fn is_operator(kind: S) -> bool {
    matches!(
        kind,
        S::CUSTOM_OP
            | S::NOT_LIKE
            | S::NOT_ILIKE
            | S::NOT_IN
            | S::SIMILAR_TO
            | S::NOT_SIMILAR_TO
            | S::IS_NOT
            | S::IS_DISTINCT_FROM
            | S::IS_NOT_DISTINCT_FROM
            | S::AT_TIME_ZONE
            | S::LTEQ
            | S::GTEQ
            | S::NEQ
            | S::NEQB
            | S::OPERATOR_CALL
            | S::COLON_COLON
    )
}

/// The operator of a binary expression: the text between its operands, blanks single.
fn operator(node: &SyntaxNode) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    for element in node.children_with_tokens() {
        match (element.as_token(), element.as_node()) {
            (Some(token), _) if !matches!(token.kind(), S::WHITESPACE | S::COMMENT) => {
                parts.push(token.text().to_owned());
            }
            (_, Some(inner)) if is_operator(inner.kind()) => {
                let text = inner.text().to_string();
                parts.push(text.split_ascii_whitespace().collect::<Vec<_>>().join(" "));
            }
            _ => {}
        }
    }
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn is_null(node: &SyntaxNode) -> bool {
    node.kind() == S::LITERAL && token(node, S::NULL_KW).is_some()
}

fn literal_text(node: &SyntaxNode) -> Option<String> {
    if node.kind() != S::LITERAL {
        return None;
    }
    let token =
        tokens(node).find(|it| matches!(it.kind(), S::STRING | S::ESC_STRING | S::DOLLAR_QUOTED_STRING))?;
    Some(literal_value(token.text()))
}

/// The string that an argument is, cast or not.
fn text_of(argument: &SyntaxNode) -> Option<String> {
    let value = argument.children().next()?;
    match value.kind() {
        S::CAST_EXPR => child(&value, S::LITERAL).as_ref().and_then(literal_text),
        _ => literal_text(&value),
    }
}

/// The type node of a cast.
pub(super) fn cast_type(node: &SyntaxNode) -> Option<SyntaxNode> {
    node.children().find(|it| {
        matches!(
            it.kind(),
            S::PATH_TYPE
                | S::ARRAY_TYPE
                | S::VARCHAR_TYPE
                | S::CHARACTER_TYPE
                | S::BIT_VARYING_TYPE
                | S::PERCENT_TYPE
                | S::TIMESTAMP_TYPE
                | S::TIME_TYPE
                | S::INTERVAL_TYPE
                | S::DOUBLE_TYPE
                | S::BIT_TYPE
        )
    })
}

/// Keywords that are calls without parentheses.
pub(super) fn is_call_word(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "current_timestamp",
        "current_date",
        "current_time",
        "localtime",
        "localtimestamp",
        "current_user",
        "session_user",
        "current_role",
        "current_catalog",
        "current_schema",
        "user",
        "system_user",
    ];
    WORDS.iter().any(|it| word.eq_ignore_ascii_case(it))
}
