//! The chain's state and what can be done to it.
//!
//! A transaction runs in a storage layer of its own that is committed only if the caller of [`Backend::execute`]
//! says so after seeing the outcome: whatever fails leaves no trace.

use frame_support::{
    dispatch::DispatchClass,
    storage::with_transaction,
    traits::{
        OnFinalize, OnInitialize, PalletsInfoAccess,
        fungible::{Inspect, Mutate},
        fungibles,
    },
};
use pallet_revive::AddressMapper;
use sp_core::{Blake2Hasher, H160, H256, crypto::AccountId32, hashing::blake2_256};
use sp_io::TestExternalities;
use sp_runtime::{DispatchError, ModuleError, StateVersion, TransactionOutcome};
use sp_trie::recorder::Recorder;

use sit_hub::{
    AllPalletsWithSystem, Assets, Balances, Revive, Runtime, RuntimeBlockWeights, RuntimeError, RuntimeEvent, System,
    Timestamp, USDC_ASSET_ID, genesis::Genesis,
};

use super::{
    tape::{self, Tape},
    transaction,
};
use crate::{
    cost::Weight,
    execution::{Execution, Limits, Message, RawEvent, Recorded},
    profile::{Frame, Recording},
};

/// Milliseconds in a second: the runtime keeps time in milliseconds, contracts see seconds.
const MILLIS: u64 = 1_000;

/// The chain's state.
pub(crate) struct Backend {
    ext: TestExternalities,
    measuring: bool,
    taping: bool,
    /// What the newest transaction asked of the chain.
    taped: Vec<Frame>,
}

/// Bytes from which a node of a proof is code: a cell has 416 at most, a branch with sixteen children less than 600.
const LEAST_CODE: usize = 4_096;

impl Backend {
    /// Genesis with the USDC issuer, and the first block open at `unix_seconds`.
    pub(crate) fn new(issuer: [u8; 32], unix_seconds: u64) -> Result<Self, String> {
        let mut backend = Self {
            ext: Genesis::of(AccountId32::new(issuer)).storage()?.into(),
            measuring: false,
            taping: false,
            taped: Vec::new(),
        };
        backend.open_block(1, unix_seconds);
        Ok(backend)
    }

    /// Limits as configured in the runtime.
    pub(crate) fn limits(&mut self) -> Limits {
        self.ext.execute_with(|| {
            let weights = RuntimeBlockWeights::get();
            let normal = weights.get(DispatchClass::Normal);
            Limits {
                block: normal.max_total.unwrap_or(weights.max_block).into(),
                transaction: normal.max_extrinsic.unwrap_or(weights.max_block).into(),
                base: normal.base_extrinsic.into(),
            }
        })
    }

    /// Opens a block: the hooks of all pallets run and the timestamp is set.
    pub(crate) fn open_block(&mut self, number: u32, unix_seconds: u64) {
        self.ext.execute_with(|| {
            // Nothing reads real parent hashes, and computing them would hash the whole state at every block.
            let parent = H256(blake2_256(&number.to_le_bytes()));
            System::reset_events();
            System::initialize(&number, &parent, &Default::default());
            AllPalletsWithSystem::on_initialize(number);
            Timestamp::set_timestamp(unix_seconds.saturating_mul(MILLIS));
        });
    }

    /// Closes the block: the hooks of all pallets run.
    pub(crate) fn close_block(&mut self, number: u32) {
        self.ext.execute_with(|| AllPalletsWithSystem::on_finalize(number));
    }

    /// The 20-byte address that contracts see for an account.
    pub(crate) fn address_of(account: [u8; 32]) -> [u8; 20] {
        <Runtime as pallet_revive::Config>::AddressMapper::to_address(&AccountId32::new(account)).0
    }

    /// Gives `planck` to an account.
    pub(crate) fn endow(&mut self, account: [u8; 32], planck: u128) -> Result<(), String> {
        self.outside_of_blocks(|| Balances::mint_into(&AccountId32::new(account), planck))
    }

    /// Native balance of an address in planck: what it can spend and what is on hold.
    pub(crate) fn native_balance(&mut self, address: [u8; 20]) -> u128 {
        self.ext.execute_with(|| Balances::total_balance(&account_of(address)))
    }

    /// Creates `atoms` of USDC on an address.
    pub(crate) fn mint_usdc(&mut self, address: [u8; 20], atoms: u128) -> Result<(), String> {
        self.outside_of_blocks(|| {
            <Assets as fungibles::Mutate<_>>::mint_into(USDC_ASSET_ID, &account_of(address), atoms)
        })
    }

    /// Changes the state without a transaction; the events of it are nobody's.
    fn outside_of_blocks<R>(&mut self, change: impl FnOnce() -> Result<R, DispatchError>) -> Result<(), String> {
        self.ext.execute_with(|| {
            let result = with_transaction(|| match change() {
                Ok(_) => TransactionOutcome::Commit(Ok(())),
                Err(error) => TransactionOutcome::Rollback(Err(error)),
            });
            System::reset_events();
            result.map_err(name_of)
        })
    }

    /// USDC balance of an address in atoms.
    pub(crate) fn usdc_balance(&mut self, address: [u8; 20]) -> u128 {
        self.ext.execute_with(|| Assets::balance(USDC_ASSET_ID, account_of(address)))
    }

