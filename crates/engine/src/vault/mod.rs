//! Custody: what the vault holds, and what it must hold.
//!
//! ```text
//! token balance of the vault >= custody = paid in - paid out
//! ```
//!
//! The vault lets the clearing house say to whom it pays, but not how much: it has limits of its own for an hour and
//! for a day, which can be lowered at once and raised only by governance after its timelock (invariant W3). What was
//! lowered at once lapses by itself, so that whoever may do that and nothing else cannot lock the vault.
//!
//! The balance can be larger, by what somebody sends to the address without a deposit; that belongs to nobody's
//! account.

mod authority;
pub mod keys;

pub use authority::MessageKind;

use crate::calendar::DAY;
use crate::chain::Address;
use crate::codec::{CELL_BYTES, Cell, Reader, Writer};
use crate::rate::{Bucket, HOUR};
use crate::units::Seconds;

crate::define_errors! {$
    /// Why a message of the vault was refused. State and token are untouched after every one of them.
    VaultError, vault_errors {
        /// The caller may not send this message.
        NotAuthorised,
        /// The contracts have been connected already; that happens once.
        AlreadyConnected,
        /// The contracts are not connected yet. Governance has to connect them first.
        NotConnected,
        /// The amount must not be zero.
        ZeroAmount,
        /// The token did not move the amount into the vault. Approve the vault for it first, and hold it.
        TransferInRefused,
        /// The token accepts neither the permit nor a transfer without one. Sign the owner's next nonce with the
        /// token's own name, this amount, the vault as spender and a deadline that has not passed; or approve first.
        PermitRefused,
        /// The token moved another amount than it was told to. Tokens that take a fee are no collateral.
        WrongAmountReceived,
        /// The token did not pay. The receiver may be frozen by its issuer.
        TransferOutRefused,
        /// The clearing house did not accept the deposit: there is no account with this seat number.
        CreditRefused,
        /// More is to be paid out than is held.
        MoreThanHeld,
        /// So much may not be paid out within an hour, or within a day. Withdraw less, or later.
        PayoutLimit,
        /// A limit may only be lowered by this message. Raising it takes governance and its timelock.
        NotLower,
        /// What was lowered before has lapsed less than fourteen days ago. Wait, or have governance set the limits.
        LoweredLately,
        /// The limit of a day must not be below the limit of an hour.
        CrossedLimits,
        /// The books of the old clearing house are not empty, or those of the new one are not what is held. Move every
        /// account.
        BooksElsewhere,
        /// Another contract did not answer.
        CallFailed,
    }
}

/// What a deposit leaned on when the token was asked for the money.
///
/// Anybody who sees a permit can hand it to the token before the deposit that carries it does, which then finds it used
/// up and the allowance in place. So a refused permit is no refusal of the deposit: the transfer decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Permission {
    /// An allowance that was there before.
    Allowance,
    /// A permit that the token accepted.
    Permit,
    /// An allowance, after the token refused the permit.
    RefusedPermit,
}

impl Permission {
    /// Why nothing came in, when the token did not move the amount.
    pub const fn refusal(self) -> VaultError {
        match self {
            Self::Allowance | Self::Permit => VaultError::TransferInRefused,
            Self::RefusedPermit => VaultError::PermitRefused,
        }
    }
}

/// What may be paid out in an hour and in a day, in quote atoms ([`crate::rate`]).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// In an hour.
    pub hour: u64,
    /// In a day.
    pub day: u64,
}

impl Limits {
    /// What holds until governance sets some: everything that is there.
    pub const NONE: Self = Self { hour: u64::MAX, day: u64::MAX };
}

/// Seconds for which limits that were lowered at once hold, and for which they cannot be lowered again when they have
/// lapsed: two weeks, in which governance decides for good, and in which everybody can leave if nobody governs.
pub const LOWERED_FOR: u32 = 14 * DAY;

/// Limits that hold for a time in the place of those that governance has set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lowered {
    /// The limits.
    pub limits: Limits,
    /// When they lapse; in the past when none hold.
    pub until: Seconds,
}

impl Lowered {
    /// None, and none before.
    pub const NONE: Self = Self { limits: Limits::NONE, until: Seconds(0) };
}

