//! Oracle, settlement and governance on the deployed contracts: what must hold (invariants O, P, E, G) and the incidents of
//! other venues, replayed.

mod aster;
mod bonds;
mod charter;
mod claims;
mod dispute;
mod doubt;
mod drift;
mod events;
mod guardian;
mod index;
mod jelly;
mod kiloex;
mod marks;
mod migration;
mod privileges;
mod skrw;
mod venue;

use sit_demo::exchange::{Exchange, index_arguments};
use sit_devnet::{Account, CallError, Receipt, Value, args};
use sit_engine::oracle::Rules;
use std::process::Command;

/// Monday 2026-11-23, 00:00 UTC.
const MONDAY: u64 = 1_795_392_000;

/// The same as a day.
const START: u32 = (MONDAY / DAY) as u32;

const DAY: u64 = 86_400;

/// The token price index.
const TPI: u16 = 0;

/// 2.00 USD.
const USUAL: u64 = 2_000_000;

/// An index with five reporters and five equal providers, and what was told.
struct World {
    exchange: Exchange,
    reporters: Vec<Account>,
    providers: u8,
    told: Vec<sit_devnet::Event>,
}

impl World {
    /// An index by these rules, without a print.
    fn opened(rules: &Rules, providers: u8) -> Self {
        let mut exchange = Exchange::deploy(MONDAY).expect("the contracts are built and deploy");
        let reporters: Vec<Account> =
            (1..=5).map(|number| exchange.chain.account(&format!("reporter {number}"))).collect();
        let mut world = Self { exchange, reporters: reporters.clone(), providers, told: Vec::new() };
        world.govern("set_index", index_arguments(rules));
        for provider in 0..providers {
            world.govern("set_provider", args![TPI, u64::from(provider), u64::from(rules.reference_score)]);
        }
        for reporter in &reporters {
            world.govern("add_reporter", args![TPI, reporter]);
        }
        world
    }

    /// The same with two prints of 2.00 USD, the second one on Tuesday.
    fn live() -> Self {
        let mut world = Self::opened(&Rules::TPI, 5);
        assert_eq!(world.day(START, USUAL), Ok(1));
        assert_eq!(world.day(START + 1, USUAL), Ok(2));
        world
    }

    /// An action of genesis on the oracle.
    fn govern(&mut self, message: &str, arguments: Vec<Value>) {
        let oracle = self.exchange.oracle.clone();
        let receipt = self.exchange.govern(&oracle, message, arguments).expect("governance may");
        self.told.extend(receipt.events);
    }

    fn call(&mut self, who: &Account, message: &str, arguments: Vec<Value>) -> Result<Receipt, String> {
        let oracle = self.exchange.oracle.clone();
        match self.exchange.chain.call(who, &oracle, message, arguments) {
            Ok(receipt) => {
                self.told.extend(receipt.events.clone());
                Ok(receipt)
            }
            Err(CallError::Reverted { revert, .. }) => Err(revert.name),
            Err(error) => panic!("{message}: {error}"),
        }
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

    /// A batch in which every provider asks `price` and sells the same.
    fn batch(&self, price: u64) -> Value {
        let line = |provider: u8| Value::Tuple(args![u64::from(provider), price, price, 1_000_u64]);
        Value::Array((0..self.providers).map(line).collect())
    }

    fn submit(&mut self, reporter: usize, day: u32, price: u64) -> Result<(), String> {
        let (who, batch) = (self.reporters[reporter].clone(), self.batch(price));
        self.call(&who, "submit", args![TPI, day, batch]).map(|_| ())
    }

    fn publish(&mut self, day: u32) -> Result<u8, String> {
        let anyone = self.anyone();
        self.call(&anyone, "publish", args![TPI, day]).map(|receipt| receipt.get(0).unwrap())
    }

    /// All reporters see `price` in the afternoon of a day; anyone publishes.
    fn day(&mut self, day: u32, price: u64) -> Result<u8, String> {
        self.at(day, 15 * 3_600);
        for reporter in 0..self.reporters.len() {
            self.submit(reporter, day, price)?;
        }
        self.publish(day)
    }

    fn view<T: sit_devnet::FromValue>(&mut self, message: &str, arguments: Vec<Value>) -> Result<T, String> {
        let (oracle, anyone) = (self.exchange.oracle.clone(), self.anyone());
        let answer = self.exchange.chain.view(&anyone, &oracle, message, arguments);
        answer.map(|receipt| receipt.get(0).unwrap()).map_err(|error| error.name().to_owned())
    }

    fn print_of(&mut self, day: u32) -> Option<u64> {
        self.view("print_of", args![TPI, day]).ok()
    }

    fn validity(&mut self) -> u8 {
        self.view("validity", args![TPI]).unwrap()
    }
}

/// keccak-256 by the reference in Python, which shares nothing with the contracts.
fn keccak(bytes: &[u8]) -> [u8; 32] {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let script =
        "import sys; from index_reference import keccak256; print(keccak256(bytes.fromhex(sys.argv[1])).hex())";
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors");
    let output = Command::new("python3").args(["-B", "-c", script, &hex]).current_dir(folder).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let digits = text.trim();
    core::array::from_fn(|place| u8::from_str_radix(&digits[2 * place..2 * place + 2], 16).unwrap())
}
