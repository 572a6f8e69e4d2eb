//! The execution of a message that a row of the weight table is about, as a recording from which its profile is made.

use super::{book, programme, story};
use anyhow::{Context, Result, bail, ensure};
use sit_devnet::profile::Recording;

/// A recording, and the row of the table that it stands for.
pub struct Recorded {
    /// The row, such as `clearing.place (rests)`.
    pub row: String,
    /// The dearest execution of the row.
    pub recording: Recording,
}

/// Records a message of the table: a row of it, or by `contract.message` the dearest of its rows.
///
/// # Errors
/// When no row has this name, or a contract is not built; constructors cannot be recorded.
pub fn record(wanted: &str) -> Result<Recorded> {
    let message = wanted.split_once(" (").map_or(wanted, |(message, _)| message);
    ensure!(
        message.split_once('.').is_some_and(|(contract, name)| !contract.is_empty() && !name.is_empty()),
        "a message is named contract.message, such as clearing.place, and not `{wanted}`: scripts/weights lists them"
    );
    if message.ends_with(".constructor") {
        bail!("{message} runs once in the life of a contract, and is not profiled");
    }
    let mut rows = book::recordings(message)?;
    // A row is in one of them.
    if message == wanted || rows.iter().all(|(row, _)| row != wanted) {
        rows.extend(programme::recordings(message)?);
    }
    if message == wanted {
        rows.extend(story()?.dearest(message)?.map(|recording| (message.to_owned(), recording)));
    }
    let (row, recording) = rows
        .into_iter()
        .filter(|(row, _)| message == wanted || row == wanted)
        .max_by_key(|(_, recording)| recording.metered.ref_time)
        .with_context(|| format!("no row of the table is named `{wanted}`: scripts/weights lists them"))?;
    Ok(Recorded { row, recording })
}
