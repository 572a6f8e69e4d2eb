//! How the cold messages are answered: decode, call the engine ([`sit_engine::clearing`], which documents every
//! message, its cells and its errors) with the contracts that it asks, and have the vault pay out, or the next version
//! take in, what a message releases. [`commit`] checks who may send a message and writes its changes.

use ink::Address;
use ink::sol::{DynBytes, FixedBytes};
use sit_engine::clearing::{
    self as engine, ClearingError, Delegate, Execute, Instrument, MessageKind, Product, Purpose, Search, Trigger,
    WithdrawalLimits, keys::CellId,
};
use sit_engine::units::{Lots, Seat, Seconds, Ticks};
use sit_shell::call;
use sit_shell::clearing::fields::{AddOnFields, ListingFields, RollFields, TriggerFields, side};
use sit_shell::clearing::{Error, Result, commit, pay_out, selectors};

pub fn cell(kind: u8, a: u32, b: u32) -> DynBytes {
    sit_shell::load_bytes(&CellId { kind, a, b }.key())
}

pub fn connect(vault: Address, oracle: Address, incentives: Address) -> Result<()> {
    commit(MessageKind::Connect, |chain, _| {
        let mut peers = chain.peers();
        peers.connect(vault.0, oracle.0, incentives.0, &chain.versions())?;
        chain.set_peers(&peers);
        Ok(())
    })
}

pub fn open_account(sub: u8) -> Result<u32> {
    commit(MessageKind::OpenAccount, |chain, env| engine::open_account(chain, env, sub)).map(|seat| seat.0)
}

pub fn endow(purpose: u8, amount: u64) -> Result<()> {
    commit(MessageKind::Endow, |chain, _| {
        let purpose = Purpose::from_number(purpose).ok_or(ClearingError::BadParameter)?;
        engine::endow(chain, purpose, amount)
    })
}

pub fn settle_day(product: u8) -> Result<u16> {
    commit(MessageKind::SettleDay, |chain, env| {
        let oracle = chain.oracle();
        engine::settle_day(chain, &oracle, env.now, Product(product))
    })
}

pub fn finalise(instrument: u16) -> Result<u32> {
    let price = commit(MessageKind::Finalise, |chain, env| {
        let oracle = chain.oracle();
        engine::finalise(chain, &oracle, env.now, Instrument(instrument))
    })?;
    Ok(price.0)
}

pub fn note_index(product: u8) -> Result<u8> {
    let validity = commit(MessageKind::NoteIndex, |chain, env| {
        let oracle = chain.oracle();
        engine::note_index(chain, &oracle, env.now, Product(product))
    })?;
    Ok(validity.number())
}

pub fn roll_listing(product: u8) -> Result<u8> {
    commit(MessageKind::RollListing, |chain, env| engine::roll_listing(chain, env.now, Product(product)))
}

pub fn sunset(instrument: u16) -> Result<u32> {
    let price = commit(MessageKind::Sunset, |chain, env| {
        let oracle = chain.oracle();
        engine::sunset(chain, &oracle, env.now, Instrument(instrument))
    })?;
    Ok(price.0)
}

pub fn pause(product: u8, scopes: u8) -> Result<()> {
    commit(MessageKind::Pause, |chain, env| engine::pause(chain, env.now, Product(product), scopes))
}

pub fn unpause(product: u8) -> Result<()> {
    commit(MessageKind::Unpause, |chain, env| engine::unpause(chain, env.now, Product(product)))
}

pub fn migrate(what: u8, id: u32, sub: u16, delegate: Address) -> Result<()> {
    let departure = commit(MessageKind::Migrate, |chain, env| {
        let versions = chain.versions();
        engine::migrate(chain, &versions, env, (what, id, sub, delegate.0))
    })?;
    let content = DynBytes(departure.content.as_bytes().into());
    let arrived = call!(Address::from(departure.to), selectors::ARRIVE, what, id, sub, delegate, content => ());
    arrived.ok_or(Error::CallFailed)
}

pub fn arrive(what: u8, id: u32, sub: u16, delegate: Address, content: DynBytes) -> Result<()> {
    commit(MessageKind::Arrive, |chain, env| {
        let (peers, versions) = (chain.peers(), chain.versions());
        engine::arrive(chain, &peers, &versions, env.caller, (what, id, sub, delegate.0), &content.0)
    })
}

