//! The development chain as a program of its own, and who trades on it.

use std::time::Duration;

use alloy_core::primitives::hex;
use sit_client::{
    Client,
    rpc::{Key, Limits, Node, Record, Rpc, connect},
};
use sit_programs::Running;

/// The first three of the keys that everybody knows: `you 0`, `you 1` and `you 2`.
const YOU: [&str; 3] = [
    "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
    "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
];

/// Limits under which a test of faults ends soon.
pub const SOON: Limits = Limits { timeout: Duration::from_secs(2), attempts: 4, back_off: Duration::from_millis(5) };

/// The key of `you 0`.
pub fn you() -> Key {
    yours(0)
}

/// The key of `you 0`, `you 1` or `you 2`.
pub fn yours(number: usize) -> Key {
    Key::from_bytes(&hex::decode_to_array(YOU[number]).expect("digits")).expect("a key")
}

/// A stream of numbers from a seed.
pub struct Dice(pub u64);

impl Dice {
    /// The next number below `sides`.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// The development chain; it ends with this value.
pub struct Chain(Running);

impl std::ops::Deref for Chain {
    type Target = Running;
    fn deref(&self) -> &Running {
        &self.0
    }
}

impl Chain {
    /// Starts it and waits until its exchange is open.
    pub fn start(arguments: &[&str]) -> Self {
        Self(Running::chain(arguments))
    }

    /// A question to it.
    pub fn rpc(&self) -> Rpc {
        Rpc::new(&self.url, Limits::default()).expect("an address")
    }

    /// A client of its exchange.
    pub fn client(&self) -> Client<Node> {
        let mut rpc = self.rpc();
        let record = Record::of_development_chain(&mut rpc).expect("a record");
        connect(rpc, &record).expect("it fits")
    }
}
