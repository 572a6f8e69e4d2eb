//! The development chain: Ethereum transactions, blocks with true hashes, and the state of every remembered block.
//!
//! ```text
//! signed bytes -> pool -> block: eth_transact -> executive -> the pallet's block builder -> state root, receipts, logs
//! ```
//!
//! A block is made in one step of its parent's state and the transactions that are ready, and published in one step
//! too: nobody sees a head without its receipts. Reads run on the state of any remembered block; a snapshot is a
//! height, so that taking one is free and going back to it costs as much as the blocks that go.

mod archive;
mod blocks;
mod clock;
mod execute;
mod pool;
mod store;
mod tracer;
mod transaction;

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
    time::Duration,
};

use codec::{Decode, Encode};
use pallet_revive::{
    EthTransactError, EthTransactInfo,
    evm::{Block as EthBlock, DryRunConfig, GenericTransaction, Trace, TracerType},
};
use sit_hub::{
    AccountId, Assets, Balance, DOT, Header, Revive, Runtime, System, USDC_ASSET_ID,
    development::{PLANCK, USDC},
    genesis::{Genesis, account_of},
};
use sp_core::{H160, H256, U256, hashing::keccak_256};
use sp_runtime::{
    FixedU128,
    traits::Header as _,
    transaction_validity::{InvalidTransaction, TransactionValidityError},
};

pub use clock::{Clock, LAST_SECOND};
pub use execute::{Included, RawLog, Simulated, SimulatedCall};
pub use pool::{MOST_BEHIND_A_GAP, MOST_WAITING, MOST_WAITING_BYTES, PoolRefusal};
pub use store::StoreError;
pub use transaction::{Transaction, Undecodable, sendable};

use crate::{cost::Weight, keyring, predeployed};
use archive::{Archive, Change, NodeChanges};
use blocks::Blocks;
use pool::Pool;
use store::Store;
use transaction::impersonator;

/// Wei of a planck: 18 decimals outside, 10 inside. Source: `NativeToEthRatio` of the Hub.
pub const WEI_PER_PLANCK: u64 = 100_000_000;

/// Chain id of development chains.
pub const CHAIN_ID: u64 = 420_420_420;

/// Bytes of a cell at most. Source: `STORAGE_BYTES` of the pallet.
const MOST_IN_A_CELL: usize = 416;

/// The highest number that an account can be given: the runtime counts in 32 bits. Behind the last one transactions
/// would begin at zero again, and it fails on contracts that make others; nobody counts two thousand million of them.
pub const MOST_NONCE: u64 = i32::MAX as u64;

/// Snapshots that can be gone back to; one more ends the oldest.
pub const MOST_SNAPSHOTS: usize = 10_000;

/// Blocks that a snapshot keeps the states of beyond the history. Clients take many and go back to few: a chain on
/// which one was taken and forgotten would remember every state from then on.
pub const MOST_PINNED: u32 = 8_192;

/// What a dump begins with: this layout.
const DUMP: &[u8] = b"sit-devnet 2";

/// How a chain begins and what it remembers.
#[derive(Clone, Debug)]
pub struct Beginning {
    /// Unix seconds of block 0.
    pub time: u64,
    /// Accounts with DOT in planck and USDC in atoms.
    pub accounts: Vec<(H160, Balance, Balance)>,
    /// Blocks whose state is kept: the newest so many.
    pub history: usize,
}

impl Beginning {
    /// A beginning at a time with what every key of [`keyring::all`] has on a development chain.
    #[must_use]
    pub fn with_keys(time: u64, history: usize) -> Self {
        Self { time, accounts: keyring::all().iter().map(|key| (key.address, PLANCK, USDC)).collect(), history }
    }
}

/// A sealed block.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// As the pallet has built it: with the hashes of its transactions.
    pub block: EthBlock,
    /// Its transactions, in order.
    pub transactions: Vec<Included>,
    /// What its transactions are charged, of [`Node::block_limit`].
    pub weight: Weight,
    /// How long it took to end it: hooks, roots, the new state. Zero for one that was read from disk.
    pub ending: Duration,
    /// The parachain's header, whose hash is the parent of the next one's.
    header: Header,
    /// Root of the state after it.
    root: H256,
}

impl Sealed {
    /// Its number.
    #[must_use]
    pub fn number(&self) -> u32 {
        *self.header.number()
    }

    /// Its hash, which is that of its Ethereum header.
    #[must_use]
    pub fn hash(&self) -> H256 {
        self.block.hash
    }

    /// Its time in Unix seconds.
    #[must_use]
    pub fn time(&self) -> u64 {
        self.block.timestamp.low_u64()
    }
}

/// Something that happened to the chain, for those who listen.
#[derive(Clone, Debug)]
pub enum Notice {
    /// A transaction waits for a block.
    Waiting(Arc<Transaction>),
    /// A block has been sealed.
    Sealed(Arc<Sealed>),
    /// A block has been taken back.
    TakenBack(Arc<Sealed>),
}

