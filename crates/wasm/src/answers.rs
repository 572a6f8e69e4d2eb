//! Answers as JSON.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sit_engine::calendar::Day;
use sit_engine::clearing::margin::{Health, assess};
use sit_engine::clearing::{
    ClearingError, Curve, Instrument, MAX_TRIGGERS, Market, Month, Order, Product, Status, Store, fees, guard, opening,
};
use sit_engine::codec::Cell;
use sit_engine::oracle::{IndexState, PrintPage, Reporters, Setup};
use sit_engine::units::{Lots, NetLots, Points, QuoteAtoms, Seat, Seconds, Side, TickValue, Ticks};
use sit_native::preview::{LiquidationPrices, Preview, Standing, standing};
use sit_native::{Answer, EmittedEvent, Overlay};

use crate::board::{Board, board, market_of, own_orders};
use crate::session::Question;
use crate::value::{hex, shown};

fn refused(error: ClearingError) -> Value {
    json!({ "error": error.name(), "sentence": error.explanation() })
}

fn answered(answer: Result<Value, ClearingError>) -> Value {
    answer.unwrap_or_else(refused)
}

fn atoms(amount: QuoteAtoms) -> Value {
    json!(amount.0.to_string())
}

fn points(amount: Points) -> Value {
    json!(amount.0.to_string())
}

fn side(side: Side) -> Value {
    json!(match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    })
}

/// All months of a product with what is known of each, and what holds for the product.
pub fn curve<S: Store>(store: &mut S, product: Product, now: Seconds) -> Value {
    let Some(curve) = store.curve(product) else { return refused(ClearingError::UnknownProduct) };
    let months: Vec<Value> = curve.months().iter().map(|month| month_of(store, &curve, month, now)).collect();
    json!({
        "product": product.0,
        "round": curve.round,
        "index_day": curve.index_day,
        "index_price_atoms": curve.index_price.to_string(),
        "session": curve.holidays.is_session(now),
        "next_session": curve.holidays.next_session(now).0,
        "print_due": opening::is_print_due(&curve, now),
        "holidays": curve.holidays.days().map(|day| day.start().0).collect::<Vec<_>>(),
        "validity": guard::validity(&curve, now).number(),
        "guard": {
            "paused": curve.guard.paused,
            "since": curve.guard.since.0,
            "doubt": curve.guard.doubt,
            "red": curve.guard.red,
            "keeps_risk_out": guard::keeps_risk_out(&curve, now),
        },
        "months": months,
    })
}

fn month_of<S: Store>(store: &mut S, curve: &Curve, month: &Month, now: Seconds) -> Value {
    let Month { instrument, status, epoch, expiry, tick_value, tick_size, settle, pull, mark, slow, .. } = *month;
    let found = market_of(store, curve, month, now);
    let (market, limits) = match found {
        Ok(found) => found,
        Err(error) => return refused(error),
    };
    let terms = market.terms;
    let lot = tick_value.0.checked_div(tick_size.into()).unwrap_or(0);
    json!({
        "instrument": instrument.0,
        "serial": instrument.serial(),
        "status": match status {
            Status::Trading => "trading",
            Status::ReduceOnly => "reduce-only",
            Status::Settled => "settled",
        },
        "epoch": epoch,
        "expiry": expiry.0,
        "tick_value_atoms": tick_value.0,
        "tick_size_atoms": tick_size,
        "lot_millions": lot,
        "settle_ticks": settle.0,
        "mark_ticks": mark.0,
        "slow_ticks": slow.0,
        "pull_ticks": pull,
        "anchor_ticks": month.anchor().0,
        "open_interest_scale": month.open_interest_scale,
        "slot": curve.slot(instrument),
        "low_ticks": limits.low.0,
        "high_ticks": limits.high.0,
        "wide": limits.wide,
        "opens_at": opening::opens_at(curve, month, &market, now).0,
        "halted_until": market.halted_until.0,
        "open_interest_lots": market.open_interest.0,
        "last_ticks": (market.last_price > Ticks::ZERO).then_some(market.last_price.0),
        "last_at": market.last_at.0,
        "final_ticks": market.final_price.map(|price| price.0),
        "pool_points": points(market.pool),
        "deficit_points": points(market.deficit),
        "holders": market.holders,
        "allocating": market.allocation.is_counting(),
        "listed": market.listed.0,
        "terms": {
            "taker_fee_ppm": terms.taker_fee_ppm,
            "maker_fee_ppm": terms.maker_fee_ppm,
            "settlement_fee_ppm": market.settlement_fee_ppm,
            "price_limit_bps": terms.price_limit_bps,
            "position_limit_lots": terms.position_limit.0,
            "open_interest_cap_lots": terms.open_interest_cap.0,
            "maker_spread_front_bps": terms.maker_spread_front_bps,
            "maker_spread_back_bps": terms.maker_spread_back_bps,
            "maker_lots": terms.maker_lots.0,
        },
    })
}

