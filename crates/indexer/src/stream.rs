//! The WebSocket: a snapshot of what a client subscribes to, then what changes, block by block.
//!
//! Nothing waits in a queue: a socket's task looks at the tables when there is a new block and its last message has
//! been taken over by the connection. A client that reads slowly therefore skips blocks of states and gets rows of
//! several blocks at once; one that does not read at all is closed by its connection ([`crate::serve::PATIENCE`]).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use fastwebsockets::{FragmentCollectorRead, Frame, OpCode, Payload, WebSocketError, upgrade};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::query::clip;
use crate::service::{Kept, Moment, Shared};

/// Seconds of silence before a heartbeat.
const HEARTBEAT: u64 = 10;
/// Subscriptions of one socket.
const MOST_SUBSCRIPTIONS: usize = 64;
/// Bytes of a client's message.
const MOST_BYTES: usize = 4_096;
/// Commands that wait for their answer; a client that sends more faster is closed.
const MOST_COMMANDS: usize = 64;
/// New rows of one message; more than that, and the client gets a new snapshot.
const MOST_ROWS: usize = 1_000;

/// A channel of rows, or of states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rows,
    States,
}

/// What can be subscribed to: name, path with `*` for the key, and kind.
const CHANNELS: [(&str, &str, Kind); 9] = [
    ("status", "status", Kind::States),
    ("instruments", "instruments", Kind::States),
    ("curve", "curve?product=*", Kind::States),
    ("book", "book/*", Kind::States),
    ("account", "accounts/*", Kind::States),
    ("trades", "trades?instrument=*", Kind::Rows),
    ("marks", "marks", Kind::Rows),
    ("index", "index?index=*", Kind::Rows),
    ("liquidations", "liquidations", Kind::Rows),
];

#[derive(Debug)]
struct Subscription {
    kind: Kind,
    path: String,
    query: Option<String>,
    seq: u64,
    reorgs: u64,
    /// The last state sent, to be silent while it stays the same.
    last: Option<Arc<str>>,
    /// The newest block of which rows were sent.
    block: u64,
}

type Key = (String, Option<u64>);
type Writer = fastwebsockets::WebSocketWrite<tokio::io::WriteHalf<hyper_util::rt::TokioIo<hyper::upgrade::Upgraded>>>;

enum Heard {
    Command(Vec<u8>),
    Reply(Frame<'static>),
}

/// Talks with one client until it goes.
pub async fn converse(socket: upgrade::UpgradeFut, shared: Arc<Shared>) {
    let Ok(mut socket) = socket.await else { return };
    socket.set_auto_close(true);
    socket.set_auto_pong(true);
    socket.set_max_message_size(MOST_BYTES);
    let (reader, mut writer) = socket.split(tokio::io::split);
    let (tell, mut heard) = mpsc::channel::<Heard>(MOST_COMMANDS);
    let reading = tokio::spawn(async move {
        let mut reader = FragmentCollectorRead::new(reader);
        let own = tell.clone();
        loop {
            // What the library itself answers, pings and the end, goes the same way as ours.
            let mut obliged = |frame: Frame<'_>| {
                let frame = Frame::new(frame.fin, frame.opcode, None, Payload::Owned(frame.payload.to_vec()));
                let sent = own.try_send(Heard::Reply(frame));
                async move { sent.map_err(|_| WebSocketError::ConnectionClosed) }
            };
            let Ok(frame) = reader.read_frame::<_, WebSocketError>(&mut obliged).await else { break };
            let told = matches!(frame.opcode, OpCode::Text | OpCode::Binary);
            let over = frame.opcode == OpCode::Close
                || told && own.send(Heard::Command(frame.payload.to_vec())).await.is_err();
            if over {
                break;
            }
        }
    });
    let mut talk = Talk { shared, subscriptions: BTreeMap::new() };
    let mut moved = talk.shared.listen();
    let heartbeat = Duration::from_secs(HEARTBEAT);
    let mut due = Instant::now() + heartbeat;
    let Ok(()) = say(&mut writer, talk.hello().await).await else { return reading.abort() };
    loop {
        let messages: Vec<String> = tokio::select! {
            heard = heard.recv() => match heard {
                None => break,
                Some(Heard::Reply(frame)) => {
                    let ends = frame.opcode == OpCode::Close;
                    if writer.write_frame(frame).await.is_err() || ends {
                        break;
                    }
                    continue;
                }
                Some(Heard::Command(text)) => talk.command(&text).await,
            },
            changed = moved.changed() => match changed {
                Err(_) => break,
                Ok(()) => {
                    let moment = *moved.borrow_and_update();
                    talk.updates(moment).await
                }
            },
            () = sleep_until(due) => vec![talk.beat().await],
        };
        for message in messages {
            if say(&mut writer, message).await.is_err() {
                return reading.abort();
            }
            due = Instant::now() + heartbeat;
        }
        due = due.max(Instant::now());
    }
    reading.abort();
}

