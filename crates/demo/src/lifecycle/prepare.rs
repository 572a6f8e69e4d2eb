//! Before trading: calibrate, compute the margin, draw the path, find the sizes; then deploy and list.

use super::money::{Money, initial_margin};
use super::range;
use super::scene::{Draw, Path, Rise};
use super::usual::Usual;
use super::{Plan, Story};
use crate::calendar::{iso, month_label};
use crate::exchange::{Exchange, PRODUCT};
use crate::month_sizes::MonthSizes;
use crate::record::{
    CalibrationFacts, ContractFacts, InstrumentFacts, MarginFacts, MarginRow, Record, SceneFacts, Source, UsualFacts,
};
use crate::report::usd_text;
use anyhow::{Context, Result, ensure};
use sit_engine::calendar::{self, DAY, Day};
use sit_engine::clearing::{Purpose, WithdrawalLimits};
use sit_engine::launch;
use sit_engine::units::Ticks;
use sit_engine::vault::Limits;
use sit_native::{Contract, Message};
use sit_sim::DAYS_PER_YEAR;
use sit_sim::calibrate::{Calibration, calibrate};
use sit_sim::margin::{self, MarginRequest, MarginSet};

/// Days that the month of the story has before its last trading day at least: time to trade, to be called and to
/// recover.
const LEAST_DAYS: u32 = 20;

/// Points of the history that the report shows at most.
const HISTORY_POINTS: usize = 400;

/// What is known before the first message.
pub struct Prepared {
    /// Unix day on which the story begins: the first Monday after the history.
    pub first_day: u32,
    /// The months that are listed.
    pub months: Vec<Listed>,
    /// Months of the calendar that are not, because no tick can carry their price.
    pub left_out: usize,
    /// Which of them the story trades.
    pub traded: usize,
    /// The margin set.
    pub set: MarginSet,
    /// The path of prices, from the first day on.
    pub path: Path,
    /// What the price of the traded month usually does.
    pub(super) usual: Usual,
    /// The certificate of the margin set.
    pub certificate: margin::Certificate,
    /// Deposits, funds and limits.
    pub money: Money,
}

/// A month that is listed.
pub struct Listed {
    /// Its last trading day.
    pub expiry: Day,
    /// Its first mark in US dollars.
    pub mark: f64,
    /// Its sizes.
    pub sizing: MonthSizes,
}

impl Prepared {
    /// The month that the story trades.
    pub fn month(&self) -> &Listed {
        &self.months[self.traded]
    }
}

