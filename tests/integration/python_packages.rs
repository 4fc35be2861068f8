//! Packages that Python plugins bring along, and their own folders.

use testkit::{Harness, Start};
use tidegate::{Language, PluginFiles, PluginSource};

fn contents(files: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
    files.iter().map(|(path, content)| ((*path).to_owned(), content.as_bytes().to_vec())).collect()
}

fn source(own: &[(&str, &str)], packages: &[(&str, &str)]) -> PluginSource {
    PluginSource::Files(Language::Python, PluginFiles { own: contents(own), packages: contents(packages) })
}

async fn ran(plugins: Vec<(&str, PluginSource)>) -> (Harness, String) {
    let mut harness = Start::evil("remember").start().await;
    let names: Vec<_> = plugins.iter().map(|(name, _)| (*name).to_owned()).collect();
    for (name, source) in plugins {
        harness.add_from(Start::python("table:cpu", "").named(name), source).await;
    }
    harness.write("cpu usage=1i").await;
    for name in names {
        harness.until_runs(&name, 1).await;
    }
    let log = harness.log();
    (harness, log)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_plugins_carry_different_versions_of_a_package() {
    let code = "import units\ndef process_writes(local, b, args=None): local.info(units.NAME, units.__file__)\n";
    let version = |name: &str| source(&[("p.py", code)], &[("units/__init__.py", &format!("NAME = '{name}'\n"))]);
    let (_, log) = ran(vec![("one", version("one")), ("two", version("two"))]).await;
    for name in ["one", "two"] {
        assert!(log.contains(&format!("INFO: {name} /packages/units/__init__.py")), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn data_and_metadata_of_a_package_are_found() {
    let code = "
import importlib.metadata, importlib.resources, pkgutil, inspect, units.table
def process_writes(local, b, args=None):
    local.info('version', importlib.metadata.version('units'))
    local.info('resource', importlib.resources.files('units').joinpath('table.txt').read_text())
    local.info('data', pkgutil.get_data('units', 'table.txt'))
    local.info('source', inspect.getsource(units.table.rows).strip())
    local.info('modules', [module.name for module in pkgutil.iter_modules(units.__path__)])
";
    let packages = [
        ("units/__init__.py", ""),
        ("units/table.py", "def rows(): return 1\n"),
        ("units/table.txt", "metre"),
        ("units/broken.py", "print 1\n"),
        ("units-2.5.dist-info/METADATA", "Metadata-Version: 2.1\nName: units\nVersion: 2.5\n"),
    ];
    let (_, log) = ran(vec![("p", source(&[("p.py", code)], &packages))]).await;
    for line in [
        "INFO: version 2.5",
        "INFO: resource metre",
        "INFO: data b'metre'",
        "INFO: source def rows(): return 1",
        "INFO: modules ['broken', 'table']",
    ] {
        assert!(log.contains(line), "{line} is missing in {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_in_a_package_is_told_with_its_file_and_line() {
    let code = "
import importlib, units
def process_writes(local, b, args=None):
    try:
        importlib.import_module('units.broken')
    except SyntaxError as error:
        local.info('broken', error.filename, error.lineno)
    units.convert('ten')
";
    let init = "def convert(value):\n    return int(value)\n";
    let (harness, log) =
        ran(vec![("p", source(&[("p.py", code)], &[("units/__init__.py", init), ("units/broken.py", "print 1\n")]))])
            .await;
    assert!(log.contains("INFO: broken /packages/units/broken.py 1"), "{log}");
    let traceback = harness.status_of("p").last_run.unwrap().traceback.clone().unwrap();
    let expected = r#"  File "p.py", line 8, in process_writes
    units.convert('ten')
    ~~~~~~~~~~~~~^^^^^^^
  File "/packages/units/__init__.py", line 2, in convert
    return int(value)
"#;
    assert!(traceback.contains(expected), "{traceback}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_comes_before_what_the_runner_carries_but_not_before_the_standard_library() {
    let code = "
import json
def process_writes(local, b, args=None): local.info('json', hasattr(json, 'loads'))
";
    let (_, log) = ran(vec![("p", source(&[("p.py", code)], &[("json/__init__.py", ""), ("runner.py", "")]))]).await;
    assert!(log.contains("INFO: json True"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_finds_its_own_files_and_the_environment_is_the_runs_own() {
    let init = "
import importlib.resources, os, pkgutil, inspect
def process_writes(local, b, args=None):
    local.info('environment', dict(os.environ), os.getcwd())
    local.info('opened', open(os.environ['PLUGIN_DIR'] + '/rules.txt').read(), open('rules.txt').read())
    local.info('resource', importlib.resources.files('meters').joinpath('rules.txt').read_text())
    local.info('data', pkgutil.get_data(__name__, 'rules.txt'), __file__, inspect.getsource(process_writes)[:18])
";
    let (_, log) = ran(vec![("p", source(&[("meters/__init__.py", init), ("meters/rules.txt", "low")], &[]))]).await;
    for line in [
        "INFO: environment {'PLUGIN_DIR': '/plugin/meters', 'TIDEGATE_DATABASE': 'db', 'TIDEGATE_TRIGGER': 'p', 'TZ': 'UTC'} \
         /plugin/meters",
        "INFO: opened low low",
        "INFO: resource low",
        "INFO: data b'low' /plugin/meters/__init__.py def process_writes",
    ] {
        assert!(log.contains(line), "{line} is missing in {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn packages_larger_than_one_instance_compiles_are_compiled_by_several() {
    let table = |number: usize| format!("TABLE = [{}]\n", vec![format!("'{number}'"); 60_000].join(","));
    let packages: Vec<_> = (0..4).map(|number| (format!("tables/t{number}.py"), table(number).into_bytes())).collect();
    let code = "
from importlib import import_module
def process_writes(local, b, args=None):
    local.info([(import_module(f'tables.t{n}').TABLE[-1]) for n in range(4)], import_module('tables.t0').__cached__)
";
    let files = PluginFiles { own: contents(&[("p.py", code)]), packages };
    let (_, log) = ran(vec![("p", PluginSource::Files(Language::Python, files))]).await;
    let expected = "INFO: ['0', '1', '2', '3'] /packages/tables/__pycache__/t0.cpython-314.pyc";
    assert!(log.contains(expected), "{log}");
}

async fn refused(packages: Vec<(String, Vec<u8>)>) -> String {
    let harness = Start::evil("remember").start().await;
    let files = PluginFiles { own: contents(&[("p.py", USELESS)]), packages };
    harness.runtime.load("p", PluginSource::Files(Language::Python, files)).await.unwrap_err().to_string()
}

/// So many make a module that one instance may compile, but not four.
const NESTED: usize = 100;

const USELESS: &str = "def process_writes(local, b, args=None): pass\n";

#[tokio::test(flavor = "multi_thread")]
async fn packages_that_grow_without_end_when_they_are_compiled_are_refused() {
    // Python folds each line into 4 KiB. The rest makes it a batch of its own.
    let lines: String = (0..3_900).map(|number| format!("A='{number:04}'*1024\n")).collect();
    let module = (lines + &format!("#{}\n", "-".repeat(99)).repeat(2_500)).into_bytes();
    let error = refused((0..9).map(|number| (format!("bomb/b{number}.py"), module.clone())).collect()).await;
    let expected = "its packages are larger than allowed when they are compiled; leave out what is not needed. \
                    allowed_bytes=`134217728`";
    assert!(error.contains(expected), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn packages_that_take_too_long_to_compile_together_are_refused() {
    // The body of each `finally` is compiled twice, and left out since nothing leads there.
    let level = |depth| format!("{0}try: pass\n{0}finally:\n", " ".repeat(depth));
    let nested = "def f():\n return\n".to_owned() + &(1..14).map(level).collect::<String>() + &" ".repeat(14) + "a()\n";
    let module = (nested.repeat(NESTED) + &format!("#{}\n", "-".repeat(99)).repeat(3_000)).into_bytes();
    let error = refused((0..4).map(|number| (format!("bomb/b{number}.py"), module.clone())).collect()).await;
    assert!(error.contains("compiling its packages takes longer than is allowed for all of them together;"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_too_large_to_be_compiled_ahead_is_compiled_by_the_run_that_imports_it() {
    let code = "
import large, small, os.path
def process_writes(local, b, args=None):
    local.info('large', len(large.DATA), os.path.exists(large.__cached__))
    local.info('small', small.NAME, os.path.exists(small.__cached__))
";
    let large = format!("DATA = '{}'\n", "a".repeat(3 << 20)).into_bytes();
    // Importing this would take more memory than runs have; nobody does.
    let dense = "[],".repeat(2 << 20).into_bytes();
    let small = b"NAME = 'small'\n".to_vec();
    let packages = vec![("dense.py".into(), dense), ("large.py".into(), large), ("small.py".into(), small)];
    let files = PluginFiles { own: contents(&[("p.py", code)]), packages };
    let (_, log) = ran(vec![("p", PluginSource::Files(Language::Python, files))]).await;
    for line in ["INFO: large 3145728 False", "INFO: small small True"] {
        assert!(log.contains(line), "{line} is missing in {log}");
    }
}
