//! The contracts beside the clearing house, as its messages know them: those it obeys, those it asks, and those that
//! pay for it.
//!
//! A message that needs another contract is written once, over the trait of that peer; the contracts answer it by
//! calls, the exchange in memory by its own cells, tests and previews by [`Given`]. A peer that is asked changes
//! nothing. A peer that has to *do* something does it after the message: a message returns a [`Payout`] or a
//! `Departure`, its caller stores what has changed, and only then the other contract is called. Where that call fails,
//! the caller undoes the message.
//!
//! An answer is "yes, this" (`Ok(Some(..))`), "no" (`Ok(None)`), or none at all: `CallFailed`. Whoever sends a message
//! chooses how much gas it has, so a peer that ran out of it has said nothing, and no rule may take that for a "no".

use super::authority::MessageKind;
use super::error::{ClearingError, Result};
use crate::authority::Sender;
use crate::calendar::Day;
use crate::chain::Address;
use crate::codec::{CELL_BYTES, Cell, Reader, Writer};
use crate::oracle::{Averaging, IndexId, Print, Validity};

/// The addresses of the contracts that the clearing house knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Peers {
    /// Sets rules and margin.
    pub governance: Address,
    /// Holds the collateral. Zero until connected.
    pub vault: Address,
    /// Prints the index. Zero until connected.
    pub oracle: Address,
    /// Designates and pays market makers. Zero until connected.
    pub incentives: Address,
    /// The contract whose code answers the colder messages.
    pub office: Address,
}

impl Peers {
    /// Whether governance has connected the other contracts.
    pub fn are_connected(&self) -> bool {
        self.vault != [0; 20]
    }

    /// Connects the other contracts, once. Only governance may send this, and only when it is this house's turn: when
    /// the vault obeys it already, which it does once everything has left the version before it
    /// ([`Custody::hand_over`](crate::vault::Custody::hand_over)). Anyone executes what governance has queued, so a
    /// house that could be connected early would shut out the accounts that are still on their way. The registry cannot
    /// be asked here: governance sends this message, and a contract that is at work answers nobody.
    ///
    /// # Errors
    /// `AlreadyConnected`, `NotMigrating` when it is not its turn, `CallFailed` when one of them does not answer.
    pub fn connect(
        &mut self,
        vault: Address,
        oracle: Address,
        incentives: Address,
        beside: &(impl Registry + Handover),
    ) -> Result<()> {
        if self.are_connected() {
            return Err(ClearingError::AlreadyConnected);
        }
        if beside.obeyed_by(vault)? != beside.this() {
            return Err(ClearingError::NotMigrating);
        }
        *self = Self { vault, oracle, incentives, ..*self };
        Ok(())
    }

    /// Lets a message through that this sender may send now. It does not check accounts or versions: the messages
    /// that belong to an owner, a delegate or the previous version look them up themselves.
    ///
    /// # Errors
    /// `NotConnected` for a message that needs the other contracts, `NotAuthorised`.
    pub fn authorise(&self, kind: MessageKind, sender: Address) -> Result<()> {
        if kind.needs_connection() && !self.are_connected() {
            return Err(ClearingError::NotConnected);
        }
        match self.sole_sender(kind) {
            Some(sole) if sole != sender => Err(ClearingError::NotAuthorised),
            _ => Ok(()),
        }
    }

    /// The one address from which a message may come, if the table names a contract for it.
    fn sole_sender(&self, kind: MessageKind) -> Option<Address> {
        match kind.sender() {
            Sender::Governance => Some(self.governance),
            Sender::Vault => Some(self.vault),
            Sender::Incentives => Some(self.incentives),
            _ => None,
        }
    }
}

/// What the clearing house asks of the price index. Each answer is a view of the oracle; each fails with `CallFailed`
/// when there is none.
pub trait Index {
    /// The newest print; `None` before the first.
    ///
    /// # Errors
    /// `CallFailed`.
    fn latest(&self, index: IndexId) -> Result<Option<Print>>;
    /// What the averaging window that ends with a last trading day holds by now; `None` for an unknown index.
    ///
    /// # Errors
    /// `CallFailed`.
    fn averaging(&self, index: IndexId, expiry: Day) -> Result<Option<Averaging>>;
    /// How good the index is now; `None` for an unknown index.
    ///
    /// # Errors
    /// `CallFailed`.
    fn validity(&self, index: IndexId) -> Result<Option<Validity>>;
    /// The final price of a last trading day, in quote atoms per million units; `None` before it is set.
    ///
    /// # Errors
    /// `CallFailed`.
    fn final_price(&self, index: IndexId, expiry: Day) -> Result<Option<u32>>;
}

