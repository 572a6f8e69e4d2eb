//! Exports as people have them, plans that add up, and bytes that nobody meant.

use jiff::civil::date;
use proptest::prelude::*;
use sit_engine::clearing::AddOns;
use sit_engine::launch::{ADD_ONS, Sizing};
use sit_engine::oracle::Rules;
use sit_engine::units::{Lots, QuoteAtoms, Side, TickValue, Ticks};
use sit_hedge::band::{Asked, Outcome, basis, outcome};
use sit_hedge::exposure::{Month, Request, Rounding, expose};
use sit_hedge::margin::{Held, House, Terms, lots};
use sit_hedge::prices::Prices;
use sit_hedge::usage::{Options, Source, parse};
use sit_sim::model::Model;

const SIMPLE: &str = "date,model,input_tokens,output_tokens\n2026-07,acme-large,300000000,100000000\n\
                      2026-08,acme-large,330000000,110000000\n2026-09,acme-large,363000000,121000000\n";
const OPENAI: &str = "start_time,end_time,start_time_iso,end_time_iso,project_id,model,num_model_requests,input_tokens,\
                      output_tokens,input_cached_tokens\n1788220800,1788307200,2026-09-01T00:00:00+00:00,\
                      2026-09-02T00:00:00+00:00,proj_a,acme-large,41,120000,30000,20000\n";
const OPENAI_JSON: &str = r#"{"object":"page","has_more":false,"data":[{"object":"bucket","start_time":1788220800,
    "results":[{"object":"organization.usage.completions.result","input_tokens":120000,"output_tokens":30000,
    "input_cached_tokens":0,"model":"acme-large"}]}]}"#;
const ANTHROPIC: &str = "usage_date_utc,model_version,api_key,workspace,usage_type,context_window,\
    usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,\
    usage_input_tokens_cache_read,usage_output_tokens\n2026-09-01,acme-large,key,Default,standard,<= 200k,1000,200,30,0,400\n";
const ANTHROPIC_JSON: &str = r#"{"data":[{"starting_at":"2026-09-01T00:00:00Z","results":[{"uncached_input_tokens":1000,
    "cache_creation":{"ephemeral_1h_input_tokens":30,"ephemeral_5m_input_tokens":200},"cache_read_input_tokens":0,
    "output_tokens":400,"model":"acme-large"}]}],"has_more":false}"#;
const LITELLM: &str = r#"[{"request_id":"a","startTime":"2026-09-01T10:11:12.131Z","model":"acme-large","spend":0.0125,
    "prompt_tokens":1230,"completion_tokens":400}]"#;
const OPENROUTER: &str = "date,model,model_permaslug,provider_name,usage,requests,prompt_tokens,completion_tokens,\
                          reasoning_tokens\n2026-09-01,acme/acme-large,acme/acme-large-1,Acme,0.0125,3,1230,400,100\n";
const MODELS: &str = "model,input,output,quality\nacme-large,2.50,10,1000\nacme-good,2.50,10,2000\n";

fn prices() -> Prices {
    Prices::parse(MODELS, &Rules::TPI).expect("prices")
}

fn request() -> Request {
    Request {
        today: date(2026, 10, 5),
        months: 12,
        growth_bps: Some(0),
        ratio_bps: 10_000,
        lot: 100_000_000,
        rounding: Rounding::Down,
    }
}

#[test]
fn exports_are_recognised_and_say_the_same() {
    let leave = Options { count_cached: Some(false), ..Options::default() };
    for (text, source, tokens, cost) in [
        (OPENAI, Source::OpenAi, (100_000, 30_000), None),
        (OPENAI_JSON, Source::OpenAi, (120_000, 30_000), None),
        (ANTHROPIC, Source::Anthropic, (1_230, 400), None),
        (ANTHROPIC_JSON, Source::Anthropic, (1_230, 400), None),
        (LITELLM, Source::LiteLlm, (1_230, 400), Some(12_500)),
        (OPENROUTER, Source::OpenRouter, (1_230, 400), Some(12_500)),
    ] {
        let usage = parse(text, leave).expect(text);
        assert_eq!((usage.source, usage.tokens(), usage.cost()), (source, tokens, cost), "{text}");
        assert_eq!(usage.span(), Some((date(2026, 9, 1), date(2026, 9, 1))), "{text}");
    }
    let usage = parse(SIMPLE, Options::default()).expect("plain");
    assert_eq!(usage.span(), Some((date(2026, 7, 1), date(2026, 9, 30))));
}

