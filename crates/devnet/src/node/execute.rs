//! Blocks as the Hub makes them: signed bytes, `eth_transact`, executive, the pallet's block builder.

use std::time::{Duration, Instant};

use codec::Encode;
use frame_support::{
    dispatch::{DispatchClass, GetDispatchInfo},
    storage::{unhashed, with_transaction},
    traits::{BuildGenesisConfig, fungible::Mutate, tokens::Preservation},
};
use frame_system::Phase;
use pallet_revive::{
    AccountInfo, DebugSettings, EthTransactError, EthTransactInfo,
    evm::{
        Block as EthBlock, DryRunConfig, GenericTransaction, ReceiptGasInfo, StateOverrideSet, Trace, TracerType,
        fees::InfoT, runtime::EthExtra,
    },
    tracing::trace,
};
use sit_hub::{
    Balance, Balances, EthExtraImpl, Executive, Header, Revive, Runtime, RuntimeBlockWeights, RuntimeCall,
    RuntimeEvent, System, UncheckedExtrinsic,
    genesis::{self, account_of},
};
use sp_core::{H160, H256, U256, hashing::twox_128};
use sp_runtime::{
    DispatchError, TransactionOutcome,
    generic::{self, Digest, ExtrinsicFormat},
    traits::{Applyable, Header as _},
    transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidityError},
};

use super::{
    archive::{Archive, Change},
    tracer::Ending,
    transaction::{Transaction, impersonator},
};
use crate::{cost::Weight, execution::Cells, hub::name_of};

/// Milliseconds in a second: the runtime keeps time in milliseconds, contracts see seconds.
const MILLIS: u64 = 1_000;

/// A log as the pallet recorded it.
#[derive(Clone, Debug)]
pub struct RawLog {
    /// The contract.
    pub address: H160,
    /// Its topics.
    pub topics: Vec<H256>,
    /// What is not indexed.
    pub data: Vec<u8>,
}

/// A transaction that a block has.
#[derive(Clone, Debug)]
pub struct Included {
    /// The transaction.
    pub transaction: Transaction,
    /// The contract that it created.
    pub created: Option<H160>,
    /// Whether it did what it was to do.
    pub succeeded: bool,
    /// Gas that it paid for, deposits among it.
    pub gas_used: U256,
    /// Wei that a gas cost.
    pub gas_price: U256,
    /// What was emitted; nothing when it failed.
    pub logs: Vec<RawLog>,
    /// What it returned or reverted with.
    pub output: Vec<u8>,
    /// Why it failed, if not by a contract that reverted: `Pallet::Error`.
    pub fault: Option<String>,
    /// What the block is charged for it.
    pub weight: Weight,
    /// Cells of contracts that it touched.
    pub cells: Cells,
}

/// A block that has been made and not been kept yet.
pub(super) struct Built {
    pub(super) header: Header,
    pub(super) eth: EthBlock,
    pub(super) included: Vec<Included>,
    /// Transactions that no block takes, by their position, and why.
    pub(super) refused: Vec<(usize, TransactionValidityError)>,
    /// What the transactions of the block are charged.
    pub(super) weight: Weight,
    pub(super) change: Change,
    /// How long it took to end the block: hooks, roots, the new state.
    pub(super) ending: Duration,
}

/// The extrinsic that carries a signed Ethereum transaction.
fn extrinsic(raw: Vec<u8>) -> UncheckedExtrinsic {
    let call = RuntimeCall::Revive(pallet_revive::Call::eth_transact { payload: raw });
    generic::UncheckedExtrinsic::new_bare(call).into()
}

/// Opens the block and sets its time, which is its first extrinsic, as on the Hub.
fn open(number: u32, parent: H256, seconds: u64) -> Result<(), String> {
    Executive::initialize_block(&Header::new(number, H256::zero(), H256::zero(), parent, Digest::default()));
    let now = seconds.saturating_mul(MILLIS);
    let inherent = RuntimeCall::Timestamp(pallet_timestamp::Call::set { now });
    match Executive::apply_extrinsic(generic::UncheckedExtrinsic::new_bare(inherent).into()) {
        Ok(Ok(())) => Ok(()),
        other => Err(format!("the block does not take its time {seconds}: {other:?}")),
    }
}

/// What a transaction said of itself while it ran.
struct Traced {
    position: usize,
    ending: Ending,
    weight: Weight,
}

