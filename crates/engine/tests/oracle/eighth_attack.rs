//! What an eighth attack, on the price index, found (`docs/book/src/findings-eighth.md`): on who is in the average, on
//! rises that stand, on what is carried down, and on by what reporters are judged.

use super::minorities::bonded;
use super::rises::{FIRST, USUAL, quotes};
use super::*;

/// Providers of different weight, each with a price.
pub(super) fn basket(of: &[(u32, u64)]) -> Vec<Quote> {
    of.iter().map(|(price, volume)| at(*price, *volume)).collect()
}

/// An index that has printed these prices for two days.
pub(super) fn live(of: &[(u32, u64)]) -> Story {
    let mut story = Story::begin(Rules::TPI, 5, of.len() as u8);
    story.day(START, &basket(of)).unwrap();
    story.day(Day(START.0 + 1), &basket(of)).unwrap();
    story
}

/// The print of a day on which everybody reports this, confirmed after the delay if it has to be.
pub(super) fn printed(story: &mut Story, day: u32, quotes: &[Quote]) -> (u32, bool) {
    let mut outcome = story.day(Day(day), quotes).unwrap();
    let waited = outcome == Validity::NeedsConfirmation;
    if waited {
        story.now = story.now.later(4 * 3_600);
        outcome = story.publish(Day(day)).unwrap();
    }
    assert_eq!(outcome, Validity::Valid);
    (story.price_on(Day(day)).unwrap(), waited)
}

/// By how much a print is above another, in basis points.
pub(super) fn above(print: u32, other: u32) -> i64 {
    (i64::from(print) - i64::from(other)) * 10_000 / i64::from(other)
}

/// Prices as far apart as the gate allowed, nearly: the dearest provider asks for a twentieth more on a day, and the
/// cheapest, which is lighter, left the average. Now the print moves by the weight times the rise: 22 % of 0.091 USD,
/// which is 1.96 % of 1.022.
#[test]
fn a_twentieth_of_the_dearest_takes_nobody_out_through_the_gate() {
    let usual = [(95_000, 180), (500_000, 200), (1_000_000, 200), (1_400_000, 200), (1_820_000, 220)];
    let mut story = live(&usual);
    let before = story.price_on(Day(START.0 + 1)).unwrap();
    let mut more = usual;
    more[4].0 = usual[4].0 * 105 / 100;
    let mut prints = std::vec![before];
    let mut waits = false;
    for day in 0..6 {
        let of = if day % 2 == 0 { more } else { usual };
        let (print, waited) = printed(&mut story, FIRST + day, &basket(&of));
        prints.push(print);
        waits |= waited;
    }
    let rise = above(prints[1], prints[0]);
    assert!((100..=196).contains(&rise), "{rise} basis points by 5 % of 22 %, waited: {waits}, {prints:?}");
}

/// The provider in the middle asks for 3.7 % more, and one that asks for a quarter of that left the average. Now the
/// print moves by 1.01 %: 22 % of 0.035 USD and what the bound below the middle, at which that one counts, rises by.
#[test]
fn a_twentieth_of_the_one_in_the_middle_takes_nobody_out_through_the_screen() {
    let usual = [(240_000, 180), (900_000, 200), (955_000, 220), (1_000_000, 200), (1_050_000, 200)];
    let mut story = live(&usual);
    let before = story.price_on(Day(START.0 + 1)).unwrap();
    let mut more = usual;
    more[2].0 = 990_000;
    let (print, waited) = printed(&mut story, FIRST, &basket(&more));
    let rise = above(print, before);
    assert!((91..=102).contains(&rise), "{rise} basis points by 3.7 % of 22 %, waited: {waited}");
}

/// The same in the five days of a final price: what a provider of a fifth makes of it by asking for 3.7 % more.
#[test]
fn a_final_price_is_not_bought_by_asking_for_a_little_more_on_five_days() {
    let usual = [(240_000, 180), (900_000, 200), (955_000, 220), (1_000_000, 200), (1_050_000, 200)];
    let mut more = usual;
    more[2].0 = 990_000;
    let finals = [usual, more].map(|of| {
        let mut story = live(&usual);
        for day in 0..5 {
            printed(&mut story, FIRST + day, &basket(&of));
        }
        let expiry = Day(FIRST + 4);
        story.now = expiry.start().later(DAY + Rules::TPI.lock_delay);
        story.send([0xEE; 20], |chain, env| propose_final(chain, env, TPI, expiry)).unwrap().price
    });
    let rise = above(finals[1], finals[0]);
    assert!(rise <= 150, "{rise} basis points of the final price: {finals:?}");
}

