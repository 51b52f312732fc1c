//! `[[environment]]` with its gates and waves.

use std::collections::BTreeSet;

use sluice_rollout::{ApprovalRule, Approver, Environment, Freeze, People, Wave, Window, Zone};

use super::read::Names;
use super::reader::{Node, Reader};
use super::suggestion::{did_you_mean, nearest};
use super::value::{self, Fault};

/// `max_parallel` where it is absent, as in the table of keys.
const MAX_PARALLEL: usize = 4;

/// Reads all environments in the order of the file.
pub(super) fn read(reader: &mut Reader<'_>, root: Node<'_>, people: &People) -> Vec<Environment> {
    let mut names = Names::new("environment");
    let mut environments = Vec::new();
    for (index, node) in root.tables("environment").into_iter().enumerate() {
        let name = names.take(reader, node);
        let soak = reader.parse(node, "soak", value::duration).filter(|soak| !soak.is_zero());
        if index == 0 && soak.is_some() {
            reader.warning(
                node.text("soak").map_or(node.span, |text| text.at),
                "the first environment has nothing before it to soak in",
                Some("put `soak` on the environment that is to wait".to_owned()),
            );
        }
        let approvals =
            node.tables("approvals").into_iter().map(|node| approval(reader, node, people)).collect();
        let windows = node.tables("window").into_iter().filter_map(|node| window(reader, node)).collect();
        let freezes = node.tables("freeze").into_iter().filter_map(|node| freeze(reader, node)).collect();
        let waves = waves(reader, node);
        environments.extend(name.map(|name| Environment {
            soak,
            approvals,
            windows,
            freezes,
            waves,
            max_parallel: node.integer("max_parallel").unwrap_or(MAX_PARALLEL),
            max_failures: node.integer("max_failures"),
            ..Environment::new(name)
        }));
    }
    environments
}

fn approval(reader: &mut Reader<'_>, node: Node<'_>, people: &People) -> ApprovalRule {
    let texts = node.texts("from");
    let named = texts.is_some();
    let texts = texts.unwrap_or_default();
    let mut from = Vec::new();
    let mut able: BTreeSet<String> = BTreeSet::new();
    for text in &texts {
        let Some(approver) = reader.accept(text.at, approver(&text.text, people)) else { continue };
        match &approver {
            Approver::Group(name) => {
                able.extend(people.0.get(name).into_iter().flatten().map(|person| person.key()));
            }
            Approver::Person(person) => {
                able.insert(person.key());
            }
        }
        from.push(approver);
    }
    let required: u32 = node.integer("required").unwrap_or(1);
    // Only where every name was understood, so that one mistake is not reported twice.
    if named && from.len() == texts.len() && u32::try_from(able.len()).is_ok_and(|able| able < required) {
        reader.error(
            node.span,
            format!("{required} must approve, but only {} may", able.len()),
            Some("lower `required` or add people to `from`".to_owned()),
        );
    }
    ApprovalRule { required, from, allow_author: node.bool("allow_author").unwrap_or(false) }
}

fn approver(text: &str, people: &People) -> Result<Approver, Fault> {
    let Some(group) = text.strip_prefix("group:") else {
        return match value::person(text) {
            Ok(person) => Ok(Approver::Person(person)),
            Err(fault) if people.0.contains_key(text) => {
                Err(Fault { help: Some(format!("did you mean `group:{text}`?")), ..fault })
            }
            Err(fault) => Err(Fault { help: Some("write a mail address or group:NAME".to_owned()), ..fault }),
        };
    };
    if people.0.contains_key(group) {
        return Ok(Approver::Group(group.to_owned()));
    }
    Err(Fault {
        message: format!("there is no group `{group}` in [people]"),
        help: did_you_mean(group, "groups", people.0.keys().map(String::as_str))
            .or_else(|| Some(format!("add it: [people] {group} = [\"ann@example.com\"]"))),
    })
}

fn window(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Window> {
    // Each part by itself first, so that every wrong one is reported at its place.
    let mut part =
        |key: &str, default: &str, parse: &dyn Fn(&str) -> Result<Window, sluice_rollout::WindowError>| {
            let Some(text) = node.text(key) else { return Some(default.to_owned()) };
            reader.accept(text.at, parse(&text.text).map_err(|error| Fault::from_error(&error)))?;
            Some(text.text.into_owned())
        };
    let days = part("days", "daily", &|days| Window::parse(days, "00:00", "24:00", "UTC"));
    let from = part("from", "00:00", &|from| Window::parse("daily", from, "24:00", "UTC"));
    let to = part("to", "24:00", &|to| Window::parse("daily", "00:00", to, "UTC"));
    let zone = zone(reader, node);
    Window::parse(&days?, &from?, &to?, &zone?).ok()
}

fn freeze(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Freeze> {
    let mut part = |key: &str, parse: &dyn Fn(&str) -> Result<Freeze, sluice_rollout::FreezeError>| {
        let text = node.text(key)?;
        reader.accept(text.at, parse(&text.text).map_err(|error| Fault::from_error(&error)))?;
        Some(text.text.into_owned())
    };
    let from = part("from", &|from| Freeze::parse(from, "9999-01-01", "UTC", ""));
    let to = part("to", &|to| Freeze::parse("0001-01-01", to, "UTC", ""));
    let zone = zone(reader, node);
    let reason = node.text("reason").map(|text| text.text).unwrap_or_default();
    let freeze = Freeze::parse(&from?, &to?, &zone?, &reason).map_err(|error| {
        let text = error.to_string();
        match text.rsplit_once(": ") {
            Some((message, advice)) => Fault::new(message, advice),
            None => Fault { message: text, help: None },
        }
    });
    reader.accept(node.span, freeze)
}

fn zone(reader: &mut Reader<'_>, node: Node<'_>) -> Option<String> {
    let Some(text) = node.text("zone") else { return Some("UTC".to_owned()) };
    let zone = Zone::parse(&text.text).map(|zone| zone.name().to_owned()).map_err(|error| {
        let database = jiff::tz::TimeZoneDatabase::bundled();
        let known: Vec<String> = database.available().map(|name| name.as_str().to_owned()).collect();
        let near = nearest(&text.text, known.iter().map(String::as_str));
        let fault = Fault::from_error(&error);
        Fault { help: near.map(|near| format!("did you mean `{near}`?")).or(fault.help), ..fault }
    });
    reader.accept(text.at, zone)
}

fn waves(reader: &mut Reader<'_>, node: Node<'_>) -> Vec<Wave> {
    let mut highest = 0;
    let mut waves = Vec::new();
    for text in node.texts("waves").unwrap_or_default() {
        let wave = Wave::parse(&text.text).map_err(|error| match &error {
            sluice_rollout::WaveError::Selector(inner) => Fault {
                help: Some("a wave is an expression such as canary == 'true', a share such as 25%, or a number such as 3".to_owned()),
                ..Fault::from_error(inner)
            },
            other => Fault::from_error(other),
        });
        let Some(wave) = reader.accept(text.at, wave) else { continue };
        if let Wave::Percent(share) = wave {
            if share <= highest {
                reader.error(
                    text.at,
                    format!("wave {share}% does not go beyond {highest}% of an earlier wave"),
                    Some("a share counts the databases of all waves so far, so shares must grow".to_owned()),
                );
            }
            highest = highest.max(share);
        }
        waves.push(wave);
    }
    waves
}
