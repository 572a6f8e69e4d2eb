//! The clearing house: accounts, order book, margin, settlement, liquidation. The hot contract.
//!
//! The shell decodes, checks who sends, calls the engine ([`sit_engine::clearing`], which documents every message, its cells
//! and its errors), calls the vault where a message needs it, stores and emits. It holds no collateral: the vault does, and
//! tells of deposits by `credit`. The messages in the second half are only named here: the back office answers them, in this
//! contract's name and on its cells.
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
mod clearing {
    use ink::sol::{DynBytes, FixedBytes};
    use sit_engine::clearing::{self as engine, Bid, Instrument, Levels, Place, Quote, Replace};
    use sit_engine::units::{Lots, Seat, Seconds, Ticks};
    use sit_shell::clearing::cells::key;
    use sit_shell::clearing::fields::{AddOnFields, ListingFields, OrderFields, RollFields, TriggerFields};
    use sit_shell::clearing::{Chain, Error, Peers, Result, commit, connected, only, selectors};
    use sit_shell::{Unread, call};

    /// Nothing: all state lies in cells of its own.
    #[ink(storage)]
    pub struct Clearing {}

    impl Clearing {
        /// A clearing house that obeys `governance` and has `back_office` answer its colder messages; not yet connected.
        #[ink(constructor)]
        pub fn new(governance: Address, back_office: Address) -> Self {
            Chain::set_peers(&Peers { governance: governance.0, back_office: back_office.0, ..Peers::default() });
            Self {}
        }

        /// The vault tells of a deposit; returns the account's cash.
        #[ink(message)]
        pub fn credit(&self, seat: u32, amount: u64) -> Result<u64> {
            only(Chain::peers().vault)?;
            commit(|chain, _| engine::credit(chain, Seat(seat), amount))
        }

        /// Withdraws free collateral to the owner; returns the cash that is left.
        #[ink(message)]
        pub fn withdraw(&self, seat: u32, amount: u64) -> Result<u64> {
            let vault = Address::from(connected()?.vault);
            let caller = self.env().caller();
            let left = commit(|chain, env| engine::withdraw(chain, env, Seat(seat), amount))?;
            call!(vault, selectors::PAY, caller, amount => ()).ok_or(Error::CallFailed)?;
            Ok(left)
        }

        /// Places an order; returns its number, the lots filled and the lots that rest.
        #[ink(message)]
        pub fn place(&self, order: OrderFields) -> Result<(u32, u32, u32)> {
            let order = Place::try_from(order)?;
            let placed = commit(|chain, env| engine::place(chain, env, order))?;
            Ok((placed.number, placed.filled.0, placed.resting.0))
        }

        /// Replaces a resting order by another; returns as `place`. It keeps its place in the queue when only its size shrinks.
        #[ink(message)]
        pub fn replace(&self, price: u32, number: u32, order: OrderFields) -> Result<(u32, u32, u32)> {
            let replace = Replace { price: Ticks(price), number, order: Place::try_from(order)? };
            let placed = commit(|chain, env| engine::replace(chain, env, replace))?;
            Ok((placed.number, placed.filled.0, placed.resting.0))
        }

        /// Replaces all orders of the account in an instrument; `levels` are encoded as
        /// [`sit_engine::clearing::Levels`]. Returns the number of the first level.
        #[ink(message)]
        pub fn quote(&self, seat: u32, instrument: u16, levels: DynBytes, expiry: u32) -> Result<u32> {
            let levels = Levels::parse(&levels.0)?;
            let quote = Quote {
                seat: Seat(seat),
                instrument: Instrument(instrument),
                bids: levels.bids(),
                asks: levels.asks(),
                expiry: Seconds(expiry),
            };
            commit(|chain, env| engine::quote(chain, env, quote))
        }

        /// Cancels an order by its price and number; returns the lots that were open.
        #[ink(message)]
        pub fn cancel(&self, seat: u32, instrument: u16, price: u32, number: u32) -> Result<u32> {
            let instrument = Instrument(instrument);
            commit(|chain, env| engine::cancel(chain, env, Seat(seat), instrument, Ticks(price), number))
                .map(|lots| lots.0)
        }

        /// Cancels all orders of the account in an instrument.
        #[ink(message)]
        pub fn cancel_all(&self, seat: u32, instrument: u16) -> Result<()> {
            let instrument = Instrument(instrument);
            commit(|chain, env| engine::cancel_all(chain, env, Seat(seat), instrument))
        }

        /// Pays variation, or the final claims, of up to 32 accounts: four bytes of seat each. By anyone; losers first.
        #[ink(message)]
        pub fn settle(&self, instrument: u16, seats: DynBytes) -> Result<()> {
            let seats = engine::parse_seats(&seats.0);
            commit(|chain, _| engine::settle(chain, Instrument(instrument), seats))
        }

