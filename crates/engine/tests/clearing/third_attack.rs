//! What a third attack, on the wait of winners, found (`docs/book/src/findings-third.md`).

use crate::fund::bankrupt;
use crate::migration::{move_house, pause_all};
use crate::world::{TICK_VALUE, TPI, World};
use sit_engine::calendar::{DAY, Day};
use sit_engine::clearing::migrate::export;
use sit_engine::clearing::opening::OPENING_SECONDS;
use sit_engine::clearing::{self, ClearingError, Guard, Instrument, Store, peers::Given};
use sit_engine::units::{Lots, Points, Seat, Side, Ticks};
use sit_native::circles;

const FUND: u64 = 250_000_000_000;

/// Seat 0 sells 1,000 lots of the near month to seat 1 and as many to seat 2.
pub fn sell_to_two(world: &mut World) {
    for seat in [1, 2] {
        world.trade(world.near, 0, seat, 2_600, 1_000);
    }
}

/// The index settles the marks of the next day; the book has not opened yet.
pub fn the_next_settlement(world: &mut World, index: u32) {
    world.now = world.now.later(DAY - OPENING_SECONDS);
    world.settle_day(index).unwrap();
}

/// Seat 0 sells 2,000 lots to seats 1 and 2 with no more collateral than it needs, and the index rises by 80 %.
pub fn default_of(accounts: u32, prepare: impl FnOnce(&mut World)) -> World {
    let mut world = World::new(accounts);
    world.fund(FUND, 2_500);
    sell_to_two(&mut world);
    world.withdraw_all(0);
    prepare(&mut world);
    the_next_settlement(&mut world, 470_000);
    world
}

fn cover(world: &mut World, seat: u32, instrument: Instrument) -> bool {
    world.cover_in(Seat(seat), instrument).is_ok()
}

/// What a seat has and is owed in the near month, in quote atoms.
pub fn worth(world: &mut World, seat: u32) -> i128 {
    let (near, mark) = (world.near, Ticks(world.settle_mark(world.near)));
    let account = world.account(seat);
    let owed = account.position(near).map_or(0, |position| position.variation(mark).0);
    i128::from(account.cash) + i128::from(owed) * i128::from(TICK_VALUE)
}

/// The default is taken over, covered and allocated.
fn resolve(world: &mut World) {
    let near = world.near;
    world.start_liquidation(0).ok();
    assert_eq!(world.bid(4, 0, 2_000).unwrap().1, Lots(2_000));
    world.settle(near, &[0]).unwrap();
    assert!(cover(world, 0, near));
    world.allocate(near, &[0, 1, 2, 3, 4]).unwrap();
    world.settle_all();
    world.settle_all();
    world.check();
}

/// While liquidations are paused nobody can be taken over, and an insolvent account is reported all the same.
fn paused(first: u32) -> [i128; 2] {
    let mut world = default_of(6, |_| ());
    let (now, near) = (world.now, world.near);
    world.house.transact(|house| clearing::pause(house, now, TPI, Guard::LIQUIDATION)).unwrap();
    world.start_liquidation(0).unwrap();
    assert_eq!(world.bid(4, 0, 2_000), Err(ClearingError::Paused));
    world.now = world.now.later(OPENING_SECONDS);
    world.settle(near, &[0, first]).unwrap();
    let now = world.now;
    world.house.transact(|house| clearing::unpause(house, now, TPI)).unwrap();
    resolve(&mut world);
    [1, 2].map(|seat| worth(&mut world, seat))
}

#[test]
fn while_liquidations_are_paused_nobody_is_paid_first() {
    assert_eq!(paused(1), paused(2), "who settles first bears as much");
}

/// A default that has been reported, in a house whose accounts then move on: whoever sends the bankrupt ahead ends the
/// wait of the winners who are left.
#[test]
fn an_insolvent_account_that_leaves_first_ends_no_wait() {
    let mut world = default_of(6, |_| ());
    let near = world.near;
    world.start_liquidation(0).unwrap();
    world.settle(near, &[0]).unwrap();
    pause_all(&mut world);
    world.now = world.now.later(OPENING_SECONDS);
    let before = world.account(1).cash;
    world.settle(near, &[1]).unwrap();
    assert_eq!(world.account(1).cash, before, "reported: winners wait");
    let env = world.env(3);
    world.house.transact(|house| export(house, env, Seat(0), 0)).unwrap();
    world.settle(near, &[1]).unwrap();
    assert_eq!(world.account(1).cash, before, "and still, though the bankrupt has gone to the next house");
}

