//! Winners wait for who can pay only with a claim that may be cut (`clearing/rules/deficit.rs`).

use crate::fourth_attack::{marks, resolve_the_second};
use crate::migration::{move_house, pause_all};
use crate::ninth_attack::print_other;
use crate::third_attack::{keep, sell_to_two, the_next_settlement, worth};
use crate::world::{CASH, TICK_VALUE, TPI, World};
use sit_engine::calendar::DAY;
use sit_engine::clearing::opening::{OPENING_SECONDS, PRINT_DUE, PRINT_WAIT};
use sit_engine::clearing::{Auction, ClearingError, Instrument, Store};
use sit_engine::units::{Points, Seat, Side};

const ALL: [u32; 8] = [0, 1, 2, 3, 4, 5, 6, 7];

/// Defaults, accounts that are held, and accounts behind them, in a month.
fn open(world: &mut World, month: Instrument) -> [u16; 3] {
    let market = world.house.market(month).unwrap();
    [market.defaults, market.held, market.behind]
}

/// Seat 0 holds a spread, short near and long far against seat 6, which is bankrupt and reported. The book has opened.
fn spread() -> World {
    let mut world = World::new(8);
    let (near, far) = (world.near, world.far);
    sell_to_two(&mut world);
    world.trade(near, 5, 7, 2_600, 1_000);
    world.trade(far, 6, 0, 2_500, 2_000);
    world.withdraw_all(0);
    world.withdraw_all(6);
    the_next_settlement(&mut world, 470_000);
    world.deposit(0, 100_000_000_000); // a quarter of what it owes
    world.start_liquidation(6).unwrap();
    assert_eq!(world.report_deficit(0), Ok(0), "it lacks nothing, as far as its claim is paid");
    assert_eq!([near, far].map(|month| open(&mut world, month)), [[0, 1, 0], [1, 0, 0]]);
    world.settle(near, &[0, 5]).unwrap();
    world.settle(far, &[6]).unwrap();
    world.now = world.now.later(OPENING_SECONDS);
    world
}

/// Whether a winner of the near month is paid now.
fn is_paid(world: &mut World, seat: u32) -> bool {
    let before = world.account(seat).cash;
    world.settle(world.near, &[seat]).unwrap();
    world.account(seat).cash > before
}

#[test]
fn who_holds_a_spread_is_not_liquidated_charged_or_refused_for_the_default_of_somebody_else() {
    let mut world = spread();
    let before = world.account(0);
    assert_eq!(world.start_liquidation(0), Err(ClearingError::NotLiquidatable));
    assert_eq!(world.bid_for(4, 0, world.near, 10), Err(ClearingError::NoAuction));
    assert_eq!(world.house.auction(Seat(0)), Auction::default());
    world.start_liquidation(6).unwrap_err();
    assert_eq!(world.house.ledger().uncovered, world.house.auction(Seat(6)).deficit, "it is no deficit");
    world.deposit(0, 10_000_000_000);
    let order = sit_engine::clearing::Place { instrument: world.far, ..world.order(0, Side::Sell, 4_600, 10) };
    world.place(order).unwrap();
    world.cancel_all(0, world.far).unwrap();
    assert_eq!(world.account(0).cash, before.cash + 10_000_000_000);
    world.check();
}

#[test]
fn a_claim_that_is_paid_ends_the_wait_in_the_message_that_pays_the_debt() {
    let mut world = spread();
    let (near, far) = (world.near, world.far);
    assert!(!is_paid(&mut world, 1));
    world.deposit(6, 500_000_000_000);
    world.settle(far, &[6, 0]).unwrap();
    assert!(!is_paid(&mut world, 1), "the money is there and has not been paid in");
    world.settle(near, &[0]).unwrap();
    assert_eq!([near, far].map(|month| open(&mut world, month)), [[0; 3]; 2]);
    assert!(is_paid(&mut world, 1) && is_paid(&mut world, 2));
    world.check();
}

#[test]
fn a_deposit_that_pays_the_debt_ends_the_wait() {
    let mut world = spread();
    let near = world.near;
    world.deposit(0, 500_000_000_000);
    world.settle(near, &[0]).unwrap();
    assert_eq!(open(&mut world, near), [0; 3]);
    assert!(is_paid(&mut world, 1));
    world.check();
}

