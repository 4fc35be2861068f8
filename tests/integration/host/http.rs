//! `http`: always denied until triggers can be granted it.

use testkit::Start;

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_names_the_grant_that_is_missing() {
    let mut harness = Start::evil("request-without-grant").argument("url", "http://10.0.0.1:80/secret").start().await;
    let error = harness.run("cpu usage=1i").await.error.unwrap();
    assert!(error.contains("needs=`http=GET http://10.0.0.1:80`"), "{error}");
}
