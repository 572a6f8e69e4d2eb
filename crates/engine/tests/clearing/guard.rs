//! Pauses, an index in doubt, a failed backtest, sunset and the rolling of the listing: new risk stays out, every exit
//! open.

use crate::world::{CASH, MONDAY, TPI, World, owner, shocks};
use proptest::prelude::*;
use sit_engine::calendar::{self, DAY, Day, LISTED_MONTHS, REWARD_EPOCH_SECONDS};
use sit_engine::clearing::opening::{OPENING_SECONDS, PRINT_DUE, PRINT_WAIT, WITH_THE_SETTLEMENT};
use sit_engine::clearing::peers::Given;
use sit_engine::clearing::{
    self, ClearingError, Event, Grade, Guard, Index, Instrument, MAX_SETTLEMENT, Place, Product, RemovalReason, Sheet,
    Status, Store, guard::MAX_MARK_AGE_DAYS, guard::MAX_PAUSE,
};
use sit_engine::launch;
use sit_engine::oracle::{Averaging, IndexId, Print, Validity};
use sit_engine::units::{Lots, Seat, Seconds, Side, Ticks};

impl World {
    pub fn pause(&mut self, scopes: u8) -> Result<(), ClearingError> {
        let now = self.now;
        self.house.transact(|house| clearing::pause(house, now, TPI, scopes))
    }

    pub fn unpause(&mut self) {
        let now = self.now;
        self.house.transact(|house| clearing::unpause(house, now, TPI)).unwrap();
    }

    pub fn note(&mut self, validity: Validity) {
        let (now, index) = (self.now, Given { validity: Some(validity), ..Given::default() });
        self.house.transact(|house| clearing::note_index(house, &index, now, TPI)).unwrap();
    }

    fn sunset(&mut self, instrument: Instrument) -> Result<Ticks, ClearingError> {
        let now = self.now;
        self.house.transact(|house| clearing::sunset(house, &Given::default(), now, instrument))
    }

    fn roll_listing(&mut self) -> Result<u8, ClearingError> {
        let now = self.now;
        self.house.transact(|house| clearing::roll_listing(house, now, TPI))
    }

    /// Seat 0 short, seat 1 long, both far from their margin.
    fn open(lots: u32) -> Self {
        let mut world = Self::new(4);
        world.sell(0, 2_600, lots).unwrap();
        world.buy(1, 2_600, lots).unwrap();
        world
    }

    /// Whatever stands in the guard: positions can be reduced, accounts credited and opened, flat ones emptied.
    /// Two who reduce meet at the mark, but where it is known what the next one will be.
    fn exits_are_open(&mut self, meet: bool) {
        let env = self.env(3);
        self.house.transact(|house| clearing::open_account(house, env, 1)).unwrap();
        self.deposit(2, 1_000);
        assert!(self.withdraw(2, 1_000).is_ok(), "a flat account can be emptied");
        let reducing = |world: &World, seat, side| {
            let mut order = world.order(seat, side, 2_600, 1);
            order.reduce_only = true;
            order
        };
        if !meet {
            assert_eq!(self.place(reducing(self, 0, Side::Buy)).err(), Some(ClearingError::Opening));
            return self.check();
        }
        self.place(reducing(self, 0, Side::Buy)).unwrap();
        let closed = self.place(reducing(self, 1, Side::Sell)).unwrap();
        assert_eq!(closed.filled.0, 1, "two who want out meet");
        self.settle(self.near, &[0, 1]).unwrap();
        self.check();
    }
}

#[test]
fn a_pause_keeps_new_risk_out_and_every_exit_open() {
    for scopes in 1..=Guard::ALL {
        let mut world = World::open(10);
        world.pause(scopes).unwrap();
        let paused = |scope: u8| scopes & scope != 0;
        let closed = paused(Guard::TRADING) || paused(Guard::SETTLEMENT);
        assert_eq!(world.buy(2, 2_600, 1).err(), closed.then_some(ClearingError::ReduceOnly));
        assert_eq!(world.next_day(260_000).err(), paused(Guard::SETTLEMENT).then_some(ClearingError::Paused));
        world.cancel_all(2, world.near).unwrap();
        world.exits_are_open(true);
    }
}

