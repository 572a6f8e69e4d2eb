//! The contracts that messages go to and code comes from.

/// One of the seven deployed contracts, or the token that they move.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Contract {
    /// Roles, timelock, margin sets, registry of versions.
    Governance,
    /// Custody.
    Vault,
    /// Accounts, book, margin, settlement.
    Clearing,
    /// Code that answers the colder messages of the clearing house, in its name. Nobody sends it any.
    ClearingOffice,
    /// The price index.
    Oracle,
    /// Code that answers the colder messages of the oracle, in its name. Nobody sends it any.
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
}
