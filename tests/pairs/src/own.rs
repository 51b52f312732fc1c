use crate::Pair;

/// Pairs of our own, for what the corpus lacks. A text holds them one after the other: `-- @@ name` begins one, `-- @@ name noop` one
/// whose sides mean the same, `-- @@ name change mariadb` one for a flavor; `-- =>` stands between its sides.
pub fn own_pairs(text: &str) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for part in text.split("-- @@ ").skip(1) {
        let (title, sides) = part.split_once('\n').unwrap();
        let (old, new) = sides.split_once("-- =>\n").unwrap_or_else(|| panic!("{title} has one side"));
        let mut words = title.split_whitespace();
        let case = words.next().unwrap();
        let kind = words.next().unwrap_or("change");
        let flavor = words.collect::<Vec<_>>().join(" ");
        pairs.push(Pair {
            source: "own".to_owned(),
            case: case.to_owned(),
            kind: kind.to_owned(),
            setup: String::new(),
            old: old.to_owned(),
            new: new.to_owned(),
            roles: Vec::new(),
            cluster_objects: Vec::new(),
            flavor: (!flavor.is_empty()).then_some(flavor),
        });
    }
    let only = std::env::var("PAIRS_ONLY").unwrap_or_default();
    pairs.retain(|pair| pair.name().contains(&only));
    pairs
}
