//! What others wrote, as part of a sentence.

/// Most characters of somebody's text that a sentence quotes.
const QUOTED: usize = 80;

/// A text from a file or a command line as a sentence quotes it: on one line, at most eighty characters, and none that
/// a terminal would obey or hide.
#[must_use]
pub fn shown(text: impl AsRef<str>) -> String {
    shortened(text.as_ref(), QUOTED)
}

/// [`shown`] with another number of characters.
#[must_use]
pub fn shortened(text: &str, most: usize) -> String {
    let mut shown: String = text.chars().take(most).map(printable).collect();
    if text.chars().nth(most).is_some() {
        shown.push('\u{2026}');
    }
    shown
}

/// A character that a terminal prints and nothing else: spaces for what moves the cursor, a mark for what is hidden or
/// changes the direction of the text.
fn printable(c: char) -> char {
    match c {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_not_told_what_to_do_by_a_file() {
        assert_eq!(shown("a\nb\tc"), "a b c");
        assert_eq!(shown("\u{1b}[31m\u{7}\u{202e}x"), "\u{fffd}[31m\u{fffd}\u{fffd}x");
        assert_eq!(shown("x".repeat(80)).chars().count(), 80);
        let long = shown("x".repeat(1_000_000));
        assert_eq!(long.chars().count(), 81);
        assert!(long.ends_with('\u{2026}'));
    }
}
