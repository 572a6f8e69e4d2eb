//! The engine of the page says what the native engine says, on states that random traders have made: here through the
//! library, from no cells but those that it asks for; and as vectors, which the module itself answers under Node
//! (`web/tests/engine.test.mjs`).

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use sit_engine::chain::Env;
use sit_engine::clearing::{self, Guard, Store, guard, keys};
use sit_engine::codec::Cell;
use sit_engine::launch;
use sit_engine::units::{Seat, Side};
use sit_market::sequence::{Sequence, World};
use sit_native::preview::{admit, preview_message};
use sit_native::{Argument, Contract, Exchange, Message, Overlay};
use sit_wasm::{Session, written};

/// States that are compared, and messages of random traders between two of them.
const STATES: usize = 300;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::from("0x"), |text, byte| format!("{text}{byte:02x}"))
}

fn shown(argument: &Argument) -> Value {
    match argument {
        Argument::Number(number) => json!(number.to_string()),
        Argument::Signed(number) => json!(number.to_string()),
        Argument::Flag(flag) => json!(flag),
        Argument::Address(bytes) => json!(hex(bytes)),
        Argument::Word(bytes) => json!(hex(bytes)),
        Argument::Bytes(bytes) => json!(hex(bytes)),
        Argument::Tuple(items) | Argument::List(items) => items.iter().map(shown).collect(),
    }
}

/// The bytes of a cell as the contract's `cell` view returns them: none where nothing was written.
fn cell(exchange: &mut Exchange, (kind, a, b): (u8, u32, u32)) -> String {
    let house = &mut exchange.clearing;
    let bytes = |cell: Option<sit_engine::codec::Writer>| cell.map(|cell| hex(cell.as_bytes())).unwrap_or("0x".into());
    let instrument = sit_engine::clearing::Instrument(u16::try_from(a).expect("an instrument has 16 bits"));
    let product = sit_engine::clearing::Product(u8::try_from(a).unwrap_or(u8::MAX));
    let seat = Seat(a);
    let name = keys::KINDS.iter().find(|(tag, _)| *tag == kind).map(|(_, name)| *name);
    bytes(match name {
        Some("account") => house.account(seat).map(|cell| cell.to_cell()),
        Some("market") => house.market(instrument).map(|cell| cell.to_cell()),
        Some("page") => house.page(instrument, b).map(|cell| cell.to_cell()),
        Some("curve") => house.curve(product).map(|cell| cell.to_cell()),
        Some("risk") => house.risk(product).map(|cell| cell.to_cell()),
        Some("backtest") => Some(house.backtest(product).to_cell()),
        Some("sheet") => Some(house.sheet(seat, u16::try_from(b).expect("a sheet's number")).to_cell()),
        Some("ledger") => Some(house.ledger().to_cell()),
        Some("auction") => Some(house.auction(seat).to_cell()),
        Some("volume") => Some(house.volume(seat).to_cell()),
        Some("triggers") => Some(house.triggers(seat).to_cell()),
        Some("mirror") => house.mirror(product).map(|cell| cell.to_cell()),
        _ => panic!("no cell of kind {}", char::from(kind)),
    })
}

/// Asks until no cell is missing; the answer, and all cells that were read for it.
fn asked(session: &mut Session, exchange: &mut Exchange, question: &Value) -> (Value, BTreeMap<String, String>) {
    let mut read = BTreeMap::new();
    for _ in 0..64 {
        let answer: Value = serde_json::from_str(&session.answer(&question.to_string())).expect("JSON");
        let Some(missing) = answer.get("missing").and_then(Value::as_array) else { return (answer, read) };
        let cells: Vec<Value> = missing
            .iter()
            .map(|id| {
                let part =
                    |place: usize| id[place].as_u64().and_then(|part| u32::try_from(part).ok()).expect("an identifier");
                let id = (u8::try_from(part(0)).expect("a kind"), part(1), part(2));
                let bytes = cell(exchange, id);
                read.insert(format!("{}.{}.{}", id.0, id.1, id.2), bytes.clone());
                json!([id.0, id.1, id.2, bytes])
            })
            .collect();
        let taken = session.answer(&json!({ "do": "cells", "keep": true, "cells": cells }).to_string());
        assert!(taken.contains("held"), "{taken}");
    }
    panic!("it asks for ever: {question}");
}

