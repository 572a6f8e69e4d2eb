//! The participants: the coalition, and the honest people that it meets.

use sha3::{Digest, Keccak256};
use sit_engine::chain::Address;
use sit_engine::clearing::{Instrument, Product};
use sit_engine::units::Seat;
use sit_native::Addresses;

/// Accounts of the world, in the order in which they are opened.
pub const SEATS: usize = 13;

/// Accounts of the coalition: the first ones. The first two belong to one owner.
pub const COALITION: usize = 4;

/// Months that are traded.
pub const MONTHS: usize = 3;

/// The months of the world: two of the token index, one of the compute index.
pub const INSTRUMENTS: [Instrument; MONTHS] = [Instrument(0), Instrument(1), Instrument(1 << 12)];

/// What the months are called in a story.
pub const MONTH_NAMES: [&str; MONTHS] = ["near", "far", "compute"];

/// The token price index.
pub const TOKENS: Product = Product(0);

/// The compute index.
pub const COMPUTE: Product = Product(1);

/// Both products.
pub const PRODUCTS: [Product; 2] = [TOKENS, COMPUTE];

/// Quotes around the fair price and cancels before the print.
pub const CAREFUL_MAKER: Seat = Seat(4);
/// Quotes around the fair price and lets the quotes stand, as the protocol promises that makers may.
pub const TRUSTING_MAKER: Seat = Seat(5);
/// A rich buyer with a stop order, who has named an attacker a delegate for one lot.
pub const BUYER: Seat = Seat(6);
/// A rich seller.
pub const SELLER: Seat = Seat(7);
/// A buyer of little collateral, who adds to it some minutes after a call.
pub const THIN_BUYER: Seat = Seat(8);
/// A seller of little collateral, who adds nothing.
pub const THIN_SELLER: Seat = Seat(9);
/// A buyer of the far month with little collateral and a stop on the last trade.
pub const FAR_BUYER: Seat = Seat(10);
/// The keeper: settles, liquidates, bids, covers, allocates, finalises, executes triggers, takes mispriced orders.
pub const KEEPER: Seat = Seat(11);
/// A speculator whose default starts a scene.
pub const SPECULATOR: Seat = Seat(12);

/// The account of the coalition that is a designated maker where the programme runs: B's.
pub const OWN_MAKER: Seat = Seat(2);

/// The designated makers where the programme runs.
pub const MAKERS: [Seat; 3] = [CAREFUL_MAKER, TRUSTING_MAKER, OWN_MAKER];

/// The names of the accounts in a story.
pub const NAMES: [&str; SEATS] = [
    "A",
    "A's second account",
    "B",
    "C",
    "the careful maker",
    "the trusting maker",
    "the buyer",
    "the seller",
    "the thin buyer",
    "the thin seller",
    "the far buyer",
    "the keeper",
    "the speculator",
];

/// The addresses of everybody. On a deployed exchange they are those of its accounts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cast {
    /// The contracts and their governors.
    pub addresses: Addresses,
    /// The owner of each account.
    pub owners: [Address; SEATS],
    /// The reporters of the indices.
    pub reporters: [Address; 3],
}

impl Cast {
    /// People of made-up addresses, for runs without a chain.
    pub fn named() -> Self {
        let mut owners = NAMES.map(address_of);
        owners[1] = owners[0];
        Self {
            addresses: Addresses::by_name(address_of),
            owners,
            reporters: ["reporter 1", "reporter 2", "reporter 3"].map(address_of),
        }
    }

    /// The owner of an account of the world.
    pub fn owner(&self, seat: Seat) -> Address {
        self.owners.get(seat.0 as usize).copied().unwrap_or_default()
    }

    /// The reporters that belong to the coalition, where it has any: B and C.
    pub(crate) fn false_reporters(&self) -> [Address; 2] {
        [self.owners[2], self.owners[3]]
    }

    /// The name of the holder of this address, for a story.
    pub fn name_of(&self, address: Address) -> &'static str {
        let person = self.owners.iter().position(|owner| *owner == address);
        let reporter = || self.reporters.contains(&address).then_some("a reporter");
        person.and_then(|seat| NAMES.get(seat).copied()).or_else(reporter).unwrap_or("governance")
    }
}

/// keccak-256, the hash of the contracts.
pub fn keccak256(bytes: &[u8]) -> [u8; 32] {
    Keccak256::digest(bytes).into()
}

fn address_of(name: &str) -> Address {
    let mut address = [0; 20];
    address.copy_from_slice(&keccak256(name.as_bytes())[12..]);
    address
}

/// The name of an account in a story.
pub fn name(seat: Seat) -> &'static str {
    NAMES.get(seat.0 as usize).copied().unwrap_or("nobody")
}

/// The name of a month in a story.
pub fn month_name(instrument: Instrument) -> &'static str {
    let place = INSTRUMENTS.iter().position(|other| *other == instrument);
    place.and_then(|place| MONTH_NAMES.get(place).copied()).unwrap_or("another month")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_months_are_the_first_ones_of_their_products() {
        let months = [Instrument::new(TOKENS, 0), Instrument::new(TOKENS, 1), Instrument::new(COMPUTE, 0)];
        assert_eq!(INSTRUMENTS, months);
    }

    #[test]
    fn everybody_has_an_address_of_their_own_but_for_the_second_account_of_an_owner() {
        let cast = Cast::named();
        for (number, owner) in cast.owners.iter().enumerate().skip(2) {
            assert!(cast.owners[..number].iter().all(|other| other != owner), "{}", NAMES[number]);
        }
        assert_eq!(cast.owners[0], cast.owners[1]);
        assert_eq!(cast.name_of(cast.owner(Seat(2))), "B");
    }
}
