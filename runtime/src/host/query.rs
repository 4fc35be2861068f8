//! `query`: SQL, its result read piece by piece.

use std::ops::Range;
use std::sync::Arc;

use futures::StreamExt;
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::AbortOnDropHandle;
use wasmtime::component::Resource;

use super::query_work::QueryWork;
use super::{Access, HostState, LimitReached, NoAccess, Services, debt};
use crate::bindings::{Batch, Reader, query, types};
use crate::database::{ColumnDescription, DatabaseError, DatabaseErrorKind};
use crate::model::{Column, DatabaseId, Limit, Parameters};

/// What a run's queries have handed out.
#[derive(Debug, Default)]
pub(crate) struct QueryUse {
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
}

/// Starts a query in a task of its own, so that it never runs on a guest's
/// stack or thread, and ends when its reader does, or when the run cannot pay
/// for it any more.
async fn start(
    (services, work): (&Services, &QueryWork),
    (database, sql): (DatabaseId, String),
    parameters: Parameters,
    context: String,
) -> Result<Reader, DatabaseError> {
    let (head, columns) = oneshot::channel();
    // One batch ahead: the guest's pace is the query's.
    let (rows, batches) = mpsc::channel(1);
    let (begin, begun) = oneshot::channel();
    let (store, held) = (Arc::clone(&services.database), work.held.clone());
    let query = async move {
        let mut result = match store.query(&database, &sql, &parameters).await {
            Ok(result) => result,
            Err(error) => return drop(head.send(Err(error))),
        };
        if head.send(Ok(std::mem::take(&mut result.columns))).is_err() {
            return;
        }
        // A guest that opens many and reads none has paid for none.
        if begun.await.is_err() {
            return;
        }
        while let Some(batch) = result.batches.next().await {
            let failed = batch.is_err();
            if rows.send(batch.map(|batch| Some(held.batch(batch)))).await.is_err() || failed {
                return;
            }
        }
        // The reader may be gone already.
        let _ = rows.send(Ok(None)).await;
    };
    let query = AbortOnDropHandle::new(services.tasks.spawn(work.within_means(query)));
    let columns = columns.await.map_err(|_| given_up())??;
    Ok(Reader {
        columns,
        batches,
        begin: Some(begin),
        ended: false,
        current: Batch::default(),
        taken: 0,
        context,
        _query: query,
    })
}

fn given_up() -> DatabaseError {
    DatabaseError::new(DatabaseErrorKind::Unavailable, "the query was given up")
}

impl HostState {
    /// The next rows of a reader: at least one, unless it is at its end.
    async fn advance(
        &mut self,
        reader: &Resource<Reader>,
        max_rows: usize,
    ) -> wasmtime::Result<Result<Option<Vec<Column>>, DatabaseError>> {
        let largest_piece = self.limits.lifted_bytes;
        self.query_work.allow(self.fuel_left);
        let reader = self.resources.get_mut(reader)?;
        if let Some(begin) = reader.begin.take() {
            // It may have been given up already.
            let _ = begin.send(());
        }
        while reader.rows_left() == 0 {
            let batch = reader.batches.recv().await;
            self.query_work.pay(&self.debt)?;
            match batch {
                Some(Ok(Some(batch))) => (reader.current, reader.taken) = (batch, 0),
                Some(Ok(None)) => reader.ended = true,
                Some(Err(error)) => return Ok(Err(error)),
                None if reader.ended => return Ok(Ok(None)),
                // Half a result must not look like a whole one.
                None => return Ok(Err(given_up())),
            }
        }
        let piece = reader.take(max_rows, largest_piece);
        let rows = piece.first().map_or(0, Column::len);
        let bytes = piece.iter().map(Column::byte_size).fold(0, usize::saturating_add);
        self.debt.add(debt::QUERY_ROW, rows);
        self.debt.add(debt::BYTE, bytes);
        self.queries.rows = self.queries.rows.saturating_add(u64::try_from(rows)?);
        self.queries.bytes = self.queries.bytes.saturating_add(u64::try_from(bytes)?);
        if self.queries.rows > self.limits.query_rows {
            return Err(LimitReached(Limit::QueryRows).into());
        }
        if self.queries.bytes > self.limits.query_bytes {
            return Err(LimitReached(Limit::QueryBytes).into());
        }
        Ok(Ok(Some(piece)))
    }
}

