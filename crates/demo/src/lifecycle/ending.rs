//! The end: final settlement, claims, rewards, withdrawals.

use super::Story;
use super::cast::Person;
use super::days::Cast;
use super::prepare::Prepared;
use crate::exchange::TPI;
use crate::report::{price_text, usd_text};
use anyhow::{Context, Result, bail, ensure};
use sit_engine::calendar::{DAY, Day, REWARD_EPOCH_SECONDS};
use sit_engine::clearing::opening::OPENING_SECONDS;
use sit_engine::clearing::{self, ClearingError, Instrument, Ledger};
use sit_engine::oracle::Rules;
use sit_engine::units::{Seat, Seconds};
use sit_engine::vault::VaultError;
use sit_native::{Message, stored, view};

/// Hours that a withdrawal waits for the limits at most: those of a day are drained in one.
const MOST_HOURS: u32 = 48;

impl Story {
    /// The averaging window is over: the final price is proposed, undisputed, set; everyone is settled by it.
    pub(super) fn settle_finally(&mut self, prepared: &Prepared, cast: &Cast) -> Result<()> {
        let expiry = prepared.month().expiry.0;
        let (index, keeper) = (TPI, cast.keeper.account.clone());
        let after = u64::from(expiry + 1) * u64::from(DAY) + u64::from(Rules::TPI.lock_delay);
        self.exchange.chain.advance_to(after)?;
        self.send(&keeper, &Message::ProposeFinal { index, expiry: Day(expiry) })?;
        self.milestone("The average of the window is proposed as the final price.");
        self.exchange.chain.advance(u64::from(Rules::TPI.dispute_delay));
        let price: u32 = self.send(&keeper, &Message::FinalisePrice { index, expiry: Day(expiry) })?.answer()?;
        let ticks: u32 = self.keep(&Message::Finalise { instrument: Instrument(self.month) })?.answer()?;
        self.settled = true;
        let dollars = price_text(self.sizing()?.dollars(ticks));
        self.milestone(format!("Nobody disputed: the final price is {dollars} per million tokens."));
        self.settle_accounts()?;
        self.clear_debts()?;
        self.exchange.chain.advance(OPENING_SECONDS.into());
        self.settle_accounts()?;
        self.end_liquidations()?;
        self.note_hedge(cast, price.into())?;
        ensure!(self.exchange.market(self.month)?.open_interest.0 == 0, "all positions are closed");
        let open = self.open_claims()?;
        ensure!(open.is_empty(), "claims are open: {open:?}");
        self.milestone("All claims are paid.");
        self.note_day(self.today())
    }

    /// The AI company buys its tokens at the market; its futures pay the difference to what it had locked.
    fn note_hedge(&mut self, cast: &Cast, final_price: u64) -> Result<()> {
        let name = self.name(cast.company.seat);
        let bought = self.record.fills.iter().filter(|fill| fill.buyer == name);
        let (lots, value) = bought.fold((0_u64, 0.0), |(lots, value), fill| {
            (lots + u64::from(fill.lots), value + f64::from(fill.lots) * fill.price)
        });
        let tokens = lots * u64::from(self.sizing()?.lot);
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
        Ok(())
    }

    /// Fees are swept, weeks closed, rewards claimed as they vest.
    pub(super) fn pay_makers(&mut self, cast: &Cast) -> Result<()> {
        let instrument = Instrument(self.month);
        self.keep(&Message::SweepFees { instrument })?;
        for maker in &cast.makers {
            self.send(&maker.account, &Message::CancelAll { seat: Seat(maker.seat), instrument })?;
        }
        // The last week of trading ends, then three more until all is vested.
        for _ in 0..=VESTING_WEEKS {
            let next = self.week() + 1;
            self.exchange.chain.advance_to(u64::from(next) * u64::from(REWARD_EPOCH_SECONDS))?;
            self.close_weeks()?;
        }
        let mut rewarded = 0;
        for maker in &cast.makers {
            let seat = Seat(maker.seat);
            if self.exchange.view(&view::Maker { seat })?.due > 0 {
                self.send(&maker.account, &Message::Claim { seat })?;
                rewarded += 1;
            }
        }
        self.milestone(match rewarded {
            2 => "The makers' weeks are closed and their vested rewards claimed.",
            1 => "The makers' weeks are closed; one of them has earned a reward and claims it.",
            _ => "The makers' weeks are closed; nobody quoted long and closely enough for a reward.",
        });
        Ok(())
    }

    /// The keeper closes the makers' weeks that are over. A week's score is kept for one week more, so this is done
    /// weekly.
    pub(super) fn close_weeks(&mut self) -> Result<()> {
        let mut open = self.exchange.view(&view::Programme {})?.next_epoch;
        while open < self.week() {
            while !self.keep(&Message::CloseEpoch { epoch: open, makers: 8 })?.answer::<bool>()? {}
            open += 1;
        }
        Ok(())
    }

    /// The running reward epoch.
    fn week(&self) -> u32 {
        u32::try_from(self.exchange.chain.now() / u64::from(REWARD_EPOCH_SECONDS)).unwrap_or(u32::MAX)
    }

    /// Everybody withdraws what they have.
    pub(super) fn everyone_goes_home(&mut self) -> Result<()> {
        let ledger = self.ledger()?;
        let begun = self.exchange.chain.now();
        for person in self.people.clone() {
            self.withdraw_all(&person)?;
        }
        let hours = (self.exchange.chain.now() - begun).div_ceil(3_600);
        let hourly = usd_text(ledger.limits.hour_amount.into());
        self.milestone(format!(
            "Everybody has withdrawn, at most {hourly} at once, within {hours} hours. The vault holds the fund, the programme \
             and the treasury, to the last atom."
        ));
        Ok(())
    }

    /// Takes all cash out of an account, no more at once than the hour's limit lets go, and waiting where the limits of
    /// the clearing house or of the vault are used up.
    fn withdraw_all(&mut self, person: &Person) -> Result<()> {
        let name = self.name(person.seat);
        loop {
            let amount = self.exchange.account(person.seat)?.cash.min(self.ledger()?.limits.hour_amount);
            if amount == 0 {
                return Ok(());
            }
            let mut hours = 0;
            loop {
                self.exchange.chain.advance(3_600);
                hours += 1;
                let taken =
                    self.foresee(person.seat, |store, env| clearing::withdraw(store, env, Seat(person.seat), amount))?;
                let now = Seconds(u32::try_from(self.exchange.chain.now())?);
                let mut custody = self.custody;
                match (taken, custody.pay(now, amount)) {
                    (Ok(_), Ok(())) => {
                        self.custody = custody;
                        break;
                    }
                    (Ok(_) | Err(ClearingError::WithdrawalLimit), Ok(()) | Err(VaultError::PayoutLimit))
                        if hours < MOST_HOURS => {}
                    (Err(refusal), _) => bail!("the {name} cannot withdraw: {}", refusal.explanation()),
                    (_, Err(refusal)) => bail!("the vault does not pay the {name}: {}", refusal.explanation()),
                }
            }
            self.send(&person.account, &Message::Withdraw { seat: Seat(person.seat), amount })?;
        }
    }

    fn ledger(&mut self) -> Result<Ledger> {
        self.exchange.client().cell(&stored::ledger())?.context("there is a ledger")
    }
}

/// Weeks in which the second half of a reward vests.
const VESTING_WEEKS: u32 = 3;
