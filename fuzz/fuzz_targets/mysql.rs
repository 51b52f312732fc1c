#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_sql::Dialect;

fuzz_target!(|text: &str| sluice_promises::grammar(Dialect::Mysql, text));
