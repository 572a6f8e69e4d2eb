//! A thirteenth attack: on the end of a pause, on how long a print that is kept back holds others, and on claims that
//! are not paid yet.

use crate::eighth_attack::near_its_end;
use crate::ninth_attack::{ALL, has, print_other, solvent_by_todays_profit};
use crate::tenth_attack::{open_between_friends, wind_up};
use crate::twelfth_attack::{keep, nobody_is_paid_first, note_printed, solvent_by_who_is_ruined};
use crate::world::{CASH, TPI, World};
use sit_engine::calendar::{DAY, Day};
use sit_engine::clearing::opening::{OPENING_SECONDS, PRINT_DUE, PRINT_WAIT};
use sit_engine::clearing::{self, Guard, Instrument, Product, Store, peers::Given};

const DOLLAR: i128 = 1_000_000;

fn pause(world: &mut World, product: Product, scopes: u8) {
    let now = world.now;
    world.house.transact(|house| clearing::pause(house, now, product, scopes)).unwrap();
}

fn unpause(world: &mut World, product: Product) {
    let now = world.now;
    world.house.transact(|house| clearing::unpause(house, now, product)).unwrap();
}

/// Settlements are paused before the print of a day, which everybody knows from then on, and the pause ends `after` so
/// many seconds of that day. In the same block, before the print is settled, seats 5 and 6 open `lots` against each
/// other, and seat 5 takes out what it may. What seats 5 and 6 have together, honest winners on seats 1 and 2, the
/// fund.
fn opened_at_the_end_of_a_pause(scopes: u8, after: u32, lots: u32, print: u32) -> [i128; 3] {
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
    pause(&mut world, TPI, scopes);
    world.at(PRINT_DUE + 60);
    note_printed(&mut world, print);
    let given = Given::print(Day::of(world.now), print);
    world.at(after);
    unpause(&mut world, TPI);
    // Whoever likes asks the oracle, which has no doubt.
    let now = world.now;
    world.house.transact(|house| clearing::note_index(house, &given, now, TPI)).unwrap();
    let out = open_between_friends(&mut world, lots);
    world.house.transact(|house| clearing::settle_day(house, &given, now, TPI)).unwrap();
    wind_up(&mut world);
    let [one, two, five, six] = [1, 2, 5, 6].map(|seat| has(&mut world, seat));
    [five.max(0) + six + out, one + two, i128::from(world.house.ledger().fund) / DOLLAR]
}

/// A pause of settlements ends by a message that anybody may send when its time has come, and until `settle_day` the
/// book trades at the old marks on a print that everybody knows. Two friends who send the end of the pause, a trade
/// with each other and a withdrawal in one transaction leave what the print costs to the fund and to honest winners.
#[test]
fn nobody_opens_both_sides_of_a_known_print_between_the_end_of_a_pause_and_its_settlement() {
    let times = [(Guard::SETTLEMENT, PRINT_DUE + PRINT_WAIT + 3_600), (Guard::ALL, DAY + 10 * 3_600)];
    let gains = times.map(|(scopes, after)| {
        [380_000, 470_000].map(|print| {
            let [fair, told] = [0, 8_000].map(|lots| opened_at_the_end_of_a_pause(scopes, after, lots, print));
            [0, 1, 2].map(|place| told[place] - fair[place])
        })
    });
    let worst = gains.iter().flatten().all(|gains| gains[0] < 5 && gains[1] > -5);
    assert!(worst, "friends, honest winners, fund: {gains:?} USD, after a pause of settlements and of everything");
}

/// In the same moment whoever is ruined by the print takes out all but margin.
#[test]
fn nobody_takes_their_money_out_between_the_end_of_a_pause_and_the_settlement_of_a_known_print() {
    let figures = [PRINT_DUE + PRINT_WAIT + 3_600, DAY + 10 * 3_600].map(|after| {
        let mut world = World::new(8);
        world.trade(world.near, 0, 1, 2_600, 1_500);
        world.now = world.now.later(DAY);
        pause(&mut world, TPI, Guard::ALL);
        world.at(PRINT_DUE + 60);
        let given = Given::print(Day::of(world.now), 470_000);
        note_printed(&mut world, 470_000);
        world.at(after);
        assert_eq!(world.withdraw_all(0), 0, "the print is kept back");
        unpause(&mut world, TPI);
        let now = world.now;
        world.house.transact(|house| clearing::note_index(house, &given, now, TPI)).unwrap();
        let out = world.withdraw_all(0) / 1_000_000;
        world.house.transact(|house| clearing::settle_day(house, &given, now, TPI)).unwrap();
        world.settle_all();
        (out, has(&mut world, 0))
    });
    assert!(figures.iter().all(|(out, _)| *out == 0), "taken out, and what the account has then: {figures:?} USD");
}

