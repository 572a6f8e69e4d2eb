//! A fifteenth attack: on the book that a pause or a doubt leaves behind, on what stands in it, and on what its
//! beginning does to makers.

use crate::fourteenth_attack::{
    Closed, closed_with_a_stop, first_in_the_book, nobody_gains, set_red, settle_by, who_acts_and_the_stop,
};
use crate::ninth_attack::has;
use crate::world::{TPI, World};
use sit_engine::calendar::{DAY, Day, REWARD_EPOCH_SECONDS};
use sit_engine::clearing::opening::{OPENING_SECONDS, PRINT_DUE};
use sit_engine::clearing::{self, ClearingError, Guard, Place, Sheet, Store, Trigger, peers::Given};
use sit_engine::oracle::Validity;
use sit_engine::units::{Seat, Side, Ticks};

/// Seat 6 shows so many lots that only reduce at a price in the block in which the book is let open. Whoever quotes
/// while it collects would slide behind them, and nobody may take them. When it opens seats 5 and 6 are first.
fn slid_behind_who_reduces(closed: Closed, price: u32, lots: u32, acts: bool) -> [i128; 2] {
    let mut world = closed_with_a_stop(closed);
    if acts {
        let order = Place { reduce_only: true, ..world.order(6, Side::Sell, price, lots) };
        let placed = world.place(order);
        assert_eq!(placed.is_ok(), price == 2_600 && closed != Closed::DoubtUntilSettled, "{placed:?}");
    }
    closed.end(&mut world);
    world.now = world.now.later(6);
    world.quote(7, &[(2_590, 2_000)], &[(2_610, 2_000)]).unwrap();
    assert_eq!(world.resting(Side::Buy), [(2_590, 7, 2_000)], "the honest bid stays where it is");
    world.now = world.now.later(OPENING_SECONDS - 6);
    if acts {
        // One transaction in the first block.
        for (seat, side, lots) in [(5, Side::Buy, lots), (5, Side::Buy, 40 - lots), (6, Side::Sell, 40 - lots)] {
            if lots > 0 {
                world.place(world.order(seat, side, 2_523, lots)).ok();
            }
        }
        world.place(world.order(5, Side::Buy, 2_523, 2_000)).ok();
        world.execute(6, 1, 0).ok();
    }
    world.now = world.now.later(6);
    world.quote(7, &[(2_590, 2_000)], &[(2_610, 2_000)]).unwrap();
    who_acts_and_the_stop(&mut world)
}

/// Orders of who reduces stand when the book begins to collect, wherever they are: the phase is for those who quote,
/// and they are pushed out of it.
#[test]
fn nobody_pushes_quotes_out_of_the_opening_phase_with_an_order_that_only_reduced() {
    let stories = [Closed::Pause(Guard::TRADING), Closed::Pause(Guard::ALL), Closed::DoubtUntilSettled].map(|closed| {
        [(2_523, 40), (2_523, 1), (2_600, 40), (2_600, 1)].map(|(price, lots)| {
            let [fair, told] = [false, true].map(|acts| slid_behind_who_reduces(closed, price, lots, acts));
            [0, 1].map(|place| told[place] - fair[place])
        })
    });
    let held = stories.iter().flatten().all(|gains| gains[0] < 5 && gains[1] > -5);
    assert!(held, "who acts, and the stop, by 40 lots and by one, 3 % below the mark and at it: {stories:?} USD");
}

/// One lot at the day's limit, from a pause: how many lots of an honest quote stand on the other side while the book
/// collects.
fn asks_beside_a_bid_at_the_limit(acts: bool) -> u32 {
    let mut world = closed_with_a_stop(Closed::Pause(Guard::TRADING));
    if acts {
        let order = Place { reduce_only: true, ..world.order(5, Side::Buy, 2_990, 1) };
        assert_eq!(world.place(order).err(), Some(ClearingError::OutsidePriceLimits));
        world.place(Place { price: Ticks(2_600), ..order }).unwrap();
    }
    world.unpause();
    world.now = world.now.later(6);
    world.quote(7, &[(2_590, 2_000)], &[(2_610, 2_000)]).unwrap();
    world.resting(Side::Sell).iter().map(|(_, _, lots)| lots).sum()
}

#[test]
fn no_lot_at_the_limit_keeps_one_side_of_the_book_empty_until_it_opens() {
    assert_eq!([false, true].map(asks_beside_a_bid_at_the_limit), [2_000, 2_000]);
}

