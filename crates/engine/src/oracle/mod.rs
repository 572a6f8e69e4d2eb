//! The price index: what reporters see becomes one price a day, and at expiry a final price.
//!
//! ```text
//! reporters submit input price, output price and volume of every provider      one batch a reporter and day, under bond
//! -> per provider and field the lower median over reporters                    a reporter alone moves nothing
//! -> as much of a price as is sold at it, of the rest where it stood           no volume of a day decides
//! -> of a rise of one provider beyond the market's a twentieth a print         all of it once it has stood for three
//! -> P = (a input + b output) / (a + b) * S_ref / S                            blend, then quality (paper eq 6)
//! -> what lies far from the middle counts at a bound                           nobody leaves for its price
//! -> P = sum_i w_i P_i, w_i by usual volume, no w above the cap                 (paper definition 5.2)
//! -> times the link factor of the basket's version                             no jump when the basket changes
//! -> valid, needs confirmation or invalid, by the ratio to the last prints     a real jump passes, an error does not
//! -> the print of the day; after expiry the average of the window's prints     locked, proposed, disputable, final once
//! ```
//!
//! Prices are in atoms (10^-6 USD) per million units of the underlying (tokens; hours of an accelerator), stored in 32
//! bits: at most 4,294.967295 USD. Volumes are in millions of units. A day is a UTC day. Every print can be recomputed
//! from the events alone.
//!
//! A message checks everything before it writes anything: a native store is untouched by a refused message.

mod asks;
mod authority;
mod basket;
mod error;
mod index;
pub mod keys;
mod median;
mod prints;
mod reporters;
mod reporting;
mod rules;
mod settlement;
mod setup;
mod stakes;
mod state;
mod submission;
pub mod validity;
mod volumes;
mod weights;

mod add_reporter;
mod collect;
mod commit;
mod connect;
mod dispute;
mod finalise;
mod fund;
mod post_bond;
mod propose_final;
mod publish;
mod remove_reporter;
mod resign;
mod resolve;
mod reveal;
mod set_index;
mod set_provider;
mod set_reporting;
mod slash;
mod submit;
mod views;

use crate::calendar::Day;
use crate::chain::{Address, Env, Hash};

pub use add_reporter::add_reporter;
pub use asks::Asks;
pub use authority::MessageKind;
pub use basket::{Basket, Scores};
pub use collect::collect;
pub use commit::commit;
pub use connect::connect;
pub use dispute::dispute;
pub use error::OracleError;
pub use finalise::finalise;
pub use fund::fund;
pub use index::adjusted_price;
pub use post_bond::post_bond;
pub use prints::{PAGE_DAYS, PrintPage};
pub use propose_final::propose_final;
pub use publish::publish;
pub use remove_reporter::remove_reporter;
pub use reporters::{Record, Reporters};
pub use reporting::{LEAST_UNBONDING, MAX_AMOUNT, Reporting};
pub use resign::resign;
pub use resolve::resolve;
pub use reveal::{commitment_preimage, reveal};
pub use rules::{GATHERING, MAX_WINDOW_DAYS, MOST_COMMITTING, Rules, WINDOW_OPENS};
pub use set_index::set_index;
pub use set_provider::set_provider;
pub use set_reporting::set_reporting;
pub use settlement::{Settlement, Status};
pub use setup::Setup;
pub use slash::slash;
pub use stakes::{Due, Stake, Stakes};
pub use state::{IndexState, LINK_ONE, Pending, Print, SHADOW_DAYS, Shadow};
pub use submission::{MAX_VOLUME, Quote, Submission};
pub use submit::{Entry, submit};
pub use validity::{Action, Validity};
pub use views::{
    Averaging, accumulator, averaging, due_to, final_price, latest, print_of, reporter_of, rules_of, settlement_of,
    validity_of,
};
pub use volumes::Volumes;

