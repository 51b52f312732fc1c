/// The beginning of `text`: at most `most` bytes, and whole characters only.
pub fn cut(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn a_character_is_kept_whole_or_left_out() {
        for (text, most, kept) in
            [("", 3, ""), ("abc", 3, "abc"), ("abc", 2, "ab"), ("aé", 2, "a"), ("aé", 3, "aé"), ("€", 0, "")]
        {
            assert_eq!(cut(text, most), kept, "{text} {most}");
        }
    }
}
