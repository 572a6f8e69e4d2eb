//! A chain in memory on the native exchange: random sequences of messages as blocks, whose history can be replaced, and
//! a node of it that can be made to fail, to lag, to keep logs back and to refuse large questions.
#![expect(dead_code, reason = "each file of tests uses a part")]

use std::cell::RefCell;
use std::ops::RangeInclusive;
use std::path::Path;
use std::rc::Rc;

use alloy_core::primitives::{Bloom, BloomInput, keccak256};
use sit_client::{Deployment, codec};
use sit_engine::chain::{Address, Hash};
use sit_engine::clearing::{Instrument, Product, Store, keys};
use sit_engine::codec::Cell;
use sit_engine::units::{Seat, Seconds};
use sit_indexer::{
    follow::Follower,
    source::{Header, Log, Receipt, Source, SourceError, Transaction},
    store::{Identity, Writer, digests},
};
use sit_market::sequence::{Sequence, World};
use sit_native::{Contract, Exchange, Message, view::ClearingCell};
use sit_programs::Dice;

/// The chain's own number.
pub const CHAIN_ID: u64 = 31_337;
/// What every transaction takes, and wei for one gas: 0.8 DOT, more than any deposit.
pub const GAS: u128 = 100_000;
pub const PRICE: u128 = 8_000_000_000_000;

#[derive(Clone)]
struct Sealed {
    header: Header,
    receipts: Vec<Receipt>,
    state: Rc<Exchange>,
}

/// The chain.
pub struct Chain {
    world: World,
    deployment: Deployment,
    blocks: Vec<Sealed>,
    salt: u64,
    /// The first block that an index of it has.
    pub first_block: u64,
}

impl Chain {
    /// A chain on which the exchange is open: a block for each message that opened it.
    pub fn new() -> Self {
        let world = World::named();
        let mut deployment = Deployment::default();
        let at = world.addresses;
        for (contract, address) in [
            (Contract::Governance, at.governance),
            (Contract::Vault, at.vault),
            (Contract::Clearing, at.clearing),
            (Contract::Oracle, at.oracle),
            (Contract::Incentives, at.incentives),
            (Contract::Token, at.token),
        ] {
            deployment.set(contract, address);
        }
        let exchange = world.deployed();
        let mut chain = Self { world, deployment, blocks: Vec::new(), salt: 0, first_block: 0 };
        chain.seal(exchange, &[], World::start());
        for step in world.genesis(&|_| false) {
            let mut exchange = chain.state();
            exchange.now = step.at;
            exchange.send(step.by, &step.message).expect("the genesis is accepted");
            chain.seal(exchange, &[(step.by, step.message, true)], step.at);
        }
        chain
    }

    fn state(&self) -> Exchange {
        (*self.blocks.last().expect("there is a block").state).clone()
    }

    pub fn exchange(&self, number: u64) -> Exchange {
        (*self.blocks[number as usize].state).clone()
    }

    pub fn head(&self) -> u64 {
        self.blocks.len() as u64 - 1
    }

    pub fn hash_of(&self, number: u64) -> Hash {
        self.blocks[number as usize].header.hash
    }

    /// Time of a block, in Unix seconds.
    pub fn time_of(&self, number: u64) -> u64 {
        self.blocks[number as usize].header.time
    }

    /// The newest block from `depth` below the newest one on downwards that has two transactions at least, and a log.
    pub fn busy_below(&self, depth: u64) -> u64 {
        let busy = |block: &&Sealed| {
            let logs = block.receipts.iter().map(|receipt| receipt.logs.len()).sum::<usize>();
            block.receipts.len() > 1 && !block.receipts[0].logs.is_empty() && logs > 1
        };
        let below = self.blocks.iter().rev().skip(depth as usize);
        below.into_iter().find(busy).expect("there is one").header.number
    }

    pub fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// Messages of a random sequence as blocks, up to `per_block` in each.
    pub fn play(&mut self, sequence: &mut Sequence, blocks: u64, per_block: u64, dice: &mut Dice) {
        for _ in 0..blocks {
            let mut exchange = self.state();
            let before = exchange.now;
            let mut sent = Vec::new();
            let mut now = before;
            for _ in 0..dice.roll(per_block + 1) {
                let step = sequence.next(&mut exchange);
                // One block has one time.
                if sent.is_empty() {
                    now = step.at.max(before);
                }
                exchange.now = now;
                let done = exchange.send(step.by, &step.message).is_ok();
                sent.push((step.by, step.message, done, if done { exchange.told().to_vec() } else { Vec::new() }));
            }
            exchange.now = now;
            self.seal_told(exchange, sent, now);
        }
    }