/// The contract that holds the collateral and pays it out when the clearing house says so.
pub trait Purse {
    /// Pays quote atoms to an address.
    ///
    /// # Errors
    /// `PayoutLimit` when that is more than may be paid now, `CallFailed` when it does not pay for another reason.
    fn pay(&mut self, to: Address, amount: u64) -> Result<()>;
}

/// What the clearing house asks of the registry of versions, which governance keeps.
pub trait Registry {
    /// The address of this clearing house.
    fn this(&self) -> Address;
    /// The clearing house in force and the one before it, zero when there was none; `None` before one is registered.
    ///
    /// # Errors
    /// `CallFailed`.
    fn versions(&self) -> Result<Option<(/* in force */ Address, /* before */ Address)>>;
}

/// What a new clearing house asks before it is connected.
pub trait Handover {
    /// The clearing house on whose word a vault pays; zero when there is none yet.
    ///
    /// # Errors
    /// `CallFailed`.
    fn obeyed_by(&self, vault: Address) -> Result<Address>;
}

/// Collateral that has left the books and has still to be paid out.
#[must_use = "the books say that it is paid: have the purse pay it"]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Payout {
    /// Who gets it.
    pub to: Address,
    /// Quote atoms.
    pub amount: u64,
    /// What is left where it came from, in quote atoms.
    pub left: u64,
}

impl Payout {
    /// Has the purse pay, once what the message changed is stored. Returns what is left where it came from. Whoever
    /// calls this undoes the message when it fails.
    ///
    /// # Errors
    /// `PayoutLimit`, `CallFailed`.
    pub fn pay(self, purse: &mut impl Purse) -> Result<u64> {
        purse.pay(self.to, self.amount)?;
        Ok(self.left)
    }
}

/// Peers that answer what they have been given: for tests, previews and experiments without other contracts. The index
/// says what stands here, the purse pays whatever it is asked for, and no other version of the clearing house is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Given {
    /// The newest print.
    pub print: Option<Print>,
    /// What every averaging window holds.
    pub averaging: Option<Averaging>,
    /// How good the index is.
    pub validity: Option<Validity>,
    /// The final price of every last trading day.
    pub final_price: Option<u32>,
    /// Whether the index does not answer at all, as one that has run out of gas.
    pub is_mute: bool,
}

impl Given {
    fn answer<T>(&self, answer: Option<T>) -> Result<Option<T>> {
        if self.is_mute { Err(ClearingError::CallFailed) } else { Ok(answer) }
    }

    /// A valid index with this print and no averaging window.
    pub fn print(day: Day, price: u32) -> Self {
        let print = Some(Print { day, price, ..Print::default() });
        Self { print, validity: Some(Validity::Valid), ..Self::default() }
    }
}

impl Index for Given {
    fn latest(&self, _: IndexId) -> Result<Option<Print>> {
        self.answer(self.print)
    }
    fn averaging(&self, _: IndexId, _: Day) -> Result<Option<Averaging>> {
        self.answer(self.averaging)
    }
    fn validity(&self, _: IndexId) -> Result<Option<Validity>> {
        self.answer(self.validity)
    }
    fn final_price(&self, _: IndexId, _: Day) -> Result<Option<u32>> {
        self.answer(self.final_price)
    }
}

impl Purse for Given {
    fn pay(&mut self, _: Address, _: u64) -> Result<()> {
        Ok(())
    }
}

impl Registry for Given {
    fn this(&self) -> Address {
        [0; 20]
    }
    fn versions(&self) -> Result<Option<(Address, Address)>> {
        Ok(None)
    }
}

const _: () = assert!(Peers::MAX_BYTES <= CELL_BYTES);

impl Cell for Peers {
    const MAX_BYTES: usize = 100;

