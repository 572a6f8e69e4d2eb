//! Why a contract refused a message.

use super::contract::Contract;
use sit_engine::clearing::ClearingError;
use sit_engine::governance::GovernanceError;
use sit_engine::incentives::IncentivesError;
use sit_engine::oracle::OracleError;
use sit_engine::vault::VaultError;
use std::vec::Vec;

/// Why a message was refused. Nothing has changed then.
///
/// ```
/// use sit_engine::clearing::ClearingError;
/// use sit_native::{Contract, Refusal};
///
/// let refusal = Refusal::from(ClearingError::ReduceOnly);
/// assert_eq!(refusal.name(), "ReduceOnly");
/// assert!(refusal.sentence().ends_with('.'), "{}", refusal.sentence());
/// assert_eq!(Refusal::of(Contract::Clearing).into_iter().find(|known| known.name() == "ReduceOnly"), Some(refusal));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// By governance.
    Governance(GovernanceError),
    /// By the vault.
    Vault(VaultError),
    /// By the clearing house.
    Clearing(ClearingError),
    /// By the oracle.
    Oracle(OracleError),
    /// By the programme of the makers.
    Incentives(IncentivesError),
    /// The exchange in memory has clearing house, vault and oracle, and the makers' programme where it is deployed:
    /// accounts stand for the other contracts.
    Elsewhere,
}

impl Refusal {
    /// The name under which the contract reverts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Governance(error) => error.name(),
            Self::Vault(error) => error.name(),
            Self::Clearing(error) => error.name(),
            Self::Oracle(error) => error.name(),
            Self::Incentives(error) => error.name(),
            Self::Elsewhere => "Elsewhere",
        }
    }

    /// What a person reads: which rule was broken, and what they can do.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Governance(error) => error.explanation(),
            Self::Vault(error) => error.explanation(),
            Self::Clearing(error) => error.explanation(),
            Self::Oracle(error) => error.explanation(),
            Self::Incentives(error) => error.explanation(),
            Self::Elsewhere => "The exchange in memory has no such contract. Send the message to the deployed one.",
        }
    }

    /// Every refusal of a contract.
    pub fn of(contract: Contract) -> Vec<Self> {
        match contract.house() {
            Contract::Governance => GovernanceError::ALL.iter().copied().map(Self::Governance).collect(),
            Contract::Vault => VaultError::ALL.iter().copied().map(Self::Vault).collect(),
            Contract::Clearing | Contract::ClearingOffice => {
                ClearingError::ALL.iter().copied().map(Self::Clearing).collect()
            }
            Contract::Oracle | Contract::OracleOffice => OracleError::ALL.iter().copied().map(Self::Oracle).collect(),
            Contract::Incentives => IncentivesError::ALL.iter().copied().map(Self::Incentives).collect(),
            Contract::Token => Vec::new(),
        }
    }
}

macro_rules! from {
    ($($error:ident => $variant:ident),+) => {$(
        impl From<$error> for Refusal {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        }
    )+};
}
from!(
    GovernanceError => Governance, VaultError => Vault, ClearingError => Clearing, OracleError => Oracle,
    IncentivesError => Incentives
);
