//! The client on the embedded chain: an exchange that is deployed in pieces, logs that are read later, and a chain that
//! does not answer.

use sit_client::deploy::{self, Authority};
use sit_client::transport::{Head, Log, Mined, Outcome};
use sit_client::{Artifact, Client, Deployment, Failure, Plan, Signer, Transport};
use sit_devnet::{Account, Chain, Cost, Stopped, WhenFull};
use sit_engine::launch::{CLASSES, DELAYS};
use sit_engine::units::Seat;
use sit_native::event::governance::{ClassChanged, Executed, Registered};
use sit_native::{Contract, EmittedEvent, Message, TypedEvent, view};
use std::ops::RangeInclusive;

/// Monday 2026-11-23, 08:00 UTC.
const MONDAY: u64 = 1_795_420_800;

/// A connection to a chain that breaks after so many transactions, and answers no question either from then on.
struct Breaking<'c> {
    chain: &'c mut Chain,
    left: u32,
}

/// The connection is gone.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("the connection is gone")]
    RemovalReason,
    #[error(transparent)]
    Chain(#[from] Stopped),
}

impl Breaking<'_> {
    fn spend(&mut self) -> Result<(), Lost> {
        self.left = self.left.checked_sub(1).ok_or(Lost::RemovalReason)?;
        Ok(())
    }
}

impl Transport for Breaking<'_> {
    type Signer = Account;
    type Cost = Cost;
    type Error = Lost;

    fn send(&mut self, signer: &Account, to: [u8; 20], calldata: &[u8]) -> Result<Mined<Cost>, Lost> {
        self.spend()?;
        Ok(self.chain.send(signer, to, calldata)?)
    }
    fn deploy(&mut self, signer: &Account, artifact: &Artifact, input: &[u8]) -> Result<([u8; 20], Mined<Cost>), Lost> {
        self.spend()?;
        Ok(Transport::deploy(self.chain, signer, artifact, input)?)
    }
    fn call(&mut self, signer: Option<&Account>, to: [u8; 20], calldata: &[u8]) -> Result<Outcome, Lost> {
        if self.left == 0 { Err(Lost::RemovalReason) } else { Ok(Transport::call(self.chain, signer, to, calldata)?) }
    }
    fn logs(&mut self, blocks: RangeInclusive<u64>, of: &[[u8; 20]]) -> Result<Vec<Log>, Lost> {
        Ok(self.chain.logs(blocks, of)?)
    }
    fn head(&mut self) -> Result<Head, Lost> {
        Ok(self.chain.head()?)
    }
}

struct Ground {
    chain: Chain,
    deployer: Account,
    governor: Account,
    plan: Plan,
}

fn ground() -> Ground {
    let mut chain = Chain::starting_at(MONDAY);
    chain.when_full(WhenFull::Seal { seconds: 6 });
    let (deployer, governor, guardian) =
        (chain.account("deployer"), chain.account("governor"), chain.account("guardian"));
    let authority = Authority::Contract { governor: governor.address(), guardian: guardian.address(), delays: DELAYS };
    let plan = Plan { token: chain.usdc().address.into_array(), authority, programme: None };
    Ground { chain, deployer, governor, plan }
}

fn told<E: TypedEvent>(events: &[(u64, EmittedEvent)]) -> usize {
    events.iter().filter(|(_, event)| event.read::<E>().is_some()).count()
}

