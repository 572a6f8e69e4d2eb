//! The back office of the clearing house: what happens by the day, not by the minute.
//!
//! The clearing house reaches this code by delegate call: it runs on the clearing house's cells, in its name, for whoever sent
//! the message there. Its own address holds nothing, and messages sent to it find no accounts and no governance.
#![cfg_attr(not(feature = "std"), no_std, no_main)]
#![expect(missing_docs, reason = "ink! generates an alias of the contract without documentation")]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

#[cfg(target_arch = "riscv64")]
ink::polkavm_derive::min_stack_size!(131_072);

#[ink::contract]
mod clearing_office {
    use ink::sol::{DynBytes, FixedBytes};
    use sit_engine::calendar::Day;
    use sit_engine::clearing::{
        self as engine, Delegate, Execute, Instrument, Item, Product, Purpose, Search, Store, Trigger,
        WithdrawalLimits, mark::Averaging, mark::Print,
    };
    use sit_engine::oracle::Validity;
    use sit_engine::units::{Lots, Seat, Seconds, Ticks};
    use sit_shell::call;
    use sit_shell::clearing::fields::{AddOnFields, ListingFields, RollFields, TriggerFields, side};
    use sit_shell::clearing::{Chain, Error, Peers, Result, commit, connected, env, only, selectors};

    /// Nothing.
    #[ink(storage)]
    pub struct Backoffice {}

    impl Backoffice {
        /// A back office, for any number of clearing houses.
        #[ink(constructor)]
        pub fn new() -> Self {
            Self {}
        }

        /// Governance connects the other contracts, once.
        #[ink(message)]
        pub fn connect(&self, vault: Address, oracle: Address, incentives: Address) -> Result<()> {
            let peers = only_governance()?;
            if peers.vault != [0; 20] {
                return Err(Error::AlreadyConnected);
            }
            Chain::set_peers(&Peers { vault: vault.0, oracle: oracle.0, incentives: incentives.0, ..peers });
            Ok(())
        }

        /// Opens a sub-account of the caller; returns its seat.
        #[ink(message)]
        pub fn open_account(&self, sub: u8) -> Result<u32> {
            connected()?; // until then the seats are those of the version before, whose accounts may still come
            commit(|chain, env| engine::open_account(chain, env, sub)).map(|seat| seat.0)
        }

        /// The vault tells of a gift to the insurance fund (0) or the market-maker programme (1).
        #[ink(message)]
        pub fn endow(&self, purpose: u8, amount: u64) -> Result<()> {
            only(Chain::peers().vault)?;
            let purpose = match purpose {
                0 => Purpose::Fund,
                1 => Purpose::Incentives,
                _ => return Err(Error::BadParameter),
            };
            commit(|chain, _| engine::endow(chain, purpose, amount))
        }

        /// Settles a product by the oracle's newest print; returns the round. By anyone.
        #[ink(message)]
        pub fn settle_day(&self, product: u8) -> Result<u16> {
            let oracle = Address::from(connected()?.oracle);
            let print = call!(oracle, selectors::LATEST, u16::from(product) => (u32, u64, u32));
            let (day, price, _) = print.ok_or(Error::IndexUnavailable)?;
            let price = u32::try_from(price).map_err(|_| Error::IndexUnavailable)?;
            let averaging = |expiry: Seconds| {
                let last_day = Day::of(expiry).0;
                if last_day.saturating_sub(day) > MAX_WINDOW_DAYS {
                    return None;
                }
                let averaging = call!(oracle, selectors::AVERAGING, u16::from(product), last_day => (u64, u16, u16));
                averaging.map(|(sum, samples, window)| Averaging { sum, samples, window })
            };
            let print = Print { day: Day(day), price };
            commit(|chain, env| engine::settle_day(chain, env.now, Product(product), print, averaging))
        }

