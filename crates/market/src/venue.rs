//! The exchange as agents meet it: contracts opened for trading, a public price, and a record of what was sent.

use std::collections::HashMap;

use sit_engine::calendar::{self, Day};
use sit_engine::clearing::{
    Account, Event, Instrument, Listing, Month, Purpose, Store, WithdrawalLimits, margin, margin::Health,
};
use sit_engine::launch;
use sit_engine::oracle::{self, Rules};
use sit_engine::units::{QuoteAtoms, Seat, Seconds, Ticks};
use sit_native::{Addresses, Answer, Exchange, Message, Outcome, Refusal};

use super::parameters::{Dollars, ParameterSet, Safeguards, Sizing};
use sit_sim::keccak256;

pub use sit_engine::chain::Address;

/// The product that is traded: the token price index.
pub use sit_engine::launch::TPI;

/// Reporters of the index. The quorum of [`Rules::TPI`] is three.
pub const REPORTERS: usize = 4;

/// Daily volume of each provider in millions of tokens, unequal as volumes are, one above the cap.
pub const VOLUMES: [u64; 5] = [40_000, 25_000, 15_000, 12_000, 8_000];

/// The address of a person or contract of that name, off the chain.
#[must_use]
pub fn address_of(name: &str) -> Address {
    let hash = keccak256(name.as_bytes());
    let mut address = [0; 20];
    address.copy_from_slice(&hash[12..]);
    address
}

/// What somebody did.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Sent a message.
    Message(Message),
    /// Was given so many quote atoms of the token.
    Mint(u64),
}

/// A message or a mint, and its outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// Time of the block.
    pub at: Seconds,
    /// Who did it.
    pub by: Address,
    /// The message or the mint.
    pub what: What,
    /// The answer or the refusal.
    pub outcome: Outcome,
}

/// What has happened at the venue, counted from its events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Messages that were accepted.
    pub accepted: u64,
    /// Messages that were refused.
    pub refused: u64,
    /// Lots traded in the book.
    pub volume: u64,
    /// Fees of takers and makers, quote atoms.
    pub fees: u64,
    /// Margin calls.
    pub margin_calls: u32,
    /// Liquidations begun.
    pub liquidations: u32,
    /// Lots taken over by liquidators.
    pub liquidated_lots: u64,
    /// Quote atoms that the insurance fund paid for bankrupt accounts.
    pub fund_paid: u64,
    /// Unsettled profit that winners lost to allocations, in points.
    pub haircut: i64,
    /// Prices of the index that had to wait for confirmation or were refused as invalid.
    pub doubted_prints: u32,
}

/// The exchange with its public price.
#[derive(Clone)]
pub struct Venue {
    /// The contracts, natively.
    pub exchange: Exchange,
    /// Sizes of the instruments.
    pub sizing: Sizing,
    /// The listed months, nearest first.
    pub months: Vec<(Instrument, Day)>,
    /// The price that everybody sees, US dollars per million tokens.
    pub spot: f64,
    /// What each listed month is worth by the model, US dollars per million tokens.
    pub fair: Vec<f64>,
    /// What has happened.
    pub tally: Tally,
    /// Names of senders, for the record.
    pub names: HashMap<Address, String>,
    minted: HashMap<Address, u128>,
    seats: HashMap<Address, Vec<Seat>>,
    record: Option<Vec<Sent>>,
}

impl Venue {
    /// The addresses of the contracts and their governors, by name.
    #[must_use]
    pub fn addresses() -> Addresses {
        Addresses::by_name(address_of)
    }

    /// Contracts as deployed, at a time. With `recording` every message is kept.
    #[must_use]
    pub fn new(now: Seconds, sizing: Sizing, recording: bool) -> Self {
        let addresses = Self::addresses();
        let mut venue = Self {
            exchange: Exchange::new(addresses, now, keccak256),
            sizing,
            months: Vec::new(),
            spot: 0.0,
            fair: Vec::new(),
            tally: Tally::default(),
            names: HashMap::new(),
            minted: HashMap::new(),
            seats: HashMap::new(),
            record: recording.then(Vec::new),
        };
        for name in ["governance", "incentives", "clearing", "vault", "oracle", "token", "keeper", "treasurer"] {
            venue.name(name);
        }
        venue
    }

    /// The address of a person of that name, whom the record knows from now on.
    pub fn name(&mut self, name: &str) -> Address {
        let address = address_of(name);
        self.names.entry(address).or_insert_with(|| name.to_owned());
        address
    }

