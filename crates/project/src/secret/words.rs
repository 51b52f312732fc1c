/// Splits a command into words as a shell would, without expanding anything: blanks separate, `'…'` is literal, in
/// `"…"` a backslash escapes `"` and `\`, outside of quotes it escapes any character. `None` where a quote is not
/// closed or a backslash ends the text.
pub(super) fn words(command: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = command.chars();
    while let Some(character) = characters.next() {
        match character {
            ' ' | '\t' | '\n' | '\r' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next()? {
                        '\'' => break,
                        other => word.push(other),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next()? {
                        '"' => break,
                        '\\' => match characters.next()? {
                            escaped @ ('"' | '\\') => word.push(escaped),
                            other => word.extend(['\\', other]),
                        },
                        other => word.push(other),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(characters.next()?),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_split_as_a_shell_splits_them_and_nothing_is_expanded() {
        for (command, expected) in [
            ("pass show db", vec!["pass", "show", "db"]),
            ("  a   b\t", vec!["a", "b"]),
            ("a 'b c' \"d \\\"e\\\" \\n\" f\\ g", vec!["a", "b c", "d \"e\" \\n", "f g"]),
            ("a '' \"\"", vec!["a", "", ""]),
            ("echo $HOME `id` ; rm *", vec!["echo", "$HOME", "`id`", ";", "rm", "*"]),
            ("--a='b'c", vec!["--a=bc"]),
            ("", vec![]),
        ] {
            assert_eq!(
                words(command).as_deref(),
                Some(expected.as_slice().iter().map(ToString::to_string).collect::<Vec<_>>().as_slice()),
                "{command}"
            );
        }
        for command in ["a 'b", "a \"b", "a \\", "a \"b\\"] {
            assert_eq!(words(command), None, "{command}");
        }
    }
}
