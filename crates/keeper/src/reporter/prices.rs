//! Prices as a batch: exact, complete, fresh, plausible, and not far from those before, or refused in a sentence.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::str::FromStr;
use std::time::UNIX_EPOCH;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use serde_json::Value;
use sit_engine::calendar::{DAY, Day};
use sit_engine::oracle::{Entry, IndexState, LINK_ONE, MAX_VOLUME, Quote, Scores, Setup, Submission, adjusted_price};
use sit_engine::units::Seconds;
use sit_sim::history::{UNIT_ERROR_FACTOR, USUAL_PRICES};

use super::web::LONGEST;
use super::{Fetch, Mapping, Provider, Source, Unit, Unusable, json};

/// How far the time of a source may lie ahead of the chain's: clocks differ, but not by more than five minutes.
const AHEAD: i64 = 300;

/// The least and the largest price, in quote atoms for a million tokens: 0.001 and 1,000 US dollars. Outside of it the
/// loader of price histories suspects another unit.
pub const PLAUSIBLE: (u64, u64) = (1_000, 1_000_000_000);
const _: () =
    assert!(PLAUSIBLE.0 as f64 == *USUAL_PRICES.start() * 1e6 && PLAUSIBLE.1 as f64 == *USUAL_PRICES.end() * 1e6);

/// A price that is so many times another one, or more, is in another unit until a person says that it is not: the
/// factor of the loader of price histories.
pub const UNIT_FACTOR: u64 = 20;
const _: () = assert!(UNIT_FACTOR as f64 == UNIT_ERROR_FACTOR);

/// How near a reading in another unit comes to what is known, to explain a price.
const UNIT_NEAR: u64 = 3;

/// Digits of a number at most, with its sign, mark and exponent.
const MOST_DIGITS: usize = 64;

/// A person's word that two prices of a provider are its list prices: for the batch of one day, and only with these
/// numbers. Written `2026-12-07/3/2500000/10000000`: day, provider, input and output price in quote atoms for a million
/// tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The day.
    pub day: Day,
    /// The provider's number.
    pub provider: u8,
    /// Quote atoms for a million input tokens.
    pub input: u32,
    /// Quote atoms for a million output tokens.
    pub output: u32,
}

impl fmt::Display for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.day.date();
        let Self { provider, input, output, .. } = self;
        write!(f, "{:04}-{:02}-{:02}/{provider}/{input}/{output}", date.year, date.month, date.day)
    }
}

impl FromStr for Accepted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let parts: Vec<&str> = text.split('/').collect();
            let [day, provider, input, output] = parts[..] else { return None };
            let since = Date::constant(1970, 1, 1).until(day.parse::<Date>().ok()?).ok()?.get_days();
            Some(Self {
                day: Day(u32::try_from(since).ok()?),
                provider: provider.parse().ok()?,
                input: input.parse().ok()?,
                output: output.parse().ok()?,
            })
        };
        read().ok_or_else(|| {
            "write it as the refusal of the prices does: day, provider, input and output price in atoms, as in \
             2026-12-07/3/2500000/10000000"
                .to_owned()
        })
    }
}

/// What a price was held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Against {
    /// The reporter's own last batch that lies open.
    Own,
    /// The index's last print: of a provider that no batch of this reporter has.
    Print,
}

/// A price that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// What to say if the provider's prices are right.
    pub accept: Accepted,
    /// The provider's name.
    pub name: String,
    /// Which of its prices.
    pub what: &'static str,
    /// What it was held against.
    pub against: Against,
    /// Quote atoms for a million tokens, before.
    pub before: u64,
    /// And now.
    pub after: u64,
    /// What unit it looks like; empty where it moved less than a unit does.
    pub hint: String,
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, what, before, after, hint, .. } = self;
        match self.against {
            Against::Own => write!(f, "the {what} of {name} goes from {before} to {after} atoms{hint}"),
            Against::Print => write!(f, "the {what} of {name} is {after} atoms where the index is {before}{hint}"),
        }
    }
}

