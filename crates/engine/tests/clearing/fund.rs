//! The insurance fund: whichever message asks, it pays a month's share at most.

use crate::world::{TICK_VALUE, World};
use sit_engine::clearing::{self, ClearingError, Instrument, Purpose, Store};
use sit_engine::units::{NetLots, Points, Seat, TickValue};
use sit_native::Overlay;

/// The fund of these worlds: a quarter of a million dollars.
const FUND: u64 = 250_000_000_000;

/// Seat 0 is bankrupt in the near month, seat 1 has closed with a claim on it, seat 3 is seat 1's accomplice; the fund
/// may pay `cap` basis points of itself for a month.
pub fn bankrupt(cap: u16) -> World {
    let mut world = World::new(6);
    world.fund(FUND, cap);
    world.sell(0, 2_600, 1_000).unwrap();
    world.buy(1, 2_600, 1_000).unwrap();
    let (cash, initial) = (world.account(0).cash, world.health(0).initial.0);
    world.withdraw(0, cash - u64::try_from(initial).unwrap()).unwrap();
    world.next_day(470_000).unwrap();
    world.after_the_opening();
    world.start_liquidation(0).unwrap();
    world.bid(2, 0, 1_000).unwrap();
    world.settle_all();
    let mark = world.settle_mark(world.near);
    world.buy(2, mark, 1_000).unwrap();
    world.sell(1, mark, 1_000).unwrap();
    assert_eq!((world.net(0), world.net(1)), (0, 0));
    // Nobody ends the default, and the next settlement ends the wait of winners.
    world.next_day(470_000).unwrap();
    world.after_the_opening();
    world.settle_all();
    world
}

fn basis(world: &World, seat: u32, instrument: Instrument) -> i64 {
    world.account(seat).position(instrument).map_or(0, |position| position.basis.0)
}

#[test]
fn a_claim_on_a_bankrupt_is_bought_up_to_the_months_cap_and_no_further() {
    for cap in [0, 1, 500, 2_500, 5_000] {
        let mut world = bankrupt(cap);
        let (near, far) = (world.near, world.far);
        let claim = -basis(&world, 1, near);
        assert!(claim > 1_300_000);
        // Seat 1 has lost as much to its accomplice elsewhere, and has no cash left to pay it.
        world.owe(1, 3, far, claim);
        let cash = world.account(1).cash;
        world.set_cash(1, 0, 4);
        let allowance = FUND / 10_000 * u64::from(cap);
        let paid: u64 = std::iter::from_fn(|| world.bridge(1, far, near).ok()).sum();
        assert!(paid <= allowance, "{cap}: {paid} of {allowance}");
        assert!(paid + u64::from(TICK_VALUE) > allowance, "and what it may it pays: {paid} of {allowance}");
        assert_eq!(world.house.ledger().fund, FUND - paid);
        // The bankrupt's debt is of the same month: nothing is left for it.
        assert_eq!(world.cover(0), Err(ClearingError::FundEmpty), "{cap}");
        assert!(world.write_off(0, near).unwrap() > Points::ZERO);
        while world.sweep_fees(near).is_ok() && world.cover(0).is_ok() {}
        assert!(world.house.ledger().fund >= FUND - allowance, "{cap}: one cap for all messages");
        world.set_cash(1, cash, 4);
        world.check();
    }
}

#[test]
fn what_was_paid_for_a_month_counts_whichever_message_pays_first() {
    for bridge_first in [true, false] {
        let mut world = bankrupt(2_500);
        let (near, far) = (world.near, world.far);
        world.owe(1, 3, far, 400_000);
        world.set_cash(1, 0, 4);
        if bridge_first {
            assert_eq!(world.bridge(1, far, near), Ok(40_000_000_000));
            assert_eq!(world.cover(0), Ok(22_500_000_000), "what is left of a quarter");
        } else {
            assert_eq!(world.cover(0), Ok(62_500_000_000));
            // What it has paid in goes to the winner, who pays with it.
            world.settle(near, &[1]).unwrap();
            world.settle(far, &[1]).unwrap();
            assert!(basis(&world, 1, far) == 0 || world.bridge(1, far, near) == Err(ClearingError::WinnersWait));
        }
        assert_eq!(world.house.ledger().fund, FUND - 62_500_000_000);
        assert_eq!(world.house.ledger().fund_allowance(world.house.market(near).unwrap().fund_drawn), 0);
        world.check();
    }
}

#[test]
fn a_claim_that_is_paid_gives_the_month_its_share_of_the_fund_back() {
    let mut world = bankrupt(2_500);
    let (near, far) = (world.near, world.far);
    world.owe(1, 3, far, 400_000);
    world.set_cash(1, 0, 4);
    assert_eq!(world.bridge(1, far, near), Ok(40_000_000_000));
    assert_eq!(world.house.market(near).unwrap().fund_drawn, 40_000_000_000);
    let fund = world.house.ledger().fund;
    // The bankrupt account gets money after all, and pays.
    world.deposit(0, 300_000_000_000);
    world.settle(near, &[0]).unwrap();
    world.sweep_fees(near).unwrap();
    assert!(world.house.ledger().fund >= fund + 40_000_000_000);
    assert_eq!(world.house.market(near).unwrap().fund_drawn, 0);
    world.check();
}

