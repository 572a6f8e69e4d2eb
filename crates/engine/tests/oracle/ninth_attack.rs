//! A ninth attack: on half baskets, bounds and torn providers.

use super::rises::{FIRST, USUAL};
use super::*;

fn basket(of: &[(u32, u64)]) -> Vec<Quote> {
    of.iter().map(|(price, volume)| at(*price, *volume)).collect()
}

fn live(of: &[(u32, u64)]) -> Story {
    let mut story = Story::begin(Rules::TPI, 5, of.len() as u8);
    story.day(START, &basket(of)).unwrap();
    story.day(Day(START.0 + 1), &basket(of)).unwrap();
    story
}

fn score(story: &mut Story, provider: u8, score: u16) {
    story.send(GOVERNANCE, |chain, env| set_provider(chain, env, TPI, provider, score)).unwrap();
}

fn printed(story: &mut Story, day: u32, quotes: &[Quote]) -> (u32, bool) {
    let mut outcome = story.day(Day(day), quotes).unwrap();
    let waited = outcome == Validity::NeedsConfirmation;
    if waited {
        story.now = story.now.later(4 * 3_600);
        outcome = story.publish(Day(day)).unwrap();
    }
    assert_eq!(outcome, Validity::Valid);
    (story.price_on(Day(day)).unwrap(), waited)
}

fn above(print: u32, other: u32) -> i64 {
    (i64::from(print) - i64::from(other)) * 10_000 / i64::from(other)
}

fn bond(story: &mut Story) {
    story.send(GOVERNANCE, |chain, env| set_reporting(chain, env, TPI, TERMS)).unwrap();
    for number in 0..5 {
        story.send(reporter(number), |chain, env| post_bond(chain, env, TPI, 1_000)).unwrap();
    }
}

fn bonds(story: &Story) -> Vec<u64> {
    (0..5).map(|number| reporter_of(&story.chain, TPI, reporter(number)).unwrap().2.bond).collect()
}

/// Four large providers and one that sells a unit a day at four times their price: nothing of the index. Two of the
/// large are gone while another basket is in the shadow.
#[test]
#[ignore = "open: docs/book/src/findings-ninth.md"]
fn who_sells_one_unit_is_no_third_of_a_half_basket() {
    let usual = [(USUAL, 1_000_000), (USUAL, 1_000_000), (USUAL, 1_000_000), (USUAL, 1_000_000), (USUAL * 4, 1)];
    let mut story = live(&usual);
    let before = story.price_on(Day(START.0 + 1)).unwrap();
    story.to(Day(FIRST), 3_600);
    score(&mut story, 5, 1_000);
    let mut six = basket(&usual);
    six.push(at(USUAL, 1_000_000));
    six[0].volume = 0;
    six[1].volume = 0;
    // the first day of the shadow is the next one
    let (print, waited) = printed(&mut story, FIRST + 1, &six);
    println!("before {before} print {print} waited {waited}: {} bp", above(print, before));
    assert!(
        above(print, before) <= 100,
        "{} basis points by a provider of one unit of 2,000,001",
        above(print, before)
    );
}

/// The same provider cuts to an atom for a day, at which it sells its one unit.
#[test]
#[ignore = "open: docs/book/src/findings-ninth.md"]
fn a_cut_of_who_sells_one_unit_moves_no_half_basket() {
    let usual = [(USUAL, 1_000_000), (USUAL, 1_000_000), (USUAL, 1_000_000), (USUAL, 1_000_000), (USUAL, 1)];
    let mut lowest = u32::MAX;
    for (gone, cut) in [(2, 1), (3, 1)] {
        let mut story = live(&usual[(gone - 2)..]);
        let last = 4 - (gone - 2);
        let _ = (cut, last);
        story.to(Day(FIRST), 3_600);
        score(&mut story, 8, 1_000);
        let mut of = basket(&usual[(gone - 2)..]);
        while of.len() < 8 {
            of.push(at(USUAL, 0));
        }
        of.push(at(USUAL, 1_000_000));
        of[0].volume = 0;
        of[1].volume = 0;
        let (before, _) = printed(&mut story, FIRST + 1, &of);
        for cut in [10, 100, 1_000, 2_000_000] {
            let mut probe = story.clone();
            of[last].input = USUAL / cut;
            of[last].output = USUAL / cut;
            let outcome = probe.day(Day(FIRST + 2), &of);
            probe.now = probe.now.later(4 * 3_600);
            let again = probe.publish(Day(FIRST + 2));
            println!(
                "{} left, cut to 1/{cut}: {outcome:?} {again:?} {before} -> {:?}",
                5 - gone,
                probe.price_on(Day(FIRST + 2))
            );
            lowest = lowest.min(probe.price_on(Day(FIRST + 2)).unwrap_or(before));
        }
    }
    assert!(lowest >= USUAL / 100 * 99, "{lowest}");
}

