//! In place of yahoo_finance_api: the one name of it that RustQuant mentions.

/// An error that never happens.
#[derive(Debug)]
pub enum YahooError {}

impl std::fmt::Display for YahooError {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {}
    }
}

impl std::error::Error for YahooError {}
