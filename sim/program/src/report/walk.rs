//! A walk through the history: margins from what was known, losses from what came.
//!
//! From the end of the first year on the model is calibrated again every thirty days on nothing but the days before. Its
//! front-month margin of either side (value at risk or expected shortfall over the close-out, whichever is larger, at 99 %)
//! meets the move of the front month over each of the following close-outs, which don't overlap. The front month's price is
//! the model's, from the spot price of the day: no futures have traded on this price yet.
//!
//! The same margins show procyclicality: how far they rise, and how fast, when the price has moved. Whether their number of
//! exceedances is chance is [`sit_sim::backtest::walk`]'s to say.

use sit_sim::calibrate::calibrate;
use sit_sim::history::History;
use sit_sim::model::{Model, State};
use sit_sim::risk::{FuturesRisk, Side};

use super::{CLOSE_OUT_DAYS, CONFIDENCE, DAY, FRONT_DAYS, ReportError};

/// Days of the history before the first margin.
const FIRST_DAYS: i32 = 365;

/// Days between calibrations.
const EVERY_DAYS: i32 = 30;

/// A close-out.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// First day, `YYYY-MM-DD`.
    pub date: String,
    /// Spot price of it.
    pub price: f64,
    /// Margin of a short, as a share of the price.
    pub short_margin: f64,
    /// Margin of a long.
    pub long_margin: f64,
    /// Return of the front month over the close-out: what a short loses and a long wins, as a share.
    pub move_of_front: f64,
}

/// How a side came through.
#[derive(Clone, Copy, Debug)]
pub struct Verdict {
    /// Losses beyond the margin.
    pub exceedances: u64,
    /// Close-outs.
    pub observations: u64,
    /// Highest margin over the lowest.
    pub peak_to_trough: f64,
    /// Largest rise from one calibration to the next, as a share of the price.
    pub largest_rise: f64,
}

/// The walk.
#[derive(Clone, Debug)]
pub struct Walk {
    /// Close-outs in order.
    pub steps: Vec<Step>,
    /// How shorts came through.
    pub short: Verdict,
    /// How longs came through.
    pub long: Verdict,
}

impl Walk {
    /// Walks through a history; `None` when it is too short for a single close-out after the first year.
    ///
    /// # Errors
    /// [`ReportError`] when the model of a day can't be calibrated or its law can't be inverted.
    pub fn through(history: &History) -> Result<Option<Self>, ReportError> {
        let days = history.days();
        let logs = history.log_prices();
        let mut steps = Vec::new();
        let mut known: Option<Known> = None;
        let mut at = 0;
        while let (Some(day), Some(log_price), Some(observation)) =
            (days.get(at), logs.get(at), history.observations().get(at))
        {
            let end = days.iter().position(|later| *later >= day + CLOSE_OUT_DAYS as i32);
            let (Some(end), true) = (end, *day >= FIRST_DAYS) else {
                at = if *day >= FIRST_DAYS { days.len() } else { at + 1 };
                continue;
            };
            if known.as_ref().is_none_or(|known| *day >= known.since + EVERY_DAYS) {
                known = Some(Known::of(&history.first(at + 1), *day)?);
            }
            if let (Some(known), Some(later), Some(next)) = (&known, days.get(end), logs.get(end)) {
                steps.push(Step {
                    date: observation.date.to_string(),
                    price: observation.price,
                    short_margin: known.short,
                    long_margin: known.long,
                    move_of_front: known.front_move(*day, *log_price, *later, *next),
                });
            }
            at = end;
        }
        if steps.is_empty() {
            return Ok(None);
        }
        let short = Verdict::of(&steps, |step| (step.short_margin, step.move_of_front));
        let long = Verdict::of(&steps, |step| (step.long_margin, -step.move_of_front));
        Ok(Some(Self { steps, short, long }))
    }
}

/// What was known on a day.
struct Known {
    model: Model,
    since: i32,
    log_price: f64,
    short: f64,
    long: f64,
}

impl Known {
    fn of(history: &History, since: i32) -> Result<Self, ReportError> {
        let model = calibrate(history)?.model;
        let law = FuturesRisk::new(&model, f64::from(FRONT_DAYS) * DAY, f64::from(CLOSE_OUT_DAYS) * DAY)?;
        let margin = |side| law.tail(side, CONFIDENCE).map(|tail| tail.var.max(tail.es));
        let log_price = model.spot(&model.start(), 0.0).ln();
        Ok(Self { short: margin(Side::Short)?, long: margin(Side::Long)?, model, since, log_price })
    }

    /// Return of the month that is [`FRONT_DAYS`] away on the first day, by the last day.
    fn front_move(&self, day: i32, log_price: f64, later: i32, next: f64) -> f64 {
        let front = |on: i32, log_price: f64, left: i32| {
            let t = f64::from(on - self.since) * DAY;
            let tenor = f64::from(i32::try_from(FRONT_DAYS).unwrap_or(0) - left).max(0.0) * DAY;
            self.model.futures_price(&self.state(t, log_price), t, tenor)
        };
        front(later, next, later - day) / front(day, log_price, 0) - 1.0
    }

    /// The factors on a day whose price is known: what the price did since the calibration, the trend apart, is the reverting
    /// factor's where there is one, else the permanent one's.
    fn state(&self, t: f64, log_price: f64) -> State {
        let start = self.model.start();
        let beyond = log_price - self.log_price - (self.model.trend().at(t) - self.model.trend().at(0.0));
        let [_, reverting, _] = self.model.factors();
        if reverting.sigma() > 0.0 {
            State { reverting: start.reverting + beyond, ..start }
        } else {
            State { permanent: start.permanent + beyond, ..start }
        }
    }
}

impl Verdict {
    fn of(steps: &[Step], side: impl Fn(&Step) -> (f64, f64)) -> Self {
        let pairs: Vec<(f64, f64)> = steps.iter().map(side).collect();
        let margins = || pairs.iter().map(|(margin, _)| *margin);
        let (high, low) = (margins().fold(0.0, f64::max), margins().fold(f64::INFINITY, f64::min));
        Self {
            exceedances: pairs.iter().filter(|(margin, loss)| loss > margin).count() as u64,
            observations: pairs.len() as u64,
            peak_to_trough: high / low,
            largest_rise: margins().zip(margins().skip(1)).map(|(a, b)| b - a).fold(0.0, f64::max),
        }
    }
}
