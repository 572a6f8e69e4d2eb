//! What stands beside the margin: price limits, position limits and the add-ons for size and open interest.
//!
//! ```text
//! price limit       the move of a month in a day that is exceeded on the target share of days
//! cost of closing x lots in a day   = half spread + impact sqrt(x / daily volume)            (square-root law of impact)
//! size add-on       scale(x) = (x - lower) / (upper - lower), charged on what the scenarios leave of the value
//!   lower           the size whose cost the cushion between initial and maintenance margin still pays
//!   upper           so that the add-on's line touches the cost there: the cost is concave, so the line lies above it everywhere
//! position limit    the smaller of what a close-out can trade at its 99th percentile and of the target share of positions
//! open-interest cap what a close-out can trade, over the share that two members may hold
//! ```
//!
//! The form of the add-ons is the engine's (`clearing::AddOns`), and so is the second price limit: five thirds of the
//! first (`clearing::limits`). The depth of the market is an input: before there is one, an assumption. Sizes are
//! rounded down and price limits up to whole numbers; governance lists a month with them, or with others (ADR 54).

use serde::{Deserialize, Serialize};
use sit_engine::calendar::DAY;

use super::{BPS, CloseOut, Draw, MarginError, MarginRequest, Month, Returns};
use crate::model::Model;
use crate::numeric::find_root;

/// Scenario number of the random streams.
const SCENARIO: u64 = 0x4c49_4d49;

/// Days that are drawn for the price limits.
const DAYS: usize = 1 << 17;

/// Share of initial margin that is above maintenance (the paper, section 5.3: maintenance is 75 %).
const CUSHION: f64 = 0.25;

/// Largest size of a position in the engine.
const MOST_LOTS: u32 = 16_777_214;

/// What the engine takes for a first price limit, in basis points.
const LIMITS_BPS: [u32; 2] = [100, 5_000];

/// The paper's price limits, in basis points (section 5.3).
const PAPER_BPS: [u32; 2] = [1_500, 2_500];

/// Parts per million of a whole.
const PPM: f64 = 1e6;

/// The market of the front month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Depth {
    /// Lots traded on a day.
    pub daily_volume_lots: u32,
    /// Half the spread, in basis points of the price.
    pub half_spread_bps: u32,
    /// Impact of trading one day's volume, in basis points of the price.
    pub impact_bps: u32,
    /// Share of the volume that a close-out may be, in parts per million.
    pub participation_ppm: u32,
    /// Median position that a member wants, in lots.
    pub position_median_lots: u32,
    /// Standard deviation of its logarithm, in parts per million.
    pub position_log_sd_ppm: u32,
    /// Share of open interest that the two largest members may hold, in parts per million.
    pub two_largest_ppm: u32,
}

impl Default for Depth {
    /// A young market, assumed: 2,000 lots a day, the paper's spread of 2 %, a tenth of the price for a day's volume, a
    /// fifth of the volume for a close-out, positions of 50 lots, give or take a factor of three; two members hold two
    /// fifths.
    fn default() -> Self {
        Self {
            daily_volume_lots: 2_000,
            half_spread_bps: 100,
            impact_bps: 1_000,
            participation_ppm: 200_000,
            position_median_lots: 50,
            position_log_sd_ppm: 1_100_000,
            two_largest_ppm: 400_000,
        }
    }
}

impl Depth {
    /// Every number, in the order of the fields.
    pub(super) fn numbers(&self) -> [u32; 7] {
        let Self { daily_volume_lots, half_spread_bps, impact_bps, participation_ppm, .. } = *self;
        let Self { position_median_lots, position_log_sd_ppm, two_largest_ppm, .. } = *self;
        [
            daily_volume_lots,
            half_spread_bps,
            impact_bps,
            participation_ppm,
            position_median_lots,
            position_log_sd_ppm,
            two_largest_ppm,
        ]
    }

    pub(super) fn check(&self) -> Result<(), MarginError> {
        let share = (1, 1_000_000);
        within("daily_volume_lots", self.daily_volume_lots, (1, MOST_LOTS))?;
        within("half_spread_bps", self.half_spread_bps, (0, 9_999))?;
        within("impact_bps", self.impact_bps, (1, 100_000))?;
        within("participation_ppm", self.participation_ppm, share)?;
        within("position_median_lots", self.position_median_lots, (1, MOST_LOTS))?;
        within("position_log_sd_ppm", self.position_log_sd_ppm, (1, 10_000_000))?;
        within("two_largest_ppm", self.two_largest_ppm, share)
    }

    fn volume(&self) -> f64 {
        f64::from(self.daily_volume_lots)
    }

    fn half_spread(&self) -> f64 {
        f64::from(self.half_spread_bps) / BPS
    }

    fn impact(&self) -> f64 {
        f64::from(self.impact_bps) / BPS
    }
}

fn within(name: &'static str, value: u32, (least, most): (u32, u32)) -> Result<(), MarginError> {
    if (least..=most).contains(&value) { Ok(()) } else { Err(MarginError::Depth { name, value, least, most }) }
}

