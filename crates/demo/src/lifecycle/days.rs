//! The days of trading.

use super::cast::Person;
use super::money::{COMPANY_LOTS, DIRECT_LOTS, PROVIDER_LOTS, SPECULATOR_LOTS};
use super::prepare::Prepared;
use super::scene::SCENE_DAY;
use super::{MORNING, Story};
use anyhow::{Result, ensure};
use sit_client::Proposal;
use sit_engine::calendar::{self, DAY, Day};
use sit_engine::clearing::opening::OPENING_SECONDS;
use sit_engine::clearing::{Instrument, Policy};
use sit_engine::incentives::Parameters;
use sit_engine::oracle::Validity;
use sit_engine::units::{Seat, Seconds, Side};
use sit_native::{Message, message};

/// The people of the story.
pub(super) struct Cast {
    pub makers: [Person; 2],
    pub company: Person,
    pub provider: Person,
    pub speculator: Person,
    pub keeper: Person,
    /// The action that designates the first maker and the second, waiting for their timelock.
    pub designations: Vec<Proposal>,
}

/// Reporters submit at noon, when the window opens.
const NOON: u64 = 12 * 3_600;

impl Story {
    /// Everyone opens an account; the makers ask for designation.
    pub(super) fn assemble(&mut self, prepared: &Prepared) -> Result<Cast> {
        let money = prepared.money;
        let makers = [
            self.join("maker A", "market maker", money.capital)?,
            self.join("maker B", "market maker", money.capital)?,
        ];
        let company = self.join("AI company", "hedger, long", money.company)?;
        let provider = self.join("model provider", "hedger, short", money.provider)?;
        let speculator = self.join("speculator", "short, little collateral", money.speculator)?;
        let keeper = self.join("keeper", "keeper and liquidator", money.capital)?;
        let mut designations = Vec::new();
        for maker in &makers {
            let seat = Seat(maker.seat);
            self.send(&maker.account, &Message::Apply { seat })?;
            designations.push(self.exchange.queue(&Message::Accept { seat })?);
        }
        self.milestone(
            "Two makers, an AI company, a model provider, a speculator and a keeper have paid collateral in.",
        );
        Ok(Cast { makers, company, provider, speculator, keeper, designations })
    }

    /// Every day from the first Tuesday to the last trading day.
    pub(super) fn trade_until_expiry(&mut self, prepared: &Prepared, cast: &Cast) -> Result<()> {
        let last = prepared.month().expiry.0;
        for day in prepared.first_day + 1..=last {
            let number = day - prepared.first_day;
            self.exchange.chain.advance_to(u64::from(day) * u64::from(DAY) + MORNING)?;
            self.close_weeks()?;
            let session = calendar::is_session(Seconds(day * DAY));
            if number == 2 {
                self.designate(cast)?;
            }
            if session {
                self.trade(number, prepared.path.rise_day, cast)?;
            }
            self.exchange.chain.advance_to(u64::from(day) * u64::from(DAY) + NOON)?;
            self.announce(number, prepared);
            self.print_index(day, prepared.path.index[number as usize])?;
            if session {
                self.settle_day()?;
                self.tell_of_the_backtest()?;
                self.settle_accounts()?;
                // A print of the last day that waited for its confirmation comes when trading is over.
                if self.exchange.chain.now() < u64::from(calendar::last_trading_time(Day(last)).0) {
                    self.watch(cast)?;
                }
                // Winners are paid when the book opens: by then whoever cannot pay is known.
                self.exchange.chain.advance(OPENING_SECONDS.into());
                self.settle_accounts()?;
                if day < last {
                    self.quote_both(cast)?;
                }
                self.note_day(day)?;
            }
        }
        self.milestone("The last trading day is over.");
        Ok(())
    }

    /// Says that what comes next is put in.
    fn announce(&mut self, number: u32, prepared: &Prepared) {
        if let Some(scene) = prepared.path.scene.filter(|_| number == SCENE_DAY) {
            self.milestone(format!(
                "A scene, put in because the path has no such rise of its own: {:.1} % on top of what the price does, just past what \
                 a short position with little collateral has.",
                100.0 * scene.rise
            ));
        }
    }

