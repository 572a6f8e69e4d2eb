//! The life of a month on deployed contracts, checked where users would look: money, positions, refusals.

use sit_client::Artifact;
use sit_demo::record::Record;
use sit_demo::weights;
use sit_engine::calendar::DAY;
use sit_engine::incentives::Parameters;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// The story is played once for all tests of this file.
fn record() -> &'static Record {
    static RECORD: OnceLock<Record> = OnceLock::new();
    RECORD.get_or_init(|| weights::measure().expect("the story of the sample is told to its end"))
}

#[test]
fn the_books_balance_to_the_last_atom_after_every_message() {
    let record = record();
    let books = &record.books;
    assert!(record.messages > 300, "{} messages", record.messages);
    assert_eq!(record.audits, record.messages);
    let held = books.accounts + books.instruments + books.fund + books.incentives + books.treasury;
    assert_eq!(books.token_balance, held);
    assert_eq!(books.token_balance, books.deposits - books.withdrawals);
    assert_eq!(books.instruments, 0, "nothing is left in a settled instrument once its fees are swept");
}

#[test]
fn what_one_loses_another_wins() {
    let record = record();
    let variation: i128 = record.participants.iter().map(|person| person.variation).sum();
    assert_eq!(variation, record.waterfall.fund, "variation sums to what the fund put in");
    for person in &record.participants {
        let left = person.deposited - person.fees + person.variation + person.rewards - person.withdrawn;
        assert!((0..1_000_000).contains(&left), "{} keeps {left} atoms of dust at most", person.name);
    }
}

#[test]
fn the_jump_is_called_liquidated_and_covered() {
    let record = record();
    let said = |words: &str| record.waterfall.steps.iter().any(|(_, step, _)| step.contains(words));
    assert!(said("Margin call"), "{:?}", record.waterfall.steps);
    assert!(said("takes over"), "{:?}", record.waterfall.steps);
    assert!(record.waterfall.fund > 0, "the jump was larger than the margin");
    assert_eq!(record.waterfall.unpaid, 0, "the fund was large enough");
    assert_eq!((record.waterfall.liquidations, record.waterfall.draws), (1, 1));
    // The path of the sample has no such rise of its own, and the timeline says that it was put in.
    let scene = record.scene.as_ref().expect("a rise is put in");
    let announced = record.milestones.iter().find(|milestone| milestone.text.contains("put in because"));
    assert_eq!(announced.expect("it is announced").time / u64::from(DAY), u64::from(scene.day));
}

#[test]
fn the_hedge_locks_the_cost() {
    let hedge = &record().hedge;
    assert!(hedge.tokens_m > 0.0);
    let miss = (hedge.hedged - hedge.expected).unsigned_abs() as f64 / hedge.expected as f64;
    let open = (hedge.unhedged - hedge.expected).unsigned_abs() as f64 / hedge.expected as f64;
    assert!(miss < 0.01, "hedged cost misses the locked one by {miss}");
    assert!(open > 10.0 * miss, "without futures it would have been {open}");
}

#[test]
fn makers_are_paid_from_the_programme_and_no_more_than_its_budget() {
    let record = record();
    let rewards: i128 = record.participants.iter().map(|person| person.rewards).sum();
    let makers = record.participants.iter().filter(|person| person.role.contains("maker"));
    assert!(makers.clone().count() == 2 && makers.clone().all(|maker| maker.rewards > 0), "both makers are rewarded");
    // The budget follows the depth that is shown, within the bounds that governance has set.
    let weeks = i128::from(record.days.len() as u64 / 5 + 1);
    assert!(rewards <= weeks * i128::from(Parameters::INITIAL.most_budget));
}

/// How far a cost may be from the snapshot: another compiler makes blobs of another size, and a call pays for each
/// byte.
const TOLERANCE: f64 = 0.03;

#[test]
fn the_weight_table_is_the_committed_one() {
    let measured = weights::csv(&record().weights);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/weights.csv");
    if std::env::var_os("SIT_UPDATE_WEIGHTS").is_some() {
        std::fs::write(path, &measured).expect("the snapshot can be written");
    }
    let committed = std::fs::read_to_string(path).expect("the snapshot is committed");
    let columns = |line: &str| line.split(',').count();
    assert!(measured.lines().all(|line| columns(line) == columns(weights::HEADER)), "{measured}");
    // Every row has every figure, constructors too.
    let blank: Vec<&str> = measured.lines().filter(|line| line.split(',').any(str::is_empty)).collect();
    assert!(blank.is_empty(), "{blank:?}");
    let changed = differences(&committed, &measured);
    assert!(
        changed.is_empty(),
        "costs have changed; look at them, then run `SIT_UPDATE_WEIGHTS=1 scripts/test`:\n{}",
        changed.join("\n")
    );
}

