//! Out of sample: what the risk array asks of portfolios that it was not made from, and on how many paths that is too
//! little.
//!
//! Portfolios and paths are both fresh. A portfolio is covered when its loss goes beyond its margin on no more than a
//! share of the paths of one less the confidence. Beside the array stands the sum of the months' own margins, which is
//! what a clearing house without credit for spreads would ask, and the portfolio's own expected shortfall, below which
//! no rule could go that has to cover it alone.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::array::dot;
use super::array::portfolios::{Kind, Portfolio, draw};
use super::{Draw, MarginError, MarginRequest, MarginSet, Returns, Tail, confidence, curve};
use crate::model::Model;

/// Scenario numbers of the fresh streams.
const PATHS: u64 = 0x434f_5650;
const PORTFOLIOS: u64 = 0x434f_5642;

/// What an array does for one kind of portfolio.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// Kind; all of them together for `all`.
    pub kind: String,
    /// Portfolios.
    pub portfolios: u64,
    /// Share of them that are covered at the confidence.
    pub covered: f64,
    /// Mean share of paths beyond the margin.
    pub mean_exceedance: f64,
    /// The largest such share.
    pub worst_exceedance: f64,
    /// Margin over the sum of the months' own margins, mean.
    pub margin_to_naive: f64,
    /// Margin over the portfolio's own expected shortfall, mean.
    pub margin_to_shortfall: f64,
    /// The least of that ratio: below one, a portfolio's margin is less than its own expected shortfall.
    pub least_margin_to_shortfall: f64,
    /// Mean share of paths beyond the sum of the months' own margins.
    pub naive_exceedance: f64,
}

struct Measured {
    kind: Kind,
    exceedance: f64,
    to_naive: f64,
    to_shortfall: f64,
    naive_exceedance: f64,
}

/// Measures an array on fresh portfolios and paths: all kinds together, then each.
///
/// # Errors
/// [`MarginError::CloseOut`] when the set's law of the close-out time is none.
pub fn measure(
    set: &MarginSet,
    models: &[Model],
    portfolios: u64,
    paths: u64,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<Coverage>, MarginError> {
    let request = MarginRequest::of(set);
    request.check(models.len())?;
    let law = set.close_out.law()?;
    let (tenor_days, seed) = (&request.tenor_days, set.seed);
    let fresh = Draw { models, tenor_days, law: &law, seed, scenario: PATHS, paths: paths as usize };
    let returns = Returns::draw(&fresh, progress);
    let book = draw(&curve(models, tenor_days), seed, PORTFOLIOS, portfolios);
    let level = confidence(set.confidence_ppm);
    let measured: Vec<Measured> = book.par_iter().map(|portfolio| one(set, portfolio, &returns, level)).collect();
    let kinds = Kind::ALL.into_iter().map(|kind| (name(kind), measured.iter().filter(|m| m.kind == kind).collect()));
    let all = std::iter::once(("all".to_owned(), measured.iter().collect::<Vec<_>>()));
    Ok(all.chain(kinds).filter(|(_, some)| !some.is_empty()).map(|(kind, some)| sum_up(kind, &some, level)).collect())
}

fn one(set: &MarginSet, portfolio: &Portfolio, returns: &Returns, level: f64) -> Measured {
    let margin = set.portfolio(&portfolio.exposures);
    let naive = portfolio.gross(&set.months);
    let losses: Vec<f64> = returns.rows().map(|row| -dot(&portfolio.exposures, row)).collect();
    let beyond = |margin: f64| losses.iter().filter(|loss| **loss > margin).count() as f64 / losses.len() as f64;
    let (exceedance, naive_exceedance) = (beyond(margin), beyond(naive));
    let shortfall = Tail::of(losses.into_iter(), level).shortfall(level);
    Measured {
        kind: portfolio.kind,
        exceedance,
        to_naive: margin / naive,
        to_shortfall: if shortfall > 0.0 { margin / shortfall } else { f64::INFINITY },
        naive_exceedance,
    }
}

fn sum_up(kind: String, some: &[&Measured], level: f64) -> Coverage {
    let count = some.len() as f64;
    let mean = |of: fn(&Measured) -> f64| some.iter().map(|m| of(m)).filter(|v| v.is_finite()).sum::<f64>() / count;
    Coverage {
        kind,
        portfolios: some.len() as u64,
        covered: some.iter().filter(|m| m.exceedance <= 1.0 - level + 1e-12).count() as f64 / count,
        mean_exceedance: mean(|m| m.exceedance),
        worst_exceedance: some.iter().map(|m| m.exceedance).fold(0.0, f64::max),
        margin_to_naive: mean(|m| m.to_naive),
        margin_to_shortfall: mean(|m| m.to_shortfall),
        least_margin_to_shortfall: some.iter().map(|m| m.to_shortfall).fold(f64::INFINITY, f64::min).min(f64::MAX),
        naive_exceedance: mean(|m| m.naive_exceedance),
    }
}

fn name(kind: Kind) -> String {
    match kind {
        Kind::Outright => "outright",
        Kind::Calendar => "calendar",
        Kind::Butterfly => "butterfly",
        Kind::MakerBook => "maker-book",
        Kind::Hedge => "hedge",
    }
    .to_owned()
}
