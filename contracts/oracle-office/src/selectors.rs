//! Messages of the token that the oracle sends.

sit_shell::selectors! {
    /// The token moves what its holder allowed.
    TRANSFER_FROM = [0x23, 0xb8, 0x72, 0xdd], "transferFrom(address,address,uint256)";
    /// The token pays.
    TRANSFER = [0xa9, 0x05, 0x9c, 0xbb], "transfer(address,uint256)";
}
