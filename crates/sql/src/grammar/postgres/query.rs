use squawk_syntax::{SyntaxKind as S, SyntaxNode};

use super::grammar::Grammar;
use super::tree;
use super::walk::{Walk, child, is_query, is_star, token};
use crate::lexer::TokenKind;
use crate::model::{
    Condition, Expr, Ident, Limit, Literal, NotAnalysed, Order, Query, QueryFacts, QueryInto, Reason, RowLock,
};

impl Grammar<'_> {
    /// Whether a query begins here: `SELECT`, `VALUES`, `TABLE`, `WITH`, also in parentheses.
    pub(super) fn is_query(&self) -> bool {
        let mut index = self.at;
        while self.token(index).kind == TokenKind::OpenParen {
            index += 1;
        }
        ["select", "values", "table", "with"].iter().any(|word| self.token_is(index, word))
    }

    /// The query that the tokens `start..end` are.
    pub(super) fn query(&mut self, start: usize, end: usize) -> Query {
        let query = self.plain_query(start, end).unwrap_or_else(|| self.parsed_query(start, end));
        self.at = end;
        query
    }

    /// [`Grammar::query`] by the parser.
    pub(super) fn parsed_query(&mut self, start: usize, end: usize) -> Query {
        let (from, to) = (self.token(start).start, self.token(end.max(start + 1) - 1).end);
        let span = self.source.span(from, to);
        let tokens = self.tokens.get(start..end).unwrap_or_default();
        let tree = match tree::parse(self.source.slice(from, to), tokens, self.source.text) {
            Ok(tree) => tree,
            Err(reason) => {
                self.not_analysed.push(NotAnalysed { span, reason });
                return Query::new(span, QueryFacts::default());
            }
        };
        let walk = Walk { source: self.source, lead: 0, from };
        if let Some((message, first, last)) = &tree.error {
            let span = self.source.span(walk.place(*first), walk.place(*last));
            self.not_analysed.push(NotAnalysed { span, reason: Reason::Syntax(message.clone()) });
        }
        let root = tree.root();
        let Some(node) = root.children().find(|it| is_query(it.kind())) else {
            return Query::new(span, walk.find(&root).facts);
        };
        let found = walk.find(&node);
        let mut query = Query::new(span, found.facts);
        self.clauses(&walk, &node, &mut query);
        query
    }

    fn clauses(&self, walk: &Walk<'_>, outer: &SyntaxNode, query: &mut Query) {
        let mut branch = outer.clone();
        loop {
            tail(self, walk, &branch, query);
            if !matches!(branch.kind(), S::COMPOUND_SELECT | S::PAREN_SELECT) {
                break;
            }
            match branch.children().find(|it| is_query(it.kind())) {
                Some(first) => branch = first,
                None => break,
            }
        }
        if branch.kind() == S::VALUES {
            let rows = branch.descendants().find(|it| it.kind() == S::ROW_LIST);
            query.value_rows = rows.map(|list| {
                u64::try_from(list.children().filter(|it| it.kind() == S::ROW).count()).unwrap_or(u64::MAX)
            });
        }
        query.has_from = child(&branch, S::FROM_CLAUSE).is_some() || branch.kind() == S::TABLE;
        query.grouped = child(&branch, S::GROUP_BY_CLAUSE).is_some();
        if let Some(select) = child(&branch, S::SELECT_CLAUSE) {
            query.distinct = child(&select, S::DISTINCT_CLAUSE).map(|it| walk.span(&it));
            if let Some(list) = child(&select, S::TARGET_LIST) {
                let targets = list.children().filter(|it| it.kind() == S::TARGET);
                query.outputs = targets.map(|target| output(walk, &target)).collect();
            }
        }
        if let Some(into) = child(&branch, S::INTO_CLAUSE)
            && let Some(name) = into.children().last().and_then(|it| walk.grammar(&it).name())
        {
            query.into = Some(QueryInto::Table(name));
        }
        let before = [S::WHERE_CLAUSE, S::FROM_CLAUSE, S::INTO_CLAUSE, S::SELECT_CLAUSE];
        if let Some(place) = before.iter().find_map(|kind| child(&branch, *kind)) {
            let (start, end) = walk.range(&place);
            let at = if place.kind() == S::WHERE_CLAUSE { start } else { end };
            query.filter_at = self.source.offset(at);
        }
        if let Some(clause) = child(&branch, S::WHERE_CLAUSE) {
            query.filter = condition_at(self, walk, &clause);
        }
    }

    /// `WHERE …` up to one of the words.
    pub(super) fn filter(&mut self, stops: &[&str]) -> Option<Condition> {
        let start = self.at;
        self.want("where")?;
        if self.are(&["current", "of"]) {
            self.at += 2;
            let cursor = self.ident()?;
            let expr = Expr::opaque(cursor.span);
            return Some(Condition { expr, span: self.since(start), ors: 0, ands: 0, current_of: true });
        }
        let from = self.at;
        let before = self.facts.clone();
        self.facts = QueryFacts::default();
        let expr = self.expr(stops);
        let mut inside = std::mem::replace(&mut self.facts, before);
        // The expression does not know that it is a condition.
        self.computed_filters(from, &mut inside);
        self.merge(inside);
        let (ands, ors) = self.junctions(from, self.at);
        Some(Condition { expr: expr?, span: self.since(start), ors, ands, current_of: false })
    }

    /// What `WHERE` alone can tell: the condition once more, as one of a query.
    fn computed_filters(&self, from: usize, facts: &mut QueryFacts) {
        let text = (self.token(from).start, self.before());
        if !self.tokens.get(from..self.at).unwrap_or_default().iter().any(|it| {
            matches!(
                it.kind,
                TokenKind::OpenParen | TokenKind::Symbol(b'+' | b'-' | b'*' | b'/' | b'|' | b':')
            )
        }) {
            return;
        }
        let lead = "SELECT WHERE ";
        let fragment = [lead, self.source.slice(text.0, text.1)].concat();
        let tokens = self.tokens.get(from..self.at).unwrap_or_default();
        if let Ok(tree) = tree::parse(&fragment, tokens, self.source.text) {
            let walk = Walk { source: self.source, lead: lead.len(), from: text.0 };
            facts.computed_filters = walk.find(&tree.root()).facts.computed_filters;
        }
    }

    /// Number of `AND` (of `BETWEEN` not) and of `OR`.
    pub(super) fn junctions(&self, from: usize, to: usize) -> (usize, usize) {
        let (mut ands, mut ors, mut betweens) = (0_usize, 0_usize, 0_usize);
        for index in from..to {
            if self.token_is(index, "between") {
                betweens += 1;
            } else if self.token_is(index, "or") {
                ors += 1;
            } else if self.token_is(index, "and") {
                if betweens > 0 {
                    betweens -= 1;
                } else {
                    ands += 1;
                }
            }
        }
        (ands, ors)
    }

    /// Items of `FROM`, with joins, up to one of the words on this level; their facts are merged.
    pub(super) fn relations(&mut self, stops: &[&str]) -> Option<()> {
        self.items(stops, "SELECT FROM ", "")
    }

    /// `source ON condition` of `MERGE`, up to `WHEN`.
    pub(super) fn merge_source(&mut self) -> Option<()> {
        self.items(&["when"], "MERGE INTO x USING ", " WHEN MATCHED THEN DO NOTHING")
    }

    fn items(&mut self, stops: &[&str], lead: &str, tail: &str) -> Option<()> {
        let start = self.at;
        while !self.at_end()
            && self.peek().kind != TokenKind::CloseParen
            && self.peek().kind != TokenKind::Delimiter
            && !self.is_any(stops)
        {
            if self.group().is_none() {
                self.at += 1;
            }
        }
        if self.at == start {
            return None;
        }
        let facts = self.fragment(start, self.at, lead, tail);
        self.merge(facts);
        Some(())
    }

    /// What is found in the tokens `start..end` when they stand between `lead` and `tail`.
    pub(super) fn fragment(&mut self, start: usize, end: usize, lead: &str, tail: &str) -> QueryFacts {
        let (from, to) = (self.token(start).start, self.token(end.max(start + 1) - 1).end);
        let fragment = [lead, self.source.slice(from, to), tail].concat();
        let span = self.source.span(from, to);
        let tokens = self.tokens.get(start..end).unwrap_or_default();
        match tree::parse(&fragment, tokens, self.source.text) {
            Ok(tree) => {
                if let Some((message, ..)) = &tree.error {
                    self.not_analysed.push(NotAnalysed { span, reason: Reason::Syntax(message.clone()) });
                }
                let walk = Walk { source: self.source, lead: lead.len(), from };
                let root = tree.root();
                root.first_child().map(|node| walk.find(&node).facts).unwrap_or_default()
            }
            Err(reason) => {
                self.not_analysed.push(NotAnalysed { span, reason });
                QueryFacts::default()
            }
        }
    }
}

