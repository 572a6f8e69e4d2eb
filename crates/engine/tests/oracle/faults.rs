//! Reporters who are wrong, late, absent or not reporters at all.

use super::*;
use proptest::prelude::*;

const TODAY: Day = Day(START.0 + 2);

fn honest() -> [Quote; 5] {
    [at(1_000_000, 50), at(1_500_000, 20), at(2_000_000, 20), at(3_000_000, 5), at(2_500_000, 5)]
}

/// The honest four submit one batch, the fifth another one; the print of the day.
fn print_with(mut story: Story, odd_one: u8, quotes: &[Quote]) -> (Validity, Option<u32>) {
    story.to(TODAY, 15 * 3_600);
    for number in 0..story.reporters.len() as u8 {
        let batch = if number == odd_one { quotes } else { &honest() };
        story.submit(reporter(number), TODAY, batch).unwrap();
    }
    let outcome = story.publish(TODAY).unwrap();
    (outcome, story.price_on(TODAY))
}

fn any_quote() -> impl Strategy<Value = Quote> {
    let price = || prop_oneof![Just(1), Just(u32::MAX), Just(1_000_000_000), 1..=u32::MAX];
    let volume = prop_oneof![Just(0), Just(MAX_VOLUME), 0..=MAX_VOLUME];
    (price(), price(), volume).prop_map(|(input, output, volume)| Quote { input, output, volume })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn one_faulty_reporter_never_moves_the_print(odd_one in 0_u8..5, quotes in prop::collection::vec(any_quote(), 5)) {
        let story = Story::live();
        prop_assert_eq!(print_with(story.clone(), odd_one, &quotes), print_with(story, 9, &[]));
    }

    #[test]
    fn of_three_reporters_neither(odd_one in 0_u8..3, quotes in prop::collection::vec(any_quote(), 5)) {
        let mut story = Story::live();
        for number in 3..5 {
            story.send(GOVERNANCE, |chain, env| remove_reporter(chain, env, TPI, reporter(number))).unwrap();
        }
        story.reporters.truncate(3);
        prop_assert_eq!(print_with(story.clone(), odd_one, &quotes), print_with(story, 9, &[]));
    }

    #[test]
    fn where_honest_reporters_differ_the_print_stays_between_them(
        prices in prop::collection::vec(1_900_000_u32..2_100_000, 4),
        faulty in any_quote(),
        odd_one in 0_u8..5,
    ) {
        let mut story = Story::live();
        story.to(TODAY, 15 * 3_600);
        let mut honest = prices.iter();
        for number in 0..5 {
            let quote = if number == odd_one { faulty } else { at(*honest.next().unwrap(), 10) };
            story.submit(reporter(number), TODAY, &[quote; 5]).unwrap();
        }
        prop_assert_eq!(story.publish(TODAY), Ok(Validity::Valid));
        let print = story.price_on(TODAY).unwrap();
        prop_assert!(prices.iter().min().unwrap() <= &print && &print <= prices.iter().max().unwrap());
    }

    #[test]
    fn the_order_of_reporters_and_of_providers_does_not_matter(
        batches in prop::collection::vec(prop::collection::vec((500_000_u32..4_000_000, 0_u64..100), 6), 5),
        turn in 0_usize..6,
        reverse: bool,
    ) {
        let rules = Rules { screen_mads: 0, ..Rules::TPI };
        let outcome = |turn: usize, reverse: bool| {
            let mut story = Story::begin(rules, 5, 6);
            story.to(START, 15 * 3_600);
            for (number, batch) in (0..).zip(&batches) {
                let mut quotes: Vec<Quote> = batch.iter().map(|(price, volume)| at(*price, *volume)).collect();
                quotes.rotate_left(turn);
                story.submit(reporter(if reverse { 4 - number } else { number }), START, &quotes).unwrap();
            }
            story.publish(START).map(|_| story.chain.state(TPI).pending.unwrap().price)
        };
        prop_assert_eq!(outcome(0, false), outcome(turn, reverse));
    }

    #[test]
    fn nothing_a_reporter_can_send_panics(batches in prop::collection::vec(prop::collection::vec(any_quote(), 16), 3)) {
        let rules = Rules { blend_input: 100, blend_output: 100, reference_score: 65_535, cap_bps: 10_000, ..Rules::TPI };
        let mut story = Story { chain: Chain::default(), now: START.start(), reporters: Vec::new() };
        story.send(GOVERNANCE, |chain, env| set_index(chain, env, TPI, rules)).unwrap();
        for provider in 0..16 {
            story.send(GOVERNANCE, |chain, env| set_provider(chain, env, TPI, provider, 6_554 + u16::from(provider) * 3_900)).unwrap();
        }
        story.to(START, 15 * 3_600);
        for (number, batch) in (0..).zip(&batches) {
            story.send(GOVERNANCE, |chain, env| add_reporter(chain, env, TPI, reporter(number))).unwrap();
            story.submit(reporter(number), START, batch).unwrap();
        }
        let _ = story.publish(START);
    }
}

