//! Classes of bytes, one table lookup each.

const BLANK: u8 = 1;
const NAME_START: u8 = 2;
const DIGIT: u8 = 4;
const DOLLAR: u8 = 8;
/// A byte that cannot begin anything but itself: the splitter jumps over runs of them.
const DULL: u8 = 16;

#[allow(
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "the index counts to 255 in a table of 256"
)]
const CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let byte = index as u8;
        table[index] = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => BLANK | DULL,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80..=0xff => NAME_START | DULL,
            b'0'..=b'9' => DIGIT | DULL,
            b'$' => DOLLAR,
            b',' | b'.' | b'*' | b'=' | b'<' | b'>' | b'+' | b'!' | b'%' | b'^' | b'&' | b'|' | b'~'
            | b'@' | b':' => DULL,
            _ => 0,
        };
        index += 1;
    }
    table
};

#[allow(clippy::indexing_slicing, reason = "every u8 is below 256")]
fn class(byte: u8) -> u8 {
    CLASS[usize::from(byte)]
}

pub(crate) fn is_blank(byte: u8) -> bool {
    class(byte) & BLANK != 0
}

pub(crate) fn is_name_start(byte: u8) -> bool {
    class(byte) & NAME_START != 0
}

pub(crate) fn is_name(byte: u8) -> bool {
    class(byte) & (NAME_START | DIGIT | DOLLAR) != 0
}

pub(crate) fn is_digit(byte: u8) -> bool {
    class(byte) & DIGIT != 0
}

pub(crate) fn is_dull(byte: u8) -> bool {
    class(byte) & DULL != 0
}

/// First place from `at` on where `test` fails, or the end.
pub(crate) fn run(bytes: &[u8], at: usize, test: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| !test(*byte)).unwrap_or(rest.len())
}

/// End of `bytes[..end]` without trailing blanks, not before `start`.
pub(crate) fn trim_end(bytes: &[u8], start: usize, end: usize) -> usize {
    let inside = bytes.get(start..end).unwrap_or_default();
    start + inside.iter().rposition(|byte| !is_blank(*byte)).map_or(0, |last| last + 1)
}
