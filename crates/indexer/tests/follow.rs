//! Following a chain that is reorganised, a node that fails and lies, and a program that ends at any moment: the tables
//! are always those of a fresh index of the final chain.

mod support;

use std::rc::Rc;

use sit_indexer::{
    follow::{FollowError, Step},
    store::{StoreError, UNDO_DEPTH, digests},
};
use sit_programs::Dice;
use support::{Chain, Faults, Node, Otherwise, count, no_alarms, sequence};

#[test]
fn every_kind_of_event_leaves_what_the_accounts_cells_have() {
    let mut kinds: std::collections::BTreeMap<String, i64> = std::collections::BTreeMap::new();
    let mut ledger: std::collections::BTreeSet<String> = std::collections::BTreeSet::new();
    for seed in 0..40 {
        let mut chain = Chain::new();
        let mut dice = Dice(seed);
        chain.play(&mut sequence(seed), 60, 6, &mut dice);
        let node = Node::of(chain);
        let folder = tempfile::tempdir().unwrap();
        let mut follower = node.follower(folder.path());
        // One block at a time, so that every account is held against its cell at every block that touches it.
        let head = node.chain.borrow().head();
        for behind in (0..=head).rev() {
            node.faults.borrow_mut().behind = behind;
            follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
            no_alarms(&mut follower);
        }
        assert!(follower.checker.books().verified);
        for kind in ["taken_over", "started", "covered", "written_off", "haircut", "bridged", "offset", "margin_call"] {
            *kinds.entry(kind.to_owned()).or_default() +=
                count(&mut follower, &format!("liquidation WHERE kind = '{kind}'"));
        }
        let db = follower.writer().connection();
        let mut statement = db.prepare("SELECT DISTINCT kind FROM account_event").unwrap();
        ledger.extend(statement.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap));
        // Every account: the rows of its ledger add up to its cash, which the cell has.
        let wrong: i64 = db
            .query_row(
                "SELECT count(*) FROM account a WHERE a.cash <> \
                 (SELECT coalesce(sum(amount), 0) FROM account_event e WHERE e.seat = a.seat)",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(wrong, 0);
    }
    println!("{kinds:?}\n{ledger:?}");
    for kind in ["taken_over", "started", "covered"] {
        assert!(kinds[kind] > 0, "nothing was {kind}");
    }
    for kind in ["deposit", "withdrawal", "variation", "taker_fee", "maker_fee", "reward"] {
        assert!(ledger.contains(kind), "no ledger has a {kind}");
    }
}

#[test]
fn random_reorganisations_and_a_failing_node_leave_the_tables_of_the_final_chain() {
    for seed in 0..12 {
        let mut dice = Dice(seed);
        let node = Node::of(Chain::new());
        *node.faults.borrow_mut() = Faults { fails: 7, most: 5, dice: Some(Dice(seed)), ..Faults::default() };
        let folder = tempfile::tempdir().unwrap();
        let mut follower = node.follower(folder.path());
        let mut played = sequence(seed);
        let mut backs = 0;
        for round in 0..40 {
            let mut chain = node.chain.borrow_mut();
            if dice.roll(3) == 0 {
                chain.take_back(1 + dice.roll(20));
                played = sequence(1_000 * (seed + 1) + round);
            }
            let blocks = 1 + dice.roll(12);
            chain.play(&mut played, blocks, 4, &mut dice);
            drop(chain);
            node.faults.borrow_mut().behind = dice.roll(3);
            for _ in 0..dice.roll(30) {
                match follower.step() {
                    Ok(Step::Back { .. }) => backs += 1,
                    Ok(_) => {}
                    Err(error) if error.passes() => {}
                    Err(error) => panic!("{error}"),
                }
            }
            // The program ends between any two steps, and begins again.
            if dice.roll(4) == 0 {
                drop(follower);
                follower = node.follower(folder.path());
            }
        }
        *node.faults.borrow_mut() = Faults::default();
        follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
        no_alarms(&mut follower);
        assert!(backs > 0);
        assert_eq!(digests(follower.writer().connection()).unwrap(), node.fresh(), "seed {seed}");
    }
}

