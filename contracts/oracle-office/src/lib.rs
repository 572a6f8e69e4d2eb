//! The office of the oracle: setting up an index, reporters' stakes, final prices.
//!
//! The oracle reaches this code by delegate call: it runs on the oracle's cells, in its name, for whoever sent the message
//! there. Its own address holds nothing, and messages sent to it find no index and no governance.
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

mod selectors;

#[ink::contract]
mod oracle_office {
    use super::selectors;
    use ink::U256;
    use sit_engine::calendar::Day;
    use sit_engine::oracle::{self as engine, Store};
    use sit_shell::call;
    use sit_shell::oracle::fields::{self, PriceRules, ReportRules, ReportingTerms, SettleRules, SettlementFields};
    use sit_shell::oracle::{Chain, Error, Result, env};

    /// Nothing.
    #[ink(storage)]
    pub struct Oracleoffice {}

    impl Oracleoffice {
        /// An office, for any number of oracles.
        #[ink(constructor)]
        pub fn new() -> Self {
            Self {}
        }

        /// Governance connects the token of bonds and rewards, once. See [`sit_engine::oracle::connect()`].
        #[ink(message)]
        pub fn connect(&self, token: Address) -> Result<()> {
            Ok(engine::connect(&mut Chain, env(), token.0)?)
        }

        /// Governance opens an index or changes its rules. See [`sit_engine::oracle::set_index()`].
        #[ink(message)]
        pub fn set_index(&self, index: u16, price: PriceRules, report: ReportRules, settle: SettleRules) -> Result<()> {
            Ok(engine::set_index(&mut Chain, env(), index, fields::rules(price, report, settle))?)
        }

        /// Governance sets the quality score of a provider, 0 to take it out. See [`sit_engine::oracle::set_provider()`].
        #[ink(message)]
        pub fn set_provider(&self, index: u16, provider: u8, score: u16) -> Result<()> {
            Ok(engine::set_provider(&mut Chain, env(), index, provider, score)?)
        }

        /// Governance registers a reporter. See [`sit_engine::oracle::add_reporter()`].
        #[ink(message)]
        pub fn add_reporter(&self, index: u16, reporter: Address) -> Result<()> {
            Ok(engine::add_reporter(&mut Chain, env(), index, reporter.0)?)
        }

        /// Governance removes a reporter. See [`sit_engine::oracle::remove_reporter()`].
        #[ink(message)]
        pub fn remove_reporter(&self, index: u16, reporter: Address) -> Result<()> {
            Ok(engine::remove_reporter(&mut Chain, env(), index, reporter.0)?)
        }

        /// Governance sets bonds, rewards and the time of commitments. See [`sit_engine::oracle::set_reporting()`].
        #[ink(message)]
        pub fn set_reporting(&self, index: u16, terms: ReportingTerms) -> Result<()> {
            Ok(engine::set_reporting(&mut Chain, env(), index, terms.into())?)
        }

        /// Governance moves part of a reporter's bond to the pot. See [`sit_engine::oracle::slash()`].
        #[ink(message)]
        pub fn slash(&self, index: u16, reporter: Address, amount: u64) -> Result<()> {
            Ok(engine::slash(&mut Chain, env(), index, reporter.0, amount)?)
        }

        /// A reporter adds to his bond, in quote atoms; he has approved the oracle for them. See
        /// [`sit_engine::oracle::post_bond()`].
        #[ink(message)]
        pub fn post_bond(&self, index: u16, amount: u64) -> Result<()> {
            engine::post_bond(&mut Chain, env(), index, amount)?;
            self.take(amount)
        }

        /// Anyone adds to the pot that pays the reporters. See [`sit_engine::oracle::fund()`].
        #[ink(message)]
        pub fn fund(&self, index: u16, amount: u64) -> Result<()> {
            engine::fund(&mut Chain, env(), index, amount)?;
            self.take(amount)
        }

