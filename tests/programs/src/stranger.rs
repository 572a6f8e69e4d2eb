//! A server with TLS whom nobody has reason to trust: it signed its own certificate.

use std::{
    io::Read,
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

/// For `localhost`, until 2126, signed by itself:
/// `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=localhost -addext
/// subjectAltName=DNS:localhost,IP:127.0.0.1`.
const CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----\n\
MIIBnDCCAUGgAwIBAgIUM89LCxxDalEd3WLP5U6Zocze+RkwCgYIKoZIzj0EAwIw\n\
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyODIwMTU0OVoYDzIxMjYxMTA0\n\
MjAxNTQ5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO\n\
PQMBBwNCAAT/q3NxSypGX2+Rtk70rnvUe1K9cgZN728bwMEIL69Evl9EYBS/v8Nz\n\
aUkzWdV1zYJj/wF0BIrFn/AMC0XYRyWdo28wbTAdBgNVHQ4EFgQUTyEtUr+/SOsi\n\
QDgZDFAdf4FQuQowHwYDVR0jBBgwFoAUTyEtUr+/SOsiQDgZDFAdf4FQuQowDwYD\n\
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI\n\
zj0EAwIDSQAwRgIhAMBGWlHoPneYKOXcn0i6NxytaU3Y4kR6xwsytB8qCGffAiEA\n\
5Z5H96F7D5ZfzcdSExfxf/GydEua5jeDwiWOCMXJfkU=\n\
-----END CERTIFICATE-----\n";

/// The key of it, which everybody knows.
const KEY: &[u8] = b"-----BEGIN PRIVATE KEY-----\n\
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgSMNZyQqoAwcIATVT\n\
guxtxoVxURFKpmKeTKYqEH7QWLmhRANCAAT/q3NxSypGX2+Rtk70rnvUe1K9cgZN\n\
728bwMEIL69Evl9EYBS/v8NzaUkzWdV1zYJj/wF0BIrFn/AMC0XYRyWd\n\
-----END PRIVATE KEY-----\n";

/// A server that answers to TLS, and counts the bytes that somebody entrusts to it.
#[derive(Debug)]
pub struct Stranger {
    /// Where it is: `https://localhost:port`.
    pub url: String,
    heard: Arc<AtomicUsize>,
}

impl Stranger {
    /// Starts it on a free port of this machine.
    ///
    /// # Panics
    /// When there is no port.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("https://localhost:{}", listener.local_addr().expect("an address").port());
        let certificate = CertificateDer::from_pem_slice(CERTIFICATE).expect("a certificate");
        let key = PrivateKeyDer::from_pem_slice(KEY).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions that both know")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("they belong together");
        let (config, heard) = (Arc::new(config), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&heard);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let connection = ServerConnection::new(Arc::clone(&config)).expect("the certificate is good");
                let mut stream = StreamOwned::new(connection, stream);
                let mut bytes = [0; 1_024];
                // Whoever does not trust the certificate breaks off within this.
                if let Ok(count) = stream.read(&mut bytes) {
                    counted.fetch_add(count, Ordering::SeqCst);
                }
            }
        });
        Self { url, heard }
    }

    /// Bytes that it was entrusted with.
    #[must_use]
    pub fn heard(&self) -> usize {
        self.heard.load(Ordering::SeqCst)
    }
}
