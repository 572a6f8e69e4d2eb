//! The development chain as a program of its own, with its keys, and a client of its exchange.

use alloy_core::primitives::hex;
use serde_json::{Value, json};
use sit_client::{
    Client, Deployment,
    rpc::{Limits, Node, Record, Rpc},
};
use sit_programs::Running;

/// The development chain, ended with this value.
pub struct Chain {
    running: Running,
    /// Where the exchange is.
    pub deployment: Deployment,
}

impl Chain {
    /// Starts it and waits until its exchange is open.
    pub fn start(arguments: &[&str]) -> Self {
        let running = Running::chain(arguments);
        let mut rpc = Rpc::new(&running.url, Limits::default()).expect("it has an address");
        let deployment = Record::of_development_chain(&mut rpc).expect("it knows its exchange").deployment();
        Self { running, deployment }
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        &self.running.url
    }

    /// The secret of a key, which everybody knows: it is printed behind name and address.
    pub fn secret(&self, name: &str) -> [u8; 32] {
        let of =
            |line: &String| hex::decode_to_array(line.trim_start().strip_prefix(name)?.split_whitespace().nth(1)?).ok();
        let found = self.running.printed.iter().find_map(of);
        found.unwrap_or_else(|| panic!("there is a key {name}"))
    }

    /// A client that reaches it directly.
    pub fn client(&self) -> Client<Node> {
        let node = Node::new(Rpc::new(self.url(), Limits::default()).expect("it has an address"));
        Client::new(node.expect("it answers"), self.deployment.clone())
    }

    /// Asks it something by JSON-RPC.
    pub fn ask(&self, method: &str, params: Value) -> Value {
        let mut rpc = Rpc::new(self.url(), Limits::default()).expect("it has an address");
        rpc.request(method, params).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Seals a block.
    pub fn mine(&self) {
        self.ask("evm_mine", json!([]));
    }
}
