//! What a minority of reporters, or one provider, can do to an index and to the bonds of the honest: as little as can
//! be.

use super::*;
use proptest::prelude::*;

const TODAY: Day = Day(START.0 + 2);
const TOMORROW: Day = Day(START.0 + 3);
const USUAL: u32 = 2_000_000;

/// A live index of five bonded reporters.
pub(super) fn bonded() -> Story {
    let mut story = Story::live();
    post_bonds(&mut story);
    story
}

/// Five reporters post their bonds, and there is money for rewards.
pub(super) fn post_bonds(story: &mut Story) {
    story.send(GOVERNANCE, |chain, env| set_reporting(chain, env, TPI, TERMS)).unwrap();
    for number in 0..5 {
        story.send(reporter(number), |chain, env| post_bond(chain, env, TPI, 1_000)).unwrap();
    }
    story.send([0xEE; 20], |chain, env| fund(chain, env, TPI, 10_000)).unwrap();
}

impl Story {
    /// What each reporter sees on a day, `None` for one who is silent; published at the end of the window.
    fn seen(&mut self, day: Day, prices: &[Option<u32>]) -> Result<Validity, OracleError> {
        self.to(day, 15 * 3_600);
        for (number, price) in (0..).zip(prices) {
            if let Some(price) = price {
                let _ = self.submit(reporter(number), day, &[at(*price, 10); 5]);
            }
        }
        self.to(day, DAY);
        self.publish(day)
    }

    fn bonds(&self) -> Vec<u64> {
        (0..5).map(|number| reporter_of(&self.chain, TPI, reporter(number)).unwrap().2.bond).collect()
    }
}

#[test]
fn two_of_five_move_no_print_and_no_bond_when_one_is_absent() {
    for lie in [USUAL * 100 / 124, USUAL * 95 / 100, USUAL * 124 / 100, 1, u32::MAX] {
        let mut story = bonded();
        for day in 0..4 {
            let outcome = story.seen(Day(TODAY.0 + day), &[Some(USUAL), Some(USUAL), Some(lie), Some(lie), None]);
            assert!(
                outcome == Ok(Validity::NeedsConfirmation) || outcome.is_err() || outcome == Ok(Validity::Invalid),
                "{outcome:?}"
            );
            assert_eq!(story.price_on(Day(TODAY.0 + day)), None, "{lie}");
        }
        assert_eq!(story.bonds()[..2], [1_000, 1_000], "the honest pay nothing");
        // All are there again: the next print is the true one, and a reporter who lies now is slashed.
        let next = Day(TODAY.0 + 4);
        let lies = Some(if lie == USUAL * 95 / 100 { USUAL / 2 } else { lie });
        let all = [Some(USUAL), Some(USUAL), lies, lies, Some(USUAL)];
        assert_eq!(story.seen(next, &all), Ok(Validity::Valid));
        assert_eq!(story.price_on(next), Some(USUAL));
        assert_eq!(story.bonds()[..2], [1_000, 1_000]);
    }
}

#[test]
fn three_of_five_are_no_quorum() {
    let mut story = bonded();
    assert_eq!(story.seen(TODAY, &[Some(USUAL), Some(1_500_000), Some(1_500_000), None, None]), Ok(Validity::Invalid));
    assert_eq!((story.price_on(TODAY), story.publish(TODAY)), (None, Err(OracleError::QuorumMissing)));
}

#[test]
fn a_volume_of_two_liars_is_looked_at_twice_too() {
    let mut story = bonded();
    story.to(TODAY, 15 * 3_600);
    let quotes = |volumes: [u64; 5]| {
        let prices = [500_000, 1_000_000, 2_000_000, 3_000_000, 3_500_000];
        let quotes: Vec<Quote> = prices.iter().zip(volumes).map(|(price, volume)| at(*price, volume)).collect();
        quotes
    };
    let honest = quotes([10; 5]);
    // The cheap providers higher and the expensive ones lower: neither half alone shows it in the price.
    let lie = quotes([100, 100, 10, 1, 1]);
    for number in 0..4 {
        story.submit(reporter(number), TODAY, if number < 2 { &honest } else { &lie }).unwrap();
    }
    story.to(TODAY, DAY);
    assert_eq!(story.publish(TODAY), Ok(Validity::NeedsConfirmation));
    assert_eq!(story.price_on(TODAY), None);
    // Whatever was sold on the day, weights are by what is usual, and that does not move while the halves disagree: the
    // two gain nothing, and all four stand behind the same price.
    story.now = story.now.later(4 * 3_600);
    let usual = story.chain.state(TPI).volumes;
    assert_eq!(story.publish(TODAY), Ok(Validity::Valid));
    let without = {
        let mut story = bonded();
        story.day(TODAY, &honest).unwrap();
        story.chain.state(TPI).pending.map(|pending| pending.price)
    };
    assert_eq!((story.price_on(TODAY), story.chain.state(TPI).volumes), (without, usual));
}

