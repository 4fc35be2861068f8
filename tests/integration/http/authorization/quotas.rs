//! What a tenant may own and use together: what is beyond that is refused, and says
//! what would help.

use serde_json::{Value, json};

use super::{Answer, Guarded, TENANT, TRIGGER, definition, parsed};

const WRITE: &str = "
def process_request(local, query, headers, body, args=None):
    local.write_to_db(query['db'], LineBuilder('made').string_field('text', 'x' * int(query['bytes'])))
    return 'written'
";

async fn set(server: &Guarded, quotas: Value) {
    let set = server.put(&server.operator, TENANT, json!({"tenant": "acme", "quotas": quotas})).await;
    assert_eq!(set, (200, String::new()));
}

fn exceeded((status, body): &Answer, quota: &str) {
    let body = parsed(body);
    assert_eq!((*status, &body["code"]), (422, &json!("quota_exceeded")), "{body}");
    let why = body["error"].as_str().unwrap();
    assert!(why.contains(&format!("quota=`{quota}`")) && why.contains("tidegate update tenant"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_has_so_many_databases_and_triggers_also_after_a_restart() {
    let mut server = Guarded::start().await;
    let token = server.tenant("acme").await;
    set(&server, json!({"databases": 1, "triggers": 1})).await;
    server.write(&token, "cpu usage=1 1").await;
    assert_eq!(server.trigger(&token, ("write", "request:write"), WRITE).await, (200, String::new()));
    for restarted in [false, true] {
        if restarted {
            server.api.server.restart();
            server.write(&token, "cpu usage=1 1").await;
        }
        exceeded(&server.post(&token, "/api/v3/write_lp?db=other", json!("cpu usage=1 1")).await, "databases");
        exceeded(&server.post(&token, TRIGGER, definition("second", "write.py", "request:second")).await, "triggers");
        let (status, why) = server.get(&token, "/api/v3/engine/write?db=other&bytes=1").await;
        assert!(status == 500 && why.contains("quota=`databases`"), "{why}");
    }
    assert_eq!(server.get(&token, "/api/v3/engine/write?db=db&bytes=1").await.0, 200);
    // Others have theirs.
    assert_eq!(server.post(&server.operator, "/api/v3/write_lp?db=other", json!("cpu usage=1 1")).await.0, 204);
    set(&server, json!({"databases": 2, "triggers": 2})).await;
    assert_eq!(server.post(&token, "/api/v3/write_lp?db=other", json!("cpu usage=1 1")).await.0, 204);
    assert_eq!(server.post(&token, TRIGGER, definition("second", "write.py", "request:second")).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_stores_so_many_bytes_of_rows_and_plugins() {
    let server = Guarded::start().await;
    let token = server.tenant("acme").await;
    server.write(&token, "cpu usage=1 1").await;
    assert_eq!(server.trigger(&token, ("write", "request:write"), WRITE).await, (200, String::new()));
    set(&server, json!({"stored_bytes": 100_000, "plugin_bytes": 1_000})).await;
    let large = format!("cpu text=\"{}\" 2", "x".repeat(60_000));
    server.write(&token, &large).await;
    exceeded(&server.post(&token, "/api/v3/write_lp?db=db", json!(large.replace(" 2", " 3"))).await, "stored_bytes");
    let (status, why) = server.get(&token, "/api/v3/engine/write?db=db&bytes=60000").await;
    assert!(status == 500 && why.contains("quota=`stored_bytes`"), "{why}");
    let upload = json!({"plugin_name": "large.py", "content": "#".repeat(1_000)});
    exceeded(&server.post(&token, "/api/v3/plugins/files", upload.clone()).await, "plugin_bytes");
    assert_eq!(server.post(&server.operator, "/api/v3/plugins/files", upload).await.0, 200);
    // What is deleted makes room.
    let table = server.api.request(reqwest::Method::DELETE, "/api/v3/configure/table?db=db&table=cpu");
    let deleted = super::answer(table.bearer_auth(&server.operator).header("tidegate-tenant", "acme")).await;
    assert_eq!(deleted.0, 200);
    let begun = tokio::time::Instant::now();
    while server.post(&token, "/api/v3/write_lp?db=db", json!(large)).await.0 != 204 {
        assert!(begun.elapsed().as_secs() < 30, "there is room again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_cannot_wait_are_told_when_to_come_again() {
    let server = Guarded::start().await;
    let token = server.tenant("acme").await;
    server.write(&token, "cpu usage=1 1").await;
    let spin = "def process_request(local, query, headers, body, args=None):\n    for _ in range(3_000_000):\n        pass\n    return 'done'\n";
    let body = json!({"plugin_name": "spin.py", "content": spin});
    assert_eq!(server.post(&token, "/api/v3/plugins/files", body).await.0, 200);
    let mut trigger = definition("spin", "spin.py", "request:spin");
    trigger["trigger_settings"]["run_async"] = json!(true);
    assert_eq!(server.post(&token, TRIGGER, trigger).await, (200, String::new()));
    set(&server, json!({"concurrent_runs": 1, "waiting_runs": 0})).await;
    let asked =
        (0..4).map(|_| server.api.request(reqwest::Method::GET, "/api/v3/engine/spin").bearer_auth(&token).send());
    let answers: Vec<_> = futures::future::join_all(asked).await.into_iter().map(Result::unwrap).collect();
    let told = |status: u16| answers.iter().filter(|answer| answer.status() == status).count();
    assert!(told(200) >= 1 && told(429) >= 1 && told(200) + told(429) == 4, "{answers:?}");
    let busy = answers.iter().find(|answer| answer.status() == 429).unwrap();
    let seconds: u64 = busy.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..60).contains(&seconds));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_that_is_none_is_refused_with_those_there_are() {
    let server = Guarded::start().await;
    let _ = server.tenant("acme").await;
    for (method, tenant) in [(reqwest::Method::POST, "other"), (reqwest::Method::PUT, "acme")] {
        let body = json!({"tenant": tenant, "quotas": {"runs": 1}});
        let (status, why) = server.ask(&server.operator, (method, TENANT), body).await;
        assert!(status == 400 && why.contains("concurrent_runs"), "{why}");
    }
    let (_, tenants) = server.get(&server.operator, &format!("{TENANT}?format=csv")).await;
    assert_eq!(tenants, "tenant,databases,quotas\nacme,0,\ndefault,0,\n");
}
