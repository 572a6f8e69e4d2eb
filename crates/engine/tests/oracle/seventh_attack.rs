//! What a seventh attack, on rises that have not stood, found (`docs/book/src/findings-seventh.md`).

use super::minorities::bonded;
use super::rises::{FIRST, USUAL, quotes};
use super::*;
use proptest::prelude::*;

/// The prints of the days from the third on, on which the last of five providers asks for these; the first is the one
/// before.
fn prints(asks: &[u32]) -> Vec<u32> {
    let mut story = Story::live();
    let mut prints = std::vec![USUAL];
    for (day, ask) in (FIRST..).zip(asks) {
        story.day(Day(day), &quotes(*ask)).unwrap();
        prints.extend(story.price_on(Day(day)));
    }
    prints
}

/// The largest move upwards from one print to the next, in basis points of the one before.
fn largest_rise(prints: &[u32]) -> u32 {
    let rise = |pair: &[u32]| pair[1].saturating_sub(pair[0]) * 10 / (pair[0] / 1_000);
    prints.windows(2).map(rise).max().unwrap()
}

/// A provider asks for more every other day. What had counted of it stayed where it stands, a twentieth higher each
/// time, and in the end all of it counted in one print though it had never stood for two.
#[test]
fn a_rise_that_never_stands_lifts_nothing() {
    let asks: Vec<u32> = (0..40).map(|day| if day % 2 == 0 { USUAL * 22 / 10 } else { USUAL }).collect();
    assert!(largest_rise(&prints(&asks)) <= 100, "{:?}", prints(&asks));
    // The same in steps of a twentieth, none of which is more than counts at once.
    let step = |day: i32| if day % 2 == 0 { (f64::from(USUAL) * 1.049_f64.powi(day / 2 + 1)) as u32 } else { USUAL };
    let asks: Vec<u32> = (0..40).map(step).collect();
    assert!(largest_rise(&prints(&asks)) <= 100, "{:?}", prints(&asks));
    // Two days of three, and three of five.
    for (up, of) in [(2, 3), (3, 5), (3, 4)] {
        let asks: Vec<u32> = (0..40).map(|day| if day % of < up { USUAL * 39 / 10 } else { USUAL }).collect();
        assert!(largest_rise(&prints(&asks)) <= 110, "{up} of {of}: {:?}", prints(&asks));
    }
}

/// A price that has stood for four prints may come back at once after a day or three. Whoever went between two prices
/// had both of them for good, at the cost of a day in four.
#[test]
fn nobody_keeps_two_prices_by_asking_for_the_higher_one_now_and_then() {
    let high = USUAL * 22 / 10;
    for cheap in 2..4 {
        let mut asks = std::vec![high; 4];
        for _ in 0..6 {
            asks.extend([USUAL].repeat(cheap));
            asks.push(high);
        }
        let prints = prints(&asks);
        assert!(largest_rise(&prints[12..]) <= 100, "{cheap}: {prints:?}");
    }
}

/// Two of five reporters lie while one is absent, and a provider asks for a thousand times as much on that day. It was
/// nearly all of the price by which reporters are judged, so that everybody agreed with everybody.
#[test]
fn an_absurd_price_of_one_provider_hides_no_lie_about_the_others() {
    let mut story = bonded();
    let lie = |price: u32| {
        let mut quotes = [at(price, 10); 5];
        quotes[4] = at(u32::MAX, 10);
        quotes
    };
    // As far as the provider counts whole.
    for price in [USUAL * 100 / 124, USUAL * 10 / 38] {
        let (mut story, day) = (story.clone(), Day(FIRST));
        story.to(day, 15 * 3_600);
        for (number, price) in [(0, USUAL), (1, USUAL), (2, price), (3, price)] {
            story.submit(reporter(number), day, &lie(price)).unwrap();
        }
        story.to(day, DAY);
        assert_eq!(story.publish(day), Ok(Validity::NeedsConfirmation));
        story.now = story.now.later(4 * 3_600);
        let again = story.publish(day);
        assert_eq!(again, Err(OracleError::AwaitingConfirmation), "half of the batches contradict the other half");
        assert_eq!(story.price_on(day), None);
    }

    // With all five there the liars are found, whatever the provider asks for.
    let day = Day(FIRST + 1);
    story.to(day, 15 * 3_600);
    for (number, price) in [(0, USUAL), (1, USUAL), (2, USUAL / 2), (3, USUAL / 2), (4, USUAL)] {
        story.submit(reporter(number), day, &lie(price)).unwrap();
    }
    assert_eq!(story.publish(day), Ok(Validity::Valid));
    let bonds = [0, 1, 2, 3, 4].map(|number| reporter_of(&story.chain, TPI, reporter(number)).unwrap().2.bond);
    assert_eq!(bonds, [1_000, 1_000, 800, 800, 1_000]);
}