/// What the vault has been paid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Custody {
    /// The collateral token.
    pub token: Address,
    /// Connects the contracts.
    pub governance: Address,
    /// The only contract on whose word the vault pays. Zero until connected.
    pub clearing: Address,
    /// Quote atoms that have come in by deposits.
    pub paid_in: u64,
    /// Quote atoms that have been paid out.
    pub paid_out: u64,
    /// What governance lets be paid out.
    pub limits: Limits,
    /// What was lowered at once.
    pub lowered: Lowered,
    /// What has been paid out in the last hour, less what has come in.
    pub hour: Bucket,
    /// What has been paid out in the last day, less what has come in.
    pub day: Bucket,
}

impl Default for Custody {
    /// An empty vault that nobody owns, without limits.
    fn default() -> Self {
        Self {
            token: [0; 20],
            governance: [0; 20],
            clearing: [0; 20],
            paid_in: 0,
            paid_out: 0,
            limits: Limits::NONE,
            lowered: Lowered::NONE,
            hour: Bucket::default(),
            day: Bucket::default(),
        }
    }
}

impl Custody {
    /// Quote atoms that must be there.
    pub fn held(&self) -> i128 {
        i128::from(self.paid_in).saturating_sub(self.paid_out.into())
    }

    /// What may be paid out now.
    pub fn limits_at(&self, now: Seconds) -> Limits {
        if now < self.lowered.until { self.lowered.limits } else { self.limits }
    }

    /// Checks that `sender` is the clearing house.
    ///
    /// # Errors
    /// `NotConnected`, `NotAuthorised`.
    pub fn only_clearing(&self, sender: Address) -> Result<(), VaultError> {
        self.connected()?;
        if sender == self.clearing { Ok(()) } else { Err(VaultError::NotAuthorised) }
    }

    /// Checks that `sender` is governance.
    ///
    /// # Errors
    /// `NotAuthorised`.
    pub fn only_governance(&self, sender: Address) -> Result<(), VaultError> {
        if sender == self.governance { Ok(()) } else { Err(VaultError::NotAuthorised) }
    }

    /// The address of the clearing house.
    ///
    /// # Errors
    /// `NotConnected`.
    pub fn connected(&self) -> Result<Address, VaultError> {
        if self.clearing == [0; 20] { Err(VaultError::NotConnected) } else { Ok(self.clearing) }
    }

    /// Connects the clearing house, once.
    ///
    /// # Errors
    /// `NotAuthorised`, `AlreadyConnected`.
    pub fn connect(&mut self, sender: Address, clearing: Address) -> Result<(), VaultError> {
        self.only_governance(sender)?;
        if self.clearing != [0; 20] {
            return Err(VaultError::AlreadyConnected);
        }
        self.clearing = clearing;
        Ok(())
    }

    /// Hands custody over to the next version of the clearing house, once all its books have moved there: by
    /// governance, with nothing left in the old books, everything that is held in the new ones, and the old house empty
    /// (`has_left`: positions without cash are in no books). No token moves.
    ///
    /// # Errors
    /// `NotAuthorised`, `NotConnected`, `BooksElsewhere`.
    pub fn hand_over(
        &mut self,
        sender: Address,
        next: Address,
        old_books: i128,
        new_books: i128,
        has_left: bool,
    ) -> Result<(), VaultError> {
        self.only_governance(sender)?;
        self.connected()?;
        if next == [0; 20] || !has_left || old_books != 0 || new_books != self.held() {
            return Err(VaultError::BooksElsewhere);
        }
        self.clearing = next;
        Ok(())
    }

    /// Counts a deposit, given what the token says the vault held before and holds now. The deposit raises what may be
    /// paid out in the hour and in the day by its amount: the limits bound what leaves beyond what comes in.
    ///
    /// # Errors
    /// `ZeroAmount`, `WrongAmountReceived`.
    pub fn receive(&mut self, now: Seconds, amount: u64, before: u128, after: u128) -> Result<(), VaultError> {
        if amount == 0 {
            return Err(VaultError::ZeroAmount);
        }
        if before.checked_add(amount.into()) != Some(after) {
            return Err(VaultError::WrongAmountReceived);
        }
        self.paid_in = self.paid_in.checked_add(amount).ok_or(VaultError::WrongAmountReceived)?;
        let limits = self.limits_at(now);
        self.hour = self.hour.after_inflow(now, HOUR, limits.hour, amount);
        self.day = self.day.after_inflow(now, DAY, limits.day, amount);
        Ok(())
    }

