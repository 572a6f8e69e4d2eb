//! A fifteenth attack: on the mends of the fourteenth, on what stands small beside large ones, and on many that enter.

use super::eighth_attack::{above, basket, live, printed};
use super::entering::reports_until;
use super::ninth_attack::reported;
use super::rises::{FIRST, USUAL};
use super::twelfth_attack::eve;
use super::*;

/// So many prints of the same; the last one.
fn last(story: &mut Story, day: &mut u32, count: u32, of: &[Quote]) -> u32 {
    let prints = (0..count).map(|_| {
        *day += 1;
        printed(story, *day - 1, of).0
    });
    prints.last().unwrap()
}

fn usual_of(story: &Story, provider: usize) -> u64 {
    story.chain.state(TPI).volumes.of(provider)
}

/// Three large ones, two small ones that are gone, and one that enters beside those and sells a unit a day: it begins
/// with less than sixteen units, and so never fades below that nor grows. The two that are gone leave. They fade to a
/// sixteenth of a unit each, and a newcomer's part of what is left cannot be told.
#[test]
fn who_has_entered_beside_small_ones_does_not_hold_the_basket_for_good() {
    let large = 1_000_000;
    let mut usual = std::vec![(USUAL, large); 3];
    usual.extend([(USUAL, 1_000), (USUAL, 1_000)]);
    let mut story = live(&usual);
    let mut of = basket(&usual);
    let mut day = FIRST;
    of[3].volume = 0;
    of[4].volume = 0;
    last(&mut story, &mut day, 60, &of);
    eve(&mut story, day, &[(5, 1_000)]);
    of.push(at(USUAL / 10 * 39, 1));
    day = reports_until(&mut story, day, 100, |_| of.clone()).unwrap();
    let entered = (usual_of(&story, 3), usual_of(&story, 4), usual_of(&story, 5));
    last(&mut story, &mut day, 10, &of);
    eve(&mut story, day, &[(3, 0), (4, 0)]);
    let left = reports_until(&mut story, day, 300, |_| of.clone());
    let now = (usual_of(&story, 3), usual_of(&story, 4), usual_of(&story, 5));
    let level = above(story.price_on(Day(left.unwrap_or(day + 300) - 1)).unwrap(), USUAL);
    assert!(left.is_some(), "never: {entered:?}, {now:?}, {level}");
}

/// At launch: three large ones and one of a unit a day. A fifth is to enter: accepted, and never in force.
#[test]
fn who_sells_one_unit_beside_three_large_ones_keeps_nobody_out() {
    let mut usual = std::vec![(USUAL, 1_000); 3];
    usual.push((USUAL / 10 * 39, 1));
    let mut story = live(&usual);
    eve(&mut story, FIRST, &[(4, 1_000)]);
    let mut of = basket(&usual);
    of.push(at(USUAL, 1_000));
    let entered = reports_until(&mut story, FIRST, 300, |_| of.clone());
    let level = above(story.price_on(Day(entered.unwrap_or(FIRST + 300) - 1)).unwrap(), USUAL);
    assert!(entered.is_some(), "never, {level}");
}

