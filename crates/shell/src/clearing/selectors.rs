//! Messages of other contracts that the clearing house sends.

crate::selectors! {
    /// The vault pays out.
    PAY = [0xaf, 0x61, 0x9b, 0xbd], "pay(address,uint64)";
    /// The oracle's newest print.
    LATEST = [0x98, 0x0f, 0x1b, 0xac], "latest(uint16)";
    /// How much of an averaging window has been printed.
    AVERAGING = [0x9c, 0xff, 0xf7, 0xd6], "averaging(uint16,uint32)";
    /// How good the index is now.
    VALIDITY = [0x9f, 0xa1, 0x4d, 0x96], "validity(uint16)";
    /// The oracle's final settlement price.
    FINAL_PRICE = [0xcf, 0x34, 0xd9, 0x15], "final_price(uint16,uint32)";
    /// The contract in force under a name, and the one before it.
    VERSION = [0xfd, 0xe4, 0x0c, 0xb6], "version(bytes32)";
    /// The next version of the clearing house takes something in.
    ARRIVE = [0x87, 0x00, 0x5f, 0xce], "arrive(uint8,uint32,uint16,address,bytes)";
    /// The clearing house that a vault obeys, and what the vault was paid.
    STATE = [0xc1, 0x9d, 0x93, 0xfb], "state()";
}