/// A gradual rise of 1.2 % a day is in every print whole, and a list price that is raised for good in the
/// fourth.
#[test]
fn honest_rises_are_not_held_back_longer_than_before() {
    let asks: Vec<u32> = (1..20).map(|day| (f64::from(USUAL) * 1.012_f64.powi(day)) as u32).collect();
    let whole: Vec<u32> = asks.iter().map(|ask| ((u64::from(USUAL) * 4 + u64::from(*ask)) / 5) as u32).collect();
    for (print, whole) in prints(&asks)[1..].iter().zip(whole) {
        assert!(print.abs_diff(whole) <= 1, "{print} {whole}");
    }
    assert_eq!(prints(&[3_000_000; 5])[4..], [2_200_000; 2]);
    // A cut of a day or two, also with a day between, and back.
    let sale = [USUAL / 2, USUAL, USUAL / 2, USUAL / 2, USUAL, USUAL, USUAL];
    let whole: Vec<u32> = sale.iter().map(|ask| (USUAL * 4 + ask) / 5).collect();
    assert_eq!(prints(&sale)[1..], whole);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever one of five providers asks for while the others stay where they are: what counts of it is a twentieth
    /// above what counted on the print before, or above what it has asked for on four prints in a row, or was asked for
    /// on the last four.
    #[test]
    fn nothing_counts_at_once_beyond_what_has_stood_somewhere(
        asks in prop::collection::vec(prop_oneof![Just(1_000_u64), 500_u64..1_200, 1_000_u64..3_900], 4..40),
    ) {
        let mut story = Story::live();
        let usual = u64::from(USUAL);
        let (mut counted, mut stood) = (usual, usual);
        let mut asked = std::vec![usual; 4];
        for (day, ask) in (FIRST..).zip(asks) {
            let ask = usual * ask / 1_000;
            asked.push(ask);
            let _ = story.day(Day(day), &quotes(ask as u32));
            let Some(price) = story.price_on(Day(day)) else { asked.pop(); continue };
            let counts = (5 * u64::from(price)).saturating_sub(4 * usual);
            let last_four = asked.iter().rev().take(4).min().copied().unwrap();
            let most = (counted.max(stood) * 21 / 20).max(last_four);
            prop_assert!(counts <= most + 10, "{counts} of {asked:?}: {counted} before, {stood} has stood");
            (counted, stood) = (counts, stood.max(last_four));
        }
    }
}

/// Three prints are three days that were printed: days without a quorum let nothing stand, and neither does a day that
/// waits for its confirmation and is printed with the next one.
#[test]
fn days_without_a_print_of_their_own_let_no_rise_stand() {
    let high = quotes(USUAL * 22 / 10);
    let mut story = Story::live();
    let prints = [FIRST, FIRST + 2, FIRST + 5, FIRST + 6].map(|day| {
        story.day(Day(day), &high).unwrap();
        story.price_on(Day(day)).unwrap()
    });
    assert_eq!(prints, [2_020_000, 2_041_000, 2_063_050, 2_480_000]);

    // The others cut by 40 %, which has to be confirmed, while one has asked for more on two days.
    let mut story = Story::live();
    let high = quotes(USUAL * 18 / 10);
    let mut cut = [at(USUAL * 6 / 10, 10); 5];
    cut[4] = high[4];
    for day in [FIRST, FIRST + 1] {
        story.day(Day(day), &high).unwrap();
    }
    assert_eq!(story.day(Day(FIRST + 2), &cut), Ok(Validity::NeedsConfirmation));
    assert_eq!(story.day(Day(FIRST + 3), &cut), Ok(Validity::Valid));
    let print = |story: &Story, day: u32| story.price_on(Day(day)).unwrap();
    let others = 4 * USUAL / 10 * 6;
    let third = (others + USUAL / 1_000 * 1_157 + 1_250) / 5;
    assert_eq!([print(&story, FIRST + 2), print(&story, FIRST + 3)], [third, third], "both by what stood before them");
    assert_eq!(story.day(Day(FIRST + 4), &cut), Ok(Validity::Valid));
    assert_eq!(print(&story, FIRST + 4), (others + USUAL / 10 * 18) / 5);
}

/// Whoever enters sells nothing while they are in the shadow: the day has no link, since nobody buys at what they ask
/// for. When they have sold for seven days they are in force, and stand where they have sold.
#[test]
fn who_sells_nothing_in_the_shadow_does_not_enter() {
    let mut story = Story::live();
    story.to(Day(FIRST), 3_600);
    story.send(GOVERNANCE, |chain, env| set_provider(chain, env, TPI, 5, 1_000)).unwrap();
    let mut six = [at(USUAL, 10); 6];
    six[5] = at(USUAL, 0);
    for day in FIRST..FIRST + 30 {
        story.day(Day(day), &six).unwrap();
    }
    assert_eq!(story.chain.setup(TPI).unwrap().basket.version, 0);
    six[5] = at(USUAL, 10);
    for day in FIRST + 30..FIRST + 37 {
        story.day(Day(day), &six).unwrap();
    }
    assert_eq!(story.chain.setup(TPI).unwrap().basket.version, 1);
    six[5] = at(USUAL * 4, 10);
    assert_eq!(story.day(Day(FIRST + 37), &six), Ok(Validity::Valid));
    assert_eq!(story.price_on(Day(FIRST + 37)), Some(2_000_374), "a twentieth of what a newcomer has");
}

/// Two providers that rise together have two weights, and nothing more.
#[test]
fn two_that_rise_together_move_a_print_by_a_twentieth_of_both() {
    let mut story = Story::live();
    let mut quotes = quotes(USUAL * 15 / 10);
    quotes[3] = at(USUAL * 39 / 10, 10);
    let prints = [FIRST, FIRST + 1, FIRST + 2].map(|day| {
        story.day(Day(day), &quotes).unwrap();
        story.price_on(Day(day)).unwrap()
    });
    assert_eq!(prints, [2_040_000, 2_082_000, 2_126_100]);
}
