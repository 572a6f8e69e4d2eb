//! `migrate` and `arrive`: one item of the clearing house moves from an old version to the next
//! ([`crate::clearing::migrate`]).

use crate::chain::{Address, Env};
use crate::clearing::cells::{
    Account, Backtest, Curve, Delegate, Instrument, Ledger, Market, Product, RiskArray, Sheet, Triggers, Volume,
};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::peers::{Peers, Registry};
use crate::clearing::rules::migrate::{self, Leaver, Reserves, Rest};
use crate::clearing::store::Store;
use crate::codec::{CELL_BYTES, Cell, Reader, Writer};
use crate::units::{Points, Seat};

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
    /// An account with what it has traded, and its number among its owner's.
    Account(Seat, u8),
    /// What is left of an instrument.
    Rest(Instrument),
    /// Fund, incentives, treasury, and what governance has set for them.
    Reserves,
    /// The triggers of a seat.
    Triggers(Seat),
    /// A sheet of a maker's scores, by its number.
    Scores(Seat, u16),
    /// What an address may trade for a seat.
    Delegate(Seat, Address),
}

impl Item {
    /// The item of a message: what it is (0 curve, 1 margin, 2 backtest, 3 market, 4 account, 5 rest, 6 reserves, 7
    /// triggers, 8 scores, 9 delegate), the number of its product, instrument or seat, of an account the number among
    /// its owner's, of scores that of their sheet, and of a delegate the address.
    ///
    /// # Errors
    /// `BadParameter` when there is no such item.
    pub fn new((what, id, sub, address): ItemNumbers) -> Result<Self> {
        let product = || u8::try_from(id).map(Product);
        let instrument = || u16::try_from(id).map(Instrument);
        match what {
            0 => product().map(Self::Curve),
            1 => product().map(Self::Margin),
            2 => product().map(Self::Backtest),
            3 => instrument().map(Self::Market),
            4 => u8::try_from(sub).map(|sub| Self::Account(Seat(id), sub)),
            5 => instrument().map(Self::Rest),
            6 => Ok(Self::Reserves),
            7 => Ok(Self::Triggers(Seat(id))),
            8 => Ok(Self::Scores(Seat(id), sub)),
            9 => Ok(Self::Delegate(Seat(id), address)),
            _ => return Err(ClearingError::BadParameter),
        }
        .map_err(|_| ClearingError::BadParameter)
    }
}

/// An item as messages name it, see [`Item::new`].
pub type ItemNumbers = (u8, u32, u16, Address);

/// An item that has left this house's books and has still to arrive at the next one.
#[must_use = "the books say that it has gone: call the next house's `arrive`"]
pub struct Departure {
    /// The next version of the clearing house.
    pub to: Address,
    /// The item as [`arrive`] takes it.
    pub content: Writer,
}

/// Takes an item out of this house for the next version, which the registry names. Whoever calls this has the next
/// house take the item in, and undoes the message when it does not.
///
/// # Errors
/// `NotMigrating` unless this house is the version before the one in force, `BadParameter` when there is no such item,
/// and those of [`depart`].
pub fn migrate<S: Store>(store: &mut S, registry: &impl Registry, env: Env, item: ItemNumbers) -> Result<Departure> {
    let moves_on = registry.versions()?.filter(|(_, previous)| *previous == registry.this());
    let (to, _) = moves_on.ok_or(ClearingError::NotMigrating)?;
    Ok(Departure { to, content: depart(store, env, Item::new(item)?)? })
}

/// Takes in an item that the previous version moves here. Whatever has money or a mark in it, only while this house is
/// not connected to a vault: until then nobody can have an account here or trade, so seats and marks are as they were.
/// What was left behind by then, accounts with nothing in them, triggers, scores and delegates, may come later.
///
/// # Errors
/// `NotAuthorised` unless this house is the version in force and the previous one sends the message,
/// `AlreadyConnected`, `BadParameter` when there is no such item, and those of [`admit`].
pub fn arrive<S: Store>(
    store: &mut S,
    peers: &Peers,
    registry: &impl Registry,
    caller: Address,
    item: ItemNumbers,
    content: &[u8],
) -> Result<()> {
    if registry.versions()? != Some((registry.this(), caller)) {
        return Err(ClearingError::NotAuthorised);
    }
    admit(store, Item::new(item)?, content, peers.are_connected())
}

