//! Accounts move from one version of the clearing contract to the next, with their cash and their open positions.
//!
//! ```text
//! old house                                   new house, not connected to a vault yet
//! pause everything                            adopt curve, margin and markets of the old one, paused
//! export(seat)  -- cash, lots, basis -->      import(seat)          by anyone, one account a message, in any order
//! export_market -- pool, fees        -->      import_market         when nobody is left in an instrument
//! export_reserves -- fund, ...       -->      import_reserves
//!                                             the vault is handed over, the house connected, governance ends the pause
//! ```
//!
//! Each arrow is one [`crate::clearing::Item`]: [`crate::clearing::migrate()`] takes it out of the old house and packs
//! it, [`crate::clearing::arrive()`] takes it into the new one. A settled month does not move: its holders are claimed
//! for and its fees swept in the old house, by anyone.
//!
//! In either house a *mirror* account stands for the other one: in the old house it takes over what leaves, in the new
//! one it holds the opposite of what has come. So long lots are short lots and variation is zero-sum in both after
//! every message, and when all have moved both mirrors are flat. Nothing is settled or rounded on the way: lots, basis
//! and cash move as they are, and custody of both houses together is what the vault holds all the time. Nobody can
//! trade meanwhile, so no mark moves.

use super::cash;
use super::quoting::void_all_orders;
use crate::chain::Env;
use crate::clearing::cells::{
    Account, Auction, Curve, Guard, Instrument, Market, Month, Position, Product, RiskArray, Status,
};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::store::{Store, month_of};
use crate::units::{Lots, NetLots, Points, Seat};

/// The seat of a product's mirror account: at the end of the numbers, where no account gets one.
pub fn mirror_seat(product: Product) -> Seat {
    Seat(u32::MAX.saturating_sub(product.0.into()))
}

/// What is left in an instrument when all accounts have moved.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rest {
    /// Variation collected and not yet paid.
    pub pool: Points,
    /// Fees not yet swept, quote atoms.
    pub fees: u64,
    /// Cash that stands behind both, quote atoms.
    pub taken: i64,
}

/// The money that belongs to no account, in quote atoms.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Reserves {
    /// Insurance fund.
    pub fund: u64,
    /// Budget of the market-maker programme.
    pub incentives: u64,
    /// The protocol's own money.
    pub treasury: u64,
}

/// Takes an account out of the old house and returns it for [`import`]. Orders are void first; a loss that was
/// allocated is borne and due variation is settled as far as it can be. `sub` is the account's number among its
/// owner's.
///
/// Cells: account, owner index, auction, ledger, and curve, market and mirror for each position; all but curve and
/// auction written.
///
/// # Errors
/// `UnknownSeat` also for an account that has left, `NotMigrating` unless every product of the account is paused whole
/// and neither a liquidation nor an allocation runs, `ClaimFirst` while it holds a settled month, `AccountFull` of the
/// mirror.
pub fn export<S: Store>(store: &mut S, env: Env, seat: Seat, sub: u8) -> Result<Account> {
    let mut account = store.account(seat).ok_or(ClearingError::UnknownSeat)?;
    if account.owner == [0; 20] || store.seat_of(account.owner, sub) != Some(seat) {
        return Err(ClearingError::UnknownSeat);
    }
    if store.auction(seat) != Auction::default() {
        return Err(ClearingError::NotMigrating);
    }
    void_all_orders(store, env, seat, &mut account)?;
    let held = account;
    for position in held.positions() {
        let (curve, month, mut market) = moving(store, position.instrument)?;
        cash::settle_position(store, seat, &mut account, &mut market, &month, curve.short_round());
        store.set_market(position.instrument, &market);
    }
    account.tidy();
    for position in account.positions() {
        shift(store, position, 1)?;
    }
    let mut ledger = store.ledger();
    ledger.withdrawals = ledger.withdrawals.checked_add(account.cash).ok_or(ClearingError::BadParameter)?;
    ledger.trading = ledger.trading.saturating_sub(account.cash.into());
    store.set_ledger(&ledger);
    store.set_account(seat, &Account::new([0; 20]));
    Ok(account)
}

