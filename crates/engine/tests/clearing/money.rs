//! Money that moves between accounts and out of the house: limits, gates, fees and tiers.

use crate::world::{CASH, TICK_VALUE, World, owner};
use proptest::prelude::*;
use sit_engine::calendar::DAY;
use sit_engine::chain::Env;
use sit_engine::clearing::{self, ClearingError, Event, Purpose, Store, WithdrawalLimits, fees::TIERS};
use sit_engine::launch;
use sit_engine::units::{Seat, Seconds};

const DOLLAR: u64 = 1_000_000;

fn limited(limits: WithdrawalLimits) -> World {
    let mut world = World::new(6);
    clearing::set_withdrawal_limits(&mut world.house, limits).unwrap();
    world.now = world.now.later(DAY); // what came in yesterday lets nothing more out
    world
}

#[test]
fn no_more_than_the_limits_leaves_in_an_hour_and_in_a_day() {
    // Six million dollars are there: 1 % is less than the hour's amount, 50 % more than the day's.
    let mut world = limited(WithdrawalLimits {
        hour_bps: 100,
        hour_amount: 900_000 * DOLLAR,
        day_bps: 5_000,
        day_amount: 1_000_000 * DOLLAR,
    });
    world.withdraw(0, 900_000 * DOLLAR).unwrap();
    assert_eq!(world.withdraw(1, 1), Err(ClearingError::WithdrawalLimit), "whoever asks");
    world.now = world.now.later(1_800);
    assert_eq!(world.withdraw(1, 450_001 * DOLLAR), Err(ClearingError::WithdrawalLimit));
    world.withdraw(1, 450_000 * DOLLAR).unwrap();
    world.now = world.now.later(3_600);
    world.withdraw(2, 500_000 * DOLLAR).unwrap();
    world.now = world.now.later(3_600);
    assert_eq!(world.withdraw(3, 900_000 * DOLLAR), Err(ClearingError::WithdrawalLimit), "the day's");
    world.check();
}

/// Out and in, or in and out: nothing has left, so everybody else may withdraw as much as before. PufferPool #184.
#[test]
fn paying_in_and_out_in_a_circle_uses_up_nobodys_limit() {
    let amount = launch::WITHDRAWAL_LIMITS.hour_amount;
    for deposit_first in [true, false] {
        let mut world = limited(launch::WITHDRAWAL_LIMITS);
        for _ in 0..30 {
            if deposit_first {
                world.deposit(0, 3 * amount);
                world.withdraw(0, 3 * amount).unwrap();
            } else {
                world.withdraw(0, amount).unwrap();
                world.deposit(0, amount);
            }
            world.now = world.now.later(601);
        }
        world.withdraw(1, amount).unwrap();
        assert_eq!(world.withdraw(2, amount), Err(ClearingError::WithdrawalLimit), "and no more than before");
        world.check();
    }
}

#[test]
fn what_came_in_yesterday_lets_nothing_more_out_today() {
    let mut world = limited(launch::WITHDRAWAL_LIMITS);
    world.deposit(0, 50_000_000 * DOLLAR);
    world.now = world.now.later(DAY);
    let hour = launch::WITHDRAWAL_LIMITS.hour_amount;
    assert_eq!(world.withdraw(0, hour + 1), Err(ClearingError::WithdrawalLimit));
    world.withdraw(0, hour).unwrap();
    world.check();
}

#[test]
fn a_limit_that_is_lowered_holds_at_once_whatever_has_just_come_in() {
    let mut world = limited(launch::WITHDRAWAL_LIMITS);
    world.deposit(0, 50_000_000 * DOLLAR);
    let lower = WithdrawalLimits { hour_bps: 0, hour_amount: DOLLAR, day_bps: 0, day_amount: DOLLAR };
    clearing::set_withdrawal_limits(&mut world.house, lower).unwrap();
    assert_eq!(world.withdraw(0, DOLLAR + 1), Err(ClearingError::WithdrawalLimit));
    world.withdraw(0, DOLLAR).unwrap();
}

#[test]
fn limits_that_cross_are_refused() {
    let mut world = World::new(1);
    for wrong in [
        WithdrawalLimits { day_bps: 10_001, ..launch::WITHDRAWAL_LIMITS },
        WithdrawalLimits { hour_bps: 2_000, ..launch::WITHDRAWAL_LIMITS },
        WithdrawalLimits { day_amount: 1, ..launch::WITHDRAWAL_LIMITS },
    ] {
        assert_eq!(clearing::set_withdrawal_limits(&mut world.house, wrong), Err(ClearingError::BadParameter));
    }
}

