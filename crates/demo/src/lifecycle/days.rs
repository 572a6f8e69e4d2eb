//! The days of trading.

use super::cast::{Person, Policy};
use super::prepare::{Prepared, initial_margin};
use super::{MORNING, Story};
use anyhow::{Result, ensure};
use sit_devnet::{Value, args};
use sit_engine::calendar::{self, Day};
use sit_engine::units::{QuoteAtoms, Seconds};

/// The people of the story.
pub(super) struct Cast {
    pub makers: [Person; 2],
    pub company: Person,
    pub provider: Person,
    pub speculator: Person,
    pub keeper: Person,
    /// The action that designates the first maker and the second: number and calldata, waiting for their timelock.
    pub designations: Vec<(u32, Vec<u8>)>,
}

/// Lots that the AI company buys.
const COMPANY_LOTS: u32 = 400;

/// Lots that the model provider sells.
const PROVIDER_LOTS: u32 = 300;

/// Lots that the speculator sells.
const SPECULATOR_LOTS: u32 = 80;

/// Capital of a maker and of the keeper: 2,000,000 USD, above the requirement and what any of their positions needs.
const CAPITAL: u128 = 2_000_000_000_000;

/// Reporters submit at noon, when the window opens.
const NOON: u64 = 12 * 3_600;

impl Story {
    /// The simulated market price on a day of the path, in quote atoms per million tokens.
    pub(super) fn price_on(&self, prepared: &Prepared, day: u32) -> u64 {
        let last = prepared.path.days.len().saturating_sub(1);
        let spot = prepared.path.days.get((day as usize).min(last)).map_or(0.0, |day| day.spot);
        (spot * 1e6).round().max(1.0) as u64
    }

    /// Everyone opens an account; the makers ask for designation.
    pub(super) fn assemble(&mut self, prepared: &Prepared) -> Result<Cast> {
        let month = prepared.set.months[prepared.traded];
        let mark = self.exchange.mark(self.month)?.0;
        let lot_value = u128::from(mark) * u128::from(self.sizing.tick_value);
        let part = |lots: u32, fraction: f64| (f64::from(lots) * lot_value as f64 * fraction) as u128;
        let short = initial_margin(month.es_short_bps);
        let long = initial_margin(month.es_long_bps);
        let makers = [self.join("maker A", "market maker", CAPITAL)?, self.join("maker B", "market maker", CAPITAL)?];
        let company = self.join("AI company", "hedger, long", part(COMPANY_LOTS, 1.6 * long + 0.1))?;
        // Enough to live through the jump, not enough to be left alone after it.
        let after_jump = prepared.jump + 0.9 * short * (1.0 + prepared.jump);
        let provider = self.join("model provider", "hedger, short", part(PROVIDER_LOTS, after_jump))?;
        let speculator = self.join("speculator", "short, little collateral", part(SPECULATOR_LOTS, 1.05 * short))?;
        let keeper = self.join("keeper", "keeper and liquidator", CAPITAL)?;
        self.results = vec![0; self.people.len()];
        self.covered = vec![0; self.people.len()];
        let mut designations = Vec::new();
        let incentives = self.exchange.incentives.clone();
        for maker in &makers {
            self.send(&maker.account, &incentives, "apply", args![maker.seat])?;
            designations.push(self.exchange.queue(&incentives, "accept", args![maker.seat])?);
        }
        self.milestone(
            "Two makers, an AI company, a model provider, a speculator and a keeper have paid collateral in.",
        );
        Ok(Cast { makers, company, provider, speculator, keeper, designations })
    }

