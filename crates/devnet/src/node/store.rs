//! A chain on disk: blocks and the trie nodes of remembered states, in one file that a stopped program leaves whole.
//!
//! A block is written before anybody hears of it, in one transaction of the database that is on disk when it returns.

use std::{
    collections::VecDeque,
    fs,
    io::{self, ErrorKind},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
    time::Duration,
};

use codec::{Decode, Encode};
use pallet_revive::evm::Block as EthBlock;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use sit_hub::Header;
use sp_core::{H160, H256, U256};

use super::{
    Sealed,
    archive::Archive,
    execute::{Included, RawLog},
    transaction::Transaction,
};
use crate::{cost::Weight, execution::Cells};

/// Trie nodes by their keys, each with its count.
const NODES: TableDefinition<&[u8], &[u8]> = TableDefinition::new("nodes");
/// Blocks by their numbers.
const BLOCKS: TableDefinition<u32, &[u8]> = TableDefinition::new("blocks");
/// What each remembered block has added to the nodes, and what it no longer needed.
const CHANGES: TableDefinition<u32, &[u8]> = TableDefinition::new("changes");
/// Facts about the file.
const FACTS: TableDefinition<&str, &[u8]> = TableDefinition::new("facts");

/// Layout of the tables. A file of another one is refused.
const LAYOUT: &[u8] = b"2";
/// The file in the folder of the state.
const FILE: &str = "chain.redb";

/// Why a chain cannot be kept on disk, or read from it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder cannot be used.
    #[error("{path}: {reason}")]
    Folder {
        /// The folder, or the file in it.
        path: String,
        /// The reason.
        reason: io::Error,
    },
    /// Another program goes on with the chain, and two cannot.
    #[error("{0} is in use by another program: stop that one, or name another folder with --state")]
    InUse(String),
    /// The database says no.
    #[error("{path}: {reason}")]
    Database {
        /// The file.
        path: String,
        /// The reason.
        reason: Box<redb::Error>,
    },
    /// The file is of another version of this program.
    #[error(
        "{0} was written by another version of this program; start with another folder, or begin anew with --reset"
    )]
    OtherLayout(String),
    /// The file does not have what it should.
    #[error("{path} is damaged: {what}; put a copy in its place, or begin anew with --reset")]
    Damaged {
        /// The file.
        path: String,
        /// What is missing.
        what: String,
    },
}

impl StoreError {
    /// What the database says of a file.
    fn of(path: &str, reason: redb::Error) -> Self {
        let path = path.to_owned();
        match reason {
            redb::Error::DatabaseAlreadyOpen => Self::InUse(path),
            redb::Error::Corrupted(what) => Self::Damaged { path, what },
            // A file of something else, or one that ends too soon.
            redb::Error::Io(reason) if matches!(reason.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof) => {
                Self::Damaged { path, what: reason.to_string() }
            }
            reason => Self::Database { path, reason: Box::new(reason) },
        }
    }
}

/// Opens a file, or makes it, and looks at every page of it: what has changed while nobody used it is damage, and no
/// other state.
fn opened(path: &Path) -> Result<Database, StoreError> {
    let shown = path.display().to_string();
    // Built with assertions the library fails the program on some files that it has not left so.
    let opened = catch_unwind(AssertUnwindSafe(|| {
        Database::builder().set_check_integrity_on_open(true).create(path).map_err(redb::Error::from)
    }));
    match opened {
        Ok(opened) => opened.map_err(|reason| StoreError::of(&shown, reason)),
        Err(_) => Err(StoreError::Damaged { path: shown, what: "the database cannot read it".to_owned() }),
    }
}

/// Deletes the file of a folder, where there is one and no program goes on with it.
pub(super) fn remove(folder: &Path) -> Result<(), StoreError> {
    let path = folder.join(FILE);
    if !path.exists() {
        return Ok(());
    }
    // Held until it is gone, so that nobody begins to use it meanwhile. What is in it goes, whatever is wrong with it.
    let held = opened(&path);
    if let Err(in_use @ StoreError::InUse(_)) = held {
        return Err(in_use);
    }
    fs::remove_file(&path).map_err(|reason| StoreError::Folder { path: path.display().to_string(), reason })
}

/// Keys of nodes with how often they were added, or how often less they are needed.
type Counts = Vec<(Vec<u8>, i32)>;

/// The file.
pub(super) struct Store {
    database: Database,
    path: String,
}

/// What a file has.
pub(super) struct Kept {
    pub(super) archive: Archive,
    pub(super) blocks: Vec<Sealed>,
    pub(super) added: VecDeque<Counts>,
}

