//! What the programme refuses: by name, without a trace in the state, the vault's books or its own.

use crate::world::{BUDGET, CAPITAL, DOLLAR, POOL, WEEK, World};
use sit_engine::incentives::{MAX_BUDGET, Parameters, Status};
use sit_engine::units::Seat;
use sit_native::Message;

#[test]
fn designation_has_one_way_in() {
    let mut world = World::new();
    let (ada, ben, eve) = (World::seat("ada"), World::seat("ben"), World::seat("eve"));
    world.refused("ben", &Message::Apply { seat: ada }, "NotAuthorised");
    world.refused("eve", &Message::Apply { seat: eve }, "CapitalTooLow");
    world.refused("eve", &Message::Apply { seat: Seat(77) }, "ClearingFailed"); // no such seat
    world.refused("governance", &Message::Accept { seat: ada }, "NotApplied");
    for message in [
        Message::Exit { seat: ada },
        Message::Claim { seat: ada },
        Message::Suspend { seat: ada },
        Message::Resume { seat: ada },
    ] {
        world.refused("ada", &message, "NotAMaker");
    }
    world.refused("governance", &Message::Dismiss { seat: ada }, "NotAMaker");
    world.say("ada", Message::Apply { seat: ada });
    world.refused("ada", &Message::Apply { seat: ada }, "AlreadyApplied");
    for name in ["ada", "dan"] {
        world.refused(name, &Message::Accept { seat: ada }, "NotAuthorised");
        world.refused(name, &Message::Dismiss { seat: ada }, "NotAuthorised");
    }
    world.refused("ada", &Message::Resume { seat: ada }, "WrongStatus");
    world.refused("anyone", &Message::Suspend { seat: ada }, "WrongStatus");
    world.say("governance", Message::Accept { seat: ada });
    assert_eq!(world.maker("ada").0, Status::Designated);
    // A seat is designated once, whoever asks.
    world.refused("ada", &Message::Apply { seat: ada }, "AlreadyApplied");
    world.refused("governance", &Message::Accept { seat: ada }, "NotApplied");
    world.refused("ben", &Message::Exit { seat: ada }, "NotAuthorised");
    world.refused("anyone", &Message::Suspend { seat: ada }, "CapitalSuffices");
    // Whoever lacks it is warned, and has an hour.
    world.say("ada", Message::Withdraw { seat: ada, amount: CAPITAL * 3 / 4 });
    world.say("anyone", Message::Suspend { seat: ada });
    world.refused("anyone", &Message::Suspend { seat: ada }, "CurePeriod");
    world.deposit("ada", CAPITAL * 3 / 4);
    world.refused("anyone", &Message::Suspend { seat: ada }, "CapitalSuffices");
    // Capital that left between application and acceptance.
    world.say("ben", Message::Apply { seat: ben });
    world.say("ben", Message::Withdraw { seat: ben, amount: CAPITAL * 3 / 4 });
    world.refused("governance", &Message::Accept { seat: ben }, "CapitalTooLow");
    world.say("ben", Message::Exit { seat: ben });
    assert_eq!(world.maker("ben").0, Status::Ended);
    world.refused("ben", &Message::Exit { seat: ben }, "WrongStatus");
    // Clearing takes no maker from anybody but the programme.
    assert_eq!(world.call("ada", &Message::SetMaker { seat: ben, maker: true }).err().unwrap(), "NotAuthorised");
    assert_eq!(world.call("ada", &Message::PayReward { seat: ada, amount: 1 }).err().unwrap(), "NotAuthorised");
}

