//! What governance does: a proposal, approvals, a delay, the execution.

use alloy_core::primitives::keccak256;
use sit_engine::calendar::DAY;
use sit_engine::certificate::{Certificate, SCENARIOS, SLOTS};
use sit_engine::clearing::Product;
use sit_engine::governance::{Class, State, Window, payload_preimage};
use sit_engine::units::Seconds;
use sit_native::message::shocks as packed;
use sit_native::{Contract, Message, answers::ActionRecord, event::governance::Proposed, view};

use crate::{Client, Deployment, Failure, codec, transport::Transport};

/// For how long a proposal may be executed unless somebody says otherwise: thirty days, longer than any delay and a
/// week.
const WINDOW_SECONDS: u32 = 30 * DAY;

/// An action that waits for its approvals and its time: its number, and the calldata that executing it needs again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// Its number.
    pub id: u32,
    /// What it will send.
    pub calldata: Vec<u8>,
}

impl Proposal {
    /// The message by which anyone executes it.
    #[must_use]
    pub fn execution(&self) -> Message {
        Message::Execute { id: self.id, call: self.calldata.clone() }
    }
}

/// What a class of messages is called.
#[must_use]
pub const fn class_name(class: Class) -> &'static str {
    match class {
        Class::Routine => "routine",
        Class::Tighten => "tighten",
        Class::Loosen => "loosen",
        Class::Critical => "critical",
    }
}

/// A margin set as it is proposed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MarginProposal {
    /// The product it is for.
    pub product: Product,
    /// Maintenance margin, in basis points of the initial margin.
    pub maintenance_bps: u16,
    /// Where a liquidation ends, in basis points of the initial margin.
    pub liquidation_end_bps: u16,
    /// Price moves in basis points of the mark, for each month slot in each scenario.
    pub shocks: [[i16; SCENARIOS]; SLOTS],
    /// What they were computed from.
    pub certificate: Certificate,
}

impl MarginProposal {
    /// The message that puts it in force, which governance sends to the clearing house.
    #[must_use]
    pub fn message(&self) -> Message {
        Message::SetRisk {
            product: self.product,
            maintenance_bps: self.maintenance_bps,
            liquidation_end_bps: self.liquidation_end_bps,
            shocks: packed(&self.shocks),
            certificate_hash: keccak256(self.certificate.canonical_bytes()).0,
        }
    }

    /// The message that proposes it, and what executing it will need.
    ///
    /// # Errors
    /// [`Failure::NotDeployed`].
    pub fn proposing(&self, deployment: &Deployment, now: Seconds) -> Result<(Message, Vec<u8>), Failure> {
        let target = deployment.get(Contract::Clearing).ok_or(Failure::NotDeployed(Contract::Clearing))?;
        let message = Message::ProposeMarginSet {
            target,
            product: self.product,
            maintenance_bps: self.maintenance_bps,
            liq_end_bps: self.liquidation_end_bps,
            shocks: packed(&self.shocks),
            certificate: self.certificate,
            not_before: now,
            not_after: now.later(WINDOW_SECONDS),
        };
        Ok((message, codec::calldata(&self.message())))
    }
}

/// The message that proposes another one, from now on for thirty days.
///
/// # Errors
/// [`Failure::NotDeployed`].
pub fn proposing(deployment: &Deployment, now: Seconds, message: &Message) -> Result<(Message, Vec<u8>), Failure> {
    let contract = message.contract();
    let target = deployment.get(contract).ok_or(Failure::NotDeployed(contract))?;
    let call = codec::calldata(message);
    let propose =
        Message::Propose { target, call: call.clone(), not_before: now, not_after: now.later(WINDOW_SECONDS) };
    Ok((propose, call))
}

/// The message by which the guardian sends another one at once.
///
/// # Errors
/// [`Failure::NotDeployed`].
pub fn tightening(deployment: &Deployment, message: &Message) -> Result<Message, Failure> {
    let contract = message.contract();
    let target = deployment.get(contract).ok_or(Failure::NotDeployed(contract))?;
    Ok(Message::Tighten { target, call: codec::calldata(message) })
}