/// The margin set of a product: its scenarios by slot of the curve, its add-ons, and its backtest.
pub fn risk<S: Store>(store: &mut S, product: Product) -> Value {
    let (found, curve, backtest) = (store.risk(product), store.curve(product), store.backtest(product));
    let Some((risk, curve)) = found.zip(curve) else { return refused(ClearingError::UnknownProduct) };
    let slots = 0..curve.unsettled();
    let series = backtest.series.iter().map(|series| {
        let sides = [0, 1].map(|side| {
            let (exceeded, clustered) = series.count(side);
            json!({ "exceeded": exceeded, "clustered": clustered })
        });
        json!({ "observed": series.observed, "sides": sides, "grade": series.grade().number() })
    });
    json!({
        "maintenance_bps": risk.maintenance_bps,
        "liquidation_end_bps": risk.liquidation_end_bps,
        "surcharge_bps": risk.surcharge_bps,
        "buffer_bps": risk.buffer_bps(curve.round),
        "floor_bps": risk.add_ons.floor_bps,
        "buffer_target_bps": risk.add_ons.buffer_target_bps,
        "refill_bps": risk.add_ons.refill_bps,
        "size_lower_lots": risk.add_ons.size_lower.0,
        "size_upper_lots": risk.add_ons.size_upper.0,
        "open_interest_lower_bps": risk.add_ons.open_interest_lower_bps,
        "open_interest_upper_bps": risk.add_ons.open_interest_upper_bps,
        "shocks_bps": slots.map(|slot| risk.shocks(slot)).collect::<Vec<_>>(),
        "grade": backtest.grade().number(),
        "series": series.collect::<Vec<_>>(),
    })
}

/// What belongs to no account, and what the insurance fund may pay for each month of a product.
pub fn ledger<S: Store>(store: &mut S, product: Product) -> Value {
    let ledger = store.ledger();
    let curve = store.curve(product);
    let months = curve.as_ref().map(Curve::months).unwrap_or_default().iter().filter_map(|month| {
        let market = store.market(month.instrument)?;
        Some(json!({
            "instrument": month.instrument.0,
            "drawn_atoms": market.fund_drawn.to_string(),
            "allowance_atoms": ledger.fund_allowance(market.fund_drawn).to_string(),
            "deficit_atoms": atoms(market.deficit * month.tick_value),
        }))
    });
    let months: Vec<Value> = months.collect();
    json!({
        "months": months,
        "seats": ledger.seats,
        "deposits_atoms": ledger.deposits.to_string(),
        "withdrawals_atoms": ledger.withdrawals.to_string(),
        "custody_atoms": atoms(ledger.custody()),
        "trading_atoms": ledger.trading.to_string(),
        "fund_atoms": ledger.fund.to_string(),
        "incentives_atoms": ledger.incentives.to_string(),
        "treasury_atoms": ledger.treasury.to_string(),
        "fund_share_bps": ledger.fund_share_bps,
        "incentive_share_bps": ledger.incentive_share_bps,
        "fund_cap_bps": ledger.fund_cap_bps,
        "uncovered_atoms": ledger.uncovered.to_string(),
        "balances": ledger.balances(),
        "losses_are_bearable": ledger.losses_are_bearable(),
        "hour_bps": ledger.limits.hour_bps,
        "hour_amount_atoms": ledger.limits.hour_amount.to_string(),
        "day_bps": ledger.limits.day_bps,
        "day_amount_atoms": ledger.limits.day_amount.to_string(),
        "stage": ledger.stage.number(),
    })
}

