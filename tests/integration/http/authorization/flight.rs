//! Every call of Flight and every command of Flight SQL, by everybody who may not.

use std::collections::BTreeSet;
use std::path::Path;

use arrow_flight::flight_service_client::FlightServiceClient;
use arrow_flight::sql::{
    ActionCreatePreparedStatementRequest, CommandGetCatalogs, CommandGetCrossReference, CommandGetDbSchemas,
    CommandGetExportedKeys, CommandGetImportedKeys, CommandGetPrimaryKeys, CommandGetSqlInfo, CommandGetTableTypes,
    CommandGetTables, CommandGetXdbcTypeInfo, CommandPreparedStatementQuery, CommandStatementQuery,
    ProstMessageExt as _, TicketStatementQuery,
};
use arrow_flight::{Action, Criteria, Empty, FlightData, FlightDescriptor, HandshakeRequest, Ticket};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use prost::Message as _;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

use super::{EVERYTHING, Guarded};

const MARKER: &str = "marker7f3a";
const SQL: &str = "SELECT * FROM rows";

type Client = FlightServiceClient<Channel>;

/// What came of a call: all bytes that were sent, or why none were.
type Told = Result<Vec<u8>, Status>;

/// With which token, and for which tenant.
#[derive(Clone, Copy)]
struct Who<'a>(Option<&'a str>, Option<&'a str>);

impl Who<'_> {
    fn asks<T>(self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        let headers = request.metadata_mut();
        headers.insert("database", "db".parse().unwrap());
        if let Some(token) = self.0 {
            headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        if let Some(tenant) = self.1 {
            headers.insert("tidegate-tenant", tenant.parse().unwrap());
        }
        request
    }
}