#[test]
fn two_reporters_are_no_quorum_whatever_they_agree_on() {
    let mut story = Story::live();
    story.to(TODAY, 15 * 3_600);
    for number in 0..2 {
        story.submit(reporter(number), TODAY, &honest()).unwrap();
    }
    assert_eq!(story.publish(TODAY), Err(OracleError::QuorumMissing));
    story.to(Day(TODAY.0 + 1), 0);
    assert_eq!(story.publish(TODAY), Err(OracleError::QuorumMissing));
    story.to(Day(TODAY.0 + 4), 0);
    assert_eq!(story.publish(TODAY), Err(OracleError::TooLate));
}

#[test]
fn a_quorum_waits_an_hour_for_the_others_and_no_longer() {
    // The clearing house's book collects for two hours from noon: the print is there before anything trades on what the
    // batches of the others show.
    let mut story = Story::live();
    story.to(TODAY, 12 * 3_600);
    for number in 0..4 {
        story.submit(reporter(number), TODAY, &[at(2_100_000, 10); 5]).unwrap();
    }
    assert_eq!(story.publish(TODAY), Err(OracleError::WindowOpen));
    story.to(TODAY, 13 * 3_600 - 1);
    assert_eq!(story.publish(TODAY), Err(OracleError::WindowOpen));
    story.to(TODAY, 13 * 3_600);
    assert_eq!(story.publish(TODAY), Ok(Validity::Valid));
    assert_eq!(story.price_on(TODAY), Some(2_100_000));
    let records: Vec<Record> = story.chain.reporters(TPI).iter().map(|(_, _, record)| record).collect();
    assert_eq!(records[0], Record { submissions: 3, misses: 0, deviations: 0 });
    assert_eq!(records[4], Record { submissions: 2, misses: 1, deviations: 0 });
}

#[test]
fn a_deviation_stands_in_the_record() {
    let mut story = Story::live();
    story.to(TODAY, 15 * 3_600);
    for number in 0..5 {
        let price = if number == 1 { 2_000 } else { 2_000_000 };
        story.submit(reporter(number), TODAY, &[at(price, 10); 5]).unwrap();
    }
    story.publish(TODAY).unwrap();
    let deviations: Vec<u8> = story.chain.reporters(TPI).iter().map(|(_, _, record)| record.deviations).collect();
    assert_eq!(deviations, [0, 1, 0, 0, 0]);
}

