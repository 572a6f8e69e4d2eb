//! Numbers, dates and moments as people read them.

use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Quote atoms of one US dollar.
pub const ATOMS_PER_DOLLAR: f64 = 1e6;

/// Quote atoms of one US cent.
const ATOMS_PER_CENT: u128 = 10_000;

/// Seconds of a day.
pub const DAY: f64 = 86_400.0;

/// The minus sign: as wide as a digit, unlike the hyphen.
const MINUS: char = '\u{2212}';

/// Digits in groups of three: `1,234,567`.
pub fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A whole number with its sign: `−1,234,567`.
pub fn whole(number: i128) -> String {
    let sign = if number < 0 { String::from(MINUS) } else { String::new() };
    sign + &grouped(number.unsigned_abs())
}

/// Quote atoms in US dollars, rounded to the nearest cent, half away from zero: `−$1,234.56`.
pub fn usd(atoms: i128) -> String {
    let cents = (atoms.unsigned_abs() + ATOMS_PER_CENT / 2) / ATOMS_PER_CENT;
    let sign = if atoms < 0 && cents > 0 { String::from(MINUS) } else { String::new() };
    format!("{sign}${}.{:02}", grouped(cents / 100), cents % 100)
}

/// Quote atoms in US dollars, and nothing where there are none.
pub fn usd_or_dash(atoms: i128) -> String {
    if atoms == 0 { "\u{2013}".into() } else { usd(atoms) }
}

/// A price per million tokens: `$0.2625`.
pub fn price(dollars: f64) -> String {
    signed(dollars, |size| format!("${size:.4}"))
}

/// Basis points in percent: `46.31 %`.
pub fn percent_of_bps(bps: u32) -> String {
    format!("{:.2} %", f64::from(bps) / 100.0)
}

/// Any real number to four significant digits or so: `−0.5219`, `12.3`, `1,048,576`.
pub fn real(number: f64) -> String {
    signed(number, |size| match size {
        _ if !size.is_finite() => "not known".into(),
        _ if size >= 1e6 => grouped(size.round() as u128),
        _ if size >= 100.0 => format!("{size:.1}"),
        _ if size >= 10.0 => format!("{size:.2}"),
        _ => format!("{size:.4}"),
    })
}

fn signed(number: f64, format: impl Fn(f64) -> String) -> String {
    let text = format(number.abs());
    if number < 0.0 { format!("{MINUS}{text}") } else { text }
}

/// Dollars as short as an axis needs them: `$1.5M`, `−$250k`, `$80`.
pub fn axis_dollars(dollars: f64) -> String {
    let scaled = |size: f64, unit: &str| {
        let text = format!("{size:.2}");
        format!("${}{unit}", text.trim_end_matches('0').trim_end_matches('.'))
    };
    signed(dollars, |size| match size {
        _ if size >= 1e6 => scaled(size / 1e6, "M"),
        _ if size >= 1e3 => scaled(size / 1e3, "k"),
        _ => scaled(size, ""),
    })
}

/// A whole number as an axis needs it: `−1,200`.
pub fn axis_whole(number: f64) -> String {
    signed(number, |size| grouped(size.round() as u128))
}

/// A price as short as an axis needs it: `$2`, `$0.25`, `$0.2625`.
pub fn axis_price(dollars: f64) -> String {
    signed(dollars, |size| {
        let text = format!("{size:.4}");
        format!("${}", text.trim_end_matches('0').trim_end_matches('.'))
    })
}

/// A unix time as `YYYY-MM-DD HH:MM`, UTC.
pub fn moment(seconds: u64) -> String {
    strftime(seconds, "%Y-%m-%d %H:%M").unwrap_or_else(|| seconds.to_string())
}

/// The day of a unix time as `YYYY-MM-DD`, UTC.
pub fn date(seconds: u64) -> String {
    strftime(seconds, "%Y-%m-%d").unwrap_or_else(|| seconds.to_string())
}

fn strftime(seconds: u64, format: &str) -> Option<String> {
    let timestamp = jiff::Timestamp::from_second(i64::try_from(seconds).ok()?).ok()?;
    Some(TimeZone::UTC.to_datetime(timestamp).strftime(format).to_string())
}

/// The unix time at which an ISO 8601 day begins.
pub fn seconds_of(date: &str) -> Option<f64> {
    let date: Date = date.parse().ok()?;
    Some(TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()?.as_second() as f64)
}

/// A share in percent, as a table needs it: `12.3 %`.
pub fn percent(share: f64) -> String {
    signed(share, |size| format!("{:.1} %", 100.0 * size))
}

/// A share in percent, as an axis needs it: `12 %`, `0.5 %`, `0.001 %`.
pub fn axis_percent(share: f64) -> String {
    signed(share, |size| {
        // Below a hundredth of a percent, as many digits as the first that is not zero needs.
        let small = if size > 0.0 { -(100.0 * size * (1.0 + 1e-9)).log10().floor() } else { 0.0 };
        let text = format!("{:.*}", small.clamp(2.0, 9.0) as usize, 100.0 * size);
        format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_shares_keep_their_first_digit_on_an_axis() {
        let shares = [0.0, 0.12, 0.005, 0.0002, 0.00001, 0.000_002];
        assert_eq!(shares.map(axis_percent), ["0 %", "12 %", "0.5 %", "0.02 %", "0.001 %", "0.0002 %"]);
    }
}
