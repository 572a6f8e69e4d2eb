//! Amounts as people type them, exact: text with a unit becomes a whole number of ticks, lots, quote atoms or planck,
//! or an error that names the two nearest valid values. No floating point, and nothing is rounded unless [`Rounding`]
//! says so.
//!
//! ```text
//! price    2.625       US dollars per million SIT          2625ticks
//! size     5lots       500MSIT  0.5GSIT  500000000SIT      always with its unit
//! money    1000.50     1000.50usd  1000.50usdc             1000500000atoms
//! DOT      1.5dot      15000000000planck
//! share    0.5%        50bps
//! time     90s  15m  2h  3d
//! ```
//!
//! ```
//! use sit_cli::amount::{Rounding, Sizes, price};
//! use sit_engine::units::{TickValue, Ticks};
//!
//! let sizes = Sizes { tick_size: 1_000, tick_value: TickValue(100_000) }; // a tick is a tenth of a cent
//! assert_eq!(price("2.625", sizes, Rounding::Exact), Ok(Ticks(2_625)));
//! let error = price("2.6251", sizes, Rounding::Exact).unwrap_err().to_string();
//! assert!(error.starts_with("the price 2.6251 lies between two ticks: the nearest are 2.625 and 2.626"));
//! ```

use std::fmt;

use sit_engine::calendar::DAY;
use sit_engine::units::{BPS, Lots, QuoteAtoms, Seconds, TickValue, Ticks};

/// Quote atoms of a US dollar.
pub const DOLLAR: u128 = 1_000_000;

/// Planck of a DOT on Polkadot.
pub const PLANCK: u128 = 10_000_000_000;

/// Wei of a planck: Ethereum's tools show DOT with eighteen decimals.
pub const WEI: u128 = sit_client::rpc::WEI_PER_PLANCK;

const MILLION: u128 = 1_000_000;

/// What becomes of an amount that lies between two valid ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub enum Rounding {
    /// It is refused.
    #[default]
    #[value(name = "no")]
    Exact,
    /// The lower one is taken.
    Down,
    /// The nearer one is taken, of two equally near the higher.
    Near,
}

/// The sizes of a month: what a tick and a lot are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sizes {
    /// Quote atoms per million SIT in a tick.
    pub tick_size: u16,
    /// Quote atoms of a tick on a lot.
    pub tick_value: TickValue,
}

impl Sizes {
    /// SIT in a lot, as a fraction: the price of a month is per million of them.
    fn sit_in_a_lot(self) -> (u128, u128) {
        (u128::from(self.tick_value.0).saturating_mul(MILLION), u128::from(self.tick_size).max(1))
    }
}

/// Why an amount was not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AmountError {
    /// It is no number.
    #[error("`{text}` is no {what}: write {example}")]
    NotANumber {
        /// What was typed.
        text: String,
        /// What was asked for.
        what: &'static str,
        /// What one looks like.
        example: &'static str,
    },
    /// It is too large, or negative where it must not be.
    #[error("the {what} {text} is out of range: {range}")]
    OutOfRange {
        /// What was typed.
        text: String,
        /// What was asked for.
        what: &'static str,
        /// What may be.
        range: String,
    },
    /// It has no unit, and more than one would do.
    #[error("the size {text} has no unit: write {text}lots, which is {lots} SIT, or an amount of SIT such as 500MSIT")]
    NoUnit {
        /// What was typed.
        text: String,
        /// What it would be in lots, in SIT.
        lots: String,
    },
    /// It lies between two valid amounts.
    #[error(
        "the {what} {text} lies between two {of}: the nearest are {low} and {high} (or say --round down or --round near)"
    )]
    Between {
        /// What was typed.
        text: String,
        /// What was asked for.
        what: &'static str,
        /// What is whole.
        of: &'static str,
        /// The nearest valid one below.
        low: String,
        /// The nearest valid one above.
        high: String,
    },
}

