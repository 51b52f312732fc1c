use sluice_sql::model::Statement;

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A function is loaded from a library.
    ///
    /// ## Why
    /// The code of the library runs inside of the server: it does whatever the server's user may do, and a fault in it ends
    /// the server.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE FUNCTION sys_exec RETURNS INTEGER SONAME 'lib_mysqludf_sys.so';
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE FUNCTION one() RETURNS INTEGER DETERMINISTIC RETURN 1;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, CREATE FUNCTION Statement for Loadable Functions.
    UdfSoname, "security/udf-soname", Engines::MYSQL_FAMILY, Error, Recommended
}

impl Rule for UdfSoname {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let Statement::CreateRoutine(routine) = &one.statement else { continue };
            if let Some(soname) = routine.options.iter().find(|option| option.is("soname")) {
                let name = routine.name.display(cx.dialect());
                out.report(
                    soname.span,
                    format!("`{name}` is code of a library that runs inside of the server"),
                )
                .help("write the function in SQL");
            }
        }
    }
}
