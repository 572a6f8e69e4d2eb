//! A search for profit on the native exchange, as a coalition of attackers would search.
//!
//! ```text
//! archive -> plan (Genome) -> lived on paths: honest people first, then the coalition -> values and what happened ->
//! archive
//!                                   value above its threshold -> fresh paths -> shortest plan -> labels -> story (Find)
//! ```
//!
//! The book has a chapter on it, `docs/book/src/adversary.md`: the world, what counts as a gain, how to read a find. A
//! plan ([`Genome`]) says what is done by roles, shares and conditions; what is sent are plain messages of the
//! vocabulary ([`sit_native::Message`]). [`search()`] searches, [`measure`] plays one plan on paths that no search has
//! seen, and [`record`] says what is sent then, so that it can be sent to another exchange.
//!
//! ```
//! use sit_adversary::{Class, Gene, Genome, Keeper, Move, Objective, Phase, Scene, When, mean_of, measure};
//!
//! // A coalition that withdraws its money and does nothing else gains nothing.
//! let (phase, when, act) = (Phase::Morning, When::Always, Move::WithdrawAll);
//! let leave = Gene { from: 0, days: 1, phase, again: false, when, act };
//! let plan = Genome { scene: Scene::Ordinary, class: Class::Calm, keeper: Keeper::Prompt, genes: vec![leave] };
//! assert_eq!(mean_of(&measure(&plan, &[]), Objective::Profit), 0.0);
//! ```
#![forbid(unsafe_code)]

mod act;
mod cast;
mod course;
mod dice;
pub mod faults;
mod find;
mod gene;
mod honest;
mod keeper;
mod path;
mod programme;
mod search;
mod story;
mod world;

pub use cast::{Cast, NAMES};
pub use course::{COUNT, Objective};
pub use find::{Find, Label, Record, Written, mean_of, measure, record, story_of};
pub use gene::{Gene, Genome, Month, Move, Number, Price, Role, Size, Way, When, Whom};
pub use path::Class;
pub use search::{Progress, Report, Request, search};
pub use world::{Keeper, Phase, Scene, Sent};
