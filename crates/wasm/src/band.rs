//! What the bill of a hedge's plan costs with and without it, as `sit hedge plan` has it, by the simulator. It makes
//! the module more than twice as large, so the page loads one with it beside its engine, and only for a plan.

use std::path::Path;

use serde_json::{Value, json};
use sit_engine::launch::Sizing;
use sit_engine::units::{Side, TickValue};
use sit_hedge::band::{self, Asked as Wanted, Band};
use sit_hedge::margin::{Terms, sizing_of};
use sit_sim::history::History;
use sit_sim::model::Model;

use crate::hedge::{Asked, named, refused};
use crate::session::Question;

/// What the bill of a plan costs with and without the hedge, and the cash that its margin and its daily payments need,
/// as `sit hedge plan` has it: US dollars with two decimals, by the simulator on a sample of prices, or on a price
/// history whose text is in `prices` and whose column is `column`. `sells` is whether tokens are sold and not bought,
/// `confidence_bps` the confidence of the cash need. Takes seconds: a page asks in a thread of its own.
///
/// # Errors
/// A question that is none.
pub fn band(asked: &Question<'_>) -> Result<Value, String> {
    let wanted = Asked::read(asked)?;
    let sells = asked.0.get("sells").and_then(Value::as_bool).ok_or("`sells` is true or false")?;
    let (confidence, seed): (u32, u64) = (asked.number("confidence_bps")?, asked.number("seed")?);
    let plan = match wanted.plan() {
        Ok((_, plan)) => plan,
        Err(error) => return Ok(refused(&error.to_string())),
    };
    let history = match asked.0.get("prices").and_then(Value::as_str) {
        None => Ok(History::sample(seed)),
        Some(text) => {
            let name = Path::new("the price history");
            History::from_bytes(name, text.as_bytes(), asked.text("column")?, &Default::default())
        }
    };
    let model = history.map_err(|error| error.to_string()).and_then(|history| {
        sit_sim::calibrate::calibrate(&history).map(|found| found.model).map_err(|error| error.to_string())
    });
    let model = match model {
        Ok(model) => model,
        Err(reason) => return Ok(refused(&reason)),
    };
    let today = wanted.request.today;
    let side = if sells { Side::Sell } else { Side::Buy };
    let hedged = Wanted { today, side, confidence: f64::from(confidence) / 10_000.0, seed };
    let outcome = Terms::of_process(&model, today, seed, sizing(&model, wanted.request.lot))
        .and_then(|terms| band::outcome(&model, &plan.months, &terms, &hedged));
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(error) => return Ok(refused(&error.to_string())),
    };
    let dollars = |value: f64| format!("{value:.2}");
    let band = |band: Band| json!({ "p5": dollars(band.low), "p50": dollars(band.middle), "p95": dollars(band.high) });
    let by_month = outcome.by_month.iter().map(|one| {
        json!({
            "month": named(one.month),
            "without": band(one.unhedged),
            "with": band(one.hedged),
            "variation": dollars(one.variation),
            "margin": dollars(one.margin),
            "cash": dollars(one.cash),
        })
    });
    Ok(json!({
        "without": band(outcome.unhedged),
        "with": band(outcome.hedged),
        "initial": dollars(outcome.initial),
        "margin": dollars(outcome.margin),
        "variation": dollars(outcome.variation),
        "cash": dollars(outcome.cash),
        "by_month": by_month.collect::<Vec<_>>(),
    }))
}

/// Lots of so many SIT, with the tick of a month that is listed at the price of a process today: the page plans in the
/// lots of its chain.
fn sizing(model: &Model, lot: u128) -> Sizing {
    let tick_size = sizing_of(model).tick_size;
    let lot = u32::try_from(lot.div_euclid(1_000_000)).unwrap_or(u32::MAX).max(1);
    Sizing { lot, tick_size, tick_value: TickValue(u32::from(tick_size).saturating_mul(lot)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USAGE: &str = "date,model,input_tokens,output_tokens\n2026-08-03,m,800000000,200000000\n\
                         2026-09-03,m,800000000,200000000\n2026-10-31,m,800000000,200000000\n";

    #[test]
    fn a_hedge_narrows_the_band_of_the_bill_as_the_command_says_it() {
        let question = |more: Value| {
            let mut question = json!({
                "do": "band", "usage": USAGE, "models": ["model,input,output\nm,1,4\n"], "today": "2026-11-28",
                "months": 3, "ratio_bps": 10_000, "lot": 100_000_000_u64, "round": "down", "growth_bps": 0,
                "sells": false, "confidence_bps": 9_900, "seed": 1,
            });
            question.as_object_mut().expect("fields").extend(more.as_object().expect("fields").clone());
            serde_json::from_str::<Value>(&crate::Session::default().answer(&question.to_string())).expect("JSON")
        };
        let said = &question(json!({}))["ok"];
        let of = |what: &str, place: &str| -> f64 {
            said[what][place].as_str().and_then(|text| text.parse().ok()).expect("dollars")
        };
        let width = |what| of(what, "p95") - of(what, "p5");
        assert!(width("with") < width("without") / 2.0, "{said}");
        // What `sit hedge plan` computes, by the functions that it calls.
        let history = History::sample(1);
        let model = sit_sim::calibrate::calibrate(&history).expect("a model").model;
        let asked = json!({
            "usage": USAGE, "models": ["model,input,output\nm,1,4\n"], "today": "2026-11-28", "months": 3,
            "ratio_bps": 10_000, "lot": 100_000_000_u64, "round": "down", "growth_bps": 0,
        });
        let asked = Asked::read(&Question(&asked)).expect("a question");
        let (_, plan) = asked.plan().expect("a plan");
        let today = asked.request.today;
        let terms = Terms::of_process(&model, today, 1, sizing(&model, asked.request.lot)).expect("a margin set");
        let wanted = Wanted { today, side: Side::Buy, confidence: 0.99, seed: 1 };
        let outcome = band::outcome(&model, &plan.months, &terms, &wanted).expect("an outcome");
        assert_eq!(said["with"]["p95"], json!(format!("{:.2}", outcome.hedged.high)));
        assert_eq!(said["variation"], json!(format!("{:.2}", outcome.variation)));
        assert_eq!(said["cash"], json!(format!("{:.2}", outcome.cash)));
        assert!(outcome.initial > 0.0 && outcome.cash > outcome.variation, "margin is part of the cash");
        let last = said["by_month"].as_array().and_then(|all| all.last()).expect("months");
        assert_eq!((&last["month"], &last["with"]), (&json!("2027-02"), &said["with"]));
        // A history of one's own, and what is wrong with one, by its sentence.
        let prices = json!({ "prices": "date,tpi\n2026-01-01,x\n", "column": "tpi" });
        assert!(question(prices)["ok"]["sentence"].is_string());
        assert!(question(json!({ "sells": "yes" }))["malformed"].is_string());
    }
}
