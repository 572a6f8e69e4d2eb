//! What a key has signed, on disk before it is sent.
//!
//! ```text
//! <folder>/<chain id>-<address>.journal     one line of JSON for each change of an entry; the newest of an id counts
//! ```
//!
//! A transaction is written and flushed to the disk before a node sees it. So whatever breaks off, the next start knows
//! every transaction that may be on its way, and no number (nonce) is given to a second intent while the first may
//! still be done. One process at a time holds the journal of a key.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File, OpenOptions},
    io::{Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

use alloy_core::primitives::hex;
use serde::{Deserialize, Serialize};
use sit_engine::chain::{Address, Hash};

/// What a journal begins with.
const BEGINNING: &str = "{\"schema\":";

/// Entries that are over and still kept when a journal is opened.
const KEPT: usize = 256;

/// How far a transaction has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is signed, and may or may not have been sent.
    Signed,
    /// A node has taken it.
    Sent,
    /// A block has it.
    Done {
        /// The block.
        block: u64,
        /// Whether it did what it was to do.
        succeeded: bool,
    },
    /// It can no longer be done: another transaction has its number.
    Dropped,
}

/// One transaction that a key was to send.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Its place in the journal.
    pub id: u64,
    /// Its number among the transactions of the key.
    pub nonce: u64,
    /// What it is for, in words.
    pub intent: String,
    /// Its bytes, for each price that was tried; all with the same number, so that at most one is done.
    pub raw: Vec<String>,
    /// Their hashes.
    pub hashes: Vec<String>,
    /// How far it has come.
    pub state: State,
    /// When it was signed, in Unix seconds of this machine.
    pub signed: u64,
}

impl Entry {
    /// A transaction that has just been signed.
    pub(super) fn new(id: u64, nonce: u64, intent: String, raw: &[u8], hash: &Hash) -> Self {
        let signed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let (raw, hashes) = (vec![hex::encode_prefixed(raw)], vec![hex::encode_prefixed(hash)]);
        Self { id, nonce, intent, raw, hashes, state: State::Signed, signed }
    }

    /// Whether it may still be done.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Signed | State::Sent)
    }

    /// Its hashes as bytes.
    pub fn hash_bytes(&self) -> impl Iterator<Item = Hash> {
        self.hashes.iter().filter_map(|hash| hex::decode(hash).ok()?.try_into().ok())
    }
}

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The disk refused.
    #[error("the journal of transactions {path} cannot be written: {why}; nothing was sent")]
    Disk {
        /// The file.
        path: String,
        /// What the system says.
        why: std::io::Error,
    },
    /// Another process has it.
    #[error("another program sends with this key now (it holds {0}): stop it, or use another key")]
    Held(String),
    /// It was damaged.
    #[error(
        "line {line} of the journal of transactions {path} is damaged, so it is not known what this key has sent: look at the \
         key's newest transactions, then move the file away"
    )]
    Damaged {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
    },
}

#[derive(Serialize, Deserialize)]
struct Heading {
    schema: u32,
    chain: u64,
    genesis: String,
    address: String,
}

/// The journal of one key on one chain.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    /// `None` for one that is kept in memory alone.
    file: Option<File>,
    /// Bytes of its whole lines.
    length: u64,
    entries: BTreeMap<u64, Entry>,
}

impl Journal {
    /// A journal in memory: numbers are given once, and a break forgets what was sent.
    #[must_use]
    pub fn in_memory() -> Self {
        Self { path: PathBuf::new(), file: None, length: 0, entries: BTreeMap::new() }
    }

