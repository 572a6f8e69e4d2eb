//! The record of a deployment: where an exchange is, on which chain, and what code is there.

use std::collections::BTreeMap;

use alloy_core::primitives::{Address as Hex, B256, keccak256};
use serde_json::{Value, json};
use sit_engine::chain::{Address, Hash};
use sit_native::Contract;

use super::{
    Node, Rpc, RpcError,
    hex::to_hex,
    http::{bytes, malformed, quantity, word},
};
use crate::{Client, Deployment, rpc::BlockId};

/// The version of the record's layout.
const SCHEMA: u64 = 1;

/// Where an exchange is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// What the network is called.
    pub name: String,
    /// The chain's id.
    pub chain: u64,
    /// The hash of the chain's block 0: a chain that was started anew has another one.
    pub genesis: Hash,
    /// The block from which on the contracts have events.
    pub first_block: u64,
    /// The addresses, with the hash of the code that stands there; the token's code has none, since it may be no code.
    pub contracts: BTreeMap<Contract, (Address, Option<Hash>)>,
}

/// Why a record cannot be used, or does not fit the chain.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It is no record.
    #[error("the record of the deployment cannot be read: {0}")]
    Unreadable(String),
    /// The chain did not answer.
    #[error(transparent)]
    Rpc(#[from] RpcError),
    /// The chain has another id.
    #[error("the chain at {url} has the id {found}, and the exchange `{name}` is on {wanted}: nothing is sent there")]
    Chain {
        /// The endpoint.
        url: String,
        /// The exchange.
        name: String,
        /// Its chain.
        wanted: u64,
        /// The endpoint's.
        found: u64,
    },
    /// The chain has the id and is another one.
    #[error(
        "the chain at {url} has the right id and another first block: it was started anew, or is a copy, and `{name}` is not on it"
    )]
    Genesis {
        /// The endpoint.
        url: String,
        /// The exchange.
        name: String,
    },
    /// A contract is not there, or another one is.
    #[error("at {address} stands {found} instead of the {contract} of `{name}`: nothing is sent there")]
    Code {
        /// The exchange.
        name: String,
        /// The contract.
        contract: &'static str,
        /// Where it should be.
        address: String,
        /// What is there.
        found: String,
    },
    /// The node has not caught up with its chain.
    #[error(
        "the node at {url} is at block {current} of {highest}: what it says is old, so nothing is sent; wait until it has caught up"
    )]
    Behind {
        /// The endpoint.
        url: String,
        /// Its newest block.
        current: u64,
        /// The chain's, as far as it knows.
        highest: u64,
    },
    /// The endpoint does not offer a record.
    #[error("{0} does not say where an exchange is: it is no development chain, so give the record of the deployment")]
    NotOffered(String),
}