/// What is cut of the claim leaves enough: the next report ends the wait.
#[test]
fn who_can_pay_after_the_cut_is_let_go_by_the_next_report() {
    let mut world = World::new(8);
    world.next_day(260_000).unwrap();
    let (near, far) = (world.near, world.far);
    world.owe(0, 1, near, 500);
    world.owe(6, 0, far, 1_000);
    for seat in [0, 6] {
        world.set_cash(seat, 0, 7);
    }
    world.set_cash(6, 400 * u64::from(TICK_VALUE), 7);
    world.start_liquidation(6).unwrap();
    world.report_deficit(0).unwrap();
    assert_eq!(open(&mut world, near), [0, 1, 0]);
    world.settle(far, &[6]).unwrap();
    world.write_off(6, far).unwrap();
    world.report_deficit(0).unwrap();
    assert_eq!(open(&mut world, near), [0, 1, 0], "the loss has not been allocated yet");
    world.allocate(far, &ALL).unwrap();
    world.report_deficit(0).unwrap();
    assert_eq!(open(&mut world, near), [0, 1, 0], "it has borne its part with the report: 400 points for 500");
    world.check();
    world.deposit(0, 100 * u64::from(TICK_VALUE));
    world.report_deficit(0).unwrap();
    assert_eq!(open(&mut world, near), [0; 3], "and now it has enough, when its claim is paid");
    assert_eq!(world.report_deficit(0), Err(ClearingError::NoAuction));
    world.settle(far, &[0]).unwrap();
    world.settle(near, &[0, 1]).unwrap();
    assert!(world.account(0).positions().is_empty() && world.account(1).positions().is_empty());
    world.check();
}

/// Seat 6 is bankrupt; seat 3 is solvent by the claim on it, and seat 0 by the claim on seat 3. After every step a
/// thief reports whom they like and settles their own winner first.
fn chain(first: u32, reports: &[u32]) -> [i128; 2] {
    let mut world = World::new(8);
    let (near, far, mid) = (world.near, world.far, world.list(TPI, 2, 2_600));
    sell_to_two(&mut world);
    world.trade(near, 5, 7, 2_600, 1_000);
    world.trade(far, 6, 3, 2_500, 2_000);
    world.trade(mid, 3, 0, 2_600, 2_000);
    for seat in [0, 3, 6] {
        world.withdraw_all(seat);
    }
    the_next_settlement(&mut world, 470_000);
    world.start_liquidation(6).unwrap();
    world.report_deficit(3).unwrap();
    world.report_deficit(0).unwrap();
    assert_eq!([near, mid, far].map(|month| open(&mut world, month)), [[0, 0, 1], [0, 1, 0], [1, 0, 0]]);
    let thief = |world: &mut World| {
        for seat in reports {
            world.report_deficit(*seat).ok();
        }
        world.settle(near, &[first]).unwrap();
        world.check();
    };
    world.settle(near, &[0, 5]).unwrap();
    world.settle(mid, &[3]).unwrap();
    world.settle(far, &[6]).unwrap();
    world.now = world.now.later(OPENING_SECONDS);
    thief(&mut world);
    world.bid_for(4, 6, far, 2_000).unwrap();
    thief(&mut world);
    world.write_off(6, far).unwrap();
    thief(&mut world);
    world.allocate(far, &ALL).unwrap();
    thief(&mut world);
    world.settle(far, &ALL).unwrap();
    thief(&mut world);
    world.start_liquidation(3).unwrap();
    thief(&mut world);
    for month in [mid, far] {
        world.bid_for(4, 3, month, 2_000).unwrap();
        world.settle(month, &[3]).unwrap();
        thief(&mut world);
    }
    world.write_off(3, mid).unwrap();
    thief(&mut world);
    world.allocate(mid, &ALL).unwrap();
    thief(&mut world);
    world.settle(mid, &ALL).unwrap();
    thief(&mut world);
    world.start_liquidation(0).unwrap();
    for month in [near, mid] {
        world.bid_for(4, 0, month, 2_000).unwrap();
        world.settle(month, &[0]).unwrap();
        thief(&mut world);
    }
    world.write_off(0, near).unwrap();
    thief(&mut world);
    world.allocate(near, &ALL).unwrap();
    world.settle_all();
    world.settle_all();
    world.check();
    [1, 2].map(|seat| worth(&mut world, seat))
}

#[test]
fn a_chain_of_claims_is_borne_alike_whoever_is_reported_when() {
    let told = chain(1, &[]);
    for reports in [&[][..], &[0], &[3], &[0, 3], &[3, 0], &[6, 3, 0]] {
        for first in [1, 2] {
            assert_eq!(chain(first, reports), told, "{first} first, {reports:?} reported");
        }
    }
}

