//! The API over HTTP, and the built page beside it: on one address of this machine.
//!
//! What a bad client can cost is bounded everywhere: connections, bytes of a head, bytes that wait to be read, the time
//! that nothing is read, questions that wait for the tables. Beyond a bound one is refused, and the others are served.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use fastwebsockets::upgrade;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::query::{Query, Refusal, clip};
use crate::service::Shared;
use crate::stream;

/// Connections that are open at once.
const MOST_CONNECTIONS: usize = 1_024;
/// WebSockets among them.
const MOST_SOCKETS: usize = 768;
/// Questions that the tables are asked at once, and that wait.
const READERS: usize = 4;
const MOST_WAITING: usize = 256;
/// Files of the page that are read at once.
const FILES: usize = 4;
/// Bytes of answers that wait to be read by their clients.
const MOST_UNREAD: usize = 64 * 1024 * 1024;
/// How long a client may read nothing of what is there for it, or take to send a request.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of a file of the page.
const MOST_FILE: u64 = 32 * 1024 * 1024;

/// What the tables are asked for /metrics, under a name that no path has.
const METRICS: &str = "the status as metrics";

/// The description of the API.
pub const OPENAPI: &str = include_str!("../openapi.json");

/// Where the built page's own policy names whom it may ask.
const OWN_POLICY: &str = "connect-src 'self'";

/// The policy of the page: only what comes from here, chains and indices on this machine, and the node that the page is
/// told of.
fn policy(node: &str) -> HeaderValue {
    let text = format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self' http://127.0.0.1:* ws://127.0.0.1:* http://localhost:* ws://localhost:*{node}; \
         frame-ancestors 'none'; base-uri 'none'; form-action 'none'; object-src 'none'"
    );
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("default-src 'self'; frame-ancestors 'none'"))
}

/// A node's address as a policy names it, over HTTP and as a WebSocket, each after a blank; nothing for what is no
/// address, or has more in it than a host and a port.
fn asked_of(rpc: &str) -> String {
    let Ok(address) = rpc.parse::<Uri>() else { return String::new() };
    let secure = match address.scheme_str() {
        Some("http") => "",
        Some("https") => "s",
        _ => return String::new(),
    };
    let host = address.authority().and_then(|authority| authority.as_str().rsplit('@').next()).unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    if host.is_empty() || !host.bytes().all(plain) {
        return String::new();
    }
    format!(" http{secure}://{host} ws{secure}://{host}")
}

/// The built page with that node in its own policy, too: a browser holds a page to both.
fn naming(page: Vec<u8>, node: &str) -> Vec<u8> {
    match String::from_utf8(page) {
        Ok(text) if !node.is_empty() => text.replacen(OWN_POLICY, &format!("{OWN_POLICY}{node}"), 1).into_bytes(),
        Ok(text) => text.into_bytes(),
        Err(error) => error.into_bytes(),
    }
}

/// What answers.
pub struct Server {
    shared: Arc<Shared>,
    web: Option<PathBuf>,
    /// The node that the page is told of, as a policy names it.
    node: String,
    connections: Arc<Semaphore>,
    tables: Arc<Semaphore>,
    files: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    unread: Arc<AtomicUsize>,
}

type Body = Full<Bytes>;

/// Serves until the listener ends, which it does with the program.
///
/// # Errors
/// A sentence when the address cannot be listened to.
pub async fn serve(
    address: SocketAddr,
    shared: Arc<Shared>,
    web: Option<PathBuf>,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), String> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| format!("{address} cannot be listened to: {error}; choose another port"))?;
    ready(listener.local_addr().map_err(|error| error.to_string())?);
    let server = Arc::new(Server {
        node: shared.rpc.as_deref().map(asked_of).unwrap_or_default(),
        shared,
        web,
        connections: Arc::new(Semaphore::new(MOST_CONNECTIONS)),
        tables: Arc::new(Semaphore::new(READERS)),
        files: Arc::new(Semaphore::new(FILES)),
        waiting: Arc::default(),
        unread: Arc::default(),
    });
    loop {
        // A connection that cannot be accepted is its peer's trouble; too many of them pass.
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        // One too many is closed at once: its client tries again later.
        let Ok(permit) = Arc::clone(&server.connections).try_acquire_owned() else { continue };
        let _ = stream.set_nodelay(true);
        tokio::spawn(connection(Arc::clone(&server), stream, permit));
    }
}

