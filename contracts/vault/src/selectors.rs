//! Messages of other contracts that the vault sends.

sit_shell::selectors! {
    /// The collateral token moves what its holder allowed.
    TRANSFER_FROM = [0x23, 0xb8, 0x72, 0xdd], "transferFrom(address,address,uint256)";
    /// The collateral token takes an allowance that its holder signed (EIP-2612).
    PERMIT = [0xd5, 0x05, 0xac, 0xcf], "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)";
    /// The collateral token pays.
    TRANSFER = [0xa9, 0x05, 0x9c, 0xbb], "transfer(address,uint256)";
    /// What someone holds of the collateral token.
    BALANCE_OF = [0x70, 0xa0, 0x82, 0x31], "balanceOf(address)";
    /// The clearing house credits an account.
    CREDIT = [0x57, 0x46, 0x9b, 0xd7], "credit(uint32,uint64)";
    /// The clearing house credits the fund or the market-maker programme.
    ENDOW = [0x28, 0xd1, 0x6e, 0x14], "endow(uint8,uint64)";
    /// The clearing house gives the bytes of a cell.
    CELL = [0xd0, 0xe7, 0x8d, 0x6c], "cell(uint8,uint32,uint32)";
    /// The clearing house adds up its books.
    BOOKS = [0x5c, 0x8f, 0xe4, 0x38], "books()";
}
