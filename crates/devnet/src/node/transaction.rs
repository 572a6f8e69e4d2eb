//! A signed Ethereum transaction, decoded, and how one is signed with a key that is known here.

use std::sync::LazyLock;

use pallet_revive::evm::{AccessListEntry, Account, Byte, GenericTransaction, TransactionSigned};
use sp_core::{H160, H256, U256, hashing::keccak_256};

use crate::keyring::{Key, Role};

/// A signed transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// Hash of its bytes.
    pub hash: H256,
    /// Its bytes.
    pub raw: Vec<u8>,
    /// Who signed it.
    pub from: H160,
    /// Where it goes; `None` deploys.
    pub to: Option<H160>,
    /// Its number among those of its sender.
    pub nonce: u64,
    /// Gas that it may use.
    pub gas: U256,
    /// Wei that it pays for a gas at most.
    pub max_fee: U256,
    /// Wei that it sends along.
    pub value: U256,
    /// Its calldata, or code and constructor's input.
    pub input: Vec<u8>,
    /// EIP-155 chain id; `None` for one that is valid on every chain.
    pub chain_id: Option<U256>,
    /// Its type: 0 legacy, 1 EIP-2930, 2 EIP-1559.
    pub kind: u8,
    /// Whether the sender has not signed it: the chain's own key has, in their place.
    pub impersonated: bool,
}

/// Why bytes are no transaction that this chain takes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undecodable {
    /// They are no transaction.
    #[error("the bytes are no signed Ethereum transaction: {0}")]
    Bytes(String),
    /// The signature is nobody's.
    #[error("the signature is not valid: nobody can be recovered from it")]
    Signature,
    /// Of a type that the pallet does not run.
    #[error("transaction type {kind} ({name}) is not supported; send type 2 (EIP-1559), 1 (EIP-2930) or 0 (legacy)")]
    Kind {
        /// The type.
        kind: u8,
        /// The proposal that brought it.
        name: &'static str,
    },
    /// A number in it has more bits than the chain takes.
    #[error("the transaction's {0} does not fit into 64 bits")]
    TooLarge(&'static str),
}

/// What the access list of a transaction has that was signed in somebody's place.
const MARK: H256 = H256(*b"sit-devnet: sent without its key");

/// The key that signs in the place of those who are impersonated. It has money of its own, for it pays the deposit that
/// the runtime takes from a signer, until the sender has paid it back.
pub(super) fn impersonator() -> &'static Key {
    static KEY: LazyLock<Key> = LazyLock::new(|| Key::named("impersonator", Role::Yours));
    &KEY
}

/// In whose place a transaction of [`impersonator`] was signed.
fn stood_for(signed: &TransactionSigned) -> Option<H160> {
    let TransactionSigned::Transaction1559Signed(signed) = signed else { return None };
    match signed.transaction_1559_unsigned.access_list.as_slice() {
        [AccessListEntry { address, storage_keys }] if storage_keys.as_slice() == [MARK] => Some(*address),
        _ => None,
    }
}

/// The type of a transaction.
const fn kind(signed: &TransactionSigned) -> u8 {
    match signed {
        TransactionSigned::TransactionLegacySigned(_) => 0,
        TransactionSigned::Transaction2930Signed(_) => 1,
        TransactionSigned::Transaction1559Signed(_) => 2,
        TransactionSigned::Transaction4844Signed(_) => 3,
        TransactionSigned::Transaction7702Signed(_) => 4,
    }
}

/// Refuses the types of transactions that the pallet does not run.
const fn run(kind: u8) -> Result<(), Undecodable> {
    match kind {
        3 => Err(Undecodable::Kind { kind, name: "EIP-4844" }),
        4 => Err(Undecodable::Kind { kind, name: "EIP-7702" }),
        _ => Ok(()),
    }
}

/// Refuses a call that asks for what only transactions have that the pallet does not run: to be sent as one of another
/// type it would have to lose that.
///
/// # Errors
/// [`Undecodable::Kind`].
pub fn sendable(call: &GenericTransaction) -> Result<(), Undecodable> {
    let pays_for_blobs = call.max_fee_per_blob_gas.is_some_and(|fee| !fee.is_zero());
    run(if !call.authorization_list.is_empty() {
        4
    } else if pays_for_blobs || !call.blobs.is_empty() || !call.blob_versioned_hashes.is_empty() {
        3
    } else {
        call.r#type.as_ref().map_or(2, |kind| kind.0)
    })
}

