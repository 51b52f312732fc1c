//! `PARTITION BY` and the definitions of partitions.

use super::parser::Parser;
use crate::model::{Expr, Ident, PartitionBound, PartitionBy, PartitionDef, PartitionMethod};

impl Parser<'_> {
    /// `PARTITION BY …` with all that belongs to it.
    pub(super) fn partition_by(&mut self) -> Option<PartitionBy> {
        let start = self.token.start;
        self.accept("partition");
        let mut by = self.method_by()?;
        if self.accept("partitions") {
            by.count = self.number();
        }
        if self.accept("subpartition") {
            let from = self.last;
            let mut sub = self.method_by()?;
            if self.accept("subpartitions") {
                sub.count = self.number();
            }
            sub.span = self.since(from);
            by.subpartition = Some(Box::new(sub));
        }
        if self.is_open() {
            by.partitions = self.partition_defs();
        }
        by.span = self.since(start);
        Some(by)
    }

    /// `BY [LINEAR] HASH (expr)`, `BY KEY [ALGORITHM=n] (columns)`, `BY RANGE [COLUMNS] (…)`, …
    fn method_by(&mut self) -> Option<PartitionBy> {
        let start = self.token.start;
        self.accept("by");
        self.accept("linear");
        let method = if self.accept("hash") {
            PartitionMethod::Hash
        } else if self.accept("key") {
            if self.accept("algorithm") {
                self.equals_word();
            }
            PartitionMethod::Key
        } else if self.accept("range") {
            PartitionMethod::Range
        } else if self.accept("list") {
            PartitionMethod::List
        } else if self.accept("system_time") {
            PartitionMethod::SystemTime
        } else {
            return None;
        };
        self.accept("columns");
        let mut keys = Vec::new();
        if self.is_open() {
            keys = self.exprs_in_parens();
        } else if method == PartitionMethod::SystemTime {
            self.system_time_rotation();
        }
        Some(PartitionBy {
            method,
            keys,
            count: None,
            subpartition: None,
            partitions: Vec::new(),
            span: self.since(start),
        })
    }

    /// `INTERVAL 1 MONTH STARTS x AUTO`, `LIMIT n`.
    fn system_time_rotation(&mut self) {
        loop {
            if self.is("interval") {
                self.scan_expr();
            } else if self.accept("limit") {
                self.number();
            } else if self.accept("starts") {
                self.scan_expr();
            } else if !self.accept("auto") {
                return;
            }
        }
    }

    /// `(expr, expr, …)`; `MAXVALUE` has no literal.
    fn exprs_in_parens(&mut self) -> Vec<Expr> {
        self.items(Self::expr)
    }

    /// `(PARTITION p …, PARTITION q …)`.
    pub(super) fn partition_defs(&mut self) -> Vec<PartitionDef> {
        self.items(Self::partition_def)
    }

    /// `PARTITION name VALUES … options (SUBPARTITION …)`.
    pub(super) fn partition_def(&mut self) -> Option<PartitionDef> {
        let start = self.token.start;
        if !self.accept("partition") {
            return None;
        }
        let name = self.ident()?;
        let bound = self.partition_bound();
        let mut options = Vec::new();
        self.partition_options(&mut options);
        let subpartitions = if self.is_open() { self.subpartitions() } else { Vec::new() };
        Some(PartitionDef { name, bound, options, subpartitions, span: self.since(start) })
    }

    fn partition_options(&mut self, options: &mut Vec<crate::model::TableOption>) {
        loop {
            self.accept("storage");
            match self.table_option() {
                Some(option) => options.push(option),
                None => return,
            }
        }
    }

    fn partition_bound(&mut self) -> Option<PartitionBound> {
        if self.accept_all(&["values", "less", "than"]) {
            if self.accept("maxvalue") {
                return Some(PartitionBound::LessThan(Vec::new()));
            }
            return self.is_open().then(|| PartitionBound::LessThan(self.exprs_in_parens()));
        }
        if self.accept_all(&["values", "in"]) {
            return self.is_open().then(|| PartitionBound::In(self.exprs_in_parens()));
        }
        if self.accept("default") {
            return Some(PartitionBound::Default);
        }
        if self.accept("history") {
            return Some(PartitionBound::SystemTime { current: false });
        }
        if self.accept("current") {
            return Some(PartitionBound::SystemTime { current: true });
        }
        None
    }

    fn subpartitions(&mut self) -> Vec<Ident> {
        let mut list = Vec::new();
        self.advance();
        while !self.is_close() && !self.at_end() {
            let start = self.token.start;
            if self.accept("subpartition") {
                list.extend(self.ident());
                self.partition_options(&mut Vec::new());
            } else {
                self.unknown_item(start);
            }
            if !self.comma() && !self.is_close() {
                self.unknown_item(self.token.start);
                self.comma();
            }
        }
        self.accept_close();
        list
    }
}
