//! What the deployed contracts refuse, by name, and without a trace.

use sit_client::Signer;
use sit_demo::exchange::Exchange;
use sit_devnet::Account;
use sit_engine::calendar::Day;
use sit_engine::clearing::{Instrument, Listing, Product, Purpose, Terms};
use sit_engine::units::{Lots, Seat, Seconds, Side, TickValue, Ticks};
use sit_native::message::limit_order;
use sit_native::{Contract, Message, TokenAmount};

/// Monday 2026-11-23, 08:00 UTC.
const MONDAY: u64 = 1_795_420_800;

/// The first seat, product and instrument.
const SEAT: Seat = Seat(0);
const PRODUCT: Product = Product(0);
const INSTRUMENT: Instrument = Instrument(0);

fn exchange() -> Exchange {
    Exchange::deploy(MONDAY).expect("the contracts are built and deploy")
}

fn refused(exchange: &mut Exchange, who: &Account, message: &Message) -> String {
    exchange.refuse(who, message).unwrap_or_else(|error| panic!("{message:?}: {error:#}")).to_owned()
}

/// An order that would be good if there were an instrument.
fn order() -> Message {
    let order = limit_order(SEAT, INSTRUMENT, Side::Buy, Ticks(100), Lots(1));
    Message::Place { order }
}

fn open(exchange: &mut Exchange, who: &Account) {
    exchange.send(who, &Message::OpenAccount { sub: 0 }).expect("an account");
}

#[test]
fn what_belongs_to_another_contract_is_refused_to_everybody_else() {
    let mut exchange = exchange();
    let [vault, clearing, oracle, incentives] =
        [Contract::Vault, Contract::Clearing, Contract::Oracle, Contract::Incentives]
            .map(|contract| exchange.address(contract).expect("it is deployed"));
    let terms = Terms {
        taker_fee_ppm: 1,
        maker_fee_ppm: 1,
        price_limit_bps: 100,
        position_limit: Lots(1),
        open_interest_cap: Lots(1),
        maker_spread_front_bps: 10,
        maker_spread_back_bps: 10,
        maker_lots: Lots(1),
    };
    let listing = Listing {
        product: PRODUCT,
        expiry: Seconds::ZERO,
        tick_value: TickValue(1),
        tick_size: 1,
        mark: Ticks(1),
        terms,
    };
    let privileged = [
        Message::ConnectVault { clearing },
        Message::Pay { to: clearing, amount: 1 },
        Message::Connect { vault, oracle, incentives },
        Message::Credit { seat: SEAT, amount: 1 },
        Message::CreditEndowment { purpose: Purpose::Fund, amount: 1 },
        Message::SetRisk {
            product: PRODUCT,
            maintenance_bps: sit_engine::launch::MAINTENANCE_BPS,
            liquidation_end_bps: sit_engine::launch::LIQUIDATION_END_BPS,
            shocks: vec![0; 384],
            certificate_hash: [1; 32],
        },
        Message::StartProduct { product: PRODUCT },
        Message::List { listing },
        Message::SetFeeShares { fund_bps: 1, incentive_bps: 1 },
        Message::SetMaker { seat: SEAT, maker: true },
        Message::PayReward { seat: SEAT, amount: 1 },
    ];
    for name in ["deployer", "governor", "guardian", "keeper", "anybody"] {
        let who = exchange.chain.account(name);
        for message in &privileged {
            assert_eq!(refused(&mut exchange, &who, message), "NotAuthorised", "{name}: {message:?}");
        }
    }
}

#[test]
fn a_deposit_needs_an_allowance_an_amount_and_a_seat() {
    let mut exchange = exchange();
    let spender = exchange.address(Contract::Vault).expect("it is deployed");
    let alice = exchange.chain.account("alice");
    exchange.chain.mint_usdc(&alice, 5_000_000).expect("the token is minted");
    let deposit = |seat: u32, amount: u64| Message::Deposit { seat: Seat(seat), amount };
    assert_eq!(refused(&mut exchange, &alice, &deposit(0, 1)), "TransferInRefused");
    let allowance = Message::ApproveSpender { spender, value: TokenAmount(5_000_000) };
    exchange.client().send(&alice, &allowance).expect("an allowance");
    assert_eq!(refused(&mut exchange, &alice, &deposit(0, 0)), "ZeroAmount");
    assert_eq!(refused(&mut exchange, &alice, &deposit(7, 1_000_000)), "CreditRefused");
    assert_eq!(exchange.chain.usdc_balance(alice.address().into()), 5_000_000, "nothing has moved");
}

#[test]
fn nobody_trades_or_withdraws_for_another() {
    let mut exchange = exchange();
    let (alice, mallory) = (exchange.chain.account("alice"), exchange.chain.account("mallory"));
    assert_eq!(refused(&mut exchange, &alice, &order()), "UnknownSeat");
    open(&mut exchange, &alice);
    assert_eq!(refused(&mut exchange, &alice, &Message::OpenAccount { sub: 0 }), "SeatTaken");
    for message in [
        order(),
        Message::Cancel { seat: SEAT, instrument: INSTRUMENT, price: Ticks(1), number: 1 },
        Message::CancelAll { seat: SEAT, instrument: INSTRUMENT },
        Message::Quote { seat: SEAT, instrument: INSTRUMENT, levels: Vec::new(), expiry: Seconds::ZERO },
        Message::Withdraw { seat: SEAT, amount: 1 },
    ] {
        assert_eq!(refused(&mut exchange, &mallory, &message), "NotAuthorised", "{message:?}");
    }
    assert_eq!(refused(&mut exchange, &alice, &Message::Withdraw { seat: SEAT, amount: 1 }), "NotEnoughCash");
    assert_eq!(refused(&mut exchange, &alice, &order()), "UnknownInstrument");
}

#[test]
fn malformed_batches_are_refused_and_not_cut() {
    let mut exchange = exchange();
    let alice = exchange.chain.account("alice");
    open(&mut exchange, &alice);
    let quote = |bytes: usize| Message::Quote {
        seat: SEAT,
        instrument: INSTRUMENT,
        levels: vec![0; bytes],
        expiry: Seconds::ZERO,
    };
    assert_eq!(refused(&mut exchange, &alice, &quote(6)), "BadParameter");
    assert_eq!(refused(&mut exchange, &alice, &quote(7 * 17)), "TooMany");
    let settle = Message::Settle { instrument: INSTRUMENT, seats: vec![0; 4 * 33] };
    assert_eq!(refused(&mut exchange, &alice, &settle), "TooMany");
}

#[test]
fn an_index_that_is_not_open_settles_nothing() {
    let mut exchange = exchange();
    let anybody = exchange.chain.account("anybody");
    let mut said = |message: Message| refused(&mut exchange, &anybody, &message);
    assert_eq!(said(Message::SettleDay { product: PRODUCT }), "IndexUnavailable");
    assert_eq!(said(Message::Finalise { instrument: INSTRUMENT }), "UnknownInstrument");
    assert_eq!(said(Message::Submit { index: 0, day: Day(20_780), batch: Vec::new() }), "UnknownIndex");
}
