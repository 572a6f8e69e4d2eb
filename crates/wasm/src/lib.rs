//! The engine as WebAssembly for the trading page, so that no server has to be trusted for what it shows.
//!
//! The page reads cells from the chain and hands them over; a question about them is answered by the engine itself, or
//! with the cells that are still missing. The page then reads those and asks again until nothing is missing. So a
//! preview needs no state but what the chain's node has told, all of it of one block.
//!
//! Questions and answers are JSON. Numbers that may exceed 53 bits are decimal strings, everything else is a number;
//! bytes are hexadecimal with `0x`. There are no bindings to generate: [`room`], [`run`] and [`length`] are all that a
//! host calls.
//!
//! ```
//! let mut session = sit_wasm::Session::default();
//! let answer = session.answer(r#"{"do": "account", "seat": 7, "now": 1795420800}"#);
//! assert_eq!(answer, r#"{"missing":[[65,7,0]]}"#);
//! let answer = session.answer(r#"{"do": "explain", "contract": "clearing", "error": "ReduceOnly"}"#);
//! assert!(answer.contains("sentence"), "{answer}");
//! ```

mod answers;
#[cfg(feature = "band")]
mod band;
mod board;
mod hedge;
mod session;
mod store;
mod value;

pub use session::Session;
pub use store::Fetched;

/// How a test or a host that runs the engine natively writes what the module would answer.
pub mod written {
    pub use super::answers::{book, preview};
}

use std::cell::RefCell;

thread_local! {
    static HOST: RefCell<Host> = RefCell::default();
}

/// What lies between the module and its host.
#[derive(Default)]
struct Host {
    session: Session,
    question: Vec<u8>,
    answer: Vec<u8>,
}

/// Where the host writes a question of so many bytes. What was there before is gone; the place is good until the next
/// call.
#[expect(unsafe_code, reason = "the name is the module's interface; nothing else in the program has it")]
#[unsafe(no_mangle)]
pub extern "C" fn room(bytes: usize) -> *mut u8 {
    HOST.with_borrow_mut(|host| {
        host.question.clear();
        host.question.resize(bytes, 0);
        host.question.as_mut_ptr()
    })
}

/// Answers the question that the host has written. Where the answer begins; it is [`length`] bytes long and good until
/// the next call.
#[expect(unsafe_code, reason = "the name is the module's interface; nothing else in the program has it")]
#[unsafe(no_mangle)]
pub extern "C" fn run() -> *const u8 {
    HOST.with_borrow_mut(|host| {
        let Host { session, question, answer } = host;
        *answer = match std::str::from_utf8(question) {
            Ok(question) => session.answer(question).into_bytes(),
            Err(_) => br#"{"malformed":"the question is no text"}"#.to_vec(),
        };
        answer.as_ptr()
    })
}

/// Bytes of the last answer.
#[expect(unsafe_code, reason = "the name is the module's interface; nothing else in the program has it")]
#[unsafe(no_mangle)]
pub extern "C" fn length() -> usize {
    HOST.with_borrow(|host| host.answer.len())
}