    /// Every day from the first Tuesday to the last trading day.
    pub(super) fn trade_until_expiry(&mut self, prepared: &Prepared, cast: &Cast) -> Result<()> {
        let last = prepared.expiries[prepared.traded].0;
        for day in prepared.first_day + 1..=last {
            let number = day - prepared.first_day;
            self.exchange.chain.advance_to(u64::from(day) * 86_400 + MORNING)?;
            self.close_weeks()?;
            let session = calendar::is_session(Seconds(day * 86_400));
            if number == 2 {
                self.designate(cast)?;
            }
            if session {
                self.trade(number, cast)?;
            }
            self.exchange.chain.advance_to(u64::from(day) * 86_400 + NOON)?;
            self.print_index(day, self.price_on(prepared, number))?;
            if session {
                self.settle_day()?;
                self.settle_accounts()?;
                self.watch(cast)?;
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

    /// Reporters submit, anyone publishes; a jump has to be confirmed.
    pub(super) fn print_index(&mut self, day: u32, price: u64) -> Result<()> {
        let opens = u64::from(day) * 86_400 + NOON;
        if self.exchange.chain.now() < opens {
            self.exchange.chain.advance_to(opens)?;
        }
        self.exchange.submit_prices(day, price)?;
        let mut validity = self.exchange.publish(day)?;
        if validity == 1 {
            let why =
                if self.people.is_empty() { "The first print of the index" } else { "The index has jumped: its print" };
            self.milestone(format!("{why} waits for confirmation; hours later the same quorum confirms it."));
            self.exchange.chain.advance(u64::from(sit_engine::oracle::Rules::TPI.confirm_delay));
            validity = self.exchange.publish(day)?;
        }
        ensure!(validity == 2, "the print of day {day} was not published");
        Ok(())
    }

    /// The timelock of the designations is over.
    fn designate(&mut self, cast: &Cast) -> Result<()> {
        for (id, calldata) in &cast.designations {
            self.exchange.execute(*id, calldata.clone())?;
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
    fn trade(&mut self, number: u32, cast: &Cast) -> Result<()> {
        let mark = self.exchange.mark(self.month)?.0;
        let (above, below) = (mark * 102 / 100, mark * 98 / 100);
        match number {
            1 | 2 => {
                self.quote_both(cast)?;
                let bought = self.place(&cast.company, true, above, COMPANY_LOTS / 2, Policy::ImmediateOrCancel)?;
                let sold = self.place(&cast.provider, false, below, PROVIDER_LOTS / 2, Policy::ImmediateOrCancel)?;
                self.milestone(format!("The AI company buys {bought} lots, the model provider sells {sold}."));
            }
            3 => {
                self.quote_both(cast)?;
                let sold = self.place(&cast.speculator, false, below, SPECULATOR_LOTS, Policy::ImmediateOrCancel)?;
                self.milestone(format!("The speculator sells {sold} lots with hardly more than their margin."));
            }
            4 => {
                // A trade between two users, through the book.
                let price = mark + 1;
                self.place(&cast.provider, false, price, 10, Policy::Rest)?;
                self.place(&cast.company, true, price, 10, Policy::ImmediateOrCancel)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The keeper settles everybody: losers pay first, so that one round more pays the winners.
    pub(super) fn settle_accounts(&mut self) -> Result<()> {
        let seats: Vec<u8> = self.people.iter().flat_map(|person| person.seat.to_be_bytes()).collect();
        for _ in 0..2 {
            self.keep("settle", args![self.month, Value::Bytes(seats.clone())])?;
        }
        Ok(())
    }

    /// The keeper looks at every account: margin calls, liquidations.
    fn watch(&mut self, cast: &Cast) -> Result<()> {
        for person in self.people.clone() {
            let health = self.health(person.seat)?;
            if health.meets_initial() {
                continue;
            }
            self.call_margin(&person)?;
            if health.meets_maintenance() {
                self.answer_call(&person)?;
            } else {
                self.liquidate(cast, &person)?;
            }
        }
        Ok(())
    }

    fn call_margin(&mut self, person: &Person) -> Result<()> {
        let shortfall: u64 = self.keep("margin_call", args![person.seat])?.get(0)?;
        let name = self.name(person.seat);
        let time = self.exchange.chain.now();
        self.record.waterfall.steps.push((
            time,
            format!("Margin call: the {name} is below initial margin."),
            Some(shortfall.into()),
        ));
        self.milestone(format!("Margin call to the {name}."));
        Ok(())
    }

    /// The model provider is a going concern and pays; a speculator may or may not.
    fn answer_call(&mut self, person: &Person) -> Result<()> {
        let health = self.health(person.seat)?;
        let shortfall = (health.initial - health.initial_equity).0.max(0).unsigned_abs();
        self.deposit(person, shortfall * 11 / 10)?;
        let name = self.name(person.seat);
        ensure!(self.health(person.seat)?.meets_initial(), "the {name} answered the call");
        Ok(())
    }

    fn liquidate(&mut self, cast: &Cast, person: &Person) -> Result<()> {
        let name = self.name(person.seat);
        self.keep("start_liquidation", args![person.seat])?;
        self.milestone(format!("The {name} is below maintenance margin: the keeper liquidates."));
        let before = self.health(person.seat)?;
        let own = self.record.participants[person.seat as usize].deposited;
        let net = self.exchange.account(person.seat)?.net(sit_engine::clearing::Instrument(self.month));
        let receipt = self.keep("bid", args![cast.keeper.seat, person.seat, self.month, net.size().0])?;
        let (price, lots): (u32, u32) = receipt.get(0)?;
        let time = self.exchange.chain.now();
        let steps = &mut self.record.waterfall.steps;
        steps.push((time, format!("Equity left to the {name}:"), Some(before.equity.0)));
        let price = self.sizing.dollars(price);
        steps.push((time, format!("The keeper takes over {lots} of {} lots at {price:.4}.", net.size().0), None));
        let after = self.health(person.seat)?;
        if after.equity >= QuoteAtoms::ZERO {
            return Ok(());
        }
        let paid: u64 = self.keep("cover", args![person.seat, self.month])?.get(0)?;
        let left = self.health(person.seat)?;
        let waterfall = &mut self.record.waterfall;
        waterfall.steps.push((time, format!("The insurance fund pays what the {name} can not."), Some(paid.into())));
        waterfall.fund += i128::from(paid);
        waterfall.unpaid += left.equity.0.min(0).abs();
        waterfall.own_collateral += own;
        waterfall.loss += own + i128::from(paid) + left.equity.0.min(0).abs();
        self.milestone(format!("The {name} is bankrupt; the insurance fund pays the rest of the loss."));
        Ok(())
    }

    /// Unix day of the chain.
    pub(super) fn today(&self) -> u32 {
        Day::of(Seconds(u32::try_from(self.exchange.chain.now()).unwrap_or(u32::MAX))).0
    }
}
