use testkit::Start;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rust_plugin_runs() {
    let mut harness = Start::evil("remember").start().await;
    let t = std::time::Instant::now();
    let record = harness.run("cpu usage=1i").await;
    eprintln!("{record:?} {:?}\n{}", t.elapsed(), harness.log());
    let t = std::time::Instant::now();
    let record = harness.run("cpu usage=1i 5").await;
    eprintln!("{record:?} {:?}\n{}", t.elapsed(), harness.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_python_plugin_runs() {
    let t = std::time::Instant::now();
    let mut harness = Start::python("all_tables", r#"
def process_writes(influxdb3_local, table_batches, args=None):
    for batch in table_batches:
        for row in batch["rows"]:
            influxdb3_local.info("row", row)
            line = LineBuilder("derived").float64_field("double", row["usage"] * 2).time_ns(row["time"])
            influxdb3_local.write(line)
    print(influxdb3_local.query("SELECT * FROM cpu"))
"#).start().await;
    eprintln!("started {:?}", t.elapsed());
    for i in 0..3 {
    let t = std::time::Instant::now();
    let record = harness.run(&format!("cpu,host=a usage={i}i {i}")).await;
    eprintln!("{record:?} {:?}\n{}", t.elapsed(), harness.log());
    }
    eprintln!("{}", harness.query("SELECT * FROM derived").await);
}
