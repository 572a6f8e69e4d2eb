//! The basket changes without moving the price.

use super::*;
use proptest::prelude::*;

const TODAY: Day = Day(START.0 + 2);
const TOMORROW: Day = Day(START.0 + 3);

fn score(story: &mut Story, provider: u8, score: u16) -> Result<(), OracleError> {
    story.send(GOVERNANCE, |chain, env| set_provider(chain, env, TPI, provider, score))
}

impl Story {
    /// A number of days on which everybody sends the same batch.
    fn days(&mut self, first: Day, count: u32, quotes: &[Quote]) {
        for day in first.0..first.0 + count {
            assert_eq!(self.day(Day(day), quotes), Ok(Validity::Valid), "day {day}");
        }
    }

    fn version(&self) -> u16 {
        self.chain.setup(TPI).unwrap().basket.version
    }
}

/// Days that a new basket is seen.
const SHADOW: u32 = SHADOW_DAYS as u32;

#[test]
fn a_new_score_runs_in_the_shadow_and_is_linked_after_seven_days() {
    let mut story = Story::live();
    story.to(TODAY, 3_600);
    score(&mut story, 0, 1_100).unwrap();
    story.days(TODAY, SHADOW, &[at(2_000_000, 10); 5]);
    assert_eq!(
        (story.chain.state(TPI).link, story.version()),
        (LINK_ONE, 0),
        "the seventh day of the shadow is tomorrow"
    );
    // Unlinked it would be 1.96: one fifth of the volume at a tenth less.
    let eighth = Day(TODAY.0 + SHADOW);
    story.days(eighth, 1, &[at(2_000_000, 10); 5]);
    assert_eq!((story.chain.state(TPI).link, story.version()), (1_018_518_707, 1));
    assert_eq!(story.chain.setup(TPI).unwrap().basket.current[0], 1_100);
    story.days(Day(eighth.0 + 1), 1, &[at(2_000_000, 10); 5]);
    assert_eq!(story.price_on(Day(eighth.0 + 1)), Some(2_000_000), "the change itself has moved nothing");
    // From then on the new scores carry the moves.
    story.days(Day(eighth.0 + 2), 1, &[at(2_400_000, 10); 5]);
    assert_eq!(story.price_on(Day(eighth.0 + 2)), Some(2_400_001), "the link is rounded");
}

#[test]
fn a_provider_enters_and_leaves_without_a_jump() {
    let mut story = Story::live();
    story.to(TODAY, 3_600);
    score(&mut story, 5, 1_000).unwrap();
    score(&mut story, 0, 0).unwrap();
    // While the new basket runs in the shadow reporters cover both. Who leaves fades to what a newcomer has, which
    // takes a fifth of the volume 26 prints; then come seven links.
    let mut quotes = [at(2_000_000, 10); 6];
    quotes[5] = at(400_000, 10);
    story.days(TODAY, 1, &quotes);
    story.to(TOMORROW, 15 * 3_600);
    assert_eq!(story.submit(reporter(0), TOMORROW, &quotes[..5]), Err(OracleError::IncompleteBatch));
    let mut next = TOMORROW;
    while story.version() == 0 {
        story.days(next, 1, &quotes);
        assert_eq!(story.price_on(next), Some(2_000_000));
        next = Day(next.0 + 1);
    }
    assert_eq!(next.0 - TOMORROW.0, 26 + SHADOW);
    // Then the old provider is not asked for any more, and counts nothing if it is sent.
    quotes[0] = at(9_000_000, 1_000);
    let entries: Vec<Entry> =
        (1..).zip(&quotes[1..]).map(|(provider, quote)| Entry { provider, quote: *quote }).collect();
    story.to(next, 15 * 3_600);
    story.submit(reporter(0), next, &quotes).unwrap();
    for caller in story.reporters.clone().into_iter().skip(1) {
        story.send(caller, |chain, env| submit(chain, env, TPI, next, entries.clone())).unwrap();
    }
    assert_eq!(story.publish(next), Ok(Validity::Valid));
    assert_eq!(story.price_on(next), Some(2_000_000));
}

