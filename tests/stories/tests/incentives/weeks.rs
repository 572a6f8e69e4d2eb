//! Six weeks of three makers: those who quote are paid, and each way to end a designation ends one.

use crate::script::{recompute, script_input};
use crate::world::{BUDGET, CAPITAL, DAY, POOL, PRICE, WEEK, World, rules_of_the_story};
use sit_engine::clearing::{Policy, Product};
use sit_engine::incentives::{Parameters, Status};
use sit_engine::units::{Seat, Seconds};
use sit_native::answers::{MakerOutlook, PlacedOrder};
use sit_native::event::incentives::{Claimed, Ended, Rewarded};
use sit_native::{EmittedEvent, Message, TypedEvent, view};

/// An order that rests for as long as it takes.
const RESTS: (Policy, Seconds) = (Policy::Rest, Seconds::ZERO);

/// One that trades at once or is cancelled.
const AT_ONCE: (Policy, Seconds) = (Policy::ImmediateOrCancel, Seconds::ZERO);

fn standing(world: &mut World, name: &str, week: u32) -> MakerOutlook {
    world.view(&view::Standing { seat: World::seat(name), epoch: week })
}

fn claim(world: &mut World, name: &str) -> u64 {
    world.say(name, Message::Claim { seat: World::seat(name) }).answer().unwrap()
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
    let until = world.now().later(7_200);
    for (buy, price) in [(true, reference - 3), (false, reference + 3)] {
        let placed = world.place("ada", 0, buy, price, 90, (Policy::Rest, until));
        let PlacedOrder { number, .. } = placed.answer().unwrap();
        limited.push((ada, number));
    }
    world.at(1, 14);
    world.take("dan", 0, false, 150);
    world.at(2, 12);
    let outlook = ["ada", "ben", "cyd"].map(|name| standing(&mut world, name, WEEK));
    let scores = outlook.each_ref().map(|maker| maker.score);
    assert!(scores[0] > scores[1] && scores[1] > 0 && scores[2] == 0, "{outlook:?}");
    assert_eq!(outlook.map(|maker| (maker.rank, maker.makers)), [(1, 3), (2, 3), (3, 3)]);
    world.at(3, 0);
    let at_the_end = ["ada", "ben", "cyd"].map(|name| standing(&mut world, name, WEEK).reward);
    world.close(WEEK);
    // What the view promised is what is earned: half due now.
    let earned = ["ada", "ben", "cyd"].map(|name| world.maker(name)).map(|(_, _, due, later)| due + later);
    assert_eq!(earned, at_the_end);
    assert!(earned[0] > earned[1] && earned[1] > 0 && earned[2] == 0, "{earned:?}");
    assert!(earned.iter().sum::<u64>() <= BUDGET);
    assert_eq!(claim(&mut world, "ada"), earned[0] - earned[0] / 2);

    // The second week, with a pause of trading on Friday. Cyd is idle for a full week; Ada's capital is gone for a
    // while.
    world.at(3, 1);
    for (name, away, lots) in [("ada", 4, 200), ("ben", 6, 100)] {
        world.quote(name, 0, away, lots);
    }
    world.at(4, 6);
    world.say("governance", Message::Pause { product: Product(0), scopes: 1 });
    world.at(4, 12);
    world.say("governance", Message::Unpause { product: Product(0) });
    // The pause has voided all quotes.
    for (name, away, lots) in [("ada", 4, 200), ("ben", 6, 100)] {
        world.quote(name, 0, away, lots);
    }
    // Nobody with a position takes money out while the day's print is due.
    let withdrawn = CAPITAL * 3 / 5;
    world.refused("ada", &Message::Withdraw { seat: ada, amount: withdrawn }, "Opening");
    world.at(4, 14);
    world.say("ada", Message::Withdraw { seat: ada, amount: withdrawn });
    // Nobody is looked at before books have opened, two minutes later.
    world.refused("anyone", &Message::Suspend { seat: ada }, "CurePeriod");
    world.at(4, 15);
    world.say("anyone", Message::Suspend { seat: ada });
    assert_eq!(world.maker("ada").0, Status::Designated, "warned, and no more");
    world.refused("anyone", &Message::Suspend { seat: ada }, "CurePeriod");
    world.at(4, 16);
    world.say("anyone", Message::Suspend { seat: ada });
    assert_eq!(world.maker("ada").0, Status::Suspended);
    world.refused("ada", &Message::Resume { seat: ada }, "CapitalTooLow");
    world.print(7, PRICE * 101 / 100);
    world.at(7, 13);
    for (name, away, lots) in [("ada", 4, 200), ("ben", 6, 100)] {
        world.quote(name, 0, away, lots);
    }
    world.deposit("ada", withdrawn);
    world.say("ada", Message::Resume { seat: ada });
    world.say("ben", Message::Exit { seat: ben });
    assert_eq!(world.maker("ben").0, Status::Leaving);
    world.refused("ben", &Message::Exit { seat: ben }, "WrongStatus");
    world.at(9, 11); // before the day's print is due
    world.take("dan", 0, true, 40);
    world.at(10, 0);
    let MakerOutlook { uptime: met, due, .. } = standing(&mut world, "ben", WEEK + 1);
    assert!(u64::from(due) < 5 * DAY - 6 * 3_600 + 1 && met + 3 * 3_600 > due, "the pause is not due: {met} of {due}");
    world.close(WEEK + 1);
    assert_eq!(world.maker("ada").3, earned[0] / 2 - earned[0] / 2 / 3, "a suspended week earns nothing");
    assert_eq!(world.maker("cyd"), (Status::Designated, 1, 0, 0), "a full week without reward");
    let (_, _, _, bens) = world.maker("ben");
    assert!(bens > earned[1] / 2, "the time under notice is paid");

    // The third week: Ben's notice is over on Monday, Ada earns.
    world.at(10, 1);
    world.quote("ada", 0, 4, 200);
    world.quote("ben", 0, 6, 100);
    world.at(14, 14);
    // Marks were too old since Saturday: the print voids all quotes.
    world.print(15, PRICE * 101 / 100);
    world.at(15, 14);
    world.quote("ada", 0, 4, 200);
    world.at(16, 0);
    world.take("dan", 0, false, 30);
    world.at(17, 0);
    world.close(WEEK + 2);
    assert_eq!(world.maker("cyd"), (Status::Ended, 2, 0, 0), "a second one ends the designation");
    assert_eq!(world.maker("ben").0, Status::Ended);
    assert!(world.maker("ben").3 > 0, "who leaves as agreed keeps what becomes due");
    let (_, _, due, later) = world.maker("ada");
    assert!(due > 0 && later > 0);

    // Governance ends Ada's designation: what is not yet due goes back, what is due stays with Ada.
    let before = world.books();
    world.say("governance", Message::Dismiss { seat: ada });
    let after = world.books();
    assert_eq!((after.owed, after.ledger), (before.owed - later, before.ledger));
    assert_eq!(world.maker("ada"), (Status::Ended, 0, due, 0));
    assert_eq!(claim(&mut world, "ada"), due);
    world.refused("ada", &Message::Claim { seat: ada }, "NothingDue");

    // Three more weeks: Ben's rewards become due although no maker is left.
    claim(&mut world, "ben");
    for week in WEEK + 3..WEEK + 6 {
        world.at(3 + 7 * u64::from(week - WEEK), 0);
        world.close(week);
    }
    claim(&mut world, "ben");
    assert_eq!(world.maker("ben").2, 0);
    world.refused("ben", &Message::Claim { seat: ben }, "NothingDue");

    // Everything that was earned was paid or came back: the pool and the books say so, and so does the script.
    let books = world.books();
    assert_eq!(books.owed, 0);
    let told = &world.told;
    let rewarded: u64 = events::<Rewarded>(told).map(|event| event.amount).sum();
    let claimed: u64 = events::<Claimed>(told).map(|event| event.amount).sum();
    let forfeited: u64 = events::<Ended>(told).map(|event| event.forfeited).sum();
    assert_eq!(rewarded, claimed + forfeited);
    assert!(forfeited > 0);
    assert_eq!(books.ledger.incentives, POOL - claimed);
    recomputed(&mut world, &limited);
}

