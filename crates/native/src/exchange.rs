//! The exchange off the chain: clearing house, vault and oracle, wired as the contracts are, and the token that they move.
//!
//! [`Exchange::send`] does what the contract does that gets the message: the same checks in the same order, the same calls
//! between the contracts, the same answer, error and events, all or nothing. A test on deployed contracts compares them.

use super::message::{Contract, Message};
use super::oracle::{Keccak, NativeOracle};
use super::told::{Told, tell};
use super::{Native, house};
use sit_engine::calendar::Day;
use sit_engine::clearing::{self, ClearingError, Env, Instrument, Product, Store, mark::Averaging, mark::Print};
use sit_engine::oracle::{self, Address, IndexId, OracleError, Store as _};
use sit_engine::units::{Lots, Points, Seat, Seconds, Ticks};
use sit_engine::vault::{Custody, Limits, VaultError};
use std::collections::HashMap;
use std::vec;
use std::vec::Vec;

/// Longest averaging window of the oracle, in days: the shell asks for no further expiry.
const MAX_WINDOW_DAYS: u32 = 32;

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

/// Why a message was refused. Nothing has changed then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// By the clearing house.
    Clearing(ClearingError),
    /// By the vault.
    Vault(VaultError),
    /// By the oracle.
    Oracle(OracleError),
}

impl Refusal {
    /// The name under which the contract reverts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clearing(error) => error.name(),
            Self::Vault(error) => error.name(),
            Self::Oracle(error) => error.name(),
        }
    }
}

impl From<ClearingError> for Refusal {
    fn from(error: ClearingError) -> Self {
        Self::Clearing(error)
    }
}

impl From<VaultError> for Refusal {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

impl From<OracleError> for Refusal {
    fn from(error: OracleError) -> Self {
        Self::Oracle(error)
    }
}

/// The numbers that a message returns, in the order of the ABI; empty when it returns nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Answer(pub Vec<i128>);

impl Answer {
    /// The number at a place; zero when there is none or it does not fit.
    pub fn get(&self, place: usize) -> u64 {
        self.0.get(place).and_then(|number| u64::try_from(*number).ok()).unwrap_or(0)
    }

    /// The first number; zero when there is none.
    pub fn first(&self) -> u64 {
        self.get(0)
    }
}

macro_rules! answers {
    ($($from:ty: $number:expr;)+) => {$(
        impl From<$from> for Answer {
            fn from(value: $from) -> Self {
                Self(Vec::from($number(value)))
            }
        }
    )+};
}

answers! {
    (): |()| [];
    u8: |number: u8| [number.into()];
    u16: |number: u16| [number.into()];
    u32: |number: u32| [number.into()];
    u64: |number: u64| [number.into()];
    Points: |points: Points| [points.0.into()];
    (Ticks, Lots): |(price, lots): (Ticks, Lots)| [price.0.into(), lots.0.into()];
    Seat: |seat: Seat| [seat.0.into()];
    Lots: |lots: Lots| [lots.0.into()];
    Ticks: |price: Ticks| [price.0.into()];
    Instrument: |instrument: Instrument| [instrument.0.into()];
    clearing::Placed: |placed: clearing::Placed| [placed.number.into(), placed.filled.0.into(), placed.resting.0.into()];
}

impl From<(clearing::Placed, clearing::Placed)> for Answer {
    /// Of a roll: what the legs were worth, lots times price.
    fn from((near, far): (clearing::Placed, clearing::Placed)) -> Self {
        Self(vec![near.value.0.into(), far.value.0.into()])
    }
}

impl From<(clearing::Placed, u64)> for Answer {
    /// Of an executed trigger: lots filled, lots resting, the fee.
    fn from((placed, fee): (clearing::Placed, u64)) -> Self {
        Self(vec![placed.filled.0.into(), placed.resting.0.into(), fee.into()])
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
    /// Whether the clearing house has been connected.
    connected: bool,
    /// Token balances in quote atoms.
    wallets: HashMap<Address, u128>,
    /// What the vault may take from a wallet.
    allowances: HashMap<Address, u128>,
    /// What the oracle may take from a wallet.
    oracle_allowances: HashMap<Address, u128>,
    /// Events of the last accepted message.
    told: Vec<Told>,
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
            connected: false,
            wallets: HashMap::new(),
            allowances: HashMap::new(),
            oracle_allowances: HashMap::new(),
            told: Vec::new(),
        }
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
    pub fn told(&self) -> &[Told] {
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
        };
        if outcome.is_err() {
            self.told.clear();
        }
        outcome
    }

