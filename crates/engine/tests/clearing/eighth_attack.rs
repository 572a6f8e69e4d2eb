//! An eighth attack, on the mends of the seventh: claims that no trade delays, waits that outlast a settlement, and
//! delegates.

use crate::fourth_attack::marks;
use crate::rests::{waiting, without_cash};
use crate::third_attack::{default_of, the_next_settlement, worth};
use crate::world::{CASH, TICK_VALUE, TPI, World};
use sit_engine::calendar::{DAY, Day};
use sit_engine::chain::Env;
use sit_engine::clearing::opening::{OPENING_SECONDS, PRINT_DUE, PRINT_WAIT};
use sit_engine::clearing::{
    self, ClearingError, Delegate, Event, Guard, Instrument, Place, Policy, Store, Trigger, peers::Given,
};
use sit_engine::units::{Lots, Seat, Seconds, Side, Ticks};

const ALL: [u32; 8] = [0, 1, 2, 3, 4, 5, 6, 7];
const DOLLAR: i128 = 1_000_000;

/// When seat 1 sells to the maker, who bids for what the month is worth to them today.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Sells {
    BeforeTheLossIsAllocated,
    Afterwards,
}

/// Seat 0 is bankrupt, and seats 1 and 2 are its winners. Seat 3, a maker who has traded nothing yet, bids `away` ticks
/// below the settlement mark, where the next day's mark will be. Returns what seats 1, 2 and 3 have in the end.
fn sold_to_a_maker(when: Sells, away: u32, lots: u32, prompt: bool, maker: u32) -> [i128; 3] {
    let mut world = default_of(8, |_| ());
    let near = world.near;
    world.start_liquidation(0).unwrap();
    for seat in [1, maker] {
        world.deposit(seat, 3 * CASH);
    }
    let mark = world.settle_mark(near);
    let price = mark - away;
    let sell = |world: &mut World| {
        world.buy(maker, price, lots).unwrap();
        let order = Place { policy: Policy::ImmediateOrCancel, ..world.order(1, Side::Sell, price, lots) };
        assert_eq!(world.place(order).unwrap().filled.0, lots);
    };
    let resolve = |world: &mut World| {
        world.bid(4, 0, 2_000).unwrap();
        world.settle(near, &[0]).unwrap();
        world.cover(0).unwrap();
        assert_eq!(world.allocate(near, &ALL), Ok(0));
        world.settle(near, &ALL).unwrap();
    };
    if prompt {
        resolve(&mut world); // while the book collects
    }
    world.now = world.now.later(OPENING_SECONDS);
    if when == Sells::BeforeTheLossIsAllocated {
        sell(&mut world);
    }
    if !prompt {
        resolve(&mut world);
    }
    world.settle_all();
    if when == Sells::Afterwards {
        sell(&mut world);
    }
    world.check();
    let far = world.settle_mark(world.far);
    marks(&mut world, price, far);
    world.settle_all();
    world.settle_all();
    world.check();
    [1, 2, 3].map(|seat| worth(&mut world, seat))
}

/// Seats 0 and 1 may well be one person's. What the one owes the other is worth what an allocation leaves of it; sold
/// to a maker at a price below the mark it is worth all that it says, and the maker bears the loss of yesterday.
fn nobody_else_bears(away: u32, lots: u32, prompt: bool, maker: u32) {
    let fair = sold_to_a_maker(Sells::Afterwards, away, lots, prompt, maker);
    let told = sold_to_a_maker(Sells::BeforeTheLossIsAllocated, away, lots, prompt, maker);
    let [thief, winner, maker] = [0, 1, 2].map(|seat| (told[seat] - fair[seat]) / DOLLAR);
    println!("{lots} lots, {away} ticks: thief {thief:+}, other winner {winner:+}, maker {maker:+} USD");
    assert!(thief < 5 && maker > -5, "thief {thief:+}, other winner {winner:+}, maker {maker:+} USD");
}

#[test]
fn who_buys_at_todays_price_bears_no_default_of_yesterday() {
    nobody_else_bears(141, 1_000, false, 3); // 3 % away, and no more than what seat 1 holds
}

#[test]
fn who_buys_at_todays_price_bears_no_default_of_yesterday_large() {
    nobody_else_bears(235, 5_000, false, 3); // 5 %, and seat 1 goes short
}