/// Seat 0 owes in the near month and could pay by its claim on seat 3, who is held for seat 6. Its profit in another
/// product is as large, and of a print that has been settled in this minute: who owes it may not have been reported
/// yet.
#[test]
fn a_profit_that_nobody_is_paid_yet_lets_nobody_go_who_rests_on_who_is_held() {
    let mut world = World::new(8);
    let (near, far, mid, other) = (world.near, world.far, world.list(TPI, 2, 2_600), world.second_product(3));
    world.deposit(7, 10 * CASH);
    world.trade(other, 7, 0, 2_600, 2_000);
    world.now = world.now.later(DAY);
    world.at(PRINT_DUE + 60);
    world.settle_day(260_000).unwrap();
    for (debtor, creditor, month, points) in [(6, 3, mid, 900_000), (3, 0, far, 600_000), (0, 1, near, 500_000)] {
        world.owe(debtor, creditor, month, points);
    }
    for seat in [0, 3, 6] {
        world.set_cash(seat, 0, 7);
    }
    world.now = world.now.later(OPENING_SECONDS);
    print_other(&mut world, other, 300_000);
    world.start_liquidation(6).unwrap();
    for seat in [3, 0] {
        world.report_deficit(seat).unwrap();
    }
    assert_eq!([near, far, mid].map(|month| open(&mut world, month)), [[0, 0, 1], [0, 1, 0], [1, 0, 0]]);
    world.now = world.now.later(OPENING_SECONDS);
    world.report_deficit(0).unwrap();
    assert_eq!(open(&mut world, near), [0; 3], "the profit is paid now");
    world.check();
}

/// Two hold spreads against each other, and a third party's small default begins it in both months: when it has been
/// resolved they let each other go.
#[test]
fn who_wait_for_each_other_are_let_go_when_the_default_is_resolved() {
    for order in [[0, 3], [3, 0]] {
        let mut world = World::new(8);
        let (near, far) = (world.near, world.far);
        world.trade(near, 0, 3, 2_600, 2_000);
        world.trade(far, 3, 0, 2_500, 2_000);
        world.trade(near, 6, 1, 2_600, 10);
        world.trade(far, 6, 2, 2_500, 10);
        for seat in [0, 3, 6] {
            world.withdraw_all(seat);
        }
        the_next_settlement(&mut world, 470_000);
        world.start_liquidation(6).unwrap();
        for seat in order {
            world.report_deficit(seat).unwrap();
        }
        assert_eq!([near, far].map(|month| open(&mut world, month)), [[1, 1, 0]; 2]);
        for month in [near, far] {
            world.bid_for(4, 6, month, 10).unwrap();
            world.settle(month, &ALL).unwrap();
        }
        world.now = world.now.later(OPENING_SECONDS);
        world.write_off(6, near).unwrap();
        for month in [near, far] {
            world.allocate(month, &ALL).unwrap();
            world.settle(month, &ALL).unwrap();
        }
        for seat in [order, order].concat() {
            world.report_deficit(seat).ok();
        }
        assert_eq!([near, far].map(|month| open(&mut world, month)), [[0; 3]; 2], "{order:?}");
        assert!(is_paid(&mut world, 1), "so the others are paid");
        world.check();
    }
}

/// Seat 6 is bankrupt and owed something by seat 0, which is held by the claim on it: its default can be ended.
#[test]
fn no_bankrupt_waits_for_who_waits_for_it() {
    let mut world = World::new(8);
    world.after_the_opening();
    let (near, far) = (world.near, world.far);
    world.owe(6, 0, far, 1_000);
    world.owe(0, 6, near, 500);
    world.owe(0, 1, near, 300);
    for seat in [0, 6] {
        world.set_cash(seat, 0, 7);
    }
    world.start_liquidation(6).unwrap();
    world.report_deficit(0).unwrap();
    assert_eq!(open(&mut world, near), [0, 1, 0]);
    assert_eq!(world.write_off(6, far), Ok(Points(500)));
    world.allocate(far, &ALL).unwrap();
    world.settle(far, &[0]).unwrap();
    // Half of the claim has gone, and seat 0 is bankrupt with it. What is left they owe each other.
    world.start_liquidation(0).unwrap();
    assert_eq!(open(&mut world, near), [1, 0, 0]);
    assert_eq!(world.offset(6, 0, near, far), Ok(500 * u64::from(TICK_VALUE)));
    assert_eq!(world.write_off(0, near), Ok(Points(300)));
    world.check();
}

