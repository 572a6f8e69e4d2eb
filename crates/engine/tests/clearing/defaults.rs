//! A default: who comes first is paid no more than who comes last, and the insurance fund pays for it once.

use crate::world::{CASH, TICK_VALUE, World};
use sit_engine::calendar::DAY;
use sit_engine::clearing::opening::OPENING_SECONDS;
use sit_engine::clearing::{self, ClearingError, Instrument, Store};
use sit_engine::units::{Lots, Points, Seat, Seconds, Side};

/// The fund of these worlds: a quarter of a million dollars, of which a month may take a quarter.
const FUND: u64 = 250_000_000_000;
const SHARE: u64 = FUND / 4;

/// Seat 0 sells `near` lots of the near month and `far` of the far one, half of each to seat 1 and half to seat 2, with
/// as much collateral as initial margin asks for. Then the index rises by 80 %: the marks have been set by it in this
/// block.
fn in_the_block_of_the_settlement(near: u32, far: u32) -> World {
    let mut world = World::new(6);
    world.fund(FUND, 2_500);
    for seat in [1, 2] {
        let (near, far) = (near / 2, far / 2);
        if near > 0 {
            world.sell(0, 2_600, near).unwrap();
            world.buy(seat, 2_600, near).unwrap();
        }
        if far > 0 {
            world.trade(world.far, 0, seat, 2_500, far);
        }
    }
    let (cash, initial) = (world.account(0).cash, world.health(0).initial.0);
    world.withdraw(0, cash - u64::try_from(initial).unwrap()).unwrap();
    world.now = world.now.later(DAY - OPENING_SECONDS);
    world.settle_day(470_000).unwrap();
    world
}

/// As [`in_the_block_of_the_settlement`], when the book opens: nobody has been settled yet.
fn on_the_day(near: u32, far: u32) -> World {
    let mut world = in_the_block_of_the_settlement(near, far);
    world.now = world.now.later(OPENING_SECONDS);
    world
}

fn cover(world: &mut World, instrument: Instrument) -> Result<u64, ClearingError> {
    world.cover_in(Seat(0), instrument)
}

/// What a seat has and is owed, in quote atoms.
fn worth(world: &mut World, seat: u32) -> i128 {
    let account = world.account(seat);
    let marks = [world.near, world.far].map(|instrument| (instrument, world.settle_mark(instrument)));
    let owed = marks.map(|(instrument, mark)| {
        let position = account.position(instrument);
        position.map_or(0, |position| position.variation(sit_engine::units::Ticks(mark)).0)
    });
    i128::from(account.cash) + i128::from(owed.iter().sum::<i64>()) * i128::from(TICK_VALUE)
}

/// The whole way to the allocation, on which `eager` tries to be paid before every step and after it, from the block of
/// the settlement on.
fn resolve(eager: &[u32]) -> Vec<i128> {
    let mut world = in_the_block_of_the_settlement(2_000, 0);
    let near = world.near;
    let grab = |world: &mut World| world.settle(near, eager).unwrap();
    grab(&mut world);
    world.settle(near, &[0]).unwrap();
    grab(&mut world);
    world.now = world.now.later(OPENING_SECONDS - 1);
    grab(&mut world);
    world.start_liquidation(0).unwrap();
    grab(&mut world);
    world.now = world.now.later(1);
    grab(&mut world);
    world.settle(near, &[0]).unwrap();
    grab(&mut world);
    assert_eq!(world.bid(4, 0, 2_000).unwrap().1, Lots(2_000));
    grab(&mut world);
    assert_eq!(cover(&mut world, near), Ok(SHARE));
    grab(&mut world);
    assert_eq!(world.allocate(near, &[0, 1, 2, 3, 4]), Ok(0));
    grab(&mut world);
    world.settle_all();
    world.settle_all();
    world.check();
    (1..=4).map(|seat| worth(&mut world, seat)).collect()
}

#[test]
fn who_settles_first_bears_as_much_as_who_settles_last() {
    let nobody = resolve(&[]);
    assert_eq!(nobody[0], nobody[1], "equal positions bear equal parts");
    for eager in [&[1][..], &[2], &[2, 1], &[4, 1], &[1, 2, 4]] {
        assert_eq!(resolve(eager), nobody, "{eager:?}");
    }
}

