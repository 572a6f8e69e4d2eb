//! Oracle, settlement and governance on the deployed contracts: what must hold (invariants O, P, E, G) and the
//! incidents of other venues, replayed.

mod aster;
mod bonds;
mod charter;
mod claims;
mod defaults;
mod dispute;
mod doubt;
mod drift;
mod events;
mod failures;
mod guardian;
mod index;
mod jelly;
mod kiloex;
mod marks;
mod migration;
mod privileges;
mod skrw;
mod venue;

use sit_client::{Failure, Signer};
use sit_demo::exchange::{Done, Exchange};
use sit_devnet::Account;
use sit_engine::calendar::Day;
use sit_engine::clearing::Product;
use sit_engine::oracle::validity::Validity;
use sit_engine::oracle::{Entry, IndexId, Quote, Rules};
use sit_native::{Contract, EmittedEvent, Message, View, view};
use std::process::Command;

/// Monday 2026-11-23, 00:00 UTC.
const MONDAY: u64 = 1_795_392_000;

/// The same as a day.
const START: u32 = (MONDAY / DAY) as u32;

const DAY: u64 = sit_engine::calendar::DAY as u64;

/// The token price index.
const TPI: IndexId = 0;

/// The product on it.
const PRODUCT: Product = Product(0);

/// 2.00 USD.
const USUAL: u64 = 2_000_000;

/// An index with five reporters and five equal providers, and its events.
struct World {
    exchange: Exchange,
    reporters: Vec<Account>,
    providers: u8,
    told: Vec<EmittedEvent>,
}

/// The name of a contract's refusal; anything else ends the story.
fn refusal(failure: Failure) -> String {
    match failure {
        Failure::Refused { why, .. } => why.name().to_owned(),
        other => panic!("{other}"),
    }
}

/// Proposes the final price of an expiry.
fn propose_final(expiry: u32) -> Message {
    Message::ProposeFinal { index: TPI, expiry: Day(expiry) }
}

/// Makes the proposed final price of an expiry final.
fn finalise_price(expiry: u32) -> Message {
    Message::FinalisePrice { index: TPI, expiry: Day(expiry) }
}

/// Freezes the proposed final price of an expiry.
fn dispute(expiry: u32) -> Message {
    Message::Dispute { index: TPI, expiry: Day(expiry) }
}

/// Takes prints out of a disputed final price.
fn resolve(expiry: u32, voided: u64) -> Message {
    Message::Resolve { index: TPI, expiry: Day(expiry), voided }
}

/// Sets the quality score of a provider.
fn set_provider(provider: u8, score: u16) -> Message {
    Message::SetProvider { index: TPI, provider, score }
}

impl World {
    /// An index by these rules, without a print.
    fn opened(rules: &Rules, providers: u8) -> Self {
        let mut exchange = Exchange::deploy(MONDAY).expect("the contracts are built and deploy");
        let reporters: Vec<Account> =
            (1..=5).map(|number| exchange.chain.account(&format!("reporter {number}"))).collect();
        let mut world = Self { exchange, reporters: reporters.clone(), providers, told: Vec::new() };
        world.govern(&Message::SetIndex { index: TPI, rules: *rules });
        for provider in 0..providers {
            world.govern(&set_provider(provider, rules.reference_score));
        }
        for reporter in &reporters {
            world.govern(&Message::AddReporter { index: TPI, reporter: reporter.address() });
        }
        world
    }

    /// An index with two prints of 2.00 USD, the second one on Tuesday.
    fn live() -> Self {
        let mut world = Self::opened(&Rules::TPI, 5);
        assert_eq!(world.day(START, USUAL), Ok(Validity::NeedsConfirmation));
        assert_eq!(world.day(START + 1, USUAL), Ok(Validity::Valid));
        world
    }

    /// An action of genesis.
    fn govern(&mut self, message: &Message) {
        let done = self.exchange.govern(message).unwrap_or_else(|error| panic!("{error:#}"));
        self.told.extend(done.events);
    }

