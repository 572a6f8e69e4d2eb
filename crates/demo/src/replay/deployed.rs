//! The contracts of a replay on the embedded chain.
//!
//! Governance and the incentives contract are plain accounts here: what they send is the message itself, with its own answer
//! and its own refusal, and needs no proposal. That they are obeyed only as contracts in the product is tested elsewhere.

use crate::client::Cells;
use anyhow::{Context, Result, bail};
use sit_devnet::{Account, Address, Artifact, CallError, Chain, Deployed as Instance, Receipt, Value, WhenFull, args};
use sit_native::{Addresses, Argument, Contract, Message};
use std::collections::HashMap;

/// Clearing house, vault and oracle on a chain of their own.
pub struct Deployed {
    /// The chain.
    pub chain: Chain,
    contracts: HashMap<Contract, Instance>,
    signers: HashMap<[u8; 20], Account>,
    addresses: Addresses,
}

impl Deployed {
    /// Deploys the contracts at a time. `people` are the names of those who will sign, besides the governors.
    ///
    /// # Errors
    /// When a contract is not built, or the chain refuses.
    pub fn new(unix_seconds: u64, people: &[String]) -> Result<Self> {
        let mut chain = Chain::starting_at(unix_seconds);
        // Messages of one native moment stay at that moment, however many blocks they fill.
        chain.when_full(WhenFull::Seal { seconds: 0 });
        let mut signers = HashMap::new();
        let mut sign = |chain: &mut Chain, name: &str| {
            let account = chain.account(name);
            signers.insert(account.address.into_array(), account.clone());
            account
        };
        let (governance, incentives) = (sign(&mut chain, "governance"), sign(&mut chain, "incentives"));
        for name in people {
            sign(&mut chain, name);
        }
        let usdc = chain.usdc();
        let vault = chain.deploy(&governance, &Artifact::load("vault")?, args![&usdc, &governance])?;
        let back_office = chain.deploy(&governance, &Artifact::load("clearing-office")?, args![])?;
        let clearing = chain.deploy(&governance, &Artifact::load("clearing")?, args![&governance, &back_office])?;
        let office = chain.deploy(&governance, &Artifact::load("oracle-office")?, args![])?;
        let oracle = chain.deploy(&governance, &Artifact::load("oracle")?, args![&governance, &office])?;
        let addresses = Addresses {
            governance: governance.address.into_array(),
            incentives: incentives.address.into_array(),
            clearing: clearing.address.into_array(),
            vault: vault.address.into_array(),
            oracle: oracle.address.into_array(),
            token: usdc.address.into_array(),
        };
        let contracts =
            HashMap::from([(Contract::Clearing, clearing), (Contract::Vault, vault), (Contract::Oracle, oracle)]);
        Ok(Self { chain, contracts, signers, addresses })
    }

    /// Who is who.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// The address of a name.
    pub fn address_of(&mut self, name: &str) -> [u8; 20] {
        self.chain.account(name).address.into_array()
    }

    /// Gives a signer tokens and lets the vault take them.
    ///
    /// # Errors
    /// The chain's refusal.
    pub fn mint(&mut self, wallet: [u8; 20], atoms: u128) -> Result<()> {
        let signer = self.signer(wallet)?;
        let (usdc, vault) = (self.chain.usdc(), self.contract(Contract::Vault)?);
        self.chain.mint_usdc(&signer, atoms)?;
        let allowed: u128 = self.chain.view(&signer, &usdc, "allowance", args![&signer, &vault])?.get(0)?;
        self.chain.call(&signer, &usdc, "approve", args![&vault, allowed + atoms])?;
        Ok(())
    }

    /// Tokens of an address, in quote atoms.
    pub fn wallet(&mut self, owner: [u8; 20]) -> u128 {
        self.chain.usdc_balance(Address::from(owner))
    }

    /// Whether the deployed contract has no such message.
    #[must_use]
    pub fn lacks(&self, message: &Message) -> bool {
        let count = message.arguments().len();
        let functions =
            self.contracts.get(&message.contract()).and_then(|contract| contract.abi.function(message.name()));
        !functions.is_some_and(|overloads| overloads.iter().any(|function| function.inputs.len() == count))
    }

    /// Sends a message at a time. The outer error is the replay's, the inner one the contract's.
    ///
    /// # Errors
    /// When the chain is past that time, or the signer is not known.
    pub fn send(&mut self, at: u64, by: [u8; 20], message: &Message) -> Result<Result<Receipt, CallError>> {
        if self.chain.now() > at {
            bail!("the chain is at {}, past {at}", self.chain.now());
        }
        if self.chain.now() < at {
            self.chain.advance_to(at)?;
        }
        let (signer, contract) = (self.signer(by)?, self.contract(message.contract())?);
        let arguments: Vec<Value> = message.arguments().iter().map(value).collect();
        Ok(self.chain.call(&signer, &contract, message.name(), arguments))
    }

    /// Whether the vault's own audit is content.
    ///
    /// # Errors
    /// When the chain refuses the view.
    pub fn audit(&mut self) -> Result<bool> {
        let (vault, anyone) = (self.contract(Contract::Vault)?, self.chain.account("governance"));
        let (_, _, balanced): (u128, i128, bool) = self.chain.view(&anyone, &vault, "audit", args![])?.get(0)?;
        Ok(balanced)
    }

    /// Who signs as an address.
    ///
    /// # Errors
    /// When nobody does.
    pub fn signer(&self, address: [u8; 20]) -> Result<Account> {
        self.signers.get(&address).cloned().with_context(|| format!("nobody signs as {}", Address::from(address)))
    }

    /// A contract.
    ///
    /// # Errors
    /// When it is not deployed.
    pub fn contract(&self, contract: Contract) -> Result<Instance> {
        self.contracts.get(&contract).cloned().with_context(|| format!("{} is deployed", contract.name()))
    }
}

impl Cells for Deployed {
    fn bytes(&mut self, tag: u8, a: u32, b: u32) -> Result<Vec<u8>> {
        let (clearing, anyone) = (self.contract(Contract::Clearing)?, self.chain.account("governance"));
        Ok(self.chain.view(&anyone, &clearing, "cell", args![tag, a, b])?.get(0)?)
    }
}

/// An argument as a Solidity value.
pub(super) fn value(argument: &Argument) -> Value {
    match argument {
        Argument::Number(number) => sit_devnet::IntoArg::into_arg(*number),
        Argument::Signed(number) => sit_devnet::IntoArg::into_arg(*number),
        Argument::Flag(flag) => Value::Bool(*flag),
        Argument::Address(address) => Value::Address(Address::from(*address)),
        Argument::Word(word) => Value::FixedBytes((*word).into(), 32),
        Argument::Bytes(bytes) => Value::Bytes(bytes.clone()),
        Argument::Tuple(items) => Value::Tuple(items.iter().map(value).collect()),
        Argument::List(items) => Value::Array(items.iter().map(value).collect()),
    }
}
