//! Schemas, extensions, types, collations, casts, operators.

use super::sql::{Ask, Asked, OURS, Question, collation, free, owner};

/// Every other question about types and what is made of them.
pub fn questions() -> Vec<Asked> {
    vec![
        (&["extension"], extensions()),
        (&["enum"], enums()),
        (&["domain"], domains()),
        (&["composite"], composites()),
        (&["composite"], attributes()),
        (&["range"], ranges()),
        (&["collation"], collations()),
        (&["cast"], casts()),
        (&["operator"], operators()),
    ]
}

/// Schemas.
pub fn schemas() -> Question {
    Ask {
        catalog: "pg_namespace",
        sub: "0",
        kind: "'schema'",
        name: &["n.nspname"],
        parent: None,
        ordinal: "0",
        payload: &[("owner", &owner("n.nspowner"))],
        from: &format!(
            "FROM pg_namespace n JOIN pg_namespace o ON o.oid = n.oid WHERE {OURS} AND {}",
            free("pg_namespace", "n")
        ),
    }
    .question()
}

fn extensions() -> Question {
    Ask {
        catalog: "pg_extension",
        sub: "0",
        kind: "'extension'",
        name: &["o.extname"],
        parent: None,
        ordinal: "0",
        payload: &[("schema", "n.nspname"), ("relocatable", "nullif(o.extrelocatable, false)"), ("version", "o.extversion")],
        from: "FROM pg_extension o JOIN pg_namespace n ON n.oid = o.extnamespace WHERE o.extname <> 'plpgsql'",
    }
    .question()
}

fn enums() -> Question {
    Ask {
        catalog: "pg_type",
        sub: "0",
        kind: "'enum'",
        name: &["n.nspname", "o.typname"],
        parent: Some(("'schema'", &["n.nspname"])),
        ordinal: "0",
        payload: &[
            ("owner", &owner("o.typowner")),
            (
                "labels",
                "coalesce((SELECT array_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = o.oid), '{}')",
            ),
        ],
        from: &format!(
            "FROM pg_type o JOIN pg_namespace n ON n.oid = o.typnamespace WHERE o.typtype = 'e' AND {OURS} AND {}",
            free("pg_type", "o")
        ),
    }
    .question()
}

fn domains() -> Question {
    Ask {
        catalog: "pg_type",
        sub: "0",
        kind: "'domain'",
        name: &["n.nspname", "o.typname"],
        parent: Some(("'schema'", &["n.nspname"])),
        ordinal: "0",
        payload: &[
            ("owner", &owner("o.typowner")),
            ("type", "format_type(o.typbasetype, o.typtypmod)"),
            ("collation", &collation("o.typcollation", "b.typcollation")),
            ("not_null", "nullif(o.typnotnull, false)"),
            ("default", "coalesce(pg_get_expr(o.typdefaultbin, 0), CASE WHEN o.typdefaultbin IS NULL THEN quote_literal(o.typdefault) END)"),
        ],
        from: &format!(
            "FROM pg_type o JOIN pg_namespace n ON n.oid = o.typnamespace JOIN pg_type b ON b.oid = o.typbasetype \
             WHERE o.typtype = 'd' AND {OURS} AND {}",
            free("pg_type", "o")
        ),
    }
    .question()
}

fn composites() -> Question {
    Ask {
        catalog: "pg_type",
        sub: "0",
        kind: "'composite'",
        name: &["n.nspname", "o.typname"],
        parent: Some(("'schema'", &["n.nspname"])),
        ordinal: "0",
        payload: &[("owner", &owner("o.typowner"))],
        from: &format!(
            "FROM pg_type o JOIN pg_namespace n ON n.oid = o.typnamespace JOIN pg_class c ON c.oid = o.typrelid \
             WHERE o.typtype = 'c' AND c.relkind = 'c' AND {OURS} AND {}",
            free("pg_type", "o")
        ),
    }
    .question()
}

fn attributes() -> Question {
    Ask {
        catalog: "pg_class",
        sub: "o.attnum",
        kind: "'attribute'",
        name: &["n.nspname", "c.relname", "o.attname"],
        parent: Some(("'composite'", &["n.nspname", "c.relname"])),
        ordinal: "o.attnum",
        payload: &[
            ("type", "format_type(o.atttypid, o.atttypmod)"),
            ("collation", &collation("o.attcollation", "t.typcollation")),
        ],
        from: &format!(
            "FROM (SELECT attrelid AS oid, * FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped) o \
             JOIN pg_class c ON c.oid = o.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
             JOIN pg_type t ON t.oid = o.atttypid WHERE c.relkind = 'c' AND {OURS} AND {}",
            free("pg_class", "c")
        ),
    }
    .question()
}

fn ranges() -> Question {
    Ask {
        catalog: "pg_type",
        sub: "0",
        kind: "'range'",
        name: &["n.nspname", "o.typname"],
        parent: Some(("'schema'", &["n.nspname"])),
        ordinal: "0",
        payload: &[
            ("owner", &owner("o.typowner")),
            (
                "definition",
                "'SUBTYPE = ' || format_type(r.rngsubtype, NULL) \
                 || coalesce(', SUBTYPE_OPCLASS = ' || (SELECT quote_ident(cn.nspname) || '.' || quote_ident(c.opcname) FROM pg_opclass c \
                 JOIN pg_namespace cn ON cn.oid = c.opcnamespace WHERE c.oid = r.rngsubopc AND NOT c.opcdefault), '') \
                 || coalesce(', COLLATION = ' || (SELECT quote_ident(ln.nspname) || '.' || quote_ident(l.collname) FROM pg_collation l \
                 JOIN pg_namespace ln ON ln.oid = l.collnamespace JOIN pg_type st ON st.oid = r.rngsubtype \
                 WHERE l.oid = r.rngcollation AND l.oid <> st.typcollation), '') \
                 || CASE WHEN r.rngcanonical::oid <> 0 THEN ', CANONICAL = ' || r.rngcanonical::text ELSE '' END \
                 || CASE WHEN r.rngsubdiff::oid <> 0 THEN ', SUBTYPE_DIFF = ' || r.rngsubdiff::text ELSE '' END \
                 || ', MULTIRANGE_TYPE_NAME = ' || format_type(r.rngmultitypid, NULL)",
            ),
        ],
        from: &format!(
            "FROM pg_type o JOIN pg_namespace n ON n.oid = o.typnamespace JOIN pg_range r ON r.rngtypid = o.oid \
             WHERE o.typtype = 'r' AND {OURS} AND {}",
            free("pg_type", "o")
        ),
    }
    .question()
}

