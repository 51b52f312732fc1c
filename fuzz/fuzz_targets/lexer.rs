#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_sql::Dialect;

fuzz_target!(|text: &str| {
    for dialect in Dialect::ALL {
        sluice_promises::lexer(dialect, text);
    }
});
