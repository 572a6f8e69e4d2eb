//! Events as the contracts tell them: contract, name, and fields by the names of the ABI.

use super::argument::Argument;
use super::message::Contract;
use sit_engine::clearing::Event;
use std::vec;
use std::vec::Vec;

/// An event of one of the contracts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// Who told it.
    pub contract: Contract,
    /// Its name.
    pub name: &'static str,
    /// Its fields by name.
    pub fields: Vec<(&'static str, Argument)>,
}

/// `tell!(Clearing "Name" { field, ... })` from variables with the names of the fields.
macro_rules! tell {
    ($contract:ident $name:literal { $($field:ident),* }) => {
        $crate::Told {
            contract: $crate::Contract::$contract,
            name: $name,
            fields: vec![$((stringify!($field), $crate::AsArgument::to_argument(&$field))),*],
        }
    };
}
pub(super) use tell;

impl From<&Event> for Told {
    /// As the clearing contract emits it: `side` is told as `buy`, removals by the number of their reason.
    fn from(event: &Event) -> Self {
        match *event {
            Event::Opened { seat, owner, sub } => tell!(Clearing "Opened" { owner, seat, sub }),
            Event::Deposited { seat, amount } => tell!(Clearing "Deposited" { seat, amount }),
            Event::Withdrawn { seat, amount } => tell!(Clearing "Withdrawn" { seat, amount }),
            Event::Listed { instrument, expiry, mark } => tell!(Clearing "Listed" { instrument, expiry, mark }),
            Event::RiskSet { product } => tell!(Clearing "RiskSet" { product }),
            Event::Placed { seat, instrument, number, side: buy, price, lots } => {
                tell!(Clearing "Placed" { seat, instrument, number, buy, price, lots })
            }
            Event::Removed { seat, instrument, number, lots, reason } => {
                tell!(Clearing "Removed" { seat, instrument, number, lots, reason })
            }
            Event::RemovedAll { seat, instrument } => tell!(Clearing "RemovedAll" { seat, instrument }),
            Event::Filled { instrument, taker, side: buy, maker, number, price, lots, taker_fee, maker_fee } => {
                tell!(Clearing "Filled" { instrument, taker, maker, buy, number, price, lots, taker_fee, maker_fee })
            }
            Event::Halted { instrument, until } => tell!(Clearing "Halted" { instrument, until }),
            Event::HolidaysSet { product } => tell!(Clearing "HolidaysSet" { product }),
            Event::TriggerSet { seat, slot, instrument, price, lots } => {
                tell!(Clearing "TriggerSet" { seat, instrument, slot, price, lots })
            }
            Event::Triggered { seat, slot, keeper, fee, left } => {
                tell!(Clearing "Triggered" { seat, keeper, slot, fee, left })
            }
            Event::DelegateSet { seat, delegate, max_lots, expiry } => {
                tell!(Clearing "DelegateSet" { seat, delegate, max_lots, expiry })
            }
            Event::MarkSet { instrument, round, mark, epoch } => {
                tell!(Clearing "MarkSet" { instrument, round, mark, epoch })
            }
            Event::Settled { seat, instrument, paid, unpaid } => {
                tell!(Clearing "Settled" { seat, instrument, paid, unpaid })
            }
            Event::MarginCall { seat, shortfall } => tell!(Clearing "MarginCall" { seat, shortfall }),
            Event::LiquidationStarted { seat } => tell!(Clearing "LiquidationStarted" { seat }),
            Event::Liquidated { seat, liquidator, instrument, side: buy, price, lots } => {
                tell!(Clearing "Liquidated" { seat, liquidator, instrument, buy, price, lots })
            }
            Event::LiquidationEnded { seat } => tell!(Clearing "LiquidationEnded" { seat }),
            Event::Covered { seat, instrument, amount } => tell!(Clearing "Covered" { seat, instrument, amount }),
            Event::Transferred { from, to, amount } => tell!(Clearing "Transferred" { from, to, amount }),
            Event::TierSet { seat, tier } => tell!(Clearing "TierSet" { seat, tier }),
            Event::Rebated { seat, instrument, amount } => tell!(Clearing "Rebated" { seat, instrument, amount }),
            Event::SettlementFee { seat, instrument, amount } => {
                tell!(Clearing "SettlementFee" { seat, instrument, amount })
            }
            Event::DeficitReported { seat, deficit } => tell!(Clearing "DeficitReported" { seat, deficit }),
            Event::Bridged { seat, debt, claim, amount, bought } => {
                tell!(Clearing "Bridged" { seat, debt, claim, amount, bought })
            }
            Event::Offset { one, other, claim, debt, amount } => {
                tell!(Clearing "Offset" { one, other, claim, debt, amount })
            }
            Event::ProgrammeFunded { amount } => tell!(Clearing "ProgrammeFunded" { amount }),
            Event::TreasuryPaid { amount } => tell!(Clearing "TreasuryPaid" { amount }),
            Event::WrittenOff { seat, instrument, points } => {
                tell!(Clearing "WrittenOff" { seat, instrument, points })
            }
            Event::AllocationStarted { instrument, deficit, mark } => {
                tell!(Clearing "AllocationStarted" { instrument, deficit, mark })
            }
            Event::AllocationFixed { instrument, deficit, profit } => {
                tell!(Clearing "AllocationFixed" { instrument, deficit, profit })
            }
            Event::Haircut { seat, instrument, lost } => tell!(Clearing "Haircut" { seat, instrument, lost }),
            Event::Guarded { product, guard } => {
                let (paused, doubt, red) = (guard.paused, guard.doubt, guard.red);
                tell!(Clearing "Guarded" { product, paused, doubt, red })
            }
            Event::Backtested { product, exceeded, grade, surcharge_bps } => {
                tell!(Clearing "Backtested" { product, exceeded, grade, surcharge_bps })
            }
            Event::Finalised { instrument, price } => tell!(Clearing "Finalised" { instrument, price }),
            Event::FeesSwept { instrument, fund, incentives, treasury } => {
                tell!(Clearing "FeesSwept" { instrument, fund, incentives, treasury })
            }
            Event::MakerSet { seat, maker } => tell!(Clearing "MakerSet" { seat, maker }),
            Event::Rewarded { seat, amount } => tell!(Clearing "Rewarded" { seat, amount }),
        }
    }
}