#[test]
fn early_late_repeated_and_foreign_batches_are_refused_by_name() {
    let mut story = Story::live();
    let batch = [at(2_000_000, 10); 5];
    story.to(TODAY, 12 * 3_600 - 1);
    assert_eq!(story.submit(reporter(0), TODAY, &batch), Err(OracleError::TooEarly));
    story.to(TODAY, 12 * 3_600);
    assert_eq!(story.submit(reporter(7), TODAY, &batch), Err(OracleError::UnknownReporter));
    assert_eq!(story.submit(reporter(0), TODAY, &batch), Ok(()));
    assert_eq!(story.submit(reporter(0), TODAY, &batch), Err(OracleError::AlreadySubmitted));
    assert_eq!(story.submit(reporter(1), Day(TODAY.0 - 1), &batch), Err(OracleError::TooLate));
    story.to(TODAY, DAY);
    assert_eq!(story.submit(reporter(1), TODAY, &batch), Err(OracleError::TooLate));
    assert_eq!(story.publish(Day(TODAY.0 + 2)), Err(OracleError::TooEarly));
    let caller = reporter(0);
    assert_eq!(story.send(caller, |chain, env| submit(chain, env, 7, TODAY, [])), Err(OracleError::UnknownIndex));
}

#[test]
fn malformed_batches_are_refused_by_name() {
    let mut story = Story::live();
    story.to(TODAY, 15 * 3_600);
    let good: Vec<Entry> = (0..5).map(|provider| Entry { provider, quote: at(1, 1) }).collect();
    let with = |change: &dyn Fn(&mut Vec<Entry>)| {
        let mut entries = good.clone();
        change(&mut entries);
        entries
    };
    let cases = [
        (with(&|batch| batch.truncate(4)), OracleError::IncompleteBatch),
        (with(&|batch| batch.clear()), OracleError::IncompleteBatch),
        (with(&|batch| batch.swap(1, 2)), OracleError::UnknownProvider),
        (with(&|batch| batch[1].provider = 0), OracleError::UnknownProvider),
        (with(&|batch| batch.push(Entry { provider: 16, quote: at(1, 1) })), OracleError::UnknownProvider),
        (with(&|batch| batch.push(Entry { provider: 255, quote: at(1, 1) })), OracleError::UnknownProvider),
        (with(&|batch| batch[2].quote.input = 0), OracleError::ZeroPrice),
        (with(&|batch| batch[2].quote.output = 0), OracleError::ZeroPrice),
        (with(&|batch| batch[2].quote.volume = MAX_VOLUME + 1), OracleError::VolumeTooLarge),
    ];
    for (entries, error) in cases {
        assert_eq!(story.send(reporter(0), |chain, env| submit(chain, env, TPI, TODAY, entries)), Err(error));
    }
    assert_eq!(story.send(reporter(0), |chain, env| submit(chain, env, TPI, TODAY, good)), Ok(()));
}

#[test]
fn a_provider_that_has_sold_nothing_yet_is_not_in_the_print_and_one_that_is_far_off_at_a_bound() {
    // One has sold nothing since the first day, so four are left, their shares 25 % each.
    let quotes = [at(2_000_000, 10), at(2_100_000, 10), at(1_900_000, 10), at(2_000_000, 10), at(9_000_000, 0)];
    let mut story = Story::begin(Rules::TPI, 5, 5);
    story.day(START, &quotes).unwrap();
    story.day(Day(START.0 + 1), &quotes).unwrap();
    assert_eq!(story.day(TODAY, &quotes), Ok(Validity::Valid));
    assert_eq!(story.price_on(TODAY), Some(2_000_000));
    // Five with a price, one of them off by a decimal point: it counts as four times the others. Before its first
    // print, and once it has stood there; until then it counts as far as it may rise.
    let mut quotes = [at(2_000_000, 10); 5];
    quotes[4] = at(20_000_000, 10);
    let mut new = Story::begin(Rules::TPI, 5, 5);
    assert_eq!(new.day(START, &quotes), Ok(Validity::NeedsConfirmation));
    assert_eq!(new.day(Day(START.0 + 1), &quotes), Ok(Validity::Valid));
    assert_eq!(new.price_on(START), Some(3_200_000));
    let mut usual = Story::live();
    for (day, print) in (TODAY.0..).zip([2_020_000, 2_041_000, 2_063_050, 3_200_000, 3_200_000]) {
        if usual.day(Day(day), &quotes) == Ok(Validity::NeedsConfirmation) {
            usual.now = usual.now.later(4 * 3_600);
            assert_eq!((print, usual.publish(Day(day))), (3_200_000, Ok(Validity::Valid)));
        }
        assert_eq!(usual.price_on(Day(day)), Some(print));
    }
    // Three that have ever sold anything are too few.
    let mut quotes = [at(2_000_000, 10); 5];
    quotes[3].volume = 0;
    quotes[4].volume = 0;
    let mut new = Story::begin(Rules::TPI, 5, 5);
    assert_eq!(new.day(START, &quotes), Err(OracleError::TooFewProviders));
}