        /// Pays the caller what he has earned and what is due to him; returns it in quote atoms. See
        /// [`sit_engine::oracle::collect()`].
        #[ink(message)]
        pub fn collect(&self, index: u16) -> Result<u64> {
            let amount = engine::collect(&mut Chain, env(), index)?;
            let token = Address::from(Chain.token().ok_or(Error::NotConnected)?);
            let paid = call!(token, selectors::TRANSFER, self.env().caller(), U256::from(amount) => bool);
            if paid == Some(true) { Ok(amount) } else { Err(Error::TokenRefused) }
        }

        /// The caller reports no more. See [`sit_engine::oracle::resign()`].
        #[ink(message)]
        pub fn resign(&self, index: u16) -> Result<()> {
            Ok(engine::resign(&mut Chain, env(), index)?)
        }

        /// Proposes the final price of an expiry; returns it. By anyone. See [`sit_engine::oracle::propose_final()`].
        #[ink(message)]
        pub fn propose_final(&self, index: u16, expiry: u32) -> Result<u64> {
            Ok(engine::propose_final(&mut Chain, env(), index, Day(expiry))?.price.into())
        }

        /// Freezes a proposed final price: governance, or anyone with the dispute bond, for which he has approved the oracle.
        /// See [`sit_engine::oracle::dispute()`].
        #[ink(message)]
        pub fn dispute(&self, index: u16, expiry: u32) -> Result<()> {
            let bond = engine::dispute(&mut Chain, env(), index, Day(expiry))?;
            if bond > 0 { self.take(bond) } else { Ok(()) }
        }

        /// Governance resolves a dispute and takes the prints in `voided` out; returns the price that is proposed instead.
        /// See [`sit_engine::oracle::resolve()`].
        #[ink(message)]
        pub fn resolve(&self, index: u16, expiry: u32, voided: u64) -> Result<u64> {
            Ok(engine::resolve(&mut Chain, env(), index, Day(expiry), voided)?.price.into())
        }

        /// Sets a proposed final price for ever; returns it. By anyone. See [`sit_engine::oracle::finalise()`].
        #[ink(message)]
        pub fn finalise(&self, index: u16, expiry: u32) -> Result<u64> {
            Ok(engine::finalise(&mut Chain, env(), index, Day(expiry))?.into())
        }

        /// The final settlement of an expiry as it stands, with its receipt.
        #[ink(message)]
        pub fn settlement(&self, index: u16, expiry: u32) -> Result<SettlementFields> {
            Ok((&engine::settlement_of(&Chain, index, Day(expiry))?).into())
        }

        /// Price times seconds up to now, for time-weighted averages. See [`sit_engine::oracle::accumulator()`].
        #[ink(message)]
        pub fn accumulator(&self, index: u16) -> Result<u64> {
            Ok(engine::accumulator(&Chain, index, env().now)?)
        }

        /// A reporter's record and stake: (place, submissions, misses, deviations, bond, earned); amounts in quote atoms.
        #[ink(message)]
        pub fn reporter(&self, index: u16, reporter: Address) -> Result<(u8, u16, u16, u8, u64, u64)> {
            let (place, record, stake) = engine::reporter_of(&Chain, index, reporter.0)?;
            Ok((place, record.submissions, record.misses, record.deviations, stake.bond, stake.earned))
        }

        /// What is due to somebody who left or won a dispute: (quote atoms, unix time from which he may collect it).
        #[ink(message)]
        pub fn due(&self, index: u16, whom: Address) -> Result<(u64, u32)> {
            let due = engine::due_to(&Chain, index, whom.0);
            Ok((due.amount, due.free_at.0))
        }

        /// Takes quote atoms from the caller, or undoes the message.
        fn take(&self, amount: u64) -> Result<()> {
            let token = Address::from(Chain.token().ok_or(Error::NotConnected)?);
            let (from, here) = (self.env().caller(), self.env().address());
            let moved = call!(token, selectors::TRANSFER_FROM, from, here, U256::from(amount) => bool);
            if moved == Some(true) { Ok(()) } else { Err(Error::TokenRefused) }
        }
    }
}
