//! A ninth attack, on the mends of the eighth: cash that trades move, takeovers after the last trading time.

use crate::eighth_attack::near_its_end;
use crate::fourth_attack::marks;
use crate::rests::{owed, waiting};
use crate::third_attack::default_of;
use crate::world::{CASH, TPI, World, dice};
use sit_engine::calendar::{DAY, Day};
use sit_engine::clearing::opening::{OPENING_SECONDS, PRINT_DUE};
use sit_engine::clearing::{self, ClearingError, Instrument, Place, Policy, Store, peers::Given};
use sit_engine::units::{Seat, Side};

const ALL: [u32; 8] = [0, 1, 2, 3, 4, 5, 6, 7];
const DOLLAR: i128 = 1_000_000;

/// What a seat has, with what it is owed at the settlement marks, in dollars.
fn has(world: &mut World, seat: u32) -> i128 {
    let account = world.account(seat);
    let mut sum = i128::from(account.cash);
    for position in account.positions() {
        let curve = world.house.curve(position.instrument.product()).unwrap();
        let month = curve.month(position.instrument).unwrap();
        sum += i128::from(position.variation(month.settle).0) * i128::from(month.tick_value.0);
    }
    sum / DOLLAR
}

/// Seat 0 is short 2,000 lots of a month that seats 1 and 2 hold, and long `lots` of one that has expired, bought from
/// seat 5, and is bankrupt by a print. With `late` that print is the last of the expired month's window, and comes
/// after its last trading time. Seat 6, a friend, takes the expired lots over `after` so many seconds, or nobody does.
/// Returns what seats 6, 1, 2, 0 and the fund have in the end.
fn expired(lots: u32, late: bool, print: u32, after: Option<u32>) -> [i128; 5] {
    let mut world = World::new(8);
    world.fund(250_000_000_000, 2_500);
    let other = near_its_end(&mut world, u32::from(late));
    let near = world.near;
    let mark = world.settle_mark(near);
    for seat in [1, 2] {
        world.trade(near, 0, seat, mark, 1_000);
    }
    let mark = world.settle_mark(other);
    world.trade(other, 5, 0, mark, lots);
    world.withdraw_all(0);
    world.now = world.now.later(DAY);
    if late {
        // A move of more than a quarter has to be confirmed four hours later: after 16:00, the last trading time.
        world.at(PRINT_DUE + 900);
        let now = world.now;
        let index = Given { validity: Some(sit_engine::oracle::Validity::NeedsConfirmation), ..Given::default() };
        world.house.transact(|house| clearing::note_index(house, &index, now, TPI)).unwrap();
        world.now = world.month(other).expiry.later(960);
        let (now, day) = (world.now, Day::of(world.now));
        let sum = u64::from(4 * 260_000 + print);
        let averaging = Some(sit_engine::oracle::Averaging { sum, samples: 5, window: 5 });
        let given = Given { averaging, ..Given::print(day, print) };
        world.house.transact(|house| clearing::settle_day(house, &given, now, TPI)).unwrap();
    } else {
        world.at(PRINT_DUE);
        world.settle_day(print).unwrap();
    }
    // The average of five days, or of the five before.
    let price = if late { (4 * 260_000 + print) / 5 } else { 260_000 };
    world.settle(near, &[0]).unwrap();
    world.start_liquidation(0).unwrap();
    // A keeper takes over what trades.
    world.bid_for(4, 0, near, 2_000).unwrap();
    world.settle(near, &[0]).unwrap();
    let end = |world: &mut World, month| {
        world.cover_in(Seat(0), month).ok();
        world.write_off(0, month).ok();
        world.allocate(month, &ALL).ok();
    };
    if let Some(after) = after {
        world.now = world.now.later(after);
        world.bid_for(6, 0, other, lots).ok();
        end(&mut world, near);
    }
    world.now = world.now.later(6 * 3_600);
    world.end(other, price).unwrap();
    for _ in 0..5 {
        world.now = world.now.later(OPENING_SECONDS);
        for month in [other, near] {
            world.settle(month, &ALL).unwrap();
        }
        for month in [near, other] {
            end(&mut world, month);
        }
    }
    world.settle(near, &ALL).unwrap();
    world.check();
    let fund = i128::from(world.house.ledger().fund) / DOLLAR;
    let [friend, one, two, loser] = [6, 1, 2, 0].map(|seat| has(&mut world, seat));
    [friend, one, two, loser, fund]
}

fn no_friend_takes(lots: u32, late: bool, print: u32, after: u32) {
    let fair = expired(lots, late, print, None);
    let told = expired(lots, late, print, Some(after));
    let gains = [0, 1, 2, 3, 4].map(|place| told[place] - fair[place]);
    assert!(gains[0] < 5, "friend, winners, seat 0 and fund: {gains:?} USD");
}

#[test]
fn a_friend_gets_nothing_of_an_expired_month_whose_price_is_known() {
    no_friend_takes(2_000, false, 470_000, 0);
}

