//! The programs of the workspace as tests run them: [`Running`] starts one, listens until it is ready and ends it with
//! the test; [`Proxy`] is a way to one on which requests get lost, come late or are refused; [`Dice`] are a test's own
//! choices.

mod dice;
mod proxy;
mod stranger;

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
};

pub use dice::Dice;
pub use proxy::{Fault, Proxy};
pub use stranger::Stranger;

/// What a development chain prints when its exchange is open.
pub const OPEN: &str = "The chain is ready";

/// A program of this workspace, beside the test.
///
/// # Panics
/// When it is not built.
#[must_use]
pub fn built(name: &str) -> PathBuf {
    let here = std::env::current_exe().expect("the test is a program");
    let path = here.parent().and_then(|deps| deps.parent()).expect("it lies in a folder").join(name);
    assert!(path.exists(), "{} is not built: cargo build --locked --workspace --bin {name}", path.display());
    path
}

/// A program that ends with this value.
#[derive(Debug)]
pub struct Running {
    child: Child,
    /// Where it answers, by the first line that says so: `http://127.0.0.1:port`.
    pub url: String,
    /// What it printed until it was ready.
    pub printed: Vec<String>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        // A signal that `timeout` passes on; what would kill that at once leaves the program behind.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

impl Running {
    /// Starts a program and reads what it prints until a line has these words.
    ///
    /// # Panics
    /// When it does not start, ends before, or does not say where it answers.
    #[must_use]
    pub fn start(mut command: Command, ready: &str) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("it prints")).lines().map_while(Result::ok);
        let mut printed: Vec<String> = Vec::new();
        let (mut is_ready, mut told) = (false, false);
        for line in lines.by_ref() {
            let says = line.contains(ready);
            (is_ready, told) = (is_ready || says, told || line.contains("http://"));
            // On a busy machine it may be ready before it has told where it is; an empty line ends what it tells then.
            let over = is_ready && told && (says || line.is_empty());
            printed.push(line);
            if over {
                break;
            }
        }
        // Whatever it prints later must not fill the pipe.
        thread::spawn(move || lines.for_each(drop));
        assert!(is_ready, "it ended before it said `{ready}`: {printed:?}");
        let url = printed.iter().flat_map(|line| line.split_whitespace()).find(|word| word.starts_with("http://"));
        let url = url.expect("it says where it answers").to_owned();
        Self { child, url, printed }
    }

    /// Ends the program without warning (SIGKILL), and waits until it has ended. What was started through `timeout`
    /// goes on without it: this is for a program that was started itself.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// A development chain on a free port, with its exchange open. It ends by itself after an hour, also when the test
    /// is killed.
    #[must_use]
    pub fn chain(options: &[&str]) -> Self {
        Self::chain_for(3_600, options)
    }

    /// [`Running::chain`] for so many seconds at most.
    #[must_use]
    pub fn chain_for(seconds: u32, options: &[&str]) -> Self {
        let mut command = Command::new("timeout");
        command.arg(seconds.to_string()).arg(built("sit-devnet")).args(["--port", "0", "--quiet"]).args(options);
        Self::start(command, OPEN)
    }
}
