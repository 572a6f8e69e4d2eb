//! A deployment over JSON-RPC whose addresses are known before its first transaction.
//!
//! A contract's address follows from who deploys it and the number of their transaction. So a [`Rollout`] is planned
//! from a key that does nothing else, written down, and carried out as often as it takes: each step looks at its
//! address first. What stands there already is not deployed again, and what is not the planned code stops everything.

use alloy_core::primitives::{Address as Hex, B256, keccak256};
use serde_json::{Value, json};
use sit_engine::chain::{Address, Hash};
use sit_native::{Contract, Message, view};

use super::{Entry, Key, Node, NodeError, Record, RpcError, WEI_PER_PLANCK, hex::to_hex, http::quantity};
use crate::{
    Artifact, ArtifactError, Client, Deployment, Failure, Plan, Signer, Transport, codec,
    deploy::{self, Authority},
    govern::class_name,
    transport::Outcome,
};

/// The version of a rollout's layout.
const SCHEMA: u64 = 1;

/// One contract of a rollout.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The contract.
    pub contract: Contract,
    /// The number of the transaction that deploys it.
    pub nonce: u64,
    /// Where it will stand.
    pub address: Address,
    /// The hash of its code.
    pub code: Hash,
}

/// A deployment before it is one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rollout {
    /// The chain's id.
    pub chain: u64,
    /// The hash of the chain's block 0.
    pub genesis: Hash,
    /// Who deploys.
    pub deployer: Address,
    /// The block after which it began: the contracts have no events before.
    pub first_block: u64,
    /// The contracts, in the order of their deployment.
    pub steps: Vec<Step>,
}

/// What a step will cost, as the node estimates it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Price {
    /// The contract.
    pub contract: Contract,
    /// Bytes of its code.
    pub bytes: usize,
    /// Units of gas, deposits for storage among them.
    pub gas: u64,
    /// At the present price, in wei.
    pub wei: u128,
}

/// How a contract came to stand, by the receipt of the transaction that deployed it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Made {
    /// The contract.
    pub contract: Contract,
    /// The transaction.
    pub transaction: Hash,
    /// The block that has it.
    pub block: u64,
    /// What was paid for it in planck, deposits among it: a receipt does not tell them apart.
    pub planck: u128,
}

/// Something that was looked at in a deployment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// What should be so, in words.
    pub what: String,
    /// Whether it is.
    pub fits: bool,
}

/// Why a rollout cannot be planned or does not go on.
#[derive(Debug, thiserror::Error)]
pub enum RolloutError {
    /// The contracts are not built, or are others.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// The node, or the key.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// A contract refused, or a question was not answered.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// The text is no rollout.
    #[error("the plan of the deployment cannot be read: {0}")]
    Unreadable(String),
    /// It was planned for another chain.
    #[error("the plan of the deployment is for another chain than the node's: nothing was sent")]
    Chain,
    /// It was planned for another key.
    #[error("the plan of the deployment is for the key of {}, and {} was given: nothing was sent", Hex::from(*.wanted), Hex::from(*.found))]
    Deployer {
        /// Whose it is.
        wanted: Address,
        /// Who signs.
        found: Address,
    },
    /// The code on this machine is not what was planned.
    #[error(
        "the {0} on this machine is not the one that was planned: build it from the planned sources, or plan anew with a fresh key"
    )]
    OtherBlob(&'static str),
    /// Other code stands where a contract should.
    #[error("at {}, planned for the {contract}, stands other code: nothing more was sent", Hex::from(*.address))]
    Occupied {
        /// The contract.
        contract: &'static str,
        /// The planned address.
        address: Address,
    },
    /// The number that a contract's address follows from is used.
    #[error(
        "the {contract} was to be deployed by transaction {planned} of {}, whose next one is {next}: the key was used for \
         something else, or a deployment failed; plan anew with a fresh key",
        Hex::from(*.deployer)
    )]
    Number {
        /// The contract.
        contract: &'static str,
        /// Who deploys.
        deployer: Address,
        /// The planned number.
        planned: u64,
        /// The key's next.
        next: u64,
    },
}

impl From<RpcError> for RolloutError {
    fn from(error: RpcError) -> Self {
        Self::Node(error.into())
    }
}

