//! A liquidator: takes over positions of accounts in liquidation when the discount is worth it, and unwinds them in the
//! book.

use sit_engine::clearing::{Instrument, Store};
use sit_engine::units::{Lots, NetLots, QuoteAtoms, Seat, Side};
use sit_native::Message;

use crate::venue::Address;
use crate::{Agent, Desk};

/// A liquidator.
#[derive(Clone, Debug)]
pub struct Liquidator {
    name: String,
    /// Collateral, quote atoms.
    capital: u64,
    /// The discount on the model's price that it wants, in basis points.
    edge_bps: f64,
    /// Seconds after the settlement from which it bids.
    latency: u32,
    seat: Option<(Address, Seat)>,
}

impl Liquidator {
    /// A liquidator with `capital` quote atoms who bids from `latency` seconds after the settlement on, at a discount
    /// of at least `edge_bps` basis points.
    #[must_use]
    pub fn new(name: &str, capital: u64, edge_bps: f64, latency: u32) -> Self {
        Self { name: name.into(), capital, edge_bps, latency, seat: None }
    }

    /// Bids for all positions of an account in liquidation.
    fn bid_for(&self, desk: &mut Desk<'_>, seat: Seat) {
        let positions: Vec<(Instrument, NetLots)> =
            desk.account(seat).positions().iter().map(|position| (position.instrument, position.net)).collect();
        for (instrument, net) in positions {
            let slot = desk.venue.months.iter().position(|(listed, _)| *listed == instrument);
            let Some((slot, month)) = slot.and_then(|slot| Some((slot, desk.trading(slot)?))) else { continue };
            let built = if net.0 > 0 { Side::Buy } else { Side::Sell };
            let auction = desk.venue.exchange.clearing.auction(seat);
            let insolvent = desk.venue.equity(seat) <= QuoteAtoms::ZERO;
            let Ok(price) = auction.price(desk.now(), month.mark, built, insolvent) else { return };
            let (price, fair) = (f64::from(price.0), desk.fair(slot));
            let edge = if net.0 > 0 { fair - price } else { price - fair };
            if net.0 == 0 || edge < fair * self.edge_bps / 10_000.0 {
                continue;
            }
            self.take_over(desk, seat, instrument, net.0.unsigned_abs());
        }
    }

    /// Takes over what restores the account, at most so many lots, or fewer when the liquidator's margin allows no
    /// more.
    fn take_over(&self, desk: &mut Desk<'_>, from: Seat, instrument: Instrument, lots: u32) {
        let Some((owner, seat)) = self.seat else { return };
        let mut lots = lots;
        while lots > 0 {
            let bid = Message::Bid { liquidator: seat, seat: from, instrument, lots: Lots(lots) };
            match desk.send(owner, bid) {
                Ok(_) => return,
                Err(refusal) if ["BelowInitialMargin", "PositionLimit"].contains(&refusal.name()) => lots /= 2,
                Err(_) => return,
            }
        }
    }

    /// Sells what it has taken over, at the model's price or a little beyond.
    fn unwind(&self, desk: &mut Desk<'_>) {
        let Some((owner, seat)) = self.seat else { return };
        for slot in 0..desk.venue.months.len() {
            let Some(month) = desk.trading(slot) else { continue };
            let NetLots(net) = desk.net(seat, month.instrument);
            let (side, patience) = if net > 0 { (Side::Sell, 0.995) } else { (Side::Buy, 1.005) };
            let price = desk.fair(slot) * patience;
            desk.take(owner, seat, &month, side, price, net.unsigned_abs());
        }
    }
}

impl Agent for Liquidator {
    fn kind(&self) -> &'static str {
        "liquidator"
    }

    fn join(&mut self, desk: &mut Desk<'_>) {
        self.seat = super::open(desk, &self.name, self.capital);
    }

    fn act(&mut self, desk: &mut Desk<'_>) {
        if self.seat.is_none() || !desk.in_session() {
            return;
        }
        let ready = match desk.moment {
            crate::Moment::After(seconds) => seconds >= self.latency,
            crate::Moment::Noon => false,
            _ => true,
        };
        if ready {
            for seat in desk.venue.all_seats() {
                if desk.venue.exchange.clearing.auction(seat) != Default::default() {
                    self.bid_for(desk, seat);
                }
            }
        }
        if desk.moment.is_trading() {
            self.unwind(desk);
        }
    }

    fn wallets(&self) -> Vec<Address> {
        self.seat.map(|(owner, _)| owner).into_iter().collect()
    }
}
