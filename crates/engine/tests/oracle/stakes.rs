//! Bonds, slashes, rewards, commitments and bonded disputes: no atom appears or goes.

use super::*;
use proptest::prelude::*;

const TODAY: Day = Day(START.0 + 2);
const USUAL: [Quote; 5] = [Quote { input: 2_000_000, output: 2_000_000, volume: 10 }; 5];

impl Story {
    /// All the money of the index.
    fn held(&self) -> u64 {
        let dues = self.chain.cells.iter().filter(|(key, _)| key.0 == 'd').map(|(_, cell)| Due::from_cell(cell).amount);
        let settlements = self.chain.cells.iter().filter(|(key, _)| key.0 == 'f');
        let disputes = settlements.map(|(_, cell)| Settlement::from_cell(cell).dispute_bond);
        self.chain.stakes(TPI).total() + dues.sum::<u64>() + disputes.sum::<u64>()
    }

    fn terms(&mut self, terms: Reporting) -> Result<(), OracleError> {
        self.send(GOVERNANCE, |chain, env| set_reporting(chain, env, TPI, terms))
    }

    fn post(&mut self, who: Address, amount: u64) -> Result<(), OracleError> {
        self.send(who, |chain, env| post_bond(chain, env, TPI, amount))
    }

    fn collect(&mut self, who: Address) -> Result<u64, OracleError> {
        self.send(who, |chain, env| collect(chain, env, TPI))
    }

    fn stake(&self, number: u8) -> Stake {
        reporter_of(&self.chain, TPI, reporter(number)).unwrap().2
    }

    /// A live index under [`TERMS`], all five bonded, 1,000 in the pot.
    fn bonded() -> Self {
        let mut story = Self::live();
        story.terms(TERMS).unwrap();
        for number in 0..5 {
            story.post(reporter(number), 1_000).unwrap();
        }
        story.send([0xEE; 20], |chain, env| fund(chain, env, TPI, 1_000)).unwrap();
        story
    }
}

#[test]
fn without_its_bond_a_batch_is_refused() {
    let mut story = Story::live();
    story.terms(TERMS).unwrap();
    story.to(TODAY, 15 * 3_600);
    assert_eq!(story.submit(reporter(0), TODAY, &USUAL), Err(OracleError::BondMissing));
    assert_eq!(story.post(reporter(0), 0), Err(OracleError::BadAmount));
    assert_eq!(story.post(reporter(0), MAX_AMOUNT + 1), Err(OracleError::BadAmount));
    assert_eq!(story.post(reporter(9), 1_000), Err(OracleError::UnknownReporter));
    story.post(reporter(0), 999).unwrap();
    assert_eq!(story.submit(reporter(0), TODAY, &USUAL), Err(OracleError::BondMissing));
    story.post(reporter(0), 1).unwrap();
    assert_eq!(story.submit(reporter(0), TODAY, &USUAL), Ok(()));
    // A higher bond asks for the difference.
    story.terms(Reporting { bond: 2_000, ..TERMS }).unwrap();
    assert_eq!(story.submit(reporter(0), TODAY, &USUAL), Err(OracleError::BondMissing));
}

#[test]
fn a_print_pays_who_agreed_and_takes_from_who_deviated_or_was_silent() {
    let mut story = Story::bonded();
    story.to(TODAY, 15 * 3_600);
    for number in 0..4 {
        story.submit(reporter(number), TODAY, &[at(if number == 3 { 9_000_000 } else { 2_000_000 }, 10); 5]).unwrap();
    }
    story.to(TODAY, DAY);
    let before = story.held();
    assert_eq!(story.publish(TODAY), Ok(Validity::Valid));
    for number in 0..3 {
        assert_eq!(story.stake(number), Stake { bond: 1_000, earned: 30 });
    }
    assert_eq!(story.stake(3), Stake { bond: 800, earned: 0 });
    assert_eq!(story.stake(4), Stake { bond: 950, earned: 0 });
    assert_eq!(story.chain.stakes(TPI).pot, 1_000 - 90 + 200 + 50);
    assert_eq!(story.held(), before);
    let (place, record, _) = reporter_of(&story.chain, TPI, reporter(3)).unwrap();
    // Two days before this one: the first print, which waited for the second, counts as well.
    assert_eq!((place, record.submissions, record.misses, record.deviations), (3, 3, 0, 1));
    assert_eq!(reporter_of(&story.chain, TPI, reporter(4)).unwrap().1.misses, 1);
    assert_eq!(reporter_of(&story.chain, TPI, [0xEE; 20]), Err(OracleError::UnknownReporter));
}

