//! SIT by month, and the lots that hedge them. Whole numbers only; every rounding is named.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use sit_engine::calendar::{Day, listing};
use sit_engine::oracle::Rules;

use crate::HedgeError;
use crate::prices::Prices;
use crate::usage::Usage;

/// Most months of a plan.
pub const MOST_MONTHS: u32 = 36;

/// Basis points in one.
const ONE: u128 = 10_000;

/// What becomes of a part of a lot.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Rounding {
    /// Never hedges more than the exposure.
    #[default]
    Down,
    /// To the nearest, halves up.
    Near,
    /// Never hedges less.
    Up,
}

/// What to plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request {
    /// First day on which orders can be sent.
    pub today: Date,
    /// Months from the one after `today`, 1 to [`MOST_MONTHS`].
    pub months: u32,
    /// Growth a month in basis points, above -10,000; `None` takes it from the data.
    pub growth_bps: Option<i32>,
    /// Share of the exposure to hedge, basis points.
    pub ratio_bps: u32,
    /// SIT in a lot, above zero.
    pub lot: u128,
    /// What becomes of a part of a lot.
    pub rounding: Rounding,
}

/// A month of the plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Month {
    /// First day of the month.
    pub month: Date,
    /// SIT expected.
    pub sit: u128,
    /// The month's lots.
    pub lots: u128,
    /// SIT of these lots.
    pub hedged_sit: u128,
    /// First day of the contract month that hedges it; `None` when it is beyond what is listed.
    pub contract: Option<Date>,
    /// Last trading day of that contract.
    pub last_day: Option<Date>,
}

/// Exposure and lots.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exposure {
    /// SIT used by month, from the file.
    pub past: BTreeMap<Date, u128>,
    /// Growth a month that was applied, basis points.
    pub growth_bps: i32,
    /// Month by month.
    pub months: Vec<Month>,
}

impl Exposure {
    /// SIT of all months.
    #[must_use]
    pub fn sit(&self) -> u128 {
        self.months.iter().map(|month| month.sit).sum()
    }

    /// Lots to buy by contract month, those beyond the listed months left out.
    #[must_use]
    pub fn orders(&self) -> BTreeMap<Date, u128> {
        let mut orders = BTreeMap::new();
        for month in &self.months {
            if let Some(contract) = month.contract.filter(|_| month.lots > 0) {
                *orders.entry(contract).or_default() += month.lots;
            }
        }
        orders
    }
}

