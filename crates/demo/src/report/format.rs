//! Numbers, dates and moments as people read them: those of every page, and the words for a price history.

use crate::record::Source;

pub use sit_page::format::*;

/// Significant digits of a price.
const SIGNIFICANT: i32 = 4;

/// A price per million tokens, with four significant digits and four decimals at least where it costs less than
/// a hundred dollars: `$0.2625`, `$0.0003120`, `$1,204.50`.
pub fn price(dollars: f64) -> String {
    let size = dollars.abs();
    let sign = if dollars < 0.0 { "\u{2212}" } else { "" };
    if !size.is_finite() {
        return "not known".into();
    }
    if size >= 100.0 {
        let cents = (size * 100.0).round() as u128;
        return format!("{sign}${}.{:02}", grouped(cents / 100), cents % 100);
    }
    format!("{sign}${size:.*}", decimals(size))
}

/// A price as short as an axis needs it: `$2`, `$0.25`, `$0.000312`.
pub fn axis_price(dollars: f64) -> String {
    let text = price(dollars);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

/// Four, or as many as show [`SIGNIFICANT`] digits; a tenth of an atom at most.
fn decimals(size: f64) -> usize {
    let leading = if size > 0.0 { -(size.log10().floor() as i32) } else { 0 };
    (leading - 1 + SIGNIFICANT).clamp(SIGNIFICANT, 7) as usize
}

/// Where the price history came from, and how many prices from when to when; neither is a whole sentence.
pub fn source(source: &Source) -> (String, String) {
    if source.observations == 0 {
        return ("no price history".into(), String::new());
    }
    let origin = if source.generated { "made by the project as no file was given" } else { "given by the user" };
    let count = grouped(source.observations as u128);
    (format!("{}, {origin}", source.name), format!("{count} prices from {} to {}", source.first, source.last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_of_every_size_show_digits_that_tell_something() {
        let prices = [0.000_2, 0.013_34, 0.262_5, 2.0, 61.25, 1_204.5, 4_128.574_7];
        let texts = ["$0.0002000", "$0.01334", "$0.2625", "$2.0000", "$61.2500", "$1,204.50", "$4,128.57"];
        assert_eq!(prices.map(price), texts);
        let short = ["$0.0002", "$0.01334", "$0.2625", "$2", "$61.25", "$1,204.5", "$4,128.57"];
        assert_eq!(prices.map(axis_price), short);
        assert_eq!(price(-0.5), "\u{2212}$0.5000");
        assert_eq!(price(0.000_002_5), "$0.0000025");
    }
}
