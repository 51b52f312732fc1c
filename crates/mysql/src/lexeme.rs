//! Text as the server writes it, cut into pieces that know their place: for definitions that are taken apart and for names that
//! are looked for. [`words`](crate::words) reads what people write at a statement's head.

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// A keyword, a bare name or a number.
    Word,
    /// A name in backticks.
    Name,
    /// A string, in single or double quotes.
    Text,
    /// Any other character.
    Sign,
}

/// A piece of text. Comments and blanks are none; what stands in `/*! … */` counts as if the comment were not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lexeme<'a> {
    pub sort: Sort,
    /// As written.
    pub raw: &'a str,
    /// Where it begins.
    pub start: usize,
}

impl<'a> Lexeme<'a> {
    /// Where it ends.
    pub fn end(&self) -> usize {
        self.start + self.raw.len()
    }

    /// Whether it is this keyword.
    pub fn is(&self, keyword: &str) -> bool {
        self.sort == Sort::Word && self.raw.eq_ignore_ascii_case(keyword)
    }

    /// Whether it is this character.
    pub fn is_sign(&self, sign: char) -> bool {
        self.sort == Sort::Sign && self.raw.starts_with(sign)
    }

    /// The name that it is, bare or in backticks.
    pub fn name(&self) -> Option<String> {
        match self.sort {
            Sort::Word => Some(self.raw.to_owned()),
            Sort::Name => Some(unquote(self.raw)),
            Sort::Text | Sort::Sign => None,
        }
    }
}

/// A name without its backticks.
pub(crate) fn unquote(raw: &str) -> String {
    let inside = raw.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
    inside.map_or_else(|| raw.to_owned(), |inside| inside.replace("``", "`"))
}

/// Cuts text into pieces. Never fails: what is never closed ends with the text.
pub(crate) fn lexemes(text: &str) -> Vec<Lexeme<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    // Depth of comments that count.
    let mut inside = 0_u32;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(first) = rest.chars().next() else { break };
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        if let Some(length) = comment(rest, &mut inside) {
            at += length;
            continue;
        }
        let (sort, length) = piece(rest, first);
        found.push(Lexeme { sort, raw: rest.get(..length).unwrap_or(rest), start: at });
        at += length.max(1);
    }
    found
}

/// Length of a comment, or of the mark that begins or ends one that counts.
fn comment(rest: &str, inside: &mut u32) -> Option<usize> {
    let line = |rest: &str| rest.find('\n').unwrap_or(rest.len());
    if rest.starts_with("/*!") || rest.starts_with("/*M!") {
        *inside += 1;
        let mark = rest.find('!').map_or(2, |at| at + 1);
        let digits = rest.get(mark..).unwrap_or_default().bytes().take_while(u8::is_ascii_digit).count();
        return Some(mark + digits);
    }
    if rest.starts_with("/*") {
        return Some(rest.find("*/").map_or(rest.len(), |at| at + 2));
    }
    if rest.starts_with("*/") && *inside > 0 {
        *inside -= 1;
        return Some(2);
    }
    let dashes = rest.strip_prefix("--").is_some_and(|behind| {
        behind.chars().next().is_none_or(|next| next.is_whitespace() || next.is_control())
    });
    (rest.starts_with('#') || dashes).then(|| line(rest))
}

fn piece(rest: &str, first: char) -> (Sort, usize) {
    match first {
        '`' => (Sort::Name, quoted(rest, '`', false)),
        '\'' | '"' => (Sort::Text, quoted(rest, first, true)),
        '0'..='9' => (Sort::Word, number(rest)),
        _ if is_name(first) => (Sort::Word, rest.find(|character| !is_name(character)).unwrap_or(rest.len())),
        _ => (Sort::Sign, first.len_utf8()),
    }
}

/// A number with its point and exponent, or a name that begins with digits.
fn number(rest: &str) -> usize {
    let mut before = ' ';
    let end = rest.find(|character: char| {
        let exponent = matches!(before, 'e' | 'E') && matches!(character, '+' | '-');
        before = character;
        !(is_name(character) || character == '.' || exponent)
    });
    end.unwrap_or(rest.len())
}

fn quoted(rest: &str, quote: char, escapes: bool) -> usize {
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if character == '\\' && escapes {
            characters.next();
        } else if character == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
            return at + quote.len_utf8();
        }
    }
    rest.len()
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$') || !character.is_ascii()
}

/// Reads pieces one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    text: &'a str,
    lexemes: Vec<Lexeme<'a>>,
    at: usize,
}

