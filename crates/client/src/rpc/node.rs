//! A node as a transport: what a key signs becomes an EIP-1559 transaction, and waits for its receipt.
//!
//! A transaction has two halves, [`Node::submit`] and [`Node::wait`], so that many of one key can be on their way at
//! once; [`Transport::send`] is both. Each is written to the key's [`Journal`] before a node sees it.

use std::{
    collections::BTreeMap,
    ops::RangeInclusive,
    path::PathBuf,
    thread,
    time::{Duration, Instant, SystemTime},
};

use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_core::primitives::{Address as Hex, Bytes, TxKind, hex, keccak256};
use alloy_eips::eip2718::Encodable2718;
use serde_json::{Value, json};
use sit_engine::chain::{Address, Hash};

use super::{
    BlockId, Entry, Journal, JournalError, Key, KeyError, Receipt, Rpc, RpcError, State,
    http::{bytes, malformed, quantity, shown, wide},
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
        shown(transaction)
    )]
    NoReceipt {
        /// The transaction.
        transaction: Hash,
        /// How long was waited.
        seconds: u64,
    },
    /// Another transaction of the key has its number.
    #[error(
        "the transaction {} cannot be done any more: another one of this key has its number {nonce}; is a second program \
         sending with the key?",
        shown(transaction)
    )]
    Replaced {
        /// The transaction.
        transaction: Hash,
        /// Its number.
        nonce: u64,
    },
    /// A deployment left no contract.
    #[error("the transaction {} was to deploy a contract, and its receipt names none", shown(.0))]
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
    chain: u64,
    genesis: Hash,
    folder: Option<PathBuf>,
    journals: BTreeMap<Address, Journal>,
    given_up: Vec<Entry>,
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
        Ok(Self {
            rpc,
            patience: Duration::from_secs(60),
            reprice_after: Duration::from_secs(20),
            chain,
            genesis,
            folder: None,
            journals: BTreeMap::new(),
            given_up: Vec::new(),
        })
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

    /// What was signed before a break, never reached the chain and is not sent any more, since nobody knows whether it
    /// is still wanted. Each is told once.
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
            let state = match self.found(&entry)? {
                Some(receipt) => State::Done { block: receipt.block, succeeded: receipt.succeeded },
                None if entry.nonce < count => State::Dropped,
                None if self.is_known(&entry)? => continue,
                None => {
                    self.given_up.push(entry.clone());
                    State::Dropped
                }
            };
            if let Some(journal) = self.journals.get_mut(&address) {
                journal.set(entry.id, state)?;
            }
        }
        Ok(())
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
        let from = key.address();
        self.journal(from)?;
        let call = call(from, to, input);
        let mut answers = self
            .rpc
            .read_all(&[
                ("eth_estimateGas", json!([call])),
                ("eth_getTransactionCount", json!([shown(&from), "pending"])),
                ("eth_gasPrice", json!([])),
            ])?
            .into_iter();
        let mut next = |of: &str| answers.next().unwrap_or_else(|| Err(malformed(of, "an answer", &Value::Null)));
        let gas = match next("eth_estimateGas") {
            Ok(gas) => quantity("eth_estimateGas", &gas)?,
            Err(error) => {
                return error
                    .revert()
                    .map(|data| Submitted::Reverts(data.to_vec()))
                    .ok_or_else(|| error.clone().into());
            }
        };
        let gas = gas.saturating_add(gas.saturating_mul(MARGIN_PERCENT) / 100);
        let mut pending = quantity("eth_getTransactionCount", &next("eth_getTransactionCount")?)?;
        let price = wide("eth_gasPrice", &next("eth_gasPrice")?)?;
        for _ in 0..RENUMBERED {
            let journal = self.journal(from)?;
            let taken =
                journal.entries().filter(|entry| entry.is_open()).map(|entry| entry.nonce.saturating_add(1)).max();
            let (id, nonce) = (journal.next_id(), pending.max(taken.unwrap_or(0)));
            let ticket = Ticket { key: key.clone(), to, input: input.to_vec(), gas, id };
            let (raw, hash) = self.sign(&ticket, nonce, price.saturating_mul(2))?;
            let signed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
            let entry = Entry {
                id,
                nonce,
                intent: intent.to_owned(),
                raw: vec![shown(&raw)],
                hashes: vec![shown(&hash)],
                state: State::Signed,
                signed,
            };
            self.journal(from)?.write(entry)?;
            match self.rpc.request("eth_sendRawTransaction", json!([shown(&raw)])) {
                Ok(_) => self.journal(from)?.set(id, State::Sent)?,
                Err(error) if error.is_passing() || is_known(&error) => {}
                Err(error) => {
                    // The node has not taken it, so its number is free again.
                    self.journal(from)?.set(id, State::Dropped)?;
                    if !is_outrun(&error) {
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
        let (from, begun) = (ticket.key.address(), Instant::now());
        let (mut looked, mut repriced) = (begun, begun);
        loop {
            let entry = self.journal(from)?.entry(ticket.id).cloned();
            let entry = entry.ok_or(NodeError::NoReceipt { transaction: Hash::default(), seconds: 0 })?;
            let newest = entry.hash_bytes().last().unwrap_or_default();
            match self.found(&entry) {
                Ok(Some(receipt)) => return self.done(ticket, receipt),
                Err(error) if !error.is_passing() => return Err(error.into()),
                _ => {}
            }
            if begun.elapsed() >= self.patience {
                return Err(NodeError::NoReceipt { transaction: newest, seconds: self.patience.as_secs() });
            }
            if looked.elapsed() >= POLL.saturating_mul(20) || entry.state == State::Signed {
                looked = Instant::now();
                self.look_after(ticket, &entry, &mut repriced)?;
            }
            thread::sleep(POLL);
        }
    }

    /// Sees to one that has no receipt yet.
    fn look_after(&mut self, ticket: &Ticket, entry: &Entry, repriced: &mut Instant) -> Result<(), NodeError> {
        let from = ticket.key.address();
        let Some(count) = passing(self.rpc.transaction_count(from, false))? else { return Ok(()) };
        if count > entry.nonce {
            // The number is taken: by this one, since the receipt was looked for, or by another.
            if self.found(entry)?.is_none() {
                self.journal(from)?.set(entry.id, State::Dropped)?;
                let transaction = entry.hash_bytes().last().unwrap_or_default();
                return Err(NodeError::Replaced { transaction, nonce: entry.nonce });
            }
            return Ok(());
        }
        let Some(known) = passing(self.is_known(entry))? else { return Ok(()) };
        if known && repriced.elapsed() < self.reprice_after {
            return self.journal(from)?.set(entry.id, State::Sent).map_err(Into::into);
        }
        let raw = if known {
            // Another price for the same number: at most one of them is done. A node asks for a tenth more.
            *repriced = Instant::now();
            let Some(price) = passing(self.rpc.gas_price())? else { return Ok(()) };
            let steps = u32::try_from(entry.raw.len()).unwrap_or(u32::MAX).min(16);
            let price = (0..steps).fold(price.saturating_mul(2), |price, _| price.saturating_add(price / 4));
            let (raw, hash) = self.sign(ticket, entry.nonce, price)?;
            let mut entry = entry.clone();
            entry.raw.push(shown(&raw));
            entry.hashes.push(shown(&hash));
            self.journal(from)?.write(entry)?;
            shown(&raw)
        } else {
            entry.raw.last().cloned().unwrap_or_default()
        };
        match self.rpc.request("eth_sendRawTransaction", json!([raw])) {
            Ok(_) => self.journal(from)?.set(entry.id, State::Sent).map_err(Into::into),
            Err(error) if error.is_passing() || is_known(&error) || is_outrun(&error) || known => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn done(&mut self, ticket: &Ticket, receipt: Receipt) -> Result<(Option<Address>, Mined<Paid>), NodeError> {
        let from = ticket.key.address();
        let state = State::Done { block: receipt.block, succeeded: receipt.succeeded };
        self.journal(from)?.set(ticket.id, state)?;
        let cost = Paid { transaction: receipt.transaction, gas: receipt.gas_used, gas_price: receipt.gas_price };
        let outcome = if receipt.succeeded {
            Outcome::Returned(None)
        } else {
            // Chains do not keep why: the call runs once more, on the block that refused it.
            let params = json!([call(from, ticket.to, &ticket.input), format!("{:#x}", receipt.block)]);
            let again = self.rpc.read("eth_call", params);
            Outcome::Reverted(again.err().and_then(|error| error.revert().map(<[u8]>::to_vec)).unwrap_or_default())
        };
        Ok((receipt.contract, Mined { outcome, logs: receipt.logs, block: receipt.block, cost }))
    }

    fn both(
        &mut self,
        key: &Key,
        to: Option<Address>,
        input: &[u8],
    ) -> Result<(Option<Address>, Mined<Paid>), NodeError> {
        let selector = hex::encode_prefixed(input.get(..4).unwrap_or_default());
        let intent = to.map_or("deploy".to_owned(), |to| format!("call {selector} of {}", Hex::from(to)));
        match self.submit(key, to, input, &intent)? {
            Submitted::Sent(ticket) => self.wait(&ticket),
            Submitted::Reverts(data) => {
                let block = self.rpc.head()?.number;
                let cost = Paid { transaction: Hash::default(), gas: 0, gas_price: 0 };
                Ok((None, Mined { outcome: Outcome::Reverted(data), logs: Vec::new(), block, cost }))
            }
        }
    }
}

fn call(from: Address, to: Option<Address>, input: &[u8]) -> Value {
    let mut call = json!({ "from": shown(&from), "input": shown(input) });
    if let Some(to) = to {
        call["to"] = json!(shown(&to));
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
        let mut call = json!({ "to": shown(&to), "input": shown(calldata) });
        if let Some(signer) = signer {
            call["from"] = json!(shown(&signer.address()));
        }
        Ok(outcome("eth_call", self.rpc.read("eth_call", json!([call, "latest"])))?)
    }

    fn call_all(&mut self, calls: &[(Address, Vec<u8>)]) -> Result<Vec<Outcome>, NodeError> {
        let questions: Vec<_> = calls
            .iter()
            .map(|(to, calldata)| ("eth_call", json!([{ "to": shown(to), "input": shown(calldata) }, "latest"])))
            .collect();
        let answers = self.rpc.read_all(&questions)?;
        Ok(answers.into_iter().map(|answer| outcome("eth_call", answer)).collect::<Result<_, _>>()?)
    }

    fn logs(&mut self, blocks: RangeInclusive<u64>, of: &[Address]) -> Result<Vec<Log>, NodeError> {
        Ok(self.rpc.logs(blocks, of)?)
    }

    fn head(&mut self) -> Result<Head, NodeError> {
        Ok(self.rpc.head()?)
    }
}