impl AmountError {
    /// Of a number that stood behind a minus.
    fn below_zero(self) -> Self {
        let minus = |text: String| format!("-{text}");
        match self {
            Self::NotANumber { text, what, example } => Self::NotANumber { text: minus(text), what, example },
            Self::OutOfRange { text, what, range } => Self::OutOfRange { text: minus(text), what, range },
            Self::Between { text, what, of, low, high } => {
                Self::Between { text: minus(text), what, of, low: minus(high), high: minus(low) }
            }
            other => other,
        }
    }
}

/// A decimal number as it was typed: `digits / 10^places`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Decimal {
    digits: u128,
    places: u32,
}

impl Decimal {
    /// The number, without sign; underscores may stand between digits. `None` for anything else, and for more than
    /// thirty digits.
    fn parse(text: &str) -> Option<Self> {
        let (mut digits, mut places, mut point, mut seen) = (0_u128, 0_u32, false, 0_u32);
        let mut last = '_';
        for character in text.chars() {
            match character {
                '0'..='9' => {
                    seen += 1;
                    digits = digits.checked_mul(10)?.checked_add(u128::from(character.to_digit(10)?))?;
                    places += u32::from(point);
                }
                '.' if !point && last != '_' => point = true,
                '_' if last.is_ascii_digit() => {}
                _ => return None,
            }
            last = character;
        }
        (seen > 0 && seen <= 30 && last.is_ascii_digit()).then_some(Self { digits, places })
    }
}

/// How many whole steps a number of units is, and whether something is left over: `number * numerator / denominator`,
/// rounded down. `None` when it is beyond what 128 bits hold.
fn steps(number: Decimal, numerator: u128, denominator: u128) -> Option<(u128, Rest)> {
    let scale = 10_u128.checked_pow(number.places)?.checked_mul(denominator)?;
    let scaled = number.digits.checked_mul(numerator)?;
    let whole = scaled.checked_div(scale)?;
    let rest = scaled.checked_rem(scale)?;
    let rest = match rest {
        0 => Rest::None,
        // Exact: rest < scale, and twice as much may not fit.
        rest if rest >= scale - rest => Rest::HalfOrMore,
        _ => Rest::LessThanHalf,
    };
    Some((whole, rest))
}

/// What is left over of a division.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Rest {
    None,
    LessThanHalf,
    HalfOrMore,
}

/// An amount in whole steps, or why not.
struct Asked<'a> {
    text: &'a str,
    what: &'static str,
    of: &'static str,
    rounding: Rounding,
    least: u128,
    most: u128,
}

impl Asked<'_> {
    fn whole(
        &self,
        number: Decimal,
        (numerator, denominator): (u128, u128),
        show: impl Fn(u128) -> String,
    ) -> Result<u128, AmountError> {
        let out_of_range = || AmountError::OutOfRange {
            text: self.text.to_owned(),
            what: self.what,
            range: format!("it must be {} to {}", show(self.least), show(self.most)),
        };
        let (low, rest) = steps(number, numerator, denominator).ok_or_else(out_of_range)?;
        if low > self.most || (low == self.most && rest != Rest::None) {
            return Err(out_of_range());
        }
        let whole = match (self.rounding, rest) {
            (_, Rest::None) | (Rounding::Down, _) | (Rounding::Near, Rest::LessThanHalf) => low,
            (Rounding::Near, Rest::HalfOrMore) => low + 1,
            (Rounding::Exact, _) if low < self.least => return Err(out_of_range()),
            (Rounding::Exact, _) => {
                return Err(AmountError::Between {
                    text: self.text.to_owned(),
                    what: self.what,
                    of: self.of,
                    low: show(low),
                    high: show(low + 1),
                });
            }
        };
        if whole < self.least { Err(out_of_range()) } else { Ok(whole) }
    }
}

/// The number and the unit, lower case, of what was typed. Space between them is no matter.
fn split(text: &str) -> (&str, String) {
    let text = text.trim();
    let end = text.find(|c: char| c.is_alphabetic() || c == '%').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number.trim_end(), unit.to_lowercase())
}

