//! Initial margin of a plan: what the exchange asks for its positions, by the engine itself.
//!
//! A house in memory takes a margin set and add-ons, lists the months of a day and assesses an account that holds the
//! planned lots, all by the messages and rules that run on the chain. Nothing here computes a margin.
//!
//! The house has no other traders: a month's open interest is too small to raise the margin of all who hold it
//! ([`AddOns`]), and the buffer is full, as it is at an opening. An account of its own is assumed, without orders.

use jiff::civil::Date;
use sit_engine::calendar::{last_trading_time, listing};
use sit_engine::clearing::{self, Account, AddOns, Curve, Instrument, Listing, RiskArray, Store};
use sit_engine::launch::{ADD_ONS, DOLLAR, LIQUIDATION_END_BPS, MAINTENANCE_BPS, Sizing, TERMS, TPI};
use sit_engine::units::{Lots, QuoteAtoms, Seconds, Side, Ticks};
use sit_native::Native;
use sit_sim::margin::{MarginRequest, compute};
use sit_sim::model::Model;

use crate::HedgeError;
use crate::exposure::{date_of, engine_day};

/// Paths behind the margin set of a price process, as many as the development chain opens with.
const PATHS: u64 = 1 << 14;

/// What a margin is computed with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terms {
    /// The margin set with its add-ons and its buffer. Its rows are those of the months by their order on the curve: a
    /// month moves up as others expire.
    pub risk: RiskArray,
    /// Sizes of the contracts.
    pub sizing: Sizing,
}

impl Terms {
    /// The margin set of a price process under the add-ons of the launch: what an exchange on this price opens with.
    /// `today` is the day of the plan.
    ///
    /// # Errors
    /// [`HedgeError::Open`] when the simulator computes no set, or for one that the exchange would not take.
    pub fn of_process(model: &Model, today: Date, seed: u64, sizing: Sizing) -> Result<Self, HedgeError> {
        let today = engine_day(today);
        // A month on its last day has a day left.
        let tenor_days = listing(today).iter().map(|month| month.0.saturating_sub(today.0).max(1)).collect();
        let request = MarginRequest { tenor_days, seed, paths: PATHS, ..MarginRequest::default() };
        let set = compute(model, &request, &|_| ()).map_err(|error| HedgeError::Open(error.to_string()))?;
        Self::opening(&set.shocks, ADD_ONS, sizing)
    }

    /// A new margin set under add-ons, as an exchange opens with it: `shocks` in basis points of the mark, row by row
    /// of the curve.
    ///
    /// # Errors
    /// [`HedgeError::Open`] for a set that the exchange would not take.
    pub fn opening(shocks: &[[i16; 16]], add_ons: AddOns, sizing: Sizing) -> Result<Self, HedgeError> {
        let mut encoded: Vec<u8> = shocks.iter().flatten().flat_map(|shock| shock.to_be_bytes()).collect();
        encoded.resize(clearing::SHOCK_BYTES, 0);
        let mut house = Native::new();
        // Any certificate: what it is about is not looked at here.
        let certificate = [1; 32];
        let set = house.transact(|house| {
            clearing::set_risk(house, Seconds::ZERO, TPI, MAINTENANCE_BPS, LIQUIDATION_END_BPS, &encoded, certificate)?;
            clearing::set_add_ons(house, TPI, add_ons)
        });
        set.map_err(|error| refused("take this margin set", error))?;
        let risk = house.risk(TPI).ok_or_else(|| HedgeError::Open("the exchange holds no margin set".into()))?;
        Ok(Self { risk, sizing })
    }

    /// A price in US dollars per million tokens in ticks, to the nearest, at least one.
    #[must_use]
    pub fn ticks(&self, dollars: f64) -> Ticks {
        let ticks = dollars * 1e6 / f64::from(self.sizing.tick_size.max(1));
        // The cast of a float sticks at the ends.
        Ticks((ticks.round().max(1.0) as u32).min(Ticks::MAX.0.saturating_sub(1)))
    }
}

