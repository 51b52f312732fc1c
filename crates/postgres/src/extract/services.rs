//! Text search, publications, foreign data.

use super::sql::{Ask, Asked, OURS, Question, free, owner};

/// Every question about these, for a server of this version.
pub fn questions(version: u32) -> Vec<Asked> {
    let mut questions: Vec<Asked> = vec![
        (&["dictionary"], dictionaries()),
        (&["configuration"], configurations()),
        (&["wrapper"], wrappers()),
        (&["server"], servers()),
        (&["server"], user_mappings()),
        (&["publication"], publications(version)),
        (&["publication"], published_tables(version)),
    ];
    if version >= 150_000 {
        questions.push((&["publication"], published_schemas()));
    }
    questions
}

fn dictionaries() -> Question {
    Ask {
        catalog: "pg_ts_dict",
        sub: "0",
        kind: "'text_search_dictionary'",
        name: &["n.nspname", "o.dictname"],
        parent: Some(("'schema'", &["n.nspname"])),
        ordinal: "0",
        payload: &[
            ("owner", &owner("o.dictowner")),
            (
                "template",
                "(SELECT quote_ident(tn.nspname) || '.' || quote_ident(t.tmplname) FROM pg_ts_template t \
                 JOIN pg_namespace tn ON tn.oid = t.tmplnamespace WHERE t.oid = o.dicttemplate)",
            ),
            ("settings", "o.dictinitoption"),
        ],
        from: &format!(
            "FROM pg_ts_dict o JOIN pg_namespace n ON n.oid = o.dictnamespace WHERE {OURS} AND {}",
            free("pg_ts_dict", "o")
        ),
    }
    .question()
}

fn configurations() -> Question {
    Ask {
        catalog: "pg_ts_config",
        sub: "0",
        kind: "'text_search_configuration'",
        name: &["n.nspname", "o.cfgname"],
        parent: Some(("'schema'", &["n.nspname"])),
        ordinal: "0",
        payload: &[
            ("owner", &owner("o.cfgowner")),
            (
                "parser",
                "(SELECT quote_ident(pn.nspname) || '.' || quote_ident(p.prsname) FROM pg_ts_parser p \
                 JOIN pg_namespace pn ON pn.oid = p.prsnamespace WHERE p.oid = o.cfgparser)",
            ),
            (
                "mappings",
                "(SELECT array_agg(m.x ORDER BY m.x) FROM (SELECT t.alias || ' WITH ' || string_agg(quote_ident(dn.nspname) || '.' || \
                 quote_ident(d.dictname), ', ' ORDER BY m.mapseqno) x FROM pg_ts_config_map m \
                 JOIN ts_token_type(o.cfgparser) t ON t.tokid = m.maptokentype JOIN pg_ts_dict d ON d.oid = m.mapdict \
                 JOIN pg_namespace dn ON dn.oid = d.dictnamespace WHERE m.mapcfg = o.oid GROUP BY t.alias) m)",
            ),
        ],
        from: &format!(
            "FROM pg_ts_config o JOIN pg_namespace n ON n.oid = o.cfgnamespace WHERE {OURS} AND {}",
            free("pg_ts_config", "o")
        ),
    }
    .question()
}

fn wrappers() -> Question {
    Ask {
        catalog: "pg_foreign_data_wrapper",
        sub: "0",
        kind: "'foreign_data_wrapper'",
        name: &["o.fdwname"],
        parent: None,
        ordinal: "0",
        payload: &[
            ("owner", &owner("o.fdwowner")),
            ("handler", "CASE WHEN o.fdwhandler <> 0 THEN o.fdwhandler::regproc::text END"),
            ("validator", "CASE WHEN o.fdwvalidator <> 0 THEN o.fdwvalidator::regproc::text END"),
            ("foreign_options", "o.fdwoptions"),
        ],
        from: &format!("FROM pg_foreign_data_wrapper o WHERE {}", free("pg_foreign_data_wrapper", "o")),
    }
    .question()
}

