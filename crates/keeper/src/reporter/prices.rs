//! Prices as a batch: exact, complete, fresh, and not far from those of yesterday, or refused in a sentence.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::UNIX_EPOCH;

use jiff::Timestamp;
use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use serde_json::Value;
use sit_engine::calendar::Day;
use sit_engine::oracle::{Basket, Entry, MAX_VOLUME, Quote, Submission};
use sit_engine::units::Seconds;
use sit_sim::history::UNIT_ERROR_FACTOR;

use super::{Fetch, Mapping, Provider, Source, Unusable};

/// How far the time of a source may lie ahead of the chain's: clocks differ, but not by more than five minutes.
const AHEAD: i64 = 300;

/// What a source has answered.
struct Told {
    json: Value,
    /// Unix seconds of its prices; `None` when nothing says.
    time: Option<i64>,
}

/// Reads all prices of a mapping and holds them against the rules. `last` is the batch that this reporter sent last,
/// with its day; `accepted` are providers whose jump a person has confirmed for this day.
///
/// A price is rounded to the nearest quote atom for a million tokens, halves up: the index knows no smaller one.
///
/// # Errors
/// [`Unusable`]: nothing is sent that is stale, missing, no price, or far from what it was.
pub fn read(
    mapping: &Mapping,
    fetch: &mut dyn Fetch,
    now: Seconds,
    basket: &Basket,
    day: Day,
    last: Option<&Submission>,
    accepted: &[u8],
) -> Result<Vec<Entry>, Unusable> {
    let mut told = BTreeMap::new();
    for (name, source) in &mapping.source {
        told.insert(name.clone(), ask(mapping, name, source, fetch, now)?);
    }
    let mut batch = Vec::new();
    for provider in &mapping.provider {
        let name = provider.source.clone().unwrap_or_default();
        let Some(told) = told.get(&name) else { continue };
        batch.push(entry(mapping, provider, &told.json)?);
    }
    let missing = (0..u8::MAX).find(|number| {
        basket.covers(day, usize::from(*number)) && !batch.iter().any(|entry| entry.provider == *number)
    });
    if let Some(number) = missing {
        return Err(Unusable::Incomplete(number));
    }
    if let Some(last) = last {
        for entry in batch.iter().filter(|entry| !accepted.contains(&entry.provider)) {
            jump(mapping, entry, last)?;
        }
    }
    Ok(batch)
}

fn ask(mapping: &Mapping, name: &str, source: &Source, fetch: &mut dyn Fetch, now: Seconds) -> Result<Told, Unusable> {
    let silent = |why: String| Unusable::Silent { origin: name.to_owned(), why };
    let (bytes, written) = match (&source.file, &source.url) {
        (Some(file), _) => {
            let path = mapping.folder.join(file);
            let why = |error: std::io::Error| silent(format!("{}: {error}", path.display()));
            let written = std::fs::metadata(&path).and_then(|about| about.modified()).map_err(why)?;
            let written = written.duration_since(UNIX_EPOCH).ok().and_then(|since| i64::try_from(since.as_secs()).ok());
            (std::fs::read(&path).map_err(why)?, written)
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
    let json: Value =
        serde_json::from_slice(&bytes).map_err(|error| silent(format!("what it gives is no JSON: {error}")))?;
    let time = match &source.time {
        Some(pointer) => {
            let value = json.pointer(pointer).ok_or_else(|| silent(format!("there is nothing at {pointer}")))?;
            let read = match value {
                Value::Number(number) => number.as_i64(),
                Value::String(text) => {
                    text.parse::<i64>().ok().or_else(|| Timestamp::from_str(text).ok().map(Timestamp::as_second))
                }
                _ => None,
            };
            Some(read.ok_or_else(|| {
                silent(format!("what stands at {pointer} is no time: Unix seconds, or as in 2026-12-07T12:00:00Z"))
            })?)
        }
        None => written,
    };
    let told = Told { json, time };
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

fn entry(mapping: &Mapping, provider: &Provider, json: &Value) -> Result<Entry, Unusable> {
    let unit = provider.unit.unwrap_or(mapping.unit);
    let input = price(provider, "input price", &provider.input, json, unit.atoms())?;
    let output = price(provider, "output price", &provider.output, json, unit.atoms())?;
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
    let found: String = found.chars().take(40).collect();
    Unusable::NoPrice { provider: provider.name.clone(), what, pointer: pointer.to_owned(), found, wanted }
}

fn number(provider: &Provider, what: &'static str, pointer: &str, json: &Value) -> Result<Decimal, Unusable> {
    let wanted = "a number";
    let value = json.pointer(pointer).ok_or_else(|| bad(provider, what, pointer, "nothing", wanted))?;
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        other => return Err(bad(provider, what, pointer, &other.to_string(), wanted)),
    };
    let read = Decimal::from_str_exact(&text).or_else(|_| Decimal::from_scientific(&text));
    let number = read.map_err(|_| bad(provider, what, pointer, &text, wanted))?;
    if number.is_sign_negative() && !number.is_zero() {
        return Err(bad(provider, what, pointer, &text, "a number that is not negative"));
    }
    Ok(number)
}

/// A price in quote atoms for a million tokens, to the nearest, halves up.
fn price(provider: &Provider, what: &'static str, pointer: &str, json: &Value, atoms: u64) -> Result<u32, Unusable> {
    let number = number(provider, what, pointer, json)?;
    let scaled = number.checked_mul(Decimal::from(atoms));
    let nearest = scaled.map(|scaled| scaled.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero));
    let price = nearest.and_then(|nearest| nearest.to_u32()).filter(|price| *price > 0);
    let wanted = "a price between a millionth of a dollar and 4,294 dollars for a million tokens";
    price.ok_or_else(|| bad(provider, what, pointer, &number.to_string(), wanted))
}

/// Whether a price moved as prices do.
fn jump(mapping: &Mapping, entry: &Entry, last: &Submission) -> Result<(), Unusable> {
    let Some(before) = last.quote(usize::from(entry.provider)) else { return Ok(()) };
    let provider = mapping.provider.iter().find(|provider| provider.number == entry.provider);
    let provider = provider.map(|provider| provider.name.clone()).unwrap_or_default();
    for (what, before, after) in
        [("input price", before.input, entry.quote.input), ("output price", before.output, entry.quote.output)]
    {
        let (low, high) = (before.min(after), before.max(after));
        if f64::from(high) > f64::from(low) * UNIT_ERROR_FACTOR {
            return Err(Unusable::OtherUnit { provider, what, before, after });
        }
        if u64::from(high) * 10_000 > u64::from(low) * u64::from(mapping.max_jump_bps) {
            return Err(Unusable::Jump { provider, number: entry.provider, what, before, after });
        }
    }
    Ok(())
}
