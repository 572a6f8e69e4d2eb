//! A development chain of the built program, and `sit` as a user types it.

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sit_client::rpc::{Limits, Rpc};
use sit_engine::calendar::DAY;
use sit_programs::Running;
use tempfile::TempDir;

/// The program under test.
pub const SIT: &str = env!("CARGO_BIN_EXE_sit");

/// Seconds of a makers' week.
const WEEK: u64 = 7 * DAY as u64;

/// A development chain, which ends with its value.
pub struct Chain(Running);

impl std::ops::Deref for Chain {
    type Target = Running;
    fn deref(&self) -> &Running {
        &self.0
    }
}

impl Chain {
    /// Starts a chain with these options and waits until its exchange is open.
    pub fn start(options: &[&str]) -> Self {
        Self(Running::chain_for(300, options))
    }

    /// A request of JSON-RPC.
    pub fn ask(&self, method: &str, params: Value) -> Value {
        let mut rpc = Rpc::new(&self.url, Limits::default()).expect("the chain has an address");
        rpc.request(method, params).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// What a reader sends to the chain with curl: a request, or a batch of them.
    pub fn curl(&self, line: &str) {
        let body = line.split_once("--data '").and_then(|(_, rest)| rest.strip_suffix('\''));
        let body = body.unwrap_or_else(|| panic!("{line} sends something"));
        let sent: Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{body}: {error}"));
        let requests = match sent {
            Value::Array(batch) => batch,
            one => vec![one],
        };
        for request in requests {
            self.ask(request["method"].as_str().expect("a method"), request["params"].clone());
        }
    }

    /// Moves the clock and makes a block.
    pub fn pass(&self, seconds: u64) {
        self.ask("evm_increaseTime", json!([seconds]));
        self.ask("evm_mine", json!([]));
    }
}

/// Somebody at a terminal: a home of their own, and nothing in the environment but what they set.
pub struct User {
    pub home: TempDir,
    pub environment: Vec<(String, String)>,
}

impl User {
    pub fn new() -> Self {
        Self { home: tempfile::tempdir().expect("a home"), environment: Vec::new() }
    }

    /// At a chain.
    pub fn at(chain: &Chain) -> Self {
        let mut user = Self::new();
        user.set("SIT_RPC", &chain.url);
        user
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// With a key of the development chain.
    pub fn with_key(mut self, key: &str) -> Self {
        self.set("SIT_KEY", key);
        self
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(SIT);
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.home.path())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(self.home.path())
            .stdin(Stdio::null());
        command
    }

    /// What a command ends with.
    pub fn run(&self, line: &str) -> Output {
        self.command(&line.split_whitespace().collect::<Vec<_>>()).output().expect("sit runs")
    }

    /// What a command prints that succeeds.
    pub fn text(&self, line: &str) -> String {
        let output = self.run(line);
        assert!(output.status.success(), "sit {line}\n{}", show(&output));
        String::from_utf8(output.stdout).expect("text")
    }

    /// What a command prints with `--json` that succeeds.
    pub fn json(&self, line: &str) -> Value {
        let text = self.text(&format!("{line} --json"));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("sit {line}: {error}\n{text}"))
    }

    /// Sends something. The figures of its preview must be the account's afterwards, to the atom.
    pub fn act(&self, line: &str) -> Value {
        let done = self.json(&format!("{line} --yes"));
        assert_eq!(done["sent"], true, "sit {line}: {done}");
        if let (Some(before), Some(after)) = (done["margin"].as_array(), done["account"].as_array()) {
            for figure in after {
                let same = before.iter().find(|row| row["figure"] == figure["figure"]);
                let previewed = &same.unwrap_or_else(|| panic!("{figure}"))["after"];
                assert_eq!(*previewed, figure["now"], "sit {line}: the preview of {} and the chain", figure["figure"]);
            }
        }
        done
    }

    /// A command that fails with an exit code and a sentence with these words.
    pub fn refused(&self, line: &str, code: i32, words: &[&str]) {
        let output = self.run(line);
        let text = String::from_utf8_lossy(&output.stderr).replace('\n', " ");
        assert_eq!(output.status.code(), Some(code), "sit {line}\n{}", show(&output));
        for word in words {
            assert!(text.contains(word), "sit {line} does not say {word:?}: {text}");
        }
    }

