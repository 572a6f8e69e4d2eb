//! What only a chain of one's own can do: send without a key, change code, keep a chain as text, simulate, fail on
//! purpose.

use serde_json::{Value, json};
use sit_devnet::{
    DOT, predeployed,
    rpc::{Devnet, faults::Reply},
};

use crate::support::{USDC, approval, ask, at, by_hand, chain, key, number, pay, refused, tokens};

/// An address whose key nobody has.
const STRANGER: &str = "0x00000000000000000000000000000000000abcde";

fn endow(chain: &mut Devnet, address: &Value, dot: u128) {
    ask(chain, "anvil_setBalance", json!([address, format!("{:#x}", dot * 10_u128.pow(18))]));
}

fn receipt(chain: &mut Devnet, hash: &Value) -> Value {
    ask(chain, "eth_getTransactionReceipt", json!([hash]))
}

#[test]
fn an_address_without_a_key_sends_while_it_is_impersonated_and_pays_for_it() {
    let mut chain = chain();
    let (stranger, other) = (json!(STRANGER), at(1));
    let call = json!([{ "from": stranger, "to": other, "value": "0xde0b6b3a7640000" }]);
    endow(&mut chain, &stranger, 3);
    let (_, why) = refused(&mut chain, "eth_sendTransaction", call.clone());
    assert!(why.contains("impersonate the address"), "{why}");
    ask(&mut chain, "anvil_impersonateAccount", json!([stranger]));
    let issued = chain.node.issuance(&chain.node.head().clone());
    let before = number(&ask(&mut chain, "eth_getBalance", json!([other])));
    let hash = ask(&mut chain, "eth_sendTransaction", call.clone());
    let done = receipt(&mut chain, &hash);
    assert_eq!((&done["status"], &done["from"]), (&json!("0x1"), &stranger));
    assert_eq!(ask(&mut chain, "eth_getTransactionByHash", json!([hash]))["from"], stranger);
    assert_eq!(number(&ask(&mut chain, "eth_getBalance", json!([other]))), before + 10_u128.pow(18));
    assert_eq!(ask(&mut chain, "eth_getTransactionCount", json!([stranger])), json!("0x1"));
    // What it cost was the sender's, was burnt, and is all that is missing.
    let paid = number(&done["gasUsed"]) * number(&done["effectiveGasPrice"]);
    let left = number(&ask(&mut chain, "eth_getBalance", json!([stranger])));
    assert_eq!(left + paid + 10_u128.pow(18), 3 * 10_u128.pow(18));
    let burnt = issued - chain.node.issuance(&chain.node.head().clone());
    assert_eq!(burnt * 100_000_000, paid);

    let raw = ask(&mut chain, "eth_getRawTransactionByHash", json!([hash]));
    ask(&mut chain, "anvil_stopImpersonatingAccount", json!([stranger]));
    refused(&mut chain, "eth_sendTransaction", call);
    // Nor do its bytes serve anybody else: they say in whose place they were signed.
    let (_, why) = refused(&mut chain, "eth_sendRawTransaction", json!([raw]));
    assert!(why.contains("signature is not valid"), "{why}");
    // The block can be run again.
    let trace = ask(&mut chain, "debug_traceTransaction", json!([hash, { "tracer": "callTracer" }]));
    assert_eq!(trace["from"], stranger);
}

#[test]
fn a_contract_sends_when_it_is_impersonated() {
    let mut chain = chain();
    let multicall = json!(format!("{:?}", sp_core::H160(predeployed::MULTICALL)));
    endow(&mut chain, &multicall, 2);
    ask(&mut chain, "anvil_autoImpersonateAccount", json!([true]));
    let call = json!([{ "from": multicall, "to": USDC, "data": approval(2, 5) }]);
    let hash = ask(&mut chain, "eth_sendTransaction", call);
    assert_eq!(receipt(&mut chain, &hash)["status"], "0x1");
    // Whoever has a key is signed for by it.
    let hash = pay(&mut chain, 0, 1, 1_000_000);
    assert_eq!(receipt(&mut chain, &hash)["from"], at(0));
    ask(&mut chain, "anvil_autoImpersonateAccount", json!([false]));
}

