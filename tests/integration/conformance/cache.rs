//! `influxdb3_local.cache`.

use std::time::Duration;

use testkit::Start;

use super::evaluator::Evaluator;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_pickles_comes_back_in_a_later_run() {
    let evaluator = Evaluator::start().await;
    for value in [
        "None",
        "1.5",
        "'text'",
        "deque([1, 2], maxlen=2)",
        "timedelta(minutes=5)",
        "{'window': timedelta(minutes=5), 'rows': [{'a': (1, 2)}], 'seen': {1}}",
        "[date(2026, 1, 1), datetime(2026, 1, 1, 0, 0)]",
        "Point(3)",
        "Point",
    ] {
        evaluator.expect(&[(&format!("cache.put('k', {value})"), "None")]).await;
        let expected = evaluator.of(&format!("repr({value})")).await;
        let kept = evaluator.of("repr(cache.get('k'))").await;
        assert_eq!(kept, expected, "{value}");
    }
    evaluator.expect(&[("cache.put('q', deque([1, 2], maxlen=2)); 0", "0"), ("cache.get('q').maxlen", "2")]).await;
    assert!(evaluator.of("cache.put('k', threading.Lock())").await.starts_with("TypeError: cannot pickle"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_miss_gives_the_default_and_a_cached_none_is_none() {
    let table: &[(&str, &str)] = &[
        ("cache.get('k')", "None"),
        ("cache.get('k', 7)", "7"),
        ("cache.get('k', default=[])", "[]"),
        ("cache.delete('k')", "False"),
        ("cache.put('k', None)", "None"),
        ("cache.get('k', 7)", "None"),
        ("cache.delete('k')", "True"),
        ("cache.get('k', 7)", "7"),
    ];
    Evaluator::start().await.expect(table).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_to_live_is_given_in_seconds_and_by_position() {
    let evaluator = Evaluator::start().await;
    let negative = "ValueError: cannot convert float seconds to Duration: value is negative";
    let too_big = "ValueError: cannot convert float seconds to Duration: value is either too big or NaN";
    let table: &[(&str, &str)] = &[
        ("cache.put('k', 1, -1)", negative),
        ("cache.put('k', 1, float('nan'))", too_big),
        ("cache.put('k', 1, 1e300)", too_big),
        ("cache.put('short', 1, 10)", "None"),
        ("cache.put('long', 1, 10.5)", "None"),
        ("cache.put('now', 1, 0)", "None"),
        ("cache.get('now')", "None"),
        ("cache.get('short')", "1"),
        ("cache.put('replaced', 1, 10)", "None"),
        ("cache.put('replaced', 2)", "None"),
    ];
    evaluator.expect(table).await;
    evaluator.0.advance(Duration::from_secs(10)).await;
    let table: &[(&str, &str)] = &[
        ("cache.get('short', 'gone')", "gone"),
        ("cache.delete('short')", "False"),
        ("cache.get('long')", "1"),
        ("cache.get('replaced')", "2"),
    ];
    evaluator.expect(table).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_without_put_is_not_seen_by_later_runs() {
    let table: &[(&str, &str)] = &[
        ("cache.put('k', [1])", "None"),
        ("cache.get('k').append(2)", "None"),
        ("cache.get('k')", "[1]"),
        ("seen = cache.get('k'); seen.append(2); cache.put('k', seen)", "None"),
        ("cache.get('k')", "[1, 2]"),
    ];
    Evaluator::start().await.expect(table).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shared_has_a_plain_type_and_others_are_refused_by_name() {
    let evaluator = Evaluator::start().await;
    let shared = "{'a': [1, 2.5, None, 'x', b'y', (1,), {2}, deque([1], maxlen=3), timedelta(1), date(2026, 1, 1)]}";
    evaluator.expect(&[(&format!("cache.put('g', {shared}, use_global=True)"), "None")]).await;
    assert_eq!(evaluator.of("repr(cache.get('g', use_global=True))").await, evaluator.of(shared).await);
    assert_eq!(evaluator.of("cache.get('g')").await, "None", "the two scopes have nothing in common");
    let refused = evaluator.of("cache.put('g', Point(1), use_global=True)").await;
    assert!(refused.starts_with("TypeError: a value of type 'Point' cannot be shared between triggers"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_trigger_loses_its_cache_and_what_is_shared_stays() {
    let evaluator = Evaluator::start().await;
    evaluator.expect(&[("cache.put('k', 1); cache.put('k', 2, use_global=True)", "None")]).await;
    let runtime = &evaluator.0.runtime;
    runtime.disable_trigger(evaluator.0.trigger()).unwrap();
    runtime.enable_trigger(evaluator.0.trigger()).unwrap();
    evaluator.expect(&[("cache.get('k'), cache.get('k', use_global=True)", "(None, 2)")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn triggers_of_one_plugin_share_only_what_is_global() {
    let code = "def process_writes(local, batches, args=None):\n    local.info(args['who'], local.cache.get('k'), local.cache.get('k', use_global=True))\n    local.cache.put('k', args['who'])\n    local.cache.put('k', args['who'], use_global=True)";
    let mut harness = Start::python("table:one", code).argument("who", "first").start().await;
    harness.add(Start::python("table:two", code).named("second").argument("who", "second")).await;
    harness.run("one x=1i").await;
    harness.write("two x=1i").await;
    harness.until_runs("second", 1).await;
    assert!(harness.log().contains("INFO: second None first"), "{}", harness.log());
}