        /// Tells an account below initial margin what it is short of, in quote atoms. By anyone.
        #[ink(message)]
        pub fn margin_call(&self, seat: u32) -> Result<u64> {
            commit(|chain, _| engine::margin_call(chain, Seat(seat)))
        }

        /// Starts the liquidation of an account below maintenance margin. By anyone.
        #[ink(message)]
        pub fn start_liquidation(&self, seat: u32) -> Result<()> {
            commit(|chain, env| engine::start_liquidation(chain, env, Seat(seat)))
        }

        /// Takes over at most `lots` of a liquidated position; returns the price and the lots, both zero when the account has
        /// recovered by itself.
        #[ink(message)]
        pub fn bid(&self, liquidator: u32, seat: u32, instrument: u16, lots: u32) -> Result<(u32, u32)> {
            let bid = Bid {
                liquidator: Seat(liquidator),
                seat: Seat(seat),
                instrument: Instrument(instrument),
                lots: Lots(lots),
            };
            commit(|chain, env| engine::bid(chain, env, bid)).map(|(price, lots)| (price.0, lots.0))
        }

        /// A cell as it is stored, by its kind ([`super::cells::tag`]) and identifiers: clients run the engine on it.
        #[ink(message)]
        pub fn cell(&self, kind: u8, a: u32, b: u32) -> DynBytes {
            sit_shell::load_bytes(&key(kind, a, b))
        }

        // What follows is answered by the back office.

        /// Governance connects the other contracts, once.
        #[ink(message)]
        pub fn connect(
            &self,
            vault: Unread<Address>,
            oracle: Unread<Address>,
            incentives: Unread<Address>,
        ) -> Result<()> {
            by_back_office((vault, oracle, incentives))
        }

        /// Opens a sub-account of the caller; returns its seat.
        #[ink(message)]
        pub fn open_account(&self, sub: Unread<u8>) -> Result<u32> {
            by_back_office((sub,))
        }

        /// The vault tells of a gift to the insurance fund (0) or the market-maker programme (1).
        #[ink(message)]
        pub fn endow(&self, purpose: Unread<u8>, amount: Unread<u64>) -> Result<()> {
            by_back_office((purpose, amount))
        }

        /// Settles a product by the oracle's newest print; returns the round. By anyone.
        #[ink(message)]
        pub fn settle_day(&self, product: Unread<u8>) -> Result<u16> {
            by_back_office((product,))
        }

        /// Sets the final price of an expired instrument from the oracle's settlement; returns it in ticks. By anyone.
        #[ink(message)]
        pub fn finalise(&self, instrument: Unread<u16>) -> Result<u32> {
            by_back_office((instrument,))
        }

        /// Brings the oracle's word about a product's index; returns 0 invalid, 1 needs confirmation, 2 valid. By anyone.
        #[ink(message)]
        pub fn note_index(&self, product: Unread<u8>) -> Result<u8> {
            by_back_office((product,))
        }

        /// Lists the months that the calendar lists; returns how many joined. By anyone.
        #[ink(message)]
        pub fn roll_listing(&self, product: Unread<u8>) -> Result<u8> {
            by_back_office((product,))
        }

        /// Settles a month at its last mark when pause, silence of the index or missing settlement have lasted too long; returns
        /// it. By anyone; where the oracle has a final price, that is taken instead.
        #[ink(message)]
        pub fn sunset(&self, instrument: Unread<u16>) -> Result<u32> {
            by_back_office((instrument,))
        }

        /// Governance pauses scopes of a product: 1 trading, 2 liquidation, 4 settlement. The guardian may.
        #[ink(message)]
        pub fn pause(&self, product: Unread<u8>, scopes: Unread<u8>) -> Result<()> {
            by_back_office((product, scopes))
        }

        /// Governance ends every pause of a product.
        #[ink(message)]
        pub fn unpause(&self, product: Unread<u8>) -> Result<()> {
            by_back_office((product,))
        }

        /// Moves an item to the next version of the clearing house that the registry of governance names: what it is (0 curve, 1
        /// margin, 2 backtest, 3 market, 4 account, 5 rest, 6 reserves), the number of its product, instrument or seat, and of
        /// an account the number among its owner's. By anyone, while the products are paused whole.
        #[ink(message)]
        pub fn migrate(&self, what: Unread<u8>, id: Unread<u32>, sub: Unread<u8>) -> Result<()> {
            by_back_office((what, id, sub))
        }

        /// The version before this one moves an item here, as long as this one is not connected.
        #[ink(message)]
        pub fn arrive(
            &self,
            what: Unread<u8>,
            id: Unread<u32>,
            sub: Unread<u8>,
            content: Unread<DynBytes>,
        ) -> Result<()> {
            by_back_office((what, id, sub, content))
        }

