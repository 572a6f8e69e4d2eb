//! The participants, and what they send.

use super::Story;
use super::money::{DOLLAR, QUOTED_LOTS, whole_dollars};
use crate::exchange::{Done, PRODUCT};
use crate::record::Participant;
use crate::report::usd_text;
use anyhow::{Context, Result};
use sit_devnet::Account;
use sit_engine::clearing::limits::HALT_SECONDS;
use sit_engine::clearing::opening::OPENING_SECONDS;
use sit_engine::clearing::{self, ClearingError, Instrument, Level, Place, Policy, Purpose, Quote};
use sit_engine::units::{BPS, Lots, Seat, Seconds, Side, Ticks};
use sit_native::answers::PlacedOrder;
use sit_native::message::limit_order;
use sit_native::{Contract, Message, TokenAmount, message};

/// How far a taking order goes beyond the mark, in basis points.
pub(super) const PATIENCE_BPS: u64 = 200;

/// A person with a seat.
#[derive(Clone, Debug)]
pub struct Person {
    /// Account that signs.
    pub account: Account,
    /// The seat at the clearing house.
    pub seat: u32,
}

impl Story {
    /// Opens an account and pays `amount` quote atoms of collateral in.
    pub(super) fn join(&mut self, name: &str, role: &str, amount: u64) -> Result<Person> {
        let account = self.exchange.chain.account(name);
        let seat = self.exchange.send(&account, &Message::OpenAccount { sub: 0 })?.answer()?;
        let person = Person { account, seat };
        self.people.push(person.clone());
        let participant = Participant { name: name.into(), role: role.into(), ..Participant::default() };
        self.record.participants.push(participant);
        self.results.push(0);
        self.relieved.push(0);
        self.lost.push(0);
        // A dollar stays in the wallet: the token keeps none that holds less than a cent, so that a last cent could not
        // be paid out to an empty one.
        self.exchange.chain.mint_usdc(&person.account, DOLLAR.into())?;
        self.deposit(&person, amount).with_context(|| format!("the deposit of the {name}"))?;
        Ok(person)
    }

    /// Gets `amount` quote atoms of the token and pays them into the vault.
    pub(super) fn deposit(&mut self, person: &Person, amount: u64) -> Result<()> {
        self.fetch(&person.account, amount.into())?;
        self.send(&person.account, &Message::Deposit { seat: Seat(person.seat), amount })?;
        Ok(())
    }

    /// Pays a gift into the insurance fund or the market-maker programme.
    pub(super) fn endow(&mut self, purpose: Purpose, amount: u64) -> Result<()> {
        let treasurer = self.exchange.chain.account("treasurer");
        self.fetch(&treasurer, amount.into())?;
        self.send(&treasurer, &Message::Endow { purpose, amount })?;
        Ok(())
    }

    fn fetch(&mut self, account: &Account, amount: u128) -> Result<()> {
        let spender = self.exchange.address(Contract::Vault)?;
        self.exchange.chain.mint_usdc(account, amount)?;
        let allowance = Message::ApproveSpender { spender, value: TokenAmount(amount) };
        self.exchange.client().send(account, &allowance)?;
        Ok(())
    }

    /// Pays in what a person lacks for what they are about to do, in whole dollars.
    pub(super) fn pay_in(&mut self, person: &Person, missing: u64) -> Result<()> {
        if missing == 0 {
            return Ok(());
        }
        let amount = whole_dollars(missing);
        self.deposit(person, amount)?;
        let name = self.name(person.seat);
        let told = format!("The {name} pays in {}, which the margin of a new order needs.", usd_text(amount.into()));
        self.milestone(told);
        Ok(())
    }

    /// Places an order in the story's month, having paid in what its margin lacks; returns the lots that traded. An
    /// order that is refused whatever money there is, is recorded and not sent.
    pub(super) fn place(&mut self, person: &Person, side: Side, price: u32, lots: u32, policy: Policy) -> Result<u32> {
        let order =
            Place { policy, ..limit_order(Seat(person.seat), Instrument(self.month), side, Ticks(price), Lots(lots)) };
        let mut missing = self.missing_for(person.seat, |store, env| clearing::place(store, env, order))?;
        if missing == Err(ClearingError::Halted) {
            self.wait_for_the_halt()?;
            missing = self.missing_for(person.seat, |store, env| clearing::place(store, env, order))?;
        }
        match missing {
            Ok(missing) => self.pay_in(person, missing)?,
            Err(refusal) => {
                let what = format!("The order of the {} is not sent", self.name(person.seat));
                self.refused(&what, refusal);
                return Ok(0);
            }
        }
        let PlacedOrder { filled, .. } = self.send(&person.account, &Message::Place { order })?.answer()?;
        Ok(filled.0)
    }

