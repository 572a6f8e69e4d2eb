//! Where blocks come from, and how they are held to what they say of themselves.
//!
//! A [`Source`] answers single questions, as a node does; [`blocks`] makes whole blocks of its answers. The same way
//! for history and for the newest block, and nothing is taken on trust: headers must chain, logs must be of the
//! headers' hashes, the bloom of a block must admit each of its logs, and the receipts must have the same logs. A
//! source that contradicts itself (another block by now, half an answer) is asked again and never believed.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use alloy_core::primitives::{Bloom, BloomInput};
use sit_engine::chain::{Address, Hash};

/// Blocks above one that is rarely replaced by then: it is asked for again, and where a source does not say what is
/// final, it counts as that.
pub const SETTLED: u64 = 16;

/// Why a source did not answer, or not with something that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// It cannot be reached, or failed.
    #[error("the node does not answer: {0}")]
    Unreachable(String),
    /// It refuses so much at once: fewer blocks may pass.
    #[error("the node refuses the question as too large: {0}")]
    TooLarge(String),
    /// Its answers do not fit together. Asking again helps where the chain has just changed.
    #[error("the node contradicts itself: {0}")]
    Inconsistent(String),
}

/// A block's header, as far as the index needs it, with its transactions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: Hash,
    /// The hash of the block before it.
    pub parent: Hash,
    /// Its time in Unix seconds, as contracts see it.
    pub time: u64,
    /// The bloom filter of its logs.
    pub bloom: Box<[u8; 256]>,
    /// Its transactions in order.
    pub transactions: Vec<Transaction>,
}

/// A transaction as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// Its hash.
    pub hash: Hash,
    /// Who sent it.
    pub sender: Address,
    /// To whom; `None` for a deployment.
    pub to: Option<Address>,
    /// Calldata.
    pub input: Vec<u8>,
    /// Wei sent along.
    pub value: u128,
}

/// What became of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The transaction.
    pub transaction: Hash,
    /// Whether it was done.
    pub succeeded: bool,
    /// Gas used.
    pub gas_used: u128,
    /// Wei for one gas.
    pub gas_price: u128,
    /// Its logs, of all contracts.
    pub logs: Vec<Log>,
}

/// A log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// The block's hash.
    pub block: Hash,
    /// The block's number.
    pub number: u64,
    /// Its index in the block.
    pub index: u32,
    /// Position of its transaction in the block.
    pub position: u32,
    /// The contract.
    pub address: Address,
    /// Its topics.
    pub topics: Vec<[u8; 32]>,
    /// What is not indexed.
    pub data: Vec<u8>,
}

/// A chain, asked piece by piece. Every answer may be of another moment than the one before.
pub trait Source {
    /// The chain's number.
    ///
    /// # Errors
    /// [`SourceError::Unreachable`].
    fn chain_id(&mut self) -> Result<u64, SourceError>;

    /// The newest block, without its transactions.
    ///
    /// # Errors
    /// [`SourceError::Unreachable`].
    fn head(&mut self) -> Result<Header, SourceError>;

    /// Number and hash of the newest block that is final: it stays, and so do those before it. `None` where the source
    /// has no such block.
    ///
    /// # Errors
    /// [`SourceError`], of one that does not know what is final above all.
    fn final_block(&mut self) -> Result<Option<(u64, Hash)>, SourceError>;

    /// Hash of the block with a number, or `None` when the source has none of it.
    ///
    /// # Errors
    /// [`SourceError::Unreachable`].
    fn hash_of(&mut self, number: u64) -> Result<Option<Hash>, SourceError>;

    /// The blocks of a range with their transactions; those that there are.
    ///
    /// # Errors
    /// [`SourceError::Unreachable`], [`SourceError::TooLarge`].
    fn headers(&mut self, range: RangeInclusive<u64>) -> Result<Vec<Header>, SourceError>;

    /// The logs of contracts in a range of blocks, in order.
    ///
    /// # Errors
    /// [`SourceError::Unreachable`], [`SourceError::TooLarge`].
    fn logs(&mut self, range: RangeInclusive<u64>, of: &[Address]) -> Result<Vec<Log>, SourceError>;

