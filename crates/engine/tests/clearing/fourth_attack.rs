//! What a fourth attack, on the count of each month's defaults, found (`docs/book/src/findings-fourth.md`).

use crate::migration::{move_item, pause_all};
use crate::third_attack::{keep, sell_to_two, the_next_settlement, worth};
use crate::world::{TICK_VALUE, TPI, World};
use sit_engine::calendar::DAY;
use sit_engine::clearing::opening::OPENING_SECONDS;
use sit_engine::clearing::{self, ClearingError, Item, MessageKind, Peers, Store};
use sit_engine::units::{Points, Seat, Side, Ticks};
use sit_native::Native;

const ALL: [u32; 8] = [0, 1, 2, 3, 4, 5, 6, 7];

/// Two bankrupts of one month, a large one and a small one of the thief's: the small loss is allocated first, and while
/// winners have still to bear their part of it the large one is written off.
fn one_after_the_other(first: u32) -> [i128; 2] {
    let mut world = World::new(8);
    let near = world.near;
    sell_to_two(&mut world);
    world.trade(near, 6, 7, 2_600, 10);
    world.withdraw_all(0);
    world.withdraw_all(6);
    the_next_settlement(&mut world, 470_000);
    for seat in [0, 6] {
        world.start_liquidation(seat).unwrap();
    }
    world.bid_for(4, 0, near, 2_000).unwrap();
    world.bid_for(5, 6, near, 10).unwrap();
    world.settle(near, &[0, 6]).unwrap();
    world.now = world.now.later(OPENING_SECONDS);
    world.write_off(6, near).unwrap();
    assert_eq!(world.allocate(near, &ALL), Ok(0));
    if world.write_off(0, near).is_err() {
        for seats in [&[first][..], &ALL] {
            world.settle(near, seats).unwrap();
        }
        world.write_off(0, near).unwrap();
    }
    world.settle(near, &[first]).unwrap();
    world.settle(near, &ALL).unwrap();
    assert_eq!(world.allocate(near, &ALL), Ok(0));
    world.settle_all();
    world.settle_all();
    world.check();
    [1, 2].map(|seat| worth(&mut world, seat))
}

#[test]
fn a_second_loss_of_the_day_is_borne_alike() {
    assert_eq!(one_after_the_other(1), one_after_the_other(2));
}

/// A bankrupt who owes in two months has been counted for the loss of the one and has not borne its part, which is
/// nothing, when its default in the other one is ended.
#[test]
fn who_is_written_off_after_a_count_is_counted_no_more() {
    let mut world = World::new(8);
    world.after_the_opening();
    let (near, far) = (world.near, world.far);
    world.owe(0, 1, near, 1_000);
    world.owe(0, 2, far, 1_000);
    world.owe(6, 2, far, 1_000);
    for seat in [0, 6] {
        world.set_cash(seat, 0, 7);
    }
    world.write_off(6, far).unwrap();
    assert_eq!(world.allocate(far, &ALL), Ok(0));
    if world.write_off(0, near).is_err() {
        world.settle(far, &ALL[1..]).unwrap();
        assert_eq!(world.write_off(0, near), Ok(Points(1_000)), "everybody else has borne their part");
    }
    world.settle(far, &ALL).unwrap();
    assert_eq!(world.house.market(far).unwrap().allocation.counted, 0, "everybody has borne their part");
    assert_eq!(world.allocate(far, &ALL), Ok(0), "the next loss is allocated");
    world.settle(far, &ALL).unwrap();
    world.check();
}

