//! A node's Ethereum JSON-RPC as a [`Source`]: questions in batches, answers read strictly.

use std::ops::RangeInclusive;

use alloy_core::primitives::hex;
use serde_json::{Value, json};
use sit_client::rpc::{Limits, Rpc, RpcError};
use sit_engine::chain::{Address, Hash};

use crate::source::{Header, Log, Receipt, Source, SourceError, Transaction};

/// Whoever answers JSON-RPC: a node over HTTP, a chain in process.
pub trait Questions {
    /// Asks all of these; the answers in their order. The first refusal makes all of it fail.
    ///
    /// # Errors
    /// [`SourceError`].
    fn ask_all(&mut self, questions: &[(&str, Value)]) -> Result<Vec<Value>, SourceError>;
}

impl<Q: Questions + ?Sized> Questions for &mut Q {
    fn ask_all(&mut self, questions: &[(&str, Value)]) -> Result<Vec<Value>, SourceError> {
        (**self).ask_all(questions)
    }
}

impl Questions for Rpc {
    fn ask_all(&mut self, questions: &[(&str, Value)]) -> Result<Vec<Value>, SourceError> {
        let answers = self.read_all(questions).map_err(|error| failed(&error))?;
        answers.into_iter().map(|answer| answer.map_err(|error| failed(&error))).collect()
    }
}

/// A node.
pub struct Node<Q = Rpc> {
    node: Q,
}

impl<Q: Questions> Node<Q> {
    /// A node that answers like this.
    pub fn behind(node: Q) -> Self {
        Self { node }
    }

    fn ask(&mut self, questions: &[(&str, Value)]) -> Result<Vec<Value>, SourceError> {
        self.node.ask_all(questions)
    }

    fn ask_one(&mut self, method: &str, params: Value) -> Result<Value, SourceError> {
        let answers = self.ask(&[(method, params)])?;
        answers.into_iter().next().ok_or_else(|| SourceError::Unreachable("an answer is missing".to_owned()))
    }

    /// Where the exchange is, by a development chain that knows it.
    ///
    /// # Errors
    /// [`SourceError`].
    pub fn deployment(&mut self) -> Result<Value, SourceError> {
        self.ask_one("sit_deployments", json!([]))
    }
}

impl Node<Rpc> {
    /// A node at an address such as `http://127.0.0.1:8545`.
    ///
    /// # Errors
    /// A sentence for an address that is none.
    pub fn new(url: &str) -> Result<Self, String> {
        Rpc::new(url, Limits::default()).map(Self::behind).map_err(|error| error.to_string())
    }
}

/// What a failure means for who asked.
fn failed(error: &RpcError) -> SourceError {
    match error {
        RpcError::Refused { message, .. } => refused(message),
        other => SourceError::Unreachable(other.to_string()),
    }
}

/// Nodes word refusals of large questions, and of states that are gone, in many ways.
#[must_use]
pub fn refused(message: &str) -> SourceError {
    let small = message.to_lowercase();
    let large = ["at most", "too many", "too large", "limit", "range", "exceed", "10000", "response size"];
    let gone = ["no such block", "header not found", "unknown block", "not found", "forgotten"];
    if gone.iter().any(|word| small.contains(word)) {
        SourceError::Inconsistent(message.to_owned())
    } else if large.iter().any(|word| small.contains(word)) {
        SourceError::TooLarge(message.to_owned())
    } else {
        SourceError::Unreachable(message.to_owned())
    }
}

fn wrong(field: &str) -> SourceError {
    SourceError::Unreachable(format!("the field {field} of an answer is missing or not what it should be"))
}

fn text<'v>(value: &'v Value, field: &str) -> Result<&'v str, SourceError> {
    value.get(field).and_then(Value::as_str).ok_or_else(|| wrong(field))
}

fn number(value: &Value, field: &str) -> Result<u128, SourceError> {
    let digits = text(value, field)?.strip_prefix("0x").ok_or_else(|| wrong(field))?;
    u128::from_str_radix(digits, 16).map_err(|_| wrong(field))
}

fn small<N: TryFrom<u128>>(value: &Value, field: &str) -> Result<N, SourceError> {
    N::try_from(number(value, field)?).map_err(|_| wrong(field))
}

fn bytes(value: &Value, field: &str) -> Result<Vec<u8>, SourceError> {
    hex::decode(text(value, field)?).map_err(|_| wrong(field))
}

fn fixed<const N: usize>(value: &Value, field: &str) -> Result<[u8; N], SourceError> {
    bytes(value, field)?.try_into().map_err(|_| wrong(field))
}

fn header(value: &Value) -> Result<Header, SourceError> {
    let transactions = value.get("transactions").and_then(Value::as_array).ok_or_else(|| wrong("transactions"))?;
    Ok(Header {
        number: small(value, "number")?,
        hash: fixed(value, "hash")?,
        parent: fixed(value, "parentHash")?,
        time: small(value, "timestamp")?,
        bloom: Box::new(fixed(value, "logsBloom")?),
        // Where only hashes were asked for there is nothing to read.
        transactions: transactions.iter().filter(|one| one.is_object()).map(transaction).collect::<Result<_, _>>()?,
    })
}

fn transaction(value: &Value) -> Result<Transaction, SourceError> {
    let to = value.get("to").filter(|to| !to.is_null());
    Ok(Transaction {
        hash: fixed(value, "hash")?,
        sender: fixed(value, "from")?,
        to: to.map(|_| fixed(value, "to")).transpose()?,
        input: bytes(value, "input")?,
        value: number(value, "value")?,
    })
}

