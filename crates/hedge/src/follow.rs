//! What a hedge has come to so far, contract by contract. Whole numbers only; every rounding is named.
//!
//! ```text
//! result        = cash that the contract has moved (variation, fees, rebates) + unsettled variation     (quote atoms)
//! without       = SIT planned * price now
//! with          = without - result for whoever buys tokens, without + result for whoever sells them
//! moved against = SIT planned * (price now - price locked), its sign turned for whoever sells
//! effectiveness = result / moved against
//! ```
//!
//! The price locked is the average of the trades that opened the hedge. Effectiveness is the dollar offset of hedge
//! accounting: what the hedge has paid for each dollar that the prices have moved against the company, after fees, over
//! all that was planned and not only over what is locked. It says nothing of basis: how closely the company's own bill
//! follows the index is told by the plan, on the costs of its usage file.

use sit_engine::units::Side;

use crate::HedgeError;

/// A contract of a plan with what has happened in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contract {
    /// SIT planned in it, hedged or not.
    pub sit: u128,
    /// SIT in a lot, above zero.
    pub lot: u128,
    /// Quote atoms of a tick on a lot.
    pub tick_value: u32,
    /// Trades of the account: side, lots, price in ticks.
    pub trades: Vec<(Side, u32, u32)>,
    /// The price now in ticks: the mark, or the final price once there is one; `None` before it is listed.
    pub price: Option<u32>,
    /// Cash that it has moved, in quote atoms: variation that was paid, less fees, with rebates.
    pub cash: i128,
    /// Variation that has not been paid yet, in quote atoms.
    pub unsettled: i128,
}

/// What a contract has come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// Lots held, bought positive.
    pub held: i128,
    /// Average price of the trades that opened the hedge in quote atoms of a lot, to the nearest; `None` before there
    /// is one.
    pub locked: Option<i128>,
    /// What the SIT that are planned cost, or bring, at the price now, in quote atoms: a bill is rounded up, a revenue
    /// down. `None` without a price.
    pub without: Option<i128>,
    /// The same with what the hedge has paid or cost.
    pub with: Option<i128>,
    /// By how much prices have moved against the company since they were locked, in quote atoms, rounded away from
    /// zero; below zero when they have moved for it. `None` where nothing is locked.
    pub against: Option<i128>,
    /// What the hedge has paid, after fees; below zero what it has cost.
    pub result: i128,
}

impl Contract {
    /// Reckons it up.
    ///
    /// # Errors
    /// [`HedgeError::Open`] for a plan whose numbers do not fit.
    pub fn outcome(&self, side: Side) -> Result<Outcome, HedgeError> {
        let too_large = || HedgeError::Open("the SIT of the plan, at this price, are no number that fits".into());
        let sit = i128::try_from(self.sit).map_err(|_| too_large())?;
        let lot = i128::try_from(self.lot).ok().filter(|lot| *lot > 0).ok_or_else(too_large)?;
        let value = i128::from(self.tick_value);
        let (mut held, mut opened, mut opened_value) = (0_i128, 0_i128, 0_i128);
        for (way, lots, price) in &self.trades {
            let lots = i128::from(*lots);
            held += if *way == Side::Buy { lots } else { -lots };
            if *way == side {
                opened += lots;
                opened_value += lots * i128::from(*price);
            }
        }
        let worth = sit.checked_mul(value).ok_or_else(too_large)?;
        let without = match self.price {
            None => None,
            Some(price) => {
                let total = worth.checked_mul(price.into()).ok_or_else(too_large)?;
                Some(if side == Side::Buy { -(-total).div_euclid(lot) } else { total.div_euclid(lot) })
            }
        };
        let result = self.cash + self.unsettled;
        let against = match self.price.filter(|_| opened > 0) {
            None => None,
            Some(price) => {
                let moved = i128::from(price) * opened - opened_value;
                let moved = if side == Side::Buy { moved } else { -moved };
                let total = worth.checked_mul(moved).ok_or_else(too_large)?;
                let of = lot.checked_mul(opened).ok_or_else(too_large)?;
                let size = -(-total.abs()).div_euclid(of);
                Some(if total < 0 { -size } else { size })
            }
        };
        let locked = (opened > 0).then(|| (2 * opened_value * value + opened).div_euclid(2 * opened));
        let with = without.map(|without| if side == Side::Buy { without - result } else { without + result });
        Ok(Outcome { held, locked, without, with, against, result })
    }
}

