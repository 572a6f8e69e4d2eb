//! The runtime of the chains that run here: Polkadot Hub's contract side with the Hub's own limits, fees and deposits.
//!
//! What it is: `pallet-revive` 0.18.1 (the family that Polkadot Hub 2.3.x runs) with `pallet-assets` and the
//! ERC-20 precompile over it, configured as in `asset-hub-polkadot` of the `polkadot-fellows/runtimes`
//! repository, release 2.3.2. Weights are the pallets' own `SubstrateWeight`; what the Hub itself charges for contracts
//! is [`weights`]'s.
//!
//! Three hosts: the harness (transactions signed by nobody's key, one externalities for all blocks), the development
//! chain (Ethereum transactions through [`Executive`], a state root for each block), and, without the feature `std`, a
//! node.
//!
//! An Ethereum transaction goes the Hub's way: its signed bytes are the payload of `eth_transact`, an unsigned
//! extrinsic; checking it recovers the signer, turns gas into weight and deposit and the call into one of the pallet's
//! ([`EthExtraImpl`]); [`Executive`] dispatches it, and the pallet builds the Ethereum block when the block ends.
//!
//! Units: native balances in planck (10^10 planck = 1 DOT), `ref_time` in picoseconds, `proof_size` in bytes,
//! timestamps in milliseconds (contracts see seconds).
//!
//! Everything that depends on the version of the pallet is here, in `crates/devnet/src/hub` and in
//! `crates/devnet/src/node`.

#![cfg_attr(not(feature = "std"), no_std)]
#![expect(missing_docs, reason = "construct_runtime! and pallet generate public items without documentation")]
#![expect(unexpected_cfgs, reason = "they ask for features that only a runtime to be compiled to WebAssembly has")]

extern crate alloc;

use alloc::borrow::Cow;
#[cfg(not(feature = "std"))]
use alloc::vec::Vec;

use frame_support::{
    construct_runtime, derive_impl,
    dispatch::DispatchClass,
    parameter_types,
    traits::{AsEnsureOriginWithArg, ConstBool, ConstU32, ConstU64, ConstU128, FindAuthor, Get, VariantCountOf},
    weights::{
        ConstantMultiplier, Weight,
        constants::{RocksDbWeight, WEIGHT_REF_TIME_PER_NANOS, WEIGHT_REF_TIME_PER_SECOND},
    },
};
use frame_system::{
    EnsureRoot, EnsureSigned,
    limits::{BlockLength, BlockWeights},
};
use pallet_assets_precompiles::{ERC20, InlineIdConfig};
#[cfg(not(feature = "node"))]
use pallet_revive::evm::runtime::SetWeightLimit;
use pallet_revive::{
    AccountId32Mapper, AutoMapper,
    evm::{
        fees::{BlockRatioFee, Info},
        runtime::EthExtra,
        tx_extension::SetOrigin,
    },
};
use pallet_transaction_payment::{ConstFeeMultiplier, Multiplier};
use sp_runtime::{
    AccountId32, FixedU128, MultiAddress, MultiSignature, Perbill, generic,
    traits::{AccountIdLookup, BlakeTwo256, InvalidVersion, One},
};
use sp_version::{ApisVec, RuntimeVersion};

/// Account identifier of the Hub: 32 bytes.
pub type AccountId = AccountId32;
/// Native balance in planck and asset balance in atoms.
pub type Balance = u128;

/// How transactions name accounts.
pub type Address = MultiAddress<AccountId, ()>;

/// One DOT in planck. Source: Polkadot's 10 decimals since the redenomination of August 2020.
pub const DOT: Balance = 10_000_000_000;

/// Asset id of USDC on Polkadot Hub.
pub const USDC_ASSET_ID: u32 = 1337;
/// Decimals of USDC: one atom is 10^-6 USD.
pub const USDC_DECIMALS: u8 = 6;
/// Smallest balance an account may hold, in atoms: 0.01 USDC, the order of magnitude that issuers set on the Hub.
/// A transfer that would leave less than this on either side fails or burns dust, as on chain.
pub const USDC_MIN_BALANCE: Balance = 10_000;

