//! A journal on disk: what somebody is about to do is written down, and is on the disk, before it is done.
//!
//! One line of JSON for each entry. A program that was killed while it wrote leaves a line that is not whole, and only
//! as the last one: it is dropped, since what it announces was not begun. Any other line that cannot be read is an
//! error: the file was changed by somebody else or is another file, and nothing is done on a guess. A file that is
//! refused is left as it is: whoever names a keystore by mistake has it still.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, SeekFrom, Write},
    marker::PhantomData,
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file cannot be opened, read or written.
    #[error("the journal {path} cannot be used: {source}; give another file, or make room and rights for this one")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Another program has it.
    #[error("the journal {0} is in use by another program: end that one first, or give this one a journal of its own")]
    InUse(PathBuf),
    /// A line is not one that this program wrote.
    #[error(
        "line {line} of the journal {path} cannot be read ({why}): the file was changed or belongs to something else; \
         restore it, or move it away and look at the chain before you begin with an empty one"
    )]
    Corrupted {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What the reader says.
        why: serde_json::Error,
    },
}

/// A journal of entries of one type, locked for this program.
#[derive(Debug)]
pub struct Journal<E> {
    path: PathBuf,
    file: File,
    /// Bytes of its whole lines.
    length: u64,
    entries: PhantomData<E>,
}

impl<E: Serialize + DeserializeOwned> Journal<E> {
    /// Opens a journal, or begins one, and reads what stands in it, oldest first.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn open(path: &Path) -> Result<(Self, Vec<E>), JournalError> {
        let failed = |source| JournalError::File { path: path.to_owned(), source };
        let mut file = own().read(true).append(true).create(true).open(path).map_err(failed)?;
        // What keeps nothing, such as /dev/null, is no journal, and a new one must not be put in its place.
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(failed(std::io::Error::other("it is a device or a pipe, which keeps nothing")));
        }
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(JournalError::InUse(path.to_owned())),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        // Where a link leads the file itself is kept and replaced: by its own name another program finds it in use.
        let path = &std::fs::canonicalize(path).map_err(failed)?;
        // Another program may have put a new file in its place between the two lines above: what is locked is then no
        // journal any more.
        if !is_at(&file, path).map_err(failed)? {
            return Err(JournalError::InUse(path.clone()));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        let (lines, torn) = bytes.split_at(whole);
        let mut entries = Vec::new();
        let corrupted = |line: usize, why| JournalError::Corrupted { path: path.clone(), line: line + 1, why };
        for (line, text) in lines.split_inclusive(|byte| *byte == b'\n').enumerate() {
            entries.push(serde_json::from_slice(text).map_err(|why| corrupted(line, why))?);
        }
        if !torn.is_empty() {
            is_begun::<E>(torn).map_err(|why| corrupted(entries.len(), why))?;
            // What was being written when the program ended.
            file.set_len(whole as u64).map_err(failed)?;
            file.sync_all().map_err(failed)?;
        }
        Ok((Self { path: path.clone(), file, length: whole as u64, entries: PhantomData }, entries))
    }

    /// Writes an entry down; it is on the disk when this returns.
    ///
    /// # Errors
    /// [`JournalError::File`].
    pub fn append(&mut self, entry: &E) -> Result<(), JournalError> {
        self.write(std::slice::from_ref(entry))
    }

    /// Writes several entries down at once; they are on the disk when this returns.
    ///
    /// # Errors
    /// [`JournalError::File`].
    pub fn write(&mut self, entries: &[E]) -> Result<(), JournalError> {
        let failed = |source| JournalError::File { path: self.path.clone(), source };
        let mut text = Vec::new();
        for entry in entries {
            serde_json::to_writer(&mut text, entry).map_err(|error| failed(error.into()))?;
            text.push(b'\n');
        }
        // What a write has left that failed, on a full disk for example, must not stand before these lines.
        self.file.set_len(self.length).map_err(failed)?;
        self.file.write_all(&text).and_then(|()| self.file.sync_data()).map_err(failed)?;
        self.length += text.len() as u64;
        Ok(())
    }

    /// Replaces all that stands in it by what still matters. A program that is killed meanwhile leaves the old journal
    /// or the new one.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn compact(&mut self, entries: &[E]) -> Result<(), JournalError> {
        let failed = |source| JournalError::File { path: self.path.clone(), source };
        let mut name = self.path.clone().into_os_string();
        name.push(".new");
        let beside = PathBuf::from(name);
        // A file of that name is what a killed program left of this.
        match std::fs::remove_file(&beside) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let (mut new, _) = Self::open(&beside)?;
        new.write(entries)?;
        std::fs::rename(&beside, &self.path).map_err(failed)?;
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            // The name is on the disk when its folder is; not every system lets folders be synced.
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        new.file.seek(SeekFrom::End(0)).map_err(failed)?;
        (self.file, self.length) = (new.file, new.length);
        Ok(())
    }
}

