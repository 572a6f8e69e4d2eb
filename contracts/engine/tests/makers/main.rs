//! The makers' programme on the clearing house, natively: a week of two hundred makers in ten months is paid to the atom as
//! a second calculation has it, which knows the orders and the clock and nothing of the engine's scores.
#![allow(clippy::unwrap_used)]

mod second;
mod week;

use second::Second;
use sit_engine::clearing::maker_weeks::Measure;
use sit_engine::incentives::{self, Event, Parameters, Store, end_of};
use std::io::Write;
use std::process::{Command, Stdio};
use week::Week;

/// A week of `makers` makers with so many changes of quotes each, and its closing against the second calculation.
fn a_week_is_paid_as_a_second_calculation_has_it(makers: u32, changes: u32, parameters: Parameters) {
    let mut week = Week::new(makers, parameters);
    let mut second = Second::new(&week);
    week.play(changes, &mut second);
    let budget = week.budget;
    week.programme.now = end_of(week.number).later(3_600);
    week.programme.close(week.number).unwrap();

    let expected = second.rewards(&week, budget);
    let mut sum = 0;
    for (seat, expected) in (0..makers).zip(expected) {
        let paid: u64 = week.programme.maker(seat).unwrap().grants.iter().map(|grant| grant.amount).sum();
        assert!(paid.abs_diff(expected) <= 1, "seat {seat}: {paid} paid, {expected} by the second calculation");
        sum += paid;
    }
    assert!(sum <= budget, "more was paid than the budget");
    assert!(sum > budget / 2, "the week was worth something");
    let told: u64 = week.programme.events.iter().map(amount_of).sum();
    assert_eq!(told, sum);
    let epoch = week.programme.epoch(week.number).unwrap();
    assert_eq!((epoch.rewarded, epoch.budget), (sum, budget));
}

fn amount_of(event: &Event) -> u64 {
    if let Event::Rewarded { amount, .. } = event { *amount } else { 0 }
}

#[test]
fn two_hundred_makers_in_ten_months_are_paid_as_a_second_calculation_has_it() {
    a_week_is_paid_as_a_second_calculation_has_it(200, 20, Parameters::INITIAL);
}

#[test]
fn other_exponents_are_paid_as_a_second_calculation_has_them() {
    for (uptime_power, volume_quarters) in [(0, 0), (5, 2), (1, 4)] {
        let parameters = Parameters {
            uptime_power,
            volume_quarters,
            volume_floor_bps: 0,
            maker_cap_bps: 400,
            ..Parameters::INITIAL
        };
        a_week_is_paid_as_a_second_calculation_has_it(30, 20, parameters);
    }
}

/// The same with a thousand changes of every maker in every month, two million messages:
/// `cargo test --locked -p sit-engine --test makers -- --ignored`.
#[test]
#[ignore = "half a minute"]
fn two_million_changes_of_quotes_are_paid_as_a_second_calculation_has_it() {
    // Quotes that change so often and at random meet their obligations for four fifths of the time, some more, some less.
    let parameters = Parameters { uptime_floor_bps: 7_000, ..Parameters::INITIAL };
    a_week_is_paid_as_a_second_calculation_has_it(200, 10_000, parameters);
}

/// The events as lines of words, for a script.
fn told(week: &Week) -> String {
    let rules = week.programme.programme().unwrap().parameters;
    let mut lines = format!(
        "parameters {} {} {} {} {} {}\n",
        rules.uptime_floor_bps,
        rules.uptime_power,
        rules.volume_quarters,
        rules.volume_hours,
        rules.volume_floor_bps,
        rules.maker_cap_bps
    );
    for event in &week.programme.events {
        match event {
            Event::ClosingBegan { budget, .. } => lines += &format!("budget {budget}\n"),
            Event::Scored { seat, measure, .. } => {
                let Measure { score, counted, uptime, due, volume } = measure;
                lines += &format!("scored {seat} {score} {counted} {uptime} {due} {volume}\n");
            }
            _ => {}
        }
    }
    lines
}

#[test]
fn a_script_outside_the_project_recomputes_every_payout_from_events() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/makers/payouts.py");
    let mut week = Week::new(60, Parameters::INITIAL);
    let mut second = Second::new(&week);
    week.play(20, &mut second);
    week.programme.now = end_of(week.number);
    week.programme.close(week.number).unwrap();
    let run = Command::new("python3").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut run) = run else {
        eprintln!("skipped: there is no python3");
        return;
    };
    run.stdin.take().unwrap().write_all(told(&week).as_bytes()).unwrap();
    let output = run.wait_with_output().unwrap();
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).unwrap();
    let recomputed: Vec<(u32, u64)> = said
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(seat, amount)| (seat.parse().unwrap(), amount.parse().unwrap()))
        .collect();
    let rewarded = week.programme.events.iter().filter_map(|event| {
        if let Event::Rewarded { seat, amount, .. } = event { Some((*seat, *amount)) } else { None }
    });
    assert_eq!(recomputed, rewarded.collect::<Vec<_>>());
    assert_eq!(recomputed.len(), 60);
}

/// Everything that is owed can be claimed, by its owner, once it is due, and the pool holds it.
#[test]
fn the_pool_pays_what_was_allotted_and_no_more() {
    let mut week = Week::new(12, Parameters::INITIAL);
    let mut second = Second::new(&week);
    week.play(20, &mut second);
    let number = week.number;
    let programme = &mut week.programme;
    programme.now = end_of(number);
    programme.close(number).unwrap();
    let before = incentives::Clearing::incentive_pool(programme).unwrap();
    let rewarded = programme.epoch(number).unwrap().rewarded;
    programme.now = end_of(number + 3);
    let mut claimed = 0;
    for seat in 0..12 {
        claimed += programme.claim(week::owner(seat), seat).unwrap_or(0);
    }
    assert_eq!(claimed, rewarded);
    assert_eq!(incentives::Clearing::incentive_pool(programme).unwrap(), before - claimed);
    assert_eq!(programme.programme().unwrap().owed, 0);
}
