//! `tidegate package`: a plugin and its packages in one file, without a network.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;
use testkit::{Server, cache_directory, program};
use tidegate_bundle::{Bundle, archive};

use super::server::eventually;

/// A plugin's folder, and another with all wheels that there are.
struct Workshop(TempDir);

const PURE: &str = "py3-none-any";
const NATIVE: &str = "cp314-cp314-manylinux2014_x86_64";

/// What the plugins here answer with.
const CONVERT: &str = "
import units

def process_request(local, query, headers, body, args=None):
    return units.convert(query['value'])
";

impl Workshop {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        fs::create_dir(directory.path().join("wheels")).unwrap();
        Self(directory)
    }

    /// A workshop with the plugin `convert`, which needs `units`, which needs
    /// `tables`.
    fn with_units(version: &str, answer: &str) -> Self {
        let workshop = Self::new();
        workshop.save("convert/__init__.py", CONVERT);
        workshop.save("convert/requirements.txt", "units\n");
        workshop.units(version, answer);
        workshop.wheel(("tables", "2.0", PURE), &[], &[("tables.py", "FACTOR = 2\n")]);
        workshop
    }

    fn units(&self, version: &str, answer: &str) {
        let code =
            format!("import tables\ndef convert(value):\n    return f'{answer} {{int(value) * tables.FACTOR}}'\n");
        self.wheel(("units", version, PURE), &["tables>=1"], &[("units/__init__.py", &code)]);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn save(&self, name: &str, content: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), content).unwrap();
    }

    fn wheel(&self, (name, version, tag): (&str, &str, &str), requires: &[&str], files: &[(&str, &str)]) {
        let mut metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n");
        requires.iter().for_each(|other| metadata += &format!("Requires-Dist: {other}\n"));
        let about = |file| format!("{name}-{version}.dist-info/{file}");
        let wheel = format!("Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {tag}\n");
        let mut all = vec![(about("METADATA"), metadata), (about("WHEEL"), wheel), (about("RECORD"), String::new())];
        all.extend(files.iter().map(|(name, content)| ((*name).to_owned(), (*content).to_owned())));
        let all = all.into_iter().map(|(name, content)| (name, content.into_bytes())).collect();
        let file = self.path(&format!("wheels/{name}-{version}-{tag}.whl"));
        fs::write(file, archive::write(all).unwrap()).unwrap();
    }

    /// Runs `tidegate package convert` and what else is said.
    fn package(&self, arguments: &[&str]) -> Output {
        Command::new(program())
            .args(["package", "convert"])
            .args(arguments)
            .current_dir(self.0.path())
            .env("TIDEGATE_RUNNER_DIR", cache_directory().join("guests/runners"))
            .env("TIDEGATE_ARTEFACT_DIR", cache_directory().join("artefacts"))
            .env("PIP_CONFIG_FILE", "/dev/null")
            .env("PIP_NO_INDEX", "1")
            .env("PIP_NO_BINARY", ":all:")
            .env("PIP_FIND_LINKS", self.path("wheels"))
            .output()
            .unwrap()
    }

    fn packaged(&self, arguments: &[&str]) -> String {
        let output = self.package(arguments);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        assert!(output.status.success(), "{stdout}{stderr}");
        stdout
    }

    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.package(arguments);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(!self.path("convert.tidegate").exists(), "a refused plugin leaves no bundle");
        String::from_utf8(output.stderr).unwrap()
    }

    fn lock(&self) -> String {
        fs::read_to_string(self.path("convert/requirements.lock")).unwrap_or_default()
    }

    fn bundle(&self) -> Bundle {
        Bundle::read(&fs::read(self.path("convert.tidegate")).unwrap()).unwrap()
    }
}

