//! An exchange deployed over JSON-RPC: addresses known beforehand, breaks anywhere, and a look at what stands there.

use serde_json::json;
use sit_client::{
    Plan, Signer as _,
    deploy::Authority,
    rpc::{Key, Node, Record, Rollout, RolloutError, Rpc, WEI_PER_PLANCK, connect, verify},
};
use sit_engine::launch::DELAYS;
use sit_native::{Contract, view};

use crate::support::{Chain, Dice, SOON, yours};
use sit_programs::{Fault, Proxy};

/// Gives a key DOT, as on a development chain one can.
fn rich(chain: &Chain, key: &Key) {
    let address: String = key.address().iter().map(|byte| format!("{byte:02x}")).collect();
    chain
        .rpc()
        .request("anvil_setBalance", json!([format!("0x{address}"), "0x3635c9adc5dea00000"]))
        .expect("it has DOT");
}

#[test]
fn a_deployment_stands_where_it_was_planned_however_often_it_breaks_off() {
    let chain = Chain::start(&["--quiet-market", "--automine"]);
    let token = Record::of_development_chain(&mut chain.rpc()).expect("a record").contracts[&Contract::Token].0;
    let (deployer, governor) = (Key::from_bytes(&[0x31; 32]).expect("a key"), yours(1));
    rich(&chain, &deployer);
    let authority = Authority::Contract { governor: governor.address(), guardian: yours(2).address(), delays: DELAYS };
    let plan = Plan { token, authority, programme: None };
    let folder = tempfile::tempdir().expect("a folder");
    let proxy = Proxy::to(&chain.url, |_| Fault::None);
    let node = || {
        let mut node = Node::new(Rpc::new(&proxy.url, SOON)?)?.with_journals(folder.path().to_owned());
        node.patience = std::time::Duration::from_secs(5);
        Ok::<Node, sit_client::rpc::RpcError>(node)
    };
    let mut planning = node().expect("it answers");
    let rollout = Rollout::plan(&mut planning, deployer.address(), &plan).expect("it is built");
    assert_eq!(rollout.steps.len(), Contract::ALL.len());
    let prices = rollout.prices(&mut planning, &plan).expect("it can be estimated");
    let estimated: u128 = prices.iter().map(|price| price.wei).sum();
    let before = chain.rpc().balance(deployer.address()).expect("it answers");
    drop(planning);

    // What is known from one run to the next is what lies on the disk: the plan, and the journals.
    let written = rollout.to_json().to_string();
    let (mut dice, mut runs) = (Dice(5), 0);
    let mut client = loop {
        runs += 1;
        assert!(runs < 60, "it comes to an end");
        let mut left = 20 + dice.roll(120);
        let lost = if dice.roll(2) == 0 { Fault::Lost } else { Fault::AnswerLost };
        proxy.now(move |_| {
            left = left.saturating_sub(1);
            if left == 0 { lost } else { Fault::None }
        });
        let rollout = Rollout::from_json(&written).expect("it was written");
        let Ok(node) = node() else { continue };
        match rollout.carry_out(node, &deployer, &governor, &plan) {
            Ok(client) => break client,
            Err(RolloutError::Node(_) | RolloutError::Failure(sit_client::Failure::Transport { .. })) => {}
            Err(other) => panic!("run {runs}: {other}"),
        }
    };
    proxy.now(|_| Fault::None);
    let paid = before - chain.rpc().balance(deployer.address()).expect("it answers");
    println!("{runs} runs; estimated {estimated} wei, paid {paid} wei");
    assert!(paid <= estimated + estimated / 10 && estimated <= paid + paid / 10, "estimated {estimated}, paid {paid}");
    assert_eq!(
        chain.rpc().transaction_count(deployer.address(), false),
        Ok(Contract::ALL.len() as u64),
        "nothing was deployed twice"
    );
    assert!(client.view(&view::Audit {}).expect("it answers").balanced);

    // The deployer's journal says which transaction made which contract; a machine without it does not guess.
    let made = rollout.made(&mut client.transport).expect("the journal has them");
    let contracts: Vec<Contract> = made.iter().map(|made| made.contract).collect();
    assert_eq!(contracts, Contract::ALL, "{made:?}");
    let told: u128 = made.iter().map(|made| made.planck * WEI_PER_PLANCK).sum();
    assert!(told <= paid + paid / 10 && paid <= told + told / 10, "told {told}, paid {paid}");
    let elsewhere = rollout.made(&mut Node::new(chain.rpc()).expect("it answers"));
    assert_eq!(elsewhere.expect("there is no journal"), []);

    let findings = verify(&mut client, &plan).expect("everything can be looked at");
    assert!(findings.iter().all(|finding| finding.fits) && findings.len() > 15, "{findings:?}");
    let other = Authority::Contract { governor: yours(0).address(), guardian: yours(2).address(), delays: DELAYS };
    let wrong = verify(&mut client, &Plan { authority: other, ..plan }).expect("everything can be looked at");
    let wrong: Vec<&str> = wrong.iter().filter(|finding| !finding.fits).map(|finding| finding.what.as_str()).collect();
    assert_eq!(wrong, ["the planned governor governs"]);

    // Its record lets others connect, and not to another chain.
    let record = rollout.record("trial", &plan);
    connect(chain.rpc(), &Record::from_json(&record.to_json().to_string()).expect("readable")).expect("it fits");
    let other = Chain::start(&["--bare", "--automine"]);
    assert!(record.check(&mut other.rpc()).is_err());
    drop(client);
    let lost = rollout.carry_out(Node::new(other.rpc()).expect("it answers"), &deployer, &governor, &plan);
    assert!(matches!(lost, Err(RolloutError::Chain | RolloutError::Number { .. })), "{:?}", lost.err());
}

