use sluice_schema::{ColumnType, Domain, Name, Routine, Sequence, Trigger, UserType};
use sluice_sql::ObjectKind;
use sluice_sql::model::{
    AlterDomain, AlterEnum, AlterObject, CreateDomain, CreateRoutine, CreateTrigger, DomainAction,
    EnumAction, ObjectAction, PolicyVerb, RoutineKind, SequenceOption, SequenceOptionKind, Set, SetScope,
    Statement, TriggerEvent, TypeBody,
};

use super::Replay;

/// More values than this are not added to a type: text that is made to hurt must not take more time than its length.
const MOST_VALUES: usize = 4096;

impl Replay<'_> {
    /// Statements about anything but relations.
    pub(super) fn object(&mut self, statement: &Statement) {
        let origin = self.origin;
        match statement {
            Statement::CreateType(create) => {
                let made = match &create.body {
                    TypeBody::Enum(values) => UserType::Enum {
                        values: values.iter().map(|value| (value.value.clone(), origin)).collect(),
                        origin,
                    },
                    _ => UserType::Other { origin },
                };
                let name = self.schema.type_name(&create.name);
                self.schema.types.insert(name, made);
            }
            Statement::AlterEnum(alter) => self.alter_enum(alter),
            Statement::AlterType(alter) => {
                for rename in statement.renames() {
                    if rename.kind == ObjectKind::Type {
                        let from = self.schema.type_name(&alter.name);
                        self.rename_type(&from, self.key(rename.to));
                    }
                }
            }
            Statement::CreateDomain(create) => self.create_domain(create),
            Statement::AlterDomain(alter) => self.alter_domain(alter),
            Statement::CreateSequence(create) => {
                let name = self.schema.new_name(&create.name);
                let owned_by = self.owner(&create.options);
                self.schema.sequences.insert(name, Sequence { owned_by, origin });
            }
            Statement::AlterSequence(alter) => {
                let name = self.schema.sequence_name(&alter.name);
                let owned = alter.options.iter().any(|it| matches!(it.kind, SequenceOptionKind::OwnedBy(_)));
                let owned_by = self.owner(&alter.options);
                if let Some(mut sequence) = self.schema.sequences.remove(&name) {
                    if owned {
                        sequence.owned_by = owned_by;
                    }
                    let mut to = name;
                    if let Some(schema) = &alter.set_schema {
                        to.schema = self.key(schema);
                    }
                    if let Some(name) = &alter.rename_to {
                        to.name = self.key(name);
                    }
                    self.schema.sequences.insert(to, sequence);
                }
            }
            Statement::CreateRoutine(create) => self.create_routine(create),
            Statement::CreateTrigger(create) => self.create_trigger(create),
            Statement::CreateExtension(create) => {
                let name = create.name.name.folded(self.dialect()).into_owned();
                self.schema.extensions.insert(name, origin);
            }
            Statement::CreateDatabase(create) => {
                let name = create.name.name.text.clone();
                self.schema.schemas.insert(name, origin);
            }
            Statement::CreateObject(create) if create.kind == ObjectKind::Rule => {
                if let (Some(name), Some(table)) = (&create.name, &create.table) {
                    let name = self.key(&name.name);
                    if let Some(relation) = self.relation_mut(table) {
                        relation.rules.push(name);
                    }
                }
            }
            Statement::Policy(policy) if policy.verb == PolicyVerb::Create => {
                let name = self.key(&policy.name);
                if let Some(relation) = self.relation_mut(&policy.table) {
                    relation.policies.push(name);
                }
            }
            Statement::AlterObject(alter) => self.alter_object(alter),
            Statement::Comment(comment) => {
                let text = comment.text.as_ref().map(|text| text.value.clone());
                match comment.kind {
                    ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView => {
                        if let Some(relation) = self.relation_mut(&comment.name) {
                            relation.comment = text;
                        }
                    }
                    ObjectKind::Column => {
                        let column = self.key(&comment.name.name);
                        let table =
                            sluice_sql::model::ObjectName::from_parts(comment.name.qualifiers.clone());
                        let relation = table.and_then(|table| {
                            let name = self.schema.relation_name(&table);
                            self.schema.relations.get_mut(&name)
                        });
                        if let Some(column) = relation.and_then(|relation| relation.column_mut(&column)) {
                            column.comment = text;
                        }
                    }
                    _ => {}
                }
            }
            Statement::Set(set) => self.set(set),
            Statement::Pragma(pragma) if pragma.name.name.is_word("foreign_keys") => {
                if let Some(word) = &pragma.word {
                    self.session.foreign_keys_off =
                        ["off", "0", "no", "false"].iter().any(|off| word.is(off));
                }
            }
            _ => {}
        }
    }

    fn alter_enum(&mut self, alter: &AlterEnum) {
        let (name, origin) = (self.schema.type_name(&alter.name), self.origin);
        let Some(UserType::Enum { values, .. }) = self.schema.types.get_mut(&name) else { return };
        match &alter.action {
            EnumAction::AddValue { value, before, after, .. } => {
                if values.len() >= MOST_VALUES || values.iter().any(|(one, _)| *one == value.value) {
                    return;
                }
                let place = |of: &str| values.iter().position(|(one, _)| one == of);
                let at = match (before, after) {
                    (Some(before), _) => place(&before.value),
                    (_, Some(after)) => place(&after.value).map(|at| at + 1),
                    _ => None,
                };
                values.insert(at.unwrap_or(values.len()), (value.value.clone(), origin));
            }
            EnumAction::RenameValue { from, to } => {
                for (value, _) in values.iter_mut().filter(|(one, _)| *one == from.value) {
                    value.clone_from(&to.value);
                }
            }
        }
    }

    fn rename_type(&mut self, from: &Name, to: String) {
        let Some(found) = self.schema.types.remove(from) else { return };
        for relation in self.schema.relations.values_mut() {
            for data_type in relation.columns.iter_mut().filter_map(|column| column.data_type.as_mut()) {
                if data_type.name == from.name {
                    data_type.name.clone_from(&to);
                }
            }
        }
        self.schema.types.insert(Name::new(from.schema.clone(), to), found);
    }

    fn create_domain(&mut self, create: &CreateDomain) {
        let checks = create.checks.iter().enumerate().map(|(at, check)| {
            let name = check.name.as_ref().map(|name| self.key(name));
            let number = if at == 0 { String::new() } else { at.to_string() };
            (name.unwrap_or_else(|| format!("{}_check{number}", create.name.name.text.to_lowercase())), true)
        });
        let domain = Domain {
            base: ColumnType::of(self.dialect(), &create.data_type),
            not_null: create.not_null.is_some(),
            checks: checks.collect(),
            origin: self.origin,
        };
        let name = self.schema.type_name(&create.name);
        self.schema.types.insert(name, UserType::Domain(domain));
    }

    fn alter_domain(&mut self, alter: &AlterDomain) {
        let name = self.schema.type_name(&alter.name);
        if let DomainAction::Object(ObjectAction::RenameTo(to)) = &alter.action {
            let to = self.key(to);
            self.rename_type(&name, to);
            return;
        }
        let word = |ident: &sluice_sql::model::Ident| self.key(ident);
        let change: Box<dyn Fn(&mut Domain)> = match &alter.action {
            DomainAction::NotNull(on) => {
                let on = *on;
                Box::new(move |domain| domain.not_null = on)
            }
            DomainAction::AddConstraint(constraint) => {
                let check = constraint.name.as_ref().map_or_else(|| format!("{}_check", name.name), word);
                let validated = !constraint.not_valid.is_written();
                Box::new(move |domain| domain.checks.push((check.clone(), validated)))
            }
            DomainAction::DropConstraint { name, .. } => {
                let gone = word(name);
                Box::new(move |domain| domain.checks.retain(|(check, _)| *check != gone))
            }
            DomainAction::Validate(name) => {
                let validated = word(name);
                Box::new(move |domain| {
                    domain
                        .checks
                        .iter_mut()
                        .filter(|(check, _)| *check == validated)
                        .for_each(|(_, on)| *on = true);
                })
            }
            _ => return,
        };
        if let Some(UserType::Domain(domain)) = self.schema.types.get_mut(&name) {
            change(domain);
        }
    }

    /// Table and column that `OWNED BY` names.
    fn owner(&self, options: &[SequenceOption]) -> Option<(Name, String)> {
        options.iter().find_map(|option| match &option.kind {
            SequenceOptionKind::OwnedBy(Some(column)) => {
                Some((self.schema.relation_name(column.table.as_ref()?), self.key(&column.name)))
            }
            _ => None,
        })
    }

    fn create_routine(&mut self, create: &CreateRoutine) {
        let dialect = self.dialect();
        let steady = create
            .volatility
            .as_ref()
            .is_some_and(|word| word.is("immutable") || word.is("stable") || word.is("deterministic"));
        let name = self.schema.routine_name(&create.name);
        let known = self.schema.routines.get(&name);
        let mut arities = known.map(|routine| routine.arities.clone()).unwrap_or_default();
        if !arities.contains(&create.parameters.len()) {
            arities.push(create.parameters.len());
        }
        let routine = Routine {
            procedure: create.kind == RoutineKind::Procedure,
            steady: steady && known.is_none_or(|routine| routine.steady || arities.len() == 1),
            returns: create.returns.as_ref().map(|it| ColumnType::of(dialect, it).name),
            arities,
            origin: known.map_or(self.origin, |routine| routine.origin),
        };
        self.schema.routines.insert(name, routine);
    }

    fn create_trigger(&mut self, create: &CreateTrigger) {
        let Some(table) = &create.table else { return };
        let mut columns: Vec<String> =
            create.when.as_ref().map(|when| self.columns_of(when)).unwrap_or_default();
        for event in &create.events {
            if let TriggerEvent::Update(of) = event {
                columns.extend(of.iter().map(|column| self.key(column)));
            }
        }
        let inside = create.body.iter().flat_map(|body| &body.statements);
        let tables = inside
            .flat_map(|inner| inner.statement.targets())
            .filter(|target| target.kind == ObjectKind::Table)
            .map(|target| self.schema.relation_name(target.name))
            .collect();
        let trigger = Trigger {
            name: self.key(&create.name.name),
            function: create.function.as_ref().map(|function| self.schema.routine_name(function)),
            columns,
            tables,
            constraint: create.constraint,
        };
        if let Some(relation) = self.relation_mut(table) {
            relation.triggers.retain(|one| one.name != trigger.name);
            relation.triggers.push(trigger);
        }
    }

    fn alter_object(&mut self, alter: &AlterObject) {
        for action in &alter.actions {
            let ObjectAction::RenameTo(to) = action else { continue };
            let to = self.key(to);
            if alter.kind == ObjectKind::Schema {
                let from = alter.name.name.folded(self.dialect()).into_owned();
                let inside: Vec<Name> =
                    self.schema.relations.keys().filter(|name| name.schema == from).cloned().collect();
                for name in inside {
                    self.rename_relation(&name, Name::new(to.clone(), name.name.clone()));
                }
            } else if alter.kind == ObjectKind::Trigger
                && let Some(relation) = alter.on.as_ref().and_then(|on| self.relation_mut(on))
            {
                let from = &alter.name.name.text;
                relation
                    .triggers
                    .iter_mut()
                    .filter(|one| one.name == *from)
                    .for_each(|one| one.name.clone_from(&to));
            }
        }
    }

    fn set(&mut self, set: &Set) {
        if let Some(role) = &set.role {
            self.session.role = (role.special.is_none()).then(|| role.name.text.clone());
        }
        for setting in &set.settings {
            if matches!(setting.scope, SetScope::Global | SetScope::Persist | SetScope::User) {
                continue;
            }
            let words: Vec<String> = setting
                .values
                .iter()
                .map(|value| value.span.slice(self.text).trim_matches(['\'', '"', '`']).to_owned())
                .collect();
            let value = (!setting.reset).then(|| words.join(", "));
            match setting.name.as_str() {
                "search_path" => {
                    let path: Vec<String> =
                        words.into_iter().filter(|schema| schema != "$user" && !schema.is_empty()).collect();
                    self.schema.search_path =
                        if setting.reset || path.is_empty() { vec!["public".to_owned()] } else { path };
                }
                "database" => {
                    if let Some(database) = value {
                        self.schema.search_path = vec![database];
                    }
                }
                "lock_timeout" | "lock_wait_timeout" => self.session.lock_timeout = value,
                "statement_timeout" | "max_statement_time" => self.session.statement_timeout = value,
                "timezone" | "time zone" | "time_zone" => {
                    self.session.time_zone = value.map(|zone| zone.to_lowercase());
                }
                "foreign_key_checks" => {
                    self.session.foreign_keys_off =
                        value.is_some_and(|value| value == "0" || value.eq_ignore_ascii_case("off"));
                }
                _ => {}
            }
        }
    }
}
