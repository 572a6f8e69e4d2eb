//! From the events of a block to rows and states: the only place where a table that follows from the raw ones is
//! written.
//!
//! Nothing here decides about money: what an event says is booked as it is said. What a fill does to a position, and a
//! final price to what is left of one, is the definition of these figures (`docs/book/src/figures.md`).

use std::collections::BTreeMap;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params};
use sit_client::{Deployment, codec};
use sit_engine::calendar::{DAY, Day};
use sit_engine::chain::Hash;
use sit_engine::clearing::{Account, Curve, Instrument, Market, RemovalReason, live};
use sit_engine::codec::Cell;
use sit_engine::oracle::Validity;
use sit_engine::units::{Lots, NetLots, Points, QuoteAtoms, Seat, Seconds, Side, TickValue, Ticks};
use sit_native::event::{clearing, governance, incentives, oracle};
use sit_native::{Argument, Contract, EmittedEvent};

use crate::source::{Block, Log};
use crate::store::StoreError;

type Done = Result<(), StoreError>;

/// Lengths of candles in seconds; 0 stands for the time between two settlements.
pub const RESOLUTIONS: [(&str, u32); 7] =
    [("1m", 60), ("5m", 300), ("15m", 900), ("1h", 3_600), ("4h", 14_400), ("1d", DAY), ("settlement", 0)];

/// What a listing does not say of a month, and its cells do: the same for as long as there is the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// The month.
    pub instrument: Instrument,
    /// Quote atoms of one tick on one lot.
    pub tick_value: TickValue,
    /// Index price of one tick, in quote atoms per million tokens.
    pub tick_size: u16,
}

/// What a cell of [`Arrival`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arrived {
    /// The months of a product, by its number.
    Curve = 0,
    /// A month, by its instrument.
    Market = 1,
    /// An account, by its seat.
    Account = 2,
}

impl Arrived {
    /// That of a number in the tables.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Curve, Self::Market, Self::Account].into_iter().find(|kind| *kind as u8 == number)
    }
}

/// A cell of the clearing house as it was before the first block that names something in it. No event tells of accounts
/// and months that come from another version of the house, nor an index begun later of those that were there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// What it is.
    pub kind: Arrived,
    /// Which one.
    pub id: u32,
    /// Its bytes.
    pub cell: Vec<u8>,
}

/// A block with all that its tables follow from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The block.
    pub block: Block,
    /// Terms of the months that were listed in it.
    pub terms: Vec<Terms>,
    /// What was there before it and is older than the tables.
    pub arrivals: Vec<Arrival>,
}

/// Fields of events that name an account.
const SEATS: [&str; 7] = ["seat", "taker", "maker", "from", "to", "keeper", "liquidator"];
/// Fields of events that name a month.
const MONTHS: [&str; 3] = ["instrument", "debt", "claim"];

/// What the tables know: accounts and months that an event has told, or that have arrived.
#[derive(Debug, Clone, Default)]
pub struct Known {
    seats: std::collections::BTreeSet<u32>,
    instruments: std::collections::BTreeSet<u16>,
}

impl Known {
    /// Notes what a block opens and lists, and says whether it names an account or a month before that which the tables
    /// do not know either.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn hear(&mut self, db: &Connection, deployment: &Deployment, block: &Block) -> Result<bool, StoreError> {
        let mut older = false;
        for log in &block.logs {
            let Some(event) = decode(deployment, log).filter(|event| event.contract == Contract::Clearing) else {
                continue;
            };
            if let Some(opened) = event.read::<clearing::Opened>() {
                self.seats.insert(opened.seat.0);
            }
            if let Some(listed) = event.read::<clearing::Listed>() {
                self.instruments.insert(listed.instrument.0);
            }
            for seat in SEATS.iter().filter_map(|field| event.get::<Seat>(field)) {
                let there = || db.prepare_cached("SELECT 1 FROM account WHERE seat = ?1")?.exists([seat.0]);
                older |= !self.seats.contains(&seat.0) && !there()?;
                self.seats.insert(seat.0);
            }
            for month in MONTHS.iter().filter_map(|field| event.get::<Instrument>(field)) {
                let there = || db.prepare_cached("SELECT 1 FROM instrument WHERE instrument = ?1")?.exists([month.0]);
                older |= !self.instruments.contains(&month.0) && !there()?;
                self.instruments.insert(month.0);
            }
        }
        Ok(older)
    }

    /// Forgets everything: blocks have been taken back.
    pub fn forget(&mut self) {
        *self = Self::default();
    }
}

/// The months that were listed in a block, whose terms are to be read.
#[must_use]
pub fn listed(deployment: &Deployment, block: &Block) -> Vec<Instrument> {
    let listed = block.logs.iter().filter_map(|log| decode(deployment, log)?.read::<clearing::Listed>());
    listed.map(|listed| listed.instrument).collect()
}

/// The event of a log; `None` when the vocabulary has no such event of the contract.
#[must_use]
pub fn decode(deployment: &Deployment, log: &Log) -> Option<EmittedEvent> {
    codec::event(deployment.contract_at(log.address)?, &log.topics, &log.data)
}

/// What one block changes, for those who look at the chain's cells ([`crate::check`]) and who tell subscribers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// Accounts with an event.
    pub seats: std::collections::BTreeSet<u32>,
    /// Instruments with an event.
    pub instruments: std::collections::BTreeSet<u16>,
    /// Pages of books with an event, by instrument.
    pub pages: std::collections::BTreeSet<(u16, u32)>,
}

impl Touched {
    /// Adds what another block changes.
    pub fn extend(&mut self, other: Self) {
        self.seats.extend(other.seats);
        self.instruments.extend(other.instruments);
        self.pages.extend(other.pages);
    }
}

/// The rows and states of a block.
pub struct Deriver<'c> {
    db: &'c Connection,
    block: i64,
    hash: Hash,
    time: i64,
    log: i64,
    position: i64,
    row: i64,
    /// The fill before this event in its transaction, which a rebate belongs to.
    last_trade: Option<i64>,
    months: BTreeMap<u16, Month>,
    candles: BTreeMap<(u16, u32, u32), Candle>,
    touched: Touched,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Month {
    tick_value: TickValue,
    mark: Ticks,
    mark_time: u32,
    round: u16,
    epoch: u16,
    final_price: Option<Ticks>,
    open_interest: i64,
}

