//! Where the pallet's chain is otherwise than Ethereum's, and what a client that does not know it would run into.

use alloy_consensus::{Header, SignableTransaction, TxEip4844, TxEip7702, TxEnvelope, TxLegacy};
use alloy_core::primitives::{Address, B256, Signature, TxKind, U256, hex};
use alloy_eips::{eip2718::Encodable2718, eip7702::Authorization};
use serde_json::{Value, json};
use sit_devnet::{DOT, node::CHAIN_ID, rpc::Devnet};

use crate::support::{USDC, ask, at, by_hand, chain, key, number, pay, refused, send, signed, tokens, transfer};

/// Wei of a planck.
const PLANCK: u128 = 100_000_000;

fn receipt(chain: &mut Devnet, hash: &Value) -> Value {
    ask(chain, "eth_getTransactionReceipt", json!([hash]))
}

fn balance(chain: &mut Devnet, account: usize) -> u128 {
    number(&ask(chain, "eth_getBalance", json!([at(account), "latest"])))
}

/// The address of a key as alloy has it.
fn address(account: usize) -> Address {
    Address::from(key(account).address.0)
}

/// A transaction of alloy's, signed by the first key, as it travels.
fn raw<T: SignableTransaction<Signature>>(transaction: T) -> Value
where
    TxEnvelope: From<alloy_consensus::Signed<T>>,
{
    let signature = key(0).sign_digest(&transaction.signature_hash().0).unwrap();
    let signed = transaction.into_signed(Signature::from_raw(&signature).unwrap());
    json!(hex::encode_prefixed(TxEnvelope::from(signed).encoded_2718()))
}

/// A head that is told over a socket has all that a header's hash is made of; clients of Ethereum refuse it otherwise.
#[test]
fn a_head_that_is_told_is_a_whole_header() {
    let mut chain = by_hand();
    let (tell, told) = std::sync::mpsc::channel::<Value>();
    chain.subscribe(&json!(["newHeads"]), move |head| tell.send(head).is_ok(), || true).unwrap();
    pay(&mut chain, 0, 1, 5);
    ask(&mut chain, "evm_mine", json!([]));
    chain.deliver();
    let head = told.try_recv().unwrap()["params"]["result"].clone();
    let header: Header = serde_json::from_value(head.clone()).unwrap();
    assert_eq!(head["hash"], json!(header.hash_slow()), "{head}");
    for field in ["difficulty", "mixHash", "baseFeePerGas", "withdrawalsRoot", "size"] {
        assert!(head[field].is_string(), "{field}: {head}");
    }
}

/// A block's gas has no bound, and what is no number of JavaScript's must not be written as one.
#[test]
fn a_block_has_all_the_gas_there_is_and_says_how_full_it_is_by_its_weight() {
    let mut chain = chain();
    for _ in 0..3 {
        pay(&mut chain, 0, 1, 5);
    }
    assert_eq!(ask(&mut chain, "eth_getBlockByNumber", json!(["latest", false]))["gasLimit"], "0xffffffffffffffff");
    let history = ask(&mut chain, "eth_feeHistory", json!(["0x3", "latest", [50]]));
    let share = |block: usize| history["gasUsedRatio"][block].as_f64().unwrap();
    assert!((0..3).all(|block| (0.001..0.1).contains(&share(block))), "{history}");
}

