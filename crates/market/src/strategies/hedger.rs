//! A company that needs tokens, or a provider that sells them: builds a position over some days, then holds it.

use sit_engine::units::{Lots, QuoteAtoms, Seat, Side};

use crate::venue::Address;
use crate::{Agent, Desk, Moment};

/// How far beyond the model's price it trades, in basis points: it needs the hedge more than the last tick.
const PATIENCE_BPS: f64 = 100.0;

/// A hedger of a volume of its own.
#[derive(Clone, Debug)]
pub struct Hedger {
    name: String,
    side: Side,
    slot: usize,
    lots: u32,
    days: u32,
    /// Collateral at the start as a multiple of the initial margin of the whole hedge.
    cushion: f64,
    /// Collateral that it can still pay in when margin is called, quote atoms.
    reserve: u64,
    seat: Option<(Address, Seat)>,
}

impl Hedger {
    /// Buys (or sells) `lots` of the month in `slot` over `days` days, with `cushion` times the margin at the start and
    /// once more that amount in reserve.
    #[must_use]
    pub fn new(name: &str, side: Side, slot: usize, lots: u32, days: u32, cushion: f64) -> Self {
        Self { name: name.into(), side, slot, lots, days: days.max(1), cushion, reserve: 0, seat: None }
    }

    /// Pays in what initial margin lacks and a tenth more, as far as the reserve reaches.
    fn answer_call(&mut self, desk: &mut Desk<'_>, owner: Address, seat: Seat) {
        let Some(health) = desk.venue.health(seat) else { return };
        let short = health.shortfall().max(QuoteAtoms::ZERO).0;
        let wanted = u64::try_from(short + short / 10).unwrap_or(u64::MAX).min(self.reserve);
        if short > 0 && wanted > 0 && desk.pay_in(owner, seat, wanted).is_ok() {
            self.reserve -= wanted;
        }
    }
}

impl Agent for Hedger {
    fn kind(&self) -> &'static str {
        match self.side {
            Side::Buy => "hedger",
            Side::Sell => "provider",
        }
    }

    fn join(&mut self, desk: &mut Desk<'_>) {
        let margin = desk.margin_for(self.slot, self.side, self.lots);
        let amount = (margin as f64 * self.cushion) as u64;
        self.reserve = amount;
        self.seat = super::open(desk, &self.name, amount.max(1));
    }

    fn act(&mut self, desk: &mut Desk<'_>) {
        let Some((owner, seat)) = self.seat else { return };
        if desk.moment.is_trading() {
            self.answer_call(desk, owner, seat);
        }
        let Some(month) = desk.trading(self.slot) else { return };
        if desk.moment != Moment::Morning || !desk.in_session() {
            return;
        }
        let Lots(held) = desk.net(seat, month.instrument).size();
        let due = (u64::from(self.lots) * u64::from(desk.day.min(self.days)) / u64::from(self.days)) as u32;
        let sign = if self.side == Side::Buy { 1.0 } else { -1.0 };
        let price = desk.fair(self.slot) * (1.0 + sign * PATIENCE_BPS / 10_000.0);
        desk.take(owner, seat, &month, self.side, price, due.saturating_sub(held));
    }

    fn wallets(&self) -> Vec<Address> {
        self.seat.map(|(owner, _)| owner).into_iter().collect()
    }
}
