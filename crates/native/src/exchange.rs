//! The exchange off the chain: clearing house, vault and oracle, wired as the contracts are, and the token that they
//! move.
//!
//! [`Exchange::send`] does what the contract does that gets the message: the same checks in the same order, the same
//! calls between the contracts, the same answer, error and events, all or nothing. A test on deployed contracts
//! compares them.

use super::answer::Answer;
use super::contract::Contract;
use super::event::{EmittedEvent, vault};
use super::makers::{Cells, Makers};
use super::message::Message;
use super::oracle::{Keccak, NativeOracle};
use super::refusal::Refusal;
use super::{Native, house};
use sit_engine::calendar::Day;
use sit_engine::chain::{Address, Env};
use sit_engine::clearing::{self, ClearingError, Handover, Index, Peers, Purse, Registry, Stage};
use sit_engine::incentives::{self, IncentivesError, Maker};
use sit_engine::kind::MessageKind;
use sit_engine::oracle::{self, Averaging, IndexId, OracleError, Print, Store as _, Validity};
use sit_engine::units::{Seat, Seconds};
use sit_engine::vault::{Custody, Limits, Permission, VaultError};
use std::collections::HashMap;
use std::vec::Vec;

/// What the contracts and their governors are called on the chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Addresses {
    /// Sets rules, margin and listings.
    pub governance: Address,
    /// Designates and pays makers.
    pub incentives: Address,
    /// The clearing house.
    pub clearing: Address,
    /// The vault.
    pub vault: Address,
    /// The oracle.
    pub oracle: Address,
    /// The collateral token.
    pub token: Address,
}

impl Addresses {
    /// The addresses of these names, for an exchange that is on no chain.
    pub fn by_name(address: impl Fn(&str) -> Address) -> Self {
        Self {
            governance: address("governance"),
            incentives: address("incentives"),
            clearing: address("clearing"),
            vault: address("vault"),
            oracle: address("oracle"),
            token: address("token"),
        }
    }
}

/// What a message does: an answer or a refusal.
pub type Outcome = core::result::Result<Answer, Refusal>;

/// The exchange in memory.
#[derive(Clone)]
pub struct Exchange {
    /// The clearing house's cells.
    pub clearing: Native,
    /// The oracle's cells.
    pub oracle: NativeOracle,
    /// The vault's cell.
    pub custody: Custody,
    /// Time of the block.
    pub now: Seconds,
    /// Who is who.
    pub addresses: Addresses,
    /// The cells of the makers' programme; `None` where an account stands for it.
    programme: Option<Cells>,
    /// Whom the clearing house knows.
    peers: Peers,
    /// Token balances in quote atoms.
    wallets: HashMap<Address, u128>,
    /// What the vault may take from a wallet.
    allowances: HashMap<Address, u128>,
    /// What the oracle may take from a wallet.
    oracle_allowances: HashMap<Address, u128>,
    /// Events of the last accepted message.
    told: Vec<EmittedEvent>,
}

impl Exchange {
    /// Contracts that have just been deployed: not connected, without index, product or account.
    pub fn new(addresses: Addresses, now: Seconds, keccak: Keccak) -> Self {
        let Addresses { governance, token, .. } = addresses;
        Self {
            clearing: Native::new(),
            oracle: NativeOracle::new(governance, keccak),
            custody: Custody { token, governance, ..Custody::default() },
            now,
            addresses,
            programme: None,
            peers: Peers { governance, ..Peers::default() },
            wallets: HashMap::new(),
            allowances: HashMap::new(),
            oracle_allowances: HashMap::new(),
            told: Vec::new(),
        }
    }

    /// Deploys the makers' programme, for which an account stands otherwise: from then on its messages are its own.
    ///
    /// # Errors
    /// When governance has no address.
    pub fn deploy_programme(&mut self) -> core::result::Result<(), IncentivesError> {
        let mut makers = Makers::on(&mut self.clearing, self.now, Cells::default());
        incentives::found(&mut makers, self.addresses.governance)?;
        self.programme = Some(makers.cells);
        Ok(())
    }

    /// The cell of a maker; `None` for a seat that never applied, and where an account stands for the programme.
    pub fn maker(&self, seat: Seat) -> Option<Maker> {
        self.programme.as_ref().and_then(|cells| cells.maker(seat.0))
    }

    /// Gives tokens to a wallet and lets the vault take them.
    pub fn mint(&mut self, wallet: Address, atoms: u128) {
        for purse in [&mut self.wallets, &mut self.allowances] {
            let held = purse.entry(wallet).or_default();
            *held = held.saturating_add(atoms);
        }
    }

    /// Lets the oracle take so much of a wallet's tokens, for bonds and gifts.
    pub fn allow_oracle(&mut self, wallet: Address, atoms: u128) {
        self.oracle_allowances.insert(wallet, atoms);
    }

