//! What stands beside the margin: price limits, position limits and the add-ons for size and open interest.
//!
//! ```text
//! price limit       the move of the front month in a day that is exceeded on the target share of days
//! cost of closing x lots in a day   = half spread + impact sqrt(x / daily volume)            (square-root law of impact)
//! size add-on       scale(x) = (x - lower) / (upper - lower), charged on what the scenarios leave of the value
//!   lower           the size whose cost the cushion between initial and maintenance margin still pays
//!   upper           so that the add-on's line touches the cost there: the cost is concave, so the line lies above it everywhere
//! position limit    the smaller of what a close-out can trade at its 99th percentile and of the target share of positions
//! open-interest cap what a close-out can trade, over the share that two members may hold
//! ```
//!
//! The form of the add-ons is the engine's (`clearing::risk::AddOns`). The depth of the market is an input: before there is
//! one, an assumption. Sizes are rounded down and price limits up to whole numbers.

use serde::{Deserialize, Serialize};

use super::{BPS, CloseOut, Draw, MarginError, MarginRequest, MarginSet, Returns};
use crate::model::Model;
use crate::numeric::find_root;

/// Scenario number of the random streams.
const SCENARIO: u64 = 0x4c49_4d49;

/// Days that are drawn for the price limits.
const DAYS: usize = 1 << 17;

/// Share of initial margin that is above maintenance (the paper, section 5.3: maintenance is 75 %).
const CUSHION: f64 = 0.25;

/// Largest size of a position in the engine.
const MOST_LOTS: f64 = 16_777_214.0;

/// The market of the front month.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Depth {
    /// Lots traded on a day.
    pub daily_volume: f64,
    /// Half the spread, as a share of the price.
    pub half_spread: f64,
    /// Impact of trading one day's volume, as a share of the price.
    pub impact: f64,
    /// Share of the volume that a close-out may be.
    pub participation: f64,
    /// Median position that a member wants, in lots.
    pub position_median: f64,
    /// Standard deviation of its logarithm.
    pub position_log_sd: f64,
    /// Share of open interest that the two largest members may hold.
    pub two_largest: f64,
}

impl Default for Depth {
    /// A young market, assumed: 2,000 lots a day, the paper's spread of 2 %, a tenth of the price for a day's volume, a fifth
    /// of the volume for a close-out, positions of 50 lots, give or take a factor of three; two members hold two fifths.
    fn default() -> Self {
        Self {
            daily_volume: 2_000.0,
            half_spread: 0.01,
            impact: 0.10,
            participation: 0.20,
            position_median: 50.0,
            position_log_sd: 1.1,
            two_largest: 0.40,
        }
    }
}

/// How often the limits may bind.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Targets {
    /// Share of days on which the first price limit binds.
    pub halt: f64,
    /// Share of days on which the second does.
    pub close: f64,
    /// Share of members whose position the position limit cuts.
    pub position: f64,
}

impl Default for Targets {
    /// One day in a hundred, one in a thousand, one member in a hundred.
    fn default() -> Self {
        Self { halt: 0.01, close: 0.001, position: 0.01 }
    }
}

/// Limits and add-ons.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Limits {
    /// First price limit, in basis points of the settlement price.
    pub halt_bps: u32,
    /// Second price limit.
    pub close_bps: u32,
    /// Whether the first limit lies within the front month's margin on both sides: beyond it a locked market has already cost
    /// more than margin covers.
    pub halt_within_margin: bool,
    /// Largest position of one account, in lots.
    pub position_limit: u32,
    /// `close-out` or `members`: which of the two gave it.
    pub position_bound_by: &'static str,
    /// Share of members whose position it cuts.
    pub position_binds: f64,
    /// Size from which a position pays for its concentration.
    pub size_lower: u32,
    /// Size that is charged its whole value.
    pub size_upper: u32,
    /// Largest open interest of a month, in lots.
    pub open_interest_cap: u32,
    /// Share of the cap from which open interest raises margin, in basis points: what can be closed out in the mean time
    /// instead of the 99th percentile.
    pub open_interest_lower_bps: u16,
    /// Share at which margin is the whole value.
    pub open_interest_upper_bps: u16,
}

/// Finds the limits of a set.
///
/// # Errors
/// [`MarginError::Depth`] for a depth or a target outside its domain.
pub fn limits(set: &MarginSet, models: &[Model], depth: &Depth, targets: &Targets) -> Result<Limits, MarginError> {
    check(depth, targets)?;
    MarginRequest::of(set).check(models.len())?;
    let law = CloseOut::Fixed { seconds: 86_400 }.law()?;
    let front = set.months.first().ok_or(MarginError::Months(0))?;
    let tenor_days = [front.tenor_days];
    let draw = Draw { models, tenor_days: &tenor_days, law: &law, seed: set.seed, scenario: SCENARIO, paths: DAYS };
    let mut moves: Vec<f64> = Returns::draw(&draw, &|_| ()).month(0).map(f64::abs).collect();
    moves.sort_unstable_by(|a, b| b.total_cmp(a));
    let exceeded = |share: f64| {
        let place = (moves.len() as f64 * share).floor() as usize;
        (moves.get(place).copied().unwrap_or_default() * BPS).ceil().clamp(1.0, 9_998.0) as u32
    };
    let halt_bps = exceeded(targets.halt);
    let [size_lower, size_upper] = size_add_on(depth, front.es_short_bps.min(front.es_long_bps));
    let [mean, long] = set.close_out_seconds.map(|seconds| f64::from(seconds) / 86_400.0);
    let tradable = depth.participation * depth.daily_volume * long;
    let wanted = depth.position_median * (depth.position_log_sd * upper_normal(targets.position)).exp();
    let position_limit = lots(tradable.min(wanted));
    let beyond = (f64::from(position_limit) / depth.position_median).ln() / depth.position_log_sd;
    Ok(Limits {
        halt_bps,
        close_bps: exceeded(targets.close).max(halt_bps + 1),
        halt_within_margin: halt_bps < front.es_short_bps.min(front.es_long_bps),
        position_limit,
        position_bound_by: if tradable < wanted { "close-out" } else { "members" },
        position_binds: normal_above(beyond),
        size_lower,
        size_upper,
        open_interest_cap: lots(tradable / depth.two_largest),
        open_interest_lower_bps: (mean / long * BPS).floor().clamp(1.0, 9_999.0) as u16,
        open_interest_upper_bps: 10_000,
    })
}

