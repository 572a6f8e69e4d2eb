//! Finds of the adversary on deployed contracts: what its plans send, honest people's messages among it, goes to both
//! exchanges, and every answer, refusal and event is the native engine's, and so is every balance at the end.
//!
//! A plan is sent as it paid, recorded on an engine with the fault put back: what it needs the fault for is refused by
//! the contracts, by name. And it is sent as the coalition would change it, recorded on the engine as it is.
//!
//! Any other find, a line of `scripts/adversary --json`, goes the same way:
//! `SIT_FIND=FILE cargo test --locked --workspace --test finds -- --nocapture`.

use sit_adversary::{
    Cast, Class, Gene, Genome, Keeper, Month, Move, NAMES, Objective, Phase, Price, Record, Role, Scene, Size, Way,
    When, Whom, Written, faults, record,
};
use sit_demo::replay::{Deployed, Twins};
use sit_engine::clearing::Store;
use sit_engine::fault::Fault;
use sit_native::Exchange;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;

/// Reporters of the world.
const REPORTERS: [&str; 3] = ["reporter 1", "reporter 2", "reporter 3"];

/// Faults are put back for the whole process.
static ALONE: Mutex<()> = Mutex::new(());

const A: Role = Role::Seat(0);
const B: Role = Role::Seat(2);
const NEAR: Month = Month::Number(0);
const FAR: Month = Month::Number(1);
const COMPUTE: Month = Month::Number(2);

fn gene(from: u8, days: u8, phase: Phase, when: When, act: Move) -> Gene {
    Gene { from, days, phase, again: false, when, act }
}

fn genome(scene: Scene, class: Class, genes: impl IntoIterator<Item = Gene>) -> Genome {
    Genome { scene, class, keeper: Keeper::Prompt, genes: genes.into_iter().collect() }
}

/// A pair closes past the bankruptcy price, and the fund pays it: C1 of `crates/adversary/tests/objective.rs`.
fn pair() -> Genome {
    let cross = |way, price, size| Move::Cross { who: A, with: B, month: COMPUTE, way, price, size };
    genome(
        Scene::Ordinary,
        Class::Busy,
        [
            gene(0, 1, Phase::Morning, When::Always, cross(Way::Long, Price::Off(0), Size::Share(8))),
            gene(0, 1, Phase::Morning, When::Always, Move::Withdraw { who: A, quarters: 4 }),
            gene(0, 8, Phase::Opened, When::Short, cross(Way::Close, Price::Worst, Size::Position)),
        ],
    )
}

/// A owes in the far month what a bankrupt owes them in the near one, and has the fund pay: H3.
fn bought_claim() -> Genome {
    let (price, size) = (Price::Off(0), Size::Position);
    let leave = |month| Move::Cross { who: A, with: B, month, way: Way::Close, price, size };
    let bridge = Move::Bridge { whom: Whom::Own(A), debt: FAR, claim: NEAR };
    let genes = [leave(FAR), leave(NEAR), bridge].map(|act| gene(0, 1, Phase::Opened, When::Always, act));
    genome(Scene::Default, Class::Calm, genes)
}

/// Quotes are taken between the print and its settlement: I4.
fn known_print() -> Genome {
    let take = Move::Take { who: A, month: NEAR, way: Way::Trend, price: Price::Bad(4), size: Size::Share(4) };
    genome(Scene::Ordinary, Class::Jumps, [gene(0, 8, Phase::Published, When::Moves, take)])
}

/// A plan that was recorded among the accounts of a chain.
struct Attack {
    name: String,
    scene: Scene,
    cast: Cast,
    record: Record,
    /// Whether it is of the engine as it is, which then has to do the same again.
    as_it_is: bool,
}

/// A maker and a friend hand lots to each other and back, so that the other makers' are next to nothing: I7.
fn quiet_week() -> Genome {
    let (who, size) = (Role::Seat(3), Size::Share(8));
    let wash = Move::Hand { who, with: B, month: NEAR, price: Price::Off(0), size };
    genome(Scene::Makers, Class::Calm, [gene(0, 1, Phase::Evening, When::Always, wash)])
}

/// The contracts on a chain of their own, and who is who there: the same each time.
fn deployed(scene: Scene) -> (Deployed, Cast) {
    let people: Vec<String> = NAMES.iter().chain(&REPORTERS).map(|name| (*name).to_owned()).collect();
    let deploy = if scene.runs_programme() { Deployed::with_programme } else { Deployed::new };
    let mut deployed = deploy(scene.starts().0.into(), &people).expect("the contracts are built and deploy");
    let mut owners = NAMES.map(|name| deployed.address_of(name));
    owners[1] = owners[0];
    let reporters = REPORTERS.map(|name| deployed.address_of(name));
    let cast = Cast { addresses: deployed.addresses(), owners, reporters };
    (deployed, cast)
}

/// Records a plan. Nobody else in this process may run an engine meanwhile: the switch that puts a fault back is one
/// for all.
fn recorded(name: &str, plan: &Genome, objective: Objective, put_back: &[Fault]) -> Attack {
    let (_, cast) = deployed(plan.scene);
    let record = record(plan, cast, put_back, objective);
    Attack { name: name.to_owned(), scene: plan.scene, cast, record, as_it_is: put_back.is_empty() }
}

