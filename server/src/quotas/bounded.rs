//! A database to which plugins write no more than their tenants may own.

use std::sync::Arc;

use async_trait::async_trait;
use tidegate::{
    Commit, Database, DatabaseError, DatabaseErrorKind, DatabaseId, Log, Parameters, Position, QueryResult,
};

use super::{Allowances, Exceeded};

/// A database to which plugins write no more than their tenants may own.
#[derive(Debug)]
pub(crate) struct Bounded(pub(crate) Arc<Allowances>);

#[async_trait]
impl Database for Bounded {
    async fn query(
        &self,
        database: &DatabaseId,
        sql: &str,
        parameters: &Parameters,
    ) -> Result<QueryResult, DatabaseError> {
        self.0.database.query(database, sql, parameters).await
    }

    async fn commit(&self, commit: Commit) -> Result<Position, DatabaseError> {
        // To try again would not help: the plugin's author is told.
        let refused = |exceeded: Exceeded| DatabaseError::new(DatabaseErrorKind::Invalid, exceeded.to_string());
        let _turn = self
            .0
            .admit(commit.lines.iter().map(|(database, lines)| (database, lines.len())))
            .await
            .map_err(refused)?;
        self.0.database.commit(commit).await
    }

    fn log(&self) -> Option<Arc<dyn Log>> {
        Database::log(&*self.0.database)
    }
}