#[test]
fn the_seam_between_history_and_the_newest_block_is_at_any_block_without_a_difference() {
    // Of 500 blocks, at every one of them with `SIT_INDEX_SEAM=1`, and at every twelfth otherwise.
    let step = std::env::var("SIT_INDEX_SEAM").ok().and_then(|step| step.parse().ok()).unwrap_or(12);
    let mut chain = Chain::new();
    chain.play(&mut sequence(5), 500 - chain.head(), 4, &mut Dice(5));
    let node = Node::of(chain);
    let fresh = node.fresh();
    let head = node.chain.borrow().head();
    assert_eq!(head, 500);
    for start in (0..=head).step_by(step) {
        let folder = tempfile::tempdir().unwrap();
        let mut follower = node.follower(folder.path());
        // What is there at the start is history; what comes then is followed block by block.
        node.faults.borrow_mut().behind = head - start;
        follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
        node.faults.borrow_mut().behind = (head - start) / 2;
        follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
        node.faults.borrow_mut().behind = 0;
        follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(digests(follower.writer().connection()).unwrap(), fresh, "started at block {start}");
    }
}

#[test]
fn ten_thousand_empty_blocks_advance_the_index() {
    let mut chain = Chain::new();
    let before = chain.head();
    chain.idle(10_000);
    let node = Node::of(chain);
    let folder = tempfile::tempdir().unwrap();
    let mut follower = node.follower(folder.path());
    let tip = follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((tip.number, count(&mut follower, "block") as u64), (before + 10_000, before + 10_001));
    // And the questions were few: ranges grow while that goes well.
    assert!(*node.asked.borrow() < 400, "{} questions", node.asked.borrow());
}

#[test]
fn a_node_that_is_behind_is_no_reorganisation() {
    let mut chain = Chain::new();
    chain.play(&mut sequence(1), 40, 4, &mut Dice(1));
    let node = Node::of(chain);
    let folder = tempfile::tempdir().unwrap();
    let mut follower = node.follower(folder.path());
    follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
    let before = digests(follower.writer().connection()).unwrap();
    for behind in [1, 5, 30] {
        node.faults.borrow_mut().behind = behind;
        let step = follower.step().unwrap_or_else(|error| panic!("{error}"));
        assert!(matches!(step, Step::NodeBehind { .. }), "{step:?}");
        assert_eq!(digests(follower.writer().connection()).unwrap(), before);
    }
}

#[test]
fn a_reorganisation_deeper_than_can_be_undone_stops_and_deletes_nothing() {
    let mut chain = Chain::new();
    chain.idle(2 * UNDO_DEPTH);
    let node = Node::of(chain);
    let folder = tempfile::tempdir().unwrap();
    let mut follower = node.follower(folder.path());
    follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
    let before = digests(follower.writer().connection()).unwrap();
    {
        let mut chain = node.chain.borrow_mut();
        chain.take_back(UNDO_DEPTH + 5);
        chain.idle(UNDO_DEPTH + 9);
    }
    let error = follower.step().expect_err("too deep");
    assert!(matches!(error, FollowError::Store(StoreError::TooDeep { .. })) && !error.passes(), "{error}");
    assert!(error.to_string().contains("nothing was deleted"), "{error}");
    assert_eq!(digests(follower.writer().connection()).unwrap(), before);

    // One that is just as deep as can be undone is followed.
    let mut chain = Chain::new();
    chain.idle(2 * UNDO_DEPTH);
    let node = Node::of(chain);
    let folder = tempfile::tempdir().unwrap();
    let mut follower = node.follower(folder.path());
    follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
    {
        let mut chain = node.chain.borrow_mut();
        chain.take_back(UNDO_DEPTH);
        chain.play(&mut sequence(2), UNDO_DEPTH + 3, 2, &mut Dice(2));
    }
    follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(digests(follower.writer().connection()).unwrap(), node.fresh());
}