/// The sizes between which margin rises to the whole value, for a front month's margin in basis points.
fn size_add_on(depth: &Depth, margin_bps: u32) -> [u32; 2] {
    let margin = f64::from(margin_bps) / BPS;
    let affordable = ((CUSHION * margin - depth.half_spread) / depth.impact).max(0.0);
    let lower = (affordable * affordable * depth.daily_volume).max(1.0);
    // Slope of the cost where the add-on begins.
    let slope = depth.impact / (2.0 * (lower * depth.daily_volume).sqrt());
    let upper = lower + (1.0 - margin).max(0.0) / slope;
    let lower = lots(lower).min(MOST_LOTS as u32 - 1);
    [lower, lots(upper).max(lower + 1)]
}

fn lots(size: f64) -> u32 {
    size.floor().clamp(1.0, MOST_LOTS) as u32
}

fn normal_above(z: f64) -> f64 {
    0.5 * libm::erfc(z / std::f64::consts::SQRT_2)
}

/// The z beyond which a normal number lies with a probability.
fn upper_normal(probability: f64) -> f64 {
    find_root(|z| probability - normal_above(z), -10.0, 10.0, 1e-12).unwrap_or_default()
}

fn check(depth: &Depth, targets: &Targets) -> Result<(), MarginError> {
    let Depth { daily_volume, half_spread, impact, participation, position_median, position_log_sd, two_largest } =
        *depth;
    let positive = [
        ("daily_volume", daily_volume),
        ("impact", impact),
        ("position_median", position_median),
        ("position_log_sd", position_log_sd),
    ];
    let shares = [
        ("participation", participation),
        ("two_largest", two_largest),
        ("halt", targets.halt),
        ("close", targets.close),
        ("position", targets.position),
    ];
    let bad_positive = positive.into_iter().find(|(_, value)| !(value.is_finite() && *value > 0.0));
    let bad_share = shares.into_iter().find(|(_, value)| !(*value > 0.0 && *value < 1.0));
    let bad_spread = (!(0.0..1.0).contains(&half_spread)).then_some(("half_spread", half_spread));
    match bad_positive.or(bad_share).or(bad_spread) {
        Some((name, value)) => Err(MarginError::Depth { name, value }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn normal_quantiles() {
        assert!((upper_normal(0.01) - 2.326_347_874_040_841).abs() < 1e-9);
        assert!((normal_above(1.959_963_984_540_054) - 0.025).abs() < 1e-12);
    }

    #[test]
    fn limits_bind_as_often_as_they_should() {
        let model = Model::paper();
        let request = MarginRequest { paths: 20_000, ..MarginRequest::default() };
        let set = super::super::compute(&model, &request, &|_| ()).unwrap();
        let found = limits(&set, &[model], &Depth::default(), &Targets::default()).unwrap();
        // One day at 99 % both sides together is near the one-sided 99.5 %: between 4 % and 15 %.
        assert!((400..1_500).contains(&found.halt_bps), "{found:?}");
        assert!(found.close_bps > found.halt_bps && found.halt_within_margin);
        assert!(found.position_binds >= 0.01 - 1e-3, "{found:?}");
        assert!(found.position_limit <= found.open_interest_cap);
        let thin = Depth { daily_volume: 200.0, ..Depth::default() };
        let thin = limits(&set, &[model], &thin, &Targets::default()).unwrap();
        assert!(thin.position_limit <= found.position_limit && thin.size_lower < found.size_lower);
        assert_eq!(thin.position_bound_by, "close-out");
        let none = Depth { daily_volume: 0.0, ..Depth::default() };
        assert!(limits(&set, &[model], &none, &Targets::default()).is_err());
    }

    proptest! {
        #[test]
        fn the_size_add_on_pays_for_every_position(
            volume in 100.0..100_000.0_f64, impact in 0.02..0.5_f64, margin in 800_u32..6_000, place in 0.0..1.0_f64,
        ) {
            let depth = Depth { daily_volume: volume, impact, ..Depth::default() };
            let [lower, upper] = size_add_on(&depth, margin).map(f64::from);
            let size = lower + 1.0 + place * (upper - lower);
            let margin = f64::from(margin) / BPS;
            let scale = ((size - lower) / (upper - lower)).min(1.0);
            let paid = CUSHION * margin + scale * (1.0 - margin);
            let cost = depth.half_spread + impact * (size / volume).sqrt();
            // Beyond the upper end the whole value is charged and there is no more to take. Where the spread alone is more
            // than the cushion, no size is small enough.
            if size <= upper && CUSHION * margin > depth.half_spread && lower > 1.0 {
                prop_assert!(paid >= cost - impact / (lower * volume).sqrt(), "{} {}", paid, cost);
            }
        }
    }
}
