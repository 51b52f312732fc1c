use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `load_extension()` runs code of a library.
    ///
    /// ## Why
    /// The library's code runs in the process that deploys, with all of its rights. SQLite refuses it unless the program
    /// allows it.
    ///
    /// ## Bad
    /// ```sql
    /// SELECT load_extension('./crypto.so');
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// SELECT id FROM orders WHERE id = 1;
    /// ```
    ///
    /// ## Source
    /// SQLite documentation, Run-Time Loadable Extensions.
    LoadExtension, "security/load-extension", Engines::SQLITE, Error, Recommended
}

impl Rule for LoadExtension {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn looks_at_inserts(&self) -> bool {
        true
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for call in within::calls_of(cx, &["load_extension"]) {
            out.report(call.span, "this loads code of a library into the process that deploys")
                .help("do without the extension in changes");
        }
    }
}
