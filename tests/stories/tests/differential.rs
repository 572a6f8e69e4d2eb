//! The same random messages through the native engine and the deployed contracts: every return value, error, event and
//! balance equal.
//!
//! Ten thousand sequences run natively with `sit-sim sequences`. The sample here is three hundred sequences of fifty
//! messages; the variable `SIT_SEQUENCES` sets another number.

use sit_client::deploy::{self, Authority, Plan};
use sit_client::{Client, Deployment};
use sit_demo::replay::{begin_sequences, compare};
use sit_devnet::keyring::{Key, Role};
use sit_devnet::node::{Beginning, Clock, Node};
use sit_devnet::rpc::{Devnet, Mining};
use sit_devnet::{DOT, USDC_ADDRESS};
use sit_engine::units::Seconds;
use sit_market::sequence::{Sequence, Step, WALLET, World};
use sit_native::{Contract, Message, Refusal, TokenAmount};

/// Sequences that share a chain: each goes on where the one before has ended, with its own random stream.
const PER_CHAIN: u64 = 10;

/// Messages of a sequence.
const MESSAGES: usize = 50;

/// Sequences that go through signed transactions: enough to meet every rule of the transport, and two seconds.
const SIGNED: u64 = 4;

#[test]
fn deployed_contracts_do_what_the_native_engine_does() {
    let sequences: u64 = std::env::var("SIT_SEQUENCES").ok().and_then(|count| count.parse().ok()).unwrap_or(300);
    let chains: Vec<u64> = (0..sequences.div_ceil(PER_CHAIN)).collect();
    let halves = chains.chunks(chains.len().div_ceil(2).max(1));
    let results: Vec<u64> = std::thread::scope(|scope| {
        let workers: Vec<_> = halves
            .map(|half| scope.spawn(move || half.iter().map(|chain| on_chain(*chain, sequences)).collect::<Vec<_>>()))
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no difference")).collect()
    });
    let compared: u64 = results.iter().sum();
    println!("{compared} messages compared in {sequences} sequences");
    assert!(
        compared >= sequences * MESSAGES as u64,
        "{compared} messages compared: every one is, and those of the genesis"
    );
}

/// Runs the sequences of one chain; returns how many messages were compared.
fn on_chain(chain: u64, sequences: u64) -> u64 {
    let (world, mut twins) = begin_sequences().expect("the contracts are built and deploy");
    let owners: Vec<[u8; 20]> = world.signers().chain([world.addresses.vault]).collect();
    for number in (chain * PER_CHAIN..(chain + 1) * PER_CHAIN).take_while(|number| *number < sequences) {
        let mut sequence = Sequence::new(world, 3, number);
        for message in 0..MESSAGES {
            let step = sequence.next(&mut twins.native);
            let sent = twins.send(step.at, step.by, &step.message);
            assert!(sent.is_ok(), "sequence {number}, message {message}: {:#}", sent.unwrap_err());
        }
        twins.compare_balances(&owners).unwrap_or_else(|error| panic!("after sequence {number}: {error:#}"));
    }
    twins.compared
}

/// The harness runs messages below signatures, fees and state roots, and the stories run on it. This is the other way
/// into the chain, with all of them; what a contract says must not depend on the way.
#[test]
fn signed_transactions_do_what_the_native_engine_does() {
    let role = |name: String| Key::named(&name, Role::Yours);
    let [governance, programme, stranger] = ["governance", "incentives", "stranger"].map(|name| role(name.to_owned()));
    let people = std::array::from_fn(|number| role(format!("person {number}")));
    let reporters = std::array::from_fn(|number| role(format!("reporter {number}")));
    let mut keys = vec![governance.clone(), programme.clone(), stranger.clone()];
    keys.extend(people.iter().chain(&reporters).cloned());

    let start = u64::from(World::start().0);
    let accounts = keys.iter().map(|key| (key.address, 1_000_000 * DOT, WALLET)).collect();
    let node = Node::new(&Beginning { time: start, accounts, history: 8 }, Clock::fixed(start, 0)).expect("a genesis");
    let mut chain = Devnet::new(node, Deployment::default(), Mining::Manual);
    let mut client = Client::new(&mut chain, Deployment::default());
    let plan = Plan {
        token: USDC_ADDRESS.into_array(),
        authority: Authority::Account(governance.address.0),
        programme: Some(programme.address.0),
    };
    deploy::create(&mut client, &governance, &plan).expect("the contracts are built and deploy");
    let spender = client.address(Contract::Vault).expect("it is deployed");
    for key in &keys {
        client.send(key, &Message::ApproveSpender { spender, value: TokenAmount(WALLET) }).expect("an approval");
    }
    let world = World {
        addresses: client.deployment.addresses(),
        people: people.map(|key| key.address.0),
        reporters: reporters.map(|key| key.address.0),
        stranger: stranger.address.0,
    };

    let mut native = world.deployed();
    let mut compared = 0;
    let mut send = |native: &mut sit_native::Exchange, step: &Step| {
        native.now = step.at;
        let outcome = native.send(step.by, &step.message);
        client.transport.node.clock_to(step.at.0.into());
        let key = keys.iter().find(|key| key.address.0 == step.by).expect("somebody of the world signs");
        let deployed = client.send(key, &step.message);
        assert_eq!(Seconds(client.transport.node.head().time() as u32), step.at);
        let said = outcome.map_err(Refusal::name);
        if let Some(difference) = compare::outcome(&step.message, &said, native.told(), &deployed) {
            panic!("{step:?}: {difference}");
        }
        compared += 1;
    };
    for step in world.genesis(&|_| false) {
        send(&mut native, &step);
    }
    for number in 0..SIGNED {
        let mut sequence = Sequence::new(world, 4, number);
        for _ in 0..MESSAGES {
            let step = sequence.next(&mut native);
            send(&mut native, &step);
        }
    }
    println!("{compared} messages compared");
    assert!(compared > SIGNED * MESSAGES as u64);
}
