//! Request triggers.

use testkit::Start;
use tidegate::{Ending, ErrorKind, Request, TenantId};

const ECHO: &str = "
def process_request(local, query_parameters, request_headers, request_body, args=None):
    local.write(LineBuilder('requests').int64_field('bytes', len(request_body)))
    if query_parameters.get('fail'):
        raise KeyError('on demand')
    return {'q': query_parameters, 'h': request_headers, 'b': request_body.decode()}, 201, {'x-own': 'yes'}
";

fn request(query: &[(&str, &str)]) -> Request {
    Request {
        method: "POST".into(),
        path: "echo".into(),
        query: query.iter().map(|(name, value)| (String::from(*name), String::from(*value))).collect(),
        headers: vec![("accept".into(), "text/plain".into())],
        body: b"hi".to_vec(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_answered_after_its_writes_are_committed() {
    let harness = Start::python("request:echo", ECHO).start().await;
    let outcome = harness.request("echo", request(&[("a", "1"), ("a", "2")])).await;
    let response = outcome.response.unwrap();
    assert_eq!(response.status, 201);
    assert_eq!(response.body, br#"{"q": {"a": "2"}, "h": {"accept": "text/plain"}, "b": "hi"}"#);
    assert!(response.headers.contains(&("x-own".to_owned(), "yes".to_owned())), "{:?}", response.headers);
    assert_eq!(harness.query("SELECT bytes FROM requests").await, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_request_has_no_response_and_keeps_nothing() {
    let mut harness = Start::python("request:echo", ECHO).start().await;
    let outcome = harness.request("echo", request(&[("fail", "1")])).await;
    assert!(matches!(outcome.ending, Ending::Failed(_)));
    assert_eq!((outcome.error().as_deref(), outcome.response), (Some("KeyError: 'on demand'"), None));
    assert!(harness.log().contains("ERROR: error running request plugin: KeyError: 'on demand'"));
    assert!(harness.query("SELECT * FROM requests").await.contains("not found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_is_served_once_and_not_while_its_trigger_is_disabled() {
    let mut harness = Start::python("request:echo", ECHO).start().await;
    let plugin = harness.runtime.load("echo", testkit::Guest::Python(ECHO.into()).source()).await.unwrap();
    let second = Start::python("request:echo", ECHO).named("second").trigger();
    let error = harness.runtime.create_trigger(second, &plugin).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert_eq!(error.to_string(), "another trigger serves this path. path=`echo` trigger=`db/trigger`");

    harness.runtime.disable_trigger(harness.trigger()).unwrap();
    let tenant = TenantId::default_tenant();
    let error = harness.runtime.request(&tenant, "echo", request(&[])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    harness.runtime.enable_trigger(harness.trigger()).unwrap();
    assert_eq!(harness.request("echo", request(&[])).await.error(), None);
    assert_eq!(harness.next_run().await.ending, "succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn disabling_a_trigger_ends_its_requests() {
    let code =
        "def process_request(local, query, headers, body, args=None):\n    local.info('begun')\n    while True: pass\n";
    let harness = Start::python("request:spin", code).start().await;
    let mut notices = harness.runtime.notices();
    let runtime = harness.runtime.clone();
    let asked = tokio::spawn(async move { runtime.request(&TenantId::default_tenant(), "spin", request(&[])).await });
    while !matches!(notices.recv().await.unwrap(), tidegate::Notice::Log(_, entry) if entry.message == "begun") {}
    harness.runtime.disable_trigger(harness.trigger()).unwrap();
    let error = asked.await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.to_string()), (ErrorKind::Unavailable, "the trigger was stopped".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_that_cannot_be_sent_is_the_plugins_failure() {
    for attack in ["status-0", "status-65535", "header-smuggling"] {
        let harness = Start::of(testkit::Guest::EVIL, "request:evil").argument("evil", attack).start().await;
        let outcome = harness.request("evil", request(&[])).await;
        assert!(matches!(outcome.ending, Ending::Failed(_)), "{attack}: {:?}", outcome.ending);
        assert_eq!(outcome.response, None);
    }
}
