//! Which parameter the margin depends on most: the front month's margin with one parameter at a time at the ends of its
//! band.

use rayon::prelude::*;

use super::{CLOSE_OUT_DAYS, CONFIDENCE, DAY, FRONT_DAYS};
use sit_sim::calibrate::Posterior;
use sit_sim::model::{Model, ModelError, ModelSpec};
use sit_sim::risk::{FuturesRisk, RiskError, Side};

/// A parameter and the margins at the ends of its band.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// Parameter, as in the model's TOML.
    pub parameter: String,
    /// 5 % and 95 % percentile of the parameter.
    pub ends: [f64; 2],
    /// Margin of a short at these ends, as a share of the price.
    pub short: [f64; 2],
    /// Margin of a long at these ends.
    pub long: [f64; 2],
}

impl Bar {
    /// How far the margins move, the sides together.
    #[must_use]
    pub fn reach(&self) -> f64 {
        (self.short[1] - self.short[0]).abs() + (self.long[1] - self.long[0]).abs()
    }
}

/// The bars, longest first; parameters that are not uncertain are left out.
///
/// # Errors
/// [`RiskError`] when a law cannot be inverted.
pub fn bars(model: &Model, posterior: &Posterior) -> Result<Vec<Bar>, RiskError> {
    let margins = |model: &Model| -> Result<[f64; 2], RiskError> {
        let law = FuturesRisk::new(model, f64::from(FRONT_DAYS) * DAY, f64::from(CLOSE_OUT_DAYS) * DAY)?;
        let margin = |side| law.tail(side, CONFIDENCE).map(|tail| tail.var.max(tail.es));
        Ok([margin(Side::Short)?, margin(Side::Long)?])
    };
    let bars: Vec<Option<Bar>> = posterior
        .parameters
        .par_iter()
        .map(|band| {
            let ends = [band.percentiles[0], band.percentiles[4]];
            let [Ok(low), Ok(high)] = ends.map(|value| with(model, &band.name, value)) else {
                return Ok(None);
            };
            let ([low_short, low_long], [high_short, high_long]) = (margins(&low)?, margins(&high)?);
            let bar =
                Bar { parameter: band.name.clone(), ends, short: [low_short, high_short], long: [low_long, high_long] };
            Ok((band.sd > 0.0).then_some(bar))
        })
        .collect::<Result<_, RiskError>>()?;
    let mut bars: Vec<Bar> = bars.into_iter().flatten().collect();
    bars.sort_by(|a, b| b.reach().total_cmp(&a.reach()));
    Ok(bars)
}

/// The model with one parameter of its TOML changed.
fn with(model: &Model, name: &str, value: f64) -> Result<Model, ModelError> {
    let text = ModelSpec::from(model).to_toml()?;
    let mut table: toml::Table = text.parse().map_err(|error| ModelError::Syntax(format!("{error}")))?;
    let mut path = name.split('.').peekable();
    let mut place = &mut table;
    while let Some(key) = path.next() {
        if path.peek().is_none() {
            place.insert(key.into(), toml::Value::Float(value));
            break;
        }
        match place.get_mut(key).and_then(toml::Value::as_table_mut) {
            Some(inner) => place = inner,
            None => return Err(ModelError::Conflict("the model has no such factor")),
        }
    }
    Model::from_toml(&table.to_string())
}