#[test]
fn the_clock_of_a_pause_starts_anew_once_when_settlements_come_to_be_paused() {
    let mut world = World::new(1);
    let since = |world: &mut World| world.house.curve(TPI).unwrap().guard.since;
    world.pause(Guard::TRADING).unwrap();
    world.now = world.now.later(DAY);
    world.pause(Guard::SETTLEMENT).unwrap();
    let began = world.now;
    assert_eq!(since(&mut world), began);
    world.now = world.now.later(DAY);
    world.pause(Guard::ALL).unwrap();
    assert_eq!(since(&mut world), began, "nobody sets it back again");
}

#[test]
fn a_pause_adds_scopes_and_only_its_end_takes_them_away() {
    let mut world = World::new(1);
    assert_eq!(world.pause(0), Err(ClearingError::BadParameter));
    assert_eq!(world.pause(8), Err(ClearingError::BadParameter));
    world.pause(Guard::TRADING).unwrap();
    let since = world.now;
    world.now = world.now.later(DAY);
    world.pause(Guard::LIQUIDATION).unwrap();
    let guard = world.house.curve(TPI).unwrap().guard;
    assert_eq!(
        (guard.paused, guard.since),
        (Guard::TRADING | Guard::LIQUIDATION, since),
        "the clock of the pause runs on"
    );
    world.unpause();
    assert_eq!(world.buy(0, 2_600, 1), Err(ClearingError::Opening), "the book collects first");
    world.now = world.now.later(OPENING_SECONDS);
    assert!(world.buy(0, 2_600, 1).is_ok());
    assert_eq!(
        world.house.transact(|house| clearing::pause(house, Seconds(1), Product(9), Guard::TRADING)),
        Err(ClearingError::UnknownProduct)
    );
}

#[test]
fn a_doubtful_index_stops_new_risk_and_flight() {
    let mut world = World::open(1_000);
    world.next_day(380_000).unwrap(); // seat 0 owes 1,200 ticks a lot
    let free = world.account(0).cash / 1_000;
    for validity in [Validity::NeedsConfirmation, Validity::Invalid] {
        world.note(validity);
        assert_eq!(world.buy(2, 3_800, 1), Err(ClearingError::ReduceOnly));
        assert_eq!(world.withdraw(1, free), Err(ClearingError::IndexUnavailable));
        assert!(world.withdraw(2, 1).is_ok(), "no price enters a flat account");
    }
    world.note(Validity::Valid);
    assert!(world.withdraw(1, free).is_ok());
    world.now = world.now.later(OPENING_SECONDS);
    assert!(world.buy(2, 3_800, 1).is_ok());
}

#[test]
fn an_invalid_or_stale_index_liquidates_nobody() {
    let mut world = World::open(3_200);
    world.next_day(480_000).unwrap();
    world.note(Validity::Invalid);
    assert_eq!(world.start_liquidation(0), Err(ClearingError::IndexUnavailable));
    world.note(Validity::NeedsConfirmation);
    let noted = world.now;
    world.now = Day(Day::of(noted).0 + MAX_MARK_AGE_DAYS + 1).start();
    assert_eq!(world.start_liquidation(0), Err(ClearingError::IndexUnavailable));
    world.now = Day(Day::of(noted).0 + MAX_MARK_AGE_DAYS + 1).start();
    world.now = Seconds(world.now.0 - 1);
    assert_eq!(world.start_liquidation(0), Ok(()));
    world.note(Validity::Invalid);
    assert_eq!(world.bid(2, 0, 1), Err(ClearingError::IndexUnavailable));
    // The next print ends the doubt.
    world.next_day(480_000).unwrap();
    assert!(world.bid(2, 0, 1).is_ok());
}

