use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_schema::{ColumnType, Relation};
use sluice_sql::Dialect;
use sluice_sql::model::{NameClass, TypeFamily};

rule! {
    /// A foreign key has another type than the column that it refers to.
    ///
    /// ## Why
    /// The server refuses it: the columns are incompatible. On MySQL and MariaDB size and sign of integers must be the same; on
    /// PostgreSQL both types need an equality, so that a number never points to a text.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// ```
    /// ```sql postgres
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id text REFERENCES customers (id));
    /// ```
    /// ```sql mysql mariadb
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id int, FOREIGN KEY (customer_id) REFERENCES customers (id));
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// ```
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, FOREIGN KEY (customer_id) REFERENCES customers (id));
    /// ```
    ///
    /// ## Source
    /// MySQL manual, FOREIGN KEY Constraints, Conditions and Restrictions; error 3780. PostgreSQL manual, CREATE TABLE;
    /// measured on 14 and 18.
    ForeignKeyTypeMismatch, "correctness/foreign-key-type-mismatch", Engines::SERVERS, Error, Recommended
}

impl Rule for ForeignKeyTypeMismatch {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, key) in cx.parsed.statement.foreign_keys() {
            let Some(other) = cx.relation(&key.table) else { continue };
            // What is left out is the primary key.
            let referenced: Vec<String> = match key.referenced.as_slice() {
                [] => other.primary_key().to_vec(),
                named => named.iter().map(|it| it.key(cx.dialect(), NameClass::Other).into_owned()).collect(),
            };
            for (from, to) in key.columns.iter().zip(&referenced) {
                let defs = cx.parsed.statement.column_defs();
                let defined = defs.iter().find(|(_, it)| it.name.same(from, cx.dialect()));
                let of = |relation: &Relation, name: &str| {
                    relation.column(name).and_then(|it| it.data_type.clone())
                };
                let own = match defined {
                    Some((_, column)) => column.data_type.as_ref().map(|it| ColumnType::of(cx.dialect(), it)),
                    None => cx
                        .relation(table)
                        .and_then(|relation| of(relation, &from.key(cx.dialect(), NameClass::Other))),
                };
                let (Some(own), Some(wanted)) = (own, of(other, to)) else { continue };
                let is_integer = |it: &ColumnType| it.family(cx.dialect()) == TypeFamily::Integer;
                let differs = match cx.dialect() {
                    Dialect::Postgres => {
                        !has_equality(own.family(Dialect::Postgres), wanted.family(Dialect::Postgres))
                    }
                    _ => {
                        (is_integer(&own) || is_integer(&wanted))
                            && (own.name != wanted.name || own.unsigned != wanted.unsigned)
                    }
                };
                if differs {
                    out.report(
                        key.span,
                        format!("`{}` is {own}, `{}` of `{}` is {wanted}", from.text, to, other.name),
                    )
                    .help("give both columns the same type");
                }
            }
        }
    }
}

/// Whether PostgreSQL can hold a foreign key of one family against a key of the other. What is not known is let pass.
fn has_equality(own: TypeFamily, wanted: TypeFamily) -> bool {
    use TypeFamily as F;
    let kind = |family: F| match family {
        F::Boolean => Some(0),
        F::Integer | F::Serial | F::Decimal | F::Float => Some(1),
        F::Text | F::FixedText => Some(2),
        F::Date | F::Timestamp | F::TimestampTz => Some(3),
        F::Time => Some(4),
        F::Interval => Some(5),
        F::Uuid => Some(6),
        F::Binary => Some(7),
        _ => None,
    };
    let (Some(left), Some(right)) = (kind(own), kind(wanted)) else { return true };
    // A number is only taken for a wider one.
    let narrower =
        matches!((own, wanted), (F::Decimal | F::Float, F::Integer | F::Serial) | (F::Float, F::Decimal));
    left == right && !narrower
}

#[cfg(test)]
mod tests {
    use sluice_sql::Dialect::{Mysql, Postgres};

    use crate::rules::data_loss::tests::{fires, silent};

    #[test]
    fn postgres_compares_what_has_an_equality() {
        let (id, before) =
            ("correctness/foreign-key-type-mismatch", "CREATE TABLE big (id bigint PRIMARY KEY);");
        for data_type in ["text", "numeric", "uuid", "double precision", "date"] {
            fires(id, Postgres, before, &format!("CREATE TABLE a (b {data_type} REFERENCES big (id));"));
            fires(id, Postgres, before, &format!("CREATE TABLE a (b {data_type} REFERENCES big);"));
        }
        for data_type in ["int", "smallint", "bigint", "mytype"] {
            silent(id, Postgres, before, &format!("CREATE TABLE a (b {data_type} REFERENCES big);"));
        }
        silent(
            id,
            Postgres,
            "CREATE TABLE n (id numeric PRIMARY KEY);",
            "CREATE TABLE a (b int REFERENCES n);",
        );
        fires(id, Mysql, before, "CREATE TABLE a (b int, FOREIGN KEY (b) REFERENCES big (id));");
    }
}