impl Record {
    /// Asks a development chain, which knows what it has deployed.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn of_development_chain(rpc: &mut Rpc) -> Result<Self, RecordError> {
        let answer = match rpc.read("sit_deployments", json!([])) {
            Err(RpcError::Refused { .. }) => return Err(RecordError::NotOffered(rpc.url().to_owned())),
            other => other?,
        };
        let deployment =
            Deployment::from_json(&answer.to_string()).map_err(|error| RecordError::Unreadable(error.to_string()))?;
        let mut contracts = BTreeMap::new();
        for (contract, address) in deployment.iter() {
            let code = rpc.code(address)?;
            let hash = (contract != Contract::Token).then(|| keccak256(&code).0);
            contracts.insert(contract, (address, hash));
        }
        let chain = rpc.chain_id()?;
        Ok(Self { name: "development".to_owned(), chain, genesis: genesis(rpc)?, first_block: 0, contracts })
    }

    /// The addresses.
    #[must_use]
    pub fn deployment(&self) -> Deployment {
        let mut deployment = Deployment::default();
        for (contract, (address, _)) in &self.contracts {
            deployment.set(*contract, *address);
        }
        deployment
    }

    /// The record as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let contracts: BTreeMap<&str, Value> = self
            .contracts
            .iter()
            .map(|(contract, (address, code))| {
                let code = code.map(|hash| to_hex(&hash));
                (contract.name(), json!({ "address": Hex::from(*address).to_string(), "code_hash": code }))
            })
            .collect();
        json!({
            "schema": SCHEMA,
            "name": self.name,
            "chain": { "id": self.chain, "genesis_hash": to_hex(&self.genesis) },
            "first_block": self.first_block,
            "contracts": contracts,
        })
    }

    /// Reads [`Record::to_json`].
    ///
    /// # Errors
    /// [`RecordError::Unreadable`].
    pub fn from_json(text: &str) -> Result<Self, RecordError> {
        let wrong = |what: &str| RecordError::Unreadable(what.to_owned());
        let value: Value = serde_json::from_str(text).map_err(|error| RecordError::Unreadable(error.to_string()))?;
        if value["schema"].as_u64() != Some(SCHEMA) {
            return Err(wrong("its `schema` is not 1: it was written by another version"));
        }
        let hash = |value: &Value| value.as_str().and_then(|text| text.parse::<B256>().ok()).map(|hash| hash.0);
        let Value::Object(listed) = &value["contracts"] else { return Err(wrong("it has no `contracts`")) };
        let mut contracts = BTreeMap::new();
        for (name, at) in listed {
            let contract = Contract::from_name(name)
                .ok_or_else(|| wrong(&format!("it names `{name}`, which is no contract of the exchange")))?;
            let address: Hex = at["address"]
                .as_str()
                .and_then(|text| text.parse().ok())
                .ok_or_else(|| wrong(&format!("the `address` of {name} is none")))?;
            contracts.insert(contract, (address.into_array(), hash(&at["code_hash"])));
        }
        Ok(Self {
            name: value["name"].as_str().ok_or_else(|| wrong("it has no `name`"))?.to_owned(),
            chain: value["chain"]["id"].as_u64().ok_or_else(|| wrong("it has no `chain.id`"))?,
            genesis: hash(&value["chain"]["genesis_hash"]).ok_or_else(|| wrong("it has no `chain.genesis_hash`"))?,
            first_block: value["first_block"].as_u64().ok_or_else(|| wrong("it has no `first_block`"))?,
            contracts,
        })
    }

    /// Holds the chain at an endpoint against the record.
    ///
    /// # Errors
    /// [`RecordError`]: whoever goes on after one may pay somebody else's contract.
    pub fn check(&self, rpc: &mut Rpc) -> Result<(), RecordError> {
        let (url, name) = (rpc.url().to_owned(), self.name.clone());
        let coded: Vec<(Contract, Address, Hash)> = self
            .contracts
            .iter()
            .filter_map(|(contract, (address, wanted))| Some((*contract, *address, (*wanted)?)))
            .collect();
        let mut questions = vec![
            ("eth_chainId", json!([])),
            ("eth_getBlockByNumber", json!(["0x0", false])),
            ("eth_syncing", json!([])),
        ];
        questions.extend(coded.iter().map(|(_, address, _)| ("eth_getCode", json!([to_hex(address), "latest"]))));
        let mut answers = rpc.read_all(&questions)?.into_iter();
        let mut next = |of: &str| answers.next().unwrap_or_else(|| Err(malformed(of, "an answer", &Value::Null)));
        let found = quantity("eth_chainId", &next("eth_chainId")?)?;
        if found != self.chain {
            return Err(RecordError::Chain { url, name, wanted: self.chain, found });
        }
        if word("eth_getBlockByNumber", &next("eth_getBlockByNumber")?["hash"])? != self.genesis {
            return Err(RecordError::Genesis { url, name });
        }
        // A node that does not know the method does not say that it is behind.
        if let Ok(Value::Object(progress)) = next("eth_syncing") {
            let at =
                |field: &str| progress.get(field).and_then(|value| quantity("eth_syncing", value).ok()).unwrap_or(0);
            return Err(RecordError::Behind { url, current: at("currentBlock"), highest: at("highestBlock") });
        }
        for (contract, address, wanted) in coded {
            let code = bytes("eth_getCode", &next("eth_getCode")?)?;
            let found = keccak256(&code).0;
            if found != wanted {
                let found = if code.is_empty() {
                    "nothing".to_owned()
                } else {
                    format!("code with the hash {}", to_hex(&found))
                };
                let address = Hex::from(address).to_string();
                return Err(RecordError::Code { name, contract: contract.name(), address, found });
            }
        }
        Ok(())
    }
}

fn genesis(rpc: &mut Rpc) -> Result<Hash, RpcError> {
    let missing = || malformed("eth_getBlockByNumber", "the first block", &Value::Null);
    rpc.block(BlockId::Number(0))?.map(|block| block.hash).ok_or_else(missing)
}

/// A client of the exchange of a record, on the chain at an endpoint, once both fit.
///
/// # Errors
/// [`RecordError`].
pub fn connect(mut rpc: Rpc, record: &Record) -> Result<Client<Node>, RecordError> {
    record.check(&mut rpc)?;
    Ok(Client::new(Node::new(rpc)?, record.deployment()))
}