/// Why the chain does not take a transaction.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is none that this chain can run.
    #[error(transparent)]
    Undecodable(#[from] Undecodable),
    /// It is for another chain.
    #[error("chain id {0} is not {CHAIN_ID}")]
    ChainId(U256),
    /// It would be valid on every chain.
    #[error("the transaction names no chain: sign it with chain id {CHAIN_ID} (EIP-155)")]
    Unprotected,
    /// Its number has been used.
    #[error("nonce too low: next is {next}, got {got}")]
    NonceTooLow {
        /// The next number of the account.
        next: u64,
        /// Its number.
        got: u64,
    },
    /// Its number is too far ahead.
    #[error("nonce too high: next is {next}, got {got} (chain was restarted? clear MetaMask's activity data)")]
    NonceTooHigh {
        /// The next number of the account.
        next: u64,
        /// Its number.
        got: u64,
    },
    /// It offers less for gas than a gas costs.
    #[error("max fee per gas too low: a gas costs {base} wei, got {offered}")]
    FeeTooLow {
        /// Wei of a gas.
        base: U256,
        /// What it offers.
        offered: U256,
    },
    /// Its gas does not pay for itself.
    #[error("gas {gas} does not cover the transaction's own {own} ({bytes} bytes, and its dispatch)")]
    GasTooLow {
        /// Its gas.
        gas: U256,
        /// What it would need before its code runs.
        own: U256,
        /// Its length.
        bytes: usize,
    },
    /// The account cannot pay for it.
    #[error("insufficient funds: needs {} DOT ({} for gas, {} of value), has {}", dot(.gas.saturating_add(*.value)), dot(*.gas), dot(*.value), dot(*.has))]
    Funds {
        /// Wei of its gas.
        gas: U256,
        /// Wei that it sends along.
        value: U256,
        /// Wei that the account can spend.
        has: U256,
    },
    /// The pool does not take it.
    #[error(transparent)]
    Pool(#[from] PoolRefusal),
    /// It needs more than one transaction may use, before its code has run.
    #[error("the transaction {}; split the work over several", excess(*.needs, *.most, *.bytes))]
    TooHeavy {
        /// What it would book of a block.
        needs: Weight,
        /// What one transaction may book.
        most: Weight,
        /// Its length.
        bytes: usize,
    },
    /// Anything else that the runtime says.
    #[error("the runtime does not take the transaction: {0}")]
    Runtime(String),
}

/// Wei as DOT, with four decimals, rounded down.
#[must_use]
pub fn dot(wei: U256) -> String {
    let ten_thousandths = wei / U256::from(WEI_PER_PLANCK) / U256::from(DOT / 10_000);
    let (whole, part) = ten_thousandths.div_mod(10_000.into());
    format!("{whole}.{:04}", part.low_u64())
}

/// What there is too much of in a weight, and how much may be: the proof, which binds most transactions, or the time,
/// or nothing but its bytes.
pub(crate) fn excess(needs: Weight, most: Weight, bytes: usize) -> String {
    // Rounded up and down, so that what is needed is more than what there is also as it is told.
    let thousandths = |thousandths: u64| format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000);
    if needs.proof_size > most.proof_size {
        let (needs, most) = (needs.proof_size.div_ceil(1_000), most.proof_size / 1_000);
        format!("needs {} MB of proof, at most {} MB fit", thousandths(needs), thousandths(most))
    } else if needs.ref_time > most.ref_time {
        let (needs, most) = (needs.ref_time.div_ceil(1_000_000), most.ref_time / 1_000_000);
        format!("needs {} ms of time, at most {} ms fit", thousandths(needs), thousandths(most))
    } else {
        format!("has {bytes} bytes, which is more than a block takes")
    }
}

/// Whose transactions are taken without their key.
#[derive(Clone, Debug, Default)]
pub struct Impersonation {
    /// Everybody's.
    pub everybody: bool,
    /// Theirs.
    pub some: HashSet<H160>,
}

impl Impersonation {
    /// Whether an address may send without its key.
    #[must_use]
    pub fn covers(&self, address: H160) -> bool {
        self.everybody || self.some.contains(&address)
    }
}

/// DOT of [`impersonator`], in planck: a deposit of that much is more than a transaction can have.
const IMPERSONATORS: Balance = 1_000_000 * DOT;

/// Who listens to what happens.
type Listener = Box<dyn FnMut(&Notice) + Send>;

/// The chain.
pub struct Node {
    archive: Archive,
    blocks: Blocks,
    by_hash: HashMap<H256, u32>,
    /// Where a transaction is: block, position in it.
    by_transaction: HashMap<H256, (u32, u32)>,
    /// Where a contract was made by a transaction of its own: block, position in it.
    by_contract: HashMap<H160, (u32, u32)>,
    /// Keys that each remembered block has added, oldest first: what taking it back removes.
    added: VecDeque<Vec<(Vec<u8>, i32)>>,
    history: usize,
    pool: Pool,
    /// The clock, which decides what time the next block has.
    pub clock: Clock,
    /// Who may send without a key.
    pub impersonation: Impersonation,
    snapshots: BTreeMap<u64, u32>,
    next_snapshot: u64,
    /// Blocks that a snapshot keeps the states of beyond the history: [`MOST_PINNED`].
    pub most_pinned: u32,
    listeners: Vec<Listener>,
    store: Option<Store>,
    unkept: Option<String>,
}

