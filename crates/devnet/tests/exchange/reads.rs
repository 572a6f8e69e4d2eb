//! What pages and indexers read: many cells at once, and cells as they were.

use alloy_core::{
    dyn_abi::{DynSolType, DynSolValue},
    primitives::{Address, hex},
};
use serde_json::{Value, json};
use sit_client::codec;
use sit_devnet::{
    market::{Market, Scene},
    predeployed::MULTICALL,
    rpc::{Devnet, Error},
};
use sit_engine::{clearing::Instrument, launch::TPI, units::Seat};
use sit_native::{Contract, stored, view::ClearingCell};
use sp_core::H160;

use crate::{START, Stage, open};

/// The cells that a page of ten months shows: curve, margin set, ledger, each month and each page near its mark, and
/// the accounts.
fn questions(stage: &mut Stage) -> Vec<Vec<u8>> {
    let marks = stage.marks();
    let mut cells: Vec<ClearingCell> =
        vec![stored::curve(TPI).question, stored::risk(TPI).question, stored::ledger().question];
    for (serial, mark) in (0..).zip(marks) {
        let instrument = Instrument::new(TPI, serial);
        cells.push(stored::market(instrument).question);
        let page = sit_engine::clearing::page_of(sit_engine::units::Ticks(mark));
        cells.extend([page - 1, page, page + 1].map(|page| stored::page(instrument, page).question));
    }
    cells.extend((0..4).map(|seat| stored::account(Seat(seat)).question));
    cells.iter().map(codec::question).collect()
}

fn one_by_one(chain: &mut Devnet, questions: &[Vec<u8>], block: &Value) -> Vec<Vec<u8>> {
    let to = H160(chain.deployment.get(Contract::Clearing).unwrap());
    let answers = questions.iter().map(|question| {
        let call = json!([{ "to": format!("{to:?}"), "data": hex::encode_prefixed(question) }, block]);
        hex::decode(chain.call("eth_call", &call).unwrap().as_str().unwrap()).unwrap()
    });
    answers.collect()
}

/// The same in one batch of requests.
fn in_a_batch(chain: &mut Devnet, questions: &[Vec<u8>], block: &Value) -> Vec<Vec<u8>> {
    let to = H160(chain.deployment.get(Contract::Clearing).unwrap());
    let requests = questions.iter().zip(0..).map(|(question, id): (_, u32)| {
        let call = json!([{ "to": format!("{to:?}"), "data": hex::encode_prefixed(question) }, block]);
        json!({ "jsonrpc": "2.0", "id": id, "method": "eth_call", "params": call })
    });
    let text = chain.answer_text(Value::Array(requests.collect()).to_string().as_bytes()).unwrap();
    let answers: Vec<Value> = serde_json::from_str(&text).unwrap();
    answers.iter().map(|answer| hex::decode(answer["result"].as_str().unwrap()).unwrap()).collect()
}

/// `aggregate3` of the multicall that clients expect: EVM code that calls PolkaVM's.
fn at_once(chain: &mut Devnet, questions: &[Vec<u8>], block: &Value) -> Result<Vec<Vec<u8>>, Error> {
    let to = DynSolValue::Address(Address::from(chain.deployment.get(Contract::Clearing).unwrap()));
    let calls = questions.iter().map(|question| {
        DynSolValue::Tuple(vec![to.clone(), DynSolValue::Bool(false), DynSolValue::Bytes(question.clone())])
    });
    let arguments = DynSolValue::Tuple(vec![DynSolValue::Array(calls.collect())]).abi_encode_params();
    let data = hex::encode_prefixed([&[0x82, 0xad, 0x56, 0xcb][..], &arguments].concat());
    let call = json!([{ "to": format!("{:?}", H160(MULTICALL)), "data": data }, block]);
    let answer = hex::decode(chain.call("eth_call", &call)?.as_str().unwrap()).unwrap();
    let answers = DynSolType::parse("((bool,bytes)[])").unwrap().abi_decode_params(&answer).unwrap();
    let list = answers.as_tuple().unwrap()[0].as_array().unwrap().to_vec();
    let each = list.iter().map(|answer| match answer.as_tuple().unwrap() {
        [DynSolValue::Bool(true), DynSolValue::Bytes(bytes)] => bytes.clone(),
        other => panic!("{other:?}"),
    });
    Ok(each.collect())
}

/// Each call pays for the proof of two whole blobs, the house's and its office's, so that the multicall has room for
/// some ten in half a block; a page with more asks in a batch.
#[test]
fn ten_cells_are_read_by_the_multicall_and_forty_in_a_batch_as_one_by_one_and_as_they_were() {
    let (chain, prospect) = open(Scene::Calm);
    let mut stage = Stage { chain, market: Market::new(prospect, Scene::Calm, 1, START) };
    stage.play(6);
    let questions = questions(&mut stage);
    assert!(questions.len() >= 40);
    let few = &questions[..10];
    let then = json!(format!("{:#x}", stage.chain.node.head().number()));
    let at_the_time = one_by_one(&mut stage.chain, &questions, &json!("latest"));
    assert_eq!(in_a_batch(&mut stage.chain, &questions, &json!("latest")), at_the_time);
    assert_eq!(at_once(&mut stage.chain, few, &json!("latest")).unwrap(), at_the_time[..10]);
    assert!(at_once(&mut stage.chain, &questions, &json!("latest")).is_err());
    stage.play(30);
    // The state of a contract lies in a trie of its own, whose past is read as that of everything else.
    let now = one_by_one(&mut stage.chain, &questions, &json!("latest"));
    let changed = now.iter().zip(&at_the_time).filter(|(now, then)| now != then).count();
    assert!(changed > 10, "{changed} of {} cells have changed", now.len());
    assert_eq!(one_by_one(&mut stage.chain, &questions, &then), at_the_time);
    assert_eq!(in_a_batch(&mut stage.chain, &questions, &then), at_the_time);
    assert_eq!(at_once(&mut stage.chain, few, &then).unwrap(), at_the_time[..10]);
    assert_eq!(at_once(&mut stage.chain, few, &json!("latest")).unwrap(), now[..10]);
}
