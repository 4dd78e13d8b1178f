//! What became of the directory that an overlay lies over.

use super::node::{Content, Kind, Node, lock};
use super::tree::Tree;
use crate::wasi::abi::Errno;
use std::path::Path;
use std::sync::Arc;

/// A difference; see [`MemoryFs::changes`](super::MemoryFs::changes).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where, without a slash at the front.
    pub path: String,
    /// What happened there.
    pub kind: ChangeKind,
}

/// What happened at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// Something is there that was not.
    Added,
    /// A file has other content, or something else took its place.
    Modified,
    /// It is gone, with everything that was below it.
    Removed,
}

/// All differences. The lock of the structure is held by the caller.
pub(super) fn changes(tree: &Tree) -> Result<Vec<Change>, Errno> {
    let mut found = Vec::new();
    gather(tree, &tree.root, "", &mut found)?;
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn gather(
    tree: &Tree,
    directory: &Arc<Node>,
    at: &str,
    found: &mut Vec<Change>,
) -> Result<(), Errno> {
    let mut entries = lock(directory.directory()?);
    let in_place = tree.lower.is_some() && directory.origin.as_deref() == Some(Path::new(at));
    if !in_place {
        // Everything in it is new here, whether somebody looked at it or not.
        tree.complete(directory, &mut entries)?;
    }
    let path = |name: &str| if at.is_empty() { name.to_string() } else { format!("{at}/{name}") };
    for name in entries.hidden.iter().filter(|name| in_place && entries.get(name).is_none()) {
        found.push(Change { path: path(name), kind: ChangeKind::Removed });
    }
    for (_, name, node) in entries.after(0) {
        let path = path(name);
        let same = in_place && node.origin.as_deref() == Some(Path::new(&path));
        let kind = match &node.kind {
            Kind::File(content) if same => {
                matches!(&*lock(content), Content::Bytes(_)).then_some(ChangeKind::Modified)
            }
            _ if same => None,
            _ if in_place && entries.hidden.contains(name) => Some(ChangeKind::Modified),
            _ => Some(ChangeKind::Added),
        };
        if let Kind::Directory(_) = &node.kind {
            gather(tree, node, &path, found)?;
        }
        found.extend(kind.map(|kind| Change { path, kind }));
    }
    Ok(())
}
