//! The files that a guest sees: folders and files in memory, never changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

/// A folder or a file. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// Tells it from all others of its tree.
    pub(crate) number: u64,
    pub(crate) content: Content,
}

/// What a node holds.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// Other nodes, by name.
    Folder(BTreeMap<Box<str>, Arc<Node>>),
    /// Bytes.
    File(Bytes),
}

/// What lies under some top folders, each of which a guest finds as `/name`.
#[derive(Debug, Default)]
pub(crate) struct FileTree {
    tops: BTreeMap<&'static str, Arc<Node>>,
    nodes: u64,
    /// Where the plugin itself lies, such as `/plugin`.
    pub(crate) plugin_directory: Option<String>,
}

/// Why a path leads nowhere, in POSIX's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoSuchPath {
    /// ENOENT
    NoEntry,
    /// ENOTDIR
    NotFolder,
    /// EPERM: out of the tree.
    Outside,
    /// ENAMETOOLONG
    TooLong,
}

/// The longest path, as POSIX has it.
const LONGEST_PATH: usize = 4_096;
/// The most folders within each other.
const DEEPEST: usize = 64;

impl Node {
    /// Follows `path` from here. It may go up again with `..`, but not above.
    ///
    /// # Errors
    /// As POSIX has it for a folder from which no path leads out.
    pub(crate) fn find(self: &Arc<Self>, path: &str) -> Result<Arc<Self>, NoSuchPath> {
        if path.len() > LONGEST_PATH {
            return Err(NoSuchPath::TooLong);
        }
        if path.starts_with('/') {
            return Err(NoSuchPath::Outside);
        }
        if path.is_empty() {
            return Err(NoSuchPath::NoEntry);
        }
        // From here down to the node that is reached, which is not in it.
        let mut above = Vec::new();
        let mut node = self;
        for part in path.split('/') {
            let Content::Folder(entries) = &node.content else { return Err(NoSuchPath::NotFolder) };
            match part {
                // Also of a path that ends in `/`, and so names a folder.
                "" | "." => {}
                ".." => node = above.pop().ok_or(NoSuchPath::Outside)?,
                name => {
                    above.push(node);
                    node = entries.get(name).ok_or(NoSuchPath::NoEntry)?;
                }
            }
        }
        Ok(Arc::clone(node))
    }
}

impl FileTree {
    /// A tree without files yet, for a plugin that lies in `directory`.
    pub(crate) fn of_plugin_in(directory: String) -> Self {
        Self { plugin_directory: Some(directory), ..Self::default() }
    }

    /// Adds an empty folder that a guest finds as `/name`.
    pub(crate) fn add_top(&mut self, name: &'static str) {
        let folder = Self::node(&mut self.nodes, Content::Folder(BTreeMap::new()));
        self.tops.insert(name, folder);
    }

    /// Adds a file below a top folder, and the folders on the way to it.
    ///
    /// # Errors
    /// For a person, if the path is not one of a file, or is taken.
    pub(crate) fn add_file(&mut self, top: &'static str, path: &str, content: Vec<u8>) -> Result<(), String> {
        let parts: Vec<&str> = path.split('/').collect();
        let is_name = |part: &&str| !matches!(*part, "" | "." | "..") && !part.contains('\0');
        if path.len() > LONGEST_PATH || parts.len() > DEEPEST || !parts.iter().all(is_name) {
            let shown: String = path.chars().take(200).collect();
            return Err(format!("a file's path must be relative, without `..`, and not too long. path=`{shown}`"));
        }
        let taken = || format!("there is more than one file of this path, or a folder as well. path=`/{top}/{path}`");
        let (name, folders) = parts.split_last().ok_or_else(taken)?;
        let mut folder = self.tops.get_mut(top).ok_or_else(taken)?;
        for part in folders {
            // Nobody else has the tree yet, so nothing is copied.
            let Content::Folder(entries) = &mut Arc::make_mut(folder).content else { return Err(taken()) };
            let nodes = &mut self.nodes;
            folder =
                entries.entry((*part).into()).or_insert_with(|| Self::node(nodes, Content::Folder(BTreeMap::new())));
        }
        let Content::Folder(entries) = &mut Arc::make_mut(folder).content else { return Err(taken()) };
        if entries.contains_key(*name) {
            return Err(taken());
        }
        entries.insert((*name).into(), Self::node(&mut self.nodes, Content::File(content.into())));
        Ok(())
    }

    /// The top folders, by name.
    pub(crate) fn tops(&self) -> impl Iterator<Item = (&'static str, &Arc<Node>)> {
        self.tops.iter().map(|(name, node)| (*name, node))
    }

    fn node(nodes: &mut u64, content: Content) -> Arc<Node> {
        *nodes = nodes.saturating_add(1);
        Arc::new(Node { number: *nodes, content })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> (FileTree, Arc<Node>) {
        let mut tree = FileTree::default();
        tree.add_top("plugin");
        tree.add_file("plugin", "a/b/c.toml", b"c".to_vec()).unwrap();
        tree.add_file("plugin", "a.py", b"a".to_vec()).unwrap();
        let top = Arc::clone(tree.tops().next().unwrap().1);
        (tree, top)
    }

    fn number(top: &Arc<Node>, path: &str) -> Result<u64, NoSuchPath> {
        top.find(path).map(|node| node.number)
    }

    #[test]
    fn a_path_goes_down_and_up_again_and_never_out() {
        let (_, top) = tree();
        let file = number(&top, "a/b/c.toml").unwrap();
        for path in ["a//b/./c.toml", "a/../a/b/c.toml", "./a/b/../../a/b/c.toml"] {
            assert_eq!(number(&top, path), Ok(file), "{path}");
        }
        for path in ["..", "a/../..", "/", "/plugin/a.py", "../plugin/a.py"] {
            assert_eq!(number(&top, path), Err(NoSuchPath::Outside), "{path}");
        }
        let below = top.find("a").unwrap();
        assert_eq!(number(&below, "../a.py"), Err(NoSuchPath::Outside));
        assert_eq!(number(&below, "b/../."), Ok(below.number));
    }

    #[test]
    fn a_path_that_leads_nowhere_says_why() {
        let (_, top) = tree();
        for (path, why) in [
            ("", NoSuchPath::NoEntry),
            ("b", NoSuchPath::NoEntry),
            ("b/../a.py", NoSuchPath::NoEntry),
            ("a.py/", NoSuchPath::NotFolder),
            ("a.py/..", NoSuchPath::NotFolder),
            ("a/b/c.toml/d", NoSuchPath::NotFolder),
            (&"a/".repeat(2_049), NoSuchPath::TooLong),
        ] {
            assert_eq!(number(&top, path), Err(why), "{path}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_there_is_refused_with_its_path() {
        let (mut tree, _) = tree();
        for path in ["../x", "/x", "a//x", "x/", "", "a/./x", "nul\0", &"a/".repeat(64)] {
            let error = tree.add_file("plugin", path, Vec::new()).unwrap_err();
            assert!(error.starts_with("a file's path must be relative"), "{path:?}: {error}");
        }
        for path in ["a", "a.py", "a.py/x", "a/b"] {
            let error = tree.add_file("plugin", path, Vec::new()).unwrap_err();
            assert!(error.ends_with(&format!("path=`/plugin/{path}`")), "{path}: {error}");
        }
    }
}
