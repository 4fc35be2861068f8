//! Code of plugins that clients send: checked before it takes the place of what
//! was there, which comes back if it cannot be used.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde::Deserialize;
use tempfile::TempDir;
use tidegate::{Quota, TenantId};

use super::{PluginError, Plugins, location, stamp};
use crate::quotas::Exceeded;

/// A file that a client sends.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct NewFile {
    /// Its path, in the plugin directory or in the plugin's folder.
    pub(crate) relative_path: String,
    pub(crate) content: String,
}

/// What begins the names of folders that are not in place yet.
const STAGED: &str = ".staged-";

/// How many files one plugin may bring, as many as one may have.
const MAX_FILES: usize = 255;

impl Plugins {
    /// Puts a file into the plugin directory. If it belongs to a plugin that
    /// triggers run, they run the new version.
    ///
    /// # Errors
    /// If its path leads out of the directory, or the new version is no plugin.
    pub(crate) async fn upload(&self, tenant: &TenantId, file: NewFile) -> Result<(), PluginError> {
        let _turn = self.uploading.lock().await;
        let directory = self.uploads(tenant)?;
        self.require_room(tenant, (&directory, file.content.len()))?;
        let path = location::place(&directory, &file.relative_path)?;
        let filename = self.used_by(tenant, &path);
        match filename {
            Some(filename) => self.exchange(tenant, (&path, file.content), &filename).await,
            None => write(&path, &file.content).map_err(|error| disk(&error)),
        }
    }

    /// The plugin that is loaded and has the file at `path`, or would have.
    fn used_by(&self, tenant: &TenantId, path: &Path) -> Option<String> {
        let directory = self.directories.of(tenant)?.canonicalize().ok()?;
        // The file itself need not be there.
        let folder = path.parent()?;
        let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned()).join(path.file_name()?);
        let has = |filename: &String| {
            let plugin = location::locate(&directory, filename);
            plugin.is_ok_and(|plugin| real == plugin || (plugin.is_dir() && real.starts_with(&plugin)))
        };
        let loaded = self.lock();
        let mut filenames = loaded.values().filter(|loaded| loaded.tenant == *tenant).map(|loaded| &loaded.filename);
        filenames.find(|filename| has(filename)).cloned()
    }

    /// Whether the file or folder at `path` is part of the plugin called `filename`,
    /// or would be if it were there.
    pub(crate) fn belongs(&self, tenant: &TenantId, path: &str, filename: &str) -> bool {
        let Some(directory) = self.directories.of(tenant) else { return false };
        let real = |name: &str| {
            let path = directory.join(name.trim_end_matches('/'));
            // Links are followed as far as there is something.
            let there = path.ancestors().find_map(|there| Some((there.canonicalize().ok()?, there)));
            there.and_then(|(real, there)| Some(real.join(path.strip_prefix(there).ok()?))).unwrap_or(path)
        };
        let (path, plugin) = (real(path), real(filename));
        let is_beside = !plugin.is_dir() && path.parent() == plugin.parent() && !stamp::is_code(&path);
        path.starts_with(&plugin) || plugin.starts_with(&path) || is_beside
    }

    /// Replaces the code of the plugin in `filename`; of a folder, its
    /// `__init__.py`.
    ///
    /// # Errors
    /// If it is not written in a source file, or the new version is no plugin.
    pub(crate) async fn replace(
        &self,
        tenant: &TenantId,
        (filename, content): (&str, String),
    ) -> Result<(), PluginError> {
        let _turn = self.uploading.lock().await;
        let directory = self.uploads(tenant)?;
        self.require_room(tenant, (&directory, content.len()))?;
        let path = location::locate(&directory, filename)?;
        let path = if path.is_dir() { path.join("__init__.py") } else { path };
        if path.extension().is_none_or(|extension| extension != "py") {
            return Err(PluginError::File(format!(
                "only source files are replaced as text; put the new version of this one into the plugin directory. \
                 path=`{filename}`"
            )));
        }
        self.exchange(tenant, (&path, content), filename).await
    }

    async fn exchange(
        &self,
        tenant: &TenantId,
        (path, content): (&Path, String),
        filename: &str,
    ) -> Result<(), PluginError> {
        let _turn = self.loading.lock().await;
        let old = match fs::read(path) {
            Ok(old) => Some(old),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(disk(&error)),
        };
        write(path, &content).map_err(|error| disk(&error))?;
        let Err(error) = self.load_in_turn(tenant, filename).await else { return Ok(()) };
        let restored = match old {
            Some(old) => write(path, old),
            None => fs::remove_file(path),
        };
        restored.map_err(|error| disk(&error))?;
        // So that the old version is not taken for a new one.
        let _ = self.load_in_turn(tenant, filename).await;
        Err(error)
    }

    /// Replaces a plugin that is a folder, as a whole and at once.
    ///
    /// # Errors
    /// If it is none, or `files` are not.
    pub(crate) async fn replace_folder(
        &self,
        tenant: &TenantId,
        (filename, files): (&str, Vec<NewFile>),
    ) -> Result<(), PluginError> {
        let _turn = self.uploading.lock().await;
        let directory = self.uploads(tenant)?;
        let bytes = files.iter().map(|file| file.content.len()).fold(0, usize::saturating_add);
        self.require_room(tenant, (&directory, bytes))?;
        let path = location::locate(&directory, filename)?;
        if !path.is_dir() {
            return Err(PluginError::File(format!(
                "the plugin is a single file; replace it as one. path=`{filename}`"
            )));
        }
        let staged = stage(&directory, files)?;
        let _turn = self.loading.lock().await;
        let exchange = || renameat_with(CWD, staged.path(), CWD, &path, RenameFlags::EXCHANGE);
        exchange().map_err(|error| disk(&error.into()))?;
        let Err(error) = self.load_in_turn(tenant, filename).await else { return Ok(()) };
        exchange().map_err(|error| disk(&error.into()))?;
        let _ = self.load_in_turn(tenant, filename).await;
        Err(error)
    }

    /// Whether a tenant may have so many bytes more. What they take the place of
    /// counts as well: for a moment both are there.
    fn require_room(&self, tenant: &TenantId, (directory, bytes): (&Path, usize)) -> Result<(), PluginError> {
        let allowed = self.allowances.of(tenant, Quota::Plugins);
        let more = u64::try_from(bytes).unwrap_or(u64::MAX);
        if size(directory).map_err(|error| disk(&error))?.saturating_add(more) > allowed {
            return Err(PluginError::Exceeded(Exceeded { quota: Quota::Plugins, allowed }));
        }
        Ok(())
    }

    /// Where a tenant's files go. The operator's directory is there; those of other
    /// tenants come into being.
    fn uploads(&self, tenant: &TenantId) -> Result<PathBuf, PluginError> {
        let directory = self.directories.of(tenant).ok_or_else(|| {
            PluginError::File("No plugin directory configured; start the server with --plugin-dir".to_owned())
        })?;
        if *tenant != TenantId::default_tenant() {
            fs::create_dir_all(&directory).map_err(|error| disk(&error))?;
        }
        Ok(directory)
    }
}