fn collations() -> Question {
    // The locale of a provider stands in a column that changed its name.
    let locale = "coalesce(to_jsonb(o) ->> 'colllocale', to_jsonb(o) ->> 'colliculocale')";
    Ask {
        catalog: "pg_collation",
        sub: "0",
        kind: "'collation'",
        name: &["n.nspname", "o.collname"],
        parent: Some(("'schema'", &["n.nspname"])),
        ordinal: "0",
        payload: &[
            ("owner", &owner("o.collowner")),
            (
                "definition",
                &format!(
                    "'PROVIDER = ' || CASE o.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' WHEN 'd' THEN 'default' ELSE 'libc' END \
                     || CASE WHEN o.collisdeterministic THEN '' ELSE ', DETERMINISTIC = false' END \
                     || CASE WHEN {locale} IS NOT NULL THEN ', LOCALE = ' || quote_literal({locale}) \
                     WHEN o.collcollate = o.collctype THEN ', LOCALE = ' || quote_literal(o.collcollate) \
                     ELSE ', LC_COLLATE = ' || quote_literal(o.collcollate) || ', LC_CTYPE = ' || quote_literal(o.collctype) END \
                     || coalesce(', RULES = ' || quote_literal(to_jsonb(o) ->> 'collicurules'), '')"
                ),
            ),
        ],
        from: &format!(
            "FROM pg_collation o JOIN pg_namespace n ON n.oid = o.collnamespace WHERE {OURS} AND {}",
            free("pg_collation", "o")
        ),
    }
    .question()
}

fn casts() -> Question {
    Ask {
        catalog: "pg_cast",
        sub: "0",
        kind: "'cast'",
        name: &["format_type(o.castsource, NULL) || ' AS ' || format_type(o.casttarget, NULL)"],
        parent: None,
        ordinal: "0",
        payload: &[(
            "definition",
            "CASE o.castmethod WHEN 'f' THEN 'WITH FUNCTION ' || o.castfunc::regprocedure WHEN 'i' THEN 'WITH INOUT' \
             ELSE 'WITHOUT FUNCTION' END || CASE o.castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' ELSE '' END",
        )],
        from: &format!("FROM pg_cast o WHERE o.oid >= 16384 AND {}", free("pg_cast", "o")),
    }
    .question()
}

fn operators() -> Question {
    Ask {
        catalog: "pg_operator",
        sub: "0",
        kind: "'operator'",
        name: &[
            "n.nspname",
            "o.oprname || ' (' || CASE WHEN o.oprleft = 0 THEN 'NONE' ELSE format_type(o.oprleft, NULL) END || ', ' || \
             CASE WHEN o.oprright = 0 THEN 'NONE' ELSE format_type(o.oprright, NULL) END || ')'",
        ],
        parent: Some(("'schema'", &["n.nspname"])),
        ordinal: "0",
        payload: &[
            ("owner", &owner("o.oprowner")),
            ("operator", "quote_ident(n.nspname) || '.' || o.oprname"),
            (
                "arguments",
                "'(' || CASE WHEN o.oprleft = 0 THEN 'NONE' ELSE format_type(o.oprleft, NULL) END || ', ' || \
                 CASE WHEN o.oprright = 0 THEN 'NONE' ELSE format_type(o.oprright, NULL) END || ')'",
            ),
            (
                "definition",
                "'FUNCTION = ' || o.oprcode::regproc \
                 || CASE WHEN o.oprleft = 0 THEN '' ELSE ', LEFTARG = ' || format_type(o.oprleft, NULL) END \
                 || CASE WHEN o.oprright = 0 THEN '' ELSE ', RIGHTARG = ' || format_type(o.oprright, NULL) END \
                 || coalesce(', COMMUTATOR = OPERATOR(' || (SELECT quote_ident(pn.nspname) || '.' || p.oprname FROM pg_operator p \
                 JOIN pg_namespace pn ON pn.oid = p.oprnamespace WHERE p.oid = o.oprcom) || ')', '') \
                 || coalesce(', NEGATOR = OPERATOR(' || (SELECT quote_ident(pn.nspname) || '.' || p.oprname FROM pg_operator p \
                 JOIN pg_namespace pn ON pn.oid = p.oprnamespace WHERE p.oid = o.oprnegate) || ')', '') \
                 || CASE WHEN o.oprrest::oid <> 0 THEN ', RESTRICT = ' || o.oprrest::text ELSE '' END \
                 || CASE WHEN o.oprjoin::oid <> 0 THEN ', JOIN = ' || o.oprjoin::text ELSE '' END \
                 || CASE WHEN o.oprcanhash THEN ', HASHES' ELSE '' END || CASE WHEN o.oprcanmerge THEN ', MERGES' ELSE '' END",
            ),
        ],
        from: &format!(
            "FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE o.oprcode::oid <> 0 AND {OURS} AND {}",
            free("pg_operator", "o")
        ),
    }
    .question()
}
