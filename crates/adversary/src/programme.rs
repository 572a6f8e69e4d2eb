//! The programme of the makers, in the scene in which it runs: both honest makers and B are designated, all three quote
//! alike, and a week of it is closed on the sixth day.
//!
//! What the coalition may win there, and what it may cost others, is a score: how B quotes on a day is the plan's as
//! soon as the plan has said something about it, and honest makers renew what is taken from them at once, and bring
//! capital that is missing, as `sit maker` does.

use crate::cast::{CAREFUL_MAKER, COALITION, INSTRUMENTS, MAKERS, MONTHS, OWN_MAKER, TRUSTING_MAKER};
use crate::honest::NIGHT_MONTHS;
use crate::world::{DOLLAR, Phase, World, bits};
use sit_engine::clearing::Purpose;
use sit_engine::incentives::{MAX_VISITS, Parameters, epoch_of};
use sit_engine::units::{Seat, Seconds};
use sit_native::Message;
use sit_native::event::incentives::{CapitalShort, Closed, Rewarded};

/// What the programme shares out a week, in quote atoms.
const BUDGET: u64 = 20_000 * DOLLAR;

/// What it is given at the beginning, in quote atoms.
pub(crate) const ENDOWMENT: u64 = 4 * BUDGET;

/// Makers wait for the end of a halt of so many seconds: of one until the next session they do not.
const LONGEST_HALT: u32 = 900;

/// What a maker pays in beyond what is missing of the capital, in quote atoms.
const SPARE: u64 = 10_000 * DOLLAR;

impl World {
    /// Whether the programme runs here.
    pub(crate) fn runs_programme(&self) -> bool {
        self.setting.scene.runs_programme()
    }

    /// Connects the programme, gives it money, and designates the makers.
    pub(crate) fn begin_programme(&mut self) {
        let cast = self.setting.cast;
        let governance = cast.addresses.governance;
        self.must(governance, Message::ConnectProgramme { clearing: cast.addresses.clearing });
        self.must(governance, Message::Endow { purpose: Purpose::Incentives, amount: ENDOWMENT });
        for seat in MAKERS {
            self.must(cast.owner(seat), Message::Apply { seat });
            self.must(governance, Message::Accept { seat });
        }
    }

    /// The makers that quote as honest ones do now.
    pub(crate) fn quoting(&self) -> Vec<Seat> {
        let own = self.runs_programme() && self.own_quotes != Some(self.day);
        [CAREFUL_MAKER, TRUSTING_MAKER].into_iter().chain(own.then_some(OWN_MAKER)).collect()
    }

    /// Makers renew quotes, and bring capital that they were warned of, as soon as the coalition has moved.
    pub(crate) fn makers_answer(&mut self, phase: Phase) {
        if !self.runs_programme() || self.silent || matches!(phase, Phase::Known | Phase::Published | Phase::Settled) {
            return;
        }
        for seat in [CAREFUL_MAKER, TRUSTING_MAKER] {
            let warned = self.exchange.maker(seat).is_some_and(|maker| maker.warned_at > Seconds::ZERO);
            let missing = Parameters::INITIAL.capital.saturating_sub(self.account(seat).cash);
            if warned && missing > 0 {
                let amount = missing + SPARE;
                let _ = self.rely_on(self.setting.cast.owner(seat), Message::Deposit { seat, amount });
            }
        }
        let months = if matches!(phase, Phase::Morning | Phase::Evening) { NIGHT_MONTHS } else { MONTHS };
        self.quote_all(true, months);
        // And as soon as a halt is over.
        let now = self.exchange.now;
        let halts = INSTRUMENTS.into_iter().filter_map(|instrument| Some(self.market(instrument)?.halted_until));
        if let Some(over) = halts.filter(|until| *until > now && until.since(now) <= LONGEST_HALT).max() {
            self.exchange.now = over;
            self.quote_all(true, months);
        }
    }

    /// The week that is closed next.
    pub(crate) fn week_to_close(&self) -> u32 {
        epoch_of(self.setting.scene.starts()) + self.tally.weeks
    }

    /// The keeper closes the week that is over, and has B suspended who lacks capital.
    pub(crate) fn close_weeks(&mut self) {
        if !self.runs_programme() || self.silent {
            return;
        }
        if self.account(OWN_MAKER).cash < Parameters::INITIAL.capital {
            let _ = self.send(self.keeper(), Message::Suspend { seat: OWN_MAKER });
        }
        while self.week_to_close() < epoch_of(self.exchange.now) {
            let (epoch, makers) = (self.week_to_close(), MAX_VISITS as u8);
            if self.rely_on(self.keeper(), Message::CloseEpoch { epoch, makers }).is_err() {
                break;
            }
        }
        // What was quoted on the day before the first is not paid.
        if self.day == 0 {
            self.must(self.setting.cast.addresses.governance, Message::SetBudget { amount: BUDGET });
        }
    }

    /// What the programme tells: rewards, and warnings of honest makers.
    pub(crate) fn note_programme(&mut self) {
        for event in self.exchange.told() {
            if let Some(Rewarded { seat, adjusted, amount, .. }) = event.read() {
                if let Some(all) = self.tally.adjusted.get_mut(seat.0 as usize).filter(|_| amount > 0) {
                    *all += adjusted;
                }
                self.tally.rewarded += amount;
                if adjusted == 0 && self.tally.weeks > 0 && seat.0 as usize >= COALITION {
                    self.tally.bits |= bits::UNREWARDED;
                }
            } else if let Some(CapitalShort { seat, .. }) = event.read()
                && seat.0 as usize >= COALITION
            {
                self.tally.bits |= bits::WARNED;
            } else if event.read::<Closed>().is_some() {
                self.tally.weeks += 1;
            }
        }
    }
}
