use sluice_schema::{ConstraintKind, Index, Name, Relation};
use sluice_sql::model::{
    Comparison, Conjunct, ConjunctKind, Expr, Literal, PartitionAction, PartitionBound, Statement,
};
use sluice_text::{Evidence, Span};

use super::Model;
use crate::LockMode::{AccessExclusive, ShareRowExclusive, ShareUpdateExclusive};
use crate::WorkKind;
use crate::replay::name::{Purpose, key_word};

impl<'a> Model<'a> {
    pub(super) fn partition(&mut self, parent: &Name, action: &'a PartitionAction) {
        match action {
            PartitionAction::Attach { table, bound } => {
                let child = self.name(table);
                self.attach(parent, &child, bound);
            }
            PartitionAction::Detach { table, concurrently, finalize } => {
                let child = self.name(table);
                let default = self.default_partition(parent);
                if concurrently.is_written() || *finalize {
                    if default.is_some() && !finalize {
                        self.refuse(
                            "cannot detach partitions concurrently when a default partition exists"
                                .to_owned(),
                        );
                    }
                    self.out.lock(parent.clone(), ShareUpdateExclusive);
                    self.out.evidence = Evidence::Assumed;
                } else {
                    self.out.lock(parent.clone(), AccessExclusive);
                    self.take(default.as_slice(), AccessExclusive);
                }
                let tables = self.tree(&child);
                self.take(&tables, AccessExclusive);
            }
            _ => self.out.lock(parent.clone(), AccessExclusive),
        }
    }

    pub(super) fn default_partition(&self, parent: &Name) -> Option<Name> {
        let partitions = self.question.schema.relations.values();
        let mut defaults =
            partitions.filter(|one| one.default_partition && one.partition_of.as_ref() == Some(parent));
        defaults.next().map(|one| one.name.clone())
    }

    fn attach(&mut self, parent: &Name, child: &Name, bound: &'a PartitionBound) {
        self.out.lock(parent.clone(), ShareUpdateExclusive);
        let tables = self.tree(child);
        self.take(&tables, AccessExclusive);
        if let Some(default) = self.default_partition(parent) {
            let defaults = self.tree(&default);
            self.take(&defaults, AccessExclusive);
            self.work_on(WorkKind::Scan, &defaults);
        }
        let (whole, part) = (self.known(parent), self.known(child));
        let proven =
            whole.zip(part).is_some_and(|(whole, part)| proves(whole, part, bound, self.question.text));
        if !proven {
            self.work_on(WorkKind::Scan, &tables);
        }
        let Some(whole) = whole else { return };
        for (_, key) in whole.foreign_keys() {
            let parents = self.tree(&key.table);
            self.take(&parents, ShareRowExclusive);
            let there = part.is_some_and(|part| {
                part.foreign_keys().any(|(_, own)| own.table == key.table && own.columns == key.columns)
            });
            if !there {
                self.work_on(WorkKind::ForeignKeyCheck, &tables);
            }
        }
        for index in &whole.indexes {
            self.take_index(parent, &index.name, ShareUpdateExclusive);
            if part.is_some_and(|part| part.indexes.iter().any(|own| alike(index, own))) {
                continue;
            }
            let words: Vec<&str> = index.keys.iter().map(key_word).collect();
            let purpose = match index.constraint.as_ref().and_then(|name| whole.constraint(name)) {
                Some(constraint) => match constraint.kind {
                    ConstraintKind::PrimaryKey { .. } => Purpose::PrimaryKey,
                    _ => Purpose::Unique,
                },
                None => Purpose::Index,
            };
            self.build_index(child, None, &words, purpose);
        }
    }
}

/// Whether an index of a partition can serve as its part of one of the whole.
fn alike(whole: &Index, part: &Index) -> bool {
    whole.unique == part.unique
        && whole.method == part.method
        && whole.filter == part.filter
        && whole.keys == part.keys
        && (whole.constraint.is_none() || part.constraint.is_some())
}

/// Whether checks of a table prove that its rows belong into a partition. Understood are ranges over one column.
fn proves(whole: &Relation, part: &Relation, bound: &PartitionBound, text: &str) -> bool {
    let PartitionBound::Range { from, to } = bound else { return false };
    let Some(by) = &whole.partitioned_by else { return false };
    let ([column], [from], [to]) = (by.columns.as_slice(), from.as_slice(), to.as_slice()) else {
        return false;
    };
    let checks = part.constraints.iter().filter(|one| one.validated && one.enforced);
    let conjuncts: Vec<Conjunct> = checks
        .filter_map(|one| match &one.kind {
            ConstraintKind::Check { text, .. } => Some(conjuncts(text)),
            _ => None,
        })
        .flatten()
        .collect();
    let not_null = part.proves_not_null(column) || part.column(column).is_some_and(|column| column.not_null);
    not_null
        && side(&conjuncts, column, from, text, |operator, limit, value| match operator {
            Comparison::GreaterOrEqual | Comparison::Greater | Comparison::Equal => value >= limit,
            _ => false,
        })
        && side(&conjuncts, column, to, text, |operator, limit, value| match operator {
            Comparison::Less => value <= limit,
            Comparison::LessOrEqual | Comparison::Equal => value < limit,
            _ => false,
        })
}

/// What a check's text demands, one condition each.
fn conjuncts(check: &str) -> Vec<Conjunct> {
    let statement = format!("SELECT 1 WHERE {check}");
    let whole = Span::new(0, statement.len());
    let parsed = sluice_sql::parse(sluice_sql::Dialect::Postgres, &statement, whole);
    match parsed.statement {
        Statement::Query(query) => query.filter.map(|filter| filter.expr.conjuncts).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// Whether one of the conditions is at least as narrow as one side of a range. `MINVALUE` and `MAXVALUE` are no limits.
fn side(
    conjuncts: &[Conjunct],
    column: &str,
    limit: &Expr,
    text: &str,
    narrow: impl Fn(Comparison, Order<'_>, Order<'_>) -> bool,
) -> bool {
    let written = limit.span.slice(text).trim();
    if written.eq_ignore_ascii_case("minvalue") || written.eq_ignore_ascii_case("maxvalue") {
        return true;
    }
    let Some(limit) = limit.literal.as_ref().and_then(order) else { return false };
    conjuncts.iter().any(|conjunct| match &conjunct.kind {
        ConjunctKind::Compare { column: of, operator, value } => {
            of.name.text.eq_ignore_ascii_case(column)
                && order(value).is_some_and(|value| narrow(*operator, limit, value))
        }
        _ => false,
    })
}

/// A literal that can be compared. Texts are compared as dates are written; other texts prove nothing.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Order<'a> {
    Number(f64),
    Day(&'a str),
}

fn order(literal: &Literal) -> Option<Order<'_>> {
    match literal {
        Literal::Number(number) => number.parse().ok().map(Order::Number),
        Literal::Text(text) if is_day(text) => Some(Order::Day(text)),
        _ => None,
    }
}

/// `2024-01-31`, with nothing behind it: dates of this form sort as texts.
fn is_day(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}
