//! dbmate: `-- migrate:up` and `-- migrate:down` blocks.

use sluice_rollout::{Block, Split, TransactionMode};
use sluice_text::{SourceFile, Span};

use super::convention::{Body, Convention, Role};
use super::native::leading_digits;
use super::reading::{Reading, all_of};
use super::scan;
use super::tree::Entry;

pub(super) const CONVENTION: Convention = Convention { recursive: false, orphan_is_error: false, role, body };

/// `^\d+.*\.sql$`; the version is the digits.
fn role(entry: &Entry) -> Role {
    let Some(stem) = entry.name().strip_suffix(".sql") else { return Role::Ignored };
    match leading_digits(stem) {
        Some((version, name)) => Role::versioned(version, name.trim_start_matches(['_', '-'])),
        None => Role::Wrong(
            "the file name has no version".to_owned(),
            "name it VERSION_name.sql, for example 20240101120000_init.sql",
        ),
    }
}

/// `up` or `down` and the options, if the line is a marker.
pub(super) fn marker<'t>(line: &scan::Line<'t>) -> Option<(&'t str, &'t str)> {
    let rest = line.comment()?.strip_prefix("migrate:")?;
    let (direction, options) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    matches!(direction, "up" | "down").then_some((direction, options))
}

fn body(reading: &mut Reading, file: &SourceFile) -> Body {
    let text = file.text();
    let mut result = Body::default();
    let mut down: Option<Vec<Block>> = None;
    let mut open: Option<(&str, usize)> = None;
    let mut has_up = false;
    for line in scan::lines(text, all_of(file)) {
        let Some((direction, options)) = marker(&line) else { continue };
        if let Some((direction, start)) = open {
            push(text, direction, Span::new(start, line.start), &mut result.blocks, &mut down);
        } else if let Some(at) = scan::first_statement(text, Span::new(0, line.start)) {
            reading.error_at(
                file,
                at,
                "a statement stands before `-- migrate:up`",
                "move it below that line",
            );
        }
        if direction == "up" {
            has_up = true;
        } else {
            down.get_or_insert_default();
            if !has_up {
                reading.error_at(
                    file,
                    line.start,
                    "`-- migrate:down` comes before `-- migrate:up`",
                    "put the up block first",
                );
            }
        }
        for option in options.split_whitespace() {
            match option {
                "transaction:false" if direction == "up" => {
                    result.directives.transaction = TransactionMode::None
                }
                "transaction:false" | "transaction:true" => {}
                _ => reading.error_at(
                    file,
                    line.start + line.text.find(option).unwrap_or(0),
                    format!("block option `{option}` is not understood"),
                    "understood is transaction:false",
                ),
            }
        }
        open = Some((direction, line.next));
    }
    if let Some((direction, start)) = open {
        push(text, direction, Span::new(start, text.len()), &mut result.blocks, &mut down);
    }
    if !has_up {
        reading.error_at(file, 0, "the file has no `-- migrate:up`", "begin it with that line");
    }
    result.down = down;
    result
}

fn push(text: &str, direction: &str, span: Span, up: &mut Vec<Block>, down: &mut Option<Vec<Block>>) {
    if scan::first_statement(text, span).is_some() {
        let block = Block { span, split: Split::Dialect, substitute: false };
        if direction == "up" { up.push(block) } else { down.get_or_insert_default().push(block) }
    }
}
