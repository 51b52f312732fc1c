use sluice_schema::ConstraintKind;
use sluice_sql::model::{NameClass, Parsed, TableAction, TableConstraintKind};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A foreign key or check is dropped that programs may count on.
    ///
    /// ## Why
    /// Programs that rely on the database to refuse bad rows, or on `ON DELETE CASCADE`, go on without it and notice nothing.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint,
    ///     CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders DROP CONSTRAINT orders_customer;
    /// ```
    /// ```sql mysql mariadb
    /// ALTER TABLE orders DROP FOREIGN KEY orders_customer;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint,
    ///     CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id));
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders DROP CONSTRAINT orders_customer,
    ///     ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE SET NULL NOT VALID;
    /// ```
    /// ```sql mysql mariadb
    /// ALTER TABLE orders ADD COLUMN note varchar(20);
    /// ```
    ///
    /// ## Source
    /// Atlas, analyzer CD101; PostgreSQL manual, Constraints.
    DropConstraint, "compatibility/drop-constraint", Engines::SERVERS, Info, Strict
}

impl Rule for DropConstraint {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alter) = cx.altered().filter(|_| !cx.change.contract) else { return };
        let Some(relation) = cx.relation(&alter.name) else { return };
        for action in &alter.actions {
            let TableAction::DropConstraint { name, .. } = &action.kind else { continue };
            let Some(constraint) = relation.constraint(&name.key(cx.dialect(), NameClass::Other)) else {
                continue;
            };
            let what = match &constraint.kind {
                ConstraintKind::ForeignKey(_) => "foreign key",
                ConstraintKind::Check { .. } => "check",
                _ => continue,
            };
            // A constraint that was never proven, or that comes again in another form, is not missed.
            let again = |parsed: &Parsed| {
                parsed.statement.constraints().iter().any(|(_, added)| {
                    let columns = added.columns();
                    let kind = match added.kind {
                        TableConstraintKind::ForeignKey(_) => "foreign key",
                        TableConstraintKind::Check(_) => "check",
                        _ => return false,
                    };
                    kind == what
                        && columns.iter().all(|one| {
                            let key = one.key(cx.dialect(), NameClass::Other);
                            constraint.columns().iter().any(|column| *column == *key)
                        })
                })
            };
            let proves = constraint.columns().iter().any(|column| {
                relation.column(column).is_some_and(|it| it.not_null)
                    && matches!(&constraint.kind, ConstraintKind::Check { not_null, .. } if not_null.contains(column))
            });
            let comes = again(cx.parsed) || cx.after.iter().any(again);
            if comes || proves || !constraint.enforced || cx.made_here(constraint.origin) {
                continue;
            }
            let table = cx.display(&alter.name);
            let message = format!(
                "nothing refuses rows of `{table}` that break the {what} `{}` from now on",
                name.text
            );
            out.report(action.span, message).help("make sure that programs keep to it by themselves");
        }
    }
}