/// Largest block the Hub builds: 2 s of `ref_time` and 10 MiB of proof (relay chain `MAX_POV_SIZE`).
const MAXIMUM_BLOCK_WEIGHT: Weight = Weight::from_parts(2 * WEIGHT_REF_TIME_PER_SECOND, 10 * 1024 * 1024);
/// Share of a block that signed transactions may use; the rest is for inherents and governance.
/// Source: `NORMAL_DISPATCH_RATIO` of the system parachains.
const NORMAL_DISPATCH_RATIO: Perbill = Perbill::from_percent(85);
/// Share assumed to be used by block initialisation, taken off the largest single transaction.
/// Source: `AVERAGE_ON_INITIALIZE_RATIO` of the system parachains.
const AVERAGE_ON_INITIALIZE_RATIO: Perbill = Perbill::from_percent(5);
/// Checking the signature of a transaction and dispatching it: 125 us. Source: `ExtrinsicBaseWeight` of the Hub.
const EXTRINSIC_BASE_WEIGHT: Weight = Weight::from_parts(125_000 * WEIGHT_REF_TIME_PER_NANOS, 0);
/// Largest length of all extrinsics of a block in bytes. Source: `BlockLength` of the system parachains.
const MAXIMUM_BLOCK_LENGTH: u32 = 5 * 1024 * 1024;
/// A hundredth of a DOT in planck, which the relay chain calls a cent.
const CENT: Balance = DOT / 100;
/// Picoseconds of `ref_time` that cost a cent: two hundred transactions that do nothing. Source: `WeightToFee` of the
/// Hub, `p = CENTS`, `q = 200 * ExtrinsicBaseWeight`, whose measured base is 126.045 us.
const REF_TIME_PER_CENT: Balance = 200 * 126_045_000;
/// A byte of a transaction in planck: half a thousandth of a cent. Source: `TransactionByteFee` of the Hub.
const BYTE_FEE: Balance = CENT / 2_000;
/// An empty block: 5 ms. Source: `BlockExecutionWeight` of the Hub. It does not count against signed transactions.
const BLOCK_EXECUTION_WEIGHT: Weight = Weight::from_parts(5_000_000 * WEIGHT_REF_TIME_PER_NANOS, 0);

parameter_types! {
    /// Block limits.
    pub RuntimeBlockWeights: BlockWeights = BlockWeights::builder()
        .base_block(BLOCK_EXECUTION_WEIGHT)
        .for_class(DispatchClass::all(), |weights| weights.base_extrinsic = EXTRINSIC_BASE_WEIGHT)
        .for_class(DispatchClass::Normal, |weights| {
            weights.max_total = Some(NORMAL_DISPATCH_RATIO * MAXIMUM_BLOCK_WEIGHT);
        })
        .for_class(DispatchClass::Operational, |weights| weights.max_total = Some(MAXIMUM_BLOCK_WEIGHT))
        .avg_block_initialization(AVERAGE_ON_INITIALIZE_RATIO)
        .build_or_panic();
    /// Length limits of a block, with the same share for signed transactions.
    pub RuntimeBlockLength: BlockLength =
        BlockLength::builder().max_length(MAXIMUM_BLOCK_LENGTH).modify_max_length_for_class(
            DispatchClass::Normal,
            |length| *length = NORMAL_DISPATCH_RATIO * *length,
        ).build();
    /// What the runtime calls itself.
    pub const Version: RuntimeVersion = VERSION;
    /// Fees are those of an uncongested chain unless somebody sets another multiplier: the Hub's moves between 1/10 and
    /// far above, and a chain for development has the same fee for the same transaction.
    pub storage FeeMultiplier: Multiplier = Multiplier::one();
    /// 0.01 DOT. Source: `SYSTEM_PARA_EXISTENTIAL_DEPOSIT / 10`.
    pub const ExistentialDeposit: Balance = DOT / 100;
    /// 0.2 DOT for an item of the main trie (a contract, a code blob).
    pub const DepositPerItem: Balance = DOT / 5;
    /// 0.002 DOT for an item of a contract's own trie, that is for each storage cell.
    pub const DepositPerChildTrieItem: Balance = DOT / 500;
    /// 0.00001 DOT for a byte.
    pub const DepositPerByte: Balance = DOT / 100_000;
    /// 30 % of the code's deposit is locked by each contract that uses the code.
    pub const CodeHashLockupDepositPercent: Perbill = Perbill::from_percent(30);
    /// An Ethereum transaction may use half of a block.
    pub const MaxEthExtrinsicWeight: FixedU128 = FixedU128::from_rational(1, 2);
    /// Scale between weight and Ethereum gas on the Hub.
    pub const GasScale: u32 = 80_000;
    /// EIP-155 chain id of development chains. Polkadot Hub is 420420419: what is signed here must not be valid there.
    pub const ChainId: u64 = 420_420_420;
    /// 0.2019 DOT to create an asset: one item and 190 bytes.
    pub const AssetDeposit: Balance = DOT / 5 + 190 * (DOT / 100_000);
    /// 0.20016 DOT for an account of a non-sufficient asset: one item and 16 bytes.
    pub const AssetAccountDeposit: Balance = DOT / 5 + 16 * (DOT / 100_000);
    /// 0.20068 DOT for the metadata of an asset: one item and 68 bytes.
    pub const MetadataDepositBase: Balance = DOT / 5 + 68 * (DOT / 100_000);
}

