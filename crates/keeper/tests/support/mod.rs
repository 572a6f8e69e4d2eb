//! The development chain as a program of its own, and a transport to it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    ops::RangeInclusive,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use alloy_core::primitives::hex;
use serde_json::{Value, json};
use sit_client::{
    Artifact, Client, Deployment, Signer, Transport,
    transport::{Head, Log, Mined, Outcome},
};
use sit_engine::chain::Address;
use sit_keeper::Post;
use sit_native::Contract;

/// The development chain, ended with this value.
pub struct Chain {
    child: Child,
    /// Where it answers.
    pub address: SocketAddr,
    /// Keys by their names, as it printed them.
    pub keys: Vec<(String, Address)>,
    /// Their secrets, which everybody knows.
    pub secrets: Vec<(String, [u8; 32])>,
    /// Where the exchange is.
    pub deployment: Deployment,
}

impl Drop for Chain {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program of this workspace, beside the test.
pub fn program(name: &str) -> PathBuf {
    let here = std::env::current_exe().expect("the test is a program");
    let path = here.parent().and_then(|deps| deps.parent()).expect("it lies in a folder").join(name);
    assert!(path.exists(), "{} is not built: cargo build --locked --workspace --bin {name}", path.display());
    path
}

impl Chain {
    /// Starts it and waits until its exchange is open.
    pub fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(program("sit-devnet"))
            .args(["--port", "0", "--quiet"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("it prints")).lines();
        let (mut address, mut keys, mut deployment) = (None, Vec::new(), Deployment::default());
        let mut secrets = Vec::new();
        for line in lines.by_ref() {
            let line = line.expect("it prints text");
            if let Some(rest) = line.strip_prefix("sit-devnet: http://") {
                address = rest.split(' ').next().and_then(|text| text.parse().ok());
            }
            if line.starts_with("The chain is ready") {
                break;
            }
            let words: Vec<&str> = line.split_whitespace().collect();
            let found = |word: &&&str| word.len() == 42 && word.starts_with("0x");
            let Some(at) = words.iter().position(|word| found(&word)) else { continue };
            let key: Address = hex::decode_to_array(words[at]).expect("an address");
            let name = words[..at].join(" ");
            match Contract::ALL.into_iter().chain([Contract::Token]).find(|contract| contract.name() == name) {
                Some(contract) => deployment.set(contract, key),
                None => {
                    secrets.extend(
                        words.get(at + 1).and_then(|word| Some((name.clone(), hex::decode_to_array(word).ok()?))),
                    );
                    keys.push((name, key));
                }
            }
        }
        // Whatever it prints later must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let address = address.expect("it says where it answers");
        Self { child, address, keys, secrets, deployment }
    }

    /// A key by its name.
    pub fn key(&self, name: &str) -> Key {
        Key(self.keys.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("there is a key {name}")).1)
    }

    /// The secret of a key.
    pub fn secret(&self, name: &str) -> [u8; 32] {
        self.secrets.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("there is a key {name}")).1
    }

    /// A client that reaches it directly.
    pub fn client(&self) -> Client<Wire> {
        Client::new(Wire::to(self.address), self.deployment.clone())
    }

    /// Asks it something by JSON-RPC.
    pub fn ask(&self, method: &str, params: Value) -> Value {
        Wire::to(self.address).ask(method, &params).expect("it answers")
    }

    /// Seals a block.
    pub fn mine(&self) {
        self.ask("evm_mine", json!([]));
    }
}

/// A key that the development chain signs for.
#[derive(Clone, Copy, Debug)]
pub struct Key(pub Address);

impl Signer for Key {
    fn address(&self) -> Address {
        self.0
    }
}

/// Why something did not get through.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Lost(pub String);

/// JSON-RPC over a connection for each request.
#[derive(Clone, Debug)]
pub struct Wire {
    to: SocketAddr,
    /// Requests that got an answer, and those that did not.
    pub answered: u64,
    pub lost: u64,
}

/// Tells in a file with which block one has done.
pub fn beat(file: &std::path::Path, block: u64) {
    let beside = file.with_extension("new");
    std::fs::write(&beside, block.to_string()).expect("a beat is written");
    std::fs::rename(&beside, file).expect("a beat is told");
}

/// What a transaction cost, in wei of the chain.
#[derive(Clone, Copy, Debug)]
pub struct Wei(pub u128);