#[test]
fn a_day_that_waited_pays_and_costs_like_any_other_once_it_is_printed() {
    let mut story = Story::bonded();
    story.to(TODAY, 15 * 3_600);
    let cut = at(800_000, 10);
    for number in 0..4 {
        story.submit(reporter(number), TODAY, &[if number == 3 { at(2_000_000, 10) } else { cut }; 5]).unwrap();
    }
    story.to(TODAY, DAY);
    let before = story.held();
    assert_eq!(story.publish(TODAY), Ok(Validity::NeedsConfirmation));
    assert_eq!(story.stake(0), Stake { bond: 1_000, earned: 0 }, "nothing is printed, so nothing is paid");
    assert_eq!(story.day(Day(TODAY.0 + 1), &[cut; 5]), Ok(Validity::Valid));
    assert_eq!(story.price_on(TODAY), Some(800_000));
    assert_eq!(story.stake(0), Stake { bond: 1_000, earned: 60 });
    assert_eq!(story.stake(3), Stake { bond: 800, earned: 30 }, "the old price was wrong on the day of the cut");
    assert_eq!(story.stake(4), Stake { bond: 950, earned: 30 });
    assert_eq!(story.held(), before);
    let record = |number: u8| reporter_of(&story.chain, TPI, reporter(number)).unwrap().1;
    assert_eq!((record(0).submissions, record(0).misses, record(0).deviations), (4, 0, 0));
    assert_eq!((record(3).submissions, record(3).misses, record(3).deviations), (4, 0, 1));
    assert_eq!((record(4).submissions, record(4).misses), (3, 1));
}

#[test]
fn a_bond_below_half_has_to_be_filled_up_before_the_next_batch() {
    let mut story = Story::bonded();
    for day in 0..3 {
        let today = Day(TODAY.0 + day);
        story.to(today, 15 * 3_600);
        for number in 0..5 {
            story
                .submit(reporter(number), today, &[at(if number == 3 { 9_000_000 } else { 2_000_000 }, 10); 5])
                .unwrap();
        }
        story.publish(today).unwrap();
    }
    assert_eq!(story.stake(3).bond, 400);
    let today = Day(TODAY.0 + 3);
    story.to(today, 15 * 3_600);
    assert_eq!(story.submit(reporter(3), today, &USUAL), Err(OracleError::BondMissing));
    story.post(reporter(3), 600).unwrap();
    assert_eq!(story.submit(reporter(3), today, &USUAL), Ok(()));
}

#[test]
fn a_reward_is_paid_where_nothing_is_slashed() {
    let mut story = Story::bonded();
    story.terms(Reporting { reward: 30, deviation_slash: 0, miss_slash: 0, ..TERMS }).unwrap();
    story.day(TODAY, &USUAL).unwrap();
    assert_eq!(story.stake(0), Stake { bond: 1_000, earned: 30 });
}

#[test]
fn an_empty_pot_pays_in_equal_parts_what_it_has() {
    let mut story = Story::bonded();
    story.terms(Reporting { reward: 900, ..TERMS }).unwrap();
    story.day(TODAY, &USUAL).unwrap();
    assert_eq!((story.stake(0).earned, story.stake(4).earned, story.chain.stakes(TPI).pot), (200, 200, 0));
    story.day(Day(TODAY.0 + 1), &USUAL).unwrap();
    assert_eq!(story.stake(0).earned, 200);
    assert_eq!(story.collect(reporter(0)), Ok(200));
    assert_eq!(story.collect(reporter(0)), Err(OracleError::NothingDue));
    assert_eq!(story.stake(0), Stake { bond: 1_000, earned: 0 });
}

