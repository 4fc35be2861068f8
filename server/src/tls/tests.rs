use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;

use super::*;

/// A certificate of its own, and the key.
fn pems() -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

fn files(directory: &TempDir) -> TlsFiles {
    let path = |name| directory.path().join(name);
    TlsFiles { certificate: path("cert.pem"), key: path("key.pem"), minimum: MinimumVersion::Tls12 }
}

fn save(files: &TlsFiles, certificate: &str, key: &str) {
    std::fs::write(&files.certificate, certificate).unwrap();
    std::fs::write(&files.key, key).unwrap();
}

fn refusal(files: &TlsFiles) -> String {
    let made = Pair::read(files).and_then(|pair| pair.config(files.minimum));
    format!("{:#}", made.err().unwrap())
}

#[test]
fn what_is_no_pair_is_refused_with_the_flag_to_look_at() {
    let directory = TempDir::new().unwrap();
    let files = files(&directory);
    assert!(refusal(&files).contains("see --tls-cert. path="));
    let ((certificate, key), (_, other)) = (pems(), pems());
    for (certificate, key, says) in [
        ("hello", key.as_str(), "no certificate in the file; see --tls-cert"),
        (certificate.as_str(), "hello", "no private key in PEM; see --tls-key"),
        (certificate.as_str(), other.as_str(), "do not belong together"),
    ] {
        save(&files, certificate, key);
        assert!(refusal(&files).contains(says), "{}", refusal(&files));
    }
    save(&files, &certificate, &key);
    assert!(Pair::read(&files).unwrap().config(MinimumVersion::Tls13).is_ok());
}

#[test]
fn a_bad_pair_leaves_the_old_one_where_it_is() {
    let directory = TempDir::new().unwrap();
    let files = files(&directory);
    let (certificate, key) = pems();
    save(&files, &certificate, &key);
    let pair = Pair::read(&files).unwrap();
    let (newest, now) = watch::channel(pair.config(files.minimum).unwrap());
    let first = Arc::clone(&now.borrow());
    let mut following = Following { files: files.clone(), last: Some(Ok(pair)), newest };

    std::fs::write(&files.certificate, "half a certif").unwrap();
    following.look();
    std::fs::remove_file(&files.key).unwrap();
    following.look();
    assert!(Arc::ptr_eq(&first, &now.borrow()));

    let (certificate, key) = pems();
    save(&files, &certificate, &key);
    following.look();
    assert!(!Arc::ptr_eq(&first, &now.borrow()));
}
