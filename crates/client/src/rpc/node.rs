//! A node as a transport: what a key signs becomes an EIP-1559 transaction, and waits for its receipt.
//!
//! A transaction has two halves, [`Node::submit`] and [`Node::wait`], so that many of one key can be on their way at
//! once; [`Transport::send`] is both. Each is written to the key's [`Journal`] before a node sees it.

use std::{
    collections::BTreeMap,
    ops::RangeInclusive,
    path::PathBuf,
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_core::primitives::{Address as Hex, Bytes, TxKind, keccak256};
use alloy_eips::eip2718::Encodable2718;
use serde_json::{Value, json};
use sit_engine::chain::{Address, Hash};

use super::{
    BlockId, Entry, Journal, JournalError, Key, KeyError, Receipt, Rpc, RpcError, State,
    hex::to_hex,
    http::{bytes, malformed, quantity, wide},
};
use crate::{
    Artifact, Signer, Transport,
    transport::{Head, Log, Mined, Outcome},
};

/// The wait between two looks for a receipt.
const POLL: Duration = Duration::from_millis(50);

/// What an estimate is raised by, in percent: the state may move before a block has the transaction, and gas that is
/// not used is not paid.
const MARGIN_PERCENT: u64 = 25;

/// How often a transaction is signed anew because its number was taken meanwhile.
const RENUMBERED: u32 = 8;

/// Looks after which a transaction whose number is used, and of which no receipt is found, counts as outrun: behind one
/// address there may be several nodes, of which one counts and another has the receipt a moment later.
const LOOKS: u32 = 5;

/// Blocks of one question about logs at most.
const LOGS_AT_ONCE: u64 = 2_000;

/// How long a lower number may stay unused before it is filled with a transaction that does nothing.
const GAP: Duration = Duration::from_secs(2);

/// The id of development chains. They have one node: it is never behind itself, may go back when it is told to, and its
/// word does for where the exchange is. Keys that everybody knows may sign there.
pub const DEVELOPMENT_CHAIN: u64 = 420_420_420;

/// Seconds by which the newest block of a chain that keeps this machine's time may be off: fifty blocks of the Hub.
const OFF_CLOCK: i64 = 300;

/// Wei of a planck: the coin has 18 decimals for Ethereum's clients and ten on the chain.
pub const WEI_PER_PLANCK: u128 = 100_000_000;

/// The least that an account has on Polkadot Hub, 0.01 DOT, in wei.
const EXISTENTIAL: u128 = 10_000_000_000_000_000;

/// What a transaction cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Paid {
    /// The transaction; zero for one that was not sent, since the node foresaw its refusal.
    pub transaction: Hash,
    /// Units of gas, deposits for storage among them.
    pub gas: u64,
    /// What a unit cost, in wei.
    pub gas_price: u128,
}

impl Paid {
    /// What was paid in wei, 10^-18 of the chain's coin.
    #[must_use]
    pub fn wei(&self) -> u128 {
        self.gas_price.saturating_mul(self.gas.into())
    }

    /// What was paid in planck, 10^-10 DOT, rounded up. The receipt does not tell the refundable deposit in it apart.
    #[must_use]
    pub fn planck(&self) -> u128 {
        self.wei().div_ceil(WEI_PER_PLANCK)
    }
}