/// Nobody waits for a position that owes nothing: the lots of seat 0 in the near month have been taken over, it was
/// reported, its debt of the far month is paid and its lot there closed with a profit of two dollars. Nothing that
/// follows makes the deficit larger.
fn for_itself(first: u32, trick: bool) -> [i128; 2] {
    let mut world = World::new(8);
    let (near, far) = (world.near, world.far);
    sell_to_two(&mut world);
    world.trade(world.far, 0, 3, 2_500, 1);
    world.withdraw_all(0);
    the_next_settlement(&mut world, 470_000);
    world.start_liquidation(0).unwrap();
    world.bid_for(5, 0, near, 2_000).unwrap();
    world.settle(near, &[0]).unwrap();
    world.report_deficit(0).unwrap();
    // Some dollars pay what it owes in the far month.
    let mark = Ticks(world.settle_mark(far));
    let owed = -world.account(0).position(far).unwrap().variation(mark).0;
    world.deposit(0, owed.unsigned_abs() * u64::from(TICK_VALUE));
    world.settle(far, &[0]).unwrap();
    world.now = world.now.later(OPENING_SECONDS);
    if trick {
        let price = world.settle_mark(far) - 20;
        for (seat, side) in [(7, Side::Sell), (0, Side::Buy)] {
            let order = clearing::Place { instrument: far, ..world.order(seat, side, price, 1) };
            world.place(order).unwrap();
        }
    } else {
        world.bid_for(4, 0, far, 1).unwrap();
    }
    assert_eq!(world.account(0).net(far).0, 0);
    for _ in 0..20 {
        world.now = world.now.later(3_600);
        keep(&mut world, &[near, far]);
    }
    world.now = world.now.later(3 * 3_600);
    world.settle_day(470_000).unwrap();
    world.settle(near, &[first]).unwrap();
    for _ in 0..3 {
        world.now = world.now.later(OPENING_SECONDS);
        keep(&mut world, &[near, far]);
    }
    world.check();
    [1, 2].map(|seat| worth(&mut world, seat))
}

#[test]
fn a_lot_that_is_taken_over_keeps_no_default_open() {
    assert_eq!(for_itself(1, false), for_itself(2, false));
}

#[test]
fn nobody_waits_for_a_position_that_owes_nothing() {
    assert_eq!(for_itself(1, true), for_itself(2, true));
}

/// Claims of less than ten points in several months that wait are worth more than what the account owes.
#[test]
fn who_can_pay_with_small_claims_is_not_written_off() {
    let mut world = World::new(8);
    world.after_the_opening();
    let (near, far, mid) = (world.near, world.far, world.list(TPI, 2, 2_400));
    world.owe(0, 1, near, 15);
    world.owe(6, 0, far, 9);
    world.owe(6, 0, mid, 9);
    for seat in [0, 6] {
        world.set_cash(seat, 0, 7);
    }
    world.start_liquidation(6).unwrap();
    assert_eq!(world.write_off(0, near), Err(ClearingError::NotBankrupt), "it has three points more than it owes");
}

/// The next day's marks of both months, as a settlement sets them; the books have opened.
pub fn marks(world: &mut World, near: u32, far: u32) {
    let mut curve = world.house.curve(TPI).unwrap();
    curve.round += 1;
    curve.index_day += 1;
    for (instrument, mark) in [(world.near, near), (world.far, far)] {
        let month = curve.month_mut(instrument).unwrap();
        (month.settle, month.mark, month.slow) = (Ticks(mark), Ticks(mark), Ticks(mark));
    }
    world.house.set_curve(TPI, &curve);
    world.now = world.now.later(DAY);
}

/// A spread whose loss moves from one month to the other: the bankrupt owes less than it did, but owes it to others.
#[test]
fn a_default_in_another_month_holds_its_winners_though_the_deficit_is_no_larger() {
    let mut world = World::new(6);
    let (near, far) = (world.near, world.far);
    world.trade(near, 0, 1, 2_600, 500);
    world.trade(far, 3, 0, 2_500, 500);
    world.withdraw_all(0);
    marks(&mut world, 4_700, 2_500);
    world.start_liquidation(0).unwrap();
    world.settle(near, &[0]).unwrap();
    let before = world.report_deficit(0).unwrap();
    marks(&mut world, 3_500, 1_500);
    world.start_liquidation(0).unwrap();
    world.settle(far, &[0]).unwrap();
    let now = world.report_deficit(0).unwrap();
    assert!(0 < now && now < before, "{now} of {before}");
    let round = world.house.curve(TPI).unwrap().short_round();
    let cash = world.account(3).cash;
    world.settle(far, &[3]).unwrap();
    assert!(world.house.market(far).unwrap().holds_in(round), "seat 3 waits for what seat 0 owes since today");
    assert_eq!(world.account(3).cash, cash);
    world.check();
}

