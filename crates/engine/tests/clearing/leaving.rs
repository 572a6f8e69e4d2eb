//! Nothing stops a move to the next version of the clearing house, and everything that belongs to an account is there
//! afterwards.

use crate::migration::{move_house, move_item, pause_all, sound};
use crate::world::{CASH, MONDAY, TPI, World, owner};
use proptest::prelude::*;
use sit_engine::calendar::DAY;
use sit_engine::chain::{Address, Env};
use sit_engine::clearing::{
    self, Account, ClearingError, Delegate, Item, Measure, Purpose, Sheet, Stage, Status, Store, Trigger, Triggers,
    UptimeRules, admit, depart, opening::OPENING_SECONDS, peers::Given, weeks_of_makers,
};
use sit_engine::codec::Cell;
use sit_engine::units::{Lots, QuoteAtoms, Seat, Seconds, Ticks};
use sit_native::Native;

const ANYONE: Address = [0xEE; 20];

/// A house of so many accounts, the first two holding positions; rules and markets have been adopted by the next house,
/// and nobody has left.
fn begun(accounts: u32) -> (World, Native) {
    let mut world = World::new(accounts);
    world.sell(0, 2_600, 10).unwrap();
    world.buy(1, 2_600, 10).unwrap();
    let next = adopted(&mut world);
    (world, next)
}

fn adopted(world: &mut World) -> Native {
    pause_all(world);
    let mut next = Native::new();
    for item in
        [Item::Curve(TPI), Item::Margin(TPI), Item::Backtest(TPI), Item::Market(world.near), Item::Market(world.far)]
    {
        go(world, &mut next, item).unwrap();
    }
    next
}

fn go(world: &mut World, next: &mut Native, item: Item) -> Result<(), ClearingError> {
    let env = Env { caller: ANYONE, now: world.now };
    move_item(&mut world.house, next, env, item)
}

fn leave(world: &mut World, next: &mut Native, seat: u32) -> Result<(), ClearingError> {
    go(world, next, Item::Account(Seat(seat), 0))
}

/// What is left of all months, and the reserves.
fn finish(world: &mut World, next: &mut Native) {
    for instrument in [world.near, world.far] {
        let settled = world.house.curve(TPI).unwrap().month(instrument).unwrap().status == Status::Settled;
        if !settled {
            go(world, next, Item::Rest(instrument)).unwrap();
        }
    }
    go(world, next, Item::Reserves).unwrap();
}

fn credit(house: &mut Native, seat: u32, amount: u64) -> Result<u64, ClearingError> {
    house.transact(|house| clearing::credit(house, Seconds(MONDAY), Seat(seat), amount))
}

fn custody(house: &mut Native) -> QuoteAtoms {
    clearing::books(house).custody
}

#[test]
fn one_atom_for_a_seat_that_has_left_stays_with_who_sent_it() {
    let (mut world, mut next) = begun(3);
    for seat in 0..3 {
        leave(&mut world, &mut next, seat).unwrap();
        let mirror = u32::MAX - u32::from(TPI.0);
        for late in (0..=seat).chain([3, mirror]) {
            assert_eq!(credit(&mut world.house, late, 1), Err(ClearingError::UnknownSeat));
            let reward = world.house.transact(|house| clearing::pay_reward(house, Seat(late), 1));
            assert_eq!(reward, Err(ClearingError::UnknownSeat), "a reward waits where it is until it can be claimed");
        }
    }
    finish(&mut world, &mut next);
    assert_eq!((custody(&mut world.house), custody(&mut next)), (QuoteAtoms::ZERO, QuoteAtoms(3 * i128::from(CASH))));
}

