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

/// To whom a message belongs. Everybody else is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sender {
    /// Anybody: what the message does follows from a rule, or concerns only what its sender brings.
    Anyone,
    /// The owner of the account that the message names.
    Owner,
    /// The owner of the account that the message names, or a delegate within the limits that the owner has set.
    OwnerOrDelegate,
    /// A registered reporter of the index.
    Reporter,
    /// Governance, or anybody who puts the dispute bond at stake, where the index has one.
    GovernanceOrBond,
    /// The governance contract, which sends what has been proposed and approved and has waited its delay.
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
    /// The address that has been nominated for a role.
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