#[test]
fn a_day_that_two_halves_disagree_about_is_confirmed_by_no_other_of_the_kind() {
    let mut story = bonded();
    let torn = [Some(USUAL), Some(USUAL), Some(1_700_000), Some(1_700_000), None];
    assert_eq!(story.seen(TODAY, &torn), Ok(Validity::NeedsConfirmation));
    assert_eq!(story.seen(TOMORROW, &torn), Ok(Validity::NeedsConfirmation));
    assert_eq!((story.price_on(TODAY), story.price_on(TOMORROW)), (None, None));
    // Nor by itself, after the delay: no quorum stands behind it.
    story.now = story.now.later(4 * 3_600);
    assert_eq!(story.publish(TOMORROW), Err(OracleError::AwaitingConfirmation));
}

#[test]
fn moves_that_nobody_confirms_are_bounded_together() {
    // A captured quorum that stays below what needs confirmation, day after day.
    let mut story = Story::live();
    let (mut price, mut printed) = (USUAL, 0);
    let outcomes: Vec<Validity> = (0..3)
        .map(|day| {
            price = price * 100 / 124;
            let outcome = story.day(Day(TODAY.0 + day), &[at(price, 10); 5]).unwrap();
            printed += u32::from(outcome == Validity::Valid);
            outcome
        })
        .collect();
    assert_eq!(outcomes[..2], [Validity::Valid, Validity::Valid], "1.54 in two days is below 1.559");
    assert_eq!(outcomes[2], Validity::NeedsConfirmation);
    assert_eq!(printed, 2);
    // A drift of a percent a day never needs any.
    let mut story = Story::live();
    let mut price = USUAL;
    for day in 0..30 {
        price = price * 101 / 100;
        assert_eq!(story.day(Day(TODAY.0 + day), &[at(price, 10); 5]), Ok(Validity::Valid));
    }
}

#[test]
fn a_move_that_was_confirmed_is_not_asked_about_again() {
    let mut story = Story::live();
    assert_eq!(story.day(TODAY, &[at(800_000, 10); 5]), Ok(Validity::NeedsConfirmation));
    for day in 1..8 {
        assert_eq!(story.day(Day(TODAY.0 + day), &[at(800_000, 10); 5]), Ok(Validity::Valid), "day {day}");
    }
}

#[test]
fn several_days_in_one_block_confirm_nothing_and_move_no_further_than_one_may() {
    let mut story = Story::live();
    let mut price = USUAL;
    for day in 0..3 {
        price = price * 100 / 124;
        story.to(Day(TODAY.0 + day), 15 * 3_600);
        for number in 0..5 {
            story.submit(reporter(number), Day(TODAY.0 + day), &[at(price, 10); 5]).unwrap();
        }
    }
    let outcomes: Vec<_> = (0..3).map(|day| story.publish(Day(TODAY.0 + day))).collect();
    assert_eq!(outcomes[..2], [Ok(Validity::Valid), Ok(Validity::Valid)]);
    assert_eq!(outcomes[2], Ok(Validity::NeedsConfirmation));

    // A jump, and the next day that agrees with it, minutes apart: the delay has to pass in between.
    let mut story = Story::live();
    for day in [TODAY, TOMORROW] {
        story.to(day, 15 * 3_600);
        for number in 0..5 {
            story.submit(reporter(number), day, &[at(800_000, 10); 5]).unwrap();
        }
    }
    assert_eq!(story.publish(TODAY), Ok(Validity::NeedsConfirmation));
    assert_eq!(story.publish(TOMORROW), Err(OracleError::AwaitingConfirmation));
    story.now = story.now.later(4 * 3_600);
    assert_eq!(story.publish(TOMORROW), Ok(Validity::Valid));
}

#[test]
fn whoever_withholds_a_quorum_pays_for_every_day() {
    let mut story = bonded();
    for day in 0..5 {
        let silent = story.seen(Day(TODAY.0 + day), &[Some(USUAL), Some(USUAL), Some(USUAL), None, None]);
        assert_eq!(silent, Ok(Validity::Invalid));
        assert_eq!(story.publish(Day(TODAY.0 + day)), Err(OracleError::QuorumMissing), "once");
    }
    assert_eq!(story.bonds(), [1_000, 1_000, 1_000, 750, 750]);
    let records: Vec<u16> = story.chain.reporters(TPI).iter().map(|(_, _, record)| record.misses).collect();
    assert_eq!(records[2..], [0, 5, 5]);
    // Not before the window is over, and not for an older day.
    let mut story = bonded();
    story.to(TODAY, 15 * 3_600);
    story.submit(reporter(0), TODAY, &[at(USUAL, 10); 5]).unwrap();
    assert_eq!(story.publish(TODAY), Err(OracleError::QuorumMissing));
    story.to(Day(TOMORROW.0 + 1), 0);
    assert_eq!(
        (story.publish(TOMORROW), story.publish(TODAY)),
        (Ok(Validity::Invalid), Err(OracleError::QuorumMissing))
    );
    assert_eq!(story.bonds(), [950; 5]);
}

