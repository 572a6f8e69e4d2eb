//! Who has what on a chain for development. Their keys are public.

use crate::{Balance, DOT};

/// DOT of each account, in planck.
pub const PLANCK: Balance = 1_000_000 * DOT;
/// USDC of each account, in atoms: ten million dollars.
pub const USDC: Balance = 10_000_000_000_000;

/// The accounts by their addresses: Anvil's ten and the reporters, in the order of `crates/devnet/src/keyring.rs`; then
/// the five whose keys the Ethereum server of a node has (Alith, Baltathar, Charleth, Dorothy, Ethan of Moonbeam's
/// tutorials).
pub const ADDRESSES: [[u8; 20]; 19] = [
    hex("f39fd6e51aad88f6f4ce6ab8827279cfffb92266"),
    hex("70997970c51812dc3a010c7d01b50e0d17dc79c8"),
    hex("3c44cdddb6a900fa2b585dd299e03d12fa4293bc"),
    hex("90f79bf6eb2c4f870365e785982e1f101e93b906"),
    hex("15d34aaf54267db7d7c367839aaf71a00a2c6a65"),
    hex("9965507d1a55bcc2695c58ba16fb37d819b0a4dc"),
    hex("976ea74026e726554db657fa54763abd0c3a0aa9"),
    hex("14dc79964da2c08b23698b3d3cc7ca32193d9955"),
    hex("23618e81e3f5cdf7f54c3d65f7fbc0abf5b21e8f"),
    hex("a0ee7a142d267c1f36714e4a8f75612f20a79720"),
    hex("812ab4272d95df5643f557e15921ab121ab11291"),
    hex("36941078766a56bad7bb0a288a8f4823743dfd4d"),
    hex("ed0c75d8a49de46b75d63bfe15917fd5bdd1e142"),
    hex("3445e2d47db333115969f3b80f40cb94ffad926c"),
    hex("f24ff3a9cf04c71dbc94d0b566f7a27b94566cac"),
    hex("3cd0a705a2dc65e5b1e1205896baa2be8a07c6e0"),
    hex("798d4ba9baf0064ec19eb4f0a1a45785ae9d6dfc"),
    hex("773539d4ac0e786233d90a233654ccee26a613d9"),
    hex("ff64d3f6efe2317ee2807d223a0bdc4c0c49dfdb"),
];

/// Twenty bytes of forty digits.
const fn hex(digits: &str) -> [u8; 20] {
    const fn digit(character: u8) -> u8 {
        match character {
            b'0'..=b'9' => character - b'0',
            _ => character - b'a' + 10,
        }
    }
    let digits = digits.as_bytes();
    let mut bytes = [0; 20];
    let mut at = 0;
    while at < 20 {
        bytes[at] = digit(digits[2 * at]) * 16 + digit(digits[2 * at + 1]);
        at += 1;
    }
    bytes
}
