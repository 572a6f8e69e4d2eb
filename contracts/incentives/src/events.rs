//! The events of incentives as Solidity events: from them alone every reward can be recomputed. Amounts in quote atoms,
//! times in seconds since 1970-01-01 UTC.

use crate::ParametersFields;
use ink::env::emit_event;
use ink::primitives::Address;
use sit_engine::clearing::maker_weeks::Measure;
use sit_engine::incentives::Event;

/// The contract is connected to clearing.
#[ink::event]
pub struct Connected {
    pub clearing: Address,
}

/// The parameters of the programme changed.
#[ink::event]
pub struct ParametersChanged {
    pub parameters: ParametersFields,
}

/// The budget changed, from an epoch on.
#[ink::event]
pub struct BudgetChanged {
    pub amount: u64,
    pub from_epoch: u32,
}

/// A seat's owner asks for designation.
#[ink::event]
pub struct Applied {
    #[ink(topic)]
    pub seat: u32,
}

/// Governance designated a maker.
#[ink::event]
pub struct Designated {
    #[ink(topic)]
    pub seat: u32,
}

/// A maker lacks capital: not paid until he resumes.
#[ink::event]
pub struct Suspended {
    #[ink(topic)]
    pub seat: u32,
}

/// A suspended maker has his capital back.
#[ink::event]
pub struct Resumed {
    #[ink(topic)]
    pub seat: u32,
}

/// A maker gave notice.
#[ink::event]
pub struct Leaving {
    #[ink(topic)]
    pub seat: u32,
    pub leaves_at: u32,
}

/// A designation or an application ended; what was not yet due went back to the pool.
#[ink::event]
pub struct Ended {
    #[ink(topic)]
    pub seat: u32,
    pub forfeited: u64,
}

/// The closing of an epoch began.
#[ink::event]
pub struct ClosingBegan {
    #[ink(topic)]
    pub epoch: u32,
    pub budget: u64,
}

/// A maker's week was read.
#[ink::event]
pub struct Scored {
    #[ink(topic)]
    pub epoch: u32,
    #[ink(topic)]
    pub seat: u32,
    pub score: u64,
    pub counted: u64,
    pub uptime: u32,
    pub due: u32,
    pub volume: u32,
}

/// A maker's share of the week.
#[ink::event]
pub struct Rewarded {
    #[ink(topic)]
    pub epoch: u32,
    #[ink(topic)]
    pub seat: u32,
    pub adjusted: u64,
    pub amount: u64,
}

/// An epoch is closed.
#[ink::event]
pub struct Closed {
    #[ink(topic)]
    pub epoch: u32,
    pub volume: u64,
    pub total: u128,
    pub rewarded: u64,
}

/// A maker claimed what is due.
#[ink::event]
pub struct Claimed {
    #[ink(topic)]
    pub seat: u32,
    pub amount: u64,
}

/// Emits an event of the engine.
pub fn emit(event: Event) {
    match event {
        Event::Connected { clearing } => emit_event(Connected { clearing: clearing.into() }),
        Event::ParametersChanged { parameters } => emit_event(ParametersChanged { parameters: parameters.into() }),
        Event::BudgetChanged { amount, from_epoch } => emit_event(BudgetChanged { amount, from_epoch }),
        Event::Applied { seat } => emit_event(Applied { seat }),
        Event::Designated { seat } => emit_event(Designated { seat }),
        Event::Suspended { seat } => emit_event(Suspended { seat }),
        Event::Resumed { seat } => emit_event(Resumed { seat }),
        Event::Leaving { seat, leaves_at } => emit_event(Leaving { seat, leaves_at: leaves_at.0 }),
        Event::Ended { seat, forfeited } => emit_event(Ended { seat, forfeited }),
        Event::ClosingBegan { epoch, budget } => emit_event(ClosingBegan { epoch, budget }),
        Event::Scored { epoch, seat, measure } => {
            let Measure { score, counted, uptime, due, volume } = measure;
            emit_event(Scored { epoch, seat, score, counted, uptime, due, volume });
        }
        Event::Rewarded { epoch, seat, adjusted, amount } => emit_event(Rewarded { epoch, seat, adjusted, amount }),
        Event::Closed { epoch, volume, total, rewarded } => emit_event(Closed { epoch, volume, total, rewarded }),
        Event::Claimed { seat, amount } => emit_event(Claimed { seat, amount }),
    }
}
