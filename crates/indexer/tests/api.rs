//! The API as its clients have it: over real sockets, held to its description, against clients that behave badly.

mod support;

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
    mpsc,
};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sit_engine::calendar::DAY;
use sit_indexer::{
    follow::Follower,
    serve::{OPENAPI, serve},
    service::Shared,
};
use sit_programs::Dice;
use support::{Chain, Node, sequence};

/// An index that is served, of a chain that the test moves.
struct Served {
    node: Node,
    follower: Follower<Node>,
    shared: Arc<Shared>,
    address: SocketAddr,
    /// What all of its threads are called.
    name: String,
    dice: Dice,
    _folder: tempfile::TempDir,
}

impl Served {
    fn new(seed: u64, blocks: u64, web: Option<PathBuf>) -> Self {
        let mut chain = Chain::new();
        let mut dice = Dice(seed);
        chain.play(&mut sequence(seed), blocks, 5, &mut dice);
        let node = Node::of(chain);
        let folder = tempfile::tempdir().unwrap();
        let follower = node.follower(folder.path());
        let identity = node.chain.borrow().identity();
        let shared = Shared::new(folder.path().to_owned(), identity, Some("http://127.0.0.1:8545".to_owned()));
        let shared = Arc::new(shared.unwrap_or_else(|error| panic!("{error}")));
        let (tell, told) = mpsc::channel();
        let serving = Arc::clone(&shared);
        // By its name its threads are told from those of the tests beside it.
        static SERVED: AtomicU32 = AtomicU32::new(0);
        let name = format!("served {}", SERVED.fetch_add(1, Ordering::Relaxed));
        let threads = name.clone();
        let thread = std::thread::Builder::new().name(name.clone());
        let serves = move || {
            let mut runtime = tokio::runtime::Builder::new_multi_thread();
            let runtime = runtime.worker_threads(2).thread_name(threads).enable_all().build().unwrap();
            let any = SocketAddr::from(([127, 0, 0, 1], 0));
            runtime.block_on(serve(any, serving, web, |bound| tell.send(bound).unwrap())).unwrap();
        };
        thread.spawn(serves).unwrap();
        let address = told.recv().unwrap();
        let mut served = Self { node, follower, shared, address, name, dice, _folder: folder };
        served.catch_up();
        served
    }

    fn catch_up(&mut self) {
        while !self.shared.advance(&mut self.follower).unwrap_or_else(|error| panic!("{error}")) {}
    }

    fn play(&mut self, seed: u64, blocks: u64) {
        self.node.chain.borrow_mut().play(&mut sequence(seed), blocks, 5, &mut self.dice);
        self.catch_up();
    }

    fn get(&self, path: &str) -> (u16, Value) {
        let (status, _, body) = self.fetch(path);
        (status, serde_json::from_slice(&body).unwrap_or_else(|error| panic!("{path}: {error}")))
    }

    /// Changes the tables behind the index's back.
    fn execute(&self, sql: &str) {
        let path = self._folder.path().join("index.sqlite");
        rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
    }

    fn data(&self, path: &str) -> Value {
        let (status, mut answer) = self.get(path);
        assert_eq!(status, 200, "{path}: {answer}");
        answer["data"].take()
    }

    fn fetch(&self, path: &str) -> (u16, String, Vec<u8>) {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        request_of(self.address, request.as_bytes()).unwrap_or_else(|| panic!("{path} was not answered"))
    }

    /// All pages of a list.
    fn pages(&self, path: &str, limit: usize) -> Vec<Value> {
        self.pages_from(path, limit, None)
    }

    /// All pages of a list from a cursor on.
    fn pages_from(&self, path: &str, limit: usize, mut cursor: Option<String>) -> Vec<Value> {
        let mut rows = Vec::new();
        let joint = if path.contains('?') { '&' } else { '?' };
        loop {
            let cursor_part = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let (_, answer) = self.get(&format!("{path}{joint}limit={limit}{cursor_part}"));
            rows.extend(answer["data"].as_array().unwrap().iter().cloned());
            match answer["next"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return rows,
            }
        }
    }
}

fn request_of(address: SocketAddr, request: &[u8]) -> Option<(u16, String, Vec<u8>)> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let mut part = [0; 65_536];
    loop {
        match stream.read(&mut part) {
            Ok(0) => break,
            Ok(read) => answer.extend_from_slice(&part[..read]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(error) => panic!("{error}"),
        }
    }
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, head, answer[end + 4..].to_vec()))
}

/// Whether a value is what a schema of the description says: the part of JSON Schema that it uses.
fn check(schema: &Value, value: &Value, root: &Value, at: &str) -> Result<(), String> {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        let found = &root["components"]["schemas"][name];
        assert!(found.is_object(), "the description has no {name}");
        return check(found, value, root, at);
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let allowed: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().map(|name| name.as_str().unwrap()).collect(),
        _ => vec![kind],
    };
    if !allowed.contains(&kind) {
        return Err(format!("{at} is {value}, and should be {allowed:?}"));
    }
    if let Some(all) = schema["enum"].as_array()
        && !all.contains(value)
        && !value.is_null()
    {
        return Err(format!("{at} is {value}, none of {all:?}"));
    }
    if let (Some(number), Some(least)) = (value.as_i64(), schema["minimum"].as_i64())
        && number < least
    {
        return Err(format!("{at} is {number}, below {least}"));
    }
    if let (Some(number), Some(most)) = (value.as_u64(), schema["maximum"].as_u64())
        && number > most
    {
        return Err(format!("{at} is {number}, above {most}"));
    }
    if let (Some(text), Some(pattern)) = (value.as_str(), schema["pattern"].as_str()) {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let hex = |text: &str, length: usize| {
            text.strip_prefix("0x")
                .is_some_and(|rest| rest.len() == length && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
        };
        let fits = match pattern {
            "^[0-9]+$" => digits(text),
            "^-?[0-9]+$" => digits(text.strip_prefix('-').unwrap_or(text)),
            "^0x[0-9a-f]{64}$" => hex(text, 64) && text == text.to_lowercase(),
            "^0x[0-9a-f]{40}$" => hex(text, 40) && text == text.to_lowercase(),
            "^0x[0-9a-fA-F]{40}$" => hex(text, 40),
            "^0x([0-9a-f]{2})*$" => hex(text, text.len().saturating_sub(2)) && text.len() % 2 == 0,
            "^[0-9]+\\.[0-9]{4}$" => {
                text.split_once('.').is_some_and(|(whole, part)| digits(whole) && digits(part) && part.len() == 4)
            }
            other => panic!("the test does not know the pattern {other}"),
        };
        if !fits {
            return Err(format!("{at} is {text}, and should look like {pattern}"));
        }
    }
    if let Some(rows) = value.as_array() {
        for (place, row) in rows.iter().enumerate() {
            check(&schema["items"], row, root, &format!("{at}[{place}]"))?;
        }
    }
    if let (Some(fields), Some(known)) = (value.as_object(), schema["properties"].as_object()) {
        for name in schema["required"].as_array().into_iter().flatten() {
            if !fields.contains_key(name.as_str().unwrap()) {
                return Err(format!("{at} lacks {name}"));
            }
        }
        for (name, field) in fields {
            match known.get(name) {
                Some(schema) => check(schema, field, root, &format!("{at}.{name}"))?,
                None if schema["additionalProperties"] == json!(false) => {
                    return Err(format!("{at} has {name}, which is not described"));
                }
                None => {}
            }
        }
    }
    Ok(())
}

