//! Bad input about orders: each is refused by its name and leaves no cell changed; at the corners of every range
//! nothing overflows.
//!
//! There is no off-tick price: prices are whole ticks, and what a tick is worth is the instrument's.

use crate::world::{CASH, TPI, World, owner, shocks, terms};
use proptest::prelude::*;
use sit_engine::calendar::{self, Day};
use sit_engine::chain::Env;
use sit_engine::clearing::peers::Given;
use sit_engine::clearing::{
    self, ClearingError, Instrument, Level, Levels, Listing, Place, Policy, Product, Quote, Replace, Roll, Search,
    SelfTrade, Status, Store, Terms, Trigger,
};
use sit_engine::launch;
use sit_engine::units::{Lots, Seat, Seconds, Side, TickValue, Ticks};
use sit_native::Native;

/// An account with orders on both sides and a position, another that trades with it, and one that does nothing.
fn busy() -> World {
    let mut world = World::new(3);
    world.sell(1, 2_600, 30).unwrap();
    world.buy(0, 2_600, 20).unwrap();
    world.buy(0, 2_580, 5).unwrap();
    world.sell(0, 2_650, 5).unwrap();
    world.buy(1, 2_570, 5).unwrap();
    world.set_trigger(0, 0, world.stop(true, 2_500, 20)).unwrap();
    world
}

/// Months with the largest terms there are: prices up to 2^24 - 2 ticks, positions up to 2^23 - 1 lots.
fn at_the_corner(mark: u32) -> (World, [Instrument; 2]) {
    let mut world = World::new(2);
    let product = Product(1);
    clearing::set_risk(
        &mut world.house,
        world.now,
        product,
        launch::MAINTENANCE_BPS,
        launch::LIQUIDATION_END_BPS,
        &shocks(),
        [1; 32],
    )
    .unwrap();
    clearing::start_product(&mut world.house, &Given::print(Day::of(world.now), mark), product).unwrap();
    let largest = Terms { position_limit: Lots::MAX, open_interest_cap: Lots::MAX, price_limit_bps: 5_000, ..terms() };
    let days = calendar::listing(Day::of(world.now));
    let months = [days[0], days[1]].map(|day| {
        let listing = Listing {
            product,
            expiry: calendar::last_trading_time(day),
            tick_value: TickValue(32_768), // 2^23 lots * 2^24 ticks * 2^15: just below the 2^62 that listing allows
            tick_size: 1,
            mark: Ticks(mark),
            terms: largest,
        };
        clearing::list(&mut world.house, world.now, listing).unwrap()
    });
    for seat in 0..2 {
        clearing::credit(&mut world.house, world.now, Seat(seat), i64::MAX.unsigned_abs() / 2 - 2_000_000_000_000)
            .unwrap();
    }
    (world, months)
}

/// Sends a message; when it is refused no cell may have changed.
fn send<T>(
    world: &mut World,
    seat: u32,
    message: impl FnOnce(&mut Native, Env) -> Result<T, ClearingError>,
) -> Result<T, ClearingError> {
    let before = world.house.clone();
    let told = before.events.len();
    let env = Env { caller: owner(seat), now: world.now };
    let result = world.house.transact(|house| message(house, env));
    if result.is_err() {
        assert!(world.house.same_cells(&before), "a refused message has changed a cell");
        assert_eq!(world.house.events.len(), told, "a refused message has told something");
    }
    result
}