#[test]
fn nothing_leaves_while_an_unpaid_loss_exceeds_the_fund() {
    let mut world = World::new(4);
    world.open_sub(3, 1, DOLLAR);
    world.sell(0, 2_600, 1_000).unwrap();
    world.buy(1, 2_600, 1_000).unwrap();
    let cash = world.account(0).cash;
    world.withdraw(0, cash - 78_000 * DOLLAR).unwrap();
    world.next_day(520_000).unwrap();
    world.withdraw(3, DOLLAR).unwrap();
    world.start_liquidation(0).unwrap();
    // 2,600 ticks a lot lost, less the collateral: 182,000 dollars that nobody has.
    assert_eq!(world.house.ledger().uncovered, 182_000 * DOLLAR);
    let env = world.env(3);
    assert_eq!(world.withdraw(3, DOLLAR), Err(ClearingError::DeficitUncovered));
    let treasury = world.pay_treasury(env.caller, 1);
    assert_eq!(treasury, Err(ClearingError::NotEnoughCash));
    world.transfer(3, 4, DOLLAR).unwrap(); // what stays inside may move
    clearing::endow(&mut world.house, Purpose::Fund, 182_000 * DOLLAR).unwrap();
    world.withdraw(3, DOLLAR).unwrap();
    // The takeover's discount makes it larger than the fund again, by less than a hundredth of all that is there.
    world.bid(2, 0, 1_000).unwrap();
    assert!(world.report_deficit(0).unwrap() > 182_000 * DOLLAR);
    world.withdraw(3, DOLLAR).unwrap();
    world.cover(0).unwrap();
    assert_eq!(world.house.ledger().uncovered, 0);
    world.withdraw(3, DOLLAR).unwrap();
    world.check();
}

/// An account of some dollars with one lot: what it owes after a gap is no reason to hold everybody's money.
#[test]
fn a_loss_of_some_dollars_holds_nobody_back() {
    for (gap, lots) in [(341_000, 1), (390_000, 1), (350_000, 100)] {
        let mut world = World::new(3);
        world.sell(0, 2_600, lots).unwrap();
        world.buy(1, 2_600, lots).unwrap();
        world.withdraw_all(0);
        world.next_day(gap).unwrap();
        world.start_liquidation(0).unwrap();
        assert!(world.house.ledger().uncovered > world.house.ledger().fund);
        world.withdraw(2, DOLLAR).unwrap();
        let env = world.env(2);
        assert!(world.pay_treasury(env.caller, 1).is_err(), "the protocol's own money waits all the same");
        world.check();
    }
}

#[test]
fn cash_moves_between_own_accounts_as_far_as_it_might_be_withdrawn() {
    let mut world = World::new(2);
    let twin = world.open_sub(0, 255, DOLLAR);
    world.sell(0, 2_600, 1_000).unwrap();
    world.buy(1, 2_600, 1_000).unwrap();
    let free = world.account(0).cash - 1_000 * 2_600 * u64::from(TICK_VALUE) * 3 / 10;
    assert_eq!(world.transfer(0, twin.0, free + 1), Err(ClearingError::BelowInitialMargin));
    assert_eq!(world.transfer(0, 1, 1), Err(ClearingError::NotAuthorised));
    assert_eq!(world.transfer(0, 0, 1), Err(ClearingError::BadParameter));
    assert_eq!(world.transfer(0, twin.0, 0), Err(ClearingError::ZeroAmount));
    assert_eq!(world.transfer(0, 99, 1), Err(ClearingError::UnknownSeat));
    world.transfer(0, twin.0, free).unwrap();
    assert_eq!(world.account(twin.0).cash, free + DOLLAR);
    world.check();
}

#[test]
fn an_owner_has_256_accounts() {
    let mut world = World::new(1);
    let env = Env { caller: owner(0), now: world.now };
    for sub in 1..=255 {
        clearing::open_account(&mut world.house, env, sub).unwrap();
    }
    assert_eq!(clearing::open_account(&mut world.house, env, 7), Err(ClearingError::SeatTaken));
    assert_eq!(world.house.accounts().count(), 256);
}

#[test]
fn old_marks_keep_money_beside_positions_and_let_the_rest_go() {
    let mut world = World::new(3);
    world.sell(0, 2_600, 10).unwrap();
    world.buy(1, 2_600, 10).unwrap();
    world.now = world.now.later(5 * DAY);
    assert_eq!(world.withdraw(0, 1), Err(ClearingError::IndexUnavailable));
    assert_eq!(world.start_liquidation(0), Err(ClearingError::IndexUnavailable));
    world.withdraw(2, CASH).unwrap();
    clearing::credit(&mut world.house, world.now, Seat(0), 1).unwrap();
}

