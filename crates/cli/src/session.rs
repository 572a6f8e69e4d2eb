//! A connection to the exchange: node, record of the deployment, key and account, checked before anything is signed.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sit_client::rpc::{
    BlockId, Entry as JournalEntry, Journal, JournalError, Key, Limits, Node, NodeError, Record, RecordError, Rpc,
    RpcError, State as JournalState, Submitted,
};
use sit_client::transport::{Head, Log, Outcome};
use sit_client::{Client, Deployment, Signer, codec, permit};
use sit_engine::chain::{Address, Hash};
use sit_engine::units::{QuoteAtoms, Seat, Seconds};
use sit_indexer::source::SETTLED;
use sit_native::event::clearing::Opened;
use sit_native::{Contract, Message, view};

use crate::act::{Cost, Sent};
use crate::amount;
use crate::chain;
use crate::config::{DEVELOPMENT_CHAIN, Setting, Settings};
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::history;
use crate::keys::{self, Place};
use crate::plan::Latest;
use sit_client::rpc::{hex_bytes, hex_number, hex_wide, to_hex};

/// What a wallet has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wallet {
    /// Quote atoms of the token.
    pub token: QuoteAtoms,
    /// Quote atoms that the vault may take from it.
    pub allowance: QuoteAtoms,
    /// DOT in planck.
    pub planck: i128,
}

/// Something that has to hold before anything is signed.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What was looked at.
    pub what: &'static str,
    /// Whether it is as it has to be.
    pub ok: bool,
    /// What was found.
    pub found: String,
    /// What to do if not.
    pub advice: String,
}

/// How long a permit is good for.
const PERMIT_SECONDS: u32 = 600;

/// How long a command waits for another one that sends with the same key.
const QUEUE: Duration = Duration::from_secs(90);

impl From<NodeError> for Failure {
    fn from(error: NodeError) -> Self {
        Self::new(chain::of_node(&error), error.to_string())
    }
}

/// A connection.
#[derive(Debug)]
pub struct Session {
    /// The typed client.
    pub client: Client<Node>,
    /// The newest block when it was last looked.
    pub head: Head,
    /// Whether the node takes `null` for any topic when it is asked for logs, as far as is known.
    pub takes_open_topics: bool,
    settings: Settings,
    record: Record,
    document: Value,
    source: String,
    node: String,
    key: Option<Place>,
    seat: Option<Seat>,
}

impl From<RpcError> for Failure {
    fn from(error: RpcError) -> Self {
        Self::new(chain::of_rpc(&error), error.to_string())
    }
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        let kind = match &error {
            RecordError::Unreadable(_) => Kind::Local,
            RecordError::Rpc(error) => chain::of_rpc(error),
            RecordError::Behind { .. } => Kind::Unreachable,
            RecordError::NotOffered(_)
            | RecordError::Chain { .. }
            | RecordError::Genesis { .. }
            | RecordError::Code { .. } => Kind::WrongChain,
        };
        Self::new(kind, error.to_string())
    }
}

/// A node of the chain that the settings mean, whatever stands on it.
#[derive(Debug)]
pub struct Reached {
    /// The endpoint.
    pub rpc: Rpc,
    /// The chain's id.
    pub chain: u64,
    /// The hash of the chain's block 0.
    pub genesis: Hash,
    /// The newest block.
    pub head: Head,
    /// What the node calls itself.
    pub name: String,
}

