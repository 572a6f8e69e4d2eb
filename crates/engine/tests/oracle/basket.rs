//! The basket changes without moving the price.

use super::*;
use proptest::prelude::*;

const TODAY: Day = Day(START.0 + 2);
const TOMORROW: Day = Day(START.0 + 3);

fn score(story: &mut Story, provider: u8, score: u16) -> Result<(), OracleError> {
    story.send(GOVERNANCE, |chain, env| set_provider(chain, env, TPI, provider, score))
}

#[test]
fn a_new_score_applies_from_the_next_day_and_is_linked() {
    let mut story = Story::live();
    story.to(TODAY, 3_600);
    score(&mut story, 0, 2_000).unwrap();
    assert_eq!(story.day(TODAY, &[at(2_000_000, 10); 5]), Ok(Validity::Valid));
    assert_eq!(story.chain.state(TPI).link, LINK_ONE);
    // Unlinked it would be 1.80: one fifth of the volume at half the price.
    assert_eq!(story.day(TOMORROW, &[at(2_000_000, 10); 5]), Ok(Validity::Valid));
    assert_eq!(story.price_on(TOMORROW), Some(2_000_000));
    assert_eq!(story.chain.state(TPI).link, 1_111_111_111);
    assert_eq!(
        (story.chain.setup(TPI).unwrap().basket.version, story.chain.setup(TPI).unwrap().basket.current[0]),
        (1, 2_000)
    );
    // From then on the new scores carry the moves: all prices double, so does the index.
    assert_eq!(story.day(Day(TOMORROW.0 + 1), &[at(2_400_000, 10); 5]), Ok(Validity::Valid));
    assert_eq!(story.price_on(Day(TOMORROW.0 + 1)), Some(2_400_000));
}

#[test]
fn a_provider_enters_and_leaves_without_a_jump() {
    let mut story = Story::live();
    story.to(TODAY, 3_600);
    score(&mut story, 5, 1_000).unwrap();
    score(&mut story, 0, 0).unwrap();
    // On the day of the change reporters cover both baskets.
    let mut quotes = [at(2_000_000, 10); 6];
    quotes[5] = at(400_000, 10);
    story.to(TOMORROW, 15 * 3_600);
    assert_eq!(story.submit(reporter(0), TOMORROW, &quotes[..5]), Err(OracleError::IncompleteBatch));
    assert_eq!(story.day(TOMORROW, &quotes), Ok(Validity::Valid));
    assert_eq!(story.price_on(TOMORROW), Some(2_000_000));
    // The next day the old provider is not asked for any more.
    let next = Day(TOMORROW.0 + 1);
    assert_eq!(story.day(next, &quotes), Err(OracleError::UnknownProvider));
    let entries: Vec<Entry> =
        (1..).zip(&quotes[1..]).map(|(provider, quote)| Entry { provider, quote: *quote }).collect();
    for caller in story.reporters.clone() {
        story.send(caller, |chain, env| submit(chain, env, TPI, next, entries.clone())).unwrap();
    }
    assert_eq!(story.publish(next), Ok(Validity::Valid));
    assert_eq!(story.price_on(next), Some(2_000_000));
}

#[test]
fn where_the_old_basket_has_no_price_the_new_one_takes_over_at_the_last_print() {
    let mut story = Story::live();
    story.to(TODAY, 3_600);
    score(&mut story, 5, 500).unwrap();
    score(&mut story, 6, 500).unwrap();
    let mut quotes = [at(1_800_000, 10); 7];
    quotes[0].volume = 0;
    quotes[1].volume = 0;
    assert_eq!(story.day(TOMORROW, &quotes), Ok(Validity::Valid));
    assert_eq!(story.price_on(TOMORROW), Some(2_000_000));
}

#[test]
fn a_link_day_that_waits_for_confirmation_is_linked_when_it_is_confirmed() {
    let mut story = Story::live();
    story.to(TODAY, 3_600);
    score(&mut story, 0, 2_000).unwrap();
    assert_eq!(story.day(TOMORROW, &[at(800_000, 10); 5]), Ok(Validity::NeedsConfirmation));
    assert_eq!((story.chain.state(TPI).link, story.chain.setup(TPI).unwrap().basket.version), (LINK_ONE, 0));
    let next = Day(TOMORROW.0 + 1);
    assert_eq!(story.day(next, &[at(800_000, 10); 5]), Ok(Validity::Valid));
    assert_eq!((story.price_on(TOMORROW), story.price_on(next)), (Some(800_000), Some(800_000)));
    assert_eq!(story.chain.setup(TPI).unwrap().basket.version, 1);
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_change_of_the_basket_moves_the_price(
        quotes in prop::collection::vec((1_000_000_u32..3_000_000, 1_u64..100), 5),
        scores in prop::collection::vec(500_u16..2_000, 5),
    ) {
        let rules = Rules { screen_mads: 0, ..Rules::TPI };
        let quotes: Vec<Quote> = quotes.into_iter().map(|(price, volume)| at(price, volume)).collect();
        let mut story = Story::begin(rules, 3, 5);
        story.day(START, &quotes).unwrap();
        story.day(Day(START.0 + 1), &quotes).unwrap();
        for (provider, new) in (0..).zip(scores) {
            score(&mut story, provider, new).unwrap();
        }
        story.day(TODAY, &quotes).unwrap();
        prop_assert_eq!(story.price_on(TODAY), story.price_on(Day(START.0 + 1)));
    }
}
