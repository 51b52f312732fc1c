use sluice_facts::{Diff, Snapshot};

/// What differs between what came out and what should have.
pub fn differences(got: &Snapshot, wanted: &Snapshot) -> String {
    let diff = Diff::between(got, wanted);
    let mut text = String::new();
    for fact in &diff.removed {
        text.push_str(&format!("    too much: {}\n", fact.id));
    }
    for fact in &diff.added {
        text.push_str(&format!("    missing:  {} {:?}\n", fact.id, fact.payload));
    }
    for change in &diff.altered {
        for name in &change.attributes {
            let (old, new) = (change.old.payload.get(name), change.new.payload.get(name));
            text.push_str(&format!("    differs:  {} {name}: {old:?} wanted {new:?}\n", change.new.id));
        }
    }
    text
}