#[test]
fn every_path_answers_as_it_is_described() {
    let served = Served::new(4, 160, None);
    let description: Value = serde_json::from_str(OPENAPI).unwrap();
    assert_eq!(served.get("/v1/openapi.json").1, description);
    let owner = served.data("/v1/accounts/0")["owner"].as_str().unwrap().to_owned();
    let mut empty = BTreeSet::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        if ["/v1/openapi.json", "/v1/stream"].contains(&path.as_str()) {
            continue;
        }
        let asked = path.replace("{instrument}", "0").replace("{seat}", "0");
        let needs = match path.as_str() {
            "/v1/accounts" => format!("?owner={owner}"),
            "/v1/candles/{instrument}" => "?resolution=1h".to_owned(),
            _ => String::new(),
        };
        let asked = format!("{asked}{needs}");
        let answers = &item["get"]["responses"];
        if path.ends_with("/statement") {
            let (status, head, _) = served.fetch(&asked);
            assert!(status == 200 && head.contains("content-type: text/csv"), "{head}");
        } else {
            let (status, answer) = served.get(&asked);
            assert_eq!(status, 200, "{asked}: {answer}");
            let schema = &answers["200"]["content"]["application/json"]["schema"];
            check(schema, &answer, &description, &asked).unwrap_or_else(|error| panic!("{error}"));
            if answer["data"].as_array().is_some_and(Vec::is_empty) {
                empty.insert(path.clone());
            }
        }
        // Every parameter is known to the program, and none that is not described.
        let parameters: BTreeSet<&str> = item["get"]["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|parameter| parameter["in"] == "query")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        let (status, answer) = served.get(&format!("{asked}{}nonsense=1", if needs.is_empty() { '?' } else { '&' }));
        assert_eq!(status, 400, "{path}");
        check(&description["components"]["schemas"]["Error"], &answer, &description, path).unwrap();
        let sentence = answer["error"]["message"].as_str().unwrap();
        let takes = sentence.split("it takes ").nth(1).unwrap_or_default();
        let takes: BTreeSet<&str> = takes.split(", ").filter(|name| *name != "none").collect();
        assert_eq!(takes, parameters, "{path}");
    }
    println!("paths without a row: {empty:?}");
    assert!(empty.len() <= 6, "{empty:?}");
    for (path, status) in [
        ("/v1/accounts/99999", 404),
        ("/v1/book/999", 404),
        ("/v1/book/x", 400),
        ("/v1/candles/0", 400),
        ("/v1/candles/0?resolution=2m", 400),
        ("/v1/nothing", 404),
        ("/v1/", 404),
        ("/v1/trades?cursor=zz", 400),
        ("/v1/accounts?owner=0x12", 400),
    ] {
        let (answered, answer) = served.get(path);
        assert_eq!(answered, status, "{path}: {answer}");
        check(&description["components"]["schemas"]["Error"], &answer, &description, path).unwrap();
    }
}