#[test]
fn what_is_open_is_refused_with_its_row_and_its_option() {
    let refused = |text: &str, words: &[&str]| {
        let sentence = parse(text, Options::default()).expect_err(text).to_string();
        assert!(words.iter().all(|word| sentence.contains(word)), "{sentence}");
    };
    refused(OPENAI, &["row 2", "20000", "--cached"]);
    refused(&SIMPLE.replace("2026-08", "03/04/2026"), &["row 3", "--date-format"]);
    refused(&SIMPLE.replace("330000000", "330.5"), &["row 3", "330.5"]);
    refused(&SIMPLE.replace("2026-08", "2026-08-01"), &["whole months"]);
    refused(&OPENAI_JSON.replace("\"has_more\":false", "\"has_more\":true"), &["has_more"]);
    refused("a,b\n1,2\n", &["date,model,input_tokens,output_tokens"]);
    refused("", &["no rows"]);
    let usage = parse(&SIMPLE.replace("acme-large", "other"), Options::default()).expect("usage");
    let sentence = expose(&usage, &prices(), &Rules::TPI, &request()).expect_err("no price").to_string();
    assert!(sentence.contains("other") && sentence.contains("--models"), "{sentence}");
}

#[test]
fn sit_follow_the_index() {
    let prices = prices();
    let plain = prices.of("acme/acme-large").expect("by its short name");
    // The index's own mix, three in and one out: as many SIT as tokens, times quality.
    assert_eq!(plain.sit(3_000_000, 1_000_000, &Rules::TPI), 4_000_000);
    assert_eq!(prices.of("acme-good").expect("priced").sit(3_000_000, 1_000_000, &Rules::TPI), 8_000_000);
    // Output alone costs 10 where the blend costs 4.375.
    assert_eq!(plain.sit(0, 1_000_000, &Rules::TPI), 2_285_714);
    let map = r#"{"sample_spec":{"mode":"chat"},"acme-large":{"input_cost_per_token":2.5e-06,"output_cost_per_token":1e-05}}"#;
    assert_eq!(Prices::parse(map, &Rules::TPI).expect("map").of("acme-large").expect("priced"), plain);
}

#[test]
fn growth_comes_from_the_data_and_months_beyond_the_listed_have_no_contract() {
    let usage = parse(SIMPLE, Options::default()).expect("usage");
    let fitted = expose(&usage, &prices(), &Rules::TPI, &Request { growth_bps: None, ..request() }).expect("plan");
    assert_eq!(fitted.growth_bps, 1_000);
    let flat = expose(&usage, &prices(), &Rules::TPI, &Request { months: 36, ..request() }).expect("plan");
    // 484,000,000 SIT in the 30 days of September.
    assert_eq!((flat.months[0].month, flat.months[0].sit), (date(2026, 11, 1), 484_000_000));
    assert_eq!((flat.months[0].lots, flat.months[1].sit, flat.months[1].lots), (4, 500_133_333, 5));
    assert_eq!(flat.months[0].contract, Some(date(2026, 11, 1)));
    assert_eq!(flat.months[35].contract, None);
    let covered: u128 = flat.months.iter().filter(|month| month.contract.is_some()).map(|month| month.lots).sum();
    assert_eq!(flat.orders().values().sum::<u128>(), covered);
}

/// A hundred million SIT in a lot, as the requests here have it; a tick of a thousand atoms.
const SIZING: Sizing = Sizing { lot: 100, tick_size: 1_000, tick_value: TickValue(100_000) };

/// A set that moves every month by as much up as down, and nothing beside it unless said.
fn terms(bps: i16, add_ons: AddOns) -> Terms {
    let mut row = [0; 16];
    (row[0], row[1]) = (bps, -bps);
    Terms::opening(&[row; 10], add_ons, SIZING).expect("a set")
}

fn drawn(months: &[Month], terms: &Terms, side: Side, confidence: f64) -> Outcome {
    let asked = Asked { today: request().today, side, confidence, seed: 1 };
    outcome(&Model::paper(), months, terms, &asked).expect("drawn")
}

fn planned(text: &str) -> Vec<Month> {
    let usage = parse(text, Options::default()).expect("usage");
    expose(&usage, &prices(), &Rules::TPI, &Request { months: 6, ..request() }).expect("plan").months
}

