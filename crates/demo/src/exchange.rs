//! The contracts, deployed and wired on the embedded chain, and how people send them messages.
//!
//! Every message is a transaction of an honest block. After each the vault's books are audited on chain; a message that
//! leaves them unbalanced ends the story with an error.

use crate::month_sizes::MonthSizes;
use anyhow::{Context, Result, bail, ensure};
use sit_client::deploy::{self, Authority, Plan};
use sit_client::govern::{self, MarginProposal, Proposal};
use sit_client::{Client, Deployment, Failure, Signer};
use sit_devnet::{Account, Chain, Cost, Deployed, WhenFull};
use sit_engine::calendar::Day;
use sit_engine::certificate::{SCENARIOS, SLOTS};
use sit_engine::clearing::{self, Curve, Instrument, Listing, Market, Product};
use sit_engine::launch::{self, TPI_INDEX};
use sit_engine::oracle::{Entry, IndexId, Quote, Rules, Validity};
use sit_engine::units::{Seat, Seconds, TickValue, Ticks};
use sit_native::answers::Audited;
use sit_native::{Contract, Message, View, stored, view};

/// Seconds between two blocks of the Hub, rounded up to whole seconds.
const BLOCK_SECONDS: u64 = 6;

/// The index of the stories: the token price index.
pub const TPI: IndexId = TPI_INDEX;

/// The product on it.
pub const PRODUCT: Product = launch::TPI;

/// Reporters of the index.
pub const REPORTERS: usize = 4;

/// Volume of each provider in millions of tokens a day: unequal, as volumes are, and one above the 30 % cap.
pub const VOLUMES: [u64; 5] = [40_000, 25_000, 15_000, 12_000, 8_000];

/// Price of each provider against the market, in basis points.
pub(crate) const PROVIDER_SPREAD_BPS: [u64; 5] = [10_000, 10_150, 9_900, 10_300, 9_700];

/// What a reporter submits who sees this price, in quote atoms per million tokens.
///
/// # Errors
/// When a provider's price does not fit into the index's 32 bits.
pub(crate) fn batch(seen: u64) -> Result<Vec<Entry>> {
    let line = |(provider, (volume, spread)): (u8, (u64, u64))| {
        let blend = seen * spread / 10_000;
        // Input at half the blend, or nearer to it where the output would not fit into 32 bits; then
        // (3 * input + output) / 4 is the blend again.
        let input = (blend / 2).max((4 * blend).saturating_sub(u32::MAX.into()).div_ceil(3)).max(1);
        let output = (4 * blend).saturating_sub(3 * input).max(1);
        let quote = Quote { input: u32::try_from(input)?, output: u32::try_from(output)?, volume };
        anyhow::Ok(Entry { provider, quote })
    };
    (0..).zip(VOLUMES.into_iter().zip(PROVIDER_SPREAD_BPS)).map(line).collect()
}

/// A message that was done on the embedded chain.
pub type Done = sit_client::Done<Cost>;

/// The exchange and its chain.
pub struct Exchange {
    /// The chain.
    pub chain: Chain,
    /// Where the contracts are.
    pub deployment: Deployment,
    /// Messages that the contracts executed since they were connected; before that there are no books to audit.
    pub messages: u64,
    /// Audits that balanced.
    pub audits: u64,
    governor: Account,
    /// Whether messages are audited.
    auditing: bool,
}

impl Exchange {
    /// Deploys the contracts and connects them, at a time. Genesis of governance has begun.
    ///
    /// # Errors
    /// When a contract is not built, or the chain refuses.
    pub fn deploy(unix_seconds: u64) -> Result<Self> {
        Self::deploy_with(unix_seconds, |chain| Ok(chain.usdc()))
    }

    /// Deploys and connects the contracts with another collateral token.
    ///
    /// # Errors
    /// As [`Exchange::deploy`], and those of `token`.
    pub fn deploy_with(unix_seconds: u64, token: impl FnOnce(&mut Chain) -> Result<Deployed>) -> Result<Self> {
        let mut chain = Chain::starting_at(unix_seconds);
        chain.when_full(WhenFull::Seal { seconds: BLOCK_SECONDS });
        let (deployer, governor, guardian) =
            (chain.account("deployer"), chain.account("governor"), chain.account("guardian"));
        let token = token(&mut chain)?.address.into_array();
        let authority =
            Authority::Contract { governor: governor.address(), guardian: guardian.address(), delays: launch::DELAYS };
        let mut client = Client::new(&mut chain, Deployment::default());
        deploy::deploy(&mut client, &deployer, &governor, &Plan { token, authority, programme: None })?;
        let deployment = client.deployment;
        Ok(Self { deployment, messages: 0, audits: 0, governor, auditing: true, chain })
    }