/// How often the limits may bind, in parts per million.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Targets {
    /// Share of days on which the first price limit binds.
    pub halt_ppm: u32,
    /// Share of days on which the second may.
    pub close_ppm: u32,
    /// Share of members whose position the position limit cuts.
    pub position_ppm: u32,
}

impl Default for Targets {
    /// One day in a hundred, one in a thousand, one member in a hundred.
    fn default() -> Self {
        Self { halt_ppm: 10_000, close_ppm: 1_000, position_ppm: 10_000 }
    }
}

impl Targets {
    pub(super) fn check(&self) -> Result<(), MarginError> {
        let share = (1, 999_999);
        within("halt_ppm", self.halt_ppm, share)?;
        within("close_ppm", self.close_ppm, share)?;
        within("position_ppm", self.position_ppm, share)?;
        let Self { halt_ppm, close_ppm, .. } = *self;
        if close_ppm < halt_ppm { Ok(()) } else { Err(MarginError::Targets { halt_ppm, close_ppm }) }
    }
}

/// Price limits of a month, in basis points of the settlement price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthLimits {
    /// Days to the last trading day.
    pub tenor_days: u32,
    /// First limit: binds on the target share of days, as far as the engine takes it.
    pub halt_bps: u32,
    /// Share of days on which it binds, in parts per million.
    pub halt_binds_ppm: u32,
    /// Second limit: the engine's five thirds of the first.
    pub close_bps: u32,
    /// Share of days on which it binds, in parts per million.
    pub close_binds_ppm: u32,
    /// The move that is exceeded on the second limit's target share of days.
    pub close_wanted_bps: u32,
    /// Whether the first limit lies within the month's margin on both sides: beyond it a locked market has already cost
    /// more than margin covers.
    pub halt_within_margin: bool,
    /// Shares of days on which the paper's limits of 15 and 25 % would bind, in parts per million.
    pub paper_binds_ppm: [u32; 2],
}

/// What gives the position limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PositionBound {
    /// What a close-out can trade.
    CloseOut,
    /// What members want.
    Members,
}

/// Limits and add-ons: whole numbers, as governance sets them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Price limits, month by month.
    pub prices: Vec<MonthLimits>,
    /// Largest position of one account, in lots.
    pub position_limit: u32,
    /// Which of the two gave it.
    pub position_bound_by: PositionBound,
    /// Share of members whose position it cuts, in parts per million.
    pub position_binds_ppm: u32,
    /// Size from which a position pays for its concentration.
    pub size_lower: u32,
    /// Size that is charged its whole value.
    pub size_upper: u32,
    /// Largest open interest of a month, in lots.
    pub open_interest_cap: u32,
    /// Share of the cap from which open interest raises margin, in basis points: what can be closed out in the mean
    /// time instead of the 99th percentile.
    pub open_interest_lower_bps: u16,
    /// Share at which margin is the whole value.
    pub open_interest_upper_bps: u16,
}

/// Finds the limits for margins over a close-out time with this mean and 99th percentile, in seconds.
pub(super) fn limits(
    models: &[Model],
    request: &MarginRequest,
    months: &[Month],
    close_out_seconds: [u32; 2],
) -> Result<Limits, MarginError> {
    let (depth, targets) = (&request.depth, &request.targets);
    let law = CloseOut::Fixed { seconds: DAY }.law()?;
    let tenor_days = request.tenor_days.as_slice();
    let draw = Draw { models, tenor_days, law: &law, seed: request.seed, scenario: SCENARIO, paths: DAYS };
    let returns = Returns::draw(&draw, &|_| ());
    let front = months.first().ok_or(MarginError::Months(0))?;
    let [size_lower, size_upper] = size_add_on(depth, front.short_bps.min(front.long_bps));
    let [mean, long] = close_out_seconds.map(|seconds| f64::from(seconds) / f64::from(DAY));
    let tradable = share(depth.participation_ppm) * depth.volume() * long;
    let (median, log_sd) = (f64::from(depth.position_median_lots), share(depth.position_log_sd_ppm));
    let wanted = median * (log_sd * upper_normal(share(targets.position_ppm))).exp();
    let position_limit = lots(tradable.min(wanted));
    let beyond = (f64::from(position_limit) / median).ln() / log_sd;
    Ok(Limits {
        prices: months.iter().enumerate().map(|(place, month)| of_month(&returns, place, month, targets)).collect(),
        position_limit,
        position_bound_by: if tradable < wanted { PositionBound::CloseOut } else { PositionBound::Members },
        position_binds_ppm: (normal_above(beyond) * PPM).round() as u32,
        size_lower,
        size_upper,
        open_interest_cap: lots(tradable / share(depth.two_largest_ppm)),
        open_interest_lower_bps: (mean / long * BPS).floor().clamp(1.0, 9_999.0) as u16,
        open_interest_upper_bps: 10_000,
    })
}