/// A reporter leaves with their bond and is registered again before the fault is known: what they left with is at stake
/// until it is free.
#[test]
fn who_comes_back_is_slashed_for_what_they_did_before() {
    let mut story = Story::bonded();
    story.day(TODAY, &USUAL).unwrap();
    story.send(reporter(0), |chain, env| resign(chain, env, TPI)).unwrap();
    let left_with = due_to(&story.chain, TPI, reporter(0)).amount;
    story.send(GOVERNANCE, |chain, env| add_reporter(chain, env, TPI, reporter(0))).unwrap();
    let before = story.held();
    let slashed = |story: &mut Story, amount: u64| {
        story.send(GOVERNANCE, |chain, env| slash(chain, env, TPI, reporter(0), amount))
    };
    assert_eq!(slashed(&mut story, left_with + 1), Err(OracleError::BadAmount));
    assert_eq!(slashed(&mut story, 600), Ok(()));
    story.post(reporter(0), 300).unwrap();
    assert_eq!(slashed(&mut story, 350), Ok(()));
    assert_eq!(story.stake(0).bond, 0, "the bond first");
    assert_eq!(due_to(&story.chain, TPI, reporter(0)).amount, left_with - 650);
    assert_eq!(story.held(), before + 300);
    story.now = story.now.later(7 * DAY);
    assert_eq!(slashed(&mut story, 1), Err(OracleError::BadAmount));
    assert_eq!(story.collect(reporter(0)), Ok(left_with - 650));
}

#[test]
fn who_leaves_gets_his_bond_after_the_unbonding_time_and_can_be_slashed_until_then() {
    let mut story = Story::bonded();
    story.day(TODAY, &USUAL).unwrap();
    let before = story.held();
    story.send(reporter(0), |chain, env| resign(chain, env, TPI)).unwrap();
    story.send(GOVERNANCE, |chain, env| remove_reporter(chain, env, TPI, reporter(1))).unwrap();
    assert_eq!(story.send(reporter(0), |chain, env| resign(chain, env, TPI)), Err(OracleError::UnknownReporter));
    assert_eq!(story.held(), before);
    assert_eq!(due_to(&story.chain, TPI, reporter(0)), Due { amount: 1_030, free_at: story.now.later(7 * DAY) });
    let slashed = |story: &mut Story, whom: u8, amount: u64| {
        story.send(GOVERNANCE, |chain, env| slash(chain, env, TPI, reporter(whom), amount))
    };
    assert_eq!(slashed(&mut story, 0, 1_031), Err(OracleError::BadAmount));
    assert_eq!(slashed(&mut story, 0, 1_000), Ok(()));
    assert_eq!(slashed(&mut story, 2, 1_001), Err(OracleError::BadAmount));
    assert_eq!(slashed(&mut story, 2, 0), Err(OracleError::BadAmount));
    assert_eq!(slashed(&mut story, 2, 700), Ok(()));
    assert_eq!(story.held(), before);
    assert_eq!(story.collect(reporter(0)), Err(OracleError::NothingDue));
    story.now = story.now.later(7 * DAY);
    assert_eq!(slashed(&mut story, 0, 1), Err(OracleError::BadAmount));
    assert_eq!(story.collect(reporter(0)), Ok(30));
    assert_eq!(story.collect(reporter(1)), Ok(1_030));
    assert_eq!(story.held(), before - 1_060);
    // The place of a reporter who left is free of their bond.
    story.send(GOVERNANCE, |chain, env| add_reporter(chain, env, TPI, reporter(9))).unwrap();
    assert_eq!(story.stake(9), Stake::default());
    let today = Day::of(story.now);
    story.to(today, 15 * 3_600);
    assert_eq!(story.submit(reporter(9), today, &USUAL), Err(OracleError::BondMissing));
}

#[test]
fn a_slash_that_the_bond_pays_tells_of_nothing_else() {
    let mut story = Story::bonded();
    let told = story.chain.events.len();
    story.send(GOVERNANCE, |chain, env| slash(chain, env, TPI, reporter(2), 700)).unwrap();
    let [event] = &story.chain.events[told..] else { panic!("{:?}", &story.chain.events[told..]) };
    assert!(event.starts_with("Slashed"), "{event}");
}

