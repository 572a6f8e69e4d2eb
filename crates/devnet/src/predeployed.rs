//! Contracts that a development chain has from the beginning, at the addresses where tools look for them: a multicall,
//! so that a page's questions travel together, and the proxy that deploys by CREATE2.
//!
//! They answer like the contracts that are known by these addresses; their code is this file's. It is EVM code, which
//! the Hub runs beside PolkaVM's, put together here from a list of instructions.

use std::collections::HashMap;

use alloy_core::primitives::hex;

/// Where clients expect Multicall3.
pub const MULTICALL: [u8; 20] = address("cA11bde05977b3631167028862bE2a173976CA11");
/// Where tools expect the deterministic deployment proxy: calldata is a salt of 32 bytes and the code to deploy.
pub const CREATE2_PROXY: [u8; 20] = address("4e59b44847b379578588920cA78FbF26c0B4956C");

const fn address(text: &str) -> [u8; 20] {
    match hex::const_decode_to_array(text.as_bytes()) {
        Ok(bytes) => bytes,
        Err(_) => panic!("an address has forty digits"),
    }
}

/// Address and code of each.
#[must_use]
pub fn contracts() -> Vec<([u8; 20], Vec<u8>)> {
    vec![(MULTICALL, assemble(MULTICALL_CODE)), (CREATE2_PROXY, assemble(CREATE2_PROXY_CODE))]
}

/// Deploys what follows the salt and returns its address in twenty bytes; a deployment that fails reverts.
const CREATE2_PROXY_CODE: &str = "
    # The code behind the salt, to memory: size.
    32 CALLDATASIZE SUB DUP1 32 0 CALLDATACOPY
    # create2(value, 0, size, salt): address.
    0 CALLDATALOAD SWAP1 0 CALLVALUE CREATE2
    DUP1 @made JUMPI 0 0 REVERT
    made: 0 MSTORE 20 12 RETURN
";

/// Multicall3's `aggregate3((address target, bool allowFailure, bytes callData)[])`, which returns
/// `(bool success, bytes returnData)[]`, and its questions about the block and about balances. What takes value or
/// another form of the calls is not there, and reverts.
///
/// While `aggregate3` runs, the stack has, from the top: `i`, the call's number; `p`, where the next answer goes in
/// memory; `e`, where the calls' offsets begin in the calldata; `n`, how many calls there are. In memory grows what is
/// returned: 32, n, n offsets, the answers.
const MULTICALL_CODE: &str = "
    0 CALLDATALOAD 224 SHR
    DUP1 $82ad56cb EQ @aggregate3 JUMPI
    DUP1 $42cbb15c EQ @number JUMPI
    DUP1 $0f28c97d EQ @time JUMPI
    DUP1 $4d2301cc EQ @balance JUMPI
    DUP1 $3408e470 EQ @chain JUMPI
    DUP1 $3e64a696 EQ @fee JUMPI
    DUP1 $ee82ac5e EQ @hash JUMPI
    DUP1 $27e86d6e EQ @parent JUMPI
    0 0 REVERT

    aggregate3:
    POP 4 CALLDATALOAD 4 ADD DUP1 CALLDATALOAD SWAP1 32 ADD    # e n
    32 0 MSTORE DUP2 32 MSTORE
    DUP2 5 SHL 64 ADD                                          # p e n
    0                                                          # i p e n
    loop:
    DUP4 DUP2 LT ISZERO @end JUMPI
    64 DUP3 SUB DUP2 5 SHL 64 ADD MSTORE                       # the answer's offset
    DUP1 5 SHL DUP4 ADD CALLDATALOAD DUP4 ADD                  # t, the call's struct: t i p e n
    DUP1 64 ADD CALLDATALOAD DUP2 ADD                          # b, its calldata with the length before it
    DUP1 CALLDATALOAD                                          # len b t i p e n
    DUP1 DUP3 32 ADD DUP7 CALLDATACOPY
    0 0 DUP3 DUP8 0 DUP8 CALLDATALOAD GAS CALL                 # success len b t i p e n
    DUP1 DUP5 32 ADD CALLDATALOAD OR @go JUMPI
    # Error(\"Multicall3: call failed\")
    $08c379a0 224 SHL 0 MSTORE 32 4 MSTORE 23 36 MSTORE
    $4d756c746963616c6c333a2063616c6c206661696c6564 72 SHL 68 MSTORE 100 0 REVERT
    go:
    DUP6 MSTORE POP POP POP                                    # i p e n
    64 DUP3 32 ADD MSTORE
    RETURNDATASIZE DUP3 64 ADD MSTORE
    0 RETURNDATASIZE 31 NOT AND DUP4 ADD 96 ADD MSTORE         # the last word was calldata
    RETURNDATASIZE 0 DUP4 96 ADD RETURNDATACOPY
    RETURNDATASIZE 31 ADD 31 NOT AND 96 ADD DUP3 ADD SWAP2 POP # the next p
    1 ADD @loop JUMP
    end: POP 0 RETURN

    number: NUMBER @word JUMP
    time: TIMESTAMP @word JUMP
    balance: 4 CALLDATALOAD BALANCE @word JUMP
    chain: CHAINID @word JUMP
    fee: BASEFEE @word JUMP
    hash: 4 CALLDATALOAD BLOCKHASH @word JUMP
    parent: 1 NUMBER SUB BLOCKHASH @word JUMP
    word: 0 MSTORE 32 0 RETURN
