//! Deploying contracts and calling them.

use std::sync::Arc;

use alloy_core::{
    dyn_abi::DynSolValue,
    json_abi::JsonAbi,
    primitives::{Address, B256},
};

use sit_client::{
    Artifact, IntoArg,
    abi::{self, AbiError, Field},
    codec::{self, Refused},
};
use sit_native::Contract;

use crate::{
    account::Account,
    chain::Chain,
    execution::{Execution, Fault, Message, RawEvent, Returned},
    receipt::{CallError, Event, Receipt, Revert},
};

/// A contract on the chain.
#[derive(Debug, Clone)]
pub struct Deployed {
    /// Name, as it appears in reports and events.
    pub name: String,
    /// Address.
    pub address: Address,
    /// Solidity interface.
    pub abi: Arc<JsonAbi>,
    /// Size of its code in bytes; zero for a precompile.
    pub blob_bytes: u64,
}

impl Deployed {
    /// The calldata of a message, for contracts that are told to call: selector and encoded arguments.
    ///
    /// # Errors
    /// [`AbiError`] when the message does not exist or the arguments do not fit it.
    pub fn calldata(&self, message: &str, args: impl AsRef<[DynSolValue]>) -> Result<Vec<u8>, AbiError> {
        let function = abi::message(&self.abi, &self.name, message, args.as_ref().len())?;
        abi::encode_call(function, args.as_ref())
    }
}

impl IntoArg for &Deployed {
    fn into_arg(self) -> DynSolValue {
        self.address.into_arg()
    }
}

impl Chain {
    /// Uploads a contract and runs its constructor, as one transaction.
    ///
    /// # Errors
    /// [`CallError`]; the state is then as before.
    pub fn deploy(
        &mut self,
        signer: &Account,
        artifact: &Artifact,
        args: impl AsRef<[DynSolValue]>,
    ) -> Result<Deployed, CallError> {
        let label = format!("{}.constructor", artifact.name);
        let data = abi::encode_constructor(&artifact.abi, &artifact.name, args.as_ref())?;
        let execution = self.submit(signer, &Message::Deploy { code: artifact.code.clone(), data })?;
        let blob_bytes = u64::try_from(artifact.code.len()).unwrap_or(u64::MAX);
        let cost = self.cost(&execution, blob_bytes);
        let address = match outcome(&label, &artifact.abi, execution.result) {
            Ok((address, _)) => Address::from(address),
            Err(error) => return Err(error),
        };
        let deployed = Deployed { name: artifact.name.clone(), address, abi: artifact.abi.clone(), blob_bytes };
        self.contracts.insert(address, deployed.clone());
        self.observe(&label, &cost);
        Ok(deployed)
    }

    /// Sends a message to a contract, as a transaction of the block under construction.
    ///
    /// # Errors
    /// [`CallError`]; the state is then as before.
    pub fn call(
        &mut self,
        signer: &Account,
        contract: &Deployed,
        message: &str,
        args: impl AsRef<[DynSolValue]>,
    ) -> Result<Receipt, CallError> {
        let data = encode(contract, message, args.as_ref())?;
        let execution = self.submit(signer, &data)?;
        let receipt = self.receipt(contract, message, args.as_ref().len(), execution)?;
        self.observe(&format!("{}.{message}", contract.name), &receipt.cost);
        Ok(receipt)
    }

    /// Runs a message and undoes it: answer, events and cost as they would be, and no trace on chain or block.
    ///
    /// # Errors
    /// [`CallError`], but never [`CallError::BlockFull`].
    pub fn view(
        &mut self,
        signer: &Account,
        contract: &Deployed,
        message: &str,
        args: impl AsRef<[DynSolValue]>,
    ) -> Result<Receipt, CallError> {
        let data = encode(contract, message, args.as_ref())?;
        let execution = self.dry_run(signer, &data);
        self.receipt(contract, message, args.as_ref().len(), execution)
    }

    /// Makes the names of a contract's events known to the chain, for contracts that other contracts deployed.
    pub fn register(&mut self, contract: &Deployed) {
        self.contracts.insert(contract.address, contract.clone());
    }

    /// Decodes an execution.
    fn receipt(
        &self,
        contract: &Deployed,
        message: &str,
        count: usize,
        execution: Execution,
    ) -> Result<Receipt, CallError> {
        let cost = self.cost(&execution, contract.blob_bytes);
        let events = execution.events.iter().map(|event| self.decode(event)).collect();
        let label = format!("{}.{message}", contract.name);
        let (_, data) = outcome(&label, &contract.abi, execution.result)?;
        let function = abi::message(&contract.abi, &contract.name, message, count)?;
        Ok(Receipt { returned: abi::decode_output(function, &data)?, events, cost })
    }