impl Reader {
    fn rows_left(&self) -> usize {
        self.current.columns.first().map_or(0, Column::len).saturating_sub(self.taken)
    }

    /// Takes up to `max_rows` rows of about `max_bytes`, and at least one.
    fn take(&mut self, max_rows: usize, max_bytes: usize) -> Vec<Column> {
        let rows = self.current.columns.first().map_or(0, Column::len);
        let bytes = self.current.columns.iter().map(Column::byte_size).fold(0, usize::saturating_add);
        let row_bytes = bytes.checked_div(rows).unwrap_or(0).max(1);
        let fitting = max_bytes.checked_div(row_bytes).unwrap_or(0).max(1);
        let count = self.rows_left().min(max_rows).min(fitting);
        let range: Range<usize> = self.taken..self.taken.saturating_add(count);
        self.taken = range.end;
        if count == rows {
            return std::mem::take(&mut self.current.columns);
        }
        self.current.columns.iter().map(|column| column.slice(range.clone())).collect()
    }
}

impl query::Host for HostState {
    async fn open(
        &mut self,
        sql: String,
        parameters: Vec<(String, types::Value)>,
        database: Option<String>,
    ) -> wasmtime::Result<Result<Resource<Reader>, query::QueryError>> {
        self.debt.add(debt::QUERY, 1);
        let named: usize = parameters.iter().map(|(name, value)| name.len().saturating_add(byte_size(value))).sum();
        self.debt
            .add(debt::BYTE, sql.len().saturating_add(named).saturating_add(database.as_ref().map_or(0, String::len)));
        let database = match self.database(database.as_deref(), Access::Read) {
            Ok(database) => database,
            Err(NoAccess::Denied(message)) => return Ok(Err(query::QueryError::Denied(message))),
            Err(NoAccess::Invalid(message)) => {
                let message = format!("invalid database name provided: {message}");
                return Ok(Err(query::QueryError::Invalid(message)));
            }
        };
        let parameters = parameters.into_iter().map(|(name, value)| (name, value.into())).collect();
        // The text is InfluxDB 3's: plugins match on it.
        let context = format!("executing query on {}: {sql}", database.name);
        self.query_work.allow(self.fuel_left);
        let opened = start((&self.services, &self.query_work), (database, sql), parameters, context.clone()).await;
        self.query_work.pay(&self.debt)?;
        match opened {
            Ok(reader) => Ok(Ok(self.resources.push(reader).map_err(|_| LimitReached(Limit::Handles))?)),
            Err(error) => Ok(Err(in_context(error, &context))),
        }
    }
}

fn byte_size(value: &types::Value) -> usize {
    match value {
        types::Value::Text(text) => text.len(),
        types::Value::Null
        | types::Value::Boolean(_)
        | types::Value::I64(_)
        | types::Value::U64(_)
        | types::Value::F64(_)
        | types::Value::Time(_) => 8,
    }
}

fn in_context(mut error: DatabaseError, context: &str) -> query::QueryError {
    error.message = format!("error: {} {context}", error.message);
    error.into()
}

impl query::HostReader for HostState {
    async fn columns(&mut self, reader: Resource<Reader>) -> wasmtime::Result<Vec<query::ColumnDescription>> {
        let columns = &self.resources.get(&reader)?.columns;
        self.debt.add(debt::BYTE, columns.iter().map(ColumnDescription::byte_size).fold(0, usize::saturating_add));
        Ok(columns.iter().map(Into::into).collect())
    }

    async fn next(
        &mut self,
        reader: Resource<Reader>,
        max_rows: u32,
    ) -> wasmtime::Result<Result<Option<Vec<types::ColumnResult>>, query::QueryError>> {
        // At least one row was promised, and zero would never come to an end.
        let max_rows = usize::try_from(max_rows.max(1))?;
        Ok(match self.advance(&reader, max_rows).await? {
            Ok(piece) => Ok(piece.map(|columns| columns.iter().map(Into::into).collect())),
            Err(error) => Err(in_context(error, &self.resources.get(&reader)?.context)),
        })
    }

    async fn drop(&mut self, reader: Resource<Reader>) -> wasmtime::Result<()> {
        self.resources.delete(reader)?;
        Ok(())
    }
}

impl ColumnDescription {
    fn byte_size(&self) -> usize {
        self.name.len().saturating_add(self.database_type.len()).saturating_add(16)
    }
}
