//! What takers leave waiting in an instrument's cell counts as if it had been in the maker's score at once.

use crate::week::{self, START, Week};
use sit_engine::calendar::DAY;
use sit_engine::chain::Env;
use sit_engine::clearing::{self, MAX_CUTS, Policy, Sheet, Store as _};
use sit_engine::incentives::{self, Parameters, end_of};
use sit_engine::units::{Lots, Seat, Seconds, Side, Ticks};
use sit_native::Native;

/// The maker, and the account that trades with them.
const MAKER: Seat = Seat(0);
const TAKER: Seat = Seat(1);

struct World {
    week: Week,
    /// What stands on the asks, in lots, and what has counted so far: the integral by hand.
    asks: u64,
    bids: u64,
    counted_to: u32,
    integral: u64,
}

impl World {
    /// A maker with 100 lots 30 ticks to each side of the reference.
    fn new() -> Self {
        let mut world = Self { week: Week::new(1, Parameters::INITIAL), asks: 0, bids: 0, counted_to: 0, integral: 0 };
        world.quote(0);
        world
    }

    fn house(&mut self) -> &mut Native {
        self.week.programme.house.get_mut()
    }

    fn sheet(&mut self) -> Sheet {
        let number = Sheet::number(self.week.months[0].0);
        self.house().sheet(MAKER, number)
    }

    fn waiting(&mut self) -> usize {
        let instrument = self.week.months[0].0;
        self.house().market(instrument).unwrap().cuts.of(MAKER).count()
    }

    fn count(&mut self, after: u32) {
        let weight = 1_024 * (91 - 30) / 91;
        self.integral += self.asks.min(self.bids) * weight * u64::from(after - self.counted_to);
        self.counted_to = after;
    }

    fn quote(&mut self, after: u32) {
        self.count(after);
        (self.asks, self.bids) = (100, 100);
        let level = |price| [clearing::Level { price: Ticks(price), lots: Lots(100) }];
        let (bids, asks) = (level(8_970), level(9_030));
        let instrument = self.week.months[0].0;
        let quote = clearing::Quote { seat: MAKER, instrument, bids: &bids, asks: &asks, expiry: Seconds::ZERO };
        let env = Env { caller: week::owner(MAKER.0), now: START.later(after) };
        self.house().transact(|house| clearing::quote(house, env, quote)).unwrap();
    }

    fn take(&mut self, after: u32, side: Side, lots: u32) {
        self.count(after);
        let (price, stands) = match side {
            Side::Buy => (9_030, &mut self.asks),
            Side::Sell => (8_970, &mut self.bids),
        };
        *stands -= u64::from(lots);
        let instrument = self.week.months[0].0;
        let order = week::order(TAKER.0, instrument, side, price, lots, Policy::FillOrKill);
        let env = Env { caller: week::owner(TAKER.0), now: START.later(after) };
        self.house().transact(|house| clearing::place(house, env, order)).unwrap();
    }

    /// Score and volume of the week, as the programme sees them at its end.
    fn told(&mut self) -> (u64, u32) {
        let number = self.week.number;
        self.week.programme.now = end_of(number);
        let env = self.week.programme.env([0; 20]);
        let measure = incentives::standing(&self.week.programme, env, number, MAKER.0).unwrap().measure;
        (measure.score, measure.volume)
    }

    /// What the integral by hand makes of five days of sessions.
    fn expected(&mut self) -> u64 {
        self.count(5 * DAY);
        self.integral
    }
}

#[test]
fn a_taker_leaves_the_maker_s_score_alone_and_the_view_counts_the_fill() {
    let mut world = World::new();
    let before = world.sheet();
    world.take(100, Side::Buy, 10);
    world.take(250, Side::Sell, 30);
    world.take(250, Side::Sell, 5);
    assert_eq!((world.sheet(), world.waiting()), (before, 2));
    assert_eq!(world.told(), (world.expected(), 45));
}

#[test]
fn the_maker_s_next_quote_brings_the_cuts_into_his_score() {
    let mut world = World::new();
    world.take(100, Side::Buy, 10);
    world.take(250, Side::Sell, 30);
    world.quote(400);
    assert_eq!(world.waiting(), 0);
    world.take(500, Side::Buy, 60);
    assert_eq!(world.waiting(), 1);
    assert_eq!(world.told(), (world.expected(), 100));
}

#[test]
fn own_cancels_wait_like_fills() {
    let mut world = World::new();
    let before = world.sheet();
    world.count(300);
    world.bids = 0;
    let instrument = world.week.months[0].0;
    let env = Env { caller: week::owner(MAKER.0), now: START.later(300) };
    let bid = 1; // the first number of the account
    world.house().transact(|house| clearing::cancel(house, env, MAKER, instrument, Ticks(8_970), bid)).unwrap();
    assert_eq!((world.sheet(), world.waiting()), (before, 1));
    assert_eq!(world.told(), (world.expected(), 0));
}

#[test]
fn when_no_more_can_wait_a_fill_goes_to_the_score_with_all_before_it() {
    let mut world = World::new();
    let before = world.sheet();
    let most = u32::try_from(MAX_CUTS).unwrap();
    for number in 0..most {
        world.take(100 * (number + 1), Side::Buy, 5);
    }
    assert_eq!((world.sheet(), world.waiting()), (before, MAX_CUTS));
    world.take(5_000, Side::Sell, 70);
    assert_ne!(world.sheet(), before);
    assert_eq!(world.waiting(), 0);
    assert_eq!(world.told(), (world.expected(), 5 * most + 70));
}