/// What others may ask the runtime without a transaction. Only a node does.
#[cfg(not(feature = "node"))]
const APIS: ApisVec = Cow::Borrowed(&[]);
#[cfg(feature = "node")]
const APIS: ApisVec = node::RUNTIME_API_VERSIONS;

/// Version of the runtime.
pub const VERSION: RuntimeVersion = RuntimeVersion {
    spec_name: Cow::Borrowed("sit-hub"),
    impl_name: Cow::Borrowed("sit-hub"),
    authoring_version: 1,
    spec_version: 1,
    impl_version: 1,
    apis: APIS,
    transaction_version: 1,
    system_version: 1,
};

/// Transaction extensions whose weight and length a signed transaction pays for.
///
/// The Hub has `ChargeAssetTxPayment` in the place of `ChargeTransactionPayment`, which adds 2.6 kB of proof, and
/// `CheckMetadataHash`, which adds one byte. It also has `StorageWeightReclaim`, which gives the difference between the
/// guaranteed and the recorded proof back to the block: without it a block here takes what any block of the Hub takes
/// at least.
pub type TxExtension = (
    frame_system::CheckNonZeroSender<Runtime>,
    frame_system::CheckSpecVersion<Runtime>,
    frame_system::CheckTxVersion<Runtime>,
    frame_system::CheckGenesis<Runtime>,
    frame_system::CheckMortality<Runtime>,
    frame_system::CheckNonce<Runtime>,
    frame_system::CheckWeight<Runtime>,
    pallet_transaction_payment::ChargeTransactionPayment<Runtime>,
    // Marks an Ethereum transaction, after all that want a signed origin. No byte and no weight.
    SetOrigin<Runtime>,
);

/// What an Ethereum transaction has in the place of the extensions that other wallets sign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EthExtraImpl;

impl EthExtra for EthExtraImpl {
    type Config = Runtime;
    type ExtensionV0 = TxExtension;
    type ExtensionOtherVersions = InvalidVersion;

    fn get_eth_extension(nonce: u32, tip: Balance) -> TxExtension {
        extension(generic::Era::Immortal, nonce, tip, SetOrigin::new_from_eth_transaction())
    }
}

/// The extensions of a transaction.
#[must_use]
pub fn extension(era: generic::Era, nonce: u32, tip: Balance, origin: SetOrigin<Runtime>) -> TxExtension {
    (
        frame_system::CheckNonZeroSender::new(),
        frame_system::CheckSpecVersion::new(),
        frame_system::CheckTxVersion::new(),
        frame_system::CheckGenesis::new(),
        frame_system::CheckMortality::from(era),
        frame_system::CheckNonce::from(nonce),
        frame_system::CheckWeight::new(),
        pallet_transaction_payment::ChargeTransactionPayment::from(tip),
        origin,
    )
}

// A node's macro brings its own.
#[cfg(not(feature = "node"))]
impl SetWeightLimit for RuntimeCall {
    fn set_weight_limit(&mut self, new: Weight) -> Weight {
        match self {
            Self::Revive(
                pallet_revive::Call::eth_call { weight_limit, .. }
                | pallet_revive::Call::eth_instantiate_with_code { weight_limit, .. },
            ) => core::mem::replace(weight_limit, new),
            _ => Weight::zero(),
        }
    }
}