/// Two are left of four: the bounds are four times the middle, and no price counts with more than four times the other
/// or less than a quarter of it.
#[test]
#[ignore = "open: docs/book/src/findings-ninth.md"]
fn of_two_that_are_left_none_counts_beyond_four_times_the_other() {
    let mut story = live(&[(USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL, 1)]);
    story.to(Day(FIRST), 3_600);
    score(&mut story, 4, 1_000);
    let mut of = basket(&[(USUAL, 0), (USUAL, 0), (USUAL, 1_000), (USUAL * 20, 1), (USUAL, 1_000)]);
    let mut prints = Vec::new();
    for day in 1..7 {
        prints.push(printed(&mut story, FIRST + day, &of).0);
    }
    println!("{prints:?}");
    let highest = *prints.iter().max().unwrap();
    // and down, at once
    let mut down = live(&[(USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL, 1)]);
    down.to(Day(FIRST), 3_600);
    score(&mut down, 4, 1_000);
    of[3] = at(USUAL, 1);
    let first = printed(&mut down, FIRST + 1, &of).0;
    of[3] = at(USUAL / 1_000, 1);
    let second = printed(&mut down, FIRST + 2, &of).0;
    println!("{first} {second}");
    assert!(highest <= USUAL * 5 / 2, "{highest}: {prints:?}");
    assert!(second >= USUAL * 5 / 8, "{second}");
}

/// The level for good: two of five have gone, one that sells a unit a day stands at four times the price and is to
/// leave with them.
#[test]
#[ignore = "open: docs/book/src/findings-ninth.md"]
fn who_sells_one_unit_sets_no_level_for_good() {
    let usual = [(USUAL, 1_000_000), (USUAL, 1_000_000), (USUAL, 1_000_000), (USUAL, 1_000_000), (USUAL * 4, 1)];
    let mut story = live(&usual);
    story.to(Day(FIRST), 3_600);
    for (place, with) in [(0, 0), (1, 0), (4, 0), (5, 1_000), (6, 1_000)] {
        score(&mut story, place, with);
    }
    let mut of = basket(&usual);
    of.push(at(USUAL, 1_000_000));
    of.push(at(USUAL, 1_000_000));
    of[0].volume = 0;
    of[1].volume = 0;
    let mut prints = Vec::new();
    let mut day = FIRST + 1;
    while story.chain.setup(TPI).unwrap().basket.version == 0 && day < FIRST + 40 {
        prints.push(printed(&mut story, day, &of).0);
        day += 1;
    }
    let level = printed(&mut story, day, &of).0;
    println!("{prints:?} then {level} link {}", story.chain.state(TPI).link);
    assert!(above(level, USUAL) <= 100, "{} basis points for good", above(level, USUAL));
}

/// Without a half basket: four large and one of a unit a day at 3.4 times the price; one of the large sells nothing.
#[test]
#[ignore = "open: docs/book/src/findings-ninth.md"]
fn who_sells_one_unit_is_no_tenth_of_an_ordinary_day() {
    let usual = [(USUAL, 1_000_000), (USUAL, 1_000_000), (USUAL, 1_000_000), (USUAL, 1_000_000), (USUAL * 34 / 10, 1)];
    let mut story = live(&usual);
    let before = story.price_on(Day(START.0 + 1)).unwrap();
    let mut of = basket(&usual);
    of[0].volume = 0;
    let (print, waited) = printed(&mut story, FIRST, &of);
    println!("{before} {print} waited {waited}");
    assert!(above(print, before) <= 100, "{} basis points, waited {waited}", above(print, before));
}

/// Two of five reporters send the true prices, and no volume for one of those that are left: no day is confirmed, and
/// nobody pays.
#[test]
#[ignore = "open: docs/book/src/findings-ninth.md"]
fn two_of_five_stop_no_half_basket_for_nothing() {
    let mut story = Story::live();
    bond(&mut story);
    story.to(Day(FIRST), 3_600);
    score(&mut story, 5, 1_000);
    let mut of = vec![at(USUAL, 10); 6];
    of[0].volume = 0;
    of[1].volume = 0;
    let mut lie = of.clone();
    lie[2].volume = 0;
    let mut prints = 0;
    for day in (FIRST + 1..FIRST + 15).map(Day) {
        story.to(day, 15 * 3_600);
        for number in 0..5 {
            let quotes = if number < 2 { &lie } else { &of };
            story.submit(reporter(number), day, quotes).unwrap();
        }
        let first = story.publish(day);
        story.now = story.now.later(4 * 3_600);
        let second = story.publish(day);
        story.to(day, DAY);
        let third = story.publish(day);
        println!("{day:?} {first:?} {second:?} {third:?}");
        prints += u32::from(story.price_on(day).is_some());
    }
    println!("prints {prints} bonds {:?} links {:?}", bonds(&story), story.chain.state(TPI).shadow.links());
    assert!(
        prints > 0 || bonds(&story)[..2].iter().all(|bond| *bond < 1_000),
        "prints {prints}, bonds {:?}",
        bonds(&story)
    );
}

