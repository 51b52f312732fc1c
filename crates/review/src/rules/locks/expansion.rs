use sluice_schema::{Column, ConstraintKind, Relation};
use sluice_text::{Edit, Fix, FollowUp};

use super::alteration::{Alteration, word};
use super::filling::{Filling, is_last_word};
use super::not_null_proof::NotNullProof;
use super::type_change::TypeChange;
use crate::Context;

/// A change of type as a new column beside the old one: a trigger keeps it in step, old rows are filled in batches, then it takes
/// the old one's place. None where something else depends on the column: it would have to be made anew, too.
pub(super) fn fix(cx: &Context<'_>, alteration: &Alteration<'_>, change: &TypeChange<'_>) -> Option<Fix> {
    let relation = alteration.relation?;
    let column = change.column.filter(|column| is_independent(cx, relation, column))?;
    let name = change.name.folded(cx.dialect());
    let filling = Filling::of(cx, alteration).filter(|_| is_last_word(cx, Some(relation), &name))?;
    if alteration.alter.actions.len() != 1
        || cx.slice(change.action.span).to_ascii_lowercase().contains(" using ")
    {
        return None;
    }
    let plain = |text: &str| {
        text.len() < 56
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let (new, trigger) = (format!("{name}_new"), format!("{}_{name}_new", relation.name.name));
    if !plain(&name) || !plain(&trigger) || relation.column(&new).is_some() {
        return None;
    }
    let (again, table) = (alteration.again(cx), cx.slice(alteration.alter.name.span));
    let schema = alteration.alter.name.schema().map(|schema| format!("{}.", cx.slice(schema.span)));
    let function = format!("{}{trigger}", schema.unwrap_or_default());
    let (old, data_type) = (cx.slice(change.name.span), cx.slice(change.data_type.span));
    let expand = format!(
        "{again}ADD COLUMN {new} {data_type};\n\
         CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS\n\
         $$ BEGIN NEW.{new} := NEW.{old}; RETURN NEW; END $$;\n\
         CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {table}\n    \
             FOR EACH ROW EXECUTE FUNCTION {function}()"
    );
    let mut fix = Fix::edits(
        "add a column of the new type, fill it in batches and switch to it",
        vec![Edit::replace(cx.parsed.span, expand)],
    );
    fix.follow_ups.push(filling.change(&new, old, &format!("{new} IS NULL AND {old} IS NOT NULL")));
    let proof = column.not_null.then(|| NotNullProof::of(cx, alteration, &[(&new, &new)]));
    let proof = match proof {
        Some(proof) => Some(proof?),
        None => None,
    };
    fix.follow_ups.extend(proof.iter().flat_map(|proof| proof.later(cx, alteration)));
    let mut contract = format!(
        "-- sluice: phase=contract\n\
         DROP TRIGGER {trigger} ON {table};\n\
         DROP FUNCTION {function}();\n\
         {again}DROP COLUMN {old};\n\
         {again}RENAME COLUMN {new} TO {old};\n"
    );
    if proof.is_some() && cx.version.at_least(18, 0) {
        let named = |column: &str| alteration.picked(&[column], "not_null");
        contract.push_str(&format!("{again}RENAME CONSTRAINT {} TO {};\n", named(&new)?, named(&name)?));
    }
    if let Some(default) = &column.default {
        contract.push_str(&format!("{again}ALTER COLUMN {old} SET DEFAULT {};\n", default.text));
    }
    fix.follow_ups.push(FollowUp { name: format!("switch_{}", word(&name)), sql: contract });
    Some(fix)
}

/// Whether nothing but the column itself would go with it.
fn is_independent(cx: &Context<'_>, relation: &Relation, column: &Column) -> bool {
    let name = &column.name;
    let constrains = |kind: &ConstraintKind, columns: &[String]| {
        !matches!(kind, ConstraintKind::NotNull { .. }) && columns.iter().any(|one| one == name)
    };
    let referenced = relation.primary_key().contains(name)
        || relation.indexes_of(name).next().is_some()
        || relation.constraints.iter().any(|it| constrains(&it.kind, it.columns()));
    let read = cx.schema.views_of(&relation.name).next().is_some()
        || relation
            .columns
            .iter()
            .any(|it| it.generated.as_ref().is_some_and(|it| it.columns.contains(name)))
        || !relation.policies.is_empty();
    let plain = column.generated.is_none()
        && column.identity.is_none()
        && column.comment.is_none()
        && column.default.as_ref().is_none_or(|default| default.constant && !default.null);
    relation.columns_known && !referenced && !read && plain
}
