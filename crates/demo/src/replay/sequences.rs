//! The world of the random sequences on the embedded chain.

use super::{Deployed, Twins};
use anyhow::{Result, bail};
use sit_market::sequence::{PEOPLE, QUORUM, WALLET, World};

/// The contracts, everybody who signs, and their wallets; an account stands for the makers' programme.
///
/// # Errors
/// When a contract is not built, or the chain refuses.
pub fn deploy_world() -> Result<(World, Deployed)> {
    populate(Deployed::new)
}

/// The world of the sequences with the makers' programme deployed.
///
/// # Errors
/// As [`deploy_world`].
pub fn deploy_programme() -> Result<(World, Deployed)> {
    populate(Deployed::with_programme)
}

fn populate(deploy: impl FnOnce(u64, &[String]) -> Result<Deployed>) -> Result<(World, Deployed)> {
    let people: [String; PEOPLE] = std::array::from_fn(|number| format!("person {number}"));
    let reporters: [String; QUORUM] = std::array::from_fn(|number| format!("reporter {number}"));
    let names: Vec<String> = people.iter().chain(&reporters).cloned().chain(["stranger".to_owned()]).collect();
    let mut deployed = deploy(World::start().0.into(), &names)?;
    let world = World {
        addresses: deployed.addresses(),
        people: people.map(|name| deployed.address_of(&name)),
        reporters: reporters.map(|name| deployed.address_of(&name)),
        stranger: deployed.address_of("stranger"),
    };
    for signer in world.signers().collect::<Vec<_>>() {
        let is_contract = signer == world.addresses.incentives && deployed.signer(signer).is_err();
        if !is_contract {
            deployed.mint(signer, WALLET)?;
        }
    }
    Ok((world, deployed))
}

/// Both exchanges where sequences begin.
///
/// # Errors
/// When a contract is not built, or a message of the genesis is refused by either.
pub fn begin_sequences() -> Result<(World, Twins)> {
    let (world, deployed) = deploy_world()?;
    let mut native = world.deployed();
    native.now = World::start();
    let mut twins = Twins::new(native, deployed);
    for step in world.genesis(&|_| false) {
        if let Err(refusal) = twins.send(step.at, step.by, &step.message)? {
            bail!("{:?} of the genesis was refused: {}", step.message, refusal.sentence());
        }
    }
    Ok((world, twins))
}
