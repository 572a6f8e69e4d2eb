//! Before trading: calibrate, compute the margin, deploy, list.

use super::{Plan, Story};
use crate::calendar::{iso, month_label};
use crate::exchange::{Exchange, TPI};
use crate::record::{CalibrationFacts, ContractFacts, InstrumentFacts, MarginFacts, MarginRow, Record, Source};
use crate::sizing::Sizing;
use anyhow::{Context, Result, ensure};
use sit_devnet::{Value, args};
use sit_engine::calendar::{self, Day};
use sit_engine::launch;
use sit_sim::DAYS_PER_YEAR;
use sit_sim::calibrate::{Calibration, calibrate};
use sit_sim::margin::{self, MarginRequest, MarginSet};
use sit_sim::path::{DailyPath, PathRequest, ScheduledJump, Target, simulate_one};

/// Days that the month of the story has before its last trading day at least: time to trade, to be called and to recover.
const LEAST_DAYS: u32 = 20;

/// Day of the path on which the price jumps.
const JUMP_DAY: u32 = 8;

/// Points of the history that the report shows at most.
const HISTORY_POINTS: usize = 400;

/// What is known before the first message.
pub struct Prepared {
    /// Unix day on which the story begins: the first Monday after the history.
    pub first_day: u32,
    /// Last trading days of the listed months.
    pub expiries: Vec<Day>,
    /// Which of them the story trades.
    pub traded: usize,
    /// The margin set.
    pub set: MarginSet,
    /// The path of prices, from the first day on.
    pub path: DailyPath,
    /// The jump in it, as a fraction of the price.
    pub jump: f64,
    /// Sizes of the contract.
    pub sizing: Sizing,
    /// The certificate of the margin set.
    pub certificate: margin::Certificate,
    /// First marks in US dollars.
    pub marks: Vec<f64>,
}

/// Initial margin of a small position as a fraction of its value, with the full buffer: from its shock in basis points.
pub(super) fn initial_margin(shock_bps: u32) -> f64 {
    f64::from(shock_bps) / 1e4 * (1.0 + f64::from(launch::ADD_ONS_WITHOUT_SIZE.buffer_target_bps) / 1e4)
}

/// Calibrates, computes the margin and draws the path.
pub(super) fn prepare(plan: &Plan<'_>, record: &mut Record) -> Result<Prepared> {
    record.source = source(plan);
    let Calibration { model, diagnostics, .. } = calibrate(plan.history)?;
    record.calibration = calibration_facts(&diagnostics);
    record.history_jumps = diagnostics.jumps.iter().map(|jump| (jump.date.clone(), jump.log_size)).collect();
    let (_, last) = plan.history.span().context("a history has a span")?;
    let first_day = first_monday_after(&last)?;
    let expiries = calendar::listing(Day(first_day)).to_vec();
    let tenor_days: Vec<u32> = expiries.iter().map(|expiry| expiry.0 - first_day).collect();
    let traded = tenor_days.iter().position(|days| *days >= LEAST_DAYS).context("a month is far enough")?;

    let request = MarginRequest {
        tenor_days: tenor_days.clone(),
        seed: plan.seed,
        paths: plan.paths,
        ..MarginRequest::default()
    };
    let set = margin::compute(&model, &request, plan.progress)?;
    let root = plan.history.dataset_root();
    let certificate = margin::certificate(&set, &model, root);
    record.margin = margin_facts(&set, &certificate, &expiries);

    // Just past what a short position's margin covers: the story shows what happens when margin is not enough.
    let jump = 1.15 * initial_margin(set.months[traded].es_short_bps);
    let days = tenor_days[traded] + 4;
    let request = PathRequest {
        seed: plan.seed,
        scenario: 1,
        days,
        deliveries: tenor_days.clone(),
        jumps: vec![ScheduledJump { day: JUMP_DAY, log_size: jump.ln_1p(), target: Target::Permanent }],
    };
    let path = simulate_one(&model, &request)?;
    let spot = path.days.first().context("a path has a first day")?.spot;
    let state = model.start();
    let scale = spot / model.spot(&state, 0.0);
    let marks = tenor_days
        .iter()
        .map(|days| scale * model.futures_price(&state, 0.0, f64::from(*days) / DAYS_PER_YEAR))
        .collect();
    let sizing = Sizing::for_price((spot * 1e6) as u64);
    Ok(Prepared { first_day, expiries, traded, set, path, jump, sizing, certificate, marks })
}

impl Story {
    /// Deploys the contracts, opens the index, sets the margin and lists the months; ends genesis.
    pub(super) fn open_exchange(&mut self, prepared: &Prepared) -> Result<()> {
        let exchange = &self.exchange;
        let contracts = [
            &exchange.vault,
            &exchange.clearing,
            &exchange.back_office,
            &exchange.oracle,
            &exchange.oracle_office,
            &exchange.incentives,
            &exchange.governance,
        ];
        let facts = contracts.map(|contract| ContractFacts {
            name: contract.name.clone(),
            address: contract.address.to_string(),
            blob_bytes: contract.blob_bytes as usize,
        });
        self.record.contracts = facts.to_vec();
        self.milestone("Seven contracts are deployed and connected through governance.");
        self.exchange.open_index()?;
        self.exchange.govern_margin(&prepared.set, &prepared.certificate)?;
        self.milestone("The certified margin set is in force.");
        self.print_index(prepared.first_day, self.price_on(prepared, 0))?;
        let (clearing, incentives) = (self.exchange.clearing.clone(), self.exchange.incentives.clone());
        self.exchange.govern(&clearing, "start_product", args![TPI])?;
        self.exchange.govern(
            &clearing,
            "set_fee_shares",
            args![launch::FUND_SHARE_BPS, launch::INCENTIVE_SHARE_BPS],
        )?;
        self.limit_risk(&prepared.sizing)?;
        for (expiry, mark) in prepared.expiries.iter().zip(&prepared.marks) {
            let time = u64::from(calendar::last_trading_time(*expiry).0);
            let number = self.exchange.list(time, prepared.sizing.ticks(*mark), &prepared.sizing)?;
            self.record.instruments.push(InstrumentFacts {
                number,
                label: month_label(expiry.0),
                expiry: time,
                first_mark: *mark,
            });
        }
        self.endow(0, launch::FUND.into())?;
        self.endow(1, launch::PROGRAMME.into())?;
        self.exchange.govern(&incentives, "set_budget", args![launch::WEEKLY_BUDGET])?;
        let governance = self.exchange.governance.clone();
        let deployer = self.exchange.chain.account("deployer");
        self.send(&deployer, &governance, "seal", args![])?;
        self.milestone(
            "Ten months are listed; genesis is sealed, and every change waits for its timelock from here on.",
        );
        self.month = self.record.instruments[prepared.traded].number;
        ensure!(self.exchange.market(self.month)?.open_interest.0 == 0, "a new month has no positions");
        Ok(())
    }
}

