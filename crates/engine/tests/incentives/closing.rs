//! Closing an epoch: the shares are the formula's, however the work is cut.

use super::*;
use proptest::prelude::*;

#[test]
fn epochs_are_closed_after_their_end_in_order_and_once() {
    let mut ledger = connected();
    ledger.designated(7, START);
    let before = Seconds(end_of(FIRST).0 - 1);
    let visits = MAX_VISITS;
    ledger.refuses(IncentivesError::EpochNotOver, |ledger| close_epoch(ledger, env(STRANGER, before), FIRST, visits));
    let late = end_of(FIRST + 1);
    for epoch in [0, FIRST - 1, FIRST + 1, u32::MAX] {
        ledger.refuses(IncentivesError::EpochOutOfOrder, |ledger| {
            close_epoch(ledger, env(STRANGER, late), epoch, visits)
        });
    }
    ledger.closed(FIRST);
    ledger.refuses(IncentivesError::EpochOutOfOrder, |ledger| close_epoch(ledger, env(STRANGER, late), FIRST, visits));
    for visits in [0, MAX_VISITS + 1, usize::MAX] {
        let next = FIRST + 1;
        ledger.refuses(IncentivesError::BadParameters, |ledger| close_epoch(ledger, env(STRANGER, late), next, visits));
    }
    ledger.closed(FIRST + 1);
}

#[test]
fn an_epoch_without_makers_closes_in_one_step() {
    let mut ledger = connected();
    ledger.budget(1_000, START);
    let step = close_epoch(&mut ledger, env(STRANGER, end_of(FIRST)), FIRST, MAX_VISITS).unwrap();
    assert!(step.closed);
    assert_eq!(ledger.epochs[&FIRST].rewarded, 0);
}

#[test]
fn two_makers_share_by_score_in_one_message() {
    let mut ledger = connected();
    for (seat, score) in [(7, 300), (8, 100)] {
        ledger.designated(seat, START);
        ledger.scores.insert((seat, FIRST), (score, FULL));
    }
    let uncapped = Parameters { maker_cap_bps: 10_000, ..STEADY };
    set_parameters(&mut ledger, env(GOVERNANCE, START), uncapped).unwrap();
    ledger.budget(1_000, START);
    assert!(close_epoch(&mut ledger, env(STRANGER, end_of(FIRST)), FIRST, MAX_VISITS).unwrap().closed);
    assert_eq!((ledger.makers[&7].grants[FIRST as usize % 4].amount, ledger.epochs[&FIRST].rewarded), (750, 1_000));
}

#[test]
fn a_maker_designated_in_mid_week_owes_only_his_part_of_it_and_gets_no_strike() {
    let mut ledger = connected();
    // Three and a half days of seven: half of the obligation.
    ledger.designated(7, START.later(WEEK / 2));
    ledger.designated(8, START.later(WEEK / 2));
    ledger.budget(1_000, START.later(WEEK / 2));
    ledger.scores.insert((7, FIRST), (100, FULL / 2));
    ledger.scores.insert((8, FIRST), (100, FULL / 2 * 8 / 10 - 1));
    ledger.closed(FIRST);
    assert_eq!((ledger.makers[&7].score, ledger.makers[&8].score), (100, 0));
    assert_eq!((ledger.makers[&7].strikes, ledger.makers[&8].strikes), (0, 0));
    ledger.closed(FIRST + 1);
    assert_eq!((ledger.makers[&7].strikes, ledger.makers[&8].strikes), (1, 1));
}

#[test]
fn a_maker_designated_after_the_end_has_no_part_in_the_epoch() {
    let mut ledger = connected();
    ledger.designated(7, START);
    ledger.budget(1_000, START);
    ledger.scores.insert((7, FIRST), (100, FULL));
    // They come between the end and the closing, and clearing would have a score for them.
    ledger.designated(8, end_of(FIRST));
    ledger.scores.insert((8, FIRST), (1_000_000, FULL));
    ledger.closed(FIRST);
    assert_eq!((ledger.makers[&8].score, ledger.epochs[&FIRST].total), (0, 100));
}

