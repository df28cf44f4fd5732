//! How large types may be.
//!
//! A value outside arrays is made of as many parts as its type has scalars, and each part is a variable of its own in the
//! middle representation; a type as written or inferred is a tree that messages show and inference walks. Both double
//! with each `let b = (a, a);`, so that a few lines could ask for more than any machine has. What is too large is reported
//! where it is made, before anything follows its parts.

use resilient_base::Span;

use super::Checker;
use super::nominal::{EnumDeclId, StructDeclId};
use super::ty::{Ty, TyKind, TyTable};
use crate::gaps::Gap;

/// Most parts of a value outside arrays.
pub const MAX_PARTS: u32 = 1024;

/// Most types that a type consists of, itself included.
pub const MAX_NODES: u32 = 4096;

/// What is known about the sizes of types without variables.
#[derive(Default)]
pub struct Sizes {
    /// Parts of values, by number of the type; 0 where it was not asked.
    parts: Vec<u32>,
    /// Whether a type, by its number, is known to be small enough.
    is_fine: Vec<bool>,
    /// Declared types whose parts are being counted.
    open: Vec<Ty>,
    /// Whether all fields of declared types are known, so that parts can be counted.
    is_ready: bool,
}

impl TyTable {
    /// Number of parts of a value of type `ty`; any number above `limit` if there are more than that. The variants of
    /// an enum share room. A part of an enum that is of its own type counts as one: it is held by reference.
    fn n_parts(&mut self, ty: Ty, limit: u32) -> u32 {
        let ty = self.shallow(ty);
        let kind = self.kind(ty);
        if !matches!(kind, TyKind::Tuple(_) | TyKind::Struct(..) | TyKind::Enum(..)) {
            return 1;
        }
        if let Some(&known) = self.sizes.parts.get(ty.as_u32() as usize)
            && known > 0
        {
            return known;
        }
        if self.sizes.open.contains(&ty) {
            return 1;
        }
        self.sizes.open.push(ty);
        let mut n = 1;
        match kind {
            TyKind::Enum(id, args) => {
                let n_variants = self.nominals.enums[id].variants.len() as u32;
                for number in 0..n_variants {
                    let payload = self.payload(id, args, number);
                    n = self.add_parts(1, &payload, limit).max(n);
                }
            }
            _ => {
                let fields = self.field_types(ty).unwrap_or_default();
                n = self.add_parts(0, &fields, limit).max(1);
            }
        }
        self.sizes.open.pop();
        // What is counted while an enum around it is being counted may be too small.
        if self.is_ground(ty) && (n > limit || self.sizes.open.is_empty()) {
            set(&mut self.sizes.parts, ty.as_u32() as usize, n);
        }
        n
    }

    fn add_parts(&mut self, mut n: u32, tys: &[Ty], limit: u32) -> u32 {
        for &ty in tys {
            if n > limit {
                break;
            }
            n = n.saturating_add(self.n_parts(ty, limit));
        }
        n
    }

    /// Whether more than `limit` types occur in `ty`, each counted as often as it occurs.
    fn has_more_nodes(&mut self, ty: Ty, limit: u32) -> bool {
        let mut todo = vec![ty];
        let mut n = 0;
        while let Some(ty) = todo.pop() {
            n += 1;
            if n > limit {
                return true;
            }
            match self.kind(ty) {
                TyKind::Array(element) => todo.push(element),
                TyKind::Tuple(list) | TyKind::Struct(_, list) | TyKind::Enum(_, list) => {
                    todo.extend_from_slice(self.args(list));
                }
                _ => {}
            }
        }
        false
    }
}

/// Sets an entry of a list that grows on demand.
fn set<T: Clone + Default>(list: &mut Vec<T>, index: usize, value: T) {
    if list.len() <= index {
        list.resize(index + 1, T::default());
    }
    list[index] = value;
}

impl Checker<'_, '_, '_> {
    /// `ty`, which the construct at `at` makes, or an error type if it is too large.
    pub(super) fn limited(&mut self, ty: Ty, at: Span) -> Ty {
        let tys = &mut self.out.tys;
        if !matches!(tys.kind(ty), TyKind::Array(_) | TyKind::Tuple(_) | TyKind::Struct(..) | TyKind::Enum(..)) {
            return ty;
        }
        let index = tys.shallow(ty).as_u32() as usize;
        if tys.sizes.is_fine.get(index).is_some_and(|&fine| fine) {
            return ty;
        }
        let gap = if tys.sizes.is_ready && tys.n_parts(ty, MAX_PARTS) > MAX_PARTS {
            Gap::LargeValue
        } else if tys.has_more_nodes(ty, MAX_NODES) {
            Gap::LargeType
        } else {
            let root = tys.shallow(ty);
            if tys.sizes.is_ready && tys.is_ground(root) {
                set(&mut tys.sizes.is_fine, index, true);
            }
            return ty;
        };
        self.diags.push(gap.at(at));
        Ty::ERROR
    }

    /// Reports the declarations whose values are too large although none of their fields is.
    pub(super) fn reject_large_types(&mut self) {
        self.out.tys.sizes.is_ready = true;
        let structs: Vec<StructDeclId> = self.decls.structs.keys().collect();
        for id in structs {
            let args = self.param_list(self.out.tys.nominals.structs[id].n_params);
            let ty = self.out.tys.intern(TyKind::Struct(id, args));
            let fields = self.out.tys.field_types(ty).unwrap_or_default();
            if self.is_too_large(ty, &fields) {
                let span = self.out.tys.nominals.structs[id].span;
                self.report_large(span);
                self.out.tys.nominals.structs[id].fields.iter_mut().for_each(|field| field.ty = Ty::ERROR);
            }
        }
        let enums: Vec<(EnumDeclId, Span)> =
            self.decls.enums.iter().filter_map(|(id, decl)| decl.map(|decl| (id, decl.name.span))).collect();
        for (id, span) in enums {
            let args = self.param_list(self.out.tys.nominals.enums[id].n_params);
            let ty = self.out.tys.intern(TyKind::Enum(id, args));
            let n_variants = self.out.tys.nominals.enums[id].variants.len() as u32;
            let payload: Vec<Ty> = (0..n_variants).flat_map(|number| self.out.tys.payload(id, args, number)).collect();
            if self.is_too_large(ty, &payload) {
                self.report_large(span);
                let variants = &mut self.out.tys.nominals.enums[id].variants;
                variants.iter_mut().flat_map(|variant| &mut variant.fields).for_each(|field| field.ty = Ty::ERROR);
            }
        }
    }

    /// Reports a declaration whose fields are forgotten, so what contains it is smaller than it was.
    fn report_large(&mut self, at: Span) {
        self.diags.push(Gap::LargeValue.at(at));
        self.out.tys.sizes.parts.clear();
    }

    fn is_too_large(&mut self, ty: Ty, fields: &[Ty]) -> bool {
        self.out.tys.n_parts(ty, MAX_PARTS) > MAX_PARTS
            && fields.iter().all(|&field| self.out.tys.n_parts(field, MAX_PARTS) <= MAX_PARTS)
    }
}
