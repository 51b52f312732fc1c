//! What is to be done on one database, by comparing the repository with its ledger.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use sluice_rollout::{
    Action, Block, Change, ChangeKind, Checksum, ChecksumInput, Directives, ForeignHistory, Integrity,
    Ledger, Past, ProblemKind, Response, Revision, RevisionState, Script, Split, decide, version_key,
};
use sluice_text::{SourceFile, Span};

fn change(version: &str) -> Change {
    let kind = match version.as_bytes()[0] {
        b'R' => ChangeKind::Repeatable,
        b'B' => ChangeKind::Baseline,
        b's' => ChangeKind::Declared,
        _ => ChangeKind::Versioned,
    };
    let file = SourceFile::new(format!("{version}.sql"), version);
    Change {
        version: version.to_owned(),
        key: version_key(version),
        name: String::new(),
        kind,
        checksum: Checksum::of(version.as_bytes()),
        input: ChecksumInput::File,
        up: Script {
            file,
            blocks: vec![Block { span: Span::new(0, 1), split: Split::Dialect, substitute: false }],
        },
        down: None,
        directives: Directives::default(),
    }
}

fn revision(version: &str, state: RevisionState) -> Revision {
    Revision {
        version: version.to_owned(),
        kind: change(version).kind,
        checksum: Checksum::of(version.as_bytes()),
        state,
        statements_applied: 0,
        finished_at: None,
    }
}

/// Pending versions, then the kinds of problems, as text.
fn decided(changes: &[Change], revisions: Vec<Revision>) -> String {
    let ledger = Ledger { exists: true, fence: 1, revisions, statements: Vec::new() };
    let decision = decide(changes, &ledger, Integrity::default(), |_| true);
    let pending: Vec<String> = decision
        .pending
        .iter()
        .map(|(index, action)| match action {
            Action::Apply => changes[*index].version.clone(),
            Action::Resume => format!("{}…", changes[*index].version),
            Action::Rerun => format!("{}↻", changes[*index].version),
        })
        .collect();
    let problems: Vec<String> = decision
        .problems
        .iter()
        .map(|problem| {
            let kind = match problem.kind {
                ProblemKind::Edited => "edited",
                ProblemKind::Removed => "removed",
                ProblemKind::OutOfOrder => "late",
                ProblemKind::Requires => "requires",
                ProblemKind::Unadopted => "unadopted",
                ProblemKind::EditedInFlight => "edited-in-flight",
                ProblemKind::Hazard => "hazard",
                ProblemKind::Rename => "rename",
                ProblemKind::Rows => "rows",
                ProblemKind::InFlight => "in-flight",
            };
            format!("{kind} {}", problem.version)
        })
        .collect();
    format!("{}|{}", pending.join(" "), problems.join(" "))
}

#[test]
fn a_baseline_script_runs_only_where_nothing_was_ever_run() {
    use RevisionState::{Applied, Failed};
    let all = |versions: &[&str]| versions.iter().map(|version| change(version)).collect::<Vec<_>>();
    for (changes, revisions, expected) in [
        (all(&["1", "2", "B2", "3"]), vec![], "B2 3|"),
        (all(&["1", "B1", "2", "B2", "3"]), vec![], "B2 3|"),
        (all(&["1", "2", "B2", "3"]), vec![revision("1", Applied)], "2 3|"),
        (all(&["1", "2", "B2", "3"]), vec![revision("B2", Applied)], "3|"),
        (all(&["1", "2", "B2", "3"]), vec![revision("B2", Failed)], "B2… 3|"),
        // The only change that ran was replaced by the script since.
        (all(&["2", "B2"]), vec![revision("1", Applied)], "2|removed 1"),
        // The script was replaced by a newer one; what it stood for stays done.
        (all(&["1", "2", "3", "B3", "4"]), vec![revision("B2", Applied), revision("3", Applied)], "4|"),
    ] {
        assert_eq!(decided(&changes, revisions), expected);
    }
}

#[test]
fn what_is_unfinished_is_never_forgotten() {
    let unfinished = revision("R__view", RevisionState::Failed);
    assert_eq!(decided(&[change("1")], vec![unfinished.clone()]), "1|removed R__view");
    assert_eq!(decided(&[change("1"), change("R__view")], vec![unfinished]), "1 R__view…|");
    assert_eq!(decided(&[change("1")], vec![revision("R__view", RevisionState::Applied)]), "1|");
}

#[test]
fn a_declared_schema_is_always_pending_and_stands_for_what_came_before() {
    use RevisionState::{Applied, Applying, Failed};
    let declared = [change("schema-b")];
    for (revisions, expected) in [
        (vec![], "schema-b|"),
        (vec![revision("1", Applied), revision("R__v", Applied), revision("B2", Applied)], "schema-b|"),
        (vec![revision("schema-a", Applied), revision("schema-b", Applied)], "schema-b↻|"),
        (vec![revision("schema-b", Applying)], "schema-b…|"),
        // Whether another one may be left behind is for those to say who see what is in flight.
        (vec![revision("schema-a", Failed)], "schema-b|"),
        // A change that is half applied must be finished first.
        (vec![revision("1", Failed)], "schema-b|removed 1"),
    ] {
        assert_eq!(decided(&declared, revisions), expected);
    }
    assert_eq!(decided(&[change("1")], vec![revision("schema-a", Applied)]), "1|");
    assert_eq!(decided(&[change("1")], vec![revision("schema-a", Failed)]), "1|removed schema-a");
}

