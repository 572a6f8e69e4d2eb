//! The call of an action: calldata as they were approved, byte for byte.

use sit_engine::chain::Address;

/// Calls `target` with `calldata`, without value. Returns whether it succeeded. Re-entry into governance is refused by
/// the chain, except for governance's calls of itself.
#[cfg(target_arch = "riscv64")]
pub fn call(target: Address, calldata: &[u8], itself: bool) -> bool {
    use pallet_revive_uapi::{CallFlags, HostFn, HostFnImpl};
    let flags = if itself { CallFlags::ALLOW_REENTRY } else { CallFlags::empty() };
    // No limit of its own: the sender who executes pays for the gas.
    HostFnImpl::call(flags, &target, u64::MAX, u64::MAX, &[u8::MAX; 32], &[0; 32], calldata, None).is_ok()
}

/// Off the chain there is nobody to call.
#[cfg(not(target_arch = "riscv64"))]
pub fn call(_: Address, _: &[u8], _: bool) -> bool {
    false
}