/// Connects to a node of the profile's chain.
///
/// # Errors
/// [`Kind::Unreachable`]; [`Kind::WrongChain`] for another chain.
pub fn reach(settings: &Settings) -> Result<Reached> {
    let mut rpc = Rpc::new(&settings.rpc.value, Limits::default())?;
    let first = ["eth_chainId", "web3_clientVersion"].map(|method| (method, json!([])));
    let block = |which: &str| ("eth_getBlockByNumber", json!([which, false]));
    let asked = [first.to_vec(), vec![block("0x0"), block("latest")]].concat();
    let mut answers = rpc.read_all(&asked)?.into_iter().map(|answer| answer.unwrap_or_default());
    let mut next = || answers.next().unwrap_or_default();
    let (id, name, genesis, newest) = (next(), next(), next(), next());
    let chain = hex_number(Some(&id)).ok_or_else(|| history::senseless("eth_chainId"))?;
    let wanted = &settings.chain_id;
    if chain != wanted.value {
        let message = format!(
            "the node at {} (from {}) is of chain {chain}, and chain {} is meant (from {}): name another node with --rpc, \
             or another profile with --profile. Nothing was signed",
            rpc.url(),
            settings.rpc.source,
            wanted.value,
            wanted.source
        );
        return Err(Failure::new(Kind::WrongChain, message));
    }
    let senseless = || history::senseless("eth_getBlockByNumber");
    let genesis: Hash = hex_bytes(genesis.get("hash")).and_then(|hash| hash.try_into().ok()).ok_or_else(senseless)?;
    let head = hex_number(newest.get("number")).zip(hex_number(newest.get("timestamp"))).ok_or_else(senseless)?;
    let head = Head { number: head.0, time: head.1 };
    Ok(Reached { rpc, chain, genesis, head, name: name.as_str().unwrap_or_default().to_owned() })
}

impl Session {
    /// Connects, and refuses a node of another chain and contracts that are not those of the record. That the code is
    /// the record's is looked at once for each record and chain: code does not change.
    ///
    /// # Errors
    /// [`Kind::Unreachable`], [`Kind::WrongChain`], [`Kind::Local`].
    pub fn open(context: &Context) -> Result<Self> {
        let mut session = Self::open_unchecked(context)?;
        if session.settings.deployment.is_some() && !session.seen_before() {
            session.record.check(&mut session.client.transport.rpc)?;
            session.remember();
        }
        Ok(session)
    }

    /// Connects to a node of the profile's chain without a look at the contracts, for commands that report on those.
    ///
    /// # Errors
    /// [`Kind::Unreachable`], [`Kind::WrongChain`] for another chain, [`Kind::Local`].
    pub fn open_unchecked(context: &Context) -> Result<Self> {
        let settings = context.settings()?;
        let Reached { mut rpc, chain: id, genesis, head, name: node } = reach(&settings)?;
        let (record, document, source) = match &settings.deployment {
            Some(file) => recorded(file, id)?,
            // Whoever answers for a node of another chain would say into whose contracts the money goes.
            None if id != DEVELOPMENT_CHAIN => return Err(RecordError::NotOffered(rpc.url().to_owned()).into()),
            None => (offered(&mut rpc, id, genesis)?, Value::Null, "the development chain's own".to_owned()),
        };
        if record.genesis != genesis {
            return Err(RecordError::Genesis { url: rpc.url().to_owned(), name: record.name }.into());
        }
        let client = Client::new(
            Node::of_chain(rpc, id, genesis).with_journals(settings.state.join("journals")),
            record.deployment(),
        );
        let takes_open_topics = true;
        Ok(Self { client, head, takes_open_topics, settings, record, document, source, node, key: None, seat: None })
    }

    /// Where it is noted that the code of a record has been looked at.
    fn note(&self) -> PathBuf {
        let text = self.record.to_json().to_string();
        let hash = sit_sim::keccak256(text.as_bytes());
        let name = to_hex(hash.get(..16).unwrap_or_default());
        self.settings.state.join("checked").join(name)
    }

    fn seen_before(&self) -> bool {
        self.note().exists()
    }

    fn remember(&self) {
        let note = self.note();
        // Without the note the next command looks again.
        let _ = note.parent().map(std::fs::create_dir_all);
        let _ = std::fs::write(note, "");
    }

    /// Looks at the newest block.
    ///
    /// # Errors
    /// Those of the node.
    pub fn refresh(&mut self) -> Result {
        self.head = self.client.head()?;
        Ok(())
    }

