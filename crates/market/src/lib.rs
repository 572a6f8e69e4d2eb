//! The market on the engine itself: agents trade on the native exchange along paths of the model.
//!
//! ```text
//! path of the price -> agents' orders -> engine -> prints, settlements, margin calls, liquidations -> fund, haircuts
//! ```
//!
//! Everything goes through the same messages as on chain ([`sit_native::Message`]), and the books are audited after
//! each. What an [`Agent`] does is a file in [`strategies`]; who takes part is a [`Cast`]; one path is [`run_path`];
//! [`simulate`] runs thousands of them for each [`ParameterSet`] and adds up. A path has its own random streams, so the
//! result does not depend on the number of threads.

mod agent;
pub mod bytes;
mod cast;
pub mod incentives;
mod parameters;
mod paths;
mod report;
mod run;
pub mod scenario;
pub mod sequence;
pub mod strategies;
mod venue;

pub use agent::{Agent, Desk, Moment, ladder};
pub use cast::{Attack, Cast};
pub use parameters::{Dollars, ParameterSet, Safeguards, Sizing};
pub use paths::simulate_paths;
pub use report::{
    AttackReport, Distribution, KindReport, MarketError, MarketReport, MarketRequest, SetReport, simulate,
};
pub use run::{PathOutcome, PathPlan, run_path};
pub use venue::{Address, REPORTERS, Sent, TPI, Tally, VOLUMES, Venue, What, address_of};
