//! What only a node needs of the runtime: the questions that it asks without a transaction, among them all of the
//! Ethereum server's, and the accounts that a chain for development begins with.
//!
//! Compiled by `node/runtime` alone, a second manifest for these sources, because the main workspace has none of the
//! crates that this one takes.

use alloc::{vec, vec::Vec};

use frame_support::{
    build_struct_json_patch,
    genesis_builder_helper::{build_state, get_preset},
    weights::Weight,
};
use pallet_transaction_payment::{FeeDetails, RuntimeDispatchInfo};
use sp_api::impl_runtime_apis;
use sp_core::OpaqueMetadata;
use sp_genesis_builder::PresetId;
use sp_inherents::{CheckInherentsResult, InherentData};
use sp_keyring::Sr25519Keyring;
use sp_runtime::{
    ApplyExtrinsicResult, ExtrinsicInclusionMode, KeyTypeId, OpaqueExtrinsic, generic,
    traits::Block as BlockT,
    transaction_validity::{TransactionSource, TransactionValidity},
};
use sp_version::RuntimeVersion;

use crate::{
    AccountId, AssetsConfig, Balance, BalancesConfig, Block, Executive, Header, InherentDataExt, ReviveConfig, Runtime,
    RuntimeCall, RuntimeGenesisConfig, System, TransactionPayment, USDC_ASSET_ID, USDC_DECIMALS, USDC_MIN_BALANCE,
    VERSION, account_of,
    development::{ADDRESSES, PLANCK, USDC},
};

/// Block number of the Hub: 32 bits.
pub type BlockNumber = u32;
/// Number of an account's transaction.
pub type Nonce = u32;
/// A block as a node keeps it: what its transactions are, only the runtime knows.
pub type OpaqueBlock = generic::Block<Header, OpaqueExtrinsic>;

/// The accounts of a chain for development: those of [`ADDRESSES`], and Substrate's well-known ones.
fn accounts() -> impl Iterator<Item = AccountId> {
    ADDRESSES.into_iter().map(account_of).chain(Sr25519Keyring::well_known().map(Sr25519Keyring::to_account_id))
}

/// The genesis that a name stands for: there is one, `development`.
///
/// USDC belongs to Alice, who can create more.
fn preset(id: &PresetId) -> Option<Vec<u8>> {
    if id.as_str() != sp_genesis_builder::DEV_RUNTIME_PRESET {
        return None;
    }
    let genesis = build_struct_json_patch!(RuntimeGenesisConfig {
        balances: BalancesConfig { balances: accounts().map(|id| (id, PLANCK)).collect::<Vec<_>>() },
        assets: AssetsConfig {
            assets: vec![(USDC_ASSET_ID, Sr25519Keyring::Alice.to_account_id(), true, USDC_MIN_BALANCE)],
            metadata: vec![(USDC_ASSET_ID, b"USD Coin".to_vec(), b"USDC".to_vec(), USDC_DECIMALS)],
            accounts: accounts().map(|id| (USDC_ASSET_ID, id, USDC)).collect::<Vec<_>>(),
        },
        // An account that is an address needs no mapping.
        revive: ReviveConfig {
            mapped_accounts: Sr25519Keyring::well_known().map(Sr25519Keyring::to_account_id).collect::<Vec<_>>(),
        },
    });
    serde_json::to_vec(&genesis).ok()
}

pallet_revive::impl_runtime_apis_plus_revive_traits!(
    Runtime,
    Revive,
    Executive,
    EthExtraImpl,

    impl sp_api::Core<Block> for Runtime {
        fn version() -> RuntimeVersion {
            VERSION
        }

        fn execute_block(block: <Block as BlockT>::LazyBlock) {
            Executive::execute_block(block);
        }

        fn initialize_block(header: &Header) -> ExtrinsicInclusionMode {
            Executive::initialize_block(header)
        }
    }

    impl sp_api::Metadata<Block> for Runtime {
        fn metadata() -> OpaqueMetadata {
            OpaqueMetadata::new(Runtime::metadata().into())
        }

        fn metadata_at_version(version: u32) -> Option<OpaqueMetadata> {
            Runtime::metadata_at_version(version)
        }

        fn metadata_versions() -> Vec<u32> {
            Runtime::metadata_versions()
        }
    }

    impl sp_block_builder::BlockBuilder<Block> for Runtime {
        fn apply_extrinsic(extrinsic: <Block as BlockT>::Extrinsic) -> ApplyExtrinsicResult {
            Executive::apply_extrinsic(extrinsic)
        }

        fn finalize_block() -> Header {
            Executive::finalize_block()
        }

        fn inherent_extrinsics(data: InherentData) -> Vec<<Block as BlockT>::Extrinsic> {
            data.create_extrinsics()
        }

        fn check_inherents(block: <Block as BlockT>::LazyBlock, data: InherentData) -> CheckInherentsResult {
            data.check_extrinsics(&block)
        }
    }

    impl sp_transaction_pool::runtime_api::TaggedTransactionQueue<Block> for Runtime {
        fn validate_transaction(
            source: TransactionSource,
            transaction: <Block as BlockT>::Extrinsic,
            block: <Block as BlockT>::Hash,
        ) -> TransactionValidity {
            Executive::validate_transaction(source, transaction, block)
        }
    }

    impl sp_offchain::OffchainWorkerApi<Block> for Runtime {
        fn offchain_worker(header: &Header) {
            Executive::offchain_worker(header);
        }
    }

    // Nobody votes on blocks here, but a node asks.
    impl sp_session::SessionKeys<Block> for Runtime {
        fn generate_session_keys(_: Vec<u8>, _: Option<Vec<u8>>) -> sp_session::OpaqueGeneratedSessionKeys {
            Default::default()
        }

        fn decode_session_keys(_: Vec<u8>) -> Option<Vec<(Vec<u8>, KeyTypeId)>> {
            None
        }
    }

    impl frame_system_rpc_runtime_api::AccountNonceApi<Block, AccountId, Nonce> for Runtime {
        fn account_nonce(account: AccountId) -> Nonce {
            System::account_nonce(account)
        }
    }

    impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentApi<Block, Balance> for Runtime {
        fn query_info(transaction: <Block as BlockT>::Extrinsic, bytes: u32) -> RuntimeDispatchInfo<Balance> {
            TransactionPayment::query_info(transaction, bytes)
        }

        fn query_fee_details(transaction: <Block as BlockT>::Extrinsic, bytes: u32) -> FeeDetails<Balance> {
            TransactionPayment::query_fee_details(transaction, bytes)
        }

        fn query_weight_to_fee(weight: Weight) -> Balance {
            TransactionPayment::weight_to_fee(weight)
        }

        fn query_length_to_fee(bytes: u32) -> Balance {
            TransactionPayment::length_to_fee(bytes)
        }
    }

    impl sp_genesis_builder::GenesisBuilder<Block> for Runtime {
        fn build_state(genesis: Vec<u8>) -> sp_genesis_builder::Result {
            build_state::<RuntimeGenesisConfig>(genesis)
        }

        fn get_preset(id: &Option<PresetId>) -> Option<Vec<u8>> {
            get_preset::<RuntimeGenesisConfig>(id, preset)
        }

        fn preset_names() -> Vec<PresetId> {
            vec![PresetId::from(sp_genesis_builder::DEV_RUNTIME_PRESET)]
        }
    }
);