/// Calibrates, computes the margin, draws the path and finds the sizes.
///
/// # Errors
/// One sentence for a history that cannot be calibrated, margined or listed.
pub(super) fn prepare(plan: &Plan<'_>, record: &mut Record) -> Result<Prepared> {
    record.source = source(plan);
    let (_, last) = plan.history.span().context("a history has a span")?;
    let first_day = range::first_monday_after(&last)?;
    let Calibration { model, diagnostics, .. } = calibrate(plan.history)?;
    record.calibration = calibration_facts(&diagnostics);
    record.history_jumps = diagnostics.jumps.iter().map(|jump| (jump.date.clone(), jump.log_size)).collect();
    let expiries = calendar::listing(Day(first_day)).to_vec();
    let tenor_days: Vec<u32> = expiries.iter().map(|expiry| expiry.0 - first_day).collect();
    let traded = tenor_days.iter().position(|days| *days >= LEAST_DAYS).context("a month is far enough")?;

    // What can be refused without the simulation is refused before it.
    let state = model.start();
    let dollars = |days: &u32| model.futures_price(&state, 0.0, f64::from(*days) / DAYS_PER_YEAR);
    let marks: Vec<f64> = tenor_days.iter().map(dollars).collect();
    let atoms: Vec<u64> = marks.iter().map(|mark| (mark * 1e6).round().max(0.0) as u64).collect();
    let first =
        Draw { model: &model, seed: plan.seed, tenor: 0, first_day, mark: Ticks(1), tick_size: 1 }.path(None)?;
    range::check_path(&first, first_day, plan.seed)?;
    let spot = MonthSizes::for_price(first.index.first().copied().unwrap_or_default());
    let count = range::listable(&atoms, &spot, traded, &expiries)?;
    let (sizing, tenor) = (spot.with_mark(atoms[traded]), tenor_days[traded]);
    let mark = Ticks(sizing.ticks(marks[traded]));
    let draw = Draw { model: &model, seed: plan.seed, tenor, first_day, mark, tick_size: sizing.tick_size };
    let calm = draw.path(None)?;
    range::check_path(&calm, first_day, plan.seed)?;

    let request = MarginRequest {
        tenor_days: tenor_days.clone(),
        seed: plan.seed,
        paths: plan.paths,
        ..MarginRequest::default()
    };
    let set = margin::compute(&model, &request, plan.progress).map_err(range::unmargined)?;
    range::check_margin(&set)?;
    let certificate = margin::certificate(&set, &model, plan.history.dataset_root());
    record.margin = margin_facts(&set, &certificate, &expiries);

    let usual = Usual::of(&draw)?;
    let path = match draw.rise(&calm.index, initial_margin(set.months[traded].short_bps)) {
        Rise::Own(rise_day) => Path { rise_day, ..calm.clone() },
        // A scene that the index could not carry is left out.
        Rise::PutIn(scene) => {
            let told = draw.path(Some(scene))?;
            if range::check_path(&told, first_day, plan.seed).is_ok() { told } else { calm.clone() }
        }
    };
    record.usual = UsualFacts {
        rise: usual.rise(tenor),
        fall: usual.fall(tenor),
        calm: usual.holds(&draw.settlements(&calm.index), tenor),
    };
    record.scene = path.scene.map(|scene| {
        let day = first_day + super::scene::SCENE_DAY;
        SceneFacts { day, date: iso(day), rise: scene.rise }
    });
    let daily_move = diagnostics.sigma.value / DAYS_PER_YEAR.sqrt();
    let limits = set.limits.prices.iter();
    let months: Vec<Listed> = expiries
        .iter()
        .zip(marks.iter().zip(&atoms).zip(limits))
        .take(count)
        .map(|(expiry, ((mark, atoms), limit))| {
            let sizing = spot.with_mark(*atoms);
            let sizing = sizing.limited(sizing.ticks(*mark), limit.halt_bps, daily_move);
            Listed { expiry: *expiry, mark: *mark, sizing }
        })
        .collect();
    let month = &months[traded];
    let lot_value = month.sizing.lot_value(month.sizing.ticks(month.mark));
    let money = Money::for_positions(lot_value, &set.months[traded], usual.rise(tenor), usual.fall(tenor));
    Ok(Prepared { first_day, left_out: expiries.len() - count, months, traded, set, path, usual, certificate, money })
}