/// EVM code that returns a number: PUSH1 n PUSH0 MSTORE PUSH1 32 PUSH0 RETURN.
fn returning(number: u8) -> String {
    format!("0x60{number:02x}5f5260205ff3")
}

#[test]
fn code_nonce_balance_and_cells_are_set() {
    let mut chain = chain();
    let place = json!("0x00000000000000000000000000000000000c0de5");
    let asked = |chain: &mut Devnet| number(&ask(chain, "eth_call", json!([{ "to": place }])));
    let head = ask(&mut chain, "eth_getBlockByNumber", json!(["latest", false]));
    ask(&mut chain, "anvil_setCode", json!([place, returning(7)]));
    assert_eq!(asked(&mut chain), 7);
    assert_eq!(ask(&mut chain, "eth_getCode", json!([place])), json!(returning(7)));
    // Again, on a contract that has cells by then.
    ask(&mut chain, "anvil_setStorageAt", json!([place, "0x1", format!("0x{:064x}", 5)]));
    ask(&mut chain, "anvil_setCode", json!([place, returning(9)]));
    assert_eq!(asked(&mut chain), 9);
    assert_eq!(number(&ask(&mut chain, "eth_getStorageAt", json!([place, "0x1"]))), 5);
    ask(&mut chain, "anvil_setNonce", json!([at(5), "0x11"]));
    assert_eq!(ask(&mut chain, "eth_getTransactionCount", json!([at(5)])), json!("0x11"));
    let (_, why) = refused(&mut chain, "anvil_setCode", json!([place, "0x"]));
    assert!(why.contains("no code to set"), "{why}");
    // The newest block is the same, and the next follows it.
    assert_eq!(ask(&mut chain, "eth_getBlockByNumber", json!(["latest", false])), head);
    pay(&mut chain, 0, 1, 1_000_000);
    assert_eq!(ask(&mut chain, "eth_getBlockByNumber", json!(["latest", false]))["parentHash"], head["hash"]);
}

#[test]
fn a_chain_goes_on_elsewhere_from_its_dump() {
    let mut one = chain();
    let hash = pay(&mut one, 0, 1, 7_000_000);
    let (dump, told) = (one.dump(), receipt(&mut one, &hash));
    let mut other = chain();
    pay(&mut other, 4, 5, 1_000_000);
    assert_eq!(ask(&mut other, "anvil_loadState", json!([dump])), json!(true));
    assert_eq!(receipt(&mut other, &hash), told);
    for chain in [&mut one, &mut other] {
        pay(chain, 2, 3, 1_000_000);
        assert_eq!(ask(chain, "eth_blockNumber", json!([])), json!("0x2"));
    }
    assert_eq!(one.node.head().block.transactions_root, other.node.head().block.transactions_root);
    let balance = |chain: &mut Devnet| ask(chain, "eth_getBalance", json!([at(2)]));
    assert_eq!(balance(&mut one), balance(&mut other));
    let (code, why) = refused(&mut other, "anvil_loadState", json!(["0x00"]));
    assert!(code == -32602 && why.contains("no dump"), "{why}");
}

#[test]
fn simulated_blocks_build_on_each_other_and_leave_nothing() {
    let mut chain = chain();
    let poor = json!("0x00000000000000000000000000000000000b00b5");
    let before = ask(&mut chain, "eth_blockNumber", json!([]));
    let owns = |address: &Value| format!("0x70a08231{:0>64}", &address.as_str().unwrap()[2..]);
    let question = json!([{
        "blockStateCalls": [
            { "calls": [
                { "from": at(0), "to": USDC, "data": tokens(1, 3_000_000) },
                { "from": poor, "to": USDC, "data": tokens(1, 3_000_000) },
            ] },
            {
                "blockOverrides": { "time": "0x7fffffff" },
                "stateOverrides": { (poor.as_str().unwrap()): { "balance": "0xde0b6b3a7640000" } },
                "calls": [{ "to": USDC, "data": owns(&at(1)) }],
            },
        ],
    }, "latest"]);
    let blocks = ask(&mut chain, "eth_simulateV1", question);
    let (first, second) = (&blocks[0], &blocks[1]);
    assert_eq!(first["calls"][0]["status"], "0x1");
    assert_eq!(first["calls"][0]["logs"].as_array().unwrap().len(), 1);
    assert_eq!(first["calls"][1]["status"], "0x0");
    assert!(!first["calls"][1]["error"]["message"].as_str().unwrap().is_empty());
    assert_eq!(second["parentHash"], first["hash"]);
    assert_eq!((&second["number"], &second["timestamp"]), (&json!("0x2"), &json!("0x7fffffff")));
    let held = number(&ask(&mut chain, "eth_call", json!([{ "to": USDC, "data": owns(&at(1)) }])));
    assert_eq!(number(&second["calls"][0]["returnData"]), held + 3_000_000);
    assert_eq!(ask(&mut chain, "eth_blockNumber", json!([])), before);
    for (wrong, code) in [
        (json!([{ "blockStateCalls": [] }]), -38026),
        (json!([{ "blockStateCalls": [{ "blockOverrides": { "number": "0x9" } }] }]), -38020),
        (json!([{ "blockStateCalls": [{ "blockOverrides": { "time": "0x1" } }] }]), -38021),
    ] {
        assert_eq!(refused(&mut chain, "eth_simulateV1", wrong).0, code);
    }
}