/// ADR 124: "A cut of x costs x of what the provider sells on that day and moves the index by its weight times x at
/// most." The cheapest cuts by less than a percent and left the average. Now the print falls, if by anything, by less
/// than 18 % of 0.0015 USD, since the cheapest counts at the bound.
#[test]
fn a_cut_of_a_percent_lifts_no_print() {
    let usual = [(240_000, 180), (900_000, 200), (955_000, 220), (1_000_000, 200), (1_050_000, 200)];
    let mut story = live(&usual);
    let before = story.price_on(Day(START.0 + 1)).unwrap();
    let mut less = usual;
    less[0].0 = 238_500;
    let mut prints = std::vec![before];
    for day in 0..6 {
        let of = if day % 2 == 0 { less } else { usual };
        prints.push(printed(&mut story, FIRST + day, &basket(&of)).0);
    }
    let rise = above(prints[1], prints[0]);
    assert!((-4..=0).contains(&rise), "{rise} basis points by a cut of 0.6 % of 18 %: {prints:?}");
}

/// Whoever asks for ten times as much counts as four times the others, and a cut from there to 2.2 times is a cut by
/// its weight: from 8.00 to 4.40 USD of a fifth, 22.5 % of the print. Once it was beyond the screen, and its cut
/// lifted the print by 24 %.
#[test]
fn who_asks_for_ten_times_as_much_counts_at_the_bound_and_a_cut_from_there_is_a_cut() {
    let mut story = Story::live();
    let mut prints = Vec::new();
    for day in 0..5 {
        prints.push(printed(&mut story, FIRST + day, &quotes(USUAL * 10)));
    }
    assert_eq!(prints[3..], [(3_200_000, true), (3_200_000, false)], "it stands there after three prints");
    for day in 5..11 {
        let (ask, print) = if day % 2 == 1 { (USUAL * 22 / 10, 2_480_000) } else { (USUAL * 10, 3_200_000) };
        assert_eq!(printed(&mut story, FIRST + day, &quotes(ask)), (print, true), "{day}");
    }
}

/// Who enters is so dear in the shadow that no link knew them, and comes down when the basket is in force. Now they
/// count at the bound there too, as 4.0 times the others, and coming down from it is a cut of what a newcomer has.
#[test]
fn who_is_screened_out_of_the_shadow_moves_no_print_by_coming_down() {
    let mut story = Story::live();
    story.to(Day(FIRST), 3_600);
    story.send(GOVERNANCE, |chain, env| set_provider(chain, env, TPI, 5, 1_000)).unwrap();
    let mut six = [at(USUAL, 10); 6];
    six[5] = at(USUAL * 41 / 10, 10);
    let mut day = FIRST;
    while story.chain.setup(TPI).unwrap().basket.version == 0 {
        story.day(Day(day), &six).unwrap();
        day += 1;
    }
    let before = story.price_on(Day(day - 1)).unwrap();
    let mut rises = Vec::new();
    for ask in [24, 39] {
        let mut story = story.clone();
        six[5] = at(USUAL * ask / 10, 10);
        let (print, waited) = printed(&mut story, day, &six);
        rises.push((ask, above(print, before), waited));
    }
    assert_eq!(rises, [(24, -59, false), (39, -3, false)], "(8.0 - 4.8) / 538 and (8.0 - 7.8) / 538");
}