pub fn cover(seat: u32, instrument: u16) -> Result<u64> {
    commit(MessageKind::Cover, |chain, env| engine::cover(chain, env.now, Seat(seat), Instrument(instrument)))
}

pub fn sweep_fees(instrument: u16) -> Result<u64> {
    commit(MessageKind::SweepFees, |chain, env| engine::sweep_fees(chain, env.now, Instrument(instrument)))
}

pub fn cancel_by_number(seat: u32, instrument: u16, number: u32, buy: bool, from: u32, pages: u8) -> Result<u32> {
    let search = Search { number, side: side(buy), from: Ticks(from), pages, exact: false };
    let (seat, instrument) = (Seat(seat), Instrument(instrument));
    commit(MessageKind::CancelByNumber, |chain, env| engine::cancel_by_number(chain, env, seat, instrument, search))
        .map(|lots| lots.0)
}

pub fn roll(roll: RollFields) -> Result<(i64, i64)> {
    let legs = commit(MessageKind::Roll, |chain, env| engine::roll(chain, env, roll.into()))?;
    Ok((legs.0.value.0, legs.1.value.0))
}

pub fn set_trigger(seat: u32, slot: u8, trigger: TriggerFields) -> Result<()> {
    let trigger = Trigger::try_from(trigger)?;
    commit(MessageKind::SetTrigger, |chain, env| engine::set_trigger(chain, env, Seat(seat), slot, trigger))
}

pub fn clear_trigger(seat: u32, slot: u8) -> Result<()> {
    commit(MessageKind::ClearTrigger, |chain, env| engine::clear_trigger(chain, env, Seat(seat), slot))
}

pub fn execute_trigger(keeper: u32, seat: u32, slot: u8) -> Result<(u32, u32, u64)> {
    let execute = Execute { keeper: Seat(keeper), seat: Seat(seat), slot };
    let (placed, fee) = commit(MessageKind::ExecuteTrigger, |chain, env| engine::execute_trigger(chain, env, execute))?;
    Ok((placed.filled.0, placed.resting.0, fee))
}

pub fn set_delegate(
    seat: u32,
    delegate: Address,
    max_lots: u32,
    day_lots: u32,
    expiry: u32,
    instruments: DynBytes,
) -> Result<()> {
    let scope = engine::parse_scope(&instruments.0);
    let terms = Delegate::new(Lots(max_lots), Seconds(expiry), scope)?.within_a_day(Lots(day_lots));
    commit(MessageKind::SetDelegate, |chain, env| engine::set_delegate(chain, env, Seat(seat), delegate.0, &terms))
}

pub fn set_holidays(product: u8, days: DynBytes) -> Result<()> {
    commit(MessageKind::SetHolidays, |chain, env| engine::set_holidays(chain, env.now, Product(product), &days.0))
}

pub fn transfer(from: u32, to: u32, amount: u64) -> Result<u64> {
    commit(MessageKind::Transfer, |chain, env| engine::transfer(chain, env, Seat(from), Seat(to), amount))
}

pub fn refresh_tier(seat: u32) -> Result<u8> {
    commit(MessageKind::RefreshTier, |chain, env| engine::refresh_tier(chain, env, Seat(seat)))
}

pub fn margin_call(seat: u32) -> Result<u64> {
    commit(MessageKind::MarginCall, |chain, _| engine::margin_call(chain, Seat(seat)))
}

pub fn report_deficit(seat: u32) -> Result<u64> {
    commit(MessageKind::ReportDeficit, |chain, env| engine::report_deficit(chain, env.now, Seat(seat)))
}

pub fn write_off(seat: u32, instrument: u16) -> Result<i64> {
    let instrument = Instrument(instrument);
    commit(MessageKind::WriteOff, |chain, env| engine::write_off(chain, env.now, Seat(seat), instrument))
        .map(|points| points.0)
}

pub fn allocate(instrument: u16, seats: DynBytes) -> Result<u32> {
    let seats = engine::parse_seats(&seats.0);
    commit(MessageKind::Allocate, |chain, _| engine::allocate(chain, Instrument(instrument), seats))
}