#[test]
fn budgets_and_parameters_keep_to_their_bounds() {
    let mut world = World::new();
    world.refused("dan", &Message::SetBudget { amount: BUDGET }, "NotAuthorised");
    world.refused("governance", &Message::SetBudget { amount: POOL + 1 }, "BudgetAbovePool");
    world.refused("governance", &Message::SetBudget { amount: MAX_BUDGET + 1 }, "BudgetTooLarge");
    world.refused("governance", &Message::SetBudget { amount: u64::MAX }, "BudgetTooLarge");
    world.say("governance", Message::SetBudget { amount: POOL });
    let good = Parameters::INITIAL;
    world.refused("dan", &Message::SetParameters { parameters: good }, "NotAuthorised");
    let bad = [
        Parameters { capital: 0, ..good },
        Parameters { capital: u64::MAX, ..good },
        Parameters { uptime_floor_bps: 4_999, ..good },
        Parameters { uptime_floor_bps: 10_001, ..good },
        Parameters { uptime_power: 6, ..good },
        Parameters { volume_quarters: 5, ..good },
        Parameters { volume_hours: 169, ..good },
        Parameters { volume_floor_bps: 1_001, ..good },
        Parameters { maker_cap_bps: 99, ..good },
        Parameters { maker_cap_bps: 10_001, ..good },
        Parameters { notice_seconds: 86_399, ..good },
        Parameters { notice_seconds: 8 * 604_800 + 1, ..good },
        Parameters { strikes: 0, ..good },
        Parameters { strikes: 13, ..good },
        Parameters { target_depth: 1_000_000_001, ..good },
        Parameters { budget_step_bps: 2_501, ..good },
        Parameters { least_budget: good.most_budget + 1, ..good },
        Parameters { most_budget: MAX_BUDGET + 1, ..good },
    ];
    for rules in bad {
        world.refused("governance", &Message::SetParameters { parameters: rules }, "BadParameters");
    }
    let clearing = world.deployed.addresses().clearing;
    world.refused("governance", &Message::ConnectProgramme { clearing }, "AlreadyConnected");
    world.refused("dan", &Message::ConnectProgramme { clearing }, "NotAuthorised");
    // The treasury pays no more than it has.
    let treasury = world.books().ledger.treasury;
    let fund = |world: &mut World, who: &str, amount: u64| world.call(who, &Message::FundProgramme { amount });
    assert_eq!(fund(&mut world, "dan", 1).err().unwrap(), "NotAuthorised");
    assert_eq!(fund(&mut world, "governance", 0).err().unwrap(), "ZeroAmount");
    assert_eq!(fund(&mut world, "governance", treasury + 1).err().unwrap(), "NotEnoughCash");
}

#[test]
fn weeks_are_closed_once_in_order_and_after_their_end() {
    let mut world = World::new();
    world.designate("ada");
    let ada = World::seat("ada");
    for (week, error) in [
        (WEEK, "EpochNotOver"),
        (WEEK - 1, "EpochOutOfOrder"),
        (WEEK + 1, "EpochOutOfOrder"),
        (0, "EpochOutOfOrder"),
        (u32::MAX, "EpochOutOfOrder"),
    ] {
        world.refused("anyone", &Message::CloseEpoch { epoch: week, makers: 8 }, error);
    }
    world.refused("ada", &Message::Claim { seat: ada }, "NothingDue"); // the week has not ended
    world.quote("ada", 0, 5, 100);
    world.at(3, 0); // Thursday: the week is over
    world.refused("ada", &Message::Claim { seat: ada }, "NothingDue"); // nor been closed
    for makers in [0, 9, 255] {
        world.refused("anyone", &Message::CloseEpoch { epoch: WEEK, makers }, "BadParameters");
    }
    world.refused("governance", &Message::SetParameters { parameters: Parameters::PAPER }, "CloseFirst");
    world.refused("governance", &Message::SetBudget { amount: DOLLAR }, "CloseFirst");
    assert_eq!(world.close(WEEK), 1, "two makers are one message");
    world.refused("anyone", &Message::CloseEpoch { epoch: WEEK, makers: 8 }, "EpochOutOfOrder");
    world.refused("ben", &Message::Claim { seat: ada }, "NotAuthorised");
    let before = world.books();
    let paid: u64 = world.say("ada", Message::Claim { seat: ada }).answer().unwrap();
    let after = world.books();
    assert!(paid > 0);
    assert_eq!(after.ledger.incentives, before.ledger.incentives - paid);
    assert_eq!(after.ledger.trading, before.ledger.trading + i128::from(paid));
    assert_eq!((after.owed, after.vault), (before.owed - paid, before.vault), "a claim moves nothing out of the vault");
    world.refused("ada", &Message::Claim { seat: ada }, "NothingDue"); // twice
}
