//! Which of the messages that no role has for itself the keeper sends, and why it leaves the others.
//!
//! The engine's table of authority says who may send what; a test holds this list against it, so that a new message
//! that anybody may send is either kept here or left for a reason.

use crate::due::Duty;

/// What the keeper does about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Care {
    /// It sends it when it is due.
    Kept(Duty),
    /// It does not; the sentence says why.
    Left(&'static str),
}

/// What the keeper does about a message that anybody may send; `None` for one that it does not know, or that belongs to
/// somebody.
#[must_use]
pub fn care(contract: &str, message: &str) -> Option<Care> {
    use Care::{Kept, Left};
    Some(match (contract, message) {
        ("oracle", "publish") => Kept(Duty::Publish),
        ("oracle", "propose_final") => Kept(Duty::ProposeFinal),
        ("oracle", "finalise") => Kept(Duty::FinalisePrice),
        ("oracle", "fund") => Left("it gives the sender's own money to the reporters"),
        ("oracle", "collect") => Left("it pays the sender what they have earned: the reporter collects for themselves"),
        ("clearing", "note_index") => Kept(Duty::NoteIndex),
        ("clearing", "settle_day") => Kept(Duty::SettleDay),
        ("clearing", "finalise") => Kept(Duty::Finalise),
        ("clearing", "sunset") => Kept(Duty::Sunset),
        ("clearing", "roll_listing") => Kept(Duty::RollListing),
        ("clearing", "settle") => Kept(Duty::Settle),
        ("clearing", "start_liquidation") => Kept(Duty::StartLiquidation),
        ("clearing", "report_deficit") => Kept(Duty::ReportDeficit),
        ("clearing", "cover") => Kept(Duty::Cover),
        ("clearing", "offset") => Kept(Duty::Offset),
        ("clearing", "bridge") => Kept(Duty::Bridge),
        ("clearing", "write_off") => Kept(Duty::WriteOff),
        ("clearing", "allocate") => Kept(Duty::Allocate),
        ("clearing", "margin_call") => Kept(Duty::MarginCall),
        ("clearing", "execute_trigger") => Kept(Duty::ExecuteTrigger),
        ("clearing", "sweep_fees") => Kept(Duty::SweepFees),
        ("clearing", "open_account") => Left("an account is the sender's own"),
        ("clearing", "refresh_tier") => {
            Left("a fee tier is between an account and the house: whoever gains by the new one sends it")
        }
        ("clearing", "migrate") => Left(
            "an item names what the books do not tell, an account's number among its owner's or a delegate's address; \
             who moves a house has the list and its order",
        ),
        ("incentives", "close_epoch") => Kept(Duty::CloseEpoch),
        ("incentives", "suspend") => Kept(Duty::Suspend),
        ("incentives", "follow") => Kept(Duty::Follow),
        ("governance", "execute") => {
            Left("within its window the moment of an action is governance's choice: who proposed it executes it")
        }
        // Deposits, by whatever way, and endowments.
        ("vault", "deposit" | "deposit_with_permit" | "endow") => Left("it brings the sender's own money"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sit_engine::authority::Sender;
    use sit_engine::kind::MessageKind;

    #[test]
    fn every_message_that_anyone_may_send_is_kept_or_left_for_a_reason() {
        let open = MessageKind::all().filter(|kind| kind.sender() == Sender::Anyone && !kind.is_view());
        let open: Vec<MessageKind> = open.collect();
        assert!(open.len() > 25, "the exchange lives by more than {} open messages", open.len());
        for kind in open {
            let care = care(kind.contract(), kind.name());
            let care = care.unwrap_or_else(|| panic!("nobody keeps {}.{}", kind.contract(), kind.name()));
            if let Care::Left(reason) = care {
                assert!(reason.len() > 20, "{}.{} is left for no reason", kind.contract(), kind.name());
            }
        }
    }

    #[test]
    fn nothing_is_kept_that_belongs_to_somebody() {
        for kind in MessageKind::all().filter(|kind| kind.sender() != Sender::Anyone || kind.is_view()) {
            assert_eq!(care(kind.contract(), kind.name()), None, "{}.{}", kind.contract(), kind.name());
        }
    }

    #[test]
    fn every_duty_but_the_bid_is_a_message_that_anyone_may_send() {
        for duty in Duty::ALL.iter().filter(|duty| **duty != Duty::Bid) {
            let kept = |kind: &MessageKind| care(kind.contract(), kind.name()) == Some(Care::Kept(*duty));
            let kinds: Vec<MessageKind> = MessageKind::all().filter(kept).collect();
            assert_eq!(kinds.len(), 1, "{duty} stands for one message");
        }
    }
}