#[test]
fn no_message_finds_an_account_that_has_left_or_what_stands_for_the_other_house() {
    let (mut world, mut next) = begun(3);
    leave(&mut world, &mut next, 0).unwrap();
    let (near, now) = (world.near, world.now);
    for seat in [Seat(0), Seat(u32::MAX), Seat(u32::MAX - u32::from(TPI.0))] {
        // The owner of a cell without an owner is the address zero: nobody, but a key might be found for it.
        for caller in [owner(0), [0; 20]] {
            let env = Env { caller, now };
            let house = &mut world.house;
            let refused = |result: Result<(), ClearingError>| assert_eq!(result, Err(ClearingError::UnknownSeat));
            refused(house.transact(|house| clearing::withdraw(house, env, seat, 1).map(|_| ())));
            refused(house.transact(|house| clearing::set_maker(house, env, seat, true)));
            refused(house.transact(|house| clearing::refresh_tier(house, env, seat).map(|_| ())));
            refused(house.transact(|house| clearing::report_deficit(house, now, seat).map(|_| ())));
            refused(house.transact(|house| clearing::set_delegate(house, env, seat, ANYONE, &Delegate::default())));
            refused(house.transact(|house| clearing::cover(house, now, seat, near).map(|_| ())));
        }
    }
    let env = world.env(1);
    let into = world.house.transact(|house| clearing::transfer(house, env, Seat(1), Seat(0), 1));
    assert_eq!(into, Err(ClearingError::UnknownSeat), "nor does money of another account get there");
    world.settle(near, &[0, u32::MAX]).unwrap();
    sound(&mut world.house);
}

#[test]
fn whoever_comes_late_comes_to_the_next_house() {
    let (mut world, mut next) = begun(3);
    let stranger = Env { caller: ANYONE, now: world.now };
    leave(&mut world, &mut next, 2).unwrap();
    assert_eq!(world.house.transact(|house| clearing::open_account(house, stranger, 0)), Err(ClearingError::MovingOn));
    let before = world.account(0).cash;
    assert_eq!(credit(&mut world.house, 0, 5), Ok(before + 5), "who is still here may add");
    let endow = |house: &mut Native| house.transact(|house| clearing::endow(house, Purpose::Fund, 7));
    assert_eq!(endow(&mut world.house), Ok(()), "and reserves that are still here may grow");
    for seat in [1, 0] {
        leave(&mut world, &mut next, seat).unwrap();
    }
    finish(&mut world, &mut next);
    assert_eq!(next.ledger().fund, 7);
    for purpose in [Purpose::Fund, Purpose::Incentives] {
        let late = world.house.transact(|house| clearing::endow(house, purpose, 1));
        assert_eq!(late, Err(ClearingError::MovingOn), "nobody keeps the books of the old house from being empty");
    }
    assert_eq!(world.house.ledger().stage, Stage::Left);
    assert_eq!(custody(&mut world.house), QuoteAtoms::ZERO);
    go(&mut world, &mut next, Item::Reserves).unwrap();
    assert_eq!(next.ledger().fund, 7, "again is nothing");
}

#[test]
fn an_account_that_is_still_here_and_empty_takes_no_deposit_once_everything_has_left() {
    let (mut world, mut next) = begun(2);
    let env = Env { caller: [77; 20], now: world.now };
    let now = world.now;
    // A third account, empty, which nobody moves.
    world.house.transact(|house| clearing::open_account(house, env, 0)).unwrap();
    for seat in 0..2 {
        leave(&mut world, &mut next, seat).unwrap();
    }
    finish(&mut world, &mut next);
    assert_eq!(credit(&mut world.house, 2, 1), Err(ClearingError::MovingOn));
    assert_eq!(custody(&mut world.house), QuoteAtoms::ZERO);
    // It comes later, when the next house is connected, under the seat that it had; one with money or positions could
    // not.
    let content =
        world.house.transact(|house| depart(house, Env { caller: ANYONE, now }, Item::Account(Seat(2), 0))).unwrap();
    assert_eq!(next.transact(|house| clearing::open_account(house, Env { caller: [78; 20], now }, 0)), Ok(Seat(3)));
    assert_eq!(next.transact(|house| admit(house, Item::Account(Seat(2), 0), content.as_bytes(), true)), Ok(()));
    assert_eq!(next.account(Seat(2)).unwrap().owner, [77; 20]);
}

#[test]
fn into_a_connected_house_come_no_money_no_positions_and_no_marks() {
    let (world, mut next) = begun(2);
    let env = Env { caller: ANYONE, now: world.now };
    let content = depart(&mut world.house.clone(), env, Item::Curve(TPI)).unwrap();
    for item in [Item::Curve(TPI), Item::Margin(TPI), Item::Market(world.near), Item::Rest(world.near), Item::Reserves]
    {
        let late = next.transact(|house| admit(house, item, content.as_bytes(), true));
        assert_eq!(late, Err(ClearingError::AlreadyConnected), "{item:?}");
    }
    for seat in 0..2 {
        let content = world.house.clone().transact(|house| depart(house, env, Item::Account(Seat(seat), 0))).unwrap();
        let late = next.transact(|house| admit(house, Item::Account(Seat(seat), 0), content.as_bytes(), true));
        assert_eq!(late, Err(ClearingError::AlreadyConnected));
    }
}

