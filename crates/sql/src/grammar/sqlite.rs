use sluice_text::Span;

use crate::model::{Parsed, Reason};

pub(super) fn parse(_text: &str, piece: Span) -> Parsed {
    Parsed::unparsed(piece, Reason::Unknown)
}
