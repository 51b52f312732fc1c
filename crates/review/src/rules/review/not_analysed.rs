use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A statement, or a part of it, is not understood.
    ///
    /// ## Why
    /// No rule has looked at it. It may be syntax that the review does not know, or a mistake that the server will refuse.
    ///
    /// ## Bad
    /// ```sql postgres
    /// FROBNICATE TABLE orders;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// SELECT 1;
    /// ```
    ///
    /// ## Source
    /// squawk, issue 509: what is not understood must be told, not refused.
    NotAnalysed, "review/not-analysed", Engines::ALL, Info, Recommended
}

impl Rule for NotAnalysed {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        use sluice_sql::model::Reason;
        for part in cx
            .parsed
            .not_analysed
            .iter()
            .filter(|part| matches!(part.reason, Reason::Unknown | Reason::Syntax(_)))
        {
            out.report(part.span, format!("not analysed: {}", part.reason))
                .help("look at it yourself: no rule has")
                .evidence(sluice_text::Evidence::Assumed);
        }
    }
}
