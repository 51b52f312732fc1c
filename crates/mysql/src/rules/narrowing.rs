//! Whether values of one type may not fit into another one.

/// A type, taken apart.
struct Shape<'a> {
    base: String,
    arguments: &'a str,
    unsigned: bool,
}

impl<'a> Shape<'a> {
    fn of(kind: &'a str) -> Self {
        let end = kind.find(['(', ' ']).unwrap_or(kind.len());
        let base = kind.get(..end).unwrap_or(kind).to_ascii_lowercase();
        let arguments =
            kind.split_once('(').and_then(|(_, rest)| rest.rsplit_once(')')).map_or("", |(inside, _)| inside);
        let behind = kind.rsplit(')').next().unwrap_or(kind).to_ascii_lowercase();
        Self { base, arguments, unsigned: behind.contains("unsigned") }
    }

    fn numbers(&self) -> (u64, u64) {
        let mut numbers = self.arguments.split(',').map(|number| number.trim().parse().unwrap_or(0));
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
    }
}

/// Families of types from small to large: a later one takes every value of an earlier one.
const LADDERS: [&[&str]; 4] = [
    &["tinyint", "smallint", "mediumint", "int", "bigint"],
    &["tinytext", "text", "mediumtext", "longtext"],
    &["tinyblob", "blob", "mediumblob", "longblob"],
    &["float", "double"],
];

/// Whether values may be lost or refused on the way.
pub(crate) fn narrows(old: &str, new: &str) -> bool {
    if old == new {
        return false;
    }
    let (old, new) = (Shape::of(old), Shape::of(new));
    for ladder in LADDERS {
        let step = |shape: &Shape<'_>| ladder.iter().position(|base| *base == shape.base);
        if let (Some(from), Some(to)) = (step(&old), step(&new)) {
            let signs = match (old.unsigned, new.unsigned) {
                (true, false) => from >= to,
                (false, true) => true,
                _ => false,
            };
            return from > to || signs;
        }
    }
    if old.base != new.base {
        let length = old.numbers().0;
        return match (old.base.as_str(), new.base.as_str()) {
            ("char", "varchar") | ("binary", "varbinary") => length > new.numbers().0,
            // Bytes and characters are not the same, but every such text fits into this.
            ("char" | "varchar", "mediumtext" | "longtext") => false,
            ("char" | "varchar", "text") => length > 16_383,
            ("binary" | "varbinary", "blob" | "mediumblob" | "longblob") => false,
            ("date", "datetime") => false,
            _ => true,
        };
    }
    match old.base.as_str() {
        "enum" | "set" => !new.arguments.starts_with(old.arguments),
        "decimal" => {
            let ((digits, scale), (new_digits, new_scale)) = (old.numbers(), new.numbers());
            new_scale < scale
                || new_digits.saturating_sub(new_scale) < digits.saturating_sub(scale)
                || (new.unsigned && !old.unsigned)
        }
        _ => old.numbers().0 > new.numbers().0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_not_fit_is_told() {
        for (old, new, expected) in [
            ("int(11)", "bigint(20)", false),
            ("bigint(20)", "int(11)", true),
            ("int(10) unsigned", "int(11)", true),
            ("int(10) unsigned", "bigint(20)", false),
            ("int(11)", "int(10) unsigned", true),
            ("varchar(40)", "varchar(20)", true),
            ("varchar(40)", "varchar(255)", false),
            ("varchar(40)", "text", false),
            ("text", "varchar(40)", true),
            ("enum('a')", "enum('a','b')", false),
            ("enum('a','b')", "enum('b')", true),
            ("decimal(5,2)", "decimal(6,3)", false),
            ("decimal(5,2)", "decimal(6,4)", true),
            ("datetime(6)", "datetime", true),
            ("datetime", "date", true),
            ("char(3)", "int(11)", true),
        ] {
            assert_eq!(narrows(old, new), expected, "{old} → {new}");
        }
    }
}
