//! The opening phase: after a repricing, after a halt, and while a print is due, orders rest and cancel and do not
//! cross.

use crate::world::{MONDAY, TICK_VALUE, World};
use proptest::prelude::*;
use sit_engine::calendar::DAY;
use sit_engine::clearing::limits::{HALT_SECONDS, SUSTAIN_SECONDS};
use sit_engine::clearing::opening::{OPENING_SECONDS, PRINT_DUE, PRINT_WAIT};
use sit_engine::clearing::{ClearingError, Event, Place, Policy, Trigger};
use sit_engine::units::{Lots, Seconds, Side, Ticks};

/// The month is repriced from 2,600 to 2,800: its book is empty, and the opening phase has just begun.
fn repriced(accounts: u32) -> World {
    let mut world = World::new(accounts);
    world.now = world.now.later(DAY);
    world.settle_day(280_000).unwrap();
    world
}

/// Noon of Tuesday: Monday's mark of 2,600 stands, the print of the day is due and not there.
fn due(accounts: u32) -> World {
    let mut world = World::new(accounts);
    world.now = world.now.later(DAY);
    world.at(PRINT_DUE);
    world
}

fn order(world: &World, policy: Policy, seat: u32, side: Side, price: u32) -> Place {
    Place { policy, ..world.order(seat, side, price, 10) }
}

fn fills(world: &World) -> usize {
    world.house.events.iter().filter(|event| matches!(event, Event::Filled { .. })).count()
}

#[test]
fn after_a_repricing_orders_rest_and_nothing_trades_for_two_minutes() {
    let mut world = repriced(4);
    world.sell(0, 2_810, 10).unwrap();
    world.buy(1, 2_790, 10).unwrap();
    for policy in [Policy::ImmediateOrCancel, Policy::FillOrKill, Policy::Market] {
        let order = order(&world, policy, 2, Side::Buy, 2_900);
        assert_eq!(world.place(order), Err(ClearingError::Opening), "{policy:?}");
    }
    world.now = world.now.later(OPENING_SECONDS - 1);
    assert_eq!(world.buy(2, 2_810, 10), Err(ClearingError::Opening), "it would have to trade");
    world.now = world.now.later(1);
    assert_eq!(world.buy(2, 2_810, 10).unwrap().filled, Lots(10));
    assert_eq!(fills(&world), 1);
    world.check();
}

#[test]
fn who_comes_first_takes_no_price_from_the_other_side() {
    // One lot at each limit, the moment the book is empty: without the mark between the sides nobody could offer below
    // 2,990.
    let mut world = repriced(5);
    for price in [2_382, 3_219, 2_801] {
        assert_eq!(world.buy(0, price, 1).is_ok(), price < 2_800, "{price}");
    }
    let first = world.place(order(&world, Policy::PostOnlySlide, 0, Side::Buy, 3_219)).unwrap();
    assert_eq!((first.price, first.filled), (Ticks(2_799), Lots::ZERO), "no higher than below the mark");
    world.quote(1, &[(2_790, 50)], &[(2_801, 50), (2_810, 50)]).unwrap();
    assert_eq!(world.resting(Side::Sell), [(2_801, 1, 50), (2_810, 1, 50)], "where they were to be");
    // The trader who comes last finds nothing that could be pushed either.
    world.place(order(&world, Policy::PostOnlySlide, 2, Side::Sell, 2_382)).unwrap();
    assert_eq!(world.resting(Side::Sell)[1], (2_801, 2, 10), "behind the one who was there");
    world.now = world.now.later(OPENING_SECONDS);
    assert_eq!(fills(&world), 0, "there is nothing to uncross: {:?}", world.live_orders(world.near));
    world.check();
}

#[test]
fn a_quote_in_the_phase_slides_to_its_own_side_of_the_mark() {
    let mut world = repriced(2);
    world.quote(0, &[(2_805, 5), (2_799, 5)], &[(2_795, 5), (2_803, 5)]).unwrap();
    assert_eq!(world.resting(Side::Buy), [(2_799, 0, 5), (2_799, 0, 5)]);
    assert_eq!(world.resting(Side::Sell), [(2_801, 0, 5), (2_803, 0, 5)]);
    world.check();
}

