//! The embedded chain: accounts, the token, time, and honest blocks.
//!
//! A call is a transaction of the block under construction. It uses the weight that the pallet meters plus what a
//! signed transaction costs around it; when the block cannot take it, it is refused and nothing changes.
//!
//! Modelled: weight in both dimensions as `CheckWeight` counts it (metered weight, weight of the call, of the
//! transaction extensions and of the transaction itself, length as proof), the 85 % limit of a block and the limit of
//! one transaction (80 %), storage deposits and their refunds, accounts mapped when created, failed transactions that
//! still use their block. A signer is taken to declare exactly the weight that the transaction needs, as a wallet does
//! after a dry run.
//!
//! Not modelled: fees (deposits are real, fees are not charged), the length limit of a block (4.25 MiB for signed
//! transactions), inherents and the work of other users, the additional work of an Ethereum transaction (half a block
//! at most each), and the **reclaim of proof**: the Hub measures the proof that a transaction really added, mostly
//! much less, and gives the difference back to the block. What fits here is therefore the guaranteed floor. Nonces of
//! failed transactions do not advance.

use std::{collections::BTreeMap, fmt};

use alloy_core::primitives::Address;
use sit_client::transport::Log;

use crate::{
    account::Account,
    block::{Block, BlockFull, WhenFull},
    contract::Deployed,
    cost::{Cost, Weight, WeightTable},
    execution::{Execution, Limits, Message},
    hub::{Backend, DOT},
    keyring::Key,
    profile::Recording,
    token,
};

/// Time of the first block of [`Chain::new`]: 2026-01-01T00:00:00Z in Unix seconds.
pub const GENESIS_TIME: u64 = 1_767_225_600;

/// What a named account is given when it is first used: a million DOT in planck, so that deposits never bind.
const ENDOWMENT: u128 = 1_000_000 * DOT;

/// Why the chain refused something that is not a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// Time cannot run backwards.
    #[error("the chain is at {now} and cannot go back to {wanted} (Unix seconds)")]
    Backwards {
        /// Time of the chain.
        now: u64,
        /// Time asked for.
        wanted: u64,
    },
    /// The runtime refused.
    #[error("the runtime refused to {action}: {reason}")]
    Runtime {
        /// What was tried.
        action: String,
        /// The runtime's error.
        reason: String,
    },
}

/// The chain.
pub struct Chain {
    pub(crate) backend: Backend,
    pub(crate) contracts: BTreeMap<Address, Deployed>,
    limits: Limits,
    /// What one transaction may use, if that is less.
    allowed: Option<Weight>,
    block: Block,
    when_full: WhenFull,
    usdc: Deployed,
    observed: WeightTable,
    /// Asks the views that nobody in particular asks.
    reader: Account,
    /// What all contracts emitted, oldest first.
    emitted: Vec<Log>,
    /// Which message is recorded, as `contract.message`.
    wanted: Option<String>,
    /// The newest of them, and the dearest.
    newest: Option<Recording>,
    dearest: Option<Recording>,
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chain").field("block", &self.block).field("contracts", &self.contracts.keys()).finish()
    }
}

impl Default for Chain {
    fn default() -> Self {
        Self::new()
    }
}

impl Chain {
    /// A chain whose first block is at [`GENESIS_TIME`].
    #[must_use]
    pub fn new() -> Self {
        Self::starting_at(GENESIS_TIME)
    }

    /// A chain whose first block is at `unix_seconds`.
    #[must_use]
    pub fn starting_at(unix_seconds: u64) -> Self {
        // The genesis is a constant of this crate: that it is valid does not depend on input.
        let issuer = Account::named("usdc-issuer");
        let mut backend = Backend::new(issuer.id, unix_seconds).expect("the genesis of the runtime is valid");
        let usdc = token::usdc();
        let limits = backend.limits();
        let reader = Account::named("reader");
        let _ = backend.endow(reader.id, ENDOWMENT); // cannot fail, see `Chain::account`
        Self {
            backend,
            contracts: BTreeMap::from([(usdc.address, usdc.clone())]),
            limits,
            allowed: None,
            block: Block::new(1, unix_seconds),
            when_full: WhenFull::default(),
            usdc,
            observed: WeightTable::new(),
            reader,
            emitted: Vec::new(),
            wanted: None,
            newest: None,
            dearest: None,
        }
    }

