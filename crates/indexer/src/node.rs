//! A node's Ethereum JSON-RPC over HTTP as a [`Source`]: questions in batches, answers read strictly.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::ops::RangeInclusive;
use std::time::Duration;

use alloy_core::primitives::hex;
use serde_json::{Value, json};
use sit_engine::chain::{Address, Hash};

use crate::source::{Header, Log, Receipt, Source, SourceError, Transaction};

/// Questions of one request. Nodes refuse larger batches (ours 1,000, Geth 1,000, many services 100).
const MOST_IN_A_BATCH: usize = 100;
/// Bytes of an answer at most.
const MOST_BYTES: u64 = 256 * 1024 * 1024;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What carries the text of a request to a node, and the text of its answer back.
pub trait Carrier {
    /// Carries a request.
    ///
    /// # Errors
    /// That the node could not be reached, or did not answer.
    fn carry(&mut self, request: &[u8]) -> std::io::Result<Vec<u8>>;
}

/// A node, asked in batches.
#[derive(Debug)]
pub struct Node<C = Http> {
    carrier: C,
}

impl<C: Carrier> Node<C> {
    /// A node behind a carrier.
    pub fn behind(carrier: C) -> Self {
        Self { carrier }
    }
}

impl Node<Http> {
    /// A node at an address such as `http://127.0.0.1:8545`.
    ///
    /// # Errors
    /// A sentence for another kind of address.
    pub fn new(url: &str) -> Result<Self, String> {
        Http::new(url).map(Self::behind)
    }
}

/// A connection to an `http://` address, which is kept between requests.
#[derive(Debug)]
pub struct Http {
    authority: String,
    path: String,
    stream: Option<BufReader<TcpStream>>,
}

impl Http {
    /// A connection to an address such as `http://127.0.0.1:8545`.
    ///
    /// # Errors
    /// A sentence for another kind of address.
    pub fn new(url: &str) -> Result<Self, String> {
        let rest = url.strip_prefix("http://").ok_or_else(|| {
            format!("{url} is not an http:// address; for https run a proxy of your own on this machine")
        })?;
        let (authority, path) = rest.find('/').map_or((rest, "/"), |slash| rest.split_at(slash));
        let authority = if authority.contains(':') { authority.to_owned() } else { format!("{authority}:80") };
        Ok(Self { authority, path: path.to_owned(), stream: None })
    }

    fn connect(&self) -> std::io::Result<BufReader<TcpStream>> {
        let stream = TcpStream::connect(&self.authority)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(BufReader::with_capacity(64 * 1024, stream))
    }

    fn post(&mut self, body: &[u8]) -> std::io::Result<Vec<u8>> {
        // A connection that the node has closed meanwhile shows only when it is used: then once more on a new one.
        let kept = self.stream.take();
        let reused = kept.is_some();
        let mut stream = kept.map_or_else(|| self.connect(), Ok)?;
        match self.exchange(&mut stream, body) {
            Err(_) if reused => {
                let mut stream = self.connect()?;
                let (answer, keep) = self.exchange(&mut stream, body)?;
                self.stream = keep.then_some(stream);
                Ok(answer)
            }
            done => {
                let (answer, keep) = done?;
                self.stream = keep.then_some(stream);
                Ok(answer)
            }
        }
    }

    fn exchange(&self, stream: &mut BufReader<TcpStream>, body: &[u8]) -> std::io::Result<(Vec<u8>, bool)> {
        let bad = |why: &str| std::io::Error::new(std::io::ErrorKind::InvalidData, why.to_owned());
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.path,
            self.authority,
            body.len()
        );
        let socket = stream.get_mut();
        socket.write_all(head.as_bytes())?;
        socket.write_all(body)?;
        let line = line(stream)?;
        let status = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let (mut length, mut chunked, mut keep) = (None, false, true);
        loop {
            let header = self::line(stream)?;
            if header.is_empty() {
                break;
            }
            let (name, value) = header.split_once(':').ok_or_else(|| bad("a header is no header"))?;
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse::<u64>().ok(),
                "transfer-encoding" => chunked = value.eq_ignore_ascii_case("chunked"),
                "connection" => keep = !value.eq_ignore_ascii_case("close"),
                _ => {}
            }
        }
        let mut answer = Vec::new();
        if chunked {
            loop {
                let size = self::line(stream)?;
                let size = size.split(';').next().unwrap_or_default().trim();
                let size = u64::from_str_radix(size, 16).map_err(|_| bad("a chunk has no size"))?;
                if answer.len() as u64 + size > MOST_BYTES {
                    return Err(bad("the answer is too long"));
                }
                stream.by_ref().take(size).read_to_end(&mut answer)?;
                self::line(stream)?;
                if size == 0 {
                    break;
                }
            }
        } else {
            let length =
                length.filter(|length| *length <= MOST_BYTES).ok_or_else(|| bad("the answer has no length"))?;
            stream.by_ref().take(length).read_to_end(&mut answer)?;
            if answer.len() as u64 != length {
                return Err(bad("the answer ended too early"));
            }
        }
        if status == "200" {
            Ok((answer, keep))
        } else {
            let text: String = String::from_utf8_lossy(&answer).chars().take(200).collect();
            Err(bad(&format!("status {status}: {text}")))
        }
    }
}