impl Story {
    /// What stands between a bad day and everybody's collateral: margin that rises with size and open interest, the fund's cap
    /// for one instrument, and what may leave in an hour and in a day.
    fn limit_risk(&mut self, sizing: &Sizing) -> Result<()> {
        let (clearing, vault) = (self.exchange.clearing.clone(), self.exchange.vault.clone());
        let add_ons = sizing.add_ons();
        let fields = Value::Tuple(args![
            add_ons.size_lower.0,
            add_ons.size_upper.0,
            add_ons.open_interest_lower_bps,
            add_ons.open_interest_upper_bps,
            add_ons.floor_bps,
            add_ons.buffer_target_bps,
            add_ons.refill_bps,
        ]);
        self.exchange.govern(&clearing, "set_add_ons", args![TPI, fields])?;
        self.exchange.govern(&clearing, "set_fund_cap", args![launch::FUND_CAP_BPS])?;
        let limits = launch::WITHDRAWAL_LIMITS;
        let fields = args![limits.hour_bps, limits.hour_amount, limits.day_bps, limits.day_amount];
        self.exchange.govern(&clearing, "set_withdrawal_limits", fields)?;
        self.exchange.govern(&vault, "set_limits", args![launch::VAULT_LIMITS.hour, launch::VAULT_LIMITS.day])?;
        Ok(())
    }
}

fn source(plan: &Plan<'_>) -> Source {
    let observations = plan.history.observations();
    let step = observations.len().div_ceil(HISTORY_POINTS).max(1);
    let dates: Vec<String> = observations.iter().map(|observation| observation.date.to_string()).collect();
    Source {
        name: plan.name.to_owned(),
        generated: plan.generated,
        observations: observations.len(),
        first: dates.first().cloned().unwrap_or_default(),
        last: dates.last().cloned().unwrap_or_default(),
        prices: dates
            .into_iter()
            .zip(observations)
            .step_by(step)
            .map(|(date, observation)| (date, observation.price))
            .collect(),
    }
}

fn calibration_facts(found: &sit_sim::calibrate::Diagnostics) -> CalibrationFacts {
    let row = |name: &str, value: f64, remark: &str| (name.to_owned(), value, remark.to_owned());
    let reversion =
        if found.reversion_identified { "used by the model, corrected for bias" } else { "not identified; not used" };
    CalibrationFacts {
        parameters: vec![
            row("Trend of the log price, per year", found.trend_slope, "by exact likelihood"),
            row("Mean reversion, per year", found.kappa.map_or(f64::NAN, |kappa| kappa.value), reversion),
            row("Diffusive volatility, per square root of a year", found.sigma.value, "between jumps"),
            row("Jumps a year", found.jump_intensity.value, "by exact likelihood"),
            row("Mean jump, log", found.jump_mean.value, ""),
            row("Standard deviation of jumps, log", found.jump_sd.value, ""),
        ]
        .into_iter()
        .filter(|(_, value, _)| value.is_finite())
        .collect(),
        warnings: found.warnings.clone(),
    }
}

fn margin_facts(set: &MarginSet, certificate: &margin::Certificate, expiries: &[Day]) -> MarginFacts {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    MarginFacts {
        months: set
            .months
            .iter()
            .zip(expiries)
            .map(|(month, expiry)| MarginRow {
                label: month_label(expiry.0),
                tenor_days: month.tenor_days,
                short_bps: month.es_short_bps,
                long_bps: month.es_long_bps,
            })
            .collect(),
        certificate: hex(&margin::certificate_hash(certificate)),
        dataset_root: hex(&certificate.dataset_root),
        seed: set.seed,
        paths: set.paths,
        confidence: f64::from(set.confidence_ppm) / 10_000.0,
        horizon_days: f64::from(set.horizon_seconds) / 86_400.0,
    }
}

/// The unix day of the first Monday after a date.
fn first_monday_after(date: &jiff::civil::Date) -> Result<u32> {
    let monday = date.nth_weekday(1, jiff::civil::Weekday::Monday)?;
    let epoch = jiff::civil::date(1970, 1, 1);
    let days = epoch.until((jiff::Unit::Day, monday))?.get_days();
    let day = u32::try_from(days).with_context(|| format!("the history ends on {date}, before 1970"))?;
    ensure!(iso(day) == monday.to_string(), "the calendars of the engine and of the history agree");
    Ok(day)
}

/// Deploys the contracts at the hour at which the story begins.
pub(super) fn deploy(first_day: u32) -> Result<Exchange> {
    Exchange::deploy(u64::from(first_day) * 86_400 + super::MORNING)
}
