use arrow::array::AsArray as _;
use tidegate::{DatabaseName, FakeClock, Parameters, TenantId, Timestamp};
use tidegate_database::{EmbeddedDatabase, TableDefinition};

use super::*;
use crate::catalog::Catalog;
use crate::grants::{Granting, Secrets};
use crate::plugins::Directories;
use crate::queries::{Protocol, Query, QueryBounds};
use crate::quotas::Allowances;
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
        plugin_dirs: Directories::new(None, directory.path().join("plugins")).unwrap(),
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
    let allowances = Allowances::new(Arc::clone(&database), Arc::clone(&settings.clock));
    let server = Server::start(allowances, &Sandbox::without_runners(database), settings).await;
    (directory, server)
}

/// The first column of a table, as one text.
fn names((server, caller): (&Arc<Server>, &Caller), database: &str, (table, column): (&str, &str)) -> String {
    let database = id(caller.tenant().as_str(), database);
    let rows = View::new(server, caller, &database).rows(table).unwrap();
    let column = rows.column_by_name(column).unwrap().as_string::<i32>();
    column.iter().flatten().collect::<Vec<_>>().join(" ")
}

fn administrator(tenant: &str) -> Caller {
    Caller::administrator(TenantId::new(tenant).unwrap())
}

fn permitted(permissions: &[&str]) -> Caller {
    let permissions = permissions.iter().map(|text| text.parse().unwrap()).collect();
    Caller::permitted(TenantId::new("stranger").unwrap(), permissions)
}

/// A database with a table and a query each, of two tenants.
async fn of_two_tenants() -> (tempfile::TempDir, Arc<Server>) {
    let (directory, server) = server().await;
    for (tenant, database) in [("default", "a"), ("default", "b"), ("stranger", "a"), ("stranger", "c")] {
        let database = id(tenant, database);
        let name = tidegate::TableName::new(format!("of_{tenant}")).unwrap();
        let fields = vec![("x".to_owned(), "int64".to_owned())];
        server.database.create_table(&database, TableDefinition { name, tags: Vec::new(), fields }).unwrap();
        let (sql, parameters) = (&format!("SELECT '{tenant} {}'", database.name), &Parameters::new());
        let query =
            Query { caller: &administrator(tenant), database: &database, sql, parameters, protocol: Protocol::Sql };
        drop(server.queries.run(&server, query).await.unwrap());
    }
    server.tokens.create_operator().await.unwrap();
    (directory, server)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_sees_its_own_rows_only() {
    let (_directory, server) = of_two_tenants().await;
    for caller in [administrator("stranger"), permitted(&["db:*:read,triggers"])] {
        let own = (&server, &caller);
        assert_eq!(names(own, "a", ("queries", "query_text")), "SELECT 'stranger a'");
        assert_eq!(names(own, "a", ("influxdb_schema", "measurement")), "of_stranger");
        assert_eq!(names(own, INTERNAL, ("queries", "query_text")), "SELECT 'stranger a' SELECT 'stranger c'");
        assert_eq!(names(own, INTERNAL, ("databases", "database_name")), "_internal a c");
        assert_eq!(names(own, INTERNAL, ("tables", "table_name")), "of_stranger of_stranger");
        // What triggers, runs, logs, arguments and files are shown goes by this.
        let view = View::new(&server, &caller, &id("stranger", INTERNAL));
        assert!(view.shows(Action::Triggers, &id("stranger", "a")));
        assert!(!view.shows(Action::Triggers, &id("default", "a")));
        let view = View::new(&server, &caller, &id("stranger", "a"));
        assert!(!view.shows(Action::Triggers, &id("stranger", "c")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_sees_what_it_permits_and_only_administrators_see_tokens() {
    let (_directory, server) = of_two_tenants().await;
    let reader = permitted(&["db:a:read", "db:c:write"]);
    let own = (&server, &reader);
    assert_eq!(names(own, INTERNAL, ("databases", "database_name")), "_internal a c");
    assert_eq!(names(own, INTERNAL, ("tables", "database_name")), "a");
    assert_eq!(names(own, INTERNAL, ("queries", "query_text")), "SELECT 'stranger a'");
    assert_eq!(names(own, INTERNAL, ("tokens", "name")), "");
    assert!(!View::new(&server, &reader, &id("stranger", INTERNAL)).shows(Action::Triggers, &id("stranger", "a")));
    assert_eq!(names((&server, &administrator("stranger")), INTERNAL, ("tokens", "name")), "_admin");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_table_has_the_columns_of_its_schema() {
    let (_directory, server) = server().await;
    let view = View::new(&server, &administrator("default"), &id("default", INTERNAL));
    for table in view.names() {
        assert_eq!(view.schema(table), Some(view.rows(table).unwrap().schema()), "{table}");
    }
    assert_eq!(view.schema("nothing"), None);
}