/// A dollar makes a bankrupt solvent, by a claim on another one: its winners wait all the same, and those who are
/// reported again and again are no sooner paid.
#[test]
fn a_deposit_that_makes_a_bankrupt_solvent_by_a_claim_ends_no_wait() {
    let mut world = World::new(8);
    world.next_day(260_000).unwrap();
    let (near, far) = (world.near, world.far);
    for (debtor, creditor, month, points) in
        [(0, 1, near, 1_000), (0, 2, near, 1_000), (5, 1, near, 500), (6, 0, far, 1_990)]
    {
        world.owe(debtor, creditor, month, points);
    }
    for seat in [0, 6] {
        world.set_cash(seat, 0, 7);
        world.start_liquidation(seat).unwrap();
    }
    world.settle(near, &[5]).unwrap();
    assert_eq!(open(&mut world, near), [1, 0, 0]);
    world.deposit(0, 10 * u64::from(TICK_VALUE));
    assert_eq!(world.house.auction(Seat(0)), Auction::default(), "solvent");
    assert_eq!(open(&mut world, near), [0, 1, 0]);
    for seat in [0, 6, 0] {
        world.report_deficit(seat).unwrap();
        assert!(!is_paid(&mut world, 1));
    }
    // Seat 6 gets half of what it owes, and then the rest, which makes it solvent before it has paid.
    world.deposit(6, 1_000 * u64::from(TICK_VALUE));
    world.settle(far, &[6]).unwrap();
    world.deposit(6, 990 * u64::from(TICK_VALUE));
    assert_eq!(open(&mut world, far), [0, 1, 0]);
    world.report_deficit(0).unwrap();
    assert_eq!(open(&mut world, near), [0, 0, 1], "its claim is one on who is held");
    assert!(!is_paid(&mut world, 1));
    world.settle(far, &[6]).unwrap();
    world.settle(far, &[0]).unwrap();
    world.settle(near, &[0]).unwrap();
    assert_eq!([near, far].map(|month| open(&mut world, month)), [[0; 3]; 2]);
    assert!(is_paid(&mut world, 1) && is_paid(&mut world, 2));
    world.check();
}

#[test]
fn nobody_is_held_beyond_the_next_settlement_unless_a_default_grows() {
    let mut world = spread();
    let near = world.near;
    let (near_mark, far_mark) = (world.settle_mark(near), world.settle_mark(world.far));
    assert!(!is_paid(&mut world, 1));
    marks(&mut world, near_mark, far_mark);
    for seat in [6, 0, 6, 0] {
        world.report_deficit(seat).ok();
    }
    assert_eq!(open(&mut world, near), [0; 3], "its claim may be paid as any other");
    marks(&mut world, near_mark, far_mark + 1);
    for seat in [6, 0] {
        world.report_deficit(seat).unwrap();
    }
    assert_eq!(open(&mut world, near), [0, 1, 0], "the claim has grown, and so has the default");
    assert!(!is_paid(&mut world, 1));
    marks(&mut world, near_mark, far_mark + 1);
    assert!(is_paid(&mut world, 1), "nobody reports anything on the next day");
    world.check();
}

#[test]
fn winners_wait_where_as_many_are_held_as_are_in_default() {
    let mut world = World::new(8);
    world.next_day(260_000).unwrap();
    let (near, far) = (world.near, world.far);
    for (debtor, creditor, month, points) in [(0, 1, near, 500), (6, 1, near, 100), (5, 1, near, 300), (6, 0, far, 900)]
    {
        world.owe(debtor, creditor, month, points);
    }
    for seat in [0, 6] {
        world.set_cash(seat, 0, 7);
    }
    world.start_liquidation(6).unwrap();
    world.report_deficit(0).unwrap();
    world.settle(near, &[5]).unwrap();
    assert_eq!(open(&mut world, near), [1, 1, 0]);
    assert!(!is_paid(&mut world, 1));
    world.check();
}

/// Seat 1 is owed by seat 0, a bankrupt of the day before for whom nobody waits any more, and by seat 5, who has paid.
fn waited_for_yesterday() -> World {
    let mut world = World::new(8);
    world.next_day(260_000).unwrap();
    let near = world.near;
    world.owe(0, 1, near, 1_000);
    world.owe(5, 1, near, 500);
    world.set_cash(0, 0, 7);
    world.start_liquidation(0).unwrap();
    world.settle(near, &[5]).unwrap();
    assert!(!is_paid(&mut world, 1));
    let (near_mark, far_mark) = (world.settle_mark(near), world.settle_mark(world.far));
    marks(&mut world, near_mark, far_mark);
    world
}

