//! The clearing house: accounts, order book, margin, settlement, liquidation.
//!
//! Every message is one file with the message's name. It loads cells through [`Store`], checks, changes and stores them, and
//! tells what happened through [`Store::emit`]. A message that returns an error may have stored part of its changes: the
//! store must then forget them, as a reverted contract call does and as a native store does by its journal.
//!
//! | cell | read by | holds |
//! |---|---|---|
//! | [`Account`] | every message of its owner | cash, positions, totals of open orders |
//! | [`Market`] | order, settlement and liquidation messages | terms, open interest, variation pool, fees, page bitmap |
//! | [`Page`] | order messages | the orders on eight ticks |
//! | [`Curve`] | all but deposits | marks and status of all months of a product |
//! | [`RiskArray`] | margin checks | stress scenarios of all months of a product |
//! | [`Score`] | orders of designated makers | exact time integral of quoted depth |
//! | [`Backtest`] | daily settlements | exceedances of the margin set |
//! | [`Ledger`], [`Auction`] | cold | fund and totals; a running liquidation |
//! | [`Volume`] | cold: `refresh_tier` | what an account traded on each of thirty days |
//! | [`Triggers`] | trigger messages | the stop and take-profit orders of an account |
//! | [`Delegate`] | orders that the owner does not send himself | what an address may trade for an account |
//!
//! Messages about money, margin and default, with who may send them:
//!
//! | message | by | takes | gives |
//! |---|---|---|---|
//! | [`transfer::transfer`] | owner of both | seat, seat, amount | cash left |
//! | [`refresh_tier::refresh_tier`] | anyone | seat | tier |
//! | [`bid::bid`] | owner of the liquidator | seats, instrument, most lots | price, lots |
//! | [`report_deficit::report_deficit`] | anyone | seat | quote atoms |
//! | [`cover::cover`] | anyone | seat, instrument | quote atoms |
//! | [`write_off::write_off`] | anyone | seat, instrument | points |
//! | [`allocate::allocate`] | anyone | instrument, seats (as `settle`) | holders left to count |
//! | [`bridge::bridge`] | anyone | seat, instrument owed in, instrument owed by | quote atoms |
//! | [`offset::offset`] | anyone | two seats, two instruments | quote atoms |
//! | [`set_risk::set_add_ons`] | governance | product, [`risk::AddOns`] | |
//! | [`settle::set_settlement_fee`] | governance | instrument, ppm | |
//! | [`cover::set_fund_cap`] | governance | basis points | |
//! | [`withdraw::set_withdrawal_limits`] | governance | [`ledger::WithdrawalLimits`] | |
//! | [`note_index::note_index`] | anyone; the shell asks the oracle | product, validity | |
//! | [`roll_listing::roll_listing`] | anyone | product | months that joined |
//! | [`sunset::sunset`] | anyone; the shell has asked the oracle for a final price | instrument | last mark |
//! | [`pause::pause`], [`pause::unpause`] | governance; the guardian pauses | product, scopes | |
//! | [`fund_programme::fund_programme`] | governance | amount | pool of the programme |
//! | [`pay_treasury::pay_treasury`] | governance; then the vault pays | amount | treasury left |
//!
//! Messages about orders, with who may send them:
//!
//! | message | by | takes | gives |
//! |---|---|---|---|
//! | [`place`](place::place) | owner, delegate | an order | number, lots filled, lots resting |
//! | [`replace`](replace::replace) | owner, delegate | old price and number, an order | as `place` |
//! | [`quote`](quote::quote) | owner, delegate | seat, instrument, encoded levels, expiry | number of the first level |
//! | [`roll`](roll::roll) | owner, delegate | seat, near, far, lots, two limits, spread | value of the near leg, of the far leg |
//! | [`cancel`](cancel::cancel) | owner, delegate | seat, instrument, price, number | lots |
//! | [`cancel_by_number`](cancel::cancel_by_number) | owner, delegate | seat, instrument, number, side, from, pages | lots |
//! | [`cancel_all`](cancel::cancel_all) | owner, delegate | seat, instrument | |
//! | [`set_trigger`](set_trigger::set_trigger) | owner, delegate without fee | seat, slot, a trigger | |
//! | [`clear_trigger`](set_trigger::clear_trigger) | owner, delegate | seat, slot | |
//! | [`execute_trigger`](execute_trigger::execute_trigger) | anyone | keeper's seat, seat, slot | lots filled, lots resting, fee |
//! | [`set_delegate`](set_delegate::set_delegate) | owner | seat, address, largest order, expiry, encoded instruments | |
//! | [`set_holidays`](set_holidays::set_holidays) | governance | product, encoded days | |

