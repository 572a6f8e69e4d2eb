//! One list of errors for each part: the engine's enum and, through a list macro, the contract's Solidity custom
//! errors.
//!
//! An error is one variant that names one broken rule; its documentation says what the caller can do. The list macro
//! hands the variants with their documentation to a macro of the shell, so that no name is ever written twice. The same
//! documentation is what users read: [`explain`] gives it for the name under which a contract reverted.

use crate::clearing::ClearingError;
use crate::governance::GovernanceError;
use crate::incentives::IncentivesError;
use crate::oracle::OracleError;
use crate::vault::VaultError;

/// What an error of a contract means and what to do about it, in whole sentences: for the name of a deployed contract
/// and the name under which it reverted. `None` for a contract that does not belong to the exchange, and for a name
/// that the contract does not have.
#[must_use]
pub fn explain(contract: &str, error: &str) -> Option<&'static str> {
    match contract {
        "clearing" | "clearing-office" => ClearingError::from_name(error).map(ClearingError::explanation),
        "oracle" | "oracle-office" => OracleError::from_name(error).map(OracleError::explanation),
        "governance" => GovernanceError::from_name(error).map(GovernanceError::explanation),
        "incentives" => IncentivesError::from_name(error).map(IncentivesError::explanation),
        "vault" => VaultError::from_name(error).map(VaultError::explanation),
        _ => None,
    }
}

/// Defines the error enum of a part and exports its variants as `$list!(callback)`.
///
/// The first token is a literal `$`, which lets this macro write another one.
#[macro_export]
macro_rules! define_errors {
    ($d:tt $(#[$meta:meta])* $name:ident, $list:ident { $($(#[doc = $doc:literal])+ $variant:ident,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum $name {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl $name {
            /// The name under which contracts revert with this error.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($variant),)+
                }
            }

            /// What it means and what to do about it: its documentation, in whole sentences.
            pub fn explanation(self) -> &'static str {
                // A line of documentation begins with the blank that parts it from the one before.
                match self {
                    $(Self::$variant => concat!($($doc),+).trim_ascii_start(),)+
                }
            }

            /// The error of this name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|error| error.name() == name)
            }

            /// All of them, in the order of their declaration.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];
        }

        /// Calls `$callback! { variants with their documentation }`.
        #[macro_export]
        macro_rules! $list {
            ($d callback:ident) => {
                $d callback! { $($(#[doc = $doc])+ $variant,)+ }
            };
        }
    };
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::String;
    use std::vec::Vec;

    fn all() -> Vec<(&'static str, &'static str, &'static str)> {
        let mut all = Vec::new();
        all.extend(ClearingError::ALL.iter().map(|error| ("clearing", error.name(), error.explanation())));
        all.extend(OracleError::ALL.iter().map(|error| ("oracle", error.name(), error.explanation())));
        all.extend(GovernanceError::ALL.iter().map(|error| ("governance", error.name(), error.explanation())));
        all.extend(IncentivesError::ALL.iter().map(|error| ("incentives", error.name(), error.explanation())));
        all.extend(VaultError::ALL.iter().map(|error| ("vault", error.name(), error.explanation())));
        all
    }

    #[test]
    fn every_error_is_found_by_contract_and_name() {
        for (contract, name, explanation) in all() {
            assert_eq!(explain(contract, name), Some(explanation), "{contract} {name}");
        }
        assert_eq!(explain("clearing-office", "Halted"), explain("clearing", "Halted"));
        assert_eq!(explain("clearing", "Unheard"), None);
        assert_eq!(explain("token", "Halted"), None);
    }

    #[test]
    fn every_error_is_explained_in_whole_sentences_for_a_person() {
        for (contract, name, text) in all() {
            let at = std::format!("{contract} {name}: {text}");
            assert!(text.starts_with(|first: char| first.is_ascii_uppercase()) && text.ends_with('.'), "{at}");
            // Nothing that only the reader of the source could follow, no doubled blank where lines were joined.
            assert!(!text.contains("[`") && !text.contains("::") && !text.contains("  "), "{at}");
            let words: Vec<String> = text.split(|c: char| !c.is_alphabetic()).map(str::to_lowercase).collect();
            for word in ["he", "him", "his", "himself"] {
                assert!(!words.iter().any(|known| known == word), "{at}");
            }
        }
    }
}