    /// Hash of the whole state.
    pub(crate) fn state_root(&mut self) -> Vec<u8> {
        self.ext.execute_with(|| sp_io::storage::root(StateVersion::V1))
    }

    /// Runs one transaction of `signer` and keeps its changes only if `commit` says so.
    pub(crate) fn execute(
        &mut self,
        signer: [u8; 32],
        message: &Message,
        limits: &Limits,
        commit: impl FnOnce(&Execution) -> bool,
    ) -> Execution {
        let run = || {
            let signer = AccountId32::new(signer);
            let mut tape = Tape::new(self.taping);
            let execution: Result<Execution, DispatchError> = with_transaction(|| {
                System::inc_account_nonce(&signer);
                let outcome = pallet_revive::tracing::trace(&mut tape, || transaction::run(&signer, message, limits));
                let execution = Execution { events: contract_events(), cells: tape.counter.cells(), ..outcome };
                if commit(&execution) {
                    TransactionOutcome::Commit(Ok(execution))
                } else {
                    TransactionOutcome::Rollback(Ok(execution))
                }
            });
            System::reset_events();
            self.taped = tape.frames;
            // Only a layer that cannot be opened is an error here: 255 are nested already.
            execution.unwrap_or_else(|error| transaction::failed(name_of(error)))
        };
        // What lies in the overlay is in no proof: it goes into the trie first.
        if !self.measuring || self.ext.commit_all().is_err() {
            return self.ext.execute_with(run);
        }
        let by_the_hub = self.ext.execute_with(|| weigh_as_the_hub(signer, message, limits));
        let recorder = Recorder::<Blake2Hasher>::default();
        let execution = self.ext.execute_with_recorder(recorder.clone(), run);
        let mut recorded = Recorded::default();
        for node in recorder.drain_storage_proof().iter_nodes() {
            let bytes = u64::try_from(node.len()).unwrap_or(u64::MAX);
            if node.len() < LEAST_CODE { recorded.nodes += bytes } else { recorded.code += bytes }
        }
        Execution { recorded: Some(recorded), by_the_hub, ..execution }
    }

    /// Writes down what each execution asks of the chain from now on, or no longer.
    pub(crate) const fn tape(&mut self, on: bool) {
        self.taping = on;
    }

    /// What the newest execution asked of the chain; `named` knows the contracts by their addresses. `None` if nothing
    /// was written down.
    pub(crate) fn taped(
        &mut self,
        metered: Weight,
        now: u64,
        named: impl Fn([u8; 20]) -> Option<String>,
    ) -> Option<Recording> {
        let frames = std::mem::take(&mut self.taped);
        if frames.is_empty() {
            return None;
        }
        let codes = self.ext.execute_with(|| {
            let of = |frame: &Frame| Some((frame.code, (named(frame.code)?, Revive::code(&H160(frame.code)))));
            frames.iter().filter(|frame| !frame.stretches.is_empty()).filter_map(of).collect()
        });
        Some(Recording { metered, price: tape::instruction_price(), now, frames, codes })
    }

    /// Records the proof of each execution from now on and weighs it by the Hub's own weights too, or no longer.
    pub(crate) const fn measure(&mut self, on: bool) {
        self.measuring = on;
    }
}

/// What the Hub's own weights say of a message as an Ethereum transaction; nothing of it stays. `None` when a layer
/// cannot be opened: 255 are nested already.
fn weigh_as_the_hub(signer: [u8; 32], message: &Message, limits: &Limits) -> Option<Weight> {
    let signer = AccountId32::new(signer);
    let weighed: Result<Weight, DispatchError> = with_transaction(|| {
        System::inc_account_nonce(&signer);
        let execution = sit_hub::weights::as_the_hub(|| transaction::run(&signer, message, limits));
        TransactionOutcome::Rollback(Ok(execution.ethereum_overhead.add(execution.consumed)))
    });
    weighed.ok()
}

/// The account behind a 20-byte address.
fn account_of(address: [u8; 20]) -> AccountId32 {
    <Runtime as pallet_revive::Config>::AddressMapper::to_account_id(&H160(address))
}

/// Events that contracts emitted in the open layer, oldest first.
fn contract_events() -> Vec<RawEvent> {
    System::read_events_no_consensus()
        .filter_map(|record| match record.event {
            RuntimeEvent::Revive(pallet_revive::Event::ContractEmitted { contract, data, topics }) => {
                Some(RawEvent { contract: contract.0, topics: topics.into_iter().map(|topic| topic.0).collect(), data })
            }
            _ => None,
        })
        .collect()
}

/// The name of a pallet's error by its number: one that was read from an event has lost its name.
fn named(error: ModuleError) -> Option<String> {
    // Revive(OutOfGas)
    let text = format!("{:?}", RuntimeError::from_dispatch_error(DispatchError::Module(error))?);
    Some(text.split_once('(')?.1.trim_end_matches(')').to_owned())
}

/// `Pallet::Error` for an error of a pallet, its debug text otherwise.
pub(crate) fn name_of(error: DispatchError) -> String {
    match error {
        DispatchError::Module(module) => {
            let pallet = AllPalletsWithSystem::infos()
                .into_iter()
                .find(|info| info.index == usize::from(module.index))
                .map_or("Unknown", |info| info.name);
            let error = module.message.map(str::to_owned).or_else(|| named(module));
            format!("{pallet}::{}", error.as_deref().unwrap_or("Unknown"))
        }
        other => format!("{other:?}"),
    }
}