/// Whether the planned code stands where it was planned.
fn stands(node: &mut Node, step: &Step) -> Result<bool, RolloutError> {
    let code = node.rpc.code(step.address)?;
    if code.is_empty() {
        return Ok(false);
    }
    if keccak256(&code).0 == step.code {
        Ok(true)
    } else {
        Err(RolloutError::Occupied { contract: step.contract.name(), address: step.address })
    }
}

/// The contracts that are deployed by a plan, in their order.
fn deployed(plan: &Plan) -> impl Iterator<Item = Contract> {
    let own = matches!(plan.authority, Authority::Account(_));
    let (governance, incentives) = (own, plan.programme.is_some());
    Contract::ALL.into_iter().filter(move |contract| {
        !(governance && *contract == Contract::Governance || incentives && *contract == Contract::Incentives)
    })
}

impl Rollout {
    /// Plans the deployment of the contracts on this machine by a key that does nothing else from now on. Nothing is
    /// sent.
    ///
    /// # Errors
    /// [`RolloutError`].
    pub fn plan(node: &mut Node, deployer: Address, plan: &Plan) -> Result<Self, RolloutError> {
        let first = node.rpc.transaction_count(deployer, true)?;
        let first_block = node.rpc.head()?.number;
        let steps = (first..)
            .zip(deployed(plan))
            .map(|(nonce, contract)| {
                let code = keccak256(&Artifact::of(contract)?.code).0;
                Ok(Step { contract, nonce, address: Hex::from(deployer).create(nonce).into_array(), code })
            })
            .collect::<Result<_, ArtifactError>>()?;
        Ok(Self { chain: node.chain_id(), genesis: node.genesis(), deployer, first_block, steps })
    }

    /// The addresses, before and after they have code.
    #[must_use]
    pub fn deployment(&self, plan: &Plan) -> Deployment {
        let mut deployment = Deployment::default();
        deployment.set(Contract::Token, plan.token);
        if let Authority::Account(account) = plan.authority {
            deployment.set(Contract::Governance, account);
        }
        if let Some(account) = plan.programme {
            deployment.set(Contract::Incentives, account);
        }
        for step in &self.steps {
            deployment.set(step.contract, step.address);
        }
        deployment
    }

    /// The steps whose contract does not stand yet, in their order.
    ///
    /// # Errors
    /// [`RolloutError::Occupied`] where other code stands than was planned; those of the node.
    pub fn missing(&self, node: &mut Node) -> Result<Vec<&Step>, RolloutError> {
        let mut missing = Vec::new();
        for step in &self.steps {
            if !stands(node, step)? {
                missing.push(step);
            }
        }
        Ok(missing)
    }

    /// What each step will cost, by the node's estimate on the present state.
    ///
    /// # Errors
    /// [`RolloutError`]: what a node cannot estimate it would not run.
    pub fn prices(&self, node: &mut Node, plan: &Plan) -> Result<Vec<Price>, RolloutError> {
        self.prices_of(node, plan, self.steps.iter())
    }

