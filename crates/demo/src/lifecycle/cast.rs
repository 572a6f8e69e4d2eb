//! Who takes part, and what they send.

use super::Story;
use crate::exchange::TPI;
use crate::record::Participant;
use anyhow::{Context, Result};
use sit_devnet::{Account, Receipt, Value, args};
use sit_engine::launch;

/// A person with a seat.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who signs.
    pub account: Account,
    /// The seat at the clearing house.
    pub seat: u32,
}

/// What becomes of the part of an order that does not trade at once.
#[derive(Clone, Copy, Debug)]
pub enum Policy {
    /// It rests.
    Rest = 0,
    /// It is cancelled.
    ImmediateOrCancel = 1,
}

impl Story {
    /// Opens an account and pays `amount` quote atoms of collateral in.
    pub(super) fn join(&mut self, name: &str, role: &str, amount: u128) -> Result<Person> {
        let account = self.exchange.chain.account(name);
        let clearing = self.exchange.clearing.clone();
        let seat = self.exchange.send(&account, &clearing, "open_account", args![0_u64])?.get(0)?;
        let person = Person { account, seat };
        self.people.push(person.clone());
        let participant = Participant { name: name.into(), role: role.into(), ..Participant::default() };
        self.record.participants.push(participant);
        self.deposit(&person, amount).with_context(|| format!("the deposit of the {name}"))?;
        Ok(person)
    }

    /// Gets `amount` quote atoms of the token and pays them into the vault.
    pub(super) fn deposit(&mut self, person: &Person, amount: u128) -> Result<()> {
        self.fetch(&person.account, amount)?;
        let vault = self.exchange.vault.clone();
        self.send(&person.account, &vault, "deposit", args![person.seat, amount])?;
        Ok(())
    }

    /// Pays a gift into the insurance fund (0) or the market-maker programme (1).
    pub(super) fn endow(&mut self, purpose: u64, amount: u128) -> Result<()> {
        let treasurer = self.exchange.chain.account("treasurer");
        self.fetch(&treasurer, amount)?;
        let vault = self.exchange.vault.clone();
        self.send(&treasurer, &vault, "endow", args![purpose, amount])?;
        Ok(())
    }

    fn fetch(&mut self, account: &Account, amount: u128) -> Result<()> {
        let (usdc, vault) = (self.exchange.chain.usdc(), self.exchange.vault.clone());
        self.exchange.chain.mint_usdc(account, amount)?;
        self.exchange.chain.call(account, &usdc, "approve", args![&vault, amount])?;
        Ok(())
    }

    /// Takes all cash out of an account, no more in an hour than the limits let go.
    pub(super) fn withdraw_all(&mut self, person: &Person) -> Result<()> {
        let clearing = self.exchange.clearing.clone();
        loop {
            let amount = self.exchange.account(person.seat)?.cash.min(launch::WITHDRAWAL_LIMITS.hour_amount);
            if amount == 0 {
                return Ok(());
            }
            self.exchange.chain.advance(3_600);
            self.send(&person.account, &clearing, "withdraw", args![person.seat, amount])?;
        }
    }

    /// Places an order in the story's month; returns the lots that traded.
    pub(super) fn place(&mut self, person: &Person, buy: bool, price: u32, lots: u32, policy: Policy) -> Result<u32> {
        let order = Value::Tuple(args![
            person.seat,
            self.month,
            buy,
            price,
            lots,
            policy as u64,
            0_u64, // self-trade: cancel taker
            false,
            0_u64, // no expiry
            0_u64, // next number
        ]);
        let clearing = self.exchange.clearing.clone();
        let (_, filled, _): (u32, u32, u32) = self.send(&person.account, &clearing, "place", args![order])?.get(0)?;
        Ok(filled)
    }

    /// Refreshes a maker's quotes: four levels on each side, inside the permitted spread around the mark.
    pub(super) fn quote(&mut self, person: &Person) -> Result<()> {
        let mark = self.exchange.mark(self.month)?.0;
        let mut levels = Vec::new();
        for level in 1..=QUOTE_LEVELS {
            // Steps of 0.15 % of the mark: the outermost is 0.6 % away, inside the 1 % of the front months.
            let away = (mark * 15 * level / 10_000).max(level);
            for (side, price) in [(0_u8, mark.saturating_sub(away).max(1)), (1, mark + away)] {
                levels.push(side);
                levels.extend_from_slice(&price.to_be_bytes()[1..]);
                levels.extend_from_slice(&QUOTE_LOTS.to_be_bytes()[1..]);
            }
        }
        let clearing = self.exchange.clearing.clone();
        let args = args![person.seat, self.month, Value::Bytes(levels), 0_u64];
        self.send(&person.account, &clearing, "quote", args)?;
        Ok(())
    }

    /// Sends a message about a seat that anybody may send, as the keeper.
    pub(super) fn keep(&mut self, message: &str, arguments: Vec<Value>) -> Result<Receipt> {
        let (clearing, keeper) = (self.exchange.clearing.clone(), self.exchange.chain.account("keeper"));
        self.send(&keeper, &clearing, message, arguments)
    }

    /// The keeper settles the product by the newest print.
    pub(super) fn settle_day(&mut self) -> Result<()> {
        self.keep("settle_day", args![TPI])?;
        Ok(())
    }
}

/// Levels of a quote on each side.
const QUOTE_LEVELS: u32 = 4;

/// Lots of a level.
const QUOTE_LOTS: u32 = 60;