#[test]
fn while_a_print_is_due_nobody_takes_a_quote_from_before_it() {
    // Index audit H4: the print of +20 % can be read from the batches; publish, place and settle_day in one
    // transaction.
    let mut world = due(4);
    world.now = Seconds(world.now.0 - 1);
    world.quote(0, &[(2_590, 500)], &[(2_610, 500)]).unwrap();
    world.now = world.now.later(1);
    let cash = world.account(1).cash;
    for policy in [Policy::Rest, Policy::ImmediateOrCancel, Policy::FillOrKill, Policy::Market] {
        let order = Place { policy, ..world.order(1, Side::Buy, 2_900, 500) };
        assert_eq!(world.place(order), Err(ClearingError::Opening), "{policy:?}");
    }
    world.settle_day(312_000).unwrap();
    assert_eq!(world.buy(1, 2_900, 500).unwrap().filled, Lots::ZERO, "the quotes are void, the phase goes on");
    world.now = world.now.later(OPENING_SECONDS);
    world.settle(world.near, &[0, 1]).unwrap();
    assert_eq!((world.account(1).cash, world.net(1)), (cash, 0));
    world.check();
}

#[test]
fn a_silent_oracle_closes_the_book_for_two_hours_and_no_longer() {
    let mut world = due(3);
    world.sell(0, 2_610, 10).unwrap();
    world.now = world.now.later(PRINT_WAIT - 1);
    assert_eq!(world.buy(1, 2_610, 1), Err(ClearingError::Opening));
    world.now = world.now.later(1);
    assert_eq!(world.buy(1, 2_610, 1).unwrap().filled, Lots(1));
    // The next day it waits for the next print.
    world.now = world.now.later(DAY - PRINT_WAIT);
    assert_eq!(world.buy(1, 2_610, 1), Err(ClearingError::Opening));
}

#[test]
fn a_settlement_that_reprices_nothing_opens_the_book_at_once() {
    let mut world = due(3);
    world.quote(0, &[(2_590, 5)], &[(2_610, 5)]).unwrap();
    assert_eq!(world.buy(1, 2_610, 5), Err(ClearingError::Opening));
    world.settle_day(260_500).unwrap();
    assert_eq!(world.buy(1, 2_610, 5).unwrap().filled, Lots(5));
}

#[test]
fn in_the_wait_an_order_meets_none_that_stands_from_before() {
    // The market stands at 2,650, two per cent above the mark: its bids are on the asks' side.
    let mut world = due(4);
    world.now = Seconds(world.now.0 - 1);
    world.quote(0, &[(2_640, 50)], &[(2_660, 50)]).unwrap();
    world.now = world.now.later(1);
    assert_eq!(world.sell(1, 2_620, 10), Err(ClearingError::Opening), "above the mark, but it would trade at 2,640");
    let slides = world.place(order(&world, Policy::PostOnlySlide, 1, Side::Sell, 2_620)).unwrap();
    assert_eq!(slides.price, Ticks(2_641));
    assert_eq!(world.buy(2, 2_650, 10), Err(ClearingError::Opening), "above the mark");
    assert_eq!(fills(&world), 0);
    world.check();
}

#[test]
fn after_a_halt_the_book_collects_before_it_opens() {
    let mut world = World::new(4);
    for _ in 0..2 {
        world.sell(0, 2_990, 30).unwrap();
        world.buy(1, 2_990, 30).unwrap();
        world.now = world.now.later(SUSTAIN_SECONDS);
    }
    assert_eq!(world.buy(2, 2_500, 1), Err(ClearingError::Halted));
    world.now = world.now.later(HALT_SECONDS - SUSTAIN_SECONDS);
    // The attacker's next lot waits like everybody else's, and by then there are quotes in its way.
    assert_eq!(world.place(order(&world, Policy::Market, 1, Side::Buy, 3_250)), Err(ClearingError::Opening));
    world.quote(2, &[(2_590, 50)], &[(2_960, 50)]).unwrap();
    world.now = world.now.later(OPENING_SECONDS);
    assert_eq!(world.place(order(&world, Policy::Market, 1, Side::Buy, 3_250)).unwrap().value.0, 10 * 2_960);
    world.check();
}

#[test]
fn a_book_that_was_emptied_at_a_weekend_collects_on_monday() {
    // Friday's last half minute, Saturday noon, and Sunday: nobody can quote before Monday.
    for after in [DAY - 30, DAY + PRINT_DUE, 2 * DAY + PRINT_DUE] {
        let mut world = World::new(3);
        for _ in 0..3 {
            world.next_day(260_000).unwrap(); // to Thursday
        }
        world.now = world.now.later(DAY);
        let friday = world.now.0 / DAY * DAY;
        world.now = Seconds(friday + after);
        world.settle_day(280_000).unwrap();
        world.now = Seconds(friday + 3 * DAY);
        assert_eq!(world.place(order(&world, Policy::Market, 0, Side::Buy, 3_000)), Err(ClearingError::Opening));
        world.quote(1, &[(2_790, 5)], &[(2_810, 5)]).unwrap();
        world.now = Seconds(friday + 3 * DAY + OPENING_SECONDS - 1);
        assert_eq!(world.buy(0, 2_810, 5), Err(ClearingError::Opening), "{after}");
        world.now = world.now.later(1);
        assert_eq!(world.buy(0, 2_810, 5).unwrap().filled, Lots(5));
    }
}

