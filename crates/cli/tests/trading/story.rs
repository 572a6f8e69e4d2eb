//! The first trade, from an empty account to a withdrawal, on a chain with a market that lives.

use super::support::{Chain, User, atoms, wait};

#[test]
fn a_first_trade_from_faucet_to_withdrawal() {
    let chain = Chain::start(&["--block-time", "1", "--start", "1796025600"]);
    let user = User::at(&chain);
    let wallet = user.json("account show");
    assert!(wallet["accounts"].as_array().is_some_and(Vec::is_empty), "{wallet}");

    let given = user.json("faucet 5000");
    assert_eq!(atoms(&given["token"]), atoms(&wallet["token"]) + 5_000_000_000);
    let seat = user.act("account open")["seat"].as_u64().expect("a seat");
    // One transaction by the token's permit, and no allowance is left behind; or two, where somebody wants that.
    let deposited = user.act("deposit 9000");
    assert_eq!(deposited["transactions"].as_array().map(Vec::len), Some(1), "{deposited}");
    assert_eq!(user.json("account show")["allowance"], "0.000000");
    let deposited = user.act("deposit 1000 --approve");
    assert_eq!(deposited["transactions"].as_array().map(Vec::len), Some(2), "{deposited}");
    assert_eq!(user.json("account show")["accounts"][0]["cash"], "10000.000000");

    // The market maker's quotes are there, and a market order takes some.
    wait("a quote", || user.json("book front")["book"].as_array().is_some_and(|book| book.len() > 1));
    let month = user.json("book front")["month"].as_str().expect("a month").to_owned();
    let bought = user.act(&format!("order buy 5lots {month} market --max-slippage 1%"));
    assert_eq!((bought["traded_lots"].as_u64(), bought["resting_lots"].as_u64()), (Some(5), Some(0)), "{bought}");
    assert_eq!(bought["trades_lots"], bought["traded_lots"]);
    assert_eq!((&bought["fee"], &bought["average_price"]), (&bought["traded_fee"], &bought["traded_price"]));

    // An order far below rests, is shown wherever orders are, and is cancelled.
    let low = user.json("markets")["markets"][0]["low"].as_str().expect("a limit").to_owned();
    let rests = user.act(&format!("order buy 200MSIT {month} {low} --good-for 2h"));
    let number = rests["order"].as_u64().expect("a number");
    assert_eq!(rests["resting_price"], low.as_str());
    let orders = user.json("orders");
    assert_eq!(orders["orders"][0]["order"], number, "{orders}");
    assert!(user.text(&format!("watch {month} --once")).contains(&format!("#{number} ")));
    user.act(&format!("cancel {number}"));
    assert!(user.json("orders")["orders"].as_array().is_some_and(Vec::is_empty));

    // The liquidation price is the same number wherever it stands.
    let positions = user.json("positions");
    let position = &positions["positions"][0];
    assert_eq!((position["lots"].as_i64(), positions["seat"].as_u64()), (Some(5), Some(seat)), "{positions}");
    assert!(position["if_closed_now"].is_string(), "{position}");
    let preview = user.json(&format!("order sell 1lot {month} market --max-slippage 2% --dry-run"));
    assert_eq!(preview["sent"], false);
    assert_eq!(preview["liquidation"][0]["below_before"], position["liquidation_below"]);
    assert_eq!(preview["liquidation"][0]["above_before"], position["liquidation_above"]);

    // Noon passes, the day is settled, and the variation is paid.
    chain.pass(4 * 3_600 + 600);
    wait("a settlement", || user.json("settlements")["settlements"].as_array().is_some_and(|rows| !rows.is_empty()));

    // After the opening phase the position is closed. That "if closed now" is what closing gives: money.rs, in a book
    // that stands still.
    chain.pass(300);
    wait("trading", || user.json(&format!("book {month}"))["state"] == "trading");
    wait("a bid", || {
        let book = user.json(&format!("book {month}"));
        book["book"].as_array().is_some_and(|rows| rows.iter().any(|row| row["side"] == "bid"))
    });
    let sold = user.act(&format!("order sell 5lots {month} market --max-slippage 5% --reduce-only"));
    assert_eq!(sold["traded_lots"], 5, "{sold}");

    // Every change of cash is a row, and nothing else.
    let statement = user.json("statement");
    assert_eq!(statement["sum"], statement["cash"], "{statement}");
    let csv = user.text("statement --csv");
    let mut rows = csv::Reader::from_reader(csv.as_bytes());
    let headers = rows.headers().expect("a header").clone();
    let wanted = "time,kind,month,side,lots,price,amount,currency,balance,block,log,transaction,schema";
    assert_eq!(headers.iter().collect::<Vec<_>>().join(","), wanted);
    let mut sum = 0;
    for row in rows.records() {
        let row = row.expect("a row");
        if &row[7] == "USD" {
            sum += atoms(&row[6].into());
            assert_eq!(atoms(&row[8].into()), sum, "{row:?}");
        }
        assert!(row[0].ends_with('Z') && &row[12] == "sit-statement-1", "{row:?}");
    }
    assert_eq!(sum, atoms(&statement["cash"]));
    // For programs for taxes the same changes, each once and with its sign as a column; no trade, which moves nothing.
    let file = user.text("statement --format koinly");
    let mut rows = csv::Reader::from_reader(file.as_bytes());
    let (mut cash, mut dot, mut labels) = (0, 0, std::collections::BTreeSet::new());
    for row in rows.records() {
        let row = row.expect("a row");
        let (sent, received) = (&row[1], &row[3]);
        assert!(sent.is_empty() != received.is_empty() && row[0].ends_with(" UTC"), "{row:?}");
        let amount = |digits: &str| digits.replace('.', "").parse::<i128>().expect("digits");
        match (&row[2], &row[4]) {
            ("USDC", "") => cash -= amount(sent),
            ("", "USDC") => cash += amount(received),
            ("DOT", "") => dot += amount(sent),
            other => panic!("{other:?}"),
        }
        labels.insert(row[9].to_owned());
    }
    assert_eq!(cash, sum);
    assert!(
        dot > 0 && ["cost", "margin fee", "realized gain"].iter().all(|label| labels.contains(*label)),
        "{labels:?}"
    );
    let other = user.text("statement --format cointracker --no-dot");
    assert!(other.starts_with("Date,Received Quantity,") && !other.contains("DOT"), "{other}");
    let moves = file.lines().filter(|line| line.contains("USDC")).count();
    assert_eq!(other.lines().count() - 1, moves);
    let fills = user.json("fills");
    let fills = fills["fills"].as_array().expect("fills");
    assert_eq!(fills.iter().map(|fill| fill["lots"].as_u64().expect("lots")).sum::<u64>(), 10, "{fills:?}");

    // And all of it comes home.
    let before = atoms(&user.json("account show")["token"]);
    let claimed = user.json("claim --yes");
    assert!(claimed.is_object());
    let most = user.json("positions")["withdrawable"].clone();
    let sent = user.act("withdraw all");
    assert!(sent["action"].as_str().is_some_and(|action| action.starts_with("withdraw ")), "{sent}");
    assert_eq!(atoms(&user.json("account show")["token"]) - before, atoms(&most));
}
