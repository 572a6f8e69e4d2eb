//! Contracts for the tests of the harness, assembled by hand.
//!
//! The pallet runs EVM code beside PolkaVM blobs, and EVM code needs no compiler: a handful of messages, one for
//! each thing that the harness reports.

use sit_devnet::{Address, Artifact, JsonAbi};

/// Interface of [`probe`].
const PROBE_ABI: &str = r#"[
    {"type":"function","name":"get","stateMutability":"view",
     "inputs":[{"name":"key","type":"uint256"}],"outputs":[{"name":"","type":"uint256"}]},
    {"type":"function","name":"set","stateMutability":"nonpayable",
     "inputs":[{"name":"key","type":"uint256"},{"name":"value","type":"uint256"}],"outputs":[]},
    {"type":"function","name":"refuse","stateMutability":"nonpayable",
     "inputs":[{"name":"have","type":"uint256"},{"name":"want","type":"uint256"}],"outputs":[]},
    {"type":"function","name":"time","stateMutability":"view","inputs":[],"outputs":[{"name":"","type":"uint64"}]},
    {"type":"function","name":"spin","stateMutability":"nonpayable","inputs":[],"outputs":[]},
    {"type":"error","name":"Short","inputs":[{"name":"have","type":"uint256"},{"name":"want","type":"uint256"}]},
    {"type":"event","name":"Stored","anonymous":false,
     "inputs":[{"name":"key","type":"uint256","indexed":true},{"name":"value","type":"uint256","indexed":false}]}
]"#;

// Opcodes. Source: the Ethereum yellow paper, appendix H.
const STOP: u8 = 0x00;
const EQ: u8 = 0x14;
const SHL: u8 = 0x1b;
const SHR: u8 = 0x1c;
const CALLDATALOAD: u8 = 0x35;
const CALLDATASIZE: u8 = 0x36;
const CALLDATACOPY: u8 = 0x37;
const CODECOPY: u8 = 0x39;
const TIMESTAMP: u8 = 0x42;
const MSTORE: u8 = 0x52;
const SLOAD: u8 = 0x54;
const SSTORE: u8 = 0x55;
const JUMP: u8 = 0x56;
const JUMPI: u8 = 0x57;
const GAS: u8 = 0x5a;
const JUMPDEST: u8 = 0x5b;
const PUSH1: u8 = 0x60;
const PUSH2: u8 = 0x61;
const PUSH4: u8 = 0x63;
const PUSH20: u8 = 0x73;
const PUSH32: u8 = 0x7f;
const DUP1: u8 = 0x80;
const LOG2: u8 = 0xa2;
const RETURN: u8 = 0xf3;
const DELEGATECALL: u8 = 0xf4;
const REVERT: u8 = 0xfd;

/// Offset of the first and of the second argument in the call data.
const ARGUMENT: [[u8; 3]; 2] = [[PUSH1, 4, CALLDATALOAD], [PUSH1, 36, CALLDATALOAD]];
/// Returns the word on top of the stack.
const RETURN_WORD: [u8; 8] = [PUSH1, 0, MSTORE, PUSH1, 32, PUSH1, 0, RETURN];

/// Stores, reads, emits, refuses, tells the time, and runs for ever.
pub fn probe() -> Artifact {
    let abi: JsonAbi = serde_json::from_str(PROBE_ABI).unwrap();
    let stored = abi.event("Stored").unwrap()[0].selector();
    let short = abi.error("Short").unwrap()[0].selector();

    let get = [ARGUMENT[0].as_slice(), &[SLOAD], &RETURN_WORD].concat();
    let set = [
        &[ARGUMENT[1], ARGUMENT[0]].concat()[..],
        &[SSTORE],
        &ARGUMENT[1],
        &[PUSH1, 0, MSTORE],
        &ARGUMENT[0],
        &[PUSH32],
        stored.as_slice(),
        &[PUSH1, 32, PUSH1, 0, LOG2, STOP],
    ]
    .concat();
    // Writes a cell first, so that a revert has something to undo.
    let refuse = [
        &[ARGUMENT[1], ARGUMENT[0]].concat()[..],
        &[SSTORE, PUSH4],
        short.as_slice(),
        &[PUSH1, 0xe0, SHL, PUSH1, 0, MSTORE],
        &ARGUMENT[0],
        &[PUSH1, 4, MSTORE],
        &ARGUMENT[1],
        &[PUSH1, 36, MSTORE, PUSH1, 68, PUSH1, 0, REVERT],
    ]
    .concat();
    let time = [&[TIMESTAMP][..], &RETURN_WORD].concat();

    let selector = |name: &str| abi.function(name).unwrap()[0].selector();
    let messages: [(_, &[u8]); 5] = [
        (selector("get"), &get),
        (selector("set"), &set),
        (selector("refuse"), &refuse),
        (selector("time"), &time),
        // A loop is put in below, where its address is known.
        (selector("spin"), &[PUSH2, 0, 0, JUMP]),
    ];
    // The selector on the stack, one comparison of 11 bytes for each message, a bare revert.
    let head: [u8; 6] = [PUSH1, 0, CALLDATALOAD, PUSH1, 0xe0, SHR];
    let tail: [u8; 5] = [PUSH1, 0, PUSH1, 0, REVERT];
    let mut address = head.len() + 11 * messages.len() + tail.len();
    let (mut code, mut bodies) = (head.to_vec(), Vec::new());
    for (selector, body) in messages {
        let target = u16::try_from(address).unwrap().to_be_bytes();
        code.extend([&[DUP1, PUSH4], selector.as_slice(), &[EQ, PUSH2], &target, &[JUMPI]].concat());
        let looping = [PUSH2, target[0], target[1], JUMP];
        let body = if body.last() == Some(&JUMP) { looping.to_vec() } else { body.to_vec() };
        address += 1 + body.len();
        bodies.push(JUMPDEST);
        bodies.extend(body);
    }
    code.extend(tail);
    code.extend(bodies);
    Artifact::new("probe", init(&code), PROBE_ABI).unwrap()
}

/// Forwards every call to `target` by delegate call and drops what it returns.
pub fn forwarder(target: Address) -> Artifact {
    let code = [
        &[CALLDATASIZE, PUSH1, 0, PUSH1, 0, CALLDATACOPY][..],
        &[PUSH1, 0, PUSH1, 0, CALLDATASIZE, PUSH1, 0, PUSH20],
        target.as_slice(),
        &[GAS, DELEGATECALL, STOP],
    ]
    .concat();
    let abi = PROBE_ABI.replace("Stored", "NotStored");
    Artifact::new("forwarder", init(&code), &abi).unwrap()
}

/// Code that returns `code` when the contract is created.
fn init(code: &[u8]) -> Vec<u8> {
    let length = u16::try_from(code.len()).unwrap().to_be_bytes();
    // Its own length is 15 bytes.
    let head = [
        &[PUSH2, length[0], length[1], PUSH1, 15, PUSH1, 0, CODECOPY][..],
        &[PUSH2, length[0], length[1], PUSH1, 0, RETURN, STOP],
    ]
    .concat();
    [head, code.to_vec()].concat()
}
