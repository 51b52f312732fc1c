//! Routines, triggers, rules, policies.

use super::sql::{Ask, Asked, OURS, Question, enabled, free, owner};

/// Every question about what runs inside the database.
pub fn questions() -> Vec<Asked> {
    vec![
        (&["routine"], routines()),
        (&["aggregate"], aggregates()),
        (&["trigger"], triggers()),
        (&["event trigger"], event_triggers()),
        (&["rule"], rules()),
        (&["policy"], policies()),
    ]
}

/// Name and types of the arguments that tell a routine from its namesakes.
const SIGNATURE: &str = "o.proname || '(' || coalesce((SELECT string_agg(format_type(a.t, NULL), ', ' ORDER BY a.i) \
     FROM unnest(o.proargtypes) WITH ORDINALITY a(t, i)), '') || ')'";

fn routines() -> Question {
    Ask {
        catalog: "pg_proc",
        sub: "0",
        kind: "CASE o.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END",
        name: &["n.nspname", SIGNATURE],
        parent: Some(("'schema'", &["n.nspname"])),
        ordinal: "0",
        payload: &[
            ("owner", &owner("o.proowner")),
            ("identity", "o.oid::regprocedure::text"),
            ("definition", "pg_get_functiondef(o.oid)"),
            ("result", "pg_get_function_result(o.oid)"),
            (
                "parameters",
                "(SELECT array_agg(coalesce(o.proargmodes[i]::text, 'i') || ' ' || coalesce(o.proargnames[i], '') || ' ' || \
                 format_type(t, NULL) ORDER BY i) FROM unnest(coalesce(o.proallargtypes, o.proargtypes::oid[])) WITH ORDINALITY a(t, i))",
            ),
            ("defaults", "nullif(o.pronargdefaults, 0)"),
            ("window", "nullif(o.prokind = 'w', false)"),
        ],
        from: &format!(
            "FROM pg_proc o JOIN pg_namespace n ON n.oid = o.pronamespace WHERE o.prokind <> 'a' AND {OURS} \
             AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = o.oid \
             AND e.deptype IN ('e', 'i'))",
        ),
    }
    .question()
}

fn aggregates() -> Question {
    let function = |name: &str, column: &str| {
        format!("CASE WHEN g.{column}::oid <> 0 THEN ', {name} = ' || g.{column}::text ELSE '' END")
    };
    let definition = format!(
        "'SFUNC = ' || g.aggtransfn::text || ', STYPE = ' || format_type(g.aggtranstype, NULL) \
         || CASE WHEN g.aggtransspace <> 0 THEN ', SSPACE = ' || g.aggtransspace ELSE '' END || {} \
         || CASE WHEN g.aggfinalextra THEN ', FINALFUNC_EXTRA' ELSE '' END \
         || CASE WHEN g.aggfinalfn::oid <> 0 AND g.aggfinalmodify <> CASE g.aggkind WHEN 'n' THEN 'r' ELSE 'w' END THEN ', FINALFUNC_MODIFY = ' || \
         CASE g.aggfinalmodify WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END ELSE '' END \
         || {} || {} || {} || coalesce(', INITCOND = ' || quote_literal(g.agginitval), '') || {} || {} || {} \
         || CASE WHEN g.aggmtranstype <> 0 THEN ', MSTYPE = ' || format_type(g.aggmtranstype, NULL) ELSE '' END \
         || CASE WHEN g.aggmtransspace <> 0 THEN ', MSSPACE = ' || g.aggmtransspace ELSE '' END \
         || CASE WHEN g.aggmfinalextra THEN ', MFINALFUNC_EXTRA' ELSE '' END \
         || CASE WHEN g.aggmfinalfn::oid <> 0 AND g.aggmfinalmodify <> CASE g.aggkind WHEN 'n' THEN 'r' ELSE 'w' END THEN ', MFINALFUNC_MODIFY = ' || \
         CASE g.aggmfinalmodify WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END ELSE '' END \
         || coalesce(', MINITCOND = ' || quote_literal(g.aggminitval), '') \
         || CASE WHEN g.aggsortop <> 0 THEN ', SORTOP = OPERATOR(' || (SELECT quote_ident(sn.nspname) || '.' || s.oprname FROM pg_operator s \
         JOIN pg_namespace sn ON sn.oid = s.oprnamespace WHERE s.oid = g.aggsortop) || ')' ELSE '' END \
         || CASE o.proparallel WHEN 's' THEN ', PARALLEL = SAFE' WHEN 'r' THEN ', PARALLEL = RESTRICTED' ELSE '' END \
         || CASE g.aggkind WHEN 'h' THEN ', HYPOTHETICAL' ELSE '' END",
        function("FINALFUNC", "aggfinalfn"),
        function("COMBINEFUNC", "aggcombinefn"),
        function("SERIALFUNC", "aggserialfn"),
        function("DESERIALFUNC", "aggdeserialfn"),
        function("MSFUNC", "aggmtransfn"),
        function("MINVFUNC", "aggminvtransfn"),
        function("MFINALFUNC", "aggmfinalfn"),
    );
    Ask {
        catalog: "pg_proc",
        sub: "0",
        kind: "'aggregate'",
        name: &["n.nspname", SIGNATURE],
        parent: Some(("'schema'", &["n.nspname"])),
        ordinal: "0",
        payload: &[
            ("owner", &owner("o.proowner")),
            (
                "identity",
                "quote_ident(n.nspname) || '.' || quote_ident(o.proname) || '(' || CASE WHEN o.pronargs = 0 THEN '*' \
                 ELSE pg_get_function_identity_arguments(o.oid) END || ')'",
            ),
            ("definition", &definition),
            ("result", "pg_get_function_result(o.oid)"),
        ],
        from: &format!(
            "FROM pg_proc o JOIN pg_namespace n ON n.oid = o.pronamespace JOIN pg_aggregate g ON g.aggfnoid = o.oid \
             WHERE {OURS} AND {}",
            free("pg_proc", "o")
        ),
    }
    .question()
}