/// Half of what any other transaction may use, which is 80 % of a block: 4.19 MB of proof.
#[test]
fn one_transaction_may_use_so_much_and_is_told_how_much_that_is() {
    let mut chain = chain();
    let most = chain.node.transaction_limit();
    assert_eq!(most.proof_size, 10 * 1024 * 1024 * 8 / 10 / 2);
    assert!((799_900_000_000..=800_000_000_000).contains(&most.ref_time), "{most}");

    // Reads as many cells as the calldata says: PUSH0; JUMPDEST DUP1 SLOAD POP, PUSH1 1 ADD, DUP1 PUSH0 CALLDATALOAD
    // GT, PUSH1 1 JUMPI; STOP.
    let code = "5f5b805450600101805f351160015700";
    let made = json!([{ "from": at(0), "data": format!("0x6010600c60003960106000f3{code}") }]);
    let hash = ask(&mut chain, "eth_sendTransaction", made);
    let reader = receipt(&mut chain, &hash)["contractAddress"].clone();
    let reading = |cells: u64| json!({ "from": at(0), "to": reader, "data": format!("0x{cells:064x}") });
    let hash = ask(&mut chain, "eth_sendTransaction", json!([reading(300)]));
    let done = receipt(&mut chain, &hash);
    assert_eq!(done["status"], "0x1");
    let weight = chain.node.head().transactions[0].weight;
    assert!(weight.proof_size > most.proof_size / 2 && weight.fits(most), "{weight}");
    // What it costs is its proof, which is dearer than its time: 756.6 planck a byte, and little beside it.
    let paid = number(&done["gasUsed"]) * number(&done["effectiveGasPrice"]) / PLANCK;
    let proof = u128::from(weight.proof_size) * 7_566 / 10;
    assert!(paid.abs_diff(proof) < proof / 10, "{paid} planck, and {proof} for {weight}");

    let (code, message) = refused(&mut chain, "eth_estimateGas", json!([reading(1_000)]));
    assert_eq!(code, -32000);
    assert!(message.contains("OutOfGas: ") && message.ends_with("799 ms and 4.194 MB of proof"), "{message}");
    // With all the gas of the world it is sent, fails, and has used what one may.
    let mut call = reading(1_000);
    call["gas"] = json!("0x1000000");
    let hash = ask(&mut chain, "eth_sendTransaction", json!([call]));
    assert_eq!(receipt(&mut chain, &hash)["status"], "0x0");
    let weight = chain.node.head().transactions[0].weight;
    // What a block books of any transaction is beside it: its base, and its bytes.
    assert!(weight.proof_size > most.proof_size / 2 && weight.proof_size < most.proof_size + 1_000, "{weight}");
}

/// What its bytes cost alone may be too much: then no block would ever take it.
#[test]
fn a_transaction_that_no_block_takes_is_told_what_it_needs() {
    let mut chain = chain();
    let long = format!("0x{}", "11".repeat(3_000_000));
    let wanted = json!({ "from": at(0), "to": at(1), "nonce": "0x0", "gas": "0x1000000", "input": long });
    let raw = signed(&mut chain, wanted);
    let (code, message) = refused(&mut chain, "eth_sendRawTransaction", json!([raw]));
    assert_eq!(code, -32003);
    let told = message.strip_prefix("the transaction needs ").unwrap_or_else(|| panic!("{message}"));
    let (needs, rest) = told.split_once(" MB of proof, ").unwrap_or_else(|| panic!("{message}"));
    assert!(needs.parse::<f64>().unwrap() > 9.0, "three bytes of proof for each of its own: {message}");
    assert_eq!(rest, "at most 8.388 MB fit; split the work over several");
}

/// The existential deposit of 0.01 DOT is nobody's to spend, and a wallet that sends all that it shows leaves it.
#[test]
fn what_an_account_can_spend_is_all_but_the_existential_deposit() {
    let mut chain = chain();
    let (existential, one) = (DOT / 100, 10_u128.pow(18));
    ask(&mut chain, "anvil_setBalance", json!([at(5), format!("{one:#x}")]));
    let planck = |chain: &Devnet| chain.node.planck(chain.node.head(), key(5).address);
    assert_eq!((balance(&mut chain, 5), planck(&chain)), (one, DOT + existential));

    // All of it, and nothing is left for the fee.
    let raw = transfer(&mut chain, 5, 6, 0, one);
    let (code, message) = refused(&mut chain, "eth_sendRawTransaction", json!([raw]));
    assert_eq!(code, -32003);
    assert_eq!(message, "insufficient funds: needs 1.0081 DOT (0.0081 for gas, 1.0000 of value), has 1.0000");

    // What a wallet offers as the most: all less the fee that it allows.
    let price = number(&ask(&mut chain, "eth_gasPrice", json!([])));
    let raw = transfer(&mut chain, 5, 6, 0, one - 0x400 * price);
    let hash = send(&mut chain, raw);
    let done = receipt(&mut chain, &hash);
    assert_eq!(done["status"], "0x1");
    // What its gas is rounded up to is taken from what it has beside it, and there is nothing.
    let left = balance(&mut chain, 5);
    let rounded = left - (0x400 - number(&done["gasUsed"])) * price;
    assert!(rounded < price && planck(&chain) == existential + left / PLANCK, "{left} are left, {rounded} of them");

    let call = json!({ "from": at(5), "to": at(6), "value": format!("{:#x}", left + PLANCK) });
    let (code, message) = refused(&mut chain, "eth_estimateGas", json!([call]));
    assert_eq!(code, -32000);
    assert_eq!(message, "insufficient funds for gas * price + value: the account has 0.0063 DOT to spend");
}

