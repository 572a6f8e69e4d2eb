//! The rules of the clearing house for accounts, orders and prices. A rule works on cells, and on the store where it
//! has to; it sends no message and does not ask who sent one.

pub mod auction;
pub mod fees;
pub mod guard;
pub mod limits;
pub mod margin;
pub mod mark;
pub mod migrate;
pub mod opening;

pub(super) mod allocation;
pub(super) mod backtest;
pub(super) mod book;
pub(super) mod cash;
pub(super) mod collateral;
pub(super) mod deficit;
pub(super) mod final_price;
pub(super) mod fund;
pub(super) mod listing;
pub(super) mod matching;
pub(super) mod order;
pub(super) mod quoting;
pub(super) mod seats;

pub use book::{MAX_DROPS, MAX_EMPTY_PAGES, MAX_SEARCH_PAGES, Search};
pub use collateral::KEEP_DIVISOR;
pub use listing::Listing;
pub use matching::{MAX_FILLS, SelfTrade};
pub use order::{Place, Placed, Policy};
pub use seats::{MAX_SEATS, parse_seats};