/// What prices are held against.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The index: its basket and rules.
    pub setup: &'a Setup,
    /// The day of the batch.
    pub day: Day,
    /// The chain's time.
    pub now: Seconds,
    /// The last batch of this reporter that lies open on chain.
    pub last: Option<&'a Submission>,
    /// The index's last print before it was linked, in quote atoms ([`print_of`]).
    pub print: Option<u64>,
    /// Times of the sources in the last batch of an earlier day, Unix seconds.
    pub times: Option<&'a BTreeMap<String, i64>>,
    /// What a person has said.
    pub accepted: &'a [Accepted],
}

impl<'a> Known<'a> {
    /// Nothing but the index: no price is held against another one.
    #[must_use]
    pub const fn nothing(setup: &'a Setup, day: Day, now: Seconds) -> Self {
        Self { setup, day, now, last: None, print: None, times: None, accepted: &[] }
    }
}

/// The last print in the terms of the providers' own prices: before its link. `None` where the next print is the first,
/// or the first under new rules of pricing.
#[must_use]
pub fn print_of(state: &IndexState) -> Option<u64> {
    let print = state.last.filter(|_| !state.probation)?;
    u64::from(print.price).checked_mul(LINK_ONE)?.checked_div(state.link)
}

/// Prices that may be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// A line for each provider of the mapping, in ascending order.
    pub entries: Vec<Entry>,
    /// The times of the sources, Unix seconds.
    pub times: BTreeMap<String, i64>,
    /// What a person has said and was needed.
    pub accepted: Vec<Accepted>,
    /// Sources that may be older than a day and tell the time that they told before.
    pub standing: Vec<String>,
}

/// What a source has answered.
struct Answered {
    json: Value,
    /// Unix seconds of its prices; `None` when nothing says.
    time: Option<i64>,
}

/// Reads all prices of a mapping and holds them against the rules.
///
/// A price is rounded to the nearest quote atom for a million tokens, halves up: the index knows no smaller one.
///
/// # Errors
/// [`Unusable`]: nothing is sent that is stale, missing, no price, of another unit, or far from what it was. The batch
/// is refused as a whole, since the oracle takes no other (`IncompleteBatch`).
pub fn read(mapping: &Mapping, fetch: &mut dyn Fetch, known: &Known<'_>) -> Result<Batch, Unusable> {
    let mut told = BTreeMap::new();
    let mut batch = Batch::default();
    for (name, source) in &mapping.source {
        let answer = ask(mapping, name, source, fetch, known.now)?;
        if let Some(time) = answer.time {
            batch.times.insert(name.clone(), time);
            if known.times.is_some_and(|times| times.get(name) == Some(&time)) {
                // A source whose prices may be no older than a day tells new ones every day.
                if source.max_age <= u64::from(DAY) {
                    return Err(Unusable::Frozen { origin: name.clone(), time });
                }
                batch.standing.push(name.clone());
            }
        }
        told.insert(name.clone(), answer);
    }
    for provider in &mapping.provider {
        let name = provider.source.clone().unwrap_or_default();
        let Some(told) = told.get(&name) else { continue };
        batch.entries.push(entry(mapping, provider, &told.json, known)?);
    }
    let lacks = |number: u8| !batch.entries.iter().any(|entry| entry.provider == number);
    let covered = |number: u8| known.setup.basket.covers(known.day, usize::from(number));
    if let Some(number) = (0..u8::MAX).find(|number| covered(*number) && lacks(*number)) {
        return Err(Unusable::Incomplete(number));
    }
    let mut held = Vec::new();
    for entry in &batch.entries {
        let holds = holds(mapping, entry, known);
        let said =
            Accepted { day: known.day, provider: entry.provider, input: entry.quote.input, output: entry.quote.output };
        if !holds.is_empty() && known.accepted.contains(&said) {
            batch.accepted.push(said);
        } else {
            held.extend(holds);
        }
    }
    if held.is_empty() { Ok(batch) } else { Err(Unusable::Held(held)) }
}