/// Who cuts for a day and comes back is not held back for three prints: a cut counts at once, and so does its end.
#[test]
#[ignore = "open: docs/book/src/findings-ninth.md"]
fn of_two_that_are_left_who_cuts_for_a_day_comes_back_at_once() {
    let mut story = live(&[(USUAL, 10), (USUAL, 10), (USUAL, 10), (USUAL, 10)]);
    story.to(Day(FIRST), 3_600);
    score(&mut story, 4, 1_000);
    let mut of = basket(&[(USUAL, 0), (USUAL, 0), (USUAL, 10), (USUAL, 10), (USUAL, 10)]);
    let mut prints = Vec::new();
    for (day, price) in (1..).zip([USUAL, USUAL / 2, USUAL, USUAL, USUAL, USUAL]) {
        of[3] = at(price, 10);
        prints.push(printed(&mut story, FIRST + day, &of).0);
    }
    println!("{prints:?}");
    assert_eq!(prints[2], USUAL);
}

/// One of five reporters is absent; two say that some providers have sold nothing, and the true prices. The other two
/// read the volumes as they are. The day is confirmed by all four, since each is asked about the providers that are
/// left alone.
fn without(
    absent: bool,
    of: &[(u32, u64)],
    nothing: &[usize],
    shadow: bool,
) -> (Option<u32>, Option<u32>, Vec<u64>, bool) {
    let mut story = live(of);
    let before = story.price_on(Day(START.0 + 1));
    bond(&mut story);
    story.send([0xEE; 20], |chain, env| fund(chain, env, TPI, 10_000)).unwrap();
    story.to(Day(FIRST), 3_600);
    let mut truth = basket(of);
    if shadow {
        score(&mut story, of.len() as u8, 1_000);
        truth.push(at(USUAL, 1_000));
    }
    let mut lie = truth.clone();
    for place in nothing {
        lie[*place].volume = 0;
    }
    let day = Day(FIRST + 1);
    story.to(day, 15 * 3_600);
    for number in 0..if absent { 4 } else { 5 } {
        let quotes = if number < 2 { &lie } else { &truth };
        story.submit(reporter(number), day, quotes).unwrap();
    }
    story.to(day, 18 * 3_600);
    let outcome = story.publish(day);
    story.now = story.now.later(4 * 3_600);
    let again = story.publish(day);
    println!("{outcome:?} {again:?} {before:?} -> {:?} bonds {:?}", story.price_on(day), bonds(&story));
    let earned = reporter_of(&story.chain, TPI, reporter(0)).unwrap().2.earned;
    println!("liar earned {earned}");
    (before, story.price_on(day), bonds(&story), outcome == Ok(Validity::Valid))
}

#[test]
fn two_liars_of_four_leave_no_provider_out() {
    let of = [
        (USUAL, 1_000),
        (USUAL, 1_000),
        (USUAL, 1_000),
        (USUAL, 1_000),
        (USUAL * 3 / 10, 1_000),
        (USUAL * 3 / 10, 1_000),
    ];
    without(false, &of, &[4, 5], false);
    let (before, print, bonds, _) = without(true, &of, &[4, 5], false);
    let moved = print.map(|print| above(print, before.unwrap()));
    assert!(moved.is_none_or(|moved| moved <= 200) || bonds[0] < 1_000, "{moved:?} basis points, bonds {bonds:?}");
}

#[test]
fn two_liars_of_four_make_no_basket_short() {
    // Four in the basket, another one in the shadow: the two say that two of the large have sold nothing.
    let of = [(USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL * 20, 1)];
    without(false, &of, &[0, 1], true);
    let (before, print, bonds, _) = without(true, &of, &[0, 1], true);
    let moved = print.map(|print| above(print, before.unwrap()));
    assert!(moved.is_none_or(|moved| moved <= 200) || bonds[0] < 1_000, "{moved:?} basis points, bonds {bonds:?}");
}

