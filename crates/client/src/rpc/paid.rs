//! What of a transaction's cost comes back: a receipt has the fee and the refundable deposit in one figure.

use sit_engine::chain::Address;
use sit_engine::units::Seat;
use sit_native::{Contract, EmittedEvent, Message};

use super::{BlockId, Node};
use crate::Client;

impl Client<Node> {
    /// The refundable deposit in what a transaction cost, in planck; below zero when one came back. The engine does
    /// the message of the clearing house once more, as `caller` and on the cells as they were before its block: what
    /// it stores more than there was is what the chain took a deposit for.
    ///
    /// `None` where that may not be what has happened: `told`, the events of the transaction, are not what the engine
    /// emits, or not the first of their block, so that somebody came before. `None`, too, where the node has forgotten
    /// the cells or cannot be asked, and for [`Message::SetDelegate`], since no view tells what was stored of a
    /// delegate before.
    pub fn deposit_in(
        &mut self,
        caller: Address,
        seat: Seat,
        message: &Message,
        block: u64,
        told: &[EmittedEvent],
    ) -> Option<i128> {
        if message.contract() != Contract::Clearing || matches!(message, Message::SetDelegate { .. }) {
            return None;
        }
        let time = self.transport.rpc.block(BlockId::Number(block)).ok()??.time;
        self.transport.hold(block.checked_sub(1)?);
        let said = self.preview_at(caller, time, seat, message);
        self.transport.release();
        let said = said.ok()?;
        let of_the_house = |event: &&EmittedEvent| event.contract == Contract::Clearing;
        let emitted: Vec<&EmittedEvent> = told.iter().filter(of_the_house).collect();
        let all = self.events(block..=block).ok()?;
        // A page that somebody made in the block is not made again, and no event of one's own tells that.
        let is_first = all.iter().map(|(_, event)| event).find(of_the_house) == emitted.first().copied();
        let foreseen: Vec<EmittedEvent> = said.events.iter().map(EmittedEvent::from).collect();
        let same = foreseen.iter().eq(emitted);
        (said.outcome.is_ok() && same && is_first).then(|| said.growth.deposit())
    }
}