/// `ORDER BY`, `LIMIT` and locks of a level, unless one further out has them.
fn tail(grammar: &Grammar<'_>, walk: &Walk<'_>, node: &SyntaxNode, query: &mut Query) {
    if query.order_by.is_empty()
        && let Some(list) = child(node, S::ORDER_BY_CLAUSE).and_then(|clause| child(&clause, S::SORT_BY_LIST))
    {
        for item in list.children().filter(|it| it.kind() == S::SORT_BY) {
            let Some(expr) = item.children().next() else { continue };
            let order = if child(&item, S::SORT_DESC).is_some() {
                Some(Order::Descending)
            } else {
                child(&item, S::SORT_ASC).map(|_| Order::Ascending)
            };
            query.order_by.push((grammar.expr_at(walk, &expr), order));
        }
    }
    if query.limit.is_none()
        && let Some(limit) = child(node, S::LIMIT_CLAUSE).or_else(|| child(node, S::FETCH_CLAUSE))
    {
        let number = limit.children().next().map(|it| grammar.expr_at(walk, &it));
        let count = match number.and_then(|it| it.literal) {
            Some(Literal::Number(number)) => number.parse().ok(),
            _ => None,
        };
        let offset = child(node, S::OFFSET_CLAUSE)
            .and_then(|clause| clause.children().next())
            .map(|it| grammar.expr_at(walk, &it));
        query.limit = Some(Limit { count, offset, span: walk.span(&limit) });
    }
    if query.lock.is_none()
        && let Some(clause) = child(node, S::LOCKING_CLAUSE)
    {
        let words = walk.grammar(&clause);
        let has = |word: &str| (0..words.tokens.len()).any(|index| words.token_is(index, word));
        query.lock = Some(RowLock {
            exclusive: has("update"),
            no_wait: has("nowait") || has("skip"),
            span: walk.span(&clause),
        });
    }
}

fn condition_at(grammar: &Grammar<'_>, walk: &Walk<'_>, clause: &SyntaxNode) -> Option<Condition> {
    let node = clause.children().next()?;
    let expr = grammar.expr_at(walk, &node);
    let words = walk.grammar(&node);
    let (ands, ors) = words.junctions(0, words.tokens.len());
    Some(Condition { expr, span: walk.span(clause), ors, ands, current_of: false })
}

fn output(walk: &Walk<'_>, target: &SyntaxNode) -> Option<Ident> {
    if is_star(target) {
        return None;
    }
    let named = child(target, S::AS_NAME).and_then(|it| child(&it, S::COLUMN_NAME));
    let node = match named {
        Some(node) => node,
        None => {
            let node = target.children().next()?;
            let plain = node.kind() == S::NAME_REF
                || (node.kind() == S::FIELD_EXPR
                    && node.descendants().all(|it| matches!(it.kind(), S::NAME_REF | S::FIELD_EXPR)));
            if !plain || token(&node, S::STAR).is_some() {
                return None;
            }
            node
        }
    };
    walk.grammar(&node).name().map(|name| name.name)
}
