//! Bundles, loaded once in the sandbox to see what comes of it.

use std::time::Duration;

use anyhow::{Context as _, bail};
use tidegate::{Outcome, PluginSource};
use tidegate_bundle::{About, Bundle, Manifest};

use super::PYTHON;
use crate::sandbox::Sandbox;

/// The least of so many attempts is what loading costs; the rest is noise.
const ATTEMPTS: usize = 3;

/// What each run pays for loading a plugin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) time: Duration,
    pub(crate) fuel: u64,
}

/// What came of loading a plugin.
#[derive(Debug)]
pub(crate) enum Trial {
    /// It can be loaded.
    Loaded(Cost),
    /// It cannot, at least without data, environment and grants.
    Failed(String),
}

/// Says that something is for the sandbox's Python.
pub(super) fn python() -> About {
    About { language: "python".into(), language_version: PYTHON.into(), ..About::default() }
}

/// Loads a bundle.
///
/// # Errors
/// If the runtime refuses it, or there is no runner.
pub(super) async fn load(sandbox: &Sandbox, bundle: &[u8]) -> anyhow::Result<Outcome> {
    let plugin = sandbox.runtime.load("trial", PluginSource::Bundle(bundle.to_vec())).await?;
    Ok(sandbox.runtime.try_out(&plugin).await?)
}

/// Loads the bundle of a plugin and says what that costs, beyond what an empty
/// plugin does.
///
/// # Errors
/// If the runtime refuses it, or it imports what is not there.
pub(super) async fn measure(sandbox: &Sandbox, bundle: &[u8]) -> anyhow::Result<Trial> {
    let outcome = load(sandbox, bundle).await?;
    if let Some(error) = outcome.error() {
        // What cannot be imported here never can.
        if error.contains("ModuleNotFoundError: ") || error.contains("ImportError: ") {
            bail!("the plugin cannot be imported in the sandbox: {error}\n{}", outcome.traceback().unwrap_or_default());
        }
        return Ok(Trial::Failed(error));
    }
    let manifest = Manifest::new(About { name: "empty".into(), ..python() });
    let plugin = vec![("empty.py".to_owned(), Vec::new())];
    let empty = Bundle { manifest, plugin, packages: Vec::new() }.write()?;
    let (cost, empty) = (least(sandbox, bundle).await?, least(sandbox, &empty).await?);
    Ok(Trial::Loaded(Cost { time: cost.time.saturating_sub(empty.time), fuel: cost.fuel.saturating_sub(empty.fuel) }))
}

async fn least(sandbox: &Sandbox, bundle: &[u8]) -> anyhow::Result<Cost> {
    let plugin = sandbox.runtime.load("trial", PluginSource::Bundle(bundle.to_vec())).await?;
    let mut least: Option<Cost> = None;
    for _ in 0..ATTEMPTS {
        let usage = sandbox.runtime.try_out(&plugin).await?.usage;
        let cost = Cost { time: usage.cpu(), fuel: usage.fuel };
        least =
            Some(least.map_or(cost, |least| Cost { time: least.time.min(cost.time), fuel: least.fuel.min(cost.fuel) }));
    }
    least.context("nothing was measured")
}