    /// Takes up to `lots` from the book, 2 % or four ticks beyond the mark at most, and never at the day's limit, where
    /// trades halt.
    pub(super) fn take(&mut self, person: &Person, side: Side, lots: u32) -> Result<u32> {
        let (mark, limits) = (self.exchange.mark(self.month)?.0, self.limits()?);
        let away = u32::try_from(u64::from(mark) * PATIENCE_BPS / u64::from(BPS))?.max(QUOTE_LEVELS);
        let price = match side {
            Side::Buy => (mark + away).min(limits.high.0.saturating_sub(1)),
            Side::Sell => mark.saturating_sub(away).max(limits.low.0 + 1),
        };
        self.place(person, side, price, lots, Policy::ImmediateOrCancel)
    }

    /// Refreshes a maker's quotes: four levels on each side, inside the permitted spread around the mark, inside the
    /// day's limits, as far as ticks are fine enough for them.
    pub(super) fn quote(&mut self, person: &Person) -> Result<()> {
        let levels = self.levels()?;
        let sides = |wanted: Side| -> Vec<Level> {
            levels.iter().filter(|(side, _)| *side == wanted).map(|(_, level)| *level).collect()
        };
        let (bids, asks) = (sides(Side::Buy), sides(Side::Sell));
        let (seat, instrument) = (Seat(person.seat), Instrument(self.month));
        let wanted = Quote { seat, instrument, bids: &bids, asks: &asks, expiry: Seconds::ZERO };
        let mut missing = self.missing_for(person.seat, |store, env| clearing::quote(store, env, wanted))?;
        if missing == Err(ClearingError::Halted) {
            self.wait_for_the_halt()?;
            missing = self.missing_for(person.seat, |store, env| clearing::quote(store, env, wanted))?;
        }
        match missing {
            Ok(missing) => self.pay_in(person, missing)?,
            // It is recorded once, when the margin set fails, that nothing but reductions is accepted from there on.
            Err(ClearingError::ReduceOnly) if self.told_red => return Ok(()),
            Err(refusal) => {
                let what = format!("The {} does not quote", self.name(person.seat));
                self.refused(&what, refusal);
                return Ok(());
            }
        }
        let levels = message::levels(&bids, &asks);
        self.send(&person.account, &Message::Quote { seat, instrument, levels, expiry: Seconds::ZERO })?;
        Ok(())
    }

    /// The levels of a maker's quote.
    fn levels(&mut self) -> Result<Vec<(Side, Level)>> {
        let (mark, limits) = (self.exchange.mark(self.month)?.0, self.limits()?);
        let spread = u64::from(self.sizing()?.terms.maker_spread_front_bps);
        let half = u64::from(mark) * spread / (2 * u64::from(BPS));
        let mut levels = Vec::new();
        for level in 1..=QUOTE_LEVELS {
            // Steps of 15 % of half the spread: the outermost is at 60 % of it.
            let away = u32::try_from(half * u64::from(15 * level) / 100)?.max(level);
            if level > 1 && u64::from(away) > half {
                break; // ticks are too coarse for one more
            }
            // A trade at a limit halts trading, so no quote stands there.
            for (side, price) in [(Side::Buy, mark.saturating_sub(away)), (Side::Sell, mark + away)] {
                if limits.low.0 < price && price < limits.high.0 {
                    levels.push((side, Level { price: Ticks(price), lots: Lots::ZERO }));
                }
            }
        }
        let each = |side: Side| levels.iter().filter(|(other, _)| *other == side).count() as u32;
        let (bids, asks) = (each(Side::Buy).max(1), each(Side::Sell).max(1));
        for (side, level) in &mut levels {
            level.lots = Lots(QUOTED_LOTS / if *side == Side::Buy { bids } else { asks });
        }
        Ok(levels)
    }

    /// Trading goes on ten minutes after trades at the price limit, once the book has collected orders.
    fn wait_for_the_halt(&mut self) -> Result<()> {
        self.exchange.chain.advance(u64::from(HALT_SECONDS) + u64::from(OPENING_SECONDS));
        Ok(())
    }

    /// Records why something is not done.
    pub(super) fn refused(&mut self, what: &str, refusal: ClearingError) {
        self.milestone(format!("{what}: {}", refusal.explanation()));
    }

    /// Sends a message about a seat that anybody may send, as the keeper.
    pub(super) fn keep(&mut self, message: &Message) -> Result<Done> {
        let keeper = self.exchange.chain.account("keeper");
        self.send(&keeper, message)
    }

    /// The keeper settles the product by the newest print.
    pub(super) fn settle_day(&mut self) -> Result<()> {
        self.keep(&Message::SettleDay { product: PRODUCT })?;
        Ok(())
    }
}

/// Levels of a quote on each side.
const QUOTE_LEVELS: u32 = 4;
