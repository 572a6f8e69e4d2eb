//! What a story leaves behind, for people: one self-contained HTML page, and one page for the terminal.
//!
//! * [`html`]: the page as a string; it fetches nothing, runs no script, and follows the reader's light or dark scheme
//! * [`write()`]: the page as `report.html` and the record as `record.json`, each complete or not there at all
//! * [`summary`]: the numbers that matter, at most 100 columns wide and 45 lines long
//!
//! Money is shown in US dollars with two decimals, and in quote atoms (10^-6 USD) wherever an equality is the point.

mod books;
mod charts;
mod format;
mod html;
mod summary;
mod tables;

use crate::record::Record;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub(crate) use format::{price as price_text, usd as usd_text};
pub use summary::summary;

/// Name of the page that [`write()`] leaves.
pub const PAGE_NAME: &str = "report.html";

/// Name of the record that [`write()`] leaves beside it.
pub const RECORD_NAME: &str = "record.json";

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The page could not be put together. It is made of text alone, so this is a defect of the template.
    #[error("the report's page could not be put together; please report this with the record: {0}")]
    Page(#[from] askama::Error),
    /// The record could not be written as JSON.
    #[error("the record could not be written as JSON; please report this: {0}")]
    Json(#[from] serde_json::Error),
    /// A file could not be written; what stood there before is untouched.
    #[error("{} could not be written ({why}); give a folder that exists, can be written to and has room", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
    },
}

/// The report as one HTML page.
///
/// # Errors
/// [`ReportError::Page`].
pub fn html(record: &Record) -> Result<String, ReportError> {
    html::page(record)
}

/// Writes `report.html` and `record.json` into `dir`, which must exist, and returns the path of the page.
///
/// Each file is written beside its place and then renamed, so that no reader ever meets half of one.
///
/// # Errors
/// [`ReportError::Page`] and [`ReportError::Json`] before anything is written, [`ReportError::Write`] when the folder
/// refuses.
pub fn write(record: &Record, dir: &Path) -> Result<PathBuf, ReportError> {
    let page = html(record)?;
    let mut json = serde_json::to_vec_pretty(record)?;
    json.push(b'\n'); // a text file ends with a line, and equals what --json prints
    replace(&dir.join(RECORD_NAME), dir, &json)?;
    let path = dir.join(PAGE_NAME);
    replace(&path, dir, page.as_bytes())?;
    Ok(path)
}

/// Whether [`write()`] could write into `dir` when it is made, for whoever wants to know before there is a record.
/// Leaves nothing behind.
///
/// # Errors
/// [`ReportError::Write`] when the folder, or the nearest one above it that exists, is none or refuses.
pub fn writable(dir: &Path) -> Result<(), ReportError> {
    let there = |dir: &&Path| dir.as_os_str().is_empty() || dir.exists();
    let nearest = dir.ancestors().find(there).filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let tried = if nearest.is_dir() {
        tempfile::tempfile_in(nearest).map(|_| ())
    } else {
        Err(io::ErrorKind::NotADirectory.into())
    };
    tried.map_err(|error| ReportError::Write { path: dir.to_owned(), why: unnamed(error) })
}

/// An error without the name of the temporary file that it happened to.
fn unnamed(error: io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

fn replace(path: &Path, dir: &Path, contents: &[u8]) -> Result<(), ReportError> {
    let written = || -> io::Result<()> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".report-");
        // A temporary file is private by default; a report is for whoever may read the folder.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
        let mut file = builder.tempfile_in(dir)?;
        file.write_all(contents)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    written().map_err(|error| ReportError::Write { path: path.to_owned(), why: unnamed(error) })
}
