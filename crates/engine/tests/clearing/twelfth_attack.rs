//! A twelfth attack: on profit of the running day when its print has come, and on doors beside the opening phase.

use crate::eighth_attack::near_its_end;
use crate::ninth_attack::{ALL, has, print_other, solvent_by_todays_profit};
use crate::tenth_attack::{open_between_friends, wind_up};
use crate::world::{CASH, TPI, World};
use sit_engine::calendar::{DAY, Day};
use sit_engine::clearing::opening::{OPENING_SECONDS, PRINT_DUE, PRINT_WAIT};
use sit_engine::clearing::{self, ClearingError, Guard, Instrument, Place, Policy, Store, Trigger, peers::Given};
use sit_engine::oracle::{Averaging, Validity};
use sit_engine::units::{Seat, Side, Ticks};

const DOLLAR: i128 = 1_000_000;

/// Seat 0 is short 2,000 lots of the near month, which seats 1 (a friend) and 2 hold alike, and loses more than it has
/// by the day's print. It is solvent by profit of the running day in another product, which it has closed: seat 5, a
/// friend who has no more than margin, owes it, and seat 7, another one, has the lots.
pub fn solvent_by_who_is_ruined(near_print: u32, lots: u32, fund: u64) -> (World, Instrument) {
    let mut world = World::new(9);
    world.fund(fund, 2_500);
    let other = world.second_product(2);
    let near = world.near;
    for seat in [1, 2] {
        world.trade(near, 0, seat, 2_600, lots / 4);
    }
    for seat in [0, 1, 3, 4, 5, 7, 8] {
        world.deposit(seat, 3 * CASH);
    }
    world.trade(other, 5, 0, 2_600 - 390, lots);
    world.trade(other, 0, 7, 2_600, lots);
    for seat in [0, 5, 7] {
        world.withdraw_all(seat);
    }
    world.now = world.now.later(DAY);
    world.at(PRINT_DUE + 60);
    world.settle_day(near_print).unwrap();
    (world, other)
}

/// A keeper's block: everything that the state calls for, by accounts that the thief does not have.
pub fn keep(world: &mut World, other: Instrument, blocks: u32) {
    let near = world.near;
    for _ in 0..blocks {
        for month in [near, other] {
            world.settle(month, &[0, 5]).ok();
        }
        for seat in [0, 5] {
            world.start_liquidation(seat).ok();
            world.report_deficit(seat).ok();
        }
        world.bid_for(4, 0, near, 5_000).ok();
        world.bid_for(8, 5, other, 10_000).ok();
        for month in [near, other] {
            world.settle(month, &[0, 5]).ok();
        }
        for (seat, month) in [(5, other), (0, near)] {
            world.report_deficit(seat).ok();
            world.cover_in(Seat(seat), month).ok();
            world.write_off(seat, month).ok();
            world.report_deficit(seat).ok();
        }
        for month in [near, other] {
            world.allocate(month, &[0, 1, 2, 3, 4, 5, 6, 7, 8]).ok();
        }
        // The friends of the thief are paid last, and whoever else is owed something by the keeper.
        world.settle(near, &[2, 3, 4, 6]).ok();
        world.settle(other, &[0, 8]).ok();
        world.now = world.now.later(6);
    }
}

/// When seat 1 has seat 0 reported and itself paid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Asks {
    /// In its turn.
    Never,
    /// In the message that settles the other product.
    WithTheSettlement,
    /// At two o'clock, while settlements of the other product are paused, whose print everybody knows.
    InAPause,
}

/// What seats 1, 2, 0 and 5 and the fund have in the end.
fn released(near_print: u32, other_print: u32, lots: u32, asks: Asks, paused: bool) -> [i128; 5] {
    let (mut world, other) = solvent_by_who_is_ruined(near_print, lots, 250_000_000_000);
    let near = world.near;
    let product = other.product();
    if paused {
        let now = world.now;
        world.house.transact(|house| clearing::pause(house, now, product, Guard::SETTLEMENT)).unwrap();
    }
    keep(&mut world, other, 60);
    let waits = i128::from(world.account(1).cash) / DOLLAR < has(&mut world, 1) - 100_000;
    assert!(waits && has(&mut world, 0) >= 0, "seat 1 waits for seat 0, which is solvent");
    if paused {
        world.at(PRINT_DUE + PRINT_WAIT);
        if asks == Asks::InAPause {
            world.report_deficit(0).ok();
            world.settle(near, &[1]).ok();
        }
        let now = world.now;
        world.house.transact(|house| clearing::unpause(house, now, product)).unwrap();
    }
    print_other(&mut world, other, other_print);
    if asks == Asks::WithTheSettlement {
        world.report_deficit(0).ok();
        world.settle(near, &[1]).ok();
    }
    for _ in 0..2 {
        keep(&mut world, other, 200);
        world.settle(near, &ALL).unwrap();
        world.settle(other, &ALL).unwrap();
        world.now = world.now.later(OPENING_SECONDS);
    }
    world.check();
    let [one, two, zero, five] = [1, 2, 0, 5].map(|seat| has(&mut world, seat));
    [one, two, zero, five, i128::from(world.house.ledger().fund) / DOLLAR]
}

