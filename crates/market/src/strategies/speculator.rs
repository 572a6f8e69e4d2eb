//! A speculator: follows the price, or goes against it, with as much leverage as initial margin allows, and answers no
//! margin call.

use sit_engine::units::{NetLots, QuoteAtoms, Seat, Side};

use crate::venue::Address;
use crate::{Agent, Desk, Moment};

/// A speculator in one month.
#[derive(Clone, Debug)]
pub struct Speculator {
    name: String,
    slot: usize,
    /// Collateral, quote atoms.
    capital: u64,
    /// Share of its equity that it puts up as initial margin, up to one.
    leverage: f64,
    /// Chance each morning to turn with the last day's move.
    eagerness: f64,
    /// Whether they go against the last move instead of with it.
    contrarian: bool,
    last: f64,
    seat: Option<(Address, Seat)>,
}

impl Speculator {
    /// A speculator with `capital` quote atoms who commits the share `leverage` of it as initial margin, and on a
    /// morning with the chance `eagerness` turns with the last move, or against it when they are `contrarian`.
    #[must_use]
    pub fn new(name: &str, slot: usize, capital: u64, leverage: f64, eagerness: f64, contrarian: bool) -> Self {
        Self { name: name.into(), slot, capital, leverage, eagerness, contrarian, last: 0.0, seat: None }
    }
}

impl Agent for Speculator {
    fn kind(&self) -> &'static str {
        "speculator"
    }

    fn join(&mut self, desk: &mut Desk<'_>) {
        self.seat = super::open(desk, &self.name, self.capital);
        self.last = desk.fair(self.slot);
    }

    fn act(&mut self, desk: &mut Desk<'_>) {
        let Some((owner, seat)) = self.seat else { return };
        let Some(month) = desk.trading(self.slot) else { return };
        if desk.moment != Moment::Morning || !desk.in_session() {
            return;
        }
        let (fair, draw, coin) = (desk.fair(self.slot), desk.uniform(), desk.uniform());
        let up = if fair == self.last { coin < 0.5 } else { (fair > self.last) != self.contrarian };
        self.last = fair;
        if draw >= self.eagerness {
            return;
        }
        let Some(health) = desk.venue.health(seat) else { return };
        let side = if up { Side::Buy } else { Side::Sell };
        let margin = desk.margin_for(self.slot, side, 1).max(1);
        let equity = u64::try_from(health.initial_equity.max(QuoteAtoms::ZERO).0).unwrap_or(0);
        let wanted = (equity as f64 * self.leverage / margin as f64) as i64;
        let NetLots(held) = desk.net(seat, month.instrument);
        let missing = wanted - if up { i64::from(held) } else { -i64::from(held) };
        let lots = u32::try_from(missing.clamp(0, i64::from(u32::MAX))).unwrap_or(0);
        let price = fair * if up { 1.01 } else { 0.99 };
        desk.take(owner, seat, &month, side, price, lots);
    }

    fn wallets(&self) -> Vec<Address> {
        self.seat.map(|(owner, _)| owner).into_iter().collect()
    }
}
