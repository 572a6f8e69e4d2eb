//! The tables of the page.

use super::Facts;
use super::walk::{Verdict, Walk};
use crate::backtest::{SideResult, WalkResult, Zone};
use crate::calibrate::Posterior;
use crate::market::MarketReport;
use crate::page::format::{percent, percent_of_bps, price, real};
use crate::page::{Table, numbers, words};

/// The parameters with their bands.
pub fn parameters(posterior: &Posterior) -> Table {
    let columns = vec![
        words("Parameter"),
        numbers("Calibrated"),
        numbers("Standard error"),
        numbers("5 %"),
        numbers("Median"),
        numbers("95 %"),
    ];
    let rows = posterior.parameters.iter().map(|band| {
        let [low, _, middle, _, high] = band.percentiles;
        let error = if band.sd > 0.0 { real(band.sd) } else { "assumed".into() };
        vec![band.name.clone(), real(band.point), error, real(low), real(middle), real(high)]
    });
    Table::new("Nothing was calibrated.", columns, rows.collect())
}

/// The margin set.
pub fn margin(facts: &Facts) -> Table {
    let columns =
        vec![words("Days"), numbers("Short"), numbers("Long"), numbers("Short, ES band"), numbers("Long, ES band")];
    let band = |[low, _, high]: [u32; 3]| format!("{} to {}", percent_of_bps(low), percent_of_bps(high));
    let rows = facts.margin.months.iter().map(|month| {
        let tail = facts.margin.tails.iter().find(|tail| tail.tenor_days == month.tenor_days);
        let bands =
            tail.map_or_else(Default::default, |tail| [band(tail.short.es_band_bps), band(tail.long.es_band_bps)]);
        let [short, long] = bands;
        let (own_short, own_long) = (percent_of_bps(month.es_short_bps), percent_of_bps(month.es_long_bps));
        vec![month.tenor_days.to_string(), own_short, own_long, short, long]
    });
    Table::new("There is no month.", columns, rows.collect())
}

/// Tests of the margins on what followed.
pub fn backtest(result: &WalkResult) -> Table {
    let columns = vec![
        words("Side"),
        numbers("Close-outs"),
        numbers("Beyond VaR"),
        numbers("Beyond margin"),
        numbers("Expected"),
        numbers("Number, exact p"),
        numbers("Clustering, exact p"),
        numbers("Size (Z2), p"),
        numbers("Worst loss"),
        words("Zone"),
    ];
    let row = |side: &SideResult| {
        let zone = match side.traffic_light.zone {
            Zone::Green => "green",
            Zone::Yellow => "yellow",
            Zone::Red => "red",
        };
        vec![
            side.side.into(),
            side.observations.to_string(),
            side.exceedances.to_string(),
            side.margin_exceedances.to_string(),
            format!("{:.1}", side.observations as f64 * result.level),
            real(side.kupiec.exact_p_value),
            side.exact.map_or_else(String::new, |exact| real(exact.independence)),
            real(side.shortfall.z2.p_value),
            percent(side.worst_loss),
            zone.into(),
        ]
    };
    Table::new("", columns, result.sides.iter().map(row).collect())
}

/// The measures of procyclicality.
pub fn procyclicality(walk: &Walk) -> Table {
    let columns =
        vec![words("Side"), numbers("Highest over lowest margin"), numbers("Largest rise at once, % of price")];
    let row = |side: &str, verdict: &Verdict| {
        vec![side.into(), format!("{:.2}", verdict.peak_to_trough), percent(verdict.largest_rise)]
    };
    Table::new("", columns, vec![row("Short", &walk.short), row("Long", &walk.long)])
}

/// What the fund pays on the simulated market.
pub fn fund(market: &MarketReport) -> Table {
    let columns = vec![
        words("Parameter set"),
        numbers("Margin, short"),
        numbers("Margin, long"),
        numbers("Paths with a draw"),
        numbers("Mean draw"),
        numbers("99 %"),
        numbers("Largest"),
        numbers("Largest haircut"),
        numbers("Liquidations"),
    ];
    let dollars = |amount: f64| crate::page::format::axis_dollars(amount.round());
    let rows = market.sets.iter().map(|set| {
        let [long, short] = set.front_margin_bps;
        let draw = &set.fund_draw;
        vec![
            set.set.name.clone(),
            percent_of_bps(short),
            percent_of_bps(long),
            percent(draw.positive),
            dollars(draw.mean),
            dollars(draw.p99),
            dollars(draw.max),
            dollars(set.haircut.max),
            format!("{:.1}", set.liquidations.mean),
        ]
    });
    Table::new("", columns, rows.collect())
}

/// What a hedge does under frictions, out of sample.
pub fn hedge(facts: &Facts) -> Table {
    let columns = vec![
        words("Frictions"),
        numbers("Ratio held"),
        numbers("Cost, unhedged"),
        numbers("hedged"),
        numbers("sd, unhedged"),
        numbers("hedged"),
        numbers("Variance removed"),
        numbers("in sample"),
        numbers("sd removed"),
        numbers("Closed early"),
    ];
    let rows = facts.hedge.iter().map(|(frictions, outcome)| {
        vec![
            (*frictions).into(),
            format!("{:.2} ± {:.2}", outcome.mean_ratio, outcome.ratio_sd),
            price(outcome.unhedged_mean),
            price(outcome.hedged_mean),
            price(outcome.unhedged_sd),
            price(outcome.hedged_sd),
            percent(outcome.variance_reduction),
            percent(outcome.in_sample_variance_reduction),
            percent(outcome.sd_reduction),
            percent(outcome.closed_early),
        ]
    });
    Table::new("", columns, rows.collect())
}

/// The paper's claims.
pub fn claims(facts: &Facts) -> Table {
    let columns = vec![words("Claim"), numbers("Stated"), numbers("Found"), words("Unit"), words("")];
    let end = |value: Option<f64>| value.filter(|value| value.is_finite()).map_or_else(String::new, real);
    let rows = facts.claims.iter().map(|claim| {
        let [low, high] = claim.stated.map(end);
        let stated = match (low.is_empty(), high.is_empty()) {
            (false, true) => format!("from {low}"),
            (true, false) => format!("to {high}"),
            _ => format!("{low} to {high}"),
        };
        let verdict = if claim.holds { "holds" } else { "does not hold" };
        vec![claim.claim.clone(), stated, real(claim.found), claim.unit.into(), verdict.into()]
    });
    Table::new("", columns, rows.collect())
}
