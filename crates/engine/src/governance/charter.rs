//! The charter: who holds the roles, how long each class waits, and whether genesis is over.

use super::{Address, Class, GovernanceError, MarginRules};
use crate::calendar::DAY;
use crate::codec::{CELL_BYTES, Cell, Reader, Writer};
use crate::rate::HOUR;
use crate::units::Seconds;

/// Longest genesis: seven days after the foundation it ends by itself, so that a forgotten seal leaves no open door.
pub const GENESIS_SECONDS: u32 = 7 * DAY;

/// Longest delay of any class: thirty days. Longer would make the exchange unable to answer its market.
const MAX_DELAY_SECONDS: u32 = 30 * DAY;

/// A role that one address holds and hands over in two steps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Proposes actions and withdraws them.
    Governor,
    /// Vetoes actions and executes what only tightens.
    Guardian,
}

/// How long an action of each class waits between its last approval and its execution, in seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Delays {
    /// What only tightens, when it does not come from the guardian.
    pub tighten: u32,
    /// What changes nobody's risk: listings, designations, budgets.
    pub routine: u32,
    /// What loosens: limits raised, margins lowered.
    pub loosen: u32,
    /// What changes who or what is trusted: roles, addresses, code, oracles, and all that the table does not know.
    pub critical: u32,
}

impl Delays {
    /// Hard lower bounds. An hour is what a watcher needs to raise an alarm; a day, two and three what a trader needs
    /// to read, reduce and leave.
    pub const MIN: Self = Self { tighten: HOUR, routine: DAY, loosen: 2 * DAY, critical: 3 * DAY };

    /// Refuses delays outside the bounds, or a milder class that waits longer than a graver one.
    pub fn validate(&self) -> Result<(), GovernanceError> {
        let low = self.tighten < Self::MIN.tighten
            || self.routine < Self::MIN.routine
            || self.loosen < Self::MIN.loosen
            || self.critical < Self::MIN.critical;
        let crossed = self.tighten > self.routine || self.routine > self.loosen || self.loosen > self.critical;
        if low || crossed || self.critical > MAX_DELAY_SECONDS { Err(GovernanceError::BadDelays) } else { Ok(()) }
    }

    /// The delay of a class, in seconds.
    pub fn of(&self, class: Class) -> u32 {
        match class {
            Class::Tighten => self.tighten,
            Class::Routine => self.routine,
            Class::Loosen => self.loosen,
            Class::Critical => self.critical,
        }
    }
}

/// Roles, delays, margin rules, genesis and the number of the next action: one cell, read by every message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Charter {
    /// Who may end genesis.
    pub deployer: Address,
    /// Whether genesis has ended.
    pub sealed: bool,
    /// When the contract was founded.
    pub founded_at: Seconds,
    /// Number of the next action.
    pub next_id: u32,
    /// Holder of [`Role::Governor`].
    pub governor: Address,
    /// Holder of [`Role::Guardian`].
    pub guardian: Address,
    /// Named as the next governor; zero if nobody is.
    pub governor_nominee: Address,
    /// Named as the next guardian; zero if nobody is.
    pub guardian_nominee: Address,
    /// Until when the governor's nominee may accept.
    pub governor_until: Seconds,
    /// Until when the guardian's nominee may accept.
    pub guardian_until: Seconds,
    /// Delay of each class.
    pub delays: Delays,
    /// Rules that a margin set must satisfy.
    pub margin_rules: MarginRules,
}

impl Charter {
    /// Whether genesis is over, by the deployer's word or by time.
    pub fn is_sealed(&self, now: Seconds) -> bool {
        self.sealed || now.since(self.founded_at) >= GENESIS_SECONDS
    }

    /// How long an action of this class waits if it is queued now, in seconds.
    pub fn delay(&self, class: Class, now: Seconds) -> u32 {
        if self.is_sealed(now) { self.delays.of(class) } else { 0 }
    }

    /// Lets only the governor through.
    pub fn only_governor(&self, caller: Address) -> Result<(), GovernanceError> {
        if caller == self.governor { Ok(()) } else { Err(GovernanceError::NotAuthorised) }
    }

    /// Lets only the guardian through.
    pub fn only_guardian(&self, caller: Address) -> Result<(), GovernanceError> {
        if caller == self.guardian { Ok(()) } else { Err(GovernanceError::NotAuthorised) }
    }
}

impl Cell for Charter {
    const MAX_BYTES: usize = 20 + 1 + 4 + 4 + 4 * 20 + 2 * 4 + 4 * 4 + MarginRules::BYTES;

    fn write(&self, out: &mut Writer) {
        out.put(&self.deployer);
        out.uint(u64::from(self.sealed), 1);
        out.uint(u64::from(self.founded_at.0), 4);
        out.uint(u64::from(self.next_id), 4);
        for holder in [self.governor, self.guardian, self.governor_nominee, self.guardian_nominee] {
            out.put(&holder);
        }
        for until in [self.governor_until, self.guardian_until] {
            out.uint(until.0.into(), 4);
        }
        for delay in [self.delays.tighten, self.delays.routine, self.delays.loosen, self.delays.critical] {
            out.uint(u64::from(delay), 4);
        }
        self.margin_rules.write(out);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            deployer: from.array(),
            sealed: from.u8() != 0,
            founded_at: Seconds(from.u32(4)),
            next_id: from.u32(4),
            governor: from.array(),
            guardian: from.array(),
            governor_nominee: from.array(),
            guardian_nominee: from.array(),
            governor_until: Seconds(from.u32(4)),
            guardian_until: Seconds(from.u32(4)),
            delays: Delays { tighten: from.u32(4), routine: from.u32(4), loosen: from.u32(4), critical: from.u32(4) },
            margin_rules: MarginRules::read(from),
        }
    }
}

const _: () = assert!(Charter::MAX_BYTES <= CELL_BYTES);
