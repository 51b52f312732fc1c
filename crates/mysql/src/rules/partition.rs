//! How the rows of a table are divided.

use sluice_facts::{Change, Hazard, Payload, Step, Verb};

use super::name;

/// The division as it is written.
pub(crate) fn by(payload: &Payload) -> Option<String> {
    let by = payload.text("partition_by")?;
    let parts = payload.list("partitions");
    let parts = if parts.is_empty() { String::new() } else { format!("\n({})", parts.join(",\n ")) };
    Some(format!("PARTITION BY {by}{parts}"))
}

/// The way from one division to another: statements that follow the table's own, or an action at the end of that.
pub(crate) fn changes(
    change: &Change<'_>,
    division: &mut Option<String>,
    hazards: &mut Vec<Hazard>,
) -> Vec<Step> {
    if !change.touches("partition_by") && !change.touches("partitions") {
        return Vec::new();
    }
    let (old, new) = (&change.old.payload, &change.new.payload);
    let table = name::top(&change.new.id);
    let step =
        |action: String| Step::new(Verb::Alter, &change.new.id, format!("ALTER TABLE {table} {action}"));
    if !change.touches("partition_by") {
        let (had, has) = (old.list("partitions"), new.list("partitions"));
        if let Some(added) = has.strip_prefix(had) {
            return vec![step(format!("ADD PARTITION ({})", added.join(", ")))];
        }
        let gone: Vec<&str> = had.iter().filter(|part| !has.contains(part)).map(|part| &**part).collect();
        let rest: Vec<&str> = had.iter().filter(|part| has.contains(part)).map(|part| &**part).collect();
        if rest.iter().copied().eq(has.iter().map(|part| &**part)) && divides_by_value(new) {
            let names: Vec<String> = gone.iter().filter_map(|part| part_name(part)).collect();
            return vec![step(format!("DROP PARTITION {}", names.join(", "))).hazard(Hazard::DeletesData)];
        }
    }
    hazards.push(Hazard::RewritesTable);
    *division = Some(match by(new) {
        Some(by) => {
            hazards.push(Hazard::DependsOnData);
            by
        }
        None => "REMOVE PARTITIONING".to_owned(),
    });
    Vec::new()
}

fn divides_by_value(payload: &Payload) -> bool {
    let by = payload.text("partition_by").unwrap_or_default();
    by.starts_with("RANGE") || by.starts_with("LIST")
}

/// The name of a part, as it is written.
fn part_name(part: &str) -> Option<String> {
    let mut reader = crate::lexeme::Reader::new(part);
    reader.take(&["PARTITION"]).then_some(())?;
    reader.name().map(|name| crate::name::quote(&name))
}