#[test]
fn a_node_that_keeps_logs_back_is_not_believed() {
    let mut chain = Chain::new();
    chain.play(&mut sequence(3), 20, 4, &mut Dice(3));
    let node = Node::of(chain);
    node.faults.borrow_mut().keeps_logs_back = true;
    let folder = tempfile::tempdir().unwrap();
    let mut follower = node.follower(folder.path());
    for _ in 0..20 {
        let _ = follower.step();
    }
    let stuck = follower.writer().tip().unwrap().map(|tip| tip.number);
    assert!(stuck < Some(node.chain.borrow().head()), "blocks without some of their logs were taken");
    node.faults.borrow_mut().keeps_logs_back = false;
    follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(digests(follower.writer().connection()).unwrap(), node.fresh());
}

#[test]
fn a_node_that_has_forgotten_old_states_is_enough() {
    let mut chain = Chain::new();
    chain.play(&mut sequence(4), 80, 4, &mut Dice(4));
    let node = Node::of(chain);
    let fresh = node.fresh();
    node.faults.borrow_mut().states = 2;
    let folder = tempfile::tempdir().unwrap();
    let mut follower = node.follower(folder.path());
    follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
    no_alarms(&mut follower);
    assert_eq!(digests(follower.writer().connection()).unwrap(), fresh);
}

#[test]
fn tables_that_are_made_anew_from_the_raw_ones_are_the_same_to_the_byte() {
    for seed in 20..30 {
        let mut chain = Chain::new();
        chain.play(&mut sequence(seed), 60, 6, &mut Dice(seed));
        let node = Node::of(chain);
        let folder = tempfile::tempdir().unwrap();
        let mut follower = node.follower(folder.path());
        follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
        let before = digests(follower.writer().connection()).unwrap();
        follower.writer().rebuild().unwrap();
        assert_eq!(digests(follower.writer().connection()).unwrap(), before);
    }
}

