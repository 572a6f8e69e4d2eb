//! Takeovers of positions in liquidation, within limits: the only duty that risks money of the keeper's own.

use sit_engine::chain::{Address, Env};
use sit_engine::clearing::{self, Bid, ClearingError, Instrument, Store, margin};
use sit_engine::units::{BPS, Lots, NetLots, QuoteAtoms, Seat, Seconds};
use sit_native::{Message, Native};

use super::{Due, Duty};
use crate::snapshot::Snapshot;

/// How far the keeper goes with takeovers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The account that takes over.
    pub seat: Seat,
    /// Its owner, who signs.
    pub owner: Address,
    /// The least discount on the mark, in basis points.
    pub least_discount_bps: u32,
    /// Lots that the account holds in one month at most, on either side.
    pub most_lots: Lots,
    /// Value of all its positions at the marks, in quote atoms, at most.
    pub most_notional: u64,
    /// What has to stay of its collateral beyond initial margin, in quote atoms.
    pub reserve: u64,
}

/// Bids for all liquidations that run, the largest that the limits let through for each position. They are sent
/// together, so each is judged after those before it: the limits are about all that the account holds afterwards.
pub(super) fn all(snapshot: &mut Snapshot, limits: &Limits, due: &mut Vec<Due>) {
    let now = snapshot.now;
    let mut after = if snapshot.liquidated.is_empty() { Native::new() } else { snapshot.house.clone() };
    for seat in snapshot.liquidated.clone() {
        let Some(account) = snapshot.house.account(seat) else { continue };
        let held: Vec<(Instrument, NetLots)> =
            account.positions().iter().map(|held| (held.instrument, held.net)).collect();
        for (instrument, net) in held.into_iter().filter(|(_, net)| *net != NetLots::ZERO) {
            let mut lots = net.size().min(limits.most_lots);
            while lots > Lots::ZERO {
                match judged(&mut after, now, limits, seat, instrument, lots) {
                    Judged::Good => {
                        let message = Message::Bid { liquidator: limits.seat, seat, instrument, lots };
                        let mut bid = Due::new(Duty::Bid, format_args!("{} {}", seat.0, instrument.0), message);
                        bid.account = Some(limits.seat);
                        due.push(bid);
                        break;
                    }
                    Judged::TooLarge => lots = Lots(lots.0 / 2),
                    Judged::Never => break,
                }
            }
        }
    }
}

enum Judged {
    Good,
    /// A smaller one may be good.
    TooLarge,
    Never,
}

/// Whether a bid is one to send now. A good one is done on `house`; of any other nothing stays.
fn judged(house: &mut Native, now: Seconds, limits: &Limits, seat: Seat, instrument: Instrument, lots: Lots) -> Judged {
    let mut judged = Judged::Never;
    // An error takes back what was done; which one is of no account.
    let _ = house.transact(|house| {
        judged = tried(house, now, limits, seat, instrument, lots);
        if matches!(judged, Judged::Good) { Ok(()) } else { Err(ClearingError::BelowInitialMargin) }
    });
    judged
}

/// The engine does the bid on `house`, and what it leaves is held against the limits.
fn tried(
    house: &mut impl Store,
    now: Seconds,
    limits: &Limits,
    seat: Seat,
    instrument: Instrument,
    lots: Lots,
) -> Judged {
    let Some(mark) = house.curve(instrument.product()).and_then(|curve| Some(curve.month(instrument)?.mark)) else {
        return Judged::Never;
    };
    let env = Env { caller: limits.owner, now };
    let message = Bid { liquidator: limits.seat, seat, instrument, lots };
    let (price, taken) = match clearing::bid(house, env, message) {
        Ok((_, Lots::ZERO)) => return Judged::Never, // it has recovered
        Ok(done) => done,
        Err(ClearingError::BelowInitialMargin | ClearingError::PositionLimit) => return Judged::TooLarge,
        Err(_) => return Judged::Never,
    };
    // The discount does not depend on the limits, and no smaller bid has a larger one than the auction's price.
    let discount = u64::from(price.0.abs_diff(mark.0)) * u64::from(BPS);
    if discount < u64::from(limits.least_discount_bps) * u64::from(mark.0) {
        return Judged::Never;
    }
    debug_assert!(taken > Lots::ZERO);
    let Some(own) = house.account(limits.seat) else { return Judged::Never };
    let Ok(health) = margin::assess(house, &own) else { return Judged::Never };
    let spare = health.initial_equity - health.initial;
    let within = own.net(instrument).size() <= limits.most_lots
        && health.notional <= QuoteAtoms(limits.most_notional.into())
        && spare >= QuoteAtoms(limits.reserve.into());
    if within { Judged::Good } else { Judged::TooLarge }
}
