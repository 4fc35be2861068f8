//! Which file a trigger's plugin is in. The texts are InfluxDB 3's.

use std::path::{Component, Path, PathBuf};

use super::{PluginError, upload};

/// Returns where the plugin called `filename` is, within `directory`.
///
/// # Errors
/// If it is outside, or not there.
pub(super) fn locate(directory: &Path, filename: &str) -> Result<PathBuf, PluginError> {
    let outside = || {
        PluginError::File(format!(
            "Path traversal detected: plugin filename '{filename}' attempts to access files outside the plugin directory; \
             name a file relative to it"
        ))
    };
    if filename.starts_with("gh:") {
        return Err(PluginError::File(format!(
            "plugins are not fetched from the network; download it into the plugin directory and name it there. \
             plugin=`{filename}`"
        )));
    }
    let relative = Path::new(filename.trim_end_matches('/'));
    let within = relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !within || filename.contains('\\') {
        return Err(outside());
    }
    let path = directory.join(relative);
    let not_found = |_| {
        let (path, directory) = (path.display(), directory.display());
        PluginError::File(format!("Plugin not found: {path}; name a file relative to the plugin directory {directory}"))
    };
    // Links are followed to their end: what counts is where that is.
    let real = path.canonicalize().map_err(not_found)?;
    let whole = directory.canonicalize().map_err(not_found)?;
    if real == whole || !real.starts_with(&whole) {
        return Err(outside());
    }
    if relative.file_name().is_some_and(|name| name == "__init__.py") {
        let folder = folder(filename);
        return Err(PluginError::File(format!("a plugin of several files is named by its folder. path=`{folder}`")));
    }
    if real.is_dir() && !real.join("__init__.py").is_file() {
        return Err(PluginError::File(format!(
            "Multi-file plugin directory must contain __init__.py: {}",
            path.display()
        )));
    }
    Ok(real)
}

/// Returns where a file is to be that is called `relative` within `directory`.
///
/// # Errors
/// If that is outside.
pub(super) fn place(directory: &Path, relative: &str) -> Result<PathBuf, PluginError> {
    let outside = || {
        PluginError::File(format!(
            "Path traversal detected: plugin filename '{relative}' attempts to access files outside the plugin directory; \
             name a file relative to it, none of whose parts begins with a dot"
        ))
    };
    if !upload::stays_within(relative) {
        return Err(outside());
    }
    let path = directory.join(relative);
    // Links in what is there already must not lead out either.
    let there = path.ancestors().skip(1).find_map(|ancestor| ancestor.canonicalize().ok()).ok_or_else(outside)?;
    let whole = directory.canonicalize().map_err(|error| PluginError::Disk(error.to_string()))?;
    if there.starts_with(&whole) && !path.is_dir() { Ok(path) } else { Err(outside()) }
}

/// The folder that a file within the directory lies in; empty at the top.
pub(super) fn folder(filename: &str) -> String {
    let parent = Path::new(filename.trim_end_matches('/')).parent().unwrap_or(Path::new(""));
    let parts = parent.components().filter(|part| matches!(part, Component::Normal(_)));
    parts.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn plugins() -> (tempfile::TempDir, PathBuf) {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().canonicalize().unwrap().join("plugins");
        fs::create_dir_all(directory.join("package")).unwrap();
        fs::create_dir(directory.join("empty")).unwrap();
        fs::write(directory.join("package/__init__.py"), "").unwrap();
        fs::write(directory.join("hello.py"), "").unwrap();
        fs::write(parent.path().join("secret.py"), "").unwrap();
        std::os::unix::fs::symlink("../secret.py", directory.join("link.py")).unwrap();
        (parent, directory)
    }

    #[test]
    fn files_and_packages_are_found_within_the_directory() {
        let (_parent, directory) = plugins();
        for (filename, path) in
            [("hello.py", "hello.py"), ("./hello.py", "hello.py"), ("package/", "package"), ("package", "package")]
        {
            assert_eq!(locate(&directory, filename).unwrap(), directory.join(path));
        }
    }

    #[test]
    fn the_folder_of_a_file_is_told_from_its_name() {
        for (filename, parent) in [("a.py", ""), ("./a.py", ""), ("x/y/a.py", "x/y"), ("x/package/", "x")] {
            assert_eq!(folder(filename), parent);
        }
    }

    #[test]
    fn nothing_outside_the_directory_is_reached() {
        let (_parent, directory) = plugins();
        let absolute = directory.join("hello.py").display().to_string();
        for filename in ["../secret.py", "package/../../secret.py", "link.py", "", ".", "..\\secret.py", &absolute] {
            let error = locate(&directory, filename).unwrap_err().to_string();
            assert_eq!(
                error,
                format!(
                    "Plugin error: reading plugin file: Path traversal detected: plugin filename '{filename}' \
                     attempts to access files outside the plugin directory; name a file relative to it"
                )
            );
        }
    }

    #[test]
    fn what_is_not_there_is_named() {
        let (_parent, directory) = plugins();
        let error = |filename| locate(&directory, filename).unwrap_err().to_string();
        assert!(error("bye.py").contains("/plugins/bye.py; name a file relative to the plugin directory /"));
        assert!(error("bye.py").starts_with("Plugin error: reading plugin file: Plugin not found: /"));
        assert!(error("empty").contains("Multi-file plugin directory must contain __init__.py: /"));
        assert!(error("package/__init__.py").ends_with("is named by its folder. path=`package`"));
        assert!(error("gh:influxdata/x/x.py").contains("not fetched from the network"));
    }
}
