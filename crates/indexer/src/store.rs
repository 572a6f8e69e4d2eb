//! The database: one writer, many readers, and blocks that can be taken back.
//!
//! Every block is one transaction or part of one, so that a program that is killed has either all of a block or
//! nothing of it, and goes on after the last. What a block changes in a table of states is undone by statements that
//! triggers have noted; rows go with their block. Inverses are kept for [`UNDO_DEPTH`] blocks: who has to go back
//! further stops.

use std::fs;
use std::path::{Path, PathBuf};

use alloy_core::primitives::{hex, keccak256};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, params, params_from_iter};
use sit_client::Deployment;
use sit_engine::chain::{Address, Hash};
use sit_engine::clearing::Instrument;
use sit_engine::units::TickValue;

use crate::derive::{self, Arrival, Arrived, Facts, Terms, Touched};
use crate::schema::{INDICES, Kind, OWN, TABLES, Table, VERSION};
use crate::source::{Block, Header, Included, Log, Receipt, Transaction as SentTransaction};

/// Blocks that can be taken back.
pub const UNDO_DEPTH: u64 = 256;

/// Why the tables could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite failed.
    #[error("the database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The file system failed.
    #[error("{path} cannot be used: {why}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the file system says.
        why: std::io::Error,
    },
    /// The tables are of another chain or another exchange.
    #[error(
        "these tables are of another chain: their {what} is {have}, and that of the chain is {want}; \
         give another folder, or delete this one"
    )]
    OtherChain {
        /// What differs.
        what: &'static str,
        /// In the tables.
        have: String,
        /// On the chain.
        want: String,
    },
    /// A newer program made the tables.
    #[error("these tables have version {have}, and this program knows version {VERSION}: use the newer program")]
    Newer {
        /// Their version.
        have: i64,
    },
    /// A figure has left 64 bits.
    #[error("a figure of the chain does not fit into 64 bits: this program cannot keep its books")]
    Range,
    /// The terms of a month that was listed are not known.
    #[error("month {instrument} was listed, and its terms were not read")]
    MissingTerms {
        /// The instrument.
        instrument: u16,
    },
    /// A block that does not follow the newest one.
    #[error("block {number} does not follow block {tip}: nothing was written")]
    Gap {
        /// The block.
        number: u64,
        /// The newest one.
        tip: u64,
    },
    /// A block that can no longer be taken back.
    #[error(
        "the chain has another block {number}, and only blocks from {from} on can be taken back: nothing was deleted. \
         If the node is right, begin anew in another folder; if it is not, choose another node"
    )]
    TooDeep {
        /// The first block that would have to go.
        number: u64,
        /// The first one that can.
        from: u64,
    },
    /// There is no table of that name.
    #[error("there is no table `{0}`")]
    NoTable(String),
}

/// Which chain and which exchange the tables are of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The chain's number.
    pub chain_id: u64,
    /// Hash of block 0.
    pub genesis: Hash,
    /// The first block to index.
    pub first_block: u64,
    /// Where the contracts are.
    pub deployment: Deployment,
}

impl Identity {
    /// The addresses whose logs are kept: those of the exchange, and not of the token, which is everybody's.
    #[must_use]
    pub fn addresses(&self) -> Vec<Address> {
        let ours = self.deployment.iter().filter(|(contract, _)| *contract != sit_native::Contract::Token);
        ours.map(|(_, address)| address).collect()
    }
}

/// The newest block of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tip {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: Hash,
    /// Its time.
    pub time: u64,
}

/// The one writer.
pub struct Writer {
    db: Connection,
    identity: Identity,
    noting: bool,
}

/// The file of the tables in a folder.
#[must_use]
pub fn file(folder: &Path) -> PathBuf {
    folder.join("index.sqlite")
}

/// Opens the tables of a folder for reading.
///
/// # Errors
/// [`StoreError::Sqlite`].
pub fn reader(folder: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(file(folder), flags)?;
    db.busy_timeout(std::time::Duration::from_secs(5))?;
    db.pragma_update(None, "cache_size", -8_192)?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(db)
}

