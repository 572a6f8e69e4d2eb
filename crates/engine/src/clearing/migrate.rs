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
//! Each arrow is one [`Item`]: [`migrate`] takes it out of the old house and packs it, [`arrive`] takes it into the new one.
//! A settled month does not move: its holders are claimed for and its fees swept in the old house, by anyone.
//!
//! In either house a *mirror* account stands for the other one: in the old house it takes over what leaves, in the new one it
//! holds the opposite of what has come. So long lots are short lots and variation is zero-sum in both after every message,
//! and when all have moved both mirrors are flat. Nothing is settled or rounded on the way: lots, basis and cash move as they
//! are, and custody of both houses together is what the vault holds all the time. Nobody can trade meanwhile, so no mark moves.

use super::error::ClearingError;
use super::start_liquidation::void_all_orders;
use super::{
    Account, Auction, Backtest, Curve, Env, Instrument, Market, Month, Peers, Position, Product, Registry, Result,
    RiskArray, Status, Store, guard, month_of, variation,
};
use crate::codec::{CELL_BYTES, Cell, Reader, Writer};
use crate::units::{Lots, NetLots, Points, Seat};

/// What one message moves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Item {
    /// A product's months and marks.
    Curve(Product),
    /// A product's margin set.
    Margin(Product),
    /// The backtest of that set.
    Backtest(Product),
    /// An instrument's terms.
    Market(Instrument),
    /// An account, and its number among its owner's.
    Account(Seat, u8),
    /// What is left of an instrument.
    Rest(Instrument),
    /// Fund, incentives, treasury.
    Reserves,
}

impl Item {
    /// The item of a message: what it is (0 curve, 1 margin, 2 backtest, 3 market, 4 account, 5 rest, 6 reserves), the number
    /// of its product, instrument or seat, and of an account the number among its owner's.
    ///
    /// # Errors
    /// `BadParameter` when there is no such item.
    pub fn new(what: u8, id: u32, sub: u8) -> Result<Self> {
        let product = || u8::try_from(id).map(Product);
        let instrument = || u16::try_from(id).map(Instrument);
        match what {
            0 => product().map(Self::Curve),
            1 => product().map(Self::Margin),
            2 => product().map(Self::Backtest),
            3 => instrument().map(Self::Market),
            4 => Ok(Self::Account(Seat(id), sub)),
            5 => instrument().map(Self::Rest),
            6 => Ok(Self::Reserves),
            _ => return Err(ClearingError::BadParameter),
        }
        .map_err(|_| ClearingError::BadParameter)
    }
}

/// An item as messages name it, see [`Item::new`].
pub type ItemNumbers = (u8, u32, u8);

/// An item that has left this house's books and has still to arrive at the next one.
#[must_use = "the books say that it has gone: call the next house's `arrive`"]
pub struct Departure {
    /// The next version of the clearing house.
    pub to: [u8; 20],
    /// The item as [`arrive`] takes it.
    pub content: Writer,
}

/// Takes an item out of this house for the next version, which the registry names. Whoever calls this has the next house take the
/// item in, and undoes the message when it does not.
///
/// # Errors
/// `NotMigrating` unless this house is the version before the one in force, `BadParameter` when there is no such item, and those
/// of [`depart`].
pub fn migrate<S: Store>(
    store: &mut S,
    registry: &impl Registry,
    env: Env,
    (what, id, sub): ItemNumbers,
) -> Result<Departure> {
    let (to, _) =
        registry.versions().filter(|(_, previous)| *previous == registry.this()).ok_or(ClearingError::NotMigrating)?;
    Ok(Departure { to, content: depart(store, env, Item::new(what, id, sub)?)? })
}

/// Takes in an item that the previous version moves here. Only while this house is not connected to a vault: until then nobody
/// can have an account here or trade, so seats and marks are as they were.
///
/// # Errors
/// `NotAuthorised` unless this house is the version in force and the previous one sends the message, `AlreadyConnected`,
/// `BadParameter` when there is no such item, and those of [`take_in`].
pub fn arrive<S: Store>(
    store: &mut S,
    peers: &Peers,
    registry: &impl Registry,
    caller: [u8; 20],
    (what, id, sub): ItemNumbers,
    content: &[u8],
) -> Result<()> {
    let versions = registry.versions();
    if versions != Some((registry.this(), caller)) {
        return Err(ClearingError::NotAuthorised);
    }
    if peers.are_connected() {
        return Err(ClearingError::AlreadyConnected);
    }
    take_in(store, Item::new(what, id, sub)?, content)
}

/// Takes an item out of the old house, or copies it where it is a rule or a mark, and packs it for [`take_in`].
///
/// # Errors
/// `UnknownProduct`, `UnknownInstrument`, `NotMigrating` unless the product is paused whole, and those of [`export`],
/// [`export_market`] and [`export_reserves`].
pub fn depart<S: Store>(store: &mut S, env: Env, item: Item) -> Result<Writer> {
    let mut out = Writer::new();
    match item {
        Item::Curve(product) => paused(store, product)?.write(&mut out),
        Item::Margin(product) => {
            paused(store, product)?;
            store.risk(product).ok_or(ClearingError::UnknownProduct)?.write(&mut out);
        }
        Item::Backtest(product) => {
            paused(store, product)?;
            store.backtest(product).write(&mut out);
        }
        Item::Market(instrument) => {
            paused(store, instrument.product()).map_err(|_| ClearingError::NotMigrating)?;
            store.market(instrument).ok_or(ClearingError::UnknownInstrument)?.write(&mut out);
        }
        Item::Account(seat, sub) => {
            let account = export(store, env, seat, sub)?;
            account.write(&mut out);
            for position in account.positions() {
                out.uint(round_of(store, position.instrument)?.into(), 2);
            }
        }
        Item::Rest(instrument) => {
            let rest = export_market(store, instrument)?;
            out.int(rest.pool.0, 8);
            out.uint(rest.fees, 8);
            out.int(rest.taken, 8);
        }
        Item::Reserves => {
            let reserves = export_reserves(store)?;
            for amount in [reserves.fund, reserves.incentives, reserves.treasury] {
                out.uint(amount, 8);
            }
        }
    }
    Ok(out)
}

