//! The contracts beside the clearing house, which it reaches by calls.

use super::{Chain, selectors};
use crate::{NoAnswer, ask, call};
use ink::primitives::Address;
use ink::sol::{FixedBytes, SolErrorDecode};
use sit_engine::calendar::Day;
use sit_engine::clearing::{ClearingError, Handover, Index, Purse, Registry, Result};
use sit_engine::oracle::{Averaging, IndexId, Print, Validity};
use sit_engine::units::Seconds;

/// The oracle.
pub struct Oracle(Address);

/// The vault.
pub struct Vault(Address);

/// The registry of versions, which is governance's.
pub struct Versions(Address);

impl Chain {
    /// The oracle, to be asked.
    pub fn oracle(&mut self) -> Oracle {
        Oracle(self.peers().oracle.into())
    }

    /// The vault, to be called.
    pub(super) fn vault(&mut self) -> Vault {
        Vault(self.peers().vault.into())
    }

    /// The registry of versions, to be asked.
    pub fn versions(&mut self) -> Versions {
        Versions(self.peers().governance.into())
    }
}

impl Index for Oracle {
    fn latest(&self, index: IndexId) -> Result<Option<Print>> {
        let print = ask!(self.0, selectors::LATEST, index => (u32, u32, u32))?;
        Ok(print.map(|(day, price, published_at)| Print { day: Day(day), price, published_at: Seconds(published_at) }))
    }

    fn averaging(&self, index: IndexId, expiry: Day) -> Result<Option<Averaging>> {
        let held = ask!(self.0, selectors::AVERAGING, index, expiry.0 => (u64, u8, u8))?;
        Ok(held.map(|(sum, samples, window)| Averaging { sum, samples, window }))
    }

    fn validity(&self, index: IndexId) -> Result<Option<Validity>> {
        Ok(ask!(self.0, selectors::VALIDITY, index => u8)?.map(Validity::from_number))
    }

    fn final_price(&self, index: IndexId, expiry: Day) -> Result<Option<u32>> {
        Ok(ask!(self.0, selectors::FINAL_PRICE, index, expiry.0 => u32)?)
    }
}

/// The one refusal of the vault that a user has to know by its name.
struct OverLimit;

/// A constant, as all selectors are, because hashing on chain costs more than the call.
const PAYOUT_LIMIT: [u8; 4] = ink::sol_error_selector!("PayoutLimit", ());

impl SolErrorDecode for OverLimit {
    fn decode(data: &[u8]) -> core::result::Result<Self, ink::sol::Error> {
        if data == PAYOUT_LIMIT { Ok(Self) } else { Err(ink::sol::Error) }
    }
}

impl Purse for Vault {
    fn pay(&mut self, to: [u8; 20], amount: u64) -> Result<()> {
        match call!(self.0, selectors::PAY, Address::from(to), amount => core::result::Result<(), OverLimit>) {
            Some(Ok(())) => Ok(()),
            Some(Err(OverLimit)) => Err(ClearingError::PayoutLimit),
            None => Err(ClearingError::CallFailed),
        }
    }
}

impl Registry for Versions {
    fn this(&self) -> [u8; 20] {
        ink::env::address().0
    }

    fn versions(&self) -> Result<Option<([u8; 20], [u8; 20])>> {
        let name = FixedBytes(sit_engine::governance::CLEARING);
        let version = match ask!(self.0, selectors::VERSION, name => (Address, Address, u32)) {
            Err(NoAnswer::Unreadable) => None, // governance that is an account keeps no registry
            version => version?,
        };
        Ok(version.filter(|(_, _, count)| *count > 0).map(|(next, previous, _)| (next.0, previous.0)))
    }
}

impl Handover for Versions {
    fn obeyed_by(&self, vault: [u8; 20]) -> Result<[u8; 20]> {
        let state = call!(Address::from(vault), selectors::STATE => (Address, Address, u64, u64));
        let (_, clearing, ..) = state.ok_or(ClearingError::CallFailed)?;
        Ok(clearing.0)
    }
}