#[derive(Debug, Clone, Copy)]
struct Candle {
    open: u32,
    high: u32,
    low: u32,
    close: u32,
    lots: i64,
    points: i64,
    trades: i64,
    open_interest: i64,
    mark: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Held {
    net: i64,
    basis: i64,
    entry: i64,
    paid: i64,
    fees: i64,
}

/// Adds, or says that a figure has left 64 bits.
fn sum(one: i64, other: i64) -> Result<i64, StoreError> {
    one.checked_add(other).ok_or(StoreError::Range)
}

fn whole(number: impl TryInto<i64>) -> Result<i64, StoreError> {
    number.try_into().map_err(|_| StoreError::Range)
}

fn worth(points: i64, value: TickValue) -> Result<i64, StoreError> {
    let QuoteAtoms(atoms) = Points(points) * value;
    whole(atoms)
}

fn side_number(side: Side) -> i64 {
    match side {
        Side::Buy => 0,
        Side::Sell => 1,
    }
}

/// The name of a reason in tables and answers.
#[must_use]
pub fn reason_name(reason: RemovalReason) -> &'static str {
    match reason {
        RemovalReason::Cancelled => "cancelled",
        RemovalReason::Expired => "expired",
        RemovalReason::SelfTrade => "self_trade",
        RemovalReason::Margin => "margin",
        RemovalReason::ReduceOnly => "reduce_only",
        RemovalReason::Evicted => "evicted",
        RemovalReason::OutsideLimits => "outside_limits",
    }
}

fn validity_name(validity: Validity) -> &'static str {
    match validity {
        Validity::Valid => "valid",
        Validity::NeedsConfirmation => "needs_confirmation",
        Validity::Invalid => "invalid",
    }
}

/// Writes what follows from a block, whose raw rows are there already.
///
/// # Errors
/// [`StoreError`].
pub fn derive(db: &Connection, deployment: &Deployment, facts: &Facts) -> Result<Touched, StoreError> {
    let header = &facts.block.header;
    let mut deriver = Deriver {
        db,
        block: whole(header.number)?,
        hash: header.hash,
        time: whole(header.time)?,
        log: 0,
        position: 0,
        row: 0,
        last_trade: None,
        months: BTreeMap::new(),
        candles: BTreeMap::new(),
        touched: Touched::default(),
    };
    deriver.end_day()?;
    if let Some(first) = facts.block.logs.first().filter(|_| !facts.arrivals.is_empty()) {
        // What was there before stands before the first event, in the rows of its log.
        (deriver.log, deriver.position) = (first.index.into(), first.position.into());
        deriver.arrived(&facts.arrivals)?;
    }
    let mut rows = deriver.row;
    for log in &facts.block.logs {
        if deriver.position != i64::from(log.position) {
            deriver.last_trade = None;
        }
        (deriver.log, deriver.position, deriver.row) =
            (log.index.into(), log.position.into(), std::mem::take(&mut rows));
        if let Some(event) = decode(deployment, log) {
            deriver.book(&event, &facts.terms)?;
        }
    }
    deriver.write_candles()?;
    Ok(deriver.touched)
}

