//! The framework as a chain that `sit-client` runs on.
//!
//! The framework is asynchronous and runs a test on one thread; a client waits for each of its calls. So the story has
//! a thread of its own, and what it asks for is done by the test that waits for it.

use std::{
    fmt,
    ops::RangeInclusive,
    sync::mpsc::{SyncSender, sync_channel},
    thread,
};

use ink::env::DefaultEnvironment;
use ink_e2e::{
    BuilderClient, ChainBackend, ContractResult, ContractsBackend, E2EBackend, IntoAddress, Keypair, Weight,
};
use ink_primitives::{AccountId, H160};
use ink_revive_types::ExecReturnValue;
use sit_client::{
    Artifact, Signer, Transport,
    transport::{Head, Log, Mined, Outcome},
};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::{Clock, Venue};

/// What a transaction may use: half of a block in both dimensions, as an Ethereum transaction on the Hub.
const LIMIT: Weight = Weight::from_parts(850_000_000_000, 4_456_448);

/// What a transaction may lay down for storage, in planck: more than anybody has to.
const DEPOSIT: u128 = u128::MAX / 4;

/// DOT that each person of a story is given, in planck.
const DOT_EACH: u128 = 10_000 * 10_000_000_000;

/// A key of the framework.
#[derive(Clone)]
pub struct Person(pub Keypair);

impl Signer for Person {
    fn address(&self) -> [u8; 20] {
        IntoAddress::address(&self.0).0
    }
}

/// Why something did not get through the framework.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the framework says: {0}")]
pub struct Broken(String);

fn broken(error: impl fmt::Debug) -> Broken {
    Broken(format!("{error:?}"))
}

/// What a story asks for.
enum Asked {
    /// Runs a call and forgets what it did.
    Dry(H160, Vec<u8>),
    /// The same, and sends it when it does not revert.
    Send(H160, Vec<u8>),
    /// Sends it without a look before.
    Force(H160, Vec<u8>),
    /// Deploys code with the input of its constructor.
    Deploy(Vec<u8>, Vec<u8>),
}

/// What the test answers.
enum Answer {
    /// How a call ended.
    Ended(Outcome),
    /// Where a contract is, or with what its constructor reverted.
    Deployed(Result<H160, Vec<u8>>),
}

type Reply = Result<Answer, Broken>;

/// The chain behind the framework's traits.
pub struct Framework {
    asks: UnboundedSender<(Asked, Keypair, SyncSender<Reply>)>,
    /// Its time.
    pub clock: Box<dyn Clock>,
}

impl Framework {
    fn ask(&self, asked: Asked, who: &Keypair) -> Reply {
        let (answer, answered) = sync_channel(1);
        self.asks.send((asked, who.clone(), answer)).map_err(broken)?;
        answered.recv().map_err(broken)?
    }

    fn ended(&self, asked: Asked, who: &Keypair) -> Result<Outcome, Broken> {
        match self.ask(asked, who)? {
            Answer::Ended(outcome) => Ok(outcome),
            Answer::Deployed(_) => Err(Broken("a call deployed something".to_owned())),
        }
    }

    /// Sends a transaction without looking whether it reverts; returns whether the chain has carried it out.
    ///
    /// # Errors
    /// Never the chain's refusal.
    pub fn force(&mut self, who: &Person, to: [u8; 20], calldata: &[u8]) -> Result<bool, Broken> {
        let outcome = self.ended(Asked::Force(H160(to), calldata.to_vec()), &who.0)?;
        Ok(matches!(outcome, Outcome::Returned(_)))
    }
}

const fn mined(outcome: Outcome) -> Mined<()> {
    Mined { outcome, logs: Vec::new(), block: 0, cost: () }
}

impl Transport for Framework {
    type Signer = Person;
    type Cost = ();
    type Error = Broken;

    /// What it returned is what the call before it returned on the same state. It tells no logs, in which each chain of
    /// the framework has a form of its own.
    fn send(&mut self, signer: &Person, to: [u8; 20], calldata: &[u8]) -> Result<Mined<()>, Broken> {
        self.ended(Asked::Send(H160(to), calldata.to_vec()), &signer.0).map(mined)
    }

    fn deploy(&mut self, signer: &Person, artifact: &Artifact, input: &[u8]) -> Result<([u8; 20], Mined<()>), Broken> {
        match self.ask(Asked::Deploy(artifact.code.clone(), input.to_vec()), &signer.0)? {
            Answer::Deployed(Ok(at)) => Ok((at.0, mined(Outcome::Returned(None)))),
            Answer::Deployed(Err(data)) => Ok(([0; 20], mined(Outcome::Reverted(data)))),
            Answer::Ended(_) => Err(Broken("code was called".to_owned())),
        }
    }