/// How a file is made that nobody else on this machine reads: a reporter's salt opens a commitment.
fn own() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "there is no mode to set"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Whether a line without an end is the beginning of an entry, or all of one: what a program that was killed has left.
/// Zeros are what a machine that has lost its power may leave of it.
fn is_begun<E: DeserializeOwned>(torn: &[u8]) -> Result<(), serde_json::Error> {
    let written = torn.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let begun = &torn[..written];
    match serde_json::from_slice::<E>(begun) {
        // What is cut within a number is wrong at its last byte.
        Err(error) if !error.is_eof() && error.column() < begun.len() => Err(error),
        _ => Ok(()),
    }
}

/// Whether a file is the one that has this name now.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let (held, named) = (file.metadata()?, std::fs::metadata(path)?);
    Ok((held.dev(), held.ino()) == (named.dev(), named.ino()))
}

/// Elsewhere a file that is open is not replaced.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> std::io::Result<bool> {
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_again_and_a_torn_line_is_dropped() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        let (mut journal, entries) = Journal::<(u32, String)>::open(&path).expect("opens");
        assert!(entries.is_empty());
        journal.append(&(1, "one".to_owned())).expect("writes");
        assert!(matches!(Journal::<(u32, String)>::open(&path), Err(JournalError::InUse(_))), "one program at a time");
        journal.append(&(2, "two".to_owned())).expect("writes");
        drop(journal);
        let mut torn = std::fs::read(&path).expect("reads");
        torn.extend_from_slice(b"[3,\"thr");
        std::fs::write(&path, &torn).expect("writes");
        let (mut journal, entries) = Journal::<(u32, String)>::open(&path).expect("opens");
        assert_eq!(entries.len(), 2, "what was not written whole was not begun");
        journal.append(&(3, "three".to_owned())).expect("writes");
        journal.compact(&[(3, "three".to_owned())]).expect("compacts");
        journal.append(&(4, "four".to_owned())).expect("writes");
        drop(journal);
        let (_, entries) = Journal::<(u32, String)>::open(&path).expect("opens");
        assert_eq!(entries, [(3, "three".to_owned()), (4, "four".to_owned())]);
    }

    #[test]
    fn half_a_line_that_a_full_disk_has_left_does_not_stand_before_the_next_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        let (mut journal, _) = Journal::<(u32, String)>::open(&path).expect("opens");
        journal.append(&(1, "one".to_owned())).expect("writes");
        let mut torn = OpenOptions::new().append(true).open(&path).expect("opens");
        torn.write_all(b"[2,\"tw").expect("writes");
        journal.append(&(2, "two".to_owned())).expect("writes");
        journal.compact(&[(2, "two".to_owned())]).expect("compacts");
        torn = OpenOptions::new().append(true).open(&path).expect("opens");
        torn.write_all(b"[3").expect("writes");
        journal.append(&(3, "three".to_owned())).expect("writes");
        drop(journal);
        let (_, entries) = Journal::<(u32, String)>::open(&path).expect("opens");
        assert_eq!(entries, [(2, "two".to_owned()), (3, "three".to_owned())]);
    }

    #[test]
    fn a_line_of_somebody_else_is_refused_by_its_number() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        std::fs::write(&path, "[1,\"one\"]\nnot ours\n[2,\"two\"]\n").expect("writes");
        let error = Journal::<(u32, String)>::open(&path).expect_err("is corrupted").to_string();
        assert!(error.starts_with("line 2 of the journal"), "{error}");
    }
    #[test]
    fn a_file_that_is_no_journal_is_refused_and_stays_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("alice");
        // Keystores have one line without an end, lists of prices and notes what they like.
        let keystore = r#"{"crypto":{"cipher":"aes-128-ctr"},"id":"3198bc9c","version":3}"#;
        for text in [keystore, "[1,\"one\"]\n{\"crypto\":{}}", "0xac0974bec39a17e36ba4a6b4d238ff94", "notes of a day"] {
            std::fs::write(&path, text).expect("writes");
            let error = Journal::<(u32, String)>::open(&path).expect_err("it is another file").to_string();
            assert!(error.contains("of the journal") && error.contains("alice"), "{error}");
            assert_eq!(std::fs::read_to_string(&path).expect("reads"), text, "nothing of it is lost");
        }
        // Each beginning of a line of one's own is what a killed program leaves.
        for torn in ["[", "[2", "[2,\"tw", "[2,\"two\"", "[2,\"two\"]", "[2\0\0\0", "\0\0"] {
            std::fs::write(&path, format!("[1,\"one\"]\n{torn}")).expect("writes");
            let (_, entries) =
                Journal::<(u32, String)>::open(&path).unwrap_or_else(|error| panic!("{torn:?}: {error}"));
            assert_eq!(entries, [(1, "one".to_owned())], "{torn:?}");
            assert_eq!(std::fs::read_to_string(&path).expect("reads"), "[1,\"one\"]\n");
        }
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_a_journal_nor_one_of_an_earlier_version_once_it_was_opened() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        let mode = || std::fs::metadata(&path).expect("it is there").permissions().mode() & 0o777;
        let (mut journal, _) = Journal::<(u32, String)>::open(&path).expect("opens");
        assert_eq!(mode(), 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("opened");
        journal.compact(&[]).expect("compacts");
        assert_eq!(mode(), 0o600);
    }

    /// Whoever wants no journal may type that. Done by root, compacting it put a file in the place of the device.
    #[cfg(unix)]
    #[test]
    fn a_device_is_no_journal() {
        use std::os::unix::fs::FileTypeExt;
        let null = Path::new("/dev/null");
        let error = Journal::<(u32, String)>::open(null).expect_err("it keeps nothing").to_string();
        assert!(error.contains("/dev/null") && error.contains("give another file"), "{error}");
        let folder = tempfile::tempdir().expect("a folder");
        let link = folder.path().join("journal");
        std::os::unix::fs::symlink(null, &link).expect("a link");
        assert!(Journal::<(u32, String)>::open(&link).is_err(), "by another name it is none either");
        assert!(std::fs::metadata(null).expect("it is there").file_type().is_char_device());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_journal_stays_one_and_both_names_are_in_use() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, link) = (folder.path().join("journal"), folder.path().join("link"));
        std::os::unix::fs::symlink(&path, &link).expect("a link");
        let (mut journal, _) = Journal::<(u32, String)>::open(&link).expect("opens");
        journal.append(&(1, "one".to_owned())).expect("writes");
        journal.compact(&[(2, "two".to_owned())]).expect("compacts");
        assert!(std::fs::symlink_metadata(&link).expect("it is there").is_symlink());
        for name in [&path, &link] {
            assert!(matches!(Journal::<(u32, String)>::open(name), Err(JournalError::InUse(_))), "{}", name.display());
        }
        drop(journal);
        let (_, entries) = Journal::<(u32, String)>::open(&path).expect("opens");
        assert_eq!(entries, [(2, "two".to_owned())]);
    }

    #[cfg(unix)]
    #[test]
    fn what_another_program_has_replaced_meanwhile_is_not_taken_for_the_journal() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        std::fs::write(&path, "[1,\"one\"]\n").expect("writes");
        let old = File::open(&path).expect("opens");
        assert!(is_at(&old, &path).expect("it is looked at"));
        let (mut journal, _) = Journal::<(u32, String)>::open(&path).expect("opens");
        journal.compact(&[]).expect("compacts");
        assert!(!is_at(&old, &path).expect("it is looked at"), "what was opened before is another file now");
    }
}
