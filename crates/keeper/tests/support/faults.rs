//! A way to a server on which things get lost.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(5);

/// A way to a server on which requests get lost, come late or are refused, so many in a thousand.
pub struct Faults {
    /// Where it listens.
    pub address: SocketAddr,
    /// Requests, and those that something happened to.
    pub seen: Arc<AtomicU64>,
    pub hurt: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
}

impl Drop for Faults {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address); // so that it looks
    }
}

impl Faults {
    pub fn before(server: SocketAddr, in_a_thousand: u64, late: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let (seen, hurt) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let stop = Arc::new(AtomicBool::new(false));
        let (counts, ended) = ((Arc::clone(&seen), Arc::clone(&hurt)), Arc::clone(&stop));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::Relaxed) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                let number = counts.0.fetch_add(1, Ordering::Relaxed);
                let drawn = mixed(number);
                let fault = (drawn % 1_000 < in_a_thousand).then_some(drawn / 1_000 % 3);
                if fault.is_some() {
                    counts.1.fetch_add(1, Ordering::Relaxed);
                }
                std::thread::spawn(move || pass(stream, server, fault, late));
            }
        });
        Self { address, seen, hurt, stop }
    }
}

/// A number from a number, the same each time.
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Passes one request on. A fault: 0 loses the request or its answer, 1 delays it, 2 refuses it.
fn pass(mut stream: TcpStream, server: SocketAddr, fault: Option<u64>, late: Duration) -> Option<()> {
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let mut request = Vec::new();
    let mut part = [0; 16_384];
    loop {
        let count = stream.read(&mut part).ok().filter(|count| *count > 0)?;
        request.extend_from_slice(&part[..count]);
        let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
        if request.len() >= end + 4 + length.unwrap_or(0) {
            break;
        }
    }
    if fault == Some(2) {
        stream.write_all(b"HTTP/1.1 429 Too Many Requests\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").ok()?;
        return None;
    }
    if fault == Some(1) {
        std::thread::sleep(late);
    }
    // One request a connection, so that the end of the answer is the end of what is read.
    let line = request.windows(2).position(|window| window == b"\r\n")? + 2;
    request.splice(line..line, *b"connection: close\r\n");
    let mut onward = TcpStream::connect(server).ok()?;
    onward.write_all(&request).ok()?;
    let mut answer = Vec::new();
    onward.read_to_end(&mut answer).ok()?;
    if fault == Some(0) {
        return None; // the server has done it, and nobody hears of it
    }
    stream.write_all(&answer).ok()
}