fn servers() -> Question {
    Ask {
        catalog: "pg_foreign_server",
        sub: "0",
        kind: "'foreign_server'",
        name: &["o.srvname"],
        parent: None,
        ordinal: "0",
        payload: &[
            ("owner", &owner("o.srvowner")),
            ("type", "o.srvtype"),
            ("version", "o.srvversion"),
            ("wrapper", "w.fdwname"),
            ("foreign_options", "o.srvoptions"),
        ],
        from: &format!(
            "FROM pg_foreign_server o JOIN pg_foreign_data_wrapper w ON w.oid = o.srvfdw WHERE {}",
            free("pg_foreign_server", "o")
        ),
    }
    .question()
}

/// Options of a mapping hold passwords: they are not read.
fn user_mappings() -> Question {
    Ask {
        catalog: "pg_user_mapping",
        sub: "0",
        kind: "'user_mapping'",
        name: &["o.srvname", "o.usename"],
        parent: Some(("'foreign_server'", &["o.srvname"])),
        ordinal: "0",
        payload: &[
            (
                "foreign_options",
                "(SELECT array_agg(x ORDER BY i) FROM unnest(o.umoptions) WITH ORDINALITY u(x, i) WHERE x NOT LIKE '%password=%')",
            ),
            ("secret", "(SELECT true FROM unnest(o.umoptions) x WHERE x LIKE '%password=%')"),
        ],
        from: "FROM (SELECT umid AS oid, * FROM pg_user_mappings) o WHERE true",
    }
    .question()
}

fn publications(version: u32) -> Question {
    let generated = if version >= 180_000 { "CASE o.pubgencols WHEN 's' THEN 'stored' END" } else { "NULL" };
    Ask {
        catalog: "pg_publication",
        sub: "0",
        kind: "'publication'",
        name: &["o.pubname"],
        parent: None,
        ordinal: "0",
        payload: &[
            ("owner", &owner("o.pubowner")),
            ("all_tables", "nullif(o.puballtables, false)"),
            (
                "publish",
                "concat_ws(', ', CASE WHEN o.pubinsert THEN 'insert' END, CASE WHEN o.pubupdate THEN 'update' END, \
                 CASE WHEN o.pubdelete THEN 'delete' END, CASE WHEN o.pubtruncate THEN 'truncate' END)",
            ),
            ("via_root", "nullif(o.pubviaroot, false)"),
            ("generated_columns", generated),
        ],
        from: &format!("FROM pg_publication o WHERE {}", free("pg_publication", "o")),
    }
    .question()
}

fn published_tables(version: u32) -> Question {
    let filtered = version >= 150_000;
    Ask {
        catalog: "pg_publication_rel",
        sub: "0",
        kind: "'publication_member'",
        name: &["p.pubname", "n.nspname", "c.relname"],
        parent: Some(("'publication'", &["p.pubname"])),
        ordinal: "0",
        payload: &[
            (
                "columns",
                if filtered {
                    "(SELECT array_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = o.prrelid \
                     AND a.attnum = ANY (o.prattrs))"
                } else {
                    "NULL"
                },
            ),
            ("where", if filtered { "pg_get_expr(o.prqual, o.prrelid)" } else { "NULL" }),
        ],
        from: "FROM pg_publication_rel o JOIN pg_publication p ON p.oid = o.prpubid JOIN pg_class c ON c.oid = o.prrelid \
               JOIN pg_namespace n ON n.oid = c.relnamespace WHERE true",
    }
    .question()
}

fn published_schemas() -> Question {
    Ask {
        catalog: "pg_publication_namespace",
        sub: "0",
        kind: "'publication_member'",
        name: &["p.pubname", "n.nspname"],
        parent: Some(("'publication'", &["p.pubname"])),
        ordinal: "0",
        payload: &[],
        from: "FROM pg_publication_namespace o JOIN pg_publication p ON p.oid = o.pnpubid \
               JOIN pg_namespace n ON n.oid = o.pnnspid WHERE true",
    }
    .question()
}
