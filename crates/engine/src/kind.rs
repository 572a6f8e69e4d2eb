//! The messages of all contracts, from the table of each part: see [`crate::authority`].

use crate::authority::{Half, Sender};
use crate::{clearing, governance, incentives, oracle, vault};

macro_rules! kinds {
    ($($part:ident $variant:ident $contract:literal;)+) => {
        /// A message of any contract.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum MessageKind {
            $(
                #[doc = concat!("Of the contract `", $contract, "`.")]
                $variant($part::MessageKind),
            )+
        }

        impl MessageKind {
            /// The names of the contracts that people and contracts send messages to, as they are deployed.
            pub const CONTRACTS: &'static [&'static str] = &[$($contract),+];

            /// The messages of all contracts, by contract and in the order of the tables.
            pub fn all() -> impl Iterator<Item = Self> {
                core::iter::empty()$(.chain($part::MessageKind::ALL.iter().copied().map(Self::$variant)))+
            }

            /// The contract that it goes to.
            pub const fn contract(self) -> &'static str {
                match self { $(Self::$variant(_) => $contract,)+ }
            }

            /// The name in the ABI.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant(kind) => kind.name(),)+ }
            }

            /// To whom it belongs.
            pub const fn sender(self) -> Sender {
                match self { $(Self::$variant(kind) => kind.sender(),)+ }
            }

            /// Which blob of the contract has its code.
            pub const fn half(self) -> Half {
                match self { $(Self::$variant(kind) => kind.half(),)+ }
            }

            /// Whether it only reads.
            pub const fn is_view(self) -> bool {
                match self { $(Self::$variant(kind) => kind.is_view(),)+ }
            }

            /// The message of a contract by both names.
            pub fn named(contract: &str, name: &str) -> Option<Self> {
                match contract {
                    $($contract => $part::MessageKind::from_name(name).map(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

kinds! {
    governance Governance "governance";
    vault Vault "vault";
    clearing Clearing "clearing";
    oracle Oracle "oracle";
    incentives Incentives "incentives";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn every_message_is_found_by_its_names_and_no_other_has_them() {
        let all: Vec<MessageKind> = MessageKind::all().collect();
        assert!(all.len() > 100, "five contracts have more messages than {}", all.len());
        for kind in all {
            assert_eq!(MessageKind::named(kind.contract(), kind.name()), Some(kind));
        }
        assert_eq!(MessageKind::named("clearing", "close_account"), None);
        assert_eq!(MessageKind::named("token", "transfer"), None);
    }

    #[test]
    fn a_view_belongs_to_anyone() {
        for kind in MessageKind::all().filter(|kind| kind.is_view()) {
            assert_eq!(kind.sender(), Sender::Anyone, "{kind:?} changes nothing, so nobody has it for themselves");
        }
    }

    #[test]
    fn only_the_clearing_house_and_the_oracle_have_an_office() {
        for kind in MessageKind::all().filter(|kind| kind.half() == Half::Cold) {
            assert!(["clearing", "oracle"].contains(&kind.contract()), "{kind:?} has no second blob");
        }
    }
}
