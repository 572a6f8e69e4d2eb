//! Messages sent, views asked and cells read, all typed.

use sit_engine::chain::{Address, Env};
use sit_engine::codec::Cell;
use sit_engine::units::{Seat, Seconds};
use sit_native::preview::{Preview, preview_message};
use sit_native::stored::{OfClearing, OfOracle};
use sit_native::{
    Answer, Constructor, Contract, EmittedEvent, Message, Returned, TypedEvent, View, view::ClearingCell,
};

use crate::{
    Artifact, ArtifactError, ChainState, Deployment, codec,
    codec::{Refused, Unreadable},
    transport::{Head, Log, Mined, Outcome, Signer, Transport},
};

/// Why a message was not done, or a question not answered.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The contract refused. Nothing has changed.
    #[error("{} refused the message {message}: {why}", contract.name())]
    Refused {
        /// The contract.
        contract: Contract,
        /// What was called.
        message: &'static str,
        /// The reason.
        why: Refused,
    },
    /// The contract is not deployed, or its address is not known.
    #[error("the address of {} is not known: deploy the exchange, or read its record of deployment", .0.name())]
    NotDeployed(Contract),
    /// The contract's artifact cannot be used.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// What came back is not what the vocabulary says.
    #[error("{what}: {why}")]
    Unreadable {
        /// What was called.
        what: String,
        /// The reason.
        why: Unreadable,
    },
    /// The chain keeps no return values of transactions, and the transport did not trace this one.
    #[error("{0} was done, and this chain does not say what it returned: read its events, or ask the contract")]
    AnswerUnknown(String),
    /// The transaction or the question did not reach the contract, or did not come back.
    #[error("{what} did not get through: {why}")]
    Transport {
        /// What was called.
        what: String,
        /// Why, by the transport.
        why: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Failure {
    /// Why the contract refused, if it did.
    #[must_use]
    pub fn refused(&self) -> Option<&Refused> {
        if let Self::Refused { why, .. } = self { Some(why) } else { None }
    }

    /// The name of the contract's error; empty when it did not refuse.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.refused().map_or("", Refused::name)
    }

    fn transport<E: std::error::Error + Send + Sync + 'static>(what: String) -> impl FnOnce(E) -> Self {
        move |why| Self::Transport { what, why: Box::new(why) }
    }
}

/// A message that was done.
#[derive(Clone, PartialEq, Debug)]
pub struct Done<C> {
    /// What was called, as `contract.message`.
    pub what: String,
    /// What it returned, as the chain has it; `None` where the chain does not say.
    pub returned: Option<Vec<u8>>,
    /// What the exchange's contracts and the token emitted, oldest first.
    pub events: Vec<EmittedEvent>,
    /// Logs that the vocabulary cannot read: of a contract that is none of the exchange's, or of another version of
    /// one.
    pub unread: Vec<Log>,
    /// The block.
    pub block: u64,
    /// What it cost.
    pub cost: C,
}

impl<C> Done<C> {
    /// What the message returned.
    ///
    /// # Errors
    /// [`Failure::AnswerUnknown`], [`Failure::Unreadable`].
    pub fn answer<T: Returned>(&self) -> Result<T, Failure> {
        let data = self.returned.as_deref().ok_or_else(|| Failure::AnswerUnknown(self.what.clone()))?;
        codec::returned(data).map_err(|why| Failure::Unreadable { what: self.what.clone(), why })
    }

    /// The first event of a type.
    pub fn event<E: TypedEvent>(&self) -> Option<E> {
        self.events.iter().find_map(EmittedEvent::read)
    }
}

/// A client of one exchange on one chain.
#[derive(Debug)]
pub struct Client<T> {
    /// The chain.
    pub transport: T,
    /// Where the contracts are.
    pub deployment: Deployment,
}

impl<T: Transport> Client<T> {
    /// A client of the exchange with these addresses; of one that is yet to be deployed, when there are none.
    pub fn new(transport: T, deployment: Deployment) -> Self {
        Self { transport, deployment }
    }

    /// Where a contract is.
    ///
    /// # Errors
    /// [`Failure::NotDeployed`].
    pub fn address(&self, contract: Contract) -> Result<Address, Failure> {
        self.deployment.get(contract).ok_or(Failure::NotDeployed(contract))
    }

