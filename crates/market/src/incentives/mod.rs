//! Whether honest quoting pays best: the makers' programme on the engine itself, over weeks of a market with news.
//!
//! ```text
//! fair value    diffuses by SIGMA_DAY a day, and jumps in weeks with news (10 a year: 23 moves in the 852 days of the median
//!               list price of large models, 97 % of the days without any)
//! informed      takes every quote that the fair value has left behind by more than their fee, before makers can answer
//! uninformed    arrives at random, takes the best price if it is within RESERVATION of the fair value
//! makers        one plays the strategy that is judged, the others are honest; the programme pays them for the week
//! profit        cash and positions at the fair value, less fees, plus the reward, less the cost of the capital required
//! ```
//!
//! Every strategy meets the same paths: prices, news and arrivals come from streams of their own, so the difference of
//! two strategies has far less noise than either. Weeks with news and without are drawn apart and weighed by how often
//! they come.

mod chart;
mod depth;
mod experiment;
mod news;
mod strategy;
mod waiting;
mod world;

pub use chart::chart;
pub use depth::{Curve, Depth, Quoting, depth};
pub use experiment::{Experiment, Row, Table, compare};
pub use news::{News, news};
pub use strategy::Strategy;
pub use waiting::{Hedgers, Waiting, hedgers};
pub use world::Setting;