/// DOT has ten decimals on the chain and eighteen outside: what is less than a planck lies beside the balance.
#[test]
fn wei_that_are_less_than_a_planck_are_kept_to_the_wei() {
    let mut chain = chain();
    let price = number(&ask(&mut chain, "eth_gasPrice", json!([])));
    let (mut sender, mut receiver) = (balance(&mut chain, 6), balance(&mut chain, 7));
    for (nonce, wei) in [1, PLANCK - 1, PLANCK + PLANCK / 2, PLANCK / 2 - 1, 7 * PLANCK + 3].into_iter().enumerate() {
        let raw = transfer(&mut chain, 6, 7, nonce as u64, wei);
        let hash = send(&mut chain, raw);
        let done = receipt(&mut chain, &hash);
        assert_eq!(done["status"], "0x1");
        (sender, receiver) = (sender - wei - number(&done["gasUsed"]) * price, receiver + wei);
        assert_eq!((balance(&mut chain, 6), balance(&mut chain, 7)), (sender, receiver), "after {wei} wei");
    }
    assert_ne!(receiver % PLANCK, 0, "something lies beside the balance");
    // And it can be spent again, with what is above it.
    let raw = transfer(&mut chain, 7, 6, 0, 2 * PLANCK - 1);
    let hash = send(&mut chain, raw);
    receiver -= 2 * PLANCK - 1 + number(&receipt(&mut chain, &hash)["gasUsed"]) * price;
    assert_eq!((balance(&mut chain, 6), balance(&mut chain, 7)), (sender + 2 * PLANCK - 1, receiver));
}

/// The root of a block's state is none: nobody can prove a cell to somebody else, and nobody pretends to.
#[test]
fn no_proof_of_a_cell_is_pretended() {
    let mut chain = chain();
    pay(&mut chain, 0, 1, 5);
    let block = ask(&mut chain, "eth_getBlockByNumber", json!(["latest", false]));
    assert_eq!(block["stateRoot"], block["transactionsRoot"]);
    let (code, message) = refused(&mut chain, "eth_getProof", json!([USDC, [], "latest"]));
    assert_eq!((code, message.as_str()), (-32601, "the method eth_getProof does not exist here"));
}

/// Wallets that become contracts for a while (EIP-7702) and blobs (EIP-4844) are not on the Hub.
#[test]
fn transactions_of_a_type_that_the_pallet_does_not_run_are_refused_by_its_number_and_name() {
    let mut chain = chain();
    let says = |kind: u8, name: &str| {
        format!("transaction type {kind} ({name}) is not supported; send type 2 (EIP-1559), 1 (EIP-2930) or 0 (legacy)")
    };
    let fee = 16_000_000_000_000_u128;
    // Signed as it should be, with an authorisation as it should be.
    let authorised = Authorization { chain_id: U256::from(CHAIN_ID), address: USDC.parse().unwrap(), nonce: 1 };
    let signature = Signature::from_raw(&key(0).sign_digest(&authorised.signature_hash().0).unwrap()).unwrap();
    let transaction = TxEip7702 {
        chain_id: CHAIN_ID,
        gas_limit: 21_000,
        max_fee_per_gas: fee,
        to: address(0),
        authorization_list: vec![authorised.into_signed(signature)],
        ..Default::default()
    };
    let sound = raw(transaction);
    assert!(sound.as_str().unwrap().starts_with("0x04f8"));
    // What is no transaction behind the type's byte has the type all the same.
    for bytes in [sound, json!("0x04"), json!("0x04c0"), json!("0x04ff")] {
        let answer = refused(&mut chain, "eth_sendRawTransaction", json!([bytes]));
        assert_eq!(answer, (-32003, says(4, "EIP-7702")), "{bytes}");
    }
    let transaction = TxEip4844 {
        chain_id: CHAIN_ID,
        gas_limit: 21_000,
        max_fee_per_gas: fee,
        max_fee_per_blob_gas: 1,
        to: address(1),
        blob_versioned_hashes: vec![B256::with_last_byte(1)],
        ..Default::default()
    };
    let bytes = raw(transaction);
    assert_eq!(refused(&mut chain, "eth_sendRawTransaction", json!([bytes])), (-32003, says(3, "EIP-4844")));

    // Nor is what only they have lost on the way, where the chain signs or asks itself.
    let entry = json!({
        "chainId": "0x190f1b44", "address": USDC, "nonce": "0x0", "yParity": "0x0", "r": "0x1", "s": "0x1",
    });
    for fields in [json!({ "type": "0x4" }), json!({ "authorizationList": [entry] })] {
        let mut call = json!({ "from": at(0), "to": at(1), "value": "0x1" });
        call.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        for method in [
            "eth_call",
            "eth_estimateGas",
            "eth_fillTransaction",
            "eth_sendTransaction",
            "eth_signTransaction",
            "eth_createAccessList",
        ] {
            let answer = refused(&mut chain, method, json!([call]));
            assert_eq!(answer, (-32003, says(4, "EIP-7702")), "{method} {fields}");
        }
    }
    let call = json!({ "from": at(0), "to": at(1), "maxFeePerBlobGas": "0x1" });
    assert_eq!(refused(&mut chain, "eth_sendTransaction", json!([call])), (-32003, says(3, "EIP-4844")));
    assert_eq!(ask(&mut chain, "eth_blockNumber", json!([])), "0x0");
}