fn moved(order: &[u32], first: u32) -> [i128; 2] {
    let mut world = default_of(6, |_| ());
    let near = world.near;
    world.start_liquidation(0).unwrap();
    world.settle(near, &[0]).unwrap();
    pause_all(&mut world);
    world.now = world.now.later(OPENING_SECONDS);
    let mut next = move_house(&mut world, order);
    std::mem::swap(&mut world.house, &mut next);
    world.settle(near, &[first]).unwrap();
    let now = world.now;
    world.house.transact(|house| clearing::unpause(house, now, TPI)).unwrap();
    resolve(&mut world);
    [1, 2].map(|seat| worth(&mut world, seat))
}

/// The order in which accounts move, or in which they are settled in the new house before anybody can be reported
/// there, decides who bears the loss.
#[test]
fn a_default_that_moves_is_borne_alike_there() {
    let orders =
        [(&[1, 2, 3, 4, 5, 0], 1), (&[1, 2, 3, 4, 5, 0], 2), (&[0, 1, 2, 3, 4, 5], 3), (&[0, 2, 1, 3, 4, 5], 3)];
    let outcomes = orders.map(|(order, first)| moved(order, first));
    assert!(outcomes.iter().all(|outcome| outcome == &outcomes[0]), "{outcomes:?}");
}

/// A keeper who tries everything that ends a default, several times.
pub fn keep(world: &mut World, months: &[Instrument]) {
    let seats: Vec<u32> = (0..8).collect();
    for _ in 0..4 {
        for month in months {
            world.settle(*month, &seats).ok();
            world.allocate(*month, &seats).ok();
            world.settle(*month, &seats).ok();
            for seat in &seats {
                cover(world, *seat, *month);
                world.write_off(*seat, *month).ok();
                world.report_deficit(*seat).ok();
                for other in months {
                    world.bridge(*seat, *month, *other).ok();
                }
            }
        }
        let seats = seats.iter().map(|seat| (Seat(*seat), world.account(*seat))).collect::<Vec<_>>();
        for links in circles(seats.iter().map(|(seat, account)| (*seat, account))) {
            let links: Vec<(u32, Instrument)> = links.into_iter().map(|(seat, month)| (seat.0, month)).collect();
            world.offset_circle(&links).ok();
        }
    }
}

/// Such a keeper, once an hour for twenty hours.
fn keep_for_a_day(world: &mut World, months: &[Instrument]) {
    for _ in 0..20 {
        world.now = world.now.later(3_600);
        keep(world, months);
    }
}

/// The next settlement, at which every wait ends: `first` is settled first, and then a keeper does the rest. What seats
/// 1 and 2 have then.
fn after_the_wait(mut world: World, months: &[Instrument], first: u32) -> [i128; 2] {
    world.now = world.now.later(3 * 3_600);
    world.settle_day(470_000).unwrap();
    world.settle(world.near, &[first]).unwrap();
    for _ in 0..3 {
        world.now = world.now.later(OPENING_SECONDS);
        keep(&mut world, months);
    }
    world.check();
    [1, 2].map(|seat| worth(&mut world, seat))
}

/// Three accounts of a thief owe each other some cents in a circle over three months, each a little more than it is
/// owed, so that all three months wait: `bridge` is refused everywhere, and nobody is bankrupt.
fn circle(first: u32, closed: bool) -> [i128; 2] {
    let mut mid = None;
    let mut world = default_of(8, |world| {
        let month = world.list(TPI, 2, 2_400);
        mid = Some(month);
        let (near, far) = (world.near, world.far);
        // Seat 7 is what the others owe beyond the circle.
        for (debtor, creditor, month) in [(3, 0, far), (5, 3, month), (0, 5, near)] {
            world.owe(debtor, creditor, month, if closed { 10 } else { 0 });
            world.owe(debtor, 7, month, 1);
        }
        for seat in [3, 5] {
            world.set_cash(seat, 0, 7);
        }
    });
    let months = [world.near, world.far, mid.unwrap()];
    let near = world.near;
    for seat in [0, 3, 5] {
        world.start_liquidation(seat).unwrap();
    }
    assert_eq!(world.bid(4, 0, 2_000).unwrap().1, Lots(2_000));
    keep_for_a_day(&mut world, &months);
    let owes = |world: &World| world.account(0).position(near).map_or(0, |position| position.basis.0);
    if !closed {
        assert_eq!(owes(&world), 0, "without the circle the default is over within the hour");
    }
    after_the_wait(world, &months, first)
}