impl Node {
    /// A chain of one block.
    ///
    /// # Errors
    /// What the pallets say of the genesis.
    pub fn new(beginning: &Beginning, clock: Clock) -> Result<Self, String> {
        let issuer = account_of([0xA5; 20]);
        let each = |amount: fn(&(H160, Balance, Balance)) -> Balance| -> Vec<(AccountId, Balance)> {
            let accounts = beginning.accounts.iter().filter(|account| amount(account) > 0);
            accounts.map(|account| (account_of(account.0.0), amount(account))).collect()
        };
        let mut planck = each(|account| account.1);
        planck.push((account_of(impersonator().address.0), IMPERSONATORS));
        let genesis = Genesis {
            issuer,
            time: beginning.time,
            planck,
            usdc: each(|account| account.2),
            contracts: predeployed::contracts(),
        };
        let (archive, change) = Archive::begin(genesis.storage()?);
        let root = change.root;
        let block = archive.read(root, Revive::eth_block);
        let header = Header::new(0, H256::zero(), root, H256::zero(), Default::default());
        let sealed =
            Sealed { block, transactions: Vec::new(), weight: Weight::default(), ending: Duration::ZERO, header, root };
        let mut node = Self::over(archive, VecDeque::from([added_by(&change)]), beginning, clock);
        node.note(Arc::new(sealed));
        Ok(node)
    }

    /// A chain over states, with no block noted yet, that nobody keeps.
    fn over(archive: Archive, added: VecDeque<Vec<(Vec<u8>, i32)>>, beginning: &Beginning, clock: Clock) -> Self {
        Self {
            archive,
            blocks: Blocks::new(beginning.history),
            by_hash: HashMap::new(),
            by_transaction: HashMap::new(),
            by_contract: HashMap::new(),
            added,
            history: beginning.history.max(1),
            pool: Pool::default(),
            clock,
            impersonation: Impersonation::default(),
            snapshots: BTreeMap::new(),
            next_snapshot: 1,
            most_pinned: MOST_PINNED,
            listeners: Vec::new(),
            store: None,
            unkept: None,
        }
    }

    /// A chain that is kept in a folder: what is there goes on, and where nothing is, a chain begins.
    ///
    /// # Errors
    /// Those of [`Node::new`] and [`StoreError`], as a sentence.
    pub fn kept(beginning: &Beginning, mut clock: Clock, folder: &Path) -> Result<Self, String> {
        let store = Store::open(folder).map_err(|error| error.to_string())?;
        let Some(kept) = store.load().map_err(|error| error.to_string())? else {
            let mut node = Self::new(beginning, clock)?;
            let touched: Vec<Vec<u8>> = node.added.back().into_iter().flatten().map(|(key, _)| key.clone()).collect();
            node.store = Some(store);
            node.keep(&touched)?;
            return Ok(node);
        };
        let store::Kept { archive, blocks, added } = kept;
        // A chain that was moved into the future stays there.
        let newest = blocks.last().map_or(0, Sealed::time);
        if clock.next(0) < newest {
            clock.set(newest);
        }
        let mut node = Self::over(archive, added, beginning, clock);
        node.store = Some(store);
        for block in blocks {
            node.note(Arc::new(block));
        }
        Ok(node)
    }

    /// Deletes the chain that is kept in a folder, where there is one.
    ///
    /// # Errors
    /// A sentence when another program goes on with it, or the disk does not let it go.
    pub fn remove_kept(folder: &Path) -> Result<(), String> {
        store::remove(folder).map_err(|error| error.to_string())
    }

    /// Tells a listener everything that happens from now on.
    pub fn listen(&mut self, listener: impl FnMut(&Notice) + Send + 'static) {
        self.listeners.push(Box::new(listener));
    }

    fn tell(&mut self, notice: &Notice) {
        for listener in &mut self.listeners {
            listener(notice);
        }
    }

    /// What the signed transactions of a block may use: 85 % of 2 s and of 10 MiB.
    #[must_use]
    pub fn block_limit(&self) -> Weight {
        self.archive.read(self.head().root, execute::block_limit)
    }

    /// The newest block.
    ///
    /// # Panics
    /// Never: a chain begins with a block, which cannot be taken back.
    #[must_use]
    pub fn head(&self) -> &Arc<Sealed> {
        self.blocks.last().expect("a chain has its genesis")
    }

    /// A block by its number.
    #[must_use]
    pub fn block(&self, number: u64) -> Option<Arc<Sealed>> {
        self.blocks.get(usize::try_from(number).ok()?)
    }

    /// A block by its hash.
    #[must_use]
    pub fn block_of(&self, hash: &H256) -> Option<Arc<Sealed>> {
        self.block((*self.by_hash.get(hash)?).into())
    }

    /// A transaction of a block: the block, and its position in it.
    #[must_use]
    pub fn included(&self, hash: &H256) -> Option<(Arc<Sealed>, usize)> {
        let (number, position) = self.by_transaction.get(hash)?;
        Some((self.block((*number).into())?, *position as usize))
    }

    /// A transaction that waits.
    #[must_use]
    pub fn waiting(&self, hash: &H256) -> Option<&Transaction> {
        self.pool.get(hash)
    }

    /// How many transactions wait.
    #[must_use]
    pub fn waiting_count(&self) -> usize {
        self.pool.len()
    }

    /// How many of the waiting transactions the next block can take.
    #[must_use]
    pub fn ready_count(&self) -> usize {
        let ready = self.pool.count_ready(|sender| self.nonce(self.head(), sender));
        usize::try_from(ready).unwrap_or(usize::MAX)
    }