    /// The time of the newest block, as contracts see it.
    #[must_use]
    pub fn now(&self) -> Seconds {
        Seconds(u32::try_from(self.head.time).unwrap_or(u32::MAX))
    }

    /// A method of the node that the typed client does not have.
    ///
    /// # Errors
    /// Those of the node.
    pub fn raw(&mut self, method: &str, params: Value) -> Result<Value> {
        Ok(self.client.transport.rpc.read(method, params)?)
    }

    /// A method that changes something: it is asked once.
    ///
    /// # Errors
    /// Those of the node.
    pub fn change(&mut self, method: &str, params: Value) -> Result<Value> {
        Ok(self.client.transport.rpc.request(method, params)?)
    }

    /// The newest block that is final; where the node does not say which, one that is rarely replaced by now.
    pub fn final_block(&mut self) -> u64 {
        let said = self.client.transport.rpc.block(BlockId::Finalized).ok().flatten();
        said.map_or_else(|| self.head.number.saturating_sub(SETTLED), |block| block.number)
    }

    /// When a block was made.
    ///
    /// # Errors
    /// Those of the node.
    pub fn time_of(&mut self, block: u64) -> Result<Seconds> {
        let answer = self.raw("eth_getBlockByNumber", json!([format!("0x{block:x}"), false]))?;
        let time = hex_number(answer.get("timestamp")).ok_or_else(|| history::senseless("eth_getBlockByNumber"))?;
        Ok(Seconds(u32::try_from(time).unwrap_or(u32::MAX)))
    }

    /// The first block of the deployment: nothing of the exchange is older.
    #[must_use]
    pub fn first_block(&self) -> u64 {
        self.record.first_block
    }

    /// The chain id of the profile.
    #[must_use]
    pub fn chain_id(&self) -> u64 {
        self.settings.chain_id.value
    }

    /// What the node calls itself.
    #[must_use]
    pub fn node_name(&self) -> &str {
        &self.node
    }

    /// Where the record of the deployment comes from.
    #[must_use]
    pub fn record_source(&self) -> &str {
        &self.source
    }

    /// The record of the deployment.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The record as its file has it, with what this program does not need of it; null where a development chain was
    /// asked.
    #[must_use]
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Whether it is a chain that gives things away.
    #[must_use]
    pub fn is_development_chain(&self) -> bool {
        self.node.starts_with("sit-devnet/")
    }

    /// By how many seconds this machine's clock is beyond the newest block, as it was last seen; below zero where the
    /// block is ahead.
    #[must_use]
    pub fn block_age(&self) -> i64 {
        Node::age(self.head)
    }

    /// Whether it is a development chain, whose time is what somebody gave it.
    #[must_use]
    pub fn has_a_time_of_its_own(&self) -> bool {
        self.chain_id() == DEVELOPMENT_CHAIN
    }

    /// Refuses to sign by what a node says whose time is not this machine's ([`Node::keeps_time`]).
    ///
    /// # Errors
    /// [`Kind::Unreachable`].
    pub fn is_fresh(&self) -> Result {
        Ok(self.client.transport.keeps_time(self.head)?)
    }

    /// The client, for a program that goes on by itself: it stops at a node whose time is not this machine's, at every
    /// look.
    #[must_use]
    pub fn runs_on(mut self) -> Client<Node> {
        self.client.transport.only_on_time = true;
        self.client
    }

    /// What has to hold before anything is signed.
    pub fn checks(&mut self) -> Vec<Checked> {
        let checked = self.record.check(&mut self.client.transport.rpc);
        let contracts =
            format!("{} contracts of `{}`, by {}", self.record.contracts.len(), self.record.name, self.source);
        vec![Checked {
            what: "chain and contracts",
            ok: checked.is_ok(),
            found: checked.map_or_else(|error| error.to_string(), |()| contracts),
            advice:
                "use the record of this chain's deployment (--deployment), or the node of the record's chain (--rpc)"
                    .to_owned(),
        }]
    }