#[test]
fn a_difference_between_cells_and_tables_is_an_alarm() {
    let mut chain = Chain::new();
    chain.play(&mut sequence(6), 40, 4, &mut Dice(6));
    let node = Node::of(chain);
    let folder = tempfile::tempdir().unwrap();
    let mut follower = node.follower(folder.path());
    follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
    follower.writer().connection().execute("UPDATE account SET cash = cash + 1 WHERE seat = 0", []).unwrap();
    drop(follower);
    let mut follower = node.follower(folder.path());
    follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
    let db = follower.writer().connection();
    let (kind, message): (String, String) =
        db.query_row("SELECT kind, message FROM alarm", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(kind, "account");
    assert!(message.starts_with("cash of seat 0: "), "{message}");
}

/// The alarms of one kind, by block and message.
fn alarms(follower: &mut sit_indexer::follow::Follower<Node>, kind: &str) -> Vec<(u64, String)> {
    let db = follower.writer().connection();
    let mut statement = db.prepare("SELECT block, message FROM alarm WHERE kind = ?1 ORDER BY id").unwrap();
    let rows = statement.query_map([kind], |row| Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[test]
fn receipts_that_change_later_are_an_alarm_and_the_tables_keep_what_was_said_first() {
    use Otherwise::{LessLogs, Nothing, OneLess, OtherEnd, OtherGas, OtherLog, OtherTransaction};
    let mut chain = Chain::new();
    chain.play(&mut sequence(6), 60, 4, &mut Dice(6));
    let node = Node::of(chain);
    let fresh = node.fresh();
    for (otherwise, said) in [
        (Nothing, "no receipts come"),
        (OneLess, "receipts come"),
        (OtherGas, "gas at"),
        (OtherEnd, "and now it"),
        (OtherTransaction, "of another transaction"),
        (LessLogs, "logs of the exchange"),
        (OtherLog, "has other contents"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut follower = node.follower(folder.path());
        // The node has fewer blocks at first, and says later what it has never said of one of them.
        node.faults.borrow_mut().behind = 30;
        follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
        let changed = node.chain.borrow().busy_below(31);
        node.faults.borrow_mut().tells_otherwise = Some((changed, otherwise));
        for behind in (0..30).rev() {
            node.faults.borrow_mut().behind = behind;
            follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
        }
        let found = alarms(&mut follower, "receipts");
        assert_eq!(found.len(), 1, "{otherwise:?}: {found:?}");
        assert_eq!(found[0].0, changed, "{otherwise:?}: {found:?}");
        assert!(found[0].1.contains(said), "{otherwise:?}: {found:?}");
        node.faults.borrow_mut().tells_otherwise = None;
        assert_eq!(
            digests(follower.writer().connection()).unwrap(),
            fresh,
            "{otherwise:?}: the tables are as they were"
        );
        assert_eq!(count(&mut follower, "alarm"), 1, "{otherwise:?}: nothing else is wrong");
    }
}

#[test]
fn every_block_of_the_past_has_its_turn_to_be_asked_for_again() {
    let mut chain = Chain::new();
    chain.play(&mut sequence(6), 40, 4, &mut Dice(6));
    let node = Node::of(chain);
    let folder = tempfile::tempdir().unwrap();
    let mut follower = node.follower(folder.path());
    follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
    let blocks = count(&mut follower, "(SELECT DISTINCT block FROM raw_transaction)") as u64;
    drop(follower);
    // The program begins anew, so that nothing that has settled is still to come; one of the first blocks differs now.
    let first = node.chain.borrow().busy_below(25);
    node.faults.borrow_mut().tells_otherwise = Some((first, Otherwise::OtherGas));
    let mut follower = node.follower(folder.path());
    for turn in 0..blocks {
        node.chain.borrow_mut().idle(1);
        follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
        if !alarms(&mut follower, "receipts").is_empty() {
            println!("found in turn {turn} of {blocks}");
            break;
        }
    }
    let found = alarms(&mut follower, "receipts");
    assert_eq!(found.iter().map(|(block, _)| *block).collect::<Vec<_>>(), [first], "{found:?}");
}

#[test]
fn receipts_that_a_node_has_dropped_or_whose_block_was_replaced_are_no_alarm() {
    let mut chain = Chain::new();
    chain.play(&mut sequence(6), 40, 4, &mut Dice(6));
    let old = chain.busy_below(0);
    chain.idle(UNDO_DEPTH);
    let node = Node::of(chain);
    let folder = tempfile::tempdir().unwrap();
    let mut follower = node.follower(folder.path());
    follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
    node.faults.borrow_mut().tells_otherwise = Some((old, Otherwise::Nothing));
    let blocks = count(&mut follower, "(SELECT DISTINCT block FROM raw_transaction)");
    for _ in 0..blocks {
        node.chain.borrow_mut().idle(1);
        follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
    }
    no_alarms(&mut follower);

    // Blocks that are replaced as they come to be asked for again.
    node.faults.borrow_mut().tells_otherwise = None;
    let mut dice = Dice(8);
    for round in 0..30 {
        {
            let mut chain = node.chain.borrow_mut();
            chain.play(&mut sequence(900 + round), 12, 3, &mut dice);
            chain.take_back(1 + dice.roll(20));
            chain.play(&mut sequence(950 + round), 3, 3, &mut dice);
        }
        follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
    }
    no_alarms(&mut follower);
    assert_eq!(digests(follower.writer().connection()).unwrap(), node.fresh());
}

/// What is known of deposits, by block, position and planck.
fn deposits(follower: &mut sit_indexer::follow::Follower<Node>) -> Vec<(i64, i64, Option<i64>)> {
    let db = follower.writer().connection();
    let mut statement = db.prepare("SELECT block, position, planck FROM deposit ORDER BY block, position").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// Goes on until a step brings nothing new.
fn work_out(follower: &mut sit_indexer::follow::Follower<Node>) -> Vec<(i64, i64, Option<i64>)> {
    follower.deposits = true;
    loop {
        let before = deposits(follower);
        follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
        let after = deposits(follower);
        if before == after {
            return after;
        }
    }
}

#[test]
fn deposits_are_the_same_followed_live_worked_out_later_and_across_reorganisations() {
    let (mut played, mut dice) = (sequence(21), Dice(21));
    let node = Node::of(Chain::new());
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let mut live = node.follower(folders[0].path());
    live.deposits = true;
    for round in 0..40 {
        {
            let mut chain = node.chain.borrow_mut();
            if round % 7 == 6 {
                chain.take_back(1 + dice.roll(9));
                played = sequence(2_100 + round);
            }
            chain.play(&mut played, 3, 4, &mut dice);
        }
        live.catch_up().unwrap_or_else(|error| panic!("{error}"));
        // The program ends between any two steps, and begins again.
        if dice.roll(4) == 0 {
            drop(live);
            live = node.follower(folders[0].path());
            live.deposits = true;
        }
    }
    let followed = work_out(&mut live);
    let mut late = node.follower(folders[1].path());
    late.catch_up().unwrap_or_else(|error| panic!("{error}"));
    assert!(deposits(&mut late).is_empty(), "the test has switched it off");
    let worked = work_out(&mut late);
    assert_eq!(followed, worked);
    assert_eq!(worked.len() as i64, count(&mut late, "raw_transaction"), "each transaction has its row");
    // Of the messages of the random sequence, as many are known as are the clearing house's alone.
    let known: Vec<i64> = worked.iter().filter_map(|(.., planck)| *planck).collect();
    let pay = known.iter().filter(|planck| **planck > 0).count();
    let back = known.iter().filter(|planck| **planck < 0).count();
    println!("{} of {} are known: {pay} pay, and {back} get something back", known.len(), worked.len());
    assert!(known.len() * 2 > worked.len() && pay > 20 && back > 0);
    no_alarms(&mut late);
}

#[test]
fn what_is_final_is_known_by_its_hash_and_never_by_its_number_alone() {
    let (mut played, mut dice) = (sequence(31), Dice(31));
    let mut chain = Chain::new();
    chain.play(&mut played, 30, 4, &mut dice);
    let node = Node::of(chain);
    node.faults.borrow_mut().open = Some(10);
    let folder = tempfile::tempdir().unwrap();
    let mut follower = node.follower(folder.path());
    let mut next = |named| {
        node.faults.borrow_mut().named = named;
        node.chain.borrow_mut().play(&mut played, 1, 4, &mut dice);
        follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
        (node.chain.borrow().head(), follower.final_block())
    };
    let hash_of = |number: u64| node.chain.borrow().hash_of(number);
    let (head, first) = next(None);
    assert_eq!(first, Some(head - 10));
    // Between two questions the node has replaced blocks that stand in the tables, and names one of the new ones: what
    // it says is about none of theirs.
    assert_eq!(next(Some((head - 2, [9; 32]))).1, first);
    assert_eq!(next(Some((head - 2, hash_of(head - 3)))).1, first);
    assert_eq!(next(Some((head - 2, hash_of(head - 2)))).1, Some(head - 2));
    // Or it has gone on: then it is asked whether it still has the newest block of the tables.
    let (head, all) = next(Some((head + 40, [9; 32])));
    assert_eq!(all, Some(head));
    // What is taken back is final no more, whatever was said of it.
    node.chain.borrow_mut().take_back(6);
    node.chain.borrow_mut().idle(1);
    node.faults.borrow_mut().named = Some((head - 8, [9; 32]));
    follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(follower.final_block(), Some(head - 6));
}

#[test]
fn deposits_of_states_that_a_node_has_forgotten_stay_untold() {
    let mut chain = Chain::new();
    chain.play(&mut sequence(22), 60, 4, &mut Dice(22));
    let node = Node::of(chain);
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let mut all = node.follower(folders[0].path());
    all.catch_up().unwrap_or_else(|error| panic!("{error}"));
    let all = work_out(&mut all);
    node.faults.borrow_mut().states = 20;
    let mut some = node.follower(folders[1].path());
    some.catch_up().unwrap_or_else(|error| panic!("{error}"));
    // A state that is gone is asked for a few times, and then no more.
    let some_of_it = work_out(&mut some);
    let first = some_of_it[0].0;
    assert!(first + 21 >= node.chain.borrow().head() as i64, "it ends at block {first}");
    let tail: Vec<_> = all.into_iter().filter(|(block, ..)| *block >= first).collect();
    assert_eq!(some_of_it, tail);
    let asked = *node.asked.borrow();
    for _ in 0..5 {
        some.step().unwrap_or_else(|error| panic!("{error}"));
    }
    assert!(*node.asked.borrow() - asked <= 2 * 5, "a state that is gone is not asked for for ever");
}

#[test]
fn an_index_that_begins_late_or_in_another_house_knows_what_was_there() {
    for seed in 7..12 {
        let (mut chain, mut played, mut dice) = (Chain::new(), sequence(seed), Dice(seed));
        chain.play(&mut played, 60, 6, &mut dice);
        let first = chain.head() + 1;
        chain.play(&mut played, 180, 6, &mut dice);
        let node = Node::of(chain);
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let mut whole = node.follower(folders[0].path());
        whole.catch_up().unwrap_or_else(|error| panic!("{error}"));
        // Of the accounts and months that are there by then no event tells, as in a house to which they have moved.
        node.chain.borrow_mut().first_block = first;
        let mut late = node.follower(folders[1].path());
        late.catch_up().unwrap_or_else(|error| panic!("{error}"));

        // Every account and month is held against its cell; orders that rested before are in no event.
        assert_eq!(count(&mut late, "alarm WHERE kind <> 'book'"), 0, "seed {seed}");
        let dump = |follower: &mut sit_indexer::follow::Follower<Node>, sql: &str| -> Vec<String> {
            let mut statement = follower.writer().connection().prepare(sql).unwrap();
            let columns = statement.column_count();
            let row = |row: &rusqlite::Row<'_>| -> rusqlite::Result<String> {
                let values = (0..columns).map(|column| Ok(sit_indexer::derive::written(&row.get(column)?)));
                Ok(values.collect::<rusqlite::Result<Vec<_>>>()?.join(" "))
            };
            statement.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
        };
        let changes = format!(
            "SELECT * FROM account_event WHERE block >= {first} AND kind <> 'arrival' ORDER BY block, log, seat, kind"
        );
        for sql in [
            "SELECT seat, hex(owner), cash, tier, maker FROM account ORDER BY seat".to_owned(),
            "SELECT instrument, expiry, tick_value, tick_size, mark, epoch, open_interest FROM instrument \
             WHERE final_price IS NULL ORDER BY instrument"
                .to_owned(),
            "SELECT p.seat, p.instrument, p.net, p.basis FROM position p JOIN instrument i \
             ON i.instrument = p.instrument AND i.final_price IS NULL WHERE p.net <> 0 OR p.basis <> 0 \
             ORDER BY p.seat, p.instrument"
                .to_owned(),
            format!("SELECT * FROM trade WHERE block >= {first} ORDER BY block, log"),
            format!("SELECT * FROM mark WHERE block >= {first} ORDER BY block, log"),
            changes.replace('*', "block, log, seat, kind, amount, balance, instrument, counter"),
        ] {
            let (all, since) = (dump(&mut whole, &sql), dump(&mut late, &sql));
            assert!(!all.is_empty(), "{sql}");
            assert_eq!(since, all, "seed {seed}: {sql}");
        }
        let sums = "SELECT count(*) FROM account a WHERE a.cash <> \
                    (SELECT coalesce(sum(amount), 0) FROM account_event e WHERE e.seat = a.seat)";
        assert_eq!(dump(&mut late, sums), ["0"], "what they brought is a row of their ledgers");
        assert!(count(&mut late, "account_event WHERE kind = 'arrival'") > 2);
        let before = digests(late.writer().connection()).unwrap();
        late.writer().rebuild().unwrap();
        assert_eq!(digests(late.writer().connection()).unwrap(), before);

        // A node without the state before is not enough, and says so; nothing is kept that would not be whole.
        node.faults.borrow_mut().states = 2;
        let folder = tempfile::tempdir().unwrap();
        let error = node.follower(folder.path()).catch_up().expect_err("the state is forgotten");
        assert!(error.passes() && error.to_string().contains("choose a node that keeps old states"), "{error}");
    }
}

#[test]
fn tables_of_another_chain_are_refused() {
    let node = Node::of(Chain::new());
    let folder = tempfile::tempdir().unwrap();
    drop(node.follower(folder.path()));
    let mut identity = node.chain.borrow().identity();
    identity.genesis = [9; 32];
    let error = sit_indexer::store::Writer::open(folder.path(), identity).err().expect("refused");
    assert!(error.to_string().contains("another chain"), "{error}");
    assert_eq!(Rc::strong_count(&node.chain), 1);
}
