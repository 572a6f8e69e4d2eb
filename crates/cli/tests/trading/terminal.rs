//! `sit` at a terminal, which `script` of util-linux gives it: the question before a signature, the password that is
//! not shown, and the live view with its keys.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;

use super::support::{Chain, SIT, User};

/// Somebody before a terminal of 90 columns and 24 lines.
struct Terminal {
    child: Child,
    keys: Option<ChildStdin>,
    shown: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    /// Types a command of `sit`, and afterwards asks the terminal how it is. Nothing where there is no `script`.
    fn open(user: &User, line: &str) -> Option<Self> {
        let line = format!("trap : INT; stty cols 90 rows 24; '{SIT}' {line}; echo \"ended with $?\"; stty -a");
        // Whoever runs the tests in the background of a script has them ignore Ctrl-C, and a terminal's shell hears it.
        let mut command = Command::new("env");
        command
            .args(["--default-signal=INT", "script", "-qefc", &line, "/dev/null"])
            .env_clear()
            .envs(user.environment.iter().map(|(name, value)| (name, value)))
            .env("HOME", user.home.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("SHELL", "/bin/sh")
            .env("TERM", "xterm")
            .current_dir(user.home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if let Err(error) = Command::new("script").arg("--version").output() {
            eprintln!("NOT CHECKED: `script` does not run here: {error}");
            return None;
        }
        let mut child = command.spawn().expect("a terminal");
        let shown = Arc::new(Mutex::new(Vec::new()));
        let (mut output, into) = (child.stdout.take().expect("its output"), shown.clone());
        std::thread::spawn(move || {
            let mut bytes = [0; 4_096];
            while let Ok(read @ 1..) = output.read(&mut bytes) {
                into.lock().expect("it is not poisoned").extend_from_slice(&bytes[..read]);
            }
        });
        let keys = child.stdin.take();
        Some(Self { child, keys, shown })
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().expect("it is not poisoned")).into_owned()
    }

    /// Waits until something is shown that was not shown before `after` bytes. How much is shown then.
    fn until(&self, after: usize, words: &str) -> usize {
        let since = Instant::now();
        loop {
            let text = self.text();
            if text.get(after..).is_some_and(|new| new.contains(words)) {
                return text.len();
            }
            assert!(since.elapsed() < Duration::from_secs(60), "{words:?} is not shown: {text}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys.as_mut().expect("a keyboard").write_all(keys.as_bytes()).expect("pressed");
    }

    /// Waits until the command has ended, with this code, and the terminal is as it was.
    fn ended(mut self, code: i32) -> String {
        let end = self.until(0, &format!("ended with {code}"));
        self.until(0, "icanon");
        self.until(0, " echo ");
        drop(self.keys.take());
        self.child.wait().expect("it ends");
        let text = self.text();
        for mode in [" icanon", " echo "] {
            assert!(
                text[end.min(text.len())..].contains(mode) || text.contains(mode),
                "the terminal is as it was: {text}"
            );
        }
        assert!(!text.contains("-icanon"), "lines are lines again: {text}");
        text
    }
}

#[test]
fn a_question_is_answered_and_a_password_is_not_shown() {
    let chain = Chain::start(&["--quiet-market", "--deterministic"]);
    let mut user = User::at(&chain);
    let block = || chain.ask("eth_blockNumber", json!([]));
    let before = block();
    // Anything but a yes is a no.
    for answer in ["n\n", "\n", "yess\n"] {
        let Some(mut terminal) = Terminal::open(&user, "account open") else { return };
        terminal.until(0, "[y/N]");
        terminal.press(answer);
        assert!(terminal.ended(8).contains("nothing was sent"));
    }
    // Ctrl-C at the question ends it, and nothing is sent.
    let mut terminal = Terminal::open(&user, "account open").expect("it ran before");
    terminal.until(0, "[y/N]");
    terminal.press("\x03");
    terminal.ended(130);
    assert_eq!(block(), before);

    // A key that is locked: its password is asked for when it signs, and does not appear.
    std::fs::write(user.home.path().join("password"), "correct horse\n").expect("written");
    user.set("SIT_PASSWORD_FILE", "password");
    user.json("key new alice");
    user.environment.retain(|(name, _)| name != "SIT_PASSWORD_FILE");
    let mut user = user.with_key("alice");
    user.json("faucet 1000 --dot 10dot");
    let asked = |answer: &str, password: &str| {
        let mut terminal = Terminal::open(&user, "account open").expect("it ran before");
        terminal.until(0, "[y/N]");
        terminal.press(answer);
        terminal.until(0, "Password of ");
        std::thread::sleep(Duration::from_millis(200));
        terminal.press(password);
        terminal
    };
    let told = asked("y\n", "another\r").ended(3);
    assert!(told.contains("was not opened"), "{told}");
    let told = asked("y\n", "corr\x03").ended(8);
    assert!(told.contains("no password was given"), "{told}");
    let told = asked("Yes\n", "correct horsee\x7f\r").ended(0);
    assert!(!told.contains("horse") && told.contains("Sent 0x"), "{told}");
    user.set("SIT_CONFIG", "/dev/null");
    assert_eq!(user.json("account show")["accounts"].as_array().map(Vec::len), Some(1));
}

#[test]
fn the_live_view_follows_blocks_and_keys_and_gives_the_terminal_back() {
    let chain = Chain::start(&["--quiet-market", "--deterministic"]);
    let user = User::at(&chain);
    user.act("account open");
    user.act("deposit 100000");
    let markets = user.json("markets");
    let month = |place: usize| markets["markets"][place]["month"].as_str().expect("a month").to_owned();
    let low = markets["markets"][0]["low"].as_str().expect("a limit");
    let Some(mut terminal) = Terminal::open(&user, "watch front --every 1s") else { return };
    terminal.until(0, "\x1b[?1049h");
    let seen = terminal.until(0, &month(0));
    // An order that is placed meanwhile appears by itself.
    let number = user.act(&format!("order buy 7lots {} {low}", month(0)))["order"].clone();
    let seen = terminal.until(seen, &format!("#{number}"));
    // The arrow leads to the next month and back.
    terminal.press("\x1b[C");
    let suffix = month(1);
    let seen = terminal.until(seen, suffix.trim_start_matches("TPI-").get(..3).expect("a month"));
    terminal.press("\x1b[D");
    terminal.until(seen, month(0).trim_start_matches("TPI-").get(..3).expect("a month"));
    terminal.press("q");
    let text = terminal.ended(0);
    assert!(text.contains("\x1b[?1049l"), "the screen of before is back");

    // Ctrl-C is a key there, and the terminal is as it was too; and the chain may go meanwhile.
    let mut terminal = Terminal::open(&user, "watch front --every 1s").expect("it ran before");
    terminal.until(0, &month(0));
    drop(chain);
    let seen = terminal.until(0, "stale since block");
    assert!(seen > 0);
    terminal.press("\x03");
    let text = terminal.ended(0);
    assert!(text.contains("\x1b[?1049l"), "the screen of before is back");
}
