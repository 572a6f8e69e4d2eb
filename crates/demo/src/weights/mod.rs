//! The weight table: what each message costs, worst seen, in the story, on a book of known shape and in a week of
//! makers. The messages of the book and of that week are also sent, signed, to a development chain and to a node that
//! follows it, which weighs them as a node does.

mod book;
mod field;
mod profile;
mod programme;

pub use profile::{Recorded, record};

use crate::lifecycle::{Plan, Ready, ready};
use crate::record::{Record, WeightRow};
use anyhow::Result;
use sit_devnet::elsewhere::Elsewhere;
use sit_sim::history::History;
use std::collections::BTreeSet;
use std::fmt::Write;

/// Header of the comma-separated table.
pub const HEADER: &str = "message,ref_time,proof_size,deposit,cells,per_block,\
    ethereum_ref_time,ethereum_proof_size,ethereum_per_block,ethereum_per_block_by_time,recorded_nodes,recorded_code,\
    hub_ref_time,hub_proof_size,hub_per_block";

/// Paths of the margin simulation: enough for a story whose costs do not depend on them.
const PATHS: u64 = 1 << 17;

/// Plays the story on the generated sample and returns its record, with the rows of the book among its weights.
///
/// # Errors
/// Those of the story and of the book.
pub fn measure() -> Result<Record> {
    let mut record = story()?.measured().tell(|_| {})?;
    for costs in [book::costs()?, programme::costs()?] {
        record.weights.extend(WeightRow::all(&costs));
    }
    record.weights.sort_by(|one, other| one.message.cmp(&other.message));
    Ok(record)
}

/// Sends what [`measure`] sends on its book, or in its week of makers, to a development chain, and has a node follow
/// it. Returns the rows of the table that were sent.
///
/// # Errors
/// A contract is not built, or refuses, or the node does not do what happens here.
pub fn sent(of_the_programme: bool, there: Option<&mut Elsewhere>) -> Result<BTreeSet<String>> {
    if of_the_programme { programme::on_a_chain(there) } else { book::on_a_chain(there) }
}

/// The story on the generated sample.
fn story() -> Result<Ready> {
    let history = History::sample(1);
    ready(&Plan { history: &history, name: "the sample", generated: true, seed: 1, paths: PATHS, progress: &|_| {} })
}

/// The table as comma-separated text: picoseconds, bytes, planck, cells, calls of a Polkadot Hub block; then time,
/// proof and calls as Ethereum transactions, by both dimensions and by time alone; then the proof that was really
/// recorded; then time, proof and calls by the Hub's own weights.
#[must_use]
pub fn csv(rows: &[WeightRow]) -> String {
    let mut text = format!("{HEADER}\n");
    for row in rows {
        let WeightRow { message, ref_time, proof_size, deposit, cells, per_block, ethereum } = row;
        let known = |bytes: Option<u64>| bytes.map_or_else(String::new, |bytes| bytes.to_string());
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "{message},{ref_time},{proof_size},{deposit},{cells},{per_block},{},{},{},{},{},{},{},{},{}",
            ethereum.ref_time,
            ethereum.proof_size,
            ethereum.per_block,
            ethereum.per_block_by_time,
            known(ethereum.recorded_nodes),
            known(ethereum.recorded_code),
            known(ethereum.hub_ref_time),
            known(ethereum.hub_proof_size),
            known(ethereum.hub_per_block)
        );
    }
    text
}
