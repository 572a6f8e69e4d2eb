//! Six weeks of three makers: who quotes is paid, and everything that can end it ends it.

use crate::script::{recompute, script_input};
use crate::world::{BUDGET, CAPITAL, POOL, PRICE, WEEK, World, rules_of_the_story};
use sit_demo::exchange::maker_parameters;
use sit_devnet::{Value, args};
use sit_engine::incentives::Parameters;

const DESIGNATED: u8 = 2;
const SUSPENDED: u8 = 3;
const LEAVING: u8 = 4;
const ENDED: u8 = 5;

/// What `standing` tells of a maker: score, counted, uptime, due, lots, adjusted, rank, makers, reward.
fn standing(world: &mut World, name: &str, week: u32) -> [u64; 9] {
    let told: Value = world.view("standing", args![World::seat(name), week]);
    let Value::Tuple(fields) = told else { panic!("a tuple") };
    let numbers: Vec<u64> = fields
        .iter()
        .map(|field| if let Value::Uint(number, _) = field { number.to() } else { panic!("a number") })
        .collect();
    numbers.try_into().unwrap()
}

fn claim(world: &mut World, name: &str) -> u64 {
    world.programme(name, "claim", args![World::seat(name)]).unwrap().get(0).unwrap()
}

#[test]
fn six_weeks_of_three_makers_are_paid_as_a_script_outside_the_project_has_it() {
    let mut world = World::new();
    let mut limited = Vec::new();
    let (ada, ben) = (World::seat("ada"), World::seat("ben"));

    // The first, short week: two quote, Cyd does not.
    for name in ["ada", "ben", "cyd"] {
        world.designate(name);
    }
    world.at(0, 20);
    world.quote("ada", 0, 4, 200);
    world.quote("ada", 1, 8, 120);
    world.quote("ben", 0, 6, 100);
    world.at(1, 6);
    assert_eq!(world.take("dan", 0, true, 70), 70);
    world.print(1, PRICE * 102 / 100); // a repricing: all quotes are void
    world.at(1, 13);
    world.quote("ada", 0, 4, 200);
    world.quote("ada", 1, 8, 120);
    world.quote("ben", 0, 6, 100);
    let reference = world.reference(0);
    let until = u64::from(world.now().0) + 7_200;
    for (buy, price) in [(true, reference - 3), (false, reference + 3)] {
        let placed = world.place("ada", 0, buy, price, 90, (0, until));
        let (number, ..): (u32, u32, u32) = placed.get(0).unwrap();
        limited.push((ada, number));
    }
    world.at(1, 14);
    world.take("dan", 0, false, 150);
    world.at(2, 12);
    let outlook = ["ada", "ben", "cyd"].map(|name| standing(&mut world, name, WEEK));
    assert!(outlook[0][0] > outlook[1][0] && outlook[1][0] > 0 && outlook[2][0] == 0, "{outlook:?}");
    assert_eq!(outlook.map(|maker| (maker[6], maker[7])), [(1, 3), (2, 3), (3, 3)]);
    world.at(3, 0);
    let at_the_end = ["ada", "ben", "cyd"].map(|name| standing(&mut world, name, WEEK)[8]);
    world.close(WEEK);
    // What the view promised is what is earned: half due now.
    let earned = ["ada", "ben", "cyd"].map(|name| world.maker(name)).map(|(_, _, due, later)| due + later);
    assert_eq!(earned, at_the_end);
    assert!(earned[0] > earned[1] && earned[1] > 0 && earned[2] == 0, "{earned:?}");
    assert!(earned.iter().sum::<u64>() <= BUDGET);
    assert_eq!(claim(&mut world, "ada"), earned[0] - earned[0] / 2);

    // The second week, with a pause of trading on Friday. Cyd is idle for a full week; Ada's capital is gone for a while.
    world.at(3, 1);
    for (name, away, lots) in [("ada", 4, 200), ("ben", 6, 100)] {
        world.quote(name, 0, away, lots);
    }
    world.at(4, 6);
    world.clearing_call("governance", "pause", args![0_u64, 1_u64]).unwrap();
    world.at(4, 12);
    world.clearing_call("governance", "unpause", args![0_u64]).unwrap();
    let withdrawn = CAPITAL * 3 / 5;
    world.clearing_call("ada", "withdraw", args![ada, withdrawn]).unwrap();
    world.programme("anyone", "suspend", args![ada]).unwrap();
    assert_eq!(world.maker("ada").0, SUSPENDED);
    world.refused("ada", "resume", args![ada], "CapitalTooLow");
    world.print(7, PRICE * 101 / 100);
    world.at(7, 13);
    for (name, away, lots) in [("ada", 4, 200), ("ben", 6, 100)] {
        world.quote(name, 0, away, lots);
    }
    world.deposit("ada", withdrawn);
    world.programme("ada", "resume", args![ada]).unwrap();
    world.programme("ben", "exit", args![ben]).unwrap();
    assert_eq!(world.maker("ben").0, LEAVING);
    world.refused("ben", "exit", args![ben], "WrongStatus");
    world.at(9, 12);
    world.take("dan", 0, true, 40);
    world.at(10, 0);
    let [.., met, due] = [0, 1, 2, 3].map(|field| standing(&mut world, "ben", WEEK + 1)[field]);
    assert!(due < 5 * 86_400 - 6 * 3_600 + 1 && met + 3 * 3_600 > due, "the pause is not due: {met} of {due}");
    world.close(WEEK + 1);
    assert_eq!(world.maker("ada").3, earned[0] / 2 - earned[0] / 2 / 3, "a suspended week earns nothing");
    assert_eq!(world.maker("cyd"), (DESIGNATED, 1, 0, 0), "a full week without reward");
    let (_, _, _, bens) = world.maker("ben");
    assert!(bens > earned[1] / 2, "the time under notice is paid");

    // The third week: Ben's notice is over on Monday, Ada earns.
    world.at(10, 1);
    world.quote("ada", 0, 4, 200);
    world.quote("ben", 0, 6, 100);
    world.at(14, 14);
    world.print(15, PRICE * 101 / 100);
    world.at(16, 0);
    world.take("dan", 0, false, 30);
    world.at(17, 0);
    world.close(WEEK + 2);
    assert_eq!(world.maker("cyd"), (ENDED, 2, 0, 0), "a second one ends the designation");
    assert_eq!(world.maker("ben").0, ENDED);
    assert!(world.maker("ben").3 > 0, "who leaves as agreed keeps what becomes due");
    let (_, _, due, later) = world.maker("ada");
    assert!(due > 0 && later > 0);

    // Governance ends Ada's designation: what is not yet due goes back, what is due stays hers.
    let before = world.books();
    world.programme("governance", "dismiss", args![ada]).unwrap();
    let after = world.books();
    assert_eq!((after.owed, after.ledger), (before.owed - later, before.ledger));
    assert_eq!(world.maker("ada"), (ENDED, 0, due, 0));
    assert_eq!(claim(&mut world, "ada"), due);
    world.refused("ada", "claim", args![ada], "NothingDue");

    // Three more weeks: Ben's rewards become due though nobody is left.
    claim(&mut world, "ben");
    for week in WEEK + 3..WEEK + 6 {
        world.at(3 + 7 * u64::from(week - WEEK), 0);
        world.close(week);
    }
    claim(&mut world, "ben");
    assert_eq!(world.maker("ben").2, 0);
    world.refused("ben", "claim", args![ben], "NothingDue");

    // Everything that was earned was paid or came back: the pool and the books say so, and so does the script.
    let books = world.books();
    assert_eq!(books.owed, 0);
    let sum = |name: &str, field: &str| -> u64 {
        let told = world.told.iter().filter(|(_, event)| event.contract == "incentives" && event.name == name);
        told.map(|(_, event)| event.get::<u64>(field).unwrap()).sum()
    };
    let (rewarded, claimed, forfeited) =
        (sum("Rewarded", "amount"), sum("Claimed", "amount"), sum("Ended", "forfeited"));
    assert_eq!(rewarded, claimed + forfeited);
    assert!(forfeited > 0);
    assert_eq!(books.ledger.incentives, POOL - claimed);
    recomputed(&mut world, &limited);
}

