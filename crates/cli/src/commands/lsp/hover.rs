use sluice_report::{RuleDetail, RuleReport, StatementReport};
use sluice_review::{Question, Script, ServerVersion, Session, StatementForecast, apply, forecast, rules};
use sluice_schema::{Origin, Schema};
use sluice_sql::Dialect;
use sluice_sql::model::StatementKind;
use sluice_text::Span;

/// What the statement at an offset locks and does, in Markdown, and where it is. `schema` is the one before the script.
pub(super) fn statement(
    dialect: Dialect,
    mut schema: Schema,
    script: &Script,
    offset: usize,
    version: Option<ServerVersion>,
) -> Option<(Span, String)> {
    let text = script.file.text();
    let at = script.statements.iter().position(|span| span.start <= offset && offset <= span.end)?;
    let mut session = Session::default();
    for span in script.statements.iter().take(at) {
        let parsed = sluice_sql::parse(dialect, text, *span);
        apply(&mut schema, &mut session, text, &parsed.statement, Origin::default());
    }
    let span = *script.statements.get(at)?;
    let parsed = sluice_sql::parse(dialect, text, span);
    let said = match parsed.statement.kind() {
        StatementKind::Query | StatementKind::Transaction => return None,
        StatementKind::Unparsed => "not analysed: what it locks is not known\n".to_owned(),
        kind => {
            let version = version.unwrap_or(ServerVersion::oldest(dialect));
            let question =
                Question { text, statement: &parsed.statement, schema: &schema, version, session: &session };
            let one = StatementForecast { span, forecast: forecast(&question), estimate: None };
            let mut said = StatementReport::new(&one, dialect, &script.file).markdown();
            if kind == StatementKind::Rows && dialect != Dialect::Sqlite {
                said.push_str("\nRows that it writes stay locked until its transaction ends.\n");
            }
            said
        }
    };
    Some((span, said))
}

/// The rule whose name stands at an offset, and where the name is. In SQL it must stand in a suppression.
pub(super) fn rule(text: &str, offset: usize, is_sql: bool) -> Option<(Span, String)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/');
    let before = text.get(..offset)?;
    let start = before.trim_end_matches(is_name).len();
    let rest = text.get(start..)?;
    let name = rest.get(..rest.find(|c| !is_name(c)).unwrap_or(rest.len()))?;
    let line = before.rsplit('\n').next().unwrap_or_default();
    if is_sql && !(line.contains("sluice:") && line.contains("allow")) {
        return None;
    }
    let meta = rules::find(name)?.meta();
    let text = meta.lines().collect::<Vec<_>>().join("\n").trim_end().to_owned();
    let markdown = RuleDetail { rule: RuleReport::of(meta), text }.markdown();
    Some((Span::new(start, start + name.len()), markdown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_explained_where_they_are_named() {
        let text = "é -- sluice: allow(naming/table, locks/create-index) reason=\"locks/drop-index\"\nlocks/create-index";
        let at = |part: &str| text.find(part).unwrap();
        let (span, said) = rule(text, at("create-index"), true).unwrap();
        assert_eq!(span.slice(text), "locks/create-index");
        assert!(said.contains("SHARE"), "{said}");
        assert!(rule(text, at("allow"), true).is_none());
        assert!(rule(text, text.len(), true).is_none(), "outside of a suppression");
        assert!(rule(text, text.len(), false).is_some());
        assert!(rule(text, 1, true).is_none(), "inside of a character");
        assert!(rule(text, 9999, true).is_none());
    }
}
