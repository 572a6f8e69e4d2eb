//! Section 8.3, done as the paper leaves open: a company that estimates its ratio, out of sample, under each friction.
//!
//! The paper gives a share of the variance for each of its scenarios and elsewhere a share of 62 to 78 % without saying
//! of what; the second is compared as a share of the standard deviation.

use super::{Claim, PaperError, simulated};
use crate::hedge::experiment::{self, FrictionSet, Outcome, Ratio};
use crate::hedge::{HedgeError, scenarios};

/// What the paper says is removed of the variance in each of its scenarios, in percent.
const STATED: [(&str, f64); 3] = [("baseline", 87.0), ("optimistic", 91.0), ("pessimistic", 78.0)];

/// What the experiment gives in one of the paper's scenarios.
#[derive(Clone, Debug, PartialEq)]
pub struct ScenarioHedge {
    /// Name of the scenario.
    pub scenario: &'static str,
    /// Share of the variance that the paper says is removed, in percent.
    pub stated: f64,
    /// Each set of frictions with what an estimated ratio does under it.
    pub outcomes: Vec<(&'static str, Outcome)>,
}

/// The experiment in each of the paper's scenarios. `progress` is told, from any thread, how many paths have been drawn
/// since it was last told: three times `paths` in all.
///
/// # Errors
/// [`HedgeError`] for fewer paths than the experiment needs.
pub fn scenario_hedges(
    seed: u64,
    paths: u32,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<ScenarioHedge>, HedgeError> {
    let frictions = FrictionSet::table();
    let cases = frictions.map(|(_, set)| (set, Ratio::Estimated));
    let models = scenarios()?;
    let modelled = STATED.into_iter().filter_map(|(scenario, stated)| {
        let (_, model) = models.iter().find(|(name, _)| *name == scenario)?;
        Some((scenario, stated, model))
    });
    modelled
        .map(|(scenario, stated, model)| {
            let outcomes = experiment::run(model, &cases, paths, seed, progress)?;
            let outcomes = frictions.iter().map(|(name, _)| *name).zip(outcomes).collect();
            Ok(ScenarioHedge { scenario, stated, outcomes })
        })
        .collect()
}

/// The hedging claims by scenario and friction, both as variance and as standard deviation. `progress` is told, from
/// any thread, how many paths have been drawn since it was last told: three times `paths` in all.
///
/// # Errors
/// [`PaperError::Hedge`] for fewer paths than the experiment needs.
pub fn hedging_claims(seed: u64, paths: u32, progress: &(dyn Fn(u64) + Sync)) -> Result<Vec<Claim>, PaperError> {
    let mut claims = Vec::new();
    for ScenarioHedge { scenario, stated, outcomes } in scenario_hedges(seed, paths, progress)? {
        for (friction, outcome) in outcomes {
            let what = |of: &str| format!("{of} removed by an estimated ratio, {scenario}, frictions: {friction}");
            let variance = [stated - 0.5, stated + 0.5];
            claims.push(simulated(what("variance"), "%", variance, 100.0 * outcome.variance_reduction));
            claims.push(simulated(what("standard deviation"), "%", [62.0, 78.0], 100.0 * outcome.sd_reduction));
        }
    }
    Ok(claims)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_and_friction_has_both_measures() {
        let table = hedging_claims(1, experiment::LEAST_PATHS, &|_| ()).unwrap();
        assert_eq!(table.len(), 3 * 6 * 2);
        for pair in table.chunks(2) {
            let [variance, sd] = pair else { panic!("pairs") };
            let want = 100.0 * crate::hedge::sd_reduction(variance.found / 100.0);
            assert!((sd.found - want).abs() < 1e-9, "{variance:?} {sd:?}");
        }
        // Without frictions a hedge is perfect, whatever the scenario: the paper's figures need frictions that it
        // does not name.
        let frictionless = table.iter().filter(|claim| claim.claim.ends_with("none"));
        assert!(frictionless.clone().count() == 6 && frictionless.clone().all(|claim| claim.found > 99.0));
    }
}
