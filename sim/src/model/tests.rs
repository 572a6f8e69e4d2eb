//! Check values: each was computed by two independent routes (quadrature against series or closed form) and confirmed
//! by simulation before it was written here.

use super::*;
use num_complex::Complex64;

const TENORS: [f64; 3] = [1.0 / 12.0, 0.25, 1.0];

/// Set A: one reverting factor with Gaussian jumps, ln S_0 = 0.2.
const SET_A: &str = "
    log_spot = 0.2
    [reverting]
    kappa = 3.0
    sigma = 0.6
    [reverting.jumps]
    law = 'gaussian'
    intensity = 4.0
    mean = 0.10
    sd = 0.25
";

pub(crate) fn set_a() -> Model {
    Model::from_toml(SET_A).unwrap()
}

/// Set B: set A with double-exponential jumps.
fn set_b() -> Model {
    Model::from_toml(
        "
        log_spot = 0.2
        [reverting]
        kappa = 3.0
        sigma = 0.6
        [reverting.jumps]
        law = 'double-exponential'
        intensity = 4.0
        p_up = 0.7
        eta_up = 6.0
        eta_down = 10.0
        ",
    )
    .unwrap()
}

#[track_caller]
fn close(got: f64, want: f64, tolerance: f64) {
    assert!((got - want).abs() <= tolerance * want.abs(), "got {got:.16}, want {want:.16}");
}

fn at(model: &Model, tau: f64) -> Moments {
    model.moments(&model.start(), 0.0, tau)
}

#[test]
fn set_a_futures_curve() {
    let want = [1.230581257077098, 1.231748890022966, 1.212131214715347];
    for (tau, want) in TENORS.into_iter().zip(want) {
        close(set_a().futures_price(&set_a().start(), 0.0, tau), want, 1e-15 * 4.0);
    }
}

#[test]
fn set_a_jump_integral() {
    let want = [0.009980596916570148, 0.02266390388988349, 0.03812427341132398];
    let model = set_a();
    let [_, factor, _] = model.factors();
    for (tau, want) in TENORS.into_iter().zip(want) {
        let diffusion = 0.36 * phi(6.0, tau) / 2.0;
        close((factor.log_mgf(1.0, tau) - diffusion) / 4.0, want, 1e-14);
    }
}

#[test]
fn set_a_moments() {
    let sd = [0.2774295198238429, 0.38977968334835, 0.4336243115193311];
    let mean_log = [0.1852533855380937, 0.164824436849401, 0.1366524712245243];
    let var_log = [0.04262584519779805, 0.08416089931725344, 0.1080648018475278];
    let skew = [0.526268522971, 0.321623890303, 0.247061224837];
    let exkurt = [1.805453879148, 0.696197872090, 0.444386952049];
    for (i, tau) in TENORS.into_iter().enumerate() {
        let moments = at(&set_a(), tau);
        close(moments.sd, sd[i], 1e-14);
        close(moments.mean_log, mean_log[i], 1e-14);
        close(moments.var_log, var_log[i], 1e-14);
        close(moments.skew_log, skew[i], 1e-11);
        close(moments.exkurt_log, exkurt[i], 1e-11);
    }
}

#[test]
fn without_jumps_it_is_schwartz_1997() {
    let want = [1.182421242729385, 1.124995916355699, 1.040689059643178];
    let mut spec = ModelSpec::from_toml(SET_A).unwrap();
    spec.reverting.as_mut().unwrap().jumps = None;
    let model = spec.build().unwrap();
    for (tau, want) in TENORS.into_iter().zip(want) {
        close(model.futures_price(&model.start(), 0.0, tau), want, 1e-15 * 4.0);
    }
}

#[test]
fn without_reversion_it_is_merton_1976() {
    // As kappa falls to zero the factor keeps its shocks: the futures price is that of the permanent factor.
    let slow = SET_A.replace("kappa = 3.0", "kappa = 1e-9");
    let slow = Model::from_toml(&slow).unwrap();
    let merton = SET_A.replace("[reverting", "[permanent").replace("kappa = 3.0", "");
    let merton = Model::from_toml(&merton).unwrap();
    let exact = 0.2 + 0.36 / 2.0 + 4.0 * (0.10_f64 + 0.03125).exp_m1();
    close(merton.futures_price(&merton.start(), 0.0, 1.0), exact.exp(), 1e-15 * 4.0);
    close(slow.futures_price(&slow.start(), 0.0, 1.0), exact.exp(), 1e-8);
}

