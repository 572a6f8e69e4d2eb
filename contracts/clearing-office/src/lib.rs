//! The office of the clearing house: messages that are sent by the day, not by the minute.
//!
//! The clearing house reaches this code by delegate call: it runs on the clearing house's cells, in its name, for
//! whoever sent the message there. Its own address holds nothing, and messages sent to it find no accounts and no
//! governance. The messages, with their documentation, are listed in `sit_shell::clearing` once for this contract and
//! the clearing house.
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
        hot { $($hot:tt)+ }
        cold { $($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)+ }
    ) => {
        #[ink::contract]
        mod clearing_office {
            use super::answers;
            use ink::sol::{DynBytes, FixedBytes};
            use sit_shell::clearing::fields::{AddOnFields, ListingFields, RollFields, TriggerFields};
            use sit_shell::clearing::Result;

            /// Nothing.
            #[ink(storage)]
            pub struct Backoffice {}

            impl Backoffice {
                /// An office, for any number of clearing houses.
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

sit_shell::clearing_messages!(contract);