/// Who is solvent by profit of the running day is waited for while its print is open. In the message that settles that
/// print the profit counts as any claim, two minutes before anybody is paid there and before whoever owes it can be
/// reported: a report lets the winners go in that message, and the first of them bears nothing of the default.
#[test]
fn a_profit_of_the_day_lets_nobody_be_paid_before_who_owes_it_can_be_reported() {
    let stories = [(4_000, 430_000, 470_000), (10_000, 405_000, 515_000), (10_000, 430_000, 515_000)];
    nobody_is_paid_first(stories, |near, other, lots, asks| {
        released(near, other, lots, if asks { Asks::WithTheSettlement } else { Asks::Never }, false)
    });
}

/// With settlements of that product paused its print is known and not settled: from two o'clock on the profit counts as
/// any claim, for as long as the pause lasts.
#[test]
fn a_profit_of_the_day_lets_nobody_be_paid_while_settlements_of_its_product_are_paused() {
    let stories = [(4_000, 430_000, 470_000), (10_000, 430_000, 515_000)];
    nobody_is_paid_first(stories, |near, other, lots, asks| {
        released(near, other, lots, if asks { Asks::InAPause } else { Asks::Never }, true)
    });
}

/// Whoever asks at the wrong time wins nothing by it from the other winner, story by story: lots, and the two prints.
/// `released` gives what seats 1, 2, 0 and 5 and the fund have in the end, if nobody asks then and if somebody does.
pub fn nobody_is_paid_first<const N: usize>(
    stories: [(u32, u32, u32); N],
    released: impl Fn(u32, u32, u32, bool) -> [i128; 5],
) {
    let gains = stories.map(|(lots, near_print, other_print)| {
        let [fair, told] = [false, true].map(|asks| released(near_print, other_print, lots, asks));
        [0, 1, 2, 3, 4].map(|place| told[place] - fair[place])
    });
    assert!(
        gains.iter().all(|gains| gains[0] < 5 && gains[1] > -5),
        "first winner, other winner, seats 0 and 5, fund: {gains:?} USD"
    );
}

/// Seat 0 has lost to seats 1 and 2, who are honest, and can pay. The guardian has paused settlements and nothing else
/// before the day's print, which everybody knows. At two o'clock seats 5 and 6 open `lots` against each other at the
/// mark, seat 5 takes out what it may, and the pause ends a day later. What seats 5 and 6 have together, seats 1 and 2,
/// and the fund.
fn opened_in_a_pause(lots: u32, print: u32) -> [i128; 3] {
    let mut world = World::new(8);
    world.fund(250_000_000_000, 2_500);
    let near = world.near;
    for seat in [0, 4] {
        world.deposit(seat, 3 * CASH);
    }
    for seat in [1, 2] {
        world.trade(near, 0, seat, 2_600, 2_000);
    }
    world.now = world.now.later(DAY);
    let now = world.now;
    world.house.transact(|house| clearing::pause(house, now, TPI, Guard::SETTLEMENT)).unwrap();
    world.at(PRINT_DUE + 60);
    assert_eq!(world.settle_day(print), Err(ClearingError::Paused));
    note_printed(&mut world, print);
    world.at(PRINT_DUE + PRINT_WAIT);
    let out = open_between_friends(&mut world, lots);
    world.at(PRINT_DUE + PRINT_WAIT + 3_600);
    let now = world.now;
    world.house.transact(|house| clearing::unpause(house, now, TPI)).unwrap();
    world.settle_day(print).unwrap();
    wind_up(&mut world);
    let [one, two, five, six] = [1, 2, 5, 6].map(|seat| has(&mut world, seat));
    [five.max(0) + six + out, one + two, i128::from(world.house.ledger().fund) / DOLLAR]
}

