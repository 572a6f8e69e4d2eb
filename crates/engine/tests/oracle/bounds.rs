//! Nobody leaves the average for its price, and nothing in it has a step: a print moves no further than what moved
//! (`docs/book/src/adr/0179-no-provider-leaves-for-its-price.md`).

use super::*;
use proptest::prelude::*;

/// A provider's price and volume.
type Sold = (u32, u64);

/// The print of a first day on which everybody reports this.
fn first_print(rules: Rules, of: &[Sold]) -> u32 {
    let mut story = Story::begin(rules, 3, of.len() as u8);
    let quotes: Vec<Quote> = of.iter().map(|(price, volume)| at(*price, *volume)).collect();
    assert_eq!(story.day(START, &quotes), Ok(Validity::NeedsConfirmation));
    story.chain.state(TPI).pending.unwrap().price
}

/// The prints of a day, and of the next on which everybody reports something else.
fn two_prints(rules: Rules, before: &[Sold], after: &[Sold]) -> (f64, f64) {
    let mut story = Story::begin(rules, 3, before.len() as u8);
    let mut print = |of: &[Sold], day: u32| {
        let quotes: Vec<Quote> = of.iter().map(|(price, volume)| at(*price, *volume)).collect();
        story.day(Day(day), &quotes).unwrap();
        story.price_on(Day(day)).map_or(0.0, f64::from)
    };
    print(before, START.0);
    (print(before, START.0 + 1), print(after, START.0 + 2))
}

/// Weights by volume with the cap of 30 %, in floating point.
fn weights(of: &[Sold]) -> Vec<f64> {
    let (cap, volume) = (0.3, |place: usize| of[place].1 as f64);
    let mut capped = std::vec![false; of.len()];
    loop {
        let free: f64 = (0..of.len()).filter(|place| !capped[*place]).map(volume).sum();
        let rest = 1.0 - cap * capped.iter().filter(|capped| **capped).count() as f64;
        let share: Vec<f64> = (0..of.len()).map(|at| if capped[at] { cap } else { rest * volume(at) / free }).collect();
        if share.iter().all(|share| *share <= cap * (1.0 + 1e-12)) {
            return share;
        }
        capped.iter_mut().zip(share).for_each(|(capped, share)| *capped |= share > cap * (1.0 + 1e-12));
    }
}

/// The mean by eighth roots of the weight from a third to two thirds, and so much further up.
fn middle(of: &[Sold], weights: &[f64], further: f64) -> f64 {
    let mut order: Vec<usize> = (0..of.len()).collect();
    order.sort_by_key(|place| of[*place].0);
    let (mut below, mut sum) = (0.0, 0.0);
    for (nth, place) in order.iter().enumerate() {
        // Below the lowest and above the highest nothing else begins.
        let from = if nth == 0 { f64::NEG_INFINITY } else { below };
        below += weights[*place];
        let to = if nth + 1 == order.len() { f64::INFINITY } else { below };
        let part = to.min(2.0 / 3.0 + further) - from.max(1.0 / 3.0 + further);
        sum += f64::from(of[*place].0).powf(0.125) * part.max(0.0);
    }
    (3.0 * sum).powi(8)
}

/// How far from the middle a price counts.
fn reach(rules: &Rules) -> f64 {
    let root = (f64::from(rules.max_dispersion) / 10_000.0).sqrt();
    if rules.screen_mads == 0 { root } else { root.min(f64::from(rules.screen_ratio) / 10_000.0) }
}

/// Four to twelve providers, prices over a factor of up to a hundred, volumes over one of a thousand; one of them.
fn baskets() -> impl Strategy<Value = (Vec<Sold>, usize)> {
    let price = (0.0..2.0_f64).prop_map(|log| (100_000.0 * 10_f64.powf(log)) as u32);
    // Half of them stand at one of the two ends, so that there are gaps.
    let price = prop_oneof![price, Just(100_000), Just(10_000_000)];
    let volume = (0.0..3.0_f64).prop_map(|log| (1_000.0 * 10_f64.powf(log)) as u64);
    (prop::collection::vec((price, volume), 4..=12), any::<prop::sample::Index>()).prop_map(|(of, one)| {
        let one = one.index(of.len());
        (of, one)
    })
}