    /// The account of a name; on first use it is given a million DOT.
    pub fn account(&mut self, name: &str) -> Account {
        self.endowed(Account::named(name))
    }

    /// The account of a key; on first use it is given a million DOT.
    pub fn account_of(&mut self, key: &Key) -> Account {
        self.endowed(Account::of_key(key))
    }

    fn endowed(&mut self, account: Account) -> Account {
        if self.native_balance(account.address) == 0 {
            // Minting far above the existential deposit to a new account cannot fail before the total issuance
            // overflows u128, which takes 10^22 accounts.
            let _ = self.backend.endow(account.id, ENDOWMENT);
        }
        account
    }

    /// Native balance of an address in planck, held deposits included.
    pub fn native_balance(&mut self, address: Address) -> u128 {
        self.backend.native_balance(address.into_array())
    }

    /// The token contract of USDC: the ERC-20 precompile.
    #[must_use]
    pub fn usdc(&self) -> Deployed {
        self.usdc.clone()
    }

    /// Creates `atoms` (10^-6 USD) of USDC on an account, as the issuer does outside of any block.
    ///
    /// # Errors
    /// The runtime's, for instance when a new holder would have less than the asset's minimum balance of 0.01 USDC.
    pub fn mint_usdc(&mut self, account: &Account, atoms: u128) -> Result<(), ChainError> {
        self.backend.mint_usdc(account.address.into_array(), atoms).map_err(|reason| ChainError::Runtime {
            action: format!("mint {atoms} atoms of USDC to {}", account.name),
            reason,
        })
    }

    /// USDC balance of an address in atoms.
    pub fn usdc_balance(&mut self, address: Address) -> u128 {
        self.backend.usdc_balance(address.into_array())
    }

    /// The contract at an address, with its interface; `None` when the chain has not been told of one there.
    #[must_use]
    pub fn contract_at(&self, address: [u8; 20]) -> Option<&Deployed> {
        self.contracts.get(&Address::from(address))
    }

    /// Time of the block under construction in Unix seconds, as contracts see it.
    #[must_use]
    pub const fn now(&self) -> u64 {
        self.block.time
    }

    /// The block under construction.
    #[must_use]
    pub const fn block(&self) -> Block {
        self.block
    }

    /// What the block under construction still takes.
    #[must_use]
    pub const fn left(&self) -> Weight {
        self.limits.block.sub(self.block.used)
    }

    /// What the signed transactions of one block may use: 85 % of 2 s and of 10 MiB.
    #[must_use]
    pub const fn block_limit(&self) -> Weight {
        self.limits.block
    }

    /// Sets what happens to a transaction that does not fit; a new chain refuses it.
    pub const fn when_full(&mut self, policy: WhenFull) {
        self.when_full = policy;
    }

    /// Seals the block and opens the next one, `seconds` later (zero is possible: blocks may share a timestamp).
    pub fn seal_block(&mut self, seconds: u64) {
        self.backend.close_block(self.block.number);
        self.block = Block::new(self.block.number.saturating_add(1), self.block.time.saturating_add(seconds));
        self.backend.open_block(self.block.number, self.block.time);
    }

    /// Lets time pass: the next block is `seconds` later. The same as [`Chain::seal_block`].
    pub fn advance(&mut self, seconds: u64) {
        self.seal_block(seconds);
    }

    /// Lets time pass until `unix_seconds`, the time of the next block.
    ///
    /// # Errors
    /// [`ChainError::Backwards`] if that is in the past; the chain is unchanged.
    pub fn advance_to(&mut self, unix_seconds: u64) -> Result<(), ChainError> {
        let seconds = unix_seconds
            .checked_sub(self.block.time)
            .ok_or(ChainError::Backwards { now: self.block.time, wanted: unix_seconds })?;
        self.seal_block(seconds);
        Ok(())
    }

    /// Hash of the whole state: equal before and after whatever failed.
    pub fn state_root(&mut self) -> Vec<u8> {
        self.backend.state_root()
    }

    /// The worst cost of every message that succeeded so far, by `contract.message`.
    #[must_use]
    pub const fn observed(&self) -> &WeightTable {
        &self.observed
    }

    pub(crate) const fn reader(&self) -> &Account {
        &self.reader
    }