/// While settlements alone are paused prints go on: from two o'clock on the book trades, and money leaves, at marks of
/// which everybody knows that they are old. Two friends open both sides of a known move with no more than margin.
#[test]
fn nobody_opens_both_sides_of_a_known_print_while_settlements_are_paused() {
    let gains = [380_000, 470_000].map(|print| {
        let [fair, told] = [0, 8_000].map(|lots| opened_in_a_pause(lots, print));
        [0, 1, 2].map(|place| told[place] - fair[place])
    });
    assert!(gains.iter().all(|gains| gains[0] < 5 && gains[1] > -5), "friends, honest winners, fund: {gains:?} USD");
}

/// The same hours let whoever is ruined by that print take out all but margin at the old mark, also while everything is
/// paused.
#[test]
fn nobody_takes_their_money_out_on_a_known_print_while_settlements_are_paused() {
    let figures = [Guard::SETTLEMENT, Guard::ALL].map(|scopes| {
        let mut world = World::new(8);
        world.trade(world.near, 0, 1, 2_600, 1_500);
        world.now = world.now.later(DAY);
        let now = world.now;
        world.house.transact(|house| clearing::pause(house, now, TPI, scopes)).unwrap();
        world.at(PRINT_DUE + 60);
        note_printed(&mut world, 470_000);
        assert!(world.withdraw(0, 1).is_err(), "the print is due");
        world.at(PRINT_DUE + PRINT_WAIT);
        let out = world.withdraw_all(0) / 1_000_000;
        let now = world.now;
        world.house.transact(|house| clearing::unpause(house, now, TPI)).unwrap();
        world.settle_day(470_000).unwrap();
        world.settle_all();
        (out, has(&mut world, 0))
    });
    assert!(figures.iter().all(|(out, _)| *out == 0), "taken out, and what the account has then: {figures:?} USD");
}

/// The oracle's word is brought to the clearing house while its newest print is this one.
pub fn note_printed(world: &mut World, price: u32) {
    let (now, print) = (world.now, Given::print(Day::of(world.now), price));
    world.house.transact(|house| clearing::note_index(house, &print, now, TPI)).unwrap();
}

/// Seat 0 is short 4,000 lots and will be ruined by a print that is due and known: it may take nothing out. It sets
/// stops whose order only rests and has a friend on seat 6 carry them out, for ten dollars each, `rounds` times. What
/// the two have in the end, and what seat 1, who won, has.
fn paid_for_stops(rounds: u32) -> [i128; 2] {
    let mut world = World::new(8);
    let near = world.near;
    world.trade(near, 0, 1, 2_600, 4_000);
    world.now = world.now.later(DAY);
    world.at(PRINT_DUE + 60);
    assert_eq!(world.withdraw(0, 1), Err(ClearingError::Opening));
    let stop = Trigger {
        above: false,
        reduce_only: true,
        rests: true,
        limit: Ticks(2_300),
        fee: Trigger::MAX_FEE,
        ..world.stop(false, 2_600, 1)
    };
    for round in 0..rounds {
        world.set_trigger(0, 0, stop).unwrap();
        world.execute(6, 0, 0).ok();
        if round % 10 == 9 {
            world.cancel_all(0, near).unwrap();
        }
    }
    world.settle_day(550_000).unwrap();
    world.settle(near, &[0]).unwrap();
    world.now = world.now.later(OPENING_SECONDS);
    world.settle(near, &ALL).unwrap();
    world.check();
    let [zero, six] = [0, 6].map(|seat| has(&mut world, seat));
    [zero.max(0) + six, i128::from(world.account(1).cash) / DOLLAR]
}

/// While a print is due no money leaves an account with lots. A stop that only rests in the opening phase pays its
/// keeper ten dollars, and may be set again at once.
#[test]
fn stops_carry_no_money_out_of_an_account_while_a_print_is_due() {
    let [fair, told] = [0, 500].map(paid_for_stops);
    assert_eq!(told, fair, "seats 0 and 6 together, and seat 1, USD, by a thousand messages");
}

