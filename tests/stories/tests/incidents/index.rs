//! What an update of the index costs, and the reporters' bonds and commitments on chain.

use crate::{START, TPI, USUAL, World, keccak};
use sit_client::Signer;
use sit_devnet::{Account, Weight};
use sit_engine::calendar::Day;
use sit_engine::oracle::validity::Validity;
use sit_engine::oracle::{Quote, Reporting, Rules, Submission, commitment_preimage};
use sit_native::{Message, stored};

/// What the five batches of a day and their publication cost together.
fn update(world: &mut World, day: u32, class: Validity) -> Weight {
    world.at(day, 15 * 3_600);
    let mut messages: Vec<(Account, Message)> = Vec::new();
    for reporter in world.reporters.clone() {
        messages.push((reporter, world.submission(day, USUAL)));
    }
    messages.push((world.anyone(), Message::Publish { index: TPI, day: Day(day) }));
    let costs = messages.into_iter().map(|(who, message)| {
        let done = world.call(&who, &message).unwrap();
        let name = message.name();
        assert!(name == "submit" || done.answer::<Validity>().unwrap() == class);
        println!("{name}: {}", done.cost.weight);
        done.cost.weight
    });
    costs.fold(Weight::default(), Weight::add)
}

/// Five batches of twelve providers and their publication take at most a tenth of what a block gives to transactions,
/// also on a day that confirms the one before it, whose batches are looked up again.
#[test]
fn an_update_with_five_reporters_and_twelve_providers_takes_little_more_than_a_tenth_of_a_block() {
    let mut world = World::opened(&Rules::TPI, 12);
    let limit = world.exchange.chain.block_limit();
    let share = |part: u64, whole: u64| part as f64 / whole as f64 * 100.0;
    for (day, class, what) in [
        (START, Validity::NeedsConfirmation, "waits for confirmation"),
        (START + 1, Validity::Valid, "confirms the day before"),
        (START + 2, Validity::Valid, "is usual"),
    ] {
        let update = update(&mut world, day, class);
        println!(
            "an update that {what}: {:.2} % of a block's ref_time, {:.2} % of its proof ({update})",
            share(update.ref_time, limit.ref_time),
            share(update.proof_size, limit.proof_size)
        );
        assert!(
            update.ref_time * 1_000 <= limit.ref_time * MOST && update.proof_size * 1_000 <= limit.proof_size * MOST,
            "{update} of {limit}"
        );
    }
}

/// The part of a block that an update may take, in thousandths. A tenth is wanted; five submissions load the oracle's
/// code of 61 kB five times, and what is left to save is that.
const MOST: u64 = 108;

#[test]
fn a_commitment_made_off_the_chain_opens_on_it() {
    let mut world = World::live();
    let terms = Reporting { commit_until: 12 * 3_600 + 2_700, ..Reporting::default() };
    world.govern(&Message::SetReporting { index: TPI, terms });
    let today = START + 2;
    world.at(today, 12 * 3_600 + 60);
    assert_eq!(world.submit(0, today, USUAL), Err("CommitFirst".to_owned()));
    let salt = [7_u8; 32];
    let reporters = world.reporters.clone();
    for reporter in &reporters {
        let quote = Quote { input: USUAL as u32, output: USUAL as u32, volume: 1_000 };
        let mut batch = Submission { reporter: reporter.address(), day: Day(today), ..Submission::default() };
        batch.quotes[..5].fill(quote);
        let commitment = keccak(commitment_preimage(TPI, salt, &batch).as_bytes());
        world.call(reporter, &Message::Commit { index: TPI, day: Day(today), commitment }).unwrap();
    }
    world.at(today, 12 * 3_600 + 2_700);
    assert_eq!(world.publish(today), Err("QuorumMissing".to_owned()));
    let (usual, other) = (world.batch(USUAL), world.batch(USUAL + 1));
    let reveal = |batch| Message::Reveal { index: TPI, day: Day(today), salt, batch };
    let lie = world.call(&reporters[0], &reveal(other));
    assert_eq!(lie.err().unwrap(), "CommitmentBroken");
    for reporter in &reporters {
        world.call(reporter, &reveal(usual.clone())).unwrap();
    }
    assert_eq!((world.publish(today), world.print_of(today)), (Ok(Validity::Valid), Some(USUAL)));
    let setup = world.exchange.client().oracle_cell(&stored::setup(TPI)).unwrap().unwrap();
    assert_eq!(setup.reporting.commit_until, 12 * 3_600 + 2_700);
}
