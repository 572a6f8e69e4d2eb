//! The final price: once, from the window, never from nothing.

use super::*;
use proptest::prelude::*;

/// Third Wednesday of September 2026.
const EXPIRY: Day = Day(START.0 + 15);

fn propose(story: &mut Story, expiry: Day) -> Result<Settlement, OracleError> {
    story.send([0xEE; 20], |chain, env| propose_final(chain, env, TPI, expiry))
}

fn finish(story: &mut Story, expiry: Day) -> Result<u32, OracleError> {
    story.send([0xEE; 20], |chain, env| finalise(chain, env, TPI, expiry))
}

/// Prints on every day until the expiry except those left out, rising by one cent a day from 2.00.
fn until_expiry(left_out: &[u32]) -> Story {
    let mut story = Story::live();
    for day in (START.0 + 2..=EXPIRY.0).filter(|day| !left_out.contains(&(EXPIRY.0 - day))) {
        let price = 2_000_000 + (day - START.0) * 10_000;
        assert_eq!(story.day(Day(day), &[at(price, 10); 5]), Ok(Validity::Valid));
    }
    story
}

/// Moves to the time from which a settlement may be proposed, and some seconds after it.
fn unlock(story: &mut Story, after: u32) {
    story.now = EXPIRY.start().later(DAY + 3_600 + after);
}

#[test]
fn the_average_of_the_window_becomes_final_after_lock_and_dispute_time() {
    assert_eq!(EXPIRY, EXPIRY.month().third_wednesday());
    let mut story = until_expiry(&[]);
    assert_eq!(propose(&mut story, EXPIRY), Err(OracleError::LockRunning));
    assert_eq!(finish(&mut story, EXPIRY), Err(OracleError::NotProposed));
    story.now = EXPIRY.start().later(DAY + 3_599);
    assert_eq!(propose(&mut story, EXPIRY), Err(OracleError::LockRunning));
    unlock(&mut story, 0);
    let proposed = propose(&mut story, EXPIRY).unwrap();
    // 2.11, 2.12, 2.13, 2.14, 2.15
    assert_eq!((proposed.sum, proposed.samples, proposed.gaps, proposed.price), (10_650_000, 5, 0, 2_130_000));
    assert!(!proposed.fallback);
    let mut receipt = [0, 0].to_vec();
    receipt.extend(EXPIRY.0.to_be_bytes());
    for back in 0..5 {
        receipt.extend((EXPIRY.0 - back).to_be_bytes());
        receipt.extend((2_150_000 - back * 10_000).to_be_bytes());
    }
    assert_eq!(proposed.receipt, story.chain.keccak(&receipt));

    assert_eq!(propose(&mut story, EXPIRY), Err(OracleError::AlreadyProposed));
    assert_eq!(final_price(&story.chain, TPI, EXPIRY), Err(OracleError::NotFinal));
    unlock(&mut story, DAY - 1);
    assert_eq!(finish(&mut story, EXPIRY), Err(OracleError::DisputeRunning));
    unlock(&mut story, DAY);
    assert_eq!(finish(&mut story, EXPIRY), Ok(2_130_000));
    assert_eq!(final_price(&story.chain, TPI, EXPIRY), Ok(2_130_000));

    assert_eq!(finish(&mut story, EXPIRY), Err(OracleError::AlreadyFinal));
    assert_eq!(propose(&mut story, EXPIRY), Err(OracleError::AlreadyFinal));
    let disputed = story.send(GOVERNANCE, |chain, env| dispute(chain, env, TPI, EXPIRY));
    assert_eq!(disputed, Err(OracleError::AlreadyFinal));
    let resolved = story.send(GOVERNANCE, |chain, env| resolve(chain, env, TPI, EXPIRY, 1));
    assert_eq!(resolved, Err(OracleError::NotDisputed));
}

#[test]
fn the_window_fills_print_by_print() {
    let mut story = until_expiry(&[0, 1, 2]);
    let filled = |story: &Story| averaging(&story.chain, TPI, EXPIRY).unwrap();
    assert_eq!(filled(&story), Averaging { sum: 2_110_000 + 2_120_000, samples: 2, window: 5 });
    story.day(EXPIRY, &[at(2_200_000, 10); 5]).unwrap();
    assert_eq!(filled(&story), Averaging { sum: 2_110_000 + 2_120_000 + 2_200_000, samples: 3, window: 5 });
    assert_eq!(averaging(&story.chain, 9, EXPIRY), Err(OracleError::UnknownIndex));
}