    /// [`Rollout::prices`] of some of the steps.
    ///
    /// # Errors
    /// As [`Rollout::prices`].
    pub fn prices_of<'a>(
        &self,
        node: &mut Node,
        plan: &Plan,
        steps: impl IntoIterator<Item = &'a Step>,
    ) -> Result<Vec<Price>, RolloutError> {
        let price = node.rpc.gas_price()?;
        let deployment = self.deployment(plan);
        let estimate = |step: &Step| {
            let artifact = self.artifact(step)?;
            let input = codec::input(&deploy::constructor(step.contract, &deployment, plan)?);
            let call = json!({ "from": to_hex(&self.deployer), "input": to_hex(&[artifact.code.as_slice(), &input].concat()) });
            let gas = quantity("eth_estimateGas", &node.rpc.read("eth_estimateGas", json!([call]))?)?;
            let wei = price.saturating_mul(gas.into());
            Ok(Price { contract: step.contract, bytes: artifact.code.len(), gas, wei })
        };
        steps.into_iter().map(estimate).collect()
    }

    fn artifact(&self, step: &Step) -> Result<Artifact, RolloutError> {
        let artifact = Artifact::of(step.contract)?;
        if keccak256(&artifact.code).0 == step.code {
            Ok(artifact)
        } else {
            Err(RolloutError::OtherBlob(step.contract.name()))
        }
    }

    /// Deploys what does not stand yet and wires what is not wired yet, and returns a client of the exchange. After any
    /// break it is called again with the same rollout: nothing is deployed twice.
    ///
    /// # Errors
    /// [`RolloutError`].
    pub fn carry_out(
        &self,
        mut node: Node,
        deployer: &Key,
        governor: &Key,
        plan: &Plan,
    ) -> Result<Client<Node>, RolloutError> {
        self.create(&mut node, deployer, plan, |_| {})?;
        let mut client = Client::new(node, self.deployment(plan));
        deploy::wire(&mut client, governor, plan)?;
        Ok(client)
    }

    /// Deploys what does not stand yet, without a message of governance: half of [`Rollout::carry_out`], for a deployer
    /// who does not govern. `told` hears of each contract that came to stand.
    ///
    /// # Errors
    /// [`RolloutError`].
    pub fn create(
        &self,
        node: &mut Node,
        deployer: &Key,
        plan: &Plan,
        mut told: impl FnMut(&Step),
    ) -> Result<(), RolloutError> {
        if (node.chain_id(), node.genesis()) != (self.chain, self.genesis) {
            return Err(RolloutError::Chain);
        }
        if deployer.address() != self.deployer {
            return Err(RolloutError::Deployer { wanted: self.deployer, found: deployer.address() });
        }
        // What was on its way when it broke off arrives first.
        node.settle(self.deployer)?;
        let deployment = self.deployment(plan);
        for step in &self.steps {
            if !stands(node, step)? {
                self.create_one(node, deployer, &deployment, plan, step)?;
                told(step);
            }
        }
        Ok(())
    }

    fn create_one(
        &self,
        node: &mut Node,
        key: &Key,
        deployment: &Deployment,
        plan: &Plan,
        step: &Step,
    ) -> Result<(), RolloutError> {
        let contract = step.contract.name();
        let next = node.rpc.transaction_count(self.deployer, true)?;
        let used = |next| RolloutError::Number { contract, deployer: self.deployer, planned: step.nonce, next };
        if next != step.nonce {
            return Err(used(next));
        }
        let artifact = self.artifact(step)?;
        let constructor = deploy::constructor(step.contract, deployment, plan)?;
        let (_, mined) = node.deploy(key, &artifact, &codec::input(&constructor))?;
        if let Outcome::Reverted(data) = mined.outcome {
            let why = codec::refusal(step.contract, &data);
            return Err(Failure::Refused { contract: step.contract, message: "constructor", why }.into());
        }
        if stands(node, step)? { Ok(()) } else { Err(used(next)) }
    }

    /// How the contracts came to stand, in the order of their deployment: of those whose transaction the deployer's
    /// journal on this machine has and whose receipt the node has. Others are missing; a chain does not say which
    /// transaction made a contract.
    ///
    /// # Errors
    /// [`RolloutError::Node`] for a journal that cannot be used, and a node that does not answer.
    pub fn made(&self, node: &mut Node) -> Result<Vec<Made>, RolloutError> {
        let journal = node.journal(self.deployer)?;
        let signed = |step: &Step| -> Vec<Hash> {
            journal.entries().filter(|entry| entry.nonce == step.nonce).flat_map(Entry::hash_bytes).collect()
        };
        let signed: Vec<(&Step, Vec<Hash>)> = self.steps.iter().map(|step| (step, signed(step))).collect();
        let mut made = Vec::new();
        for (step, hashes) in signed {
            for transaction in hashes {
                let Some(receipt) = node.rpc.receipt(transaction)? else { continue };
                if receipt.contract == Some(step.address) {
                    let planck = receipt.gas_price.saturating_mul(receipt.gas_used.into()).div_ceil(WEI_PER_PLANCK);
                    made.push(Made { contract: step.contract, transaction, block: receipt.block, planck });
                    break;
                }
            }
        }
        Ok(made)
    }

    /// The record of the exchange once it is carried out.
    #[must_use]
    pub fn record(&self, name: &str, plan: &Plan) -> Record {
        let code = |contract| self.steps.iter().find(|step| step.contract == contract).map(|step| step.code);
        let contracts =
            self.deployment(plan).iter().map(|(contract, address)| (contract, (address, code(contract)))).collect();
        let (name, first_block) = (name.to_owned(), self.first_block);
        Record { name, chain: self.chain, genesis: self.genesis, first_block, contracts }
    }

    /// The rollout as JSON, to be kept until it is carried out.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let steps: Vec<Value> = self
            .steps
            .iter()
            .map(|step| {
                json!({
                    "contract": step.contract.name(),
                    "nonce": step.nonce,
                    "address": Hex::from(step.address).to_string(),
                    "code_hash": to_hex(&step.code),
                })
            })
            .collect();
        json!({
            "schema": SCHEMA,
            "chain": { "id": self.chain, "genesis_hash": to_hex(&self.genesis) },
            "deployer": Hex::from(self.deployer).to_string(),
            "first_block": self.first_block,
            "steps": steps,
        })
    }

    /// Reads [`Rollout::to_json`].
    ///
    /// # Errors
    /// [`RolloutError::Unreadable`].
    pub fn from_json(text: &str) -> Result<Self, RolloutError> {
        let wrong = |what: &str| RolloutError::Unreadable(what.to_owned());
        let value: Value = serde_json::from_str(text).map_err(|error| RolloutError::Unreadable(error.to_string()))?;
        if value["schema"].as_u64() != Some(SCHEMA) {
            return Err(wrong("its `schema` is not 1: it was written by another version"));
        }
        let hash = |value: &Value| value.as_str().and_then(|text| text.parse::<B256>().ok()).map(|hash| hash.0);
        let account = |value: &Value| value.as_str().and_then(|text| text.parse::<Hex>().ok()).map(Hex::into_array);
        let deployer = account(&value["deployer"]).ok_or_else(|| wrong("its `deployer` is no address"))?;
        let Value::Array(listed) = &value["steps"] else { return Err(wrong("it has no `steps`")) };
        let step = |step: &Value| {
            let contract = step["contract"].as_str().and_then(Contract::from_name)?;
            let nonce = step["nonce"].as_u64()?;
            let (address, code) = (account(&step["address"])?, hash(&step["code_hash"])?);
            // An address that does not follow from its number was changed by hand.
            let follows = Hex::from(deployer).create(nonce).into_array() == address;
            follows.then_some(Step { contract, nonce, address, code })
        };
        let steps: Option<Vec<Step>> = listed.iter().map(step).collect();
        Ok(Self {
            chain: value["chain"]["id"].as_u64().ok_or_else(|| wrong("it has no `chain.id`"))?,
            genesis: hash(&value["chain"]["genesis_hash"]).ok_or_else(|| wrong("it has no `chain.genesis_hash`"))?,
            deployer,
            first_block: value["first_block"].as_u64().ok_or_else(|| wrong("it has no `first_block`"))?,
            steps: steps.ok_or_else(|| wrong("one of its `steps` is no step of this deployer"))?,
        })
    }
}