    fn call(&mut self, signer: Option<&Person>, to: [u8; 20], calldata: &[u8]) -> Result<Outcome, Broken> {
        let nobody = Person(ink_e2e::alice());
        self.ended(Asked::Dry(H160(to), calldata.to_vec()), &signer.unwrap_or(&nobody).0)
    }

    fn logs(&mut self, _: RangeInclusive<u64>, _: &[[u8; 20]]) -> Result<Vec<Log>, Broken> {
        Err(Broken("its logs have a form of their own for each chain".to_owned()))
    }

    fn head(&mut self) -> Result<Head, Broken> {
        let time = self.clock.now().map_err(broken)?;
        Ok(Head { number: 0, time })
    }
}

/// How a dry run ended.
fn ended(result: ContractResult<ExecReturnValue, u128>) -> Result<Outcome, Broken> {
    let ExecReturnValue { flags, data } = result.result.map_err(broken)?;
    Ok(if flags.contains(ink::env::ReturnFlags::REVERT) {
        Outcome::Reverted(data)
    } else {
        Outcome::Returned(Some(data))
    })
}

async fn done<C>(client: &mut C, asked: Asked, who: &Keypair) -> Reply
where
    C: BuilderClient<DefaultEnvironment>,
    <C as ContractsBackend<DefaultEnvironment>>::Error: fmt::Debug,
{
    Ok(match asked {
        Asked::Dry(to, data) => {
            let dry = client.raw_call_dry_run::<(), ink::abi::Sol>(to, data, 0, None, who).await.map_err(broken)?;
            Answer::Ended(ended(dry.exec_result)?)
        }
        Asked::Send(to, data) => {
            let dry = client.raw_call_dry_run::<(), ink::abi::Sol>(to, data.clone(), 0, None, who).await;
            let outcome = ended(dry.map_err(broken)?.exec_result)?;
            if matches!(outcome, Outcome::Returned(_)) {
                client.raw_call(to, data, 0, LIMIT, DEPOSIT, who).await.map_err(broken)?;
            }
            Answer::Ended(outcome)
        }
        Asked::Force(to, data) => {
            let sent = client.raw_call(to, data, 0, LIMIT, DEPOSIT, who).await;
            Answer::Ended(sent.map_or_else(|_| Outcome::Reverted(Vec::new()), |_| Outcome::Returned(None)))
        }
        Asked::Deploy(code, input) => {
            let dry = client
                .raw_instantiate_dry_run::<ink::abi::Sol>(code.clone(), who, input.clone(), 0, None)
                .await
                .map_err(broken)?;
            let returned = dry.contract_result.result.map_err(broken)?.result;
            if returned.flags.contains(ink::env::ReturnFlags::REVERT) {
                return Ok(Answer::Deployed(Err(returned.data)));
            }
            let deployed = client.raw_instantiate(code, who, input, 0, LIMIT, DEPOSIT).await;
            Answer::Deployed(deployed.map(|deployed| Ok(deployed.addr)).map_err(broken)?)
        }
    })
}

/// Tells a story on a chain of the framework: gives its people DOT, and lets it begin.
///
/// # Panics
/// Where the story does, and when the chain breaks.
pub async fn told<C>(client: &mut C, clock: impl Clock + 'static, story: fn(Venue))
where
    C: E2EBackend<DefaultEnvironment> + ChainBackend<AccountId = AccountId, Balance = u128>,
    <C as ContractsBackend<DefaultEnvironment>>::Error: fmt::Debug,
    <C as ChainBackend>::Error: fmt::Debug,
{
    let rich = ink_e2e::alice();
    for person in Venue::people() {
        let account = AccountId::from(person.0.public_key().0);
        client.transfer_allow_death(&rich, account, DOT_EACH).await.expect("the first of them has DOT for all");
        client.map_account(&person.0).await.expect("an account can be mapped");
    }
    client.map_account(&rich).await.expect("an account can be mapped");
    let (asks, mut asked) = unbounded_channel();
    let framework = Framework { asks, clock: Box::new(clock) };
    let teller = thread::spawn(move || story(Venue::open(framework)));
    while let Some((what, who, reply)) = asked.recv().await {
        let answer = done(client, what, &who).await;
        // A story that has ended waits for nothing.
        let _ = reply.send(answer);
    }
    if let Err(panic) = teller.join() {
        std::panic::resume_unwind(panic);
    }
}
