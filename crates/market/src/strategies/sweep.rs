//! Hyperliquid, XPL, August 2025: a mark that follows the venue's own book is swept upwards within minutes, shorts are
//! liquidated at it, and the attacker sells into their buying.
//!
//! Here: a position is built the day before; in the morning before the settlement the ask side is swept to the day's
//! limit and a bid is left there, so that the mid of the book is the limit price; after the settlement everything is
//! sold.

use sit_engine::units::{Lots, Seat, Side};
use sit_native::Message;

use super::{affordable_lots, open};
use crate::venue::Address;
use crate::{Agent, Desk, Moment};

/// Sweeps the book before the settlement.
#[derive(Clone, Debug)]
pub struct SweepTheBook {
    slot: usize,
    capital: u64,
    account: Option<(Address, Seat)>,
}

impl SweepTheBook {
    /// An attacker with `capital` quote atoms.
    #[must_use]
    pub fn new(slot: usize, capital: u64) -> Self {
        Self { slot, capital, account: None }
    }
}

impl Agent for SweepTheBook {
    fn kind(&self) -> &'static str {
        "book sweep"
    }

    fn join(&mut self, desk: &mut Desk<'_>) {
        self.account = open(desk, "sweeper", self.capital);
    }

    fn act(&mut self, desk: &mut Desk<'_>) {
        let Some((owner, seat)) = self.account else { return };
        let Some(month) = desk.trading(self.slot) else { return };
        if !desk.in_session() {
            return;
        }
        let fair = desk.fair(self.slot);
        match desk.moment {
            Moment::Morning => {
                let lots = affordable_lots(desk, seat, self.slot, Side::Buy);
                desk.take(owner, seat, &month, Side::Buy, fair * 2.0, lots / 2);
                // A bid and an ask at the limit, close together: they set the mid of the book.
                let bid = desk.order(seat, &month, Side::Buy, fair * 2.0, 1);
                let _ = desk.send(owner, Message::Place { order: bid });
            }
            Moment::Afternoon | Moment::Evening => {
                let _ = desk.send(owner, Message::CancelAll { seat, instrument: month.instrument });
                let Lots(held) = desk.net(seat, month.instrument).size();
                desk.take(owner, seat, &month, Side::Sell, fair * 0.9, held);
            }
            _ => {}
        }
    }

    fn wallets(&self) -> Vec<Address> {
        self.account.map(|(owner, _)| owner).into_iter().collect()
    }
}