    /// A command with something on its standard input.
    pub fn typed(&self, line: &str, input: &str) -> Output {
        let arguments: Vec<&str> = line.split_whitespace().collect();
        let mut child = self
            .command(&arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("sit runs");
        child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("typed");
        child.wait_with_output().expect("sit ends")
    }
}

/// Output of a program for people.
pub fn show(output: &Output) -> String {
    format!("{}\n{}{}", output.status, String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Asks again until something holds.
pub fn wait(what: &str, mut holds: impl FnMut() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < Duration::from_secs(60), "{what} has not come in a minute");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// A decimal number of US dollars in atoms.
pub fn atoms(value: &Value) -> i128 {
    let text = value.as_str().unwrap_or_else(|| panic!("{value} is no amount"));
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').expect("decimals");
    assert_eq!(fraction.len(), 6, "{text}");
    sign * format!("{whole}{fraction}").parse::<i128>().expect("digits")
}

/// Where the contracts lie that were built on this machine.
pub fn built() -> String {
    sit_client::cache_dir().into_os_string().into_string().expect("a path of letters")
}

/// A margin set a twentieth above the one in force, with a certificate whose hashes hold.
pub fn margin_of(chain: &Chain) -> Value {
    use sit_client::rpc::{Record, connect, to_hex};
    use sit_engine::certificate::{Certificate, SCENARIOS, SLOTS, risk_array_bytes};
    use sit_native::stored;

    let mut rpc = Rpc::new(&chain.url, Limits::default()).expect("an address");
    let record = Record::of_development_chain(&mut rpc).expect("a record");
    let mut client = connect(rpc, &record).expect("it fits");
    let risk = client.cell(&stored::risk(sit_engine::launch::TPI)).expect("it answers").expect("a margin set");
    let mut shocks = [[0_i16; SCENARIOS]; SLOTS];
    for (slot, row) in shocks.iter_mut().enumerate() {
        for (shock, was) in row.iter_mut().zip(risk.certified(slot)) {
            *shock = was + was / 20;
        }
    }
    let parameter_hash = sit_sim::keccak256(&risk_array_bytes(&shocks));
    let certificate = Certificate {
        dataset_root: [1; 32],
        simulator: [2; 32],
        seed: 3,
        model_hash: [4; 32],
        confidence_ppm: 990_000,
        horizon_seconds: 172_800,
        parameter_hash,
    };
    json!({
        "margin": { "shocks": shocks },
        "certificate": {
            "dataset_root": to_hex(&[1; 32]), "simulator": to_hex(&[2; 32]), "seed": 3, "model_hash": to_hex(&[4; 32]),
            "confidence_ppm": 990_000, "horizon_seconds": 172_800, "parameter_hash": to_hex(&parameter_hash),
        },
        "certificate_hash": to_hex(&sit_sim::keccak256(&certificate.canonical_bytes())),
    })
}

/// A maker whose reward is due: designated, and with quotes on both sides of all months until the week is over. Each
/// command is told with what it printed.
pub fn rewarded(chain: &Chain, told: &mut dyn FnMut(&str, &Value)) -> User {
    let (user, maker, keeper) =
        (User::at(chain), User::at(chain).with_key("maker-1"), User::at(chain).with_key("keeper"));
    let seat = maker.act("account open")["seat"].clone();
    maker.act("deposit 500000");
    told("maker apply", &maker.act("maker apply"));
    let proposed = user.act(&format!("govern propose incentives.accept seat={seat} --key governor"));
    told("govern propose MESSAGE", &proposed);
    let id = &proposed["id"];
    let approved = user.act(&format!("govern approve {id} --key governor"));
    told("govern approve ID", &approved);
    chain.pass(approved["waits_seconds"].as_u64().expect("a delay") + 60);
    told("govern execute ID", &user.act(&format!("govern execute {id} --key governor")));
    told("maker run --once", &maker.json("maker run --once"));
    told("maker status", &maker.json("maker status"));
    // Weeks end on Thursdays; what has stood until then is counted with what the maker sends next.
    let head = chain.ask("eth_getBlockByNumber", json!(["latest", false]));
    let now = u64::from_str_radix(head["timestamp"].as_str().expect("a time").trim_start_matches("0x"), 16);
    chain.pass(WEEK - now.expect("a number") % WEEK + 600);
    // Of ten months, so that what was foreseen of each is not what stands after all of them.
    assert_eq!(maker.json("cancel-all --yes")["sent"], true);
    for _ in 0..8 {
        keeper.json("keeper --once --jitter 0");
    }
    maker
}
