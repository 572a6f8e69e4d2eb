//! Following a chain that is reorganised, a node that fails and lies, and a program that ends at any moment: the tables
//! are always those of a fresh index of the final chain.

mod support;

use std::rc::Rc;

use sit_indexer::{
    follow::{FollowError, Step},
    store::{StoreError, UNDO_DEPTH, digests},
};
use sit_programs::Dice;
use support::{Chain, Faults, Node, count, no_alarms, sequence};

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
    let mut chain = Chain::new();
    chain.play(&mut sequence(5), 120, 4, &mut Dice(5));
    let node = Node::of(chain);
    let fresh = node.fresh();
    let head = node.chain.borrow().head();
    for start in 0..=head {
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

#[test]
fn an_index_that_begins_late_or_in_another_house_knows_what_was_there() {
    for seed in 7..12 {
        let (mut chain, mut played, mut dice) = (Chain::new(), sequence(seed), Dice(seed));
        chain.play(&mut played, 60, 6, &mut dice);
        let first = chain.head() + 1;
        chain.play(&mut played, 60, 6, &mut dice);
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
