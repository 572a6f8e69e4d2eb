//! An index of a class of models: on each day the median over vendors of each vendor's cheapest model of the class.
//!
//! The sources of a record are merged into one price for each vendor and model. The first to see a price dates it, for
//! a record's day is never earlier than the price; a source that repeats a price which another has already seen
//! replaced is a late copy and changes nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Span;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::check::{HistoryError, MIN_OBSERVATIONS, MOST_OBSERVATIONS};
use super::events::{Quote, read};
use super::flag::{Defect, Flag};
use super::{History, Observation, text};
use crate::shown;

/// What an index is made of.
#[derive(Clone, Debug)]
pub struct PanelRequest {
    /// Record of prices: CSV with date, vendor, model, `input_usd_per_mtok`, `output_usd_per_mtok` and source.
    pub record: PathBuf,
    /// Models of the class, one name a line; `*` at the end of a line stands for any ending, `#` begins a remark.
    pub class: PathBuf,
    /// Day as of which the record is read, the last of the history.
    pub as_of: Date,
}

/// The price of one vendor's model.
struct Current {
    price: Option<Decimal>,
    source: String,
    left: Vec<Decimal>,
}

impl History {
    /// The daily index of a class of models, from a record of their prices. [`History::flags`] says what was wrong with
    /// the record.
    ///
    /// # Errors
    /// [`HistoryError`], one sentence with file and line.
    pub fn from_record(request: &PanelRequest) -> Result<Self, HistoryError> {
        let class = Class::load(&request.class)?;
        let mut flags = Vec::new();
        let mut quotes = read(&request.record, request.as_of, &mut flags)?;
        let last_row = quotes.last().map(|quote| quote.date);
        flags.extend(class.unmatched(&quotes));
        quotes.retain(|quote| class.contains(&quote.model));
        check_span(request, &quotes)?;
        flags.extend(last_row.and_then(|last| long_silence(request, last)));
        let observations = index(&request.record, &quotes, request.as_of, &mut flags);
        if observations.len() < MIN_OBSERVATIONS {
            return Err(HistoryError::ClassTooShort {
                path: request.class.clone(),
                found: observations.len(),
                record: request.record.clone(),
            });
        }
        flags.push(recorded_late(&request.record, &quotes));
        flags.push(class.flag(&quotes));
        flags.sort_by_key(|flag| (flag.line, flag.defect));
        Ok(Self { observations, flags, understood: None })
    }
}

/// An index has a price on every day from the first of its class to the day as of which it is read.
fn check_span(request: &PanelRequest, quotes: &[Quote]) -> Result<(), HistoryError> {
    let Some(first) = quotes.first().map(|quote| quote.date) else { return Ok(()) };
    let days = i64::from(super::days_between(first, request.as_of));
    if days < MOST_OBSERVATIONS as i64 {
        return Ok(());
    }
    Err(HistoryError::AsOfTooLate { path: request.record.clone(), as_of: request.as_of, days })
}

/// Says when a record ends long before the day as of which it is read: until then every price is taken to stand.
fn long_silence(request: &PanelRequest, last: Date) -> Option<Flag> {
    let days = super::days_between(last, request.as_of);
    (days > LONG_SILENCE).then(|| {
        let text = format!(
            "the last row is of {last}, and the record is read as of {}, {days} days later: on all of them the last prices are taken to stand; check --as-of",
            request.as_of
        );
        Flag::of_file(Defect::LongSilence, &request.record, text)
    })
}

fn index(record: &Path, quotes: &[Quote], as_of: Date, flags: &mut Vec<Flag>) -> Vec<Observation> {
    let mut current: BTreeMap<(&str, &str), Current> = BTreeMap::new();
    let mut observations = Vec::new();
    let mut next = quotes.iter().peekable();
    let Some(mut day) = next.peek().map(|quote| quote.date) else {
        return observations;
    };
    while day <= as_of {
        while let Some(quote) = next.next_if(|quote| quote.date <= day) {
            let slot = current.entry((&quote.vendor, &quote.model)).or_insert_with(|| Current {
                price: None,
                source: quote.source.clone(),
                left: Vec::new(),
            });
            if let Some(flag) = slot.take(record, quote) {
                flags.push(flag);
            }
        }
        let mut vendors: BTreeMap<&str, Decimal> = BTreeMap::new();
        for ((vendor, _), slot) in &current {
            if let Some(price) = slot.price {
                vendors.entry(vendor).and_modify(|least| *least = price.min(*least)).or_insert(price);
            }
        }
        let price = median(vendors.into_values().collect());
        observations.extend(price.and_then(|price| Observation::new(day, price)));
        day = day.saturating_add(Span::new().days(1));
    }
    observations
}

