//! Hyperliquid, ETH, March 2025: a winner takes their profit and margin out until the position stands at the edge of
//! liquidation, and lets the venue inherit it.
//!
//! Here: the largest position that the margin carries, on a side drawn by lot; every evening all free collateral
//! leaves.

use sit_engine::units::{Seat, Side};

use super::{affordable_lots, open, withdraw_free};
use crate::venue::Address;
use crate::{Agent, Desk, Moment};

/// Withdraws to the edge.
#[derive(Clone, Debug)]
pub struct WithdrawToTheEdge {
    slot: usize,
    capital: u64,
    side: Side,
    account: Option<(Address, Seat)>,
}

impl WithdrawToTheEdge {
    /// An attacker with `capital` quote atoms.
    #[must_use]
    pub fn new(slot: usize, capital: u64) -> Self {
        Self { slot, capital, side: Side::Buy, account: None }
    }
}

impl Agent for WithdrawToTheEdge {
    fn kind(&self) -> &'static str {
        "withdrawal to the edge"
    }

    fn join(&mut self, desk: &mut Desk<'_>) {
        self.side = if desk.uniform() < 0.5 { Side::Buy } else { Side::Sell };
        self.account = open(desk, "edge", self.capital);
    }

    fn act(&mut self, desk: &mut Desk<'_>) {
        let Some((owner, seat)) = self.account else { return };
        let Some(month) = desk.trading(self.slot) else { return };
        match desk.moment {
            Moment::Morning if desk.in_session() && desk.day <= 3 => {
                let lots = affordable_lots(desk, seat, self.slot, self.side);
                let patience = if self.side == Side::Buy { 1.02 } else { 0.98 };
                let price = desk.fair(self.slot) * patience;
                desk.take(owner, seat, &month, self.side, price, lots);
            }
            Moment::Evening => {
                withdraw_free(desk, owner, seat);
            }
            _ => {}
        }
    }

    fn wallets(&self) -> Vec<Address> {
        self.account.map(|(owner, _)| owner).into_iter().collect()
    }
}