    /// Connects the contracts, opens the index with its first confirmed print at the present spot, and lists the first
    /// `months` months at their fair prices. Takes until 16:00 of the first day: the first print waits for
    /// confirmation.
    ///
    /// # Errors
    /// The first refusal.
    pub fn open(
        &mut self,
        set: &ParameterSet,
        shocks: &[u8],
        certificate: [u8; 32],
        months: usize,
    ) -> Result<(), Refusal> {
        let Addresses { governance, incentives, clearing, vault, oracle, .. } = self.exchange.addresses;
        self.send(governance, Message::ConnectVault { clearing })?;
        self.send(governance, Message::Connect { vault, oracle, incentives })?;
        let index = TPI.0.into();
        self.send(governance, Message::SetIndex { index, rules: Rules::TPI })?;
        for provider in 0..VOLUMES.len() as u8 {
            self.send(governance, Message::SetProvider { index, provider, score: Rules::TPI.reference_score })?;
        }
        for number in 0..REPORTERS {
            let reporter = self.reporter(number);
            self.send(governance, Message::AddReporter { index, reporter })?;
        }
        let today = Day::of(self.exchange.now);
        self.exchange.now = today.start().later(Rules::TPI.opens);
        for number in 0..REPORTERS {
            self.report(number, today, self.spot)?;
        }
        self.publish(today)?;
        self.exchange.now = self.exchange.now.later(Rules::TPI.confirm_delay);
        self.publish(today)?;
        let risk = Message::SetRisk {
            product: TPI,
            maintenance_bps: set.maintenance_bps,
            liquidation_end_bps: set.liquidation_end_bps,
            shocks: shocks.to_vec(),
            certificate_hash: certificate,
        };
        self.send(governance, risk)?;
        self.send(governance, Message::StartProduct { product: TPI })?;
        self.send(
            governance,
            Message::SetFeeShares { fund_bps: launch::FUND_SHARE_BPS, incentive_bps: launch::INCENTIVE_SHARE_BPS },
        )?;
        if set.safeguards != Safeguards::NONE {
            let add_ons = set.safeguards.add_ons();
            self.send(governance, Message::SetAddOns { product: TPI, add_ons })?;
            let WithdrawalLimits { hour_bps, hour_amount, day_bps, day_amount } = set.safeguards.withdrawal_limits();
            let limits = Message::SetWithdrawalLimits { hour_bps, hour_amount, day_bps, day_amount };
            self.send(governance, limits)?;
            self.send(governance, Message::SetFundCap { bps: set.safeguards.fund_cap_bps })?;
        }
        for (slot, day) in calendar::listing(today).into_iter().take(months).enumerate() {
            let listing = Listing {
                product: TPI,
                expiry: calendar::last_trading_time(day),
                tick_value: self.sizing.tick_value,
                tick_size: self.sizing.tick_size,
                mark: self.sizing.ticks(self.fair.get(slot).copied().unwrap_or(self.spot)),
                terms: set.terms(),
            };
            let instrument = self.send(governance, Message::List { listing })?.first();
            self.months.push((Instrument(instrument as u16), day));
        }
        if set.fund > 0 {
            let treasurer = self.name("treasurer");
            self.mint(treasurer, set.fund);
            self.send(treasurer, Message::Endow { purpose: Purpose::Fund, amount: set.fund })?;
        }
        Ok(())
    }

    /// Sends a message, counts its events, and audits the books.
    ///
    /// # Errors
    /// The contract's refusal.
    ///
    /// # Panics
    /// When the books do not balance: then the engine is wrong, and nothing that follows means anything.
    pub fn send(&mut self, by: Address, message: Message) -> Outcome {
        let outcome = self.exchange.send(by, &message);
        match &outcome {
            Ok(_) => {
                self.tally.accepted += 1;
                if let Err(broken) = self.exchange.audit() {
                    panic!("after {message:?}: {broken}");
                }
                self.count();
            }
            Err(_) => self.tally.refused += 1,
        }
        if let Some(record) = &mut self.record {
            record.push(Sent { at: self.exchange.now, by, what: What::Message(message), outcome: outcome.clone() });
        }
        outcome
    }

    fn count(&mut self) {
        let tally = &mut self.tally;
        for event in &self.exchange.clearing.events {
            match *event {
                Event::Filled { lots, taker_fee, maker_fee, .. } => {
                    tally.volume += u64::from(lots.0);
                    tally.fees += taker_fee + maker_fee;
                }
                Event::MarginCall { .. } => tally.margin_calls += 1,
                Event::LiquidationStarted { .. } => tally.liquidations += 1,
                Event::Liquidated { lots, .. } => tally.liquidated_lots += u64::from(lots.0),
                Event::Covered { amount, .. } => tally.fund_paid += amount,
                Event::Haircut { lost, .. } => tally.haircut += lost.0,
                _ => {}
            }
        }
    }

