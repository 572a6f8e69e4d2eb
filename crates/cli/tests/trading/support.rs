//! A development chain of the built program, and `sit` as a user types it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The program under test.
pub const SIT: &str = env!("CARGO_BIN_EXE_sit");

/// A running `sit-devnet`, which ends with its value.
pub struct Chain {
    child: Child,
    pub url: String,
}

impl Chain {
    /// Starts a chain with these options and waits until its exchange is open.
    pub fn start(options: &[&str]) -> Self {
        let program = PathBuf::from(SIT).with_file_name("sit-devnet");
        assert!(program.exists(), "{} is not built: cargo build --workspace --bins", program.display());
        // It ends by itself, also when this test is killed.
        let mut child = Command::new("timeout")
            .arg("300")
            .arg(program)
            .args(["--port", "0"])
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("sit-devnet starts");
        let output = child.stdout.take().expect("its output");
        let mut chain = Self { child, url: String::new() };
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let mut ready = options.contains(&"--bare");
        while !ready || chain.url.is_empty() {
            let line = lines.next().expect("sit-devnet runs until its exchange is open");
            ready |= line.starts_with("The chain is ready");
            if let Some(rest) = line.strip_prefix("sit-devnet: ") {
                chain.url = rest.split_whitespace().next().unwrap_or_default().to_owned();
            }
        }
        std::thread::spawn(move || lines.for_each(drop));
        chain
    }

    /// A request of JSON-RPC.
    pub fn ask(&self, method: &str, params: Value) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let host = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).expect("the chain answers");
        let head = format!(
            "POST / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("read");
        let start = answer.find('{').expect("JSON");
        let answer: Value = serde_json::from_str(&answer[start..]).expect("JSON");
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Moves the clock and makes a block.
    pub fn pass(&self, seconds: u64) {
        self.ask("evm_increaseTime", json!([seconds]));
        self.ask("evm_mine", json!([]));
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        // `timeout` passes this signal on; what kills it at once would leave the chain behind.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
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
