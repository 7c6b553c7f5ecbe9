//! Paths and keys: from a body's path or a register's key to the declared field.
//!
//! A path names parts by `/`: `immediate_safety/safe_now`, `children/<line>/seen`. A register's key
//! is the same with each part's short name, so that it fits into 64 bytes.

use crate::kind::{Field, Kind, Shape};

/// Where a path leads.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The top-level field.
    pub(crate) top: &'static Field,
    /// The field at the end: the last part named.
    pub(crate) field: &'static Field,
    /// The shape expected there: an element's, where the path ends at a line of a list.
    pub(crate) shape: Shape,
    /// The register's key there; also the name of an A or M field.
    pub(crate) key: String,
    /// Canonical path: every part by its own name.
    pub(crate) path: String,
    /// The line the path ends at (not below), of a list.
    pub(crate) line: Option<String>,
}

/// Follows a path by the names bodies use.
pub(crate) fn follow(kind: &Kind, path: &str) -> Option<Place> {
    let mut segments = path.split('/');
    let top = kind.field(segments.next()?)?;
    walk(top, segments, |part, name| part.path == name || part.also.contains(&name))
}

/// The field a register's key, or the name of an A or M field, belongs to.
pub(crate) fn of_key(kind: &Kind, key: &str) -> Option<&'static Field> {
    place_of_key(kind, key).map(|place| place.field)
}

/// The same, with the path it has in a body.
pub(crate) fn place_of_key(kind: &Kind, key: &str) -> Option<Place> {
    let mut segments = key.split('/');
    let top = segments.next()?;
    let top = kind.all_fields().find(|field| field.key == top)?;
    walk(top, segments, |part, name| part.key == name)
}

fn walk<'p>(
    top: &'static Field,
    segments: impl Iterator<Item = &'p str>,
    is: impl Fn(&Field, &str) -> bool,
) -> Option<Place> {
    let mut place =
        Place { top, field: top, shape: top.shape, key: top.key.to_owned(), path: top.path.to_owned(), line: None };
    for segment in segments {
        let (key, path, line);
        if let Some(element) = place.shape.element() {
            place.shape = *element;
            (key, path, line) = (segment, segment, Some(segment.to_owned()));
        } else {
            let part = place.shape.parts().iter().find(|part| is(part, segment))?;
            place.field = part;
            place.shape = part.shape;
            (key, path, line) = (part.key, part.path, None);
        }
        place.key = format!("{}/{key}", place.key);
        place.path = format!("{}/{path}", place.path);
        place.line = line;
    }
    Some(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::kind;
    use documents::{Declaration, Merge};

    const LINE: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    #[test]
    fn keys_of_composite_fields_and_of_lines_are_declared() {
        let disclosure = kind("disclosure").unwrap();
        let check = kind("welfare_check").unwrap();
        let action = kind("action").unwrap();
        for (kind, key, merge) in [
            (disclosure, "immediate_safety/safe_now", Some(Merge::M)),
            (disclosure, "immediate_safety/where_going", Some(Merge::C)),
            (disclosure, "communication/interpreter", Some(Merge::C)),
            (disclosure, "words_verbatim", Some(Merge::W)),
            (disclosure, "subjects", Some(Merge::A)),
            (disclosure, "statement", Some(Merge::W)),
            (disclosure, "truth_view", None),
            (check, &format!("children/{LINE}/seen"), Some(Merge::C)),
            (check, &format!("children/{LINE}/sleeping"), Some(Merge::C)),
            (check, &format!("children/{LINE}/nonsense"), None),
            (action, "due", Some(Merge::M)),
            (action, "owner", Some(Merge::C)),
            (action, "hops", Some(Merge::W)),
        ] {
            assert_eq!(kind.merge(key), merge, "{} {key}", kind.name);
        }
    }

    #[test]
    fn every_key_fits_beside_a_lines_id() {
        for kind in crate::kinds() {
            for field in kind.all_fields() {
                let parts = field.shape.element().map_or(field.parts(), Shape::parts);
                let line = if field.shape.element().is_some() { format!("/{LINE}") } else { String::new() };
                assert!(documents::declaration::well_formed(&format!("{}{line}", field.key)), "{}", field.path);
                for part in parts {
                    let key = format!("{}{line}/{}", field.key, part.key);
                    assert!(
                        field.merge != documents::Merge::C || documents::declaration::well_formed(&key),
                        "{key} of {}",
                        kind.name
                    );
                }
            }
        }
    }

    #[test]
    fn a_body_may_use_other_names() {
        let action = kind("action").unwrap();
        assert_eq!(follow(action, "kind").unwrap().path, "action_kind");
        let disclosure = kind("disclosure").unwrap();
        let place = follow(disclosure, "medical_need/needed").unwrap();
        assert_eq!((place.path.as_str(), place.top.path), ("medical_need/yn3", "medical_need"));
        let line = follow(disclosure, &format!("child_view/{LINE}")).unwrap();
        assert_eq!(line.line.as_deref(), Some(LINE));
        assert!(follow(kind("concern").unwrap(), "kind").unwrap().field.who == crate::Who::Computed);
    }
}