impl Story {
    /// Deploys the contracts, opens the index, sets the margin and lists the months; ends genesis.
    pub(super) fn open_exchange(&mut self, prepared: &Prepared) -> Result<()> {
        for contract in [
            Contract::Vault,
            Contract::Clearing,
            Contract::ClearingOffice,
            Contract::Oracle,
            Contract::OracleOffice,
            Contract::Incentives,
            Contract::Governance,
        ] {
            let address = self.exchange.address(contract)?;
            let deployed = self.exchange.chain.contract_at(address).context("the chain knows what it has deployed")?;
            self.record.contracts.push(ContractFacts {
                name: deployed.name.clone(),
                address: deployed.address.to_string(),
                blob_bytes: deployed.blob_bytes as usize,
            });
        }
        self.milestone("Seven contracts are deployed and connected through governance.");
        self.exchange.open_index()?;
        self.exchange.govern_margin(&prepared.set, &prepared.certificate)?;
        self.milestone("The certified margin set is in force.");
        self.print_index(prepared.first_day, prepared.path.index[0])?;
        self.exchange.govern(&Message::StartProduct { product: PRODUCT })?;
        let (fund_bps, incentive_bps) = (launch::FUND_SHARE_BPS, launch::INCENTIVE_SHARE_BPS);
        self.exchange.govern(&Message::SetFeeShares { fund_bps, incentive_bps })?;
        self.limit_risk(prepared)?;
        for month in &prepared.months {
            let time = u64::from(calendar::last_trading_time(month.expiry).0);
            let number = self.exchange.list(time, month.sizing.ticks(month.mark), &month.sizing)?;
            self.record.instruments.push(InstrumentFacts {
                number,
                label: month_label(month.expiry.0),
                expiry: time,
                first_mark: month.mark,
            });
            self.sizes.push(month.sizing);
        }
        self.endow(Purpose::Fund, prepared.money.fund)?;
        self.endow(Purpose::Incentives, launch::PROGRAMME)?;
        self.exchange.govern(&Message::SetBudget { amount: launch::WEEKLY_BUDGET })?;
        let deployer = self.exchange.chain.account("deployer");
        self.send(&deployer, &Message::Seal {})?;
        let listed = match (prepared.months.len(), prepared.left_out) {
            (_, 0) => "Ten months are listed".to_owned(),
            (count, out) => format!(
                "{count} months are listed, and the {out} behind them are not, because the trend takes their price beyond what \
                 ticks can carry"
            ),
        };
        self.milestone(format!("{listed}; genesis is sealed, and every change waits for its timelock from here on."));
        self.month = self.record.instruments[prepared.traded].number;
        ensure!(self.exchange.market(self.month)?.open_interest.0 == 0, "a new month has no positions");
        Ok(())
    }
}

impl Story {
    /// The safeguards of everybody's collateral: margin that rises with size and open interest, the
    /// fund's cap for one instrument, and what may leave in an hour and in a day.
    fn limit_risk(&mut self, prepared: &Prepared) -> Result<()> {
        let add_ons = prepared.month().sizing.add_ons();
        self.exchange.govern(&Message::SetAddOns { product: PRODUCT, add_ons })?;
        self.exchange.govern(&Message::SetFundCap { bps: launch::FUND_CAP_BPS })?;
        let limits = prepared.money.limits;
        let WithdrawalLimits { hour_bps, hour_amount, day_bps, day_amount } = limits;
        let set_limits = Message::SetWithdrawalLimits { hour_bps, hour_amount, day_bps, day_amount };
        self.exchange.govern(&set_limits)?;
        let vaults = prepared.money.vault_limits();
        let Limits { hour, day } = vaults;
        self.exchange.govern(&Message::SetLimits { hour, day })?;
        self.custody.limits = vaults;
        self.milestone(format!(
            "No more than {} may leave in an hour and {} in a day: sized at deployment by what positions of this price need.",
            usd_text(limits.hour_amount.into()),
            usd_text(limits.day_amount.into())
        ));
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
                short_bps: month.short_bps,
                long_bps: month.long_bps,
            })
            .collect(),
        certificate: hex(&margin::certificate_hash(certificate)),
        dataset_root: hex(&certificate.dataset_root),
        seed: set.seed,
        paths: set.paths,
        confidence: f64::from(set.confidence_ppm) / 10_000.0,
        horizon_days: f64::from(set.horizon_seconds) / f64::from(DAY),
    }
}

/// Deploys the contracts at the hour at which the story begins, and measures what that costs if it is wanted.
pub(super) fn deploy(first_day: u32, measured: bool) -> Result<Exchange> {
    Exchange::deploy_with(u64::from(first_day) * u64::from(DAY) + super::MORNING, |chain| {
        chain.measure(measured);
        Ok(chain.usdc())
    })
}
