//! A fourteenth attack: on what a pause of settlements leaves behind, on sunsets, and on what goes on at old marks.

use crate::eighth_attack::near_its_end;
use crate::ninth_attack::{ALL, has};
use crate::thirteenth_attack::hedged_until_a_final_price;
use crate::world::{TPI, World, shocks};
use sit_engine::calendar::{DAY, Day};
use sit_engine::clearing::opening::{OPENING_SECONDS, PRINT_DUE, PRINT_WAIT};
use sit_engine::clearing::{self, ClearingError, Guard, Place, Store, Trigger, peers::Given};
use sit_engine::launch;
use sit_engine::oracle::{Averaging, Validity};
use sit_engine::units::{Side, Ticks};

pub fn settle_by(world: &mut World, given: &Given) {
    let now = world.now;
    world.house.transact(|house| clearing::settle_day(house, given, now, TPI)).unwrap();
}

/// Pays everybody in the two months when their books have opened.
fn pay(world: &mut World) {
    world.now = world.now.later(OPENING_SECONDS);
    for _ in 0..2 {
        for month in [world.near, world.far] {
            world.settle(month, &ALL).unwrap();
        }
    }
    world.check();
}

/// Nobody gains by what they do in a story, and nobody loses by it: what who acts has in the end, and who is honest, if
/// it is not done and if it is.
pub fn nobody_gains(story: impl Fn(bool) -> [i128; 2]) {
    let [fair, told] = [false, true].map(story);
    let gains = [0, 1].map(|place| told[place] - fair[place]);
    assert!(gains[0] < 5 && gains[1] > -5, "who acts, and who is honest: {gains:?} of {fair:?} USD");
}

/// After [`hedged_until_a_final_price`], in the block in which the pause ends and before the print is settled, seat 4
/// bids for the lots of seat 0, or nobody does. What seats 0 and 4 have in the end.
fn hedged_at_the_end_of_a_pause(cash: u64, bids: bool) -> [i128; 2] {
    let (mut world, _) = hedged_until_a_final_price(cash);
    let near = world.near;
    world.unpause();
    if bids {
        world.start_liquidation(0).ok();
        world.bid_for(4, 0, near, 2_000).ok();
    }
    let given = Given::print(Day::of(world.now), 180_000);
    settle_by(&mut world, &given);
    pay(&mut world);
    [0, 4].map(|seat| has(&mut world, seat))
}

/// The doubt that a pause leaves behind lets liquidations go on, as any doubt does: whoever sends the end of the pause
/// takes over at the marks from before it, in one transaction, and knows the next one.
#[test]
fn nobody_hedged_over_an_expiry_is_liquidated_between_the_end_of_a_pause_and_its_settlement() {
    let stories = [170_000, 200_000].map(|cash| [false, true].map(|bids| hedged_at_the_end_of_a_pause(cash, bids)));
    let gains = stories.map(|[fair, told]| [0, 1].map(|place| told[place] - fair[place]));
    assert!(gains.iter().all(|gains| gains[0] > -5 && gains[1] < 5), "seats 0 and 4: {gains:?} of {stories:?} USD");
}

/// Who ends the near month by a sunset, if somebody does, and when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ends {
    /// Settlements were paused on the morning of the day after the last settlement; fourteen days after the end of
    /// that settlement's day, and some hours before the pause is as old, with a print there that it keeps back.
    HoursBefore,
    /// Settlements have been paused for fifteen days; at noon, when the batches of today's print can be read.
    AtNoon,
    /// The same, while today's print waits for its confirmation.
    Unconfirmed,
    /// Nothing is paused; the index has been silent for fifteen days, and its first print waits for its confirmation.
    AfterSilence,
}