impl Store {
    /// Opens the file of a folder, and makes both where they are missing.
    pub(super) fn open(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(FILE);
        let shown = path.display().to_string();
        fs::create_dir_all(folder)
            .map_err(|reason| StoreError::Folder { path: folder.display().to_string(), reason })?;
        let database = opened(&path)?;
        let store = Self { database, path: shown.clone() };
        let layout = store.write(|transaction| {
            transaction.open_table(NODES)?;
            transaction.open_table(BLOCKS)?;
            transaction.open_table(CHANGES)?;
            let mut facts = transaction.open_table(FACTS)?;
            let known = facts.get("layout")?.map(|layout| layout.value().to_vec());
            if known.is_none() {
                facts.insert("layout", LAYOUT)?;
            }
            Ok(known)
        })?;
        match layout {
            Some(layout) if layout != LAYOUT => Err(StoreError::OtherLayout(shown)),
            _ => Ok(store),
        }
    }

    /// Runs a transaction of the database, which is on disk when this returns.
    fn write<R>(&self, run: impl FnOnce(&redb::WriteTransaction) -> Result<R, redb::Error>) -> Result<R, StoreError> {
        let all = || {
            let transaction = self.database.begin_write()?;
            let result = run(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        all().map_err(|reason| StoreError::of(&self.path, reason))
    }

    /// Keeps the newest block, or what has become of it: its record, what it changed, and the nodes that were touched.
    pub(super) fn keep(
        &self,
        sealed: &Sealed,
        archive: &Archive,
        added: &Counts,
        touched: &[Vec<u8>],
        oldest: u32,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            put_nodes(transaction, archive, touched)?;
            let mut changes = transaction.open_table(CHANGES)?;
            changes.insert(sealed.number(), (added, archive.retired_by_newest()).encode().as_slice())?;
            changes.retain(|number, _| number >= oldest)?;
            transaction.open_table(BLOCKS)?.insert(sealed.number(), record(sealed).as_slice())?;
            Ok(())
        })
    }

    /// Takes back all blocks above one.
    pub(super) fn take_back_to(&self, height: u32, archive: &Archive, touched: &[Vec<u8>]) -> Result<(), StoreError> {
        self.write(|transaction| {
            put_nodes(transaction, archive, touched)?;
            transaction.open_table(CHANGES)?.retain(|number, _| number <= height)?;
            transaction.open_table(BLOCKS)?.retain(|number, _| number <= height)?;
            Ok(())
        })
    }

    /// Keeps another chain in the place of what was kept: blocks and the newest state.
    pub(super) fn replace(
        &self,
        blocks: impl Iterator<Item = Arc<Sealed>>,
        archive: &Archive,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.open_table(NODES)?.retain(|_, _| false)?;
            transaction.open_table(BLOCKS)?.retain(|_, _| false)?;
            transaction.open_table(CHANGES)?.retain(|_, _| false)?;
            let nodes: Vec<Vec<u8>> = archive.newest().into_iter().map(|(key, _)| key).collect();
            put_nodes(transaction, archive, &nodes)?;
            let mut kept = transaction.open_table(BLOCKS)?;
            let mut head = None;
            for block in blocks {
                kept.insert(block.number(), record(&block).as_slice())?;
                head = Some(block.number());
            }
            if let Some(head) = head {
                let none: (Counts, &[(Vec<u8>, i32)]) = (Vec::new(), &[]);
                transaction.open_table(CHANGES)?.insert(head, none.encode().as_slice())?;
            }
            Ok(())
        })
    }

    /// What the file has; nothing when it is new.
    pub(super) fn load(&self) -> Result<Option<Kept>, StoreError> {
        let damaged = |what: String| StoreError::Damaged { path: self.path.clone(), what };
        type Read = (Vec<(Vec<u8>, Vec<u8>)>, Vec<Vec<u8>>, Vec<Vec<u8>>);
        let read = || -> Result<Read, redb::Error> {
            let transaction = self.database.begin_read()?;
            let mut nodes = Vec::new();
            for row in transaction.open_table(NODES)?.iter()? {
                let (key, value) = row?;
                nodes.push((key.value().to_vec(), value.value().to_vec()));
            }
            let all = |table: TableDefinition<u32, &[u8]>| -> Result<Vec<Vec<u8>>, redb::Error> {
                let table = transaction.open_table(table)?;
                let rows = table.iter()?.map(|row| Ok(row?.1.value().to_vec()));
                rows.collect()
            };
            Ok((nodes, all(BLOCKS)?, all(CHANGES)?))
        };
        let (nodes, records, changes) = read().map_err(|reason| StoreError::of(&self.path, reason))?;
        if records.is_empty() {
            return Ok(None);
        }
        let mut blocks = Vec::with_capacity(records.len());
        for (number, bytes) in (0..).zip(records) {
            let sealed = sealed(&bytes).filter(|sealed: &Sealed| sealed.number() == number);
            blocks.push(sealed.ok_or_else(|| damaged(format!("block {number} cannot be read")))?);
        }
        let (mut added, mut retired) = (VecDeque::new(), VecDeque::new());
        for bytes in changes {
            let (of_block, no_longer) = <(Counts, Counts)>::decode(&mut bytes.as_slice())
                .map_err(|_| damaged("the changes of a block cannot be read".to_owned()))?;
            added.push_back(of_block);
            retired.push_back(no_longer);
        }
        let mut counted = Vec::with_capacity(nodes.len());
        for (key, bytes) in nodes {
            let (count, value) = bytes
                .split_first_chunk::<4>()
                .ok_or_else(|| damaged("a node of the state cannot be read".to_owned()))?;
            counted.push((key, (value.to_vec(), i32::from_le_bytes(*count))));
        }
        Ok(Some(Kept { archive: Archive::restored(counted, retired), blocks, added }))
    }
}

