//! A model as a list of numbers, for hashes: two models that differ in any parameter have different lists.

use super::{Factor, JumpLaw, Jumps, Model};

impl Model {
    /// Trend, factors, start, launches. A factor is its rates, its jumps and clusters, and the jumps that it is priced
    /// with; jumps are the kind of their law (0 none, 1 Gaussian, 2 double exponential), their intensity and three
    /// parameters.
    #[must_use]
    pub fn numbers(&self) -> Vec<f64> {
        let (amplitude, period, phase) = self.trend.season();
        let mut numbers = vec![self.trend.level(), self.trend.slope(), amplitude, period, phase];
        numbers.extend(self.factors().into_iter().flat_map(of_factor));
        numbers.extend(self.start.values());
        numbers.extend(self.start.excess);
        let launches = self.launches.all().iter();
        numbers.extend(launches.flat_map(|launch| [launch.time(), launch.mean(), launch.sd(), launch.factor() as f64]));
        numbers
    }
}

fn of_factor(factor: &Factor) -> Vec<f64> {
    let rates = [factor.kappa(), factor.drift(), factor.sigma(), factor.price_of_risk()];
    let clusters = factor.jumps().and_then(Jumps::clusters);
    let clusters = clusters.map_or([0.0; 3], |clusters| [clusters.excitation(), clusters.decay(), clusters.start()]);
    [&rates[..], &of_jumps(factor.jumps()), &clusters, &of_jumps(factor.priced_jumps())].concat()
}

fn of_jumps(jumps: Option<&Jumps>) -> [f64; 5] {
    match jumps.map(|jumps| (jumps.intensity(), jumps.law())) {
        None => [0.0; 5],
        Some((intensity, JumpLaw::Gaussian { mean, sd })) => [1.0, intensity, mean, sd, 0.0],
        Some((intensity, JumpLaw::DoubleExponential { p_up, eta_up, eta_down })) => {
            [2.0, intensity, p_up, eta_up, eta_down]
        }
    }
}
