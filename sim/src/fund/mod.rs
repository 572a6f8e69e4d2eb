//! The default fund: what the margin leaves uncovered.
//!
//! Members hold portfolios of the usual kinds ([`crate::margin::array::portfolios`]), with sizes that follow Pareto's
//! law; what they hold on balance is held against them by many small accounts. Each holds exactly its margin and adds
//! nothing, so what a portfolio loses beyond it over one close-out is a deficit: an upper bound, since most members
//! would pay. The fund is the larger of
//!
//! ```text
//! cover-2    the two largest members' deficits at the 99.9th percentile of the close-outs, or with the risk array stretched by
//!            half, whichever is more (PFMI principle 4)
//! ES 99.9 %  expected shortfall of a year's sum of all deficits; close-outs follow one another, and the parameters that hold in
//!            a year are those of one model
//! ```
//!
//! as a share of the value of open interest. The returns of close-outs are independent of one another and of where the
//! price stands, so a year is drawn from the simulated ones.

use rand::RngExt;
use rayon::prelude::*;
use serde::Serialize;

use crate::margin::array::portfolios;
use crate::margin::{Draw, GROUP, MarginError, MarginRequest, MarginSet, Returns, SCENARIOS, Tail, curve};
use crate::model::Model;
use crate::path::stream;

/// Scenario numbers of the random streams.
const PATHS: u64 = 0x4655_4e44;
const MEMBERS: u64 = 0x4655_4e4d;
const YEARS: u64 = 0x4655_4e59;

/// Exponent of the members' sizes: the largest of forty holds about a fifth.
const PARETO: f64 = 1.3;

/// How far the risk array is stretched for cover-2.
const STRETCH: f64 = 1.5;

/// Confidence of both measures.
const CONFIDENCE: f64 = 0.999;

/// Seconds of a year.
const YEAR: f64 = crate::SECONDS_PER_YEAR;

/// Years of one random stream.
const BATCH: u64 = 1_024;

/// What to size the fund for.
#[derive(Clone, Copy, Debug)]
pub struct FundRequest {
    /// Members.
    pub members: u64,
    /// Close-outs that are simulated.
    pub paths: u64,
    /// Years that are drawn from them.
    pub years: u64,
}

impl Default for FundRequest {
    fn default() -> Self {
        Self { members: 40, paths: 1 << 18, years: 1 << 16 }
    }
}

/// The fund, in shares of the value of open interest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Fund {
    /// The larger of the two below.
    pub needed: f64,
    /// Deficit of the two largest members.
    pub cover_two: f64,
    /// Expected shortfall of a year's deficit at 99.9 %.
    pub annual_shortfall: f64,
    /// Mean deficit of a year.
    pub annual_mean: f64,
    /// Share of years without any.
    pub years_without: f64,
    /// Share of close-outs with a deficit.
    pub close_outs_with: f64,
    /// All margins together, for comparison.
    pub margin: f64,
}

/// A member's exposures and margin.
struct Member {
    exposures: Vec<f64>,
    margin: f64,
    /// Whether it counts for cover-2: the many small accounts do not.
    large: bool,
}

impl Member {
    fn deficit(&self, moves: impl Iterator<Item = f64>) -> f64 {
        let loss = -self.exposures.iter().zip(moves).map(|(exposure, change)| exposure * change).sum::<f64>();
        (loss - self.margin).max(0.0)
    }
}

