//! What the programme refuses: by name, without a trace in the state, the vault's books or its own.

use crate::world::{BUDGET, CAPITAL, DOLLAR, POOL, WEEK, World};
use sit_demo::exchange::maker_parameters;
use sit_devnet::args;
use sit_engine::incentives::{MAX_BUDGET, Parameters};

/// A status, by its number.
const DESIGNATED: u8 = 2;
const ENDED: u8 = 5;

#[test]
fn designation_has_one_way_in() {
    let mut world = World::new();
    let (ada, ben, eve) = (World::seat("ada"), World::seat("ben"), World::seat("eve"));
    world.refused("ben", "apply", args![ada], "OnlyOwner");
    world.refused("eve", "apply", args![eve], "CapitalTooLow");
    world.refused("eve", "apply", args![77_u64], "ClearingFailed"); // no such seat
    world.refused("governance", "accept", args![ada], "NotApplied");
    for message in ["exit", "claim", "suspend", "resume"] {
        world.refused("ada", message, args![ada], "NotAMaker");
    }
    world.refused("governance", "dismiss", args![ada], "NotAMaker");
    world.programme("ada", "apply", args![ada]).unwrap();
    world.refused("ada", "apply", args![ada], "AlreadyApplied");
    for name in ["ada", "dan"] {
        world.refused(name, "accept", args![ada], "OnlyGovernance");
        world.refused(name, "dismiss", args![ada], "OnlyGovernance");
    }
    world.refused("ada", "resume", args![ada], "WrongStatus");
    world.refused("anyone", "suspend", args![ada], "WrongStatus");
    world.programme("governance", "accept", args![ada]).unwrap();
    assert_eq!(world.maker("ada").0, DESIGNATED);
    // Twice designated, whoever asks.
    world.refused("ada", "apply", args![ada], "AlreadyApplied");
    world.refused("governance", "accept", args![ada], "NotApplied");
    world.refused("ben", "exit", args![ada], "OnlyOwner");
    world.refused("anyone", "suspend", args![ada], "CapitalSuffices");
    // Capital that left between application and acceptance.
    world.programme("ben", "apply", args![ben]).unwrap();
    world.clearing_call("ben", "withdraw", args![ben, CAPITAL * 3 / 4]).unwrap();
    world.refused("governance", "accept", args![ben], "CapitalTooLow");
    world.programme("ben", "exit", args![ben]).unwrap();
    assert_eq!(world.maker("ben").0, ENDED);
    world.refused("ben", "exit", args![ben], "WrongStatus");
    // Who was told to clearing by anybody but the programme is no maker.
    assert_eq!(world.clearing_call("ada", "set_maker", args![ben, true]).err().unwrap(), "NotAuthorised");
    assert_eq!(world.clearing_call("ada", "pay_reward", args![ada, 1_u64]).err().unwrap(), "NotAuthorised");
}

#[test]
fn budgets_and_parameters_keep_to_their_bounds() {
    let mut world = World::new();
    world.refused("dan", "set_budget", args![BUDGET], "OnlyGovernance");
    world.refused("governance", "set_budget", args![POOL + 1], "BudgetAbovePool");
    world.refused("governance", "set_budget", args![MAX_BUDGET + 1], "BudgetTooLarge");
    world.refused("governance", "set_budget", args![u64::MAX], "BudgetTooLarge");
    world.programme("governance", "set_budget", args![POOL]).unwrap();
    let good = Parameters::INITIAL;
    world.refused("dan", "set_parameters", args![maker_parameters(&good)], "OnlyGovernance");
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
        world.refused("governance", "set_parameters", args![maker_parameters(&rules)], "BadParameters");
    }
    let clearing = world.clearing.clone();
    world.refused("governance", "connect", args![&clearing], "AlreadyConnected");
    world.refused("dan", "connect", args![&clearing], "OnlyGovernance");
    // The treasury gives what it has.
    let treasury = world.books().ledger.treasury;
    let fund = |world: &mut World, who: &str, amount: u64| world.clearing_call(who, "fund_programme", args![amount]);
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
        world.refused("anyone", "close_epoch", args![week, 8_u64], error);
    }
    world.refused("ada", "claim", args![ada], "NothingDue"); // the week has not ended
    world.quote("ada", 0, 5, 100);
    world.at(3, 0); // Thursday: the week is over
    world.refused("ada", "claim", args![ada], "NothingDue"); // nor been closed
    for makers in [0_u64, 9, 255] {
        world.refused("anyone", "close_epoch", args![WEEK, makers], "BadParameters");
    }
    world.refused("governance", "set_parameters", args![maker_parameters(&Parameters::PAPER)], "CloseFirst");
    world.refused("governance", "set_budget", args![DOLLAR], "CloseFirst");
    assert_eq!(world.close(WEEK), 1, "two makers are one message");
    world.refused("anyone", "close_epoch", args![WEEK, 8_u64], "EpochOutOfOrder");
    world.refused("ben", "claim", args![ada], "OnlyOwner");
    let before = world.books();
    let paid: u64 = world.programme("ada", "claim", args![ada]).unwrap().get(0).unwrap();
    let after = world.books();
    assert!(paid > 0);
    assert_eq!(after.ledger.incentives, before.ledger.incentives - paid);
    assert_eq!(after.ledger.trading, before.ledger.trading + i128::from(paid));
    assert_eq!((after.owed, after.vault), (before.owed - paid, before.vault), "a claim moves nothing out of the vault");
    world.refused("ada", "claim", args![ada], "NothingDue"); // twice
}
