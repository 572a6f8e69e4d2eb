//! What everybody draws.

use sit_sim::DAYS_PER_YEAR;
use sit_sim::average;
use sit_sim::model::Model;

/// Daily steps of a path.
pub const STEPS: u32 = 91;

/// Mean reversion, per year.
pub const KAPPA: f64 = 3.0;
/// Volatility, per square root of a year.
pub const SIGMA: f64 = 0.6;
/// Jumps a year.
pub const INTENSITY: f64 = 4.0;
/// Mean of a jump.
pub const JUMP_MEAN: f64 = 0.10;
/// Standard deviation of a jump.
pub const JUMP_SD: f64 = 0.25;
/// Log price at the start.
pub const LOG_SPOT: f64 = 0.2;

/// The process and what is known of it.
pub struct Workload {
    pub model: Model,
    pub without_jumps: Model,
    /// Length of a step and of the path, in years.
    pub dt: f64,
    pub years: f64,
    /// Exact mean and standard deviation of the price at the end.
    pub futures: f64,
    pub sd: f64,
    /// Exact mean of the average price over the days.
    pub average: f64,
}

impl Workload {
    pub fn new() -> Self {
        let bare = format!("log_spot = {LOG_SPOT}\n[reverting]\nkappa = {KAPPA}\nsigma = {SIGMA}\n");
        let jumps = format!(
            "[reverting.jumps]\nlaw = 'gaussian'\nintensity = {INTENSITY:?}\nmean = {JUMP_MEAN}\nsd = {JUMP_SD}\n"
        );
        let read = |text: &str| Model::from_toml(text).expect("the model is valid");
        let model = read(&(bare.clone() + &jumps));
        let dt = 1.0 / DAYS_PER_YEAR;
        let years = f64::from(STEPS) * dt;
        let moments = model.moments(&model.start(), 0.0, years);
        let days: Vec<f64> = (1..=STEPS).map(|day| f64::from(day) * dt).collect();
        let average = average::moments(&model, &days).expect("the times are valid").mean;
        Self { without_jumps: read(&bare), dt, years, futures: moments.mean, sd: moments.sd, average, model }
    }
}
