use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Check, FindingReport};
use crate::Paint;
use crate::paint::{Tone, block, line};

/// Lines of a file that are shown around a place at most; a longer place is shown by its beginning.
const SHOWN_LINES: usize = 6;
/// Longer lines are not drawn.
const SHOWN_COLUMNS: usize = 400;

/// From this many findings on, they are drawn on all cores.
const MANY: usize = 100;

/// Findings with the text that they are about, and a summary.
pub(super) fn render(check: &Check, paint: Paint) -> String {
    let renderer = if paint.colours { Renderer::styled() } else { Renderer::plain() };
    let mut out = all_drawn(check, &renderer);
    let summary = &check.summary;
    let mut counts = Vec::new();
    let mut count = |number: usize, tone: Tone, one: &str, many: &str| {
        if number > 0 {
            counts.push(paint.tone(tone, &format!("{number} {}", if number == 1 { one } else { many })));
        }
    };
    count(summary.errors, Tone::Bad, "error", "errors");
    count(summary.warnings, Tone::Waiting, "warning", "warnings");
    count(summary.infos, Tone::Faint, "note", "notes");
    count(summary.suppressed, Tone::Faint, "suppressed", "suppressed");
    count(summary.baselined, Tone::Faint, "in the baseline", "in the baseline");
    let verdict = if counts.is_empty() { paint.tone(Tone::Good, "nothing found") } else { counts.join(", ") };
    let plural = |number: usize| if number == 1 { "" } else { "s" };
    let ignored = match summary.ignored {
        0 => String::new(),
        ignored => format!("; {ignored} file{} ignored by the policy", plural(ignored)),
    };
    let time = check.elapsed.map(|elapsed| format!(", {} ms", elapsed.as_millis())).unwrap_or_default();
    out.push_str(&format!(
        "{verdict} in {} file{}, {} statement{}{time}{ignored}\n",
        summary.files,
        plural(summary.files),
        summary.statements,
        plural(summary.statements)
    ));
    out
}

/// Every finding, with a blank line behind each. Drawing is most of the work where there are many.
fn all_drawn(check: &Check, renderer: &Renderer) -> String {
    let placed: Vec<_> = check.findings.iter().zip(&check.spans).collect();
    let draw = |part: &[(&FindingReport, &(usize, usize))]| -> String {
        part.iter()
            .flat_map(|(finding, place)| [drawn(check, finding, **place, renderer), "\n\n".to_owned()])
            .collect()
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    if threads == 1 || placed.len() < MANY {
        return draw(&placed);
    }
    std::thread::scope(|scope| {
        let parts: Vec<_> = placed
            .chunks(placed.len().div_ceil(threads))
            .map(|part| scope.spawn(move || draw(part)))
            .collect();
        parts
            .into_iter()
            .map(|part| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

fn drawn(
    check: &Check,
    finding: &FindingReport,
    (start, end): (usize, usize),
    renderer: &Renderer,
) -> String {
    let level = match finding.severity.as_str() {
        "error" => Level::ERROR,
        "warning" => Level::WARNING,
        _ => Level::INFO.with_name("note"),
    };
    let title = level.primary_title(line(&finding.message)).id(finding.rule.clone());
    let file = check.sources.get(&finding.path);
    let mut group: Group<'_> = Group::with_title(title);
    if let Some((text, from, to)) = window(file.map_or("", |file| file.text()), start, end) {
        let snippet = Snippet::source(text)
            .line_start(finding.line)
            .path(line(&finding.path))
            .annotation(AnnotationKind::Primary.span(from..to));
        group = group.element(snippet);
    } else {
        let origin = annotate_snippets::Origin::path(line(&finding.path))
            .line(finding.line)
            .char_column(finding.column);
        group = group.element(origin);
    }
    if !finding.help.is_empty() {
        group = group.element(Level::HELP.message(line(&finding.help)));
    }
    if finding.evidence == "assumed" {
        group = group.element(Level::NOTE.message("assumed: the schema that it is about is not known here"));
    }
    renderer.render(&[group])
}

/// The lines of a place, and the place in them; none where a line is too long to be drawn. Looks at what may be shown and no
/// further, as a line may have very many findings.
fn window(text: &str, start: usize, end: usize) -> Option<(String, usize, usize)> {
    let before = text.get(..start).unwrap_or_default();
    let near = before.len().saturating_sub(SHOWN_COLUMNS + 1);
    let newline = before.as_bytes().get(near..)?.iter().rposition(|byte| *byte == b'\n');
    let from = match newline {
        Some(at) => near + at + 1,
        None if near == 0 => 0,
        None => return None,
    };
    let rest = text.get(from..).unwrap_or_default();
    let inside = end.saturating_sub(from).min(rest.len());
    let mut to = 0;
    for line in 1..=SHOWN_LINES {
        let next = rest.as_bytes().get(to..).unwrap_or_default();
        let shown = next.iter().take(SHOWN_COLUMNS + 1).position(|byte| *byte == b'\n');
        match shown {
            None if next.len() > SHOWN_COLUMNS => return None,
            None => to = rest.len(),
            Some(length) => to += length,
        }
        if shown.is_none() || to >= inside || line == SHOWN_LINES {
            break;
        }
        to += 1;
    }
    // Characters that a terminal obeys are shown instead, byte for byte.
    let shown = rest.get(..to).unwrap_or_default();
    let safe = if shown.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        block(shown)
    } else {
        shown.to_owned()
    };
    let (mark_from, mark_to) =
        if safe.len() == shown.len() { (start - from, inside.min(to)) } else { (0, 0) };
    Some((safe, mark_from, mark_to.max(mark_from)))
}

#[cfg(test)]
mod tests {
    use super::{SHOWN_COLUMNS, window};

    #[test]
    fn a_place_is_shown_with_its_lines_unless_one_is_too_long() {
        let shown = |text: &str, place: &str| {
            let start = text.find(place).unwrap();
            window(text, start, start + place.len()).map(|(text, from, to)| (text[from..to].to_owned(), text))
        };
        let pair = |place: &str, text: &str| Some((place.to_owned(), text.to_owned()));
        assert_eq!(shown("a b\nc", "b"), pair("b", "a b"));
        assert_eq!(shown("a\nb c\nd", "c\nd"), pair("c\nd", "b c\nd"));
        assert_eq!(shown("a\nb c\n", "c\n"), pair("c\n", "b c\n"));
        assert_eq!(
            shown("b1\n2\n3\n4\n5\n6\n7 e", "1\n2\n3\n4\n5\n6\n7 e"),
            pair("1\n2\n3\n4\n5\n6", "b1\n2\n3\n4\n5\n6")
        );
        let (fits, long) = ("x".repeat(SHOWN_COLUMNS - 1), "x".repeat(SHOWN_COLUMNS));
        assert_eq!(shown(&format!("{fits}b"), "b"), pair("b", &format!("{fits}b")));
        assert_eq!(shown(&format!("\nb{fits}\n"), "b"), pair("b", &format!("b{fits}")));
        assert_eq!(shown(&format!("{long}b"), "b"), None);
        assert_eq!(shown(&format!("b{long}\n"), "b"), None);
        assert_eq!(shown(&format!("b{long}"), "b"), None);
    }
}