/// A provider that enters, or is found twice as good, or leaves, asks another price on some days of the shadow; the
/// level when the new basket is in force and everybody asks the old price again.
fn level_after(to: u16, other: u32, volume: u64, on: &[u32]) -> (Option<u32>, u32) {
    let quotes = |price: u32| {
        let mut quotes = [at(2_000_000, 10); 6];
        quotes[5] = at(price, volume);
        quotes
    };
    let mut story = Story::live();
    if to != 1_000 {
        // It is in the basket from the start.
        story = Story::begin(Rules::TPI, 5, 6);
        story.day(START, &quotes(2_000_000)).unwrap();
        story.day(Day(START.0 + 1), &quotes(2_000_000)).unwrap();
    }
    story.to(TODAY, 3_600);
    score(&mut story, 5, to).unwrap();
    let mut day = 0;
    while story.version() == 0 && day < 50 {
        let price = if on.contains(&day) { other } else { 2_000_000 };
        let outcome = story.day(Day(TODAY.0 + day), &quotes(price));
        assert!(outcome.is_ok(), "{outcome:?}");
        day += 1;
    }
    let last = Day(TODAY.0 + day + 4);
    story.day(last, &quotes(2_000_000)).unwrap();
    (story.price_on(last), day)
}

#[test]
fn one_day_of_an_entering_provider_does_not_shift_the_level() {
    for (other, volume) in [(7_900_000, 10), (7_900_000, 1_000), (520_000, 1_000), (2_300_000, 1_000), (1_700_000, 10)]
    {
        for day in [1, 4, SHADOW] {
            let level = level_after(1_000, other, volume, &[day]);
            assert_eq!(level, (Some(2_000_000), SHADOW + 1), "{other} with volume {volume} on day {day}");
        }
    }
    // Three of seven days are no median either.
    assert_eq!(level_after(1_000, 2_300_000, 10, &[1, 3, 6]), (Some(2_000_000), SHADOW + 1));
}

#[test]
fn one_day_of_who_gets_another_score_does_not_shift_the_level() {
    for other in [520_000, 1_700_000, 2_300_000] {
        assert_eq!(level_after(1_100, other, 10, &[1, 3, 6]), (Some(2_000_000), SHADOW + 1), "{other}");
    }
}

#[test]
fn a_leaving_provider_does_not_set_the_level_on_its_last_days() {
    for other in [3_770_000, 7_900_000, 520_000] {
        for day in [1, 4, SHADOW] {
            let (level, _) = level_after(0, other, 10, &[day]);
            assert_eq!(level, Some(2_000_000), "{other} on day {day}");
        }
    }
}

#[test]
fn a_change_in_the_shadow_begins_it_anew_and_what_is_taken_back_is_called_off() {
    let mut story = Story::live();
    story.to(TODAY, 3_600);
    score(&mut story, 0, 1_100).unwrap();
    story.days(TODAY, 5, &[at(2_000_000, 10); 5]);
    let fifth = Day(TODAY.0 + 5);
    story.to(fifth, 3_600);
    score(&mut story, 1, 1_100).unwrap();
    story.days(fifth, 1 + SHADOW, &[at(2_000_000, 10); 5]);
    assert_eq!((story.version(), story.chain.state(TPI).link), (1, 1_037_735_702));
    let later = Day(fifth.0 + 1 + SHADOW);
    story.to(later, 3_600);
    score(&mut story, 2, 1_010).unwrap();
    score(&mut story, 2, 1_000).unwrap();
    story.days(later, SHADOW + 2, &[at(2_000_000, 10); 5]);
    assert_eq!(story.version(), 1, "there was nothing to change");
}

#[test]
fn a_provider_that_has_no_price_in_the_shadow_keeps_the_basket_waiting() {
    let mut story = Story::begin(Rules::TPI, 5, 4);
    story.day(START, &[at(2_000_000, 10); 4]).unwrap();
    story.day(Day(START.0 + 1), &[at(2_000_000, 10); 4]).unwrap();
    story.to(TODAY, 3_600);
    score(&mut story, 4, 1_000).unwrap();
    let mut quotes = [at(2_000_000, 10); 5];
    quotes[4].volume = 0;
    story.days(TODAY, SHADOW + 3, &quotes);
    assert_eq!((story.version(), story.chain.state(TPI).shadow.links().len()), (0, 0));
    quotes[4].volume = 5;
    story.days(Day(TODAY.0 + SHADOW + 3), SHADOW, &quotes);
    assert_eq!((story.version(), story.price_on(Day(TODAY.0 + 2 * SHADOW))), (1, Some(2_000_000)));
}

