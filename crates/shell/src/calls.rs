//! Calls of other contracts by constant selector, and messages that another contract's code answers.

use core::marker::PhantomData;
use ink::env::{CallFlags, DefaultEnvironment, Error, ReturnErrorCode, ReturnFlags, return_value_solidity};
use ink::primitives::{Address, MessageResult};
use ink::sol::SolErrorEncode;
use ink::{SolDecode, SolEncode};
use sit_engine::clearing::ClearingError;

/// Calls `$target` by constant selector with the arguments and gives what it returns, or `None` when the call failed,
/// reverted or returned something else: for calls without which the message is refused. Where a "no" is an answer, use
/// [`ask!`](crate::ask). Re-entry is refused by the chain.
///
/// The selector is a constant because hashing a signature on chain costs twenty times the call itself.
#[macro_export]
macro_rules! call {
    ($target:expr, $selector:expr $(, $argument:expr)* => $returns:ty) => {{
        use ink::env::call::{ExecutionInput, Selector, build_call_sol};
        build_call_sol::<ink::env::DefaultEnvironment>()
            .call($target)
            .exec_input(ExecutionInput::new(Selector::new($selector))$(.push_arg($argument))*)
            .returns::<$returns>()
            .try_invoke()
            .ok()
            .and_then(|returned| returned.ok())
    }};
}

/// There was no answer.
///
/// The chain gives a call what its caller has left, and tells the caller when that was not enough, so the sender of a
/// message can make a call inside it fail. That must never read as a "no".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoAnswer {
    /// The callee trapped or ran out of gas.
    Failed,
    /// It ran to its end and returned something else, as an account without code does.
    Unreadable,
}

impl From<NoAnswer> for ClearingError {
    fn from(_: NoAnswer) -> Self {
        Self::CallFailed
    }
}

/// The outcome of a call: the answer; `None` when the callee ran to its end and refused, which is its "no".
///
/// # Errors
/// [`NoAnswer`] for everything else.
pub fn answer<T>(result: ink::env::Result<MessageResult<T>>) -> Result<Option<T>, NoAnswer> {
    match result {
        Ok(Ok(returned)) => Ok(Some(returned)),
        Err(Error::ReturnError(ReturnErrorCode::CalleeReverted)) => Ok(None),
        Ok(Err(_)) | Err(Error::DecodeSol(_)) => Err(NoAnswer::Unreadable),
        Err(_) => Err(NoAnswer::Failed),
    }
}

/// Asks `$target` by constant selector, see [`answer()`]: for questions whose "no" has consequences. Re-entry is
/// refused by the chain.
#[macro_export]
macro_rules! ask {
    ($target:expr, $selector:expr $(, $argument:expr)* => $returns:ty) => {{
        use ink::env::call::{ExecutionInput, Selector, build_call_sol};
        $crate::answer(
            build_call_sol::<ink::env::DefaultEnvironment>()
                .call($target)
                .exec_input(ExecutionInput::new(Selector::new($selector))$(.push_arg($argument))*)
                .returns::<$returns>()
                .try_invoke(),
        )
    }};
}

/// Names messages of other contracts by selector: the first four bytes of the keccak-256 hash of the signature. They
/// are constants because hashing on chain costs twenty times the call; a constant that is not the hash does not
/// compile.
#[macro_export]
macro_rules! selectors {
    ($($(#[$doc:meta])* $name:ident = $bytes:expr, $signature:literal;)+) => {
        $(
            $(#[$doc])*
            pub const $name: [u8; 4] = $bytes;
            #[cfg(feature = "std")]
            const _: () = {
                let hash = ink::codegen::sol::selector_bytes($signature);
                assert!(u32::from_be_bytes(hash) == u32::from_be_bytes($name), $signature);
            };
        )+
    };
}

/// An argument that a contract names and hands on without reading: the interface states its type, and there is no code
/// to decode it.
pub struct Unread<T>(PhantomData<T>);

impl<T: SolDecode> SolDecode for Unread<T> {
    type SolType = ();
    const SOL_NAME: &'static str = T::SOL_NAME;

    fn from_sol_type((): ()) -> Result<Self, ink::sol::Error> {
        Ok(Self(PhantomData))
    }
}

impl<'a, T: SolEncode<'a>> SolEncode<'a> for Unread<T> {
    type SolType = ();
    const SOL_NAME: &'static str = T::SOL_NAME;

    fn to_sol_type(&'a self) {}
}

/// Has the contract at `target` answer this message in this contract's name, on its cells, with its own code: a
/// delegate call that hands on the input and returns what it returns. Where the call cannot be made, the message is
/// refused with `failed`.
pub fn delegate<E: SolErrorEncode>(target: Address, failed: E) -> ! {
    use ink::env::call::{ExecutionInput, Selector, build_call_sol};
    // The input is the message's own: the selector here is never sent.
    let _ = build_call_sol::<DefaultEnvironment>()
        .delegate(target)
        .call_flags(CallFlags::FORWARD_INPUT | CallFlags::TAIL_CALL)
        .exec_input(ExecutionInput::new(Selector::new([0; 4])))
        .returns::<()>()
        .try_invoke();
    return_value_solidity::<Result<(), E>>(ReturnFlags::REVERT, &Err(failed))
}