    /// Tokens in a wallet, in quote atoms.
    pub fn wallet(&self, owner: Address) -> u128 {
        self.wallets.get(&owner).copied().unwrap_or(0)
    }

    /// Events of the last message, oldest first; none if it was refused.
    pub fn told(&self) -> &[EmittedEvent] {
        &self.told
    }

    /// Sends a message.
    ///
    /// # Errors
    /// The refusal of the contract; nothing has changed then.
    pub fn send(&mut self, caller: Address, message: &Message) -> Outcome {
        self.told.clear();
        self.clearing.events.clear();
        self.oracle.events.clear();
        let outcome = match message.contract() {
            Contract::Clearing => self.ask_clearing(caller, message),
            Contract::Vault => self.ask_vault(caller, message),
            Contract::Oracle => self.ask_oracle(caller, message),
            Contract::Incentives => self.ask_programme(caller, message),
            _ => Err(Refusal::Elsewhere),
        };
        if outcome.is_err() {
            self.told.clear();
        }
        outcome
    }

    fn ask_clearing(&mut self, caller: Address, message: &Message) -> Outcome {
        let Some(MessageKind::Clearing(kind)) = message.kind() else { return Err(Refusal::Elsewhere) };
        self.peers.authorise(kind, caller)?;
        let mut beside = Beside {
            oracle: &self.oracle,
            custody: &mut self.custody,
            wallets: &mut self.wallets,
            addresses: self.addresses,
            now: self.now,
            told: Vec::new(),
        };
        if let Message::Connect { vault, oracle, incentives } = *message {
            self.peers.connect(vault, oracle, incentives, &beside)?;
            return Ok(Answer::default());
        }
        let env = Env { caller, now: self.now };
        let answer = self.clearing.transact(|house| house::run(house, &mut beside, env, message))?;
        let told = beside.told;
        self.told.extend(self.clearing.events.iter().map(EmittedEvent::from));
        self.told.extend(told);
        Ok(answer)
    }

    fn ask_vault(&mut self, caller: Address, message: &Message) -> Outcome {
        match *message {
            Message::ConnectVault { clearing } => {
                self.custody.connect(caller, clearing)?;
                Ok(Answer::default())
            }
            Message::Deposit { seat, amount } => {
                let now = self.now;
                self.pay_in(caller, amount, Permission::Allowance, |house| clearing::credit(house, now, seat, amount))
            }
            // The token that checks signatures is on the chain. Here none is accepted, and allowances decide.
            Message::DepositWithPermit { seat, amount, .. } => {
                let now = self.now;
                let permission = Permission::RefusedPermit;
                self.pay_in(caller, amount, permission, |house| clearing::credit(house, now, seat, amount))
            }
            Message::Endow { purpose, amount } => {
                self.pay_in(caller, amount, Permission::Allowance, |house| clearing::endow(house, purpose, amount))
            }
            Message::Pay { to, amount } => {
                self.custody.only_clearing(caller)?;
                let told = pay_out(&mut self.custody, &mut self.wallets, self.addresses.vault, self.now, to, amount)?;
                self.told.push(told);
                Ok(Answer::default())
            }
            Message::LowerLimits { hour, day } => {
                self.custody.lower_limits(self.now, caller, Limits { hour, day })?;
                Ok(Answer::default())
            }
            Message::SetLimits { hour, day } => {
                self.custody.set_limits(caller, Limits { hour, day })?;
                Ok(Answer::default())
            }
            Message::HandOver { next } => {
                self.custody.only_governance(caller)?;
                let current = self.custody.connected()?;
                // There is one house here: the books of another cannot be asked for.
                let held = clearing::books(&mut self.clearing);
                if !held.balanced {
                    return Err(VaultError::BooksElsewhere.into());
                }
                if next != current {
                    return Err(VaultError::CallFailed.into());
                }
                let has_left = clearing::Store::ledger(&mut self.clearing).stage == Stage::Left;
                self.custody.hand_over(caller, next, held.custody.0, held.custody.0, has_left)?;
                self.told.push(vault::HandedOver { from: current, to: next }.into());
                Ok(Answer::default())
            }
            _ => Err(VaultError::CallFailed.into()),
        }
    }

    /// What the programme changes at the clearing house is undone with the message.
    fn ask_programme(&mut self, caller: Address, message: &Message) -> Outcome {
        let Some(cells) = &self.programme else { return Err(Refusal::Elsewhere) };
        let (cells, now) = (cells.clone(), self.now);
        let mut refusal = IncentivesError::ClearingFailed;
        let done = self.clearing.transact(|house| {
            let mut makers = Makers::on(house, now, cells);
            let answer = makers.run(caller, message).map_err(|error| {
                refusal = error;
                ClearingError::CallFailed
            })?;
            Ok((answer, makers.cells, makers.events))
        });
        let (answer, cells, events) = done.map_err(|_| refusal)?;
        self.programme = Some(cells);
        // The programme tells what it does before it tells the house of it.
        self.told.extend(events.iter().map(EmittedEvent::from));
        self.told.extend(self.clearing.events.iter().map(EmittedEvent::from));
        Ok(answer)
    }

