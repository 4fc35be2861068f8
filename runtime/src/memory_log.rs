//! A log in memory, for databases that have none of their own.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::sync::watch;

use crate::database::{
    CursorChange, DatabaseError, DatabaseErrorKind, Log, LogBatch, LogRows, Origin, Position, ReadLimits, TableFilter,
};
use crate::model::{DatabaseId, TableBatch, TriggerId};

/// A bounded log in memory. What it holds is gone with the process.
///
/// Rows that every trigger has read make room for new ones.
#[derive(Debug)]
pub struct MemoryLog {
    state: Mutex<State>,
    head: watch::Sender<Position>,
    max_bytes: usize,
    when_full: WhenFull,
}

/// What a [`MemoryLog`] does when triggers lag so far behind that it is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// Takes no more rows until there is room.
    Refuse,
    /// Drops the oldest; triggers that have not read them are told.
    DropOldest,
}

#[derive(Debug, Default)]
struct State {
    records: VecDeque<Record>,
    /// The number of the first of `records`.
    first: u64,
    bytes: usize,
    /// Nobody reads before this again.
    released: Position,
    cursors: BTreeMap<TriggerId, Position>,
}

#[derive(Debug)]
struct Record {
    rows: Vec<LogRows>,
    bytes: usize,
}

impl MemoryLog {
    /// A log that holds up to `max_bytes` of rows.
    #[must_use]
    pub fn new(max_bytes: usize, when_full: WhenFull) -> Self {
        Self { state: Mutex::default(), head: watch::Sender::new(Position::default()), max_bytes, when_full }
    }

    /// Adds rows as one record and returns the position behind it.
    ///
    /// # Errors
    /// [`DatabaseErrorKind::Unavailable`] if it is full and refuses.
    pub fn append(
        &self,
        rows: impl IntoIterator<Item = (DatabaseId, Arc<TableBatch>)>,
        origin: Option<&Origin>,
    ) -> Result<Position, DatabaseError> {
        let rows: Vec<_> =
            rows.into_iter().map(|(database, batch)| LogRows { database, batch, origin: origin.cloned() }).collect();
        let bytes = rows.iter().map(|rows| rows.batch.byte_size()).fold(0, usize::saturating_add);
        let mut state = self.lock();
        let room_for_it = self.max_bytes.saturating_sub(bytes);
        let droppable = match self.when_full {
            WhenFull::Refuse => state.released.record,
            WhenFull::DropOldest => u64::MAX,
        };
        state.shrink(room_for_it, droppable);
        // A record larger than the whole log is taken when the log is empty.
        if state.bytes > room_for_it && !state.records.is_empty() {
            return Err(DatabaseError::new(
                DatabaseErrorKind::Unavailable,
                format!("the log is full: triggers lag behind. bytes=`{}` allowed=`{}`", state.bytes, self.max_bytes),
            ));
        }
        state.bytes = state.bytes.saturating_add(bytes);
        state.records.push_back(Record { rows, bytes });
        let head = Position::start_of(state.end());
        // Under the lock, so that the head never goes back.
        self.head.send_replace(head);
        Ok(head)
    }