/// A transaction as it travels in a block: signed, or `eth_transact` with a signed Ethereum transaction in it.
pub type UncheckedExtrinsic = pallet_revive::evm::runtime::UncheckedExtrinsic<Address, MultiSignature, EthExtraImpl>;
/// Block header with the parachain's 32-bit block number.
pub type Header = generic::Header<u32, BlakeTwo256>;
/// A block.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;
/// Opens a block, applies extrinsics to it and seals it.
pub type Executive =
    frame_executive::Executive<Runtime, Block, frame_system::ChainContext<Runtime>, Runtime, AllPalletsWithSystem>;

/// The account that blocks name as their author: on a chain of one's own nobody competes for them.
pub struct Author;

/// The 32 bytes of [`Author`], whose address is the same twenty times.
const AUTHOR: [u8; 32] = {
    let mut id = [0xEE; 32];
    let mut byte = 0;
    while byte < 20 {
        id[byte] = 0xA0;
        byte += 1;
    }
    id
};

impl FindAuthor<AccountId> for Author {
    fn find_author<'a, I: 'a + IntoIterator<Item = (sp_runtime::ConsensusEngineId, &'a [u8])>>(
        _: I,
    ) -> Option<AccountId> {
        Some(AccountId32::new(AUTHOR))
    }
}

/// Whether the pallet's settings for debugging count: never on a node, and on the host only inside of [`debugging`].
pub struct Debug;

#[cfg(feature = "std")]
std::thread_local! {
    static DEBUGGING: core::cell::Cell<bool> = const { core::cell::Cell::new(false) };
}

#[cfg(feature = "std")]
impl Get<bool> for Debug {
    fn get() -> bool {
        DEBUGGING.get()
    }
}

#[cfg(not(feature = "std"))]
impl Get<bool> for Debug {
    fn get() -> bool {
        false
    }
}

/// Runs something with the pallet's settings for debugging: contracts may send transactions (no EIP-3607), which only
/// somebody who impersonates one does, and the tracer of instructions works. On this thread, and it does not nest.
#[cfg(feature = "std")]
pub fn debugging<R>(run: impl FnOnce() -> R) -> R {
    DEBUGGING.set(true);
    let result = run();
    DEBUGGING.set(false);
    result
}

construct_runtime!(
    pub struct Runtime {
        System: frame_system = 0,
        Timestamp: pallet_timestamp = 3,
        Balances: pallet_balances = 10,
        TransactionPayment: pallet_transaction_payment = 11,
        Assets: pallet_assets = 50,
        Revive: pallet_revive = 100,
        AssetsPermit: pallet_assets_precompiles::permit::pallet = 101,
    }
);

#[derive_impl(frame_system::config_preludes::ParaChainDefaultConfig)]
impl frame_system::Config for Runtime {
    type Block = Block;
    type AccountId = AccountId;
    type Lookup = AccountIdLookup<AccountId, ()>;
    type AccountData = pallet_balances::AccountData<Balance>;
    type BlockWeights = RuntimeBlockWeights;
    type BlockLength = RuntimeBlockLength;
    type Version = Version;
    // 25 us for a read and 100 us for a write.
    type DbWeight = RocksDbWeight;
    type SystemWeightInfo = frame_system::weights::SubstrateWeight<Runtime>;
    type ExtensionsWeightInfo = frame_system::SubstrateExtensionsWeight<Runtime>;
    // Accounts are mapped to their 20-byte address when they are created, as on the Hub since 2.3.0.
    type OnNewAccount = AutoMapper<Runtime>;
    type OnKilledAccount = AutoMapper<Runtime>;
    type MaxConsumers = ConstU32<64>;
}

