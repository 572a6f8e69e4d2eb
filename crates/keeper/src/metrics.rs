//! How a program is: metrics for Prometheus and a word on its health, over HTTP on this machine alone.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use http_body_util::Full;
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{self, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use prometheus::{Encoder, IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder};

use crate::log::plain;

/// Counters and gauges of one program. Copies count together.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    counts: IntCounterVec,
    values: IntGaugeVec,
    health: Arc<Mutex<Health>>,
}

#[derive(Debug)]
struct Health {
    seen: Option<Instant>,
    patience: Duration,
    trouble: Option<String>,
    warning: Option<String>,
    /// The node's newest block, and since when it is that one.
    newest: Option<(u64, Instant)>,
}

impl Metrics {
    /// Metrics of a program: `sit_NAME_total{what,of}` and `sit_NAME{what,of}`. It is healthy as long as it was well
    /// within `patience`.
    ///
    /// # Errors
    /// A sentence for a name that Prometheus does not take.
    pub fn new(name: &str, patience: Duration) -> Result<Self, String> {
        let labels = ["what", "of"];
        let registry = Registry::new();
        let counts = Opts::new(format!("sit_{name}_total"), format!("What the {name} has done since it began"));
        let counts = IntCounterVec::new(counts, &labels).map_err(|error| error.to_string())?;
        let values = Opts::new(format!("sit_{name}"), format!("How the {name} stands now"));
        let values = IntGaugeVec::new(values, &labels).map_err(|error| error.to_string())?;
        registry.register(Box::new(counts.clone())).map_err(|error| error.to_string())?;
        registry.register(Box::new(values.clone())).map_err(|error| error.to_string())?;
        let health = Arc::new(Mutex::new(Health { seen: None, patience, trouble: None, warning: None, newest: None }));
        Ok(Self { registry, counts, values, health })
    }

    /// Counts something once more.
    pub fn count(&self, what: &str, of: &str) {
        self.counts.with_label_values(&[what, of]).inc();
    }

    /// What has been counted.
    #[must_use]
    pub fn counted(&self, what: &str, of: &str) -> u64 {
        self.counts.with_label_values(&[what, of]).get()
    }

    /// Sets a value.
    pub fn set(&self, what: &str, of: &str, value: i64) {
        self.values.with_label_values(&[what, of]).set(value);
    }

    /// The node's newest block.
    pub fn saw(&self, block: u64) {
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        if health.newest.is_none_or(|(known, _)| known != block) {
            health.newest = Some((block, Instant::now()));
        }
    }

    /// All is well now; not so beside a node whose newest block is the same beyond the patience. It answers, and what
    /// it answers is of another time: nothing is ever due there.
    pub fn well(&self) {
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        let patience = health.patience;
        match health.newest.map(|(block, since)| (block, since.elapsed())).filter(|(_, age)| *age > patience) {
            Some((block, age)) => {
                let seconds = age.as_secs();
                health.trouble = Some(format!(
                    "the node's newest block is {block} since {seconds} s: it is behind, or no block is made. Ask another \
                     node"
                ));
            }
            None => (health.seen, health.trouble) = (Some(Instant::now()), None),
        }
    }