#[test]
fn the_page_s_engine_says_what_the_native_engine_says() {
    let world = World::named();
    let mut exchange = world.begun();
    let mut sequence = Sequence::new(world, 16, 0);
    let (mut vectors, mut refused, mut accepted) = (Vec::new(), Vec::new(), 0);
    let mut number = 0_usize;
    while vectors.len() < STATES {
        number += 1;
        assert!(number < 40 * STATES, "only {} previews in {number} messages", vectors.len());
        let step = sequence.next(&mut exchange);
        exchange.now = step.at;
        let owned = step
            .message
            .account()
            .filter(|seat| exchange.clearing.account(*seat).is_some_and(|held| held.owner == step.by));
        if let Some(seat) = owned.filter(|_| step.message.contract() == Contract::Clearing) {
            let env = Env { caller: step.by, now: step.at };
            let said = preview_message(&mut exchange.clearing, env, seat, &step.message);
            match &said.outcome {
                Ok(_) => accepted += 1,
                Err(error) => refused.push(error.name()),
            }
            let expected = json!({ "ok": written::preview(&said) });
            let arguments: Value = step.message.arguments().iter().map(shown).collect();
            let question = json!({
                "do": "preview", "seat": seat.0, "caller": hex(&step.by), "now": step.at.0,
                "contract": "clearing", "message": step.message.name(), "arguments": arguments,
            });
            let mut session = Session::default();
            let (answer, cells) = asked(&mut session, &mut exchange, &question);
            assert_eq!(answer, expected, "message {number}, {:?}", step.message);
            vectors.push(json!({ "question": question, "cells": cells, "answer": answer }));
        }
        // What is refused leaves no trace; the sequence goes on either way.
        let _ = exchange.send(step.by, &step.message);
    }
    refused.sort_unstable();
    refused.dedup();
    println!("{STATES} previews: {accepted} accepted, refusals {refused:?}");
    assert!(accepted >= 40 && refused.len() >= 10, "{accepted} accepted, {refused:?}");
    assert!(refused.contains(&"BelowInitialMargin"), "{refused:?}");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    fs::write(folder.join("previews.json"), Value::from(vectors).to_string()).expect("the vectors are written");
}

#[test]
fn an_order_of_whoever_trades_for_an_account_is_previewed_as_a_delegates() {
    let world = World::named();
    let mut exchange = world.begun();
    let mut sequence = Sequence::new(world, 17, 0);
    let delegate = [77; 20];
    let mut seen = 0;
    for _ in 0..400 {
        let step = sequence.next(&mut exchange);
        exchange.now = step.at;
        if let Message::Place { order } = &step.message
            && exchange.clearing.account(order.seat).is_some()
        {
            let (seat, env) = (order.seat, Env { caller: delegate, now: step.at });
            let mut left = Overlay::new(&mut exchange.clearing);
            admit(&mut left, seat, delegate);
            let expected = json!({ "ok": written::preview(&preview_message(&mut left, env, seat, &step.message)) });
            let arguments: Value = step.message.arguments().iter().map(shown).collect();
            let mut question = json!({
                "do": "preview", "seat": seat.0, "caller": hex(&delegate), "delegate": true, "now": step.at.0,
                "contract": "clearing", "message": "place", "arguments": arguments,
            });
            assert_eq!(asked(&mut Session::default(), &mut exchange, &question).0, expected);
            // Somebody of whom nobody says that they trade for it is a stranger.
            question["delegate"] = json!(false);
            let (answer, _) = asked(&mut Session::default(), &mut exchange, &question);
            assert!(answer.to_string().contains("NotAuthorised"), "{answer}");
            seen += 1;
        }
        let _ = exchange.send(step.by, &step.message);
    }
    assert!(seen > 5, "{seen} orders");
}

