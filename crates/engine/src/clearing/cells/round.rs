//! Settlement rounds as cells remember them: in one byte.

/// The low byte of a settlement round, as accounts remember it. Two rounds 256 settlements apart look alike, which only
/// delays the payment of a position that nobody touched for so long until the next settlement.
pub fn round_of(round: u16) -> u8 {
    round.to_be_bytes()[1]
}

/// How a market remembers in which settlement round its second limit came into force: never zero. Rounds 255
/// settlements apart look alike, which could only give a day the second limit for its first.
pub fn mark_of_round(round: u16) -> u8 {
    u8::try_from(round % 255).unwrap_or(0).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_remembered_apart_from_none() {
        assert_eq!([0, 1, 254, 255, u16::MAX].map(mark_of_round), [1, 2, 255, 1, 1]);
    }
}
