use crate::paint::{Paint, Tone};

/// Columns that line up, whatever the colours.
pub struct Table {
    rows: Vec<Vec<(String, Option<Tone>)>>,
}

impl Table {
    /// A table with these headings.
    pub fn new(headings: &[&str]) -> Self {
        Self {
            rows: vec![headings.iter().map(|heading| ((*heading).to_owned(), Some(Tone::Faint))).collect()],
        }
    }

    /// Appends a row.
    pub fn row(&mut self, cells: Vec<(String, Option<Tone>)>) {
        self.rows.push(cells);
    }

    /// The table as text, a line a row, indented by two.
    pub fn render(&self, paint: Paint) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|(text, _)| text.chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut out = String::new();
        for row in &self.rows {
            let mut text = String::from(" ");
            for (at, ((cell, tone), width)) in row.iter().zip(&widths).enumerate() {
                text.push(' ');
                text.push_str(&tone.map_or_else(|| cell.clone(), |tone| paint.tone(tone, cell)));
                if at + 1 < row.len() {
                    text.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.chars().count()) + 1));
                }
            }
            out.push_str(text.trim_end());
            out.push('\n');
        }
        out
    }
}