/// Takes an account into the new house, under the seat that it had. Only the old house may say so.
///
/// Cells: account, owner index, ledger, and curve, market and mirror for each position; all but the curve written.
///
/// # Errors
/// `SeatTaken`, `NotMigrating` unless every product of the account is paused whole, `UnknownInstrument`, `AccountFull`
/// of the mirror, `BadParameter` when totals would leave 64 bits.
pub fn import<S: Store>(store: &mut S, seat: Seat, sub: u8, account: &Account) -> Result<()> {
    if store.account(seat).is_some() || store.seat_of(account.owner, sub).is_some() {
        return Err(ClearingError::SeatTaken);
    }
    let mut account = *account;
    account.maker = false; // a designation belongs to the programme of the old house
    for position in account.positions_mut() {
        position.allocation = 0; // the markets of the new house have allocated nothing
    }
    for position in account.positions() {
        moving(store, position.instrument)?;
        shift(store, position, -1)?;
    }
    let mut ledger = store.ledger();
    ledger.deposits = ledger.deposits.checked_add(account.cash).ok_or(ClearingError::BadParameter)?;
    ledger.trading = ledger.trading.saturating_add(account.cash.into());
    ledger.seats = ledger.seats.max(seat.0.saturating_add(1));
    store.set_ledger(&ledger);
    store.set_seat_of(account.owner, sub, seat);
    store.set_account(seat, &account);
    Ok(())
}

/// Opens a product of the old house in the new one, paused whole, with its marks. Again while nobody has come, should
/// the old house have gone on meanwhile.
///
/// # Errors
/// `BadParameter` when it exists and somebody is in it.
pub fn adopt<S: Store>(store: &mut S, product: Product, curve: &Curve) -> Result<()> {
    if store.curve(product).is_some() {
        unopened(store, product)?;
    }
    let mut curve = *curve;
    curve.guard.paused = Guard::ALL;
    store.set_curve(product, &curve);
    Ok(())
}

/// Puts the margin set of the old house in force for an adopted product.
///
/// # Errors
/// `UnknownProduct`, `BadParameter` when somebody is in the product.
pub fn adopt_margin<S: Store>(store: &mut S, product: Product, risk: &RiskArray) -> Result<()> {
    unopened(store, product)?;
    store.set_risk(product, risk);
    Ok(())
}

/// Opens an instrument of an adopted product with the terms of the old house and nothing in it.
///
/// # Errors
/// `UnknownInstrument`, `BadParameter` when somebody is in the product.
pub fn adopt_market<S: Store>(store: &mut S, instrument: Instrument, old: &Market) -> Result<()> {
    let (_, month) = month_of(store, instrument)?;
    unopened(store, instrument.product())?;
    let mut market = Market::new(old.terms);
    market.tick_value = month.tick_value;
    market.final_price = old.final_price;
    market.settlement_fee_ppm = old.settlement_fee_ppm;
    market.fund_drawn = old.fund_drawn;
    market.listed = old.listed;
    store.set_market(instrument, &market);
    Ok(())
}

/// Takes what is left of an instrument out of the old house, once all its accounts have moved.
///
/// # Errors
/// `NotMigrating` while somebody is left or a loss is uncovered, `UnknownInstrument`.
pub fn export_market<S: Store>(store: &mut S, instrument: Instrument) -> Result<Rest> {
    let (_, _, mut market) = moving(store, instrument)?;
    let mut mirror = mirror_of(store, instrument.product());
    let position = mirror.position(instrument).copied().unwrap_or_default();
    let alone = market.holders == u32::from(position.is_exposed());
    if position.net != NetLots::ZERO || market.open_interest != Lots::ZERO || !alone || market.deficit > Points::ZERO {
        return Err(ClearingError::NotMigrating);
    }
    let rest = Rest { pool: market.pool, fees: market.fees, taken: market.taken };
    settle_mirror(&mut mirror, &mut market, instrument, rest.pool)?;
    (market.pool, market.fees, market.taken) = (Points::ZERO, 0, 0);
    store.set_account(mirror_seat(instrument.product()), &mirror);
    store.set_market(instrument, &market);
    move_cash(store, i128::from(rest.taken).saturating_neg())?;
    Ok(rest)
}

