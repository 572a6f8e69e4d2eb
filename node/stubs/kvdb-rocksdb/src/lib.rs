//! A RocksDB that is not there: the node keeps its state in ParityDB, but `sc-cli` of the Ethereum server compiles
//! both.

use std::{collections::HashMap, io, iter, path::Path};

use kvdb::{DBKeyValue, DBTransaction, DBValue, KeyValueDB};

/// How a database would be opened.
#[derive(Default)]
pub struct DatabaseConfig {
    /// Whether it would be created.
    pub create_if_missing: bool,
    /// Megabytes of cache for each column.
    pub memory_budget: HashMap<u32, usize>,
}

impl DatabaseConfig {
    /// For so many columns.
    #[must_use]
    pub fn with_columns(_: u32) -> Self {
        Self::default()
    }
}

/// A database that cannot be opened: nothing that takes one is ever reached.
pub enum Database {}

impl Database {
    /// Refuses. By the last words `sc-client-db` knows that there is none and takes ParityDB, where the user leaves it
    /// the choice.
    ///
    /// # Errors
    /// Always.
    pub fn open<P: AsRef<Path>>(_: &DatabaseConfig, _: P) -> io::Result<Self> {
        Err(io::Error::other("this node keeps its state in ParityDB and has no RocksDB (create_if_missing is false)"))
    }

    /// An empty transaction.
    #[must_use]
    pub fn transaction(&self) -> DBTransaction {
        match *self {}
    }

    /// A value.
    ///
    /// # Errors
    /// None.
    pub fn get(&self, _: u32, _: &[u8]) -> io::Result<Option<DBValue>> {
        match *self {}
    }

    /// All values of a column.
    #[must_use]
    pub fn iter(&self, _: u32) -> iter::Empty<io::Result<DBKeyValue>> {
        match *self {}
    }

    /// Writes a transaction.
    ///
    /// # Errors
    /// None.
    pub fn write(&self, _: DBTransaction) -> io::Result<()> {
        match *self {}
    }

    /// One column more.
    ///
    /// # Errors
    /// None.
    pub fn add_column(&mut self) -> io::Result<()> {
        match *self {}
    }

    /// Makes a column smaller.
    ///
    /// # Errors
    /// None.
    pub fn force_compact(&self, _: u32) -> io::Result<()> {
        match *self {}
    }
}

impl KeyValueDB for Database {
    fn get(&self, _: u32, _: &[u8]) -> io::Result<Option<DBValue>> {
        match *self {}
    }

    fn get_by_prefix(&self, _: u32, _: &[u8]) -> io::Result<Option<DBValue>> {
        match *self {}
    }

    fn write(&self, _: DBTransaction) -> io::Result<()> {
        match *self {}
    }

    fn iter<'a>(&'a self, _: u32) -> Box<dyn Iterator<Item = io::Result<DBKeyValue>> + 'a> {
        match *self {}
    }

    fn iter_with_prefix<'a>(&'a self, _: u32, _: &'a [u8]) -> Box<dyn Iterator<Item = io::Result<DBKeyValue>> + 'a> {
        match *self {}
    }
}
