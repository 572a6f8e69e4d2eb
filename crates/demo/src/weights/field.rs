//! Where the messages of the table are sent: to the harness, which measures each of them, or as signed transactions to
//! a development chain, which a node may follow.

use crate::replay::{Deployed, deploy_programme, deploy_world};
use anyhow::{Context, Result, anyhow};
use sit_client::{Client, Failure, Signer};
use sit_devnet::elsewhere::{Elsewhere, weigh_as_a_node};
use sit_devnet::keyring::{Key, Role};
use sit_devnet::profile::Recording;
use sit_devnet::rpc::Devnet;
use sit_devnet::{Account, Cost, Paid, WeightTable, sequence};
use sit_engine::chain::Hash;
use sit_engine::units::{Seat, Seconds};
use sit_market::sequence::World;
use sit_native::{Message, stored};
use std::collections::BTreeSet;

type Done<C> = sit_client::Done<C>;

/// Blocks that a development chain remembers: more than the contracts and approvals take before it is followed.
const HISTORY: usize = 64;

/// A deployed exchange and people who send it messages.
pub(super) trait Field {
    /// What is known of a message's cost.
    type Cost;

    /// Somebody sends a message at a time. The outer error is the chain's, the inner one the contract's.
    fn send(&mut self, at: Seconds, by: [u8; 20], message: &Message) -> Result<Result<Done<Self::Cost>, Failure>>;

    /// Somebody who is nobody in the world, with so many atoms of the token.
    fn newcomer(&mut self, atoms: u64) -> Result<Key>;

    /// What an owner signs to permit the vault an amount.
    fn permit(&mut self, owner: [u8; 20], amount: u64, deadline: Seconds) -> Result<Hash>;

    /// Cash of an account, in quote atoms.
    fn cash(&mut self, seat: Seat) -> Result<u64>;

    /// The newest message is what a row of the table is about.
    fn note(&mut self, row: &str, done: &Done<Self::Cost>);
}

/// The harness.
pub(super) struct Measured {
    deployed: Deployed,
    newcomer: Option<Account>,
    /// What was noted.
    pub costs: WeightTable,
    /// What was recorded of what was noted.
    pub recordings: Vec<(String, Recording)>,
}

impl Measured {
    /// The world of the sequences, with the makers' programme or an account for it.
    pub fn deploy(with_programme: bool) -> Result<(World, Self)> {
        let (world, deployed) = if with_programme { deploy_programme() } else { deploy_world() }?;
        let (costs, recordings) = (WeightTable::new(), Vec::new());
        Ok((world, Self { deployed, newcomer: None, costs, recordings }))
    }

    /// From now on each message is measured.
    pub fn measure(&mut self) {
        self.deployed.chain.measure(true);
    }

    /// From now on each message of a name, `contract.message`, is recorded.
    pub fn record(&mut self, message: &str) {
        self.deployed.chain.record(message);
    }
}

impl Field for Measured {
    type Cost = Cost;

    fn send(&mut self, at: Seconds, by: [u8; 20], message: &Message) -> Result<Result<Done<Cost>, Failure>> {
        match &self.newcomer {
            Some(newcomer) if newcomer.address() == by => Ok(self.deployed.client().send(newcomer, message)),
            _ => self.deployed.send(at.0.into(), by, message),
        }
    }

    fn newcomer(&mut self, atoms: u64) -> Result<Key> {
        let key = Key::named("depositor", Role::Yours);
        let account = self.deployed.chain.account_of(&key);
        self.deployed.chain.mint_usdc(&account, atoms.into())?;
        self.newcomer = Some(account);
        Ok(key)
    }

    fn permit(&mut self, owner: [u8; 20], amount: u64, deadline: Seconds) -> Result<Hash> {
        Ok(self.deployed.client().permit(owner, amount, deadline)?.1)
    }

    fn cash(&mut self, seat: Seat) -> Result<u64> {
        Ok(self.deployed.cell(&stored::account(seat))?.context("the account is open")?.cash)
    }

    fn note(&mut self, row: &str, done: &Done<Cost>) {
        self.costs.record(row, &done.cost);
        if let Some(recording) = self.deployed.chain.newest_recording() {
            self.recordings.push((row.to_owned(), recording));
        }
    }
}

/// A development chain, each message a signed transaction in a block of its own, and the node that follows it.
pub(super) struct Signed<'a> {
    chain: Devnet,
    there: Option<&'a mut Elsewhere>,
    signers: Vec<Key>,
    /// Rows that were noted.
    pub rows: BTreeSet<String>,
}

impl<'a> Signed<'a> {
    /// The world of the sequences on a new chain, with the makers' programme or an account for it.
    pub fn deploy(with_programme: bool, there: Option<&'a mut Elsewhere>) -> Result<(World, Self)> {
        let mut chain = sequence::empty(HISTORY).map_err(|problem| anyhow!(problem))?;
        let (world, signers) = sequence::deployed(&mut chain, with_programme)?;
        let mut signed = Self { chain, there, signers, rows: BTreeSet::new() };
        signed.follow()?;
        Ok((world, signed))
    }

    /// Sends to the node what has happened here since the last time.
    pub fn follow(&mut self) -> Result<()> {
        let Self { chain, there, .. } = self;
        there.as_mut().map_or(Ok(()), |there| there.follow(chain)).map_err(|problem| anyhow!(problem))
    }

    fn client<R>(&mut self, run: impl FnOnce(&mut Client<&mut Devnet>, &[Key]) -> R) -> R {
        let deployment = self.chain.deployment.clone();
        run(&mut Client::new(&mut self.chain, deployment), &self.signers)
    }
}

impl Field for Signed<'_> {
    type Cost = Paid;

    fn send(&mut self, at: Seconds, by: [u8; 20], message: &Message) -> Result<Result<Done<Paid>, Failure>> {
        // By now it is known what the message before is called.
        self.follow()?;
        self.chain.node.clock_to(at.0.into());
        self.client(|client, signers| {
            let signer = signers.iter().find(|signer| signer.address.0 == by).context("nobody signs for the sender")?;
            Ok(client.send(signer, message))
        })
    }

    fn newcomer(&mut self, _: u64) -> Result<Key> {
        // Every key has more than that.
        self.signers.last().cloned().context("there are keys")
    }

    fn permit(&mut self, owner: [u8; 20], amount: u64, deadline: Seconds) -> Result<Hash> {
        Ok(self.client(|client, _| client.permit(owner, amount, deadline))?.1)
    }

    fn cash(&mut self, seat: Seat) -> Result<u64> {
        Ok(self.client(|client, _| client.cell(&stored::account(seat)))?.context("the account is open")?.cash)
    }

    fn note(&mut self, row: &str, done: &Done<Paid>) {
        self.rows.insert(row.to_owned());
        if let (Some(there), Ok(block)) = (self.there.as_mut(), done.block.try_into()) {
            there.call(block, row);
        }
    }
}

/// Runs something on the world of the sequences as a node would weigh it, and has the node follow to the end.
pub(super) fn signed(
    with_programme: bool,
    there: Option<&mut Elsewhere>,
    run: impl FnOnce(World, Signed<'_>) -> Result<Signed<'_>>,
) -> Result<BTreeSet<String>> {
    weigh_as_a_node(|| {
        let (world, field) = Signed::deploy(with_programme, there)?;
        let mut field = run(world, field)?;
        field.follow()?;
        Ok(field.rows)
    })
}