        /// Has the insurance fund pay a bankrupt account's loss; returns the quote atoms paid. By anyone.
        #[ink(message)]
        pub fn cover(&self, seat: Unread<u32>, instrument: Unread<u16>) -> Result<u64> {
            by_back_office((seat, instrument))
        }

        /// Distributes an instrument's fees; returns them. By anyone.
        #[ink(message)]
        pub fn sweep_fees(&self, instrument: Unread<u16>) -> Result<u64> {
            by_back_office((instrument,))
        }

        /// Cancels an order by its number alone, looking through some pages of its side of the book from a price on, zero for
        /// the best; returns the lots that were open.
        #[ink(message)]
        pub fn cancel_by_number(
            &self,
            seat: Unread<u32>,
            instrument: Unread<u16>,
            number: Unread<u32>,
            buy: Unread<bool>,
            from: Unread<u32>,
            pages: Unread<u8>,
        ) -> Result<u32> {
            by_back_office((seat, instrument, number, buy, from, pages))
        }

        /// Moves lots of a position from one month to another at market, both legs or none; returns what the legs were traded
        /// for, in lots times ticks.
        #[ink(message)]
        pub fn roll(&self, roll: Unread<RollFields>) -> Result<(i64, i64)> {
            by_back_office((roll,))
        }

        /// Puts a stop or take-profit order into one of the account's slots, in place of what was there.
        #[ink(message)]
        pub fn set_trigger(&self, seat: Unread<u32>, slot: Unread<u8>, trigger: Unread<TriggerFields>) -> Result<()> {
            by_back_office((seat, slot, trigger))
        }

        /// Takes it away.
        #[ink(message)]
        pub fn clear_trigger(&self, seat: Unread<u32>, slot: Unread<u8>) -> Result<()> {
            by_back_office((seat, slot))
        }

        /// Carries out a trigger whose condition holds, for its fee; returns the lots filled, the lots that rest and the fee in
        /// quote atoms. By anyone.
        #[ink(message)]
        pub fn execute_trigger(
            &self,
            keeper: Unread<u32>,
            seat: Unread<u32>,
            slot: Unread<u8>,
        ) -> Result<(u32, u32, u64)> {
            by_back_office((keeper, seat, slot))
        }

        /// Lets somebody trade, and nothing else, for the account: orders of at most `max_lots`, in these instruments (two
        /// bytes each; none for all), until `expiry`. An expiry in the past dismisses him.
        #[ink(message)]
        pub fn set_delegate(
            &self,
            seat: Unread<u32>,
            delegate: Unread<Address>,
            max_lots: Unread<u32>,
            expiry: Unread<u32>,
            instruments: Unread<DynBytes>,
        ) -> Result<()> {
            by_back_office((seat, delegate, max_lots, expiry, instruments))
        }

        /// Governance sets the days without a session to come, two bytes each: days since 1970.
        #[ink(message)]
        pub fn set_holidays(&self, product: Unread<u8>, days: Unread<DynBytes>) -> Result<()> {
            by_back_office((product, days))
        }

        /// Moves free collateral to another account of the same owner; returns the cash that is left.
        #[ink(message)]
        pub fn transfer(&self, from: Unread<u32>, to: Unread<u32>, amount: Unread<u64>) -> Result<u64> {
            by_back_office((from, to, amount))
        }

        /// Counts what an account has traded since the last time and sets its fee tier; returns the tier. By anyone.
        #[ink(message)]
        pub fn refresh_tier(&self, seat: Unread<u32>) -> Result<u8> {
            by_back_office((seat,))
        }

        /// Enters the deficit of a liquidated account in the books, which gates withdrawals; returns it in quote atoms. By
        /// anyone.
        #[ink(message)]
        pub fn report_deficit(&self, seat: Unread<u32>) -> Result<u64> {
            by_back_office((seat,))
        }

        /// Writes off what a bankrupt account owes beyond what the fund may pay: its instrument's winners will bear it.
        /// Returns the points. By anyone.
        #[ink(message)]
        pub fn write_off(&self, seat: Unread<u32>, instrument: Unread<u16>) -> Result<i64> {
            by_back_office((seat, instrument))
        }

        /// Shares a written-off loss among the unsettled profits of an instrument, up to 32 accounts at a time: four bytes of
        /// seat each. Returns how many holders are left to count. By anyone.
        #[ink(message)]
        pub fn allocate(&self, instrument: Unread<u16>, seats: Unread<DynBytes>) -> Result<u32> {
            by_back_office((instrument, seats))
        }

        /// Pays an account's debt in one instrument from its profit in another; returns the quote atoms. By anyone.
        #[ink(message)]
        pub fn bridge(&self, seat: Unread<u32>, debt: Unread<u16>, claim: Unread<u16>) -> Result<u64> {
            by_back_office((seat, debt, claim))
        }