    /// Whether the next block has a transaction to take.
    #[must_use]
    pub fn has_ready(&self) -> bool {
        self.pool.has_ready(|sender| self.nonce(self.head(), sender))
    }

    /// Why the newest block is not on disk, where the chain is kept and the disk has refused it: nobody should go on
    /// with what is gone when the program ends.
    #[must_use]
    pub fn unkept(&self) -> Option<&str> {
        self.unkept.as_deref()
    }

    /// All waiting transactions, each with whether it is ready.
    #[must_use]
    pub fn waiting_all(&self) -> Vec<(bool, Transaction)> {
        self.pool.all(|sender| self.nonce(self.head(), sender))
    }

    /// The oldest block whose state is remembered.
    #[must_use]
    pub fn oldest(&self) -> u32 {
        let blocks = u32::try_from(self.added.len()).unwrap_or(u32::MAX);
        self.head().number().saturating_add(1).saturating_sub(blocks)
    }

    /// Bytes that the remembered states take.
    #[must_use]
    pub const fn state_bytes(&self) -> usize {
        self.archive.bytes()
    }

    /// Runs a question on a block's state.
    fn at<R>(&self, block: &Sealed, question: impl FnOnce() -> R) -> R {
        self.archive.read(block.root, question)
    }

    /// Wei that an address can spend at a block.
    #[must_use]
    pub fn balance(&self, block: &Sealed, address: H160) -> U256 {
        self.at(block, || Revive::evm_balance(&address))
    }

    /// Planck of an address at a block, held deposits and the existential deposit included.
    #[must_use]
    pub fn planck(&self, block: &Sealed, address: H160) -> Balance {
        use frame_support::traits::fungible::Inspect;
        self.at(block, || sit_hub::Balances::total_balance(&account_of(address.0)))
    }

    /// Planck that there are in all at a block.
    #[must_use]
    pub fn issuance(&self, block: &Sealed) -> Balance {
        self.at(block, sit_hub::Balances::total_issuance)
    }

    /// USDC of an address at a block, in atoms.
    #[must_use]
    pub fn usdc(&self, block: &Sealed, address: H160) -> Balance {
        self.at(block, || Assets::balance(USDC_ASSET_ID, account_of(address.0)))
    }

    /// Number of the next transaction of an address, at a block.
    #[must_use]
    pub fn nonce(&self, block: &Sealed, address: H160) -> u64 {
        self.at(block, || Revive::evm_nonce(&address)).into()
    }

    /// Number of the next transaction of an address, after those that are ready.
    #[must_use]
    pub fn pending_nonce(&self, address: H160) -> u64 {
        let next = self.nonce(self.head(), address);
        next + self.pool.ready_of(address, next)
    }

    /// Code at an address, at a block.
    #[must_use]
    pub fn code(&self, block: &Sealed, address: H160) -> Vec<u8> {
        self.at(block, || Revive::code(&address))
    }

    /// A cell of a contract by a key of 32 bytes, at a block; `None` where there is no contract.
    #[must_use]
    pub fn cell(&self, block: &Sealed, address: H160, key: [u8; 32]) -> Option<Vec<u8>> {
        self.at(block, || Revive::get_storage(address, key).ok()).map(Option::unwrap_or_default)
    }