fn recomputed(world: &mut World, limited: &[(u32, u32)]) {
    let lines = script_input(world, limited);
    let Some(told) = recompute(&lines) else {
        println!("skipped: there is no python3");
        return;
    };
    let told = told.unwrap_or_else(|error| panic!("{error}"));
    for name in ["ada", "ben"] {
        let seat = World::seat(name);
        let paid = world.told.iter().filter(|(_, event)| {
            event.contract == "incentives" && event.name == "Claimed" && event.get::<u32>("seat") == Ok(seat)
        });
        let paid: u64 = paid.map(|(_, event)| event.get::<u64>("amount").unwrap()).sum();
        assert!(told.contains(&format!("\"{seat}\": {paid}")), "{name}: {paid} in {told}");
    }
    // The script is no rubber stamp: without the time limit of one order, or with a lot more in one trade, it says so.
    assert!(recompute(&script_input(world, &[])).unwrap().unwrap_err().contains("the chain told"));
    let forge = |line: &String| line.replace("\"lots\":70", "\"lots\":69");
    let forged: Vec<String> = lines.iter().map(forge).collect();
    assert!(forged != lines);
    assert!(recompute(&forged).unwrap().unwrap_err().contains("the chain told"));
}

#[test]
fn the_treasury_pays_for_a_week_that_the_pool_could_not() {
    let mut world = World::new();
    world.designate("ada");
    world.quote("ada", 0, 4, 200);
    world.at(0, 21);
    world.take("dan", 0, true, 100);
    let fees: u64 = world.clearing_call("anyone", "sweep_fees", args![world.months[0].0]).unwrap().get(0).unwrap();
    let before = world.books();
    assert!(fees > 0 && before.ledger.treasury > 0);
    let all = POOL + before.ledger.treasury + before.ledger.incentives - POOL;
    world.refused("governance", "set_budget", args![all], "BudgetAbovePool");
    let args = args![before.ledger.treasury];
    let pool: u64 = world.clearing_call("governance", "fund_programme", args).unwrap().get(0).unwrap();
    let after = world.books();
    assert_eq!((pool, after.ledger.incentives, after.ledger.treasury), (all, all, 0));
    assert_eq!(
        (after.vault, after.ledger.fund, after.ledger.trading),
        (before.vault, before.ledger.fund, before.ledger.trading)
    );
    let rules = Parameters { maker_cap_bps: 10_000, ..rules_of_the_story() };
    world.programme("governance", "set_parameters", args![maker_parameters(&rules)]).unwrap();
    world.programme("governance", "set_budget", args![all]).unwrap();
    world.at(3, 0);
    world.close(WEEK);
    let (_, _, due, later) = world.maker("ada");
    assert_eq!(due + later, all, "the only maker gets it all, the treasury's part included");
}