/// Seat 0 owes on `lots` of the near month and is solvent by profit of the running day in another product, whose
/// settlements are paused for thirteen days. It is reported after each settlement of the near month. On how many of
/// these days the other winner of that month, seat 2, has not been paid an hour before midnight.
fn days_held(lots: u32, paused: bool) -> usize {
    let (mut world, other) = solvent_by_todays_profit(lots, 4_000);
    let near = world.near;
    if paused {
        pause(&mut world, other.product(), Guard::SETTLEMENT);
    }
    let mut print = 390_000;
    let waits = (0..13).filter(|_| {
        world.now = world.now.later(DAY);
        world.at(PRINT_DUE + 60);
        print += 5_000;
        world.settle_day(print).unwrap();
        world.settle(near, &[0, 3]).unwrap();
        world.at(DAY - 3_600);
        world.report_deficit(0).ok();
        world.settle(near, &[0, 3, 2]).unwrap();
        let mark = world.month(near).settle;
        let owed = world.account(2).position(near).map_or(0, |position| position.variation(mark).0);
        owed > 0
    });
    waits.count()
}

/// Profit of the running day counts as a claim that may be cut while settlements of its product are paused. Under a
/// silent index that ends when its mark is older than four days; in a pause it lasts for fourteen: with lots in one
/// product that owe, all winners of a month of another one wait for as long, at no cost.
#[test]
fn profit_of_the_day_in_a_paused_product_holds_no_winners_of_another_one_for_a_week() {
    let days = [1, 800].map(|lots| [false, true].map(|paused| days_held(lots, paused)));
    assert!(days.iter().flatten().all(|days| *days <= 4), "days of 13, silent and paused, by 1 and 800 lots: {days:?}");
}

/// What seats 1, 2, 0 and 5 and the fund have when keepers have done all that there is to do.
fn in_the_end(world: &mut World, other: Instrument) -> [i128; 5] {
    for _ in 0..2 {
        keep(world, other, 200);
        world.settle(world.near, &ALL).unwrap();
        world.settle(other, &ALL).unwrap();
        world.now = world.now.later(OPENING_SECONDS);
    }
    world.check();
    let [one, two, zero, five] = [1, 2, 0, 5].map(|seat| has(world, seat));
    [one, two, zero, five, i128::from(world.house.ledger().fund) / DOLLAR]
}

/// As the story of the twelfth attack, with the print of the other product settled a block before the first one pays:
/// what seats 1, 2, 0 and 5 and the fund have in the end. With `asks` seat 1 has seat 0 reported in the message that
/// settles it, when no month in which it owes pays, and itself paid with the first message of the next block.
fn released_a_block_before(near_print: u32, other_print: u32, lots: u32, gap: u32, asks: bool) -> [i128; 5] {
    let (mut world, other) = solvent_by_who_is_ruined(near_print, lots, 250_000_000_000);
    let near = world.near;
    let settled = world.now;
    keep(&mut world, other, (OPENING_SECONDS - gap) / 6);
    assert_eq!(world.now, settled.later(OPENING_SECONDS - gap));
    print_other(&mut world, other, other_print);
    if asks {
        world.report_deficit(0).ok();
    }
    world.now = world.now.later(6);
    if asks {
        world.settle(near, &[1]).ok();
    }
    in_the_end(&mut world, other)
}

