//! `system.tokens`: who may talk to the server.

use super::View;
use super::columns::{Cell, Column};
use crate::catalog::StoredToken;

/// A token: its name, and what is kept of it.
pub(super) type Row = (String, StoredToken);

pub(super) const COLUMNS: &[Column<Row>] = &[
    Column("token_id", Cell::Unsigned(|(_, token)| Some(token.id))),
    Column("name", Cell::Text(|(name, _)| Some(name.clone()))),
    Column("hash", Cell::Text(|(_, token)| Some(token.hash.clone()))),
    Column("created_at", Cell::Time(|(_, token)| token.created)),
    Column("expiry", Cell::Time(|(_, token)| token.expires)),
    Column("permissions", Cell::Text(|(_, token)| Some(permissions(token)))),
    Column("tenant", Cell::Text(|(_, token)| Some(token.holder.as_ref()?.tenant.clone()))),
];

/// An administrator's permit everything, as InfluxDB 3 writes it.
fn permissions(token: &StoredToken) -> String {
    token.holder.as_ref().map_or_else(|| "*:*:*".to_owned(), |holder| holder.permissions.to_string())
}

/// All of them, of all tenants: only administrators may know of them.
pub(super) fn rows(view: &View) -> Vec<Row> {
    if !view.caller.is_administrator() {
        return Vec::new();
    }
    let catalog = view.server.catalog.now();
    catalog.tokens.iter().map(|(name, token)| (name.clone(), token.clone())).collect()
}