impl Current {
    /// Takes a quote over, or says why not.
    fn take(&mut self, record: &Path, quote: &Quote) -> Option<Flag> {
        if quote.withdrawn() {
            self.price = None;
            return None;
        }
        let price = quote.blend();
        if self.price == Some(price) {
            return None;
        }
        if self.left.contains(&price) && quote.source != self.source {
            let text = format!(
                "{} repeats a price of {} that {} had already seen replaced; the row is left out",
                quote.source, quote.model, self.source
            );
            return Some(Flag::at(Defect::LateCopy, record, quote.line, text));
        }
        self.left.extend(self.price);
        self.price = Some(price);
        self.source.clone_from(&quote.source);
        None
    }
}

/// The median, the mean of the two middle values when their number is even.
fn median(mut prices: Vec<Decimal>) -> Option<Decimal> {
    prices.sort_unstable();
    let middle = prices.len() / 2;
    let upper = *prices.get(middle)?;
    if prices.len().is_multiple_of(2) {
        Some((*prices.get(middle - 1)? + upper) / Decimal::from(2))
    } else {
        Some(upper)
    }
}

/// How late a day of the record can be: the days since the same source was last looked at.
fn recorded_late(record: &Path, quotes: &[Quote]) -> Flag {
    let mut seen: BTreeMap<&str, Date> = BTreeMap::new();
    let mut waits: Vec<f64> = Vec::new();
    for quote in quotes {
        let before = seen.insert(&quote.source, quote.date);
        if let Some(before) = before.filter(|before| *before < quote.date) {
            waits.push(f64::from(super::days_between(before, quote.date)));
        }
    }
    let most = waits.iter().copied().fold(0.0, f64::max);
    let text = format!(
        "days are those of the record, an upper bound of the day a price took effect: a source writes something about the class every {:.0} days in the median and at most {most:.0} days apart; the first source to see a price dates it",
        crate::numeric::median(&waits)
    );
    Flag::of_file(Defect::RecordedLate, record, text)
}

/// Whether a model is one that a line of a class names; both in lower case.
fn fits(pattern: &str, model: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => model.starts_with(beginning),
        None => model == pattern,
    }
}

/// Most lines of a class.
pub(super) const MOST_MODELS: usize = 10_000;

/// Days after a record's last row from which on it is told that nothing was heard since.
const LONG_SILENCE: i32 = 31;

/// The models of a class, each with its line. Names are compared without regard to case.
struct Class {
    path: PathBuf,
    patterns: Vec<(u64, String)>,
}

impl Class {
    fn load(path: &Path) -> Result<Self, HistoryError> {
        let text = text::read(path)?.text;
        let lines = (1..).zip(text.lines().map(|line| line.split('#').next().unwrap_or_default().trim()));
        let lines = lines.filter(|(_, line)| !line.is_empty());
        let patterns: Vec<(u64, String)> = lines.map(|(at, line)| (at, line.to_lowercase())).collect();
        if patterns.len() > MOST_MODELS {
            return Err(HistoryError::TooManyModels { path: path.into(), found: patterns.len() });
        }
        if patterns.is_empty() {
            Err(HistoryError::EmptyClass { path: path.into() })
        } else {
            Ok(Self { path: path.into(), patterns })
        }
    }

    fn contains(&self, model: &str) -> bool {
        let model = model.to_lowercase();
        self.patterns.iter().any(|(_, pattern)| fits(pattern, &model))
    }

    /// The lines that name no model of the record, which are mistyped or of another record.
    fn unmatched(&self, quotes: &[Quote]) -> Vec<Flag> {
        let models: std::collections::BTreeSet<String> =
            quotes.iter().map(|quote| quote.model.to_lowercase()).collect();
        let unmatched = self.patterns.iter().filter(|(_, pattern)| !models.iter().any(|model| fits(pattern, model)));
        let flag = |(line, pattern): &(u64, String)| {
            let text =
                format!("\"{}\" names no model with a price in the record; correct or drop the line", shown(pattern));
            Flag::at(Defect::ClassUnmatched, &self.path, *line, text)
        };
        unmatched.map(flag).collect()
    }

    fn flag(&self, quotes: &[Quote]) -> Flag {
        let vendors: std::collections::BTreeSet<&str> = quotes.iter().map(|quote| quote.vendor.as_str()).collect();
        let models: std::collections::BTreeSet<&str> = quotes.iter().map(|quote| quote.model.as_str()).collect();
        let text = format!(
            "that these models make the class is this file's assumption: {} lines name {} models of {} vendors in the record",
            self.patterns.len(),
            models.len(),
            vendors.len()
        );
        Flag::of_file(Defect::ClassAssumption, &self.path, text)
    }
}
