//! A participant: an agent looks at the venue and sends messages. This is the one trait that a new strategy
//! implements.
//!
//! ```text
//! join    once, before the first day: open accounts, pay collateral in
//! act     at every moment of the market's clock: look, decide, send
//! wallets whose profit is the agent's, for the report
//! ```
//!
//! The clock of a day: 08:00 and 20:00 UTC trading; 12:00 the reporters submit, the day is published and settled; from
//! then on, for half an hour, a moment every five minutes in which keepers and liquidators work; 16:00 a print that
//! waited is confirmed. At weekends nothing trades, but the index prints.
//!
//! An agent's random numbers are its own stream, so adding an agent leaves the draws of the others as they were. A
//! message may be refused at any time; a strategy goes on without it. [`super::strategies`] has examples from the
//! simplest on.

use sit_engine::calendar::{self, Day};
use sit_engine::clearing::{Account, Instrument, Level, Month, Place, Policy, SelfTrade};
use sit_engine::units::{Lots, NetLots, Seat, Seconds, Side, Ticks};
use sit_native::{Message, Outcome, message};

use super::parameters::Dollars;
use super::venue::{Address, Venue};
use sit_sim::path::Stream;

/// A moment of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// 08:00 UTC.
    Morning,
    /// 12:00 UTC: reporters submit, the day is published and settled.
    Noon,
    /// So many seconds after noon, while liquidations run.
    After(u32),
    /// 16:00 UTC: a print that waited can be confirmed.
    Afternoon,
    /// 20:00 UTC.
    Evening,
}

impl Moment {
    /// Seconds after midnight UTC.
    #[must_use]
    pub fn seconds(self) -> u32 {
        match self {
            Self::Morning => 8 * 3_600,
            Self::Noon => 12 * 3_600,
            Self::After(seconds) => 12 * 3_600 + seconds,
            Self::Afternoon => 16 * 3_600,
            Self::Evening => 20 * 3_600,
        }
    }

    /// Whether people trade, and not only keepers and liquidators work.
    #[must_use]
    pub fn is_trading(self) -> bool {
        !matches!(self, Self::After(_))
    }
}

/// A participant of the market.
pub trait Agent: Send {
    /// What kind it is, such as "hedger": results are grouped by it.
    fn kind(&self) -> &'static str;

    /// Opens accounts and pays collateral in. Called once, after the months are listed.
    fn join(&mut self, desk: &mut Desk<'_>);

    /// Looks, decides, sends. Called at every moment, weekends included: see [`Desk::in_session`].
    fn act(&mut self, desk: &mut Desk<'_>);

    /// Addresses whose profit is this agent's. Empty for those who only serve the market.
    fn wallets(&self) -> Vec<Address>;
}

/// What an agent can see: the venue, the time, and its own random numbers.
pub struct Desk<'a> {
    /// The venue: the exchange, the public price, the months.
    pub venue: &'a mut Venue,
    /// The agent's own random stream.
    pub rng: &'a mut Stream,
    /// The moment of the day.
    pub moment: Moment,
    /// Days since the market opened.
    pub day: u32,
}

impl Desk<'_> {
    /// Time of the block.
    #[must_use]
    pub fn now(&self) -> Seconds {
        self.venue.exchange.now
    }

    /// The UTC day.
    #[must_use]
    pub fn today(&self) -> Day {
        Day::of(self.now())
    }

    /// Whether the exchange is in session.
    #[must_use]
    pub fn in_session(&self) -> bool {
        calendar::is_session(self.now())
    }

    /// The month in a slot, if it still trades.
    pub fn trading(&mut self, slot: usize) -> Option<Month> {
        let (instrument, _) = *self.venue.months.get(slot)?;
        let now = self.now();
        self.venue.month(instrument).filter(|month| now < month.expiry)
    }

    /// What the month in a slot is worth by the model, in ticks, not rounded.
    #[must_use]
    pub fn fair(&self, slot: usize) -> f64 {
        let dollars = self.venue.fair.get(slot).copied().unwrap_or(self.venue.spot);
        self.venue.sizing.exact_ticks(dollars)
    }

    /// The account of a seat.
    #[must_use]
    pub fn account(&self, seat: Seat) -> Account {
        self.venue.account(seat)
    }

    /// Lots that a seat holds in an instrument.
    #[must_use]
    pub fn net(&self, seat: Seat, instrument: Instrument) -> NetLots {
        self.account(seat).net(instrument)
    }

    /// Sends a message.
    ///
    /// # Errors
    /// The contract's refusal.
    pub fn send(&mut self, by: Address, message: Message) -> Outcome {
        self.venue.send(by, message)
    }

