//! The evil catalogue as one table: attack, ending, what became durable.

use testkit::Start;
use tidegate::{Event, Limit, Limits, Timestamp};

/// Attacks that take long until they come to their default limit get a lower
/// one: what is shown is which limit ends them.
fn start(attack: &str) -> Start {
    let start = Start::evil(attack).argument("seconds", "60").argument("iterations", "1000000");
    let start = start.limit(Limit::Fuel, 500_000_000).limit(Limit::HostCalls, Limits::default().host_calls);
    match attack {
        "sleep" => start.limit(Limit::Deadline, 200),
        "query-flood" => start.limit(Limit::HostCalls, 50),
        "handle-flood" => start.limit(Limit::Handles, 20),
        _ => start,
    }
}

/// The first line, without what differs from run to run.
fn stable(error: &str) -> String {
    let line = error.lines().next().unwrap_or_default();
    match line.split_once(" used=`") {
        Some((before, _)) => before.to_owned(),
        None => line.chars().take(160).collect(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attack_ends_as_its_row_says_and_the_host_still_answers() {
    let mut table = String::from("attack | ending | what the owner reads | durable\n");
    for attack in evil::CATALOGUE {
        if ["random", "hash-seed"].contains(&attack.name) {
            continue;
        }
        let mut harness = start(attack.name).start().await;
        let record = harness.run("cpu usage=1i 1").await;
        let error = record.error.as_deref().map(stable).unwrap_or_default();
        let durable = harness.query("SELECT count(*) FROM evil").await;
        let durable = if durable.contains("not found") { "nothing".to_owned() } else { format!("{durable} rows") };
        table.push_str(&format!("{} | {} | {error} | {durable}\n", attack.name, record.ending));
        assert_eq!(harness.query("SELECT usage FROM cpu").await, "1", "the host answers after {}", attack.name);
    }
    insta::assert_snapshot!("catalogue", table);
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_components_in_text_form_are_stopped_too() {
    let mut table = String::new();
    for name in ["start-spins", "start-traps", "many-memories", "huge-table", "wrong-signature", "well-behaved"] {
        let path = format!("{}/../plugins/evil/wat/{name}.wat", env!("CARGO_MANIFEST_DIR"));
        let harness = Start::evil("remember").start().await;
        let component = wat::parse_file(path).unwrap();
        let ending = match harness.runtime.load(name, component).await {
            Err(error) => format!("refused: {}", stable(&error.to_string())),
            Ok(plugin) => {
                let trigger = Start::of(testkit::Guest::EVIL, "every:1h").named("hostile").trigger();
                let trigger = trigger.with_limit(Limit::Fuel, 500_000_000);
                let id = harness.runtime.create_trigger(trigger, &plugin).await.unwrap();
                let outcome = harness.runtime.dry_run(&id, Event::Schedule(Timestamp(0))).await.unwrap();
                format!("{}: {}", outcome.ending.name(), outcome.error().as_deref().map(stable).unwrap_or_default())
            }
        };
        table.push_str(&format!("{name} | {ending}\n"));
    }
    insta::assert_snapshot!("components", table);
}
