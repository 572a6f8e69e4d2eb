//! The vocabulary as bytes, and back.

use sit_client::codec;
use sit_engine::calendar::Day;
use sit_engine::certificate::Certificate;
use sit_engine::clearing::{ClearingError, Product, RemovalReason};
use sit_engine::governance::Class;
use sit_engine::incentives::Parameters;
use sit_engine::oracle::{Entry, Quote, Reporting, Rules};
use sit_engine::units::{Lots, Points, Seat, Seconds, Side, Ticks};
use sit_native::answers::PlacedOrder;
use sit_native::event::{EmittedEvent, clearing, governance, incentives};
use sit_native::{Contract, Message, Refusal, TokenAmount, view};

/// Messages with every kind of argument.
fn messages() -> Vec<Message> {
    vec![
        Message::Seal {},
        Message::SetCouncil { members: vec![[1; 20], [2; 20]], threshold: 2 },
        Message::SetClasses { target: [3; 20], selectors: vec![[1, 2, 3, 4], [5, 6, 7, 8]], class: Class::Loosen },
        Message::ProposeMarginSet {
            target: [1; 20],
            product: Product(2),
            maintenance_bps: 3,
            liq_end_bps: 4,
            shocks: vec![5; 384],
            certificate: Certificate {
                dataset_root: [1; 32],
                simulator: [2; 32],
                seed: 3,
                model_hash: [4; 32],
                confidence_ppm: 5,
                horizon_seconds: 6,
                parameter_hash: [7; 32],
            },
            not_before: Seconds(8),
            not_after: Seconds(9),
        },
        Message::SetIndex { index: 1, rules: Rules::TPI },
        Message::SetReporting { index: 1, terms: Reporting { bond: 2, unbonding: 3, ..Reporting::default() } },
        Message::Submit {
            index: 1,
            day: Day(2),
            batch: vec![Entry { provider: 3, quote: Quote { input: 4, output: 5, volume: 6 } }],
        },
        Message::SetParameters { parameters: Parameters::INITIAL },
        Message::Roll {
            roll: sit_engine::clearing::Roll {
                seat: Seat(1),
                near: sit_engine::clearing::Instrument(2),
                far: sit_engine::clearing::Instrument(3),
                lots: Lots(4),
                near_limit: Ticks(5),
                far_limit: Ticks(6),
                spread: -7,
            },
        },
        Message::ApproveSpender { spender: [1; 20], value: TokenAmount(u128::MAX) },
    ]
}

#[test]
fn a_message_is_read_back_from_its_calldata() {
    for message in messages() {
        let calldata = codec::calldata(&message);
        assert_eq!(codec::message(message.contract(), &calldata), Some(message.clone()));
        let mut longer = calldata.clone();
        longer.push(0);
        assert_eq!(codec::message(message.contract(), &longer), None, "{message:?} with a byte too much");
        assert_eq!(codec::message(message.contract(), &calldata[..calldata.len() - 1]), None, "{message:?} cut");
    }
    assert_eq!(codec::message(Contract::Vault, &codec::calldata(&Message::Seal {})), None, "of another contract");
}

#[test]
fn selectors_are_those_that_the_engine_has_as_constants() {
    let of = |name: &str| {
        Message::entries().into_iter().find(|entry| entry.name == name).map(|entry| codec::selector(&entry))
    };
    assert_eq!(of("set_risk"), Some(sit_engine::governance::SET_RISK));
    assert_eq!(of("nominate_guardian"), Some(sit_engine::governance::NOMINATE_GUARDIAN));
}

#[test]
fn an_answer_is_read_as_its_type_and_as_no_other() {
    let word = |number: u8| {
        let mut word = [0; 32];
        word[31] = number;
        word
    };
    let three = [word(7), word(8), word(9)].concat();
    let placed = PlacedOrder { number: 7, filled: Lots(8), resting: Lots(9) };
    assert_eq!(codec::returned::<PlacedOrder>(&three), Ok(placed));
    assert!(codec::returned::<PlacedOrder>(&three[..64]).is_err());
    assert_eq!(codec::returned::<bool>(&word(1)), Ok(true));
    assert_eq!(codec::returned::<()>(&[]), Ok(()));
    assert_eq!(codec::returned::<TokenAmount>(&[0xff; 32]), Ok(TokenAmount(u128::MAX)), "an allowance without end");
    assert!(codec::returned::<Class>(&word(4)).is_err(), "there is no fifth class");
    let text = codec::returned::<PlacedOrder>(&[1]).unwrap_err().to_string();
    assert!(text.contains("0x01 is not (uint32,uint32,uint32)"), "{text}");
}

#[test]
fn an_event_is_read_back_from_its_log() {
    let events: Vec<EmittedEvent> = vec![
        clearing::Placed {
            seat: Seat(1),
            instrument: sit_engine::clearing::Instrument(2),
            number: 3,
            side: Side::Sell,
            price: Ticks(4),
            lots: Lots(5),
        }
        .into(),
        clearing::Removed {
            seat: Seat(1),
            instrument: sit_engine::clearing::Instrument(2),
            number: 3,
            lots: Lots(4),
            reason: RemovalReason::OutsideLimits,
        }
        .into(),
        clearing::Haircut { seat: Seat(1), instrument: sit_engine::clearing::Instrument(2), lost: Points(-3) }.into(),
        governance::ClassChanged { target: [1; 20], selector: [1, 2, 3, 4], class: Class::Tighten }.into(),
        incentives::ParametersChanged { parameters: Parameters::INITIAL }.into(),
    ];
    for event in events {
        let (topics, data) = codec::log(&event).unwrap();
        assert_eq!(codec::event(event.contract, &topics, &data), Some(event.clone()));
        assert_eq!(codec::event(Contract::Vault, &topics, &data), None, "{} is none of the vault's", event.name);
        assert_eq!(codec::event(event.contract, &topics, &data[1..]), None, "{} with a byte less", event.name);
    }
}

#[test]
fn a_refusal_is_told_by_its_name_and_as_a_sentence() {
    let refused = codec::refusal(Contract::ClearingOffice, &codec::selector_of("Paused()"));
    assert_eq!(refused.known(), Some(Refusal::from(ClearingError::Paused)));
    assert_eq!((refused.name(), refused.to_string()), ("Paused", ClearingError::Paused.explanation().to_owned()));
    let unknown = codec::refusal(Contract::Vault, &[1, 2, 3, 4, 5]);
    assert_eq!((unknown.name(), unknown.known()), ("unknown", None));
    assert!(unknown.to_string().contains("0x0102030405"));
    let mut reason = codec::selector_of("Error(string)").to_vec();
    reason.extend(sit_client::Value::Tuple(vec![sit_client::Value::String("no".to_owned())]).abi_encode_params());
    assert_eq!(codec::refusal(Contract::Token, &reason).to_string(), "no");
}

#[test]
fn a_view_is_asked_with_its_selector_and_arguments() {
    let asked = codec::question(&view::Allowance { owner: [1; 20], spender: [2; 20] });
    assert_eq!(asked[..4], codec::selector_of("allowance(address,address)"));
    assert_eq!(asked.len(), 4 + 64);
}