/// What stands in backticks.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn the_chapter_names_every_path_channel_message_state_code_and_metric_that_there_is_and_no_other() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/book/src/index-program.md");
    let chapter = std::fs::read_to_string(path).unwrap();
    let description: Value = serde_json::from_str(OPENAPI).unwrap();
    let schemas = &description["components"]["schemas"];
    let names = |value: &Value| -> BTreeSet<String> {
        value.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    let rows = |head: &str| -> Vec<&str> {
        let (_, table) = chapter.split_once(head).unwrap_or_else(|| panic!("there is no table {head}"));
        table.lines().skip(2).take_while(|line| line.starts_with('|')).collect()
    };
    let cells = |head: &str, cell: usize| -> BTreeSet<String> {
        rows(head).iter().flat_map(|row| code(row.split('|').nth(cell).unwrap()).map(str::to_owned)).collect()
    };

    let mut paths = BTreeSet::new();
    for row in rows("| path under `/v1` | what |") {
        let mut of_account = false;
        for path in code(row.split('|').nth(1).unwrap()) {
            let path = path.split('?').next().unwrap();
            of_account |= path.starts_with("/accounts/{seat}/");
            let short = of_account && !path.starts_with("/accounts");
            paths.insert(if short { format!("/v1/accounts/{{seat}}{path}") } else { format!("/v1{path}") });
        }
    }
    for path in ["/v1/openapi.json", "/v1/stream"] {
        assert!(chapter.contains(&format!("`{path}`")), "{path}");
        paths.insert(path.to_owned());
    }
    let described: BTreeSet<String> = description["paths"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(paths, described);

    let (_, channels) = chapter.split_once("Channels: ").unwrap();
    let channels = channels.split_once("of which").unwrap().0;
    let channels: BTreeSet<String> = code(channels).map(str::to_owned).collect();
    assert_eq!(channels, names(&schemas["StreamCommand"]["properties"]["channel"]["enum"]));
    let (_, subscribing) = chapter.split_once("## Subscribing").unwrap();
    let subscribing = subscribing.split_once("## When something is wrong").unwrap().0;
    for (name, schema) in schemas.as_object().unwrap().iter().filter(|(name, _)| name.starts_with("Stream")) {
        for kind in names(&schema["properties"]["type"]["enum"]) {
            let told = subscribing.contains(&format!("`{kind}`")) || subscribing.contains(&format!("\"{kind}\""));
            assert!(told, "the chapter does not say what {kind} of {name} is");
        }
    }

    assert_eq!(cells("| `state` of `/v1/status` |", 1), names(&schemas["Status"]["properties"]["state"]["enum"]));
    let codes = &schemas["Error"]["properties"]["error"]["properties"]["code"]["enum"];
    assert_eq!(cells("| status | code | why |", 2), names(codes));

    let served = Served::new(4, 5, None);
    let text = String::from_utf8(served.fetch("/metrics").2).unwrap();
    let there: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let told: BTreeSet<&str> = code(&chapter).filter(|name| name.starts_with("sit_index_")).collect();
    assert_eq!(told, there);
}

#[test]
fn metrics_say_what_the_status_says() {
    let served = Served::new(4, 60, None);
    let (status, head, body) = served.fetch("/metrics");
    assert!(status == 200 && head.contains("content-type: text/plain"), "{head}");
    let text = String::from_utf8(body).unwrap();
    let value = |name: &str| -> Option<u64> {
        text.lines()
            .find_map(|line| line.strip_prefix("sit_index_")?.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
    };
    let (_, said) = served.get("/v1/status");
    let data = &said["data"];
    for (name, here) in [
        ("block", &said["block"]),
        ("final_block", &said["final_block"]),
        ("node_block", &data["node_block"]),
        ("events", &data["events"]),
        ("alarms", &data["alarms"]),
        ("reorgs", &data["reorgs"]),
    ] {
        assert!(here.is_u64() && value(name) == here.as_u64(), "{name}: {here} and\n{text}");
    }
    assert_eq!((value("ready"), value("lag_seconds")), (Some(1), Some(0)), "{text}");
    let (values, kinds) = (text.lines().filter(|line| !line.starts_with('#')).count(), text.matches("# TYPE ").count());
    assert_eq!(values, kinds, "{text}");
}

#[test]
fn pages_neither_miss_nor_repeat_a_row_while_blocks_come() {
    let mut served = Served::new(11, 120, None);
    for path in ["/v1/events", "/v1/accounts/0/ledger", "/v1/accounts/0/order-events", "/v1/trades", "/v1/settlements"]
    {
        let before = served.pages(path, 1_000);
        assert!(before.len() > 3, "{path} has {} rows", before.len());
        let joint = if path.contains('?') { '&' } else { '?' };
        let (_, first) = served.get(&format!("{path}{joint}limit=2"));
        served.play(40, 5);
        let mut rows = first["data"].as_array().unwrap().clone();
        let next = first["next"].as_str().unwrap();
        rows.extend(served.pages_from(path, 7, Some(next.to_owned())));
        assert_eq!(rows, before, "{path}");
    }
}

#[test]
fn a_statement_opens_changes_and_closes_to_the_atom() {
    let served = Served::new(8, 200, None);
    for seat in 0..5 {
        let account = served.data(&format!("/v1/accounts/{seat}"));
        let cash: i128 = account["cash_atoms"].as_str().unwrap().parse().unwrap();
        let atoms = |text: &str| -> i128 { text.replace('.', "").parse().unwrap() };
        let text = String::from_utf8(served.fetch(&format!("/v1/accounts/{seat}/statement")).2).unwrap();
        let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();
        assert!(rows.iter().all(|row| row.len() == 15 && row[0] == "sit-statement-1"), "{text}");
        assert_eq!((rows[0][6], rows.last().unwrap()[6]), ("opening", "closing"));
        let changes: i128 = rows.iter().filter(|row| row[7] == "USDC").map(|row| atoms(row[8])).sum();
        assert_eq!((atoms(rows[0][9]) + changes, atoms(rows.last().unwrap()[9])), (cash, cash), "seat {seat}");
        // Trades of both sides are there, and the fees of gas.
        let fills = served.pages(&format!("/v1/accounts/{seat}/fills"), 1_000).len();
        let told =
            rows.iter().filter(|row| row[6].starts_with("fill_") || ["takeover", "liquidated"].contains(&row[6]));
        assert_eq!(told.count(), fills);
        // A part of the time opens with what the part before it closes with.
        let middle = served.get("/v1/status").1["block_time"].as_u64().unwrap() - u64::from(DAY);
        let part = |query: &str| {
            let path = format!("/v1/accounts/{seat}/statement?{query}");
            String::from_utf8(served.fetch(&path).2).unwrap()
        };
        let (first, second) = (part(&format!("to={middle}")), part(&format!("from={middle}")));
        let edge = |text: &str, last: bool| {
            let mut lines = text.lines().skip(1);
            let line = if last { lines.last() } else { lines.next() };
            line.unwrap().split(',').nth(9).unwrap().to_owned()
        };
        assert_eq!(edge(&first, true), edge(&second, false));
        // The columns of the programs for taxes have the same changes.
        for (format, sent, received, currency) in [("koinly", 1, 3, 2), ("cointracker", 3, 1, 4)] {
            let text = part(&format!("format={format}"));
            let mut sum = 0;
            for line in text.lines().skip(1) {
                let columns: Vec<&str> = line.split(',').collect();
                if columns[currency] != "DOT" {
                    sum += if columns[received].is_empty() { -atoms(columns[sent]) } else { atoms(columns[received]) };
                }
            }
            assert_eq!(sum, cash, "{format} of seat {seat}");
        }
    }
}

#[test]
fn a_statement_ends_with_what_is_final_and_every_answer_says_where_that_is() {
    let mut served = Served::new(8, 120, None);
    served.node.faults.borrow_mut().open = Some(40);
    served.play(9, 20);
    let head = served.node.chain.borrow().head();
    let last = head - 40;
    let (_, status) = served.get("/v1/status");
    assert_eq!((status["block"].as_u64(), status["final_block"].as_u64()), (Some(head), Some(last)), "{status}");
    let atoms = |text: &str| -> i128 { text.replace('.', "").parse().unwrap() };
    let statement = |served: &Served, seat: u32, query: &str| -> Vec<Vec<String>> {
        let text = served.fetch(&format!("/v1/accounts/{seat}/statement{query}")).2;
        let text = String::from_utf8(text).unwrap();
        text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
    };
    let mut open = 0;
    for seat in 0..5 {
        let ledger = served.pages(&format!("/v1/accounts/{seat}/ledger"), 1_000);
        let is_final = |row: &&Value| row["block"].as_u64().unwrap() <= last;
        open += ledger.len() - ledger.iter().filter(is_final).count();
        let balance = ledger.iter().find(is_final).map_or("0", |row| row["balance_atoms"].as_str().unwrap());
        let rows = statement(&served, seat, "");
        assert!(rows.iter().all(|row| row[2].is_empty() || row[2].parse::<u64>().unwrap() <= last), "{rows:?}");
        assert_eq!(atoms(&rows.last().unwrap()[9]), balance.parse::<i128>().unwrap(), "seat {seat}");
        // A part that begins later opens and closes with what is final.
        let later = statement(&served, seat, &format!("?from={}", status["block_time"]));
        assert_eq!(later.len(), 2, "{later:?}");
        assert!(later.iter().all(|row| atoms(&row[9]) == balance.parse::<i128>().unwrap()), "{later:?}");
    }
    assert!(open > 0, "something has happened that is not final");
    // Whoever has not heard what is final takes for it what is rarely replaced by then.
    let identity = served.node.chain.borrow().identity();
    let fresh = Shared::new(served._folder.path().to_owned(), identity, None).unwrap_or_else(|error| panic!("{error}"));
    let said = fresh.answer(&["status"], None).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(said["final_block"].as_u64(), Some(head - 16), "{said}");
    // And when all of it is final, the statement has all of it.
    served.node.faults.borrow_mut().open = Some(0);
    served.play(10, 1);
    for seat in 0..5 {
        let cash = served.data(&format!("/v1/accounts/{seat}"))["cash_atoms"].as_str().unwrap().parse::<i128>();
        assert_eq!(Ok(atoms(&statement(&served, seat, "").last().unwrap()[9])), cash, "seat {seat}");
    }
}

#[test]
fn what_a_transaction_costs_stands_in_one_statement_and_what_a_failed_one_was_to_bring_in_none() {
    let served = Served::new(8, 60, None);
    // Tables as they are after transactions with some DOT, and with two accounts of one owner.
    let other = Served::execute;
    other(&served, "UPDATE raw_transaction SET value = '7' WHERE sender = (SELECT owner FROM account WHERE seat = 0)");
    let rows = |seat: u32, kind: &str| -> usize {
        let text = String::from_utf8(served.fetch(&format!("/v1/accounts/{seat}/statement")).2).unwrap();
        text.lines().filter(|line| line.split(',').nth(6) == Some(kind)).count()
    };
    // Nothing tells deposits apart here, but that what has failed has none.
    let (gas, sent) = (rows(0, "gas_and_deposit") + rows(0, "gas"), rows(0, "dot_sent"));
    let failed = served.data("/v1/accounts/0/costs?limit=1000");
    let failed = failed.as_array().unwrap().iter().filter(|row| row["succeeded"] == json!(false)).count();
    assert!(failed > 0 && sent > 0, "{failed} failed, {sent} were sent DOT");
    assert_eq!(sent, gas - failed, "who sent it keeps what a transaction that failed was to bring");
    assert_eq!(rows(0, "gas"), failed);

    assert!(rows(1, "gas_and_deposit") > 0);
    other(&served, "UPDATE account SET owner = (SELECT owner FROM account WHERE seat = 0) WHERE seat = 1");
    let together = rows(0, "gas_and_deposit") + rows(0, "gas");
    assert!(together >= gas);
    assert_eq!((rows(1, "gas"), rows(1, "gas_and_deposit")), (0, 0), "each is paid for once");
    // An account that was not opened here has no balance that could be told.
    other(&served, "UPDATE account SET owner = zeroblob(20) WHERE seat = 1");
    let (status, answer) = served.get("/v1/accounts/1/statement");
    assert_eq!(status, 404, "{answer}");
    assert!(answer["error"]["message"].as_str().unwrap().contains("was not opened in the blocks of this index"));
}

#[test]
fn what_was_paid_in_dot_is_fee_and_deposit_as_rows_of_their_own_and_together_what_the_receipts_say() {
    let mut served = Served::new(8, 120, None);
    served.follower.deposits = true;
    // Until every transaction has been looked at.
    loop {
        let before = served.follower.writer().deposits().unwrap();
        served.catch_up();
        if served.follower.writer().deposits().unwrap() == before {
            break;
        }
    }
    let (mut split, mut together, mut back) = (0, 0, 0);
    let mut owners = BTreeSet::new();
    for seat in 0..5 {
        // All of an owner's transactions stand in the statement of their first account.
        if !owners.insert(served.data(&format!("/v1/accounts/{seat}"))["owner"].as_str().unwrap().to_owned()) {
            continue;
        }
        let number = |value: &Value| value.as_str().map(|text| text.parse::<i128>().unwrap());
        let costs = served.pages(&format!("/v1/accounts/{seat}/costs"), 1_000);
        let mut paid = 0;
        for cost in &costs {
            let whole = number(&cost["paid_wei"]).unwrap();
            assert_eq!(whole, number(&cost["gas_used"]).unwrap() * number(&cost["gas_price_wei"]).unwrap(), "{cost}");
            paid += whole;
            match (number(&cost["fee_wei"]), number(&cost["deposit_wei"])) {
                (Some(fee), Some(deposit)) => {
                    assert_eq!(fee + deposit, whole, "{cost}");
                    assert!(cost["succeeded"] == json!(true) || deposit == 0, "what failed has stored nothing: {cost}");
                    split += 1;
                    back += usize::from(deposit < 0);
                }
                (None, None) => together += 1,
                _ => panic!("one without the other: {cost}"),
            }
        }
        // The statement has the same, each as a row.
        let text = String::from_utf8(served.fetch(&format!("/v1/accounts/{seat}/statement")).2).unwrap();
        let mut sums: std::collections::BTreeMap<&str, i128> = Default::default();
        for row in text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>()).filter(|row| row[7] == "DOT") {
            *sums.entry(row[6]).or_default() += row[8].replace('.', "").parse::<i128>().unwrap();
        }
        assert_eq!(sums.values().sum::<i128>(), -paid, "seat {seat}: {sums:?}");
        let of = |field: &str| -> i128 { costs.iter().filter_map(|cost| number(&cost[field])).sum() };
        assert_eq!(sums.get("gas").copied().unwrap_or(0), -of("fee_wei"), "seat {seat}");
        assert_eq!(sums.get("storage_deposit").copied().unwrap_or(0), -of("deposit_wei"), "seat {seat}");
    }
    println!("{split} are told apart, of which {back} got something back, and {together} are not");
    assert!(split > 3 * together && back > 0);
}

#[test]
fn a_statement_of_an_hour_takes_no_longer_for_a_past_of_a_hundred_thousand_trades() {
    let served = Served::new(4, 60, None);
    let hour = served.get("/v1/status").1["block_time"].as_u64().unwrap() - 3_600;
    served.execute(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)
         INSERT INTO trade SELECT 1, 1000000 + i, 0, (SELECT time FROM block WHERE number = 1), 0, i % 2, 2600, 1, 1, 2, i,
             100, 20, 0, 0 FROM n;
         WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)
         INSERT INTO account_event SELECT 1, 1000000 + i, 0, 0, (SELECT time FROM block WHERE number = 1), 1, 'taker_fee', -1,
             0, 0, 2 FROM n;
         ANALYZE;",
    );
    for query in [format!("from={hour}"), "from=1&to=2".to_owned(), format!("from={hour}&to={}", hour + 60)] {
        let begun = processor(&served.name);
        let (status, _, body) = served.fetch(&format!("/v1/accounts/1/statement?{query}"));
        let computed = processor(&served.name).saturating_sub(begun);
        assert_eq!(status, 200);
        let lines = body.iter().filter(|byte| **byte == b'\n').count();
        println!("{query}: {lines} lines, {computed:?} of the processor");
        assert!(lines < 5_000 && computed < Duration::from_millis(40), "{query}: {lines} lines, {computed:?}");
    }
    // All of it is too much, and is said to be.
    let (status, answer) = served.get("/v1/accounts/1/statement");
    assert_eq!(status, 400, "{answer}");
}

