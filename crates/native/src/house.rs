//! The messages of the clearing house on any store and beside any peers: the exchange runs them on cells in memory,
//! beside its own oracle and vault, a preview on what a client has read.

use super::answer::Answer;
use super::message::Message;
use sit_engine::chain::Env;
use sit_engine::clearing::{
    self, ClearingError, Delegate, Departure, Index, Levels, Peers, Purse, Quote, Registry, Result, Store,
    WithdrawalLimits,
};

/// Runs a message without checking its sender, which the caller of this function does. What it wrote before it was
/// refused stays written: the store is to be thrown away then.
///
/// # Errors
/// The message's own; `CallFailed` for a message of another contract, and for `connect`, which no cell of the house is
/// about.
pub fn run<S: Store>(
    house: &mut S,
    peers: &mut (impl Index + Purse + Registry),
    env: Env,
    message: &Message,
) -> Result<Answer> {
    Ok(match *message {
        Message::OpenAccount { sub } => clearing::open_account(house, env, sub)?.into(),
        Message::Credit { seat, amount } => clearing::credit(house, env.now, seat, amount)?.into(),
        Message::CreditEndowment { purpose, amount } => clearing::endow(house, purpose, amount)?.into(),
        Message::Withdraw { seat, amount } => clearing::withdraw(house, env, seat, amount)?.pay(peers)?.into(),
        Message::Place { order } => clearing::place(house, env, order)?.into(),
        Message::Quote { seat, instrument, ref levels, expiry } => {
            let levels = Levels::parse(levels)?;
            let quote = Quote { seat, instrument, bids: levels.bids(), asks: levels.asks(), expiry };
            clearing::quote(house, env, quote)?.into()
        }
        Message::Replace { price, number, order } => {
            clearing::replace(house, env, clearing::Replace { price, number, order })?.into()
        }
        Message::Roll { roll } => clearing::roll(house, env, roll)?.into(),
        Message::SetTrigger { seat, slot, trigger } => clearing::set_trigger(house, env, seat, slot, trigger)?.into(),
        Message::ClearTrigger { seat, slot } => clearing::clear_trigger(house, env, seat, slot)?.into(),
        Message::ExecuteTrigger { keeper, seat, slot } => {
            let execute = clearing::Execute { keeper, seat, slot };
            clearing::execute_trigger(house, env, execute)?.into()
        }
        Message::SetDelegate { seat, delegate, max_lots, day_lots, expiry, ref instruments } => {
            let scope = Delegate::new(max_lots, expiry, clearing::parse_scope(instruments))?.within_a_day(day_lots);
            clearing::set_delegate(house, env, seat, delegate, &scope)?.into()
        }
        Message::CancelByNumber { seat, instrument, number, side, from, pages } => {
            let search = clearing::Search { number, side, from, pages, exact: false };
            clearing::cancel_by_number(house, env, seat, instrument, search)?.into()
        }
        Message::Cancel { seat, instrument, price, number } => {
            clearing::cancel(house, env, seat, instrument, price, number)?.into()
        }
        Message::CancelAll { seat, instrument } => clearing::cancel_all(house, env, seat, instrument)?.into(),
        Message::Settle { instrument, ref seats } => {
            clearing::settle(house, env.now, instrument, clearing::parse_seats(seats))?.into()
        }
        Message::MarginCall { seat } => clearing::margin_call(house, seat)?.into(),
        Message::StartLiquidation { seat } => clearing::start_liquidation(house, env, seat)?.into(),
        Message::Bid { liquidator, seat, instrument, lots } => {
            clearing::bid(house, env, clearing::Bid { liquidator, seat, instrument, lots })?.into()
        }
        Message::Transfer { from, to, amount } => clearing::transfer(house, env, from, to, amount)?.into(),
        Message::RefreshTier { seat } => clearing::refresh_tier(house, env, seat)?.into(),
        Message::ReportDeficit { seat } => clearing::report_deficit(house, env.now, seat)?.into(),
        Message::WriteOff { seat, instrument } => clearing::write_off(house, env.now, seat, instrument)?.into(),
        Message::Allocate { instrument, ref seats } => {
            clearing::allocate(house, instrument, clearing::parse_seats(seats))?.into()
        }
        Message::Bridge { seat, debt, claim } => clearing::bridge(house, env.now, seat, debt, claim)?.into(),
        Message::Offset { ref circle } => clearing::offset(house, env.now, clearing::parse_circle(circle))?.into(),
        Message::RollListing { product } => clearing::roll_listing(house, env.now, product)?.into(),
        Message::Pause { product, scopes } => clearing::pause(house, env.now, product, scopes)?.into(),
        Message::Unpause { product } => clearing::unpause(house, env.now, product)?.into(),
        Message::Cover { seat, instrument } => clearing::cover(house, env.now, seat, instrument)?.into(),
        Message::SweepFees { instrument } => clearing::sweep_fees(house, env.now, instrument)?.into(),
        Message::SetRisk { product, maintenance_bps, liquidation_end_bps, ref shocks, certificate_hash } => {
            let (maintenance, end) = (maintenance_bps, liquidation_end_bps);
            clearing::set_risk(house, env.now, product, maintenance, end, shocks, certificate_hash)?.into()
        }
        Message::List { listing } => clearing::list(house, env.now, listing)?.into(),
        Message::SetFeeShares { fund_bps, incentive_bps } => {
            clearing::set_fee_shares(house, fund_bps, incentive_bps)?.into()
        }
        Message::SetHolidays { product, ref days } => clearing::set_holidays(house, env.now, product, days)?.into(),
        Message::SetAddOns { product, add_ons } => clearing::set_add_ons(house, product, add_ons)?.into(),
        Message::SetSettlementFee { instrument, ppm } => clearing::set_settlement_fee(house, instrument, ppm)?.into(),
        Message::SetFundCap { bps } => clearing::set_fund_cap(house, bps)?.into(),
        Message::SetWithdrawalLimits { hour_bps, hour_amount, day_bps, day_amount } => {
            let limits = WithdrawalLimits { hour_bps, hour_amount, day_bps, day_amount };
            clearing::set_withdrawal_limits(house, limits)?.into()
        }
        Message::PayTreasury { to, amount } => clearing::pay_treasury(house, env.now, to, amount)?.pay(peers)?.into(),
        Message::FundProgramme { amount } => clearing::fund_programme(house, amount)?.into(),
        Message::SettleDay { product } => clearing::settle_day(house, peers, env.now, product)?.into(),
        Message::Finalise { instrument } => clearing::finalise(house, peers, env.now, instrument)?.into(),
        Message::NoteIndex { product } => clearing::note_index(house, peers, env.now, product)?.into(),
        Message::Sunset { instrument } => clearing::sunset(house, peers, env.now, instrument)?.into(),
        Message::StartProduct { product } => clearing::start_product(house, peers, product)?.into(),
        Message::SetMaker { seat, maker } => clearing::set_maker(house, env, seat, maker)?.into(),
        Message::PayReward { seat, amount } => clearing::pay_reward(house, seat, amount)?.into(),
        Message::Migrate { what, id, sub, delegate } => {
            let _: Departure = clearing::migrate(house, peers, env, (what, id, sub, delegate))?;
            return Err(ClearingError::CallFailed); // there is no other house that could take it in
        }
        Message::Arrive { what, id, sub, delegate, ref content } => {
            let item = (what, id, sub, delegate);
            clearing::arrive(house, &Peers::default(), peers, env.caller, item, content)?.into()
        }
        // No message of the clearing house stands below, and none is forgotten: a new one of it belongs above, with
        // what it does, one of another contract here.
        Message::Seal { .. }
        | Message::Propose { .. }
        | Message::ProposeMarginSet { .. }
        | Message::Approve { .. }
        | Message::Execute { .. }
        | Message::Tighten { .. }
        | Message::CancelAction { .. }
        | Message::Veto { .. }
        | Message::AcceptGovernor { .. }
        | Message::AcceptGuardian { .. }
        | Message::NominateGovernor { .. }
        | Message::NominateGuardian { .. }
        | Message::SetCouncil { .. }
        | Message::SetDelays { .. }
        | Message::SetClasses { .. }
        | Message::SetMarginRules { .. }
        | Message::Register { .. }
        | Message::ConnectVault { .. }
        | Message::Deposit { .. }
        | Message::DepositWithPermit { .. }
        | Message::Endow { .. }
        | Message::Pay { .. }
        | Message::LowerLimits { .. }
        | Message::SetLimits { .. }
        | Message::HandOver { .. }
        | Message::Commit { .. }
        | Message::Reveal { .. }
        | Message::Submit { .. }
        | Message::Publish { .. }
        | Message::ConnectToken { .. }
        | Message::SetIndex { .. }
        | Message::SetProvider { .. }
        | Message::AddReporter { .. }
        | Message::RemoveReporter { .. }
        | Message::SetReporting { .. }
        | Message::Slash { .. }
        | Message::PostBond { .. }
        | Message::Fund { .. }
        | Message::Collect { .. }
        | Message::Resign { .. }
        | Message::ProposeFinal { .. }
        | Message::Dispute { .. }
        | Message::Resolve { .. }
        | Message::FinalisePrice { .. }
        | Message::ConnectProgramme { .. }
        | Message::SetParameters { .. }
        | Message::SetBudget { .. }
        | Message::Apply { .. }
        | Message::Accept { .. }
        | Message::Dismiss { .. }
        | Message::Suspend { .. }
        | Message::Follow { .. }
        | Message::Resume { .. }
        | Message::Exit { .. }
        | Message::CloseEpoch { .. }
        | Message::Claim { .. }
        | Message::ApproveSpender { .. }
        | Message::PermitSpender { .. }
        | Message::SendTokens { .. }
        | Message::Connect { .. } => return Err(ClearingError::CallFailed),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Native;
    use sit_engine::clearing::{Ledger, peers::Given};
    use sit_engine::units::Seconds;

    #[test]
    fn governance_moves_the_treasury_s_money_to_the_programme_here_too() {
        let mut house = Native::new();
        house.set_ledger(&Ledger { treasury: 7, incentives: 1, ..Ledger::default() });
        let env = Env { caller: [1; 20], now: Seconds(0) };
        let mut send = |amount| run(&mut house, &mut Given::default(), env, &Message::FundProgramme { amount });
        assert_eq!(send(5), Ok(6_u64.into()));
        assert_eq!(send(3), Err(ClearingError::NotEnoughCash));
        assert_eq!((house.ledger().treasury, house.ledger().incentives), (2, 6));
    }
}