    /// The logs of contracts in the block with this hash, in order.
    ///
    /// # Errors
    /// [`SourceError::Unreachable`], [`SourceError::TooLarge`].
    fn logs_of(&mut self, block: Hash, of: &[Address]) -> Result<Vec<Log>, SourceError>;

    /// The receipts of blocks, each in the order of the transactions; an empty list for a block that the source does
    /// not know.
    ///
    /// # Errors
    /// [`SourceError::Unreachable`], [`SourceError::TooLarge`].
    fn receipts(&mut self, blocks: &[Hash]) -> Result<Vec<Vec<Receipt>>, SourceError>;

    /// Calls at the state of one block: what each returned. A call that reverts makes the whole fail.
    ///
    /// # Errors
    /// [`SourceError::Unreachable`], [`SourceError::Inconsistent`] for a block that is gone.
    fn call(&mut self, block: Hash, calls: &[(Address, Vec<u8>)]) -> Result<Vec<Vec<u8>>, SourceError>;
}

impl<S: Source + ?Sized> Source for Box<S> {
    fn chain_id(&mut self) -> Result<u64, SourceError> {
        (**self).chain_id()
    }
    fn head(&mut self) -> Result<Header, SourceError> {
        (**self).head()
    }
    fn final_block(&mut self) -> Result<Option<(u64, Hash)>, SourceError> {
        (**self).final_block()
    }
    fn hash_of(&mut self, number: u64) -> Result<Option<Hash>, SourceError> {
        (**self).hash_of(number)
    }
    fn headers(&mut self, range: RangeInclusive<u64>) -> Result<Vec<Header>, SourceError> {
        (**self).headers(range)
    }
    fn logs(&mut self, range: RangeInclusive<u64>, of: &[Address]) -> Result<Vec<Log>, SourceError> {
        (**self).logs(range, of)
    }
    fn logs_of(&mut self, block: Hash, of: &[Address]) -> Result<Vec<Log>, SourceError> {
        (**self).logs_of(block, of)
    }
    fn receipts(&mut self, blocks: &[Hash]) -> Result<Vec<Vec<Receipt>>, SourceError> {
        (**self).receipts(blocks)
    }
    fn call(&mut self, block: Hash, calls: &[(Address, Vec<u8>)]) -> Result<Vec<Vec<u8>>, SourceError> {
        (**self).call(block, calls)
    }
}

/// A transaction that concerns the exchange: sent to one of its contracts, or with a log of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Included {
    /// Its position in the block.
    pub position: u32,
    /// As it was sent.
    pub transaction: Transaction,
    /// What became of it.
    pub receipt: Receipt,
}

/// A whole block, held to what it says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Its header.
    pub header: Header,
    /// Transactions that concern the exchange.
    pub included: Vec<Included>,
    /// Logs of the exchange's contracts, in order.
    pub logs: Vec<Log>,
}