/// At launch, with as many providers as a print takes: two of four reporters have another volume of a small one on the
/// first day, so that nothing is noted of it, and it sells nothing from the second day on.
#[test]
fn who_was_torn_on_the_first_print_and_sells_nothing_stops_no_index() {
    let usual = [(USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL, 5)];
    let mut story = Story::begin(Rules::TPI, 5, 4);
    let truth = basket(&usual);
    let mut other = truth.clone();
    other[3].volume = 7;
    reported(&mut story, START, 4, 2, &other, &truth);
    let first = story.price_on(START);
    let mut none = truth.clone();
    none[3].volume = 0;
    let prints = (1..60)
        .filter(|day| {
            let _ = story.day(Day(START.0 + day), &none);
            story.now = story.now.later(4 * 3_600);
            let _ = story.publish(Day(START.0 + day));
            story.price_on(Day(START.0 + day)).is_some()
        })
        .count();
    let usual: Vec<u64> = (0..4).map(|place| usual_of(&story, place)).collect();
    // What governance can do about it: nobody enters an index without prints; rules that want fewer end it.
    eve(&mut story, START.0 + 61, &[(4, 1_000)]);
    let mut five = none.clone();
    five.push(at(USUAL, 1_000));
    let entered = (61..90).any(|day| story.day(Day(START.0 + day), &five).is_ok());
    story.to(Day(START.0 + 90), 3_600);
    let rules = Rules { min_providers: 3, cap_bps: 3_334, ..Rules::TPI };
    let set = story.send(GOVERNANCE, |chain, env| set_index(chain, env, TPI, rules));
    let ends = story.day(Day(START.0 + 91), &five);
    assert!(prints == 59, "{first:?}: {prints} prints, {usual:?}; {entered}, {set:?}, {ends:?}");
}

/// Many enter at once, each at 3.9 times the price in the shadow, and ask for the others' price in force.
#[test]
fn many_that_enter_at_once_have_no_more_of_the_level_than_one() {
    let mut moved = Vec::new();
    for (stay, count, tenths) in [(4, 1, 39), (4, 12, 39), (5, 11, 39), (5, 11, 3)] {
        let mut usual = std::vec![(USUAL, 1_000); stay];
        let mut story = live(&usual);
        let changes: Vec<_> = (stay..stay + count).map(|place| (place as u8, 1_000)).collect();
        eve(&mut story, FIRST, &changes);
        usual.resize(stay + count, (USUAL / 10 * tenths, 1));
        let of = basket(&usual);
        let mut day = reports_until(&mut story, FIRST, 60, |_| of.clone()).unwrap();
        let mut after = of.clone();
        for one in &mut after[stay..] {
            *one = at(USUAL, 1);
        }
        let level = last(&mut story, &mut day, 30, &after);
        moved.push((stay, count, tenths, day, above(level, USUAL)));
    }
    assert!(moved.iter().all(|of| of.4.abs() <= 115), "{moved:?}");
}

/// The same by those that leave together, after they have been small for long.
#[test]
fn many_that_leave_at_once_have_no_more_of_the_level_than_one() {
    let mut moved = Vec::new();
    for (stay, count, tenths) in [(4, 1, 39), (4, 12, 39), (4, 12, 3)] {
        let mut usual = std::vec![(USUAL, 1_000); stay];
        usual.resize(stay + count, (USUAL, 100));
        let mut story = live(&usual);
        let changes: Vec<_> = (stay..stay + count).map(|place| (place as u8, 0)).collect();
        eve(&mut story, FIRST, &changes);
        let mut of = basket(&usual);
        for one in &mut of[stay..] {
            *one = at(USUAL / 10 * tenths, 100);
        }
        let mut day = reports_until(&mut story, FIRST, 160, |_| of.clone()).unwrap();
        let level = last(&mut story, &mut day, 10, &of[..stay]);
        moved.push((stay, count, tenths, day - FIRST, above(level, USUAL)));
    }
    assert!(moved.iter().all(|of| of.4.abs() <= 115), "{moved:?}");
}

