//! The state that a chain begins with.

use alloc::{string::String, vec, vec::Vec};

use codec::Encode;
use pallet_revive::H160;
use sp_runtime::{BuildStorage, Storage};

pub use crate::account_of;
use crate::{AccountId, Balance, Runtime, USDC_ASSET_ID, USDC_DECIMALS, USDC_MIN_BALANCE};

/// Who has what.
#[derive(Clone, Debug)]
pub struct Genesis {
    /// Creates USDC and can create more.
    pub issuer: AccountId,
    /// Time of block 0 in Unix seconds.
    pub time: u64,
    /// Balances in planck, at least the existential deposit each.
    pub planck: Vec<(AccountId, Balance)>,
    /// USDC in atoms, at least the asset's minimum balance each.
    pub usdc: Vec<(AccountId, Balance)>,
    /// Contracts that are there from the beginning: address and code, of EVM or PolkaVM.
    pub contracts: Vec<([u8; 20], Vec<u8>)>,
}

impl Genesis {
    /// USDC exists and belongs to `issuer`, nobody has anything.
    #[must_use]
    pub const fn of(issuer: AccountId) -> Self {
        Self { issuer, time: 0, planck: Vec::new(), usdc: Vec::new(), contracts: Vec::new() }
    }

    /// The storage of block 0.
    ///
    /// The genesis of `pallet_revive` must be part of it: it mints the existential deposit of the pallet's own account,
    /// without which every instantiation fails with `StorageDepositNotEnoughFunds`.
    ///
    /// # Errors
    /// What the pallets say of it, for instance of a balance below the existential deposit.
    pub fn storage(&self) -> Result<Storage, String> {
        let mut storage = frame_system::GenesisConfig::<Runtime>::default().build_storage()?;
        // The pallet of the time has no genesis of its own, and the Ethereum block 0 is built of what it says.
        storage.top.insert(pallet_timestamp::Now::<Runtime>::hashed_key().to_vec(), (self.time * 1_000).encode());
        pallet_balances::GenesisConfig::<Runtime> { balances: self.planck.clone(), ..Default::default() }
            .assimilate_storage(&mut storage)?;
        pallet_transaction_payment::GenesisConfig::<Runtime>::default().assimilate_storage(&mut storage)?;
        pallet_assets::GenesisConfig::<Runtime> {
            assets: vec![(USDC_ASSET_ID, self.issuer.clone(), true, USDC_MIN_BALANCE)],
            metadata: vec![(USDC_ASSET_ID, b"USD Coin".to_vec(), b"USDC".to_vec(), USDC_DECIMALS)],
            accounts: self.usdc.iter().map(|(id, atoms)| (USDC_ASSET_ID, id.clone(), *atoms)).collect(),
            ..Default::default()
        }
        .assimilate_storage(&mut storage)?;
        pallet_revive::GenesisConfig::<Runtime> {
            // A 32-byte account is mapped to its address; an account that is an address needs no mapping.
            mapped_accounts: Some(&self.issuer).filter(|id| !is_address(id)).cloned().into_iter().collect(),
            accounts: self.contracts.iter().map(|(address, code)| contract(*address, code.clone())).collect(),
            ..Default::default()
        }
        .assimilate_storage(&mut storage)?;
        Ok(storage)
    }
}

/// A contract as the pallet's genesis takes it.
#[must_use]
pub fn contract(address: [u8; 20], code: Vec<u8>) -> pallet_revive::genesis::Account<Runtime> {
    pallet_revive::genesis::Account {
        address: H160(address),
        nonce: 1,
        contract_data: Some(pallet_revive::genesis::ContractData { code: code.into(), storage: Default::default() }),
        balance: Default::default(),
    }
}

fn is_address(id: &AccountId) -> bool {
    let bytes: &[u8; 32] = id.as_ref();
    bytes[20..].iter().all(|byte| *byte == 0xEE)
}
