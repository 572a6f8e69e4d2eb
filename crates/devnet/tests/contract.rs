//! Stories of a contract: deploying it, what its calls report, and how they fail.

mod support;

use sit_devnet::{AbiError, Account, Artifact, CallError, Chain, Deployed, GENESIS_TIME, WeightTable, args};
use sit_engine::calendar::DAY;

/// Planck: 0.002 DOT for a cell and 0.00001 DOT for each of the 64 bytes of an EVM cell's key and value.
const DEPOSIT_OF_A_CELL: i128 = 20_000_000 + 64 * 100_000;

fn chain_with_probe() -> (Chain, Account, Deployed) {
    let mut chain = Chain::new();
    let alice = chain.account("alice");
    let probe = chain.deploy(&alice, &support::probe(), args![]).unwrap();
    (chain, alice, probe)
}

#[test]
fn a_message_reports_its_answer_its_event_and_its_cells() {
    let (mut chain, alice, probe) = chain_with_probe();

    let set = chain.call(&alice, &probe, "set", args![7, 42]).unwrap();
    let stored = set.event("Stored").unwrap();
    assert_eq!((stored.contract.as_str(), stored.get("key"), stored.get("value")), ("probe", Ok(7u8), Ok(42u64)));
    assert_eq!((set.cost.cells.touched, set.cost.cells.writes), (1, 1));
    assert_eq!(set.cost.deposit, DEPOSIT_OF_A_CELL);

    let get = chain.call(&alice, &probe, "get", args![7]).unwrap();
    assert_eq!(get.get(0), Ok(42u64));
    assert_eq!((get.cost.cells.touched, get.cost.cells.reads, get.cost.cells.writes), (1, 1, 0));
    assert_eq!(get.cost.deposit, 0);
    assert!(get.cost.weight.proof_size > get.cost.metered.proof_size);

    // The same cell again: no new deposit.
    assert_eq!(chain.call(&alice, &probe, "set", args![7, 43]).unwrap().cost.deposit, 0);
}

#[test]
fn a_contract_sees_the_time_of_its_block_in_seconds() {
    let (mut chain, alice, probe) = chain_with_probe();
    assert_eq!(chain.view(&alice, &probe, "time", args![]).unwrap().get(0), Ok(GENESIS_TIME));
    chain.advance(DAY.into());
    assert_eq!(chain.call(&alice, &probe, "time", args![]).unwrap().get(0), Ok(GENESIS_TIME + u64::from(DAY)));
}

#[test]
fn a_named_error_comes_back_with_its_fields_and_the_state_as_it_was() {
    let (mut chain, alice, probe) = chain_with_probe();
    let before = chain.state_root();

    let error = chain.call(&alice, &probe, "refuse", args![3, 5]).unwrap_err();

    assert_eq!(error.name(), "Short");
    let revert = error.revert().unwrap();
    assert_eq!((revert.get("have"), revert.get("want")), (Ok(3u128), Ok(5u128)));
    assert!(revert.get::<u128>("nothing").is_err());
    let sentence = "probe.refuse was refused: the contract has an error for it, Short, with have 3 and want 5.";
    assert_eq!(error.to_string(), sentence);
    assert_eq!(chain.state_root(), before);
}

#[test]
fn work_without_end_runs_out_of_weight_and_leaves_the_state() {
    let (mut chain, alice, probe) = chain_with_probe();
    let before = chain.state_root();
    chain.seal_block(2);
    let (sealed, empty) = (chain.state_root(), chain.left());
    assert_ne!(sealed, before);

    let error = chain.call(&alice, &probe, "spin", args![]).unwrap_err();

    assert!(matches!(&error, CallError::OutOfGas { message } if message == "probe.spin"), "{error}");
    assert_eq!(chain.state_root(), sealed);
    assert!(chain.left().ref_time < empty.ref_time / 10, "the failed transaction used the block");
    let next = chain.call(&alice, &probe, "spin", args![]).unwrap_err();
    assert!(matches!(next, CallError::BlockFull(_)), "{next}");
}

