//! One path of days with the futures curve of each day.
//!
//! A [`ScheduledJump`] puts a jump of known size at a known day, as a model launch does, on top of what the process
//! draws by itself; the random numbers of the rest of the path stay the same.

use super::{Key, Paths, Step, Target};
use crate::DAYS_PER_YEAR;
use crate::model::Model;

/// What a path has to contain.
#[derive(Clone, Debug, PartialEq)]
pub struct PathRequest {
    /// Seed of the random stream.
    pub seed: u64,
    /// Distinguishes paths of one seed that serve different purposes.
    pub scenario: u64,
    /// Days after day zero; the path has one more entry than this.
    pub days: u32,
    /// Day of delivery of each futures contract, counted from day zero. From that day on its price is the spot price.
    pub deliveries: Vec<u32>,
    /// Jumps at known days.
    pub jumps: Vec<ScheduledJump>,
}

/// A jump at a known day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScheduledJump {
    /// First day whose price contains the jump; at least one.
    pub day: u32,
    /// Size, natural logarithm: ln 1.3 raises the price by 30 %.
    pub log_size: f64,
    /// Factor that jumps, which decides how fast the jump fades.
    pub target: Target,
}

/// A day of a path.
#[derive(Clone, Debug, PartialEq)]
pub struct Day {
    /// Spot price, US dollars per million tokens.
    pub spot: f64,
    /// Futures price of each delivery of the request, in its order.
    pub curve: Vec<f64>,
}

/// A path of days; the first is day zero.
#[derive(Clone, Debug, PartialEq)]
pub struct DailyPath {
    /// The days in order.
    pub days: Vec<Day>,
}

/// Why a path cannot be drawn.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// A scheduled jump lies outside the path.
    #[error("a jump is scheduled for day {day}, but the path runs from day 1 to day {last}")]
    JumpOutside {
        /// Day of the jump.
        day: u32,
        /// Last day of the path.
        last: u32,
    },
    /// A scheduled jump has no finite size.
    #[error("the jump of day {day} has size {log_size}: it must be a finite number")]
    JumpSize {
        /// Day of the jump.
        day: u32,
        /// What was given.
        log_size: f64,
    },
}

/// Draws one path. The same request gives the same path, bit for bit.
///
/// # Errors
/// [`PathError`] when a scheduled jump lies outside the path or has no finite size.
pub fn simulate_one(model: &Model, request: &PathRequest) -> Result<DailyPath, PathError> {
    for jump in &request.jumps {
        if jump.day == 0 || jump.day > request.days {
            return Err(PathError::JumpOutside { day: jump.day, last: request.days });
        }
        if !jump.log_size.is_finite() {
            return Err(PathError::JumpSize { day: jump.day, log_size: jump.log_size });
        }
    }
    let key = Key { seed: request.seed, scenario: request.scenario, block: 0 };
    let step = Step::new(model, 1.0 / DAYS_PER_YEAR);
    let mut path = Paths::new(model, model.start(), key, 1);
    let mut days = vec![observe(model, &path, 0, request)];
    for day in 1..=request.days {
        path.advance(&step);
        for jump in request.jumps.iter().filter(|jump| jump.day == day) {
            path.shock(jump.target, jump.log_size);
        }
        days.push(observe(model, &path, day, request));
    }
    Ok(DailyPath { days })
}

fn observe(model: &Model, path: &Paths<'_>, day: u32, request: &PathRequest) -> Day {
    let (state, t) = (path.state(0), f64::from(day) / DAYS_PER_YEAR);
    let price = |delivery: &u32| {
        let tenor = f64::from(delivery.saturating_sub(day)) / DAYS_PER_YEAR;
        model.futures_price(&state, t, tenor)
    };
    Day { spot: model.spot(&state, t), curve: request.deliveries.iter().map(price).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> PathRequest {
        PathRequest { seed: 1, scenario: 0, days: 40, deliveries: vec![30, 180], jumps: Vec::new() }
    }

    #[test]
    fn day_zero_is_the_curve_of_the_model_and_a_delivered_contract_is_the_spot() {
        let model = Model::paper();
        let path = simulate_one(&model, &request()).unwrap();
        assert_eq!(path.days.len(), 41);
        assert!((path.days[0].spot - 2.0).abs() < 1e-15);
        let want = model.futures_price(&model.start(), 0.0, 180.0 / DAYS_PER_YEAR);
        assert_eq!(path.days[0].curve[1], want);
        for day in &path.days[30..] {
            assert!((day.curve[0] / day.spot - 1.0).abs() < 1e-14);
        }
    }

    #[test]
    fn a_scheduled_jump_moves_the_path_from_its_day_on_and_the_far_contract_less() {
        let model = Model::paper();
        let calm = simulate_one(&model, &request()).unwrap();
        let jump = ScheduledJump { day: 10, log_size: 0.5, target: Target::Reverting };
        let jumped = simulate_one(&model, &PathRequest { jumps: vec![jump], ..request() }).unwrap();
        assert_eq!(calm.days[..10], jumped.days[..10]);
        let (before, after) = (&calm.days[10], &jumped.days[10]);
        assert!((after.spot / before.spot - 0.5_f64.exp()).abs() < 1e-12);
        let far = 0.5 * (-2.5 * 170.0 / DAYS_PER_YEAR).exp();
        assert!((after.curve[1] / before.curve[1] - far.exp()).abs() < 1e-12);
    }

    #[test]
    fn a_jump_outside_the_path_is_refused() {
        for day in [0, 41] {
            let jump = ScheduledJump { day, log_size: 0.1, target: Target::Spike };
            let error = simulate_one(&Model::paper(), &PathRequest { jumps: vec![jump], ..request() });
            assert_eq!(error, Err(PathError::JumpOutside { day, last: 40 }));
        }
    }
}