#[test]
fn a_friend_gets_nothing_of_an_expired_month_whose_price_is_known_later() {
    no_friend_takes(2_000, false, 470_000, 900);
}

#[test]
fn a_friend_gets_nothing_of_an_expired_month_by_a_print_after_its_end() {
    no_friend_takes(2_000, true, 470_000, 0);
}

#[test]
fn a_friend_gets_nothing_of_an_expired_month_by_a_smaller_print_after_its_end() {
    no_friend_takes(2_000, true, 390_000, 0);
}

#[test]
fn a_friend_gets_nothing_of_an_expired_month_by_a_print_after_its_end_large() {
    no_friend_takes(4_000, true, 470_000, 0);
}

/// By what the expired month will pay seat 0 has more than it owes.
#[test]
fn who_is_solvent_by_a_known_final_price_loses_nothing_to_a_stranger() {
    no_friend_takes(6_000, true, 470_000, 0);
}

/// Winners of the near month wait for a default. Seat 5 is short in another product, whose print is due and known; it
/// may not withdraw. With seat 6, a friend, it buys high and sells low, and the friend takes the cash out. Returns what
/// both have, and the winner of the other product.
fn escapes(held: bool, cycles: u32, away: u32) -> [i128; 2] {
    let mut other = Instrument(0);
    let mut open = |world: &mut World| {
        other = world.second_product(2);
        world.trade(other, 5, 7, 2_600, 1_500);
    };
    let mut world = if held {
        let mut world = default_of(8, open);
        let near = world.near;
        world.start_liquidation(0).unwrap();
        world.bid(4, 0, 2_000).unwrap();
        world.settle(near, &[0]).unwrap();
        world
    } else {
        let mut world = World::new(8);
        open(&mut world);
        world.now = world.now.later(DAY - OPENING_SECONDS);
        world.settle_day(470_000).unwrap();
        world
    };
    let near = world.near;
    world.at(PRINT_DUE + 300);
    assert_eq!(world.withdraw(5, 1_000_000), Err(ClearingError::Opening));
    let mark = world.settle_mark(near);
    for cycle in 0..cycles {
        let lots = match cycle {
            0..12 => 1_000,
            12..20 => 250,
            _ => 50,
        };
        let step = |world: &mut World| -> Result<(), ClearingError> {
            world.sell(6, mark + away, lots)?;
            let buy = Place { policy: Policy::FillOrKill, ..world.order(5, Side::Buy, mark + away, lots) };
            world.place(buy)?;
            world.buy(6, mark - away, lots)?;
            let sell = Place { policy: Policy::FillOrKill, ..world.order(5, Side::Sell, mark - away, lots) };
            world.place(sell).map(|_| ())
        };
        if step(&mut world).is_err() {
            world.cancel_all(6, near).ok();
        }
    }
    world.settle(near, &ALL).unwrap();
    let out = i128::from(world.withdraw_all(6)) / DOLLAR;
    let (now, day) = (world.now, Day::of(world.now));
    let print = Given::print(day, 470_000);
    world.house.transact(|house| clearing::settle_day(house, &print, now, other.product())).unwrap();
    world.settle(other, &[5]).unwrap();
    world.now = world.now.later(OPENING_SECONDS);
    world.settle(other, &[7]).unwrap();
    world.check();
    [has(&mut world, 5).max(0) + has(&mut world, 6) + out, i128::from(world.account(7).cash) / DOLLAR]
}

fn nobody_escapes(held: bool) {
    let (fair, told) = (escapes(held, 0, 0), escapes(held, 40, 235));
    let [coalition, winner] = [0, 1].map(|place| told[place] - fair[place]);
    assert!(coalition < 5, "coalition {coalition:+}, winner of the other product {winner:+} USD");
}

#[test]
#[ignore = "open: docs/book/src/findings-ninth.md"]
fn cash_does_not_flee_a_print_of_another_product_while_winners_wait() {
    nobody_escapes(true);
}

#[test]
#[ignore = "open: docs/book/src/findings-ninth.md"]
fn cash_does_not_flee_a_print_of_another_product() {
    nobody_escapes(false);
}

