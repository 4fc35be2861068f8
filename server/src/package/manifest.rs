//! `manifest.toml`: what a plugin's author says of it, as for InfluxDB 3.

use std::path::Path;

use anyhow::{Context as _, ensure};
use serde::Deserialize;

/// What a plugin's author says of it. What is of no use here is not looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Manifest {
    pub(super) plugin: About,
    pub(super) dependencies: Dependencies,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct About {
    pub(super) name: String,
    pub(super) version: String,
    /// The entry points.
    pub(super) triggers: Vec<String>,
    /// What does not belong into the package, as in a `.gitignore`.
    pub(super) exclude: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Dependencies {
    /// PEP 508
    pub(super) python: Vec<String>,
}

impl Manifest {
    /// Reads the manifest at `path`; there need not be one.
    ///
    /// # Errors
    /// Names the line that is wrong.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text).with_context(|| format!("{} cannot be used", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
        }
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let manifest: Self = toml::from_str(text)?;
        let name = &manifest.plugin.name;
        let good = name.is_empty()
            || name.len() <= 64
                && name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        ensure!(
            good,
            "a plugin's name begins with a letter and has at most 64 letters, digits, `_` and `-`. name=`{}`",
            name.escape_debug()
        );
        Ok(manifest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_made_for_influxdb_are_understood() {
        let manifest = Manifest::parse(
            r#"
            manifest_schema_version = "1.3"
            [plugin]
            name = "downsampler"
            version = "1.2.0"
            description = "Downsamples"
            triggers = ["process_writes"]
            exclude = ["/test/"]
            [dependencies]
            database_version = ">=3.8.2"
            python = ["pint>=0.24"]
            [[dependencies.plugins]]
            name = "notifier"
            "#,
        );
        let manifest = manifest.unwrap();
        assert_eq!(manifest.plugin.name, "downsampler");
        assert_eq!(manifest.dependencies.python, ["pint>=0.24"]);
    }

    #[test]
    fn a_mistake_is_named_with_its_line() {
        let error = Manifest::parse("[plugin]\nname = 'a'\nversion = 1\n").unwrap_err().to_string();
        assert!(error.contains("line 3, column 11"), "{error}");
        assert!(Manifest::parse("[plugin]\nname = '../a'\n").is_err());
    }
}
