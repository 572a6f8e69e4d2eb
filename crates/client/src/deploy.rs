//! An exchange deployed and wired: the order, the constructors, and who must know whom.
//!
//! Every step first looks whether it has been done, on the chain or in the [`Deployment`], so a deployment that was
//! interrupted goes on where it was by being run again.

use sit_engine::chain::Address;
use sit_engine::governance::{CLEARING, Class, Delays};
use sit_engine::launch::CLASSES;
use sit_native::{Constructor, Contract, Message, stored, view};

use crate::{
    Client, Deployment, Failure, codec,
    transport::{Signer, Transport},
};

/// Who governs an exchange.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Authority {
    /// The governance contract, with these roles and delays. Its first council is the governor alone.
    Contract {
        /// Proposes.
        governor: Address,
        /// Vetoes, and sends what only tightens.
        guardian: Address,
        /// What each class waits for, once genesis is over.
        delays: Delays,
    },
    /// An account whose messages need no proposal: of tests that look at a message's own answer.
    Account(Address),
}

/// What is to be deployed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    /// The collateral token.
    pub token: Address,
    /// The authority that governs.
    pub authority: Authority,
    /// An account that stands for the makers' programme, in tests that look at its messages alone; `None` for the
    /// contract.
    pub programme: Option<Address>,
}

/// The seven contracts, and that they know each other.
///
/// `signer` deploys and is the deployer who ends genesis; `governor` sends what wires the contracts. Run again after a
/// failure, it goes on where it was: `client.deployment` holds what is deployed.
///
/// # Errors
/// The first [`Failure`].
pub fn deploy<T: Transport>(
    client: &mut Client<T>,
    signer: &T::Signer,
    governor: &T::Signer,
    plan: &Plan,
) -> Result<(), Failure> {
    create(client, signer, plan)?;
    wire(client, governor, plan)
}

/// Deploys what is not deployed yet.
///
/// # Errors
/// The first [`Failure`].
pub fn create<T: Transport>(client: &mut Client<T>, signer: &T::Signer, plan: &Plan) -> Result<(), Failure> {
    Contract::ALL.into_iter().try_for_each(|contract| create_one(client, signer, plan, contract))
}

/// Deploys a contract if it is not deployed yet. Those before it in [`Contract::ALL`] are.
///
/// # Errors
/// [`Failure`].
pub fn create_one<T: Transport>(
    client: &mut Client<T>,
    signer: &T::Signer,
    plan: &Plan,
    contract: Contract,
) -> Result<(), Failure> {
    client.deployment.set(Contract::Token, plan.token);
    if let Authority::Account(account) = plan.authority {
        client.deployment.set(Contract::Governance, account);
    }
    if let Some(account) = plan.programme {
        client.deployment.set(Contract::Incentives, account);
    }
    if client.deployment.get(contract).is_none() {
        let constructor = constructor(contract, &client.deployment, plan)?;
        client.deploy(signer, &constructor)?;
    }
    Ok(())
}

/// How a contract is constructed once those before it have addresses.
///
/// # Errors
/// [`Failure::NotDeployed`] for a contract that it needs and that has no address, and for one that is never deployed:
/// the token, and governance where an account governs.
pub fn constructor(contract: Contract, deployment: &Deployment, plan: &Plan) -> Result<Constructor, Failure> {
    let at = |contract| deployment.get(contract).ok_or(Failure::NotDeployed(contract));
    Ok(match contract {
        Contract::Governance => match plan.authority {
            Authority::Contract { governor, guardian, delays } => {
                let Delays { tighten, routine, loosen, critical } = delays;
                Constructor::Governance { governor, guardian, tighten, routine, loosen, critical }
            }
            Authority::Account(_) => return Err(Failure::NotDeployed(contract)),
        },
        Contract::Vault => Constructor::Vault { token: plan.token, governance: at(Contract::Governance)? },
        Contract::ClearingOffice => Constructor::ClearingOffice {},
        Contract::Clearing => {
            Constructor::Clearing { governance: at(Contract::Governance)?, back_office: at(Contract::ClearingOffice)? }
        }
        Contract::OracleOffice => Constructor::OracleOffice {},
        Contract::Oracle => {
            Constructor::Oracle { governance: at(Contract::Governance)?, office: at(Contract::OracleOffice)? }
        }
        Contract::Incentives => Constructor::Incentives { governance: at(Contract::Governance)? },
        Contract::Token => return Err(Failure::NotDeployed(contract)),
    })
}

