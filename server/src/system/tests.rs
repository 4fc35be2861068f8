use arrow::array::AsArray as _;
use tidegate::{DatabaseName, FakeClock, Parameters, TenantId, Timestamp};
use tidegate_database::{EmbeddedDatabase, TableDefinition};

use super::*;
use crate::catalog::Catalog;
use crate::grants::{Granting, Secrets};
use crate::queries::{Protocol, Query, QueryBounds};
use crate::sandbox::Sandbox;
use crate::server::{Access, ServerBounds, Settings};

const A_WHILE: std::time::Duration = std::time::Duration::from_secs(60);

fn id(tenant: &str, database: &str) -> DatabaseId {
    DatabaseId { tenant: TenantId::new(tenant).unwrap(), name: DatabaseName::new(database).unwrap() }
}

async fn server() -> (tempfile::TempDir, Arc<Server>) {
    let directory = tempfile::tempdir().unwrap();
    let database = Arc::new(EmbeddedDatabase::new(tidegate_database::Settings::default()).unwrap());
    let settings = Settings {
        node: "n0".to_owned(),
        catalog: Arc::new(Catalog::open(directory.path()).unwrap()),
        plugin_dir: None,
        bounds: ServerBounds {
            request_bytes: 1_000,
            buffered_bytes: 1_000,
            queries: QueryBounds { running: 1, waiting: 1, patience: A_WHILE, time: A_WHILE },
        },
        granting: Granting::new(Vec::new(), Secrets::default()).unwrap(),
        access: Access::Tokens(Vec::new()),
        allowed_kinds: Vec::new(),
        clock: Arc::new(FakeClock::new(Timestamp(0))),
    };
    let server = Server::start(Arc::clone(&database), &Sandbox::without_runners(database), settings).await.unwrap();
    (directory, server)
}

/// The first column of a table, as one text.
fn names(server: &Arc<Server>, database: &DatabaseId, (table, column): (&str, &str)) -> String {
    let rows = View::new(server, database).rows(table).unwrap();
    let column = rows.column_by_name(column).unwrap().as_string::<i32>();
    column.iter().flatten().collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_sees_its_own_rows_only() {
    let (_directory, server) = server().await;
    for (tenant, database) in [("default", "a"), ("default", "b"), ("stranger", "a"), ("stranger", "c")] {
        let database = id(tenant, database);
        let name = tidegate::TableName::new(format!("of_{tenant}")).unwrap();
        let fields = vec![("x".to_owned(), "int64".to_owned())];
        server.database.create_table(&database, TableDefinition { name, tags: Vec::new(), fields }).unwrap();
        let (sql, parameters) = (&format!("SELECT '{tenant} {}'", database.name), &Parameters::new());
        let query = Query { database: &database, sql, parameters, protocol: Protocol::Sql };
        drop(server.queries.run(&server, query).await.unwrap());
    }
    server.tokens.create_operator().await.unwrap();
    let (own, internal) = (id("stranger", "a"), id("stranger", INTERNAL));

    assert_eq!(names(&server, &own, ("queries", "query_text")), "SELECT 'stranger a'");
    assert_eq!(names(&server, &own, ("influxdb_schema", "measurement")), "of_stranger");
    assert_eq!(names(&server, &internal, ("queries", "query_text")), "SELECT 'stranger a' SELECT 'stranger c'");
    assert_eq!(names(&server, &internal, ("databases", "database_name")), "_internal a c");
    assert_eq!(names(&server, &internal, ("tables", "table_name")), "of_stranger of_stranger");
    assert_eq!(names(&server, &internal, ("tokens", "name")), "");
    assert_eq!(names(&server, &id("default", INTERNAL), ("tokens", "name")), "_admin");
    // What triggers, runs, logs, arguments and files are shown goes by this.
    let view = View::new(&server, &internal);
    assert!(view.shows(&own) && !view.shows(&id("default", "a")));
    assert!(!View::new(&server, &own).shows(&id("stranger", "c")));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_table_has_the_columns_of_its_schema() {
    let (_directory, server) = server().await;
    let view = View::new(&server, &id("default", INTERNAL));
    for table in view.names() {
        assert_eq!(view.schema(table), Some(view.rows(table).unwrap().schema()), "{table}");
    }
    assert_eq!(view.schema("nothing"), None);
}