/// The maker may wait for the same default: what they are paid in cash, or in claims, they bear for as well.
#[test]
fn who_waits_and_buys_at_todays_price_bears_no_more_of_the_default() {
    nobody_else_bears(235, 2_000, false, 2);
}

/// So many days before the near month expires: the other one is in its place from here on. Returns the one that
/// expires.
pub fn near_its_end(world: &mut World, days: u32) -> Instrument {
    (world.near, world.far) = (world.far, world.near);
    world.now = Seconds(world.month(world.far).expiry.0 - days * DAY);
    world.at(PRINT_DUE);
    world.settle_day(260_000).unwrap();
    world.after_the_opening();
    world.far
}

/// What keeps a keeper of every block from ending the default before the book opens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Tie {
    Nothing,
    /// A lot in a product whose print comes ten minutes later: until then nothing is taken over there that leaves the
    /// account worse.
    OtherProduct,
    /// A lot in a month that has expired the day before and waits for its final price: nothing is taken over there.
    ExpiredMonth,
}

/// Both sides of 2,000 lots are one person's; a gap goes past all margin. A keeper who acts in every block has the lots
/// taken over at once. Returns what the coalition and the maker have won.
fn both_sides(when: Sells, tie: Tie) -> [i128; 2] {
    let mut world = World::new(8);
    world.fund(250_000_000_000, 2_500);
    let mut other = world.second_product(2);
    if tie == Tie::ExpiredMonth {
        other = near_its_end(&mut world, 0);
    }
    let near = world.near;
    let mark = world.settle_mark(near);
    world.trade(near, 0, 1, mark, 2_000);
    if tie != Tie::Nothing {
        let mark = if tie == Tie::ExpiredMonth { world.settle_mark(other) } else { 2_600 };
        world.trade(other, 5, 0, mark, 1);
    }
    let taken_out = world.withdraw_all(0);
    for seat in [1, 3] {
        world.deposit(seat, 3 * CASH);
    }
    world.now = world.now.later(DAY);
    world.at(PRINT_DUE + 240);
    world.settle_day(470_000).unwrap();
    let price = world.settle_mark(near) * 19 / 20;
    let (mut counted, mut sold, mut blocks) = (false, false, 0);
    for block in 0..200 {
        // The keeper of every block.
        world.start_liquidation(0).ok();
        world.bid_for(4, 0, near, 2_000).ok();
        if tie != Tie::Nothing {
            world.bid_for(4, 0, other, 1).ok();
        }
        world.settle(near, &[0]).unwrap();
        if tie == Tie::ExpiredMonth {
            world.settle(other, &[5, 0]).unwrap();
        }
        world.cover(0).ok();
        if world.allocate(near, &ALL).is_ok() {
            (counted, blocks) = (true, block);
        }
        world.settle(near, &ALL).unwrap();
        // The book opens after twenty blocks.
        let opens = world.opens_at(near);
        let early = when == Sells::BeforeTheLossIsAllocated && world.now >= opens;
        if !sold && (early || (counted && block > 150)) {
            let order = Place { policy: Policy::ImmediateOrCancel, ..world.order(1, Side::Sell, price, 5_000) };
            world.buy(3, price, 5_000).unwrap();
            assert_eq!(world.place(order).unwrap().filled.0, 5_000);
            sold = true;
        }
        world.now = world.now.later(6);
        let (now, day) = (world.now, Day::of(world.now));
        match tie {
            Tie::OtherProduct if block == 100 => {
                let print = Given::print(day, 260_000);
                world.house.transact(|house| clearing::settle_day(house, &print, now, other.product())).unwrap();
            }
            Tie::ExpiredMonth if block == 100 => {
                world.end(other, 260_000).unwrap();
            }
            _ => {}
        }
    }
    assert!(sold && counted);
    println!("{tie:?} {when:?}: allocated in block {blocks}");
    let far = world.settle_mark(world.far);
    marks(&mut world, price, far);
    world.settle_all();
    world.settle_all();
    let coalition = worth(&mut world, 0) + worth(&mut world, 1) + i128::from(taken_out);
    [coalition - 5 * i128::from(CASH), worth(&mut world, 3) - 4 * i128::from(CASH)]
}

fn both_sides_are_worth_no_more(tie: Tie) {
    let fair = both_sides(Sells::Afterwards, tie).map(|amount| amount / DOLLAR);
    let told = both_sides(Sells::BeforeTheLossIsAllocated, tie).map(|amount| amount / DOLLAR);
    println!("{tie:?}: coalition and maker: {fair:?} USD without, {told:?} USD with");
    assert!(told[0] - fair[0] < 5, "coalition and maker: {fair:?} USD without, {told:?} USD with");
}