/// What came of a plan on both exchanges.
struct Outcome {
    /// Messages of the coalition that were accepted when it was recorded, and are refused, by the refusal.
    refused: BTreeMap<&'static str, u32>,
    /// What is in the fund at the end, and when it was recorded.
    fund: [u64; 2],
}

/// Sends it to both exchanges.
fn replayed(attack: Attack) -> Outcome {
    let Attack { name, scene, cast, record, as_it_is } = attack;
    let (deployed, again) = deployed(scene);
    assert_eq!(again, cast, "{name}: the addresses are those for which it was recorded");
    let mut native = Exchange::new(cast.addresses, scene.starts(), sit_sim::keccak256);
    if scene.runs_programme() {
        native.deploy_programme().expect("governance has an address");
    }
    let mut twins = Twins::new(native, deployed);
    for (wallet, atoms) in &record.wallets {
        twins.mint(*wallet, *atoms).unwrap_or_else(|error| panic!("{name}: {error:#}"));
    }
    let mut refused: BTreeMap<&'static str, u32> = BTreeMap::new();
    for (place, sent) in record.sent.iter().enumerate() {
        let said = twins.send(sent.at, sent.by, &sent.message);
        let said = said.unwrap_or_else(|error| panic!("{name}, message {place}: {error:#}"));
        let (now, then) = (said.map_err(sit_native::Refusal::name), sent.outcome.as_ref());
        if as_it_is {
            let then = then.map(|_| ()).map_err(|refusal| refusal.name());
            assert_eq!(now, then, "{name}, message {place}, {:?}", sent.message);
        } else if let (true, Err(why), Ok(_)) = (sent.attack, now, then) {
            *refused.entry(why).or_default() += 1;
        }
    }
    let wallets: Vec<[u8; 20]> = record.wallets.iter().map(|(wallet, _)| *wallet).collect();
    twins.compare_balances(&wallets).unwrap_or_else(|error| panic!("{name}: {error:#}"));
    let fund = twins.native.clearing.ledger().fund;
    println!(
        "{name}: {} messages, worth {:.0} when it was recorded; now {:.2} USD more in the fund, {refused:?}",
        record.sent.len(),
        record.value,
        (i128::from(fund) - i128::from(record.fund)) as f64 / 1e6,
    );
    Outcome { refused, fund: [fund, record.fund] }
}

#[test]
fn what_paid_is_refused_by_the_deployed_contracts_by_name_and_all_else_is_as_in_the_engine() {
    let _alone = ALONE.lock();
    let plans = [
        ("C1", pair(), Fault::TradeLosesHealth, "BelowInitialMargin"),
        ("H3", bought_claim(), Fault::BridgeBeyondTheCap, "WinnersWait"),
        ("I4", known_print(), Fault::TradeOnAPrintThatIsDue, "Opening"),
    ];
    let mut attacks: Vec<(Attack, Option<&'static str>)> = Vec::new();
    for (name, plan, fault, why) in &plans {
        attacks.push((recorded(name, plan, Objective::Profit, &[*fault]), Some(*why)));
        let value = attacks.last().map_or(0.0, |(attack, _)| attack.record.value);
        assert!(value >= 400.0, "{name} pays with its fault: {value}");
    }
    attacks.push((recorded("H3, as it is", &plans[1].1, Objective::Profit, &[]), None));
    // Rewards are shared out otherwise with the fault, which is no refusal: as it is both say the same of the week.
    let quiet = recorded("I7, as it is", &quiet_week(), Objective::Harm, &[]);
    assert!(quiet.record.sent.iter().any(|sent| sent.message.name() == "close_epoch" && sent.outcome.is_ok()));
    attacks.push((quiet, None));
    let begin = |(attack, why): (Attack, Option<&'static str>)| {
        (attack.name.clone(), why, thread::spawn(move || replayed(attack)))
    };
    let workers: Vec<_> = attacks.into_iter().map(begin).collect();
    for (name, why, worker) in workers {
        let outcome = worker.join().expect("no difference");
        let Some(why) = why else { continue };
        assert!(outcome.refused.contains_key(why), "{name}: {:?}", outcome.refused);
        if name != "I4" {
            let [now, then] = outcome.fund;
            assert!(now > then + 1_000_000_000, "{name}: the fund that has paid holds {then}, and this one {now}");
        }
    }
}

#[test]
fn a_find_from_a_file_is_sent_to_the_deployed_contracts() {
    let Ok(file) = std::env::var("SIT_FIND") else { return };
    let _alone = ALONE.lock();
    let text = std::fs::read_to_string(&file).expect("SIT_FIND names a file");
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    for (place, line) in lines.enumerate() {
        let find: Written = serde_json::from_str(line).expect("a line of scripts/adversary --json");
        let known = |label: &String| faults::NAMES.iter().find(|(name, _)| name == label).map(|(_, fault)| *fault);
        let put_back: Vec<Fault> = find.labels.iter().filter_map(known).collect();
        replayed(recorded(&format!("{file}, find {place}"), &find.genome, find.objective, &put_back));
    }
}