    /// What was sent so far, if it is recorded; the record starts again empty.
    pub fn take_record(&mut self) -> Vec<Sent> {
        self.record.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Gives tokens to a wallet.
    pub fn mint(&mut self, wallet: Address, atoms: u64) {
        self.exchange.mint(wallet, atoms.into());
        if let Some(record) = &mut self.record {
            let outcome = Ok(Answer::default());
            record.push(Sent { at: self.exchange.now, by: wallet, what: What::Mint(atoms), outcome });
        }
        *self.minted.entry(wallet).or_default() += u128::from(atoms);
    }

    /// Tokens that a wallet was given, in quote atoms.
    #[must_use]
    pub fn minted(&self, wallet: Address) -> u128 {
        self.minted.get(&wallet).copied().unwrap_or(0)
    }

    /// Opens the owner's next sub-account.
    ///
    /// # Errors
    /// The contract's refusal.
    pub fn open_account(&mut self, owner: Address) -> Result<Seat, Refusal> {
        let seats = self.seats.entry(owner).or_default();
        let sub = seats.len() as u8;
        let seat = Seat(self.send(owner, Message::OpenAccount { sub })?.first() as u32);
        self.seats.entry(owner).or_default().push(seat);
        Ok(seat)
    }

    /// Gives tokens to the owner and pays them into the account.
    ///
    /// # Errors
    /// The contract's refusal.
    pub fn pay_in(&mut self, owner: Address, seat: Seat, amount: u64) -> Outcome {
        self.mint(owner, amount);
        self.send(owner, Message::Deposit { seat, amount })
    }

    /// The address of a reporter.
    pub fn reporter(&mut self, number: usize) -> Address {
        self.name(&format!("reporter {}", number + 1))
    }

    /// A reporter sends what they see when the price is `price` dollars.
    ///
    /// # Errors
    /// The contract's refusal.
    pub fn report(&mut self, number: usize, day: Day, price: f64) -> Outcome {
        /// Price of each provider against the index, in basis points.
        const SPREAD_BPS: [f64; VOLUMES.len()] = [10_000.0, 10_150.0, 9_900.0, 10_300.0, 9_700.0];
        let entry = |(provider, (volume, spread)): (u8, (&u64, f64))| {
            let blend = (price * 1e6 * spread / 10_000.0).round().clamp(4.0, 1e9) as u32;
            // Input at half the blend: (3 input + output) / 4 is the blend again.
            let input = (blend / 2).max(1);
            let quote = oracle::Quote { input, output: (4 * blend - 3 * input).max(1), volume: *volume };
            oracle::Entry { provider, quote }
        };
        let batch = (0_u8..).zip(VOLUMES.iter().zip(SPREAD_BPS)).map(entry).collect();
        let reporter = self.reporter(number);
        self.send(reporter, Message::Submit { index: TPI.0.into(), day, batch })
    }

    /// Anyone publishes a day: 0 invalid, 1 waits for confirmation, 2 published.
    ///
    /// # Errors
    /// The contract's refusal.
    pub fn publish(&mut self, day: Day) -> Outcome {
        let keeper = self.name("keeper");
        let outcome = self.send(keeper, Message::Publish { index: TPI.0.into(), day });
        if outcome.as_ref().is_ok_and(|class| class.first() < 2) {
            self.tally.doubted_prints += 1;
        }
        outcome
    }

    /// The curve's month of an instrument; nothing once it has left the curve.
    pub fn month(&mut self, instrument: Instrument) -> Option<Month> {
        self.exchange.clearing.curve(TPI)?.month(instrument).copied()
    }

    /// An account; an empty one of nobody for a seat that is not there.
    #[must_use]
    pub fn account(&self, seat: Seat) -> Account {
        self.exchange.clearing.account_of(seat).copied().unwrap_or_else(|| Account::new([0; 20]))
    }

    /// An account's margin; nothing while it holds an instrument that has to be claimed first.
    pub fn health(&mut self, seat: Seat) -> Option<Health> {
        let account = self.account(seat);
        margin::assess(&mut self.exchange.clearing, &account).ok()
    }

    /// All seats.
    #[must_use]
    pub fn all_seats(&self) -> Vec<Seat> {
        self.exchange.clearing.accounts().map(|(seat, _)| seat).collect()
    }

    /// What an account is worth at the marks: cash and all variation, in quote atoms.
    pub fn equity(&mut self, seat: Seat) -> QuoteAtoms {
        let account = self.account(seat);
        let mut equity = QuoteAtoms(account.cash.into());
        for position in account.positions() {
            if let Some(month) = self.month(position.instrument) {
                equity += position.variation(month.mark) * month.tick_value;
            }
        }
        equity
    }

    /// What an owner has made: wallet and accounts at the marks, less what they were given. Accounts below zero count
    /// as zero: nobody owes more than they have paid in.
    pub fn profit(&mut self, owner: Address) -> i128 {
        let seats = self.seats.get(&owner).cloned().unwrap_or_default();
        let accounts: i128 = seats.into_iter().map(|seat| self.equity(seat).0.max(0)).sum();
        let wallet = i128::try_from(self.exchange.wallet(owner)).unwrap_or(i128::MAX);
        wallet + accounts - i128::try_from(self.minted(owner)).unwrap_or(i128::MAX)
    }

    /// A price moved inside the day's limits around the settlement mark.
    #[must_use]
    pub fn within_limits(month: &Month, price: f64, limit_bps: u16) -> Ticks {
        let settle = f64::from(month.settle.0);
        let reach = (settle * f64::from(limit_bps) / 10_000.0).floor();
        Ticks(price.round().clamp((settle - reach).max(1.0), settle + reach) as u32)
    }

    /// Answer of a message that must be accepted.
    ///
    /// # Panics
    /// When it is refused.
    pub fn must(&mut self, by: Address, message: Message) -> Answer {
        match self.send(by, message.clone()) {
            Ok(answer) => answer,
            Err(refusal) => panic!("{message:?} was refused: {}", refusal.name()),
        }
    }
}