fn log(value: &Value) -> Result<Log, SourceError> {
    let topics = value.get("topics").and_then(Value::as_array).ok_or_else(|| wrong("topics"))?;
    let topic = |topic: &Value| -> Result<[u8; 32], SourceError> {
        let bytes = topic.as_str().and_then(|topic| hex::decode(topic).ok());
        bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| wrong("topics"))
    };
    Ok(Log {
        block: fixed(value, "blockHash")?,
        number: small(value, "blockNumber")?,
        index: small(value, "logIndex")?,
        position: small(value, "transactionIndex")?,
        address: fixed(value, "address")?,
        topics: topics.iter().map(topic).collect::<Result<_, _>>()?,
        data: bytes(value, "data")?,
    })
}

fn receipt(value: &Value) -> Result<Receipt, SourceError> {
    let logs = value.get("logs").and_then(Value::as_array).ok_or_else(|| wrong("logs"))?;
    Ok(Receipt {
        transaction: fixed(value, "transactionHash")?,
        succeeded: number(value, "status")? == 1,
        gas_used: number(value, "gasUsed")?,
        gas_price: number(value, "effectiveGasPrice")?,
        logs: logs.iter().map(log).collect::<Result<_, _>>()?,
    })
}

fn list<T>(value: &Value, what: &str, read: impl Fn(&Value) -> Result<T, SourceError>) -> Result<Vec<T>, SourceError> {
    value.as_array().ok_or_else(|| wrong(what))?.iter().map(read).collect()
}

fn quantity(number: u64) -> Value {
    format!("{number:#x}").into()
}

fn addresses(of: &[Address]) -> Value {
    of.iter().map(|address| Value::from(hex::encode_prefixed(address))).collect()
}

impl<Q: Questions> Source for Node<Q> {
    fn chain_id(&mut self) -> Result<u64, SourceError> {
        let answer = json!({ "id": self.ask_one("eth_chainId", json!([]))? });
        small(&answer, "id")
    }

    fn head(&mut self) -> Result<Header, SourceError> {
        header(&self.ask_one("eth_getBlockByNumber", json!(["latest", false]))?)
    }

    fn final_block(&mut self) -> Result<Option<(u64, Hash)>, SourceError> {
        let answer = self.ask_one("eth_getBlockByNumber", json!(["finalized", false]))?;
        if answer.is_null() { Ok(None) } else { Ok(Some((small(&answer, "number")?, fixed(&answer, "hash")?))) }
    }

    fn hash_of(&mut self, number: u64) -> Result<Option<Hash>, SourceError> {
        let answer = self.ask_one("eth_getBlockByNumber", json!([quantity(number), false]))?;
        if answer.is_null() { Ok(None) } else { fixed(&answer, "hash").map(Some) }
    }

    fn headers(&mut self, range: RangeInclusive<u64>) -> Result<Vec<Header>, SourceError> {
        let questions: Vec<_> = range.map(|number| ("eth_getBlockByNumber", json!([quantity(number), true]))).collect();
        let mut headers = Vec::with_capacity(questions.len());
        for answer in self.ask(&questions)? {
            if answer.is_null() {
                break;
            }
            headers.push(header(&answer)?);
        }
        Ok(headers)
    }

    fn logs(&mut self, range: RangeInclusive<u64>, of: &[Address]) -> Result<Vec<Log>, SourceError> {
        let filter = json!([{
            "fromBlock": quantity(*range.start()), "toBlock": quantity(*range.end()), "address": addresses(of),
        }]);
        list(&self.ask_one("eth_getLogs", filter)?, "logs", log)
    }

    fn logs_of(&mut self, block: Hash, of: &[Address]) -> Result<Vec<Log>, SourceError> {
        let filter = json!([{ "blockHash": hex::encode_prefixed(block), "address": addresses(of) }]);
        list(&self.ask_one("eth_getLogs", filter)?, "logs", log)
    }

    fn receipts(&mut self, blocks: &[Hash]) -> Result<Vec<Vec<Receipt>>, SourceError> {
        let questions: Vec<_> =
            blocks.iter().map(|block| ("eth_getBlockReceipts", json!([hex::encode_prefixed(block)]))).collect();
        let answers = self.ask(&questions)?;
        answers
            .iter()
            .map(|answer| if answer.is_null() { Ok(Vec::new()) } else { list(answer, "receipts", receipt) })
            .collect()
    }

    fn call(&mut self, block: Hash, calls: &[(Address, Vec<u8>)]) -> Result<Vec<Vec<u8>>, SourceError> {
        let at = json!({ "blockHash": hex::encode_prefixed(block) });
        let questions: Vec<_> = calls
            .iter()
            .map(|(to, input)| {
                let call = json!({ "to": hex::encode_prefixed(to), "input": hex::encode_prefixed(input) });
                ("eth_call", json!([call, at]))
            })
            .collect();
        let answers = self.ask(&questions)?;
        answers
            .iter()
            .map(|answer| answer.as_str().and_then(|text| hex::decode(text).ok()).ok_or_else(|| wrong("result")))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_large_questions_are_told_from_failures() {
        for large in [
            "query returned more than 10000 results",
            "block range is too large",
            "at most 10000 logs",
            // Those of the development chain.
            "more than 10000 logs: ask for the blocks 0x0 to 0x2, and then from 0x3 on",
            "more than 33554432 bytes of logs in this range: ask for the blocks 0x0 to 0x2, and then from 0x3 on",
            "the range takes more than 30 s to look through: ask for the blocks 0x0 to 0x2, and then from 0x3 on",
        ] {
            assert!(matches!(refused(large), SourceError::TooLarge(_)), "{large}");
        }
        assert!(matches!(refused("there is no such block: the newest is 7"), SourceError::Inconsistent(_)));
        assert!(matches!(refused("internal error"), SourceError::Unreachable(_)));
    }
}
