//! Accounts move from one version of the clearing contract to the next, with everything that belongs to their owners.
//!
//! ```text
//! old house                                       new house, not connected to a vault yet
//! pause everything                                adopt curve, margin and markets of the old one, paused
//! export(seat) -- cash, lots, basis, volume -->   import(seat)          by anyone, one account a message, in any order
//! triggers, delegates, scores               -->   the same              after the account has left
//! export_market -- pool, fees               -->   import_market         when nobody is left in an instrument
//! export_reserves -- fund, ..., limits      -->   import_reserves       when nobody's money is left
//!                                                 the vault is handed over, the house connected, the programme follows it,
//!                                                 governance ends the pause
//! ```
//!
//! Each arrow is one [`crate::clearing::Item`]: [`crate::clearing::migrate()`] takes it out of the old house and packs
//! it, [`crate::clearing::arrive()`] takes it into the new one. A settled month does not move: its holders are claimed
//! for and its fees swept in the old house, by anyone.
//!
//! In either house a *mirror* stands for the other one: in the old house it takes over what leaves, in the new one it
//! holds the opposite of what has come. So long lots are short lots and variation is zero-sum in both after every
//! message, and when all have moved both mirrors are flat. Nothing is settled or rounded on the way: lots, basis and
//! cash move as they are, and custody of both houses together is what the vault holds all the time. Nobody can trade
//! meanwhile, so no mark moves.
//!
//! Nothing stops a move that has begun ([`Stage`]). From the first account on nobody opens another one here, no loss is
//! written off and no month gets its final price, so there are ever fewer accounts left, and each leaves once. An
//! account that has left no longer exists here: a deposit for it is refused and stays with its sender. When the
//! reserves have left the house takes no money any more, so its books stay at nothing until the vault has gone over.

use super::quoting::{self, Change, void_all_orders};
use super::{cash, deficit};
use crate::chain::{Address, Env};
use crate::clearing::cells::{
    Account, Auction, Curve, Delegate, Guard, Instrument, Ledger, Market, Moment, Month, Position, Product, RiskArray,
    Score, Sheet, Stage, Standing, Status, Triggers, Volume,
};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::store::{Store, curves, month_of};
use crate::units::{Lots, NetLots, Points, Seat, Seconds};

/// What is left in an instrument when all accounts have moved.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rest {
    /// Variation collected and not yet paid.
    pub pool: Points,
    /// Fees not yet swept, quote atoms.
    pub fees: u64,
    /// Cash that stands behind both, quote atoms.
    pub received: i64,
    /// Claims that the insurance fund has bought and is still owed, and what rounding took: zero or below.
    pub deficit: Points,
}

/// What belongs to no account: reserves in quote atoms, how fees are shared, and what may leave.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Reserves {
    /// Fund, budget and treasury, their shares and limits, and how many seats there are. Its totals are not used.
    pub ledger: Ledger,
}

/// What moves with an account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Leaver {
    /// Owner, cash, positions, fee tier and designation.
    pub account: Account,
    /// What it has traded on each of thirty days.
    pub volume: Volume,
    /// How many seats the house has given away: the next one goes on from there.
    pub seats: u32,
}

