//! How the hot messages are answered: decode, call the engine ([`sit_engine::clearing`], which documents every message,
//! its cells and its errors), and have the vault pay where a message says so. [`commit`] checks who may send a message
//! and writes its changes.

use ink::Address;
use ink::sol::DynBytes;
use sit_engine::clearing::{self as engine, Bid, Instrument, Levels, MessageKind, Peers, Place, Quote, Replace};
use sit_engine::units::{Lots, Seat, Seconds, Ticks};
use sit_shell::clearing::fields::OrderFields;
use sit_shell::clearing::{Chain, Error, Result, commit, pay_out, peers};

/// Stores whom a new clearing house obeys and which office answers its colder messages.
pub fn found(governance: Address, office: Address) {
    Chain::found(&Peers { governance: governance.0, office: office.0, ..Peers::default() });
}

/// Forwards this call to the office, which decodes the arguments itself.
pub fn by_office<T>(_arguments: T) -> ! {
    sit_shell::delegate(peers().office.into(), Error::CallFailed)
}

pub fn credit(seat: u32, amount: u64) -> Result<u64> {
    commit(MessageKind::Credit, |chain, env| engine::credit(chain, env.now, Seat(seat), amount))
}

pub fn withdraw(seat: u32, amount: u64) -> Result<u64> {
    pay_out(MessageKind::Withdraw, |chain, env| engine::withdraw(chain, env, Seat(seat), amount))
}

pub fn place(order: OrderFields) -> Result<(u32, u32, u32)> {
    let order = Place::try_from(order)?;
    let placed = commit(MessageKind::Place, |chain, env| engine::place(chain, env, order))?;
    Ok((placed.number, placed.filled.0, placed.resting.0))
}

pub fn replace(price: u32, number: u32, order: OrderFields) -> Result<(u32, u32, u32)> {
    let replace = Replace { price: Ticks(price), number, order: order.try_into()? };
    let placed = commit(MessageKind::Replace, |chain, env| engine::replace(chain, env, replace))?;
    Ok((placed.number, placed.filled.0, placed.resting.0))
}

pub fn quote(seat: u32, instrument: u16, levels: DynBytes, expiry: u32) -> Result<u32> {
    let levels = Levels::parse(&levels.0)?;
    let quote = Quote {
        seat: Seat(seat),
        instrument: Instrument(instrument),
        bids: levels.bids(),
        asks: levels.asks(),
        expiry: Seconds(expiry),
    };
    commit(MessageKind::Quote, |chain, env| engine::quote(chain, env, quote))
}

pub fn cancel(seat: u32, instrument: u16, price: u32, number: u32) -> Result<u32> {
    let (seat, instrument, price) = (Seat(seat), Instrument(instrument), Ticks(price));
    commit(MessageKind::Cancel, |chain, env| engine::cancel(chain, env, seat, instrument, price, number))
        .map(|lots| lots.0)
}

pub fn cancel_all(seat: u32, instrument: u16) -> Result<()> {
    commit(MessageKind::CancelAll, |chain, env| engine::cancel_all(chain, env, Seat(seat), Instrument(instrument)))
}

pub fn settle(instrument: u16, seats: DynBytes) -> Result<()> {
    let seats = engine::parse_seats(&seats.0);
    commit(MessageKind::Settle, |chain, env| engine::settle(chain, env.now, Instrument(instrument), seats))
}

pub fn start_liquidation(seat: u32) -> Result<()> {
    commit(MessageKind::StartLiquidation, |chain, env| engine::start_liquidation(chain, env, Seat(seat)))
}

pub fn bid(liquidator: u32, seat: u32, instrument: u16, lots: u32) -> Result<(u32, u32)> {
    let bid =
        Bid { liquidator: Seat(liquidator), seat: Seat(seat), instrument: Instrument(instrument), lots: Lots(lots) };
    commit(MessageKind::Bid, |chain, env| engine::bid(chain, env, bid)).map(|(price, lots)| (price.0, lots.0))
}