#[test]
fn what_a_cover_pays_in_is_for_all_winners() {
    let mut world = on_the_day(2_000, 0);
    let near = world.near;
    world.start_liquidation(0).unwrap();
    world.bid(4, 0, 2_000).unwrap();
    let before = world.account(1).cash;
    assert_eq!(cover(&mut world, near), Ok(SHARE));
    world.settle(near, &[1]).unwrap();
    assert_eq!(world.account(1).cash, before, "a loss waits to be allocated");
    world.allocate(near, &[0, 1, 2, 3, 4]).unwrap();
    world.settle(near, &[1]).unwrap();
    assert!(world.account(1).cash > before);
    world.check();
}

#[test]
fn winners_wait_while_a_default_is_resolved_and_no_longer() {
    let paid = |world: &mut World| {
        let near = world.near;
        let before = world.account(1).cash;
        world.settle(near, &[1]).unwrap();
        world.account(1).cash > before
    };
    // Until somebody has reported it, nobody knows: once the book has opened, payments are made from what has been
    // collected.
    let mut world = on_the_day(2_000, 0);
    let near = world.near;
    world.settle(near, &[0]).unwrap();
    assert!(paid(&mut world));
    // A deposit makes the account whole.
    let mut world = on_the_day(2_000, 0);
    world.start_liquidation(0).unwrap();
    world.settle(near, &[0]).unwrap();
    assert!(!paid(&mut world));
    world.deposit(0, 5 * CASH);
    world.settle(near, &[0]).unwrap();
    assert!(paid(&mut world));
    // A default that nobody resolves ends with the next settlement.
    let mut world = on_the_day(2_000, 0);
    world.start_liquidation(0).unwrap();
    world.settle(near, &[0]).unwrap();
    assert!(!paid(&mut world));
    world.next_day(470_000).unwrap();
    assert!(paid(&mut world));
    // The fund pays all of it.
    let mut world = on_the_day(200, 0);
    world.start_liquidation(0).unwrap();
    world.bid(4, 0, 200).unwrap();
    assert!(!paid(&mut world));
    assert!(cover(&mut world, near).unwrap() < SHARE);
    assert!(paid(&mut world));
    world.check();
}

#[test]
fn a_clock_that_starts_again_holds_no_winners_for_a_default_that_has_not_grown() {
    let mut world = on_the_day(2_000, 0);
    let near = world.near;
    world.start_liquidation(0).unwrap();
    world.settle(near, &[0]).unwrap();
    let (before, deficit) = (world.account(1).cash, world.house.auction(Seat(0)).deficit);
    world.next_day(470_000).unwrap();
    world.start_liquidation(0).unwrap();
    assert_eq!(world.house.auction(Seat(0)).deficit, deficit);
    world.settle(near, &[1]).unwrap();
    assert!(world.account(1).cash > before, "they have waited for it until this settlement");
    world.check();
}

/// By no door: settled by anybody, as one of two who owe each other, as debtor elsewhere.
#[test]
fn winners_are_paid_when_the_book_opens_and_not_a_second_before() {
    let mut world = in_the_block_of_the_settlement(20, 0);
    let (near, far) = (world.near, world.far);
    world.settle(near, &[0]).unwrap();
    let before = world.account(1).cash;
    let opens = world.opens_at(near);
    for now in [world.now, Seconds(opens.0 - 1)] {
        world.now = now;
        world.settle(near, &[1]).unwrap();
        assert!(world.offset(1, 0, near, far).is_err());
        assert!(world.bridge(1, far, near).is_err());
        assert_eq!(world.account(1).cash, before);
    }
    world.now = opens;
    world.settle(near, &[1]).unwrap();
    assert!(world.account(1).cash > before);
    world.check();
}