#[test]
fn who_trades_more_pays_less_until_he_does_not() {
    let mut world = World::new(2);
    let trade = |world: &mut World| {
        let before = world.account(1).cash;
        world.sell(0, 2_600, 5_000).unwrap();
        world.buy(1, 2_600, 5_000).unwrap();
        let paid = before - world.account(1).cash;
        world.buy(0, 2_600, 5_000).unwrap();
        world.sell(1, 2_600, 5_000).unwrap();
        paid
    };
    let full = trade(&mut world); // 1.3 million dollars each way
    assert_eq!(full, 1_300_000 * DOLLAR / 2_000);
    assert_eq!(world.account(1).volume, 260_000, "in tens of dollars");
    assert_eq!(trade(&mut world), full, "a tier is refreshed by a message");
    assert_eq!(world.refresh_tier(1), Ok(2));
    assert_eq!(world.refresh_tier(1), Ok(2), "nothing is counted twice");
    assert_eq!(trade(&mut world), full * u64::from(TIERS[2].taker_bps) / 10_000);
    world.now = world.now.later(30 * DAY);
    assert_eq!(world.refresh_tier(1), Ok(0), "what was traded after a refresh is as old as that may be");
    assert_eq!(world.refresh_tier(9), Err(ClearingError::UnknownSeat));
    world.check();
}

#[test]
fn a_rebate_comes_out_of_the_takers_fee() {
    let mut world = World::new(2);
    let mut maker = world.account(0);
    maker.tier = 7;
    world.house.set_account(Seat(0), &maker);
    world.sell(0, 2_600, 100).unwrap();
    world.buy(1, 2_600, 100).unwrap();
    let value = 2_600 * 100 * u64::from(TICK_VALUE);
    assert_eq!(world.account(0).cash, CASH + value / 10_000, "0.01 % of the value");
    assert_eq!(world.account(1).cash, CASH - value / 2_000);
    let near = world.near;
    assert_eq!(world.house.market(near).unwrap().fees, value / 2_000 - value / 10_000);
    world.check();
}

#[test]
fn a_trade_tells_of_a_rebate_only_if_there_is_one() {
    let value = 2_600 * 100 * u64::from(TICK_VALUE);
    for (tier, rebate) in [(0, None), (3, None), (5, Some(value / 20_000)), (7, Some(value / 10_000))] {
        let mut world = World::new(2);
        let mut maker = world.account(0);
        maker.tier = tier;
        world.house.set_account(Seat(0), &maker);
        world.sell(0, 2_600, 100).unwrap();
        world.buy(1, 2_600, 100).unwrap();
        let told = world.house.events.iter().filter_map(|event| match *event {
            Event::Rebated { amount, .. } => Some(amount),
            _ => None,
        });
        assert_eq!(told.collect::<Vec<_>>(), Vec::from_iter(rebate), "tier {tier}");
    }
}

#[test]
fn both_sides_pay_the_settlement_fee_and_only_once() {
    let mut world = World::new(2);
    let near = world.near;
    clearing::set_settlement_fee(&mut world.house, near, 1_000).unwrap();
    assert_eq!(clearing::set_settlement_fee(&mut world.house, near, 10_001), Err(ClearingError::BadParameter));
    world.sell(0, 2_600, 100).unwrap();
    world.buy(1, 2_600, 100).unwrap();
    let before: Vec<u64> = (0..2).map(|seat| world.account(seat).cash).collect();
    world.now = Seconds(world.now.0 + 60 * DAY);
    world.finalise(near, 260_000).unwrap();
    assert_eq!(clearing::set_settlement_fee(&mut world.house, near, 0), Err(ClearingError::AlreadySettled));
    world.settle(near, &[0, 1]).unwrap();
    world.settle(near, &[0, 1]).unwrap();
    let fee = 2_600 * 100 * u64::from(TICK_VALUE) / 1_000;
    for (seat, before) in (0..2).zip(before) {
        assert_eq!(world.account(seat).cash, before - fee);
    }
    world.check();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    /// S5, S6: opening and closing at one price never profits, however the size is cut, and costs both sides the fees
    /// alone.
    #[test]
    fn a_round_trip_never_profits(parts in prop::collection::vec(1..200_u32, 1..8), price in 2_400..2_800_u32) {
        let mut world = World::new(2);
        let mut fees = [0_u64; 2];
        for (one, other) in [(0, 1), (1, 0)] {
            for lots in &parts {
                world.sell(one, price, *lots).unwrap();
                world.buy(other, price, *lots).unwrap();
                let value = u64::from(price * lots) * u64::from(TICK_VALUE);
                fees[one as usize] += (value * 100).div_ceil(1_000_000);
                fees[other as usize] += (value * 500).div_ceil(1_000_000);
            }
        }
        world.next_day(260_000).unwrap();
        world.settle_all();
        for seat in 0..2 {
            prop_assert!(world.account(seat).positions().is_empty());
            prop_assert_eq!(world.account(seat).cash, CASH - fees[seat as usize]);
        }
        world.check();
    }
}
