//! The exchange's stories: deployed contracts on the embedded chain, driven from outside as users drive them.
//!
//! * [`exchange`]: the contracts, deployed and wired
//! * [`lifecycle`]: from a price history to a settled futures contract
//! * [`sweep`]: many of these stories, and what became of each
//! * [`record`]: what a story leaves behind
//! * [`replay`]: the native exchange and the deployed contracts side by side
//! * [`weights`]: what each message costs
//! * [`report`]: the report as one HTML page, and the summary for the terminal

mod calendar;
pub mod exchange;
pub mod lifecycle;
pub mod month_sizes;
pub mod record;
pub mod replay;
pub mod report;
pub mod sweep;
pub mod weights;
