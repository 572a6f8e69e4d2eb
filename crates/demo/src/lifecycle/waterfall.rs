//! Who pays when a position has lost: margin calls, liquidations, the insurance fund, and last the winners.

use super::Story;
use super::cast::Person;
use super::days::Cast;
use super::money::whole_dollars;
use crate::report::{price_text, usd_text};
use anyhow::{Context, Result, bail, ensure};
use sit_engine::clearing::{self, Auction, Bid, ClearingError, Instrument, Store, auction};
use sit_engine::units::{Lots, NetLots, Points, Seat};
use sit_native::Message;
use sit_native::answers::TakenOver;

impl Story {
    /// The keeper looks at every account, their own first: margin calls, liquidations.
    pub(super) fn watch(&mut self, cast: &Cast) -> Result<()> {
        let mut people = self.people.clone();
        people.sort_by_key(|person| person.seat != cast.keeper.seat);
        for person in people {
            let health = self.health(person.seat)?;
            if health.meets_initial() {
                continue;
            }
            self.call_margin(&person)?;
            // The keeper watches their own account first: the keeper never waits for a liquidator.
            if health.meets_maintenance() || person.seat == cast.keeper.seat {
                self.answer_call(&person)?;
            } else {
                self.liquidate(cast, &person)?;
            }
        }
        Ok(())
    }

    fn call_margin(&mut self, person: &Person) -> Result<()> {
        let shortfall: u64 = self.keep(&Message::MarginCall { seat: Seat(person.seat) })?.answer()?;
        let name = self.name(person.seat);
        let told = format!("Margin call: the {name} is below initial margin.");
        self.step(told, Some(shortfall.into()));
        self.record.waterfall.calls += 1;
        self.record.waterfall.early_calls += u64::from(self.today() < self.rise_day);
        self.milestone(format!("Margin call to the {name}."));
        Ok(())
    }

    /// A participant who can still pay does: what is missing, and what the price usually takes from their positions
    /// until the last trading day, with the margin that is needed then. Nobody is called day after day.
    fn answer_call(&mut self, person: &Person) -> Result<()> {
        let health = self.health(person.seat)?;
        let net = self.exchange.account(person.seat)?.net(Instrument(self.month));
        let mark = self.exchange.mark(self.month)?.0;
        let value = u64::from(net.size().0) * self.sizing()?.lot_value(mark);
        let left = self.expiry_day.saturating_sub(self.today());
        let further = if net > NetLots::ZERO {
            self.usual.fall(left) * value as f64
        } else {
            self.usual.rise(left) * (value as f64 + health.initial.0 as f64)
        };
        let missing = u64::try_from(health.shortfall().0.max(0))?;
        let amount = whole_dollars(missing + further as u64 + 1);
        self.deposit(person, amount)?;
        let name = self.name(person.seat);
        self.milestone(format!("The {name} pays in {}.", usd_text(amount.into())));
        ensure!(self.health(person.seat)?.meets_initial(), "the {name} answered the call");
        Ok(())
    }

    fn liquidate(&mut self, cast: &Cast, person: &Person) -> Result<()> {
        let name = self.name(person.seat);
        if self.auction(person.seat)? == Auction::default() {
            self.keep(&Message::StartLiquidation { seat: Seat(person.seat) })?;
            self.record.waterfall.liquidations += 1;
            self.milestone(format!("The {name} is below maintenance margin: the keeper liquidates."));
        }
        let before = self.health(person.seat)?;
        let net = self.exchange.account(person.seat)?.net(Instrument(self.month)).size();
        self.step(format!("Equity left to the {name}:"), Some(before.equity.0));
        if net > Lots::ZERO {
            let (price, lots) = self.bid(cast, person, net)?;
            let price = price_text(self.sizing()?.dollars(price));
            self.step(format!("The keeper takes over {lots} of {} lots at {price}.", net.0), None);
        }
        self.clear_debt(person)
    }

    /// The keeper takes over as much of a position as restores the account, at the auction's price.
    fn bid(&mut self, cast: &Cast, person: &Person, lots: Lots) -> Result<(u32, u32)> {
        let keeper = cast.keeper.seat;
        let wanted =
            Bid { liquidator: Seat(keeper), seat: Seat(person.seat), instrument: Instrument(self.month), lots };
        let mut missing = self.missing_for(keeper, |store, env| clearing::bid(store, env, wanted))?;
        if missing == Err(ClearingError::WorsensHealth) {
            // Once the fast phase of the auction is over anything goes.
            self.exchange.chain.advance(auction::DURATION.into());
            missing = self.missing_for(keeper, |store, env| clearing::bid(store, env, wanted))?;
        }
        match missing {
            Ok(missing) => self.pay_in(&cast.keeper, missing)?,
            Err(refusal) => bail!("the keeper cannot take over: {}", refusal.explanation()),
        }
        let Bid { liquidator, seat, instrument, lots } = wanted;
        let TakenOver { price, lots } = self.keep(&Message::Bid { liquidator, seat, instrument, lots })?.answer()?;
        Ok((price.0, lots.0))
    }

