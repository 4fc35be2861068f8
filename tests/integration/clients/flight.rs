//! Arrow Flight as it is on the wire: what is wrong is told with its code.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use arrow_flight::encode::FlightDataEncoderBuilder;
use arrow_flight::flight_service_client::FlightServiceClient;
use arrow_flight::sql::client::FlightSqlServiceClient;
use arrow_flight::sql::{CommandGetTables, CommandStatementUpdate, ProstMessageExt as _, TicketStatementQuery};
use arrow_flight::{Action, FlightData, FlightDescriptor, Ticket};
use futures::TryStreamExt as _;
use prost::Message as _;
use testkit::Server;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

type Client = FlightServiceClient<Channel>;

async fn client(server: &Server) -> Client {
    let _ = server.tell(&["write", "cpu,host=a usage=1 1"]);
    let channel = Channel::from_shared(server.url.clone()).unwrap().connect().await.unwrap();
    Client::new(channel)
}

fn told(status: &Status, code: Code, text: &str) {
    assert_eq!(status.code(), code, "{status}");
    assert!(status.message().contains(text), "{status}");
}

#[tokio::test]
async fn bad_tickets_are_refused_with_their_reasons() {
    let server = Server::start();
    let mut client = client(&server).await;
    let handle = TicketStatementQuery { statement_handle: b"{}".as_slice().into() }.as_any().encode_to_vec();
    let command = CommandStatementUpdate { query: "DELETE".into(), transaction_id: None }.as_any().encode_to_vec();
    for (ticket, code, text) in [
        (
            br#"{"database": "nowhere", "sql_query": "SELECT 1"}"#.to_vec(),
            Code::NotFound,
            "database not found: nowhere",
        ),
        (
            br#"{"database": "", "sql_query": "SELECT 1"}"#.to_vec(),
            Code::InvalidArgument,
            "length must be between 1 and 511",
        ),
        (br#"{"database": "db"}"#.to_vec(), Code::InvalidArgument, "missing field `sql_query`"),
        (br#"{"database": "db", "sql_query": "NO SQL"}"#.to_vec(), Code::InvalidArgument, "error while planning query"),
        (
            br#"{"database": "db", "sql_query": "SHOW MEASUREMENTS", "query_type": "influxql"}"#.to_vec(),
            Code::Unimplemented,
            "write the query in SQL",
        ),
        (
            br#"{"database": "db", "sql_query": "SELECT * FROM system.parquet_files"}"#.to_vec(),
            Code::Unimplemented,
            "system.parquet_files is not supported; the rows",
        ),
        (b"not a ticket".to_vec(), Code::InvalidArgument, "neither JSON"),
        (b"\xff\xff\xff".to_vec(), Code::InvalidArgument, "neither JSON"),
        (Vec::new(), Code::InvalidArgument, "does not belong into this call"),
        (handle, Code::InvalidArgument, "the handle of a statement is not one of this server"),
        (command, Code::Unimplemented, "write line protocol over HTTP"),
    ] {
        let status = client.do_get(Ticket::new(ticket)).await.unwrap_err();
        told(&status, code, text);
    }
}

#[tokio::test]
async fn without_a_database_the_client_is_told_how_to_name_it() {
    let server = Server::start();
    let mut client = client(&server).await;
    let command = || FlightDescriptor::new_cmd(CommandGetTables::default().as_any().encode_to_vec());

    let status = client.get_flight_info(command()).await.unwrap_err();

    told(&status, Code::InvalidArgument, "send its name as the gRPC header `database`");
    for header in ["database", "bucket", "bucket-name", "iox-namespace-name"] {
        let mut request = Request::new(command());
        request.metadata_mut().insert(header, "db".parse().unwrap());
        let schema = client.get_schema(request).await.unwrap().into_inner();
        assert!(!schema.schema.is_empty(), "{header}");
    }
}

#[tokio::test]
async fn what_is_not_supported_says_what_to_do_instead() {
    let server = Server::start();
    let mut client = client(&server).await;
    for (action, text) in [
        ("BeginTransaction", "there are no transactions"),
        ("CancelQuery", "end the call"),
        ("Unheard", "there is no such action. action=`Unheard`"),
    ] {
        let status = client.do_action(Action::new(action, "")).await.unwrap_err();
        told(&status, Code::Unimplemented, text);
    }
    let status = client.do_action(Action::new("CreatePreparedStatement", "x")).await.unwrap_err();
    told(&status, Code::InvalidArgument, "this is no message of Flight SQL");
    let status = client.do_exchange(futures::stream::iter([FlightData::new()])).await.unwrap_err();
    told(&status, Code::Unimplemented, "write line protocol over HTTP");
}

#[tokio::test]
async fn values_are_bound_by_name_and_the_statement_may_run_again_with_others() {
    let server = Server::start();
    let mut client = FlightSqlServiceClient::new_from_inner(client(&server).await);
    client.set_header("database", "db");
    let sql = "SELECT usage FROM cpu WHERE usage < $limit AND host = $host";
    let mut statement = client.prepare(sql.to_owned(), None).await.unwrap();
    let names: Vec<_> = statement.parameter_schema().unwrap().fields().iter().map(|field| field.name()).collect();
    assert_eq!(names, ["limit", "host"]);

    for (host, limit, rows) in [("a", 2.0, 1), ("b", 2.0, 0), ("a", 1.0, 0)] {
        let host = Arc::new(StringArray::from(vec![host])) as ArrayRef;
        let limit = Arc::new(Float64Array::from(vec![limit])) as ArrayRef;
        statement.set_parameters(RecordBatch::try_from_iter([("host", host), ("limit", limit)]).unwrap()).unwrap();
        let info = statement.execute().await.unwrap();
        let ticket = info.endpoint[0].ticket.clone().unwrap();
        let batches: Vec<_> = client.do_get(ticket).await.unwrap().try_collect().await.unwrap();
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), rows);
    }
    statement.close().await.unwrap();
}