    /// Blocks in which nothing happens.
    pub fn idle(&mut self, blocks: u64) {
        for _ in 0..blocks {
            let exchange = self.state();
            let now = exchange.now.later(2);
            let mut exchange = exchange;
            exchange.now = now;
            self.seal_told(exchange, Vec::new(), now);
        }
    }

    /// Takes the newest blocks back.
    pub fn take_back(&mut self, depth: u64) {
        let left = self.blocks.len().saturating_sub(depth as usize).max(1);
        self.blocks.truncate(left);
        self.salt += 1;
    }

    fn seal(&mut self, exchange: Exchange, sent: &[(Address, Message, bool)], at: Seconds) {
        let told = exchange.told().to_vec();
        let sent = sent.iter().map(|(by, message, done)| (*by, message.clone(), *done, told.clone())).collect();
        self.seal_told(exchange, sent, at);
    }

    fn seal_told(
        &mut self,
        exchange: Exchange,
        sent: Vec<(Address, Message, bool, Vec<sit_native::EmittedEvent>)>,
        at: Seconds,
    ) {
        let number = self.blocks.len() as u64;
        let parent = self.blocks.last().map_or([0; 32], |block| block.header.hash);
        let mut bloom = Bloom::ZERO;
        let (mut transactions, mut receipts, mut index) = (Vec::new(), Vec::new(), 0_u32);
        for ((by, message, done, told), position) in sent.into_iter().zip(0_u32..) {
            let input = codec::calldata(&message);
            let hash = keccak256([&parent[..], &position.to_be_bytes(), &input, &self.salt.to_be_bytes()].concat()).0;
            let mut logs = Vec::new();
            for event in &told {
                let Some(address) = self.deployment.get(event.contract) else { continue };
                let (topics, data) = codec::log(event).expect("the vocabulary has it");
                bloom.accrue(BloomInput::Raw(&address));
                for topic in &topics {
                    bloom.accrue(BloomInput::Raw(topic));
                }
                logs.push(Log { block: [0; 32], number, index, position, address, topics, data });
                index += 1;
            }
            transactions.push(Transaction {
                hash,
                sender: by,
                to: self.deployment.get(message.contract()),
                input,
                value: 0,
            });
            receipts.push(Receipt { transaction: hash, succeeded: done, gas_used: GAS, gas_price: PRICE, logs });
        }
        let content: Vec<u8> = transactions.iter().flat_map(|transaction| transaction.hash).collect();
        let hash = keccak256([&parent[..], &number.to_be_bytes(), &self.salt.to_be_bytes(), &content].concat()).0;
        for log in receipts.iter_mut().flat_map(|receipt| &mut receipt.logs) {
            log.block = hash;
        }
        let header = Header { number, hash, parent, time: at.0.into(), bloom: Box::new(bloom.0.0), transactions };
        self.blocks.push(Sealed { header, receipts, state: Rc::new(exchange) });
    }

    pub fn identity(&self) -> Identity {
        Identity {
            chain_id: CHAIN_ID,
            genesis: self.blocks[0].header.hash,
            first_block: self.first_block,
            deployment: self.deployment.clone(),
        }
    }
}

/// What a node of the chain does besides answering.
#[derive(Clone)]
pub struct Faults {
    /// One question in so many fails; zero for none.
    pub fails: u64,
    /// The newest blocks that it does not have yet.
    pub behind: u64,
    /// The newest blocks that are not final; `None` for a node that does not say what is.
    pub open: Option<u64>,
    /// What is named as final in place of what is.
    pub named: Option<(u64, Hash)>,
    /// Blocks of one question about logs at most; zero for any number.
    pub most: u64,
    /// Blocks before the newest whose state is kept; zero for all.
    pub states: u64,
    /// Whether logs are kept back.
    pub keeps_logs_back: bool,
    /// A block of whose receipts something else is said than before.
    pub tells_otherwise: Option<(u64, Otherwise)>,
    pub dice: Option<Dice>,
}

impl Default for Faults {
    /// None: the newest block is final at once.
    fn default() -> Self {
        Self {
            fails: 0,
            behind: 0,
            open: Some(0),
            named: None,
            most: 0,
            states: 0,
            keeps_logs_back: false,
            tells_otherwise: None,
            dice: None,
        }
    }
}

/// What is said of a block's receipts in place of what there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Otherwise {
    /// None come.
    Nothing,
    /// The last one is missing.
    OneLess,
    /// The first has taken more gas.
    OtherGas,
    /// The first one's transaction has not come to what it came to.
    OtherEnd,
    /// The first is of another transaction.
    OtherTransaction,
    /// A log is missing.
    LessLogs,
    /// A log has other data.
    OtherLog,
}

/// A node of a chain.
#[derive(Clone)]
pub struct Node {
    pub chain: Rc<RefCell<Chain>>,
    pub faults: Rc<RefCell<Faults>>,
    pub asked: Rc<RefCell<u64>>,
}