    fn call(&mut self, who: &Account, message: &Message) -> Result<Done, String> {
        let done = self.exchange.client().send(who, message).map_err(refusal)?;
        self.told.extend(done.events.clone());
        Ok(done)
    }

    fn anyone(&mut self) -> Account {
        self.exchange.chain.account("anyone")
    }

    fn at(&mut self, day: u32, seconds: u64) {
        let time = u64::from(day) * DAY + seconds;
        if time > self.exchange.chain.now() {
            self.exchange.chain.advance_to(time).expect("time goes on");
        }
    }

    /// A batch in which every provider asks `price` and sells the same volume.
    fn batch(&self, price: u64) -> Vec<Entry> {
        let price = u32::try_from(price).expect("a price has 32 bits");
        let line = |provider: u8| Entry { provider, quote: Quote { input: price, output: price, volume: 1_000 } };
        (0..self.providers).map(line).collect()
    }

    fn submission(&self, day: u32, price: u64) -> Message {
        Message::Submit { index: TPI, day: Day(day), batch: self.batch(price) }
    }

    fn submit(&mut self, reporter: usize, day: u32, price: u64) -> Result<(), String> {
        let (who, submission) = (self.reporters[reporter].clone(), self.submission(day, price));
        self.call(&who, &submission).map(|_| ())
    }

    fn publish(&mut self, day: u32) -> Result<Validity, String> {
        let anyone = self.anyone();
        self.call(&anyone, &Message::Publish { index: TPI, day: Day(day) }).map(|done| done.answer().unwrap())
    }

    /// All reporters see `price` in the afternoon of a day; anyone publishes.
    fn day(&mut self, day: u32, price: u64) -> Result<Validity, String> {
        self.day_at(day, 15 * 3_600, price)
    }

    /// As [`Self::day`], at that second of the day.
    fn day_at(&mut self, day: u32, seconds: u64, price: u64) -> Result<Validity, String> {
        self.at(day, seconds);
        for reporter in 0..self.reporters.len() {
            self.submit(reporter, day, price)?;
        }
        self.publish(day)
    }

    fn view<V: View>(&mut self, view: &V) -> Result<V::Answer, String> {
        self.exchange.view(view).map_err(refusal)
    }

    fn print_of(&mut self, day: u32) -> Option<u64> {
        self.view(&view::PrintOf { index: TPI, day: Day(day) }).ok().map(u64::from)
    }

    fn validity(&mut self) -> Validity {
        self.view(&view::Validity { index: TPI }).unwrap()
    }

    /// USDC of an address, in quote atoms.
    fn purse(&mut self, who: [u8; 20]) -> u128 {
        self.exchange.chain.usdc_balance(who.into())
    }

    /// USDC of a contract, in quote atoms.
    fn purse_of(&mut self, contract: Contract) -> u128 {
        let address = self.exchange.address(contract).unwrap();
        self.purse(address)
    }

    /// Gives an address USDC and lets a contract take some of it, in quote atoms.
    fn fill_purse(&mut self, who: &Account, atoms: u128, spender: Contract, value: u64) {
        self.exchange.chain.mint_usdc(who, atoms).unwrap();
        let spender = self.exchange.address(spender).unwrap();
        let approve = Message::ApproveSpender { spender, value: sit_native::TokenAmount(value.into()) };
        self.call(who, &approve).unwrap();
    }
}

/// keccak-256 by the reference in Python, which shares nothing with the contracts.
fn keccak(bytes: &[u8]) -> [u8; 32] {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let script =
        "import sys; from index_reference import keccak256; print(keccak256(bytes.fromhex(sys.argv[1])).hex())";
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors");
    let output = Command::new("python3")
        .args(["-B", "-c", script, &hex])
        .current_dir(folder)
        .output()
        .expect("python3, which scripts/setup --for test installs");
    let text = String::from_utf8(output.stdout).unwrap();
    let digits = text.trim();
    core::array::from_fn(|place| u8::from_str_radix(&digits[2 * place..2 * place + 2], 16).unwrap())
}
