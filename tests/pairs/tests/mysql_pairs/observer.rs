//! What the server says of every object, as text: `SHOW CREATE`, asked one by one and not taken apart.

use sluice_engine::{Query, Session};

/// Lists of what is there: the word for `SHOW CREATE`, and which of its columns has the text.
const LISTS: [(&str, usize, &str); 6] = [
    (
        "TABLE",
        1,
        "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE NOT IN ('VIEW', 'SEQUENCE') ORDER BY 1",
    ),
    ("VIEW", 1, "SELECT TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1"),
    (
        "TRIGGER",
        2,
        "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() ORDER BY 1",
    ),
    (
        "FUNCTION",
        2,
        "SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE() AND ROUTINE_TYPE = 'FUNCTION' ORDER BY 1",
    ),
    (
        "PROCEDURE",
        2,
        "SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE() AND ROUTINE_TYPE = 'PROCEDURE' ORDER BY 1",
    ),
    (
        "EVENT",
        3,
        "SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE() ORDER BY 1",
    ),
];

const SEQUENCES: &str = "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'SEQUENCE' ORDER BY 1";

/// In which order triggers fire is said by no `SHOW CREATE`.
const FIRING: &str = "SELECT CONCAT_WS(' ', 'fires', EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER, TRIGGER_NAME) \
    FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() ORDER BY 1";

/// All definitions, without what depends on the moment at which they were made.
pub async fn shown(session: &mut dyn Session, database: &str) -> String {
    let mut text = String::new();
    for (word, column, list) in LISTS.into_iter().chain([("SEQUENCE", 1, SEQUENCES)]) {
        for row in session.query(&Query::new(list, Vec::new())).await.unwrap() {
            let name = row[0].clone().unwrap().replace('`', "``");
            let question = Query::new(format!("SHOW CREATE {word} `{name}`"), Vec::new());
            let rows = session.query(&question).await.unwrap();
            let definition = rows[0][column].clone().unwrap_or_default();
            text.push_str(&match word {
                "TABLE" => without(&without(&definition, " AUTO_INCREMENT=", " "), " STARTS TIMESTAMP'", "'"),
                "EVENT" => without(&definition, " STARTS '", "'"),
                _ => definition,
            });
            text.push('\n');
        }
    }
    for row in session.query(&Query::new(FIRING, Vec::new())).await.unwrap() {
        text.push_str(&row[0].clone().unwrap());
        text.push('\n');
    }
    // Sequences are named with their database in defaults.
    text.replace(&format!("`{database}`."), "")
}

/// The text without everything from `start` up to `end`.
fn without(text: &str, start: &str, end: &str) -> String {
    match text.split_once(start) {
        Some((before, after)) => {
            let rest = after.split_once(end).map_or("", |(_, rest)| rest);
            format!("{before}{}{rest}", if end == " " { " " } else { "" })
        }
        None => text.to_owned(),
    }
}
