//! No repository is ever found: what the build script of the Ethereum server asks of git is the commit of its own
//! sources, and a published crate has none.

use std::{fmt, path::Path};

/// There is none.
#[derive(Debug)]
pub struct Error;

/// A repository that cannot be.
pub enum Repository {}

/// A name of a commit that cannot be.
pub enum Reference {}

/// A commit that cannot be.
pub enum Commit {}

/// An identifier that cannot be.
pub enum Oid {}

impl Repository {
    /// Finds nothing.
    ///
    /// # Errors
    /// Always.
    pub fn open<P: AsRef<Path>>(_: P) -> Result<Self, Error> {
        Err(Error)
    }

    /// Where the repository is.
    ///
    /// # Errors
    /// None: there is no repository.
    pub fn head(&self) -> Result<Reference, Error> {
        match *self {}
    }
}

impl Reference {
    /// Its commit.
    ///
    /// # Errors
    /// None: there is no reference.
    pub fn peel_to_commit(&self) -> Result<Commit, Error> {
        match *self {}
    }

    /// Its name.
    #[must_use]
    pub fn shorthand(&self) -> Option<&str> {
        match *self {}
    }
}

impl Commit {
    /// Its identifier.
    #[must_use]
    pub fn id(&self) -> Oid {
        match *self {}
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}