/// Takes an account out of the old house and returns it for [`import`]. Orders are void first, a liquidation that runs
/// ends (one can begin again at the next mark), a loss that was allocated is borne and due variation is settled as far
/// as it can be. Its defaults move along: winners wait for them in the new house, and do not cease to in the old one.
/// `sub` is the account's number among its owner's.
///
/// Cells: account, owner index, volume, auction, ledger, every curve, and market and mirror for each position; account,
/// volume read, the others but curves written.
///
/// # Errors
/// `UnknownSeat` also for an account that has left, `NotMigrating` unless every product of the house is paused whole
/// and no allocation runs nor waits for one where the account is, `ClaimFirst` while it holds a settled month,
/// `AccountFull` of the mirror.
pub fn export<S: Store>(store: &mut S, env: Env, seat: Seat, sub: u8) -> Result<Leaver> {
    let mut account = store.account(seat).ok_or(ClearingError::UnknownSeat)?;
    if store.seat_of(account.owner, sub) != Some(seat) {
        return Err(ClearingError::UnknownSeat);
    }
    if curves(store).any(|curve| curve.guard.paused != Guard::ALL) {
        return Err(ClearingError::NotMigrating);
    }
    let auction = store.auction(seat);
    if auction != Auction::default() {
        deficit::leave(store, seat, auction)?;
    }
    if account.maker {
        end_scores(store, env, seat, &account);
    }
    void_all_orders(store, env, seat, &mut account)?;
    let held = account;
    for position in held.positions() {
        let (curve, month, mut market) = moving(store, position.instrument)?;
        if market.deficit > Points::ZERO {
            return Err(ClearingError::NotMigrating);
        }
        cash::settle_position(store, seat, &mut account, &mut market, &month, curve.short_round(), env.now)?;
        store.set_market(position.instrument, &market);
    }
    account.tidy();
    for position in account.positions() {
        shift(store, position, 1)?;
    }
    let mut ledger = store.ledger();
    ledger.withdrawals = ledger.withdrawals.checked_add(account.cash).ok_or(ClearingError::BadParameter)?;
    ledger.trading = ledger.trading.checked_sub(account.cash.into()).ok_or(ClearingError::BadParameter)?;
    ledger.stage = ledger.stage.max(Stage::Leaving);
    store.set_ledger(&ledger);
    store.set_account(seat, &Account::new([0; 20]));
    Ok(Leaver { account, volume: store.volume(seat), seats: ledger.seats })
}

/// Counts a maker's scores to the last second, with every cut that waits in an instrument, and leaves them without
/// quotes: so they do not change any more here, and begin without quotes there.
fn end_scores<S: Store>(store: &mut S, env: Env, seat: Seat, account: &Account) {
    for curve in curves(store) {
        for month in curve.months() {
            let sheet = store.sheet(seat, Sheet::number(month.instrument));
            let Some(before) = store.market(month.instrument) else { continue };
            if sheet.score(month.instrument) == Score::default() {
                continue;
            }
            let mut market = before;
            let moment =
                Moment { now: env.now, month, terms: &before.terms, holidays: &curve.holidays, ended: curve.ended() };
            quoting::note(store, seat, account, &moment, &mut market.cuts, &Change::Clear);
            if market.cuts != before.cuts {
                store.set_market(month.instrument, &market);
            }
        }
    }
}

/// Takes an account into the new house, under the seat that it had. Only the old house may send it. One that comes when
/// the house is `connected`, because nobody had moved it before, can have neither cash nor positions: all of them are
/// here.
///
/// Cells: account, owner index, volume, ledger, and curve, market and mirror for each position; all but the curve
/// written.
///
/// # Errors
/// `SeatTaken`, `AlreadyConnected` for one that has something when the house is connected, `NotMigrating` unless every
/// product of the account is paused whole, `UnknownInstrument`, `AccountFull` of the mirror, `BadParameter` when totals
/// would leave 64 bits.
pub fn import<S: Store>(store: &mut S, seat: Seat, sub: u8, leaver: &Leaver, connected: bool) -> Result<()> {
    let mut account = leaver.account;
    if account.owner == [0; 20] {
        return Err(ClearingError::BadParameter);
    }
    if store.account(seat).is_some() || store.seat_of(account.owner, sub).is_some() {
        return Err(ClearingError::SeatTaken);
    }
    if connected && (account.cash > 0 || !account.positions().is_empty()) {
        return Err(ClearingError::AlreadyConnected);
    }
    for position in account.positions_mut() {
        position.allocation = 0; // the markets of the new house have allocated nothing
    }
    for position in account.positions_mut() {
        let (curve, _, mut market) = moving(store, position.instrument)?;
        let standing = core::mem::take(&mut position.standing);
        if standing != Standing::Sound {
            // Winners wait here for whom they waited for there, until the debt is paid or the account reported again.
            market.note_standing(position, standing);
            market.hold_payments(curve.short_round());
            store.set_market(position.instrument, &market);
        }
        if standing == Standing::Defaults {
            store.set_auction(seat, &Auction { started: Seconds(1), ..Auction::default() });
        }
        shift(store, position, -1)?;
    }
    let mut ledger = store.ledger();
    ledger.deposits = ledger.deposits.checked_add(account.cash).ok_or(ClearingError::BadParameter)?;
    ledger.trading = ledger.trading.checked_add(account.cash.into()).ok_or(ClearingError::BadParameter)?;
    ledger.seats = ledger.seats.max(leaver.seats).max(seat.0.saturating_add(1));
    store.set_ledger(&ledger);
    store.set_seat_of(account.owner, sub, seat);
    store.set_volume(seat, &leaver.volume);
    store.set_account(seat, &account);
    Ok(())
}