#[test]
fn every_order_message_names_what_is_wrong_and_touches_nothing() {
    let mut world = busy();
    let good = world.order(0, Side::Buy, 2_590, 1);
    let wrong: [(Place, ClearingError); 14] = [
        (Place { seat: Seat(9), ..good }, ClearingError::UnknownSeat),
        (Place { seat: Seat(1), ..good }, ClearingError::NotAuthorised),
        (Place { lots: Lots::ZERO, ..good }, ClearingError::BadSize),
        (Place { lots: Lots(u32::MAX), ..good }, ClearingError::BadSize),
        (Place { price: Ticks::ZERO, ..good }, ClearingError::BadPrice),
        (Place { price: Ticks(u32::MAX), ..good }, ClearingError::BadPrice),
        (Place { price: Ticks(2_209), ..good }, ClearingError::OutsidePriceLimits),
        (Place { price: Ticks(2_991), ..good }, ClearingError::OutsidePriceLimits),
        (Place { instrument: world.unlisted(), ..good }, ClearingError::NotYetListed),
        (Place { instrument: Instrument(u16::MAX), ..good }, ClearingError::UnknownInstrument),
        (Place { expiry: world.now, ..good }, ClearingError::OrderExpired),
        (Place { number: 1, ..good }, ClearingError::StaleOrderNumber),
        (Place { number: u32::MAX, ..good }, ClearingError::OrderNumberTooHigh),
        (Place { reduce_only: true, ..good }, ClearingError::ReduceOnly),
    ];
    for (order, error) in wrong {
        let placed = send(&mut world, 0, |house, env| clearing::place(house, env, order));
        assert_eq!(placed.err(), Some(error), "{order:?}");
        let message = Replace { price: Ticks(2_580), number: 2, order };
        let replaced = send(&mut world, 0, |house, env| clearing::replace(house, env, message));
        assert_eq!(replaced.err(), Some(error), "{order:?}");
    }
    world.check();
}

#[test]
fn a_quote_names_what_is_wrong_with_any_of_its_levels() {
    let mut world = busy();
    let near = world.near;
    let good = Level { price: Ticks(2_590), lots: Lots(1) };
    for (level, error) in [
        (Level { lots: Lots::ZERO, ..good }, ClearingError::BadSize),
        (Level { lots: Lots(Lots::MAX.0 + 1), ..good }, ClearingError::BadSize),
        (Level { price: Ticks::ZERO, ..good }, ClearingError::BadPrice),
        (Level { price: Ticks::MAX, ..good }, ClearingError::BadPrice),
        (Level { price: Ticks(2_209), ..good }, ClearingError::OutsidePriceLimits),
        (Level { lots: Lots(10_001), ..good }, ClearingError::PositionLimit),
    ] {
        let bids = [good, level];
        let quote = Quote { seat: Seat(0), instrument: near, bids: &bids, asks: &[], expiry: Seconds::ZERO };
        assert_eq!(send(&mut world, 0, |house, env| clearing::quote(house, env, quote)), Err(error), "{level:?}");
        let quote = Quote { bids: &[], asks: &bids, ..quote };
        let refused = send(&mut world, 0, |house, env| clearing::quote(house, env, quote));
        assert_eq!(refused, Err(if level.price == Ticks(2_209) { ClearingError::OutsidePriceLimits } else { error }));
    }
    let expired = Quote { seat: Seat(0), instrument: near, bids: &[good], asks: &[], expiry: world.now };
    let refused = send(&mut world, 0, |house, env| clearing::quote(house, env, expired));
    assert_eq!(refused, Err(ClearingError::OrderExpired));
    world.check();
}