fn ask(
    mapping: &Mapping,
    name: &str,
    source: &Source,
    fetch: &mut dyn Fetch,
    now: Seconds,
) -> Result<Answered, Unusable> {
    let silent = |why: String| Unusable::Silent { origin: name.to_owned(), why };
    let (bytes, written) = match (&source.file, &source.url) {
        (Some(file), _) => {
            let path = mapping.folder.join(file);
            let why = |error: std::io::Error| silent(format!("{}: {error}", path.display()));
            let written = std::fs::metadata(&path).and_then(|about| about.modified()).map_err(why)?;
            let written = written.duration_since(UNIX_EPOCH).ok().and_then(|since| i64::try_from(since.as_secs()).ok());
            let mut bytes = Vec::new();
            let mut file = std::fs::File::open(&path).map_err(why)?.take(LONGEST + 1);
            file.read_to_end(&mut bytes).map_err(why)?;
            if bytes.len() as u64 > LONGEST {
                return Err(silent(format!("{} is longer than {LONGEST} bytes", path.display())));
            }
            (bytes, written)
        }
        (None, Some(url)) => {
            let mut headers = Vec::new();
            for (header, value) in &source.headers {
                let value = match value.strip_prefix('$') {
                    Some(variable) => std::env::var(variable).map_err(|_| {
                        silent(format!("the header {header} wants the variable {variable}, which is not set"))
                    })?,
                    None => value.clone(),
                };
                headers.push((header.clone(), value));
            }
            (fetch.fetch(url, &headers, source.body.as_deref()).map_err(silent)?, None)
        }
        (None, None) => return Err(silent("it has neither a file nor a url".to_owned())),
    };
    let json = json::read(&bytes).map_err(|error| silent(format!("what it gives is no JSON: {error}")))?;
    let time = match &source.time {
        Some(pointer) => {
            let value = json.pointer(pointer).ok_or_else(|| silent(format!("there is nothing at {pointer}")))?;
            let read = value.as_str().and_then(|text| {
                text.parse::<i64>().ok().or_else(|| Timestamp::from_str(text).ok().map(Timestamp::as_second))
            });
            Some(read.ok_or_else(|| {
                silent(format!("what stands at {pointer} is no time: Unix seconds, or as in 2026-12-07T12:00:00Z"))
            })?)
        }
        None => written,
    };
    let told = Answered { json, time };
    let now = i64::from(now.0);
    if let Some(time) = told.time {
        if now.saturating_sub(time) > i64::try_from(source.max_age).unwrap_or(i64::MAX) {
            let (origin, age, most) = (name.to_owned(), now.saturating_sub(time), source.max_age);
            return Err(Unusable::Stale { origin, age, most });
        }
        if source.time.is_some() && time.saturating_sub(now) > AHEAD {
            return Err(Unusable::Ahead { origin: name.to_owned(), ahead: time.saturating_sub(now) });
        }
    }
    Ok(told)
}

fn entry(mapping: &Mapping, provider: &Provider, json: &Value, known: &Known<'_>) -> Result<Entry, Unusable> {
    let unit = provider.unit.unwrap_or(mapping.unit);
    let last = known.last.and_then(|last| last.quote(usize::from(provider.number)));
    let before = |of: fn(&Quote) -> u32| last.map(|quote| u64::from(of(quote))).or(known.print);
    let input = price(provider, "input price", &provider.input, json, unit, before(|quote| quote.input))?;
    let output = price(provider, "output price", &provider.output, json, unit, before(|quote| quote.output))?;
    let volume = match &provider.volume {
        None => 0,
        Some(pointer) => {
            let number = number(provider, "volume", pointer, json)?;
            let whole = number.trunc().to_u64().filter(|volume| *volume <= MAX_VOLUME);
            whole.ok_or_else(|| bad(provider, "volume", pointer, &number.to_string(), "a volume below 2^40 million"))?
        }
    };
    Ok(Entry { provider: provider.number, quote: Quote { input, output, volume } })
}