/// The first print of five providers of equal weight, in thousandths of a dollar.
fn first_print(rules: Rules, thousandths: [u32; 5]) -> u32 {
    let mut story = Story::begin(rules, 3, 5);
    story.day(START, &thousandths.map(|price| at(price * 1_000, 10))).unwrap();
    story.chain.state(TPI).pending.unwrap().price
}

#[test]
fn what_lies_far_from_the_middle_counts_at_a_bound() {
    let print = |prices: [u32; 5]| first_print(Rules::TPI, prices);
    // Four times the middle, either way, whatever is beyond it.
    for (odd, price) in [(16_000, 6_400_000), (16_001, 6_400_000), (90_000, 6_400_000), (15_000, 6_200_000)] {
        assert_eq!(print([4_000, 4_000, 4_000, 4_000, odd]), price, "{odd}");
    }
    for (odd, price) in [(1_000, 3_400_000), (999, 3_400_000), (1, 3_400_000), (1_500, 3_500_000)] {
        assert_eq!(print([4_000, 4_000, odd, 4_000, 4_000]), price, "{odd}");
    }
    // The middle third of the weight is that of 2, 3 and 8 as one to three to one, by eighth roots 3.41: from 0.853
    // to 13.647 counts.
    assert_eq!(print([100, 2_000, 3_000, 8_000, 20_000]), 5_499_911);
    assert_eq!(print([1_000, 2_000, 3_000, 8_000, 13_000]), 5_400_000, "within the bounds it is the average");
}

#[test]
fn without_a_screen_the_spread_alone_bounds_what_counts() {
    let mut story = Story::begin(Rules { screen_mads: 0, max_dispersion: 50_000, ..Rules::TPI }, 3, 4);
    let quotes = |highest: u32| [at(1_000_000, 1), at(1_000_000, 1), at(1_000_000, 1), at(highest, 1)];
    // The root of five is 2.2360, rounded down: a quarter counts as so much at most.
    for (highest, price) in
        [(u32::MAX, 1_309_000), (5_000_001, 1_309_000), (2_236_001, 1_309_000), (2_000_000, 1_250_000)]
    {
        assert_eq!(story.day(START, &quotes(highest)), Ok(Validity::NeedsConfirmation));
        assert_eq!(story.chain.state(TPI).pending.unwrap().price, price, "{highest}");
        story = Story::begin(story.chain.setup(TPI).unwrap().rules, 3, 4);
    }
}

#[test]
fn the_print_is_the_paper_formula() {
    let mut story = Story::begin(Rules { screen_mads: 0, ..Rules::TPI }, 3, 4);
    story.send(GOVERNANCE, |chain, env| set_provider(chain, env, TPI, 1, 1_250)).unwrap();
    let quote = |input, output, volume| Quote { input, output, volume };
    // Blends 1.50, 3.00, 0.40, 0.80; the second adjusted by 1 / 1.25 to 2.40; shares 0.60 capped to 0.30, the rest by 2
    // : 1 : 1.
    let quotes = [
        quote(1_000_000, 3_000_000, 600),
        quote(2_000_000, 6_000_000, 200),
        quote(200_000, 1_000_000, 100),
        quote(400_000, 2_000_000, 100),
    ];
    story.day(START, &quotes).unwrap();
    // The second then has 0.35 and is capped too: 0.3 * 1.50 + 0.3 * 2.40 + 0.2 * 0.40 + 0.2 * 0.80 = 1.41
    assert_eq!(story.chain.state(TPI).pending.unwrap().price, 1_410_000);
}
