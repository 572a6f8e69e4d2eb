//! Usage files: tokens in and out by day or month and model.
//!
//! A table or JSON becomes rows of named fields, and the names tell whose export it is. Tokens read from a cache cost a
//! fraction of an input token, which the index does not know, so whoever has them says whether they count.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value;

use crate::HedgeError;

/// Most tokens of one row: more than the world uses in a year. Sums of two million rows stay far below 2^127.
const MOST_TOKENS: u64 = 1 << 60;

/// Whose export a file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// `date, model, input_tokens, output_tokens`.
    Simple,
    /// Usage export of OpenAI, table or JSON.
    OpenAi,
    /// Usage export of Anthropic, table or JSON.
    Anthropic,
    /// Spend logs of LiteLLM.
    LiteLlm,
    /// Activity export of OpenRouter.
    OpenRouter,
}

impl Source {
    /// What people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Simple => "plain table",
            Self::OpenAi => "OpenAI usage export",
            Self::Anthropic => "Anthropic usage export",
            Self::LiteLlm => "LiteLLM spend logs",
            Self::OpenRouter => "OpenRouter activity",
        }
    }
}

/// What a file leaves open.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// Whether `03/04/2026` is the third of April; `None` refuses it.
    pub day_first: Option<bool>,
    /// Whether tokens read from a cache count as input; `None` refuses them.
    pub count_cached: Option<bool>,
}

/// One row that counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// Day, or the first of the month.
    pub date: Date,
    /// Model, as written.
    pub model: String,
    /// Input tokens.
    pub input: u64,
    /// Output tokens.
    pub output: u64,
    /// What it cost in atoms, to the nearest, if the file says so.
    pub cost: Option<i128>,
}

/// A file, understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Usage {
    /// Whose export.
    pub source: Source,
    /// Whether the dates are whole months.
    pub by_month: bool,
    /// At least one row.
    pub rows: Vec<Row>,
}

impl Usage {
    /// The first and the last day; of whole months the last day of the last.
    #[must_use]
    pub fn span(&self) -> Option<(Date, Date)> {
        let last = self.rows.iter().map(|row| row.date).max()?;
        let last = if self.by_month { last.last_of_month() } else { last };
        Some((self.rows.iter().map(|row| row.date).min()?, last))
    }

    /// Input and output tokens of all rows.
    #[must_use]
    pub fn tokens(&self) -> (u128, u128) {
        let sum = |of: fn(&Row) -> u64| self.rows.iter().map(|row| u128::from(of(row))).sum();
        (sum(|row| row.input), sum(|row| row.output))
    }

    /// Cost in atoms, if every row has one.
    #[must_use]
    pub fn cost(&self) -> Option<i128> {
        self.rows.iter().map(|row| row.cost).sum()
    }

    /// Models, in order.
    #[must_use]
    pub fn models(&self) -> Vec<&str> {
        let set: std::collections::BTreeSet<&str> = self.rows.iter().map(|row| row.model.as_str()).collect();
        set.into_iter().collect()
    }
}

type Fields = BTreeMap<String, String>;

/// Reads a usage file.
///
/// # Errors
/// [`HedgeError`] for what is no usage export, or a row that is broken or ambiguous.
pub fn parse(text: &str, options: Options) -> Result<Usage, HedgeError> {
    let records = records(text)?;
    let Some((_, first)) = records.first() else {
        return Err(HedgeError::Format("the usage file has no rows".into()));
    };
    let source = source(first)?;
    let mut rows = Vec::with_capacity(records.len());
    let mut months = 0_usize;
    for (number, fields) in &records {
        let wrong = |reason: String| HedgeError::Row { row: *number, reason };
        let (date, month) = date(fields, options).map_err(wrong)?;
        months += usize::from(month);
        let model = get(fields, &["model", "model_version", "snapshot_id"])
            .ok_or_else(|| wrong("no model is named; group the export by model".into()))?;
        let (input, output) = tokens(source, fields, options).map_err(wrong)?;
        let cost = get(fields, &["spend", "usage", "cost", "cost_usd"]).map(atoms).transpose().map_err(wrong)?;
        rows.push(Row { date, model: model.to_owned(), input, output, cost });
    }
    if months != 0 && months != rows.len() {
        return Err(HedgeError::Format("some rows are of days and some of whole months: use one of the two".into()));
    }
    Ok(Usage { source, by_month: months > 0, rows })
}