        /// Sets the final price of an expired instrument from the oracle's settlement; returns it in ticks. By anyone.
        #[ink(message)]
        pub fn finalise(&self, instrument: u16) -> Result<u32> {
            let oracle = Address::from(connected()?.oracle);
            let instrument = Instrument(instrument);
            let mut chain = Chain::new();
            let curve = chain.curve(instrument.product()).ok_or(Error::UnknownInstrument)?;
            let expiry = curve.month(instrument).ok_or(Error::UnknownInstrument)?.expiry;
            let index = u16::from(instrument.product().0);
            let price = call!(oracle, selectors::FINAL_PRICE, index, Day::of(expiry).0 => u64);
            let price = price.and_then(|price| u32::try_from(price).ok()).ok_or(Error::NotFinal)?;
            commit(|chain, env| engine::finalise(chain, env.now, instrument, price)).map(|price| price.0)
        }

        /// Brings the oracle's word about a product's index; returns 0 invalid, 1 needs confirmation, 2 valid. By anyone.
        #[ink(message)]
        pub fn note_index(&self, product: u8) -> Result<u8> {
            let oracle = Address::from(connected()?.oracle);
            let word = call!(oracle, selectors::VALIDITY, u16::from(product) => u8).ok_or(Error::IndexUnavailable)?;
            let validity = Validity::from_number(word);
            commit(|chain, _| engine::note_index(chain, Product(product), validity))?;
            Ok(validity.number())
        }

        /// Lists the months that the calendar lists; returns how many joined. By anyone.
        #[ink(message)]
        pub fn roll_listing(&self, product: u8) -> Result<u8> {
            commit(|chain, env| engine::roll_listing(chain, env.now, Product(product)))
        }

        /// Settles a month at its last mark when pause, silence of the index or missing settlement have lasted too long; returns
        /// it. By anyone; where the oracle has a final price, that is taken instead.
        #[ink(message)]
        pub fn sunset(&self, instrument: u16) -> Result<u32> {
            match self.finalise(instrument) {
                Err(Error::NotFinal | Error::NotExpired) => {}
                settled => return settled,
            }
            commit(|chain, env| engine::sunset(chain, env.now, Instrument(instrument))).map(|price| price.0)
        }

        /// Governance pauses scopes of a product: 1 trading, 2 liquidation, 4 settlement. The guardian may.
        #[ink(message)]
        pub fn pause(&self, product: u8, scopes: u8) -> Result<()> {
            only_governance()?;
            commit(|chain, env| engine::pause(chain, env.now, Product(product), scopes))
        }

        /// Governance ends every pause of a product.
        #[ink(message)]
        pub fn unpause(&self, product: u8) -> Result<()> {
            only_governance()?;
            commit(|chain, env| engine::unpause(chain, env.now, Product(product)))
        }

        /// Moves an item to the next version of the clearing house that the registry of governance names: what it is (0 curve, 1
        /// margin, 2 backtest, 3 market, 4 account, 5 rest, 6 reserves), the number of its product, instrument or seat, and of
        /// an account the number among its owner's. By anyone, while the products are paused whole. See
        /// [`sit_engine::clearing::migrate`].
        #[ink(message)]
        pub fn migrate(&self, what: u8, id: u32, sub: u8) -> Result<()> {
            let (next, previous) = versions().ok_or(Error::NotMigrating)?;
            if previous != self.env().address() {
                return Err(Error::NotMigrating);
            }
            let item = Item::new(what, id, sub)?;
            let content = commit(|chain, env| engine::depart(chain, env, item))?;
            let content = DynBytes(content.as_bytes().into());
            call!(next, selectors::ARRIVE, what, id, sub, content => ()).ok_or(Error::CallFailed)
        }

        /// The version before this one moves an item here, as long as this one is not connected.
        #[ink(message)]
        pub fn arrive(&self, what: u8, id: u32, sub: u8, content: DynBytes) -> Result<()> {
            let (next, previous) = versions().ok_or(Error::NotAuthorised)?;
            if next != self.env().address() {
                return Err(Error::NotAuthorised);
            }
            only(previous.0)?;
            if connected().is_ok() {
                return Err(Error::AlreadyConnected);
            }
            let item = Item::new(what, id, sub)?;
            commit(|chain, _| engine::arrive(chain, item, &content.0))
        }

        /// Has the insurance fund pay a bankrupt account's loss; returns the quote atoms paid. By anyone.
        #[ink(message)]
        pub fn cover(&self, seat: u32, instrument: u16) -> Result<u64> {
            commit(|chain, _| engine::cover(chain, Seat(seat), Instrument(instrument)))
        }

