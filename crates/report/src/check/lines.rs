/// Characters are counted in blocks of so many bytes.
const BLOCK: usize = 4096;

/// Where the lines of a text begin, and how many characters it has up to each block, so that many positions cost no more than
/// one pass over it, in one line or in many.
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    counts: Vec<usize>,
}

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let mut counts = vec![0];
        let mut before = 0;
        for block in text.as_bytes().chunks(BLOCK) {
            before += characters(block);
            counts.push(before);
        }
        Self { text, starts: std::iter::once(0).chain(ends).collect(), counts }
    }

    /// Line and column in characters, both from 1.
    pub(super) fn position(&self, offset: usize) -> (usize, usize) {
        let offset = sluice_text::cut(self.text, offset).len();
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or_default();
        (line, 1 + self.characters_before(offset) - self.characters_before(start))
    }

    fn characters_before(&self, offset: usize) -> usize {
        let block = offset / BLOCK;
        let rest = self.text.as_bytes().get(block * BLOCK..offset).unwrap_or_default();
        self.counts.get(block).copied().unwrap_or_default() + characters(rest)
    }
}

/// How many characters begin in these bytes of UTF-8.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn positions_in_long_lines_are_those_of_a_plain_count() {
        for text in ["", "é;\n  ünder", &"äb\n".repeat(1365), &"aé€😀".repeat(3000), &"x".repeat(8192)]
        {
            let lines = Lines::of(text);
            let file = sluice_text::SourceFile::new("a.sql", text);
            for offset in (0..text.len() + 3).step_by(7).chain([4095, 4096, 4097, text.len()]) {
                let plain = file.position(offset);
                assert_eq!(lines.position(offset), (plain.line, plain.column), "{offset}");
            }
        }
    }
}
