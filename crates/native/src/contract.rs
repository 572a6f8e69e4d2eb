//! The contracts that messages go to and code comes from.

use sit_engine::authority::Half;
use sit_engine::kind::MessageKind;

/// One of the seven deployed contracts, or the token that they move.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Contract {
    /// Roles, timelock, margin sets, registry of versions.
    Governance,
    /// Custody.
    Vault,
    /// Accounts, book, margin, settlement.
    Clearing,
    /// Code that answers the colder messages of the clearing house, in its name. No message is sent to it directly.
    ClearingOffice,
    /// The price index.
    Oracle,
    /// Code that answers the colder messages of the oracle, in its name. No message is sent to it directly.
    OracleOffice,
    /// Designation and rewards of market makers.
    Incentives,
    /// The collateral token, an ERC-20: the exchange moves it, and people allow that.
    Token,
}

impl Contract {
    /// The seven contracts of the exchange, in the order in which they are deployed.
    pub const ALL: [Self; 7] = [
        Self::Governance,
        Self::Vault,
        Self::ClearingOffice,
        Self::Clearing,
        Self::OracleOffice,
        Self::Oracle,
        Self::Incentives,
    ];

    /// Its name: of its folder, its artifact and its rows in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Governance => "governance",
            Self::Vault => "vault",
            Self::Clearing => "clearing",
            Self::ClearingOffice => "clearing-office",
            Self::Oracle => "oracle",
            Self::OracleOffice => "oracle-office",
            Self::Incentives => "incentives",
            Self::Token => "token",
        }
    }

    /// The contract of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().chain([Self::Token]).find(|contract| contract.name() == name)
    }

    /// The contract in whose name it speaks: an office's code runs on the cells of its house and emits for it.
    pub fn house(self) -> Self {
        match self {
            Self::ClearingOffice => Self::Clearing,
            Self::OracleOffice => Self::Oracle,
            other => other,
        }
    }

    /// The contract whose code answers a message or a view of this one: an office for the colder ones, by the engine's
    /// table.
    pub fn code_of(self, name: &str) -> Self {
        let cold = MessageKind::named(self.name(), name).is_some_and(|kind| kind.half() == Half::Cold);
        match self {
            Self::Clearing if cold => Self::ClearingOffice,
            Self::Oracle if cold => Self::OracleOffice,
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Message, view};
    use std::vec::Vec;

    #[test]
    fn the_vocabulary_has_every_row_of_the_engines_table_of_messages_and_no_other() {
        let rows: Vec<_> = MessageKind::all().map(|kind| (kind.contract(), kind.name(), kind.is_view())).collect();
        let messages = Message::entries().into_iter().map(|entry| (entry, false));
        let views = view::entries().into_iter().map(|entry| (entry, true));
        let entries: Vec<_> = messages
            .chain(views)
            .filter(|(entry, _)| entry.contract != Contract::Token)
            .map(|(entry, view)| (entry.contract.name(), entry.name, view))
            .collect();
        for row in &rows {
            assert!(entries.contains(row), "the vocabulary lacks {row:?}");
        }
        for entry in &entries {
            assert!(rows.contains(entry), "the engine's table lacks {entry:?}");
        }
        assert_eq!(rows.len(), entries.len(), "each stands once");
    }
}