    /// A margin set that fails its backtest lets only reductions through, until another one is in force.
    fn tell_of_the_backtest(&mut self) -> Result<()> {
        let red = self.exchange.curve()?.is_some_and(|curve| curve.guard.red);
        if red && !self.told_red {
            self.told_red = true;
            self.milestone(
                "The margin set has failed its backtest: too many losses beyond the margin in so few days. Nothing but reductions \
                 is accepted until governance puts a new set in force, so the makers quote no more; everybody else holds on.",
            );
        }
        Ok(())
    }

    /// Reporters submit, anyone publishes; a jump has to be confirmed.
    pub(super) fn print_index(&mut self, day: u32, price: u64) -> Result<()> {
        let opens = u64::from(day) * u64::from(DAY) + NOON;
        if self.exchange.chain.now() < opens {
            self.exchange.chain.advance_to(opens)?;
        }
        self.exchange.submit_prices(day, price)?;
        let mut validity = self.exchange.publish(day)?;
        if validity == Validity::NeedsConfirmation {
            let why =
                if self.people.is_empty() { "The first print of the index" } else { "The index has jumped: its print" };
            self.milestone(format!("{why} waits for confirmation; hours later the same quorum confirms it."));
            self.exchange.chain.advance(u64::from(sit_engine::oracle::Rules::TPI.confirm_delay));
            validity = self.exchange.publish(day)?;
        }
        ensure!(validity == Validity::Valid, "the print of day {day} was not published");
        Ok(())
    }

    /// The timelock of the designations is over.
    fn designate(&mut self, cast: &Cast) -> Result<()> {
        for maker in &cast.makers {
            let cash = self.exchange.account(maker.seat)?.cash;
            if cash < Parameters::INITIAL.capital {
                self.pay_in(maker, Parameters::INITIAL.capital - cash)?;
            }
        }
        for designation in &cast.designations {
            self.exchange.execute(designation)?;
        }
        self.milestone("Governance has designated both makers, after a day in the timelock.");
        self.quote_both(cast)
    }

    fn quote_both(&mut self, cast: &Cast) -> Result<()> {
        for maker in &cast.makers {
            self.quote(maker)?;
        }
        Ok(())
    }

    /// The morning's trades: the hedgers build their positions in two halves, the speculator follows.
    fn trade(&mut self, number: u32, rise_day: u32, cast: &Cast) -> Result<()> {
        match number {
            1 | 2 => {
                self.quote_both(cast)?;
                let bought = self.take(&cast.company, Side::Buy, COMPANY_LOTS / 2)?;
                let sold = self.take(&cast.provider, Side::Sell, PROVIDER_LOTS / 2)?;
                if bought + sold > 0 {
                    self.milestone(format!("The AI company buys {bought} lots, the model provider sells {sold}."));
                }
            }
            4 => {
                // A trade between two users, through the book.
                let price = self.exchange.mark(self.month)?.0 + 1;
                if price < self.limits()?.high.0 {
                    self.place(&cast.provider, Side::Sell, price, DIRECT_LOTS, Policy::Rest)?;
                    self.place(&cast.company, Side::Buy, price, DIRECT_LOTS, Policy::ImmediateOrCancel)?;
                }
            }
            _ => {}
        }
        if number == rise_day {
            self.quote_both(cast)?;
            let sold = self.take(&cast.speculator, Side::Sell, SPECULATOR_LOTS)?;
            if sold > 0 {
                self.milestone(format!("The speculator sells {sold} lots with hardly more than their margin."));
            }
        }
        Ok(())
    }

    /// The keeper settles everybody: losers pay first, so that one round more pays the winners.
    pub(super) fn settle_accounts(&mut self) -> Result<()> {
        let settle = Message::Settle { instrument: Instrument(self.month), seats: self.seats() };
        for _ in 0..2 {
            self.keep(&settle)?;
        }
        Ok(())
    }

    /// The seats of everybody, as messages about many take them.
    pub(super) fn seats(&self) -> Vec<u8> {
        message::seats(self.people.iter().map(|person| Seat(person.seat)))
    }

    /// Unix day of the chain.
    pub(super) fn today(&self) -> u32 {
        Day::of(Seconds(u32::try_from(self.exchange.chain.now()).unwrap_or(u32::MAX))).0
    }
}
