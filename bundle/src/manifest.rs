//! `bundle.toml`: what a bundle says of itself.

use serde::{Deserialize, Serialize};

use crate::Refused;

/// The one format there is.
const FORMAT: i64 = 1;
/// The most bytes of a `bundle.toml`: reading one takes a hundred times as many.
pub(crate) const MAX_BYTES: u64 = 256 << 10;
/// The most packages of a bundle.
const MAX_PACKAGES: usize = 1_000;
/// The most files that are left out of all its packages together.
const MAX_LEFT_OUT: usize = 10_000;

/// What a bundle says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: i64,
    /// The plugin.
    pub plugin: About,
    /// What it may import, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<Package>,
}

/// What is known of a plugin.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// What it is called.
    pub name: String,
    /// Its version, if it has one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// Which runner it needs: `python`.
    pub language: String,
    /// The version of the language that its packages were chosen for.
    pub language_version: String,
    /// What it can take, as far as it says so: `process_writes` and others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entry_points: Vec<String>,
}

/// A package in a bundle, and what it was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Its name, as its author writes it.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The file that it came in.
    pub wheel: String,
    /// The SHA-256 of that file, in hexadecimal.
    pub sha256: String,
    /// Native files of the wheel that are not in the bundle.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

impl Manifest {
    /// The manifest of a plugin that needs no packages.
    #[must_use]
    pub fn new(plugin: About) -> Self {
        Self { format: FORMAT, plugin, packages: Vec::new() }
    }

    pub(crate) fn parse(content: &[u8]) -> Result<Self, Refused> {
        let broken = |reason: &str| Refused::new(format!("has a broken bundle.toml; make it again. reason=`{reason}`"));
        let text = str::from_utf8(content).map_err(|error| broken(&error.to_string()))?;
        let table: toml::Table = toml::from_str(text).map_err(|error| broken(error.message()))?;
        // Before anything else is looked at: another format may say it otherwise.
        let format = table.get("format").and_then(toml::Value::as_integer).unwrap_or_default();
        if format != FORMAT {
            return Err(Refused::new(format!(
                "is of a format that this version does not know; update Tidegate, or make the bundle with the \
                 `tidegate package` of this version. format=`{format}` known=`{FORMAT}`"
            )));
        }
        let manifest: Self = table.try_into().map_err(|error: toml::de::Error| broken(error.message()))?;
        let left_out = manifest.packages.iter().map(|package| package.left_out.len()).fold(0, usize::saturating_add);
        for (what, count, allowed) in
            [("packages", manifest.packages.len(), MAX_PACKAGES), ("left_out", left_out, MAX_LEFT_OUT)]
        {
            if count > allowed {
                return Err(broken(&format!("too many entries: {what}, {count} of at most {allowed}")));
            }
        }
        Ok(manifest)
    }

    pub(crate) fn text(&self) -> Result<String, Refused> {
        toml::to_string(self).map_err(|error| Refused::new(format!("cannot be described. reason=`{error}`")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_format_is_refused_before_anything_else_is_looked_at() {
        let error = Manifest::parse(b"format = 2\nplugin = 'convert'\n").unwrap_err().to_string();
        assert!(error.contains("update Tidegate") && error.ends_with("format=`2` known=`1`"), "{error}");
        let error = Manifest::parse(b"format = 1\nplugin = 'convert'\n").unwrap_err().to_string();
        assert!(error.starts_with("has a broken bundle.toml; make it again."), "{error}");
    }
    #[test]
    fn too_many_packages_or_files_that_are_left_out_are_refused() {
        let package = |left_out| Package {
            name: "a".into(),
            version: "1".into(),
            wheel: String::new(),
            sha256: String::new(),
            left_out,
        };
        let read = |packages| {
            let manifest = Manifest { packages, ..Manifest::new(About::default()) };
            Manifest::parse(manifest.text().unwrap().as_bytes())
        };
        assert!(read(vec![package(Vec::new()); 1_000]).is_ok());
        let error = read(vec![package(Vec::new()); 1_001]).unwrap_err().to_string();
        assert!(error.ends_with("reason=`too many entries: packages, 1001 of at most 1000`"), "{error}");
        let error = read(vec![package(vec!["a.so".into(); 5_001]); 2]).unwrap_err().to_string();
        assert!(error.ends_with("reason=`too many entries: left_out, 10002 of at most 10000`"), "{error}");
    }
}
