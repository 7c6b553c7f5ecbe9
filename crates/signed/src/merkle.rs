//! The Merkle tree of RFC 9162 (certificate transparency version 2) over receipt leaves.

use crate::digest::{sha256, sha256_of};

/// A node of the tree.
pub type Node = [u8; 32];

/// The hash of a leaf's bytes.
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> Node {
    sha256_of(&[&[0], leaf])
}

fn parent(left: &Node, right: &Node) -> Node {
    sha256_of(&[&[1], left, right])
}

/// The root over leaf hashes; the empty tree's root is SHA-256 of nothing.
#[must_use]
pub fn root(leaves: &[Node]) -> Node {
    match leaves {
        [] => sha256(&[]),
        [only] => *only,
        more => {
            let (left, right) = more.split_at(split(more.len()));
            parent(&root(left), &root(right))
        }
    }
}

/// The inclusion path of leaf `index`, from the leaf upwards; `None` if there is no such leaf.
#[must_use]
pub fn path(leaves: &[Node], index: usize) -> Option<Vec<Node>> {
    if index >= leaves.len() {
        return None;
    }
    if leaves.len() == 1 {
        return Some(Vec::new());
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut below, sibling) = match index.checked_sub(left.len()) {
        None => (path(left, index)?, root(right)),
        Some(rest) => (path(right, rest)?, root(left)),
    };
    below.push(sibling);
    Some(below)
}

/// Whether `leaf` is the leaf number `index` of the tree of `size` leaves with this root.
#[must_use]
pub fn includes(root: &Node, size: u64, index: u64, leaf: &Node, path: &[Node]) -> bool {
    if index >= size {
        return false;
    }
    let (mut position, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if position % 2 == 1 || position == last {
            hash = parent(sibling, &hash);
            while position.is_multiple_of(2) && position != 0 {
                position >>= 1;
                last >>= 1;
            }
        } else {
            hash = parent(&hash, sibling);
        }
        position >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// The inclusion path of leaf `index` in the tree of the first `size` leaves, from stored complete
/// subtrees: `node(level, index)` answers their roots. O(log size) look-ups for each level.
pub fn path_from<E>(
    size: u64,
    index: u64,
    node: &mut impl FnMut(u8, u64) -> Result<Option<Node>, E>,
) -> Result<Option<Vec<Node>>, E> {
    if index >= size {
        return Ok(None);
    }
    let (mut low, mut high) = (0, size);
    let mut siblings = Vec::new();
    while high - low > 1 {
        let middle = low + split_u64(high - low);
        let (sibling, next) =
            if index < middle { ((middle, high), (low, middle)) } else { ((low, middle), (middle, high)) };
        let Some(hash) = range_root(sibling.0, sibling.1, node)? else { return Ok(None) };
        siblings.push(hash);
        (low, high) = next;
    }
    siblings.reverse();
    Ok(Some(siblings))
}

fn range_root<E>(
    low: u64,
    high: u64,
    node: &mut impl FnMut(u8, u64) -> Result<Option<Node>, E>,
) -> Result<Option<Node>, E> {
    let length = high - low;
    if length.is_power_of_two() && low.is_multiple_of(length) {
        let level = u8::try_from(length.trailing_zeros()).unwrap_or(u8::MAX);
        return node(level, low >> level);
    }
    let middle = low + split_u64(length);
    let (Some(left), Some(right)) = (range_root(low, middle, node)?, range_root(middle, high, node)?) else {
        return Ok(None);
    };
    Ok(Some(parent(&left, &right)))
}

/// The tree as a growing log keeps it: one root per complete subtree, so that appending costs
/// O(log n) whatever the size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Node>,
}

impl Frontier {
    /// A frontier as it was stored; `None` when the number of peaks does not fit the size.
    #[must_use]
    pub fn from_parts(size: u64, peaks: Vec<Node>) -> Option<Self> {
        (peaks.len() == size.count_ones() as usize).then_some(Self { size, peaks })
    }

    /// Leaves so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the complete subtrees, largest first.
    #[must_use]
    pub fn peaks(&self) -> &[Node] {
        &self.peaks
    }

    /// Appends a leaf hash; answers the complete subtrees this made, leaf first, as
    /// (level, index at that level, root), which is what [`path_from`] asks for.
    pub fn push(&mut self, leaf: Node) -> Vec<(u8, u64, Node)> {
        let (mut node, mut level) = (leaf, 0_u8);
        let mut made = vec![(0, self.size, leaf)];
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                node = parent(&left, &node);
                level += 1;
                made.push((level, self.size >> level, node));
            }
        }
        self.peaks.push(node);
        self.size += 1;
        made
    }

    /// The root of the whole tree.
    #[must_use]
    pub fn root(&self) -> Node {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return sha256(&[]) };
        peaks.fold(*last, |right, left| parent(left, &right))
    }
}

/// The largest power of two below `n` (n > 1).
fn split(n: usize) -> usize {
    n.next_power_of_two() / 2
}

fn split_u64(n: u64) -> u64 {
    n.next_power_of_two() / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_leaf_of_every_small_tree_proves_its_place_and_no_other() {
        let mut frontier = Frontier::default();
        let mut leaves = Vec::new();
        let mut nodes = std::collections::BTreeMap::new();
        for size in 1..=33_u64 {
            let leaf = leaf_hash(&size.to_be_bytes());
            leaves.push(leaf);
            nodes.extend(frontier.push(leaf).into_iter().map(|(l, i, n)| ((l, i), n)));
            let top = root(&leaves);
            assert_eq!(frontier.root(), top);
            for (index, leaf) in (0_u64..).zip(&leaves) {
                let path = path(&leaves, usize::try_from(index).expect("small")).expect("exists");
                assert!(includes(&top, size, index, leaf, &path));
                let stored = path_from::<()>(size, index, &mut |l, i| Ok(nodes.get(&(l, i)).copied()));
                assert_eq!(stored, Ok(Some(path.clone())));
                assert!(!includes(&top, size, index, &[7; 32], &path));
                assert!(!includes(&top, size, (index + 1) % size, leaf, &path) || size == 1);
            }
        }
    }

    #[test]
    fn the_empty_tree_is_sha256_of_nothing() {
        assert_eq!(root(&[]), sha256(&[]));
        assert_eq!(Frontier::default().root(), sha256(&[]));
    }
}
