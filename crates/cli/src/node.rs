//! Ethereum JSON-RPC over HTTP.
#![expect(missing_docs, reason = "stands in until the client has its own")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::{Value, json};
use sit_client::transport::{Head, Log, Mined, Outcome, Signer};
use sit_client::{Artifact, Transport};
use sit_engine::chain::Address;

use crate::act::Cost;
use crate::history::{hex_bytes, hex_number, to_hex};

#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    #[error("{0}")]
    Unreachable(String),
    #[error("{message}")]
    Answer { code: i64, message: String, data: Option<Vec<u8>> },
    #[error("{0}")]
    Senseless(String),
}

#[derive(Clone, Debug)]
pub struct Key(pub Address);

impl Signer for Key {
    fn address(&self) -> Address {
        self.0
    }
}

#[derive(Debug)]
pub struct Node {
    host: String,
    stream: Option<BufReader<TcpStream>>,
    id: u64,
}

impl Node {
    pub fn new(url: &str) -> Self {
        let host = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        Self { host, stream: None, id: 0 }
    }

    fn post(&mut self, body: &str) -> std::io::Result<Vec<u8>> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(&self.host)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(Duration::from_secs(30)))?;
            self.stream = Some(BufReader::new(stream));
        }
        let stream = self.stream.as_mut().expect("connected");
        let request = format!(
            "POST / HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        );
        stream.get_mut().write_all(request.as_bytes())?;
        let mut length = 0_usize;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim().to_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        let mut bytes = vec![0; length];
        stream.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn ask(&mut self, body: &Value) -> Result<Value, NodeError> {
        let bytes = self.post(&body.to_string()).map_err(|error| {
            NodeError::Unreachable(format!("the node at http://{} does not answer: {error}", self.host))
        })?;
        serde_json::from_slice(&bytes).map_err(|error| NodeError::Senseless(error.to_string()))
    }

    fn result(answer: &Value) -> Result<Value, NodeError> {
        match answer.get("error") {
            Some(error) => Err(NodeError::Answer {
                code: error.get("code").and_then(Value::as_i64).unwrap_or(0),
                message: error.get("message").and_then(Value::as_str).unwrap_or_default().to_owned(),
                data: hex_bytes(error.get("data")),
            }),
            None => Ok(answer.get("result").cloned().unwrap_or_default()),
        }
    }

    pub fn raw(&mut self, method: &str, params: &Value) -> Result<Value, NodeError> {
        self.id += 1;
        let answer = self.ask(&json!({ "jsonrpc": "2.0", "id": self.id, "method": method, "params": params }))?;
        Self::result(&answer)
    }

    fn outcome(answer: Result<Value, NodeError>) -> Result<Outcome, NodeError> {
        match answer {
            Ok(value) => Ok(Outcome::Returned(hex_bytes(Some(&value)))),
            Err(NodeError::Answer { data: Some(data), .. }) => Ok(Outcome::Reverted(data)),
            Err(error) => Err(error),
        }
    }
}

impl Transport for Node {
    type Signer = Key;
    type Cost = Cost;
    type Error = NodeError;

    fn send(&mut self, signer: &Key, to: Address, calldata: &[u8]) -> Result<Mined<Cost>, NodeError> {
        let hash = self.raw(
            "eth_sendTransaction",
            &json!([{ "from": to_hex(&signer.0), "to": to_hex(&to), "data": to_hex(calldata) }]),
        )?;
        loop {
            let receipt = self.raw("eth_getTransactionReceipt", &json!([hash]))?;
            if !receipt.is_null() {
                let gas = u128::from(hex_number(receipt.get("gasUsed")).unwrap_or(0))
                    * u128::from(hex_number(receipt.get("effectiveGasPrice")).unwrap_or(0));
                let logs = receipt.get("logs").and_then(Value::as_array).into_iter().flatten().filter_map(|log| {
                    Some(Log {
                        address: hex_bytes(log.get("address"))?.try_into().ok()?,
                        topics: log
                            .get("topics")?
                            .as_array()?
                            .iter()
                            .filter_map(|topic| hex_bytes(Some(topic))?.try_into().ok())
                            .collect(),
                        data: hex_bytes(log.get("data"))?,
                        block: hex_number(log.get("blockNumber"))?,
                    })
                });
                let done = hex_number(receipt.get("status")) == Some(1);
                return Ok(Mined {
                    outcome: if done { Outcome::Returned(None) } else { Outcome::Reverted(Vec::new()) },
                    logs: logs.collect(),
                    block: hex_number(receipt.get("blockNumber")).unwrap_or(0),
                    cost: Cost { fee: gas.div_ceil(100_000_000), deposit: 0 },
                });
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn deploy(&mut self, _: &Key, _: &Artifact, _: &[u8]) -> Result<(Address, Mined<Cost>), NodeError> {
        Err(NodeError::Senseless("not here".to_owned()))
    }

    fn call(&mut self, signer: Option<&Key>, to: Address, calldata: &[u8]) -> Result<Outcome, NodeError> {
        let mut call = json!({ "to": to_hex(&to), "data": to_hex(calldata) });
        if let Some(signer) = signer {
            call["from"] = to_hex(&signer.0).into();
        }
        Self::outcome(self.raw("eth_call", &json!([call, "latest"])))
    }

    fn call_all(&mut self, calls: &[(Address, Vec<u8>)]) -> Result<Vec<Outcome>, NodeError> {
        if calls.is_empty() {
            return Ok(Vec::new());
        }
        let batch: Vec<Value> = calls.iter().enumerate().map(|(id, (to, data))| json!({ "jsonrpc": "2.0", "id": id, "method": "eth_call", "params": [{ "to": to_hex(to), "data": to_hex(data) }, "latest"] })).collect();
        let answers = self.ask(&batch.into())?;
        let mut found: Vec<(u64, Value)> = answers
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|answer| Some((answer.get("id")?.as_u64()?, answer.clone())))
            .collect();
        found.sort_by_key(|(id, _)| *id);
        if found.len() != calls.len() {
            return Err(NodeError::Senseless("a batch came back with another length".to_owned()));
        }
        found.iter().map(|(_, answer)| Self::outcome(Self::result(answer))).collect()
    }

    fn logs(&mut self, _: RangeInclusive<u64>, _: &[Address]) -> Result<Vec<Log>, NodeError> {
        Err(NodeError::Senseless("not here".to_owned()))
    }

    fn head(&mut self) -> Result<Head, NodeError> {
        let block = self.raw("eth_getBlockByNumber", &json!(["latest", false]))?;
        let number = hex_number(block.get("number")).ok_or_else(|| NodeError::Senseless("no head".to_owned()))?;
        Ok(Head { number, time: hex_number(block.get("timestamp")).unwrap_or(0) })
    }
}