#[test]
fn who_is_insolvent_holds_no_winners_where_they_owe_nothing() {
    let mut world = waited_for_yesterday();
    let (near, far) = (world.near, world.far);
    world.owe(7, 6, near, 100);
    world.owe(6, 2, far, 1_000);
    world.set_cash(6, 0, 7);
    world.start_liquidation(6).unwrap();
    assert_eq!([near, far].map(|month| open(&mut world, month)), [[1, 0, 0]; 2]);
    assert!(is_paid(&mut world, 1));
    world.check();
}

#[test]
fn who_becomes_solvent_and_owes_still_holds_no_winners_anew() {
    let mut world = waited_for_yesterday();
    let (near, far) = (world.near, world.far);
    world.owe(7, 0, far, 990);
    world.deposit(0, 10 * u64::from(TICK_VALUE));
    assert_eq!(world.house.auction(Seat(0)), Auction::default(), "solvent");
    assert_eq!(open(&mut world, near), [0, 1, 0]);
    assert!(is_paid(&mut world, 1));
    world.check();
}

/// The claim of seat 0 is cut in the evening, so that it is insolvent, and nobody looks. At noon the day is settled at
/// the same marks.
fn cut_over_night() -> World {
    let mut world = spread();
    let (near, far) = (world.near, world.far);
    world.bid_for(4, 6, far, 2_000).unwrap();
    world.write_off(6, far).unwrap();
    world.allocate(far, &ALL).unwrap();
    world.settle(far, &ALL).unwrap();
    world.settle(near, &[0]).unwrap();
    assert!(!is_paid(&mut world, 1), "seat 0 is held");
    world.now = world.now.later(DAY);
    world.at(PRINT_DUE);
    world.settle_day(470_000).unwrap();
    world
}

#[test]
fn who_has_waited_over_night_waits_for_the_reports_of_the_day() {
    // Seat 1 comes first in the block of the settlement, before anybody can report seat 0 at the marks of the day.
    let mut world = cut_over_night();
    assert!(!is_paid(&mut world, 1));
    world.now = world.now.later(6);
    world.start_liquidation(0).unwrap();
    world.at(PRINT_DUE + PRINT_WAIT);
    assert!(!is_paid(&mut world, 1), "they wait for a default of this round");
    resolve_the_second(&mut world);
    assert_eq!(worth(&mut world, 1), worth(&mut world, 2), "the loss is borne alike");
    world.check();
}

#[test]
fn a_wait_that_nobody_renews_ends_two_hours_after_noon() {
    let mut world = cut_over_night();
    world.at(PRINT_DUE + PRINT_WAIT - 1);
    assert!(!is_paid(&mut world, 1));
    world.at(PRINT_DUE + PRINT_WAIT);
    assert!(is_paid(&mut world, 1));
    // Who can pay ends it sooner.
    let mut world = cut_over_night();
    let near = world.near;
    world.deposit(0, 500_000_000_000);
    world.settle(near, &[0]).unwrap();
    assert_eq!(open(&mut world, near), [0; 3]);
    assert!(is_paid(&mut world, 1) && is_paid(&mut world, 2));
    world.check();
}

#[test]
fn who_rests_on_a_default_that_nobody_resolves_is_let_go_two_hours_after_noon() {
    let mut world = spread();
    let near = world.near;
    let (near_mark, far_mark) = (world.settle_mark(near), world.settle_mark(world.far));
    marks(&mut world, near_mark, far_mark);
    world.at(PRINT_DUE);
    for seat in [6, 0, 6, 0] {
        world.report_deficit(seat).ok();
    }
    assert_eq!(open(&mut world, near), [0, 1, 0], "its claim may still be cut");
    assert!(!is_paid(&mut world, 1));
    world.at(PRINT_DUE + PRINT_WAIT);
    for seat in [6, 0] {
        world.report_deficit(seat).ok();
    }
    assert_eq!(open(&mut world, near), [0; 3], "it may be paid as any other");
    assert!(is_paid(&mut world, 1));
    world.check();
}

#[test]
fn a_month_that_waited_for_nobody_pays_with_the_settlement() {
    let mut world = World::new(4);
    let near = world.near;
    world.trade(near, 0, 1, 2_600, 100);
    world.now = world.now.later(DAY);
    world.at(PRINT_DUE);
    world.settle_day(261_000).unwrap();
    world.settle(near, &[0]).unwrap();
    assert!(is_paid(&mut world, 1), "a move of less than half a percent reprices nothing");
    world.check();
}

