//! The program `sit` against the program `sit-devnet`, as a user types it.

mod book;
mod commands;
mod fields;
mod keys;
mod money;
mod refusals;
mod stopped;
mod story;
mod support;
mod terminal;
mod way;