/// Why a transaction was not done, as far as it is known.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The node did not answer or refused.
    #[error(transparent)]
    Rpc(#[from] RpcError),
    /// The key did not sign.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The journal cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// It was sent and no block has it yet.
    #[error(
        "the transaction {} was sent and no block has it after {seconds} s: it may still be done; look for its receipt before \
         you send it again",
        to_hex(transaction)
    )]
    NoReceipt {
        /// The transaction.
        transaction: Hash,
        /// How long was waited.
        seconds: u64,
    },
    /// It was sent, and the node refuses to say what became of it.
    #[error(
        "the transaction {} was sent, and the node does not say what became of it ({why}): it may still be done; look for its \
         receipt before you send it again",
        to_hex(transaction)
    )]
    Unwatched {
        /// The transaction.
        transaction: Hash,
        /// What the node says.
        why: RpcError,
    },
    /// Another transaction of the key has its number.
    #[error(
        "the transaction {} cannot be done any more: another one of this key has its number {nonce}; is a second program \
         sending with the key?",
        to_hex(transaction)
    )]
    Replaced {
        /// The transaction.
        transaction: Hash,
        /// Its number.
        nonce: u64,
    },
    /// The account cannot pay for the gas.
    #[error(
        "{} has {} DOT, and the transaction needs up to {} DOT for gas and deposits: send it some. Nothing was signed",
        Hex::from(*.address),
        dot(*.has),
        dot(*.needs)
    )]
    TooLittle {
        /// Who was to pay.
        address: Address,
        /// What they have, in wei.
        has: u128,
        /// What the transaction may cost at most, in wei.
        needs: u128,
    },
    /// The node does not know yet what the chain has done already.
    #[error(
        "the node is at block {head} and this key had a transaction in block {seen}: it is behind, or the chain went back. \
         Nothing was signed; ask another node, or wait"
    )]
    Behind {
        /// The node's newest block.
        head: u64,
        /// The block of the key's newest transaction.
        seen: u64,
    },
    /// The newest block is of another time than this machine's.
    #[error(
        "the newest block of {url} is {} s {} by this machine's clock: the node is {}, or the clock is wrong. Ask another \
         node, or set the clock. Nothing was signed",
        age.unsigned_abs(),
        if *age > 0 { "old" } else { "ahead" },
        if *age > 0 { "behind" } else { "ahead" }
    )]
    OffClock {
        /// The endpoint, as a log may have it.
        url: String,
        /// Seconds that the block is old; below zero where it is ahead.
        age: i64,
    },
    /// A deployment left no contract.
    #[error("the transaction {} was to deploy a contract, and its receipt names none", to_hex(.0))]
    NoContract(Hash),
}

/// A transaction on its way.
#[derive(Clone, Debug)]
pub struct Ticket {
    key: Key,
    to: Option<Address>,
    input: Vec<u8>,
    gas: u64,
    id: u64,
}

/// A transaction that is to be sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Intended {
    /// To whom; `None` deploys.
    pub to: Option<Address>,
    /// Calldata, or code with the constructor's.
    pub input: Vec<u8>,
    /// What it is for, in words for the journal.
    pub intent: String,
}

/// What a key has to send with: the next number by the node, the highest price of a unit of gas, and its wei.
#[derive(Clone, Copy)]
struct Purse {
    pending: u64,
    price: u128,
    has: u128,
}

/// What came of a submission.
#[derive(Clone, Debug)]
pub enum Submitted {
    /// It is on its way.
    Sent(Ticket),
    /// It was not sent: the node foresees that the contract reverts with these bytes.
    Reverts(Vec<u8>),
}

/// A node.
#[derive(Debug)]
pub struct Node {
    /// The endpoint.
    pub rpc: Rpc,
    /// How long a transaction is waited for.
    pub patience: Duration,
    /// After how long one that waits is offered a higher price.
    pub reprice_after: Duration,
    /// How many blocks must follow a transaction's block before it counts as done; none by default. Until then a
    /// reorganisation that takes it back is made good by sending the same bytes again.
    pub confirmations: u64,
    /// Whether a look at the newest block fails where that block is of another time ([`Node::keeps_time`]). For
    /// programs that go on by themselves: their prices, their deadlines and the day that their budget is of follow from
    /// it. Others may look at such a node.
    pub only_on_time: bool,
    chain: u64,
    genesis: Hash,
    folder: Option<PathBuf>,
    journals: BTreeMap<Address, Journal>,
    given_up: Vec<Entry>,
    pinned: Option<u64>,
}

impl Node {
    /// The node at an endpoint.
    ///
    /// # Errors
    /// [`RpcError`] when it does not say which chain it is on.
    pub fn new(mut rpc: Rpc) -> Result<Self, RpcError> {
        let chain = rpc.chain_id()?;
        let missing = || malformed("eth_getBlockByNumber", "the first block", &Value::Null);
        let genesis = rpc.block(BlockId::Number(0))?.ok_or_else(missing)?.hash;
        Ok(Self::of_chain(rpc, chain, genesis))
    }

    /// The node at an endpoint that has been asked already which chain it is on: its id, and the hash of its block 0.
    #[must_use]
    pub fn of_chain(rpc: Rpc, chain: u64, genesis: Hash) -> Self {
        Self {
            rpc,
            patience: Duration::from_secs(60),
            reprice_after: Duration::from_secs(20),
            confirmations: 0,
            only_on_time: false,
            chain,
            genesis,
            folder: None,
            journals: BTreeMap::new(),
            given_up: Vec::new(),
            pinned: None,
        }
    }

    /// Keeps the journals of keys in a folder, so that a break forgets nothing.
    #[must_use]
    pub fn with_journals(mut self, folder: PathBuf) -> Self {
        self.folder = Some(folder);
        self
    }

    /// The id of its chain.
    #[must_use]
    pub fn chain_id(&self) -> u64 {
        self.chain
    }

