//! How good a price is, and what may be done on it.
//!
//! ```text
//! ratio of a new price to the last print   <= confirm_above: valid   <= reject_above: needs confirmation   else invalid
//! ```
//!
//! The underlying jumps: vendors cut list prices by 60 % in a day. So a large move is not refused and not clamped, it
//! only has to be seen twice. A worse price allows fewer actions, and never takes away a way out.

use super::{Rules, index::exceeds};

/// How good a price is. Ordered: better is greater.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Validity {
    /// There is no price, it is stale, or the quorum reports a move that cannot be.
    Invalid,
    /// The last print stands, but a large move, or new rules, wait for confirmation.
    NeedsConfirmation,
    /// The last print is fresh and nothing contradicts it.
    Valid,
}

impl Validity {
    /// The class of a number; an unknown number is invalid.
    pub fn from_number(number: u8) -> Self {
        match number {
            2 => Self::Valid,
            1 => Self::NeedsConfirmation,
            _ => Self::Invalid,
        }
    }

    /// Its number in messages and events: 0 invalid, 1 needs confirmation, 2 valid.
    pub fn number(self) -> u8 {
        match self {
            Self::Invalid => 0,
            Self::NeedsConfirmation => 1,
            Self::Valid => 2,
        }
    }
}

/// An action that depends on the validity of a price.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Deposit collateral.
    AddCollateral,
    /// Make a position smaller.
    ReduceRisk,
    /// Collect what a settled contract owes.
    Claim,
    /// Withdraw from an account without positions: no price enters.
    WithdrawFlat,
    /// Start or continue a liquidation.
    Liquidate,
    /// Settle the day: move variation margin to a new mark.
    Settle,
    /// Withdraw from an account with positions.
    Withdraw,
    /// Open or enlarge a position.
    IncreaseRisk,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 8] = [
        Self::AddCollateral,
        Self::ReduceRisk,
        Self::Claim,
        Self::WithdrawFlat,
        Self::Liquidate,
        Self::Settle,
        Self::Withdraw,
        Self::IncreaseRisk,
    ];
}

/// The table: what a price of some validity allows.
///
/// A liquidation may go on while a move waits for confirmation: an account below maintenance margin at the last valid
/// print is so whatever the move turns out to be. A withdrawal may not: it could be the flight from the move.
pub fn allows(validity: Validity, action: Action) -> bool {
    let least = match action {
        Action::AddCollateral | Action::ReduceRisk | Action::Claim | Action::WithdrawFlat => Validity::Invalid,
        Action::Liquidate => Validity::NeedsConfirmation,
        Action::Settle | Action::Withdraw | Action::IncreaseRisk => Validity::Valid,
    };
    validity >= least
}

/// The class of a new price, given the last print; without one it always needs confirmation.
pub(super) fn classify(rules: &Rules, last: Option<u32>, price: u32) -> Validity {
    match last {
        None => Validity::NeedsConfirmation,
        Some(last) if exceeds(last.into(), price.into(), rules.reject_above) => Validity::Invalid,
        Some(last) if exceeds(last.into(), price.into(), rules.confirm_above) => Validity::NeedsConfirmation,
        Some(_) => Validity::Valid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CLASSES: [Validity; 3] = [Validity::Invalid, Validity::NeedsConfirmation, Validity::Valid];

    proptest! {
        #[test]
        fn a_worse_price_never_allows_more(a in 0_usize..3, b in 0_usize..3, action in 0_usize..8) {
            let (worse, better) = (CLASSES[a.min(b)], CLASSES[a.max(b)]);
            prop_assert!(worse <= better);
            prop_assert!(allows(better, Action::ALL[action]) || !allows(worse, Action::ALL[action]));
        }

        #[test]
        fn a_larger_move_is_never_in_a_better_class(last in 1..=u32::MAX, price in 1..=u32::MAX, closer in 0_u32..=1_000) {
            let rules = Rules { confirm_above: 12_500, reject_above: 200_000, ..Rules::default() };
            // A price between the last one and the new one.
            let step = i64::from(price) + (i64::from(last) - i64::from(price)) * i64::from(closer) / 1_000;
            let nearer = u32::try_from(step).unwrap();
            prop_assert!(classify(&rules, Some(nearer), last) >= classify(&rules, Some(price), last));
            prop_assert_eq!(classify(&rules, Some(last), price), classify(&rules, Some(price), last));
        }
    }

    #[test]
    fn a_bad_price_leaves_every_way_out_open_and_opens_none_in() {
        let allowed = Action::ALL.map(|action| allows(Validity::Invalid, action));
        assert_eq!(allowed, [true, true, true, true, false, false, false, false]);
        assert!(Action::ALL.into_iter().all(|action| allows(Validity::Valid, action)));
    }
}
