//! What the subcommands write.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::Failure;

/// A value as JSON; numbers in the shortest form that reads back as the same double.
pub fn json(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(value).map_err(|error| Failure::Machine(error.to_string()))
}

/// Prints a value as JSON, or writes it to a file when one is named.
pub fn emit(value: &impl Serialize, out: Option<&Path>) -> Result<(), Failure> {
    let text = json(value)? + "\n";
    match out {
        Some(path) => write_file(path, &text),
        None => std::io::stdout()
            .lock()
            .write_all(text.as_bytes())
            .map_err(|error| Failure::Machine(format!("the result cannot be written to stdout: {error}"))),
    }
}

/// Checks, before anything is computed, that a result can be written to each of these files, and to no file twice.
pub fn writable<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Result<(), Failure> {
    let mut places = Vec::new();
    for path in paths {
        let name = path.display();
        let (false, Some(file)) = (path.is_dir(), path.file_name()) else {
            return Err(Failure::input(format!("{name}: is a folder: name a file to write to")));
        };
        let folder = folder_of(path);
        if !folder.is_dir() {
            return Err(Failure::input(format!("{name}: cannot be written: there is no folder {}", folder.display())));
        }
        beside(folder).map_err(|error| Failure::input(cannot(path, &error)))?;
        let place = folder.canonicalize().unwrap_or_else(|_| folder.into()).join(file);
        if places.contains(&place) {
            return Err(Failure::input(format!("{name}: is named for two results: give each a file of its own")));
        }
        places.push(place);
    }
    Ok(())
}

/// Why a file cannot be written, without the name of the temporary one beside it.
fn cannot(path: &Path, error: &std::io::Error) -> String {
    let reason = error
        .raw_os_error()
        .map_or(error.kind().to_string(), |code| std::io::Error::from_raw_os_error(code).to_string());
    format!("{}: cannot be written: its folder says {reason}", path.display())
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Writes a file whole or not at all: beside its place first, then moved.
pub fn write_file(path: &Path, contents: &(impl AsRef<[u8]> + ?Sized)) -> Result<(), Failure> {
    let cannot = |error: std::io::Error| Failure::Machine(cannot(path, &error));
    let mut file = beside(folder_of(path)).map_err(cannot)?;
    file.write_all(contents.as_ref()).map_err(cannot)?;
    file.as_file().sync_all().map_err(cannot)?;
    file.persist(path).map_err(|error| cannot(error.error))?;
    Ok(())
}

/// A file to be moved into place, with the permissions that any new file of the user has.
#[cfg(unix)]
fn beside(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;
    let any = std::fs::Permissions::from_mode(0o666);
    tempfile::Builder::new().permissions(any).tempfile_in(folder)
}

/// A file to be moved into place.
#[cfg(not(unix))]
fn beside(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    tempfile::NamedTempFile::new_in(folder)
}

/// Bytes as hexadecimal digits after `0x`.
pub fn hex(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("0x{digits}")
}

/// Time between two lines of progress where there is no terminal.
const EVERY: Duration = Duration::from_secs(5);

/// How far a computation has come, on stderr: a bar in a terminal, else a line every few seconds.
pub struct Progress {
    bar: ProgressBar,
    lines: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Adds steps that are done.
    pub fn inc(&self, steps: u64) {
        self.bar.inc(steps);
    }

    /// Ends the bar or the lines.
    pub fn finish_and_clear(self) {
        drop(self);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        if let Some((end, lines)) = self.lines.take() {
            drop(end);
            // It has nothing to do but to end.
            let _ = lines.join();
        }
    }
}

/// Progress over so many paths.
pub fn progress(paths: u64) -> Progress {
    progress_of("paths", paths)
}

/// Progress over so many steps of some kind.
pub fn progress_of(what: &'static str, steps: u64) -> Progress {
    let bar = ProgressBar::new(steps);
    if std::io::stderr().is_terminal() {
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {percent} %, {eta} left") {
            bar.set_style(style);
        }
        bar.set_message(what);
        bar.enable_steady_tick(Duration::from_millis(100));
        return Progress { bar, lines: None };
    }
    let (end, ended) = channel::<()>();
    let told = bar.clone();
    let lines = std::thread::spawn(move || {
        let begun = Instant::now();
        while ended.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
            let (done, all, seconds) = (told.position().min(steps), steps.max(1), begun.elapsed().as_secs());
            let left = match done {
                0 => String::new(),
                done => format!(", about {} s left", (seconds as u128 * u128::from(all - done) / u128::from(done))),
            };
            eprintln!("note: {what}: {} % after {seconds} s{left}", u128::from(done) * 100 / u128::from(all));
        }
    });
    Progress { bar, lines: Some((end, lines)) }
}