#[test]
fn a_basket_that_two_of_five_have_left_goes_on_until_the_next_one_has_been_seen() {
    let mut story = Story::begin(Rules::TPI, 5, 5);
    story.day(START, &[at(2_000_000, 1_000); 5]).unwrap();
    story.day(Day(START.0 + 1), &[at(2_000_000, 1_000); 5]).unwrap();
    story.to(TODAY, 3_600);
    score(&mut story, 5, 500).unwrap();
    score(&mut story, 6, 500).unwrap();
    // Two of five sell nothing any more, and stand where they stood, whatever the lists say that they ask for, with
    // less and less of their weight; the others have come down by a tenth.
    let mut quotes = [at(1_800_000, 1_000); 7];
    quotes[0] = at(2_000_000, 0);
    quotes[4] = at(9_000_000, 0);
    quotes[5] = at(900_000, 1_000);
    quotes[6] = at(900_000, 1_000);
    let mut last = 1_900_000;
    for day in 0..=SHADOW {
        assert_eq!(story.version(), 0);
        assert_eq!(story.day(Day(TODAY.0 + day), &quotes), Ok(Validity::Valid));
        let print = story.price_on(Day(TODAY.0 + day)).unwrap();
        assert!((1_800_000..last).contains(&print), "{print} after {last}");
        last = print;
    }
    assert_eq!(story.version(), 1);
    let next = Day(TODAY.0 + SHADOW + 1);
    assert_eq!(story.day(next, &quotes), Ok(Validity::Valid));
    let print = story.price_on(next).unwrap();
    assert!(print.abs_diff(last) < 18_000, "{print} after {last}: the level has not moved");
}

/// Scores fall in steps, until a third of what providers ask for is the level. When they ask for a single atom, it is
/// less than half of one: that is no price, and nothing is printed.
#[test]
fn a_level_that_rounds_to_nothing_is_no_price() {
    let mut story = Story::begin(Rules::TPI, 5, 0);
    let all = |story: &mut Story, to| (0..5).for_each(|provider| score(story, provider, to).unwrap());
    all(&mut story, 4_000);
    assert_eq!(story.day(START, &[at(4, 10); 5]), Ok(Validity::NeedsConfirmation));
    assert_eq!(story.day(Day(START.0 + 1), &[at(4, 10); 5]), Ok(Validity::Valid));
    let (mut day, mut to) = (TODAY, 4_000);
    while story.chain.state(TPI).link > LINK_ONE * 2 / 5 {
        story.to(day, 3_600);
        to = to * 10 / 11 + 1;
        all(&mut story, to);
        story.days(day, SHADOW + 1, &[at(4, 10); 5]);
        day = Day(day.0 + SHADOW + 1);
    }
    assert_eq!((story.version(), story.chain.state(TPI).link), (10, LINK_ONE / 3));
    let next = Day(day.0 + 1);
    assert_eq!(story.day(day, &[at(1, 10); 5]), Err(OracleError::PriceOutOfRange));
    assert_eq!(story.price_on(day), None);
    story.days(next, 1, &[at(4, 10); 5]);
    assert_eq!(story.price_on(next), Some(1), "the level is where it was");
}

