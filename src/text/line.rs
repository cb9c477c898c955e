//! What others wrote, made fit to be repeated: in a log, in a report, on a terminal.

/// Whether a character changes the direction of what follows (Unicode UAX 9): harmless in an
/// article, where markup isolates it, and a way to forge a line of a report.
pub fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text on one line of at most `most` characters, without control characters: those could move
/// a terminal's cursor or colour it. None when nothing is left.
pub fn one_line(text: &str, most: usize) -> Option<String> {
    let spaced: String =
        text.chars().filter(|c| !is_bidi_control(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then(|| line.chars().take(most).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_a_cursor_is_repeated() {
        assert_eq!(
            one_line("550 no\x1b[2J such\r\n user\u{202e}gro", 100).as_deref(),
            Some("550 no [2J such usergro")
        );
        assert_eq!(one_line("渡轮停航了", 2).as_deref(), Some("渡轮"));
        assert_eq!(one_line(" \r\n\u{7} ", 10), None);
    }
}
