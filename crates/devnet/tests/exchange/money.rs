//! A thousand random messages of several accounts, refused ones among them: who paid what for them, and where it went,
//! to the planck and to the atom.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::json;
use sit_client::codec;
use sit_devnet::{
    keyring::{self, Key},
    market::Scene,
    node::Sealed,
    rpc::Devnet,
};
use sit_engine::{
    clearing::Instrument,
    launch::{DOLLAR, TPI},
    units::{Lots, Seat, Side, Ticks},
};
use sit_native::{
    Contract, Message, TokenAmount,
    event::clearing::{Filled, Placed},
    message::limit_order,
    stored, view,
};
use sp_core::{H160, H256, U256};

use crate::{join, open, with};

/// Wei of a planck.
const WEI: u64 = 100_000_000;
const PEOPLE: usize = 6;
const MESSAGES: usize = 1_000;
/// Messages that are sent before blocks take them.
const TOGETHER: usize = 25;

/// What moves when a message is done.
enum Moves {
    Nothing,
    /// So many planck to somebody.
    Planck(usize, u64),
    /// So many atoms of the token to somebody.
    Tokens(usize, u64),
    /// So many atoms into custody.
    In(u64),
    /// So many atoms out of custody, to the sender.
    Out(u64),
}

/// What was sent, by whom.
struct Sent {
    from: usize,
    name: &'static str,
    moves: Moves,
}

struct Ledger {
    people: Vec<Key>,
    contracts: Vec<H160>,
    vault: H160,
    sent: HashMap<H256, Sent>,
    /// How many messages of each name were done, and how many refused.
    outcomes: BTreeMap<&'static str, (u32, u32)>,
    /// Planck that contracts were left with as deposits, and that they gave back, block by block.
    deposited: u128,
    freed: u128,
}

impl Ledger {
    /// Holds a block against what its receipts say.
    fn check(&mut self, chain: &Devnet, before: &Sealed, after: &Sealed) {
        let node = &chain.node;
        let planck = |block: &Sealed, who: &[H160]| -> Vec<u128> {
            who.iter().map(|address| node.planck(block, *address)).collect()
        };
        let addresses: Vec<H160> = self.people.iter().map(|key| key.address).collect();
        let mut owed: Vec<(U256, u64)> =
            planck(before, &addresses).into_iter().map(|planck| (U256::from(planck) * WEI, 0)).collect();
        let mut tokens: Vec<u128> = addresses.iter().map(|address| node.usdc(before, *address)).collect();
        let mut custody = node.usdc(before, self.vault);
        let mut price = U256::zero();
        for included in &after.transactions {
            let Sent { from, name, moves } = self.sent.remove(&included.transaction.hash).expect("it was sent");
            price = included.gas_price;
            owed[from].0 -= included.gas_used * price;
            let outcome = self.outcomes.entry(name).or_default();
            if !included.succeeded {
                owed[from].1 += 1;
                outcome.1 += 1;
                continue;
            }
            outcome.0 += 1;
            match moves {
                Moves::Nothing => {}
                Moves::Planck(to, planck) => {
                    owed[from].0 -= U256::from(planck) * WEI;
                    owed[to].0 += U256::from(planck) * WEI;
                }
                Moves::Tokens(to, atoms) => {
                    tokens[from] -= u128::from(atoms);
                    tokens[to] += u128::from(atoms);
                }
                Moves::In(atoms) => {
                    tokens[from] -= u128::from(atoms);
                    custody += u128::from(atoms);
                }
                Moves::Out(atoms) => {
                    tokens[from] += u128::from(atoms);
                    custody -= u128::from(atoms);
                }
            }
        }
        // Everybody has paid what their receipts say: fee, deposit and what gas was rounded up to, less deposits of
        // cells that they have freed, whoever had paid for those. What rounding takes of a transaction that fails is
        // given back with everything else, so that it costs less than its receipt says, by less than a gas.
        for (place, (expected, failed)) in owed.into_iter().enumerate() {
            let has = U256::from(node.planck(after, addresses[place])) * WEI;
            let given_back = has.checked_sub(expected).unwrap_or_else(|| panic!("{place} has {has}, not {expected}"));
            assert!(given_back <= U256::from(failed) * price.saturating_sub(1.into()), "{place}: {given_back}");
            assert_eq!(node.usdc(after, addresses[place]), tokens[place], "tokens of {place}");
        }
        assert_eq!(node.usdc(after, self.vault), custody);
        // Fees are burnt. Deposits lie with the contracts whose cells they are for. Nothing else appears or goes.
        let sum = |block: &Sealed, who: &[H160]| planck(block, who).iter().sum::<u128>();
        let burnt = node.issuance(before) - node.issuance(after);
        let (held_before, held) = (sum(before, &self.contracts), sum(after, &self.contracts));
        assert_eq!(sum(before, &addresses) + held_before, sum(after, &addresses) + held + burnt);
        assert!(burnt > 0 || after.transactions.is_empty());
        self.deposited += held.saturating_sub(held_before);
        self.freed += held_before.saturating_sub(held);
    }
}