#[test]
fn figures_are_those_of_the_engine_to_the_atom() {
    let mut served = Served::new(9, 10, None);
    for round in 0..12 {
        served.play(100 + round, 12);
        let head = served.node.chain.borrow().head();
        let mut exchange = served.node.chain.borrow().exchange(head);
        // A book is never crossed, and its checksum is that of what is shown.
        let months = served.data("/v1/instruments");
        for month in months.as_array().unwrap().iter().filter(|month| month["status"] != "settled") {
            let book = served.data(&format!("/v1/book/{}", month["instrument"]));
            let level = |side: &str, place: usize| book[side][place]["price_ticks"].as_u64();
            if let Some((bid, ask)) = level("bids", 0).zip(level("asks", 0)) {
                assert!(bid < ask, "crossed at block {head}: {book}");
            }
            assert_eq!(book["verified"], true, "{book}");
            let mut text = String::new();
            for (name, side) in [("b", "bids"), ("a", "asks")] {
                for level in book[side].as_array().unwrap().iter().take(10) {
                    text.push_str(&format!("{name}:{}:{};", level["price_ticks"], level["lots"]));
                }
            }
            assert_eq!(book["checksum"], crc32(text.as_bytes()), "{book}");
        }
        // The volume of a day is that of the trades whose minute began in it, however it is added up.
        let (_, answer) = served.get("/v1/instruments");
        let begin = answer["block_time"].as_i64().unwrap() - 86_399;
        for month in answer["data"].as_array().unwrap() {
            let trades = served.pages(&format!("/v1/trades?instrument={}", month["instrument"]), 1_000);
            let whole = |trade: &&Value| {
                trade["time"].as_i64().unwrap() / 60 * 60 >= begin && trade["liquidation"] == json!(false)
            };
            let lots: i64 = trades.iter().filter(whole).map(|trade| trade["lots"].as_i64().unwrap()).sum();
            assert_eq!(month["volume_24h_lots"], lots, "{month}");
            assert_eq!(month["trades_24h"], trades.iter().filter(whole).count());
        }
        for seat in 0..6 {
            use sit_engine::clearing::Store;
            let Some(account) = exchange.clearing.account(sit_engine::units::Seat(seat)) else { continue };
            let told = served.data(&format!("/v1/accounts/{seat}"));
            assert_eq!(told["cash_atoms"], account.cash.to_string());
            let health = sit_engine::clearing::margin::assess(&mut exchange.clearing, &account).unwrap();
            assert_eq!(told["equity_atoms"], health.equity.0.to_string(), "seat {seat} at block {head}");
            let ledger = served.pages(&format!("/v1/accounts/{seat}/ledger"), 1_000);
            let sum: i128 =
                ledger.iter().map(|row| row["amount_atoms"].as_str().unwrap().parse::<i128>().unwrap()).sum();
            assert_eq!(sum, i128::from(account.cash));
            assert!(told["verified_block"].as_u64().is_some());
        }
    }
}

#[test]
fn candles_are_the_trades_of_their_intervals_reckoned_once_more() {
    /// Open, high, low, close, lots, value in atoms, number of trades, and the mark at the last one where it is known.
    #[derive(Debug, PartialEq)]
    struct Reckoned(u64, u64, u64, u64, u64, i128, u64, Option<u64>);
    const LENGTHS: [(&str, u32); 7] =
        [("1m", 60), ("5m", 300), ("15m", 900), ("1h", 3_600), ("4h", 14_400), ("1d", DAY), ("settlement", 0)];
    let whole = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{value} is no number"));
    let atoms = |value: &Value| -> i128 { value.as_str().unwrap().parse().unwrap() };
    let (mut found, mut taken_over, mut settled) = (0, 0, 0);
    for seed in [4, 8, 9, 11] {
        let served = Served::new(seed, 300, None);
        for month in served.data("/v1/instruments").as_array().unwrap() {
            let instrument = whole(&month["instrument"]);
            // Marks and trades, in the order in which they happened.
            let mut events = served.pages(&format!("/v1/trades?instrument={instrument}"), 1_000);
            events.extend(served.pages(&format!("/v1/marks?instrument={instrument}"), 1_000));
            events.sort_by_key(place);
            let mut wanted: [std::collections::BTreeMap<u64, Reckoned>; 7] = Default::default();
            let (mut begun, mut round, mut mark) = (whole(&month["listed_time"]), None, None);
            for event in &events {
                let time = whole(&event["time"]);
                if event["mark_ticks"].is_u64() {
                    // A mark that is told once more in its round is no settlement.
                    let now = (Some(whole(&event["round"])), Some(whole(&event["mark_ticks"])));
                    if now != (round, mark) {
                        begun = time;
                        settled += 1;
                    }
                    (round, mark) = now;
                    continue;
                }
                if event["liquidation"] == json!(true) {
                    taken_over += 1;
                    continue;
                }
                let (price, lots) = (whole(&event["price_ticks"]), whole(&event["lots"]));
                for (kept, (_, seconds)) in wanted.iter_mut().zip(LENGTHS) {
                    let begin = if seconds == 0 { begun } else { time - time % u64::from(seconds) };
                    let candle = kept.entry(begin).or_insert(Reckoned(price, price, price, price, 0, 0, 0, None));
                    (candle.1, candle.2, candle.3) = (candle.1.max(price), candle.2.min(price), price);
                    (candle.4, candle.6, candle.7) = (candle.4 + lots, candle.6 + 1, mark);
                    candle.5 += atoms(&event["notional_atoms"]);
                }
            }
            for (wanted, (name, _)) in wanted.iter().zip(LENGTHS) {
                // In pages of seven, each with the close of the candle before it.
                let (mut got, mut from, mut close) = (Vec::new(), 0, Value::Null);
                loop {
                    let path = format!("/v1/candles/{instrument}?resolution={name}&from={from}&limit=7");
                    let page = served.data(&path);
                    let candles = page["candles"].as_array().unwrap();
                    let Some(last) = candles.last() else { break };
                    assert_eq!(page["previous_close_ticks"], close, "{path}");
                    (from, close) = (whole(&last["t"]) + 1, last["close_ticks"].clone());
                    got.extend(candles.iter().cloned());
                }
                assert_eq!(got.len(), wanted.len(), "an interval without a trade has no candle: {instrument}, {name}");
                for (candle, (begin, reckoned)) in got.iter().zip(wanted) {
                    let [open, high, low, close, lots, trades, mark] =
                        ["open_ticks", "high_ticks", "low_ticks", "close_ticks", "lots", "trades", "mark_ticks"]
                            .map(|field| whole(&candle[field]));
                    // Before the first settlement it is the mark of the listing, which nothing else tells.
                    let mark = reckoned.7.map(|_| mark);
                    let told = Reckoned(open, high, low, close, lots, atoms(&candle["notional_atoms"]), trades, mark);
                    assert_eq!((whole(&candle["t"]), &told), (*begin, reckoned), "{instrument}, {name}");
                    found += 1;
                }
            }
        }
    }
    println!("{found} candles, {settled} settlements, {taken_over} takeovers that are in none");
    assert!(found > 100 && settled > 4, "{found} candles, {settled} settlements");
}

