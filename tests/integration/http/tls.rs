//! TLS: over HTTP and Flight, for the command line, and with certificates that
//! change.

use std::process::Command;
use std::time::Duration;

use reqwest::{Certificate, Client};
use tempfile::TempDir;
use testkit::{Authority, Server, python_client};
use tokio::time::Instant;

use super::pause;

/// A server with a certificate in a folder of the test's.
struct Guarded {
    server: Server,
    files: TempDir,
}

impl Guarded {
    fn start(authority: &Authority) -> Self {
        let files = TempDir::new().unwrap();
        std::fs::write(files.path().join("ca.pem"), &authority.pem).unwrap();
        save(&files, &authority.pair("127.0.0.1"));
        let mut server = Server::start_with(|command, _| {
            command.arg("--tls-cert").arg(files.path().join("cert.pem"));
            command.arg("--tls-key").arg(files.path().join("key.pem"));
        });
        server.url = server.url.replace("http://", "https://");
        Self { server, files }
    }

    /// Whether a client that trusts this authority gets an answer.
    async fn answers(&self, authority: &Authority) -> bool {
        let trusted = Certificate::from_pem(authority.pem.as_bytes()).unwrap();
        let client = Client::builder().tls_built_in_root_certs(false).add_root_certificate(trusted).build().unwrap();
        client.get(format!("{}/health", self.server.url)).send().await.is_ok_and(|answer| answer.status() == 200)
    }

    /// Has the server read its files again.
    fn hang_up(&self) {
        let told = Command::new("kill").args(["-HUP", &self.server.process_id().to_string()]).status().unwrap();
        assert!(told.success());
    }
}

fn save(files: &TempDir, (certificate, key): &(String, String)) {
    std::fs::write(files.path().join("cert.pem"), certificate).unwrap();
    std::fs::write(files.path().join("key.pem"), key).unwrap();
}

#[test]
fn the_command_line_trusts_whom_it_is_told_to() {
    let guarded = Guarded::start(&Authority::new("ours"));
    let ca = guarded.files.path().join("ca.pem");
    let ca = ["--tls-ca", ca.to_str().unwrap()];
    let _ = guarded.server.tell(&["write", ca[0], ca[1], "cpu usage=1 1"]);
    assert_eq!(
        guarded.server.tell(&["query", "--tls-no-verify", "--format", "csv", "SELECT usage FROM cpu"]),
        "usage\n1.0\n"
    );
    let output = guarded.server.run(&["query", "SELECT 1"]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains("--tls-ca"), "{told}");
}

#[test]
fn clients_in_python_write_and_query_over_tls() {
    let guarded = Guarded::start(&Authority::new("ours"));
    let ca = guarded.files.path().join("ca.pem");
    let mut server = guarded.server;
    // The script finds the authority beside the address.
    server.url = format!("{}|{}", server.url, ca.display());
    python_client(&server, "influxdb3_tls.py", "both_ways");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_replaced_while_the_server_runs() {
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    let guarded = Guarded::start(&old);
    assert!(guarded.answers(&old).await && !guarded.answers(&new).await);

    std::fs::write(guarded.files.path().join("cert.pem"), "half a certificate").unwrap();
    guarded.hang_up();
    pause(Duration::from_millis(500)).await;
    assert!(guarded.answers(&old).await, "a bad pair leaves the old one");

    save(&guarded.files, &new.pair("127.0.0.1"));
    guarded.hang_up();
    let begun = Instant::now();
    while !guarded.answers(&new).await {
        assert!(begun.elapsed() < Duration::from_secs(20), "the new certificate is not shown");
        pause(Duration::from_millis(100)).await;
    }
    assert!(!guarded.answers(&old).await);
}

#[test]
fn without_a_pair_that_fits_the_server_does_not_start() {
    let (files, authority) = (TempDir::new().unwrap(), Authority::new("ours"));
    let ((certificate, _), (_, other)) = (authority.pair("a"), authority.pair("b"));
    save(&files, &(certificate, other));
    let path = |name| files.path().join(name);
    let output = Command::new(testkit::program())
        .args(["serve", "--node-id", "n", "--object-store", "memory", "--without-auth", "--http-bind", "127.0.0.1:0"])
        .arg("--tls-cert")
        .arg(path("cert.pem"))
        .arg("--tls-key")
        .arg(path("key.pem"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && told.contains("do not belong together; see --tls-cert and --tls-key"),
        "{told}"
    );
}