#[test]
fn fees_deposits_and_money_of_a_thousand_messages_balance() {
    let (mut chain, _) = open(Scene::Calm);
    let people: Vec<Key> = keyring::all().into_iter().take(PEOPLE).collect();
    let seats: Vec<Seat> = people.iter().map(|key| join(&mut chain, key, 50_000)).collect();
    let at = |contract| H160(chain.deployment.get(contract).expect("it is deployed"));
    let mut ledger = Ledger {
        contracts: chain.deployment.iter().map(|(_, address)| H160(address)).collect(),
        vault: at(Contract::Vault),
        people: people.clone(),
        sent: HashMap::new(),
        outcomes: BTreeMap::new(),
        deposited: 0,
        freed: 0,
    };
    let curve = with(&mut chain, |client| client.cell(&stored::curve(TPI))).unwrap().unwrap();
    let marks: Vec<u32> = (0..3).map(|serial| curve.month(Instrument::new(TPI, serial)).unwrap().mark.0).collect();
    let mut random = StdRng::seed_from_u64(1);
    let mut number = |below: usize| random.next_u32() as usize % below;
    // Orders that rest, or did: whose, where, at what price, by which number.
    let mut orders: Vec<(usize, Instrument, Ticks, u32)> = Vec::new();
    let (mut sent, mut fills, mut head) = (0, 0, chain.node.head().clone());
    while sent < MESSAGES {
        for _ in 0..TOGETHER {
            let (from, to) = (number(PEOPLE), number(PEOPLE));
            let seat = seats[from];
            let amount = (1 + number(1_000)) as u64 * DOLLAR / 10;
            let month = number(3);
            let instrument = Instrument::new(TPI, month as u16);
            let place = |side, price| Message::Place {
                order: limit_order(seat, instrument, side, Ticks(price), Lots(1 + from as u32 % 3)),
            };
            let side = if number(2) == 0 { Side::Buy } else { Side::Sell };
            let step = 1 + number(12) as u32;
            let beside = if side == Side::Buy { marks[month] - step } else { marks[month] + step };
            let through = if side == Side::Buy { marks[month] + step } else { marks[month] - step };
            let (name, message, moves) = match number(9) {
                0 => {
                    let planck = 1 + number(1_000_000) as u64;
                    let call = json!([{
                        "from": format!("{:?}", people[from].address), "to": format!("{:?}", people[to].address),
                        "value": format!("{:#x}", u128::from(planck) * u128::from(WEI)), "gas": "0x400",
                    }]);
                    let hash = chain.call("eth_sendTransaction", &call).unwrap();
                    let known = Sent { from, name: "DOT", moves: Moves::Planck(to, planck) };
                    ledger.sent.insert(serde_json::from_value(hash).unwrap(), known);
                    sent += 1;
                    continue;
                }
                1 => {
                    let (receiver, value) = (people[to].address.0, TokenAmount(amount.into()));
                    ("transfer", Message::SendTokens { to: receiver, value }, Moves::Tokens(to, amount))
                }
                2 => ("deposit", Message::Deposit { seat, amount }, Moves::In(amount)),
                3 => ("withdraw", Message::Withdraw { seat, amount }, Moves::Out(amount)),
                4 => ("place", place(side, beside), Moves::Nothing),
                5 => ("place through the mark", place(side, through), Moves::Nothing),
                6 if !orders.is_empty() => {
                    let (owner, instrument, price, number) = orders.swap_remove(number(orders.len()));
                    let message = Message::Cancel { seat: seats[owner], instrument, price, number };
                    let hash = post(&mut chain, &people[owner], &message);
                    ledger.sent.insert(hash, Sent { from: owner, name: "cancel", moves: Moves::Nothing });
                    sent += 1;
                    continue;
                }
                // Somebody else's, and more than there is: refused on chain, for a fee.
                7 => {
                    let seat = seats[(from + 1) % PEOPLE];
                    ("somebody else's", Message::Withdraw { seat, amount }, Moves::Out(amount))
                }
                _ => {
                    let amount = 10_000_000 * DOLLAR;
                    ("too much", Message::Withdraw { seat, amount }, Moves::Out(amount))
                }
            };
            let hash = post(&mut chain, &people[from], &message);
            ledger.sent.insert(hash, Sent { from, name, moves });
            sent += 1;
        }
        while chain.node.ready_count() > 0 {
            let sealed: Arc<Sealed> = chain.node.seal().unwrap();
            ledger.check(&chain, &head, &sealed);
            for log in sealed.transactions.iter().flat_map(|included| &included.logs) {
                let topics: Vec<[u8; 32]> = log.topics.iter().map(|topic| topic.0).collect();
                let Some(event) = codec::event(Contract::Clearing, &topics, &log.data) else { continue };
                if let Some(Placed { seat, instrument, number, price, .. }) = event.read() {
                    let owner = seats.iter().position(|known| *known == seat).expect("nobody else trades");
                    orders.push((owner, instrument, price, number));
                }
                fills += u32::from(event.read::<Filled>().is_some());
            }
            head = sealed;
        }
        let books = with(&mut chain, |client| client.view(&view::Audit {})).unwrap();
        assert!(books.balanced, "{books:?}");
        assert_eq!(books.balance, chain.node.usdc(&head, ledger.vault));
        assert_eq!(i128::try_from(books.balance), Ok(books.books), "nobody has sent the vault anything besides");
    }
    let Ledger { outcomes, deposited, freed, sent, .. } = ledger;
    println!("{outcomes:?}, {fills} fills, deposits of {deposited} planck and {freed} back");
    assert!(sent.is_empty(), "{} are in no block", sent.len());
    for name in ["DOT", "transfer", "deposit", "withdraw", "place", "place through the mark", "cancel"] {
        assert!(outcomes[name].0 > 40, "{name}: {outcomes:?}");
    }
    for name in ["somebody else's", "too much"] {
        assert!(outcomes[name].0 == 0 && outcomes[name].1 > 40, "{name}: {outcomes:?}");
    }
    assert!(fills > 40 && deposited > 0 && freed > 0);
}

fn post(chain: &mut Devnet, key: &Key, message: &Message) -> H256 {
    let to = chain.deployment.get(message.contract());
    chain.post(key, to, codec::calldata(message)).unwrap_or_else(|error| panic!("{message:?}: {error}"))
}