#[test]
fn a_dependency_and_what_it_needs_are_bundled_and_pinned() {
    let workshop = Workshop::with_units("1.0", "is");

    let said = workshop.packaged(&[]);

    let bundle = workshop.bundle();
    let packages: Vec<_> = bundle.manifest.packages.iter().map(|one| format!("{} {}", one.name, one.version)).collect();
    assert_eq!(packages, ["tables 2.0", "units 1.0"]);
    let names: Vec<_> = bundle.packages.iter().map(|(name, _)| &**name).collect();
    assert_eq!(
        names,
        [
            "tables-2.0.dist-info/METADATA",
            "tables-2.0.dist-info/WHEEL",
            "tables.py",
            "units-1.0.dist-info/METADATA",
            "units-1.0.dist-info/WHEEL",
            "units/__init__.py"
        ]
    );
    for part in ["tables       2.0", "units        1.0", "Loading it costs ", "Packaged into convert.tidegate ("] {
        assert!(said.contains(part), "{said}");
    }
    let lock = workshop.lock();
    assert!(
        lock.contains(&format!("units==1.0 --hash=sha256:{}  # units", bundle.manifest.packages[1].sha256)),
        "{lock}"
    );
}

#[test]
fn what_was_pinned_stays_until_the_requirements_change() {
    let workshop = Workshop::with_units("1.0", "is");
    let _ = workshop.packaged(&[]);
    let (lock, bytes) = (workshop.lock(), fs::read(workshop.path("convert.tidegate")).unwrap());

    workshop.units("1.1", "is newly");
    let _ = workshop.packaged(&["--locked"]);
    assert_eq!(fs::read(workshop.path("convert.tidegate")).unwrap(), bytes, "the same is the same bytes");
    assert_eq!(workshop.lock(), lock);

    workshop.save("convert/requirements.txt", "units>1\n");
    fs::remove_file(workshop.path("convert.tidegate")).unwrap();
    let error = workshop.refused(&["--locked"]);
    assert!(error.contains("is for other requirements; run without --locked to refresh it"), "{error}");
    let said = workshop.packaged(&[]);
    assert!(said.contains("units        1.1") && said.contains("Pinned in "), "{said}");
    assert!(workshop.lock().contains("units==1.1 "), "{}", workshop.lock());
}

#[test]
fn a_wheel_that_is_not_the_pinned_one_is_refused() {
    let workshop = Workshop::with_units("1.0", "is");
    let _ = workshop.packaged(&["-o", "elsewhere.tidegate"]);

    workshop.units("1.0", "is something else");

    let error = workshop.refused(&[]);
    assert!(error.contains("found other packages than requirements.lock pins; if that is as it should be"), "{error}");
    assert!(error.contains("units"), "{error}");
}

#[test]
fn a_package_that_needs_its_native_code_is_refused_by_name() {
    let workshop = Workshop::new();
    workshop.save("convert/__init__.py", CONVERT);
    workshop.save("convert/requirements.txt", "fastunits\n");
    let files = [
        ("fastunits/__init__.py", "from fastunits._core import convert\n"),
        ("fastunits/_core.cpython-314.so", "\x7fELF"),
    ];
    workshop.wheel(("fastunits", "1.0", NATIVE), &[], &files);

    let error = workshop.refused(&[]);

    assert!(error.contains("fastunits 1.0 does not work without its native code"), "{error}");
    assert!(error.contains("native_files=`1` such_as=`fastunits/_core.cpython-314.so` import=`fastunits`"), "{error}");
    assert!(error.contains("No module named 'fastunits._core'"), "{error}");
    assert_eq!(workshop.lock(), "", "nothing is pinned that cannot be used");
}

#[test]
fn a_native_part_that_can_be_done_without_is_left_out_and_that_is_said() {
    let workshop = Workshop::new();
    workshop.save("convert/__init__.py", CONVERT);
    workshop.save("convert/manifest.toml", "[dependencies]\npython = ['units']\n");
    let code = "try:\n    from units._fast import convert\nexcept ImportError:\n    from units.slow import convert\n";
    let files = [
        ("units/__init__.py", code),
        ("units/slow.py", "def convert(value): return 'slowly ' + value\n"),
        ("units/fast.py", "from units._fast import *\n"),
        ("units/_fast.cpython-314-x86_64-linux-gnu.so", "\x7fELF"),
    ];
    workshop.wheel(("units", "1.0", NATIVE), &[], &files);

    let said = workshop.packaged(&[]);

    let expected = "The native part of units is left out; without it these cannot be imported: units.fast";
    assert!(said.contains(expected), "{said}");
    assert_eq!(workshop.bundle().manifest.packages[0].left_out, ["units/_fast.cpython-314-x86_64-linux-gnu.so"]);
    assert!(!workshop.bundle().packages.iter().any(|(name, _)| name.ends_with(".so")));
}

