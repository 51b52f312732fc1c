//! A change's text as statements and units: what runs together in one transaction, and what runs alone.

use std::borrow::Cow;
use std::collections::BTreeMap;

use sluice_rollout::{Assertion, Block, Change, Checksum, Split, TransactionMode};
use sluice_sql::{Dialect, Facts, Kind, Mode, Piece, PieceKind, SplitError, Units, classify};
pub use sluice_sql::{Unit, UnitKind};
use sluice_text::Span;

/// A change cut into statements and units for one dialect.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// Every statement that is sent, in order.
    pub statements: Vec<PreparedStatement>,
    /// The statements' indexes, grouped by how they run, in order.
    pub units: Vec<Unit>,
}

/// One statement of a change.
#[derive(Debug, Clone)]
pub struct PreparedStatement {
    /// Place among the change's statements, from 1.
    pub ordinal: u64,
    /// Where it is in the file.
    pub span: Span,
    /// Dialect that it is cut by.
    pub dialect: Dialect,
    /// What is sent: the text with placeholders filled in.
    pub sql: String,
    /// Data lines of `COPY … FROM stdin`.
    pub copy_data: Option<String>,
    /// What grammar says of it.
    pub facts: Facts,
    /// Checksum of the text as it stands in the file.
    pub checksum: Checksum,
}

impl PreparedStatement {
    /// The statement as the engine's traits take it.
    pub fn as_statement(&self) -> crate::Statement<'_> {
        crate::Statement {
            sql: Cow::Borrowed(&self.sql),
            copy_data: self.copy_data.as_deref(),
            facts: &self.facts,
        }
    }

    /// Whether it may leave something in the session: settings, temporary objects, whatever a function does.
    pub fn may_leave_session_state(&self) -> bool {
        let plain = matches!(
            self.facts.kind,
            Kind::Create { .. }
                | Kind::Alter
                | Kind::AddEnumValue { .. }
                | Kind::Drop { .. }
                | Kind::Reindex { .. }
                | Kind::Truncate
                | Kind::Dml
                | Kind::Maintenance
                | Kind::Privilege
                | Kind::Transaction
        );
        let start: String = self.sql.chars().take(60).flat_map(char::to_lowercase).collect();
        !plain || self.facts.mode == Mode::Session || start.contains(" temp")
    }

    /// One line, cut to 100 characters, without secrets, for people.
    pub fn summary(&self) -> String {
        let shown = sluice_sql::redact(self.dialect, &self.sql);
        let mut words = shown.split_whitespace();
        let mut line = words.next().unwrap_or_default().to_owned();
        for word in words {
            if line.chars().count() + word.chars().count() > 99 {
                line.push_str(" …");
                break;
            }
            line.push(' ');
            line.push_str(word);
        }
        line
    }
}

impl Prepared {
    /// Units that leave something in the database.
    pub fn effectful(&self) -> impl Iterator<Item = (usize, &Unit)> {
        self.units.iter().enumerate().filter(|(_, unit)| unit.kind != UnitKind::Session)
    }

    /// Whether everything lands in one transaction, ledger rows included.
    pub fn is_atomic(&self) -> bool {
        let mut effectful = self.effectful();
        match (effectful.next(), effectful.next()) {
            (None, _) => true,
            (Some((_, unit)), None) => unit.kind == UnitKind::Transaction,
            _ => false,
        }
    }

    /// The statements of a unit.
    pub fn statements_of(&self, unit: &Unit) -> &[PreparedStatement] {
        self.statements.get(unit.statements.clone()).unwrap_or_default()
    }
}

/// Text of a change that cannot be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct ScriptError {
    /// `path:line:column`.
    pub place: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// Values for `${name}`; `None` leaves placeholders alone.
pub type Placeholders<'a> = Option<&'a BTreeMap<String, String>>;

/// Cuts the way forward of a change into statements and units.
///
/// # Errors
/// Text that cannot be split, transaction control that cannot be honoured, undefined placeholders.
pub fn prepare(
    change: &Change,
    dialect: Dialect,
    placeholders: Placeholders<'_>,
) -> Result<Prepared, ScriptError> {
    let mut units = Units::new(dialect, change.directives.transaction == TransactionMode::None);
    let mut statements: Vec<PreparedStatement> = Vec::new();
    let file = &change.up.file;
    let fail = |offset: usize, message: String| ScriptError { place: file.locate(offset), message };
    for block in &change.up.blocks {
        for (span, data) in pieces(file.text(), block, dialect).map_err(|(at, message)| fail(at, message))? {
            let source = file.slice(span);
            let values = if block.substitute { placeholders } else { None };
            let sql = substitute(source, values).map_err(|(at, message)| fail(span.start + at, message))?;
            let mut facts = classify(dialect, &sql);
            // Thousands of changes wait at the same time, most of them one statement about one object.
            facts.objects.shrink_to_fit();
            let placement = units.push(&facts, &sql).map_err(|message| fail(span.start, message))?;
            if placement.is_none() {
                continue;
            }
            statements.push(PreparedStatement {
                ordinal: u64::try_from(statements.len() + 1).unwrap_or(u64::MAX),
                span,
                dialect,
                copy_data: data.map(|data| file.slice(data).to_owned()),
                checksum: Checksum::of(source.as_bytes()),
                sql: sql.into_owned(),
                facts,
            });
        }
    }
    for Assertion { sql, at } in &change.directives.asserts {
        let one = sluice_sql::split(dialect, sql).is_ok_and(|pieces| {
            pieces.iter().filter(|piece| piece.kind == PieceKind::Statement).count() == 1
        });
        if !one || classify(dialect, sql).kind != Kind::Query {
            return Err(fail(*at, format!("the assertion `{sql}` is not one query")));
        }
    }
    statements.shrink_to_fit();
    let mut units = units.finish();
    units.shrink_to_fit();
    Ok(Prepared { statements, units })
}

