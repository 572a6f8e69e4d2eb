//! Rewards: what a week counts, when it becomes due, and who may take it.

use super::*;
use proptest::prelude::*;

#[test]
fn uptime_below_the_floor_counts_nothing_and_above_the_time_due_nothing_more() {
    let rules = |power| UptimeRules { floor_bps: 8_000, power };
    assert_eq!(rules(1).count(1_000, 7_999, 10_000), 0);
    assert_eq!(rules(1).count(1_000, 8_000, 10_000), 800);
    assert_eq!(rules(0).count(1_000, 8_000, 10_000), 1_000);
    assert_eq!(rules(5).count(1_000, 8_000, 10_000), 327); // 1,000 * 0.8^5 = 327.68, rounded down at every power
    assert_eq!(rules(3).count(1_000, 10_000, 10_000), 1_000);
    assert_eq!(rules(3).count(1_000, 20_000, 10_000), 1_000);
    assert_eq!(rules(3).count(1_000, 0, 0), 1_000);
}

#[test]
fn volume_weighs_by_quarters_and_its_floor_holds_in_weeks_that_traded() {
    let rules = |quarters| Parameters { volume_quarters: quarters, volume_hours: 1, ..STEADY };
    let lot = 3_600 * 1_024;
    // As much quoted as traded: both together are twice the quotes.
    let weighed = [0, 1, 2, 3, 4].map(|quarters| adjusted(16 * lot, 16, 0, &rules(quarters)));
    let quoted = 16.0 * lot as f64;
    for (quarters, weighed) in (0..).zip(weighed) {
        let expected = quoted * 2_f64.powf(f64::from(quarters) / 4.0);
        assert!((weighed as f64 - expected).abs() <= 1.0, "{quarters}: {weighed} {expected}");
    }
    assert_eq!(adjusted(0, 16, 0, &rules(1)), 0, "trades without quotes are nothing");
    assert_eq!(adjusted(lot, 0, 0, &rules(1)), lot, "quotes without trades are something");
    // A quarter of a percent of 4,000 lots is ten.
    assert_eq!(adjusted(lot, 9, 4_000, &rules(0)), 0);
    assert_eq!(adjusted(lot, 10, 4_000, &rules(0)), lot);
    assert_eq!(adjusted(lot, 0, FLOOR_FROM - 1, &rules(0)), lot, "no floor in a quiet week");
}

#[test]
fn the_budget_follows_the_depth_within_its_step_and_its_bounds() {
    let rules = Parameters { target_depth: 400, budget_step_bps: 500, least_budget: 900, most_budget: 1_020, ..STEADY };
    let budget = Budget::default().changed(1_000, 5);
    let adapted = |depth| budget.adapted(depth, &rules, 7).of(8);
    assert_eq!((adapted(400), adapted(200), adapted(1)), (1_000, 1_020, 1_020)); // + 2.5 %, + 5 % cut to the bound
    assert_eq!(adapted(0), 1_000, "nobody is paid more for nothing");
    assert_eq!((adapted(600), adapted(800), adapted(u64::MAX)), (975, 950, 950));
    assert_eq!(adapted(399), 1_000); // an eighth of an atom, rounded down
    assert_eq!(adapted(401), 999);
    assert_eq!(budget.adapted(0, &rules, 7).of(7), 1_000, "weeks that have begun keep their budget");
    let low = Budget::default().changed(100, 5);
    assert_eq!((low.adapted(800, &rules, 7).of(8), low.adapted(1, &rules, 7).of(8)), (100, 104));
    // It grew when 500 atoms were paid for 100 lots: 200 for 1,000 are no less for a dollar, 199 are.
    let grown = Budget { raised_at: 100, raised_from: 500, ..budget };
    assert_eq!([200, 199].map(|depth| grown.adapted(depth, &rules, 7).of(8)), [1_020, 1_000]);
    let steady = Parameters { target_depth: 0, ..rules };
    assert_eq!(budget.adapted(0, &steady, 7), budget);
}

#[test]
fn weeks_closed_late_share_out_the_budget_that_they_had() {
    let mut ledger = connected();
    let rules = Parameters { target_depth: 400, maker_cap_bps: 10_000, ..STEADY };
    set_parameters(&mut ledger, env(GOVERNANCE, START), rules).unwrap();
    ledger.budget(10_000_000_000, START);
    ledger.designated(7, START);
    let late = end_of(FIRST + 2);
    for epoch in FIRST..FIRST + 3 {
        ledger.scores.insert((7, epoch), (u64::from(FULL) * 1_024, FULL)); // a lot all of the time
        while !close_epoch(&mut ledger, env(STRANGER, late), epoch, MAX_VISITS).unwrap().closed {}
    }
    let budgets: Vec<u64> = ledger.epochs.values().map(|epoch| epoch.budget).collect();
    assert_eq!(budgets, [0, 0, 10_000_000_000], "of the others clearing remembers too little");
    // The first closing with a lot of depth raises it by a twentieth, less a four hundredth of that; the others show no
    // more.
    let budget = ledger.programme.unwrap().budget;
    assert_eq!((budget.of(FIRST + 3), budget.of(FIRST + 4)), (10_000_000_000, 10_498_750_000));
}

