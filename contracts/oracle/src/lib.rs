//! The price index: reporters' batches become a print a day, and prints the final price of an expiry.
//!
//! The messages, with their documentation, are listed in `sit_shell::oracle` once for this contract and its office.
//! Here each hot message becomes a message of the contract that `answers` answers, and each cold one a stub: the office
//! answers it, in this contract's name and on its cells. All state lies in cells of its own; the root is empty.
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

macro_rules! contract {
    (
        hot { $($(#[$hot_doc:meta])* $hot:ident($($hot_argument:ident: $hot_type:ty),*) -> $hot_answer:ty;)+ }
        cold { $($(#[$cold_doc:meta])* $cold:ident($($cold_argument:ident: $cold_type:ty),*) -> $cold_answer:ty;)+ }
    ) => {
        #[ink::contract]
        mod oracle {
            use super::answers;
            use ink::prelude::vec::Vec;
            use ink::sol::{DynBytes, FixedBytes};
            use sit_shell::Unread;
            use sit_shell::oracle::Result;
            use sit_shell::oracle::fields::{
                Line, PriceRules, ReportRules, ReportingTerms, SettleRules, SettlementFields,
            };

            /// Empty: all state lies in cells under raw keys.
            #[ink(storage)]
            pub struct Oracle {}

            impl Oracle {
                /// An oracle without an index, which obeys `governance` and has `office` answer its colder messages.
                #[ink(constructor)]
                pub fn new(governance: Address, office: Address) -> Self {
                    answers::found(governance, office);
                    Self {}
                }

                $(
                    $(#[$hot_doc])*
                    #[ink(message)]
                    pub fn $hot(&self, $($hot_argument: $hot_type),*) -> $hot_answer {
                        answers::$hot($($hot_argument),*)
                    }
                )+

                $(
                    $(#[$cold_doc])*
                    #[ink(message)]
                    pub fn $cold(&self, $($cold_argument: Unread<$cold_type>),*) -> $cold_answer {
                        answers::by_office(($($cold_argument,)*))
                    }
                )+
            }
        }
    };
}

sit_shell::oracle_messages!(contract);
