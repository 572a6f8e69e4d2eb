//! The messages of the clearing house on any store and beside any peers: the exchange runs them on cells in memory, beside its
//! own oracle and vault, a preview on what a client has read.

use super::exchange::Answer;
use super::message::Message;
use sit_engine::clearing::ledger::WithdrawalLimits;
use sit_engine::clearing::quote::{Levels, Quote};
use sit_engine::clearing::{
    ClearingError, Delegate, Env, Index, Peers, Purse, Registry, Result, Store, allocate, bid, bridge, cancel, cover,
    credit, execute_trigger, finalise, list, migrate, note_index, offset, open_account, pause, pay_reward,
    pay_treasury, place, quote, refresh_tier, replace, report_deficit, roll, roll_listing, set_delegate, set_holidays,
    set_maker, set_risk, set_trigger, settle, settle_day, start_liquidation, sunset, sweep_fees, transfer, withdraw,
    write_off,
};

/// Runs a message, whoever may send it; the caller of this function checks that. What it wrote before it was refused stays
/// written: the store is to be thrown away then.
///
/// # Errors
/// The message's own; `CallFailed` for a message of another contract, and for `connect`, which no cell of the house is about.
pub fn run<S: Store>(
    house: &mut S,
    peers: &mut (impl Index + Purse + Registry),
    env: Env,
    message: &Message,
) -> Result<Answer> {
    Ok(match *message {
        Message::OpenAccount { sub } => open_account::open_account(house, env, sub)?.into(),
        Message::Credit { seat, amount } => credit::credit(house, seat, amount)?.into(),
        Message::CreditGift { purpose, amount } => credit::endow(house, purpose, amount)?.into(),
        Message::Withdraw { seat, amount } => withdraw::withdraw(house, env, seat, amount)?.pay(peers)?.into(),
        Message::Place { order } => place::place(house, env, order)?.into(),
        Message::Quote { seat, instrument, ref levels, expiry } => {
            let levels = Levels::parse(levels)?;
            let quote = Quote { seat, instrument, bids: levels.bids(), asks: levels.asks(), expiry };
            quote::quote(house, env, quote)?.into()
        }
        Message::Replace { price, number, order } => {
            replace::replace(house, env, replace::Replace { price, number, order })?.into()
        }
        Message::Roll { roll } => roll::roll(house, env, roll)?.into(),
        Message::SetTrigger { seat, slot, trigger } => {
            set_trigger::set_trigger(house, env, seat, slot, trigger)?.into()
        }
        Message::ClearTrigger { seat, slot } => set_trigger::clear_trigger(house, env, seat, slot)?.into(),
        Message::ExecuteTrigger { keeper, seat, slot } => {
            let execute = execute_trigger::Execute { keeper, seat, slot };
            execute_trigger::execute_trigger(house, env, execute)?.into()
        }
        Message::SetDelegate { seat, delegate, max_lots, expiry, ref instruments } => {
            let scope = Delegate::new(max_lots, expiry, set_delegate::parse_scope(instruments))?;
            set_delegate::set_delegate(house, env, seat, delegate, &scope)?.into()
        }
        Message::CancelByNumber { seat, instrument, number, side, from, pages } => {
            let search = cancel::Search { number, side, from, pages, exact: false };
            cancel::cancel_by_number(house, env, seat, instrument, search)?.into()
        }
        Message::Cancel { seat, instrument, price, number } => {
            cancel::cancel(house, env, seat, instrument, price, number)?.into()
        }
        Message::CancelAll { seat, instrument } => cancel::cancel_all(house, env, seat, instrument)?.into(),
        Message::Settle { instrument, ref seats } => {
            settle::settle(house, instrument, settle::parse_seats(seats))?.into()
        }
        Message::MarginCall { seat } => start_liquidation::margin_call(house, seat)?.into(),
        Message::StartLiquidation { seat } => start_liquidation::start_liquidation(house, env, seat)?.into(),
        Message::Bid { liquidator, seat, instrument, lots } => {
            bid::bid(house, env, bid::Bid { liquidator, seat, instrument, lots })?.into()
        }
        Message::Transfer { from, to, amount } => transfer::transfer(house, env, from, to, amount)?.into(),
        Message::RefreshTier { seat } => refresh_tier::refresh_tier(house, env, seat)?.into(),
        Message::ReportDeficit { seat } => report_deficit::report_deficit(house, seat)?.into(),
        Message::WriteOff { seat, instrument } => write_off::write_off(house, seat, instrument)?.into(),
        Message::Allocate { instrument, ref seats } => {
            allocate::allocate(house, instrument, settle::parse_seats(seats))?.into()
        }
        Message::Bridge { seat, debt, claim } => bridge::bridge(house, seat, debt, claim)?.into(),
        Message::Offset { one, other, claim, debt } => offset::offset(house, one, other, claim, debt)?.into(),
        Message::RollListing { product } => roll_listing::roll_listing(house, env.now, product)?.into(),
        Message::Pause { product, scopes } => pause::pause(house, env.now, product, scopes)?.into(),
        Message::Unpause { product } => pause::unpause(house, env.now, product)?.into(),
        Message::Cover { seat, instrument } => cover::cover(house, seat, instrument)?.into(),
        Message::SweepFees { instrument } => sweep_fees::sweep_fees(house, instrument)?.into(),
        Message::SetRisk { product, maintenance_bps, liquidation_end_bps, ref shocks, certificate_hash } => {
            let (maintenance, end) = (maintenance_bps, liquidation_end_bps);
            set_risk::set_risk(house, product, maintenance, end, shocks, certificate_hash)?.into()
        }
        Message::List { listing } => list::list(house, env.now, listing)?.into(),
        Message::SetFeeShares { fund_bps, incentive_bps } => {
            sweep_fees::set_fee_shares(house, fund_bps, incentive_bps)?.into()
        }
        Message::SetHolidays { product, ref days } => set_holidays::set_holidays(house, env.now, product, days)?.into(),
        Message::SetAddOns { product, add_ons } => set_risk::set_add_ons(house, product, add_ons)?.into(),
        Message::SetSettlementFee { instrument, ppm } => settle::set_settlement_fee(house, instrument, ppm)?.into(),
        Message::SetFundCap { bps } => cover::set_fund_cap(house, bps)?.into(),
        Message::SetWithdrawalLimits { hour_bps, hour_amount, day_bps, day_amount } => {
            let limits = WithdrawalLimits { hour_bps, hour_amount, day_bps, day_amount };
            withdraw::set_withdrawal_limits(house, limits)?.into()
        }
        Message::PayTreasury { to, amount } => {
            pay_treasury::pay_treasury(house, env.now, to, amount)?.pay(peers)?.into()
        }
        Message::SettleDay { product } => settle_day::settle_day(house, peers, env.now, product)?.into(),
        Message::Finalise { instrument } => finalise::finalise(house, peers, env.now, instrument)?.into(),
        Message::NoteIndex { product } => note_index::note_index(house, peers, product)?.into(),
        Message::Sunset { instrument } => sunset::sunset(house, peers, env.now, instrument)?.into(),
        Message::StartProduct { product } => list::start_product(house, peers, product)?.into(),
        Message::SetMaker { seat, maker } => set_maker::set_maker(house, env, seat, maker)?.into(),
        Message::PayReward { seat, amount } => pay_reward::pay_reward(house, seat, amount)?.into(),
        Message::Migrate { what, id, sub } => {
            let _: migrate::Departure = migrate::migrate(house, peers, env, (what, id, sub))?;
            return Err(ClearingError::CallFailed); // there is no other house that could take it in
        }
        Message::Arrive { what, id, sub, ref content } => {
            migrate::arrive(house, &Peers::default(), peers, env.caller, (what, id, sub), content)?.into()
        }
        _ => return Err(ClearingError::CallFailed),
    })
}