    /// The hash of the code at an address; nothing where there is none.
    ///
    /// # Errors
    /// Those of the node.
    pub fn code_hash(&mut self, address: Address) -> Result<Option<Hash>> {
        let code = self.raw("eth_getCode", json!([to_hex(&address), "latest"]))?;
        let code = hex_bytes(Some(&code)).ok_or_else(|| history::senseless("eth_getCode"))?;
        Ok((!code.is_empty()).then(|| sit_sim::keccak256(&code)))
    }

    /// The address of the key. A keystore that does not tell it is opened.
    ///
    /// # Errors
    /// [`Kind::Local`] when there is none.
    pub fn address(&mut self) -> Result<Address> {
        match self.place()? {
            Place::Here(key) => Ok(key.address()),
            Place::Locked(_, Some(address)) => Ok(*address),
            Place::Locked(..) => Ok(self.key()?.address()),
        }
    }

    fn place(&mut self) -> Result<&Place> {
        if self.key.is_none() {
            self.key = Some(keys::find(&self.settings)?);
        }
        self.key.as_ref().ok_or_else(|| Failure::local("no key"))
    }

    /// Files of the key that others on this machine can read: its keystore and the password. Files of plain digits are
    /// not used then, so that there is none of them here.
    #[must_use]
    pub fn open_to_others(&self) -> Vec<PathBuf> {
        keys::open_to_others(&self.settings)
    }

    /// The key, opened.
    ///
    /// # Errors
    /// [`Kind::Local`], [`Kind::Declined`] where a password is needed and nobody can be asked.
    pub fn key(&mut self) -> Result<Key> {
        let key = match self.place()?.clone() {
            Place::Here(key) => return Ok(key),
            Place::Locked(path, _) => keys::unlock(&self.settings, &path)?,
        };
        self.key = Some(Place::Here(key.clone()));
        Ok(key)
    }

    /// The accounts of the key, with the numbers of its sub-accounts.
    ///
    /// # Errors
    /// Those of the node.
    pub fn accounts(&mut self) -> Result<Vec<(Seat, u8)>> {
        let owner = self.address()?;
        self.accounts_of(owner)
    }

    fn accounts_of(&mut self, owner: Address) -> Result<Vec<(Seat, u8)>> {
        let sample = Opened { owner, seat: Seat(0), sub: 0 };
        let topics = history::topics(&sample.into(), 2);
        let from = self.first_block();
        let entries = history::logs(self, &topics, from)?;
        let opened = entries.iter().filter_map(|entry| entry.event.read::<Opened>());
        Ok(opened.map(|opened| (opened.seat, opened.sub)).collect())
    }

    /// The account that commands are about.
    ///
    /// # Errors
    /// A key without an account.
    pub fn seat(&mut self) -> Result<Seat> {
        if let Some(seat) = &self.settings.seat {
            return Ok(Seat(seat.value));
        }
        if let Some(seat) = self.seat {
            return Ok(seat);
        }
        let mut accounts = self.accounts()?;
        accounts.sort_by_key(|(_, sub)| *sub);
        let first = accounts.first().copied();
        let (seat, _) = first.ok_or_else(|| {
            let key = self.settings.key.as_ref().map_or("", |key| &*key.value);
            Failure::usage(format!(
                "the key `{key}` has no account yet: open one with `sit account open`, or name one that it trades for with --seat"
            ))
        })?;
        self.seat = Some(seat);
        Ok(seat)
    }