#[test]
fn a_flat_account_does_not_leave_while_anything_is_traded() {
    let mut world = World::new(2);
    let mut next = Native::new();
    assert_eq!(leave(&mut world, &mut next, 0), Err(ClearingError::NotMigrating), "no positions, but no pause either");
    let now = world.now;
    world.house.transact(|house| clearing::pause(house, now, TPI, 3)).unwrap();
    assert_eq!(leave(&mut world, &mut next, 0), Err(ClearingError::NotMigrating), "settlements go on");
}

#[test]
fn no_month_ends_and_no_loss_is_written_off_while_accounts_are_on_their_way() {
    let (mut world, mut next) = begun(3);
    leave(&mut world, &mut next, 0).unwrap();
    // A month that is overdue, and a final price: either would split a month between two houses.
    world.now = world.now.later(120 * DAY);
    let (near, now) = (world.near, world.now);
    let sunset = world.house.transact(|house| clearing::sunset(house, &Given::default(), now, near));
    assert_eq!(sunset, Err(ClearingError::MovingOn));
    assert_eq!(world.finalise(near, 2_600_000), Err(ClearingError::MovingOn));
    let unpaused = world.house.transact(|house| clearing::unpause(house, now, TPI));
    assert_eq!(unpaused, Err(ClearingError::NotMigrating));
    for seat in [1, 2] {
        leave(&mut world, &mut next, seat).unwrap();
    }
    finish(&mut world, &mut next);
    // In the next house it ends for everybody.
    let index = Given { final_price: Some(2_600_000), ..Given::default() };
    next.transact(|house| clearing::finalise(house, &index, now, near)).unwrap();
    let claimed = now.later(OPENING_SECONDS);
    next.transact(|house| clearing::settle(house, claimed, near, [0, 1].map(Seat).into_iter())).unwrap();
    assert!([0, 1].iter().all(|seat| next.account(Seat(*seat)).unwrap().positions().is_empty()));
    sound(&mut next);
}

#[test]
fn a_running_liquidation_ends_here_and_can_begin_again_there() {
    let mut world = World::new(3);
    world.sell(0, 2_600, 1_000).unwrap();
    world.buy(1, 2_600, 1_000).unwrap();
    let (cash, need) = (world.account(0).cash, 1_000 * 2_600 * 100_000 * 3 / 10);
    world.withdraw(0, cash - need).unwrap();
    world.next_day(286_000).unwrap();
    world.start_liquidation(0).unwrap();
    world.next_day(360_000).unwrap();
    world.settle(world.near, &[0]).unwrap();
    assert!(world.report_deficit(0).unwrap() > 0);
    let mut next = adopted(&mut world);
    for seat in 0..3 {
        leave(&mut world, &mut next, seat).unwrap();
    }
    assert_eq!(world.house.ledger().uncovered, 0, "what was reported is not owed here any more");
    finish(&mut world, &mut next);
    let now = world.now;
    next.transact(|house| clearing::unpause(house, now, TPI)).unwrap();
    let env = Env { caller: ANYONE, now };
    next.transact(|house| clearing::start_liquidation(house, env, Seat(0))).unwrap();
    sound(&mut next);
}