fn triggers() -> Question {
    Ask {
        catalog: "pg_trigger",
        sub: "0",
        kind: "'trigger'",
        name: &["n.nspname", "c.relname", "o.tgname"],
        parent: Some((
            "CASE c.relkind WHEN 'f' THEN 'foreign_table' WHEN 'v' THEN 'view' ELSE 'table' END",
            &["n.nspname", "c.relname"],
        )),
        ordinal: "0",
        payload: &[
            ("definition", "pg_get_triggerdef(o.oid)"),
            ("enabled", &enabled("o.tgenabled")),
        ],
        from: &format!(
            "FROM pg_trigger o JOIN pg_class c ON c.oid = o.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE NOT o.tgisinternal AND o.tgparentid = 0 AND c.relpersistence <> 't' AND {OURS} AND {} AND {}",
            free("pg_trigger", "o"),
            free("pg_class", "c")
        ),
    }
    .question()
}

fn event_triggers() -> Question {
    Ask {
        catalog: "pg_event_trigger",
        sub: "0",
        kind: "'event_trigger'",
        name: &["o.evtname"],
        parent: None,
        ordinal: "0",
        payload: &[
            ("owner", &owner("o.evtowner")),
            (
                "definition",
                "'ON ' || o.evtevent || coalesce(' WHEN TAG IN (' || (SELECT string_agg(quote_literal(t.x), ', ' ORDER BY t.i) \
                 FROM unnest(o.evttags) WITH ORDINALITY t(x, i)) || ')', '') || ' EXECUTE FUNCTION ' || o.evtfoid::regproc || '()'",
            ),
            ("enabled", &enabled("o.evtenabled")),
        ],
        from: &format!("FROM pg_event_trigger o WHERE {}", free("pg_event_trigger", "o")),
    }
    .question()
}

fn rules() -> Question {
    Ask {
        catalog: "pg_rewrite",
        sub: "0",
        kind: "'rule'",
        name: &["n.nspname", "c.relname", "o.rulename"],
        parent: Some(("CASE c.relkind WHEN 'v' THEN 'view' ELSE 'table' END", &["n.nspname", "c.relname"])),
        ordinal: "0",
        payload: &[
            ("definition", "rtrim(pg_get_ruledef(o.oid), ';')"),
            ("enabled", &enabled("o.ev_enabled")),
        ],
        from: &format!(
            "FROM pg_rewrite o JOIN pg_class c ON c.oid = o.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE o.rulename <> '_RETURN' AND {OURS} AND {}",
            free("pg_class", "c")
        ),
    }
    .question()
}

fn policies() -> Question {
    Ask {
        catalog: "pg_policy",
        sub: "0",
        kind: "'policy'",
        name: &["n.nspname", "c.relname", "o.polname"],
        parent: Some(("'table'", &["n.nspname", "c.relname"])),
        ordinal: "0",
        payload: &[
            ("restrictive", "nullif(NOT o.polpermissive, false)"),
            (
                "command",
                "CASE o.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' END",
            ),
            (
                "roles",
                "CASE WHEN o.polroles <> '{0}' THEN (SELECT array_agg(r.rolname ORDER BY r.rolname) FROM pg_roles r \
                 WHERE r.oid = ANY (o.polroles)) END",
            ),
            ("using", "pg_get_expr(o.polqual, o.polrelid)"),
            ("check", "pg_get_expr(o.polwithcheck, o.polrelid)"),
        ],
        from: &format!(
            "FROM pg_policy o JOIN pg_class c ON c.oid = o.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE {OURS} AND {}",
            free("pg_class", "c")
        ),
    }
    .question()
}
