//! What was done cannot be made undone in the log without anybody seeing it.

use std::path::Path;

use serde_json::{Value, json};
use sluice_store::audit::{AuditError, Expectation, canonical, checkpoint_of, verify};
use sluice_store::{Key, sha256_hex};

use crate::kit::{Site, act, on_both};

/// A state with some records.
fn server(records: usize) -> Site {
    filled(Site::sqlite(), records)
}

fn filled(site: Site, records: usize) -> Site {
    let mut store = site.open();
    for number in 0..records {
        store.audit(&act(number)).unwrap();
    }
    site
}

fn export(site: &Site) -> Vec<String> {
    let mut lines = Vec::new();
    site.open().export_audit(&Key::of(site.folder()).unwrap(), |line| lines.push(line)).unwrap();
    lines
}

fn check(lines: &[String]) -> Result<u64, AuditError> {
    check_against(lines, &Expectation::default())
}

fn check_against(lines: &[String], expected: &Expectation) -> Result<u64, AuditError> {
    verify(lines.join("\n").as_bytes(), expected).map(|verified| verified.checkpoint.count)
}

/// Writes a record's hash anew, as somebody would who knows how it is made.
fn rehash(line: &str) -> String {
    let mut record: Value = serde_json::from_str(line).unwrap();
    record.as_object_mut().unwrap().remove("hash");
    let hash = sha256_hex(canonical(&record).as_bytes());
    record["hash"] = Value::String(hash);
    canonical(&record)
}

on_both! {
    fn an_export_verifies_however_long_it_is(site) {
        let mut store = site.open();
        for records in [0, 1, 5] {
            for number in store.audit_page(0, 9).unwrap().len()..records {
                store.audit(&act(number)).unwrap();
            }
            assert_eq!(check(&export(site)).unwrap(), u64::try_from(records).unwrap());
        }
    }

    fn many_writers_make_one_chain(site) {
        std::thread::scope(|scope| {
            for writer in 0..4 {
                scope.spawn(move || {
                    let mut store = site.replica().open_server().unwrap();
                    for number in 0..20 {
                        store.audit(&act(writer * 100 + number)).unwrap();
                    }
                });
            }
        });
        assert_eq!(check(&export(site)).unwrap(), 80);
        let store = site.open();
        let page = store.audit_page(78, 9).unwrap();
        assert_eq!(page.iter().map(|record| record.sequence).collect::<Vec<_>>(), [79, 80]);
    }

    fn a_record_that_is_edited_in_the_store_is_seen_in_the_export(site) {
        let mut store = site.open();
        for number in 0..3 {
            store.audit(&act(number)).unwrap();
        }
        let mut lines = export(site);
        assert_eq!(check(&lines).unwrap(), 3);
        lines.remove(1);
        assert!(matches!(check(&lines).unwrap_err(), AuditError::Order { .. }));
    }
}

