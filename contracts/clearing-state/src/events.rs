//! The events of the clearing house as Solidity events. Amounts in quote atoms, prices in ticks, sides true for buying.

use ink::env::emit_event;
use ink::primitives::Address;
use sit_engine::clearing::{Event, event::Gone};
use sit_engine::units::Side;

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident { $($topic:ident: $topic_type:ty),+ ; $($field:ident: $field_type:ty),* })+) => {
        $(
            $(#[$doc])*
            #[ink::event]
            pub struct $name {
                $(#[ink(topic)] pub $topic: $topic_type,)+
                $(pub $field: $field_type,)*
            }
        )+
    };
}

events! {
    /// An account was opened.
    Opened { owner: Address; seat: u32, sub: u8 }
    /// Cash came in from the vault.
    Deposited { seat: u32; amount: u64 }
    /// Cash went out to the owner.
    Withdrawn { seat: u32; amount: u64 }
    /// Cash moved between two accounts of one owner.
    Transferred { from: u32, to: u32; amount: u64 }
    /// An account's fee tier changed.
    TierSet { seat: u32; tier: u8 }
    /// A maker got part of the taker's fee of the trade told before.
    Rebated { seat: u32, instrument: u16; amount: u64 }
    /// An account paid the fee of a final settlement.
    SettlementFee { seat: u32, instrument: u16; amount: u64 }
    /// A month was listed.
    Listed { instrument: u16; expiry: u32, mark: u32 }
    /// A margin set came into force.
    RiskSet { product: u8; }
    /// An order rests.
    Placed { seat: u32, instrument: u16; number: u32, buy: bool, price: u32, lots: u32 }
    /// A resting order, or part of it, went: 0 cancelled, 1 expired, 2 self-trade, 3 margin, 4 nothing to reduce, 5 evicted
    /// from a full page, 6 outside the day's limits.
    Removed { seat: u32, instrument: u16; number: u32, lots: u32, reason: u8 }
    /// All orders of an account in an instrument went.
    RemovedAll { seat: u32, instrument: u16; }
    /// A trade; `buy` is the side that took.
    Filled {
        instrument: u16, taker: u32, maker: u32;
        buy: bool, number: u32, price: u32, lots: u32, taker_fee: u64, maker_fee: u64
    }
    /// A trade at a price limit halted an instrument.
    Halted { instrument: u16; until: u32 }
    /// A product's holidays changed.
    HolidaysSet { product: u8; }
    /// A stop or take-profit order waits; with no lots it no longer does.
    TriggerSet { seat: u32, instrument: u16; slot: u8, price: u32, lots: u32 }
    /// A stop or take-profit order was executed for a fee; `left` lots wait on.
    Triggered { seat: u32, keeper: u32; slot: u8, fee: u64, left: u32 }
    /// A delegate got his scope; one whose time is over is dismissed.
    DelegateSet { seat: u32, delegate: Address; max_lots: u32, expiry: u32 }
    /// What keeps new risk out of a product changed: paused scopes (1 trading, 2 liquidation, 4 settlement), doubt about the
    /// index (0 valid, 1 needs confirmation, 2 invalid), and whether the backtest has failed.
    Guarded { product: u8; paused: u8, doubt: u8, red: bool }
    /// A day went into the backtest of the margin set: exceedances by class and side, grade (0 green, 1 yellow, 2 red) and
    /// the surcharge on every shock in basis points.
    Backtested { product: u8; exceeded: u8, grade: u8, surcharge_bps: u16 }
    /// A month got its settlement mark. A new epoch voids every older order.
    MarkSet { instrument: u16; round: u16, mark: u32, epoch: u16 }
    /// Variation of a position was paid, in points; what stays unpaid is owed to the account (or by it, negative).
    Settled { seat: u32, instrument: u16; paid: i64, unpaid: i64 }
    /// An account fell below its initial margin.
    MarginCall { seat: u32; shortfall: u64 }
    /// An account fell below its maintenance margin and is offered to liquidators.
    LiquidationStarted { seat: u32; }
    /// Part of a liquidated position was taken over; `buy` is the side of the liquidated account.
    Liquidated { seat: u32, liquidator: u32, instrument: u16; buy: bool, price: u32, lots: u32 }
    /// An account's liquidation ended.
    LiquidationEnded { seat: u32; }
    /// The insurance fund paid a bankrupt account's loss.
    Covered { seat: u32, instrument: u16; amount: u64 }
    /// What an account under liquidation owes beyond all that it has changed.
    DeficitReported { seat: u32; deficit: u64 }
    /// The insurance fund paid an account's debt in one instrument for points that it is owed in another.
    Bridged { seat: u32, debt: u16, claim: u16; amount: u64, bought: i64 }
    /// Two accounts gave up what each owed for what it was owed.
    Offset { one: u32, other: u32; claim: u16, debt: u16, amount: u64 }
    /// The protocol's own money left. The topic is the amount.
    TreasuryPaid { amount: u64; }
    /// A bankrupt account's debt, in points, became the instrument's loss.
    WrittenOff { seat: u32, instrument: u16; points: i64 }
    /// An instrument's loss is being allocated: it is closed until all holders are counted.
    AllocationStarted { instrument: u16; deficit: i64, mark: u32 }
    /// All holders are counted: each bears deficit / profit of his unsettled profit.
    AllocationFixed { instrument: u16; deficit: i64, profit: i64 }
    /// An account bore its part of an allocated loss, in points.
    Haircut { seat: u32, instrument: u16; lost: i64 }
    /// The final price of an instrument is set.
    Finalised { instrument: u16; price: u32 }
    /// Fees were distributed.
    FeesSwept { instrument: u16; fund: u64, incentives: u64, treasury: u64 }
    /// An account became a designated maker, or stopped being one.
    MakerSet { seat: u32; maker: bool }
    /// A market maker's reward was paid.
    Rewarded { seat: u32; amount: u64 }
}

/// Emits what the engine tells.
pub fn emit(event: Event) {
    let buy = |side: Side| side == Side::Buy;
    match event {
        Event::Opened { seat, owner, sub } => emit_event(Opened { owner: owner.into(), seat: seat.0, sub }),
        Event::Deposited { seat, amount } => emit_event(Deposited { seat: seat.0, amount }),
        Event::Withdrawn { seat, amount } => emit_event(Withdrawn { seat: seat.0, amount }),
        Event::Transferred { from, to, amount } => emit_event(Transferred { from: from.0, to: to.0, amount }),
        Event::TierSet { seat, tier } => emit_event(TierSet { seat: seat.0, tier }),
        Event::Rebated { seat, instrument, amount } => {
            emit_event(Rebated { seat: seat.0, instrument: instrument.0, amount });
        }
        Event::SettlementFee { seat, instrument, amount } => {
            emit_event(SettlementFee { seat: seat.0, instrument: instrument.0, amount });
        }
        Event::Listed { instrument, expiry, mark } => {
            emit_event(Listed { instrument: instrument.0, expiry: expiry.0, mark: mark.0 });
        }
        Event::RiskSet { product } => emit_event(RiskSet { product: product.0 }),
        Event::Placed { seat, instrument, number, side, price, lots } => emit_event(Placed {
            seat: seat.0,
            instrument: instrument.0,
            number,
            buy: buy(side),
            price: price.0,
            lots: lots.0,
        }),
        Event::Removed { seat, instrument, number, lots, reason } => emit_event(Removed {
            seat: seat.0,
            instrument: instrument.0,
            number,
            lots: lots.0,
            reason: match reason {
                Gone::Cancelled => 0,
                Gone::Expired => 1,
                Gone::SelfTrade => 2,
                Gone::Margin => 3,
                Gone::ReduceOnly => 4,
                Gone::Evicted => 5,
                Gone::OutsideLimits => 6,
            },
        }),
        Event::RemovedAll { seat, instrument } => {
            emit_event(RemovedAll { seat: seat.0, instrument: instrument.0 });
        }
        Event::Filled { instrument, taker, side, maker, number, price, lots, taker_fee, maker_fee } => {
            emit_event(Filled {
                instrument: instrument.0,
                taker: taker.0,
                maker: maker.0,
                buy: buy(side),
                number,
                price: price.0,
                lots: lots.0,
                taker_fee,
                maker_fee,
            });
        }
        Event::Halted { instrument, until } => emit_event(Halted { instrument: instrument.0, until: until.0 }),
        Event::HolidaysSet { product } => emit_event(HolidaysSet { product: product.0 }),
        Event::TriggerSet { seat, slot, instrument, price, lots } => {
            emit_event(TriggerSet { seat: seat.0, instrument: instrument.0, slot, price: price.0, lots: lots.0 });
        }
        Event::Triggered { seat, slot, keeper, fee, left } => {
            emit_event(Triggered { seat: seat.0, keeper: keeper.0, slot, fee, left: left.0 });
        }
        Event::DelegateSet { seat, delegate, max_lots, expiry } => {
            emit_event(DelegateSet { seat: seat.0, delegate: delegate.into(), max_lots: max_lots.0, expiry: expiry.0 });
        }
        Event::MarkSet { instrument, round, mark, epoch } => {
            emit_event(MarkSet { instrument: instrument.0, round, mark: mark.0, epoch });
        }
        Event::Settled { seat, instrument, paid, unpaid } => {
            emit_event(Settled { seat: seat.0, instrument: instrument.0, paid: paid.0, unpaid: unpaid.0 });
        }
        Event::MarginCall { seat, shortfall } => emit_event(MarginCall { seat: seat.0, shortfall }),
        Event::LiquidationStarted { seat } => emit_event(LiquidationStarted { seat: seat.0 }),
        Event::Liquidated { seat, liquidator, instrument, side, price, lots } => emit_event(Liquidated {
            seat: seat.0,
            liquidator: liquidator.0,
            instrument: instrument.0,
            buy: buy(side),
            price: price.0,
            lots: lots.0,
        }),
        Event::LiquidationEnded { seat } => emit_event(LiquidationEnded { seat: seat.0 }),
        Event::Covered { seat, instrument, amount } => {
            emit_event(Covered { seat: seat.0, instrument: instrument.0, amount });
        }
        Event::DeficitReported { seat, deficit } => emit_event(DeficitReported { seat: seat.0, deficit }),
        Event::Bridged { seat, debt, claim, amount, bought } => {
            emit_event(Bridged { seat: seat.0, debt: debt.0, claim: claim.0, amount, bought: bought.0 });
        }
        Event::Offset { one, other, claim, debt, amount } => {
            emit_event(Offset { one: one.0, other: other.0, claim: claim.0, debt: debt.0, amount });
        }
        Event::TreasuryPaid { amount } => emit_event(TreasuryPaid { amount }),
        Event::WrittenOff { seat, instrument, points } => {
            emit_event(WrittenOff { seat: seat.0, instrument: instrument.0, points: points.0 });
        }
        Event::AllocationStarted { instrument, deficit, mark } => {
            emit_event(AllocationStarted { instrument: instrument.0, deficit: deficit.0, mark: mark.0 });
        }
        Event::AllocationFixed { instrument, deficit, profit } => {
            emit_event(AllocationFixed { instrument: instrument.0, deficit: deficit.0, profit: profit.0 });
        }
        Event::Haircut { seat, instrument, lost } => {
            emit_event(Haircut { seat: seat.0, instrument: instrument.0, lost: lost.0 });
        }
        Event::Guarded { product, guard } => {
            emit_event(Guarded { product: product.0, paused: guard.paused, doubt: guard.doubt, red: guard.red })
        }
        Event::Backtested { product, exceeded, grade, surcharge_bps } => {
            emit_event(Backtested { product: product.0, exceeded, grade, surcharge_bps });
        }
        Event::Finalised { instrument, price } => {
            emit_event(Finalised { instrument: instrument.0, price: price.0 });
        }
        Event::FeesSwept { instrument, fund, incentives, treasury } => {
            emit_event(FeesSwept { instrument: instrument.0, fund, incentives, treasury });
        }
        Event::MakerSet { seat, maker } => emit_event(MakerSet { seat: seat.0, maker }),
        Event::Rewarded { seat, amount } => emit_event(Rewarded { seat: seat.0, amount }),
    }
}
