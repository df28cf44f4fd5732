//! The structs of the library that are neither collections nor ranges: the types in signatures of `stdlib`.
//!
//! Programs may have structs of these names; the library then still means its own.

use resilient_base::{EntityRef as _, FileId, Span};

use super::nominal::{FieldTemplate, StructTemplate};
use super::ty::{Ty, TyKind, TyTable};

/// A struct of the library.
pub(super) struct LibraryType {
    /// Its name.
    pub(super) name: &'static str,
    /// Number of type parameters.
    n_params: usize,
    /// Whether only the library sees the fields.
    pub(super) is_opaque: bool,
    fields: &'static [(&'static str, Field)],
}

/// The type of a field.
#[derive(Clone, Copy)]
enum Field {
    Int,
    Bool,
    Str,
    /// `array<T>` of the first type parameter.
    Elements,
    /// `Cell<string>`
    TextCell,
    /// `Cell<bool>`
    BoolCell,
}

use Field::{Bool, BoolCell, Elements, Int, Str, TextCell};

/// All of them; in a list, a struct stands behind the four of [`StructDeclId`](super::nominal::StructDeclId).
pub(super) const TYPES: &[LibraryType] = &[
    LibraryType {
        name: "StringBuilder",
        n_params: 0,
        is_opaque: true,
        fields: &[("text", TextCell), ("limit", Int), ("is_full", BoolCell)],
    },
    LibraryType { name: "Heap", n_params: 1, is_opaque: true, fields: &[("items", Elements), ("is_descending", Bool)] },
    LibraryType {
        name: "DateTime",
        n_params: 0,
        is_opaque: false,
        fields: &[
            ("year", Int),
            ("month", Int),
            ("day", Int),
            ("hour", Int),
            ("minute", Int),
            ("second", Int),
            ("nanos", Int),
        ],
    },
    LibraryType { name: "File", n_params: 0, is_opaque: true, fields: &[("id", Int)] },
    LibraryType {
        name: "FileMeta",
        n_params: 0,
        is_opaque: false,
        fields: &[("size", Int), ("modified", Int), ("is_dir", Bool), ("is_file", Bool)],
    },
    LibraryType {
        name: "ProcessResult",
        n_params: 0,
        is_opaque: false,
        fields: &[("stdout", Str), ("stderr", Str), ("exit_code", Int)],
    },
];

impl TyTable {
    pub(super) fn declare_library_types(&mut self) {
        for declared in TYPES {
            let fields = declared.fields.iter();
            let fields = fields.map(|&(name, field)| FieldTemplate { name: name.into(), ty: self.field_ty(field) });
            let fields = fields.collect();
            self.nominals.structs.push(StructTemplate {
                name: declared.name.into(),
                n_params: declared.n_params,
                is_tuple: false,
                is_newtype: false,
                is_ordered: false,
                fields,
                span: Span::new(FileId::new(0), 0, 0),
            });
        }
    }

    fn field_ty(&mut self, field: Field) -> Ty {
        match field {
            Int => Ty::INT,
            Bool => Ty::BOOL,
            Str => Ty::STR,
            Elements => {
                let element = self.intern(TyKind::Param(0));
                self.array(element)
            }
            TextCell => self.cell(Ty::STR),
            BoolCell => self.cell(Ty::BOOL),
        }
    }
}
