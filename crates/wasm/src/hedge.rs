//! The plan of a hedge, as `sit hedge plan` has it: usage in, lots by month out, by the index's own rules.

use jiff::civil::Date;
use serde_json::{Value, json};
use sit_engine::oracle::Rules;
use sit_hedge::HedgeError;
use sit_hedge::exposure::{self, Exposure, Request, Rounding};
use sit_hedge::prices::Prices;
use sit_hedge::usage::{self, Options, Usage};

use crate::session::Question;

/// What a plan is made of, as a question has it: texts of a usage file and of price tables, and what is wanted.
pub(crate) struct Asked<'q> {
    usage: &'q str,
    options: Options,
    models: Vec<&'q str>,
    pub(crate) request: Request,
}

impl<'q> Asked<'q> {
    pub(crate) fn read(asked: &Question<'q>) -> Result<Self, String> {
        let flag = |name: &str| asked.0.get(name).and_then(Value::as_bool);
        let models = asked.list("models")?.iter().map(Value::as_str).collect::<Option<Vec<_>>>();
        let growth_bps = match asked.0.get("growth_bps") {
            None | Some(Value::Null) => None,
            Some(value) => {
                Some(value.as_i64().and_then(|bps| i32::try_from(bps).ok()).ok_or("the growth is a number")?)
            }
        };
        let rounding = match asked.text("round")? {
            "down" => Rounding::Down,
            "near" => Rounding::Near,
            "up" => Rounding::Up,
            other => return Err(format!("`{other}` is no rounding: down, near and up are")),
        };
        Ok(Self {
            usage: asked.text("usage")?,
            options: Options { day_first: flag("day_first"), count_cached: flag("cached") },
            models: models.ok_or("the models are texts")?,
            request: Request {
                today: asked.text("today")?.parse().map_err(|error| format!("the day: {error}"))?,
                months: asked.number("months")?,
                growth_bps,
                ratio_bps: asked.number("ratio_bps")?,
                lot: asked.number::<u64>("lot")?.into(),
                rounding,
            },
        })
    }

    pub(crate) fn plan(&self) -> Result<(Usage, Exposure), HedgeError> {
        let rules = Rules::TPI;
        let usage = usage::parse(self.usage, self.options)?;
        let mut prices = Prices::default();
        for table in &self.models {
            prices.extend(Prices::parse(table, &rules)?);
        }
        let plan = exposure::expose(&usage, &prices, &rules, &self.request)?;
        Ok((usage, plan))
    }
}

pub(crate) fn refused(reason: &str) -> Value {
    json!({ "error": "Hedge", "sentence": reason })
}

pub(crate) fn named(month: Date) -> String {
    month.strftime("%Y-%m").to_string()
}

/// Plans from the texts of a usage file and of price tables. What the files leave open, or have wrong, is an answer of
/// its own, with the sentence.
///
/// # Errors
/// A question that is none.
pub fn plan(asked: &Question<'_>) -> Result<Value, String> {
    let planned = Asked::read(asked)?.plan();
    Ok(planned.map_or_else(|error| refused(&error.to_string()), |(usage, plan)| shown(&usage, &plan)))
}

fn shown(usage: &Usage, plan: &Exposure) -> Value {
    let (tokens_in, tokens_out) = usage.tokens();
    let (first, last) = usage.span().unwrap_or_default();
    let months = plan.months.iter().map(|month| {
        json!({
            "month": named(month.month),
            "sit": month.sit.to_string(),
            "lots": month.lots.to_string(),
            "contract": month.contract.map(named),
        })
    });
    let orders = plan.orders().into_iter();
    json!({
        "source": usage.source.name(),
        "rows": usage.rows.len(),
        "first": first.to_string(),
        "last": last.to_string(),
        "models": usage.models(),
        "tokens_in": tokens_in.to_string(),
        "tokens_out": tokens_out.to_string(),
        "cost_atoms": usage.cost().map(|cost| cost.to_string()),
        "growth_bps": plan.growth_bps,
        "sit": plan.sit().to_string(),
        "months": months.collect::<Vec<_>>(),
        "orders": orders.map(|(month, lots)| json!({ "month": named(month), "lots": lots.to_string() })).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const USAGE: &str = "date,model,input_tokens,output_tokens\n2026-08-03,m,800000000,200000000\n\
                         2026-09-03,m,800000000,200000000\n2026-10-31,m,800000000,200000000\n";

    fn asked(usage: &str, growth: Value) -> Value {
        let question = json!({
            "do": "hedge", "usage": usage, "models": ["model,input,output\nm,1,4\n"], "today": "2026-11-28",
            "months": 3, "ratio_bps": 10_000, "lot": 100_000_000_u64, "round": "down", "growth_bps": growth,
        });
        serde_json::from_str(&crate::Session::default().answer(&question.to_string())).expect("JSON")
    }

    #[test]
    fn a_usage_file_becomes_lots_by_listed_month() {
        let plan = &asked(USAGE, json!(0))["ok"];
        let months: Vec<&str> =
            plan["months"].as_array().expect("months").iter().filter_map(|m| m["month"].as_str()).collect();
        assert_eq!(months, ["2026-12", "2027-01", "2027-02"]);
        assert_eq!((&plan["rows"], &plan["models"]), (&json!(3), &json!(["m"])));
        let sit: u128 = plan["months"][0]["sit"].as_str().and_then(|sit| sit.parse().ok()).expect("a number");
        let lots: u128 = plan["months"][0]["lots"].as_str().and_then(|lots| lots.parse().ok()).expect("a number");
        assert_eq!(lots, sit / 100_000_000);
        assert!(lots > 0 && plan["orders"].as_array().is_some_and(|orders| !orders.is_empty()), "{plan}");
    }

    #[test]
    fn what_the_files_leave_open_is_a_sentence() {
        let said = asked("date,model,input_tokens,output_tokens\n2026-10-03,other,1,1\n", json!(0));
        assert!(said["ok"]["sentence"].as_str().is_some_and(|text| text.contains("no price is known")), "{said}");
        let said = asked("date,model,input_tokens,output_tokens\n2026-10-03,m,1,1\n", Value::Null);
        assert!(said["ok"]["sentence"].as_str().is_some_and(|text| text.contains("growth")), "{said}");
        assert!(asked("x", json!("much"))["malformed"].is_string());
    }
}