    /// The account, if the key has one.
    ///
    /// # Errors
    /// Those of the node.
    pub fn seat_if_known(&mut self) -> Result<Option<Seat>> {
        match self.seat() {
            Ok(seat) => Ok(Some(seat)),
            Err(failure) if matches!(failure.kind, Kind::Usage | Kind::Local) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// What a wallet has.
    ///
    /// # Errors
    /// Those of the node.
    pub fn wallet(&mut self, address: Address) -> Result<Wallet> {
        let spender = self.client.address(Contract::Vault)?;
        let token = self.client.view(&view::BalanceOf { account: address })?;
        let allowance = self.client.view(&view::Allowance { owner: address, spender })?;
        let wei = self.raw("eth_getBalance", json!([to_hex(&address), "latest"]))?;
        let wei = hex_wide(Some(&wei)).ok_or_else(|| history::senseless("eth_getBalance"))?;
        let atoms = |amount: u128| QuoteAtoms(i128::try_from(amount).unwrap_or(i128::MAX));
        Ok(Wallet { token: atoms(token.0), allowance: atoms(allowance.0), planck: (wei / amount::WEI).cast_signed() })
    }

    /// What a message would cost now, fee and deposit together in planck, as the chain says. Its refusal comes by name.
    ///
    /// # Errors
    /// [`Kind::Refused`]; those of the node.
    pub fn estimate(&mut self, message: &Message) -> Result<u128> {
        let from = self.address()?;
        let to = self.client.address(message.contract())?;
        let call = json!([{ "from": to_hex(&from), "to": to_hex(&to), "data": to_hex(&codec::calldata(message)) }]);
        let gas = match self.client.transport.rpc.read("eth_estimateGas", call) {
            Ok(gas) => hex_number(Some(&gas)),
            Err(error) => {
                let Some(data) = error.revert() else { return Err(self.refused(error)) };
                let why = codec::refusal(message.contract(), data);
                let text = format!("the chain would refuse this ({}): {why} Nothing was sent.", why.name());
                return Err(Failure::new(Kind::Refused, text).named(why.name()));
            }
        };
        let price = hex_number(Some(&self.raw("eth_gasPrice", json!([]))?));
        let (Some(gas), Some(price)) = (gas, price) else { return Err(history::senseless("eth_estimateGas")) };
        Ok((u128::from(gas) * u128::from(price)).div_ceil(amount::WEI))
    }

    /// A refusal of the node itself: nearly always too little DOT, which is looked at so that it can be said.
    fn refused(&mut self, error: RpcError) -> Failure {
        let failure = Failure::from(error);
        if failure.kind != Kind::Other {
            return failure;
        }
        let planck = self.address().and_then(|address| self.wallet(address)).map_or(i128::MAX, |wallet| wallet.planck);
        let hint = if planck < amount::PLANCK.cast_signed() {
            let has = amount::show_planck(planck);
            let faucet = if self.is_development_chain() { "; `sit faucet` gives some here" } else { "" };
            format!(". The wallet has {has} for fees and deposits: bring in DOT{faucet}")
        } else {
            String::new()
        };
        let message =
            format!("the node does not take this: {}{hint}. Nothing was sent.", failure.message.trim_end_matches('.'));
        Failure::new(Kind::Refused, message).named("Node")
    }

    /// Signs and sends a message, and waits until a block has it.
    ///
    /// # Errors
    /// [`Kind::Reverted`], [`Kind::Unknown`], those of the node.
    pub fn send(&mut self, context: &Context, message: &Message) -> Result<Sent> {
        let key = self.key()?;
        let to = self.client.address(message.contract())?;
        let (calldata, intent) =
            (codec::calldata(message), format!("{}.{}", message.contract().name(), message.name()));
        let since = Instant::now();
        let submitted = loop {
            match self.client.transport.submit(&key, Some(to), &calldata, &intent) {
                // Another `sit` sends with this key: its number comes first.
                Err(NodeError::Journal(JournalError::Held(_))) if since.elapsed() < QUEUE => {
                    std::thread::sleep(Duration::from_millis(50));
                }
                other => break other.map_err(|error| self.failed(error))?,
            }
        };
        let refused = |data: &[u8]| {
            let why = codec::refusal(message.contract(), data);
            Failure::new(Kind::Reverted, format!("the chain refused this ({}): {why}", why.name())).named(why.name())
        };
        let ticket = match submitted {
            Submitted::Sent(ticket) => ticket,
            Submitted::Reverts(data) => return Err(Failure { kind: Kind::Refused, ..refused(&data) }),
        };
        self.note_untold(key.address());
        if context.output.for_people() {
            let journal = self.client.transport.journal(key.address()).map_err(Failure::from)?;
            let hash = journal.open_entries().last().and_then(|entry| entry.hashes.last().cloned()).unwrap_or_default();
            context.output.tell(&format!(
                "Sent {hash}; waiting for a block. If you stop now, `sit replay {hash}` tells what came of it."
            ));
        }
        let (_, mined) = self.client.transport.wait(&ticket).map_err(Failure::from)?;
        if let Outcome::Reverted(data) = &mined.outcome {
            return Err(refused(data));
        }
        // It is done: a node that is gone by now makes no failure of that.
        let _ = self.refresh();
        let read = |log: &Log| codec::event(self.client.deployment.contract_at(log.address)?, &log.topics, &log.data);
        Ok(Sent {
            hash: to_hex(&mined.cost.transaction),
            block: mined.block,
            cost: Cost { total: mined.cost.planck(), deposit: None },
            events: mined.logs.iter().filter_map(read).collect(),
        })
    }

    /// What was signed earlier and will not be done any more, or was done and is taken back: each told once, when the
    /// journal of the key is looked at.
    pub fn given_up(&mut self) -> Option<String> {
        let told =
            |entry: &JournalEntry| format!("{} ({})", entry.intent, entry.hashes.last().map_or("", String::as_str));
        let all: Vec<String> = self.client.transport.given_up().iter().map(told).collect();
        (!all.is_empty()).then(|| all.join(", "))
    }

    /// Whether the token takes permits, so that a deposit is one transaction.
    pub fn takes_permits(&mut self) -> bool {
        self.address().is_ok_and(|owner| self.client.view(&view::PermitNonce { owner }).is_ok())
    }

    /// A deposit with the owner's permit for exactly its amount, good for ten minutes.
    ///
    /// # Errors
    /// What the key or the node meets.
    pub fn permitted(&mut self, deposit: &Message) -> Result<Message> {
        let Message::Deposit { seat, amount } = *deposit else { return Ok(deposit.clone()) };
        let key = self.key()?;
        let deadline = self.now().later(PERMIT_SECONDS);
        let (_, digest) = self.client.permit(key.address(), amount, deadline)?;
        let signature = key.sign(&digest, &[])?.as_bytes();
        Ok(permit::deposit(seat, amount, deadline, &signature))
    }

    /// A failure of the node before anything was sent.
    fn failed(&mut self, error: NodeError) -> Failure {
        match error {
            NodeError::Rpc(error) => self.refused(error),
            other => other.into(),
        }
    }

    /// What a command of this key that was stopped had signed and never told the end of, each with what has become of
    /// it. It is told once: afterwards the journal knows how it ended. Nothing while another program sends with the
    /// key, since that one still waits for its own.
    ///
    /// # Errors
    /// A journal that is damaged; those of the node.
    pub fn interrupted(&mut self) -> Result<Vec<JournalEntry>> {
        let address = self.address()?;
        let folder = self.settings.state.join("journals");
        let open: Vec<JournalEntry> =
            match Journal::open(&folder, self.settings.chain_id.value, self.record.genesis, address) {
                // The journal is given back before the client takes it. What was done and not told any more is among
                // it.
                Ok(journal) => {
                    let untold = std::fs::read_to_string(self.untold(address)).unwrap_or_default();
                    let untold: Vec<u64> = untold.lines().filter_map(|line| line.parse().ok()).collect();
                    let wanted = |entry: &&JournalEntry| entry.is_open() || untold.contains(&entry.id);
                    journal.entries().filter(wanted).cloned().collect()
                }
                Err(JournalError::Held(_)) => return Ok(Vec::new()),
                Err(error) => return Err(NodeError::from(error).into()),
            };
        if open.is_empty() {
            return Ok(open);
        }
        match self.client.transport.journal(address) {
            Ok(journal) => {
                let found = open.iter().filter_map(|entry| journal.entry(entry.id).cloned()).collect();
                self.all_told();
                Ok(found)
            }
            Err(NodeError::Journal(JournalError::Held(_))) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// Where the ids of what was sent stand until it has been told.
    fn untold(&self, address: Address) -> PathBuf {
        self.settings.state.join("untold").join(format!("{}-{}", self.settings.chain_id.value, to_hex(&address)))
    }

    /// Notes what was sent and is still to be told: the journal knows it as done before anybody has read that.
    fn note_untold(&mut self, address: Address) {
        let path = self.untold(address);
        let newest = self.client.transport.journal(address).ok();
        let newest = newest.and_then(|journal| journal.entries().last().map(|entry| entry.id));
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        let _ = path.parent().map(std::fs::create_dir_all);
        if let Some(id) = newest {
            let _ = std::fs::write(&path, format!("{before}{id}\n"));
        }
    }

    /// Notes that everything has been told.
    pub fn all_told(&mut self) {
        if let Ok(address) = self.address() {
            let _ = std::fs::remove_file(self.untold(address));
        }
    }

    /// Transactions of the key of which it is not known what became of them.
    ///
    /// # Errors
    /// A journal that is damaged, or that another program holds.
    pub fn on_their_way(&mut self) -> Result<usize> {
        let address = self.address()?;
        let journal = self.client.transport.journal(address).map_err(Failure::from)?;
        Ok(journal.open_entries().len())
    }
}

/// What has become of a transaction of a command that was stopped, in a sentence.
#[must_use]
pub fn told_of(entry: &JournalEntry) -> String {
    let hash = entry.hashes.last().map_or("", String::as_str);
    let what = format!("a command that was stopped had signed {} ({hash})", entry.intent);
    match entry.state {
        JournalState::Done { block, succeeded: true } => format!("{what}, and it is done, in block {block}"),
        JournalState::Done { block, succeeded: false } => format!("{what}, and the chain refused it in block {block}"),
        JournalState::Signed | JournalState::Sent => format!("{what}, and it is still on its way"),
        JournalState::Dropped => format!("{what}, and no node knows of it: it is not done, and is not sent again"),
    }
}

/// The record in a file, of the chain that is meant, the whole file, and where it comes from. The file may be the one
/// that names the newest record of each chain.
fn recorded(file: &Setting<PathBuf>, chain: u64) -> Result<(Record, Value, String)> {
    let named = |path: &Path, why: &dyn std::fmt::Display| {
        Failure::local(format!("the record {}, which comes from {}: {why}", path.display(), file.source))
    };
    let mut path = file.value.clone();
    let mut text = std::fs::read_to_string(&path).map_err(|error| named(&path, &error))?;
    if let Some(latest) = Latest::read(&text) {
        let missing = || named(&path, &format!("it names no record of chain {chain}"));
        path = latest.of(chain, &path).ok_or_else(missing)?;
        text = std::fs::read_to_string(&path).map_err(|error| named(&path, &error))?;
    }
    let record = Record::from_json(&text).map_err(|error| named(&path, &error))?;
    if record.chain == chain {
        let document = serde_json::from_str(&text).unwrap_or_default();
        return Ok((record, document, format!("{} (from {})", path.display(), file.source)));
    }
    let message = format!(
        "the record {} is of chain {}, and the node of chain {chain}: use the record of this chain. Nothing was signed",
        path.display(),
        record.chain
    );
    Err(Failure::new(Kind::WrongChain, message))
}

/// What a development chain says of its own deployment; its code would only be held against its own word.
fn offered(rpc: &mut Rpc, chain: u64, genesis: Hash) -> Result<Record> {
    let answer = match rpc.read("sit_deployments", json!([])) {
        Err(RpcError::Refused { .. }) => return Err(RecordError::NotOffered(rpc.url().to_owned()).into()),
        other => other?,
    };
    let deployment = Deployment::from_json(&answer.to_string()).map_err(|error| Failure::local(error.to_string()))?;
    let contracts = deployment.iter().map(|(contract, address)| (contract, (address, None))).collect();
    Ok(Record { name: "development".to_owned(), chain, genesis, first_block: 0, contracts })
}