#[test]
fn tier_volume_triggers_delegates_scores_and_the_designation_move_too() {
    let mut world = World::new(3);
    let (near, now) = (world.near, world.now);
    let maker = Env { caller: [0; 20], now };
    world.house.transact(|house| clearing::set_maker(house, maker, Seat(0), true)).unwrap();
    world.quote(0, &[(2_595, 60)], &[(2_605, 60)]).unwrap();
    world.now = world.now.later(3_600);
    world.buy(1, 2_605, 20).unwrap(); // a fill that waits among the instrument's cuts
    world.refresh_tier(1).unwrap();
    let trigger = Trigger {
        instrument: near,
        sells: true,
        price: Ticks(2_400),
        limit: Ticks(2_300),
        lots: Lots(5),
        ..Trigger::default()
    };
    let env = world.env(1);
    let named = Delegate::new(Lots(3), Seconds(u32::MAX), [near].into_iter()).unwrap();
    world.house.transact(|house| clearing::set_trigger(house, env, Seat(1), 4, trigger)).unwrap();
    world.house.transact(|house| clearing::set_delegate(house, env, Seat(1), [55; 20], &named)).unwrap();
    world.now = world.now.later(3_600);
    let (volume, tier) = (world.house.volume(Seat(1)), world.account(1).tier);
    let mut next = adopted(&mut world);
    let sheet = Item::Scores(Seat(0), Sheet::number(near));
    assert_eq!(
        go(&mut world, &mut next, sheet),
        Err(ClearingError::NotMigrating),
        "scores count until the account leaves"
    );
    let delegate = Item::Delegate(Seat(1), [55; 20]);
    assert_eq!(go(&mut world, &mut next, delegate), Err(ClearingError::NotMigrating));
    let triggers = Item::Triggers(Seat(1));
    assert_eq!(go(&mut world, &mut next, triggers), Err(ClearingError::NotMigrating));
    for seat in 0..3 {
        leave(&mut world, &mut next, seat).unwrap();
    }
    go(&mut world, &mut next, triggers).unwrap();
    for item in [sheet, delegate] {
        go(&mut world, &mut next, item).unwrap();
        assert_eq!(go(&mut world, &mut next, item), Err(ClearingError::AlreadyMoved), "nothing is written over");
    }
    assert_eq!(go(&mut world, &mut next, triggers), Err(ClearingError::UnknownTrigger));
    assert_eq!(go(&mut world, &mut next, Item::Delegate(Seat(1), [56; 20])), Err(ClearingError::NotAuthorised));
    finish(&mut world, &mut next);
    assert_eq!((next.volume(Seat(1)), next.account(Seat(1)).unwrap().tier), (volume, tier));
    assert_eq!(next.triggers(Seat(1)).get(4), Some(&trigger));
    assert_eq!(world.house.triggers(Seat(1)), Triggers::default());
    assert_eq!(next.delegate(Seat(1), [55; 20]), Some(named));
    assert!(next.account(Seat(0)).unwrap().maker);
    let (old, new) = later_measures(&mut world, &mut next);
    assert!(old.score > 0 && old.volume == 20, "{old:?}");
    assert_eq!((new.score, new.volume, new.uptime), (old.score, old.volume, old.uptime));
}

/// What both houses measure of the maker of seat 0 two hours later: alike, because time goes on without quotes.
fn later_measures(world: &mut World, next: &mut Native) -> (Measure, Measure) {
    let (rules, week) = (UptimeRules { floor_bps: 0, power: 0 }, world.now.0 / 604_800);
    let served = clearing::Served { seat: Seat(0), from: Seconds(0), until: Seconds(u32::MAX) };
    let later = world.now.later(7_200);
    let measure = |house: &mut Native| weeks_of_makers(house, later, week, rules, &[served]).measures[0];
    (measure(&mut world.house), measure(next))
}

/// Then no order is left to be void, and that they are gone waits among the instrument's cuts, which do not move.
#[test]
fn quotes_that_were_all_taken_before_the_move_count_in_the_next_house_as_they_did_in_this_one() {
    let mut world = World::new(2);
    let (near, now) = (world.near, world.now);
    world.house.transact(|house| clearing::set_maker(house, Env { caller: [0; 20], now }, Seat(0), true)).unwrap();
    world.quote(0, &[(2_595, 60)], &[(2_605, 60)]).unwrap();
    world.now = world.now.later(3_600);
    world.buy(1, 2_605, 60).unwrap();
    world.sell(1, 2_595, 60).unwrap();
    world.now = world.now.later(3_600);
    let mut next = adopted(&mut world);
    for seat in 0..2 {
        leave(&mut world, &mut next, seat).unwrap();
    }
    go(&mut world, &mut next, Item::Scores(Seat(0), Sheet::number(near))).unwrap();
    let (old, new) = later_measures(&mut world, &mut next);
    assert!(old.score > 0 && (old.volume, old.uptime) == (120, 3_600), "{old:?}");
    assert_eq!((new.score, new.volume, new.uptime), (old.score, old.volume, old.uptime));
}