/// As [`released`], within one product: seat 0 is bankrupt by its short lots of a month, and solvent by the final price
/// of one that has expired, where seat 5 owes it, who has no more than that after its own losses. Seat 3 is a winner of
/// the first month and is paid in the message that makes the price final, or in its turn.
fn released_by_a_final_price(lots: u32, at_once: bool) -> [i128; 5] {
    let mut world = World::new(9);
    world.fund(50_000_000_000, 2_500);
    let other = near_its_end(&mut world, 1);
    let near = world.near;
    for seat in [3, 4, 5, 8] {
        world.deposit(seat, 5 * CASH);
    }
    let mark = world.settle_mark(near);
    for seat in [1, 2] {
        world.trade(near, 0, seat, mark, 1_000);
    }
    world.trade(near, 5, 3, mark, lots);
    let mark = world.settle_mark(other);
    world.trade(other, 5, 0, mark, 6_000);
    for seat in [0, 5] {
        world.withdraw_all(seat);
    }
    world.now = world.now.later(DAY);
    world.at(PRINT_DUE + 900);
    let now = world.now;
    let index = Given { validity: Some(Validity::NeedsConfirmation), ..Given::default() };
    world.house.transact(|house| clearing::note_index(house, &index, now, TPI)).unwrap();
    world.now = world.month(other).expiry.later(960);
    let (now, print) = (world.now, 470_000);
    let averaging = Some(Averaging { sum: u64::from(4 * 260_000 + print), samples: 5, window: 5 });
    let given = Given { averaging, ..Given::print(Day::of(now), print) };
    world.house.transact(|house| clearing::settle_day(house, &given, now, TPI)).unwrap();
    let keep = |world: &mut World, blocks: u32| {
        for _ in 0..blocks {
            for month in [near, other] {
                world.settle(month, &[0, 5]).ok();
            }
            for seat in [0, 5] {
                world.start_liquidation(seat).ok();
                world.bid_for(4, seat, near, 10_000).ok();
                world.report_deficit(seat).ok();
            }
            for month in [near, other] {
                world.settle(month, &[0, 5]).ok();
            }
            for (seat, month) in [(5, other), (0, near)] {
                world.cover_in(Seat(seat), month).ok();
                world.write_off(seat, month).ok();
                world.report_deficit(seat).ok();
            }
            for month in [near, other] {
                world.allocate(month, &[0, 1, 2, 3, 4, 5, 6, 7, 8]).ok();
            }
            world.now = world.now.later(6);
        }
    };
    keep(&mut world, 200);
    world.now = world.now.later(6 * 3_600);
    world.settle(near, &ALL).unwrap();
    world.end(other, (4 * 260_000 + print) / 5).unwrap();
    if at_once {
        world.report_deficit(0).ok();
        world.settle(near, &[3]).ok();
    }
    for _ in 0..2 {
        keep(&mut world, 200);
        world.settle(near, &ALL).unwrap();
        world.settle(other, &ALL).unwrap();
    }
    world.check();
    let [three, one, two, zero] = [3, 1, 2, 0].map(|seat| has(&mut world, seat));
    [three, one, two, zero, i128::from(world.house.ledger().fund) / DOLLAR]
}

/// Within one product the final price of a month is such news, too, long after the others have opened: whoever is
/// solvent by it is let go in the message that makes it final, before whoever owes it can be reported there.
#[test]
fn a_final_price_lets_nobody_be_paid_before_who_owes_by_it_can_be_reported() {
    let gains = [3_000, 3_400].map(|lots| {
        let [fair, told] = [false, true].map(|at_once| released_by_a_final_price(lots, at_once));
        [0, 1, 2, 3, 4].map(|place| told[place] - fair[place])
    });
    assert!(gains.iter().all(|gains| gains[0] < 5), "seat 3, seats 1 and 2, seat 0, fund: {gains:?} USD");
}

/// Seat 6, a maker with 103,000 dollars, asks for 600 lots at today's price, 5 % below the settlement mark. Seat 7, a
/// rival, takes them, while one lot of seat 0 has the month's winners wait for some minutes, or they wait for nobody.
/// What the maker has in cash an hour later, when nobody waits any more, in dollars.
fn capital_after_a_trade(waits: bool) -> u64 {
    let (mut world, other) = solvent_by_todays_profit(1, 4_000);
    let near = world.near;
    world.set_cash(6, 103_000_000_000, 4);
    if waits {
        world.report_deficit(0).unwrap();
    }
    world.now = world.now.later(OPENING_SECONDS);
    let price = world.settle_mark(near) * 95 / 100;
    world.sell(6, price, 600).unwrap();
    let take = Place { policy: Policy::ImmediateOrCancel, ..world.order(7, Side::Buy, price, 600) };
    assert_eq!(world.place(take).unwrap().filled.0, 600);
    print_other(&mut world, other, 260_000);
    for _ in 0..32 {
        for month in [near, other] {
            world.settle(month, &ALL).unwrap();
        }
        world.report_deficit(0).ok();
        world.now = world.now.later(120);
    }
    world.check();
    world.account(6).cash / 1_000_000
}