#[test]
fn after_the_final_price_winners_wait_as_long() {
    let mut world = World::new(3);
    let near = world.near;
    world.sell(0, 2_600, 10).unwrap();
    world.buy(1, 2_600, 10).unwrap();
    let cash = [0, 1].map(|seat| world.account(seat).cash);
    world.now = world.month(near).expiry;
    world.end(near, 270_000).unwrap();
    world.settle(near, &[0, 1]).unwrap();
    assert!(world.account(0).cash < cash[0]);
    assert_eq!(world.account(1).cash, cash[1], "what they have won waits");
    assert_eq!(world.net(1), 0, "and their lots are closed");
    world.now = world.now.later(OPENING_SECONDS);
    world.settle(near, &[1]).unwrap();
    assert!(world.account(1).cash > cash[1]);
    assert!(world.account(1).positions().is_empty());
    world.check();
}

/// A bankrupt who is owed in another month: the bidder for the lots there decides nothing about when that is paid. If
/// it waited for the next settlement, so would `cover`, and the winners of the month in which the bankrupt owes would
/// by then be paid first come, first served.
#[test]
fn a_takeover_delays_no_claim_of_the_account_that_is_taken_over() {
    let mut world = World::new(6);
    world.fund(FUND, 2_500);
    let (near, far) = (world.near, world.far);
    world.sell(0, 2_600, 2_000).unwrap();
    world.buy(1, 2_600, 2_000).unwrap();
    world.trade(world.far, 2, 0, 2_500, 500);
    world.withdraw_all(0);
    world.now = world.now.later(DAY - OPENING_SECONDS);
    world.settle_day(470_000).unwrap();
    world.start_liquidation(0).unwrap();
    world.bid_for(4, 0, far, 500).unwrap();
    world.bid_for(5, 0, near, 2_000).unwrap();
    world.now = world.now.later(OPENING_SECONDS);
    world.settle(far, &[2, 0]).unwrap();
    world.settle(near, &[0]).unwrap();
    assert!(world.account(0).position(far).is_none(), "the claim has been paid, and gone to the other month");
    assert!(cover(&mut world, near).is_ok(), "so the default ends on this day");
    world.check();
}

/// Seats 1 and 2 are owed as much by a bankrupt in the near month; seat 1 owes all of it to seat 3 in the far one and
/// has nothing else.
fn a_creditor_who_owes_elsewhere() -> World {
    let mut world = World::new(6);
    world.fund(FUND, 2_500);
    let (near, far) = (world.near, world.far);
    for creditor in [1, 2] {
        world.owe(0, creditor, near, 1_000_000);
    }
    world.owe(1, 3, far, 1_000_000);
    for seat in [0, 1] {
        world.set_cash(seat, 0, 5);
    }
    world.start_liquidation(0).unwrap();
    world
}

/// Otherwise the fund bought the claim of one creditor at its full price with all that it may pay for the default, and
/// left the loss to the other.
#[test]
fn the_fund_buys_no_claim_before_the_other_winners_have_their_part() {
    let mut world = a_creditor_who_owes_elsewhere();
    let (near, far) = (world.near, world.far);
    assert_eq!(world.bridge(1, far, near), Err(ClearingError::WinnersWait), "a default is reported");
    assert_eq!(cover(&mut world, near), Ok(SHARE));
    assert_eq!(world.bridge(1, far, near), Err(ClearingError::WinnersWait), "a loss waits to be allocated");
    world.allocate(near, &[0, 1, 2]).unwrap();
    world.next_day(260_000).unwrap();
    world.after_the_opening();
    world.settle_all();
    let lost = |seat, month| {
        world.house.events.iter().find_map(|event| match *event {
            clearing::Event::Haircut { seat: of, instrument, lost } if of.0 == seat && instrument == month => {
                Some(lost)
            }
            _ => None,
        })
    };
    assert_eq!(lost(1, near), lost(2, near), "equal claims bear equal parts");
    assert!(lost(1, near).is_some_and(|lost| lost > Points::ZERO));
    assert!(world.account(2).position(near).is_none(), "and what is left of them is paid");
    world.check();
}

/// A default that nobody ends holds no claim for ever.
#[test]
fn the_fund_buys_claims_again_after_the_next_settlement() {
    let mut world = a_creditor_who_owes_elsewhere();
    let (near, far) = (world.near, world.far);
    world.next_day(260_000).unwrap();
    assert!(world.bridge(1, far, near).unwrap() <= SHARE);
    world.check();
}