impl pallet_timestamp::Config for Runtime {
    type Moment = u64;
    type OnTimestampSet = ();
    // Blocks of one slot may share a timestamp (elastic scaling).
    type MinimumPeriod = ConstU64<0>;
    type WeightInfo = pallet_timestamp::weights::SubstrateWeight<Runtime>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Runtime {
    type Balance = Balance;
    type ExistentialDeposit = ExistentialDeposit;
    type AccountStore = System;
    type MaxLocks = ConstU32<50>;
    type MaxReserves = ConstU32<50>;
    type ReserveIdentifier = [u8; 8];
    type FreezeIdentifier = RuntimeFreezeReason;
    type MaxFreezes = VariantCountOf<RuntimeFreezeReason>;
    type WeightInfo = pallet_balances::weights::SubstrateWeight<Runtime>;
}

// The harness runs its messages below the extensions and charges no fees; Ethereum transactions pay them, and they are
// burnt.
#[derive_impl(pallet_transaction_payment::config_preludes::TestDefaultConfig)]
impl pallet_transaction_payment::Config for Runtime {
    type OnChargeTransaction = pallet_transaction_payment::FungibleAdapter<Balances, ()>;
    // The dearer of both dimensions. The only form that pallet-revive can turn into gas and back.
    type WeightToFee = BlockRatioFee<CENT, REF_TIME_PER_CENT, Self, Balance>;
    type LengthToFee = ConstantMultiplier<Balance, ConstU128<BYTE_FEE>>;
    type FeeMultiplierUpdate = ConstFeeMultiplier<FeeMultiplier>;
    type WeightInfo = pallet_transaction_payment::weights::SubstrateWeight<Runtime>;
}

#[derive_impl(pallet_assets::config_preludes::TestDefaultConfig)]
impl pallet_assets::Config for Runtime {
    type Balance = Balance;
    type Currency = Balances;
    type CreateOrigin = AsEnsureOriginWithArg<EnsureSigned<AccountId>>;
    type ForceOrigin = EnsureRoot<AccountId>;
    type AssetDeposit = AssetDeposit;
    type AssetAccountDeposit = AssetAccountDeposit;
    type MetadataDepositBase = MetadataDepositBase;
    type MetadataDepositPerByte = DepositPerByte;
    // An approval costs its owner the existential deposit until it is spent or cancelled.
    type ApprovalDeposit = ExistentialDeposit;
    type StringLimit = ConstU32<50>;
    type RemoveItemsLimit = ConstU32<1000>;
    type WeightInfo = pallet_assets::weights::SubstrateWeight<Runtime>;
}

impl pallet_assets_precompiles::permit::pallet::Config for Runtime {
    type ChainId = ChainId;
    type WeightInfo = pallet_assets_precompiles::weights::SubstrateWeight<Runtime>;
}

#[derive_impl(pallet_revive::config_preludes::TestDefaultConfig)]
impl pallet_revive::Config for Runtime {
    type Time = Timestamp;
    type Balance = Balance;
    type Currency = Balances;
    type AddressMapper = AccountId32Mapper<Self>;
    type AutoMap = ConstBool<true>;
    // Trust-backed assets: 0x[asset id, 4 bytes]...01200000.
    type Precompiles = (ERC20<Self, InlineIdConfig<0x0120>>,);
    type DepositPerItem = DepositPerItem;
    type DepositPerChildTrieItem = DepositPerChildTrieItem;
    type DepositPerByte = DepositPerByte;
    type CodeHashLockupDepositPercent = CodeHashLockupDepositPercent;
    type ChainId = ChainId;
    // 18 decimals of ether to 10 decimals of DOT.
    type NativeToEthRatio = ConstU32<100_000_000>;
    type AllowEVMBytecode = ConstBool<true>;
    type UploadOrigin = EnsureSigned<AccountId>;
    type InstantiateOrigin = EnsureSigned<AccountId>;
    type MaxEthExtrinsicWeight = MaxEthExtrinsicWeight;
    type GasScale = GasScale;
    type RuntimeMemory = ConstU32<{ 128 * 1024 * 1024 }>;
    type PVFMemory = ConstU32<{ 512 * 1024 * 1024 }>;
    type DebugEnabled = Debug;
    type FindAuthor = Author;
    type FeeInfo = Info<Address, MultiSignature, EthExtraImpl>;
    type WeightInfo = weights::Weights;
}

pub mod development;
#[cfg(feature = "std")]
pub mod genesis;
#[cfg(feature = "node")]
pub mod node;
pub mod weights;

/// The account of a 20-byte address: the address, filled up with `0xEE`.
#[must_use]
pub fn account_of(address: [u8; 20]) -> AccountId {
    let mut id = [0xEE; 32];
    id[..20].copy_from_slice(&address);
    AccountId32::new(id)
}
