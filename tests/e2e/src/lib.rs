//! Stories of the exchange by ink!'s own end-to-end framework, written once and told on two chains.
//!
//! A story knows nothing but [`Venue`]: the audited blobs, deployed, wired and opened by `sit-client`, whose chain is
//! [`Framework`]. That one sends everything through the framework's traits, so that whatever implements them tells the
//! same story:
//!
//! * [`Hub`], the embedded chain of `sit-devnet`, as a `runtime_only` backend: `tests/embedded.rs`
//! * a node which the framework starts and speaks to with subxt: `tests/node.rs`
//!
//! Only time is no business of the framework: each chain has its [`Clock`].

mod clock;
mod embedded;
mod framework;
pub mod stories;
mod venue;

pub use clock::{Clock, NodeClock};
pub use embedded::{Hub, HubClient, Refused};
pub use framework::{Broken, Framework, Person, told};
pub use venue::Venue;