    /// Counts a payment.
    ///
    /// # Errors
    /// `ZeroAmount`, `MoreThanHeld`, `PayoutLimit`.
    pub fn pay(&mut self, now: Seconds, amount: u64) -> Result<(), VaultError> {
        if amount == 0 {
            return Err(VaultError::ZeroAmount);
        }
        if i128::from(amount) > self.held() {
            return Err(VaultError::MoreThanHeld);
        }
        let limits = self.limits_at(now);
        let hour = self.hour.after_outflow(now, HOUR, limits.hour, amount).ok_or(VaultError::PayoutLimit)?;
        let day = self.day.after_outflow(now, DAY, limits.day, amount).ok_or(VaultError::PayoutLimit)?;
        self.paid_out = self.paid_out.checked_add(amount).ok_or(VaultError::MoreThanHeld)?;
        (self.hour, self.day) = (hour, day);
        Ok(())
    }

    /// Lowers the limits for [`LOWERED_FOR`]. Holds at once; governance lets its guardian send it without delay, and it
    /// can do nothing else. Lowering them further begins no time again, and when they have lapsed they cannot be
    /// lowered for as long: nobody but governance, after its timelock, holds money back for good.
    ///
    /// # Errors
    /// `NotAuthorised`, `NotLower`, `LoweredLately`, `CrossedLimits`.
    pub fn lower_limits(&mut self, now: Seconds, sender: Address, limits: Limits) -> Result<(), VaultError> {
        self.only_governance(sender)?;
        let held = self.limits_at(now);
        // One that lowers nothing would only use the time up in which something can be lowered.
        if limits.hour > held.hour || limits.day > held.day || limits == held {
            return Err(VaultError::NotLower);
        }
        let until = if now < self.lowered.until {
            self.lowered.until
        } else if self.lowered != Lowered::NONE && now < self.lowered.until.later(LOWERED_FOR) {
            return Err(VaultError::LoweredLately);
        } else {
            now.later(LOWERED_FOR)
        };
        Self::crossed(limits)?;
        self.lowered = Lowered { limits, until };
        self.forget_credit();
        Ok(())
    }

    /// Sets the limits, higher ones too, and ends what was lowered; what has come in lately gives no room beyond them.
    /// Governance registers the message as one that loosens, behind its timelock.
    ///
    /// # Errors
    /// `NotAuthorised`, `CrossedLimits`.
    pub fn set_limits(&mut self, sender: Address, limits: Limits) -> Result<(), VaultError> {
        self.only_governance(sender)?;
        Self::crossed(limits)?;
        (self.limits, self.lowered) = (limits, Lowered::NONE);
        self.forget_credit();
        Ok(())
    }

    fn crossed(limits: Limits) -> Result<(), VaultError> {
        if limits.day < limits.hour { Err(VaultError::CrossedLimits) } else { Ok(()) }
    }

    fn forget_credit(&mut self) {
        (self.hour, self.day) = (self.hour.without_credit(), self.day.without_credit());
    }
}

const _: () = assert!(Custody::MAX_BYTES <= CELL_BYTES);

impl Cell for Custody {
    const MAX_BYTES: usize = 3 * 20 + 6 * 8 + 4 + 2 * Bucket::BYTES;