/// Whoever looks at a month is told that only reductions pass, whatever it is that keeps new risk out.
#[test]
fn a_pause_keeps_risk_out_on_the_page_as_at_the_exchange() {
    let world = World::named();
    let mut exchange = world.begun();
    for scopes in 0..=Guard::ALL {
        let now = exchange.now;
        exchange
            .clearing
            .transact(|house| {
                clearing::unpause(house, now, launch::TPI)?;
                if scopes == 0 { Ok(()) } else { clearing::pause(house, now, launch::TPI, scopes) }
            })
            .expect("governance may");
        let question = json!({ "do": "curve", "product": launch::TPI.0, "now": now.0 });
        let (answer, _) = asked(&mut Session::default(), &mut exchange, &question);
        let curve = exchange.clearing.curve(launch::TPI).expect("it has begun");
        let (told, kept) = (&answer["ok"]["guard"], guard::keeps_risk_out(&curve, now));
        assert_eq!((&told["paused"], &told["keeps_risk_out"]), (&json!(scopes), &json!(kept)));
        let closes = scopes & (Guard::TRADING | Guard::SETTLEMENT) != 0;
        assert!(kept || !closes, "{scopes}");
    }
}

#[test]
fn the_book_of_the_page_is_the_book_of_the_exchange() {
    let world = World::named();
    let mut exchange = world.begun();
    let mut sequence = Sequence::new(world, 16, 0);
    let mut compared = 0;
    for number in 0..2_000 {
        let step = sequence.next(&mut exchange);
        exchange.now = step.at;
        let _ = exchange.send(step.by, &step.message);
        if number % 20 != 0 {
            continue;
        }
        let Some(curve) = exchange.clearing.curve(sit_engine::launch::TPI) else { continue };
        for month in curve.months() {
            let question =
                json!({ "do": "book", "instrument": month.instrument.0, "seat": null, "now": exchange.now.0 });
            let (answer, _) = asked(&mut Session::default(), &mut exchange, &question);
            let wide = exchange.clearing.market(month.instrument).expect("a market");
            // Counted over all pages, not along the bitmap.
            let orders = exchange.live_orders(month.instrument, month.epoch);
            let limits = sit_engine::clearing::limits::Limits::today(&curve, month, &wide, exchange.now);
            for (side, name) in [(Side::Buy, "bids"), (Side::Sell, "asks")] {
                let standing = orders.iter().filter(|order| {
                    order.side == side
                        && !order.expired(exchange.now)
                        && limits.contain(order.price)
                        && !order.reduce_only
                });
                let counted: u64 = standing.map(|order| u64::from(order.lots.0)).sum();
                let levels = answer["ok"][name].as_array().expect("levels");
                let shown: u64 = levels.iter().map(|level| level[1].as_u64().expect("lots")).sum();
                let reducing = orders.iter().any(|order| order.side == side && order.reduce_only);
                assert!(shown == counted || (reducing && shown >= counted), "{number}: {shown} shown, {counted} stand");
                compared += 1;
            }
        }
    }
    assert!(compared > 200, "{compared}");
}

