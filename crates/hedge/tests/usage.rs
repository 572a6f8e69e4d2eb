//! Exports as people have them, plans that add up, and bytes that nobody meant.

use jiff::civil::date;
use proptest::prelude::*;
use sit_engine::oracle::Rules;
use sit_hedge::band::{basis, outcome};
use sit_hedge::exposure::{Request, Rounding, expose};
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

#[test]
fn a_hedge_narrows_the_band_and_is_the_same_for_a_seed() {
    let usage = parse(SIMPLE, Options::default()).expect("usage");
    let plan = expose(&usage, &prices(), &Rules::TPI, &Request { months: 6, ..request() }).expect("plan");
    let draw = |seed| outcome(&Model::paper(), request().today, &plan.months, 1.0, 0.99, seed);
    let one = draw(1);
    assert!(one.hedged.high - one.hedged.low < (one.unhedged.high - one.unhedged.low) / 2.0, "{one:?}");
    assert!(one.variation > 0.0);
    let last = one.by_month.last().expect("six months");
    assert_eq!((last.unhedged, last.hedged, last.variation), (one.unhedged, one.hedged, one.variation));
    assert!(one.by_month.windows(2).all(|two| two[0].unhedged.middle < two[1].unhedged.middle));
    assert_eq!(one, draw(1));
    assert_ne!(one, draw(2));
    // Who sells tokens owes variation when prices rise.
    assert_ne!(outcome(&Model::paper(), request().today, &plan.months, -1.0, 0.99, 1).variation, one.variation);
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
