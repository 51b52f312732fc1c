use sluice_sql::model::{InsertSource, Statement};

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// One `INSERT` writes down many rows.
    ///
    /// ## Why
    /// Changes are read by people and kept for ever; data of this size belongs into a load of its own. The statement is one
    /// transaction with one large packet.
    ///
    /// ## Bad
    /// ```sql
    /// INSERT INTO numbers (n) VALUES
    ///     (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), (16), (17),
    ///     (18), (19), (20), (21), (22), (23), (24), (25), (26), (27), (28), (29), (30), (31), (32), (33), (34),
    ///     (35), (36), (37), (38), (39), (40), (41), (42), (43), (44), (45), (46), (47), (48), (49), (50), (51),
    ///     (52), (53), (54), (55), (56), (57), (58), (59), (60), (61), (62), (63), (64), (65), (66), (67), (68),
    ///     (69), (70), (71), (72), (73), (74), (75), (76), (77), (78), (79), (80), (81), (82), (83), (84), (85),
    ///     (86), (87), (88), (89), (90), (91), (92), (93), (94), (95), (96), (97), (98), (99), (100), (101), (102);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// INSERT INTO numbers (n) VALUES (1), (2);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Populating a Database; MySQL manual, Optimizing INSERT Statements.
    InsertRowsLimit, "rows/insert-rows-limit", Engines::ALL, Warning, All, options: &[OptionSpec {
        name: "max",
        kind: OptionKind::Number { default: 100 },
        about: "Number of rows that are let pass.",
    }]
}

impl Rule for InsertRowsLimit {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Insert(insert) = &cx.parsed.statement else { return };
        let InsertSource::Values { rows, span, .. } = insert.source else { return };
        let max = cx.options.number("max");
        if rows > max {
            let table = cx.display(&insert.table.name);
            out.report(
                span,
                format!("{rows} rows are written into `{table}` at once: at most {max} are wanted"),
            )
            .help("load the rows outside of the change, or in several statements");
        }
    }
}
