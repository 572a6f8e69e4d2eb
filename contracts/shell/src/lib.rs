//! What the contracts have in common: cells under raw keys, the engine's errors as Solidity custom errors, calls by
//! constant selector.
//!
//! A contract is a shell: it decodes, calls the engine, stores and emits. All state lies in cells of its own under short
//! keys; the root that ink! loads with every message holds nothing that changes, so no message writes it back.
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(missing_docs)]

use core::marker::PhantomData;
use ink::env::{CallFlags, DefaultEnvironment, get_contract_storage, set_contract_storage};
use ink::primitives::Address;
use ink::scale;
use ink::storage::traits::Storable;
use ink::{SolDecode, SolEncode};
use sit_engine::codec::{CELL_BYTES, Cell, Writer};
use sit_engine::units::Seconds;

/// A cell as the engine packs it, written or read whole.
struct Packed<T>(T);

impl<T: Cell> Storable for Packed<T> {
    fn encode<O: scale::Output + ?Sized>(&self, dest: &mut O) {
        dest.write(self.0.to_cell().as_bytes());
    }

    fn decode<I: scale::Input>(input: &mut I) -> Result<Self, scale::Error> {
        let raw = Raw::decode(input)?;
        Ok(Self(T::from_cell(raw.0.as_bytes())))
    }

    fn encoded_size(&self) -> usize {
        T::MAX_BYTES
    }
}

/// A cell as it is stored.
struct Raw(Writer);

impl Storable for Raw {
    fn encode<O: scale::Output + ?Sized>(&self, dest: &mut O) {
        dest.write(self.0.as_bytes());
    }

    fn decode<I: scale::Input>(input: &mut I) -> Result<Self, scale::Error> {
        let mut bytes = [0; CELL_BYTES];
        let length = input.remaining_len()?.unwrap_or(0);
        let used = bytes.get_mut(..length).ok_or("cell too long")?;
        input.read(used)?;
        let mut writer = Writer::new();
        writer.put(used);
        Ok(Self(writer))
    }

    fn encoded_size(&self) -> usize {
        self.0.as_bytes().len()
    }
}

/// The value of a cell; `None` when it was never written.
pub fn load<T: Cell>(key: &impl scale::Encode) -> Option<T> {
    get_contract_storage::<_, Packed<T>>(key).ok().flatten().map(|packed| packed.0)
}

/// The bytes of a cell, for clients that run the engine on them; empty when it was never written.
pub fn load_bytes(key: &impl scale::Encode) -> ink::sol::DynBytes {
    let raw = get_contract_storage::<_, Raw>(key).ok().flatten();
    ink::sol::DynBytes(raw.map(|raw| raw.0.as_bytes().into()).unwrap_or_default())
}

/// Writes a cell.
pub fn save<T: Cell + Copy>(key: &impl scale::Encode, value: &T) {
    set_contract_storage(key, &Packed(*value));
}

/// A block's time; sticks at the end of 32 bits, in 2106.
pub fn seconds(timestamp: u64) -> Seconds {
    Seconds(u32::try_from(timestamp).unwrap_or(u32::MAX))
}

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

/// Makes a part's errors the contract's Solidity custom errors. Called by the engine's list macro through a macro of the
/// shell that adds the type: `define_error! { ClearingError; variants }`.
#[macro_export]
macro_rules! define_error {
    ($engine:ty; $($(#[$doc:meta])* $variant:ident,)+) => {
        /// Why a message was refused: one Solidity custom error for each broken rule.
        #[ink::error]
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Error {
            $($(#[$doc])* $variant,)+
        }

        impl From<$engine> for Error {
            fn from(error: $engine) -> Self {
                type Broken = $engine;
                match error {
                    $(Broken::$variant => Self::$variant,)+
                }
            }
        }
    };
}

/// Names messages of other contracts by selector: the first four bytes of the keccak-256 hash of the signature. They are
/// constants because hashing on chain costs twenty times the call; a constant that is not the hash does not compile.
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

/// An argument that a contract names and hands on without reading: the interface tells its type, and there is no code to decode
/// it.
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

/// Has the contract at `target` answer this message in this contract's name, on its cells, with its own code (a delegate call
/// that hands on the input and returns what it returns). Comes back only when the call could not be made.
pub fn delegate(target: Address) {
    use ink::env::call::{ExecutionInput, Selector, build_call_sol};
    // The input is the message's own: the selector here is never sent.
    let _ = build_call_sol::<DefaultEnvironment>()
        .delegate(target)
        .call_flags(CallFlags::FORWARD_INPUT | CallFlags::TAIL_CALL)
        .exec_input(ExecutionInput::new(Selector::new([0; 4])))
        .returns::<()>()
        .try_invoke();
}
