//! Tenants: created, changed, listed and deleted by administrators.

use serde_json::json;

use super::{DATABASE, EVERYTHING, Guarded, TENANT, TOKEN, answer, parsed};

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_is_created_once_and_deleted_when_it_owns_nothing() {
    let server = Guarded::start().await;
    let operator = server.operator.clone();
    let token = server.tenant("acme").await;
    assert_eq!(server.post(&operator, TENANT, json!({"tenant": "acme"})).await.0, 409);
    assert_eq!(server.post(&operator, TENANT, json!({"tenant": "default"})).await.0, 409);
    for name in ["", "A", "a b", "..", "a/b", "-a", "ä"] {
        let (status, why) = server.post(&operator, TENANT, json!({"tenant": name})).await;
        assert!(status == 400 && why.contains("lower-case letters"), "{name}: {why}");
    }
    let uploaded =
        server.post(&token, "/api/v3/plugins/files", json!({"plugin_name": "a.py", "content": "x = 1"})).await;
    assert_eq!(uploaded, (200, String::new()));
    let folder = server.api.server.data().join("plugins/acme");
    assert!(folder.join("a.py").is_file());
    server.write(&token, "cpu usage=1 1").await;
    let deleted = server.delete(&operator, &format!("{TENANT}?tenant=acme")).await;
    assert!(deleted.0 == 409 && deleted.1.contains("databases=`1`"), "{deleted:?}");
    let database = server.api.request(reqwest::Method::DELETE, &format!("{DATABASE}?db=db")).bearer_auth(&operator);
    assert_eq!(answer(database.header("tidegate-tenant", "acme")).await.0, 200);
    assert_eq!(server.delete(&operator, &format!("{TENANT}?tenant=acme")).await, (200, String::new()));
    // Nothing is left of it for whoever is called so next.
    assert_eq!(server.get(&token, "/health").await.0, 401);
    assert!(!folder.exists());
    let next = server.tenant("acme").await;
    assert_eq!(server.get(&token, "/health").await.0, 401);
    assert_eq!(
        server.sql(&next, ("_internal", "SELECT query_text FROM system.queries WHERE database = 'db'")).await,
        ""
    );
    assert_eq!(server.delete(&operator, &format!("{TENANT}?tenant=none")).await.0, 404);
    assert_eq!(server.delete(&operator, &format!("{TENANT}?tenant=default")).await.0, 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_acts_for_the_tenant_that_is_named() {
    let server = Guarded::start().await;
    let operator = server.operator.clone();
    let token = server.tenant("acme").await;
    server.write(&token, "cpu usage=1 1").await;
    server.write(&operator, "mem usage=2 1").await;
    let tables = "/api/v3/query_sql?db=db&q=SELECT%20table_name%20FROM%20system.tables&format=csv"
        .replace("db=db", "db=_internal");
    let ask = |tenant: Option<&'static str>| {
        let request = server.api.request(reqwest::Method::GET, &tables).bearer_auth(&operator);
        answer(tenant.into_iter().fold(request, |request, tenant| request.header("tidegate-tenant", tenant)))
    };
    assert_eq!(ask(None).await.1, "table_name\nmem\n");
    assert_eq!(ask(Some("default")).await.1, "table_name\nmem\n");
    assert_eq!(ask(Some("acme")).await.1, "table_name\ncpu\n");
    let (status, why) = ask(Some("none")).await;
    assert!(status == 404 && why.contains("tidegate create tenant"), "{why}");
    assert_eq!(ask(Some("")).await.0, 400);
    // On the command line it is a flag.
    let line = ["query", "--token", &operator, "--tenant", "acme", "--format", "csv", "SELECT usage FROM cpu"];
    assert_eq!(server.api.server.tell(&line), "usage\n1.0\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_manage_tenants_and_their_tokens() {
    let server = Guarded::start().await;
    let operator = server.operator.clone();
    let run = |line: &[&str]| server.api.server.tell(&[line, &["--token", &operator]].concat());
    assert_eq!(run(&["create", "tenant", "--quota", "databases=2", "acme"]), "Tenant \"acme\" created successfully\n");
    assert_eq!(run(&["update", "tenant", "--quota", "triggers=3", "acme"]), "Tenant \"acme\" updated successfully\n");
    assert_eq!(
        run(&["show", "tenants", "--format", "csv"]),
        "tenant,databases,quotas\nacme,0,databases=2 triggers=3\ndefault,0,\n"
    );
    let create =
        ["create", "token", "--tenant", "acme", "--name", "app", "--permission", "db:db:read,write", "--expiry", "1d"];
    let made = parsed(&run(&[&create[..], &["--permission", "db:*:request", "--format", "json"]].concat()));
    let token = made["token"].as_str().unwrap();
    server.write(token, "cpu usage=1 1").await;
    let shown = run(&[
        "query",
        "-d",
        "_internal",
        "--format",
        "csv",
        "SELECT name, tenant, permissions FROM system.tokens ORDER BY name",
    ]);
    assert_eq!(shown, "name,tenant,permissions\n_admin,,*:*:*\napp,acme,\"db:db:read,write db:*:request\"\n");
    assert_eq!(run(&["delete", "token", "--token-name", "app"]), "Token \"app\" deleted successfully\n");
    assert_eq!(server.get(token, "/health").await.0, 401);
    run(&["delete", "database", "--yes", "--tenant", "acme", "db"]);
    assert_eq!(run(&["delete", "tenant", "--yes", "acme"]), "Tenant \"acme\" deleted successfully\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_made_for_a_tenant_that_is_there_and_permits_something() {
    let server = Guarded::start().await;
    let operator = server.operator.clone();
    let _ = server.tenant("acme").await;
    let ask = |tenant: &str, permissions: serde_json::Value| json!({"token_name": "n", "tenant": tenant, "permissions": permissions});
    let [any, none, system] = [
        json!([super::permission(EVERYTHING)]),
        json!([]),
        json!([{"resource_type": "system", "resource_identifier": ["*"], "actions": ["read"]}]),
    ];
    assert_eq!(server.post(&operator, TOKEN, ask("none", any.clone())).await.0, 404);
    assert_eq!(server.post(&operator, TOKEN, ask("acme", none)).await.0, 400);
    assert_eq!(server.post(&operator, TOKEN, ask("acme", system)).await.0, 400);
    let (status, made) = server.post(&operator, "/api/v3/enterprise/configure/token", ask("acme", any)).await;
    assert_eq!((status, &parsed(&made)["tenant"]), (201, &json!("acme")));
    // A tenant makes no tokens, not even for itself.
    let token = parsed(&made)["token"].as_str().unwrap().to_owned();
    assert_eq!(server.post(&token, TOKEN, ask("acme", json!([]))).await.0, 403);
}