/// Whoever is stuck there gets out by no change of the basket: called off, those that are gone sell nothing and stay,
/// and an honest one that sells a million units a day never enters. Rules with another cap let it.
#[test]
fn a_basket_that_cannot_be_told_apart_is_left_by_a_change_of_it() {
    let mut usual = std::vec![(USUAL, 1_000_000); 3];
    usual.extend([(USUAL, 1_000), (USUAL, 1_000)]);
    let mut story = live(&usual);
    let mut of = basket(&usual);
    let mut day = FIRST;
    of[3].volume = 0;
    of[4].volume = 0;
    last(&mut story, &mut day, 60, &of);
    eve(&mut story, day, &[(5, 1_000)]);
    of.push(at(USUAL / 10 * 39, 1));
    day = reports_until(&mut story, day, 100, |_| of.clone()).unwrap();
    of[5].volume = 0;
    eve(&mut story, day, &[(3, 0), (4, 0)]);
    assert!(reports_until(&mut story, day, 100, |_| of.clone()).is_none());
    day += 100;
    let level = above(story.price_on(Day(day - 1)).unwrap(), USUAL);
    eve(&mut story, day, &[(3, 1_000), (4, 1_000), (6, 1_000)]);
    of.push(at(USUAL, 1_000_000));
    let entered = reports_until(&mut story, day, 200, |_| of.clone());
    if entered.is_none() {
        day += 200;
        let later = above(story.price_on(Day(day - 1)).unwrap(), USUAL);
        story.to(Day(day), 3_600);
        let rules = Rules { cap_bps: 4_000, ..Rules::TPI };
        let set = story.send(GOVERNANCE, |chain, env| set_index(chain, env, TPI, rules));
        let then = reports_until(&mut story, day + 1, 60, |_| of.clone()).map(|then| then - day);
        let out = then.map(|then| above(story.price_on(Day(day + then - 1)).unwrap(), USUAL));
        std::panic!("{level}, {later} after 200 more; with a cap of 40 %: {set:?}, {then:?}, {out:?}");
    }
}

/// A newcomer's 256th in a basket with a gap that is wider than twenty times, and where those beyond have little more
/// than a third of the weight.
#[test]
fn who_enters_a_basket_with_a_wide_gap_has_four_percent_of_the_level_at_most() {
    let mut moved = Vec::new();
    for (times, count) in [(20, 1), (100, 1), (1_000, 1), (20, 3), (20, 11)] {
        for beyond in [800, 1_000] {
            let (low, high) = (USUAL / 10, USUAL / 10 * times);
            let usual = [(low, 1_000), (low, 1_000), (low, 1_000), (high, beyond), (high, beyond)];
            let levels = [low, high].map(|shadow| {
                let mut story = live(&usual);
                let changes: Vec<_> = (5..5 + count).map(|place| (place, 1_000)).collect();
                eve(&mut story, FIRST, &changes);
                let mut of = basket(&usual);
                of.resize(5 + usize::from(count), at(shadow, 1));
                let mut day = reports_until(&mut story, FIRST, 60, |_| of.clone()).unwrap();
                for one in &mut of[5..] {
                    *one = at(low, 1);
                }
                last(&mut story, &mut day, 60, &of)
            });
            moved.push((times, count, beyond, above(levels[1], levels[0])));
        }
    }
    assert!(moved.iter().all(|of| of.3.abs() <= 400), "times, how many, volume of each beyond, level: {moved:?}");
}

/// The same where two of four have a quarter more of a large one on the first day, so that nothing is usual of anybody.
#[test]
fn a_large_one_that_is_torn_on_the_first_print_stops_no_index() {
    let usual = [(USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL, 50)];
    let mut story = Story::begin(Rules::TPI, 5, 4);
    let truth = basket(&usual);
    let mut other = truth.clone();
    other[0].volume = 1_260;
    reported(&mut story, START, 4, 2, &other, &truth);
    let mut none = truth.clone();
    none[3].volume = 0;
    let prints = (1..60)
        .filter(|day| {
            let _ = story.day(Day(START.0 + day), &none);
            story.now = story.now.later(4 * 3_600);
            let _ = story.publish(Day(START.0 + day));
            story.price_on(Day(START.0 + day)).is_some()
        })
        .count();
    assert!(prints == 59, "{:?}: {prints} prints", story.price_on(START));
}

/// Nobody enters or leaves, and a score changes by a tenth: nothing of a newcomer's part is in such a link, and it waits
/// for one that could be told all the same.
#[test]
fn a_score_changes_beside_one_that_sells_one_unit() {
    let usual = [(USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL, 1)];
    let mut story = live(&usual);
    eve(&mut story, FIRST, &[(0, 1_050)]);
    assert!(reports_until(&mut story, FIRST, 100, |_| basket(&usual)).is_some());
}

