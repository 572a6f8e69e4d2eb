//! The price index: reporters' batches become a print a day, and prints the final price of an expiry.
//!
//! The shell decodes, calls the engine ([`sit_engine::oracle`], which documents every message, its cells and its errors),
//! stores and emits. All state lies in cells of its own; the root is empty. Days are days since 1970-01-01 UTC, prices atoms
//! (10^-6 USD) per million units, volumes millions of units.
#![cfg_attr(not(feature = "std"), no_std, no_main)]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

#[cfg(target_arch = "riscv64")]
ink::polkavm_derive::min_stack_size!(65536);

mod cells;
mod events;
mod fields;
mod selectors;

pub use fields::{PriceRules, ReportRules, ReportingTerms, SettleRules, SettlementFields};

macro_rules! define_oracle_error {
    ($($list:tt)*) => { sit_shell::define_error! { sit_engine::oracle::OracleError; $($list)* } };
}
sit_engine::oracle_errors!(define_oracle_error);

#[ink::contract]
mod oracle {
    use super::cells::{Chain, key};
    use super::{Error, PriceRules, ReportRules, ReportingTerms, SettleRules, SettlementFields, fields, selectors};
    use ink::U256;
    use ink::prelude::vec::Vec;
    use ink::sol::{DynBytes, FixedBytes};
    use sit_engine::calendar::Day;
    use sit_engine::oracle::{self as engine, Entry, Env, Quote, Store};
    use sit_shell::call;

    type Result<T> = core::result::Result<T, Error>;

    /// Nothing: all state lies in cells of its own.
    #[ink(storage)]
    pub struct Oracle {}

    impl Oracle {
        /// An oracle without an index, which obeys `governance`.
        #[ink(constructor)]
        pub fn new(governance: Address) -> Self {
            Chain::set_governance(governance.0);
            Self {}
        }

        /// Governance connects the token of bonds and rewards, once. See [`sit_engine::oracle::connect()`].
        #[ink(message)]
        pub fn connect(&self, token: Address) -> Result<()> {
            Ok(engine::connect(&mut Chain, self.here(), token.0)?)
        }

        /// Governance opens an index or changes its rules. See [`sit_engine::oracle::set_index()`].
        #[ink(message)]
        pub fn set_index(&self, index: u16, price: PriceRules, report: ReportRules, settle: SettleRules) -> Result<()> {
            Ok(engine::set_index(&mut Chain, self.here(), index, fields::rules(price, report, settle))?)
        }

        /// Governance sets the quality score of a provider, 0 to take it out. See [`sit_engine::oracle::set_provider()`].
        #[ink(message)]
        pub fn set_provider(&self, index: u16, provider: u8, score: u16) -> Result<()> {
            Ok(engine::set_provider(&mut Chain, self.here(), index, provider, score)?)
        }

        /// Governance registers a reporter. See [`sit_engine::oracle::add_reporter()`].
        #[ink(message)]
        pub fn add_reporter(&self, index: u16, reporter: Address) -> Result<()> {
            Ok(engine::add_reporter(&mut Chain, self.here(), index, reporter.0)?)
        }

        /// Governance removes a reporter. See [`sit_engine::oracle::remove_reporter()`].
        #[ink(message)]
        pub fn remove_reporter(&self, index: u16, reporter: Address) -> Result<()> {
            Ok(engine::remove_reporter(&mut Chain, self.here(), index, reporter.0)?)
        }

        /// Governance sets bonds, rewards and the time of commitments. See [`sit_engine::oracle::set_reporting()`].
        #[ink(message)]
        pub fn set_reporting(&self, index: u16, terms: ReportingTerms) -> Result<()> {
            Ok(engine::set_reporting(&mut Chain, self.here(), index, terms.into())?)
        }

        /// Governance moves part of a reporter's bond to the pot. See [`sit_engine::oracle::slash()`].
        #[ink(message)]
        pub fn slash(&self, index: u16, reporter: Address, amount: u64) -> Result<()> {
            Ok(engine::slash(&mut Chain, self.here(), index, reporter.0, amount)?)
        }

        /// A reporter adds to his bond, in quote atoms; he has approved the oracle for them. See
        /// [`sit_engine::oracle::post_bond()`].
        #[ink(message)]
        pub fn post_bond(&self, index: u16, amount: u64) -> Result<()> {
            engine::post_bond(&mut Chain, self.here(), index, amount)?;
            self.take(amount)
        }

        /// Anyone adds to the pot that pays the reporters. See [`sit_engine::oracle::fund()`].
        #[ink(message)]
        pub fn fund(&self, index: u16, amount: u64) -> Result<()> {
            engine::fund(&mut Chain, self.here(), index, amount)?;
            self.take(amount)
        }

        /// Pays the caller what he has earned and what is due to him; returns it in quote atoms. See
        /// [`sit_engine::oracle::collect()`].
        #[ink(message)]
        pub fn collect(&self, index: u16) -> Result<u64> {
            let amount = engine::collect(&mut Chain, self.here(), index)?;
            let token = Address::from(Chain.token().ok_or(Error::NotConnected)?);
            let paid = call!(token, selectors::TRANSFER, self.env().caller(), U256::from(amount) => bool);
            if paid == Some(true) { Ok(amount) } else { Err(Error::TokenRefused) }
        }

        /// The caller reports no more. See [`sit_engine::oracle::resign()`].
        #[ink(message)]
        pub fn resign(&self, index: u16) -> Result<()> {
            Ok(engine::resign(&mut Chain, self.here(), index)?)
        }

