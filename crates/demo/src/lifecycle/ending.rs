//! The end: final settlement, claims, rewards, withdrawals.

use super::Story;
use super::days::Cast;
use super::prepare::Prepared;
use crate::exchange::TPI;
use anyhow::{Result, ensure};
use sit_devnet::{Address, args};
use sit_engine::calendar::DAY;
use sit_engine::calendar::REWARD_EPOCH_SECONDS;
use sit_engine::oracle::Rules;

impl Story {
    /// The averaging window is over: the final price is proposed, undisputed, set; everyone is settled by it.
    pub(super) fn settle_finally(&mut self, prepared: &Prepared, cast: &Cast) -> Result<()> {
        let expiry = prepared.expiries[prepared.traded].0;
        let (oracle, keeper) = (self.exchange.oracle.clone(), cast.keeper.account.clone());
        let after = u64::from(expiry + 1) * u64::from(DAY) + u64::from(Rules::TPI.lock_delay);
        self.exchange.chain.advance_to(after)?;
        self.send(&keeper, &oracle, "propose_final", args![TPI, expiry])?;
        self.milestone("The average of the window is proposed as the final price.");
        self.exchange.chain.advance(u64::from(Rules::TPI.dispute_delay));
        let price: u64 = self.send(&keeper, &oracle, "finalise", args![TPI, expiry])?.get(0)?;
        let ticks: u32 = self.keep("finalise", args![self.month])?.get(0)?;
        self.settled = true;
        let dollars = self.sizing.dollars(ticks);
        self.milestone(format!("Nobody disputed: the final price is ${dollars:.4} per million tokens."));
        self.settle_accounts()?;
        self.note_hedge(cast, price);
        ensure!(self.exchange.market(self.month)?.open_interest.0 == 0, "all positions are closed");
        self.milestone("All claims are paid.");
        self.note_day(self.today())
    }

    /// The AI company buys its tokens at the market; its futures pay the difference to what it had locked.
    fn note_hedge(&mut self, cast: &Cast, final_price: u64) {
        let name = self.name(cast.company.seat);
        let bought = self.record.fills.iter().filter(|fill| fill.buyer == name);
        let (lots, value) = bought.fold((0_u64, 0.0), |(lots, value), fill| {
            (lots + u64::from(fill.lots), value + f64::from(fill.lots) * fill.price)
        });
        let tokens = lots * u64::from(self.sizing.lot);
        let known = &self.record.participants[cast.company.seat as usize];
        let locked = if lots == 0 { 0.0 } else { value / lots as f64 };
        let unhedged = i128::from(tokens) * i128::from(final_price);
        let hedge = &mut self.record.hedge;
        hedge.tokens_m = tokens as f64;
        hedge.locked = locked;
        hedge.spot = final_price as f64 / 1e6;
        hedge.unhedged = unhedged;
        hedge.hedged = unhedged - known.variation + known.fees;
        hedge.expected = (locked * tokens as f64 * 1e6).round() as i128;
    }

    /// Fees are swept, weeks closed, rewards claimed as they vest.
    pub(super) fn pay_makers(&mut self, cast: &Cast) -> Result<()> {
        self.keep("sweep_fees", args![self.month])?;
        let (clearing, incentives) = (self.exchange.clearing.clone(), self.exchange.incentives.clone());
        for maker in &cast.makers {
            self.send(&maker.account, &clearing, "cancel_all", args![maker.seat, self.month])?;
        }
        // The last week of trading ends, then three more until all is vested.
        for _ in 0..=VESTING_WEEKS {
            let next = self.week() + 1;
            self.exchange.chain.advance_to(u64::from(next) * u64::from(REWARD_EPOCH_SECONDS))?;
            self.close_weeks()?;
        }
        for maker in &cast.makers {
            self.send(&maker.account, &incentives, "claim", args![maker.seat])?;
        }
        self.milestone("The makers' weeks are closed and their vested rewards claimed.");
        Ok(())
    }

    /// The keeper closes the makers' weeks that are over. A week's score is kept for one week more, so this is done weekly.
    pub(super) fn close_weeks(&mut self) -> Result<()> {
        let (incentives, keeper) = (self.exchange.incentives.clone(), self.exchange.chain.account("keeper"));
        let programme = self.exchange.chain.view(&keeper, &incentives, "programme", args![])?;
        let (_, _, _, _, mut open): (Address, Address, u64, u64, u32) = programme.get(0)?;
        while open < self.week() {
            while !self.send(&keeper, &incentives, "close_epoch", args![open, 8_u64])?.get::<bool>(0)? {}
            open += 1;
        }
        Ok(())
    }

    /// The running reward epoch.
    fn week(&self) -> u32 {
        u32::try_from(self.exchange.chain.now() / u64::from(REWARD_EPOCH_SECONDS)).unwrap_or(u32::MAX)
    }

    /// Everybody withdraws what he has.
    pub(super) fn everyone_goes_home(&mut self) -> Result<()> {
        for person in self.people.clone() {
            ensure!(
                self.exchange.account(person.seat)?.positions().iter().all(|position| position.net.0 == 0),
                "nobody holds a position"
            );
            self.withdraw_all(&person)?;
        }
        self.milestone(
            "Everybody has withdrawn, a million dollars an hour. The vault holds the fund, the programme and the treasury, to the last atom.",
        );
        Ok(())
    }
}

/// Weeks in which the second half of a reward vests.
const VESTING_WEEKS: u32 = 3;
