//! The contracts beside the clearing house, asked and told by calls.

use super::{Chain, selectors};
use crate::call;
use ink::primitives::Address;
use ink::sol::FixedBytes;
use sit_engine::calendar::Day;
use sit_engine::clearing::{Index, Purse, Registry};
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

    /// The vault, to be told.
    pub(super) fn vault(&mut self) -> Vault {
        Vault(self.peers().vault.into())
    }

    /// The registry of versions, to be asked.
    pub fn versions(&mut self) -> Versions {
        Versions(self.peers().governance.into())
    }
}

impl Index for Oracle {
    fn latest(&self, index: IndexId) -> Option<Print> {
        let (day, price, published_at) = call!(self.0, selectors::LATEST, index => (u32, u32, u32))?;
        Some(Print { day: Day(day), price, published_at: Seconds(published_at) })
    }

    fn averaging(&self, index: IndexId, expiry: Day) -> Option<Averaging> {
        let (sum, samples, window) = call!(self.0, selectors::AVERAGING, index, expiry.0 => (u64, u8, u8))?;
        Some(Averaging { sum, samples, window })
    }

    fn validity(&self, index: IndexId) -> Option<Validity> {
        call!(self.0, selectors::VALIDITY, index => u8).map(Validity::from_number)
    }

    fn final_price(&self, index: IndexId, expiry: Day) -> Option<u32> {
        call!(self.0, selectors::FINAL_PRICE, index, expiry.0 => u32)
    }
}

impl Purse for Vault {
    fn pay(&mut self, to: [u8; 20], amount: u64) -> Option<()> {
        call!(self.0, selectors::PAY, Address::from(to), amount => ())
    }
}

impl Registry for Versions {
    fn this(&self) -> [u8; 20] {
        ink::env::address().0
    }

    fn versions(&self) -> Option<([u8; 20], [u8; 20])> {
        let name = FixedBytes(sit_engine::governance::CLEARING);
        let (next, previous, count) = call!(self.0, selectors::VERSION, name => (Address, Address, u32))?;
        (count > 0).then_some((next.0, previous.0))
    }
}
