//! The same blocks on a chain elsewhere: the transactions of this one, signed as they are, are sent to a node, and what
//! the node makes of them is compared with what happened here.
//!
//! A node has the runtime that is in process here ([`sit_hub`]), compiled to WebAssembly, with its own pool, its own
//! blocks and the Ethereum server before it. So the exchange is opened on a node by opening it here, and each of its
//! messages is held to weigh there what it weighs here: [`weigh_as_a_node`] has this chain charge as a node does.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use codec::Decode;
use serde_json::{Value, json};
use sit_client::{
    codec as messages,
    rpc::{BlockId, Limits, Receipt, Record, Rpc, RpcError, hex_bytes, to_hex},
};
use sit_native::{Contract, Message};
use sp_core::{H160, hashing::twox_128};

use crate::{
    cost::Weight,
    node::{CHAIN_ID, Included, Sealed},
    rpc::Devnet,
    wallet::logs,
};

/// How long a transaction may take to be in a block.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked whether it is.
const PAUSE: Duration = Duration::from_millis(10);
/// Differences that are told one by one.
const TOLD: usize = 20;

/// Runs something with the weights that a node charges: Polkadot Hub's own.
pub fn weigh_as_a_node<R>(run: impl FnOnce() -> R) -> R {
    sit_hub::weights::as_the_hub(run)
}

/// Weights of the classes of a block, as the runtime keeps them.
#[derive(Decode)]
struct BlockWeight {
    normal: frame_support::weights::Weight,
}

/// What the messages of one name cost, here and there.
#[derive(Clone, Copy, Debug, Default)]
struct Compared {
    /// How many were sent.
    sent: u32,
    /// How many weighed as much there as here, in both dimensions.
    equal: u32,
    /// The heaviest by time.
    heaviest: Weight,
}

/// A chain elsewhere that follows this one.
pub struct Elsewhere {
    /// The Ethereum server's JSON-RPC.
    ethereum: Rpc,
    /// The node's own, which moves its clock.
    node: Rpc,
    /// The last block that is on both.
    copied: u32,
    /// What the message of a block is called in the table, where it is not called by its name alone.
    rows: BTreeMap<u32, String>,
    compared: BTreeMap<String, Compared>,
    differences: Vec<String>,
    begun: Instant,
}

/// Why it does not go on: a sentence.
type Problem = String;

fn problem(error: RpcError) -> Problem {
    error.to_string()
}

impl Elsewhere {
    /// A new chain at two endpoints, at which nothing has happened yet.
    ///
    /// # Errors
    /// It does not answer, has another id, or has transactions already.
    pub fn new(ethereum: &str, node: &str) -> Result<Self, Problem> {
        let open = |url: &str| Rpc::new(url, Limits::default()).map_err(problem);
        let (mut ethereum, node) = (open(ethereum)?, open(node)?);
        let id = ethereum.chain_id().map_err(problem)?;
        if id != CHAIN_ID {
            return Err(format!("the chain at {} has the id {id} and not {CHAIN_ID}", ethereum.url()));
        }
        let head = ethereum.head().map_err(problem)?;
        if head.number > 0 {
            return Err(format!(
                "the chain at {} has {} blocks already: the exchange is opened on a new one, so begin with another folder",
                ethereum.url(),
                head.number
            ));
        }
        let (rows, compared, differences) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        Ok(Self { ethereum, node, copied: 0, rows, compared, differences, begun: Instant::now() })
    }

    /// What the message of a block is called that has not been sent there yet: a row of the table of weights.
    pub fn call(&mut self, block: u32, row: &str) {
        self.rows.insert(block, row.to_owned());
    }

    /// Sends what has happened here since the last time.
    ///
    /// # Errors
    /// The node does not take a transaction, or it comes to another end there: what follows would differ too.
    pub fn follow(&mut self, chain: &Devnet) -> Result<(), Problem> {
        let head = chain.node.head().number();
        for number in self.copied + 1..=head {
            let block =
                chain.node.block(number.into()).ok_or_else(|| format!("block {number} is forgotten already"))?;
            self.copy(chain, &block)?;
            self.copied = number;
        }
        Ok(())
    }

    fn copy(&mut self, chain: &Devnet, block: &Sealed) -> Result<(), Problem> {
        let time = json!([block.time()]);
        self.node.request("evm_setNextBlockTimestamp", time).map_err(problem)?;
        let [included] = block.transactions.as_slice() else {
            if block.transactions.is_empty() {
                return self.node.request("evm_mine", json!([])).map(drop).map_err(problem);
            }
            return Err(format!(
                "block {} has several transactions, and the node makes a block for each",
                block.number()
            ));
        };
        let name = self.rows.remove(&block.number()).unwrap_or_else(|| named(chain, included));
        let raw = json!([to_hex(&included.transaction.raw)]);
        self.ethereum.request("eth_sendRawTransaction", raw).map_err(|error| format!("{name}: {error}"))?;
        let receipt = self.receipt(included, &name)?;
        self.compare(&name, block, included, &receipt)
    }