impl Writer {
    /// Opens the tables of a folder, or makes them.
    ///
    /// # Errors
    /// [`StoreError`]; above all [`StoreError::OtherChain`].
    pub fn open(folder: &Path, identity: Identity) -> Result<Self, StoreError> {
        fs::create_dir_all(folder).map_err(|why| StoreError::File { path: folder.to_owned(), why })?;
        let db = Connection::open(file(folder))?;
        db.busy_timeout(std::time::Duration::from_secs(10))?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        // With a write-ahead log a killed program loses nothing, and a machine without power at most the last blocks,
        // which the chain has still.
        db.pragma_update(None, "synchronous", "NORMAL")?;
        db.pragma_update(None, "cache_size", -32_768)?;
        db.pragma_update(None, "temp_store", "MEMORY")?;
        db.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
        db.set_prepared_statement_cache_capacity(128);
        db.execute_batch(OWN)?;
        let mut writer = Self { db, identity, noting: false };
        writer.identify()?;
        writer
            .db
            .execute_batch("CREATE TEMP TABLE applying (number INTEGER NOT NULL); INSERT INTO applying VALUES (0);")?;
        Ok(writer)
    }

    fn identify(&mut self) -> Result<(), StoreError> {
        let identity = &self.identity;
        let known = [
            ("chain id", "chain_id", identity.chain_id.to_string()),
            ("block 0", "genesis", hex::encode_prefixed(identity.genesis)),
            ("first block", "first_block", identity.first_block.to_string()),
            ("deployment", "deployment", identity.deployment.to_json()),
        ];
        for (what, key, want) in known {
            match self.meta(key)? {
                Some(have) if have != want => return Err(StoreError::OtherChain { what, have, want }),
                Some(_) => {}
                None => self.set_meta(key, &want)?,
            }
        }
        match self.meta("schema")?.and_then(|version| version.parse::<i64>().ok()) {
            Some(have) if have > VERSION => return Err(StoreError::Newer { have }),
            Some(have) if have < VERSION => {
                self.make(&[Kind::Raw, Kind::Worked])?;
                self.rebuild()?;
            }
            _ => self.make(&[Kind::Raw, Kind::Worked, Kind::Rows, Kind::States])?,
        }
        if self.meta("events")?.is_none() {
            let events: i64 = self.db.query_row("SELECT count(*) FROM raw_log", [], |row| row.get(0))?;
            self.set_meta("events", &events.to_string())?;
        }
        self.set_meta("schema", &VERSION.to_string())
    }

    fn make(&self, kinds: &[Kind]) -> Result<(), StoreError> {
        for table in TABLES.iter().filter(|table| kinds.contains(&table.kind)) {
            self.db.execute_batch(&table.create())?;
        }
        if kinds.contains(&Kind::States) {
            self.db.execute_batch(INDICES)?;
        }
        Ok(())
    }