    /// Sends a message and waits until it is done.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn send(&mut self, signer: &T::Signer, message: &Message) -> Result<Done<T::Cost>, Failure> {
        let to = self.address(message.contract())?;
        self.send_to(signer, to, message)
    }

    /// Sends a message to a contract at another address than the deployment's, for example to the next version of one.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn send_to(&mut self, signer: &T::Signer, to: Address, message: &Message) -> Result<Done<T::Cost>, Failure> {
        let what = format!("{}.{}", message.contract().name(), message.name());
        let mined = self.transport.send(signer, to, &codec::calldata(message));
        let Mined { outcome, logs, block, cost } = mined.map_err(Failure::transport(what.clone()))?;
        match outcome {
            Outcome::Returned(returned) => {
                let (mut events, mut unread) = (Vec::new(), Vec::new());
                for log in logs {
                    match self.read(&log) {
                        Some(event) => events.push(event),
                        None => unread.push(log),
                    }
                }
                Ok(Done { what, returned, events, unread, block, cost })
            }
            Outcome::Reverted(data) => {
                let (contract, message) = (message.contract(), message.name());
                Err(Failure::Refused { contract, message, why: codec::refusal(contract, &data) })
            }
        }
    }

    /// What a message would return now, without being sent.
    ///
    /// # Errors
    /// [`Failure`], as the message would have it.
    pub fn simulate<A: Returned>(&mut self, signer: &T::Signer, message: &Message) -> Result<A, Failure> {
        let to = self.address(message.contract())?;
        self.ask(Some(signer), to, message.contract(), message.name(), &codec::calldata(message))
    }

    /// Asks a view.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn view<V: View>(&mut self, view: &V) -> Result<V::Answer, Failure> {
        let to = self.address(V::CONTRACT)?;
        self.view_at(to, view)
    }

    /// Asks a view of a contract at another address than the deployment's.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn view_at<V: View>(&mut self, at: Address, view: &V) -> Result<V::Answer, Failure> {
        self.ask(None, at, V::CONTRACT, V::NAME, &codec::question(view))
    }

    /// The bytes of several cells of the clearing house, read on one state.
    pub(crate) fn cells(&mut self, cells: &[ClearingCell]) -> Result<Vec<Vec<u8>>, Failure> {
        let to = self.address(Contract::Clearing)?;
        let calls: Vec<_> = cells.iter().map(|cell| (to, codec::question(cell))).collect();
        let what = || "clearing.cell".to_owned();
        let outcomes = self.transport.call_all(&calls).map_err(Failure::transport(what()))?;
        let read = |outcome| match outcome {
            Outcome::Returned(Some(data)) => {
                codec::returned(&data).map_err(|why| Failure::Unreadable { what: what(), why })
            }
            Outcome::Returned(None) => Err(Failure::AnswerUnknown(what())),
            Outcome::Reverted(data) => {
                let why = codec::refusal(Contract::Clearing, &data);
                Err(Failure::Refused { contract: Contract::Clearing, message: ClearingCell::NAME, why })
            }
        };
        outcomes.into_iter().map(read).collect()
    }

    /// Cells of the clearing house of one kind, in the order in which they are asked for, in one round trip; `None`
    /// where nothing was written.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn cells_of<C: Cell>(&mut self, cells: &[OfClearing<C>]) -> Result<Vec<Option<C>>, Failure> {
        let questions: Vec<ClearingCell> = cells.iter().map(|cell| cell.question.clone()).collect();
        let found = self.cells(&questions)?;
        Ok(cells.iter().zip(found).map(|(cell, bytes)| cell.read(&bytes)).collect())
    }

    fn ask<A: Returned>(
        &mut self,
        signer: Option<&T::Signer>,
        to: Address,
        contract: Contract,
        name: &'static str,
        calldata: &[u8],
    ) -> Result<A, Failure> {
        let what = format!("{}.{name}", contract.name());
        match self.transport.call(signer, to, calldata).map_err(Failure::transport(what.clone()))? {
            Outcome::Returned(Some(data)) => codec::returned(&data).map_err(|why| Failure::Unreadable { what, why }),
            Outcome::Returned(None) => Err(Failure::AnswerUnknown(what)),
            Outcome::Reverted(data) => {
                Err(Failure::Refused { contract, message: name, why: codec::refusal(contract, &data) })
            }
        }
    }

    /// A cell of the clearing house; `None` where nothing was written.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn cell<C: Cell>(&mut self, cell: &OfClearing<C>) -> Result<Option<C>, Failure> {
        Ok(cell.read(&self.view(&cell.question)?))
    }

    /// A cell of the oracle; `None` where nothing was written.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn oracle_cell<C: Cell>(&mut self, cell: &OfOracle<C>) -> Result<Option<C>, Failure> {
        Ok(cell.read(&self.view(&cell.question)?))
    }

    /// The state of the clearing house as it is now, for the engine to run on.
    pub fn state(&mut self) -> ChainState<'_, T> {
        ChainState::of(self)
    }

    /// What a message of the clearing house would do to an account if the signer sent it now, by the engine itself on
    /// the cells of the chain.
    ///
    /// # Errors
    /// [`Failure`] when a cell could not be read: what the engine said then is not to be trusted, and is not returned.
    pub fn preview(&mut self, signer: &T::Signer, seat: Seat, message: &Message) -> Result<Preview<Answer>, Failure> {
        let time = self.transport.pin().map_err(Failure::transport("the newest block".to_owned()))?.time;
        let preview = self.preview_at(signer.address(), time, seat, message);
        self.transport.release();
        preview
    }

    fn preview_at(
        &mut self,
        caller: Address,
        time: u64,
        seat: Seat,
        message: &Message,
    ) -> Result<Preview<Answer>, Failure> {
        let env = Env { caller, now: Seconds(u32::try_from(time).unwrap_or(u32::MAX)) };
        let mut state = self.state();
        state.fetch(seat, message)?;
        let preview = preview_message(&mut state, env, seat, message);
        state.failure().map_or(Ok(preview), Err)
    }

    /// Deploys a contract and notes where it is.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn deploy(&mut self, signer: &T::Signer, constructor: &Constructor) -> Result<Address, Failure> {
        let contract = constructor.contract();
        let address = self.deploy_apart(signer, constructor)?;
        self.deployment.set(contract, address);
        Ok(address)
    }

    /// Deploys a contract beside the one that the deployment has.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn deploy_apart(&mut self, signer: &T::Signer, constructor: &Constructor) -> Result<Address, Failure> {
        let contract = constructor.contract();
        let what = format!("{}.constructor", contract.name());
        let artifact = Artifact::of(contract)?;
        let deployed = self.transport.deploy(signer, &artifact, &codec::input(constructor));
        let (address, mined) = deployed.map_err(Failure::transport(what.clone()))?;
        match mined.outcome {
            Outcome::Returned(_) => Ok(address),
            Outcome::Reverted(data) => {
                Err(Failure::Refused { contract, message: "constructor", why: codec::refusal(contract, &data) })
            }
        }
    }

    /// The events of the exchange's contracts in a range of blocks, oldest first, each with its block. Logs that the
    /// vocabulary does not know are left out.
    ///
    /// # Errors
    /// [`Failure::Transport`].
    pub fn events(&mut self, blocks: std::ops::RangeInclusive<u64>) -> Result<Vec<(u64, EmittedEvent)>, Failure> {
        let of: Vec<Address> = self.deployment.iter().map(|(_, address)| address).collect();
        let logs = self.transport.logs(blocks, &of).map_err(Failure::transport("the logs".to_owned()))?;
        Ok(logs.iter().filter_map(|log| Some((log.block, self.read(log)?))).collect())
    }

    /// The newest block.
    ///
    /// # Errors
    /// [`Failure::Transport`].
    pub fn head(&mut self) -> Result<Head, Failure> {
        self.transport.head().map_err(Failure::transport("the newest block".to_owned()))
    }

    fn read(&self, log: &Log) -> Option<EmittedEvent> {
        codec::event(self.deployment.contract_at(log.address)?, &log.topics, &log.data)
    }
}