impl<'a> Reader<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, lexemes: lexemes(text), at: 0 }
    }

    pub fn peek(&self) -> Option<Lexeme<'a>> {
        self.lexemes.get(self.at).copied()
    }

    pub fn next(&mut self) -> Option<Lexeme<'a>> {
        let lexeme = self.peek()?;
        self.at += 1;
        Some(lexeme)
    }

    /// Whether these keywords come next.
    pub fn sees(&self, keywords: &[&str]) -> bool {
        let next = self.lexemes.get(self.at..).unwrap_or_default();
        next.len() >= keywords.len() && keywords.iter().zip(next).all(|(keyword, lexeme)| lexeme.is(keyword))
    }

    /// Moves past these keywords if they come next.
    pub fn take(&mut self, keywords: &[&str]) -> bool {
        let sees = self.sees(keywords);
        if sees {
            self.at += keywords.len();
        }
        sees
    }

    /// Moves past a character if it comes next.
    pub fn take_sign(&mut self, sign: char) -> bool {
        let sees = self.peek().is_some_and(|lexeme| lexeme.is_sign(sign));
        if sees {
            self.at += 1;
        }
        sees
    }

    /// A name, bare or in backticks.
    pub fn name(&mut self) -> Option<String> {
        let name = self.peek()?.name()?;
        self.at += 1;
        Some(name)
    }

    /// A string as written.
    pub fn string(&mut self) -> Option<&'a str> {
        let lexeme = self.peek().filter(|lexeme| lexeme.sort == Sort::Text)?;
        self.at += 1;
        Some(lexeme.raw)
    }

    /// What stands between parentheses, if one opens here.
    pub fn group(&mut self) -> Option<&'a str> {
        let open = self.peek().filter(|lexeme| lexeme.is_sign('('))?;
        let mut depth = 0_u32;
        for (offset, lexeme) in self.lexemes.get(self.at..)?.iter().enumerate() {
            if lexeme.is_sign('(') {
                depth += 1;
            } else if lexeme.is_sign(')') {
                depth -= 1;
                if depth == 0 {
                    self.at += offset + 1;
                    return self.text.get(open.end()..lexeme.start).map(str::trim);
                }
            }
        }
        None
    }

    /// The rest of the text, from the next piece on.
    pub fn rest(&self) -> &'a str {
        self.peek().and_then(|lexeme| self.text.get(lexeme.start..)).unwrap_or_default()
    }

    /// How many pieces were read.
    pub fn place(&self) -> usize {
        self.at
    }

    /// The pieces from a place on to here.
    pub fn since(&self, place: usize) -> &[Lexeme<'a>] {
        self.lexemes.get(place..self.at).unwrap_or_default()
    }

    /// The text from a place on to here.
    pub fn text_since(&self, place: usize) -> &'a str {
        let read = self.since(place);
        let (Some(first), Some(last)) = (read.first(), read.last()) else { return "" };
        self.text.get(first.start..last.end()).unwrap_or_default()
    }

    /// Moves to the next comma or closing parenthesis of this level, or to the end.
    pub fn skip_item(&mut self) {
        let mut depth = 0_u32;
        while let Some(lexeme) = self.peek() {
            if lexeme.is_sign('(') {
                depth += 1;
            } else if lexeme.is_sign(')') {
                if depth == 0 {
                    return;
                }
                depth -= 1;
            } else if lexeme.is_sign(',') && depth == 0 {
                return;
            }
            self.at += 1;
        }
    }

    /// Whether an item of a list ends here.
    pub fn ends_item(&self) -> bool {
        self.peek().is_none_or(|lexeme| lexeme.is_sign(',') || lexeme.is_sign(')'))
    }
}

/// Items of a list, as written.
pub(crate) fn items(list: &str) -> Vec<String> {
    let mut reader = Reader::new(list);
    let mut items = Vec::new();
    while reader.peek().is_some() {
        let place = reader.place();
        reader.skip_item();
        items.push(reader.text_since(place).to_owned());
        if reader.next().is_none() {
            break;
        }
    }
    items
}

/// Names in backticks that a text mentions.
pub(crate) fn names(text: &str) -> Vec<String> {
    let named = lexemes(text).into_iter().filter(|lexeme| lexeme.sort == Sort::Name);
    let mut names: Vec<String> = named.filter_map(|lexeme| lexeme.name()).collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raws(text: &str) -> Vec<&str> {
        lexemes(text).into_iter().map(|lexeme| lexeme.raw).collect()
    }

    #[test]
    fn comments_that_count_are_read_and_others_are_not() {
        assert_eq!(
            raws("a /*!80016 NOT ENFORCED */ b /* c */ -- d\n e*/"),
            ["a", "NOT", "ENFORCED", "b", "e", "*", "/"]
        );
        assert_eq!(raws("varchar(10) /*M!100301 COMPRESSED*/"), ["varchar", "(", "10", ")", "COMPRESSED"]);
    }

    #[test]
    fn strings_and_names_end_where_they_do() {
        assert_eq!(raws(r"'it''s \' x' `a``b`,1.5e-3"), [r"'it''s \' x'", "`a``b`", ",", "1.5e-3"]);
        assert_eq!(unquote("`a``b`"), "a`b");
        assert_eq!(raws("'open"), ["'open"]);
    }

    #[test]
    fn lists_are_cut_at_their_own_level() {
        assert_eq!(items("`a`(10) DESC, (f(`b`,1)),`c`"), ["`a`(10) DESC", "(f(`b`,1))", "`c`"]);
        assert_eq!(items(""), Vec::<String>::new());
    }

    #[test]
    fn a_group_ends_with_its_own_parenthesis() {
        let mut reader = Reader::new("((a) > ')') b");
        assert_eq!(reader.group(), Some("(a) > ')'"));
        assert_eq!(reader.rest(), "b");
    }
}
