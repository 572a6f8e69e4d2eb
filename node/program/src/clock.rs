//! What time the next block has: the machine's, moved by as much as somebody has asked for, so that a future can expire
//! today.
//!
//! Times are milliseconds since 1970 here and whole seconds outside. A block never has an earlier time than its parent,
//! and may have the same.

use std::{
    fs, io,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use sc_client_api::{StorageKey, StorageProvider};
use sit_hub::node::BlockNumber;
use sp_blockchain::HeaderBackend;
use sp_io::hashing::twox_128;

use crate::chain::{Client, Hash};

/// The last second that the contracts know: their times have 32 bits.
const END: i64 = u32::MAX as i64;

/// The chain's clock.
#[derive(Clone)]
pub struct Clock {
    client: Arc<Client>,
    state: Arc<Mutex<State>>,
}

struct State {
    /// How far the chain is ahead of the machine, or behind it.
    offset: i64,
    /// Where that is written, so that a chain that is stopped goes on where it was.
    file: PathBuf,
    /// The time that the block after that number has to have.
    next: Option<(BlockNumber, i64)>,
}

impl State {
    /// Moves the clock. Where the file cannot be written, a chain that is started again has the machine's time, or its
    /// last block's if that is later: worth a word, and no reason to stop.
    fn moved(&mut self, offset: i64) {
        self.offset = offset;
        let part = self.file.with_extension("part");
        let written = fs::write(&part, offset.to_string()).and_then(|()| fs::rename(&part, &self.file));
        if let Err(error) = written {
            eprintln!("{}: {error}: the clock will not be found where it is now", self.file.display());
        }
    }
}

fn machine() -> i64 {
    let passed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(passed.as_millis()).unwrap_or(i64::MAX)
}

impl Clock {
    /// The clock of a chain, moved as far as the file says.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn of(client: Arc<Client>, file: PathBuf) -> io::Result<Self> {
        let offset = match fs::read_to_string(&file) {
            Ok(text) => text.trim().parse().map_err(|_| {
                io::Error::other(format!("{} is not how far the clock is moved, in milliseconds", file.display()))
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        Ok(Self { client, state: Arc::new(Mutex::new(State { offset, file, next: None })) })
    }

    /// Nothing in here panics while it holds the state.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time of a block; zero for the first.
    fn time_of(&self, block: Hash) -> i64 {
        let key = StorageKey([twox_128(b"Timestamp"), twox_128(b"Now")].concat());
        let stored = self.client.storage(block, &key).ok().flatten();
        stored.and_then(|bytes| bytes.0.try_into().ok()).map_or(0, i64::from_le_bytes)
    }

    /// The time of a block that is built on another.
    #[must_use]
    pub fn next(&self, parent: Hash) -> u64 {
        let number = self.client.number(parent).ok().flatten().unwrap_or_default();
        let before = self.time_of(parent);
        let mut state = self.state();
        let time = match state.next {
            // Whether a block with it comes about is known when the next one is built.
            Some((after, time)) if number <= after => {
                state.moved(time - machine());
                time
            }
            _ => {
                state.next = None;
                machine() + state.offset
            }
        };
        time.max(before).unsigned_abs()
    }

    /// Moves the time on by so many seconds. Returns how far the chain is ahead of the machine, in seconds.
    ///
    /// # Errors
    /// A time that the contracts do not know.
    pub fn increase(&self, seconds: u32) -> Result<i64, String> {
        let mut state = self.state();
        let offset = state.offset + i64::from(seconds) * 1_000;
        if machine() + offset > END * 1_000 {
            return Err(format!("the contracts' time ends with second {END}, in the year 2106"));
        }
        state.moved(offset);
        // What was said about the next block alone counts no more.
        if let Some((_, time)) = &mut state.next {
            *time += i64::from(seconds) * 1_000;
        }
        Ok(offset / 1_000)
    }

    /// The next block has that time, in seconds, and time goes on from there.
    ///
    /// # Errors
    /// A time before the last block's.
    pub fn set_next(&self, seconds: u32) -> Result<(), String> {
        let info = self.client.info();
        let (time, before) = (i64::from(seconds) * 1_000, self.time_of(info.best_hash));
        if time < before {
            return Err(format!(
                "time does not run backwards: the last block is of second {}",
                before.unsigned_abs().div_ceil(1_000)
            ));
        }
        self.state().next = Some((info.best_number, time));
        Ok(())
    }
}
