//! Who enters and who leaves chooses no level: they begin and end with what a newcomer has
//! (`docs/book/src/adr/0187-who-enters-begins-small.md`).

use super::eighth_attack::{above, basket, live, printed};
use super::ninth_attack::score;
use super::rises::{FIRST, USUAL};
use super::*;
use proptest::prelude::*;

/// Sends batches until the basket that waits is in force; the next day, none where it is not `within` so many.
pub(super) fn reports_until(
    story: &mut Story,
    first: u32,
    within: u32,
    mut of: impl FnMut(u32) -> Vec<Quote>,
) -> Option<u32> {
    let version = story.chain.setup(TPI).unwrap().basket.version;
    (first..first + within).find_map(|day| {
        printed(story, day, &of(day - first));
        (story.chain.setup(TPI).unwrap().basket.version != version).then_some(day + 1)
    })
}

fn into_force(story: &mut Story, first: u32, of: impl FnMut(u32) -> Vec<Quote>) -> u32 {
    reports_until(story, first, 60, of).expect("it comes into force")
}

/// So many prints of the same, in basis points above the usual price.
fn levels(story: &mut Story, day: u32, count: u32, of: &[Quote]) -> Vec<i64> {
    (day..day + count).map(|day| above(printed(story, day, of).0, USUAL)).collect()
}

/// A sixth provider enters that asks for another price on its list, and sells at it, as long as its basket runs in the
/// shadow, and for the others' price in force. By the weight of its sales the level was 32.6 and 46.5 % lower for good,
/// or 13.2 and 26.6 % higher.
#[test]
fn who_asks_for_another_price_in_the_shadow_moves_no_level() {
    for (price, volume) in [(39, 1_000), (39, 2_500), (3, 1_000), (3, 2_500)] {
        let mut story = live(&[(USUAL, 1_000); 5]);
        let mut six = basket(&[(USUAL, 1_000); 6]);
        six[5] = at(USUAL * price / 10, volume);
        story.to(Day(FIRST), 3_600);
        score(&mut story, 5, 1_000);
        let day = into_force(&mut story, FIRST + 1, |_| six.clone());
        six[5] = at(USUAL, volume);
        let moved = levels(&mut story, day, 40, &six);
        assert!(moved.iter().all(|moved| moved.abs() <= 115), "{price} tenths, {volume}: {moved:?}");
    }
}

/// An honest one that is dearer brings the level to the average of all, an eighth more of its weight a print: every
/// print is the average by the weights of that print, as if it had always been there.
#[test]
fn who_enters_brings_the_level_to_the_average_with_the_weight_that_it_gains() {
    let mut story = live(&[(USUAL, 1_000); 5]);
    let six =
        basket(&[(USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL * 2, 500)]);
    story.to(Day(FIRST), 3_600);
    score(&mut story, 5, 1_000);
    let day = into_force(&mut story, FIRST + 1, |_| six.clone());
    let moved = levels(&mut story, day, 60, &six);
    assert_eq!((moved[0], moved.is_sorted()), (0, true), "{moved:?}");
    let largest = moved.windows(2).map(|two| two[1] - two[0]).max();
    assert_eq!(largest, Some(53), "half a percent, on the 23rd print: {moved:?}");
    assert!(moved[59].abs_diff(10_000 * 500 / 5_500) <= 50, "but for the 256th that was linked: {}", moved[59]);
}