    fn ask_clearing(&mut self, caller: Address, message: &Message) -> Outcome {
        let env = Env { caller, now: self.now };
        self.check_sender(caller, message)?;
        match *message {
            Message::Connect { .. } if self.connected => Err(ClearingError::AlreadyConnected.into()),
            Message::Connect { .. } => {
                self.connected = true;
                Ok(Answer::default())
            }
            Message::OpenAccount { .. } => {
                self.check_connected()?;
                self.commit(|clearing| house::run(clearing, env, message))
            }
            Message::Withdraw { amount, .. } => {
                self.check_connected()?;
                self.leave(caller, amount, |clearing| house::run(clearing, env, message))
            }
            Message::PayTreasury { to, amount } => {
                self.leave(to, amount, |clearing| house::run(clearing, env, message))
            }
            Message::SettleDay { product } => self.settle_day(product),
            Message::Finalise { instrument } => self.finalise(instrument),
            Message::NoteIndex { product } => {
                self.check_connected()?;
                let word = oracle::validity_of(&self.oracle, index_of(product), self.now);
                let validity = word.map_err(|_| ClearingError::IndexUnavailable)?;
                self.commit(|clearing| clearing::note_index(clearing, product, validity).map(|()| validity.number()))
            }
            Message::Sunset { instrument } => match self.finalise(instrument) {
                Err(Refusal::Clearing(ClearingError::NotFinal | ClearingError::NotExpired)) => {
                    let now = self.now;
                    self.commit(|clearing| clearing::sunset(clearing, now, instrument))
                }
                settled => settled,
            },
            // Here is no registry of versions, so there is nobody to move to and nobody to come from.
            Message::Migrate { .. } => Err(ClearingError::NotMigrating.into()),
            Message::Arrive { .. } => Err(ClearingError::NotAuthorised.into()),
            Message::StartProduct { product } => {
                let print = self.newest_print(product)?;
                self.commit(|clearing| clearing::start_product(clearing, product, print.day, print.price))
            }
            _ => self.commit(|clearing| house::run(clearing, env, message)),
        }
    }

    /// Refuses a message from somebody who may not send it.
    fn check_sender(&self, caller: Address, message: &Message) -> clearing::Result<()> {
        let connected = |address| if self.connected { address } else { [0; 20] };
        match message {
            Message::Connect { .. }
            | Message::SetRisk { .. }
            | Message::StartProduct { .. }
            | Message::List { .. }
            | Message::SetFeeShares { .. }
            | Message::SetHolidays { .. }
            | Message::SetAddOns { .. }
            | Message::SetSettlementFee { .. }
            | Message::SetFundCap { .. }
            | Message::SetWithdrawalLimits { .. }
            | Message::PayTreasury { .. }
            | Message::Pause { .. }
            | Message::Unpause { .. } => only(caller, self.addresses.governance),
            Message::Credit { .. } | Message::CreditGift { .. } => only(caller, connected(self.addresses.vault)),
            Message::SetMaker { .. } | Message::PayReward { .. } => only(caller, connected(self.addresses.incentives)),
            _ => Ok(()),
        }
    }

    fn ask_vault(&mut self, caller: Address, message: &Message) -> Outcome {
        match *message {
            Message::ConnectVault { clearing } => {
                self.custody.connect(caller, clearing)?;
                Ok(Answer::default())
            }
            Message::Deposit { seat, amount } => {
                self.pay_in(caller, amount, |house| clearing::credit(house, seat, amount))
            }
            Message::Endow { purpose, amount } => {
                self.pay_in(caller, amount, |house| clearing::endow(house, purpose, amount))
            }
            Message::Pay { to, amount } => {
                self.custody.only_clearing(caller)?;
                self.pay_out(to, amount)?;
                Ok(Answer::default())
            }
            Message::LowerLimits { hour, day } => {
                self.custody.lower_limits(caller, Limits { hour, day })?;
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
                self.custody.hand_over(caller, next, held.custody.0, held.custody.0)?;
                self.told.push({
                    let (from, to) = (current, next);
                    tell!(Vault "HandedOver" { from, to })
                });
                Ok(Answer::default())
            }
            _ => Err(VaultError::CallFailed.into()),
        }
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
        let env = oracle::Env { now: self.now, caller };
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
        self.told.extend(self.clearing.events.iter().map(Told::from));
        Ok(answer)
    }