#[test]
#[ignore = "open: docs/book/src/findings-ninth.md"]
fn one_liar_and_one_absent_stop_no_half_basket_for_nothing() {
    let mut story = Story::live();
    bond(&mut story);
    story.to(Day(FIRST), 3_600);
    score(&mut story, 5, 1_000);
    let mut of = vec![at(USUAL, 10); 6];
    of[0].volume = 0;
    of[1].volume = 0;
    let mut lie = of.clone();
    lie[2].volume = 0;
    for day in (FIRST + 1..FIRST + 8).map(Day) {
        story.to(day, 15 * 3_600);
        for number in 0..4 {
            story.submit(reporter(number), day, if number < 1 { &lie } else { &of }).unwrap();
        }
        story.to(day, 18 * 3_600);
        let _ = story.publish(day);
        story.now = story.now.later(4 * 3_600);
        let second = story.publish(day);
        story.to(day, DAY);
        let third = story.publish(day);
        println!("{day:?} {second:?} {third:?} {:?}", bonds(&story));
    }
    assert!(
        story.price_on(Day(FIRST + 3)).is_some(),
        "one of four that are there stops the index, bonds {:?}",
        bonds(&story)
    );
}

/// An entrant that half of the batches contradict on every day of the shadow stands nowhere when its basket is in
/// force, and asks for anything at once.
#[test]
#[ignore = "open: docs/book/src/findings-ninth.md"]
fn who_was_torn_in_the_shadow_stands_somewhere_in_force() {
    let mut story = Story::live();
    story.to(Day(FIRST), 3_600);
    score(&mut story, 5, 1_000);
    let mut of = vec![at(USUAL, 10); 6];
    let mut lie = of.clone();
    lie[5] = at(USUAL * 103 / 100, 10);
    let mut day = FIRST;
    while story.chain.setup(TPI).unwrap().basket.version == 0 && day < FIRST + 40 {
        story.to(Day(day), 15 * 3_600);
        for number in 0..4 {
            story.submit(reporter(number), Day(day), if number < 2 { &lie } else { &of }).unwrap();
        }
        story.to(Day(day), 18 * 3_600);
        let outcome = story.publish(Day(day));
        assert!(story.price_on(Day(day)).is_some(), "{outcome:?}");
        day += 1;
    }
    of[5] = at(USUAL * 24 / 10, 10);
    let (print, waited) = printed(&mut story, day, &of);
    println!("in force on {} print {print} waited {waited}", day - FIRST);
    assert!(above(print, USUAL) <= 100, "{} basis points", above(print, USUAL));
}

/// A provider of a fifth sells nothing for a day: the print moves by its weight times its distance from the others (ADR
/// 124), here from 8.6 to 10.5 times the cheap ones' price, and from 3.8 to 4.5.
#[test]
#[ignore = "open: docs/book/src/findings-ninth.md"]
fn who_sells_nothing_for_a_day_moves_a_print_by_the_weight_times_the_distance() {
    for (gap, by_weight) in [(4, 1_364), (8, 1_842), (12, 2_038), (20, 2_210)] {
        let usual = [(USUAL, 10), (USUAL, 10), (USUAL, 10), (USUAL * gap, 10), (USUAL * gap, 10)];
        let mut story = live(&usual);
        let before = story.price_on(Day(START.0 + 1)).unwrap();
        let mut of = basket(&usual);
        of[0].volume = 0;
        let (print, waited) = printed(&mut story, FIRST, &of);
        println!("gap {gap}: {before} -> {print}, {} bp, by weight {by_weight}, waited {waited}", above(print, before));
        assert!(gap > 8 || above(print, before) <= by_weight + 200, "gap {gap}: {} basis points", above(print, before));
    }
}

/// One of five is absent, and two say 10 % less of a provider that has doubled its price, for weeks: the true rise, in
/// which all four agree that it is nearly 100 % at least, never counts, and the two are paid.
#[test]
#[ignore = "open: docs/book/src/findings-ninth.md"]
fn two_liars_of_four_hold_no_rise_down_for_weeks() {
    let mut story = Story::live();
    bond(&mut story);
    story.send([0xEE; 20], |chain, env| fund(chain, env, TPI, 10_000)).unwrap();
    let mut truth = vec![at(USUAL, 10); 5];
    truth[4] = at(USUAL * 22 / 10, 10);
    let mut lie = truth.clone();
    lie[4] = at(USUAL * 2, 10);
    let mut prints = Vec::new();
    for day in (FIRST..FIRST + 20).map(Day) {
        story.to(day, 15 * 3_600);
        for number in 0..4 {
            story.submit(reporter(number), day, if number < 2 { &lie } else { &truth }).unwrap();
        }
        story.to(day, 18 * 3_600);
        let _ = story.publish(day);
        story.now = story.now.later(4 * 3_600);
        let _ = story.publish(day);
        prints.push(story.price_on(day).unwrap());
    }
    let earned = reporter_of(&story.chain, TPI, reporter(0)).unwrap().2.earned;
    println!("{prints:?} bonds {:?} liar earned {earned}", bonds(&story));
    // By what both halves say it is 2,400,000 at least.
    assert!(prints[19] >= 2_400_000, "{}", prints[19]);
}