    /// The cells of a contract whose keys begin with some bytes, at a block: key and value, in the order of the keys,
    /// and no more of them than one more than `most`. `None` where there is no contract.
    #[must_use]
    pub fn cells(&self, block: &Sealed, address: H160, begin: &[u8], most: usize) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
        self.at(block, || execute::cells(address, begin, most))
    }

    /// Where a contract was made: the block, and the position of the transaction in it. `None` for one that no
    /// transaction made by itself.
    #[must_use]
    pub fn made(&self, address: H160) -> Option<(u32, usize)> {
        self.by_contract.get(&address).map(|(block, position)| (*block, *position as usize))
    }

    /// Wei that a gas costs at a block.
    #[must_use]
    pub fn base_fee(&self, block: &Sealed) -> U256 {
        self.at(block, Revive::evm_base_fee)
    }

    /// The time that a block sealed now would have.
    #[must_use]
    pub fn next_time(&self) -> u64 {
        self.clock.next(self.head().time())
    }

    /// Runs a call on a block's state and forgets it.
    ///
    /// # Errors
    /// What the contract reverted with, or the pallet's words.
    pub fn call(
        &self,
        block: &Sealed,
        call: GenericTransaction,
        config: DryRunConfig<u64>,
    ) -> Result<EthTransactInfo<Balance>, EthTransactError> {
        execute::dry_run(&self.archive, block.root, call, config)
    }

    /// The gas with which a call would be done on a block's state.
    ///
    /// # Errors
    /// As [`Node::call`].
    pub fn estimate(
        &self,
        block: &Sealed,
        call: GenericTransaction,
        config: DryRunConfig<u64>,
    ) -> Result<U256, EthTransactError> {
        execute::estimate(&self.archive, block.root, call, config)
    }

    /// Traces a call on a block's state.
    ///
    /// # Errors
    /// As [`Node::call`].
    pub fn trace_call(
        &self,
        block: &Sealed,
        call: GenericTransaction,
        config: DryRunConfig<u64>,
        tracer: TracerType,
    ) -> Result<Option<Trace>, EthTransactError> {
        execute::trace_call(&self.archive, block.root, call, config, tracer)
    }

    /// Runs blocks of calls on a block's state, one on top of the other, and forgets them. `pays` has senders pay.
    ///
    /// # Errors
    /// What the runtime says of a block that it does not take; when it takes longer than `patience`, or has more than
    /// `most` bytes to tell.
    pub fn simulate(
        &self,
        block: &Sealed,
        blocks: Vec<Simulated>,
        pays: bool,
        patience: Duration,
        most: usize,
    ) -> Result<Vec<(EthBlock, Vec<SimulatedCall>)>, String> {
        let number = block.number().saturating_add(1);
        let on = execute::Again { root: block.root, parent: block.header.hash(), number, seconds: block.time() };
        execute::simulate(&self.archive, &on, blocks, pays, patience, most)
    }

    /// Bytes of a block with its transactions and receipts, as it is kept on disk.
    #[must_use]
    pub fn record_bytes(block: &Sealed) -> usize {
        store::record(block).len()
    }

    /// All that this chain is, in one piece: its blocks and the newest state. What it was before is not in it.
    #[must_use]
    pub fn dump(&self) -> Vec<u8> {
        let blocks: Vec<Vec<u8>> = self.blocks.iter().map(|block| store::record(&block)).collect();
        (DUMP, blocks, self.archive.newest()).encode()
    }

    /// Becomes the chain of a dump. Snapshots and waiting transactions are gone.
    ///
    /// # Errors
    /// A sentence when the bytes are no dump, and nothing has changed then; the disk's.
    pub fn load(&mut self, dump: &[u8]) -> Result<(), String> {
        type Dump = (Vec<u8>, Vec<Vec<u8>>, NodeChanges);
        let damaged = || "these bytes are no dump of a chain of this version".to_owned();
        let (mark, records, nodes) = Dump::decode(&mut &dump[..]).map_err(|_| damaged())?;
        let blocks = records.iter().map(|record| store::sealed(record)).collect::<Option<Vec<_>>>();
        let blocks = blocks.filter(|_| mark == DUMP).ok_or_else(damaged)?;
        let numbered = (0..).zip(&blocks).all(|(number, block)| block.number() == number);
        let archive = Archive::restored(nodes, VecDeque::from([Vec::new()]));
        let head = blocks.last().filter(|head| numbered && archive.has(head.root)).ok_or_else(damaged)?;
        let newest = head.time();
        (self.archive, self.added) = (archive, VecDeque::from([Vec::new()]));
        self.blocks = Blocks::new(self.history);
        self.by_hash.clear();
        self.by_transaction.clear();
        self.by_contract.clear();
        self.snapshots.clear();
        self.pool.clear();
        for block in blocks {
            self.note(Arc::new(block));
        }
        if self.clock.next(0) < newest {
            self.clock.set(newest);
        }
        let Some(store) = &self.store else { return Ok(()) };
        let kept = store.replace(self.blocks.iter(), &self.archive);
        self.told_by_disk(kept)
    }

    /// Traces a transaction of a block, by running its block again.
    ///
    /// # Errors
    /// A sentence when the state on which the block was made is forgotten.
    pub fn trace(&self, block: &Sealed, position: usize, tracer: TracerType) -> Result<Option<Trace>, String> {
        let number = block.number();
        let parent = number.checked_sub(1).and_then(|parent| self.block(parent.into()));
        let parent = parent.filter(|parent| parent.number() >= self.oldest());
        let parent = parent.ok_or_else(|| {
            format!("block {number} cannot be run again: states are kept from block {} on", self.oldest())
        })?;
        let transactions: Vec<Transaction> =
            block.transactions.iter().map(|included| included.transaction.clone()).collect();
        let (before, rest) = transactions.split_at(position.min(transactions.len()));
        let traced = rest.first().ok_or_else(|| format!("block {number} has no transaction {position}"))?;
        let again = execute::Again { root: parent.root, parent: parent.header.hash(), number, seconds: block.time() };
        execute::retrace(&self.archive, &again, before, traced, tracer)
    }

    /// Takes a signed transaction into the pool.
    ///
    /// # Errors
    /// [`Refused`], with the number that would have been right.
    pub fn submit(&mut self, raw: Vec<u8>) -> Result<H256, Refused> {
        let transaction = Transaction::decode(raw)?;
        let next = self.nonce(self.head(), transaction.from);
        self.check(&transaction, next)?;
        let hash = transaction.hash;
        let told = Arc::new(transaction.clone());
        self.pool.insert(transaction)?;
        self.tell(&Notice::Waiting(told));
        Ok(hash)
    }

    /// What can be said of a transaction before a block has it.
    fn check(&self, transaction: &Transaction, next: u64) -> Result<(), Refused> {
        let head = self.head();
        if transaction.impersonated && !self.impersonation.covers(transaction.from) {
            return Err(Undecodable::Signature.into());
        }
        match transaction.chain_id {
            None => return Err(Refused::Unprotected),
            Some(id) if id != CHAIN_ID.into() => return Err(Refused::ChainId(id)),
            Some(_) => {}
        }
        if self.pool.get(&transaction.hash).is_some() {
            return Err(PoolRefusal::Known.into());
        }
        let got = transaction.nonce;
        if got < next {
            return Err(Refused::NonceTooLow { next, got });
        }
        if got - next > MOST_BEHIND_A_GAP + self.pool.ready_of(transaction.from, next) {
            return Err(Refused::NonceTooHigh { next, got });
        }
        let base = self.base_fee(head);
        if transaction.max_fee < base {
            return Err(Refused::FeeTooLow { base, offered: transaction.max_fee });
        }
        let (gas, value) = (transaction.gas.saturating_mul(base), transaction.value);
        let has = self.balance(head, transaction.from);
        if gas.saturating_add(value) > has {
            return Err(Refused::Funds { gas, value, has });
        }
        let own = execute::own_gas(&self.archive, head.root, transaction);
        if transaction.gas < own {
            return Err(Refused::GasTooLow { gas: transaction.gas, own, bytes: transaction.raw.len() });
        }
        // The runtime would ask who has signed.
        if transaction.impersonated {
            return Ok(());
        }
        let parent = head.header.hash();
        match execute::validate(&self.archive, head.root, parent, transaction.raw.clone()) {
            // One that comes before it may bring what it lacks.
            Ok(()) | Err(TransactionValidityError::Invalid(InvalidTransaction::Future)) => Ok(()),
            Err(TransactionValidityError::Invalid(InvalidTransaction::ExhaustsResources)) => {
                let bytes = transaction.raw.len();
                let (needs, most) = execute::booked(&self.archive, head.root, transaction.raw.clone());
                Err(Refused::TooHeavy { needs, most, bytes })
            }
            Err(error) => Err(Refused::Runtime(format!("{error:?}"))),
        }
    }

    /// What one Ethereum transaction may use.
    #[must_use]
    pub fn transaction_limit(&self) -> Weight {
        self.archive.read(self.head().root, || Revive::evm_max_extrinsic_weight().into())
    }

    /// Seals a block of the transactions that are ready and fit.
    ///
    /// # Errors
    /// What the runtime says of a block that it does not take, which is a fault of this program, or the disk's refusal
    /// to keep it.
    pub fn seal(&mut self) -> Result<Arc<Sealed>, String> {
        let ready = self.pool.ready(|sender| self.nonce(self.head(), sender));
        self.seal_of(&ready)
    }

    /// Seals an empty block at the time of the newest one. What the clock was told for the next block is for the one
    /// after.
    fn seal_apart(&mut self) -> Result<(), String> {
        let clock = self.clock.clone();
        self.clock.set_next(self.head().time());
        let sealed = self.seal_of(&[]);
        self.clock = clock;
        sealed.map(|_| ())
    }

    /// Seals a block of given transactions, which need not be in the pool.
    fn seal_of(&mut self, transactions: &[Transaction]) -> Result<Arc<Sealed>, String> {
        let head = self.head().clone();
        let seconds = self.clock.next(head.time());
        let (number, parent) = (head.number() + 1, head.header.hash());
        let build = |transactions: &[Transaction]| {
            execute::build(&self.archive, head.root, number, parent, seconds, transactions)
        };
        let built = match catch_unwind(AssertUnwindSafe(|| build(transactions))) {
            Ok(built) => built?,
            // The program fails on one of them, and would in every block to come: they go.
            Err(_) => {
                let empty = build(&[])?;
                for transaction in transactions {
                    self.pool.remove(&transaction.hash);
                }
                empty
            }
        };
        for (position, _) in &built.refused {
            self.pool.remove(&transactions[*position].hash);
        }
        for included in &built.included {
            self.pool.remove(&included.transaction.hash);
        }
        let execute::Built { header, eth, included, weight, change, ending, .. } = built;
        let sealed = Arc::new(Sealed { block: eth, transactions: included, weight, ending, header, root: change.root });
        self.archive.insert(&change);
        self.added.push_back(added_by(&change));
        let mut touched = touched_by(&change);
        self.clock.sealed(seconds);
        self.note(sealed.clone());
        touched.extend(self.forget());
        self.keep(&touched)?;
        self.tell(&Notice::Sealed(sealed.clone()));
        // A block may have taken the number of a transaction that was replaced.
        let numbers: HashMap<H160, u64> =
            self.pool.senders().into_iter().map(|sender| (sender, self.nonce(&sealed, sender))).collect();
        self.pool.drop_stale(|sender| numbers.get(&sender).copied().unwrap_or_default());
        Ok(sealed)
    }

    /// Forgets states that are older than the history that is kept, but none that a snapshot may go back to.
    fn forget(&mut self) -> Vec<Vec<u8>> {
        let mut gone = Vec::new();
        let beyond = u32::try_from(self.history).unwrap_or(u32::MAX).saturating_add(self.most_pinned);
        let last = self.head().number().saturating_sub(beyond);
        // They are in the order of their blocks.
        let pinned = self.snapshots.values().find(|height| **height >= last).copied().unwrap_or(u32::MAX);
        while self.added.len() > self.history {
            if self.oldest() >= pinned {
                break;
            }
            gone.extend(self.archive.forget_oldest());
            self.added.pop_front();
        }
        gone
    }

    /// Writes the newest block and the nodes that were touched, where the chain is kept on disk.
    fn keep(&mut self, touched: &[Vec<u8>]) -> Result<(), String> {
        let (Some(store), Some(added)) = (&self.store, self.added.back()) else { return Ok(()) };
        let kept = store.keep(self.head(), &self.archive, added, touched, self.oldest());
        self.told_by_disk(kept)
    }

    /// What the disk says of the chain as it is now.
    fn told_by_disk(&mut self, kept: Result<(), StoreError>) -> Result<(), String> {
        let kept = kept.map_err(|error| error.to_string());
        if let Err(why) = &kept {
            self.unkept.get_or_insert_with(|| why.clone());
        }
        kept
    }

    fn note(&mut self, sealed: Arc<Sealed>) {
        let number = sealed.number();
        self.by_hash.insert(sealed.hash(), number);
        for (position, included) in (0..).zip(&sealed.transactions) {
            self.by_transaction.insert(included.transaction.hash, (number, position));
            if let Some(contract) = included.created {
                self.by_contract.entry(contract).or_insert((number, position));
            }
        }
        self.blocks.push(sealed);
    }

    /// Changes the state of the newest block without a transaction; of an empty one of its own where a snapshot would
    /// go back to the newest, so that it finds it as it was.
    ///
    /// # Errors
    /// What the runtime or the disk says of it.
    pub fn edit<R>(&mut self, change: impl FnOnce() -> Result<R, String>) -> Result<R, String> {
        // They are in the order of their blocks.
        if self.snapshots.values().next_back() == Some(&self.head().number()) {
            self.seal_apart()?;
        }
        let head = self.head().clone();
        let (result, change) = self.archive.execute(head.root, || {
            let result = change();
            // Events of it are nobody's.
            System::reset_events();
            result
        })?;
        let result = result?;
        self.archive.amend(&change);
        if let Some(added) = self.added.back_mut() {
            added.extend(added_by(&change));
        }
        if let Some(newest) = self.blocks.last_mut() {
            *newest = Arc::new(Sealed { root: change.root, ..(*head).clone() });
        }
        self.keep(&touched_by(&change))?;
        Ok(result)
    }

    /// Gives an address that much to spend, in wei.
    ///
    /// # Errors
    /// The runtime's, for instance of an amount that no balance can hold.
    pub fn set_balance(&mut self, address: H160, wei: U256) -> Result<(), String> {
        self.edit(|| Revive::set_evm_balance(&address, wei).map_err(|error| format!("{error:?}")))
    }

    /// Sets the number of an address's next transaction.
    ///
    /// # Errors
    /// The disk's.
    pub fn set_nonce(&mut self, address: H160, nonce: u32) -> Result<(), String> {
        self.edit(|| {
            frame_system::Account::<Runtime>::mutate(account_of(address.0), |account| account.nonce = nonce);
            Ok(())
        })
    }

    /// Sets a cell of a contract by a key of 32 bytes; no bytes remove it.
    ///
    /// # Errors
    /// When there is no contract, or the value is longer than a cell.
    pub fn set_cell(&mut self, address: H160, key: [u8; 32], value: Vec<u8>) -> Result<(), String> {
        // The pallet bounds what a contract writes, and not what is written past it.
        if value.len() > MOST_IN_A_CELL {
            return Err(format!("a cell has at most {MOST_IN_A_CELL} bytes, and {} are given", value.len()));
        }
        let value = (!value.is_empty()).then_some(value);
        self.edit(|| Revive::set_storage(address, key, value).map_err(|error| format!("{error:?}")).map(|_| ()))
    }

    /// Gives an address code, of EVM or PolkaVM: to a contract instead of its own, with its cells as they are; to any
    /// other address as a contract without cells.
    ///
    /// # Errors
    /// When the bytes are no code, or none are given: a contract cannot become an account again.
    pub fn set_code(&mut self, address: H160, code: Vec<u8>) -> Result<(), String> {
        if code.is_empty() {
            return Err("there is no code to set: a contract cannot become an account again".to_owned());
        }
        let hash = H256(keccak_256(&code));
        if self.code(self.head(), address).is_empty() {
            self.edit(|| execute::put_contract(address, code))?;
        } else {
            // The pallet keeps code beside the contracts that have it; it comes in with a contract that nobody keeps.
            let elsewhere = H160::from_slice(&hash.0[12..]);
            let (placed, _) = self.archive.execute(self.head().root, || {
                execute::put_contract(elsewhere, code)?;
                Ok::<_, String>(execute::stored_code(hash))
            })?;
            let stored = placed?;
            self.edit(|| execute::replace_code(address, hash, stored))?;
        }
        Ok(())
    }

    /// Sets what fees are multiplied with, for ever: the Hub's multiplier is between 1/10 and far above.
    ///
    /// # Errors
    /// The disk's.
    pub fn set_fee_multiplier(&mut self, multiplier: FixedU128) -> Result<(), String> {
        self.edit(|| {
            sit_hub::FeeMultiplier::set(&multiplier);
            pallet_transaction_payment::NextFeeMultiplier::<Runtime>::put(multiplier);
            Ok(())
        })
    }

    /// Creates USDC on an address, in atoms.
    ///
    /// # Errors
    /// The runtime's, for instance when a new holder would have less than the asset's minimum balance.
    pub fn mint_usdc(&mut self, address: H160, atoms: Balance) -> Result<(), String> {
        use frame_support::traits::fungibles::Mutate;
        self.edit(|| {
            <Assets as Mutate<_>>::mint_into(USDC_ASSET_ID, &account_of(address.0), atoms)
                .map_err(crate::hub::name_of)
                .map(|_| ())
        })
    }

    /// Remembers the newest block, to come back to it. Returns the snapshot's number.
    pub fn snapshot(&mut self) -> u64 {
        let number = self.next_snapshot;
        self.next_snapshot += 1;
        self.snapshots.insert(number, self.head().number());
        while self.snapshots.len() > MOST_SNAPSHOTS {
            self.snapshots.pop_first();
        }
        number
    }

    /// Goes back to a snapshot, which is then used up with all that were taken after it. Returns whether there was one.
    ///
    /// # Errors
    /// A sentence when its state is forgotten; the disk's.
    pub fn revert(&mut self, snapshot: u64) -> Result<bool, String> {
        let Some(height) = self.snapshots.get(&snapshot).copied() else { return Ok(false) };
        if height < self.oldest() {
            return Err(format!(
                "snapshot {snapshot} is of block {height}, whose state is forgotten: states are kept from block {} on, and \
                 for a snapshot {} blocks longer than --history says",
                self.oldest(),
                self.most_pinned
            ));
        }
        self.snapshots.split_off(&snapshot);
        self.pool.clear();
        self.take_back_to(height)?;
        Ok(true)
    }

    /// Takes the newest blocks back; their transactions are not waiting again.
    ///
    /// # Errors
    /// A sentence when so many states are not remembered; the disk's.
    pub fn roll_back(&mut self, depth: u32) -> Result<(), String> {
        let height = self.before(depth)?;
        self.take_back_to(height)
    }

    /// The number of the block below the newest ones, which can be taken back.
    fn before(&self, depth: u32) -> Result<u32, String> {
        let head = self.head().number();
        head.checked_sub(depth).filter(|height| *height >= self.oldest()).ok_or_else(|| {
            let oldest = self.oldest();
            format!(
                "{depth} blocks cannot be taken back: states are kept from block {oldest} to {head}, so at most {} are",
                head - oldest
            )
        })
    }

    /// Replaces the newest blocks by as many others of other hashes, into which the given transactions go, each with
    /// the position of its block among the new ones.
    ///
    /// # Errors
    /// As [`Node::roll_back`], and of a transaction that is none or is for none of the new blocks; nothing has changed
    /// then.
    pub fn reorganise(&mut self, depth: u32, transactions: &[(Vec<u8>, u32)]) -> Result<(), String> {
        let height = self.before(depth)?;
        // Some of them may have left memory: a snapshot keeps states for longer than that.
        let times = (height + 1..=self.head().number()).map(|number| Some(self.block(number.into())?.time()));
        let times: Vec<u64> = times.collect::<Option<_>>().ok_or("an old block cannot be read again")?;
        // Whatever cannot be done is refused before a block has gone.
        let mut new: Vec<Vec<Transaction>> = vec![Vec::new(); times.len()];
        for (raw, at) in transactions {
            let transaction = Transaction::decode(raw.clone()).map_err(|error| error.to_string())?;
            let own = new.get_mut(*at as usize).ok_or_else(|| {
                format!(
                    "a transaction is for block {at} of the new ones, which are counted from 0, and there are {depth}"
                )
            })?;
            own.push(transaction);
        }
        self.take_back_to(height)?;
        for (own, time) in new.iter().zip(times) {
            // A second later than the block it replaces: of the same transactions it would have the same hash.
            self.clock.set_next(time.saturating_add(1));
            self.seal_of(own)?;
        }
        Ok(())
    }

    fn take_back_to(&mut self, height: u32) -> Result<(), String> {
        let mut touched = Vec::new();
        while self.head().number() > height {
            let Some(added) = self.added.pop_back() else { break };
            self.archive.take_back(&added);
            touched.extend(added.into_iter().map(|(key, _)| key));
            let Some(block) = self.blocks.pop() else { break };
            self.by_hash.remove(&block.hash());
            for included in &block.transactions {
                self.by_transaction.remove(&included.transaction.hash);
            }
            self.tell(&Notice::TakenBack(block));
        }
        self.by_contract.retain(|_, (number, _)| *number <= height);
        self.snapshots.retain(|_, at| *at <= height);
        // Time goes on from the block that is the newest now.
        let now = self.head().time();
        self.clock.set(now);
        let Some(store) = &self.store else { return Ok(()) };
        let kept = store.take_back_to(height, &self.archive, &touched);
        self.told_by_disk(kept)
    }

    /// Sets the chain's time, in Unix seconds: the next block has it, and time goes on from there.
    pub fn clock_to(&mut self, seconds: u64) {
        self.clock.set(seconds);
        self.clock.set_next(seconds.max(self.head().time()));
    }

    /// Takes a waiting transaction out of the pool.
    pub fn drop_waiting(&mut self, hash: &H256) -> bool {
        self.pool.remove(hash).is_some()
    }

    /// Takes all waiting transactions out of the pool.
    pub fn drop_all_waiting(&mut self) {
        self.pool.clear();
    }
}

fn touched_by(change: &Change) -> Vec<Vec<u8>> {
    added_by(change).into_iter().map(|(key, _)| key).collect()
}

fn added_by(change: &Change) -> Vec<(Vec<u8>, i32)> {
    let added = change.nodes.iter().filter(|(_, (_, count))| *count > 0);
    added.map(|(key, (_, count))| (key.clone(), *count)).collect()
}
