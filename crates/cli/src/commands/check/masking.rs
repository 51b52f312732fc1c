//! Placeholders, which no grammar knows: while a change is reviewed, names stand in for them.

use std::collections::HashMap;
use std::sync::Arc;

use sluice_review::Review;
use sluice_text::{Finding, Fix, SourceFile};

/// A file with placeholders.
#[derive(Debug, Clone)]
pub(in crate::commands) struct Masked {
    /// As it is written.
    pub written: SourceFile,
    /// As the review sees it: places are the same.
    pub seen: SourceFile,
    /// What is seen for which placeholder.
    names: HashMap<String, String>,
    /// Something that is seen may be something else.
    unclear: bool,
}

impl Masked {
    /// None where there is no placeholder.
    pub fn of(file: &SourceFile) -> Option<Self> {
        let text = file.text();
        if !text.contains("${") {
            return None;
        }
        let (mut names, mut unclear) = (HashMap::new(), false);
        let placeholders = text.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
        for (name, _) in placeholders.filter(|(name, _)| is_placeholder(name)) {
            let written = format!("${{{name}}}");
            let seen = masked(&written);
            unclear |= text.contains(&seen);
            let before = names.insert(seen, written.clone());
            unclear |= before.is_some_and(|before| before != written);
        }
        let seen = SourceFile::new(file.path(), masked(text));
        Some(Self { written: file.clone(), seen, names, unclear })
    }

    /// Makes a review speak of the file as it is written.
    pub fn reveal(&self, review: &mut Review) {
        review.findings.iter_mut().for_each(|finding| self.reveal_finding(finding));
        for quiet in &mut review.quiet {
            quiet.message = self.said(&quiet.message);
        }
        for lock in review.forecasts.iter_mut().flat_map(|one| &mut one.forecast.locks) {
            lock.relation.schema = self.said(&lock.relation.schema);
            lock.relation.name = self.said(&lock.relation.name);
        }
        for work in review.forecasts.iter_mut().flat_map(|one| &mut one.forecast.work) {
            work.relation.schema = self.said(&work.relation.schema);
            work.relation.name = self.said(&work.relation.name);
        }
    }

    /// As [`Masked::reveal`], of one finding.
    pub fn reveal_finding(&self, finding: &mut Finding) {
        finding.file = self.written.clone();
        finding.message = self.said(&finding.message);
        finding.help = self.said(&finding.help);
        finding.fix = finding.fix.take().and_then(|fix| self.revealed(&fix)).map(Arc::new);
    }

    /// A text for people, with placeholders in place of the names that the review saw, also where the server folds them.
    fn said(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (seen, written) in &self.names {
            if text.contains("p_") {
                text = text.replace(seen, written).replace(&seen.to_lowercase(), written);
            }
        }
        text
    }

    /// The fix with placeholders in place of the names that the review saw for them; none where something else has such a name.
    fn revealed(&self, fix: &Fix) -> Option<Fix> {
        if self.unclear {
            return None;
        }
        let mut fix = fix.clone();
        let texts = fix.edits.iter_mut().map(|edit| &mut edit.text);
        for text in texts.chain(fix.follow_ups.iter_mut().map(|next| &mut next.sql)) {
            for (seen, written) in &self.names {
                *text = text.replace(seen, written);
            }
        }
        Some(fix)
    }
}

/// The text with every `${name}` written as a name of the same length, so that places stay right. A string that is nothing but a placeholder stays, so that a password in it is not taken for one
/// that is written down.
fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        match after.split_once('}').filter(|(name, _)| is_placeholder(name)) {
            Some((name, tail)) if !(before.ends_with('\'') && tail.starts_with('\'')) => {
                out.push_str("p_");
                // Every character that is not of ASCII is one of a name.
                let is_plain = |c: char| c.is_ascii_alphanumeric() || !c.is_ascii();
                out.extend(name.chars().map(|c| if is_plain(c) { c } else { '_' }));
                out.push('_');
                rest = tail;
            }
            _ => {
                out.push_str("${");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Whether a configuration can give a value to a placeholder of this name.
fn is_placeholder(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| matches!(c, '{' | '$') || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use sluice_text::Edit;

    use super::*;

    #[test]
    fn placeholders_become_names_of_the_same_length() {
        for (text, expected) in [
            ("SELECT ${a}.b", "SELECT p_a_.b"),
            ("${a-b}${c:d}", "p_a_b_p_c_d_"),
            ("${\u{e9}.} x", "p_\u{e9}__ x"),
            ("'${password}' '${a}x'", "'${password}' 'p_a_x'"),
            ("${} ${a b} ${", "${} ${a b} ${"),
        ] {
            assert_eq!(masked(text), expected);
            assert_eq!(masked(text).len(), text.len());
        }
    }

    #[test]
    fn what_was_seen_is_told_as_it_is_written() {
        let fixed = |text: &str| {
            let fix = Fix::edits("x", vec![Edit::insert(0, "CREATE INDEX i ON p_a_b_.orders")]);
            Masked::of(&SourceFile::new("1.sql", text)).unwrap().revealed(&fix)
        };
        let fix = fixed("SELECT ${a-b}; SELECT ${a-b}").unwrap();
        assert_eq!(fix.edits[0].text, "CREATE INDEX i ON ${a-b}.orders");
        assert!(fixed("SELECT ${a-b}, ${a_b}").is_none(), "nobody knows which");
        assert!(fixed("SELECT ${a-b}, p_a_b_").is_none(), "nobody knows which");
        let masked = Masked::of(&SourceFile::new("1.sql", "SELECT ${Shop}")).unwrap();
        assert_eq!(masked.said("of `p_shop_.orders`"), "of `${Shop}.orders`");
    }
}