#[test]
fn a_delegate_call_touches_cells_of_the_caller_and_emits_in_its_name() {
    let (mut chain, alice, probe) = chain_with_probe();
    let forwarder = chain.deploy(&alice, &support::forwarder(probe.address), args![]).unwrap();

    let receipt = chain.call(&alice, &forwarder, "set", args![7, 42]).unwrap();

    assert_eq!(receipt.cost.cells.touched, 1);
    // The forwarder's own interface does not have the event; the probe's does.
    assert_eq!(receipt.event("Stored").unwrap().contract, "forwarder");
    assert_eq!(chain.view(&alice, &probe, "get", args![7]).unwrap().get(0), Ok(0u8));
}

#[test]
fn deploying_charges_the_deposits_of_the_hub_and_is_in_the_table() {
    let mut chain = Chain::new();
    let alice = chain.account("alice");
    let before = chain.native_balance(alice.address);
    let probe = chain.deploy(&alice, &support::probe(), args![]).unwrap();

    let rows: Vec<_> = chain.observed().rows().map(|(label, cost)| (label.to_owned(), *cost)).collect();
    let [(label, cost)] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!(label, "probe.constructor");
    assert!(cost.deposit > 0);
    assert!(cost.per_block > 0);
    let paid = before - chain.native_balance(alice.address);
    assert!(paid >= u128::try_from(cost.deposit).unwrap(), "{paid} was paid for {}", cost.deposit);
    assert_eq!(cost.blob_bytes, probe.blob_bytes);
}

#[test]
fn the_table_keeps_the_worst_of_each_message() {
    let (mut chain, alice, probe) = chain_with_probe();
    let mut table = WeightTable::new();
    let fresh = chain.call(&alice, &probe, "set", args![1, 1]).unwrap().cost;
    let again = chain.call(&alice, &probe, "set", args![1, 2]).unwrap().cost;
    table.record("set", &again);
    table.record("set", &fresh);

    let csv = table.to_csv();

    let (ref_time, proof) = (fresh.weight.max(again.weight).ref_time, fresh.weight.max(again.weight).proof_size);
    let per_block = fresh.per_block.min(again.per_block);
    assert_eq!(
        csv,
        format!(
            "message,ref_time,proof_size,deposit,cells,per_block\n\
             set,{ref_time},{proof},{DEPOSIT_OF_A_CELL},1,{per_block}\n"
        )
    );
}

#[test]
fn a_call_that_the_interface_does_not_have_is_named_and_not_sent() {
    let (mut chain, alice, probe) = chain_with_probe();
    let block = chain.block();

    let missing = chain.call(&alice, &probe, "reset", args![1]).unwrap_err();
    assert!(matches!(missing, CallError::Abi(AbiError::UnknownMessage { .. })), "{missing}");
    assert!(missing.to_string().contains("set(uint256,uint256)"), "{missing}");
    let negative = chain.call(&alice, &probe, "get", args![-1]).unwrap_err();
    assert!(matches!(negative, CallError::Abi(AbiError::Argument { .. })), "{negative}");
    let constructor = chain.deploy(&alice, &support::probe(), args![1]).unwrap_err();
    assert!(matches!(constructor, CallError::Abi(AbiError::ConstructorArguments { .. })), "{constructor}");
    assert_eq!(chain.block(), block);
}

#[test]
fn two_chains_that_do_the_same_are_the_same() {
    let run = || {
        let (mut chain, alice, probe) = chain_with_probe();
        chain.call(&alice, &probe, "set", args![1, 2]).unwrap();
        (probe.address, chain.state_root(), chain.observed().to_csv())
    };
    assert_eq!(run(), run());
}

#[test]
fn code_that_is_no_contract_is_refused() {
    let mut chain = Chain::new();
    let alice = chain.account("alice");
    let before = chain.state_root();
    let garbage = Artifact::new("garbage", b"PVM\0 not a program".to_vec(), "[]").unwrap();
    let error = chain.deploy(&alice, &garbage, args![]).unwrap_err();
    assert!(matches!(&error, CallError::Dispatch { reason, .. } if reason == "Revive::CodeRejected"), "{error}");
    assert_eq!(chain.state_root(), before);
}