#[test]
fn half_is_due_at_once_and_the_rest_in_three_weeks() {
    let mut maker = Maker::default();
    maker.grant(FIRST, 1_001);
    let due: Vec<u64> = (1..=5).map(|week| maker.due(START.later(week * WEEK))).collect();
    // 1,001 = 501 now + 500 later in thirds, rounded down until the last.
    assert_eq!(due, [501, 667, 834, 1_001, 1_001]);
}

#[test]
fn a_reward_is_claimed_by_its_owner_when_it_is_due_and_once() {
    let mut ledger = connected();
    ledger.designated(7, START);
    ledger.budget(1_200, START);
    ledger.scores.insert((7, FIRST), (100, FULL));
    // Before the epoch ends, and before it is closed.
    ledger.refuses(IncentivesError::NothingDue, |ledger| claim(ledger, env(owner(7), START), 7));
    let now = end_of(FIRST);
    ledger.refuses(IncentivesError::NothingDue, |ledger| claim(ledger, env(owner(7), now), 7));
    ledger.closed(FIRST);
    ledger.refuses(IncentivesError::NotAuthorised, |ledger| claim(ledger, env(STRANGER, now), 7));
    ledger.refuses(IncentivesError::NotAMaker, |ledger| claim(ledger, env(owner(8), now), 8));
    assert_eq!(ledger.claimed(7, now), Ok(300));
    ledger.refuses(IncentivesError::NothingDue, |ledger| claim(ledger, env(owner(7), now), 7));
    assert_eq!(ledger.claimed(7, now.later(WEEK)), Ok(100));
    assert_eq!(ledger.claimed(7, now.later(3 * WEEK)), Ok(200));
    ledger.refuses(IncentivesError::NothingDue, |ledger| claim(ledger, env(owner(7), now.later(9 * WEEK)), 7));
}

#[test]
fn budgets_keep_to_the_pool_less_what_is_owed() {
    let mut ledger = connected();
    ledger.designated(7, START);
    ledger.pool = 1_000;
    ledger
        .refuses(IncentivesError::BudgetTooLarge, |ledger| set_budget(ledger, env(GOVERNANCE, START), MAX_BUDGET + 1));
    ledger.refuses(IncentivesError::BudgetAbovePool, |ledger| set_budget(ledger, env(GOVERNANCE, START), 1_001));
    ledger.budget(1_000, START);
    for epoch in FIRST..FIRST + 3 {
        ledger.scores.insert((7, epoch), (100, FULL));
        ledger.closed(epoch);
    }
    // Half of the budget is the cap; what is owed is out of reach of the weeks that follow.
    let budgets: Vec<(u64, u64)> = ledger.epochs.values().map(|epoch| (epoch.budget, epoch.rewarded)).collect();
    assert_eq!(budgets, [(1_000, 500), (500, 250), (250, 125)]);
    let now = end_of(FIRST + 2);
    ledger.refuses(IncentivesError::BudgetAbovePool, |ledger| set_budget(ledger, env(GOVERNANCE, now), 126));
    ledger.budget(125, now);
}

#[test]
fn a_raise_counts_at_once_and_a_cut_from_the_next_week() {
    let budget = Budget::default().changed(100, 5);
    assert_eq!((budget.of(4), budget.of(5), budget.of(6)), (0, 100, 100));
    let cut = budget.changed(40, 7);
    assert_eq!((cut.of(7), cut.of(8)), (100, 40));
    // A change that is taken back within the week, in both directions.
    assert_eq!((cut.changed(60, 7).of(7), cut.changed(60, 7).of(8)), (100, 60));
    assert_eq!((cut.changed(150, 7).of(7), cut.changed(150, 7).of(8)), (150, 150));
    assert_eq!((cut.changed(20, 8).of(8), cut.changed(20, 8).of(9)), (40, 20));
}

#[test]
fn a_budget_that_is_set_to_what_it_is_counts_from_this_week() {
    let mut ledger = connected();
    for _ in 0..2 {
        ledger.budget(1_000, START);
        assert_eq!(ledger.events.last(), Some(&Event::BudgetChanged { amount: 1_000, from_epoch: FIRST }));
    }
}