        /// Distributes an instrument's fees; returns them. By anyone.
        #[ink(message)]
        pub fn sweep_fees(&self, instrument: u16) -> Result<u64> {
            commit(|chain, _| engine::sweep_fees(chain, Instrument(instrument)))
        }

        /// Cancels an order by its number alone, looking through some pages of its side of the book from a price on, zero for
        /// the best; returns the lots that were open.
        #[ink(message)]
        pub fn cancel_by_number(
            &self,
            seat: u32,
            instrument: u16,
            number: u32,
            buy: bool,
            from: u32,
            pages: u8,
        ) -> Result<u32> {
            let search = Search { number, side: side(buy), from: Ticks(from), pages, exact: false };
            let (seat, instrument) = (Seat(seat), Instrument(instrument));
            commit(|chain, env| engine::cancel_by_number(chain, env, seat, instrument, search)).map(|lots| lots.0)
        }

        /// Moves lots of a position from one month to another at market, both legs or none; returns what the legs were traded
        /// for, in lots times ticks.
        #[ink(message)]
        pub fn roll(&self, roll: RollFields) -> Result<(i64, i64)> {
            let legs = commit(|chain, env| engine::roll(chain, env, roll.into()))?;
            Ok((legs.0.value.0, legs.1.value.0))
        }

        /// Puts a stop or take-profit order into one of the account's slots, in place of what was there.
        #[ink(message)]
        pub fn set_trigger(&self, seat: u32, slot: u8, trigger: TriggerFields) -> Result<()> {
            let trigger = Trigger::try_from(trigger)?;
            commit(|chain, env| engine::set_trigger(chain, env, Seat(seat), slot, trigger))
        }

        /// Takes it away.
        #[ink(message)]
        pub fn clear_trigger(&self, seat: u32, slot: u8) -> Result<()> {
            commit(|chain, env| engine::clear_trigger(chain, env, Seat(seat), slot))
        }

        /// Carries out a trigger whose condition holds, for its fee; returns the lots filled, the lots that rest and the fee in
        /// quote atoms. By anyone.
        #[ink(message)]
        pub fn execute_trigger(&self, keeper: u32, seat: u32, slot: u8) -> Result<(u32, u32, u64)> {
            let execute = Execute { keeper: Seat(keeper), seat: Seat(seat), slot };
            let (placed, fee) = commit(|chain, env| engine::execute_trigger(chain, env, execute))?;
            Ok((placed.filled.0, placed.resting.0, fee))
        }

        /// Lets somebody trade, and nothing else, for the account: orders of at most `max_lots`, in these instruments (two
        /// bytes each; none for all), until `expiry`. An expiry in the past dismisses him.
        #[ink(message)]
        pub fn set_delegate(
            &self,
            seat: u32,
            delegate: Address,
            max_lots: u32,
            expiry: u32,
            instruments: DynBytes,
        ) -> Result<()> {
            let scope = engine::parse_scope(&instruments.0);
            let terms = Delegate::new(Lots(max_lots), Seconds(expiry), scope)?;
            commit(|chain, env| engine::set_delegate(chain, env, Seat(seat), delegate.0, &terms))
        }

        /// Governance sets the days without a session to come, two bytes each: days since 1970.
        #[ink(message)]
        pub fn set_holidays(&self, product: u8, days: DynBytes) -> Result<()> {
            only_governance()?;
            commit(|chain, env| engine::set_holidays(chain, env.now, Product(product), &days.0))
        }

        /// Moves free collateral to another account of the same owner; returns the cash that is left.
        #[ink(message)]
        pub fn transfer(&self, from: u32, to: u32, amount: u64) -> Result<u64> {
            commit(|chain, env| engine::transfer(chain, env, Seat(from), Seat(to), amount))
        }

        /// Counts what an account has traded since the last time and sets its fee tier; returns the tier. By anyone.
        #[ink(message)]
        pub fn refresh_tier(&self, seat: u32) -> Result<u8> {
            commit(|chain, env| engine::refresh_tier(chain, env, Seat(seat)))
        }