/// How much all files below a folder take.
fn size(folder: &Path) -> io::Result<u64> {
    let mut sum = 0_u64;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // Of a link itself: it could lead anywhere, and round in circles.
        let metadata = entry.metadata()?;
        sum = sum.saturating_add(if metadata.is_dir() { size(&entry.path())? } else { metadata.len() });
    }
    Ok(sum)
}

/// A folder of `files` beside the plugins, gone when it is dropped.
fn stage(directory: &Path, files: Vec<NewFile>) -> Result<TempDir, PluginError> {
    if !files.iter().any(|file| file.relative_path == "__init__.py") {
        return Err(PluginError::File("Multi-file plugin directory must contain __init__.py".to_owned()));
    }
    if files.len() > MAX_FILES {
        let sent = files.len();
        return Err(PluginError::File(format!("a plugin has too many files. files=`{sent}` allowed=`{MAX_FILES}`")));
    }
    let staged = tempfile::Builder::new().prefix(STAGED).tempdir_in(directory).map_err(|error| disk(&error))?;
    fs::set_permissions(staged.path(), fs::Permissions::from_mode(0o755)).map_err(|error| disk(&error))?;
    for file in files {
        let path = location::place(staged.path(), &file.relative_path)?;
        write(&path, &file.content).map_err(|error| disk(&error))?;
    }
    Ok(staged)
}

/// Writes a file as a whole: whoever reads it finds the old or the new one.
fn write(path: &Path, content: impl AsRef<[u8]>) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file =
        tempfile::Builder::new().prefix(STAGED).permissions(fs::Permissions::from_mode(0o644)).tempfile_in(folder)?;
    file.write_all(content.as_ref())?;
    file.as_file().sync_all()?;
    file.persist(path).map(|_| ()).map_err(|error| error.error)
}

fn disk(error: &io::Error) -> PluginError {
    use io::ErrorKind as K;
    let is_the_names_fault = matches!(
        error.kind(),
        K::NotADirectory | K::IsADirectory | K::AlreadyExists | K::InvalidFilename | K::InvalidInput | K::NotFound
    );
    if is_the_names_fault {
        return PluginError::File(format!("there cannot be a file of this name: {error}"));
    }
    PluginError::Disk(error.to_string())
}

/// Whether a path stays within the folder that it is relative to.
pub(super) fn stays_within(relative: &str) -> bool {
    let is_plain =
        |part: Component<'_>| matches!(part, Component::Normal(part) if !part.as_encoded_bytes().starts_with(b"."));
    let path = PathBuf::from(relative);
    !relative.is_empty()
        && !relative.contains(['\\', '\0'])
        && !relative.ends_with('/')
        && path.components().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(relative_path: &str) -> NewFile {
        NewFile { relative_path: relative_path.to_owned(), content: String::new() }
    }

    #[test]
    fn no_path_leads_out_of_its_folder() {
        for path in ["a.py", "a/b.py", "a/b/c.toml"] {
            assert!(stays_within(path), "{path}");
        }
        for path in
            ["", "..", "../a.py", "/etc/a.py", "a/../../b.py", "a\\b.py", ".hidden", "a/.git/config", "a/", "a\0.py"]
        {
            assert!(!stays_within(path), "{path}");
        }
    }

    #[test]
    fn a_folder_is_staged_as_a_whole_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let staged = stage(directory.path(), vec![file("__init__.py"), file("sub/x.py")]).unwrap();
        assert!(staged.path().join("sub/x.py").is_file());
        drop(staged);
        assert!(stage(directory.path(), vec![file("a.py")]).unwrap_err().to_string().contains("__init__.py"));
        assert!(stage(directory.path(), vec![file("__init__.py"), file("../a.py")]).is_err());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