/// Seats 0 and 1 have a spread against each other, 2,000 lots: seat 0 is short the near month. What they have when the
/// near month has been ended, or has not, and the next print, of +81 %, has been settled.
fn one_leg(story: Ends, chooses: bool) -> [i128; 2] {
    let mut world = World::new(8);
    let (near, far) = (world.near, world.far);
    world.trade(near, 0, 1, 2_600, 2_000);
    world.trade(far, 1, 0, 2_500, 2_000);
    world.now = world.now.later(DAY);
    let paused = story != Ends::AfterSilence;
    if paused {
        world.pause(Guard::SETTLEMENT).unwrap();
    }
    let before = |world: &World, days: u32| Given::print(Day(Day::of(world.now).0 - days), 260_000);
    let known = match story {
        Ends::HoursBefore => {
            world.now = world.now.later(14 * DAY - 7 * 3_600);
            Given::print(Day(Day::of(world.now).0 - 1), 470_000)
        }
        Ends::AtNoon => {
            world.now = world.now.later(15 * DAY);
            world.at(PRINT_DUE + 60);
            before(&world, 1)
        }
        Ends::Unconfirmed => {
            world.now = world.now.later(15 * DAY);
            world.at(PRINT_DUE + PRINT_WAIT + 60);
            Given { validity: Some(Validity::NeedsConfirmation), ..before(&world, 1) }
        }
        Ends::AfterSilence => {
            world.now = world.now.later(15 * DAY);
            world.at(PRINT_DUE + PRINT_WAIT + 60);
            // A stale index is invalid, whatever waits.
            Given { validity: Some(Validity::Invalid), ..before(&world, 16) }
        }
    };
    if chooses {
        let now = world.now;
        world.house.transact(|house| clearing::sunset(house, &known, now, near)).ok();
    }
    if story != Ends::HoursBefore {
        world.at(PRINT_DUE + 5 * 3_600);
    }
    if paused {
        world.unpause();
    }
    let day = if story == Ends::HoursBefore { Day::of(world.now).0 - 1 } else { Day::of(world.now).0 };
    let now = world.now;
    world.house.transact(|house| clearing::settle_day(house, &Given::print(Day(day), 470_000), now, TPI)).ok();
    pay(&mut world);
    [0, 1].map(|seat| has(&mut world, seat))
}

/// A pause of settlements that begins in the morning is fourteen days old some hours after the index counts as silent,
/// by the day of its last print that was settled: in these hours a sunset takes the mark from before the pause, though
/// a print is there that the pause keeps back.
#[test]
fn nobody_ends_one_leg_of_a_spread_in_the_hours_before_a_pause_is_fourteen_days_old() {
    nobody_gains(|chooses| one_leg(Ends::HoursBefore, chooses));
}

/// A sunset takes the newest print that is there; from noon on everybody can read the one that is not.
#[test]
fn nobody_ends_one_leg_of_a_spread_while_a_print_can_be_read_and_is_not_there() {
    nobody_gains(|chooses| one_leg(Ends::AtNoon, chooses));
}

#[test]
fn nobody_ends_one_leg_of_a_spread_while_a_print_waits_for_its_confirmation() {
    nobody_gains(|chooses| one_leg(Ends::Unconfirmed, chooses));
}

/// A known limit: an index that has been silent for fifteen days is invalid, whatever waits, so the clearing house does
/// not see that its first print waits for its confirmation, and a sunset takes the last marks: of both legs of a
/// spread.
#[test]
fn who_has_waited_for_a_silent_index_ends_a_spread_before_its_first_print_is_confirmed() {
    let [fair, told] = [false, true].map(|chooses| one_leg(Ends::AfterSilence, chooses));
    assert_eq!([0, 1].map(|place| told[place] - fair[place]), [6_200, -6_200], "USD, of 2,000 lots by +81 %");
}

/// Settlements are paused `days` before a month expires, and 2,000 lots of it are open, seat 1 long. The index rises to
/// 470,000 on the next day and stays there. On the evening of the day after its expiry, before the final price is
/// there, seat 0 sends a sunset, or nobody does. What seats 0 and 1 have when the month has ended.
fn expired_in_a_pause(days: u32, chooses: bool) -> [i128; 2] {
    let mut world = World::new(8);
    let other = near_its_end(&mut world, days);
    let mark = world.settle_mark(other);
    for seat in [0, 1] {
        world.deposit(seat, 1_000_000_000_000);
    }
    world.trade(other, 0, 1, mark, 2_000);
    world.pause(Guard::SETTLEMENT).unwrap();
    world.now = world.month(other).expiry.later(DAY);
    let now = world.now;
    let averaging = Some(Averaging { sum: 5 * 470_000, samples: 5, window: 5 });
    let index = Given { averaging, ..Given::print(Day::of(now), 470_000) };
    if chooses {
        world.house.transact(|house| clearing::sunset(house, &index, now, other)).ok();
    }
    world.now = world.now.later(DAY);
    world.end(other, 470_000).ok();
    pay(&mut world);
    [0, 1].map(|seat| has(&mut world, seat))
}

