use sluice_schema::{
    Column, ColumnType, Constraint, ConstraintKind, Default, ForeignKey, Generated, Index, Key, Name,
    Partitioning, Relation, RelationKind,
};
use sluice_sql::Dialect;
use sluice_sql::model::{
    self, ColumnAttributeKind, ColumnDef, CreateIndex, CreateTable, Expr, Ident, IndexDef, IndexKey,
    NameClass, PartitionBound, PartitionBy, Storage, TableConstraint, TableConstraintKind, TableElement,
    TableOptionKind, TypeFamily,
};

use super::Replay;
use super::name::{Purpose, key_word, pick};

/// Tables times columns, constraints and indexes of the one that is copied, beyond which nothing is copied.
const MOST_COPIES: usize = 1 << 22;

impl Replay<'_> {
    /// A column's, index's or constraint's name as the server compares it.
    pub(super) fn key(&self, ident: &Ident) -> String {
        ident.key(self.dialect(), NameClass::Other).into_owned()
    }

    fn keys<'i>(&self, idents: impl IntoIterator<Item = &'i Ident>) -> Vec<String> {
        idents.into_iter().map(|ident| self.key(ident)).collect()
    }

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

    fn element(&mut self, relation: &mut Relation, element: &TableElement) {
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

    /// Whether there are so many tables already that copies of this one would fill the memory.
    fn is_too_much(&self, model: &Relation) -> bool {
        let parts = model.columns.len() + model.constraints.len() + model.indexes.len();
        self.schema.relations.len().saturating_mul(parts) > MOST_COPIES
    }

    pub(super) fn copy_indexes(&self, relation: &mut Relation, model: &Relation) {
        for index in &model.indexes {
            if relation.is_overgrown() {
                return;
            }
            let columns: Vec<&str> = index.keys.iter().map(key_word).collect();
            let constraint = index.constraint.as_deref().and_then(|name| model.constraint(name));
            let purpose = match constraint.map(|constraint| &constraint.kind) {
                Some(ConstraintKind::PrimaryKey { .. }) => Purpose::PrimaryKey,
                Some(ConstraintKind::Unique { .. }) => Purpose::Unique,
                Some(ConstraintKind::Exclude { .. }) => Purpose::Exclude,
                _ => Purpose::Index,
            };
            let name = match self.dialect() {
                Dialect::Postgres => pick(self.schema, relation, &columns, purpose),
                _ => index.name.clone(),
            };
            let mut copy = Index { name: name.clone(), origin: self.origin, ..index.clone() };
            if let Some(constraint) = constraint {
                copy.constraint = Some(name.clone());
                relation.constraints.push(Constraint { name, origin: self.origin, ..constraint.clone() });
            }
            relation.indexes.push(copy);
        }
    }

    fn inherit_columns(&self, relation: &mut Relation, parent: &Name) {
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

    fn inherit_indexes(&self, relation: &mut Relation, parent: &Name) {
        if let Some(parent) = self.schema.relations.get(parent).filter(|parent| !self.is_too_much(parent)) {
            let whole = Relation {
                indexes: parent.indexes.iter().filter(|index| !index.only).cloned().collect(),
                ..parent.clone()
            };
            self.copy_indexes(relation, &whole);
        }
    }

    fn partitioning(&self, by: &PartitionBy) -> Partitioning {
        let columns = by.keys.iter().flat_map(|key| self.columns_of(key)).collect();
        Partitioning {
            method: format!("{:?}", by.method).to_lowercase(),
            columns,
            partitions: by.partitions.iter().map(|partition| self.key(&partition.name)).collect(),
        }
    }

    /// Columns that an expression names.
    pub(super) fn columns_of(&self, expr: &Expr) -> Vec<String> {
        let mut columns = self.keys(expr.columns.iter().map(|column| &column.name));
        columns.sort();
        columns.dedup();
        columns
    }

    /// Adds a column with the constraints that it carries; in front of the column at `position`, if given.
    pub(super) fn add_column(&mut self, relation: &mut Relation, def: &ColumnDef, position: Option<usize>) {
        if relation.is_full() {
            relation.columns_known = false;
            return;
        }
        let column = self.column(def);
        let at = position.unwrap_or(relation.columns.len()).min(relation.columns.len());
        let name = column.name.clone();
        let serial = column.identity.is_some()
            || def.data_type.as_ref().is_some_and(|it| it.family(self.dialect()) == TypeFamily::Serial);
        relation.columns.retain(|one| one.name != name);
        relation.columns.insert(at.min(relation.columns.len()), column);
        if serial && self.dialect() == Dialect::Postgres {
            self.own_sequence(&relation.name, &name);
        }
        self.add_inline_constraints(relation, def);
    }

    /// Adds the constraints that a column's definition carries.
    pub(super) fn add_inline_constraints(&mut self, relation: &mut Relation, def: &ColumnDef) {
        let column = self.key(&def.name);
        for attribute in &def.attributes {
            let named = attribute.name.as_ref().map(|name| self.key(name));
            let kind = match &attribute.kind {
                ColumnAttributeKind::PrimaryKey { .. } => {
                    ConstraintKind::PrimaryKey { columns: vec![column.clone()] }
                }
                ColumnAttributeKind::Unique { .. } => {
                    ConstraintKind::Unique { columns: vec![column.clone()] }
                }
                ColumnAttributeKind::References(key) if self.dialect() != Dialect::Mysql => {
                    let mut key = self.foreign_key(key);
                    key.columns = vec![column.clone()];
                    ConstraintKind::ForeignKey(key)
                }
                ColumnAttributeKind::Check { expr, .. } => self.check(expr),
                ColumnAttributeKind::NotNull { .. } if attribute.name.is_some() => {
                    ConstraintKind::NotNull { column: column.clone() }
                }
                _ => continue,
            };
            let enforced = match &attribute.kind {
                ColumnAttributeKind::Check { enforced, .. } => enforced.unwrap_or(true),
                _ => true,
            };
            self.put_constraint(relation, named, kind, (true, enforced), None);
        }
    }

    /// A column as its definition says, without constraints.
    pub(super) fn column(&self, def: &ColumnDef) -> Column {
        let dialect = self.dialect();
        let mut column = Column::named(self.key(&def.name), self.origin);
        let serial = def.data_type.as_ref().is_some_and(|it| it.family(dialect) == TypeFamily::Serial);
        column.data_type = def.data_type.as_ref().map(|it| ColumnType::of(dialect, it));
        if serial {
            column.default =
                Some(Default { text: "nextval".to_owned(), constant: false, volatile: true, null: false });
        }
        for attribute in &def.attributes {
            match &attribute.kind {
                ColumnAttributeKind::Collate(name) => {
                    if let Some(data_type) = &mut column.data_type {
                        data_type.collation = Some(name.name.folded(dialect).into_owned());
                    }
                }
                ColumnAttributeKind::Default(expr) => {
                    column.default = Some(Default::of(dialect, self.text, expr));
                }
                ColumnAttributeKind::Generated(generated) => {
                    column.generated = Some(Generated {
                        text: generated.expr.span.slice(self.text).to_owned(),
                        columns: self.columns_of(&generated.expr),
                        stored: generated.storage == Storage::Stored,
                    });
                }
                ColumnAttributeKind::Identity(identity) => column.identity = Some(identity.always),
                ColumnAttributeKind::OnUpdate(_) => column.on_update = true,
                ColumnAttributeKind::Comment(text) => column.comment = Some(text.value.clone()),
                ColumnAttributeKind::Visible(visible) => column.invisible = !visible,
                _ => {}
            }
        }
        column.auto_increment = def.auto_increment();
        // SQLite takes nulls into primary keys other than rowids.
        let key = def.primary_key().is_some() && dialect != Dialect::Sqlite;
        column.not_null = def.not_null().is_some() || key || serial || column.identity.is_some();
        column
    }

    fn check(&self, expr: &Expr) -> ConstraintKind {
        ConstraintKind::Check {
            text: expr.span.slice(self.text).to_owned(),
            columns: self.columns_of(expr),
            not_null: self.keys(expr.not_null_columns()),
        }
    }

    fn foreign_key(&self, key: &model::ForeignKey) -> ForeignKey {
        let table = self.schema.relation_name(&key.table);
        let mut referenced = self.keys(&key.referenced);
        if referenced.is_empty()
            && let Some(parent) = self.schema.relations.get(&table)
        {
            referenced = parent.primary_key().to_vec();
        }
        ForeignKey {
            columns: self.keys(&key.columns),
            table,
            referenced,
            on_delete: key.on_delete,
            on_update: key.on_update,
        }
    }

    /// Adds a constraint of the table. In `CREATE TABLE` (`fresh`) all rows obey it.
    pub(super) fn add_constraint(
        &mut self,
        relation: &mut Relation,
        constraint: &TableConstraint,
        fresh: bool,
    ) {
        let kind = match &constraint.kind {
            TableConstraintKind::PrimaryKey(key) | TableConstraintKind::Unique(key) => {
                let primary = matches!(constraint.kind, TableConstraintKind::PrimaryKey(_));
                if let Some(using) = &key.using_index {
                    self.constrain_by_index(relation, constraint, using, primary);
                    return;
                }
                let columns = key.keys.iter().map(|one| self.index_key(one)).map(|one| one.text).collect();
                if primary {
                    ConstraintKind::PrimaryKey { columns }
                } else {
                    ConstraintKind::Unique { columns }
                }
            }
            TableConstraintKind::ForeignKey(key) => ConstraintKind::ForeignKey(self.foreign_key(key)),
            TableConstraintKind::Check(expr) => self.check(expr),
            TableConstraintKind::NotNull(column) => ConstraintKind::NotNull { column: self.key(column) },
            TableConstraintKind::Exclude(exclusion) => ConstraintKind::Exclude {
                columns: self.keys(exclusion.elements.iter().filter_map(|(key, _)| key.column())),
            },
        };
        let named = match &constraint.kind {
            TableConstraintKind::Unique(key) => constraint.name.as_ref().or(key.index_name.as_ref()),
            _ => constraint.name.as_ref(),
        };
        let named = named.map(|name| self.key(name));
        let enforced = constraint.enforced.unwrap_or(true);
        let validated = fresh || (!constraint.not_valid.is_written() && enforced);
        let keys = match &constraint.kind {
            TableConstraintKind::PrimaryKey(key) | TableConstraintKind::Unique(key) => Some(&key.keys),
            _ => None,
        };
        self.put_constraint(relation, named, kind, (validated, enforced), keys.map(Vec::as_slice));
    }

    fn constrain_by_index(
        &mut self,
        relation: &mut Relation,
        constraint: &TableConstraint,
        using: &Ident,
        primary: bool,
    ) {
        let using = self.key(using);
        let name = constraint.name.as_ref().map_or_else(|| using.clone(), |name| self.key(name));
        let table = relation.name.clone();
        let Some(index) = relation.indexes.iter_mut().find(|index| index.name == using) else { return };
        index.name.clone_from(&name);
        index.constraint = Some(name.clone());
        let columns: Vec<String> = index.keys.iter().filter_map(|key| key.column.clone()).collect();
        self.schema.forget_index(&table, &using);
        self.schema.note_index(&table, &name);
        if primary {
            for column in relation.columns.iter_mut().filter(|column| columns.contains(&column.name)) {
                column.not_null = true;
            }
        }
        let kind =
            if primary { ConstraintKind::PrimaryKey { columns } } else { ConstraintKind::Unique { columns } };
        relation.constraints.push(Constraint {
            name,
            kind,
            validated: true,
            enforced: true,
            origin: self.origin,
            validated_in: None,
        });
    }

    /// Adds a constraint, with the index that the server keeps for it. `known` says whether it is validated and enforced.
    fn put_constraint(
        &mut self,
        relation: &mut Relation,
        named: Option<String>,
        kind: ConstraintKind,
        known: (bool, bool),
        keys: Option<&[IndexKey]>,
    ) {
        if relation.is_overgrown() {
            return;
        }
        let (validated, enforced) = known;
        let purpose = match &kind {
            ConstraintKind::PrimaryKey { .. } => Purpose::PrimaryKey,
            ConstraintKind::Unique { .. } => Purpose::Unique,
            ConstraintKind::ForeignKey(_) => Purpose::ForeignKey,
            ConstraintKind::Check { .. } => Purpose::Check,
            ConstraintKind::NotNull { .. } => Purpose::NotNull,
            ConstraintKind::Exclude { .. } => Purpose::Exclude,
        };
        let mut constraint = Constraint {
            name: String::new(),
            kind,
            validated,
            enforced,
            origin: self.origin,
            validated_in: None,
        };
        let columns: Vec<&str> = match &constraint.kind {
            // The server names a check over one column after it, and over several after the table alone.
            ConstraintKind::Check { columns, .. } if columns.len() != 1 => Vec::new(),
            _ => constraint.columns().iter().map(String::as_str).collect(),
        };
        // MySQL calls every primary key PRIMARY.
        let mysql = matches!(self.dialect(), Dialect::Mysql | Dialect::Mariadb);
        let named = named.filter(|_| !(mysql && purpose == Purpose::PrimaryKey));
        constraint.name = named.unwrap_or_else(|| pick(self.schema, relation, &columns, purpose));
        match &constraint.kind {
            ConstraintKind::PrimaryKey { columns } if self.dialect() != Dialect::Sqlite => {
                for column in relation.columns.iter_mut().filter(|column| columns.contains(&column.name)) {
                    column.not_null = true;
                }
            }
            ConstraintKind::NotNull { column } => {
                if let Some(column) = relation.column_mut(column) {
                    column.not_null = true;
                }
            }
            _ => {}
        }
        let unique =
            matches!(constraint.kind, ConstraintKind::PrimaryKey { .. } | ConstraintKind::Unique { .. });
        // InnoDB makes an index for a foreign key that has none.
        let for_key =
            mysql && constraint.foreign_key().is_some_and(|key| !relation.has_index_on(&key.columns));
        if constraint.has_index() || for_key {
            let keys = match keys {
                Some(keys) => keys.iter().map(|key| self.index_key(key)).collect(),
                None => constraint.columns().iter().map(|column| plain_key(column)).collect(),
            };
            let exclude = matches!(constraint.kind, ConstraintKind::Exclude { .. });
            let index = Index {
                name: constraint.name.clone(),
                unique,
                method: if exclude { "gist" } else { "btree" }.to_owned(),
                keys,
                include: Vec::new(),
                filter: None,
                filter_columns: Vec::new(),
                valid: true,
                constraint: constraint.has_index().then(|| constraint.name.clone()),
                visible: true,
                only: false,
                origin: self.origin,
            };
            self.schema.note_index(&relation.name, &index.name);
            relation.indexes.push(index);
        }
        relation.constraints.push(constraint);
    }

    fn index_key(&self, key: &IndexKey) -> Key {
        let column = key.column().map(|column| self.key(column));
        let columns = match &key.part {
            model::IndexKeyPart::Column(column) => vec![self.key(column)],
            model::IndexKeyPart::Expr(expr) => self.columns_of(expr),
        };
        Key {
            text: column.clone().unwrap_or_else(|| key.span.slice(self.text).to_owned()),
            column,
            columns,
            prefix: key.prefix,
            descending: key.order == Some(model::Order::Descending),
        }
    }

    /// Adds an index.
    pub(super) fn add_index(&mut self, relation: &mut Relation, def: &IndexDef, only: bool) {
        if relation.is_overgrown() {
            return;
        }
        let keys: Vec<Key> = def.keys.iter().map(|key| self.index_key(key)).collect();
        let words: Vec<&str> = keys.iter().map(key_word).collect();
        let name = match &def.name {
            Some(name) => self.key(&name.name),
            None => pick(self.schema, relation, &words, Purpose::Index),
        };
        if relation.index(&name).is_some() {
            return;
        }
        let method = match def.class {
            model::IndexClass::Fulltext => "fulltext".to_owned(),
            model::IndexClass::Spatial => "spatial".to_owned(),
            model::IndexClass::Vector => "vector".to_owned(),
            model::IndexClass::Plain => {
                def.method.as_ref().map_or_else(|| "btree".to_owned(), |word| word.text.to_ascii_lowercase())
            }
        };
        let visible = !def.options.iter().any(|option| matches!(option, model::IndexOption::Visible(false)));
        self.schema.note_index(&relation.name, &name);
        relation.indexes.push(Index {
            name,
            unique: def.unique.is_some(),
            method,
            keys,
            include: self.keys(&def.include),
            filter: def.filter.as_ref().map(|filter| filter.span.slice(self.text).to_owned()),
            filter_columns: def.filter.as_ref().map(|filter| self.columns_of(filter)).unwrap_or_default(),
            valid: true,
            constraint: None,
            visible,
            only,
            origin: self.origin,
        });
    }

    pub(super) fn create_index(&mut self, create: &CreateIndex) {
        let name = self.schema.relation_name(&create.table);
        let Some(mut relation) = self.schema.relations.remove(&name) else { return };
        self.add_index(&mut relation, &create.index, create.only.is_written());
        self.schema.relations.insert(name.clone(), relation);
        if !create.only.is_written() {
            let partitions: Vec<Name> =
                self.schema.partitions(&name).iter().map(|partition| partition.name.clone()).collect();
            for partition in partitions {
                let Some(mut relation) = self.schema.relations.remove(&partition) else { continue };
                let unnamed = IndexDef { name: None, ..create.index.clone() };
                self.add_index(&mut relation, &unnamed, false);
                self.schema.relations.insert(partition, relation);
            }
        }
    }
}

/// A key that is one column.
fn plain_key(column: &str) -> Key {
    Key {
        column: Some(column.to_owned()),
        text: column.to_owned(),
        columns: vec![column.to_owned()],
        prefix: None,
        descending: false,
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
