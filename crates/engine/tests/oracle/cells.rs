//! Every cell comes back from its bytes as it was.

use super::*;
use proptest::prelude::*;

fn comes_back<T: Cell + PartialEq + core::fmt::Debug>(value: &T) -> Result<(), TestCaseError> {
    let bytes = value.to_cell();
    prop_assert!(bytes.as_bytes().len() <= T::MAX_BYTES);
    prop_assert_eq!(&T::from_cell(bytes.as_bytes()), value);
    Ok(())
}

fn quotes() -> impl Strategy<Value = [Quote; MAX_PROVIDERS]> {
    let quote = prop_oneof![
        Just(Quote::default()),
        (1..=u32::MAX, any::<u32>(), 0..=MAX_VOLUME).prop_map(|(input, output, volume)| Quote {
            input,
            output,
            volume
        }),
    ];
    prop::collection::vec(quote, MAX_PROVIDERS).prop_map(|quotes| quotes.try_into().unwrap())
}

proptest! {
    #[test]
    fn submissions(reporter: Address, day: u32, quotes in quotes()) {
        comes_back(&Submission { reporter, day: Day(day), quotes, commitment: [0; 32] })?;
    }

    #[test]
    fn commitments(reporter: Address, day: u32, commitment: Hash) {
        comes_back(&Submission { reporter, day: Day(day), commitment, ..Submission::default() })?;
    }

    #[test]
    fn stakes(pot: u64, held: [(u64, u64); MAX_REPORTERS], due: (u64, u32)) {
        let mut stakes = Stakes::default();
        stakes.pot = pot;
        for (place, (bond, earned)) in (0..).zip(held) {
            stakes.join(place, Day(u32::from(place) * 4_000));
            *stakes.at_mut(place).unwrap() = if bond % 3 == 0 { Stake::default() } else { Stake { bond, earned } };
        }
        comes_back(&stakes)?;
        comes_back(&Due { amount: due.0, free_at: Seconds(due.1) })?;
    }

    #[test]
    fn setups(long: [u32; 2], amounts: [u64; 5], version: u16, scores: Scores) {
        let [bond, deviation_slash, miss_slash, reward, dispute_bond] = amounts.map(|amount| amount >> 8);
        let [commit_until, unbonding] = long;
        let reporting = Reporting { commit_until, bond, deviation_slash, miss_slash, reward, dispute_bond, unbonding };
        let basket = Basket { version, current: scores, next_from: Day(9), next: scores };
        comes_back(&Setup { rules: Rules::SCU, reporting, basket })?;
        comes_back(&Setup { rules: Rules::TPI, reporting, basket: Basket { next_from: Day(0), next: [0; 16], ..basket } })?;
    }

    #[test]
    fn baskets(version: u16, current: Scores, next_from: u32, next: Scores) {
        let next = if next_from == 0 { Scores::default() } else { next };
        comes_back(&Basket { version, current, next_from: Day(next_from), next })?;
    }

    #[test]
    fn pages_of_prints(prints in prop::collection::vec(prop_oneof![Just(0), any::<u32>()], PAGE_DAYS)) {
        comes_back(&PrintPage(prints.try_into().unwrap()))?;
    }

    #[test]
    fn states(last: Option<[u32; 3]>, pending: Option<([u32; 3], bool)>, sequence: u32, wide: [u64; 2], probation: bool) {
        let [link, accumulated] = wide;
        let last = last.map(|[day, price, at]| Print { day: Day(day), price, published_at: Seconds(at) });
        let pending = pending.map(|([day, price, since], invalid)| Pending {
            day: Day(day),
            price,
            since: Seconds(since),
            validity: if invalid { Validity::Invalid } else { Validity::NeedsConfirmation },
        });
        let mut state = IndexState { last, sequence, link, probation, pending, accumulated, ..IndexState::default() };
        comes_back(&state)?;
        (state.confirmed, state.silent) = (Day(sequence), Day(!sequence));
        state.shadow = Shadow::of(Day(sequence | 1));
        for days in 0..2 * SHADOW_DAYS {
            state.shadow.push(link.wrapping_add(days as u64));
            comes_back(&state)?;
            prop_assert_eq!(state.shadow.links().len(), SHADOW_DAYS.min(days + 1));
            prop_assert_eq!(state.shadow.links().last(), Some(&link.wrapping_add(days as u64)));
        }
    }

    #[test]
    fn settlements(status in 0_usize..4, numbers: [u32; 2], fallback: bool, wide: [u64; 2], small: [u8; 2], receipt: Hash, disputed: (Address, u64)) {
        let (disputer, dispute_bond) = if disputed.1 == 0 { Default::default() } else { disputed };
        let status = [Status::Proposed, Status::Disputed, Status::Resolved, Status::Final][status];
        let [since, price] = numbers;
        let ([voided, sum], [samples, gaps]) = (wide, small);
        comes_back(&Settlement { status, since: Seconds(since), fallback, voided, sum, samples, gaps, price, receipt, disputer, dispute_bond })?;
    }

    #[test]
    fn reporters_keep_their_places(keep: [bool; MAX_REPORTERS]) {
        let mut reporters = Reporters::default();
        for number in 0..16 {
            prop_assert_eq!(reporters.add(reporter(number)), Some(number));
            reporters.set_bonded(number, number % 3 == 0);
            let record = reporters.record_mut(number).unwrap();
            *record = Record { submissions: 65_535 - u16::from(number), misses: 256, deviations: 255 };
        }
        prop_assert_eq!(reporters.add(reporter(16)), None);
        for (number, _) in (0..).zip(keep).filter(|(_, keep)| !keep) {
            prop_assert_eq!(reporters.remove(reporter(number)), Some(number));
            prop_assert_eq!(reporters.remove(reporter(number)), None);
        }
        comes_back(&reporters)?;
        for (number, kept) in (0..).zip(keep) {
            prop_assert_eq!(reporters.place_of(reporter(number)), kept.then_some(number));
            prop_assert_eq!(reporters.is_bonded(number), kept && number % 3 == 0);
        }
    }
}

#[test]
fn rules() {
    let rules = Rules { blend_input: 1, blend_output: 2, max_gaps: 4, screen_mads: u32::MAX, ..Rules::TPI };
    assert_eq!(Rules::from_cell(rules.to_cell().as_bytes()), rules);
    assert_eq!(rules.to_cell().as_bytes().len(), Rules::MAX_BYTES);
}