/// The last second that there is, a Sunday of 2106, the one before it, and the last Friday; in a month that has ended
/// long ago, and in one that would go on as long as time does, whose mark is too old by then.
#[test]
fn at_the_end_of_all_times_orders_are_refused_by_name_and_money_leaves() {
    let (end, friday) = (Seconds(u32::MAX), Day(u32::MAX / calendar::DAY - 2).start());
    assert!(calendar::is_session(friday) && !calendar::is_session(end));
    for (now, endless, error) in [
        (end, false, ClearingError::TradingEnded),
        (end, true, ClearingError::TradingEnded),
        (Seconds(u32::MAX - 1), true, ClearingError::SessionClosed),
        (friday, false, ClearingError::TradingEnded),
        (friday, true, ClearingError::ReduceOnly),
    ] {
        let mut world = World::new(3);
        let near = world.near;
        clearing::set_withdrawal_limits(&mut world.house, launch::WITHDRAWAL_LIMITS).unwrap();
        world.trade(near, 1, 0, 2_600, 10);
        if endless {
            let mut curve = world.house.curve(TPI).unwrap();
            curve.month_mut(near).unwrap().expiry = end;
            world.house.set_curve(TPI, &curve);
        }
        world.now = now;
        let good = world.order(2, Side::Buy, 2_600, 1);
        for (policy, expiry) in [Policy::Rest, Policy::Market, Policy::PostOnly]
            .into_iter()
            .flat_map(|policy| [Seconds::ZERO, end].map(|expiry| (policy, expiry)))
        {
            let order = Place { policy, expiry, ..good };
            let expected = if expiry == now { ClearingError::OrderExpired } else { error };
            let placed = send(&mut world, 2, |house, env| clearing::place(house, env, order));
            assert_eq!(placed.err(), Some(expected), "{now:?} {order:?}");
        }
        let level = [Level { price: Ticks(2_500), lots: Lots(1) }];
        let quote = Quote { seat: Seat(2), instrument: near, bids: &level, asks: &[], expiry: Seconds::ZERO };
        let quoted = send(&mut world, 2, |house, env| clearing::quote(house, env, quote));
        assert_eq!(quoted.err(), Some(error), "{now:?}");
        for seat in 0..3 {
            world.cancel_all(seat, near).unwrap();
            assert_eq!(world.refresh_tier(seat), Ok(0));
        }
        world.deposit(2, 5);
        assert_eq!(world.withdraw(2, CASH + 5), Ok(0), "{now:?}");
        assert_eq!(world.withdraw(0, 1), Err(ClearingError::IndexUnavailable), "{now:?}: beside a position");
        world.check();
    }
}

#[test]
fn nobody_cancels_or_replaces_what_belongs_to_another() {
    let mut world = busy();
    let near = world.near;
    // Order 2 of seat 0 rests at 2,580: seat 1 may not name that seat, and under its own seat there is no such order.
    let cancelled = send(&mut world, 1, |house, env| clearing::cancel(house, env, Seat(0), near, Ticks(2_580), 2));
    assert_eq!(cancelled, Err(ClearingError::NotAuthorised));
    let cancelled = send(&mut world, 1, |house, env| clearing::cancel(house, env, Seat(1), near, Ticks(2_580), 2));
    assert_eq!(cancelled, Err(ClearingError::UnknownOrder));
    let all = send(&mut world, 1, |house, env| clearing::cancel_all(house, env, Seat(0), near));
    assert_eq!(all, Err(ClearingError::NotAuthorised));
    let order = world.order(1, Side::Buy, 2_580, 1);
    let message = Replace { price: Ticks(2_580), number: 2, order };
    let replaced = send(&mut world, 1, |house, env| clearing::replace(house, env, message));
    assert_eq!(replaced, Err(ClearingError::UnknownOrder));
    let trigger = world.stop(true, 2_500, 1);
    let set = send(&mut world, 1, |house, env| clearing::set_trigger(house, env, Seat(0), 1, trigger));
    assert_eq!(set, Err(ClearingError::NotAuthorised));
    let cleared = send(&mut world, 1, |house, env| clearing::clear_trigger(house, env, Seat(0), 0));
    assert_eq!(cleared, Err(ClearingError::NotAuthorised));
    assert_eq!(world.cancel(0, 2_580, 2), Ok(Lots(5)));
}

#[test]
fn a_month_that_is_settled_only_reduces_or_was_never_listed_takes_no_order() {
    let mut world = busy();
    let mut curve = world.house.curve(Product(0)).unwrap();
    curve.month_mut(world.near).unwrap().status = Status::ReduceOnly;
    world.house.set_curve(Product(0), &curve);
    let mark = world.settle_mark(world.near);
    let order = world.order(0, Side::Buy, mark, 1);
    assert_eq!(
        send(&mut world, 0, |house, env| clearing::place(house, env, order)).err(),
        Some(ClearingError::ReduceOnly)
    );
    let away = Place { price: Ticks(2_590), ..order };
    let away = send(&mut world, 0, |house, env| clearing::place(house, env, away)).err();
    assert_eq!(away, Some(ClearingError::OutsidePriceLimits), "the mark is the only price there");
    assert_eq!(world.quote(0, &[(2_590, 1)], &[]), Err(ClearingError::ReduceOnly));
    let (policy, self_trade) = (Policy::ImmediateOrCancel, SelfTrade::CancelMaker);
    let reducing = Place { policy, self_trade, ..world.order(0, Side::Sell, mark, 25) };
    assert_eq!(world.place(reducing).unwrap().filled, Lots::ZERO, "nothing stands at the mark");
    curve.month_mut(world.near).unwrap().status = Status::Settled;
    world.house.set_curve(Product(0), &curve);
    let refused = send(&mut world, 0, |house, env| clearing::place(house, env, order)).err();
    assert_eq!(refused, Some(ClearingError::TradingEnded));
}