/// Takes what was left of an instrument into the new house. Only the old house may say so.
///
/// # Errors
/// `NotMigrating` before all accounts have come, `UnknownInstrument`.
pub fn import_market<S: Store>(store: &mut S, instrument: Instrument, rest: &Rest) -> Result<()> {
    let (_, _, mut market) = moving(store, instrument)?;
    let mut mirror = mirror_of(store, instrument.product());
    if mirror.net(instrument) != NetLots::ZERO {
        return Err(ClearingError::NotMigrating);
    }
    settle_mirror(&mut mirror, &mut market, instrument, -rest.pool)?;
    market.pool += rest.pool;
    market.fees = market.fees.saturating_add(rest.fees);
    market.taken = market.taken.saturating_add(rest.taken);
    store.set_account(mirror_seat(instrument.product()), &mirror);
    store.set_market(instrument, &market);
    move_cash(store, rest.taken.into())
}

/// Takes fund, incentives and treasury out of the old house.
///
/// # Errors
/// `NotMigrating` while accounts or instruments still hold money.
pub fn export_reserves<S: Store>(store: &mut S) -> Result<Reserves> {
    let mut ledger = store.ledger();
    if ledger.trading != 0 {
        return Err(ClearingError::NotMigrating);
    }
    let reserves = Reserves { fund: ledger.fund, incentives: ledger.incentives, treasury: ledger.treasury };
    let sum = ledger.reserves();
    (ledger.fund, ledger.incentives, ledger.treasury) = (0, 0, 0);
    let sum = u64::try_from(sum.0).map_err(|_| ClearingError::BadParameter)?;
    ledger.withdrawals = ledger.withdrawals.checked_add(sum).ok_or(ClearingError::BadParameter)?;
    store.set_ledger(&ledger);
    Ok(reserves)
}

/// Takes fund, incentives and treasury into the new house. Only the old house may say so.
///
/// # Errors
/// `BadParameter` when totals would leave 64 bits.
pub fn import_reserves<S: Store>(store: &mut S, reserves: &Reserves) -> Result<()> {
    let mut ledger = store.ledger();
    let add = |a: u64, b: u64| a.checked_add(b).ok_or(ClearingError::BadParameter);
    ledger.fund = add(ledger.fund, reserves.fund)?;
    ledger.incentives = add(ledger.incentives, reserves.incentives)?;
    ledger.treasury = add(ledger.treasury, reserves.treasury)?;
    let sum = add(add(reserves.fund, reserves.incentives)?, reserves.treasury)?;
    ledger.deposits = add(ledger.deposits, sum)?;
    store.set_ledger(&ledger);
    Ok(())
}

/// The curve of a product that is paused whole.
pub(crate) fn paused<S: Store>(store: &mut S, product: Product) -> Result<Curve> {
    let curve = store.curve(product).ok_or(ClearingError::UnknownProduct)?;
    if curve.guard.paused == Guard::ALL { Ok(curve) } else { Err(ClearingError::NotMigrating) }
}

/// Lets only a product through that is paused whole and in which nobody holds anything.
pub(crate) fn unopened<S: Store>(store: &mut S, product: Product) -> Result<()> {
    let curve = paused(store, product).map_err(|error| match error {
        ClearingError::NotMigrating => ClearingError::BadParameter,
        other => other,
    })?;
    let held = curve
        .months()
        .iter()
        .any(|month| store.market(month.instrument).is_some_and(|market| market.holders > 0 || market.taken != 0));
    if held { Err(ClearingError::BadParameter) } else { Ok(()) }
}

