//! The bundle: a plugin and the packages that it needs, in one file.
//!
//! A bundle is a ZIP archive whose name ends in `.tidegate`:
//!
//! ```text
//! bundle.toml    what it is: a Manifest
//! plugin/        the plugin: one file, or a folder with an __init__.py
//! packages/      what the plugin may import, as it would lie in site-packages
//! ```
//!
//! The same content is always the same bytes. Whoever reads a bundle need not
//! trust it: what is not as described here is refused, and it is unpacked in
//! memory only, no further than the limits of [`archive`] allow.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test that goes wrong may panic")
)]

pub mod archive;
mod error;
mod manifest;
mod path;

pub use error::Refused;
pub use manifest::{About, Manifest, Package};

/// A path, relative and with `/` between its parts, and what the file holds.
pub type File = (String, Vec<u8>);

/// How the names of bundles end, without the dot.
pub const EXTENSION: &str = "tidegate";

const MANIFEST: &str = "bundle.toml";
const PLUGIN: &str = "plugin/";
const PACKAGES: &str = "packages/";

/// A bundle, unpacked.
#[derive(Debug, Clone, PartialEq)]
pub struct Bundle {
    /// What it says of itself.
    pub manifest: Manifest,
    /// The plugin's own files: `hello.py`, or all below `downsample/`.
    pub plugin: Vec<File>,
    /// The files of its packages, as they would lie in `site-packages`.
    pub packages: Vec<File>,
}

impl Bundle {
    /// Unpacks a bundle.
    ///
    /// # Errors
    /// [`Refused`] says what is wrong with it, and what to do.
    pub fn read(bytes: &[u8]) -> Result<Self, Refused> {
        let (mut manifest, mut plugin, mut packages) = (None, Vec::new(), Vec::new());
        let most = |name: &str| Some(if name == MANIFEST { manifest::MAX_BYTES } else { archive::MAX_BYTES });
        for (name, content) in archive::read_up_to(bytes, most)? {
            if name == MANIFEST {
                manifest = Some(Manifest::parse(&content)?);
            } else if let Some(name) = name.strip_prefix(PLUGIN) {
                plugin.push((name.to_owned(), content));
            } else if let Some(name) = name.strip_prefix(PACKAGES) {
                packages.push((name.to_owned(), content));
            } else {
                return Err(Refused::new(format!("holds what does not belong into a bundle. file=`{name}`")));
            }
        }
        let missing = |what| Refused::new(format!("is no bundle; make one with `tidegate package`. missing=`{what}`"));
        let manifest = manifest.ok_or_else(|| missing(MANIFEST))?;
        if plugin.is_empty() {
            return Err(missing(PLUGIN));
        }
        Ok(Self { manifest, plugin, packages })
    }

    /// Packs the bundle.
    ///
    /// # Errors
    /// [`Refused`] if [`read`](Self::read) would refuse what comes of it.
    pub fn write(&self) -> Result<Vec<u8>, Refused> {
        let mut files = vec![(MANIFEST.to_owned(), self.manifest.text()?.into_bytes())];
        let below = |folder, (name, content): &File| (format!("{folder}{name}"), content.clone());
        files.extend(self.plugin.iter().map(|file| below(PLUGIN, file)));
        files.extend(self.packages.iter().map(|file| below(PACKAGES, file)));
        let bytes = archive::write(files)?;
        Self::read(&bytes)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, content: &str) -> File {
        (name.to_owned(), content.as_bytes().to_vec())
    }

    pub(crate) fn bundle() -> Bundle {
        Bundle {
            manifest: Manifest::new(About { name: "convert".into(), ..About::default() }),
            plugin: vec![file("convert/__init__.py", "import units\n"), file("convert/rules.toml", "a = 1\n")],
            packages: vec![file("units/__init__.py", "METRE = 1\n")],
        }
    }

    #[test]
    fn what_was_packed_is_unpacked() {
        let bundle = bundle();
        assert_eq!(Bundle::read(&bundle.write().unwrap()).unwrap(), bundle);
    }

    #[test]
    fn the_same_content_is_the_same_bytes_in_whatever_order_it_came() {
        let bundle = bundle();
        let mut turned = bundle.clone();
        turned.plugin.reverse();
        assert_eq!(turned.write().unwrap(), bundle.write().unwrap());
    }

    #[test]
    fn what_is_no_bundle_is_refused_with_what_is_missing() {
        let refused = |files| Bundle::read(&archive::write(files).unwrap()).unwrap_err().to_string();
        assert_eq!(
            refused(vec![file("plugin/a.py", "")]),
            "is no bundle; make one with `tidegate package`. missing=`bundle.toml`"
        );
        assert_eq!(
            refused(vec![file("bundle.toml", &Manifest::new(About::default()).text().unwrap())]),
            "is no bundle; make one with `tidegate package`. missing=`plugin/`"
        );
        assert_eq!(refused(vec![file("extra", "")]), "holds what does not belong into a bundle. file=`extra`");
        let bomb = format!("x = [{}]", "[],".repeat(100_000));
        assert_eq!(
            refused(vec![file("bundle.toml", &bomb), file("plugin/a.py", "")]),
            "is larger than allowed when it is unpacked. file=`bundle.toml` allowed=`262144`"
        );
        assert!(Bundle::read(b"PK").unwrap_err().to_string().starts_with("is no ZIP archive, or a damaged one;"));
    }
}
