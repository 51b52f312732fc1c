use std::sync::Arc;

use sluice_review::{Session, apply};
use sluice_schema::{Origin, Schema};
use sluice_sql::Dialect;
use sluice_sql::model::{Ident, ObjectName, Parsed};
use sluice_text::Span;

/// A database's schema while statements are replayed over it.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// The schema so far.
    pub schema: Schema,
    session: Session,
}

impl Replayed {
    /// An empty database.
    pub fn empty(dialect: Dialect) -> Self {
        Self { schema: Schema::empty(dialect), session: Session::default() }
    }

    /// Applies every statement of a text.
    pub fn run(&mut self, text: &str) {
        for parsed in statements(self.schema.dialect(), text) {
            self.apply(text, &parsed);
        }
    }

    fn apply(&mut self, text: &str, parsed: &Parsed) {
        apply(&mut self.schema, &mut self.session, text, &parsed.statement, Origin::default());
    }

    /// The schema as it is after it was kept in a file.
    fn kept(&self) -> Schema {
        let bytes = self.schema.to_bytes().expect("a schema can be kept");
        Schema::from_bytes(&Arc::new(bytes)).expect("what was kept can be read")
    }

    /// The schema finds everything under its name, and does so after it was kept in a file.
    pub fn sound(&self) {
        let kept = self.kept();
        assert_eq!(kept, self.schema, "a schema loses something where it is kept");
        for schema in [&self.schema, &kept] {
            for (name, relation) in schema.relations.keys().zip(schema.relations.values()) {
                assert_eq!(*name, relation.name);
                for index in &relation.indexes {
                    let found = schema
                        .index(&written(&name.schema, &index.name), Some(&written(&name.schema, &name.name)));
                    assert_eq!(found.map(|(_, found)| found), Some(index));
                    // Two may only share a name where it is the table's, not the schema's.
                    if matches!(schema.dialect(), Dialect::Postgres | Dialect::Sqlite) {
                        let found = schema.index(&written(&name.schema, &index.name), None);
                        assert_eq!(
                            found.map(|(table, _)| &table.name),
                            Some(name),
                            "table of index {}",
                            index.name
                        );
                    }
                }
            }
        }
    }
}

/// A name as it is written in a statement, exactly.
fn written(schema: &str, name: &str) -> ObjectName {
    let nowhere = Span::new(0, 0);
    let schema = (!schema.is_empty()).then(|| Ident::quoted(schema, nowhere));
    let parts = schema.into_iter().chain([Ident::quoted(name, nowhere)]).collect();
    ObjectName::from_parts(parts).expect("a name has a part")
}

/// Whatever is replayed: relations are found under their names, and a schema that was kept in a file between two
/// statements leads to the same one in the end.
pub fn replay(dialect: Dialect, text: &str) -> Schema {
    let statements = statements(dialect, text);
    let mut replayed = Replayed::empty(dialect);
    let mut kept = replayed.clone();
    for (at, parsed) in statements.iter().enumerate() {
        replayed.apply(text, parsed);
        kept.apply(text, parsed);
        if at == statements.len() / 2 {
            kept.schema = kept.kept();
        }
        let relations = &replayed.schema.relations;
        for (name, relation) in relations.keys().zip(relations.values()) {
            assert_eq!(*name, relation.name, "{text:?}");
        }
    }
    assert_eq!(kept.schema, replayed.schema, "{text:?}");
    replayed.schema
}

/// The statements of a text; the whole text as one where it cannot be cut.
fn statements(dialect: Dialect, text: &str) -> Vec<Parsed> {
    let bodies = match sluice_sql::split(dialect, text) {
        Ok(pieces) => pieces.into_iter().map(|piece| piece.body).filter(|body| !body.is_empty()).collect(),
        Err(_) => vec![Span::new(0, text.len())],
    };
    bodies.into_iter().map(|body| sluice_sql::parse(dialect, text, body)).collect()
}
