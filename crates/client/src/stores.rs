//! Where a message stores what it stores. The deposit in what it costs is told apart from the fee by that: the engine
//! has the cells of the clearing house, and no other contract's.

use sit_native::{Contract, Message};

/// Where a message stores.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stores {
    /// In the clearing house's cells, and nowhere else: what this message of it makes larger is all.
    House(Box<Message>),
    /// In a cell of the clearing house that no view shows, a delegate's: whether it is new cannot be told. Nobody else
    /// reads it, so that what comes after the message can be told all the same.
    Hidden,
    /// In cells of other contracts, or in those of several.
    Elsewhere,
}

/// Where a message stores.
#[must_use]
pub fn stores(message: &Message) -> Stores {
    match *message {
        // The vault's own part of a deposit makes nothing larger.
        Message::Deposit { seat, amount } | Message::DepositWithPermit { seat, amount, .. } => {
            Stores::House(Box::new(Message::Credit { seat, amount }))
        }
        Message::SetDelegate { .. } => Stores::Hidden,
        _ if message.contract() == Contract::Clearing => Stores::House(Box::new(message.clone())),
        _ => Stores::Elsewhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sit_engine::clearing::Instrument;
    use sit_engine::units::Seat;
    use sit_native::TokenAmount;

    #[test]
    fn the_house_stores_what_it_is_told_and_what_the_vault_brings_it() {
        let seat = Seat(3);
        let cancel = Message::CancelAll { seat, instrument: Instrument(1) };
        assert_eq!(stores(&cancel), Stores::House(Box::new(cancel.clone())));
        let credit = Message::Credit { seat, amount: 5 };
        assert_eq!(stores(&Message::Deposit { seat, amount: 5 }), Stores::House(Box::new(credit)));
        let approval = Message::ApproveSpender { spender: [1; 20], value: TokenAmount(5) };
        assert_eq!(stores(&approval), Stores::Elsewhere);
        assert_eq!(stores(&Message::Claim { seat }), Stores::Elsewhere);
    }
}