fn get<'a>(fields: &'a Fields, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| fields.get(*name)).map(|text| text.trim()).filter(|text| !text.is_empty())
}

fn source(fields: &Fields) -> Result<Source, HedgeError> {
    let has = |name: &str| fields.contains_key(name);
    if has("usage_date_utc") || has("uncached_input_tokens") {
        Ok(Source::Anthropic)
    } else if has("starttime") && has("prompt_tokens") {
        Ok(Source::LiteLlm)
    } else if has("prompt_tokens") && has("date") {
        Ok(Source::OpenRouter)
    } else if has("start_time") && has("input_tokens") {
        Ok(Source::OpenAi)
    } else if has("input_tokens") && has("output_tokens") && (has("date") || has("month")) {
        Ok(Source::Simple)
    } else {
        let names: Vec<&str> = fields.keys().map(String::as_str).take(12).collect();
        Err(HedgeError::Format(format!(
            "the columns ({}) are of no usage export that is known: write date,model,input_tokens,output_tokens",
            names.join(", ")
        )))
    }
}

/// Input and output tokens of a row.
fn tokens(source: Source, fields: &Fields, options: Options) -> Result<(u64, u64), String> {
    let count = |names: &[&str]| get(fields, names).map_or(Ok(0), whole);
    let need = |names: &[&str]| get(fields, names).ok_or_else(|| format!("`{}` is empty", names[0])).and_then(whole);
    let output = need(&["output_tokens", "usage_output_tokens", "completion_tokens"])?;
    let (uncached, cached) = match source {
        Source::Anthropic => {
            let plain = need(&["usage_input_tokens_no_cache", "uncached_input_tokens"])?;
            let written = [
                "usage_input_tokens_cache_write_5m",
                "usage_input_tokens_cache_write_1h",
                "ephemeral_5m_input_tokens",
                "ephemeral_1h_input_tokens",
            ];
            let mut sum = plain;
            for name in written {
                sum = sum.saturating_add(count(&[name])?);
            }
            (sum, count(&["usage_input_tokens_cache_read", "cache_read_input_tokens"])?)
        }
        Source::OpenAi => {
            let all = need(&["input_tokens"])?;
            let cached = count(&["input_cached_tokens"])?;
            let left = all.checked_sub(cached).ok_or("more input tokens are cached than there are")?;
            (left, cached)
        }
        Source::Simple | Source::LiteLlm | Source::OpenRouter => (need(&["input_tokens", "prompt_tokens"])?, 0),
    };
    let input = match (cached, options.count_cached) {
        (0, _) | (_, Some(false)) => uncached,
        (cached, Some(true)) => uncached.saturating_add(cached),
        (cached, None) => {
            return Err(format!(
                "{cached} input tokens were read from a cache, at a fraction of the price: say whether they count with \
                 --cached count or --cached leave-out"
            ));
        }
    };
    Ok((input, output))
}

/// A whole number of tokens.
fn whole(text: &str) -> Result<u64, String> {
    let digits = text.strip_suffix(".0").unwrap_or(text);
    let number = digits.parse::<u64>().ok().filter(|number| *number <= MOST_TOKENS);
    number.ok_or_else(|| format!("`{text}` is no number of tokens: write plain digits, without separators"))
}

/// A decimal as it is written, also with an exponent.
pub(crate) fn decimal(text: &str) -> Option<Decimal> {
    let text = text.trim().trim_start_matches('$');
    text.parse().ok().or_else(|| Decimal::from_scientific(text).ok())
}

/// US dollars in atoms, to the nearest, halves to even.
fn atoms(text: &str) -> Result<i128, String> {
    let dollars = decimal(text).and_then(|dollars| dollars.checked_mul(Decimal::from(1_000_000)));
    dollars
        .and_then(|atoms| atoms.round().to_i128())
        .ok_or_else(|| format!("`{text}` is no cost in US dollars: write it as 1234.56"))
}