#[test]
fn a_seat_that_takes_a_free_place_during_a_closing_has_no_part_in_it() {
    let mut ledger = connected();
    for seat in 0..20 {
        ledger.designated(seat, START);
        ledger.scores.insert((seat, FIRST), (100, FULL));
    }
    ledger.budget(2_000, START);
    let now = end_of(FIRST);
    // Five steps read and weigh all twenty, the sixth allots to eight of them.
    for _ in 0..6 {
        assert!(!close_epoch(&mut ledger, env(STRANGER, now), FIRST, MAX_VISITS).unwrap().closed);
    }
    assert!(dismiss(&mut ledger, env(GOVERNANCE, now), 15).unwrap());
    ledger.designated(99, now);
    ledger.scores.insert((99, FIRST), (1_000, FULL));
    assert_eq!(ledger.makers[&99].slot, 15);
    ledger.closed(FIRST);
    assert_eq!(ledger.epochs[&FIRST].rewarded, 19 * 100);
    assert_eq!(ledger.makers[&99].due(now), 0);
}

#[test]
fn a_clearing_that_does_not_answer_leaves_the_closing_where_it_was() {
    struct Mute(Ledger);
    impl Store for Mute {
        fn programme(&self) -> Option<Programme> {
            self.0.programme()
        }
        fn set_programme(&mut self, _: &Programme) {
            panic!("written");
        }
        fn maker(&self, seat: u32) -> Option<Maker> {
            self.0.maker(seat)
        }
        fn set_maker(&mut self, _: u32, _: &Maker) {
            panic!("written");
        }
        fn page(&self, number: u16) -> Page {
            self.0.page(number)
        }
        fn set_page(&mut self, _: u16, _: &Page) {
            panic!("written");
        }
        fn epoch(&self, number: u32) -> Option<Epoch> {
            self.0.epoch(number)
        }
        fn set_epoch(&mut self, _: u32, _: &Epoch) {
            panic!("written");
        }
        fn volumes(&self) -> Volumes {
            self.0.volumes()
        }
        fn set_volumes(&mut self, _: &Volumes) {
            panic!("written");
        }
        fn emit(&mut self, _: Event) {
            panic!("told");
        }
    }

    impl Clearing for Mute {
        fn house_in_force(&self) -> Result<Option<Address>, IncentivesError> {
            Err(IncentivesError::ClearingFailed)
        }
        fn holder(&self, _: u32) -> Result<Holder, IncentivesError> {
            Err(IncentivesError::ClearingFailed)
        }
        fn weeks(&self, _: u32, _: UptimeRules, makers: &[Served]) -> Result<Weeks, IncentivesError> {
            assert_eq!(makers.len(), 4, "all are asked for in one call");
            Err(IncentivesError::ClearingFailed)
        }
    }
    let mut ledger = connected();
    for seat in 0..4 {
        ledger.designated(seat, START);
    }
    let result = close_epoch(&mut Mute(ledger), env(STRANGER, end_of(FIRST)), FIRST, MAX_VISITS);
    assert_eq!(result, Err(IncentivesError::ClearingFailed));
}