/// A position at the end of a day: day, month, lots, basis and the account's cash.
type Held = (u64, u64, i64, String, String);

#[test]
fn a_day_ends_with_what_the_cells_had_in_its_last_block() {
    use sit_engine::clearing::Store;
    let mut found = 0;
    for seed in [4, 8, 9, 11] {
        let served = Served::new(seed, 300, None);
        let mut wanted: std::collections::BTreeMap<u32, Vec<Held>> = Default::default();
        let chain = served.node.chain.borrow();
        let day = |number: u64| chain.time_of(number) / u64::from(DAY);
        let lasts = (0..chain.head()).filter(|number| day(*number) < day(number + 1));
        for (last, day) in lasts.map(|number| (number, day(number))) {
            let mut exchange = chain.exchange(last);
            for seat in 0..16 {
                let Some(account) = exchange.clearing.account(sit_engine::units::Seat(seat)) else { continue };
                let held = account.positions().iter().filter(|position| position.is_exposed()).map(|position| {
                    let (net, basis) = (i64::from(position.net.0), position.basis.0.to_string());
                    (day, u64::from(position.instrument.0), net, basis, account.cash.to_string())
                });
                wanted.entry(seat).or_default().extend(held);
            }
        }
        for (seat, mut wanted) in wanted {
            let number = |value: &Value| value.as_u64().unwrap();
            let rows = served.pages(&format!("/v1/accounts/{seat}/positions-by-day"), 7);
            let mut told: Vec<Held> = rows
                .iter()
                .map(|row| {
                    let text = |field: &str| row[field].as_str().unwrap().to_owned();
                    let (net, basis) = (row["net_lots"].as_i64().unwrap(), text("basis_points"));
                    // What stays unsettled is reckoned of the three: nobody needs the cell for it.
                    let points =
                        i128::from(net) * i128::from(number(&row["mark_ticks"])) - basis.parse::<i128>().unwrap();
                    let variation: i128 = text("variation_atoms").parse().unwrap();
                    assert!(points == 0 && variation == 0 || points != 0 && variation % points == 0, "{row}");
                    (number(&row["day"]), number(&row["instrument"]), net, basis, text("cash_atoms"))
                })
                .collect();
            told.sort();
            wanted.sort();
            assert_eq!(told, wanted, "seat {seat}, seed {seed}");
            found += told.len();
        }
    }
    println!("{found} positions at the end of a day");
    assert!(found > 5, "{found} positions");
}

#[test]
fn answers_take_few_milliseconds_however_many_trades_there_are() {
    // A million with `SIT_INDEX_TRADES=1000000`.
    let trades: i64 = std::env::var("SIT_INDEX_TRADES").ok().and_then(|trades| trades.parse().ok()).unwrap_or(30_000);
    let mut served = Served::new(4, 60, None);
    {
        let tip = served.follower.writer().tip().unwrap().unwrap();
        let (head, time) = (tip.number as i64, tip.time as i64);
        // Trades of every second of the past, fifty in a block, between a thousand accounts, in two months.
        let make = format!(
            "PRAGMA foreign_keys = OFF; BEGIN;
             WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {trades} - 1)
             INSERT INTO trade SELECT 10000000 - i / 50, i % 50, 0, {time} - i, i % 2, i % 2, 2600 + i % 97, 1 + i % 9,
                 i % 1000, (i * 7 + 1) % 1000, i, 100, 20, 0, 0 FROM n;
             INSERT INTO raw_transaction SELECT DISTINCT block, 0, zeroblob(32), zeroblob(20), NULL, x'', '0', 1, '1', '1'
                 FROM trade WHERE block > 1000000;
             INSERT INTO account_event SELECT block, log, 0, 0, time, taker, 'taker_fee', -100, 0, instrument, maker
                 FROM trade WHERE block > 1000000;
             INSERT INTO order_event SELECT block, log, 0, 0, time, maker, instrument, 'filled', number, side, price, lots,
                 NULL, NULL FROM trade WHERE block > 1000000;
             INSERT OR IGNORE INTO candle SELECT instrument, 60, time / 60 * 60, price, price, price, price, lots, 1, 1, 0,
                 price FROM trade WHERE block > 1000000;
             INSERT OR IGNORE INTO candle SELECT instrument, 3600, time / 3600 * 3600, price, price, price, price, lots,
                 1, 1, 0, price FROM trade WHERE block > 1000000;
             COMMIT; ANALYZE;"
        );
        served.follower.writer().connection().execute_batch(&make).unwrap();
        assert!(head > 0);
    }
    let mut dice = Dice(2);
    let (_, page) = served.get("/v1/trades?instrument=0&limit=1000");
    let cursor = page["next"].as_str().unwrap().to_owned();
    let paths = [
        "/v1/status".to_owned(),
        "/v1/instruments".to_owned(),
        "/v1/curve".to_owned(),
        "/v1/book/0".to_owned(),
        "/v1/trades".to_owned(),
        "/v1/trades?instrument=1".to_owned(),
        format!("/v1/trades?instrument=0&cursor={cursor}"),
        "/v1/trades?seat=1".to_owned(),
        "/v1/candles/0?resolution=1m&limit=500".to_owned(),
        "/v1/candles/0?resolution=1h".to_owned(),
        "/v1/accounts/1".to_owned(),
        "/v1/accounts/1/fills?instrument=0".to_owned(),
        "/v1/accounts/1/ledger".to_owned(),
        "/v1/accounts/1/order-events?instrument=0".to_owned(),
    ];
    let mut times: std::collections::BTreeMap<&str, Vec<[Duration; 2]>> = Default::default();
    let mut stream = TcpStream::connect(served.address).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut all = Vec::new();
    for _ in 0..1_400 {
        let path = &paths[dice.roll(paths.len() as u64) as usize];
        let (begun, computed) = (Instant::now(), processor(&served.name));
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
        let mut answer = Vec::new();
        let mut part = [0; 65_536];
        let whole = loop {
            let read = stream.read(&mut part).unwrap();
            assert!(read > 0);
            answer.extend_from_slice(&part[..read]);
            let Some(end) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
            let length: usize =
                head.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap().parse().unwrap();
            if answer.len() == end + 4 + length {
                break head;
            }
        };
        let took = [begun.elapsed(), processor(&served.name).saturating_sub(computed)];
        assert!(whole.starts_with("http/1.1 200"), "{path}: {whole}");
        times.entry(path).or_default().push(took);
        all.push(took);
    }
    // The part of a list of times that is not longer than the time returned, for time that passed or was computed.
    let part = |times: &[[Duration; 2]], which: usize, of_hundred: usize| {
        let mut times: Vec<Duration> = times.iter().map(|pair| pair[which]).collect();
        times.sort();
        times[(times.len() * of_hundred / 100).min(times.len() - 1)]
    };
    for (path, times) in &times {
        let [passed, computed] = [0, 1].map(|which| part(times, which, 50));
        let [worst, most] = [0, 1].map(|which| part(times, which, 100));
        println!("{path}: median {passed:?} ({computed:?} of the processor), worst {worst:?} ({most:?})");
    }
    let [middle, computed] = [0, 1].map(|which| part(&all, which, 50));
    let [late, most] = [0, 1].map(|which| part(&all, which, 99));
    println!(
        "{trades} trades, {} answers: median {middle:?} ({computed:?} of the processor), 99th percentile {late:?} ({most:?})",
        all.len()
    );
    // A machine that builds something else meanwhile is no fault of the index: what it computes counts, where the
    // system says that.
    let counts = if computed.is_zero() { late } else { most };
    assert!(counts < Duration::from_millis(20), "{counts:?}");
}

/// The checksum of a book, computed here once more: CRC-32 of IEEE 802.3.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ if sum & 1 == 1 { 0xEDB8_8320 } else { 0 })
    })
}