/// Seats 5 and 6 trade with each other 3 % below the mark while nobody else may, just before the book is let open. It
/// collects quotes ten ticks from the mark; in the first block somebody has the stop carried out.
fn sprung_by_a_price_of_before(closed: Closed, acts: bool) -> [i128; 2] {
    let mut world = closed_with_a_stop(closed);
    if acts {
        for (seat, side) in [(5, Side::Buy), (6, Side::Sell)] {
            let order = Place { reduce_only: true, ..world.order(seat, side, 2_523, 40) };
            world.place(order).unwrap_err();
            world.place(Place { price: Ticks(2_600), ..order }).ok();
        }
    }
    closed.end(&mut world);
    world.now = world.now.later(6);
    world.quote(7, &[(2_590, 2_000)], &[(2_610, 2_000)]).unwrap();
    world.now = world.now.later(OPENING_SECONDS - 6);
    let sprung = world.execute(6, 1, 0);
    assert!(acts || sprung == Err(ClearingError::NotTriggered), "{sprung:?}");
    who_acts_and_the_stop(&mut world)
}

/// The last price of two who reduced lives on for ten minutes, into a book in which anybody may trade: where no epoch
/// begins it is not forgotten.
#[test]
fn nobody_springs_a_stop_by_a_last_price_from_before_the_book_was_let_open() {
    for closed in [Closed::Pause(Guard::TRADING), Closed::Pause(Guard::ALL), Closed::DoubtUntilSettled] {
        nobody_gains(|acts| sprung_by_a_price_of_before(closed, acts));
    }
}

/// As the fourteenth's story of who is first in an empty book, where a new margin set ends a failed backtest.
#[test]
fn nobody_is_first_in_the_empty_book_that_a_failed_backtest_leaves_behind() {
    nobody_gains(|acts| first_in_the_book(Closed::Red, acts));
}

/// Seat 1 is long 2,000 lots and has a stop on the mark 1.5 % below it, seat 5 is short as many. Nobody may quote for
/// one of two reasons, and a print takes the mark 2 % down. Seat 5 buys what the stop sells, or nobody does.
fn mark_stop_where_nobody_quotes(red: bool, acts: bool) -> [i128; 2] {
    let mut world = World::new(8);
    let near = world.near;
    world.trade(near, 0, 1, 2_600, 2_000);
    world.trade(near, 5, 6, 2_600, 2_000);
    let stop = Trigger { reduce_only: true, ..world.stop(true, 2_560, 2_000) };
    world.set_trigger(1, 0, stop).unwrap();
    world.now = world.now.later(DAY);
    world.at(3_600);
    if red {
        set_red(&mut world)
    } else {
        world.pause(Guard::TRADING).unwrap()
    }
    world.at(PRINT_DUE + 60);
    world.settle_day(254_000).unwrap();
    world.now = world.now.later(OPENING_SECONDS);
    assert_eq!(world.quote(7, &[(2_530, 2_000)], &[(2_550, 2_000)]), Err(ClearingError::ReduceOnly));
    if acts {
        let mark = world.settle_mark(near);
        let bid = mark - mark * 3 / 100;
        let order = Place { reduce_only: true, ..world.order(5, Side::Buy, bid, 2_000) };
        world.place(order).unwrap_err();
        world.execute(5, 1, 0).unwrap_err();
        world.place(Place { price: Ticks(mark), ..order }).unwrap();
        world.execute(5, 1, 0).unwrap();
    }
    who_acts_and_the_stop(&mut world)
}

#[test]
fn nobody_is_sold_a_stop_on_the_mark_where_nobody_may_quote() {
    for red in [false, true] {
        let [fair, told] = [false, true].map(|acts| mark_stop_where_nobody_quotes(red, acts));
        let gains = [0, 1].map(|place| told[place] - fair[place]);
        assert_eq!(gains, [-51, -254], "both pay the fees of what they trade at the mark");
    }
}