#[test]
fn a_pause_that_lasts_too_long_lets_anyone_settle_at_the_last_mark() {
    let mut world = World::open(10);
    world.next_day(270_000).unwrap();
    // In the morning, so that it is too young for the print of its thirteenth day.
    world.at(DAY + 3_600);
    world.pause(Guard::SETTLEMENT).unwrap();
    let since = world.now;
    let ended = |world: &mut World, day: u32, at: u32| {
        world.now = Day(Day::of(since).0 + day).start().later(at);
        world.sunset_at(Day(Day::of(since).0 + day), 270_000)
    };
    assert_eq!(ended(&mut world, 13, PRINT_DUE + 60), Err(ClearingError::TooEarly));
    assert_eq!(ended(&mut world, 14, PRINT_DUE - 1), Err(ClearingError::TooEarly), "the print of the day is not there");
    assert_eq!(ended(&mut world, 14, PRINT_DUE + PRINT_WAIT), Err(ClearingError::TooEarly), "nor news of hours ago");
    assert_eq!(ended(&mut world, 15, PRINT_DUE + 60), Ok(Ticks(2_700)));
    assert_eq!(world.sunset(world.near), Err(ClearingError::AlreadySettled));
    assert_eq!(world.sunset(world.far), Err(ClearingError::AlreadySettled), "they end together");
    world.settle(world.near, &[0, 1]).unwrap();
    world.after_the_opening();
    world.settle(world.near, &[0, 1]).unwrap();
    assert!(world.account(0).positions().is_empty() && world.account(1).positions().is_empty());
    world.check();
    for seat in 0..4 {
        let cash = world.account(seat).cash;
        assert_eq!(world.withdraw(seat, cash), Ok(0), "everybody goes home");
    }
}

#[test]
fn silence_of_the_index_and_a_final_price_that_never_comes_open_the_sunset_too() {
    let mut world = World::open(10);
    world.now = Day::of(Seconds(MONDAY)).start().later(DAY + MAX_PAUSE - 1);
    assert_eq!(world.sunset(world.far), Err(ClearingError::TooEarly));
    world.now = world.now.later(1);
    assert_eq!(world.sunset(world.far), Ok(Ticks(2_500)));

    let mut world = World::open(10);
    let expiry = world.house.curve(TPI).unwrap().month(world.near).unwrap().expiry;
    while world.now < expiry.later(MAX_SETTLEMENT - 2 * DAY) {
        world.next_day(260_000).unwrap();
    }
    world.now = expiry.later(MAX_SETTLEMENT - 1);
    assert_eq!(world.sunset(world.near), Err(ClearingError::TooEarly));
    world.now = expiry.later(MAX_SETTLEMENT);
    assert_eq!(world.sunset(world.near), Ok(Ticks(2_600)));
}

#[test]
fn exceedances_raise_the_margin_and_at_last_close_the_door_until_recalibrated() {
    let mut world = World::open(100);
    let margin = |world: &mut World| {
        let account = world.account(1);
        sit_engine::clearing::margin::assess(&mut world.house, &account).unwrap().initial.0
    };
    let before = margin(&mut world);
    world.next_day(345_000).unwrap(); // a rise of 32.7 %: more than the set's 30
    assert_eq!(world.house.backtest(TPI).grade(), Grade::Green, "one is what margin is for");
    assert_eq!(margin(&mut world) * 2_600, before * 3_450);
    world.next_day(460_000).unwrap(); // 33.3 %
    assert_eq!(world.house.backtest(TPI).grade(), Grade::Yellow(0));
    assert_eq!(world.house.risk(TPI).unwrap().surcharge_bps, 1_334);
    assert!(margin(&mut world) * 2_600 * 10_000 >= before * 4_600 * 11_334);
    assert!(world.buy(2, 4_600, 1).is_ok());
    world.cancel_all(2, world.near).unwrap();
    world.next_day(610_000).unwrap();
    assert_eq!(world.house.backtest(TPI).grade(), Grade::Red);
    assert_eq!(world.buy(2, 6_100, 1), Err(ClearingError::ReduceOnly));
    for _ in 0..20 {
        world.next_day(610_000).unwrap();
    }
    assert_eq!(world.buy(2, 6_100, 1), Err(ClearingError::ReduceOnly), "time does not heal it");
    let now = world.now;
    world
        .house
        .transact(|house| {
            clearing::set_risk(
                house,
                now,
                TPI,
                launch::MAINTENANCE_BPS,
                launch::LIQUIDATION_END_BPS,
                &shocks(),
                [1; 32],
            )
        })
        .unwrap();
    assert_eq!(world.house.risk(TPI).unwrap().surcharge_bps, 0);
    assert_eq!(world.buy(2, 6_100, 1).err(), Some(ClearingError::Opening), "the book collects first");
    world.now = world.now.later(OPENING_SECONDS);
    assert!(world.buy(2, 6_100, 1).is_ok());
}