/// The levels of a book, best first: price, lots, orders, own lots.
pub fn book<S: Store>(store: &mut S, instrument: Instrument, seat: Option<Seat>, now: Seconds) -> Value {
    answered(board(store, instrument, now).map(|Board { month, limits, orders, .. }| {
        let levels = |side: Side| {
            let mut levels = BTreeMap::<u32, (u64, u32, u64)>::new();
            for order in orders.iter().filter(|order| order.side == side) {
                let level = levels.entry(order.price.0).or_default();
                level.0 = level.0.saturating_add(order.lots.0.into());
                level.1 = level.1.saturating_add(1);
                if Some(order.seat) == seat {
                    level.2 = level.2.saturating_add(order.lots.0.into());
                }
            }
            let shown = levels.into_iter().map(|(price, (lots, count, own))| json!([price, lots, count, own]));
            let mut shown: Vec<Value> = shown.collect();
            if side == Side::Buy {
                shown.reverse();
            }
            shown
        };
        json!({
            "instrument": instrument.0,
            "epoch": month.epoch,
            "low_ticks": limits.low.0,
            "high_ticks": limits.high.0,
            "bids": levels(Side::Buy),
            "asks": levels(Side::Sell),
        })
    }))
}

/// An account: what it has, holds and needs, with both liquidation prices of each month.
pub fn account<S: Store>(store: &mut S, seat: Seat, now: Seconds) -> Value {
    let Some(account) = store.account(seat) else { return refused(ClearingError::UnknownSeat) };
    let standing = standing(store, seat);
    let prices = |instrument: Instrument| {
        let found = standing.as_ref().ok().into_iter().flat_map(|standing| &standing.liquidation);
        found.filter(|(other, _)| *other == instrument).map(|(_, prices)| *prices).next().unwrap_or_default()
    };
    let mut positions = Vec::new();
    for position in account.positions() {
        let Some(curve) = store.curve(position.instrument.product()) else { continue };
        let month = curve.month(position.instrument).copied();
        let market = store.market(position.instrument);
        let LiquidationPrices { below, above } = prices(position.instrument);
        let (mark, settle, value) = marks(month.as_ref(), market.as_ref());
        let live = month.is_some_and(|month| month.epoch == position.epoch) && position.has_orders();
        let open = |lots: Lots| if live { lots.0 } else { 0 };
        positions.push(json!({
            "instrument": position.instrument.0,
            "net_lots": position.net.0,
            "basis_points": points(position.basis),
            "mark_ticks": mark.0,
            "settle_ticks": settle.0,
            "notional_atoms": atoms(if position.net < NetLots::ZERO { -(position.net * mark * value) } else { position.net * mark * value }),
            "variation_points": points(position.variation(mark)),
            "variation_atoms": atoms(position.variation(mark) * value),
            "bid_lots": open(position.bids.lots),
            "ask_lots": open(position.asks.lots),
            "liquidation_below_ticks": below.map(|price| price.0),
            "liquidation_above_ticks": above.map(|price| price.0),
            "settled": market.is_some_and(|market| market.final_price.is_some()),
        }));
    }
    let (auction, kept) = (store.auction(seat), store.triggers(seat));
    let slots = 0..u8::try_from(MAX_TRIGGERS).unwrap_or(u8::MAX);
    let triggers = slots.filter_map(|slot| Some((slot, *kept.get(slot)?))).map(|(slot, trigger)| {
        json!({
            "slot": slot,
            "instrument": trigger.instrument.0,
            "side": side(trigger.side()),
            "above": trigger.above,
            "last": trigger.last,
            "reduce_only": trigger.reduce_only,
            "rests": trigger.rests,
            "price_ticks": trigger.price.0,
            "limit_ticks": trigger.limit.0,
            "lots": trigger.lots.0,
            "expiry": trigger.expiry.0,
            "fee_atoms": trigger.fee,
        })
    });
    let tier = fees::TIERS.get(usize::from(account.tier));
    json!({
        "seat": seat.0,
        "owner": hex(&account.owner),
        "cash_atoms": account.cash.to_string(),
        "next_order": account.next_order,
        "maker": account.maker,
        "tier": account.tier,
        "taker_share_bps": tier.map(|tier| tier.taker_bps),
        "maker_share_bps": tier.map(|tier| tier.maker_bps),
        "standing": answered(standing.map(|standing| standing_of(&standing))),
        "positions": positions,
        "triggers": triggers.collect::<Vec<_>>(),
        "liquidation_since": auction.started.0,
        "now": now.0,
    })
}

