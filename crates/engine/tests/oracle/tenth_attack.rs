//! A tenth attack: on usual volumes, on what is sold at a price, and on links of torn days.

use super::eighth_attack::{above, basket, live, printed};
use super::minorities::bonded;
use super::ninth_attack::{bonds, reported, score};
use super::rises::{FIRST, USUAL};
use super::*;

/// Prints from the third day on while the last of some providers asks for these and sells as much.
fn prints(usual: &[(u32, u64)], asks: &[(u32, u64)]) -> Vec<u32> {
    let mut story = live(usual);
    let mut of = basket(usual);
    let last = of.len() - 1;
    let day = |(day, (price, volume)): (u32, &(u32, u64))| {
        of[last] = at(*price, *volume);
        printed(&mut story, day, &of).0
    };
    (FIRST..).zip(asks).map(day).collect()
}

/// Changes the basket and reports the same until it is in force; the day after that, and the last print.
fn changed(story: &mut Story, changes: &[(u8, u16)], mut of: impl FnMut(u32) -> Vec<Quote>) -> (u32, u32) {
    story.to(Day(FIRST), 3_600);
    for (place, to) in changes {
        score(story, *place, *to);
    }
    let before = story.chain.setup(TPI).unwrap().basket.version;
    let (mut day, mut print) = (FIRST + 1, 0);
    while story.chain.setup(TPI).unwrap().basket.version == before && day < FIRST + 40 {
        print = printed(story, day, &of(day - FIRST)).0;
        day += 1;
    }
    (day, print)
}

/// A rise counts by as much as is sold at it, by the mean of the two prices: to ask for a thousand times as much
/// makes up for selling next to nothing. The last of five sells a thousandth of what is usual for four days, and
/// nothing afterwards.
#[test]
fn a_thousandth_of_the_usual_volume_brings_no_rise_on() {
    let mut moved = Vec::new();
    for (times, sold) in [(3, 1), (50, 1), (500, 1), (2_000, 1)] {
        let mut asks = std::vec![(USUAL.saturating_mul(times), sold); 4];
        asks.extend([(USUAL.saturating_mul(times), 0); 4]);
        let prints = prints(&[(USUAL, 1_000); 5], &asks);
        moved.push((times, prints.iter().map(|print| above(*print, USUAL)).collect::<Vec<_>>()));
    }
    assert!(moved.iter().flat_map(|(_, moved)| moved).all(|moved| *moved <= 20), "{moved:?}");
}

/// One of five reporters is absent while somebody enters, at that price and volume, and two say that the volume is
/// another one. The version of the basket, the days that it took, how far so many prints after them are above the usual
/// one, and the bonds.
pub(super) fn entered_by_liars(price: u32, volume: u64, lie: u64, prints: u32) -> (u16, u32, Vec<i64>, Vec<u64>) {
    let mut story = bonded();
    story.to(Day(FIRST), 3_600);
    score(&mut story, 5, 1_000);
    let mut truth = std::vec![at(USUAL, volume); 6];
    truth[5] = at(price, volume);
    let mut lies = truth.clone();
    lies[5].volume = lie;
    let mut day = FIRST + 1;
    while story.chain.setup(TPI).unwrap().basket.version == 0 && day < FIRST + 9 {
        reported(&mut story, Day(day), 4, 2, &lies, &truth);
        assert_eq!(story.price_on(Day(day)), Some(USUAL), "the basket in force goes on");
        day += 1;
    }
    let version = story.chain.setup(TPI).unwrap().basket.version;
    let level = (0..prints).map(|more| above(printed(&mut story, day + more, &truth).0, USUAL)).collect();
    (version, day - FIRST, level, bonds(&story))
}

/// The weight of who enters, while it has no usual volume, is the lower of what the halves say that it has sold, in
/// what each batch gives by itself too: two liars of four have an entrant in the link with the weight that they like.
#[test]
fn two_liars_of_four_choose_no_level_by_what_an_entrant_sells() {
    let mut moved = Vec::new();
    for (price, lie) in [(USUAL * 3 / 10, 10), (USUAL * 3 / 10, 0), (USUAL * 19 / 10, 0), (USUAL * 39 / 10, 0)] {
        let (version, days, level, bonds) = entered_by_liars(price, 10, lie, 5);
        moved.push((price, lie, version, days, level, bonds));
    }
    assert!(moved.iter().all(|(.., level, _)| level.iter().all(|moved| moved.abs() <= 200)), "{moved:?}");
}

/// Who sells nothing in the shadow has no weight in the link, and on the first day in force that of the day.
#[test]
fn who_sells_nothing_in_the_shadow_moves_no_print_when_in_force() {
    let mut moved = Vec::new();
    for (tenths, volume) in [(3, 30), (18, 30), (39, 30)] {
        let mut story = Story::live();
        let mut six = std::vec![at(USUAL, 10); 6];
        six[5] = at(USUAL / 10 * tenths, 0);
        let (day, before) = changed(&mut story, &[(5, 1_000)], |_| six.clone());
        six[5].volume = volume;
        let (print, waited) = printed(&mut story, day, &six);
        moved.push((tenths, day - FIRST, above(print, before), waited));
    }
    assert!(moved.iter().all(|(_, _, moved, _)| moved.abs() <= 500), "{moved:?}");
}

/// The same by one that is in force and usually sells a unit a day: it has faded in two weeks.
#[test]
fn who_has_sold_nothing_for_two_weeks_has_no_third_of_a_print() {
    let mut asks = std::vec![(USUAL * 3, 0); 14];
    asks.push((USUAL * 18 / 10, 100_000));
    asks.push((USUAL * 39 / 10, 100_000));
    let usual = [(USUAL, 100_000), (USUAL, 100_000), (USUAL, 100_000), (USUAL, 100_000), (USUAL, 1)];
    let moved: Vec<i64> = prints(&usual, &asks).iter().map(|print| above(*print, USUAL)).collect();
    assert!(moved.iter().all(|moved| moved.abs() <= 500), "{moved:?}");
}