    fn write(&self, out: &mut Writer) {
        for address in [&self.governance, &self.vault, &self.oracle, &self.incentives, &self.office] {
            out.put(address);
        }
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            governance: from.array(),
            vault: from.array(),
            oracle: from.array(),
            incentives: from.array(),
            office: from.array(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIRED: Peers =
        Peers { governance: [1; 20], vault: [2; 20], oracle: [3; 20], incentives: [4; 20], office: [5; 20] };

    #[test]
    fn a_message_of_a_contract_is_refused_to_every_other_sender() {
        for kind in MessageKind::ALL.iter().copied() {
            for sender in [[0; 20], [1; 20], [2; 20], [3; 20], [4; 20], [5; 20], [9; 20]] {
                let expected = match kind.sender() {
                    Sender::Governance => sender == [1; 20],
                    Sender::Vault => sender == [2; 20],
                    Sender::Incentives => sender == [4; 20],
                    _ => true,
                };
                let answer = WIRED.authorise(kind, sender);
                assert_eq!(answer, if expected { Ok(()) } else { Err(ClearingError::NotAuthorised) }, "{kind:?}");
            }
        }
    }

    #[test]
    fn before_they_are_connected_only_governance_and_what_needs_no_peer_gets_through() {
        let fresh = Peers { governance: [1; 20], office: [5; 20], ..Peers::default() };
        for kind in MessageKind::ALL.iter().copied() {
            let expected = if kind.needs_connection() {
                Err(ClearingError::NotConnected)
            } else if matches!(kind.sender(), Sender::Governance | Sender::Vault | Sender::Incentives) {
                Err(ClearingError::NotAuthorised)
            } else {
                Ok(())
            };
            assert_eq!(fresh.authorise(kind, [9; 20]), expected, "{kind:?}");
        }
        assert_eq!(fresh.authorise(MessageKind::Connect, [1; 20]), Ok(()));
    }

    #[test]
    fn what_asks_no_peer_is_answered_alike_whoever_the_peers_are() {
        for kind in MessageKind::ALL.iter().copied().filter(|kind| !kind.asks_peers()) {
            assert_eq!(Peers::default().authorise(kind, [9; 20]), Ok(()), "{kind:?}");
        }
    }

    /// A vault that obeys one house.
    struct Around {
        obeyed: Address,
    }

    const HOUSE: Address = [8; 20];
    const OLD: Address = [7; 20];

    impl Registry for Around {
        fn this(&self) -> Address {
            HOUSE
        }
        fn versions(&self) -> Result<Option<(Address, Address)>> {
            Ok(None)
        }
    }

    impl Handover for Around {
        fn obeyed_by(&self, vault: Address) -> Result<Address> {
            if vault == [2; 20] { Ok(self.obeyed) } else { Err(ClearingError::CallFailed) }
        }
    }

    #[test]
    fn the_other_contracts_are_connected_once() {
        let first = Around { obeyed: HOUSE };
        let mut peers = Peers { governance: [1; 20], office: [5; 20], ..Peers::default() };
        assert_eq!(peers.connect([2; 20], [3; 20], [4; 20], &first), Ok(()));
        assert_eq!(peers, WIRED);
        assert_eq!(peers.connect([6; 20], [6; 20], [6; 20], &first), Err(ClearingError::AlreadyConnected));
        assert_eq!(Peers::from_cell(peers.to_cell().as_bytes()), WIRED);
    }

    #[test]
    fn a_new_house_is_connected_only_when_the_vault_obeys_it() {
        let fresh = Peers { governance: [1; 20], office: [5; 20], ..Peers::default() };
        let connect = |vault, obeyed| {
            let mut peers = fresh;
            peers.connect(vault, [3; 20], [4; 20], &Around { obeyed })
        };
        let refused = Err(ClearingError::NotMigrating);
        assert_eq!(connect([2; 20], OLD), refused, "the vault is with the old house");
        assert_eq!(connect([2; 20], [0; 20]), refused, "a vault that obeys nobody yet");
        assert_eq!(connect([7; 20], HOUSE), Err(ClearingError::CallFailed), "no answer is no yes");
        assert_eq!(connect([2; 20], HOUSE), Ok(()));
    }
}
