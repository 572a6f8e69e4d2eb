//! # sit-hedge
//!
//! From the token bill of a company to the futures that hedge it.
//!
//! * [`usage`]: usage files of providers and gateways
//! * [`prices`]: list prices and quality of the models in them
//! * [`exposure`]: SIT by month by the index's own rules, and lots; whole numbers only
//! * `margin`: initial margin of the planned positions, by the engine on an exchange in memory
//! * [`follow`]: what a hedge has come to: what was locked, what it has paid or cost, how much of the move it covered
//! * `band`: what the bill costs with and without the hedge, and the cash that the hedge needs; statistics
//!
//! * `page`: all of it as one page of HTML, for the program `sit`
//!
//! No chain: the program `sit` and the trading page send what is planned here.

#[cfg(feature = "band")]
pub mod band;
pub mod exposure;
pub mod follow;
#[cfg(feature = "band")]
pub mod margin;
#[cfg(feature = "page")]
pub mod page;
pub mod prices;
pub mod usage;

/// Why there is no plan. Every one is a sentence with the row and what settles it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HedgeError {
    /// A file of another kind.
    #[error("{0}")]
    Format(String),
    /// One row.
    #[error("row {row}: {reason}")]
    Row {
        /// Number of the row in its file, the header of a table being row 1.
        row: usize,
        /// What is wrong with it and what settles it.
        reason: String,
    },
    /// A model without a price.
    #[error("no price is known of the model `{0}`: give it a row in --models FILE (model,input,output,quality)")]
    Unpriced(String),
    /// What the data do not tell.
    #[error("{0}")]
    Open(String),
}
