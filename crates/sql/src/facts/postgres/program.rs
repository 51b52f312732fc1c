use super::super::Mode;
use super::super::literal::{dollar_value, string_value};
use super::super::tokens::Tokens;
use crate::Dialect;
use crate::lexer::TokenKind;

/// How a `DO` may run. One that ends transactions itself (`COMMIT` or `ROLLBACK` as a statement of its body) fails inside a
/// transaction block; one with a `CALL` may.
pub(super) fn mode(tokens: &mut Tokens<'_>) -> Mode {
    let mut mode = Mode::Transactional;
    while !tokens.at_end() {
        // `LANGUAGE 'plpgsql'` is a string too, and does no harm.
        let body = match tokens.kind() {
            TokenKind::DollarString => Some(dollar_value(tokens.text()).to_owned()),
            TokenKind::String => Some(string_value(Dialect::Postgres, tokens.text())),
            _ => None,
        };
        match body.as_deref().map(body_mode) {
            Some(Mode::Autocommit) => return Mode::Autocommit,
            Some(Mode::Opaque) => mode = Mode::Opaque,
            _ => {}
        }
        tokens.advance();
    }
    mode
}

fn body_mode(body: &str) -> Mode {
    let mut tokens = Tokens::new(Dialect::Postgres, body);
    let mut mode = Mode::Transactional;
    let mut start = true;
    while !tokens.at_end() {
        if start && tokens.is_any(&["commit", "rollback"]) {
            return Mode::Autocommit;
        }
        if start && tokens.is("call") {
            mode = Mode::Opaque;
        }
        // `>>` ends a label.
        start = matches!(tokens.kind(), TokenKind::Delimiter | TokenKind::Symbol(b'>'))
            || tokens.is_any(&["begin", "then", "else", "loop"]);
        tokens.advance();
    }
    mode
}