#[test]
fn the_largest_sizes_and_prices_trade_and_come_back() {
    let mark = 11_184_000; // so that its upper limit is just inside the range of prices
    let (mut world, [near, far]) = at_the_corner(mark);
    let most = Lots::MAX.0 / 4;
    for (instrument, price) in [(near, mark / 2 + 1), (near, mark / 2 * 3 - 1), (far, mark)] {
        let order = |world: &World, seat, side| Place { instrument, ..world.order(seat, side, price, most) };
        let sell = order(&world, 0, Side::Sell);
        let buy = order(&world, 1, Side::Buy);
        world.place(sell).ok();
        world.place(buy).ok();
        world.check();
    }
    let (sell, buy) = (world.account(0).net(near).0, world.account(1).net(near).0);
    assert_eq!(sell + buy, 0);
}

/// Numbers at and around the ends of every range, and any other.
fn corner() -> impl Strategy<Value = u32> {
    prop_oneof![
        4 => prop::sample::select(vec![
            0, 1, 2, 7, 8, 2_209, 2_210, 2_990, 2_991, 5_592_001, 11_184_000, 16_775_999,
            0x7F_FFFE, 0x7F_FFFF, 0x80_0000, 0xFF_FFFE, 0xFF_FFFF, 0x100_0000, u32::MAX - 1, u32::MAX,
        ]),
        4 => 2_100_u32..3_100,
        1 => any::<u32>(),
    ]
}

fn any_place() -> impl Strategy<Value = Place> {
    let what = (0..3_u32, prop_oneof![Just(0_u16), Just(1), Just(0x1000), Just(0x1001), any::<u16>()], any::<bool>());
    let how = (0..6_u8, 0..3_u8, any::<bool>());
    (what, corner(), corner(), how, prop_oneof![Just(0_u32), corner()], prop_oneof![4 => Just(0_u32), 1 => corner()])
        .prop_map(|((seat, instrument, buys), price, lots, (policy, mode, reduce_only), expiry, number)| Place {
            seat: Seat(seat),
            instrument: Instrument(instrument),
            side: if buys { Side::Buy } else { Side::Sell },
            price: Ticks(price),
            lots: Lots(lots),
            policy: Policy::from_number(policy).unwrap(),
            self_trade: SelfTrade::from_number(mode).unwrap(),
            reduce_only,
            expiry: Seconds(expiry),
            number,
        })
}

#[derive(Clone, Debug)]
enum Input {
    Place(Place),
    Replace(Replace),
    Quote(u32, u16, Vec<u8>, u32),
    Cancel(u32, u16, u32, u32),
    Search(u32, u16, u32, bool, u32, u8),
    Roll(Roll),
    Trigger(u32, u8, Trigger),
    Execute(u32, u32, u8),
}