/// The settlement round at whose marks an instrument stands.
pub(crate) fn round_of<S: Store>(store: &mut S, instrument: Instrument) -> Result<u16> {
    store.curve(instrument.product()).map(|curve| curve.round).ok_or(ClearingError::UnknownInstrument)
}

/// Whether accounts of a product are on their way, from here or to here: some have left the old house or reached the
/// new one, and others have not yet.
pub(crate) fn in_transit<S: Store>(store: &mut S, product: Product) -> bool {
    store.account(mirror_seat(product)).is_some_and(|mirror| !mirror.positions().is_empty())
}

/// An instrument whose product is paused whole and in which nothing runs.
fn moving<S: Store>(store: &mut S, instrument: Instrument) -> Result<(Curve, Month, Market)> {
    let (curve, month) = month_of(store, instrument)?;
    let market = store.market(instrument).ok_or(ClearingError::UnknownInstrument)?;
    if curve.guard.paused != Guard::ALL || market.allocation.is_counting() {
        return Err(ClearingError::NotMigrating);
    }
    if month.status == Status::Settled {
        return Err(ClearingError::ClaimFirst);
    }
    Ok((curve, month, market))
}

fn mirror_of<S: Store>(store: &mut S, product: Product) -> Account {
    store.account(mirror_seat(product)).unwrap_or_else(|| Account::new([0; 20]))
}

/// Books a position to the mirror, `sign` 1 when its holder leaves and -1 when he comes.
fn shift<S: Store>(store: &mut S, position: &Position, sign: i32) -> Result<()> {
    let instrument = position.instrument;
    let (curve, month, mut market) = moving(store, instrument)?;
    let mut mirror = mirror_of(store, instrument.product());
    let held = mirror.enter(instrument, month.epoch, curve.short_round()).ok_or(ClearingError::AccountFull)?;
    let (before, exposed) = (held.net, held.is_exposed());
    held.net = NetLots(before.0.saturating_add(position.net.0.saturating_mul(sign)));
    held.basis += Points(position.basis.0.saturating_mul(sign.into()));
    let (after, exposed_after) = (held.net, held.is_exposed());
    // What leaves was counted before and is no more; what comes is counted from now on.
    let (was, is) = if sign > 0 { (position.net, NetLots::ZERO) } else { (NetLots::ZERO, position.net) };
    let long = |net: NetLots| net.max(NetLots::ZERO).size();
    market.open_interest = market.open_interest + long(after) + long(is) - long(before) - long(was);
    market.note_holder(exposed, exposed_after);
    market.note_holder(sign > 0 && position.is_exposed(), sign < 0 && position.is_exposed());
    mirror.tidy();
    store.set_account(mirror_seat(instrument.product()), &mirror);
    store.set_market(instrument, &market);
    Ok(())
}

/// Clears the mirror's basis against the pool that moves: in the old house the mirror owes exactly the pool, in the new
/// one it is owed it.
fn settle_mirror(mirror: &mut Account, market: &mut Market, instrument: Instrument, pool: Points) -> Result<()> {
    let basis = mirror.position(instrument).map_or(Points::ZERO, |held| held.basis);
    if basis + pool != Points::ZERO {
        return Err(ClearingError::NotMigrating);
    }
    if let Some(held) = mirror.position_mut(instrument) {
        market.note_holder(held.is_exposed(), false);
        held.basis = Points::ZERO;
    }
    mirror.tidy();
    Ok(())
}

/// Moves cash of instruments across the books.
fn move_cash<S: Store>(store: &mut S, amount: i128) -> Result<()> {
    let mut ledger = store.ledger();
    ledger.trading = ledger.trading.saturating_add(amount);
    let size = u64::try_from(amount.unsigned_abs()).map_err(|_| ClearingError::BadParameter)?;
    let total = if amount < 0 { &mut ledger.withdrawals } else { &mut ledger.deposits };
    *total = total.checked_add(size).ok_or(ClearingError::BadParameter)?;
    store.set_ledger(&ledger);
    Ok(())
}