        /// Enters the deficit of a liquidated account in the books, which gates withdrawals; returns it in quote atoms. By
        /// anyone.
        #[ink(message)]
        pub fn report_deficit(&self, seat: u32) -> Result<u64> {
            commit(|chain, _| engine::report_deficit(chain, Seat(seat)))
        }

        /// Writes off what a bankrupt account owes beyond what the fund may pay: its instrument's winners will bear it.
        /// Returns the points. By anyone.
        #[ink(message)]
        pub fn write_off(&self, seat: u32, instrument: u16) -> Result<i64> {
            let instrument = Instrument(instrument);
            commit(|chain, _| engine::write_off(chain, Seat(seat), instrument)).map(|points| points.0)
        }

        /// Shares a written-off loss among the unsettled profits of an instrument, up to 32 accounts at a time: four bytes of
        /// seat each. Returns how many holders are left to count. By anyone.
        #[ink(message)]
        pub fn allocate(&self, instrument: u16, seats: DynBytes) -> Result<u32> {
            let seats = engine::parse_seats(&seats.0);
            commit(|chain, _| engine::allocate(chain, Instrument(instrument), seats))
        }

        /// Pays an account's debt in one instrument from its profit in another; returns the quote atoms. By anyone.
        #[ink(message)]
        pub fn bridge(&self, seat: u32, debt: u16, claim: u16) -> Result<u64> {
            commit(|chain, _| engine::bridge(chain, Seat(seat), Instrument(debt), Instrument(claim)))
        }

        /// Has two accounts give up what each owes in the instrument in which the other is owed: `one` is owed in `claim` and
        /// owes in `debt`. Returns the quote atoms. By anyone.
        #[ink(message)]
        pub fn offset(&self, one: u32, other: u32, claim: u16, debt: u16) -> Result<u64> {
            let (claim, debt) = (Instrument(claim), Instrument(debt));
            commit(|chain, _| engine::offset(chain, Seat(one), Seat(other), claim, debt))
        }

        /// Governance sets a product's add-ons to the scenarios' margin.
        #[ink(message)]
        pub fn set_add_ons(&self, product: u8, add_ons: AddOnFields) -> Result<()> {
            only_governance()?;
            commit(|chain, _| engine::set_add_ons(chain, Product(product), add_ons.into()))
        }

        /// Governance sets the fee of the final settlement of an instrument, in millionths.
        #[ink(message)]
        pub fn set_settlement_fee(&self, instrument: u16, ppm: u16) -> Result<()> {
            only_governance()?;
            commit(|chain, _| engine::set_settlement_fee(chain, Instrument(instrument), ppm))
        }

        /// Governance sets how much of the insurance fund one instrument may use up, in basis points.
        #[ink(message)]
        pub fn set_fund_cap(&self, bps: u16) -> Result<()> {
            only_governance()?;
            commit(|chain, _| engine::set_fund_cap(chain, bps))
        }

        /// Governance limits what may leave in an hour and in a day: the larger of a share in basis points and an amount in
        /// quote atoms.
        #[ink(message)]
        pub fn set_withdrawal_limits(
            &self,
            hour_bps: u16,
            hour_amount: u64,
            day_bps: u16,
            day_amount: u64,
        ) -> Result<()> {
            only_governance()?;
            let limits = WithdrawalLimits { hour_bps, hour_amount, day_bps, day_amount };
            commit(|chain, _| engine::set_withdrawal_limits(chain, limits))
        }

        /// Governance moves the treasury's money to the market-maker programme; returns what its pool holds then.
        #[ink(message)]
        pub fn fund_programme(&self, amount: u64) -> Result<u64> {
            only_governance()?;
            commit(|chain, _| engine::fund_programme(chain, amount))
        }

        /// Governance has the treasury's money paid out; returns what is left of it.
        #[ink(message)]
        pub fn pay_treasury(&self, to: Address, amount: u64) -> Result<u64> {
            let vault = only_governance()?.vault;
            let left = commit(|chain, env| engine::pay_treasury(chain, env, amount))?;
            call!(Address::from(vault), selectors::PAY, to, amount => ()).ok_or(Error::CallFailed)?;
            Ok(left)
        }