#[test]
fn a_key_that_was_used_for_something_else_and_a_plan_changed_by_hand_are_refused() {
    let chain = Chain::start(&["--quiet-market", "--automine"]);
    let token = Record::of_development_chain(&mut chain.rpc()).expect("a record").contracts[&Contract::Token].0;
    let key = yours(0);
    let authority = Authority::Contract { governor: key.address(), guardian: key.address(), delays: DELAYS };
    let plan = Plan { token, authority, programme: None };
    let mut node = Node::new(chain.rpc()).expect("it answers");
    let rollout = Rollout::plan(&mut node, key.address(), &plan).expect("it is built");
    let other = rollout.carry_out(Node::new(chain.rpc()).expect("it answers"), &yours(1), &key, &plan);
    assert!(matches!(other, Err(RolloutError::Deployer { .. })));

    let text = rollout.to_json().to_string();
    assert_eq!(Rollout::from_json(&text).expect("readable"), rollout);
    let moved = text.replace(&format!("\"nonce\":{}", rollout.steps[2].nonce), "\"nonce\":77");
    let said = Rollout::from_json(&moved).expect_err("it was changed").to_string();
    assert!(said.contains("no step of this deployer"), "{said}");

    let mut blob = rollout.clone();
    blob.steps[0].code[0] ^= 1;
    let said =
        blob.carry_out(Node::new(chain.rpc()).expect("it answers"), &key, &key, &plan).expect_err("another blob");
    assert!(matches!(said, RolloutError::OtherBlob("governance")), "{said}");

    let spend = json!([{ "from": address(&key), "to": address(&key), "value": "0x1" }]);
    chain.rpc().request("eth_sendTransaction", spend).expect("it is sent");
    let said = rollout.carry_out(node, &key, &key, &plan).expect_err("the number is used").to_string();
    assert!(said.contains("plan anew with a fresh key"), "{said}");
}

fn address(key: &Key) -> String {
    format!("0x{}", key.address().iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}