/// The commands that are answered, by name, and whether they name tables or rows.
fn commands() -> Vec<(&'static str, Vec<u8>, bool)> {
    let handle = format!(r#"{{"database":"db","sql":"{SQL}","parameters":{{}}}}"#);
    let any = |message: arrow_flight::sql::Any| message.encode_to_vec();
    let query = CommandStatementQuery { query: SQL.to_owned(), transaction_id: None };
    let prepared = CommandPreparedStatementQuery { prepared_statement_handle: handle.clone().into() };
    let ticket = TicketStatementQuery { statement_handle: handle.into() };
    let tables = CommandGetTables { include_schema: true, ..CommandGetTables::default() };
    vec![
        ("CommandStatementQuery", any(query.as_any()), true),
        ("CommandPreparedStatementQuery", any(prepared.as_any()), true),
        ("TicketStatementQuery", any(ticket.as_any()), true),
        ("CommandGetTables", any(tables.as_any()), true),
        ("CommandGetDbSchemas", any(CommandGetDbSchemas::default().as_any()), true),
        ("CommandGetCatalogs", any(CommandGetCatalogs::default().as_any()), false),
        ("CommandGetTableTypes", any(CommandGetTableTypes::default().as_any()), false),
        ("CommandGetSqlInfo", any(CommandGetSqlInfo::default().as_any()), false),
        ("CommandGetXdbcTypeInfo", any(CommandGetXdbcTypeInfo::default().as_any()), false),
        ("CommandGetPrimaryKeys", any(CommandGetPrimaryKeys::default().as_any()), false),
        ("CommandGetExportedKeys", any(CommandGetExportedKeys::default().as_any()), false),
        ("CommandGetImportedKeys", any(CommandGetImportedKeys::default().as_any()), false),
        ("CommandGetCrossReference", any(CommandGetCrossReference::default().as_any()), false),
    ]
}

/// The calls of the protocol.
const CALLS: [&str; 11] = [
    "handshake",
    "list_flights",
    "get_flight_info",
    "poll_flight_info",
    "get_schema",
    "do_get",
    "do_put",
    "do_action",
    "list_actions",
    "do_exchange",
    "json_ticket",
];

fn source(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/src/flight").join(file);
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn every_call_and_every_command_is_swept() {
    let front = source("front.rs");
    let mut calls: BTreeSet<_> = front.split("async fn ").skip(1).map(|rest| rest.split('(').next().unwrap()).collect();
    calls.insert("json_ticket");
    assert_eq!(calls, CALLS.into());
    let sql = source("sql.rs");
    let name = |rest: &str| rest.split('(').next().unwrap().to_owned();
    let answered: BTreeSet<_> = sql.split("Command::").skip(1).map(name).filter(|name| !name.contains(' ')).collect();
    let swept: BTreeSet<_> = commands().into_iter().map(|(name, ..)| name.to_owned()).collect();
    let other: Vec<_> = answered.difference(&swept).filter(|name| !name.starts_with("try_from")).collect();
    assert!(other.is_empty(), "{other:?}");
}

async fn bytes<T: prost::Message + Default>(answer: Result<tonic::Response<tonic::Streaming<T>>, Status>) -> Told {
    let all: Vec<T> = answer?.into_inner().try_collect().await?;
    Ok(all.iter().flat_map(prost::Message::encode_to_vec).collect())
}

/// Makes a call with a command, where it takes one.
async fn call(client: &mut Client, name: &str, who: Who<'_>, command: &[u8]) -> Told {
    let descriptor = || FlightDescriptor::new_cmd(command.to_vec());
    let one = |answer: Vec<u8>| Ok(answer);
    match name {
        "handshake" => bytes(client.handshake(who.asks(stream::iter([HandshakeRequest::default()]))).await).await,
        "list_flights" => bytes(client.list_flights(who.asks(Criteria::default())).await).await,
        "get_flight_info" => one(client.get_flight_info(who.asks(descriptor())).await?.into_inner().encode_to_vec()),
        "poll_flight_info" => one(client.poll_flight_info(who.asks(descriptor())).await?.into_inner().encode_to_vec()),
        "get_schema" => one(client.get_schema(who.asks(descriptor())).await?.into_inner().encode_to_vec()),
        "do_get" => bytes(client.do_get(who.asks(Ticket::new(command.to_vec()))).await).await,
        "json_ticket" => {
            let ticket = format!(r#"{{"database": "db", "sql_query": "{SQL}"}}"#);
            bytes(client.do_get(who.asks(Ticket::new(ticket))).await).await
        }
        "do_put" => {
            let message = FlightData::new().with_descriptor(descriptor());
            bytes(client.do_put(who.asks(stream::iter([message]).boxed())).await).await
        }
        "do_action" => {
            let asked = ActionCreatePreparedStatementRequest { query: SQL.to_owned(), transaction_id: None };
            let action = Action::new("CreatePreparedStatement", asked.as_any().encode_to_vec());
            bytes(client.do_action(who.asks(action)).await).await
        }
        "list_actions" => bytes(client.list_actions(who.asks(Empty {})).await).await,
        "do_exchange" => bytes(client.do_exchange(who.asks(stream::iter([FlightData::new()]))).await).await,
        other => panic!("{other} is no call"),
    }
}

fn has_marker(bytes: &[u8]) -> bool {
    bytes.windows(MARKER.len()).any(|window| window == MARKER.as_bytes())
}

/// Calls that a scoped token must not have answered.
fn reads(name: &str, command_reads: bool) -> bool {
    match name {
        "get_flight_info" | "get_schema" | "do_get" => command_reads,
        "json_ticket" | "do_action" => true,
        _ => false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_gives_away_what_the_token_does_not_permit() {
    let server = Guarded::start().await;
    let (victim, stranger) = (server.tenant("umbrella").await, server.tenant("acme").await);
    server.write(&victim, &format!("rows,secret={MARKER} {MARKER}=1 1")).await;
    server.write(&victim, &format!("{MARKER} x=1 1")).await;
    server.write(&stranger, "rows,secret=nothing x=1 1").await;
    let blind = server.token("umbrella", &["db:db:write,triggers,request"]).await;
    let elsewhere = server.token("umbrella", &["db:other:read"]).await;
    let channel = Channel::from_shared(server.api.server.url.clone()).unwrap().connect().await.unwrap();
    let mut client = Client::new(channel);
    for (command, message, command_reads) in commands() {
        for name in CALLS {
            for (who, kind) in [
                (Who(None, None), "nobody"),
                (Who(Some("apiv3_wrong"), None), "a forger"),
                (Who(Some(&stranger), Some("umbrella")), "a stranger"),
                (Who(Some(&stranger), None), "a stranger at home"),
                (Who(Some(&blind), None), "somebody with too little"),
                (Who(Some(&elsewhere), None), "somebody of another database"),
            ] {
                let told = call(&mut client, name, who, &message).await;
                match told {
                    Ok(bytes) => {
                        assert!(!has_marker(&bytes), "{name} {command} tells {kind}");
                        let may = kind == "a stranger at home"
                            || (!reads(name, command_reads) && !["nobody", "a forger", "a stranger"].contains(&kind));
                        assert!(may, "{name} {command} answers {kind}");
                    }
                    Err(status) => {
                        assert!(!status.message().contains(MARKER), "{name} {command} tells {kind}: {status}");
                        let code = status.code();
                        match kind {
                            "nobody" | "a forger" => assert_eq!(code, Code::Unauthenticated, "{name} {command}"),
                            "a stranger" => assert_eq!(code, Code::PermissionDenied, "{name} {command}"),
                            _ => assert_ne!(code, Code::Unauthenticated, "{name} {command} {kind}: {status}"),
                        }
                    }
                }
            }
        }
    }
    // Whoever may read finds it.
    let told = call(&mut client, "json_ticket", Who(Some(&victim), None), &[]).await.unwrap();
    assert!(has_marker(&told));
    let operators = Who(Some(&server.operator), Some("umbrella"));
    assert!(has_marker(&call(&mut client, "json_ticket", operators, &[]).await.unwrap()));
    let full = server.token("umbrella", &[EVERYTHING]).await;
    let (name, ticket, _) = &commands()[2];
    assert_eq!(*name, "TicketStatementQuery");
    assert!(has_marker(&call(&mut client, "do_get", Who(Some(&full), None), ticket).await.unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_what_is_lacking_with_its_code() {
    let server = Guarded::start().await;
    let _ = server.tenant("umbrella").await;
    let blind = server.token("umbrella", &["db:db:write"]).await;
    let channel = Channel::from_shared(server.api.server.url.clone()).unwrap().connect().await.unwrap();
    let mut client = Client::new(channel);
    let ask = Who(Some(&blind), None);
    let status = call(&mut client, "json_ticket", ask, &[]).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    assert!(status.message().ends_with("needs=`db:db:read`"), "{status}");
    let elsewhere = server.token("umbrella", &["db:other:write"]).await;
    let status = call(&mut client, "json_ticket", Who(Some(&elsewhere), None), &[]).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::NotFound, "database not found: db"));
    let operator = Who(Some(&server.operator), Some("nobody"));
    assert_eq!(call(&mut client, "json_ticket", operator, &[]).await.unwrap_err().code(), Code::NotFound);
}
