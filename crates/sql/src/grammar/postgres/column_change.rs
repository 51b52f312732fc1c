use super::grammar::Grammar;
use crate::model::{ColumnChange, Identity};

impl Grammar<'_> {
    /// What `ALTER [COLUMN] c` says behind the name.
    pub(super) fn column_change(&mut self) -> Option<ColumnChange> {
        if self.skip(&["set", "data", "type"]) || self.eat("type") {
            let mut data_type = Box::new(self.data_type()?);
            if self.eat("collate") {
                data_type.collation = Some(self.name()?);
            }
            let using = if self.eat("using") { Some(self.expr(&[])?) } else { None };
            return Some(ColumnChange::Type { data_type, using });
        }
        if self.skip(&["add", "generated"]) {
            let always = self.eat("always");
            if !always {
                self.want("by")?;
                self.want("default")?;
            }
            self.want("as")?;
            self.want("identity")?;
            return Some(ColumnChange::AddIdentity(Identity { always, options: self.identity_options()? }));
        }
        if self.eat("drop") {
            return self.dropped();
        }
        if self.eat("reset") {
            return Some(ColumnChange::ResetOptions(self.option_names()?));
        }
        if self.is("options") {
            return Some(ColumnChange::Other(self.rest_of_item()));
        }
        if self.is("restart") || self.is("set") && self.sets_identity() {
            return self.identity_change();
        }
        self.want("set")?;
        if self.is_open() {
            return Some(ColumnChange::SetOptions(self.options()?));
        }
        Some(if self.eat("default") {
            ColumnChange::SetDefault(self.expr(&[])?)
        } else if self.skip(&["not", "null"]) {
            ColumnChange::SetNotNull
        } else if self.skip(&["expression", "as"]) {
            ColumnChange::SetExpression(self.parenthesised()?)
        } else if self.eat("statistics") {
            if self.eat("default") {
                ColumnChange::SetStatistics(-1)
            } else {
                ColumnChange::SetStatistics(self.number()?)
            }
        } else if self.eat("storage") {
            ColumnChange::SetStorage(self.word()?)
        } else {
            self.want("compression")?;
            ColumnChange::SetCompression(self.word()?)
        })
    }

    fn dropped(&mut self) -> Option<ColumnChange> {
        Some(if self.eat("default") {
            ColumnChange::DropDefault
        } else if self.skip(&["not", "null"]) {
            ColumnChange::DropNotNull
        } else if self.eat("expression") {
            self.skip(&["if", "exists"]);
            ColumnChange::DropExpression
        } else {
            self.want("identity")?;
            self.skip(&["if", "exists"]);
            ColumnChange::DropIdentity
        })
    }

    fn sets_identity(&self) -> bool {
        const WORDS: &[&str] = &[
            "generated",
            "increment",
            "start",
            "restart",
            "minvalue",
            "maxvalue",
            "no",
            "cache",
            "cycle",
            "sequence",
        ];
        WORDS.iter().any(|word| self.token_is(self.at + 1, word))
    }

    fn identity_change(&mut self) -> Option<ColumnChange> {
        let mut always = None;
        let mut options = Vec::new();
        loop {
            if self.skip(&["set", "generated", "always"]) {
                always = Some(true);
            } else if self.skip(&["set", "generated", "by", "default"]) {
                always = Some(false);
            } else if self.eat("set") || self.is("restart") {
                let more = self.sequence_options()?;
                if more.is_empty() {
                    return None;
                }
                options.extend(more);
            } else {
                return Some(ColumnChange::SetIdentity { always, options });
            }
        }
    }
}
