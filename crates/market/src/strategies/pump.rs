//! Mango Markets, October 2022: two accounts of one owner trade a huge position with each other, the price is pumped,
//! and the winner takes their unrealised profit out as if it were cash; the loser's account is left bankrupt.
//!
//! Here: the long withdraws all that is free after every settlement, the short holds its margin and no more, and the
//! long lifts every ask and bids at the day's limit before each settlement.

use sit_engine::units::{Seat, Side};
use sit_native::Message;

use super::{affordable_lots, open, withdraw_free};
use crate::venue::Address;
use crate::{Agent, Desk, Moment};

/// Buys from itself, pumps, withdraws.
#[derive(Clone, Debug)]
pub struct PumpAndBorrow {
    slot: usize,
    capital: u64,
    accounts: Vec<(Address, Seat)>,
}

impl PumpAndBorrow {
    /// An attacker with `capital` quote atoms: two fifths for each leg, a fifth to pump with.
    #[must_use]
    pub fn new(slot: usize, capital: u64) -> Self {
        Self { slot, capital, accounts: Vec::new() }
    }
}

impl Agent for PumpAndBorrow {
    fn kind(&self) -> &'static str {
        "pump and borrow"
    }

    fn join(&mut self, desk: &mut Desk<'_>) {
        let fifth = self.capital / 5;
        let parts = [("pump long", 2 * fifth), ("pump short", 2 * fifth), ("pump buyer", fifth)];
        self.accounts = parts.into_iter().filter_map(|(name, amount)| open(desk, name, amount)).collect();
    }

    fn act(&mut self, desk: &mut Desk<'_>) {
        let [long, short, buyer] = self.accounts[..] else { return };
        let Some(month) = desk.trading(self.slot) else { return };
        if !desk.in_session() {
            return;
        }
        match desk.moment {
            Moment::Morning if desk.day == 1 => {
                let lots = affordable_lots(desk, short.1, self.slot, Side::Sell).min(affordable_lots(
                    desk,
                    long.1,
                    self.slot,
                    Side::Buy,
                ));
                let price = f64::from(month.settle.0);
                if lots > 0 {
                    let order = desk.order(short.1, &month, Side::Sell, price, lots);
                    let _ = desk.send(short.0, Message::Place { order });
                    desk.take(long.0, long.1, &month, Side::Buy, price, lots);
                    let _ = desk.send(short.0, Message::CancelAll { seat: short.1, instrument: month.instrument });
                }
            }
            Moment::Morning => {
                let limit = f64::from(month.settle.0) * 2.0; // moved inside the day's limits
                let lots = affordable_lots(desk, buyer.1, self.slot, Side::Buy);
                desk.take(buyer.0, buyer.1, &month, Side::Buy, limit, lots);
                let order = desk.order(buyer.1, &month, Side::Buy, limit, 1);
                let _ = desk.send(buyer.0, Message::Place { order });
            }
            Moment::Evening => {
                withdraw_free(desk, long.0, long.1);
            }
            _ => {}
        }
    }

    fn wallets(&self) -> Vec<Address> {
        self.accounts.iter().map(|(owner, _)| *owner).collect()
    }
}