/// Who is held moves, is held in the next house, and is not being liquidated there.
#[test]
fn who_is_held_moves_to_the_next_house_and_is_waited_for_there() {
    let mut world = spread();
    let (near, far) = (world.near, world.far);
    pause_all(&mut world);
    let mut next = move_house(&mut world, &[1, 0, 2, 6, 3, 4, 5, 7]);
    std::mem::swap(&mut world.house, &mut next);
    assert_eq!([near, far].map(|month| open(&mut world, month)), [[0, 1, 0], [1, 0, 0]]);
    assert_eq!(world.house.auction(Seat(0)), Auction::default());
    assert!(!is_paid(&mut world, 1));
    world.report_deficit(0).unwrap();
    world.report_deficit(6).unwrap();
    assert_eq!([near, far].map(|month| open(&mut world, month)), [[0, 1, 0], [1, 0, 0]]);
    world.check();
}

/// An account that is insolvent and has not been reported as that is let go by no report.
#[test]
fn a_report_lets_no_bankrupt_go() {
    let mut world = spread();
    let (near, far) = (world.near, world.far);
    world.bid_for(4, 6, far, 2_000).unwrap();
    world.write_off(6, far).unwrap();
    world.allocate(far, &ALL).unwrap();
    world.settle(far, &ALL).unwrap();
    for _ in 0..2 {
        world.report_deficit(0).unwrap();
        assert_eq!(open(&mut world, near), [0, 1, 0]);
        assert!(!is_paid(&mut world, 1));
    }
    world.start_liquidation(0).unwrap();
    assert_eq!(open(&mut world, near), [1, 0, 0]);
    world.check();
}

/// A thief who holds seats 0, 1, 3 and 6 sends what anybody may send, in any order, and settles seat 1 first; then a
/// keeper ends everything. What seats 1 and 2 have then.
fn any_thief(run: u32) -> [i128; 2] {
    let mut world = World::new(8);
    let (near, far, mid) = (world.near, world.far, world.list(TPI, 2, 2_600));
    let months = [near, far, mid];
    sell_to_two(&mut world);
    world.trade(near, 5, 7, 2_600, 1_000);
    world.trade(far, 6, 3, 2_500, 2_000);
    world.trade(mid, 3, 0, 2_600, 2_000);
    for seat in [0, 3, 6] {
        world.withdraw_all(seat);
    }
    the_next_settlement(&mut world, 470_000);
    world.start_liquidation(6).unwrap();
    for seat in [3, 0] {
        world.report_deficit(seat).ok();
    }
    for (month, seats) in [(near, &[0, 5][..]), (mid, &[3]), (far, &[6])] {
        world.settle(month, seats).unwrap();
    }
    world.now = world.now.later(OPENING_SECONDS);
    let mut draw = crate::world::dice(run);
    for _ in 0..80 {
        let (month, other) = (months[draw(3) as usize], months[draw(3) as usize]);
        let victim = [0, 3, 6][draw(3) as usize];
        match draw(11) {
            0 | 1 => world.settle(near, &[1]).unwrap_or_default(),
            2 => world.settle(month, &[victim]).unwrap_or_default(),
            3 => drop(world.report_deficit(draw(7))),
            4 => world.deposit(victim, 1 + u64::from(draw(3)) * u64::from(draw(60_000)) * 1_000_000),
            5 => drop(world.start_liquidation(victim)),
            6 => drop(world.bid_for(4, victim, month, 2_000)),
            7 => drop(world.write_off(victim, month)),
            8 => drop(world.allocate(month, &ALL)),
            9 => drop(world.bridge(victim, month, other)),
            _ => drop(world.offset(victim, [0, 3, 6][draw(3) as usize], month, other)),
        }
        world.check();
    }
    for _ in 0..6 {
        for victim in [6, 3, 0] {
            world.start_liquidation(victim).ok();
            for month in months {
                world.bid_for(4, victim, month, 2_000).ok();
            }
        }
        keep(&mut world, &months);
    }
    [1, 2].map(|seat| worth(&mut world, seat))
}

#[test]
fn whatever_a_thief_sends_equal_winners_have_the_same() {
    for run in 0..200 {
        let [first, last] = any_thief(run);
        assert_eq!(first, last, "run {run}");
    }
}
