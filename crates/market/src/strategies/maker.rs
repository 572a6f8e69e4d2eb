//! A market maker: quotes both sides of some months around the model's price, skewed against its inventory.

use sit_engine::clearing::opening::OPENING_SECONDS;
use sit_engine::units::{Seat, Side};

use crate::agent::ladder;
use crate::venue::Address;
use crate::{Agent, Desk, Moment};

/// The first moment after noon's settlement at which the book is open again, in seconds.
const OPENED: u32 = 300;

const _: () = assert!(OPENED >= OPENING_SECONDS);

/// A maker of honest quotes.
#[derive(Clone, Debug)]
pub struct Maker {
    name: String,
    /// Months that it quotes, from the nearest on.
    slots: Vec<usize>,
    /// Half of the spread, in basis points of the price.
    half_bps: f64,
    /// Levels on each side.
    levels: u32,
    /// Lots of a level.
    lots: u32,
    /// Collateral, quote atoms.
    capital: u64,
    seat: Option<(Address, Seat)>,
}

impl Maker {
    /// How far the quotes move for a full inventory of one side's depth, in halves of the spread.
    const SKEW: f64 = 0.5;

    /// A maker with `capital` quote atoms that shows `levels` times `lots` on each side of the months in `slots`.
    #[must_use]
    pub fn new(name: &str, slots: Vec<usize>, half_bps: f64, levels: u32, lots: u32, capital: u64) -> Self {
        Self { name: name.into(), slots, half_bps, levels, lots, capital, seat: None }
    }
}

impl Agent for Maker {
    fn kind(&self) -> &'static str {
        "maker"
    }

    fn join(&mut self, desk: &mut Desk<'_>) {
        self.seat = super::open(desk, &self.name, self.capital);
    }

    fn act(&mut self, desk: &mut Desk<'_>) {
        let Some((owner, seat)) = self.seat else { return };
        // Noon's quotes stand in the opening phase, each side on its own side of the mark; once the book is open they
        // go where they belong.
        let opened = desk.moment == Moment::After(OPENED);
        if !(desk.moment.is_trading() || opened) || !desk.in_session() {
            return;
        }
        for slot in self.slots.clone() {
            let Some(month) = desk.trading(slot) else { continue };
            let fair = desk.fair(slot);
            let half = (fair * self.half_bps / 10_000.0).max(1.0);
            let depth = f64::from(self.levels * self.lots);
            let inventory = f64::from(desk.net(seat, month.instrument).0) / depth;
            let centre = fair - half * Self::SKEW * inventory.clamp(-4.0, 4.0);
            let step = (half / 2.0).max(1.0);
            // Half the size when the margin does not carry all of it, then none.
            for lots in [self.lots, self.lots / 2, 0] {
                let count = if lots == 0 { 0 } else { self.levels };
                let bids = ladder(Side::Buy, centre - half, step, count, lots);
                let asks = ladder(Side::Sell, centre + half, step, count, lots);
                if desk.quote(owner, seat, &month, &bids, &asks).is_ok() {
                    break;
                }
            }
        }
    }

    fn wallets(&self) -> Vec<Address> {
        self.seat.map(|(owner, _)| owner).into_iter().collect()
    }
}
