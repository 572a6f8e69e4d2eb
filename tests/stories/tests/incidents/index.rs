//! What an update of the index costs, and the reporters' bonds and commitments on chain.

use crate::{START, TPI, USUAL, World, keccak};
use sit_engine::codec::Cell;
use sit_engine::oracle::{Quote, Rules, Submission, commitment_preimage};
use sit_harness::{Value, Weight, args};

/// Five batches of twelve providers and their publication take at most a tenth of what a block gives to transactions.
#[test]
fn an_update_with_five_reporters_and_twelve_providers_fits_in_an_eighth_of_a_block() {
    let mut world = World::opened(&Rules::TPI, 12);
    for day in START..START + 3 {
        world.day(day, USUAL).unwrap();
    }
    let observed = world.exchange.chain.observed();
    let row = |label: &str| observed.rows().find(|(name, _)| *name == label).map(|(_, cost)| cost.weight).unwrap();
    let (batch, publication) = (row("oracle.submit"), row("oracle.publish"));
    let update = (0..5).fold(publication, |sum: Weight, _| sum.add(batch));
    let limit = world.exchange.chain.block_limit();
    let share = |part: u64, whole: u64| part as f64 / whole as f64 * 100.0;
    println!(
        "an update: {:.2} % of a block's ref_time, {:.2} % of its proof (batch {batch}, publication {publication})",
        share(update.ref_time, limit.ref_time),
        share(update.proof_size, limit.proof_size)
    );
    assert!(update.ref_time * 8 <= limit.ref_time && update.proof_size * 8 <= limit.proof_size, "{update} of {limit}");
}

#[test]
fn a_commitment_made_off_the_chain_opens_on_it() {
    let mut world = World::live();
    let terms = Value::Tuple(args![18 * 3_600_u64, 0_u64, 0_u64, 0_u64, 0_u64, 0_u64, 0_u64]);
    world.govern("set_reporting", args![TPI, terms]);
    let today = START + 2;
    world.at(today, 13 * 3_600);
    assert_eq!(world.submit(0, today, USUAL), Err("CommitFirst".to_owned()));
    let salt = [7_u8; 32];
    let reporters = world.reporters.clone();
    for reporter in &reporters {
        let quote = Quote { input: USUAL as u32, output: USUAL as u32, volume: 1_000 };
        let mut batch = Submission {
            reporter: reporter.address.into_array(),
            day: sit_engine::calendar::Day(today),
            ..Submission::default()
        };
        batch.quotes[..5].fill(quote);
        let hash = keccak(commitment_preimage(TPI, salt, &batch).as_bytes());
        world.call(reporter, "commit", args![TPI, today, hash]).unwrap();
    }
    world.at(today, 18 * 3_600);
    assert_eq!(world.publish(today), Err("QuorumMissing".to_owned()));
    let (usual, other) = (world.batch(USUAL), world.batch(USUAL + 1));
    let lie = world.call(&reporters[0], "reveal", args![TPI, today, salt, other]);
    assert_eq!(lie.err().unwrap(), "CommitmentBroken");
    for reporter in &reporters {
        world.call(reporter, "reveal", args![TPI, today, salt, usual.clone()]).unwrap();
    }
    assert_eq!((world.publish(today), world.print_of(today)), (Ok(2), Some(USUAL)));
    let cell: Vec<u8> = world.view("cell", args![u64::from(b'R'), TPI, 0_u64, 0_u64]).unwrap();
    assert_eq!(sit_engine::oracle::Setup::from_cell(&cell).reporting.commit_until, 18 * 3_600);
}
