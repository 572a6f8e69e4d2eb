//! How the hot messages are answered: decode and call the engine ([`sit_engine::oracle`], which documents every
//! message, its cells and its errors).

use ink::Address;
use ink::prelude::vec::Vec;
use ink::sol::FixedBytes;
use sit_engine::calendar::Day;
use sit_engine::oracle as engine;
use sit_shell::oracle::fields::{Line, entries};
use sit_shell::oracle::{Chain, Error, Result, env};

/// Stores whom a new oracle obeys and which office answers its colder messages.
pub fn found(governance: Address, office: Address) {
    Chain::set_peers(governance.0, office.0);
}

/// Forwards this call to the office, which decodes the arguments itself.
pub fn by_office<T>(_arguments: T) -> ! {
    sit_shell::delegate(Chain::office().into(), Error::CallFailed)
}

pub fn submit(index: u16, day: u32, batch: Vec<Line>) -> Result<()> {
    Ok(engine::submit(&mut Chain, env(), index, Day(day), entries(batch))?)
}

pub fn reveal(index: u16, day: u32, salt: FixedBytes<32>, batch: Vec<Line>) -> Result<()> {
    Ok(engine::reveal(&mut Chain, env(), index, Day(day), salt.0, entries(batch))?)
}

pub fn commit(index: u16, day: u32, commitment: FixedBytes<32>) -> Result<()> {
    Ok(engine::commit(&mut Chain, env(), index, Day(day), commitment.0)?)
}

pub fn publish(index: u16, day: u32) -> Result<u8> {
    Ok(engine::publish(&mut Chain, env(), index, Day(day))?.number())
}

pub fn latest(index: u16) -> Result<(u32, u32, u32)> {
    let print = engine::latest(&Chain, index)?;
    Ok((print.day.0, print.price, print.published_at.0))
}

pub fn print_of(index: u16, day: u32) -> Result<u32> {
    Ok(engine::print_of(&Chain, index, Day(day))?)
}

pub fn validity(index: u16) -> Result<u8> {
    Ok(engine::validity_of(&Chain, index, env().now)?.number())
}

pub fn averaging(index: u16, expiry: u32) -> Result<(u64, u8, u8)> {
    let averaging = engine::averaging(&Chain, index, Day(expiry))?;
    Ok((averaging.sum, averaging.samples, averaging.window))
}

pub fn final_price(index: u16, expiry: u32) -> Result<u32> {
    Ok(engine::final_price(&Chain, index, Day(expiry))?)
}
