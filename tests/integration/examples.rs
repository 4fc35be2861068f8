//! What the documents show is what runs.

use std::fs;
use std::path::Path;
use std::process::Command;

use testkit::{cache_directory, program};

fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

#[test]
fn the_smallest_embedder_runs_a_plugin_over_its_own_rows() {
    let example = program().with_file_name("examples").join("embed");
    let output = Command::new(example).arg(cache_directory().join("guests/threshold_alert.wasm")).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains("alerts field=\"usage\",value=97.5,state=\"above\" 2"), "{printed}");
    assert!(printed.contains("WARN: usage is above 90"), "{printed}");
}

#[test]
fn the_smallest_embedder_is_at_most_60_lines_and_the_readme_shows_it() {
    let example = fs::read_to_string(repository().join("runtime/examples/embed.rs")).unwrap();
    assert!(example.lines().count() <= 60);
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let shown = readme.split("```rust\n").nth(1).unwrap().split("```").next().unwrap();
    for line in shown.lines() {
        assert!(example.contains(line.trim()), "the README shows `{line}`, and the example has no such line");
    }
}