";

/// Instructions by their names.
const INSTRUCTIONS: [(&str, u8); 33] = [
    ("ADD", 0x01),
    ("SUB", 0x03),
    ("LT", 0x10),
    ("EQ", 0x14),
    ("ISZERO", 0x15),
    ("AND", 0x16),
    ("OR", 0x17),
    ("NOT", 0x19),
    ("SHL", 0x1b),
    ("SHR", 0x1c),
    ("BALANCE", 0x31),
    ("CALLVALUE", 0x34),
    ("CALLDATALOAD", 0x35),
    ("CALLDATASIZE", 0x36),
    ("CALLDATACOPY", 0x37),
    ("RETURNDATASIZE", 0x3d),
    ("RETURNDATACOPY", 0x3e),
    ("BLOCKHASH", 0x40),
    ("TIMESTAMP", 0x42),
    ("NUMBER", 0x43),
    ("CHAINID", 0x46),
    ("BASEFEE", 0x48),
    ("POP", 0x50),
    ("MSTORE", 0x52),
    ("JUMP", 0x56),
    ("JUMPI", 0x57),
    ("GAS", 0x5a),
    ("SWAP1", 0x90),
    ("SWAP2", 0x91),
    ("CALL", 0xf1),
    ("RETURN", 0xf3),
    ("CREATE2", 0xf5),
    ("REVERT", 0xfd),
];

/// Code of a text: instructions by name, decimal and `$`hexadecimal numbers that are pushed, `label:` and `@label`, and
/// `#` with what a person wants to know.
fn assemble(text: &str) -> Vec<u8> {
    let (mut code, mut labels, mut jumps) = (Vec::new(), HashMap::new(), Vec::new());
    let words = text.lines().flat_map(|line| line.split('#').next().unwrap_or_default().split_whitespace());
    for word in words {
        if let Some(label) = word.strip_suffix(':') {
            labels.insert(label, code.len());
            code.push(0x5b);
        } else if let Some(label) = word.strip_prefix('@') {
            jumps.push((label, code.len() + 1));
            code.extend([0x61, 0, 0]);
        } else if let Some(digits) = word.strip_prefix('$') {
            push(&mut code, &hex::decode(digits).expect("a number of the text is hexadecimal"));
        } else if let Ok(number) = word.parse::<u8>() {
            push(&mut code, &[number]);
        } else if let Some(depth) = word.strip_prefix("DUP") {
            code.push(0x7f + depth.parse::<u8>().expect("DUP has a depth"));
        } else {
            let known = INSTRUCTIONS.iter().find(|(name, _)| *name == word);
            code.push(known.unwrap_or_else(|| panic!("{word} is an instruction")).1);
        }
    }
    for (label, at) in jumps {
        let target = u16::try_from(labels[label]).expect("the code is short");
        code[at..at + 2].copy_from_slice(&target.to_be_bytes());
    }
    code
}

fn push(code: &mut Vec<u8>, number: &[u8]) {
    if number == [0] {
        code.push(0x5f);
        return;
    }
    code.push(0x5f + u8::try_from(number.len()).expect("a number has at most 32 bytes"));
    code.extend(number);
}

#[cfg(test)]
mod tests {
    use super::*;
    use sit_client::codec::selector_of;

    #[test]
    fn selectors_are_multicalls() {
        for (signature, written) in [
            ("aggregate3((address,bool,bytes)[])", "82ad56cb"),
            ("getBlockNumber()", "42cbb15c"),
            ("getCurrentBlockTimestamp()", "0f28c97d"),
            ("getEthBalance(address)", "4d2301cc"),
            ("getChainId()", "3408e470"),
            ("getBasefee()", "3e64a696"),
            ("getBlockHash(uint256)", "ee82ac5e"),
            ("getLastBlockHash()", "27e86d6e"),
        ] {
            assert_eq!(hex::encode(selector_of(signature)), written, "{signature}");
            assert!(MULTICALL_CODE.contains(&format!("${written} EQ")), "{signature}");
        }
    }

    #[test]
    fn jumps_go_to_destinations() {
        for (_, code) in contracts() {
            let mut at = 0;
            let (mut destinations, mut jumps) = (Vec::new(), Vec::new());
            while let Some(instruction) = code.get(at) {
                match instruction {
                    0x5b => destinations.push(at),
                    0x61 => jumps.push(usize::from(u16::from_be_bytes([code[at + 1], code[at + 2]]))),
                    _ => {}
                }
                at += if (0x60..=0x7f).contains(instruction) { usize::from(instruction - 0x5f) + 1 } else { 1 };
            }
            assert!(!jumps.is_empty() && jumps.iter().all(|jump| destinations.contains(jump)));
        }
    }
}
