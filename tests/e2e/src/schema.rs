use std::sync::OnceLock;

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

/// Asserts that a result is valid by the published schema that it names.
///
/// # Panics
/// When it names none, an unknown one, or is not valid.
#[track_caller]
pub fn assert_valid(value: &Value) {
    static COMPILED: OnceLock<(Schemas, Vec<(&'static str, SchemaIndex)>)> = OnceLock::new();
    let (schemas, indices) = COMPILED.get_or_init(compile);
    let name = value["schema"].as_str().unwrap_or_else(|| panic!("no schema is named by {value}"));
    let known = indices.iter().find(|(known, _)| *known == name);
    let (_, index) = known.unwrap_or_else(|| panic!("there is no schema {name}"));
    if let Err(error) = schemas.validate(value, *index) {
        panic!("{error:#}\nin {value:#}");
    }
}

fn compile() -> (Schemas, Vec<(&'static str, SchemaIndex)>) {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    let indices = sluice_report::schemas()
        .into_iter()
        .map(|(name, mut schema)| {
            // Nothing may be there that the schema does not know.
            if let Some(schema) = schema.as_object_mut() {
                schema.insert("unevaluatedProperties".to_owned(), false.into());
            }
            let place = format!("memory:/{name}");
            compiler.add_resource(&place, schema).expect("a schema is an object");
            (name, compiler.compile(&place, &mut schemas).unwrap_or_else(|error| panic!("{name}: {error:#}")))
        })
        .collect();
    (schemas, indices)
}
