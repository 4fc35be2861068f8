//! A real HTTP or HTTPS server on loopback, for requests of plugins.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// A server that answers by path, and remembers what it was asked.
///
/// `/ok` echoes the request's body; `/to?URL` redirects there; `/slow` never
/// answers; `/endless` never stops; `/huge` and `/headers` are larger than
/// anybody may take; `/claims` only says that it is.
#[derive(Debug)]
pub struct Target {
    address: SocketAddr,
    scheme: &'static str,
    requests: Arc<Mutex<Vec<String>>>,
    open: Arc<()>,
}

/// Somebody who signs certificates, and is trusted by whoever is told to.
#[derive(Debug)]
pub struct Authority {
    /// Its own certificate.
    pub pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// A new one of that name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    /// A certificate for `name`, an address or a host's name, and its key.
    #[must_use]
    pub fn pair(&self, name: &str) -> (String, String) {
        let (certificate, key) = self.sign(name);
        (certificate.pem(), key.serialize_pem())
    }

    fn sign(&self, name: &str) -> (Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    fn acceptor(&self, name: &str) -> TlsAcceptor {
        let (certificate, key) = self.sign(name);
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let config = builder.with_single_cert(vec![certificate.der().clone()], key).unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

impl Target {
    /// Starts a server that speaks in the clear.
    pub async fn http() -> Self {
        Self::start("http", None).await
    }

    /// Starts a server that proves to be `name`, an address or a host's name.
    pub async fn https(authority: &Authority, name: &str) -> Self {
        Self::start("https", Some(authority.acceptor(name))).await
    }

    async fn start(scheme: &'static str, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let open = Arc::new(());
        let counted = Arc::clone(&open);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, tls, open) = (Arc::clone(&seen), tls.clone(), Arc::clone(&counted));
                tokio::spawn(async move {
                    let _open = open;
                    match tls {
                        None => answer(stream, &seen).await,
                        // Who does not trust it goes away.
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => answer(stream, &seen).await,
                            Err(_) => None,
                        },
                    }
                });
            }
        });
        Self { address, scheme, requests, open }
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// `http://127.0.0.1:PORT`
    #[must_use]
    pub fn origin(&self) -> String {
        self.origin_of("127.0.0.1")
    }

    /// The origin under another name.
    #[must_use]
    pub fn origin_of(&self, host: &str) -> String {
        format!("{}://{host}:{}", self.scheme, self.port())
    }

    /// How many connections are open.
    #[must_use]
    pub fn open(&self) -> usize {
        // This one, and the one that accepts.
        Arc::strong_count(&self.open).saturating_sub(2)
    }

    /// The heads of the requests so far.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// More than anybody may take.
const HUGE: usize = 32 << 20;

/// Answers one request; nothing if the other side goes away.
async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, seen: &Mutex<Vec<String>>) -> Option<()> {
    let (head, body) = request(&mut stream).await?;
    let target = head.split(' ').nth(1)?.to_owned();
    seen.lock().ok()?.push(head);
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let answer = match path {
        "/ok" => format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nX-Target: yes\r\n\r\n{body}", body.len()),
        "/chunked" => {
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n".to_owned()
        }
        "/to" => format!("HTTP/1.1 302 Found\r\nLocation: {query}\r\nContent-Length: 0\r\n\r\n"),
        "/claims" => format!("HTTP/1.1 200 OK\r\nContent-Length: {HUGE}\r\n\r\n"),
        "/huge" => "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_owned(),
        "/headers" => format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\nContent-Length: 0\r\n\r\n", "x".repeat(1 << 20)),
        "/many-headers" => format!("HTTP/1.1 200 OK\r\n{}Content-Length: 0\r\n\r\n", "X-Many: x\r\n".repeat(1_000)),
        "/garbage" => "this is no HTTP\r\n\r\n".to_owned(),
        "/endless" => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(),
        _ => String::new(),
    };
    stream.write_all(answer.as_bytes()).await.ok()?;
    match path {
        "/huge" => stream.write_all(&vec![b'x'; HUGE]).await.ok()?,
        "/endless" => loop {
            stream.write_all(b"1\r\nx\r\n").await.ok()?;
            stream.flush().await.ok()?;
            tokio::task::yield_now().await;
        },
        // Until the other side has had enough.
        "/slow" => drop(stream.read_u8().await),
        _ => {}
    }
    stream.shutdown().await.ok()
}

/// The head of a request, and its body.
async fn request(stream: &mut (impl AsyncRead + Unpin)) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end.saturating_add(4);
        }
        bytes.push(stream.read_u8().await.ok()?);
    };
    let text = String::from_utf8(bytes.get(..head)?.to_vec()).ok()?;
    let length = text.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await.ok()?;
    Some((text, String::from_utf8(body).ok()?))
}