/// Takes an item out of the old house, or copies it where it is a rule or a mark, and packs it for [`admit`].
///
/// # Errors
/// `UnknownProduct`, `UnknownInstrument`, `NotMigrating` unless the product is paused whole, and those of
/// [`migrate::export`], [`migrate::export_market`], [`migrate::export_reserves`], [`migrate::export_triggers`],
/// [`migrate::export_scores`] and [`migrate::export_delegate`].
pub fn depart<S: Store>(store: &mut S, env: Env, item: Item) -> Result<Writer> {
    let mut out = Writer::new();
    match item {
        Item::Curve(product) => migrate::paused(store, product)?.write(&mut out),
        Item::Margin(product) => {
            migrate::paused(store, product)?;
            store.risk(product).ok_or(ClearingError::UnknownProduct)?.write(&mut out);
        }
        Item::Backtest(product) => {
            migrate::paused(store, product)?;
            store.backtest(product).write(&mut out);
        }
        Item::Market(instrument) => {
            migrate::paused(store, instrument.product()).map_err(|_| ClearingError::NotMigrating)?;
            store.market(instrument).ok_or(ClearingError::UnknownInstrument)?.write(&mut out);
        }
        Item::Account(seat, sub) => {
            let Leaver { account, volume, seats } = migrate::export(store, env, seat, sub)?;
            account.write(&mut out);
            out.uint(seats.into(), 4);
            volume.write(&mut out);
            for position in account.positions() {
                out.uint(migrate::round_of(store, position.instrument)?.into(), 2);
            }
        }
        Item::Rest(instrument) => {
            let rest = migrate::export_market(store, instrument)?;
            out.int(rest.pool.0, 8);
            out.uint(rest.fees, 8);
            out.int(rest.received, 8);
            out.int(rest.deficit.0, 8);
        }
        Item::Reserves => {
            migrate::export_reserves(store)?.ledger.write(&mut out);
        }
        Item::Triggers(seat) => migrate::export_triggers(store, seat)?.write(&mut out),
        Item::Scores(seat, number) => migrate::export_scores(store, seat, number)?.write(&mut out),
        Item::Delegate(seat, address) => migrate::export_delegate(store, seat, address)?.write(&mut out),
    }
    Ok(out)
}

/// Takes an item into the new house, which may be `connected` already.
///
/// # Errors
/// `BadParameter` for bytes that no house has packed, `AlreadyConnected` for what may not come later, `NotMigrating`
/// for an account whose marks are not those adopted, and those of [`migrate::adopt`], [`migrate::adopt_market`],
/// [`migrate::import`], [`migrate::import_market`], [`migrate::import_reserves`], [`migrate::import_triggers`],
/// [`migrate::import_scores`] and [`migrate::import_delegate`].
pub fn admit<S: Store>(store: &mut S, item: Item, content: &[u8], connected: bool) -> Result<()> {
    if content.is_empty() || content.len() > CELL_BYTES {
        return Err(ClearingError::BadParameter);
    }
    let later = matches!(item, Item::Account(..) | Item::Triggers(_) | Item::Scores(..) | Item::Delegate(..));
    if connected && !later {
        return Err(ClearingError::AlreadyConnected);
    }
    let from = &mut Reader::new(content);
    match item {
        Item::Curve(product) => migrate::adopt(store, product, &Curve::read(from)),
        Item::Margin(product) => migrate::adopt_margin(store, product, &RiskArray::read(from)),
        Item::Backtest(product) => {
            migrate::unopened(store, product)?;
            store.set_backtest(product, &Backtest::read(from));
            Ok(())
        }
        Item::Market(instrument) => migrate::adopt_market(store, instrument, &Market::read(from)),
        Item::Account(seat, sub) => {
            let (account, seats, volume) = (Account::read(from), from.u32(4), Volume::read(from));
            for position in account.positions() {
                if migrate::round_of(store, position.instrument)? != from.u16() {
                    return Err(ClearingError::NotMigrating);
                }
            }
            migrate::import(store, seat, sub, &Leaver { account, volume, seats }, connected)
        }
        Item::Rest(instrument) => {
            let (pool, fees, received) = (Points(from.int(8)), from.uint(8), from.int(8));
            let rest = Rest { pool, fees, received, deficit: Points(from.int(8)) };
            migrate::import_market(store, instrument, &rest)
        }
        Item::Reserves => migrate::import_reserves(store, &Reserves { ledger: Ledger::read(from) }),
        Item::Triggers(seat) => migrate::import_triggers(store, seat, &Triggers::read(from)),
        Item::Scores(seat, number) => migrate::import_scores(store, seat, number, &Sheet::read(from)),
        Item::Delegate(seat, address) => migrate::import_delegate(store, seat, address, &Delegate::read(from)),
    }
}

// An account that leaves has no orders: a short position takes 14 bytes and its round two more.
const _: () = assert!(36 + 12 * (14 + 2) + 4 + Volume::MAX_BYTES <= CELL_BYTES);