/// Makes a block on a state, of the transactions that fit, in their order.
///
/// A transaction without room is left for the next block, and with it all that follow of its sender; one that no block
/// takes is named among the refused.
pub(super) fn build(
    archive: &Archive,
    root: H256,
    number: u32,
    parent: H256,
    seconds: u64,
    candidates: &[Transaction],
) -> Result<Built, String> {
    let mut ended = Instant::now();
    let (made, change) = archive.execute(root, || {
        open(number, parent, seconds)?;
        let (mut traced, mut refused, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
        let begun = System::block_weight().total();
        for (position, candidate) in candidates.iter().enumerate() {
            if waiting.contains(&candidate.from) {
                continue;
            }
            let before = System::block_weight().total();
            let mut ending = Ending::default();
            match apply(&mut ending, candidate) {
                Ok(()) => {
                    let weight = System::block_weight().total().saturating_sub(before).into();
                    traced.push(Traced { position, ending, weight });
                }
                // In an empty block it would wait for ever.
                Err(TransactionValidityError::Invalid(InvalidTransaction::ExhaustsResources)) if !traced.is_empty() => {
                    waiting.push(candidate.from);
                }
                Err(error) => refused.push((position, error)),
            }
        }
        let weight = System::block_weight().total().saturating_sub(begun).into();
        ended = Instant::now();
        let header = Executive::finalize_block();
        let included = included(candidates, traced, Revive::eth_receipt_data());
        Ok::<_, String>((header, Revive::eth_block(), included, refused, weight))
    })?;
    let ending = ended.elapsed();
    let (header, eth, included, refused, weight) = made?;
    Ok(Built { header, eth, included, refused, weight, change, ending })
}

/// Applies a transaction in a layer of its own: checking one that is then refused has withdrawn its deposit already.
fn apply(ending: &mut Ending, transaction: &Transaction) -> Result<(), TransactionValidityError> {
    let outcome: Result<_, DispatchError> = with_transaction(|| {
        let outcome = trace(ending, || execute(transaction));
        match outcome {
            Ok(()) => TransactionOutcome::Commit(Ok(Ok(()))),
            Err(error) => TransactionOutcome::Rollback(Ok(Err(error))),
        }
    });
    // A layer that cannot be opened: 255 are nested already, which a block is not.
    outcome.unwrap_or(Err(InvalidTransaction::ExhaustsResources.into()))
}

/// Executes a transaction in the open block.
fn execute(transaction: &Transaction) -> Result<(), TransactionValidityError> {
    if transaction.impersonated {
        return sit_hub::debugging(|| {
            let before = unhashed::get_raw(&debug_settings());
            DebugSettings::default().set_bypass_eip_3607(true).write_to_storage::<Runtime>();
            let outcome = execute_in_the_place_of_its_sender(transaction);
            match before {
                Some(settings) => unhashed::put_raw(&debug_settings(), &settings),
                None => unhashed::kill(&debug_settings()),
            }
            outcome
        });
    }
    Executive::apply_extrinsic(extrinsic(transaction.raw.clone())).map(|_| ())
}

/// Where the pallet keeps its settings for debugging.
fn debug_settings() -> Vec<u8> {
    [twox_128(b"Revive"), twox_128(b"DebugSettingsOf")].concat()
}

/// What the executive does with an extrinsic, between whose check and application the signer is replaced by whom they
/// stand for: who is impersonated pays, by their own nonce, and the runtime knows them as the origin.
fn execute_in_the_place_of_its_sender(transaction: &Transaction) -> Result<(), TransactionValidityError> {
    let carried = extrinsic(transaction.raw.clone());
    let encoded = carried.encode();
    let signer = account_of(impersonator().address.0);
    let had = Balances::free_balance(&signer);
    let mut checked = EthExtraImpl::try_into_checked_extrinsic(&transaction.raw, encoded.len())?;
    // The check has taken the deposit from the signer.
    let deposit = had.saturating_sub(Balances::free_balance(&signer));
    let sender = account_of(transaction.from.0);
    <Balances as Mutate<_>>::transfer(&sender, &signer, deposit, Preservation::Preserve)
        .map_err(|_| InvalidTransaction::Payment)?;
    if let ExtrinsicFormat::Signed(signed, _) = &mut checked.format {
        *signed = sender;
    }
    let (info, length) = (checked.get_dispatch_info(), encoded.len());
    System::note_extrinsic(encoded);
    let outcome = checked.apply::<Runtime>(&info, length)?;
    System::note_applied_extrinsic(&outcome, info);
    Ok(())
}

/// What became of the transactions: their events, by the extrinsic of each, with what they said while they ran.
fn included(candidates: &[Transaction], traced: Vec<Traced>, gas: Vec<ReceiptGasInfo>) -> Vec<Included> {
    let mut logs: Vec<Vec<RawLog>> = Vec::new();
    logs.resize_with(traced.len(), Vec::new);
    let mut reverts: Vec<Option<DispatchError>> = vec![None; traced.len()];
    for record in System::read_events_no_consensus() {
        // The first extrinsic is the block's time.
        let Phase::ApplyExtrinsic(index @ 1..) = record.phase else { continue };
        let index = index as usize - 1;
        match record.event {
            RuntimeEvent::Revive(pallet_revive::Event::ContractEmitted { contract, data, topics }) => {
                if let Some(logs) = logs.get_mut(index) {
                    logs.push(RawLog { address: contract, topics, data });
                }
            }
            RuntimeEvent::Revive(pallet_revive::Event::EthExtrinsicRevert { dispatch_error }) => {
                if let Some(revert) = reverts.get_mut(index) {
                    *revert = Some(dispatch_error);
                }
            }
            _ => {}
        }
    }
    let parts = traced.into_iter().zip(gas).zip(logs).zip(reverts);
    let included = parts.map(|(((traced, gas), logs), revert)| {
        let transaction = candidates[traced.position].clone();
        let reverted = revert == Some(pallet_revive::Error::<Runtime>::ContractReverted.into());
        let created = (transaction.to.is_none() && revert.is_none())
            .then(|| pallet_revive::create1(&transaction.from, transaction.nonce));
        Included {
            created,
            succeeded: revert.is_none(),
            gas_used: gas.gas_used,
            gas_price: gas.effective_gas_price,
            logs,
            output: traced.ending.output.clone(),
            fault: revert.filter(|_| !reverted).map(name_of),
            weight: traced.weight,
            cells: traced.ending.cells(),
            transaction,
        }
    });
    included.collect()
}

/// Whether the pool may take a transaction: what the runtime says of it on a state, its nonce not counted if it is
/// ahead.
pub(super) fn validate(
    archive: &Archive,
    root: H256,
    parent: H256,
    raw: Vec<u8>,
) -> Result<(), TransactionValidityError> {
    archive
        .read(root, || Executive::validate_transaction(TransactionSource::External, extrinsic(raw), parent).map(|_| ()))
}

/// What a transaction would book of a block before it runs, and what one transaction may book.
pub(super) fn booked(archive: &Archive, root: H256, raw: Vec<u8>) -> (Weight, Weight) {
    archive.read(root, || {
        let weights = RuntimeBlockWeights::get();
        let most = weights.get(DispatchClass::Normal).max_extrinsic.unwrap_or(weights.max_block);
        // It has been decoded before.
        let needs = Revive::eth_pre_dispatch_weight(raw).unwrap_or_default();
        (needs.into(), most.into())
    })
}

/// Runs a call as an Ethereum transaction would and forgets it.
pub(super) fn dry_run(
    archive: &Archive,
    root: H256,
    call: GenericTransaction,
    config: DryRunConfig<u64>,
) -> Result<EthTransactInfo<Balance>, EthTransactError> {
    archive.read(root, || Revive::dry_run_eth_transact(call, config))
}

/// The gas with which a call would be done.
pub(super) fn estimate(
    archive: &Archive,
    root: H256,
    call: GenericTransaction,
    config: DryRunConfig<u64>,
) -> Result<U256, EthTransactError> {
    archive.read(root, || Revive::eth_estimate_gas(call, config))
}

/// A block to be made again: the state and the header on which it was made, its number and its time.
pub(super) struct Again {
    pub(super) root: H256,
    pub(super) parent: H256,
    pub(super) number: u32,
    pub(super) seconds: u64,
}

/// Runs the transactions of a block again up to one of them, which is traced.
pub(super) fn retrace(
    archive: &Archive,
    block: &Again,
    before: &[Transaction],
    traced: &Transaction,
    tracer: TracerType,
) -> Result<Option<Trace>, String> {
    archive.read(block.root, || {
        open(block.number, block.parent, block.seconds)?;
        for transaction in before {
            // It was applied then, so it is now.
            let _ = execute(transaction);
        }
        let mut tracer = Revive::evm_tracer(tracer);
        let outcome = trace(tracer.as_tracing(), || execute(traced));
        outcome.map_err(|error| format!("the transaction is not applied again: {error:?}"))?;
        Ok(tracer.collect_trace())
    })
}

/// Traces a call that nobody sent.
pub(super) fn trace_call(
    archive: &Archive,
    root: H256,
    call: GenericTransaction,
    config: DryRunConfig<u64>,
    tracer: TracerType,
) -> Result<Option<Trace>, EthTransactError> {
    archive.read(root, || {
        let mut tracer = Revive::evm_tracer(tracer);
        let outcome = trace(tracer.as_tracing(), || Revive::dry_run_eth_transact(call, config));
        match (tracer.collect_trace(), outcome) {
            (Some(trace), _) => Ok(Some(trace)),
            (None, outcome) => outcome.map(|_| None),
        }
    })
}

/// Calls of a block that nobody seals, and when it would be.
pub struct Simulated {
    /// Unix seconds.
    pub seconds: u64,
    /// What is changed before its first call.
    pub overrides: Option<StateOverrideSet>,
    /// The calls, in order.
    pub calls: Vec<GenericTransaction>,
}

/// What a call of a simulated block did.
pub struct SimulatedCall {
    /// Gas that it would need, and what it returned; or why it failed.
    pub outcome: Result<(U256, Vec<u8>), EthTransactError>,
    /// What it emitted.
    pub logs: Vec<RawLog>,
}

/// Runs blocks on a state, one on top of the other, and forgets them. `pays` has senders pay for what they send; no
/// call begins when `patience` is over or there are more than `most` bytes to tell, but for the first.
pub(super) fn simulate(
    archive: &Archive,
    block: &Again,
    blocks: Vec<Simulated>,
    pays: bool,
    patience: Duration,
    most: usize,
) -> Result<Vec<(EthBlock, Vec<SimulatedCall>)>, String> {
    let (begun, mut count, mut bytes) = (Instant::now(), 0_usize, 0_usize);
    archive.read(block.root, || {
        let (mut parent, mut done) = (block.parent, Vec::new());
        for (number, Simulated { seconds, mut overrides, calls }) in (block.number..).zip(blocks) {
            open(number, parent, seconds)?;
            let mut ended = Vec::new();
            for call in calls {
                if count > 0 && begun.elapsed() > patience {
                    let seconds = patience.as_secs();
                    return Err(format!("{count} calls have taken more than {seconds} s: simulate less at once"));
                }
                if count > 0 && bytes > most {
                    return Err(format!("{count} calls have more than {most} bytes to tell: simulate less at once"));
                }
                count += 1;
                let before = System::event_count() as usize;
                let config =
                    DryRunConfig::new().with_perform_balance_checks(Some(pays)).with_state_overrides(overrides.take());
                let outcome = Revive::dry_run_eth_transact(call, config).map(|done| (done.eth_gas, done.data));
                let logs = System::read_events_no_consensus().skip(before).filter_map(|record| match record.event {
                    RuntimeEvent::Revive(pallet_revive::Event::ContractEmitted { contract, data, topics }) => {
                        Some(RawLog { address: contract, topics, data })
                    }
                    _ => None,
                });
                let logs: Vec<RawLog> = logs.collect();
                // In hexadecimal.
                bytes += 2 * logs.iter().map(|log| log.data.len()).sum::<usize>();
                bytes += outcome.as_ref().map_or(0, |(_, data)| 2 * data.len());
                ended.push(SimulatedCall { outcome, logs });
            }
            let header = Executive::finalize_block();
            parent = header.hash();
            done.push((Revive::eth_block(), ended));
        }
        Ok(done)
    })
}

/// Gas that a transaction pays for before its code runs: its dispatch, its extensions and its bytes.
pub(super) fn own_gas(archive: &Archive, root: H256, transaction: &Transaction) -> U256 {
    type Fees = <Runtime as pallet_revive::Config>::FeeInfo;
    let Transaction { raw, to, value, input, gas, .. } = transaction.clone();
    archive.read(root, || {
        let encoded_len = <Fees as InfoT<Runtime>>::encoded_len(
            pallet_revive::Call::<Runtime>::eth_transact { payload: raw.clone() }.into(),
        );
        let (weight_limit, effective_gas_price) = (Default::default(), Revive::evm_base_fee());
        let call = match to {
            Some(dest) => pallet_revive::Call::<Runtime>::eth_call {
                dest,
                value,
                weight_limit,
                eth_gas_limit: gas,
                data: input,
                transaction_encoded: raw,
                effective_gas_price,
                encoded_len,
            },
            None => pallet_revive::Call::<Runtime>::eth_instantiate_with_code {
                value,
                weight_limit,
                eth_gas_limit: gas,
                code: input,
                data: Vec::new(),
                transaction_encoded: raw,
                effective_gas_price,
                encoded_len,
            },
        };
        let planck = <Fees as InfoT<Runtime>>::tx_fee(encoded_len, &call.into());
        let (gas, rest) = U256::from(planck).saturating_mul(super::WEI_PER_PLANCK.into()).div_mod(effective_gas_price);
        if rest.is_zero() { gas } else { gas + 1 }
    })
}

/// Makes a contract at an address, as the pallet's genesis does; what that does to the Ethereum block is undone.
pub(super) fn put_contract(address: H160, code: Vec<u8>) -> Result<(), String> {
    let of_the_block = ["EthereumBlock", "ReceiptInfoData", "EthBlockBuilderIR", "EthBlockBuilderFirstValues"];
    let mut keys: Vec<Vec<u8>> =
        of_the_block.iter().map(|item| [twox_128(b"Revive"), twox_128(item.as_bytes())].concat()).collect();
    keys.push([&twox_128(b"Revive")[..], &twox_128(b"BlockHash"), &System::block_number().to_le_bytes()].concat());
    let before: Vec<Option<Vec<u8>>> = keys.iter().map(|key| unhashed::get_raw(key)).collect();
    let nonce = System::account_nonce(account_of(address.0)).max(1);
    let account = pallet_revive::genesis::Account { nonce, ..genesis::contract(address.0, code.clone()) };
    let balance = Revive::evm_balance(&address);
    let account = pallet_revive::genesis::Account { balance, ..account };
    pallet_revive::GenesisConfig::<Runtime> { accounts: vec![account], ..Default::default() }.build();
    for (key, value) in keys.iter().zip(before) {
        match value {
            Some(value) => unhashed::put_raw(key, &value),
            None => unhashed::kill(key),
        }
    }
    if Revive::code(&address) == code {
        Ok(())
    } else {
        Err("the bytes are neither a PolkaVM program nor EVM code".to_owned())
    }
}

/// Where the pallet keeps a code and what it knows of it, with what is there.
pub(super) fn stored_code(hash: H256) -> Vec<(Vec<u8>, Vec<u8>)> {
    ["PristineCode", "CodeInfoOf"]
        .iter()
        .filter_map(|item| {
            let key = [&twox_128(b"Revive")[..], &twox_128(item.as_bytes()), &hash.0].concat();
            unhashed::get_raw(&key).map(|value| (key, value))
        })
        .collect()
}

/// Replaces a contract's code by one that is stored under its hash.
pub(super) fn replace_code(address: H160, hash: H256, stored: Vec<(Vec<u8>, Vec<u8>)>) -> Result<(), String> {
    if stored.len() != 2 {
        return Err("the runtime keeps code elsewhere than this program expects".to_owned());
    }
    for (key, value) in stored.iter().filter(|(key, _)| unhashed::get_raw(key).is_none()) {
        unhashed::put_raw(key, value);
    }
    // The pallet's own way counts who has a code, and code of a genesis is had by nobody.
    let mut contract = AccountInfo::<Runtime>::load_contract(&address).ok_or("there is no contract at this address")?;
    contract.code_hash = hash;
    AccountInfo::<Runtime>::insert_contract(&address, contract);
    Ok(())
}

/// Bytes of a hash before a key of another length than 32 where the pallet stores it.
const KEY_HASH: usize = 16;

/// The cells of a contract whose keys begin with some bytes, one more than `most` at most; `None` where there is none.
pub(super) fn cells(address: H160, begin: &[u8], most: usize) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let contract = AccountInfo::<Runtime>::load_contract(&address)?.child_trie_info();
    let trie = contract.storage_key();
    let (mut found, mut at) = (Vec::new(), Vec::new());
    while let Some(next) = sp_io::default_child_storage::next_key(trie, &at) {
        if let Some(key) = next.get(KEY_HASH..).filter(|key| key.starts_with(begin))
            && let Some(value) = sp_io::default_child_storage::get(trie, &next)
        {
            found.push((key.to_vec(), value.to_vec()));
            if found.len() > most {
                break;
            }
        }
        at = next;
    }
    found.sort_unstable();
    Some(found)
}

/// What the signed transactions of a block may use.
pub(super) fn block_limit() -> Weight {
    let weights = RuntimeBlockWeights::get();
    weights.get(DispatchClass::Normal).max_total.unwrap_or(weights.max_block).into()
}