impl<T: Transport> Client<T> {
    /// Time of the newest block, as contracts have it.
    ///
    /// # Errors
    /// [`Failure::Transport`].
    pub fn now(&mut self) -> Result<Seconds, Failure> {
        Ok(Seconds(u32::try_from(self.head()?.time).unwrap_or(u32::MAX)))
    }

    /// The governor proposes a message.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn propose(&mut self, governor: &T::Signer, message: &Message) -> Result<Proposal, Failure> {
        let now = self.now()?;
        let (propose, calldata) = proposing(&self.deployment, now, message)?;
        let done = self.send(governor, &propose)?;
        // The event says it on every chain, the answer only on one that keeps answers.
        let id = done.event::<Proposed>().map_or_else(|| done.answer(), |proposed| Ok(proposed.id))?;
        Ok(Proposal { id, calldata })
    }

    /// The message by which a member of today's council approves an action as it stands.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn approval(&mut self, id: u32) -> Result<Message, Failure> {
        let payload_hash = self.view(&view::Action { id })?.payload_hash;
        let council_epoch = self.view(&view::Council {})?.epoch;
        Ok(Message::Approve { id, payload_hash, council_epoch })
    }

    /// Proposes a message, has one member of the council approve it, and executes it: what genesis does, in which
    /// nothing waits.
    ///
    /// # Errors
    /// [`Failure`] of any of the three.
    pub fn enact(&mut self, governor: &T::Signer, member: &T::Signer, message: &Message) -> Result<(), Failure> {
        let proposal = self.propose(governor, message)?;
        self.finish(governor, member, &proposal, State::Proposed)
    }

    /// The rest of [`Client::enact`], of a proposal that is there.
    ///
    /// # Errors
    /// [`Failure`] of either message.
    pub fn finish(
        &mut self,
        governor: &T::Signer,
        member: &T::Signer,
        proposal: &Proposal,
        state: State,
    ) -> Result<(), Failure> {
        if state == State::Proposed {
            let approval = self.approval(proposal.id)?;
            self.send(member, &approval)?;
        }
        self.send(governor, &proposal.execution())?;
        Ok(())
    }

    /// All actions that wait for approvals or for their time, by their numbers: asks for each that there has ever been.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn open_actions(&mut self) -> Result<Vec<(u32, ActionRecord)>, Failure> {
        let mut open = Vec::new();
        for id in 0..=u32::MAX {
            match self.view(&view::Action { id }) {
                Ok(action) if matches!(action.state, State::Proposed | State::Queued) => open.push((id, action)),
                Ok(_) => {}
                Err(Failure::Refused { .. }) => break, // there is none with that number
                Err(error) => return Err(error),
            }
        }
        Ok(open)
    }

    /// The one of some actions that is this message, with where it stands: an action names what it calls by a hash.
    ///
    /// # Errors
    /// [`Failure::NotDeployed`].
    pub fn proposed(
        &self,
        message: &Message,
        open: &[(u32, ActionRecord)],
    ) -> Result<Option<(Proposal, State)>, Failure> {
        let at = |contract| self.deployment.get(contract).ok_or(Failure::NotDeployed(contract));
        let (governance, target) = (at(Contract::Governance)?, at(message.contract())?);
        let calldata = codec::calldata(message);
        let is_it = |(id, action): &&(u32, ActionRecord)| {
            let window = Window { not_before: action.not_before, not_after: action.not_after };
            let called = payload_preimage(governance, *id, target, window, keccak256(&calldata).0);
            action.target == target && action.payload_hash == keccak256(called).0
        };
        Ok(open.iter().find(is_it).map(|(id, action)| (Proposal { id: *id, calldata: calldata.clone() }, action.state)))
    }
}
