//! Plugins tried out over HTTP: what they would do is shown, and not done.

use serde_json::{Value, json};

use super::{Api, json};

const WAL: &str = "/api/v3/plugin_test/wal";
const SCHEDULE: &str = "/api/v3/plugin_test/schedule";
const REQUEST: &str = "/api/v3/plugin_test/request";

async fn api(code: &str) -> Api {
    let api = Api::start();
    api.server.save("p.py", code);
    api.write("cpu,host=s2,region=us-east usage=0.89 1").await;
    api
}

async fn tried(api: &Api, route: &str, more: Value) -> Value {
    let mut body = json!({"filename": "p.py", "database": "db"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let (status, text) = api.post(route, body).await;
    assert_eq!(status, 200, "{text}");
    json(&text)
}

/// The framework's lines left out.
fn said(report: &Value) -> Vec<&str> {
    let framework =
        |line: &&str| line.starts_with("INFO: starting execution") || line.starts_with("INFO: finished execution");
    report["log_lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line.as_str().unwrap())
        .filter(|line| !framework(line))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_given_to_a_plugin_and_what_it_would_write_is_shown() {
    let api = api("
def process_writes(influxdb3_local, table_batches, args=None):
    found = influxdb3_local.query('SELECT host, region, usage FROM cpu')
    influxdb3_local.info('i', found, args['host'])
    influxdb3_local.warn('w'); influxdb3_local.error('e')
    for batch in table_batches:
        for row in batch['rows']:
            line = LineBuilder('some_table').tag('tag1', row['tag1']).int64_field('field1', row['field1']).time_ns(row['time'])
            influxdb3_local.write(line)
            influxdb3_local.write_to_db('mytestdb', line)
            influxdb3_local.write_sync(LineBuilder('now').int64_field('x', 1), no_sync=True)
").await;
    let report = tried(&api, WAL, json!({"input_lp": "test_input,tag1=v1 field1=1i 500\nother,tag1=v2 field1=2i 501", "input_arguments": {"host": "s2"}})).await;
    assert_eq!(
        said(&report),
        ["INFO: i [{'host': 's2', 'region': 'us-east', 'usage': 0.89}] s2", "WARN: w", "ERROR: e"]
    );
    assert_eq!(report["errors"], json!([]));
    assert_eq!(
        report["database_writes"]["mytestdb"],
        json!(["some_table,tag1=v1 field1=1i 500", "some_table,tag1=v2 field1=2i 501"])
    );
    assert_eq!(report["database_writes"]["db"].as_array().unwrap().len(), 4);
    // Nothing of it has happened.
    assert_eq!(api.sql("db", "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'iox'").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_that_fails_keeps_its_log_and_says_where() {
    let api = api("
def process_writes(influxdb3_local, table_batches, args=None):
    influxdb3_local.info('before')
    influxdb3_local.query('SELECT foo FROM not_here')
")
    .await;
    let report = tried(&api, WAL, json!({"input_lp": "m x=1"})).await;
    assert_eq!(said(&report), ["INFO: before"]);
    assert_eq!(
        report["errors"],
        json!([
            "error executing plugin: QueryError: error: error while planning query: Error during planning: table 'public.iox.not_here' not found executing query on db: SELECT foo FROM not_here"
        ])
    );
    assert!(report["traceback"].as_str().unwrap().contains("p.py\", line 4"), "{report}");
    let report = tried(&api, WAL, json!({"input_lp": "m x="})).await;
    assert!(report["errors"][0].as_str().unwrap().starts_with("line protocol parse failed: "), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_would_refuse_is_told() {
    let api = api("
def process_scheduled_call(influxdb3_local, call_time, args=None):
    influxdb3_local.write(LineBuilder('cpu').string_field('usage', 'text'))
    influxdb3_local.write(LineBuilder('fine').int64_field('x', 1))
")
    .await;
    let report = tried(&api, SCHEDULE, json!({})).await;
    let error = report["errors"][0].as_str().unwrap();
    assert!(error.starts_with("line protocol parse error on write to db db: ") && error.contains("usage"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_is_tried_at_its_next_time() {
    let api = api("
def process_scheduled_call(influxdb3_local, call_time, args=None):
    influxdb3_local.info(call_time.strftime('%H:%M:%S'), call_time.tzinfo, args)
")
    .await;
    let report = tried(&api, SCHEDULE, json!({"schedule": "0 30 4 * * *", "input_arguments": {"a": "b"}})).await;
    assert_eq!(said(&report), ["INFO: 04:30:00 None {'a': 'b'}"]);
    assert!(report["trigger_time"].as_str().unwrap().ends_with("T04:30:00Z"), "{report}");
    for (schedule, says) in [("sometimes", "invalid cron syntax"), ("0 0 0 1 1 * 2001", "cron schedule never triggers")]
    {
        let (status, why) =
            api.post(SCHEDULE, json!({"filename": "p.py", "database": "db", "schedule": schedule})).await;
        assert!(status == 400 && why.contains(says), "{why}");
    }
    let (status, why) = api.post(SCHEDULE, json!({"filename": "p.py", "database": "none"})).await;
    assert_eq!((status, why.as_str()), (404, "couldn't find db: none"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_plugin_can_be_tried_as_well() {
    let api = api("
def process_request(influxdb3_local, query_parameters, request_headers, request_body, args=None):
    return {'q': query_parameters, 'h': request_headers, 'b': request_body.decode(), 'a': args}, 202, {'x-own': '1'}
")
    .await;
    let report = tried(&api, REQUEST, json!({"method": "POST", "query": {"a": "1"}, "headers": {"X-B": "2"}, "body": "hi", "input_arguments": {"c": "3"}})).await;
    assert_eq!(report["response"]["status"], 202, "{report}");
    let body = json(report["response"]["body"].as_str().unwrap());
    assert_eq!(body, json!({"q": {"a": "1"}, "h": {"x-b": "2"}, "b": "hi", "a": {"c": "3"}}));
}

#[tokio::test(flavor = "multi_thread")]
async fn trials_share_a_cache_by_name_and_leave_that_of_triggers_alone() {
    let code = "
import json
def count(local, args=None):
    key, shared = 'n', (args or {}).get('global') == 'yes'
    number = local.cache.get(key, default=0, use_global=shared) + 1
    local.cache.put(key, number, use_global=shared)
    return number
def process_scheduled_call(local, call_time, args=None):
    local.info(count(local, args))
def process_request(local, query, headers, body, args=None):
    return str(count(local, args))
";
    let api = api(code).await;
    api.trigger("real", "request:real", code).await;
    assert_eq!(api.get("/api/v3/engine/real").await.1, "1");
    let tried = async |more: Value| said(&tried(&api, SCHEDULE, more).await)[0].to_owned();
    for (more, says) in [
        (json!({}), "INFO: 1"),
        (json!({}), "INFO: 2"),
        (json!({"cache_name": "mine"}), "INFO: 1"),
        (json!({"cache_name": "mine"}), "INFO: 2"),
        (json!({"cache_name": "mine", "input_arguments": {"global": "yes"}}), "INFO: 1"),
        (json!({"input_arguments": {"global": "yes"}}), "INFO: 1"),
        (json!({}), "INFO: 3"),
    ] {
        assert_eq!(tried(more.clone()).await, says, "{more}");
    }
    // Another plugin finds the entries of the same name.
    api.server.save("q.py", code);
    assert_eq!(tried(json!({"filename": "q.py"})).await, "INFO: 4");
    assert_eq!(api.get("/api/v3/engine/real").await.1, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_has_limits_and_needs_the_right_function() {
    let api = api("def process_writes(local, batches, args=None):\n    while True: pass\n").await;
    let report = tried(&api, WAL, json!({"input_lp": "m x=1", "limits": {"fuel": 100_000_000}})).await;
    assert!(report["errors"][0].as_str().unwrap().contains("limit=`fuel`"), "{report}");
    for (route, body, says) in [
        (WAL, json!({"filename": "none.py", "database": "db", "input_lp": "m x=1"}), "Plugin not found"),
        (WAL, json!({"filename": "../p.py", "database": "db", "input_lp": "m x=1"}), "Path traversal detected"),
        (WAL, json!({"filename": "p.py", "database": "db"}), "missing field `input_lp`"),
        (WAL, json!({"filename": "p.py", "database": "a b", "input_lp": "m x=1"}), "invalid character"),
        (WAL, json!({"filename": "p.py", "database": "db", "input_lp": "m x=1", "limits": {"x": 1}}), "known=`fuel"),
        (WAL, json!({"filename": "p.py", "database": "db", "input_lp": "m x=1", "grants": {"http": ["x"]}}), "grant"),
    ] {
        let (status, why) = api.post(route, body).await;
        assert!(status == 400 && why.contains(says), "{status} {why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_told_as_influxdb_3_tells_them_and_some_of_them_earlier() {
    let api = api("").await;
    for (code, says) in [
        (
            "def process_writes(local, batches): pass\n",
            "TypeError: process_writes() takes 2 positional arguments but 3 were given",
        ),
        ("def process_writes(local, batches, args):\n    raise Exception('no')\n", "Exception: no"),
        (
            "def process_writes(local, batches, args):\n    local.write(LineBuilder('some_table'))\n",
            "InvalidLineError: At least one field is required: some_table",
        ),
        (
            "def process_writes(local, batches, args):\n    local.write(LineBuilder('a b'))\n",
            "InvalidMeasurementError: Measurement name cannot contain spaces",
        ),
        ("def process_writes(local, batches, args):\n    local.query('SELECT 1', {'a': []})\n", "TypeError: "),
        (
            "def process_writes(local, batches, args):\n    return args['missing']\n",
            "TypeError: 'NoneType' object is not subscriptable",
        ),
    ] {
        api.server.save("p.py", code);
        let report = tried(&api, WAL, json!({"input_lp": "m x=1"})).await;
        let error = report["errors"][0].as_str().unwrap();
        assert!(error.starts_with(&format!("error executing plugin: {says}")), "{error}");
    }
    // These are found before anything runs.
    for (code, says) in [
        (
            "def process_writes(local, batches, args):\n  a = 1\n    b = 2\n",
            "p.py:3:4: IndentationError: unexpected indent",
        ),
        ("def process_write(local, batches, args): pass\n", "process_writes"),
    ] {
        api.server.save("p.py", code);
        let report = tried(&api, WAL, json!({"input_lp": "m x=1"})).await;
        assert!(report["errors"][0].as_str().unwrap().contains(says), "{report}");
    }
}
