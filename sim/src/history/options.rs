//! What somebody says about a price file that the file itself leaves open.

use std::str::FromStr;

use rust_decimal::Decimal;

/// What a price file leaves open. The default finds everything out or refuses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct ReadOptions {
    /// Column of the days, by its name or its number from 1; if left out, the usual names are looked for
    #[cfg_attr(feature = "clap", arg(long, value_name = "NAME", requires = "prices"))]
    pub date_column: Option<String>,
    /// How its days are written, where the file leaves it open: day-first, month-first, serial (days of a spreadsheet),
    /// or a pattern such as %d.%m.%y
    #[cfg_attr(feature = "clap", arg(long, value_name = "FORMAT", requires = "prices"))]
    pub date_format: Option<DateFormat>,
    /// Unit of the prices: usd-per-million (tokens), usd-per-thousand, usd-per-token, cents-per-million,
    /// cents-per-thousand or cents-per-token; if left out, US dollars per million tokens unless the file looks
    /// otherwise
    #[cfg_attr(feature = "clap", arg(long, value_name = "UNIT", requires = "prices"))]
    pub unit: Option<Unit>,
    /// What stands before the decimals, where the file leaves it open: point or comma
    #[cfg_attr(feature = "clap", arg(long, value_name = "MARK", requires = "prices"))]
    pub decimal: Option<DecimalMark>,
}

/// How days are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DateFormat {
    /// `31/12/2025`
    DayFirst,
    /// `12/31/2025`
    MonthFirst,
    /// Days since 30 December 1899, as spreadsheets count them
    Serial,
    /// A pattern of `strftime`
    Pattern(String),
}

impl FromStr for DateFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "day-first" => Ok(Self::DayFirst),
            "month-first" => Ok(Self::MonthFirst),
            "serial" => Ok(Self::Serial),
            pattern if pattern.contains('%') => Ok(Self::Pattern(pattern.into())),
            _ => Err("it is day-first, month-first, serial or a pattern such as %d.%m.%y".into()),
        }
    }
}

/// What stands before the decimals of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalMark {
    /// `1234.5`
    Point,
    /// `1234,5`
    Comma,
}

impl FromStr for DecimalMark {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "point" => Ok(Self::Point),
            "comma" => Ok(Self::Comma),
            _ => Err("it is point or comma".into()),
        }
    }
}

/// Unit of a price. A history counts in US dollars per million tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// US dollars per million tokens
    #[default]
    UsdPerMillion,
    /// US dollars per thousand tokens
    UsdPerThousand,
    /// US dollars per token
    UsdPerToken,
    /// Cents per million tokens
    CentsPerMillion,
    /// Cents per thousand tokens
    CentsPerThousand,
    /// Cents per token
    CentsPerToken,
}

impl Unit {
    /// Every unit with its name on the command line and in words.
    const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::UsdPerMillion, "usd-per-million", "US dollars per million tokens"),
        (Self::UsdPerThousand, "usd-per-thousand", "US dollars per thousand tokens"),
        (Self::UsdPerToken, "usd-per-token", "US dollars per token"),
        (Self::CentsPerMillion, "cents-per-million", "cents per million tokens"),
        (Self::CentsPerThousand, "cents-per-thousand", "cents per thousand tokens"),
        (Self::CentsPerToken, "cents-per-token", "cents per token"),
    ];

    /// Name, as on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(unit, ..)| *unit == self).map_or("", |(_, name, _)| name)
    }

    /// The unit in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        Self::ALL.iter().find(|(unit, ..)| *unit == self).map_or("", |(.., words)| words)
    }

    /// US dollars per million tokens in one of this unit; exact.
    pub(super) fn factor(self) -> Decimal {
        match self {
            Self::UsdPerMillion => Decimal::ONE,
            Self::UsdPerThousand => Decimal::ONE_THOUSAND,
            Self::UsdPerToken => Decimal::new(1_000_000, 0),
            Self::CentsPerMillion => Decimal::new(1, 2),
            Self::CentsPerThousand => Decimal::TEN,
            Self::CentsPerToken => Decimal::new(10_000, 0),
        }
    }

    /// The unit that a column's name says, where it is not US dollars per million tokens.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let lower = name.to_lowercase();
        let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
        let joined = words.concat();
        let cents = words.iter().any(|word| matches!(*word, "cent" | "cents")) || lower.contains('\u{a2}');
        let thousand = ["per1k", "perthousand", "perktok", "perktoken"].iter().any(|ending| joined.contains(ending))
            || joined.split("per1000").skip(1).any(|rest| !rest.starts_with('0'));
        match (cents, joined.contains("pertoken"), thousand) {
            (false, true, _) => Some(Self::UsdPerToken),
            (false, false, true) => Some(Self::UsdPerThousand),
            (true, true, _) => Some(Self::CentsPerToken),
            (true, false, true) => Some(Self::CentsPerThousand),
            (true, false, false) => Some(Self::CentsPerMillion),
            (false, false, false) => None,
        }
    }
}

impl FromStr for Unit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(_, name, _)| *name == text);
        found.map(|(unit, ..)| *unit).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|(_, name, _)| *name).collect();
            format!("it is one of {}", names.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_columns_name_says_its_unit() {
        for (name, unit) in [
            ("input_cost_per_token", Some(Unit::UsdPerToken)),
            ("price_per_1k", Some(Unit::UsdPerThousand)),
            ("USD per 1,000 tokens", Some(Unit::UsdPerThousand)),
            ("per 1000000 tokens", None),
            ("Price (cents)", Some(Unit::CentsPerMillion)),
            ("cents_per_1k_tokens", Some(Unit::CentsPerThousand)),
            ("percent", None),
            ("blend", None),
            ("usd_per_mtok", None),
            ("price_per_1m_tokens", None),
        ] {
            assert_eq!(Unit::of_name(name), unit, "{name}");
        }
    }

    #[test]
    fn every_unit_is_read_by_its_name() {
        for (unit, name, _) in Unit::ALL {
            assert_eq!(name.parse(), Ok(unit));
            assert_eq!(unit.name(), name);
        }
        assert!("usd".parse::<Unit>().unwrap_err().contains("usd-per-token"));
        assert!("none".parse::<DateFormat>().unwrap_err().contains("day-first"));
        assert!(";".parse::<DecimalMark>().unwrap_err().contains("comma"));
    }
}
