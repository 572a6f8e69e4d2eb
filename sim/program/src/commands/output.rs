//! What the subcommands write.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

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
            .map_err(|error| Failure::Machine(format!("the result can't be written to stdout: {error}"))),
    }
}

/// Checks, before anything is computed, that a result can be written to each of these files.
pub fn writable<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Result<(), Failure> {
    for path in paths {
        let name = path.display();
        if path.is_dir() || path.file_name().is_none() {
            return Err(Failure::input(format!("{name}: is a folder: name a file to write to")));
        }
        let folder = folder_of(path);
        if !folder.is_dir() {
            return Err(Failure::input(format!("{name}: can't be written: there is no folder {}", folder.display())));
        }
    }
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Writes a file whole or not at all: beside its place first, then moved.
pub fn write_file(path: &Path, contents: &(impl AsRef<[u8]> + ?Sized)) -> Result<(), Failure> {
    let cannot = |error: std::io::Error| Failure::Machine(format!("{}: can't be written: {error}", path.display()));
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

/// A bar on stderr that shows paths drawn and time left; hidden when stderr is no terminal.
pub fn progress(paths: u64) -> ProgressBar {
    let bar = ProgressBar::new(paths);
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {percent} %, {eta} left") {
        bar.set_style(style);
    }
    bar.set_message("paths");
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