    /// What became of it there.
    fn receipt(&mut self, included: &Included, name: &str) -> Result<Receipt, Problem> {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(receipt) = self.ethereum.receipt(included.transaction.hash.0).map_err(problem)? {
                return Ok(receipt);
            }
            if Instant::now() > until {
                return Err(format!("{name}: no block of the node has it after {} s", PATIENCE.as_secs()));
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn compare(&mut self, name: &str, block: &Sealed, included: &Included, receipt: &Receipt) -> Result<(), Problem> {
        let number = block.number();
        if receipt.succeeded != included.succeeded {
            let told = |succeeded| if succeeded { "done" } else { "refused" };
            return Err(format!(
                "{name} in block {number} is {} here and {} there",
                told(included.succeeded),
                told(receipt.succeeded)
            ));
        }
        if receipt.block != u64::from(number) {
            return Err(format!("{name} is in block {number} here and in {} there", receipt.block));
        }
        let (time, weight) = self.weighed(number)?;
        let entry = self.compared.entry(name.to_owned()).or_default();
        entry.sent += 1;
        entry.equal += u32::from(weight == included.weight);
        if weight.ref_time > entry.heaviest.ref_time {
            entry.heaviest = weight;
        }
        let logs = logs(included, number);
        let mut differ = |what: &str, here: String, there: String| {
            if here != there {
                self.differences.push(format!("block {number}, {name}: {what} is {here} here and {there} there"));
            }
        };
        differ("the time", block.time().to_string(), time.to_string());
        differ("the weight", format!("{:?}", included.weight), format!("{weight:?}"));
        differ("the gas", included.gas_used.to_string(), receipt.gas_used.to_string());
        differ("the price of gas", included.gas_price.to_string(), receipt.gas_price.to_string());
        differ("the contract", format!("{:?}", included.created), format!("{:?}", receipt.contract.map(H160)));
        differ("what was emitted", format!("{logs:?}"), format!("{:?}", receipt.logs));
        Ok(())
    }

    /// Time and weight of the signed transactions of a block there.
    fn weighed(&mut self, number: u32) -> Result<(u64, Weight), Problem> {
        let head = self.ethereum.block(BlockId::Number(number.into())).map_err(problem)?;
        let time = head.ok_or_else(|| format!("the node has no block {number}"))?.time;
        let hash = self.node.read("chain_getBlockHash", json!([number])).map_err(problem)?;
        let key = [twox_128(b"System"), twox_128(b"BlockWeight")].concat();
        let stored = self.node.read("state_getStorage", json!([to_hex(&key), hash])).map_err(problem)?;
        let weight = hex_bytes(Some(&stored))
            .and_then(|bytes| BlockWeight::decode(&mut bytes.as_slice()).ok())
            .ok_or_else(|| format!("the node does not say what block {number} weighs: {stored}"))?;
        Ok((time, weight.normal.into()))
    }

    /// Where the exchange is there, for clients.
    ///
    /// # Errors
    /// The node does not answer.
    pub fn record(&mut self, chain: &Devnet) -> Result<Value, Problem> {
        let mut contracts = BTreeMap::new();
        for (contract, address) in chain.deployment.iter() {
            let code = self.ethereum.code(address).map_err(problem)?;
            let hash = (contract != Contract::Token).then(|| sp_core::hashing::keccak_256(&code));
            contracts.insert(contract, (address, hash));
        }
        let genesis = self.ethereum.block(BlockId::Number(0)).map_err(problem)?;
        let genesis = genesis.ok_or("the node has no block 0")?.hash;
        let record = Record { name: "node".to_owned(), chain: CHAIN_ID, genesis, first_block: 0, contracts };
        Ok(record.to_json())
    }

    /// What was sent and what it weighed, as a table, and how long it took.
    #[must_use]
    pub fn told(&self) -> String {
        let mut text =
            format!("{:<40} {:>5} {:>16} {:>11} {:>6}\n", "message", "sent", "heaviest, ps", "proof, B", "equal");
        for (name, Compared { sent, equal, heaviest }) in &self.compared {
            text.push_str(&format!(
                "{name:<40} {sent:>5} {:>16} {:>11} {equal:>6}\n",
                heaviest.ref_time, heaviest.proof_size
            ));
        }
        let count = |of: fn(&Compared) -> u32| self.compared.values().map(of).sum::<u32>();
        let (sent, equal) = (count(|compared| compared.sent), count(|compared| compared.equal));
        text.push_str(&format!(
            "{sent} transactions of {} kinds in {} blocks, {equal} of them of equal weight, in {:.1} s\n",
            self.compared.len(),
            self.copied,
            self.begun.elapsed().as_secs_f64()
        ));
        text
    }

    /// Whether all that was compared is equal: outcome, block, time, weight, gas, created contracts and what was
    /// emitted.
    ///
    /// # Errors
    /// The first differences.
    pub fn check(&self) -> Result<(), Problem> {
        if self.differences.is_empty() {
            return Ok(());
        }
        let told: Vec<&str> = self.differences.iter().take(TOLD).map(String::as_str).collect();
        Err(format!("{} differences between this chain and the node:\n{}", self.differences.len(), told.join("\n")))
    }
}

/// What a transaction is: a contract's constructor, or its message.
fn named(chain: &Devnet, included: &Included) -> String {
    let transaction = &included.transaction;
    let Some(to) = transaction.to else {
        let created = included.created.and_then(|created| chain.deployment.contract_at(created.0));
        return format!("{}.constructor", created.map_or("contract", Contract::name));
    };
    let contract = chain.deployment.contract_at(to.0);
    let message = contract.and_then(|contract| messages::message(contract, &transaction.input));
    let what = match &message {
        // What governance executes is another contract's message.
        Some(Message::Execute { call, .. }) => {
            let of = |contract: &Contract| messages::message(*contract, call);
            let inner = Contract::ALL.iter().find_map(of);
            format!("execute ({})", inner.map_or("another", |message| message.name()))
        }
        Some(message) => message.name().to_owned(),
        None => "transfer".to_owned(),
    };
    let refused = if included.succeeded { "" } else { ", refused" };
    format!("{}.{what}{refused}", contract.map_or("account", Contract::name))
}