#[test]
fn terms_out_of_bounds_or_crossed_are_refused() {
    let bad = [
        Reporting { bond: MAX_AMOUNT + 1, ..TERMS },
        Reporting { reward: MAX_AMOUNT + 1, ..TERMS },
        Reporting { dispute_bond: MAX_AMOUNT + 1, ..TERMS },
        Reporting { deviation_slash: 1_001, ..TERMS },
        Reporting { miss_slash: 201, ..TERMS },
        Reporting { unbonding: 7 * DAY - 1, ..TERMS },
        Reporting { unbonding: 90 * DAY + 1, ..TERMS },
        Reporting { commit_until: 12 * 3_600, ..TERMS },
        Reporting { commit_until: 12 * 3_600 + 2_701, ..TERMS },
        Reporting { commit_until: DAY, ..TERMS },
    ];
    let mut story = Story::live();
    for terms in bad {
        assert_eq!(story.terms(terms), Err(OracleError::BadReporting), "{terms:?}");
    }
    story.terms(Reporting { commit_until: 12 * 3_600 + 2_700, ..TERMS }).unwrap();
    let narrow = Rules { closes: 12 * 3_600 + 1_800, ..Rules::TPI };
    let crossed = story.send(GOVERNANCE, |chain, env| set_index(chain, env, TPI, narrow));
    assert_eq!(crossed, Err(OracleError::BadReporting));
    let unknown = story.send(GOVERNANCE, |chain, env| set_reporting(chain, env, 9, TERMS));
    assert_eq!(unknown, Err(OracleError::UnknownIndex));
}

#[test]
fn the_token_is_connected_once() {
    let mut story = Story::live();
    assert_eq!(story.send(reporter(0), |chain, env| connect(chain, env, [7; 20])), Err(OracleError::NotAuthorised));
    assert_eq!(story.send(GOVERNANCE, |chain, env| connect(chain, env, [0; 20])), Err(OracleError::NotConnected));
    assert_eq!(story.send(GOVERNANCE, |chain, env| connect(chain, env, [7; 20])), Ok(()));
    assert_eq!(story.send(GOVERNANCE, |chain, env| connect(chain, env, [8; 20])), Err(OracleError::AlreadyConnected));
}

/// A batch as entries, and the commitment to it.
fn sealed(story: &Story, who: Address, day: Day, salt: Hash, quotes: &[Quote]) -> (Vec<Entry>, Hash) {
    let mut submission = Submission { reporter: who, day, ..Submission::default() };
    submission.quotes[..quotes.len()].copy_from_slice(quotes);
    let entries = (0..).zip(quotes).map(|(provider, quote)| Entry { provider, quote: *quote }).collect();
    (entries, story.chain.keccak(commitment_preimage(TPI, salt, &submission).as_bytes()))
}

