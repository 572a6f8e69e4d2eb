//! Where the contracts of an exchange are.

use sit_engine::chain::Address;
use std::collections::BTreeMap;

use alloy_core::primitives::Address as Hex;
use sit_native::{Addresses, Contract};

/// The addresses of an exchange's contracts and of its token, as far as they are known.
///
/// ```
/// use sit_client::Deployment;
/// use sit_native::Contract;
///
/// let mut exchange = Deployment::default();
/// exchange.set(Contract::Vault, [7; 20]);
/// assert_eq!(exchange.contract_at([7; 20]), Some(Contract::Vault));
/// assert_eq!(Deployment::from_json(&exchange.to_json())?, exchange);
/// # Ok::<(), sit_client::DeploymentError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Deployment {
    addresses: BTreeMap<Contract, Address>,
}

/// Why a record of a deployment could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeploymentError {
    /// It is not a JSON object of strings.
    #[error("the record of the deployment is not a JSON object from contract to address: {0}")]
    Json(String),
    /// It names a contract that there is not.
    #[error("the record of the deployment names `{0}`, which is no contract of the exchange")]
    Contract(String),
    /// An address is not one.
    #[error("the record of the deployment has `{address}` for {contract}, which is not an address")]
    Address {
        /// The contract.
        contract: String,
        /// What stands there.
        address: String,
    },
}

impl Deployment {
    /// Where a contract is; `None` until it is deployed.
    #[must_use]
    pub fn get(&self, contract: Contract) -> Option<Address> {
        self.addresses.get(&contract).copied()
    }

    /// Notes where a contract is.
    pub fn set(&mut self, contract: Contract, address: Address) {
        self.addresses.insert(contract, address);
    }

    /// The contract at an address; `None` for an address that is none of the exchange's.
    #[must_use]
    pub fn contract_at(&self, address: Address) -> Option<Contract> {
        self.addresses.iter().find(|(_, at)| **at == address).map(|(contract, _)| *contract)
    }

    /// All that are known, in the order of [`Contract`].
    pub fn iter(&self) -> impl Iterator<Item = (Contract, Address)> {
        self.addresses.iter().map(|(contract, address)| (*contract, *address))
    }

    /// Those that the exchange in memory knows; zero for what is not known yet.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        let at = |contract| self.get(contract).unwrap_or_default();
        Addresses {
            governance: at(Contract::Governance),
            incentives: at(Contract::Incentives),
            clearing: at(Contract::Clearing),
            vault: at(Contract::Vault),
            oracle: at(Contract::Oracle),
            token: at(Contract::Token),
        }
    }

    /// The record as JSON: contract to address.
    #[must_use]
    pub fn to_json(&self) -> String {
        let named: BTreeMap<&str, String> =
            self.iter().map(|(contract, address)| (contract.name(), Hex::from(address).to_string())).collect();
        // A map from strings to strings is always JSON.
        serde_json::to_string_pretty(&named).unwrap_or_default()
    }

    /// Reads [`Deployment::to_json`].
    ///
    /// # Errors
    /// [`DeploymentError`].
    pub fn from_json(text: &str) -> Result<Self, DeploymentError> {
        let named: BTreeMap<String, String> =
            serde_json::from_str(text).map_err(|error| DeploymentError::Json(error.to_string()))?;
        let mut deployment = Self::default();
        for (name, address) in named {
            let contract = Contract::from_name(&name).ok_or_else(|| DeploymentError::Contract(name.clone()))?;
            let parsed: Hex =
                address.parse().map_err(|_| DeploymentError::Address { contract: name, address: address.clone() })?;
            deployment.set(contract, parsed.into_array());
        }
        Ok(deployment)
    }
}
