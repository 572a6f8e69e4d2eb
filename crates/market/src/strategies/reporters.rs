//! The reporters of the index, and the publication of each day.

use std::ops::Range;

use crate::venue::{Address, REPORTERS};
use crate::{Agent, Desk, Moment};

/// A fault of one reporter: for some days they report the price times a factor.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Number of the reporter.
    pub reporter: usize,
    /// Days of the market on which the report is wrong.
    pub days: Range<u32>,
    /// What the reporter multiplies the price with: 1,000 for an error of units, 0.001 for the other one.
    pub factor: f64,
}

/// All reporters. Honest ones report what everybody sees.
#[derive(Clone, Debug, Default)]
pub struct Reporters {
    /// Days of the market on which nobody reports.
    pub silent: Range<u32>,
    /// What is wrong with one of them.
    pub fault: Option<Fault>,
}

impl Agent for Reporters {
    fn kind(&self) -> &'static str {
        "reporters"
    }

    fn join(&mut self, desk: &mut Desk<'_>) {
        for number in 0..REPORTERS {
            desk.venue.reporter(number);
        }
    }

    fn act(&mut self, desk: &mut Desk<'_>) {
        let today = desk.today();
        let silent = self.silent.contains(&desk.day);
        match desk.moment {
            Moment::Noon if !silent => {
                for number in 0..REPORTERS {
                    let fault = self.fault.as_ref().filter(|fault| fault.reporter == number);
                    let wrong = fault.filter(|fault| fault.days.contains(&desk.day));
                    let seen = desk.venue.spot * wrong.map_or(1.0, |fault| fault.factor);
                    let _ = desk.venue.report(number, today, seen);
                }
                let _ = desk.venue.publish(today);
            }
            // A print that waited: by now the confirmation delay is over.
            Moment::Afternoon if !silent => {
                let printed = sit_engine::oracle::latest(&desk.venue.exchange.oracle, 0);
                if printed.is_ok_and(|print| print.day < today) {
                    let _ = desk.venue.publish(today);
                }
            }
            _ => {}
        }
    }

    fn wallets(&self) -> Vec<Address> {
        Vec::new()
    }
}
