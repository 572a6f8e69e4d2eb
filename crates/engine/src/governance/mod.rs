//! Governance: who may change what, after which delay, and who can see and veto it before.
//!
//! Every change of the exchange is an *action*: one call of one contract, fixed to the byte by its payload hash.
//!
//! ```text
//! governor proposes -> council approves (n of m) = queued -> delay of its class -> anyone executes
//!                           governor cancels, guardian vetoes, until it is executed
//! ```
//!
//! * Each role has one privilege. The governor proposes and withdraws; a member of the council approves; the guardian
//!   vetoes and executes what only tightens; anybody executes a queued action after its delay. No role can do alone
//!   what loosens a rule.
//! * The class of an action comes from a table (target, selector) -> [`Class`]; what the table does not know is
//!   critical and waits longest. Each action waits from its own last approval, so no batch can compress a delay.
//! * An approval is bound to the payload hash, to the epoch of the council and to the window of the action: it cannot
//!   be stockpiled, replayed or moved to another payload.
//! * A margin set enters only through [`propose_margin_set()`], with a certificate and within the speed limit of
//!   [`margin`]; a plain action with that selector is refused.
//! * Until the deployer seals the contract, at most [`GENESIS_SECONDS`] after its foundation, delays are zero so that
//!   the contracts can be wired. What was queued before the seal and not executed by then is void.
//!
//! Actions that change governance itself are calls of the contract to itself, and always critical.

mod action;
mod approve;
mod authority;
mod cancel;
mod charter;
mod council;
mod error;
mod execute;
mod found;
pub mod keys;
pub mod margin;
mod nominate;
mod propose;
mod propose_margin_set;
mod register;
mod seal;
mod selectors;
mod set_classes;
mod set_council;
mod set_delays;
mod set_margin_rules;
mod tighten;
mod version;
mod veto;

use crate::chain::{Address, Env, Hash};
use crate::units::Seconds;

pub use action::{Action, Class, MAX_CALLDATA_BYTES, MAX_LIFETIME_SECONDS, State, Window, payload_preimage};
pub use approve::approve;
pub use authority::MessageKind;
pub use cancel::cancel;
pub use charter::{Charter, Delays, GENESIS_SECONDS, Role};
pub use council::{Council, MAX_MEMBERS};
pub use error::GovernanceError;
pub use execute::execute;
pub use found::found;
pub use margin::{AcceptedMargin, MarginRules, MarginSet, PendingMargin};
pub use nominate::{NOMINATION_SECONDS, accept_role, nominate};
pub use propose::{class_of, propose};
pub use propose_margin_set::propose_margin_set;
pub use register::register;
pub use seal::seal;
pub use selectors::{NOMINATE_GUARDIAN, NOMINATE_GUARDIAN_SIGNATURE, SET_RISK, SET_RISK_SIGNATURE};
pub use set_classes::{MAX_SELECTORS, set_classes};
pub use set_council::set_council;
pub use set_delays::set_delays;
pub use set_margin_rules::set_margin_rules;
pub use tighten::tighten;
pub use version::{CLEARING, Version};
pub use veto::veto;

/// The first four bytes of the keccak-256 of a message's Solidity signature.
pub type Selector = [u8; 4];

/// Lets a message through that only an executed action may send: one whose sender is the governance contract itself.
fn only_itself<S: Store>(store: &S, env: &Env) -> Result<(), GovernanceError> {
    if env.caller == store.this() { Ok(()) } else { Err(GovernanceError::NotAuthorised) }
}

