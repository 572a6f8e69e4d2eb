//! The program of the search.
fn main() {
    use std::time::Duration;
    let mut args = std::env::args().skip(1);
    let secs: u64 = args.next().and_then(|a| a.parse().ok()).unwrap_or(10);
    let seed: u64 = args.next().and_then(|a| a.parse().ok()).unwrap_or(1);
    let faults: Vec<_> = match args.next().as_deref() {
        None | Some("all") => sit_adversary::faults::NAMES.iter().map(|n| n.1).collect(),
        Some("none") => vec![],
        Some(n) => n.split(',').map(|n| sit_adversary::faults::NAMES.iter().find(|x| x.0 == n).unwrap().1).collect(),
    };
    let request = sit_adversary::Request { seed, time: Some(Duration::from_secs(secs)), faults, ..Default::default() };
    let report = sit_adversary::search(&request, &mut |p| {
        eprintln!("{:.0}s {} seq {} msgs ({:.0}/s) runs {} cells {} finds {} best {:?}", p.elapsed.as_secs_f64(), p.sequences, p.messages, p.messages as f64 / p.elapsed.as_secs_f64(), p.runs, p.cells, p.finds, p.best.map(|b| b.round()));
    });
    for f in &report.finds {
        println!("{}", f.line());
        println!("{}", f.story);
        println!("{}\n", serde_json::to_string(&f.genome).unwrap());
    }
}