/// Plans.
///
/// # Errors
/// [`HedgeError`] for a model without a price, numbers out of range, growth that the data do not tell.
pub fn expose(usage: &Usage, prices: &Prices, rules: &Rules, request: &Request) -> Result<Exposure, HedgeError> {
    let open = |text: &str| HedgeError::Open(text.into());
    if !(1..=MOST_MONTHS).contains(&request.months) || request.lot == 0 || request.ratio_bps > 20_000 {
        return Err(open("a plan has 1 to 36 months, lots above zero and a ratio of at most 200 %"));
    }
    let mut past: BTreeMap<Date, u128> = BTreeMap::new();
    for row in &usage.rows {
        let sit = prices.of(&row.model)?.sit(row.input, row.output, rules);
        let sum = past.entry(row.date.first_of_month()).or_default();
        *sum = sum.checked_add(sit).ok_or_else(|| open("the tokens of the file add up to no number that fits"))?;
    }
    let (first, last) = usage.span().ok_or_else(|| open("the usage file has no rows"))?;
    // Whole months, for the level and the growth; a file within one month is taken by its days.
    let is_whole = |month: &Date| *month >= first && month.last_of_month() <= last;
    let whole: Vec<(Date, u128)> = past.iter().filter(|(month, _)| is_whole(month)).map(|(m, s)| (*m, *s)).collect();
    let growth_bps = match request.growth_bps {
        Some(growth) => growth,
        None => fitted(&whole)?,
    };
    let factor = u128::try_from(10_000 + i64::from(growth_bps))
        .ok()
        .filter(|factor| (1..=30_000).contains(factor))
        .ok_or_else(|| open("growth is from above -100% to 200% a month: give --growth"))?;
    let days = |from: Date, to: Date| u128::try_from(from.until(to).map_or(0, |span| span.get_days())).unwrap_or(0) + 1;
    let (level, level_days, level_month) = match whole.last() {
        Some((month, sit)) => (*sit, days(*month, month.last_of_month()), *month),
        None => (past.values().sum(), days(first, last), last.first_of_month()),
    };
    let listed = listed(request.today);
    let mut months = Vec::new();
    // SIT a day times `level_days`, grown month by month to the nearest.
    let mut grown = level;
    let mut month = level_month;
    let end = request.today.first_of_month();
    let too_large = || open("the exposure grows beyond any number that fits: give a smaller --growth");
    while months.len() < request.months as usize {
        month = month.saturating_add(1.month());
        grown = grown.checked_mul(factor).map(|grown| (grown + ONE / 2) / ONE).ok_or_else(too_large)?;
        if month <= end {
            continue;
        }
        let of_days = grown.checked_mul(days(month, month.last_of_month())).ok_or_else(too_large)?;
        let sit = (of_days + level_days / 2) / level_days;
        let wanted = sit.checked_mul(request.ratio_bps.into()).ok_or_else(too_large)?;
        let lot = request.lot.checked_mul(ONE).ok_or_else(too_large)?;
        let lots = match request.rounding {
            Rounding::Down => wanted / lot,
            Rounding::Near => wanted / lot + u128::from(wanted % lot >= lot - lot / 2),
            Rounding::Up => wanted.div_ceil(lot),
        };
        let hedged_sit = lots.checked_mul(request.lot).ok_or_else(too_large)?;
        let hedging = listed.iter().find(|(contract, _)| *contract >= month).copied();
        let (contract, last_day) = (hedging.map(|(contract, _)| contract), hedging.map(|(_, last)| last));
        months.push(Month { month, sit, lots, hedged_sit, contract, last_day });
    }
    Ok(Exposure { past, growth_bps, months })
}

/// First days and last trading days of the months that are listed on a day, by the engine's calendar.
fn listed(today: Date) -> Vec<(Date, Date)> {
    let mut months: Vec<(Date, Date)> = listing(engine_day(today))
        .iter()
        .map(|day| {
            let date = date_of(*day);
            (date.first_of_month(), date)
        })
        .collect();
    months.sort_unstable();
    months
}

/// A day as the engine counts it: one before 1970 is its first.
pub(crate) fn engine_day(date: Date) -> Day {
    let since = Date::constant(1970, 1, 1).until(date).map_or(0, |span| span.get_days());
    Day(u32::try_from(since).unwrap_or(0))
}

/// The engine's day as a date.
pub(crate) fn date_of(day: Day) -> Date {
    let date = day.date();
    let part = |number: u32| i8::try_from(number).unwrap_or(1);
    Date::new(i16::try_from(date.year).unwrap_or(9999), part(date.month), part(date.day)).unwrap_or(Date::MAX)
}

/// Growth a month by least squares on the logarithms of whole months, to the nearest basis point.
fn fitted(whole: &[(Date, u128)]) -> Result<i32, HedgeError> {
    let logs: Vec<f64> = whole.iter().filter(|(_, sit)| *sit > 0).map(|(_, sit)| (*sit as f64).ln()).collect();
    if logs.len() < 3 || logs.len() != whole.len() {
        return Err(HedgeError::Open(format!(
            "{} whole months with usage tell no growth, 3 are needed: give it with --growth, such as 5% or 0%",
            logs.len()
        )));
    }
    let middle = (logs.len() - 1) as f64 / 2.0;
    let mean = logs.iter().sum::<f64>() / logs.len() as f64;
    let places = || (0..logs.len()).map(|place| place as f64 - middle);
    let slope: f64 =
        places().zip(&logs).map(|(x, y)| x * (y - mean)).sum::<f64>() / places().map(|x| x * x).sum::<f64>();
    Ok((slope.exp_m1() * 10_000.0).round() as i32)
}
