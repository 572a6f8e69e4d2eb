//! A maker: their standing, the score of the epoch being closed, and what they have earned.

use super::{Address, Env, IncentivesError, epoch_of};
use crate::codec::{CELL_BYTES, Cell, Reader, Writer};
use crate::units::Seconds;

/// Epochs over which the later half of a reward becomes due.
pub const VESTING_EPOCHS: u32 = 3;

/// Grants that can be partly due at once: those of the epoch just closed and of the three before it.
const GRANTS: usize = 4;

/// Seconds between the warning that a maker's capital is missing and the suspension: whoever waits two minutes to be
/// paid what they have won, or has to bring money from elsewhere, has it by then.
pub const CURE_SECONDS: u32 = 3_600;

/// Seconds after which a warning counts no more, and the next one begins anew: two hours and a half. What winners wait
/// for in two products suspends nobody: prints on which everybody agrees are settled while nobody is looked at
/// ([`super::suspend()`]), and of two that have to be confirmed on one day, an hour apart, the first warns.
pub const WARNING_SECONDS: u32 = 9_000;

/// Where a seat stands.
///
/// ```text
/// Applied -> Designated <-> Suspended
/// Designated, Suspended -> Leaving
/// Applied, Designated, Suspended, Leaving -> Ended -> Applied
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// Asked for designation.
    Applied,
    /// Owes quotes, earns rewards.
    Designated,
    /// Lacks capital; owes quotes, earns nothing.
    Suspended,
    /// Gave notice; owes quotes and earns rewards until the notice is over.
    Leaving,
    /// Rejected, left or dismissed.
    Ended,
}

impl Status {
    /// The next status, if the table above has the step.
    pub fn to(self, next: Self) -> Result<Self, IncentivesError> {
        use Status::{Applied, Designated, Ended, Leaving, Suspended};
        match (self, next) {
            (Applied, Designated)
            | (Designated, Suspended)
            | (Suspended, Designated)
            | (Designated | Suspended, Leaving)
            | (Applied | Designated | Suspended | Leaving, Ended)
            | (Ended, Applied) => Ok(next),
            _ => Err(IncentivesError::WrongStatus),
        }
    }

    /// Whether the seat stands in the roster and clearing measures it.
    pub fn is_measured(self) -> bool {
        matches!(self, Self::Designated | Self::Suspended | Self::Leaving)
    }

    /// The number of the status: 1 applied, 2 designated, 3 suspended, 4 leaving, 5 ended. Zero is left for seats that
    /// never applied.
    pub fn number(self) -> u8 {
        match self {
            Self::Applied => 1,
            Self::Designated => 2,
            Self::Suspended => 3,
            Self::Leaving => 4,
            Self::Ended => 5,
        }
    }

    fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Applied,
            2 => Self::Designated,
            3 => Self::Suspended,
            4 => Self::Leaving,
            _ => Self::Ended,
        }
    }
}

/// The reward of one epoch, in quote atoms.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Grant {
    /// The epoch it was earned in.
    pub epoch: u32,
    /// All of it.
    pub amount: u64,
    /// What has been claimed of it.
    pub claimed: u64,
}

impl Grant {
    /// What is due in an epoch, claimed or not: the larger half from the closing on, the rest in thirds, rounded down
    /// until the last.
    pub fn due(&self, epoch: u32) -> u64 {
        let later = self.amount.div_euclid(2);
        let passed = epoch.saturating_sub(self.epoch.saturating_add(1)).min(VESTING_EPOCHS);
        // later < 2^47 (a grant is at most a budget) times 3 fits.
        let vested = later.saturating_mul(u64::from(passed)).div_euclid(u64::from(VESTING_EPOCHS));
        self.amount.saturating_sub(later).saturating_add(vested)
    }
}

/// A maker, by seat.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Maker {
    /// Owner of the seat, as clearing reported it at the application.
    pub owner: Address,
    /// Stage of the designation.
    pub status: Status,
    /// Slot of the roster while the maker is measured.
    pub slot: u16,
    /// When the maker was designated.
    pub since: Seconds,
    /// When the maker leaves, or left; zero without notice.
    pub leaves_at: Seconds,
    /// First epoch that a suspension leaves without reward.
    pub unpaid_from: u32,
    /// Last such epoch; the end of time while suspended, below `unpaid_from` if there is none.
    pub unpaid_to: u32,
    /// Full weeks in a row without reward.
    pub strikes: u8,
    /// The epoch that `score` is of.
    pub score_epoch: u32,
    /// What counts of that epoch: in its first pass what clearing counted, from the second on the adjusted score.
    pub score: u64,
    /// Lots traded in that epoch.
    pub volume: u32,
    /// Due and not claimed from grants that are no longer kept, in quote atoms.
    pub settled: u64,
    /// The latest rewards, that of an epoch at its number modulo 4.
    pub grants: [Grant; GRANTS],
    /// When they were last warned that capital is missing; zero if never in this designation, or suspended since.
    pub warned_at: Seconds,
}

