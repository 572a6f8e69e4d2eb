//! The clearing house: accounts, order book, margin, settlement, liquidation. The hot contract.
//!
//! The messages, with their documentation, are listed in `sit_shell::clearing` once for this contract and its office.
//! Here each hot message becomes a message of the contract that `answers` answers, and each cold one a stub: the office
//! answers it, in this contract's name and on its cells. The contract holds no collateral: the vault does, and reports
//! deposits by `credit`.
#![cfg_attr(not(feature = "std"), no_std, no_main)]
#![cfg_attr(feature = "std", expect(missing_docs, reason = "ink! generates an alias without documentation"))]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

#[cfg(target_arch = "riscv64")]
ink::polkavm_derive::min_stack_size!(131_072);

mod answers;

macro_rules! contract {
    (
        hot { $($(#[$hot_doc:meta])* $hot:ident($($hot_argument:ident: $hot_type:ty),*) -> $hot_answer:ty;)+ }
        cold { $($(#[$cold_doc:meta])* $cold:ident($($cold_argument:ident: $cold_type:ty),*) -> $cold_answer:ty;)+ }
    ) => {
        #[ink::contract]
        mod clearing {
            use super::answers;
            use ink::sol::{DynBytes, FixedBytes};
            use sit_shell::Unread;
            use sit_shell::clearing::fields::{AddOnFields, ListingFields, OrderFields, RollFields, TriggerFields};
            use sit_shell::clearing::Result;

            /// Empty: all state lies in cells under raw keys.
            #[ink(storage)]
            pub struct Clearing {}

            impl Clearing {
                /// A clearing house that obeys `governance` and has `back_office` answer its colder messages; not yet
                /// connected.
                #[ink(constructor)]
                pub fn new(governance: Address, back_office: Address) -> Self {
                    answers::found(governance, back_office);
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

sit_shell::clearing_messages!(contract);
