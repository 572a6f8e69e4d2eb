//! The paper's three scenarios (section 8.2), as processes, and a fourth.
//!
//! The paper describes its scenarios in words and names no parameters but the baseline's (Table 3). The others are
//! ours, chosen by its words; the fourth is what the record of list prices looks like: a steep trend, cuts that stay,
//! short spikes.

use crate::model::{Model, ModelError};

/// Demand explodes: the level rises, shortages are more frequent and larger.
const OPTIMISTIC: &str = "
    log_spot = 0.6931471805599453
    [trend]
    level = 0.6931471805599453
    slope = 0.35
    seasonal_amplitude = 0.08
    seasonal_period = 1.0
    form = 'moving-target'
    [reverting]
    kappa = 2.5
    sigma = 0.50
    [reverting.jumps]
    law = 'gaussian'
    intensity = 5.0
    mean = 0.15
    sd = 0.25
";

/// Technology runs ahead: the level halves every year, jumps go down.
const PESSIMISTIC: &str = "
    log_spot = 0.6931471805599453
    [trend]
    level = 0.6931471805599453
    slope = -0.70
    seasonal_amplitude = 0.08
    seasonal_period = 1.0
    form = 'moving-target'
    [reverting]
    kappa = 2.5
    sigma = 0.45
    [reverting.jumps]
    law = 'gaussian'
    intensity = 4.0
    mean = -0.10
    sd = 0.25
";

/// Slope, cuts and spikes of the size found in public records of list prices.
const LIST_PRICES: &str = "
    log_spot = 0.6931471805599453
    [trend]
    level = 0.6931471805599453
    slope = -0.9
    [permanent]
    sigma = 0.15
    [permanent.jumps]
    law = 'gaussian'
    intensity = 3.0
    mean = -0.25
    sd = 0.20
    [spike]
    kappa = 84.0
    [spike.jumps]
    law = 'gaussian'
    intensity = 2.5
    mean = 0.0
    sd = 0.41
";

/// The scenarios by name.
///
/// # Errors
/// None in practice: the parameters are constants that a test builds.
pub fn scenarios() -> Result<[(&'static str, Model); 4], ModelError> {
    Ok([
        ("baseline", Model::paper()),
        ("optimistic", Model::from_toml(OPTIMISTIC)?),
        ("pessimistic", Model::from_toml(PESSIMISTIC)?),
        ("list-prices", Model::from_toml(LIST_PRICES)?),
    ])
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_scenarios_are_models() {
        assert!(super::scenarios().is_ok());
    }
}