impl Maker {
    /// A seat that applies for the first time.
    pub fn new(owner: Address) -> Self {
        Self {
            owner,
            status: Status::Applied,
            slot: 0,
            since: Seconds(0),
            leaves_at: Seconds(0),
            unpaid_from: 1,
            unpaid_to: 0,
            strikes: 0,
            score_epoch: 0,
            score: 0,
            volume: 0,
            settled: 0,
            grants: [Grant::default(); GRANTS],
            warned_at: Seconds::ZERO,
        }
    }

    /// Lets only the owner of the seat through.
    pub fn only_owner(&self, env: Env) -> Result<(), IncentivesError> {
        if env.caller == self.owner { Ok(()) } else { Err(IncentivesError::NotAuthorised) }
    }

    /// Whether a suspension runs: of one who is designated, or of one who has given notice meanwhile or before.
    pub fn is_suspended(&self) -> bool {
        matches!(self.status, Status::Suspended | Status::Leaving) && self.unpaid_to == u32::MAX
    }

    /// When they were warned that capital is missing, if that still counts.
    pub fn warning(&self, now: Seconds) -> Option<Seconds> {
        let counts = self.warned_at > Seconds::ZERO && now < self.warned_at.later(WARNING_SECONDS);
        counts.then_some(self.warned_at)
    }

    /// Whether a suspension leaves the epoch without reward.
    pub fn is_unpaid(&self, epoch: u32) -> bool {
        (self.unpaid_from..=self.unpaid_to).contains(&epoch)
    }

    /// Books the reward of an epoch. The grant it displaces is four epochs older and wholly due.
    pub fn grant(&mut self, epoch: u32, amount: u64) {
        let index = usize::try_from(epoch).unwrap_or(0) % GRANTS;
        if let Some(grant) = self.grants.get_mut(index) {
            self.settled = self.settled.saturating_add(grant.amount.saturating_sub(grant.claimed));
            *grant = Grant { epoch, amount, claimed: 0 };
        }
    }

    /// What can be claimed now, in quote atoms.
    pub fn due(&self, now: Seconds) -> u64 {
        let epoch = epoch_of(now);
        self.grants
            .iter()
            .fold(self.settled, |sum, grant| sum.saturating_add(grant.due(epoch).saturating_sub(grant.claimed)))
    }

    /// What is earned and not yet due, in quote atoms.
    pub fn vesting(&self, now: Seconds) -> u64 {
        let epoch = epoch_of(now);
        self.grants.iter().fold(0, |sum, grant| sum.saturating_add(grant.amount.saturating_sub(grant.due(epoch))))
    }

    /// Claims all that is due; returns its amount.
    pub fn claim(&mut self, now: Seconds) -> u64 {
        let (amount, epoch) = (self.due(now), epoch_of(now));
        self.settled = 0;
        for grant in &mut self.grants {
            grant.claimed = grant.due(epoch);
        }
        amount
    }

    /// Gives up all that is not yet due and gives its amount. What is due stays.
    pub fn forfeit(&mut self, now: Seconds) -> u64 {
        let (forfeited, due) = (self.vesting(now), self.due(now));
        self.settled = due;
        self.grants = [Grant::default(); GRANTS];
        forfeited
    }
}

impl Default for Maker {
    fn default() -> Self {
        Self::new([0; 20])
    }
}

impl Cell for Maker {
    const MAX_BYTES: usize = 20 + 1 + 2 + 4 + 4 + 4 + 4 + 1 + 4 + 8 + 4 + 8 + GRANTS * (4 + 8 + 8) + 4;

    fn write(&self, out: &mut Writer) {
        out.put(&self.owner);
        out.uint(u64::from(self.status.number()), 1);
        out.uint(u64::from(self.slot), 2);
        out.uint(u64::from(self.since.0), 4);
        out.uint(u64::from(self.leaves_at.0), 4);
        out.uint(u64::from(self.unpaid_from), 4);
        out.uint(u64::from(self.unpaid_to), 4);
        out.uint(u64::from(self.strikes), 1);
        out.uint(u64::from(self.score_epoch), 4);
        out.uint(self.score, 8);
        out.uint(u64::from(self.volume), 4);
        out.uint(self.settled, 8);
        for grant in &self.grants {
            out.uint(u64::from(grant.epoch), 4);
            out.uint(grant.amount, 8);
            out.uint(grant.claimed, 8);
        }
        out.uint(u64::from(self.warned_at.0), 4);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            owner: from.array(),
            status: Status::from_number(from.u8()),
            slot: from.u16(),
            since: Seconds(from.u32(4)),
            leaves_at: Seconds(from.u32(4)),
            unpaid_from: from.u32(4),
            unpaid_to: from.u32(4),
            strikes: from.u8(),
            score_epoch: from.u32(4),
            score: from.uint(8),
            volume: from.u32(4),
            settled: from.uint(8),
            grants: core::array::from_fn(|_| Grant { epoch: from.u32(4), amount: from.uint(8), claimed: from.uint(8) }),
            warned_at: Seconds(from.u32(4)),
        }
    }
}

const _: () = assert!(Maker::MAX_BYTES <= CELL_BYTES);