#[tokio::test]
async fn data_that_is_none_is_refused() {
    let server = Server::start();
    let mut client = client(&server).await;
    let prepared = arrow_flight::sql::CommandPreparedStatementQuery {
        prepared_statement_handle: br#"{"database": "db", "sql": "SELECT ?", "parameters": {}}"#.as_slice().into(),
    };
    let described = || {
        let descriptor = FlightDescriptor::new_cmd(prepared.as_any().encode_to_vec());
        FlightData::new().with_descriptor(descriptor)
    };
    for (messages, text) in [
        (vec![], "the first message has no descriptor"),
        (vec![FlightData::new()], "the first message has no descriptor"),
        (vec![described().with_data_header(&b"\x10\0\0\0garbage"[..])], ""),
        (vec![described()], ""),
    ] {
        let status = client.do_put(futures::stream::iter(messages)).await.unwrap_err();
        told(&status, Code::InvalidArgument, text);
    }
}

/// Values for a statement as a client sends them, each with one byte of one of
/// its messages changed: some make the decoder of Arrow panic.
#[tokio::test]
async fn no_changed_byte_of_a_message_costs_the_client_its_answer() {
    let server = Server::start();
    let mut client = client(&server).await;
    let handle = br#"{"database": "db", "sql": "SELECT ?", "parameters": {}}"#.as_slice().into();
    let prepared = arrow_flight::sql::CommandPreparedStatementQuery { prepared_statement_handle: handle };
    let descriptor = FlightDescriptor::new_cmd(prepared.as_any().encode_to_vec());
    let values = RecordBatch::try_from_iter([("1", Arc::new(StringArray::from(vec!["a"])) as ArrayRef)]).unwrap();
    let mut messages: Vec<FlightData> =
        FlightDataEncoderBuilder::new().build(futures::stream::iter([Ok(values)])).try_collect().await.unwrap();
    messages[0].flight_descriptor = Some(descriptor);
    for message in 0..messages.len() {
        for place in 0..messages[message].data_header.len() {
            let mut changed = messages.clone();
            let mut header = changed[message].data_header.to_vec();
            header[place] = header[place].wrapping_add(97);
            changed[message].data_header = header.into();
            if let Err(status) = client.do_put(futures::stream::iter(changed)).await {
                assert_eq!(status.code(), Code::InvalidArgument, "byte {place} of message {message}: {status}");
            }
        }
    }
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused() {
    let server = Server::start_with(|command, _| {
        command.args(["--max-http-request-size", "100000"]);
    });
    let mut client = client(&server).await;
    let ticket = format!(r#"{{"database": "db", "sql_query": "SELECT '{}'"}}"#, "x".repeat(100_000));

    let status = client.do_get(Ticket::new(ticket)).await.unwrap_err();

    told(&status, Code::OutOfRange, "message length too large");
}