async fn say(writer: &mut Writer, text: String) -> Result<(), WebSocketError> {
    writer.write_frame(Frame::text(Payload::Owned(text.into_bytes()))).await
}

struct Talk {
    shared: Arc<Shared>,
    subscriptions: BTreeMap<Key, Subscription>,
}

fn head(kind: &str, key: &Key, seq: u64) -> String {
    let number = key.1.map_or_else(|| "null".to_owned(), |number| number.to_string());
    format!("{{\"type\":\"{kind}\",\"channel\":\"{}\",\"key\":{number},\"seq\":{seq}", key.0)
}

fn failure(code: &str, message: &str) -> String {
    json!({ "type": "error", "code": code, "message": message }).to_string()
}

impl Talk {
    async fn kept(&self, path: String, query: Option<String>) -> Result<Kept, (u16, String)> {
        if let Some(kept) = self.shared.cached(&path, query.as_deref()) {
            return kept;
        }
        let shared = Arc::clone(&self.shared);
        let _one = self.shared.computing.lock().await;
        if let Some(kept) = self.shared.cached(&path, query.as_deref()) {
            return kept;
        }
        let asked = tokio::task::spawn_blocking(move || shared.kept(&path, query.as_deref())).await;
        asked.unwrap_or_else(|_| Err((500, "this question made the program fail".to_owned())))
    }

    async fn at(&self) -> String {
        match self.kept("status".to_owned(), None).await {
            Ok(kept) => format!(",{}", kept.at),
            Err(_) => String::new(),
        }
    }

    async fn hello(&self) -> String {
        format!("{{\"type\":\"hello\",\"heartbeat_s\":{HEARTBEAT}{}}}", self.at().await)
    }

    async fn beat(&self) -> String {
        format!("{{\"type\":\"heartbeat\"{}}}", self.at().await)
    }

    async fn command(&mut self, text: &[u8]) -> Vec<String> {
        let bad = |message: String| vec![failure("bad_request", &message)];
        let Ok(command) = serde_json::from_slice::<Value>(text) else {
            return bad("a message is a JSON object with type, channel and key".to_owned());
        };
        let field = |name: &str| command.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (name, verb) = (field("channel"), field("type"));
        let Some((_, pattern, kind)) = CHANNELS.iter().find(|(known, ..)| *known == name) else {
            let all = CHANNELS.map(|(name, ..)| name).join(", ");
            return bad(format!("the channel `{}` is none of {all}", clip(&name)));
        };
        let number = match command.get("key") {
            None | Some(Value::Null) => None,
            Some(number) => match number.as_u64().filter(|number| *number <= u64::from(u32::MAX)) {
                Some(number) => Some(number),
                None => return bad("the key is a whole number or null".to_owned()),
            },
        };
        if number.is_some() != pattern.contains('*') {
            let needs = if pattern.contains('*') { "needs a number as its key" } else { "has no key" };
            return bad(format!("the channel {name} {needs}"));
        }
        let key = (name, number);
        match verb.as_str() {
            "unsubscribe" => {
                self.subscriptions.remove(&key);
                let number = key.1.map_or(Value::Null, Value::from);
                vec![json!({ "type": "unsubscribed", "channel": key.0, "key": number }).to_string()]
            }
            "subscribe" => {
                if self.subscriptions.len() >= MOST_SUBSCRIPTIONS && !self.subscriptions.contains_key(&key) {
                    return bad(format!("a socket has at most {MOST_SUBSCRIPTIONS} subscriptions"));
                }
                let path = pattern.replace('*', &number.unwrap_or_default().to_string());
                let (path, query) = match path.split_once('?') {
                    Some((path, query)) => (path.to_owned(), Some(query.to_owned())),
                    None => (path, None),
                };
                let moment = *self.shared.listen().borrow();
                let subscription =
                    Subscription { kind: *kind, path, query, seq: 0, reorgs: moment.reorgs, last: None, block: 0 };
                self.snapshot(&key, subscription).await
            }
            other => bad(format!("the type `{}` is neither subscribe nor unsubscribe", clip(other))),
        }
    }