#[test]
fn paper_futures_curve() {
    let model = Model::paper();
    // Three, six and 24 months by Simpson's rule on 4,000 intervals of both integrals, with no formula of this crate.
    let want = [
        (1.0, 2.07602067095382),
        (3.0, 2.1822673429883674),
        (6.0, 2.1709276182565382),
        (12.0, 1.814121242781838),
        (24.0, 1.301313618858649),
        (36.0, 0.9183414887433211),
    ];
    for (months, want) in want {
        close(model.futures_price(&model.start(), 0.0, months / 12.0), want, 1e-14);
    }
    close(model.spot(&model.start(), 0.0), 2.0, 1e-15);
}

#[test]
fn paper_log_price_in_one_year() {
    let moments = at(&Model::paper(), 1.0);
    close(moments.mean_log, 0.5565803722921855, 1e-14);
    close(moments.var_log, 0.07499128500156905, 1e-14);
}

#[test]
fn the_moving_target_is_the_integral_of_the_target_against_the_decay() {
    // D(t,T) = int_t^T kappa e^{-kappa(T-u)} theta_u du, in the paper's own closed form.
    let (k, th0, b, c, w) = (2.5, std::f64::consts::LN_2, -0.35, 0.08, std::f64::consts::TAU);
    let model = Model::paper();
    let (t, big_t, log_price) = (0.3_f64, 1.7_f64, 0.9_f64);
    let a = (-k * (big_t - t)).exp();
    let season = |u: f64| k * (w * u).sin() - w * (w * u).cos();
    let d = th0 * (1.0 - a)
        + b * ((big_t - 1.0 / k) - (t - 1.0 / k) * a)
        + c * k / (k * k + w * w) * (season(big_t) - a * season(t));
    let state = State { reverting: log_price - model.trend().at(t), ..State::default() };
    let mean = model.moments(&state, t, big_t - t).mean_log;
    let jumps = 3.0 * 0.10 * phi(k, big_t - t);
    close(mean, log_price * a + d + jumps, 1e-14);
}

#[test]
fn the_curve_of_double_exponential_jumps_is_elementary() {
    // (1/kappa) [p ln((eta1 - a)/(eta1 - 1)) + (1-p) ln((eta2 + a)/(eta2 + 1))], literally.
    let model = set_b();
    for tau in TENORS {
        let a = (-3.0 * tau).exp();
        let jumps = 4.0 / 3.0 * (0.7 * ((6.0 - a) / 5.0_f64).ln() + 0.3 * ((10.0 + a) / 11.0_f64).ln());
        let want = (0.2 * a + 0.36 * (1.0 - a * a) / 12.0 + jumps).exp();
        close(model.futures_price(&model.start(), 0.0, tau), want, 1e-14);
    }
}

#[test]
fn the_complex_transform_agrees_with_the_real_one() {
    for model in [set_a(), set_b()] {
        for factor in model.factors() {
            for tau in TENORS {
                for theta in [0.5, 1.0, 2.0] {
                    let complex = factor.complex_log_mgf(Complex64::new(theta, 0.0), tau);
                    assert!((complex.re - factor.log_mgf(theta, tau)).abs() < 1e-14);
                    assert_eq!(complex.im, 0.0);
                }
            }
        }
    }
}

#[test]
fn a_futures_price_is_the_expectation_of_a_later_futures_price() {
    // Linear in the exponent: E[F(t,T)] = exp(g(T) + sum_i x a(T) + ln E e^{a(T-t) eps(t)} + ln E e^{eps(T-t)}).
    for model in [set_a(), set_b(), Model::paper()] {
        let (t, big_t) = (0.2, 0.9);
        let now = model.futures_price(&model.start(), 0.0, big_t);
        let mut log_mean = model.trend().at(big_t);
        for (factor, x) in model.factors().into_iter().zip(model.start().values()) {
            let later = factor.decay(big_t - t);
            log_mean += x * factor.decay(big_t) + factor.log_mgf(later, t) + factor.log_mgf(1.0, big_t - t);
        }
        close(log_mean.exp(), now, 1e-14);
    }
}