#[test]
fn a_liar_who_has_seen_the_others_cannot_leave_before_the_print() {
    let mut story = bonded();
    story.to(TODAY, 15 * 3_600);
    for number in 0..5 {
        story.submit(reporter(number), TODAY, &[at(if number == 4 { 9_000_000 } else { USUAL }, 10); 5]).unwrap();
    }
    let leave = |story: &mut Story, number: u8| story.send(reporter(number), |chain, env| resign(chain, env, TPI));
    for number in 0..5 {
        assert_eq!(leave(&mut story, number), Err(OracleError::BatchWaits));
    }
    assert_eq!(story.publish(TODAY), Ok(Validity::Valid));
    assert_eq!(leave(&mut story, 4), Ok(()));
    assert_eq!(due_to(&story.chain, TPI, reporter(4)).amount, 800);
    // A day that never gets a print holds nobody for longer than it could.
    story.to(TOMORROW, 15 * 3_600);
    story.submit(reporter(0), TOMORROW, &[at(USUAL, 10); 5]).unwrap();
    story.to(Day(TOMORROW.0 + SUBMISSION_DAYS - 1), DAY - 1);
    assert_eq!(leave(&mut story, 0), Err(OracleError::BatchWaits));
    story.to(Day(TOMORROW.0 + SUBMISSION_DAYS), 0);
    assert_eq!(leave(&mut story, 0), Ok(()));
    assert_eq!(leave(&mut story, 0), Err(OracleError::UnknownReporter));
}

#[test]
fn a_newcomer_owes_nothing_for_days_before_and_raises_no_quorum_of_them() {
    let mut story = bonded();
    story.send(GOVERNANCE, |chain, env| remove_reporter(chain, env, TPI, reporter(4))).unwrap();
    for day in [TODAY, TOMORROW] {
        story.to(day, 15 * 3_600);
        for number in 0..3 {
            story.submit(reporter(number), day, &[at(USUAL, 10); 5]).unwrap();
        }
    }
    story.to(Day(TOMORROW.0 + 1), 3_600);
    for number in [9, 10, 11] {
        story.send(GOVERNANCE, |chain, env| add_reporter(chain, env, TPI, reporter(number))).unwrap();
        story.send(reporter(number), |chain, env| post_bond(chain, env, TPI, 1_000)).unwrap();
    }
    for day in [TODAY, TOMORROW] {
        assert_eq!(story.publish(day), Ok(Validity::Valid));
    }
    let (_, record, stake) = reporter_of(&story.chain, TPI, reporter(9)).unwrap();
    assert_eq!((record, stake.bond), (Record::default(), 1_000));
    assert_eq!(story.bonds_of(3), 900, "who was there and silent pays");
    // From the next day on it owes.
    let owed = Day(TOMORROW.0 + 2);
    story.to(owed, 15 * 3_600);
    for number in [0, 1, 2, 3, 10] {
        story.submit(reporter(number), owed, &[at(USUAL, 10); 5]).unwrap();
    }
    story.to(owed, DAY);
    assert_eq!(story.publish(owed), Ok(Validity::Valid));
    assert_eq!((story.bonds_of(9), story.bonds_of(10)), (950, 1_000));
}

impl Story {
    fn bonds_of(&self, number: u8) -> u64 {
        reporter_of(&self.chain, TPI, reporter(number)).unwrap().2.bond
    }
}

#[test]
fn honest_prices_with_volumes_of_one_s_own_are_no_deviation() {
    let mut story = bonded();
    story.to(TODAY, 15 * 3_600);
    for number in 0..5 {
        let mut quotes = [at(USUAL, 10); 5];
        quotes[3].output = 3 * USUAL;
        if number == 4 {
            // It has seen two providers sell nothing, which alone would leave too few.
            quotes[0].volume = 0;
            quotes[1].volume = 0;
        }
        story.submit(reporter(number), TODAY, &quotes).unwrap();
    }
    assert_eq!(story.publish(TODAY), Ok(Validity::Valid));
    assert_eq!(story.bonds(), [1_000; 5]);
}