/// Looks at everything that a deployment should be: the code of each contract against the one on this machine, byte by
/// byte, each message of the wiring, and who governs.
///
/// # Errors
/// [`RolloutError`] when something could not be looked at; what does not fit is no error but a [`Finding`].
pub fn verify(client: &mut Client<Node>, plan: &Plan) -> Result<Vec<Finding>, RolloutError> {
    let mut findings = Vec::new();
    for contract in deployed(plan) {
        let (address, artifact) = (client.address(contract)?, Artifact::of(contract)?);
        let fits = client.transport.rpc.code(address)? == artifact.code;
        let what = format!("{} at {} is the code on this machine", contract.name(), Hex::from(address));
        findings.push(Finding { what, fits });
    }
    if findings.iter().any(|finding| !finding.fits) {
        // What is not the code would not answer by the vocabulary either.
        return Ok(findings);
    }
    for message in deploy::wiring(&client.deployment, plan)? {
        let mut what = format!("{}.{} is done", message.contract().name(), message.name());
        if let Message::SetClasses { target, selectors, class } = &message {
            let of = client.deployment.contract_at(*target).map_or("another contract", Contract::name);
            let named = class_name(*class);
            what = format!("{} messages of {of} are of the class {named}", selectors.len());
        }
        findings.push(Finding { what, fits: deploy::is_done(client, &message)? });
    }
    let fits = client.view(&view::State {})?.token == plan.token;
    findings.push(Finding { what: "vault holds the planned token".to_owned(), fits });
    if let Authority::Contract { governor, guardian, delays } = plan.authority {
        let fits = client.view(&view::Delays {})? == delays;
        findings.push(Finding { what: "the planned delays hold".to_owned(), fits });
        let roles = client.view(&view::Roles {})?;
        findings.push(Finding { what: "the planned governor governs".to_owned(), fits: roles.governor == governor });
        findings.push(Finding { what: "the planned guardian guards".to_owned(), fits: roles.guardian == guardian });
    }
    Ok(findings)
}