/// Sizes the fund.
///
/// # Errors
/// [`MarginError`] when the set is none, or fewer than two members or a thousand years are asked for.
pub fn size(
    set: &MarginSet,
    models: &[Model],
    request: &FundRequest,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Fund, MarginError> {
    size_with_years(set, models, request, progress).map(|(fund, _)| fund)
}

/// Sizes the fund and gives the years behind it: the sum of each year's deficits as a share of open interest,
/// ascending.
///
/// # Errors
/// As [`size`].
pub fn size_with_years(
    set: &MarginSet,
    models: &[Model],
    request: &FundRequest,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(Fund, Vec<f64>), MarginError> {
    if request.members < 2 || request.years < 1_000 {
        return Err(MarginError::Fund { members: request.members, years: request.years });
    }
    let margin_request = MarginRequest { paths: request.paths, ..MarginRequest::of(set) };
    margin_request.check(models.len())?;
    let law = set.close_out.law()?;
    let (members, open_interest) = members(set, models, request.members);
    let draw = Draw {
        models,
        tenor_days: &margin_request.tenor_days,
        law: &law,
        seed: set.seed,
        scenario: PATHS,
        paths: request.paths as usize,
    };
    let returns = Returns::draw(&draw, progress);
    let deficits: Vec<[f64; 2]> = returns.par_rows().map(|row| deficits_of(&members, &|month| row[month])).collect();
    let simulated = Tail::of(deficits.iter().map(|[_, two]| *two), CONFIDENCE).value_at_risk(CONFIDENCE);
    let stretched = (0..SCENARIOS).map(|scenario| {
        let change = |month: usize| STRETCH * f64::from(set.shocks[month][scenario]) / 10_000.0;
        deficits_of(&members, &change)[1]
    });
    let cover_two = stretched.fold(simulated, f64::max) / open_interest;
    let per_year = (YEAR / law.mean()).floor() as u64;
    let mut years = years(&deficits, models.len(), per_year, request.years, set.seed);
    let annual = Tail::of(years.iter().copied(), CONFIDENCE).shortfall(CONFIDENCE) / open_interest;
    let fund = Fund {
        needed: cover_two.max(annual),
        cover_two,
        annual_shortfall: annual,
        annual_mean: crate::numeric::mean(&years) / open_interest,
        years_without: years.iter().filter(|sum| **sum == 0.0).count() as f64 / years.len() as f64,
        close_outs_with: deficits.iter().filter(|[all, _]| *all > 0.0).count() as f64 / deficits.len() as f64,
        margin: members.iter().map(|member| member.margin).sum::<f64>() / open_interest,
    };
    years.iter_mut().for_each(|sum| *sum /= open_interest);
    years.sort_unstable_by(f64::total_cmp);
    Ok((fund, years))
}

/// All deficits together, and those of the two largest members.
fn deficits_of(members: &[Member], change: &dyn Fn(usize) -> f64) -> [f64; 2] {
    let (mut all, mut first, mut second) = (0.0, 0.0, 0.0);
    for member in members {
        let deficit = member.deficit((0..member.exposures.len()).map(change));
        all += deficit;
        if member.large && deficit > first {
            (first, second) = (deficit, first);
        } else if member.large && deficit > second {
            second = deficit;
        }
    }
    [all, first + second]
}

/// The members, and the value of open interest.
fn members(set: &MarginSet, models: &[Model], count: u64) -> (Vec<Member>, f64) {
    let tenor_days: Vec<u32> = set.months.iter().map(|month| month.tenor_days).collect();
    let mut rng = stream(set.seed, MEMBERS, 1);
    let mut balance = vec![0.0; tenor_days.len()];
    let mut members: Vec<Member> = portfolios::draw(&curve(models, &tenor_days), set.seed, MEMBERS, count)
        .into_iter()
        .map(|portfolio| {
            let gross: f64 = portfolio.exposures.iter().map(|exposure| exposure.abs()).sum();
            let size = (1.0 - rng.random::<f64>()).powf(-1.0 / PARETO) / gross;
            let exposures: Vec<f64> = portfolio.exposures.iter().map(|exposure| size * exposure).collect();
            balance.iter_mut().zip(&exposures).for_each(|(sum, exposure)| *sum += exposure);
            Member { margin: set.portfolio(&exposures), exposures, large: true }
        })
        .collect();
    let rest: Vec<f64> = balance.iter().map(|sum| -sum).collect();
    members.push(Member { margin: set.portfolio(&rest), exposures: rest, large: false });
    let long = |member: &Member| member.exposures.iter().filter(|exposure| **exposure > 0.0).sum::<f64>();
    let open_interest = members.iter().map(long).sum();
    (members, open_interest)
}

/// Sums of deficits over years of close-outs, each year under one model.
fn years(deficits: &[[f64; 2]], models: usize, per_year: u64, years: u64, seed: u64) -> Vec<f64> {
    let mut under: Vec<Vec<f64>> = vec![Vec::new(); models];
    for (path, [all, _]) in deficits.iter().enumerate() {
        if let Some(own) = under.get_mut(path / GROUP % models) {
            own.push(*all);
        }
    }
    (0..years.div_ceil(BATCH))
        .into_par_iter()
        .flat_map_iter(|batch| {
            let mut rng = stream(seed, YEARS, batch);
            let under = &under;
            (batch * BATCH..years.min((batch + 1) * BATCH)).map(move |year| {
                let own = &under[year as usize % models];
                (0..per_year).map(|_| own[rng.random_range(0..own.len())]).sum()
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::margin::compute;

    fn sized(scale: f64) -> Fund {
        let model = Model::paper();
        let request = MarginRequest { paths: 20_000, ..MarginRequest::default() };
        let mut set = compute(&model, &request, &|_| ()).unwrap();
        set.shocks.iter_mut().flatten().for_each(|shock| *shock = (f64::from(*shock) * scale) as i16);
        let request = FundRequest { paths: 1 << 15, years: 4_096, ..FundRequest::default() };
        size(&set, &[model], &request, &|_| ()).unwrap()
    }

    #[test]
    fn more_margin_needs_less_fund() {
        let (thin, usual) = (sized(0.5), sized(1.0));
        assert!(usual.annual_mean < thin.annual_mean && usual.close_outs_with < thin.close_outs_with);
        assert!(usual.annual_shortfall > 0.0 && usual.needed >= usual.cover_two.max(usual.annual_shortfall));
        assert!(usual.close_outs_with < 0.05 && usual.margin > 0.05, "{usual:?}");
        assert_eq!(sized(1.0), usual);
    }

    #[test]
    fn a_year_without_deficits_costs_nothing_and_one_deficit_is_found() {
        let calm = vec![[0.0; 2]; 4 * GROUP];
        assert!(years(&calm, 2, 200, 2_000, 1).iter().all(|sum| *sum == 0.0));
        let mut one = calm.clone();
        one[GROUP] = [1.0, 1.0];
        // Two models, the deficit under the second: half of the years see 200/512 of one on average.
        let sums = years(&one, 2, 200, 20_000, 1);
        let mean = sums.iter().sum::<f64>() / 20_000.0;
        assert!((mean - 0.5 * 200.0 / 512.0).abs() < 0.015, "{mean}");
    }

    #[test]
    fn a_fund_for_one_member_is_refused() {
        let model = Model::paper();
        let set = compute(&model, &MarginRequest { paths: 20_000, ..MarginRequest::default() }, &|_| ()).unwrap();
        let request = FundRequest { members: 1, ..FundRequest::default() };
        assert!(matches!(size(&set, &[model], &request, &|_| ()), Err(MarginError::Fund { .. })));
    }
}