/// A price, in US dollars per million SIT unless it says `ticks`.
///
/// # Errors
/// [`AmountError`].
pub fn price(text: &str, sizes: Sizes, rounding: Rounding) -> Result<Ticks, AmountError> {
    let (number, unit) = split(text);
    let no = || AmountError::NotANumber {
        text: text.to_owned(),
        what: "price",
        example: "US dollars per million SIT, such as 2.625, or ticks, such as 2625ticks",
    };
    let number = Decimal::parse(number).ok_or_else(no)?;
    let most = u128::from(Ticks::MAX.0);
    let asked = Asked { text, what: "price", of: "ticks", rounding, least: 1, most };
    let ticks = match unit.as_str() {
        "t" | "tick" | "ticks" => asked.whole(number, (1, 1), |ticks| format!("{ticks}ticks"))?,
        "" | "usd" | "usdc" => {
            asked.whole(number, (DOLLAR, sizes.tick_size.max(1).into()), |ticks| show_price(ticks_of(ticks), sizes))?
        }
        _ => return Err(no()),
    };
    Ok(ticks_of(ticks))
}

/// Ticks that are known to be no more than [`Ticks::MAX`].
fn ticks_of(ticks: u128) -> Ticks {
    Ticks(u32::try_from(ticks).unwrap_or(u32::MAX))
}

/// A difference of two prices, which may be below zero, in US dollars per million SIT unless it says `ticks`. Rounded
/// to the lower one it goes down below zero, too.
///
/// # Errors
/// [`AmountError`].
pub fn spread(text: &str, sizes: Sizes, rounding: Rounding) -> Result<i32, AmountError> {
    let Some(size) = text.trim().strip_prefix('-') else {
        let size = text.trim();
        return above_zero(size.strip_prefix('+').unwrap_or(size), sizes, rounding);
    };
    let low = above_zero(size, sizes, Rounding::Down);
    let rounded = match (rounding, &low) {
        (Rounding::Exact, _) => above_zero(size, sizes, rounding),
        // Half a tick below zero is as near to the one above as to the one below.
        (Rounding::Near, Ok(low)) => {
            let near = above_zero(size, sizes, Rounding::Near)?;
            Ok(if near > *low && is_half(size, sizes) { *low } else { near })
        }
        (Rounding::Down, Ok(low)) if above_zero(size, sizes, Rounding::Exact).is_err() => Ok(low.saturating_add(1)),
        _ => low,
    };
    rounded.map(|ticks| -ticks).map_err(AmountError::below_zero)
}

/// Whether a spread lies in the middle between two ticks.
fn is_half(text: &str, sizes: Sizes) -> bool {
    let (number, unit) = split(text);
    let of = match unit.as_str() {
        "t" | "tick" | "ticks" => (2, 1),
        _ => (2 * DOLLAR, sizes.tick_size.max(1).into()),
    };
    // Twice as much is whole where it is itself not.
    Decimal::parse(number).and_then(|number| steps(number, of.0, of.1)).is_some_and(|(_, rest)| rest == Rest::None)
}

/// A spread that is not below zero, in ticks.
fn above_zero(text: &str, sizes: Sizes, rounding: Rounding) -> Result<i32, AmountError> {
    let (number, unit) = split(text);
    let no = || AmountError::NotANumber {
        text: text.to_owned(),
        what: "spread",
        example: "US dollars per million SIT, such as 0.012 or -0.012, or ticks, such as -12ticks",
    };
    let number = Decimal::parse(number).ok_or_else(no)?;
    // Zero is a spread and no price.
    let asked = Asked { text, what: "spread", of: "ticks", rounding, least: 0, most: u128::from(Ticks::MAX.0) };
    let ticks = match unit.as_str() {
        "t" | "tick" | "ticks" => asked.whole(number, (1, 1), |ticks| format!("{ticks}ticks"))?,
        "" | "usd" | "usdc" => {
            asked.whole(number, (DOLLAR, sizes.tick_size.max(1).into()), |ticks| show_price(ticks_of(ticks), sizes))?
        }
        _ => return Err(no()),
    };
    i32::try_from(ticks).map_err(|_| no())
}

