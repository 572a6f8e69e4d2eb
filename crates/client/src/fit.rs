//! Fits arguments to the parameters that the ABI names.
//!
//! Rule: a value is refused, never truncated. Source: Solidity ABI specification, types.

use alloy_core::{
    dyn_abi::{DynSolType, DynSolValue, Specifier},
    json_abi::Param,
    primitives::{I256, U256},
};

use crate::abi_error::{AbiError, show};
use crate::args::FromValue;

/// Fits all arguments to their parameters.
pub(crate) fn fit_all(message: &str, params: &[Param], values: &[DynSolValue]) -> Result<Vec<DynSolValue>, AbiError> {
    params
        .iter()
        .zip(values)
        .enumerate()
        .map(|(position, (param, value))| {
            let refused = || AbiError::Argument {
                message: message.to_owned(),
                parameter: if param.name.is_empty() { position.to_string() } else { param.name.clone() },
                expected: param.selector_type().into_owned(),
                given: show(value),
            };
            let ty = param.resolve().map_err(|_| refused())?;
            fit(value, &ty).ok_or_else(refused)
        })
        .collect()
}

/// Gives a value the type of its parameter: integers take its width and sign, sequences and tuples fit item by item,
/// a sequence of bytes becomes `bytes`. Nothing if it does not fit.
fn fit(value: &DynSolValue, ty: &DynSolType) -> Option<DynSolValue> {
    let sequence =
        |items: &[DynSolValue], ty: &DynSolType| items.iter().map(|item| fit(item, ty)).collect::<Option<Vec<_>>>();
    Some(match (value, ty) {
        (DynSolValue::Uint(value, _), DynSolType::Uint(bits)) => fit_unsigned(*value, *bits)?,
        (DynSolValue::Int(value, _), DynSolType::Uint(bits)) if !value.is_negative() => {
            fit_unsigned(value.into_raw(), *bits)?
        }
        (DynSolValue::Int(value, _), DynSolType::Int(bits)) => fit_signed(*value, *bits)?,
        (DynSolValue::Uint(value, _), DynSolType::Int(bits)) => fit_signed(I256::try_from(*value).ok()?, *bits)?,
        (DynSolValue::Array(items), DynSolType::Array(ty)) => DynSolValue::Array(sequence(items, ty)?),
        (DynSolValue::Array(items), DynSolType::FixedArray(ty, length)) if items.len() == *length => {
            DynSolValue::FixedArray(sequence(items, ty)?)
        }
        (DynSolValue::Array(items), DynSolType::Bytes) => {
            DynSolValue::Bytes(items.iter().map(u8::from_value).collect::<Option<Vec<_>>>()?)
        }
        (DynSolValue::Tuple(items), DynSolType::Tuple(types)) if items.len() == types.len() => {
            DynSolValue::Tuple(items.iter().zip(types).map(|(item, ty)| fit(item, ty)).collect::<Option<Vec<_>>>()?)
        }
        (value, ty) if ty.matches(value) => value.clone(),
        _ => return None,
    })
}

/// An unsigned integer of `bits` bits, if it fits.
fn fit_unsigned(value: U256, bits: usize) -> Option<DynSolValue> {
    (value.bit_len() <= bits).then_some(DynSolValue::Uint(value, bits))
}

/// A signed integer of `bits` bits in two's complement, if it fits.
fn fit_signed(value: I256, bits: usize) -> Option<DynSolValue> {
    (value.bits() as usize <= bits).then_some(DynSolValue::Int(value, bits))
}