/// A week of two hundred makers at most: scores, uptimes and volumes.
fn week() -> impl Strategy<Value = Vec<(u64, u32, u32)>> {
    prop::collection::vec((0_u64..1 << 56, 0..WEEK, 0_u32..10_000), 0..usize::from(MAX_MAKERS))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The shares against the formula computed in one go, and any cut of the work against any other.
    #[test]
    fn shares_are_the_formula_however_the_work_is_cut(
        week in week(), budget in 0..MAX_BUDGET, cap in 100_u16..=10_000, visits in 1..=MAX_VISITS, quarters in 0_u8..=4,
    ) {
        let mut ledger = connected();
        ledger.pool = MAX_BUDGET;
        let rules = Parameters { maker_cap_bps: cap, volume_quarters: quarters, ..STEADY };
        set_parameters(&mut ledger, env(GOVERNANCE, START), rules).unwrap();
        ledger.budget(budget, START);
        for (seat, (score, uptime, volume)) in (0..).zip(&week) {
            ledger.designated(seat, START);
            ledger.scores.insert((seat, FIRST), (*score, *uptime));
            ledger.volumes.insert((seat, FIRST), *volume);
        }
        let mut other = ledger.clone();
        ledger.closed_in_steps(FIRST, visits);
        other.closed(FIRST);
        prop_assert_eq!(&ledger.makers, &other.makers);
        prop_assert_eq!((&ledger.epochs, ledger.programme), (&other.epochs, other.programme));

        let mut traded: Vec<u64> = week.iter().map(|(_, _, volume)| u64::from(*volume)).collect();
        traded.sort_unstable();
        let middle = traded.get(traded.len().saturating_sub(1) / 2).copied().unwrap_or(0);
        let others = traded.len().saturating_sub(1) as u64 * middle;
        prop_assert_eq!(ledger.epochs[&FIRST].others, others);
        let weighed: Vec<u128> = week
            .iter()
            .map(|(score, uptime, volume)| {
                let counts = u64::from(*uptime) * 10 >= u64::from(FULL) * 8;
                let enough = others < FLOOR_FROM || u64::from(*volume) * 10_000 >= 25 * others;
                let counted = u128::from(*score) * u128::from((*uptime).min(FULL)) / u128::from(FULL);
                let both = counted + 24 * 3_600 * 1_024 * u128::from(*volume);
                let power = match quarters {
                    0 => counted,
                    1 => (counted * (counted * both).isqrt()).isqrt(),
                    2 => (counted * both).isqrt(),
                    3 => ((counted * both).isqrt() * both).isqrt(),
                    _ => both,
                };
                if counts && enough { power } else if enough && quarters == 4 {
                    24 * 3_600 * 1_024 * u128::from(*volume)
                } else {
                    0
                }
            })
            .collect();
        let total: u128 = weighed.iter().sum();
        let mut sum = 0;
        for (seat, weighed) in (0_u32..).zip(weighed) {
            let share = (u128::from(budget) * weighed).checked_div(total).unwrap_or(0);
            let share = share.min(u128::from(budget) * u128::from(cap) / 10_000);
            let maker = ledger.makers[&seat];
            let now = end_of(FIRST);
            prop_assert_eq!(u128::from(maker.due(now) + maker.vesting(now)), share);
            sum += share;
        }
        prop_assert!(sum <= u128::from(budget));
        prop_assert_eq!(u128::from(ledger.epochs[&FIRST].rewarded), sum);
        prop_assert_eq!(ledger.epochs[&FIRST].total, total);
    }

    /// A standing before the closing is what the closing then gives.
    #[test]
    fn a_standing_foretells_the_closing(week in week(), budget in 0..MAX_BUDGET, asked in 0_u32..200) {
        let mut ledger = connected();
        ledger.pool = MAX_BUDGET;
        ledger.budget(budget, START);
        for (seat, (score, uptime, volume)) in (0..).zip(&week) {
            ledger.designated(seat, START);
            ledger.scores.insert((seat, FIRST), (*score, *uptime));
            ledger.volumes.insert((seat, FIRST), *volume);
        }
        let before = Seconds(end_of(FIRST).0 - 1);
        let told = standing(&ledger, env(STRANGER, before), FIRST, asked);
        if asked as usize >= week.len() {
            prop_assert_eq!(told, Err(IncentivesError::NotAMaker));
            return Ok(());
        }
        let told = told.unwrap();
        ledger.closed(FIRST);
        let maker = ledger.makers[&asked];
        prop_assert_eq!(told.reward, maker.due(end_of(FIRST)) + maker.vesting(end_of(FIRST)));
        prop_assert_eq!(told.adjusted, maker.score);
        let ahead = ledger.makers.values().filter(|other| other.score > maker.score).count();
        prop_assert_eq!((usize::from(told.rank), usize::from(told.makers)), (ahead + 1, week.len()));
    }

    /// Weeks on end, with claims, notice, suspensions and dismissals in between: what is owed is always what makers
    /// have coming, and the pool always has it (both checked after every step).
    #[test]
    fn the_pool_always_holds_what_is_owed(
        steps in prop::collection::vec((0_u8..7, 0_u32..6, 0_u64..1_000, 0_u64..100_000), 1..120),
    ) {
        let mut ledger = connected();
        ledger.pool = 1_000_000;
        let mut now = START;
        for (what, seat, score, amount) in steps {
            let epoch = epoch_of(now);
            let designated = ledger.makers.get(&seat).is_some_and(|maker| maker.status != Status::Ended);
            match what {
                0 if !designated => ledger.designated(seat, now),
                1 => drop(ledger.claimed(seat, now)),
                2 => drop(set_budget(&mut ledger, env(GOVERNANCE, now), amount)),
                3 if ledger.owners.contains_key(&seat) => drop(exit(&mut ledger, env(owner(seat), now), seat)),
                4 => drop(dismiss(&mut ledger, env(GOVERNANCE, now), seat)),
                5 if ledger.collateral.contains_key(&seat) => {
                    ledger.collateral.insert(seat, 0);
                    let _ = ledger.suspended(seat, now);
                    ledger.collateral.insert(seat, CAPITAL);
                }
                _ => {
                    for seat in 0..6 {
                        let uptime = if score % 3 == 0 { FULL / 2 } else { FULL };
                        ledger.scores.insert((seat, epoch), (score * u64::from(seat), uptime));
                    }
                    ledger.closed_in_steps(epoch, 1 + usize::from(what) % MAX_VISITS);
                    now = end_of(epoch);
                    prop_assert!(ledger.epochs[&epoch].rewarded <= ledger.epochs[&epoch].budget);
                }
            }
            ledger.check_accounts(now);
        }
    }
}