/// A settlement passes a month by whose trading has ended, also one that a sunset makes of a print that was kept back:
/// its mark is the one from before the pause, and its final price is known to everybody.
#[test]
fn nobody_ends_an_expired_month_at_the_mark_from_before_a_pause() {
    nobody_gains(|chooses| expired_in_a_pause(13, chooses));
}

/// One clock stands for all scopes: where others have been paused for fourteen days, a pause of settlements that the
/// guardian makes because of a bad print is as old at once, and anybody ends every month by that print.
#[test]
fn a_pause_of_settlements_is_fourteen_days_old_when_it_is_and_not_when_another_one_is() {
    for first in [Guard::TRADING, Guard::LIQUIDATION] {
        let mut world = World::new(8);
        let near = world.near;
        world.trade(near, 0, 1, 2_600, 2_000);
        world.pause(first).unwrap();
        for _ in 0..15 {
            world.now = world.now.later(DAY);
            world.at(PRINT_DUE + 60);
            world.settle_day(260_000).unwrap();
        }
        world.now = world.now.later(DAY);
        world.at(PRINT_DUE + 60);
        let bad = Given::print(Day::of(world.now), 470_000);
        world.pause(Guard::SETTLEMENT).unwrap();
        world.now = world.now.later(6);
        let now = world.now;
        let ended = world.house.transact(|house| clearing::sunset(house, &bad, now, near));
        assert_eq!(ended, Err(ClearingError::TooEarly), "paused for six seconds, after scope {first}");
    }
}

/// How it comes that the print is known while who reduces may trade.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Known {
    /// Settlements are paused.
    Paused,
    /// It waits for its confirmation, after two.
    Unconfirmed,
}

/// A day after seat 1 has bought 2,000 lots of seat 5 and set a stop on the last price, 2 % below the mark. Seat 6, a
/// friend of seat 5, is long 40 that seat 5 has sold, too.
fn with_a_stop() -> World {
    let mut world = World::new(8);
    let near = world.near;
    for (buyer, lots) in [(1, 2_000), (6, 40)] {
        world.trade(near, 5, buyer, 2_600, lots);
    }
    let stop = Trigger { reduce_only: true, last: true, ..world.stop(true, 2_560, 2_000) };
    world.set_trigger(1, 0, stop).unwrap();
    world.now = world.now.later(DAY);
    world
}

/// Seat 6 sells seat 5 its lots 3 % below the mark, and seat 5 buys what the stop sells.
fn spring_the_stop(world: &mut World) {
    for (seat, side, lots) in [(5, Side::Buy, 40), (6, Side::Sell, 40), (5, Side::Buy, 2_000)] {
        let order = Place { reduce_only: true, ..world.order(seat, side, 2_523, lots) };
        world.place(order).ok();
    }
    world.execute(6, 1, 0).ok();
}

/// A print of +81 % is known and not settled when seats 5 and 6 `spring` the stop of seat 1, or do not. What seats 5
/// and 6 have together in the end, and seat 1.
fn sprung(known: Known, spring: bool) -> [i128; 2] {
    let mut world = with_a_stop();
    let near = world.near;
    if known == Known::Paused {
        world.pause(Guard::SETTLEMENT).unwrap();
    }
    world.at(PRINT_DUE + 60);
    if known == Known::Unconfirmed {
        world.note(Validity::NeedsConfirmation);
    }
    world.at(PRINT_DUE + PRINT_WAIT + 60);
    if spring {
        spring_the_stop(&mut world);
    }
    world.at(PRINT_DUE + PRINT_WAIT + 7_200);
    if known == Known::Paused {
        world.unpause();
    }
    let given = Given::print(Day::of(world.now), 470_000);
    settle_by(&mut world, &given);
    world.now = world.now.later(OPENING_SECONDS);
    world.settle(near, &ALL).unwrap();
    world.settle(near, &ALL).unwrap();
    world.check();
    let [one, five, six] = [1, 5, 6].map(|seat| has(&mut world, seat));
    [five + six, one]
}

/// In a pause the book is empty, and nobody who quotes may stand in it: two who reduce make a last price 3 % below the
/// mark, and are sold what stops sell, while everybody but the stops knows the next mark.
#[test]
fn nobody_springs_a_stop_on_a_known_print_while_settlements_are_paused() {
    nobody_gains(|spring| sprung(Known::Paused, spring));
}

