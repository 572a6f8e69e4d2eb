//! The exchange's index: it follows a chain into tables, holds them against the chain's own cells, and answers for them
//! over HTTP and WebSocket.
//!
//! * [`source`], [`node`]: blocks, and how they are checked
//! * [`follow`], [`store`], [`mod@derive`], [`schema`]: from blocks to tables, and back again
//! * [`check`], [`again`]: tables against cells; the books; receipts that are asked for a second time
//! * [`deposits`]: what of a transaction's cost is a deposit
//! * [`query`], [`statement`]: answers from the tables
//! * [`service`], [`serve`], [`stream`]: over HTTP and WebSocket, with the page
//! * [`program`], [`export`]: the command; tables as files

pub mod again;
pub mod check;
pub mod deposits;
pub mod derive;
pub mod export;
pub mod follow;
pub mod node;
pub mod program;
pub mod query;
pub mod schema;
pub mod serve;
pub mod service;
pub mod source;
pub mod statement;
pub mod store;
pub mod stream;
pub mod taxes;
