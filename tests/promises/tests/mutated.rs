//! Every promise, tried on SQL that was damaged: tokens taken away, doubled, swapped and mixed with those of another
//! statement, text cut off anywhere.
#![allow(clippy::indexing_slicing, reason = "test code")]

use std::sync::OnceLock;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::RngSeed;
use sluice_promises::seeds;
use sluice_sql::Dialect;
use sluice_text::{Edit, SourceFile, Span};

/// Longer seeds are tried in whole, see below.
const LONGEST: usize = 3000;

fn all_seeds() -> &'static [(Dialect, String)] {
    static SEEDS: OnceLock<Vec<(Dialect, String)>> = OnceLock::new();
    SEEDS.get_or_init(|| {
        let mut seeds = seeds::examples();
        // What a file is written in is not said: each dialect must take all of them.
        let files = seeds::files().into_iter().filter(|text| text.len() <= LONGEST);
        seeds.extend(files.enumerate().map(|(at, text)| (Dialect::ALL[at % Dialect::ALL.len()], text)));
        seeds
    })
}

/// One damage to a list of tokens. The tokens of another text are at hand.
#[derive(Debug, Clone)]
enum Damage {
    Remove(Index),
    Double(Index),
    Swap(Index, Index),
    Insert(Index, Index),
    Odd(Index, char),
    Cut(Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<Index>;
    let odd = prop::sample::select(vec![
        '\'',
        '"',
        '`',
        '(',
        ')',
        ';',
        '$',
        '\\',
        '\0',
        'é',
        '\u{1F600}',
        '\n',
        ',',
        '.',
        '*',
    ]);
    prop_oneof![
        3 => at().prop_map(Damage::Remove),
        1 => at().prop_map(Damage::Double),
        2 => (at(), at()).prop_map(|(one, other)| Damage::Swap(one, other)),
        3 => (at(), at()).prop_map(|(here, from)| Damage::Insert(here, from)),
        1 => (at(), odd).prop_map(|(here, odd)| Damage::Odd(here, odd)),
        1 => at().prop_map(Damage::Cut),
    ]
}

/// Words, blanks and single signs.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let class = |c: char| (c.is_alphanumeric() || c == '_', c.is_whitespace());
        let length = match class(first) {
            (false, false) => first.len_utf8(),
            kind => rest.find(|c| class(c) != kind).unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after;
    }
    tokens
}

fn damaged(text: &str, other: &str, damages: &[Damage]) -> String {
    let (mut list, foreign) = (tokens(text), tokens(other));
    let mut buffer = [0; 4];
    let mut odd: Vec<(usize, char)> = Vec::new();
    for damage in damages {
        if list.is_empty() {
            break;
        }
        let length = list.len();
        let at = |index: &Index| index.index(length);
        match damage {
            Damage::Remove(index) => drop(list.remove(at(index))),
            Damage::Double(index) => list.insert(at(index), list[at(index)]),
            Damage::Swap(one, two) => list.swap(at(one), at(two)),
            Damage::Insert(here, from) if !foreign.is_empty() => {
                list.insert(at(here), foreign[from.index(foreign.len())])
            }
            Damage::Insert(..) => {}
            Damage::Odd(index, sign) => odd.push((at(index), *sign)),
            Damage::Cut(index) => list.truncate(at(index)),
        }
    }
    let mut out = String::new();
    for (at, token) in list.iter().enumerate() {
        odd.iter()
            .filter(|(place, _)| *place == at)
            .for_each(|(_, sign)| out.push_str(sign.encode_utf8(&mut buffer)));
        out.push_str(token);
    }
    out
}

/// A text that was damaged, and the dialect that it was written for.
fn text() -> impl Strategy<Value = (Dialect, String)> {
    (any::<Index>(), any::<Index>(), prop::collection::vec(damage(), 0..8), any::<Index>(), any::<bool>())
        .prop_map(|(seed, other, damages, end, cut)| {
            let seeds = all_seeds();
            let (dialect, text) = &seeds[seed.index(seeds.len())];
            let mut text = damaged(text, &seeds[other.index(seeds.len())].1, &damages);
            if cut {
                // In the middle of a token, too.
                let keep = end.index(text.chars().count() + 1);
                text = text.chars().take(keep).collect();
            }
            (*dialect, text)
        })
}