/// The same without any pause, between two and four o'clock of any day whose print has to be confirmed.
#[test]
fn nobody_springs_a_stop_on_a_known_print_that_waits_for_its_confirmation() {
    nobody_gains(|spring| sprung(Known::Unconfirmed, spring));
}

/// Why only those who reduce may trade, though the mark is today's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reduces {
    /// Trading is paused, and nothing else.
    Paused,
    /// The backtest has failed.
    Red,
}

/// As [`sprung`], of an index that does not move, after a settlement, where nobody may quote. What seats 5 and 6 have
/// together in the end, and seat 1.
fn sprung_where_nobody_quotes(why: Reduces, spring: bool) -> [i128; 2] {
    let mut world = with_a_stop();
    world.at(PRINT_DUE + 60);
    world.settle_day(260_000).unwrap();
    if why == Reduces::Paused {
        world.pause(Guard::TRADING).unwrap();
    } else {
        let mut curve = world.house.curve(TPI).unwrap();
        curve.guard.red = true;
        world.house.set_curve(TPI, &curve);
    }
    world.at(PRINT_DUE + PRINT_WAIT + 60);
    assert_eq!(world.quote(7, &[(2_590, 2_000)], &[(2_610, 2_000)]), Err(ClearingError::ReduceOnly));
    if spring {
        spring_the_stop(&mut world);
    }
    world.check();
    let [one, five, six] = [1, 5, 6].map(|seat| has(&mut world, seat));
    [five + six, one]
}

/// A last price says something where everybody may trade at a better one.
#[test]
fn nobody_springs_a_stop_on_the_last_price_where_nobody_may_quote() {
    for why in [Reduces::Paused, Reduces::Red] {
        nobody_gains(|spring| sprung_where_nobody_quotes(why, spring));
    }
}

/// Seats 5 and 6 hold lots on both sides against each other, and quote with orders that only reduce so far above the
/// mark in a pause, which ends shortly before noon. The index does not move. The mark then.
fn mark_by_who_reduces(above: u32, scopes: u8, ends: u32) -> u32 {
    let mut world = World::new(8);
    let near = world.near;
    world.trade(near, 0, 1, 2_600, 2_000);
    world.trade(near, 5, 6, 2_600, 400);
    world.now = world.now.later(DAY);
    world.at(3_600);
    world.pause(scopes).unwrap();
    world.at(10 * 3_600);
    for (seat, side, price) in [(5, Side::Buy, 2_600 + above), (6, Side::Sell, 2_620 + above)] {
        let order = Place { reduce_only: true, ..world.order(seat, side, price, 200) };
        assert_eq!(world.place(order).err(), Some(ClearingError::OutsidePriceLimits));
        world.place(Place { price: Ticks(2_600), ..order }).unwrap();
    }
    // Somebody who would sell to that bid may not.
    assert!(world.sell(3, 2_600 + above, 200).is_err());
    world.at(ends);
    world.unpause();
    let now = world.now;
    let old = Given::print(Day(Day::of(now).0 - 1), 260_000);
    world.house.transact(|house| clearing::note_index(house, &old, now, TPI)).unwrap();
    world.at(PRINT_DUE + 1_800);
    world.settle_day(260_000).unwrap();
    world.settle_mark(near)
}

/// As [`mark_by_who_reduces`], in a pause that is fifteen days old, in which the index has not moved: somebody quotes
/// above the mark in the morning and ends the months by a sunset, which settles the day. The price of one.
fn sunset_by_who_reduces(scopes: u8) -> u32 {
    let mut world = World::new(8);
    let near = world.near;
    world.trade(near, 0, 1, 2_600, 2_000);
    world.trade(near, 5, 6, 2_600, 400);
    world.now = world.now.later(DAY);
    world.at(3_600);
    world.pause(scopes).unwrap();
    world.now = world.now.later(15 * DAY);
    world.at(10 * 3_600);
    for (seat, side, price) in [(5, Side::Buy, 2_690), (6, Side::Sell, 2_710)] {
        let order = Place { reduce_only: true, ..world.order(seat, side, price, 200) };
        world.place(order).unwrap_err();
        assert_eq!(world.place(Place { price: Ticks(2_600), ..order }).err(), Some(ClearingError::Opening));
    }
    world.at(PRINT_DUE + 1_800);
    let (now, given) = (world.now, Given::print(Day::of(world.now), 260_000));
    world.house.transact(|house| clearing::sunset(house, &given, now, near)).unwrap().0
}

