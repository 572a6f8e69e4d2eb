//! The clearing house on its native store: what users do, what attackers try, what must always hold.

mod allocation;
mod authority;
mod bad_input;
mod book;
mod delegates;
mod desk;
mod ghost;
mod guard;
mod halts;
mod invariants;
mod leaving;
mod liquidation;
mod margins;
mod migration;
mod money;
mod orders;
mod preview;
mod replace;
mod replays;
mod roll;
mod settlement;
mod triggers;
mod vectors;
mod watched;
mod world;
