//! What a chain has to do for a client: run transactions and views, deploy code, tell its logs, its height and its
//! time.
//!
//! Calls wait until they are done (see `docs/book/src/adr/0095-blocking-transport.md`). A transport signs, counts
//! nonces, estimates and waits for inclusion itself; it knows nothing of the exchange.

use sit_engine::chain::Address;
use std::{fmt, ops::RangeInclusive};

use crate::Artifact;

/// Somebody who signs transactions. What a transport needs to do so, a name, a key, a device, lies in the
/// implementation.
pub trait Signer {
    /// Their address, as contracts see it.
    fn address(&self) -> Address;
}

/// A log as a contract emitted it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Log {
    /// The contract.
    pub address: Address,
    /// Its topics; the first is the hash of the event's signature.
    pub topics: Vec<[u8; 32]>,
    /// What is not indexed.
    pub data: Vec<u8>,
    /// The block in which it was emitted.
    pub block: u64,
}

/// How a call ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It returned these bytes. `None` where a chain keeps no return values of transactions and the transport did not
    /// trace it.
    Returned(Option<Vec<u8>>),
    /// It reverted with these bytes, and has changed nothing.
    Reverted(Vec<u8>),
}

/// A transaction that is part of a block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mined<C> {
    /// How it ended.
    pub outcome: Outcome,
    /// What was emitted, oldest first; nothing when it reverted.
    pub logs: Vec<Log>,
    /// The block.
    pub block: u64,
    /// What it cost, in the chain's own terms.
    pub cost: C,
}

/// The newest block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// Its number.
    pub number: u64,
    /// Its time in Unix seconds, as contracts see it.
    pub time: u64,
}

/// A chain.
pub trait Transport {
    /// A key that signs.
    type Signer: Signer;
    /// What a transaction cost.
    type Cost: Clone + fmt::Debug;
    /// Why a transaction or a question did not reach a contract, or did not come back.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Sends a transaction to a contract and waits until a block has it.
    ///
    /// # Errors
    /// Those of the transport; that the contract refused is no error but an [`Outcome`].
    fn send(&mut self, signer: &Self::Signer, to: Address, calldata: &[u8]) -> Result<Mined<Self::Cost>, Self::Error>;

    /// Deploys a contract with the input of its constructor, and waits until a block has it. Returns its address.
    ///
    /// # Errors
    /// As [`Transport::send`].
    fn deploy(
        &mut self,
        signer: &Self::Signer,
        artifact: &Artifact,
        input: &[u8],
    ) -> Result<(Address, Mined<Self::Cost>), Self::Error>;

    /// Runs a call on the newest state and forgets what it did. Without a signer, as nobody in particular.
    ///
    /// # Errors
    /// As [`Transport::send`].
    fn call(&mut self, signer: Option<&Self::Signer>, to: Address, calldata: &[u8]) -> Result<Outcome, Self::Error>;

    /// Several calls on one state, in the order of their answers. A transport that pays for each round trip sends them
    /// as one.
    ///
    /// # Errors
    /// The first one's.
    fn call_all(&mut self, calls: &[(Address, Vec<u8>)]) -> Result<Vec<Outcome>, Self::Error> {
        calls.iter().map(|(to, calldata)| self.call(None, *to, calldata)).collect()
    }

    /// Holds all calls at the newest block until [`Transport::release`], so that what is read fits together, and tells
    /// the block. Nothing is held by a transport whose chain does not move by itself.
    ///
    /// # Errors
    /// As [`Transport::send`].
    fn pin(&mut self) -> Result<Head, Self::Error> {
        self.head()
    }

    /// Lets calls run on the newest state again.
    fn release(&mut self) {}

    /// The logs of contracts in a range of blocks, oldest first.
    ///
    /// # Errors
    /// As [`Transport::send`].
    fn logs(&mut self, blocks: RangeInclusive<u64>, of: &[Address]) -> Result<Vec<Log>, Self::Error>;

    /// The newest block.
    ///
    /// # Errors
    /// As [`Transport::send`].
    fn head(&mut self) -> Result<Head, Self::Error>;
}

impl<T: Transport> Transport for &mut T {
    type Signer = T::Signer;
    type Cost = T::Cost;
    type Error = T::Error;

    fn send(&mut self, signer: &Self::Signer, to: Address, calldata: &[u8]) -> Result<Mined<Self::Cost>, Self::Error> {
        (**self).send(signer, to, calldata)
    }
    fn deploy(
        &mut self,
        signer: &Self::Signer,
        artifact: &Artifact,
        input: &[u8],
    ) -> Result<(Address, Mined<Self::Cost>), Self::Error> {
        (**self).deploy(signer, artifact, input)
    }
    fn call(&mut self, signer: Option<&Self::Signer>, to: Address, calldata: &[u8]) -> Result<Outcome, Self::Error> {
        (**self).call(signer, to, calldata)
    }
    fn call_all(&mut self, calls: &[(Address, Vec<u8>)]) -> Result<Vec<Outcome>, Self::Error> {
        (**self).call_all(calls)
    }
    fn pin(&mut self) -> Result<Head, Self::Error> {
        (**self).pin()
    }
    fn release(&mut self) {
        (**self).release();
    }
    fn logs(&mut self, blocks: RangeInclusive<u64>, of: &[Address]) -> Result<Vec<Log>, Self::Error> {
        (**self).logs(blocks, of)
    }
    fn head(&mut self) -> Result<Head, Self::Error> {
        (**self).head()
    }
}