/// A sunset lifts the pause of settlements while it settles the day, and with it what keeps such quotes unheard.
#[test]
fn quotes_of_who_reduces_in_a_pause_pull_no_month_that_a_sunset_ends() {
    assert_eq!([Guard::SETTLEMENT, Guard::ALL].map(sunset_by_who_reduces), [2_600, 2_600]);
}

/// Those who reduce may quote in a pause, and nobody who opens may take it: it is heard when the pause ends before
/// noon.
#[test]
fn quotes_of_who_reduces_in_a_pause_pull_no_mark() {
    let marks = [Guard::TRADING, Guard::SETTLEMENT, Guard::ALL]
        .map(|scopes| [20, 100].map(|above| mark_by_who_reduces(above, scopes, PRINT_DUE - 6)));
    assert!(marks.iter().flatten().all(|mark| *mark == 2_600), "{marks:?}");
}

/// Seat 0 is insolvent by the last print, with so many lots, and settlements are paused in the next block. Seats 2 and
/// 3 have won and lost to each other. On how many of the next 13 days seat 2 has not been paid.
fn days_held_in_a_pause(lots: u32) -> usize {
    let mut world = World::new(8);
    let near = world.near;
    world.trade(near, 0, 1, 2_600, lots);
    world.trade(near, 3, 2, 2_600, 1_000);
    world.set_cash(0, 80_000_000 * u64::from(lots), 4);
    world.now = world.now.later(DAY);
    world.at(PRINT_DUE + 60);
    world.settle_day(470_000).unwrap();
    world.settle(near, &[0, 3]).unwrap();
    world.start_liquidation(0).unwrap();
    world.pause(Guard::SETTLEMENT).unwrap();
    let waits = (0..13).filter(|_| {
        world.now = world.now.later(DAY);
        world.report_deficit(0).ok();
        world.settle(near, &ALL).unwrap();
        let mark = world.month(near).settle;
        world.account(2).position(near).map_or(0, |position| position.variation(mark).0) > 0
    });
    waits.count()
}

/// A known limit: a default holds winners until it is resolved, and for a settlement at most. In a pause of settlements
/// there is no next one, and since liquidations are paused with them it can be resolved by nobody, but by paying the
/// debt.
#[test]
fn a_default_holds_the_winners_of_its_month_for_all_of_a_pause() {
    assert_eq!([1, 500].map(days_held_in_a_pause), [13, 13], "days of 13, by 1 and 500 lots");
}

/// Seat 0 is long 10,000 lots of a month that expires and short the next one, against seats 1 and 2, and sound at the
/// final price and the print of the same day. Settlements are paused over the expiry. Whether seat 7, who has no
/// position, is refused when it withdraws, after somebody has reported seat 0.
fn refused_by_a_spread(reports: bool) -> Result<u64, ClearingError> {
    let mut world = World::new(8);
    world.fund(50_000_000_000, 2_500);
    let other = near_its_end(&mut world, 1);
    let near = world.near;
    for (month, seller, buyer) in [(other, 1, 0), (near, 0, 2)] {
        let mark = world.settle_mark(month);
        world.deposit(seller, 2_000_000_000_000);
        world.deposit(buyer, 2_000_000_000_000);
        world.trade(month, seller, buyer, mark, 10_000);
    }
    world.withdraw_all(0);
    world.now = world.now.later(DAY);
    world.pause(Guard::SETTLEMENT).unwrap();
    world.now = world.month(other).expiry.later(DAY);
    world.end(other, 150_000).unwrap();
    world.settle(other, &ALL).unwrap();
    if reports {
        world.start_liquidation(0).ok();
    }
    world.withdraw(7, 1_000_000)
}

/// A known limit: a final price comes in the pause, and what hedges it does not. Whoever is reported insolvent by it,
/// and is not, counts as a loss that the fund does not bear, and nobody withdraws until the pause is over.
#[test]
fn who_is_hedged_over_an_expiry_keeps_everybodys_money_in_while_settlements_are_paused() {
    assert_eq!([false, true].map(refused_by_a_spread).map(|paid| paid.is_ok()), [true, false]);
}

