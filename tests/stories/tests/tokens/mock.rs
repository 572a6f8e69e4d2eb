//! Tokens that no vault should trust, as a few hundred bytes of EVM code each.
//!
//! Storage: slot 0 what the vault holds, slot 1 the contract to call back, slot 2 with which selector, slot 3 how often
//! that worked.

use sit_devnet::Artifact;

/// What is wrong with a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Transfers return false and do nothing.
    ReturnsFalse,
    /// Transfers return nothing and do nothing.
    ReturnsNothing,
    /// Transfers revert.
    Reverts,
    /// Only this share of an amount arrives, in percent.
    Delivers(u8),
    /// Transfers call somebody back before they are booked; see `arm`.
    CallsBack,
}

/// The interface: the three messages that the vault sends, and two for the test.
const ABI: &str = r#"[
  {"type":"function","name":"balanceOf","stateMutability":"view","inputs":[{"name":"a","type":"address"}],"outputs":[{"name":"","type":"uint256"}]},
  {"type":"function","name":"transfer","stateMutability":"nonpayable","inputs":[{"name":"a","type":"address"},{"name":"b","type":"uint256"}],"outputs":[{"name":"","type":"bool"}]},
  {"type":"function","name":"transferFrom","stateMutability":"nonpayable","inputs":[{"name":"a","type":"address"},{"name":"b","type":"address"},{"name":"c","type":"uint256"}],"outputs":[{"name":"","type":"bool"}]},
  {"type":"function","name":"worked","stateMutability":"view","inputs":[],"outputs":[{"name":"","type":"uint256"}]},
  {"type":"function","name":"arm","stateMutability":"nonpayable","inputs":[{"name":"target","type":"address"},{"name":"selector","type":"bytes4"}],"outputs":[]}
]"#;

const STOP: u8 = 0x00;
const ADD: u8 = 0x01;
const MUL: u8 = 0x02;
const SUB: u8 = 0x03;
const DIV: u8 = 0x04;
const EQ: u8 = 0x14;
const SHR: u8 = 0x1c;
const CALLDATALOAD: u8 = 0x35;
const CODECOPY: u8 = 0x39;
const MSTORE: u8 = 0x52;
const SLOAD: u8 = 0x54;
const SSTORE: u8 = 0x55;
const JUMPI: u8 = 0x57;
const GAS: u8 = 0x5a;
const JUMPDEST: u8 = 0x5b;
const PUSH1: u8 = 0x60;
const PUSH2: u8 = 0x61;
const PUSH4: u8 = 0x63;
const DUP1: u8 = 0x80;
const CALL: u8 = 0xf1;
const RETURN: u8 = 0xf3;
const REVERT: u8 = 0xfd;

/// Bytes of input of a call back: selector and a dozen zero words, which decode as zeros and empty byte strings.
const CALL_BACK_BYTES: u16 = 4 + 12 * 32;

/// A token with this fault, ready to be deployed.
pub fn token(fault: Fault) -> Artifact {
    let mut code = Code::default();
    code.op(&[PUSH1, 0, CALLDATALOAD, PUSH1, 0xe0, SHR]);
    let branches = [[0x70, 0xa0, 0x82, 0x31], [0xa9, 0x05, 0x9c, 0xbb], [0x23, 0xb8, 0x72, 0xdd]]
        .map(|selector| code.jump_on(selector));
    let worked = code.jump_on(selector_of("worked"));
    code.op(&[PUSH1, 4, CALLDATALOAD, PUSH1, 1, SSTORE, PUSH1, 36, CALLDATALOAD, PUSH1, 2, SSTORE, STOP]);

    code.land(branches[0]);
    code.return_slot(0);
    code.land(worked);
    code.return_slot(3);
    code.land(branches[1]);
    transfer(&mut code, fault, 36, SUB);
    code.land(branches[2]);
    transfer(&mut code, fault, 68, ADD);
    Artifact::new("token", code.deployable(), ABI).expect("the interface is JSON")
}

fn selector_of(name: &str) -> [u8; 4] {
    let artifact = Artifact::new("token", Vec::new(), ABI).expect("the interface is JSON");
    let selector = artifact.abi.function(name).expect("the token has it")[0].selector();
    selector.0
}

/// Moves the amount at this place of the input in or out.
fn transfer(code: &mut Code, fault: Fault, amount_at: u8, change: u8) {
    let percent = match fault {
        Fault::ReturnsFalse => return code.return_word(0),
        Fault::ReturnsNothing => return code.op(&[STOP]),
        Fault::Reverts => return code.op(&[PUSH1, 0, PUSH1, 0, REVERT]),
        Fault::Delivers(percent) => percent,
        Fault::CallsBack => {
            code.op(&[PUSH1, 2, SLOAD, PUSH1, 0, MSTORE]);
            let [high, low] = CALL_BACK_BYTES.to_be_bytes();
            code.op(&[PUSH1, 0, PUSH1, 0, PUSH2, high, low, PUSH1, 0, PUSH1, 0, PUSH1, 1, SLOAD, GAS, CALL]);
            code.op(&[PUSH1, 3, SLOAD, ADD, PUSH1, 3, SSTORE]);
            100
        }
    };
    // held = held +- amount * percent / 100
    code.op(&[PUSH1, 100, PUSH1, percent, PUSH1, amount_at, CALLDATALOAD, MUL, DIV]);
    code.op(&[PUSH1, 0, SLOAD, change, PUSH1, 0, SSTORE]);
    code.return_word(1);
}

/// EVM code under construction.
#[derive(Default)]
struct Code {
    bytes: Vec<u8>,
}

/// Where the target of a jump is to be filled in.
#[derive(Clone, Copy)]
struct Jump(usize);

impl Code {
    fn op(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
    }

    /// Jumps, when the selector on the stack is this one, to where [`Code::land`] says.
    fn jump_on(&mut self, selector: [u8; 4]) -> Jump {
        self.op(&[DUP1, PUSH4]);
        self.op(&selector);
        self.op(&[EQ, PUSH2, 0, 0, JUMPI]);
        Jump(self.bytes.len() - 3)
    }

    fn land(&mut self, jump: Jump) {
        let here = u16::try_from(self.bytes.len()).expect("the code is short");
        self.bytes[jump.0..jump.0 + 2].copy_from_slice(&here.to_be_bytes());
        self.op(&[JUMPDEST]);
    }

    fn return_word(&mut self, word: u8) {
        self.op(&[PUSH1, word, PUSH1, 0, MSTORE, PUSH1, 32, PUSH1, 0, RETURN]);
    }

    fn return_slot(&mut self, slot: u8) {
        self.op(&[PUSH1, slot, SLOAD, PUSH1, 0, MSTORE, PUSH1, 32, PUSH1, 0, RETURN]);
    }

    /// Init code that returns this code.
    fn deployable(self) -> Vec<u8> {
        const HEAD: u8 = 15;
        let [high, low] = u16::try_from(self.bytes.len()).expect("the code is short").to_be_bytes();
        let mut init =
            vec![PUSH2, high, low, PUSH1, HEAD, PUSH1, 0, CODECOPY, PUSH2, high, low, PUSH1, 0, RETURN, STOP];
        assert_eq!(init.len(), usize::from(HEAD));
        init.extend(self.bytes);
        init
    }
}