#[test]
fn a_missing_day_is_waited_for_as_long_as_it_can_come() {
    let mut story = until_expiry(&[0]);
    unlock(&mut story, 0);
    assert_eq!(propose(&mut story, EXPIRY), Err(OracleError::SamplesPending));
    story.now = Day(EXPIRY.0 + SUBMISSION_DAYS).start();
    let proposed = propose(&mut story, EXPIRY).unwrap();
    assert_eq!((proposed.sum, proposed.samples, proposed.gaps), (8_500_000, 4, 1)); // 2.11 to 2.14
    // A hole that later prints have closed is not waited for.
    let mut story = until_expiry(&[1, 2]);
    unlock(&mut story, 0);
    assert_eq!(propose(&mut story, EXPIRY).map(|proposed| (proposed.samples, proposed.gaps)), Ok((3, 2)));
}

#[test]
fn too_many_gaps_give_no_price_until_the_fallback_opens() {
    let mut story = until_expiry(&[1, 2, 3]);
    unlock(&mut story, 0);
    assert_eq!(propose(&mut story, EXPIRY), Err(OracleError::TooManyGaps));
    unlock(&mut story, Rules::TPI.fallback_delay - 1);
    assert_eq!(propose(&mut story, EXPIRY), Err(OracleError::TooManyGaps));
    unlock(&mut story, Rules::TPI.fallback_delay);
    let proposed = propose(&mut story, EXPIRY).unwrap();
    // The three newest prints: of the expiry, and of the fourth and fifth day before it.
    assert!(proposed.fallback);
    assert_eq!((proposed.sum, proposed.samples, proposed.gaps), (2_150_000 + 2_110_000 + 2_100_000, 3, 3));
}

#[test]
fn without_prints_even_the_fallback_gives_no_price() {
    let mut story = Story::begin(Rules::TPI, 3, 5);
    unlock(&mut story, 30 * DAY);
    assert_eq!(propose(&mut story, EXPIRY), Err(OracleError::TooFewSamples));
    // Prints older than 64 days are no basis either.
    let mut story = Story::live();
    let far = Day(START.0 + 1 + 64);
    story.now = far.start().later(20 * DAY);
    assert_eq!(propose(&mut story, far), Err(OracleError::TooFewSamples));
}

#[test]
fn a_dispute_freezes_and_its_resolution_takes_prints_out_but_sets_none() {
    let mut story = until_expiry(&[]);
    unlock(&mut story, 0);
    propose(&mut story, EXPIRY).unwrap();
    unlock(&mut story, DAY - 1);
    story.send(GOVERNANCE, |chain, env| dispute(chain, env, TPI, EXPIRY)).unwrap();
    unlock(&mut story, 5 * DAY);
    assert_eq!(finish(&mut story, EXPIRY), Err(OracleError::Disputed));
    assert_eq!(propose(&mut story, EXPIRY), Err(OracleError::AlreadyProposed));
    let again = story.send(GOVERNANCE, |chain, env| dispute(chain, env, TPI, EXPIRY));
    assert_eq!(again, Err(OracleError::Disputed));
    let other_days = story.send(GOVERNANCE, |chain, env| resolve(chain, env, TPI, EXPIRY, 0b10_0011));
    assert_eq!(other_days, Err(OracleError::NotASample));
    let resolved = story.send(GOVERNANCE, |chain, env| resolve(chain, env, TPI, EXPIRY, 0b0011)).unwrap();
    assert_eq!((resolved.sum, resolved.samples, resolved.gaps), (2_110_000 + 2_120_000 + 2_130_000, 3, 2));
    let second = story.send(GOVERNANCE, |chain, env| dispute(chain, env, TPI, EXPIRY));
    assert_eq!(second, Err(OracleError::DisputeOver));
    assert_eq!(finish(&mut story, EXPIRY), Err(OracleError::DisputeRunning));
    unlock(&mut story, 6 * DAY);
    assert_eq!(finish(&mut story, EXPIRY), Ok(2_120_000));
}

#[test]
fn a_dispute_that_nobody_resolves_does_not_hold_the_settlement_for_ever() {
    let mut story = until_expiry(&[]);
    unlock(&mut story, 0);
    propose(&mut story, EXPIRY).unwrap();
    story.send(GOVERNANCE, |chain, env| dispute(chain, env, TPI, EXPIRY)).unwrap();
    unlock(&mut story, Rules::TPI.fallback_delay - 1);
    assert_eq!(finish(&mut story, EXPIRY), Err(OracleError::Disputed));
    unlock(&mut story, Rules::TPI.fallback_delay);
    // The three newest prints before the window: none of those that somebody has disputed.
    assert_eq!(finish(&mut story, EXPIRY), Ok(2_090_000));
    let receipt = settlement_of(&story.chain, TPI, EXPIRY).unwrap();
    assert_eq!((receipt.voided, receipt.fallback, receipt.samples, receipt.gaps), (0b1_1111, true, 3, 5));
}

