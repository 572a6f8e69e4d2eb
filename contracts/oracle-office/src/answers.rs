//! How the cold messages are answered: decode, call the engine ([`sit_engine::oracle`], which documents every message,
//! its cells and its errors), and move the token where a message takes or pays.

use crate::selectors;
use ink::sol::DynBytes;
use ink::{Address, U256};
use sit_engine::calendar::Day;
use sit_engine::oracle::{self as engine, Store, keys::CellId};
use sit_shell::call;
use sit_shell::oracle::fields::{self, PriceRules, ReportRules, ReportingTerms, SettleRules, SettlementFields};
use sit_shell::oracle::{Chain, Error, Result, env};

pub fn cell(kind: u8, index: u16, number: u32, place: u8) -> DynBytes {
    sit_shell::load_bytes(&CellId { kind, index, number, place }.key())
}

pub fn connect(token: Address) -> Result<()> {
    Ok(engine::connect(&mut Chain, env(), token.0)?)
}

pub fn set_index(index: u16, price: PriceRules, report: ReportRules, settle: SettleRules) -> Result<()> {
    Ok(engine::set_index(&mut Chain, env(), index, fields::rules(price, report, settle))?)
}

pub fn set_provider(index: u16, provider: u8, score: u16) -> Result<()> {
    Ok(engine::set_provider(&mut Chain, env(), index, provider, score)?)
}

pub fn add_reporter(index: u16, reporter: Address) -> Result<()> {
    Ok(engine::add_reporter(&mut Chain, env(), index, reporter.0)?)
}

pub fn remove_reporter(index: u16, reporter: Address) -> Result<()> {
    Ok(engine::remove_reporter(&mut Chain, env(), index, reporter.0)?)
}

pub fn set_reporting(index: u16, terms: ReportingTerms) -> Result<()> {
    Ok(engine::set_reporting(&mut Chain, env(), index, terms.into())?)
}

pub fn slash(index: u16, reporter: Address, amount: u64) -> Result<()> {
    Ok(engine::slash(&mut Chain, env(), index, reporter.0, amount)?)
}

pub fn post_bond(index: u16, amount: u64) -> Result<()> {
    engine::post_bond(&mut Chain, env(), index, amount)?;
    charge(amount)
}

pub fn fund(index: u16, amount: u64) -> Result<()> {
    engine::fund(&mut Chain, env(), index, amount)?;
    charge(amount)
}

pub fn collect(index: u16) -> Result<u64> {
    let amount = engine::collect(&mut Chain, env(), index)?;
    let token = Address::from(Chain.token().ok_or(Error::NotConnected)?);
    let paid = call!(token, selectors::TRANSFER, ink::env::caller(), U256::from(amount) => bool);
    if paid == Some(true) { Ok(amount) } else { Err(Error::TokenRefused) }
}

pub fn resign(index: u16) -> Result<()> {
    Ok(engine::resign(&mut Chain, env(), index)?)
}

pub fn propose_final(index: u16, expiry: u32) -> Result<u32> {
    Ok(engine::propose_final(&mut Chain, env(), index, Day(expiry))?.price)
}

pub fn dispute(index: u16, expiry: u32) -> Result<()> {
    let bond = engine::dispute(&mut Chain, env(), index, Day(expiry))?;
    if bond > 0 { charge(bond) } else { Ok(()) }
}

pub fn resolve(index: u16, expiry: u32, voided: u64) -> Result<u32> {
    Ok(engine::resolve(&mut Chain, env(), index, Day(expiry), voided)?.price)
}

pub fn finalise(index: u16, expiry: u32) -> Result<u32> {
    Ok(engine::finalise(&mut Chain, env(), index, Day(expiry))?)
}

pub fn settlement(index: u16, expiry: u32) -> Result<SettlementFields> {
    Ok((&engine::settlement_of(&Chain, index, Day(expiry))?).into())
}

pub fn accumulator(index: u16) -> Result<u64> {
    Ok(engine::accumulator(&Chain, index, env().now)?)
}

pub fn reporter(index: u16, reporter: Address) -> Result<(u8, u16, u16, u8, u64, u64)> {
    let (place, record, stake) = engine::reporter_of(&Chain, index, reporter.0)?;
    Ok((place, record.submissions, record.misses, record.deviations, stake.bond, stake.earned))
}

pub fn due(index: u16, whom: Address) -> Result<(u64, u32)> {
    let due = engine::due_to(&Chain, index, whom.0);
    Ok((due.amount, due.free_at.0))
}

/// Charges the caller quote atoms, or undoes the message.
fn charge(amount: u64) -> Result<()> {
    let token = Address::from(Chain.token().ok_or(Error::NotConnected)?);
    let (from, here) = (ink::env::caller(), ink::env::address());
    let moved = call!(token, selectors::TRANSFER_FROM, from, here, U256::from(amount) => bool);
    if moved == Some(true) { Ok(()) } else { Err(Error::TokenRefused) }
}