#[test]
fn what_the_fund_has_to_cover_is_what_accounts_owe_when_their_own_marks_move() {
    let world = World::named();
    let mut exchange = world.begun();
    let mut sequence = Sequence::new(world, 16, 0);
    let (mut compared, mut owing) = (0, 0);
    for number in 0..2_000 {
        let step = sequence.next(&mut exchange);
        exchange.now = step.at;
        let _ = exchange.send(step.by, &step.message);
        if number % 100 != 99 {
            continue;
        }
        let ledger = exchange.clearing.ledger();
        let product = sit_engine::launch::TPI;
        let (told, _) = asked(&mut Session::default(), &mut exchange, &json!({ "do": "ledger", "product": product.0 }));
        for month in told["ok"]["months"].as_array().expect("months") {
            let id = month["instrument"].as_u64().and_then(|id| u16::try_from(id).ok()).expect("a month");
            let market = exchange.clearing.market(sit_engine::clearing::Instrument(id)).expect("a market");
            assert_eq!(month["allowance_atoms"], json!(ledger.fund_allowance(market.fund_drawn).to_string()));
        }
        for shift in [-5_000_i64, -2_000, 0, 2_000, 5_000] {
            let question = json!({ "do": "stress", "product": product.0, "seats": ledger.seats, "shift_bps": shift });
            let (answer, _) = asked(&mut Session::default(), &mut exchange, &question);
            let mut owed = Vec::new();
            for seat in 0..ledger.seats {
                let question = json!({ "do": "whatif", "seat": seat, "shifts_bps": [shift] });
                let (said, _) = asked(&mut Session::default(), &mut exchange, &question);
                let equity = said["ok"][0]["health"]["equity_atoms"].as_str().and_then(|atoms| atoms.parse().ok());
                let equity: i128 = equity.unwrap_or(0);
                if equity < 0 {
                    owed.push(-equity);
                }
            }
            owed.sort_unstable_by(|a, b| b.cmp(a));
            let two: i128 = owed.iter().take(2).sum();
            assert_eq!(answer["ok"]["two_atoms"], json!(two.to_string()), "message {number}, {shift}");
            assert_eq!(
                answer["ok"]["owed_atoms"],
                json!(owed.iter().sum::<i128>().to_string()),
                "message {number}, {shift}"
            );
            assert_eq!(answer["ok"]["accounts"], json!(owed.len()), "message {number}, {shift}");
            compared += 1;
            owing += usize::from(two > 0);
        }
    }
    assert!(compared == 100 && owing > 0, "{compared} compared, {owing} with somebody who owes");
}

#[test]
fn what_each_months_mark_does_to_equity_adds_up_to_what_all_marks_do() {
    let world = World::named();
    let mut exchange = world.begun();
    let mut sequence = Sequence::new(world, 16, 0);
    let mut moved = 0;
    for number in 0..2_000 {
        let step = sequence.next(&mut exchange);
        exchange.now = step.at;
        let _ = exchange.send(step.by, &step.message);
        if number % 200 != 199 {
            continue;
        }
        let Some(curve) = exchange.clearing.curve(sit_engine::launch::TPI) else { continue };
        let months: Vec<u16> = curve.months().iter().map(|month| month.instrument.0).collect();
        for seat in 0..exchange.clearing.ledger().seats {
            let mut equity = |only: Option<u16>, shift: i64| -> Option<i128> {
                let question = json!({ "do": "whatif", "seat": seat, "instrument": only, "shifts_bps": [shift] });
                let (said, _) = asked(&mut Session::default(), &mut exchange, &question);
                said["ok"][0]["health"]["equity_atoms"].as_str().and_then(|atoms| atoms.parse().ok())
            };
            let Some(now) = equity(None, 0) else { continue };
            let all = equity(None, -2_000).expect("an account has equity") - now;
            let each = months.iter().map(|month| equity(Some(*month), -2_000).expect("an account has equity") - now);
            assert_eq!(each.sum::<i128>(), all, "message {number}, seat {seat}");
            moved += usize::from(all != 0);
        }
    }
    assert!(moved > 0, "nobody holds anything");
}

#[test]
fn every_kind_of_cell_is_read_under_its_own_tag() {
    let kinds: Vec<char> = keys::KINDS.iter().map(|(tag, _)| char::from(*tag)).collect();
    assert_eq!(kinds, ['A', 'M', 'P', 'C', 'R', 'B', 'S', 'L', 'X', 'V', 'T', 'I', 'N'], "a new one must be read here");
}

#[test]
fn what_is_no_question_is_said_to_be_none() {
    let mut session = Session::default();
    for question in [
        "",
        "[]",
        "{}",
        r#"{"do": "curve"}"#,
        r#"{"do": "nothing"}"#,
        r#"{"do": "account", "seat": -1, "now": 1}"#,
        r#"{"do": "cells", "cells": [[1, 2]]}"#,
        r#"{"do": "cells", "cells": [[65, 0, 0, "0xzz"]]}"#,
        r#"{"do": "preview", "seat": 0, "caller": "0x00", "now": 1, "contract": "clearing", "message": "place", "arguments": []}"#,
    ] {
        let answer = session.answer(question);
        assert!(answer.starts_with(r#"{"malformed":"#), "{question}: {answer}");
    }
}
