use anstyle::{AnsiColor, Style};

/// Whether text for people carries colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint {
    /// The terminal shows colours and the user wants them.
    pub colours: bool,
}

/// What a piece of text says, as a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Done, healthy.
    Good,
    /// Waits, pending.
    Waiting,
    /// Failed, wrong.
    Bad,
    /// Less important.
    Faint,
    /// A name or a heading.
    Strong,
}

impl Paint {
    /// Text without colours.
    pub const PLAIN: Self = Self { colours: false };

    /// `text` in a tone.
    pub fn tone(self, tone: Tone, text: &str) -> String {
        if !self.colours || text.is_empty() {
            return text.to_owned();
        }
        let style = match tone {
            Tone::Good => Style::new().fg_color(Some(AnsiColor::Green.into())),
            Tone::Waiting => Style::new().fg_color(Some(AnsiColor::Yellow.into())),
            Tone::Bad => Style::new().fg_color(Some(AnsiColor::Red.into())).bold(),
            Tone::Faint => Style::new().dimmed(),
            Tone::Strong => Style::new().bold(),
        };
        format!("{style}{text}{style:#}")
    }
}

/// Text from outside for one line of a terminal: control characters, escape sequences above all, are shown, not obeyed.
pub fn line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { if c == '\n' || c == '\t' { ' ' } else { '\u{fffd}' } } else { c })
        .collect()
}

/// As [`line`], but keeps line breaks and tabs.
pub fn block(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}