fn input() -> impl Strategy<Value = Input> {
    let month = || prop_oneof![Just(0_u16), Just(1), Just(0x1000), Just(0x1001), any::<u16>()];
    let seat = || 0..3_u32;
    let level = (0..3_u8, corner(), corner());
    prop_oneof![
        6 => any_place().prop_map(Input::Place),
        2 => (corner(), 0..6_u32, any_place())
            .prop_map(|(price, number, order)| Input::Replace(Replace { price: Ticks(price), number, order })),
        2 => (seat(), month(), prop::collection::vec(level, 0..6), prop_oneof![3 => Just(0_u32), 1 => corner()]).prop_map(
            |(seat, instrument, levels, expiry)| {
                let bytes = levels.iter().flat_map(|(side, price, lots)| {
                    [&[*side][..], &price.to_be_bytes()[1..], &lots.to_be_bytes()[1..]].concat()
                });
                Input::Quote(seat, instrument, bytes.collect(), expiry)
            }
        ),
        1 => (seat(), month(), corner(), 0..6_u32).prop_map(|(s, i, price, number)| Input::Cancel(s, i, price, number)),
        1 => (seat(), month(), 0..6_u32, any::<bool>(), corner(), any::<u8>())
            .prop_map(|(s, i, number, buys, from, pages)| Input::Search(s, i, number, buys, from, pages)),
        2 => ((seat(), month(), month()), corner(), corner(), corner(), any::<i32>()).prop_map(
            |((seat, near, far), lots, near_limit, far_limit, spread)| Input::Roll(Roll {
                seat: Seat(seat),
                near: Instrument(near),
                far: Instrument(far),
                lots: Lots(lots),
                near_limit: Ticks(near_limit),
                far_limit: Ticks(far_limit),
                spread,
            })
        ),
        1 => ((seat(), 0..18_u8, month()), any::<u8>(), corner(), corner(), corner(), (corner(), corner())).prop_map(
            |((seat, slot, instrument), flags, price, limit, lots, (expiry, fee))| {
                let trigger = Trigger {
                    instrument: Instrument(instrument),
                    price: Ticks(price),
                    limit: Ticks(limit),
                    lots: Lots(lots),
                    expiry: Seconds(expiry),
                    fee,
                    ..Trigger::default()
                };
                Input::Trigger(seat, slot, trigger.with_flags(flags))
            }
        ),
        1 => (0..4_u32, 0..4_u32, 0..18_u8).prop_map(|(keeper, seat, slot)| Input::Execute(keeper, seat, slot)),
    ]
}

fn send_any(world: &mut World, input: Input) {
    match input {
        Input::Place(order) => {
            send(world, order.seat.0, |house, env| clearing::place(house, env, order)).ok();
        }
        Input::Replace(message) => {
            send(world, message.order.seat.0, |house, env| clearing::replace(house, env, message)).ok();
        }
        Input::Quote(seat, instrument, bytes, expiry) => {
            let Ok(levels) = Levels::parse(&bytes) else { return };
            let (bids, asks, expiry) = (levels.bids(), levels.asks(), Seconds(expiry));
            let quote = Quote { seat: Seat(seat), instrument: Instrument(instrument), bids, asks, expiry };
            send(world, seat, |house, env| clearing::quote(house, env, quote)).ok();
        }
        Input::Cancel(seat, instrument, price, number) => {
            let (instrument, price) = (Instrument(instrument), Ticks(price));
            send(world, seat, |house, env| clearing::cancel(house, env, Seat(seat), instrument, price, number)).ok();
        }
        Input::Search(seat, instrument, number, buys, from, pages) => {
            let side = if buys { Side::Buy } else { Side::Sell };
            let search = Search { number, side, from: Ticks(from), pages, exact: false };
            let instrument = Instrument(instrument);
            send(world, seat, |house, env| clearing::cancel_by_number(house, env, Seat(seat), instrument, search)).ok();
        }
        Input::Roll(message) => {
            send(world, message.seat.0, |house, env| clearing::roll(house, env, message)).ok();
        }
        Input::Trigger(seat, slot, trigger) => {
            send(world, seat, |house, env| clearing::set_trigger(house, env, Seat(seat), slot, trigger)).ok();
        }
        Input::Execute(keeper, seat, slot) => {
            let execute = clearing::Execute { keeper: Seat(keeper), seat: Seat(seat), slot };
            send(world, keeper, |house, env| clearing::execute_trigger(house, env, execute)).ok();
        }
    }
    world.check();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_sent_is_carried_out_or_leaves_no_trace(inputs in prop::collection::vec(input(), 1..12)) {
        let mut world = busy();
        for input in inputs {
            send_any(&mut world, input);
        }
    }

    #[test]
    fn nothing_overflows_at_the_corners(
        mark in prop::sample::select(vec![1_u32, 2, 2_600, 11_184_000, 0xFF_FFFE]),
        inputs in prop::collection::vec(input(), 1..12),
    ) {
        let (mut world, _) = at_the_corner(mark);
        for input in inputs {
            send_any(&mut world, input);
        }
    }
}
