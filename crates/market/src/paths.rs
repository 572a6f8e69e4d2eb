//! The paths of a market simulation as a table: what the report sums up.

use super::report::{MarketError, MarketReport, MarketRequest, simulate_keeping};
use super::run::PathOutcome;
use sit_sim::columns::Columns;
use sit_sim::model::Model;

/// Quote atoms in a US dollar.
const ATOMS: f64 = 1e6;

/// Columns before the profits. `set` counts the report's sets and `incident` its incidents, both from one; a path
/// without an incident has zero.
const COLUMNS: [&str; 16] = [
    "set",
    "incident",
    "path",
    "accepted",
    "refused",
    "volume_lots",
    "fees_usd",
    "margin_calls",
    "liquidations",
    "liquidated_lots",
    "cascade",
    "bankrupt",
    "doubted_prints",
    "open_interest_lots",
    "fund_draw_usd",
    "haircut_usd",
];

/// [`super::simulate`] with a table of every path: its counts, and what each kind of participant made on it, in US
/// dollars. A participant of no kind on the first path is the incident's attacker.
///
/// # Errors
/// [`MarketError`] as [`super::simulate`].
pub fn simulate_paths(
    model: &Model,
    request: &MarketRequest,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(MarketReport, Columns), MarketError> {
    let mut kinds: Vec<&'static str> = Vec::new();
    let mut rows: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
    let report = simulate_keeping(model, request, progress, &mut |place, outcome| {
        if rows.is_empty() {
            kinds = kinds_of(outcome);
        }
        let incident = place.attack.map_or(0, |attack| attack + 1);
        let place = [place.set + 1, incident, place.path].map(|number| number as f64);
        rows.push((place.into_iter().chain(counts(outcome)).collect(), profits(outcome, &kinds)));
    })?;
    let profits = kinds.iter().copied().chain(["attacker"]).map(|kind| format!("profit_{kind}_usd"));
    let mut table = Columns::new(COLUMNS.map(String::from).into_iter().chain(profits));
    for (counts, profits) in rows {
        table.push(counts.into_iter().chain(profits));
    }
    Ok((report, table))
}

fn kinds_of(outcome: &PathOutcome) -> Vec<&'static str> {
    let mut kinds: Vec<&'static str> = outcome.profits.iter().map(|(kind, _)| *kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

fn counts(outcome: &PathOutcome) -> [f64; 13] {
    let tally = &outcome.tally;
    [
        tally.accepted as f64,
        tally.refused as f64,
        tally.volume as f64,
        tally.fees as f64 / ATOMS,
        tally.margin_calls.into(),
        tally.liquidations.into(),
        tally.liquidated_lots as f64,
        outcome.cascade.into(),
        outcome.bankrupt.into(),
        tally.doubted_prints.into(),
        outcome.open_interest as f64,
        outcome.fund_draw as f64 / ATOMS,
        outcome.haircut as f64 / ATOMS,
    ]
}

/// What each kind made, and last what the attacker made.
fn profits(outcome: &PathOutcome, kinds: &[&'static str]) -> Vec<f64> {
    let sum = |of: &dyn Fn(&str) -> bool| {
        let each = outcome.profits.iter().filter(|(kind, _)| of(kind));
        each.map(|(_, profit)| *profit as f64 / ATOMS).sum::<f64>()
    };
    let known = kinds.iter().map(|kind| sum(&|other| other == *kind));
    known.chain([sum(&|other| !kinds.contains(&other))]).collect()
}
