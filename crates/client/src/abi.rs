//! Encodes calls and decodes answers from a contract's Solidity JSON ABI, for contracts that the vocabulary does not
//! know.
//!
//! The encoder is alloy's, independent of the one in the contracts, so a wrong type in a contract's interface shows
//! as an error here. Source of the ABI: the `.abi` file that the contract build writes.

use alloy_core::{
    dyn_abi::{DynSolType, DynSolValue, EventExt, FunctionExt, JsonAbiExt},
    json_abi::{Function, JsonAbi},
    primitives::{B256, hex},
};

pub use crate::abi_error::AbiError;
use crate::abi_error::show;
use crate::{args::FromValue, fit::fit_all};

/// Selector of Solidity's `Error(string)`: `revert("reason")`, used by the ERC-20 precompile.
pub(crate) const ERROR_STRING: [u8; 4] = [0x08, 0xc3, 0x79, 0xa0];
/// Selector of Solidity's `Panic(uint256)`: a failed assertion of the Solidity compiler.
pub(crate) const PANIC_CODE: [u8; 4] = [0x4e, 0x48, 0x7b, 0x71];

/// A value with the name that the ABI gives it; its position where the ABI gives none.
pub type Field = (String, DynSolValue);

/// Reads a field by its name.
pub fn read_field<T: FromValue>(fields: &[Field], name: &str) -> Result<T, AbiError> {
    read(name, fields.iter().find(|(field, _)| field == name).map(|(_, value)| value))
}

/// Reads a value that may be absent.
pub fn read<T: FromValue>(name: &str, value: Option<&DynSolValue>) -> Result<T, AbiError> {
    value.and_then(T::from_value).ok_or_else(|| AbiError::Read {
        name: name.to_owned(),
        value: value.map_or_else(|| "absent".to_owned(), show),
        wanted: std::any::type_name::<T>(),
    })
}

/// Input of a constructor.
pub fn encode_constructor(abi: &JsonAbi, contract: &str, values: &[DynSolValue]) -> Result<Vec<u8>, AbiError> {
    let inputs = abi.constructor.as_ref().map_or(&[][..], |constructor| &constructor.inputs);
    if inputs.len() != values.len() {
        return Err(AbiError::ConstructorArguments {
            contract: contract.to_owned(),
            expected: inputs.len(),
            given: values.len(),
        });
    }
    let values = fit_all("constructor", inputs, values)?;
    Ok(DynSolValue::Tuple(values).abi_encode_params())
}

/// The message of that name that takes so many arguments.
pub fn message<'a>(abi: &'a JsonAbi, contract: &str, name: &str, count: usize) -> Result<&'a Function, AbiError> {
    abi.function(name)
        .and_then(|overloads| overloads.iter().find(|function| function.inputs.len() == count))
        .ok_or_else(|| AbiError::UnknownMessage {
            contract: contract.to_owned(),
            message: name.to_owned(),
            count,
            known: abi.functions().map(Function::signature).collect::<Vec<_>>().join(", "),
        })
}

/// Input of a message: selector and arguments.
pub fn encode_call(function: &Function, values: &[DynSolValue]) -> Result<Vec<u8>, AbiError> {
    let values = fit_all(&function.name, &function.inputs, values)?;
    function.abi_encode_input(&values).map_err(|error| AbiError::Argument {
        message: function.name.clone(),
        parameter: "all".into(),
        expected: function.signature(),
        given: error.to_string(),
    })
}

/// Values that a message returned.
pub fn decode_output(function: &Function, data: &[u8]) -> Result<Vec<DynSolValue>, AbiError> {
    function
        .abi_decode_output(data)
        .map_err(|_| AbiError::Output { message: function.name.clone(), data: hex::encode_prefixed(data) })
}

/// Name and fields of revert data, by the errors of `abi` and Solidity's two built-in ones.
///
/// Data that no error explains comes back under the name `unknown`, with the bytes in the field `data`.
pub fn decode_revert(abi: &JsonAbi, data: &[u8]) -> (String, Vec<Field>) {
    let unknown = || ("unknown".to_owned(), vec![("data".to_owned(), DynSolValue::Bytes(data.to_vec()))]);
    let Some((selector, body)) = data.split_first_chunk::<4>() else {
        return unknown();
    };
    let builtin = |name: &str, field: &str, ty: DynSolType| {
        ty.abi_decode_params(body).ok().map(|value| (name.to_owned(), vec![(field.to_owned(), value)]))
    };
    let decoded = match *selector {
        ERROR_STRING => builtin("Error", "reason", DynSolType::String),
        PANIC_CODE => builtin("Panic", "code", DynSolType::Uint(256)),
        _ => abi.errors().find(|error| error.selector() == *selector).and_then(|error| {
            let values = error.abi_decode_input(body).ok()?;
            Some((error.name.clone(), name_fields(error.inputs.iter().map(|param| param.name.as_str()), values)))
        }),
    };
    decoded.unwrap_or_else(unknown)
}

/// Name and fields of an event, or nothing if `abi` does not have it.
pub fn decode_event(abi: &JsonAbi, topics: &[B256], data: &[u8]) -> Option<(String, Vec<Field>)> {
    let signature = topics.first()?;
    let event = abi.events().find(|event| !event.anonymous && event.selector() == *signature)?;
    let decoded = event.decode_log_parts(topics.iter().copied(), data).ok()?;
    // Indexed and other fields come back apart; put them in the order of the declaration.
    let (mut indexed, mut body) = (decoded.indexed.into_iter(), decoded.body.into_iter());
    let values = event
        .inputs
        .iter()
        .map(|input| if input.indexed { indexed.next() } else { body.next() })
        .collect::<Option<Vec<_>>>()?;
    Some((event.name.clone(), name_fields(event.inputs.iter().map(|input| input.name.as_str()), values)))
}

/// Pairs values with their names; the position stands for a missing name.
fn name_fields<'a>(names: impl Iterator<Item = &'a str>, values: Vec<DynSolValue>) -> Vec<Field> {
    names
        .zip(values)
        .enumerate()
        .map(|(position, (name, value))| (if name.is_empty() { position.to_string() } else { name.to_owned() }, value))
        .collect()
}