    /// A client of the exchange, whose messages nobody audits.
    pub fn client(&mut self) -> Client<&mut Chain> {
        Client::new(&mut self.chain, self.deployment.clone())
    }

    /// Where a contract is.
    ///
    /// # Errors
    /// When it is not deployed.
    pub fn address(&self, contract: Contract) -> Result<[u8; 20]> {
        Ok(self.deployment.get(contract).ok_or(Failure::NotDeployed(contract))?)
    }

    /// Sends a message and audits the books.
    ///
    /// # Errors
    /// The contract's refusal as [`Failure`], or books that do not balance.
    pub fn send(&mut self, from: &Account, message: &Message) -> Result<Done> {
        let done = self.client().send(from, message)?;
        self.audited(&done.what)?;
        Ok(done)
    }

    /// Sends a message to a contract at another address, for example to the next version of one, and audits the books.
    ///
    /// # Errors
    /// As [`Exchange::send`].
    pub fn send_to(&mut self, from: &Account, to: [u8; 20], message: &Message) -> Result<Done> {
        let done = self.client().send_to(from, to, message)?;
        self.audited(&done.what)?;
        Ok(done)
    }

    fn audited(&mut self, what: &str) -> Result<()> {
        if self.auditing {
            self.messages += 1;
            self.audit().with_context(|| format!("after {what}"))?;
            self.audits += 1;
        }
        Ok(())
    }

    /// Audits after each message, or not: while accounts move between two versions of the clearing house, neither alone
    /// has what the vault holds.
    pub fn auditing(&mut self, on: bool) {
        self.auditing = on;
    }