proptest! {
    /// However often and whenever a maker claims, they get all of every reward in the end and never more than is due.
    #[test]
    fn claims_add_up_to_the_rewards(
        rewards in prop::collection::vec(0_u64..1_000_000, 1..12),
        claims in prop::collection::vec(any::<bool>(), 12),
    ) {
        let mut maker = Maker::default();
        let mut claimed = 0;
        let mut now = START;
        for (epoch, (reward, claims)) in (FIRST..).zip(rewards.iter().zip(claims)) {
            maker.grant(epoch, *reward);
            now = end_of(epoch);
            let (due, vesting) = (maker.due(now), maker.vesting(now));
            if claims {
                prop_assert_eq!(maker.claim(now), due);
                prop_assert_eq!((maker.due(now), maker.vesting(now)), (0, vesting));
                claimed += due;
            }
        }
        prop_assert_eq!(claimed + maker.due(now) + maker.vesting(now), rewards.iter().sum::<u64>());
        claimed += maker.claim(now.later(3 * WEEK));
        prop_assert_eq!(claimed, rewards.iter().sum::<u64>());
    }

    /// Vesting never runs backwards and is complete after three weeks.
    #[test]
    fn a_grant_becomes_due_week_by_week(amount in 0..MAX_BUDGET) {
        let grant = Grant { epoch: 10, amount, claimed: 0 };
        let due: Vec<u64> = (11..=15).map(|epoch| grant.due(epoch)).collect();
        prop_assert!(due.is_sorted());
        prop_assert_eq!(due[0], amount - amount / 2);
        prop_assert_eq!((due[3], due[4]), (amount, amount));
    }

    /// More quotes, more uptime or more trades never count less.
    #[test]
    fn the_adjusted_score_is_monotone(
        score in 0..COUNTED_MAX, more in 0..COUNTED_MAX, uptime in 0..WEEK, longer in 0..WEEK, due in 1..WEEK,
        volume in 0_u32..1_000_000, further in 0_u32..1_000_000, quarters in 0_u8..=4, power in 0_u8..=5,
    ) {
        let rules = Parameters { volume_quarters: quarters, uptime_power: power, ..STEADY };
        let counted = rules.rules().count(score, uptime, due);
        prop_assert!(counted <= score);
        prop_assert!(rules.rules().count(score, uptime.saturating_add(longer), due) >= counted);
        let base = adjusted(counted, volume, 0, &rules);
        prop_assert!(adjusted(counted.saturating_add(more), volume, 0, &rules) >= base);
        prop_assert!(adjusted(counted, volume.saturating_add(further), 0, &rules) >= base);
    }

    /// Two seats of one maker never weigh more than one seat with all of it, beyond the rounding of their roots.
    #[test]
    fn splitting_quotes_and_trades_among_seats_gains_nothing(
        a in 0_u64..1 << 60, b in 0_u64..1 << 60, lots in (0_u32..1_000_000, 0_u32..1_000_000), quarters in 0_u8..=4,
        hours in 0_u16..=168,
    ) {
        let rules = Parameters { volume_quarters: quarters, volume_hours: hours, ..STEADY };
        let whole = adjusted(a + b, lots.0 + lots.1, 0, &rules);
        let parts = adjusted(a, lots.0, 0, &rules) + adjusted(b, lots.1, 0, &rules);
        // The whole loses below one atom at the last root and the root of what it lost at the first.
        prop_assert!(parts <= whole + 2 + (whole >> 32), "{parts} {whole}");
    }
}

/// What the first of five equal makers wins by trading so many lots with a second owner, in US dollars: the share
/// beyond a fifth of 5,000, less the fees of the best tier.
fn gain_of_wash(counted: u64, lots: u32, rules: &Parameters) -> f64 {
    // Nobody else has traded, and the largest is not counted.
    let weigh = |volume: u32| adjusted(counted, volume, 0, rules) as f64;
    let (mine, other) = (weigh(lots), weigh(0));
    let reward = (5_000.0 * mine / (mine + 4.0 * other)).min(2_500.0);
    reward - 1_000.0 - f64::from(lots) * WASH_COST as f64 / 1e6
}

#[test]
fn lots_traded_with_a_second_owner_cost_more_than_they_win() {
    // One month quoted as the makers' guide does, and 50 lots at the edge; in any number of lots up to those of the
    // whole market.
    for counted in [44_668_800_000, 14_800_000_000, 1_000_000] {
        for lots in (0..200_000).step_by(97) {
            let gain = gain_of_wash(counted, lots, &Parameters::INITIAL);
            assert!(gain <= 0.0, "{lots} lots win {gain} USD");
        }
    }
    // With a weight for volume they do.
    let weighed = Parameters { volume_quarters: 1, ..Parameters::INITIAL };
    assert!(gain_of_wash(14_800_000_000, 1_540, &weighed) > 300.0);
}

#[test]
fn depth_that_is_withheld_raises_the_budget_once() {
    let begin = Budget { amount: 5_000_000_000, ..Budget::default() };
    for depth in [0, 1, 40, 399] {
        let mut budget = begin;
        for week in 0..200 {
            budget = budget.adapted(depth, &Parameters::INITIAL, week);
        }
        assert!(budget.amount <= begin.amount * 105 / 100, "{depth} lots: {}", budget.amount);
    }
    // Depth that follows the budget is paid on, as far as the target.
    let (mut budget, mut depth) = (begin, 40_u64);
    for week in 0..200 {
        depth = if budget.amount > budget.before { (depth * 106).div_ceil(100) } else { depth };
        budget = budget.adapted(depth, &Parameters::INITIAL, week);
    }
    assert!(depth >= 390 && budget.amount > begin.amount * 2, "{depth} lots for {}", budget.amount);
    // More than the target takes it down again, whatever it grew by.
    assert!(budget.adapted(1_000, &Parameters::INITIAL, 200).amount < budget.amount);
}