/// Seat 0 is short a month that expires and long the next one as much, with what it may not withdraw. Settlements are
/// paused for the five days of its window, which print the same, and go on an hour after its last trading time, before
/// the final price is there. What seats 0 and 4, a bidder, have in the end, and whether seat 0 was liquidated.
fn hedged_when_a_pause_has_ended(print: u32, bids: bool) -> ([i128; 2], bool) {
    let mut world = World::new(8);
    world.fund(50_000_000_000, 2_500);
    let other = near_its_end(&mut world, 5);
    let near = world.near;
    for (month, seller, buyer) in [(other, 0, 1), (near, 2, 0)] {
        let mark = world.settle_mark(month);
        world.trade(month, seller, buyer, mark, 2_000);
    }
    world.withdraw_all(0);
    world.now = world.now.later(3_600);
    world.pause(Guard::SETTLEMENT).unwrap();
    world.now = world.month(other).expiry.later(3_600);
    world.unpause();
    let averaging = Some(Averaging { sum: 5 * u64::from(print), samples: 5, window: 5 });
    let given = Given { averaging, ..Given::print(Day::of(world.now), print) };
    settle_by(&mut world, &given);
    let mut liquidated = false;
    if bids {
        for _ in 0..100 {
            for month in [near, other] {
                world.settle(month, &ALL).unwrap();
            }
            world.start_liquidation(0).ok();
            world.start_liquidation(0).ok();
            liquidated |= world.bid_for(4, 0, near, 2_000).is_ok();
            world.now = world.now.later(12);
        }
    }
    world.now = world.now.later(DAY);
    world.end(other, print).unwrap();
    pay(&mut world);
    ([0, 4].map(|seat| has(&mut world, seat)), liquidated)
}

/// A settlement passes a month by whose trading has ended, so after a pause over its last days one leg of a hedge has
/// today's mark and the other one that from before.
#[test]
fn nobody_hedged_over_an_expiry_is_liquidated_before_its_final_price_when_a_pause_has_ended() {
    let stories =
        [200_000, 170_000, 150_000].map(|print| [false, true].map(|bids| hedged_when_a_pause_has_ended(print, bids)));
    let gains = stories.map(|[fair, told]| [0, 1].map(|place| told.0[place] - fair.0[place]));
    assert!(gains.iter().all(|gains| gains[0] > -5 && gains[1] < 5), "seats 0 and 4: {gains:?} of {stories:?} USD");
}

/// Seat 0 is short 2,000 lots of a month that expires, and has a million. Settlements are paused for the days of its
/// window, which print the same, and go on an hour after its last trading time; the print is settled, and everybody
/// knows the final price. What seat 0 takes out then, and what it has when the final price is there.
fn withdrawn_before_a_final_price(print: u32) -> [i128; 2] {
    let mut world = World::new(8);
    let other = near_its_end(&mut world, 5);
    let mark = world.settle_mark(other);
    world.trade(other, 0, 1, mark, 2_000);
    world.now = world.now.later(3_600);
    world.pause(Guard::SETTLEMENT).unwrap();
    world.now = world.month(other).expiry.later(3_600);
    assert_eq!(world.withdraw(0, 1), Err(ClearingError::Paused));
    world.unpause();
    let averaging = Some(Averaging { sum: 5 * u64::from(print), samples: 5, window: 5 });
    let given = Given { averaging, ..Given::print(Day::of(world.now), print) };
    settle_by(&mut world, &given);
    pay(&mut world);
    let out = i128::from(world.withdraw_all(0)) / 1_000_000;
    world.now = world.now.later(DAY);
    world.end(other, print).unwrap();
    pay(&mut world);
    [out, has(&mut world, 0)]
}

/// A settlement passes a month by whose trading has ended. When a pause has kept its last prints back it goes on at the
/// mark from before them until the final price, a day and more, and money may be taken out beside it.
#[test]
fn nobody_takes_out_what_the_final_price_of_an_expired_month_takes_when_a_pause_has_ended() {
    let figures = [380_000, 470_000].map(withdrawn_before_a_final_price);
    assert!(figures.iter().all(|[_, left]| *left >= 0), "taken out, and what the account has then: {figures:?} USD");
}