    /// Something is wrong; health follows when it stays so beyond the patience. The sentence may have words of a node
    /// or of a source of prices in it, and is read in a terminal.
    pub fn trouble(&self, sentence: &str) {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).trouble = Some(plain(sentence));
    }

    /// Something that somebody should see to before it is wrong, a sentence, until it is said otherwise; nothing once
    /// it is seen to. The program is as well as without it.
    pub fn warn(&self, sentence: Option<&str>) {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).warning = sentence.map(str::to_owned);
    }

    /// Whether the program is well, and a sentence.
    #[must_use]
    pub fn health(&self) -> (bool, String) {
        let health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        let trouble = health.trouble.as_deref().unwrap_or("nothing is known to be wrong");
        match health.seen {
            Some(seen) if seen.elapsed() <= health.patience => {
                let warning = health.warning.as_ref().map_or_else(String::new, |warning| format!(", but {warning}"));
                (true, format!("ok{warning}"))
            }
            Some(seen) => (false, format!("not well since {} s: {trouble}", seen.elapsed().as_secs())),
            None => (false, format!("not well since it began: {trouble}")),
        }
    }

    /// The text that Prometheus reads.
    #[must_use]
    pub fn text(&self) -> String {
        let mut bytes = Vec::new();
        // Writing to memory does not fail, and the metrics' names were taken when they were registered.
        let _ = TextEncoder::new().encode(&self.registry.gather(), &mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Serves `/metrics` and `/health` on a port of this machine, 0 for a free one, until the program ends. Returns the
    /// address.
    ///
    /// # Errors
    /// A sentence for a port that is taken.
    pub fn serve(&self, port: u16) -> Result<SocketAddr, String> {
        let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
        let taken =
            |error| format!("{address} cannot be listened to: {error}; choose another port, or 0 for a free one");
        let listener = std::net::TcpListener::bind(address).map_err(taken)?;
        listener.set_nonblocking(true).map_err(taken)?;
        let bound = listener.local_addr().map_err(taken)?;
        let metrics = self.clone();
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
        let serving = move || runtime.block_on(accept(listener, metrics));
        std::thread::Builder::new().name("metrics".to_owned()).spawn(serving).map_err(|error| error.to_string())?;
        Ok(bound)
    }
}

async fn accept(listener: std::net::TcpListener, metrics: Metrics) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let metrics = metrics.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let answer = respond(&metrics, request.uri().path());
                async move { Ok::<_, Infallible>(answer) }
            });
            // It ends when its peer goes.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

fn respond(metrics: &Metrics, path: &str) -> Response<Full<Bytes>> {
    let (status, text) = match path {
        "/metrics" => (StatusCode::OK, metrics.text()),
        "/health" => match metrics.health() {
            (true, text) => (StatusCode::OK, text),
            (false, text) => (StatusCode::SERVICE_UNAVAILABLE, text),
        },
        _ => (StatusCode::NOT_FOUND, "here are /metrics and /health".to_owned()),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    fn get(address: SocketAddr, path: &str) -> String {
        let mut stream = std::net::TcpStream::connect(address).expect("connects");
        write!(stream, "GET {path} HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n").expect("asks");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answers");
        answer
    }

    #[test]
    fn who_asks_a_node_that_stands_still_is_not_well() {
        let metrics = Metrics::new("keeper", Duration::from_secs(60)).expect("the name is good");
        metrics.saw(7);
        metrics.well();
        assert_eq!(metrics.health(), (true, "ok".to_owned()));

        // Nobody has patience: the time that passes is beyond it.
        let metrics = Metrics::new("keeper", Duration::ZERO).expect("the name is good");
        for _ in 0..2 {
            metrics.saw(7);
            std::thread::sleep(Duration::from_millis(2));
            metrics.well();
        }
        let (well, why) = metrics.health();
        assert!(!well && why.contains("newest block is 7 since") && why.contains("another node"), "{why}");
    }

    #[test]
    fn metrics_and_health_are_read_over_http() {
        let metrics = Metrics::new("keeper", Duration::from_secs(60)).expect("the name is good");
        let address = metrics.serve(0).expect("a free port");
        assert!(address.ip().is_loopback());
        metrics.count("sent", "settle");
        metrics.set("block", "head", 7);
        metrics.trouble("the node does not answer");
        let health = get(address, "/health");
        assert!(health.starts_with("HTTP/1.1 503"), "{health}");
        assert!(health.ends_with("the node does not answer"), "{health}");
        metrics.trouble("the node refuses: \u{1b}[2J\u{202e}all is well");
        let health = get(address, "/health");
        assert!(health.ends_with("the node refuses: \u{fffd}[2J\u{fffd}all is well"), "{health}");
        metrics.well();
        let health = get(address, "/health");
        assert!(health.starts_with("HTTP/1.1 200") && health.ends_with("\r\nok"), "{health}");
        metrics.warn(Some("DOT runs low"));
        let health = get(address, "/health");
        assert!(health.starts_with("HTTP/1.1 200") && health.ends_with("ok, but DOT runs low"), "{health}");
        metrics.warn(None);
        assert_eq!(metrics.health(), (true, "ok".to_owned()));
        let text = get(address, "/metrics");
        assert!(text.contains("sit_keeper_total{of=\"settle\",what=\"sent\"} 1"), "{text}");
        assert!(text.contains("sit_keeper{of=\"head\",what=\"block\"} 7"), "{text}");
        assert!(get(address, "/").starts_with("HTTP/1.1 404"));
    }
}
