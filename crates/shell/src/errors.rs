//! The engine's errors as Solidity custom errors.

use ink::prelude::vec::Vec;

/// Makes a part's errors the contract's Solidity custom errors. Called by the engine's list macro through a macro of
/// the shell that adds the type: `define_error! { ClearingError; variants }`.
#[macro_export]
macro_rules! define_error {
    ($engine:ty; $($(#[$doc:meta])* $variant:ident,)+) => {
        /// Why a message was refused: one Solidity custom error for each broken rule.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[cfg_attr(feature = "std", derive(ink::SolErrorMetadata))]
        pub enum Error {
            $($(#[$doc])* $variant,)+
        }

        impl Error {
            /// Four bytes for each, in the order of their declaration.
            const SELECTORS: &[[u8; 4]] = &[$(ink::sol_error_selector!(stringify!($variant), ())),+];
        }

        impl ink::sol::SolErrorDecode for Error {
            fn decode(data: &[u8]) -> core::result::Result<Self, ink::sol::Error> {
                let which = Self::SELECTORS.iter().position(|selector| selector == data);
                which.and_then(|which| [$(Self::$variant),+].get(which).copied()).ok_or(ink::sol::Error)
            }
        }

        impl ink::sol::SolErrorEncode for Error {
            fn encode(&self) -> ink::prelude::vec::Vec<u8> {
                $crate::encode_error(Self::SELECTORS, *self as usize)
            }
        }

        impl From<$engine> for Error {
            fn from(error: $engine) -> Self {
                type Broken = $engine;
                match error {
                    $(Broken::$variant => Self::$variant,)+
                }
            }
        }
    };
}

/// What a message that is refused returns: the selector of its error.
pub fn encode_error(selectors: &[[u8; 4]], which: usize) -> Vec<u8> {
    selectors.get(which).copied().unwrap_or_default().to_vec()
}
