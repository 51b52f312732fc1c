use super::super::literal::{dollar_value, string_value};
use super::super::tokens::Tokens;
use crate::Dialect;
use crate::lexer::TokenKind;

/// Whether the body of a `DO` ends transactions itself: `COMMIT` or `ROLLBACK` as a statement of its own, or `CALL`, which
/// may lead to one.
pub(super) fn may_commit(tokens: &mut Tokens<'_>) -> bool {
    while !tokens.at_end() {
        // `LANGUAGE 'plpgsql'` is a string too, and does no harm.
        let body = match tokens.kind() {
            TokenKind::DollarString => dollar_value(tokens.text()).to_owned(),
            TokenKind::String => string_value(Dialect::Postgres, tokens.text()),
            _ => {
                tokens.advance();
                continue;
            }
        };
        if body_commits(&body) {
            return true;
        }
        tokens.advance();
    }
    false
}

fn body_commits(body: &str) -> bool {
    let mut tokens = Tokens::new(Dialect::Postgres, body);
    let mut start = true;
    while !tokens.at_end() {
        if start && (tokens.is_any(&["commit", "rollback", "call"])) {
            return true;
        }
        // `>>` ends a label.
        start = matches!(tokens.kind(), TokenKind::Delimiter | TokenKind::Symbol(b'>'))
            || tokens.is_any(&["begin", "then", "else", "loop"]);
        tokens.advance();
    }
    false
}