/// The messages of governance that wire the contracts, in their order: each house to its peers, the clearing house into
/// the registry, and the classes of messages.
///
/// # Errors
/// [`Failure::NotDeployed`].
pub fn wiring(deployment: &Deployment, plan: &Plan) -> Result<Vec<Message>, Failure> {
    let at = |contract| deployment.get(contract).ok_or(Failure::NotDeployed(contract));
    let (vault, clearing, oracle, incentives) =
        (at(Contract::Vault)?, at(Contract::Clearing)?, at(Contract::Oracle)?, at(Contract::Incentives)?);
    let mut messages = vec![Message::ConnectVault { clearing }, Message::Connect { vault, oracle, incentives }];
    if plan.programme.is_none() {
        messages.push(Message::ConnectProgramme { clearing });
    }
    if let Authority::Contract { .. } = plan.authority {
        messages.push(Message::Register { name: CLEARING, target: clearing });
        for contract in [Contract::Vault, Contract::Clearing, Contract::Oracle, Contract::Incentives] {
            for class in [Class::Routine, Class::Tighten, Class::Loosen] {
                let selectors = selectors(contract, class);
                if !selectors.is_empty() {
                    messages.push(Message::SetClasses { target: at(contract)?, selectors, class });
                }
            }
        }
    }
    Ok(messages)
}

/// The messages of a contract that are of a class of the launch preset, by their selectors.
fn selectors(contract: Contract, class: Class) -> Vec<[u8; 4]> {
    let entries = Message::entries();
    let named = |name: &str| entries.iter().find(|entry| entry.contract == contract && entry.name == name);
    let rows = CLASSES.iter().filter(|(kind, of)| kind.contract() == contract.name() && *of == class);
    rows.filter_map(|(kind, _)| named(kind.name())).map(codec::selector).collect()
}

/// Sends what of the wiring is not done yet.
///
/// # Errors
/// The first [`Failure`].
pub fn wire<T: Transport>(client: &mut Client<T>, governor: &T::Signer, plan: &Plan) -> Result<(), Failure> {
    wire_and_tell(client, governor, plan, |_| {})
}

/// [`wire`], where `told` hears of each message that was done.
///
/// # Errors
/// The first [`Failure`].
pub fn wire_and_tell<T: Transport>(
    client: &mut Client<T>,
    governor: &T::Signer,
    plan: &Plan,
    mut told: impl FnMut(&Message),
) -> Result<(), Failure> {
    // What was proposed when it broke off is carried out, and not proposed again.
    let mut open = None;
    for message in wiring(&client.deployment, plan)? {
        if is_done(client, &message)? {
            continue;
        }
        match plan.authority {
            Authority::Contract { .. } => {
                let actions = match &open {
                    Some(actions) => actions,
                    None => open.insert(client.open_actions()?),
                };
                match client.proposed(&message, actions)? {
                    Some((proposal, state)) => client.finish(governor, governor, &proposal, state)?,
                    None => client.enact(governor, governor, &message)?,
                }
            }
            Authority::Account(account) if account == governor.address() => {
                client.send(governor, &message)?;
            }
            Authority::Account(_) => return Err(Failure::NotDeployed(Contract::Governance)),
        }
        told(&message);
    }
    Ok(())
}

/// Whether a message of the wiring has been carried out.
///
/// # Errors
/// [`Failure`].
pub fn is_done<T: Transport>(client: &mut Client<T>, message: &Message) -> Result<bool, Failure> {
    Ok(match message {
        Message::ConnectVault { clearing } => client.view(&view::State {})?.clearing == *clearing,
        Message::Connect { vault, .. } => client.cell(&stored::peers())?.is_some_and(|peers| peers.vault == *vault),
        Message::ConnectProgramme { clearing } => client.view(&view::Programme {})?.clearing == *clearing,
        Message::Register { name, target } => client.view(&view::Version { name: *name })?.target == *target,
        Message::SetClasses { target, selectors, class } => {
            for selector in selectors {
                if client.view(&view::ClassOf { target: *target, selector: *selector })? != *class {
                    return Ok(false);
                }
            }
            true
        }
        _ => false,
    })
}