/// One of 30 % that sells nothing for two months gets other scores meanwhile, a tenth at a time: it has next to no weight
/// in these links, and what it usually sells, at its usual price, afterwards. Beside it the same one that goes on to sell,
/// so that all of its weight is in them.
#[test]
fn who_is_rescored_asleep_has_no_more_of_the_level_than_awake() {
    let mut moved = Vec::new();
    for (tenths, scores) in [
        (10, &[1_100][..]),
        (39, &[1_100]),
        (39, &[910]),
        (10, &[1_100, 1_210, 1_331, 1_464, 1_610, 1_771, 1_948]),
        (39, &[1_100, 1_210, 1_331, 1_464, 1_610, 1_771, 1_948]),
    ] {
        let levels = [false, true].map(|sleeps| {
            let usual =
                [(USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL / 10 * tenths, 1_714)];
            let mut story = live(&usual);
            let mut of = basket(&usual);
            let mut day = FIRST;
            if sleeps {
                of[4].volume = 0;
            }
            last(&mut story, &mut day, 60, &of);
            for to in scores {
                eve(&mut story, day, &[(4, *to)]);
                day = reports_until(&mut story, day, 20, |_| of.clone()).unwrap();
            }
            last(&mut story, &mut day, 90, &basket(&usual))
        });
        moved.push((tenths, scores.len(), above(levels[1], levels[0])));
    }
    assert!(moved.iter().all(|of| of.2.abs() <= 600), "{moved:?}");
}

/// Those that leave a basket with a gap together, and ask for the lower or the upper price meanwhile.
#[test]
fn who_leaves_a_basket_with_a_gap_has_four_percent_of_the_level_at_most() {
    let mut moved = Vec::new();
    for (times, count) in [(20, 1), (20, 3), (20, 11)] {
        let (low, high) = (USUAL / 10, USUAL / 10 * times);
        let usual = [(low, 1_000), (low, 1_000), (low, 1_000), (high, 1_000), (high, 1_000)];
        let levels = [low, high].map(|shadow| {
            let mut all = usual.to_vec();
            all.resize(5 + usize::from(count), (shadow, 50));
            let mut story = live(&all);
            let changes: Vec<_> = (5..5 + count).map(|place| (place, 0)).collect();
            eve(&mut story, FIRST, &changes);
            // They have all been at the lower price while the index was opened: the level is compared by what the same
            // basket is worth before and after.
            let mut day = FIRST;
            let mut of = basket(&all);
            day = reports_until(&mut story, day, 100, |_| of.clone()).unwrap();
            of.truncate(5);
            let after = last(&mut story, &mut day, 60, &of);
            let link = story.chain.state(TPI).link;
            (after, link)
        });
        moved.push((times, count, above(levels[1].0, levels[0].0), levels[1].1, levels[0].1));
    }
    assert!(moved.iter().all(|of| of.2.abs() <= 400), "{moved:?}");
}

/// Three large ones and one small one that is gone; another one enters beside it and sells nothing ever after. The one
/// that is gone is to leave.
#[test]
fn who_has_entered_beside_one_that_is_gone_does_not_hold_the_basket_for_good() {
    let usual = [(USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL, 300)];
    let mut story = live(&usual);
    let mut of = basket(&usual);
    let mut day = FIRST;
    of[3].volume = 0;
    last(&mut story, &mut day, 40, &of);
    eve(&mut story, day, &[(4, 1_000)]);
    of.push(at(USUAL / 10 * 39, 1));
    day = reports_until(&mut story, day, 100, |_| of.clone()).unwrap();
    of[4].volume = 0;
    eve(&mut story, day, &[(3, 0)]);
    let left = reports_until(&mut story, day, 300, |_| of.clone());
    let usual = (usual_of(&story, 3), usual_of(&story, 4));
    let level = above(story.price_on(Day(left.unwrap_or(day + 300) - 1)).unwrap(), USUAL);
    assert!(left.is_some(), "never: {usual:?}, {level}");
}
