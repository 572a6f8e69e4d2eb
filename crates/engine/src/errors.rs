//! One list of errors for each part: the engine's enum and, through a list macro, the contract's Solidity custom errors.
//!
//! An error is one variant that names one broken rule; its documentation says what the caller can do. The list macro hands
//! the variants with their documentation to a macro of the shell, so that no name is ever written twice.

/// Defines the error enum of a part and exports its variants as `$list!(callback)`.
///
/// The first token is a literal `$`, which lets this macro write another one.
#[macro_export]
macro_rules! define_errors {
    ($d:tt $(#[$meta:meta])* $name:ident, $list:ident { $($(#[doc = $doc:literal])* $variant:ident,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum $name {
            $($(#[doc = $doc])* $variant,)+
        }

        impl $name {
            /// All of them, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// What a person reads: which rule was broken, and what the caller can do.
            pub fn sentence(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc),*).trim_ascii(),)+
                }
            }

            /// The name under which contracts revert with this error.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($variant),)+
                }
            }
        }

        /// Calls `$callback! { variants with their documentation }`.
        #[macro_export]
        macro_rules! $list {
            ($d callback:ident) => {
                $d callback! { $($(#[doc = $doc])* $variant,)+ }
            };
        }
    };
}