    pub(crate) fn emitted(&self) -> &[Log] {
        &self.emitted
    }

    pub(crate) fn observe(&mut self, label: &str, cost: &Cost) {
        self.observed.record(label, cost);
    }

    /// Cost of an execution.
    pub(crate) fn cost(&self, execution: &Execution, blob_bytes: u64) -> Cost {
        let weight = execution.overhead.add(execution.consumed);
        let ethereum = execution.ethereum_overhead.add(execution.consumed);
        let by_time = Weight { proof_size: 0, ..ethereum };
        Cost {
            weight,
            metered: execution.consumed,
            deposit: execution.deposit,
            cells: execution.cells,
            blob_bytes,
            per_block: weight.times_in(self.limits.block),
            ethereum,
            ethereum_per_block: ethereum.times_in(self.limits.block),
            ethereum_per_block_by_time: by_time.times_in(self.limits.block),
            recorded: execution.recorded,
            by_the_hub: execution.by_the_hub,
        }
    }

    /// Records the proof of each transaction from now on, and weighs it by the Hub's own weights too; or no longer. It
    /// takes time: the state is hashed before each, and each is run twice.
    pub const fn measure(&mut self, on: bool) {
        self.backend.measure(on);
    }

    /// Writes down what every message of this name, `contract.message`, asks of the chain from now on, for a profile of
    /// it; constructors have none.
    pub fn record(&mut self, message: &str) {
        self.wanted = Some(message.to_owned());
    }

    /// The newest message that was recorded and succeeded, once.
    pub const fn newest_recording(&mut self) -> Option<Recording> {
        self.newest.take()
    }

    /// The recorded message that took the most time and succeeded.
    #[must_use]
    pub const fn dearest_recording(&self) -> Option<&Recording> {
        self.dearest.as_ref()
    }

    /// Says whether the next message is recorded.
    pub(crate) fn expect(&mut self, label: Option<&str>) {
        self.backend.tape(label.is_some() && label == self.wanted.as_deref());
    }

    /// Keeps what was recorded of a message that has just succeeded.
    pub(crate) fn keep_recording(&mut self, metered: Weight) {
        let contracts = &self.contracts;
        let named = |address| Some(contracts.get(&Address::from(address))?.name.clone());
        self.newest = self.backend.taped(metered, self.block.time, named);
        let dearer = |newest: &&Recording| {
            self.dearest.as_ref().is_none_or(|dearest| dearest.metered.ref_time < newest.metered.ref_time)
        };
        if let Some(newest) = self.newest.as_ref().filter(dearer) {
            self.dearest = Some(newest.clone());
        }
    }

    /// Lets each transaction from now on use no more than this, as of a sender who allows no more; all that one may
    /// where it is `None`. What a call inside of it lacks then fails there, and its caller goes on.
    pub const fn allow(&mut self, most: Option<Weight>) {
        self.allowed = most;
    }

    fn limits_now(&self) -> Limits {
        Limits { transaction: self.allowed.unwrap_or(self.limits.transaction), ..self.limits }
    }

    /// Runs a transaction and forgets what it did.
    pub(crate) fn dry_run(&mut self, signer: &Account, message: &Message) -> Execution {
        self.backend.execute(signer.id, message, &self.limits_now(), |_| false)
    }

    /// Runs a transaction in the block under construction, or in the next one if the policy says so.
    pub(crate) fn submit(&mut self, signer: &Account, message: &Message) -> Result<Execution, BlockFull> {
        loop {
            let left = self.left();
            let needed = |execution: &Execution| execution.overhead.add(execution.required);
            let execution = self.backend.execute(signer.id, message, &self.limits_now(), |execution| {
                execution.succeeded() && needed(execution).fits(left)
            });
            let needed = needed(&execution);
            if needed.fits(left) {
                self.block.include(execution.overhead.add(execution.consumed));
                if execution.succeeded() {
                    self.emitted.extend(execution.logs(self.block.number.into()));
                }
                return Ok(execution);
            }
            match self.when_full {
                // An empty block that refuses would refuse for ever.
                WhenFull::Seal { seconds } if self.block.transactions > 0 => self.seal_block(seconds),
                _ => {
                    return Err(BlockFull { number: self.block.number, needed, left });
                }
            }
        }
    }
}
