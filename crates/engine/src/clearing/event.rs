//! Everything the clearing house tells: enough to rebuild books, positions, scores and payouts from events alone.

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

/// What happened.
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
        /// To whom.
        seat: Seat,
        /// Quote atoms.
        amount: u64,
    },
    /// Cash went out to the owner.
    Withdrawn {
        /// From whom.
        seat: Seat,
        /// Quote atoms.
        amount: u64,
    },
    /// Cash moved between two accounts of one owner.
    Transferred {
        /// From this one.
        from: Seat,
        /// To this one.
        to: Seat,
        /// Quote atoms.
        amount: u64,
    },
    /// An account's fee tier changed.
    TierSet {
        /// Whose.
        seat: Seat,
        /// Its tier now.
        tier: u8,
    },
    /// A maker got part of the taker's fee of the trade told before.
    Rebated {
        /// The maker.
        seat: Seat,
        /// Where.
        instrument: Instrument,
        /// Quote atoms.
        amount: u64,
    },
    /// An account paid the fee of a final settlement.
    SettlementFee {
        /// Whose.
        seat: Seat,
        /// In what.
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
        /// For which product.
        product: Product,
    },
    /// An order rests.
    Placed {
        /// Whose.
        seat: Seat,
        /// Where.
        instrument: Instrument,
        /// Its number in the account.
        number: u32,
        /// Side.
        side: Side,
        /// Price.
        price: Ticks,
        /// Open lots.
        lots: Lots,
    },
    /// A resting order went, or part of it.
    Removed {
        /// Whose.
        seat: Seat,
        /// Where.
        instrument: Instrument,
        /// Its number in the account.
        number: u32,
        /// Lots that are gone.
        lots: Lots,
        /// Why.
        reason: RemovalReason,
    },
    /// All orders of an account in an instrument went.
    RemovedAll {
        /// Whose.
        seat: Seat,
        /// Where.
        instrument: Instrument,
    },
    /// A trade.
    Filled {
        /// Where.
        instrument: Instrument,
        /// The account that took.
        taker: Seat,
        /// The side that took.
        side: Side,
        /// The account that rested.
        maker: Seat,
        /// The number of the resting order.
        number: u32,
        /// Price.
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
        /// Which.
        instrument: Instrument,
        /// From when on it trades again.
        until: Seconds,
    },
    /// A product's holidays changed.
    HolidaysSet {
        /// Which product.
        product: Product,
    },
    /// A stop or take-profit order waits, or no longer does when it has no lots.
    TriggerSet {
        /// Whose.
        seat: Seat,
        /// Its slot in the account.
        slot: u8,
        /// Where.
        instrument: Instrument,
        /// Price of its condition.
        price: Ticks,
        /// Lots that wait.
        lots: Lots,
    },
    /// A stop or take-profit order was executed, or part of it.
    Triggered {
        /// Whose.
        seat: Seat,
        /// Its slot in the account.
        slot: u8,
        /// Who executed it.
        keeper: Seat,
        /// What he got, quote atoms.
        fee: u64,
        /// Lots that wait on.
        left: Lots,
    },
    /// A delegate got his scope; one whose time is over is dismissed.
    DelegateSet {
        /// Of which account.
        seat: Seat,
        /// His address.
        delegate: Address,
        /// His largest order.
        max_lots: Lots,
        /// When his time is over.
        expiry: Seconds,
    },
    /// What keeps new risk out of a product has changed.
    Guarded {
        /// Which product.
        product: Product,
        /// What stands there now.
        guard: Guard,
    },
    /// A day went into the backtest of a product's margin set.
    Backtested {
        /// Which product.
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
        /// Whose.
        seat: Seat,
        /// In what.
        instrument: Instrument,
        /// Received, or paid when negative.
        paid: Points,
        /// Still owed to the account, or by it when negative.
        unpaid: Points,
    },
    /// An account fell below its initial margin. It should deposit or reduce.
    MarginCall {
        /// Which account.
        seat: Seat,
        /// Quote atoms that bring it back to initial margin.
        shortfall: u64,
    },
    /// An account fell below its maintenance margin: its orders are gone and its positions are offered.
    LiquidationStarted {
        /// Which account.
        seat: Seat,
    },
    /// Part of a liquidated position was taken over.
    Liquidated {
        /// From whom.
        seat: Seat,
        /// By whom.
        liquidator: Seat,
        /// In what.
        instrument: Instrument,
        /// The side on which the liquidated account traded.
        side: Side,
        /// Price.
        price: Ticks,
        /// Lots.
        lots: Lots,
    },
    /// An account is healthy again; its liquidation ended.
    LiquidationEnded {
        /// Which account.
        seat: Seat,
    },
    /// The insurance fund paid a bankrupt account's loss.
    Covered {
        /// Whose.
        seat: Seat,
        /// In what.
        instrument: Instrument,
        /// Quote atoms.
        amount: u64,
    },
    /// What an account under liquidation owes beyond all that it has changed.
    DeficitReported {
        /// Whose.
        seat: Seat,
        /// Quote atoms.
        deficit: u64,
    },
    /// The insurance fund paid an account's debt in one instrument for points that it is owed in another.
    Bridged {
        /// Whose.
        seat: Seat,
        /// Where it owed.
        debt: Instrument,
        /// Where it was owed.
        claim: Instrument,
        /// Quote atoms paid.
        amount: u64,
        /// Points bought.
        bought: Points,
    },
    /// Two accounts gave up what each owed for what it was owed.
    Offset {
        /// It was owed in `claim` and owed in `debt`.
        one: Seat,
        /// The other way round.
        other: Seat,
        /// One instrument.
        claim: Instrument,
        /// The other.
        debt: Instrument,
        /// Quote atoms that each of the four is less.
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
        /// Whose.
        seat: Seat,
        /// In what.
        instrument: Instrument,
        /// The debt.
        points: Points,
    },
    /// An instrument's loss is being allocated: it is closed until all holders are counted.
    AllocationStarted {
        /// Which.
        instrument: Instrument,
        /// What is to be borne.
        deficit: Points,
        /// The mark at which profits are measured.
        mark: Ticks,
    },
    /// All holders are counted: each bears `deficit / profit` of his unsettled profit.
    AllocationFixed {
        /// Where.
        instrument: Instrument,
        /// What is borne.
        deficit: Points,
        /// By what.
        profit: Points,
    },
    /// An account bore its part of an allocated loss.
    Haircut {
        /// Whose.
        seat: Seat,
        /// In what.
        instrument: Instrument,
        /// Unsettled profit that is gone.
        lost: Points,
    },
    /// The final price of an instrument is set.
    Finalised {
        /// Which.
        instrument: Instrument,
        /// Final settlement price.
        price: Ticks,
    },
    /// Fees were distributed, quote atoms.
    FeesSwept {
        /// Whose fees.
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
        /// Which.
        seat: Seat,
        /// Whether it is one now.
        maker: bool,
    },
    /// A market maker's reward was paid.
    Rewarded {
        /// To whom.
        seat: Seat,
        /// Quote atoms.
        amount: u64,
    },
}