#[test]
fn no_change_of_the_basket_breaks_a_batch_that_was_committed_to() {
    let mut story = Story::live();
    let reporting = Reporting { commit_until: 12 * 3_600 + 1_800, ..Reporting::default() };
    story.send(GOVERNANCE, |chain, env| set_reporting(chain, env, TPI, reporting)).unwrap();
    story.to(TODAY, 3_600);
    score(&mut story, 5, 1_000).unwrap();
    // On the first day of the shadow everybody commits to a batch with the provider that is to enter.
    let quotes = [at(2_000_000, 10); 6];
    story.to(TOMORROW, 12 * 3_600 + 60);
    for caller in story.reporters.clone() {
        let mut batch = Submission { reporter: caller, day: TOMORROW, ..Submission::default() };
        batch.quotes[..6].copy_from_slice(&quotes);
        let hash = story.chain.keccak(commitment_preimage(TPI, [7; 32], &batch).as_bytes());
        story.send(caller, |chain, env| commit(chain, env, TPI, TOMORROW, hash)).unwrap();
    }
    // Anyone executes what takes it back, and another change, in the middle of the window.
    score(&mut story, 5, 0).unwrap();
    score(&mut story, 0, 1_100).unwrap();
    story.to(TOMORROW, 19 * 3_600);
    let entries: Vec<Entry> = (0..).zip(&quotes).map(|(provider, quote)| Entry { provider, quote: *quote }).collect();
    for caller in story.reporters.clone() {
        let batch = entries.clone();
        assert_eq!(story.send(caller, |chain, env| reveal(chain, env, TPI, TOMORROW, [7; 32], batch)), Ok(()));
    }
    assert_eq!(story.publish(TOMORROW), Ok(Validity::Valid));
    let misses: u16 = story.chain.reporters(TPI).iter().map(|(_, _, record)| record.misses).sum();
    assert_eq!(misses, 0);
}

#[test]
fn a_print_names_the_providers_that_are_in_it_and_the_reporters_behind_it() {
    let mut story = Story::live();
    story.to(TODAY, 15 * 3_600);
    // The second provider has sold nothing, so that it counts where it stands; the fourth reporter is silent.
    let mut quotes = [at(2_000_000, 10); 5];
    quotes[1].volume = 0;
    for number in [0, 1, 2, 4] {
        story.submit(reporter(number), TODAY, &quotes).unwrap();
    }
    story.to(TODAY, DAY);
    assert_eq!(story.publish(TODAY), Ok(Validity::Valid));
    assert_eq!(providers_of(&story), 0b1_1111);
    let reporters = format!("reporters: {}, ", 0b1_0111);
    assert!(story.chain.events.iter().any(|event| event.contains(&reporters)), "{:?}", story.chain.events);
}