const PATIENCE: Duration = Duration::from_secs(5);
/// How long a transaction is waited for.
const INCLUSION: Duration = Duration::from_secs(6);

impl Wire {
    pub fn to(to: SocketAddr) -> Self {
        Self { to, answered: 0, lost: 0 }
    }

    fn post(&mut self, body: &Value) -> Result<Value, Lost> {
        let result = self.exchange(body);
        *(if result.is_ok() { &mut self.answered } else { &mut self.lost }) += 1;
        result
    }

    fn exchange(&self, body: &Value) -> Result<Value, Lost> {
        let lost = |error: std::io::Error| Lost(error.to_string());
        let mut stream = TcpStream::connect_timeout(&self.to, PATIENCE).map_err(lost)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(lost)?;
        let text = body.to_string();
        let head = format!(
            "POST / HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            text.len()
        );
        stream.write_all((head + &text).as_bytes()).map_err(lost)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).map_err(lost)?;
        let text = String::from_utf8_lossy(&answer);
        let (head, body) = text.split_once("\r\n\r\n").ok_or_else(|| Lost("no answer".to_owned()))?;
        if !head.starts_with("HTTP/1.1 200") {
            return Err(Lost(head.lines().next().unwrap_or_default().to_owned()));
        }
        serde_json::from_str(body).map_err(|error| Lost(error.to_string()))
    }

    /// Asks once; what does not come back is an error.
    fn once(&mut self, method: &str, params: &Value) -> Result<Result<Value, Value>, Lost> {
        let answer = self.post(&json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }))?;
        Ok(match answer.get("error") {
            Some(error) => Err(error.clone()),
            None => Ok(answer["result"].clone()),
        })
    }

    /// Asks what may be asked again.
    pub fn ask(&mut self, method: &str, params: &Value) -> Result<Value, Lost> {
        let mut last = None;
        for _ in 0..4 {
            match self.once(method, params) {
                Ok(Ok(result)) => return Ok(result),
                Ok(Err(error)) => return Err(Lost(error.to_string())),
                Err(lost) => last = Some(lost),
            }
        }
        Err(last.unwrap_or_else(|| Lost("nothing was asked".to_owned())))
    }

    fn outcome(answer: &Value) -> Result<Outcome, Lost> {
        if let Some(error) = answer.get("error") {
            return match error.get("data").and_then(Value::as_str) {
                Some(data) => Ok(Outcome::Reverted(bytes(data))),
                None => Err(Lost(error.to_string())),
            };
        }
        Ok(Outcome::Returned(Some(bytes(answer["result"].as_str().unwrap_or_default()))))
    }

    fn receipt(
        &mut self,
        hash: &Value,
        signer: Address,
        to: Address,
        calldata: &[u8],
    ) -> Result<Option<Mined<Wei>>, Lost> {
        let receipt = self.ask("eth_getTransactionReceipt", &json!([hash]))?;
        if receipt.is_null() {
            return Ok(None);
        }
        let block = number(&receipt["blockNumber"]);
        let cost = u128::from(number(&receipt["gasUsed"])) * u128::from(number(&receipt["effectiveGasPrice"]));
        let outcome = if receipt["status"] == "0x1" {
            Outcome::Returned(None)
        } else {
            // Why: by asking again on the block before it.
            let call = json!([call(Some(signer), to, calldata), format!("0x{:x}", block.saturating_sub(1))]);
            match self.once("eth_call", &call) {
                Ok(Err(error)) => Outcome::Reverted(bytes(error["data"].as_str().unwrap_or_default())),
                _ => Outcome::Reverted(Vec::new()),
            }
        };
        let logs = receipt["logs"].as_array().cloned().unwrap_or_default().iter().map(log).collect();
        Ok(Some(Mined { outcome, logs, block, cost: Wei(cost) }))
    }
}

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap_or_default()
}

fn number(value: &Value) -> u64 {
    value.as_str().and_then(|text| u64::from_str_radix(text.trim_start_matches("0x"), 16).ok()).unwrap_or_default()
}

fn word(value: &Value) -> [u8; 32] {
    value.as_str().and_then(|text| hex::decode_to_array(text).ok()).unwrap_or_default()
}

fn log(value: &Value) -> Log {
    Log {
        address: value["address"].as_str().and_then(|text| hex::decode_to_array(text).ok()).unwrap_or_default(),
        topics: value["topics"].as_array().cloned().unwrap_or_default().iter().map(word).collect(),
        data: bytes(value["data"].as_str().unwrap_or_default()),
        block: number(&value["blockNumber"]),
    }
}

