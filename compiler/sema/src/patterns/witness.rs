//! Counterexamples: values that no arm covers, written as patterns.

use rustc_hash::FxHashMap;

use super::ordered::Key;
use super::tree::PartId;
use crate::types::{EnumDef, FieldDef, IntTy, StructForm, Type, TypeKind, Types, VariantForm};

/// What a test has told about a part.
#[derive(Clone, Debug)]
pub(super) enum Fact<'t> {
    Bool(bool),
    /// One of these, or something between literals if there are none.
    Among(Vec<Range<'t>>),
    /// An enum of one of these variants.
    Variants(Vec<u32>),
}

/// Values that no literal tells apart.
#[derive(Clone, Copy, Debug)]
pub(super) enum Range<'t> {
    /// Integers or chars, ends included.
    Within(i128, i128),
    Equal(Key<'t>),
}

/// All that is known about a value.
pub(super) struct Known<'k, 't> {
    pub(super) types: &'k Types,
    pub(super) children: &'k FxHashMap<(PartId, Option<u32>, u32), PartId>,
    /// By part.
    pub(super) facts: &'k [Option<Fact<'t>>],
}

/// What may be anything.
const ANY: &str = "_";

impl Known<'_, '_> {
    /// `part`, of type `ty`, as at most `max` patterns (at least one).
    pub(super) fn describe(&self, part: PartId, ty: Type, max: usize) -> Vec<String> {
        match (&self.facts[part as usize], self.types.kind(ty)) {
            (Some(Fact::Bool(value)), _) => vec![value.to_string()],
            (Some(Fact::Among(ranges)), kind) => {
                let mut texts: Vec<String> = ranges.iter().map(|&range| range_text(range, kind)).collect();
                // Those beyond the values of `int` say nothing if there are others.
                let is_told = texts.iter().any(|text| text != ANY);
                texts.retain(|text| text != ANY || !is_told);
                texts.truncate(max);
                if texts.is_empty() || !is_told { vec![ANY.to_string()] } else { texts }
            }
            (Some(Fact::Variants(variants)), TypeKind::Enum(id)) => {
                let def = &self.types.enums[*id];
                let texts = variants.iter().flat_map(|&variant| self.variant(part, def, variant, max));
                texts.take(max).collect()
            }
            (_, TypeKind::Struct(id)) => {
                let def = &self.types.structs[*id];
                let form = match def.form {
                    StructForm::Tuple => Form::Tuple,
                    StructForm::Named if def.fields.first().is_some_and(|field| &*field.name == "0") => Form::Tuple,
                    StructForm::Named | StructForm::Range => Form::Named,
                };
                self.fields(part, None, &def.name, form, &def.fields, max)
            }
            _ => vec![ANY.to_string()],
        }
    }

    fn variant(&self, part: PartId, def: &EnumDef, index: u32, max: usize) -> Vec<String> {
        let variant = &def.variants[index as usize];
        let name = if def.qualified { format!("{}::{}", def.name, variant.name) } else { variant.name.to_string() };
        match variant.form {
            VariantForm::Plain => vec![name],
            VariantForm::Tuple => self.fields(part, Some(index), &name, Form::Tuple, &variant.fields, max),
            VariantForm::Named => self.fields(part, Some(index), &name, Form::Named, &variant.fields, max),
        }
    }

    /// The combinations of what the fields may be.
    fn fields(
        &self,
        part: PartId,
        variant: Option<u32>,
        name: &str,
        form: Form,
        fields: &[FieldDef],
        max: usize,
    ) -> Vec<String> {
        let mut rows: Vec<Vec<String>> = vec![Vec::new()];
        for (index, field) in fields.iter().enumerate().filter(|(_, field)| !field.is_hidden()) {
            let texts = match self.children.get(&(part, variant, index as u32)) {
                Some(&child) => self.describe(child, field.ty, max),
                None => vec![ANY.to_string()],
            };
            let extend = |row: &Vec<String>| {
                texts.iter().map(|text| [row.as_slice(), std::slice::from_ref(text)].concat()).collect()
            };
            let longer: Vec<Vec<Vec<String>>> = rows.iter().map(extend).collect();
            rows = longer.into_iter().flatten().take(max).collect();
        }
        rows.into_iter().map(|row| whole(variant, name, form, fields, &row)).collect()
    }
}

#[derive(Clone, Copy)]
enum Form {
    Tuple,
    Named,
}

/// The pattern of a struct, tuple or variant with these patterns of its fields.
fn whole(variant: Option<u32>, name: &str, form: Form, fields: &[FieldDef], texts: &[String]) -> String {
    if variant.is_none() && texts.iter().all(|text| text == ANY) {
        return ANY.to_string();
    }
    match form {
        Form::Tuple if name.is_empty() && texts.len() == 1 => format!("({},)", texts[0]),
        Form::Tuple => format!("{name}({})", texts.join(", ")),
        Form::Named => {
            let named = fields.iter().zip(texts).filter(|(_, text)| *text != ANY);
            let mut parts: Vec<String> = named.map(|(field, text)| format!("{}: {text}", field.name)).collect();
            if parts.len() < fields.len() {
                parts.push("..".to_string());
            }
            format!("{name} {{ {} }}", parts.join(", "))
        }
    }
}

fn range_text(range: Range<'_>, kind: &TypeKind) -> String {
    match (range, kind) {
        (Range::Within(lo, hi), TypeKind::Int(int)) => int_range(*int, lo, hi),
        (Range::Within(lo, hi), _) => char_range(lo, hi),
        (Range::Equal(Key::Str(text)), _) => format!("{text:?}"),
        (Range::Equal(Key::Float(value)), _) => format!("{value:?}"),
        (Range::Equal(Key::Int(value)), _) => value.to_string(),
    }
}

/// Integers of a range. `int` has values beyond its own in these ranges.
fn int_range(int: IntTy, lo: i128, hi: i128) -> String {
    let (is_from_least, is_to_greatest) = (lo <= int.min(), hi >= int.max());
    let is_beyond = lo > int.max() || hi < int.min();
    match (is_from_least, is_to_greatest) {
        _ if is_beyond => ANY.to_string(),
        (true, true) => ANY.to_string(),
        _ if lo == hi => lo.to_string(),
        (true, false) if int == IntTy::INT => format!("..={hi}"),
        (false, true) if int == IntTy::INT => format!("{lo}.."),
        _ => format!("{lo}..={hi}"),
    }
}

/// Chars are covered only by a catch-all, so a range of them is told only where its char is certain.
fn char_range(lo: i128, hi: i128) -> String {
    let only = u32::try_from(lo).ok().filter(|_| lo == hi).and_then(char::from_u32);
    only.map_or(ANY.to_string(), |only| format!("{only:?}"))
}
