//! The makers' experiment as a whole: honest quoting makes most against every strategy that the programme must
//! withstand, and the figures are the same whatever the number of threads.

use sit_market::incentives::{Experiment, Setting, Strategy, compare, hedgers, news};

fn experiment(paths: u64) -> Experiment {
    Experiment { setting: Setting::default(), seed: 3, paths }
}

fn with_threads<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads").install(run)
}

#[test]
fn honest_quoting_makes_most() {
    let table = compare(&experiment(32));
    assert_eq!(table.rows.len(), 8, "the honest one and seven others");
    let honest = table.rows[0];
    assert_eq!(honest.strategy, Strategy::Honest);
    assert!(table.honest_is_best, "{table:?}");
    for row in &table.rows[1..] {
        let name = row.strategy.name();
        assert!(row.honest_makes_more > 2.0 * row.standard_error, "{name}: {row:?}");
        assert!(row.profit < honest.profit, "{name}: {row:?}");
        // A maker who pulls quotes at news gives up trading: in those hours nobody scores, and lots traded have no
        // weight.
        if row.strategy != Strategy::PullAtNews {
            assert!(row.reward < honest.reward && row.score < honest.score, "{name}: {row:?}");
        }
        assert!(row.more_with_news > 0.0, "{name}: {row:?}");
    }
    // A maker who does not meet the obligations is paid next to nothing: a tenth of an honest maker's reward at most.
    for row in table.rows[1..].iter().filter(|row| row.strategy != Strategy::PullAtNews) {
        assert!(row.reward < honest.reward / 10.0, "{}: {row:?}", row.strategy.name());
    }
}

#[test]
fn the_figures_do_not_depend_on_the_number_of_threads() {
    let run =
        |threads| with_threads(threads, || (compare(&experiment(2)), news(&experiment(2)), hedgers(&experiment(2))));
    let one = run(1);
    assert_eq!(one, run(2));
    assert_eq!(one, run(5));
}

#[test]
fn quote_epochs_spare_makers_the_block_of_a_price_cut() {
    let told = news(&experiment(16));
    assert!(told.with_epochs.abs() < 1.0, "{told:?}");
    assert!(told.without_epochs - told.with_epochs > 5.0 * told.standard_error, "{told:?}");
}

#[test]
fn waiting_for_the_opening_costs_a_hedger_the_risk_of_the_price_and_next_to_nothing_besides() {
    let told = hedgers(&experiment(32));
    assert!(told.at_once > 0.0, "half of a spread and a fee: {told:?}");
    for wait in &told.waits {
        assert!(wait.more.abs() < 0.001 * told.lot, "{wait:?}");
        assert!(wait.risk < 0.01 * told.lot, "{wait:?}");
    }
    for waits in told.waits.chunk_by(|one, other| one.news == other.news) {
        assert!(waits.is_sorted_by(|one, other| one.risk < other.risk), "the longer, the more: {waits:?}");
    }
}
