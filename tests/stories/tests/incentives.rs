//! The makers' programme on the deployed contracts: designation, quotes, scores, rewards, the ways to lose them, and
//! claims.
//!
//! Governance is a plain account here, so that what it may not do is refused by name. A script that uses nothing of the
//! project recomputes every score and every payment from the orders and trades in the chain's events.

#[path = "incentives/world.rs"]
mod world;

#[path = "incentives/refusals.rs"]
mod refusals;

#[path = "incentives/script.rs"]
mod script;

#[path = "incentives/weeks.rs"]
mod weeks;