/// Takes the triggers of a seat that has left out of the old house. Not before: the next version is registered while
/// this one still trades, and a stop in a house in which its account is not protects nobody.
///
/// # Errors
/// `NotMigrating` while the account is here, `UnknownTrigger` when there are none.
pub fn export_triggers<S: Store>(store: &mut S, seat: Seat) -> Result<Triggers> {
    gone(store, seat)?;
    let triggers = store.triggers(seat);
    if triggers == Triggers::default() {
        return Err(ClearingError::UnknownTrigger);
    }
    store.set_triggers(seat, &Triggers::default());
    Ok(triggers)
}

/// Takes the triggers of a seat into the new house.
///
/// # Errors
/// `AlreadyMoved` when the seat has some there.
pub fn import_triggers<S: Store>(store: &mut S, seat: Seat, triggers: &Triggers) -> Result<()> {
    if store.triggers(seat) != Triggers::default() {
        return Err(ClearingError::AlreadyMoved);
    }
    store.set_triggers(seat, triggers);
    Ok(())
}

/// What an address may trade for a seat that has left. It stays in the old house, too, where the seat has no account
/// any more.
///
/// # Errors
/// `NotMigrating` while the account is here, `NotAuthorised` when the address was never named.
pub fn export_delegate<S: Store>(store: &mut S, seat: Seat, address: Address) -> Result<Delegate> {
    gone(store, seat)?;
    store.delegate(seat, address).ok_or(ClearingError::NotAuthorised)
}

/// Lets an address trade for a seat in the new house as it did in the old one.
///
/// # Errors
/// `AlreadyMoved` when the address is, or was, named there.
pub fn import_delegate<S: Store>(store: &mut S, seat: Seat, address: Address, delegate: &Delegate) -> Result<()> {
    if store.delegate(seat, address).is_some() {
        return Err(ClearingError::AlreadyMoved);
    }
    store.set_delegate(seat, address, delegate);
    Ok(())
}

/// A sheet of a maker's scores, once the account has left: from then on it does not change here. It stays, so that a
/// week that is closed before the programme has followed is measured as it was.
///
/// # Errors
/// `NotMigrating` while the account is here, `UnknownSeat` for a sheet without scores.
pub fn export_scores<S: Store>(store: &mut S, seat: Seat, number: u16) -> Result<Sheet> {
    gone(store, seat)?;
    let sheet = store.sheet(seat, number);
    if sheet == Sheet::default() { Err(ClearingError::UnknownSeat) } else { Ok(sheet) }
}

/// Takes a sheet of a maker's scores into the new house.
///
/// # Errors
/// `AlreadyMoved` when the seat has scores there.
pub fn import_scores<S: Store>(store: &mut S, seat: Seat, number: u16, sheet: &Sheet) -> Result<()> {
    if store.sheet(seat, number) != Sheet::default() {
        return Err(ClearingError::AlreadyMoved);
    }
    store.set_sheet(seat, number, sheet);
    Ok(())
}

/// Admits only a seat whose account has left.
fn gone<S: Store>(store: &mut S, seat: Seat) -> Result<()> {
    if store.account(seat).is_some() || store.ledger().stage == Stage::InForce {
        return Err(ClearingError::NotMigrating);
    }
    Ok(())
}