#[test]
fn a_price_of_risk_lowers_the_curve_by_what_it_pays() {
    // ln F^Q - ln F^P = -price sigma (1 - e^{-kappa tau})/kappa, and the moments stay those of the process.
    let paid = Model::from_toml(&SET_A.replace("sigma = 0.6", "sigma = 0.6\nprice_of_risk = 0.5")).unwrap();
    for tau in TENORS {
        let want = -0.5 * 0.6 * (1.0 - (-3.0 * tau).exp()) / 3.0;
        let (f, spot) = (paid.futures_price(&paid.start(), 0.0, tau), at(&paid, tau));
        assert!(((f / spot.mean).ln() - want).abs() < 1e-15);
        assert_eq!(spot, at(&set_a(), tau));
    }
    let jumps = "[reverting.priced_jumps]\nlaw = 'gaussian'\nintensity = 5.0\nmean = 0.15\nsd = 0.3\n";
    let feared = Model::from_toml(&format!("{SET_A}\n{jumps}")).unwrap();
    let instead = SET_A.replace("intensity = 4.0", "intensity = 5.0").replace("0.10", "0.15").replace("0.25", "0.3");
    let instead = Model::from_toml(&instead).unwrap();
    assert_eq!(feared.futures_price(&feared.start(), 0.0, 0.25), instead.futures_price(&instead.start(), 0.0, 0.25));
    let only = SET_A.replace("[reverting.jumps]", "[reverting.priced_jumps]");
    assert!(Model::from_toml(&only).unwrap_err().to_string().contains("both happen"));
}

#[test]
fn the_presets_build_and_differ_by_their_slope() {
    let slopes = PRESETS.map(|name| Model::preset(name).unwrap().trend().slope());
    assert_eq!(slopes, [-0.35, 0.53, -1.10, -1.7603]);
    let history = Model::preset("history").unwrap();
    close(history.spot(&history.start(), 0.0), 0.2625, 1e-12);
    // Drift of the log price a year, of which the jumps are all but nothing.
    let drift = at(&history, 1.0).mean_log - at(&history, 1e-9).mean_log;
    assert!((-1.9..-1.7).contains(&drift), "{drift}");
    assert_eq!(Model::preset("paper"), Some(Model::paper()));
    assert_eq!(Model::preset("none"), None);
}

#[test]
fn a_model_survives_its_own_text() {
    let text = "
        log_spot = -1.0
        [trend]
        slope = -1.7
        seasonal_amplitude = 0.05
        seasonal_period = 1.0
        [permanent]
        sigma = 0.2
        start = 0.1
        [permanent.jumps]
        law = 'double-exponential'
        intensity = 2.0
        p_up = 0.1
        eta_up = 5.0
        eta_down = 2.0
        [reverting]
        kappa = 2.0
        sigma = 0.3
        price_of_risk = -0.2
        [reverting.jumps]
        law = 'gaussian'
        intensity = 1.0
        mean = 0.0
        sd = 0.1
        [reverting.priced_jumps]
        law = 'gaussian'
        intensity = 1.5
        mean = 0.1
        sd = 0.1
        [spike]
        beta = 80.0
        [spike.jumps]
        law = 'gaussian'
        intensity = 6.0
        mean = 0.3
        sd = 0.1
        [spike.clusters]
        excitation = 10.0
        decay = 30.0
        [[launches]]
        time = 0.5
        mean = -0.2
        factor = 'spike'
    ";
    let model = Model::from_toml(text).unwrap();
    let again = Model::from_toml(&ModelSpec::from(&model).to_toml().unwrap()).unwrap();
    assert_eq!(model, again);
    close(model.spot(&model.start(), 0.0).ln(), -1.0, 1e-14);
}

#[test]
fn a_parameter_outside_its_domain_is_named() {
    let refused = |from: &str, to: &str| Model::from_toml(&SET_A.replace(from, to)).unwrap_err().to_string();
    assert!(refused("kappa = 3.0", "kappa = 0.0").starts_with("reverting.kappa is 0"));
    assert!(refused("sigma = 0.6", "sigma = -0.6").starts_with("reverting.sigma is -0.6"));
    assert!(refused("intensity = 4.0", "intensity = nan").starts_with("reverting.jumps.intensity"));
    assert!(refused("sd = 0.25", "sd = 0.25\nkurtosis = 3.0").contains("kurtosis"));
    assert!(refused("log_spot = 0.2", "log_spot = inf").starts_with("log_spot is inf"));
    assert!(refused("kappa = 3.0", "").contains("kappa"));
    let season = Model::from_toml("[trend]\nseasonal_amplitude = 0.1").unwrap_err();
    assert!(season.to_string().starts_with("trend.seasonal_period"));
    let target = Model::from_toml("[trend]\nform = 'moving-target'").unwrap_err();
    assert!(target.to_string().contains("[reverting]"));
}
