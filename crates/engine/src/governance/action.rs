//! An action: one call of one contract, bound to its bytes, waiting for its time.

use super::{Address, GovernanceError, Hash, Selector};
use crate::calendar::DAY;
use crate::codec::{CELL_BYTES, Cell, Reader, Writer};
use crate::units::Seconds;

/// Longest calldata of an action, in bytes. The largest message of the exchange, a margin set, needs 580.
pub const MAX_CALLDATA_BYTES: usize = 4_096;

/// Longest life of an action between its proposal and the end of its window: ninety days, three times the longest
/// delay.
pub const MAX_LIFETIME_SECONDS: u32 = 90 * DAY;

/// What kind of change a message makes, and so how long it waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// Changes nobody's risk: a listing by rule, a designation, a budget within the pool.
    Routine,
    /// Can only make the exchange safer. The guardian may send it at once; the contract called must see to it that its
    /// message really can do nothing else.
    Tighten,
    /// Makes a rule milder: raises a limit, lowers a margin.
    Loosen,
    /// Changes who or what is trusted. Every message that is not registered is of this class.
    Critical,
}

impl Class {
    /// The graver of two: what waits longer.
    #[must_use]
    pub fn graver(self, other: Self) -> Self {
        let rank = |class| match class {
            Self::Tighten => 0_u8,
            Self::Routine => 1,
            Self::Loosen => 2,
            Self::Critical => 3,
        };
        if rank(self) < rank(other) { other } else { self }
    }

    /// The class of a number: 0 routine, 1 tighten, 2 loosen, 3 critical.
    pub fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Routine),
            1 => Some(Self::Tighten),
            2 => Some(Self::Loosen),
            3 => Some(Self::Critical),
            _ => None,
        }
    }

    /// The number of the class.
    pub fn number(self) -> u8 {
        match self {
            Self::Routine => 0,
            Self::Tighten => 1,
            Self::Loosen => 2,
            Self::Critical => 3,
        }
    }
}

/// Where an action stands.
///
/// ```text
/// Proposed -> Queued -> Executed
/// Proposed -> Cancelled <- Queued        (the governor's cancel and the guardian's veto alike)
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Waits for approvals.
    Proposed,
    /// Waits for its time.
    Queued,
    /// Done.
    Executed,
    /// Will never be done.
    Cancelled,
}

impl State {
    /// The next state, if the table above has the step.
    pub fn to(self, next: Self) -> Result<Self, GovernanceError> {
        match (self, next) {
            (Self::Proposed, Self::Queued | Self::Cancelled) | (Self::Queued, Self::Executed | Self::Cancelled) => {
                Ok(next)
            }
            _ => Err(GovernanceError::WrongState),
        }
    }

    /// The number of the state: 0 proposed, 1 queued, 2 executed, 3 cancelled.
    pub fn number(self) -> u8 {
        match self {
            Self::Proposed => 0,
            Self::Queued => 1,
            Self::Executed => 2,
            Self::Cancelled => 3,
        }
    }

    fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Proposed,
            1 => Self::Queued,
            2 => Self::Executed,
            _ => Self::Cancelled,
        }
    }
}

/// When an action may be executed, its two ends included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// Not executed before this, even if the delay is over.
    pub not_before: Seconds,
    /// Not executed after this, and not approved either.
    pub not_after: Seconds,
}

impl Window {
    /// Refuses a window that is over, that no action of this delay could meet, or that lasts too long.
    pub fn validate(&self, now: Seconds, delay: u32) -> Result<(), GovernanceError> {
        let meets = self.not_after >= self.not_before && self.not_after >= now.later(delay);
        if meets && self.not_after.since(now) <= MAX_LIFETIME_SECONDS {
            Ok(())
        } else {
            Err(GovernanceError::BadWindow)
        }
    }
}

/// An action. Its calldata are not stored: they stand in the event of its proposal, and the payload hash holds everyone
/// to them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Action {
    /// Where it stands.
    pub state: State,
    /// Which delay it waits.
    pub class: Class,
    /// Whether it was queued in genesis, without delay.
    pub genesis: bool,
    /// The contract to call.
    pub target: Address,
    /// The message to send.
    pub selector: Selector,
    /// keccak-256 of [`payload_preimage`].
    pub payload_hash: Hash,
    /// When it may be executed.
    pub window: Window,
    /// From when it may be executed; zero until it is queued.
    pub ready_at: Seconds,
    /// The council whose approvals `approvals` are.
    pub council_epoch: u32,
    /// One bit for each member who approved.
    pub approvals: u16,
}

impl Cell for Action {
    const MAX_BYTES: usize = 1 + 1 + 1 + 20 + 4 + 32 + 4 + 4 + 4 + 4 + 2;

    fn write(&self, out: &mut Writer) {
        out.uint(u64::from(self.state.number()), 1);
        out.uint(u64::from(self.class.number()), 1);
        out.uint(u64::from(self.genesis), 1);
        out.put(&self.target);
        out.put(&self.selector);
        out.put(&self.payload_hash);
        out.uint(u64::from(self.window.not_before.0), 4);
        out.uint(u64::from(self.window.not_after.0), 4);
        out.uint(u64::from(self.ready_at.0), 4);
        out.uint(u64::from(self.council_epoch), 4);
        out.uint(u64::from(self.approvals), 2);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            state: State::from_number(from.u8()),
            // An unknown number reads as the class that waits longest.
            class: Class::from_number(from.u8()).unwrap_or(Class::Critical),
            genesis: from.u8() != 0,
            target: from.array(),
            selector: from.array(),
            payload_hash: from.array(),
            window: Window { not_before: Seconds(from.u32(4)), not_after: Seconds(from.u32(4)) },
            ready_at: Seconds(from.u32(4)),
            council_epoch: from.u32(4),
            approvals: from.u16(),
        }
    }
}

const _: () = assert!(Action::MAX_BYTES <= CELL_BYTES);

impl Cell for Class {
    const MAX_BYTES: usize = 1;

    fn write(&self, out: &mut Writer) {
        out.uint(u64::from(self.number()), 1);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Self::from_number(from.u8()).unwrap_or(Self::Critical)
    }
}

/// The bytes whose keccak-256 is the payload hash: the governance contract, the number of the action, its target and
/// window, and the keccak-256 of its calldata. Fixed widths, big endian.
pub fn payload_preimage(this: Address, id: u32, target: Address, window: Window, calldata_hash: Hash) -> [u8; 84] {
    let mut bytes = [0; 84];
    let parts: [&[u8]; 6] = [
        &this,
        &id.to_be_bytes(),
        &target,
        &window.not_before.0.to_be_bytes(),
        &window.not_after.0.to_be_bytes(),
        &calldata_hash,
    ];
    for (out, byte) in bytes.iter_mut().zip(parts.into_iter().flatten()) {
        *out = *byte;
    }
    bytes
}