/// In the shadow a price counts whole whatever is sold at it: who enters sells at the others' price on the first day
/// and asks for four times as much afterwards, of which it sells nothing.
#[test]
fn who_enters_is_linked_by_no_price_at_which_nobody_buys() {
    let mut story = Story::live();
    let mut six = std::vec![at(USUAL, 10); 6];
    let (day, before) = changed(&mut story, &[(5, 1_000)], |day| {
        six[5] = if day == 1 { at(USUAL, 20) } else { at(USUAL * 39 / 10, 0) };
        six.clone()
    });
    six[5] = at(USUAL, 10);
    let moved: Vec<i64> = (0..3).map(|more| above(printed(&mut story, day + more, &six).0, before)).collect();
    assert!(moved.iter().all(|moved| moved.abs() <= 500), "{moved:?}");
}

/// One day's volume was the weight in the shadow, and faded when in force. Now no volume of the shadow is anything: the
/// level goes to the average with the weight of what it sells in force, 150 of 5,150 at three times the others' price.
#[test]
fn one_day_of_the_shadow_is_not_the_weight_of_who_enters() {
    let drift = [1, 100].map(|times| {
        let mut story = live(&[(USUAL, 1_000); 5]);
        let mut six = basket(&[(USUAL, 1_000); 6]);
        let (day, before) = changed(&mut story, &[(5, 1_000)], |day| {
            six[5] = at(USUAL * 3, if day == 1 { 150 * times } else { 150 });
            six.clone()
        });
        (0..30).map(|more| above(printed(&mut story, day + more, &six).0, before)).collect::<Vec<_>>()
    });
    assert_eq!(drift[0], drift[1]);
    assert!(drift[0].is_sorted() && drift[0].last().unwrap().abs_diff(150 * 2 * 10_000 / 5_150) < 110, "{drift:?}");
}

/// Who is to leave stops selling: its weight fades in the shadow, and the middle of seven links is that of three
/// days before. So the level jumps on the day of the change.
#[test]
fn who_leaves_moves_no_level_by_selling_nothing_in_the_shadow() {
    let mut moved = Vec::new();
    for (price, sold) in [(USUAL * 39 / 10, 1_700), (USUAL * 39 / 10, 0), (USUAL * 39 / 10, 3_400), (USUAL / 4, 0)] {
        let usual = [(USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (price, 1_700)];
        let mut story = live(&usual);
        let mut of = basket(&usual);
        of[4].volume = sold;
        let (day, before) = changed(&mut story, &[(4, 0)], |_| of.clone());
        let (print, waited) = printed(&mut story, day, &of);
        moved.push((price, sold, day - FIRST, above(print, before), waited));
    }
    assert!(moved.iter().all(|(_, _, _, moved, _)| moved.abs() <= 200), "{moved:?}");
}

/// All prices halve on a day on which the others sell 35 % of what is usual. One of 30 % decides by a hair of its
/// volume whether the market has moved.
#[test]
fn a_hundredth_of_a_volume_decides_no_market() {
    let usual = [(USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_700)];
    let prints = [0, 8, 17, 25, 100, 200, 850].map(|sold| {
        let mut of = basket(&[(USUAL / 2, 355); 5]);
        of[4].volume = sold;
        let mut story = live(&usual);
        printed(&mut story, FIRST, &of).0
    });
    for two in prints[..4].windows(2) {
        assert!(above(two[1], two[0]).abs() <= 200, "{prints:?}");
    }
}

/// Who stays where it is is never held back (ADR 124). The others come down by a third on a day on which it sells
/// nothing, and on the days after it sells as ever.
#[test]
fn who_sells_nothing_on_the_day_of_a_fall_is_not_held_down_after_it() {
    let both = [1_700, 0].map(|sold| {
        let usual = [(USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_700)];
        let mut story = live(&usual);
        let mut of = basket(&usual);
        (0..6)
            .map(|day| {
                for one in &mut of[..4] {
                    *one = at(USUAL * 2 / 3, 1_000);
                }
                of[4].volume = if day == 0 { sold } else { 1_700 };
                printed(&mut story, FIRST + day, &of).0
            })
            .collect::<Vec<_>>()
    });
    for (without, with) in both[0][1..].iter().zip(&both[1][1..]) {
        assert!(above(*with, *without).abs() <= 200, "{both:?}");
    }
}

/// On the first print of an index weights are what the lower half says, in each batch too.
#[test]
fn two_liars_of_four_choose_no_weights_of_a_first_print() {
    let prices = [(USUAL / 4, 10), (USUAL / 4, 10), (USUAL, 10), (USUAL * 2, 10), (USUAL * 2, 10)];
    let truth = basket(&prices);
    let mut lie = truth.clone();
    lie[3].volume = 1;
    lie[4].volume = 1;
    let first = [0, 2].map(|liars| {
        let mut story = Story::begin(Rules::TPI, 5, 5);
        let prints: Vec<_> = (0..4)
            .map(|day| {
                reported(&mut story, Day(START.0 + day), 4, liars, &lie, &truth);
                story.price_on(Day(START.0 + day))
            })
            .collect();
        prints
    });
    assert!(
        first[1].iter().all(|print| print.is_none_or(|print| above(print, first[0][0].unwrap()).abs() <= 200)),
        "{first:?}"
    );
}