/// The same cases in every run, so that a change is judged by what it does; the targets in `fuzz/` explore.
fn cases(count: u32) -> ProptestConfig {
    let rng_seed = RngSeed::Fixed(0);
    ProptestConfig { cases: count, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(1500))]

    #[test]
    fn damaged_text_is_lexed_split_and_read((_, text) in text()) {
        for dialect in Dialect::ALL {
            sluice_promises::lexer(dialect, &text);
            sluice_promises::splitter(dialect, &text);
            sluice_promises::grammar(dialect, &text);
        }
    }

    #[test]
    fn damaged_text_is_replayed((_, text) in text()) {
        for dialect in Dialect::ALL {
            sluice_promises::replay(dialect, &text);
        }
    }
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn damaged_text_is_reviewed_under_all_rules((dialect, text) in text(), other in prop::sample::select(&Dialect::ALL[..])) {
        sluice_promises::review(dialect, &text);
        sluice_promises::review(other, &text);
    }

    #[test]
    fn any_characters_are_reviewed(dialect in prop::sample::select(&Dialect::ALL[..]), text in any::<String>()) {
        sluice_promises::review(dialect, &text);
    }

    #[test]
    fn no_comment_hides_a_finding_unseen(
        dialect in prop::sample::select(&Dialect::ALL[..]),
        start in prop::sample::select(&["", "allow", "allow(", "allow(data-loss/drop-table", "allow(data-loss/*) reason=\"x\""][..]),
        rest in prop_oneof![
            any::<String>(),
            prop::collection::vec(prop::sample::select(&["(", ")", ",", "=", "\"", "reason", "until", "2027-01-01", "2026-13-40", "a/b", "*", "é", " ", "sluice:", "/*"][..]), 0..12).prop_map(|words| words.concat()),
        ],
    ) {
        sluice_promises::suppressions(dialect, &format!("{start}{rest}"));
    }

    #[test]
    fn any_directive_is_read_or_passed_over(
        lines in prop::collection::vec((prop::sample::select(&["transaction", "lock_timeout", "requires", "targets", "phase", "flag", "assert", "renamed from", "x", ""][..]), any::<String>()), 0..5),
    ) {
        let text: String = lines.iter().map(|(key, value)| format!("-- sluice: {key}={value}\n")).collect();
        let _ = sluice_project::layout::directives(&SourceFile::new("a.sql", text));
    }

    #[test]
    fn any_edits_leave_a_text(
        text in any::<String>(),
        edits in prop::collection::vec((0..60_usize, 0..60_usize, any::<String>()), 0..6),
    ) {
        let edits: Vec<Edit> =
            edits.into_iter().map(|(start, end, text)| Edit::replace(Span { start, end }, text)).collect();
        sluice_promises::edits(&text, &edits);
    }
}

#[test]
fn a_well_formed_suppression_hides_the_finding_that_it_names() {
    use jiff::civil::Date;
    use sluice_review::{ChangeInfo, Conditions, Policy, Reviewer, RuleSet, Script};
    let policy = Policy::of(RuleSet::All);
    let conditions = Conditions { version: None, today: Date::constant(2026, 11, 1), one_batch: false };
    let mut runner = proptest::test_runner::TestRunner::new(cases(200));
    let rules = prop::sample::select(&["data-loss/drop-table", "data-loss/*"][..]);
    let more = prop::collection::vec("[a-z]{1,8}/[a-z-]{1,8}", 0..3);
    let reason = "[^\"\\r\\n]{0,30}[^\"\\s]";
    let until = prop::option::of((2027..2100_i16, 1..=12_i8, 1..=28_i8));
    let dialect = prop::sample::select(&Dialect::ALL[..]);
    runner
        .run(&(rules, more, reason, until, dialect), |(rule, mut rules, reason, until, dialect)| {
            rules.push(rule.to_owned());
            let until = until
                .map(|(year, month, day)| format!(" until={year:04}-{month:02}-{day:02}"))
                .unwrap_or_default();
            let text = format!(
                "SELECT 1;\n-- sluice: allow({}) reason=\"{reason}\"{until}\nDROP TABLE orders;",
                rules.join(", ")
            );
            let file = SourceFile::new("a.sql", text.as_str());
            let script = Script::read(dialect, file, ChangeInfo::default());
            let review =
                Reviewer::new(sluice_schema::Schema::unknown(dialect), &policy, conditions).review(&script);
            let shown = review.findings.iter().filter(|it| it.rule == "data-loss/drop-table").count();
            prop_assert_eq!((shown, review.suppressed > 0), (0, true), "{}", text);
            Ok(())
        })
        .unwrap();
}
