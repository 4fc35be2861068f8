//! What has to be done now and then: cursors kept, the log released, the cache
//! swept.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::Dispatch;
use crate::database::{Commit, CursorChange, Durability, Position};
use crate::model::TriggerId;

/// How often cursors that moved over rows which nobody wanted are kept.
const KEEP: Duration = Duration::from_secs(1);
/// How often the cache is swept, in times of [`KEEP`].
const SWEEP: u32 = 10;

impl Dispatch {
    /// Keeps house until the runtime closes.
    pub(crate) async fn keep_house(self: Arc<Self>) {
        let mut kept = BTreeMap::new();
        for round in 1_u32.. {
            tokio::select! {
                () = self.services.clock.sleep(KEEP) => {}
                () = self.closing.cancelled() => return,
            }
            self.keep_cursors(&mut kept, Durability::Buffered).await;
            if round.is_multiple_of(SWEEP) {
                self.services.cache.sweep(self.services.clock.now());
            }
        }
    }

    /// Commits the cursors that have moved since they were last `kept`, and
    /// releases the log up to the last of them.
    pub(crate) async fn keep_cursors(&self, kept: &mut BTreeMap<TriggerId, Position>, durability: Durability) {
        let feed = self.feed.position();
        let triggers = self.registry.all();
        let cursors: BTreeMap<_, _> = triggers
            .iter()
            .filter(|trigger| trigger.is_write())
            .map(|trigger| (trigger.trigger.id.clone(), trigger.cursor(feed)))
            .collect();
        let slowest = cursors.values().min().copied().unwrap_or(feed).min(feed);
        let moved: BTreeMap<_, _> = cursors
            .iter()
            .filter(|(id, cursor)| kept.get(*id) != Some(*cursor))
            .map(|(id, cursor)| (id.clone(), CursorChange::Advance(*cursor)))
            .collect();
        if !moved.is_empty() {
            let commit = Commit {
                origin: None,
                lines: BTreeMap::new(),
                time: self.services.clock.now(),
                cursors: moved,
                durability,
            };
            if let Err(error) = self.services.database.commit(commit).await {
                tracing::warn!(%error, "cursors are not kept; trying again");
                return;
            }
        }
        *kept = cursors;
        self.log.release(slowest);
    }
}
