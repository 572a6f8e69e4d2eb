//! Receipts that are asked for a second time, and held against what was stored.
//!
//! What a block has come to never changes. Nodes have answered differently all the same: receipts were lost with an
//! upgrade of a runtime, and a node with a broken database says what it has. So they are asked for again:
//!
//! ```text
//! blocks that have SETTLED others above them    as they come to stand that deep
//! all blocks of the past                        one with each new block, from the first on and round again
//! ```
//!
//! A difference is an alarm and never a correction: the tables keep what the node said first, which its logs, its
//! receipts and the block's filter agreed on. Receipts that are not there any more are an alarm for a block that can
//! still be taken back, which every node has; older ones a node may have dropped.

use std::collections::BTreeSet;

use sit_engine::chain::Hash;

use crate::follow::FollowError;
use crate::source::{Block, Log, Receipt, SETTLED, Source};
use crate::store::{StoreError, Tip, UNDO_DEPTH, Writer};

/// Blocks that have just settled and are asked for at once; of more, after a long time of silence, the rest comes by
/// turns.
const AT_ONCE: usize = 4;

/// Which blocks have been asked for again since the program began.
#[derive(Debug, Default)]
pub struct Again {
    /// The newest that had settled; `None` before the first look.
    settled: Option<u64>,
    /// The last one that had its turn.
    turn: Option<u64>,
}

impl Again {
    /// Blocks above this one have been taken back.
    pub fn back_to(&mut self, number: u64) {
        self.settled = self.settled.map(|settled| settled.min(number));
    }

    /// Asks for what is due again after a new block.
    ///
    /// # Errors
    /// [`FollowError`]; where the node does not answer, it is asked for the same with the next block.
    pub fn look<S: Source + ?Sized>(&mut self, source: &mut S, writer: &Writer, tip: &Tip) -> Result<(), FollowError> {
        let Some(top) = tip.number.checked_sub(SETTLED) else { return Ok(()) };
        let mut settled = self.settled.unwrap_or(top);
        for _ in 0..AT_ONCE {
            let Some(number) = writer.busy_above(settled, top)? else { break };
            ask(source, writer, tip, number)?;
            settled = number;
            self.settled = Some(settled);
        }
        self.settled = Some(top.max(settled));
        let above = match self.turn {
            Some(turn) => writer.busy_above(turn, top)?,
            None => None,
        };
        let first = || writer.busy_above(0, top);
        let Some(number) = above.map_or_else(first, |number| Ok(Some(number)))? else { return Ok(()) };
        ask(source, writer, tip, number)?;
        self.turn = Some(number);
        Ok(())
    }
}

fn ask<S: Source + ?Sized>(source: &mut S, writer: &Writer, tip: &Tip, number: u64) -> Result<(), FollowError> {
    let Some(told) = writer.told(number)? else { return Ok(()) };
    let hash = told.header.hash;
    let now = source.receipts(&[hash])?.pop().unwrap_or_default();
    let differs = if now.is_empty() {
        // Of a block that has been replaced there is nothing; the next step finds that out.
        let there = source.hash_of(number)? == Some(hash);
        let young = number + UNDO_DEPTH > tip.number;
        (there && young).then(|| "no receipts come".to_owned())
    } else {
        let of: BTreeSet<_> = writer.identity().addresses().into_iter().collect();
        difference(&told, &now, |log| of.contains(&log.address))
    };
    if let Some(differs) = differs {
        alarm(writer, number, hash, &differs)?;
    }
    Ok(())
}

fn alarm(writer: &Writer, number: u64, hash: Hash, differs: &str) -> Result<(), StoreError> {
    let message = format!(
        "asked for again, the node says something else of this block than before: {differs}. The tables keep what it said \
         first; compare with another node"
    );
    writer.alarm(number, hash, "receipts", &message)
}

/// The first thing that differs between what was told of a block and its receipts now.
fn difference(told: &Block, now: &[Receipt], ours: impl Fn(&&Log) -> bool) -> Option<String> {
    for before in &told.included {
        let position = before.position;
        let Some(receipt) = now.get(position as usize) else {
            return Some(format!("there was a transaction {position}, and {} receipts come", now.len()));
        };
        let was = &before.receipt;
        if receipt.transaction != was.transaction {
            return Some(format!("receipt {position} is of another transaction"));
        }
        if receipt.succeeded != was.succeeded {
            let word = |done: bool| if done { "was done" } else { "failed" };
            return Some(format!(
                "transaction {position} {}, and now it {}",
                word(was.succeeded),
                word(receipt.succeeded)
            ));
        }
        if (receipt.gas_used, receipt.gas_price) != (was.gas_used, was.gas_price) {
            return Some(format!(
                "transaction {position} took {} gas at {} wei, and now {} at {}",
                was.gas_used, was.gas_price, receipt.gas_used, receipt.gas_price
            ));
        }
    }
    let logs: Vec<&Log> = now.iter().flat_map(|receipt| &receipt.logs).filter(ours).collect();
    if logs.len() != told.logs.len() {
        return Some(format!("it had {} logs of the exchange, and now {}", told.logs.len(), logs.len()));
    }
    let other = told.logs.iter().zip(logs).find(|(was, log)| *was != *log);
    other.map(|(was, _)| format!("log {} has other contents", was.index))
}