    /// Takes up to `lots` at `price` ticks or better, which is moved inside the day's limits. Returns the lots traded;
    /// none if it was refused.
    pub fn take(&mut self, by: Address, seat: Seat, month: &Month, side: Side, price: f64, lots: u32) -> u32 {
        if lots == 0 {
            return 0;
        }
        let order = self.order(seat, month, side, price, lots);
        let order = Place { policy: Policy::ImmediateOrCancel, ..order };
        let answer = self.send(by, Message::Place { order });
        answer.map_or(0, |placed| placed.get(1) as u32)
    }

    /// A resting order at `price` ticks, moved inside the day's limits.
    pub fn order(&mut self, seat: Seat, month: &Month, side: Side, price: f64, lots: u32) -> Place {
        let limit = self.price_limit(month.instrument);
        Place {
            seat,
            instrument: month.instrument,
            side,
            price: Venue::within_limits(month, price, limit),
            lots: Lots(lots),
            policy: Policy::Rest,
            self_trade: SelfTrade::CancelMaker,
            reduce_only: false,
            expiry: Seconds::ZERO,
            number: 0,
        }
    }

    /// Replaces all quotes of a seat in a month; levels outside the day's limits are left out.
    ///
    /// # Errors
    /// The contract's refusal.
    pub fn quote(&mut self, by: Address, seat: Seat, month: &Month, bids: &[Level], asks: &[Level]) -> Outcome {
        let limit = self.price_limit(month.instrument);
        let inside = |level: &&Level| Venue::within_limits(month, level.price.0.into(), limit) == level.price;
        let keep = |levels: &[Level]| -> Vec<Level> { levels.iter().filter(inside).copied().collect() };
        let levels = message::levels(&keep(bids), &keep(asks));
        self.send(by, Message::Quote { seat, instrument: month.instrument, levels, expiry: Seconds::ZERO })
    }

    /// Pays collateral in.
    ///
    /// # Errors
    /// The contract's refusal.
    pub fn pay_in(&mut self, owner: Address, seat: Seat, amount: u64) -> Outcome {
        self.venue.pay_in(owner, seat, amount)
    }

    /// Initial margin of so many lots of a month on one side at the mark, in quote atoms: the worst of its scenarios
    /// with the buffer, and what open interest and the size add to it. The floor, which lies below any month's own
    /// margin, is left out.
    pub fn margin_for(&mut self, slot: usize, side: Side, lots: u32) -> u64 {
        use sit_engine::clearing::Store;
        let Some(month) = self.trading(slot) else { return 0 };
        let house = &mut self.venue.exchange.clearing;
        let (curve, risk) = (house.curve(month.instrument.product()), house.risk(month.instrument.product()));
        let (Some(curve), Some(risk)) = (curve, risk) else { return 0 };
        let shocks = curve.slot(month.instrument).map(|row| risk.shocks(row)).unwrap_or_default();
        let worst = shocks.iter().map(|shock| i64::from(*shock) * if side == Side::Buy { -1 } else { 1 }).max();
        let value = self.venue.sizing.lot_value(month.mark.max(month.slow));
        let loss = u64::try_from(worst.unwrap_or(0)).unwrap_or(0) * value / 10_000;
        let lots_wide = u128::from(lots);
        let charged = lots_wide * u128::from(loss) * (10_000 + u128::from(risk.buffer_bps(curve.round))) / 10_000;
        let beyond = lots_wide * u128::from(value.saturating_sub(loss));
        let (part, whole) = risk.add_ons.size_scale(Lots(lots));
        let own = beyond * u128::from(part) / u128::from(whole.max(1));
        let shared = beyond * u128::from(month.open_interest_scale) / 255;
        u64::try_from(charged + own.max(shared)).unwrap_or(u64::MAX)
    }

    /// A random number from 0 to 1, one excluded.
    pub fn uniform(&mut self) -> f64 {
        uniform(self.rng)
    }

    fn price_limit(&mut self, instrument: Instrument) -> u16 {
        use sit_engine::clearing::Store;
        self.venue.exchange.clearing.market(instrument).map_or(0, |market| market.terms.price_limit_bps)
    }
}

/// A random number from 0 to 1, one excluded, on the grid of 2^-53.
pub(crate) fn uniform(rng: &mut Stream) -> f64 {
    use rand::Rng;
    (rng.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
}

/// Levels of one side: `count` of them from `first` ticks on, `step` apart, away from the other side.
#[must_use]
pub fn ladder(side: Side, first: f64, step: f64, count: u32, lots: u32) -> Vec<Level> {
    let price = |level: u32| {
        let away = step * f64::from(level);
        match side {
            Side::Buy => (first - away).floor(),
            Side::Sell => (first + away).ceil(),
        }
    };
    let prices = (0..count).map(price).filter(|price| *price >= 1.0);
    prices.map(|price| Level { price: Ticks(price as u32), lots: Lots(lots) }).collect()
}