fn call(from: Option<Address>, to: Address, data: &[u8]) -> Value {
    let mut call = json!({ "to": hex::encode_prefixed(to), "data": hex::encode_prefixed(data) });
    if let Some(from) = from {
        call["from"] = json!(hex::encode_prefixed(from));
    }
    call
}

impl Transport for Wire {
    type Signer = Key;
    type Cost = Wei;
    type Error = Lost;

    fn send(&mut self, signer: &Key, to: Address, calldata: &[u8]) -> Result<Mined<Wei>, Lost> {
        self.send_all(signer, &[(to, calldata.to_vec())]).remove(0)
    }

    fn deploy(&mut self, _: &Key, _: &Artifact, _: &[u8]) -> Result<(Address, Mined<Wei>), Lost> {
        Err(Lost("nobody deploys here".to_owned()))
    }

    fn call(&mut self, signer: Option<&Key>, to: Address, calldata: &[u8]) -> Result<Outcome, Lost> {
        let from = signer.map(|key| key.0);
        let request = json!([{
            "jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [call(from, to, calldata), "latest"],
        }]);
        let answers = self.again(&request)?;
        Self::outcome(&answers[0])
    }

    fn call_all(&mut self, calls: &[(Address, Vec<u8>)]) -> Result<Vec<Outcome>, Lost> {
        if calls.is_empty() {
            return Ok(Vec::new());
        }
        let requests = calls.iter().enumerate().map(|(id, (to, data))| {
            json!({ "jsonrpc": "2.0", "id": id, "method": "eth_call", "params": [call(None, *to, data), "latest"] })
        });
        let mut answers = self.again(&Value::Array(requests.collect()))?;
        let answers = answers.as_array_mut().ok_or_else(|| Lost("no batch".to_owned()))?;
        answers.sort_by_key(|answer| answer["id"].as_u64());
        answers.iter().map(Self::outcome).collect()
    }

    fn logs(&mut self, blocks: RangeInclusive<u64>, of: &[Address]) -> Result<Vec<Log>, Lost> {
        let addresses: Vec<String> = of.iter().map(hex::encode_prefixed).collect();
        let (from, to) = (format!("0x{:x}", blocks.start()), format!("0x{:x}", blocks.end()));
        let filter = json!([{ "fromBlock": from, "toBlock": to, "address": addresses }]);
        let logs = self.ask("eth_getLogs", &filter)?;
        Ok(logs.as_array().cloned().unwrap_or_default().iter().map(log).collect())
    }

    fn head(&mut self) -> Result<Head, Lost> {
        let block = self.ask("eth_getBlockByNumber", &json!(["latest", false]))?;
        Ok(Head { number: number(&block["number"]), time: number(&block["timestamp"]) })
    }
}

impl Wire {
    fn again(&mut self, request: &Value) -> Result<Value, Lost> {
        let mut last = self.post(request);
        for _ in 0..3 {
            if last.is_ok() {
                break;
            }
            last = self.post(request);
        }
        last
    }
}

impl Post for Wire {
    fn send_all(&mut self, signer: &Key, calls: &[(Address, Vec<u8>)]) -> Vec<Result<Mined<Wei>, Lost>> {
        let hashes: Vec<Result<Value, Lost>> = calls
            .iter()
            .map(|(to, data)| {
                let sent = self.once("eth_sendTransaction", &json!([call(Some(signer.0), *to, data)]))?;
                sent.map_err(|error| Lost(error.to_string()))
            })
            .collect();
        let until = Instant::now() + INCLUSION;
        let mut ended = Vec::new();
        for (hash, (to, data)) in hashes.into_iter().zip(calls) {
            ended.push(hash.and_then(|hash| {
                loop {
                    match self.receipt(&hash, signer.0, *to, data) {
                        Ok(Some(mined)) => break Ok(mined),
                        Err(lost) => break Err(lost),
                        Ok(None) if Instant::now() > until => break Err(Lost("no block has it yet".to_owned())),
                        Ok(None) => std::thread::sleep(Duration::from_millis(20)),
                    }
                }
            }));
        }
        ended
    }

    fn planck(cost: &Wei) -> u128 {
        cost.0 / 100_000_000 // 18 decimals there, 10 here
    }
}
