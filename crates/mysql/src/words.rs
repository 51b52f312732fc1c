//! The words of one statement: as much of a lexer as reading its head takes. Comments are skipped, the content of `/*! … */`
//! counts.

/// A word of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Word {
    /// A keyword or a bare name, as written.
    Bare(String),
    /// A name in backticks, without them.
    Quoted(String),
    /// The content of a string, quotes and escapes undone.
    Text(String),
    /// Any other character.
    Sign(char),
}

/// Cuts a statement into words. Never fails: what is never closed ends with the text.
pub(crate) fn words(sql: &str) -> Vec<Word> {
    let mut reader = Reader { rest: sql, words: Vec::new() };
    while reader.step() {}
    reader.words
}

struct Reader<'a> {
    rest: &'a str,
    words: Vec<Word>,
}

impl Reader<'_> {
    fn step(&mut self) -> bool {
        self.rest = self.rest.trim_start();
        let mut characters = self.rest.chars();
        let Some(first) = characters.next() else { return false };
        let second = characters.next();
        match (first, second) {
            ('#', _) => self.skip_past("\n"),
            ('-', Some('-')) if self.dashes_begin_a_comment() => self.skip_past("\n"),
            ('/', Some('*')) => self.comment(),
            ('*', Some('/')) => self.advance(2),
            ('`', _) => {
                let content = self.quoted('`', false);
                self.words.push(Word::Quoted(content));
            }
            ('\'' | '"', _) => {
                let content = self.quoted(first, true);
                self.words.push(Word::Text(content));
            }
            _ if is_name(first) => {
                let end = self.rest.find(|character| !is_name(character)).unwrap_or(self.rest.len());
                self.words.push(Word::Bare(self.rest.get(..end).unwrap_or_default().to_owned()));
                self.advance(end);
            }
            _ => {
                self.words.push(Word::Sign(first));
                self.advance(first.len_utf8());
            }
        }
        true
    }

    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn skip_past(&mut self, end: &str) {
        self.rest = self.rest.split_once(end).map_or("", |(_, rest)| rest);
    }

    fn dashes_begin_a_comment(&self) -> bool {
        self.rest.chars().nth(2).is_none_or(|character| character.is_whitespace() || character.is_control())
    }

    fn comment(&mut self) {
        let inside = self.rest.strip_prefix("/*!").or_else(|| self.rest.strip_prefix("/*M!"));
        match inside {
            // The closing `*/` is skipped when it comes.
            Some(inside) => {
                self.rest = inside.trim_start_matches(|character: char| character.is_ascii_digit())
            }
            None => {
                self.advance(2);
                self.skip_past("*/");
            }
        }
    }

    fn quoted(&mut self, quote: char, escapes: bool) -> String {
        let mut content = String::new();
        let mut characters = self.rest.char_indices().skip(1).peekable();
        let mut end = self.rest.len();
        while let Some((at, character)) = characters.next() {
            if character == '\\' && escapes {
                content.extend(characters.next().map(|(_, escaped)| escaped));
            } else if character == quote {
                if characters.next_if(|(_, next)| *next == quote).is_none() {
                    end = at + quote.len_utf8();
                    break;
                }
                content.push(quote);
            } else {
                content.push(character);
            }
        }
        self.advance(end);
        content
    }
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$') || !character.is_ascii()
}

/// Reads words one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    words: &'a [Word],
}

impl<'a> Cursor<'a> {
    pub fn new(words: &'a [Word]) -> Self {
        Self { words }
    }

    pub fn next(&mut self) -> Option<&'a Word> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    pub fn is_at_end(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether the next words are these keywords; does not move.
    pub fn sees(&self, keywords: &[&str]) -> bool {
        keywords.len() <= self.words.len()
            && keywords.iter().zip(self.words).all(|(keyword, word)| is_keyword(word, keyword))
    }

    /// Moves past these keywords if they come next.
    pub fn take(&mut self, keywords: &[&str]) -> bool {
        let sees = self.sees(keywords);
        if sees {
            self.words = self.words.get(keywords.len()..).unwrap_or_default();
        }
        sees
    }

    pub fn take_sign(&mut self, sign: char) -> bool {
        match self.words.split_first() {
            Some((Word::Sign(found), rest)) if *found == sign => {
                self.words = rest;
                true
            }
            _ => false,
        }
    }

    /// The next word in upper case, if it is a bare one; moves past it.
    pub fn keyword(&mut self) -> Option<String> {
        match self.words.split_first() {
            Some((Word::Bare(text), rest)) => {
                self.words = rest;
                Some(text.to_ascii_uppercase())
            }
            _ => None,
        }
    }

    /// A name: bare, in backticks, or in double quotes (`ANSI_QUOTES`).
    pub fn name(&mut self) -> Option<String> {
        match self.words.split_first() {
            Some((Word::Bare(text) | Word::Quoted(text) | Word::Text(text), rest)) => {
                self.words = rest;
                Some(text.clone())
            }
            _ => None,
        }
    }

    /// Moves to the place behind the first of these keywords outside parentheses.
    pub fn find(&mut self, keyword: &str) -> bool {
        let mut depth = 0_u32;
        while let Some(word) = self.next() {
            match word {
                Word::Sign('(') => depth += 1,
                Word::Sign(')') => depth = depth.saturating_sub(1),
                _ if depth == 0 && is_keyword(word, keyword) => return true,
                _ => {}
            }
        }
        false
    }

    /// Whether a keyword comes anywhere.
    pub fn contains(&self, keyword: &str) -> bool {
        self.words.iter().any(|word| is_keyword(word, keyword))
    }
}

fn is_keyword(word: &Word, keyword: &str) -> bool {
    matches!(word, Word::Bare(text) if text.eq_ignore_ascii_case(keyword))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bare(text: &str) -> Word {
        Word::Bare(text.to_owned())
    }

    #[test]
    fn comments_are_skipped_and_conditional_ones_are_read() {
        let text = "CREATE /* x */ /*!50003 DEFINER=`a``b`@'h''o\\'' */ TRIGGER -- y\n t # z\n--2";
        assert_eq!(
            words(text),
            [
                bare("CREATE"),
                bare("DEFINER"),
                Word::Sign('='),
                Word::Quoted("a`b".to_owned()),
                Word::Sign('@'),
                Word::Text("h'o'".to_owned()),
                bare("TRIGGER"),
                bare("t"),
                Word::Sign('-'),
                Word::Sign('-'),
                bare("2"),
            ]
        );
    }

    #[test]
    fn what_is_never_closed_ends_with_the_text() {
        for text in ["'a", "`a", "/* a", "/*! a", "\"a\\", "--", "é`"] {
            words(text);
        }
    }
}
