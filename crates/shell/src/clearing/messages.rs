//! The messages of the clearing house: documentation, arguments and answers, once for both of its blobs.
//!
//! `clearing` has the code of the hot messages and hands the cold ones on unread; `clearing-office` has the code of the
//! cold ones. Both write their contract from this list, so neither can differ from the other. A wallet shows the
//! documentation of one message without its neighbours: each stands alone.

/// Calls `$callback! { hot { messages } cold { messages } }`. A message is its documentation, its name, its arguments
/// and what it answers; types are looked up where the contract is.
#[macro_export]
macro_rules! clearing_messages {
    ($callback:ident) => {
        $callback! {
            hot {
                /// Credits an account with a deposit that the vault has received; returns the account's cash in quote
                /// atoms. By the vault.
                credit(seat: u32, amount: u64) -> Result<u64>;

                /// Withdraws free collateral to the owner of an account; returns the cash that is left in quote atoms.
                /// By the owner.
                withdraw(seat: u32, amount: u64) -> Result<u64>;

                /// Places an order; returns its number, the lots filled and the lots that rest in the book. By the
                /// owner or a delegate.
                place(order: OrderFields) -> Result<(u32, u32, u32)>;

                /// Replaces a resting order, named by its price and number, by another; returns the new order's number,
                /// the lots filled and the lots that rest. The order keeps its place in the queue when only its size
                /// shrinks. By the owner or a delegate.
                replace(price: u32, number: u32, order: OrderFields) -> Result<(u32, u32, u32)>;

                /// Replaces all orders of an account in an instrument by price levels of seven bytes each: side 1 (0
                /// buys, 1 sells), price 3, lots 3, big endian. Returns the number of the first level's order. By the
                /// owner or a delegate.
                quote(seat: u32, instrument: u16, levels: DynBytes, expiry: u32) -> Result<u32>;

                /// Cancels a resting order by its price and number; returns the lots that were open. By the owner or a
                /// delegate.
                cancel(seat: u32, instrument: u16, price: u32, number: u32) -> Result<u32>;

                /// Cancels all orders of an account in an instrument. By the owner or a delegate.
                cancel_all(seat: u32, instrument: u16) -> Result<()>;

                /// Pays variation, or the final claims, of up to 32 accounts: four bytes of seat each, big endian,
                /// losers first. By anyone.
                settle(instrument: u16, seats: DynBytes) -> Result<()>;

                /// Starts the liquidation of an account below its maintenance margin. By anyone.
                start_liquidation(seat: u32) -> Result<()>;

                /// Takes over at most `lots` of a liquidated position; returns the price and the lots, both zero when
                /// the account has recovered by itself. By the owner of the liquidator's account.
                bid(liquidator: u32, seat: u32, instrument: u16, lots: u32) -> Result<(u32, u32)>;
            }
            cold {
                /// The bytes of a storage cell, by its kind and identifiers (`sit_engine::clearing::keys`), for clients
                /// that run the engine on them; empty when the cell was never written.
                cell(kind: u8, a: u32, b: u32) -> DynBytes;

                /// Connects the vault, the oracle and the incentives contract, once. By governance.
                connect(vault: Address, oracle: Address, incentives: Address) -> Result<()>;

                /// Opens a sub-account of the caller; returns its seat. By anyone.
                open_account(sub: u8) -> Result<u32>;

                /// Credits the insurance fund (purpose 0) or the market-maker programme (purpose 1) with an endowment
                /// that the vault has received. By the vault.
                endow(purpose: u8, amount: u64) -> Result<()>;

                /// Settles a product by the oracle's newest print; returns the settlement round. By anyone.
                settle_day(product: u8) -> Result<u16>;

                /// Sets the final price of an expired instrument from the oracle's settlement; returns it in ticks. By
                /// anyone.
                finalise(instrument: u16) -> Result<u32>;

                /// Notes how good the oracle says a product's index is; returns 0 invalid, 1 needs confirmation, 2
                /// valid. By anyone.
                note_index(product: u8) -> Result<u8>;

                /// Lists the months that the calendar lists; returns how many joined. By anyone.
                roll_listing(product: u8) -> Result<u8>;

                /// Settles a month at its last settlement mark when a pause, silence of the index or a missing final
                /// price has lasted too long; returns the price in ticks. Where the oracle has a final price, that is
                /// taken instead. By anyone.
                sunset(instrument: u16) -> Result<u32>;

                /// Pauses scopes of a product: the sum of 1 trading, 2 liquidation, 4 settlement. By governance, whose
                /// guardian can send it without delay.
                pause(product: u8, scopes: u8) -> Result<()>;

                /// Ends every pause of a product. By governance.
                unpause(product: u8) -> Result<()>;

                /// Moves an item to the next version of the clearing house that the registry of governance names: what
                /// it is (0 curve, 1 margin, 2 backtest, 3 market, 4 account, 5 rest, 6 reserves, 7 triggers, 8 scores,
                /// 9 delegate), the number of its product, instrument or seat, of an account the number among its
                /// owner's, of scores that of their sheet, and of a delegate the address. Only while the products are
                /// paused whole. By anyone.
                migrate(what: u8, id: u32, sub: u16, delegate: Address) -> Result<()>;

                /// Takes in an item that the version before this one moves here, named as in `migrate`: while this one
                /// is not connected, and afterwards what was left behind and has neither money nor a mark in it. By the
                /// previous version of the clearing house.
                arrive(what: u8, id: u32, sub: u16, delegate: Address, content: DynBytes) -> Result<()>;

                /// Ends the default of a bankrupt account that owes in an instrument, in all months in which it owes.
                /// It bears its part of allocated losses in each of its months first, the insurance fund pays one
                /// share, and what is left becomes the loss of its month. Returns the quote atoms paid. By anyone.
                cover(seat: u32, instrument: u16) -> Result<u64>;

                /// Distributes an instrument's fees to the insurance fund, the market-maker programme and the treasury;
                /// returns their sum in quote atoms. By anyone.
                sweep_fees(instrument: u16) -> Result<u64>;

                /// Cancels a resting order by its number alone, looking through some pages of its side of the book from
                /// a price on, zero for the best; returns the lots that were open. By the owner or a delegate.
                cancel_by_number(seat: u32, instrument: u16, number: u32, buy: bool, from: u32, pages: u8) -> Result<u32>;

                /// Moves lots of a position from one month to another at market, both legs or none; returns what each
                /// leg was traded for, in lots times ticks. By the owner or a delegate.
                roll(roll: RollFields) -> Result<(i64, i64)>;

                /// Puts a stop or take-profit order into one of an account's slots, in place of what the slot held. By
                /// the owner, or a delegate if the trigger offers no fee.
                set_trigger(seat: u32, slot: u8, trigger: TriggerFields) -> Result<()>;

                /// Removes the stop or take-profit order in one of an account's slots. By the owner or a delegate.
                clear_trigger(seat: u32, slot: u8) -> Result<()>;

                /// Carries out a stop or take-profit order whose condition holds, for its fee, which goes to the
                /// keeper's account; returns the lots filled, the lots that rest and the fee in quote atoms. By anyone.
                execute_trigger(keeper: u32, seat: u32, slot: u8) -> Result<(u32, u32, u64)>;

                /// Lets an address trade, and nothing else, for an account: orders of at most `max_lots`, of `day_lots`
                /// a day together (zero for no limit), in these instruments (two bytes each, big endian; none for all),
                /// until `expiry`. An expiry in the past dismisses the delegate, and takes away what triggers delegates
                /// have set. By the owner.
                set_delegate(
                    seat: u32,
                    delegate: Address,
                    max_lots: u32,
                    day_lots: u32,
                    expiry: u32,
                    instruments: DynBytes
                ) -> Result<()>;

                /// Sets a product's coming days without a session, as days since 1970 of two bytes each, big endian. By
                /// governance.
                set_holidays(product: u8, days: DynBytes) -> Result<()>;

                /// Moves free collateral to another account of the same owner; returns the cash that is left in quote
                /// atoms. By the owner.
                transfer(from: u32, to: u32, amount: u64) -> Result<u64>;

                /// Counts what an account has traded since the last time and sets its fee tier; returns the tier. By
                /// anyone.
                refresh_tier(seat: u32) -> Result<u8>;

                /// Records that an account is below its initial margin; returns what it is short of in quote atoms. By
                /// anyone.
                margin_call(seat: u32) -> Result<u64>;

                /// Enters the deficit of a liquidated account in the books, which gates withdrawals; returns it in
                /// quote atoms. Winners of the months in which it owes wait for it; so they do for an account that is
                /// not being liquidated and can pay only with a claim that may be cut. By anyone.
                report_deficit(seat: u32) -> Result<u64>;

                /// Ends the default of a bankrupt account for which the insurance fund may pay nothing, in all months
                /// in which it owes: it bears its part of allocated losses in each of its months first, and what it
                /// lacks in each the winners of that month will bear. Returns the points of this instrument. By anyone.
                write_off(seat: u32, instrument: u16) -> Result<i64>;

                /// Shares a written-off loss among the unsettled profits of an instrument, up to 32 accounts at a time:
                /// four bytes of seat each, big endian. Returns how many holders are left to count. By anyone.
                allocate(instrument: u16, seats: DynBytes) -> Result<u32>;

                /// Pays an account's debt in one instrument from its profit in another; returns the quote atoms. By
                /// anyone.
                bridge(seat: u32, debt: u16, claim: u16) -> Result<u64>;

                /// Has up to 16 accounts of a circle give up what each owes in its instrument for what it is owed in
                /// that of the next account, the last one in that of the first: four bytes of seat and two of
                /// instrument each, big endian. Returns the quote atoms. By anyone.
                offset(circle: DynBytes) -> Result<u64>;

                /// Sets what a product's initial margin holds beyond its scenarios. By governance.
                set_add_ons(product: u8, add_ons: AddOnFields) -> Result<()>;

                /// Sets the fee of the final settlement of an instrument, in millionths of the value. By governance.
                set_settlement_fee(instrument: u16, ppm: u16) -> Result<()>;

                /// Sets how much of the insurance fund one instrument may use up, in basis points. By governance.
                set_fund_cap(bps: u16) -> Result<()>;

                /// Limits what may leave in an hour and in a day: for each the larger of a share of all collateral in
                /// basis points and an amount in quote atoms. By governance.
                set_withdrawal_limits(hour_bps: u16, hour_amount: u64, day_bps: u16, day_amount: u64) -> Result<()>;

                /// Moves quote atoms from the treasury to the market-maker programme; returns what the programme's pool
                /// holds then. By governance.
                fund_programme(amount: u64) -> Result<u64>;

                /// Has the vault pay quote atoms of the treasury to an address; returns what is left of the treasury.
                /// By governance.
                pay_treasury(to: Address, amount: u64) -> Result<u64>;

                /// Puts a certified margin set in force. By governance, which accepts one only with its certificate.
                set_risk(
                    product: u8,
                    maintenance_bps: u16,
                    liquidation_end_bps: u16,
                    shocks: DynBytes,
                    certificate_hash: FixedBytes<32>
                ) -> Result<()>;

                /// Starts a product at the oracle's newest print. By governance.
                start_product(product: u8) -> Result<()>;

                /// Lists a month that the calendar lists; returns the instrument. By governance.
                list(listing: ListingFields) -> Result<u16>;

                /// Sets the shares of swept fees that go to the insurance fund and to the market-maker programme, in
                /// basis points; the treasury gets the rest. By governance.
                set_fee_shares(fund_bps: u16, incentive_bps: u16) -> Result<()>;

                /// Makes an account's owner a designated market maker, or ends the designation. By the incentives
                /// contract.
                set_maker(seat: u32, maker: bool) -> Result<()>;

                /// Pays a market maker's reward, in quote atoms, into an account. By the incentives contract.
                pay_reward(seat: u32, amount: u64) -> Result<()>;

                /// The pool of the market-maker programme, and what designated makers did in a reward epoch over all
                /// months: makers and weeks are encoded as `sit_engine::clearing::maker_weeks` has them, at most eight
                /// at once.
                maker_weeks(epoch: u32, floor_bps: u16, power: u8, makers: DynBytes) -> Result<DynBytes>;

                /// The books in quote atoms: custody, trading, the instruments' part of it, reserves, and whether they
                /// balance.
                books() -> Result<(i128, i128, i128, i128, bool)>;
            }
        }
    };
}
