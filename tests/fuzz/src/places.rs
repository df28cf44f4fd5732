//! Places: a variable and a chain of fields and indices.

use crate::generate::Gen;
use crate::types::Ty;

/// A place, and the conditions under which its indices are valid.
pub struct Place {
    pub text: String,
    pub ty: Ty,
    pub guards: Vec<String>,
    pub is_capped: bool,
}

impl Place {
    /// The guards as one condition.
    pub fn condition(&self) -> Option<String> {
        if self.guards.is_empty() { None } else { Some(self.guards.join(" && ")) }
    }
}

const MAX_CHAIN: usize = 4;

impl Gen {
    /// Any place, or none if there is no variable.
    pub fn place(&mut self) -> Option<Place> {
        if self.scope.is_empty() {
            return None;
        }
        let var = self.rng.pick(&self.scope).clone();
        let mut place = Place { text: var.name, ty: var.ty, guards: Vec::new(), is_capped: var.is_capped };
        for _ in 0..MAX_CHAIN {
            let parts = place.ty.parts(&self.types);
            if parts.is_empty() || self.rng.chance(25) {
                break;
            }
            let part = self.rng.pick(&parts).clone();
            self.extend(&mut place, part);
        }
        Some(place)
    }

    /// A place of this type, if one is found quickly.
    pub fn place_of(&mut self, ty: &Ty) -> Option<Place> {
        let mut found = Vec::new();
        for var in self.scope.clone() {
            let place = Place { text: var.name, ty: var.ty, guards: Vec::new(), is_capped: var.is_capped };
            self.collect(place, ty, MAX_CHAIN, &mut found);
        }
        if found.is_empty() {
            return None;
        }
        let n = self.rng.below(found.len());
        Some(found.swap_remove(n))
    }

    fn collect(&mut self, place: Place, ty: &Ty, depth: usize, found: &mut Vec<Place>) {
        const ENOUGH: usize = 40;
        if found.len() > ENOUGH {
            return;
        }
        if depth > 0 {
            for part in place.ty.parts(&self.types) {
                let mut longer = Place { text: place.text.clone(), ty: Ty::Int, guards: place.guards.clone(), ..place };
                longer.ty = place.ty.clone();
                self.extend(&mut longer, part);
                self.collect(longer, ty, depth - 1, found);
            }
        }
        if place.ty == *ty {
            found.push(place);
        }
    }

    fn extend(&mut self, place: &mut Place, (suffix, ty): (String, Ty)) {
        if suffix == "[]" {
            place.guards.push(format!("len({}) > 0", place.text));
            let index = self.index(&place.text);
            place.text = format!("{}[{index}]", place.text);
        } else {
            place.text.push_str(&suffix);
        }
        place.ty = ty;
    }

    /// An index without effects that is valid for an array that is not empty.
    pub fn index(&mut self, array: &str) -> String {
        let ints: Vec<String> = self.scope.iter().filter(|var| var.ty == Ty::Int).map(|var| var.name.clone()).collect();
        // A literal index of a variable is compared with its initialiser at compile time.
        let is_part = array.contains(['.', '[']);
        match self.rng.below(5) {
            0 if is_part => "-1".into(),
            1 if is_part => "0".into(),
            1 | 2 if !ints.is_empty() => format!("{} % len({array})", self.rng.pick(&ints)),
            3 => format!("len({array}) / 2"),
            _ => format!("len({array}) - 1"),
        }
    }
}
