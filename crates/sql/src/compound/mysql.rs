use super::is_any;
use crate::lexer::{Token, TokenKind};

/// Bodies of procedures, functions, triggers and events, and MariaDB's compound statements outside of them, for files
/// that do without `DELIMITER`.
///
/// `BEGIN`, `END`, `IF`, … are names and functions too, so they only count where a statement may begin.
#[derive(Debug)]
pub(crate) struct Body {
    mariadb: bool,
    phase: Phase,
    place: Place,
    blocks: Vec<Block>,
    parens: usize,
    /// What the word before forbids or allows.
    before: Before,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    Lead,
    /// After `CREATE` or `ALTER`, before what it creates.
    Create,
    /// In `DEFINER = user@host`.
    Definer(Definer),
    /// After `PROCEDURE` and the like, at the name.
    Name(Program),
    /// Between the name and the body.
    Header(Program),
    /// After `BEGIN`, where `NOT ATOMIC` makes it a block (MariaDB).
    Begin,
    Body,
    Plain,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Definer {
    Equals,
    User,
    Rest,
    Host,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Program {
    Routine,
    Trigger,
    Event,
}

/// Where in a body.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    /// A statement begins here.
    Start,
    /// A statement may begin here: in a routine's characteristics, after a handler's conditions.
    Maybe,
    /// In `DECLARE`; true after `HANDLER`.
    Declare(bool),
    /// In a simple statement or an expression.
    Inside,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Block {
    Begin,
    If,
    Case,
    CaseExpression,
    Loop,
    /// True after `UNTIL`.
    Repeat(bool),
    While,
    For,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Before {
    Other,
    /// First token of a statement: a `:` after it makes it a label.
    First,
    /// `END`: a following `IF`, `CASE`, `LOOP`, … belongs to it.
    End,
    /// `.` or `@`: the next word is a name.
    Name,
    /// `RETURNS`, `CHARACTER`: the next word is a type or `SET`.
    Type,
}

/// Words that begin a simple statement.
const SIMPLE: &[&[u8]] = &[
    b"select",
    b"set",
    b"insert",
    b"update",
    b"delete",
    b"return",
    b"call",
    b"with",
    b"replace",
    b"values",
    b"do",
    b"execute",
    b"prepare",
    b"deallocate",
    b"signal",
    b"resignal",
    b"truncate",
    b"drop",
    b"create",
    b"alter",
    b"rename",
    b"get",
    b"leave",
    b"iterate",
    b"open",
    b"fetch",
    b"close",
    b"commit",
    b"rollback",
    b"start",
    b"savepoint",
    b"table",
    b"analyze",
    b"optimize",
    b"grant",
    b"revoke",
    b"load",
    b"flush",
    b"kill",
    b"xa",
];

impl Body {
    pub(crate) fn new(mariadb: bool) -> Self {
        Self {
            mariadb,
            phase: Phase::Lead,
            place: Place::Start,
            blocks: Vec::new(),
            parens: 0,
            before: Before::Other,
        }
    }

    pub(crate) fn is_plain(&self) -> bool {
        self.phase == Phase::Plain
    }

    pub(crate) fn ends(&mut self) -> bool {
        self.place = Place::Start;
        self.before = Before::Other;
        self.blocks.is_empty()
    }

    pub(crate) fn observe(&mut self, token: Token, text: &[u8]) {
        match token.kind {
            TokenKind::ConditionalOpen | TokenKind::ConditionalClose => return,
            TokenKind::OpenParen => self.parens += 1,
            TokenKind::CloseParen => self.parens = self.parens.saturating_sub(1),
            _ => {}
        }
        let is = |words: &[&[u8]]| is_any(token, text, words);
        match self.phase {
            Phase::Lead => self.lead(token, text),
            Phase::Create if is(&[b"or", b"replace", b"aggregate"]) => {}
            Phase::Create if is(&[b"definer"]) => self.phase = Phase::Definer(Definer::Equals),
            Phase::Create if is(&[b"procedure", b"function"]) => self.phase = Phase::Name(Program::Routine),
            Phase::Create if is(&[b"trigger"]) => self.phase = Phase::Name(Program::Trigger),
            Phase::Create if is(&[b"event"]) => self.phase = Phase::Name(Program::Event),
            Phase::Create => self.phase = Phase::Plain,
            Phase::Definer(at) => self.definer(at, token, text),
            Phase::Name(program) => self.name(program, token, text),
            Phase::Header(program) => self.header(program, token, text),
            Phase::Begin if is(&[b"not"]) => {}
            Phase::Begin if is(&[b"atomic"]) => {
                self.phase = Phase::Body;
                self.open(Block::Begin, Place::Start);
            }
            Phase::Begin => self.phase = Phase::Plain,
            Phase::Body => self.body(token, text),
            Phase::Plain => {}
        }
    }

    fn lead(&mut self, token: Token, text: &[u8]) {
        let is = |words: &[&[u8]]| is_any(token, text, words);
        if is(&[b"create", b"alter"]) {
            self.phase = Phase::Create;
        } else if self.mariadb && is(&[b"begin"]) {
            self.phase = Phase::Begin;
        } else if self.mariadb && is(&[b"if", b"case", b"loop", b"repeat", b"while", b"for"]) {
            self.phase = Phase::Body;
            self.body(token, text);
        } else {
            self.phase = Phase::Plain;
        }
    }

    fn definer(&mut self, at: Definer, token: Token, text: &[u8]) {
        let next = match (at, token.kind) {
            (Definer::Equals, _) => Definer::User,
            (Definer::User, _) => Definer::Rest,
            (Definer::Rest, TokenKind::Symbol(b'@')) => Definer::Host,
            (Definer::Rest, TokenKind::OpenParen | TokenKind::CloseParen) | (Definer::Host, _) => {
                Definer::Rest
            }
            (Definer::Rest, _) => {
                self.phase = Phase::Create;
                return self.observe(token, text);
            }
        };
        self.phase = Phase::Definer(next);
    }

    /// `[IF NOT EXISTS] [schema.]name`; `before` is `First` once a name was seen.
    fn name(&mut self, program: Program, token: Token, text: &[u8]) {
        let named = self.before == Before::First;
        if token.kind == TokenKind::Symbol(b'.') {
            self.before = Before::Name;
        } else if named {
            self.before = Before::Other;
            self.phase = Phase::Header(program);
            self.header(program, token, text);
        } else if self.before == Before::Name || !is_any(token, text, &[b"if", b"not", b"exists"]) {
            self.before = Before::First;
        }
    }

    fn header(&mut self, program: Program, token: Token, text: &[u8]) {
        if self.parens > 0 {
            return;
        }
        let is = |words: &[&[u8]]| is_any(token, text, words);
        match program {
            Program::Trigger if is(&[b"row"]) => self.enter(Place::Maybe),
            Program::Event if is(&[b"do"]) => self.enter(Place::Start),
            Program::Trigger | Program::Event => {}
            Program::Routine if token.kind == TokenKind::Symbol(b':') => self.enter(Place::Start),
            Program::Routine if self.before == Before::Type => self.before = Before::Other,
            Program::Routine if is(&[b"returns", b"character"]) => self.before = Before::Type,
            Program::Routine => {
                self.enter(Place::Maybe);
                self.body(token, text);
                // Still among the characteristics: the rules of this phase go on.
                if self.place == Place::Maybe {
                    self.phase = Phase::Header(program);
                }
            }
        }
    }

    fn enter(&mut self, place: Place) {
        self.phase = Phase::Body;
        self.place = place;
        self.before = Before::Other;
    }

    fn open(&mut self, block: Block, place: Place) {
        self.blocks.push(block);
        self.place = place;
    }

    fn body(&mut self, token: Token, text: &[u8]) {
        let before = std::mem::replace(&mut self.before, Before::Other);
        match token.kind {
            TokenKind::Symbol(b':') if before == Before::First => self.place = Place::Start,
            TokenKind::Symbol(b'.' | b'@') => self.before = Before::Name,
            TokenKind::QuotedName if matches!(self.place, Place::Start | Place::Maybe) => {
                self.before = Before::First;
                if self.place == Place::Start {
                    self.place = Place::Inside;
                }
            }
            TokenKind::Word if before == Before::Name => {}
            TokenKind::Word if before == Before::End => self.place = Place::Inside,
            TokenKind::Word => match self.place {
                Place::Start | Place::Maybe => self.statement_word(token, text),
                Place::Declare(handler) => self.declare_word(handler, token, text),
                Place::Inside => self.inside_word(token, text),
            },
            _ if self.place == Place::Start => self.place = Place::Inside,
            _ => {}
        }
    }

    /// A word where a statement begins or may begin.
    fn statement_word(&mut self, token: Token, text: &[u8]) {
        let is = |words: &[&[u8]]| is_any(token, text, words);
        let sure = self.place == Place::Start;
        if is(&[b"begin"]) {
            self.open(Block::Begin, Place::Start);
        } else if is(&[b"if"]) {
            self.open(Block::If, Place::Inside);
        } else if is(&[b"case"]) {
            self.open(Block::Case, Place::Inside);
        } else if is(&[b"loop"]) {
            self.open(Block::Loop, Place::Start);
        } else if is(&[b"repeat"]) {
            self.open(Block::Repeat(false), Place::Start);
        } else if is(&[b"while"]) {
            self.open(Block::While, Place::Inside);
        } else if self.mariadb && sure && is(&[b"for"]) {
            self.open(Block::For, Place::Inside);
        } else if sure && is(&[b"end"]) {
            self.close();
        } else if sure && is(&[b"else"]) {
            self.place = Place::Start;
        } else if sure && is(&[b"until"]) {
            if let Some(Block::Repeat(until)) = self.blocks.last_mut() {
                *until = true;
            }
            self.place = Place::Inside;
        } else if sure && is(&[b"declare"]) {
            self.place = Place::Declare(false);
        } else if sure || is(SIMPLE) {
            self.place = Place::Inside;
            self.before = Before::First;
        } else {
            // A characteristic, a condition, or a label.
            self.before = Before::First;
        }
    }

    fn declare_word(&mut self, handler: bool, token: Token, text: &[u8]) {
        let is = |words: &[&[u8]]| is_any(token, text, words);
        if is(&[b"handler"]) {
            self.place = Place::Declare(true);
        } else if handler && is(&[b"for"]) {
            self.place = Place::Maybe;
        } else if is(&[b"default", b"cursor", b"condition"]) {
            self.place = Place::Inside;
        }
    }

    /// A word in a simple statement, in a condition or in an expression.
    fn inside_word(&mut self, token: Token, text: &[u8]) {
        let is = |words: &[&[u8]]| is_any(token, text, words);
        let top = self.blocks.last().copied();
        if is(&[b"case"]) {
            self.open(Block::CaseExpression, Place::Inside);
        } else if is(&[b"end"]) {
            match top {
                Some(Block::CaseExpression) => {
                    self.blocks.pop();
                }
                Some(Block::Repeat(true)) => self.close(),
                _ => {}
            }
        } else if (is(&[b"then"]) && matches!(top, Some(Block::If | Block::Case)))
            || (is(&[b"do"]) && matches!(top, Some(Block::While | Block::For)))
        {
            self.place = Place::Start;
        }
    }

    fn close(&mut self) {
        self.blocks.pop();
        self.place = Place::Inside;
        self.before = Before::End;
    }
}
