use super::grammar::Grammar;
use crate::model::{PartitionBound, PartitionBy, PartitionMethod, PartitionOf};

impl Grammar<'_> {
    /// `PARTITION BY …`.
    pub(super) fn partition_by(&mut self) -> Option<PartitionBy> {
        let start = self.at;
        self.at += 2;
        let method = if self.eat("range") {
            PartitionMethod::Range
        } else if self.eat("list") {
            PartitionMethod::List
        } else {
            self.want("hash")?;
            PartitionMethod::Hash
        };
        let keys = self.list(|grammar| {
            let start = grammar.at;
            let key = grammar.index_key()?;
            Some(match key.part {
                crate::model::IndexKeyPart::Expr(expr) => expr,
                crate::model::IndexKeyPart::Column(_) => grammar.lower(start, start + 1),
            })
        })?;
        Some(PartitionBy {
            method,
            keys,
            count: None,
            subpartition: None,
            partitions: Vec::new(),
            span: self.since(start),
        })
    }

    /// `PARTITION OF parent`; the bound comes after the elements.
    pub(super) fn partition_of(
        &mut self,
        start: usize,
        parent: crate::model::ObjectName,
    ) -> Option<PartitionOf> {
        let bound = self.bound()?;
        Some(PartitionOf { parent, bound, span: self.since(start) })
    }

    /// `FOR VALUES …`, `DEFAULT`.
    pub(super) fn bound(&mut self) -> Option<PartitionBound> {
        if self.eat("default") {
            return Some(PartitionBound::Default);
        }
        self.want("for")?;
        self.want("values")?;
        if self.eat("in") {
            return Some(PartitionBound::In(self.list(|grammar| grammar.expr(&[]))?));
        }
        if self.eat("from") {
            let from = self.list(|grammar| grammar.expr(&[]))?;
            self.want("to")?;
            let to = self.list(|grammar| grammar.expr(&[]))?;
            return Some(PartitionBound::Range { from, to });
        }
        self.want("with")?;
        let (mut modulus, mut remainder) = (None, None);
        self.list(|grammar| {
            let name = grammar.ident()?;
            let number = grammar.number()?;
            let number = u64::try_from(number).ok();
            if name.is_word("modulus") {
                modulus = number;
            } else {
                remainder = number;
            }
            Some(())
        })?;
        Some(PartitionBound::Hash { modulus: modulus?, remainder: remainder? })
    }
}