impl Node {
    pub fn of(chain: Chain) -> Self {
        Self { chain: Rc::new(RefCell::new(chain)), faults: Rc::default(), asked: Rc::default() }
    }

    pub fn follower(&self, folder: &Path) -> Follower<Self> {
        let identity = self.chain.borrow().identity();
        let writer = Writer::open(folder, identity).unwrap_or_else(|error| panic!("{error}"));
        let mut follower = Follower::new(self.clone(), writer).unwrap_or_else(|error| panic!("{error}"));
        // It takes time, and has tests of its own.
        follower.deposits = false;
        follower
    }

    /// The tables of a fresh index of the chain as it is now, by a node without faults.
    pub fn fresh(&self) -> Vec<(&'static str, String)> {
        let folder = tempfile::tempdir().unwrap();
        let node = Self { chain: Rc::clone(&self.chain), faults: Rc::default(), asked: Rc::default() };
        let mut follower = node.follower(folder.path());
        follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
        no_alarms(&mut follower);
        digests(follower.writer().connection()).unwrap()
    }

    fn ask(&self) -> Result<u64, SourceError> {
        *self.asked.borrow_mut() += 1;
        let mut faults = self.faults.borrow_mut();
        let fails = faults.fails;
        if fails > 0 && faults.dice.get_or_insert(Dice(3)).roll(fails) == 0 {
            return Err(SourceError::Unreachable("the test says so".to_owned()));
        }
        Ok(self.chain.borrow().head().saturating_sub(faults.behind))
    }

    fn find(&self, hash: Hash) -> Option<Sealed> {
        self.chain.borrow().blocks.iter().rev().find(|block| block.header.hash == hash).cloned()
    }
}

impl Source for Node {
    fn chain_id(&mut self) -> Result<u64, SourceError> {
        self.ask().map(|_| CHAIN_ID)
    }

    fn head(&mut self) -> Result<Header, SourceError> {
        let head = self.ask()?;
        Ok(self.chain.borrow().blocks[head as usize].header.clone())
    }

    fn final_block(&mut self) -> Result<Option<(u64, Hash)>, SourceError> {
        // No question that fails or is counted: what it is asked besides stays the same.
        let faults = self.faults.borrow();
        let unknown = || SourceError::Unreachable("the block finalized is not known here".to_owned());
        let open = faults.open.ok_or_else(unknown)?;
        let chain = self.chain.borrow();
        let number = chain.head().checked_sub(faults.behind.saturating_add(open));
        Ok(faults.named.or(number.map(|number| (number, chain.hash_of(number)))))
    }

    fn hash_of(&mut self, number: u64) -> Result<Option<Hash>, SourceError> {
        let head = self.ask()?;
        let chain = self.chain.borrow();
        Ok(chain.blocks.get(number as usize).filter(|_| number <= head).map(|block| block.header.hash))
    }

    fn headers(&mut self, range: RangeInclusive<u64>) -> Result<Vec<Header>, SourceError> {
        let head = self.ask()?;
        let chain = self.chain.borrow();
        let there = range.take_while(|number| *number <= head);
        Ok(there.filter_map(|number| chain.blocks.get(number as usize)).map(|block| block.header.clone()).collect())
    }

    fn logs(&mut self, range: RangeInclusive<u64>, of: &[Address]) -> Result<Vec<Log>, SourceError> {
        self.ask()?;
        let most = self.faults.borrow().most;
        if most > 0 && range.end() - range.start() + 1 > most {
            return Err(SourceError::TooLarge(format!("at most {most} blocks")));
        }
        let blocks: Vec<Hash> = range
            .filter_map(|number| self.chain.borrow().blocks.get(number as usize).map(|block| block.header.hash))
            .collect();
        let mut logs = Vec::new();
        for block in blocks {
            logs.extend(self.logs_of(block, of)?);
        }
        Ok(logs)
    }

    fn logs_of(&mut self, block: Hash, of: &[Address]) -> Result<Vec<Log>, SourceError> {
        let block = self.find(block).ok_or_else(|| SourceError::Inconsistent("unknown block".to_owned()))?;
        let mut logs: Vec<Log> = block.receipts.into_iter().flat_map(|receipt| receipt.logs).collect();
        logs.retain(|log| of.contains(&log.address));
        if self.faults.borrow().keeps_logs_back {
            logs.pop();
        }
        Ok(logs)
    }

