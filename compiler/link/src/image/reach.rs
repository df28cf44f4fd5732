//! Which sections an image needs: those that the vector table leads to, directly or through others.

use std::collections::BTreeSet;

use super::ImageError;
use super::resolve::{Place, Program, SectionId};

/// The sections that can be reached, in the order of their objects.
pub(super) fn reachable(program: &Program<'_>, roots: &[Place]) -> Result<BTreeSet<SectionId>, ImageError> {
    let mut found = BTreeSet::new();
    let mut open: Vec<Place> = roots.to_vec();
    while let Some(place) = open.pop() {
        let Place::Section { section: id, .. } = place else { continue };
        let (input, section) = id;
        let object = &program.inputs[input];
        let Some(section) = object.sections.get(section).and_then(Option::as_ref) else {
            return Err(ImageError::Malformed {
                object: object.name.clone(),
                reason: "something is used that is not loaded".to_string(),
            });
        };
        if found.insert(id) {
            for relocation in &section.relocations {
                open.push(program.place(input, relocation.symbol)?);
            }
        }
    }
    Ok(found)
}