/// Mark, settlement mark and value of a tick: of a listed month, or of one that is settled and has left the curve.
fn marks(month: Option<&Month>, market: Option<&Market>) -> (Ticks, Ticks, TickValue) {
    let settled = market.and_then(|market| Some((market.final_price?, market.tick_value)));
    match (settled, month) {
        (Some((price, value)), _) => (price, price, value),
        (None, Some(month)) => (month.mark, month.settle, month.tick_value),
        (None, None) => Default::default(),
    }
}

/// Own orders that stand, in all months.
pub fn orders<S: Store>(store: &mut S, seat: Seat) -> Value {
    let Some(account) = store.account(seat) else { return refused(ClearingError::UnknownSeat) };
    let mut found = Vec::new();
    for position in account.positions().iter().filter(|position| position.has_orders()) {
        for order in own_orders(store, seat, position.instrument).unwrap_or_default() {
            let Order { price, number, lots, expiry, reduce_only, .. } = order;
            found.push(json!({
                "instrument": position.instrument.0,
                "side": side(order.side),
                "price_ticks": price.0,
                "number": number,
                "lots": lots.0,
                "expiry": expiry.0,
                "reduce_only": reduce_only,
            }));
        }
    }
    json!(found)
}

fn health_of(health: &Health) -> Value {
    json!({
        "initial_equity_atoms": atoms(health.initial_equity),
        "equity_atoms": atoms(health.equity),
        "initial_atoms": atoms(health.initial),
        "maintenance_atoms": atoms(health.maintenance),
        "liquidation_end_atoms": atoms(health.liquidation_end),
        "notional_atoms": atoms(health.notional),
        "scenario": health.scenario,
        "meets_initial": health.meets_initial(),
        "meets_maintenance": health.meets_maintenance(),
    })
}

fn standing_of(standing: &Standing) -> Value {
    let liquidation = standing.liquidation.iter().map(|(instrument, prices)| {
        json!({
            "instrument": instrument.0,
            "below_ticks": prices.below.map(|price| price.0),
            "above_ticks": prices.above.map(|price| price.0),
        })
    });
    json!({ "health": health_of(&standing.health), "liquidation": liquidation.collect::<Vec<_>>() })
}

/// Moves the marks of a product, or of one month alone, by so many basis points, each rounded down to a tick and none
/// below one.
fn shift<S: Store>(
    store: &mut S,
    product: Product,
    only: Option<Instrument>,
    shift_bps: i64,
) -> Result<(), ClearingError> {
    let mut curve = store.curve(product).ok_or(ClearingError::UnknownProduct)?;
    let open = curve.months_mut().iter_mut().filter(|month| month.status != Status::Settled);
    for month in open.filter(|month| only.is_none_or(|one| month.instrument == one)) {
        for mark in [&mut month.mark, &mut month.slow] {
            let scaled = i64::from(mark.0).saturating_mul(shift_bps.saturating_add(10_000)).div_euclid(10_000);
            *mark = Ticks(u32::try_from(scaled.max(1)).unwrap_or(Ticks::MAX.0).min(Ticks::MAX.0));
        }
    }
    store.set_curve(product, &curve);
    Ok(())
}

/// The margin of an account if all marks, or that of one month alone, moved by so many basis points, each rounded down
/// to a tick.
pub fn what_if<S: Store>(store: &mut S, seat: Seat, only: Option<Instrument>, shifts_bps: &[i64]) -> Value {
    let Some(account) = store.account(seat) else { return refused(ClearingError::UnknownSeat) };
    let mut products: Vec<Product> = account.positions().iter().map(|held| held.instrument.product()).collect();
    products.dedup();
    let moved = |store: &mut S, by: i64| -> Result<Value, ClearingError> {
        let mut overlay = Overlay::new(store);
        for product in &products {
            shift(&mut overlay, *product, only, by)?;
        }
        assess(&mut overlay, &account).map(|health| health_of(&health))
    };
    shifts_bps.iter().map(|by| json!({ "shift_bps": by, "health": answered(moved(store, *by)) })).collect()
}