#[test]
fn a_committed_batch_counts_only_when_it_is_revealed_as_it_was() {
    let mut story = Story::live();
    story.terms(Reporting { commit_until: 12 * 3_600 + 2_700, ..Reporting::default() }).unwrap();
    let send = |story: &mut Story, number: u8, hash: Hash| {
        story.send(reporter(number), |chain, env| commit(chain, env, TPI, TODAY, hash))
    };
    story.to(TODAY, 12 * 3_600 - 1);
    assert_eq!(send(&mut story, 0, [1; 32]), Err(OracleError::TooEarly));
    story.to(TODAY, 12 * 3_600);
    assert_eq!(send(&mut story, 9, [1; 32]), Err(OracleError::UnknownReporter));
    assert_eq!(send(&mut story, 0, [0; 32]), Err(OracleError::BadCommitment));
    assert_eq!(story.submit(reporter(0), TODAY, &USUAL), Err(OracleError::CommitFirst));
    for number in 0..5 {
        let (_, hash) = sealed(&story, reporter(number), TODAY, [number; 32], &USUAL);
        assert_eq!(send(&mut story, number, hash), Ok(()));
    }
    assert_eq!(send(&mut story, 0, [1; 32]), Err(OracleError::AlreadySubmitted));
    let tell = |story: &mut Story, number: u8, salt: Hash, quotes: &[Quote]| {
        let (entries, _) = sealed(story, reporter(number), TODAY, salt, quotes);
        story.send(reporter(number), |chain, env| reveal(chain, env, TPI, TODAY, salt, entries))
    };
    assert_eq!(tell(&mut story, 0, [0; 32], &USUAL), Err(OracleError::TooEarly));
    story.to(TODAY, 12 * 3_600 + 2_700);
    assert_eq!(send(&mut story, 1, [1; 32]), Err(OracleError::TooLate));
    // What is only committed to is no batch.
    assert_eq!(story.publish(TODAY), Err(OracleError::QuorumMissing));
    assert_eq!(tell(&mut story, 0, [1; 32], &USUAL), Err(OracleError::CommitmentBroken));
    assert_eq!(tell(&mut story, 0, [0; 32], &[at(1, 1); 5]), Err(OracleError::CommitmentBroken));
    assert_eq!(tell(&mut story, 0, [0; 32], &USUAL[..4]), Err(OracleError::IncompleteBatch));
    assert_eq!(tell(&mut story, 9, [0; 32], &USUAL), Err(OracleError::UnknownReporter));
    for number in 0..4 {
        assert_eq!(tell(&mut story, number, [number; 32], &USUAL), Ok(()));
    }
    assert_eq!(tell(&mut story, 0, [0; 32], &USUAL), Err(OracleError::AlreadySubmitted));
    story.to(TODAY, DAY);
    assert_eq!(tell(&mut story, 4, [4; 32], &USUAL), Err(OracleError::TooLate));
    assert_eq!(story.publish(TODAY), Ok(Validity::Valid));
    assert_eq!(reporter_of(&story.chain, TPI, reporter(4)).unwrap().1.misses, 1);
    let tomorrow = Day(TODAY.0 + 1);
    story.to(tomorrow, 12 * 3_600 + 2_700);
    let uncommitted = story.send(reporter(0), |chain, env| reveal(chain, env, TPI, tomorrow, [0; 32], []));
    assert_eq!(uncommitted, Err(OracleError::NotCommitted));
}

#[test]
fn an_open_index_takes_no_commitments() {
    let mut story = Story::live();
    story.to(TODAY, 15 * 3_600);
    let refused = story.send(reporter(0), |chain, env| commit(chain, env, TPI, TODAY, [1; 32]));
    assert_eq!(refused, Err(OracleError::NoCommitments));
    let refused = story.send(reporter(0), |chain, env| reveal(chain, env, TPI, TODAY, [1; 32], []));
    assert_eq!(refused, Err(OracleError::NoCommitments));
}

/// A proposed settlement of today under [`TERMS`].
fn proposed() -> Story {
    let mut story = Story::bonded();
    story.send([0xEE; 20], |chain, env| fund(chain, env, TPI, 1_000)).unwrap();
    for day in TODAY.0..TODAY.0 + 6 {
        story.day(Day(day), &USUAL).unwrap();
    }
    story.now = Day(TODAY.0 + 6).start().later(3_600);
    story.send([0xEE; 20], |chain, env| propose_final(chain, env, TPI, Day(TODAY.0 + 5))).unwrap();
    story
}