/// Effectiveness in basis points, rounded down; `None` where prices have not moved.
#[must_use]
pub fn effectiveness_bps(result: i128, against: i128) -> Option<i128> {
    let (result, against) = if against < 0 { (-result, -against) } else { (result, against) };
    (against > 0).then(|| (result * 10_000).div_euclid(against))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 480 million SIT in lots of 100 million, at a dime a tick on a lot: prices in thousandths of a dollar per
    /// million.
    fn contract(trades: &[(Side, u32, u32)], price: u32, cash: i128, unsettled: i128) -> Contract {
        Contract {
            sit: 480_000_000,
            lot: 100_000_000,
            tick_value: 100_000,
            trades: trades.to_vec(),
            price: Some(price),
            cash,
            unsettled,
        }
    }

    #[test]
    fn a_rise_that_a_buyer_has_locked_is_paid_back() {
        // Four lots of the 4.8 planned at 1.650, now 1.700: 4 * 50 ticks * 0.1 USD = 20 USD, and a fee of 0.33 USD.
        let came = contract(&[(Side::Buy, 4, 1_650)], 1_700, 14_670_000, 5_000_000).outcome(Side::Buy).unwrap();
        assert_eq!((came.held, came.result), (4, 19_670_000));
        // 480 MSIT at 1.70 USD are 816 USD; at 1.65 they were 792: 24 USD more.
        assert_eq!((came.without, came.against), (Some(816_000_000), Some(24_000_000)));
        assert_eq!((came.with, came.locked), (Some(796_330_000), Some(165_000_000)));
        // 19.67 of 24.
        assert_eq!(effectiveness_bps(came.result, came.against.unwrap()), Some(8_195));
    }

    #[test]
    fn a_provider_has_the_sign_turned() {
        // Sold at 1.650 and 1.660, now 1.600: 4 * 55 ticks * 0.1 USD = 22 USD on four lots, 26.40 on what is planned.
        let sold = [(Side::Sell, 2, 1_650), (Side::Sell, 2, 1_660)];
        let came = contract(&sold, 1_600, 0, 22_000_000).outcome(Side::Sell).unwrap();
        assert_eq!((came.held, came.without, came.with), (-4, Some(768_000_000), Some(790_000_000)));
        assert_eq!((came.against, came.locked), (Some(26_400_000), Some(165_500_000)));
        assert_eq!(effectiveness_bps(22_000_000, 26_400_000), Some(8_333));
        // Prices that rise move for a provider, and the hedge takes that away: as effective.
        let came = contract(&sold, 1_710, 0, -22_000_000).outcome(Side::Sell).unwrap();
        assert_eq!((came.against, came.with), (Some(-26_400_000), Some(798_800_000)));
        assert_eq!(effectiveness_bps(-22_000_000, -26_400_000), Some(8_333));
    }

    #[test]
    fn what_is_not_locked_has_a_bill_and_no_effectiveness() {
        let came = contract(&[], 1_700, 0, 0).outcome(Side::Buy).unwrap();
        assert_eq!((came.locked, came.against, came.with), (None, None, Some(816_000_000)));
        let unlisted = Contract { price: None, ..contract(&[], 1, 0, 0) };
        assert_eq!(unlisted.outcome(Side::Buy).unwrap().without, None);
        assert_eq!(effectiveness_bps(-330_000, 0), None);
        // What was given back is no lot that is locked, and its price no price that was.
        let back = contract(&[(Side::Buy, 4, 1_650), (Side::Sell, 4, 1_700)], 1_700, 20_000_000, 0);
        let came = back.outcome(Side::Buy).unwrap();
        assert_eq!((came.held, came.locked, came.against), (0, Some(165_000_000), Some(24_000_000)));
    }

    #[test]
    fn a_part_of_an_atom_is_rounded_against_the_company() {
        let odd = Contract { sit: 1, ..contract(&[(Side::Buy, 1, 3)], 4, 0, 0) };
        let came = odd.outcome(Side::Buy).unwrap();
        assert_eq!((came.without, came.against), (Some(1), Some(1)));
        assert_eq!(odd.outcome(Side::Sell).unwrap().without, Some(0));
        assert!(Contract { sit: u128::MAX, ..odd.clone() }.outcome(Side::Buy).is_err());
        assert!(Contract { lot: 0, ..odd }.outcome(Side::Buy).is_err());
    }
}
