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
    let (text, first, from, to) = window(file.map_or("", |file| file.text()), start, end);
    let mut group: Group<'_> = Group::with_title(title);
    if text.lines().all(|line| line.len() <= SHOWN_COLUMNS) {
        let snippet = Snippet::source(text)
            .line_start(finding.line - first)
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

/// The lines of a place, how many lines before it they begin (none), and the place in them.
fn window(text: &str, start: usize, end: usize) -> (String, usize, usize, usize) {
    let before = text.get(..start).unwrap_or_default();
    let from = before.rfind('\n').map_or(0, |at| at + 1);
    let rest = text.get(from..).unwrap_or_default();
    let inside = end.saturating_sub(from).min(rest.len());
    let mut to = rest.len();
    let mut lines = 0;
    for (at, _) in rest.match_indices('\n') {
        lines += 1;
        if at >= inside || lines == SHOWN_LINES {
            to = at;
            break;
        }
    }
    // A long line would be drawn whole; characters that a terminal obeys are shown instead, byte for byte.
    let shown = rest.get(..to).unwrap_or_default();
    let safe = if shown.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        block(shown)
    } else {
        shown.to_owned()
    };
    let (mark_from, mark_to) =
        if safe.len() == shown.len() { (start - from, inside.min(to)) } else { (0, 0) };
    (safe, 0, mark_from, mark_to.max(mark_from))
}
