//! The chain behind HTTP and WebSocket, on one port of this machine.
//!
//! One thread owns the chain, since the state of a runtime is the thread's that runs it; connections hand it what they
//! were asked, and wait for what it answers. A request that makes the program panic is answered with an error, and the
//! chain goes on.

use std::{
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use fastwebsockets::{Frame, OpCode, Payload, WebSocketError, WebSocketRead, upgrade};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{self, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use tokio::{
    io::AsyncRead,
    net::TcpListener,
    sync::{Notify, mpsc as told, oneshot},
};

use crate::{
    node::Notice,
    rpc::{Devnet, IDLE, Mining, faults::Reply},
};

/// Bytes of a request: a program of one MiB in hexadecimal is two, and its constructor's input and a batch's rest fit
/// beside it.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// Messages that wait for a connection that does not read; one more ends it, so that its client sees that it has missed
/// something and begins anew.
const MOST_UNREAD: usize = 4_096;
/// Bytes of them: a transaction that is told whole may have megabytes.
const MOST_UNREAD_BYTES: usize = 64 * 1024 * 1024;
/// Bytes that wait to be read by all connections together: each may have [`MOST_UNREAD_BYTES`], and there may be a
/// thousand.
const MOST_UNREAD_IN_ALL: usize = 512 * 1024 * 1024;
/// Bytes that may wait for a connection whatever waits for others, so that those who do not read harm nobody who does.
const FEW_UNREAD_BYTES: usize = 256 * 1024;
/// Messages that wait for a connection that does not read while it is still answered: an answer may have megabytes.
const MOST_UNREAD_BEFORE_AN_ANSWER: usize = 64;
/// How often it is looked whether a connection has read.
const READ_AGAIN: Duration = Duration::from_millis(10);
/// How long a peer may take over the head of a request, over its body, or over reading what it is answered, and how
/// long a connection may be idle: each takes one of the sockets that the system gives the program.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How long whoever asks is answered before the chain goes on by itself: a question that takes longer is the last.
const TURN: Duration = Duration::from_millis(100);

/// Something for the chain's thread to do.
type Job = Box<dyn FnOnce(&mut Devnet) + Send>;

/// What the chain's thread does besides answering.
pub trait Background: Send {
    /// Does a little of it. Returns when it wants to do the next; `None` for never.
    ///
    /// # Errors
    /// A sentence that ends the program.
    fn work(&mut self, chain: &mut Devnet) -> Result<Option<Duration>, String>;

    /// Hears what has happened on the chain.
    fn hear(&mut self, chain: &Devnet, notices: &[Notice]);
}

/// Bytes that wait to be read: by a connection, and by all.
#[derive(Clone, Default)]
struct Unread {
    own: Arc<AtomicUsize>,
    all: Arc<AtomicUsize>,
}

impl Unread {
    /// Counts bytes until what is returned is gone.
    fn hold(&self, bytes: usize) -> Held {
        for count in [&self.own, &self.all] {
            count.fetch_add(bytes, Ordering::Relaxed);
        }
        Held { unread: self.clone(), bytes }
    }

    /// Bytes that wait for this connection.
    fn own(&self) -> usize {
        self.own.load(Ordering::Relaxed)
    }

    /// Whether there is too much in all, and more than a few of it here.
    fn is_crowded(&self) -> bool {
        self.own() > FEW_UNREAD_BYTES && self.all.load(Ordering::Relaxed) > MOST_UNREAD_IN_ALL
    }
}

/// Bytes that wait to be read.
struct Held {
    unread: Unread,
    bytes: usize,
}

impl Drop for Held {
    fn drop(&mut self) {
        for count in [&self.unread.own, &self.unread.all] {
            count.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

/// A way to the chain's thread.
#[derive(Clone)]
pub struct Desk {
    jobs: mpsc::Sender<Job>,
    unread: Unread,
}

impl Desk {
    /// For another connection.
    fn of_another(&self) -> Self {
        let unread = Unread { own: Arc::default(), all: Arc::clone(&self.unread.all) };
        Self { jobs: self.jobs.clone(), unread }
    }

    /// Has the chain's thread do something and waits for it; `None` when the thread is gone.
    pub async fn ask<R: Send + 'static>(&self, what: impl FnOnce(&mut Devnet) -> R + Send + 'static) -> Option<R> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |chain| {
            // Nobody may be waiting any more.
            let _ = answer.send(what(chain));
        });
        self.jobs.send(job).ok()?;
        answered.await.ok()
    }
}

/// Runs the chain on this thread until nobody can ask it any more, or the background ends it.
///
/// # Errors
/// What the background says.
fn run(mut chain: Devnet, jobs: &mpsc::Receiver<Job>, background: &mut dyn Background) -> Result<(), String> {
    let mut sealed_at = Instant::now();
    let mut work_at = Some(Instant::now());
    loop {
        let now = Instant::now();
        let mine_at = match chain.mining {
            Mining::Every(every) if chain.node.has_ready() => Some(sealed_at + every),
            Mining::Every(every) => Some(sealed_at + every.max(IDLE)),
            _ => None,
        };
        let wake = [mine_at, work_at].into_iter().flatten().min().unwrap_or(now + IDLE);
        match jobs.recv_timeout(wake.saturating_duration_since(now)) {
            Ok(job) => {
                let turn = Instant::now();
                job(&mut chain);
                // Whoever asked more meanwhile is answered before the chain goes on by itself, but not about a block
                // that will be gone.
                while turn.elapsed() < TURN && chain.node.unkept().is_none() {
                    let Ok(job) = jobs.try_recv() else { break };
                    job(&mut chain);
                }
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => return Ok(()),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
        if mine_at.is_some_and(|at| at <= Instant::now()) {
            chain.seal().map_err(|error| error.message)?;
            sealed_at = Instant::now();
        }
        if work_at.is_some_and(|at| at <= Instant::now()) {
            work_at = background.work(&mut chain)?.map(|pause| Instant::now() + pause);
        }
        let notices = chain.take_notices();
        if !notices.is_empty() {
            background.hear(&chain, &notices);
        }
        if let Some(why) = chain.node.unkept() {
            return Err(format!("{why}: the newest block is not kept, and the chain ends at the one before"));
        }
    }
}

/// Serves a chain until it ends, to peers who take no longer than `patience` over a request: [`PATIENCE`]. `ready` is
/// told the address that is listened to.
///
/// # Errors
/// A sentence: of the port that cannot be listened to, or of the background.
pub fn serve(
    address: SocketAddr,
    patience: Duration,
    make: impl FnOnce() -> Result<(Devnet, Box<dyn Background>), String> + Send + 'static,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), String> {
    let (jobs, received) = mpsc::channel::<Job>();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let listener = runtime
        .block_on(TcpListener::bind(address))
        .map_err(|error| format!("{address} cannot be listened to: {error}; choose another with --port"))?;
    let bound = listener.local_addr().map_err(|error| error.to_string())?;
    // Before the chain says anything: who reads what is printed learns first where to ask.
    ready(bound);
    let (ended, end) = oneshot::channel();
    std::thread::Builder::new()
        .name("chain".to_owned())
        // The pallet's interpreter and the engine's arrays want more than a thread has by default.
        .stack_size(64 * 1024 * 1024)
        .spawn(move || {
            let result = make().and_then(|(chain, mut background)| run(chain, &received, background.as_mut()));
            // Nobody waits for it when the program ends otherwise.
            let _ = ended.send(result);
        })
        .map_err(|error| error.to_string())?;
    let desk = Desk { jobs, unread: Unread::default() };
    runtime.block_on(async {
        tokio::select! {
            result = end => result.unwrap_or_else(|_| Err("the chain's thread has ended".to_owned())),
            result = accept(listener, desk, patience) => result,
        }
    })
}

async fn accept(listener: TcpListener, desk: Desk, patience: Duration) -> Result<(), String> {
    loop {
        // A connection that cannot be accepted is its peer's trouble; too many of them pass.
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let desk = desk.of_another();
        tokio::spawn(async move {
            let over = Arc::new(Notify::new());
            let ends = Arc::clone(&over);
            let service = service_fn(move |request| respond(request, desk.clone(), patience, Arc::clone(&ends)));
            let serving = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(patience)
                .serve_connection(TokioIo::new(stream), service)
                .with_upgrades();
            // It ends when the peer goes, or does not read.
            tokio::select! {
                _ = serving => {}
                () = over.notified() => {}
            }
        });
    }
}

type Body = Full<Bytes>;

/// A response that any page may read: the exchange's own page runs on another port.
fn response(status: StatusCode, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST, OPTIONS"));
    response
}

fn refused(code: i32, message: &str) -> String {
    json!({ "jsonrpc": "2.0", "id": null, "error": { "code": code, "message": message } }).to_string()
}

/// An answer until it has been read.
struct Answered {
    text: String,
    _held: Arc<Held>,
}

impl AsRef<[u8]> for Answered {
    fn as_ref(&self) -> &[u8] {
        self.text.as_bytes()
    }
}

/// A response with an answer, whose connection ends where it has not been read after so long; none with a long one
/// where too much waits to be read already.
fn answered(text: String, unread: &Unread, patience: Duration, over: &Arc<Notify>) -> Response<Body> {
    let held = Arc::new(unread.hold(text.len()));
    if unread.is_crowded() {
        let message = format!(
            "answers of more than {MOST_UNREAD_IN_ALL} bytes wait to be read by those who asked: read what you have asked \
             for, or ask again later or for less"
        );
        return response(StatusCode::TOO_MANY_REQUESTS, refused(-32005, &message));
    }
    if text.len() > FEW_UNREAD_BYTES {
        let (waits, over) = (Arc::downgrade(&held), Arc::clone(over));
        tokio::spawn(async move {
            tokio::time::sleep(patience).await;
            if waits.strong_count() > 0 {
                over.notify_one();
            }
        });
    }
    response(StatusCode::OK, Bytes::from_owner(Answered { text, _held: held }))
}

async fn respond(
    mut request: Request<Incoming>,
    desk: Desk,
    patience: Duration,
    over: Arc<Notify>,
) -> Result<Response<Body>, Lost> {
    if upgrade::is_upgrade_request(&request) {
        return Ok(match upgrade::upgrade(&mut request) {
            Ok((switch, socket)) => {
                tokio::spawn(converse(socket, desk, patience));
                switch.map(|_| Full::new(Bytes::new()))
            }
            Err(error) => response(StatusCode::BAD_REQUEST, refused(-32600, &error.to_string())),
        });
    }
    match *request.method() {
        Method::OPTIONS => return Ok(response(StatusCode::NO_CONTENT, "")),
        Method::POST => {}
        _ => return Ok(response(StatusCode::METHOD_NOT_ALLOWED, refused(-32600, "JSON-RPC is sent by POST"))),
    }
    let body = match tokio::time::timeout(patience, Limited::new(request.into_body(), MOST_BYTES).collect()).await {
        Ok(Ok(body)) => body,
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let message = format!("a request has at most {MOST_BYTES} bytes");
            return Ok(response(StatusCode::PAYLOAD_TOO_LARGE, refused(-32600, &message)));
        }
        Ok(Err(error)) => {
            let message = format!("the body is not what the head of the request says: {error}");
            return Ok(response(StatusCode::BAD_REQUEST, refused(-32600, &message)));
        }
        Err(_) => {
            let message = format!("the request was not there after {patience:?}: send it at once");
            return Ok(response(StatusCode::REQUEST_TIMEOUT, refused(-32600, &message)));
        }
    };
    let text = body.to_bytes();
    match desk.ask(move |chain| guarded(|| chain.reply(&text))).await {
        Some(Reply::Answer(answer, late)) => {
            tokio::time::sleep(late).await;
            Ok(answered(answer.unwrap_or_default(), &desk.unread, patience, &over))
        }
        Some(Reply::TooMany(answer)) => Ok(response(StatusCode::TOO_MANY_REQUESTS, answer)),
        Some(Reply::Lost) => Err(Lost),
        None => Ok(response(StatusCode::OK, "")),
    }
}

/// A connection ends without an answer, on purpose.
#[derive(Debug)]
struct Lost;

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the answer is lost")
    }
}

impl std::error::Error for Lost {}

/// Answers, or says that it cannot: whatever a request does to the program, the chain goes on.
fn guarded(answer: impl FnOnce() -> Reply) -> Reply {
    catch_unwind(AssertUnwindSafe(answer)).unwrap_or_else(|_| {
        let failed = refused(-32603, "the program failed on this request, which is a fault of it: please tell us");
        Reply::Answer(Some(failed), Duration::ZERO)
    })
}

/// What a connection is told through, as long as it reads.
#[derive(Clone)]
struct Teller {
    frames: told::Sender<(Frame<'static>, Held)>,
    unread: Unread,
    /// Woken when the connection is to end.
    over: Arc<Notify>,
}

impl Teller {
    /// Has a frame wait until the connection has read what comes before it; none where too much waits already.
    fn put(&self, frame: Frame<'static>) -> bool {
        if self.unread.own() > MOST_UNREAD_BYTES || self.unread.is_crowded() {
            return false;
        }
        let held = self.unread.hold(frame.payload.len());
        self.frames.try_send((frame, held)).is_ok()
    }

    /// Tells something that nobody has asked for; the connection ends where there is no room for it.
    fn tell(&self, what: &Value) -> bool {
        let told = self.put(Frame::text(Payload::Owned(what.to_string().into_bytes())));
        if !told {
            self.over.notify_one();
        }
        told
    }

    /// Whether so much waits that no more is answered for now.
    fn is_behind(&self) -> bool {
        self.frames.capacity() < MOST_UNREAD - MOST_UNREAD_BEFORE_AN_ANSWER
            || self.unread.own() > MOST_UNREAD_BYTES / 2
            || self.unread.is_crowded()
    }
}

/// Talks over a WebSocket: requests are answered, and subscriptions told.
async fn converse(socket: upgrade::UpgradeFut, desk: Desk, patience: Duration) {
    let Ok(mut socket) = socket.await else { return };
    socket.set_auto_close(true);
    socket.set_auto_pong(true);
    socket.set_max_message_size(MOST_BYTES);
    let (reader, mut writer) = socket.split(tokio::io::split);
    let (frames, mut waiting) = told::channel::<(Frame<'static>, Held)>(MOST_UNREAD);
    let teller = Teller { frames, unread: desk.unread.clone(), over: Arc::default() };
    let mut writing = tokio::spawn(async move {
        while let Some((frame, _held)) = waiting.recv().await {
            // What the system keeps for a peer is full, and it reads nothing of that.
            let Ok(Ok(())) = tokio::time::timeout(patience, writer.write_frame(frame)).await else { break };
        }
    });
    tokio::select! {
        () = listen(reader, &teller, &desk) => {}
        () = teller.over.notified() => {}
        _ = &mut writing => {}
    }
    writing.abort();
}

/// Answers what comes over a WebSocket until it ends.
async fn listen<S: AsyncRead + Unpin>(mut reader: WebSocketRead<S>, teller: &Teller, desk: &Desk) {
    // What has come of a message that is sent in several frames.
    let mut begun: Option<Vec<u8>> = None;
    loop {
        // What the library itself answers, pings and the end, goes the same way as ours.
        let mut obliged = |frame: Frame<'_>| {
            let payload = Payload::Owned(frame.payload.to_vec());
            let put = teller.put(Frame::new(frame.fin, frame.opcode, None, payload));
            async move { put.then_some(()).ok_or(WebSocketError::ConnectionClosed) }
        };
        let Ok(frame) = reader.read_frame::<_, WebSocketError>(&mut obliged).await else { break };
        let text = match (frame.opcode, begun.take()) {
            (OpCode::Text | OpCode::Binary, None) => frame.payload.to_vec(),
            // The library bounds a frame, and not how many of them a message has.
            (OpCode::Continuation, Some(mut text)) if text.len() + frame.payload.len() <= MOST_BYTES => {
                text.extend_from_slice(&frame.payload);
                text
            }
            (OpCode::Ping | OpCode::Pong, unfinished) => {
                begun = unfinished;
                continue;
            }
            _ => break,
        };
        if !frame.fin {
            begun = Some(text);
            continue;
        }
        while teller.is_behind() && !teller.frames.is_closed() {
            tokio::time::sleep(READ_AGAIN).await;
        }
        let to_tell = teller.clone();
        let answer = match desk.ask(move |chain| guarded(|| heard(chain, &text, &to_tell))).await {
            Some(Reply::Answer(answer, late)) => {
                tokio::time::sleep(late).await;
                answer
            }
            Some(Reply::TooMany(answer)) => Some(answer),
            Some(Reply::Lost) => break,
            None => None,
        };
        if let Some(answer) = answer {
            let held = teller.unread.hold(answer.len());
            let frame = Frame::text(Payload::Owned(answer.into_bytes()));
            if teller.unread.is_crowded() || teller.frames.send((frame, held)).await.is_err() {
                break;
            }
        }
    }
}

/// Answers a text of a WebSocket, which may subscribe.
fn heard(chain: &mut Devnet, text: &[u8], tell: &Teller) -> Reply {
    let request: Option<Value> = serde_json::from_slice(text).ok();
    let method = request.as_ref().and_then(|request| request.get("method")).and_then(Value::as_str);
    let (Some(request), Some(method @ ("eth_subscribe" | "eth_unsubscribe"))) = (&request, method) else {
        return chain.reply(text);
    };
    let at_once = |answer: Value| Reply::Answer(Some(answer.to_string()), Duration::ZERO);
    let id = request.get("id").cloned().unwrap_or(Value::Null);
    let params = request.get("params").cloned().unwrap_or(Value::Null);
    if method == "eth_unsubscribe" {
        let ended = params.get(0).is_some_and(|id| chain.unsubscribe(id));
        return at_once(json!({ "jsonrpc": "2.0", "id": id, "result": ended }));
    }
    let (teller, listener) = (tell.clone(), tell.clone());
    match chain.subscribe(&params, move |what| teller.tell(&what), move || !listener.frames.is_closed()) {
        // Goes ahead of whatever the subscription tells: a client throws away what it has not yet been told of.
        Ok(subscription) if tell.tell(&json!({ "jsonrpc": "2.0", "id": id, "result": subscription })) => {
            Reply::Answer(None, Duration::ZERO)
        }
        Ok(_) => Reply::Lost,
        Err(error) => {
            at_once(json!({ "jsonrpc": "2.0", "id": id, "error": { "code": error.code, "message": error.message } }))
        }
    }
}

#[cfg(test)]
mod tests {
    use sit_client::Deployment;

    use super::*;
    use crate::node::{Beginning, Clock, Node};

    #[test]
    fn who_does_not_read_takes_no_room_from_who_does() {
        let mine = Desk { jobs: mpsc::channel().0, unread: Unread::default() }.unread;
        let desk = Desk { jobs: mpsc::channel().0, unread: mine.clone() };
        let (theirs, over) = (desk.of_another().unread, Arc::new(Notify::new()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let answer = |bytes: usize| answered("a".repeat(bytes), &mine, PATIENCE, &over);
            let unread = theirs.hold(MOST_UNREAD_IN_ALL);
            assert_eq!(answer(FEW_UNREAD_BYTES).status(), StatusCode::OK);
            assert_eq!(answer(FEW_UNREAD_BYTES + 1).status(), StatusCode::TOO_MANY_REQUESTS);
            let (frames, _waiting) = told::channel(MOST_UNREAD);
            let socket =
                |unread: &Unread| Teller { frames: frames.clone(), unread: unread.clone(), over: Arc::default() };
            let frame = || Frame::text(Payload::Owned(vec![b'a'; FEW_UNREAD_BYTES + 1]));
            assert!(!socket(&theirs).put(frame()) && socket(&theirs).is_behind());
            // A first one has room; then there are more than a few.
            assert!(socket(&mine).put(frame()) && !socket(&mine).put(frame()));
            drop(unread);
            assert!(socket(&mine).put(frame()) && !socket(&mine).is_behind());
            let long = answer(FEW_UNREAD_BYTES + 1);
            assert_eq!((long.status(), mine.own()), (StatusCode::OK, 3 * (FEW_UNREAD_BYTES + 1)));
            drop(long);
            assert_eq!(mine.own(), 2 * (FEW_UNREAD_BYTES + 1));
        });
        assert_eq!((mine.own(), theirs.own(), mine.all.load(Ordering::Relaxed)), (0, 0, 0));
    }

    #[test]
    fn a_long_answer_that_nobody_reads_ends_its_connection() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let (unread, over) = (Unread::default(), Arc::new(Notify::new()));
            let _kept = answered("a".repeat(FEW_UNREAD_BYTES + 1), &unread, Duration::from_millis(1), &over);
            over.notified().await;
        });
    }

    /// Counts how often it has worked.
    struct Busy(Arc<AtomicUsize>);

    impl Background for Busy {
        fn work(&mut self, _: &mut Devnet) -> Result<Option<Duration>, String> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(Some(Duration::ZERO))
        }

        fn hear(&mut self, _: &Devnet, _: &[Notice]) {}
    }

    /// A crowd that asks what takes long: each answer was followed by the next, and no block was sealed meanwhile.
    #[test]
    fn the_chain_goes_on_between_questions_that_take_long() {
        const QUESTIONS: usize = 10;
        let node = Node::new(&Beginning::with_keys(1_796_630_400, 64), Clock::fixed(1_796_630_400, 2)).unwrap();
        let chain = Devnet::new(node, Deployment::default(), Mining::Manual);
        let worked = Arc::new(AtomicUsize::new(0));
        let (asking, jobs) = mpsc::channel::<Job>();
        let (tell, told) = mpsc::channel();
        for _ in 0..QUESTIONS {
            let (tell, worked) = (tell.clone(), Arc::clone(&worked));
            let question: Job = Box::new(move |_| {
                std::thread::sleep(2 * TURN);
                tell.send(worked.load(Ordering::Relaxed)).unwrap();
            });
            asking.send(question).unwrap();
        }
        drop(asking);
        assert_eq!(run(chain, &jobs, &mut Busy(worked)), Ok(()));
        drop(tell);
        let told: Vec<usize> = told.iter().collect();
        assert!(told.len() == QUESTIONS && told.is_sorted_by(|one, next| one < next), "{told:?}");
    }
}
