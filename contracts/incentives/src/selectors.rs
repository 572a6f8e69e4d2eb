//! The messages of clearing that incentives send.

sit_shell::selectors! {
    /// A cell as it is stored.
    CELL = [0xd0, 0xe7, 0x8d, 0x6c], "cell(uint8,uint32,uint32)";
    /// What the pool holds, and what makers did in an epoch.
    MAKER_WEEKS = [0xe0, 0x51, 0x92, 0x32], "maker_weeks(uint32,uint16,uint8,bytes)";
    /// From when and until when a seat is scored.
    SET_MAKER = [0x27, 0xb3, 0x22, 0x73], "set_maker(uint32,bool)";
    /// The contract in force under a name, and the one before it.
    VERSION = [0xfd, 0xe4, 0x0c, 0xb6], "version(bytes32)";
    /// Moves quote atoms from the pool to the cash of a seat.
    PAY_REWARD = [0x68, 0x46, 0x66, 0xfb], "pay_reward(uint32,uint64)";
}