#[test]
fn the_smallest_provider_stops_no_index() {
    let spread = [at(100_000, 1_000), at(300_000, 1_000), at(600_000, 1_000), at(1_000_000, 1_000), at(1_000_000, 1)];
    let mut story = Story::begin(Rules::TPI, 5, 5);
    story.day(START, &spread).unwrap();
    story.day(Day(START.0 + 1), &spread).unwrap();
    let usual = story.price_on(Day(START.0 + 1)).unwrap();
    for (day, price) in (0..).zip([2_100_000, 2_400_000, 1_000, u32::MAX, 1]) {
        let mut quotes = spread;
        quotes[4] = at(price, 1);
        assert_eq!(story.day(Day(TODAY.0 + day), &quotes), Ok(Validity::Valid), "{price}");
        assert!(story.price_on(Day(TODAY.0 + day)).unwrap().abs_diff(usual) < 1_000);
    }
    // Nor one that has no provider to spare.
    let mut four = Story::begin(Rules::TPI, 5, 4);
    assert_eq!(four.day(START, &[spread[0], spread[1], spread[2], at(2_100_000, 1)]), Ok(Validity::NeedsConfirmation));
}

#[test]
fn a_spread_as_wide_as_the_paper_s_own_has_a_price() {
    // Table 1 of the paper: 0.066 to 1.81 USD, a ratio of 27 where one of 20 counts.
    let mut story = Story::begin(Rules::TPI, 5, 6);
    let quotes = [66_000, 200_000, 400_000, 600_000, 900_000, 1_810_000].map(|price| at(price, 100));
    assert_eq!(story.day(START, &quotes), Ok(Validity::NeedsConfirmation));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever fewer than a third of the reporters send and whoever is late: a print lies in the range of what the
    /// honest have sent, and no honest bond falls. Two of seven lie, and up to two of the honest are absent on some
    /// days.
    #[test]
    fn a_minority_of_liars_stays_inside_the_honest_range(
        days in prop::collection::vec(
            (prop::collection::vec(1_960_000_u32..2_040_000, 5), [1_u32.., 1_u32..], [0_u64..1_000, 0_u64..1_000], 0_u8..6),
            1..10,
        ),
    ) {
        let mut story = Story::begin(Rules::TPI, 7, 5);
        story.day(START, &[at(USUAL, 10); 5]).unwrap();
        story.day(Day(START.0 + 1), &[at(USUAL, 10); 5]).unwrap();
        story.send(GOVERNANCE, |chain, env| set_reporting(chain, env, TPI, Reporting { miss_slash: 0, ..TERMS })).unwrap();
        for number in 0..7 {
            story.send(reporter(number), |chain, env| post_bond(chain, env, TPI, 1_000)).unwrap();
        }
        for (day, (honest, lies, volumes, absent)) in (TODAY.0..).map(Day).zip(days) {
            story.to(day, 15 * 3_600);
            let mut sent = Vec::new();
            for (number, price) in (0_u8..).zip(&honest) {
                if number == absent {
                    continue;
                }
                if story.submit(reporter(number), day, &[at(*price, 10); 5]).is_ok() {
                    sent.push(*price);
                }
            }
            for (number, (price, volume)) in (5..).zip(lies.into_iter().zip(volumes)) {
                let _ = story.submit(reporter(number), day, &[at(price, volume); 5]);
            }
            story.to(day, DAY);
            let first = story.publish(day);
            if first == Ok(Validity::NeedsConfirmation) {
                story.now = story.now.later(4 * 3_600);
                let _ = story.publish(day);
            }
            if let Some(price) = story.price_on(day) {
                let (low, high) = (sent.iter().min().unwrap(), sent.iter().max().unwrap());
                prop_assert!((*low..=*high).contains(&price), "{} of {:?}", price, sent);
            }
            for number in 0..5 {
                prop_assert_eq!(story.bonds_of(number), 1_000);
            }
        }
    }
}

/// While one of five has sent nothing the print waits for them, and no longer than the book does: else whoever sends
/// the last batch would trade first, at no cost, on what all the others have sent.
#[test]
fn one_reporter_who_is_late_does_not_open_the_book_on_a_print_that_is_known() {
    use sit_engine::clearing::opening::{PRINT_DUE, PRINT_WAIT};
    for rules in [Rules::TPI, Rules::SCU] {
        let mut story = Story::begin(rules, 5, 5);
        let day = Day(START.0 + 1);
        story.to(day, PRINT_DUE);
        for number in 0..4 {
            story.submit(reporter(number), day, &[at(USUAL, 10); 5]).unwrap();
        }
        story.to(day, PRINT_DUE + PRINT_WAIT - 600);
        assert_eq!(story.publish(day), Ok(Validity::NeedsConfirmation), "the first print has to be confirmed");
    }
}