    /// Keeps the changes of cursors, which are gone with the process like
    /// everything else here.
    pub fn move_cursors(&self, changes: &BTreeMap<TriggerId, CursorChange>) {
        let mut state = self.lock();
        for (trigger, change) in changes {
            match change {
                CursorChange::Advance(position) => {
                    let cursor = state.cursors.entry(trigger.clone()).or_default();
                    *cursor = (*cursor).max(*position);
                }
                CursorChange::Forget => {
                    state.cursors.remove(trigger);
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The number of the next record.
    fn end(&self) -> u64 {
        self.first.saturating_add(u64::try_from(self.records.len()).unwrap_or(u64::MAX))
    }

    /// Drops the oldest records before the one numbered `end` until no more than
    /// `bytes` are held.
    fn shrink(&mut self, bytes: usize, end: u64) {
        while self.bytes > bytes
            && self.first < end
            && let Some(record) = self.records.pop_front()
        {
            self.first = self.first.saturating_add(1);
            self.bytes = self.bytes.saturating_sub(record.bytes);
        }
    }

    fn read(&self, from: Position, tables: &TableFilter, mut left: ReadLimits) -> LogBatch {
        let lost_records = self.first.saturating_sub(from.record);
        let mut at = from.max(Position::start_of(self.first));
        let mut rows = Vec::new();
        let skipped = usize::try_from(at.record.saturating_sub(self.first)).unwrap_or(usize::MAX);
        for record in self.records.iter().skip(skipped) {
            // The place of the current batch's first row within the record.
            let mut start = 0_usize;
            let first_row = usize::try_from(at.row).unwrap_or(usize::MAX);
            for wanted in &record.rows {
                let end = start.saturating_add(wanted.batch.rows());
                let skip = first_row.saturating_sub(start);
                if end > first_row && tables.wants(&wanted.database, wanted.batch.table()) {
                    let taken = take(wanted, skip, &mut left);
                    let short = skip.saturating_add(taken.batch.rows()) < wanted.batch.rows();
                    let stopped_at = start.saturating_add(skip).saturating_add(taken.batch.rows());
                    if taken.batch.rows() > 0 {
                        rows.push(taken);
                    }
                    if short {
                        at.row = u64::try_from(stopped_at).unwrap_or(u64::MAX);
                        return LogBatch { rows, next: at, lost_records };
                    }
                }
                start = end;
            }
            at = Position::start_of(at.record.saturating_add(1));
        }
        LogBatch { rows, next: at, lost_records }
    }
}

/// The rows of `wanted` behind the first `skip`, as far as `left` goes. The very
/// first row is always taken, however large.
fn take(wanted: &LogRows, skip: usize, left: &mut ReadLimits) -> LogRows {
    let rows = wanted.batch.rows().saturating_sub(skip);
    let row_bytes = wanted.batch.byte_size().checked_div(wanted.batch.rows()).unwrap_or(0).max(1);
    let fits = left.rows.min(left.bytes.div_ceil(row_bytes)).min(rows);
    left.rows = left.rows.saturating_sub(fits);
    left.bytes = left.bytes.saturating_sub(fits.saturating_mul(row_bytes));
    let whole = fits == wanted.batch.rows();
    let batch =
        if whole { Arc::clone(&wanted.batch) } else { Arc::new(wanted.batch.slice(skip..skip.saturating_add(fits))) };
    LogRows { database: wanted.database.clone(), batch, origin: wanted.origin.clone() }
}

#[async_trait]
impl Log for MemoryLog {
    async fn read(&self, from: Position, tables: &TableFilter, limits: ReadLimits) -> Result<LogBatch, DatabaseError> {
        Ok(self.lock().read(from, tables, limits))
    }

    fn head(&self) -> watch::Receiver<Position> {
        self.head.subscribe()
    }

    fn oldest(&self) -> Position {
        Position::start_of(self.lock().first)
    }

    async fn cursor(&self, trigger: &TriggerId) -> Result<Option<Position>, DatabaseError> {
        Ok(self.lock().cursors.get(trigger).copied())
    }

    fn release(&self, position: Position) {
        let mut state = self.lock();
        state.released = state.released.max(position);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Column, ColumnKind, ColumnValues, DatabaseName, TableColumn, TableName};

    const ALL: ReadLimits = ReadLimits { rows: usize::MAX, bytes: usize::MAX };

    fn database() -> DatabaseId {
        DatabaseName::new("db").unwrap().into()
    }

    fn rows(table: &str, times: &[i64]) -> (DatabaseId, Arc<TableBatch>) {
        let time = Column::full("time", ColumnValues::Time(times.to_vec()));
        let columns = vec![TableColumn { kind: ColumnKind::Time, column: time }];
        (database(), Arc::new(TableBatch::new(TableName::new(table).unwrap(), columns).unwrap()))
    }

    fn times(batch: &LogBatch) -> Vec<i64> {
        let time = |rows: &LogRows| match &rows.batch.column("time").unwrap().values {
            ColumnValues::Time(times) => times.clone(),
            other => panic!("{other:?}"),
        };
        batch.rows.iter().flat_map(time).collect()
    }

    #[tokio::test]
    async fn a_record_too_large_for_one_read_is_continued_at_the_next() {
        let log = MemoryLog::new(1 << 20, WhenFull::Refuse);
        log.append([rows("a", &[1, 2, 3]), rows("b", &[4, 5]), rows("a", &[6])], None).unwrap();
        let filter = TableFilter::default().and_table(database(), TableName::new("a").unwrap());
        let two = ReadLimits { rows: 2, bytes: usize::MAX };

        let first = log.read(Position::default(), &filter, two).await.unwrap();
        let second = log.read(first.next, &filter, two).await.unwrap();
        let third = log.read(second.next, &filter, two).await.unwrap();

        assert_eq!((times(&first), times(&second), times(&third)), (vec![1, 2], vec![3, 6], vec![]));
        assert_eq!(third.next, *log.head().borrow());
    }

    #[tokio::test]
    async fn a_full_log_takes_rows_again_once_its_readers_are_through() {
        let log = MemoryLog::new(64, WhenFull::Refuse);
        let head = log.append([rows("a", &[1, 2, 3, 4])], None).unwrap();
        let full = log.append([rows("a", &[5, 6, 7, 8])], None).unwrap_err();
        assert_eq!(full.kind, DatabaseErrorKind::Unavailable);

        log.release(head);

        log.append([rows("a", &[5, 6, 7, 8])], None).unwrap();
        let batch = log.read(Position::default(), &TableFilter::default().and_all(database()), ALL).await.unwrap();
        assert_eq!((times(&batch), batch.lost_records), (vec![5, 6, 7, 8], 1));
    }

    #[tokio::test]
    async fn a_full_log_may_drop_rows_and_then_says_how_many_records() {
        let log = MemoryLog::new(64, WhenFull::DropOldest);
        for time in 1..=4 {
            log.append([rows("a", &[time, time, time])], None).unwrap();
        }
        let batch = log.read(Position::default(), &TableFilter::default().and_all(database()), ALL).await.unwrap();
        assert_eq!((times(&batch), batch.lost_records), (vec![3, 3, 3, 4, 4, 4], 2));
    }
}