/// The blocks of a range, complete and checked. Fewer when the source has fewer.
///
/// # Errors
/// Those of the source, and [`SourceError::Inconsistent`] when its answers do not fit together.
pub fn blocks<S: Source + ?Sized>(
    source: &mut S,
    range: RangeInclusive<u64>,
    of: &[Address],
) -> Result<Vec<Block>, SourceError> {
    let headers = source.headers(range.clone())?;
    for (header, number) in headers.iter().zip(range.clone()) {
        if header.number != number {
            return Err(inconsistent(format!("block {number} was asked for, and {} came", header.number)));
        }
    }
    for pair in headers.windows(2) {
        if let [one, next] = pair
            && next.parent != one.hash
        {
            return Err(inconsistent(format!("block {} is not the child of block {}", next.number, one.number)));
        }
    }
    // A block of its own is asked for by its hash, so that nothing of another block with its number can come; in a
    // range each log's hash is compared.
    let logs = match headers.as_slice() {
        [] => return Ok(Vec::new()),
        [one] => source.logs_of(one.hash, of)?,
        [first, .., last] => source.logs(first.number..=last.number, of)?,
    };
    let mut by_block: BTreeMap<u64, Vec<Log>> = BTreeMap::new();
    for log in logs {
        by_block.entry(log.number).or_default().push(log);
    }
    let concerned = |header: &Header, logs: &[Log]| -> BTreeSet<u32> {
        let sent = header.transactions.iter().zip(0_u32..);
        let sent = sent.filter(|(transaction, _)| transaction.to.is_some_and(|to| of.contains(&to)));
        sent.map(|(_, position)| position).chain(logs.iter().map(|log| log.position)).collect()
    };
    let mut parts = Vec::with_capacity(headers.len());
    for header in headers {
        let logs = by_block.remove(&header.number).unwrap_or_default();
        check_logs(&header, &logs, of)?;
        let positions = concerned(&header, &logs);
        // Where the filter admits a contract without a log of it, the receipts say whether one was kept back.
        let asked = !positions.is_empty() || (!header.transactions.is_empty() && may_have_logs(&header, of));
        parts.push((positions, asked, Block { header, included: Vec::new(), logs }));
    }
    if let Some(number) = by_block.keys().next() {
        return Err(inconsistent(format!("logs of block {number} came, which is none of the range")));
    }
    let asked: Vec<Hash> = parts.iter().filter(|(_, asked, _)| *asked).map(|(_, _, block)| block.header.hash).collect();
    let mut receipts = if asked.is_empty() { Vec::new() } else { source.receipts(&asked)? }.into_iter();
    for (positions, _, block) in parts.iter_mut().filter(|(_, asked, _)| *asked) {
        let receipts = receipts.next().ok_or_else(|| inconsistent("receipts of a block are missing".to_owned()))?;
        include(block, positions, receipts, of)?;
    }
    Ok(parts.into_iter().map(|(_, _, block)| block).collect())
}

fn inconsistent(why: String) -> SourceError {
    SourceError::Inconsistent(why)
}

/// Logs must be of the block, rise in their index, and be admitted by its bloom filter. Whether some are
/// missing the receipts decide ([`include`]).
fn check_logs(header: &Header, logs: &[Log], of: &[Address]) -> Result<(), SourceError> {
    let number = header.number;
    let bloom = Bloom::from(*header.bloom);
    for log in logs {
        if log.block != header.hash {
            return Err(inconsistent(format!("a log of block {number} is of another block with that number")));
        }
        if !of.contains(&log.address) {
            return Err(inconsistent(format!("a log of block {number} is of a contract that was not asked for")));
        }
        let admitted = |bytes: &[u8]| bloom.contains_input(BloomInput::Raw(bytes));
        if !admitted(&log.address) || !log.topics.iter().all(|topic| admitted(topic)) {
            return Err(inconsistent(format!("the bloom of block {number} does not have log {}", log.index)));
        }
    }
    if !logs.is_sorted_by(|one, next| one.index < next.index) {
        return Err(inconsistent(format!("the logs of block {number} are out of order")));
    }
    Ok(())
}

/// Whether a block's filter says that a contract has emitted in it.
#[must_use]
pub fn may_have_logs(header: &Header, of: &[Address]) -> bool {
    let bloom = Bloom::from(*header.bloom);
    of.iter().any(|address| bloom.contains_input(BloomInput::Raw(address)))
}

fn include(
    block: &mut Block,
    positions: &BTreeSet<u32>,
    receipts: Vec<Receipt>,
    of: &[Address],
) -> Result<(), SourceError> {
    let number = block.header.number;
    let sent = &block.header.transactions;
    if receipts.len() != sent.len() {
        let (have, want) = (receipts.len(), sent.len());
        return Err(inconsistent(format!("block {number} has {want} transactions, and {have} receipts came")));
    }
    let told: Vec<&Log> =
        receipts.iter().flat_map(|receipt| &receipt.logs).filter(|log| of.contains(&log.address)).collect();
    if told.len() != block.logs.len() || told.iter().zip(&block.logs).any(|(one, other)| *one != other) {
        let (have, want) = (block.logs.len(), told.len());
        return Err(inconsistent(format!(
            "the receipts of block {number} have {want} logs, and {have} other logs came"
        )));
    }
    for ((transaction, receipt), position) in sent.iter().zip(receipts).zip(0_u32..) {
        if receipt.transaction != transaction.hash {
            return Err(inconsistent(format!("receipt {position} of block {number} is of another transaction")));
        }
        if positions.contains(&position) {
            block.included.push(Included { position, transaction: transaction.clone(), receipt });
        }
    }
    Ok(())
}
