//! Random types and the declarations of nominal ones.

use crate::generate::Gen;
use crate::tree::Node;
use crate::types::{Ty, Variant};

impl Gen {
    /// Declares structs and enums.
    pub fn declarations(&mut self) -> Vec<Node> {
        let mut nodes = vec![Node::line("struct Wrap<T> { T item, array<T> more, }")];
        for _ in 0..self.rng.between(1, 3) {
            let fields: Vec<Ty> = (0..self.rng.between(1, 3)).map(|_| self.ty(1)).collect();
            let list: Vec<String> = fields.iter().enumerate().map(|(n, ty)| format!("{} f{n}", ty.text())).collect();
            nodes.push(Node::line(format!("struct S{} {{ {}, }}", self.types.structs.len(), list.join(", "))));
            self.types.structs.push(fields);
        }
        for _ in 0..self.rng.between(1, 2) {
            nodes.push(self.enum_declaration());
        }
        nodes
    }

    fn enum_declaration(&mut self) -> Node {
        let id = self.types.enums.len();
        let mut variants = Vec::new();
        for n in 0..self.rng.between(2, 4) {
            let count = if n == 0 { self.rng.below(2) } else { self.rng.between(0, 3) };
            let payload = (0..count).map(|_| if n == 0 { self.scalar() } else { self.payload_type(id) }).collect();
            let is_named = count > 0 && self.rng.chance(30);
            variants.push(Variant { name: format!("V{n}"), payload, is_named });
        }
        let list: Vec<String> = variants.iter().map(variant_text).collect();
        self.types.enums.push(variants);
        Node::line(format!("enum E{id} {{ {} }}", list.join(", ")))
    }

    /// A type that may contain the enum itself.
    fn payload_type(&mut self, id: usize) -> Ty {
        match self.rng.below(6) {
            0 | 1 => Ty::Enum(id),
            2 => Ty::Array(Box::new(Ty::Enum(id))),
            3 => Ty::Tuple(vec![self.scalar(), Ty::Enum(id)]),
            _ => self.ty(1),
        }
    }

    fn scalar(&mut self) -> Ty {
        self.rng.pick(&[Ty::Int, Ty::Str, Ty::Str, Ty::Bool, Ty::Char, Ty::U8, Ty::Float, Ty::I32]).clone()
    }

    /// A type with constructors nested up to `depth`.
    pub fn ty(&mut self, depth: usize) -> Ty {
        if depth == 0 || self.rng.chance(25) {
            return self.scalar();
        }
        match self.rng.below(12) {
            0..=3 => Ty::Array(Box::new(self.ty(depth - 1))),
            4 => Ty::Tuple((0..self.rng.between(2, 3)).map(|_| self.ty(depth - 1)).collect()),
            5 => Ty::Option(Box::new(self.ty(depth - 1))),
            6 => Ty::Result(Box::new(self.ty(depth - 1))),
            7 => Ty::Wrap(Box::new(self.ty(depth - 1))),
            8 | 9 if !self.types.structs.is_empty() => Ty::Struct(self.rng.below(self.types.structs.len())),
            10 | 11 if !self.types.enums.is_empty() => Ty::Enum(self.rng.below(self.types.enums.len())),
            _ => self.scalar(),
        }
    }
}

fn variant_text(variant: &Variant) -> String {
    let types = variant.payload.iter().map(Ty::text);
    match variant.is_named {
        _ if variant.payload.is_empty() => variant.name.clone(),
        true => {
            let fields: Vec<String> = types.enumerate().map(|(n, ty)| format!("p{n}: {ty}")).collect();
            format!("{} {{ {} }}", variant.name, fields.join(", "))
        }
        false => format!("{}({})", variant.name, types.collect::<Vec<_>>().join(", ")),
    }
}
