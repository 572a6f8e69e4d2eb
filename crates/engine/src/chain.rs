//! What every part of the protocol knows of the chain: addresses, hashes, and who sent a message when.

use crate::units::Seconds;

/// An address of the chain: 20 bytes, as Ethereum writes them. All zero stands for nobody.
pub type Address = [u8; 20];

/// A keccak-256 hash.
pub type Hash = [u8; 32];

/// What a message knows of its surroundings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Env {
    /// Who sent the message.
    pub caller: Address,
    /// Time of the block.
    pub now: Seconds,
}