/// Time of the processor that the threads of a name have taken; zero where the system does not say.
fn processor(name: &str) -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let spent = threads.filter_map(|thread| {
        let called = std::fs::read_to_string(thread.path().join("comm")).ok()?;
        (called.trim_end() == name).then_some(())?;
        let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(spent.sum())
}

// --- the WebSocket

struct Socket {
    stream: TcpStream,
    rest: Vec<u8>,
}

impl Socket {
    fn open(address: SocketAddr) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        let head = "GET /v1/stream HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut socket = Self { stream, rest: Vec::new() };
        let end = loop {
            if let Some(end) = socket.rest.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end;
            }
            socket.more();
        };
        assert!(socket.rest.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&socket.rest));
        socket.rest.drain(..end + 4);
        socket
    }

    fn more(&mut self) {
        let mut part = [0; 65_536];
        let read = self.stream.read(&mut part).unwrap();
        assert!(read > 0, "the socket was closed");
        self.rest.extend_from_slice(&part[..read]);
    }

    fn send(&mut self, text: &str) {
        let mut frame = vec![0x81];
        match text.len() {
            length @ 0..=125 => frame.push(0x80 | length as u8),
            length => {
                frame.push(0x80 | 126);
                frame.extend((length as u16).to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        self.stream.write_all(&frame).unwrap();
    }

    /// The next message, of any kind but a heartbeat.
    fn next(&mut self) -> Value {
        loop {
            let message = self.any();
            if message["type"] != "heartbeat" {
                return message;
            }
        }
    }

    /// The next message.
    fn any(&mut self) -> Value {
        while self.rest.len() < 2 {
            self.more();
        }
        let (mut start, mut length) = (2, usize::from(self.rest[1] & 0x7F));
        let wide = match length {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        while self.rest.len() < 2 + wide {
            self.more();
        }
        if wide > 0 {
            length = self.rest[2..2 + wide].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            start += wide;
        }
        while self.rest.len() < start + length {
            self.more();
        }
        let frame: Vec<u8> = self.rest.drain(..start + length).collect();
        assert_eq!(frame[0], 0x81, "a text");
        serde_json::from_slice(&frame[start..]).unwrap()
    }
}

#[test]
fn subscribers_get_a_snapshot_and_every_row_once_across_reorganisations() {
    let mut served = Served::new(4, 60, None);
    let description: Value = serde_json::from_str(OPENAPI).unwrap();
    let described = |name: &str, message: &Value| {
        check(&description["components"]["schemas"][name], message, &description, name)
            .unwrap_or_else(|error| panic!("{error}: {message}"));
    };
    let mut socket = Socket::open(served.address);
    described("StreamHello", &socket.next());
    let channels = [
        ("status", Value::Null, "/v1/status"),
        ("instruments", Value::Null, "/v1/instruments"),
        ("curve", json!(0), "/v1/curve"),
        ("book", json!(0), "/v1/book/0"),
        ("account", json!(1), "/v1/accounts/1"),
        ("trades", json!(0), "/v1/trades?instrument=0"),
        ("marks", Value::Null, "/v1/marks"),
        ("index", json!(0), "/v1/index"),
        ("liquidations", Value::Null, "/v1/liquidations"),
    ];
    let mut seqs = std::collections::BTreeMap::new();
    let mut rows: std::collections::BTreeMap<String, Vec<Value>> = Default::default();
    for (channel, key, path) in &channels {
        socket.send(&json!({ "type": "subscribe", "channel": channel, "key": key }).to_string());
        let message = socket.next();
        described("StreamSnapshot", &message);
        assert_eq!((&message["channel"], &message["key"], &message["seq"]), (&json!(channel), key, &json!(0)));
        if *channel != "status" {
            assert_eq!(message["data"], served.data(path), "{path}");
        }
        if let Some(all) = message["data"].as_array() {
            rows.insert((*channel).to_owned(), all.iter().rev().cloned().collect());
        }
        seqs.insert((*channel).to_owned(), 1);
    }
    let mut resets = 0;
    for round in 0..14 {
        if round % 4 == 3 {
            served.node.chain.borrow_mut().take_back(5);
        }
        served.play(200 + round, 6);
        let head = served.node.chain.borrow().head();
        // Until the status of the newest block has come, which is told with each block.
        loop {
            let message = socket.next();
            let channel = message["channel"].as_str().unwrap().to_owned();
            let seq = seqs.get_mut(&channel).unwrap();
            assert_eq!(message["seq"], *seq, "{message}");
            *seq += 1;
            match message["type"].as_str().unwrap() {
                "update" => {
                    described("StreamUpdate", &message);
                    if ["trades", "marks", "index", "liquidations"].contains(&channel.as_str()) {
                        rows.get_mut(&channel).unwrap().extend(message["data"].as_array().unwrap().iter().cloned());
                    }
                }
                "reset" => {
                    described("StreamReset", &message);
                    resets += 1;
                    rows.insert(channel, Vec::new());
                    continue;
                }
                "snapshot" => {
                    described("StreamSnapshot", &message);
                    if let Some(all) = message["data"].as_array() {
                        rows.insert(channel.clone(), all.iter().rev().cloned().collect());
                    }
                }
                other => panic!("{other}"),
            }
            if message["channel"] == "status" && message["data"]["indexed_block"] == head {
                break;
            }
        }
    }
    // Whatever is left to come is there by the answer to one more command.
    std::thread::sleep(Duration::from_millis(300));
    socket.send(r#"{"type":"unsubscribe","channel":"status"}"#);
    loop {
        let message = socket.next();
        if message["type"] == "unsubscribed" {
            described("StreamUnsubscribed", &message);
            break;
        }
        let channel = message["channel"].as_str().unwrap().to_owned();
        let is_rows = ["trades", "marks", "index", "liquidations"].contains(&channel.as_str());
        if let Some(known) = rows.get_mut(&channel).filter(|_| is_rows) {
            match message["type"].as_str().unwrap() {
                "update" => known.extend(message["data"].as_array().unwrap().iter().cloned()),
                "reset" => known.clear(),
                _ => *known = message["data"].as_array().unwrap().iter().rev().cloned().collect(),
            }
        }
    }
    assert!(resets > 0);
    for (channel, _, path) in channels.iter().skip(5) {
        let mut all = served.pages(path, 1_000);
        all.reverse();
        let known = &rows[*channel];
        let tail = &all[all.len().saturating_sub(known.len())..];
        assert_eq!(known.as_slice(), tail, "{channel}");
        assert!(known.len() >= all.len().min(100), "{channel} lost rows");
    }
}

#[test]
fn a_heart_beats_in_silence_and_only_then() {
    let mut served = Served::new(4, 20, None);
    let description: Value = serde_json::from_str(OPENAPI).unwrap();
    let mut socket = Socket::open(served.address);
    let hello = socket.any();
    let every = Duration::from_secs(hello["heartbeat_s"].as_u64().unwrap());
    socket.send(r#"{"type":"subscribe","channel":"status"}"#);
    assert_eq!(socket.any()["type"], "snapshot");
    // While there is something to say it is said, and no heart beats: a block a second, for longer than a beat takes.
    let mut heard = 0;
    for round in 0..every.as_secs() + 3 {
        std::thread::sleep(Duration::from_secs(1));
        served.play(700 + round, 1);
        let message = socket.any();
        assert_eq!(message["type"], "update", "{message}");
        heard += 1;
    }
    assert!(heard > every.as_secs());
    for _ in 0..2 {
        let silent = Instant::now();
        let beat = socket.any();
        check(&description["components"]["schemas"]["StreamHeartbeat"], &beat, &description, "heartbeat")
            .unwrap_or_else(|error| panic!("{error}: {beat}"));
        assert_eq!(beat["block"], served.node.chain.borrow().head(), "it says how far the index is");
        // How late it may come, and how late the message before it was read, is the machine's business.
        assert!(silent.elapsed() >= every / 2, "a beat after {:?} of silence", silent.elapsed());
    }
}

type Trades = std::collections::BTreeMap<(u64, u64), Value>;

/// Where a row stands: its block and log.
fn place(row: &Value) -> (u64, u64) {
    (row["block"].as_u64().unwrap(), row["log"].as_u64().unwrap())
}

/// A snapshot has the newest hundred rows: from its oldest one on it is the truth, also about rows that have gone.
fn begin_with(trades: &mut Trades, rows: &[Value]) {
    let oldest = rows.last().filter(|_| rows.len() >= 100).map(place);
    trades.retain(|place, _| oldest.is_some_and(|oldest| *place < oldest));
}

#[test]
fn a_client_whose_socket_is_cut_again_and_again_misses_nothing_has_nothing_twice_and_no_crossed_book() {
    let mut served = Served::new(4, 40, None);
    let mut dice = Dice(5);
    // What a client keeps: trades by their place, of the blocks that are left.
    let mut trades = Trades::default();
    let (mut cuts, mut updates) = (0, 0);
    for round in 0..60 {
        let mut socket = Socket::open(served.address);
        socket.next();
        let mut seqs = [0_u64; 2];
        for channel in ["trades", "book"] {
            socket.send(&json!({ "type": "subscribe", "channel": channel, "key": 0 }).to_string());
        }
        // Blocks while it listens; then the socket goes, at once or in the middle of what is said, and blocks come
        // meanwhile.
        if round % 5 == 4 {
            served.node.chain.borrow_mut().take_back(1 + dice.roll(8));
        }
        served.play(500 + round, 6 + dice.roll(8));
        for _ in 0..4 + dice.roll(10) {
            socket.stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
            let mut byte = [0; 1];
            let silent = socket.rest.is_empty() && socket.stream.peek(&mut byte).is_err();
            if silent {
                break;
            }
            socket.stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            let message = socket.next();
            let which = usize::from(message["channel"] == "book");
            assert_eq!(message["seq"], seqs[which], "a gap within one socket: {message}");
            seqs[which] += 1;
            updates += usize::from(message["type"] == "update");
            let data = &message["data"];
            if which == 1 && message["type"] != "reset" {
                let side = |name: &str| data[name].as_array().unwrap().clone();
                let (bids, asks) = (side("bids"), side("asks"));
                if let (Some(bid), Some(ask)) = (bids.first(), asks.first()) {
                    assert!(bid["price_ticks"].as_u64() < ask["price_ticks"].as_u64(), "crossed: {message}");
                }
                let level = |name: &str, level: &Value| format!("{name}:{}:{};", level["price_ticks"], level["lots"]);
                let ten = |name: &str, levels: &[Value]| -> String {
                    levels.iter().take(10).map(|one| level(name, one)).collect()
                };
                assert_eq!(data["checksum"], crc32((ten("b", &bids) + &ten("a", &asks)).as_bytes()), "{message}");
                assert!(message["block"].is_u64() && message["block_hash"].is_string(), "{message}");
            } else if which == 0 && message["type"] == "reset" {
                trades.clear();
            } else if which == 0 {
                let rows = data.as_array().unwrap();
                if message["type"] == "snapshot" {
                    begin_with(&mut trades, rows);
                }
                for row in rows {
                    let before = trades.insert(place(row), row.clone());
                    assert!(message["type"] == "snapshot" || before.is_none(), "twice: {row}");
                }
            }
        }
        drop(socket);
        cuts += 1;
        served.play(600 + round, dice.roll(8));
    }
    // One more socket, which is not cut before it has heard everything.
    let mut socket = Socket::open(served.address);
    socket.next();
    socket.send(r#"{"type":"subscribe","channel":"trades","key":0}"#);
    let snapshot = socket.next();
    let rows = snapshot["data"].as_array().unwrap();
    begin_with(&mut trades, rows);
    trades.extend(rows.iter().map(|row| (place(row), row.clone())));
    let all = served.pages("/v1/trades?instrument=0", 1_000);
    let kept: Vec<&Value> = trades.values().rev().collect();
    println!("{cuts} cuts, {updates} updates, {} of {} trades kept", kept.len(), all.len());
    // How many updates arrive before a cut is the machine's; that some did, and that nothing is missing, is not.
    assert!(updates > 0 && !kept.is_empty() && kept.len() >= all.len().min(100));
    assert_eq!(kept, all.iter().take(kept.len()).collect::<Vec<_>>());
}

#[test]
fn commands_that_are_not_understood_are_answered_and_the_socket_stays_open() {
    let served = Served::new(4, 5, None);
    let mut socket = Socket::open(served.address);
    socket.next();
    for bad in [
        "",
        "x",
        "[]",
        "{}",
        r#"{"type":"subscribe"}"#,
        r#"{"type":"subscribe","channel":"book"}"#,
        r#"{"type":"subscribe","channel":"book","key":"0"}"#,
        r#"{"type":"subscribe","channel":"book","key":-1}"#,
        r#"{"type":"subscribe","channel":"book","key":77}"#,
        r#"{"type":"subscribe","channel":"status","key":1}"#,
        r#"{"type":"subscribe","channel":"nothing"}"#,
        r#"{"type":"shout","channel":"status"}"#,
    ] {
        socket.send(bad);
        let answer = socket.next();
        assert_eq!(answer["type"], "error", "{bad}: {answer}");
        assert!(answer["message"].as_str().unwrap().len() > 10);
    }
    for number in 0..70 {
        socket.send(&json!({ "type": "subscribe", "channel": "curve", "key": number }).to_string());
        let answer = socket.next();
        assert_eq!(answer["type"], if number < 16 { "snapshot" } else { "error" }, "{answer}");
    }
    socket.send(r#"{"type":"subscribe","channel":"status"}"#);
    assert_eq!(socket.next()["type"], "snapshot");
}

#[test]
fn blocks_that_are_taken_back_and_the_news_of_it_come_at_once() {
    let mut served = Served::new(4, 20, None);
    let (shared, over) = (Arc::clone(&served.shared), Arc::new(AtomicU32::new(0)));
    let ends = Arc::clone(&over);
    // Who looks at any moment must not see the old blocks' count beside the new count of reorganisations: what is kept
    // for subscribers goes by the first, and whether they begin again by the second.
    let looking = std::thread::spawn(move || {
        let news = shared.listen();
        let mut seen = std::collections::BTreeMap::new();
        while ends.load(Ordering::Relaxed) == 0 {
            let moment = *news.borrow();
            let reorgs = *seen.entry(moment.generation).or_insert(moment.reorgs);
            if reorgs != moment.reorgs {
                return Err(format!("{moment:?} and {reorgs} reorganisations"));
            }
        }
        Ok(seen.len())
    });
    for _ in 0..400 {
        {
            let mut chain = served.node.chain.borrow_mut();
            chain.take_back(1);
            chain.idle(2);
        }
        served.catch_up();
    }
    over.store(1, Ordering::Relaxed);
    let seen = looking.join().unwrap().unwrap_or_else(|error| panic!("{error}"));
    assert!(seen > 100, "{seen} moments were seen");
}

// --- bad clients

#[test]
fn clients_that_leave_before_they_are_answered_take_no_place_along() {
    let served = Served::new(4, 120, None);
    let ask = b"GET /v1/events?name=Nothing HTTP/1.1\r\nHost: x\r\n\r\n";
    for _ in 0..5 {
        let mut streams = Vec::new();
        for _ in 0..200 {
            let mut stream = TcpStream::connect(served.address).unwrap();
            stream.write_all(ask).unwrap();
            streams.push(stream);
        }
        // All of them leave, whatever they have asked.
        drop(streams);
    }
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        let (status, answer) = served.get("/v1/status");
        if status == 200 {
            break;
        }
        assert_eq!(status, 503, "{answer}");
        assert!(Instant::now() < until, "the places of those who have left are never free again: {answer}");
        std::thread::sleep(Duration::from_millis(100));
    }
    // Nor do sockets.
    for _ in 0..50 {
        drop(Socket::open(served.address));
    }
    let open = || served.data("/v1/status")["sockets"].as_u64().unwrap();
    while open() > 0 {
        assert!(Instant::now() < until, "{} sockets are open", open());
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn who_reads_nothing_for_ten_seconds_is_closed_and_has_cost_nobody_else_anything() {
    let served = Served::new(4, 20, None);
    // Far more than the system keeps for a connection: whoever does not read it holds up what answers.
    const ASKED: usize = 300;
    let mut stream = TcpStream::connect(served.address).unwrap();
    stream.write_all(&b"GET /v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(ASKED)).unwrap();
    let begun = Instant::now();
    while begun.elapsed() < sit_indexer::serve::PATIENCE * 2 {
        assert_eq!(served.get("/v1/status").0, 200);
        std::thread::sleep(Duration::from_millis(200));
    }
    // What the system has kept is still there, and then the connection has ended, well before the last answer.
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let (mut read, mut part) = (0, vec![0_u8; 1 << 20]);
    loop {
        match stream.read(&mut part) {
            Ok(0) => break,
            Ok(some) => read += some,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(error) => panic!("the connection is still open after {read} bytes: {error}"),
        }
    }
    assert!(read < ASKED * OPENAPI.len() * 9 / 10, "{read} bytes of {}", ASKED * OPENAPI.len());
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or("VmRSS: 0");
    line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<u64>().ok()).unwrap_or(0) / 1_024
}

#[test]
fn malformed_requests_by_the_thousand_and_sockets_that_never_read_leave_others_served() {
    let mut served = Served::new(4, 60, None);
    let before = resident();
    let mut dice = Dice(1);
    let begun = Instant::now();
    for number in 0..3_000_u64 {
        let mut request = match number % 8 {
            0 => b"GET /v1/trades?limit=9999999999999 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(),
            1 => b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
            2 => [b"GET /".as_slice(), &vec![b'a'; 20_000], b" HTTP/1.1\r\n\r\n"].concat(),
            3 => b"POST /v1/trades HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\nConnection: close\r\n\r\n"
                .to_vec(),
            4 => b"GET /v1/stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(),
            5 => b"GET /v1/%00%ff/../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(),
            6 => b"GET /v1/accounts/1;DROP/ledger HTTP/1.0\r\n\r\n".to_vec(),
            _ => b"GET /v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(),
        };
        if number % 8 == 7 {
            let place = dice.roll(request.len() as u64) as usize;
            request[place] = dice.roll(256) as u8;
        }
        let mut stream = TcpStream::connect(served.address).unwrap();
        let _ = stream.write_all(&request);
        // Half of them go without waiting for an answer.
        if number % 16 < 6 {
            stream.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
            let mut answer = [0; 16];
            let read = stream.read(&mut answer).unwrap_or(0);
            assert!(read == 0 || answer.starts_with(b"HTTP/1."), "request {number}");
            assert!(!answer.starts_with(b"HTTP/1.1 500"), "request {number}");
        }
    }
    println!("3,000 malformed requests in {:.1} s", begun.elapsed().as_secs_f64());
    assert_eq!(served.get("/v1/status").0, 200);

    // Five hundred that subscribe to everything and never read.
    let mut sockets = Vec::new();
    for _ in 0..500 {
        let mut socket = Socket::open(served.address);
        for month in 0..2 {
            for channel in ["book", "trades"] {
                socket.send(&json!({ "type": "subscribe", "channel": channel, "key": month }).to_string());
            }
        }
        socket.send(r#"{"type":"subscribe","channel":"instruments"}"#);
        sockets.push(socket);
    }
    // And some that ask for large answers and read a byte of them.
    let mut slow = Vec::new();
    for _ in 0..100 {
        let mut stream = TcpStream::connect(served.address).unwrap();
        stream.write_all(b"GET /v1/events?limit=1000 HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        slow.push(stream);
    }
    let mut worst = Duration::ZERO;
    for round in 0..30 {
        served.play(300 + round, 2);
        let asked = Instant::now();
        assert_eq!(served.get("/v1/book/0").0, 200);
        assert_eq!(served.get("/v1/trades").0, 200);
        worst = worst.max(asked.elapsed());
    }
    let grown = resident().saturating_sub(before);
    println!("beside 500 sockets that never read: two answers took {worst:?} at most; {grown} MiB more in memory");
    assert!(worst < Duration::from_secs(5), "{worst:?}");
    assert!(grown < 200, "{grown} MiB");
    let mut fresh = Socket::open(served.address);
    assert_eq!(fresh.next()["type"], "hello");
}

#[test]
fn the_page_is_served_with_its_policy_and_nothing_outside_of_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("assets")).unwrap();
    std::fs::write(folder.path().join("index.html"), "<!doctype html>").unwrap();
    std::fs::write(folder.path().join("assets/a-1.js"), "1").unwrap();
    std::fs::write(folder.path().join("engine.wasm"), "wasm").unwrap();
    let served = Served::new(4, 5, Some(folder.path().to_owned()));
    for (path, status, kind) in [
        ("/", 200, "text/html; charset=utf-8"),
        ("/trade/0", 200, "text/html; charset=utf-8"),
        ("/assets/a-1.js", 200, "text/javascript; charset=utf-8"),
        ("/engine.wasm", 200, "application/wasm"),
        ("/missing.js", 404, "application/json"),
        ("/../api.rs", 404, "application/json"),
        ("/.git/config", 404, "application/json"),
    ] {
        let (answered, head, _) = served.fetch(path);
        assert_eq!(answered, status, "{path}: {head}");
        assert!(head.contains(&format!("content-type: {kind}")), "{path}: {head}");
        if status == 200 {
            assert!(head.contains("content-security-policy: default-src 'self'; "), "{head}");
            // The node that the page is told of, and machines of nobody else; and no other page shows this one inside.
            assert!(head.contains("http://localhost:* ws://localhost:* http://127.0.0.1:8545 ws://127.0.0.1:8545; "));
            assert!(head.contains("frame-ancestors 'none'"), "{head}");
            assert!(head.contains("x-content-type-options: nosniff"), "{head}");
        }
    }
}

#[test]
fn whatever_site_asks_reads_what_everybody_reads_and_changes_nothing() {
    // The page of somebody else, also by a name of theirs that leads to this machine (DNS rebinding): all that is here
    // is public, so it is the same for all, no cookie is set or heard, and no request changes anything.
    let served = Served::new(4, 20, None);
    let ask = |method: &str, path: &str, host: &str| {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: a=b\r\nConnection: close\r\n\r\n"
        );
        request_of(served.address, request.as_bytes()).unwrap_or_else(|| panic!("{method} {path} was not answered"))
    };
    for path in ["/v1/accounts/0", "/v1/deployment", "/v1/trades", "/v1/instruments"] {
        let [ours, theirs] = ["127.0.0.1", "attacker.example"].map(|host| {
            let (status, head, body) = ask("GET", path, host);
            assert_eq!(status, 200, "{path}");
            assert!(head.contains("access-control-allow-origin: *"), "{head}");
            assert!(!head.contains("access-control-allow-credentials") && !head.contains("set-cookie"), "{head}");
            let answer: Value = serde_json::from_slice(&body).unwrap();
            answer["data"].clone()
        });
        assert_eq!(ours, theirs, "{path}");
    }
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        for path in ["/v1/status", "/v1/accounts/0", "/metrics", "/"] {
            assert_eq!(ask(method, path, "attacker.example").0, 405, "{method} {path}");
        }
    }
}

#[test]
fn parameters_that_are_meant_for_the_tables_are_numbers_or_are_refused() {
    let served = Served::new(4, 40, None);
    let before = served.data("/v1/trades");
    let hostile =
        ["1;DROP%20TABLE%20trade", "1%20OR%201=1", "0'--", "-1", "9223372036854775807", "9223372036854775808"];
    let answers = hostile.map(|value| {
        let paths = [
            format!("/v1/trades?instrument={value}"),
            format!("/v1/trades?seat={value}"),
            format!("/v1/trades?limit={value}"),
            format!("/v1/trades?cursor={value}"),
            format!("/v1/candles/0?resolution=1h&from={value}"),
            format!("/v1/candles/0?resolution={value}"),
            format!("/v1/book/0?depth={value}"),
            format!("/v1/accounts/{value}/ledger"),
            format!("/v1/accounts?owner={value}"),
            format!("/v1/events?contract={value}"),
        ];
        paths.map(|path| (served.fetch(&path).0, path))
    });
    for (status, path) in answers.concat() {
        assert!(status == 400 || status == 404, "{path}: {status}");
    }
    // A cursor beyond everything is one: the newest rows, and before everything there are none.
    let cursor = |of: &str| -> String { of.bytes().map(|byte| format!("{byte:02x}")).collect() };
    let newest = cursor(&[i64::MAX.to_string().as_str(); 3].join("-"));
    assert_eq!(served.data(&format!("/v1/trades?cursor={newest}")), before);
    assert_eq!(served.data(&format!("/v1/trades?cursor={}", cursor("0-0-0"))), json!([]));
    // What is looked for as a name is compared and never run.
    assert_eq!(served.data("/v1/events?name=x'%20OR%20'1'='1"), json!([]));
    assert_eq!(served.data("/v1/trades"), before, "the tables are what they were");
}
