//! A search for profit on the native exchange, as an attacker would search.
#![allow(missing_docs)]
mod act;
mod cast;
mod course;
mod dice;
pub mod faults;
mod find;
mod gene;
mod honest;
mod path;
mod search;
mod story;
mod world;

pub use cast::{Cast, NAMES};
pub use course::{COUNT, Objective};
pub use find::{Find, Label, Written, mean_of, measure, story_of};
pub use gene::{Gene, Genome, Month, Move, Number, Price, Role, Size, Way, When, Whom};
pub use path::Class;
pub use search::{Progress, Report, Request, search};
pub use world::{Phase, Scene, Sent};
