//! Permits of the token (EIP-2612): an allowance that its owner signs instead of sending.
//!
//! ```
//! use sit_client::permit::Permit;
//!
//! // What the example of EIP-712's own hash rules gives for these values; a signature goes over this digest.
//! let permit = Permit { owner: [1; 20], spender: [2; 20], value: 5_000_000, nonce: 0, deadline: 1_800_000_000 };
//! assert_ne!(permit.digest(&[3; 32]), Permit { nonce: 1, ..permit }.digest(&[3; 32]));
//! ```

use alloy_core::{
    primitives::{Address as Account, U256, keccak256},
    sol_types::SolValue,
};
use sit_engine::chain::{Address, Hash};
use sit_engine::units::{Seat, Seconds};
use sit_native::{Contract, Message, TokenAmount, view};

use crate::{Client, Failure, Transport};

/// What a permit's fields are called and in which order they are hashed.
const TYPE: &str = "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)";

/// What an owner signs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Permit {
    /// Whose tokens.
    pub owner: Address,
    /// Who may take them.
    pub spender: Address,
    /// How many atoms.
    pub value: u128,
    /// Permits of this owner that the token has accepted before.
    pub nonce: u128,
    /// Unix seconds up to which the token accepts it.
    pub deadline: u64,
}

impl Permit {
    /// The digest that is signed, under the token's domain separator.
    #[must_use]
    pub fn digest(&self, domain: &Hash) -> Hash {
        let Self { owner, spender, value, nonce, deadline } = *self;
        let fields = (
            keccak256(TYPE),
            Account::from(owner),
            Account::from(spender),
            U256::from(value),
            U256::from(nonce),
            U256::from(deadline),
        );
        let hashed = keccak256(fields.abi_encode());
        keccak256([&[0x19, 0x01], domain.as_slice(), hashed.as_slice()].concat()).0
    }
}

/// The deposit that hands a signed permit in: r, s, and v of 27 or 28, as wallets give a signature.
#[must_use]
pub fn deposit(seat: Seat, amount: u64, deadline: Seconds, signature: &[u8; 65]) -> Message {
    let (mut r, mut s) = ([0; 32], [0; 32]);
    r.copy_from_slice(&signature[..32]);
    s.copy_from_slice(&signature[32..64]);
    Message::DepositWithPermit { seat, amount, deadline, v: signature[64], r, s }
}

impl<T: Transport> Client<T> {
    /// What the owner has to sign for the vault to take `amount` quote atoms up to a time, and its digest: with the
    /// owner's next nonce and the token's own domain. [`deposit`] makes the message of it.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn permit(&mut self, owner: Address, amount: u64, deadline: Seconds) -> Result<(Permit, Hash), Failure> {
        let spender = self.address(Contract::Vault)?;
        let TokenAmount(nonce) = self.view(&view::PermitNonce { owner })?;
        let domain = self.view(&view::PermitDomain {})?;
        let permit = Permit { owner, spender, value: amount.into(), nonce, deadline: deadline.0.into() };
        Ok((permit, permit.digest(&domain)))
    }
}
