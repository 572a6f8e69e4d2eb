//! Who may send which message: one table for all contracts.
//!
//! Each part of the protocol lists its messages once, in its `authority` module: the name in the ABI, who may send the
//! message, which half of a contract in two blobs answers it, and whether it only reads. Contracts and the exchange in
//! memory authorise by this table, and the manifests, the page on governance and the tests of roles are held to it. All
//! of it is constant: where a contract asks for one message, the compiler leaves one comparison.
//!
//! The table says to whom a message belongs. Where that is the owner of an account, a delegate, a maker or a reporter,
//! the message itself looks the account up and refuses everybody else; where it is a contract or a governor, the part
//! refuses the sender before the message runs.

use crate::{clearing, governance, incentives, oracle, vault};

/// To whom a message belongs. Everybody else is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sender {
    /// Nobody in particular: what the message does follows from a rule, or concerns only what its sender brings.
    Anyone,
    /// The owner of the account that the message names.
    Owner,
    /// The owner of the account that the message names, or a delegate within the limits that the owner has set.
    OwnerOrDelegate,
    /// A registered reporter of the index.
    Reporter,
    /// Governance, or anybody who puts the dispute bond at stake, where the index has one.
    GovernanceOrBond,
    /// The governance contract, which sends what has been proposed, approved and waited for.
    Governance,
    /// The vault.
    Vault,
    /// The clearing house in force.
    ClearingHouse,
    /// The contract of the makers' programme.
    Incentives,
    /// The version of the clearing house before this one, by the registry of governance.
    PreviousVersion,
    /// The holder of governance's role of that name.
    Governor,
    /// The holder of governance's role of that name.
    Guardian,
    /// A member of the council.
    Councillor,
    /// Who deployed governance.
    Deployer,
    /// Who has been nominated for a role.
    Nominee,
    /// The governance contract itself, by an executed action.
    Itself,
}

impl Sender {
    /// Whether no role and no contract has the message for itself: anybody may send it for what is their own.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Anyone | Self::Owner | Self::OwnerOrDelegate | Self::Reporter | Self::GovernanceOrBond)
    }

    /// Whether the message is one that governance sends to another contract.
    pub const fn is_governed(self) -> bool {
        matches!(self, Self::Governance | Self::GovernanceOrBond)
    }
}

/// Which blob of a contract in two blobs has a message's code. A contract in one blob is hot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Half {
    /// The blob that every message enters.
    Hot,
    /// The office's, reached by a delegate call.
    Cold,
}

/// Lists the messages of a part. A row is the variant, the name in the ABI, the sender, then any of the words `cold`
/// (answered by the office) and `view` (only reads).
macro_rules! message_kinds {
    ($($variant:ident = $name:literal: $sender:ident $($word:ident)*;)+) => {
        /// The messages of this part's contract, views included, without their arguments.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[expect(missing_docs, reason = "each is documented with the message that it names")]
        pub enum MessageKind {
            $($variant,)+
        }

        impl MessageKind {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in the ABI.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// To whom it belongs.
            pub const fn sender(self) -> $crate::authority::Sender {
                match self { $(Self::$variant => $crate::authority::Sender::$sender,)+ }
            }

            /// Which blob has its code.
            pub const fn half(self) -> $crate::authority::Half {
                let cold = match self { $(Self::$variant => $crate::authority::has!(cold $($word)*),)+ };
                if cold { $crate::authority::Half::Cold } else { $crate::authority::Half::Hot }
            }

            /// Whether it only reads.
            pub const fn is_view(self) -> bool {
                match self { $(Self::$variant => $crate::authority::has!(view $($word)*),)+ }
            }

            /// The message of that name in the ABI.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

/// Whether a word is among a row's words, which are `cold` and `view`; another one does not compile.
macro_rules! has {
    ($word:ident) => { false };
    (cold cold $($rest:ident)*) => { true };
    (view view $($rest:ident)*) => { true };
    ($word:ident cold $($rest:ident)*) => { $crate::authority::has!($word $($rest)*) };
    ($word:ident view $($rest:ident)*) => { $crate::authority::has!($word $($rest)*) };
}

pub(crate) use {has, message_kinds};

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
