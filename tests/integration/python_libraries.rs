//! Python plugins: the libraries they find, and what a sandbox does not have.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use testkit::{Harness, Start};

/// Runs `body` as a plugin, which must succeed, and returns what it logged.
async fn run(body: &str) -> String {
    let mut harness = start(body).await;
    let record = harness.run("cpu usage=1i").await;
    let log = harness.log();
    assert_eq!(record.ending, "succeeded", "{:?}\n{log}", record.error);
    log
}

/// Runs `body` as a plugin, which must fail, and returns the error.
async fn error_of(body: &str) -> String {
    failure_of(body).await.0
}

/// The error of a plugin with this body, and its traceback.
async fn failure_of(body: &str) -> (String, String) {
    let record = start(body).await.run("cpu usage=1i").await;
    assert_eq!(record.ending, "failed", "{body}: {:?}", record.error);
    (record.error.unwrap(), record.traceback.unwrap())
}

async fn start(body: &str) -> Harness {
    let body = body.trim().replace('\n', "\n    ");
    let code = format!("def process_writes(local, table_batches, args=None):\n    {body}\n");
    Start::python("all_tables", &code).start().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_packages_that_plugins_expect_are_there() {
    let log = run("
import requests, urllib3, idna, charset_normalizer, ssl, smtplib, urllib.request
from influxdata_plugin_utils import load_plugin_config, Validator, parse_timedelta
config = load_plugin_config({'window': '90s'}, [Validator('window', required=True, cast=parse_timedelta)])
local.info('window', config.window.total_seconds(), requests.utils.quote('ä'), idna.encode('bücher.example'))
local.info('detected', charset_normalizer.from_bytes('Größe über alles'.encode()).best().encoding)
")
    .await;
    assert!(log.contains("window 90.0 %C3%A4 b'xn--bcher-kva.example'"), "{log}");
    assert!(log.contains("detected utf_8"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_time_zone_is_there() {
    let log = run("
from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones
for name in available_timezones(): ZoneInfo(name)
local.info('count', len(available_timezones()) > 500)
local.info(datetime(2026, 7, 1, 12, tzinfo=ZoneInfo('Europe/Berlin')).isoformat())
try: ZoneInfo('Europe/Bielefeld')
except Exception as error: local.info(type(error).__name__, error)
")
    .await;
    assert!(log.contains("count True"), "{log}");
    assert!(log.contains("2026-07-01T12:00:00+02:00"), "{log}");
    assert!(log.contains("ZoneInfoNotFoundError 'No time zone found with key Europe/Bielefeld'"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_a_grant_names_it_whatever_library_sends_it() {
    let log = run("
import http.client, requests, urllib.request, urllib3
def by_hand():
    connection = http.client.HTTPSConnection('api.example.com', timeout=5)
    connection.request('POST', '/x', body=b'1')
for send in (
    lambda: requests.post('https://api.example.com/x', json={'a': 1}, timeout=5),
    lambda: urllib.request.urlopen('https://api.example.com/x', b'1'),
    lambda: urllib3.PoolManager().request('POST', 'https://api.example.com/x', retries=False),
    by_hand,
):
    try: local.error('was sent', send())
    except Exception as error: local.info(type(error).__name__, error)
")
    .await;
    assert!(!log.contains("was sent"), "{log}");
    for kind in ["ConnectionError", "URLError", "ProtocolError", "PermissionError"] {
        let line =
            log.lines().find(|line| line.starts_with(&format!("INFO: {kind}"))).unwrap_or_else(|| panic!("{log}"));
        assert!(line.contains("needs=`--grant 'http=POST https://api.example.com'`"), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_is_not_there_says_what_is() {
    let (error, hint) = failure_of("import numpy.linalg").await;
    assert_eq!(error, "ModuleNotFoundError: No module named 'numpy'");
    assert!(hint.contains("`tidegate package`") && hint.contains("native extensions do not exist"), "{hint}");
    let (error, hint) = failure_of("import ctypes").await;
    assert_eq!(error, "ModuleNotFoundError: No module named 'ctypes'");
    assert!(hint.contains("part of the standard library needs native code"), "{hint}");
    let log = run("
import importlib.util
local.info(importlib.util.find_spec('numpy'))
try: import numpy
except ImportError as error: local.info('name', error.name)
")
    .await;
    assert!(log.contains("INFO: None") && log.contains("name numpy"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn asyncio_runs_tasks_and_timers() {
    let mut harness = start(
        "
import asyncio
async def slow(seconds):
    await asyncio.sleep(seconds)
    return seconds
async def main():
    queue = asyncio.Queue()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(slow(1))
        group.create_task(queue.put('queued'))
    try: await asyncio.wait_for(asyncio.Event().wait(), 2)
    except TimeoutError: local.info('timed out')
    return await asyncio.gather(slow(0.5), queue.get(), asyncio.wait_for(slow(1), 9)), task.result()
local.info(asyncio.run(main()))
",
    )
    .await;
    // A guest sleeps in real time, and reads the clock when it wakes up.
    let clock = harness.clock.clone();
    let (running, ended) = mpsc::channel::<()>();
    std::thread::spawn(move || {
        while ended.recv_timeout(Duration::from_millis(5)) == Err(RecvTimeoutError::Timeout) {
            clock.advance(Duration::from_millis(20));
        }
    });
    let record = harness.run("cpu usage=1i").await;
    drop(running);
    let log = harness.log();
    assert_eq!(record.ending, "succeeded", "{:?}\n{log}", record.error);
    assert!(log.contains("timed out") && log.contains("([0.5, 'queued', 1], 1)"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_wait_forever_is_a_deadlock() {
    for wait in [
        "threading.Event().wait()",
        "queue.Queue().get()",
        "queue.SimpleQueue().get()",
        "threading.Barrier(2).wait()",
        "lock = threading.Lock(); lock.acquire(); lock.acquire()",
        "lock = threading.Semaphore(); lock.acquire(); lock.acquire()",
        "concurrent.futures.Future().result()",
        "asyncio.run(asyncio.Event().wait())",
    ] {
        let error = error_of(&format!("import asyncio, concurrent.futures, queue, threading\n{wait}")).await;
        assert!(error.starts_with("RuntimeError: deadlock"), "{wait}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn threads_and_processes_cannot_be_started() {
    for (start, expected) in [
        ("threading.Thread(target=print).start()", "RuntimeError: threads cannot be started"),
        ("threading.Timer(1, print).start()", "RuntimeError: threads cannot be started"),
        ("_thread.start_new_thread(print, ())", "RuntimeError: threads cannot be started"),
        ("concurrent.futures.ThreadPoolExecutor().submit(print)", "RuntimeError: threads cannot be started"),
        ("asyncio.run(asyncio.to_thread(print))", "RuntimeError: asyncio in the sandbox has no threads"),
        ("concurrent.futures.ProcessPoolExecutor().submit(print)", "NotImplementedError: "),
        ("multiprocessing.Process(target=print).start()", "OSError: multiprocessing is not there"),
        ("multiprocessing.Pool()", "OSError: multiprocessing.Pool is not there"),
        ("multiprocessing.get_context('spawn').Queue()", "OSError: multiprocessing.Queue is not there"),
        ("subprocess.run(['ls'])", "OSError: subprocess is not there"),
        ("subprocess.getoutput('ls')", "OSError: subprocess is not there"),
        ("os.system('ls')", "OSError: os.system is not there"),
        ("os.popen('ls')", "OSError: os.popen is not there"),
        ("os.fork()", "AttributeError: "),
        ("signal.alarm(1)", "AttributeError: "),
        ("signal.raise_signal(signal.SIGTERM)", "SystemExit: signal SIGTERM"),
        ("os._exit(0)", "SystemExit: 0"),
        ("os.abort()", "SystemExit: os.abort"),
        ("socketserver.TCPServer(('', 80), None)", "OSError: sockets are not there"),
        ("smtplib.SMTP('localhost')", "OSError: socket.create_connection is not there"),
        ("_socket.socket()", "PermissionError: "),
    ] {
        let imports = "import _socket, _thread, asyncio, concurrent.futures, multiprocessing, os, signal, smtplib";
        let error = error_of(&format!("{imports}, socketserver, subprocess, threading\n{start}")).await;
        assert!(error.starts_with(expected), "{start}: {error}");
    }
}

/// Calls all that is public with arguments of many kinds, and logs what
/// returned at least once: all else raised.
const WALK: &str = r"
import inspect, socket, ssl, subprocess, threading, multiprocessing

def variants(function):
    try: parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError): count = 2
    else: count = sum(p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)
    yield ()
    for value in ('localhost', 1, b'12345678', ('localhost', 80), None, ['ls'], print):
        for number in {1, count}: yield (value,) * number

def returns(function):
    for arguments in variants(function):
        try: function(*arguments)
        except Exception: continue
        yield arguments

def harmless(function):
    return isinstance(function, type) and issubclass(function, BaseException) or inspect.getmodule(function) not in own

own = {socket, ssl, subprocess, threading, multiprocessing, inspect.getmodule(socket.htons), inspect.getmodule(threading.Lock)}
own |= {inspect.getmodule(ssl.RAND_status), inspect.getmodule(socket.getaddrinfo), inspect.getmodule(threading.get_ident), None}
for module in (socket, ssl, subprocess, threading, multiprocessing):
    worked = []
    called = 0
    for name in dir(module):
        function = getattr(module, name)
        # Tracing would trace the test itself.
        if name.startswith('_') or not callable(function) or 'trace' in name or 'profile' in name: continue
        # Its finalizer complains if it was not made to its end, on all systems.
        if harmless(function) or name == 'SocketIO': continue
        called += 1
        if any(True for _ in returns(function)): worked.append(name)
    local.info(module.__name__, called, *worked)
";

/// By module: how many were called, and which of them returned.
const RETURNED: &str = "\
INFO: socket 33 AddressFamily AddressInfo MsgFlag getdefaulttimeout htonl htons ntohl ntohs setdefaulttimeout
INFO: ssl 25 DER_cert_to_PEM_cert DefaultVerifyPaths Options RAND_add RAND_bytes RAND_status SSLContext SSLErrorNumber \
VerifyFlags VerifyMode create_default_context get_default_verify_paths get_protocol_name
INFO: subprocess 9 CompletedProcess list2cmdline
INFO: threading 20 Barrier BoundedSemaphore Condition Event Lock RLock Semaphore Thread Timer activeCount active_count \
currentThread current_thread enumerate get_ident local main_thread stack_size
INFO: multiprocessing 21";

#[tokio::test(flavor = "multi_thread")]
async fn of_all_functions_only_those_return_that_need_no_network_threads_or_processes() {
    let log = run(WALK).await;
    let returned: Vec<_> = log.lines().filter(|line| !line.contains("execution")).collect();
    assert_eq!(returned.join("\n"), RETURNED);
}

#[tokio::test(flavor = "multi_thread")]
async fn chance_and_identifiers_differ_from_run_to_run() {
    let code = "
import random, secrets, uuid
def process_writes(local, table_batches, args=None):
    for value in (uuid.uuid4(), uuid.uuid1(), secrets.token_hex(8), random.random(), random.SystemRandom().random()):
        local.info('drawn', value)
";
    let mut harness = Start::python("table:cpu", code).start().await;
    for _ in 0..3 {
        harness.run("cpu usage=1i").await;
    }
    let log = harness.log();
    let drawn: std::collections::BTreeSet<_> = log.lines().filter(|line| line.contains("drawn")).collect();
    assert_eq!(drawn.len(), 15, "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_that_the_host_cannot_grant_is_answered_in_the_log() {
    let log = run("
import requests
try: requests.get('https://api.example.com', verify=False)
except requests.ConnectionError: pass
")
    .await;
    assert!(log.contains("WARN: ") && log.contains("certificates are always verified in the sandbox"), "{log}");
}
