//! The development chain, asked as clients ask it.

mod complaints;
mod extremes;
mod hashes;
mod history;
mod malformed;
mod money;
mod pitfalls;
mod powers;
mod semantics;
mod support;
mod wallets;