#[test]
fn a_standing_is_of_an_epoch_that_has_begun_and_is_not_closed() {
    let mut ledger = connected();
    ledger.designated(7, START);
    for epoch in FIRST..FIRST + 4 {
        ledger.scores.insert((7, epoch), (epoch.into(), FULL));
    }
    ledger.closed(FIRST);
    // The first is closed, the second has ended and waits, the third runs.
    let now = START.later(2 * WEEK + DAY);
    let asked = |number| standing(&ledger, env(STRANGER, now), number, 7).map(|told| told.measure.score);
    for number in [FIRST - 1, FIRST, FIRST + 3] {
        assert_eq!(asked(number), Err(IncentivesError::EpochOutOfOrder), "{number}");
    }
    for number in [FIRST + 1, FIRST + 2] {
        assert_eq!(asked(number), Ok(number.into()));
    }
}

#[test]
fn a_week_in_which_nothing_was_due_is_no_strike() {
    let mut ledger = connected();
    ledger.designated(7, START);
    ledger.nothing_due = true;
    for epoch in FIRST..FIRST + 5 {
        ledger.closed(epoch);
        assert_eq!((ledger.makers[&7].strikes, ledger.makers[&7].status), (0, Status::Designated));
    }
    ledger.nothing_due = false;
    for epoch in FIRST + 5..FIRST + 8 {
        ledger.closed(epoch);
    }
    assert_eq!(ledger.makers[&7].status, Status::Ended, "three weeks in which something was");
}

#[test]
fn a_week_that_is_closed_a_week_late_pays_and_strikes_nobody() {
    let mut ledger = connected();
    ledger.designated(7, START);
    ledger.designated(8, START);
    ledger.budget(1_000_000, START);
    // By now clearing no longer has the week of a maker who has quoted since; it still has the other maker's.
    ledger.scores.insert((8, FIRST), (1_000_000, FULL));
    let late = end_of(FIRST + 1);
    while !close_epoch(&mut ledger, env(STRANGER, late), FIRST, 1).unwrap().closed {}
    for seat in [7, 8] {
        let maker = ledger.makers[&seat];
        assert_eq!((maker.strikes, maker.due(late)), (0, 0));
    }
    assert_eq!((ledger.epochs[&FIRST].budget, ledger.programme.unwrap().owed), (0, 0), "it stays in the pool");
    // A second earlier it is a week like any other.
    let mut ledger = connected();
    ledger.designated(7, START);
    ledger.budget(1_000_000, START);
    ledger.scores.insert((7, FIRST), (1_000_000, FULL));
    let in_time = Seconds(late.0 - 1);
    while !close_epoch(&mut ledger, env(STRANGER, in_time), FIRST, 1).unwrap().closed {}
    assert!(ledger.makers[&7].due(in_time) > 0);
}

#[test]
fn one_maker_s_lots_push_nobody_below_the_floor() {
    for (washed, others, paid) in [(2_000, 4, true), (1_000_000, 4, true), (2_000, 900, true), (1_000_000, 900, true)] {
        let mut ledger = connected();
        ledger.budget(1_000_000, START);
        for seat in 7..12 {
            ledger.designated(seat, START);
            ledger.scores.insert((seat, FIRST), (1_000_000, FULL));
            ledger.volumes.insert((seat, FIRST), if seat == 7 { washed } else { others });
        }
        ledger.closed(FIRST);
        for seat in 8..12 {
            assert_eq!(ledger.makers[&seat].due(end_of(FIRST)) > 0, paid, "{washed} {others}");
        }
        let epoch = ledger.epochs[&FIRST];
        assert_eq!((epoch.volume, epoch.others), (u64::from(washed + 4 * others), u64::from(4 * others)));
    }
    // A maker who trades next to nothing while the others trade is below it nevertheless.
    let mut ledger = connected();
    ledger.budget(1_000_000, START);
    for (seat, lots) in [(7, 900), (8, 900), (9, 900), (10, 900), (11, 6)] {
        ledger.designated(seat, START);
        ledger.scores.insert((seat, FIRST), (1_000_000, FULL));
        ledger.volumes.insert((seat, FIRST), lots);
    }
    ledger.closed(FIRST);
    assert_eq!(ledger.makers[&11].due(end_of(FIRST)), 0);
}
