//! The events of the index as Solidity events: all that is needed to recompute every print and every final price.
//!
//! Prices in atoms (10^-6 USD) per million units, days since 1970-01-01 UTC, masks with a bit for each place or
//! provider. Rules and batches come as the bytes of their cells, big endian, as laid out below: a third of the price of
//! their ABI form.
//!
//! ```text
//! rules  = blend_input 1 | blend_output 1 | min_providers 1 | min_reporters 1 | window_days 1 | max_gaps 1
//!        | reference_score 2 | cap_bps 2 | then 4 bytes each: opens, closes, max_staleness, screen_mads, screen_ratio,
//!          max_dispersion, confirm_above, reject_above, confirm_delay, lock_delay, dispute_delay, fallback_delay
//! terms  = commit_until 4 | unbonding 4 | then 7 bytes each: bond, deviation_slash, miss_slash, reward, dispute_bond
//! batch  = reporter 20 | day 4 | mask of providers 2 | for each provider in it: input 4 | output 4 | volume 5
//! ```

use super::fields::SettlementFields;
use ink::primitives::Address;
use ink::sol::{DynBytes, FixedBytes};
use sit_engine::codec::Cell;
use sit_engine::oracle::Event;

crate::events! {
    /// An index was opened, or its rules were changed.
    IndexSet { index: u16; rules: DynBytes }
    /// The terms of reporting of an index were set.
    ReportingSet { index: u16; terms: DynBytes }
    /// Money of an index moved: 0 bond posted, 1 bond slashed, 2 due of one who left slashed, 3 pot funded, 4
    /// collected. `who` is zero where the place names them, and the place is 255 where they have none; quote atoms.
    StakeMoved { index: u16; kind: u8, place: u8, who: Address, amount: u64 }
    /// A reporter committed to a batch of a day.
    Committed { index: u16, day: u32; place: u8, commitment: FixedBytes<32> }
    /// The quality score of a provider was set, zero takes it out; computed from day `from` on.
    ProviderSet { index: u16, provider: u8; score: u16, from: u32 }
    /// A reporter was registered at a place.
    ReporterAdded { index: u16, reporter: Address; place: u8 }
    /// A reporter was removed.
    ReporterRemoved { index: u16, reporter: Address; }
    /// A reporter submitted a batch of a day.
    Submitted { index: u16, day: u32; place: u8, batch: DynBytes }
    /// A day was computed: 0 invalid, 1 waits for confirmation, 2 published. `link` in 10^-9.
    Computed { index: u16, day: u32; validity: u8, price: u32, link: u64, reporters: u16, providers: u16 }
    /// The print of a day stands.
    Printed { index: u16, day: u32; price: u32, sequence: u32 }
    /// A new version of the basket came into force; `link` in 10^-9.
    Linked { index: u16; day: u32, version: u16, link: u64 }
    /// The final settlement of an expiry was proposed, disputed, resolved or made final, as its status says.
    SettlementChanged { index: u16, expiry: u32; settlement: SettlementFields }
}

crate::event_fields!(SettlementFields {
    status: u8,
    since: u32,
    fallback: bool,
    voided: u64,
    sum: u64,
    samples: u8,
    gaps: u8,
    price: u32,
    receipt: FixedBytes<32>,
});

/// Emits what the engine tells.
#[inline(always)]
pub fn emit(event: Event<'_>) {
    match event {
        Event::IndexSet { index, rules } => IndexSet { index, rules: bytes(rules) }.emit(),
        Event::ReportingSet { index, reporting } => ReportingSet { index, terms: bytes(reporting) }.emit(),
        Event::Bonded { index, place, amount } => moved(index, 0, place, [0; 20], amount),
        Event::Slashed { index, place, amount } => moved(index, 1, place, [0; 20], amount),
        Event::DueSlashed { index, reporter, amount } => moved(index, 2, u8::MAX, reporter, amount),
        Event::Funded { index, by, amount } => moved(index, 3, u8::MAX, by, amount),
        Event::Collected { index, by, amount } => moved(index, 4, u8::MAX, by, amount),
        Event::Committed { index, day, place, commitment } => {
            Committed { index, day: day.0, place, commitment: FixedBytes(commitment) }.emit();
        }
        Event::ProviderSet { index, provider, score, from } => {
            ProviderSet { index, provider, score, from: from.0 }.emit();
        }
        Event::ReporterAdded { index, reporter, place } => {
            ReporterAdded { index, reporter: reporter.into(), place }.emit();
        }
        Event::ReporterRemoved { index, reporter } => {
            ReporterRemoved { index, reporter: reporter.into() }.emit();
        }
        Event::Submitted { index, day, place, submission } => {
            Submitted { index, day: day.0, place, batch: bytes(submission) }.emit();
        }
        Event::Computed { index, day, validity, price, link, reporters, providers } => {
            Computed { index, day: day.0, validity: validity.number(), price, link, reporters, providers }.emit()
        }
        Event::Printed { index, day, price, sequence } => {
            Printed { index, day: day.0, price, sequence }.emit();
        }
        Event::Linked { index, day, version, link } => {
            Linked { index, day: day.0, version, link }.emit();
        }
        Event::SettlementChanged { index, expiry, settlement } => {
            SettlementChanged { index, expiry: expiry.0, settlement: settlement.into() }.emit();
        }
    }
}

#[inline(never)]
fn moved(index: u16, kind: u8, place: u8, who: [u8; 20], amount: u64) {
    StakeMoved { index, kind, place, who: who.into(), amount }.emit();
}

/// The packed bytes of a cell.
#[inline(never)]
fn bytes(cell: &impl Cell) -> DynBytes {
    DynBytes(cell.to_cell().as_bytes().into())
}
