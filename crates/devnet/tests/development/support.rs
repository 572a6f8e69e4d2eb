//! A chain without an exchange, and how to ask it.

use serde_json::{Value, json};
use sit_client::Deployment;
use sit_devnet::{
    DOT,
    keyring::{self, Key},
    node::{Beginning, Clock, Node},
    rpc::{Answer, Devnet, Mining},
};

/// Monday, 7 December 2026, 08:00 UTC.
pub const START: u64 = 1_796_630_400;

/// How the chains of these tests begin: a million DOT and a million USDC for each key.
pub fn beginning() -> Beginning {
    let accounts = keyring::all().iter().map(|key| (key.address, 1_000_000 * DOT, 1_000_000_000_000)).collect();
    Beginning { time: START, accounts, history: 64 }
}

/// A chain that seals a block with every transaction, two seconds after the one before.
pub fn chain() -> Devnet {
    Devnet::new(Node::new(&beginning(), Clock::fixed(START, 2)).unwrap(), Deployment::default(), Mining::Automatic)
}

/// A chain that seals when it is told to.
pub fn by_hand() -> Devnet {
    let mut chain = chain();
    chain.mining = Mining::Manual;
    chain
}

pub fn ask(chain: &mut Devnet, method: &str, params: Value) -> Value {
    chain.call(method, &params).unwrap_or_else(|error| panic!("{method} {params}: {error:?}"))
}

pub fn refused(chain: &mut Devnet, method: &str, params: Value) -> (i32, String) {
    let answer: Answer = chain.call(method, &params);
    let error = answer.expect_err(&format!("{method} {params} is refused"));
    (error.code, error.message)
}

pub fn key(number: usize) -> Key {
    keyring::all().swap_remove(number)
}

pub fn at(number: usize) -> Value {
    json!(format!("{:?}", key(number).address))
}

pub fn number(value: &Value) -> u128 {
    let text = value.as_str().unwrap_or_else(|| panic!("{value} is a quantity"));
    u128::from_str_radix(text.strip_prefix("0x").unwrap(), 16).unwrap()
}

/// A transfer, signed, with a number of its own.
pub fn transfer(chain: &mut Devnet, from: usize, to: usize, nonce: u64, wei: u128) -> Value {
    signed(
        chain,
        json!({
            "from": at(from), "to": at(to), "nonce": format!("{nonce:#x}"), "value": format!("{wei:#x}"), "gas": "0x400",
        }),
    )
}

pub fn signed(chain: &mut Devnet, call: Value) -> Value {
    ask(chain, "eth_signTransaction", json!([call]))["raw"].clone()
}

pub fn send(chain: &mut Devnet, raw: Value) -> Value {
    ask(chain, "eth_sendRawTransaction", json!([raw]))
}

/// `approve(spender, amount)` of the token: a transaction that emits.
pub fn approval(to: usize, atoms: u64) -> String {
    let spender = format!("{:?}", key(to).address);
    format!("0x095ea7b3000000000000000000000000{}{atoms:064x}", &spender[2..])
}

/// `transfer(to, amount)` of the token.
pub fn tokens(to: usize, atoms: u64) -> String {
    let receiver = format!("{:?}", key(to).address);
    format!("0xa9059cbb000000000000000000000000{}{atoms:064x}", &receiver[2..])
}

/// The token.
pub const USDC: &str = "0x0000053900000000000000000000000001200000";

/// Sends tokens and returns the transaction's hash.
pub fn pay(chain: &mut Devnet, from: usize, to: usize, atoms: u64) -> Value {
    ask(chain, "eth_sendTransaction", json!([{ "from": at(from), "to": USDC, "data": tokens(to, atoms) }]))
}
