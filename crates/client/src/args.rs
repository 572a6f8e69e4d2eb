//! Rust values to and from Solidity values.
//!
//! [`IntoArg`] and [`args!`](crate::args) write arguments tersely; [`FromValue`] reads results. Integers carry no width
//! of their own on the way in: the encoder gives them the width that the ABI names, and refuses what does not fit.

use alloy_core::{
    dyn_abi::DynSolValue,
    primitives::{Address, B256, I256, U256},
};

/// A Rust value that can stand as an argument of a contract message.
pub trait IntoArg {
    /// The Solidity value.
    fn into_arg(self) -> DynSolValue;
}

/// A Rust value that can be read from what a contract returned, emitted or reverted with.
pub trait FromValue: Sized {
    /// The Rust value, or nothing if the Solidity value is of another kind or does not fit.
    fn from_value(value: &DynSolValue) -> Option<Self>;
}

/// Builds the arguments of a message that the vocabulary does not know:
/// `args![seat, 100u64, -5, [bob.address].as_slice()]`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => {
        <::std::vec::Vec<$crate::Value> as ::std::convert::From<_>>::from([$($crate::IntoArg::into_arg($value)),*])
    };
}

macro_rules! integers {
    ($($unsigned:ty, $signed:ty, $bits:literal);* $(;)?) => {$(
        impl IntoArg for $unsigned {
            fn into_arg(self) -> DynSolValue {
                DynSolValue::Uint(U256::from(self), $bits)
            }
        }

        impl IntoArg for $signed {
            fn into_arg(self) -> DynSolValue {
                let magnitude = U256::from(self.unsigned_abs());
                // |self| < 2^128, so the two's complement below is exact.
                let word = if self < 0 { magnitude.wrapping_neg() } else { magnitude };
                DynSolValue::Int(I256::from_raw(word), $bits)
            }
        }

        impl FromValue for $unsigned {
            fn from_value(value: &DynSolValue) -> Option<Self> {
                match value {
                    DynSolValue::Uint(value, _) => Self::try_from(*value).ok(),
                    _ => None,
                }
            }
        }

        impl FromValue for $signed {
            fn from_value(value: &DynSolValue) -> Option<Self> {
                match value {
                    DynSolValue::Int(value, _) => Self::try_from(*value).ok(),
                    _ => None,
                }
            }
        }
    )*};
}

integers! {
    u8, i8, 8;
    u16, i16, 16;
    u32, i32, 32;
    u64, i64, 64;
    u128, i128, 128;
}

impl IntoArg for DynSolValue {
    fn into_arg(self) -> DynSolValue {
        self
    }
}

impl FromValue for DynSolValue {
    fn from_value(value: &DynSolValue) -> Option<Self> {
        Some(value.clone())
    }
}

impl IntoArg for U256 {
    fn into_arg(self) -> DynSolValue {
        DynSolValue::Uint(self, 256)
    }
}

impl FromValue for U256 {
    fn from_value(value: &DynSolValue) -> Option<Self> {
        match value {
            DynSolValue::Uint(value, _) => Some(*value),
            _ => None,
        }
    }
}

impl IntoArg for bool {
    fn into_arg(self) -> DynSolValue {
        DynSolValue::Bool(self)
    }
}

impl FromValue for bool {
    fn from_value(value: &DynSolValue) -> Option<Self> {
        value.as_bool()
    }
}

impl IntoArg for Address {
    fn into_arg(self) -> DynSolValue {
        DynSolValue::Address(self)
    }
}

impl FromValue for Address {
    fn from_value(value: &DynSolValue) -> Option<Self> {
        value.as_address()
    }
}

impl IntoArg for [u8; 32] {
    fn into_arg(self) -> DynSolValue {
        DynSolValue::FixedBytes(B256::from(self), 32)
    }
}

impl FromValue for [u8; 32] {
    fn from_value(value: &DynSolValue) -> Option<Self> {
        match value {
            DynSolValue::FixedBytes(word, 32) => Some(word.0),
            _ => None,
        }
    }
}

impl IntoArg for &str {
    fn into_arg(self) -> DynSolValue {
        DynSolValue::String(self.to_owned())
    }
}

impl IntoArg for String {
    fn into_arg(self) -> DynSolValue {
        DynSolValue::String(self)
    }
}

impl FromValue for String {
    fn from_value(value: &DynSolValue) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }
}

impl<T: IntoArg> IntoArg for Vec<T> {
    fn into_arg(self) -> DynSolValue {
        DynSolValue::Array(self.into_iter().map(IntoArg::into_arg).collect())
    }
}

impl<T: IntoArg + Clone> IntoArg for &[T] {
    fn into_arg(self) -> DynSolValue {
        self.to_vec().into_arg()
    }
}

/// Reads `T[]` and `T[N]`; `bytes` and `bytesN` read as a vector of `u8`.
impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: &DynSolValue) -> Option<Self> {
        match value {
            DynSolValue::Array(items) | DynSolValue::FixedArray(items) => items.iter().map(T::from_value).collect(),
            DynSolValue::Bytes(_) | DynSolValue::FixedBytes(..) => {
                value.as_bytes()?.iter().map(|byte| T::from_value(&(*byte).into_arg())).collect()
            }
            _ => None,
        }
    }
}

macro_rules! tuples {
    ($($name:ident $index:tt),+) => {
        impl<$($name: IntoArg),+> IntoArg for ($($name,)+) {
            fn into_arg(self) -> DynSolValue {
                DynSolValue::Tuple(vec![$(self.$index.into_arg()),+])
            }
        }

        impl<$($name: FromValue),+> FromValue for ($($name,)+) {
            fn from_value(value: &DynSolValue) -> Option<Self> {
                let items = value.as_tuple()?;
                // A tuple of another length has no Rust counterpart here.
                if items.len() != [$($index),+].len() {
                    return None;
                }
                Some(($($name::from_value(items.get($index)?)?,)+))
            }
        }
    };
}

tuples!(A 0);
tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
tuples!(A 0, B 1, C 2, D 3, E 4);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
