/// What a project does to a database, such that doing it twice, or in part, shows.
#[derive(Debug, Clone)]
pub struct Story {
    /// File names and texts, in order. The first one is there before most faults strike.
    pub changes: Vec<(&'static str, String)>,
    /// What the statements leave behind.
    pub effects: Vec<Effect>,
    /// Statements outside transactions whose record must tell what was seen: version, ordinal, words of the evidence.
    pub evidence: Vec<(&'static str, u64, &'static str)>,
}

/// One visible effect of one statement.
#[derive(Debug, Clone, Copy)]
pub struct Effect {
    /// The change's version.
    pub version: &'static str,
    /// The statement's place in it, from 1.
    pub ordinal: u64,
    /// Answers 0 before the statement, 1 after it, and more after doing it twice.
    pub count: &'static str,
}

impl Effect {
    /// An effect.
    pub const fn new(version: &'static str, ordinal: u64, count: &'static str) -> Self {
        Self { version, ordinal, count }
    }
}

impl Story {
    /// With a line in front of the change at `index`.
    #[must_use]
    pub fn with_directive(mut self, index: usize, line: &str) -> Self {
        let text = &mut self.changes[index].1;
        text.insert_str(0, &format!("{line}\n"));
        self
    }
}