/// A bankrupt of a settled month, and the other months of its product are settled some hours after the final price.
fn after_the_final_price(first: u32) -> [i128; 2] {
    let mut world = World::new(6);
    let near = world.near;
    sell_to_two(&mut world);
    world.withdraw_all(0);
    world.now = world.month(near).expiry;
    world.end(near, 470_000).unwrap();
    world.start_liquidation(0).unwrap();
    world.settle(near, &[0]).unwrap();
    world.now = world.now.later(DAY - 3 * 3_600);
    world.settle_day(470_000).unwrap();
    world.now = world.now.later(OPENING_SECONDS);
    world.settle(near, &[first]).unwrap();
    world.write_off(0, near).unwrap();
    world.allocate(near, &ALL).unwrap();
    world.settle_all();
    world.check();
    [1, 2].map(|seat| worth(&mut world, seat))
}

#[test]
fn a_settled_month_waits_for_its_day_whenever_the_others_are_settled() {
    assert_eq!(after_the_final_price(1), after_the_final_price(2));
}

/// A house to which accounts are still on their way has neither the insurance fund nor the fund's rules yet, and what
/// stands for the accounts that have not come can be counted by no message.
#[test]
fn a_house_without_its_reserves_ends_no_default() {
    let fresh = Peers { governance: [1; 20], office: [5; 20], ..Peers::default() };
    for kind in [MessageKind::Cover, MessageKind::WriteOff, MessageKind::Bridge, MessageKind::SweepFees] {
        assert_eq!(fresh.authorise(kind, [9; 20]), Err(ClearingError::NotConnected), "{kind:?}");
    }
    for kind in [MessageKind::Settle, MessageKind::StartLiquidation, MessageKind::ReportDeficit, MessageKind::Offset] {
        assert_eq!(fresh.authorise(kind, [9; 20]), Ok(()), "{kind:?} moves nothing that is not there");
    }
}

/// Why: in a house that is half full a debt is written off before its fund has come, and once holders are counted for
/// it nobody else can come, for the mirror is one of them.
#[test]
fn without_that_rule_a_count_would_stop_a_move_for_good() {
    let mut world = World::new(40);
    let near = world.near;
    world.fund(250_000_000_000, 2_500);
    for seat in 1..40 {
        world.trade(near, 0, seat, 2_600, 40);
    }
    world.trade(world.far, 38, 39, 2_500, 1);
    world.withdraw_all(0);
    the_next_settlement(&mut world, 470_000);
    world.start_liquidation(0).unwrap();
    world.bid(39, 0, 2_000).unwrap();
    world.settle(near, &[0]).unwrap();
    pause_all(&mut world);
    let mut next = Native::new();
    let env = world.env(0);
    let markets = [near, world.far].map(Item::Market);
    for item in [Item::Curve(TPI), Item::Margin(TPI), Item::Backtest(TPI)].into_iter().chain(markets) {
        move_item(&mut world.house, &mut next, env, item).unwrap();
    }
    for seat in 0..34 {
        move_item(&mut world.house, &mut next, env, Item::Account(Seat(seat), 0)).unwrap();
    }
    let now = world.now;
    next.transact(|house| clearing::write_off(house, now, Seat(0), near)).unwrap();
    let left = next.transact(|house| clearing::allocate(house, near, (1..33).map(Seat)));
    assert!(left.unwrap() > 0);
    let blocked = move_item(&mut world.house, &mut next, env, Item::Account(Seat(34), 0));
    assert_eq!(blocked, Err(ClearingError::NotMigrating));
    next.transact(|house| clearing::allocate(house, near, (0..40).map(Seat).filter(|seat| seat.0 > 32))).unwrap();
    let left = next.transact(|house| clearing::allocate(house, near, [].into_iter()));
    assert_eq!(left, Ok(1), "the mirror, which has no seat");
}