/// A maker's uptime of the week when the marks are five days old, and the end of it is noted a day later (or a pause
/// begins), with quotes from before.
fn uptime_of_old_quotes(paused: bool, from: u32) -> u32 {
    let mut world = World::new(2);
    let env = world.env(0);
    world.house.transact(|house| clearing::set_maker(house, env, Seat(0), true)).unwrap();
    // Thursday: a week begins.
    world.now = Day(Day::of(world.now).0 + 3).start();
    world.at(PRINT_DUE + 60);
    world.settle_day(260_000).unwrap();
    world.now = world.now.later(OPENING_SECONDS);
    world.quote(0, &[(2_595, 50)], &[(2_605, 50)]).unwrap();
    let quoted = world.now;
    world.now = Day(Day::of(quoted).0 + from).start();
    if paused {
        world.pause(Guard::TRADING).unwrap()
    } else {
        world.note(Validity::Invalid)
    }
    let noted = world.now;
    world.now = world.now.later(12 * 3_600);
    let stands = world.resting(Side::Buy).len() + world.resting(Side::Sell).len();
    world.quote(0, &[], &[]).unwrap();
    let (near, week) = (world.near, world.now.0 / REWARD_EPOCH_SECONDS);
    let sheet = world.house.sheet(Seat(0), Sheet::number(near));
    let curve = world.house.curve(TPI).unwrap();
    let owed = curve.holidays.session_seconds(quoted, noted);
    assert!(stands == 0 || from > 4, "{stands}");
    sheet.score(near).week(week).uptime - owed
}

/// Where marks are too old new risk is kept out already, so that neither a doubt nor a pause voids anything any more.
#[test]
fn quotes_that_nobody_can_take_do_not_score_where_marks_are_too_old() {
    let extra = [4, 5].map(|from| [false, true].map(|paused| uptime_of_old_quotes(paused, from)));
    assert_eq!(extra, [[0; 2]; 2], "seconds after a doubt or a pause begins, four and five days after the last print");
}

/// What ends a maker's quotes twice with nothing in between.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Twice {
    /// A print that reprices the month, and nothing else: once.
    Once,
    /// A print that reprices the month while a newer one waits, or after which the backtest has failed.
    InOneSettlement,
    /// A doubt that is noted, and the print that ends it reprices the month.
    ByADoubt,
    /// A pause of trading, and a print in it that reprices the month.
    ByAPause,
}

/// Two makers show the same for a day; seat 1 sends an empty quote just before each end, and seat 0 does nothing, as it
/// has nothing to change. Their uptime.
fn uptime_when_an_epoch_ends(twice: Twice) -> [u32; 2] {
    let mut world = World::new(2);
    for seat in [0, 1] {
        let env = world.env(seat);
        world.house.transact(|house| clearing::set_maker(house, env, Seat(seat), true)).unwrap();
    }
    world.now = Day(Day::of(world.now).0 + 3).start(); // Thursday: a week begins
    world.at(PRINT_DUE + 60);
    world.settle_day(260_000).unwrap();
    world.now = world.now.later(OPENING_SECONDS);
    for (seat, away) in [(0, 5), (1, 6)] {
        world.quote(seat, &[(2_600 - away, 50)], &[(2_600 + away, 50)]).unwrap();
    }
    world.now = world.now.later(DAY);
    world.at(PRINT_DUE + 60);
    world.quote(1, &[], &[]).unwrap();
    let day = Day::of(world.now);
    match twice {
        Twice::ByADoubt => world.note(Validity::NeedsConfirmation),
        Twice::ByAPause => world.pause(Guard::TRADING).unwrap(),
        _ => {}
    }
    world.at(PRINT_DUE + 4 * 3_600);
    let validity = if twice == Twice::InOneSettlement { Validity::NeedsConfirmation } else { Validity::Valid };
    settle_by(&mut world, &Given { validity: Some(validity), ..Given::print(day, 290_000) });
    world.now = world.now.later(2 * 3_600);
    [0, 1].map(|seat| {
        // A void quote is cancelled now, two hours after the settlement.
        world.quote(seat, &[], &[]).unwrap();
        let (near, week) = (world.near, world.now.0 / REWARD_EPOCH_SECONDS);
        world.house.sheet(Seat(seat), Sheet::number(near)).score(near).week(week).uptime
    })
}

/// A score knows the end of one epoch. Where two end before anybody could quote again, who has had nothing to change
/// loses all since the last change, and who has sent an empty quote in time nothing.
#[test]
fn no_maker_loses_what_it_has_shown_where_two_epochs_end_before_anybody_can_quote() {
    let told = [Twice::Once, Twice::InOneSettlement, Twice::ByADoubt, Twice::ByAPause]
        .map(|twice| (twice, uptime_when_an_epoch_ends(twice)));
    assert!(told.iter().all(|(_, [quiet, busy])| *quiet + 60 >= *busy), "quiet and busy makers: {told:?}");
}