        /// Has two accounts give up what each owes in the instrument in which the other is owed: `one` is owed in `claim` and
        /// owes in `debt`. Returns the quote atoms. By anyone.
        #[ink(message)]
        pub fn offset(
            &self,
            one: Unread<u32>,
            other: Unread<u32>,
            claim: Unread<u16>,
            debt: Unread<u16>,
        ) -> Result<u64> {
            by_back_office((one, other, claim, debt))
        }

        /// Governance sets a product's add-ons to the scenarios' margin.
        #[ink(message)]
        pub fn set_add_ons(&self, product: Unread<u8>, add_ons: Unread<AddOnFields>) -> Result<()> {
            by_back_office((product, add_ons))
        }

        /// Governance sets the fee of the final settlement of an instrument, in millionths.
        #[ink(message)]
        pub fn set_settlement_fee(&self, instrument: Unread<u16>, ppm: Unread<u16>) -> Result<()> {
            by_back_office((instrument, ppm))
        }

        /// Governance sets how much of the insurance fund one instrument may use up, in basis points.
        #[ink(message)]
        pub fn set_fund_cap(&self, bps: Unread<u16>) -> Result<()> {
            by_back_office((bps,))
        }

        /// Governance limits what may leave in an hour and in a day: the larger of a share in basis points and an amount in
        /// quote atoms.
        #[ink(message)]
        pub fn set_withdrawal_limits(
            &self,
            hour_bps: Unread<u16>,
            hour_amount: Unread<u64>,
            day_bps: Unread<u16>,
            day_amount: Unread<u64>,
        ) -> Result<()> {
            by_back_office((hour_bps, hour_amount, day_bps, day_amount))
        }

        /// Governance moves the treasury's money to the market-maker programme; returns what its pool holds then.
        #[ink(message)]
        pub fn fund_programme(&self, amount: Unread<u64>) -> Result<u64> {
            by_back_office((amount,))
        }

        /// Governance has the treasury's money paid out; returns what is left of it.
        #[ink(message)]
        pub fn pay_treasury(&self, to: Unread<Address>, amount: Unread<u64>) -> Result<u64> {
            by_back_office((to, amount))
        }

        /// Governance puts a certified margin set in force.
        #[ink(message)]
        pub fn set_risk(
            &self,
            product: Unread<u8>,
            maintenance_bps: Unread<u16>,
            liquidation_end_bps: Unread<u16>,
            shocks: Unread<DynBytes>,
            certificate_hash: Unread<FixedBytes<32>>,
        ) -> Result<()> {
            by_back_office((product, maintenance_bps, liquidation_end_bps, shocks, certificate_hash))
        }

        /// Governance starts a product at the oracle's newest print.
        #[ink(message)]
        pub fn start_product(&self, product: Unread<u8>) -> Result<()> {
            by_back_office((product,))
        }

        /// Governance lists a month that the calendar lists; returns the instrument.
        #[ink(message)]
        pub fn list(&self, listing: Unread<ListingFields>) -> Result<u16> {
            by_back_office((listing,))
        }

        /// Governance sets the shares of swept fees, in basis points; the treasury gets the rest.
        #[ink(message)]
        pub fn set_fee_shares(&self, fund_bps: Unread<u16>, incentive_bps: Unread<u16>) -> Result<()> {
            by_back_office((fund_bps, incentive_bps))
        }

        /// The incentives contract designates a market maker or takes it back.
        #[ink(message)]
        pub fn set_maker(&self, seat: Unread<u32>, maker: Unread<bool>) -> Result<()> {
            by_back_office((seat, maker))
        }

        /// The incentives contract pays a reward into an account.
        #[ink(message)]
        pub fn pay_reward(&self, seat: Unread<u32>, amount: Unread<u64>) -> Result<()> {
            by_back_office((seat, amount))
        }

        /// The pool of the market-maker programme, and what designated makers did in a reward epoch over all months: makers
        /// and weeks are encoded as [`sit_engine::clearing::maker_weeks`] has them, at most eight at once.
        #[ink(message)]
        pub fn maker_weeks(
            &self,
            epoch: Unread<u32>,
            floor_bps: Unread<u16>,
            power: Unread<u8>,
            makers: Unread<DynBytes>,
        ) -> Result<DynBytes> {
            by_back_office((epoch, floor_bps, power, makers))
        }

        /// The books in quote atoms: custody, trading, instruments' part of it, reserves, and whether they balance.
        #[ink(message)]
        pub fn books(&self) -> Result<(i128, i128, i128, i128, bool)> {
            by_back_office(())
        }
    }

    /// Has the back office answer this message, whose arguments are not needed here.
    fn by_back_office<T>(_arguments: T) -> ! {
        sit_shell::delegate(Chain::peers().back_office.into(), Error::CallFailed)
    }
}
