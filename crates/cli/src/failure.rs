//! How a command ends when it does not succeed: a sentence that says what to do, and an exit code by kind.

use std::fmt;

use serde_json::json;
use sit_keeper::log::harmless;

use crate::amount::AmountError;

/// Kinds of failure; the number is the exit code of the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Something went wrong that has no number of its own.
    Other = 1,
    /// What was typed: an unknown name, an amount between two ticks. Also clap's own.
    Usage = 2,
    /// A configuration, a keystore or a record on this machine cannot be used.
    Local = 3,
    /// The node does not answer, or not with sense.
    Unreachable = 4,
    /// The node is not of the chain, or the contracts are not those that were meant: nothing is signed.
    WrongChain = 5,
    /// The preview says that the chain would refuse: nothing was sent.
    Refused = 6,
    /// The chain refused the transaction: it cost its fee and changed nothing else.
    Reverted = 7,
    /// Nobody said yes: nothing was sent.
    Declined = 8,
    /// A transaction was sent, and it is not known what became of it.
    Unknown = 9,
    /// `doctor`, `verify` or `deploy verify` has found something.
    Unhealthy = 10,
}

impl Kind {
    /// All of them, with what programs call them and what they mean.
    pub const ALL: [(Self, &str, &str); 10] = [
        (Self::Other, "other", "something else went wrong"),
        (Self::Usage, "usage", "what was typed: an unknown name, an amount between two ticks"),
        (Self::Local, "local", "a configuration, keystore or record of this machine cannot be used"),
        (Self::Unreachable, "unreachable", "the node does not answer"),
        (Self::WrongChain, "wrong-chain", "another chain, or other contracts: nothing was signed"),
        (Self::Refused, "refused", "the chain would refuse: nothing was sent"),
        (Self::Reverted, "reverted", "the chain refused the transaction"),
        (Self::Declined, "declined", "nobody said yes: nothing was sent"),
        (Self::Unknown, "unknown", "sent, and not known what became of it"),
        (Self::Unhealthy, "unhealthy", "`doctor`, `verify` or `deploy verify` has found something"),
    ];

    /// What programs call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(kind, ..)| *kind == self).map_or("other", |(_, name, _)| name)
    }
}

/// Why a command did not succeed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Which kind.
    pub kind: Kind,
    /// What happened and what to do, for people.
    pub message: String,
    /// The name of the contract's error, where a contract refused or would.
    pub name: Option<String>,
}

/// What a command returns.
pub type Result<T = ()> = std::result::Result<T, Failure>;

impl Failure {
    /// A failure of a kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), name: None }
    }

    /// Something that was typed.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Something on this machine.
    pub fn local(message: impl Into<String>) -> Self {
        Self::new(Kind::Local, message)
    }

    /// With the name of a contract's error.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// As JSON, for `--json`.
    #[must_use]
    pub fn to_json(&self) -> String {
        let error = json!({ "error": {
            "kind": self.kind.name(), "code": self.kind as u8, "message": self.message, "name": self.name,
        }});
        harmless(&error.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<AmountError> for Failure {
    fn from(error: AmountError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(Kind::Other, error.to_string())
    }
}
