//! dYdX v3, YFI, November 2023: one trader over a hundred accounts puts every settled profit back into a larger
//! position, until open interest is many times what the market can absorb; then the price gaps and the insurance fund
//! pays.

use sit_engine::units::{Seat, Side};

use super::{affordable_lots, open};
use crate::venue::Address;
use crate::{Agent, Desk, Moment};

/// Accounts of the attacker.
const ACCOUNTS: usize = 10;

/// Pyramids profit into a long position over many accounts.
#[derive(Clone, Debug)]
pub struct GrowOnProfit {
    slot: usize,
    capital: u64,
    accounts: Vec<(Address, Seat)>,
}

impl GrowOnProfit {
    /// An attacker with `capital` quote atoms, the same in each of ten accounts.
    #[must_use]
    pub fn new(slot: usize, capital: u64) -> Self {
        Self { slot, capital, accounts: Vec::new() }
    }
}

impl Agent for GrowOnProfit {
    fn kind(&self) -> &'static str {
        "growth on profit"
    }

    fn join(&mut self, desk: &mut Desk<'_>) {
        let each = self.capital / ACCOUNTS as u64;
        self.accounts = (1..=ACCOUNTS).filter_map(|number| open(desk, &format!("grower {number}"), each)).collect();
    }

    fn act(&mut self, desk: &mut Desk<'_>) {
        if !desk.in_session() || !matches!(desk.moment, Moment::Morning | Moment::Afternoon | Moment::Evening) {
            return;
        }
        for (owner, seat) in self.accounts.clone() {
            let Some(month) = desk.trading(self.slot) else { return };
            let lots = affordable_lots(desk, seat, self.slot, Side::Buy);
            let price = desk.fair(self.slot) * 1.02;
            desk.take(owner, seat, &month, Side::Buy, price, lots);
        }
    }

    fn wallets(&self) -> Vec<Address> {
        self.accounts.iter().map(|(owner, _)| *owner).collect()
    }
}
