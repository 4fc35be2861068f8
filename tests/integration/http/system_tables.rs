//! What the server tells about itself in SQL.

use serde_json::json;

use super::{Api, TRIGGER, definition};

const PLUGIN: &str = "
def process_request(local, query, headers, body, args=None):
    local.info('said', query.get('what'))
    if 'fail' in query:
        raise ValueError('no')
    local.write(LineBuilder('m').int64_field('x', 1))
    return 'ok'
def process_writes(local, batches, args=None): pass
def process_scheduled_call(local, time, args=None): pass
";

#[tokio::test(flavor = "multi_thread")]
async fn runs_and_logs_tell_what_a_sandbox_knows() {
    let api = Api::start();
    api.trigger("t", "request:t", PLUGIN).await;
    assert_eq!(api.get("/api/v3/engine/t?what=hello").await.0, 200);
    assert_eq!(api.get("/api/v3/engine/t?fail=1").await.0, 500);
    let runs = "SELECT trigger_name, ending, error, staged_lines, fuel > 0, fuel < fuel_limit, cpu_ns > 0, \
                peak_memory_bytes > 0, peak_memory_bytes < memory_limit_bytes, wall_ns > 0 FROM system.processing_engine_runs ORDER BY run_id";
    assert_eq!(
        api.sql("db", runs).await,
        "t,succeeded,,1,true,true,true,true,true,true\nt,failed,ValueError: no,0,true,true,true,true,true,true"
    );
    let traceback = api.sql("db", "SELECT traceback FROM system.processing_engine_runs WHERE ending = 'failed'").await;
    assert!(traceback.contains("t.py") && traceback.contains("line 5"), "{traceback}");
    let said =
        "SELECT log_level, log_text FROM system.processing_engine_logs WHERE log_text LIKE 'said%' ORDER BY event_time";
    api.soon("db", said, "INFO,said hello\nINFO,said None").await;
    // An entry leads to its run.
    let of_run = "SELECT count(*) FROM system.processing_engine_logs AS l JOIN system.processing_engine_runs AS r ON l.run_id = r.run_id \
                  WHERE r.ending = 'failed' AND l.log_level = 'ERROR' AND l.log_text LIKE '%ValueError: no%'";
    api.soon("db", of_run, "1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn triggers_and_their_arguments_are_shown_as_influxdb_3_shows_them() {
    let api = Api::start();
    api.trigger("a", "request:path", PLUGIN).await;
    let mut b = definition("b", "a.py", "table:cpu");
    b["trigger_arguments"] = json!({"key": "value", "other": "1"});
    b["disabled"] = json!(true);
    b["trigger_settings"]["error_behavior"] = json!("retry");
    assert_eq!(api.post(TRIGGER, b).await.0, 200);
    let triggers = "SELECT trigger_name, plugin_filename, trigger_specification, disabled, error_behavior FROM system.processing_engine_triggers ORDER BY trigger_name";
    assert_eq!(
        api.sql("db", triggers).await,
        "a,a.py,\"{\"\"request_path\"\":{\"\"path\"\":\"\"path\"\"}}\",false,log\nb,a.py,\"{\"\"single_table_wal_write\"\":{\"\"table_name\"\":\"\"cpu\"\"}}\",true,retry"
    );
    assert_eq!(
        api.sql("db", "SELECT * FROM system.processing_engine_trigger_arguments ORDER BY argument_key").await,
        "b,key,value\nb,other,1"
    );
    assert_eq!(
        api.sql(
            "_internal",
            "SELECT plugin_name, file_name, size_bytes > 0 FROM system.plugin_files ORDER BY plugin_name"
        )
        .await,
        "a,a.py,true\nb,a.py,true"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_shows_its_own_and_internal_shows_all() {
    let api = Api::start();
    api.trigger("here", "request:here", PLUGIN).await;
    assert_eq!(api.post("/api/v3/configure/database", json!({"db": "other"})).await.0, 200);
    let mut there = definition("there", "here.py", "request:there");
    there["db"] = json!("other");
    assert_eq!(api.post(TRIGGER, there).await.0, 200);
    for path in ["here", "there"] {
        assert_eq!(api.get(&format!("/api/v3/engine/{path}")).await.0, 200);
    }
    for table in ["processing_engine_triggers", "processing_engine_runs"] {
        let names = format!("SELECT trigger_name FROM system.{table} ORDER BY trigger_name");
        assert_eq!(api.sql("db", &names).await, "here");
        assert_eq!(api.sql("other", &names).await, "there");
        assert_eq!(api.sql("_internal", &names).await, "here\nthere");
    }
    let logged = "SELECT DISTINCT trigger_name FROM system.processing_engine_logs";
    api.soon("db", logged, "here").await;
    assert_eq!(
        api.sql("other", "SELECT query_text FROM system.queries WHERE query_text LIKE 'SELECT trigger_name%_runs%'")
            .await,
        "SELECT trigger_name FROM system.processing_engine_runs ORDER BY trigger_name"
    );
    assert_eq!(
        api.sql("_internal", "SELECT table_name, column_count FROM system.tables ORDER BY database_name").await,
        "m,2\nm,2"
    );
    assert_eq!(api.sql("db", "SELECT measurement, key, data_type FROM system.influxdb_schema").await, "m,x,int64");
    assert_eq!(api.sql("_internal", "SELECT node_id, mode FROM system.nodes").await, "test,core");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_says_why() {
    let api = Api::start();
    api.write("m x=1").await;
    for (database, table, status, says) in [
        ("db", "last_caches", 405, "system.last_caches is not supported; ask for the last value"),
        ("_internal", "distinct_caches", 405, "not supported; use SELECT DISTINCT"),
        ("db", "parquet_files", 405, "\"code\":\"not_supported\""),
        ("db", "tokens", 400, "is a table of the database `_internal`"),
        ("db", "nothing", 400, "table 'public.system.nothing' not found"),
        ("_internal", "nothing", 400, "table 'public.system.nothing' not found"),
    ] {
        let sql = format!("/api/v3/query_sql?db={database}&q=SELECT%20*%20FROM%20system.{table}");
        let (got, why) = api.get(&sql).await;
        assert!(got == status && why.contains(says), "{table}: {got} {why}");
    }
    assert_eq!(api.get("/api/v3/query_sql?db=_internal&q=SELECT%20*%20FROM%20m").await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn plugins_do_not_see_what_the_server_knows() {
    let api = Api::start();
    let code = "def process_request(local, query, headers, body, args=None):\n    return local.query(query['q'], database=query['db'])\n";
    api.trigger("peek", "request:peek", code).await;
    for (database, table) in [("db", "processing_engine_trigger_arguments"), ("_internal", "tokens")] {
        let (status, why) =
            api.get(&format!("/api/v3/engine/peek?db={database}&q=SELECT%20*%20FROM%20system.{table}")).await;
        assert_eq!(status, 500);
        assert!(why.contains("not found"), "{why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_the_runs_of_each_trigger() {
    let api = Api::start();
    api.trigger("t", "request:t", PLUGIN).await;
    for path in ["t", "t", "t?fail=1"] {
        api.get(&format!("/api/v3/engine/{path}")).await;
    }
    let (status, text) = api.get("/metrics").await;
    assert_eq!(status, 200);
    for line in [
        "tidegate_trigger_runs_total{tenant=\"default\",database=\"db\",trigger=\"t\"} 3",
        "tidegate_trigger_failures_total{tenant=\"default\",database=\"db\",trigger=\"t\"} 1",
        "tidegate_trigger_enabled{tenant=\"default\",database=\"db\",trigger=\"t\"} 1",
        "# EOF",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in {text}");
    }
}
