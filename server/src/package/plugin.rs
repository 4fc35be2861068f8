//! The plugin's own files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use tidegate_bundle::{EXTENSION, File};

use super::manifest::Manifest;
use super::requirements::Requirements;

/// What belongs to whoever makes a plugin, and not into it.
const LEFT_OUT: [&str; 6] = [".*", "__pycache__/", "*.pyc", "requirements.lock", "*.tidegate", "*.whl"];

/// A plugin as it lies on disk.
#[derive(Debug)]
pub(super) struct Plugin {
    pub(super) name: String,
    pub(super) manifest: Manifest,
    pub(super) files: Vec<File>,
    /// Its folder, if it is one.
    folder: Option<PathBuf>,
}

impl Plugin {
    /// Reads a file, or a folder with an `__init__.py` or a single Python file.
    ///
    /// # Errors
    /// If it is neither.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let path = path.canonicalize().with_context(|| format!("Plugin not found: {shown}"))?;
        if path.is_dir() {
            return Self::read_folder(path);
        }
        if path.extension().is_none_or(|extension| extension != "py") {
            bail!(
                "a .py file can be packaged, or a folder with an __init__.py; a .wasm file needs no package: {shown}"
            );
        }
        let (name, file) = (name_of(path.file_stem()), name_of(path.file_name()));
        let content = fs::read(&path).with_context(|| format!("{shown} cannot be read"))?;
        Ok(Self { name, manifest: Manifest::default(), files: vec![(file, content)], folder: None })
    }

    fn read_folder(folder: PathBuf) -> anyhow::Result<Self> {
        let manifest = Manifest::read(&folder.join("manifest.toml"))?;
        let folder_name = name_of(folder.file_name());
        let mut files = Vec::new();
        collect(&folder, "", &exclude(&folder, &manifest)?, &mut files)?;
        if files.iter().any(|(name, _)| name == "__init__.py") {
            files.iter_mut().for_each(|(name, _)| *name = format!("{folder_name}/{name}"));
        } else {
            let is_python = |name: &str| Path::new(name).extension().is_some_and(|extension| extension == "py");
            let top: Vec<_> = files
                .iter()
                .map(|(name, _)| name.clone())
                .filter(|name| is_python(name) && !name.contains('/'))
                .collect();
            let [main] = top.as_slice() else {
                // The beginning is InfluxDB 3's.
                bail!(
                    "Multi-file plugin directory must contain __init__.py: {}; or exactly one .py file beside its data. \
                     found=`{}`",
                    folder.display(),
                    top.join(", ")
                );
            };
            files.retain(|(name, _)| name == main || !is_python(name));
        }
        let name = if manifest.plugin.name.is_empty() { folder_name } else { manifest.plugin.name.clone() };
        Ok(Self { name, manifest, files, folder: Some(folder) })
    }

    /// What it asks for, and where that is pinned.
    ///
    /// # Errors
    /// If a file cannot be read, or asks for what cannot be packaged.
    pub(super) fn requirements(&self, named: Option<&Path>) -> anyhow::Result<(Requirements, PathBuf)> {
        let in_folder = self.folder.as_ref().map(|folder| folder.join("requirements.txt"));
        let file = named.map(Path::to_owned).or_else(|| in_folder.clone().filter(|file| file.is_file()));
        let written = match &file {
            Some(file) => {
                let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
                Requirements::parse(&name_of(file.file_name()), &text)?
            }
            None => Requirements::default(),
        };
        let lock = file.or(in_folder).unwrap_or_default().with_extension("lock");
        Ok((written.and(&self.manifest.dependencies.python)?, lock))
    }

    /// What its bundle is called.
    pub(super) fn bundle(&self) -> PathBuf {
        format!("{}.{EXTENSION}", self.name).into()
    }
}

fn exclude(folder: &Path, manifest: &Manifest) -> anyhow::Result<Gitignore> {
    let mut patterns = GitignoreBuilder::new(folder);
    for pattern in LEFT_OUT.into_iter().chain(manifest.plugin.exclude.iter().map(String::as_str)) {
        patterns.add_line(None, pattern).with_context(|| format!("manifest.toml: exclude: {pattern}"))?;
    }
    Ok(patterns.build()?)
}

/// Adds the files below `folder`, in the order of their names.
fn collect(folder: &Path, prefix: &str, exclude: &Gitignore, files: &mut Vec<File>) -> anyhow::Result<()> {
    let unreadable = || format!("{} cannot be read", folder.display());
    let mut entries = fs::read_dir(folder).with_context(unreadable)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, kind) = (entry.path(), entry.file_type()?);
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if exclude.matched(&path, kind.is_dir()).is_ignore() {
            continue;
        }
        // Links are not followed, as in a folder that the server loads.
        if kind.is_dir() {
            collect(&path, &format!("{name}/"), exclude, files)?;
        } else if kind.is_file() {
            files.push((name, fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?));
        }
    }
    Ok(())
}

fn name_of(part: Option<&std::ffi::OsStr>) -> String {
    part.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("convert");
        for (name, content) in files {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        (parent, folder)
    }

    fn names(plugin: &Plugin) -> Vec<&str> {
        plugin.files.iter().map(|(name, _)| &**name).collect()
    }

    #[test]
    fn a_folder_keeps_its_name_and_leaves_out_what_its_manifest_says() {
        let manifest = "[plugin]\nname = 'converter'\nexclude = ['/test/', '*.md', '!README.md']\n";
        let (_parent, folder) = folder(&[
            ("__init__.py", ""),
            ("rules/eu.toml", ""),
            ("test/test_all.py", ""),
            ("NOTES.md", ""),
            ("README.md", ""),
            (".git/config", ""),
            ("__pycache__/a.pyc", ""),
            ("manifest.toml", manifest),
        ]);
        let plugin = Plugin::read(&folder).unwrap();
        assert_eq!(
            names(&plugin),
            ["convert/README.md", "convert/__init__.py", "convert/manifest.toml", "convert/rules/eu.toml"]
        );
        assert_eq!(plugin.bundle(), Path::new("converter.tidegate"));
    }

    #[test]
    fn a_folder_with_one_python_file_is_that_file_and_its_data() {
        let (_parent, folder) = folder(&[("convert.py", ""), ("rules.toml", ""), ("test/test_all.py", "")]);
        assert_eq!(names(&Plugin::read(&folder).unwrap()), ["convert.py", "rules.toml"]);
    }

    #[test]
    fn a_folder_that_is_no_plugin_is_refused() {
        let (_parent, folder) = folder(&[("a.py", ""), ("b.py", "")]);
        let error = Plugin::read(&folder).unwrap_err().to_string();
        assert!(error.starts_with("Multi-file plugin directory must contain __init__.py: "), "{error}");
        assert!(error.ends_with("found=`a.py, b.py`"), "{error}");
        assert!(Plugin::read(&folder.join("none")).unwrap_err().to_string().starts_with("Plugin not found: "));
    }

    #[test]
    fn requirements_come_from_the_folder_and_its_manifest() {
        let (_parent, folder) = folder(&[
            ("__init__.py", ""),
            ("requirements.txt", "idna\n"),
            ("manifest.toml", "[dependencies]\npython = ['pint']\n"),
        ]);
        let plugin = Plugin::read(&folder).unwrap();
        let (requirements, lock) = plugin.requirements(None).unwrap();
        assert_eq!(requirements.text(), "idna\npint\n");
        assert_eq!(lock, folder.canonicalize().unwrap().join("requirements.lock"));
    }
}