#[test]
fn a_default_beside_no_circle_is_borne_alike() {
    assert_eq!(circle(1, false), circle(2, false));
}

#[test]
fn a_circle_of_three_keeps_no_default_open_until_the_next_settlement() {
    assert_eq!(circle(1, true), circle(2, true));
}

/// The fund has bought a claim in a month whose winners wait now, and whose pool is theirs as much as the fund's.
#[test]
fn the_fund_is_paid_for_its_claim_no_sooner_than_winners() {
    let mut world = bankrupt(2_500);
    let (near, far) = (world.near, world.far);
    world.owe(1, 3, far, 400_000);
    world.set_cash(1, 0, 4);
    world.bridge(1, far, near).unwrap();
    // Somebody else is reported: all winners of the month wait, for whatever comes in.
    world.owe(5, 2, near, 10);
    world.set_cash(5, 0, 4);
    world.start_liquidation(5).unwrap();
    world.deposit(0, 20_000_000_000);
    world.settle(near, &[0, 1]).unwrap();
    let pool = world.house.market(near).unwrap().pool;
    assert!(pool > Points::ZERO, "winners wait");
    world.sweep_fees(near).ok();
    assert_eq!(world.house.market(near).unwrap().pool, pool, "and the fund with them");
}

/// Two bankrupts of one day: seat 0 owes in the near month and is owed in the far one by seat 3, which owes nowhere
/// else. The loss of the far month is resolved at once, and its winners wait on, because seat 0 is insolvent still; and
/// seat 0 is insolvent still, because it waits with them. No thief is needed.
fn two_bankrupts(first: u32, both: bool) -> ([i128; 2], bool) {
    let mut world = World::new(8);
    let (near, far) = (world.near, world.far);
    world.fund(FUND, 2_500);
    sell_to_two(&mut world);
    world.trade(world.far, 3, 0, 2_500, 10);
    world.withdraw_all(0);
    if both {
        world.withdraw_all(3);
    }
    the_next_settlement(&mut world, 470_000);
    world.start_liquidation(0).unwrap();
    world.start_liquidation(3).ok();
    world.bid_for(4, 0, far, 10).unwrap();
    world.bid_for(5, 0, near, 2_000).unwrap();
    if both {
        world.bid_for(4, 3, far, 10).unwrap();
    }
    keep_for_a_day(&mut world, &[near, far]);
    let open = world.account(0).position(near).is_some();
    (after_the_wait(world, &[near, far], first), open)
}

#[test]
fn one_bankrupt_who_is_owed_elsewhere_is_resolved_on_the_day() {
    assert_eq!(two_bankrupts(1, false), two_bankrupts(2, false));
    assert!(!two_bankrupts(1, false).1);
}

#[test]
fn two_bankrupts_do_not_keep_each_other_open() {
    assert!(!two_bankrupts(1, true).1, "resolved within the day");
    assert_eq!(two_bankrupts(1, true).0, two_bankrupts(2, true).0);
}

#[test]
fn two_bankrupts_are_borne_alike() {
    assert_eq!(two_bankrupts(1, true).0, two_bankrupts(2, true).0);
}

/// The same after the final price of the month in which seat 0 owes: a lot in a product in which nobody is liquidated
/// now keeps it from being reported, taken over and covered, and the winners are paid first come, first served.
fn behind_a_lot(first: u32, lots: u32) -> [i128; 2] {
    let mut world = World::new(6);
    let near = world.near;
    let other = world.second_product(2);
    let silent = other.product();
    sell_to_two(&mut world);
    if lots > 0 {
        world.trade(other, 3, 0, 2_600, lots);
    }
    world.withdraw_all(0);
    // The second index falls silent for longer than a long weekend; nothing else happens.
    world.now = world.month(near).expiry;
    world.end(near, 470_000).unwrap();
    world.start_liquidation(0).unwrap();
    world.settle(near, &[0]).unwrap();
    world.now = world.now.later(OPENING_SECONDS);
    world.settle(near, &[first]).unwrap();
    // A day later the second index speaks again, and the default can be resolved.
    let (now, day) = (world.now, Day::of(world.now));
    world.house.transact(|house| clearing::settle_day(house, &Given::print(day, 260_000), now, silent)).unwrap();
    world.now = world.now.later(OPENING_SECONDS);
    world.start_liquidation(0).ok();
    if lots > 0 {
        world.bid_for(4, 0, other, lots).unwrap();
    }
    world.write_off(0, near).unwrap();
    world.allocate(near, &[0, 1, 2]).unwrap();
    world.settle(near, &[0, 1, 2]).unwrap();
    [1, 2].map(|seat| worth(&mut world, seat))
}

