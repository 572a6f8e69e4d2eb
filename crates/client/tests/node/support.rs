//! The development chain as a program of its own, and a way to it that loses, delays and lies.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use alloy_core::primitives::hex;
use sit_client::{
    Client,
    rpc::{Key, Limits, Node, Record, Rpc, connect},
};

/// The first three of the keys that everybody knows: `you 0`, `you 1` and `you 2`.
const YOU: [&str; 3] = [
    "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
    "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
];

/// Limits under which a test of faults ends soon.
pub const SOON: Limits = Limits { timeout: Duration::from_secs(2), attempts: 4, back_off: Duration::from_millis(5) };

/// The key of `you 0`.
pub fn you() -> Key {
    yours(0)
}

/// The key of `you 0`, `you 1` or `you 2`.
pub fn yours(number: usize) -> Key {
    Key::from_bytes(&hex::decode_to_array(YOU[number]).expect("digits")).expect("a key")
}

/// A stream of numbers from a seed.
pub struct Dice(pub u64);

impl Dice {
    /// The next number below `sides`.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// A program of this workspace, beside the test.
fn program(name: &str) -> PathBuf {
    let here = std::env::current_exe().expect("the test is a program");
    let path = here.parent().and_then(|deps| deps.parent()).expect("it lies in a folder").join(name);
    assert!(path.exists(), "{} is not built: scripts/cargo build --workspace --bin {name}", path.display());
    path
}

/// The development chain; it ends with this value.
pub struct Chain {
    child: Child,
    /// Where it answers, `http://127.0.0.1:port`.
    pub url: String,
}

impl Drop for Chain {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
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
        let mut url = String::new();
        for line in lines.by_ref() {
            let line = line.expect("it prints text");
            if let Some(rest) = line.strip_prefix("sit-devnet: ") {
                url = rest.split(' ').next().unwrap_or_default().to_owned();
            }
            if line.starts_with("The chain is ready") {
                break;
            }
        }
        // Whatever it prints later must not fill the pipe.
        thread::spawn(move || lines.for_each(drop));
        assert!(url.starts_with("http://127.0.0.1:"), "it says where it answers: {url}");
        Self { child, url }
    }

    /// A question to it.
    pub fn rpc(&self) -> Rpc {
        Rpc::new(&self.url, Limits::default()).expect("an address")
    }

    /// A client of its exchange.
    pub fn client(&self) -> Client<Node> {
        let mut rpc = self.rpc();
        let record = Record::of_development_chain(&mut rpc).expect("a record");
        connect(rpc, &record).expect("it fits")
    }
}

/// What the way does to a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Nothing.
    None,
    /// The request does not arrive.
    Lost,
    /// The request arrives, and its answer does not.
    AnswerLost,
    /// Half of the answer arrives.
    Cut,
    /// Too many requests.
    TooMany,
    /// The server has broken down.
    Down,
    /// The answer comes late.
    Late,
    /// The first text in the answer is replaced by the second.
    Lie(&'static str, &'static str),
}

/// What happens to each request, by its text.
type Faults = Mutex<Box<dyn FnMut(&str) -> Fault + Send>>;

/// A way to a chain with faults of its own.
pub struct Proxy {
    /// Where it answers.
    pub url: String,
    faults: Arc<Faults>,
    ended: Arc<AtomicBool>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // Wakes the listener.
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

impl Proxy {
    /// A way to a chain on which each request, by its text, meets what the function says.
    pub fn to(chain: &str, faults: impl FnMut(&str) -> Fault + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let faults: Arc<Faults> = Arc::new(Mutex::new(Box::new(faults)));
        let ended = Arc::new(AtomicBool::new(false));
        let (decide, over) = (faults.clone(), ended.clone());
        let target = chain.trim_start_matches("http://").to_owned();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                let (Ok(stream), decide, target) = (stream, decide.clone(), target.clone()) else { continue };
                thread::spawn(move || serve(stream, &target, &decide));
            }
        });
        Self { url, faults, ended }
    }

    /// Changes what happens on the way.
    pub fn now(&self, faults: impl FnMut(&str) -> Fault + Send + 'static) {
        *self.faults.lock().expect("no test panics in it") = Box::new(faults);
    }
}

/// Answers the requests of a connection until it ends.
fn serve(stream: TcpStream, target: &str, faults: &Faults) {
    let mut reader = BufReader::new(stream);
    while let Some(body) = request(&mut reader) {
        let fault = (faults.lock().expect("no test panics in it"))(&body);
        let plain = |status: &str, more: &str| {
            format!("HTTP/1.1 {status}\r\n{more}content-length: 2\r\nconnection: close\r\n\r\n--").into_bytes()
        };
        let answer = match fault {
            Fault::Lost => return drop(reader.get_mut().shutdown(Shutdown::Both)),
            Fault::TooMany => plain("429 Too Many Requests", "retry-after: 0\r\n"),
            Fault::Down => plain("503 Service Unavailable", ""),
            Fault::None | Fault::AnswerLost | Fault::Cut | Fault::Late | Fault::Lie(..) => {
                let Some(text) = forward(target, &body) else { return };
                if fault == Fault::Late {
                    thread::sleep(Duration::from_millis(30));
                }
                if fault == Fault::AnswerLost {
                    return drop(reader.get_mut().shutdown(Shutdown::Both));
                }
                let text = match fault {
                    Fault::Cut => text[..text.len() / 2].to_owned(),
                    Fault::Lie(said, lie) => text.replace(said, lie),
                    _ => text,
                };
                format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{text}",
                    text.len()
                )
                .into_bytes()
            }
        };
        if reader.get_mut().write_all(&answer).is_err() || matches!(fault, Fault::TooMany | Fault::Down) {
            return;
        }
    }
}

/// The body of the next request.
fn request(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    String::from_utf8(body).ok()
}

/// Asks the chain itself.
fn forward(target: &str, body: &str) -> Option<String> {
    let mut stream = TcpStream::connect(target).ok()?;
    write!(
        stream,
        "POST / HTTP/1.1\r\nhost: {target}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned())
}