#[test]
fn a_dispute_that_is_right_gets_its_bond_back_twofold_and_one_that_is_wrong_loses_it() {
    const DISPUTER: Address = [0xDD; 20];
    let expiry = Day(TODAY.0 + 5);
    let raise = |story: &mut Story| story.send(DISPUTER, |chain, env| dispute(chain, env, TPI, expiry));
    for (voided, due) in [(0b1, 1_000), (0, 0)] {
        let mut story = proposed();
        let (before, pot) = (story.held(), story.chain.stakes(TPI).pot);
        assert_eq!(raise(&mut story), Ok(500));
        assert_eq!(raise(&mut story), Err(OracleError::Disputed));
        assert_eq!(story.held(), before + 500);
        story.send(GOVERNANCE, |chain, env| resolve(chain, env, TPI, expiry, voided)).unwrap();
        assert_eq!(story.held(), before + 500);
        assert_eq!(due_to(&story.chain, TPI, DISPUTER).amount, due);
        assert_eq!(story.chain.stakes(TPI).pot, pot + 500 - due);
        assert_eq!(raise(&mut story), Err(OracleError::DisputeOver));
        assert_eq!(story.collect(DISPUTER).is_ok(), due > 0);
    }
    // Nobody resolves it: the disputed price is not taken, and the bond comes back.
    let mut story = proposed();
    raise(&mut story).unwrap();
    story.now = story.now.later(Rules::TPI.fallback_delay);
    story.send([0xEE; 20], |chain, env| finalise(chain, env, TPI, expiry)).unwrap();
    assert_eq!(story.collect(DISPUTER), Ok(500));
    // Governance needs none; without a dispute bond only governance disputes.
    let mut story = proposed();
    assert_eq!(story.send(GOVERNANCE, |chain, env| dispute(chain, env, TPI, expiry)), Ok(0));
    let mut story = proposed();
    story.terms(Reporting { dispute_bond: 0, ..TERMS }).unwrap();
    assert_eq!(raise(&mut story), Err(OracleError::NotAuthorised));
}

#[test]
fn the_accumulator_gives_the_time_weighted_average() {
    let mut story = Story::begin(Rules::TPI, 3, 5);
    assert_eq!(accumulator(&story.chain, TPI, story.now), Err(OracleError::NoPrint));
    story.day(START, &USUAL).unwrap();
    story.day(Day(START.0 + 1), &USUAL).unwrap();
    let (begin, first) = (story.now, accumulator(&story.chain, TPI, story.now).unwrap());
    // A day at 2.00, then a day at 2.20.
    story.day(TODAY, &[at(2_200_000, 10); 5]).unwrap();
    let end = story.now.later(DAY);
    let average = (accumulator(&story.chain, TPI, end).unwrap() - first) / u64::from(end.since(begin));
    assert_eq!((end.since(begin), average), (2 * DAY, 2_100_000));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever reporters send or leave out: what was paid in less what was paid out is what is held.
    #[test]
    fn no_atom_appears_or_goes(
        days in prop::collection::vec(prop::collection::vec((0_u8..4, 1_u32..4), 5), 1..6),
        pot in 1_u64..2_000,
        reward in 0_u64..400,
        slashes in (0_u64..=1_000, 0_u64..=1_000),
    ) {
        let (deviation_slash, miss_slash) = (slashes.0.max(slashes.1), slashes.0.min(slashes.1));
        let mut story = Story::live();
        story.terms(Reporting { reward, deviation_slash, miss_slash, ..TERMS }).unwrap();
        let mut held = pot;
        story.send([0xEE; 20], |chain, env| fund(chain, env, TPI, pot)).unwrap();
        for (count, day) in (0..).zip(days) {
            let today = Day(TODAY.0 + count);
            story.to(today, 15 * 3_600);
            for (number, (act, price)) in (0_u8..).zip(day) {
                if story.post(reporter(number), u64::from(price) * 500).is_ok() {
                    held += u64::from(price) * 500;
                }
                if act > 0 {
                    let _ = story.submit(reporter(number), today, &[at(1_700_000 + price * 200_000, 10); 5]);
                }
                if act == 3 {
                    held -= story.collect(reporter(number)).unwrap_or(0);
                }
            }
            story.to(today, DAY);
            let _ = story.publish(today);
            prop_assert_eq!(story.held(), held);
        }
        story.now = story.now.later(4 * DAY);
        for number in 0..5 {
            story.send(reporter(number), |chain, env| resign(chain, env, TPI)).unwrap();
        }
        story.now = story.now.later(7 * DAY);
        for number in 0..5 {
            held -= story.collect(reporter(number)).unwrap_or(0);
        }
        prop_assert_eq!(story.chain.stakes(TPI).pot, held);
    }
}