    /// Runs a message after which the vault pays out; when the vault does not, nothing has happened.
    fn leave<T: Into<Answer>>(
        &mut self,
        to: Address,
        amount: u64,
        message: impl FnOnce(&mut Native) -> clearing::Result<T>,
    ) -> Outcome {
        let (now, mut custody) = (self.now, self.custody);
        let answer = self.commit(|house| {
            let answer = message(house)?;
            custody.pay(now, amount).map_err(|_| ClearingError::CallFailed)?;
            Ok(answer)
        })?;
        self.pay_out(to, amount)?;
        Ok(answer)
    }

    fn settle_day(&mut self, product: Product) -> Outcome {
        self.check_connected()?;
        let (now, print) = (self.now, self.newest_print(product)?);
        let cells = &self.oracle;
        let averaging = |expiry: Seconds| {
            let last_day = Day::of(expiry);
            if last_day.0.saturating_sub(print.day.0) > MAX_WINDOW_DAYS {
                return None;
            }
            let held = oracle::averaging(cells, index_of(product), last_day).ok()?;
            Some(Averaging { sum: held.sum, samples: held.samples.into(), window: held.window.into() })
        };
        let round = self.clearing.transact(|house| clearing::settle_day(house, now, product, print, averaging))?;
        self.told.extend(self.clearing.events.iter().map(Told::from));
        Ok(round.into())
    }

    fn finalise(&mut self, instrument: Instrument) -> Outcome {
        self.check_connected()?;
        let (now, product) = (self.now, instrument.product());
        let curve = self.clearing.curve(product).ok_or(ClearingError::UnknownInstrument)?;
        let expiry = curve.month(instrument).ok_or(ClearingError::UnknownInstrument)?.expiry;
        let price = oracle::final_price(&self.oracle, index_of(product), Day::of(expiry));
        let price = price.map_err(|_| ClearingError::NotFinal)?;
        self.commit(|house| clearing::finalise(house, now, instrument, price))
    }

    /// Takes the amount from the caller's wallet and has it credited.
    fn pay_in<T: Into<Answer>>(
        &mut self,
        caller: Address,
        amount: u64,
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
            return Err(VaultError::TransferInRefused.into());
        };
        let before = self.wallet(vault);
        let after = before.saturating_add(atoms);
        custody.receive(amount, before, after)?;
        self.told.push({
            let from = caller;
            tell!(Vault "PaidIn" { from, amount })
        });
        let answer = self.commit(credit).map_err(|_| VaultError::CreditRefused)?;
        self.custody = custody;
        self.wallets.insert(caller, left);
        self.wallets.insert(vault, after);
        self.allowances.insert(caller, still_allowed);
        Ok(answer)
    }

    fn pay_out(&mut self, to: Address, amount: u64) -> core::result::Result<(), VaultError> {
        let mut custody = self.custody;
        custody.pay(self.now, amount)?;
        let vault = self.addresses.vault;
        let left = self.wallet(vault).checked_sub(amount.into()).ok_or(VaultError::TransferOutRefused)?;
        self.wallets.insert(vault, left);
        let purse = self.wallets.entry(to).or_default();
        *purse = purse.saturating_add(amount.into());
        self.custody = custody;
        self.told.push(tell!(Vault "PaidOut" { to, amount }));
        Ok(())
    }

    fn newest_print(&self, product: Product) -> clearing::Result<Print> {
        let print = oracle::latest(&self.oracle, index_of(product)).map_err(|_| ClearingError::IndexUnavailable)?;
        Ok(Print { day: print.day, price: print.price })
    }

    fn check_connected(&self) -> clearing::Result<()> {
        if self.connected { Ok(()) } else { Err(ClearingError::NotConnected) }
    }
}

fn only(caller: Address, sender: Address) -> clearing::Result<()> {
    if caller == sender { Ok(()) } else { Err(ClearingError::NotAuthorised) }
}

/// A product's index has its number.
fn index_of(product: Product) -> IndexId {
    product.0.into()
}
