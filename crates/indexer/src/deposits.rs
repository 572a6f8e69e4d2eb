//! What of a transaction's cost is a deposit. A receipt has one sum for both: the fee, which is gone, and the
//! refundable deposit for what the transaction stores, or what of one it gets back.
//!
//! Formula: the block's messages run one after the other, by the engine, on the clearing house's cells at the end of
//! the block before; `deposit = cells * 0.002 DOT + bytes * 0.00001 DOT` of what each adds ([`Growth::deposit`]), and
//! `fee = gas used * price - deposit`. Unit: planck. That is how the page and `sit order` tell both apart, too.
//!
//! It takes the states before the blocks, of which a node may keep a few only. So it is no part of following: it is
//! worked out afterwards, the newest blocks first and then backwards as far as the node remembers. What cannot be told,
//! because the state is gone, or because a message is not the clearing house's alone, stays one sum.
//!
//! [`Growth::deposit`]: sit_native::Growth::deposit

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use sit_client::transport::{Head, Mined, Outcome, Signer, Transport};
use sit_client::{Artifact, Client, Deployment, Stores, codec, stores};
use sit_engine::chain::{Address, Env, Hash};
use sit_engine::clearing::Store;
use sit_engine::units::{Seat, Seconds};
use sit_native::preview::growths;
use sit_native::{Contract, Message};

use crate::follow::FollowError;
use crate::source::{self, Block, Included, Source, SourceError};
use crate::store::{Tip, Writer};

/// Transactions that are worked out in one go; a block is never left in its middle.
const AT_ONCE: usize = 32;
/// How often a block is tried before its state is held to be gone.
const TRIES: u32 = 3;

/// The state of a chain at the end of one block, to be read.
struct At<'s, S: ?Sized> {
    source: &'s mut S,
    block: Hash,
}

/// Whoever signs where nothing is sent.
enum Nobody {}

impl Signer for Nobody {
    fn address(&self) -> Address {
        match *self {}
    }
}

impl<S: Source + ?Sized> Transport for At<'_, S> {
    type Signer = Nobody;
    type Cost = ();
    type Error = SourceError;

    fn send(&mut self, signer: &Nobody, _: Address, _: &[u8]) -> Result<Mined<()>, SourceError> {
        match *signer {}
    }

    fn deploy(&mut self, signer: &Nobody, _: &Artifact, _: &[u8]) -> Result<(Address, Mined<()>), SourceError> {
        match *signer {}
    }

    fn call(&mut self, _: Option<&Nobody>, to: Address, calldata: &[u8]) -> Result<Outcome, SourceError> {
        let answers = self.source.call(self.block, &[(to, calldata.to_vec())])?;
        Ok(Outcome::Returned(answers.into_iter().next()))
    }

    fn call_all(&mut self, calls: &[(Address, Vec<u8>)]) -> Result<Vec<Outcome>, SourceError> {
        let answers = self.source.call(self.block, calls)?;
        Ok(answers.into_iter().map(|answer| Outcome::Returned(Some(answer))).collect())
    }

    fn logs(&mut self, _: RangeInclusive<u64>, _: &[Address]) -> Result<Vec<sit_client::transport::Log>, SourceError> {
        Err(SourceError::Unreachable("a state has no logs".to_owned()))
    }

    fn head(&mut self) -> Result<Head, SourceError> {
        Err(SourceError::Unreachable("a state has no newest block".to_owned()))
    }
}

/// What a transaction does to the storage of the clearing house.
enum Does {
    /// What a message of it does.
    Runs(Box<Message>),
    /// Nothing; what else it stores, if anything, is not known here.
    Elsewhere,
    /// Nothing at all: it has failed.
    Nothing,
    /// Something that is not known here.
    Unknown,
}

fn does(deployment: &Deployment, block: &Block, included: &Included) -> Does {
    if !included.receipt.succeeded {
        return Does::Nothing;
    }
    let contract = included.transaction.to.and_then(|to| deployment.contract_at(to)).map(Contract::house);
    let message = contract.and_then(|contract| codec::message(contract, &included.transaction.input));
    match message.as_ref().map(stores) {
        Some(Stores::House(message)) => Does::Runs(message),
        Some(Stores::Hidden) => Does::Elsewhere,
        Some(Stores::Elsewhere) | None => {
            let mut logs = block.logs.iter().filter(|log| log.position == included.position);
            let of_house = |address| deployment.contract_at(address).map(Contract::house) == Some(Contract::Clearing);
            if logs.any(|log| of_house(log.address)) { Does::Unknown } else { Does::Elsewhere }
        }
    }
}

