/// Where the lines of a text begin, so that many positions cost no more than one pass over it.
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { text, starts: std::iter::once(0).chain(ends).collect() }
    }

    /// Line and column in characters, both from 1.
    pub(super) fn position(&self, offset: usize) -> (usize, usize) {
        let offset = sluice_text::cut(self.text, offset).len();
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or_default();
        (line, 1 + self.text.get(start..offset).unwrap_or_default().chars().count())
    }
}