#[test]
fn every_way_to_tamper_with_an_export_is_seen() {
    let folder = server(5);
    let whole = export(&folder);
    let tampered = |change: &dyn Fn(&mut Vec<String>)| {
        let mut lines = whole.clone();
        change(&mut lines);
        assert_ne!(lines, whole);
        check(&lines).unwrap_err()
    };

    // Every field of a record, edited.
    let record: Value = serde_json::from_str(&whole[2]).unwrap();
    for field in record.as_object().unwrap().keys() {
        let error = tampered(&|lines| {
            let mut record = record.clone();
            record[field] = match &record[field] {
                Value::Number(_) => json!(7),
                Value::Object(_) => json!({ "plan": "another" }),
                _ => json!("another"),
            };
            lines[2] = canonical(&record);
        });
        let seen = matches!(error, AuditError::Changed { sequence: 3 } | AuditError::Order { .. });
        assert!(seen, "{field}: {error}");
    }
    let spaced = tampered(&|lines| lines[2] = lines[2].replace("\"actor\":", "\"actor\": "));
    assert!(matches!(spaced, AuditError::Changed { sequence: 3 }), "{spaced}");
    let twice = tampered(&|lines| lines[2] = lines[2].replace("{\"plan\":", "{\"plan\":1,\"plan\":"));
    assert!(matches!(twice, AuditError::Changed { sequence: 3 }), "{twice}");

    // Edited, with a hash that fits.
    let rehashed = tampered(&|lines| lines[2] = rehash(&lines[2].replace("accepted", "refused")));
    assert!(matches!(rehashed, AuditError::Broken { sequence: 4 }), "{rehashed}");
    let last = tampered(&|lines| lines[4] = rehash(&lines[4].replace("accepted", "refused")));
    assert!(matches!(last, AuditError::OtherChain { count: 5 }), "{last}");

    // Removed, moved, repeated, put in.
    type Edit<'a> = (&'a dyn Fn(&mut Vec<String>), u64);
    let edits: [Edit<'_>; 4] = [
        (&|lines: &mut Vec<String>| drop(lines.remove(0)), 1),
        (&|lines: &mut Vec<String>| drop(lines.remove(2)), 3),
        (&|lines: &mut Vec<String>| lines.swap(1, 2), 2),
        (&|lines: &mut Vec<String>| lines.insert(3, lines[2].clone()), 4),
    ];
    for (change, line) in edits {
        let error = tampered(change);
        assert!(matches!(error, AuditError::Order { line: at, .. } if at == line), "{line}: {error}");
    }

    // Cut short: with the checkpoint, without it, and both.
    let short = tampered(&|lines| drop(lines.remove(4)));
    assert!(matches!(short, AuditError::OtherChain { count: 5 }), "{short}");
    for left in [5, 3, 0] {
        let error = tampered(&|lines| lines.truncate(left));
        assert!(matches!(error, AuditError::NoCheckpoint), "{left}: {error}");
    }
    let longer = tampered(&|lines| lines.push(lines[0].clone()));
    assert!(matches!(longer, AuditError::AfterCheckpoint { line: 7 }), "{longer}");
    let garbage = tampered(&|lines| lines[1] = "no record".to_owned());
    assert!(matches!(garbage, AuditError::Line { line: 2, .. }), "{garbage}");
}

#[test]
fn a_checkpoint_that_was_written_anew_does_not_fit_its_signature_or_the_servers_key() {
    let (folder, stranger) = (server(3), server(2));
    let whole = export(&folder);
    let key = Key::of(folder.folder()).unwrap().public();

    // The chain cut short, and the checkpoint corrected without the key.
    let mut lines = whole.clone();
    let last: Value = serde_json::from_str(&lines.remove(2)).unwrap();
    let mut checkpoint: Value = serde_json::from_str(&lines[2]).unwrap();
    checkpoint["checkpoint"]["count"] = json!(2);
    checkpoint["checkpoint"]["head"] = last["previous"].clone();
    lines[2] = canonical(&checkpoint);
    assert!(matches!(check(&lines).unwrap_err(), AuditError::Signature));

    // Written anew by a server of somebody else.
    let expected = Expectation { key: Some(key), earlier: None };
    assert_eq!(check_against(&whole, &expected).unwrap(), 3);
    let error = check_against(&export(&stranger), &expected).unwrap_err();
    assert!(matches!(error, AuditError::OtherKey { .. }), "{error}");
}

#[test]
fn a_later_export_goes_on_from_an_earlier_one() {
    let folder = server(3);
    let earlier = export(&folder);
    folder.open().audit(&act(3)).unwrap();
    let later = export(&folder);
    let since = |lines: &[String]| Expectation {
        key: None,
        earlier: Some(checkpoint_of(lines.join("\n").as_bytes()).unwrap()),
    };
    assert_eq!(check_against(&later, &since(&earlier)).unwrap(), 4);
    assert!(matches!(
        check_against(&earlier, &since(&later)).unwrap_err(),
        AuditError::NotLater { count: 4 }
    ));
    let other = export(&server(5));
    assert!(matches!(
        check_against(&other, &since(&earlier)).unwrap_err(),
        AuditError::NotLater { count: 3 }
    ));
}

#[test]
fn the_key_of_a_server_is_its_own_and_stays() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, other) = (server(0), server(0));
    let public = |folder: &Path| Key::of(folder).unwrap().public();
    assert_eq!(public(folder.folder()), public(folder.folder()));
    assert_ne!(public(folder.folder()), public(other.folder()));
    let mode = std::fs::metadata(folder.folder().join("server.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    std::fs::write(folder.folder().join("server.key"), "no key").unwrap();
    assert!(Key::of(folder.folder()).is_err());
}
