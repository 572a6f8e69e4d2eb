//! Prices as people and vendors write them.
//!
//! Whether a comma is a decimal mark or stands between thousands is a matter of the whole column and not of one cell:
//! `2,600` may be either, and a column that has nothing but such cells is refused until somebody says so
//! ([`DecimalMark`]).

use std::str::FromStr;

use rust_decimal::Decimal;

use super::options::DecimalMark;

/// What stands for a price that there is not: FRED writes `.`, Yahoo `null`, spreadsheets `#N/A`, Bloomberg `#N/A N/A`,
/// the World Bank `..`, Eurostat `:`, the Federal Reserve `ND`.
const MISSING: [&str; 27] = [
    "", ".", "..", "...", "-", "--", "---", "\u{2013}", "\u{2014}", "\u{2026}", ":", "?", "na", "n/a", "n.a.", "#n/a",
    "#n/a n/a", "#na", "<na>", "nan", "nat", "null", "nil", "none", "nd", "missing", "(null)",
];

/// A cell of the price column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell {
    /// No price, as vendors write it.
    Missing,
    /// A number, of any sign.
    Number(Decimal),
    /// A number too large or too small to be held exactly.
    OutOfRange,
    /// A number in another currency than US dollars.
    Foreign,
    /// A number in cents.
    Cents,
    /// Something else.
    Other,
}

/// What a cell says about the decimal mark of its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    /// Nothing.
    None,
    /// This mark stands before decimals, or the other one between thousands.
    Is(DecimalMark),
    /// A comma before three digits: it may be either.
    Either,
}

/// Whether a cell is one of the ways to write that there is no price.
pub(super) fn is_missing(cell: &str) -> bool {
    let cell = cell.trim();
    cell.len() <= 9 && MISSING.contains(&cell.to_lowercase().as_str())
}

/// A number without its currency and its sign, and what they said.
struct Stripped<'t> {
    digits: &'t str,
    negative: bool,
    foreign: bool,
    cents: bool,
}

fn strip(cell: &str) -> Stripped<'_> {
    let mut found = Stripped { digits: cell.trim(), negative: false, foreign: false, cents: false };
    // A sign before or after the currency, the currency before or after the number.
    for _ in 0..3 {
        let text = found.digits;
        if let Some(rest) = text.strip_prefix(['-', '\u{2212}']) {
            found.negative = !found.negative;
            found.digits = rest.trim_start();
        } else if let Some(rest) = text.strip_prefix('+') {
            found.digits = rest.trim_start();
        } else if let Some(rest) = without(text, &["USD", "US$", "$"]) {
            found.digits = rest;
        } else if let Some(rest) = without(text, &["\u{a2}"]) {
            (found.digits, found.cents) = (rest, true);
        } else if let Some(rest) =
            without(text, &["\u{20ac}", "\u{a3}", "\u{a5}", "EUR", "GBP", "JPY", "CNY", "CHF", "\u{20b9}", "INR"])
        {
            (found.digits, found.foreign) = (rest, true);
        }
    }
    found
}

/// A text without one of these at its beginning or its end.
fn without<'t>(text: &'t str, signs: &[&str]) -> Option<&'t str> {
    let one =
        |sign: &&str| text.strip_prefix(*sign).map(str::trim_start).or(text.strip_suffix(*sign).map(str::trim_end));
    signs.iter().find_map(one)
}

/// The mantissa and the exponent of a number; `None` for what is no number. The mantissa has digits, points, commas and
/// thousands separators.
fn parts(digits: &str) -> Option<(&str, Option<&str>)> {
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (digits, None),
    };
    let plain = mantissa.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',') || is_space_or_apostrophe(c));
    let some_digit = mantissa.contains(|c: char| c.is_ascii_digit());
    let whole = |text: &str| {
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        !digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    (plain && some_digit && exponent.is_none_or(whole)).then_some((mantissa, exponent))
}

/// What stands between thousands beside a comma or a point: spaces of any width, and the apostrophe of Switzerland.
fn is_space_or_apostrophe(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\'' | '\u{2019}')
}

/// What a cell says about the decimal mark.
pub(super) fn evidence(cell: &str) -> Evidence {
    use DecimalMark::{Comma, Point};
    let Some((mantissa, exponent)) = parts(strip(cell).digits) else { return Evidence::None };
    let count = |mark: char| mantissa.matches(mark).count();
    match (count('.'), count(',')) {
        (0, 0) | (1, 0) => Evidence::None,
        (_, 0) => Evidence::Is(Comma),
        (0, 1) => {
            let (before, after) = mantissa.split_once(',').unwrap_or_default();
            // Before the first separator of thousands stand one to three digits, the first of them no zero; after it
            // three.
            let between_thousands = exponent.is_none()
                && after.len() == 3
                && (1..=3).contains(&before.len())
                && !before.starts_with('0')
                && before.bytes().all(|byte| byte.is_ascii_digit());
            if between_thousands { Evidence::Either } else { Evidence::Is(Comma) }
        }
        (0, _) => Evidence::Is(Point),
        _ => Evidence::Is(if mantissa.rfind('.') > mantissa.rfind(',') { Point } else { Comma }),
    }
}