/// A known limit: what a trade moves at the settlement mark is paid in cash where winners wait, and comes back with the
/// next settlement. Who has winners wait for a moment, by one lot, takes a maker's capital away until tomorrow by
/// buying at a fair price. The maker is warned, and has an hour to bring it from elsewhere.
#[test]
fn a_trade_at_todays_price_takes_a_makers_capital_away_until_tomorrow_while_winners_wait() {
    assert_eq!([false, true].map(capital_after_a_trade), [102_977, 91_277], "cash of the maker, USD");
}

/// As [`released`], with seat 6 in between: it holds a spread against seat 0, owes seats 1 and 2 in the far month, and
/// can pay only with what seat 0 owes it in the near one. What seats 1, 2 and 6 have in the end.
fn released_behind_a_spread(lots: u32, print: u32, at_once: bool) -> [i128; 3] {
    let mut world = World::new(9);
    world.fund(4_000_000_000, 2_500);
    let other = world.second_product(2);
    let (near, far) = (world.near, world.far);
    for seat in [0, 4, 5, 7, 8] {
        world.deposit(seat, 9 * CASH);
    }
    world.trade(near, 0, 6, 2_600, lots);
    for seat in [1, 2] {
        world.trade(far, 6, seat, 2_500, lots / 2);
    }
    world.trade(other, 5, 0, 2_600 - 390, 5 * lots);
    world.trade(other, 0, 7, 2_600, 5 * lots);
    for seat in [0, 5, 6, 7] {
        world.withdraw_all(seat);
    }
    world.now = world.now.later(DAY);
    world.at(PRINT_DUE + 60);
    world.settle_day(print).unwrap();
    let keep = |world: &mut World, blocks: u32| {
        for _ in 0..blocks {
            for month in [near, far, other] {
                world.settle(month, &[0, 5, 6]).ok();
            }
            for seat in [0, 5, 6] {
                world.start_liquidation(seat).ok();
                world.bid_for(4, seat, near, 10_000).ok();
                world.bid_for(4, seat, far, 10_000).ok();
                world.bid_for(8, seat, other, 10_000).ok();
            }
            for month in [near, far, other] {
                world.settle(month, &[0, 5, 6]).ok();
            }
            for (seat, month) in [(5, other), (0, near), (6, far), (6, near)] {
                world.report_deficit(seat).ok();
                world.cover_in(Seat(seat), month).ok();
                world.write_off(seat, month).ok();
                world.report_deficit(seat).ok();
            }
            for month in [near, far, other] {
                world.allocate(month, &[0, 1, 2, 3, 4, 5, 6, 7, 8]).ok();
            }
            for month in [other, near, far] {
                world.settle(month, &[0, 5, 6, 7, 8, 4]).ok();
            }
            world.settle(far, &[1, 2]).ok();
            world.now = world.now.later(6);
        }
    };
    keep(&mut world, 60);
    print_other(&mut world, other, 515_000);
    if at_once {
        for _ in 0..2 {
            world.report_deficit(0).ok();
            world.report_deficit(6).ok();
        }
        world.settle(far, &[1]).ok();
    }
    for _ in 0..3 {
        keep(&mut world, 200);
        world.now = world.now.later(OPENING_SECONDS);
    }
    world.check();
    [1, 2, 6].map(|seat| has(&mut world, seat))
}

/// So does whoever rests on such an account: to count it as one that is behind, and not as one that is held, would let
/// those go who are owed by a spread in between.
#[test]
fn a_profit_of_the_day_lets_nobody_be_paid_behind_a_spread() {
    let gains = [(1_000, 515_000), (1_500, 515_000)].map(|(lots, print)| {
        let [fair, told] = [false, true].map(|at_once| released_behind_a_spread(lots, print, at_once));
        [0, 1, 2].map(|place| told[place] - fair[place])
    });
    assert!(gains.iter().all(|gains| gains[0] < 5), "first winner, second winner, seat 6: {gains:?} USD");
}