/// A basket of as many as it needs, and one more in the shadow, which has asked for the usual price for five days. One
/// of those in force sells nothing for a day, the new basket took over, and whoever enters asks for twice the price or
/// four times on that day alone. Now the one that sells nothing counts where it stands.
#[test]
fn who_is_in_the_shadow_moves_nothing_on_the_day_on_which_another_one_sells_nothing() {
    let mut story = live(&[(USUAL, 10); 4]);
    story.to(Day(FIRST), 3_600);
    story.send(GOVERNANCE, |chain, env| set_provider(chain, env, TPI, 4, 1_000)).unwrap();
    let mut five = [at(USUAL, 10); 5];
    for day in 0..6 {
        story.day(Day(FIRST + day), &five).unwrap();
    }
    assert_eq!(story.chain.setup(TPI).unwrap().basket.version, 0);
    let before = story.price_on(Day(FIRST + 5)).unwrap();
    let mut rises = Vec::new();
    for ask in [19, 39] {
        let mut story = story.clone();
        five[0].volume = 0;
        five[4] = at(USUAL * ask / 10, 10);
        let (print, waited) = printed(&mut story, FIRST + 6, &five);
        // The next day everybody is as before.
        let after = printed(&mut story, FIRST + 7, &[at(USUAL, 10); 5]).0;
        rises.push((ask, above(print, before), waited, above(after, before)));
    }
    assert_eq!(rises, [(19, 0, false, 0), (39, 0, false, 0)], "the old basket goes on");
}

/// The same with an honest provider that is dearer by half: who sells nothing on a day chooses that no link is made,
/// and the level is another one for good.
#[test]
fn who_sells_nothing_for_a_day_moves_the_level_for_good_by_no_change_of_the_basket() {
    let levels = [false, true].map(|closes| {
        let mut story = live(&[(USUAL, 10); 4]);
        story.to(Day(FIRST), 3_600);
        story.send(GOVERNANCE, |chain, env| set_provider(chain, env, TPI, 4, 1_000)).unwrap();
        let mut five = [at(USUAL, 10); 5];
        five[4] = at(USUAL * 15 / 10, 10);
        for day in 0..14 {
            five[0].volume = if closes && day == 1 { 0 } else { 10 };
            printed(&mut story, FIRST + day, &five);
        }
        assert_eq!(story.chain.setup(TPI).unwrap().basket.version, 1);
        story.price_on(Day(FIRST + 13)).unwrap()
    });
    let moved = above(levels[1], levels[0]);
    assert!(moved.abs() <= 50, "{moved} basis points for good: {levels:?}");
}

/// Where a basket took over at once, the link over what both have was taken with no cap of weights, and by a market of
/// them alone: who sells more than half of that is the market, and set the level by what it asked for on the day.
#[test]
fn nobody_sets_the_level_by_what_they_ask_for_on_the_day_on_which_one_sells_nothing() {
    let levels = [10, 39, 1_000].map(|ask| {
        let mut story = live(&[(USUAL, 10), (USUAL, 10), (USUAL, 40), (USUAL, 10)]);
        story.to(Day(FIRST), 3_600);
        // A fifth comes in.
        story.send(GOVERNANCE, |chain, env| set_provider(chain, env, TPI, 4, 1_000)).unwrap();
        let mut five = [at(USUAL, 10); 5];
        five[2].volume = 40;
        story.day(Day(FIRST), &five).unwrap();
        // One of four sells nothing any more.
        five[3].volume = 0;
        let usual = five;
        five[2] = at(USUAL / 10 * ask, 40);
        let (print, _) = printed(&mut story, FIRST + 1, &five);
        let state = story.chain.state(TPI);
        let mut level = 0;
        for day in 2..8 {
            level = printed(&mut story, FIRST + day, &usual).0;
        }
        (print, state.link, level)
    });
    let moved = above(levels[1].2, levels[0].2).abs().max(above(levels[2].2, levels[0].2).abs());
    assert!(moved <= 200, "{moved} basis points for good: {levels:?}");
}

