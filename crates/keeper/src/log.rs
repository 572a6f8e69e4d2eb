//! Structured logs: one line of JSON for each event, on standard error.

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

/// Whether a terminal obeys a character, or is led by it to show others in another order. Sentences of nodes and names
/// on the chain are others' words: they must not clear the screen, and write over it what was asked.
#[must_use]
pub fn is_obeyed(c: char) -> bool {
    c.is_control() && c != '\n' && c != '\t'
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Text without what a terminal obeys or reorders ([`is_obeyed`]).
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if is_obeyed(c) { '\u{fffd}' } else { c }).collect()
}

/// JSON of the same value in which nothing stands that a terminal obeys: such a character is written by its number.
#[must_use]
pub fn harmless(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        // In JSON they stand within texts alone, and all of them have four digits.
        if is_obeyed(c) { out.push_str(&format!("\\u{:04x}", u32::from(c))) } else { out.push(c) }
    }
    out
}

/// Who writes what happens, and where to.
pub struct Log {
    who: &'static str,
    out: Option<Box<dyn Write + Send>>,
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log").field("who", &self.who).finish_non_exhaustive()
    }
}

impl Log {
    /// The log of a program, on standard error.
    #[must_use]
    pub fn standard(who: &'static str) -> Self {
        Self { who, out: Some(Box::new(std::io::stderr())) }
    }

    /// A log that goes elsewhere.
    #[must_use]
    pub fn to(who: &'static str, out: Box<dyn Write + Send>) -> Self {
        Self { who, out: Some(out) }
    }

    /// A log that nobody reads.
    #[must_use]
    pub fn none(who: &'static str) -> Self {
        Self { who, out: None }
    }

    /// Writes an event with its fields: an object of JSON. A reader that has gone is no error.
    pub fn say(&mut self, event: &str, fields: Value) {
        let Some(out) = &mut self.out else { return };
        let mut line = Map::new();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        line.insert("time".to_owned(), Value::from(now.as_millis() as u64));
        line.insert("who".to_owned(), Value::from(self.who));
        line.insert("event".to_owned(), Value::from(event));
        if let Value::Object(fields) = fields {
            line.extend(fields);
        }
        let _ = writeln!(out, "{}", harmless(&Value::Object(line).to_string()));
        let _ = out.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("nobody panics with it").write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn each_mark_of_writing_direction_is_one_that_a_terminal_is_led_by() {
        // Those of the standard on bidirectional text, all twelve.
        let marks = "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}";
        assert_eq!(plain(marks), "\u{fffd}".repeat(12));
        let text = "\u{5e9}\u{5dc}\u{5d5}\u{5dd}, two lines\n\tand a word of \u{e9}t\u{e9}";
        assert_eq!(plain(text), text);
    }

    #[test]
    fn what_others_say_is_logged_and_not_obeyed() {
        // A sequence that clears the screen, the same by one character of eight bits, and text from right to left.
        let said = "refused\u{1b}[2J\u{9b}2J\u{202e}\u{7f}\r \u{e9}";
        let kept = Kept::default();
        Log::to("keeper", Box::new(kept.clone())).say("unknown", json!({ "why": said }));
        let line = String::from_utf8(kept.0.lock().expect("nobody panics with it").clone()).expect("text");
        assert!(line.ends_with('\n') && !line.chars().any(is_obeyed), "{line:?}");
        let read: Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(read["why"], said, "it is the same text");
    }
}