impl Carrier for Http {
    fn carry(&mut self, request: &[u8]) -> std::io::Result<Vec<u8>> {
        self.post(request)
    }
}

impl<C: Carrier> Node<C> {
    /// Asks several questions, in as few requests as the node takes.
    fn ask(&mut self, questions: &[(&str, Value)]) -> Result<Vec<Value>, SourceError> {
        let mut answers = Vec::with_capacity(questions.len());
        for part in questions.chunks(MOST_IN_A_BATCH) {
            let batch: Vec<Value> = part
                .iter()
                .enumerate()
                .map(|(id, (method, params))| json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
                .collect();
            let text = Value::Array(batch).to_string();
            let answer =
                self.carrier.carry(text.as_bytes()).map_err(|why| SourceError::Unreachable(why.to_string()))?;
            let answer: Value = serde_json::from_slice(&answer)
                .map_err(|why| SourceError::Unreachable(format!("the answer is not JSON: {why}")))?;
            let Value::Array(batch) = answer else {
                return Err(refused(answer.get("error").unwrap_or(&answer)));
            };
            // A node may answer in any order.
            let mut sorted: Vec<Option<Value>> = vec![None; part.len()];
            for mut one in batch {
                if let Some(error) = one.get("error") {
                    return Err(refused(error));
                }
                let place = one.get("id").and_then(Value::as_u64).and_then(|id| usize::try_from(id).ok());
                let result = one.get_mut("result").map(Value::take);
                if let Some(place) = place.and_then(|place| sorted.get_mut(place)) {
                    *place = result;
                }
            }
            for one in sorted {
                answers.push(one.ok_or_else(|| SourceError::Unreachable("an answer is missing".to_owned()))?);
            }
        }
        Ok(answers)
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

fn line(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut line = String::new();
    stream.by_ref().take(16 * 1024).read_line(&mut line)?;
    if line.is_empty() {
        return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "the node has closed the connection"));
    }
    Ok(line.trim_end().to_owned())
}

/// What a node's error means for who asked. Nodes word refusals of large questions in many ways.
fn refused(error: &Value) -> SourceError {
    let message = error.get("message").and_then(Value::as_str).unwrap_or("an error without words").to_owned();
    let small = message.to_lowercase();
    let large = ["at most", "too many", "too large", "limit", "range", "exceed", "10000", "response size"];
    let gone = ["no such block", "header not found", "unknown block", "not found", "forgotten"];
    if gone.iter().any(|word| small.contains(word)) {
        SourceError::Inconsistent(message)
    } else if large.iter().any(|word| small.contains(word)) {
        SourceError::TooLarge(message)
    } else {
        SourceError::Unreachable(message)
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

impl<C: Carrier> Source for Node<C> {
    fn chain_id(&mut self) -> Result<u64, SourceError> {
        let answer = json!({ "id": self.ask_one("eth_chainId", json!([]))? });
        small(&answer, "id")
    }

    fn head(&mut self) -> Result<Header, SourceError> {
        header(&self.ask_one("eth_getBlockByNumber", json!(["latest", false]))?)
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
        let of = |message: &str| refused(&json!({ "code": -32000, "message": message }));
        for large in ["query returned more than 10000 results", "block range is too large", "at most 10000 logs"] {
            assert!(matches!(of(large), SourceError::TooLarge(_)), "{large}");
        }
        assert!(matches!(of("there is no such block: the newest is 7"), SourceError::Inconsistent(_)));
        assert!(matches!(of("internal error"), SourceError::Unreachable(_)));
    }

    #[test]
    fn only_http_addresses_are_taken() {
        assert_eq!(Http::new("http://127.0.0.1:8545").map(|node| node.authority), Ok("127.0.0.1:8545".to_owned()));
        assert_eq!(
            Http::new("http://localhost/x").map(|node| (node.authority, node.path)),
            Ok(("localhost:80".to_owned(), "/x".to_owned()))
        );
        assert!(Http::new("https://localhost").is_err());
    }
}