#[test]
fn both_sides_of_a_gap_are_worth_no_more_by_a_lot_in_another_product() {
    both_sides_are_worth_no_more(Tie::OtherProduct);
}

#[test]
fn both_sides_of_a_gap_are_worth_no_more_by_a_lot_in_an_expired_month() {
    both_sides_are_worth_no_more(Tie::ExpiredMonth);
}

#[test]
fn both_sides_of_a_gap_are_worth_no_more_where_a_keeper_bids_in_every_block() {
    both_sides_are_worth_no_more(Tie::Nothing);
}

/// With the loss allocated before the book opens there is nothing to hand on.
#[test]
fn a_loss_that_is_allocated_before_the_book_opens_is_handed_to_nobody() {
    nobody_else_bears(235, 5_000, true, 3);
}

/// Seat 6 defaults in the far month and nobody can take it over. Seats 0 and 3 hold the two sides of a spread against
/// each other, ten lots, and seat 7 has won from seat 5, who has paid. Each noon seats 0 and 3 are reported.
fn renewed(spread: bool) -> u32 {
    let mut world = World::new(8);
    let (near, far) = (world.near, world.far);
    world.trade(far, 6, 0, 2_500, 100);
    world.trade(far, 5, 7, 2_500, 1_000);
    world.trade(near, 0, 1, 2_600, 100);
    if spread {
        world.trade(near, 0, 3, 2_600, 10);
        world.trade(far, 3, 0, 2_500, 10);
        world.withdraw_all(3);
    }
    world.withdraw_all(0);
    world.withdraw_all(6);
    world.now = world.now.later(DAY);
    world.at(PRINT_DUE);
    world.settle_day(470_000).unwrap();
    let now = world.now;
    world.house.transact(|house| clearing::pause(house, now, TPI, Guard::LIQUIDATION)).unwrap();
    world.start_liquidation(6).unwrap();
    for seat in [0, 3, 0, 3] {
        world.report_deficit(seat).ok();
    }
    world.settle(far, &[5]).unwrap();
    let cash = world.account(7).cash;
    let [near_mark, far_mark] = [near, far].map(|month| world.settle_mark(month));
    for day in 1..10 {
        marks(&mut world, near_mark, far_mark);
        world.at(PRINT_DUE);
        for seat in [0, 3] {
            world.report_deficit(seat).ok();
        }
        world.at(PRINT_DUE + PRINT_WAIT);
        for seat in [6, 0, 3, 6, 0, 3] {
            world.report_deficit(seat).ok();
        }
        world.settle(far, &[5, 7]).unwrap();
        world.check();
        if world.account(7).cash > cash {
            return day;
        }
    }
    10
}

#[test]
fn a_default_that_nobody_resolves_holds_nobody_for_two_days() {
    assert_eq!(renewed(false), 1, "paid at 14:00 of the next day that is settled");
    assert_eq!(renewed(true), 1, "a spread of ten lots holds it for ever");
}

/// Rounds are remembered by one byte, and two of them that follow each other look alike.
fn paid_after_the_next_day(round: u16) -> bool {
    let mut world = World::new(8);
    for seat in [1, 2] {
        world.trade(world.near, 0, seat, 2_600, 1_000);
    }
    world.trade(world.near, 5, 7, 2_600, 1_000);
    world.withdraw_all(0);
    let mut curve = world.house.curve(TPI).unwrap();
    curve.round = round - 1;
    world.house.set_curve(TPI, &curve);
    for seat in [0, 1, 2, 5, 7] {
        let mut account = world.account(seat);
        account.position_mut(world.near).unwrap().round = u8::try_from((round - 1) & 0xFF).unwrap();
        world.house.set_account(Seat(seat), &account);
    }
    the_next_settlement(&mut world, 470_000);
    world.start_liquidation(0).unwrap();
    world.settle(world.near, &[5, 0]).unwrap();
    world.now = world.now.later(DAY);
    world.at(PRINT_DUE + 1);
    world.settle_day(470_000).unwrap();
    world.at(PRINT_DUE + PRINT_WAIT + 60);
    let cash = world.account(1).cash;
    world.settle(world.near, &[1]).unwrap();
    world.account(1).cash > cash
}

