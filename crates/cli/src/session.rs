//! A connection to the exchange: node, record of the deployment, key and account, checked before anything is signed.

use serde_json::{Value, json};
use sit_client::transport::Head;
use sit_client::{Client, Deployment, codec};
use sit_engine::chain::{Address, Hash};
use sit_engine::units::{QuoteAtoms, Seat, Seconds};
use sit_native::event::clearing::Opened;
use sit_native::{Contract, Message, stored, view};

use crate::act::Sent;
use crate::amount;
use crate::chain;
use crate::config::Settings;
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::history::{self, hex_bytes, hex_number, to_hex};
use crate::node::{Key, Node, NodeError};

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

/// A connection.
#[derive(Debug)]
pub struct Session {
    /// The typed client.
    pub client: Client<Node>,
    /// The newest block when it was last looked.
    pub head: Head,
    settings: Settings,
    node: String,
    seat: Option<Seat>,
}

impl From<NodeError> for Failure {
    fn from(error: NodeError) -> Self {
        let kind = match &error {
            NodeError::Answer { .. } => Kind::Other,
            _ => Kind::Unreachable,
        };
        Self::new(kind, error.to_string())
    }
}

impl Session {
    /// Connects, and refuses a node of another chain and contracts that are not those of the record.
    ///
    /// # Errors
    /// [`Kind::Unreachable`], [`Kind::WrongChain`], [`Kind::Local`].
    pub fn open(context: &Context) -> Result<Self> {
        let mut session = Self::open_unchecked(context)?;
        if let Some(bad) = session.checks().into_iter().find(|checked| !checked.ok) {
            return Err(Failure::new(
                Kind::WrongChain,
                format!("{}: {}. {}. Nothing was signed", bad.what, bad.found, bad.advice),
            ));
        }
        Ok(session)
    }

    /// Connects without those checks, for commands that only look.
    ///
    /// # Errors
    /// [`Kind::Unreachable`], [`Kind::Local`].
    pub fn open_unchecked(context: &Context) -> Result<Self> {
        let settings = context.settings()?;
        let mut node = Node::new(&settings.rpc.value);
        let name = node.raw("web3_clientVersion", &json!([]))?.as_str().unwrap_or_default().to_owned();
        let id =
            hex_number(Some(&node.raw("eth_chainId", &json!([]))?)).ok_or_else(|| history::senseless("eth_chainId"))?;
        if id != settings.chain_id.value {
            return Err(Failure::new(
                Kind::WrongChain,
                format!(
                    "the node at {} is of chain {id}, and the profile `{}` is for chain {}: name another node with --rpc, or \
                     another profile with --profile. Nothing was signed",
                    settings.rpc.value, settings.profile.value, settings.chain_id.value
                ),
            ));
        }
        let answer = node.raw("sit_deployments", &json!([]))?;
        let deployment =
            Deployment::from_json(&answer.to_string()).map_err(|error| Failure::local(error.to_string()))?;
        let mut client = Client::new(node, deployment);
        let head = client.head()?;
        Ok(Self { client, head, settings, node: name, seat: None })
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
        Ok(self.client.transport.raw(method, &params)?)
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
        0
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
    pub fn record_source(&self) -> String {
        "the node's own (sit_deployments)".to_owned()
    }

    /// Whether it is a chain that gives things away.
    #[must_use]
    pub fn is_development_chain(&self) -> bool {
        self.node.starts_with("sit-devnet/")
    }

    /// What has to hold before anything is signed.
    pub fn checks(&mut self) -> Vec<Checked> {
        Vec::new()
    }

    /// The hash of the code at an address; nothing where there is none.
    ///
    /// # Errors
    /// Those of the node.
    pub fn code_hash(&mut self, address: Address) -> Result<Option<Hash>> {
        let code = self.raw("eth_getCode", json!([to_hex(&address), "latest"]))?;
        let code = hex_bytes(Some(&code)).ok_or_else(|| history::senseless("eth_getCode"))?;
        Ok((!code.is_empty()).then(|| {
            use sha3::Digest;
            sha3::Keccak256::digest(&code).into()
        }))
    }

    /// The address of the key.
    ///
    /// # Errors
    /// [`Kind::Local`] when there is none.
    pub fn address(&mut self) -> Result<Address> {
        let key = self
            .settings
            .key
            .clone()
            .ok_or_else(|| Failure::local("no key: name one with --key, or make one with `sit key new NAME`"))?;
        let info = self.raw("sit_info", json!([]))?;
        let accounts = info.get("accounts").and_then(Value::as_array).cloned().unwrap_or_default();
        let found = accounts.iter().find(|account| {
            account.get("name").and_then(Value::as_str).is_some_and(|name| name.replace(' ', "-") == key.value)
        });
        let address = found.and_then(|account| hex_bytes(account.get("address"))?.try_into().ok());
        address
            .ok_or_else(|| Failure::local(format!("there is no key `{}`, which comes from {}", key.value, key.source)))
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
        let topics = codec::log(&sample.into()).map_or_else(Vec::new, |(topics, _)| topics);
        let topics: Vec<Value> = topics.iter().take(2).map(|topic| json!(to_hex(topic))).collect();
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

    /// Who owns an account; whoever signs, for one that is to be opened.
    ///
    /// # Errors
    /// Those of the node.
    pub fn owner(&mut self, seat: Seat) -> Result<Address> {
        match chain::cells(&mut self.client, &[stored::account(seat)])?.pop().flatten() {
            Some(account) => Ok(account.owner),
            None => self.address(),
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
        let wei = wei.as_str().and_then(|text| u128::from_str_radix(text.trim_start_matches("0x"), 16).ok());
        let wei = wei.ok_or_else(|| history::senseless("eth_getBalance"))?;
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
        let gas = match self.client.transport.raw("eth_estimateGas", &call) {
            Ok(gas) => hex_number(Some(&gas)),
            Err(NodeError::Answer { data: Some(data), .. }) if !data.is_empty() => {
                let why = codec::refusal(message.contract(), &data);
                let text = format!("the chain would refuse this ({}): {why} Nothing was sent.", why.name());
                return Err(Failure::new(Kind::Refused, text).named(why.name()));
            }
            Err(error) => return Err(error.into()),
        };
        let price = hex_number(Some(&self.raw("eth_gasPrice", json!([]))?));
        let (Some(gas), Some(price)) = (gas, price) else { return Err(history::senseless("eth_estimateGas")) };
        Ok((u128::from(gas) * u128::from(price)).div_ceil(amount::WEI))
    }

    /// Signs and sends a message, and waits until a block has it.
    ///
    /// # Errors
    /// [`Kind::Reverted`], [`Kind::Unknown`], those of the node.
    pub fn send(&mut self, _: &Context, message: &Message) -> Result<Sent> {
        let signer = Key(self.address()?);
        let done = self.client.send(&signer, message)?;
        self.refresh()?;
        Ok(Sent { hash: String::new(), block: done.block, cost: done.cost, events: done.events })
    }
}
