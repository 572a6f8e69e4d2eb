//! What a provider sells on a day decides how much of its price counts, and nothing else on that day
//! (`docs/book/src/adr/0184-no-volume-of-a-day-decides.md`).

use super::eighth_attack::{above, basket, live, printed};
use super::minorities::bonded;
use super::ninth_attack::reported;
use super::rises::{FIRST, USUAL};
use super::*;
use proptest::prelude::*;

/// Prices over a factor of a hundred and volumes over one of a thousand, of four to twelve providers.
fn baskets() -> impl Strategy<Value = Vec<(u32, u64)>> {
    prop::collection::vec((100_000_u32..10_000_000, 1_000_u64..1_000_000), 4..=12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever each of them sells on a day, nothing, or a thousand times as much: if prices are what they were, so is
    /// the print; and each usual volume moves by an eighth at most.
    #[test]
    fn no_volume_of_a_day_decides_the_print_of_that_day(
        of in baskets(), volumes in prop::collection::vec(prop_oneof![Just(0), 1..MAX_VOLUME], 12),
    ) {
        let mut story = live(&of);
        let before = story.price_on(Day(START.0 + 1)).unwrap();
        let sold: Vec<(u32, u64)> = of.iter().zip(&volumes).map(|((price, _), volume)| (*price, *volume)).collect();
        prop_assert_eq!(printed(&mut story, FIRST, &basket(&sold)), (before, false));
        let usual: Vec<u64> = of.iter().map(|(_, volume)| volume * 16).collect();
        for (provider, usual) in usual.iter().enumerate() {
            let now = story.chain.state(TPI).volumes.of(provider);
            prop_assert!(now.abs_diff(*usual) <= usual.div_ceil(8), "{provider}: {usual} and then {now}");
        }
    }

    /// What counts lies between where a provider stands and what it asks for, so whoever chooses what to sell has no
    /// print that they would not have by choosing a price.
    #[test]
    fn to_sell_less_is_worth_no_more_than_to_ask_for_less_of_a_change(
        of in baskets(), one in any::<prop::sample::Index>(), bps in 2_500_u64..10_500, volume in 0..2_000_000_u64,
    ) {
        let one = one.index(of.len());
        let print = |bps: u64, volume: u64| {
            let mut after = of.clone();
            after[one] = ((u64::from(of[one].0) * bps / 10_000) as u32, volume);
            let mut story = live(&of);
            story.day(Day(FIRST), &basket(&after)).unwrap();
            let state = story.chain.state(TPI);
            state.pending.map_or(state.last.unwrap().price, |pending| pending.price)
        };
        let (rests, whole, part) = (print(10_000, of[one].1), print(bps, of[one].1), print(bps, volume));
        prop_assert!(rests.min(whole).saturating_sub(1) <= part && part <= rests.max(whole) + 1);
        if volume * 2 >= of[one].1 {
            prop_assert_eq!(part, whole);
        }
    }
}

/// A provider of a fifth asks for half of its price and sells less and less at it.
#[test]
fn a_cut_counts_by_as_much_as_is_sold_at_it() {
    let moved = [1_000, 500, 250, 100, 10, 1, 0].map(|sold| {
        let mut story = live(&[(USUAL, 1_000); 5]);
        let mut of = basket(&[(USUAL, 1_000); 5]);
        of[2] = at(USUAL / 2, sold);
        above(printed(&mut story, FIRST, &of).0, USUAL)
    });
    assert_eq!(moved, [-1_000, -1_000, -500, -200, -20, -2, 0]);
}

/// To ask for more and sell nothing at it for weeks is no rise: it stands where it stood, with what is left of its
/// weight.
#[test]
fn what_nobody_buys_at_never_stands() {
    let mut story = live(&[(USUAL, 1_000); 5]);
    let mut of = basket(&[(USUAL, 1_000); 5]);
    of[2] = at(USUAL * 3, 0);
    for day in 0..20 {
        assert_eq!(printed(&mut story, FIRST + day, &of), (USUAL, false), "day {day}");
    }
    // The others come down by a tenth: 1.7 % of the weight stay where they were.
    for one in of.iter_mut().filter(|one| one.volume > 0) {
        *one = at(USUAL / 10 * 9, 1_000);
    }
    let (print, _) = printed(&mut story, FIRST + 20, &of);
    assert_eq!(print, 1_803_391);
    // When it sells again, at that price, it stands nowhere yet: a twentieth counts.
    of[2] = at(USUAL * 3, 1_000);
    let (risen, _) = printed(&mut story, FIRST + 21, &of);
    assert!((0..=100).contains(&above(risen, print)), "{risen}");
}

/// A provider of 3 % buys from itself a hundred times what it usually sells: on one day, and on a week of days.
#[test]
fn who_buys_from_themselves_gains_an_eighth_of_their_weight_a_print() {
    let usual = [(USUAL, 9_700), (USUAL, 9_700), (USUAL, 9_700), (USUAL, 9_700), (USUAL * 2, 1_200)];
    let mut story = live(&usual);
    let before = story.price_on(Day(START.0 + 1)).unwrap();
    let mut of = basket(&usual);
    of[4].volume = 120_000;
    let moved: Vec<i64> = (0..8).map(|day| above(printed(&mut story, FIRST + day, &of).0, before)).collect();
    // Its weight is 3 % and an eighth more each day, 6.6 % after a week; it is dearer than the others by all of them.
    assert_eq!(moved, [0, 35, 74, 118, 167, 221, 281, 348]);
}

/// One of five is absent, and two say for weeks that a provider that is cheaper than the others sells nothing, or all.
#[test]
fn two_liars_of_four_move_no_weight_by_volumes() {
    let mut truth = std::vec![at(USUAL, 10); 5];
    truth[3] = at(USUAL / 2, 10);
    for lie in [0, 1, 4, 1_000] {
        let mut story = bonded();
        for day in (FIRST..FIRST + 4).map(Day) {
            story.day(day, &truth).unwrap();
            story.now = story.now.later(4 * 3_600);
            let _ = story.publish(day);
        }
        let before = story.price_on(Day(FIRST + 3)).unwrap();
        let mut other = truth.clone();
        other[3].volume = lie;
        for day in (FIRST + 4..FIRST + 20).map(Day) {
            story.to(day, 15 * 3_600);
            for number in 0..4 {
                story.submit(reporter(number), day, if number < 2 { &other } else { &truth }).unwrap();
            }
            story.to(day, DAY);
            assert_eq!(story.publish(day), Ok(Validity::NeedsConfirmation));
            story.now = story.now.later(4 * 3_600);
            assert_eq!(story.publish(day), Ok(Validity::Valid));
            assert_eq!(story.price_on(day), Some(before), "volume {lie}, {day:?}");
        }
    }
}

/// One of five is absent, and two say of a provider that enters, at half of the others' price, that it sells nothing.
/// Its basket was worth what it is without it, and the level fell by a tenth when it was seen to sell. Now it does not
/// enter before it is known to sell, and moves the level as its weight grows, as any other.
#[test]
fn two_liars_of_four_hide_nobody_who_enters() {
    let mut story = Story::live();
    story.to(Day(FIRST), 3_600);
    story.send(GOVERNANCE, |chain, env| set_provider(chain, env, TPI, 5, 1_000)).unwrap();
    let mut truth = std::vec![at(USUAL, 10); 6];
    truth[5] = at(USUAL / 2, 10);
    let mut lie = truth.clone();
    lie[5].volume = 0;
    for day in FIRST..FIRST + 30 {
        let present = if day < FIRST + 14 { 4 } else { 5 };
        reported(&mut story, Day(day), present, 2, &lie, &truth);
        let entered = story.chain.setup(TPI).unwrap().basket.version;
        assert_eq!(entered, u16::from(day > FIRST + 19), "a week after the fifth was back");
        let (print, last) = (story.price_on(Day(day)).unwrap(), story.price_on(Day(day - 1)).unwrap());
        assert!(if day < FIRST + 22 { print == USUAL } else { (-20..0).contains(&above(print, last)) }, "{print}");
    }
}
