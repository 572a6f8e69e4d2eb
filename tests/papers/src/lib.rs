//! Reads the repository as its documents speak of it: which files there are ([`Repository`]), what a page says
//! ([`Page`]), which tests a source has ([`tests_of`]), what its modules take from one another ([`Modules`]) and what
//! commands its programs know ([`Commands`]).
//!
//! The tests in `tests/papers` hold the documents against that. Nothing here builds or needs anything else of the
//! workspace.
#![forbid(unsafe_code)]

mod commands;
mod modules;
mod page;
mod repository;
mod source;

pub use commands::Commands;
pub use modules::{Modules, circles};
pub use page::{Page, Span, anchor_of};
pub use repository::{Repository, braces};
pub use source::{Test, functions_of, tests_of};
