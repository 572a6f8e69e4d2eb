//! What one provider can do to a print by what it asks for: a twentieth of its weight, until it has stood for three
//! prints (`docs/book/src/adr/0124-a-rise-counts-when-it-has-stood.md`).

use super::minorities::bonded;
use super::*;
use proptest::prelude::*;

/// The first day of the stories, the third of the index.
pub const FIRST: u32 = START.0 + 2;
/// What every provider asks for.
pub const USUAL: u32 = 2_000_000;

/// Five providers of equal volume, of which the last one asks for this.
pub fn quotes(price: u32) -> [Quote; 5] {
    let mut quotes = [at(USUAL, 10); 5];
    quotes[4] = at(price, 10);
    quotes
}

/// The prints of the days from the third on, on which the last of five providers asks for these.
fn prints(asks: &[u32]) -> Vec<u32> {
    let mut story = Story::live();
    let print = |(day, ask): (u32, &u32)| {
        assert_eq!(story.day(Day(day), &quotes(*ask)), Ok(Validity::Valid), "{ask}");
        story.price_on(Day(day)).unwrap()
    };
    (FIRST..).zip(asks).map(print).collect()
}

#[test]
fn what_one_provider_asks_for_on_three_days_moves_no_print_by_a_twentieth() {
    for ask in [USUAL * 11 / 10, USUAL * 22 / 10, USUAL * 39 / 10, USUAL * 19, u32::MAX] {
        let prints = prints(&[ask, ask, ask, USUAL, USUAL]);
        assert_eq!(prints[..2], [2_020_000, 2_041_000.min(USUAL + (ask - USUAL) / 5)], "{ask}");
        assert!(prints[2] <= 2_063_050, "{prints:?}");
        assert_eq!(prints[3..], [USUAL; 2], "and it goes back at once");
    }
}

#[test]
fn a_rise_that_stands_is_in_the_fourth_print() {
    assert_eq!(prints(&[3_000_000; 5]), [2_020_000, 2_041_000, 2_063_050, 2_200_000, 2_200_000]);
    // The least of what it has asked for since, and of more than that again a twentieth.
    assert_eq!(prints(&[2_500_000, 9_000_000, 9_000_000, 9_000_000])[3], 2_100_000);
    assert_eq!(prints(&[2_500_000, 9_000_000, 9_000_000, 9_000_000, 9_000_000])[4], 2_125_000);
    // A day on which it asks for what it did before begins anew.
    assert_eq!(prints(&[3_000_000, 3_000_000, USUAL, 3_000_000])[3], 2_020_000);
}

#[test]
fn no_provider_leaves_the_average_for_a_day_by_what_it_asks() {
    // Half as dear as the others: without it the average would be a ninth higher.
    let mut story = Story::begin(Rules::TPI, 5, 5);
    for day in [START, Day(START.0 + 1)] {
        story.day(day, &quotes(USUAL / 2)).unwrap();
    }
    assert_eq!(story.price_on(Day(START.0 + 1)), Some(1_800_000));
    for (day, ask) in (FIRST..).zip([u32::MAX, 9_000_000, 200_000_000]) {
        assert_eq!(story.day(Day(day), &quotes(ask)), Ok(Validity::Valid));
        assert!(story.price_on(Day(day)).unwrap() <= 1_800_000 + 1_000_000 / 5 * 158 / 1_000, "{ask}");
    }
}

#[test]
fn who_enters_asks_for_nothing_that_has_not_stood() {
    let mut story = Story::live();
    story.to(Day(FIRST), 3_600);
    story.send(GOVERNANCE, |chain, env| set_provider(chain, env, TPI, 5, 1_000)).unwrap();
    let mut six = [at(USUAL, 10); 6];
    let mut day = FIRST;
    while story.chain.setup(TPI).unwrap().basket.version == 0 {
        story.day(Day(day), &six).unwrap();
        day += 1;
    }
    assert_eq!(day, FIRST + SHADOW_DAYS as u32 + 1);
    six[5] = at(USUAL * 11 / 5, 10);
    assert_eq!(story.day(Day(day), &six), Ok(Validity::Valid));
    assert_eq!(
        story.price_on(Day(day)),
        Some(2_000_374),
        "a twentieth of what a newcomer has, 10 / 2,690 of the weight"
    );
}