/// A spread in US dollars per million SIT, with its sign.
#[must_use]
pub fn show_spread(spread: i32, sizes: Sizes) -> String {
    let sign = if spread < 0 { "-" } else { "" };
    format!("{sign}{}", show_price(Ticks(spread.unsigned_abs()), sizes))
}

/// A size, in lots or in SIT: the unit has to be said.
///
/// # Errors
/// [`AmountError`].
pub fn size(text: &str, sizes: Sizes, rounding: Rounding) -> Result<Lots, AmountError> {
    let (number, unit) = split(text);
    let no = || AmountError::NotANumber {
        text: text.to_owned(),
        what: "size",
        example: "a number with its unit, such as 5lots or 500MSIT",
    };
    let typed = Decimal::parse(number).ok_or_else(no)?;
    let most = u128::from(Lots::MAX.0);
    let asked = Asked { text, what: "size", of: "lots", rounding, least: 1, most };
    let (sit, of) = sizes.sit_in_a_lot();
    let lots = match unit.as_str() {
        "lot" | "lots" => asked.whole(typed, (1, 1), |lots| format!("{lots}lots"))?,
        "" => {
            let lots = steps(typed, 1, 1).map_or(0, |(lots, _)| lots).min(most);
            return Err(AmountError::NoUnit { text: number.to_owned(), lots: show_sit(lots_of(lots), sizes) });
        }
        unit => {
            let multiplier = match unit.strip_suffix("sit").unwrap_or(unit).trim_end() {
                "" => 1,
                "k" => 1_000,
                "m" => MILLION,
                "b" | "g" => 1_000 * MILLION,
                "t" => MILLION * MILLION,
                _ => return Err(no()),
            };
            let show = |lots: u128| format!("{lots}lots ({} SIT)", show_sit(lots_of(lots), sizes));
            asked.whole(typed, (of.saturating_mul(multiplier), sit.max(1)), show)?
        }
    };
    Ok(lots_of(lots))
}

/// Lots that are known to be no more than [`Lots::MAX`].
fn lots_of(lots: u128) -> Lots {
    Lots(u32::try_from(lots).unwrap_or(u32::MAX))
}

/// Money of the exchange, in US dollars unless it says `atoms`: above zero.
///
/// # Errors
/// [`AmountError`].
pub fn money(text: &str, rounding: Rounding) -> Result<u64, AmountError> {
    money_from(text, rounding, 1)
}

/// Money of the exchange as [`money`] has it, or none.
///
/// # Errors
/// [`AmountError`].
pub fn money_or_none(text: &str, rounding: Rounding) -> Result<u64, AmountError> {
    money_from(text, rounding, 0)
}

fn money_from(text: &str, rounding: Rounding, least: u128) -> Result<u64, AmountError> {
    let (number, unit) = split(text);
    let no = || AmountError::NotANumber {
        text: text.to_owned(),
        what: "amount",
        example: "US dollars, such as 1000.50 or 1000.50usd, or atoms, such as 5atoms",
    };
    let typed = Decimal::parse(number.strip_prefix('$').unwrap_or(number)).ok_or_else(no)?;
    let asked = Asked { text, what: "amount", of: "atoms (0.000001 USD)", rounding, least, most: u64::MAX.into() };
    let atoms = match unit.as_str() {
        "" | "usd" | "usdc" => asked.whole(typed, (DOLLAR, 1), |atoms| show_atoms(atoms.cast_signed()) + "usd")?,
        "atom" | "atoms" => asked.whole(typed, (1, 1), |atoms| format!("{atoms}atoms"))?,
        _ => return Err(no()),
    };
    u64::try_from(atoms).map_err(|_| no())
}

/// DOT, in planck.
///
/// # Errors
/// [`AmountError`].
pub fn dot(text: &str, rounding: Rounding) -> Result<u128, AmountError> {
    let (number, unit) = split(text);
    let no = || AmountError::NotANumber {
        text: text.to_owned(),
        what: "amount of DOT",
        example: "a number with its unit, such as 1.5dot or 5planck",
    };
    let typed = Decimal::parse(number).ok_or_else(no)?;
    let asked = Asked { text, what: "amount of DOT", of: "planck", rounding, least: 1, most: u64::MAX.into() };
    match unit.as_str() {
        "dot" => asked.whole(typed, (PLANCK, 1), |planck| show_planck(planck.cast_signed())),
        "planck" => asked.whole(typed, (1, 1), |planck| format!("{planck}planck")),
        _ => Err(no()),
    }
}