/// Takes an item into the new house.
///
/// # Errors
/// `BadParameter` for bytes that no house has packed, `NotMigrating` for an account whose marks are not those adopted, and those
/// of [`adopt`], [`adopt_market`], [`import`], [`import_market`] and [`import_reserves`].
pub fn take_in<S: Store>(store: &mut S, item: Item, content: &[u8]) -> Result<()> {
    if content.is_empty() || content.len() > CELL_BYTES {
        return Err(ClearingError::BadParameter);
    }
    let from = &mut Reader::new(content);
    match item {
        Item::Curve(product) => adopt(store, product, &Curve::read(from)),
        Item::Margin(product) => adopt_margin(store, product, &RiskArray::read(from)),
        Item::Backtest(product) => {
            unopened(store, product)?;
            store.set_backtest(product, &Backtest::read(from));
            Ok(())
        }
        Item::Market(instrument) => adopt_market(store, instrument, &Market::read(from)),
        Item::Account(seat, sub) => {
            let account = Account::read(from);
            for position in account.positions() {
                if round_of(store, position.instrument)? != from.u16() {
                    return Err(ClearingError::NotMigrating);
                }
            }
            import(store, seat, sub, &account)
        }
        Item::Rest(instrument) => {
            let rest = Rest { pool: Points(from.int(8)), fees: from.uint(8), taken: from.int(8) };
            import_market(store, instrument, &rest)
        }
        Item::Reserves => {
            let reserves = Reserves { fund: from.uint(8), incentives: from.uint(8), treasury: from.uint(8) };
            import_reserves(store, &reserves)
        }
    }
}

// An account that leaves has no orders: a short position takes 14 bytes and its round two more.
const _: () = assert!(36 + 12 * (14 + 2) <= CELL_BYTES);

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

/// Takes an account out of the old house and returns it for [`import`]. Orders are void first; a loss that was allocated is
/// borne and due variation is settled as far as it can be. `sub` is the account's number among its owner's.
///
/// Cells: account, owner index, auction, ledger, and curve, market and mirror for each position; all but curve and auction
/// written.
///
/// # Errors
/// `UnknownSeat` also for an account that has left, `NotMigrating` unless every product of the account is paused whole and
/// neither a liquidation nor an allocation runs, `ClaimFirst` while it holds a settled month, `AccountFull` of the mirror.
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
        variation::settle_position(store, seat, &mut account, &mut market, &month, curve.short_round());
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
/// `SeatTaken`, `NotMigrating` unless every product of the account is paused whole, `UnknownInstrument`, `AccountFull` of the
/// mirror, `BadParameter` when totals would leave 64 bits.
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

/// Opens a product of the old house in the new one, paused whole, with its marks. Again while nobody has come, should the old
/// house have gone on meanwhile.
///
/// # Errors
/// `BadParameter` when it exists and somebody is in it.
pub fn adopt<S: Store>(store: &mut S, product: Product, curve: &Curve) -> Result<()> {
    if store.curve(product).is_some() {
        unopened(store, product)?;
    }
    let mut curve = *curve;
    curve.guard.paused = guard::ALL;
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
fn paused<S: Store>(store: &mut S, product: Product) -> Result<Curve> {
    let curve = store.curve(product).ok_or(ClearingError::UnknownProduct)?;
    if curve.guard.paused == guard::ALL { Ok(curve) } else { Err(ClearingError::NotMigrating) }
}

/// Lets only a product through that is paused whole and in which nobody holds anything.
fn unopened<S: Store>(store: &mut S, product: Product) -> Result<()> {
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
fn round_of<S: Store>(store: &mut S, instrument: Instrument) -> Result<u16> {
    store.curve(instrument.product()).map(|curve| curve.round).ok_or(ClearingError::UnknownInstrument)
}

/// Whether accounts of a product are on their way, from here or to here: some have left the old house or reached the new one,
/// and others have not yet.
pub(super) fn in_transit<S: Store>(store: &mut S, product: Product) -> bool {
    store.account(mirror_seat(product)).is_some_and(|mirror| !mirror.positions().is_empty())
}

/// An instrument whose product is paused whole and in which nothing runs.
fn moving<S: Store>(store: &mut S, instrument: Instrument) -> Result<(Curve, Month, Market)> {
    let (curve, month) = month_of(store, instrument)?;
    let market = store.market(instrument).ok_or(ClearingError::UnknownInstrument)?;
    if curve.guard.paused != guard::ALL || market.allocation.is_counting() {
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

/// Clears the mirror's basis against the pool that moves: in the old house the mirror owes exactly the pool, in the new one it
/// is owed it.
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
