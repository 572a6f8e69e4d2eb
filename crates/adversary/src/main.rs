//! The program `sit-adversary`: searches the native exchange for profit.
//!
//! Results for programs go to stdout, progress to stderr. The exit code is 0 when nothing was found that the faults
//! that were put back do not explain, 1 when something was, and 2 when the input is at fault.
#![forbid(unsafe_code)]

use clap::Parser;
use sit_adversary::{
    Find, Genome, Keeper, Objective, Progress, Request, Written, faults, mean_of, measure, search, story_of,
};
use sit_engine::fault::Fault;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Searches for profit on the native exchange, as a coalition of attackers would.
#[derive(Parser)]
#[command(name = "sit-adversary", version)]
struct Options {
    /// Minutes to search.
    #[arg(long, default_value_t = 1.0)]
    minutes: f64,
    /// Candidates to try at most: a search that this ends is the same on every machine.
    #[arg(long)]
    sequences: Option<u64>,
    /// Everything that is drawn follows from it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Threads; the finds do not depend on their number.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Puts a fixed fault back and ends when a find is labelled with it: C1, H1, H2, H3, H4, H5, I2, I3, I4, I6, I7,
    /// L5, M1, M2, N1, P1, W1, W2 or W3.
    #[arg(long, value_name = "FAULT", value_parser = fault)]
    only: Vec<Fault>,
    /// Has the keeper call nobody from the afternoon to the next settlement.
    #[arg(long)]
    late_keeper: bool,
    /// Searches on after a find that is labelled with a fault of --only.
    #[arg(long)]
    on: bool,
    /// Prints finds as JSON, one a line.
    #[arg(long)]
    json: bool,
    /// Prints the best plan by objective, scene and class at the end, as JSON, whether it holds on fresh paths or not.
    #[arg(long)]
    best: bool,
    /// Measures the find in this file, as --json wrote it, on fresh paths instead of searching.
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
}

fn fault(name: &str) -> Result<Fault, String> {
    let known = faults::NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    known.map(|(_, fault)| *fault).ok_or_else(|| {
        let names: Vec<&str> = faults::NAMES.iter().map(|(name, _)| *name).collect();
        format!("the faults are {}", names.join(", "))
    })
}

fn main() -> ExitCode {
    let options = Options::parse();
    match &options.replay {
        Some(file) => replay(file, &options.only),
        None => run(&options),
    }
}

fn run(options: &Options) -> ExitCode {
    let request = Request {
        seed: options.seed,
        sequences: options.sequences.unwrap_or(u64::MAX),
        time: Some(Duration::from_secs_f64(options.minutes.clamp(0.0, 1e6) * 60.0)),
        threads: options.threads,
        keeper: if options.late_keeper { Keeper::Late } else { Keeper::Prompt },
        faults: options.only.clone(),
        until: if options.on { Vec::new() } else { options.only.clone() },
        ..Request::default()
    };
    // Finds are printed as they come: a long search may be ended by hand.
    let mut printed = 0;
    let report = search(&request, &mut |progress| {
        if let Some(find) = progress.latest.as_ref().filter(|_| progress.finds > printed) {
            printed = progress.finds;
            if options.json {
                println!("{}", serde_json::to_string(&Written::from(find)).expect("a find is plain data"));
            } else {
                print(find);
            }
        }
        eprintln!("{}", line(progress));
    });
    for (objective, value, genome) in report.best.iter().filter(|_| options.best) {
        let plan = serde_json::to_string(genome).expect("a plan is plain data");
        let (scene, class, unit) = (genome.scene, genome.class, objective.unit());
        println!("best {objective:?}: {value:.1} {unit} ({scene:?}, {class:?})\n{plan}");
    }
    let unexplained = report.finds.iter().filter(|find| find.labels.is_empty()).count();
    eprintln!("{} finds, {unexplained} of them not explained by a fault that was put back", report.finds.len());
    ExitCode::from(u8::from(unexplained > 0))
}

fn line(progress: &Progress) -> String {
    let seconds = progress.elapsed.as_secs_f64().max(1e-9);
    let best = |objective: Objective| progress.best[objective as usize].max(0.0);
    format!(
        "{seconds:.0} s: {} sequences ({:.0}/s) on {} paths, {} messages ({:.0}/s), {} cells, {} finds; \
         best: {:.0} USD, {:.0} USD of harm, {:.0} minutes and {:.0} messages a dollar, {:.0} basis points",
        progress.sequences,
        progress.sequences as f64 / seconds,
        progress.runs,
        progress.messages,
        progress.messages as f64 / seconds,
        progress.cells,
        progress.finds,
        best(Objective::Profit),
        best(Objective::Harm),
        best(Objective::Closure),
        best(Objective::Refusal),
        best(Objective::Marks),
    )
}

fn print(find: &Find) {
    println!("{}\n{}{}\n", find.line(), find.story, serde_json::to_string(&find.genome).expect("a plan is plain data"));
}

fn replay(file: &PathBuf, put_back: &[Fault]) -> ExitCode {
    let read = std::fs::read_to_string(file).map_err(|error| error.to_string());
    let parsed = read.and_then(|text| {
        let find = serde_json::from_str::<Written>(&text).map(|find| (find.genome, find.objective));
        let plan = || serde_json::from_str::<Genome>(&text).map(|genome| (genome, Objective::Profit));
        find.or_else(|_| plan()).map_err(|error| error.to_string())
    });
    let (genome, objective) = match parsed {
        Ok(find) => find,
        Err(error) => {
            eprintln!("sit-adversary: {}: {error}", file.display());
            return ExitCode::from(2);
        }
    };
    let values = measure(&genome, put_back);
    for objective in Objective::ALL {
        println!(
            "{objective:?}: {:.1} {} on {} fresh paths",
            mean_of(&values, objective),
            objective.unit(),
            values.len()
        );
    }
    let each: Vec<String> = values.iter().map(|value| format!("{:.0}", value[objective as usize])).collect();
    println!("{objective:?} by path: {}", each.join(" "));
    println!("{}", story_of(&genome, put_back, objective));
    ExitCode::SUCCESS
}
