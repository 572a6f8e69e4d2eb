//! The events of the clearing house: enough to rebuild books, positions, scores and payouts from events alone.

use super::cells::{Guard, Instrument, Product};
use crate::chain::Address;
use crate::units::{Lots, Points, Seat, Seconds, Side, Ticks};

/// Why a resting order went without being filled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RemovalReason {
    /// Its owner cancelled it.
    Cancelled,
    /// Its time was over.
    Expired,
    /// It would have traded against its own owner.
    SelfTrade,
    /// Its owner's collateral no longer carried it.
    Margin,
    /// It was to reduce a position that is no longer there.
    ReduceOnly,
    /// Its page was full, and a better order came.
    Evicted,
    /// The day's limits have moved away from it.
    OutsideLimits,
}

/// An event of the clearing house.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// An account was opened.
    Opened {
        /// Its seat.
        seat: Seat,
        /// Its owner.
        owner: Address,
        /// Its number among the owner's sub-accounts.
        sub: u8,
    },
    /// Cash came in from the vault.
    Deposited {
        /// The account that it came to.
        seat: Seat,
        /// Quote atoms.
        amount: u64,
    },
    /// Cash went out to the owner.
    Withdrawn {
        /// The account that it left.
        seat: Seat,
        /// Quote atoms.
        amount: u64,
    },
    /// Cash moved between two accounts of one owner.
    Transferred {
        /// The account that it left.
        from: Seat,
        /// The account that it came to.
        to: Seat,
        /// Quote atoms.
        amount: u64,
    },
    /// An account's fee tier changed.
    TierSet {
        /// The account.
        seat: Seat,
        /// Its tier now.
        tier: u8,
    },
    /// A maker got part of the taker's fee of the `Filled` event before it.
    Rebated {
        /// The maker.
        seat: Seat,
        /// The instrument.
        instrument: Instrument,
        /// Quote atoms.
        amount: u64,
    },
    /// An account paid the fee of a final settlement.
    SettlementFee {
        /// The account.
        seat: Seat,
        /// The instrument.
        instrument: Instrument,
        /// Quote atoms.
        amount: u64,
    },
    /// A month was listed.
    Listed {
        /// The instrument.
        instrument: Instrument,
        /// Last trading time.
        expiry: Seconds,
        /// First settlement mark.
        mark: Ticks,
    },
    /// A margin set came into force.
    RiskSet {
        /// The product.
        product: Product,
    },
    /// An order rests in the book.
    Placed {
        /// The account of the order.
        seat: Seat,
        /// The instrument.
        instrument: Instrument,
        /// Its number in the account.
        number: u32,
        /// Side of the order.
        side: Side,
        /// Limit price.
        price: Ticks,
        /// Open lots.
        lots: Lots,
    },
    /// A resting order went, or part of it.
    Removed {
        /// The account of the order.
        seat: Seat,
        /// The instrument.
        instrument: Instrument,
        /// Its number in the account.
        number: u32,
        /// Lots that are gone.
        lots: Lots,
        /// Why the order was removed.
        reason: RemovalReason,
    },
    /// All orders of an account in an instrument went.
    RemovedAll {
        /// The account of the orders.
        seat: Seat,
        /// The instrument.
        instrument: Instrument,
    },
    /// A trade.
    Filled {
        /// The instrument.
        instrument: Instrument,
        /// The account that took.
        taker: Seat,
        /// The side that took.
        side: Side,
        /// The account that rested.
        maker: Seat,
        /// The number of the resting order.
        number: u32,
        /// Price of the trade.
        price: Ticks,
        /// Lots traded.
        lots: Lots,
        /// Fee of the taker, quote atoms.
        taker_fee: u64,
        /// Fee of the maker, quote atoms.
        maker_fee: u64,
    },
    /// A trade at a price limit halted an instrument.
    Halted {
        /// The instrument.
        instrument: Instrument,
        /// From when on it trades again.
        until: Seconds,
    },
    /// A product's holidays changed.
    HolidaysSet {
        /// The product.
        product: Product,
    },
    /// A stop or take-profit order was set, or removed when it has no lots.
    TriggerSet {
        /// The account of the order.
        seat: Seat,
        /// Its slot in the account.
        slot: u8,
        /// The instrument.
        instrument: Instrument,
        /// Price of its condition.
        price: Ticks,
        /// Lots that wait.
        lots: Lots,
    },
    /// A stop or take-profit order was executed, or part of it.
    Triggered {
        /// The account of the order.
        seat: Seat,
        /// Its slot in the account.
        slot: u8,
        /// The account that executed it.
        keeper: Seat,
        /// The fee that was paid, in quote atoms.
        fee: u64,
        /// Lots that wait on.
        left: Lots,
    },
    /// The scope of a delegate was set; a delegate whose time is over is dismissed.
    DelegateSet {
        /// The account that the delegate trades for.
        seat: Seat,
        /// Address of the delegate.
        delegate: Address,
        /// Largest order of the delegate, in lots.
        max_lots: Lots,
        /// When the delegation ends.
        expiry: Seconds,
    },
    /// The guard that keeps new risk out of a product has changed.
    Guarded {
        /// The product.
        product: Product,
        /// The guard that is in force now.
        guard: Guard,
    },
    /// A day went into the backtest of a product's margin set.
    Backtested {
        /// The product.
        product: Product,
        /// Exceedances of the day: two bits for each class, long then short, front class first.
        exceeded: u8,
        /// Grade of the worst series: 0 green, 1 yellow, 2 red.
        grade: u8,
        /// What every shock is raised by, in basis points.
        surcharge_bps: u16,
    },
    /// A month got its settlement mark.
    MarkSet {
        /// The instrument.
        instrument: Instrument,
        /// Settlement round.
        round: u16,
        /// The new settlement mark.
        mark: Ticks,
        /// Quote epoch: a new number voids every older order.
        epoch: u16,
    },
    /// Variation of a position was paid.
    Settled {
        /// The account.
        seat: Seat,
        /// The instrument.
        instrument: Instrument,
        /// Received, or paid when negative.
        paid: Points,
        /// Still owed to the account, or by it when negative.
        unpaid: Points,
    },
    /// An account fell below its initial margin. It should deposit or reduce.
    MarginCall {
        /// The account.
        seat: Seat,
        /// Quote atoms that bring it back to initial margin.
        shortfall: u64,
    },
    /// An account fell below its maintenance margin: its orders are gone and its positions are offered.
    LiquidationStarted {
        /// The account.
        seat: Seat,
    },
    /// Part of a liquidated position was taken over.
    Liquidated {
        /// The account in liquidation.
        seat: Seat,
        /// The account that took it over.
        liquidator: Seat,
        /// The instrument.
        instrument: Instrument,
        /// The side on which the liquidated account traded.
        side: Side,
        /// Price of the takeover.
        price: Ticks,
        /// Lots taken over.
        lots: Lots,
    },
    /// An account is healthy again; its liquidation ended.
    LiquidationEnded {
        /// The account.
        seat: Seat,
    },
    /// The insurance fund paid a bankrupt account's loss.
    Covered {
        /// The account.
        seat: Seat,
        /// The instrument.
        instrument: Instrument,
        /// Quote atoms.
        amount: u64,
    },
    /// What an account under liquidation owes beyond all that it has changed.
    DeficitReported {
        /// The account.
        seat: Seat,
        /// Quote atoms.
        deficit: u64,
    },
    /// The insurance fund paid an account's debt in one instrument for points that it is owed in another.
    Bridged {
        /// The account.
        seat: Seat,
        /// The instrument in which it owed.
        debt: Instrument,
        /// The instrument in which it was owed.
        claim: Instrument,
        /// Quote atoms paid.
        amount: u64,
        /// Points bought.
        bought: Points,
    },
    /// An account of a circle gave up what it was owed for what it owed; one such event for each account.
    Offset {
        /// The account.
        seat: Seat,
        /// Where it owed.
        debt: Instrument,
        /// Where it was owed.
        claim: Instrument,
        /// Quote atoms by which both fell.
        amount: u64,
    },
    /// The treasury's money went to the market-maker programme.
    ProgrammeFunded {
        /// Quote atoms.
        amount: u64,
    },
    /// The protocol's own money left.
    TreasuryPaid {
        /// Quote atoms.
        amount: u64,
    },
    /// A bankrupt account's debt became the instrument's loss.
    WrittenOff {
        /// The account.
        seat: Seat,
        /// The instrument.
        instrument: Instrument,
        /// The debt.
        points: Points,
    },
    /// An instrument's loss is being allocated: it is closed until all holders are counted.
    AllocationStarted {
        /// The instrument.
        instrument: Instrument,
        /// What is to be borne.
        deficit: Points,
        /// The mark at which profits are measured.
        mark: Ticks,
    },
    /// All holders are counted: each bears `deficit / profit` of their unsettled profit.
    AllocationFixed {
        /// The instrument.
        instrument: Instrument,
        /// What is borne.
        deficit: Points,
        /// Unsettled profit of all holders, which bears it.
        profit: Points,
    },
    /// An account bore its part of an allocated loss.
    Haircut {
        /// The account.
        seat: Seat,
        /// The instrument.
        instrument: Instrument,
        /// Unsettled profit that is gone.
        lost: Points,
    },
    /// The final price of an instrument is set.
    Finalised {
        /// The instrument.
        instrument: Instrument,
        /// Final settlement price.
        price: Ticks,
    },
    /// Fees were distributed, quote atoms.
    FeesSwept {
        /// The instrument whose fees they are.
        instrument: Instrument,
        /// To the insurance fund.
        fund: u64,
        /// To the market-maker programme.
        incentives: u64,
        /// To the treasury.
        treasury: u64,
    },
    /// An account became a designated maker, or stopped being one.
    MakerSet {
        /// The account.
        seat: Seat,
        /// Whether it is one now.
        maker: bool,
    },
    /// A market maker's reward was paid.
    Rewarded {
        /// The account that was paid.
        seat: Seat,
        /// Quote atoms.
        amount: u64,
    },
}
