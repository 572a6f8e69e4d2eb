//! What stands in the way of new risk in a product. It lies in the curve's cell; what it refuses is a rule
//! ([`crate::clearing::guard`]).

use crate::codec::{Reader, Writer};
use crate::oracle::validity::Validity;
use crate::units::Seconds;

/// What keeps new risk out. All zero: nothing does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Guard {
    /// Paused scopes, a bit each.
    pub paused: u8,
    /// Since when there has been a pause without interruption; with nothing paused, when the last one ended, zero
    /// before any.
    pub since: Seconds,
    /// By how much the index fell short of valid when the oracle was last asked: 0 valid, 1 needs confirmation, 2
    /// invalid; or [`Guard::KEPT_BACK`], which is as good as invalid.
    pub doubt: u8,
    /// Whether the backtest has failed: only reductions until a new margin set is in force.
    pub red: bool,
    /// Whether orders have been voided because new risk is kept out, and it still is.
    pub shut: bool,
    /// When new risk last began to be kept out: since then nobody could quote. Zero before it ever was.
    pub shut_at: Seconds,
}

impl Guard {
    /// Pauses orders that increase a position, and listings.
    pub const TRADING: u8 = 1;

    /// Pauses the start of liquidations and bids.
    pub const LIQUIDATION: u8 = 2;

    /// Pauses daily settlements, and with them what rests on marks: orders, liquidations, withdrawals beside positions.
    pub const SETTLEMENT: u8 = 4;

    /// All scopes.
    pub const ALL: u8 = Self::TRADING | Self::LIQUIDATION | Self::SETTLEMENT;

    /// The doubt that a pause of settlements leaves behind which has kept a print back: until that is settled nothing
    /// rests on marks.
    pub const KEPT_BACK: u8 = 3;

    /// Encoded length.
    pub const BYTES: usize = 9;

    /// What an index of this class is noted as.
    pub fn doubt_of(validity: Validity) -> u8 {
        Validity::Valid.number().saturating_sub(validity.number())
    }

    /// How good the index was when the oracle was last asked.
    pub fn index(&self) -> Validity {
        match self.doubt {
            0 => Validity::Valid,
            1 => Validity::NeedsConfirmation,
            _ => Validity::Invalid,
        }
    }

    /// Whether the next mark may be known: a print waits for its confirmation, or was kept back.
    pub fn awaits_print(&self) -> bool {
        self.doubt & 1 != 0
    }

    /// Since when trading is paused, as it is with settlements. When other scopes were paused before it, since those
    /// were: there is one clock.
    pub fn closed_since(&self) -> Option<Seconds> {
        (self.paused & (Self::TRADING | Self::SETTLEMENT) != 0).then_some(self.since)
    }

    /// Appends it, if anything stands in it.
    pub fn write(&self, out: &mut Writer) {
        if *self != Self::default() {
            let flags = u64::from(self.shut) << 6 | u64::from(self.red) << 7;
            out.uint(u64::from(self.paused) | u64::from(self.doubt) << 4 | flags, 1);
            for time in [self.since, self.shut_at] {
                out.uint(time.0.into(), 4);
            }
        }
    }

    /// Reads it back.
    pub fn read(from: &mut Reader<'_>) -> Self {
        let flags = from.u8();
        Self {
            paused: flags & 0x0F,
            doubt: flags >> 4 & 0x03,
            red: flags >> 7 == 1,
            shut: flags >> 6 & 1 == 1,
            since: Seconds(from.u32(4)),
            shut_at: Seconds(from.u32(4)),
        }
    }
}