/// What scoring costs on the hot path: a cell in a maker's own message that adds quotes, nothing in a taker's.
#[test]
fn only_a_designated_maker_who_adds_quotes_touches_a_cell_more() {
    let mut world = World::new();
    let reference = world.reference(0);
    let (ask, bid) = (reference + 8, reference - 8);
    let cells = |world: &mut World, makers: &[&str]| {
        for maker in makers {
            world.place(maker, 0, false, ask, 10, (0, 0));
        }
        let took = world.place("dan", 0, true, ask, 10 * makers.len() as u32, (1, 0));
        let (_, filled, _): (u32, u32, u32) = took.get(0).unwrap();
        assert_eq!(filled, 10 * makers.len() as u32);
        let rested = world.place(makers[0], 0, true, bid, 10, (0, 0));
        world.clearing_call(makers[0], "cancel_all", args![World::seat(makers[0]), world.months[0].0]).unwrap();
        (u64::from(took.cost.cells.touched), u64::from(rested.cost.cells.touched), took.cost.weight.proof_size)
    };
    cells(&mut world, &["ada", "ben"]); // everybody has a position from here on
    let (one, own, proof) = cells(&mut world, &["ada"]);
    let (two, ..) = cells(&mut world, &["ada", "ben"]);
    world.designate("ada");
    world.designate("ben");
    cells(&mut world, &["ada", "ben"]); // and the makers a sheet of scores
    let (designated, own_designated, designated_proof) = cells(&mut world, &["ada"]);
    let (both, ..) = cells(&mut world, &["ada", "ben"]);
    println!(
        "a taker against one maker: {one} cells and {proof} bytes of proof, {designated} and {designated_proof} designated"
    );
    assert_eq!((designated, both, own_designated), (one, two, own + 1));
    assert!(designated_proof.abs_diff(proof) < 500, "{proof} {designated_proof}");
}