impl Deriver<'_> {
    fn run(&self, sql: &str, values: impl rusqlite::Params) -> Result<usize, StoreError> {
        Ok(self.db.prepare_cached(sql)?.execute(values)?)
    }

    /// The next row of this log.
    fn next_row(&mut self) -> i64 {
        let row = self.row;
        self.row = row.saturating_add(1);
        row
    }

    /// Where the block is the first of a new day, what every account held when the last day with blocks ended.
    fn end_day(&self) -> Done {
        let before: Option<i64> = self
            .db
            .prepare_cached("SELECT time FROM block WHERE number < ?1 ORDER BY number DESC LIMIT 1")?
            .query_row([self.block], |row| row.get(0))
            .optional()?;
        let day = |time: i64| time.div_euclid(i64::from(DAY));
        if let Some(before) = before.filter(|before| day(*before) < day(self.time)) {
            self.run(
                "INSERT INTO position_day SELECT ?1, ?2, p.seat, p.instrument, p.net, p.basis, i.mark, a.cash \
                 FROM position p JOIN instrument i ON i.instrument = p.instrument JOIN account a ON a.seat = p.seat \
                 WHERE p.net <> 0 OR p.basis <> 0",
                params![self.block, day(before)],
            )?;
        }
        Ok(())
    }

    fn book(&mut self, event: &EmittedEvent, terms: &[Terms]) -> Done {
        match event.contract {
            Contract::Clearing => self.book_clearing(event, terms),
            Contract::Oracle => self.book_oracle(event),
            Contract::Governance => self.book_governance(event),
            Contract::Incentives => self.book_incentives(event),
            _ => Ok(()),
        }
    }

    fn book_clearing(&mut self, event: &EmittedEvent, terms: &[Terms]) -> Done {
        macro_rules! on {
            ($($name:ident => $handler:expr;)+) => {
                match event.name {
                    $(stringify!($name) => match event.read::<clearing::$name>() {
                        Some(told) => ($handler)(self, told),
                        None => Ok(()),
                    },)+
                    _ => Ok(()),
                }
            };
        }
        on! {
            Opened => |this: &mut Self, told: clearing::Opened| this.opened(&told);
            Deposited => |this: &mut Self, told: clearing::Deposited| {
                this.cash(told.seat, "deposit", whole(told.amount)?, None, None)
            };
            Withdrawn => |this: &mut Self, told: clearing::Withdrawn| {
                this.cash(told.seat, "withdrawal", -whole(told.amount)?, None, None)
            };
            Transferred => |this: &mut Self, told: clearing::Transferred| {
                let amount = whole(told.amount)?;
                this.cash(told.from, "transfer_out", -amount, None, Some(told.to))?;
                this.cash(told.to, "transfer_in", amount, None, Some(told.from))
            };
            Rewarded => |this: &mut Self, told: clearing::Rewarded| {
                this.cash(told.seat, "reward", whole(told.amount)?, None, None)
            };
            TierSet => |this: &mut Self, told: clearing::TierSet| this.set_account(told.seat, "tier", told.tier.into());
            MakerSet => |this: &mut Self, told: clearing::MakerSet| {
                this.set_account(told.seat, "maker", told.maker.into())
            };
            Listed => |this: &mut Self, told: clearing::Listed| this.listed(&told, terms);
            Placed => |this: &mut Self, told: clearing::Placed| this.placed(&told);
            Removed => |this: &mut Self, told: clearing::Removed| this.removed(&told);
            RemovedAll => |this: &mut Self, told: clearing::RemovedAll| this.removed_all(told.seat, told.instrument);
            Filled => |this: &mut Self, told: clearing::Filled| this.filled(&told);
            Rebated => |this: &mut Self, told: clearing::Rebated| this.rebated(&told);
            Liquidated => |this: &mut Self, told: clearing::Liquidated| this.liquidated(&told);
            Settled => |this: &mut Self, told: clearing::Settled| this.settled(&told);
            SettlementFee => |this: &mut Self, told: clearing::SettlementFee| this.settlement_fee(&told);
            Triggered => |this: &mut Self, told: clearing::Triggered| this.triggered(&told);
            TriggerSet => |this: &mut Self, told: clearing::TriggerSet| this.trigger_set(&told);
            DelegateSet => |this: &mut Self, told: clearing::DelegateSet| this.delegate_set(&told);
            MarkSet => |this: &mut Self, told: clearing::MarkSet| this.mark_set(&told);
            Finalised => |this: &mut Self, told: clearing::Finalised| this.finalised(&told);
            Halted => |this: &mut Self, told: clearing::Halted| {
                this.touched.instruments.insert(told.instrument.0);
                this.run(
                    "UPDATE instrument SET halted_until = ?2 WHERE instrument = ?1",
                    params![told.instrument.0, told.until.0],
                )?;
                Ok(())
            };
            MarginCall => |this: &mut Self, told: clearing::MarginCall| {
                this.step(told.seat, "margin_call", Step { amount: Some(whole(told.shortfall)?), ..Step::default() })
            };
            LiquidationStarted => |this: &mut Self, told: clearing::LiquidationStarted| {
                this.set_account(told.seat, "liquidation", 1)?;
                this.step(told.seat, "started", Step::default())
            };
            LiquidationEnded => |this: &mut Self, told: clearing::LiquidationEnded| {
                this.set_account(told.seat, "liquidation", 0)?;
                this.step(told.seat, "ended", Step::default())
            };
            DeficitReported => |this: &mut Self, told: clearing::DeficitReported| {
                this.step(told.seat, "deficit", Step { amount: Some(whole(told.deficit)?), ..Step::default() })
            };
            Covered => |this: &mut Self, told: clearing::Covered| {
                let amount = whole(told.amount)?;
                let points = this.points_of(told.instrument, amount)?;
                this.shift_basis(told.seat, told.instrument, -points)?;
                let step = Step { instrument: Some(told.instrument), amount: Some(amount), points: Some(points), ..Step::default() };
                this.step(told.seat, "covered", step)
            };
            Bridged => |this: &mut Self, told: clearing::Bridged| {
                let amount = whole(told.amount)?;
                let paid = this.points_of(told.debt, amount)?;
                this.shift_basis(told.seat, told.debt, -paid)?;
                this.shift_basis(told.seat, told.claim, told.bought.0)?;
                let step = Step { instrument: Some(told.debt), amount: Some(amount), points: Some(paid), ..Step::default() };
                this.step(told.seat, "bridged", step)
            };
            Offset => |this: &mut Self, told: clearing::Offset| {
                let amount = whole(told.amount)?;
                for (instrument, sign) in [(told.claim, 1), (told.debt, -1)] {
                    let points = this.points_of(instrument, amount)?.saturating_mul(sign);
                    this.shift_basis(told.seat, instrument, points)?;
                }
                let step = Step { instrument: Some(told.debt), amount: Some(amount), ..Step::default() };
                this.step(told.seat, "offset", step)
            };
            WrittenOff => |this: &mut Self, told: clearing::WrittenOff| {
                this.shift_basis(told.seat, told.instrument, -told.points.0)?;
                let step = Step { instrument: Some(told.instrument), points: Some(told.points.0), ..Step::default() };
                this.step(told.seat, "written_off", step)
            };
            Haircut => |this: &mut Self, told: clearing::Haircut| {
                this.shift_basis(told.seat, told.instrument, told.lost.0)?;
                let step = Step { instrument: Some(told.instrument), points: Some(told.lost.0), ..Step::default() };
                this.step(told.seat, "haircut", step)
            };
        }
    }

    // --- accounts and cash

    fn opened(&mut self, told: &clearing::Opened) -> Done {
        self.touched.seats.insert(told.seat.0);
        self.run(
            "INSERT INTO account VALUES (?1, ?2, ?3, 0, 0, 0, 0, ?4) ON CONFLICT (seat) DO UPDATE SET owner = ?2, sub = ?3",
            params![told.seat.0, told.owner, told.sub, self.block],
        )?;
        Ok(())
    }

    /// An account that neither an event nor the state before has told: what it has and whose it is is not known.
    fn know(&mut self, seat: Seat) -> Done {
        self.touched.seats.insert(seat.0);
        let new = self.run(
            "INSERT INTO account VALUES (?1, zeroblob(20), 0, 0, 0, 0, 0, ?2) ON CONFLICT (seat) DO NOTHING",
            params![seat.0, self.block],
        )?;
        if new > 0 {
            let what = format!("the account of seat {} was not opened", seat.0);
            self.unknown(&what, "its cash and its positions begin without what it had")?;
        }
        Ok(())
    }

    /// An alarm, once, of something that is older than these tables. Silent they would look whole.
    fn unknown(&self, what: &str, so: &str) -> Done {
        let message =
            format!("{what} in the blocks of this index, but in another house or before its first block: {so}");
        self.run(
            "INSERT INTO alarm (block, hash, kind, message) SELECT ?1, ?2, 'unknown', ?3 \
             WHERE NOT EXISTS (SELECT 1 FROM alarm WHERE kind = 'unknown' AND message = ?3)",
            params![self.block, self.hash, message],
        )?;
        Ok(())
    }

    /// Books what is older than the tables: months, and accounts with their cash as one change and their positions as
    /// they stand. What a position has cost is not told: it counts from the mark on.
    fn arrived(&mut self, arrivals: &[Arrival]) -> Done {
        let of = |kind| arrivals.iter().filter(move |arrival| arrival.kind == kind);
        let market = |instrument: Instrument| {
            let cell = of(Arrived::Market).find(|arrival| arrival.id == u32::from(instrument.0))?;
            Some(Market::from_cell(&cell.cell))
        };
        for curve in of(Arrived::Curve).map(|arrival| Curve::from_cell(&arrival.cell)) {
            for month in curve.months() {
                let Some(market) = market(month.instrument) else { continue };
                self.touched.instruments.insert(month.instrument.0);
                let traded = (market.last_price > Ticks::ZERO).then_some((market.last_price.0, market.last_at.0));
                self.run(
                    "INSERT INTO instrument VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) \
                     ON CONFLICT (instrument) DO NOTHING",
                    params![
                        month.instrument.0,
                        market.listed.0,
                        month.expiry.0,
                        month.tick_value.0,
                        month.tick_size,
                        month.settle.0,
                        curve.round,
                        self.time,
                        month.epoch,
                        market.final_price.map(|price| price.0),
                        traded.map(|(price, _)| price),
                        traded.map(|(_, time)| time),
                        market.open_interest.0,
                        (market.halted_until > Seconds::ZERO).then_some(market.halted_until.0)
                    ],
                )?;
            }
        }
        for (seat, cell) in of(Arrived::Account).map(|arrival| (Seat(arrival.id), &arrival.cell)) {
            // One that has left for another house has no owner here.
            let Some(account) = live(Account::from_cell(cell)) else { continue };
            let new = self.run(
                "INSERT INTO account VALUES (?1, ?2, 0, 0, ?3, ?4, 0, ?5) ON CONFLICT (seat) DO NOTHING",
                params![seat.0, account.owner, account.tier, account.maker, self.block],
            )?;
            if new == 0 {
                continue;
            }
            self.touched.seats.insert(seat.0);
            self.cash(seat, "arrival", whole(account.cash)?, None, None)?;
            for position in account.positions() {
                let (net, basis) = (i64::from(position.net.0), position.basis.0);
                let mark = self.month(position.instrument)?.map_or(0, |month| i64::from(month.mark.0));
                let entry = net.abs().checked_mul(mark).ok_or(StoreError::Range)?;
                self.hold(seat, position.instrument, &Held { net, basis, entry, paid: 0, fees: 0 })?;
            }
        }
        Ok(())
    }

    fn set_account(&mut self, seat: Seat, column: &str, value: i64) -> Done {
        self.know(seat)?;
        self.run(&format!("UPDATE account SET {column} = ?2 WHERE seat = ?1"), params![seat.0, value])?;
        Ok(())
    }

    /// Books a change of cash. Nothing that changes nothing makes a row.
    fn cash(
        &mut self,
        seat: Seat,
        kind: &str,
        amount: i64,
        instrument: Option<Instrument>,
        counter: Option<Seat>,
    ) -> Done {
        let row = self.next_row();
        if amount == 0 {
            return Ok(());
        }
        self.know(seat)?;
        let cash: i64 = self
            .db
            .prepare_cached("SELECT cash FROM account WHERE seat = ?1")?
            .query_row([seat.0], |row| row.get(0))?;
        let balance = sum(cash, amount)?;
        self.run("UPDATE account SET cash = ?2 WHERE seat = ?1", params![seat.0, balance])?;
        let (instrument, counter) = (instrument.map(|instrument| instrument.0), counter.map(|counter| counter.0));
        self.run(
            "INSERT INTO account_event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                self.block,
                self.log,
                row,
                self.position,
                self.time,
                seat.0,
                kind,
                amount,
                balance,
                instrument,
                counter
            ],
        )?;
        Ok(())
    }

    // --- months

    fn listed(&mut self, told: &clearing::Listed, terms: &[Terms]) -> Done {
        self.touched.instruments.insert(told.instrument.0);
        let month = terms.iter().find(|month| month.instrument == told.instrument);
        let month = month.ok_or(StoreError::MissingTerms { instrument: told.instrument.0 })?;
        self.months.remove(&told.instrument.0);
        // Every month begins in quote epoch 1. The round is not told by the listing, and the first mark says it.
        self.run(
            "INSERT INTO instrument VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, 0, ?2, 1, NULL, NULL, NULL, 0, NULL)",
            params![told.instrument.0, self.time, told.expiry.0, month.tick_value.0, month.tick_size, told.mark.0],
        )?;
        Ok(())
    }

    /// A month; `None` for one that was never listed here.
    fn month(&mut self, instrument: Instrument) -> Result<Option<Month>, StoreError> {
        self.touched.instruments.insert(instrument.0);
        if let Some(month) = self.months.get(&instrument.0) {
            return Ok(Some(*month));
        }
        let sql = "SELECT tick_value, mark, mark_time, round, epoch, final_price, open_interest FROM instrument \
                   WHERE instrument = ?1";
        let found = self.db.prepare_cached(sql)?.query_row([instrument.0], |row| {
            Ok(Month {
                tick_value: TickValue(row.get(0)?),
                mark: Ticks(row.get(1)?),
                mark_time: row.get(2)?,
                round: row.get(3)?,
                epoch: row.get(4)?,
                final_price: row.get::<_, Option<u32>>(5)?.map(Ticks),
                open_interest: row.get(6)?,
            })
        });
        let found = found.optional()?;
        match found {
            Some(month) => {
                self.months.insert(instrument.0, month);
            }
            None => {
                let what = format!("month {} was not listed", instrument.0);
                self.unknown(&what, "its trades, fees, variation and marks are not kept, and no ledger has them")?;
            }
        }
        Ok(found)
    }

    fn points_of(&mut self, instrument: Instrument, amount: i64) -> Result<i64, StoreError> {
        let value = self.month(instrument)?.map_or(1, |month| i64::from(month.tick_value.0).max(1));
        Ok(amount.checked_div(value).unwrap_or(0)) // whole points were paid, so nothing is left over
    }

    fn mark_set(&mut self, told: &clearing::MarkSet) -> Done {
        let Some(month) = self.month(told.instrument)? else { return Ok(()) };
        let repriced = told.epoch != month.epoch;
        // A guard that voids orders tells the mark once more, in the same round: that is no settlement.
        let settled = told.round != month.round || month.mark != told.mark;
        self.months.remove(&told.instrument.0);
        if settled {
            self.run(
                "UPDATE instrument SET previous_mark = mark, mark = ?2, round = ?3, mark_time = ?4, epoch = ?5 \
                 WHERE instrument = ?1",
                params![told.instrument.0, told.mark.0, told.round, self.time, told.epoch],
            )?;
        } else {
            self.run("UPDATE instrument SET epoch = ?2 WHERE instrument = ?1", params![told.instrument.0, told.epoch])?;
        }
        self.run(
            "INSERT INTO mark VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0)",
            params![
                self.block,
                self.log,
                self.position,
                self.time,
                told.instrument.0,
                told.round,
                told.mark.0,
                told.epoch,
                repriced
            ],
        )?;
        if repriced { self.void(told.instrument) } else { Ok(()) }
    }

    fn finalised(&mut self, told: &clearing::Finalised) -> Done {
        let Some(month) = self.month(told.instrument)? else { return Ok(()) };
        self.months.remove(&told.instrument.0);
        self.run(
            "UPDATE instrument SET previous_mark = mark, mark = ?2, final_price = ?2, mark_time = ?3 WHERE instrument = ?1",
            params![told.instrument.0, told.price.0, self.time],
        )?;
        self.run(
            "INSERT INTO mark VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, 1)",
            params![
                self.block,
                self.log,
                self.position,
                self.time,
                told.instrument.0,
                month.round,
                told.price.0,
                month.epoch
            ],
        )?;
        self.void(told.instrument)
    }

    // --- orders

    fn order_event(&mut self, seat: u32, instrument: u16, kind: &str, told: OrderDetails<'_>) -> Done {
        let row = self.next_row();
        self.run(
            "INSERT INTO order_event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            params![
                self.block,
                self.log,
                row,
                self.position,
                self.time,
                seat,
                instrument,
                kind,
                told.number,
                told.side,
                told.price,
                told.lots,
                told.reason,
                told.slot
            ],
        )?;
        Ok(())
    }

    fn placed(&mut self, told: &clearing::Placed) -> Done {
        self.know(told.seat)?;
        self.touched.instruments.insert(told.instrument.0);
        self.touch_page(told.instrument, told.price);
        self.run(
            "INSERT INTO resting VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8)",
            params![
                told.instrument.0,
                told.seat.0,
                told.number,
                side_number(told.side),
                told.price.0,
                told.lots.0,
                self.block,
                self.time
            ],
        )?;
        let event = OrderDetails {
            number: Some(told.number),
            side: Some(side_number(told.side)),
            price: Some(told.price.0),
            lots: Some(told.lots.0),
            ..OrderDetails::default()
        };
        self.order_event(told.seat.0, told.instrument.0, "placed", event)
    }

    fn touch_page(&mut self, instrument: Instrument, price: Ticks) {
        self.touched.pages.insert((instrument.0, sit_engine::clearing::page_of(price)));
    }

    /// Takes lots off a resting order; its side and price, if it is known.
    fn reduce(
        &mut self,
        instrument: Instrument,
        seat: Seat,
        number: u32,
        lots: Lots,
    ) -> Result<Option<(i64, u32)>, StoreError> {
        self.touched.instruments.insert(instrument.0);
        let sql = "SELECT side, price, lots FROM resting WHERE instrument = ?1 AND seat = ?2 AND number = ?3";
        let found: Option<(i64, u32, u32)> = self
            .db
            .prepare_cached(sql)?
            .query_row(params![instrument.0, seat.0, number], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((side, price, open)) = found else { return Ok(None) };
        self.touch_page(instrument, Ticks(price));
        if lots.0 < open {
            self.run(
                "UPDATE resting SET lots = lots - ?4 WHERE instrument = ?1 AND seat = ?2 AND number = ?3",
                params![instrument.0, seat.0, number, lots.0],
            )?;
        } else {
            self.run(
                "DELETE FROM resting WHERE instrument = ?1 AND seat = ?2 AND number = ?3",
                params![instrument.0, seat.0, number],
            )?;
        }
        Ok(Some((side, price)))
    }

    fn removed(&mut self, told: &clearing::Removed) -> Done {
        self.know(told.seat)?;
        let order = self.reduce(told.instrument, told.seat, told.number, told.lots)?;
        let event = OrderDetails {
            number: Some(told.number),
            side: order.map(|(side, _)| side),
            price: order.map(|(_, price)| price),
            lots: Some(told.lots.0),
            reason: Some(reason_name(told.reason)),
            ..OrderDetails::default()
        };
        self.order_event(told.seat.0, told.instrument.0, "removed", event)
    }

    fn removed_all(&mut self, seat: Seat, instrument: Instrument) -> Done {
        self.know(seat)?;
        self.touched.instruments.insert(instrument.0);
        self.order_event(seat.0, instrument.0, "removed_all", OrderDetails::default())?;
        self.run("DELETE FROM resting WHERE instrument = ?1 AND seat = ?2", params![instrument.0, seat.0])?;
        Ok(())
    }

    /// Every order of a month goes, without an event of its own.
    fn void(&mut self, instrument: Instrument) -> Done {
        let orders: Vec<(u32, u32, i64, u32, u32)> = self
            .db
            .prepare_cached(
                "SELECT seat, number, side, price, lots FROM resting WHERE instrument = ?1 ORDER BY seat, number",
            )?
            .query_map([instrument.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?
            .collect::<Result<_, _>>()?;
        for (seat, number, side, price, lots) in orders {
            self.touched.seats.insert(seat);
            let event = OrderDetails {
                number: Some(number),
                side: Some(side),
                price: Some(price),
                lots: Some(lots),
                ..OrderDetails::default()
            };
            self.order_event(seat, instrument.0, "voided", event)?;
        }
        self.run("DELETE FROM resting WHERE instrument = ?1", [instrument.0])?;
        Ok(())
    }

    // --- trades

    fn filled(&mut self, told: &clearing::Filled) -> Done {
        let Some(month) = self.month(told.instrument)? else { return Ok(()) };
        let (taker_fee, maker_fee) = (whole(told.taker_fee)?, whole(told.maker_fee)?);
        let trade = Trade { instrument: told.instrument, price: told.price, lots: told.lots };
        self.cash(told.taker, "taker_fee", -taker_fee, Some(told.instrument), Some(told.maker))?;
        self.cash(told.maker, "maker_fee", -maker_fee, Some(told.instrument), Some(told.taker))?;
        self.trade(told.taker, &trade, told.side, taker_fee)?;
        self.trade(told.maker, &trade, told.side.opposite(), maker_fee)?;
        let order = self.reduce(told.instrument, told.maker, told.number, told.lots)?;
        let event = OrderDetails {
            number: Some(told.number),
            side: Some(order.map_or_else(|| side_number(told.side.opposite()), |(side, _)| side)),
            price: Some(told.price.0),
            lots: Some(told.lots.0),
            ..OrderDetails::default()
        };
        self.order_event(told.maker.0, told.instrument.0, "filled", event)?;
        self.run(
            "INSERT INTO trade VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 0, 0)",
            params![
                self.block,
                self.log,
                self.position,
                self.time,
                told.instrument.0,
                side_number(told.side),
                told.price.0,
                told.lots.0,
                told.taker.0,
                told.maker.0,
                told.number,
                taker_fee,
                maker_fee
            ],
        )?;
        self.last_trade = Some(self.log);
        self.run(
            "UPDATE instrument SET last = ?2, last_time = ?3 WHERE instrument = ?1",
            params![told.instrument.0, told.price.0, self.time],
        )?;
        let open_interest = self.month(told.instrument)?.map_or(0, |month| month.open_interest);
        self.candle(&trade, &month, open_interest)
    }

    fn rebated(&mut self, told: &clearing::Rebated) -> Done {
        let amount = whole(told.amount)?;
        self.cash(told.seat, "rebate", amount, Some(told.instrument), None)?;
        let mut held = self.held(told.seat, told.instrument)?;
        held.fees = sum(held.fees, -amount)?;
        self.hold(told.seat, told.instrument, &held)?;
        if let Some(log) = self.last_trade {
            self.run("UPDATE trade SET rebate = ?3 WHERE block = ?1 AND log = ?2", params![self.block, log, amount])?;
        }
        Ok(())
    }

    fn liquidated(&mut self, told: &clearing::Liquidated) -> Done {
        self.know(told.seat)?;
        self.know(told.liquidator)?;
        let trade = Trade { instrument: told.instrument, price: told.price, lots: told.lots };
        self.trade(told.seat, &trade, told.side, 0)?;
        self.trade(told.liquidator, &trade, told.side.opposite(), 0)?;
        self.run(
            "INSERT INTO trade VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, 0, 0, 0, 1)",
            params![
                self.block,
                self.log,
                self.position,
                self.time,
                told.instrument.0,
                side_number(told.side.opposite()),
                told.price.0,
                told.lots.0,
                told.liquidator.0,
                told.seat.0
            ],
        )?;
        let step = Step {
            other: Some(told.liquidator),
            instrument: Some(told.instrument),
            side: Some(told.side),
            price: Some(told.price),
            lots: Some(told.lots),
            ..Step::default()
        };
        self.step(told.seat, "taken_over", step)
    }

    /// One leg of a trade: lots and basis as the account's cell has them, and the cost of the open lots by the average
    /// method, whose part that goes with closed lots is rounded so that the rest is rounded down.
    fn trade(&mut self, seat: Seat, trade: &Trade, side: Side, fee: i64) -> Done {
        let mut held = self.held(seat, trade.instrument)?;
        let before = held;
        let NetLots(change) = side.signed(trade.lots);
        let change = i64::from(change);
        let price = i64::from(trade.price.0);
        held.net = sum(held.net, change)?;
        held.basis = sum(held.basis, change.checked_mul(price).ok_or(StoreError::Range)?)?;
        held.fees = sum(held.fees, fee)?;
        let value = |lots: i64| lots.checked_mul(price).ok_or(StoreError::Range);
        held.entry = if before.net == 0 || before.net.signum() == change.signum() {
            sum(before.entry, value(change.abs())?)?
        } else if held.net == 0 {
            0
        } else if held.net.signum() == before.net.signum() {
            let share = i128::from(before.entry).saturating_mul(held.net.abs().into());
            whole(share.checked_div(before.net.abs().into()).unwrap_or(0))?
        } else {
            value(held.net.abs())?
        };
        self.open_interest(trade.instrument, held.net.max(0) - before.net.max(0))?;
        self.hold(seat, trade.instrument, &held)
    }

    fn open_interest(&mut self, instrument: Instrument, change: i64) -> Done {
        let Some(mut month) = self.month(instrument)? else { return Ok(()) };
        if change != 0 {
            month.open_interest = sum(month.open_interest, change)?;
            self.months.insert(instrument.0, month);
            self.run(
                "UPDATE instrument SET open_interest = ?2 WHERE instrument = ?1",
                params![instrument.0, month.open_interest],
            )?;
        }
        Ok(())
    }

    fn held(&mut self, seat: Seat, instrument: Instrument) -> Result<Held, StoreError> {
        self.touched.seats.insert(seat.0);
        let sql = "SELECT net, basis, entry, paid, fees FROM position WHERE seat = ?1 AND instrument = ?2";
        let held = self.db.prepare_cached(sql)?.query_row(params![seat.0, instrument.0], |row| {
            Ok(Held { net: row.get(0)?, basis: row.get(1)?, entry: row.get(2)?, paid: row.get(3)?, fees: row.get(4)? })
        });
        Ok(held.optional()?.unwrap_or_default())
    }

    fn hold(&mut self, seat: Seat, instrument: Instrument, held: &Held) -> Done {
        self.run(
            "INSERT INTO position VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (seat, instrument) DO UPDATE \
             SET net = ?3, basis = ?4, entry = ?5, paid = ?6, fees = ?7",
            params![seat.0, instrument.0, held.net, held.basis, held.entry, held.paid, held.fees],
        )?;
        Ok(())
    }

    fn shift_basis(&mut self, seat: Seat, instrument: Instrument, points: i64) -> Done {
        let mut held = self.held(seat, instrument)?;
        held.basis = sum(held.basis, points)?;
        self.hold(seat, instrument, &held)
    }

    /// What a final settlement does to lots that are still held: they go at the final price, and what they were worth
    /// is left in the basis.
    fn close(&mut self, instrument: Instrument, held: &mut Held) -> Done {
        let Some(price) = self.month(instrument)?.and_then(|month| month.final_price) else { return Ok(()) };
        let worth = held.net.checked_mul(price.0.into()).ok_or(StoreError::Range)?;
        self.open_interest(instrument, held.net.max(0).saturating_neg())?;
        held.basis = sum(held.basis, worth.saturating_neg())?;
        (held.net, held.entry) = (0, 0);
        Ok(())
    }

    fn settled(&mut self, told: &clearing::Settled) -> Done {
        let Some(month) = self.month(told.instrument)? else { return Ok(()) };
        let paid = worth(told.paid.0, month.tick_value)?;
        self.cash(told.seat, "variation", paid, Some(told.instrument), None)?;
        let mut held = self.held(told.seat, told.instrument)?;
        self.close(told.instrument, &mut held)?;
        held.basis = sum(held.basis, told.paid.0)?;
        held.paid = sum(held.paid, told.paid.0)?;
        self.hold(told.seat, told.instrument, &held)?;
        self.run(
            "INSERT INTO settlement VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                self.block,
                self.log,
                self.position,
                self.time,
                told.seat.0,
                told.instrument.0,
                told.paid.0,
                told.unpaid.0,
                month.mark.0
            ],
        )?;
        Ok(())
    }

    fn settlement_fee(&mut self, told: &clearing::SettlementFee) -> Done {
        let amount = whole(told.amount)?;
        self.cash(told.seat, "settlement_fee", -amount, Some(told.instrument), None)?;
        let mut held = self.held(told.seat, told.instrument)?;
        self.close(told.instrument, &mut held)?;
        held.fees = sum(held.fees, amount)?;
        self.hold(told.seat, told.instrument, &held)
    }

    // --- triggers and delegates

    fn trigger_set(&mut self, told: &clearing::TriggerSet) -> Done {
        self.know(told.seat)?;
        let gone = told.lots == Lots::ZERO;
        if gone {
            self.run("DELETE FROM trigger_order WHERE seat = ?1 AND slot = ?2", params![told.seat.0, told.slot])?;
        } else {
            self.run(
                "INSERT INTO trigger_order VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (seat, slot) DO UPDATE \
                 SET instrument = ?3, price = ?4, lots = ?5",
                params![told.seat.0, told.slot, told.instrument.0, told.price.0, told.lots.0],
            )?;
        }
        let event = OrderDetails {
            price: Some(told.price.0),
            lots: Some(told.lots.0),
            slot: Some(told.slot),
            ..OrderDetails::default()
        };
        let kind = if gone { "trigger_removed" } else { "trigger_set" };
        self.order_event(told.seat.0, told.instrument.0, kind, event)
    }

    fn triggered(&mut self, told: &clearing::Triggered) -> Done {
        let fee = whole(told.fee)?;
        self.know(told.seat)?;
        // Who executes their own trigger pays themselves nothing.
        let paid = if told.keeper == told.seat { 0 } else { fee };
        self.cash(told.seat, "trigger_fee_paid", -paid, None, Some(told.keeper))?;
        self.cash(told.keeper, "trigger_fee_earned", paid, None, Some(told.seat))?;
        let instrument: Option<u16> = self
            .db
            .prepare_cached("SELECT instrument FROM trigger_order WHERE seat = ?1 AND slot = ?2")?
            .query_row(params![told.seat.0, told.slot], |row| row.get(0))
            .optional()?;
        if told.left == Lots::ZERO {
            self.run("DELETE FROM trigger_order WHERE seat = ?1 AND slot = ?2", params![told.seat.0, told.slot])?;
        } else {
            self.run(
                "UPDATE trigger_order SET lots = ?3 WHERE seat = ?1 AND slot = ?2",
                params![told.seat.0, told.slot, told.left.0],
            )?;
        }
        let Some(instrument) = instrument else { return Ok(()) };
        let event = OrderDetails { lots: Some(told.left.0), slot: Some(told.slot), ..OrderDetails::default() };
        self.order_event(told.seat.0, instrument, "triggered", event)
    }

    fn delegate_set(&mut self, told: &clearing::DelegateSet) -> Done {
        self.know(told.seat)?;
        if i64::from(told.expiry.0) <= self.time {
            self.run("DELETE FROM delegate WHERE seat = ?1 AND delegate = ?2", params![told.seat.0, told.delegate])?;
            return Ok(());
        }
        self.run(
            "INSERT INTO delegate VALUES (?1, ?2, ?3, ?4) ON CONFLICT (seat, delegate) DO UPDATE \
             SET max_lots = ?3, expiry = ?4",
            params![told.seat.0, told.delegate, told.max_lots.0, told.expiry.0],
        )?;
        Ok(())
    }

    // --- liquidations

    fn step(&mut self, seat: Seat, kind: &str, step: Step) -> Done {
        self.know(seat)?;
        if let Some(other) = step.other {
            self.touched.seats.insert(other.0);
        }
        let row = self.next_row();
        self.run(
            "INSERT INTO liquidation VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            params![
                self.block,
                self.log,
                row,
                self.position,
                self.time,
                seat.0,
                kind,
                step.other.map(|other| other.0),
                step.instrument.map(|instrument| instrument.0),
                step.side.map(side_number),
                step.price.map(|price| price.0),
                step.lots.map(|lots| lots.0),
                step.amount,
                step.points
            ],
        )?;
        Ok(())
    }

    // --- candles

    fn candle(&mut self, trade: &Trade, month: &Month, open_interest: i64) -> Done {
        let time = u32::try_from(self.time).map_err(|_| StoreError::Range)?;
        let price = trade.price.0;
        let Points(points) = trade.lots * trade.price;
        for (_, seconds) in RESOLUTIONS {
            let begin = if seconds == 0 { month.mark_time } else { time - time.checked_rem(seconds).unwrap_or(0) };
            let candle = self.candles.entry((trade.instrument.0, seconds, begin)).or_insert(Candle {
                open: price,
                high: price,
                low: price,
                close: price,
                lots: 0,
                points: 0,
                trades: 0,
                open_interest,
                mark: month.mark.0,
            });
            candle.high = candle.high.max(price);
            candle.low = candle.low.min(price);
            candle.close = price;
            candle.lots = sum(candle.lots, trade.lots.0.into())?;
            candle.points = sum(candle.points, points)?;
            candle.trades = sum(candle.trades, 1)?;
            (candle.open_interest, candle.mark) = (open_interest, month.mark.0);
        }
        Ok(())
    }

    fn write_candles(&mut self) -> Done {
        for ((instrument, resolution, t), candle) in std::mem::take(&mut self.candles) {
            self.run(
                "INSERT INTO candle VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) \
                 ON CONFLICT (instrument, resolution, t) DO UPDATE SET high = max(high, ?5), low = min(low, ?6), \
                 close = ?7, lots = lots + ?8, points = points + ?9, trades = trades + ?10, open_interest = ?11, \
                 mark = ?12",
                params![
                    instrument,
                    resolution,
                    t,
                    candle.open,
                    candle.high,
                    candle.low,
                    candle.close,
                    candle.lots,
                    candle.points,
                    candle.trades,
                    candle.open_interest,
                    candle.mark
                ],
            )?;
        }
        Ok(())
    }

    // --- index, governance, makers

    fn book_oracle(&mut self, event: &EmittedEvent) -> Done {
        if let Some(told) = event.read::<oracle::Computed>() {
            self.run(
                "INSERT INTO index_computed VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    self.block,
                    self.log,
                    whole(told.index)?,
                    told.day.0,
                    validity_name(told.validity),
                    told.price,
                    told.reporters.count_ones(),
                    told.providers.count_ones()
                ],
            )?;
        } else if let Some(told) = event.read::<oracle::Printed>() {
            self.run(
                "INSERT INTO index_print VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    self.block,
                    self.log,
                    self.position,
                    self.time,
                    whole(told.index)?,
                    told.day.0,
                    told.price,
                    told.sequence
                ],
            )?;
        }
        Ok(())
    }

    fn book_governance(&mut self, event: &EmittedEvent) -> Done {
        let Some(id) = event.get::<u32>("id") else { return Ok(()) };
        match event.name {
            "Proposed" => {
                let Some(told) = event.read::<governance::Proposed>() else { return Ok(()) };
                self.run(
                    "INSERT INTO governance_action VALUES (?1, 'proposed', ?2, ?3, ?4, ?5, ?6, ?7, NULL, 0, ?8, ?8, ?9)",
                    params![
                        id,
                        snake(&format!("{:?}", told.class)),
                        told.target,
                        told.call,
                        told.payload_hash,
                        told.not_before.0,
                        told.not_after.0,
                        self.block,
                        self.time
                    ],
                )?;
                return Ok(());
            }
            "Approved" => {
                self.run("UPDATE governance_action SET approvals = approvals + 1 WHERE id = ?1", [id])?;
            }
            "Queued" => {
                let Some(ready) = event.get::<Seconds>("ready_at") else { return Ok(()) };
                self.run(
                    "UPDATE governance_action SET state = 'queued', ready_at = ?2 WHERE id = ?1",
                    params![id, ready.0],
                )?;
            }
            "Executed" | "Cancelled" | "Vetoed" => {
                self.run("UPDATE governance_action SET state = ?2 WHERE id = ?1", params![id, snake(event.name)])?;
            }
            _ => return Ok(()),
        }
        self.run(
            "UPDATE governance_action SET changed = ?2, changed_time = ?3 WHERE id = ?1",
            params![id, self.block, self.time],
        )?;
        Ok(())
    }

    fn book_incentives(&mut self, event: &EmittedEvent) -> Done {
        if let Some(told) = event.read::<incentives::Scored>() {
            self.run(
                "INSERT INTO maker_week VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL, NULL) ON CONFLICT (epoch, seat) \
                 DO UPDATE SET score = ?3, counted = ?4, uptime = ?5, due = ?6, volume = ?7",
                params![
                    told.epoch,
                    told.seat.0,
                    told.score.to_string(),
                    told.counted.to_string(),
                    told.uptime,
                    told.due,
                    told.volume
                ],
            )?;
        } else if let Some(told) = event.read::<incentives::Rewarded>() {
            self.run(
                "UPDATE maker_week SET adjusted = ?3, reward = ?4 WHERE epoch = ?1 AND seat = ?2",
                params![told.epoch, told.seat.0, told.adjusted.to_string(), told.amount.to_string()],
            )?;
        } else if let Some(told) = event.read::<incentives::ClosingBegan>() {
            self.run(
                "INSERT INTO maker_epoch VALUES (?1, ?2, 0) ON CONFLICT (epoch) DO UPDATE SET budget = ?2",
                params![told.epoch, told.budget.to_string()],
            )?;
        } else if let Some(told) = event.read::<incentives::Closed>() {
            self.run(
                "INSERT INTO maker_epoch VALUES (?1, '0', 1) ON CONFLICT (epoch) DO UPDATE SET closed = 1",
                [told.epoch],
            )?;
        }
        Ok(())
    }
}