fn rules() -> impl Strategy<Value = Rules> {
    let wide = Rules { max_dispersion: 1_000_000, ..Rules::TPI };
    prop_oneof![
        Just(Rules::TPI),
        Just(Rules { screen_mads: 0, ..Rules::TPI }),
        Just(Rules { screen_ratio: Rules::SCU.screen_ratio, max_dispersion: Rules::SCU.max_dispersion, ..Rules::TPI }),
        Just(wide),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// The index follows its prices upwards, downwards and in proportion: whoever changes one by a twentieth changes
    /// the print by as much at most, and in the same direction.
    #[test]
    fn a_twentieth_of_one_price_moves_no_print_by_more(
        (of, one) in baskets(), rules in rules(), bps in 9_524_u64..=10_500,
    ) {
        let mut after = of.clone();
        after[one].0 = (u64::from(of[one].0) * bps / 10_000) as u32;
        let (was, is) = two_prints(rules, &of, &after);
        prop_assert!(is <= was * 1.05 + 3.0 && was <= is * 1.05 + 3.0, "{was} and then {is}");
        prop_assert!(if after[one].0 >= of[one].0 { is >= was - 1.0 } else { is <= was + 1.0 }, "{was} and then {is}");
    }

    /// A hundredth of what one usually sells moves some weight, 0.0021 at most. The middle third then begins so much
    /// further up or down, and the bounds with it; of the rest so much counts at another price.
    #[test]
    fn a_hundredth_of_one_volume_moves_no_print_by_more_than_the_weight_that_it_moves(
        (of, one) in baskets(), rules in rules(), bps in 9_900_u64..=10_100,
    ) {
        let mut after = of.clone();
        after[one].1 = of[one].1 * bps / 10_000;
        let (was, is) = (f64::from(first_print(rules, &of)), f64::from(first_print(rules, &after)));
        let (old, new) = (weights(&of), weights(&after));
        let moved: f64 = old.iter().zip(&new).map(|(old, new)| (new - old).max(0.0)).sum();
        prop_assert!(moved <= 0.00213, "{moved}");
        let (centre, up, down) = (middle(&of, &old, 0.0), middle(&of, &old, moved), middle(&of, &old, -moved));
        let between = moved * centre * (reach(&rules) - 1.0 / reach(&rules));
        prop_assert!(is <= up / centre * (was + between) + 3.0, "{was} and then {is}, {moved} of weight");
        prop_assert!(is >= down / centre * (was - between) - 3.0, "{was} and then {is}, {moved} of weight");
        // Over a factor of a hundred: 3 * 0.0021 * 8 (100^(1/8) - 1) of the bounds is 4 %.
        prop_assert!((up / centre).max(centre / down) <= 1.041);
    }

    /// Whatever one provider asks for before anybody stands anywhere: it has its weight times the bound, and the bound
    /// is about the middle of the others.
    #[test]
    fn no_price_of_one_provider_counts_beyond_its_weight_at_the_bound(
        (of, one) in baskets(), rules in rules(), price in prop_oneof![Just(1), Just(u32::MAX), 1..=u32::MAX],
    ) {
        let mut with = of.clone();
        with[one].0 = price;
        let print = f64::from(first_print(rules, &with));
        let weights = weights(&with);
        let others = || with.iter().zip(&weights).enumerate().filter(|(place, _)| *place != one);
        // The others' price below which a third, or two thirds, of all the weight is, with the one at the other end.
        let beyond = |target: f64, mut below: f64| {
            let mut order: Vec<_> = others().map(|(_, ((price, _), weight))| (*price, *weight)).collect();
            order.sort_by_key(|(price, _)| *price);
            let mut reached = order.iter().filter(|(_, weight)| {
                below += weight;
                below >= target
            });
            f64::from(reached.next().unwrap().0)
        };
        let (least, most) = (beyond(1.0 / 3.0, weights[one]), beyond(2.0 / 3.0 - 1e-9, 0.0));
        let at_bounds = |own: f64, centre: f64| {
            let reach = reach(&rules);
            let held = |price: f64| price.min(centre * reach).max(centre / reach);
            weights[one] * own + others().map(|(_, ((price, _), weight))| weight * held(f64::from(*price))).sum::<f64>()
        };
        let (low, high) = (at_bounds(least / reach(&rules), least), at_bounds(most * reach(&rules), most));
        prop_assert!(low * 0.9999 - 2.0 <= print && print <= high * 1.0001 + 2.0, "{low} {print} {high}");
    }
}

/// Two providers with nearly a third of the weight lie beyond a gap of twenty, and one of them has sold a hundredth
/// more from the first day on: the middle third begins to have a part of them, and the print goes up by 1.2 %. By the
/// mean of the prices themselves it went up by 5.3 %. The most that a search for such baskets has found is 3.5 %, at a
/// gap of a hundred (51 % then).
#[test]
fn a_hundredth_of_volume_brings_in_what_lies_beyond_a_gap_by_degrees() {
    let of =
        |dear: u64| [(100_000, 22_200), (100_000, 22_200), (100_000, 22_300), (2_000_000, dear), (2_000_000, 8_300)];
    let (was, is) = (first_print(Rules::TPI, &of(25_000)), first_print(Rules::TPI, &of(25_250)));
    assert_eq!((was, is), (199_900, 202_352));
}

/// The roots and their powers lose nothing: where all ask the same, whatever it is, that is the middle and the print,
/// also where nothing else counts.
#[test]
fn where_all_ask_the_same_that_is_the_print() {
    let strict = Rules { screen_ratio: 10_000, max_dispersion: 10_000, ..Rules::TPI };
    for price in [1, 2, 3, 7, 999_999, 1_000_000, 2_000_000, 123_456_789, u32::MAX - 1, u32::MAX] {
        assert_eq!(first_print(strict, &[(price, 10); 5]), price);
        // And one that is far off counts as the others.
        assert_eq!(first_print(strict, &[(price, 10), (price, 10), (price, 10), (price, 10), (7_777, 10)]), price);
    }
}
