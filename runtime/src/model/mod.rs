//! What everything is about: plain data, with rules but without behaviour.

mod batch;
mod column;
mod event;
mod file_tree;
mod limits;
mod names;
mod outcome;
mod parameter;
mod record;
mod spec;
mod text;
mod time;
mod trigger;
mod usage;
mod validity;

pub use batch::{BadBatch, TableBatch, TableColumn};
pub use column::{Column, ColumnKind, ColumnValues};
pub use event::{Event, Request, Response};
pub(crate) use file_tree::{Content, FileTree, NoSuchPath, Node};
pub use limits::{Limit, LimitOverrides, Limits};
pub use names::{BadName, DatabaseId, DatabaseName, TableName, TenantId, TriggerId, TriggerName};
pub use outcome::{Ending, Failure, FailureDetail, LogEntry, LogLevel, Outcome};
pub use parameter::{Parameters, Value};
pub use record::{Notice, RunRecord, RunSeed};
pub use spec::{BadSpec, Schedule, TableSelection, TriggerSpec};
pub use text::TextBuffer;
pub use time::Timestamp;
pub use trigger::{ErrorBehavior, Instances, OwnWrites, StartAt, Trigger, WarmPolicy};
pub use usage::Usage;
pub use validity::Validity;
