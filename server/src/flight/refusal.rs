//! What Flight SQL has and this server has not, and what to do instead.

use arrow_flight::sql::Command;
use tonic::Status;

const READS_ONLY: &str = "SQL only reads here; write line protocol over HTTP, with POST /api/v3/write_lp";
const NO_TRANSACTIONS: &str = "there are no transactions: each statement reads from one moment of the database";
const NO_SUBSTRAIT: &str = "plans of Substrait are not supported; send the statement in SQL";
const NO_CANCELLING: &str = "end the call to cancel its query";

/// Why a command is not answered.
pub(super) fn of(command: &Command) -> Status {
    use Command as C;
    match command {
        C::CommandStatementUpdate(_) | C::CommandPreparedStatementUpdate(_) | C::CommandStatementIngest(_) => {
            Status::unimplemented(READS_ONLY)
        }
        C::CommandStatementSubstraitPlan(_) => Status::unimplemented(NO_SUBSTRAIT),
        C::ActionBeginSavepointRequest(_)
        | C::ActionBeginSavepointResult(_)
        | C::ActionBeginTransactionRequest(_)
        | C::ActionBeginTransactionResult(_)
        | C::ActionCancelQueryRequest(_)
        | C::ActionCancelQueryResult(_)
        | C::ActionClosePreparedStatementRequest(_)
        | C::ActionCreatePreparedStatementRequest(_)
        | C::ActionCreatePreparedStatementResult(_)
        | C::ActionCreatePreparedSubstraitPlanRequest(_)
        | C::ActionEndSavepointRequest(_)
        | C::ActionEndTransactionRequest(_)
        | C::CommandGetCatalogs(_)
        | C::CommandGetCrossReference(_)
        | C::CommandGetDbSchemas(_)
        | C::CommandGetExportedKeys(_)
        | C::CommandGetImportedKeys(_)
        | C::CommandGetPrimaryKeys(_)
        | C::CommandGetSqlInfo(_)
        | C::CommandGetTableTypes(_)
        | C::CommandGetTables(_)
        | C::CommandGetXdbcTypeInfo(_)
        | C::CommandPreparedStatementQuery(_)
        | C::CommandStatementQuery(_)
        | C::DoPutPreparedStatementResult(_)
        | C::DoPutUpdateResult(_)
        | C::TicketStatementQuery(_)
        | C::Unknown(_) => Status::invalid_argument(format!(
            "a message of this type does not belong into this call. type=`{}`",
            command.type_url()
        )),
    }
}

/// Why an action is not taken.
pub(super) fn of_action(name: &str) -> Status {
    match name {
        "BeginTransaction" | "EndTransaction" | "BeginSavepoint" | "EndSavepoint" => {
            Status::unimplemented(NO_TRANSACTIONS)
        }
        "CreatePreparedSubstraitPlan" => Status::unimplemented(NO_SUBSTRAIT),
        "CancelQuery" | "CancelFlightInfo" => Status::unimplemented(NO_CANCELLING),
        other => {
            let other: String = other.chars().take(100).collect();
            Status::unimplemented(format!("there is no such action. action=`{other}`"))
        }
    }
}
