//! The fixed faults that are put back. The engine's switch is one for the whole process, so its user holds it.

use sit_engine::fault::{self, Fault};
use std::sync::{Mutex, MutexGuard, PoisonError};

static SWITCH: Mutex<()> = Mutex::new(());

/// The switch, held: nobody else in the process changes the faults as long as this lives.
pub(crate) struct Present(#[expect(dead_code, reason = "held, not used")] MutexGuard<'static, ()>);

impl Present {
    /// Waits for the switch, puts these faults back and takes all others out.
    pub(crate) fn put_back(faults: &[Fault]) -> Self {
        let held = SWITCH.lock().unwrap_or_else(PoisonError::into_inner);
        fault::put_back(faults);
        Self(held)
    }

    /// Other faults from now on.
    #[expect(clippy::unused_self, reason = "only who holds the switch may")]
    pub(crate) fn change(&self, faults: &[Fault]) {
        fault::put_back(faults);
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        fault::put_back(&[]);
    }
}

/// The names of the faults, as the command line has them.
pub const NAMES: [(&str, Fault); 19] = [
    ("C1", Fault::TradeLosesHealth),
    ("H1", Fault::ScenariosPairedAcrossProducts),
    ("H2", Fault::AuctionOutlivesItsMark),
    ("H3", Fault::BridgeBeyondTheCap),
    ("H4", Fault::HaltByOneLot),
    ("H5", Fault::PullByDeadOrders),
    ("I2", Fault::LinkOfOneDay),
    ("I3", Fault::GateRefusesTheDay),
    ("I4", Fault::TradeOnAPrintThatIsDue),
    ("I6", Fault::PrintByAMinority),
    ("I7", Fault::FloorByAllVolume),
    ("L5", Fault::TradeDelaysAClaim),
    ("M1", Fault::UnsettledProfitPays),
    ("M2", Fault::LastOrderNumber),
    ("N1", Fault::QuoteRefusedWhole),
    ("P1", Fault::OneProviderMovesThePrint),
    ("W1", Fault::PaidBeforeTheReport),
    ("W2", Fault::BridgeBeforeTheOthers),
    ("W3", Fault::SettlementEndsTheWait),
];

/// The name of a fault.
pub fn name(fault: Fault) -> &'static str {
    NAMES.iter().find(|(_, other)| *other == fault).map_or("unknown", |(name, _)| name)
}
