/// The candidate that `word` most likely is a misspelling of.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let lower = word.to_lowercase();
    let limit = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `did you mean "x"?`, or the list of what is known where nothing is near.
pub(super) fn did_you_mean<'c>(
    word: &str,
    what: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<String> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    match nearest(word, candidates.iter().copied()) {
        Some(candidate) => Some(format!("did you mean `{candidate}`?")),
        None if candidates.is_empty() || candidates.len() > 30 => None,
        None => Some(format!("known {what}: {}", candidates.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelled_word_finds_what_was_meant() {
        let keys = ["name", "migrations", "schema", "lock_timeout"];
        assert_eq!(nearest("nmae", keys), Some("name"));
        assert_eq!(nearest("Migration", keys), Some("migrations"));
        assert_eq!(nearest("lock-timeout", keys), Some("lock_timeout"));
        assert_eq!(nearest("owner", keys), None);
        assert_eq!(did_you_mean("owner", "keys", ["a", "b"]).as_deref(), Some("known keys: a, b"));
    }
}