/// Words of the ABI.
fn words(words: &[u128]) -> String {
    words.iter().map(|word| format!("{word:064x}")).collect()
}

#[test]
fn questions_travel_together_through_the_multicall() {
    let mut chain = chain();
    let multicall = json!(format!("{:?}", sp_core::H160(predeployed::MULTICALL)));
    // Two calls: the token's decimals, and a transfer of somebody who has nothing, which may fail or not.
    let batch = |may_fail: u128| {
        let usdc = u128::from_str_radix(&USDC[10..], 16).unwrap();
        let high = format!("{:0>24}{}{usdc:032x}", "", &USDC[2..10]);
        let pad = "0".repeat(64 - 8);
        format!(
            "0x82ad56cb{}{high}{}313ce567{pad}{high}{}{}{}",
            words(&[0x20, 2, 0x40, 0xe0]),
            words(&[0, 0x60, 4]),
            words(&[may_fail, 0x60, 0x44]),
            &tokens(1, 1)[2..],
            "0".repeat(56)
        )
    };
    let answer = ask(&mut chain, "eth_call", json!([{ "from": STRANGER, "to": multicall, "data": batch(1) }]));
    let answer = answer.as_str().unwrap();
    let word = |place: usize| u128::from_str_radix(&answer[2 + 64 * place + 32..2 + 64 * (place + 1)], 16).unwrap();
    assert_eq!([word(0), word(1), word(2)], [0x20, 2, 0x40]);
    assert_eq!([word(4), word(5), word(6), word(7)], [1, 0x40, 32, 6], "{answer}");
    assert_eq!((word(8), word(3)), (0, 0x40 + 4 * 0x20), "the second has failed");
    let call = json!([{ "from": STRANGER, "to": multicall, "data": batch(0) }]);
    let (code, why) = refused(&mut chain, "eth_call", call);
    assert!(code == 3 && why.contains("Multicall3: call failed"), "{why}");
    let head = ask(&mut chain, "eth_call", json!([{ "to": multicall, "data": "0x3408e470" }]));
    assert_eq!(number(&head), 420_420_420);
}

#[test]
fn the_proxy_deploys_to_an_address_that_is_known_before() {
    let mut chain = chain();
    let proxy = json!(format!("{:?}", sp_core::H160(predeployed::CREATE2_PROXY)));
    // Init code that returns eight bytes of code, which return 3.
    let code = &returning(3)[2..];
    let init = format!("67{code}5f5260{:02x}6018f3", code.len() / 2);
    let data = format!("0x{}{init}", words(&[0, 5])[64..].to_owned());
    let hash = ask(&mut chain, "eth_sendTransaction", json!([{ "from": at(0), "to": proxy, "data": data }]));
    assert_eq!(receipt(&mut chain, &hash)["status"], "0x1");
    let mut salt = [0; 32];
    salt[31] = 5;
    let init = bytes_of(&init);
    let made = create2_address(predeployed::CREATE2_PROXY, salt, &init);
    let answer = ask(&mut chain, "eth_call", json!([{ "to": format!("{made:?}") }]));
    assert_eq!(number(&answer), 3);
}