#[test]
fn a_requirement_that_is_not_for_the_target_is_a_problem() {
    let mut second = change("2");
    second.directives.requires = vec!["1".to_owned()];
    let changes = [change("1"), second];
    let ledger = Ledger::default();
    let decision = decide(&changes, &ledger, Integrity::default(), |index| index != 0);
    assert!(decision.is_refused());
    assert_eq!(decision.problems[0].message, "2.sql requires 1, which is not for this database");
    assert!(!decide(&changes, &ledger, Integrity::default(), |_| true).is_refused());
}

#[test]
fn checksums_of_other_tools_are_compared_by_their_own_algorithm() {
    let adopted = |text: &[u8]| Revision {
        checksum: Checksum::with(sluice_rollout::Algorithm::Sha384Raw, text),
        ..revision("1", RevisionState::Baseline)
    };
    assert_eq!(decided(&[change("1")], vec![adopted(b"1")]), "|");
    assert_eq!(decided(&[change("1")], vec![adopted(b"other")]), "|edited 1");
}

#[test]
fn a_history_of_another_tool_counts_where_there_is_no_ledger_and_something_is_pending() {
    let history = |tools: &[&str], shared| ForeignHistory {
        tools: tools.iter().map(|tool| (*tool).to_owned()).collect(),
        table: "schema_migrations".to_owned(),
        shared,
    };
    let weighed = |changes: &[Change], exists, history: ForeignHistory, layout, unadopted| {
        let ledger = Ledger { exists, ..Ledger::default() };
        let past = Past { ledger: &ledger, histories: &[history], layout };
        let decision = decide(changes, past, Integrity { unadopted, ..Integrity::default() }, |_| true);
        let message = decision.problems.first().map(|problem| problem.message.clone());
        (decision.is_refused(), message.unwrap_or_default())
    };
    let (changes, none) = ([change("1")], (false, String::new()));
    let ours = || history(&["dbmate", "rails"], false);
    let message = "the database has a history of dbmate or rails (table schema_migrations) and no ledger: every \
                   change would run from the start";
    let other = format!("{message}; the layout of the files here is goose");
    for (found, expected) in [
        (weighed(&changes, false, ours(), "rails", Response::Error), (true, message.to_owned())),
        (weighed(&changes, false, ours(), "goose", Response::Error), (true, other)),
        (weighed(&changes, false, ours(), "rails", Response::Warn), (false, message.to_owned())),
        (weighed(&changes, false, ours(), "rails", Response::Allow), none.clone()),
        (weighed(&changes, true, ours(), "rails", Response::Error), none.clone()),
        (weighed(&[], false, ours(), "rails", Response::Error), none.clone()),
        // A registry of the whole server need not be about this database.
        (weighed(&changes, false, history(&["sqitch"], true), "rails", Response::Error), none),
    ] {
        assert_eq!(found, expected);
    }
    assert!(weighed(&changes, false, history(&["sqitch"], true), "sqitch", Response::Error).0);
}

#[test]
fn a_way_back_runs_while_its_change_is_there_and_nothing_stands_on_it() {
    let undo = |version: &str| {
        let with_down = Change { down: Some(change(version).up), ..change(version) };
        with_down.undo(version).unwrap()
    };
    let applied = |versions: &[&str]| -> Ledger {
        let revisions = versions.iter().map(|it| revision(it, RevisionState::Applied)).collect();
        Ledger { exists: true, fence: 1, revisions, statements: Vec::new() }
    };
    let lenient = Integrity {
        edited: Response::Allow,
        removed: Response::Allow,
        out_of_order: Response::Allow,
        unadopted: Response::Allow,
    };
    let decided = |changes: &[Change], ledger: &Ledger| decide(changes, ledger, lenient, |_| true);

    let both = decided(&[undo("3"), undo("2")], &applied(&["1", "2", "3"]));
    assert_eq!((both.pending.len(), both.is_refused()), (2, false));
    // Taken back already, by a run that did not hear of its own end.
    let gone = decided(&[undo("3"), undo("2")], &applied(&["1", "2"]));
    assert_eq!((gone.pending.len(), gone.skipped.len(), gone.is_refused()), (1, 1, false));
    // Somebody has deployed meanwhile.
    let later = decided(&[undo("3")], &applied(&["1", "2", "3", "4"]));
    assert!(later.is_refused());
    assert!(later.problems[0].message.contains("4 was applied after it"), "{:?}", later.problems);
    // A deployment does not run into a half-finished way back.
    let mut half = applied(&["1"]);
    half.revisions.push(Revision {
        version: "undo:1".to_owned(),
        kind: ChangeKind::Undo,
        state: RevisionState::Applying,
        ..revision("1", RevisionState::Applying)
    });
    assert!(decided(&[change("1")], &half).is_refused());
}
