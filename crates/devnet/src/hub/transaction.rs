//! One transaction: what it costs around the contract, how the pallet runs it, what the pallet answers.

use codec::Encode;
use frame_support::{dispatch::GetDispatchInfo, weights::Weight as FrameWeight};
use pallet_revive::{
    Code, ContractResult, ExecConfig, ExecReturnValue, StorageDeposit, TransactionLimits, WeightInfo,
    evm::{Bytes, Transaction1559Unsigned, TransactionUnsigned, fees::InfoT, tx_extension::SetOrigin},
};
use sp_core::{H160, U256, crypto::AccountId32, sr25519};
use sp_runtime::{
    DispatchError, MultiAddress, MultiSignature,
    generic::{self, Era},
    traits::TransactionExtension,
};

use sit_hub::{ChainId, Revive, Runtime, RuntimeCall, RuntimeOrigin, UncheckedExtrinsic};

use super::backend::name_of;
use crate::{
    cost::Weight,
    execution::{Cells, Execution, Fault, Limits, Message, Returned},
};

/// Blocks that a signature stays valid: the usual mortality of wallets. It fixes the length of the encoded era.
const ERA_BLOCKS: u64 = 64;
/// Nonce taken for the length of a transaction: the smallest that encodes to four bytes, so that the cost of a message
/// does not depend on how often its signer has sent one.
const LONG_NONCE: u32 = 1 << 14;

/// Weight of a signed transaction around the contract: call of the pallet, extensions, length.
///
/// The length counts as proof, as `CheckWeight` does.
fn overhead(signer: &AccountId32, message: &Message) -> Weight {
    let call = RuntimeCall::Revive(match message {
        Message::Call { to, data } => pallet_revive::Call::call {
            dest: H160(*to),
            value: 0,
            weight_limit: FrameWeight::zero(),
            storage_deposit_limit: u128::MAX,
            data: data.clone(),
        },
        Message::Deploy { code, data } => pallet_revive::Call::instantiate_with_code {
            value: 0,
            weight_limit: FrameWeight::zero(),
            storage_deposit_limit: u128::MAX,
            code: code.clone(),
            data: data.clone(),
            salt: None,
        },
    });
    let extension = sit_hub::extension(Era::mortal(ERA_BLOCKS, 0), LONG_NONCE, 0, SetOrigin::default());
    let weight = call.get_dispatch_info().call_weight.saturating_add(extension.weight(&call));
    let signature = MultiSignature::Sr25519(sr25519::Signature::from_raw([0; 64]));
    let signer = MultiAddress::Id(signer.clone());
    let extrinsic =
        UncheckedExtrinsic::from(generic::UncheckedExtrinsic::new_signed(call, signer, signature, extension));
    let length = extrinsic.encoded_size();
    Weight::from(weight).add(Weight { ref_time: 0, proof_size: u64::try_from(length).unwrap_or(u64::MAX) })
}

/// Weight of the message around the contract when it comes as an Ethereum transaction that succeeds: dispatch of the
/// pallet, which counts the transaction's bytes for the Ethereum block, extensions, and the length of the extrinsic
/// that carries it.
fn ethereum_overhead(message: &Message, base: Weight) -> Weight {
    type Fees = <Runtime as pallet_revive::Config>::FeeInfo;
    let (to, input) = match message {
        Message::Call { to, data } => (Some(H160(*to)), data.clone()),
        Message::Deploy { code, data } => (None, [code.as_slice(), data].concat()),
    };
    // Numbers as long as those of a wallet are at most.
    let payload = Transaction1559Unsigned {
        chain_id: ChainId::get().into(),
        nonce: LONG_NONCE.into(),
        gas: u64::from(u32::MAX).into(),
        max_fee_per_gas: u64::MAX.into(),
        to,
        input: Bytes(input.clone()),
        ..Default::default()
    };
    let transaction_encoded = TransactionUnsigned::from(payload).dummy_signed_payload();
    let encoded_len = <Fees as InfoT<Runtime>>::encoded_len(
        pallet_revive::Call::<Runtime>::eth_transact { payload: transaction_encoded.clone() }.into(),
    );
    let (value, weight_limit) = (U256::zero(), FrameWeight::zero());
    let (eth_gas_limit, effective_gas_price) = (U256::from(u32::MAX), U256::from(u64::MAX));
    let call = match message {
        Message::Call { to, data } => pallet_revive::Call::<Runtime>::eth_call {
            dest: H160(*to),
            value,
            weight_limit,
            eth_gas_limit,
            data: data.clone(),
            transaction_encoded,
            effective_gas_price,
            encoded_len,
        },
        Message::Deploy { code, data } => pallet_revive::Call::<Runtime>::eth_instantiate_with_code {
            value,
            weight_limit,
            eth_gas_limit,
            code: code.clone(),
            data: data.clone(),
            transaction_encoded,
            effective_gas_price,
            encoded_len,
        },
    };
    let revert = <<Runtime as pallet_revive::Config>::WeightInfo as WeightInfo>::deposit_eth_extrinsic_revert_event();
    let weight = <Fees as InfoT<Runtime>>::dispatch_info(&call.into()).total_weight().saturating_sub(revert);
    Weight::from(weight).add(base).add(Weight { ref_time: 0, proof_size: encoded_len.into() })
}

