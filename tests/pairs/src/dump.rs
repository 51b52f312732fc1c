//! Dumps of an outside observer, compared.

/// How alike two dumps are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Likeness {
    /// Line by line.
    Exact,
    /// But for the order of columns or of statements.
    UpToOrder,
    /// Not at all: lines of the first alone, lines of the second alone.
    Different(String),
}

/// Compares two dumps.
pub fn compare(got: &str, wanted: &str) -> Likeness {
    let (got, wanted) = (lines(got), lines(wanted));
    if got == wanted {
        return Likeness::Exact;
    }
    let sorted = |lines: &[String]| {
        let mut lines: Vec<String> = lines.iter().map(|line| line.trim_end_matches(',').to_owned()).collect();
        lines.sort();
        lines
    };
    let (got, wanted) = (sorted(&got), sorted(&wanted));
    if got == wanted {
        return Likeness::UpToOrder;
    }
    let mut text = String::new();
    let missing = |from: &[String], of: &[String]| {
        let mut rest = of.to_vec();
        let mut lost = Vec::new();
        for line in from {
            match rest.iter().position(|other| other == line) {
                Some(at) => drop(rest.remove(at)),
                None => lost.push(line.clone()),
            }
        }
        lost
    };
    for line in missing(&wanted, &got) {
        text.push_str(&format!("    wanted: {line}\n"));
    }
    for line in missing(&got, &wanted) {
        text.push_str(&format!("    got:    {line}\n"));
    }
    Likeness::Different(text)
}

/// Lines that say something.
fn lines(dump: &str) -> Vec<String> {
    let noise = |line: &&str| {
        line.is_empty()
            || line.starts_with("--")
            || line.starts_with("\\restrict")
            || line.starts_with("\\unrestrict")
    };
    dump.lines().map(str::trim_end).filter(|line| !noise(line)).map(str::to_owned).collect()
}
