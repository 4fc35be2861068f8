//! `wasi:filesystem`: a plugin's own files, read-only, and nothing else.

use std::sync::Arc;

use testkit::{Harness, Start};
use tidegate::{Language, Limit, PluginFiles, PluginSource, RunRecord};

/// A plugin with `body`, a file of two lines and a folder beside it.
fn plugin(body: &str) -> PluginSource {
    let body: Vec<_> = body.trim().lines().map(|line| format!("    {line}\n")).collect();
    let code = format!("import os\ndef process_writes(local, batches, args=None):\n{}", body.concat());
    let files = [("reader.py", code.as_str()), ("limits.toml", "low = 1\nhigh = 9\n"), ("data/a.csv", "a,b\n1,2\n")];
    let own: Vec<_> = files.map(|(path, content)| (path.to_owned(), content.as_bytes().to_vec())).to_vec();
    PluginSource::Files(Language::Python, PluginFiles::from(own))
}

async fn run(start: Start, body: &str) -> (Harness, Arc<RunRecord>) {
    let mut harness = Start::evil("remember").start().await;
    harness.add_from(start.named("reader"), plugin(body)).await;
    harness.write("cpu usage=1i").await;
    harness.until_runs("reader", 1).await;
    let record = harness.status_of("reader").last_run.unwrap();
    (harness, record)
}

async fn log_of(body: &str) -> String {
    let (mut harness, record) = run(Start::python("table:cpu", ""), body).await;
    assert_eq!(record.error, None);
    harness.log()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_read_in_every_way_that_python_has() {
    let log = log_of(
        "
import tomllib, pathlib
local.info('toml', tomllib.load(open('limits.toml', 'rb')))
local.info('walk', list(os.walk('/plugin')))
local.info('path', pathlib.Path('/plugin/data/../limits.toml').read_text().split())
with open('/plugin/limits.toml', 'rb') as file:
    file.seek(-2, 2)
    local.info('end', file.read(), file.tell(), os.fstat(file.fileno()).st_size)
local.info('same', os.path.samefile('limits.toml', '/plugin/./limits.toml'), os.path.samefile('data', '.'))
local.info('kinds', os.path.isdir('data'), os.path.isfile('data'), os.path.islink('limits.toml'), os.path.exists('x'))
",
    )
    .await;
    for line in [
        "INFO: toml {'low': 1, 'high': 9}",
        "INFO: walk [('/plugin', ['data'], ['limits.toml', 'reader.py']), ('/plugin/data', [], ['a.csv'])]",
        "INFO: path ['low', '=', '1', 'high', '=', '9']",
        "INFO: end b'9\\n' 17 17",
        "INFO: same True False",
        "INFO: kinds True False False False",
    ] {
        assert!(log.contains(line), "{line} is missing in {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_would_write_is_refused_as_on_a_read_only_disk() {
    let log = log_of(
        "
import errno
for name, attempt in [
    ('create', lambda: open('new', 'w')), ('truncate', lambda: open('limits.toml', 'w')),
    ('append', lambda: open('limits.toml', 'a')), ('update', lambda: open('limits.toml', 'r+')),
    ('cut', lambda: os.truncate('limits.toml', 0)), ('mkdir', lambda: os.mkdir('new')),
    ('rmdir', lambda: os.rmdir('data')), ('unlink', lambda: os.unlink('limits.toml')),
    ('rename', lambda: os.rename('limits.toml', 'new')), ('symlink', lambda: os.symlink('limits.toml', 'new')),
    ('link', lambda: os.link('limits.toml', 'new')), ('utime', lambda: os.utime('limits.toml')),
]:
    try:
        attempt()
        local.error(name, 'was possible')
    except OSError as error:
        local.info(name, errno.errorcode[error.errno])
",
    )
    .await;
    let refused: Vec<_> = log.lines().filter(|line| line.ends_with(" EROFS")).collect();
    assert_eq!(refused.len(), 12, "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_path_leads_out_of_the_plugins_files() {
    let log = log_of(
        "
folder = os.open('data', os.O_RDONLY | os.O_DIRECTORY)
for path in ['/', '/etc/passwd', '..', '../etc/passwd', '/plugin/../etc/passwd', 'data/../../plugin', '//etc', '/packages']:
    try:
        local.error(path, 'led to', os.stat(path))
    except OSError as error:
        local.info('refused', path, type(error).__name__)
for path in ['../limits.toml', '/plugin/../etc']:
    try:
        local.error(path, 'led to', os.open(path, os.O_RDONLY, dir_fd=folder))
    except (OSError, NotImplementedError) as error:
        local.info('refused', path, type(error).__name__)
",
    )
    .await;
    assert_eq!(log.matches("INFO: refused").count(), 10, "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_stay_open_come_to_the_limit_of_handles() {
    let start = Start::python("table:cpu", "").limit(Limit::Handles, 50);
    let (_, record) = run(start, "kept = [open('limits.toml') for _ in range(100)]").await;
    assert!(record.error.as_deref().unwrap_or_default().contains("limit=`handles`"), "{record:?}");

    let start = Start::python("table:cpu", "").limit(Limit::Handles, 50);
    let (_, record) = run(start, "for _ in range(100): open('limits.toml').close()").await;
    assert_eq!(record.error, None, "what is closed does not count");
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_costs_fuel_and_is_no_host_call_that_counts() {
    let read = |times: u32| format!("for _ in range({times}): os.stat('limits.toml')");
    let (_, few) = run(Start::python("table:cpu", ""), &read(1)).await;
    let (_, many) = run(Start::python("table:cpu", ""), &read(1_001)).await;
    // What the host is paid, and whatever Python takes beside it.
    assert!(many.usage.fuel > few.usage.fuel + 1_000 * 4_000, "{few:?} {many:?}");
    assert!(many.usage.host_calls < few.usage.host_calls + 20, "{few:?} {many:?}");
}
