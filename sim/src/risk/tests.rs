//! Exact values, computed before by an independent inversion to six digits.

use super::*;
use crate::model::tests::set_a;

/// A trading day of a year of 252, as the values for the paper were computed for.
const DAY: f64 = 1.0 / 252.0;

/// A calendar day, as the values for set A were computed for.
const CALENDAR_DAY: f64 = 1.0 / 365.0;

#[track_caller]
fn check(risk: &FuturesRisk, side: Side, level: f64, var: f64, es: f64, within: f64) {
    let got = risk.tail(side, level).unwrap();
    assert!((got.var - var).abs() <= within, "VaR {} is not {var}", got.var);
    assert!((got.es - es).abs() <= within, "ES {} is not {es}", got.es);
}

#[test]
fn set_a_short_three_months() {
    let table = [
        (
            1.0,
            [
                (0.975, 0.030593, 0.062483),
                (0.99, 0.039175, 0.105215),
                (0.995, 0.061760, 0.165510),
                (0.999, 0.229131, 0.301809),
            ],
        ),
        (
            2.0,
            [
                (0.975, 0.045838, 0.098771),
                (0.99, 0.069175, 0.167099),
                (0.995, 0.145709, 0.232467),
                (0.999, 0.286096, 0.355504),
            ],
        ),
    ];
    for (days, rows) in table {
        let risk = FuturesRisk::new(&set_a(), 0.25, days * CALENDAR_DAY).unwrap();
        for (level, var, es) in rows {
            check(&risk, Side::Short, level, var, es, 6e-7);
        }
    }
}

#[test]
fn paper_table_in_percent() {
    // Days, side, then VaR 99, ES 99, VaR 99.7, ES 99.7 of one, three and twelve months.
    let table = [
        (1.0, Side::Short, [[5.54, 19.59, 24.21, 41.32], [3.63, 12.29, 15.38, 25.47], [0.55, 1.75, 2.22, 3.51]]),
        (1.0, Side::Long, [[5.07, 8.78, 6.96, 16.09], [3.36, 5.92, 4.63, 11.01], [0.52, 0.95, 0.72, 1.80]]),
        (2.0, Side::Short, [[12.67, 32.25, 37.26, 53.16], [8.21, 20.06, 23.25, 32.35], [1.22, 2.81, 3.26, 4.37]]),
    ];
    for (days, side, tenors) in table {
        for (tenor, [var99, es99, var997, es997]) in [1.0 / 12.0, 0.25, 1.0].into_iter().zip(tenors) {
            let risk = FuturesRisk::new(&Model::paper(), tenor, days * DAY).unwrap();
            check(&risk, side, 0.99, var99 / 100.0, es99 / 100.0, 6e-5);
            check(&risk, side, 0.997, var997 / 100.0, es997 / 100.0, 6e-5);
        }
    }
}

#[test]
fn without_jumps_it_is_the_lognormal() {
    let model = Model::from_toml("[permanent]\nsigma = 0.4").unwrap();
    let risk = FuturesRisk::new(&model, 1.0, 0.25).unwrap();
    // sd 0.2, mean -0.02, z(0.99) = 2.326347874040841; ES of a short = Phi(sd - z)/(1 - alpha) - 1.
    let (sd, z) = (0.2_f64, 2.326347874040841_f64);
    let var = (sd * z - sd * sd / 2.0).exp_m1();
    let es = 0.5 * libm::erfc((z - sd) / 2.0_f64.sqrt()) / 0.01 - 1.0;
    check(&risk, Side::Short, 0.99, var, es, 1e-11);
    let long_es = 1.0 - 0.5 * libm::erfc((z + sd) / 2.0_f64.sqrt()) / 0.01;
    let long_var = -(-sd * z - sd * sd / 2.0).exp_m1();
    check(&risk, Side::Long, 0.99, long_var, long_es, 1e-11);
}

#[test]
fn a_price_of_risk_drifts_the_return_under_the_process_itself() {
    let model = Model::from_toml("[permanent]\nsigma = 0.4\nprice_of_risk = 0.5").unwrap();
    let risk = FuturesRisk::new(&model, 1.0, 0.25).unwrap();
    // The lognormal with the further mean price sigma h = 0.05.
    let (sd, z, drift) = (0.2_f64, 2.326347874040841_f64, 0.05_f64);
    let var = (drift + sd * z - sd * sd / 2.0).exp_m1();
    let es = drift.exp() * 0.5 * libm::erfc((z - sd) / 2.0_f64.sqrt()) / 0.01 - 1.0;
    check(&risk, Side::Short, 0.99, var, es, 1e-11);
    let long_es = 1.0 - drift.exp() * 0.5 * libm::erfc((z + sd) / 2.0_f64.sqrt()) / 0.01;
    check(&risk, Side::Long, 0.99, -(drift - sd * z - sd * sd / 2.0).exp_m1(), long_es, 1e-11);
}