/// Providers that a basket can hold.
pub const MAX_PROVIDERS: usize = 16;

/// Reporters that an index can have.
pub const MAX_REPORTERS: usize = 16;

/// Days for which submissions are kept, and within which a day can be published: its own and the three after it.
pub const SUBMISSION_DAYS: u32 = 4;

/// Number of an index. The token price index is 0.
pub type IndexId = u16;

/// The cells of the index and the hash of the chain.
pub trait Store {
    /// Who may change rules, providers and reporters, and dispute.
    fn governance(&self) -> Address;
    /// The token of bonds and rewards. `None` before [`connect()`].
    fn token(&self) -> Option<Address>;
    /// Writes the token.
    fn set_token(&mut self, token: Address);
    /// Rules, terms of reporting and providers of an index. `None` before [`set_index()`].
    fn setup(&self, index: IndexId) -> Option<Setup>;
    /// Writes the setup of an index.
    fn set_setup(&mut self, index: IndexId, setup: &Setup);
    /// The money of an index; none when never written.
    fn stakes(&self, index: IndexId) -> Stakes;
    /// Writes the money of an index.
    fn set_stakes(&mut self, index: IndexId, stakes: &Stakes);
    /// What is due to a reporter who has left, or to the winner of a dispute.
    fn due(&self, index: IndexId, whom: Address) -> Due;
    /// Writes what is due.
    fn set_due(&mut self, index: IndexId, whom: Address, due: &Due);
    /// The reporters of an index; empty when never written.
    fn reporters(&self, index: IndexId) -> Reporters;
    /// Writes the reporters of an index.
    fn set_reporters(&mut self, index: IndexId, reporters: &Reporters);
    /// Last print, link factor, what waits for confirmation.
    fn state(&self, index: IndexId) -> IndexState;
    /// Writes the state of an index.
    fn set_state(&mut self, index: IndexId, state: &IndexState);
    /// What stands in a submission cell; `slot` is the day modulo [`SUBMISSION_DAYS`], `place` the reporter's place.
    fn submission(&self, index: IndexId, slot: u8, place: u8) -> Option<Submission>;
    /// Writes a submission.
    fn set_submission(&mut self, index: IndexId, slot: u8, place: u8, submission: &Submission);
    /// The prints of the [`PAGE_DAYS`] days of a page (day number / [`PAGE_DAYS`]); empty when never written.
    fn prints(&self, index: IndexId, page: u32) -> PrintPage;
    /// Writes a page of prints.
    fn set_prints(&mut self, index: IndexId, page: u32, prints: &PrintPage);
    /// The final settlement of the contracts that expire on a day. `None` before [`propose_final()`].
    fn settlement(&self, index: IndexId, expiry: Day) -> Option<Settlement>;
    /// Writes a final settlement.
    fn set_settlement(&mut self, index: IndexId, expiry: Day, settlement: &Settlement);
    /// keccak-256, by the host.
    fn keccak(&self, bytes: &[u8]) -> Hash;
    /// Emits an event.
    fn emit(&mut self, event: Event<'_>);
}

/// What happened, for everyone to follow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event<'a> {
    /// An index was opened, or its rules were changed.
    IndexSet {
        /// The index.
        index: IndexId,
        /// Its rules from now on.
        rules: &'a Rules,
    },
    /// The terms of reporting of an index were set.
    ReportingSet {
        /// The index.
        index: IndexId,
        /// Its terms from now on.
        reporting: &'a Reporting,
    },
    /// A reporter added to their bond.
    Bonded {
        /// The index.
        index: IndexId,
        /// Place of the reporter.
        place: u8,
        /// Quote atoms.
        amount: u64,
    },
    /// Part of a reporter's bond went to the pot.
    Slashed {
        /// The index.
        index: IndexId,
        /// Place of the reporter.
        place: u8,
        /// Quote atoms.
        amount: u64,
    },
    /// Part of what is due to a reporter who has left went to the pot.
    DueSlashed {
        /// The index.
        index: IndexId,
        /// Address of the reporter who has left.
        reporter: Address,
        /// Quote atoms.
        amount: u64,
    },
    /// Somebody added to the pot.
    Funded {
        /// The index.
        index: IndexId,
        /// Address of the sender.
        by: Address,
        /// Quote atoms.
        amount: u64,
    },
    /// Somebody collected what was due to them.
    Collected {
        /// The index.
        index: IndexId,
        /// Address that was paid.
        by: Address,
        /// Quote atoms.
        amount: u64,
    },
    /// A reporter committed to their batch of a day.
    Committed {
        /// The index.
        index: IndexId,
        /// The day.
        day: Day,
        /// Place of the reporter.
        place: u8,
        /// The hash, see [`commit()`].
        commitment: Hash,
    },
    /// The quality score of a provider was set; zero takes it out of the basket.
    ProviderSet {
        /// The index.
        index: IndexId,
        /// Number of the provider.
        provider: u8,
        /// Quality score, in the unit of the reference score.
        score: u16,
        /// First day on which the new basket runs in the shadow; of the first basket, on which it is computed.
        from: Day,
    },
    /// A reporter was registered.
    ReporterAdded {
        /// The index.
        index: IndexId,
        /// Address of the reporter.
        reporter: Address,
        /// Place of the reporter, which is their bit in the masks of other events.
        place: u8,
    },
    /// A reporter was removed. What they submitted for days not yet published no longer counts.
    ReporterRemoved {
        /// The index.
        index: IndexId,
        /// Address of the reporter who was removed.
        reporter: Address,
    },
    /// A reporter submitted their batch of a day.
    Submitted {
        /// The index.
        index: IndexId,
        /// The day.
        day: Day,
        /// Place of the reporter.
        place: u8,
        /// All of the batch.
        submission: &'a Submission,
    },
    /// A day was computed: published, waiting for confirmation, or refused as invalid.
    Computed {
        /// The index.
        index: IndexId,
        /// The day.
        day: Day,
        /// What became of it: [`Validity::Valid`] is published.
        validity: Validity,
        /// Atoms per million units, linked.
        price: u32,
        /// Link factor that went into it, in 10^-9.
        link: u64,
        /// The reporters whose batches were used, a bit for each place.
        reporters: u16,
        /// The providers that entered the average, a bit for each.
        providers: u16,
    },
    /// The print of a day stands. A day that waited for confirmation has its event here when it was confirmed.
    Printed {
        /// The index.
        index: IndexId,
        /// The day.
        day: Day,
        /// Atoms per million units.
        price: u32,
        /// Counts the prints of the index, from one.
        sequence: u32,
    },
    /// The basket changed: with the print of the last day of its shadow it is in force from the next day on.
    Linked {
        /// The index.
        index: IndexId,
        /// The day whose print brought it.
        day: Day,
        /// Version of the new basket.
        version: u16,
        /// The new factor, in 10^-9.
        link: u64,
    },
    /// The final settlement of an expiry changed: proposed, disputed or final, as its status says.
    SettlementChanged {
        /// The index.
        index: IndexId,
        /// Last trading day.
        expiry: Day,
        /// All of it.
        settlement: &'a Settlement,
    },
}

/// Lets only governance through.
///
/// # Errors
/// [`OracleError::NotAuthorised`].
fn only_governance<S: Store>(store: &S, env: &Env) -> Result<(), OracleError> {
    if env.caller == store.governance() { Ok(()) } else { Err(OracleError::NotAuthorised) }
}

/// The cell slot in which the submissions of a day stand.
pub fn slot_of(day: Day) -> u8 {
    // Below SUBMISSION_DAYS, so the low byte is all of it.
    day.0.checked_rem(SUBMISSION_DAYS).unwrap_or_default().to_le_bytes()[0]
}