/// Runs the message in the pallet; cells and events are for the caller to add.
pub(super) fn run(signer: &AccountId32, message: &Message, limits: &Limits) -> Execution {
    let overhead = overhead(signer, message).add(limits.base);
    let limit = limits.transaction.add(limits.base).sub(overhead);
    let ethereum_overhead = ethereum_overhead(message, limits.base);
    Execution { overhead, ethereum_overhead, ..dispatch(signer.clone(), message, limit) }
}

/// Calls the pallet with a weight limit for the contract.
fn dispatch(signer: AccountId32, message: &Message, limit: Weight) -> Execution {
    let origin = RuntimeOrigin::signed(signer);
    let limits = TransactionLimits::WeightAndDeposit { weight_limit: limit.into(), deposit_limit: u128::MAX };
    let config = ExecConfig::new_substrate_tx();
    match message {
        Message::Call { to, data } => {
            let outcome = Revive::bare_call(origin, H160(*to), U256::zero(), limits, data.clone(), &config);
            execution(outcome, |value| (value, *to))
        }
        Message::Deploy { code, data } => {
            let code = Code::Upload(code.clone());
            let outcome = Revive::bare_instantiate(origin, U256::zero(), limits, code, data.clone(), None, &config);
            execution(outcome, |value| (value.result, value.addr.0))
        }
    }
}

/// Translates the pallet's result.
fn execution<R>(outcome: ContractResult<R, u128>, parts: impl FnOnce(R) -> (ExecReturnValue, [u8; 20])) -> Execution {
    let signed = |planck: u128| i128::try_from(planck).unwrap_or(i128::MAX);
    Execution {
        result: match outcome.result {
            Ok(value) => {
                let (value, address) = parts(value);
                Ok(Returned { reverted: value.did_revert(), data: value.data, address })
            }
            Err(error) => Err(fault(error)),
        },
        consumed: outcome.weight_consumed.into(),
        required: outcome.weight_required.into(),
        overhead: Weight::default(),
        ethereum_overhead: Weight::default(),
        recorded: None,
        by_the_hub: None,
        deposit: match outcome.storage_deposit {
            StorageDeposit::Charge(planck) => signed(planck),
            StorageDeposit::Refund(planck) => signed(planck).saturating_neg(),
        },
        cells: Cells::default(),
        events: Vec::new(),
    }
}

/// An execution that never started.
pub(super) fn failed(reason: String) -> Execution {
    Execution {
        result: Err(Fault::Dispatch(reason)),
        consumed: Weight::default(),
        required: Weight::default(),
        overhead: Weight::default(),
        ethereum_overhead: Weight::default(),
        recorded: None,
        by_the_hub: None,
        deposit: 0,
        cells: Cells::default(),
        events: Vec::new(),
    }
}

/// Sorts the pallet's errors into those a contract's author distinguishes.
fn fault(error: DispatchError) -> Fault {
    type Error = pallet_revive::Error<Runtime>;
    if error == Error::OutOfGas.into() {
        Fault::OutOfGas
    } else if error == Error::ContractTrapped.into() {
        Fault::Trapped
    } else {
        Fault::Dispatch(name_of(error))
    }
}

impl From<FrameWeight> for Weight {
    fn from(weight: FrameWeight) -> Self {
        Self { ref_time: weight.ref_time(), proof_size: weight.proof_size() }
    }
}

impl From<Weight> for FrameWeight {
    fn from(weight: Weight) -> Self {
        Self::from_parts(weight.ref_time, weight.proof_size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_pays_for_the_call_the_extensions_and_every_byte_of_itself() {
        let signer = AccountId32::new([1; 32]);
        let call = |length| Message::Call { to: [2; 20], data: vec![0; length] };
        let (empty, full) = (overhead(&signer, &call(0)), overhead(&signer, &call(60)));
        assert_eq!(full.sub(empty), Weight { ref_time: 0, proof_size: 60 });
        assert_eq!(full.ref_time, empty.ref_time);
    }
}