/// A claim that nobody is paid yet counts in a report while the month in which the account owes does not pay either,
/// also when that one begins to pay sooner. Where the second print comes a block before the first book opens, nobody
/// can report who owes before the winners of the first month are paid.
#[test]
fn a_claim_that_is_paid_later_than_the_debt_lets_nobody_be_paid_a_block_after_it_was_made() {
    let stories = [(4_000, 430_000, 470_000), (10_000, 405_000, 515_000), (10_000, 430_000, 515_000)];
    nobody_is_paid_first(stories, |near, other, lots, asks| released_a_block_before(near, other, lots, 6, asks));
}

/// As the story of the twelfth attack in a pause, with the pause of the other product ended after two o'clock. With
/// `asks` seat 1 has seat 0 reported and itself paid in that message, before the print is settled.
fn released_at_the_end_of_a_pause(near_print: u32, other_print: u32, lots: u32, asks: bool) -> [i128; 5] {
    let (mut world, other) = solvent_by_who_is_ruined(near_print, lots, 250_000_000_000);
    let near = world.near;
    pause(&mut world, other.product(), Guard::SETTLEMENT);
    keep(&mut world, other, 60);
    world.at(PRINT_DUE + PRINT_WAIT);
    keep(&mut world, other, 10);
    unpause(&mut world, other.product());
    if asks {
        world.report_deficit(0).ok();
        world.settle(near, &[1]).ok();
    }
    print_other(&mut world, other, other_print);
    in_the_end(&mut world, other)
}

/// Profit of the running day counts as a claim that may be cut while settlements are paused, and again when its print
/// has been settled. Between the end of the pause and the settlement it counts as any: a report lets the winners of
/// the other product go, on a print that everybody knows.
#[test]
fn a_profit_of_the_day_lets_nobody_be_paid_between_the_end_of_a_pause_and_its_settlement() {
    let stories = [(4_000, 430_000, 470_000), (10_000, 405_000, 515_000), (10_000, 430_000, 515_000)];
    nobody_is_paid_first(stories, released_at_the_end_of_a_pause);
}

/// Seat 0 is long a month that expires tomorrow and short the next one as much, with so much cash. Settlements are
/// paused before the index falls, and the first month gets its final price. With that month.
pub fn hedged_until_a_final_price(cash: u64) -> (World, Instrument) {
    let mut world = World::new(8);
    world.fund(50_000_000_000, 2_500);
    let other = near_its_end(&mut world, 1);
    let near = world.near;
    for (month, seller, buyer) in [(other, 1, 0), (near, 0, 2)] {
        let mark = world.settle_mark(month);
        world.trade(month, seller, buyer, mark, 2_000);
    }
    let held = world.account(0).cash;
    let _ = world.withdraw(0, held - cash * 1_000_000);
    world.now = world.now.later(DAY);
    pause(&mut world, TPI, Guard::SETTLEMENT);
    world.now = world.month(other).expiry.later(DAY);
    world.end(other, 200_000).unwrap();
    world.settle(other, &ALL).unwrap();
    (world, other)
}

/// After [`hedged_until_a_final_price`] seat 4 bids for the lots of seat 0 in the pause, or nobody does. What seats 0
/// and 4 have when the pause is over and the print settled, in dollars.
fn hedged_over_an_expiry(cash: u64, bids: bool) -> [i128; 2] {
    let (mut world, other) = hedged_until_a_final_price(cash);
    let near = world.near;
    if bids {
        world.start_liquidation(0).ok();
        for _ in 0..200 {
            world.bid_for(4, 0, near, 2_000).ok();
            world.now = world.now.later(6);
        }
    }
    unpause(&mut world, TPI);
    let given = Given::print(Day::of(world.now), 180_000);
    let now = world.now;
    world.house.transact(|house| clearing::settle_day(house, &given, now, TPI)).unwrap();
    world.now = world.now.later(OPENING_SECONDS);
    for month in [other, near] {
        world.settle(month, &ALL).unwrap();
    }
    world.check();
    [0, 4].map(|seat| has(&mut world, seat))
}

