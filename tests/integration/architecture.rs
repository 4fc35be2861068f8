//! The shape of the code: layers, names, sizes, and a test for everything.

use std::fs;
use std::path::{Path, PathBuf};

use tidegate::{Limit, Limits, Quota, Quotas};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![repository().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(repository()).unwrap().display().to_string();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "{folder} has no sources");
    found
}

fn names(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(repository().join(folder)).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn imports_of_the_runtime_point_down_only() {
    const LAYERS: [&str; 5] = ["model", "bindings", "host", "sandbox", "dispatch"];
    for (height, layer) in LAYERS.iter().enumerate() {
        for (name, text) in sources(&format!("runtime/src/{layer}")) {
            for above in &LAYERS[height + 1..] {
                assert!(!text.contains(&format!("crate::{above}")), "{name} imports {above}, which is above it");
            }
        }
    }
}

#[test]
fn wasmtime_is_named_in_sandbox_host_and_bindings_only() {
    for (name, text) in sources("runtime/src") {
        let may = ["sandbox/", "host/", "bindings/"].iter().any(|layer| name.contains(layer));
        assert!(may || !text.contains("wasmtime::"), "{name} names wasmtime");
    }
}

#[test]
fn files_stay_small() {
    let all: Vec<_> = ["runtime/src", "database/src", "server/src", "guest-sdk/rust/src", "tests", "benches"]
        .into_iter()
        .flat_map(sources)
        .collect();
    for (name, text) in &all {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let lines = code.lines().count();
        assert!(lines <= 400, "{name} has {lines} lines without its tests: is there a seam?");
        let file = Path::new(name).file_stem().unwrap().to_string_lossy().into_owned();
        let vague = ["utils", "common", "helpers", "types", "manager"];
        assert!(!vague.contains(&file.as_str()), "{name} is not named for what it knows");
    }
}

#[test]
fn every_import_of_the_wit_has_a_host_file_and_a_test_file() {
    let wit = fs::read_to_string(repository().join("wit/imports.wit")).unwrap();
    let interfaces: Vec<_> =
        wit.lines().filter_map(|line| line.strip_prefix("interface ")?.strip_suffix(" {")).collect();
    assert_eq!(interfaces, ["log", "query", "write", "cache", "http"]);
    let (hosts, tests) = (names("runtime/src/host"), names("tests/integration/host"));
    for interface in interfaces {
        let file = format!("{interface}.rs");
        assert!(hosts.contains(&file), "runtime/src/host/{file} is missing");
        assert!(tests.contains(&file), "tests/integration/host/{file} is missing");
    }
}

#[test]
fn every_item_of_the_wit_is_documented() {
    for name in names("wit") {
        let text = fs::read_to_string(repository().join("wit").join(&name)).unwrap();
        let lines: Vec<_> = text.lines().map(str::trim).collect();
        for (number, line) in lines.iter().enumerate() {
            let declares = ["interface ", "world ", "record ", "variant ", "enum ", "flags ", "resource ", "type "];
            let is_function = line.contains(": func(");
            if is_function || declares.iter().any(|word| line.starts_with(word)) {
                let before = lines[..number].iter().rev().find(|line| !line.starts_with("@since"));
                assert!(before.is_some_and(|line| line.starts_with("///")), "{name}: `{line}` is not documented");
            }
        }
    }
}

#[test]
fn every_plugin_has_a_readme_and_a_test() {
    let tests = names("tests/integration/plugins");
    for plugin in names("plugins").into_iter().filter(|name| name != "README.md") {
        let test = format!("{}.rs", plugin.replace('-', "_"));
        assert!(tests.contains(&test), "tests/integration/plugins/{test} is missing");
        assert!(names(&format!("plugins/{plugin}")).contains(&"README.md".to_owned()), "{plugin} has no README.md");
    }
}

#[test]
fn every_limit_and_quota_is_documented_with_its_default() {
    let text = fs::read_to_string(repository().join("docs/limits.md")).unwrap();
    let documented: Vec<_> = text
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split('|').map(str::trim);
            let name = cells.next()?.trim_end_matches('`').to_owned();
            let number = |cell: &str| cell.split([',', ' ']).next().unwrap().parse::<u64>().ok();
            let (other, write) = (number(cells.next()?)?, number(cells.next()?));
            Some((name, other, write.unwrap_or(other)))
        })
        .collect();
    let (others, writes, quotas) = (Limits::default(), Limits::for_writes(), Quotas::default());
    let limits = Limit::ALL.map(|limit| (limit.name().to_owned(), others.get(limit), writes.get(limit)));
    let quotas = Quota::ALL.map(|quota| (quota.name().to_owned(), quotas.get(quota), quotas.get(quota)));
    assert_eq!(documented, [limits.as_slice(), &quotas].concat());
}

#[test]
fn handlers_have_tenants_and_databases_from_their_callers_only() {
    // Who reads headers, and administrators who name a tenant.
    const NAMING: [&str; 2] = ["server/src/http/auth.rs", "server/src/http/tokens.rs"];
    for (name, text) in sources("server/src/http").into_iter().chain(sources("server/src/flight")) {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for forbidden in ["DatabaseId {", "DatabaseId::from", "TenantId::new", "default_tenant"] {
            let makes = code.contains(forbidden);
            assert!(!makes || NAMING.contains(&name.as_str()), "{name} has `{forbidden}`; ask the caller");
        }
    }
}
