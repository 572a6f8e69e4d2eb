//! The contracts of a replay on the embedded chain.
//!
//! Governance is a plain account here, and the makers' programme too unless it is deployed: what they send is the
//! message itself, with its own answer and its own refusal, and needs no proposal. That only the real contracts may
//! send these messages is tested elsewhere.

use anyhow::{Context, Result, bail};
use sit_client::deploy::{self, Authority, Plan};
use sit_client::{Client, Deployment, Failure, Signer};
use sit_devnet::{Account, Address, Chain, Cost, WhenFull};
use sit_engine::codec::Cell;
use sit_native::stored::OfClearing;
use sit_native::{Addresses, Contract, Message, TokenAmount, View, view};
use std::collections::HashMap;

/// The contracts of a replay on a chain of their own.
pub struct Deployed {
    /// The chain.
    pub chain: Chain,
    /// Where the contracts are; governance is an account.
    pub deployment: Deployment,
    signers: HashMap<[u8; 20], Account>,
}

impl Deployed {
    /// Deploys the contracts at a time, with an account for the makers' programme. `people` are the names of those who
    /// will sign, besides the governors. Nothing is wired: the messages that do it are part of what is replayed.
    ///
    /// # Errors
    /// When a contract is not built, or the chain refuses.
    pub fn new(unix_seconds: u64, people: &[String]) -> Result<Self> {
        let mut chain = Chain::starting_at(unix_seconds);
        let programme = chain.account("incentives").address();
        Self::on(chain, people, Some(programme))
    }

    /// Deploys the contracts of a replay with the makers' programme among them.
    ///
    /// # Errors
    /// As [`Deployed::new`].
    pub fn with_programme(unix_seconds: u64, people: &[String]) -> Result<Self> {
        Self::on(Chain::starting_at(unix_seconds), people, None)
    }

    fn on(mut chain: Chain, people: &[String], programme: Option<[u8; 20]>) -> Result<Self> {
        // Messages of one native moment stay at that moment, however many blocks they fill.
        chain.when_full(WhenFull::Seal { seconds: 0 });
        let names = ["governance", "incentives"].into_iter().chain(people.iter().map(String::as_str));
        let signers: HashMap<[u8; 20], Account> =
            names.map(|name| chain.account(name)).map(|account| (account.address(), account)).collect();
        let governance = chain.account("governance");
        let token = chain.usdc().address.into_array();
        let plan = Plan { token, authority: Authority::Account(governance.address()), programme };
        let mut client = Client::new(&mut chain, Deployment::default());
        deploy::create(&mut client, &governance, &plan)?;
        let deployment = client.deployment;
        Ok(Self { chain, deployment, signers })
    }

    /// The messages by which governance wires the contracts.
    ///
    /// # Errors
    /// When one is not deployed.
    pub fn wiring(&self) -> Result<Vec<Message>> {
        let Addresses { governance, token, .. } = self.addresses();
        let plan = Plan { token, authority: Authority::Account(governance), programme: None };
        Ok(deploy::wiring(&self.deployment, &plan)?)
    }

    /// A client of the contracts.
    pub fn client(&mut self) -> Client<&mut Chain> {
        Client::new(&mut self.chain, self.deployment.clone())
    }

    /// Who is who.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        self.deployment.addresses()
    }

    /// The address of a name.
    pub fn address_of(&mut self, name: &str) -> [u8; 20] {
        self.chain.account(name).address()
    }

    /// Gives a signer tokens and lets the vault take them.
    ///
    /// # Errors
    /// The chain's refusal.
    pub fn mint(&mut self, wallet: [u8; 20], atoms: u128) -> Result<()> {
        let signer = self.signer(wallet)?;
        self.chain.mint_usdc(&signer, atoms)?;
        let spender = self.addresses().vault;
        let mut client = self.client();
        let TokenAmount(allowed) = client.view(&view::Allowance { owner: wallet, spender })?;
        client.send(&signer, &Message::ApproveSpender { spender, value: TokenAmount(allowed + atoms) })?;
        Ok(())
    }

    /// Tokens of an address, in quote atoms.
    pub fn wallet(&mut self, owner: [u8; 20]) -> u128 {
        self.chain.usdc_balance(Address::from(owner))
    }

    /// Sends a message at a time. The outer error is the replay's, the inner one the contract's.
    ///
    /// # Errors
    /// When the chain is past that time, or the signer is not known.
    pub fn send(
        &mut self,
        at: u64,
        by: [u8; 20],
        message: &Message,
    ) -> Result<Result<sit_client::Done<Cost>, Failure>> {
        if self.chain.now() > at {
            bail!("the chain is at {}, past {at}", self.chain.now());
        }
        if self.chain.now() < at {
            self.chain.advance_to(at)?;
        }
        let signer = self.signer(by)?;
        Ok(self.client().send(&signer, message))
    }

    /// What a view answers.
    ///
    /// # Errors
    /// The contract's refusal.
    pub fn view<V: View>(&mut self, view: &V) -> Result<V::Answer, Failure> {
        self.client().view(view)
    }

    /// A cell of the clearing house; `None` where nothing was written.
    ///
    /// # Errors
    /// When the chain refuses the view.
    pub fn cell<C: Cell>(&mut self, cell: &OfClearing<C>) -> Result<Option<C>, Failure> {
        self.client().cell(cell)
    }

    /// Whether the vault's own audit is content.
    ///
    /// # Errors
    /// When the chain refuses the view.
    pub fn audit(&mut self) -> Result<bool> {
        Ok(self.view(&view::Audit {})?.balanced)
    }

    /// The signer of an address.
    ///
    /// # Errors
    /// When nobody does.
    pub fn signer(&self, address: [u8; 20]) -> Result<Account> {
        self.signers.get(&address).cloned().with_context(|| format!("nobody signs as {}", Address::from(address)))
    }

    /// Where a contract is.
    ///
    /// # Errors
    /// When it is not deployed.
    pub fn address(&self, contract: Contract) -> Result<[u8; 20]> {
        Ok(self.deployment.get(contract).ok_or(Failure::NotDeployed(contract))?)
    }
}
