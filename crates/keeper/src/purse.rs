//! How much DOT a wallet has, against the least that stays in it for what cannot wait.
//!
//! ```text
//! twice the least    below it log and health ask for more, and everything goes on
//! the least          below it what can wait is held; what that is, each program says itself
//! ```
//!
//! What is held once goes on from twice the least on. Deposits come back with what is cancelled: a maker that quoted
//! again as soon as it has the least would be below it by the deposits of its quotes, cancel, and so on for its fees.

use serde_json::json;

use crate::Post;
use crate::log::Log;
use crate::metrics::Metrics;

/// What is said of a wallet that has less than the least, or had and has not twice as much again.
pub const SCARCE: &str = "the wallet has less than the least DOT, or had and has not twice as much again, and what it \
                          has is kept for what cannot wait: bring in some";

/// What is said of one that has less than twice as much.
const LOW: &str = "the wallet has less than twice the least DOT: bring in some";

/// How much there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Has {
    /// Enough, or it is not known.
    #[default]
    Enough,
    /// Less than twice the least.
    Little,
    /// Less than the least, or not twice as much again since.
    Less,
}

/// The DOT of a program's wallet, as it was last seen.
#[derive(Clone, Copy, Debug)]
pub struct Purse {
    /// Planck that stay in the wallet for what cannot wait; zero for none.
    least: u128,
    has: Has,
    /// The block at which it was looked at last.
    seen: Option<u64>,
}

impl Purse {
    /// A purse that nobody has looked into yet: it counts as full.
    #[must_use]
    pub const fn new(least: u128) -> Self {
        Self { least, has: Has::Enough, seen: None }
    }

    /// Looks what the wallet has, once a block while it has enough, and says it when that is too little or enough
    /// again. A node that does not answer this keeps nothing from being done: it is asked again at the next look.
    pub fn look<T: Post>(
        &mut self,
        block: u64,
        transport: &mut T,
        signer: &T::Signer,
        metrics: &Metrics,
        log: &mut Log,
    ) {
        if self.seen == Some(block) && self.has == Has::Enough {
            return;
        }
        let Ok(Some(planck)) = transport.planck_of(signer) else { return };
        self.seen = Some(block);
        metrics.set("planck", "wallet", i64::try_from(planck).unwrap_or(i64::MAX));
        metrics.set("planck", "least", i64::try_from(self.least).unwrap_or(i64::MAX));
        let (has, why) = if planck >= self.least.saturating_mul(2) {
            (Has::Enough, None)
        } else if planck < self.least || self.has == Has::Less {
            (Has::Less, Some(SCARCE))
        } else {
            (Has::Little, Some(LOW))
        };
        metrics.warn(why);
        if has != self.has {
            let event = if has == Has::Enough { "dot-enough" } else { "dot-low" };
            log.say(event, json!({ "planck": planck.to_string(), "least": self.least.to_string(), "why": why }));
            self.has = has;
        }
    }

    /// Why what can wait is held, a sentence, if it is.
    #[must_use]
    pub fn holds(&self) -> Option<&'static str> {
        (self.has == Has::Less).then_some(SCARCE)
    }
}
