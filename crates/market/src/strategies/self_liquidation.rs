//! Hyperliquid, JELLY, March 2025: a trader takes the margin out of a short position so that it is liquidated, and the
//! venue inherits it while they profit on the other side.
//!
//! Here: one account sells with all its margin and withdraws whatever becomes free; another owner of the same person
//! holds the opposite position, and takes the short over when its liquidation offers the largest discount.

use sit_engine::clearing::Store;
use sit_engine::units::{Lots, Seat, Side};
use sit_native::Message;

use super::{affordable_lots, open, withdraw_free};
use crate::venue::Address;
use crate::{Agent, Desk, Moment};

/// Lets one account fail and takes it over with another.
#[derive(Clone, Debug)]
pub struct LiquidateSelf {
    slot: usize,
    capital: u64,
    accounts: Vec<(Address, Seat)>,
}

impl LiquidateSelf {
    /// An attacker with `capital` quote atoms: a third in the account that is to fail.
    #[must_use]
    pub fn new(slot: usize, capital: u64) -> Self {
        Self { slot, capital, accounts: Vec::new() }
    }
}

impl Agent for LiquidateSelf {
    fn kind(&self) -> &'static str {
        "self-liquidation"
    }

    fn join(&mut self, desk: &mut Desk<'_>) {
        let third = self.capital / 3;
        let parts = [("self victim", third), ("self liquidator", 2 * third)];
        self.accounts = parts.into_iter().filter_map(|(name, amount)| open(desk, name, amount)).collect();
    }

    fn act(&mut self, desk: &mut Desk<'_>) {
        let [victim, liquidator] = self.accounts[..] else { return };
        let Some(month) = desk.trading(self.slot) else { return };
        if !desk.in_session() {
            return;
        }
        match desk.moment {
            Moment::Morning => {
                let fair = desk.fair(self.slot);
                let lots = affordable_lots(desk, victim.1, self.slot, Side::Sell);
                let sold = desk.take(victim.0, victim.1, &month, Side::Sell, fair * 0.99, lots);
                desk.take(liquidator.0, liquidator.1, &month, Side::Buy, fair * 1.01, sold);
            }
            Moment::Evening => {
                withdraw_free(desk, victim.0, victim.1);
            }
            Moment::After(seconds) if seconds > sit_engine::clearing::auction::DURATION => {
                if desk.venue.exchange.clearing.auction(victim.1) == Default::default() {
                    return;
                }
                let Lots(mut lots) = desk.net(victim.1, month.instrument).size();
                while lots > 0 {
                    let (taker, instrument) = (liquidator.1, month.instrument);
                    let bid = Message::Bid { liquidator: taker, seat: victim.1, instrument, lots: Lots(lots) };
                    if desk.send(liquidator.0, bid).is_ok() {
                        break;
                    }
                    lots /= 2;
                }
            }
            _ => {}
        }
    }

    fn wallets(&self) -> Vec<Address> {
        self.accounts.iter().map(|(owner, _)| *owner).collect()
    }
}
