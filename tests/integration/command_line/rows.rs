//! `tidegate write` and `tidegate query` against a real server.

use std::fs;

use testkit::Server;

use super::usage::error;

#[test]
fn a_file_of_any_size_is_written_in_requests_that_end_between_lines() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("readings.lp");
    let lines: String =
        (0..2_000).map(|n| format!("cpu,host=h{} text=\"first\nsecond, x=\\\"{n}\\\"\" {n}\n", n % 3)).collect();
    fs::write(&file, &lines).unwrap();
    let path = file.to_str().unwrap();
    for gzip in [&[][..], &["--gzip"]] {
        let written = server.run(&[&["write", "-p", "ns", "--max-request-size", "1KiB", "-f", path], gzip].concat());
        assert!(written.status.success(), "{written:?}");
        assert_eq!(error(&written), "", "progress is for terminals");
    }
    assert_eq!(server.query("SELECT count(*) FROM cpu WHERE text LIKE 'first%second, x=%'"), "2000");
}

#[test]
fn bad_lines_are_numbered_within_the_whole_file() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("readings.lp");
    let mut lines: Vec<_> = (0..1_000).map(|n| format!("cpu x={n} {n}")).collect();
    lines[776] = "cpu nonsense".to_owned();
    fs::write(&file, lines.join("\n")).unwrap();
    let path = file.to_str().unwrap();

    let write = ["write", "-p", "ns", "--max-request-size", "512", "-f", path];
    let output = server.run(&[&write[..], &["--max-concurrent-requests", "1"]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(error(&output).contains("line 777: "), "{output:?}");
    assert!(error(&output).contains("lines in other requests are written"), "{output:?}");

    let output = server.run(&[&write[..], &["--accept-partial"]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(error(&output).contains("line 777: "), "{output:?}");
    assert_eq!(server.query("SELECT count(*) FROM cpu"), "999");
}

#[test]
fn rows_go_where_and_how_they_are_wanted() {
    let server = Server::start();
    let _ = server.tell(&["write", "cpu,host=a usage=1 1\ncpu,host=b usage=2 2"]);
    let select = "SELECT host, usage FROM cpu WHERE host = $host";
    assert_eq!(server.tell(&["q", "--format", "csv", "--param", "host=b", select]), "host,usage\nb,2.0\n");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.json");
    let shown =
        server.tell(&["q", "--format", "json", "-o", file.to_str().unwrap(), "SELECT usage FROM cpu ORDER BY usage"]);
    assert_eq!(
        (shown.as_str(), fs::read_to_string(&file).unwrap().as_str()),
        ("", "[{\"usage\":1.0},{\"usage\":2.0}]\n")
    );
    let elsewhere = server.run(&["q", "--query-host", "http://127.0.0.1:9", "SELECT 1"]);
    assert!(error(&elsewhere).contains("http://127.0.0.1:9"), "{elsewhere:?}");
}

#[test]
fn rows_come_as_parquet() {
    let server = Server::start();
    let _ = server.tell(&["write", "cpu usage=1 1"]);
    let piped = server.run(&["query", "--format", "parquet", "SELECT usage FROM cpu"]);
    assert!(piped.status.success(), "{piped:?}");
    assert!(piped.stdout.starts_with(b"PAR1") && piped.stdout.ends_with(b"PAR1"));
}
