//! What a maker has made and lost, by source, in whole quote atoms.
//!
//! ```text
//! edge       = sum over fills of (mark - price) * lots        what the spread gave
//! inventory  = sum over marks of (new mark - old mark) * lots held      what holding gave
//! fees       = fees paid and rebates got
//! rewards    = what the programme paid
//! other      = liquidations taken over or suffered, allocated losses, trigger fees, and what rounding left
//! edge + inventory + fees + rewards + other = equity - what was paid in
//! ```
//!
//! All but `other` follow from events; `other` is what is then missing to the account's equity, so that the table
//! always adds up to the chain's own figure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sit_engine::clearing::{Account, Curve, Instrument};
use sit_engine::units::{Lots, Seat, Side, Ticks};
use sit_native::{EmittedEvent, event::clearing as told};

/// The books of one account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profit {
    /// Equity when counting began.
    pub start: i128,
    /// Paid in, less paid out and moved to other accounts, since then.
    pub flows: i128,
    /// What the spread gave.
    pub edge: i128,
    /// What holding gave.
    pub inventory: i128,
    /// Fees, as a loss, and rebates.
    pub fees: i128,
    /// What the programme paid.
    pub rewards: i128,
    /// What no event above explains.
    pub other: i128,
    /// Lots traded.
    pub lots: u64,
    /// Fills.
    pub fills: u64,
    /// DOT spent, in planck.
    pub planck: u128,
    /// Lots held and the mark at which they were counted last, by month.
    held: BTreeMap<u16, (i64, u32)>,
}

impl Profit {
    /// Begins with what the account has.
    pub fn begin(&mut self, equity: i128, account: &Account, curve: &Curve) {
        self.start = equity;
        for month in curve.months() {
            self.held.insert(month.instrument.0, (0, month.mark.0));
        }
        for held in account.positions() {
            let mark = curve.month(held.instrument).map_or(0, |month| month.mark.0);
            self.held.insert(held.instrument.0, (held.net.0.into(), mark));
        }
    }

    /// Counts an event of the exchange. `tick_value` says what a tick of a lot is worth in an instrument, in quote
    /// atoms.
    pub fn hear(&mut self, seat: Seat, event: &EmittedEvent, tick_value: impl Fn(Instrument) -> u32) {
        let amount = i128::from;
        if let Some(told::MarkSet { instrument, mark, .. }) = event.read() {
            self.mark(instrument, mark, &tick_value);
        } else if let Some(told::Finalised { instrument, price }) = event.read() {
            self.mark(instrument, price, &tick_value);
        } else if let Some(told::Listed { instrument, mark, .. }) = event.read() {
            self.held.insert(instrument.0, (0, mark.0));
        } else if let Some(fill @ told::Filled { instrument, side, price, lots, .. }) = event.read() {
            if fill.taker == seat {
                self.fees -= amount(fill.taker_fee);
                self.fill(instrument, side, price, lots, &tick_value);
            }
            if fill.maker == seat {
                self.fees -= amount(fill.maker_fee);
                self.fill(instrument, side.opposite(), price, lots, &tick_value);
            }
        } else if let Some(told) = event.read::<told::Rebated>().filter(|told| told.seat == seat) {
            self.fees += amount(told.amount);
        } else if let Some(told) = event.read::<told::SettlementFee>().filter(|told| told.seat == seat) {
            self.fees -= amount(told.amount);
        } else if let Some(told) = event.read::<told::Rewarded>().filter(|told| told.seat == seat) {
            self.rewards += amount(told.amount);
        } else if let Some(told) = event.read::<told::Deposited>().filter(|told| told.seat == seat) {
            self.flows += amount(told.amount);
        } else if let Some(told) = event.read::<told::Withdrawn>().filter(|told| told.seat == seat) {
            self.flows -= amount(told.amount);
        } else if let Some(told) = event.read::<told::Transferred>() {
            if told.to == seat {
                self.flows += amount(told.amount);
            }
            if told.from == seat {
                self.flows -= amount(told.amount);
            }
        } else if let Some(told) = event.read::<told::Liquidated>() {
            // What a takeover gave against the mark is no spread: it shows in `other`; the lots are held from here on.
            let held = self.held.entry(told.instrument.0).or_default();
            let signed = i64::from(told.side.signed(told.lots).0);
            if told.seat == seat {
                held.0 += signed;
            }
            if told.liquidator == seat {
                held.0 -= signed;
            }
        }
    }

    fn fill(
        &mut self,
        instrument: Instrument,
        side: Side,
        Ticks(price): Ticks,
        lots: Lots,
        tick_value: &impl Fn(Instrument) -> u32,
    ) {
        let held = self.held.entry(instrument.0).or_insert((0, price));
        let signed = i64::from(side.signed(lots).0);
        let better = i128::from(held.1) - i128::from(price);
        self.edge += better * i128::from(signed) * i128::from(tick_value(instrument));
        held.0 += signed;
        self.lots += u64::from(lots.0);
        self.fills += 1;
    }

    fn mark(&mut self, instrument: Instrument, Ticks(mark): Ticks, tick_value: &impl Fn(Instrument) -> u32) {
        let held = self.held.entry(instrument.0).or_insert((0, mark));
        let moved = i128::from(mark) - i128::from(held.1);
        self.inventory += moved * i128::from(held.0) * i128::from(tick_value(instrument));
        held.1 = mark;
    }

    /// Books what is missing to the account's equity, and none of it twice.
    pub fn balance(&mut self, equity: i128) {
        let known = self.edge + self.inventory + self.fees + self.rewards;
        self.other = equity - self.start - self.flows - known;
    }

    /// All of it, in quote atoms: equity less what it began with and what was paid in since.
    #[must_use]
    pub fn total(&self) -> i128 {
        self.rows().iter().map(|(_, amount)| amount).sum()
    }

    /// The sources with what each gave, in quote atoms.
    #[must_use]
    pub fn rows(&self) -> [(&'static str, i128); 5] {
        [
            ("edge", self.edge),
            ("inventory", self.inventory),
            ("fees", self.fees),
            ("rewards", self.rewards),
            ("other", self.other),
        ]
    }
}