#[test]
fn the_listing_rolls_by_itself_through_years_and_leap_days() {
    let mut world = World::new(1);
    assert_eq!(world.roll_listing(), Ok(8), "eight of ten were missing");
    assert_eq!(world.roll_listing(), Err(ClearingError::NothingToList));
    // 2026-11-23 to 2029-03, across 29 February 2028.
    while Day::of(world.now) < Day(Day::of(Seconds(MONDAY)).0 + 850) {
        world.next_day(260_000).unwrap();
        let expired: Vec<Instrument> = {
            let curve = world.house.curve(TPI).unwrap();
            let over = |month: &&sit_engine::clearing::Month| {
                month.status != Status::Settled && month.expiry.later(2 * DAY) <= world.now
            };
            curve.months().iter().filter(over).map(|month| month.instrument).collect()
        };
        for instrument in expired {
            world.finalise(instrument, 260_000).unwrap();
        }
        let _ = world.roll_listing();
        let curve = world.house.curve(TPI).unwrap();
        let open: Vec<Seconds> = curve
            .months()
            .iter()
            .filter(|month| month.status != Status::Settled && month.expiry > world.now)
            .map(|month| month.expiry)
            .collect();
        assert!(open.is_sorted());
        let due: Vec<Seconds> =
            calendar::listing(Day::of(world.now)).map(calendar::last_trading_time).into_iter().collect();
        assert_eq!(open, due.into_iter().filter(|expiry| *expiry > world.now).collect::<Vec<_>>());
        assert!(open.len() >= LISTED_MONTHS - 1);
    }
}

#[test]
fn a_new_month_enters_between_its_neighbours_with_their_terms() {
    let mut world = World::new(1);
    world.roll_listing().unwrap();
    let curve = world.house.curve(TPI).unwrap();
    // Beyond the two that governance listed at 2,600 and 2,500 the curve goes on flat.
    assert!(curve.months()[1..].iter().all(|month| month.settle == Ticks(2_500)));
    for month in curve.months() {
        let market = world.house.market(month.instrument).unwrap();
        assert_eq!(market.terms, crate::world::terms());
        assert_eq!((month.tick_value, month.tick_size), (curve.months()[0].tick_value, 100));
    }
    // A month between two others starts on the line between them.
    let mut lined = World::new(1);
    let mut curve = lined.house.curve(TPI).unwrap();
    let third = calendar::last_trading_time(calendar::listing(Day::of(lined.now))[3]);
    curve.months_mut()[1].expiry = third;
    lined.house.set_curve(TPI, &curve);
    lined.roll_listing().unwrap();
    let marks: Vec<u32> = lined.house.curve(TPI).unwrap().months().iter().take(4).map(|month| month.settle.0).collect();
    assert!(marks.is_sorted_by(|a, b| a > b), "{marks:?}");
    // Between the nearest of those that are there, whatever comes after them.
    let mut gap = World::new(1);
    gap.list(TPI, 2, 2_600);
    let mut curve = gap.house.curve(TPI).unwrap();
    let listing = calendar::listing(Day::of(gap.now));
    for (month, place) in curve.months_mut().iter_mut().zip([0, 2, 5]) {
        month.expiry = calendar::last_trading_time(listing[place]);
    }
    gap.house.set_curve(TPI, &curve);
    gap.roll_listing().unwrap();
    let curve = gap.house.curve(TPI).unwrap();
    let marks = [0, 1, 2, 3, 4, 5].map(|place: usize| curve.months()[place].settle.0);
    assert_eq!([marks[0], marks[2], marks[5]], [2_600, 2_500, 2_600]);
    assert!((2_540..=2_560).contains(&marks[1]) && marks[2..].is_sorted_by(|a, b| a < b), "{marks:?}");
}