#[test]
fn who_has_no_lot_elsewhere_is_reported_after_the_final_price() {
    assert_eq!(behind_a_lot(1, 0), behind_a_lot(2, 0));
}

#[test]
fn a_lot_in_a_silent_product_hides_no_bankrupt_of_a_settled_month() {
    assert_eq!(behind_a_lot(1, 1), behind_a_lot(2, 1));
}

/// A liquidation of seat 0 runs, solvent, when the next settlement makes it insolvent in both months. The first to find
/// that is a `bid` for the lot in the far month.
fn found_by_a_bid(first: u32, bid: bool) -> [i128; 2] {
    let mut world = World::new(6);
    let (near, far) = (world.near, world.far);
    world.fund(FUND, 2_500);
    world.trade(world.far, 0, 3, 2_500, 1);
    sell_to_two(&mut world);
    world.withdraw_all(0);
    world.next_day(286_000).unwrap();
    world.settle_all();
    world.start_liquidation(0).unwrap();
    assert_eq!(world.house.ledger().uncovered, 0, "solvent");
    the_next_settlement(&mut world, 514_000);
    if bid {
        world.bid_for(3, 0, far, 1).unwrap(); // the accomplice, in the block of the settlement
    }
    assert_eq!(world.start_liquidation(0).is_ok(), !bid);
    world.report_deficit(0).unwrap();
    assert!(world.house.ledger().uncovered > 0, "reported");
    world.now = world.now.later(OPENING_SECONDS);
    world.settle(near, &[0, first]).unwrap();
    if !bid {
        world.bid_for(4, 0, far, 1).unwrap();
    }
    resolve(&mut world);
    [1, 2].map(|seat| worth(&mut world, seat))
}

#[test]
fn an_insolvency_found_by_a_report_holds_every_month() {
    assert_eq!(found_by_a_bid(1, false), found_by_a_bid(2, false));
}

#[test]
fn an_insolvency_found_by_a_bid_holds_every_month_in_which_the_account_owes() {
    assert_eq!(found_by_a_bid(1, true), found_by_a_bid(2, true));
}

/// Seat 0 has been reported for some dollars on one day, and loses a thousand times as much on the next one.
fn worse_the_day_after(first: u32) -> [i128; 2] {
    let mut world = World::new(6);
    let near = world.near;
    world.fund(FUND, 2_500);
    sell_to_two(&mut world);
    world.set_cash(0, 260 * 2_000 * u64::from(TICK_VALUE) - 100_000_000, 5);
    world.next_day(286_000).unwrap();
    world.settle_all();
    world.start_liquidation(0).unwrap();
    assert_eq!(world.house.ledger().uncovered, 100_000_000, "a hundred dollars");
    the_next_settlement(&mut world, 400_000);
    world.start_liquidation(0).unwrap();
    world.now = world.now.later(OPENING_SECONDS);
    let before = world.account(first).cash;
    world.settle(near, &[0, first]).unwrap();
    let held = world.house.market(near).unwrap().holds_in(world.house.curve(TPI).unwrap().short_round());
    assert!(held, "{} of {before}", world.account(first).cash);
    [1, 2].map(|seat| worth(&mut world, seat))
}

#[test]
fn a_default_that_grows_holds_the_winners_of_its_day() {
    worse_the_day_after(1);
}

/// Two accounts of one lot each hold all winners of two months for a day, though every other debtor is solvent.
#[test]
fn two_lots_hold_no_month_for_a_day() {
    let mut world = World::new(8);
    let (near, far) = (world.near, world.far);
    world.fund(FUND, 2_500);
    world.trade(world.far, 3, 0, 2_500, 1);
    world.sell(0, 2_600, 2).unwrap();
    world.buy(7, 2_600, 2).unwrap();
    world.sell(6, 2_600, 1_000).unwrap();
    world.buy(1, 2_600, 1_000).unwrap();
    world.withdraw_all(0);
    world.withdraw_all(3);
    the_next_settlement(&mut world, 470_000);
    world.start_liquidation(0).unwrap();
    world.start_liquidation(3).unwrap();
    world.bid_for(4, 0, far, 1).unwrap();
    world.bid_for(5, 0, near, 2).unwrap();
    world.bid_for(4, 3, far, 1).unwrap();
    let before = world.account(1).cash;
    keep_for_a_day(&mut world, &[near, far]);
    let pool = world.house.market(near).unwrap().pool;
    let uncovered = world.house.ledger().uncovered;
    assert!(world.account(1).cash > before, "{pool:?} of points held for {uncovered} atoms");
}

