//! Incentives: designation of market makers, what they owe, and what they earn.
//!
//! A maker owes two-sided quotes of a size and within a spread (paper section 5.4). Clearing measures them exactly, at
//! every change of a quote ([`crate::clearing::Score`]): the time integral of the smaller side's depth weighted by
//! closeness, the seconds in which the obligations were met, the lots traded. Here the measure becomes a reward, once a
//! week:
//!
//! ```text
//! counted(m)  = sum over months of score * min(uptime / due, 1)^power        0 for a month below the uptime floor
//! adjusted(m) = counted, weighed by volume ([`adjusted()`])                  0 below the volume floor
//! reward(m)   = min(budget * adjusted(m) / sum of adjusted, budget * cap)
//! ```
//!
//! in quote atoms, rounded down; what rounding and the cap leave stays in the pool, so the sum of rewards never exceeds
//! the budget. Half of a reward is due at once, the other half in thirds with each of the three weeks that follow; a
//! maker who loses the designation loses what is not yet due. The budget itself follows the depth that was shown
//! ([`Budget::adapted`]).
//!
//! The money lies in clearing. This part keeps accounts of it: `owed` is what makers have earned and not yet claimed,
//! and a week's budget never exceeds the pool less what is owed.

mod accept;
mod apply;
mod authority;
mod claim;
mod close_epoch;
mod connect;
mod dismiss;
mod epoch;
mod error;
mod exit;
mod follow;
pub mod keys;
mod maker;
mod programme;
mod resume;
mod roster;
mod set_budget;
mod set_parameters;
mod standing;
mod suspend;
mod volumes;
mod weigh;

use crate::chain::{Address, Env};
use crate::clearing::{Measure, Served, UptimeRules, Weeks};
use crate::units::Seconds;

pub use accept::accept;
pub use apply::apply;
pub use authority::MessageKind;
pub use claim::claim;
pub use close_epoch::{MAX_VISITS, Step, close_epoch};
pub use connect::{connect, found};
pub use dismiss::dismiss;
pub use epoch::{Epoch, Phase, end_of, epoch_of};
pub use error::IncentivesError;
pub use exit::exit;
pub use follow::follow;
pub use maker::{CURE_SECONDS, Grant, Maker, Status, VESTING_EPOCHS, WARNING_SECONDS};
pub use programme::{Budget, MAX_BUDGET, Parameters, Programme};
pub use resume::resume;
pub use roster::{MAX_MAKERS, PAGE_SEATS, Page};
pub use set_budget::set_budget;
pub use set_parameters::set_parameters;
pub use standing::{Standing, standing};
pub use suspend::suspend;
pub use volumes::Volumes;
pub use weigh::{COUNTED_MAX, FLOOR_FROM, WASH_COST, adjusted};

/// The cells of incentives.
pub trait Store {
    /// The programme. `None` before [`found`].
    fn programme(&self) -> Option<Programme>;
    /// Writes the programme.
    fn set_programme(&mut self, programme: &Programme);
    /// A maker by seat.
    fn maker(&self, seat: u32) -> Option<Maker>;
    /// Writes a maker.
    fn set_maker(&mut self, seat: u32, maker: &Maker);
    /// A page of the roster; empty if it was never written.
    fn page(&self, number: u16) -> Page;
    /// Writes a page of the roster.
    fn set_page(&mut self, number: u16, page: &Page);
    /// The account of an epoch; `None` before its closing begins.
    fn epoch(&self, number: u32) -> Option<Epoch>;
    /// Writes the account of an epoch.
    fn set_epoch(&mut self, number: u32, epoch: &Epoch);
    /// The volumes that the closing of an epoch has read so far; none if they were never written.
    fn volumes(&self) -> Volumes;
    /// Writes them.
    fn set_volumes(&mut self, volumes: &Volumes);
    /// Emits an event.
    fn emit(&mut self, event: Event);

    /// The programme, connected to clearing.
    fn connected(&self) -> Result<Programme, IncentivesError> {
        self.programme().filter(Programme::is_connected).ok_or(IncentivesError::NotConnected)
    }
}

/// A seat at clearing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Holder {
    /// Address that may act for the seat. A seat keeps its owner for good.
    pub owner: Address,
    /// Its collateral, in quote atoms.
    pub collateral: u64,
}

/// The queries of incentives to clearing. Each is a view of the contract, and each call costs the code of clearing
/// however much it asks for; the messages that change clearing are sent by the shell after the engine has written
/// everything.
pub trait Clearing {
    /// Owner and collateral of a seat.
    fn holder(&self, seat: u32) -> Result<Holder, IncentivesError>;
    /// The clearing house in force by the registry, if it is connected to this contract.
    fn house_in_force(&self) -> Result<Option<Address>, IncentivesError>;
    /// The pool, and what makers did in an epoch: none to at most [`MAX_VISITS`] at once.
    fn weeks(&self, epoch: u32, rules: UptimeRules, makers: &[Served]) -> Result<Weeks, IncentivesError>;
}

/// What happened, for everyone to follow and to recompute every reward from. Amounts in quote atoms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// The contract is connected to clearing.
    Connected {
        /// The clearing contract.
        clearing: Address,
    },
    /// The parameters of the programme changed.
    ParametersChanged {
        /// The new parameters.
        parameters: Parameters,
    },
    /// The budget changed.
    BudgetChanged {
        /// Budget of an epoch.
        amount: u64,
        /// The first epoch that has it.
        from_epoch: u32,
    },
    /// A seat's owner asks for designation.
    Applied {
        /// The seat.
        seat: u32,
    },
    /// Governance designated a maker.
    Designated {
        /// The seat.
        seat: u32,
    },
    /// A maker lacks capital: suspended by whoever asks for it at this time, if it is still missing.
    CapitalShort {
        /// The seat.
        seat: u32,
        /// The end of the hour.
        cure_until: Seconds,
    },
    /// A maker has lacked capital for an hour: not paid until they resume.
    Suspended {
        /// The seat.
        seat: u32,
    },
    /// A suspended maker has the required capital again.
    Resumed {
        /// The seat.
        seat: u32,
    },
    /// A maker gave notice.
    Leaving {
        /// The seat.
        seat: u32,
        /// Until when the maker's obligations hold.
        leaves_at: Seconds,
    },
    /// A designation or an application ended.
    Ended {
        /// The seat.
        seat: u32,
        /// What was not yet due and went back to the pool.
        forfeited: u64,
    },
    /// The closing of an epoch began.
    ClosingBegan {
        /// The epoch.
        epoch: u32,
        /// What is shared out, if all makers are read before the next week is over, too.
        budget: u64,
    },
    /// A maker's week was read.
    Scored {
        /// The epoch.
        epoch: u32,
        /// The seat.
        seat: u32,
        /// What clearing measured.
        measure: Measure,
    },
    /// A maker's share of the week.
    Rewarded {
        /// The epoch.
        epoch: u32,
        /// The seat.
        seat: u32,
        /// What counts, see [`adjusted()`].
        adjusted: u64,
        /// Half of it due now, half later.
        amount: u64,
    },
    /// An epoch is closed.
    Closed {
        /// The epoch.
        epoch: u32,
        /// Lots that all makers traded.
        volume: u64,
        /// Sum of the adjusted scores.
        total: u128,
        /// Sum of the rewards.
        rewarded: u64,
    },
    /// A maker claimed what is due.
    Claimed {
        /// The seat.
        seat: u32,
        /// Paid to its cash.
        amount: u64,
    },
}
