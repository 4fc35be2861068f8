//! Flight SQL: which of its commands are answered, and from what.

use arrow::array::RecordBatch;
use arrow_flight::sql::{Any, Command, ProstMessageExt as _, TicketStatementQuery};
use arrow_flight::{FlightDescriptor, FlightInfo, Ticket};
use prost::Message as _;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status};

use super::rows::{self, Rows};
use super::session::Session;
use super::statement::{Statement, database};
use super::{catalog, handle, keys, query, refusal, server_info, status};
use crate::queries::Protocol;

const BAD_TICKET: &str = "the ticket is neither JSON with a database and sql_query nor a message of Flight SQL";

/// Reads a command.
pub(super) fn command(message: &[u8]) -> Result<Command, Status> {
    command_or(message, "this is no message of Flight SQL")
}

fn command_or(message: &[u8], reason: &str) -> Result<Command, Status> {
    let invalid = |error: &dyn std::fmt::Display| status::invalid(format!("{reason}: {error}"));
    let message = Any::decode(message).map_err(|error| invalid(&error))?;
    Command::try_from(message).map_err(|error| invalid(&error))
}

/// Says what a command would return, and how to get it.
pub(super) async fn info(
    session: &Session,
    request: Request<FlightDescriptor>,
) -> Result<Response<FlightInfo>, Status> {
    let command = command(&request.get_ref().cmd)?;
    if let Command::CommandStatementQuery(asked) = command {
        let statement = Statement::new(asked.query, request.metadata())?;
        let columns = query::columns(session, &statement).await?;
        let ticket = TicketStatementQuery { statement_handle: handle::pack(statement) };
        return rows::info_with_ticket(request, (Ticket::new(ticket.as_any().encode_to_vec()), columns));
    }
    let columns = if let Command::CommandPreparedStatementQuery(asked) = command {
        query::columns(session, &handle::unpack(&asked.prepared_statement_handle)?).await?
    } else {
        metadata(session, command, request.metadata()).await?.schema()
    };
    rows::info(request, columns)
}

/// Streams what a command returns.
pub(super) async fn rows(session: &Session, request: Request<Ticket>) -> Result<Response<Rows>, Status> {
    let command = command_or(&request.get_ref().ticket, BAD_TICKET)?;
    let handle = if let Command::TicketStatementQuery(asked) = command {
        asked.statement_handle
    } else if let Command::CommandPreparedStatementQuery(asked) = command {
        asked.prepared_statement_handle
    } else {
        return Ok(rows::one(metadata(session, command, request.metadata()).await?));
    };
    Ok(rows::stream(query::run(session, &handle::unpack(&handle)?, Protocol::FlightSql).await?))
}

/// What is asked about the server and its tables.
#[expect(clippy::wildcard_enum_match_arm, reason = "`refusal` goes through the others one by one")]
async fn metadata(session: &Session, command: Command, headers: &MetadataMap) -> Result<RecordBatch, Status> {
    let answer = match command {
        Command::CommandGetCatalogs(asked) => catalog::catalogs(asked),
        Command::CommandGetDbSchemas(asked) => {
            catalog::schemas(asked, &query::schemas(session, &database(headers)?).await?)
        }
        Command::CommandGetTables(asked) => {
            catalog::tables(asked, &query::schemas(session, &database(headers)?).await?)
        }
        Command::CommandGetTableTypes(asked) => catalog::table_types(asked),
        Command::CommandGetSqlInfo(asked) => server_info::facts(asked),
        Command::CommandGetXdbcTypeInfo(asked) => server_info::types(asked),
        Command::CommandGetPrimaryKeys(_) => Ok(RecordBatch::new_empty(keys::primary())),
        Command::CommandGetExportedKeys(_)
        | Command::CommandGetImportedKeys(_)
        | Command::CommandGetCrossReference(_) => Ok(RecordBatch::new_empty(keys::foreign())),
        other => return Err(refusal::of(&other)),
    };
    answer.map_err(status::invalid)
}