pub fn bridge(seat: u32, debt: u16, claim: u16) -> Result<u64> {
    commit(MessageKind::Bridge, |chain, env| {
        engine::bridge(chain, env.now, Seat(seat), Instrument(debt), Instrument(claim))
    })
}

pub fn offset(circle: DynBytes) -> Result<u64> {
    let circle = engine::parse_circle(&circle.0);
    commit(MessageKind::Offset, |chain, env| engine::offset(chain, env.now, circle))
}

pub fn set_add_ons(product: u8, add_ons: AddOnFields) -> Result<()> {
    commit(MessageKind::SetAddOns, |chain, _| engine::set_add_ons(chain, Product(product), add_ons.into()))
}

pub fn set_settlement_fee(instrument: u16, ppm: u16) -> Result<()> {
    commit(MessageKind::SetSettlementFee, |chain, _| engine::set_settlement_fee(chain, Instrument(instrument), ppm))
}

pub fn set_fund_cap(bps: u16) -> Result<()> {
    commit(MessageKind::SetFundCap, |chain, _| engine::set_fund_cap(chain, bps))
}

pub fn set_withdrawal_limits(hour_bps: u16, hour_amount: u64, day_bps: u16, day_amount: u64) -> Result<()> {
    let limits = WithdrawalLimits { hour_bps, hour_amount, day_bps, day_amount };
    commit(MessageKind::SetWithdrawalLimits, |chain, _| engine::set_withdrawal_limits(chain, limits))
}

pub fn fund_programme(amount: u64) -> Result<u64> {
    commit(MessageKind::FundProgramme, |chain, _| engine::fund_programme(chain, amount))
}

pub fn pay_treasury(to: Address, amount: u64) -> Result<u64> {
    pay_out(MessageKind::PayTreasury, |chain, env| engine::pay_treasury(chain, env.now, to.0, amount))
}

pub fn set_risk(
    product: u8,
    maintenance_bps: u16,
    liquidation_end_bps: u16,
    shocks: DynBytes,
    certificate_hash: FixedBytes<32>,
) -> Result<()> {
    let (product, maintenance, end) = (Product(product), maintenance_bps, liquidation_end_bps);
    commit(MessageKind::SetRisk, |chain, env| {
        engine::set_risk(chain, env.now, product, maintenance, end, &shocks.0, certificate_hash.0)
    })
}

pub fn start_product(product: u8) -> Result<()> {
    commit(MessageKind::StartProduct, |chain, _| {
        let oracle = chain.oracle();
        engine::start_product(chain, &oracle, Product(product))
    })
}

pub fn list(listing: ListingFields) -> Result<u16> {
    let listing = listing.into();
    commit(MessageKind::List, |chain, env| engine::list(chain, env.now, listing)).map(|instrument| instrument.0)
}

pub fn set_fee_shares(fund_bps: u16, incentive_bps: u16) -> Result<()> {
    commit(MessageKind::SetFeeShares, |chain, _| engine::set_fee_shares(chain, fund_bps, incentive_bps))
}

pub fn set_maker(seat: u32, maker: bool) -> Result<()> {
    commit(MessageKind::SetMaker, |chain, env| engine::set_maker(chain, env, Seat(seat), maker))
}

pub fn pay_reward(seat: u32, amount: u64) -> Result<()> {
    commit(MessageKind::PayReward, |chain, _| engine::pay_reward(chain, Seat(seat), amount))
}

pub fn maker_weeks(epoch: u32, floor_bps: u16, power: u8, makers: DynBytes) -> Result<DynBytes> {
    let rules = engine::UptimeRules { floor_bps, power };
    let weeks = commit(MessageKind::MakerWeeks, |chain, env| {
        engine::maker_weeks(chain, env.now, epoch, rules, &makers.0).ok_or(ClearingError::TooMany)
    })?;
    Ok(DynBytes(weeks.as_bytes().into()))
}

pub fn books() -> Result<(i128, i128, i128, i128, bool)> {
    let books = commit(MessageKind::Books, |chain, _| Ok(engine::books(chain)))?;
    Ok((books.custody.0, books.trading.0, books.instruments.0, books.reserves.0, books.balanced))
}