struct Trade {
    instrument: Instrument,
    price: Ticks,
    lots: Lots,
}

/// What an event says of an order.
#[derive(Debug, Clone, Copy, Default)]
struct OrderDetails<'t> {
    number: Option<u32>,
    side: Option<i64>,
    price: Option<u32>,
    lots: Option<u32>,
    reason: Option<&'t str>,
    slot: Option<u8>,
}

/// What an event says of a liquidation.
#[derive(Debug, Clone, Copy, Default)]
struct Step {
    other: Option<Seat>,
    instrument: Option<Instrument>,
    side: Option<Side>,
    price: Option<Ticks>,
    lots: Option<Lots>,
    amount: Option<i64>,
    points: Option<i64>,
}

/// A name of Rust's in the API's spelling: `ReduceOnly` as `reduce_only`.
#[must_use]
pub fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for (place, letter) in name.chars().enumerate() {
        if letter.is_ascii_uppercase() && place > 0 {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

/// The day of a block's time, as candles and statements have it.
#[must_use]
pub fn day_of(time: u64) -> Day {
    Day::of(Seconds(u32::try_from(time).unwrap_or(u32::MAX)))
}

/// A field of an event for people: numbers as decimal text, bytes in hexadecimal.
#[must_use]
pub fn shown(argument: &Argument) -> serde_json::Value {
    use alloy_core::primitives::hex::encode_prefixed;
    match argument {
        Argument::Number(number) => number.to_string().into(),
        Argument::Signed(number) => number.to_string().into(),
        Argument::Flag(flag) => (*flag).into(),
        Argument::Address(address) => encode_prefixed(address).into(),
        Argument::Word(word) => encode_prefixed(word).into(),
        Argument::Bytes(bytes) => encode_prefixed(bytes).into(),
        Argument::Tuple(items) | Argument::List(items) => items.iter().map(shown).collect(),
    }
}

/// A value of a table as a database hands it out, for comparisons.
#[must_use]
pub fn written(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) => alloy_core::primitives::hex::encode(bytes),
    }
}