    /// Sends a message that must be refused, and returns the error's name.
    ///
    /// # Errors
    /// When it is not refused, or leaves a trace.
    pub fn refuse(&mut self, from: &Account, message: &Message) -> Result<&'static str> {
        // In a block of its own: a full one would be sealed on the way, and that is a trace too.
        self.chain.seal_block(BLOCK_SECONDS);
        let before = self.chain.state_root();
        let what = format!("{}.{}", message.contract().name(), message.name());
        match self.client().send(from, message) {
            Ok(_) => bail!("{what} was accepted"),
            Err(Failure::Refused { why, .. }) => {
                ensure!(self.chain.state_root() == before, "{what} left a trace");
                Ok(why.name())
            }
            Err(failure) => Err(failure.into()),
        }
    }

    /// What a view answers.
    ///
    /// # Errors
    /// The contract's refusal as [`Failure`].
    pub fn view<V: View>(&mut self, view: &V) -> Result<V::Answer, Failure> {
        self.client().view(view)
    }

    /// Both sides of the vault's books; an error unless they balance.
    ///
    /// # Errors
    /// When they do not.
    pub fn audit(&mut self) -> Result<Audited> {
        let audited = self.view(&view::Audit {})?;
        let Audited { balance, books, balanced } = audited;
        ensure!(balanced, "the books do not balance: the token holds {balance}, the books say {books}");
        Ok(audited)
    }

    /// Proposes, approves and executes an action of genesis, which waits for no delay.
    ///
    /// # Errors
    /// The refusal of any of the three.
    pub fn govern(&mut self, message: &Message) -> Result<Done> {
        let proposal = self.queue(message)?;
        let done = self.execute(&proposal);
        done.with_context(|| format!("{}.{} through governance", message.contract().name(), message.name()))
    }

    /// Proposes and approves an action; what is returned executes it after its delay.
    ///
    /// # Errors
    /// The refusal of either.
    pub fn queue(&mut self, message: &Message) -> Result<Proposal> {
        let (propose, calldata) = govern::proposing(&self.deployment, self.now(), message)?;
        self.propose(&propose, calldata)
    }

    /// Sends a proposal and approves it.
    ///
    /// # Errors
    /// The refusal of either.
    pub fn propose(&mut self, propose: &Message, calldata: Vec<u8>) -> Result<Proposal> {
        let governor = self.governor.clone();
        let id = self.send(&governor, propose)?.answer()?;
        let approval = self.client().approval(id)?;
        self.send(&governor, &approval)?;
        Ok(Proposal { id, calldata })
    }

    /// Anyone executes an action whose delay is over.
    ///
    /// # Errors
    /// The refusal of governance or of the target.
    pub fn execute(&mut self, proposal: &Proposal) -> Result<Done> {
        let anyone = self.chain.account("executor");
        self.send(&anyone, &proposal.execution())
    }

    /// Time of the block, as contracts have it.
    pub fn now(&self) -> Seconds {
        Seconds(u32::try_from(self.chain.now()).unwrap_or(u32::MAX))
    }

    /// Proposes a certified margin set, and has it executed like any action.
    ///
    /// # Errors
    /// The refusal of any step.
    pub fn govern_margin(
        &mut self,
        set: &sit_sim::margin::MarginSet,
        certificate: &sit_sim::margin::Certificate,
    ) -> Result<Done> {
        self.govern_shocks(&set.shocks, certificate)
    }

    /// Proposes a margin set of given shocks, with a certificate of made-up sources, and has it executed.
    ///
    /// # Errors
    /// The refusal of any step.
    pub fn govern_shocks(
        &mut self,
        shocks: &[[i16; SCENARIOS]; SLOTS],
        certificate: &sit_sim::margin::Certificate,
    ) -> Result<Done> {
        let set = MarginProposal {
            product: PRODUCT,
            maintenance_bps: launch::MAINTENANCE_BPS,
            liquidation_end_bps: launch::LIQUIDATION_END_BPS,
            shocks: *shocks,
            certificate: *certificate,
        };
        let (propose, calldata) = set.proposing(&self.deployment, self.now())?;
        let proposal = self.propose(&propose, calldata)?;
        self.execute(&proposal).context("the margin set through governance")
    }

    /// Opens the index: rules, providers, reporters.
    ///
    /// # Errors
    /// The contract's refusal.
    pub fn open_index(&mut self) -> Result<()> {
        let (index, rules) = (TPI, Rules::TPI);
        self.govern(&Message::SetIndex { index, rules })?;
        for (provider, _) in (0..).zip(VOLUMES) {
            self.govern(&Message::SetProvider { index, provider, score: rules.reference_score })?;
        }
        for reporter in self.reporters() {
            self.govern(&Message::AddReporter { index, reporter: reporter.address() })?;
        }
        Ok(())
    }

    /// The reporters of the index.
    pub fn reporters(&mut self) -> Vec<Account> {
        (1..=REPORTERS).map(|number| self.chain.account(&format!("reporter {number}"))).collect()
    }

    /// All reporters submit what they see when the market's price is `price` quote atoms per million tokens.
    ///
    /// # Errors
    /// The contract's refusal.
    pub fn submit_prices(&mut self, day: u32, price: u64) -> Result<()> {
        for (number, reporter) in self.reporters().into_iter().enumerate() {
            // The last reporter sees slightly higher prices: the median does not follow them.
            let seen = if number + 1 == REPORTERS { price * 101 / 100 } else { price };
            let batch = batch(seen)?;
            self.send(&reporter, &Message::Submit { index: TPI, day: Day(day), batch })?;
        }
        Ok(())
    }

    /// Publishes a day; returns how good its print is.
    ///
    /// # Errors
    /// The contract's refusal.
    pub fn publish(&mut self, day: u32) -> Result<Validity> {
        let keeper = self.chain.account("keeper");
        Ok(self.send(&keeper, &Message::Publish { index: TPI, day: Day(day) })?.answer()?)
    }

    /// Lists a month by its first mark; returns the instrument.
    ///
    /// # Errors
    /// The contract's refusal.
    pub fn list(&mut self, expiry: u64, mark: u32, sizing: &MonthSizes) -> Result<u16> {
        let listing = Listing {
            product: PRODUCT,
            expiry: Seconds(u32::try_from(expiry)?),
            tick_value: TickValue(sizing.tick_value),
            tick_size: sizing.tick_size,
            mark: Ticks(mark),
            terms: sizing.terms,
        };
        let before = self.curve()?.map_or(0, |curve| curve.next_serial);
        self.govern(&Message::List { listing })?;
        Ok(before)
    }

    /// The curve of the token price index.
    ///
    /// # Errors
    /// When the chain refuses the view.
    pub fn curve(&mut self) -> Result<Option<Curve>> {
        Ok(self.client().cell(&stored::curve(PRODUCT))?)
    }

    /// An instrument.
    ///
    /// # Errors
    /// When there is none.
    pub fn market(&mut self, instrument: u16) -> Result<Market> {
        self.client().cell(&stored::market(Instrument(instrument)))?.context("the instrument is listed")
    }

    /// An account.
    ///
    /// # Errors
    /// When there is none.
    pub fn account(&mut self, seat: u32) -> Result<clearing::Account> {
        self.client().cell(&stored::account(Seat(seat)))?.context("the seat is open")
    }

    /// The settlement mark of an instrument.
    ///
    /// # Errors
    /// When it is not in the curve.
    pub fn mark(&mut self, instrument: u16) -> Result<Ticks> {
        let curve = self.curve()?.context("the product has started")?;
        Ok(curve.month(Instrument(instrument)).context("the month is listed")?.settle)
    }
}
