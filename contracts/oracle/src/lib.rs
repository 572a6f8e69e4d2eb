//! The price index: reporters' batches become a print a day, and prints the final price of an expiry.
//!
//! The shell decodes, calls the engine ([`sit_engine::oracle`], which documents every message, its cells and its errors),
//! stores and emits. All state lies in cells of its own; the root is empty. Days are days since 1970-01-01 UTC, prices atoms
//! (10^-6 USD) per million units, volumes millions of units. The messages in the second half are only named here: the office
//! of the oracle answers them, in this contract's name and on its cells.
#![cfg_attr(not(feature = "std"), no_std, no_main)]
#![expect(missing_docs, reason = "ink! generates an alias of the contract without documentation")]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

#[cfg(target_arch = "riscv64")]
ink::polkavm_derive::min_stack_size!(65536);

#[ink::contract]
mod oracle {
    use ink::prelude::vec::Vec;
    use ink::sol::{DynBytes, FixedBytes};
    use sit_engine::calendar::Day;
    use sit_engine::oracle::{self as engine, Entry, Quote};
    use sit_shell::Unread;
    use sit_shell::oracle::cells::key;
    use sit_shell::oracle::fields::{PriceRules, ReportRules, ReportingTerms, SettleRules, SettlementFields};
    use sit_shell::oracle::{Chain, Error, Result, env};

    /// One line of a batch in the ABI: provider, input price, output price, volume.
    type Line = (u8, u32, u32, u64);

    /// Nothing: all state lies in cells of its own.
    #[ink(storage)]
    pub struct Oracle {}

    impl Oracle {
        /// An oracle without an index, which obeys `governance` and has `office` answer its colder messages.
        #[ink(constructor)]
        pub fn new(governance: Address, office: Address) -> Self {
            Chain::set_peers(governance.0, office.0);
            Self {}
        }

        /// A reporter sends his batch of a day: (provider, input price, output price, volume) of every provider of the
        /// basket in ascending order. See [`sit_engine::oracle::submit()`].
        #[ink(message)]
        pub fn submit(&self, index: u16, day: u32, batch: Vec<Line>) -> Result<()> {
            Ok(engine::submit(&mut Chain, env(), index, Day(day), entries(batch))?)
        }

        /// A reporter reveals the batch that he committed to. See [`sit_engine::oracle::reveal()`].
        #[ink(message)]
        pub fn reveal(&self, index: u16, day: u32, salt: FixedBytes<32>, batch: Vec<Line>) -> Result<()> {
            Ok(engine::reveal(&mut Chain, env(), index, Day(day), salt.0, entries(batch))?)
        }

        /// A reporter commits to his batch of a day. See [`sit_engine::oracle::commit()`].
        #[ink(message)]
        pub fn commit(&self, index: u16, day: u32, commitment: FixedBytes<32>) -> Result<()> {
            Ok(engine::commit(&mut Chain, env(), index, Day(day), commitment.0)?)
        }

        /// Computes a day and publishes it if it is valid or confirmed; returns 0 invalid, 1 waits for confirmation,
        /// 2 published. By anyone. See [`sit_engine::oracle::publish()`].
        #[ink(message)]
        pub fn publish(&self, index: u16, day: u32) -> Result<u8> {
            Ok(engine::publish(&mut Chain, env(), index, Day(day))?.number())
        }

        /// The last print: (day, price, published at).
        #[ink(message)]
        pub fn latest(&self, index: u16) -> Result<(u32, u64, u32)> {
            let print = engine::latest(&Chain, index)?;
            Ok((print.day.0, print.price.into(), print.published_at.0))
        }

        /// The print of a day.
        #[ink(message)]
        pub fn print_of(&self, index: u16, day: u32) -> Result<u64> {
            Ok(engine::print_of(&Chain, index, Day(day))?.into())
        }

        /// How good the index is now: 0 invalid, 1 needs confirmation, 2 valid. See [`sit_engine::oracle::validity`].
        #[ink(message)]
        pub fn validity(&self, index: u16) -> Result<u8> {
            Ok(engine::validity_of(&Chain, index, env().now)?.number())
        }

        /// What the averaging window of an expiry holds by now: (sum of prints, number of prints, days of the window).
        #[ink(message)]
        pub fn averaging(&self, index: u16, expiry: u32) -> Result<(u64, u16, u16)> {
            let averaging = engine::averaging(&Chain, index, Day(expiry))?;
            Ok((averaging.sum, averaging.samples.into(), averaging.window.into()))
        }

        /// The final price of an expiry; reverts with `NotFinal` before it is set.
        #[ink(message)]
        pub fn final_price(&self, index: u16, expiry: u32) -> Result<u64> {
            Ok(engine::final_price(&Chain, index, Day(expiry))?.into())
        }

        /// The bytes of a cell, for clients that run the engine: kinds R setup (rules, terms of reporting, basket), W reporters,
        /// K stakes, S state, Q submission (number: slot), P prints (number: page), F settlement (number: expiry). Empty when
        /// it was never written.
        #[ink(message)]
        pub fn cell(&self, kind: u8, index: u16, number: u32, place: u8) -> DynBytes {
            sit_shell::load_bytes(&key(kind, index, number, place))
        }