/// Sizes of the contracts with which an exchange on this price would open.
#[must_use]
pub fn sizing_of(model: &Model) -> Sizing {
    Sizing::for_price((model.spot(&model.start(), 0.0) * DOLLAR as f64).round() as u64)
}

fn refused(what: &str, error: clearing::ClearingError) -> HedgeError {
    HedgeError::Open(format!("the exchange would not {what} ({error:?}): the plan has no initial margin"))
}

/// Lots of one contract, with its marks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Held {
    /// Its last trading day.
    pub last_day: Date,
    /// Lots, without sign.
    pub lots: Lots,
    /// Mark.
    pub mark: Ticks,
    /// Slow mark ([`clearing::mark::slow_mark`]).
    pub slow: Ticks,
}

/// The exchange on one day.
pub struct House {
    house: Native,
    curve: Curve,
    /// Instruments by their last trading days.
    listed: Vec<(Date, Instrument)>,
}

impl House {
    /// The exchange with the months that are listed on a day, all at one mark until an account is assessed.
    ///
    /// # Errors
    /// [`HedgeError::Open`] for months that the margin set does not cover.
    pub fn on(day: Date, terms: &Terms) -> Result<Self, HedgeError> {
        let mut house = Native::new();
        let today = engine_day(day);
        let Sizing { tick_value, tick_size, .. } = terms.sizing;
        let mut listed = Vec::new();
        let open = house.transact(|house| {
            house.set_risk(TPI, &terms.risk);
            house.set_curve(TPI, &Curve::new(today.0, 1));
            for expiry in listing(today) {
                let month = Listing {
                    product: TPI,
                    expiry: last_trading_time(expiry),
                    tick_value,
                    tick_size,
                    mark: Ticks(1),
                    terms: TERMS,
                };
                let instrument = clearing::list(house, today.start(), month)?;
                listed.push((date_of(expiry), instrument));
            }
            Ok(())
        });
        open.map_err(|error| refused("list the months of the plan", error))?;
        let curve = house.curve(TPI).ok_or_else(|| HedgeError::Open("the exchange lists no month".into()))?;
        Ok(Self { house, curve, listed })
    }

    /// Initial margin of an account that holds these lots, all long or all short, in quote atoms.
    ///
    /// # Errors
    /// [`HedgeError::Open`] for a contract that is not listed, or more lots than an account can hold.
    pub fn initial(&mut self, side: Side, held: &[Held]) -> Result<QuoteAtoms, HedgeError> {
        let mut account = Account::new([1; 20]);
        let mut curve = self.curve;
        for Held { last_day, lots, mark, slow } in held.iter().filter(|held| held.lots > Lots::ZERO) {
            let month = self.listed.iter().find(|(day, _)| day == last_day);
            let month = month.and_then(|(_, instrument)| curve.month_mut(*instrument));
            let month = month.ok_or_else(|| HedgeError::Open(format!("no contract ends on {last_day}")))?;
            (month.settle, month.mark, month.slow, month.reference) = (*mark, *mark, *slow, *mark);
            let position = account.enter(month.instrument, month.epoch, 0);
            let position = position.ok_or_else(|| HedgeError::Open("an account holds twelve months at most".into()))?;
            position.trade(side, *lots, *mark);
        }
        let health = self.house.transact(|house| {
            house.set_curve(TPI, &curve);
            clearing::margin::assess(house, &account)
        });
        health.map(|health| health.initial).map_err(|error| refused("assess the account", error))
    }
}

/// A number of lots as an account holds it.
///
/// # Errors
/// [`HedgeError::Open`] beyond what an account can hold.
pub fn lots(lots: u128) -> Result<Lots, HedgeError> {
    u32::try_from(lots).ok().map(Lots).filter(|lots| *lots <= Lots::MAX).ok_or_else(|| {
        HedgeError::Open(format!("{lots} lots are more than an account can hold: give a smaller --ratio or --growth"))
    })
}
