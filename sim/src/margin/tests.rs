//! The margin rule against exact values, and what a margin set must always be.

use super::*;

/// Floors that never bind.
const NO_FLOORS: Floors = Floors { least_bps: 0, side_ppm: 0, term_ppm: 0, spread_ppm: 0 };

fn compute(model: &Model, request: &MarginRequest) -> MarginSet {
    super::compute(model, request, &|_| ()).unwrap()
}

/// One, three and twelve months, two days of a year of 252, as in the exact values.
fn paper_request() -> MarginRequest {
    let seconds = (2.0 / 252.0 * crate::SECONDS_PER_YEAR) as u32;
    MarginRequest {
        tenor_days: vec![30, 91, 365],
        close_out: CloseOut::Fixed { seconds },
        horizon_seconds: seconds,
        floors: NO_FLOORS,
        ..MarginRequest::default()
    }
}

#[test]
fn the_paper_margins_are_those_of_the_exact_inversion() {
    // Expected shortfall at 99 % over two days by Fourier inversion: short 32.25, 20.06, 1.22 -> ES 2.81 %.
    let set = compute(&Model::paper(), &paper_request());
    let shorts = [3_225.0, 2_006.0, 281.0];
    for (month, want) in set.months.iter().zip(shorts) {
        // The tail holds 10,485 paths: a relative standard error of about 0.8 %, and tenors rounded to days.
        let got = f64::from(month.short_bps);
        assert!((got / want - 1.0).abs() < 0.04, "{got} against {want}");
    }
}

#[test]
fn margins_are_the_same_for_any_number_of_threads() {
    let request = MarginRequest { paths: 20_000, ..MarginRequest::default() };
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| compute(&Model::paper(), &request))
    };
    let one = with(1);
    assert_eq!(one, with(2));
    assert_eq!(one, with(7));
    assert_ne!(one, compute(&Model::paper(), &MarginRequest { seed: 2, ..request }));
}

#[test]
fn an_outright_pays_exactly_its_expected_shortfall() {
    let request = MarginRequest { paths: 20_000, ..MarginRequest::default() };
    let set = compute(&Model::paper(), &request);
    assert_eq!(set.months.len(), 10);
    for (row, month) in set.shocks.iter().zip(&set.months) {
        let up = row.iter().copied().max().unwrap();
        let down = row.iter().copied().min().unwrap();
        assert_eq!(u32::from(up.unsigned_abs()), month.short_bps);
        assert_eq!(u32::from(down.unsigned_abs()), month.long_bps);
    }
    assert!(set.shocks[10..].iter().flatten().all(|shock| *shock == 0));
}

#[test]
fn the_floors_hold() {
    // A price that hardly moves: only the floors are left.
    let calm = Model::from_toml("[reverting]\nkappa = 3.0\nsigma = 0.01").unwrap();
    let request = MarginRequest { paths: 20_000, ..MarginRequest::default() };
    let set = compute(&calm, &request);
    assert!(set.months.iter().all(|m| (m.short_bps, m.long_bps) == (800, 800)));
    let set = compute(&Model::paper(), &request);
    for month in &set.months {
        assert!(3 * (month.long_bps + 1) >= month.short_bps);
        assert!(4 * (month.short_bps + 1) >= set.months[0].short_bps);
    }
}

#[test]
fn spreads_and_butterflies_are_covered_at_the_confidence_of_the_outrights() {
    let full = Model::from_toml(
        "
        [permanent]
        sigma = 0.2
        [permanent.jumps]
        law = 'double-exponential'
        intensity = 3.0
        p_up = 0.2
        eta_up = 6.0
        eta_down = 3.0
        [reverting]
        kappa = 3.0
        sigma = 0.5
        [reverting.jumps]
        law = 'gaussian'
        intensity = 3.0
        mean = 0.10
        sd = 0.25
        [spike]
        kappa = 60.0
        [spike.jumps]
        law = 'gaussian'
        intensity = 6.0
        mean = 0.1
        sd = 0.2
        ",
    )
    .unwrap();
    for model in [Model::paper(), full] {
        let request = MarginRequest { paths: 1 << 16, ..MarginRequest::default() };
        let set = compute(&model, &request);
        // Fresh paths and portfolios: what the array was made from cannot vouch for it.
        let kinds = coverage::measure(&set, &[model], 500, 1 << 15, &|_| ()).unwrap();
        assert!(kinds.iter().all(|kind| kind.covered > 0.99), "{kinds:?}");
        let of = |name: &str| kinds.iter().find(|kind| kind.kind == name).unwrap().margin_to_naive;
        assert_eq!(of("outright"), 1.0);
        assert!(of("calendar") < 0.4 && of("butterfly") < 0.25 && of("maker-book") < 0.5, "{kinds:?}");
    }
}

#[test]
fn the_certificate_speaks_for_the_data_the_model_and_the_array() {
    let request = MarginRequest { paths: 20_000, ..MarginRequest::default() };
    let set = compute(&Model::paper(), &request);
    let base = certificate(&set, &Model::paper(), [7; 32]);
    let hash = certificate_hash(&base);
    assert_eq!(hash, certificate_hash(&certificate(&set.clone(), &Model::paper(), [7; 32])));
    assert_ne!(hash, certificate_hash(&certificate(&set, &Model::paper(), [8; 32])));
    let other = Model::from_toml("[reverting]\nkappa = 2.5\nsigma = 0.4").unwrap();
    assert_ne!(base.model_hash, certificate(&set, &other, [7; 32]).model_hash);
    let mut tampered = set.clone();
    tampered.shocks[3][2] += 1;
    let tampered = certificate(&tampered, &Model::paper(), [7; 32]);
    assert_ne!(base.parameter_hash, tampered.parameter_hash);
}

#[test]
fn what_cannot_be_computed_is_refused() {
    let refused = |change: fn(&mut MarginRequest)| {
        let mut request = MarginRequest::default();
        change(&mut request);
        super::compute(&Model::paper(), &request, &|_| ()).unwrap_err()
    };
    assert_eq!(refused(|r| r.tenor_days.clear()), MarginError::Months(0));
    assert_eq!(refused(|r| r.tenor_days = (1..=13).collect()), MarginError::Months(13));
    assert_eq!(refused(|r| r.tenor_days = vec![0]), MarginError::Tenors { before: 0, after: 0 });
    assert_eq!(refused(|r| r.tenor_days = vec![30, 30]), MarginError::Tenors { before: 30, after: 30 });
    assert_eq!(refused(|r| r.confidence_ppm = 1_000_000), MarginError::Confidence(1_000_000));
    assert_eq!(refused(|r| r.horizon_seconds = 0), MarginError::Horizon);
    assert!(matches!(refused(|r| r.paths = 0), MarginError::Paths { least: 10_000, .. }));
    assert!(matches!(refused(|r| r.targets.close_ppm = 10_000), MarginError::Targets { .. }));
    assert!(matches!(refused(|r| r.depth.impact_bps = 0), MarginError::Depth { name: "impact_bps", .. }));
    assert!(matches!(refused(|r| r.floors.side_ppm = 1_000_001), MarginError::Floor { .. }));
    let wild = Model::from_toml("[permanent.jumps]\nlaw = 'gaussian'\nintensity = 5.0\nmean = 2.0\nsd = 0.1").unwrap();
    let request = MarginRequest { paths: 10_000, ..MarginRequest::default() };
    let error = super::compute(&wild, &request, &|_| ()).unwrap_err();
    assert!(matches!(error, MarginError::ShockTooLarge { .. }), "{error}");
}
