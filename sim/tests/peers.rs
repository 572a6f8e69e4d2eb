//! What `scripts/bench sim` draws with this simulator is the process that it times, on every instruction set.
//!
//! `sim/peers` has dependencies of its own, three hundred packages that the tests do not compile; its own half needs
//! none of them.

#[path = "../peers/src/ours.rs"]
mod ours;
#[path = "../peers/src/workload.rs"]
mod workload;

use sit_sim::path::{Estimate, Isa};
use workload::Workload;

/// A mean of so many paths is within five of its standard errors.
const PATHS: u64 = 1 << 16;

fn check(name: &str, estimate: &Estimate, exact: f64) {
    let off = (estimate.mean() - exact) / estimate.error();
    assert!(off.abs() < 5.0, "{name}: {} instead of {exact}, off by {off:.1} standard errors", estimate.mean());
}

#[test]
fn the_benchmark_draws_what_has_a_closed_form() {
    let workload = Workload::new();
    for isa in Isa::available() {
        let estimate = ours::terminal(&workload, isa, PATHS);
        check(isa.name(), &estimate, workload.futures);
        assert!((estimate.sd() / workload.sd - 1.0).abs() < 0.05, "{}: the spread of prices", isa.name());
    }
    check("one step", &ours::one_step(&workload, PATHS), workload.futures);
    check("a price each day", &ours::every_price(&workload, PATHS), workload.average);
    let bare = &workload.without_jumps;
    let exact = bare.moments(&bare.start(), 0.0, workload.years).mean;
    check("without jumps", &ours::without_jumps(&workload, PATHS), exact);
}