#[test]
fn a_dispute_comes_in_time_or_not_at_all() {
    let mut story = until_expiry(&[]);
    let nothing = story.send(GOVERNANCE, |chain, env| dispute(chain, env, TPI, EXPIRY));
    assert_eq!(nothing, Err(OracleError::NotProposed));
    unlock(&mut story, 0);
    propose(&mut story, EXPIRY).unwrap();
    unlock(&mut story, DAY);
    let late = story.send(GOVERNANCE, |chain, env| dispute(chain, env, TPI, EXPIRY));
    assert_eq!(late, Err(OracleError::DisputeOver));
}

#[test]
fn prints_after_the_expiry_do_not_touch_its_price() {
    let mut story = until_expiry(&[]);
    unlock(&mut story, 0);
    let before = propose(&mut story, EXPIRY).unwrap();
    let mut later = until_expiry(&[]);
    later.day(Day(EXPIRY.0 + 1), &[at(2_500_000, 10); 5]).unwrap();
    later.day(Day(EXPIRY.0 + 2), &[at(3_000_000, 10); 5]).unwrap();
    let after = propose(&mut later, EXPIRY).unwrap();
    assert_eq!((before.price, before.receipt), (after.price, after.receipt));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_last_day_alone_moves_the_final_price_by_its_share_of_the_window(last in 1_800_000_u32..2_600_000) {
        let mut story = until_expiry(&[0]);
        story.day(EXPIRY, &[at(last, 10); 5]).unwrap();
        unlock(&mut story, 0);
        let price = propose(&mut story, EXPIRY).unwrap().price;
        let usual = 2_130_000_i64;
        let moved = (i64::from(price) - usual).abs();
        prop_assert!(moved * 5 <= (i64::from(last) - 2_150_000).abs() + 5);
    }
}

/// An index with true prints of 2.00 from the third day on, false ones on so many days up to the expiry, and a proposed
/// price.
fn with_false_prints(days: u32) -> Story {
    let mut story = Story::live();
    for day in START.0 + 2..=EXPIRY.0 - days {
        story.day(Day(day), &[at(2_000_000, 10); 5]).unwrap();
    }
    let mut price = 2_000_000;
    for day in EXPIRY.0 - days + 1..=EXPIRY.0 {
        price = price * 108 / 100;
        assert_eq!(story.day(Day(day), &[at(price, 10); 5]), Ok(Validity::Valid));
    }
    unlock(&mut story, 0);
    propose(&mut story, EXPIRY).unwrap();
    story
}

#[test]
fn false_prints_are_taken_out_however_many_they_are() {
    for days in 1..=5 {
        let mut story = with_false_prints(days);
        let proposed = settlement_of(&story.chain, TPI, EXPIRY).unwrap().price;
        assert!(proposed > 2_000_000);
        story.send(GOVERNANCE, |chain, env| dispute(chain, env, TPI, EXPIRY)).unwrap();
        let voided = (1 << days) - 1;
        let resolved = story.send(GOVERNANCE, |chain, env| resolve(chain, env, TPI, EXPIRY, voided)).unwrap();
        assert_eq!((resolved.price, resolved.fallback), (2_000_000, days > 2), "{days} false prints");
        assert_eq!(u32::from(resolved.samples), if days > 2 { 3 } else { 5 - days });
        story.now = story.now.later(DAY);
        assert_eq!(finish(&mut story, EXPIRY), Ok(2_000_000));
    }
}

