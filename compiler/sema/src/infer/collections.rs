//! Maps, sets, bytes and ranges: literals, access by key, and the library functions that display, compare and order them.
//!
//! These are structs of the library (`nominal` declares them); what is done with them is done by its functions.

use resilient_base::{EntityRef, FileId, Span};
use resilient_syntax::ast::Expr;

use super::Checker;
use super::body::Body;
use super::fields::IndexUse;
use super::nominal::StructDeclId;
use super::report::Site;
use super::ty::{Ty, TyKind, TyList};
use crate::decls::FnId;

/// What values of a collection type may ask of the library at any time, with the type arguments of that type.
const OF_MAPS: &[&str] = &["__map_display", "map_keys"];
const OF_SETS: &[&str] = &["__set_display", "set_items"];
const OF_BYTES: &[&str] = &["__bytes_display"];

impl<'a> Body<'_, '_, '_, 'a> {
    /// `{k -> v, ..}`
    pub(super) fn map_literal(
        &mut self,
        expr: &Expr<'_>,
        entries: &'a [(Expr<'a>, Expr<'a>)],
        wanted: Option<(Ty, Site)>,
    ) -> Ty {
        let (parts, is_known) = self.wanted_parts(StructDeclId::MAP, wanted);
        let [key, value] = self.ck.out.tys.args(parts)[..] else { return Ty::ERROR };
        let mut completes = true;
        for (entry_key, entry_value) in entries {
            for (part, ty, what) in [(entry_key, key, "keys of the map"), (entry_value, value, "values of the map")] {
                let ty = self.coerce(part, ty, Site::Part { what, is_known });
                completes &= !self.is_never(ty);
            }
        }
        self.ck.library_call("map_insert", parts, expr.span);
        if completes { self.ck.out.tys.intern(TyKind::Struct(StructDeclId::MAP, parts)) } else { Ty::NEVER }
    }

    /// `#{a, ..}`
    pub(super) fn set_literal(&mut self, expr: &Expr<'_>, items: &'a [Expr<'a>], wanted: Option<(Ty, Site)>) -> Ty {
        let (parts, is_known) = self.wanted_parts(StructDeclId::SET, wanted);
        let [element] = self.ck.out.tys.args(parts)[..] else { return Ty::ERROR };
        let mut completes = true;
        for item in items {
            let ty = self.coerce(item, element, Site::Part { what: "elements of the set", is_known });
            completes &= !self.is_never(ty);
        }
        self.ck.library_call("set_insert", parts, expr.span);
        if completes { self.ck.out.tys.intern(TyKind::Struct(StructDeclId::SET, parts)) } else { Ty::NEVER }
    }

    /// The type arguments of a literal of the type `id`, and whether they are known from outside.
    fn wanted_parts(&mut self, id: StructDeclId, wanted: Option<(Ty, Site)>) -> (TyList, bool) {
        if let Some((ty, site)) = wanted
            && site.converts()
            && let TyKind::Struct(found, parts) = self.ck.out.tys.kind(ty)
            && found == id
        {
            return (parts, self.ck.out.tys.is_closed_list(parts));
        }
        (self.ck.out.tys.fresh_list(self.ck.out.tys.nominals.structs[id].n_params), false)
    }

    /// `a..b` as a value.
    pub(super) fn range_value(&mut self, lo: Option<&'a Expr<'a>>, hi: Option<&'a Expr<'a>>, span: Span) -> Ty {
        let (Some(lo), Some(hi)) = (lo, hi) else {
            let message = "a range needs both ends, except between the brackets of a slice";
            self.error(resilient_base::Diagnostic::error(resilient_base::diag::codes::TYPE_MISMATCH, span, message));
            return Ty::ERROR;
        };
        let lo = self.coerce(lo, Ty::INT, Site::RangeBound);
        let hi = self.coerce(hi, Ty::INT, Site::RangeBound);
        if self.is_never(lo) || self.is_never(hi) {
            return Ty::NEVER;
        }
        self.ck.out.tys.intern(TyKind::Struct(StructDeclId::RANGE, TyList::EMPTY))
    }
}

impl Checker<'_, '_, '_> {
    /// The library function declared with this name, if it was loaded.
    pub(super) fn library_fn(&self, name: &str) -> Option<FnId> {
        self.decls.library.declared(self.cx.interner.get(name)?)
    }

    /// Asks for the instance of a library function that an operation or literal calls.
    pub(super) fn library_call(&mut self, name: &str, args: TyList, at: Span) {
        if let Some(id) = self.library_fn(name) {
            self.instantiate(id, args, at);
        }
    }

    /// `map[key]`, read or assigned to: the type of the value. `parts` are the arguments of the map's type.
    pub(super) fn map_element(&mut self, parts: TyList, node: IndexUse, at: Span) -> Ty {
        let [key, value] = self.out.tys.args(parts)[..] else { return Ty::ERROR };
        if let Some(found) = node.key
            && !self.accepts(key, found)
        {
            self.report_mismatch(Site::Part { what: "keys of the map", is_known: true }, key, found.ty, found.span);
        }
        for name in if node.is_place { &["__map_position", "map_insert"][..] } else { &["__map_at"] } {
            self.library_call(name, parts, at);
        }
        value
    }

    /// Asks for what the collection types in use may need: display forms, order, equality. Tells whether there was
    /// anything new.
    pub(super) fn request_collections(&mut self) -> bool {
        let mut is_new = false;
        while let Some(&ty) = self.out.tys.collections.get(self.n_collections) {
            self.n_collections += 1;
            let ty = self.out.tys.resolve(ty);
            if !self.out.tys.is_closed(ty) || !self.seen_collections.insert(ty) {
                continue;
            }
            let TyKind::Struct(id, parts) = self.out.tys.kind(ty) else { continue };
            // What cannot be a key was reported where the type came about.
            if self.out.tys.args(parts).first().copied().is_some_and(|key| !self.can_be_key(key)) {
                continue;
            }
            let (names, equality) = match id {
                StructDeclId::MAP => (OF_MAPS, Some("__map_eq")),
                StructDeclId::SET => (OF_SETS, Some("__set_eq")),
                _ => (OF_BYTES, None),
            };
            let at = Span::new(FileId::new(0), 0, 0);
            for name in names {
                self.library_call(name, parts, at);
            }
            if let Some(name) = equality
                && self.are_comparable(parts)
            {
                self.library_call(name, parts, at);
            }
            is_new = true;
        }
        is_new
    }
}