/// A share in basis points: `0.5%` or `50bps`.
///
/// # Errors
/// [`AmountError`].
pub fn share(text: &str) -> Result<u16, AmountError> {
    let (number, unit) = split(text);
    let no = || AmountError::NotANumber { text: text.to_owned(), what: "share", example: "0.5% or 50bps" };
    let typed = Decimal::parse(number).ok_or_else(no)?;
    let asked =
        Asked { text, what: "share", of: "basis points", rounding: Rounding::Exact, least: 0, most: BPS.into() };
    let bps = match unit.as_str() {
        "%" => asked.whole(typed, (100, 1), |bps| format!("{}.{:02}%", bps / 100, bps % 100))?,
        "bps" | "bp" => asked.whole(typed, (1, 1), |bps| format!("{bps}bps"))?,
        _ => return Err(no()),
    };
    u16::try_from(bps).map_err(|_| no())
}

/// A length of time in seconds: `90s`, `15m`, `2h`, `3d`.
///
/// # Errors
/// [`AmountError`].
pub fn duration(text: &str) -> Result<u32, AmountError> {
    let (number, unit) = split(text);
    let no =
        || AmountError::NotANumber { text: text.to_owned(), what: "length of time", example: "90s, 15m, 2h or 3d" };
    let typed = Decimal::parse(number).ok_or_else(no)?;
    let seconds = match unit.as_str() {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => DAY.into(),
        _ => return Err(no()),
    };
    let asked = Asked {
        text,
        what: "length of time",
        of: "seconds",
        rounding: Rounding::Exact,
        least: 1,
        most: u32::MAX.into(),
    };
    let whole = asked.whole(typed, (seconds, 1), |seconds| format!("{seconds}s"))?;
    u32::try_from(whole).map_err(|_| no())
}

/// The furthest price that an order may trade at whose price may slip by a share of `reference`: rounded to the side of
/// the reference, so that it never slips by more.
#[must_use]
pub fn slipped(reference: Ticks, bps: u16, up: bool) -> Ticks {
    let slip = u64::from(reference.0).saturating_mul(bps.into()) / u64::from(BPS);
    let slip = u32::try_from(slip).unwrap_or(u32::MAX);
    Ticks(if up { reference.0.saturating_add(slip).min(Ticks::MAX.0) } else { reference.0.saturating_sub(slip).max(1) })
}

/// A whole number of 10^-places as a decimal number, with no zeros behind but for `least` places.
fn show_decimal(digits: u128, places: usize, least: usize) -> String {
    let scale = 10_u128.saturating_pow(u32::try_from(places).unwrap_or(0));
    let (whole, fraction) = (digits / scale, digits % scale);
    let fraction = format!("{fraction:0places$}");
    let kept = fraction.trim_end_matches('0').len().max(least).min(places);
    match fraction.get(..kept) {
        Some(fraction) if kept > 0 => format!("{whole}.{fraction}"),
        _ => whole.to_string(),
    }
}

/// A price in US dollars per million SIT, with as many decimals as a tick has.
#[must_use]
pub fn show_price(price: Ticks, sizes: Sizes) -> String {
    let atoms = u128::from(price.0).saturating_mul(sizes.tick_size.into());
    let step = u128::from(sizes.tick_size);
    let zeros = (1..=6).take_while(|places| step > 0 && step.is_multiple_of(10_u128.pow(*places))).count();
    show_decimal(atoms, 6, 6 - zeros)
}

/// SIT in so many lots, exact where a lot is whole, else rounded down.
#[must_use]
pub fn show_sit(lots: Lots, sizes: Sizes) -> String {
    let (sit, of) = sizes.sit_in_a_lot();
    let sit = u128::from(lots.0).saturating_mul(sit) / of;
    for (unit, name) in [(MILLION * MILLION, "T"), (1_000 * MILLION, "G"), (MILLION, "M")] {
        if sit >= unit && (sit * 1_000).is_multiple_of(unit) {
            return show_decimal(sit * 1_000 / unit, 3, 0) + name;
        }
    }
    sit.to_string()
}