/// What each transaction of a block has deposited, in planck, below zero for what has come back; with its position, and
/// `None` where it cannot be told.
///
/// # Errors
/// [`SourceError`]: above all of a node that has forgotten the state before the block.
pub fn of_block<S: Source + ?Sized>(
    source: &mut S,
    deployment: &Deployment,
    block: &Block,
) -> Result<Vec<(u32, Option<i128>)>, SourceError> {
    let now = Seconds(u32::try_from(block.header.time).unwrap_or(u32::MAX));
    let all: Vec<(&Included, Does)> =
        block.included.iter().map(|included| (included, does(deployment, block, included))).collect();
    // Behind what is not known here the state is not known either.
    let known = all.iter().take_while(|(_, does)| !matches!(does, Does::Unknown));
    let run: Vec<(&Included, &Message)> = known
        .filter_map(
            |(included, does)| if let Does::Runs(message) = does { Some((*included, &**message)) } else { None },
        )
        .collect();
    let mut deposits: Vec<i128> = Vec::new();
    if !run.is_empty() {
        let mut client = Client::new(At { source, block: block.header.parent }, deployment.clone());
        let mut state = client.state();
        for (_, message) in &run {
            let seat = message.account().unwrap_or(Seat(u32::MAX));
            state.fetch(seat, message).map_err(|why| SourceError::Unreachable(why.to_string()))?;
        }
        let mut sent = Vec::with_capacity(run.len());
        for (included, message) in &run {
            // A delegate may do what the owner may, and its cell stays as long as it was.
            let owner = message.account().and_then(|seat| state.account(seat)).map(|account| account.owner);
            sent.push((Env { caller: owner.unwrap_or(included.transaction.sender), now }, *message));
        }
        let grown = growths(&mut state, sent);
        if let Some(failure) = state.failure() {
            return Err(SourceError::Unreachable(failure.to_string()));
        }
        deposits.extend(grown.into_iter().map(sit_native::Growth::deposit));
    }
    let (mut deposits, mut told) = (deposits.into_iter(), true);
    Ok(all
        .iter()
        .map(|(included, does)| {
            let deposit = match does {
                Does::Nothing => Some(0),
                Does::Runs(_) if told => {
                    let next = deposits.next();
                    told = next.is_some();
                    next
                }
                Does::Unknown => {
                    told = false;
                    None
                }
                Does::Runs(_) | Does::Elsewhere => None,
            };
            (included.position, deposit)
        })
        .collect())
}

/// What the transactions of one block have deposited, by their hashes, for whoever follows nothing: the block is read,
/// and the state before it. Those of which it cannot be told are left out.
///
/// # Errors
/// As [`of_block`].
pub fn in_block<S: Source + ?Sized>(
    source: &mut S,
    deployment: &Deployment,
    number: u64,
) -> Result<BTreeMap<Hash, i128>, SourceError> {
    let ours = deployment.iter().filter(|(contract, _)| *contract != Contract::Token);
    let of: Vec<Address> = ours.map(|(_, address)| address).collect();
    let mut found = BTreeMap::new();
    for block in source::blocks(source, number..=number, &of)? {
        let deposits = of_block(source, deployment, &block)?;
        let hashes = block.included.iter().map(|included| included.transaction.hash);
        found.extend(hashes.zip(deposits).filter_map(|(hash, (_, planck))| Some((hash, planck?))));
    }
    Ok(found)
}

/// Works out deposits, a few with each step.
#[derive(Debug, Default)]
pub struct Deposits {
    /// The first and the newest block of those that are done; what is between them is done as well.
    done: Option<(u64, u64)>,
    /// The block that could not be worked out last, and how often it was tried.
    tried: Option<(u64, u32)>,
    /// Whether the node has forgotten what is below.
    forgotten: bool,
}

impl Deposits {
    /// Goes on where an earlier program was.
    ///
    /// # Errors
    /// [`FollowError::Store`].
    pub fn of(writer: &Writer) -> Result<Self, FollowError> {
        Ok(Self { done: writer.deposits()?, ..Self::default() })
    }

    /// Blocks above this one have been taken back.
    pub fn back_to(&mut self, number: u64) {
        self.tried = None;
        self.done = self.done.filter(|(first, _)| *first <= number).map(|(first, last)| (first, last.min(number)));
    }

    /// Works out some more: what is new, then what is old, the newest first. Returns whether something is left.
    ///
    /// # Errors
    /// [`FollowError::Store`]. A node that does not answer is asked again.
    pub fn work<S: Source + ?Sized>(
        &mut self,
        source: &mut S,
        writer: &mut Writer,
        tip: &Tip,
    ) -> Result<bool, FollowError> {
        let (mut first, mut last) = self.done.unwrap_or((tip.number + 1, tip.number));
        let mut left = AT_ONCE;
        while left > 0 {
            let new = writer.busy_above(last, tip.number)?;
            let old = if self.forgotten { None } else { writer.busy_below(first)? };
            let Some(number) = new.or(old) else { return Ok(false) };
            let Some(block) = writer.told(number)? else { return Ok(false) };
            let deployment = writer.identity().deployment.clone();
            let found = match of_block(source, &deployment, &block) {
                Ok(found) => found,
                Err(_) => {
                    let tries = self.tried.filter(|(of, _)| *of == number).map_or(1, |(_, tries)| tries + 1);
                    self.tried = Some((number, tries));
                    if tries < TRIES {
                        return Ok(true);
                    }
                    self.tried = None;
                    if new.is_none() {
                        self.forgotten = true;
                        return Ok(false);
                    }
                    block.included.iter().map(|included| (included.position, None)).collect()
                }
            };
            left = left.saturating_sub(found.len().max(1));
            writer.note_deposits(number, &found)?;
            first = first.min(number);
            last = last.max(number);
            self.done = Some((first, last));
        }
        Ok(true)
    }
}