fn of_month(returns: &Returns, place: usize, month: &Month, targets: &Targets) -> MonthLimits {
    let mut moves: Vec<f64> = returns.month(place).map(f64::abs).collect();
    moves.sort_unstable_by(|a, b| b.total_cmp(a));
    let exceeded = |ppm: u32| {
        let place = (moves.len() as f64 * share(ppm)).floor() as usize;
        (moves.get(place).copied().unwrap_or_default() * BPS).ceil() as u32
    };
    let binds = |bps: u32| {
        let beyond = moves.partition_point(|size| *size >= f64::from(bps) / BPS);
        (beyond as f64 / moves.len().max(1) as f64 * PPM).round() as u32
    };
    let [least, most] = LIMITS_BPS;
    let halt_bps = exceeded(targets.halt_ppm).clamp(least, most);
    let close_bps = halt_bps * 5 / 3;
    MonthLimits {
        tenor_days: month.tenor_days,
        halt_bps,
        halt_binds_ppm: binds(halt_bps),
        close_bps,
        close_binds_ppm: binds(close_bps),
        close_wanted_bps: exceeded(targets.close_ppm),
        halt_within_margin: halt_bps < month.short_bps.min(month.long_bps),
        paper_binds_ppm: PAPER_BPS.map(binds),
    }
}

/// The sizes between which margin rises to the whole value, for a front month's margin in basis points.
fn size_add_on(depth: &Depth, margin_bps: u32) -> [u32; 2] {
    let margin = f64::from(margin_bps) / BPS;
    let affordable = ((CUSHION * margin - depth.half_spread()) / depth.impact()).max(0.0);
    let lower = (affordable * affordable * depth.volume()).max(1.0);
    // Slope of the cost where the add-on begins.
    let slope = depth.impact() / (2.0 * (lower * depth.volume()).sqrt());
    let upper = lower + (1.0 - margin).max(0.0) / slope;
    let lower = lots(lower).min(MOST_LOTS - 1);
    [lower, lots(upper).max(lower + 1)]
}

fn share(ppm: u32) -> f64 {
    f64::from(ppm) / PPM
}

fn lots(size: f64) -> u32 {
    size.floor().clamp(1.0, f64::from(MOST_LOTS)) as u32
}

fn normal_above(z: f64) -> f64 {
    0.5 * libm::erfc(z / std::f64::consts::SQRT_2)
}

/// The z beyond which a normal number lies with a probability.
fn upper_normal(probability: f64) -> f64 {
    find_root(|z| probability - normal_above(z), -10.0, 10.0, 1e-12).unwrap_or_default()
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
        let of = |depth| {
            let request = MarginRequest { paths: 20_000, depth, ..MarginRequest::default() };
            super::super::compute(&Model::paper(), &request, &|_| ()).map(|set| set.limits)
        };
        let found = of(Depth::default()).unwrap();
        let front = found.prices[0];
        // One day at 99 % both sides together is near the one-sided 99.5 %: between 4 % and 15 %.
        assert!((400..1_500).contains(&front.halt_bps), "{front:?}");
        assert!(front.close_wanted_bps > front.halt_bps && front.halt_within_margin);
        assert_eq!(front.close_bps, front.halt_bps * 5 / 3);
        for month in &found.prices {
            // Rounded up to a basis point, or held at the least that the engine takes: never more often than the
            // target.
            assert!(month.halt_binds_ppm <= 10_000, "{month:?}");
            assert!(month.halt_bps == LIMITS_BPS[0] || month.halt_binds_ppm > 9_500, "{month:?}");
            assert!(month.close_binds_ppm < month.halt_binds_ppm, "{month:?}");
        }
        assert!(found.position_binds_ppm >= 9_000, "{found:?}");
        assert!(found.position_limit <= found.open_interest_cap);
        let thin = of(Depth { daily_volume_lots: 200, ..Depth::default() }).unwrap();
        assert!(thin.position_limit <= found.position_limit && thin.size_lower < found.size_lower);
        assert_eq!(thin.position_bound_by, PositionBound::CloseOut);
        let none = of(Depth { daily_volume_lots: 0, ..Depth::default() }).unwrap_err();
        assert_eq!(none.to_string(), "daily_volume_lots is 0: it must be from 1 to 16777214");
    }

    proptest! {
        #[test]
        fn the_size_add_on_pays_for_every_position(
            volume in 100_u32..100_000, impact_bps in 200_u32..5_000, margin in 800_u32..6_000, place in 0.0..1.0_f64,
        ) {
            let depth = Depth { daily_volume_lots: volume, impact_bps, ..Depth::default() };
            let [lower, upper] = size_add_on(&depth, margin).map(f64::from);
            let size = lower + 1.0 + place * (upper - lower);
            let margin = f64::from(margin) / BPS;
            let scale = ((size - lower) / (upper - lower)).min(1.0);
            let paid = CUSHION * margin + scale * (1.0 - margin);
            let cost = depth.half_spread() + depth.impact() * (size / depth.volume()).sqrt();
            // Beyond the upper end the whole value is charged and there is no more to take. Where the spread alone is
            // more than the cushion, no size is small enough.
            if size <= upper && CUSHION * margin > depth.half_spread() && lower > 1.0 {
                prop_assert!(paid >= cost - depth.impact() / (lower * depth.volume()).sqrt(), "{} {}", paid, cost);
            }
        }
    }
}