/// Messages that came, went, touch another number of cells, or cost more or less than the tolerance allows.
fn differences(committed: &str, measured: &str) -> Vec<String> {
    let rows = |text: &str| -> BTreeMap<String, Vec<i128>> {
        let split = |line: &str| {
            let (message, figures) = line.split_once(',')?;
            Some((message.to_owned(), figures.split(',').map(|figure| figure.parse().unwrap_or(-1)).collect()))
        };
        text.lines().skip(1).filter_map(split).collect()
    };
    let (before, after) = (rows(committed), rows(measured));
    let same = |message: &String| match (before.get(message), after.get(message)) {
        (Some(before), Some(after)) => {
            let columns = ["ref_time", "proof_size", "deposit", "cells", "per_block"];
            columns.iter().zip(before.iter().zip(after)).all(|(column, (before, after))| match *column {
                "cells" => before == after,
                "per_block" => true, // follows from the first two
                _ => (before - after).unsigned_abs() as f64 <= TOLERANCE * before.unsigned_abs() as f64,
            })
        }
        _ => false,
    };
    let messages: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    messages
        .into_iter()
        .filter(|message| !same(message))
        .map(|message| format!("{message}: {:?} -> {:?}", before.get(message), after.get(message)))
        .collect()
}

#[test]
fn a_change_of_cost_is_seen() {
    let row = |text: &str| format!("{}\n{text}\n", weights::HEADER);
    let before = row("vault.deposit,1000,1000,10,3,9");
    assert!(differences(&before, &row("vault.deposit,1029,1000,10,3,8")).is_empty());
    assert_eq!(differences(&before, &row("vault.deposit,1031,1000,10,3,9")).len(), 1);
    assert_eq!(differences(&before, &row("vault.deposit,1000,1000,10,4,9")).len(), 1);
    assert_eq!(differences(&before, &row("vault.pay,1000,1000,10,3,9")).len(), 2);
}

/// `scripts/node --weights` sends them to the auditors' node and compares what they weigh there.
#[test]
fn every_message_that_the_table_has_in_a_shape_can_be_sent_signed() {
    let mut sent = weights::sent(false, None).expect("the book takes its messages");
    sent.extend(weights::sent(true, None).expect("the programme takes its messages"));
    let rows = record().weights.iter().map(|row| row.message.as_str());
    let shapes: BTreeSet<&str> = rows.filter(|row| row.contains('(')).collect();
    assert!(shapes.len() > 20, "{shapes:?}");
    let missing: Vec<&&str> = shapes.iter().filter(|row| !sent.contains(**row)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn messages_run_again_instruction_by_instruction_as_the_chain_metered_them() {
    for message in ["clearing.place (rests)", "clearing.quote (10 + 10 levels; first)"] {
        let recorded = weights::record(message).expect("the table has the message");
        // The ordinary blob has no names of functions: what is checked is the second run.
        let code = |contract: &str| Artifact::load(contract).ok().map(|artifact| artifact.code);
        let profile = recorded.recording.profile(code).unwrap_or_else(|error| panic!("{message}: {error}"));
        let row = record().weights.iter().find(|row| row.message == message).expect("a row");
        assert!(profile.metered.ref_time < row.ref_time, "what is around the contract is not metered");
        assert!(profile.instructions > 10_000, "{} instructions", profile.instructions);
        assert!(profile.not_run * 100 < profile.instructions, "{} were not run", profile.not_run);
        let (instructions, host, rest) = (profile.of_instructions(), profile.of_host(), profile.of_the_rest());
        assert_eq!(instructions + host + rest, profile.metered.ref_time);
        assert!(rest < profile.metered.ref_time / 2, "{rest} of {} have no name", profile.metered.ref_time);
        assert!(profile.host.iter().any(|function| function.name == "get_storage" && function.calls > 1));
    }
}
