//! Plugins of several files.

use std::fs;
use std::path::Path;

use testkit::{Harness, Start};

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, content) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

const FILES: &[(&str, &str)] = &[
    (
        "tool/__init__.py",
        "from .utils import helper\nfrom .deep.inner import value\nimport tool.deep\nfrom tool import utils\n\
         runs = 0\n\
         def make() -> LineBuilder: return LineBuilder('m')\n\
         def process_writes(influxdb3_local, table_batches, args=None):\n    \
             global runs\n    runs += 1\n    \
             influxdb3_local.info(helper(), value, utils.__name__, __name__, __file__, runs)\n",
    ),
    ("tool/utils.py", "from .deep import inner\ndef helper() -> 'LineBuilder': return inner.value + 1\n"),
    ("tool/deep/__init__.py", ""),
    ("tool/deep/inner.py", "from .. import utils\nvalue = 41\n"),
];

async fn start(files: &[(&str, &str)]) -> (tempfile::TempDir, Harness) {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), files);
    let mut harness = Start::evil("remember").start().await;
    let start = Start::python("table:cpu", "").named("package");
    harness.add_from(start, directory.path().join("tool").as_path()).await;
    (directory, harness)
}

#[tokio::test(flavor = "multi_thread")]
async fn relative_imports_subpackages_and_line_builder_annotations_work() {
    let (_directory, mut harness) = start(FILES).await;
    for runs in [1, 2] {
        harness.write(&format!("cpu x=1i {runs}")).await;
        harness.until_runs("package", runs).await;
    }
    let log = harness.log();
    // A fresh instance a run: what a module remembers is gone with it.
    assert_eq!(log.matches("INFO: 42 41 tool.utils tool /plugin/tool/__init__.py 1").count(), 2, "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_imported_is_told_in_the_same_words_with_a_traceback() {
    let files = [("tool/__init__.py", "from .missing import x\ndef process_writes(a, b, c): pass\n")];
    let (_directory, mut harness) = start(&files).await;
    harness.write("cpu x=1i").await;
    harness.until_runs("package", 1).await;
    let log = harness.log();
    let expected = "ERROR: error executing wal plugin: Failed to import plugin module 'tool': \
                    ModuleNotFoundError: No module named 'tool.missing'\n\
                    Hint: Check for syntax errors or missing dependencies in Python files.";
    assert!(log.contains(expected) && log.contains("from .missing import x"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn classes_of_a_package_survive_in_the_cache() {
    let files = [
        (
            "tool/__init__.py",
            "from .state import State\ndef process_writes(local, batches, args=None):\n    state = local.cache.get('s') or State(0)\n    local.info('state', state.n)\n    local.cache.put('s', State(state.n + 1))\n",
        ),
        ("tool/state.py", "class State:\n    def __init__(self, n): self.n = n\n"),
    ];
    let (_directory, mut harness) = start(&files).await;
    for runs in [1, 2] {
        harness.write(&format!("cpu x=1i {runs}")).await;
        harness.until_runs("package", runs).await;
    }
    assert!(harness.log().contains("INFO: state 0") && harness.log().contains("INFO: state 1"), "{}", harness.log());
}
