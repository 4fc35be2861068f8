//! Plugins whose files change are replaced while their triggers go on.

use std::sync::Arc;
use std::time::Duration;

use tidegate::{Clock, LogEntry, LogLevel};

use super::{Loaded, Plugins, Stamp};
use crate::plugin_log::PluginLog;

/// How often the files are looked at.
const PERIOD: Duration = Duration::from_secs(1);

impl Plugins {
    /// Looks at the files of all loaded plugins again and again, and loads
    /// those that have changed. A new version that is no plugin leaves the old
    /// one in place, and the triggers' owners are told once.
    pub(crate) async fn keep_fresh(self: Arc<Self>, log: Arc<PluginLog>, clock: Arc<dyn Clock>) {
        loop {
            clock.sleep(PERIOD).await;
            let loaded: Vec<_> = self.lock().iter().map(|(name, loaded)| (name.clone(), loaded.clone())).collect();
            for (name, seen) in loaded {
                if let Some((level, message)) = self.refresh(&name, &seen).await {
                    let entry = LogEntry { time: clock.now(), level, message };
                    self.tell_users(&name, &seen, |trigger| log.say(trigger, entry.clone()));
                }
            }
        }
    }

    /// Loads a plugin again if it is not as it was `seen`, and says what came
    /// of it.
    async fn refresh(&self, name: &str, seen: &Loaded) -> Option<(LogLevel, String)> {
        let path = seen.path.clone();
        let stamp = tokio::task::spawn_blocking(move || Stamp::of(&path)).await.ok()?;
        if stamp == seen.stamp {
            return None;
        }
        let _turn = self.loading.lock().await;
        // Whoever created a trigger meanwhile has loaded it.
        if self.lock().get(name).is_none_or(|loaded| loaded.stamp == stamp) {
            return None;
        }
        let result = self.runtime.load(name, seen.path.clone()).await;
        if let Some(loaded) = self.lock().get_mut(name) {
            loaded.stamp = stamp;
            loaded.good = result.is_ok();
        }
        Some(match result {
            Ok(_) => (LogLevel::Info, "the plugin was replaced by the new version of its file".to_owned()),
            Err(error) => {
                (LogLevel::Error, format!("the new version of the plugin cannot be used, the old one goes on: {error}"))
            }
        })
    }

    fn tell_users(&self, name: &str, plugin: &Loaded, tell: impl Fn(&tidegate::TriggerId)) {
        let triggers = self.runtime.triggers(&plugin.tenant);
        triggers.iter().filter(|status| status.plugin == name).for_each(|status| tell(&status.trigger.id));
    }
}