#[test]
fn a_wait_ends_in_every_round() {
    assert!(paid_after_the_next_day(100));
    assert!(paid_after_the_next_day(254));
    assert!(paid_after_the_next_day(256));
    assert!(paid_after_the_next_day(255), "the round after 255 is 0, which looks like it");
}

/// A maker with profit of the running day, who bids above the mark and far below it, with the least cash for both.
#[test]
fn no_fill_leaves_the_maker_below_initial_margin() {
    for claim in [false, true] {
        let mut world = waiting();
        let near = world.near;
        let mut curve = world.house.curve(TPI).unwrap();
        curve.month_mut(near).unwrap().slow = Ticks(4_700);
        world.house.set_curve(TPI, &curve);
        world.trade(near, 6, 5, 4_000, 1_000);
        let (mut low, mut high) = (0, CASH);
        // The level far below goes first, for it pays for the other one.
        let both = |world: &mut World| {
            let placed =
                world.buy(5, 4_000, 100).is_ok() && world.buy(5, 5_300, 100).is_ok() && world.health(5).meets_initial();
            if !placed {
                world.cancel_all(5, near).unwrap();
            }
            placed
        };
        while low < high {
            let cash = low + (high - low) / 2;
            world.set_cash(5, cash, 7);
            if world.health(5).meets_initial() && both(&mut world) {
                world.cancel_all(5, near).unwrap();
                high = cash;
            } else {
                low = cash + 1;
            }
        }
        world.set_cash(5, high, 7);
        assert!(both(&mut world));
        assert!(world.health(5).meets_initial());
        let taker = if claim { 1 } else { 3 };
        let order = Place { policy: Policy::ImmediateOrCancel, ..world.order(taker, Side::Sell, 5_300, 100) };
        let (told, cash) = (world.house.events.len(), world.account(5).cash);
        let filled = world.place(order).unwrap().filled.0;
        // What is told is what was paid, also where the order was dropped after all.
        let paid = world.house.events[told..].iter().map(|event| match event {
            Event::Settled { seat: Seat(5), paid, .. } => i128::from(paid.0) * i128::from(TICK_VALUE),
            Event::Filled { maker: Seat(5), maker_fee, .. } => -i128::from(*maker_fee),
            _ => 0,
        });
        assert_eq!(paid.sum::<i128>(), i128::from(world.account(5).cash) - i128::from(cash), "filled {filled}");
        let health = world.health(5);
        let mut alone = World { house: world.house.clone(), ..world };
        alone.cancel_all(5, near).unwrap();
        let without = alone.health(5).shortfall().0 / DOLLAR;
        println!(
            "claim {claim}: filled {filled}, missing {} USD, {without} without orders",
            health.shortfall().0 / DOLLAR
        );
        assert!(health.meets_initial(), "missing {} USD", health.shortfall().0 / DOLLAR);
        world.check();
    }
}

/// Somebody without cash, who owes nothing and is short ten lots, shows eighty orders of a lot that only close, a tick
/// and more above the mark. Whoever waits for a default drops them one by one, and meets the honest bid with a second
/// message; each order has cost its owner an order's margin, and is gone.
#[test]
fn eighty_orders_that_nobody_can_take_cost_who_waits_a_second_message() {
    let mut world = waiting();
    let (near, far) = (world.near, world.far);
    world.trade(near, 5, 6, 4_700, 10);
    for order in 0..80 {
        let price = 4_701 + order / 2;
        world.place(Place { reduce_only: true, ..world.order(5, Side::Buy, price, 1) }).unwrap();
    }
    world.buy(3, 4_700, 10).unwrap();
    without_cash(&mut world, far);
    let sell = Place { policy: Policy::ImmediateOrCancel, ..world.order(1, Side::Sell, 4_700, 10) };
    let mut tries = 1;
    while world.place(sell).unwrap().filled.0 == 0 {
        tries += 1;
    }
    world.check();
    assert_eq!(tries, 2, "messages until the honest bid: one passes eighty orders, whatever becomes of them");
}