/// Settlements have been paused for fifteen days and every print has been the same. Providers have raised their prices
/// since yesterday's print, for everybody to see; in the last block before noon seat 0 ends one leg of its spread.
fn one_leg_before_noon(acts: bool) -> [i128; 2] {
    let mut world = World::new(8);
    let (near, far) = (world.near, world.far);
    world.trade(near, 0, 1, 2_600, 2_000);
    world.trade(far, 1, 0, 2_500, 2_000);
    world.now = world.now.later(DAY);
    world.pause(Guard::SETTLEMENT).unwrap();
    world.now = world.now.later(15 * DAY);
    world.at(PRINT_DUE - 6);
    if acts {
        let (now, given) = (world.now, Given::print(Day(Day::of(world.now).0 - 1), 260_000));
        let ended = world.house.transact(|house| clearing::sunset(house, &given, now, near));
        assert_eq!(ended, Err(ClearingError::TooEarly), "by the print of the day, and in its hours");
    }
    world.at(PRINT_DUE + 3_600);
    world.unpause();
    let day = Day::of(world.now);
    settle_by(&mut world, &Given::print(day, 470_000));
    [0, 1].map(|seat| has(&mut world, seat))
}

/// A month at a time: who has a spread chooses which leg of it stays at yesterday's price.
#[test]
fn nobody_ends_one_leg_of_a_spread_by_prices_that_are_asked_for_before_noon() {
    nobody_gains(one_leg_before_noon);
}

/// Seats 5 and 6 have lots against each other, and trade at the limits while a print waits for its confirmation, in
/// which nobody may offer a better price; the print is settled at a quarter to five. What an order of seat 3 is told
/// two minutes later, and at eleven in the evening; and what seats 5 and 6 have paid for it, in dollars.
fn halted_by_who_reduces(paused: bool, acts: bool) -> (Vec<Option<ClearingError>>, i128) {
    let mut world = World::new(8);
    let near = world.near;
    let owed = crate::world::terms().maker_lots.0;
    world.trade(near, 0, 1, 2_600, 2_000);
    world.trade(near, 5, 6, 2_600, 2 * owed + 4);
    let before = has(&mut world, 5) + has(&mut world, 6);
    world.now = world.now.later(DAY);
    world.at(PRINT_DUE + 60);
    if paused {
        world.settle_day(260_000).unwrap();
        world.pause(Guard::TRADING).unwrap();
    } else {
        world.note(Validity::NeedsConfirmation);
    }
    world.at(PRINT_DUE + 2 * 3_600 + 60);
    if acts {
        let meet = |world: &mut World, price: u32, lots: u32| {
            for (seat, side) in [(6, Side::Sell), (5, Side::Buy)] {
                let order = Place { reduce_only: true, ..world.order(seat, side, price, lots) };
                world.place(order).unwrap_err();
                world.place(Place { price: Ticks(2_600), ..order }).ok();
            }
        };
        meet(&mut world, 2_990, owed / 2 + 1);
        world.now = world.now.later(60);
        meet(&mut world, 2_990, owed / 2 + 1);
        world.now = world.now.later(600 + OPENING_SECONDS);
        meet(&mut world, 3_250, owed / 2 + 1);
        world.now = world.now.later(600);
        meet(&mut world, 3_250, owed / 2 + 1);
    }
    world.at(PRINT_DUE + 4 * 3_600 + 2_700);
    if paused {
        world.unpause();
    } else {
        world.settle_day(340_000).unwrap();
    }
    let price = world.settle_mark(near);
    let told = [OPENING_SECONDS, 6 * 3_600].map(|later| {
        world.now = world.now.later(later);
        world.quote(7, &[], &[(price, 10)]).unwrap_or_default();
        world.buy(3, price, 1).err()
    });
    let after = has(&mut world, 5) + has(&mut world, 6);
    (told.to_vec(), before - after)
}

/// A limit is reached where trades go on at it for so long that anybody may offer inside it. Where only who reduces
/// may, two of them close the month until the next session.
#[test]
fn two_who_reduce_close_no_month_until_the_next_session() {
    let told = [false, true].map(|paused| halted_by_who_reduces(paused, true));
    assert_eq!([false, true].map(|paused| halted_by_who_reduces(paused, false).0), [vec![None; 2], vec![None; 2]]);
    assert!(told.iter().all(|(told, _)| told == &vec![None; 2]), "and what it costs in dollars: {told:?}");
}

/// How it comes that an order that only reduces stands at noon while nobody opens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stands {
    /// Settlements are paused, and today's print is kept back.
    Paused,
    /// The index was silent, and its next print waits for its confirmation, as has been noted.
    Silent,
    /// The index has been silent for six days, which nobody has noted, and its next print waits, which is noted.
    Old,
    /// Nothing: a print is settled as on any day.
    No,
}

