//! Nothing is sent to a chain that is not the one that the record names.

use crate::support::{Chain, SOON, you};
use sit_client::{
    Failure, Signer as _,
    rpc::{Record, RecordError, Rpc, RpcError, connect},
};
use sit_native::{Contract, Message};
use sit_programs::{Fault, Proxy, Stranger};

#[test]
fn a_record_survives_being_written_and_fits_its_own_chain_only() {
    let chain = Chain::start(&["--quiet-market", "--automine"]);
    let record = Record::of_development_chain(&mut chain.rpc()).expect("a record");
    assert_eq!(Record::from_json(&record.to_json().to_string()).expect("readable"), record);
    record.check(&mut chain.rpc()).expect("it fits");

    let mut other = record.clone();
    other.chain = 420_420_419;
    let said = other.check(&mut chain.rpc()).expect_err("another chain").to_string();
    assert!(said.contains("has the id 420420420") && said.contains("420420419"), "{said}");

    let mut other = record.clone();
    other.genesis[0] ^= 1;
    assert!(matches!(other.check(&mut chain.rpc()), Err(RecordError::Genesis { .. })));

    let mut other = record.clone();
    let (address, _) = other.contracts[&Contract::Vault];
    other.contracts.insert(Contract::Clearing, (address, other.contracts[&Contract::Clearing].1));
    let said = other.check(&mut chain.rpc()).expect_err("the vault is no clearing house").to_string();
    assert!(said.contains("instead of the clearing") && said.contains("code with the hash"), "{said}");

    let mut other = record.clone();
    other.contracts.insert(Contract::Vault, ([9; 20], other.contracts[&Contract::Vault].1));
    let said = other.check(&mut chain.rpc()).expect_err("nobody is there").to_string();
    assert!(said.contains("stands nothing instead of the vault"), "{said}");
    assert!(connect(chain.rpc(), &other).is_err());
}

#[test]
fn what_is_no_record_is_refused_with_its_fault() {
    for (text, fault) in [
        ("{", "EOF"),
        ("{\"schema\": 7}", "another version"),
        ("{\"schema\": 1}", "no `contracts`"),
        ("{\"schema\": 1, \"contracts\": {\"purse\": {}}}", "`purse`"),
        ("{\"schema\": 1, \"contracts\": {\"vault\": {\"address\": \"0x12\"}}}", "`address` of vault"),
        ("{\"schema\": 1, \"contracts\": {}, \"name\": \"x\"}", "`chain.id`"),
    ] {
        let said = Record::from_json(text).expect_err(text).to_string();
        assert!(said.contains(fault), "{text}: {said}");
    }
}

#[test]
fn each_fault_of_the_way_is_a_sentence_of_its_own() {
    assert!(matches!(Rpc::new("127.0.0.1:8545", SOON), Err(RpcError::Address(_))));
    assert!(matches!(Rpc::new("http://", SOON), Err(RpcError::Address(_))));
    // A port that nobody listens on: taken and given back.
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let said =
        Rpc::new(&format!("http://{free}"), SOON).expect("an address").chain_id().expect_err("nobody").to_string();
    assert!(said.contains("cannot be reached"), "{said}");

    let chain = Chain::start(&["--bare", "--automine"]);
    let proxy = Proxy::to(&chain.url, |_| Fault::None);
    let asked = || Rpc::new(&proxy.url, SOON).expect("an address").chain_id();
    assert_eq!(asked(), Ok(420_420_420));
    for (fault, sentence) in [
        (Fault::Lost, "cannot be reached"),
        (Fault::AnswerLost, "cannot be reached"),
        (Fault::TooMany, "takes no more requests"),
        (Fault::Down, "HTTP status 503"),
        (Fault::Cut, "something else than JSON"),
    ] {
        proxy.now(move |_| fault);
        let said = asked().expect_err("a fault").to_string();
        assert!(said.contains(sentence), "{fault:?}: {said}");
        // Passing faults are asked through.
        let mut left = 2;
        proxy.now(move |_| {
            left -= 1;
            if left >= 0 { fault } else { Fault::None }
        });
        assert_eq!(asked(), Ok(420_420_420), "{fault:?}");
    }
    let said = Record::of_development_chain(&mut Rpc::new(&proxy.url, SOON).expect("an address"));
    assert!(said.expect("a chain without an exchange").contracts.is_empty());
}

#[test]
fn who_has_too_little_for_the_fee_is_told_so_and_nothing_is_sent() {
    let chain = Chain::start(&["--quiet-market", "--automine"]);
    let mut client = chain.client();
    let poor = sit_client::rpc::Key::from_bytes(&[77; 32]).expect("a key");
    let done = client.send(&poor, &Message::OpenAccount { sub: 0 });
    let Err(failure @ Failure::Transport { .. }) = done else { panic!("{done:?}") };
    assert!(failure.to_string().contains("has 0 DOT, and the transaction needs up to"), "{failure}");
    assert_eq!(chain.rpc().transaction_count(poor.address(), true), Ok(0));
    assert_ne!(you().address(), poor.address());
}

#[test]
fn a_chain_that_lies_or_is_behind_gets_no_transaction() {
    let chain = Chain::start(&["--quiet-market", "--automine"]);
    let record = Record::of_development_chain(&mut chain.rpc()).expect("a record");
    let proxy = Proxy::to(&chain.url, |_| Fault::None);
    let asked = || connect(Rpc::new(&proxy.url, SOON).expect("an address"), &record);
    asked().expect("the truth fits");
    for (said, lie, sentence) in [
        ("0x190f1b44", "0x190f1b45", "has the id 420420421"),
        ("\"result\":false", "\"result\":{\"currentBlock\":\"0x5\",\"highestBlock\":\"0x9\"}", "is at block 5 of 9"),
        ("\"hash\":\"0x", "\"hash\":\"0xzz", "something else than bytes"),
        ("\"result\":\"0x50564d", "\"result\":\"0x50564e", "code with the hash"),
    ] {
        proxy.now(move |_| Fault::Lie(said, lie));
        let answer = asked().expect_err(sentence).to_string();
        assert!(answer.contains(sentence), "{sentence}: {answer}");
    }
}

#[test]
#[cfg_attr(not(feature = "tls"), ignore = "needs the feature tls, which `sit` has by default")]
fn whoever_signed_their_own_certificate_is_not_entrusted_with_a_word() {
    let stranger = Stranger::start();
    let begun = std::time::Instant::now();
    let said = Rpc::new(&stranger.url, SOON).expect("an address").chain_id().expect_err("nobody vouches for it");
    assert!(matches!(said, RpcError::Untrusted { .. }), "{said}");
    let said = said.to_string();
    assert!(said.contains("does not prove who it is (") && said.contains("nothing was asked or sent"), "{said}");
    assert_eq!(stranger.heard(), 0, "not even the question");
    // A certificate does not become good by asking again.
    assert!(begun.elapsed() < SOON.timeout, "{:?}", begun.elapsed());
}

#[test]
fn an_endpoint_with_tls_is_named_as_what_it_is() {
    let asked = Rpc::new("https://localhost:1", SOON);
    if cfg!(feature = "tls") {
        asked.expect("it can be asked");
    } else {
        assert!(matches!(asked, Err(RpcError::NoTls(_))));
    }
}
