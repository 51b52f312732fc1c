use sluice_schema::{Column, Constraint, ConstraintKind, Name, Partitioning, Relation, RelationKind};
use sluice_sql::Dialect;
use sluice_sql::model::{CreateTable, PartitionBound, PartitionBy, TableElement, TableOptionKind};

use super::Replay;

impl Replay<'_> {
    pub(super) fn create_table(&mut self, create: &CreateTable) {
        let mut name = self.schema.new_name(&create.name);
        if create.temporary.is_some() && self.dialect() == Dialect::Postgres {
            name.schema = "pg_temp".to_owned();
            if !self.schema.search_path.iter().any(|schema| schema == "pg_temp") {
                // Looked at first, but nothing is made in it without a word.
                self.schema.search_path.push("pg_temp".to_owned());
            }
        }
        if self.schema.relations.contains_key(&name) {
            if create.or_replace.is_none() {
                return;
            }
            self.schema.remove(&name);
        }
        let kind = match (create.external.is_some(), self.dialect()) {
            (true, Dialect::Sqlite) => RelationKind::VirtualTable,
            (true, _) => RelationKind::ForeignTable,
            (false, _) => RelationKind::Table,
        };
        let mut relation = Relation::new(name, kind, self.origin);
        relation.temporary = create.temporary.is_some();
        relation.unlogged = create.unlogged.is_some();
        for option in &create.options {
            set_option(&mut relation, &option.kind);
        }
        for parent in &create.inherits {
            let parent = self.schema.relation_name(parent);
            self.inherit_columns(&mut relation, &parent);
            relation.inherits.push(parent);
        }
        if let Some(of) = &create.partition_of {
            let parent = self.schema.relation_name(&of.parent);
            relation.default_partition = of.bound == PartitionBound::Default;
            self.inherit_columns(&mut relation, &parent);
            self.inherit_indexes(&mut relation, &parent);
            relation.partition_of = Some(parent);
        }
        if let Some(by) = &create.partition_by {
            relation.partitioned_by = Some(self.partitioning(by));
        }
        if create.of_type.is_some() {
            relation.columns_known = false;
        }
        for element in &create.elements {
            self.element(&mut relation, element);
        }
        if let Some(query) = &create.query {
            self.query_columns(&mut relation, query);
        }
        self.schema.insert(relation);
    }

    pub(super) fn element(&mut self, relation: &mut Relation, element: &TableElement) {
        match element {
            TableElement::Column(column) => self.add_column(relation, column, None),
            TableElement::Constraint(constraint) => self.add_constraint(relation, constraint, true),
            TableElement::Index(index) => self.add_index(relation, index, false),
            TableElement::Like(like) => {
                let whole = matches!(self.dialect(), Dialect::Mysql | Dialect::Mariadb);
                let includes = |what: &str| {
                    (whole || like.including.iter().any(|one| one == what || one == "all"))
                        && !like.excluding.iter().any(|one| one == what || one == "all")
                };
                let model = self.schema.relation(&like.table).filter(|model| !self.is_too_much(model));
                let Some(model) = model.cloned() else {
                    relation.columns_known = false;
                    return;
                };
                // A server refuses to make a column twice. What is copied again and again would double each time.
                if model.columns.iter().any(|column| relation.column(&column.name).is_some()) {
                    return;
                }
                for column in &model.columns {
                    if relation.is_full() || relation.column(&column.name).is_some() {
                        continue;
                    }
                    let mut column = column.clone();
                    column.origin = self.origin;
                    if !includes("defaults") {
                        column.default = None;
                    }
                    if !includes("generated") {
                        column.generated = None;
                    }
                    if !includes("identity") {
                        column.identity = None;
                    }
                    relation.columns.push(column);
                }
                relation.columns_known &= model.columns_known;
                if includes("constraints") {
                    let checks = model
                        .constraints
                        .iter()
                        .filter(|constraint| matches!(constraint.kind, ConstraintKind::Check { .. }));
                    for check in checks {
                        if relation.constraint(&check.name).is_none() && !relation.is_overgrown() {
                            relation.constraints.push(check.clone());
                        }
                    }
                }
                if includes("indexes") {
                    self.copy_indexes(relation, &model);
                }
            }
            TableElement::Period(_) => {}
        }
    }

    pub(super) fn inherit_columns(&self, relation: &mut Relation, parent: &Name) {
        let parent = self.schema.relations.get(parent).filter(|parent| !self.is_too_much(parent));
        let Some(parent) = parent else {
            relation.columns_known = false;
            return;
        };
        relation.columns_known &= parent.columns_known;
        for column in &parent.columns {
            if relation.column(&column.name).is_none() && !relation.is_full() {
                relation.columns.push(Column { origin: self.origin, ..column.clone() });
            }
        }
        let checks = parent.constraints.iter().filter(|constraint| !constraint.has_index());
        for check in checks {
            if relation.constraint(&check.name).is_none() && !relation.is_overgrown() {
                relation.constraints.push(Constraint { origin: self.origin, ..check.clone() });
            }
        }
    }

    pub(super) fn partitioning(&self, by: &PartitionBy) -> Partitioning {
        let columns = by.keys.iter().flat_map(|key| self.columns_of(key)).collect();
        Partitioning {
            method: format!("{:?}", by.method).to_lowercase(),
            columns,
            partitions: by.partitions.iter().map(|partition| self.key(&partition.name)).collect(),
        }
    }
}

/// Keeps an option of a table.
pub(super) fn set_option(relation: &mut Relation, option: &TableOptionKind) {
    let (name, value) = match option {
        TableOptionKind::Engine(word) => ("engine", word.text.to_ascii_lowercase()),
        TableOptionKind::Charset(word) => ("charset", word.text.to_ascii_lowercase()),
        TableOptionKind::Collation(word) => ("collation", word.text.to_ascii_lowercase()),
        TableOptionKind::RowFormat(word) => ("row_format", word.text.to_ascii_lowercase()),
        TableOptionKind::KeyBlockSize(size) => ("key_block_size", size.to_string()),
        TableOptionKind::SystemVersioning => ("system versioning", String::new()),
        TableOptionKind::WithoutRowid => ("without rowid", String::new()),
        TableOptionKind::Strict => ("strict", String::new()),
        TableOptionKind::Comment(text) => {
            relation.comment = Some(text.value.clone());
            return;
        }
        _ => return,
    };
    relation.options.insert(name.to_owned(), value);
}
