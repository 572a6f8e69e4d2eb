//! Fault injection: puts a fixed fault of the protocol back, for the tests that must be able to find it again.
//!
//! A search that finds nothing proves nothing unless it finds what is known to be there. Each [`Fault`] is one that an
//! audit found and that has been fixed; the code of the fix asks [`present`] and, if so, behaves as it did before the
//! fix. Without the feature `fault-injection` the answer is a constant, so that nothing of it is in a contract: no
//! contract turns the feature on, and a build of one that has it is refused.
//!
//! The switch is one for the whole process. A test that puts a fault back runs in a process of its own.

#[cfg(all(feature = "fault-injection", target_arch = "riscv64"))]
compile_error!("a contract has none of the faults: build it without the feature fault-injection");

/// A fault that has been fixed and can be put back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum Fault {
    /// An account below initial margin may close past its bankruptcy price (clearing C1).
    TradeLosesHealth = 0,
    /// Scenarios of two products offset each other by their numbers (clearing H1).
    ScenariosPairedAcrossProducts = 1,
    /// The clock of an auction runs on after the mark that it belongs to (clearing H2).
    AuctionOutlivesItsMark = 2,
    /// A claim is bought from the fund beyond its cap for the instrument (clearing H3).
    BridgeBeyondTheCap = 3,
    /// A trade of one lot at the limit halts a month (clearing H4, index H5).
    HaltByOneLot = 4,
    /// Orders that are gone pull the settlement mark (clearing H5, index H1).
    PullByDeadOrders = 5,
    /// Orders cross between the time at which a print is due and its settlement (index H4).
    TradeOnAPrintThatIsDue = 6,
    /// Unsettled profit of one month pays for losses of another (clearing M1).
    UnsettledProfitPays = 7,
    /// An order number may be the last one there is (clearing M2).
    LastOrderNumber = 8,
    /// A mass quote is refused whole for one level that does not fit (adversary N1).
    QuoteRefusedWhole = 9,
    /// Winners are paid in the block of a settlement, before anybody insolvent is reported (second attack 17).
    PaidBeforeTheReport = 10,
    /// The fund buys a claim before the other winners of its month are paid (second attack 19).
    BridgeBeforeTheOthers = 11,
    /// A provider that enters or leaves is linked over the prices of one day (index H2).
    LinkOfOneDay = 12,
    /// A price beyond the dispersion gate refuses the whole day (index H3).
    GateRefusesTheDay = 13,
    /// The lower median of whoever has sent a batch is printed, however few they are (index H6).
    PrintByAMinority = 14,
    /// A trade moves what a winner is owed behind the next settlement, where it bears the next default (clearing L5).
    TradeDelaysAClaim = 15,
    /// All that one provider asks for on one day is in the print (found by the adversary).
    OneProviderMovesThePrint = 16,
    /// A wait for a default that has lasted over night ends with the settlement (found by the adversary).
    SettlementEndsTheWait = 17,
    /// The floor of a maker's volume is a share of all that is traded, their own trades among it (index M7).
    FloorByAllVolume = 18,
}

impl Fault {
    /// All of them, by number.
    pub const ALL: [Self; 19] = [
        Self::TradeLosesHealth,
        Self::ScenariosPairedAcrossProducts,
        Self::AuctionOutlivesItsMark,
        Self::BridgeBeyondTheCap,
        Self::HaltByOneLot,
        Self::PullByDeadOrders,
        Self::TradeOnAPrintThatIsDue,
        Self::UnsettledProfitPays,
        Self::LastOrderNumber,
        Self::QuoteRefusedWhole,
        Self::PaidBeforeTheReport,
        Self::BridgeBeforeTheOthers,
        Self::LinkOfOneDay,
        Self::GateRefusesTheDay,
        Self::PrintByAMinority,
        Self::TradeDelaysAClaim,
        Self::OneProviderMovesThePrint,
        Self::SettlementEndsTheWait,
        Self::FloorByAllVolume,
    ];

    #[cfg(feature = "fault-injection")]
    const fn bit(self) -> u32 {
        1_u32 << self as u32
    }
}

#[cfg(feature = "fault-injection")]
static PRESENT: core::sync::atomic::AtomicU32 = core::sync::atomic::AtomicU32::new(0);

/// Whether the protocol has this fault: never, unless a test has put it back.
#[cfg(feature = "fault-injection")]
#[inline]
pub fn present(fault: Fault) -> bool {
    PRESENT.load(core::sync::atomic::Ordering::Relaxed) & fault.bit() != 0
}

/// Whether the protocol has this fault: never.
#[cfg(not(feature = "fault-injection"))]
#[inline(always)]
pub const fn present(_fault: Fault) -> bool {
    false
}

/// Puts these faults back, and takes all others out, for the whole process.
#[cfg(feature = "fault-injection")]
pub fn put_back(faults: &[Fault]) {
    let bits = faults.iter().fold(0, |bits, fault| bits | fault.bit());
    PRESENT.store(bits, core::sync::atomic::Ordering::Relaxed);
}
