//! List prices and quality of models: an own table, or the price map of LiteLLM.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value;
use sit_engine::oracle::{Quote, Rules, adjusted_price};

use crate::HedgeError;
use crate::usage::decimal;

/// Prices of one model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Priced {
    /// Atoms per million tokens.
    pub quote: Quote,
    /// Quality in the unit of the index's reference score.
    pub score: u16,
}

/// Prices by the name of the model.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Prices(BTreeMap<String, Priced>);

impl Prices {
    /// A table `model,input,output,quality` in US dollars per million tokens (quality may be left out: the reference's)
    /// or the JSON of LiteLLM's price map, in which every model has the reference's quality.
    ///
    /// # Errors
    /// [`HedgeError`] for a row that holds no prices.
    pub fn parse(text: &str, rules: &Rules) -> Result<Self, HedgeError> {
        if text.trim_start().starts_with('{') { Self::of_map(text, rules) } else { Self::of_table(text, rules) }
    }

    fn of_map(text: &str, rules: &Rules) -> Result<Self, HedgeError> {
        let no = |error| HedgeError::Format(format!("the price map is no JSON: {error}"));
        let value: BTreeMap<String, Value> = serde_json::from_str(text).map_err(no)?;
        let mut prices = BTreeMap::new();
        for (model, entry) in value {
            let price = |name: &str| {
                let number = entry.get(name)?.as_number()?.to_string();
                atoms(decimal(&number)?, 1_000_000_000_000)
            };
            // Models of images and sound have no price per token.
            if let (Some(input), Some(output)) = (price("input_cost_per_token"), price("output_cost_per_token")) {
                let quote = Quote { input, output, volume: 0 };
                prices.insert(model, Priced { quote, score: rules.reference_score });
            }
        }
        Ok(Self(prices))
    }

    fn of_table(text: &str, rules: &Rules) -> Result<Self, HedgeError> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
        let mut prices = BTreeMap::new();
        for (place, record) in reader.records().enumerate() {
            let wrong = |reason: String| HedgeError::Row { row: place + 2, reason };
            let record = record.map_err(|error| wrong(error.to_string()))?;
            let price = |column: usize, name: &str| {
                let text = record.get(column).unwrap_or_default();
                decimal(text).and_then(|price| atoms(price, 1_000_000)).ok_or_else(|| {
                    wrong(format!("`{text}` is no {name} price: US dollars per million tokens, up to 4294"))
                })
            };
            let quote = Quote { input: price(1, "input")?, output: price(2, "output")?, volume: 0 };
            let score = match record.get(3).filter(|text| !text.is_empty()) {
                None => rules.reference_score,
                Some(text) => text.parse().ok().filter(|score| *score > 0).ok_or_else(|| {
                    wrong(format!("`{text}` is no quality: 1 to 65535, the reference is {}", rules.reference_score))
                })?,
            };
            prices.insert(record.get(0).unwrap_or_default().to_owned(), Priced { quote, score });
        }
        Ok(Self(prices))
    }

    /// Prices of a model by its name, or by its name without its provider (`openai/gpt-x`).
    ///
    /// # Errors
    /// [`HedgeError::Unpriced`], also for prices of zero.
    pub fn of(&self, model: &str) -> Result<Priced, HedgeError> {
        let short = model.rsplit('/').next().unwrap_or(model);
        let found = self.0.get(model).or_else(|| self.0.get(short)).copied();
        found.filter(|priced| priced.quote.output > 0).ok_or_else(|| HedgeError::Unpriced(model.to_owned()))
    }

    /// Other prices take the place of these.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

impl Priced {
    /// Standard tokens in what was used: its cost at these list prices over the index's price of the model. With the
    /// index's own mix of input and output that is the number of tokens times quality. To the nearest SIT.
    #[must_use]
    pub fn sit(&self, input: u64, output: u64, rules: &Rules) -> u128 {
        let cost = |tokens: u64, price: u32| u128::from(tokens) * u128::from(price);
        let cost = cost(input, self.quote.input) + cost(output, self.quote.output);
        let price = u128::from(adjusted_price(&self.quote, self.score, rules).max(1));
        (cost + price / 2) / price
    }
}

/// A price in atoms, to the nearest, halves to even.
fn atoms(price: Decimal, per: i64) -> Option<u32> {
    price.checked_mul(Decimal::from(per))?.round().to_u32()
}