#[test]
fn a_value_at_risk_is_blind_to_jumps_rarer_than_its_level_and_the_shortfall_is_not() {
    // Three jumps a year over two days happen on one day in forty; of those upward and large, fewer than one in a
    // hundred.
    let with = FuturesRisk::new(&Model::paper(), 1.0 / 12.0, 2.0 * DAY).unwrap();
    let tail = with.tail(Side::Short, 0.99).unwrap();
    assert!(tail.es > 2.5 * tail.var);
}

#[test]
fn what_cannot_be_inverted_is_refused() {
    let model = set_a();
    assert!(matches!(FuturesRisk::new(&model, 0.0, 0.1), Err(RiskError::Time { .. })));
    assert!(matches!(FuturesRisk::new(&model, 0.1, 0.2), Err(RiskError::HorizonBeyondTenor { .. })));
    let risk = FuturesRisk::new(&model, 0.25, DAY).unwrap();
    assert_eq!(risk.tail(Side::Long, 1.0), Err(RiskError::Level(1.0)));
    let jumps_only =
        Model::from_toml("[permanent.jumps]\nlaw = 'gaussian'\nintensity = 4.0\nmean = 0.0\nsd = 0.2").unwrap();
    assert!(matches!(FuturesRisk::new(&jumps_only, 0.25, DAY), Err(RiskError::NoDiffusion)));
    let nothing = Model::from_toml("log_spot = 0.0").unwrap();
    assert!(matches!(FuturesRisk::new(&nothing, 0.25, DAY), Err(RiskError::NoDiffusion)));
}

/// A European call by the two measures of [`FuturesRisk`]: `e^{-rT} (F P_share(S > K) - K P(S > K))`.
fn call(model: &str, spot: f64, strike: f64, rate: f64, years: f64) -> f64 {
    let model = Model::from_toml(model).unwrap();
    let risk = FuturesRisk::new(&model, years, years).unwrap();
    let forward = spot * (rate * years).exp();
    let bound = (strike / forward).ln();
    let above = |law: &Distribution| 1.0 - law.cdf(bound);
    (-rate * years).exp() * (forward * above(&risk.share) - strike * above(&risk.physical))
}

#[test]
fn a_call_has_the_price_of_kou_2002() {
    let model = |head: &str| {
        format!(
            "[{head}sigma = 0.16\n[{table}.jumps]\nlaw = 'double-exponential'\nintensity = 1.0\np_up = 0.4\neta_up = 10.0\neta_down = 5.0",
            table = head.split(']').next().unwrap()
        )
    };
    // Published as 9.14732.
    let price = call(&model("permanent]\n"), 100.0, 98.0, 0.05, 0.5);
    assert!((price - 9.147_317_304).abs() < 1e-8, "{price:.10}");
    let slow = call(&model("reverting]\nkappa = 1e-9\n"), 100.0, 98.0, 0.05, 0.5);
    assert!((slow - 9.147_317_302).abs() < 1e-8, "{slow:.10}");
}

#[test]
fn calls_have_the_prices_of_merton_1976_in_haugs_table() {
    // Total volatility 0.25, of whose variance the jumps make the share gamma; they have no mean effect on the price.
    for (strike, intensity, gamma, want) in [(100.0, 1.0, 0.25, 8.954_195), (80.0, 10.0, 0.75, 23.636_285)] {
        let variance: f64 = 0.25 * 0.25;
        let (jump, diffusion) = (gamma * variance / intensity, (1.0 - gamma) * variance);
        let model = format!(
            "[permanent]\nsigma = {}\n[permanent.jumps]\nlaw = 'gaussian'\nintensity = {intensity:?}\nmean = {}\nsd = {}",
            diffusion.sqrt(),
            -jump / 2.0,
            jump.sqrt()
        );
        let price = call(&model, 100.0, strike, 0.08, 0.5);
        assert!((price - want).abs() < 1e-6, "{price:.9}, not {want}");
    }
}