/// Where the statements of a change are in its file, control statements included.
///
/// # Errors
/// The place of text that cannot be cut, and why.
pub fn statements(change: &Change, dialect: Dialect) -> Result<Vec<Span>, (Span, String)> {
    let mut spans = Vec::new();
    for block in &change.up.blocks {
        let cut = pieces(change.up.file.text(), block, dialect)
            .map_err(|(at, message)| (Span::new(at, at), message))?;
        spans.extend(cut.into_iter().map(|(span, _)| span));
    }
    Ok(spans)
}

/// A statement's span and that of its COPY data; the error has an offset in the file.
type Pieces = Result<Vec<(Span, Option<Span>)>, (usize, String)>;

fn pieces(text: &str, block: &Block, dialect: Dialect) -> Pieces {
    let inside = block.span.slice(text);
    // Drivers of these take several statements at once, and files written for tools that hand them the text as it is hold
    // several in one piece. MySQL's drivers can be told to, but there a piece may also be one body without DELIMITER.
    let takes_several = matches!(dialect, Dialect::Postgres | Dialect::Sqlite);
    match &block.split {
        Split::Dialect => by_dialect(text, block.span, dialect),
        Split::Whole if takes_several => by_dialect(text, block.span, dialect),
        Split::Whole => {
            if let Some(several) = several_statements(text, block.span, dialect) {
                return Ok(several);
            }
            let trimmed = inside.trim();
            let start = block.span.start + (inside.len() - inside.trim_start().len());
            let body = trimmed.strip_suffix(';').map_or(trimmed, str::trim_end);
            let whole = (Span::new(start, start + body.len()), None);
            Ok(if body.is_empty() { Vec::new() } else { vec![whole] })
        }
        Split::Delimiter(delimiter) => {
            let cut = located(sluice_sql::split_at(dialect, inside, delimiter), block.span.start)?;
            if !takes_several {
                return Ok(cut);
            }
            let mut pieces = Vec::with_capacity(cut.len());
            for (span, _) in cut {
                pieces.extend(by_dialect(text, span, dialect)?);
            }
            Ok(pieces)
        }
    }
}

/// The statements of a piece that holds more than one, if every one of them can begin a statement: what does not is the rest of
/// a body that was cut at the wrong place.
fn several_statements(text: &str, span: Span, dialect: Dialect) -> Option<Vec<(Span, Option<Span>)>> {
    const WITHIN: [&str; 8] = ["END", "ELSE", "ELSEIF", "WHEN", "UNTIL", "DECLARE", "FETCH", "RETURN"];
    let pieces = by_dialect(text, span, dialect).ok().filter(|pieces| pieces.len() > 1)?;
    let begins = |span: &Span| {
        let word: &str =
            span.slice(text).split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        !WITHIN.iter().any(|within| word.eq_ignore_ascii_case(within))
    };
    pieces.iter().all(|(span, _)| begins(span)).then_some(pieces)
}

fn by_dialect(text: &str, span: Span, dialect: Dialect) -> Pieces {
    located(sluice_sql::split(dialect, span.slice(text)), span.start)
}

/// The statements among the pieces of a text that begins at `start` in its file.
fn located(cut: Result<Vec<Piece>, SplitError>, start: usize) -> Pieces {
    let shift = |span: Span| Span::new(span.start + start, span.end + start);
    let cut = cut.map_err(|error| (shift(error.span).start, error.kind.to_string()))?;
    Ok(cut
        .into_iter()
        .filter_map(|piece| match piece.kind {
            PieceKind::Statement => Some((shift(piece.body), None)),
            PieceKind::CopyFromStdin { data } => Some((shift(piece.body), Some(shift(data)))),
            PieceKind::Blank | PieceKind::Delimiter => None,
        })
        .collect())
}

/// Fills in `${name}`. The error has an offset in `source`.
fn substitute<'a>(source: &'a str, values: Placeholders<'_>) -> Result<Cow<'a, str>, (usize, String)> {
    let Some(values) = values.filter(|_| source.contains("${")) else { return Ok(Cow::Borrowed(source)) };
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("${") {
        let at = source.len() - after.len() - 2;
        let Some((name, tail)) = after.split_once('}') else {
            return Err((at, "placeholder `${` is never closed with `}`".to_owned()));
        };
        let value = values.get(name).ok_or_else(|| {
            let known = values.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            let known = if known.is_empty() {
                "none are defined".to_owned()
            } else {
                format!("defined are: {known}")
            };
            (at, format!("placeholder `${{{name}}}` is not defined; {known}"))
        })?;
        out.push_str(before);
        out.push_str(value);
        rest = tail;
    }
    out.push_str(rest);
    Ok(Cow::Owned(out))
}
