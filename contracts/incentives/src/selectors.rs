//! The messages of clearing that incentives send.

sit_shell::selectors! {
    /// Who may act for a seat.
    SEAT_OWNER = [0xf5, 0xbd, 0x89, 0xa9], "seat_owner(uint32)";
    /// What a seat holds, in quote atoms.
    COLLATERAL = [0xe4, 0x31, 0x80, 0x70], "collateral(uint32)";
    /// What makers did in an epoch.
    MAKER_WEEKS = [0xe0, 0x51, 0x92, 0x32], "maker_weeks(uint32,uint16,uint8,bytes)";
    /// What the pool holds, in quote atoms.
    INCENTIVE_POOL = [0xd6, 0x2b, 0x32, 0x4d], "incentive_pool()";
    /// From when and until when a seat is scored.
    SET_MAKER = [0x27, 0xb3, 0x22, 0x73], "set_maker(uint32,bool)";
    /// Moves quote atoms from the pool to the cash of a seat.
    PAY_REWARD = [0x68, 0x46, 0x66, 0xfb], "pay_reward(uint32,uint64)";
}