/// How the book of seats that quote is kept empty until a message that anybody may send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Closed {
    /// A pause that is over.
    Pause(u8),
    /// A doubt of the oracle that is over.
    Doubt,
    /// One that ends with the next settlement, which does not reprice the month.
    DoubtUntilSettled,
    /// A backtest that has failed, until a new margin set.
    Red,
}

impl Closed {
    fn begin(self, world: &mut World) {
        match self {
            Self::Pause(scopes) => world.pause(scopes).unwrap(),
            Self::Doubt | Self::DoubtUntilSettled => world.note(Validity::NeedsConfirmation),
            Self::Red => set_red(world),
        }
    }

    pub fn end(self, world: &mut World) {
        match self {
            Self::Pause(_) => world.unpause(),
            Self::Doubt => world.note(Validity::Valid),
            Self::DoubtUntilSettled => {
                world.settle_day(260_000).unwrap();
            }
            Self::Red => {
                let (now, share, end) = (world.now, launch::MAINTENANCE_BPS, launch::LIQUIDATION_END_BPS);
                let set =
                    world.house.transact(|house| clearing::set_risk(house, now, TPI, share, end, &shocks(), [1; 32]));
                set.unwrap();
            }
        }
    }
}

pub fn set_red(world: &mut World) {
    let mut curve = world.house.curve(TPI).unwrap();
    curve.guard.red = true;
    world.house.set_curve(TPI, &curve);
}

/// Seat 1 is long 2,000 lots and has a stop on the last price 2 % below the mark; seats 5 and 6 have 40 lots against
/// each other. The book was closed after the print of the day, and has been for an hour (or until the next print).
pub fn closed_with_a_stop(closed: Closed) -> World {
    let mut world = World::new(8);
    let near = world.near;
    world.trade(near, 0, 1, 2_600, 2_000);
    world.trade(near, 5, 6, 2_600, 40);
    let stop = Trigger { reduce_only: true, last: true, ..world.stop(true, 2_560, 2_000) };
    world.set_trigger(1, 0, stop).unwrap();
    world.now = world.now.later(DAY);
    world.at(PRINT_DUE + 60);
    world.settle_day(260_000).unwrap();
    world.at(PRINT_DUE + 2 * 3_600);
    closed.begin(&mut world);
    world.at(PRINT_DUE + 3 * 3_600);
    if closed == Closed::DoubtUntilSettled {
        world.at(DAY + PRINT_DUE + 4 * 3_600 + 2_700); // the print of the day had to be confirmed
    }
    assert_eq!(world.quote(7, &[(2_590, 2_000)], &[(2_610, 2_000)]), Err(ClearingError::ReduceOnly));
    world
}

/// What seats 5 and 6 have together, and seat 1, in dollars.
pub fn who_acts_and_the_stop(world: &mut World) -> [i128; 2] {
    world.check();
    let [one, five, six] = [1, 5, 6].map(|seat| has(world, seat));
    [five + six, one]
}

/// After [`closed_with_a_stop`] seat 7 quotes again as soon as it may, ten ticks from the mark. Seats 5 and 6 end the
/// closing, trade 40 lots 3 % below the mark and have the stop carried out in one transaction, if they do.
pub fn first_in_the_book(closed: Closed, spring: bool) -> [i128; 2] {
    let mut world = closed_with_a_stop(closed);
    closed.end(&mut world);
    if spring {
        for (seat, side, lots) in [(5, Side::Buy, 40), (6, Side::Sell, 40), (5, Side::Buy, 2_000)] {
            world.place(world.order(seat, side, 2_523, lots)).ok();
        }
        world.execute(6, 1, 0).ok();
    }
    world.now = world.now.later(6);
    world.quote(7, &[(2_590, 2_000)], &[(2_610, 2_000)]).unwrap();
    world.now = world.now.later(OPENING_SECONDS);
    who_acts_and_the_stop(&mut world)
}

/// After a halt the book collects for two minutes before it opens, so that nobody is first in an empty one. After a
/// pause, or a doubt, it does not.
#[test]
fn nobody_is_first_in_the_empty_book_that_a_pause_leaves_behind() {
    for closed in [Closed::Pause(Guard::TRADING), Closed::Pause(Guard::ALL), Closed::Doubt, Closed::DoubtUntilSettled] {
        nobody_gains(|spring| first_in_the_book(closed, spring));
    }
}