#[test]
fn honest_reporters_of_a_rise_agree_with_the_print() {
    let mut story = bonded();
    for day in FIRST..FIRST + 5 {
        story.day(Day(day), &quotes(USUAL * 15)).unwrap();
    }
    for number in 0..5 {
        let (_, record, stake) = reporter_of(&story.chain, TPI, reporter(number)).unwrap();
        assert_eq!((record.deviations, stake.bond), (0, 1_000));
    }
}

/// What is drawn of each day: how far the others move, in thousandths, and what the fifth asks for, in thousandths of
/// theirs.
type Days = Vec<(u64, u64)>;

fn days() -> impl Strategy<Value = Days> {
    prop::collection::vec((900_u64..=1_100, 1_000_u64..3_900), 4..16)
}

/// Whatever one of five providers asks for: what counts of it is a twentieth beyond what has counted, carried along by
/// the others' rises and falls, or has been asked for on the three prints before.
fn counts_by_a_twentieth(days: Days) -> Result<(), TestCaseError> {
    let mut story = Story::live();
    let (mut market, mut printed) = (u64::from(USUAL), u64::from(USUAL));
    let (mut most, mut asked) = (printed, std::vec![printed]);
    for (day, (moved, ask)) in (FIRST..).zip(days) {
        market = market * moved / 1_000;
        let wanted = market * ask / 1_000;
        let mut quotes = [at(market as u32, 10); 5];
        quotes[4] = at(wanted as u32, 10);
        let _ = story.day(Day(day), &quotes);
        // A day that the next one confirms is printed with it, and nobody has stood on it.
        let Some(price) = story.price_on(Day(day)) else { continue };
        // A rise of the market carries what it has asked for before.
        asked.iter_mut().for_each(|asked| *asked = (*asked * market).div_ceil(printed.min(market)) + 1);
        asked.push(wanted);
        let counts = 5 * u64::from(price) - 4 * market;
        let stood = asked.iter().rev().take(4).min().copied().unwrap();
        let at_once = most * market.max(printed) / printed * 21 / 20;
        // Prices are whole atoms, and the market's move has twenty bits.
        let within = |bound: u64| counts <= bound + bound / 50_000 + 20;
        prop_assert!(within(at_once) || within(stood), "{counts} of {asked:?}, {at_once} at once");
        most = counts.max((most * market).div_ceil(printed));
        printed = market;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_sequence_of_asks_counts_for_more_than_a_twentieth_beyond_what_has_stood(days in days()) {
        counts_by_a_twentieth(days)?;
    }
}

/// The market falls by a percent a day. A provider that goes with it, but for an atom less on every other day, keeps
/// what it has asked for in the beginning aside, and stands there after two days of an atom less: in one print as much
/// counts of it as before the fall.
#[test]
fn nobody_keeps_a_price_through_a_fall_of_the_market_by_asking_for_an_atom_less() {
    let mut story = Story::live();
    let mut market = USUAL;
    let ask = |story: &mut Story, day: u32, market: u32, ask: u32| {
        let mut quotes = [at(market, 10); 5];
        quotes[4] = at(ask, 10);
        assert_eq!(story.day(Day(FIRST + day), &quotes), Ok(Validity::Valid), "{market} {ask}");
        story.price_on(Day(FIRST + day)).unwrap()
    };
    let mut before = 0;
    for day in 0..34 {
        market = market * 99 / 100;
        // Two days of less, then every other one; two at the end.
        let less = day < 2 || day % 2 == 1 || day > 31;
        before = ask(&mut story, day, market, if less { market - 3 } else { market + 3 });
    }
    market = market * 99 / 100;
    let print = ask(&mut story, 34, market, USUAL);
    assert!(u64::from(print) <= u64::from(market) * 102 / 100, "{before} and then {print}, the others at {market}");
}