/// Reads a cell whose column has this decimal mark.
pub(super) fn read(cell: &str, mark: DecimalMark) -> Cell {
    if is_missing(cell) {
        return Cell::Missing;
    }
    let stripped = strip(cell);
    if stripped.digits.eq_ignore_ascii_case("inf") || stripped.digits.eq_ignore_ascii_case("infinity") {
        return Cell::OutOfRange;
    }
    let Some((mantissa, exponent)) = parts(stripped.digits) else { return Cell::Other };
    let (decimal, thousands) = match mark {
        DecimalMark::Point => ('.', ','),
        DecimalMark::Comma => (',', '.'),
    };
    let (whole, fraction) = mantissa.split_once(decimal).unwrap_or((mantissa, ""));
    let Some(whole) = joined(whole, thousands) else { return Cell::Other };
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return Cell::Other;
    }
    let plain = format!("{}{whole}.{fraction}", if stripped.negative { "-" } else { "" });
    let number = match exponent {
        None => Decimal::from_str(&format!("{plain}0")),
        Some(exponent) => Decimal::from_scientific(&format!("{plain}0e{exponent}")),
    };
    match number {
        // A number that is not zero and came out as zero is too small.
        Ok(number) if number.is_zero() && mantissa.contains(|c: char| ('1'..='9').contains(&c)) => Cell::OutOfRange,
        Ok(_) if stripped.foreign => Cell::Foreign,
        Ok(_) if stripped.cents => Cell::Cents,
        Ok(number) => Cell::Number(number),
        Err(_) => Cell::OutOfRange,
    }
}

/// The digits before the decimal mark without what stands between thousands; `None` where that stands anywhere else.
/// India writes groups of two digits before the last of three.
fn joined(whole: &str, thousands: char) -> Option<String> {
    let separator = whole.chars().find(|c| !c.is_ascii_digit());
    let Some(separator) = separator else {
        return Some(if whole.is_empty() { "0".into() } else { whole.into() });
    };
    if separator != thousands && !is_space_or_apostrophe(separator) {
        return None;
    }
    let groups: Vec<&str> = whole.split(separator).collect();
    let digits = |group: &&str| group.bytes().all(|byte| byte.is_ascii_digit());
    let (first, last) = (groups.first()?, groups.last()?);
    let middle = groups.get(1..groups.len().saturating_sub(1)).unwrap_or_default();
    let fits = groups.iter().all(digits)
        && (1..=3).contains(&first.len())
        && last.len() == 3
        && (middle.iter().all(|group| group.len() == 3) || middle.iter().all(|group| group.len() == 2));
    fits.then(|| groups.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Cell {
        Cell::Number(Decimal::from_str(text).unwrap())
    }

    #[test]
    fn numbers_are_read_as_they_are_written_around_the_world() {
        for (cell, value) in [
            ("2.6", "2.6"),
            ("$2,600.00", "2600"),
            ("US$ 2.5", "2.5"),
            ("2.5 USD", "2.5"),
            ("1,234,567.5", "1234567.5"),
            ("12,34,567", "1234567"),
            ("1'000.5", "1000.5"),
            ("1\u{a0}000.5", "1000.5"),
            ("1.500e-05", "0.000015"),
            ("2E3", "2000"),
            (".5", "0.5"),
            ("5.", "5"),
            ("+3", "3"),
            ("0003", "3"),
            ("-36.98", "-36.98"),
            ("\u{2212}1", "-1"),
            ("-$1", "-1"),
        ] {
            assert_eq!(read(cell, DecimalMark::Point), number(value), "{cell}");
        }
        for (cell, value) in
            [("2,6", "2.6"), ("2.600,00", "2600"), ("1 234,5", "1234.5"), ("3", "3"), ("1,5e-2", "0.015")]
        {
            assert_eq!(read(cell, DecimalMark::Comma), number(value), "{cell}");
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        for cell in [
            "dear",
            "1_000.5",
            "1,2,3",
            "12,3456.7",
            "1.2.3",
            "5 %",
            "1.5M",
            "0x10",
            "3D5",
            "(2.6)",
            "1e",
            "e5",
            "\u{663}",
        ] {
            assert_eq!(read(cell, DecimalMark::Point), Cell::Other, "{cell}");
        }
        for cell in ["1e30", "1e-40", "inf", "9e999", "-Infinity"] {
            assert_eq!(read(cell, DecimalMark::Point), Cell::OutOfRange, "{cell}");
        }
        assert_eq!(read("\u{20ac}2.60", DecimalMark::Point), Cell::Foreign);
        assert_eq!(read("250\u{a2}", DecimalMark::Point), Cell::Cents);
        for cell in ["", " ", ".", "null", "NaN", "#N/A", "N/A", "-", "\u{2014}", "None", "ND"] {
            assert_eq!(read(cell, DecimalMark::Point), Cell::Missing, "{cell}");
        }
    }

    #[test]
    fn a_comma_before_three_digits_may_be_either() {
        use DecimalMark::{Comma, Point};
        for (cell, says) in [
            ("2,600", Evidence::Either),
            ("2,60", Evidence::Is(Comma)),
            ("0,600", Evidence::Is(Comma)),
            ("1234,567", Evidence::Is(Comma)),
            ("1,234,567", Evidence::Is(Point)),
            ("1,234.5", Evidence::Is(Point)),
            ("1.234,5", Evidence::Is(Comma)),
            ("1.234.567", Evidence::Is(Comma)),
            ("2.600", Evidence::None),
            ("n/a", Evidence::None),
        ] {
            assert_eq!(evidence(cell), says, "{cell}");
        }
    }
}