async fn connection(server: Arc<Server>, stream: TcpStream, permit: OwnedSemaphorePermit) {
    let permit = Arc::new(permit);
    let service = service_fn(move |request| {
        let (server, permit) = (Arc::clone(&server), Arc::clone(&permit));
        async move { Ok::<_, Infallible>(server.respond(request, permit).await) }
    });
    // It ends when the peer goes, or does nothing for too long.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_buf_size(16 * 1024)
        .serve_connection(TokioIo::new(Patient::new(stream)), service)
        .with_upgrades()
        .await;
}

/// The status of a refusal.
#[must_use]
pub fn status_of(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::Bad(_) => StatusCode::BAD_REQUEST,
        Refusal::NotFound(_) => StatusCode::NOT_FOUND,
        Refusal::NotReady => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn code_of(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "bad_request",
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
        StatusCode::SERVICE_UNAVAILABLE => "overloaded",
        _ => "internal",
    }
}

/// A refusal as JSON.
#[must_use]
pub fn refused(status: StatusCode, code: &str, message: &str) -> Response<Body> {
    let text = json!({ "error": { "code": code, "message": message } }).to_string();
    let mut response = response(status, "application/json", text.into());
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

fn response(status: StatusCode, kind: &'static str, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // All of it is on a public chain, and no cookie says who asks.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

/// Bytes of an answer that count as unread until their client has them.
struct Counted {
    bytes: Vec<u8>,
    unread: Arc<AtomicUsize>,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.unread.fetch_sub(self.bytes.len(), Ordering::Relaxed);
    }
}

/// A place among those who wait. It is given back with this value, also where a client leaves and whoever was to answer
/// is dropped in the middle.
struct Place(Arc<AtomicUsize>);

impl Place {
    /// A place of so many; `None` when all are taken.
    fn of(taken: &Arc<AtomicUsize>, most: usize) -> Option<Self> {
        let place = Self(Arc::clone(taken));
        if taken.fetch_add(1, Ordering::Relaxed) < most { Some(place) } else { None }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A WebSocket among those that are open.
struct Open(Arc<Shared>);

impl Open {
    fn one(shared: &Arc<Shared>) -> Option<Self> {
        let open = Self(Arc::clone(shared));
        if shared.sockets.fetch_add(1, Ordering::Relaxed) < MOST_SOCKETS { Some(open) } else { None }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.sockets.fetch_sub(1, Ordering::Relaxed);
    }
}

fn overloaded(what: &str) -> Response<Body> {
    refused(StatusCode::SERVICE_UNAVAILABLE, "overloaded", &format!("{what}: ask again in a second"))
}

impl Server {
    /// Bytes of an answer, counted until they are read.
    fn counted(&self, bytes: Vec<u8>) -> Bytes {
        self.unread.fetch_add(bytes.len(), Ordering::Relaxed);
        Bytes::from_owner(Counted { bytes, unread: Arc::clone(&self.unread) })
    }

    /// Whether answers wait that nobody reads, more than there may be.
    fn is_full(&self) -> bool {
        self.unread.load(Ordering::Relaxed) > MOST_UNREAD
    }

    async fn respond(
        self: Arc<Self>,
        mut request: Request<Incoming>,
        permit: Arc<OwnedSemaphorePermit>,
    ) -> Response<Body> {
        let path = request.uri().path().to_owned();
        if path == "/v1/stream" {
            return self.upgrade(&mut request, permit);
        }
        match *request.method() {
            Method::GET | Method::HEAD => {}
            Method::OPTIONS => {
                let mut response = response(StatusCode::NO_CONTENT, "text/plain", Bytes::new());
                let headers = response.headers_mut();
                headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD, OPTIONS"));
                headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("*"));
                return response;
            }
            _ => {
                let message = "everything here is read: use GET";
                return refused(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message);
            }
        }
        if path == "/metrics" {
            return self.ask(METRICS.to_owned(), None).await;
        }
        let Some(rest) = path.strip_prefix("/v1/").or((path == "/v1").then_some("")) else {
            return self.file(path).await;
        };
        if rest == "openapi.json" {
            return response(StatusCode::OK, "application/json", Bytes::from_static(OPENAPI.as_bytes()));
        }
        let query = request.uri().query().map(str::to_owned);
        if query.as_ref().is_some_and(|query| query.len() > 1_024) || rest.len() > 256 {
            return refused(StatusCode::BAD_REQUEST, "bad_request", "the address is too long for a question");
        }
        self.ask(rest.to_owned(), query).await
    }

    async fn ask(self: Arc<Self>, path: String, query: Option<String>) -> Response<Body> {
        if self.is_full() {
            return overloaded("too many answers wait for clients that do not read them");
        }
        let Some(place) = Place::of(&self.waiting, MOST_WAITING) else {
            return overloaded("too many questions wait");
        };
        let Ok(reader) = Arc::clone(&self.tables).acquire_owned().await else {
            return overloaded("the program ends");
        };
        let shared = Arc::clone(&self.shared);
        // Place and reader go with the work: a client that leaves does not end it, and must not make room for more.
        let work = move || {
            let _held = (place, reader);
            answer(&shared, &path, query.as_deref())
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(Ok((kind, text))) => response(StatusCode::OK, kind, self.counted(text.into_bytes())),
            Ok(Err(refusal)) => {
                let status = status_of(&refusal);
                let code = if matches!(refusal, Refusal::NotReady) { "not_ready" } else { code_of(status) };
                refused(status, code, &refusal.to_string())
            }
            Err(_) => refused(StatusCode::INTERNAL_SERVER_ERROR, "internal", "this question made the program fail"),
        }
    }

    fn upgrade(self: Arc<Self>, request: &mut Request<Incoming>, permit: Arc<OwnedSemaphorePermit>) -> Response<Body> {
        if !upgrade::is_upgrade_request(request) {
            let message = "this path is a WebSocket: open it as ws://";
            return refused(StatusCode::BAD_REQUEST, "bad_request", message);
        }
        let Some(open) = Open::one(&self.shared) else {
            return refused(StatusCode::SERVICE_UNAVAILABLE, "overloaded", "too many WebSockets are open");
        };
        match upgrade::upgrade(request) {
            Ok((switch, socket)) => {
                let shared = Arc::clone(&self.shared);
                tokio::spawn(async move {
                    let _held = (open, permit);
                    stream::converse(socket, shared).await;
                });
                switch.map(|_| Full::new(Bytes::new()))
            }
            Err(error) => refused(StatusCode::BAD_REQUEST, "bad_request", &error.to_string()),
        }
    }

    /// A file of the built page; the page itself for every path of its own.
    async fn file(&self, path: String) -> Response<Body> {
        let missing = |message: &str| refused(StatusCode::NOT_FOUND, "not_found", message);
        let Some(web) = self.web.clone() else {
            return missing("no page is served here (start with --web); the API is under /v1/");
        };
        let Some(file) = inside(&web, &path) else {
            return missing(&format!("there is no file {}", clip(&path)));
        };
        // What is read and not fetched is as large as an answer.
        if self.is_full() {
            return overloaded("too many answers wait for clients that do not read them");
        }
        let Ok(held) = Arc::clone(&self.files).acquire_owned().await else {
            return overloaded("the program ends");
        };
        let read = tokio::task::spawn_blocking(move || {
            let _held = held;
            let size = std::fs::metadata(&file)?.len();
            if size > MOST_FILE {
                return Err(io::Error::other("too large"));
            }
            std::fs::read(&file).map(|bytes| (file, bytes))
        });
        match read.await {
            Ok(Ok((file, bytes))) => {
                let kind = kind_of(&file);
                let bytes = if kind.starts_with("text/html") { naming(bytes, &self.node) } else { bytes };
                let mut response = response(StatusCode::OK, kind, self.counted(bytes));
                let headers = response.headers_mut();
                headers.insert(header::CONTENT_SECURITY_POLICY, policy(&self.node));
                headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
                // The builder names these by their content.
                let forever = path.starts_with("/assets/");
                let cache = if forever { "public, max-age=31536000, immutable" } else { "no-cache" };
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
                response
            }
            _ => missing(&format!("there is no file {}", clip(&path))),
        }
    }
}

fn answer(shared: &Shared, path: &str, query: Option<&str>) -> Result<(&'static str, String), Refusal> {
    if path == METRICS {
        return Ok(("text/plain; version=0.0.4; charset=utf-8", metrics(&shared.answer(&["status"], None)?)));
    }
    let parts: Vec<&str> = path.split('/').collect();
    if let ["accounts", seat, "statement"] = parts.as_slice() {
        let seat = crate::query::number("seat", seat, u32::MAX.into())?;
        let query = Query::parse(query, &["format", "from", "to"])?;
        let (_, text) = shared.read(|view| view.statement(seat, &query))?;
        return Ok(("text/csv; charset=utf-8", text));
    }
    Ok(("application/json", shared.answer(&parts, query)?.to_string()))
}

/// What `/v1/status` answers, as Prometheus reads it. Blocks that are taken back take events with them, so that none of
/// it only grows.
fn metrics(status: &Value) -> String {
    let (said, data) = (|value: &Value| value.as_u64().unwrap_or_default(), &status["data"]);
    let gauges = [
        ("ready", "1 when the tables have the node's newest block", u64::from(data["ready"] == json!(true))),
        ("block", "The newest block of the tables", said(&status["block"])),
        ("final_block", "The newest of them that is final", said(&status["final_block"])),
        ("node_block", "The node's newest block", said(&data["node_block"])),
        ("lag_seconds", "Seconds since it last had the node's newest block", said(&status["lag_s"])),
        ("events", "Events in the tables", said(&data["events"])),
        ("alarms", "Differences between chain and index", said(&data["alarms"])),
        ("reorgs", "Reorganisations since the program began", said(&data["reorgs"])),
        ("deepest_reorg", "Blocks of the deepest of them", said(&data["deepest_reorg"])),
        ("sockets", "WebSockets that are open", said(&data["sockets"])),
    ];
    let line = |(name, about, value): (&str, &str, u64)| {
        format!("# HELP sit_index_{name} {about}\n# TYPE sit_index_{name} gauge\nsit_index_{name} {value}\n")
    };
    gauges.into_iter().map(line).collect()
}

/// The file of a path inside a folder: names of letters, digits and `._-` that do not begin with a dot, and for a path
/// without an ending the page.
fn inside(web: &Path, path: &str) -> Option<PathBuf> {
    let mut file = web.to_owned();
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let plain = |part: &&str| {
        !part.starts_with('.')
            && part.len() <= 128
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    if parts.len() > 8 || !parts.iter().all(plain) {
        return None;
    }
    if !parts.last().is_some_and(|last| last.contains('.')) {
        return Some(file.join("index.html"));
    }
    file.extend(parts);
    Some(file)
}

fn kind_of(file: &Path) -> &'static str {
    match file.extension().and_then(|ending| ending.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

/// A connection that ends when its peer reads nothing for [`PATIENCE`] although something is there for it.
struct Patient {
    stream: TcpStream,
    stuck: Option<Pin<Box<Sleep>>>,
}

impl Patient {
    fn new(stream: TcpStream) -> Self {
        Self { stream, stuck: None }
    }

    fn judge<T>(&mut self, context: &mut Context<'_>, done: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if done.is_ready() {
            self.stuck = None;
            return done;
        }
        let stuck = self.stuck.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + PATIENCE)));
        match stuck.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read"))),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Patient {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.judge(context, done)
    }
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.judge(context, done)
    }
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_names_the_host_of_a_node_and_nothing_else_that_is_in_its_address() {
        let both = |host: &str| format!(" https://{host} wss://{host}");
        for (rpc, named) in [
            ("https://node.example/", both("node.example")),
            ("https://node.example:8443/v1/key?other=1", both("node.example:8443")),
            ("https://name:word@node.example", both("node.example")),
            ("http://127.0.0.1:8545", " http://127.0.0.1:8545 ws://127.0.0.1:8545".to_owned()),
            ("http://[::1]:8545", " http://[::1]:8545 ws://[::1]:8545".to_owned()),
        ] {
            assert_eq!(asked_of(rpc), named, "{rpc}");
            assert!(policy(&named).to_str().is_ok_and(|text| text.contains(&format!("localhost:*{named}; "))), "{rpc}");
        }
        for bad in
            ["", "node.example", "ftp://node.example", "javascript:alert(1)", "https://a;b", "https://*", "https://"]
        {
            assert_eq!(asked_of(bad), "", "{bad}");
        }
    }

    #[test]
    fn the_page_that_is_handed_out_may_ask_that_node_by_its_own_policy_too() {
        let page = "<meta content=\"script-src 'self'; connect-src 'self' http://127.0.0.1:*; base-uri 'none'\" />";
        let named = String::from_utf8(naming(page.into(), " https://node.example wss://node.example")).unwrap();
        assert!(
            named.contains("connect-src 'self' https://node.example wss://node.example http://127.0.0.1:*; base-uri")
        );
        assert_eq!(naming(page.into(), ""), page.as_bytes());
        assert_eq!(naming(vec![0xff, b'x'], " https://node.example"), [0xff, b'x'], "what is no text stays as it is");
    }

    #[test]
    fn only_files_inside_the_folder_are_served() {
        let web = Path::new("/web");
        assert_eq!(inside(web, "/"), Some("/web/index.html".into()));
        assert_eq!(inside(web, "/trade/3"), Some("/web/index.html".into()));
        assert_eq!(inside(web, "/assets/a-1.js"), Some("/web/assets/a-1.js".into()));
        for bad in ["/../x.js", "/.git/config", "/a/..", "/%2e%2e/x.js", "/a\\b.js", "/\0.js", &"/a".repeat(9)] {
            assert_eq!(inside(web, bad), None, "{bad}");
        }
    }
}