    /// Decodes an event by the interface of its contract, or of any other: code reached by a delegate call emits in the
    /// name of the contract that called it.
    fn decode(&self, event: &RawEvent) -> Event {
        let address = Address::from(event.contract);
        let topics: Vec<B256> = event.topics.iter().copied().map(B256::from).collect();
        let emitter = self.contracts.get(&address);
        let contract = emitter.map_or_else(|| address.to_string(), |contract| contract.name.clone());
        let (name, fields) = emitter
            .into_iter()
            .chain(self.contracts.values())
            .find_map(|contract| abi::decode_event(&contract.abi, &topics, &event.data))
            .unwrap_or_else(|| {
                let words = topics.iter().map(|topic| DynSolValue::FixedBytes(*topic, 32)).collect();
                let fields = vec![
                    ("topics".to_owned(), DynSolValue::Array(words)),
                    ("data".to_owned(), DynSolValue::Bytes(event.data.clone())),
                ];
                ("unknown".to_owned(), fields)
            });
        Event { contract, name, fields }
    }
}

/// The message that calls a contract.
fn encode(contract: &Deployed, message: &str, args: &[DynSolValue]) -> Result<Message, AbiError> {
    Ok(Message::Call { to: contract.address.into_array(), data: contract.calldata(message, args)? })
}

/// Address and data of a transaction that succeeded, or why it failed.
fn outcome(label: &str, abi: &JsonAbi, result: Result<Returned, Fault>) -> Result<([u8; 20], Vec<u8>), CallError> {
    let message = label.to_owned();
    match result {
        Ok(returned) if returned.reverted => {
            let (name, fields) = abi::decode_revert(abi, &returned.data);
            let sentence = sentence(label, &name, &fields, &returned.data);
            Err(CallError::Reverted { message, revert: Revert { name, fields, sentence } })
        }
        Ok(returned) => Ok((returned.address, returned.data)),
        Err(Fault::OutOfGas) => Err(CallError::OutOfGas { message }),
        Err(Fault::Trapped) => Err(CallError::Trapped { message }),
        Err(Fault::Dispatch(reason)) => Err(CallError::Dispatch { message, reason }),
    }
}

/// Why `contract.message` was refused, for a person: in the words of the exchange where the error is one of its
/// contracts or Solidity's own, and else by the error that the contract's ABI has, with its fields.
fn sentence(label: &str, name: &str, fields: &[Field], data: &[u8]) -> String {
    let of_exchange = label.split('.').next().and_then(Contract::from_name);
    match codec::refusal(of_exchange.unwrap_or(Contract::Clearing), data) {
        Refused::Rule(_) if of_exchange.is_none() => {}
        Refused::Unknown(_) if name != "unknown" => {}
        refused => return refused.to_string(),
    }
    let fields: Vec<String> = fields.iter().map(|(field, value)| format!("{field} {}", shown(value))).collect();
    let fields = if fields.is_empty() { String::new() } else { format!(", with {}", fields.join(" and ")) };
    format!("the contract has an error for it, {name}{fields}.")
}

/// A field of an error, for a person.
fn shown(value: &DynSolValue) -> String {
    match value {
        DynSolValue::Uint(number, _) => number.to_string(),
        DynSolValue::Int(number, _) => number.to_string(),
        DynSolValue::String(text) => text.clone(),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sit_native::Refusal;

    /// Of every error of every contract, and of what is nobody's.
    #[test]
    fn whoever_is_refused_reads_a_sentence_and_no_name() {
        for contract in Contract::ALL {
            let label = format!("{}.message", contract.name());
            for refusal in Refusal::of(contract) {
                let data = codec::selector_of(&format!("{}()", refusal.name()));
                let revert = sentence(&label, refusal.name(), &[], &data);
                assert_eq!(revert, refusal.sentence());
                let revert = Revert { name: refusal.name().to_owned(), fields: Vec::new(), sentence: revert };
                let error = CallError::Reverted { message: label.clone(), revert }.to_string();
                assert!(error.ends_with('.') && !error.contains(&format!("{}(", refusal.name())), "{error}");
            }
        }
        let reason = sentence("probe.refuse", "Error", &[], &error_string("not today"));
        assert_eq!(reason, "not today");
        let of_another = codec::selector_of("ReduceOnly()");
        assert!(sentence("probe.refuse", "ReduceOnly", &[], &of_another).contains("an error for it, ReduceOnly."));
        assert!(sentence("probe.refuse", "unknown", &[], &[1, 2, 3]).contains("does not know (0x010203)"));
    }

    /// Solidity's `revert("reason")`.
    fn error_string(reason: &str) -> Vec<u8> {
        let mut data = codec::selector_of("Error(string)").to_vec();
        data.extend(DynSolValue::Tuple(vec![DynSolValue::String(reason.to_owned())]).abi_encode_params());
        data
    }
}