pub mod account;
pub mod allocate;
pub mod auction;
mod authority;
pub mod backtest;
pub mod book;
pub mod curve;
pub mod cuts;
pub mod delegate;
pub mod error;
pub mod event;
pub mod fees;
pub mod fund_programme;
pub mod guard;
pub mod halts;
pub mod holidays;
pub mod instrument;
pub mod keys;
pub mod ledger;
pub mod limits;
pub mod margin;
pub mod mark;
pub mod market;
pub mod matching;
pub mod page;
pub mod peers;
pub mod risk;
pub mod score;
pub mod triggers;
pub mod variation;
pub mod volume;

pub mod bid;
pub mod books;
pub mod bridge;
pub mod cancel;
pub mod cover;
pub mod credit;
pub mod execute_trigger;
pub mod finalise;
pub mod list;
pub mod maker_weeks;
pub mod migrate;
pub mod note_index;
pub mod offset;
pub mod open_account;
pub mod pause;
pub mod pay_reward;
pub mod pay_treasury;
pub mod place;
pub mod quote;
pub mod refresh_tier;
pub mod replace;
pub mod report_deficit;
pub mod roll;
pub mod roll_listing;
pub mod set_delegate;
pub mod set_holidays;
pub mod set_maker;
pub mod set_risk;
pub mod set_trigger;
pub mod settle;
pub mod settle_day;
pub mod start_liquidation;
pub mod sunset;
pub mod sweep_fees;
pub mod transfer;
pub mod withdraw;
pub mod write_off;

pub use account::{Account, Position};
pub use auction::Auction;
pub use authority::MessageKind;
pub use backtest::Backtest;
pub use curve::{Curve, Month, Status};
pub use delegate::Delegate;
pub use error::ClearingError;
pub use event::Event;
pub use guard::Guard;
pub use instrument::{Env, Instrument, Product};
pub use ledger::Ledger;
pub use market::{Market, Terms};
pub use page::{Order, Page};
pub use peers::{Index, Peers, Purse, Registry};
pub use risk::RiskArray;
pub use score::{Score, Sheet};
pub use triggers::Triggers;
pub use volume::Volume;

use crate::units::{Lots, Seat};

/// What a message of the clearing house returns.
pub type Result<T> = core::result::Result<T, ClearingError>;

/// Where the clearing house keeps its cells and tells its events.
pub trait Store {
    /// The account of a seat.
    fn account(&mut self, seat: Seat) -> Option<Account>;
    /// Stores the account of a seat.
    fn set_account(&mut self, seat: Seat, account: &Account);
    /// The seat of an owner's sub-account.
    fn seat_of(&mut self, owner: [u8; 20], sub: u8) -> Option<Seat>;
    /// Stores the seat of an owner's sub-account.
    fn set_seat_of(&mut self, owner: [u8; 20], sub: u8, seat: Seat);
    /// An instrument.
    fn market(&mut self, instrument: Instrument) -> Option<Market>;
    /// Stores an instrument.
    fn set_market(&mut self, instrument: Instrument, market: &Market);
    /// A page of an instrument's book; `None` when it was never written.
    fn page(&mut self, instrument: Instrument, page: u32) -> Option<Page>;
    /// Stores a page of an instrument's book.
    fn set_page(&mut self, instrument: Instrument, page: u32, content: &Page);
    /// The curve of a product.
    fn curve(&mut self, product: Product) -> Option<Curve>;
    /// Stores the curve of a product.
    fn set_curve(&mut self, product: Product, curve: &Curve);
    /// The margin parameters of a product.
    fn risk(&mut self, product: Product) -> Option<RiskArray>;
    /// Stores the margin parameters of a product.
    fn set_risk(&mut self, product: Product, risk: &RiskArray);
    /// The backtest of a product's margin set; empty when it was never written.
    fn backtest(&mut self, product: Product) -> Backtest;
    /// Stores the backtest of a product's margin set.
    fn set_backtest(&mut self, product: Product, backtest: &Backtest);
    /// A sheet of a maker's scores; empty when it was never written.
    fn sheet(&mut self, seat: Seat, number: u16) -> Sheet;
    /// Stores a sheet of scores.
    fn set_sheet(&mut self, seat: Seat, number: u16, sheet: &Sheet);
    /// The ledger of everything that belongs to no account.
    fn ledger(&mut self) -> Ledger;
    /// Stores the ledger.
    fn set_ledger(&mut self, ledger: &Ledger);
    /// The running liquidation of an account.
    fn auction(&mut self, seat: Seat) -> Auction;
    /// Stores the running liquidation of an account.
    fn set_auction(&mut self, seat: Seat, auction: &Auction);
    /// What an account has traded in thirty days; nothing when it was never written.
    fn volume(&mut self, seat: Seat) -> Volume;
    /// Stores what an account has traded in thirty days.
    fn set_volume(&mut self, seat: Seat, volume: &Volume);
    /// The triggers of an account; none when they were never written.
    fn triggers(&mut self, seat: Seat) -> Triggers;
    /// Stores the triggers of an account.
    fn set_triggers(&mut self, seat: Seat, triggers: &Triggers);
    /// What an address may trade for an account; `None` when it was never named.
    fn delegate(&mut self, seat: Seat, address: [u8; 20]) -> Option<Delegate>;
    /// Stores what an address may trade for an account.
    fn set_delegate(&mut self, seat: Seat, address: [u8; 20], delegate: &Delegate);
    /// Tells what happened.
    fn emit(&mut self, event: Event);
}

