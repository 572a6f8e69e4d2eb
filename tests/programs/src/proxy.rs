//! A way to a server on which things go wrong.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

/// What the way does to a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Nothing.
    None,
    /// The request does not arrive.
    Lost,
    /// The request arrives, and its answer does not.
    AnswerLost,
    /// Half of the answer arrives.
    Cut,
    /// Too many requests.
    TooMany,
    /// The server has broken down.
    Down,
    /// The request arrives so much later.
    Late(Duration),
    /// The request arrives twice, as whoever passes it on and believes it lost sends it; the answer is the second
    /// one's.
    Twice,
    /// The server refuses a single request with this sentence.
    Refused(&'static str),
    /// The first text in the answer is replaced by the second.
    Lie(&'static str, &'static str),
    /// The same of several texts.
    Lies(&'static [(&'static str, &'static str)]),
}

/// What happens to each request, by its text.
type Faults = Mutex<Box<dyn FnMut(&str) -> Fault + Send>>;

/// A way to a chain with faults of its own.
pub struct Proxy {
    /// Where it answers.
    pub url: String,
    faults: Arc<Faults>,
    ended: Arc<AtomicBool>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // Wakes the listener.
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

impl Proxy {
    /// A way to a chain on which each request, by its text, meets what the function says.
    ///
    /// # Panics
    /// When the system has no port for it.
    #[must_use]
    pub fn to(chain: &str, faults: impl FnMut(&str) -> Fault + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let faults: Arc<Faults> = Arc::new(Mutex::new(Box::new(faults)));
        let ended = Arc::new(AtomicBool::new(false));
        let (decide, over) = (faults.clone(), ended.clone());
        let target = chain.trim_start_matches("http://").to_owned();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                let (Ok(stream), decide, target) = (stream, decide.clone(), target.clone()) else { continue };
                thread::spawn(move || serve(stream, &target, &decide));
            }
        });
        Self { url, faults, ended }
    }

    /// Changes what happens on the way.
    ///
    /// # Panics
    /// When the function before has panicked.
    pub fn now(&self, faults: impl FnMut(&str) -> Fault + Send + 'static) {
        *self.faults.lock().expect("no test panics in it") = Box::new(faults);
    }
}

/// Answers the requests of a connection until it ends.
fn serve(stream: TcpStream, target: &str, faults: &Faults) {
    let mut reader = BufReader::new(stream);
    while let Some(body) = request(&mut reader) {
        let fault = (faults.lock().expect("no test panics in it"))(&body);
        let plain = |status: &str, more: &str| {
            format!("HTTP/1.1 {status}\r\n{more}content-length: 2\r\nconnection: close\r\n\r\n--").into_bytes()
        };
        let answer = match fault {
            Fault::Lost => return drop(reader.get_mut().shutdown(Shutdown::Both)),
            Fault::TooMany => plain("429 Too Many Requests", "retry-after: 0\r\n"),
            Fault::Down => plain("503 Service Unavailable", ""),
            Fault::None
            | Fault::AnswerLost
            | Fault::Cut
            | Fault::Late(_)
            | Fault::Lie(..)
            | Fault::Lies(_)
            | Fault::Twice
            | Fault::Refused(_) => {
                if let Fault::Late(late) = fault {
                    thread::sleep(late);
                }
                if fault == Fault::Twice && forward(target, &body).is_none() {
                    return;
                }
                let answered = match fault {
                    Fault::Refused(sentence) => refusal(&body, sentence),
                    _ => forward(target, &body),
                };
                let Some(text) = answered else { return };
                if fault == Fault::AnswerLost {
                    return drop(reader.get_mut().shutdown(Shutdown::Both));
                }
                let text = match fault {
                    Fault::Cut => text[..text.len() / 2].to_owned(),
                    Fault::Lie(said, lie) => text.replace(said, lie),
                    Fault::Lies(all) => all.iter().fold(text, |text, (said, lie)| text.replace(said, lie)),
                    _ => text,
                };
                format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{text}",
                    text.len()
                )
                .into_bytes()
            }
        };
        if reader.get_mut().write_all(&answer).is_err() || matches!(fault, Fault::TooMany | Fault::Down) {
            return;
        }
    }
}

/// The body of the next request.
fn request(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    String::from_utf8(body).ok()
}

/// A refusal of a single request; `None` for a batch.
fn refusal(body: &str, sentence: &str) -> Option<String> {
    let id: String = body.split_once("\"id\":")?.1.chars().take_while(char::is_ascii_digit).collect();
    let single = body.starts_with('{') && !id.is_empty();
    single.then(|| {
        format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":{{\"code\":-32005,\"message\":\"{sentence}\"}}}}")
    })
}

/// Asks the chain itself.
fn forward(target: &str, body: &str) -> Option<String> {
    let mut stream = TcpStream::connect(target).ok()?;
    write!(
        stream,
        "POST / HTTP/1.1\r\nhost: {target}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned())
}