    /// A participant who has lost everything owes the rest: the insurance fund pays as far as it may, and what it does
    /// not pay is written off and borne by the winners of the month.
    pub(super) fn clear_debt(&mut self, person: &Person) -> Result<()> {
        let (seat, instrument) = (Seat(person.seat), Instrument(self.month));
        let name = self.name(person.seat);
        let mut paid = 0_u64;
        match self.foresee(person.seat, |store, env| clearing::cover(store, env.now, seat, instrument))? {
            Ok(_) => {
                paid = self.keep(&Message::Cover { seat, instrument })?.answer()?;
                self.record.waterfall.draws += 1;
                self.step(format!("The insurance fund pays what the {name} cannot."), Some(paid.into()));
                self.milestone(format!(
                    "The {name} is bankrupt; the insurance fund pays for the loss beyond the collateral."
                ));
            }
            Err(ClearingError::FundEmpty) => {}
            // Nothing is owed, or they can still pay.
            Err(ClearingError::NotBankrupt) => return Ok(()),
            Err(refusal) => bail!("the debt of the {name} is not cleared: {}", refusal.explanation()),
        }
        if self.foresee(person.seat, |store, env| clearing::write_off(store, env.now, seat, instrument))?.is_ok() {
            let _: i64 = self.keep(&Message::WriteOff { seat, instrument })?.answer()?;
        }
        let mut unpaid = 0_i128;
        let points = self.exchange.market(self.month)?.deficit.0;
        if points > 0 {
            unpaid = i128::from(points) * i128::from(self.sizing()?.tick_value);
            self.allocate()?;
            self.step(format!("The winners of the month bear what is left of the loss of the {name}."), Some(unpaid));
            self.milestone(
                "The insurance fund has paid what it may for one month: the rest of the loss is borne by those who won, in \
                 proportion to their profit.",
            );
        }
        let known = &self.record.participants[person.seat as usize];
        let own = known.deposited - known.withdrawn - self.lost[person.seat as usize];
        self.lost[person.seat as usize] += own;
        let waterfall = &mut self.record.waterfall;
        waterfall.own_collateral += own;
        waterfall.fund += i128::from(paid);
        waterfall.unpaid += unpaid;
        waterfall.loss += own + i128::from(paid) + unpaid;
        Ok(())
    }

    /// Counts the holders, which fixes what each winner bears; the settlement that follows takes it.
    fn allocate(&mut self) -> Result<()> {
        let allocate = Message::Allocate { instrument: Instrument(self.month), seats: self.seats() };
        let left: u32 = self.keep(&allocate)?.answer()?;
        ensure!(left == 0, "all holders are counted at once");
        self.settle_accounts()
    }

    /// The debts of everybody, after a final settlement.
    pub(super) fn clear_debts(&mut self) -> Result<()> {
        for person in self.people.clone() {
            self.clear_debt(&person)?;
        }
        Ok(())
    }

    /// What everybody is still owed or owes in the month that is traded: nothing, once all claims are paid.
    pub(super) fn open_claims(&mut self) -> Result<Vec<(String, Points)>> {
        let mut claims = Vec::new();
        for person in self.people.clone() {
            let account = self.exchange.account(person.seat)?;
            for position in account.positions().iter().filter(|position| position.is_exposed()) {
                ensure!(position.net == NetLots::ZERO, "nobody holds a position");
                claims.push((self.name(person.seat), position.basis));
            }
        }
        Ok(claims)
    }

    fn auction(&mut self, seat: u32) -> Result<Auction> {
        let found = self.foresee(seat, |store, _| Ok(store.auction(Seat(seat))))?;
        found.ok().context("an auction can be read")
    }

    /// Liquidations that still run end, and what they had reported as lost is taken back: nothing is left to owe.
    pub(super) fn end_liquidations(&mut self) -> Result<()> {
        for person in self.people.clone() {
            if self.auction(person.seat)? != Auction::default() {
                self.keep(&Message::ReportDeficit { seat: Seat(person.seat) })?;
            }
        }
        Ok(())
    }

    fn step(&mut self, text: String, amount: Option<i128>) {
        self.record.waterfall.steps.push((self.exchange.chain.now(), text, amount));
    }
}