/// After the final price no settlement ends the wait, so a day does.
#[test]
fn after_the_final_price_a_default_holds_winners_for_a_day() {
    let mut world = World::new(4);
    let near = world.near;
    world.sell(0, 2_600, 1_000).unwrap();
    world.buy(1, 2_600, 1_000).unwrap();
    world.withdraw_all(0);
    world.now = world.month(near).expiry;
    world.end(near, 520_000).unwrap();
    let from = world.now.later(OPENING_SECONDS);
    world.settle(near, &[0]).unwrap();
    world.start_liquidation(0).unwrap();
    let before = world.account(1).cash;
    for (now, paid) in [(from, false), (Seconds(from.0 + DAY - 1), false), (from.later(DAY), true)] {
        world.now = now;
        world.settle(near, &[1]).unwrap();
        assert_eq!(world.account(1).cash > before, paid, "{now:?}");
    }
    world.check();
}

#[test]
fn a_default_elsewhere_holds_no_months_winners() {
    let mut world = on_the_day(2_000, 0);
    let far = world.far;
    for (seat, side) in [(3, Side::Sell), (4, Side::Buy)] {
        world.after_the_opening();
        let mark = world.settle_mark(far);
        let order = world.far_order(seat, side, mark, 10);
        world.place(order).unwrap();
    }
    world.next_day(480_000).unwrap();
    world.start_liquidation(0).unwrap();
    let before = world.account(4).cash;
    world.settle(far, &[3, 4]).unwrap();
    assert!(world.account(4).cash > before);
    world.check();
}

/// Seat 0 has nothing left and owes in both months.
fn bankrupt_in_two_months() -> World {
    let mut world = on_the_day(2_000, 1_000);
    let (near, far) = (world.near, world.far);
    world.start_liquidation(0).unwrap();
    world.bid_for(4, 0, near, 2_000).unwrap();
    world.bid_for(5, 0, far, 1_000).unwrap();
    world.settle(near, &[0]).unwrap();
    world.settle(far, &[0]).unwrap();
    assert_eq!(world.account(0).cash, 0);
    world
}

#[test]
fn a_default_in_two_months_takes_one_share_of_the_fund_and_both_months_get_their_part() {
    let outcome = |near_first: bool| {
        let mut world = bankrupt_in_two_months();
        let months = [world.near, world.far];
        let debts = months.map(|month| world.account(0).position(month).unwrap().basis.0);
        let (first, second) = if near_first { (months[0], months[1]) } else { (months[1], months[0]) };
        let paid = cover(&mut world, first).unwrap();
        assert!(paid <= SHARE && paid + 2 * u64::from(TICK_VALUE) > SHARE, "{paid}");
        assert_eq!(cover(&mut world, second), Err(ClearingError::NotBankrupt));
        assert_eq!(world.house.ledger().fund, FUND - paid);
        let markets = months.map(|month| world.house.market(month).unwrap());
        let drawn = markets.map(|market| i128::from(market.fund_drawn));
        let apart = drawn[0] * i128::from(debts[1]) - drawn[1] * i128::from(debts[0]);
        let whole = i128::from(debts[0] + debts[1]) * i128::from(TICK_VALUE);
        assert!(apart.abs() <= whole, "in proportion to what is owed, to a point: {drawn:?} {debts:?}");
        assert!(markets.iter().all(|market| market.deficit > Points::ZERO));
        world.check();
        (drawn, markets.map(|market| market.deficit))
    };
    assert_eq!(outcome(true), outcome(false));
}

/// A month whose share has been used up gets nothing, and takes nothing from the other one.
#[test]
fn a_month_that_has_used_its_share_up_is_written_off() {
    let mut world = bankrupt_in_two_months();
    let (near, far) = (world.near, world.far);
    let mut market = world.house.market(far).unwrap();
    market.fund_drawn = 2 * FUND;
    world.house.set_market(far, &market);
    assert_eq!(cover(&mut world, far), Err(ClearingError::FundEmpty));
    for month in [near, far] {
        assert_eq!(world.write_off(0, month), Err(ClearingError::CoverFirst));
    }
    let owed = world.account(0).position(far).unwrap().basis;
    assert_eq!(cover(&mut world, near), Ok(SHARE));
    assert_eq!(world.house.market(far).unwrap().deficit, owed, "all of it");
    assert!(world.account(0).positions().is_empty());
    world.check();
}