/// In the morning seat 1, long 2,000 lots, shows them at the mark or above it. The print of the day is 81 % higher;
/// seat 5, short as many against seat 6, takes them at two o'clock. What seats 5 and 6 have together when it has been
/// settled, and seat 1.
fn taken_at_two(stands: Stands, price: u32, acts: bool) -> [i128; 2] {
    let mut world = World::new(8);
    let near = world.near;
    for seat in [0, 5] {
        world.deposit(seat, 1_000_000_000_000);
    }
    world.trade(near, 0, 1, 2_600, 2_000);
    world.trade(near, 5, 6, 2_600, 2_000);
    world.now = world.now.later(DAY);
    match stands {
        Stands::Paused => world.pause(Guard::SETTLEMENT).unwrap(),
        Stands::Silent => world.note(Validity::Invalid),
        Stands::Old | Stands::No => {}
    }
    world.now = world.now.later(OPENING_SECONDS);
    let order = Place { reduce_only: true, ..world.order(1, Side::Sell, price, 2_000) };
    let placed = world.place(order).is_ok();
    assert_eq!(placed, price == 2_600 || matches!(stands, Stands::Old | Stands::No));
    if stands == Stands::Old {
        world.now = world.now.later(6 * DAY);
    }
    world.at(PRINT_DUE + 1_800);
    match stands {
        Stands::Old | Stands::Silent => world.note(Validity::NeedsConfirmation),
        Stands::Paused => {}
        Stands::No => {
            world.settle_day(470_000).unwrap();
        }
    }
    world.at(PRINT_DUE + 2 * 3_600);
    if acts {
        let order = Place { reduce_only: true, ..world.order(5, Side::Buy, price, 2_000) };
        world.place(order).ok();
    }
    world.at(PRINT_DUE + 5 * 3_600);
    if stands == Stands::Paused {
        world.unpause();
    }
    if stands != Stands::No {
        world.settle_day(470_000).unwrap();
    }
    world.check();
    let [one, five, six] = [1, 5, 6].map(|seat| has(&mut world, seat));
    [five + six, one]
}

/// On any other day a print that reprices a month voids what stands in it before anybody can take it.
#[test]
fn nobody_takes_what_stands_from_before_a_print_that_is_known_and_not_settled() {
    let gains = [Stands::No, Stands::Silent, Stands::Paused, Stands::Old].map(|stands| {
        [2_600, 2_700].map(|price| {
            let [fair, told] = [false, true].map(|acts| taken_at_two(stands, price, acts));
            [0, 1].map(|place| told[place] - fair[place])
        })
    });
    let held = gains.iter().flatten().all(|gains| gains[0] < 5 && gains[1] > -5);
    assert!(held, "who takes, and who has shown: {gains:?} USD");
}

/// A backtest has failed, and a margin set takes five days. Each morning seats 5 and 6 use up 104 lots that they have
/// against each other. How many hours of the five days seat 1 may sell a lot to seat 0, who both want out, and what
/// seats 5 and 6 have paid, in dollars.
fn hours_open_to_who_reduces(acts: bool) -> (usize, i128) {
    let mut world = World::new(8);
    let near = world.near;
    let half = crate::world::terms().maker_lots.0 / 2 + 1;
    world.trade(near, 0, 1, 2_600, 2_000);
    world.trade(near, 5, 6, 2_600, 4 * half * 5);
    let before = has(&mut world, 5) + has(&mut world, 6);
    world.at(PRINT_DUE + 60);
    world.settle_day(260_000).ok();
    set_red(&mut world);
    let mut open = 0;
    for _ in 0..4 {
        world.now = Day(Day::of(world.now).0 + 1).start().later(2 * OPENING_SECONDS);
        for (wait, price) in [(0, 2_990), (60, 2_990), (600 + OPENING_SECONDS, 3_250), (600, 3_250)] {
            world.now = world.now.later(wait);
            for (seat, side) in [(6, Side::Sell), (5, Side::Buy)].into_iter().filter(|_| acts) {
                let order = Place { reduce_only: true, ..world.order(seat, side, price, half) };
                world.place(order).unwrap_err();
                world.place(Place { price: Ticks(2_600), ..order }).unwrap();
            }
        }
        for hour in 1..24 {
            world.at(hour * 3_600);
            if hour == 13 {
                world.settle_day(260_000).unwrap();
            }
            world.now = world.now.later(2 * OPENING_SECONDS);
            let sold = world.place(Place { reduce_only: true, ..world.order(1, Side::Sell, 2_600, 1) }).is_ok();
            let bought = world.place(Place { reduce_only: true, ..world.order(0, Side::Buy, 2_600, 1) });
            open += usize::from(sold && bought.is_ok_and(|placed| placed.filled.0 == 1));
            for seat in [0, 1] {
                world.cancel_all(seat, near).unwrap();
            }
        }
    }
    let after = has(&mut world, 5) + has(&mut world, 6);
    (open, before - after)
}