impl Transaction {
    /// Decodes signed bytes.
    ///
    /// # Errors
    /// [`Undecodable`].
    pub fn decode(raw: Vec<u8>) -> Result<Self, Undecodable> {
        // By its first byte alone (EIP-2718): what follows has more forms than the pallet reads, with blobs or without.
        run(raw.first().copied().unwrap_or_default())?;
        let signed = TransactionSigned::decode(&raw).map_err(|error| Undecodable::Bytes(error.to_string()))?;
        // What is behind the list would change the hash and nothing else.
        if signed.signed_payload() != raw {
            return Err(Undecodable::Bytes("it is not encoded in the one way there is".to_owned()));
        }
        let signer = signed.recover_eth_address().map_err(|_| Undecodable::Signature)?;
        let stood_for = (signer == impersonator().address).then(|| stood_for(&signed)).flatten();
        Self::of(raw, signed, stood_for.unwrap_or(signer), stood_for.is_some())
    }

    /// One that this chain has decoded before, whose sender it wrote down: recovering them takes longer than all else.
    pub(super) fn again(raw: Vec<u8>, from: H160, impersonated: bool) -> Option<Self> {
        let signed = TransactionSigned::decode(&raw).ok()?;
        Self::of(raw, signed, from, impersonated).ok()
    }

    fn of(raw: Vec<u8>, signed: TransactionSigned, from: H160, impersonated: bool) -> Result<Self, Undecodable> {
        let kind = kind(&signed);
        // With a base fee without bound, the price of a legacy transaction is its own.
        let call = GenericTransaction::from_signed(signed, U256::MAX, Some(from));
        let nonce = call.nonce.unwrap_or_default();
        Ok(Self {
            hash: H256(keccak_256(&raw)),
            raw,
            from,
            to: call.to,
            nonce: u64::try_from(nonce).map_err(|_| Undecodable::TooLarge("nonce"))?,
            gas: call.gas.unwrap_or_default(),
            max_fee: call.max_fee_per_gas.or(call.gas_price).unwrap_or_default(),
            value: call.value.unwrap_or_default(),
            input: call.input.to_vec(),
            chain_id: call.chain_id,
            kind,
            impersonated,
        })
    }

    /// The transaction as the pallet has it.
    #[must_use]
    pub fn signed(&self) -> Option<TransactionSigned> {
        TransactionSigned::decode(&self.raw).ok()
    }

    /// The call that it makes.
    #[must_use]
    pub fn call(&self, base_fee: U256) -> Option<GenericTransaction> {
        Some(GenericTransaction::from_signed(self.signed()?, base_fee, Some(self.from)))
    }

    /// Signs a call in the place of its sender, whose key nobody has: by `impersonator`, with the sender named in the
    /// access list, so that the bytes say all there is to know and a chain that is read from disk has the same sender.
    ///
    /// # Errors
    /// As [`Transaction::sign`], and when the call names no sender.
    pub fn stand_in(mut call: GenericTransaction) -> Result<Self, Undecodable> {
        let from = call.from.ok_or_else(|| Undecodable::Bytes("it names no sender".to_owned()))?;
        call.access_list = Some(vec![AccessListEntry { address: from, storage_keys: vec![MARK] }]);
        (call.gas_price, call.r#type) = (None, Some(Byte(2)));
        Self::sign(call, impersonator().account())
    }

    /// Signs a call whose fields are all given.
    ///
    /// # Errors
    /// [`Undecodable`] when the call's type is none that is signed here.
    pub fn sign(call: GenericTransaction, key: &Account) -> Result<Self, Undecodable> {
        let unsigned = call
            .try_into_unsigned()
            .map_err(|()| Undecodable::Bytes("it has a type that cannot be signed".to_owned()))?;
        Self::decode(key.sign_transaction(unsigned).signed_payload())
    }
}
