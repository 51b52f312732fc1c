use sluice_sql::Dialect;
use sluice_sql::model::{Ident, ObjectName};

use crate::Context;

/// The longest name that PostgreSQL keeps whole.
const NAME_BYTES: usize = 63;

/// The name that PostgreSQL picks for something over columns of a table; none where quotes or length make it another one.
pub(super) fn name(cx: &Context<'_>, table: &ObjectName, columns: &[&Ident], suffix: &str) -> Option<String> {
    if cx.dialect() != Dialect::Postgres {
        return None;
    }
    let mut parts = vec![table.name.folded(cx.dialect())];
    parts.extend(columns.iter().map(|column| column.folded(cx.dialect())));
    parts.push(suffix.into());
    let name = parts.join("_");
    let is_plain =
        name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    (is_plain && name.len() <= NAME_BYTES).then_some(name)
}