/// Opens a product of the old house in the new one, paused whole, with its marks. It can be sent again until the first
/// account has come, in case the marks of the old house have moved meanwhile.
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
    market.halts = old.halts; // what makers do not owe in this week and the last
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
    let Market { pool, fees, received, deficit, .. } = market;
    settle_mirror(&mut mirror, &mut market, instrument, pool + deficit)?;
    (market.pool, market.fees, market.received, market.deficit) = (Points::ZERO, 0, 0, Points::ZERO);
    store.set_mirror(instrument.product(), &mirror);
    store.set_market(instrument, &market);
    move_cash(store, i128::from(received).saturating_neg())?;
    Ok(Rest { pool, fees, received, deficit })
}

/// Takes what was left of an instrument into the new house. Only the old house may send it.
///
/// # Errors
/// `NotMigrating` before all accounts have come, `UnknownInstrument`.
pub fn import_market<S: Store>(store: &mut S, instrument: Instrument, rest: &Rest) -> Result<()> {
    let (_, _, mut market) = moving(store, instrument)?;
    let mut mirror = mirror_of(store, instrument.product());
    if mirror.net(instrument) != NetLots::ZERO {
        return Err(ClearingError::NotMigrating);
    }
    settle_mirror(&mut mirror, &mut market, instrument, -(rest.pool + rest.deficit))?;
    market.pool += rest.pool;
    market.deficit += rest.deficit;
    market.fees = market.fees.saturating_add(rest.fees);
    market.received = market.received.saturating_add(rest.received);
    store.set_mirror(instrument.product(), &mirror);
    store.set_market(instrument, &market);
    move_cash(store, rest.received.into())
}

/// Takes fund, incentives and treasury out of the old house, with what governance has set for them. From then on
/// nothing comes into it.
///
/// # Errors
/// `NotMigrating` while accounts or instruments still hold money, or a product is not paused whole or somebody is left
/// in it.
pub fn export_reserves<S: Store>(store: &mut S) -> Result<Reserves> {
    let mut ledger = store.ledger();
    if ledger.trading != 0 {
        return Err(ClearingError::NotMigrating);
    }
    for curve in curves(store) {
        if curve.guard.paused != Guard::ALL {
            return Err(ClearingError::NotMigrating);
        }
        for month in curve.months() {
            if store.market(month.instrument).is_some_and(|market| market.holders > 0) {
                return Err(ClearingError::NotMigrating);
            }
        }
    }
    let reserves = Reserves { ledger };
    let sum = ledger.reserves();
    (ledger.fund, ledger.incentives, ledger.treasury) = (0, 0, 0);
    let sum = u64::try_from(sum.0).map_err(|_| ClearingError::BadParameter)?;
    ledger.withdrawals = ledger.withdrawals.checked_add(sum).ok_or(ClearingError::BadParameter)?;
    ledger.stage = Stage::Left;
    store.set_ledger(&ledger);
    Ok(reserves)
}

/// Takes fund, incentives and treasury into the new house, and puts in force what governance had set for them. Only the
/// old house may send it.
///
/// # Errors
/// `BadParameter` when totals would leave 64 bits.
pub fn import_reserves<S: Store>(store: &mut S, reserves: &Reserves) -> Result<()> {
    let mut ledger = store.ledger();
    let old = &reserves.ledger;
    let add = |a: u64, b: u64| a.checked_add(b).ok_or(ClearingError::BadParameter);
    ledger.fund = add(ledger.fund, old.fund)?;
    ledger.incentives = add(ledger.incentives, old.incentives)?;
    ledger.treasury = add(ledger.treasury, old.treasury)?;
    let sum = add(add(old.fund, old.incentives)?, old.treasury)?;
    ledger.deposits = add(ledger.deposits, sum)?;
    ledger.seats = ledger.seats.max(old.seats);
    (ledger.fund_share_bps, ledger.incentive_share_bps) = (old.fund_share_bps, old.incentive_share_bps);
    ledger.fund_cap_bps = old.fund_cap_bps;
    (ledger.limits, ledger.hour, ledger.day) = (old.limits, old.hour, old.day);
    store.set_ledger(&ledger);
    Ok(())
}

