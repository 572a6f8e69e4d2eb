//! The market of the experiment: paths with each month's average and the futures prices at each month's start.

use super::{DAY, DAYS};
use crate::model::{Model, State};
use crate::path::{BLOCK, Key, Paths, Step};

/// Prices of contracts on a month's average under the measure that futures are priced with: what each day of the month
/// adds, by the month in which it is asked for and the days until then.
pub(super) struct Curve {
    months: Vec<Vec<Term>>,
}

/// The logarithm of a day's futures price is affine in the state.
struct Term {
    /// Of the three factors.
    weights: [f64; 3],
    /// Of what the intensity of their jumps stands above its base.
    excess: [f64; 3],
    constant: f64,
}

impl Curve {
    /// The terms of contracts up to `ahead` months ahead, asked for at the start of each of `months` months.
    pub fn new(model: &Model, months: usize, ahead: usize) -> Self {
        let priced = model.priced();
        let base = State::default();
        // Only clustered jumps leave their base intensity.
        let clustered = priced.factors().map(|factor| factor.jumps().is_some_and(|jumps| jumps.clusters().is_some()));
        let term = |month: usize, day: usize| {
            let (now, tau) = ((month * DAYS) as f64 * DAY, day as f64 * DAY);
            let drawn = priced.innovations_log_mgf(&base, now, tau, [1.0; 3]);
            let mut excess = [0.0; 3];
            for place in (0..3).filter(|place| clustered[*place]) {
                let mut above = base;
                above.excess[place] = 1.0;
                excess[place] = priced.innovations_log_mgf(&above, now, tau, [1.0; 3]) - drawn;
            }
            let weights = priced.factors().map(|factor| factor.decay(tau));
            Term { weights, excess, constant: priced.trend().at(now + tau) + drawn }
        };
        let terms = |month| (1..=ahead.min(months - month) * DAYS).map(|day| term(month, day)).collect();
        Self { months: (0..months).map(terms).collect() }
    }

    /// The price at the start of `month`, from zero, of the contract on the month that ends `ahead` months later.
    pub fn price(&self, state: &State, month: usize, ahead: usize) -> f64 {
        let terms = self.months.get(month).map(Vec::as_slice).unwrap_or_default();
        let days = terms.iter().skip((ahead - 1) * DAYS).take(DAYS);
        let dot = |a: &[f64; 3], b: &[f64; 3]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let values = state.values();
        let price =
            |term: &Term| (term.constant + dot(&values, &term.weights) + dot(&state.excess, &term.excess)).exp();
        days.map(price).sum::<f64>() / DAYS as f64
    }
}

/// A path of the market: each month's average, and at each month's start the prices of the contracts ahead.
pub(super) struct Market {
    pub averages: Vec<f64>,
    /// `futures[k][a]`: at the end of month k, of the contract that ends a + 1 months later.
    futures: Vec<Vec<f64>>,
}

impl Market {
    /// Paths of `months` months with the prices of up to `ahead` contracts, the nearest first.
    pub fn draw(model: &Model, curve: &Curve, key: Key, months: usize, ahead: usize, size: usize) -> Vec<Self> {
        let mut paths = Paths::new(model, model.start(), key, BLOCK);
        let step = Step::new(model, DAY);
        let mut all: Vec<Self> = (0..size).map(|_| Self { averages: Vec::new(), futures: Vec::new() }).collect();
        let mut averages = vec![0.0; BLOCK];
        for month in 0..months {
            for (number, path) in all.iter_mut().enumerate() {
                let state = paths.state(number);
                let contracts = 1..=ahead.min(months - month);
                let prices = contracts.map(|contract| curve.price(&state, month, contract));
                path.futures.push(prices.collect());
            }
            averages.fill(0.0);
            for _ in 0..DAYS {
                paths.advance(&step);
                paths.add_spots(&mut averages, 1.0 / DAYS as f64);
            }
            all.iter_mut().zip(&averages).for_each(|(path, average)| path.averages.push(*average));
        }
        all
    }

    /// The price at the end of month `k` of the contract on `month` (counted from zero).
    pub fn future(&self, k: usize, month: usize) -> f64 {
        self.futures.get(k).and_then(|row| row.get(month - k)).copied().unwrap_or_default()
    }

    /// The price at the end of month `k`; the average itself once the month is over.
    pub fn mark(&self, k: usize, month: usize) -> f64 {
        if k > month { self.averages.get(month).copied().unwrap_or_default() } else { self.future(k, month) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contracts_have_the_price_of_their_days_with_prices_of_risk_launches_and_clusters() {
        let model = Model::from_toml(
            "
            log_spot = 0.3
            [trend]
            slope = -0.4
            [permanent]
            sigma = 0.2
            price_of_risk = 0.5
            [reverting]
            kappa = 3.0
            sigma = 0.4
            price_of_risk = -0.3
            [reverting.jumps]
            law = 'gaussian'
            intensity = 2.0
            mean = 0.1
            sd = 0.2
            [reverting.clusters]
            decay = 20.0
            excitation = 8.0
            [[launches]]
            time = 0.3
            mean = -0.2
            sd = 0.1
            ",
        )
        .unwrap();
        let curve = Curve::new(&model, 12, 12);
        let state = State { permanent: -0.1, reverting: 0.25, excess: [0.0, 6.0, 0.0], ..State::default() };
        for (month, ahead) in [(0, 1), (0, 12), (3, 1), (3, 5), (11, 1)] {
            let now = (month * DAYS) as f64 * DAY;
            let days = (ahead - 1) * DAYS + 1..=ahead * DAYS;
            let exact: f64 = days.map(|day| model.futures_price(&state, now, day as f64 * DAY)).sum();
            let found = curve.price(&state, month, ahead);
            assert!((found / (exact / DAYS as f64) - 1.0).abs() < 1e-9, "{month} {ahead}: {found} {exact}");
        }
    }
}