#[test]
fn a_price_that_was_disputed_and_never_judged_does_not_win() {
    for days in [1, 3, 5] {
        let mut story = with_false_prints(days);
        story.send(GOVERNANCE, |chain, env| dispute(chain, env, TPI, EXPIRY)).unwrap();
        story.now = story.now.later(Rules::TPI.fallback_delay);
        assert_eq!(finish(&mut story, EXPIRY), Ok(2_000_000));
    }
    // One that governance dismisses stands.
    let mut story = with_false_prints(1);
    let proposed = settlement_of(&story.chain, TPI, EXPIRY).unwrap().price;
    story.send(GOVERNANCE, |chain, env| dispute(chain, env, TPI, EXPIRY)).unwrap();
    story.send(GOVERNANCE, |chain, env| resolve(chain, env, TPI, EXPIRY, 0)).unwrap();
    story.now = story.now.later(DAY);
    assert_eq!(finish(&mut story, EXPIRY), Ok(proposed));
    // Where nothing else was ever printed there is no price to take.
    let mut young = Story::live();
    let expiry = Day(START.0 + 4);
    for day in START.0 + 2..=expiry.0 {
        young.day(Day(day), &[at(2_000_000, 10); 5]).unwrap();
    }
    young.now = expiry.start().later(DAY + 3_600);
    propose(&mut young, expiry).unwrap();
    young.send(GOVERNANCE, |chain, env| dispute(chain, env, TPI, expiry)).unwrap();
    young.now = young.now.later(Rules::TPI.fallback_delay);
    assert_eq!(finish(&mut young, expiry), Err(OracleError::TooFewSamples));
}

#[test]
fn nor_does_a_print_before_the_window_that_was_in_it() {
    // The fallback takes the prints of the expiry and of the fourth and fifth day before it, the last one (2.10) from
    // before the window of five days.
    let mut story = until_expiry(&[1, 2, 3]);
    unlock(&mut story, Rules::TPI.fallback_delay);
    assert!(propose(&mut story, EXPIRY).unwrap().fallback);
    story.send(GOVERNANCE, |chain, env| dispute(chain, env, TPI, EXPIRY)).unwrap();
    story.now = story.now.later(Rules::TPI.fallback_delay);
    assert_eq!(finish(&mut story, EXPIRY), Ok(2_080_000), "2.09, 2.08 and 2.07");
}

#[test]
fn a_day_that_is_no_sample_upholds_no_dispute() {
    let mut story = with_false_prints(1);
    story.send(GOVERNANCE, |chain, env| dispute(chain, env, TPI, EXPIRY)).unwrap();
    for voided in [1 << 63, 1 << 5, 1 << 40 | 1, u64::MAX] {
        let refused = story.send(GOVERNANCE, |chain, env| resolve(chain, env, TPI, EXPIRY, voided));
        assert_eq!(refused, Err(OracleError::NotASample), "{voided:b}");
    }
}

#[test]
fn in_the_fallback_only_its_own_samples_can_be_taken_out() {
    // Prices rise by the day and the last three days are missing, so the fallback takes the three newest prints.
    let mut story = Story::live();
    let mut price = 2_000_000;
    for day in START.0 + 2..=EXPIRY.0 - 3 {
        price += 50_000;
        story.day(Day(day), &[at(price, 10); 5]).unwrap();
    }
    unlock(&mut story, Rules::TPI.fallback_delay);
    let proposed = propose(&mut story, EXPIRY).unwrap();
    assert!(proposed.fallback);
    story.send(GOVERNANCE, |chain, env| dispute(chain, env, TPI, EXPIRY)).unwrap();
    let picked = story.send(GOVERNANCE, |chain, env| resolve(chain, env, TPI, EXPIRY, (1 << 12) - 1));
    assert_eq!(picked, Err(OracleError::NotASample), "governance picks no older days");
    let resolved = story.send(GOVERNANCE, |chain, env| resolve(chain, env, TPI, EXPIRY, 0b1_1000)).unwrap();
    assert_eq!(resolved.price, price - 3 * 50_000, "two are out, and the two before them have come in");
}

/// No message disputes a settlement twice, so that this one is written into its cell.
#[test]
fn a_print_that_a_dispute_has_taken_out_is_no_sample_of_another_one() {
    let mut story = until_expiry(&[]);
    unlock(&mut story, 0);
    propose(&mut story, EXPIRY).unwrap();
    story.send(GOVERNANCE, |chain, env| dispute(chain, env, TPI, EXPIRY)).unwrap();
    let resolved = story.send(GOVERNANCE, |chain, env| resolve(chain, env, TPI, EXPIRY, 0b11)).unwrap();
    story.chain.set_settlement(TPI, EXPIRY, &Settlement { status: Status::Disputed, ..resolved });
    for voided in [0b01, 0b10] {
        let again = story.send(GOVERNANCE, |chain, env| resolve(chain, env, TPI, EXPIRY, voided));
        assert_eq!(again, Err(OracleError::NotASample), "{voided:b}");
    }
    // The three that are left are samples: without them the newest before the window stand in.
    let again = story.send(GOVERNANCE, |chain, env| resolve(chain, env, TPI, EXPIRY, 0b1_1100)).unwrap();
    assert_eq!((again.samples, again.fallback), (3, true));
}
