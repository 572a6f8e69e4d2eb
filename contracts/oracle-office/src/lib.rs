//! The office of the oracle: setting up an index, reporters' stakes, final prices.
//!
//! The oracle reaches this code by delegate call: it runs on the oracle's cells, in its name, for whoever sent the
//! message there. Its own address holds nothing, and messages sent to it find no index and no governance. The messages,
//! with their documentation, are listed in `sit_shell::oracle` once for this contract and the oracle.
#![cfg_attr(not(feature = "std"), no_std, no_main)]
#![cfg_attr(feature = "std", expect(missing_docs, reason = "ink! generates an alias without documentation"))]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

#[cfg(target_arch = "riscv64")]
ink::polkavm_derive::min_stack_size!(65536);

mod answers;
mod selectors;

macro_rules! contract {
    (
        hot { $($hot:tt)+ }
        cold { $($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)+ }
    ) => {
        #[ink::contract]
        mod oracle_office {
            use super::answers;
            use ink::sol::DynBytes;
            use sit_shell::oracle::Result;
            use sit_shell::oracle::fields::{PriceRules, ReportRules, ReportingTerms, SettleRules, SettlementFields};

            /// Nothing.
            #[ink(storage)]
            pub struct Oracleoffice {}

            impl Oracleoffice {
                /// An office, for any number of oracles.
                #[ink(constructor)]
                pub fn new() -> Self {
                    Self {}
                }

                $(
                    $(#[$doc])*
                    #[ink(message)]
                    pub fn $name(&self, $($argument: $type),*) -> $answer {
                        answers::$name($($argument),*)
                    }
                )+
            }
        }
    };
}

sit_shell::oracle_messages!(contract);
