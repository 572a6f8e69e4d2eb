//! What shares a byte of a cell comes back apart.

use sit_engine::clearing::{Account, Instrument};
use sit_engine::codec::Cell;

#[test]
fn maker_tier_and_number_of_months_come_back_from_the_byte_that_they_share() {
    for (months, maker, tier) in
        [(0, false, 0), (0, true, 0), (0, false, 7), (12, false, 0), (12, true, 5), (3, false, 2)]
    {
        let mut account = Account::new([7; 20]);
        (account.maker, account.tier) = (maker, tier);
        for serial in 0..months {
            account.enter(Instrument(serial), 9, 3).expect("there is room");
        }
        let read = Account::from_cell(account.to_cell().as_bytes());
        assert_eq!((read.maker, read.tier, read.positions().len()), (maker, tier, usize::from(months)));
    }
}
