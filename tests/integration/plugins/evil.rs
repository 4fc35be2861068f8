//! The evil plugin: all of its attacks stand in the table of `evil.rs`.

#[test]
fn every_attack_is_described() {
    let mut names: Vec<_> = evil::CATALOGUE.iter().map(|attack| attack.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), evil::CATALOGUE.len());
    assert!(evil::CATALOGUE.iter().all(|attack| !attack.does.is_empty()));
}