#[test]
fn a_month_that_is_new_opens_at_once() {
    let mut world = World::new(2);
    world.sell(0, 2_600, 1).unwrap();
    assert_eq!(world.buy(1, 2_600, 1).unwrap().filled, Lots(1));
}

#[test]
fn rolls_and_triggers_wait_for_the_opening() {
    let mut world = World::new(4);
    world.sell(1, 2_600, 10).unwrap();
    world.buy(0, 2_600, 10).unwrap();
    let stop = Trigger { reduce_only: true, fee: 1_000_000, ..world.stop(true, 2_580, 10) };
    world.set_trigger(0, 0, stop).unwrap();
    world.set_trigger(0, 1, Trigger { rests: true, limit: Ticks(2_350), ..stop }).unwrap();
    world.now = world.now.later(DAY);
    world.settle_day(250_000).unwrap();
    world.buy(2, 2_450, 100).unwrap();
    for slot in [0, 1] {
        assert_eq!(world.execute(3, 0, slot), Err(ClearingError::Opening), "the keeper may not be the only bid");
    }
    let roll = world.rolling(0, 10, 100);
    assert_eq!(world.roll(roll).err(), Some(ClearingError::Opening));
    world.now = world.now.later(OPENING_SECONDS);
    world.cancel_all(2, world.near).unwrap();
    world.buy(2, 2_490, 100).unwrap();
    assert_eq!(world.execute(3, 0, 0).unwrap().0.value.0, 10 * 2_490);
    world.check();
}

#[test]
fn a_market_stop_is_not_sold_to_its_keeper_far_from_the_mark() {
    // flatmoney #88: the quotes are void, the phase is over, and the keeper is the only bid.
    let mut world = World::new(4);
    world.sell(1, 2_600, 100).unwrap();
    world.buy(0, 2_600, 100).unwrap();
    world.set_trigger(0, 0, Trigger { reduce_only: true, ..world.stop(true, 2_580, 100) }).unwrap();
    world.next_day(250_000).unwrap();
    let low = 2_500 - 2_500 * 15 / 100;
    world.buy(3, low + 1, 100).unwrap();
    assert_eq!(world.execute(3, 0, 0), Err(ClearingError::NotFilled), "it waits");
    world.buy(2, 2_426, 40).unwrap();
    assert_eq!(world.execute(3, 0, 0).unwrap().0.value.0, 40 * 2_426, "3 % from the mark, and no lot further");
    world.check();
}

#[test]
fn cancelling_shrinking_and_liquidations_go_on() {
    let mut world = World::new(4);
    world.sell(0, 2_600, 1_000).unwrap();
    world.buy(1, 2_600, 1_000).unwrap();
    let initial = 1_000 * 2_600 * u64::from(TICK_VALUE) * 3 / 10;
    let cash = world.account(0).cash;
    world.withdraw(0, cash - initial).unwrap();
    world.now = world.now.later(DAY);
    world.settle_day(286_000).unwrap();
    let number = world.buy(2, 2_700, 10).unwrap().number;
    let fewer = Place { lots: Lots(4), ..world.order(2, Side::Buy, 2_700, 4) };
    world.replace(2_700, number, fewer).unwrap();
    world.cancel(2, 2_700, number).unwrap();
    world.start_liquidation(0).unwrap();
    world.bid(2, 0, 10).unwrap();
    world.check();
}

#[test]
fn nobody_gives_a_margin_away_to_a_friend_in_the_transaction_of_a_settlement() {
    // The day of -20 % has emptied the book, A sells all to B at the limit.
    let mut world = World::new(4);
    world.sell(1, 2_600, 1_000).unwrap();
    world.buy(0, 2_600, 1_000).unwrap();
    world.now = world.now.later(DAY);
    world.settle_day(234_000).unwrap();
    world.buy(2, 1_989, 1_000).unwrap();
    assert_eq!(world.sell(0, 1_989, 1_000), Err(ClearingError::Opening));
    let order = Place { policy: Policy::Market, ..world.order(0, Side::Sell, 1_989, 1_000) };
    assert_eq!(world.place(order), Err(ClearingError::Opening));
    // Two minutes later there are bids in between, and they come first.
    world.quote(3, &[(2_330, 1_000)], &[]).unwrap();
    world.now = world.now.later(OPENING_SECONDS);
    assert_eq!(world.sell(0, 1_989, 1_000).unwrap().value.0, 1_000 * 2_330);
}