    /// The hash of its chain's block 0.
    #[must_use]
    pub fn genesis(&self) -> Hash {
        self.genesis
    }

    /// By how many seconds this machine's clock is beyond a block; below zero where the block is ahead.
    #[must_use]
    pub fn age(head: Head) -> i64 {
        let machine = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        machine.cast_signed().saturating_sub(head.time.cast_signed())
    }

    /// Refuses a newest block that is minutes older or newer than this machine's clock: book, margin and deadlines are
    /// of that time, and a node that is behind may say that it is up to date. A development chain has a time of its
    /// own.
    ///
    /// # Errors
    /// [`NodeError::OffClock`].
    pub fn keeps_time(&self, head: Head) -> Result<(), NodeError> {
        let age = Self::age(head);
        if self.chain == DEVELOPMENT_CHAIN || (-OFF_CLOCK..=OFF_CLOCK).contains(&age) {
            return Ok(());
        }
        Err(NodeError::OffClock { url: self.rpc.url().to_owned(), age })
    }

    /// The newest block, where it is of a time that counts.
    fn newest(&mut self) -> Result<Head, NodeError> {
        let head = self.rpc.head()?;
        if self.only_on_time {
            self.keeps_time(head)?;
        }
        Ok(head)
    }

    /// What was signed and is not done: lost before a break, outrun by another transaction with its number, or taken
    /// back by a reorganisation after it was done. None is sent again, since nobody knows whether it is still wanted.
    /// Each is told once.
    pub fn given_up(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.given_up)
    }

    /// The journal of a key, opened and compared with the chain when it is first needed.
    ///
    /// # Errors
    /// [`NodeError`].
    pub fn journal(&mut self, address: Address) -> Result<&mut Journal, NodeError> {
        if !self.journals.contains_key(&address) {
            let journal = match &self.folder {
                Some(folder) => Journal::open(folder, self.chain, self.genesis, address)?,
                None => Journal::in_memory(),
            };
            self.journals.insert(address, journal);
            self.recover(address)?;
        }
        Ok(self.journals.entry(address).or_insert_with(Journal::in_memory))
    }

    /// Brings the journal of a key up to date: what a block has is done, what lost its number is dropped, and what no
    /// node knows is given up.
    fn recover(&mut self, address: Address) -> Result<(), NodeError> {
        let open = self.journals.get(&address).map(Journal::open_entries).unwrap_or_default();
        if open.is_empty() {
            return Ok(());
        }
        let count = self.rpc.transaction_count(address, false)?;
        for entry in open {
            let mut receipt = self.found(&entry)?;
            for _ in 1..LOOKS {
                if receipt.is_some() || entry.nonce >= count {
                    break;
                }
                thread::sleep(POLL);
                receipt = self.found(&entry)?;
            }
            let state = match receipt {
                Some(receipt) => State::Done { block: receipt.block, succeeded: receipt.succeeded },
                None if entry.nonce >= count && self.is_known(&entry)? => continue,
                None => State::Dropped,
            };
            self.end(address, &entry, state)?;
        }
        Ok(())
    }

    /// Notes how an entry ended; one that is not done is told by [`Node::given_up`].
    fn end(&mut self, address: Address, entry: &Entry, state: State) -> Result<(), JournalError> {
        if state == State::Dropped {
            self.given_up.push(entry.clone());
        }
        self.journals.get_mut(&address).map_or(Ok(()), |journal| journal.set(entry.id, state))
    }

    /// Where the chain counts fewer transactions of a key than it has done, it went back or the node is behind. Returns
    /// the next number by all that is known.
    fn gone_back(&mut self, address: Address, next: u64) -> Result<u64, NodeError> {
        let done: Vec<(Entry, u64)> = self
            .journal(address)?
            .entries()
            .filter(|entry| entry.nonce >= next)
            .filter_map(
                |entry| if let State::Done { block, .. } = entry.state { Some((entry.clone(), block)) } else { None },
            )
            .collect();
        let Some(seen) = done.iter().map(|(_, block)| *block).max() else { return Ok(next) };
        let head = self.rpc.head()?.number;
        if head < seen && self.chain != DEVELOPMENT_CHAIN {
            return Err(NodeError::Behind { head, seen });
        }
        let mut next = next;
        for (entry, _) in done {
            if self.found(&entry)?.is_some() {
                next = next.max(entry.nonce.saturating_add(1));
            } else {
                self.end(address, &entry, State::Dropped)?;
            }
        }
        Ok(next)
    }

    fn found(&mut self, entry: &Entry) -> Result<Option<Receipt>, RpcError> {
        for hash in entry.hash_bytes() {
            if let Some(receipt) = self.rpc.receipt(hash)? {
                return Ok(Some(receipt));
            }
        }
        Ok(None)
    }

    fn is_known(&mut self, entry: &Entry) -> Result<bool, RpcError> {
        for hash in &entry.hashes {
            if !self.rpc.read("eth_getTransactionByHash", json!([hash]))?.is_null() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Waits until nothing of a key is on its way any more, after a break for example. What no node knows is given up.
    ///
    /// # Errors
    /// [`NodeError`].
    pub fn settle(&mut self, address: Address) -> Result<(), NodeError> {
        let begun = Instant::now();
        loop {
            self.journal(address)?;
            self.recover(address)?;
            let Some(entry) = self.journal(address)?.open_entries().into_iter().next() else { return Ok(()) };
            if begun.elapsed() >= self.patience {
                let transaction = entry.hash_bytes().last().unwrap_or_default();
                return Err(NodeError::NoReceipt { transaction, seconds: self.patience.as_secs() });
            }
            thread::sleep(POLL.saturating_mul(4));
        }
    }

    /// Signs a transaction, writes it down and sends it. It does not wait for a block.
    ///
    /// # Errors
    /// [`NodeError`]; when the node could not be asked nothing was signed. When it was signed and the sending broke
    /// off, that is no error: [`Node::wait`] sends the same bytes again.
    pub fn submit(
        &mut self,
        key: &Key,
        to: Option<Address>,
        input: &[u8],
        intent: &str,
    ) -> Result<Submitted, NodeError> {
        let intended = Intended { to, input: input.to_vec(), intent: intent.to_owned() };
        let nothing = || Err(malformed("eth_estimateGas", "an answer", &Value::Null).into());
        self.submit_all(key, vec![intended])?.pop().unwrap_or_else(nothing)
    }

    /// [`Node::submit`] for several transactions of a key, in this order: what has to be known before they are signed
    /// is asked for all of them at once. One that fails keeps none of the others from being sent.
    ///
    /// # Errors
    /// [`NodeError`] when the node could not be asked: nothing was signed.
    pub fn submit_all(
        &mut self,
        key: &Key,
        all: Vec<Intended>,
    ) -> Result<Vec<Result<Submitted, NodeError>>, NodeError> {
        let from = key.address();
        self.journal(from)?;
        let calls = all.iter().map(|one| ("eth_estimateGas", json!([call(from, one.to, &one.input)])));
        let questions: Vec<_> = [
            ("eth_getTransactionCount", json!([to_hex(&from), "pending"])),
            ("eth_gasPrice", json!([])),
            ("eth_getBalance", json!([to_hex(&from), "latest"])),
        ]
        .into_iter()
        .chain(calls)
        .collect();
        let mut answers = self.rpc.read_all(&questions)?.into_iter();
        let mut next = |of: &str| answers.next().unwrap_or_else(|| Err(malformed(of, "an answer", &Value::Null)));
        let pending = quantity("eth_getTransactionCount", &next("eth_getTransactionCount")?)?;
        // The price may double before a block has it; what is paid is the price of that block.
        let price = wide("eth_gasPrice", &next("eth_gasPrice")?)?.saturating_mul(2);
        let has = wide("eth_getBalance", &next("eth_getBalance")?)?;
        let estimates: Vec<_> = all.iter().map(|_| next("eth_estimateGas")).collect();
        let pending = self.gone_back(from, pending)?;
        let sent = all.into_iter().zip(estimates);
        Ok(sent.map(|(one, estimate)| self.send_one(key, one, estimate, Purse { pending, price, has })).collect())
    }

    /// Signs one of which the gas was asked, writes it down and sends it.
    fn send_one(
        &mut self,
        key: &Key,
        one: Intended,
        estimate: Result<Value, RpcError>,
        purse: Purse,
    ) -> Result<Submitted, NodeError> {
        let from = key.address();
        let Purse { mut pending, price, has } = purse;
        let gas = match estimate {
            Ok(gas) => quantity("eth_estimateGas", &gas)?,
            Err(error) => {
                return match error.revert() {
                    Some(data) => Ok(Submitted::Reverts(data.to_vec())),
                    // Below the deposit of an account nothing runs, whatever the node says of it.
                    None if has < EXISTENTIAL => Err(NodeError::TooLittle { address: from, has, needs: EXISTENTIAL }),
                    None => Err(error.into()),
                };
            }
        };
        let gas = gas.saturating_add(gas.saturating_mul(MARGIN_PERCENT) / 100);
        let needs = price.saturating_mul(gas.into());
        if has < needs {
            return Err(NodeError::TooLittle { address: from, has, needs });
        }
        for _ in 0..RENUMBERED {
            let journal = self.journal(from)?;
            let (id, nonce) = (journal.next_id(), journal.free(pending));
            let ticket = Ticket { key: key.clone(), to: one.to, input: one.input.clone(), gas, id };
            let (raw, hash) = self.sign(&ticket, nonce, price)?;
            let entry = Entry::new(id, nonce, one.intent.clone(), &raw, &hash);
            self.journal(from)?.write(entry.clone())?;
            match self.rpc.request("eth_sendRawTransaction", json!([to_hex(&raw)])) {
                Ok(_) => self.journal(from)?.set(id, State::Sent)?,
                Err(error) if error.is_passing() || is_known(&error) => {}
                Err(error) => {
                    // A refusal is believed when the node does not have it. Then its number is free again.
                    let outrun = is_outrun(&error);
                    if self.took(&entry, if outrun { LOOKS } else { 1 }) {
                        return Ok(Submitted::Sent(ticket));
                    }
                    self.journal(from)?.set(id, State::Dropped)?;
                    if !outrun {
                        return Err(error.into());
                    }
                    pending = self.rpc.transaction_count(from, true)?.max(nonce.saturating_add(1));
                    continue;
                }
            }
            return Ok(Submitted::Sent(ticket));
        }
        Err(NodeError::Replaced { transaction: Hash::default(), nonce: pending })
    }

    /// Whether a node has a transaction all the same that it has just refused, or cannot say so. A number that is "too
    /// low" may have been taken by the very transaction: whoever passes requests on may have sent it twice, and the
    /// second time a block had it. Signed anew with the next number it would be done twice.
    fn took(&mut self, entry: &Entry, looks: u32) -> bool {
        (0..looks).any(|look| {
            if look > 0 {
                thread::sleep(POLL);
            }
            self.is_known(entry).unwrap_or(true)
        })
    }

    /// Transactions of a key that may still be done, as far as its journal and the node know by now.
    ///
    /// # Errors
    /// [`NodeError`].
    pub fn on_their_way(&mut self, address: Address) -> Result<usize, NodeError> {
        self.journal(address)?;
        self.recover(address)?;
        Ok(self.journal(address)?.open_entries().len())
    }

    /// The block on which calls run.
    fn at(&self) -> String {
        self.pinned.map_or("latest".to_owned(), |block| format!("{block:#x}"))
    }

    fn sign(&self, ticket: &Ticket, nonce: u64, price: u128) -> Result<(Vec<u8>, Hash), KeyError> {
        let transaction = TxEip1559 {
            chain_id: self.chain,
            nonce,
            gas_limit: ticket.gas,
            max_fee_per_gas: price,
            max_priority_fee_per_gas: 0,
            to: ticket.to.map_or(TxKind::Create, |to| TxKind::Call(Hex::from(to))),
            input: Bytes::copy_from_slice(&ticket.input),
            ..TxEip1559::default()
        };
        let signature = ticket.key.sign(&transaction.signature_hash().0, &transaction.encoded_for_signing())?;
        let raw = transaction.into_signed(signature).encoded_2718();
        let hash = keccak256(&raw).0;
        Ok((raw, hash))
    }

    /// Waits until a block has a transaction. Sends the same bytes again when the node has lost them, and signs the
    /// same number for a higher price when they wait for long.
    ///
    /// # Errors
    /// [`NodeError`]. After [`NodeError::NoReceipt`] the ticket can be waited for again.
    pub fn wait(&mut self, ticket: &Ticket) -> Result<(Option<Address>, Mined<Paid>), NodeError> {
        self.wait_until(ticket, Instant::now() + self.patience)
    }

    /// [`Node::wait`] until a time: several that were sent together are waited for together.
    ///
    /// # Errors
    /// As [`Node::wait`].
    pub fn wait_until(&mut self, ticket: &Ticket, until: Instant) -> Result<(Option<Address>, Mined<Paid>), NodeError> {
        // Whatever the node refuses from here on, the transaction may be done: whoever is told of the refusal alone
        // would send it again.
        self.watch(ticket, until).map_err(|error| match error {
            NodeError::Rpc(why) => {
                let entry = self.journals.get(&ticket.key.address()).and_then(|journal| journal.entry(ticket.id));
                let transaction = entry.and_then(|entry| entry.hash_bytes().last()).unwrap_or_default();
                NodeError::Unwatched { transaction, why }
            }
            other => other,
        })
    }

    fn watch(&mut self, ticket: &Ticket, until: Instant) -> Result<(Option<Address>, Mined<Paid>), NodeError> {
        let (from, begun) = (ticket.key.address(), Instant::now());
        let (mut looked, mut care) = (begun, Care { begun, repriced: begun, outrun: 0 });
        loop {
            let entry = self.journal(from)?.entry(ticket.id).cloned();
            let entry = entry.ok_or(NodeError::NoReceipt { transaction: Hash::default(), seconds: 0 })?;
            let newest = entry.hash_bytes().last().unwrap_or_default();
            match self.found(&entry) {
                Ok(Some(receipt)) if self.is_deep(&receipt)? => return self.done(ticket, receipt),
                Err(error) if !error.is_passing() => return Err(error.into()),
                _ => {}
            }
            if Instant::now() >= until {
                return Err(NodeError::NoReceipt { transaction: newest, seconds: self.patience.as_secs() });
            }
            let pause = if care.outrun > 0 { POLL.saturating_mul(4) } else { POLL.saturating_mul(20) };
            if looked.elapsed() >= pause || entry.state == State::Signed {
                looked = Instant::now();
                self.look_after(ticket, &entry, &mut care)?;
            }
            // Whoever has waited for long may hear of it a little later, and asks others' nodes less.
            thread::sleep((begun.elapsed() / 20).clamp(POLL, POLL.saturating_mul(10)));
        }
    }

    /// Whether enough blocks follow a receipt's.
    fn is_deep(&mut self, receipt: &Receipt) -> Result<bool, RpcError> {
        let wanted = receipt.block.saturating_add(self.confirmations);
        Ok(self.confirmations == 0 || passing(self.rpc.head())?.is_some_and(|head| head.number >= wanted))
    }

    /// Sees to one that has no receipt yet.
    fn look_after(&mut self, ticket: &Ticket, entry: &Entry, care: &mut Care) -> Result<(), NodeError> {
        let from = ticket.key.address();
        let Some(count) = passing(self.rpc.transaction_count(from, false))? else { return Ok(()) };
        if count > entry.nonce {
            // The number is taken: by this one, since the receipt was looked for, or by another.
            care.outrun =
                if passing(self.found(entry))?.is_some_and(|found| found.is_none()) { care.outrun + 1 } else { 0 };
            if care.outrun >= LOOKS {
                self.journal(from)?.set(entry.id, State::Dropped)?;
                let transaction = entry.hash_bytes().last().unwrap_or_default();
                return Err(NodeError::Replaced { transaction, nonce: entry.nonce });
            }
            return Ok(());
        }
        care.outrun = 0;
        let Some(known) = passing(self.is_known(entry))? else { return Ok(()) };
        if known && care.begun.elapsed() >= GAP && self.fill(ticket, entry.nonce)? {
            return Ok(());
        }
        if known && care.repriced.elapsed() < self.reprice_after {
            return self.journal(from)?.set(entry.id, State::Sent).map_err(Into::into);
        }
        let raw = if known {
            // Another price for the same number: at most one of them is done. A node asks for a tenth more.
            care.repriced = Instant::now();
            let Some(price) = passing(self.rpc.gas_price())? else { return Ok(()) };
            let steps = u32::try_from(entry.raw.len()).unwrap_or(u32::MAX).min(16);
            let price = (0..steps).fold(price.saturating_mul(2), |price, _| price.saturating_add(price / 4));
            let (raw, hash) = self.sign(ticket, entry.nonce, price)?;
            let mut entry = entry.clone();
            entry.raw.push(to_hex(&raw));
            entry.hashes.push(to_hex(&hash));
            self.journal(from)?.write(entry)?;
            to_hex(&raw)
        } else {
            entry.raw.last().cloned().unwrap_or_default()
        };
        match self.rpc.request("eth_sendRawTransaction", json!([raw])) {
            Ok(_) => self.journal(from)?.set(entry.id, State::Sent).map_err(Into::into),
            Err(error) if error.is_passing() || is_known(&error) || is_outrun(&error) || known => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Sees to the lowest number below one that waits, if that is what it waits for: one that is signed is sent again,
    /// and one that nobody uses is filled with a transfer of nothing to oneself. Returns whether there was such a
    /// number.
    fn fill(&mut self, ticket: &Ticket, below: u64) -> Result<bool, NodeError> {
        let from = ticket.key.address();
        let Some(next) = passing(self.rpc.transaction_count(from, true))? else { return Ok(false) };
        if next >= below {
            return Ok(false);
        }
        let open = self.journal(from)?.open_entries().into_iter().find(|entry| entry.nonce == next);
        let raw = match open {
            Some(entry) => entry.raw.last().cloned().unwrap_or_default(),
            None => {
                let Some(gas) = passing(self.rpc.read("eth_estimateGas", json!([call(from, Some(from), &[])])))? else {
                    return Ok(true);
                };
                let Some(price) = passing(self.rpc.gas_price())? else { return Ok(true) };
                let gas = quantity("eth_estimateGas", &gas)?;
                let gas = gas.saturating_add(gas.saturating_mul(MARGIN_PERCENT) / 100);
                let id = self.journal(from)?.next_id();
                let nothing = Ticket { key: ticket.key.clone(), to: Some(from), input: Vec::new(), gas, id };
                let (raw, hash) = self.sign(&nothing, next, price.saturating_mul(2))?;
                let intent = format!("nothing: {next} was used by nobody, and {below} waited for it");
                self.journal(from)?.write(Entry::new(id, next, intent, &raw, &hash))?;
                to_hex(&raw)
            }
        };
        match self.rpc.request("eth_sendRawTransaction", json!([raw])) {
            Err(error) if !(error.is_passing() || is_known(&error) || is_outrun(&error)) => Err(error.into()),
            _ => Ok(true),
        }
    }

    fn done(&mut self, ticket: &Ticket, receipt: Receipt) -> Result<(Option<Address>, Mined<Paid>), NodeError> {
        let from = ticket.key.address();
        let state = State::Done { block: receipt.block, succeeded: receipt.succeeded };
        self.journal(from)?.set(ticket.id, state)?;
        let cost = Paid { transaction: receipt.transaction, gas: receipt.gas_used, gas_price: receipt.gas_price };
        let outcome =
            if receipt.succeeded { Outcome::Returned(None) } else { Outcome::Reverted(self.why(ticket, &receipt)) };
        Ok((receipt.contract, Mined { outcome, logs: receipt.logs, block: receipt.block, cost }))
    }

    /// The bytes with which a transaction reverted. Chains do not keep them: a node that traces runs it once more in
    /// its place, and at others the call is run on the block that refused it. Empty where neither says.
    fn why(&mut self, ticket: &Ticket, receipt: &Receipt) -> Vec<u8> {
        let trace = json!([to_hex(&receipt.transaction), { "tracer": "callTracer" }]);
        if let Ok(trace) = self.rpc.request("debug_traceTransaction", trace)
            && let Ok(output) = bytes("debug_traceTransaction", &trace["output"])
            && !output.is_empty()
        {
            return output;
        }
        let call = call(ticket.key.address(), ticket.to, &ticket.input);
        let again = self.rpc.read("eth_call", json!([call, format!("{:#x}", receipt.block)]));
        again.err().and_then(|error| error.revert().map(<[u8]>::to_vec)).unwrap_or_default()
    }

    fn both(
        &mut self,
        key: &Key,
        to: Option<Address>,
        input: &[u8],
    ) -> Result<(Option<Address>, Mined<Paid>), NodeError> {
        match self.submit(key, to, input, &Intended::words(to, input))? {
            Submitted::Sent(ticket) => self.wait(&ticket),
            Submitted::Reverts(data) => Ok((None, foreseen(data, self.rpc.head()?.number))),
        }
    }
}

/// One that was not sent, since the node foresaw that it reverts.
#[must_use]
pub fn foreseen(data: Vec<u8>, block: u64) -> Mined<Paid> {
    let cost = Paid { transaction: Hash::default(), gas: 0, gas_price: 0 };
    Mined { outcome: Outcome::Reverted(data), logs: Vec::new(), block, cost }
}

impl Intended {
    /// What a call or a deployment is for, as far as its bytes say.
    #[must_use]
    pub fn words(to: Option<Address>, input: &[u8]) -> String {
        let selector = to_hex(input.get(..4).unwrap_or_default());
        to.map_or("deploy".to_owned(), |to| format!("call {selector} of {}", Hex::from(to)))
    }
}

/// What is known of one that is waited for.
struct Care {
    begun: Instant,
    repriced: Instant,
    /// Looks in a row that found its number used and no receipt.
    outrun: u32,
}

/// Wei as DOT, exact.
fn dot(wei: u128) -> String {
    let (whole, part) = (wei / 10_u128.pow(18), wei % 10_u128.pow(18));
    let part = format!("{part:018}");
    let part = part.trim_end_matches('0');
    if part.is_empty() { whole.to_string() } else { format!("{whole}.{part}") }
}

fn call(from: Address, to: Option<Address>, input: &[u8]) -> Value {
    let mut call = json!({ "from": to_hex(&from), "input": to_hex(input) });
    if let Some(to) = to {
        call["to"] = json!(to_hex(&to));
    }
    call
}

/// Nothing for now where the fault lies on the way.
fn passing<T>(answer: Result<T, RpcError>) -> Result<Option<T>, RpcError> {
    match answer {
        Err(error) if error.is_passing() => Ok(None),
        other => other.map(Some),
    }
}

/// Whether a refusal says that the node has it already.
fn is_known(error: &RpcError) -> bool {
    matches!(error, RpcError::Refused { message, .. } if message.contains("already known"))
}

/// Whether a refusal says that another transaction has the number.
fn is_outrun(error: &RpcError) -> bool {
    matches!(error, RpcError::Refused { message, .. }
        if message.contains("nonce too low") || message.contains("underpriced") || message.contains("Priority is too low"))
}

fn outcome(method: &str, answer: Result<Value, RpcError>) -> Result<Outcome, RpcError> {
    match answer {
        Ok(data) => Ok(Outcome::Returned(Some(bytes(method, &data)?))),
        Err(error) => error.revert().map(|data| Outcome::Reverted(data.to_vec())).ok_or_else(|| error.clone()),
    }
}

impl Transport for Node {
    type Signer = Key;
    type Cost = Paid;
    type Error = NodeError;

    fn send(&mut self, signer: &Key, to: Address, calldata: &[u8]) -> Result<Mined<Paid>, NodeError> {
        self.both(signer, Some(to), calldata).map(|(_, mined)| mined)
    }

    fn deploy(&mut self, signer: &Key, artifact: &Artifact, input: &[u8]) -> Result<(Address, Mined<Paid>), NodeError> {
        let (contract, mined) = self.both(signer, None, &[artifact.code.as_slice(), input].concat())?;
        match (contract, &mined.outcome) {
            (Some(contract), _) => Ok((contract, mined)),
            (None, Outcome::Reverted(_)) => Ok((Address::default(), mined)),
            (None, Outcome::Returned(_)) => Err(NodeError::NoContract(mined.cost.transaction)),
        }
    }

    fn call(&mut self, signer: Option<&Key>, to: Address, calldata: &[u8]) -> Result<Outcome, NodeError> {
        let mut call = json!({ "to": to_hex(&to), "input": to_hex(calldata) });
        if let Some(signer) = signer {
            call["from"] = json!(to_hex(&signer.address()));
        }
        let at = self.at();
        Ok(outcome("eth_call", self.rpc.read("eth_call", json!([call, at])))?)
    }

    fn call_all(&mut self, calls: &[(Address, Vec<u8>)]) -> Result<Vec<Outcome>, NodeError> {
        let was = self.pinned;
        if was.is_none() && calls.len() > 1 {
            self.pin()?;
        }
        let at = self.at();
        self.pinned = was;
        let questions: Vec<_> = calls
            .iter()
            .map(|(to, calldata)| ("eth_call", json!([{ "to": to_hex(to), "input": to_hex(calldata) }, at])))
            .collect();
        let answers = self.rpc.read_all(&questions)?;
        Ok(answers.into_iter().map(|answer| outcome("eth_call", answer)).collect::<Result<_, _>>()?)
    }

    fn pin(&mut self) -> Result<Head, NodeError> {
        let head = self.newest()?;
        self.pinned = Some(head.number);
        Ok(head)
    }

    fn release(&mut self) {
        self.pinned = None;
    }

    fn logs(&mut self, blocks: RangeInclusive<u64>, of: &[Address]) -> Result<Vec<Log>, NodeError> {
        // Nodes bound the blocks or the logs of one answer, each by a sentence of its own. Whoever was away for long
        // asks in pieces, or would be refused the same question for ever.
        let (mut next, mut piece, mut logs) = (Some(*blocks.start()), LOGS_AT_ONCE, Vec::new());
        while let Some(from) = next.filter(|from| from <= blocks.end()) {
            let to = from.saturating_add(piece - 1).min(*blocks.end());
            match self.rpc.logs(from..=to, of) {
                Ok(found) => {
                    logs.extend(found);
                    (next, piece) = (to.checked_add(1), piece.saturating_mul(2).min(LOGS_AT_ONCE));
                }
                Err(error) if to > from && !error.is_passing() => piece = ((to - from) / 2).max(1),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(logs)
    }

    fn head(&mut self) -> Result<Head, NodeError> {
        self.newest()
    }
}
