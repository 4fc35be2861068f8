//! What is refused when a plugin is loaded, and what its author reads.

use testkit::{Guest, Start};
use tidegate::{Error, ErrorKind, PluginSource};

async fn refused(source: impl Into<PluginSource>) -> Error {
    let harness = Start::evil("remember").start().await;
    harness.runtime.load("refused", source).await.unwrap_err()
}

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/../plugins/evil/wat/{name}.wat", env!("CARGO_MANIFEST_DIR"));
    wat::parse_file(path).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_not_offered_is_named() {
    for (name, import) in
        [("imports-backdoor", "evil:host/backdoor"), ("imports-wasi-http", "wasi:http/outgoing-handler@0.2.0")]
    {
        let error = refused(fixture(name)).await;
        assert_eq!(error.kind(), ErrorKind::InvalidPlugin);
        assert!(error.to_string().ends_with(&format!("import=`{import}`")), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_without_entry_point_is_told_which_there_are() {
    let error = refused(fixture("no-entry-point")).await.to_string();
    assert!(error.starts_with("has no entry point; export tidegate:plugin/on-write@0.1.0"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_component_are_told_apart() {
    let whole = std::fs::read(testkit::cache_directory().join("guests/threshold_alert.wasm")).unwrap();
    for (bytes, text) in [
        (Vec::new(), "is no WebAssembly: it does not begin like one. bytes=`0`"),
        (b"def process_writes()".to_vec(), "is no WebAssembly: it does not begin like one. bytes=`20`"),
        (fixture("core-module"), "is a core module, not a component; build it for wasm32-wasip2"),
        (whole[..whole.len() / 2].to_vec(), "cannot be compiled: it is damaged, truncated"),
    ] {
        let error = refused(bytes).await;
        assert_eq!(error.kind(), ErrorKind::InvalidPlugin);
        assert!(error.to_string().starts_with(text), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_syntax_error_is_reported_with_line_and_column() {
    let error = refused(Guest::Python("def process_writes(a, b, c):\n    x = = 1\n".into()).source()).await;
    assert_eq!(error.kind(), ErrorKind::InvalidPlugin);
    assert_eq!(error.to_string(), "hello.py:2:9: SyntaxError: invalid syntax");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_is_no_plugin_says_what_is_one() {
    let directory = tempfile::tempdir().unwrap();
    let error = refused(directory.path().join("missing.py")).await;
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().starts_with("Plugin not found: "), "{error}");
    let error = refused(directory.path()).await.to_string();
    assert!(error.starts_with("Multi-file plugin directory must contain __init__.py: "), "{error}");
    std::fs::write(directory.path().join("plugin.txt"), "x").unwrap();
    let error = refused(directory.path().join("plugin.txt")).await.to_string();
    assert!(error.starts_with("a plugin is a .wasm, .py or .tidegate file, or a folder"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_needs_the_entry_point_of_its_spec() {
    let harness = Start::evil("remember").start().await;
    let plugin = harness.runtime.load("alert", Guest::Component("threshold_alert.wasm").source()).await.unwrap();
    let trigger = Start::of(Guest::EVIL, "every:1s").named("wrong").trigger();
    let error = harness.runtime.create_trigger(trigger, &plugin).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidTrigger);
    assert_eq!(
        error.to_string(),
        "the plugin lacks the entry point that this trigger needs: on-schedule (in Python, process_scheduled_call). \
         plugin=`alert` spec=`every:1s`"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn loading_a_name_again_replaces_the_plugin_of_its_triggers() {
    let old = "def process_writes(local, batches, args=None): local.info('old')";
    let mut harness = Start::python("all_tables", old).start().await;
    harness.run("cpu usage=1i").await;
    let name = harness.status().plugin;
    let lacking = Guest::Python("def process_request(local, q, h, b, args=None): pass".into()).source();
    let error = harness.runtime.load(&name, lacking).await.unwrap_err();
    assert!(error.to_string().contains("lacks the entry point that this trigger needs: on-write"), "{error}");
    harness.runtime.load(&name, Guest::Python(old.replace("old", "new")).source()).await.unwrap();
    harness.run("cpu usage=2i").await;
    let log = harness.log();
    assert!(log.contains("INFO: old") && log.contains("INFO: new"), "{log}");
}
