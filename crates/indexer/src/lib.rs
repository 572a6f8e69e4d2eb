//! The exchange's index: it follows a chain into tables, holds them against the chain's own cells, and answers for them
//! over HTTP and WebSocket.
//!
//! * [`source`], [`node`]: blocks, and how they are checked
//! * [`follow`], [`store`], [`derive`], [`schema`]: from blocks to tables, and back again
//! * [`check`]: tables against cells; the books

pub mod check;
pub mod derive;
pub mod follow;
pub mod node;
pub mod schema;
pub mod source;
pub mod store;
