//! The clearing house: accounts, order book, margin, settlement, liquidation.
//!
//! It has three layers, and none calls a higher one: `cells` is what is stored and knows neither store nor rule;
//! `rules` is what accounts, orders and prices must satisfy, and knows cells and [`Store`]; `messages` is what can be
//! sent, a file for each message, which checks, applies the rules, stores the cells and emits events through
//! [`Store::emit`]. A message that returns an error may have stored part of its changes: the store must then forget
//! them, as a reverted contract call does and as a native store does by its journal.
//!
//! | cell | read by | holds |
//! |---|---|---|
//! | [`Account`] | every message of its owner | cash, positions, totals of open orders |
//! | [`Market`] | order, settlement and liquidation messages | terms, open interest, variation pool, fees, page bitmap |
//! | [`Page`] | order messages | the orders on eight ticks |
//! | [`Curve`] | all but deposits | marks and status of all months of a product |
//! | [`RiskArray`] | margin checks | stress scenarios of all months of a product |
//! | [`Sheet`] | orders of designated makers | the [`Score`]s of some months: exact time integrals of quoted depth |
//! | [`Backtest`] | daily settlements | exceedances of the margin set |
//! | [`Ledger`], [`Auction`] | cold | fund and totals; a running liquidation |
//! | [`Volume`] | cold: `refresh_tier` | what an account traded on each of thirty days |
//! | [`Triggers`] | trigger messages | the stop and take-profit orders of an account |
//! | [`Delegate`] | orders that the owner does not send in person | what an address may trade for an account |
//! | seat of an owner | cold: `open_account` and moves to another version | which seat a sub-account has |
//! | mirror, an [`Account`] | cold: moves to another version | what stands for the other house in a product |
//! | [`Peers`] | messages that one contract alone may send, or that ask one | the other contracts |
//!
//! Who may send which message, and which of the two contracts answers it, is the table of [`MessageKind`]; what a
//! message takes, gives and refuses is documented with its function. The contracts beside the clearing house stand
//! behind the traits of [`peers`], the keys of the cells in [`keys`].

mod authority;
mod cells;
mod error;
mod event;
pub mod keys;
mod messages;
pub mod peers;
mod rules;
mod store;

pub use authority::MessageKind;
pub use cells::*;
pub use error::{ClearingError, Result};
pub use event::{Event, RemovalReason};
pub use messages::*;
pub use peers::{Handover, Index, Peers, Purse, Registry};
pub use rules::*;
pub use store::{Store, live};