fn bytes_of(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// EIP-1014: keccak(0xff ++ deployer ++ salt ++ keccak(init code)).
fn create2_address(deployer: [u8; 20], salt: [u8; 32], init: &[u8]) -> sp_core::H160 {
    let hash = sp_core::hashing::keccak_256(init);
    let bytes = [&[0xff][..], &deployer, &salt, &hash].concat();
    sp_core::H160::from_slice(&sp_core::hashing::keccak_256(&bytes)[12..])
}

#[test]
fn typed_data_is_signed_by_a_key_that_is_known() {
    let mut chain = chain();
    let data = json!({
        "types": { "Note": [{ "name": "text", "type": "string" }] },
        "primaryType": "Note",
        "domain": { "name": "Notes", "chainId": 420_420_420 },
        "message": { "text": "hello" },
    });
    let signed = ask(&mut chain, "eth_signTypedData_v4", json!([at(0), data]));
    assert_eq!(ask(&mut chain, "eth_signTypedData_v4", json!([at(0), data.to_string()])), signed);
    assert_eq!(signed.as_str().unwrap().len(), 2 + 130);
    let (_, why) = refused(&mut chain, "eth_signTypedData_v4", json!([at(0), { "types": {} }]));
    assert!(why.contains("lacks primaryType"), "{why}");
}

#[test]
fn faults_are_seeded_counted_and_end_when_they_are_told() {
    let mut chain = by_hand();
    pay(&mut chain, 0, 1, 1_000_000);
    for _ in 0..5 {
        ask(&mut chain, "evm_mine", json!([]));
    }
    let plan = json!([{ "seed": 3, "drop": 0.2, "tooMany": 0.2, "stale": 0.3, "behind": 2, "wrongChain": 0.2 }]);
    let ask_number = br#"{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber"}"#;
    let run = |chain: &mut Devnet| {
        ask(chain, "sit_faults", plan.clone());
        let replies: Vec<Reply> = (0..200).map(|_| chain.reply(ask_number)).collect();
        (replies, ask(chain, "sit_faults", json!([]))["met"].clone())
    };
    let (replies, met) = run(&mut chain);
    assert_eq!(run(&mut chain), (replies.clone(), met.clone()));
    let count = |wanted: &dyn Fn(&Reply) -> bool| replies.iter().filter(|reply| wanted(reply)).count() as u64;
    assert_eq!(count(&|reply| matches!(reply, Reply::TooMany(_))), met["tooMany"].as_u64().unwrap());
    let answered = |text: &'static str| move |reply: &Reply| matches!(reply, Reply::Answer(Some(answer), _) if answer.contains(text));
    assert!(count(&answered("\"0x5\"")) > 50 && count(&answered("\"0x3\"")) > 20, "{met}");
    assert!(met["lost"].as_u64().unwrap() > 20 && met["requests"] == 200, "{met}");
    let chain_id = br#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}"#;
    let lies = (0..100).filter(|_| answered("\"0x190f1b45\"")(&chain.reply(chain_id))).count();
    assert!(lies > 5, "{lies}");
    ask(&mut chain, "sit_faults", json!([null]));
    assert!((0..50).all(|_| answered("\"0x5\"")(&chain.reply(ask_number))));
    let (_, why) = refused(&mut chain, "sit_faults", json!([{ "drop": 7 }]));
    assert!(why.contains("from 0 to 1"), "{why}");
}

#[test]
fn fees_follow_the_multiplier() {
    let mut chain = chain();
    let call = json!([{ "from": at(0), "to": at(1), "value": "0x1" }]);
    let price = |chain: &mut Devnet| number(&ask(chain, "eth_gasPrice", json!([])));
    let before = price(&mut chain);
    chain.node.set_fee_multiplier(sp_runtime::FixedU128::from_rational(1, 10)).unwrap();
    for _ in 0..3 {
        assert_eq!(price(&mut chain) * 10, before);
        let hash = ask(&mut chain, "eth_sendTransaction", call.clone());
        assert_eq!(number(&receipt(&mut chain, &hash)["effectiveGasPrice"]) * 10, before);
    }
    assert!(chain.node.planck(chain.node.head(), key(0).address) > 999_999 * DOT);
}