/// Months of different tick values: a claim that is worth less than a point of the debt is bought for one point.
#[test]
fn a_claim_worth_less_than_a_point_of_the_debt_holds_nobody_up() {
    let mut world = World::new(4);
    world.after_the_opening();
    clearing::endow(&mut world.house, Purpose::Fund, FUND).unwrap();
    let (near, far) = (world.near, world.far);
    // A point of the far month is worth seven of the near one.
    let mut curve = world.house.curve(far.product()).unwrap();
    curve.month_mut(far).unwrap().tick_value = TickValue(7 * TICK_VALUE);
    world.house.set_curve(far.product(), &curve);
    let mut market = world.house.market(far).unwrap();
    market.tick_value = TickValue(7 * TICK_VALUE);
    world.house.set_market(far, &market);
    world.owe(0, 1, far, 5); // debts in far
    world.owe(2, 0, near, 3); // a claim in near on somebody who has not been settled
    world.set_cash(0, 0, 3);
    let cash = world.account(2).cash;
    world.set_cash(2, 0, 3);
    // What it lacks beyond the claim would be covered as well: five points of 4.6, rounded up.
    let now = world.now;
    let covered = clearing::cover(&mut Overlay::new(&mut world.house), now, Seat(0), far);
    assert_eq!(covered, Ok(5 * 7 * u64::from(TICK_VALUE)));
    assert_eq!(world.bridge(0, far, near), Ok(7 * u64::from(TICK_VALUE)), "a point for three");
    assert_eq!((basis(&world, 0, near), basis(&world, 0, far)), (0, 4));
    let covered = world.cover_in(Seat(0), far);
    assert_eq!(covered, Ok(4 * 7 * u64::from(TICK_VALUE)));
    world.set_cash(2, cash, 3);
}

/// Unsettled profit of one month pays for losses of no other: a creditor of a bankrupt account cannot withdraw cash
/// against what it is owed.
#[test]
fn profit_that_has_not_been_paid_lets_no_cash_go() {
    for bankrupt_debtor in [true, false] {
        let mut world = if bankrupt_debtor { bankrupt(2_500) } else { World::new(6) };
        let (near, far) = (world.near, world.far);
        if !bankrupt_debtor {
            world.owe(0, 1, near, 500_000);
        }
        let claim = -basis(&world, 1, near);
        world.owe(1, 3, far, claim);
        let cash = world.account(1).cash;
        let loss = u64::try_from(claim).unwrap() * u64::from(TICK_VALUE);
        assert_eq!(world.withdraw(1, cash), Err(ClearingError::BelowInitialMargin));
        assert_eq!(world.withdraw(1, cash - loss + 1), Err(ClearingError::BelowInitialMargin));
        world.withdraw(1, cash - loss).unwrap();
        // And the loss is paid out of what has stayed.
        world.settle(far, &[1]).unwrap();
        assert_eq!((basis(&world, 1, far), world.account(1).cash), (0, 0));
        world.check();
    }
}

#[test]
fn the_way_round_the_cap_is_closed_from_its_first_step() {
    let mut world = bankrupt(2_500);
    let (near, far) = (world.near, world.far);
    let claim = -basis(&world, 1, near);
    let mark = world.settle_mark(far);
    let (low, high) = (mark - mark * 1_500 / 10_000 + 1, mark + mark * 1_500 / 10_000 - 1);
    let lots = u32::try_from(claim).unwrap() / (high - low);
    for (seller, buyer, price) in [(3, 1, high), (1, 3, low)] {
        world.trade(far, seller, buyer, price, lots);
    }
    assert_eq!(world.account(1).net(far), NetLots::ZERO);
    let cash = world.account(1).cash;
    assert_eq!(world.withdraw(1, cash), Err(ClearingError::BelowInitialMargin));
    assert_eq!(world.bridge(1, far, near), Err(ClearingError::NotBankrupt), "there is cash to pay with");
    assert_eq!(world.house.ledger().fund, FUND);
}

/// Whatever the order of messages, a month never costs the fund more than its cap.
#[test]
fn the_fund_is_never_below_what_the_caps_leave_it() {
    for order in 0..24_u32 {
        let mut world = bankrupt(2_500);
        let (near, far) = (world.near, world.far);
        world.owe(1, 3, far, 1_000_000);
        world.set_cash(1, 0, 4);
        for step in 0..40_u32 {
            match (order.wrapping_mul(2_654_435_761).rotate_left(step) ^ step) % 5 {
                0 => drop(world.cover(0)),
                1 => drop(world.bridge(1, far, near)),
                2 => drop(world.sweep_fees(near)),
                3 => drop(world.write_off(0, near)),
                _ => drop(world.settle(near, &[1, 2])),
            }
            let (ledger, market) = (world.house.ledger(), world.house.market(near).unwrap());
            assert!(ledger.fund >= FUND - 62_500_000_000, "{order} {step}");
            assert!(4 * market.fund_drawn <= ledger.fund + market.fund_drawn, "{order} {step}: {}", market.fund_drawn);
            world.check();
        }
    }
}