    fn write(&self, out: &mut Writer) {
        for address in [&self.token, &self.governance, &self.clearing] {
            out.put(address);
        }
        let Limits { hour, day } = self.lowered.limits;
        for amount in [self.paid_in, self.paid_out, self.limits.hour, self.limits.day, hour, day] {
            out.uint(amount, 8);
        }
        out.uint(self.lowered.until.0.into(), 4);
        self.hour.write(out);
        self.day.write(out);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            token: from.array(),
            governance: from.array(),
            clearing: from.array(),
            paid_in: from.uint(8),
            paid_out: from.uint(8),
            limits: Limits { hour: from.uint(8), day: from.uint(8) },
            lowered: Lowered { limits: Limits { hour: from.uint(8), day: from.uint(8) }, until: Seconds(from.u32(4)) },
            hour: Bucket::read(from),
            day: Bucket::read(from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn custody() -> Custody {
        let mut custody = Custody { token: [1; 20], governance: [2; 20], ..Custody::default() };
        custody.connect([2; 20], [3; 20]).expect("governance connects");
        custody
    }

    #[test]
    fn custody_comes_back() {
        let limits = Limits { hour: 7, day: 9 };
        let mut custody = Custody { paid_in: u64::MAX, limits, ..custody() };
        custody.pay(Seconds(5), 7).expect("within the limits");
        assert_eq!(custody.to_cell().as_bytes().len(), Custody::MAX_BYTES);
        assert_eq!(Custody::from_cell(custody.to_cell().as_bytes()), custody);
    }

    #[test]
    fn only_what_arrived_counts() {
        let mut custody = custody();
        assert_eq!(custody.receive(Seconds(1), 100, 0, 99), Err(VaultError::WrongAmountReceived));
        assert_eq!(custody.receive(Seconds(1), 0, 0, 0), Err(VaultError::ZeroAmount));
        assert_eq!(custody.receive(Seconds(1), 100, 50, 150), Ok(()));
        assert_eq!(custody.held(), 100, "what lay there before is nobody's deposit");
    }

    #[test]
    fn no_more_is_paid_than_is_held() {
        let mut custody = custody();
        custody.receive(Seconds(1), 100, 0, 100).expect("a deposit");
        assert_eq!(custody.pay(Seconds(1), 101), Err(VaultError::MoreThanHeld));
        assert_eq!(custody.pay(Seconds(1), 0), Err(VaultError::ZeroAmount));
        assert_eq!(custody.pay(Seconds(1), 100), Ok(()));
        assert_eq!(custody.held(), 0);
    }

    #[test]
    fn a_compromised_clearing_house_empties_the_vault_no_faster_than_its_limits() {
        let mut custody = custody();
        custody.receive(Seconds(0), 1_000_000, 0, 1_000_000).expect("a deposit");
        custody.set_limits([2; 20], Limits { hour: 1_000, day: 4_000 }).expect("set");
        let paid: u64 = (2 * DAY..3 * DAY)
            .step_by(60)
            .map(|second| {
                [1_000_u64, 100, 10]
                    .into_iter()
                    .filter(|amount| custody.pay(Seconds(second), *amount).is_ok())
                    .sum::<u64>()
            })
            .sum();
        assert!(paid <= 2 * 4_000, "{paid}");
        assert_eq!(custody.pay(Seconds(3 * DAY), 1_001), Err(VaultError::PayoutLimit));
    }

    /// What a deposit costs in safety: a house that is compromised in the same hour can pay it out at once, and with it
    /// the limit. An hour later the limit alone.
    #[test]
    fn what_has_just_come_in_is_not_held_by_the_limits_of_the_hour() {
        for (waits, most) in [(0, 6_000), (HOUR / 2, 3_500), (HOUR, 1_000)] {
            let mut custody = custody();
            custody.receive(Seconds(0), 1_000_000, 0, 1_000_000).expect("a deposit");
            custody.set_limits([2; 20], Limits { hour: 1_000, day: 40_000 }).expect("set");
            let now = Seconds(2 * DAY);
            custody.receive(now, 5_000, 1, 5_001).expect("a deposit");
            let mut guarded = custody;
            guarded.lower_limits(now, [2; 20], Limits { hour: 999, day: 999 }).expect("lower");
            assert_eq!(guarded.pay(now, 1_000), Err(VaultError::PayoutLimit), "a lowered limit holds at once");
            let then = now.later(waits);
            assert_eq!(custody.pay(then, most + 1), Err(VaultError::PayoutLimit), "{waits}");
            assert_eq!(custody.pay(then, most), Ok(()), "{waits}");
        }
    }

    #[test]
    fn what_is_paid_in_may_be_paid_out_again_and_the_limit_beside_it() {
        let mut custody = custody();
        custody.receive(Seconds(0), 1_000_000, 0, 1_000_000).expect("a deposit");
        custody.set_limits([2; 20], Limits { hour: 1_000, day: 4_000 }).expect("set");
        let later = Seconds(2 * DAY);
        for _ in 0..50 {
            custody.receive(later, 5_000, 1, 5_001).expect("a deposit");
            custody.pay(later, 5_000).expect("nothing has gone in the end");
        }
        assert_eq!(custody.pay(later, 1_001), Err(VaultError::PayoutLimit));
        custody.pay(later, 1_000).expect("the limit");
        assert_eq!(custody.held(), 999_000);
    }

    #[test]
    fn limits_are_lowered_at_once_and_raised_only_by_the_message_that_loosens() {
        let mut custody = custody();
        let limits = |hour, day| Limits { hour, day };
        let now = Seconds(DAY);
        let lower = |custody: &mut Custody, hour, day| custody.lower_limits(now, [2; 20], limits(hour, day));
        let refused = custody.lower_limits(now, [3; 20], limits(10, 20));
        assert_eq!(refused, Err(VaultError::NotAuthorised), "not by the clearing house");
        assert_eq!(lower(&mut custody, 10, 20), Ok(()));
        assert_eq!(lower(&mut custody, 11, 20), Err(VaultError::NotLower));
        assert_eq!(lower(&mut custody, 10, 21), Err(VaultError::NotLower));
        assert_eq!(lower(&mut custody, 10, 9), Err(VaultError::CrossedLimits));
        assert_eq!(lower(&mut custody, 0, 0), Ok(()), "nothing leaves any more");
        assert_eq!(custody.limits_at(now), limits(0, 0));
        assert_eq!(custody.set_limits([3; 20], limits(10, 20)), Err(VaultError::NotAuthorised));
        assert_eq!(custody.set_limits([2; 20], limits(10, 20)), Ok(()));
        assert_eq!(custody.limits_at(now), limits(10, 20), "governance ends what was lowered");
    }

    /// A guardian that has turned, when nobody governs: nothing leaves for two weeks, and then everything may for two.
    #[test]
    fn what_was_lowered_lapses_and_cannot_be_lowered_again_at_once() {
        let mut custody = custody();
        custody.set_limits([2; 20], Limits { hour: 1_000, day: 4_000 }).expect("set");
        custody.receive(Seconds(0), 1_000_000, 0, 1_000_000).expect("a deposit");
        let nothing = Limits { hour: 0, day: 0 };
        let first = Seconds(30 * DAY);
        custody.lower_limits(first, [2; 20], Limits { hour: 10, day: 10 }).expect("lower");
        let mut free = 0;
        // Every hour for a year it lowers as far as it may.
        for hour in 1..365 * 24 {
            let now = first.later(hour * HOUR);
            let lowered = custody.lower_limits(now, [2; 20], nothing);
            let lately = lowered == Err(VaultError::LoweredLately);
            assert!(lately || matches!(lowered, Ok(()) | Err(VaultError::NotLower)), "{lowered:?}");
            assert_eq!(lately, custody.pay(now, 1).is_ok());
            free += u32::from(lately);
        }
        let weeks = 365 * 24 / (24 * 7);
        assert!((24 * 7 * (weeks / 2 - 2)..24 * 7 * (weeks / 2 + 1)).contains(&free), "half of the time: {free} hours");
    }

    #[test]
    fn custody_is_handed_over_when_all_books_have_moved() {
        let mut custody = custody();
        custody.receive(Seconds(1), 100, 0, 100).expect("a deposit");
        assert_eq!(custody.hand_over([3; 20], [4; 20], 0, 100, true), Err(VaultError::NotAuthorised));
        assert_eq!(custody.hand_over([2; 20], [4; 20], 1, 99, true), Err(VaultError::BooksElsewhere));
        assert_eq!(custody.hand_over([2; 20], [4; 20], 0, 99, true), Err(VaultError::BooksElsewhere));
        assert_eq!(custody.hand_over([2; 20], [0; 20], 0, 100, true), Err(VaultError::BooksElsewhere));
        let left_behind = custody.hand_over([2; 20], [4; 20], 0, 100, false);
        assert_eq!(left_behind, Err(VaultError::BooksElsewhere), "positions without cash");
        assert_eq!(custody.hand_over([2; 20], [4; 20], 0, 100, true), Ok(()));
        assert_eq!(custody.only_clearing([3; 20]), Err(VaultError::NotAuthorised));
        assert_eq!(custody.only_clearing([4; 20]), Ok(()));
    }

    #[test]
    fn the_clearing_house_is_connected_once_and_by_governance() {
        let mut custody = Custody { governance: [2; 20], ..Custody::default() };
        assert_eq!(custody.only_clearing([0; 20]), Err(VaultError::NotConnected));
        assert_eq!(custody.connect([9; 20], [3; 20]), Err(VaultError::NotAuthorised));
        assert_eq!(custody.connect([2; 20], [3; 20]), Ok(()));
        assert_eq!(custody.connect([2; 20], [4; 20]), Err(VaultError::AlreadyConnected));
        assert_eq!(custody.only_clearing([3; 20]), Ok(()));
        assert_eq!(custody.only_clearing([4; 20]), Err(VaultError::NotAuthorised));
    }
}