/// The events of a type among all events.
fn events<E: TypedEvent>(told: &[(u64, EmittedEvent)]) -> impl Iterator<Item = E> {
    told.iter().filter_map(|(_, event)| event.read())
}

fn recomputed(world: &mut World, limited: &[(Seat, u32)]) {
    let lines = script_input(world, limited);
    let told = recompute(&lines).unwrap_or_else(|error| panic!("{error}"));
    for name in ["ada", "ben"] {
        let seat = World::seat(name);
        let claims = events::<Claimed>(&world.told).filter(|event| event.seat == seat);
        let paid: u64 = claims.map(|event| event.amount).sum();
        assert!(told.contains(&format!("\"{}\": {paid}", seat.0)), "{name}: {paid} in {told}");
    }
    // The script really checks: without the time limit of one order, or with a lot more in one trade, it says so.
    assert!(recompute(&script_input(world, &[])).unwrap_err().contains("the chain told"));
    let forge = |line: &String| line.replace("\"lots\":70", "\"lots\":69");
    let forged: Vec<String> = lines.iter().map(forge).collect();
    assert!(forged != lines);
    assert!(recompute(&forged).unwrap_err().contains("the chain told"));
}

#[test]
fn the_treasury_pays_for_a_week_that_the_pool_could_not() {
    let mut world = World::new();
    world.designate("ada");
    world.quote("ada", 0, 4, 200);
    world.at(0, 21);
    world.take("dan", 0, true, 100);
    let fees: u64 = world.say("anyone", Message::SweepFees { instrument: world.months[0] }).answer().unwrap();
    let before = world.books();
    assert!(fees > 0 && before.ledger.treasury > 0);
    let all = POOL + before.ledger.treasury + before.ledger.incentives - POOL;
    world.refused("governance", &Message::SetBudget { amount: all }, "BudgetAbovePool");
    let fund = Message::FundProgramme { amount: before.ledger.treasury };
    let pool: u64 = world.say("governance", fund).answer().unwrap();
    let after = world.books();
    assert_eq!((pool, after.ledger.incentives, after.ledger.treasury), (all, all, 0));
    assert_eq!(
        (after.vault, after.ledger.fund, after.ledger.trading),
        (before.vault, before.ledger.fund, before.ledger.trading)
    );
    let rules = Parameters { maker_cap_bps: 10_000, ..rules_of_the_story() };
    world.say("governance", Message::SetParameters { parameters: rules });
    world.say("governance", Message::SetBudget { amount: all });
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
            world.place(maker, 0, false, ask, 10, RESTS);
        }
        let took = world.place("dan", 0, true, ask, 10 * makers.len() as u32, AT_ONCE);
        let PlacedOrder { filled, .. } = took.answer().unwrap();
        assert_eq!(filled.0, 10 * makers.len() as u32);
        let rested = world.place(makers[0], 0, true, bid, 10, RESTS);
        let (seat, instrument) = (World::seat(makers[0]), world.months[0]);
        world.say(makers[0], Message::CancelAll { seat, instrument });
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
