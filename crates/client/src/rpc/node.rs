//! A node as a transport: what a key signs becomes an EIP-1559 transaction, and waits for its receipt.

use std::{
    ops::RangeInclusive,
    thread,
    time::{Duration, Instant},
};

use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_core::primitives::{Address as Hex, Bytes, TxKind};
use alloy_eips::eip2718::Encodable2718;
use serde_json::{Value, json};
use sit_engine::chain::{Address, Hash};

use super::{
    Key, KeyError, Receipt, Rpc, RpcError,
    http::{bytes, malformed, quantity, shown, wide, word},
};
use crate::{
    Artifact, Signer, Transport,
    transport::{Head, Log, Mined, Outcome},
};

/// The wait between two looks for a receipt.
const POLL: Duration = Duration::from_millis(50);

/// What an estimate is raised by, in percent: the state may move before a block has the transaction, and gas that is not
/// used is not paid.
const MARGIN_PERCENT: u64 = 25;

/// What a transaction cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Paid {
    /// The transaction.
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
    /// A deployment left no contract.
    #[error("the transaction {} was to deploy a contract, and its receipt names none", shown(.0))]
    NoContract(Hash),
}

/// A node.
#[derive(Debug)]
pub struct Node {
    /// The endpoint.
    pub rpc: Rpc,
    /// How long a transaction is waited for.
    pub patience: Duration,
    chain: u64,
}

impl Node {
    /// The node at an endpoint.
    ///
    /// # Errors
    /// [`RpcError`] when it does not say which chain it is on.
    pub fn new(mut rpc: Rpc) -> Result<Self, RpcError> {
        let chain = rpc.chain_id()?;
        Ok(Self { rpc, patience: Duration::from_secs(60), chain })
    }

    /// The id of its chain.
    #[must_use]
    pub fn chain_id(&self) -> u64 {
        self.chain
    }

    fn transact(&mut self, key: &Key, to: Option<Address>, input: &[u8]) -> Result<Sent, NodeError> {
        let from = key.address();
        let mut call = json!({ "from": shown(&from), "input": shown(input) });
        if let Some(to) = to {
            call["to"] = json!(shown(&to));
        }
        let answers = self.rpc.read_all(&[
            ("eth_estimateGas", json!([call])),
            ("eth_getTransactionCount", json!([shown(&from), "pending"])),
            ("eth_gasPrice", json!([])),
        ])?;
        let mut answers = answers.into_iter();
        let mut next =
            |method: &str| answers.next().unwrap_or_else(|| Err(malformed(method, "an answer", &Value::Null)));
        let gas = match next("eth_estimateGas") {
            Ok(gas) => quantity("eth_estimateGas", &gas)?,
            Err(error) => {
                return match error.revert() {
                    Some(data) => Ok(Sent::Reverts(data.to_vec())),
                    None => Err(error.into()),
                };
            }
        };
        let nonce = quantity("eth_getTransactionCount", &next("eth_getTransactionCount")?)?;
        let price = wide("eth_gasPrice", &next("eth_gasPrice")?)?;
        let transaction = TxEip1559 {
            chain_id: self.chain,
            nonce,
            gas_limit: gas.saturating_add(gas.saturating_mul(MARGIN_PERCENT) / 100),
            max_fee_per_gas: price.saturating_mul(2),
            max_priority_fee_per_gas: 0,
            to: to.map_or(TxKind::Create, |to| TxKind::Call(Hex::from(to))),
            input: Bytes::copy_from_slice(input),
            ..TxEip1559::default()
        };
        let signature = key.sign(&transaction.signature_hash().0, &transaction.encoded_for_signing())?;
        let signed = transaction.into_signed(signature);
        let raw = signed.encoded_2718();
        let hash = self.rpc.request("eth_sendRawTransaction", json!([shown(&raw)]))?;
        Ok(Sent::Sent(word("eth_sendRawTransaction", &hash)?, call))
    }

    fn wait(&mut self, transaction: Hash) -> Result<Receipt, NodeError> {
        let until = Instant::now() + self.patience;
        loop {
            if let Some(receipt) = self.rpc.receipt(transaction)? {
                return Ok(receipt);
            }
            if Instant::now() >= until {
                return Err(NodeError::NoReceipt { transaction, seconds: self.patience.as_secs() });
            }
            thread::sleep(POLL);
        }
    }

    fn done(
        &mut self,
        key: &Key,
        to: Option<Address>,
        input: &[u8],
    ) -> Result<(Option<Address>, Mined<Paid>), NodeError> {
        match self.transact(key, to, input)? {
            // What an estimate sees refused is not sent: it would cost a fee and change nothing.
            Sent::Reverts(data) => {
                let block = self.rpc.head()?.number;
                let cost = Paid { transaction: Hash::default(), gas: 0, gas_price: 0 };
                Ok((None, Mined { outcome: Outcome::Reverted(data), logs: Vec::new(), block, cost }))
            }
            Sent::Sent(hash, call) => {
                let receipt = self.wait(hash)?;
                let cost = Paid { transaction: hash, gas: receipt.gas_used, gas_price: receipt.gas_price };
                let outcome = if receipt.succeeded {
                    Outcome::Returned(None)
                } else {
                    // Chains do not keep why: the call runs once more, on the block that refused it.
                    let again = self.rpc.read("eth_call", json!([call, format!("{:#x}", receipt.block)]));
                    Outcome::Reverted(
                        again.err().and_then(|error| error.revert().map(<[u8]>::to_vec)).unwrap_or_default(),
                    )
                };
                Ok((receipt.contract, Mined { outcome, logs: receipt.logs, block: receipt.block, cost }))
            }
        }
    }
}

enum Sent {
    Sent(Hash, Value),
    Reverts(Vec<u8>),
}

fn outcome(method: &str, answer: Result<Value, RpcError>) -> Result<Outcome, RpcError> {
    match answer {
        Ok(data) => Ok(Outcome::Returned(Some(bytes(method, &data)?))),
        Err(error) => error.revert().map(|data| Outcome::Reverted(data.to_vec())).ok_or(error),
    }
}

impl Transport for Node {
    type Signer = Key;
    type Cost = Paid;
    type Error = NodeError;

    fn send(&mut self, signer: &Key, to: Address, calldata: &[u8]) -> Result<Mined<Paid>, NodeError> {
        self.done(signer, Some(to), calldata).map(|(_, mined)| mined)
    }

    fn deploy(&mut self, signer: &Key, artifact: &Artifact, input: &[u8]) -> Result<(Address, Mined<Paid>), NodeError> {
        let (contract, mined) = self.done(signer, None, &[artifact.code.as_slice(), input].concat())?;
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