/// Seat 0, which is being liquidated with a spread of 2,000 lots, is taken over, and all bear what it leaves in the
/// near month.
pub fn resolve_the_second(world: &mut World) {
    let (near, far) = (world.near, world.far);
    world.bid_for(4, 0, near, 2_000).unwrap();
    world.bid_for(4, 0, far, 2_000).unwrap();
    world.settle(near, &[0]).unwrap();
    world.settle(far, &ALL).unwrap();
    world.write_off(0, near).unwrap();
    world.allocate(near, &ALL).unwrap();
    world.settle_all();
    world.settle_all();
}

/// Seat 0 holds a spread: short near, long far against seat 6. Seat 6 is bankrupt at once; seat 0 is not, as long as
/// what seat 6 owes counts in full. It cannot pay in the near month before that, and is bankrupt when the claim is cut.
fn solvent_by_a_claim_that_waits(first: u32) -> [i128; 2] {
    let mut world = World::new(8);
    let (near, far) = (world.near, world.far);
    sell_to_two(&mut world);
    world.trade(near, 5, 7, 2_600, 1_000);
    world.trade(far, 6, 0, 2_500, 2_000);
    world.withdraw_all(0);
    world.withdraw_all(6);
    the_next_settlement(&mut world, 470_000);
    world.start_liquidation(6).unwrap();
    world.report_deficit(0).unwrap();
    world.settle(near, &[0, 5]).unwrap();
    world.settle(far, &[6]).unwrap();
    world.now = world.now.later(OPENING_SECONDS);
    world.settle(near, &[first]).unwrap();
    world.bid_for(4, 6, far, 2_000).unwrap();
    world.write_off(6, far).unwrap();
    world.allocate(far, &ALL).unwrap();
    world.settle(far, &ALL).unwrap();
    world.start_liquidation(0).unwrap();
    resolve_the_second(&mut world);
    world.check();
    [1, 2].map(|seat| worth(&mut world, seat))
}

#[test]
fn who_is_solvent_by_the_claim_on_a_bankrupt_is_waited_for() {
    assert_eq!(solvent_by_a_claim_that_waits(1), solvent_by_a_claim_that_waits(2));
}

/// Three strangers in a circle, of whom nobody has asked for it: nobody's equity changes, and where it begins decides
/// nothing.
#[test]
fn a_circle_changes_nobodys_equity_wherever_it_begins() {
    let outcome = |turn: usize| {
        let mut world = World::new(8);
        world.after_the_opening();
        let (near, far, mid) = (world.near, world.far, world.list(TPI, 2, 2_400));
        for (debtor, creditor, month, points) in [(0, 1, near, 700), (1, 2, far, 500), (2, 0, mid, 900)] {
            world.owe(debtor, creditor, month, points);
        }
        for seat in [0, 1, 2] {
            world.set_cash(seat, 0, 7);
        }
        let before = [0, 1, 2].map(|seat| world.health(seat).equity);
        // Each owes in its own month and is owed in that of the next one.
        let mut circle = [(0, near), (2, mid), (1, far)];
        circle.rotate_left(turn);
        assert_eq!(world.offset_circle(&circle), Ok(500 * u64::from(TICK_VALUE)));
        assert_eq!([0, 1, 2].map(|seat| world.health(seat).equity), before);
        assert_eq!(world.offset_circle(&circle), Err(ClearingError::NothingToOffset), "seat 1 owes nothing any more");
        for torn in [&circle[..1], &[circle[0], circle[0]], &[circle[0], (circle[0].0, far)], &[]] {
            assert_eq!(world.offset_circle(torn), Err(ClearingError::BadParameter));
        }
        world.check();
        [0, 1, 2].map(|seat| world.account(seat))
    };
    assert!([1, 2].into_iter().all(|turn| outcome(turn) == outcome(0)));
}
