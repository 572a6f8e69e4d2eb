//! Structured logs: one line of JSON for each event, on standard error.

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

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
        let _ = writeln!(out, "{}", Value::Object(line));
        let _ = out.flush();
    }
}
