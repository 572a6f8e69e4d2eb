//! A person trades over JSON-RPC.

use crate::support::{Chain, SOON, you};
use sit_client::{
    Client, Signer as _,
    rpc::{Key, Node, Record, Rpc, connect},
};
use sit_engine::{
    clearing::Instrument,
    launch::{DOLLAR, TPI},
    units::{Lots, Seat, Side, Ticks},
};
use sit_native::{Contract, Message, TokenAmount, answers::PlacedOrder, message::limit_order, stored, view};
use sit_programs::{Fault, Proxy};

/// Opens an account and pays in.
pub fn join(client: &mut Client<Node>, key: &Key, dollars: u64) -> Seat {
    let spender = client.address(Contract::Vault).expect("it is deployed");
    let open = Message::OpenAccount { sub: 0 };
    let seat: Seat = client.simulate(key, &open).expect("it would open");
    client.send(key, &open).expect("it opens");
    client.send(key, &Message::ApproveSpender { spender, value: TokenAmount(u128::MAX) }).expect("it approves");
    client.send(key, &Message::Deposit { seat, amount: dollars * DOLLAR }).expect("it pays in");
    seat
}

/// The settlement mark of the first month.
pub fn mark(client: &mut Client<Node>) -> Ticks {
    let curve = client.cell(&stored::curve(TPI)).expect("it answers").expect("it is listed");
    curve.month(Instrument::new(TPI, 0)).expect("the first month").mark
}

#[test]
fn a_person_pays_in_places_and_cancels_and_hears_why_not_for_nothing() {
    let chain = Chain::start(&["--quiet-market", "--automine"]);
    let mut client = chain.client();
    let seat = join(&mut client, &you(), 100_000);
    let price = Ticks(mark(&mut client).0 - 10);
    let order = Message::Place { order: limit_order(seat, Instrument::new(TPI, 0), Side::Buy, price, Lots(5)) };
    let preview = client.preview(&you(), seat, &order).expect("every cell is read");
    let placed: PlacedOrder = client.simulate(&you(), &order).expect("it would rest");
    assert_eq!((placed.filled, placed.resting), (Lots(0), Lots(5)));
    let done = client.send(&you(), &order).expect("it rests");
    assert!(done.cost.gas > 0 && done.cost.wei() > 0);
    assert!(done.events.iter().any(|event| event.name == "Placed"), "{:?}", done.events);
    let after = client.preview(&you(), seat, &Message::RefreshTier { seat }).expect("every cell is read").before;
    assert_eq!(preview.after, after, "what was foreseen is what the chain has, to the atom");

    let other = Key::from_bytes(&[5; 32]).expect("a key");
    let cancel = Message::Cancel { seat, instrument: Instrument::new(TPI, 0), price, number: placed.number };
    let before = chain.rpc().balance(other.address());
    let refused = client.send(&other, &cancel).expect_err("it is not theirs");
    assert_eq!(refused.name(), "NotAuthorised");
    assert_eq!(chain.rpc().balance(other.address()), before, "what a node foresees refused costs nothing");

    client.send(&you(), &cancel).expect("it is cancelled");
    assert!(client.view(&view::Audit {}).expect("it answers").balanced);
    let head = client.head().expect("it answers");
    let events = client.events(0..=head.number).expect("logs");
    assert!(events.iter().any(|(_, event)| event.name == "Removed"));
}

/// The blocks that a question about logs is about.
fn blocks_asked(body: &str) -> Option<u64> {
    let asked: serde_json::Value = serde_json::from_str(body).ok()?;
    let number = |name: &str| u64::from_str_radix(asked["params"][0][name].as_str()?.strip_prefix("0x")?, 16).ok();
    (asked["method"] == "eth_getLogs").then(|| Some(number("toBlock")? - number("fromBlock")? + 1))?
}

#[test]
fn events_of_more_blocks_than_a_node_answers_for_at_once_are_read_in_pieces() {
    let chain = Chain::start(&["--quiet-market", "--automine"]);
    let mut client = chain.client();
    join(&mut client, &you(), 1_000);
    for _ in 0..150 {
        chain.rpc().request("evm_mine", serde_json::json!([])).expect("a block");
    }
    let head = client.head().expect("it answers").number;
    let all = client.events(0..=head).expect("logs");
    assert!(all.len() > 20, "{} events", all.len());

    let record = Record::of_development_chain(&mut chain.rpc()).expect("a record");
    let narrow = Proxy::to(&chain.url, |body| match blocks_asked(body) {
        Some(blocks) if blocks > 40 => Fault::Refused("query exceeds max block range 40"),
        _ => Fault::None,
    });
    let mut client = connect(Rpc::new(&narrow.url, SOON).expect("an address"), &record).expect("it fits");
    assert_eq!(client.events(0..=head).expect("logs in pieces"), all);
    // One block that is refused is a refusal.
    narrow.now(|body| if blocks_asked(body).is_some() { Fault::Refused("no logs here") } else { Fault::None });
    let said = client.events(0..=head).expect_err("it refuses").to_string();
    assert!(said.contains("no logs here"), "{said}");
}