    /// Opens the journal of a key on a chain, or begins it. A journal of a chain with the same id and another first
    /// block is put aside: nothing in it can be done on this one.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn open(folder: &Path, chain: u64, genesis: Hash, address: Address) -> Result<Self, JournalError> {
        let path = folder.join(format!("{chain}-{}.journal", hex::encode(address)));
        let failed = |why| JournalError::Disk { path: path.display().to_string(), why };
        fs::create_dir_all(folder).map_err(failed)?;
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        if file.try_lock().is_err() {
            return Err(JournalError::Held(path.display().to_string()));
        }
        let text = fs::read_to_string(&path).map_err(failed)?;
        let heading = Heading {
            schema: 1,
            chain,
            genesis: hex::encode_prefixed(genesis),
            address: hex::encode_prefixed(address),
        };
        let mut entries = read(&path, &text)?;
        if let Some(found) = text.lines().next().and_then(|line| serde_json::from_str::<Heading>(line).ok())
            && found.genesis != heading.genesis
        {
            let aside: String = found.genesis.chars().take(10).collect();
            fs::write(path.with_extension(format!("journal-of-{aside}")), &text).map_err(failed)?;
            entries.clear();
        }
        let over: Vec<u64> = entries.values().filter(|entry| !entry.is_open()).map(|entry| entry.id).collect();
        for id in over.iter().take(over.len().saturating_sub(KEPT)) {
            entries.remove(id);
        }
        let mut journal = Self { path, file: Some(file), length: 0, entries };
        journal.rewrite(&heading)?;
        Ok(journal)
    }

    /// All entries, oldest first.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// Those that may still be done, oldest first.
    pub fn open_entries(&self) -> Vec<Entry> {
        self.entries.values().filter(|entry| entry.is_open()).cloned().collect()
    }

    /// An entry.
    #[must_use]
    pub fn entry(&self, id: u64) -> Option<&Entry> {
        self.entries.get(&id)
    }

    /// The lowest number from `next` on that no open entry has: one that a dropped entry left is given again, so that
    /// those above it do not wait for ever.
    #[must_use]
    pub fn free(&self, next: u64) -> u64 {
        let taken: BTreeSet<u64> =
            self.entries.values().filter(|entry| entry.is_open()).map(|entry| entry.nonce).collect();
        let mut free = next;
        while taken.contains(&free) {
            free = free.saturating_add(1);
        }
        free
    }

    /// The id for the next entry.
    #[must_use]
    pub fn next_id(&self) -> u64 {
        self.entries.keys().next_back().map_or(1, |last| last.saturating_add(1))
    }

    /// Writes an entry, and returns when the disk has it.
    ///
    /// # Errors
    /// [`JournalError::Disk`].
    pub fn write(&mut self, entry: Entry) -> Result<(), JournalError> {
        let failed = |why| JournalError::Disk { path: self.path.display().to_string(), why };
        if let Some(file) = &mut self.file {
            let line = serde_json::to_string(&entry).map_err(|why| failed(why.into()))?;
            // What a write has left that failed, on a full disk for example, must not stand before this line.
            file.set_len(self.length).and_then(|()| file.seek(SeekFrom::Start(self.length))).map_err(failed)?;
            // One write, so that a break leaves a line without its end and never half of two.
            let line = format!("{line}\n");
            file.write_all(line.as_bytes()).and_then(|()| file.sync_data()).map_err(failed)?;
            self.length += line.len() as u64;
        }
        self.entries.insert(entry.id, entry);
        Ok(())
    }

    /// Writes how far an entry has come. Nothing where there is no such entry.
    ///
    /// # Errors
    /// [`JournalError::Disk`].
    pub fn set(&mut self, id: u64, state: State) -> Result<(), JournalError> {
        match self.entries.get(&id) {
            Some(entry) if entry.state != state => self.write(Entry { state, ..entry.clone() }),
            _ => Ok(()),
        }
    }

    fn rewrite(&mut self, heading: &Heading) -> Result<(), JournalError> {
        let failed = |why: std::io::Error| JournalError::Disk { path: self.path.display().to_string(), why };
        let mut text = serde_json::to_string(heading).map_err(|why| failed(why.into()))? + "\n";
        for entry in self.entries.values() {
            text += &(serde_json::to_string(entry).map_err(|why| failed(why.into()))? + "\n");
        }
        // The lock is on this file, so it is not replaced by another. What is over is left out; what is open is written
        // to a copy first, which a break in the middle leaves.
        let copy = self.path.with_extension("journal-copy");
        let written =
            File::create(&copy).and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
        written.map_err(failed)?;
        if let Some(file) = &mut self.file {
            file.set_len(0).map_err(failed)?;
            file.seek(SeekFrom::Start(0)).map_err(failed)?;
            file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
            self.length = text.len() as u64;
        }
        fs::remove_file(&copy).map_err(failed)
    }
}

