//! The events of the index as Solidity events: all that is needed to recompute every print and every final price.
//!
//! Prices in atoms (10^-6 USD) per million units, days since 1970-01-01 UTC, masks with a bit for each place or provider.
//! Rules and batches come as the bytes of their cells, big endian, as laid out below: a third of the price of their ABI form.
//!
//! ```text
//! rules  = blend_input 1 | blend_output 1 | min_providers 1 | min_reporters 1 | window_days 1 | max_gaps 1
//!        | reference_score 2 | cap_bps 2 | then 4 bytes each: opens, closes, max_staleness, screen_mads, screen_ratio,
//!          max_dispersion, confirm_above, reject_above, confirm_delay, lock_delay, dispute_delay, fallback_delay
//! terms  = commit_until 4 | unbonding 4 | then 7 bytes each: bond, deviation_slash, miss_slash, reward, dispute_bond
//! batch  = reporter 20 | day 4 | mask of providers 2 | for each provider in it: input 4 | output 4 | volume 5
//! ```

use crate::SettlementFields;
use ink::env::emit_event;
use ink::primitives::Address;
use ink::sol::{DynBytes, FixedBytes};
use sit_engine::codec::Cell;
use sit_engine::oracle::Event;

/// An index was opened, or its rules were changed.
#[ink::event]
pub struct IndexSet {
    #[ink(topic)]
    pub index: u16,
    pub rules: DynBytes,
}

/// The terms of reporting of an index were set.
#[ink::event]
pub struct ReportingSet {
    #[ink(topic)]
    pub index: u16,
    pub terms: DynBytes,
}

/// Money of an index moved: 0 bond posted, 1 bond slashed, 2 due of one who left slashed, 3 pot funded, 4 collected. Of who
/// (zero where he is told by his place) or the place (255 where he has none); quote atoms.
#[ink::event]
pub struct StakeMoved {
    #[ink(topic)]
    pub index: u16,
    pub kind: u8,
    pub place: u8,
    pub who: Address,
    pub amount: u64,
}

/// A reporter committed to his batch of a day.
#[ink::event]
pub struct Committed {
    #[ink(topic)]
    pub index: u16,
    #[ink(topic)]
    pub day: u32,
    pub place: u8,
    pub commitment: FixedBytes<32>,
}

/// The quality score of a provider was set, zero takes it out; computed from day `from` on.
#[ink::event]
pub struct ProviderSet {
    #[ink(topic)]
    pub index: u16,
    #[ink(topic)]
    pub provider: u8,
    pub score: u16,
    pub from: u32,
}

/// A reporter was registered at a place.
#[ink::event]
pub struct ReporterAdded {
    #[ink(topic)]
    pub index: u16,
    #[ink(topic)]
    pub reporter: Address,
    pub place: u8,
}

/// A reporter was removed.
#[ink::event]
pub struct ReporterRemoved {
    #[ink(topic)]
    pub index: u16,
    #[ink(topic)]
    pub reporter: Address,
}

/// A reporter submitted his batch of a day.
#[ink::event]
pub struct Submitted {
    #[ink(topic)]
    pub index: u16,
    #[ink(topic)]
    pub day: u32,
    pub place: u8,
    pub batch: DynBytes,
}

/// A day was computed: 0 invalid, 1 waits for confirmation, 2 published. `link` in 10^-9.
#[ink::event]
pub struct Computed {
    #[ink(topic)]
    pub index: u16,
    #[ink(topic)]
    pub day: u32,
    pub validity: u8,
    pub price: u64,
    pub link: u64,
    pub reporters: u16,
    pub providers: u16,
}

/// The print of a day stands.
#[ink::event]
pub struct Printed {
    #[ink(topic)]
    pub index: u16,
    #[ink(topic)]
    pub day: u32,
    pub price: u64,
    pub sequence: u32,
}

/// A new version of the basket came into force; `link` in 10^-9.
#[ink::event]
pub struct Linked {
    #[ink(topic)]
    pub index: u16,
    pub day: u32,
    pub version: u16,
    pub link: u64,
}

/// The final settlement of an expiry was proposed, disputed, resolved or made final, as its status says.
#[ink::event]
pub struct SettlementChanged {
    #[ink(topic)]
    pub index: u16,
    #[ink(topic)]
    pub expiry: u32,
    pub settlement: SettlementFields,
}

/// Emits what the engine tells.
pub fn emit(event: Event<'_>) {
    match event {
        Event::IndexSet { index, rules } => emit_event(IndexSet { index, rules: bytes(rules) }),
        Event::ReportingSet { index, reporting } => emit_event(ReportingSet { index, terms: bytes(reporting) }),
        Event::Bonded { index, place, amount } => moved(index, 0, place, [0; 20], amount),
        Event::Slashed { index, place, amount } => moved(index, 1, place, [0; 20], amount),
        Event::DueSlashed { index, reporter, amount } => moved(index, 2, u8::MAX, reporter, amount),
        Event::Funded { index, by, amount } => moved(index, 3, u8::MAX, by, amount),
        Event::Collected { index, by, amount } => moved(index, 4, u8::MAX, by, amount),
        Event::Committed { index, day, place, commitment } => {
            emit_event(Committed { index, day: day.0, place, commitment: FixedBytes(commitment) });
        }
        Event::ProviderSet { index, provider, score, from } => {
            emit_event(ProviderSet { index, provider, score, from: from.0 });
        }
        Event::ReporterAdded { index, reporter, place } => {
            emit_event(ReporterAdded { index, reporter: reporter.into(), place });
        }
        Event::ReporterRemoved { index, reporter } => {
            emit_event(ReporterRemoved { index, reporter: reporter.into() });
        }
        Event::Submitted { index, day, place, submission } => {
            emit_event(Submitted { index, day: day.0, place, batch: bytes(submission) });
        }
        Event::Computed { index, day, validity, price, link, reporters, providers } => emit_event(Computed {
            index,
            day: day.0,
            validity: validity.number(),
            price: price.into(),
            link,
            reporters,
            providers,
        }),
        Event::Printed { index, day, price, sequence } => {
            emit_event(Printed { index, day: day.0, price: price.into(), sequence });
        }
        Event::Linked { index, day, version, link } => {
            emit_event(Linked { index, day: day.0, version, link });
        }
        Event::SettlementChanged { index, expiry, settlement } => {
            emit_event(SettlementChanged { index, expiry: expiry.0, settlement: settlement.into() });
        }
    }
}

fn moved(index: u16, kind: u8, place: u8, who: [u8; 20], amount: u64) {
    emit_event(StakeMoved { index, kind, place, who: who.into(), amount });
}

/// The packed bytes of a cell.
fn bytes(cell: &impl Cell) -> DynBytes {
    DynBytes(cell.to_cell().as_bytes().into())
}