/// What all accounts would owe beyond their equity if all marks of a product jumped by so many basis points at once:
/// how many of them, all together, and the two largest, whom an insurance fund has to cover (ADR 55).
pub fn stress<S: Store>(store: &mut S, product: Product, seats: u32, shift_bps: i64) -> Value {
    let mut overlay = Overlay::new(store);
    if let Err(error) = shift(&mut overlay, product, None, shift_bps) {
        return refused(error);
    }
    let mut owed = Vec::new();
    for seat in 0..seats {
        let Some(account) = overlay.account(Seat(seat)) else { continue };
        if account.positions().is_empty() {
            continue;
        }
        match assess(&mut overlay, &account) {
            Ok(health) if health.equity < QuoteAtoms::ZERO => owed.push(-health.equity),
            Ok(_) => {}
            Err(error) => return refused(error),
        }
    }
    owed.sort_unstable_by(|a, b| b.cmp(a));
    let sum = |part: &[QuoteAtoms]| atoms(part.iter().fold(QuoteAtoms::ZERO, |sum, one| sum + *one));
    json!({
        "shift_bps": shift_bps,
        "accounts": owed.len(),
        "owed_atoms": sum(&owed),
        "two_atoms": sum(owed.get(..2).unwrap_or(&owed)),
    })
}

/// What a message would do.
pub fn preview(said: &Preview<Answer>) -> Value {
    let events = said.events.iter().map(|event| {
        let EmittedEvent { name, fields, .. } = EmittedEvent::from(event);
        let fields: serde_json::Map<String, Value> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), shown(value))).collect();
        json!({ "name": name, "fields": fields })
    });
    let told = |standing: &Result<Standing, ClearingError>| match standing {
        Ok(standing) => standing_of(standing),
        Err(error) => refused(*error),
    };
    json!({
        "outcome": match &said.outcome {
            Ok(answer) => json!({ "answer": answer.0.iter().map(ToString::to_string).collect::<Vec<_>>() }),
            Err(error) => refused(*error),
        },
        "before": told(&said.before),
        "after": told(&said.after),
        "events": events.collect::<Vec<_>>(),
        "deposit_planck": said.growth.deposit().to_string(),
    })
}

/// An index from its cells, which lie in the oracle: rules, providers, the last print and what waits, and prints by
/// day.
pub(crate) fn index(asked: &Question<'_>) -> Result<Value, String> {
    let setup = Setup::from_cell(&asked.bytes("setup")?);
    let state = IndexState::from_cell(&asked.bytes("state")?);
    let reporters = Reporters::from_cell(&asked.bytes("reporters")?);
    let mut prints = Vec::new();
    for page in asked.0.get("prints").and_then(Value::as_array).into_iter().flatten() {
        let asked = Question(page);
        let (number, bytes): (u32, _) = (asked.number("page")?, asked.bytes("bytes")?);
        if bytes.is_empty() {
            continue;
        }
        for (place, price) in (0_u32..).zip(PrintPage::from_cell(&bytes).0).filter(|(_, price)| *price > 0) {
            let day = Day(number.saturating_mul(64).saturating_add(place));
            prints.push(json!([day.start().0, price.to_string()]));
        }
    }
    let rules = setup.rules;
    Ok(json!({
        "rules": {
            "cap_bps": rules.cap_bps,
            "min_providers": rules.min_providers,
            "min_reporters": rules.min_reporters,
            "opens": rules.opens,
            "closes": rules.closes,
            "max_staleness": rules.max_staleness,
            "confirm_above": rules.confirm_above,
            "reject_above": rules.reject_above,
            "confirm_delay": rules.confirm_delay,
            "window_days": rules.window_days,
            "max_gaps": rules.max_gaps,
            "blend_input": rules.blend_input,
            "blend_output": rules.blend_output,
        },
        "basket": {
            "version": setup.basket.version,
            "scores": setup.basket.current,
            "next_from": setup.basket.next_from.start().0,
            "next_scores": setup.basket.next,
        },
        "last": state.last.map(|print| json!({
            "day": print.day.start().0, "price_atoms": print.price.to_string(), "published_at": print.published_at.0,
        })),
        "pending": state.pending.map(|pending| json!({
            "day": pending.day.start().0, "price_atoms": pending.price.to_string(), "since": pending.since.0,
            "validity": pending.validity.number(),
        })),
        "sequence": state.sequence,
        "probation": state.probation,
        "link": state.link.to_string(),
        "reporters": reporters.iter().map(|(place, address, record)| json!({
            "place": place, "address": hex(&address), "submissions": record.submissions, "misses": record.misses,
            "deviations": record.deviations,
        })).collect::<Vec<_>>(),
        "prints": prints,
    }))
}