#[test]
fn what_governance_has_set_for_the_money_moves_with_it() {
    let (mut world, mut next) = begun(2);
    world.house.transact(|house| clearing::set_fund_cap(house, 2_500)).unwrap();
    world.house.transact(|house| clearing::set_fee_shares(house, 5_000, 3_000)).unwrap();
    let limits = sit_engine::launch::WITHDRAWAL_LIMITS;
    world.house.transact(|house| clearing::set_withdrawal_limits(house, limits)).unwrap();
    for seat in 0..2 {
        leave(&mut world, &mut next, seat).unwrap();
    }
    finish(&mut world, &mut next);
    let ledger = next.ledger();
    assert_eq!((ledger.fund_cap_bps, ledger.fund_share_bps, ledger.incentive_share_bps), (2_500, 5_000, 3_000));
    assert_eq!((ledger.limits, ledger.stage, ledger.seats), (limits, Stage::InForce, 2));
}

/// What an owner has in a house: cash, and what every position is owed or owes at its mark, in quote atoms.
fn worth(house: &mut Native, seat: u32) -> i128 {
    let Some(account) = house.account(Seat(seat)) else { return 0 };
    let curve = house.curve(TPI).unwrap();
    let owed = |position: &clearing::Position| {
        let month = curve.month(position.instrument).unwrap();
        i128::from(position.variation(month.settle).0) * i128::from(month.tick_value.0)
    };
    i128::from(account.cash) + account.positions().iter().map(owed).sum::<i128>()
}