/// Two of five reporters lie about a provider that has risen, while one is absent: what they say of it above what
/// counts is judged by nothing. Nobody's rise is held back by it, and nobody honest pays.
#[test]
fn lies_about_one_that_is_held_back_move_nothing() {
    let mut story = bonded();
    let honest = quotes(USUAL * 22 / 10);
    // On one of the days one is absent, and two say that it asks for less than it does and more than counts. That day
    // neither brings the rise on nor ends it: it is whole one print later, and no further two.
    let lie = quotes(USUAL * 12 / 10);
    for day in 0..5 {
        let torn = day == 2;
        story.to(Day(FIRST + day), 15 * 3_600);
        for number in 0..5 {
            match number {
                4 if torn => {}
                2 | 3 if torn => story.submit(reporter(number), Day(FIRST + day), &lie).unwrap(),
                _ => story.submit(reporter(number), Day(FIRST + day), &honest).unwrap(),
            }
        }
        story.to(Day(FIRST + day), DAY);
        if story.publish(Day(FIRST + day)).unwrap() == Validity::NeedsConfirmation {
            story.now = story.now.later(4 * 3_600);
            let _ = story.publish(Day(FIRST + day));
        }
    }
    let prints: Vec<_> = (0..5).map(|day| story.price_on(Day(FIRST + day))).collect();
    let bonds = [0, 1, 2, 3, 4].map(|number| reporter_of(&story.chain, TPI, reporter(number)).unwrap().2.bond);
    assert_eq!(bonds[..2], [1_000, 1_000], "{bonds:?}");
    assert_eq!(prints, [2_020_000, 2_041_000, 2_063_050, 2_063_050, 2_480_000].map(Some));
}

/// A provider that was in the basket years ago, at ten times today's price, comes back, while the basket in force has
/// fewer than it needs. Its basket once took over at once, and it stood where it did then.
#[test]
fn who_comes_back_stands_nowhere_from_before() {
    let mut story = live(&[(USUAL, 10), (USUAL, 10), (USUAL, 10), (USUAL, 10), (USUAL * 39 / 10, 10)]);
    story.to(Day(FIRST), 3_600);
    story.send(GOVERNANCE, |chain, env| set_provider(chain, env, TPI, 4, 0)).unwrap();
    let mut day = FIRST;
    let mut five = [at(USUAL, 10); 5];
    five[4] = at(USUAL * 39 / 10, 10);
    while story.chain.setup(TPI).unwrap().basket.version == 0 {
        printed(&mut story, day, &five);
        day += 1;
    }
    for _ in 0..30 {
        printed(&mut story, day, &five[..4]);
        day += 1;
    }
    story.to(Day(day), 3_600);
    story.send(GOVERNANCE, |chain, env| set_provider(chain, env, TPI, 4, 1_000)).unwrap();
    five[4] = at(USUAL, 10);
    printed(&mut story, day, &five);
    // It is not in the basket that is in force, whatever that lacks.
    five[0].volume = 0;
    let before = printed(&mut story, day + 1, &five);
    let mut dear = five;
    dear[4] = at(USUAL * 24 / 10, 10);
    assert_eq!(printed(&mut story.clone(), day + 2, &dear), before);
    // In force a week later it stands where it has been seen in the shadow.
    five[0].volume = 10;
    dear[0].volume = 10;
    day += 2;
    while story.chain.setup(TPI).unwrap().basket.version == 1 {
        printed(&mut story, day, &five);
        day += 1;
    }
    let (print, waited) = printed(&mut story, day, &dear);
    let rise = above(print, before.0);
    assert!(rise <= 100, "{rise} basis points by one day's price, waited: {waited}");
}

/// Prices as far apart as the paper's own, beyond the gate: the lighter of the two ends leaves the average. The dearest
/// sells a hundredth more on a day, which it may buy itself.
#[test]
fn a_hundredth_of_volume_does_not_decide_who_leaves_the_average() {
    let prices = [66_000, 200_000, 400_000, 600_000, 900_000, 1_810_000];
    let of = |last: u64| {
        let mut of = prices.map(|price| (price, 1_000));
        of[5].1 = last;
        of
    };
    let usual = of(995);
    let mut story = live(&usual);
    let mut prints = std::vec![story.price_on(Day(START.0 + 1)).unwrap()];
    let mut waits = Vec::new();
    for day in 0..4 {
        let today = if day % 2 == 0 { of(1_005) } else { usual };
        let (print, waited) = printed(&mut story, FIRST + day, &basket(&today));
        prints.push(print);
        waits.push(waited);
    }
    let rise = above(prints[1], prints[0]);
    assert!(rise <= 100, "{rise} basis points by a hundredth of volume: {prints:?}, waited {waits:?}");
}