    /// The first message of a subscription, or of one that begins again.
    async fn snapshot(&mut self, key: &Key, mut subscription: Subscription) -> Vec<String> {
        match self.kept(subscription.path.clone(), subscription.query.clone()).await {
            Ok(kept) => {
                let text = format!("{},{},\"data\":{}}}", head("snapshot", key, subscription.seq), kept.at, kept.data);
                subscription.seq += 1;
                subscription.block = kept.block;
                subscription.last = Some(kept.data);
                self.subscriptions.insert(key.clone(), subscription);
                vec![text]
            }
            Err((status, message)) => {
                self.subscriptions.remove(key);
                let code = if status == 404 {
                    "not_found"
                } else if status == 503 {
                    "not_ready"
                } else {
                    "bad_request"
                };
                vec![failure(code, &message)]
            }
        }
    }

    async fn updates(&mut self, moment: Moment) -> Vec<String> {
        let keys: Vec<Key> = self.subscriptions.keys().cloned().collect();
        let mut messages = Vec::new();
        for key in keys {
            let Some(mut subscription) = self.subscriptions.remove(&key) else { continue };
            if subscription.reorgs != moment.reorgs {
                subscription.reorgs = moment.reorgs;
                messages.extend(self.reset(&key, subscription, "reorg").await);
                continue;
            }
            match subscription.kind {
                Kind::States => messages.extend(self.state(&key, subscription).await),
                Kind::Rows => messages.extend(self.rows(&key, subscription).await),
            }
        }
        messages
    }

    async fn reset(&mut self, key: &Key, mut subscription: Subscription, reason: &str) -> Vec<String> {
        let mut messages = vec![format!("{},\"reason\":\"{reason}\"}}", head("reset", key, subscription.seq))];
        subscription.seq += 1;
        messages.extend(self.snapshot(key, subscription).await);
        messages
    }

    async fn state(&mut self, key: &Key, mut subscription: Subscription) -> Option<String> {
        let kept = self.kept(subscription.path.clone(), subscription.query.clone()).await;
        let mut message = None;
        if let Ok(kept) = kept
            && subscription.last.as_ref() != Some(&kept.data)
        {
            message = Some(format!("{},{},\"data\":{}}}", head("update", key, subscription.seq), kept.at, kept.data));
            subscription.seq += 1;
            subscription.last = Some(kept.data);
        }
        // What cannot be answered now, because there is no block at all while blocks are taken back, is tried again.
        self.subscriptions.insert(key.clone(), subscription);
        message
    }

    /// Rows of the blocks since the last message. Pages come newest first, so they are read until the block that was
    /// sent last.
    async fn rows(&mut self, key: &Key, mut subscription: Subscription) -> Vec<String> {
        let path = subscription.path.clone();
        let limit = |limit: usize| match &subscription.query {
            Some(query) => format!("{query}&limit={limit}"),
            None => format!("limit={limit}"),
        };
        // Most blocks bring few rows.
        for count in [100, MOST_ROWS] {
            let Ok(kept) = self.kept(path.clone(), Some(limit(count))).await else { break };
            let Ok(Value::Array(mut rows)) = serde_json::from_str(&kept.data) else { break };
            let full = rows.len() == count;
            rows.retain(|row| row["block"].as_u64().is_some_and(|block| block > subscription.block));
            if full && rows.len() == count {
                continue;
            }
            subscription.block = subscription.block.max(kept.block);
            if rows.is_empty() {
                self.subscriptions.insert(key.clone(), subscription);
                return Vec::new();
            }
            rows.reverse();
            let rows = Value::Array(rows);
            let text = format!("{},{},\"data\":{rows}}}", head("update", key, subscription.seq), kept.at);
            subscription.seq += 1;
            self.subscriptions.insert(key.clone(), subscription);
            return vec![text];
        }
        self.reset(key, subscription, "gap").await
    }
}