#[test]
fn a_paused_or_doubtful_product_lists_nothing() {
    let mut world = World::new(1);
    world.pause(Guard::TRADING).unwrap();
    assert_eq!(world.roll_listing(), Err(ClearingError::Paused));
    world.unpause();
    world.note(Validity::NeedsConfirmation);
    assert_eq!(world.roll_listing(), Err(ClearingError::IndexUnavailable));
    world.note(Validity::Valid);
    assert_eq!(world.roll_listing(), Ok(8));
}

#[test]
fn a_claim_is_good_after_the_month_has_left_the_curve() {
    let mut world = World::open(10);
    world.roll_listing().unwrap();
    let first = world.near;
    for _ in 0..130 {
        world.next_day(260_000).unwrap();
        let (curve, now) = (world.house.curve(TPI).unwrap(), world.now);
        for month in curve.months().iter().filter(|month| month.status != Status::Settled && month.expiry <= now) {
            world.finalise(month.instrument, 250_000).unwrap();
        }
        let _ = world.roll_listing();
    }
    assert!(world.house.curve(TPI).unwrap().month(first).is_none(), "it has left");
    world.settle(first, &[0]).unwrap();
    world.settle(first, &[1]).unwrap();
    world.settle(first, &[0]).unwrap();
    assert!(world.account(0).positions().is_empty() && world.account(1).positions().is_empty());
    assert!(world.account(0).cash > CASH - 10_000_000 && world.account(1).cash < CASH);
    assert_eq!(world.account(1).owner, owner(1));
    assert!(sit_engine::clearing::books(&mut world.house).balanced);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// O4 on the clearing house: whatever a worse index refuses more than a better one is new risk, never an exit.
    #[test]
    fn exits_are_open_under_any_guard(scopes in 0_u8..=Guard::ALL, doubt in 0_u8..3, days in 0_u32..12) {
        let mut world = World::open(10);
        if scopes > 0 {
            world.pause(scopes).unwrap();
        }
        world.note([Validity::Valid, Validity::NeedsConfirmation, Validity::Invalid][usize::from(doubt)]);
        world.now = world.now.later(days / 5 * 7 * DAY + days % 5 * DAY); // sessions only
        let product = world.house.curve(TPI).unwrap();
        let month = *product.month(world.near).unwrap();
        let market = world.house.market(world.near).unwrap();
        let waits = clearing::opening::opens_at(&product, &month, &market, world.now) == WITH_THE_SETTLEMENT;
        let missing = world.now >= clearing::opening::due(Day(product.index_day + 1));
        prop_assert_eq!(waits, doubt == 1 || scopes & Guard::SETTLEMENT != 0 && missing);
        world.exits_are_open(!waits);
    }
}

#[test]
fn when_new_risk_is_kept_out_no_order_from_before_stands() {
    for doubted in [false, true] {
        let mut world = World::open(10);
        world.buy(2, 2_590, 10).unwrap();
        world.quote(3, &[(2_580, 50)], &[(2_620, 50)]).unwrap();
        if doubted {
            world.note(Validity::Invalid)
        } else {
            world.pause(Guard::TRADING).unwrap()
        }
        assert_eq!(world.live_orders(world.near), []);
        world.now = world.now.later(OPENING_SECONDS);
        let order = Place { reduce_only: true, ..world.order(1, Side::Sell, 2_600, 10) };
        assert_eq!(world.place(order).unwrap().filled, Lots::ZERO, "who knows more finds no quote from before");
        assert_eq!(world.net(2), 0);
        // A second report of the index, or another scope, voids no order placed since.
        if doubted {
            world.note(Validity::NeedsConfirmation)
        } else {
            world.pause(Guard::SETTLEMENT).unwrap()
        }
        assert_eq!(world.resting(Side::Sell), [(2_600, 1, 10)]);
        world.check();
    }
}

