//! The only place that runs the parser of queries and expressions.
//!
//! It is recursive, aborts the process where its stack ends, and takes quadratic time on long chains of operators:
//! so depth and chains are measured first, and what is deep runs on a big stack of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};

use squawk_syntax::ast::AstNode;
use squawk_syntax::{Parse, SourceFile, SyntaxNode};

use super::grammar::LIMIT;
use crate::effort::spend;
use crate::lexer::{Token, TokenKind};
use crate::model::Reason;

/// Parentheses, brackets, `CASE` and prefix operators in each other.
const DEEPEST: usize = 250;
/// What any thread's stack holds.
const SHALLOW: usize = 20;
/// Operators, joins or set operations in one chain.
const LONGEST_CHAIN: usize = 1000;
const STACK: usize = 256 << 20;

/// A tree and what is wrong with it, places in bytes of the fragment.
pub(super) struct Tree {
    parse: Parse<SourceFile>,
    /// First error: its message and range.
    pub(super) error: Option<(String, usize, usize)>,
}

impl Tree {
    pub(super) fn root(&self) -> SyntaxNode {
        self.parse.syntax_node()
    }
}

/// Parses a fragment that is one whole statement; `tokens` are those of it.
pub(super) fn parse(fragment: &str, tokens: &[Token], text: &str) -> Result<Tree, Reason> {
    if fragment.len() > LIMIT {
        return Err(Reason::TooLong { limit: LIMIT });
    }
    spend(tokens.len());
    let depth = depth(tokens, text).ok_or(Reason::TooDeep)?;
    spend(fragment.len());
    if depth <= SHALLOW {
        return guarded(fragment);
    }
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || guarded(fragment));
        match worker.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(result)) => result,
            Ok(Err(_)) | Err(_) => Err(Reason::Failed),
        }
    })
}

fn guarded(fragment: &str) -> Result<Tree, Reason> {
    catch_unwind(AssertUnwindSafe(|| {
        let parse = SourceFile::parse(fragment);
        let error = parse.errors().into_iter().next().map(|error| {
            let range = error.range();
            (error.message().to_owned(), range.start().into(), range.end().into())
        });
        debug_assert!(SourceFile::cast(parse.syntax_node()).is_some());
        Tree { parse, error }
    }))
    .map_err(|_| Reason::Failed)
}

/// How deep the tokens are nested; none where that, or a chain of operators, is beyond the limit.
fn depth(tokens: &[Token], text: &str) -> Option<usize> {
    let (mut depth, mut deepest, mut prefixes, mut cases) = (0_usize, 0_usize, 0_usize, 0_usize);
    // Operators since the last comma, and joins and set operations, of every level.
    let mut chains = vec![(0_usize, 0_usize)];
    for token in tokens {
        let word = text.get(token.start..token.end).unwrap_or_default();
        let is = |words: &[&str]| {
            token.kind == TokenKind::Word && words.iter().any(|it| word.eq_ignore_ascii_case(it))
        };
        match token.kind {
            TokenKind::OpenParen | TokenKind::Symbol(b'[') => {
                depth += 1;
                chains.push((0, 0));
            }
            TokenKind::CloseParen | TokenKind::Symbol(b']') => {
                depth = depth.saturating_sub(1);
                if chains.len() > 1 {
                    chains.pop();
                }
            }
            _ => {}
        }
        let prefix =
            matches!(token.kind, TokenKind::Symbol(b'-' | b'+' | b'~' | b'@' | b'!')) || is(&["not"]);
        prefixes = if prefix { prefixes + 1 } else { 0 };
        if is(&["case"]) {
            cases += 1;
        } else if is(&["end"]) {
            cases = cases.saturating_sub(1);
        }
        deepest = deepest.max(depth + prefixes + cases);
        let (operators, relations) = chains.last_mut()?;
        match token.kind {
            TokenKind::Symbol(b',') => *operators = 0,
            TokenKind::Symbol(_) => *operators += 1,
            _ if is(&[
                "and", "or", "is", "like", "ilike", "in", "between", "at", "collate", "isnull", "notnull",
            ]) =>
            {
                *operators += 1;
            }
            _ if is(&["join", "union", "intersect", "except"]) => *relations += 1,
            _ => {}
        }
        if deepest > DEEPEST || (*operators).max(*relations) > LONGEST_CHAIN {
            return None;
        }
    }
    Some(deepest)
}
