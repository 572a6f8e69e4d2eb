//! The events of incentives as Solidity events: from them alone every reward can be recomputed. Amounts in quote atoms,
//! times in seconds since 1970-01-01 UTC.

use crate::{BudgetFields, ParametersFields};
use ink::primitives::Address;
use sit_engine::clearing::Measure;
use sit_engine::incentives::Event;

sit_shell::events! {
    /// The contract is connected to clearing.
    Connected { ; clearing: Address }
    /// The parameters of the programme changed.
    ParametersChanged { ; parameters: ParametersFields }
    /// The budget changed, from an epoch on.
    BudgetChanged { ; amount: u64, from_epoch: u32 }
    /// A seat's owner asks for designation.
    Applied { seat: u32; }
    /// Governance designated a maker.
    Designated { seat: u32; }
    /// A maker lacks capital: suspended by whoever asks for it at this time, if it is still missing.
    CapitalShort { seat: u32; cure_until: u32 }
    /// A maker has lacked capital for an hour: not paid until they resume.
    Suspended { seat: u32; }
    /// A suspended maker has their capital back.
    Resumed { seat: u32; }
    /// A maker gave notice.
    Leaving { seat: u32; leaves_at: u32 }
    /// A designation or an application ended; what was not yet due went back to the pool.
    Ended { seat: u32; forfeited: u64 }
    /// The closing of an epoch began.
    ClosingBegan { epoch: u32; budget: u64 }
    /// A maker's week was read.
    Scored { epoch: u32, seat: u32; score: u64, counted: u64, uptime: u32, due: u32, volume: u32 }
    /// A maker's share of the week.
    Rewarded { epoch: u32, seat: u32; adjusted: u64, amount: u64 }
    /// An epoch is closed.
    Closed { epoch: u32; volume: u64, total: u128, rewarded: u64 }
    /// A maker claimed what is due.
    Claimed { seat: u32; amount: u64 }
}

sit_shell::event_fields!(ParametersFields {
    capital: u64,
    uptime_floor_bps: u16,
    uptime_power: u8,
    volume_quarters: u8,
    volume_hours: u16,
    volume_floor_bps: u16,
    maker_cap_bps: u16,
    notice_seconds: u32,
    strikes: u8,
    budget: BudgetFields,
});

sit_shell::event_fields!(BudgetFields { target_depth: u32, step_bps: u16, least: u64, most: u64 });

/// Emits an event of the engine.
pub fn emit(event: Event) {
    match event {
        Event::Connected { clearing } => Connected { clearing: clearing.into() }.emit(),
        Event::ParametersChanged { parameters } => ParametersChanged { parameters: parameters.into() }.emit(),
        Event::BudgetChanged { amount, from_epoch } => BudgetChanged { amount, from_epoch }.emit(),
        Event::Applied { seat } => Applied { seat }.emit(),
        Event::Designated { seat } => Designated { seat }.emit(),
        Event::CapitalShort { seat, cure_until } => CapitalShort { seat, cure_until: cure_until.0 }.emit(),
        Event::Suspended { seat } => Suspended { seat }.emit(),
        Event::Resumed { seat } => Resumed { seat }.emit(),
        Event::Leaving { seat, leaves_at } => Leaving { seat, leaves_at: leaves_at.0 }.emit(),
        Event::Ended { seat, forfeited } => Ended { seat, forfeited }.emit(),
        Event::ClosingBegan { epoch, budget } => ClosingBegan { epoch, budget }.emit(),
        Event::Scored { epoch, seat, measure } => {
            let Measure { score, counted, uptime, due, volume } = measure;
            Scored { epoch, seat, score, counted, uptime, due, volume }.emit();
        }
        Event::Rewarded { epoch, seat, adjusted, amount } => Rewarded { epoch, seat, adjusted, amount }.emit(),
        Event::Closed { epoch, volume, total, rewarded } => Closed { epoch, volume, total, rewarded }.emit(),
        Event::Claimed { seat, amount } => Claimed { seat, amount }.emit(),
    }
}
