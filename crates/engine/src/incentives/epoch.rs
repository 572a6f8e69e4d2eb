//! Reward epochs, and the account of one: how far its closing is, and what it shared out.

use crate::calendar::REWARD_EPOCH_SECONDS;
use crate::codec::{CELL_BYTES, Cell, Reader, Writer};
use crate::units::Seconds;

/// The reward epoch of a time.
pub fn epoch_of(time: Seconds) -> u32 {
    time.0.div_euclid(REWARD_EPOCH_SECONDS)
}

/// The first second after an epoch.
pub fn end_of(epoch: u32) -> Seconds {
    Seconds(epoch.saturating_add(1).saturating_mul(REWARD_EPOCH_SECONDS))
}

/// How far a closing is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// Measures are being read.
    Reading,
    /// Scores are being weighed: that takes the volume of all.
    Weighing,
    /// Rewards are being allotted.
    Allotting,
    /// Done, for good.
    Closed,
}

impl Phase {
    /// The number of the phase: 1 reading, 2 weighing, 3 allotting, 4 closed. Zero is left for epochs whose closing has
    /// not begun.
    pub fn number(self) -> u8 {
        match self {
            Self::Reading => 1,
            Self::Weighing => 2,
            Self::Allotting => 3,
            Self::Closed => 4,
        }
    }

    fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Reading,
            2 => Self::Weighing,
            3 => Self::Allotting,
            _ => Self::Closed,
        }
    }
}

/// The account of an epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Epoch {
    /// How far its closing is.
    pub phase: Phase,
    /// The next slot of the roster to visit in this phase.
    pub cursor: u16,
    /// What is shared out, in quote atoms: fixed when the closing begins, and nothing where it reads late.
    pub budget: u64,
    /// Lots that all makers traded.
    pub volume: u64,
    /// Sum of the scores before uptime and volume, in weighted lot-seconds: what the budget follows.
    pub depth: u128,
    /// Sum of the adjusted scores.
    pub total: u128,
    /// Sum of the rewards allotted, in quote atoms.
    pub rewarded: u64,
    /// When it was closed.
    pub closed_at: Seconds,
    /// Lots that the others of a maker traded, as the floor counts them ([`Volumes::others`](super::Volumes::others)).
    pub others: u64,
}

impl Epoch {
    /// An epoch whose closing begins.
    pub(super) const BEGUN: Self = Self {
        phase: Phase::Reading,
        cursor: 0,
        budget: 0,
        volume: 0,
        depth: 0,
        total: 0,
        rewarded: 0,
        closed_at: Seconds(0),
        others: 0,
    };
}

impl Cell for Epoch {
    const MAX_BYTES: usize = 1 + 2 + 8 + 8 + 16 + 16 + 8 + 4 + 8;

    fn write(&self, out: &mut Writer) {
        out.uint(u64::from(self.phase.number()), 1);
        out.uint(u64::from(self.cursor), 2);
        out.uint(self.budget, 8);
        out.uint(self.volume, 8);
        out.put(&self.depth.to_be_bytes());
        out.put(&self.total.to_be_bytes());
        out.uint(self.rewarded, 8);
        out.uint(u64::from(self.closed_at.0), 4);
        out.uint(self.others, 8);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            phase: Phase::from_number(from.u8()),
            cursor: from.u16(),
            budget: from.uint(8),
            volume: from.uint(8),
            depth: u128::from_be_bytes(from.array()),
            total: u128::from_be_bytes(from.array()),
            rewarded: from.uint(8),
            closed_at: Seconds(from.u32(4)),
            others: from.uint(8),
        }
    }
}

const _: () = assert!(Epoch::MAX_BYTES <= CELL_BYTES);
