//! What is killed: the embedded chain as a program of its own, or the auditors' node with the Ethereum server before
//! it.
//!
//! The node is a program that SIT_NODE_PROGRAM names, and the exchange is on it already: SIT_NODE_FOLDER is a folder
//! as `scripts/node --base-path` leaves it, with the chain, the server's database and the record of the deployment.

use std::{
    env,
    ffi::OsStr,
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;
use sit_client::rpc::{Limits, Record, RecordError, Rpc};
use sit_programs::{OPEN, Running, built};

/// How long a program may take to answer.
const START: Duration = Duration::from_secs(120);
/// The wait between two looks.
const POLL: Duration = Duration::from_millis(50);
/// A chain that has ended is not waited for.
pub const LIMITS: Limits = Limits { timeout: Duration::from_secs(30), attempts: 1, back_off: Duration::from_millis(1) };
/// The record of the exchange in the folder of a node.
const RECORD: &str = "deployment.json";

/// The program of the node and the folder with an exchange, where the stories are about a node.
fn node() -> Option<(PathBuf, PathBuf)> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let program = set("SIT_NODE_PROGRAM")?;
    Some((program, set("SIT_NODE_FOLDER").expect("SIT_NODE_FOLDER names the folder of a node with an exchange")))
}

/// What the stories are told on, for what is printed.
pub fn name() -> &'static str {
    if node().is_some() { "node" } else { "embedded chain" }
}

/// How long a transaction may take to be in a block.
pub fn patience() -> Duration {
    Duration::from_secs(if node().is_some() { 10 } else { 3 })
}

/// Copies the files of a chain that does not run.
pub fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("it is there") {
        let entry = entry.expect("it is listed");
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().expect("it has a kind").is_dir() {
            copied(&path, &target);
        } else {
            fs::copy(path, target).expect("it is copied");
        }
    }
}

/// A chain that runs. It is asked to end when the value goes.
pub struct Chain {
    /// Ethereum's JSON-RPC.
    pub url: String,
    /// Where the clock is moved and blocks are asked for.
    pub clock: String,
    programs: Programs,
    folder: PathBuf,
}

enum Programs {
    Embedded(Running),
    /// The Ethereum server, and the node behind it.
    Node([Ended; 2]),
}

/// A program that is asked to end when the value goes, and waited for.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            let _ = Command::new("kill").arg(self.0.id().to_string()).status();
            let _ = self.0.wait();
        }
    }
}

impl Ended {
    /// Starts a program whose words go to a file, and waits until it answers a question.
    fn start(program: &Path, arguments: &[&OsStr], log: &Path, (url, question): (&str, &str)) -> Self {
        let file = || File::options().create(true).append(true).open(log).expect("a file");
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(file()).stderr(file());
        let mut started = Self(command.spawn().unwrap_or_else(|error| panic!("{}: {error}", program.display())));
        let mut rpc = Rpc::new(url, LIMITS).expect("an address");
        let begun = Instant::now();
        while rpc.request(question, json!([])).is_err() {
            let ended = started.0.try_wait().expect("it is a child of ours");
            assert!(ended.is_none(), "{question}: it has ended: {}", fs::read_to_string(log).unwrap_or_default());
            assert!(begun.elapsed() < START, "{question}: no answer: {}", fs::read_to_string(log).unwrap_or_default());
            thread::sleep(POLL);
        }
        started
    }
}

/// Two ports that nobody uses.
fn free_ports() -> [u16; 2] {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port"));
    listeners.map(|listener| listener.local_addr().expect("an address").port())
}

impl Chain {
    /// Begins a folder with an exchange.
    pub fn opened(folder: &Path) -> Self {
        match node() {
            Some((_, exchange)) => {
                assert!(exchange.join(RECORD).exists(), "{} has no exchange", exchange.display());
                copied(&exchange, folder);
                Self::on(folder)
            }
            None => Self::embedded(folder, "--quiet-market"),
        }
    }

    /// Goes on with what is in a folder.
    pub fn on(folder: &Path) -> Self {
        match node() {
            Some((program, _)) => Self::node(&program, folder),
            None => Self::embedded(folder, "--bare"),
        }
    }

    fn embedded(folder: &Path, how: &str) -> Self {
        let mut command = Command::new(built("sit-devnet"));
        command.args(["--port", "0", "--quiet", "--deterministic", "--history", "8", how, "--state"]).arg(folder);
        let running = Running::start(command, OPEN);
        let url = running.url.clone();
        Self { clock: url.clone(), url, programs: Programs::Embedded(running), folder: folder.to_owned() }
    }

    fn node(program: &Path, folder: &Path) -> Self {
        let [port, node_port] = free_ports().map(|port| port.to_string());
        let (url, clock) = (format!("http://127.0.0.1:{port}"), format!("http://127.0.0.1:{node_port}"));
        let (chain, ethereum, socket) =
            (folder.join("chain"), folder.join("ethereum"), clock.replacen("http", "ws", 1));
        let [node_port, port, socket] = [&node_port, &port, &socket].map(OsStr::new);
        let word = OsStr::new;
        let arguments = [word("--base-path"), chain.as_os_str(), word("--rpc-port"), node_port, word("--no-telemetry")];
        let node = Ended::start(program, &arguments, &folder.join("node.log"), (&clock, "system_health"));
        let arguments = [
            word("eth-rpc"),
            word("--dev"),
            word("--node-rpc-url"),
            socket,
            word("--rpc-port"),
            port,
            word("--base-path"),
            ethereum.as_os_str(),
        ];
        let server = Ended::start(program, &arguments, &folder.join("ethereum.log"), (&url, "eth_gasPrice"));
        Self { url, clock, programs: Programs::Node([server, node]), folder: folder.to_owned() }
    }

    /// Where the exchange is.
    pub fn record(&self, rpc: &mut Rpc) -> Result<Record, RecordError> {
        match &self.programs {
            Programs::Embedded(_) => Record::of_development_chain(rpc),
            Programs::Node(_) => {
                Record::from_json(&fs::read_to_string(self.folder.join(RECORD)).expect("the record is in the folder"))
            }
        }
    }

    /// Ends all programs without warning, as a power cut would, and waits until they are gone.
    pub fn kill(self) {
        match self.programs {
            Programs::Embedded(running) => running.kill(),
            Programs::Node(programs) => {
                for mut program in programs.into_iter().rev() {
                    let _ = program.0.kill();
                    let _ = program.0.wait();
                }
            }
        }
    }
}
