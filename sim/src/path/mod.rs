//! Exact random paths of the price process.
//!
//! Paths are drawn in blocks of [`BLOCK`]: [`Paths`] moves a block by the exact law of the factors, whatever the step,
//! and what is wanted of it is taken between steps ([`fold_blocks`], [`Estimate`]). The random numbers of a block
//! belong to its [`Key`], so a result does not depend on how many threads share the work, and the arithmetic has the
//! same bits on every instruction set ([`Isa`]). [`simulate_one`] draws a single path of days with its futures curve,
//! on request with a jump at a known time; [`stream`] gives single random numbers for whatever is not a path.

mod aligned;
mod arrivals;
mod counts;
mod daily;
mod estimate;
#[cfg(test)]
mod further;
mod isa;
mod kernel;
mod lanes;
mod offspring;
mod paths;
mod stream;
#[cfg(test)]
mod tests;

pub use daily::{DailyPath, Day, PathError, PathRequest, ScheduledJump, simulate_one};
pub use estimate::{Estimate, fold_blocks};
pub use isa::Isa;
pub use paths::{Paths, Step, Target};
pub use stream::{BLOCK, Key, Stream, stream};
