//! The events of the clearing house as Solidity events. Amounts in quote atoms, prices in ticks, sides true for buying.

use ink::primitives::Address;
use sit_engine::clearing::{Event, RemovalReason};
use sit_engine::units::Side;

crate::events! {
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
    /// A maker got part of the taker's fee of the `Filled` event before it.
    Rebated { seat: u32, instrument: u16; amount: u64 }
    /// An account paid the fee of a final settlement.
    SettlementFee { seat: u32, instrument: u16; amount: u64 }
    /// A month was listed.
    Listed { instrument: u16; expiry: u32, mark: u32 }
    /// A margin set came into force.
    RiskSet { product: u8; }
    /// An order rests.
    Placed { seat: u32, instrument: u16; number: u32, buy: bool, price: u32, lots: u32 }
    /// A resting order, or part of it, went: 0 cancelled, 1 expired, 2 self-trade, 3 margin, 4 nothing to reduce, 5
    /// evicted from a full page, 6 outside the day's limits.
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
    /// A stop or take-profit order was set, or removed when it has no lots.
    TriggerSet { seat: u32, instrument: u16; slot: u8, price: u32, lots: u32 }
    /// A stop or take-profit order was executed for a fee; `left` lots wait on.
    Triggered { seat: u32, keeper: u32; slot: u8, fee: u64, left: u32 }
    /// The scope of a delegate was set; a delegate whose time is over is dismissed.
    DelegateSet { seat: u32, delegate: Address; max_lots: u32, expiry: u32 }
    /// The guard that keeps new risk out of a product changed: paused scopes (1 trading, 2 liquidation, 4 settlement),
    /// doubt about the index (0 valid, 1 needs confirmation, 2 invalid, 3 a print that a pause kept back is not
    /// settled), and whether the backtest has failed.
    Guarded { product: u8; paused: u8, doubt: u8, red: bool }
    /// A day went into the backtest of the margin set: exceedances by class and side, grade (0 green, 1 yellow, 2 red)
    /// and the surcharge on every shock in basis points.
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
    /// An account of a circle gave up what it owed in `debt` for what it was owed in `claim`.
    Offset { seat: u32, debt: u16, claim: u16; amount: u64 }
    /// The treasury's money went to the market-maker programme. The topic is the amount.
    ProgrammeFunded { amount: u64; }
    /// The protocol's own money left. The topic is the amount.
    TreasuryPaid { amount: u64; }
    /// A bankrupt account's debt, in points, became the instrument's loss.
    WrittenOff { seat: u32, instrument: u16; points: i64 }
    /// An instrument's loss is being allocated: it is closed until all holders are counted.
    AllocationStarted { instrument: u16; deficit: i64, mark: u32 }
    /// All holders are counted: each bears deficit / profit of their unsettled profit.
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

/// Emits what the engine tells. The blob without the office's messages has no code for the events that they alone tell.
pub fn emit(event: Event) {
    let buy = |side: Side| side == Side::Buy;
    match event {
        Event::Deposited { seat, amount } => Deposited { seat: seat.0, amount }.emit(),
        Event::Withdrawn { seat, amount } => Withdrawn { seat: seat.0, amount }.emit(),
        Event::Rebated { seat, instrument, amount } => {
            Rebated { seat: seat.0, instrument: instrument.0, amount }.emit();
        }
        Event::SettlementFee { seat, instrument, amount } => {
            SettlementFee { seat: seat.0, instrument: instrument.0, amount }.emit();
        }
        Event::Placed { seat, instrument, number, side, price, lots } => {
            Placed { seat: seat.0, instrument: instrument.0, number, buy: buy(side), price: price.0, lots: lots.0 }
                .emit()
        }
        Event::Removed { seat, instrument, number, lots, reason } => Removed {
            seat: seat.0,
            instrument: instrument.0,
            number,
            lots: lots.0,
            reason: match reason {
                RemovalReason::Cancelled => 0,
                RemovalReason::Expired => 1,
                RemovalReason::SelfTrade => 2,
                RemovalReason::Margin => 3,
                RemovalReason::ReduceOnly => 4,
                RemovalReason::Evicted => 5,
                RemovalReason::OutsideLimits => 6,
            },
        }
        .emit(),
        Event::RemovedAll { seat, instrument } => {
            RemovedAll { seat: seat.0, instrument: instrument.0 }.emit();
        }
        Event::Filled { instrument, taker, side, maker, number, price, lots, taker_fee, maker_fee } => {
            Filled {
                instrument: instrument.0,
                taker: taker.0,
                maker: maker.0,
                buy: buy(side),
                number,
                price: price.0,
                lots: lots.0,
                taker_fee,
                maker_fee,
            }
            .emit();
        }
        Event::Halted { instrument, until } => Halted { instrument: instrument.0, until: until.0 }.emit(),
        Event::Settled { seat, instrument, paid, unpaid } => {
            Settled { seat: seat.0, instrument: instrument.0, paid: paid.0, unpaid: unpaid.0 }.emit();
        }
        Event::LiquidationStarted { seat } => LiquidationStarted { seat: seat.0 }.emit(),
        Event::Liquidated { seat, liquidator, instrument, side, price, lots } => Liquidated {
            seat: seat.0,
            liquidator: liquidator.0,
            instrument: instrument.0,
            buy: buy(side),
            price: price.0,
            lots: lots.0,
        }
        .emit(),
        Event::LiquidationEnded { seat } => LiquidationEnded { seat: seat.0 }.emit(),
        Event::DeficitReported { seat, deficit } => DeficitReported { seat: seat.0, deficit }.emit(),
        Event::Haircut { seat, instrument, lost } => {
            Haircut { seat: seat.0, instrument: instrument.0, lost: lost.0 }.emit();
        }
        #[cfg(feature = "office")]
        cold => emit_cold(cold),
        // No message of this blob tells another one. One that came to do so would lose no event: it would trap, on
        // chain alone, where the stories and the differential test send every message.
        #[cfg(not(feature = "office"))]
        _ => panic!("an event of the office"),
    }
}

/// Emits what the office's messages alone tell.
#[cfg(feature = "office")]
fn emit_cold(event: Event) {
    match event {
        Event::Opened { seat, owner, sub } => Opened { owner: owner.into(), seat: seat.0, sub }.emit(),
        Event::Transferred { from, to, amount } => Transferred { from: from.0, to: to.0, amount }.emit(),
        Event::TierSet { seat, tier } => TierSet { seat: seat.0, tier }.emit(),
        Event::Listed { instrument, expiry, mark } => {
            Listed { instrument: instrument.0, expiry: expiry.0, mark: mark.0 }.emit();
        }
        Event::RiskSet { product } => RiskSet { product: product.0 }.emit(),
        Event::HolidaysSet { product } => HolidaysSet { product: product.0 }.emit(),
        Event::TriggerSet { seat, slot, instrument, price, lots } => {
            TriggerSet { seat: seat.0, instrument: instrument.0, slot, price: price.0, lots: lots.0 }.emit();
        }
        Event::Triggered { seat, slot, keeper, fee, left } => {
            Triggered { seat: seat.0, keeper: keeper.0, slot, fee, left: left.0 }.emit();
        }
        Event::DelegateSet { seat, delegate, max_lots, expiry } => {
            DelegateSet { seat: seat.0, delegate: delegate.into(), max_lots: max_lots.0, expiry: expiry.0 }.emit();
        }
        Event::MarkSet { instrument, round, mark, epoch } => {
            MarkSet { instrument: instrument.0, round, mark: mark.0, epoch }.emit();
        }
        Event::Covered { seat, instrument, amount } => {
            Covered { seat: seat.0, instrument: instrument.0, amount }.emit();
        }
        Event::Bridged { seat, debt, claim, amount, bought } => {
            Bridged { seat: seat.0, debt: debt.0, claim: claim.0, amount, bought: bought.0 }.emit();
        }
        Event::Offset { seat, debt, claim, amount } => {
            Offset { seat: seat.0, debt: debt.0, claim: claim.0, amount }.emit();
        }
        Event::ProgrammeFunded { amount } => ProgrammeFunded { amount }.emit(),
        Event::TreasuryPaid { amount } => TreasuryPaid { amount }.emit(),
        Event::WrittenOff { seat, instrument, points } => {
            WrittenOff { seat: seat.0, instrument: instrument.0, points: points.0 }.emit();
        }
        Event::AllocationStarted { instrument, deficit, mark } => {
            AllocationStarted { instrument: instrument.0, deficit: deficit.0, mark: mark.0 }.emit();
        }
        Event::AllocationFixed { instrument, deficit, profit } => {
            AllocationFixed { instrument: instrument.0, deficit: deficit.0, profit: profit.0 }.emit();
        }
        Event::Guarded { product, guard } => {
            Guarded { product: product.0, paused: guard.paused, doubt: guard.doubt, red: guard.red }.emit()
        }
        Event::Backtested { product, exceeded, grade, surcharge_bps } => {
            Backtested { product: product.0, exceeded, grade, surcharge_bps }.emit();
        }
        Event::Finalised { instrument, price } => {
            Finalised { instrument: instrument.0, price: price.0 }.emit();
        }
        Event::FeesSwept { instrument, fund, incentives, treasury } => {
            FeesSwept { instrument: instrument.0, fund, incentives, treasury }.emit();
        }
        Event::MarginCall { seat, shortfall } => MarginCall { seat: seat.0, shortfall }.emit(),
        Event::MakerSet { seat, maker } => MakerSet { seat: seat.0, maker }.emit(),
        Event::Rewarded { seat, amount } => Rewarded { seat: seat.0, amount }.emit(),
        // `emit` has emitted these. They are named, so that a new event cannot be forgotten in both.
        Event::Deposited { .. }
        | Event::Withdrawn { .. }
        | Event::Rebated { .. }
        | Event::SettlementFee { .. }
        | Event::Placed { .. }
        | Event::Removed { .. }
        | Event::RemovedAll { .. }
        | Event::Filled { .. }
        | Event::Halted { .. }
        | Event::Settled { .. }
        | Event::LiquidationStarted { .. }
        | Event::Liquidated { .. }
        | Event::LiquidationEnded { .. }
        | Event::DeficitReported { .. }
        | Event::Haircut { .. } => {}
    }
}
