//! Plugins whose files change are replaced while their triggers go on.

use std::sync::Arc;
use std::time::Duration;

use tidegate::{Clock, LogEntry, LogLevel, PluginSource};

use super::{Loaded, PluginError, Plugins, Stamp, Version};
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
                    let entry = LogEntry { time: clock.now(), run: None, level, message };
                    self.tell_users(&name, &seen, |trigger| log.say(trigger, entry.clone()));
                }
            }
        }
    }

    /// Loads a plugin again if it is not as it was `seen`, and says what came
    /// of it.
    async fn refresh(&self, name: &str, seen: &Loaded) -> Option<(LogLevel, String)> {
        // Where it is is looked up again, too: a link may lead elsewhere now.
        let version = Version::now(&self.directories.of(&seen.tenant)?, &seen.filename).await;
        let stamp = version.as_ref().ok().and_then(|version| version.stamp.clone());
        if stamp == seen.stamp {
            return None;
        }
        let _turn = self.loading.lock().await;
        // Whoever created a trigger meanwhile has loaded it.
        if self.lock().get(name).is_none_or(|loaded| loaded.stamp == stamp) {
            return None;
        }
        let result = match version {
            Ok(Version { path, within, .. }) => {
                let source = PluginSource::Within { path, within };
                self.runtime.load_for(&seen.tenant, name, source).await.map_err(PluginError::from)
            }
            Err(error) => Err(error),
        };
        if result.as_ref().is_err_and(PluginError::may_pass) {
            return None;
        }
        let problem = result.err().map(|error| error.to_string());
        let same_code = seen.problem.is_none() && Stamp::is_same_code(seen.stamp.as_ref(), stamp.as_ref());
        if let Some(loaded) = self.lock().get_mut(name) {
            (loaded.stamp, loaded.problem) = (stamp, problem.clone());
        }
        match problem {
            // Data beside a plugin may change all the time.
            None if same_code => None,
            None => Some((LogLevel::Info, "the plugin was replaced by the new version of its file".to_owned())),
            Some(error) => {
                let told = format!("the new version of the plugin cannot be used, the old one goes on: {error}");
                Some((LogLevel::Error, told))
            }
        }
    }

    fn tell_users(&self, name: &str, plugin: &Loaded, tell: impl Fn(&tidegate::TriggerId)) {
        let triggers = self.runtime.triggers(&plugin.tenant);
        triggers.iter().filter(|status| status.plugin == name).for_each(|status| tell(&status.trigger.id));
    }
}
