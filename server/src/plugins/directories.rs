//! Where the plugins of each tenant lie.

use std::fs;
use std::path::{Path, PathBuf};

use tidegate::TenantId;

/// Where the plugins of each tenant lie: no folder is within another's.
#[derive(Debug)]
pub(crate) struct Directories {
    /// The operator's choice, for the default tenant.
    default: Option<PathBuf>,
    /// Holds a folder for each other tenant.
    others: PathBuf,
}

impl Directories {
    /// The plugin directory that the operator named, and the folder with those of
    /// the other tenants.
    ///
    /// # Errors
    /// If one of them lies in the other: tenants would reach each other's files.
    pub(crate) fn new(default: Option<PathBuf>, others: PathBuf) -> Result<Self, String> {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        // Where it will be, whether it is there yet or not.
        let parent = others.parent().map(real).unwrap_or_default();
        let tenants = parent.join(others.file_name().unwrap_or_default());
        if let Some(directory) = default.as_deref().map(real)
            && (directory.starts_with(&tenants) || tenants.starts_with(&directory))
        {
            return Err(format!(
                "the plugin directory and the folder with the plugins of other tenants lie in each other; name another with \
                 --plugin-dir. path=`{}` tenants=`{}`",
                directory.display(),
                tenants.display()
            ));
        }
        Ok(Self { default, others })
    }

    /// The folder of a tenant, if it can have plugins.
    pub(super) fn of(&self, tenant: &TenantId) -> Option<PathBuf> {
        if *tenant == TenantId::default_tenant() {
            return self.default.clone();
        }
        is_folder_name(tenant.as_str()).then(|| self.others.join(tenant.as_str()))
    }

    /// Removes the folder of a tenant that is gone.
    ///
    /// # Errors
    /// If it stays.
    pub(super) fn remove(&self, tenant: &TenantId) -> std::io::Result<()> {
        let Some(folder) = self.of(tenant).filter(|folder| folder.starts_with(&self.others)) else { return Ok(()) };
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

/// Whether a tenant's name can be that of a folder, on every file system.
pub(crate) fn is_folder_name(name: &str) -> bool {
    let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'-' | b'_');
    (1..=64).contains(&name.len()) && name.bytes().all(allowed) && !name.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(name: &str) -> TenantId {
        TenantId::new(name).unwrap()
    }

    #[test]
    fn each_tenant_has_a_folder_of_its_own() {
        let directories = Directories::new(Some("/plugins".into()), "/data/plugins".into()).unwrap();
        assert_eq!(directories.of(&TenantId::default_tenant()), Some("/plugins".into()));
        assert_eq!(directories.of(&tenant("acme")), Some("/data/plugins/acme".into()));
        for name in ["..", "../plugins", "a/b", "/etc", ".", "A", "ä", "-a", " "] {
            assert_eq!(directories.of(&tenant(name)), None, "{name}");
        }
    }

    #[test]
    fn no_directory_lies_within_another() {
        let data = tempfile::tempdir().unwrap();
        let path = |name: &str| data.path().join(name);
        for inside in ["", "plugins", "plugins/acme"] {
            fs::create_dir_all(path(inside)).unwrap();
            let error = Directories::new(Some(path(inside)), path("plugins")).unwrap_err();
            assert!(error.contains("--plugin-dir"), "{error}");
        }
        fs::create_dir(path("beside")).unwrap();
        std::os::unix::fs::symlink(path("plugins/acme"), path("link")).unwrap();
        assert!(Directories::new(Some(path("beside")), path("plugins")).is_ok());
        assert!(Directories::new(Some(path("link")), path("plugins")).is_err());
    }

    #[test]
    fn a_tenant_that_is_gone_leaves_no_plugin() {
        let data = tempfile::tempdir().unwrap();
        let others = data.path().join("plugins");
        fs::create_dir_all(others.join("acme")).unwrap();
        fs::create_dir_all(others.join("other")).unwrap();
        let directories = Directories::new(Some(data.path().join("own")), others.clone()).unwrap();
        directories.remove(&tenant("acme")).unwrap();
        directories.remove(&tenant("nobody")).unwrap();
        directories.remove(&TenantId::default_tenant()).unwrap();
        assert!(!others.join("acme").exists() && others.join("other").exists());
    }
}