/// One that leaves takes its part of the average with it in as small steps, and one that comes back brings it back:
/// linked by its whole weight on one of the two ways, each turn moved the level for good.
#[test]
fn who_leaves_and_comes_back_moves_no_level() {
    let usual =
        [(USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL * 39 / 10, 1_000)];
    let mut story = live(&usual);
    let of = basket(&usual);
    let before = above(story.price_on(Day(START.0 + 1)).unwrap(), USUAL);
    story.to(Day(FIRST), 3_600);
    score(&mut story, 5, 0);
    let day = into_force(&mut story, FIRST + 1, |_| of.clone());
    let without = levels(&mut story, day, 10, &of[..5]);
    story.to(Day(day + 10), 3_600);
    score(&mut story, 5, 1_000);
    let day = into_force(&mut story, day + 11, |_| of.clone());
    let with = levels(&mut story, day, 90, &of);
    assert_eq!(before, 4_833);
    assert!(without.iter().all(|moved| moved.abs() <= 115), "{without:?}");
    assert!(with[89].abs_diff(before) <= 70, "{with:?}");
}

/// A firm that is to leave has no customers to lose: whatever it asks for, and sells, before it has left, the level is
/// that of those who stay.
#[test]
fn nothing_that_a_leaving_provider_asks_for_is_there_for_good() {
    let usual = [(USUAL, 1_000); 6];
    for (price, volume) in [(39, 1_000), (39, 0), (1, 1_000), (1, 100_000)] {
        let mut story = live(&usual);
        let mut of = basket(&usual);
        story.to(Day(FIRST), 3_600);
        score(&mut story, 5, 0);
        of[5] = at(USUAL * price / 10, volume);
        let day = into_force(&mut story, FIRST + 1, |_| of.clone());
        let level = levels(&mut story, day, 1, &of[..5])[0];
        assert!(level.abs() <= 115, "{price} tenths, {volume}: {level}");
    }
}

/// What is left: another score is linked by the prices of seven days, of which four decide. One of 30 % whose score is
/// changed by a tenth asks for 0.3 of its price on four of them, and sells half of its usual volume at that. With one
/// that doubles it was 13.4 %.
#[test]
fn who_gets_another_score_has_a_part_of_the_level_by_four_days_of_a_true_cut() {
    let moved = [910, 1_100].map(|to| {
        let usual = [(USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL, 1_000), (USUAL, 2_000)];
        let mut story = live(&usual);
        let mut of = basket(&usual);
        story.to(Day(FIRST), 3_600);
        score(&mut story, 4, to);
        let day = into_force(&mut story, FIRST + 1, |day| {
            of[4] = if day < 4 { at(USUAL * 3 / 10, 1_000) } else { at(USUAL, 2_000) };
            of.clone()
        });
        // Everybody is as before, for a week.
        *levels(&mut story, day, 7, &of).last().unwrap()
    });
    assert_eq!(moved, [181, -170]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// While one is to have another score everybody sells whatever they like on every day: links are of the weights of
    /// their days, and on the day of the change the level is what it was but for what a tenth of a score is worth.
    #[test]
    fn volumes_of_the_shadow_move_a_level_by_three_percent_at_most(
        of in prop::collection::vec((500_000_u32..5_000_000, 1_000_u64..100_000), 5..=8),
        sold in prop::collection::vec(prop::collection::vec(0_u64..1_000_000, 8), 10),
        to in 1_001_u16..=1_100,
    ) {
        let mut story = live(&of);
        let mut quotes = basket(&of);
        story.to(Day(FIRST), 3_600);
        score(&mut story, 2, to);
        let day = into_force(&mut story, FIRST + 1, |day| {
            for (one, volume) in quotes.iter_mut().zip(&sold[day as usize % 10]) {
                one.volume = *volume;
            }
            quotes.clone()
        });
        let link = story.chain.state(TPI).link;
        let unlinked = story.clone();
        let (print, _) = printed(&mut story, day, &quotes);
        // What it would be with the old scores.
        let mut old = unlinked;
        let mut setup = old.chain.setup(TPI).unwrap();
        setup.basket.current[2] = 1_000;
        old.chain.set_setup(TPI, &setup);
        old.chain.set_state(TPI, &IndexState { link: LINK_ONE, ..old.chain.state(TPI) });
        let (before, _) = printed(&mut old, day, &quotes);
        prop_assert!(above(print, before).abs() <= 300, "{print} after {before}, {link}");
    }
}
