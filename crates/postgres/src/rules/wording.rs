//! Words that mean something else when the server reads them than when it wrote them.

/// The server writes a list of short strings as `(ARRAY['a'::character varying])::text[]`, and reads that as a list whose elements are
/// cast one by one. A cast of the whole list to the type that its elements have keeps the two apart.
pub fn keep_array_casts(sql: &str) -> String {
    const OPEN: &str = "(ARRAY[";
    let mut result = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(at) = rest.find(OPEN) {
        let (before, array) = rest.split_at(at);
        result.push_str(before);
        let Some(length) = closing(array) else { break };
        let (whole, after) = array.split_at(length);
        let element =
            whole.trim_end_matches(')').trim_end_matches(']').rsplit_once("::").map(|(_, name)| name);
        match element {
            Some(element) if after.starts_with("::text[]") && is_short_string(element) => {
                result.push_str(&format!("({whole}::{element}[])"));
                rest = after;
            }
            _ => {
                result.push_str(OPEN);
                rest = array.get(OPEN.len()..).unwrap_or_default();
            }
        }
    }
    result.push_str(rest);
    result
}

fn is_short_string(element: &str) -> bool {
    matches!(element, "character varying" | "bpchar") || element.starts_with("character varying(")
}

/// The length of what is in the parentheses that a text begins with, strings skipped.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quoted = false;
    for (at, character) in text.char_indices() {
        match character {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth = depth.saturating_add(1),
            ')' if !quoted => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at.checked_add(1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lists_that_are_cast_as_a_whole_are_touched() {
        for (sql, kept) in [
            (
                "(s)::text = ANY ((ARRAY['a)'::character varying, 'b'::character varying])::text[])",
                "(s)::text = ANY (((ARRAY['a)'::character varying, 'b'::character varying])::character varying[])::text[])",
            ),
            ("x = ANY (ARRAY[1, 2])", "x = ANY (ARRAY[1, 2])"),
            ("(ARRAY['a'::text])::text[]", "(ARRAY['a'::text])::text[]"),
            ("(ARRAY['a", "(ARRAY['a"),
        ] {
            assert_eq!(keep_array_casts(sql), kept);
        }
    }
}