/// Admits only a house whose books stay here.
///
/// # Errors
/// `MovingOn`.
pub(crate) fn stays<S: Store>(store: &mut S) -> Result<()> {
    if store.ledger().stage == Stage::InForce { Ok(()) } else { Err(ClearingError::MovingOn) }
}

/// The curve of a product that is paused whole.
pub(crate) fn paused<S: Store>(store: &mut S, product: Product) -> Result<Curve> {
    let curve = store.curve(product).ok_or(ClearingError::UnknownProduct)?;
    if curve.guard.paused == Guard::ALL { Ok(curve) } else { Err(ClearingError::NotMigrating) }
}

/// Admits only a product that is paused whole and in which nobody holds anything.
pub(crate) fn unopened<S: Store>(store: &mut S, product: Product) -> Result<()> {
    let curve = paused(store, product).map_err(|error| match error {
        ClearingError::NotMigrating => ClearingError::BadParameter,
        other => other,
    })?;
    let held = curve
        .months()
        .iter()
        .any(|month| store.market(month.instrument).is_some_and(|market| market.holders > 0 || market.received != 0));
    if held { Err(ClearingError::BadParameter) } else { Ok(()) }
}

/// The settlement round at whose marks an instrument stands.
pub(crate) fn round_of<S: Store>(store: &mut S, instrument: Instrument) -> Result<u16> {
    store.curve(instrument.product()).map(|curve| curve.round).ok_or(ClearingError::UnknownInstrument)
}

/// Whether accounts of a product are on their way, from here or to here: this house is being left, or some have reached
/// it and others have not yet.
pub(crate) fn in_transit<S: Store>(store: &mut S, product: Product) -> bool {
    let half_way = store.mirror(product).is_some_and(|mirror| !mirror.positions().is_empty());
    half_way || store.ledger().stage != Stage::InForce
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
    store.mirror(product).unwrap_or_else(|| Account::new([0; 20]))
}

/// Books a position to the mirror, `sign` 1 when its holder leaves and -1 when they arrive.
fn shift<S: Store>(store: &mut S, position: &Position, sign: i32) -> Result<()> {
    let instrument = position.instrument;
    let (curve, month, mut market) = moving(store, instrument)?;
    let mut mirror = mirror_of(store, instrument.product());
    let held = mirror.enter(instrument, month.epoch, curve.short_round()).ok_or(ClearingError::AccountFull)?;
    let (before, exposed) = (held.net, held.is_exposed());
    held.net = NetLots(before.0.saturating_add(position.net.0.saturating_mul(sign)));
    held.basis += Points(position.basis.0.saturating_mul(sign.into()));
    let (after, exposed_after) = (held.net, held.is_exposed());
    // A position that leaves was counted and no longer is; one that arrives is counted from now on.
    let (was, is) = if sign > 0 { (position.net, NetLots::ZERO) } else { (NetLots::ZERO, position.net) };
    let long = |net: NetLots| net.max(NetLots::ZERO).size();
    market.open_interest = market.open_interest + long(after) + long(is) - long(before) - long(was);
    market.note_holder(exposed, exposed_after)?;
    market.note_holder(sign > 0 && position.is_exposed(), sign < 0 && position.is_exposed())?;
    mirror.tidy();
    store.set_mirror(instrument.product(), &mirror);
    store.set_market(instrument, &market);
    Ok(())
}

/// Clears the mirror's basis against the pool that moves, less what the fund is owed out of it: in the old house the
/// mirror owes exactly that, in the new one it is owed it.
fn settle_mirror(mirror: &mut Account, market: &mut Market, instrument: Instrument, pool: Points) -> Result<()> {
    let basis = mirror.position(instrument).map_or(Points::ZERO, |held| held.basis);
    if basis + pool != Points::ZERO {
        return Err(ClearingError::NotMigrating);
    }
    if let Some(held) = mirror.position_mut(instrument) {
        market.note_holder(held.is_exposed(), false)?;
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