/// A basket that has one more than it needs, of which one is out: a provider that asks for a twentieth more on a day
/// leaves too few.
#[test]
fn a_twentieth_more_of_one_stops_no_index_that_has_one_more_than_it_needs() {
    let usual = [(95_000, 180), (500_000, 200), (1_000_000, 200), (1_820_000, 220), (9_000_000, 10)];
    let mut story = live(&usual);
    assert!(story.price_on(Day(START.0 + 1)).is_some());
    let mut more = usual;
    more[3].0 = usual[3].0 * 105 / 100;
    assert_eq!(story.day(Day(FIRST), &basket(&more)), Ok(Validity::Valid));
}

/// A known limit: two of five raise their prices by 30 % for good, of which a twentieth counts; a third joins them for
/// a day, all three are the market, and what all of them ask for counts: 15.7 % of the print.
#[test]
fn who_joins_two_that_rise_makes_them_the_market() {
    let prints = [10, 13].map(|joins| {
        let mut story = Story::live();
        let mut of = quotes(USUAL / 10 * joins);
        for place in [0, 1] {
            of[place] = at(USUAL / 10 * 13, 10);
        }
        printed(&mut story, FIRST, &of).0
    });
    assert_eq!(prints, [2_040_000, 2_360_000]);
    assert_eq!(above(prints[1], prints[0]), 1_568);
}

/// The market goes up and down by 2 % every other day; the fifth asks for more on the days of one kind, and for what it
/// did on the others. What stands is lifted by no such turn beyond the market.
#[test]
fn a_market_that_goes_up_and_down_lifts_nobody() {
    for (odd, even) in [(1_060, 1_000), (1_000, 1_060), (1_500, 1_000), (1_000, 1_500), (980, 1_040), (1_049, 999)] {
        let mut story = Story::live();
        let mut highest = 0;
        for day in 0..40 {
            let market = if day % 2 == 0 { USUAL * 98 / 100 } else { USUAL };
            let mut of = [at(market, 10); 5];
            of[4] = at(USUAL / 1_000 * if day % 2 == 0 { even } else { odd }, 10);
            printed(&mut story, FIRST + day, &of);
            // What would count of ten times as much.
            let mut probe = story.clone();
            of = [at(USUAL, 10); 5];
            of[4] = at(USUAL * 10, 10);
            highest = highest.max(printed(&mut probe, FIRST + day + 1, &of).0);
        }
        // Two twentieths, since the probe may be the second day of a rise, beyond a market that was lifted once.
        assert!(highest <= USUAL + USUAL / 5 * 126 / 1_000, "{odd} {even}: {highest}");
    }
}

/// One of five reporters lies about a provider that is held back: no print differs and no honest bond falls.
#[test]
fn one_liar_about_who_is_held_back_changes_nothing() {
    for lie in [1, USUAL, USUAL * 12 / 10, USUAL * 39 / 10, u32::MAX] {
        let prints = [false, true].map(|lies| {
            let mut story = Story::live();
            story.send(GOVERNANCE, |chain, env| set_reporting(chain, env, TPI, TERMS)).unwrap();
            for number in 0..5 {
                story.send(reporter(number), |chain, env| post_bond(chain, env, TPI, 5_000)).unwrap();
            }
            let prints = [0, 1, 2, 3].map(|day| {
                story.to(Day(FIRST + day), 15 * 3_600);
                for number in 0..5 {
                    let ask = if lies && number == 2 { lie } else { USUAL * 22 / 10 };
                    story.submit(reporter(number), Day(FIRST + day), &quotes(ask)).unwrap();
                }
                story.publish(Day(FIRST + day)).unwrap();
                story.price_on(Day(FIRST + day))
            });
            for number in [0, 1, 3, 4] {
                assert_eq!(reporter_of(&story.chain, TPI, reporter(number)).unwrap().2.bond, 5_000);
            }
            prints
        });
        assert_eq!(prints[0], prints[1], "{lie}");
    }
}

/// A day of a cut, a print that nobody sends and days that are published late, between the days of a rise: nothing of
/// it lets a rise count earlier than on the fourth print.
#[test]
fn no_day_between_lets_a_rise_count_earlier() {
    let high = USUAL * 22 / 10;
    for asks in [[high, high, USUAL / 2, high, high, high], [high, USUAL - 4, high, high, USUAL - 4, high]] {
        let mut story = Story::live();
        for (day, ask) in (FIRST..).zip(asks) {
            assert!(printed(&mut story, day, &quotes(ask)).0 <= 2_063_050, "{asks:?}");
        }
    }
}