        /// Governance puts a certified margin set in force.
        #[ink(message)]
        pub fn set_risk(
            &self,
            product: u8,
            maintenance_bps: u16,
            liquidation_end_bps: u16,
            shocks: DynBytes,
            certificate_hash: FixedBytes<32>,
        ) -> Result<()> {
            only_governance()?;
            if certificate_hash.0 == [0; 32] {
                return Err(Error::BadParameter);
            }
            let (maintenance, end) = (maintenance_bps, liquidation_end_bps);
            commit(|chain, _| engine::set_risk(chain, Product(product), maintenance, end, &shocks.0))
        }

        /// Governance starts a product at the oracle's newest print.
        #[ink(message)]
        pub fn start_product(&self, product: u8) -> Result<()> {
            let oracle = Address::from(only_governance()?.oracle);
            let print = call!(oracle, selectors::LATEST, u16::from(product) => (u32, u64, u32));
            let (day, price, _) = print.ok_or(Error::IndexUnavailable)?;
            let price = u32::try_from(price).map_err(|_| Error::IndexUnavailable)?;
            commit(|chain, _| engine::start_product(chain, Product(product), Day(day), price))
        }

        /// Governance lists a month that the calendar lists; returns the instrument.
        #[ink(message)]
        pub fn list(&self, listing: ListingFields) -> Result<u16> {
            only_governance()?;
            let listing = listing.into();
            commit(|chain, env| engine::list(chain, env.now, listing)).map(|instrument| instrument.0)
        }

        /// Governance sets the shares of swept fees, in basis points; the treasury gets the rest.
        #[ink(message)]
        pub fn set_fee_shares(&self, fund_bps: u16, incentive_bps: u16) -> Result<()> {
            only_governance()?;
            commit(|chain, _| engine::set_fee_shares(chain, fund_bps, incentive_bps))
        }

        /// The incentives contract designates a market maker or takes it back.
        #[ink(message)]
        pub fn set_maker(&self, seat: u32, maker: bool) -> Result<()> {
            only(Chain::peers().incentives)?;
            commit(|chain, env| engine::set_maker(chain, env, Seat(seat), maker))
        }

        /// The incentives contract pays a reward into an account.
        #[ink(message)]
        pub fn pay_reward(&self, seat: u32, amount: u64) -> Result<()> {
            only(Chain::peers().incentives)?;
            commit(|chain, _| engine::pay_reward(chain, Seat(seat), amount))
        }

        /// The pool of the market-maker programme, and what designated makers did in a reward epoch over all months: makers
        /// and weeks are encoded as [`sit_engine::clearing::maker_weeks`] has them, at most eight at once.
        #[ink(message)]
        pub fn maker_weeks(&self, epoch: u32, floor_bps: u16, power: u8, makers: DynBytes) -> Result<DynBytes> {
            let rules = engine::UptimeRules { floor_bps, power };
            let weeks = engine::maker_weeks(&mut Chain::new(), env().now, epoch, rules, &makers.0);
            weeks.map(|weeks| DynBytes(weeks.as_bytes().into())).ok_or(Error::TooMany)
        }

        /// The books in quote atoms: custody, trading, instruments' part of it, reserves, and whether they balance.
        #[ink(message)]
        pub fn books(&self) -> Result<(i128, i128, i128, i128, bool)> {
            let books = engine::books(&mut Chain::new());
            Ok((books.custody.0, books.trading.0, books.instruments.0, books.reserves.0, books.balanced))
        }
    }

    /// Longest averaging window of the oracle, in days.
    const MAX_WINDOW_DAYS: u32 = 32;

    /// The clearing house in force by the registry of governance, and the one before it; `None` before one is registered.
    fn versions() -> Option<(Address, Address)> {
        let governance = Address::from(Chain::peers().governance);
        let name = FixedBytes(sit_engine::governance::CLEARING);
        let (next, previous, count) = call!(governance, selectors::VERSION, name => (Address, Address, u32))?;
        (count > 0).then_some((next, previous))
    }

    fn only_governance() -> Result<Peers> {
        let peers = Chain::peers();
        only(peers.governance).map(|()| peers)
    }
}
