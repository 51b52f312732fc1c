use std::collections::BTreeSet;

use cel::common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue, operators};
use cel::parser::Parser;

use super::{Selector, SelectorError, one_line};

/// Depth of brackets, also of those in strings.
pub(super) fn nesting(source: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    for character in source.chars() {
        match character {
            '(' | '[' | '{' => depth = depth.saturating_add(1),
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Parses and checks. The parser's frames are so large (tens of kilobytes in debug builds, several for each level) that
/// a few dozen operators in a row exhaust an ordinary stack: it runs on one that holds the longest expression.
pub(super) fn compile(source: &str) -> Result<(IdedExpr, BTreeSet<String>), SelectorError> {
    const STACK_BYTES: usize = 256 << 20;
    let gave_up = || SelectorError::Syntax {
        source_text: source.to_owned(),
        reason: "the parser gave up on it".to_owned(),
    };
    let work = || {
        let mut expression = match Parser::new().parse(source) {
            Ok(expression) => expression,
            Err(errors) => {
                let reason = errors.errors.first().map_or_else(String::new, |error| plain(&error.msg));
                return Err(SelectorError::Syntax { source_text: source.to_owned(), reason });
            }
        };
        let mut check = Check { source, labels: BTreeSet::new(), bound: Vec::new() };
        check.visit(&mut expression, 0)?;
        Ok((expression, check.labels))
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        // The parser is generated code with `unwrap`s on its error paths: a panic ends the thread, nothing else.
        let handle = thread.spawn_scoped(scope, work).map_err(|_| gave_up())?;
        handle.join().unwrap_or_else(|_| Err(gave_up()))
    })
}

/// What the parser says, without its grammar.
fn plain(said: &str) -> String {
    let said = one_line(said);
    let said = said.strip_prefix("Syntax error: ").unwrap_or(&said);
    let said = said.split_once(" expecting ").map_or(said, |(said, _)| said);
    let at_end = "it ends where something is missing";
    for start in ["mismatched input ", "extraneous input ", "no viable alternative at input "] {
        if let Some(input) = said.strip_prefix(start) {
            let input = input.trim_matches('\'');
            return match input {
                "<EOF>" => at_end.to_owned(),
                _ => format!("`{}` is not expected there", input.replace("<EOF>", "")),
            };
        }
    }
    match said.strip_prefix("token recognition error at: ") {
        Some(input) => format!("`{}` is not understood", input.trim_matches('\'')),
        None => said.to_owned(),
    }
}

/// Walks the tree once: refuses what a selector has no use for, notes the labels, turns `labels['x']` into the label.
struct Check<'a> {
    source: &'a str,
    labels: BTreeSet<String>,
    bound: Vec<String>,
}

impl Check<'_> {
    const VARIABLES: [&'static str; 4] = ["name", "environment", "engine", "labels"];

    fn unsupported(&self, what: &'static str) -> SelectorError {
        SelectorError::Unsupported { source_text: self.source.to_owned(), what }
    }

    fn visit(&mut self, node: &mut IdedExpr, depth: usize) -> Result<(), SelectorError> {
        // Evaluation and drop recurse on the caller's stack. Runs of `&&` and `||` are balanced by the parser, other runs
        // are as deep as they are long.
        if depth > Selector::MAX_DEPTH {
            return Err(SelectorError::TooDeep { source_text: self.source.to_owned() });
        }
        let below = depth.saturating_add(1);
        if let Expr::Call(call) = &node.expr
            && call.func_name == operators::INDEX
            && let [map, key] = call.args.as_slice()
            && matches!(&map.expr, Expr::Ident(name) if name == "labels")
            && let Expr::Literal(LiteralValue::String(key)) = &key.expr
        {
            let label = key.inner().to_owned();
            node.expr = Expr::Ident(format!("labels.{label}"));
            self.labels.insert(label);
            return Ok(());
        }
        match &mut node.expr {
            Expr::Call(call) => {
                let known =
                    is_operator(&call.func_name) || Selector::FUNCTIONS.contains(&call.func_name.as_str());
                if !known {
                    return Err(SelectorError::UnknownFunction {
                        source_text: self.source.to_owned(),
                        function: call.func_name.clone(),
                    });
                }
                if let Some(target) = &mut call.target {
                    self.visit(target, below)?;
                }
                call.args.iter_mut().try_for_each(|argument| self.visit(argument, below))
            }
            Expr::Comprehension(comprehension) => {
                if !self.bound.is_empty() {
                    // Each level multiplies the work: two are as good as none.
                    return Err(self.unsupported("a loop inside a loop"));
                }
                self.visit(&mut comprehension.iter_range, below)?;
                self.bound = vec![comprehension.iter_var.clone(), comprehension.accu_var.clone()];
                self.bound.extend(comprehension.iter_var2.clone());
                for part in [
                    &mut comprehension.accu_init,
                    &mut comprehension.loop_cond,
                    &mut comprehension.loop_step,
                    &mut comprehension.result,
                ] {
                    self.visit(part, below)?;
                }
                self.bound.clear();
                Ok(())
            }
            Expr::Ident(name) => {
                if !Self::VARIABLES.contains(&name.as_str()) && !self.bound.contains(name) {
                    self.labels.insert(name.clone());
                }
                Ok(())
            }
            Expr::List(list) => list.elements.iter_mut().try_for_each(|element| self.visit(element, below)),
            Expr::Literal(_) => Ok(()),
            Expr::Select(select) => {
                if let Expr::Ident(name) = &select.operand.expr
                    && name == "labels"
                {
                    self.labels.insert(select.field.clone());
                    return Ok(());
                }
                self.visit(&mut select.operand, below)
            }
            Expr::Map(map) => {
                for entry in &mut map.entries {
                    if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                        self.visit(&mut entry.key, below)?;
                        self.visit(&mut entry.value, below)?;
                    }
                }
                Ok(())
            }
            Expr::Struct(_) => Err(self.unsupported("a message")),
            Expr::Unspecified => Err(self.unsupported("an empty expression")),
        }
    }
}

fn is_operator(function: &str) -> bool {
    [
        operators::CONDITIONAL,
        operators::LOGICAL_AND,
        operators::LOGICAL_OR,
        operators::LOGICAL_NOT,
        operators::SUBSTRACT,
        operators::ADD,
        operators::MULTIPLY,
        operators::DIVIDE,
        operators::MODULO,
        operators::EQUALS,
        operators::NOT_EQUALS,
        operators::GREATER_EQUALS,
        operators::LESS_EQUALS,
        operators::GREATER,
        operators::LESS,
        operators::NEGATE,
        operators::INDEX,
        operators::NOT_STRICTLY_FALSE,
        operators::IN,
    ]
    .contains(&function)
}
