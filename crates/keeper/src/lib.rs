//! Who keeps the exchange running: a [`keeper`] that sends what anybody may send, a [`reporter`] of prices, and a
//! reference market [`maker`].
//!
//! All three work over any [`Client`](sit_client::Client), read the chain at its head before they do anything, note on
//! disk what they are about to do ([`Journal`]), and show on a port of this machine how they are ([`metrics`]). None of
//! them holds a rule of the exchange: what is due is what the engine would do on the cells of the chain.

pub mod authority;
pub mod budget;
pub mod due;
pub mod journal;
pub mod keeper;
pub mod log;
pub mod maker;
pub mod metrics;
mod node;
pub mod post;
pub mod purse;
pub mod reporter;
pub mod snapshot;

pub use journal::{Journal, JournalError};
pub use post::Post;
pub use purse::Purse;
pub use snapshot::Snapshot;