    /// Messages that move money are undone whole when the token does not move it.
    fn ask_oracle(&mut self, caller: Address, message: &Message) -> Outcome {
        let moves = matches!(
            message,
            Message::PostBond { .. } | Message::Fund { .. } | Message::Dispute { .. } | Message::Collect { .. }
        );
        let before = moves.then(|| self.oracle.clone());
        let outcome = self.tell_oracle(caller, message);
        if let (Err(_), Some(before)) = (&outcome, before) {
            self.oracle = before;
        }
        self.told.append(&mut self.oracle.events);
        outcome
    }

    fn tell_oracle(&mut self, caller: Address, message: &Message) -> Outcome {
        let env = sit_engine::chain::Env { now: self.now, caller };
        let cells = &mut self.oracle;
        Ok(match *message {
            Message::ConnectToken { token } => oracle::connect(cells, env, token)?.into(),
            Message::SetReporting { index, terms } => oracle::set_reporting(cells, env, index, terms)?.into(),
            Message::Slash { index, reporter, amount } => oracle::slash(cells, env, index, reporter, amount)?.into(),
            Message::PostBond { index, amount } => {
                oracle::post_bond(cells, env, index, amount)?;
                self.stake(caller, amount)?.into()
            }
            Message::Fund { index, amount } => {
                oracle::fund(cells, env, index, amount)?;
                self.stake(caller, amount)?.into()
            }
            Message::Collect { index } => {
                let amount = oracle::collect(cells, env, index)?;
                self.unstake(caller, amount)?;
                amount.into()
            }
            Message::Resign { index } => oracle::resign(cells, env, index)?.into(),
            Message::Commit { index, day, commitment } => oracle::commit(cells, env, index, day, commitment)?.into(),
            Message::Reveal { index, day, salt, ref batch } => {
                oracle::reveal(cells, env, index, day, salt, batch.iter().copied())?.into()
            }
            Message::SetIndex { index, rules } => oracle::set_index(cells, env, index, rules)?.into(),
            Message::SetProvider { index, provider, score } => {
                oracle::set_provider(cells, env, index, provider, score)?.into()
            }
            Message::AddReporter { index, reporter } => oracle::add_reporter(cells, env, index, reporter)?.into(),
            Message::RemoveReporter { index, reporter } => oracle::remove_reporter(cells, env, index, reporter)?.into(),
            Message::Submit { index, day, ref batch } => {
                oracle::submit(cells, env, index, day, batch.iter().copied())?.into()
            }
            Message::Publish { index, day } => {
                Answer::from(u64::from(oracle::publish(cells, env, index, day)?.number()))
            }
            Message::ProposeFinal { index, expiry } => oracle::propose_final(cells, env, index, expiry)?.price.into(),
            Message::Dispute { index, expiry } => {
                let bond = oracle::dispute(cells, env, index, expiry)?;
                if bond > 0 {
                    self.stake(caller, bond)?;
                }
                Answer::default()
            }
            Message::Resolve { index, expiry, voided } => {
                oracle::resolve(cells, env, index, expiry, voided)?.price.into()
            }
            Message::FinalisePrice { index, expiry } => oracle::finalise(cells, env, index, expiry)?.into(),
            _ => return Err(OracleError::UnknownIndex.into()),
        })
    }

    /// The oracle takes a bond, a gift or a dispute's bond out of a wallet.
    fn stake(&mut self, from: Address, amount: u64) -> core::result::Result<(), OracleError> {
        if self.oracle.token().is_none() {
            return Err(OracleError::NotConnected);
        }
        let atoms = u128::from(amount);
        let allowed = self.oracle_allowances.get(&from).copied().unwrap_or(0);
        let (Some(left), Some(still_allowed)) = (self.wallet(from).checked_sub(atoms), allowed.checked_sub(atoms))
        else {
            return Err(OracleError::TokenRefused);
        };
        let oracle = self.addresses.oracle;
        self.wallets.insert(from, left);
        self.oracle_allowances.insert(from, still_allowed);
        let held = self.wallets.entry(oracle).or_default();
        *held = held.saturating_add(atoms);
        Ok(())
    }