/// Every exit stays open where new risk is kept out (O4); a halt closes it, and nobody who would stop it may quote.
#[test]
fn two_who_reduce_close_no_way_out_for_days() {
    let [fair, told] = [false, true].map(hours_open_to_who_reduces);
    assert_eq!(told.0, fair.0, "hours in which two met, and dollars: {told:?}, without them {fair:?}");
}

/// Seats 5 and 6 quote with orders that only reduce, far above the mark, after a failed backtest; a new margin set is
/// in force in the last block before noon. The mark then, of an index that does not move.
fn mark_by_who_reduces_after_red(above: u32) -> u32 {
    let mut world = World::new(8);
    let near = world.near;
    world.trade(near, 0, 1, 2_600, 2_000);
    world.trade(near, 5, 6, 2_600, 400);
    world.now = world.now.later(DAY);
    world.at(3_600);
    set_red(&mut world);
    world.at(10 * 3_600);
    for (seat, side, price) in [(5, Side::Buy, 2_600 + above), (6, Side::Sell, 2_620 + above)] {
        let order = Place { reduce_only: true, ..world.order(seat, side, price, 200) };
        world.place(order).unwrap_err();
        world.place(Place { price: Ticks(2_600), ..order }).unwrap();
    }
    world.at(PRINT_DUE - 6);
    Closed::Red.end(&mut world);
    world.at(PRINT_DUE + 1_800);
    world.settle_day(260_000).unwrap();
    world.settle_mark(near)
}

#[test]
fn quotes_of_who_reduces_after_a_failed_backtest_pull_no_mark() {
    assert_eq!([20, 100].map(mark_by_who_reduces_after_red), [2_600, 2_600]);
}

/// Seat 0 has a spread of 2,000 lots against seats 1 and 2, with 60,000 USD, more than its initial margin. Settlements
/// have been paused for fifteen days, in which the index has not moved. Seat 4 ends one leg by the print of the day,
/// the pause ends, and whoever may bids for the other leg. What seats 0 and 4 have in the end.
fn one_leg_and_a_bid(acts: bool) -> [i128; 2] {
    let mut world = World::new(8);
    world.fund(50_000_000_000, 2_500);
    let (near, far) = (world.near, world.list(TPI, 2, 2_500));
    world.trade(near, 0, 1, 2_600, 2_000);
    world.trade(far, 2, 0, 2_500, 2_000);
    world.set_cash(0, 60_000_000_000, 5);
    assert!(world.health(0).meets_initial(), "{:?}", world.health(0));
    world.now = world.now.later(DAY);
    world.pause(Guard::SETTLEMENT).unwrap();
    world.now = world.now.later(15 * DAY);
    world.at(PRINT_DUE + 3_600);
    let (now, given) = (world.now, Given::print(Day::of(world.now), 260_000));
    if acts {
        world.house.transact(|house| clearing::sunset(house, &given, now, near)).unwrap();
    }
    world.unpause();
    world.house.transact(|house| clearing::settle_day(house, &given, now, TPI)).ok();
    for _ in 0..100 {
        for month in [near, far] {
            world.settle(month, &crate::ninth_attack::ALL).unwrap();
        }
        world.start_liquidation(0).ok();
        world.bid_for(4, 0, far, 2_000).ok();
        world.now = world.now.later(12);
    }
    world.check();
    [0, 4].map(|seat| has(&mut world, seat))
}

/// A month at a time: nobody's price has moved, and the leg that is left has no margin.
#[test]
fn nobody_is_liquidated_because_somebody_else_has_ended_one_leg_of_a_spread() {
    let [fair, told] = [false, true].map(one_leg_and_a_bid);
    let gains = [0, 1].map(|place| told[place] - fair[place]);
    assert!(gains[0] > -5 && gains[1] < 5, "seats 0 and 4: {gains:?} of {fair:?} USD");
}