/// The day of a row, and whether it stands for its month.
fn date(fields: &Fields, options: Options) -> Result<(Date, bool), String> {
    let names = ["date", "usage_date_utc", "start_time_iso", "starttime", "starting_at", "start_time", "month"];
    let text = get(fields, &names).ok_or("it has no date")?;
    let bad = || format!("`{text}` is no date: write it as 2026-03-31, or 2026-03 for a month");
    if text.len() >= 9 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let time = text.parse().ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok()).ok_or_else(bad)?;
        return Ok((time.to_zoned(jiff::tz::TimeZone::UTC).date(), false));
    }
    if let Some(parts) = slashed(text) {
        let [a, b, year] = parts;
        let day_first = match (options.day_first, a > 12, b > 12) {
            (Some(first), ..) => first,
            (None, true, false) => true,
            (None, false, true) => false,
            _ => return Err(format!("`{text}` is two dates: say which with --date-format day-first or month-first")),
        };
        let (day, month) = if day_first { (a, b) } else { (b, a) };
        return Date::new(year, month as i8, day as i8).map(|date| (date, false)).map_err(|_| bad());
    }
    if text.len() == 7 {
        return format!("{text}-01").parse().map(|date| (date, true)).map_err(|_| bad());
    }
    text.get(..10).and_then(|day| day.parse().ok()).map(|date| (date, false)).ok_or_else(bad)
}

fn slashed(text: &str) -> Option<[i16; 3]> {
    let mut parts = text.splitn(3, '/').map(|part| part.parse::<i16>().ok().filter(|part| (1..=9999).contains(part)));
    let found = [parts.next()??, parts.next()??, parts.next()??];
    (found[0] <= 31 && found[1] <= 31).then_some(found)
}

/// Rows of named fields with their numbers.
fn records(text: &str) -> Result<Vec<(usize, Fields)>, HedgeError> {
    if text.trim_start().starts_with(['[', '{']) {
        return json_records(text);
    }
    let header = text.lines().next().unwrap_or_default();
    let separator = [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|separator| (header.bytes().filter(|byte| byte == separator).count(), *separator == b','))
        .unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).from_reader(text.as_bytes());
    let broken = |error: csv::Error| {
        let row = error.position().map_or(1, |at| usize::try_from(at.line()).unwrap_or(usize::MAX));
        HedgeError::Row { row, reason: format!("{error}; every row needs as many fields as the header") }
    };
    let names: Vec<String> =
        reader.headers().map_err(broken)?.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
    let mut records = Vec::new();
    for (place, record) in reader.records().enumerate() {
        let record = record.map_err(broken)?;
        let fields = names.iter().cloned().zip(record.iter().map(str::to_owned)).collect();
        records.push((place + 2, fields));
    }
    Ok(records)
}

/// JSON: a list of rows, `{"data": [...]}`, or buckets of time with `results`.
fn json_records(text: &str) -> Result<Vec<(usize, Fields)>, HedgeError> {
    let no = |reason: String| HedgeError::Format(reason);
    let value: Value = serde_json::from_str(text).map_err(|error| no(format!("it is no JSON: {error}")))?;
    if value.get("has_more") == Some(&Value::Bool(true)) {
        return Err(no("it is one page of several (has_more): join their `data` in one file".into()));
    }
    let list = value.get("data").unwrap_or(&value).as_array();
    let list = list.ok_or_else(|| no("the JSON holds no list of rows: they stand in `data` or are the list".into()))?;
    let mut records = Vec::new();
    for item in list {
        let mut outer = Fields::new();
        flatten(item, &mut outer);
        match item.get("results").and_then(Value::as_array) {
            Some(results) => {
                for result in results {
                    let mut fields = outer.clone();
                    flatten(result, &mut fields);
                    records.push((records.len() + 1, fields));
                }
            }
            None => records.push((records.len() + 1, outer)),
        }
    }
    Ok(records)
}

/// The scalars of an object and of the objects right below it.
fn flatten(value: &Value, into: &mut Fields) {
    let Some(object) = value.as_object() else { return };
    for (name, value) in object {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Object(inner) => {
                let numbers = inner.iter().filter(|(_, value)| value.is_number());
                into.extend(numbers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_string())));
                continue;
            }
            _ => continue,
        };
        into.insert(name.to_ascii_lowercase(), text);
    }
}
