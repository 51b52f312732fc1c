#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_text::{Edit, Span};

fuzz_target!(|input: (&str, Vec<(u8, u8, &str)>)| {
    let (text, edits) = input;
    let edits: Vec<Edit> = edits
        .into_iter()
        .map(|(start, end, text)| Edit::replace(Span { start: start.into(), end: end.into() }, text))
        .collect();
    sluice_promises::edits(text, &edits);
});