/// A final price comes while settlements are paused, too, from prints that the other months have not been settled by.
/// Whoever is hedged over the expiry is liquidated at marks of days before, by somebody who knows the next one.
#[test]
fn nobody_hedged_over_an_expiry_is_liquidated_at_old_marks_while_settlements_are_paused() {
    let stories = [170_000, 200_000].map(|cash| [false, true].map(|bids| hedged_over_an_expiry(cash, bids)));
    let gains = stories.map(|[fair, told]| [0, 1].map(|place| told[place] - fair[place]));
    assert!(gains.iter().all(|gains| gains[0] > -5 && gains[1] < 5), "seats 0 and 4: {gains:?} of {stories:?} USD");
}

/// Seats 0 and 1 have a spread against each other, 2,000 lots: seat 0 is short the near month. Settlements have been
/// paused for fifteen days and prints went on. Seat 0 ends the near month by a sunset, if it `chooses`, in the block in
/// which the pause ends and the print is settled. What seats 0 and 1 have then.
fn one_leg_of_a_spread(chooses: bool) -> [i128; 2] {
    let mut world = World::new(8);
    let (near, far) = (world.near, world.far);
    world.trade(near, 0, 1, 2_600, 2_000);
    world.trade(far, 1, 0, 2_500, 2_000);
    world.now = world.now.later(DAY);
    pause(&mut world, TPI, Guard::SETTLEMENT);
    world.now = world.now.later(15 * DAY);
    world.at(PRINT_DUE + 60);
    let given = Given::print(Day(Day::of(world.now).0), 470_000);
    let now = world.now;
    if chooses {
        world.house.transact(|house| clearing::sunset(house, &given, now, near)).unwrap();
    }
    unpause(&mut world, TPI);
    world.house.transact(|house| clearing::settle_day(house, &given, now, TPI)).ok(); // a sunset may have
    world.now = world.now.later(OPENING_SECONDS);
    for _ in 0..2 {
        for month in [near, far] {
            world.settle(month, &ALL).unwrap();
        }
    }
    world.check();
    [0, 1].map(|seat| has(&mut world, seat))
}

/// A sunset settles by the print that is there, so that nobody chooses between two marks; but not while settlements are
/// paused, the one case in which it comes with prints. Whoever is short a month ends it at the mark of two weeks ago,
/// and has the other months settled by the print in the same transaction.
#[test]
fn nobody_ends_one_leg_of_a_spread_at_the_mark_from_before_a_pause() {
    let [fair, told] = [false, true].map(one_leg_of_a_spread);
    let gains = [0, 1].map(|place| told[place] - fair[place]);
    assert!(gains[0] < 5 && gains[1] > -5, "seats 0 and 1, who is honest: {gains:?} of {told:?} USD");
}

/// Ten minutes before a pause of settlements seat 7 quotes so far above the mark; the pause ends at half past twelve
/// on the next day, and the day is settled in the same block by an index that has not moved. The mark then.
fn mark_after_a_pause(above: u32, paused: bool) -> u32 {
    let mut world = World::new(8);
    let near = world.near;
    world.trade(near, 0, 1, 2_600, 2_000);
    world.now = world.now.later(DAY);
    world.at(PRINT_DUE + 60);
    world.settle_day(260_000).unwrap();
    world.at(DAY - 600);
    world.quote(7, &[(2_600 + above, 200)], &[(2_620 + above, 200)]).unwrap();
    if paused {
        pause(&mut world, TPI, Guard::SETTLEMENT);
    }
    world.now = world.now.later(3_600);
    if paused {
        // Somebody who would sell to that bid may not, for thirteen hours.
        assert!(world.sell(3, 2_600 + above, 200).is_err());
    } else {
        world.sell(3, 2_600 + above, 200).unwrap();
    }
    world.at(PRINT_DUE + 1_800);
    if paused {
        unpause(&mut world, TPI);
    }
    world.settle_day(260_000).unwrap();
    world.settle_mark(near)
}

/// Quotes say something about the mark when they have stood for an hour where they could be taken. Those that stand
/// through a pause could not, by anybody who opens, and are heard when it ends shortly before the settlement.
#[test]
fn quotes_that_stood_in_a_pause_of_settlements_pull_no_mark() {
    let marks = [20, 100].map(|above| [false, true].map(|paused| mark_after_a_pause(above, paused)));
    assert!(marks.iter().all(|marks| marks[0] == marks[1]), "taken, and kept by a pause: {marks:?}, 2,000 lots open");
}
