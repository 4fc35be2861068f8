//! Two tenants whose databases, triggers, paths and plugins are called the same.

use serde_json::{Value, json};

use super::{Guarded, TRIGGER, definition, parsed};

fn code(answer: &str) -> String {
    format!(
        "def process_request(local, query, headers, body, args=None):\n    seen = local.cache.get('seen', use_global=True)\n    \
         local.cache.put('seen', '{answer}', use_global=True)\n    local.info('{answer}')\n    \
         return '{answer} ' + str(local.query('SELECT usage FROM cpu')[0]['usage']) + ' ' + str(seen)\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_with_the_same_names_live_side_by_side_over_a_restart() {
    let mut server = Guarded::start().await;
    let tenants = [
        (server.operator.clone(), "default", 0),
        (server.tenant("acme").await, "acme", 1),
        (server.tenant("umbrella").await, "umbrella", 2),
    ];
    for (token, name, number) in &tenants {
        server.write(token, &format!("cpu usage={number} 1")).await;
        assert_eq!(server.trigger(token, ("hello", "request:hello"), &code(name)).await, (200, String::new()));
    }
    for round in ["None", "own"] {
        for (token, name, number) in &tenants {
            let seen = if round == "own" { *name } else { round };
            let answer = format!("{name} {number}.0 {seen}");
            assert_eq!(server.get(token, "/api/v3/engine/hello").await, (200, answer));
            let (_, log) = server.get(token, &format!("{TRIGGER}/log?db=db&trigger_name=hello")).await;
            let messages: Vec<_> =
                parsed(&log).as_array().unwrap().iter().map(|entry| entry["message"].clone()).collect();
            assert!(messages.contains(&json!(name)), "{log}");
            let others = tenants.iter().filter(|(_, other, _)| other != name);
            others.for_each(|(_, other, _)| assert!(!log.contains(other), "{log}"));
        }
    }
    // Only administrators see how all of them fare.
    let (_, metrics) = server.get(&server.operator, "/metrics").await;
    for (_, name, _) in &tenants {
        let runs = format!("tidegate_trigger_runs_total{{tenant=\"{name}\",database=\"db\",trigger=\"hello\"}} 2");
        assert!(metrics.contains(&runs), "{metrics}");
    }
    // One tenant's trigger goes, and the others' stay.
    let (token, ..) = &tenants[1];
    let deleted = format!("{TRIGGER}?db=db&trigger_name=hello&force=true");
    assert_eq!(server.delete(token, &deleted).await, (200, String::new()));

    server.api.server.restart();

    for (token, name, number) in &tenants {
        // Rows and what triggers remember do not outlive the server.
        server.write(token, &format!("cpu usage={number} 1")).await;
        let (status, answer) = server.get(token, "/api/v3/engine/hello").await;
        let expected = if *name == "acme" {
            (404, "{\"error\":\"not found\"}".to_owned())
        } else {
            (200, format!("{name} {number}.0 None"))
        };
        assert_eq!((status, answer), expected);
    }
    assert_eq!(
        server.post(token, TRIGGER, definition("hello", "hello.py", "request:hello")).await,
        (200, String::new())
    );
    assert_eq!(server.get(token, "/api/v3/engine/hello").await.1, "acme 1.0 None");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_filename_leads_to_another_tenants_plugin() {
    let server = Guarded::start().await;
    let (acme, umbrella) = (server.tenant("acme").await, server.tenant("umbrella").await);
    server.write(&acme, "cpu usage=1 1").await;
    server.write(&umbrella, "cpu usage=1 1").await;
    let secret =
        "SECRET = 'marker7f3a'\ndef process_request(local, query, headers, body, args=None):\n    return SECRET\n";
    assert_eq!(server.trigger(&umbrella, ("secret", "request:secret"), secret).await.0, 200);
    server.api.server.save("operators.py", secret);
    let data = server.api.server.data();
    // An operator may have put a link there.
    std::fs::create_dir_all(data.join("plugins/acme")).unwrap();
    std::os::unix::fs::symlink(data.join("plugins/umbrella/secret.py"), data.join("plugins/acme/link.py")).unwrap();
    std::os::unix::fs::symlink(data.join("plugins/umbrella"), data.join("plugins/acme/folder")).unwrap();
    let absolute = data.join("plugins/umbrella/secret.py").display().to_string();
    for name in [
        "secret.py",
        "operators.py",
        "../umbrella/secret.py",
        &absolute,
        "link.py",
        "folder/secret.py",
        "a/../../umbrella/secret.py",
        "../../../plugins/operators.py",
    ] {
        let (status, told) = server.post(&acme, TRIGGER, definition("steal", name, "request:steal")).await;
        assert!(status == 400 && !told.contains("marker7f3a"), "{name}: {status} {told}");
        let body = json!({"filename": name, "database": "db"});
        let (status, told) = server.post(&acme, "/api/v3/plugin_test/request", body).await;
        assert!(status == 400 && !told.contains("marker7f3a"), "{name}: {status} {told}");
        if name != "secret.py" && name != "operators.py" {
            let body = json!({"plugin_name": name, "content": "x = 1"});
            let (status, told) = server.post(&acme, "/api/v3/plugins/files", body).await;
            assert!((400..500).contains(&status) || name == "link.py", "{name}: {status} {told}");
        }
    }
    // What was linked is as it was: at most the link was replaced.
    assert_eq!(server.get(&umbrella, "/api/v3/engine/secret").await, (200, "marker7f3a".to_owned()));
    assert_eq!(std::fs::read_to_string(absolute).unwrap(), secret);
    let _: Value = parsed(&server.get(&acme, TRIGGER).await.1);
}
