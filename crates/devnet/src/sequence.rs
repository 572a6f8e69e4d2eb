//! Random messages of every kind on a development chain: the sequences of `sit_market`, which the native engine and the
//! harness run too, as signed transactions. An account stands for governance and another for the makers' programme, so
//! that both can say anything at any time.

use sit_client::{
    Deployment, Failure,
    deploy::{self, Authority, Plan},
};
use sit_market::sequence::{PEOPLE, QUORUM, Sequence, Step, WALLET, World};
use sit_native::{Contract, Exchange, Message, TokenAmount};

use crate::{
    keyring::{self, Key},
    node::{Beginning, Clock, Node},
    opening::with_client,
    rpc::{Devnet, Mining},
    token::USDC_ADDRESS,
};

/// A sequence under way.
pub struct Playing {
    native: Exchange,
    sequence: Sequence,
    signers: Vec<Key>,
}

impl Playing {
    /// Deploys the contracts as [`deployed`] does, an account for the makers' programme, and sends what comes before a
    /// sequence.
    ///
    /// # Errors
    /// What the chain or a contract refuses: contracts that are not built, above all.
    pub fn begin(chain: &mut Devnet, seed: u64, number: u64) -> Result<Self, Failure> {
        let (world, signers) = deployed(chain, false)?;
        let mut native = world.deployed();
        native.now = World::start();
        let mut playing = Self { native, sequence: Sequence::new(world, seed, number), signers };
        for step in world.genesis(&|_| false) {
            playing.send(chain, &step)?;
        }
        Ok(playing)
    }

    /// Sends the next message. What is refused is in a block as well.
    ///
    /// # Errors
    /// The chain does not take it.
    pub fn step(&mut self, chain: &mut Devnet) -> Result<(), Failure> {
        let step = self.sequence.next(&mut self.native);
        self.send(chain, &step)
    }

    fn send(&mut self, chain: &mut Devnet, step: &Step) -> Result<(), Failure> {
        self.native.now = step.at;
        // Only what comes next depends on it.
        let _ = self.native.send(step.by, &step.message);
        let Some(signer) = self.signers.iter().find(|signer| signer.address.0 == step.by) else { return Ok(()) };
        chain.node.clock_to(step.at.0.into());
        match with_client(chain, |client| client.send(signer, &step.message).map(|_| ())) {
            Err(Failure::Refused { .. }) => Ok(()),
            other => other,
        }
    }
}

/// A chain on which nothing has happened, for the world of the sequences.
///
/// # Errors
/// What the pallets say of the genesis.
pub fn empty(history: usize) -> Result<Devnet, String> {
    let time = World::start().0.into();
    let node = Node::new(&Beginning::with_keys(time, history), Clock::fixed(time, 0))?;
    Ok(Devnet::new(node, Deployment::default(), Mining::Manual))
}

/// Deploys the contracts on a chain that is [`empty`]. Governance is an account, and so is the makers' programme unless
/// it is deployed too. Returns who is who, and the keys, the last of whom is nobody in it.
///
/// # Errors
/// What the chain or a contract refuses: contracts that are not built, above all.
pub fn deployed(chain: &mut Devnet, with_programme: bool) -> Result<(World, Vec<Key>), Failure> {
    let signers = keyring::all();
    let address = |number: usize| signers[number].address.0;
    let (governance, programme, stranger, first) = (0, 1, 2, 3);
    let plan = Plan {
        token: USDC_ADDRESS.into_array(),
        authority: Authority::Account(address(governance)),
        programme: (!with_programme).then(|| address(programme)),
    };
    let addresses = with_client(chain, |client| {
        deploy::create(client, &signers[governance], &plan)?;
        let (spender, value) = (client.address(Contract::Vault)?, TokenAmount(WALLET));
        for signer in &signers[..first + PEOPLE + QUORUM] {
            client.send(signer, &Message::ApproveSpender { spender, value })?;
        }
        Ok(client.deployment.addresses())
    })?;
    let world = World {
        addresses,
        people: std::array::from_fn(|number| address(first + number)),
        reporters: std::array::from_fn(|number| address(first + PEOPLE + number)),
        stranger: address(stranger),
    };
    Ok((world, signers))
}