fn bad(provider: &Provider, what: &'static str, pointer: &str, found: &str, wanted: &'static str) -> Unusable {
    let mut short: String = found.chars().take(40).collect();
    if short.len() < found.len() {
        short.push_str("...");
    }
    Unusable::NoPrice { provider: provider.name.clone(), what, pointer: pointer.to_owned(), found: short, wanted }
}

/// A number as it is written, to its last digit; not below zero.
fn number(provider: &Provider, what: &'static str, pointer: &str, json: &Value) -> Result<Decimal, Unusable> {
    let wanted = "a number in digits";
    let value = json.pointer(pointer).ok_or_else(|| bad(provider, what, pointer, "nothing", wanted))?;
    let Value::String(text) = value else { return Err(bad(provider, what, pointer, &value.to_string(), wanted)) };
    let text = text.trim();
    if text.is_empty() {
        return Err(bad(provider, what, pointer, "an empty text", wanted));
    }
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    if !plain {
        return Err(bad(provider, what, pointer, text, wanted));
    }
    let wanted = "a number of at most 28 digits";
    let number = exact(text).ok_or_else(|| bad(provider, what, pointer, text, wanted))?;
    if number.is_sign_negative() && !number.is_zero() {
        return Err(bad(provider, what, pointer, text, "a number that is not negative"));
    }
    Ok(number)
}

/// A decimal with its exponent; `None` where it cannot be held to its last digit.
fn exact(text: &str) -> Option<Decimal> {
    if text.len() > MOST_DIGITS {
        return None;
    }
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let number = Decimal::from_str_exact(mantissa).ok()?;
    let exponent: i32 = exponent.parse().ok()?;
    if exponent >= 0 { raised(number, exponent.unsigned_abs()) } else { lowered(number, exponent.unsigned_abs()) }
}

/// A decimal times a power of ten, exactly.
fn raised(mut number: Decimal, power: u32) -> Option<Decimal> {
    let shift = power.min(number.scale());
    number.set_scale(number.scale().checked_sub(shift)?).ok()?;
    let mut left = power.checked_sub(shift)?;
    while left > 0 && !number.is_zero() {
        // A whole number here: what does not fit is refused, and nothing is rounded.
        number = number.checked_mul(Decimal::TEN)?;
        left = left.checked_sub(1)?;
    }
    Some(number)
}

/// A decimal divided by a power of ten, exactly.
fn lowered(mut number: Decimal, power: u32) -> Option<Decimal> {
    number.set_scale(number.scale().checked_add(power)?).ok()?;
    Some(number)
}

/// A number of a unit in quote atoms for a million tokens, to the nearest, halves up; `None` where that is no plausible
/// price.
fn plausible(number: Decimal, unit: Unit) -> Option<u32> {
    let atoms = raised(number, unit.power())?;
    if atoms < Decimal::from(PLAUSIBLE.0) || atoms > Decimal::from(PLAUSIBLE.1) {
        return None;
    }
    atoms.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero).to_u32()
}

/// A price in quote atoms for a million tokens.
fn price(
    provider: &Provider,
    what: &'static str,
    pointer: &str,
    json: &Value,
    unit: Unit,
    before: Option<u64>,
) -> Result<u32, Unusable> {
    let number = number(provider, what, pointer, json)?;
    if number.is_zero() {
        return Err(bad(provider, what, pointer, "zero", "a price above zero"));
    }
    plausible(number, unit).ok_or_else(|| Unusable::Implausible {
        provider: provider.name.clone(),
        what,
        pointer: pointer.to_owned(),
        found: format!("{} in {}", number.normalize(), unit.name()),
        hint: looks_like(provider, number, unit, before)
            .unwrap_or_else(|| "in no unit is it a price: correct the source, or the pointer in the mapping".to_owned())
            .into(),
    })
}