#[test]
fn a_pure_wheel_is_taken_where_there_is_a_native_one_too() {
    let workshop = Workshop::with_units("1.0", "is");
    workshop.wheel(
        ("tables", "2.0", NATIVE),
        &[],
        &[("tables.py", "import _tables\n"), ("_tables.cpython-314.so", "")],
    );

    let _ = workshop.packaged(&[]);

    assert_eq!(workshop.bundle().manifest.packages[0].wheel, "tables-2.0-py3-none-any.whl");
    let _ = workshop.packaged(&["--locked"]);
}

#[test]
fn a_package_that_comes_as_source_only_is_refused_by_name() {
    let workshop = Workshop::new();
    workshop.save("convert/__init__.py", CONVERT);
    workshop.save("convert/requirements.txt", "units\n");
    workshop.save("wheels/units-1.0.tar.gz", "");

    let error = workshop.refused(&[]);

    assert!(
        error.contains("found no wheel for `units`: there is no such package or version, or it comes as source"),
        "{error}"
    );
}

/// A package `evil` as source, which leaves a file behind if any of its code is
/// run, and a wheel that asks for it.
fn workshop_with_evil() -> Workshop {
    let workshop = Workshop::with_units("1.0", "is");
    let project = "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n\
                   [project]\nname = 'evil'\nversion = '1.0'\n";
    let backend = format!("open({:?}, 'w')\nraise SystemExit(1)\n", workshop.path("was-run"));
    let files = [("pyproject.toml", project), ("backend.py", &*backend), ("setup.py", &*backend)];
    files.iter().for_each(|(name, content)| workshop.save(&format!("evil/{name}"), content));
    let packed = files.map(|(name, content)| (format!("evil-1.0/{name}"), content.as_bytes().to_vec()));
    let source = archive::write(packed.to_vec()).unwrap();
    for place in ["evil-1.0.zip", "wheels/evil-1.0.zip"] {
        fs::write(workshop.path(place), &source).unwrap();
    }
    let place = format!("evil @ file://{}", workshop.path("evil-1.0.zip").display());
    workshop.wheel(("asks", "1.0", PURE), &[&place], &[("asks.py", "")]);
    workshop
}

#[test]
fn no_code_of_a_plugin_or_package_runs_where_it_is_packaged() {
    let workshop = workshop_with_evil();
    let here = |text: &str| text.replace("HERE", workshop.0.path().to_str().unwrap());
    let nothing_was_run = |what: &str, error: &str| assert!(!workshop.path("was-run").exists(), "{what}: {error}");
    for (requirements, says) in [
        ("units\n-eHERE/evil", "only wheels can be packaged"),
        ("units\n-e\tHERE/evil", "only wheels can be packaged"),
        ("units\n--edit=HERE/evil", "only wheels can be packaged"),
        ("--no-binary=evil\n--find-links=HERE/wheels\nevil", "this option cannot be given here"),
        ("evil-1.0.zip", "this is no requirement"),
        ("evil @ file://HERE/evil-1.0.zip", "packages are taken by name"),
        ("--pre\n--find-links HERE/wheels\nevil", "found no wheel for `evil`"),
        ("asks", "was asked for a package that would have to be built"),
    ] {
        workshop.save("convert/requirements.txt", &here(requirements));
        let error = workshop.refused(&[]);
        nothing_was_run(requirements, &error);
        assert!(error.contains(says), "{requirements}: {error}");
    }
    workshop.save("convert/requirements.txt", "");
    workshop.save("convert/manifest.toml", &here("[dependencies]\npython = [\"idna\\n-e HERE/evil\"]\n"));
    let error = workshop.refused(&[]);
    nothing_was_run("manifest.toml", &error);
    assert!(error.contains("there is a control character in it; take it out. file=`manifest.toml`"), "{error}");
}

