//! The constructors of the seven contracts.

use super::argument::{Argument, Fills, Parameter};
use super::contract::Contract;
use super::message::AbiEntry;
use sit_engine::chain::Address;
use std::vec;
use std::vec::Vec;

macro_rules! constructors {
    ($($(#[$doc:meta])* $contract:ident ($($field:ident: $type:ty),*);)+) => {
        /// What a contract is deployed with. The fields are described with the contract's constructor.
        #[derive(Clone, PartialEq, Eq, Debug)]
        #[expect(missing_docs, reason = "the fields are described with the contract's constructor")]
        pub enum Constructor {
            $($(#[$doc])* $contract { $($field: $type),* },)+
        }

        impl Constructor {
            /// The contract that is deployed.
            pub fn contract(&self) -> Contract {
                match self {
                    $(Self::$contract { .. } => Contract::$contract,)+
                }
            }

            /// Its arguments, in the order of the ABI.
            pub fn arguments(&self) -> Vec<Argument> {
                match self {
                    $(Self::$contract { $($field),* } => {
                        let filled: Vec<Vec<Argument>> = vec![$($field.arguments()),*];
                        filled.concat()
                    })+
                }
            }

            /// The constructor of a contract, as the ABI has it; `None` for a token, which is not ours to deploy.
            pub fn entry(contract: Contract) -> Option<AbiEntry> {
                match contract {
                    $(Contract::$contract => {
                        let parameters: Vec<Vec<Parameter>> = vec![$(<$type as Fills>::parameters(stringify!($field))),*];
                        let (code, parameters) = (contract, parameters.concat());
                        Some(AbiEntry { contract, code, name: "new", parameters, returns: None, returned: Vec::new() })
                    })+
                    Contract::Token => None,
                }
            }
        }
    };
}

constructors! {
    /// Founds governance; delays in seconds. The sender is the deployer who ends genesis.
    Governance (governor: Address, guardian: Address, tighten: u32, routine: u32, loosen: u32, critical: u32);
    /// A vault for a token, which governance will connect.
    Vault (token: Address, governance: Address);
    /// Code for the colder messages of the clearing house.
    ClearingOffice ();
    /// A clearing house that obeys governance; not yet connected.
    Clearing (governance: Address, back_office: Address);
    /// Code for the colder messages of the oracle.
    OracleOffice ();
    /// An oracle without an index.
    Oracle (governance: Address, office: Address);
    /// The programme of the makers; not yet connected.
    Incentives (governance: Address);
}