/// The low byte of a settlement round, as accounts remember it. Two rounds 256 settlements apart look alike, which only
/// delays the payment of a position that nobody touched for so long until the next settlement.
pub fn round_of(round: u16) -> u8 {
    round.to_be_bytes()[1]
}

/// The account of a seat, which must belong to the caller.
pub(crate) fn own_account<S: Store>(store: &mut S, env: &Env, seat: Seat) -> Result<Account> {
    let account = store.account(seat).ok_or(ClearingError::UnknownSeat)?;
    if account.owner == env.caller { Ok(account) } else { Err(ClearingError::NotAuthorised) }
}

/// The account of a seat for which the caller may trade this much of an instrument: its own, or as its delegate.
pub(crate) fn traded_account<S: Store>(
    store: &mut S,
    env: &Env,
    seat: Seat,
    instrument: Instrument,
    lots: Lots,
) -> Result<Account> {
    let account = store.account(seat).ok_or(ClearingError::UnknownSeat)?;
    if account.owner != env.caller {
        let delegate = store.delegate(seat, env.caller).ok_or(ClearingError::NotAuthorised)?;
        delegate.check(env.now, instrument, lots)?;
    }
    Ok(account)
}

/// A product's curve and the month of an instrument in it.
pub(crate) fn month_of<S: Store>(store: &mut S, instrument: Instrument) -> Result<(Curve, Month)> {
    let curve = store.curve(instrument.product()).ok_or(ClearingError::UnknownInstrument)?;
    let month = listed(&curve, instrument)?;
    Ok((curve, month))
}

/// The month of an instrument in its product's curve.
pub(crate) fn listed(curve: &Curve, instrument: Instrument) -> Result<Month> {
    match curve.month(instrument) {
        Some(month) => Ok(*month),
        None if instrument.serial() >= curve.next_serial => Err(ClearingError::NotYetListed),
        None => Err(ClearingError::UnknownInstrument),
    }
}

/// The month of an instrument with its market and the running round: from the curve, or, when a settled one has lost its place
/// there, from the market's final price. So claims never lapse (invariant E7).
pub(crate) fn claimable_month<S: Store>(store: &mut S, instrument: Instrument) -> Result<(u8, Month, Market)> {
    let curve = store.curve(instrument.product()).ok_or(ClearingError::UnknownInstrument)?;
    let market = store.market(instrument).ok_or(ClearingError::UnknownInstrument)?;
    let month = match (curve.month(instrument), market.final_price) {
        (Some(month), _) => *month,
        (None, Some(price)) => Month {
            instrument,
            status: Status::Settled,
            tick_value: market.tick_value,
            settle: price,
            mark: price,
            slow: price,
            ..Month::default()
        },
        (None, None) => return Err(ClearingError::UnknownInstrument),
    };
    Ok((curve.short_round(), month, market))
}
