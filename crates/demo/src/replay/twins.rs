//! A native exchange and a deployed one, driven in step.

use super::{Deployed, compare};
use anyhow::{Context, Result, bail, ensure};
use sit_engine::clearing::{Account, Instrument, Ledger, Market, Product, Store};
use sit_engine::units::Seconds;
use sit_native::{Exchange, Message, Refusal, stored};

/// Both, in the same state.
pub struct Twins {
    /// The native exchange.
    pub native: Exchange,
    /// The deployed one.
    pub deployed: Deployed,
    /// Messages that were compared.
    pub compared: u64,
}

impl Twins {
    /// Twins from their first block on.
    #[must_use]
    pub fn new(native: Exchange, deployed: Deployed) -> Self {
        Self { native, deployed, compared: 0 }
    }

    /// Gives both the same tokens.
    ///
    /// # Errors
    /// The chain's refusal.
    pub fn mint(&mut self, wallet: [u8; 20], atoms: u128) -> Result<()> {
        self.native.mint(wallet, atoms);
        self.deployed.mint(wallet, atoms)
    }

    /// Sends a message to both and compares answer or error, and every event. Returns what the native one said.
    ///
    /// # Errors
    /// The first difference.
    pub fn send(&mut self, at: Seconds, by: [u8; 20], message: &Message) -> Result<Result<(), Refusal>> {
        self.native.now = at;
        let outcome = self.native.send(by, message);
        let deployed = self.deployed.send(at.0.into(), by, message)?;
        let native = outcome.clone().map_err(Refusal::name);
        if let Some(difference) = compare::outcome(message, &native, self.native.told(), &deployed) {
            bail!("{message:?}: {difference}");
        }
        self.compared += 1;
        Ok(outcome.map(|_| ()))
    }

    /// Compares every account, every listed instrument, the ledger and the wallets of `owners`, and asks both for an
    /// audit.
    ///
    /// # Errors
    /// The first difference.
    pub fn compare_balances(&mut self, owners: &[[u8; 20]]) -> Result<()> {
        self.native.audit_all()?;
        ensure!(self.deployed.audit()?, "the deployed vault's books do not balance");
        let ledger: Ledger = self.deployed.cell(&stored::ledger())?.unwrap_or_default();
        ensure!(ledger == self.native.clearing.ledger(), "ledgers differ: {ledger:?}");
        let accounts: Vec<_> = self.native.clearing.accounts().map(|(seat, account)| (seat, *account)).collect();
        for (seat, native) in accounts {
            let deployed: Account =
                self.deployed.cell(&stored::account(seat))?.with_context(|| format!("{seat:?} is open"))?;
            let same = (native.owner, native.cash, native.next_order)
                == (deployed.owner, deployed.cash, deployed.next_order)
                && native.positions().len() == deployed.positions().len()
                && native.positions().iter().zip(deployed.positions()).all(|(a, b)| {
                    (a.instrument, a.net, a.basis, a.bids, a.asks) == (b.instrument, b.net, b.basis, b.bids, b.asks)
                });
            ensure!(same, "{seat:?} differs: natively {native:?}, deployed {deployed:?}");
        }
        for product in (0..=Product::MAX.0).map(Product) {
            for serial in 0..self.native.clearing.curve(product).map_or(0, |curve| curve.next_serial) {
                let instrument = Instrument::new(product, serial);
                let deployed: Option<Market> = self.deployed.cell(&stored::market(instrument))?;
                ensure!(deployed == self.native.clearing.market(instrument), "{instrument:?} differs: {deployed:?}");
            }
        }
        for owner in owners {
            let (native, deployed) = (self.native.wallet(*owner), self.deployed.wallet(*owner));
            ensure!(native == deployed, "a wallet holds {native} natively and {deployed} on the chain");
        }
        Ok(())
    }
}
