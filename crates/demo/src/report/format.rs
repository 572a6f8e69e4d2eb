//! Numbers, dates and moments as people read them: those of every page, and the words for a price history.

use crate::record::Source;

pub use sit_page::format::*;

/// Where the price history came from, and how many prices from when to when; neither is a whole sentence.
pub fn source(source: &Source) -> (String, String) {
    if source.observations == 0 {
        return ("no price history".into(), String::new());
    }
    let origin = if source.generated { "made by the project as no file was given" } else { "given by the user" };
    let count = grouped(source.observations as u128);
    (format!("{}, {origin}", source.name), format!("{count} prices from {} to {}", source.first, source.last))
}