#[test]
fn one_lot_at_the_limit_refuses_nobodys_quote() {
    // Adversary N1: in an open book an ask of one lot at the lower limit leaves no price for a bid inside the limits.
    let mut world = World::new(3);
    world.sell(0, 2_210, 1).unwrap();
    let first = world.quote(1, &[(2_590, 50), (2_580, 50)], &[(2_610, 50)]).unwrap();
    assert_eq!(world.resting(Side::Buy), [], "no bid can stand below the limit");
    assert_eq!(world.resting(Side::Sell), [(2_210, 0, 1), (2_610, 1, 50)]);
    let ask = world.live_orders(world.near).into_iter().find(|order| order.seat.0 == 1).unwrap();
    assert_eq!(ask.number, first + 2, "a level that is left out keeps its number");
    world.check();
    // The other way round, on an empty side, and for levels that bind by themselves.
    assert_eq!(world.quote(1, &[(2_209, 50)], &[(2_610, 50)]), Err(ClearingError::OutsidePriceLimits));
    assert_eq!(world.quote(1, &[(2_590, 0)], &[(2_610, 50)]), Err(ClearingError::BadSize));
}

#[derive(Clone, Debug)]
enum Act {
    Place { seat: u32, buy: bool, offset: i32, lots: u32, policy: u8, life: u32 },
    Quote { seat: u32, half: i32, lots: u32 },
    CancelAll { seat: u32 },
    Wait { seconds: u32 },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (0..6_u32, any::<bool>(), -400..400_i32, 1..200_u32, 0..6_u8, 0..200_u32).prop_map(
            |(seat, buy, offset, lots, policy, life)| Act::Place { seat, buy, offset, lots, policy, life }),
        2 => (0..6_u32, -30..30_i32, 1..200_u32).prop_map(|(seat, half, lots)| Act::Quote { seat, half, lots }),
        1 => (0..6_u32).prop_map(|seat| Act::CancelAll { seat }),
        1 => (1..40_u32).prop_map(|seconds| Act::Wait { seconds }),
    ]
}

fn play(world: &mut World, mark: u32, act: &Act) {
    match *act {
        Act::Place { seat, buy, offset, lots, policy, life } => {
            let side = if buy { Side::Buy } else { Side::Sell };
            let expiry = if life > 100 { world.now.later(life - 100) } else { Seconds::ZERO };
            let order = world.order(seat, side, mark.saturating_add_signed(offset), lots);
            world.place(Place { policy: Policy::from_number(policy).unwrap(), expiry, ..order }).ok();
        }
        Act::Quote { seat, half, lots } => {
            let at = |offset: i32| mark.saturating_add_signed(offset);
            world
                .quote(seat, &[(at(-half), lots), (at(-half - 9), lots)], &[(at(half), lots), (at(half + 9), lots)])
                .ok();
        }
        Act::CancelAll { seat } => world.cancel_all(seat, world.near).unwrap(),
        Act::Wait { seconds } => world.now = world.now.later(seconds),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// B6: in the phase nothing crosses and nothing is locked, whatever is sent in whatever order; then the same book
    /// trades.
    #[test]
    fn nothing_crosses_before_the_book_opens(
        before in prop::collection::vec(act(), 0..20),
        acts in prop::collection::vec(act(), 1..60),
        reprices in any::<bool>(),
    ) {
        let mut world = World::new(6);
        for act in &before {
            play(&mut world, 2_600, act);
        }
        world.now = Seconds(MONDAY + DAY);
        world.at(PRINT_DUE);
        if reprices {
            world.settle_day(275_000).unwrap();
        }
        let (mark, opens) = (world.month(world.near).settle.0, world.opens_at(world.near));
        let traded = fills(&world);
        for act in &acts {
            play(&mut world, mark, act);
            world.check();
            if world.now < opens {
                prop_assert_eq!(fills(&world), traded);
            }
        }
        world.now = world.now.max(opens);
        for act in &acts {
            play(&mut world, mark, act);
            world.check();
        }
    }
}
