//! The token: USDC through the ERC-20 precompile of `pallet-assets`.

use std::sync::Arc;

use alloy_core::{
    json_abi::JsonAbi,
    primitives::{Address, address},
};

use crate::contract::Deployed;

/// Address of the ERC-20 precompile of USDC, asset 1337: asset id, zeros, prefix of trust-backed assets.
pub const USDC_ADDRESS: Address = address!("0x0000053900000000000000000000000001200000");

/// Interface of the ERC-20 precompile. Source: `IERC20.sol` of `ethereum-standards`.
const IERC20: [&str; 14] = [
    "function totalSupply() external view returns (uint256)",
    "function balanceOf(address account) external view returns (uint256)",
    "function transfer(address to, uint256 value) external returns (bool)",
    "function allowance(address owner, address spender) external view returns (uint256)",
    "function approve(address spender, uint256 value) external returns (bool)",
    "function transferFrom(address from, address to, uint256 value) external returns (bool)",
    "function name() external view returns (string)",
    "function symbol() external view returns (string)",
    "function decimals() external view returns (uint8)",
    "function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external",
    "function nonces(address owner) external view returns (uint256)",
    "function DOMAIN_SEPARATOR() external view returns (bytes32)",
    "event Transfer(address indexed from, address indexed to, uint256 value)",
    "event Approval(address indexed owner, address indexed spender, uint256 value)",
];

/// The token as a contract that can be called.
pub(crate) fn usdc() -> Deployed {
    // The interface is a constant of this file: that it parses does not depend on input.
    let abi = JsonAbi::parse(IERC20).expect("the interface of ERC-20 is valid");
    Deployed { name: "usdc".into(), address: USDC_ADDRESS, abi: Arc::new(abi), blob_bytes: 0 }
}
