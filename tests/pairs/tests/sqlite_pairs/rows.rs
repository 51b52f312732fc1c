//! Rows for tables of any kind, and whether they are still there.

use std::collections::BTreeMap;

use sluice_facts::{Kind, Transition};

use crate::judge::Program;

const COLUMNS: &str = "SELECT hex(t.name) || '|' || hex(c.name) || '|' || hex(c.type) || '|' || c.hidden FROM pragma_table_list t, pragma_table_xinfo(t.name) c \
    WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY t.name, c.cid";

struct Column {
    name: String,
    data_type: String,
    hidden: bool,
}

/// The tables with their columns, in lower case.
fn tables(program: Program<'_>) -> BTreeMap<String, Vec<Column>> {
    let mut tables: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    for line in program.ask(COLUMNS).lines() {
        let parts: Vec<&str> = line.split('|').collect();
        let column = Column {
            name: text(parts[1]).to_lowercase(),
            data_type: text(parts[2]).to_lowercase(),
            hidden: parts[3] != "0",
        };
        tables.entry(text(parts[0]).to_lowercase()).or_default().push(column);
    }
    tables
}

fn text(hex: &str) -> String {
    let bytes = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
    String::from_utf8(bytes.collect()).unwrap()
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Three rows for each table, where it takes them. Equal types get equal values, so that rows find those that they refer to.
pub fn insert(program: Program<'_>) {
    let mut script = String::new();
    for (table, columns) in tables(program) {
        let columns: Vec<&Column> = columns.iter().filter(|column| !column.hidden).collect();
        let names: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
        for number in 1..=3 {
            let values: Vec<String> = columns.iter().map(|column| value(&column.data_type, number)).collect();
            script.push_str(&format!(
                "INSERT OR IGNORE INTO {} ({}) VALUES ({});\n",
                quoted(&table),
                names.join(", "),
                values.join(", ")
            ));
        }
    }
    program.run_on(&script);
}

fn value(data_type: &str, number: u8) -> String {
    if data_type.contains("int") || data_type.contains("bool") {
        number.to_string()
    } else if data_type.contains("char") || data_type.contains("text") || data_type.contains("clob") {
        format!("'t{number}'")
    } else if data_type.contains("blob") {
        format!("x'0{number}'")
    } else {
        format!("{number}.5")
    }
}

/// What each table holds: values by column, in the order of the rows.
pub type Rows = BTreeMap<String, BTreeMap<String, (String, String)>>;

/// Reads everything.
pub fn read(program: Program<'_>) -> Rows {
    let mut rows = Rows::new();
    for (table, columns) in tables(program) {
        let sequence: Vec<String> = columns
            .iter()
            .map(|column| {
                format!("SELECT coalesce(group_concat(quote(v), ','), '') FROM (SELECT {} AS v FROM {} ORDER BY 1);", quoted(&column.name), quoted(&table))
            })
            .collect();
        let answer = program.ask(&sequence.join("\n"));
        let kept = rows.entry(table).or_default();
        for (column, values) in
            columns.iter().zip(answer.lines().map(str::to_owned).chain(std::iter::repeat(String::new())))
        {
            kept.insert(column.name.clone(), (column.data_type.clone(), values));
        }
    }
    rows
}

/// Whether the values of columns that are in both are the same, of tables that were neither dropped nor made anew.
pub fn all_there(before: &Rows, after: &Rows, way: Option<&Transition<'_>>) -> Result<(), String> {
    for (table, columns) in before {
        let Some(now) = after.get(table) else { continue };
        let replaced = way.is_some_and(|way| {
            let is_it = |fact: &&sluice_facts::Fact| fact.kind == Kind::Table && fact.id.name() == *table;
            way.diff.added.iter().copied().any(|fact| is_it(&fact))
        });
        for (column, (data_type, values)) in columns.iter().filter(|_| !replaced) {
            match now.get(column) {
                Some((new_type, _)) if new_type != data_type => {}
                Some((_, new)) if new != values => {
                    let generated = way.is_some_and(|way| {
                        let changed = way
                            .diff
                            .altered
                            .iter()
                            .find(|change| change.new.id.path() == [table.as_str(), column.as_str()]);
                        changed
                            .is_some_and(|change| change.touches("expression") || change.touches("generated"))
                    });
                    if !generated {
                        return Err(format!("    {table}.{column}: {values} became {new}"));
                    }
                }
                _ => {}
            }
        }
    }
    Ok(())
}