#[test]
fn a_deployment_that_breaks_off_goes_on_where_it_was_when_it_is_run_again() {
    // An action of genesis takes three transactions, and none of it counts before the third.
    for transactions in [3, 4, 5, 11] {
        let Ground { mut chain, deployer, governor, plan } = ground();
        let (mut record, mut runs) = (Deployment::default().to_json(), 0);
        loop {
            // What is known from one run to the next is the record alone, as it would lie on a disk.
            let deployment = Deployment::from_json(&record).unwrap();
            let mut client = Client::new(Breaking { chain: &mut chain, left: transactions }, deployment);
            let ended = deploy::deploy(&mut client, &deployer, &governor, &plan);
            record = client.deployment.to_json();
            runs += 1;
            match ended {
                Ok(()) => break,
                Err(Failure::Transport { .. }) => assert!(runs < 100, "it comes to an end"),
                Err(other) => panic!("run {runs}: {other}"),
            }
        }
        assert!(runs > 3, "{transactions} transactions are not enough for all: {runs} runs");
        let mut client = Client::new(&mut chain, Deployment::from_json(&record).unwrap());
        let wiring = deploy::wiring(&client.deployment, &plan).unwrap();
        for message in &wiring {
            assert!(deploy::is_done(&mut client, message).unwrap(), "{message:?}");
        }
        // Nothing was done twice: every message of the wiring was executed once, every class was registered once.
        let head = client.head().unwrap();
        let events = client.events(0..=head.number).unwrap();
        assert_eq!(told::<Executed>(&events), wiring.len(), "{transactions} at a time");
        assert_eq!((told::<Registered>(&events), told::<ClassChanged>(&events)), (1, CLASSES.len()));
        assert_eq!(client.deployment.iter().count(), Contract::ALL.len() + 1, "and the token");
        // A run more changes nothing.
        let before = client.transport.state_root();
        deploy::deploy(&mut client, &deployer, &governor, &plan).unwrap();
        assert_eq!(client.transport.state_root(), before);
    }
}

#[test]
fn the_logs_of_a_range_of_blocks_are_the_events_that_the_messages_returned() {
    let Ground { mut chain, deployer, governor, plan } = ground();
    let mut client = Client::new(&mut chain, Deployment::default());
    deploy::deploy(&mut client, &deployer, &governor, &plan).unwrap();
    client.transport.seal_block(6);
    let first = client.head().unwrap();
    let mut sent = Vec::new();
    for (number, name) in (0..).zip(["ada", "ben", "cyd"]) {
        let person = client.transport.account(name);
        let done = client.send(&person, &Message::OpenAccount { sub: 0 }).unwrap();
        assert_eq!(done.answer::<Seat>().unwrap(), Seat(number));
        assert!(done.unread.is_empty());
        sent.extend(done.events.into_iter().map(|event| (done.block, event)));
        client.transport.seal_block(6);
    }
    let last = client.head().unwrap();
    assert_eq!((last.number, last.time), (first.number + 3, first.time + 18));
    assert_eq!(client.events(first.number..=last.number).unwrap(), sent);
    assert_eq!(client.events(first.number + 1..=first.number + 1).unwrap(), sent[1..2]);
    assert_eq!(client.events(last.number..=last.number).unwrap(), []);
    // Nothing is reported about contracts that the client does not know.
    client.deployment = Deployment::default();
    assert_eq!(client.events(first.number..=last.number).unwrap(), []);
}

#[test]
fn a_client_whose_chain_does_not_answer_says_so_and_promises_nothing() {
    let Ground { mut chain, deployer, governor, plan } = ground();
    let mut client = Client::new(&mut chain, Deployment::default());
    deploy::deploy(&mut client, &deployer, &governor, &plan).unwrap();
    let deployment = client.deployment.clone();
    let alice = chain.account("alice");
    let withdraw = Message::Withdraw { seat: Seat(0), amount: 1 };

    let mut broken = Client::new(Breaking { chain: &mut chain, left: 0 }, deployment.clone());
    let preview = broken.preview(&alice, Seat(0), &withdraw);
    assert!(matches!(preview, Err(Failure::Transport { .. })), "an account that cannot be read is not an empty one");
    let asked = broken.view(&view::Audit {}).unwrap_err().to_string();
    assert_eq!(asked, "vault.audit did not get through: the connection is gone");

    // With an answer it is the chain's refusal, in the sentence that the client gives ahead of time.
    let mut client = Client::new(&mut chain, deployment);
    let promised = client.preview(&alice, Seat(0), &withdraw).unwrap().outcome.unwrap_err();
    let simulated = client.simulate::<u64>(&alice, &withdraw).unwrap_err();
    let refused = client.send(&alice, &withdraw).unwrap_err();
    assert_eq!(refused.to_string(), simulated.to_string());
    assert_eq!((refused.name(), promised.name()), ("UnknownSeat", "UnknownSeat"));
    assert_eq!(refused.to_string(), format!("clearing refused the message withdraw: {}", promised.explanation()));
    client.deployment = Deployment::default();
    let unknown = client.send(&alice, &withdraw).unwrap_err().to_string();
    assert!(unknown.starts_with("the address of clearing is not known"), "{unknown}");
}