/// The providers of the newest day that was computed, a bit for each.
fn providers_of(story: &Story) -> u16 {
    let computed = story.chain.events.iter().rev().find(|event| event.starts_with("Computed")).unwrap();
    let rest = computed.split("providers: ").nth(1).unwrap();
    rest.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn a_provider_without_a_score_is_not_in_the_print_whoever_quotes_it() {
    let mut story = Story::live();
    let mut quotes = [at(2_000_000, 10); 6];
    // At a thousandth of the others, since a missing score would count as one of a thousand.
    quotes[5] = at(2_000, 10);
    assert_eq!(story.day(TODAY, &quotes), Ok(Validity::Valid));
    assert_eq!((story.price_on(TODAY), providers_of(&story)), (Some(2_000_000), 0b1_1111));
}

#[test]
fn providers_and_scores_have_bounds() {
    let mut story = Story::live();
    for (provider, bad) in [(0, 99), (0, 10_001), (16, 1_000), (255, 0)] {
        assert_eq!(score(&mut story, provider, bad), Err(OracleError::BadProvider));
    }
    assert_eq!(score(&mut story, 15, 100), Ok(()));
    assert_eq!(score(&mut story, 15, 10_000), Ok(()));
    let unknown = story.send(GOVERNANCE, |chain, env| set_provider(chain, env, 9, 0, 1_000));
    assert_eq!(unknown, Err(OracleError::UnknownIndex));
}

/// A score has a part in the link by what its provider asks for on the days of the shadow, so it changes a little at a
/// time, and while all weights can stand still.
#[test]
fn scores_change_by_a_tenth_and_while_nobody_comes_or_goes() {
    let mut story = Story::live();
    story.to(TODAY, 3_600);
    let bad = Err(OracleError::BadScoreChange);
    for to in [899, 1_101, 2_000] {
        assert_eq!(score(&mut story, 0, to), bad, "{to}");
    }
    assert_eq!(score(&mut story, 0, 1_060), Ok(()));
    assert_eq!(score(&mut story, 1, 960), bad, "1.104 against the first");
    assert_eq!(score(&mut story, 1, 970), Ok(()));
    assert_eq!((score(&mut story, 2, 0), score(&mut story, 5, 1_000)), (bad, bad));
    // All together go as far as they like, in steps.
    for provider in [1, 2, 3, 4] {
        assert_eq!(score(&mut story, provider, 1_060), Ok(()));
    }
    for provider in 0..5 {
        assert_eq!(score(&mut story, provider, 1_100), Ok(()));
    }
    story.days(TODAY, SHADOW + 1, &[at(2_000_000, 10); 5]);
    assert_eq!(story.version(), 1);
    story.to(Day(TODAY.0 + SHADOW + 1), 3_600);
    assert_eq!(score(&mut story, 5, 500), Ok(()), "who enters has any score");
    assert_eq!(score(&mut story, 5, 2_000), Ok(()));
    assert_eq!(score(&mut story, 2, 0), Ok(()), "and who leaves none");
    assert_eq!(score(&mut story, 1, 1_150), bad);
    // From the lowest score to the highest, and by a tenth exactly.
    let mut story = Story::begin(Rules::TPI, 5, 0);
    (0..5).for_each(|provider| score(&mut story, provider, if provider == 0 { 100 } else { 539 }).unwrap());
    for day in [START, Day(START.0 + 1)] {
        story.day(day, &[at(2_000_000, 10); 5]).unwrap();
    }
    assert_eq!(score(&mut story, 0, 10_000), bad);
    assert_eq!((score(&mut story, 1, 489), score(&mut story, 1, 490)), (bad, Ok(())));
}

/// Where fewer stay than the index needs, those that enter would be linked by nobody but themselves.
#[test]
fn as_many_providers_stay_as_an_index_needs() {
    let mut story = Story::live();
    story.to(TODAY, 3_600);
    assert_eq!(score(&mut story, 0, 0), Ok(()));
    assert_eq!(score(&mut story, 1, 0), Err(OracleError::TooFewProviders), "four are needed");
    for provider in 5..9 {
        score(&mut story, provider, 1_000).unwrap();
    }
    assert_eq!(score(&mut story, 1, 0), Err(OracleError::TooFewProviders), "whoever enters with it");
    assert_eq!(score(&mut story, 0, 1_000), Ok(()), "taken back");
    assert_eq!(score(&mut story, 1, 0), Ok(()));
    // Once the others are in force, they may go.
    let mut day = TODAY;
    while story.version() == 0 {
        story.days(day, 1, &[at(2_000_000, 10); 9]);
        day = Day(day.0 + 1);
    }
    story.to(day, 3_600);
    for provider in [0, 2, 3, 4] {
        assert_eq!(score(&mut story, provider, 0), Ok(()), "{provider}");
    }
    assert_eq!(score(&mut story, 5, 0), Err(OracleError::TooFewProviders));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_change_of_the_basket_moves_the_price(
        quotes in prop::collection::vec((1_000_000_u32..3_000_000, 1_u64..100), 5),
        scores in prop::collection::vec(955_u16..1_050, 5),
    ) {
        let rules = Rules { screen_mads: 0, ..Rules::TPI };
        let quotes: Vec<Quote> = quotes.into_iter().map(|(price, volume)| at(price, volume)).collect();
        let mut story = Story::begin(rules, 3, 5);
        story.day(START, &quotes).unwrap();
        story.day(Day(START.0 + 1), &quotes).unwrap();
        for (provider, new) in (0..).zip(scores) {
            score(&mut story, provider, new).unwrap();
        }
        for day in 0..SHADOW + 2 {
            story.day(Day(TODAY.0 + day), &quotes).unwrap();
            let (price, usual) = (story.price_on(Day(TODAY.0 + day)), story.price_on(Day(START.0 + 1)));
            prop_assert!(price.unwrap().abs_diff(usual.unwrap()) <= 1, "{:?} {:?}", price, usual);
        }
    }
}
