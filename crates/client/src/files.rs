//! Files that others rely on.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Writes a file whole or not at all: who is stopped meanwhile has left the one before, or this one, and never half of
/// it. It is on the disk then, and not only in the system's hands.
///
/// # Errors
/// The disk's.
pub fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let half = path.with_extension("new");
    let mut new = File::create(&half)?;
    new.write_all(text.as_bytes())?;
    new.sync_all()?;
    fs::rename(&half, path)?;
    // Where a folder cannot be synced the file is in its place all the same.
    if let Some(folder) = path.parent() {
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
    Ok(())
}