/// Seat 0 is short 2,000 lots of the near month, seats 1 (a friend) and 2 hold them. It has profit of the running day
/// in another product, from a friend on seat 5, whose print comes later: so it is not insolvent, and no winner waits.
/// Seat 1 sells to the maker 3 at today's price, before the other product's print takes the profit away or
/// `afterwards`. A keeper acts in every block; one that `knows` that print buys nothing there. Returns what seats 1,
/// 3, 2 and 5 have.
fn behind_a_profit(knows: bool, afterwards: bool) -> [i128; 4] {
    let mut world = World::new(8);
    world.fund(250_000_000_000, 2_500);
    let other = world.second_product(2);
    let near = world.near;
    for seat in [1, 2] {
        world.trade(near, 0, seat, 2_600, 1_000);
    }
    for seat in [0, 1, 3, 5] {
        world.deposit(seat, 3 * CASH);
    }
    // Fifteen percent below the mark.
    world.trade(other, 5, 0, 2_600 - 390, 4_000);
    world.withdraw_all(0);
    world.now = world.now.later(DAY);
    world.at(PRINT_DUE + 60);
    world.settle_day(515_000).unwrap();
    let keep = |world: &mut World, blocks| {
        for _ in 0..blocks {
            world.settle(near, &[0]).unwrap();
            world.settle(other, &[0, 5]).ok();
            world.start_liquidation(0).ok();
            world.bid_for(4, 0, near, 2_000).ok();
            let printed = Day(world.house.curve(other.product()).unwrap().index_day) >= Day::of(world.now);
            if printed || !knows {
                world.bid_for(4, 0, other, 4_000).ok();
            }
            world.report_deficit(0).ok();
            world.settle(near, &[0]).unwrap();
            world.cover(0).ok();
            world.write_off(0, near).ok();
            world.allocate(near, &ALL).ok();
            world.now = world.now.later(6);
        }
    };
    keep(&mut world, 22);
    let price = world.settle_mark(near) - 235;
    let sell = |world: &mut World| {
        world.buy(3, price, 5_000).unwrap();
        let order = Place { policy: Policy::ImmediateOrCancel, ..world.order(1, Side::Sell, price, 5_000) };
        assert_eq!(world.place(order).unwrap().filled.0, 5_000);
    };
    if !afterwards {
        sell(&mut world);
    }
    keep(&mut world, 50);
    let (now, day) = (world.now, Day::of(world.now));
    let print = Given::print(day, 208_000);
    world.house.transact(|house| clearing::settle_day(house, &print, now, other.product())).unwrap();
    keep(&mut world, 101);
    world.settle_all();
    if afterwards {
        sell(&mut world);
    }
    world.check();
    let far = world.settle_mark(world.far);
    marks(&mut world, price, far);
    world.settle_all();
    world.settle_all();
    world.settle(other, &ALL).unwrap();
    [1, 3, 2, 5].map(|seat| has(&mut world, seat))
}

fn no_claim_is_handed_on(knows: bool) {
    let (fair, told) = (behind_a_profit(knows, true), behind_a_profit(knows, false));
    let gains = [0, 1, 2, 3].map(|place| told[place] - fair[place]);
    assert!(gains[0] < 5 && gains[1] > -5, "thief, maker, other winner and friend: {gains:?} USD");
}

#[test]
#[ignore = "open: docs/book/src/findings-ninth.md"]
fn a_profit_of_the_running_day_in_another_product_hands_on_no_claim() {
    no_claim_is_handed_on(true);
}

#[test]
fn a_profit_of_the_running_day_in_another_product_hands_on_no_claim_where_all_is_taken_over() {
    no_claim_is_handed_on(false);
}

/// While winners wait no order moves what anybody is owed or owes at the settlement mark, whoever trades, however many
/// fills a message has and however it ends; what it costs beyond fees is what the other side has. Nobody who rests or
/// takes is left below initial margin by more than before.
#[test]
fn no_order_moves_a_claim_while_winners_wait() {
    let (mut filled, mut refused) = (0, 0);
    for run in 1..400 {
        let mut dice = dice(run);
        let mut world = waiting();
        let mark = world.settle_mark(world.near);
        for seat in [3, 5, 6] {
            let cash = u64::from(dice(400)) * 1_000_000_000;
            world.set_cash(seat, cash, 7);
        }
        world.set_cash(1, u64::from(dice(300)) * 1_000_000_000 + 160_000_000_000, 7);
        for _ in 0..60 {
            let seat = [1, 2, 3, 5, 6, 7][dice(6) as usize];
            let side = if dice(2) == 0 { Side::Buy } else { Side::Sell };
            let price = mark * (90 + dice(21)) / 100 + dice(40);
            let lots = 1 + dice(400);
            let policy = [Policy::Rest, Policy::ImmediateOrCancel, Policy::FillOrKill][dice(3) as usize];
            let reduce_only = dice(5) == 0;
            let owed = ALL.map(|seat| owed(&mut world, seat));
            let cash: Vec<u64> = ALL.iter().map(|seat| world.account(*seat).cash).collect();
            let healths = ALL.map(|seat| world.health(seat));
            let order = Place { policy, reduce_only, ..world.order(seat, side, price, lots) };
            match world.place(order) {
                Ok(placed) => filled += placed.filled.0,
                Err(_) => {
                    refused += 1;
                    let after: Vec<u64> = ALL.iter().map(|seat| world.account(*seat).cash).collect();
                    assert_eq!(after, cash, "what is refused moves nothing");
                }
            }
            assert_eq!(owed, ALL.map(|seat| crate::rests::owed(&mut world, seat)), "run {run}");
            for (seat, old) in (0..).zip(&healths) {
                let new = world.health(seat);
                assert!(new.meets_initial() || new.shortfall() <= old.shortfall(), "run {run} seat {seat}");
            }
            world.check();
        }
    }
    assert!(filled > 100_000 && refused > 1_000, "{filled} lots filled, {refused} orders refused");
}
