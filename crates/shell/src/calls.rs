//! Calls of other contracts by constant selector, and messages that another contract's code answers.

use core::marker::PhantomData;
use ink::env::{CallFlags, DefaultEnvironment, ReturnFlags, return_value_solidity};
use ink::primitives::Address;
use ink::sol::SolErrorEncode;
use ink::{SolDecode, SolEncode};

/// Calls `$target` by constant selector with the arguments and gives what it returns, or `None` when the call failed,
/// reverted or returned something else. Re-entry is refused by the chain.
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

/// An argument that a contract names and hands on without reading: the interface tells its type, and there is no code
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