/// The cells of governance and the hash of the chain.
pub trait Store {
    /// Roles, delays, genesis. `None` before [`found()`].
    fn charter(&self) -> Option<Charter>;
    /// Writes the charter.
    fn set_charter(&mut self, charter: &Charter);
    /// The council. `None` before [`found()`].
    fn council(&self) -> Option<Council>;
    /// Writes the council.
    fn set_council(&mut self, council: &Council);
    /// An action by its number.
    fn action(&self, id: u32) -> Option<Action>;
    /// Writes an action.
    fn set_action(&mut self, id: u32, action: &Action);
    /// The class of a message, if one was registered.
    fn class(&self, target: Address, selector: Selector) -> Option<Class>;
    /// Registers the class of a message.
    fn set_class(&mut self, target: Address, selector: Selector, class: Class);
    /// The margin set last accepted for a product.
    fn accepted_margin(&self, product: u8) -> Option<AcceptedMargin>;
    /// Writes the margin set last accepted.
    fn set_accepted_margin(&mut self, product: u8, margin: &AcceptedMargin);
    /// The margin set that an action carries, if it carries one.
    fn pending_margin(&self, id: u32) -> Option<PendingMargin>;
    /// Writes the margin set of an action.
    fn set_pending_margin(&mut self, id: u32, margin: &PendingMargin);
    /// The version in force under a name.
    fn version(&self, name: Hash) -> Option<Version>;
    /// Writes the version in force.
    fn set_version(&mut self, name: Hash, version: &Version);
    /// keccak-256, by the host.
    fn keccak(&self, bytes: &[u8]) -> Hash;
    /// The governance contract itself: only it may send the messages that change governance.
    fn this(&self) -> Address;
    /// Emits an event.
    fn emit(&mut self, event: Event<'_>);

    /// The charter, or the error of a contract that was never founded.
    fn founded(&self) -> Result<Charter, GovernanceError> {
        self.charter().ok_or(GovernanceError::NotFounded)
    }
}

/// What happened, for everyone to follow. Numbers of actions count from zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event<'a> {
    /// An action was proposed. Only this event holds the calldata, and executing needs it again.
    Proposed {
        /// Number of the action.
        id: u32,
        /// The contract to call.
        target: Address,
        /// Calldata of the call.
        calldata: &'a [u8],
        /// Hash that approvals are bound to.
        payload_hash: Hash,
        /// Class of the action, which sets its delay.
        class: Class,
        /// When it may be executed.
        window: Window,
    },
    /// A proposed action carries this margin set.
    MarginSetProposed {
        /// Number of the action.
        id: u32,
        /// The product it is for.
        product: u8,
        /// Hash of the certificate's canonical bytes.
        certificate_hash: Hash,
        /// Those bytes, from which anyone can recompute the set ([`crate::certificate::Certificate`]).
        certificate: &'a [u8],
    },
    /// A member of the council approved an action.
    Approved {
        /// Number of the action.
        id: u32,
        /// Address of the member.
        member: Address,
    },
    /// The last approval needed has come; the delay runs.
    Queued {
        /// Number of the action.
        id: u32,
        /// From when anyone may execute it.
        ready_at: Seconds,
    },
    /// An action was executed.
    Executed {
        /// Number of the action.
        id: u32,
    },
    /// A margin set came into force.
    MarginSetAccepted {
        /// The product it is for.
        product: u8,
        /// Counts the sets of this product, from one.
        sequence: u32,
        /// Hash of the certificate's canonical bytes.
        certificate_hash: Hash,
    },
    /// The guardian executed a call that only tightens.
    Tightened {
        /// The contract called.
        target: Address,
        /// Calldata of the call.
        calldata: &'a [u8],
    },
    /// The governor withdrew an action.
    Cancelled {
        /// Number of the action.
        id: u32,
    },
    /// The guardian vetoed an action.
    Vetoed {
        /// Number of the action.
        id: u32,
    },
    /// A successor was named for a role. They have the role once they accept it.
    Nominated {
        /// The role.
        role: Role,
        /// Address of the successor.
        nominee: Address,
    },
    /// A role changed hands.
    RoleAccepted {
        /// The role.
        role: Role,
        /// Address of the new holder.
        holder: Address,
    },
    /// The council was replaced; approvals of the one before are void.
    CouncilChanged {
        /// Number of the new council.
        epoch: u32,
        /// Approvals that an action needs.
        threshold: u8,
    },
    /// The delays were changed.
    DelaysChanged {
        /// The new delays.
        delays: Delays,
    },
    /// The class of a message was registered.
    ClassChanged {
        /// The contract of the message.
        target: Address,
        /// The message.
        selector: Selector,
        /// Its class.
        class: Class,
    },
    /// The rules of margin sets were changed.
    MarginRulesChanged {
        /// The new rules.
        rules: MarginRules,
    },
    /// A name points to a new version.
    Registered {
        /// The name.
        name: Hash,
        /// Where it points now.
        target: Address,
        /// Counts the versions of this name, from one.
        version: u32,
    },
    /// Genesis is over: from now on every action waits.
    Sealed {
        /// Address that ended it.
        deployer: Address,
    },
}