        // What follows is answered by the office.

        /// Governance connects the token of bonds and rewards, once.
        #[ink(message)]
        pub fn connect(&self, token: Unread<Address>) -> Result<()> {
            by_office((token,))
        }

        /// Governance opens an index or changes its rules.
        #[ink(message)]
        pub fn set_index(
            &self,
            index: Unread<u16>,
            price: Unread<PriceRules>,
            report: Unread<ReportRules>,
            settle: Unread<SettleRules>,
        ) -> Result<()> {
            by_office((index, price, report, settle))
        }

        /// Governance sets the quality score of a provider, 0 to take it out.
        #[ink(message)]
        pub fn set_provider(&self, index: Unread<u16>, provider: Unread<u8>, score: Unread<u16>) -> Result<()> {
            by_office((index, provider, score))
        }

        /// Governance registers a reporter.
        #[ink(message)]
        pub fn add_reporter(&self, index: Unread<u16>, reporter: Unread<Address>) -> Result<()> {
            by_office((index, reporter))
        }

        /// Governance removes a reporter.
        #[ink(message)]
        pub fn remove_reporter(&self, index: Unread<u16>, reporter: Unread<Address>) -> Result<()> {
            by_office((index, reporter))
        }

        /// Governance sets bonds, rewards and the time of commitments.
        #[ink(message)]
        pub fn set_reporting(&self, index: Unread<u16>, terms: Unread<ReportingTerms>) -> Result<()> {
            by_office((index, terms))
        }

        /// Governance moves part of a reporter's bond to the pot.
        #[ink(message)]
        pub fn slash(&self, index: Unread<u16>, reporter: Unread<Address>, amount: Unread<u64>) -> Result<()> {
            by_office((index, reporter, amount))
        }

        /// A reporter adds to his bond, in quote atoms; he has approved the oracle for them.
        #[ink(message)]
        pub fn post_bond(&self, index: Unread<u16>, amount: Unread<u64>) -> Result<()> {
            by_office((index, amount))
        }

        /// Anyone adds to the pot that pays the reporters.
        #[ink(message)]
        pub fn fund(&self, index: Unread<u16>, amount: Unread<u64>) -> Result<()> {
            by_office((index, amount))
        }

        /// Pays the caller what he has earned and what is due to him; returns it in quote atoms.
        #[ink(message)]
        pub fn collect(&self, index: Unread<u16>) -> Result<u64> {
            by_office((index,))
        }

        /// The caller reports no more.
        #[ink(message)]
        pub fn resign(&self, index: Unread<u16>) -> Result<()> {
            by_office((index,))
        }

        /// Proposes the final price of an expiry; returns it. By anyone.
        #[ink(message)]
        pub fn propose_final(&self, index: Unread<u16>, expiry: Unread<u32>) -> Result<u64> {
            by_office((index, expiry))
        }

        /// Freezes a proposed final price: governance, or anyone with the dispute bond, for which he has approved the oracle.
        #[ink(message)]
        pub fn dispute(&self, index: Unread<u16>, expiry: Unread<u32>) -> Result<()> {
            by_office((index, expiry))
        }

        /// Governance resolves a dispute and takes the prints in `voided` out; returns the price that is proposed instead.
        #[ink(message)]
        pub fn resolve(&self, index: Unread<u16>, expiry: Unread<u32>, voided: Unread<u64>) -> Result<u64> {
            by_office((index, expiry, voided))
        }

        /// Sets a proposed final price for ever; returns it. By anyone.
        #[ink(message)]
        pub fn finalise(&self, index: Unread<u16>, expiry: Unread<u32>) -> Result<u64> {
            by_office((index, expiry))
        }

        /// The final settlement of an expiry as it stands, with its receipt.
        #[ink(message)]
        pub fn settlement(&self, index: Unread<u16>, expiry: Unread<u32>) -> Result<SettlementFields> {
            by_office((index, expiry))
        }

        /// Price times seconds up to now, for time-weighted averages.
        #[ink(message)]
        pub fn accumulator(&self, index: Unread<u16>) -> Result<u64> {
            by_office((index,))
        }

        /// A reporter's record and stake: (place, submissions, misses, deviations, bond, earned); amounts in quote atoms.
        #[ink(message)]
        pub fn reporter(&self, index: Unread<u16>, reporter: Unread<Address>) -> Result<(u8, u16, u16, u8, u64, u64)> {
            by_office((index, reporter))
        }

        /// What is due to somebody who left or won a dispute: (quote atoms, unix time from which he may collect it).
        #[ink(message)]
        pub fn due(&self, index: Unread<u16>, whom: Unread<Address>) -> Result<(u64, u32)> {
            by_office((index, whom))
        }
    }

    /// Has the office answer this message, whose arguments are not needed here.
    fn by_office<T>(_arguments: T) -> ! {
        sit_shell::delegate(Chain::office().into(), Error::CallFailed)
    }

    /// The lines of a batch as the engine's.
    fn entries(batch: Vec<Line>) -> impl Iterator<Item = Entry> {
        batch
            .into_iter()
            .map(|(provider, input, output, volume)| Entry { provider, quote: Quote { input, output, volume } })
    }
}
