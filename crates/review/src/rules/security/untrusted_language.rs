use sluice_sql::ObjectKind;
use sluice_sql::model::Statement;

use super::within;
use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A program is written in a language that the server does not confine.
    ///
    /// ## Why
    /// A program in C or an untrusted language (`plpython3u`, `plperlu`, …) reads and writes files, opens connections and
    /// runs commands as the user that the server runs as. Only superusers may make one; who may call it is another question.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE FUNCTION hostname() RETURNS text LANGUAGE plpython3u
    /// AS $$ import socket; return socket.gethostname() $$;
    /// ```
    /// ```sql postgres
    /// CREATE LANGUAGE plperlu;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// CREATE FUNCTION one() RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT 1 $$;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Trusted Languages; CREATE LANGUAGE.
    UntrustedLanguage, "security/untrusted-language", Engines::POSTGRES, Error, Recommended, options: &[OptionSpec {
        name: "languages",
        kind: OptionKind::List {
            default: &[
                "c", "internal", "plpython3u", "plpythonu", "plpython2u", "plperlu", "pltclu", "plsh", "plr", "pljavau",
            ],
        },
        about: "Languages that are not confined.",
    }]
}

impl Rule for UntrustedLanguage {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let (language, span) = match &one.statement {
                Statement::CreateRoutine(routine) => {
                    let Some(language) = &routine.language else { continue };
                    (language.text.clone(), language.span)
                }
                Statement::CreateObject(create) if create.kind == ObjectKind::Language => {
                    let Some(name) = &create.name else { continue };
                    (name.name.text.clone(), name.span)
                }
                Statement::Do(block) => (block.body.language.clone(), one.span),
                _ => continue,
            };
            if cx.options.lists("languages", &language) {
                out.report(
                    span,
                    format!("{language} is not confined: the program does what the server's user may do"),
                )
                .help("write it in SQL, PL/pgSQL or another trusted language");
            }
        }
    }
}