    /// Which chain it is of.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The connection, for whoever reads what is not committed yet.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.db
    }

    fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT value FROM meta WHERE key = ?1";
        Ok(self.db.prepare_cached(sql)?.query_row([key], |row| row.get(0)).optional()?)
    }

    fn set_meta(&self, key: &str, value: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2";
        self.db.prepare_cached(sql)?.execute([key, value])?;
        Ok(())
    }

    /// The newest block; `None` before the first.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn tip(&self) -> Result<Option<Tip>, StoreError> {
        tip(&self.db)
    }

    /// The hash of a block of the tables.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn hash_of(&self, number: u64) -> Result<Option<Hash>, StoreError> {
        let sql = "SELECT hash FROM block WHERE number = ?1";
        Ok(self.db.prepare_cached(sql)?.query_row([number.cast_signed()], |row| row.get(0)).optional()?)
    }

    /// The first block that can be taken back.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn undo_from(&self) -> Result<u64, StoreError> {
        let from = self.meta("undo_from")?.and_then(|number| number.parse().ok());
        Ok(from.unwrap_or(self.identity.first_block))
    }

    /// Applies blocks that follow each other and the newest one, in one transaction. `head` is the number of the
    /// chain's newest block: what can no longer be taken back leaves no inverse.
    ///
    /// # Errors
    /// [`StoreError`]; nothing has been written then.
    pub fn apply(&mut self, facts: &[Facts], head: u64) -> Result<Touched, StoreError> {
        let mut touched = Touched::default();
        let mut next = self.tip()?;
        let (Some(first), Some(last)) = (facts.first(), facts.last()) else { return Ok(touched) };
        for fact in facts {
            let header = &fact.block.header;
            let follows = match &next {
                Some(tip) => header.number == tip.number + 1 && header.parent == tip.hash,
                None => header.number == self.identity.first_block,
            };
            if !follows {
                return Err(StoreError::Gap { number: header.number, tip: next.map_or(0, |tip| tip.number) });
            }
            next = Some(Tip { number: header.number, hash: header.hash, time: header.time });
        }
        // Noted is all or nothing of these blocks, so that inverses never have a gap.
        let noting = last.block.header.number + UNDO_DEPTH > head;
        self.note(noting)?;
        let identity = self.identity.clone();
        let transaction = self.db.transaction()?;
        for fact in facts {
            let number = fact.block.header.number.cast_signed();
            transaction.prepare_cached("UPDATE temp.applying SET number = ?1")?.execute([number])?;
            write_raw(&transaction, fact)?;
            touched.extend(derive::derive(&transaction, &identity.deployment, fact)?);
        }
        count_events(&transaction, facts.iter().map(|fact| fact.block.logs.len()).sum::<usize>() as i64)?;
        let from = if noting {
            let oldest = (last.block.header.number + 1).saturating_sub(UNDO_DEPTH);
            transaction.prepare_cached("DELETE FROM undo WHERE block < ?1")?.execute([oldest.cast_signed()])?;
            oldest
        } else {
            transaction.execute("DELETE FROM undo", [])?;
            last.block.header.number + 1
        };
        let before: Option<u64> = transaction
            .prepare_cached("SELECT value FROM meta WHERE key = 'undo_from'")?
            .query_row([], |row| row.get::<_, String>(0))
            .optional()?
            .and_then(|number| number.parse().ok());
        let from = from.max(before.unwrap_or(first.block.header.number));
        transaction
            .prepare_cached("INSERT INTO meta VALUES ('undo_from', ?1) ON CONFLICT (key) DO UPDATE SET value = ?1")?
            .execute([from.to_string()])?;
        transaction.commit()?;
        Ok(touched)
    }

    fn note(&mut self, on: bool) -> Result<(), StoreError> {
        if on == self.noting {
            return Ok(());
        }
        for table in TABLES.iter().filter(|table| table.kind == Kind::States) {
            if on {
                self.db.execute_batch(&table.triggers())?;
            } else {
                for verb in ["insert", "update", "delete"] {
                    let name = table.name;
                    self.db.execute_batch(&format!("DROP TRIGGER IF EXISTS temp.undo_{name}_{verb}"))?;
                }
            }
        }
        self.db.flush_prepared_statement_cache();
        self.noting = on;
        Ok(())
    }

    /// Takes back every block above `number`, in one transaction.
    ///
    /// # Errors
    /// [`StoreError::TooDeep`] when some can no longer be taken back; nothing has changed then.
    pub fn back_to(&mut self, number: u64) -> Result<(), StoreError> {
        let Some(tip) = self.tip()? else { return Ok(()) };
        if number >= tip.number {
            return Ok(());
        }
        let from = self.undo_from()?;
        if number + 1 < from {
            return Err(StoreError::TooDeep { number: number + 1, from });
        }
        self.note(false)?;
        let transaction = self.db.transaction()?;
        {
            let mut inverses = transaction.prepare("SELECT inverse FROM undo WHERE block > ?1 ORDER BY seq DESC")?;
            let mut inverses = inverses.query([number.cast_signed()])?;
            while let Some(row) = inverses.next()? {
                transaction.execute_batch(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
            }
        }
        transaction.execute("DELETE FROM undo WHERE block > ?1", [number.cast_signed()])?;
        for table in TABLES.iter().filter(|table| table.kind != Kind::States) {
            let column = if table.name == "block" { "number" } else { "block" };
            let sql = format!("DELETE FROM {} WHERE {column} > ?1", table.name);
            let gone = transaction.execute(&sql, [number.cast_signed()])?;
            if table.name == "raw_log" {
                count_events(&transaction, -(gone as i64))?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Makes every table that follows from the raw ones anew, without asking the chain. The blocks that are there can
    /// no longer be taken back then.
    ///
    /// # Errors
    /// [`StoreError`]; the tables are as before then.
    pub fn rebuild(&mut self) -> Result<(), StoreError> {
        self.note(false)?;
        let identity = self.identity.clone();
        let transaction = self.db.transaction()?;
        for table in TABLES.iter().filter(|table| matches!(table.kind, Kind::Rows | Kind::States)) {
            transaction.execute_batch(&format!("DROP TABLE IF EXISTS {}; {}", table.name, table.create()))?;
        }
        transaction.execute_batch(INDICES)?;
        let newest: Option<i64> = transaction.query_row("SELECT max(number) FROM block", [], |row| row.get(0))?;
        let mut number = identity.first_block.cast_signed();
        while newest.is_some_and(|newest| number <= newest) {
            if let Some(facts) = read_raw(&transaction, number)? {
                derive::derive(&transaction, &identity.deployment, &facts)?;
            }
            number += 1;
        }
        transaction.execute("DELETE FROM undo", [])?;
        if let Some(newest) = newest {
            let from = (newest + 1).to_string();
            let sql = "INSERT INTO meta VALUES ('undo_from', ?1) ON CONFLICT (key) DO UPDATE SET value = ?1";
            transaction.execute(sql, [from])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// The next block above one, up to another, with a transaction that concerns the exchange.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn busy_above(&self, above: u64, up_to: u64) -> Result<Option<u64>, StoreError> {
        let sql = "SELECT block FROM raw_transaction WHERE block > ?1 AND block <= ?2 ORDER BY block LIMIT 1";
        let found =
            self.db.prepare_cached(sql)?.query_row([above.cast_signed(), up_to.cast_signed()], |row| row.get(0));
        Ok(found.optional()?.map(i64::cast_unsigned))
    }

    /// The next block below one with a transaction that concerns the exchange.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn busy_below(&self, below: u64) -> Result<Option<u64>, StoreError> {
        let sql = "SELECT block FROM raw_transaction WHERE block < ?1 ORDER BY block DESC LIMIT 1";
        let found = self.db.prepare_cached(sql)?.query_row([below.cast_signed()], |row| row.get(0));
        Ok(found.optional()?.map(i64::cast_unsigned))
    }

    /// A block as it was told when it was taken: its transactions and logs that concern the exchange.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn told(&self, number: u64) -> Result<Option<Block>, StoreError> {
        let Some(Facts { mut block, .. }) = read_raw(&self.db, number.cast_signed())? else { return Ok(None) };
        let mut statement = self.db.prepare_cached(
            "SELECT position, hash, sender, recipient, input, value, succeeded, gas_used, gas_price FROM raw_transaction \
             WHERE block = ?1 ORDER BY position",
        )?;
        let mut rows = statement.query([number.cast_signed()])?;
        while let Some(row) = rows.next()? {
            let amount = |column: usize| -> rusqlite::Result<u128> {
                Ok(row.get::<_, String>(column)?.parse().unwrap_or(u128::MAX))
            };
            let (position, hash): (u32, Hash) = (row.get(0)?, row.get(1)?);
            block.included.push(Included {
                position,
                transaction: SentTransaction {
                    hash,
                    sender: row.get(2)?,
                    to: row.get(3)?,
                    input: row.get(4)?,
                    value: amount(5)?,
                },
                receipt: Receipt {
                    transaction: hash,
                    succeeded: row.get(6)?,
                    gas_used: amount(7)?,
                    gas_price: amount(8)?,
                    logs: block.logs.iter().filter(|log| log.position == position).cloned().collect(),
                },
            });
        }
        Ok(Some(block))
    }

    /// The first and the newest block of which it was worked out what its transactions have deposited.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn deposits(&self) -> Result<Option<(u64, u64)>, StoreError> {
        let sql = "SELECT min(block), max(block) FROM deposit";
        let found: (Option<i64>, Option<i64>) =
            self.db.prepare_cached(sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(found.0.zip(found.1).map(|(first, last)| (first.cast_unsigned(), last.cast_unsigned())))
    }

    /// Notes what the transactions of a block have deposited, in planck; `None` for one of which it cannot be told.
    ///
    /// # Errors
    /// [`StoreError`]; nothing has been written then.
    pub fn note_deposits(&mut self, block: u64, deposits: &[(u32, Option<i128>)]) -> Result<(), StoreError> {
        let transaction = self.db.transaction()?;
        {
            let mut insert = transaction.prepare_cached("INSERT OR REPLACE INTO deposit VALUES (?1, ?2, ?3)")?;
            for (position, planck) in deposits {
                let planck = planck.map(i64::try_from).transpose().map_err(|_| StoreError::Range)?;
                insert.execute(params![block.cast_signed(), position, planck])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Notes a difference between chain and tables, once.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn alarm(&self, block: u64, hash: Hash, kind: &str, message: &str) -> Result<(), StoreError> {
        let sql = "INSERT OR IGNORE INTO alarm (block, hash, kind, message) VALUES (?1, ?2, ?3, ?4)";
        self.db.prepare_cached(sql)?.execute(params![block.cast_signed(), hash, kind, message])?;
        Ok(())
    }
}

/// The newest block of tables.
///
/// # Errors
/// [`StoreError::Sqlite`].
pub fn tip(db: &Connection) -> Result<Option<Tip>, StoreError> {
    let sql = "SELECT number, hash, time FROM block ORDER BY number DESC LIMIT 1";
    let found = db.prepare_cached(sql)?.query_row([], |row| {
        let (number, time): (i64, i64) = (row.get(0)?, row.get(2)?);
        Ok(Tip { number: number.cast_unsigned(), hash: row.get(1)?, time: time.cast_unsigned() })
    });
    Ok(found.optional()?)
}

/// How many events the tables have: counted as they come and go, since a table of millions takes long to count.
///
/// # Errors
/// [`StoreError::Sqlite`].
pub fn events(db: &Connection) -> Result<u64, StoreError> {
    let sql = "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'events'";
    let events: Option<i64> = db.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
    Ok(events.unwrap_or_default().unsigned_abs())
}

fn count_events(db: &Transaction<'_>, more: i64) -> Result<(), StoreError> {
    let sql = "UPDATE meta SET value = CAST(CAST(value AS INTEGER) + ?1 AS TEXT) WHERE key = 'events'";
    db.prepare_cached(sql)?.execute([more])?;
    Ok(())
}

fn write_raw(db: &Transaction<'_>, facts: &Facts) -> Result<(), StoreError> {
    let Block { header, included, logs } = &facts.block;
    let number = header.number.cast_signed();
    let transactions = i64::try_from(header.transactions.len()).map_err(|_| StoreError::Range)?;
    let time = i64::try_from(header.time).map_err(|_| StoreError::Range)?;
    db.prepare_cached("INSERT INTO block VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
        number,
        header.hash,
        header.parent,
        time,
        transactions
    ])?;
    let mut insert =
        db.prepare_cached("INSERT INTO raw_transaction VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")?;
    for Included { position, transaction, receipt } in included {
        insert.execute(params![
            number,
            position,
            transaction.hash,
            transaction.sender,
            transaction.to,
            transaction.input,
            transaction.value.to_string(),
            receipt.succeeded,
            receipt.gas_used.to_string(),
            receipt.gas_price.to_string()
        ])?;
    }
    let mut insert = db.prepare_cached("INSERT INTO raw_log VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for log in logs {
        insert.execute(params![number, log.index, log.position, log.address, log.topics.concat(), log.data])?;
    }
    let mut insert = db.prepare_cached("INSERT INTO raw_arrival VALUES (?1, ?2, ?3, ?4)")?;
    for Arrival { kind, id, cell } in &facts.arrivals {
        insert.execute(params![number, *kind as u8, id, cell])?;
    }
    let mut insert = db.prepare_cached("INSERT INTO raw_terms VALUES (?1, ?2, ?3, ?4)")?;
    for Terms { instrument, tick_value, tick_size } in &facts.terms {
        insert.execute(params![number, instrument.0, tick_value.0, tick_size])?;
    }
    Ok(())
}

fn read_raw(db: &Connection, number: i64) -> Result<Option<Facts>, StoreError> {
    let header = db
        .prepare_cached("SELECT hash, parent, time FROM block WHERE number = ?1")?
        .query_row([number], |row| {
            Ok(Header {
                number: number.cast_unsigned(),
                hash: row.get(0)?,
                parent: row.get(1)?,
                time: row.get::<_, i64>(2)?.cast_unsigned(),
                bloom: Box::new([0; 256]),
                transactions: Vec::new(),
            })
        })
        .optional()?;
    let Some(header) = header else { return Ok(None) };
    let logs = db
        .prepare_cached("SELECT log, position, address, topics, data FROM raw_log WHERE block = ?1 ORDER BY log")?
        .query_map([number], |row| {
            Ok(Log {
                block: header.hash,
                number: header.number,
                index: row.get(0)?,
                position: row.get(1)?,
                address: row.get(2)?,
                topics: topics(row.get_ref(3)?.as_blob().unwrap_or_default()),
                data: row.get(4)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    let terms = db
        .prepare_cached("SELECT instrument, tick_value, tick_size FROM raw_terms WHERE block = ?1 ORDER BY instrument")?
        .query_map([number], |row| {
            Ok(Terms {
                instrument: Instrument(row.get(0)?),
                tick_value: TickValue(row.get(1)?),
                tick_size: row.get(2)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    let mut arrivals = Vec::new();
    let mut cells = db.prepare_cached("SELECT kind, id, cell FROM raw_arrival WHERE block = ?1 ORDER BY kind, id")?;
    let mut rows = cells.query([number])?;
    while let Some(row) = rows.next()? {
        let kind = Arrived::from_number(row.get(0)?);
        arrivals.extend(
            kind.map(|kind| Ok::<_, rusqlite::Error>(Arrival { kind, id: row.get(1)?, cell: row.get(2)? }))
                .transpose()?,
        );
    }
    // Transactions make no table but their own.
    Ok(Some(Facts { block: Block { header, included: Vec::new(), logs }, terms, arrivals }))
}

/// Topics from the bytes in which they are stored one after the other.
#[must_use]
pub fn topics(bytes: &[u8]) -> Vec<[u8; 32]> {
    bytes.as_chunks::<32>().0.to_vec()
}

/// The hash of every table's rows in the order of its key: two indices of one chain have the same. What was worked out
/// of states that a node may have forgotten is left out.
///
/// # Errors
/// [`StoreError::Sqlite`].
pub fn digests(db: &Connection) -> Result<Vec<(&'static str, String)>, StoreError> {
    TABLES
        .iter()
        .filter(|table| table.kind != Kind::Worked)
        .map(|table| {
            let mut text = String::new();
            each_row(db, table, |row| {
                text.push_str(&row.iter().map(derive::written).collect::<Vec<_>>().join("|"));
                text.push('\n');
                Ok(())
            })?;
            Ok((table.name, hex::encode(keccak256(text))))
        })
        .collect()
}

/// Calls a function with every row of a table, in the order of its key.
///
/// # Errors
/// [`StoreError::Sqlite`], and those of the function.
pub fn each_row(
    db: &Connection,
    table: &Table,
    mut with: impl FnMut(&[Value]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let count = table.names().count();
    let mut statement = db.prepare(&format!("SELECT * FROM {} ORDER BY {}", table.name, table.key))?;
    let mut rows = statement.query(params_from_iter(std::iter::empty::<i64>()))?;
    while let Some(row) = rows.next()? {
        let values = (0..count).map(|column| row.get(column)).collect::<Result<Vec<Value>, _>>()?;
        with(&values)?;
    }
    Ok(())
}

/// What a receipt and a transaction cost, in wei.
#[must_use]
pub fn fee_of(receipt: &Receipt) -> u128 {
    receipt.gas_used.saturating_mul(receipt.gas_price)
}
