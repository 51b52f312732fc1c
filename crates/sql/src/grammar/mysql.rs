use sluice_text::Span;

use crate::Dialect;
use crate::model::{Parsed, Reason};

pub(super) fn parse(_dialect: Dialect, _text: &str, piece: Span) -> Parsed {
    Parsed::unparsed(piece, Reason::Unknown)
}
