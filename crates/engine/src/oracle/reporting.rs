//! Terms of reporting: what a reporter puts at stake, what they earn, and whether batches are committed to first.

use super::{MOST_COMMITTING, OracleError, Rules, SUBMISSION_DAYS};
use crate::{
    calendar::DAY,
    codec::{Cell, Reader, Writer},
};

/// The largest amount of one payment, in quote atoms: 2^50, a thousand million USD. Sums of them stay far inside 64
/// bits.
pub const MAX_AMOUNT: u64 = 1 << 50;

/// Terms of reporting of an index. Amounts are in quote atoms, at most [`MAX_AMOUNT`]. All zero: reporters are trusted,
/// unpaid and send their batches in the open.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Reporting {
    /// End of the commitments and begin of the revelations, in seconds after the start of the day, inside the
    /// submission window and at most [`MOST_COMMITTING`] after its opening; 0: batches are sent in the open.
    pub commit_until: u32,
    /// Bond without which no batch is taken. Once posted it suffices until it falls below half.
    pub bond: u64,
    /// Goes from the bond to the pot for a batch that deviates from the published price; at most the bond.
    pub deviation_slash: u64,
    /// Goes from the bond to the pot for a published day without a batch; at most `deviation_slash`, or it would be
    /// cheaper to send anything than nothing.
    pub miss_slash: u64,
    /// Goes from the pot to each reporter whose batch agrees with the published price, as far as the pot reaches.
    pub reward: u64,
    /// What a dispute of a final price puts at stake; 0: only governance disputes.
    pub dispute_bond: u64,
    /// For how long the bond of a reporter who has left can still be slashed, in seconds. With a bond
    /// [`LEAST_UNBONDING`] to ninety days.
    pub unbonding: u32,
}

/// The least time for which the bond of a reporter who has left can be slashed: twice the three days that a critical
/// action of governance waits at least, as a slash is, and a day to find the fault, propose and approve. Batches can be
/// published for four.
pub const LEAST_UNBONDING: u32 = 7 * DAY;

const _: () = assert!(LEAST_UNBONDING >= SUBMISSION_DAYS * DAY);

impl Reporting {
    /// The bounds of every field, and the fields against each other and against the rules.
    ///
    /// # Errors
    /// [`OracleError::BadReporting`].
    pub fn check(&self, rules: &Rules) -> Result<(), OracleError> {
        let amounts = [self.bond, self.deviation_slash, self.miss_slash, self.reward, self.dispute_bond];
        let latest = rules.opens.saturating_add(MOST_COMMITTING);
        let committing = rules.opens < self.commit_until && self.commit_until < rules.closes;
        let window = self.commit_until == 0 || (committing && self.commit_until <= latest);
        let least = if self.bond > 0 { LEAST_UNBONDING } else { 0 };
        let good = window
            && amounts.iter().all(|amount| *amount <= MAX_AMOUNT)
            && self.miss_slash <= self.deviation_slash
            && self.deviation_slash <= self.bond
            && (least..=90 * DAY).contains(&self.unbonding);
        if good { Ok(()) } else { Err(OracleError::BadReporting) }
    }

    /// Whether a published day moves stakes.
    pub(super) fn moves_stakes(&self) -> bool {
        self.deviation_slash > 0 || self.reward > 0
    }

    /// Whether a bond suffices, given whether it did before.
    pub(super) fn suffices(&self, bond: u64, before: bool) -> bool {
        bond >= self.bond || (before && bond.saturating_mul(2) >= self.bond)
    }
}

impl Cell for Reporting {
    const MAX_BYTES: usize = 2 * 4 + 5 * 7;

    fn write(&self, out: &mut Writer) {
        for long in [self.commit_until, self.unbonding] {
            out.uint(long.into(), 4);
        }
        for amount in [self.bond, self.deviation_slash, self.miss_slash, self.reward, self.dispute_bond] {
            out.uint(amount, 7);
        }
    }

    fn read(from: &mut Reader<'_>) -> Self {
        let (commit_until, unbonding) = (from.u32(4), from.u32(4));
        let [bond, deviation_slash, miss_slash, reward, dispute_bond] = core::array::from_fn(|_| from.uint(7));
        Self { commit_until, bond, deviation_slash, miss_slash, reward, dispute_bond, unbonding }
    }
}

// Seven bytes hold the largest amount.
const _: () = assert!(MAX_AMOUNT >> 56 == 0);