/// What unit a number looks like that is no price in its own: the one that brings it next to what is known, if
/// that is within a factor of [`UNIT_NEAR`]; where nothing is known, each in which it is plausible.
fn looks_like(provider: &Provider, number: Decimal, own: Unit, before: Option<u64>) -> Option<String> {
    let readings = Unit::ALL.into_iter().filter(|unit| *unit != own);
    let mut readings: Vec<(Unit, u32)> =
        readings.filter_map(|unit| plausible(number, unit).map(|price| (unit, price))).collect();
    if let Some(before) = before {
        let ratio = |price: u32| {
            let (low, high) = (u64::from(price).min(before), u64::from(price).max(before));
            // Prices are below 2^30 or so, and a print below 2^63: thousandths fit.
            u128::from(high).saturating_mul(1_000).checked_div(low.into()).unwrap_or(u128::MAX)
        };
        readings.retain(|(_, price)| ratio(*price) <= u128::from(UNIT_NEAR) * 1_000);
        readings.sort_by_key(|(_, price)| ratio(*price));
        readings.truncate(1);
    }
    let first = readings.first()?;
    let dollars = |price: u32| Decimal::new(price.into(), 6).normalize();
    let each: Vec<String> =
        readings.iter().map(|(unit, price)| format!("{} US dollars as {}", dollars(*price), unit.name())).collect();
    let (number, write) = (provider.number, first.0.name());
    let write = if readings.len() == 1 {
        format!("unit = \"{write}\" for provider {number} in the mapping")
    } else {
        format!("the right one as in unit = \"{write}\" for provider {number} in the mapping")
    };
    Some(format!("it would be {}: if the source has that unit, write {write}", each.join(", ")))
}

/// The prices of a provider that move as no price does without a person knowing why.
fn holds(mapping: &Mapping, entry: &Entry, known: &Known<'_>) -> Vec<Hold> {
    let Some(provider) = mapping.provider.iter().find(|provider| provider.number == entry.provider) else {
        return Vec::new();
    };
    let unit = provider.unit.unwrap_or(mapping.unit);
    let Quote { input, output, .. } = entry.quote;
    let accept = Accepted { day: known.day, provider: entry.provider, input, output };
    let ends = |before: u64, after: u64| (u128::from(before.min(after)), u128::from(before.max(after)));
    let by_unit = |before: u64, after: u64| {
        let (low, high) = ends(before, after);
        high >= low * u128::from(UNIT_FACTOR)
    };
    let jumps = |before: u64, after: u64| {
        let (low, high) = ends(before, after);
        high * 10_000 > low * u128::from(mapping.max_jump_bps)
    };
    let hint = |before: u64, after: u64| {
        // A whole number of atoms is what the price was read as: its other readings follow from that.
        let read = i64::try_from(after).ok().map(|after| Decimal::new(after, unit.power()));
        match read.and_then(|read| looks_like(provider, read, unit, Some(before))) {
            Some(unit) => format!(", as it does when the unit changes: {unit}"),
            None => format!(", a factor of {UNIT_FACTOR} or more, which no unit explains"),
        }
    };
    let hold = |what, against, before, after, hint| Hold {
        accept,
        name: provider.name.clone(),
        what,
        against,
        before,
        after,
        hint,
    };
    let mut held = Vec::new();
    if let Some(last) = known.last.and_then(|last| last.quote(usize::from(entry.provider))) {
        for (what, before, after) in [("input price", last.input, input), ("output price", last.output, output)] {
            let (before, after) = (u64::from(before), u64::from(after));
            if by_unit(before, after) {
                held.push(hold(what, Against::Own, before, after, hint(before, after)));
            } else if jumps(before, after) {
                held.push(hold(what, Against::Own, before, after, String::new()));
            }
        }
    } else if let Some(print) = known.print {
        let basket = &known.setup.basket;
        let score = |scores: &Scores| scores.get(usize::from(entry.provider)).copied().filter(|score| *score > 0);
        let score = score(&basket.current).or_else(|| basket.next_on(known.day).and_then(score));
        // A provider that the basket does not ask for counts nothing.
        let Some(score) = score else { return held };
        let after = adjusted_price(&entry.quote, score, &known.setup.rules);
        if by_unit(print, after) {
            let what = "price, by blend and quality,";
            held.push(hold(what, Against::Print, print, after, hint(print, after)));
        }
    }
    held
}