        /// A reporter commits to his batch of a day. See [`sit_engine::oracle::commit()`].
        #[ink(message)]
        pub fn commit(&self, index: u16, day: u32, commitment: FixedBytes<32>) -> Result<()> {
            Ok(engine::commit(&mut Chain, self.here(), index, Day(day), commitment.0)?)
        }

        /// A reporter reveals the batch that he committed to. See [`sit_engine::oracle::reveal()`].
        #[ink(message)]
        pub fn reveal(
            &self,
            index: u16,
            day: u32,
            salt: FixedBytes<32>,
            batch: Vec<(u8, u32, u32, u64)>,
        ) -> Result<()> {
            Ok(engine::reveal(&mut Chain, self.here(), index, Day(day), salt.0, entries(batch))?)
        }

        /// A reporter sends his batch of a day: (provider, input price, output price, volume) of every provider of the
        /// basket in ascending order. See [`sit_engine::oracle::submit()`].
        #[ink(message)]
        pub fn submit(&self, index: u16, day: u32, batch: Vec<(u8, u32, u32, u64)>) -> Result<()> {
            Ok(engine::submit(&mut Chain, self.here(), index, Day(day), entries(batch))?)
        }

        /// Computes a day and publishes it if it is valid or confirmed; returns 0 invalid, 1 waits for confirmation,
        /// 2 published. By anyone. See [`sit_engine::oracle::publish()`].
        #[ink(message)]
        pub fn publish(&self, index: u16, day: u32) -> Result<u8> {
            Ok(engine::publish(&mut Chain, self.here(), index, Day(day))?.number())
        }

        /// Proposes the final price of an expiry; returns it. By anyone. See [`sit_engine::oracle::propose_final()`].
        #[ink(message)]
        pub fn propose_final(&self, index: u16, expiry: u32) -> Result<u64> {
            Ok(engine::propose_final(&mut Chain, self.here(), index, Day(expiry))?.price.into())
        }

        /// Freezes a proposed final price: governance, or anyone with the dispute bond, for which he has approved the oracle.
        /// See [`sit_engine::oracle::dispute()`].
        #[ink(message)]
        pub fn dispute(&self, index: u16, expiry: u32) -> Result<()> {
            let bond = engine::dispute(&mut Chain, self.here(), index, Day(expiry))?;
            if bond > 0 { self.take(bond) } else { Ok(()) }
        }

        /// Governance resolves a dispute and takes the prints in `voided` out; returns the price that is proposed instead.
        /// See [`sit_engine::oracle::resolve()`].
        #[ink(message)]
        pub fn resolve(&self, index: u16, expiry: u32, voided: u64) -> Result<u64> {
            Ok(engine::resolve(&mut Chain, self.here(), index, Day(expiry), voided)?.price.into())
        }

        /// Sets a proposed final price for ever; returns it. By anyone. See [`sit_engine::oracle::finalise()`].
        #[ink(message)]
        pub fn finalise(&self, index: u16, expiry: u32) -> Result<u64> {
            Ok(engine::finalise(&mut Chain, self.here(), index, Day(expiry))?.into())
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
            Ok(engine::validity_of(&Chain, index, self.here().now)?.number())
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

        /// The final settlement of an expiry as it stands, with its receipt.
        #[ink(message)]
        pub fn settlement(&self, index: u16, expiry: u32) -> Result<SettlementFields> {
            Ok((&engine::settlement_of(&Chain, index, Day(expiry))?).into())
        }

        /// Price times seconds up to now, for time-weighted averages. See [`sit_engine::oracle::accumulator()`].
        #[ink(message)]
        pub fn accumulator(&self, index: u16) -> Result<u64> {
            Ok(engine::accumulator(&Chain, index, self.here().now)?)
        }

        /// A reporter's record and stake: (place, submissions, misses, deviations, bond, earned); amounts in quote atoms.
        #[ink(message)]
        pub fn reporter(&self, index: u16, reporter: Address) -> Result<(u8, u16, u16, u8, u64, u64)> {
            let (place, record, stake) = engine::reporter_of(&Chain, index, reporter.0)?;
            Ok((place, record.submissions, record.misses, record.deviations, stake.bond, stake.earned))
        }

        /// What is due to somebody who left or won a dispute: (quote atoms, unix time from which he may collect it).
        #[ink(message)]
        pub fn due(&self, index: u16, whom: Address) -> (u64, u32) {
            let due = engine::due_to(&Chain, index, whom.0);
            (due.amount, due.free_at.0)
        }

        /// The bytes of a cell, for clients that run the engine: kinds R setup (rules, terms of reporting, basket), W reporters,
        /// K stakes, S state, Q submission (number: slot), P prints (number: page), F settlement (number: expiry). Empty when
        /// it was never written.
        #[ink(message)]
        pub fn cell(&self, kind: u8, index: u16, number: u32, place: u8) -> DynBytes {
            sit_shell::load_bytes(&key(kind, index, number, place))
        }

        /// Takes quote atoms from the caller, or undoes the message.
        fn take(&self, amount: u64) -> Result<()> {
            let token = Address::from(Chain.token().ok_or(Error::NotConnected)?);
            let (from, here) = (self.env().caller(), self.env().address());
            let moved = call!(token, selectors::TRANSFER_FROM, from, here, U256::from(amount) => bool);
            if moved == Some(true) { Ok(()) } else { Err(Error::TokenRefused) }
        }

        fn here(&self) -> Env {
            Env { now: sit_shell::seconds(self.env().block_timestamp()), caller: self.env().caller().0 }
        }
    }

    fn entries(batch: Vec<(u8, u32, u32, u64)>) -> impl Iterator<Item = Entry> {
        batch
            .into_iter()
            .map(|(provider, input, output, volume)| Entry { provider, quote: Quote { input, output, volume } })
    }
}
