//! What can be wrong with a call or an answer beside an ABI.

use alloy_core::dyn_abi::DynSolValue;

/// Why a call could not be encoded or an answer not decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AbiError {
    /// The contract has no such message.
    #[error("{contract} has no message `{message}` with {count} arguments; it has: {known}")]
    UnknownMessage {
        /// Name of the contract.
        contract: String,
        /// Name of the message.
        message: String,
        /// Number of arguments given.
        count: usize,
        /// Signatures of the messages it has.
        known: String,
    },
    /// A constructor was given the wrong number of arguments.
    #[error("the constructor of {contract} takes {expected} arguments and was given {given}")]
    ConstructorArguments {
        /// Name of the contract.
        contract: String,
        /// Number of parameters.
        expected: usize,
        /// Number of arguments given.
        given: usize,
    },
    /// An argument has a type or a size that the parameter does not take.
    #[error("argument `{parameter}` of `{message}` is {expected} and cannot take {given}")]
    Argument {
        /// Name of the message.
        message: String,
        /// Name of the parameter, its position if it has none.
        parameter: String,
        /// Type in the ABI.
        expected: String,
        /// Value given.
        given: String,
    },
    /// The data returned does not have the types of the ABI: contract and ABI are of different builds.
    #[error("`{message}` returned {data}, which its ABI cannot decode: build the contract and its ABI together")]
    Output {
        /// Name of the message.
        message: String,
        /// The data in hexadecimal.
        data: String,
    },
    /// A value was read as a type that it does not have.
    #[error("`{name}` is {value}, which cannot be read as {wanted}")]
    Read {
        /// What was read: a field or the position of a returned value.
        name: String,
        /// The value, or "absent".
        value: String,
        /// The Rust type asked for.
        wanted: &'static str,
    },
}

/// A value for an error message.
pub(crate) fn show(value: &DynSolValue) -> String {
    format!("{value:?}")
}
