//! The tables of the page.

use super::Facts;
use super::walk::{Verdict, Walk};
use sit_market::{MarketReport, ParameterSet};
use sit_page::format::{axis_whole, percent, percent_of_bps, price, real};
use sit_page::{Table, numbers, words};
use sit_sim::backtest::{SideResult, WalkResult, Zone};
use sit_sim::calibrate::Posterior;
use sit_sim::margin::{PositionBound, SideTail};

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

/// The margin set, with what the simulation and the parameters leave open.
pub fn margin(facts: &Facts) -> Table {
    let columns = vec![
        words("Days"),
        numbers("Short"),
        numbers("Long"),
        numbers("Short ES, simulation"),
        numbers("Long ES, simulation"),
        numbers("Short ES, models"),
        numbers("Long ES, models"),
    ];
    let range = |low: u32, high: u32| format!("{} to {}", percent_of_bps(low), percent_of_bps(high));
    let rows = facts.margin.months.iter().map(|month| {
        let tail = facts.margin.tails.iter().find(|tail| tail.tenor_days == month.tenor_days);
        let sides = tail.map(|tail| [tail.short, tail.long]);
        let simulation = sides.map_or_else(Default::default, |sides| {
            sides.map(|SideTail { es_interval_bps: [low, high], .. }| range(low, high))
        });
        let models = sides.map_or_else(Default::default, |sides| {
            sides.map(|SideTail { es_band_bps: [low, _, high], .. }| range(low, high))
        });
        let margins = [month.short_bps, month.long_bps].map(percent_of_bps);
        [month.tenor_days.to_string()].into_iter().chain(margins).chain(simulation).chain(models).collect()
    });
    Table::new("There is no month.", columns, rows.collect())
}

/// Price limits from binding rates, beside the paper's.
pub fn price_limits(facts: &Facts) -> Table {
    let columns = vec![
        words("Days"),
        numbers("First limit"),
        numbers("binds on"),
        numbers("Second limit"),
        numbers("binds on"),
        numbers("wanted"),
        numbers("15 % would bind on"),
        numbers("25 % would bind on"),
    ];
    let rows = facts.margin.limits.prices.iter().map(|month| {
        let [first, second] = month.paper_binds_ppm.map(share);
        vec![
            month.tenor_days.to_string(),
            percent_of_bps(month.halt_bps),
            share(month.halt_binds_ppm),
            percent_of_bps(month.close_bps),
            share(month.close_binds_ppm),
            percent_of_bps(month.close_wanted_bps),
            first,
            second,
        ]
    });
    Table::new("There is no month.", columns, rows.collect())
}

/// Position limits and add-ons from depth and binding rates, beside those that the market is simulated with.
pub fn add_ons(facts: &Facts) -> Table {
    let columns = vec![words("Parameter"), numbers("Simulated market"), numbers("From depth and targets")];
    let (launch, found) = (ParameterSet::default(), &facts.margin.limits);
    let lots = |lots: u32| format!("{} lots", axis_whole(lots.into()));
    let bound = match found.position_bound_by {
        PositionBound::CloseOut => "what a close-out can trade".to_owned(),
        PositionBound::Members => format!("cuts {} of members", share(found.position_binds_ppm)),
    };
    let safeguards = launch.safeguards;
    let row = |name: &str, launch: String, found: String| vec![name.to_owned(), launch, found];
    let rows = vec![
        row("Position limit", lots(launch.position_limit), format!("{}: {bound}", lots(found.position_limit))),
        row("Open-interest cap", lots(launch.open_interest_cap), lots(found.open_interest_cap)),
        row("Size add-on from", lots(safeguards.size_lower), lots(found.size_lower)),
        row("Whole value charged at", lots(safeguards.size_upper), lots(found.size_upper)),
        row(
            "Open interest raises margin from",
            percent_of_bps(safeguards.open_interest_lower_bps.into()),
            percent_of_bps(found.open_interest_lower_bps.into()),
        ),
    ];
    Table::new("", columns, rows)
}

/// A share of days or members.
fn share(ppm: u32) -> String {
    format!("{:.2} %", f64::from(ppm) / 1e4)
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
    let dollars = |amount: f64| sit_page::format::axis_dollars(amount.round());
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

/// The same in the paper's scenarios, beside what it says.
pub fn paper_hedges(facts: &Facts) -> Table {
    let columns = vec![
        words("Scenario"),
        numbers("Paper: variance"),
        words("Frictions"),
        numbers("Variance removed"),
        numbers("sd removed"),
    ];
    let rows = facts.paper_hedges.iter().flat_map(|hedge| {
        hedge.outcomes.iter().map(|(frictions, outcome)| {
            vec![
                hedge.scenario.into(),
                percent(hedge.stated / 100.0),
                (*frictions).into(),
                percent(outcome.variance_reduction),
                percent(outcome.sd_reduction),
            ]
        })
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