#[test]
fn a_lock_of_somebody_else_runs_nothing() {
    let workshop = workshop_with_evil();
    let _ = workshop.packaged(&["-o", "elsewhere.tidegate"]);
    let head: String = workshop.lock().lines().take(2).map(|line| format!("{line}\n")).collect();
    let place = workshop.path("evil-1.0.zip");
    let hash = "import hashlib, sys; print(end=hashlib.sha256(open(sys.argv[1], 'rb').read()).hexdigest())";
    let hash = Command::new("python3").args(["-c", hash]).arg(&place).output().unwrap();
    let sha256 = String::from_utf8(hash.stdout).unwrap();
    let pin = format!("evil @ file://{} --hash=sha256:{sha256}  # evil-1.0-py3-none-any.whl", place.display());
    workshop.save("convert/requirements.lock", &format!("{head}{pin}\n"));

    let error = workshop.refused(&[]);

    assert!(!workshop.path("was-run").exists(), "{error}");
    assert!(error.contains("this is no pin: evil @ file:"), "{error}");
}

#[test]
fn markers_are_compared_with_the_sandbox() {
    let workshop = Workshop::with_units("1.0", "is");
    workshop.save(
        "convert/requirements.txt",
        "units; sys_platform == 'wasi' and python_version == '3.14'\nmissing; sys_platform == 'linux' or python_version < '3.14'\n",
    );
    let said = workshop.packaged(&[]);
    assert!(said.contains("units        1.0"), "{said}");
}

#[test]
fn a_plugin_that_imports_what_it_did_not_ask_for_is_refused() {
    let workshop = Workshop::new();
    workshop.save("convert/__init__.py", CONVERT);
    let error = workshop.refused(&[]);
    assert!(error.contains("the plugin cannot be imported in the sandbox: "), "{error}");
    assert!(error.contains("ModuleNotFoundError: No module named 'units'"), "{error}");
}

#[test]
fn what_is_missing_on_this_machine_is_said() {
    let workshop = Workshop::with_units("1.0", "is");
    let error = workshop.refused(&["--python", "no-such-python"]);
    assert!(error.contains("install Python 3.11 or newer with pip, or name one with --python"), "{error}");
    let error = workshop.refused(&["--runner-dir", "/nowhere", "--locked"]);
    assert!(error.contains("run without --locked to write it"), "{error}");

    let said = workshop.packaged(&["--runner-dir", "/nowhere"]);
    assert!(said.contains("What loading it costs was not measured: the Python runner is not there"), "{said}");
}

#[test]
fn bundles_are_served_each_with_its_own_versions_and_replaced_without_a_restart() {
    let workshop = Workshop::with_units("1.0", "is");
    let _ = workshop.packaged(&["-o", "first.tidegate"]);
    workshop.units("2.0", "makes");
    workshop.save("convert/requirements.txt", "units>=2\n");
    let _ = workshop.packaged(&["-o", "second.tidegate"]);
    let server = Server::start();
    let _ = server.tell(&["create", "database", "db"]);
    for name in ["first", "second"] {
        let file = format!("{name}.tidegate");
        server.save(&file, fs::read(workshop.path(&file)).unwrap());
        let spec = format!("request:{name}");
        let _ = server.tell(&["create", "trigger", "--path", &file, "--trigger-spec", &spec, name]);
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let get = |path: &str| {
        let answer = async { reqwest::get(format!("{}/api/v3/{path}", server.url)).await?.text().await };
        runtime.block_on(answer).unwrap()
    };
    let first = || get("engine/first?value=21");
    assert_eq!((&*first(), &*get("engine/second?value=21")), ("is 42", "makes 42"));

    // Half a file is no bundle: the old one goes on.
    let newer = fs::read(workshop.path("second.tidegate")).unwrap();
    server.save("first.tidegate", &newer[..newer.len() / 2]);
    let log = "configure/processing_engine_trigger/log?db=db&trigger_name=first";
    eventually("the refusal", || get(log).contains("the bundle is no ZIP archive, or a damaged one"));
    assert_eq!(first(), "is 42");
    server.save("first.tidegate", &newer);
    eventually("the newer bundle", || first() == "makes 42");
}
