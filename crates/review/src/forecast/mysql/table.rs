use sluice_schema::{Column, Relation};
use sluice_sql::model::{AlterAction, ForeignKey, Ident, NameClass, ObjectName, TableAction};

use super::cost::Cost;
use crate::ServerVersion;
use crate::forecast::{Algorithm, Online, OnlineLock, Question};

/// The first version of MySQL that was released for use. `8.0` alone names no patch: it is taken for the one after this, which
/// has `ALGORITHM=INSTANT`, but nothing that came later.
const FIRST_RELEASE: ServerVersion = ServerVersion::new(8, 0, 11);
const UNNAMED_PATCH: ServerVersion = ServerVersion::new(8, 0, 12);

/// The table of a statement, and what the statement does to it as a whole.
pub(super) struct Table<'a> {
    pub(super) question: &'a Question<'a>,
    /// What is known of it; none for a table that is taken to be plain.
    pub(super) relation: Option<&'a Relation>,
    pub(super) mariadb: bool,
    pub(super) version: ServerVersion,
    pub(super) actions: &'a [AlterAction],
}

impl<'a> Table<'a> {
    pub(super) fn of(question: &'a Question<'a>, name: &ObjectName, actions: &'a [AlterAction]) -> Self {
        let version = match question.version {
            version if version < FIRST_RELEASE && !super::is_mariadb(question) => UNNAMED_PATCH,
            version => version,
        };
        Self {
            question,
            relation: question.schema.relation(name),
            mariadb: super::is_mariadb(question),
            version,
            actions,
        }
    }

    /// A column's or index's name as the server compares it.
    pub(super) fn key(&self, ident: &Ident) -> String {
        ident.key(self.question.schema.dialect(), NameClass::Other).into_owned()
    }

    /// The column called `name`.
    pub(super) fn column(&self, name: &Ident) -> Option<&'a Column> {
        self.relation?.column(&self.key(name))
    }

    /// MySQL of this version or later.
    pub(super) fn mysql_at_least(&self, major: u32, minor: u32, patch: u32) -> bool {
        !self.mariadb && self.version >= ServerVersion::new(major, minor, patch)
    }

    pub(super) fn has_generated(&self) -> bool {
        self.relation.is_some_and(|it| it.columns.iter().any(|column| column.generated.is_some()))
    }

    pub(super) fn has_fulltext(&self) -> bool {
        self.relation.is_some_and(|it| it.indexes.iter().any(|index| index.method == "fulltext"))
    }

    /// A full-text index that stays when the statement is through.
    fn keeps_fulltext(&self) -> bool {
        let dropped: Vec<String> = self
            .actions
            .iter()
            .filter_map(|action| match &action.kind {
                TableAction::DropColumn { name, .. } | TableAction::DropIndex { name, .. } => {
                    Some(self.key(name))
                }
                _ => None,
            })
            .collect();
        self.relation.is_some_and(|relation| {
            relation.indexes.iter().filter(|index| index.method == "fulltext").any(|index| {
                !dropped.contains(&index.name)
                    && !index.keys.iter().all(|key| key.columns.iter().all(|one| dropped.contains(one)))
            })
        })
    }

    pub(super) fn is_compressed(&self) -> bool {
        self.relation.is_some_and(|it| {
            it.options.get("row_format").is_some_and(|format| format == "compressed")
                || it.options.contains_key("key_block_size")
        })
    }

    /// Columns cannot be added or dropped at once in such tables.
    pub(super) fn refuses_instant_columns(&self) -> bool {
        self.has_fulltext() || self.is_compressed()
    }

    pub(super) fn is_innodb(&self) -> bool {
        self.relation.and_then(|it| it.options.get("engine")).is_none_or(|engine| engine == "innodb")
    }

    /// The foreign key that an action adds, and that the server obeys: MySQL ignores those of columns.
    pub(super) fn added_foreign_key<'k>(&self, action: &'k TableAction) -> Option<&'k ForeignKey> {
        match action {
            TableAction::AddConstraint(constraint) => constraint.foreign_key(),
            TableAction::AddColumn { column, .. } if self.mariadb => column.references(),
            _ => None,
        }
    }

    /// A key or column that the statement itself adds.
    pub(super) fn adds_primary_key(&self) -> bool {
        self.actions.iter().any(|action| match &action.kind {
            TableAction::AddConstraint(constraint) => {
                matches!(constraint.kind, sluice_sql::model::TableConstraintKind::PrimaryKey(_))
            }
            TableAction::AddColumn { column, .. } => column.primary_key().is_some(),
            _ => false,
        })
    }

    /// What goes on during a copy: reads; writes too since MariaDB 11.2, except on tables that cascades or history keep from it.
    pub(super) fn copy_lock(&self) -> OnlineLock {
        let online = self.mariadb && self.version.at_least(11, 2) && self.is_innodb();
        let held = self.relation.is_some_and(|relation| {
            relation.options.contains_key("system versioning")
                || relation.foreign_keys().next().is_some()
                || self.question.schema.references_to(&relation.name).next().is_some()
        });
        if online && !held && self.relation.is_some() { OnlineLock::None } else { OnlineLock::Shared }
    }

    /// The cost on this table's engine: what is not InnoDB copies.
    pub(super) fn priced(&self, cost: Cost) -> Cost {
        if self.is_innodb() || cost == Cost::INSTANT { cost } else { Cost::copy() }
    }

    /// The whole statement's answer.
    pub(super) fn finish(&self, cost: Cost) -> Online {
        let mut cost = cost;
        if cost.algorithm > Algorithm::Instant && !self.mariadb {
            cost.rebuild |= cost.rebuild_unless_instant;
        }
        if cost.virtual_column && cost.rebuild {
            cost.algorithm = Algorithm::Copy;
        }
        if cost.algorithm == Algorithm::NoCopy && (!self.mariadb || cost.rebuild) {
            cost.algorithm = Algorithm::Inplace;
        }
        if cost.algorithm == Algorithm::Inplace && cost.rebuild && self.keeps_fulltext() {
            cost.lock = cost.lock.max(OnlineLock::Shared);
        }
        if cost.algorithm == Algorithm::Copy {
            cost.lock = cost.lock.max(self.copy_lock());
            cost.rebuild = true;
        }
        cost.online()
    }
}