    fn receipts(&mut self, blocks: &[Hash]) -> Result<Vec<Vec<Receipt>>, SourceError> {
        self.ask()?;
        let otherwise = self.faults.borrow().tells_otherwise;
        let of = |block: &Hash| {
            let Some(Sealed { header, mut receipts, .. }) = self.find(*block) else { return Vec::new() };
            let Some((_, otherwise)) = otherwise.filter(|(number, _)| *number == header.number) else {
                return receipts;
            };
            match otherwise {
                Otherwise::Nothing => receipts.clear(),
                Otherwise::OneLess => drop(receipts.pop()),
                Otherwise::OtherGas => receipts[0].gas_used += 1,
                Otherwise::OtherEnd => receipts[0].succeeded = !receipts[0].succeeded,
                Otherwise::OtherTransaction => receipts[0].transaction[0] ^= 1,
                Otherwise::LessLogs => drop(receipts.iter_mut().find_map(|receipt| receipt.logs.pop())),
                Otherwise::OtherLog => {
                    let log = receipts.iter_mut().find_map(|receipt| receipt.logs.last_mut()).expect("a log");
                    log.data.push(1);
                }
            }
            receipts
        };
        Ok(blocks.iter().map(of).collect())
    }

    fn call(&mut self, block: Hash, calls: &[(Address, Vec<u8>)]) -> Result<Vec<Vec<u8>>, SourceError> {
        let head = self.ask()?;
        let block = self.find(block).ok_or_else(|| SourceError::Inconsistent("unknown block".to_owned()))?;
        let states = self.faults.borrow().states;
        if states > 0 && block.header.number + states < head {
            return Err(SourceError::Inconsistent("the state is forgotten".to_owned()));
        }
        let mut exchange = (*block.state).clone();
        let mut answers = Vec::new();
        for (_, input) in calls {
            let number =
                |place: usize| u32::from_be_bytes(input[4 + 32 * place + 28..4 + 32 * (place + 1)].try_into().unwrap());
            let (kind, a, b) = (number(0) as u8, number(1), number(2));
            assert_eq!(*input, codec::question(&ClearingCell { kind, a, b }), "only cells are asked for");
            let clearing = &mut exchange.clearing;
            let name = keys::KINDS.iter().find(|(tag, _)| *tag == kind).map(|(_, name)| *name);
            let bytes: Option<Vec<u8>> = match name {
                Some("account") => clearing.account(Seat(a)).map(|cell| cell.to_cell().as_bytes().to_vec()),
                Some("market") => clearing.market(Instrument(a as u16)).map(|cell| cell.to_cell().as_bytes().to_vec()),
                Some("page") => clearing.page(Instrument(a as u16), b).map(|cell| cell.to_cell().as_bytes().to_vec()),
                Some("ledger") => Some(clearing.ledger().to_cell().as_bytes().to_vec()),
                Some("curve") => clearing.curve(Product(a as u8)).map(|cell| cell.to_cell().as_bytes().to_vec()),
                Some("risk") => clearing.risk(Product(a as u8)).map(|cell| cell.to_cell().as_bytes().to_vec()),
                Some("mirror") => clearing.mirror(Product(a as u8)).map(|cell| cell.to_cell().as_bytes().to_vec()),
                Some("backtest") => written(clearing.backtest(Product(a as u8))),
                Some("sheet") => written(clearing.sheet(Seat(a), b as u16)),
                Some("auction") => written(clearing.auction(Seat(a))),
                Some("volume") => written(clearing.volume(Seat(a))),
                Some("triggers") => written(clearing.triggers(Seat(a))),
                _ => panic!("the kind {kind} is not asked for"),
            };
            answers.push(encoded(&bytes.unwrap_or_default()));
        }
        Ok(answers)
    }
}

/// The bytes of a cell of which the store does not say whether it was ever written.
fn written<C: Cell + Default + PartialEq>(cell: C) -> Option<Vec<u8>> {
    (cell != C::default()).then(|| cell.to_cell().as_bytes().to_vec())
}

/// Bytes as the ABI returns them.
fn encoded(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0_u8; 64];
    out[31] = 32;
    out[56..64].copy_from_slice(&(bytes.len() as u64).to_be_bytes());
    out.extend(bytes);
    out.resize(64 + bytes.len().div_ceil(32) * 32, 0);
    out
}

pub fn no_alarms<S: Source>(follower: &mut Follower<S>) {
    let db = follower.writer().connection();
    let mut statement = db.prepare("SELECT block, kind, message FROM alarm").unwrap();
    let alarms: Vec<String> = statement
        .query_map([], |row| {
            let (block, kind, message): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(format!("block {block}, {kind}: {message}"))
        })
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert!(alarms.is_empty(), "{} alarms:\n{}", alarms.len(), alarms.join("\n"));
}

pub fn count<S: Source>(follower: &mut Follower<S>, what: &str) -> i64 {
    follower.writer().connection().query_row(&format!("SELECT count(*) FROM {what}"), [], |row| row.get(0)).unwrap()
}

/// A sequence of the world's messages.
pub fn sequence(seed: u64) -> Sequence {
    Sequence::new(World::named(), 7, seed)
}