#[test]
fn a_month_that_only_reduces_binds_the_order_that_rests_as_well() {
    // Two orders that each reduce the position of 10, of which one is left when the other has traded.
    let mut world = World::open(10);
    world.pause(Guard::TRADING).unwrap();
    world.now = world.now.later(OPENING_SECONDS);
    world.sell(1, 2_600, 10).unwrap();
    world.sell(1, 2_600, 10).unwrap();
    assert_eq!(world.buy(0, 2_600, 10).unwrap().filled, Lots(10));
    world.sell(2, 2_600, 1).unwrap_err();
    let mut world = World::open(20);
    world.pause(Guard::TRADING).unwrap();
    world.now = world.now.later(OPENING_SECONDS);
    world.sell(1, 2_600, 20).unwrap();
    world.sell(1, 2_600, 20).unwrap();
    assert_eq!(world.buy(0, 2_600, 15).unwrap().filled, Lots(15));
    assert_eq!(world.buy(0, 2_600, 5).unwrap().filled, Lots(5));
    assert_eq!((world.net(0), world.net(1)), (0, 0));
    world.check();
}

#[test]
fn no_resting_order_opens_a_position_when_the_marks_have_become_too_old() {
    // Nobody has sent anything: the print of five days ago is the last, and the bid stands.
    let mut world = World::open(10);
    world.buy(2, 2_600, 10).unwrap();
    world.buy(0, 2_600, 4).unwrap();
    world.now = Day(Day::of(world.now).0 + MAX_MARK_AGE_DAYS + 3).start();
    let out = world.sell(1, 2_600, 10).unwrap();
    assert_eq!((world.net(2), world.net(0), out.filled), (0, -6, Lots(4)), "the bid of the flat account is dropped");
    assert!(
        world
            .house
            .events
            .iter()
            .any(|event| matches!(event, Event::Removed { seat: Seat(2), reason: RemovalReason::ReduceOnly, .. }))
    );
    world.check();
}

impl World {
    /// Sunset beside an index that has this print.
    fn sunset_at(&mut self, day: Day, price: u32) -> Result<Ticks, ClearingError> {
        let (now, near) = (self.now, self.near);
        self.house.transact(|house| clearing::sunset(house, &Given::print(day, price), now, near))
    }

    /// `settle_day` by a print of an older day, while the index is of this class.
    fn settle_by(&mut self, day: Day, price: u32, validity: Validity) -> Result<u16, ClearingError> {
        let (now, index) = (self.now, Given { validity: Some(validity), ..Given::print(day, price) });
        self.house.transact(|house| clearing::settle_day(house, &index, now, TPI))
    }

    fn doubt(&mut self) -> u8 {
        self.house.curve(TPI).unwrap().guard.doubt
    }
}

#[test]
fn while_trading_alone_is_paused_the_months_go_on_to_their_final_price() {
    let mut world = World::open(10);
    world.pause(Guard::TRADING).unwrap();
    for _ in 0..MAX_PAUSE / DAY + 2 {
        world.next_day(260_000).unwrap();
        let today = Day::of(world.now);
        assert_eq!(world.sunset_at(today, 260_000), Err(ClearingError::TooEarly), "nobody settles one leg of a spread");
    }
}

#[test]
fn a_sunset_is_taken_at_the_print_that_is_there_and_not_at_the_mark_before_it() {
    let mut world = World::open(10);
    // Nobody has settled a day for two weeks, but the index has gone on printing, far below.
    world.now = Day::of(Seconds(MONDAY)).start().later(DAY + MAX_PAUSE);
    let today = Day::of(world.now);
    assert_eq!(world.sunset_at(today, 200_000), Err(ClearingError::TooEarly), "the index is not silent");
    // Its last print is from the first week, and was never settled: that one counts.
    let (old, near) = (Day(Day::of(Seconds(MONDAY)).0 + 1), world.near);
    world.now = old.start().later(DAY + MAX_PAUSE);
    assert_eq!(world.sunset_at(old, 200_000), Ok(world.house.curve(TPI).unwrap().month(near).unwrap().settle));
    assert!(world.house.curve(TPI).unwrap().month(near).unwrap().settle < Ticks(2_100));
    world.check();
}