fn put_nodes(transaction: &redb::WriteTransaction, archive: &Archive, touched: &[Vec<u8>]) -> Result<(), redb::Error> {
    let mut nodes = transaction.open_table(NODES)?;
    for key in touched {
        match archive.node(key) {
            Some((value, count)) => {
                let row = [&count.to_le_bytes()[..], value].concat();
                nodes.insert(key.as_slice(), row.as_slice())?;
            }
            None => {
                nodes.remove(key.as_slice())?;
            }
        }
    }
    Ok(())
}

/// A log: contract, topics, data.
type LogRecord = (H160, Vec<H256>, Vec<u8>);
/// A transaction: bytes, sender, whether they have not signed it; contract created, whether it succeeded, gas used,
/// price; logs, output, fault; weight in both dimensions; cells touched, reads, writes.
type TransactionRecord = (
    (Vec<u8>, H160, bool),
    (Option<H160>, bool, U256, U256),
    (Vec<LogRecord>, Vec<u8>, Option<String>),
    (u64, u64),
    (u32, u32, u32),
);
/// A block: as the pallet built it, the parachain's header, root of the state, weight in both dimensions, transactions.
type BlockRecord = (EthBlock, Header, H256, (u64, u64), Vec<TransactionRecord>);

/// A block as it is kept.
pub(super) fn record(sealed: &Sealed) -> Vec<u8> {
    let transaction = |included: &Included| -> TransactionRecord {
        let log = |log: &RawLog| (log.address, log.topics.clone(), log.data.clone());
        let Included { transaction, created, succeeded, gas_used, gas_price, logs, output, fault, weight, cells } =
            included.clone();
        (
            (transaction.raw, transaction.from, transaction.impersonated),
            (created, succeeded, gas_used, gas_price),
            (logs.iter().map(log).collect(), output, fault),
            (weight.ref_time, weight.proof_size),
            (cells.touched, cells.reads, cells.writes),
        )
    };
    let Sealed { block, transactions, weight, header, root, .. } = sealed;
    let transactions: Vec<TransactionRecord> = transactions.iter().map(transaction).collect();
    (block, header, root, (weight.ref_time, weight.proof_size), transactions).encode()
}

/// The block of a record; `None` for bytes that are none, or name a sender who has not sent.
pub(super) fn sealed(bytes: &[u8]) -> Option<Sealed> {
    read(bytes, |raw, from, impersonated| {
        let decoded = Transaction::decode(raw).ok()?;
        (decoded.from == from && decoded.impersonated == impersonated).then_some(decoded)
    })
}

/// The block of a record that this program has written itself: nobody asks again who has signed.
pub(super) fn sealed_here(bytes: &[u8]) -> Option<Sealed> {
    read(bytes, Transaction::again)
}

fn read(mut bytes: &[u8], decoded: impl Fn(Vec<u8>, H160, bool) -> Option<Transaction>) -> Option<Sealed> {
    let (block, header, root, (ref_time, proof_size), records) = BlockRecord::decode(&mut bytes).ok()?;
    let transaction = |record: TransactionRecord| {
        let (
            (raw, from, impersonated),
            (created, succeeded, gas_used, gas_price),
            (logs, output, fault),
            weight,
            cells,
        ) = record;
        let log = |(address, topics, data)| RawLog { address, topics, data };
        Some(Included {
            transaction: decoded(raw, from, impersonated)?,
            created,
            succeeded,
            gas_used,
            gas_price,
            logs: logs.into_iter().map(log).collect(),
            output,
            fault,
            weight: Weight { ref_time: weight.0, proof_size: weight.1 },
            cells: Cells { touched: cells.0, reads: cells.1, writes: cells.2 },
        })
    };
    let transactions = records.into_iter().map(transaction).collect::<Option<_>>()?;
    Some(Sealed { block, transactions, weight: Weight { ref_time, proof_size }, ending: Duration::ZERO, header, root })
}
