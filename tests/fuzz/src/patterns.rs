//! Patterns.

use crate::generate::Gen;
use crate::types::Ty;

/// Variables of a pattern.
pub type Bindings = Vec<(String, Ty)>;

impl Gen {
    /// A pattern for values of this type; its variables are added to `bindings`.
    pub fn pattern(&mut self, ty: &Ty, depth: usize, bindings: &mut Bindings) -> String {
        if depth == 0 || self.rng.chance(20) {
            return self.name_pattern(ty, bindings);
        }
        if self.rng.chance(10) {
            let name = self.bind(ty, bindings);
            return format!("{name} @ ({})", self.pattern(ty, depth - 1, bindings));
        }
        match ty {
            Ty::Tuple(items) => {
                let items: Vec<String> = items.iter().map(|item| self.pattern(item, depth - 1, bindings)).collect();
                format!("({})", items.join(", "))
            }
            Ty::Struct(n) => {
                let fields = self.types.structs[*n].clone();
                format!("S{n} {{ {} }}", self.field_patterns("f", &fields, depth, bindings))
            }
            Ty::Wrap(item) => {
                let inner = self.pattern(item, depth - 1, bindings);
                if self.rng.chance(50) {
                    return format!("Wrap {{ item: {inner}, .. }}");
                }
                let more = self.name_pattern(&Ty::Array(item.clone()), bindings);
                format!("Wrap {{ item: {inner}, more: {more} }}")
            }
            Ty::Option(item) if self.rng.chance(75) => format!("Some({})", self.pattern(item, depth - 1, bindings)),
            Ty::Option(_) => "None".into(),
            Ty::Result(item) if self.rng.chance(75) => format!("Ok({})", self.pattern(item, depth - 1, bindings)),
            Ty::Result(_) => format!("Err({})", self.pattern(&Ty::Str, depth - 1, bindings)),
            Ty::Enum(n) => self.variant_pattern(*n, depth, bindings),
            Ty::Int if self.rng.chance(30) => "0..=5".into(),
            Ty::Int | Ty::Bool | Ty::Char | Ty::Str if self.rng.chance(40) => self.literal(ty, 0),
            _ => self.name_pattern(ty, bindings),
        }
    }

    fn variant_pattern(&mut self, id: usize, depth: usize, bindings: &mut Bindings) -> String {
        let n = self.rng.below(self.types.enums[id].len());
        let variant = &self.types.enums[id][n];
        let (name, is_named, payload) = (variant.name.clone(), variant.is_named, variant.payload.clone());
        if payload.is_empty() {
            format!("E{id}::{name}")
        } else if is_named {
            format!("E{id}::{name} {{ {} }}", self.field_patterns("p", &payload, depth, bindings))
        } else {
            let items: Vec<String> = payload.iter().map(|ty| self.pattern(ty, depth - 1, bindings)).collect();
            format!("E{id}::{name}({})", items.join(", "))
        }
    }

    fn field_patterns(&mut self, prefix: &str, fields: &[Ty], depth: usize, bindings: &mut Bindings) -> String {
        let mut list = Vec::new();
        let mut is_partial = false;
        for (n, ty) in fields.iter().enumerate() {
            if self.rng.chance(20) {
                is_partial = true;
            } else {
                list.push(format!("{prefix}{n}: {}", self.pattern(ty, depth - 1, bindings)));
            }
        }
        if is_partial {
            list.push("..".into());
        }
        list.join(", ")
    }

    fn name_pattern(&mut self, ty: &Ty, bindings: &mut Bindings) -> String {
        if self.rng.chance(25) { "_".into() } else { self.bind(ty, bindings) }
    }

    fn bind(&mut self, ty: &Ty, bindings: &mut Bindings) -> String {
        let name = self.fresh("b");
        bindings.push((name.clone(), ty.clone()));
        name
    }
}