/// Quote atoms in US dollars: two decimals at least, six where they are needed.
#[must_use]
pub fn show_atoms(atoms: i128) -> String {
    let sign = if atoms < 0 { "-" } else { "" };
    format!("{sign}{}", show_decimal(atoms.unsigned_abs(), 6, 2))
}

/// Quote atoms in US dollars with all six decimals, as programs get them.
#[must_use]
pub fn exact_atoms(atoms: i128) -> String {
    let sign = if atoms < 0 { "-" } else { "" };
    format!("{sign}{}", show_decimal(atoms.unsigned_abs(), 6, 6))
}

/// Planck in DOT.
#[must_use]
pub fn show_planck(planck: i128) -> String {
    let sign = if planck < 0 { "-" } else { "" };
    format!("{sign}{} DOT", show_decimal(planck.unsigned_abs(), 10, 4))
}

/// A time, in UTC.
#[must_use]
pub fn show_time(time: Seconds) -> String {
    jiff::Timestamp::from_second(time.0.into()).map_or_else(|_| time.0.to_string(), |time| time.to_string())
}

/// Quote atoms with sign and unit.
#[derive(Clone, Copy, Debug)]
pub struct Usd(pub QuoteAtoms);

impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} USD", show_atoms(self.0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SIZES: Sizes = Sizes { tick_size: 1_000, tick_value: TickValue(100_000) };

    #[test]
    fn a_price_is_ticks_or_names_its_neighbours() {
        assert_eq!(price("2.625", SIZES, Rounding::Exact), Ok(Ticks(2_625)));
        assert_eq!(price(" 2.62500 usd ", SIZES, Rounding::Exact), Ok(Ticks(2_625)));
        assert_eq!(price("2_625ticks", SIZES, Rounding::Exact), Ok(Ticks(2_625)));
        assert_eq!(price("0.999", SIZES, Rounding::Exact), Ok(Ticks(999)), "where floating point says 998.9999");
        assert_eq!(price("2.6254", SIZES, Rounding::Down), Ok(Ticks(2_625)));
        assert_eq!(price("2.6255", SIZES, Rounding::Near), Ok(Ticks(2_626)));
        assert_eq!(price("2.6254999", SIZES, Rounding::Near), Ok(Ticks(2_625)));
        let error = price("2.6251", SIZES, Rounding::Exact).unwrap_err().to_string();
        assert!(error.contains("2.625 and 2.626"), "{error}");
        let error = price("2.5ticks", SIZES, Rounding::Exact).unwrap_err().to_string();
        assert!(error.contains("2ticks and 3ticks"), "{error}");
        for text in ["", "two", "2,625", "1e3", "-2.6", "2.6.2", "2.6eur", ".", "._1", "1_", "0x10", "NaN", "inf"] {
            assert!(matches!(price(text, SIZES, Rounding::Exact), Err(AmountError::NotANumber { .. })), "{text}");
        }
        for text in ["0", "0.0004", "16777.216", "16777216ticks", "999999999999999999999999999999"] {
            assert!(matches!(price(text, SIZES, Rounding::Exact), Err(AmountError::OutOfRange { .. })), "{text}");
        }
        assert_eq!(price("16777.215", SIZES, Rounding::Exact), Ok(Ticks::MAX));
        assert!(price("16777.2151", SIZES, Rounding::Near).is_err(), "beyond the last tick");
        assert!(price("0.0004", SIZES, Rounding::Down).is_err(), "rounded to no price at all");
    }

    #[test]
    fn a_size_needs_its_unit() {
        assert_eq!(size("5lots", SIZES, Rounding::Exact), Ok(Lots(5)));
        for text in ["500MSIT", "500 msit", "0.5GSIT", "0.5BSIT", "500000kSIT", "500000000SIT", "500M", "0.0005T"] {
            assert_eq!(size(text, SIZES, Rounding::Exact), Ok(Lots(5)), "{text}");
        }
        let error = size("5", SIZES, Rounding::Exact).unwrap_err().to_string();
        assert!(error.contains("5lots, which is 500M SIT"), "{error}");
        let error = size("450MSIT", SIZES, Rounding::Exact).unwrap_err().to_string();
        assert!(error.contains("4lots (400M SIT) and 5lots (500M SIT)"), "{error}");
        assert_eq!(size("450MSIT", SIZES, Rounding::Down), Ok(Lots(4)));
        assert_eq!(size("450MSIT", SIZES, Rounding::Near), Ok(Lots(5)));
        assert_eq!(size("8388607lots", SIZES, Rounding::Exact), Ok(Lots::MAX));
        assert!(size("8388608lots", SIZES, Rounding::Exact).is_err());
        assert!(size("4294967296lots", SIZES, Rounding::Exact).is_err(), "beyond 32 bits");
        assert!(size("0lots", SIZES, Rounding::Exact).is_err());
        assert!(size("5kg", SIZES, Rounding::Exact).is_err());
    }

    #[test]
    fn money_is_atoms() {
        assert_eq!(money("1000.50", Rounding::Exact), Ok(1_000_500_000));
        assert_eq!(money("$0.000001", Rounding::Exact), Ok(1));
        assert_eq!(money("18446744073709.551615usdc", Rounding::Exact), Ok(u64::MAX));
        assert!(money("18446744073709.551616", Rounding::Exact).is_err());
        let error = money("0.0000015", Rounding::Exact).unwrap_err().to_string();
        assert!(error.contains("0.000001usd and 0.000002usd"), "{error}");
        assert!(money("0", Rounding::Exact).is_err());
        assert_eq!(money_or_none("0", Rounding::Exact), Ok(0));
        assert_eq!(dot("1.5dot", Rounding::Exact), Ok(15_000_000_000));
        assert!(dot("1.5", Rounding::Exact).is_err(), "DOT has eighteen decimals in a wallet and ten on chain");
        assert_eq!(show_planck(15_000_000_000), "1.5000 DOT");
    }

    #[test]
    fn shares_and_times_are_whole() {
        assert_eq!((share("0.5%"), share("50bps"), share("100%")), (Ok(50), Ok(50), Ok(10_000)));
        assert!(share("0.005%").is_err() && share("101%").is_err() && share("1").is_err());
        assert_eq!((duration("90s"), duration("1.5h"), duration("3d")), (Ok(90), Ok(5_400), Ok(259_200)));
        assert!(duration("0s").is_err() && duration("5").is_err() && duration("49711d").is_err());
        assert_eq!((spread("-0.012", SIZES, Rounding::Exact), spread("0", SIZES, Rounding::Exact)), (Ok(-12), Ok(0)));
        assert_eq!(spread("+3ticks", SIZES, Rounding::Exact), Ok(3));
        assert!(spread("--3", SIZES, Rounding::Exact).is_err() && spread("-+3", SIZES, Rounding::Exact).is_err());
    }

    #[test]
    fn a_spread_below_zero_is_rounded_down_and_not_towards_zero() {
        for (text, down, near) in [
            ("-0.0124", -13, -12),
            ("-0.0125", -13, -12),
            ("-0.0126", -13, -13),
            ("0.0124", 12, 12),
            ("0.0125", 12, 13),
            ("-2.5ticks", -3, -2),
            ("-0.0004", -1, 0),
            ("-12ticks", -12, -12),
            ("-0", 0, 0),
        ] {
            let of = |rounding| spread(text, SIZES, rounding);
            assert_eq!((of(Rounding::Down), of(Rounding::Near)), (Ok(down), Ok(near)), "{text}");
        }
        let error = spread("-0.0125", SIZES, Rounding::Exact).unwrap_err().to_string();
        assert!(
            error.starts_with("the spread -0.0125 lies between two ticks: the nearest are -0.013 and -0.012"),
            "{error}"
        );
        assert_eq!((show_spread(-12, SIZES), show_spread(0, SIZES)), ("-0.012".to_owned(), "0.000".to_owned()));
    }

    #[test]
    fn a_price_never_slips_by_more_than_was_said() {
        assert_eq!((slipped(Ticks(2_625), 50, true), slipped(Ticks(2_625), 50, false)), (Ticks(2_638), Ticks(2_612)));
        assert_eq!(slipped(Ticks(3), 50, true), Ticks(3));
        assert_eq!(slipped(Ticks::MAX, 10_000, true), Ticks::MAX);
        assert_eq!(slipped(Ticks(1), 10_000, false), Ticks(1));
    }

    fn sizes() -> impl Strategy<Value = Sizes> {
        (0_u32..=4, 0_u32..=5).prop_map(|(tick, lot)| {
            let tick_size = 10_u16.pow(tick);
            Sizes { tick_size, tick_value: TickValue(u32::from(tick_size) * 10_u32.pow(lot)) }
        })
    }

    proptest! {
        #[test]
        fn every_tick_comes_back_from_what_is_shown(ticks in 1..=Ticks::MAX.0, sizes in sizes()) {
            let shown = show_price(Ticks(ticks), sizes);
            prop_assert_eq!(price(&shown, sizes, Rounding::Exact), Ok(Ticks(ticks)));
        }

        #[test]
        fn between_two_ticks_are_those_two(ticks in 1..Ticks::MAX.0, sizes in sizes(), more in 1_u32..999) {
            let shown = format!("{}{more:03}", exact_atoms(i128::from(ticks) * i128::from(sizes.tick_size)));
            match price(&shown, sizes, Rounding::Exact) {
                Err(AmountError::Between { low, high, .. }) => {
                    prop_assert_eq!(price(&low, sizes, Rounding::Exact), Ok(Ticks(ticks)));
                    prop_assert_eq!(price(&high, sizes, Rounding::Exact), Ok(Ticks(ticks + 1)));
                }
                other => prop_assert!(false, "{:?}", other),
            }
            prop_assert_eq!(price(&shown, sizes, Rounding::Down), Ok(Ticks(ticks)));
        }

        #[test]
        fn every_number_of_lots_comes_back_in_sit(lots in 1..=Lots::MAX.0, sizes in sizes()) {
            let shown = show_sit(Lots(lots), sizes) + "SIT";
            prop_assert_eq!(size(&shown, sizes, Rounding::Exact), Ok(Lots(lots)));
        }

        #[test]
        fn every_amount_of_money_comes_back(atoms in 1..=u64::MAX) {
            prop_assert_eq!(money(&show_atoms(atoms.into()), Rounding::Exact), Ok(atoms));
            prop_assert_eq!(money(&exact_atoms(atoms.into()), Rounding::Exact), Ok(atoms));
        }

        #[test]
        fn whatever_is_typed_is_taken_or_refused(text in "\\PC{0,40}", sizes in sizes()) {
            for rounding in [Rounding::Exact, Rounding::Down, Rounding::Near] {
                let _ = (price(&text, sizes, rounding), size(&text, sizes, rounding), money(&text, rounding));
                let _ = (dot(&text, rounding), spread(&text, sizes, rounding), share(&text), duration(&text));
            }
        }

        #[test]
        fn rounding_is_never_further_than_a_tick(digits in 1_u64..16_000_000_000, sizes in sizes()) {
            let text = show_decimal(digits.into(), 9, 0);
            let (down, near) = (price(&text, sizes, Rounding::Down), price(&text, sizes, Rounding::Near));
            let exact = u128::from(digits); // in 10^-9 dollars
            let at = |ticks: Ticks| u128::from(ticks.0) * u128::from(sizes.tick_size) * 1_000;
            let tick = u128::from(sizes.tick_size) * 1_000;
            if let Ok(ticks) = down {
                prop_assert!(at(ticks) <= exact && exact < at(ticks) + tick);
            }
            if let Ok(ticks) = near {
                prop_assert!(at(ticks).abs_diff(exact) * 2 <= tick);
            }
        }
    }
}