/// With nothing in the fund, two dollars of profit of the running day keep a bankrupt from being written off until the
/// next settlement: seat 0 sells its last lot of the far month to an accomplice 20 ticks above the mark.
fn a_tick_of_today(first: u32, trick: bool) -> [i128; 2] {
    let mut world = World::new(8);
    let (near, far) = (world.near, world.far);
    sell_to_two(&mut world);
    world.trade(world.far, 3, 0, 2_500, 1);
    world.withdraw_all(0);
    the_next_settlement(&mut world, 470_000);
    world.start_liquidation(0).unwrap();
    world.bid_for(5, 0, near, 2_000).unwrap();
    world.settle(near, &[0]).unwrap();
    world.settle(far, &[3]).unwrap();
    world.now = world.now.later(OPENING_SECONDS);
    if trick {
        let price = world.settle_mark(far) + 20;
        for (seat, side) in [(7, Side::Buy), (0, Side::Sell)] {
            let order = world.far_order(seat, side, price, 1);
            world.place(order).unwrap();
        }
        assert_eq!(world.account(0).net(far).0, 0);
    } else {
        world.bid_for(4, 0, far, 1).unwrap();
    }
    keep_for_a_day(&mut world, &[near, far]);
    after_the_wait(world, &[near, far], first)
}

/// A circle of which a few points are left that are whole ones in no month but the smallest: nobody waits for those.
#[test]
fn what_is_left_of_a_circle_keeps_no_default_open() {
    for left in [9, 10] {
        let mut world = World::new(6);
        world.after_the_opening();
        let (near, far) = (world.near, world.far);
        world.owe(0, 1, near, 1_000);
        world.owe(2, 0, far, left);
        world.owe(2, 3, far, 50);
        world.set_cash(0, 0, 4);
        world.set_cash(2, 0, 4);
        for seat in [0, 2] {
            world.start_liquidation(seat).unwrap();
        }
        let expected = if left < 10 { Ok(Points(1_000 - left)) } else { Err(ClearingError::WinnersWait) };
        assert_eq!(world.write_off(0, near), expected, "{left} points");
        world.write_off(2, far).unwrap();
        world.check();
        if left == 10 {
            world.settle_all();
            world.allocate(far, &[0, 2, 3]).unwrap();
            world.write_off(0, near).unwrap();
            world.check();
        }
    }
}

/// A bankrupt who is owed profit of the running day loses what is beyond it at once, in each month its share, and pays
/// the rest when the profit is paid.
#[test]
fn what_a_bankrupt_will_never_have_is_lost_on_the_day() {
    let mut world = World::new(6);
    let (near, far, mid) = (world.near, world.far, world.list(TPI, 2, 2_400));
    world.after_the_opening();
    world.owe(0, 1, near, 600);
    world.owe(0, 3, far, 301);
    world.owe(2, 0, mid, 300);
    world.set_cash(0, 0, 4);
    world.start_liquidation(0).unwrap();
    let held = |world: &mut World| [near, far, mid].map(|month| world.house.market(month).unwrap().defaults);
    assert_eq!(held(&mut world), [1, 1, 0]);
    // 601 of 901 points are lacking: 400.2 and 200.8, rounded up.
    assert_eq!(world.write_off(0, near), Ok(Points(401)));
    let lost = [near, far].map(|month| world.house.market(month).unwrap().deficit);
    assert_eq!(lost, [Points(401), Points(201)]);
    let basis = |world: &World, month| world.account(0).position(month).map_or(0, |position| position.basis.0);
    assert_eq!([near, far, mid].map(|month| basis(&world, month)), [199, 100, -300]);
    assert_eq!(held(&mut world), [0; 3], "solvent: nobody waits for it any more");
    assert_eq!(world.write_off(0, near), Err(ClearingError::NotBankrupt));
    world.check();
}

#[test]
fn a_bankrupt_whose_lots_are_taken_over_is_written_off_on_the_day() {
    assert_eq!(a_tick_of_today(1, false), a_tick_of_today(2, false));
}

#[test]
fn a_tick_of_profit_of_today_keeps_no_default_open() {
    assert_eq!(a_tick_of_today(1, true), a_tick_of_today(2, true));
}