#[test]
fn initial_margin_is_what_the_exchange_asks() {
    let today = request().today;
    let held = |month: i8, day: i8, lots: u32, mark: u32, slow: u32| Held {
        last_day: date(2026, month, day),
        lots: Lots(lots),
        mark: Ticks(mark),
        slow: Ticks(slow),
    };
    let asked = |terms: &Terms, side: Side, held: &[Held]| House::on(today, terms).expect("opens").initial(side, held);
    let ok = |terms: &Terms, side: Side, held: &[Held]| asked(terms, side, held).expect("assessed");
    let november = held(11, 18, 4, 2_000, 2_000);
    // Four lots of 100 million tokens at 2 dollars are 800 dollars; a tenth of it, for both sides.
    let plain = terms(1_000, AddOns::NONE);
    assert_eq!(ok(&plain, Side::Buy, &[november]), QuoteAtoms(80_000_000));
    assert_eq!(ok(&plain, Side::Sell, &[november]), QuoteAtoms(80_000_000));
    // The launch's buffer of a quarter on top.
    assert_eq!(ok(&terms(1_000, ADD_ONS), Side::Buy, &[november]), QuoteAtoms(100_000_000));
    // 1,150 lots are half-way from 300 to 2,000: half of what is left to the whole value, 230,000 dollars.
    let large = held(11, 18, 1_150, 2_000, 2_000);
    let whole = 230_000_000_000_i128;
    let scaled = whole / 10 * 5 / 4 + whole * 9 / 10 / 2;
    assert_eq!(ok(&terms(1_000, ADD_ONS), Side::Sell, &[large]), QuoteAtoms(scaled));
    // The slow mark binds a long that has fallen.
    assert_eq!(ok(&plain, Side::Buy, &[held(11, 18, 4, 2_000, 2_500)]), QuoteAtoms(100_000_000));
    // Months of one side add up; the slot of a month is its place on the curve.
    let mut rows = [[0; 16]; 10];
    for (row, bps) in rows.iter_mut().zip([1_000, 500, 400, 300, 300, 300, 300, 300, 300, 300]) {
        (row[0], row[1]) = (bps, -bps);
    }
    let falling = Terms::opening(&rows, AddOns::NONE, SIZING).expect("a set");
    let both = [november, held(12, 16, 4, 2_000, 2_000)];
    // On 5 October the front month is October's: November stands second and December third.
    assert_eq!(ok(&falling, Side::Buy, &both), QuoteAtoms(40_000_000 + 32_000_000));
    let later = House::on(date(2026, 11, 19), &falling).expect("opens").initial(Side::Buy, &both[1..]);
    assert_eq!(later.expect("assessed"), QuoteAtoms(80_000_000), "a month has moved up to the front");
    assert_eq!(ok(&plain, Side::Buy, &[]), QuoteAtoms(0));
    let unlisted = asked(&plain, Side::Buy, &[held(11, 19, 1, 1, 1)]).expect_err("no such day").to_string();
    assert!(unlisted.contains("2026-11-19"), "{unlisted}");
    assert!(lots(8_388_607).is_ok() && lots(8_388_608).is_err());
    let flat = Terms::opening(&[[0; 16]; 10], AddOns::NONE, SIZING).expect_err("no set").to_string();
    assert!(flat.contains("would not take this margin set"), "{flat}");
}

#[test]
fn cash_is_for_margin_and_variation_at_once() {
    let (months, terms) = (planned(SIMPLE), terms(1_000, AddOns::NONE));
    let buyer = drawn(&months, &terms, Side::Buy, 0.99);
    // Today: a tenth of what all lots are worth at the prices at which they are bought, in whole ticks.
    let model = Model::paper();
    let worth = |month: &Month| {
        let days = request().today.until(month.last_day.expect("listed")).expect("days").get_days();
        let price = model.futures_price(&model.start(), 0.0, f64::from(days) / sit_sim::DAYS_PER_YEAR);
        month.hedged_sit as f64 / 1e6 * (price * 1e3).round() / 1e3
    };
    let value: f64 = months.iter().map(worth).sum();
    assert!((buyer.initial - value / 10.0).abs() < 1e-4, "{} {value}", buyer.initial);
    // More than the variation alone, and never more than both at their worst, which do not come together.
    assert!(buyer.cash > buyer.variation && buyer.cash >= buyer.initial && buyer.margin >= buyer.initial, "{buyer:?}");
    let worst = drawn(&months, &terms, Side::Buy, 1.0);
    assert!(worst.cash < worst.variation + worst.margin, "{worst:?}");
    assert_eq!(buyer.by_month.len(), 6);
    assert!(buyer.by_month.iter().all(|until| until.cash <= buyer.cash && until.margin <= buyer.margin), "{buyer:?}");
    // The last contract ends on the third Wednesday of the sixth month, and nothing is asked for what is over.
    assert!(buyer.by_month[5].margin < buyer.by_month[0].margin / 2.0, "{:?}", buyer.by_month);

    // Under a set that asks as much of both sides a provider deposits as much; prices that jump up cost the provider.
    let provider = drawn(&months, &terms, Side::Sell, 0.99);
    assert_eq!((provider.initial, provider.margin), (buyer.initial, buyer.margin));
    assert!(provider.cash > buyer.cash, "{} {}", provider.cash, buyer.cash);

    // The surer, the dearer; at the middle of the paths less than at their end.
    let cash: Vec<f64> =
        [0.5, 0.9, 0.99, 1.0].map(|confidence| drawn(&months, &terms, Side::Buy, confidence).cash).to_vec();
    assert!(cash.is_sorted() && cash[0] < cash[3], "{cash:?}");
    // Margin that is asked for twice as much costs that much more today.
    let double = drawn(&months, &self::terms(2_000, AddOns::NONE), Side::Buy, 0.99);
    assert!((double.initial - 2.0 * buyer.initial).abs() < 1e-4);

    // Without usage there is nothing to deposit.
    let idle = "date,model,input_tokens,output_tokens\n2026-09,acme-large,0,0\n";
    let idle = planned(idle);
    let none = drawn(&idle, &terms, Side::Buy, 0.99);
    assert_eq!((none.initial, none.margin, none.variation, none.cash), (0.0, 0.0, 0.0, 0.0));
    // More lots than there are in an account are refused, not cut off.
    let mut huge = months;
    huge[0].lots = 1 << 24;
    let asked = Asked { today: request().today, side: Side::Buy, confidence: 0.99, seed: 1 };
    let sentence = outcome(&model, &huge, &terms, &asked).expect_err("too many").to_string();
    assert!(sentence.contains("16777216 lots"), "{sentence}");
}