/// The entries of a journal's text. The last line may have been cut by a break, and then was never acted on.
fn read(path: &Path, text: &str) -> Result<BTreeMap<u64, Entry>, JournalError> {
    let copy = path.with_extension("journal-copy");
    let kept = fs::read_to_string(&copy).unwrap_or_default();
    let text = if kept.ends_with('\n') && kept.len() > text.len() { &kept } else { text };
    let mut entries = BTreeMap::new();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for (position, line) in lines.iter().enumerate() {
        let damaged = || JournalError::Damaged { path: path.display().to_string(), line: position.saturating_add(1) };
        if !line.ends_with('\n') && position.saturating_add(1) == lines.len() {
            // A file of one line that is no beginning of a journal is another one, such as a keystore that a link leads
            // to: it is left as it is.
            let begun = position > 0 || line.starts_with(BEGINNING) || BEGINNING.starts_with(line);
            if begun {
                break;
            }
            return Err(damaged());
        }
        if position == 0 {
            let heading: Heading = serde_json::from_str(line).map_err(|_| damaged())?;
            // The name under which the journal of another chain is put aside is made of it.
            let _: Hash = hex::decode_to_array(&heading.genesis).map_err(|_| damaged())?;
            continue;
        }
        let entry: Entry = serde_json::from_str(line).map_err(|_| damaged())?;
        entries.insert(entry.id, entry);
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: u64, nonce: u64, state: State) -> Entry {
        Entry {
            id,
            nonce,
            intent: "buy 3 lots".to_owned(),
            raw: vec!["0x02".to_owned()],
            hashes: vec![hex::encode_prefixed([7; 32])],
            state,
            signed: 1_790_000_000,
        }
    }

    fn opened(folder: &Path) -> Result<Journal, JournalError> {
        Journal::open(folder, 420_420_420, [1; 32], [2; 20])
    }

    #[test]
    fn what_was_written_is_there_after_a_restart_and_the_newest_state_counts() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = opened(folder.path()).unwrap();
        journal.write(entry(1, 5, State::Signed)).unwrap();
        journal.write(entry(2, 6, State::Signed)).unwrap();
        journal.set(1, State::Done { block: 9, succeeded: true }).unwrap();
        drop(journal);
        let journal = opened(folder.path()).unwrap();
        assert_eq!(journal.open_entries(), [entry(2, 6, State::Signed)]);
        assert_eq!(journal.entry(1).unwrap().state, State::Done { block: 9, succeeded: true });
        assert_eq!(journal.next_id(), 3);
    }

    #[test]
    fn a_journal_cut_anywhere_loses_at_most_what_was_never_acted_on() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = opened(folder.path()).unwrap();
        journal.write(entry(1, 5, State::Sent)).unwrap();
        let (path, whole) = (journal.path.clone(), fs::read(&journal.path).unwrap());
        journal.write(entry(2, 6, State::Signed)).unwrap();
        let longer = fs::read(&path).unwrap();
        drop(journal);
        for length in whole.len()..longer.len() {
            fs::write(&path, &longer[..length]).unwrap();
            let journal = opened(folder.path()).unwrap();
            assert_eq!(journal.open_entries(), [entry(1, 5, State::Sent)], "cut after {length} bytes");
        }
    }

    #[test]
    fn a_damaged_line_is_named_and_nothing_is_guessed() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = opened(folder.path()).unwrap();
        journal.write(entry(1, 5, State::Sent)).unwrap();
        let path = journal.path.clone();
        drop(journal);
        let text = fs::read_to_string(&path).unwrap().replace("\"nonce\":5", "\"nonce\":x");
        fs::write(&path, text).unwrap();
        let said = opened(folder.path()).unwrap_err().to_string();
        assert!(said.starts_with("line 2 of the journal"), "{said}");
    }

    #[test]
    fn another_file_in_its_place_is_named_and_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = opened(folder.path()).unwrap().path.clone();
        for text in [r#"{"crypto":{"cipher":"aes-128-ctr"},"version":3}"#, "0xac0974bec39a17e36ba4a6b4d238ff94", "a\nb"]
        {
            fs::write(&path, text).unwrap();
            let said = opened(folder.path()).unwrap_err().to_string();
            assert!(said.starts_with("line 1 of the journal"), "{said}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text, "nothing of it is lost");
        }
        // A break while the first line of all was written.
        for begun in ["", "{", "{\"schema\":1,\"chain\":42"] {
            fs::write(&path, begun).unwrap();
            assert_eq!(opened(folder.path()).unwrap().open_entries(), [], "{begun}");
        }
    }

    #[test]
    fn a_heading_that_names_no_block_is_damaged_and_makes_no_name_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = opened(folder.path()).unwrap();
        journal.write(entry(1, 5, State::Sent)).unwrap();
        let (path, text) = (journal.path.clone(), fs::read_to_string(&journal.path).unwrap());
        drop(journal);
        for genesis in ["/../../../x", "0x01", ""] {
            let damaged = text.replace(&hex::encode_prefixed([1; 32]), genesis);
            assert_ne!(damaged, text);
            fs::write(&path, &damaged).unwrap();
            let said = opened(folder.path()).unwrap_err().to_string();
            assert!(said.starts_with("line 1 of the journal"), "{said}");
            assert_eq!(fs::read_to_string(&path).unwrap(), damaged, "nothing of it is lost");
        }
    }

    #[test]
    fn half_a_line_that_a_full_disk_has_left_does_not_stand_before_the_next_one() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = opened(folder.path()).unwrap();
        journal.write(entry(1, 5, State::Sent)).unwrap();
        let mut file = OpenOptions::new().append(true).open(&journal.path).unwrap();
        file.write_all(b"{\"id\":2,\"nonce\":6,\"int").unwrap();
        journal.write(entry(2, 6, State::Signed)).unwrap();
        drop(journal);
        let journal = opened(folder.path()).unwrap();
        assert_eq!(journal.open_entries(), [entry(1, 5, State::Sent), entry(2, 6, State::Signed)]);
    }

    #[test]
    fn two_programs_cannot_send_with_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let _first = opened(folder.path()).unwrap();
        assert!(matches!(opened(folder.path()), Err(JournalError::Held(_))));
    }

    #[test]
    fn a_chain_that_was_started_anew_has_a_new_journal_and_the_old_one_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = opened(folder.path()).unwrap();
        journal.write(entry(1, 5, State::Sent)).unwrap();
        drop(journal);
        let journal = Journal::open(folder.path(), 420_420_420, [9; 32], [2; 20]).unwrap();
        assert_eq!(journal.open_entries(), []);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn what_is_over_does_not_pile_up() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = opened(folder.path()).unwrap();
        for id in 1..=2_000 {
            journal.entries.insert(id, entry(id, id, State::Done { block: id, succeeded: true }));
        }
        journal.write(entry(2_001, 2_001, State::Signed)).unwrap();
        let heading = Heading { schema: 1, chain: 1, genesis: hex::encode_prefixed([1; 32]), address: String::new() };
        journal.rewrite(&heading).unwrap();
        drop(journal);
        let journal = opened(folder.path()).unwrap();
        assert_eq!(journal.entries().count(), KEPT + 1);
        assert_eq!(journal.next_id(), 2_002);
    }
}
