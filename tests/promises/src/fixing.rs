use sluice_text::{Edit, apply_edits};

/// Whatever the edits are: none breaks the text, and text outside of all of them stays.
pub fn edits(text: &str, edits: &[Edit]) {
    let edited = apply_edits(text, edits);
    let added: usize = edits.iter().map(|edit| edit.text.len()).sum();
    assert!(edited.len() <= text.len() + added, "{text:?} with {edits:?} is {edited:?}");
    let first = edits.iter().map(|edit| edit.span.start.min(edit.span.end)).min().unwrap_or(text.len());
    let mut first = first.min(text.len());
    while !text.is_char_boundary(first) {
        first -= 1;
    }
    assert!(edited.starts_with(&text[..first]), "{text:?} with {edits:?} is {edited:?}");
}