/// A robot has set the stop of one account; another key may trade a lot a day for another account of the owner. One lot
/// at the touch, and the stop finds nobody, for as long as the lot stands: until any seller has taken it.
#[test]
fn a_lot_of_one_delegate_stands_before_the_stop_of_another_until_it_is_taken() {
    let mut world = World::new(4);
    let other = world.open_sub(0, 1, CASH);
    world.trade(world.near, 1, 0, 2_600, 500);
    let (robot, key) = ([0x66; 20], [0x77; 20]);
    let env = world.env(0);
    for (seat, address, lots) in [(Seat(0), robot, 500), (other, key, 1)] {
        let delegate = Delegate::new(Lots(lots), Seconds(u32::MAX), [].into_iter()).unwrap().within_a_day(Lots(lots));
        clearing::set_delegate(&mut world.house, env, seat, address, &delegate).unwrap();
    }
    let stop = Trigger { reduce_only: true, ..world.stop(true, 2_590, 500) };
    let by_robot = Env { caller: robot, now: world.now };
    world.house.transact(|house| clearing::set_trigger(house, by_robot, Seat(0), 0, stop)).unwrap();
    world.next_day(234_000).unwrap();
    let mark = world.settle_mark(world.near);
    world.buy(2, mark - 5, 1_000).unwrap();
    let by_key = Env { caller: key, now: world.now };
    let order = Place { seat: other, ..world.order(0, Side::Buy, mark - 4, 1) };
    world.house.transact(|house| clearing::place(house, by_key, order)).unwrap();
    let filled = world.execute(3, 0, 0).map(|(placed, _)| placed.filled.0);
    assert_eq!(filled, Err(ClearingError::NotFilled), "until somebody has sold the lot");
    world.sell(3, mark - 4, 1).unwrap();
    let filled = world.execute(3, 0, 0).map(|(placed, _)| placed.filled.0);
    assert_eq!(filled, Ok(500));
}

/// Seat 0 owes in a month, and holds a lot in one that expired the day before and whose final price somebody disputes
/// with a bond: a keeper of every hour can end nothing until it is there. `first` is settled first when the wait ends;
/// without, nobody is before the final price. Returns what the two winners have.
fn behind_a_dispute(first: Option<u32>) -> [i128; 2] {
    let mut world = World::new(8);
    let other = near_its_end(&mut world, 0);
    let near = world.near;
    let mark = world.settle_mark(near);
    for seat in [1, 2] {
        world.trade(near, 0, seat, mark, 1_000);
    }
    let mark = world.settle_mark(other);
    world.trade(other, 5, 0, mark, 1);
    world.withdraw_all(0);
    world.now = world.now.later(DAY);
    world.at(PRINT_DUE);
    world.settle_day(470_000).unwrap();
    let keep = |world: &mut World| {
        world.start_liquidation(0).ok();
        world.bid_for(4, 0, near, 2_000).ok();
        world.bid_for(4, 0, other, 1).ok();
        world.settle(near, &[0]).unwrap();
        world.settle(other, &[5, 0]).unwrap();
        world.cover_in(Seat(0), near).ok();
        world.write_off(0, near).ok();
        world.allocate(near, &ALL).ok();
    };
    for _ in 0..24 {
        keep(&mut world);
        world.now = world.now.later(3_600);
    }
    let [near_mark, far_mark] = [near, other].map(|month| world.settle_mark(month));
    let mut curve = world.house.curve(TPI).unwrap();
    curve.round += 1;
    curve.index_day += 1;
    world.house.set_curve(TPI, &curve);
    assert_eq!([near, other].map(|month| world.settle_mark(month)), [near_mark, far_mark]);
    world.at(PRINT_DUE + PRINT_WAIT - 6);
    keep(&mut world);
    world.settle(near, &[1, 2]).unwrap();
    world.at(PRINT_DUE + PRINT_WAIT);
    if let Some(first) = first {
        world.settle(near, &[first]).unwrap();
    }
    keep(&mut world);
    world.now = world.now.later(3_600);
    world.end(other, 260_000).unwrap();
    world.now = world.now.later(OPENING_SECONDS);
    for _ in 0..2 {
        keep(&mut world);
        world.settle(near, &ALL).unwrap();
    }
    [1, 2].map(|seat| worth(&mut world, seat))
}

/// A known limit (`docs/book/src/findings-eighth.md`).
#[test]
fn a_disputed_final_price_decides_who_bears_a_default() {
    let fair = behind_a_dispute(None);
    let first = |seat| {
        let told = behind_a_dispute(Some(seat));
        [0, 1].map(|place| (told[place] - fair[place]) / DOLLAR)
    };
    assert_eq!([first(1), first(2)], [[77_828, -74_493], [-74_493, 77_828]]);
}