/// The pallet takes it, since some contracts were deployed that way; the Hub's own server does not, and neither do we.
#[test]
fn a_transaction_that_would_be_valid_on_every_chain_is_refused() {
    let mut chain = chain();
    let legacy = |chain_id| TxLegacy {
        chain_id,
        gas_price: 8_000_000_000_000,
        gas_limit: 1_024,
        to: TxKind::Call(address(1)),
        value: U256::from(PLANCK),
        ..Default::default()
    };
    let (code, message) = refused(&mut chain, "eth_sendRawTransaction", json!([raw(legacy(None))]));
    assert_eq!(code, -32003);
    assert_eq!(message, "the transaction names no chain: sign it with chain id 420420420 (EIP-155)");
    let (_, message) = refused(&mut chain, "eth_sendRawTransaction", json!([raw(legacy(Some(420_420_419)))]));
    assert_eq!(message, "chain id 420420419 is not 420420420");
    let hash = send(&mut chain, raw(legacy(Some(CHAIN_ID))));
    assert_eq!(receipt(&mut chain, &hash)["status"], "0x1");
}

/// The Hub's server has known no tags here and has taken empty lists for nothing at all; clients send both.
#[test]
fn logs_are_found_by_every_tag_and_empty_lists_mean_any() {
    let mut chain = chain();
    ask(&mut chain, "eth_sendTransaction", json!([{ "from": at(0), "to": USDC, "data": tokens(1, 7) }]));
    let found =
        |chain: &mut Devnet, filter: Value| ask(chain, "eth_getLogs", json!([filter])).as_array().unwrap().len();
    for tag in ["latest", "pending", "safe", "finalized"] {
        assert_eq!(found(&mut chain, json!({ "fromBlock": tag, "toBlock": tag })), 1, "{tag}");
        assert_eq!(found(&mut chain, json!({ "fromBlock": "earliest", "toBlock": tag })), 1, "{tag}");
    }
    assert_eq!(found(&mut chain, json!({ "fromBlock": "earliest", "toBlock": "earliest" })), 0);
    for any in
        [json!({ "address": [] }), json!({ "topics": [] }), json!({ "topics": [[]] }), json!({ "topics": [null, []] })]
    {
        assert_eq!(found(&mut chain, any.clone()), 1, "{any}");
    }
}

/// On the Hub `pending` is the newest block: whoever counts by it has to remember what they have sent.
#[test]
fn pending_counts_what_waits_unless_the_chain_is_told_to_be_like_the_hub() {
    let mut chain = by_hand();
    let raw = transfer(&mut chain, 0, 1, 0, PLANCK);
    send(&mut chain, raw);
    let count = |chain: &mut Devnet| ask(chain, "eth_getTransactionCount", json!([at(0), "pending"]));
    let height = |chain: &mut Devnet| ask(chain, "eth_getBlockByNumber", json!(["pending", false]))["number"].clone();
    assert_eq!((count(&mut chain), height(&mut chain)), (json!("0x1"), json!("0x1")));
    chain.pending_is_latest = true;
    assert_eq!((count(&mut chain), height(&mut chain)), (json!("0x0"), json!("0x0")));
    ask(&mut chain, "evm_mine", json!([]));
    assert_eq!((count(&mut chain), height(&mut chain)), (json!("0x1"), json!("0x1")));
}