    /// The oracle pays out.
    fn unstake(&mut self, to: Address, amount: u64) -> core::result::Result<(), OracleError> {
        if self.oracle.token().is_none() {
            return Err(OracleError::NotConnected);
        }
        let oracle = self.addresses.oracle;
        let left = self.wallet(oracle).checked_sub(amount.into()).ok_or(OracleError::TokenRefused)?;
        self.wallets.insert(oracle, left);
        let purse = self.wallets.entry(to).or_default();
        *purse = purse.saturating_add(amount.into());
        Ok(())
    }

    /// Runs a message of the clearing house, all or nothing, and keeps its events.
    fn commit<T: Into<Answer>>(&mut self, message: impl FnOnce(&mut Native) -> clearing::Result<T>) -> Outcome {
        let answer = self.clearing.transact(message)?.into();
        self.told.extend(self.clearing.events.iter().map(EmittedEvent::from));
        Ok(answer)
    }

    /// Takes the amount from the caller's wallet and has it credited.
    fn pay_in<T: Into<Answer>>(
        &mut self,
        caller: Address,
        amount: u64,
        permission: Permission,
        credit: impl FnOnce(&mut Native) -> clearing::Result<T>,
    ) -> Outcome {
        if amount == 0 {
            return Err(VaultError::ZeroAmount.into());
        }
        let vault = self.addresses.vault;
        let mut custody = self.custody;
        custody.connected()?;
        let (purse, allowed) = (self.wallet(caller), self.allowances.get(&caller).copied().unwrap_or(0));
        let atoms = u128::from(amount);
        let (Some(left), Some(still_allowed)) = (purse.checked_sub(atoms), allowed.checked_sub(atoms)) else {
            return Err(permission.refusal().into());
        };
        let before = self.wallet(vault);
        let after = before.saturating_add(atoms);
        custody.receive(self.now, amount, before, after)?;
        self.told.push(vault::PaidIn { from: caller, amount }.into());
        let answer = self.commit(credit).map_err(|_| VaultError::CreditRefused)?;
        self.custody = custody;
        self.wallets.insert(caller, left);
        self.wallets.insert(vault, after);
        self.allowances.insert(caller, still_allowed);
        Ok(answer)
    }
}

/// What stands beside the clearing house, as its messages ask and use it.
struct Beside<'a> {
    oracle: &'a NativeOracle,
    custody: &'a mut Custody,
    wallets: &'a mut HashMap<Address, u128>,
    addresses: Addresses,
    now: Seconds,
    told: Vec<EmittedEvent>,
}

impl Index for Beside<'_> {
    fn latest(&self, index: IndexId) -> clearing::Result<Option<Print>> {
        Ok(oracle::latest(self.oracle, index).ok())
    }
    fn averaging(&self, index: IndexId, expiry: Day) -> clearing::Result<Option<Averaging>> {
        Ok(oracle::averaging(self.oracle, index, expiry).ok())
    }
    fn validity(&self, index: IndexId) -> clearing::Result<Option<Validity>> {
        Ok(oracle::validity_of(self.oracle, index, self.now).ok())
    }
    fn final_price(&self, index: IndexId, expiry: Day) -> clearing::Result<Option<u32>> {
        Ok(oracle::final_price(self.oracle, index, expiry).ok())
    }
}

impl Purse for Beside<'_> {
    fn pay(&mut self, to: Address, amount: u64) -> clearing::Result<()> {
        let paid = pay_out(self.custody, self.wallets, self.addresses.vault, self.now, to, amount);
        let told = paid.map_err(|error| match error {
            VaultError::PayoutLimit => clearing::ClearingError::PayoutLimit,
            _ => clearing::ClearingError::CallFailed,
        })?;
        self.told.push(told);
        Ok(())
    }
}

/// There is one version of the clearing house here, so no account moves.
impl Registry for Beside<'_> {
    fn this(&self) -> Address {
        self.addresses.clearing
    }
    fn versions(&self) -> clearing::Result<Option<(Address, Address)>> {
        Ok(None)
    }
}

impl Handover for Beside<'_> {
    fn obeyed_by(&self, vault: Address) -> clearing::Result<Address> {
        if vault == self.addresses.vault { Ok(self.custody.clearing) } else { Err(ClearingError::CallFailed) }
    }
}

/// The vault pays out, or nothing has changed.
fn pay_out(
    custody: &mut Custody,
    wallets: &mut HashMap<Address, u128>,
    vault: Address,
    now: Seconds,
    to: Address,
    amount: u64,
) -> core::result::Result<EmittedEvent, VaultError> {
    let mut after = *custody;
    after.pay(now, amount)?;
    let held = wallets.get(&vault).copied().unwrap_or(0);
    let left = held.checked_sub(amount.into()).ok_or(VaultError::TransferOutRefused)?;
    wallets.insert(vault, left);
    let purse = wallets.entry(to).or_default();
    *purse = purse.saturating_add(amount.into());
    *custody = after;
    Ok(vault::PaidOut { to, amount }.into())
}