#[test]
fn an_index_that_does_not_answer_has_not_said_no() {
    let mut world = World::open(10);
    let mute = Given { is_mute: true, ..Given::default() };
    world.now = Day::of(Seconds(MONDAY)).start().later(DAY + MAX_SETTLEMENT + MAX_PAUSE);
    let (now, near) = (world.now, world.near);
    // Everything that would open a sunset has lasted long enough; a sender with too little gas gets no mark for it.
    for result in [
        world.house.transact(|house| clearing::sunset(house, &mute, now, near).map(|_| ())),
        world.house.transact(|house| clearing::finalise(house, &mute, now, near).map(|_| ())),
        world.house.transact(|house| clearing::settle_day(house, &mute, now, TPI).map(|_| ())),
        world.house.transact(|house| clearing::note_index(house, &mute, now, TPI).map(|_| ())),
        world.house.transact(|house| clearing::start_product(house, &mute, TPI)),
    ] {
        assert_eq!(result, Err(ClearingError::CallFailed));
    }
    assert_eq!(world.sunset(world.near), Ok(Ticks(2_600)), "an index that says no opens it");
}

/// Answers everything but what an averaging window holds.
struct WithoutWindow(Given);

impl Index for WithoutWindow {
    fn latest(&self, index: IndexId) -> Result<Option<Print>, ClearingError> {
        self.0.latest(index)
    }
    fn averaging(&self, _: IndexId, _: Day) -> Result<Option<Averaging>, ClearingError> {
        Err(ClearingError::CallFailed)
    }
    fn validity(&self, index: IndexId) -> Result<Option<Validity>, ClearingError> {
        self.0.validity(index)
    }
    fn final_price(&self, index: IndexId, expiry: Day) -> Result<Option<u32>, ClearingError> {
        self.0.final_price(index, expiry)
    }
}

#[test]
fn a_settlement_that_cannot_learn_what_a_window_holds_sets_no_mark() {
    let mut world = World::open(10);
    world.now = world.now.later(DAY);
    let (now, day) = (world.now, Day::of(world.now));
    let index = WithoutWindow(Given::print(day, 300_000));
    let settled = world.house.transact(|house| clearing::settle_day(house, &index, now, TPI));
    assert_eq!(
        settled,
        Err(ClearingError::CallFailed),
        "an averaging window that may have begun is no window that has not"
    );
}

#[test]
fn an_older_print_does_not_end_the_doubt_about_a_newer_one() {
    for (validity, doubt) in [(Validity::NeedsConfirmation, 1), (Validity::Invalid, 2), (Validity::Valid, 0)] {
        let mut world = World::open(10);
        world.next_day(260_000).unwrap();
        world.now = world.now.later(2 * DAY);
        world.note(Validity::NeedsConfirmation);
        // Wednesday's print is there and not settled, Thursday's price waits.
        world.settle_by(Day(Day::of(world.now).0 - 1), 260_000, validity).unwrap();
        assert_eq!(world.doubt(), doubt);
        // Thursday's price is due, so nothing crosses yet; what the doubt keeps out is the order itself.
        let refusal = world.buy(2, 2_600, 1).unwrap_err();
        assert_eq!(refusal == ClearingError::Opening, doubt == 0, "{refusal:?}");
    }
}

#[test]
fn a_print_that_has_grown_stale_is_settled_and_stays_in_doubt() {
    let mut world = World::open(10);
    let friday = Day(Day::of(world.now).0 + 1);
    world.now = world.now.later(4 * DAY);
    world.settle_by(friday, 261_000, Validity::Invalid).unwrap();
    assert_eq!((world.doubt(), world.start_liquidation(0)), (2, Err(ClearingError::IndexUnavailable)));
}

#[test]
fn quotes_that_nobody_can_take_do_not_score() {
    for doubted in [false, true] {
        let mut world = World::new(2);
        let env = world.env(0);
        world.house.transact(|house| clearing::set_maker(house, env, Seat(0), true)).unwrap();
        world.quote(0, &[(2_595, 50)], &[(2_605, 50)]).unwrap();
        world.now = world.now.later(3_600);
        if doubted {
            world.note(Validity::NeedsConfirmation)
        } else {
            world.pause(Guard::TRADING).unwrap()
        }
        world.now = world.now.later(7_200);
        world.quote(0, &[], &[]).unwrap();
        let (near, week) = (world.near, world.now.0 / REWARD_EPOCH_SECONDS);
        let sheet = world.house.sheet(Seat(0), Sheet::number(near));
        assert_eq!(sheet.score(near).week(week).uptime, 3_600, "until the pause or the doubt began");
    }
}