/// Messages that anybody may send in the old house while accounts leave it.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Leave(u32),
    Deposit(u32, u64),
    Withdraw(u32, u64),
    Reward(u32, u64),
    Endow(u64),
    Open(u8),
    Transfer(u32, u32, u64),
    Settle(u32),
    Rest,
    Reserves,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let seat = || prop_oneof![9 => 0_u32..7, 1 => Just(u32::MAX)];
    let amount = || prop_oneof![Just(1_u64), 1..CASH];
    prop::collection::vec(
        prop_oneof![
            5 => seat().prop_map(Deed::Leave),
            3 => (seat(), amount()).prop_map(|(seat, amount)| Deed::Deposit(seat, amount)),
            2 => (seat(), amount()).prop_map(|(seat, amount)| Deed::Withdraw(seat, amount)),
            2 => (seat(), amount()).prop_map(|(seat, amount)| Deed::Reward(seat, amount)),
            1 => amount().prop_map(Deed::Endow),
            2 => (0_u8..3).prop_map(Deed::Open),
            1 => (seat(), seat(), amount()).prop_map(|(from, to, amount)| Deed::Transfer(from, to, amount)),
            2 => seat().prop_map(Deed::Settle),
            1 => Just(Deed::Rest),
            1 => Just(Deed::Reserves),
        ],
        0..40,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// However a move is interleaved with deposits, rewards, withdrawals and strangers: it ends, with an empty old
    /// house and every owner whole.
    #[test]
    fn any_move_ends_with_an_empty_house_and_every_owner_whole(
        trades in prop::collection::vec((0_u32..5, 0_u32..5, 1_u32..50), 1..8),
        prices in prop::collection::vec(250_000_u32..275_000, 0..3),
        deeds in deeds(),
    ) {
        let mut world = World::new(5);
        world.house.transact(|house| clearing::endow(house, Purpose::Incentives, CASH)).unwrap();
        for (seller, buyer, lots) in trades {
            if seller != buyer && world.sell(seller, 2_600, lots).is_ok() {
                let _ = world.buy(buyer, 2_600, lots);
                let near = world.near;
                let _ = world.cancel_all(seller, near);
            }
        }
        for price in prices {
            let _ = world.next_day(price);
        }
        let mut next = adopted(&mut world);
        let (near, far, now) = (world.near, world.far, world.now);
        // What everybody outside has sent in, less what they got out; and what each of them has.
        let mut total = custody(&mut world.house);
        let mut owned = [0_i128; 7];
        for (seat, owned) in (0..).zip(&mut owned) {
            *owned = worth(&mut world.house, seat);
        }
        let mut add = |seat: u32, amount: i128| owned.get_mut(seat as usize).into_iter().for_each(|owned| *owned += amount);
        for deed in deeds {
            let house = &mut world.house;
            match deed {
                Deed::Leave(seat) => drop(leave(&mut world, &mut next, seat)),
                Deed::Deposit(seat, amount) => {
                    if credit(house, seat, amount).is_ok() {
                        total += QuoteAtoms(amount.into());
                        add(seat, amount.into());
                    }
                }
                Deed::Withdraw(seat, amount) => {
                    let env = Env { caller: owner(seat.min(100)), now };
                    if house.transact(|house| clearing::withdraw(house, env, Seat(seat), amount).map(|_| ())).is_ok() {
                        total -= QuoteAtoms(amount.into());
                        add(seat, -i128::from(amount));
                    }
                }
                Deed::Reward(seat, amount) => {
                    if house.transact(|house| clearing::pay_reward(house, Seat(seat), amount)).is_ok() {
                        add(seat, amount.into());
                    }
                }
                Deed::Endow(amount) => {
                    if house.transact(|house| clearing::endow(house, Purpose::Fund, amount)).is_ok() {
                        total += QuoteAtoms(amount.into());
                    }
                }
                Deed::Open(sub) => {
                    let env = Env { caller: ANYONE, now };
                    let _ = house.transact(|house| clearing::open_account(house, env, sub));
                }
                Deed::Transfer(from, to, amount) => {
                    let env = Env { caller: owner(from.min(100)), now };
                    if house.transact(|house| clearing::transfer(house, env, Seat(from), Seat(to), amount)).is_ok() {
                        add(from, -i128::from(amount));
                        add(to, amount.into());
                    }
                }
                Deed::Settle(seat) => drop(world.settle(near, &[seat])),
                Deed::Rest => drop(go(&mut world, &mut next, Item::Rest(near))),
                Deed::Reserves => drop(go(&mut world, &mut next, Item::Reserves)),
            }
            sound(&mut world.house);
            sound(&mut next);
            prop_assert_eq!(custody(&mut world.house) + custody(&mut next), total);
        }
        // Anyone ends it.
        let left: Vec<(Seat, Address)> = world.house.accounts().map(|(seat, account)| (seat, account.owner)).collect();
        let mut expected: Vec<(Seat, Address)> = next.accounts().map(|(seat, account)| (seat, account.owner)).collect();
        for (seat, owner) in left {
            let sub = (0..=255_u8).find(|sub| world.house.seat_of(owner, *sub) == Some(seat)).unwrap();
            prop_assert_eq!(go(&mut world, &mut next, Item::Account(seat, sub)), Ok(()));
            expected.push((seat, owner));
        }
        for instrument in [near, far] {
            let _ = go(&mut world, &mut next, Item::Rest(instrument));
        }
        prop_assert_eq!(go(&mut world, &mut next, Item::Reserves), Ok(()));
        prop_assert_eq!((custody(&mut world.house), custody(&mut next)), (QuoteAtoms::ZERO, total));
        let mut there: Vec<(Seat, Address)> = next.accounts().map(|(seat, account)| (seat, account.owner)).collect();
        expected.sort_unstable_by_key(|(seat, _)| seat.0);
        there.sort_unstable_by_key(|(seat, _)| seat.0);
        prop_assert_eq!(there, expected);
        for (seat, owned) in (0..).zip(owned) {
            prop_assert_eq!(worth(&mut next, seat), owned, "seat {}", seat);
        }
        for house in [&mut world.house, &mut next] {
            prop_assert!(house.mirror(TPI).is_none_or(|mirror| mirror.positions().is_empty()));
        }
        sound(&mut next);
    }
}

#[test]
fn a_whole_house_moves_in_any_order_with_money_added_on_the_way() {
    let mut world = World::new(3);
    world.sell(0, 2_600, 10).unwrap();
    world.buy(1, 2_600, 10).unwrap();
    credit(&mut world.house, 2, 1).unwrap();
    pause_all(&mut world);
    let next = move_house(&mut world, &[1, 2, 0]);
    assert_eq!(next.account_of(Seat(2)).unwrap().cash, CASH + 1);
}

#[test]
fn nobody_is_suspended_because_the_account_is_on_its_way() {
    // The programme reads owner and collateral off the cell itself.
    let (mut world, mut next) = begun(2);
    let held = world.account(0);
    assert_eq!(Account::head(held.to_cell().as_bytes()), Some((owner(0), held.cash)));
    leave(&mut world, &mut next, 0).unwrap();
    assert_eq!(Account::head(Account::new(Address::default()).to_cell().as_bytes()), None);
    assert_eq!(Account::head(&[]), None);
}