#[test]
fn a_hedge_narrows_the_band_and_is_the_same_for_a_seed() {
    let (months, terms) = (planned(SIMPLE), terms(1_000, ADD_ONS));
    let draw = |seed| {
        let asked = Asked { today: request().today, side: Side::Buy, confidence: 0.99, seed };
        outcome(&Model::paper(), &months, &terms, &asked).expect("drawn")
    };
    let one = draw(1);
    assert!(one.hedged.high - one.hedged.low < (one.unhedged.high - one.unhedged.low) / 2.0, "{one:?}");
    assert!(one.variation > 0.0);
    let last = one.by_month.last().expect("six months");
    assert_eq!((last.unhedged, last.hedged, last.variation), (one.unhedged, one.hedged, one.variation));
    assert!(one.by_month.windows(2).all(|two| two[0].unhedged.middle < two[1].unhedged.middle));
    assert_eq!(one, draw(1));
    assert_ne!(one, draw(2));
    // Who sells tokens owes variation when prices rise.
    assert_ne!(drawn(&months, &terms, Side::Sell, 0.99).variation, one.variation);
}

#[test]
fn basis_is_measured_on_common_months() {
    let same: Vec<(f64, f64)> = [1.0, 1.1, 0.9, 1.2, 1.0].map(|price| (2.0 * price, price)).to_vec();
    let found = basis(&same).expect("four changes");
    assert!((found.r_squared - 1.0).abs() < 1e-9 && (found.effectiveness - 1.0).abs() < 1e-9);
    assert_eq!(basis(&same[..4]), None);
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), place in 0_usize..400) {
        let noise = String::from_utf8_lossy(&bytes);
        let _ = parse(&noise, Options::default());
        let _ = Prices::parse(&noise, &Rules::TPI);
        for text in [SIMPLE, OPENAI, ANTHROPIC_JSON, LITELLM, OPENROUTER] {
            let cut = (0..=place.min(text.len())).rev().find(|cut| text.is_char_boundary(*cut)).unwrap_or(0);
            if let Ok(usage) = parse(&format!("{}{noise}{}", &text[..cut], &text[cut..]), Options::default()) {
                let _ = expose(&usage, &prices(), &Rules::TPI, &request());
            }
        }
    }

    #[test]
    fn lots_are_exact(
        input in 0_u64..1 << 50, output in 0_u64..1 << 50, growth_bps in -9_000_i32..5_000, ratio_bps in 0_u32..20_000,
        lot in 1_u128..1_000_000_000_000,
    ) {
        let text = format!("date,model,input_tokens,output_tokens\n2026-09,acme-large,{input},{output}\n");
        let usage = parse(&text, Options::default()).unwrap();
        let base = Request { growth_bps: Some(growth_bps), ratio_bps, lot, ..request() };
        let plan = |rounding| expose(&usage, &prices(), &Rules::TPI, &Request { rounding, ..base }).unwrap();
        let [down, near, up] = [Rounding::Down, Rounding::Near, Rounding::Up].map(plan);
        prop_assert_eq!(down.sit(), down.months.iter().map(|month| month.sit).sum::<u128>());
        for ((down, near), up) in down.months.iter().zip(&near.months).zip(&up.months) {
            let wanted = down.sit * u128::from(ratio_bps);
            prop_assert!(down.hedged_sit * 10_000 <= wanted && wanted <= up.hedged_sit * 10_000);
            prop_assert!(up.lots - down.lots <= 1 && (down.lots..=up.lots).contains(&near.lots));
            prop_assert!((near.hedged_sit * 10_000).abs_diff(wanted) * 2 <= lot * 10_000);
        }
    }
}
